//! Submissions that wait: begun by intake, tried again when material comes, ended by acceptance, refusal or a person.
//!
//! Trying again is the whole path of a submission once more, from the bytes that the archive holds: what was right at
//! receipt and is wrong now (a registration taken meanwhile, a new edition of a classifier) is told like any refusal.
//! The time of receipt stays that of the first receipt.
//!
//! Invariants
//!   - A submission that waits stays whole until its record or its refusal is durable; only then its key is erased.
//!   - What is refused waits no more: the refusal and the end of the waiting are one commit. A record comes before that
//!     end, so what a crash leaves between is a submission that is held already: it is told so, whoever tries it or
//!     would refuse it, and its waiting ends.
//!   - The same submission sent again while it waits is told that it waits, and is not kept twice.
//!   - Submissions of one registration with different content, or of the same with another description, may wait
//!     beside each other: nobody knows yet which of them is signed. The first that is found so becomes the record;
//!     others are refused when they are tried (`ING-032`), or held already when only the description differs. Who lets
//!     one wait is told of the others, and a person may refuse the wrong one before.
//!
//! They are tried oldest first, one after another; what is in memory is one of them.
//!
//! Nothing ends the waiting by itself: when the policy's term is over, `waiting list` says so and a person decides.

use super::component::{Received, Stop, spool_failed};
use super::receipt::{Known, Prepared};
use super::receive::Sip;
use super::signatures;
use super::unpack::Container;
use super::{Answered, Decided, Event, From, Status, Worker, channel, seal_refusal};
use crate::archive::{Archive, Registration, Session, Waiting, WaitingEntry};
use crate::error::{Error, ErrorCode, Refusal};
use crate::index::writer::Payload;
use crate::model::digest::{Sha256, sha256};
use crate::model::id::{ActorId, RecordId};
use crate::model::missing::Missing;
use crate::model::submission::SUBMISSION_FILE;
use crate::text::{Said, Text, text};
use crate::tlog::commit::{Act, Committed};
use crate::verify::certificate::Certificate;
use crate::verify::cms::SignedData;
use crate::verify::limits::CERTIFICATE_BYTES_MAX;
use crate::verify::material::Material;
use serde_json::{Map, Value, json};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

const DECISION: Text = text("Шешімнің негіздемесі", "Обоснование решения", "Grounds of the decision");

/// What a submission waits for: kept with it, shown in the list.
pub(super) struct Waits {
    /// Why: never none.
    pub(super) reasons: Vec<Refusal>,
    /// Everything that is missing, where material is.
    pub(super) missing: Vec<Missing>,
}

/// What became of one that was tried again.
pub struct Tried {
    /// The waiting submission.
    pub id: RecordId,
    /// What became of it.
    pub answered: Answered,
}

/// Tries these waiting submissions again, oldest first, with `extra` material beside that of the archive. Those that
/// became a record or are refused end their waiting, in one commit with the refusals, which are reported after it.
pub fn retry(
    archive: &Archive,
    ids: &[RecordId],
    extra: Option<&Material>,
    actor: ActorId,
    report: &mut dyn FnMut(&Tried),
) -> Result<(), Error> {
    let mut ended = Vec::new();
    let mut refused = Vec::new();
    let mut tried = Ok(());
    for id in archive.waiting_in_order(ids)? {
        let waiting = match archive.waiting(id) {
            Ok(waiting) => waiting,
            // What was decided before is not left waiting for this.
            Err(e) => {
                tried = Err(e);
                break;
            }
        };
        let (answers, events) = channel();
        let mut worker = Worker::new(archive, actor, extra, answers);
        worker.submission(From::Waiting(&waiting));
        drop(worker);
        let answered = match events.recv().expect("every submission is answered once") {
            Event::Refused { path, bytes, known, refusals } => {
                match Refusing::seal(archive, actor, (path.clone(), bytes), *known, refusals) {
                    Ok(refusing) => {
                        refused.push((id, refusing));
                        continue;
                    }
                    Err(e) => Answered { path, bytes, status: Status::Failed(e), answers: Vec::new() },
                }
            }
            event => event.settled(archive, actor),
        };
        if matches!(answered.status, Status::Accepted { .. } | Status::Held { .. }) {
            ended.push(id);
        }
        report(&Tried { id, answered });
    }
    for (id, answered) in end(archive, ended, refused, actor)? {
        report(&Tried { id, answered });
    }
    tried
}

/// Ends the waiting of a submission by a person's word: it is refused, with the reasons for which it would wait now and
/// the person's own. One that a record holds is not refused: its waiting ends, and the answer says so.
pub fn refuse(archive: &Archive, id: RecordId, reason: &str, actor: ActorId) -> Result<Answered, Error> {
    if reason.trim().is_empty() {
        return Err(Error::new(ErrorCode::IngFieldMalformed, "--reason", "a decision has a reason"));
    }
    let waiting = archive.waiting(id)?;
    let path = PathBuf::from(waiting.text("source"));
    // The notice says why it is not valid today: what it lacked at first may have come.
    let (answers, _) = channel();
    let mut worker = Worker::new(archive, actor, None, answers);
    worker.is_trial = true;
    let mut refusals = match worker.take_in(&From::Waiting(&waiting), &mut 0) {
        Ok(Some(Status::Waiting { reasons, .. })) => unconfirmed(reasons),
        Err(Stop::Refused(reasons)) => reasons,
        Err(Stop::Held(record)) => {
            end(archive, vec![id], Vec::new(), actor)?;
            let (status, known) = (Status::Held { record }, worker.known);
            let decided = Decided { path, bytes: 0, status, known, prepared: Prepared::Nothing, at: None };
            return Ok(decided.answered(archive));
        }
        Ok(_) | Err(Stop::Tried(_)) => Vec::new(),
        Err(Stop::Failed(e)) => return Err(e),
    };
    let said = Said::of(|lang| format!("{}: {reason}", DECISION.get(lang)));
    refusals.push(Refusal::new(ErrorCode::SigPersonRefused, SUBMISSION_FILE, reason).saying(said));
    let refusing = Refusing::seal(archive, actor, (path, 0), worker.known, refusals)?;
    let refused = end(archive, Vec::new(), vec![(id, refusing)], actor)?;
    Ok(refused.into_iter().next().expect("one was refused").1)
}

/// A refusal that is sealed and not committed yet.
struct Refusing {
    act: Act,
    payload: Payload,
    session: Session,
    /// What is decided when it is committed, but for the entry.
    decided: Decided,
}

impl Refusing {
    fn seal(
        archive: &Archive,
        actor: ActorId,
        (path, bytes): (PathBuf, u64),
        known: Known,
        reasons: Vec<Refusal>,
    ) -> Result<Self, Error> {
        let (act, payload, session, prepared) = seal_refusal(archive, actor, &known, &reasons)?;
        let status = Status::Refused { reasons, entry: 0, repeats: prepared.repeats() };
        Ok(Self { act, payload, session, decided: Decided { path, bytes, status, known, prepared, at: None } })
    }
}

/// Ends the waiting of `ids` and of those that are refused, in one commit with the refusals; gives the answers to them.
fn end(
    archive: &Archive,
    mut ids: Vec<RecordId>,
    refused: Vec<(RecordId, Refusing)>,
    actor: ActorId,
) -> Result<Vec<(RecordId, Answered)>, Error> {
    let mut acts = Vec::with_capacity(refused.len());
    let mut decisions = Vec::with_capacity(refused.len());
    for (id, Refusing { act, payload, session, decided }) in refused {
        ids.push(id);
        acts.push((act, payload));
        // The frames stay within reach of the index until they are committed.
        decisions.push((id, decided, session));
    }
    let committed = archive.end_waiting(&ids, acts, actor)?;
    let answered = |((id, mut decided, _), committed): ((RecordId, Decided, Session), &Committed)| {
        decided.at = Some(committed.leaf.t);
        if let Status::Refused { entry, .. } = &mut decided.status {
            *entry = committed.index;
        }
        (id, decided.answered(archive))
    };
    Ok(decisions.into_iter().zip(&committed).map(answered).collect())
}

/// Reasons to wait, of a submission that waits no more: what it waited for did not come.
pub(super) fn unconfirmed(reasons: Vec<Refusal>) -> Vec<Refusal> {
    let of = |r: Refusal| match r.code {
        ErrorCode::SigWaiting | ErrorCode::SigSignerUnknown => Refusal { code: ErrorCode::SigUnconfirmed, ..r },
        _ => r,
    };
    reasons.into_iter().map(of).collect()
}

/// Why a submission waits.
pub fn reasons(waiting: &Waiting) -> Vec<Refusal> {
    let reason = |r: &Value| {
        let text = |key: &str| r.get(key)?.as_str();
        let refusal = Refusal::new(ErrorCode::parse(text("code")?)?, text("subject")?, text("detail")?);
        let said = |lang: &str| r.pointer(&format!("/said/{lang}"))?.as_str().map(str::to_owned);
        Some(match (said("kk"), said("ru"), said("en")) {
            (Some(kk), Some(ru), Some(en)) => refusal.saying(Said { kk, ru, en }),
            _ => refusal,
        })
    };
    waiting.field("reasons").and_then(Value::as_array).into_iter().flatten().filter_map(reason).collect()
}

/// The other waiting submissions of the same registration, oldest first.
pub fn same_registration(archive: &Archive, waiting: &Waiting) -> Result<Vec<RecordId>, Error> {
    let text = |name| waiting.text(name);
    let all = archive.waiting_of(text("agency"), text("registration_number"), text("document_date"))?;
    Ok(all.into_iter().filter(|id| *id != waiting.id).collect())
}

/// Everything that a submission lacked when it began to wait.
pub fn missing(waiting: &Waiting) -> Vec<Missing> {
    waiting.field("missing").and_then(Value::as_array).into_iter().flatten().filter_map(Missing::of_value).collect()
}

/// The files of a waiting submission as a container.
pub(super) fn container<'a>(archive: &'a Archive, waiting: &'a Waiting, files: &'a [WaitingEntry]) -> Container<'a> {
    let sizes: Vec<(String, u64)> = files.iter().map(|f| (f.path.clone(), f.size)).collect();
    let open = move |index: usize| -> Box<dyn Read + 'a> { Box::new(waiting.file(archive, &files[index]).seekable()) };
    Container::held(waiting.text("source"), &sizes, Box::new(open))
}

/// The certificates that a waiting submission carries: in its signatures and their time-stamps, and as files.
pub fn certificates(archive: &Archive, waiting: &Waiting) -> Result<Material, Error> {
    let mut found = Material::default();
    for file in waiting.files().iter().filter(|f| f.path != SUBMISSION_FILE) {
        let mut source = waiting.file(archive, file).seekable();
        let failed = |e: std::io::Error| Error::caused(ErrorCode::StoChanged, waiting.id.to_string(), e);
        let cms = signatures::outline(archive.spool(), &mut source).map_err(failed)?;
        if !cms.is_empty() {
            carried(&cms, &mut found);
        } else if file.size <= CERTIFICATE_BYTES_MAX as u64 {
            let mut bytes = Vec::new();
            source.seek(SeekFrom::Start(0)).and_then(|_| source.read_to_end(&mut bytes)).map_err(failed)?;
            let mut file = Material::default();
            // Whatever else it is, it carries no certificate.
            let _ = file.add_file(&bytes);
            file.certificates().for_each(|certificate| found.add_certificate(certificate.clone()));
        }
    }
    Ok(found)
}

/// The certificates in a CMS, and in the time-stamps of its signers.
fn carried(cms: &[u8], found: &mut Material) {
    let Ok(signed) = SignedData::read(cms) else { return };
    let mut take = |signed: &SignedData<'_>| {
        for certificate in signed.certificates.iter().filter_map(|der| Certificate::parse(der).ok()) {
            found.add_certificate(Arc::new(certificate));
        }
    };
    take(&signed);
    let attributes = signed.signers.iter().filter_map(|signer| signer.unsigned.as_ref()).flat_map(|a| &a.list);
    for value in attributes.flat_map(|attribute| &attribute.values) {
        // A token is a CMS itself; other values are not.
        if let Ok(token) = SignedData::read(value.raw) {
            take(&token);
        }
    }
}

impl Worker<'_> {
    /// Begins the waiting of a submission, or finds that it waits already; gives the answer when it is durable.
    pub(super) fn wait(
        &self,
        sip: &Sip<'_>,
        received: &mut [Received],
        registration: &Registration,
        waits: Waits,
        from: &From<'_>,
    ) -> Result<Status, Stop> {
        if let From::Waiting(waiting) = from {
            let same_registration = same_registration(self.archive, waiting)?;
            let (id, entry) = (waiting.id, waiting.entry);
            let Waits { reasons, missing } = waits;
            return Ok(Status::Waiting { id, entry, reasons, missing, same_registration });
        }
        let path = from.path();
        // The description too: another access category or file of the same document is another submission.
        let mut digests = vec![(SUBMISSION_FILE.to_owned(), sha256(&sip.description))];
        let mut bytes = u64::try_from(sip.description.len()).unwrap_or(u64::MAX);
        for component in received.iter_mut() {
            let digest = component.sha256().map_err(|e| spool_failed(&component.entry.path, e))?;
            digests.push((component.entry.path.clone(), digest));
            bytes += component.bytes.len();
        }
        let mut place = self.archive.waiting_place(registration)?;
        let mut same_registration = place.others()?;
        if let Some((id, entry)) = self.waits_already(&same_registration, &digests)? {
            same_registration.retain(|other| *other != id);
            let Waits { reasons, missing } = waits;
            return Ok(Status::Waiting { id, entry, reasons, missing, same_registration });
        }
        place.take(bytes)?;
        let id = RecordId(crate::random::bytes());
        let reason = |r: &Refusal| {
            let mut value = json!({"code": r.code.as_str(), "detail": r.detail, "subject": r.subject});
            if let Some(said) = &r.said {
                value["said"] = json!({"en": said.en, "kk": said.kk, "ru": said.ru});
            }
            value
        };
        let fields = json!({
            "agency": registration.agency, "document_date": registration.date,
            "missing": waits.missing.iter().map(Missing::value).collect::<Vec<_>>(),
            "reasons": waits.reasons.iter().map(reason).collect::<Vec<_>>(),
            "registration_number": registration.number, "source": source_name(path),
        });
        let fields: Map<String, Value> = fields.as_object().cloned().unwrap_or_default();
        let mut description = sip.description.as_slice();
        let mut files: Vec<(String, &mut dyn Read)> = vec![(SUBMISSION_FILE.to_owned(), &mut description)];
        for component in received.iter_mut() {
            component.rewind().map_err(|e| spool_failed(&component.entry.path, e))?;
            files.push((component.entry.path.clone(), &mut component.bytes));
        }
        let (act, payload, session) = self.archive.seal_waiting(id, self.actor, fields, files)?;
        let entry = self.archive.commit(act, payload, None, Some(session))?.entry();
        place.keep();
        let Waits { reasons, missing } = waits;
        Ok(Status::Waiting { id, entry, reasons, missing, same_registration })
    }

    /// The one of these waiting submissions that has the same files.
    fn waits_already(
        &self,
        of_registration: &[RecordId],
        digests: &[(String, Sha256)],
    ) -> Result<Option<(RecordId, u64)>, Stop> {
        for id in of_registration {
            let waiting = self.archive.waiting(*id)?;
            let held = waiting.digests();
            let same = |(path, digest): &(String, Sha256)| held.get(path.as_str()) == Some(digest);
            if held.len() == digests.len() && digests.iter().all(same) {
                return Ok(Some((*id, waiting.entry)));
            }
        }
        Ok(None)
    }
}

/// The last segment of a path: machine paths are nobody's business.
pub(super) fn source_name(path: &Path) -> String {
    path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
}
