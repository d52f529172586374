//! Commits beside the commit thread: acts that stand or fall together, decided on at the head of the journal, and the
//! one way by which a key goes.
//!
//! Invariants
//!   - Nothing is committed between a decision and its acts, and the index had all that was before.
//!   - A key goes only with an act of the journal that says so
//!     ([`ActKind::erases`](crate::tlog::leaf::ActKind::erases)), and never while a hold keeps what it is the key of,
//!     or while holds were lost that nobody has confirmed ([`Archive::locked_agencies`]).
//!
//! A crash leaves all acts of one call or none; what a roll of the vault leaves, `vault` says.

use super::{Archive, Session, lock, threads};
use crate::error::{Error, ErrorCode};
use crate::index::writer::{self, Payload};
use crate::model::id::{ActorId, RecordId};
use crate::tlog::commit::{Act, Committed, Committer, Previous};
use crate::tlog::leaf::Chain;
use std::collections::HashMap;
use std::sync::atomic::Ordering;

/// Acts with what they bring, and the sessions that are held until they are committed.
pub(crate) type Decided = (Vec<(Act, Payload)>, Vec<Session>);

impl Archive {
    /// Commits several acts that stand or fall together, and waits for them. Whoever appended their objects keeps the
    /// sessions until then.
    pub(crate) fn commit_together(&self, acts: Vec<(Act, Payload)>) -> Result<Vec<Committed>, Error> {
        self.commit_together_deciding(|| Ok((acts, Vec::new())))
    }

    /// The same with acts that `decide` finds at the head of the journal.
    pub(crate) fn commit_together_deciding(
        &self,
        decide: impl FnOnce() -> Result<Decided, Error>,
    ) -> Result<Vec<Committed>, Error> {
        let committed = self.commit_deciding(decide, |core, acts| Ok(core.commit(acts)?))?;
        self.wait_index()?;
        Ok(committed)
    }

    /// Commits these acts, which bring no keys, together with a move of the vault to a new epoch without the keys of
    /// what they erase ([`ActKind::erases`]): when the acts are durable, the keys are gone. Gives the move itself last.
    ///
    /// The one way by which a key goes: nothing that a hold keeps goes by it, whoever asks.
    pub(crate) fn roll_vault(&self, acts: Vec<(Act, Payload)>, actor: ActorId) -> Result<Vec<Committed>, Error> {
        self.roll_vault_deciding(|| Ok((acts, Vec::new())), actor)
    }

    /// Loses the key of an owner without an act, as nothing of the program does: for tests of what finds that out.
    #[cfg(any(test, feature = "testing"))]
    pub fn lose_key(&self, owner: RecordId) -> Result<(), Error> {
        let reader = self.index();
        let id = writer::read_id(reader.kv, reader.keys, owner)?.ok_or_else(|| self.no_record(owner))?;
        self.commit_deciding(
            || Ok(Decided::default()),
            |core, acts| Ok(core.roll(acts, &[id.key], true, crate::tlog::commit::SYSTEM_ACTOR)?),
        )?;
        self.wait_index()?;
        Ok(())
    }

    /// The same with acts that `decide` finds at the head of the journal, while nobody else can write and the index has
    /// all that was written.
    pub(crate) fn roll_vault_deciding(
        &self,
        decide: impl FnOnce() -> Result<Decided, Error>,
        actor: ActorId,
    ) -> Result<Vec<Committed>, Error> {
        self.commit_deciding(decide, |core, acts| {
            let mut erase = Vec::new();
            for act in acts.iter().filter(|act| act.kind.erases()) {
                let unknown =
                    || Error::new(ErrorCode::ArcNoRecord, "record", "an act erases a key that was never given");
                let owner = act.rec.ok_or_else(unknown)?;
                self.check_not_held(owner)?;
                self.check_unlocked(act.kind, owner)?;
                let id = writer::read_id(self.index().kv, self.index().keys, owner)?.ok_or_else(unknown)?;
                erase.push(id.key);
            }
            Ok(core.roll(acts, &erase, true, actor)?)
        })
    }

    fn check_not_held(&self, record: RecordId) -> Result<(), Error> {
        let index = self.index();
        let file = index.file_of(record)?.flatten();
        for target in [Some(record), file].into_iter().flatten() {
            if let Some(hold) = index.holds_on(target)?.first() {
                let what = format!("hold {hold} keeps it");
                return Err(Error::new(ErrorCode::HldHeld, record.to_string(), what));
            }
        }
        Ok(())
    }

    /// Commits acts beside the commit thread, each linked to its record's entry before. They are decided on at the head
    /// of the journal: nothing is committed between the decision and them.
    pub(super) fn commit_deciding(
        &self,
        decide: impl FnOnce() -> Result<Decided, Error>,
        commit: impl FnOnce(&mut Committer, Vec<Act>) -> Result<Vec<Committed>, Error>,
    ) -> Result<Vec<Committed>, Error> {
        let mut core = lock(&self.shared.core);
        // Nothing is committed while the core is held, so the index has the heads once it has what was before.
        self.shared.wait_index(core.head().size)?;
        let (acts, sessions) = decide()?;
        let (mut acts, payloads): (Vec<Act>, Vec<Payload>) = acts.into_iter().unzip();
        let payloads = acts.iter().map(|act| act.id).zip(payloads).collect();
        let mut heads: HashMap<(RecordId, Chain), Previous> = HashMap::new();
        for (position, act) in acts.iter_mut().enumerate() {
            let Some(record) = act.rec else { continue };
            let chain = act.kind.chain();
            act.prev = match heads.insert((record, chain), Previous::InBatch(position)) {
                Some(head) => Some(head),
                None => {
                    let row = writer::read_id(self.index().kv, self.index().keys, record)?;
                    row.and_then(|row| row.head(chain).newest).map(Previous::Entry)
                }
            };
        }
        let committed = commit(&mut core, acts);
        drop(sessions);
        // The commit thread knows nothing of these entries until the index has them.
        self.shared.rolled.store(true, Ordering::Relaxed);
        // After a roll the entries are in the journal even when erasing the old side failed.
        threads::send_to_index(&self.shared, core, payloads);
        committed
    }
}
