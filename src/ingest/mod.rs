//! Ingest: submissions in, records kept for good, refusals said.
//!
//! The whole path of one submission is one function, `Worker::take_in`: open and check it ([`receive`], [`validate`]),
//! look whether it is held already, seal every component in one pass, seal the manifest, hand the act to the commit.
//! [`ingest`] does that for many submissions on several threads and reports each; [`Intake`] for one after another.
//!
//! Invariants
//!   - A submission is answered "accepted" only after its record is durable.
//!   - A refused one leaves its refusal in the journal, and at most frames whose key was never written.
//!   - The manifest is the last object of its act in the store.
//!
//! Order on disk: frames of large documents while they stream, the rest when the whole submission is sealed, then the
//! commit.
//!
//! It does not validate signatures: a record says "not validated" until that work exists.

pub mod identify;
pub mod receive;
pub mod secrets;
mod unpack;
pub mod validate;

use crate::archive::{Answer, Archive, Draft, Outcome, Register, Registration, Session, registered, registered_rows};
use crate::error::{Error, ErrorCode, Refusal};
use crate::index::rows::{RecordRow, StoredObject};
use crate::index::writer::Payload;
use crate::model::digest::Sha256;
use crate::model::id::{ActorId, ObjectId, RecordId};
use crate::model::record::{CardField, Component, Manifest};
use crate::model::submission::{Role, SUBMISSION_FILE};
use crate::store::format::{FrameLoc, ObjectKind, OwnerKey};
use crate::store::seal::{Frame, Place, Sealer, fill};
use crate::tlog::commit::Act;
use crate::tlog::leaf::ActKind;
use receive::{ReceiveError, Sip};
use secrets::PrivateKeyScan;
use serde_json::json;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

/// Sealed frames that one submission keeps in memory before they go to the store: the frames of small submissions are
/// appended only when the whole submission has passed.
const HELD_FRAMES_BYTES: usize = 4 * 1024 * 1024;

/// What became of a submission.
#[derive(Debug)]
pub enum Status {
    /// Accepted and durable.
    Accepted {
        /// The record.
        record: RecordId,
        /// Its entry in the journal.
        entry: u64,
    },
    /// The same document is held already.
    Held {
        /// The record that holds it.
        record: RecordId,
    },
    /// Refused; only the refusal is kept.
    Refused(Refusal),
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
    Conflict { path: PathBuf, bytes: u64, refusal: Refusal },
}

impl Event {
    /// The answer. Two submissions of one run may have had the same registration; that refusal goes to the journal now.
    fn settled(self, archive: &Archive, actor: ActorId) -> Answered {
        match self {
            Event::Answered(answered) => answered,
            Event::Conflict { path, bytes, refusal } => {
                let status = match refuse_now(archive, actor, &path, &refusal) {
                    Ok(()) => Status::Refused(refusal),
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

/// Sealed frames of one act on their way to the store.
struct Frames {
    session: Session,
    held: Vec<Frame>,
    held_bytes: usize,
    locs: HashMap<ObjectId, Vec<FrameLoc>>,
    failed: Option<crate::tlog::LogError>,
}

impl Frames {
    fn new(session: Session) -> Self {
        Self { session, held: Vec::new(), held_bytes: 0, locs: HashMap::new(), failed: None }
    }

    fn push(&mut self, frame: Frame) -> std::io::Result<()> {
        self.held_bytes += frame.bytes.len();
        self.held.push(frame);
        if self.held_bytes >= HELD_FRAMES_BYTES
            && let Err(e) = self.flush()
        {
            self.failed = Some(e);
            return Err(std::io::Error::other("the store failed"));
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), crate::tlog::LogError> {
        for frame in self.held.drain(..) {
            let loc = self.session.append(&frame)?;
            self.locs.entry(frame.object).or_default().push(loc);
        }
        self.held_bytes = 0;
        Ok(())
    }
}

/// Why a submission was not handed to the commit.
enum Stop {
    Refused(Refusal),
    Held(RecordId),
    Failed(Error),
}

impl From<ReceiveError> for Stop {
    fn from(e: ReceiveError) -> Self {
        match e {
            ReceiveError::Refused(refusal) => Stop::Refused(refusal),
            ReceiveError::Io { ref path, .. } => Stop::Failed(Error::caused(e.code(), path.display().to_string(), e)),
        }
    }
}

impl From<Error> for Stop {
    fn from(e: Error) -> Self {
        Stop::Failed(e)
    }
}

impl From<crate::tlog::LogError> for Stop {
    fn from(e: crate::tlog::LogError) -> Self {
        Stop::Failed(e.into())
    }
}

impl From<crate::index::IndexError> for Stop {
    fn from(e: crate::index::IndexError) -> Self {
        Stop::Failed(e.into())
    }
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
            Err(Stop::Refused(refusal)) => match self.refuse(path, bytes, refusal) {
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
        let mut sip = Sip::open(path, self.archive.config().content_bytes_max)?;
        *bytes = sip.sizes.iter().sum();
        let registration = Registration {
            agency: sip.submission.agency.clone(),
            number: sip.card.registration_number.clone(),
            date: sip.card.document_date.to_string(),
        };
        self.check_held(&mut sip, path, &registration)?;
        let record = RecordId(crate::random::bytes());
        let key = OwnerKey::random();
        let mut act = Act::new(ActKind::RecordAccepted, self.actor);
        act.rec = Some(record);
        let mut frames = Frames::new(self.archive.session());
        let mut manifest = Manifest::new(record, &sip.submission, &sip.card);
        for index in 0..sip.sizes.len() {
            let component = self.component(&mut sip, index, path, &key, record, &act, &mut frames)?;
            act.addresses.push(component.address);
            manifest.components.push(component);
        }
        let (object, plain_len) = self.manifest(&manifest, &key, record, &mut act, &mut frames)?;
        frames.flush()?;
        let located = frames.locs.get(&object).cloned().expect("just appended");
        let stored_manifest = StoredObject { object: object.0, plain_len, frames: located };
        act.group = Some(manifest.group());
        // Only now: a refused submission must not leave a new agency behind.
        let subtree = self.archive.subtree(&registration.agency, self.actor)?;
        act.new_key = Some((subtree, key));
        let row = RecordRow::new(&manifest, act.id, 0, 0, stored_manifest, |c| frames.locs.get(&c.object).cloned());
        let row = Box::new(row.expect("every sealed object was appended"));
        let (answers, path, bytes) = (self.answers.clone(), path.to_owned(), *bytes);
        let number = registration.number.clone();
        let answer = Box::new(move |answer: Answer| {
            let status = match answer {
                Ok(Outcome::Done(committed)) => Status::Accepted { record, entry: committed.index },
                Ok(Outcome::Held(record)) => Status::Held { record },
                Ok(Outcome::Conflict(other)) => {
                    let _ = answers.send(Event::Conflict { path, bytes, refusal: taken(&number, other) });
                    return;
                }
                Err(e) => Status::Failed(e.into()),
            };
            let _ = answers.send(Event::Answered(Answered { path, bytes, status }));
        });
        let payload = Payload::Record(row);
        self.archive.submit(Draft {
            act,
            payload,
            registration: Some(registration),
            session: Some(frames.session),
            answer,
        });
        Ok(())
    }

    /// Stops a submission whose registration is taken, before anything of it is sealed.
    fn check_held(&self, sip: &mut Sip, path: &Path, registration: &Registration) -> Result<(), Stop> {
        if registered_rows(&self.archive.index(), registration)?.is_empty() {
            return Ok(());
        }
        let mut content = Vec::with_capacity(sip.sizes.len());
        let mut buffer = vec![0; crate::limits::CHUNK_BYTES];
        for index in 0..sip.sizes.len() {
            let role = sip.submission.components[index].role;
            let mut hasher = ring::digest::Context::new(&ring::digest::SHA256);
            let mut reader = sip.component(index)?;
            loop {
                let n = fill(&mut reader, &mut buffer).map_err(|e| ReceiveError::of_stream(path, e))?;
                hasher.update(&buffer[..n]);
                if n < buffer.len() {
                    break;
                }
            }
            let digest = Sha256::from_slice(hasher.finish().as_ref()).expect("SHA-256 has 32 bytes");
            let role = Role::ALL.iter().position(|r| *r == role).and_then(|p| u8::try_from(p).ok());
            content.push((role.expect("every role is in the list"), digest));
        }
        content.sort_unstable();
        match registered(&self.archive.index(), registration, &content)? {
            Some(Outcome::Held(record)) => Err(Stop::Held(record)),
            Some(Outcome::Conflict(other)) => Err(Stop::Refused(taken(&registration.number, other))),
            _ => Ok(()),
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one step of the path above, with its state")]
    fn component(
        &mut self,
        sip: &mut Sip,
        index: usize,
        path: &Path,
        key: &OwnerKey,
        record: RecordId,
        act: &Act,
        frames: &mut Frames,
    ) -> Result<Component, Stop> {
        let entry = sip.submission.components[index].clone();
        let mut scan = PrivateKeyScan::new();
        let place = Place { owner: record, act: act.id, kind: ObjectKind::Component };
        let sealed = {
            let mut reader = sip.component(index)?;
            self.sealer.seal(key, place, &mut reader, &mut |piece| scan.update(piece), &mut |frame| frames.push(frame))
        };
        // A failure of the store is the archive's; any other comes from the submission's stream.
        let sealed = sealed.map_err(|e| match frames.failed.take() {
            Some(failed) => Stop::Failed(failed.into()),
            None => ReceiveError::of_stream(&path.join(&entry.path), e).into(),
        })?;
        if let Some(kind) = scan.finish() {
            return Err(Stop::Refused(Refusal::new(ErrorCode::IngPrivateKey, entry.path, kind)));
        }
        Ok(Component {
            path: entry.path,
            role: entry.role,
            covers: entry.covers,
            media_type: entry.media_type,
            size: sealed.plain_len,
            digests: sealed.digests,
            object: sealed.object,
            address: sealed.address,
            format: None,
            content: None,
            derived: None,
        })
    }

    fn manifest(
        &mut self,
        manifest: &Manifest,
        key: &OwnerKey,
        record: RecordId,
        act: &mut Act,
        frames: &mut Frames,
    ) -> Result<(ObjectId, u64), Stop> {
        let place = Place { owner: record, act: act.id, kind: ObjectKind::Manifest };
        let bytes = manifest.encode();
        let sealed = self.sealer.seal(key, place, &mut bytes.as_slice(), &mut |_| {}, &mut |frame| frames.push(frame));
        let sealed = sealed.map_err(|e| match frames.failed.take() {
            Some(failed) => Stop::Failed(failed.into()),
            None => Stop::Failed(Error::caused(ErrorCode::StoIo, "manifest", e)),
        })?;
        act.addresses.push(sealed.address);
        Ok((sealed.object, sealed.plain_len))
    }

    fn refuse(&self, path: &Path, bytes: u64, refusal: Refusal) -> Result<(), Error> {
        let (act, payload, session) = seal_refusal(self.archive, self.actor, path, &refusal)?;
        let (answers, path) = (self.answers.clone(), path.to_owned());
        let answer = Box::new(move |answer: Answer| {
            let status = match answer {
                Ok(_) => Status::Refused(refusal),
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
    refusal: &Refusal,
) -> Result<(Act, Payload, Session), Error> {
    let fields = json!({
        "code": refusal.code.as_str(),
        "detail": refusal.detail,
        "source": path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default(),
        "subject": refusal.subject,
    });
    let fields = fields.as_object().cloned().unwrap_or_default();
    archive.seal_document(ActKind::SubmissionRefused, actor, Register::Refusals, fields)
}

fn refuse_now(archive: &Archive, actor: ActorId, path: &Path, refusal: &Refusal) -> Result<(), Error> {
    let (act, payload, session) = seal_refusal(archive, actor, path, refusal)?;
    archive.commit(act, payload, None, Some(session)).map(drop)
}

fn taken(number: &str, other: RecordId) -> Refusal {
    let subject = format!("card#/{}", CardField::RegistrationNumber);
    Refusal::new(ErrorCode::IngRegistrationTaken, subject, format!("{number} is record {other} with other content"))
}
