//! The opened archive: owns the truths, the index, the clock and the threads that serve them.
//!
//! Writers append sealed frames and hand a [`Draft`] to the commit thread, which commits all that wait as one batch:
//! whoever waits joins the next sync, there is no timer. After the commit the entries go to the index thread. Reading
//! needs neither.
//!
//! Invariants
//!   - One process holds an archive (an advisory lock on `state/held`).
//!   - An answer is given after the lock record is durable; the index follows and says how far it is.
//!   - An index that is damaged, missing or of another history is built again, never asked.

mod accounts;
mod answers;
mod beside;
mod classifiers;
mod compact;
mod confirmed;
mod documents;
mod end;
mod lists;
mod material;
mod means;
mod policies;
mod slot;
mod succeed;
mod texts;
mod threads;
mod turns;
mod uploads;
mod waiting;
mod witness;

pub use accounts::{Account, Accounts, Holder, Permit, Permitting, TOKEN_PREFIX, Token};
pub use answers::AnswerKey;
pub(crate) use beside::Decided;
pub use classifiers::HeldClassifier;
pub use confirmed::{CONFIRMING_PERSONS, Confirmed};
pub use documents::ActOwner;
pub(crate) use documents::OWN_SUBTREE;
pub use lists::{AdoptedList, LIST_FILE};
pub use material::NewMaterial;
pub use policies::{Adoption, PolicyFile, PolicyInForce};
pub use slot::{Alone, Handle, Slot};
pub use succeed::{EarlierLog, NEXT_LOG_KEY, Succeeding};
pub use texts::{TEXT, Texts};
pub(crate) use threads::{registered, registered_rows};
pub(crate) use turns::Turn;
pub use uploads::UPLOAD_MS_MAX;
use waiting::WaitingRoom;
pub use waiting::{Waiting, WaitingEntry};
pub use witness::{Asked, Shown, Taken};

use crate::clock::{Clock, Millis};
use crate::config::{CONFIG_FILE, Config, ConfigError, Engine, Issuer, MeansKept, Policy, default_keys_path};
use crate::error::{Error, ErrorCode};
use crate::index::IndexError;
use crate::index::kv::Kv;
use crate::index::open::{IndexFolder, IndexMedium, forget, open_index};
use crate::index::query::Reader;
use crate::index::rebuild::{Truths, catch_up};
use crate::index::rows::{Meta, StoredObject};
use crate::index::seal::IndexKeys;
use crate::index::writer::{Input, Payload};
use crate::model::calendar::Calendars;
use crate::model::classifier::Classifiers;
use crate::model::digest::Sha256;
use crate::model::id::{ActorId, ArchiveId, RecordId};
use crate::model::means::Program;
use crate::model::record::ActDocument;
use crate::store::disk::Disk;
use crate::store::format::{FrameLoc, ObjectKind, OwnerKey};
use crate::store::local::{Erasing, LocalDisk};
use crate::store::read::ObjectReader;
use crate::store::seal::Frame;
use crate::store::segment::{SegmentWriter, StoreEnd};
use crate::store::spool::Spool;
use crate::tlog::LogError;
use crate::tlog::checkpoint::LogSigner;
use crate::tlog::commit::{Act, Committed, Committer, Previous, SYSTEM_ACTOR};
use crate::tlog::leaf::{ActKind, Leaf};
use crate::tlog::lock::Head;
use crate::tlog::read::LogReader;
use crate::tlog::recover::{self, Recovery};
use crate::vault::keys::KeyFolder;
use crate::vault::{KeySlot, Vault};
use crate::verify::authority::Authorities;
use crate::verify::material::Material;
use crate::verify::validation::Caches;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// File name of the log's signing key in the key folder.
pub const LOG_KEY: &str = "log-ed25519";
/// Folder of temporary bytes in the archive's.
pub const SPOOL: &str = "spool";
/// Drafts that wait for the commit thread before writers wait too.
const QUEUE: usize = 256;
/// Drafts in one batch.
const BATCH_MAX: usize = 512;
/// Batches of entries that wait for the index thread; then committing waits for it, so that memory stays bounded.
const INDEX_QUEUE: usize = 64;
/// Entries applied to the index in one transaction.
const INDEX_BATCH: usize = 4096;
/// How long the index thread waits for more entries before it applies what it has, while nobody waits for it.
const INDEX_GATHER: Duration = Duration::from_millis(10);
/// Entries between two durable points of the index.
const INDEX_FLUSH: u64 = 32_768;
/// How long to wait for another process to let go of the archive (design §7).
const HOLD_WAIT: Duration = Duration::from_secs(10);

/// The media and helpers an archive is made of.
pub struct Parts {
    /// The archive's files.
    pub disk: Arc<dyn Disk>,
    /// The key folder's files.
    pub keys: Arc<dyn Disk>,
    /// Opens the index engine, which may be asked for again after its files were removed.
    pub index: Box<dyn IndexMedium>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The folder of temporary bytes, emptied when the archive is opened.
    pub spool: PathBuf,
}

/// What identifies a registered document: a second one with the same content is held already, with other content in
/// conflict.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Registration {
    /// Code of the agency.
    pub agency: String,
    /// Registration number.
    pub number: String,
    /// Date of the document, ISO 8601.
    pub date: String,
}

/// What became of a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Committed and durable.
    Done(Box<Committed>),
    /// The same document is held already.
    Held(RecordId),
    /// Its registration is taken by a record with other content.
    Conflict(RecordId),
}

impl Outcome {
    /// The entry of an act that has no registration and so is never in conflict.
    pub fn entry(&self) -> u64 {
        match self {
            Outcome::Done(committed) => committed.index,
            Outcome::Held(_) | Outcome::Conflict(_) => unreachable!("an act without registration is never in conflict"),
        }
    }

    /// The time of the entry, when there is one.
    pub fn time(&self) -> Option<Millis> {
        match self {
            Outcome::Done(committed) => Some(committed.leaf.t),
            Outcome::Held(_) | Outcome::Conflict(_) => None,
        }
    }
}

/// The answer to a draft; a batch that fails fails for all its drafts.
pub type Answer = Result<Outcome, Arc<LogError>>;

/// One act that waits to be committed.
pub struct Draft {
    /// The act.
    pub act: Act,
    /// What it brings to the index. A record's entry and time are filled in when it is committed.
    pub payload: Payload,
    /// The registration that must be free.
    pub registration: Option<Registration>,
    /// Keeps the frames of the act within reach of a catch-up of the index.
    pub session: Option<Session>,
    /// Called when it is durable, or failed.
    pub answer: Box<dyn FnOnce(Answer) + Send>,
}

/// Frames being appended for an act that is not committed yet.
pub struct Session {
    shared: Arc<Shared>,
    id: u64,
}

impl Drop for Session {
    fn drop(&mut self) {
        lock(&self.shared.sessions).remove(&self.id);
    }
}

impl Session {
    /// Appends a frame; durable with the act.
    pub fn append(&self, frame: &Frame) -> Result<FrameLoc, LogError> {
        Ok(lock(&self.shared.store).append(&frame.bytes)?)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

struct IndexState {
    meta: Meta,
    failed: Option<String>,
}

struct IndexBatch {
    inputs: Vec<Input>,
    root: Sha256,
    scan_from: StoreEnd,
}

pub(crate) struct Shared {
    disk: Arc<dyn Disk>,
    clock: Arc<dyn Clock>,
    store: Arc<Mutex<SegmentWriter>>,
    vault: Arc<RwLock<Vault>>,
    core: Mutex<Committer>,
    kv: Box<dyn Kv>,
    index_keys: IndexKeys,
    index: Mutex<IndexState>,
    index_moved: Condvar,
    index_waiters: AtomicU64,
    to_index: Mutex<Option<SyncSender<IndexBatch>>>,
    sessions: Mutex<HashMap<u64, StoreEnd>>,
    next_session: AtomicU64,
    /// Registers of the archive: its own, and that of refusals.
    registers: [(RecordId, KeySlot); 2],
    agencies: Mutex<HashMap<String, u32>>,
    accounts: Mutex<()>,
    known_accounts: Mutex<Option<Arc<Accounts>>>,
    /// Read when first asked for.
    classifiers: Mutex<Option<Arc<Classifiers>>>,
    material: Mutex<Option<Arc<Material>>>,
    validation_policy: Mutex<Option<Arc<PolicyInForce>>>,
    authorities: Mutex<Option<Arc<Authorities>>>,
    confirmed: Mutex<Option<Arc<Confirmed>>>,
    calendars: Mutex<Option<Arc<Calendars>>>,
    lists: Mutex<Option<Arc<Vec<AdoptedList>>>>,
    waiting: Mutex<WaitingRoom>,
    waiting_moved: Condvar,
    caches: Caches,
    answer_key: Mutex<Option<Arc<AnswerKey>>>,
    /// The record of this program's means, once it was asked for.
    means: Mutex<Option<Option<RecordId>>>,
    /// Held by who begins an upload, which sweeps what has expired.
    uploading: Mutex<()>,
    turns: turns::Turns,
    /// The full text, once it was asked for.
    texts: Mutex<Option<Arc<Texts>>>,
    spool: Spool,
    keys: KeyFolder,
    /// Entries were committed beside the commit thread.
    rolled: AtomicBool,
}

impl Shared {
    /// Waits until the index has the first `size` entries.
    fn wait_index(&self, size: u64) -> Result<(), IndexError> {
        let mut state = lock(&self.index);
        loop {
            if let Some(what) = &state.failed {
                return Err(IndexError::Engine(what.clone()));
            }
            if state.meta.size >= size {
                return Ok(());
            }
            let waited = self.index_moved.wait_timeout(state, Duration::from_millis(50));
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// The opened archive.
pub struct Archive {
    shared: Arc<Shared>,
    drafts: Option<SyncSender<Draft>>,
    threads: Vec<JoinHandle<()>>,
    config: Config,
    program: Program,
    root: PathBuf,
    recovery: Recovery,
    rebuilt: bool,
    is_test: bool,
    _held: Option<File>,
}

/// What `init` is told.
#[derive(Debug, Clone, Default)]
pub struct InitOptions {
    /// Name of the log; made from the archive's id when none is given.
    pub origin: Option<String>,
    /// Key folder; beside the archive when none is given.
    pub keys_folder: Option<PathBuf>,
    /// The engine of the index.
    pub engine: Engine,
    /// What is kept of the program that validates.
    pub means: MeansKept,
    /// Who issues receipts and notices.
    pub issuer: Issuer,
    /// What the law leaves to the archive.
    pub policy: Policy,
    /// Whether it is an archive for tests, which it then stays: by a sample list records are destroyed in no other.
    pub test: bool,
}

impl Archive {
    /// Makes a new archive in `folder`, which must be empty or absent, with its keys beside it, and opens it.
    ///
    /// The configuration is written last: a crash before leaves a folder that is no archive.
    pub fn create(folder: &Path, options: &InitOptions, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        if !options.engine.is_available() {
            let what = "this program was built without the feature sled";
            return Err(Error::new(ErrorCode::CfgUnreadable, "index.engine", what));
        }
        let id = ArchiveId(crate::random::bytes());
        let keys_path = options.keys_folder.clone().unwrap_or_else(|| default_keys_path(folder));
        for path in [folder, &keys_path] {
            if std::fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_some()) {
                return Err(Error::new(ErrorCode::CfgExists, path.display().to_string(), "the folder is not empty"));
            }
        }
        let origin = options.origin.clone().unwrap_or_else(|| format!("muragat-{id}"));
        if !succeed::is_origin(&origin) {
            return Err(Error::new(ErrorCode::CfgUnreadable, "origin", "a log's name has no spaces and no plus sign"));
        }
        let disk: Arc<dyn Disk> = Arc::new(LocalDisk::open(folder, Erasing::Vault).map_err(LogError::from)?);
        let keys: Arc<dyn Disk> = Arc::new(LocalDisk::open(&keys_path, Erasing::Everything).map_err(LogError::from)?);
        restrict(folder)?;
        restrict(&keys_path)?;
        let held = hold(folder)?;
        let mut config = create_truths(disk.clone(), keys.clone(), id, &origin, clock.clone(), options.test)?;
        config.keys_folder = options.keys_folder.as_ref().map(|p| std::path::absolute(p).unwrap_or_else(|_| p.clone()));
        config.engine = options.engine;
        config.means = options.means;
        config.issuer = options.issuer.clone();
        config.policy = options.policy.clone();
        disk.publish(CONFIG_FILE, config.to_text().as_bytes()).map_err(LogError::from)?;
        let index = Box::new(IndexFolder { path: folder.join("index"), engine: config.engine });
        let spool = folder.join(SPOOL);
        let mut archive = Self::assemble(Parts { disk, keys, index, clock, spool }, config, folder, &mut |_, _| {})?;
        archive._held = Some(held);
        archive.answer_key()?;
        Ok(archive)
    }

    /// Opens the archive in `folder`. `progress` is told entries done and in all when the index has to catch up.
    pub fn open(folder: &Path, clock: Arc<dyn Clock>, progress: &mut dyn FnMut(u64, u64)) -> Result<Self, Error> {
        let config = Config::load(folder)?;
        let held = hold(folder)?;
        let keys_path = config.keys_path(folder);
        if !keys_path.is_dir() {
            let name = keys_path.display().to_string();
            return Err(Error::new(ErrorCode::VltKeyMissing, name, "the key folder is missing"));
        }
        let disk = Arc::new(LocalDisk::open(folder, Erasing::Vault).map_err(LogError::from)?);
        let keys = Arc::new(LocalDisk::open(&keys_path, Erasing::Everything).map_err(LogError::from)?);
        let index = Box::new(IndexFolder { path: folder.join("index"), engine: config.engine });
        let spool = folder.join(SPOOL);
        let mut archive = Self::assemble(Parts { disk, keys, index, clock, spool }, config, folder, progress)?;
        archive._held = Some(held);
        Ok(archive)
    }

    /// Opens an archive from its parts: recovery of the truths, then the index.
    pub fn assemble(
        parts: Parts,
        mut config: Config,
        root: &Path,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Self, Error> {
        let Parts { disk, keys, index, clock, spool } = parts;
        let spool = Spool::new(spool);
        spool.clear().map_err(|e| Error::caused(ErrorCode::StoIo, "spool", e))?;
        let id = config.archive_id;
        let key_folder = KeyFolder::new(keys, id);
        let signers = succeed::signers(&key_folder, &config)?;
        let (core, recovery) = recover::open(disk.clone(), key_folder.clone(), id, signers, clock.clone())?;
        succeed::finish(&core, &key_folder, disk.as_ref(), &mut config)?;
        end::check_signer(&core, &key_folder)?;
        let head = *core.head();
        let registers = registers(disk.as_ref(), head.size)?;
        let is_test = is_test(disk.as_ref(), head.size)?;
        let (store, vault) = (core.store_handle(), core.vault_handle());
        let mut rolling = |old: &IndexKeys, new: &IndexKeys| texts::roll(root, disk.as_ref(), head.size, (old, new));
        let opened = open_index(index.as_ref(), &key_folder, &mut rolling, |kv, index_keys, meta| {
            let log = LogReader::new(disk.as_ref(), head.size);
            let vault = vault.read().unwrap_or_else(PoisonError::into_inner);
            let truths = Truths { disk: disk.as_ref(), archive: id, vault: &vault, log: &log, end: head.store };
            catch_up(kv, index_keys, &truths, meta, progress)
        })?;
        let (to_index, batches) = sync_channel(INDEX_QUEUE);
        let shared = Arc::new(Shared {
            disk,
            clock,
            store,
            vault,
            core: Mutex::new(core),
            kv: opened.kv,
            index_keys: opened.keys,
            index: Mutex::new(IndexState { meta: opened.meta, failed: None }),
            index_moved: Condvar::new(),
            index_waiters: AtomicU64::new(0),
            to_index: Mutex::new(Some(to_index)),
            sessions: Mutex::default(),
            next_session: AtomicU64::new(0),
            registers,
            agencies: Mutex::default(),
            accounts: Mutex::default(),
            known_accounts: Mutex::default(),
            classifiers: Mutex::default(),
            material: Mutex::default(),
            validation_policy: Mutex::default(),
            authorities: Mutex::default(),
            confirmed: Mutex::default(),
            calendars: Mutex::default(),
            lists: Mutex::default(),
            waiting: Mutex::default(),
            waiting_moved: Condvar::new(),
            caches: Caches::default(),
            answer_key: Mutex::default(),
            means: Mutex::default(),
            uploading: Mutex::default(),
            turns: turns::Turns::default(),
            texts: Mutex::default(),
            spool,
            keys: key_folder,
            rolled: AtomicBool::new(false),
        });
        let (drafts, waiting) = sync_channel(QUEUE);
        let commit_shared = shared.clone();
        let index_shared = shared.clone();
        let threads = vec![
            std::thread::spawn(move || threads::commit_loop(&commit_shared, &waiting)),
            std::thread::spawn(move || threads::index_loop(&index_shared, &batches)),
        ];
        Ok(Self {
            shared,
            drafts: Some(drafts),
            threads,
            config,
            program: Program::this(),
            root: root.to_owned(),
            recovery,
            rebuilt: opened.rebuilt,
            is_test,
            _held: None,
        })
    }

    /// Makes segments and the vault's journal small, so that tests see many of them.
    #[cfg(any(test, feature = "testing"))]
    pub fn tune(&self, segment_bytes: u64, journal_keys_max: usize) {
        lock(&self.shared.store).set_segment_bytes(segment_bytes);
        let mut core = lock(&self.shared.core);
        core.set_journal_keys_max(journal_keys_max);
        core.set_unsettled_max(4);
    }

    /// Lets memory lose a bit of every batch while it is committed, so that tests see who finds out.
    #[cfg(any(test, feature = "testing"))]
    pub fn flip(&self, bit: usize) {
        lock(&self.shared.core).flip(bit);
    }

    /// The configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Whether it was declared an archive for tests when it was made.
    pub fn is_test(&self) -> bool {
        self.is_test
    }

    /// What the law leaves to the archive.
    pub fn policy(&self) -> &Policy {
        &self.config.policy
    }

    /// What repeats in the validation of signatures.
    pub fn caches(&self) -> &Caches {
        &self.shared.caches
    }

    /// Temporary bytes of submissions.
    pub fn spool(&self) -> &Spool {
        &self.shared.spool
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// What opening had to do, and whether it had to build the index from nothing.
    pub fn recovery(&self) -> (&Recovery, bool) {
        (&self.recovery, self.rebuilt)
    }

    /// The time now.
    pub fn now(&self) -> Millis {
        self.shared.clock.now()
    }

    /// The medium, for reading.
    pub fn disk(&self) -> &dyn Disk {
        self.shared.disk.as_ref()
    }

    /// Head of the truths.
    pub fn head(&self) -> Head {
        *lock(&self.shared.core).head()
    }

    /// Whether a write failed, and nothing more is taken until it is opened again.
    pub fn is_read_only(&self) -> bool {
        lock(&self.shared.core).latched().is_some()
    }

    /// Begins appending frames for one act.
    pub fn session(&self) -> Session {
        let mut sessions = lock(&self.shared.sessions);
        let id = self.shared.next_session.fetch_add(1, Ordering::Relaxed);
        sessions.insert(id, lock(&self.shared.store).end());
        Session { shared: self.shared.clone(), id }
    }

    /// Hands an act to the commit thread. Returns when there is room in its queue; the draft's `answer` is called
    /// later.
    pub fn submit(&self, draft: Draft) {
        let drafts = self.drafts.as_ref().expect("the archive is open");
        if let Err(refused) = drafts.send(draft) {
            let cause = "the commit thread has ended".to_owned();
            (refused.0.answer)(Err(Arc::new(LogError::Latched { cause })));
        }
    }

    /// Commits an act and waits for it.
    pub fn commit(
        &self,
        act: Act,
        payload: Payload,
        registration: Option<Registration>,
        session: Option<Session>,
    ) -> Result<Outcome, Error> {
        let (to, from) = sync_channel(1);
        let answer = Box::new(move |answer: Answer| {
            // The receiver waits below; it cannot be gone.
            let _ = to.send(answer);
        });
        self.submit(Draft { act, payload, registration, session, answer });
        let answer = from.recv().map_err(|_| LogError::Latched { cause: "the commit thread has ended".into() })?;
        answer.map_err(Error::from)
    }

    /// Commits an act with an act document under a register's key, waits for it, and gives its entry.
    pub fn commit_document(
        &self,
        kind: ActKind,
        actor: ActorId,
        register: Register,
        fields: Map<String, Value>,
    ) -> Result<u64, Error> {
        let (draft_act, payload, session) =
            self.seal_document(kind, actor, ActOwner::Register(register), fields, Vec::new())?;
        Ok(self.commit(draft_act, payload, None, Some(session))?.entry())
    }

    /// A key of the vault.
    pub fn key(&self, slot: KeySlot, owner: RecordId) -> Result<OwnerKey, Error> {
        Ok(self.shared.vault.read().unwrap_or_else(PoisonError::into_inner).key(slot, owner)?)
    }

    /// Publishes tiles and checkpoint of all that is committed, and gives the checkpoint's note.
    pub fn settle(&self) -> Result<String, Error> {
        let mut core = lock(&self.shared.core);
        core.settle()?;
        let note = self.shared.disk.read(&crate::tlog::commit::checkpoint_name()).map_err(LogError::from)?;
        String::from_utf8(note).map_err(|_| LogError::integrity("tlog/checkpoint", "is not text").into())
    }

    /// The signed note of the journal when it had `size` entries: the one that witnesses cosigned, where that is kept,
    /// else signed again, which gives the bytes that it had then.
    pub(crate) fn note_at(&self, size: u64) -> Result<String, Error> {
        self.settle()?;
        if let Some(shown) = self.cosigned()?.filter(|shown| shown.checkpoint.size == size) {
            return Ok(shown.note);
        }
        self.own_note_at(size)
    }

    /// A reader of the journal up to its head, which is published first.
    pub fn log(&self) -> Result<LogReader<'_>, Error> {
        let mut core = lock(&self.shared.core);
        // After a failed write nothing more is published, and reading what is there goes on.
        if core.latched().is_none() {
            core.settle()?;
        }
        Ok(LogReader::new(self.disk(), core.published()))
    }

    /// An entry of the journal.
    pub fn leaf(&self, entry: u64) -> Result<Leaf, Error> {
        let core = lock(&self.shared.core);
        let (published, size) = (core.published(), core.head().size);
        let unpublished = core.unpublished(entry).map(<[u8]>::to_vec);
        drop(core);
        let bytes = match unpublished {
            Some(bytes) => bytes,
            None if entry < published => LogReader::new(self.disk(), published).entry(entry)?,
            None => return Err(LogError::NoEntry { index: entry, size }.into()),
        };
        Ok(Leaf::decode(entry, &bytes).map_err(LogError::from)?)
    }

    /// A chain of entries about an owner from its newest entry back to its first, given oldest first. Each step goes
    /// back in the journal, so it ends.
    ///
    /// # Errors
    /// When an entry is about another owner, or names one that is not before it.
    pub fn chain(&self, owner: RecordId, newest: Option<u64>) -> Result<Vec<(u64, Leaf)>, Error> {
        let mut entries = Vec::new();
        let mut next = newest;
        while let Some(index) = next {
            let leaf = self.leaf(index)?;
            if leaf.rec != Some(owner) || leaf.prev.is_some_and(|prev| prev >= index) {
                let what = format!("the entry is not in the chain of {owner}");
                return Err(Error::new(ErrorCode::LogIntegrity, index.to_string(), what));
            }
            next = leaf.prev;
            entries.push((index, leaf));
        }
        entries.reverse();
        Ok(entries)
    }

    /// The key of a record; of one that was destroyed, that it was.
    pub(crate) fn record_key(&self, slot: KeySlot, record: RecordId) -> Result<OwnerKey, Error> {
        self.key(slot, record).map_err(|e| match self.index().destroyed(record) {
            Ok(Some(_)) => self.no_record(record),
            _ => e,
        })
    }

    /// That there is no such record, that it was destroyed, or that another archive keeps it.
    pub(crate) fn no_record(&self, id: RecordId) -> Error {
        match self.index().destroyed(id) {
            Ok(Some((by, entry))) if self.register_ids().contains(&by) => {
                let what = format!("it went with the archive, entry {entry}");
                Error::new(ErrorCode::ArcDestroyed, id.to_string(), what)
            }
            Ok(Some((by, entry))) if self.index().transfer(by).is_ok_and(|row| row.is_some()) => {
                let what = format!("transfer {by}, entry {entry}");
                Error::new(ErrorCode::ArcHandedOver, id.to_string(), what)
            }
            Ok(Some((plan, entry))) => {
                let what = format!("destroyed by plan {plan}, entry {entry}");
                Error::new(ErrorCode::ArcDestroyed, id.to_string(), what)
            }
            Ok(None) => Error::new(ErrorCode::ArcNoRecord, id.to_string(), "no such record"),
            Err(e) => e.into(),
        }
    }

    /// Waits until the index has all that was committed so far, and gives how long that took.
    pub fn wait_index(&self) -> Result<Duration, Error> {
        self.shared.index_waiters.fetch_add(1, Ordering::Relaxed);
        let result = self.wait_index_at(self.head().size);
        self.shared.index_waiters.fetch_sub(1, Ordering::Relaxed);
        result
    }

    fn wait_index_at(&self, size: u64) -> Result<Duration, Error> {
        let begun = Instant::now();
        self.shared.wait_index(size)?;
        Ok(begun.elapsed())
    }

    /// State of the index.
    pub fn index_meta(&self) -> Meta {
        lock(&self.shared.index).meta
    }

    /// The index, for questions.
    pub fn index(&self) -> Reader<'_> {
        Reader { kv: self.shared.kv.as_ref(), keys: &self.shared.index_keys }
    }

    /// The pseudonym of an account, given when it is first seen. An archive that has ended or stopped gives none any
    /// more: who reads there is nobody it knows.
    pub fn actor(&self, account: &str) -> Result<ActorId, Error> {
        // Held throughout: one account must not get two pseudonyms.
        let _one = lock(&self.shared.accounts);
        if let Some(actor) = self.index().actor(account)? {
            return Ok(actor);
        }
        if self.ended().is_some() || self.conflict().is_some() {
            return Ok(SYSTEM_ACTOR);
        }
        let actor = ActorId(crate::random::bytes());
        let fields = json!({"account": account, "actor": actor.to_string()});
        let fields = fields.as_object().cloned().unwrap_or_default();
        self.commit_document(ActKind::AccountAdded, actor, Register::Archive, fields)?;
        self.wait_index()?;
        Ok(actor)
    }

    /// The vault's subtree of an agency, given when it is first seen.
    pub fn subtree(&self, agency: &str, actor: ActorId) -> Result<u32, Error> {
        // Held throughout: two submissions of a new agency must not make two subtrees.
        let mut agencies = lock(&self.shared.agencies);
        if let Some(subtree) = agencies.get(agency) {
            return Ok(*subtree);
        }
        let subtree = match self.index().subtree(agency)? {
            Some(subtree) => subtree,
            None => {
                self.wait_index()?;
                let subtree = 1 + self.index().agencies()?;
                let fields = json!({"agency": agency, "subtree": subtree});
                let fields = fields.as_object().cloned().unwrap_or_default();
                self.commit_document(ActKind::AgencyAdded, actor, Register::Archive, fields)?;
                self.wait_index()?;
                subtree
            }
        };
        agencies.insert(agency.to_owned(), subtree);
        Ok(subtree)
    }

    /// An object of the store, for reading.
    pub fn object<'a>(
        &'a self,
        key: &OwnerKey,
        owner: RecordId,
        kind: ObjectKind,
        stored: &'a StoredObject,
    ) -> ObjectReader<'a> {
        ObjectReader::new(self.disk(), key, owner, stored.id(), kind, stored.plain_len, &stored.frames)
    }

    /// Ends the archive's threads, publishes the journal and makes the index durable.
    pub fn close(mut self) -> Result<(), Error> {
        self.end()
    }

    fn end(&mut self) -> Result<(), Error> {
        let Some(drafts) = self.drafts.take() else { return Ok(()) };
        drop(drafts);
        for thread in self.threads.drain(..) {
            thread.join().expect("the archive's threads do not panic");
            // The commit thread ends first; then nobody sends to the index thread any more.
            lock(&self.shared.to_index).take();
        }
        if lock(&self.shared.core).latched().is_none() {
            lock(&self.shared.core).settle()?;
        }
        let state = lock(&self.shared.index);
        match &state.failed {
            None => Ok(self.shared.kv.flush()?),
            Some(what) => Err(IndexError::Engine(what.clone()).into()),
        }
    }
}

impl Drop for Archive {
    fn drop(&mut self) {
        // Errors were reported to whoever waited; what is not published now is published at the next open.
        let _ = self.end();
    }
}

/// The registers with keys of their own: whose act documents they hold, and with which key those die.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Register {
    /// Accounts and agencies: lives as long as the archive.
    Archive = 0,
    /// Refused submissions: a retention of its own.
    Refusals = 1,
}

/// Makes the truths of a new archive with its first entries, and gives the configuration to be written.
pub fn create_truths(
    disk: Arc<dyn Disk>,
    keys: Arc<dyn Disk>,
    id: ArchiveId,
    origin: &str,
    clock: Arc<dyn Clock>,
    is_test: bool,
) -> Result<Config, Error> {
    let key_folder = KeyFolder::new(keys, id);
    key_folder.create(LOG_KEY)?;
    let signer = signer(&key_folder, origin)?;
    let config = Config::new(id, signer.verifier().clone());
    let mut core = recover::create(disk, key_folder, id, signer, clock)?;
    let store = core.store_handle();
    let mut acts = Vec::new();
    for (kind, name) in [(ActKind::ArchiveCreated, "archive"), (ActKind::RegisterCreated, "refusals")] {
        let mut act = Act::new(kind, SYSTEM_ACTOR);
        let owner = RecordId(crate::random::bytes());
        let key = OwnerKey::random();
        let fields = json!({"kind": kind.as_str(), "origin": origin, "register": name});
        let document = ActDocument::new(fields.as_object().cloned().unwrap_or_default());
        let sealed =
            documents::seal(&key, owner, act.id, &document, &mut |frame| Ok(lock(&store).append(&frame.bytes)?))?;
        act.rec = Some(owner);
        act.new_key = Some((0, key));
        act.doc = Some(sealed.sha256);
        act.addresses = vec![sealed.object.address];
        acts.push(act);
    }
    if is_test {
        let mut act = Act::new(ActKind::TestDeclared, SYSTEM_ACTOR);
        act.rec = acts.first().and_then(|first| first.rec);
        act.prev = Some(Previous::InBatch(0));
        acts.push(act);
    }
    core.commit(acts)?;
    core.settle()?;
    Ok(config)
}

fn signer(keys: &KeyFolder, origin: &str) -> Result<LogSigner, Error> {
    Ok(LogSigner::new(origin, &keys.named(LOG_KEY)?.0))
}

/// The registers are made by the first two entries.
fn registers(disk: &dyn Disk, size: u64) -> Result<[(RecordId, KeySlot); 2], Error> {
    let log = LogReader::new(disk, size);
    let register = |index| {
        let leaf = Leaf::decode(index, &log.entry(index)?).map_err(LogError::from)?;
        let found = leaf.rec.zip(leaf.key);
        found.ok_or_else(|| LogError::integrity("tlog/tile/entries", format!("entry {index} makes no register")))
    };
    Ok([register(0)?, register(1)?])
}

/// An archive for tests says so in entry 2, where an archive in use has something else for ever.
fn is_test(disk: &dyn Disk, size: u64) -> Result<bool, Error> {
    if size <= 2 {
        return Ok(false);
    }
    let leaf = Leaf::decode(2, &LogReader::new(disk, size).entry(2)?).map_err(LogError::from)?;
    Ok(leaf.act == ActKind::TestDeclared)
}

// Others on the machine must not list the archive; the files themselves are sealed.
fn restrict(folder: &Path) -> Result<(), Error> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))
        .map_err(|e| LogError::from(crate::store::DiskError::io("restrict", &folder.display().to_string(), e)).into())
}

/// Takes the archive for this process, waiting a while for another to let go.
pub fn hold(folder: &Path) -> Result<File, Error> {
    let path = folder.join("state").join("held");
    let failed =
        |e: std::io::Error| LogError::from(crate::store::DiskError::io("hold", &path.display().to_string(), e));
    std::fs::create_dir_all(folder.join("state")).map_err(failed)?;
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
    let step = Duration::from_millis(100);
    let mut waited = Duration::ZERO;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(std::fs::TryLockError::WouldBlock) if waited < HOLD_WAIT => {
                std::thread::sleep(step);
                waited += step;
            }
            Err(std::fs::TryLockError::WouldBlock) => {
                let what = "another process holds the archive";
                return Err(Error::new(ErrorCode::ArcHeld, folder.display().to_string(), what));
            }
            Err(std::fs::TryLockError::Error(e)) => return Err(failed(e).into()),
        }
    }
}

/// Removes the index of the archive in `folder` and its key, so that the next open builds a new generation.
pub fn forget_index(folder: &Path) -> Result<(), Error> {
    let config = Config::load(folder)?;
    let _held = hold(folder)?;
    let disk = Arc::new(LocalDisk::open(&config.keys_path(folder), Erasing::Everything).map_err(LogError::from)?);
    let medium = IndexFolder { path: folder.join("index"), engine: config.engine };
    forget(&medium, &KeyFolder::new(disk, config.archive_id), &mut |_, _| {})
}

impl From<ConfigError> for Error {
    fn from(e: ConfigError) -> Self {
        Error::caused(e.code(), "muragat.toml", e)
    }
}
