//! The two threads of an opened archive: one commits, one keeps the index.
//!
//! The commit thread makes one batch of all drafts that wait, and resolves here what depends on what was committed
//! before: a record's previous entry and whether a registration is free. A batch goes to the index thread in the order
//! of the journal.
//!
//! A crash leaves what [`tlog::commit`](crate::tlog::commit) says; the index is brought to the head at the next open.

use super::{
    Answer, BATCH_MAX, Draft, INDEX_BATCH, INDEX_FLUSH, INDEX_GATHER, IndexBatch, Outcome, Registration, Shared, lock,
};
use crate::index::IndexError;
use crate::index::query::Reader;
use crate::index::rows::RecordRow;
use crate::index::writer::{self, Input, Payload};
use crate::model::digest::Sha256;
use crate::model::fold;
use crate::model::id::{ActId, RecordId};
use crate::model::record::CardField;
use crate::store::segment::StoreEnd;
use crate::tlog::LogError;
use crate::tlog::commit::{Act, Committed, Committer, Previous};
use crate::tlog::leaf::Chain;
use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Receiver;
use std::sync::{Arc, MutexGuard};

/// The commit thread: everything that waits becomes one batch.
pub(super) fn commit_loop(shared: &Shared, waiting: &Receiver<Draft>) {
    let mut recent = Recent::default();
    while let Ok(first) = waiting.recv() {
        let mut drafts = vec![first];
        drafts.extend(waiting.try_iter().take(BATCH_MAX - 1));
        commit_drafts(shared, drafts, &mut recent);
    }
}

/// Heads and registrations of entries that the index does not have yet.
#[derive(Default)]
struct Recent {
    heads: HashMap<(RecordId, Chain), Previous>,
    registrations: HashMap<Registration, (RecordId, Vec<(u8, Sha256)>)>,
}

type Reply = (Box<dyn FnOnce(Answer) + Send>, Outcome);

fn commit_drafts(shared: &Shared, drafts: Vec<Draft>, recent: &mut Recent) {
    let mut core = lock(&shared.core);
    // Entries that were committed beside this thread: heads from before them would break a record's chain. A failed
    // index shows when the drafts ask it.
    if shared.rolled.swap(false, Ordering::Relaxed) {
        let _ = shared.wait_index(core.head().size);
    }
    if lock(&shared.index).meta.size >= core.head().size {
        *recent = Recent::default();
    }
    let mut acts: Vec<Act> = Vec::with_capacity(drafts.len());
    let mut kept = Vec::with_capacity(drafts.len());
    // Answers wait for the commit, also those that only refer to another draft of this batch.
    let mut replies: Vec<Reply> = Vec::with_capacity(drafts.len());
    for mut draft in drafts {
        match check_draft(shared, recent, &mut draft, acts.len()) {
            Ok(None) => {
                acts.push(draft.act.clone());
                kept.push(draft);
            }
            Ok(Some(outcome)) => replies.push((draft.answer, outcome)),
            Err(e) => (draft.answer)(Err(Arc::new(e))),
        }
    }
    let committed = if acts.is_empty() { Ok(Vec::new()) } else { core.commit(acts) };
    match committed {
        Ok(committed) => {
            let mut payloads: HashMap<ActId, Payload> = HashMap::with_capacity(kept.len());
            for (draft, committed) in kept.into_iter().zip(committed) {
                if let Some(record) = committed.leaf.rec {
                    recent.heads.insert((record, committed.leaf.act.chain()), Previous::Entry(committed.index));
                }
                let mut payload = draft.payload;
                match &mut payload {
                    Payload::Record(row) => {
                        row.entry = committed.index;
                        row.accepted = committed.leaf.t;
                    }
                    Payload::Amendment(row) => row.part.entry = committed.index,
                    _ => {}
                }
                payloads.insert(committed.leaf.id, payload);
                replies.push((draft.answer, Outcome::Done(Box::new(committed))));
                // Dropped here: the act is committed, its frames lie below the watermark to come.
                drop(draft.session);
            }
            for (answer, outcome) in replies {
                answer(Ok(outcome));
            }
            send_to_index(shared, core, payloads);
        }
        Err(e) => {
            let e = Arc::new(e);
            for answer in kept.into_iter().map(|d| d.answer).chain(replies.into_iter().map(|(answer, _)| answer)) {
                answer(Err(e.clone()));
            }
            send_to_index(shared, core, HashMap::new());
        }
    }
}

/// Hands what was committed since the last call to the index thread.
pub(super) fn send_to_index(
    shared: &Shared,
    mut core: MutexGuard<'_, Committer>,
    mut payloads: HashMap<ActId, Payload>,
) {
    let input = |c: Committed| {
        let payload = payloads.remove(&c.leaf.id).unwrap_or(Payload::None);
        Input { index: c.index, leaf: c.leaf, payload }
    };
    let inputs: Vec<Input> = core.take_unsent().into_iter().map(input).collect();
    let batch = IndexBatch { inputs, root: core.head().root, scan_from: low_water(shared) };
    // Sent while the core is held, so that batches arrive in the order of the journal. An index thread that has failed
    // takes no more; whoever waits for the index is told, and the next open builds it again.
    if !batch.inputs.is_empty()
        && let Some(to_index) = lock(&shared.to_index).as_ref()
    {
        let _ = to_index.send(batch);
    }
    drop(core);
}

/// Frames before this place belong to acts that are committed, or to none.
fn low_water(shared: &Shared) -> StoreEnd {
    let sessions = lock(&shared.sessions);
    let end = lock(&shared.store).end();
    let key = |e: &StoreEnd| (e.segment, e.len);
    sessions.values().copied().chain([end]).min_by_key(key).unwrap_or(end)
}

/// Resolves the record's previous entry and checks that the registration is free. An outcome means: not to be
/// committed.
fn check_draft(
    shared: &Shared,
    recent: &mut Recent,
    draft: &mut Draft,
    position: usize,
) -> Result<Option<Outcome>, LogError> {
    let reader = Reader { kv: shared.kv.as_ref(), keys: &shared.index_keys };
    let failed = |e: IndexError| LogError::Latched { cause: e.to_string() };
    if let Some(record) = draft.act.rec.filter(|_| draft.act.new_key.is_none()) {
        let chain = draft.act.kind.chain();
        draft.act.prev = match recent.heads.get(&(record, chain)) {
            Some(head) => Some(*head),
            None => {
                let row = writer::read_id(reader.kv, reader.keys, record).map_err(failed)?;
                row.and_then(|row| row.head(chain).newest).map(Previous::Entry)
            }
        };
    }
    let outcome = check_registration(&reader, recent, draft)?;
    // Only what is committed is a head.
    if outcome.is_none()
        && let Some(record) = draft.act.rec
        && draft.act.new_key.is_none()
    {
        recent.heads.insert((record, draft.act.kind.chain()), Previous::InBatch(position));
    }
    Ok(outcome)
}

fn check_registration(reader: &Reader<'_>, recent: &mut Recent, draft: &Draft) -> Result<Option<Outcome>, LogError> {
    let failed = |e: IndexError| LogError::Latched { cause: e.to_string() };
    let Some(registration) = &draft.registration else { return Ok(None) };
    if let (Payload::Amendment(_), Some(record)) = (&draft.payload, draft.act.rec) {
        let rows = registered_rows(reader, registration).map_err(failed)?;
        let other = rows.iter().filter(|row| is_registered(row, registration)).map(RecordRow::id);
        let recent_other = recent.registrations.get(registration).map(|(other, _)| *other);
        let taken = other.chain(recent_other).find(|other| *other != record);
        if taken.is_none() {
            // Content that no submission has: another one under this registration is in conflict.
            recent.registrations.entry(registration.clone()).or_insert_with(|| (record, Vec::new()));
        }
        return Ok(taken.map(Outcome::Conflict));
    }
    let Payload::Record(row) = &draft.payload else { return Ok(None) };
    let content = row.content();
    if let Some(outcome) = registered(reader, registration, &content).map_err(failed)? {
        return Ok(Some(outcome));
    }
    if let Some((record, held)) = recent.registrations.get(registration) {
        let same = *held == content;
        return Ok(Some(if same { Outcome::Held(*record) } else { Outcome::Conflict(*record) }));
    }
    recent.registrations.insert(registration.clone(), (row.id(), content));
    Ok(None)
}

/// Whether a registration is taken, and by the same content.
///
/// A record whose card was corrected since is found under its earlier registration too: the same submission is held
/// already, but the number it had by mistake is free for the document it belongs to.
pub(crate) fn registered(
    reader: &Reader<'_>,
    registration: &Registration,
    content: &[(u8, Sha256)],
) -> Result<Option<Outcome>, IndexError> {
    let mut conflict = None;
    for row in registered_rows(reader, registration)? {
        if row.content() == content {
            return Ok(Some(Outcome::Held(row.id())));
        }
        if is_registered(&row, registration) {
            conflict = Some(Outcome::Conflict(row.id()));
        }
    }
    Ok(conflict)
}

/// Whether this is the registration on the record's newest card.
fn is_registered(row: &RecordRow, registration: &Registration) -> bool {
    let field = |f| row.card_field(f).unwrap_or_default();
    row.agency == registration.agency
        && fold::number(field(CardField::RegistrationNumber)) == fold::number(&registration.number)
        && field(CardField::DocumentDate) == registration.date
}

/// Records of a registration.
pub(crate) fn registered_rows(reader: &Reader<'_>, registration: &Registration) -> Result<Vec<RecordRow>, IndexError> {
    let numbers = reader.registered(&registration.agency, &registration.number, &registration.date)?;
    numbers.into_iter().filter_map(|number| reader.record(number).transpose()).collect()
}

/// The index thread: applies what was committed, several batches in one transaction when they wait.
pub(super) fn index_loop(shared: &Shared, batches: &Receiver<IndexBatch>) {
    let mut flushed = lock(&shared.index).meta.size;
    while let Ok(mut batch) = batches.recv() {
        // Entries of one transaction share posting rows: while more come and nobody waits, that is worth a moment.
        while batch.inputs.len() < INDEX_BATCH
            && let Ok(more) = match shared.index_waiters.load(Ordering::Relaxed) {
                0 => batches.recv_timeout(INDEX_GATHER).ok().ok_or(()),
                _ => batches.try_recv().map_err(drop),
            }
        {
            batch.inputs.extend(more.inputs);
            batch.root = more.root;
            batch.scan_from = more.scan_from;
        }
        let meta = lock(&shared.index).meta;
        let applied =
            writer::apply(shared.kv.as_ref(), &shared.index_keys, meta, batch.inputs, batch.root, batch.scan_from);
        let applied = applied.and_then(|meta| {
            if meta.size - flushed >= INDEX_FLUSH {
                shared.kv.flush()?;
                flushed = meta.size;
            }
            Ok(meta)
        });
        let mut state = lock(&shared.index);
        match applied {
            Ok(meta) => state.meta = meta,
            Err(e) => state.failed = Some(e.to_string()),
        }
        shared.index_moved.notify_all();
        if state.failed.is_some() {
            return;
        }
    }
}
