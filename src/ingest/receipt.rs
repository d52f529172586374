//! What the archive answers to a submission: it prepares the receipt or the notice «қабылданбады», and signs its own
//! confirmation.
//!
//! Receipt and notice are prepared here and issued by an officer of the records office ([`super::issue`]): the receipt
//! is a component of the record, the notice a file of the refusal's act, each durable with what it speaks of. The
//! confirmation is made after the commit, from what was committed, and is kept nowhere: it can be asked for again.
//!
//! Invariants
//!   - No submission fails for its answer: a notice that cannot say all it should says less.
//!   - Of a document with a mark of state secrecy no answer says more than the codes (N 430 cl. 1, 45).

use super::component::{Received, Stop, spool_failed};
use super::receive::Described;
use super::{Status, issue};
use crate::archive::{Archive, Waiting};
use crate::clock::{Millis, civil_date};
use crate::error::{Error, ErrorCode, Refusal};
use crate::model::answer::{
    AnswerError, ArchiveName, Body, Checked, Confirmation, Executor, ExecutorSource, FileDigest, Moment, Notice,
    Outcome, Receipt, Registered, Rules, Sent, System,
};
use crate::model::calendar::Deadline;
use crate::model::canonical;
use crate::model::card::Card;
use crate::model::digest::{Sha256, sha256};
use crate::model::id::{ActId, RecordId};
use crate::model::submission::{AccessCategory, Direction, Profile, SUBMISSION_FILE};
use crate::model::validation::Validation;
use crate::verify::authority::Authorities;
use chrono::NaiveDate;
use serde_json::json;

/// The confirmation, for people and programs.
pub const CONFIRMATION_FILE: &str = "confirmation.json";
/// Its signature: 64 bytes of Ed25519.
pub const CONFIRMATION_SIGNATURE_FILE: &str = "confirmation.sig";
/// The public key that the confirmation is signed with.
pub const ANSWER_KEY_FILE: &str = "answer-key.pem";
/// The receipt as it is to be signed.
pub const RECEIPT_FILE: &str = "receipt.json";
/// The notice as it is to be signed.
pub const NOTICE_FILE: &str = "notice.json";

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// A document with its name, as it is handed to the Producer.
pub type Answer = (String, Vec<u8>);

/// What is known of a submission so far: what answers may say of it.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    /// Name of the folder or file.
    pub(super) source: String,
    /// When it arrived.
    pub(super) arrived: Millis,
    /// When it began to wait, if it did.
    pub(super) waiting_since: Option<Millis>,
    /// Digest of the file that was sent, when nothing in it could be read.
    container: Option<Sha256>,
    /// Digest of `submission.json`.
    description: Option<Sha256>,
    /// Digest of the card.
    card: Option<Sha256>,
    /// The agency that the description names.
    pub(super) agency: Option<String>,
    /// Registration number and date on the card.
    registration: Option<(String, NaiveDate)>,
    profile: Option<Profile>,
    /// Whose submission it is.
    recipient: Option<Body>,
    /// The files, once they were received.
    files: Vec<FileDigest>,
}

impl Known {
    /// A submission of which nothing was read yet.
    pub(super) fn of(source: String, arrived: Millis, waiting_since: Option<Millis>) -> Self {
        Self { source, arrived, waiting_since, ..Self::default() }
    }

    /// A submission that waits, without opening it.
    pub(super) fn of_waiting(waiting: &Waiting) -> Self {
        let digests = waiting.digests();
        let file = |entry: crate::archive::WaitingEntry| {
            let sha256 = *digests.get(&entry.path)?;
            Some(FileDigest { path: entry.path, role: None, size: entry.size, sha256 })
        };
        let files: Vec<FileDigest> = waiting.files().into_iter().filter_map(file).collect();
        let date = waiting.text("document_date").parse().ok();
        Self {
            description: digests.get(SUBMISSION_FILE).copied(),
            agency: Some(waiting.text("agency").to_owned()),
            registration: date.map(|date| (waiting.text("registration_number").to_owned(), date)),
            recipient: Some(Body { agency: Some(waiting.text("agency").to_owned()), ..Body::default() }),
            files: files.into_iter().filter(|file| file.path != SUBMISSION_FILE).collect(),
            ..Self::of(waiting.text("source").to_owned(), waiting.since, Some(waiting.since))
        }
    }

    /// Takes what description and card say.
    pub(super) fn described(&mut self, read: &Described<'_>, authorities: &Authorities) {
        let submission = read.submission;
        self.description = Some(sha256(read.description));
        self.agency = Some(submission.agency.clone());
        self.profile = Some(submission.profile);
        for file in &mut self.files {
            file.role = submission.components.iter().find(|c| c.path == file.path).map(|c| c.role);
        }
        if let Some((card, bytes)) = read.card {
            self.card = Some(sha256(bytes));
            self.registration = Some((card.registration_number.clone(), card.document_date));
        }
        // Who gets the receipt is who sent the document (N 430 cl. 17); what an agency made it sends itself.
        let sender = read.card.and_then(|(card, _)| card.sender_body.clone());
        let sender = sender.filter(|_| submission.direction == Direction::Incoming);
        self.recipient = Some(match sender {
            Some(name) => Body { name: Some(name), ..Body::default() },
            None => {
                let mut bodies = authorities.adopted().iter().flat_map(|register| &register.bodies);
                let body = bodies.find(|body| body.agency.as_ref() == Some(&submission.agency));
                let (name, bin) = (body.map(|b| b.name.clone()), body.map(|b| b.bin.clone()));
                Body { name, agency: Some(submission.agency.clone()), bin }
            }
        });
    }

    /// Takes the files that were received.
    pub(super) fn received(&mut self, received: &mut [Received]) -> Result<(), Stop> {
        let file = |component: &mut Received| {
            let sha256 = component.sha256().map_err(|e| spool_failed(&component.entry.path, e))?;
            let (path, role) = (component.entry.path.clone(), Some(component.entry.role));
            Ok(FileDigest { path, role, size: component.bytes.len(), sha256 })
        };
        self.files = received.iter_mut().map(file).collect::<Result<_, Error>>()?;
        Ok(())
    }

    /// Binds the answer to the file that was sent, when nothing in it could be read.
    pub(super) fn bind(&mut self, digest: impl FnOnce() -> Option<Sha256>) {
        if self.description.is_none() {
            self.container = digest();
        }
    }

    /// What tells a submission that comes again from any other, together with the reasons for which it is refused. None
    /// when neither its file nor its card was read: the description alone is the same for many documents. A document
    /// that waited is decided about for itself.
    pub(super) fn sent(&self, refusals: &[Refusal]) -> Option<Sha256> {
        if self.waiting_since.is_some() || (self.container.is_none() && self.card.is_none()) {
            return None;
        }
        // Canonical JSON has no null: what was not read is an empty text.
        let digest = |digest: Option<Sha256>| digest.map(|digest| digest.to_string()).unwrap_or_default();
        let file = |file: &FileDigest| json!([file.path, file.sha256.to_string()]);
        // Not the details: they may say the time.
        let reason = |reason: &Refusal| json!([reason.code.as_str(), reason.subject]);
        let value = json!({
            "card": digest(self.card), "container": digest(self.container), "description": digest(self.description),
            "files": self.files.iter().map(file).collect::<Vec<_>>(),
            "reasons": refusals.iter().map(reason).collect::<Vec<_>>(),
        });
        Some(sha256(&canonical::to_vec(&value).expect("texts and lists of texts")))
    }

    fn moment(&self) -> Moment {
        Moment::of_millis(self.arrived)
    }

    /// A moment of this submission: never before it arrived, whatever the clock was set to meanwhile.
    fn later(&self, at: Millis) -> Moment {
        Moment::of_millis(at.max(self.arrived).max(self.waiting_since.unwrap_or_default()))
    }
}

/// Until when the signature of what was prepared `at` is in time (N 430 cl. 18, 19).
pub fn due(archive: &Archive, at: Millis) -> Result<Deadline, Error> {
    let days = archive.validation_policy()?.policy.receipt.deadline_working_days;
    Ok(archive.calendars()?.deadline(crate::clock::utc(at), u16::try_from(days).unwrap_or(u16::MAX)))
}

fn archive_name(archive: &Archive) -> ArchiveName {
    let config = archive.config();
    ArchiveName { id: config.archive_id, origin: config.vkey.name.clone() }
}

fn sender(archive: &Archive) -> Body {
    let issuer = archive.config().issuer.clone();
    let name = issuer.name.unwrap_or_else(|| archive.config().vkey.name.clone());
    Body { name: Some(name), agency: issuer.agency, bin: issuer.bin }
}

fn unwritable(what: &str, e: AnswerError) -> Error {
    Error::caused(ErrorCode::CfgUnreadable, what, e)
}

/// What a receipt is prepared from, beside what is known of the submission.
pub(super) struct Accepted<'a> {
    pub(super) record: RecordId,
    pub(super) card: &'a Card,
    pub(super) profile: Profile,
    pub(super) access: AccessCategory,
    pub(super) validation: &'a Validation,
    /// Digest of the validation in full.
    pub(super) report: Sha256,
}

/// The bytes of the receipt of a submission that becomes a record now.
pub(super) fn prepare(archive: &Archive, known: &Known, accepted: &Accepted<'_>) -> Result<Vec<u8>, Error> {
    let card = accepted.card;
    let executor = card.executor_surname.clone().map(|surname| Executor {
        surname,
        phone: card.executor_phone.clone(),
        as_of: card.document_date,
        source: ExecutorSource::Card,
    });
    let receipt = Receipt {
        archive: archive_name(archive),
        sender: sender(archive),
        recipient: known.recipient.clone(),
        rules: Rules::of(accepted.profile),
        record: accepted.record,
        received: known.moment(),
        waiting_since: known.waiting_since.map(|since| known.later(since)),
        accepted: known.later(archive.now()),
        document: Registered {
            document_type: card.document_type.clone(),
            number: card.registration_number.clone(),
            date: card.document_date,
            // The receipt travels outside the archive: a title that not everybody may see stays here.
            title: card.title.clone().filter(|_| accepted.access == AccessCategory::Public),
        },
        files: known.files.clone(),
        executor,
        checked: Some(Checked::of(accepted.validation, Some(accepted.report))),
        replaces: None,
        system: System::this(),
    };
    receipt.encode().map_err(|e| unwritable(RECEIPT_FILE, e))
}

/// The bytes of the notice of a refusal.
pub(super) fn notice(
    archive: &Archive,
    known: &Known,
    act: ActId,
    refusals: &[Refusal],
    secret: bool,
) -> Result<Vec<u8>, Error> {
    let sent = Sent {
        number: known.registration.as_ref().map(|(number, _)| number.clone()),
        date: known.registration.as_ref().map(|(_, date)| *date),
        container: known.container,
        description: known.description,
        files: known.files.clone(),
        ..Sent::of(&known.source)
    };
    let mut notice = Notice {
        archive: archive_name(archive),
        id: act,
        sender: sender(archive),
        recipient: known.recipient.clone(),
        rules: known.profile.map(Rules::of),
        arrived: known.moment(),
        waiting_since: known.waiting_since.map(|since| known.later(since)),
        refused: known.later(archive.now()),
        sent: Some(sent),
        reasons: Vec::new(),
        system: System::this(),
    };
    notice.refuse(refusals, secret);
    notice.encode().or_else(|_| {
        // A refusal must not fail for what was sent: then it is named by its place only.
        notice.recipient = None;
        notice.sent = notice.sent.take().map(|_| Sent::of(&known.source));
        notice.encode().map_err(|e| unwritable(NOTICE_FILE, e))
    })
}

/// What was prepared for a submission.
#[derive(Debug, Clone, Default)]
pub(super) enum Prepared {
    /// Nothing: it is not decided, was decided before, or its signatures did not pass.
    #[default]
    Nothing,
    /// The receipt.
    Receipt(Vec<u8>),
    /// The notice, and whether nothing may be said of the document.
    Notice(Vec<u8>, bool),
    /// The notice of an earlier refusal, with its signature once it is issued.
    Earlier(Box<issue::Prepared>),
}

impl Prepared {
    /// The earlier refusal whose notice it is.
    pub(super) fn repeats(&self) -> Option<u64> {
        match self {
            Prepared::Earlier(earlier) => Some(earlier.row.entry),
            _ => None,
        }
    }
}

/// Everything that is handed to the Producer, when `status` is durable since `at`; nothing for what failed.
pub(super) fn answers(
    archive: &Archive,
    known: &Known,
    status: &Status,
    prepared: Prepared,
    at: Millis,
) -> Result<Vec<Answer>, Error> {
    let (receipt, notice, secret) = match &prepared {
        Prepared::Nothing => (None, None, false),
        Prepared::Receipt(bytes) => (Some(sha256(bytes)), None, false),
        Prepared::Notice(bytes, secret) => (None, Some(sha256(bytes)), *secret),
        Prepared::Earlier(earlier) => (None, Some(sha256(&earlier.bytes)), false),
    };
    let due = match &prepared {
        Prepared::Nothing => None,
        Prepared::Receipt(_) | Prepared::Notice(..) => Some(due(archive, at)?.last),
        // The term of the notice runs from the refusal that it was made for.
        Prepared::Earlier(earlier) => Some(earlier.row.due.last).filter(|_| !earlier.row.is_issued),
    };
    let codes = |reasons: &[Refusal]| Outcome::codes(reasons.iter().map(|reason| reason.code));
    let outcome = match status {
        Status::Accepted { record, entry, .. } => Outcome::Accepted { record: *record, entry: *entry, receipt },
        Status::Refused { reasons, entry, .. } => Outcome::Refused { entry: *entry, notice, codes: codes(reasons) },
        Status::Waiting { id, entry, reasons, .. } => {
            let term = u64::from(archive.validation_policy()?.policy.waiting.term_days) * DAY_MS;
            let until = civil_date(known.arrived.saturating_add(term));
            Outcome::Waiting { id: *id, entry: *entry, until: Some(until), codes: codes(reasons) }
        }
        Status::Held { record } => Outcome::Held { record: *record },
        Status::Failed(_) => return Ok(Vec::new()),
    };
    let key = archive.answer_key()?;
    let confirmation = Confirmation {
        archive: archive_name(archive),
        key: key.public(),
        source: Some(()).filter(|()| !secret).and_then(|()| Confirmation::source_of(&known.source)),
        arrived: known.moment(),
        answered: known.later(at),
        outcome,
        files: if secret { Vec::new() } else { known.files.clone() },
        due,
        system: System::this(),
    };
    let bytes = confirmation.encode().map_err(|e| unwritable(CONFIRMATION_FILE, e))?;
    let signature = key.sign(&bytes).to_vec();
    let mut answers = vec![
        (CONFIRMATION_FILE.to_owned(), bytes),
        (CONFIRMATION_SIGNATURE_FILE.to_owned(), signature),
        (ANSWER_KEY_FILE.to_owned(), key.public_pem().into_bytes()),
    ];
    match prepared {
        Prepared::Nothing => {}
        Prepared::Receipt(bytes) => answers.extend(with_text(RECEIPT_FILE, bytes)),
        Prepared::Notice(bytes, _) => answers.extend(with_text(NOTICE_FILE, bytes)),
        Prepared::Earlier(earlier) => {
            let issue::Prepared { bytes, signature, .. } = *earlier;
            answers.extend(with_text(NOTICE_FILE, bytes));
            answers.extend(signature.map(|signature| (issue::NOTICE_SIGNATURE_FILE.to_owned(), signature)));
        }
    }
    Ok(answers)
}

/// A prepared document and the same for people, as its signed bytes hold it.
pub fn with_text(name: &str, bytes: Vec<u8>) -> [Answer; 2] {
    let text = crate::model::answer::texts(&bytes).map(|[kk, ru]| format!("{kk}\n{}\n\n{ru}", "—".repeat(40)));
    let text = text.unwrap_or_default().into_bytes();
    [(name.to_owned(), bytes), (name.replace(".json", ".txt"), text)]
}
