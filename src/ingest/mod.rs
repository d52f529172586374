//! Ingest: submissions in, records kept for good, refusals said.
//!
//! The whole path of one submission is one function, `Worker::take_in`: open and check it ([`receive`], [`validate`]),
//! receive the components into the spool, look whether it is held already, identify and judge every format
//! ([`identify`], `rules`), seal, hand the act to the commit. [`ingest`] does that for many submissions on several
//! threads and reports each; [`Intake`] for one after another. What is added to a record later is in [`amend`].
//!
//! Invariants
//!   - A submission is answered "accepted" only after its record is durable.
//!   - A refused one leaves its refusal in the journal, and nothing else. One that is refused for a mark of secrecy is
//!     not read beyond its card.
//!   - The manifest is the last object of its act in the store.
//!
//! Order on disk: components in the spool, if they are large; frames when the whole submission has passed; the commit.
//!
//! It does not validate signatures: a record says "not validated" until that work exists.

pub mod amend;
pub mod classify;
mod component;
pub mod identify;
pub mod receive;
mod rules;
pub mod secrets;
mod unpack;
pub mod validate;

use crate::archive::{Answer, Archive, Draft, Outcome, Register, Registration, Session, registered, registered_rows};
use crate::clock::civil_date;
use crate::config::Action;
use crate::error::{Error, ErrorCode, Refusal};
use crate::index::rows::RecordRow;
use crate::index::writer::Payload;
use crate::model::card::check_dates;
use crate::model::id::{ActorId, RecordId};
use crate::model::path;
use crate::model::record::{CardField, Flag, Manifest};
use crate::model::secrecy;
use crate::model::submission::{AccessCategory, Role, SUBMISSION_FILE};
use crate::store::format::{ObjectKind, OwnerKey};
use crate::store::seal::Sealer;
use crate::tlog::commit::Act;
use crate::tlog::leaf::ActKind;
use component::{Frames, Received, Sealing, Stop, spool_failed};
use receive::Sip;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

/// What became of a submission.
#[derive(Debug)]
pub enum Status {
    /// Accepted and durable.
    Accepted {
        /// The record.
        record: RecordId,
        /// Its entry in the journal.
        entry: u64,
        /// Codes of its flags.
        flags: Vec<String>,
        /// Records of the agency with the same main content and attachments under another registration.
        same_content: Vec<RecordId>,
    },
    /// The same document is held already.
    Held {
        /// The record that holds it.
        record: RecordId,
    },
    /// Refused with reasons, never none; only the refusal is kept.
    Refused(Vec<Refusal>),
    /// Not decided: it could not be read, or the archive failed. It can be sent again.
    Failed(Error),
}

/// One line of the report.
#[derive(Debug)]
pub struct Answered {
    /// The submission.
    pub path: PathBuf,
    /// Bytes of its components, as far as known.
    pub bytes: u64,
    /// What became of it.
    pub status: Status,
}

/// How an ingest is run.
pub struct Options<'a> {
    /// Who brings the submissions.
    pub actor: ActorId,
    /// Threads that seal.
    pub threads: usize,
    /// Set by Ctrl-C: what is begun is finished, nothing more is begun.
    pub stop: &'a AtomicBool,
}

/// Takes in all submissions of `paths` and gives each answer to `report`, in the order of their decisions.
///
/// Gives whether all were begun, false when it was stopped.
pub fn ingest(archive: &Archive, paths: &[PathBuf], options: &Options<'_>, report: &mut dyn FnMut(Answered)) -> bool {
    let next = AtomicUsize::new(0);
    let (answers, answered) = channel();
    std::thread::scope(|scope| {
        for _ in 0..options.threads.max(1) {
            let answers = answers.clone();
            let next = &next;
            scope.spawn(move || {
                let mut worker = Worker { archive, actor: options.actor, sealer: Sealer::default(), answers };
                while !options.stop.load(Ordering::Relaxed) {
                    let Some(path) = paths.get(next.fetch_add(1, Ordering::Relaxed)) else { break };
                    worker.submission(path);
                }
            });
        }
        drop(answers);
        for event in answered {
            report(event.settled(archive, options.actor));
        }
    });
    next.load(Ordering::Relaxed) >= paths.len()
}

/// Takes in one submission after another, waiting for each; keeps its buffers between them.
pub struct Intake<'a> {
    worker: Worker<'a>,
    events: Receiver<Event>,
}

impl<'a> Intake<'a> {
    /// An intake of what `actor` brings.
    pub fn new(archive: &'a Archive, actor: ActorId) -> Self {
        let (answers, events) = channel();
        Self { worker: Worker { archive, actor, sealer: Sealer::default(), answers }, events }
    }

    /// Takes in the submission at `path` and gives the answer when it is durable.
    pub fn take(&mut self, path: &Path) -> Answered {
        self.worker.submission(path);
        let event = self.events.recv().expect("every submission is answered once");
        event.settled(self.worker.archive, self.worker.actor)
    }
}

/// The submissions under `path`: itself if it is one, else all that lie in it, sorted by name.
///
/// Everything in a folder of submissions counts as one: what is none is refused by name, so nothing is silently left
/// out.
pub fn submissions(path: &Path) -> std::io::Result<Vec<PathBuf>> {
    if !path.is_dir() || path.join(SUBMISSION_FILE).exists() {
        return Ok(vec![path.to_owned()]);
    }
    let mut entries: Vec<PathBuf> = std::fs::read_dir(path)?.map(|e| e.map(|e| e.path())).collect::<Result<_, _>>()?;
    entries.sort();
    let mut found = Vec::new();
    for entry in entries {
        // A linked folder is not followed: it would be taken in twice, or for ever.
        if entry.is_dir() && !entry.is_symlink() {
            found.extend(submissions(&entry)?);
        } else {
            found.push(entry);
        }
    }
    if found.is_empty() {
        found.push(path.to_owned());
    }
    Ok(found)
}

/// What comes back from workers and from the commit.
enum Event {
    Answered(Answered),
    Conflict { path: PathBuf, bytes: u64, refusals: Vec<Refusal> },
}

impl Event {
    /// The answer. Two submissions of one run may have had the same registration; that refusal goes to the journal now.
    fn settled(self, archive: &Archive, actor: ActorId) -> Answered {
        match self {
            Event::Answered(answered) => answered,
            Event::Conflict { path, bytes, refusals } => {
                let status = match refuse_now(archive, actor, &path, &refusals) {
                    Ok(()) => Status::Refused(refusals),
                    Err(e) => Status::Failed(e),
                };
                Answered { path, bytes, status }
            }
        }
    }
}

struct Worker<'a> {
    archive: &'a Archive,
    actor: ActorId,
    sealer: Sealer,
    answers: Sender<Event>,
}

impl Worker<'_> {
    fn submission(&mut self, path: &Path) {
        let mut bytes = 0;
        let answer = |status| Answered { path: path.to_owned(), bytes: 0, status };
        match self.take_in(path, &mut bytes) {
            // The commit answers for it.
            Ok(()) => {}
            Err(Stop::Held(record)) => self.send(Answered { bytes, ..answer(Status::Held { record }) }),
            Err(Stop::Failed(error)) => self.send(Answered { bytes, ..answer(Status::Failed(error)) }),
            Err(Stop::Refused(refusals)) => match self.refuse(path, bytes, refusals) {
                Ok(()) => {}
                Err(error) => self.send(Answered { bytes, ..answer(Status::Failed(error)) }),
            },
        }
    }

    fn send(&self, answered: Answered) {
        // The receiver outlives the workers.
        let _ = self.answers.send(Event::Answered(answered));
    }

    /// The whole path of one submission.
    fn take_in(&mut self, path: &Path, bytes: &mut u64) -> Result<(), Stop> {
        let policy = self.archive.policy();
        let mut sip = Sip::open(path, policy.content_bytes_max)?;
        *bytes = sip.sizes.iter().sum();
        let mut flags = self.check_card(&sip, path)?;
        let codes = {
            let today = civil_date(self.archive.now());
            self.archive.classifiers()?.check(&sip.submission.codes, today).map_err(Stop::Refused)?
        };
        let registration = Registration {
            agency: sip.submission.agency.clone(),
            number: sip.card.registration_number.clone(),
            date: sip.card.document_date.to_string(),
        };
        let mut received = Vec::with_capacity(sip.sizes.len());
        for index in 0..sip.sizes.len() {
            let entry = sip.submission.components[index].clone();
            // The card that was checked is the card that is kept.
            if index == sip.submission.card_index() {
                let mut card = sip.card_bytes.as_slice();
                received.push(Received::read(self.archive.spool(), entry, &mut card, path)?);
                continue;
            }
            let mut stream = sip.component(index)?;
            received.push(Received::read(self.archive.spool(), entry, &mut stream, path)?);
            drop(stream);
            sip.check_unchanged(index)?;
        }
        self.check_held(&mut received, &registration)?;
        self.identify(&sip, &mut received)?;

        let record = RecordId(crate::random::bytes());
        let key = OwnerKey::random();
        let mut act = Act::new(ActKind::RecordAccepted, self.actor);
        act.rec = Some(record);
        let frames = Frames::new(self.archive.session());
        let mut sealing = Sealing { sealer: &mut self.sealer, key: &key, record, act: act.id, frames };
        let mut manifest = Manifest::new(record, &sip.submission, &sip.card, codes, identify::identifier());
        manifest.flags.append(&mut flags);
        for component in received {
            let component = component.seal(&mut sealing)?;
            act.addresses.push(component.address);
            manifest.components.push(component);
        }
        let stored_manifest = sealing.end(ObjectKind::Manifest, &manifest.encode(), &mut act)?;
        let frames = sealing.frames;
        act.group = Some(manifest.group());
        // Only now: a refused submission must not leave a new agency behind.
        let subtree = self.archive.subtree(&registration.agency, self.actor)?;
        act.new_key = Some((subtree, key));
        let row = RecordRow::new(&manifest, act.id, 0, 0, stored_manifest, |c| frames.locs.get(&c.object).cloned());
        let row = Box::new(row.expect("every sealed object was appended"));
        let same_content = self.archive.index().same_content(&row)?;
        let flags: Vec<String> = row.flags.iter().cloned().collect();
        let (answers, path, bytes) = (self.answers.clone(), path.to_owned(), *bytes);
        let asked = registration.clone();
        let answer = Box::new(move |answer: Answer| {
            let status = match answer {
                Ok(Outcome::Done(committed)) => {
                    Status::Accepted { record, entry: committed.index, flags, same_content }
                }
                Ok(Outcome::Held(record)) => Status::Held { record },
                Ok(Outcome::Conflict(other)) => {
                    let _ = answers.send(Event::Conflict { path, bytes, refusals: vec![taken(&asked, other)] });
                    return;
                }
                Err(e) => Status::Failed(e.into()),
            };
            let _ = answers.send(Event::Answered(Answered { path, bytes, status }));
        });
        self.archive.submit(Draft {
            act,
            payload: Payload::Record(row),
            registration: Some(registration),
            session: Some(frames.session),
            answer,
        });
        Ok(())
    }

    /// What can be decided before a component is read: secrecy first, for which nothing more may be read.
    fn check_card(&self, sip: &Sip, path: &Path) -> Result<Vec<Flag>, Stop> {
        let policy = self.archive.policy();
        let declared = sip.submission.access_category == AccessCategory::OfficialUse;
        let subject = format!("{SUBMISSION_FILE}#/access_category");
        if declared && policy.official_use == Action::Refuse {
            let detail = "the policy of the archive does not admit documents for official use";
            return Err(Stop::Refused(vec![Refusal::new(ErrorCode::IngOfficialUse, subject, detail)]));
        }
        let card = &sip.submission.components[sip.submission.card_index()].path;
        let own = path.file_name().map(|name| name.to_string_lossy());
        let (submission, certifier) = (&sip.submission, sip.submission.certified_by.as_ref());
        let tools = submission.components.iter().filter_map(|c| c.derivation.as_ref().map(|d| d.tool.as_str()));
        let texts = [own.as_deref(), submission.file.as_deref(), certifier.and_then(|c| c.post.as_deref())];
        let names =
            submission.components.iter().map(|c| c.path.as_str()).chain(tools).chain(texts.into_iter().flatten());
        let names: Vec<&str> = names.collect();
        let marks = rules::marks(&sip.card, card, &names, sip.submission.access_category);
        if policy.secrecy_marks == Action::Refuse && !marks.is_empty() {
            return Err(Stop::Refused(marks.into_iter().map(rules::mark_refused).collect()));
        }
        let faults = check_dates(&sip.card, card, civil_date(self.archive.now()));
        if faults.is_empty() { Ok(marks) } else { Err(Stop::Refused(faults)) }
    }

    /// Stops a submission whose registration is taken, before anything of it is sealed.
    fn check_held(&self, received: &mut [Received], registration: &Registration) -> Result<(), Stop> {
        if registered_rows(&self.archive.index(), registration)?.is_empty() {
            return Ok(());
        }
        let mut content = Vec::with_capacity(received.len());
        for component in received {
            let digest = component.sha256().map_err(|e| spool_failed(&component.entry.path, e))?;
            let role = Role::ALL.iter().position(|r| *r == component.entry.role).and_then(|p| u8::try_from(p).ok());
            content.push((role.expect("every role is in the list"), digest));
        }
        content.sort_unstable();
        match registered(&self.archive.index(), registration, &content)? {
            Some(Outcome::Held(record)) => Err(Stop::Held(record)),
            Some(Outcome::Conflict(other)) => Err(Stop::Refused(vec![taken(registration, other)])),
            _ => Ok(()),
        }
    }

    /// Identifies all components, so that the Producer hears every reason at once.
    fn identify(&self, sip: &Sip, received: &mut [Received]) -> Result<(), Stop> {
        let mut names: Vec<String> = sip.submission.components.iter().map(|c| c.path.clone()).collect();
        let (profile, kind) = (sip.submission.profile.rules(), sip.submission.kind);
        let mut refusals = Vec::new();
        for component in received {
            let taken = |name: &str| names.iter().any(|n| path::clash(n, name));
            let found = component.identify(self.archive.spool(), self.archive.policy(), profile, kind, &taken);
            refusals.extend(found.map_err(|e| spool_failed(&component.entry.path, e))?);
            // The content of one envelope must not take the name of another's.
            names.extend(component.content_path().map(str::to_owned));
        }
        if refusals.is_empty() { Ok(()) } else { Err(Stop::Refused(refusals)) }
    }

    fn refuse(&self, path: &Path, bytes: u64, refusals: Vec<Refusal>) -> Result<(), Error> {
        let (act, payload, session) = seal_refusal(self.archive, self.actor, path, &refusals)?;
        let (answers, path) = (self.answers.clone(), path.to_owned());
        let answer = Box::new(move |answer: Answer| {
            let status = match answer {
                Ok(_) => Status::Refused(refusals),
                Err(e) => Status::Failed(e.into()),
            };
            let _ = answers.send(Event::Answered(Answered { path, bytes, status }));
        });
        self.archive.submit(Draft { act, payload, registration: None, session: Some(session), answer });
        Ok(())
    }
}

/// The refusal as an act; what it says lies sealed in an act document.
fn seal_refusal(
    archive: &Archive,
    actor: ActorId,
    path: &Path,
    refusals: &[Refusal],
) -> Result<(Act, Payload, Session), Error> {
    // N 430 cl. 1, 45: of a secret document only the fact is kept, not even the name of its file.
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let mut names = refusals.iter().map(|r| r.subject.as_str()).chain([name.as_str()]);
    let is_secret = refusals.iter().any(|r| matches!(r.code, ErrorCode::IngSecrecyMark | ErrorCode::IngStateSecret))
        || names.any(secrecy::is_state_secret);
    let reason = |r: &Refusal| match is_secret {
        true => json!({"code": r.code.as_str()}),
        false => json!({"code": r.code.as_str(), "detail": r.detail, "subject": r.subject}),
    };
    let fields = json!({
        "reasons": refusals.iter().map(reason).collect::<Vec<_>>(),
        "source": if is_secret { "" } else { &name },
    });
    let fields = fields.as_object().cloned().unwrap_or_default();
    archive.seal_document(ActKind::SubmissionRefused, actor, Register::Refusals, fields)
}

fn refuse_now(archive: &Archive, actor: ActorId, path: &Path, refusals: &[Refusal]) -> Result<(), Error> {
    let (act, payload, session) = seal_refusal(archive, actor, path, refusals)?;
    archive.commit(act, payload, None, Some(session)).map(drop)
}

/// Both sides are named: what was sent, and the record that has its registration.
fn taken(registration: &Registration, other: RecordId) -> Refusal {
    let subject = format!("card#/{}", CardField::RegistrationNumber);
    let detail = format!("{} of {} is record {other} with other content", registration.number, registration.date);
    Refusal::new(ErrorCode::IngRegistrationTaken, subject, detail)
}
