//! Who may do what: one table, and one function that decides by it.
//!
//! [`decide`] answers for one thing, [`scope`] for a list: both are the same rows of [`RULES`] joined with the grants
//! of a principal. What no row allows is denied. Every answer names its rule, which never changes its meaning.
//! docs/rights.md has the table; a test compares it with this one.
//!
//! Invariants
//!   - An administrator has the administrator's rows only, whatever other office they have. A hold is the exception:
//!     it is accepted whatever conflict of offices there is (design, invariant 6).
//!   - A decision is made by a person, by their own signature or a login that stands for one: never by a token, a
//!     certificate of a machine or a password; and never by who asked for it.
//!   - A password opens the archive's accounts and its service, nothing else.
//!   - A grant is for one agency. Post operators and readers, whose bodies or permits name none, are the only ones who
//!     reach beyond, the latter for the records of their permit.
//!   - A record of a category that the grant does not name is not there, nor one whose category nobody said.
//!
//! It is pure: it reads nothing and asks no clock. It does not say who somebody is; [`Principal`] comes from who
//! authenticated them.

use crate::model::id::{ActorId, RecordId};
use crate::model::iin::Iin;
use crate::model::strict::words;
use crate::model::submission::AccessCategory;
use chrono::NaiveDate;
use std::collections::BTreeSet;

words! {
    /// What somebody is, for one agency and one time.
    Role {
        /// Submits documents and sees what became of their own.
        Clerk = "clerk",
        /// The officer of the records office: registers, signs receipts, proposes destruction.
        RecordsOfficer = "records_officer",
        /// The operator of a post office, who certifies copies on paper.
        PostOperator = "post_operator",
        /// The archivist of the agency.
        Archivist = "archivist",
        /// A member of the expert commission.
        Commission = "commission",
        /// Who approves destruction, policies and registers.
        Approver = "approver",
        /// Who receives transfers for a state archive.
        StateArchiveReceiver = "state_archive_receiver",
        /// Who answers authorities and places holds.
        LegalOfficer = "legal_officer",
        /// A machine of another archive, which delivers what that hands over.
        Sender = "sender",
        /// Who has a permit of the reading room.
        Reader = "reader",
        /// Looks at what was done, not at what is kept.
        Auditor = "auditor",
        /// Runs the program.
        Administrator = "administrator",
    }
}

words! {
    /// What can be done.
    Action {
        /// See a record in lists and in search.
        RecordList = "record.list",
        /// See the card, the signatures and the history of a record.
        RecordShow = "record.show",
        /// Look at the content of a record, page by page.
        ContentRead = "content.read",
        /// Take the components of a record away, byte for byte.
        ContentTake = "content.take",
        /// Hand in a submission.
        Submit = "submit",
        /// See what became of a submission.
        SubmissionSee = "submission.see",
        /// Add to a record.
        RecordAdd = "record.add",
        /// Correct a card.
        CardCorrect = "card.correct",
        /// See files, fonds, inventories and papers.
        FileSee = "file.see",
        /// Open, close and fill files, fonds, inventories; note papers and events.
        FileChange = "file.change",
        /// See the nomenclature.
        NomenclatureSee = "nomenclature.see",
        /// Adopt a nomenclature or a form.
        NomenclatureAdopt = "nomenclature.adopt",
        /// See the lists of periods and what falls due.
        RulesSee = "rules.see",
        /// Adopt a list of periods.
        RulesAdopt = "rules.adopt",
        /// See the policy and, masked, the registers of persons.
        PolicySee = "policy.see",
        /// Adopt a policy, a register or a calendar.
        PolicyAdopt = "policy.adopt",
        /// See holds.
        HoldSee = "hold.see",
        /// Place a hold.
        HoldPlace = "hold.place",
        /// Lift a hold.
        HoldLift = "hold.lift",
        /// See plans of destruction.
        DisposalSee = "disposal.see",
        /// Draw up and propose a plan.
        DisposalPropose = "disposal.propose",
        /// Review a plan.
        DisposalReview = "disposal.review",
        /// Approve a plan.
        DisposalApprove = "disposal.approve",
        /// Execute an approved plan.
        DisposalExecute = "disposal.execute",
        /// See inquiries.
        InquirySee = "inquiry.see",
        /// Open inquiries, search and answer under them, close them.
        InquiryWork = "inquiry.work",
        /// Make a bundle of records for an inquiry.
        BundleMake = "bundle.make",
        /// Certify a copy on paper.
        PaperCopyCertify = "paper_copy.certify",
        /// See receipts and notices.
        ReceiptSee = "receipt.see",
        /// Sign receipts and notices.
        ReceiptSign = "receipt.sign",
        /// See the collections of certificates and public keys (N 430 cl. 28).
        KeysSee = "keys.see",
        /// See transfers.
        TransferSee = "transfer.see",
        /// Prepare and send a transfer.
        TransferSend = "transfer.send",
        /// Approve the list of a transfer.
        TransferApprove = "transfer.approve",
        /// Sign the act of a transfer for who hands over.
        TransferSign = "transfer.sign",
        /// Let go what another archive keeps, and end the transfer.
        TransferRelease = "transfer.release",
        /// Receive a transfer, and take in what its sender answers.
        TransferReceive = "transfer.receive",
        /// Sign the reply and the act of a transfer for who receives.
        TransferReply = "transfer.reply",
        /// Deliver a package of one's own archive, and see what becomes of it.
        TransferDeliver = "transfer.deliver",
        /// See who did and read what.
        AuditTrailSee = "audit_trail.see",
        /// Compare the journal, the store and the index with each other.
        AuditRun = "audit.run",
        /// What is held about a person, and who read it.
        SubjectReport = "subject.report",
        /// Permit the reading of named records, and end a permit.
        PermitReading = "reading.permit",
        /// See accounts and what they may do.
        AccountsSee = "accounts.see",
        /// Open and close accounts, issue and revoke tokens.
        AccountsManage = "accounts.manage",
        /// Operate the service: back up, compact, index anew, fetch.
        ServiceOperate = "service.operate",
        /// See jobs.
        JobSee = "job.see",
    }
}

words! {
    /// How somebody showed who they are.
    Means {
        /// The command line of who can read the key folder.
        Local = "local",
        /// A password, which bootstrap accounts have.
        Password = "password",
        /// A token.
        Token = "token",
        /// A client certificate of mutual TLS.
        Certificate = "certificate",
        /// A signature over a nonce, judged by the archive's own validator.
        Signature = "signature",
        /// A login at an OpenID provider.
        Oidc = "oidc",
    }
}

/// What an action is about, and so what its target has to name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matter {
    /// One record: the target names its category, and a target that does not is denied.
    Record,
    /// What one agency has. A target without an agency is the whole archive.
    Agency,
    /// What the archive has once for all its agencies.
    Archive,
}

impl Action {
    /// What it is about.
    pub fn matter(self) -> Matter {
        use Action::*;
        match self {
            RecordList | RecordShow | ContentRead | ContentTake | RecordAdd | CardCorrect | BundleMake
            | PaperCopyCertify | PermitReading => Matter::Record,
            PolicySee | PolicyAdopt | RulesSee | KeysSee | AuditRun | AccountsSee | AccountsManage | ServiceOperate => {
                Matter::Archive
            }
            Submit | SubmissionSee | FileSee | FileChange | NomenclatureSee | NomenclatureAdopt | RulesAdopt
            | HoldSee | HoldPlace | HoldLift | DisposalSee | DisposalPropose | DisposalReview | DisposalApprove
            | DisposalExecute | InquirySee | InquiryWork | ReceiptSee | ReceiptSign | TransferSee | TransferSend
            | TransferApprove | TransferSign | TransferRelease | TransferReceive | TransferReply | TransferDeliver
            | AuditTrailSee | SubjectReport | JobSee => Matter::Agency,
        }
    }

    /// Whether a person answers for it: no machine does it, no administrator, and not who asked for it.
    pub fn is_decision(self) -> bool {
        use Action::*;
        matches!(
            self,
            NomenclatureAdopt
                | RulesAdopt
                | PolicyAdopt
                | HoldLift
                | DisposalPropose
                | DisposalReview
                | DisposalApprove
                | DisposalExecute
                | TransferApprove
                | TransferSign
                | TransferRelease
                | TransferReply
                | PaperCopyCertify
                | ReceiptSign
                | PermitReading
        )
    }

    /// Whether it gives something of a record to who does it.
    pub fn reads(self) -> bool {
        use Action::*;
        matches!(self, RecordShow | ContentRead | ContentTake | BundleMake | PaperCopyCertify)
    }
}

/// What an office or a permit gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The role.
    pub role: Role,
    /// The agency; none for a body that is no agency here, which then reaches what is the archive's own only.
    pub agency: Option<String>,
    /// The categories of records that it reaches.
    pub access: BTreeSet<AccessCategory>,
    /// The only records that it reaches; none: all of the agency.
    pub records: Option<BTreeSet<RecordId>>,
    /// First day.
    pub from: NaiveDate,
    /// Last day; none while it lasts.
    pub until: Option<NaiveDate>,
}

impl Grant {
    /// Whether its term has this day. A permit of the reading room has an end, or it is none.
    fn holds_on(&self, day: NaiveDate) -> bool {
        let is_endless = self.until.is_none() && self.role == Role::Reader;
        self.from <= day && self.until.is_none_or(|last| day <= last) && !is_endless
    }
}

/// Somebody who was authenticated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// Name of the account.
    pub account: String,
    /// Its pseudonym in the journal.
    pub actor: ActorId,
    /// The person; none for a machine.
    pub person: Option<Iin>,
    /// How they showed who they are.
    pub means: Means,
    /// What they have.
    pub grants: Vec<Grant>,
    /// Whether they run the program, by any register, confirmed or in force, or by a bootstrap account.
    pub is_administrator: bool,
    /// The actions that their token is for; none: no limit beyond the grants.
    pub scopes: Option<BTreeSet<Action>>,
}

/// What something is done to.
#[derive(Debug, Clone, Copy, Default)]
pub struct Target<'a> {
    /// The agency; none: the archive as a whole.
    pub agency: Option<&'a str>,
    /// The category of the record.
    pub access: Option<AccessCategory>,
    /// The record.
    pub record: Option<RecordId>,
    /// Whether the record is about persons.
    pub about_person: bool,
    /// Who brought it in.
    pub by: Option<ActorId>,
    /// The person who asked for the decision.
    pub requester: Option<&'a Iin>,
}

/// What was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// Whether it may be done.
    pub allowed: bool,
    /// By which rule: stable.
    pub rule: &'static str,
    /// Whether titles, names and numbers stay hidden.
    pub masked: bool,
    /// Whether who reads has to say what for.
    pub needs_purpose: bool,
}

/// How far into the categories a rule reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Those that the grant names.
    Granted,
    /// All: what is done shows nothing of the record.
    All,
    /// All, with titles, names and numbers hidden.
    Masked,
    /// What they brought in themselves, of any category.
    Own,
}

impl Reach {
    /// Its word in docs/rights.md.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::All => "all",
            Self::Masked => "masked",
            Self::Own => "own",
        }
    }
}

/// A row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Its id: stable, it stands in the journal's documents.
    pub id: &'static str,
    /// Who.
    pub role: Role,
    /// What.
    pub actions: &'static [Action],
    /// To which records.
    pub reach: Reach,
    /// Authenticated how.
    pub means: &'static [Means],
}

/// The rule of the command line.
pub const LOCAL: &str = "local";
/// No row of the table allows it.
pub const DENY_DEFAULT: &str = "deny.default";
/// An administrator has no part in it.
pub const DENY_ADMINISTRATOR: &str = "deny.administrator";
/// The token is not for it.
pub const DENY_SCOPE: &str = "deny.scope";
/// Nobody decides but a person who signed in as one; and what else an office may do, but not by this means.
pub const DENY_MEANS: &str = "deny.means";
/// A password is for setting the archive up.
pub const DENY_PASSWORD: &str = "deny.password";
/// Who asked does not decide.
pub const DENY_REQUESTER: &str = "deny.requester";

/// Whether a denial is by what somebody showed, whatever office they have.
pub fn is_by_means(rule: &str) -> bool {
    [DENY_SCOPE, DENY_MEANS, DENY_PASSWORD].contains(&rule)
}

/// What a password opens.
const BOOTSTRAP: [Action; 2] = [Action::AccountsManage, Action::ServiceOperate];

/// People and machines.
const ANY: &[Means] = &[Means::Token, Means::Certificate, Means::Signature, Means::Oidc];
/// People.
const PERSON: &[Means] = &[Means::Signature, Means::Oidc];
/// Machines, by a key that they prove on each connection.
const PROVEN: &[Means] = &[Means::Certificate];
/// People, and who sets the archive up.
const SETTING_UP: &[Means] = &[Means::Password, Means::Signature, Means::Oidc];
/// All but the command line.
const EVERY: &[Means] = &[Means::Password, Means::Token, Means::Certificate, Means::Signature, Means::Oidc];

const fn rule(id: &'static str, role: Role, actions: &'static [Action], reach: Reach, means: &'static [Means]) -> Rule {
    Rule { id, role, actions, reach, means }
}

/// The table. Ids are never reused.
pub const RULES: &[Rule] = {
    use Action::*;
    use Reach::{All, Granted, Masked, Own};
    &[
        rule("clerk.submit", Role::Clerk, &[Submit, NomenclatureSee], All, ANY),
        rule("clerk.own", Role::Clerk, &[SubmissionSee, ReceiptSee, JobSee], Own, ANY),
        rule("records_officer.records", Role::RecordsOfficer, &[RecordList, RecordShow], Granted, ANY),
        rule("records_officer.content", Role::RecordsOfficer, &[ContentRead, ContentTake], Granted, ANY),
        rule("records_officer.change", Role::RecordsOfficer, &[RecordAdd, CardCorrect], Granted, ANY),
        rule(
            "records_officer.work",
            Role::RecordsOfficer,
            &[
                Submit,
                SubmissionSee,
                ReceiptSee,
                FileSee,
                FileChange,
                NomenclatureSee,
                RulesSee,
                PolicySee,
                HoldSee,
                HoldPlace,
                DisposalSee,
                InquirySee,
                TransferSee,
                JobSee,
            ],
            All,
            ANY,
        ),
        rule(
            "records_officer.decide",
            Role::RecordsOfficer,
            &[ReceiptSign, DisposalPropose, NomenclatureAdopt, RulesAdopt, HoldLift, InquiryWork],
            All,
            PERSON,
        ),
        rule("records_officer.copy", Role::RecordsOfficer, &[PaperCopyCertify], Granted, PERSON),
        rule("post_operator.copy", Role::PostOperator, &[RecordShow, PaperCopyCertify], Granted, PERSON),
        rule("archivist.records", Role::Archivist, &[RecordList, RecordShow], Granted, ANY),
        rule("archivist.content", Role::Archivist, &[ContentRead, ContentTake], Granted, ANY),
        rule("archivist.change", Role::Archivist, &[RecordAdd], Granted, ANY),
        rule(
            "archivist.work",
            Role::Archivist,
            &[
                Submit,
                SubmissionSee,
                ReceiptSee,
                FileSee,
                FileChange,
                NomenclatureSee,
                RulesSee,
                PolicySee,
                HoldSee,
                HoldPlace,
                DisposalSee,
                InquirySee,
                TransferSee,
                TransferSend,
                AuditRun,
                JobSee,
            ],
            All,
            ANY,
        ),
        rule("archivist.keys", Role::Archivist, &[KeysSee], All, PERSON),
        rule(
            "archivist.decide",
            Role::Archivist,
            &[DisposalPropose, DisposalExecute, NomenclatureAdopt, RulesAdopt, TransferRelease, SubjectReport],
            All,
            PERSON,
        ),
        rule("archivist.permit", Role::Archivist, &[PermitReading], Granted, PERSON),
        rule("commission.records", Role::Commission, &[RecordList, RecordShow, ContentRead], Granted, PERSON),
        rule(
            "commission.work",
            Role::Commission,
            &[FileSee, NomenclatureSee, RulesSee, HoldSee, HoldPlace, DisposalSee, TransferSee],
            All,
            PERSON,
        ),
        rule("commission.review", Role::Commission, &[DisposalReview, TransferApprove], All, PERSON),
        rule("approver.records", Role::Approver, &[RecordList, RecordShow], Granted, PERSON),
        rule(
            "approver.work",
            Role::Approver,
            &[
                FileSee,
                NomenclatureSee,
                RulesSee,
                PolicySee,
                HoldSee,
                HoldPlace,
                DisposalSee,
                TransferSee,
                AccountsSee,
                JobSee,
            ],
            All,
            PERSON,
        ),
        rule(
            "approver.approve",
            Role::Approver,
            &[DisposalApprove, PolicyAdopt, TransferSign, TransferRelease, TransferReply],
            All,
            PERSON,
        ),
        rule(
            "state_archive_receiver.transfer",
            Role::StateArchiveReceiver,
            &[TransferSee, TransferReceive, JobSee],
            All,
            ANY,
        ),
        rule("state_archive_receiver.reply", Role::StateArchiveReceiver, &[TransferReply], All, PERSON),
        rule("sender.deliver", Role::Sender, &[TransferDeliver, JobSee], All, PROVEN),
        rule("legal_officer.records", Role::LegalOfficer, &[RecordList, RecordShow], Granted, PERSON),
        rule("legal_officer.content", Role::LegalOfficer, &[ContentRead, ContentTake, BundleMake], Granted, PERSON),
        rule(
            "legal_officer.work",
            Role::LegalOfficer,
            &[FileSee, NomenclatureSee, RulesSee, HoldSee, HoldPlace, InquirySee, InquiryWork, JobSee],
            All,
            PERSON,
        ),
        rule("legal_officer.decide", Role::LegalOfficer, &[HoldLift, SubjectReport, KeysSee], All, PERSON),
        rule("reader.records", Role::Reader, &[RecordList, RecordShow, ContentRead], Granted, PERSON),
        rule("auditor.records", Role::Auditor, &[RecordList, RecordShow], Masked, PERSON),
        rule(
            "auditor.trail",
            Role::Auditor,
            &[
                AuditTrailSee,
                AuditRun,
                FileSee,
                NomenclatureSee,
                RulesSee,
                PolicySee,
                HoldSee,
                DisposalSee,
                InquirySee,
                TransferSee,
                AccountsSee,
            ],
            Masked,
            PERSON,
        ),
        rule("administrator.accounts", Role::Administrator, &[AccountsManage], All, SETTING_UP),
        rule("administrator.service", Role::Administrator, &[ServiceOperate], All, EVERY),
        rule("administrator.see", Role::Administrator, &[AccountsSee, AuditRun, JobSee, PolicySee, RulesSee], All, ANY),
        rule("administrator.hold", Role::Administrator, &[HoldPlace], All, ANY),
    ]
};

/// Decides whether somebody may do something on a day.
pub fn decide(principal: &Principal, action: Action, target: &Target, today: NaiveDate) -> Decision {
    let scope = scope(principal, action, today);
    let needs_purpose = action.reads() && target.about_person;
    let (allowed, rule, masked) = match scope.rows_of(target).next() {
        // Of several rows that allow it, one that hides nothing speaks.
        Some(first) => {
            let row = scope.rows_of(target).find(|row| !row.masked).unwrap_or(first);
            (true, row.rule, row.masked)
        }
        None => (false, scope.denial(target), false),
    };
    Decision { allowed, rule, masked, needs_purpose: allowed && needs_purpose }
}

/// What of an action's targets somebody reaches on a day: the same rules as [`decide`], as a filter.
pub fn scope(principal: &Principal, action: Action, today: NaiveDate) -> Scope {
    let asker = principal.person.clone().filter(|_| action.is_decision());
    if principal.means == Means::Local {
        // One rule: who reads the key folder can do all of it without the program (docs/threat-model.md).
        let row = ScopeRow { rule: LOCAL, ..ScopeRow::everything() };
        return Scope { action, rows: vec![row], denied: DENY_DEFAULT, asker: None };
    }
    if let Some(denied) = closed(principal, action) {
        return Scope { action, rows: Vec::new(), denied, asker };
    }
    // Holds are placed whatever conflict of offices there is.
    let is_bare = principal.is_administrator && action != Action::HoldPlace;
    let grants = principal.grants.iter().filter(|grant| grant.holds_on(today));
    let grants: Vec<&Grant> = grants.filter(|grant| !is_bare || grant.role == Role::Administrator).collect();
    let (mut rows, mut by_others) = (Vec::new(), false);
    for rule in RULES.iter().filter(|r| r.actions.contains(&action)) {
        let of_role = grants.iter().filter(|grant| grant.role == rule.role);
        let mut found = of_role.filter_map(|grant| row(rule, grant, principal.actor)).peekable();
        match rule.means.contains(&principal.means) {
            true => rows.extend(found),
            false => by_others |= found.peek().is_some(),
        }
    }
    let denied = match is_bare {
        // What somebody has, and not by what they showed. It looks at no target, so it tells of none.
        _ if by_others && rows.is_empty() => DENY_MEANS,
        true => DENY_ADMINISTRATOR,
        false => DENY_DEFAULT,
    };
    Scope { action, rows, denied, asker }
}

/// What no grant opens, and why.
fn closed(principal: &Principal, action: Action) -> Option<&'static str> {
    let is_person = PERSON.contains(&principal.means) && principal.person.is_some();
    if principal.scopes.as_ref().is_some_and(|scopes| !scopes.contains(&action)) {
        return Some(DENY_SCOPE);
    }
    if principal.means == Means::Password && !BOOTSTRAP.contains(&action) {
        return Some(DENY_PASSWORD);
    }
    if action.is_decision() && principal.is_administrator {
        return Some(DENY_ADMINISTRATOR);
    }
    if action.is_decision() && !is_person {
        return Some(DENY_MEANS);
    }
    None
}

/// How far a rule reaches with a grant; none: nowhere.
fn row(rule: &Rule, grant: &Grant, actor: ActorId) -> Option<ScopeRow> {
    let agencies = match (&grant.agency, rule.role) {
        (Some(agency), _) => Agencies::One(agency.clone()),
        // A post office serves every agency. A permit names records, of whatever agency they are.
        (None, Role::PostOperator | Role::Administrator) => Agencies::All,
        (None, Role::Reader) if grant.records.is_some() => Agencies::All,
        (None, _) => Agencies::None,
    };
    if rule.role == Role::Reader && grant.records.is_none() {
        return None;
    }
    let access = match rule.reach {
        Reach::Granted => Some(grant.access.clone()),
        Reach::All | Reach::Masked | Reach::Own => None,
    };
    let by = (rule.reach == Reach::Own).then_some(actor);
    let masked = rule.reach == Reach::Masked;
    Some(ScopeRow { rule: rule.id, agencies, access, records: grant.records.clone(), by, masked })
}

/// The agencies that a row reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Agencies {
    /// All, and what is the archive's own.
    All,
    /// One; and of what the archive has once, that.
    One(String),
    /// None: what concerns the archive as a whole.
    None,
}

/// Things that one rule reaches by one grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeRow {
    /// The rule.
    pub rule: &'static str,
    /// Of which agencies.
    pub agencies: Agencies,
    /// Of which categories; none: of all.
    pub access: Option<BTreeSet<AccessCategory>>,
    /// Which records; none: all.
    pub records: Option<BTreeSet<RecordId>>,
    /// Brought in by whom; none: by anybody.
    pub by: Option<ActorId>,
    /// Whether titles, names and numbers stay hidden.
    pub masked: bool,
}

impl ScopeRow {
    fn everything() -> Self {
        Self { rule: LOCAL, agencies: Agencies::All, access: None, records: None, by: None, masked: false }
    }

    fn has(&self, action: Action, target: &Target) -> bool {
        let is_of_agency = match (&self.agencies, target.agency) {
            (Agencies::All, _) | (Agencies::None, None) => true,
            (Agencies::One(own), Some(agency)) => own == agency,
            (Agencies::One(_), None) => action.matter() == Matter::Archive,
            (Agencies::None, Some(_)) => false,
        };
        let is_of_category = match (&self.access, target.access) {
            (None, _) => true,
            (Some(categories), Some(category)) => categories.contains(&category),
            (Some(_), None) => action.matter() != Matter::Record,
        };
        let is_named = self.records.as_ref().is_none_or(|named| target.record.is_some_and(|r| named.contains(&r)));
        let is_own = self.by.is_none_or(|actor| target.by == Some(actor));
        is_of_agency && is_of_category && is_named && is_own
    }
}

/// What somebody reaches by one action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    action: Action,
    rows: Vec<ScopeRow>,
    denied: &'static str,
    asker: Option<Iin>,
}

impl Scope {
    /// Whether something is in it. A thing is in it exactly when [`decide`] allows the action.
    pub fn contains(&self, target: &Target) -> bool {
        self.rows_of(target).next().is_some()
    }

    /// Whether there is nothing in it, whatever the target.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Its rows, for a query: a thing is in the scope when it is in one of them.
    pub fn rows(&self) -> &[ScopeRow] {
        &self.rows
    }

    /// The agencies in it; none: all.
    pub fn agencies(&self) -> Option<BTreeSet<&str>> {
        let mut agencies = BTreeSet::new();
        for row in &self.rows {
            match &row.agencies {
                Agencies::All => return None,
                Agencies::One(agency) => drop(agencies.insert(agency.as_str())),
                Agencies::None => {}
            }
        }
        Some(agencies)
    }

    fn is_own_request(&self, target: &Target) -> bool {
        self.asker.as_ref().zip(target.requester).is_some_and(|(asker, requester)| asker == requester)
    }

    /// Its rows that a thing is in.
    pub fn rows_of<'a>(&'a self, target: &'a Target) -> impl Iterator<Item = &'a ScopeRow> {
        let is_closed = self.is_own_request(target);
        self.rows.iter().filter(move |row| !is_closed && row.has(self.action, target))
    }

    fn denial(&self, target: &Target) -> &'static str {
        let is_reached = self.rows.iter().any(|row| row.has(self.action, target));
        if is_reached && self.is_own_request(target) { DENY_REQUESTER } else { self.denied }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: ActorId = ActorId([1; 8]);
    const B: ActorId = ActorId([2; 8]);
    const R: RecordId = RecordId([3; 16]);
    const S: RecordId = RecordId([4; 16]);

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn today() -> NaiveDate {
        day("2026-06-15")
    }

    fn iin(end: u8) -> Iin {
        Iin::parse(&format!("0000000000{end:02}")).unwrap()
    }

    fn grant(role: Role, agency: Option<&str>, access: &[AccessCategory]) -> Grant {
        Grant {
            role,
            agency: agency.map(str::to_owned),
            access: access.iter().copied().collect(),
            records: None,
            from: day("2026-01-01"),
            until: Some(day("2026-12-31")),
        }
    }

    fn principal(means: Means, grants: Vec<Grant>) -> Principal {
        let person = (!matches!(means, Means::Token | Means::Certificate)).then(|| iin(1));
        let account = "example".to_owned();
        Principal { account, actor: A, person, means, grants, is_administrator: false, scopes: None }
    }

    fn target(agency: &str, access: AccessCategory) -> Target<'_> {
        Target { agency: Some(agency), access: Some(access), record: Some(R), ..Target::default() }
    }

    /// Targets of every kind that a rule could tell apart.
    fn targets(other: &Iin) -> Vec<Target<'_>> {
        let mut targets = Vec::new();
        for agency in [None, Some("A"), Some("B")] {
            for access in AccessCategory::ALL.iter().map(|access| Some(*access)).chain([None]) {
                for record in [None, Some(R), Some(S)] {
                    for by in [None, Some(A), Some(B)] {
                        for requester in [None, Some(other)] {
                            targets.push(Target { agency, access, record, about_person: false, by, requester });
                        }
                    }
                }
            }
        }
        targets
    }

    fn grants(role: Role) -> Vec<Grant> {
        use AccessCategory::{Confidential, Public};
        let own = grant(role, Some("A"), &[Public]);
        let wide = grant(role, Some("A"), &[Public, Confidential]);
        let named = Grant { records: Some(BTreeSet::from([R])), ..grant(role, None, &[Public, Confidential]) };
        let over = Grant { until: Some(day("2026-06-14")), ..wide.clone() };
        let endless = Grant { until: None, ..own.clone() };
        vec![own, wide, grant(role, None, &[Public]), named, over, endless]
    }

    /// The same rules, said again as one condition a rule and grant.
    fn says(principal: &Principal, action: Action, target: &Target) -> bool {
        let p = principal;
        let administrator = p.is_administrator || p.means == Means::Password;
        let refused = p.scopes.as_ref().is_some_and(|scopes| !scopes.contains(&action))
            || p.means == Means::Password && !["accounts.manage", "service.operate"].contains(&action.as_str())
            || action.is_decision() && (p.is_administrator || p.person.is_none())
            || action.is_decision() && !matches!(p.means, Means::Signature | Means::Oidc)
            || action.is_decision() && target.requester.is_some() && target.requester == p.person.as_ref();
        !refused
            && RULES.iter().filter(|rule| rule.actions.contains(&action)).any(|rule| {
                p.grants.iter().any(|g| {
                    let spans = matches!(g.role, Role::PostOperator | Role::Administrator)
                        || g.role == Role::Reader && g.records.is_some();
                    let agency = match (g.agency.as_deref(), target.agency) {
                        (Some(own), Some(agency)) => own == agency,
                        (Some(_), None) => action.matter() == Matter::Archive,
                        (None, Some(_)) => spans,
                        (None, None) => true,
                    };
                    let access = rule.reach != Reach::Granted
                        || target.access.map_or(action.matter() != Matter::Record, |a| g.access.contains(&a));
                    g.role == rule.role
                        && rule.means.contains(&p.means)
                        && (!administrator || g.role == Role::Administrator || action == Action::HoldPlace)
                        && (g.from..=g.until.unwrap_or(NaiveDate::MAX)).contains(&today())
                        && (g.role != Role::Reader || g.records.is_some() && g.until.is_some())
                        && agency
                        && access
                        && (rule.reach != Reach::Own || target.by == Some(p.actor))
                        && g.records.as_ref().is_none_or(|named| target.record.is_some_and(|r| named.contains(&r)))
                })
            })
    }

    /// Goal: a list shows exactly what can be opened. Method: every role, way in, grant, action and kind of target.
    #[test]
    fn a_scope_has_a_target_exactly_when_decide_allows_it() {
        let (own, mut allowed) = (iin(1), 0_u32);
        let targets = targets(&own);
        for role in Role::ALL {
            for (means, is_administrator) in Means::ALL.iter().flat_map(|means| [(*means, false), (*means, true)]) {
                for grant in grants(*role) {
                    let who = Principal { is_administrator, ..principal(means, vec![grant]) };
                    for action in Action::ALL {
                        let scope = scope(&who, *action, today());
                        for target in &targets {
                            let decision = decide(&who, *action, target, today());
                            let told = || format!("{who:?} {action} {target:?} {decision:?}");
                            assert_eq!(scope.contains(target), decision.allowed, "{}", told());
                            let said = means == Means::Local || says(&who, *action, target);
                            assert_eq!(said, decision.allowed, "{}", told());
                            assert_eq!(decision.allowed, !decision.rule.starts_with("deny."), "{}", told());
                            assert!(!scope.is_empty() || !decision.allowed);
                            allowed += u32::from(decision.allowed);
                        }
                    }
                }
            }
        }
        assert!(allowed > 10_000, "{allowed}: the rules allow something");
    }

    #[test]
    fn without_a_grant_nobody_does_anything_but_the_command_line() {
        for action in Action::ALL {
            for means in Means::ALL {
                let decision = decide(&principal(*means, Vec::new()), *action, &Target::default(), today());
                assert_eq!(decision.allowed, *means == Means::Local, "{action} {means}");
            }
        }
        let local = decide(&principal(Means::Local, Vec::new()), Action::ContentRead, &Target::default(), today());
        assert_eq!(local.rule, LOCAL);
    }

    #[test]
    fn an_administrator_has_no_record_and_no_decision_whatever_other_office_they_have() {
        let all = AccessCategory::ALL;
        let grants: Vec<Grant> = Role::ALL
            .iter()
            .flat_map(|role| {
                let named = Some(BTreeSet::from([R]));
                [grant(*role, Some("A"), all), Grant { records: named, ..grant(*role, None, all) }]
            })
            .collect();
        for means in Means::ALL.iter().filter(|means| **means != Means::Local) {
            let who = Principal { is_administrator: true, ..principal(*means, grants.clone()) };
            for action in Action::ALL {
                let decision = decide(&who, *action, &target("A", AccessCategory::Public), today());
                let is_closed = action.matter() == Matter::Record || action.is_decision();
                assert!(!is_closed || !decision.allowed, "{means} {action} {}", decision.rule);
                assert!(
                    !decision.allowed || decision.rule.starts_with("administrator.") || *action == Action::HoldPlace
                );
            }
            let held = decide(&who, Action::HoldPlace, &target("A", AccessCategory::Public), today());
            assert_eq!(held.allowed, *means != Means::Password, "a hold is accepted whatever conflict there is");
        }
        // Who runs the program by a register that is not confirmed has lost their office and gained none.
        let archivist = vec![grant(Role::Archivist, Some("A"), all)];
        let who = Principal { is_administrator: true, ..principal(Means::Signature, archivist) };
        let denied = decide(&who, Action::ServiceOperate, &Target::default(), today());
        assert_eq!((denied.allowed, denied.rule), (false, DENY_ADMINISTRATOR));
    }

    #[test]
    fn who_asked_does_not_decide_by_person_and_no_machine_does() {
        let (own, other) = (iin(1), iin(2));
        let approver = principal(Means::Signature, vec![grant(Role::Approver, Some("A"), &[])]);
        let about = |requester| Target { agency: Some("A"), requester: Some(requester), ..Target::default() };
        let approve = |who: &Principal, requester| decide(who, Action::DisposalApprove, &about(requester), today());
        assert_eq!(approve(&approver, &other).rule, "approver.approve");
        assert_eq!(approve(&approver, &own).rule, DENY_REQUESTER);
        // Another account of the same person is the same person.
        let second = Principal { account: "second".to_owned(), actor: B, ..approver.clone() };
        assert!(!approve(&second, &own).allowed);
        for means in [Means::Token, Means::Certificate] {
            assert_eq!(approve(&Principal { means, ..approver.clone() }, &other).rule, DENY_MEANS);
        }
        assert_eq!(approve(&Principal { person: None, ..approver }, &other).rule, DENY_MEANS);
    }

    #[test]
    fn a_permit_is_for_named_records_until_a_day_and_for_looking_only() {
        use AccessCategory::{Confidential, Public};
        let permit = Grant { records: Some(BTreeSet::from([R])), ..grant(Role::Reader, None, &[Public]) };
        let reader = principal(Means::Signature, vec![permit.clone()]);
        let on = |who: &Principal, action, target: &Target, day| decide(who, action, target, day).allowed;
        let named = target("A", Public);
        assert!(on(&reader, Action::ContentRead, &named, day("2026-12-31")));
        assert!(!on(&reader, Action::ContentRead, &named, day("2027-01-01")), "the permit is over");
        assert!(!on(&reader, Action::ContentTake, &named, today()), "view only");
        assert!(!on(&reader, Action::ContentRead, &Target { record: Some(S), ..named }, today()));
        assert!(!on(&reader, Action::ContentRead, &target("A", Confidential), today()), "its category has changed");
        let endless = principal(Means::Signature, vec![Grant { until: None, ..permit.clone() }]);
        assert!(!on(&endless, Action::ContentRead, &named, today()), "a permit has an end");
        let of_all = principal(Means::Signature, vec![Grant { records: None, ..permit }]);
        assert!(!on(&of_all, Action::ContentRead, &named, today()), "a permit names records");
    }

    #[test]
    fn agencies_do_not_see_each_other() {
        for role in Role::ALL.iter().filter(|role| !matches!(role, Role::PostOperator | Role::Administrator)) {
            for means in [Means::Token, Means::Certificate, Means::Signature, Means::Oidc] {
                for agency in [Some("A"), None] {
                    let who = principal(means, vec![grant(*role, agency, AccessCategory::ALL)]);
                    for action in Action::ALL {
                        let target = Target { by: Some(A), ..target("B", AccessCategory::Public) };
                        assert!(!decide(&who, *action, &target, today()).allowed, "{role} {action} {agency:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_restricted_record_needs_a_grant_that_names_its_category_and_a_purpose() {
        use AccessCategory::{Confidential, OfficialUse, Public};
        let about = |access| Target { about_person: true, ..target("A", access) };
        for (granted, access, allowed) in [
            (&[Public][..], Public, true),
            (&[Public], Confidential, false),
            (&[Public, Confidential], Confidential, true),
            (&[Public, Confidential], OfficialUse, false),
            (&[], Public, false),
        ] {
            let who = principal(Means::Oidc, vec![grant(Role::Archivist, Some("A"), granted)]);
            let decision = decide(&who, Action::ContentRead, &about(access), today());
            assert_eq!((decision.allowed, decision.needs_purpose), (allowed, allowed), "{granted:?} {access}");
            assert!(!decide(&who, Action::ContentRead, &Target { access: None, ..about(access) }, today()).allowed);
        }
        let auditor = principal(Means::Oidc, vec![grant(Role::Auditor, Some("A"), &[Public])]);
        let seen = decide(&auditor, Action::RecordShow, &about(Confidential), today());
        assert_eq!((seen.allowed, seen.masked), (true, true));
        // Who is an archivist too sees what an archivist sees, and the rest masked.
        let both = vec![grant(Role::Auditor, Some("A"), &[]), grant(Role::Archivist, Some("A"), &[Public])];
        let both = principal(Means::Oidc, both);
        let masked = |access| decide(&both, Action::RecordShow, &about(access), today()).masked;
        assert_eq!((masked(Public), masked(Confidential)), (false, true));
    }

    #[test]
    fn a_token_does_what_its_scopes_say_and_a_password_sets_the_archive_up() {
        let archivist = vec![grant(Role::Archivist, Some("A"), AccessCategory::ALL)];
        let scopes = Some(BTreeSet::from([Action::RecordShow, Action::DisposalPropose]));
        let token = Principal { scopes, ..principal(Means::Token, archivist) };
        let rule = |who: &Principal, action| decide(who, action, &target("A", AccessCategory::Public), today()).rule;
        assert_eq!(rule(&token, Action::RecordShow), "archivist.records");
        assert_eq!(rule(&token, Action::RecordList), DENY_SCOPE);
        assert_eq!(rule(&token, Action::DisposalPropose), DENY_MEANS, "a scope gives nothing");
        let all: Vec<Grant> = Role::ALL.iter().map(|role| grant(*role, Some("A"), AccessCategory::ALL)).collect();
        let password = principal(Means::Password, all);
        let open = Action::ALL.iter().filter(|action| !rule(&password, **action).starts_with("deny."));
        assert_eq!(open.collect::<Vec<_>>(), [&Action::AccountsManage, &Action::ServiceOperate]);
    }

    /// Goal: who has a right and shows what does not carry it is told so, and nobody else is.
    #[test]
    fn a_means_that_does_not_carry_a_right_is_the_reason_for_who_has_it_only() {
        for role in Role::ALL {
            for means in [Means::Token, Means::Certificate] {
                let by = |means, role: Role| {
                    let named = (role == Role::Reader).then(|| BTreeSet::from([R]));
                    let grant = Grant { records: named, ..grant(role, Some("A"), AccessCategory::ALL) };
                    Principal { is_administrator: role == Role::Administrator, ..principal(means, vec![grant]) }
                };
                for action in Action::ALL.iter().filter(|action| !action.is_decision()) {
                    let rule = decide(&by(means, *role), *action, &Target::default(), today()).rule;
                    let of_role = RULES.iter().filter(|r| r.role == *role && r.actions.contains(action));
                    let ways: BTreeSet<Means> = of_role.flat_map(|rule| rule.means.iter().copied()).collect();
                    let is_reason = !ways.is_empty() && !ways.contains(&means);
                    assert_eq!(rule == DENY_MEANS, is_reason, "{role} {action} {means}: {rule}");
                }
            }
        }
        let archivist = principal(Means::Token, vec![grant(Role::Auditor, Some("A"), &[])]);
        let there = decide(&archivist, Action::RecordList, &target("A", AccessCategory::Public), today());
        let nowhere = decide(&archivist, Action::RecordList, &target("B", AccessCategory::Public), today());
        assert_eq!((there.rule, nowhere.rule), (DENY_MEANS, DENY_MEANS), "whatever it is about");
    }

    #[test]
    fn rules_have_ids_of_their_own_that_begin_with_their_role() {
        let ids: BTreeSet<&str> = RULES.iter().map(|rule| rule.id).collect();
        assert_eq!(ids.len(), RULES.len());
        for rule in RULES {
            assert_eq!(rule.id.split('.').next(), Some(rule.role.as_str()));
            assert!(!rule.means.contains(&Means::Local) && !rule.actions.is_empty());
        }
        // Nobody is allowed what no row names, and every role has something.
        assert!(Action::ALL.iter().all(|action| RULES.iter().any(|rule| rule.actions.contains(action))));
        assert!(Role::ALL.iter().all(|role| RULES.iter().any(|rule| rule.role == *role)));
    }
}
