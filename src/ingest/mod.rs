//! Ingest: submissions in, records kept for good, refusals said.
//!
//! The whole path of one submission is one function, `Worker::take_in`: open and check it ([`receive`], [`validate`]),
//! receive the components into the spool, look whether it is held already, identify and judge every format
//! ([`identify`], `rules`), validate and judge the signatures (`signatures`), seal, hand the act to the commit.
//! [`ingest`] does that for many submissions on several threads and reports each; [`Intake`] for one after another.
//! What cannot be decided yet is in [`waiting`]; what is added to a record later is in [`amend`].
//!
//! Invariants
//!   - A submission is answered "accepted" only after its record is durable.
//!   - A refused one leaves its refusal in the journal, and nothing else. One that is refused for a mark of secrecy is
//!     not read beyond its card.
//!   - The manifest is the last object of its act in the store.
//!
//! Order on disk: components in the spool, if they are large; frames when the whole submission has passed; the commit.
//! Shared material that a record names is durable before the record.

pub mod adopt;
pub mod amend;
pub mod approval;
mod bundle;
pub mod classify;
mod component;
mod decide;
#[cfg(any(test, feature = "testing"))]
pub mod generated;
pub mod handed;
pub mod identify;
pub mod import;
pub mod issue;
mod keep;
pub mod lists;
pub mod means;
pub mod receipt;
pub mod receive;
pub(crate) mod recheck;
pub mod repeat;
mod rules;
pub mod secrets;
pub mod share;
pub mod signatures;
pub mod spill;
pub mod transferred;
mod unpack;
pub mod upload;
pub mod validate;
pub mod waiting;

use crate::archive::{
    ActOwner, Answer, Archive, Draft, Outcome, Register, Registration, Session, Waiting, registered, registered_rows,
};
use crate::clock::{Millis, civil_date};
use crate::config::Action;
use crate::error::{Error, ErrorCode, Refusal};
use crate::index::writer::Payload;
use crate::limits::CONTAINER_BYTES_MAX;
use crate::model::card::check_dates;
use crate::model::digest::{Sha256, sha256};
use crate::model::id::{ActorId, RecordId};
use crate::model::missing::Missing;
use crate::model::path;
use crate::model::record::{CardField, Flag, Manifest};
use crate::model::secrecy;
use crate::model::submission::{AccessCategory, Role, SUBMISSION_FILE};
use crate::model::validation::SignatureVerdict;
use crate::store::seal::Sealer;
use crate::text::{Said, Text, text};
use crate::tlog::commit::Act;
use crate::tlog::leaf::ActKind;
use crate::verify::material::Material;
use component::{Received, Stop, spool_failed};
use import::profile::Keep;
use keep::{SealedRecord, seal_record};
use receipt::{Known, Prepared};
use receive::{Described, Sip};
use serde_json::{Map, json};
use signatures::Verdict;
use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use unpack::Container;
use upload::Upload;
use waiting::source_name;

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
    Refused {
        /// Why.
        reasons: Vec<Refusal>,
        /// The entry of the refusal.
        entry: u64,
        /// The earlier refusal of the same submission for the same reasons, whose notice stands for this one too.
        repeats: Option<u64>,
    },
    /// It cannot be decided yet: its bytes are kept apart from the holding until material comes.
    Waiting {
        /// The id under which it waits.
        id: RecordId,
        /// The entry by which it began to wait.
        entry: u64,
        /// What it waits for, never none.
        reasons: Vec<Refusal>,
        /// The material that is missing, all of it.
        missing: Vec<Missing>,
        /// Other submissions of the same registration that wait, oldest first: at most one of them becomes a record.
        same_registration: Vec<RecordId>,
    },
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
    /// What is handed to the Producer, name and bytes: the signed confirmation, and the receipt or notice as it was
    /// prepared. None of what failed.
    pub answers: Vec<receipt::Answer>,
}

/// How an ingest is run.
pub struct Options<'a> {
    /// Who brings the submissions.
    pub actor: ActorId,
    /// Threads that seal.
    pub threads: usize,
    /// Material for the validation of signatures, beside that of the archive and of the submission.
    pub material: Option<&'a Material>,
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
                let (actor, extra) = (options.actor, options.material);
                let mut worker = Worker::new(archive, actor, extra, answers);
                while !options.stop.load(Ordering::Relaxed) {
                    let Some(path) = paths.get(next.fetch_add(1, Ordering::Relaxed)) else { break };
                    worker.submission(From::Path(path));
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
        Self { worker: Worker::new(archive, actor, None, answers), events }
    }

    /// Takes in the submission at `path` and gives the answer when it is durable.
    pub fn take(&mut self, path: &Path) -> Answered {
        self.took(From::Path(path))
    }

    /// The same for a ZIP file that was sent.
    pub fn take_sent(&mut self, upload: &Upload) -> Answered {
        self.took(From::Upload(upload))
    }

    fn took(&mut self, from: From<'_>) -> Answered {
        self.worker.submission(from);
        let event = self.events.recv().expect("every submission is answered once");
        event.settled(self.worker.archive, self.worker.actor)
    }
}

/// The submissions under `path`: itself if it is one, else all that lie in it, sorted by name.
///
/// Everything in a folder of submissions counts as one: what is none is refused by name, so nothing is silently left
/// out. Only the answers to a submission, which lie beside it as `<submission>.answer`, are none.
pub fn submissions(path: &Path) -> std::io::Result<Vec<PathBuf>> {
    if !path.is_dir() || path.join(SUBMISSION_FILE).exists() {
        return Ok(vec![path.to_owned()]);
    }
    let mut entries: Vec<PathBuf> = std::fs::read_dir(path)?.map(|e| e.map(|e| e.path())).collect::<Result<_, _>>()?;
    entries.sort();
    let mut found = Vec::new();
    for entry in &entries {
        if is_answer_of(entry, &entries) {
            continue;
        }
        // A linked folder is not followed: it would be taken in twice, or for ever.
        if entry.is_dir() && !entry.is_symlink() {
            found.extend(submissions(entry)?);
        } else {
            found.push(entry.clone());
        }
    }
    if found.is_empty() {
        found.push(path.to_owned());
    }
    Ok(found)
}

/// Whether a folder holds the answers to one of its neighbours, which are sorted: `0017.zip.answer`,
/// `0017.zip.answer-2`.
pub fn is_answer_of(path: &Path, neighbours: &[PathBuf]) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let Some((submission, number)) = name.rsplit_once(".answer") else { return false };
    let is_number = number.is_empty() || number.strip_prefix('-').is_some_and(|n| n.parse::<u32>().is_ok());
    let is_there = || neighbours.binary_search(&path.with_file_name(submission)).is_ok();
    is_number && !submission.is_empty() && path.is_dir() && !path.join(SUBMISSION_FILE).exists() && is_there()
}

/// What comes back from workers and from the commit.
enum Event {
    Decided(Box<Decided>),
    /// A trial: it would become a record with these flags.
    Tried {
        path: PathBuf,
        flags: Vec<String>,
    },
    /// Refused, and no entry of the journal says so yet.
    Refused {
        path: PathBuf,
        bytes: u64,
        known: Box<Known>,
        refusals: Vec<Refusal>,
    },
}

/// A submission that is decided and durable, or failed.
struct Decided {
    path: PathBuf,
    bytes: u64,
    status: Status,
    known: Known,
    prepared: Prepared,
    /// Time of the entry that decided it; none when no entry was made for it now.
    at: Option<Millis>,
}

impl Decided {
    fn answered(self, archive: &Archive) -> Answered {
        let Self { path, bytes, status, known, prepared, at } = self;
        let at = at.unwrap_or_else(|| archive.now());
        // What was decided stands, also when no answer can be made of it: then there is none.
        let answers = receipt::answers(archive, &known, &status, prepared, at).unwrap_or_default();
        Answered { path, bytes, status, answers }
    }
}

impl Event {
    /// The answer. Two submissions of one run may have had the same registration; that refusal goes to the journal now.
    fn settled(self, archive: &Archive, actor: ActorId) -> Answered {
        let decided = match self {
            Event::Decided(decided) => *decided,
            Event::Tried { .. } => unreachable!("only an import is tried, and it does not settle"),
            Event::Refused { path, bytes, known, refusals } => {
                let (status, prepared, at) = match refuse_now(archive, actor, &known, &refusals) {
                    Ok(refused) => {
                        let repeats = refused.notice.repeats();
                        let status = Status::Refused { reasons: refusals, entry: refused.entry, repeats };
                        (status, refused.notice, Some(refused.at))
                    }
                    Err(e) => (Status::Failed(e), Prepared::Nothing, None),
                };
                Decided { path, bytes, status, known: *known, prepared, at }
            }
        };
        decided.answered(archive)
    }
}

/// Where a submission is taken from.
enum From<'a> {
    /// A folder or a ZIP file of the Producer.
    Path(&'a Path),
    /// A ZIP file that was sent.
    Upload(&'a Upload),
    /// The archive itself, where it waits.
    Waiting(&'a Waiting),
    /// A holding that is imported.
    Import(&'a import::Item<'a>),
    /// A package of another archive.
    Transferred(&'a transferred::Item<'a>),
}

impl From<'_> {
    /// The path that names it in errors and answers.
    fn path(&self) -> &Path {
        match self {
            From::Path(path) => path,
            From::Upload(upload) => upload.name(),
            From::Waiting(waiting) => Path::new(waiting.text("source")),
            From::Import(item) => &item.name,
            From::Transferred(item) => &item.name,
        }
    }
}

struct Worker<'a> {
    archive: &'a Archive,
    actor: ActorId,
    extra: Option<&'a Material>,
    sealer: Sealer,
    answers: Sender<Event>,
    /// What is known of the submission at hand.
    known: Known,
    /// Nothing is written: a submission that would be accepted ends as tried.
    is_trial: bool,
}

impl<'a> Worker<'a> {
    fn new(archive: &'a Archive, actor: ActorId, extra: Option<&'a Material>, answers: Sender<Event>) -> Self {
        Self { archive, actor, extra, sealer: Sealer::default(), answers, known: Known::default(), is_trial: false }
    }

    fn submission(&mut self, from: From<'_>) {
        let mut bytes = 0;
        let path = from.path();
        match self.take_in(&from, &mut bytes) {
            // The commit answers for it.
            Ok(None) => {}
            Ok(Some(status)) => self.send(path, bytes, status),
            Err(Stop::Held(record)) => self.send(path, bytes, Status::Held { record }),
            Err(Stop::Failed(error)) => self.send(path, bytes, Status::Failed(error)),
            Err(Stop::Tried(flags)) => {
                let _ = self.answers.send(Event::Tried { path: path.to_owned(), flags });
            }
            // What becomes of a row is in the report of its import, and of a record of another archive in the reply.
            Err(Stop::Refused(refusals)) if matches!(from, From::Import(_) | From::Transferred(_)) => {
                let (path, known) = (path.to_owned(), Box::default());
                let _ = self.answers.send(Event::Refused { path, bytes, known, refusals });
            }
            // Its refusal is committed with the end of its waiting.
            Err(Stop::Refused(refusals)) if matches!(from, From::Waiting(_)) => {
                let (path, known) = (path.to_owned(), Box::new(self.known.clone()));
                let _ = self.answers.send(Event::Refused { path, bytes, known, refusals });
            }
            Err(Stop::Refused(refusals)) => {
                // Of a secret document nothing is read that was not read already.
                let sent: Option<&dyn Fn() -> Option<Sha256>> = match from {
                    From::Path(path) => Some(&|| sent_digest(path)),
                    From::Upload(upload) => Some(&|| upload.digest()),
                    From::Waiting(_) | From::Import(_) | From::Transferred(_) => None,
                };
                if let Some(digest) = sent.filter(|_| !is_secret(&refusals, &self.known.source)) {
                    self.known.bind(digest);
                }
                if let Err(error) = self.refuse(path, bytes, refusals) {
                    self.send(path, bytes, Status::Failed(error));
                }
            }
        }
    }

    fn send(&self, path: &Path, bytes: u64, status: Status) {
        let (path, known) = (path.to_owned(), self.known.clone());
        let decided = Decided { path, bytes, status, known, prepared: Prepared::Nothing, at: None };
        // The receiver outlives the workers.
        let _ = self.answers.send(Event::Decided(Box::new(decided)));
    }

    /// The whole path of one submission. Gives its status when it is decided and durable; none when the commit answers.
    fn take_in(&mut self, from: &From<'_>, bytes: &mut u64) -> Result<Option<Status>, Stop> {
        let policy = self.archive.policy();
        let path = from.path();
        let now = self.archive.now();
        let import = if let From::Import(item) = from { Some(*item) } else { None };
        let handed = if let From::Transferred(item) = from { Some(*item) } else { None };
        self.known = match from {
            From::Path(_) | From::Upload(_) | From::Import(_) | From::Transferred(_) => {
                Known::of(source_name(path), now, None)
            }
            From::Waiting(waiting) => Known::of_waiting(waiting),
        };
        let files = if let From::Waiting(waiting) = from { waiting.files() } else { Vec::new() };
        let (container, since) = match from {
            From::Path(path) => (Container::open(path)?, now),
            From::Upload(upload) => (upload.container()?, now),
            From::Waiting(w) => (waiting::container(self.archive, w, &files), w.since),
            From::Import(item) => (item.container(), now),
            From::Transferred(item) => (item.container(), item.since.unwrap_or(now)),
        };
        let (authorities, known) = (self.archive.authorities()?, &mut self.known);
        let mut described = |read: &Described<'_>| known.described(read, &authorities);
        let mut sip = Sip::of(container, path, policy.content_bytes_max, &mut described)?;
        *bytes = sip.sizes.iter().sum();
        let registration = Registration {
            agency: sip.submission.agency.clone(),
            number: sip.card.registration_number.clone(),
            date: sip.card.document_date.to_string(),
        };
        if let From::Waiting(waiting) = from {
            // A crash may have come between its record and the end of its waiting: what changed since, a classifier or
            // the configuration, must not refuse what was accepted.
            let digests = waiting.digests();
            let parts = sip.submission.components.iter().filter_map(|c| Some((c.role, *digests.get(&c.path)?)));
            if let Some(Outcome::Held(record)) = registered(&self.archive.index(), &registration, &content(parts))? {
                return Err(Stop::Held(record));
            }
        }
        let mut flags = self.check_card(&sip, path)?;
        if let Some(item) = import {
            item.check_card(&sip).map_err(Stop::Refused)?;
        }
        let codes = {
            let today = civil_date(self.archive.now());
            self.archive.classifiers()?.check(&sip.submission.codes, today).map_err(Stop::Refused)?
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
        self.known.received(&mut received)?;
        if let Some(item) = handed {
            item.check(&mut received)?;
        }
        self.check_held(&mut received, &registration)?;
        let keep = import.map(|item| item.keep).or(handed.map(|item| item.keep));
        self.identify(&sip, &mut received, keep)?;
        let (archive, extra) = (self.archive, handed.map(|item| &item.extra).or(self.extra));
        let (submission, card) = (&sip.submission, &sip.card);
        let asked = signatures::Receipt { archive, submission, card, extra, since, now, keep };
        let mut judgement = match asked.judge(&mut received)? {
            Verdict::Accepted(judgement) => judgement,
            Verdict::Refused(refusals) => return Err(Stop::Refused(refusals)),
            Verdict::Waits(waits) => return self.wait(&sip, &mut received, &registration, waits, from).map(Some),
        };
        // A trial ends here: nothing was written so far.
        if self.is_trial || import.is_some_and(|item| item.is_trial) {
            let codes = flags.iter().chain(&judgement.flags).map(|flag| flag.code);
            let codes = codes.chain(received.iter().flat_map(Received::findings)).map(|code| code.to_string());
            return Err(Stop::Tried(codes.collect::<BTreeSet<_>>().into_iter().collect()));
        }
        judgement.share(self.archive, self.actor)?;

        let record = RecordId(crate::random::bytes());
        let mut prepared = Prepared::Nothing;
        // The old system gave its receipt for what is imported, and so did the archive that handed over.
        let is_sent = import.is_none() && handed.is_none();
        if judgement.validation.verdict == SignatureVerdict::Valid && is_sent {
            let report = judgement.report()?;
            let accepted = receipt::Accepted {
                record,
                card: &sip.card,
                profile: sip.submission.profile,
                access: sip.submission.access_category,
                validation: &judgement.validation,
                report,
            };
            let bytes = receipt::prepare(archive, &self.known, &accepted)?;
            judgement.components.push(Received::own(archive.spool(), path::RECEIPT_PATH.into(), Role::Issued, &bytes)?);
            prepared = Prepared::Receipt(bytes);
        }
        let mut manifest = Manifest::new(record, &sip.submission, &sip.card, codes, identify::identifier());
        manifest.flags.append(&mut flags);
        manifest.flags.extend(judgement.flags);
        manifest.validation = Some(judgement.validation);
        manifest.imported = import.map(|item| item.imported.clone());
        received.extend(judgement.components);
        if let Some(item) = handed {
            manifest.transferred = Some(item.transferred.clone());
            received.push(item.component(archive.spool())?);
        }
        let SealedRecord { act, row, session } =
            seal_record(self.archive, &mut self.sealer, self.actor, manifest, received)?;
        let same_content = self.archive.index().same_content(&row)?;
        let flags: Vec<String> = row.flags.iter().cloned().collect();
        let (answers, known) = (self.answers.clone(), self.known.clone());
        let (path, bytes) = (path.to_owned(), *bytes);
        let asked = registration.clone();
        let answer = Box::new(move |answer: Answer| {
            let (status, prepared, at) = match answer {
                Ok(Outcome::Done(committed)) => {
                    let status = Status::Accepted { record, entry: committed.index, flags, same_content };
                    (status, prepared, Some(committed.leaf.t))
                }
                Ok(Outcome::Held(record)) => (Status::Held { record }, Prepared::Nothing, None),
                Ok(Outcome::Conflict(other)) => {
                    let refusals = vec![taken(&asked, other)];
                    let _ = answers.send(Event::Refused { path, bytes, known: Box::new(known), refusals });
                    return;
                }
                Err(e) => (Status::Failed(e.into()), Prepared::Nothing, None),
            };
            let decided = Decided { path, bytes, status, known, prepared, at };
            let _ = answers.send(Event::Decided(Box::new(decided)));
        });
        self.archive.submit(Draft {
            act,
            payload: Payload::Record(row),
            registration: Some(registration),
            session: Some(session),
            answer,
        });
        Ok(None)
    }

    /// What can be decided before a component is read: secrecy first, for which nothing more may be read.
    fn check_card(&self, sip: &Sip<'_>, path: &Path) -> Result<Vec<Flag>, Stop> {
        let policy = self.archive.policy();
        let declared = sip.submission.access_category == AccessCategory::OfficialUse;
        let subject = format!("{SUBMISSION_FILE}#/access_category");
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
        if declared && policy.official_use == Action::Refuse {
            let detail = "the policy of the archive does not admit documents for official use";
            return Err(Stop::Refused(vec![Refusal::new(ErrorCode::IngOfficialUse, subject, detail)]));
        }
        let faults = check_dates(&sip.card, card, civil_date(self.archive.now()));
        if faults.is_empty() { Ok(marks) } else { Err(Stop::Refused(faults)) }
    }

    /// Stops a submission whose registration is taken, before anything of it is sealed.
    fn check_held(&self, received: &mut [Received], registration: &Registration) -> Result<(), Stop> {
        if registered_rows(&self.archive.index(), registration)?.is_empty() {
            return Ok(());
        }
        let mut parts = Vec::with_capacity(received.len());
        for component in received {
            let digest = component.sha256().map_err(|e| spool_failed(&component.entry.path, e))?;
            parts.push((component.entry.role, digest));
        }
        match registered(&self.archive.index(), registration, &content(parts.into_iter()))? {
            Some(Outcome::Held(record)) => Err(Stop::Held(record)),
            Some(Outcome::Conflict(other)) => Err(Stop::Refused(vec![taken(registration, other)])),
            _ => Ok(()),
        }
    }

    /// Identifies all components, so that the Producer hears every reason at once.
    /// What an import keeps stays with its component as a finding.
    fn identify(&self, sip: &Sip<'_>, received: &mut [Received], keep: Option<Keep>) -> Result<(), Stop> {
        let mut names: Vec<String> = sip.submission.components.iter().map(|c| c.path.clone()).collect();
        let (profile, kind) = (sip.submission.profile.rules(), sip.submission.kind);
        let mut refusals = Vec::new();
        for component in received {
            let taken = |name: &str| names.iter().any(|n| path::clash(n, name));
            let found = component.identify(self.archive.spool(), self.archive.policy(), profile, kind, &taken);
            let found = found.map_err(|e| spool_failed(&component.entry.path, e))?;
            let is_kept = |refusal: &Refusal| keep.is_some_and(|keep| keep.format(refusal.code));
            refusals.extend(found.into_iter().filter(|refusal| !is_kept(refusal)));
            // The content of one envelope must not take the name of another's.
            names.extend(component.content_path().map(str::to_owned));
        }
        if refusals.is_empty() { Ok(()) } else { Err(Stop::Refused(refusals)) }
    }

    fn refuse(&self, path: &Path, bytes: u64, refusals: Vec<Refusal>) -> Result<(), Error> {
        let (act, payload, session, notice) = seal_refusal(self.archive, self.actor, &self.known, &refusals)?;
        let (answers, path, known) = (self.answers.clone(), path.to_owned(), self.known.clone());
        let answer = Box::new(move |answer: Answer| {
            let (status, prepared, at) = match answer {
                Ok(outcome) => {
                    let repeats = notice.repeats();
                    let status = Status::Refused { reasons: refusals, entry: outcome.entry(), repeats };
                    (status, notice, outcome.time())
                }
                Err(e) => (Status::Failed(e.into()), Prepared::Nothing, None),
            };
            let decided = Decided { path, bytes, status, known, prepared, at };
            let _ = answers.send(Event::Decided(Box::new(decided)));
        });
        self.archive.submit(Draft { act, payload, registration: None, session: Some(session), answer });
        Ok(())
    }
}

/// What a submission is compared by with a record: the roles and digests of its components, sorted.
fn content(parts: impl Iterator<Item = (Role, Sha256)>) -> Vec<(u8, Sha256)> {
    let number = |role| Role::ALL.iter().position(|r| *r == role).and_then(|p| u8::try_from(p).ok());
    let mut content: Vec<_> =
        parts.map(|(role, digest)| (number(role).expect("every role is in the list"), digest)).collect();
    content.sort_unstable();
    content
}

/// Whether nothing of what was refused may be kept (N 430 cl. 1, 45): of a secret document only the fact is, not even
/// the name of its file.
fn is_secret(refusals: &[Refusal], name: &str) -> bool {
    let mut names = refusals.iter().map(|r| r.subject.as_str()).chain([name]);
    refusals.iter().any(|r| matches!(r.code, ErrorCode::IngSecrecyMark | ErrorCode::IngStateSecret))
        || names.any(secrecy::is_state_secret)
}

/// The refusal as an act; what it says lies sealed in an act document, and beside it the notice as it is to be signed.
/// When the same submission was refused before for the same reasons, the notice of that refusal is the notice of this
/// one: an officer signs once.
fn seal_refusal(
    archive: &Archive,
    actor: ActorId,
    known: &Known,
    refusals: &[Refusal],
) -> Result<(Act, Payload, Session, Prepared), Error> {
    let is_secret = is_secret(refusals, &known.source);
    let reason = |r: &Refusal| match is_secret {
        true => json!({"code": r.code.as_str()}),
        false => json!({"code": r.code.as_str(), "detail": r.detail, "subject": r.subject}),
    };
    let act = Act::new(ActKind::SubmissionRefused, actor);
    let mut fields = Map::new();
    fields.insert("reasons".into(), refusals.iter().map(reason).collect());
    fields.insert("source".into(), if is_secret { "" } else { known.source.as_str() }.into());
    let owner = ActOwner::Register(Register::Refusals);
    // Of a secret document not even a digest is kept, so nobody knows that it came before.
    let sent = Some(()).filter(|()| !is_secret).and_then(|()| known.sent(refusals));
    if let Some(earlier) = sent.and_then(|sent| earlier_notice(archive, sent, actor)) {
        fields.insert("repeats".into(), earlier.row.entry.into());
        let (act, payload, session) = archive.seal_act(act, owner, fields, Vec::new())?;
        return Ok((act, payload, session, Prepared::Earlier(Box::new(earlier))));
    }
    let notice = receipt::notice(archive, known, act.id, refusals, is_secret)?;
    fields.insert("notice".into(), sha256(&notice).to_string().into());
    if let Some(sent) = sent {
        fields.insert("sent".into(), sent.to_string().into());
    }
    if let Some(agency) = known.agency.as_ref().filter(|_| !is_secret) {
        fields.insert("agency".into(), agency.as_str().into());
    }
    let mut bytes = notice.as_slice();
    let files: Vec<(String, &mut dyn Read)> = vec![(receipt::NOTICE_FILE.to_owned(), &mut bytes)];
    let (act, payload, session) = archive.seal_act(act, owner, fields, files)?;
    Ok((act, payload, session, Prepared::Notice(notice, is_secret)))
}

/// The notice of an earlier refusal of the same for the same. One that cannot be read any more stands for nothing.
fn earlier_notice(archive: &Archive, sent: Sha256, actor: ActorId) -> Option<issue::Prepared> {
    let entry = archive.index().refused_before(sent).ok().flatten()?;
    issue::find(archive, issue::Subject::Refusal(entry), actor).ok()
}

/// Digest of a submission that is one file.
fn sent_digest(path: &Path) -> Option<Sha256> {
    let metadata = std::fs::symlink_metadata(path).ok()?;
    // What is longer than any submission is not worth reading for its notice.
    let is_read = metadata.is_file() && metadata.len() <= CONTAINER_BYTES_MAX;
    if is_read { amend::file_digest(path).ok() } else { None }
}

/// A refusal that is durable.
struct RefusedNow {
    entry: u64,
    at: Millis,
    notice: Prepared,
}

/// Commits a refusal.
fn refuse_now(archive: &Archive, actor: ActorId, known: &Known, refusals: &[Refusal]) -> Result<RefusedNow, Error> {
    let (act, payload, session, notice) = seal_refusal(archive, actor, known, refusals)?;
    let outcome = archive.commit(act, payload, None, Some(session))?;
    Ok(RefusedNow { entry: outcome.entry(), at: outcome.time().unwrap_or_else(|| archive.now()), notice })
}

const RECORD_HELD: Text = text(
    "архивте мазмұны басқа жазба бар:",
    "в архиве есть запись с другим содержанием:",
    "the archive holds a record with other content:",
);

/// Both sides are named: what was sent, and the record that has its registration.
fn taken(registration: &Registration, other: RecordId) -> Refusal {
    let subject = format!("card#/{}", CardField::RegistrationNumber);
    let detail = format!("{} of {} is record {other} with other content", registration.number, registration.date);
    let said = Said::of(|lang| {
        let (number, date) = (&registration.number, &registration.date);
        format!("№ {number}, {date}: {} {other}.", RECORD_HELD.get(lang))
    });
    Refusal::new(ErrorCode::IngRegistrationTaken, subject, detail).saying(said)
}
