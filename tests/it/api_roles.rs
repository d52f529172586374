//! Who gets what from the service: every path of its description for every role, in its agency and in another one,
//! signed in by a signature and by a token, for somebody without an office and for nobody.
//!
//! Goal: the table of docs/rights.md, the function that decides and what the service answers are one thing: allowed by
//! the rule that the page names, denied by the one that it names, and what is not theirs told from nothing by no
//! answer. No path is there that nobody thought of. Method: one table says which actions a path needs, and of what kind
//! of thing; what each caller gets is derived from it and from the rules of the page alone, and then asked for.

use super::api_lists::{Filled, NOMENCLATURE, validator};
use super::confirmed::row;
use super::disposal::LIST;
use super::rights::table;
use super::served::{Answer, Served, ZIP, all_scopes, logged, send, zip};
use super::signed::{AGENCY, DAY_MS, at, holder_of};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use muragat::access::rights::{Action, Role};
use muragat::api::description;
use muragat::archive::{Holder, Permitting};
use muragat::cli::samples::signer::{Signer, Validity};
use muragat::clock::civil_date;
use muragat::ingest::lists::RulesAct;
use muragat::model::iin::Iin;
use muragat::model::submission::AccessCategory;
use muragat::retention::RuleList;
use muragat::tlog::commit::SYSTEM_ACTOR;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What a path is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum On {
    /// Nothing that anybody may not know.
    Everybody,
    /// Whoever has signed in.
    SignedIn,
    /// What a person has for themselves, and a token has no part in: their sessions and tokens.
    Session,
    /// Of a list, what the caller reaches: things of this kind.
    List(Kind),
    /// What the archive has once.
    Archive,
    /// An agency that the request names: to speak of one is to know nothing of it.
    Named,
    /// A thing that the path, or the request, names.
    Thing(Kind),
    /// The same as it is, with all its titles: nothing for who sees it masked.
    Bare(Kind),
}

/// Kinds of things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Record,
    /// A record that a request names, to be kept.
    Kept,
    File,
    Hold,
    Inquiry,
    Plan,
    Receipt,
    Nomenclature,
    Party,
    Transfer,
    Accession,
    /// Of their account.
    Upload,
    Job,
    Session,
    Token,
}

impl Kind {
    /// By which action it is known that one is there; none: by what is done with it.
    fn see(self) -> Option<&'static str> {
        match self {
            Self::Record => Some("record.list"),
            Self::File => Some("file.see"),
            Self::Hold => Some("hold.see"),
            Self::Inquiry => Some("inquiry.see"),
            Self::Plan => Some("disposal.see"),
            Self::Receipt => Some("receipt.see"),
            Self::Nomenclature => Some("nomenclature.see"),
            Self::Party | Self::Transfer | Self::Accession => Some("transfer.see"),
            Self::Kept | Self::Upload | Self::Job | Self::Session | Self::Token => None,
        }
    }

    /// The name of its id in paths.
    fn name(self) -> &'static str {
        match self {
            Self::Record | Self::Kept => "record_id",
            Self::File => "file_id",
            Self::Hold => "hold_id",
            Self::Inquiry => "inquiry_id",
            Self::Plan => "plan_id",
            Self::Receipt => "subject",
            Self::Nomenclature => "entry",
            Self::Party => "party",
            Self::Transfer => "transfer_id",
            Self::Accession => "accession",
            Self::Upload => "upload_id",
            Self::Job => "job_id",
            Self::Session => "session_id",
            Self::Token => "token_id",
        }
    }
}

use Kind::{Accession, File, Hold, Inquiry, Job, Kept, Nomenclature, Party, Plan, Receipt, Record, Transfer, Upload};
use On::{Archive, Bare, Everybody, List, Named, SignedIn, Thing};

/// Method, path, what it is about, the actions in the order in which they are asked for, and the statuses of who may.
/// Those from 400 on come of what is asked with here, and only after the right.
type Row = (&'static str, &'static str, On, &'static [&'static str], &'static [u16]);

/// In the order in which they are asked: what ends something comes after what needs it.
const TABLE: &[Row] = &[
    ("get", "/livez", Everybody, &[], &[200]),
    ("get", "/readyz", Everybody, &[], &[200]),
    ("get", "/tlog/checkpoint", Everybody, &[], &[200]),
    ("get", "/api/v1/me", SignedIn, &[], &[200]),
    ("post", "/api/v1/login/nonce", Everybody, &[], &[200]),
    // Nobody signs in with nothing.
    ("post", "/api/v1/login/signature", Everybody, &[], &[400]),
    ("post", "/api/v1/login/password", Everybody, &[], &[400]),
    // No provider is configured.
    #[cfg(feature = "oidc")]
    ("post", "/api/v1/logout/openid", Everybody, &[], &[404]),
    ("get", "/api/v1/records", List(Record), &["record.list"], &[200]),
    ("get", "/api/v1/records/{record_id}", Thing(Record), &["record.show"], &[200]),
    ("get", "/api/v1/records/{record_id}/components/{number}/content", Thing(Record), &["content.take"], &[200]),
    ("get", "/api/v1/records/{record_id}/why", Thing(Record), &["record.list", "rules.see", "file.see"], &[200]),
    // Who comes first brings it.
    ("post", "/api/v1/records/{record_id}/components", Thing(Record), &["record.add"], &[201, 200]),
    // No card.
    ("post", "/api/v1/records/{record_id}/card", Thing(Record), &["card.correct"], &[422]),
    ("get", "/api/v1/search", List(Record), &["content.read"], &[200]),
    // It is held.
    ("post", "/api/v1/submissions", Named, &["submit"], &[200]),
    ("options", "/api/v1/uploads", Everybody, &[], &[204]),
    ("post", "/api/v1/uploads", Archive, &["submit"], &[201]),
    ("head", "/api/v1/uploads/{upload_id}", Thing(Upload), &["submit"], &[200]),
    ("patch", "/api/v1/uploads/{upload_id}", Thing(Upload), &["submit"], &[204]),
    // Not all of it is there.
    ("post", "/api/v1/uploads/{upload_id}/submission", Thing(Upload), &["submit"], &[409]),
    ("delete", "/api/v1/uploads/{upload_id}", Thing(Upload), &["submit"], &[204]),
    ("get", "/api/v1/jobs/{job_id}", Thing(Job), &["job.see"], &[200]),
    ("get", "/api/v1/jobs/{job_id}/events", Thing(Job), &["job.see"], &[200]),
    ("get", "/api/v1/files", List(File), &["file.see"], &[200]),
    ("get", "/api/v1/files/{file_id}", Thing(File), &["file.see"], &[200]),
    ("get", "/api/v1/files/{file_id}/records", Thing(File), &["file.see", "record.list"], &[200]),
    ("get", "/api/v1/files/{file_id}/why", Thing(File), &["file.see", "rules.see"], &[200]),
    ("get", "/api/v1/due", List(File), &["rules.see", "file.see"], &[200]),
    ("post", "/api/v1/files", Named, &["file.change"], &[201]),
    // It is closed.
    ("post", "/api/v1/files/{file_id}/records", Thing(File), &["file.change"], &[409]),
    ("post", "/api/v1/files/{file_id}/closing", Thing(File), &["file.change"], &[409]),
    ("post", "/api/v1/files/{file_id}/splitting", Thing(File), &["file.change"], &[409]),
    // Nothing would change by it.
    ("post", "/api/v1/files/{file_id}/shortening/act", Thing(File), &["file.change"], &[422]),
    ("post", "/api/v1/files/{file_id}/shortening", Thing(File), &["file.change"], &[422]),
    // The records are in the very file that they are to go into.
    ("post", "/api/v1/files/{file_id}/refiling/act", Thing(File), &["file.change"], &[422]),
    ("post", "/api/v1/files/{file_id}/refiling", Thing(File), &["file.change"], &[422]),
    ("post", "/api/v1/files/{file_id}/events", Thing(File), &["file.change"], &[200]),
    ("post", "/api/v1/files/{file_id}/reclassification", Thing(File), &["file.change"], &[200]),
    // Who comes first opens it.
    ("post", "/api/v1/files/{file_id}/reopening", Thing(File), &["file.change"], &[200, 409]),
    ("get", "/api/v1/rules", Archive, &["rules.see"], &[200]),
    ("post", "/api/v1/rules/act", Named, &["rules.adopt"], &[200]),
    // It is in force, or nobody signed.
    ("post", "/api/v1/rules", Named, &["rules.adopt"], &[200, 422]),
    ("get", "/api/v1/nomenclature", List(Nomenclature), &["nomenclature.see"], &[200]),
    ("get", "/api/v1/nomenclature/{entry}", Thing(Nomenclature), &["nomenclature.see"], &[200]),
    // It is in force.
    ("post", "/api/v1/nomenclature", Named, &["nomenclature.adopt"], &[200]),
    ("get", "/api/v1/holds", List(Hold), &["hold.see"], &[200]),
    ("get", "/api/v1/holds/{hold_id}", Thing(Hold), &["hold.see"], &[200]),
    ("post", "/api/v1/holds", Thing(Kept), &["hold.place"], &[201]),
    // Who comes first lifts it.
    ("post", "/api/v1/holds/{hold_id}/lifting", Thing(Hold), &["hold.lift"], &[200, 409]),
    ("get", "/api/v1/audit-trail", List(Record), &["audit_trail.see"], &[200]),
    ("get", "/api/v1/receipts", List(Receipt), &["receipt.see"], &[200]),
    ("get", "/api/v1/receipts/{subject}", Thing(Receipt), &["receipt.see"], &[200]),
    ("get", "/api/v1/receipts/{subject}/content", Thing(Receipt), &["receipt.see"], &[200]),
    ("get", "/api/v1/receipts/{subject}/signature", Thing(Receipt), &["receipt.see"], &[200]),
    // It is issued.
    ("post", "/api/v1/receipts/{subject}/signature", Thing(Receipt), &["receipt.sign"], &[409]),
    ("get", "/api/v1/inquiries", List(Inquiry), &["inquiry.see"], &[200]),
    ("get", "/api/v1/inquiries/{inquiry_id}", Thing(Inquiry), &["inquiry.see"], &[200]),
    // It names no ids; whose lines it has is in tests/it/api_inquiry.rs.
    ("get", "/api/v1/inquiry-register", Archive, &["inquiry.see"], &[200]),
    ("get", "/api/v1/inquiry-register/content", Archive, &["inquiry.see"], &[200]),
    ("post", "/api/v1/inquiries", Named, &["inquiry.work"], &[201]),
    ("post", "/api/v1/inquiries/{inquiry_id}/searches", Thing(Inquiry), &["inquiry.work", "record.list"], &[201]),
    ("post", "/api/v1/inquiries/{inquiry_id}/targets", Thing(Inquiry), &["inquiry.work", "record.list"], &[201]),
    ("get", "/api/v1/inquiries/{inquiry_id}/answer", Thing(Inquiry), &["inquiry.work"], &[200]),
    // Nobody signed.
    ("post", "/api/v1/inquiries/{inquiry_id}/answer", Thing(Inquiry), &["inquiry.work"], &[422]),
    ("post", "/api/v1/inquiries/{inquiry_id}/bundles", Thing(Inquiry), &["inquiry.work", "bundle.make"], &[201]),
    (
        "get",
        "/api/v1/inquiries/{inquiry_id}/bundles/{bundle}/content",
        Thing(Inquiry),
        &["inquiry.work", "bundle.make"],
        &[200],
    ),
    // Who comes first closes it.
    ("post", "/api/v1/inquiries/{inquiry_id}/closing", Thing(Inquiry), &["inquiry.work"], &[200, 409]),
    // Nobody certified a copy; what becomes of one is in tests/it/api_copies.rs.
    // No copy is certified of what is confidential, whoever asks (CPY-001).
    ("post", "/api/v1/records/{record_id}/paper-copies/statement", Thing(Record), &["paper_copy.certify"], &[200, 403]),
    ("post", "/api/v1/records/{record_id}/paper-copies/rendering", Thing(Record), &["paper_copy.certify"], &[422]),
    ("post", "/api/v1/records/{record_id}/paper-copies", Thing(Record), &["paper_copy.certify"], &[422]),
    ("get", "/api/v1/paper-copies", Archive, &["paper_copy.certify"], &[200]),
    ("get", "/api/v1/paper-copies/{copy}", Archive, &["paper_copy.certify"], &[404]),
    ("get", "/api/v1/paper-copies/{copy}/content", Archive, &["paper_copy.certify"], &[404]),
    ("get", "/api/v1/paper-copies/{copy}/statement", Archive, &["paper_copy.certify"], &[404]),
    ("get", "/api/v1/paper-copies/{copy}/signature", Archive, &["paper_copy.certify"], &[404]),
    // For machines by their certificate, which nobody of the matrix has: what they get is in tests/it/transfer_wire.rs.
    ("post", "/api/v1/accessions/deliveries", Archive, &["transfer.deliver"], &[]),
    ("head", "/api/v1/accessions/deliveries/{delivery_id}", Archive, &["transfer.deliver"], &[]),
    ("patch", "/api/v1/accessions/deliveries/{delivery_id}", Archive, &["transfer.deliver"], &[]),
    ("post", "/api/v1/accessions/deliveries/{delivery_id}/accession", Archive, &["transfer.deliver"], &[]),
    ("delete", "/api/v1/accessions/deliveries/{delivery_id}", Archive, &["transfer.deliver"], &[]),
    ("post", "/api/v1/accessions/{accession}/act", Archive, &["transfer.deliver"], &[]),
    ("get", "/api/v1/accessions", List(Accession), &["transfer.see"], &[200]),
    ("get", "/api/v1/accessions/{accession}", Thing(Accession), &["transfer.deliver or transfer.see"], &[200]),
    ("get", "/api/v1/accessions/{accession}/receipt", Bare(Accession), &["transfer.deliver or transfer.see"], &[200]),
    // Its records are not judged, and nobody signed.
    ("get", "/api/v1/accessions/{accession}/records", Thing(Accession), &["transfer.see"], &[409]),
    ("get", "/api/v1/accessions/{accession}/reply", Bare(Accession), &["transfer.deliver or transfer.see"], &[409]),
    ("get", "/api/v1/accessions/{accession}/reply/content", Bare(Accession), &["transfer.see"], &[409]),
    ("get", "/api/v1/accessions/{accession}/act/content", Bare(Accession), &["transfer.see"], &[409]),
    ("get", "/api/v1/accessions/{accession}/act", Bare(Accession), &["transfer.see"], &[409]),
    ("post", "/api/v1/accessions/{accession}/reply", Thing(Accession), &["transfer.reply"], &[409]),
    // No answer.
    ("post", "/api/v1/accessions/{accession}/agreement", Thing(Accession), &["transfer.receive"], &[422]),
    ("get", "/api/v1/parties", List(Party), &["transfer.see"], &[200]),
    ("get", "/api/v1/parties/{party}", Thing(Party), &["transfer.see"], &[200]),
    ("get", "/api/v1/transfers", List(Transfer), &["transfer.see"], &[200]),
    ("get", "/api/v1/transfers/{transfer_id}", Thing(Transfer), &["transfer.see"], &[200]),
    // The file is in no inventory.
    ("post", "/api/v1/transfers", Thing(File), &["transfer.send"], &[422]),
    // Who comes first draws it up.
    ("post", "/api/v1/transfers/{transfer_id}/list", Thing(Transfer), &["transfer.send"], &[201, 200]),
    ("get", "/api/v1/transfers/{transfer_id}/list", Bare(Transfer), &["transfer.see"], &[200]),
    // Nobody signed, so it goes no farther.
    ("post", "/api/v1/transfers/{transfer_id}/approval", Thing(Transfer), &["transfer.approve"], &[422]),
    ("post", "/api/v1/transfers/{transfer_id}/package", Thing(Transfer), &["transfer.send"], &[409]),
    // No answer.
    ("post", "/api/v1/transfers/{transfer_id}/answers", Thing(Transfer), &["transfer.send"], &[422]),
    ("get", "/api/v1/transfers/{transfer_id}/receipt", Bare(Transfer), &["transfer.see"], &[409]),
    ("get", "/api/v1/transfers/{transfer_id}/reply", Bare(Transfer), &["transfer.see"], &[409]),
    ("get", "/api/v1/transfers/{transfer_id}/reply/content", Bare(Transfer), &["transfer.see"], &[409]),
    ("get", "/api/v1/transfers/{transfer_id}/act/content", Bare(Transfer), &["transfer.see"], &[409]),
    ("get", "/api/v1/transfers/{transfer_id}/act", Bare(Transfer), &["transfer.see"], &[409]),
    ("get", "/api/v1/transfers/{transfer_id}/release/content", Bare(Transfer), &["transfer.see"], &[409]),
    ("get", "/api/v1/transfers/{transfer_id}/certificate", Bare(Transfer), &["transfer.see"], &[409]),
    ("post", "/api/v1/transfers/{transfer_id}/act", Thing(Transfer), &["transfer.sign"], &[409]),
    ("post", "/api/v1/transfers/{transfer_id}/release", Thing(Transfer), &["transfer.release"], &[409]),
    ("post", "/api/v1/transfers/{transfer_id}/closing", Thing(Transfer), &["transfer.release"], &[409]),
    // Who comes first cancels it.
    ("post", "/api/v1/transfers/{transfer_id}/cancellation", Thing(Transfer), &["transfer.send"], &[200, 409]),
    ("get", "/api/v1/disposal-plans", List(Plan), &["disposal.see"], &[200]),
    ("get", "/api/v1/disposal-plans/{plan_id}", Thing(Plan), &["disposal.see"], &[200]),
    ("get", "/api/v1/disposal-plans/{plan_id}/content", Bare(Plan), &["disposal.see"], &[200]),
    // It is not executed.
    ("get", "/api/v1/disposal-plans/{plan_id}/certificate", Bare(Plan), &["disposal.see"], &[409]),
    // What may be signed may be seen by who sees plans; it decides nothing.
    ("post", "/api/v1/disposal-plans/{plan_id}/statement", Bare(Plan), &["disposal.see"], &[200]),
    // All that is due is in a plan.
    ("post", "/api/v1/disposal-plans", Named, &["disposal.propose"], &[409]),
    // No statement; too early.
    ("post", "/api/v1/disposal-plans/{plan_id}/proposal", Thing(Plan), &["disposal.propose"], &[422]),
    ("post", "/api/v1/disposal-plans/{plan_id}/review", Thing(Plan), &["disposal.review"], &[422]),
    ("post", "/api/v1/disposal-plans/{plan_id}/approval", Thing(Plan), &["disposal.approve"], &[422]),
    ("post", "/api/v1/disposal-plans/{plan_id}/execution", Thing(Plan), &["disposal.execute"], &[409]),
    ("post", "/api/v1/disposal-plans/{plan_id}/completion", Thing(Plan), &["disposal.execute"], &[409]),
    // Who comes first cancels it.
    (
        "post",
        "/api/v1/disposal-plans/{plan_id}/cancellation",
        Thing(Plan),
        &["disposal.propose or disposal.approve"],
        &[200, 409],
    ),
    ("get", "/api/v1/tokens", On::Session, &[], &[200]),
    // For what a token of their office opens; some have nothing of that kind.
    ("post", "/api/v1/tokens", On::Session, &[], &[201, 400]),
    ("post", "/api/v1/tokens/{token_id}/revocation", On::Session, &[], &[200]),
    ("get", "/api/v1/sessions", On::Session, &[], &[200]),
    ("delete", "/api/v1/sessions/{session_id}", On::Session, &[], &[204]),
    ("post", "/api/v1/logout", Everybody, &[], &[204]),
];

/// What the service has no path for: the command line has it, or it comes.
const NOT_SERVED: &[&str] = &[
    "submission.see",
    "policy.see",
    "policy.adopt",
    "keys.see",
    "audit.run",
    "subject.report",
    "reading.permit",
    "accounts.see",
    "accounts.manage",
    "service.operate",
];

/// A rule of the page.
struct Rule {
    id: String,
    actions: BTreeSet<String>,
    reach: String,
    means: BTreeSet<String>,
}

/// The rules as docs/rights.md has them.
fn rules() -> Vec<Rule> {
    let words = |cell: &str| cell.split(", ").map(str::to_owned).collect();
    let rule = |row: Vec<String>| {
        let [id, actions, reach, means] = <[String; 4]>::try_from(row).unwrap();
        Rule { id, actions: words(&actions), reach, means: words(&means) }
    };
    table("3. ").into_iter().map(rule).collect()
}

/// In whose agency somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Own,
    Other,
}

/// Who asks.
struct Caller {
    account: Option<String>,
    /// None: no office, and no permit.
    role: Option<Role>,
    place: Place,
    means: &'static str,
    token: Option<String>,
    cookie: Option<String>,
    /// A session beside the one that asks.
    session: Option<String>,
    /// A token that nobody asks with.
    issued: Option<String>,
}

/// What a caller is to get.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Due {
    /// By these rules; where all of them mask, masked.
    Allowed(Vec<String>),
    /// By this rule.
    Denied(String),
    /// What is answered where there is nothing.
    Nothing,
    SignedOut,
}

/// Something that is asked about.
#[derive(Debug, Clone)]
struct Asked {
    kind: Kind,
    id: String,
    /// The category of a record.
    access: Option<AccessCategory>,
    /// Whose account brought it in.
    by: Option<String>,
}

impl Caller {
    fn is_owner(&self, thing: &Asked) -> bool {
        thing.by.is_some() && thing.by == self.account
    }

    fn rule<'a>(&self, rules: &'a [Rule], action: &str) -> Option<&'a Rule> {
        let role = self.role?;
        let is_of_role = |rule: &&Rule| rule.id.split_once('.').is_some_and(|(of, _)| of == role.as_str());
        let found: Vec<&Rule> = rules.iter().filter(is_of_role).filter(|rule| rule.actions.contains(action)).collect();
        assert!(found.len() < 2, "{role} {action}: two rules");
        found.into_iter().find(|rule| rule.means.contains(self.means))
    }

    /// By which rule of docs/rights.md §2 the caller has no part in an action.
    fn denial(&self, rules: &[Rule], action: &str) -> String {
        let has = |rule: &Rule, role: Role| {
            rule.actions.contains(action) && rule.id.split_once('.').is_some_and(|(of, _)| of == role.as_str())
        };
        let id = match self.role {
            _ if self.means == "token" && !all_scopes().contains(action) => "deny.scope",
            Some(role) if rules.iter().any(|r| has(r, role)) && self.rule(rules, action).is_none() => "deny.means",
            Some(Role::Administrator) => "deny.administrator",
            _ => "deny.default",
        };
        id.to_owned()
    }

    /// Whether a rule reaches a thing, which is of the agency.
    fn reaches(&self, rule: &Rule, thing: &Asked, permitted: &BTreeSet<String>) -> bool {
        let is_theirs = match (thing.kind, self.role) {
            (Upload | Job, _) => self.is_owner(thing),
            // A permit is for named records.
            (_, Some(Role::Reader)) => self.place == Place::Own && permitted.contains(&thing.id),
            _ => self.place == Place::Own,
        };
        is_theirs
            && match rule.reach.as_str() {
                "granted" => thing.access.is_none_or(|access| GRANTED.contains(&access)),
                "own" => self.is_owner(thing),
                "all" | "masked" => true,
                reach => panic!("{reach}"),
            }
    }

    /// What the page gives the caller of a path: of each action in turn, who has it nowhere is denied; what they may not
    /// know of is not there; what they know of and may not do is denied.
    fn due(&self, rules: &[Rule], row: &Row, thing: Option<&Asked>, permitted: &BTreeSet<String>) -> Due {
        let (_, path, on, actions, _) = row;
        match on {
            Everybody => return Due::Allowed(Vec::new()),
            _ if self.account.is_none() => return Due::SignedOut,
            SignedIn => return Due::Allowed(Vec::new()),
            On::Session if self.means == "token" => return Due::Denied("deny.scope".to_owned()),
            On::Session => {
                let is_own = thing.is_none_or(|thing| self.is_owner(thing));
                return if is_own { Due::Allowed(Vec::new()) } else { Due::Nothing };
            }
            _ => {}
        }
        let one = |action: &str| {
            let denied = Due::Denied(self.denial(rules, action));
            let Some(rule) = self.rule(rules, action) else { return denied };
            let allowed = Due::Allowed(vec![rule.id.clone()]);
            let reaches = |rule: &Rule| self.reaches(rule, thing.unwrap(), permitted);
            match on {
                List(_) | Archive => allowed,
                Named if self.place == Place::Own => allowed,
                Named => denied,
                Thing(kind) | Bare(kind) => {
                    let is_reached = reaches(rule);
                    let is_known = kind.see().and_then(|see| self.rule(rules, see)).is_some_and(reaches);
                    match (is_reached, is_known) {
                        (false, false) => Due::Nothing,
                        (false, true) => denied,
                        _ if matches!(on, Bare(_)) && rule.reach == "masked" => denied,
                        _ => allowed,
                    }
                }
                on => panic!("{path}: {on:?}"),
            }
        };
        let mut by = Vec::new();
        for action in *actions {
            let answers: Vec<Due> = action.split(" or ").map(one).collect();
            let is_allowed = |due: &&Due| matches!(due, Due::Allowed(_));
            let found = answers.iter().find(is_allowed).or_else(|| answers.iter().find(|due| **due == Due::Nothing));
            match found.or(answers.first()).cloned().unwrap() {
                Due::Allowed(rules) => by.extend(rules),
                other => return other,
            }
        }
        Due::Allowed(by)
    }
}

/// Categories that every office of the matrix is granted.
const GRANTED: [AccessCategory; 2] = [AccessCategory::Public, AccessCategory::Confidential];
const OTHER_BIN: &str = "000000000900";
/// A body that is no agency of the archive: a post office.
const POST_BIN: &str = "000000000700";
const NONE: &str = "00000000000000000000000000000000";
const JSON: (&str, &str) = ("Content-Type", "application/json");
const TUS: (&str, &str) = ("Tus-Resumable", "1.0.0");
const LENGTH: (&str, &str) = ("Upload-Length", "5");
const OWN: [(&str, &str); 2] = [("Sec-Fetch-Site", "same-origin"), ("Origin", "https://archive")];
/// What a record about persons is read for.
const PURPOSE: (&str, &str) = ("Muragat-Purpose", "%D2%AE%D0%BB%D0%B3%D1%96");
/// What stands in titles and cards, and in nothing that is masked.
const TITLES: [&str; 3] = ["Сынақ хаты", "Хат алмасу", "Үлгібаев"];

fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// The body of each office: its number, IIN and row in the register. A post office is no agency, and serves them all.
fn office(role: Role, place: Place) -> (String, &'static str, String) {
    let number = Role::ALL.iter().position(|one| *one == role).unwrap();
    let (iin, bin) = match place {
        Place::Own if role == Role::PostOperator => (40 + number, POST_BIN),
        Place::Own => (40 + number, "000000000100"),
        Place::Other => (60 + number, OTHER_BIN),
    };
    let iin = format!("0000000000{iin}");
    let kind = if role == Role::RecordsOfficer { "records_office" } else { role.as_str() };
    let text = row(&iin, kind).replace("000000000100", bin) + "access = [\"public\", \"confidential\"]\n";
    (iin, bin, if role == Role::Reader { String::new() } else { text })
}

fn account(role: Role, place: Place) -> String {
    format!("{role}-{}", if place == Place::Own { "own" } else { "other" })
}

fn offices() -> impl Iterator<Item = (Role, Place)> {
    [Place::Own, Place::Other].into_iter().flat_map(|place| Role::ALL.iter().map(move |role| (*role, place)))
}

/// The archive, everybody, and what they ask about.
struct Matrix {
    filled: Filled,
    callers: Vec<Caller>,
    records: Vec<Asked>,
    /// Of what a clerk of the agency brought in, and of what a machine did.
    receipts: Vec<Asked>,
    /// The records of the permit.
    permitted: BTreeSet<String>,
    /// An upload and a job of the machine, and a session of an officer.
    others: BTreeMap<&'static str, Asked>,
    /// A submission that is held.
    sent: Vec<u8>,
    /// The act about the list that is in force.
    act: String,
}

impl Matrix {
    fn new() -> Self {
        let post = format!("\n[[body]]\nbin = \"{POST_BIN}\"\nname = \"Үлгі поштасы\"\n");
        let rows: String = offices().map(|(role, place)| office(role, place).2).collect();
        let served = Served::with_rows(&(post + &rows));
        // An archive that takes documents for official use, which no office of it is granted.
        let config = served.bench.root().join("muragat.toml");
        let text = std::fs::read_to_string(&config).unwrap();
        let admitting = text.replace("official_use = \"refuse\"", "official_use = \"flag\"");
        assert_ne!(admitting, text);
        std::fs::write(&config, admitting).unwrap();
        let mut filled = Filled::of(served);
        // Lists of revoked certificates end within the years that have passed.
        filled
            .served
            .bench
            .share(&filled.served.archive(), &filled.served.bench.office.crl(filled.served.bench.now(), &[]));
        let begun = super::api_transfers::begun(&filled.served);
        filled.ids.extend(begun);
        let served = &filled.served;
        let (bench, archive) = (&served.bench, served.archive());
        let mut draft = bench.draft("4-қ");
        draft.access = "official_use";
        let official = served.hand_in(&draft);
        for (role, place) in offices() {
            let holder = Holder::Person(Iin::parse(&office(role, place).0).unwrap());
            archive.open_account(&account(role, place), &holder, None, SYSTEM_ACTOR).unwrap();
        }
        let first = filled.ids["record_id"].clone();
        let permitted = BTreeSet::from([first.clone(), filled.secret.clone()]);
        let until = archive.today() + chrono::Days::new(9);
        for (place, records) in [(Place::Own, permitted.clone()), (Place::Other, [filled.second.clone()].into())] {
            let records = records.iter().map(|id| id.parse().unwrap()).collect();
            let permitting =
                Permitting { account: account(Role::Reader, place), records, until, basis: "Үлгі".to_owned() };
            archive.permit_reading(&permitting, SYSTEM_ACTOR).unwrap();
        }
        let record = |id: &str, access| Asked { kind: Record, id: id.to_owned(), access: Some(access), by: None };
        let records = vec![
            record(&first, AccessCategory::Public),
            record(&filled.secret, AccessCategory::Confidential),
            record(&official, AccessCategory::OfficialUse),
        ];
        let list = RuleList::parse(LIST.as_bytes(), "list.toml").unwrap();
        let act = RulesAct::draft(&list, AGENCY, civil_date(bench.now()), false, "Үлгі").to_toml();
        drop(archive);
        let (receipts, others) = (Vec::new(), BTreeMap::new());
        let (callers, sent) = (Vec::new(), Vec::new());
        let mut matrix = Self { filled, callers, records, receipts, permitted, others, sent, act };
        matrix.callers = matrix.sign_in();
        matrix.prepare();
        matrix
    }

    fn served(&self) -> &Served {
        &self.filled.served
    }

    /// Everybody twice: the sessions that ask, and others beside them; then tokens, somebody without an office, nobody.
    fn sign_in(&self) -> Vec<Caller> {
        let (archive, until) = (self.served().archive(), self.served().archive().today() + chrono::Days::new(9));
        let mut callers = Vec::new();
        for (role, place) in offices() {
            let signer = self.key(role, place);
            let [session, cookie] = [(); 2].map(|()| self.session(&signer));
            let name = account(role, place);
            let mut caller = Caller {
                account: Some(name),
                role: Some(role),
                place,
                means: "signature",
                token: None,
                cookie: Some(cookie),
                session: None,
                issued: None,
            };
            let listed = self.send(&caller, "get", "/api/v1/sessions", &[], b"").json();
            let sessions = listed["items"].as_array().unwrap();
            assert_eq!(sessions.len(), 2, "{session} {listed}");
            let other = sessions.iter().find(|session| session["current"] == false).unwrap();
            caller.session = Some(other["session_id"].as_str().unwrap().to_owned());
            let name = account(role, place);
            let own = archive.actor(&name).unwrap();
            caller.issued = Some(archive.issue_token(&name, &all_scopes(), until, own).unwrap().0);
            callers.push(caller);
        }
        let token = |account: &str, role, token| Caller {
            account: Some(account.to_owned()),
            role,
            place: Place::Own,
            means: "token",
            token: Some(token),
            cookie: None,
            session: None,
            issued: None,
        };
        for role in Role::ALL {
            let name = account(*role, Place::Own);
            let own = archive.actor(&name).unwrap();
            let (_, secret, _) = archive.issue_token(&name, &all_scopes(), until, own).unwrap();
            callers.push(token(&name, Some(*role), secret));
        }
        callers.push(token("edms", Some(Role::Clerk), self.served().tokens["edms"].clone()));
        callers.push(token("nobody", None, self.served().tokens["nobody"].clone()));
        let nobody = Caller { account: None, token: None, ..token("", None, String::new()) };
        callers.push(nobody);
        callers
    }

    /// A key of an officer.
    fn key(&self, role: Role, place: Place) -> Signer {
        let bench = &self.served().bench;
        let (iin, bin, _) = office(role, place);
        // Other random bytes for each.
        let mut count = 80 + (iin[10..].parse::<u8>().unwrap() - 40) * 5;
        let mut random = move |buffer: &mut [u8]| {
            count += 1;
            buffer.fill(count);
        };
        let validity = Validity { from: at(bench.now() - DAY_MS), until: at(bench.now() + 100 * DAY_MS) };
        let iin: &'static str = iin.leak();
        bench.office.root.issue(&holder_of(bin, "ҮЛГІ ҚЫЗМЕТКЕР", iin), validity, &mut random).unwrap()
    }

    /// Signs in and gives the cookie.
    fn session(&self, signer: &Signer) -> String {
        let served = self.served();
        let nonce = served.send(None, "POST", "/api/v1/login/nonce", &OWN, b"").json();
        let cms = signer.sign_detached(nonce["text"].as_str().unwrap().as_bytes(), at(served.bench.now()));
        let body = json!({"id": nonce["id"], "cms": base64(&cms)}).to_string();
        let headers = [&[JSON], OWN.as_slice()].concat();
        let answer = served.send(None, "POST", "/api/v1/login/signature", &headers, body.as_bytes());
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.headers["set-cookie"].split(';').next().unwrap().to_owned()
    }

    fn caller(&self, role: Role, place: Place) -> &Caller {
        let name = account(role, place);
        self.callers.iter().find(|caller| caller.account.as_ref() == Some(&name)).unwrap()
    }

    /// What needs somebody who is signed in: a receipt of a clerk's document, issued, another one of the machine's, a
    /// bundle, and what is of accounts.
    fn prepare(&mut self) {
        let bench = &self.served().bench;
        let draft = bench.draft("5-қ");
        let sent = zip(&draft.write(&bench.office, bench.folder.path(), bench.now()));
        let clerk = self.caller(Role::Clerk, Place::Own);
        let answer = self.send(clerk, "post", "/api/v1/submissions", &[ZIP], &sent);
        assert_eq!(answer.status, 201, "{answer:?}");
        let brought = answer.json()["answer"]["record_id"].as_str().unwrap().to_owned();
        let receipt = |id: &str, by: Option<&String>| Asked {
            kind: Receipt,
            id: id.to_owned(),
            access: Some(AccessCategory::Public),
            by: by.cloned(),
        };
        let machine = "edms".to_owned();
        let receipts =
            vec![receipt(&brought, clerk.account.as_ref()), receipt(&self.filled.ids["record_id"], Some(&machine))];
        bench.later(2_000);
        let officer = self.caller(Role::RecordsOfficer, Place::Own);
        let signer = self.key(Role::RecordsOfficer, Place::Own);
        for receipt in &receipts {
            let path = format!("/api/v1/receipts/{}", receipt.id);
            let content = self.send(officer, "get", &format!("{path}/content"), &[], b"").body;
            let cms = json!({"cms": base64(&signer.sign_detached(&content, at(bench.now())))}).to_string();
            let answer = self.send(officer, "post", &format!("{path}/signature"), &[JSON], cms.as_bytes());
            assert_eq!(answer.status, 201, "{answer:?}");
        }
        let legal = self.caller(Role::LegalOfficer, Place::Own);
        let path = format!("/api/v1/inquiries/{}/bundles", self.filled.ids["inquiry_id"]);
        let answer = self.send(legal, "post", &path, &[JSON], b"{}");
        assert_eq!(answer.status, 201, "{answer:?}");
        let bundle = answer.headers["location"].rsplit('/').nth(1).unwrap().to_owned();
        let by_machine = self.callers.iter().find(|caller| caller.account.as_ref() == Some(&machine)).unwrap();
        // The last one that ends sessions is the owner of the one that others ask about.
        let last = self.callers.iter().rfind(|caller| caller.session.is_some()).unwrap();
        let others = BTreeMap::from([
            ("upload_id", self.upload(by_machine)),
            ("job_id", self.job(by_machine, &sent)),
            (
                "session_id",
                Asked {
                    kind: Kind::Session,
                    id: last.session.clone().unwrap(),
                    access: None,
                    by: last.account.clone(),
                },
            ),
            (
                "token_id",
                by_machine
                    .token
                    .as_ref()
                    .map(|token| Asked {
                        kind: Kind::Token,
                        id: token.split('_').nth(1).unwrap().to_owned(),
                        access: None,
                        by: by_machine.account.clone(),
                    })
                    .unwrap(),
            ),
        ]);
        super::text::brought_up(&self.served().archive());
        self.filled.ids.insert("bundle", bundle);
        self.filled.ids.insert("delivery_id", NONE.to_owned());
        (self.receipts, self.others, self.sent) = (receipts, others, sent);
    }

    /// An upload that the caller begins.
    fn upload(&self, caller: &Caller) -> Asked {
        let answer = self.send(caller, "post", "/api/v1/uploads", &[TUS, LENGTH], b"");
        assert_eq!(answer.status, 201, "{answer:?}");
        self.begun(caller, Upload, &answer)
    }

    /// A job that the caller begins.
    fn job(&self, caller: &Caller, sent: &[u8]) -> Asked {
        let answer = self.send(caller, "post", "/api/v1/submissions", &[ZIP, ("Prefer", "respond-async")], sent);
        assert_eq!(answer.status, 202, "{answer:?}");
        self.begun(caller, Job, &answer)
    }

    fn begun(&self, caller: &Caller, kind: Kind, answer: &Answer) -> Asked {
        let id = answer.headers["location"].rsplit('/').next().unwrap().to_owned();
        Asked { kind, id, access: None, by: caller.account.clone() }
    }

    /// What a caller asks about.
    fn things(&self, caller: &Caller, kind: Kind) -> Vec<Asked> {
        let other = || self.others[kind.name()].clone();
        // Who submits has uploads and jobs.
        let submits = matches!(caller.role, Some(Role::Clerk | Role::RecordsOfficer | Role::Archivist))
            && (kind != Job || caller.place == Place::Own);
        match kind {
            Record => self.records.clone(),
            Receipt => self.receipts.clone(),
            Upload if submits => vec![other(), self.upload(caller)],
            Job if submits => vec![other(), self.job(caller, &self.sent)],
            Upload | Job => vec![other()],
            Kind::Session | Kind::Token => {
                let own = if kind == Kind::Token { caller.issued.clone() } else { caller.session.clone() };
                let own = own.map(|id| Asked { kind, id, access: None, by: caller.account.clone() });
                let other = Some(other()).filter(|other| !caller.is_owner(other));
                other.into_iter().chain(own).collect()
            }
            kind => vec![Asked { kind, id: self.filled.ids[kind.name()].clone(), access: None, by: None }],
        }
    }

    fn send(&self, caller: &Caller, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut headers = headers.to_vec();
        headers.push(PURPOSE);
        headers.extend(caller.cookie.iter().map(|cookie| ("Cookie", cookie.as_str())).chain(OWN));
        let method = method.to_ascii_uppercase();
        send(self.served().address, caller.token.as_deref(), &method, path, &headers, body)
    }

    /// A path about a thing.
    fn path(&self, template: &str, thing: Option<(Kind, &str)>) -> String {
        let ids = self.filled.ids.iter().map(|(name, id)| (*name, id.as_str()));
        let ids = thing.map(|(kind, id)| (kind.name(), id)).into_iter().chain(ids);
        let path = ids.fold(template.to_owned(), |path, (name, id)| path.replace(&format!("{{{name}}}"), id));
        assert!(!path.contains('{'), "{path}");
        path + match template {
            // «шығарылған» stands in every text.
            "/api/v1/search" => "?q=%D1%88%D1%8B%D2%93%D0%B0%D1%80%D1%8B%D0%BB%D2%93%D0%B0%D0%BD",
            "/api/v1/receipts" => "?state=issued",
            "/api/v1/audit-trail" => "?limit=500",
            _ => "",
        }
    }

    /// Asks about a thing, with what the path wants.
    fn ask(&self, caller: &Caller, (method, template, ..): &Row, thing: Option<(Kind, &str)>) -> Answer {
        let record = &self.filled.ids["record_id"];
        let kept = thing.map_or(record.as_str(), |(kind, id)| if kind == Kept { id } else { record });
        let part = ("Content-Type", "application/offset+octet-stream");
        let document = || json!({"document": base64(b"x"), "signatures": []});
        let until = civil_date(self.served().bench.now()) + chrono::Days::new(9);
        let asked = match (*method, *template) {
            (_, "/api/v1/submissions") => return self.send(caller, method, template, &[ZIP], &self.sent),
            ("post", "/api/v1/uploads") => return self.send(caller, method, template, &[TUS, LENGTH], b""),
            ("patch", _) => {
                let headers = [TUS, ("Upload-Offset", "0"), part];
                return self.send(caller, method, &self.path(template, thing), &headers, b"x");
            }
            ("post", "/api/v1/records/{record_id}/components") => {
                json!({"path": "mark.txt", "role": "mark", "content": base64(b"123")})
            }
            ("post", "/api/v1/records/{record_id}/card") => json!({"content": base64(b"{}"), "reason": "Түзету"}),
            ("post", "/api/v1/files") => json!({"agency": AGENCY, "index": "01-00", "year": 2026, "item": "LIST/1"}),
            ("post", "/api/v1/files/{file_id}/records") => json!({"records": [record]}),
            (_, "/api/v1/files/{file_id}/splitting") => json!({"records": [record], "reason": "Қате"}),
            (_, "/api/v1/files/{file_id}/shortening/act") => json!({"reason": "Қате"}),
            (_, "/api/v1/files/{file_id}/refiling/act") => {
                json!({"to": self.filled.ids["file_id"], "records": [record], "reason": "Қате"})
            }
            (_, "/api/v1/files/{file_id}/shortening" | "/api/v1/files/{file_id}/refiling") => document(),
            (_, "/api/v1/records/{record_id}/paper-copies/statement") => json!({"recipient": "a"}),
            ("post", "/api/v1/records/{record_id}/paper-copies/rendering") => json!({"document": base64(b"x")}),
            ("post", "/api/v1/records/{record_id}/paper-copies") => document(),
            (_, "/api/v1/files/{file_id}/closing") => json!({"date": "2026-06-15"}),
            (_, "/api/v1/files/{file_id}/events") => json!({"event": "contract_ended", "date": "2026-06-15"}),
            (_, "/api/v1/files/{file_id}/reclassification") => json!({"item": "LIST/4", "reason": "Түзету"}),
            (_, "/api/v1/files/{file_id}/reopening") => json!({"reason": "Қате"}),
            (_, "/api/v1/rules/act") => json!({"list": base64(LIST.as_bytes()), "agency": AGENCY, "reason": "Үлгі"}),
            ("post", "/api/v1/rules") => {
                let (list, act) = (base64(LIST.as_bytes()), base64(self.act.as_bytes()));
                json!({"list": list, "document": act, "signatures": []})
            }
            ("post", "/api/v1/nomenclature") => json!({"content": base64(NOMENCLATURE.as_bytes())}),
            ("post", "/api/v1/holds") => {
                json!({"records": [kept], "owner": "Сот", "reason": "Тергеу", "basis": "Қаулы"})
            }
            (_, "/api/v1/holds/{hold_id}/lifting") => json!({"reason": "Бітті"}),
            ("post", "/api/v1/receipts/{subject}/signature") => json!({"cms": base64(b"x")}),
            ("post", "/api/v1/inquiries") => {
                json!({"authority": "Сот", "case": "1", "basis": "Қаулы", "requester": "Сот", "due": "2030-01-01",
                       "agency": AGENCY})
            }
            (_, "/api/v1/inquiries/{inquiry_id}/searches") => json!({"query": "reg:1-қ"}),
            (_, "/api/v1/inquiries/{inquiry_id}/targets") => json!({"records": [record]}),
            ("post", "/api/v1/inquiries/{inquiry_id}/answer") => json!({"signatures": []}),
            (_, "/api/v1/inquiries/{inquiry_id}/bundles") => json!({"records": [record]}),
            (_, "/api/v1/inquiries/{inquiry_id}/closing") => json!({"outcome": "Үлгі", "without_answer": "Үлгі"}),
            ("post", "/api/v1/transfers") => {
                let file = thing.map_or(self.filled.ids["file_id"].as_str(), |(_, id)| id);
                json!({"to": "state-1", "reason": "early", "basis": "Үлгі", "files": [file]})
            }
            (_, "/api/v1/transfers/{transfer_id}/approval") => json!({"signatures": []}),
            ("post", "/api/v1/transfers/{transfer_id}/act") => json!({"signatures": []}),
            (_, "/api/v1/transfers/{transfer_id}/package") => json!({}),
            (_, "/api/v1/transfers/{transfer_id}/answers" | "/api/v1/accessions/{accession}/agreement") => {
                json!({"answer": base64(b"x")})
            }
            (_, "/api/v1/transfers/{transfer_id}/release") => document(),
            (_, "/api/v1/transfers/{transfer_id}/cancellation") => json!({"reason": "Қате"}),
            ("post", "/api/v1/accessions/{accession}/reply") => json!({"reply_signatures": [], "act_signatures": []}),
            ("post", "/api/v1/disposal-plans") => {
                json!({"agency": AGENCY, "minutes": {"number": "7", "date": "2028-03-01", "content": base64(b"7")}})
            }
            (_, "/api/v1/disposal-plans/{plan_id}/statement") => json!({"act": "propose"}),
            (
                _,
                "/api/v1/disposal-plans/{plan_id}/proposal"
                | "/api/v1/disposal-plans/{plan_id}/review"
                | "/api/v1/disposal-plans/{plan_id}/approval"
                | "/api/v1/disposal-plans/{plan_id}/execution",
            ) => document(),
            (_, "/api/v1/disposal-plans/{plan_id}/cancellation") => json!({"reason": "Қате"}),
            (_, "/api/v1/login/signature" | "/api/v1/login/password") => json!({}),
            ("post", "/api/v1/tokens") => json!({"scopes": ["record.list"], "until": until.to_string()}),
            (_, "/api/v1/tokens/{token_id}/revocation") => json!({"reason": "Үлгі"}),
            _ => return self.send(caller, method, &self.path(template, thing), &[TUS], b""),
        };
        self.send(caller, method, &self.path(template, thing), &[JSON], asked.to_string().as_bytes())
    }

    /// What is wrong with an answer to who may.
    fn wrong_with(&self, caller: &Caller, row: &Row, by: &[String], rules: &[Rule], answer: &Answer) -> Vec<String> {
        let (_, template, on, _, statuses) = row;
        let mut wrong = Vec::new();
        if !statuses.contains(&answer.status) {
            wrong.push(format!("{} for {statuses:?}", answer.status));
            return wrong;
        }
        let rule = logged(answer)["rule"].clone();
        if !by.is_empty() && !by.iter().any(|id| rule == **id) {
            wrong.push(format!("the log says {rule} for {by:?}"));
        }
        let text = String::from_utf8_lossy(&answer.body);
        let is_masked = |id: &String| rules.iter().any(|rule| rule.id == *id && rule.reach == "masked");
        if !by.is_empty() && by.iter().all(is_masked) {
            wrong.extend(TITLES.iter().filter(|title| text.contains(**title)).map(|title| format!("says {title}")));
        }
        if let List(kind) = on {
            for thing in self.things(caller, *kind) {
                let rules: Vec<&Rule> = by.iter().map(|id| rules.iter().find(|rule| rule.id == *id).unwrap()).collect();
                let is_theirs = rules.iter().all(|rule| caller.reaches(rule, &thing, &self.permitted));
                let id = match thing.kind {
                    Party => format!("\"party\":\"{}\"", thing.id),
                    _ if thing.id.len() == NONE.len() => thing.id.clone(),
                    _ => format!("\"{}\":{}", kind.name(), thing.id),
                };
                if text.contains(&id) != is_theirs {
                    wrong.push(format!("{template} has {thing:?}: {}", !is_theirs));
                }
            }
        }
        wrong
    }
}

/// An answer without what differs from request to request.
fn told(answer: &Answer, id: &str) -> (u16, BTreeMap<String, String>, String) {
    let differs =
        |name: &str| matches!(name, "x-request-id" | "date") || name == "content-length" && id.len() < NONE.len();
    let headers = answer.headers.clone().into_iter().filter(|(name, _)| !differs(name)).collect();
    if answer.body.is_empty() {
        return (answer.status, headers, String::new());
    }
    let mut body = answer.json();
    body["request_id"] = Value::Null;
    if id.len() < NONE.len() && body["subject"] == *id {
        body["subject"] = Value::Null;
    }
    (answer.status, headers, body.to_string().replace(id, if id.len() < NONE.len() { id } else { "ID" }))
}

/// Goal: nobody adds a path, an action or a rule without saying who gets what from it.
#[test]
fn the_table_has_every_path_of_the_description_and_every_action_of_the_page() {
    let described = description();
    let paths = described["paths"].as_object().unwrap().iter();
    let methods = |(path, operations): (&String, &Value)| {
        let of = |method: &String| (method.clone(), path.clone());
        operations.as_object().unwrap().keys().map(of).collect::<Vec<_>>()
    };
    let described: BTreeSet<(String, String)> = paths.flat_map(methods).collect();
    let rows: BTreeSet<_> = TABLE.iter().map(|(m, p, ..)| ((*m).to_owned(), (*p).to_owned())).collect();
    assert_eq!(rows, described);
    assert_eq!(rows.len(), TABLE.len(), "a path stands twice");
    let asked = TABLE.iter().flat_map(|(_, _, _, actions, _)| actions.iter()).flat_map(|a| a.split(" or "));
    let asked: BTreeSet<&str> = asked.collect();
    let not_served: BTreeSet<&str> = NOT_SERVED.iter().copied().collect();
    assert_eq!(asked.intersection(&not_served).count(), 0);
    let rules = rules();
    let written: BTreeSet<&str> = rules.iter().flat_map(|rule| &rule.actions).map(String::as_str).collect();
    assert_eq!(asked.union(&not_served).copied().collect::<BTreeSet<&str>>(), written);
    assert_eq!(written, Action::ALL.iter().map(|action| action.as_str()).collect());
}

/// Goal: every role gets from every path what the page says, and no more is told to it.
#[test]
fn every_role_gets_from_every_path_what_the_page_says() {
    let (rules, matrix, described) = (rules(), Matrix::new(), description());
    let denials: BTreeSet<String> = table("2. ").into_iter().map(|row| row[1].clone()).collect();
    let mut schemas = BTreeMap::new();
    let (mut wrong, mut met, mut counts) = (Vec::new(), BTreeSet::new(), BTreeMap::<_, usize>::new());
    for row in TABLE {
        let (method, template, on, ..) = row;
        for caller in &matrix.callers {
            let things = match on {
                Thing(kind) | Bare(kind) => matrix.things(caller, *kind).into_iter().map(Some).collect(),
                On::Session if template.contains('{') => {
                    let kind = if template.contains("token_id") { Kind::Token } else { Kind::Session };
                    matrix.things(caller, kind).into_iter().map(Some).collect()
                }
                _ => vec![None],
            };
            for thing in things {
                let due = caller.due(&rules, row, thing.as_ref(), &matrix.permitted);
                let about = thing.as_ref().map(|thing| (thing.kind, thing.id.as_str()));
                let answer = matrix.ask(caller, row, about);
                let mut say = |what: String| {
                    let (who, how, body) = (&caller.account, caller.means, String::from_utf8_lossy(&answer.body));
                    let body: String = body.chars().take(400).collect();
                    wrong.push(format!("{method} {template} {who:?} by {how}, {thing:?}, {due:?}: {what}: {body}"));
                };
                let (count, status) = match &due {
                    Due::Allowed(by) => {
                        met.extend(by.iter().filter(|id| logged(&answer)["rule"] == **id).cloned());
                        matrix.wrong_with(caller, row, by, &rules, &answer).into_iter().for_each(&mut say);
                        let key = (*method, *template, answer.status);
                        let schema = schemas.entry(key).or_insert_with(|| validator(&described, key.0, key.1, key.2));
                        if answer.status < 300
                            && let Some(schema) = schema
                            && let Err(e) = schema.validate(&answer.json())
                        {
                            say(format!("does not follow its schema: {e}"));
                        }
                        ("allowed", answer.status)
                    }
                    Due::Denied(rule) => {
                        assert!(denials.contains(rule), "{rule}");
                        let line = logged(&answer);
                        let said = (line["rule"].as_str(), line["code"].as_str());
                        let is_by_means = ["deny.scope", "deny.means", "deny.password"].contains(&rule.as_str());
                        let code = if is_by_means { "ACC-006" } else { "ACC-005" };
                        if said != (Some(rule), Some(code)) {
                            say(format!("the log says {said:?}"));
                        }
                        ("denied", 403)
                    }
                    Due::Nothing => ("nothing", 404),
                    Due::SignedOut => ("signed out", 401),
                };
                *counts.entry(count).or_default() += 1;
                if answer.status != status {
                    say(format!("{} for {status}", answer.status));
                    continue;
                }
                // What is there is told from what is not by nothing, but to who knows of it.
                let is_known = thing.as_ref().is_some_and(|thing| {
                    let rule = thing.kind.see().and_then(|see| caller.rule(&rules, see));
                    rule.is_some_and(|rule| caller.reaches(rule, thing, &matrix.permitted))
                });
                if let Some(thing) =
                    thing.as_ref().filter(|_| matches!(due, Due::Denied(_) | Due::Nothing) && !is_known)
                {
                    let never = if thing.id.len() == NONE.len() { NONE.to_owned() } else { "9".repeat(thing.id.len()) };
                    let nowhere = matrix.ask(caller, row, Some((thing.kind, &never)));
                    let (there, nowhere) = (told(&answer, &thing.id), told(&nowhere, &never));
                    if there != nowhere {
                        say(format!("{there:?} is told from {nowhere:?}"));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // The matrix was asked, and each rule that a path needs was met in the log.
    assert!(counts.len() == 4 && counts.values().all(|count| *count > 50), "{counts:?}");
    let actions = |path: &Row| path.3.iter().flat_map(|action| action.split(" or ")).collect::<Vec<_>>();
    let used: BTreeSet<&str> = TABLE.iter().flat_map(actions).collect();
    let needed = rules.iter().filter(|rule| rule.actions.iter().any(|action| used.contains(action.as_str())));
    let unmet: Vec<&str> = needed.map(|rule| rule.id.as_str()).filter(|id| !met.contains(*id)).collect();
    // It shows a certificate.
    assert_eq!(unmet, ["sender.deliver"]);
}
