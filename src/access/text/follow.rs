//! Keeping the words up with the journal.
//!
//! From the watermark on, every record that came or grew is read: its card, and the text of its main files and
//! attachments, taken in limited processes ([`extract`](crate::extract)) or, when it was taken before, from what is
//! kept.
//! Records that are not there any more go.
//!
//! What reaches the disk: texts, then words with the watermark, a batch at a time. A crash leaves the last batch whole;
//! the next run goes on after it. A document that cannot be read has no words but those of its card, and is no
//! obstacle.

use crate::access::Opened;
use crate::archive::{Archive, Texts};
use crate::error::{Error, ErrorCode};
use crate::extract::Extractors;
use crate::index::rows::RecordRow;
use crate::index::text::{Facets, Unit};
use crate::index::writer::read_id;
use crate::limits::CHUNK_BYTES;
use crate::model::extracted::{Extracted, Outcome};
use crate::model::format::Family;
use crate::model::id::RecordId;
use crate::model::record::{CardField, Component};
use crate::model::submission::Role;
use crate::store::envelope::{Carried, carried};
use crate::store::format::ObjectKind;
use crate::tlog::leaf::{ActKind, Leaf};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;

/// Records of one batch. Own bound: what a crash takes again.
const BATCH: usize = 64;
/// Entries that are looked through for one batch.
const ENTRIES: u64 = 4096;

/// What a run came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Followed {
    /// Records that were indexed.
    pub records: u64,
    /// Components by what came of their text.
    pub outcomes: BTreeMap<&'static str, u64>,
    /// Entries of the journal that the words have now.
    pub watermark: u64,
}

/// Brings the words up to the journal. `progress` is told entries done and in all; It ends between two documents
/// when `is_over` says so: what was read is kept.
pub fn follow(
    archive: &Archive,
    extractors: &Extractors,
    threads: usize,
    is_over: &(dyn Fn() -> bool + Sync),
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Followed, Error> {
    let texts = archive.texts()?;
    // One at a time: two would do the same work twice.
    let _one = texts.following();
    let mut followed = Followed::default();
    let mut at = texts.index.watermark().unwrap_or(0);
    if at == 0 {
        forget_the_gone(archive, &texts)?;
    }
    loop {
        let size = archive.index_meta().size;
        followed.watermark = at;
        progress(at, size);
        if at >= size || is_over() {
            return Ok(followed);
        }
        let (touched, end) = touched(archive, at, size)?;
        let mut gone = touched.clone();
        let mut put_one = |record: RecordId, taken: Taken| {
            gone.remove(&record);
            put(&texts, record, &taken)?;
            followed.records += 1;
            for text in taken.texts.values() {
                *followed.outcomes.entry(text.outcome.as_str()).or_default() += 1;
            }
            Ok(())
        };
        if !take(archive, &texts, extractors, threads, &touched, is_over, &mut put_one)? {
            // Texts that were taken are kept; the words of half a batch are not counted, and come again.
            texts.kept.flush()?;
            texts.index.commit(at)?;
            return Ok(followed);
        }
        for record in gone {
            texts.index.remove(record)?;
            texts.kept.remove(record)?;
        }
        texts.kept.flush()?;
        texts.index.commit(end)?;
        at = end;
    }
}

/// Records that entries from `at` on touch, at most a batch, and the entry after the last that was looked at.
fn touched(archive: &Archive, at: u64, size: u64) -> Result<(BTreeSet<RecordId>, u64), Error> {
    let mut touched = BTreeSet::new();
    let mut end = at;
    let log = archive.log()?;
    log.leaves::<Error>(at, size.min(at + ENTRIES).min(log.size()), |index, leaf| {
        if touched.len() < BATCH {
            touched.extend(touches(&leaf));
            end = index + 1;
        }
        Ok(())
    })?;
    Ok((touched, end))
}

/// The record whose words an entry may change.
fn touches(leaf: &Leaf) -> Option<RecordId> {
    let is_change = matches!(leaf.act, ActKind::RecordAccepted | ActKind::RecordAmended) || leaf.act.erases();
    leaf.rec.filter(|_| is_change)
}

/// A record that is to be indexed.
struct Taken {
    row: RecordRow,
    /// Text by the number of the component.
    texts: BTreeMap<usize, Extracted>,
}

/// Takes the texts of records, several at a time, and gives each as it comes; records that are not there are not given.
/// False when it was told to end before all were taken.
fn take(
    archive: &Archive,
    texts: &Texts,
    extractors: &Extractors,
    threads: usize,
    records: &BTreeSet<RecordId>,
    is_over: &(dyn Fn() -> bool + Sync),
    give: &mut dyn FnMut(RecordId, Taken) -> Result<(), Error>,
) -> Result<bool, Error> {
    let records: Vec<RecordId> = records.iter().copied().collect();
    let next = AtomicUsize::new(0);
    // Few at a time: a text can have some dozen MiB.
    let (to, from) = sync_channel::<(RecordId, Result<Option<Taken>, Error>)>(1);
    std::thread::scope(|scope| {
        for _ in 0..threads.clamp(1, records.len().max(1)) {
            let (to, records, next) = (to.clone(), &records, &next);
            scope.spawn(move || {
                while let Some(record) = records.get(next.fetch_add(1, Ordering::Relaxed)).filter(|_| !is_over()) {
                    let taken = take_one(archive, texts, extractors, *record);
                    if to.send((*record, taken)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(to);
        let mut count = 0;
        for (record, taken) in from {
            count += 1;
            if let Some(taken) = taken? {
                give(record, taken)?;
            }
        }
        Ok(count == records.len())
    })
}

fn take_one(
    archive: &Archive,
    texts: &Texts,
    extractors: &Extractors,
    record: RecordId,
) -> Result<Option<Taken>, Error> {
    let reader = archive.index();
    let Some(id) = read_id(reader.kv, reader.keys, record)? else { return Ok(None) };
    let Some(row) = reader.record_by_id(record)? else { return Ok(None) };
    let key = match archive.record_key(id.key, record) {
        Err(e) if e.code.is_gone() => return Ok(None),
        key => key?,
    };
    let opened = Opened::unread(archive, row, id, key.clone());
    let formats = match formats(&opened) {
        Ok(formats) => formats,
        // A record that is damaged is the audit's business; it is found by its card.
        Err(e) if is_damage(&e) => HashMap::new(),
        Err(e) => return Err(e),
    };
    let mut found = BTreeMap::new();
    for (number, component) in opened.row.components.iter().enumerate() {
        if !matches!(component.role(), Role::Main | Role::Attachment) {
            continue;
        }
        let object = &component.stored.object;
        let text = match texts.kept.get(&key, record, object)? {
            Some(text) => text,
            None => {
                let text = extract(&opened, extractors, number, formats.get(&component.path))?;
                texts.kept.put(&key, record, object, &text)?;
                text
            }
        };
        found.insert(number, text);
    }
    Ok(Some(Taken { row: opened.row, texts: found }))
}

/// Families of the components by path: of what an attached CMS carries, that of the document inside.
fn formats(opened: &Opened<'_>) -> Result<HashMap<String, (Family, bool)>, Error> {
    let mut formats = HashMap::new();
    let mut add = |component: &Component| {
        let inner = component.content.as_ref().map(|inner| (inner.format.family, true));
        let outer = component.format.as_ref().map(|format| (format.family, false));
        if let Some(format) = inner.or(outer) {
            formats.insert(component.path.clone(), format);
        }
    };
    opened.manifest()?.components.iter().for_each(&mut add);
    for (_, amendment) in opened.amendments()? {
        amendment.components.iter().for_each(&mut add);
    }
    Ok(formats)
}

fn extract(
    opened: &Opened<'_>,
    extractors: &Extractors,
    number: usize,
    format: Option<&(Family, bool)>,
) -> Result<Extracted, Error> {
    let unread = || Extracted::bare(Outcome::Unsupported, None, "none");
    let (Some(component), Some((family, is_inside))) = (opened.row.components.get(number), format) else {
        return Ok(unread());
    };
    let object = opened.archive.object(&opened.key, opened.row.id(), ObjectKind::Component, &component.stored);
    let mut source = object.seekable();
    let name = &component.path;
    if !is_inside {
        return damaged_is_failed(extractors.extract(*family, name, &mut source, component.stored.plain_len));
    }
    match carried(opened.archive.spool(), &mut source) {
        Ok(Carried::Document(mut inner)) => {
            let len = component.content.as_ref().map_or(0, |content| content.size);
            damaged_is_failed(extractors.extract(*family, name, &mut inner, len))
        }
        _ => Ok(unread()),
    }
}

/// What cannot be read from the store has no text; what cannot be started is a failure of the machine.
fn damaged_is_failed(extracted: Result<Extracted, Error>) -> Result<Extracted, Error> {
    match extracted {
        Err(e) if is_damage(&e) => Ok(Extracted::bare(Outcome::Failed, None, "none")),
        extracted => extracted,
    }
}

fn is_damage(e: &Error) -> bool {
    matches!(e.code, ErrorCode::StoChanged | ErrorCode::StoMissing)
}

fn put(texts: &Texts, record: RecordId, taken: &Taken) -> Result<(), Error> {
    let row = &taken.row;
    let field = |field| row.card_field(field).map(str::to_owned);
    let facets = Facets {
        agency: row.agency.clone(),
        access: row.access().as_str().to_owned(),
        kind: row.kind().as_str().to_owned(),
        direction: row.direction().as_str().to_owned(),
        date: field(CardField::DocumentDate).and_then(|date| date.parse().ok()),
        registration: field(CardField::RegistrationNumber),
        index: Some(row.nomenclature_index.clone()),
    };
    let card: Vec<&str> = row.card.iter().map(|(_, value)| value.as_str()).collect();
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let mut units = Vec::new();
    for (component, text) in &taken.texts {
        let numbered = (1..).zip(&text.units);
        units.extend(numbered.map(|(unit, one)| Unit { component: count(*component), unit, text: &one.text }));
    }
    // More than the index takes of one record: its first units are found, the rest is read by who opens it.
    let mut bytes = 0;
    let fits = units.iter().take(crate::index::text::UNITS_MAX).take_while(|unit| {
        bytes += unit.text.len();
        bytes < crate::index::text::TEXT_BYTES_MAX - CHUNK_BYTES
    });
    let fits = fits.count();
    units.truncate(fits);
    Ok(texts.index.put(record, &facets, &card.join("\n"), &units)?)
}

/// Texts of records that are not there any more: nobody reads them, and they go.
fn forget_the_gone(archive: &Archive, texts: &Texts) -> Result<(), Error> {
    let reader = archive.index();
    for record in texts.kept.records()? {
        if read_id(reader.kv, reader.keys, record)?.is_none_or(|id| id.number.is_none()) {
            texts.kept.remove(record)?;
        }
    }
    Ok(texts.kept.flush()?)
}
