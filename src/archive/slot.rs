//! An archive that one process keeps open for many, and opens again where an act needs it.
//!
//! Whoever asks gets the opened archive and lets go of it soon. Where the index has to be written under a new key (a
//! key was erased), or a command must have the archive to itself, nobody gets it any more, those who have it are waited
//! for, and it is opened again afterwards.
//!
//! Invariants
//!   - The archive is closed only when nobody has it.
//!   - While it is away, whoever asks waits for a bounded time and is then told to come again (`ARC-001`).
//!   - One that cannot be opened again stays away, and everybody is told why, until it can be.
//!
//! It decides nothing: who may ask is decided elsewhere.

use super::Archive;
use crate::clock::Clock;
use crate::error::{Error, ErrorCode};
use crate::model::id::ActorId;
use crate::tlog::compact::Compacted;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long who asks waits while the archive is away: as long as another process waits for its lock.
const WAIT: Duration = super::HOLD_WAIT;
/// How long those who have it are waited for. Own bound: longer than a batch of intake, shorter than a person waits.
const LET_GO: Duration = Duration::from_secs(120);
/// The same for what can wait: while somebody works long, as at a bundle, nobody else is kept from it for that.
const LET_GO_SOON: Duration = Duration::from_secs(1);
/// How long after a try that failed the next is made.
const AGAIN: Duration = Duration::from_secs(30);
/// How often it is looked whether they have let go.
const STEP: Duration = Duration::from_millis(5);

enum State {
    Open(Arc<Archive>),
    /// Somebody has it alone, or it is being opened again.
    Away,
    /// It could not be opened again.
    Failed(ErrorCode, String),
}

/// The archive of a process that serves.
pub struct Slot {
    folder: PathBuf,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    moved: Condvar,
    /// How many wait to have it alone: who can let go does.
    wanted: AtomicUsize,
    /// When it was last tried to open it again, or to write its index anew, and that failed.
    failed: Mutex<Option<Instant>>,
}

impl Slot {
    /// Opens the archive in `folder` for many.
    pub fn open(folder: &Path, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        let archive = Archive::open(folder, clock.clone(), &mut |_, _| {})?;
        let state = Mutex::new(State::Open(Arc::new(archive)));
        let (wanted, failed) = (AtomicUsize::new(0), Mutex::default());
        Ok(Self { folder: folder.to_owned(), clock, state, moved: Condvar::new(), wanted, failed })
    }

    /// The folder of the archive.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The clock that the archive is opened with.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// The opened archive. An index that has traces of an erased record is first written anew.
    pub fn get(&self) -> Result<Arc<Archive>, Error> {
        match self.wait(WAIT) {
            Ok(archive) if !archive.index_meta().stale || !self.may_try() => return Ok(archive),
            Ok(archive) => drop(archive),
            // It could not be opened again; by now it may.
            Err(e) if e.code != ErrorCode::ArcHeld && self.may_try() => {}
            Err(e) => return Err(e),
        }
        // Opening it again writes a stale index anew. Where somebody does not let go, or somebody else does it, the
        // archive is used as it is, and it is tried again later.
        if let Ok(alone) = self.alone_within(Duration::ZERO, LET_GO_SOON) {
            drop(alone);
        }
        self.wait(WAIT)
    }

    /// Whether enough time has passed since the last try; then it is noted that one is made.
    fn may_try(&self) -> bool {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        let may = failed.is_none_or(|at| at.elapsed() >= AGAIN);
        if may {
            *failed = Some(Instant::now());
        }
        may
    }

    /// Whether somebody waits to have the archive alone: who works at something long lets go of it.
    pub fn is_wanted(&self) -> bool {
        self.wanted.load(Ordering::Relaxed) > 0
    }

    /// Has the index built again, because it turned out damaged; not more often than now and then.
    pub fn rebuild_index(&self) {
        if !self.may_try() {
            return;
        }
        if let Ok(alone) = self.alone_within(Duration::ZERO, LET_GO_SOON) {
            // What fails here shows when the archive is opened again.
            let _ = super::forget_index(&self.folder);
            drop(alone);
        }
    }

    /// The opened archive, when nobody has it alone; for who must not wait. A stale index is no obstacle.
    pub fn try_get(&self) -> Option<Arc<Archive>> {
        match &*self.lock() {
            State::Open(archive) => Some(archive.clone()),
            State::Away | State::Failed(..) => None,
        }
    }

    /// The same for who cannot tell it from an archive of its own.
    pub fn handle(self: &Arc<Self>) -> Result<Handle, Error> {
        Ok(Handle::Served(self.get()?, self.clone()))
    }

    /// Closes the archive, so that the folder can be held by somebody else; it is opened again when the answer is
    /// dropped. Who comes while somebody else has it, or while it is opened again, waits a little.
    pub fn alone(&self) -> Result<Alone<'_>, Error> {
        self.alone_within(WAIT, LET_GO)
    }

    fn alone_within(&self, most: Duration, let_go: Duration) -> Result<Alone<'_>, Error> {
        let (archive, alone) = self.take(most, let_go)?;
        archive.map_or(Ok(()), Archive::close)?;
        Ok(alone)
    }

    /// Takes the archive out, which nobody else has then; none when it could not be opened before. While it is away it
    /// is waited for.
    fn take(&self, most: Duration, let_go: Duration) -> Result<(Option<Archive>, Alone<'_>), Error> {
        let until = Instant::now() + most;
        let mut state = self.lock();
        let mut archive = loop {
            match std::mem::replace(&mut *state, State::Away) {
                State::Open(archive) => break archive,
                State::Away => state = self.moved_by(state, until)?,
                // Whoever comes next may mend what is wrong, and then it is tried to open it again.
                State::Failed(..) => return Ok((None, Alone { slot: self })),
            }
        };
        drop(state);
        let _wanted = Wanted::new(&self.wanted);
        let begun = Instant::now();
        loop {
            match Arc::try_unwrap(archive) {
                Ok(archive) => return Ok((Some(archive), Alone { slot: self })),
                Err(shared) if begun.elapsed() < let_go => archive = shared,
                Err(shared) => {
                    self.put(State::Open(shared));
                    return Err(self.held());
                }
            }
            std::thread::sleep(STEP);
        }
    }

    /// Closes the archive for good, waiting for those who have it.
    pub fn close(&self) -> Result<(), Error> {
        let alone = self.alone()?;
        // It is not opened again.
        std::mem::forget(alone);
        Ok(())
    }

    fn wait(&self, most: Duration) -> Result<Arc<Archive>, Error> {
        let until = Instant::now() + most;
        let mut state = self.lock();
        loop {
            match &*state {
                State::Open(archive) => return Ok(archive.clone()),
                State::Failed(code, what) => return Err(Error::new(*code, "archive", what.clone())),
                State::Away => {}
            }
            state = self.moved_by(state, until)?;
        }
    }

    /// Waits for another state.
    fn moved_by<'a>(&self, state: MutexGuard<'a, State>, until: Instant) -> Result<MutexGuard<'a, State>, Error> {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(self.held());
        }
        Ok(self.moved.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0)
    }

    fn held(&self) -> Error {
        let what = "a command has the archive to itself for the moment";
        Error::new(ErrorCode::ArcHeld, self.folder.display().to_string(), what)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, state: State) {
        *self.lock() = state;
        self.moved.notify_all();
    }
}

/// Counts one who waits, as long as it is there.
struct Wanted<'a>(&'a AtomicUsize);

impl<'a> Wanted<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Wanted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// An opened archive: of this command alone, or the one that a service keeps open for all.
pub enum Handle {
    /// Nobody else has it.
    Own(Box<Archive>),
    /// Others use it too.
    Served(Arc<Archive>, Arc<Slot>),
}

impl Deref for Handle {
    type Target = Archive;

    fn deref(&self) -> &Archive {
        match self {
            Handle::Own(archive) => archive,
            Handle::Served(archive, _) => archive,
        }
    }
}

impl Handle {
    /// Closes the archive; one that others use is let go when the index has all that was done.
    pub fn close(self) -> Result<(), Error> {
        match self {
            Handle::Own(archive) => (*archive).close(),
            Handle::Served(archive, _) => archive.wait_index().map(drop),
        }
    }

    /// [`Archive::compact`]; an archive that others use is opened for them again.
    pub fn compact(self, actor: ActorId) -> Result<Compacted, Error> {
        match self {
            Handle::Own(archive) => (*archive).compact(actor),
            Handle::Served(archive, slot) => {
                drop(archive);
                let (archive, _alone) = slot.take(WAIT, LET_GO)?;
                archive.ok_or_else(|| slot.held())?.compact(actor)
            }
        }
    }
}

/// The archive is closed as long as this is there.
pub struct Alone<'a> {
    slot: &'a Slot,
}

impl Drop for Alone<'_> {
    fn drop(&mut self) {
        let opened = Archive::open(&self.slot.folder, self.slot.clock.clone(), &mut |_, _| {});
        self.slot.put(match opened {
            Ok(archive) => State::Open(Arc::new(archive)),
            Err(e) => State::Failed(e.code, e.what),
        });
    }
}
