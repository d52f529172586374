//! The full text of records: words and where they stand, sealed, and always rebuildable from what the store holds.
//!
//! The text itself is nowhere in it: a unit (a paragraph, a page; the card is one too) is indexed as words with their
//! positions, and an answer names records and places. Who shows a place reads the text where it is kept and marks it
//! with [`highlight`].
//!
//! Invariants
//!   - One unit, one document of the engine; the units of a record stand side by side in one segment, so that a record
//!     is counted once and its best unit decides its rank.
//!   - What may be seen ([`Scope`]) is part of the question: counts, facets, places and corrections are from inside it.
//!   - [`TextIndex::commit`] is the only step that makes anything durable; a crash leaves the last one whole, with the
//!     watermark it was given.
//!   - Nothing of a record that was removed is left after [`TextIndex::purge`], and no key of a file that held it after
//!     [`TextIndex::roll`] and the erasing of the old generation's key by the caller.
//!
//! It extracts no text, follows no journal, and decides nothing about access.

pub mod analysis;
mod ask;
pub mod highlight;
pub mod kazakh;
pub mod kept;
pub mod query;
pub mod sealed;

pub use ask::{Answer, Counts, Cursor, Hit, PLACES_MAX, Page, Place};
pub use query::TextQuery;

use crate::index::IndexError;
use crate::model::id::RecordId;
use crate::store::disk::Disk;
use crate::store::format::OwnerKey;
use analysis::Analyser;
use ask::View;
use chrono::NaiveDate;
use query::CardTerm;
use sealed::SealedDirectory;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};
use tantivy::index::{SegmentId, SegmentMeta};
use tantivy::indexer::{LogMergePolicy, MergePolicy, NoMergePolicy, UserOperation};
use tantivy::schema::{
    BytesOptions, Field, IndexRecordOption, NumericOptions, STRING, Schema, TextFieldIndexing, TextOptions,
};
use tantivy::tokenizer::{PreTokenizedString, Token};
use tantivy::{Index, IndexReader, IndexWriter, ReloadPolicy, TantivyDocument, TantivyError, Term};

/// Memory for words that are not in a segment yet. The engine demands 15 MB.
const WRITER_BYTES: usize = 32_000_000;
/// Units of one record: a document of 60 MiB has some hundred thousand paragraphs.
pub const UNITS_MAX: usize = 500_000;
/// Text whose words are handed to the engine at once. Own bound.
const PUT_BYTES: usize = 256 * 1024;
/// Text of one record. More than any document may have (`CONTENT_BYTES_MAX_N430`), for a container can unpack to more.
pub const TEXT_BYTES_MAX: usize = 128 << 20;

/// A piece of text of a component: what a hit leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit<'a> {
    /// Number of the component in the record.
    pub component: u32,
    /// Number of the piece in the component.
    pub unit: u32,
    /// Its text.
    pub text: &'a str,
}

/// What is compared whole, counted by, and decides who may see the record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facets {
    /// The agency.
    pub agency: String,
    /// The access category.
    pub access: String,
    /// The kind of record.
    pub kind: String,
    /// The direction.
    pub direction: String,
    /// The date of the document.
    pub date: Option<NaiveDate>,
    /// The registration number.
    pub registration: Option<String>,
    /// The index in the nomenclature.
    pub index: Option<String>,
}

/// Access categories of one agency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Categories {
    /// All.
    All,
    /// These.
    Only(BTreeSet<String>),
}

/// Agencies, and of each which categories.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Agencies {
    /// Every agency.
    All(Categories),
    /// These.
    These(BTreeMap<String, Categories>),
}

/// What whoever asks may see. A record outside it does not exist for the question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// Agencies and categories.
    pub agencies: Agencies,
    /// Only these records.
    pub records: Option<BTreeSet<RecordId>>,
}

impl Scope {
    /// Everything.
    pub fn all() -> Self {
        Self { agencies: Agencies::All(Categories::All), records: None }
    }
}

/// The fields of the engine.
#[derive(Debug, Clone, Copy)]
struct Fields {
    exact: Field,
    kk: Field,
    ru: Field,
    en: Field,
    record: Field,
    /// The record's id in two numbers, for answers. Not the bytes themselves: a column of bytes has a dictionary, and
    /// merging leaves in it what only removed units had.
    id_high: Field,
    id_low: Field,
    place: Field,
    agency: Field,
    access: Field,
    kind: Field,
    direction: Field,
    date: Field,
    /// `agency␀access`: what a scope asks for.
    seen: Field,
    /// `name␀value` of every [`CardTerm`].
    card: Field,
}

/// Parts of a term that must not run together.
const SEPARATOR: char = '\0';

fn schema() -> (Schema, Fields) {
    let mut schema = Schema::builder();
    let words = |option| {
        let indexing = TextFieldIndexing::default().set_tokenizer("raw").set_index_option(option);
        TextOptions::default().set_indexing_options(indexing)
    };
    let facet = || {
        let indexing = TextFieldIndexing::default()
            .set_tokenizer("raw")
            .set_fieldnorms(false)
            .set_index_option(IndexRecordOption::Basic);
        TextOptions::default().set_indexing_options(indexing).set_fast("raw")
    };
    let fields = Fields {
        exact: schema.add_text_field("exact", words(IndexRecordOption::WithFreqsAndPositions)),
        kk: schema.add_text_field("kk", words(IndexRecordOption::WithFreqs)),
        ru: schema.add_text_field("ru", words(IndexRecordOption::WithFreqs)),
        en: schema.add_text_field("en", words(IndexRecordOption::WithFreqs)),
        record: schema.add_bytes_field("record", BytesOptions::default().set_indexed()),
        id_high: schema.add_u64_field("id_high", NumericOptions::default().set_fast()),
        id_low: schema.add_u64_field("id_low", NumericOptions::default().set_fast()),
        place: schema.add_u64_field("place", NumericOptions::default().set_fast()),
        agency: schema.add_text_field("agency", facet()),
        access: schema.add_text_field("access", facet()),
        kind: schema.add_text_field("kind", facet()),
        direction: schema.add_text_field("direction", facet()),
        date: schema.add_i64_field("date", NumericOptions::default().set_fast()),
        seen: schema.add_text_field("seen", STRING),
        card: schema.add_text_field("card", STRING),
    };
    (schema.build(), fields)
}

struct Writer {
    /// Opened by the first change: it holds memory and threads.
    engine: Option<IndexWriter>,
    /// Changes since the last commit.
    pending: bool,
    /// A step failed: nothing more is written until the index is opened again.
    failed: bool,
}

/// The opened full-text index.
pub struct TextIndex {
    directory: SealedDirectory,
    index: Index,
    reader: IndexReader,
    fields: Fields,
    analyser: Mutex<Analyser>,
    writer: Mutex<Writer>,
    /// What is searched. Held while a search runs, so that files which went are read by nobody once it is replaced.
    view: RwLock<Arc<View>>,
}

impl TextIndex {
    /// Opens the index on `disk` under the key of a generation; makes an empty one where there is none.
    ///
    /// [`IndexError::Generation`] says that the key is not that of the table (or the table is damaged), and
    /// [`IndexError::Damaged`] that a file is not as it was written. In both cases, as for any
    /// [`wants_rebuild`](IndexError::wants_rebuild), the cure is [`remove`](Self::remove_files) and indexing again.
    pub fn open(disk: Arc<dyn Disk>, key: &OwnerKey) -> Result<Self, IndexError> {
        let directory = SealedDirectory::open(disk, key)?;
        let (schema, fields) = schema();
        let is_new = directory.is_empty();
        let opened = if is_new {
            Index::create(directory.clone(), schema, tantivy::IndexSettings::default())
        } else {
            Index::open(directory.clone())
        };
        let index = opened.map_err(|e| engine(&directory, &e))?;
        // Fields are numbers in their order: of another schema they would be others.
        if !is_new && index.schema() != self::schema().0 {
            return Err(IndexError::Engine("the full-text index has other fields".into()));
        }
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into();
        let reader: IndexReader = reader.map_err(|e| engine(&directory, &e))?;
        let view = View::of(&index, &reader, &fields).map_err(|e| engine(&directory, &e))?;
        Ok(Self {
            directory,
            index,
            reader,
            fields,
            analyser: Mutex::default(),
            writer: Mutex::new(Writer { engine: None, pending: false, failed: false }),
            view: RwLock::new(Arc::new(view)),
        })
    }

    /// Removes every file of an index that cannot be used, or is to be built again. The caller erases its key.
    pub fn remove_files(disk: &dyn Disk) -> Result<(), IndexError> {
        for (name, _) in disk.list("")? {
            disk.delete(&name)?;
        }
        Ok(())
    }

    /// Replaces everything of a record: its card's words and its units. Durable with the next [`commit`](Self::commit).
    pub fn put(&self, record: RecordId, facets: &Facets, card: &str, units: &[Unit<'_>]) -> Result<(), IndexError> {
        let bytes = units.iter().map(|unit| unit.text.len()).sum::<usize>() + card.len();
        if units.len() > UNITS_MAX || bytes > TEXT_BYTES_MAX {
            let what = format!("text of record {record}: {} units, {bytes} bytes", units.len());
            return Err(IndexError::Query(what));
        }
        let mut operations = vec![UserOperation::Delete(self.record_term(record))];
        let mut waiting = 0;
        let whole = std::iter::once((Place::Card, card));
        let places = units.iter().map(|u| (Place::Unit { component: u.component, unit: u.unit }, u.text));
        for (place, text) in whole.chain(places) {
            operations.push(UserOperation::Add(self.document(record, facets, place, text)));
            waiting += text.len();
            // Words in memory take some dozen times their text.
            if waiting >= PUT_BYTES {
                let some = std::mem::take(&mut operations);
                self.change(|writer| writer.run(some).map(|_| ()))?;
                waiting = 0;
            }
        }
        self.change(|writer| writer.run(operations).map(|_| ()))
    }

    /// Removes everything of a record. Durable with the next [`commit`](Self::commit); what it leaves in files goes by
    /// [`purge`](Self::purge).
    pub fn remove(&self, record: RecordId) -> Result<(), IndexError> {
        let term = self.record_term(record);
        self.change(|writer| {
            writer.delete_term(term);
            Ok(())
        })
    }

    /// Makes all changes durable, with how far in the journal they go, and shows them to searches.
    pub fn commit(&self, watermark: u64) -> Result<(), IndexError> {
        let mut writer = self.writer();
        self.step(&mut writer, |engine| {
            let mut prepared = engine.prepare_commit()?;
            prepared.set_payload(&watermark.to_string());
            prepared.commit().map(|_| ())
        })?;
        writer.pending = false;
        self.show(&mut writer)?;
        // Segments are merged here and not by threads of the engine: one step at a time, each with its error.
        let candidates = {
            let segments = self.index.searchable_segment_metas().map_err(|e| self.engine(&e))?;
            LogMergePolicy::default().compute_merge_candidates(&segments)
        };
        if candidates.is_empty() {
            // What went with this commit was read until the line above.
            self.directory.lingering();
            return Ok(());
        }
        for candidate in candidates {
            self.step(&mut writer, |engine| engine.merge(&candidate.0).wait().map(|_| ()))?;
        }
        self.sweep(&mut writer)
    }

    /// How far in the journal the last commit goes; none when there was none.
    pub fn watermark(&self) -> Option<u64> {
        self.view().watermark
    }

    /// Writes every segment anew that holds something of a removed record, removes the old files, and looks for the
    /// records in what is left. To be called after the commit of their removal, and before [`roll`](Self::roll).
    pub fn purge(&self, removed: &[RecordId]) -> Result<(), IndexError> {
        let mut writer = self.writer();
        if writer.pending {
            return Err(IndexError::Engine("changes are not committed".into()));
        }
        // Their numbers only: as long as somebody holds what describes a segment, the engine keeps its files.
        let segments: Vec<SegmentId> = {
            let segments = self.index.searchable_segment_metas().map_err(|e| self.engine(&e))?;
            segments.iter().filter(|segment| segment.num_deleted_docs() > 0).map(SegmentMeta::id).collect()
        };
        for segment in segments {
            self.step(&mut writer, |engine| engine.merge(&[segment]).wait().map(|_| ()))?;
        }
        self.sweep(&mut writer)?;
        self.nothing_left(removed)
    }

    /// Takes a new generation's key. When this has returned, nothing that went follows from the new key, and the caller
    /// erases the old one.
    pub fn roll(&self, key: &OwnerKey) -> Result<(), IndexError> {
        let mut writer = self.writer();
        if writer.failed {
            return Err(IndexError::Engine("a write failed before".into()));
        }
        self.directory.roll(key).inspect_err(|_| writer.failed = true)
    }

    /// Bytes on the medium.
    pub fn stored_bytes(&self) -> u64 {
        self.directory.stored_bytes()
    }

    /// Units that can be found.
    pub fn units(&self) -> u64 {
        self.view().units()
    }

    fn record_term(&self, record: RecordId) -> Term {
        Term::from_field_bytes(self.fields.record, &record.0)
    }

    fn document(&self, record: RecordId, facets: &Facets, place: Place, text: &str) -> TantivyDocument {
        let mut analyser = self.analyser.lock().unwrap_or_else(PoisonError::into_inner);
        let fields = &self.fields;
        let mut document = TantivyDocument::default();
        document.add_bytes(fields.record, &record.0);
        let (high, low) = ask::halves(record);
        document.add_u64(fields.id_high, high);
        document.add_u64(fields.id_low, low);
        document.add_u64(fields.place, place.number());
        document.add_text(fields.agency, &facets.agency);
        document.add_text(fields.access, &facets.access);
        document.add_text(fields.kind, &facets.kind);
        document.add_text(fields.direction, &facets.direction);
        if let Some(date) = facets.date {
            document.add_i64(fields.date, ask::day_number(date));
        }
        document.add_text(fields.seen, ask::seen(&facets.agency, &facets.access));
        let optional = |text: &Option<String>| text.clone().unwrap_or_default();
        for (term, value) in [
            (CardTerm::Agency, facets.agency.clone()),
            (CardTerm::Kind, facets.kind.clone()),
            (CardTerm::Direction, facets.direction.clone()),
            (CardTerm::Access, facets.access.clone()),
            (CardTerm::Index, optional(&facets.index)),
            (CardTerm::Registration, optional(&facets.registration)),
        ] {
            let value = term.fold(&value);
            if !value.is_empty() {
                document.add_text(fields.card, ask::card_term(term, &value));
            }
        }
        let (mut exact, mut kk, mut ru, mut en) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (position, span) in analysis::words(text).into_iter().enumerate() {
            let token = |text| Token { position, text, ..Token::default() };
            let stems = analyser.stems(&span.word);
            kk.extend(stems.kk.map(token));
            ru.extend(stems.ru.map(token));
            en.extend(stems.en.map(token));
            exact.push(token(span.word));
        }
        for (field, tokens) in [(fields.exact, exact), (fields.kk, kk), (fields.ru, ru), (fields.en, en)] {
            if !tokens.is_empty() {
                document.add_pre_tokenized_text(field, PreTokenizedString { text: String::new(), tokens });
            }
        }
        document
    }

    fn writer(&self) -> MutexGuard<'_, Writer> {
        // A panic inside a step leaves `failed` unset but the engine's own state closed: its next step says so.
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn view(&self) -> RwLockReadGuard<'_, Arc<View>> {
        self.view.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, step: impl FnOnce(&mut IndexWriter) -> tantivy::Result<()>) -> Result<(), IndexError> {
        let mut writer = self.writer();
        self.step(&mut writer, step)?;
        writer.pending = true;
        Ok(())
    }

    /// Does one step of the engine's writer. After a failed one nothing is written until the index is opened again.
    fn step(
        &self,
        writer: &mut Writer,
        step: impl FnOnce(&mut IndexWriter) -> tantivy::Result<()>,
    ) -> Result<(), IndexError> {
        if writer.failed {
            return Err(IndexError::Engine("a write failed before".into()));
        }
        let done = match &mut writer.engine {
            Some(engine) => step(engine),
            None => self.index.writer_with_num_threads(1, WRITER_BYTES).and_then(|engine| {
                engine.set_merge_policy(Box::new(NoMergePolicy));
                step(writer.engine.insert(engine))
            }),
        };
        done.map_err(|e| {
            writer.failed = true;
            self.engine(&e)
        })
    }

    /// Shows searches what was committed.
    fn show(&self, writer: &mut Writer) -> Result<(), IndexError> {
        let shown = self.reader.reload().and_then(|()| View::of(&self.index, &self.reader, &self.fields));
        let view = shown.map_err(|e| {
            writer.failed = true;
            self.engine(&e)
        })?;
        *self.view.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(view);
        Ok(())
    }

    /// After merging: searches see the new segments, and the old files go.
    fn sweep(&self, writer: &mut Writer) -> Result<(), IndexError> {
        self.show(writer)?;
        self.step(writer, |engine| engine.garbage_collect_files().wait().map(|_| ()))?;
        self.directory.lingering();
        Ok(())
    }

    fn nothing_left(&self, removed: &[RecordId]) -> Result<(), IndexError> {
        let left = |what: String| Err(IndexError::Engine(format!("after purging: {what}")));
        let lingering = self.directory.lingering();
        if lingering > 0 {
            return left(format!("{lingering} old files are still there"));
        }
        let view = self.view();
        let living: Vec<String> = view.segments().iter().map(|s| s.segment_id().uuid_string()).collect();
        if let Some(path) = self.directory.paths().into_iter().find(|p| !living.iter().any(|s| p.starts_with(s))) {
            return left(format!("{path} of a segment that went"));
        }
        for segment in view.segments() {
            if segment.has_deletes() {
                return left("a segment with removed units".into());
            }
            let terms = segment.inverted_index(self.fields.record).map_err(|e| self.engine(&e))?;
            for record in removed {
                let found = terms.get_term_info(&self.record_term(*record));
                if found.map_err(|e| self.engine(&e.into()))?.is_some() {
                    return left(format!("record {record}"));
                }
            }
        }
        Ok(())
    }

    fn engine(&self, e: &TantivyError) -> IndexError {
        engine(&self.directory, e)
    }
}

/// An error of the engine; when a file was found damaged, that is the cause.
fn engine(directory: &SealedDirectory, e: &TantivyError) -> IndexError {
    match directory.damage() {
        Some(name) => IndexError::Damaged { key: name },
        None => IndexError::Engine(e.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Failure, FaultDisk, FaultPlan};

    const KEY: OwnerKey = OwnerKey([7; 32]);

    fn id(n: u8) -> RecordId {
        RecordId([n; 16])
    }

    fn disk() -> FaultDisk {
        FaultDisk::new(&FaultPlan::count_only())
    }

    fn open(disk: &FaultDisk) -> TextIndex {
        TextIndex::open(Arc::new(disk.copy()), &KEY).unwrap()
    }

    fn facets(agency: &str, access: &str, year: i32) -> Facets {
        Facets {
            agency: agency.into(),
            access: access.into(),
            kind: "document".into(),
            direction: "incoming".into(),
            date: NaiveDate::from_ymd_opt(year, 3, 5),
            registration: Some("03-12/17".into()),
            index: Some("01-02".into()),
        }
    }

    fn put(index: &TextIndex, n: u8, facets: &Facets, card: &str, texts: &[&str]) {
        let units: Vec<Unit<'_>> = (0..).zip(texts).map(|(unit, text)| Unit { component: 1, unit, text }).collect();
        index.put(id(n), facets, card, &units).unwrap();
    }

    fn ask(index: &TextIndex, query: &str, scope: &Scope) -> Answer {
        index.search(&TextQuery::parse(query).unwrap(), scope, Page { after: None, limit: 10 }).unwrap()
    }

    fn found(index: &TextIndex, query: &str) -> Vec<u8> {
        ask(index, query, &Scope::all()).hits.iter().map(|hit| hit.record.0[0]).collect()
    }

    /// A few records of two agencies.
    fn filled() -> TextIndex {
        let index = TextIndex::open(Arc::new(disk()), &KEY).unwrap();
        let texts = ["Электрондық құжаттарды сақтау", "резервтік көшiрмелерін жасау", "құпия кілт"];
        put(&index, 1, &facets("akimat", "open", 2024), "Ішкі тәртіп туралы бұйрық", &texts);
        put(&index, 2, &facets("akimat", "restricted", 2025), "Резервтік көшірме туралы хат", &["қызметтік"]);
        put(&index, 3, &facets("ministry", "open", 2025), "Архив жоспары", &["резервтік қуат көзі", "Сервер № 15-Қ"]);
        index.commit(11).unwrap();
        index
    }

    #[test]
    fn records_are_found_by_their_words_in_any_form_and_grouped() {
        let index = filled();
        assert_eq!(index.watermark(), Some(11));
        let answer = ask(&index, "құжаттың сақталуы", &Scope::all());
        assert_eq!(answer.hits.len(), 1);
        assert_eq!(answer.hits[0].places, [Place::Unit { component: 1, unit: 0 }]);
        // All words of the question first, and the record counts once for its two units.
        let answer = ask(&index, "резервтiк көшірменің", &Scope::all());
        assert_eq!(answer.hits.iter().map(|hit| hit.record.0[0]).collect::<Vec<_>>()[2], 3);
        assert_eq!((answer.total, answer.total_all_words), (3, 2));
        assert_eq!(answer.counts.agency, BTreeMap::from([("akimat".into(), 2), ("ministry".into(), 1)]));
        assert_eq!(answer.counts.year, BTreeMap::from([(2024, 1), (2025, 2)]));
        assert_eq!(found(&index, "ИНТЕРНЕТ"), [0u8; 0]);
        assert_eq!(found(&index, "сервер 15"), [3]);
        assert_eq!(found(&index, "мұрағат"), [3], "a synonym");
        assert_eq!(found(&index, "кужаттын"), [1], "typed on a Russian keyboard");
        assert_eq!(found(&index, "серве"), [3], "a beginning");
        assert_eq!(found(&index, "серв "), [0u8; 0], "a word that is finished is no beginning");
        assert_eq!(found(&index, "серве*  қуат"), [3]);
    }

    #[test]
    fn phrases_and_fields_are_demanded() {
        let index = filled();
        assert_eq!(found(&index, "\"резервтік қуат\""), [3]);
        assert_eq!(found(&index, "\"қуат резервтік\""), [0u8; 0]);
        assert_eq!(found(&index, "agency:akimat"), [1, 2]);
        assert_eq!(found(&index, "access:restricted резервтік"), [2]);
        assert_eq!(found(&index, "date:2025-01..2025-12"), [2, 3]);
        assert_eq!(found(&index, "date:2025 date:2024..2025-03-04"), [0u8; 0]);
        assert_eq!(found(&index, "reg:03-12/17 index:01-02"), [1, 2, 3]);
        assert_eq!(found(&index, "reg:03/12-17"), [0u8; 0]);
        assert_eq!(found(&index, &format!("id:{}", id(2))), [2]);
    }

    /// Goal: what lies outside a scope does not exist. Method: each answer inside a scope equals the answer of an index
    /// that has only what is inside, but for the ranks.
    #[test]
    fn a_scope_hides_records_counts_places_and_corrections() {
        let index = filled();
        let only = |agencies: &[(&str, Categories)]| Scope {
            agencies: Agencies::These(agencies.iter().map(|(a, c)| ((*a).to_owned(), c.clone())).collect()),
            records: None,
        };
        let open = Categories::Only(BTreeSet::from(["open".to_owned()]));
        let answer = ask(&index, "резервтік", &only(&[("akimat", open.clone())]));
        assert_eq!(answer.hits.iter().map(|hit| hit.record).collect::<Vec<_>>(), [id(1)]);
        assert_eq!((answer.total, answer.total_all_words), (1, 1));
        assert_eq!(answer.counts.agency, BTreeMap::from([("akimat".into(), 1)]));
        assert_eq!(ask(&index, "резервтік", &only(&[])).total, 0);
        let both = only(&[("akimat", Categories::All), ("ministry", open.clone())]);
        assert_eq!(ask(&index, "резервтік", &both).total, 3);
        let scope = Scope { agencies: Agencies::All(open), records: None };
        assert_eq!(ask(&index, "резервтік", &scope).total, 2);
        let scope = Scope { records: Some(BTreeSet::from([id(2)])), ..Scope::all() };
        assert_eq!(ask(&index, "резервтік", &scope).total, 1);
        let scope = Scope { records: Some(BTreeSet::new()), ..Scope::all() };
        assert_eq!(ask(&index, "резервтік", &scope).total, 0);
        // `құпия` is outside: asked for inside, it is as unknown as a word that is nowhere.
        let ministry = only(&[("ministry", Categories::All)]);
        for word in ["көшiрмелерін", "бұйрықты", "жоқсөзмүлде"] {
            assert_eq!(ask(&index, word, &ministry).loosened.len(), 1, "{word}");
            assert_eq!(ask(&index, word, &ministry).total, 0, "{word}");
        }
        assert_eq!(ask(&index, "көшiрмелерін", &Scope::all()).loosened, [""; 0]);
    }

    #[test]
    fn a_slip_of_the_pen_is_forgiven_where_the_word_is_nowhere() {
        let index = filled();
        let answer = ask(&index, "электрнодық", &Scope::all());
        assert_eq!((answer.total, answer.loosened), (1, vec!["электрнодық".to_owned()]));
        assert_eq!(ask(&index, "резевтік", &Scope::all()).total, 3);
    }

    #[test]
    fn pages_neither_repeat_nor_leave_out() {
        let index = TextIndex::open(Arc::new(disk()), &KEY).unwrap();
        for n in 0..57 {
            let text = "бұйрық ".repeat(usize::from(n % 4) + 1);
            put(&index, n, &facets("akimat", "open", 2025), "", &[&text]);
            if n % 10 == 0 {
                index.commit(u64::from(n)).unwrap();
            }
        }
        index.commit(57).unwrap();
        let query = TextQuery::parse("бұйрық").unwrap();
        let all = index.search(&query, &Scope::all(), Page { after: None, limit: 100 }).unwrap();
        assert_eq!((all.hits.len(), all.total, all.next), (57, 57, None));
        for limit in [1, 7, 56, 57] {
            let (mut hits, mut after) = (Vec::new(), None);
            loop {
                let page = index.search(&query, &Scope::all(), Page { after, limit }).unwrap();
                assert_eq!(page.total, 57);
                hits.extend(page.hits);
                after = page.next.map(|next| next.to_string().parse::<Cursor>().unwrap());
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(hits, all.hits, "pages of {limit}");
        }
        assert!("00".parse::<Cursor>().is_err());
    }

    #[test]
    fn a_record_is_replaced_whole_and_removed_whole() {
        let index = filled();
        put(&index, 1, &facets("akimat", "open", 2024), "Жоспар", &["жаңа мәтін"]);
        index.remove(id(3)).unwrap();
        assert_eq!(found(&index, "құжат"), [1], "not before the commit");
        index.commit(12).unwrap();
        for (word, records) in [("құжат", vec![]), ("сервер", vec![]), ("жоспарлар", vec![1]), ("мәтіндер", vec![1])]
        {
            assert_eq!(found(&index, word), records, "{word}");
        }
        assert_eq!(index.watermark(), Some(12));
        assert_eq!(index.units(), 4);
    }

    #[test]
    fn too_much_of_one_record_is_refused() {
        let index = TextIndex::open(Arc::new(disk()), &KEY).unwrap();
        let units = vec![Unit { component: 0, unit: 0, text: "" }; UNITS_MAX + 1];
        assert!(index.put(id(1), &Facets::default(), "", &units).is_err());
        assert!(index.put(id(1), &Facets::default(), "", &units[..1]).is_ok());
    }

    fn holds(files: impl IntoIterator<Item = Vec<u8>>, needle: &[u8]) -> bool {
        files.into_iter().any(|file| file.windows(needle.len()).any(|window| window == needle))
    }

    /// Whether anything that a key opens on the medium holds the word or the id: as bytes of a file (columns), or as a
    /// word of a dictionary, which does not store it in one piece.
    fn opens(disk: &FaultDisk, key: &OwnerKey, word: &[u8], id: &[u8]) -> (bool, bool) {
        let directory = SealedDirectory::open(Arc::new(disk.copy()), key).unwrap();
        let index = TextIndex::open(Arc::new(disk.copy()), key).unwrap();
        let mut terms = Vec::new();
        for segment in index.view().segments() {
            for (field, _) in index.index.schema().fields().filter(|(_, entry)| entry.is_indexed()) {
                let inverted = segment.inverted_index(field).unwrap();
                let mut stream = inverted.terms().stream().unwrap();
                while stream.advance() {
                    terms.push(stream.key().to_vec());
                }
            }
        }
        let files = directory.everything();
        terms.extend(index.view().records().into_iter().map(|record| record.0.to_vec()));
        let holds = |needle: &[u8]| holds(files.clone(), needle) || holds(terms.clone(), needle);
        (holds(word), holds(id))
    }

    /// Goal: of a removed record nothing can be opened, with all that is left on the medium. Method: a word and an id
    /// that only it has are looked for in every byte, sealed and opened, before and after each step.
    #[test]
    fn nothing_of_a_purged_record_is_left() {
        let disk = disk();
        let shared = Arc::new(disk.copy());
        let index = TextIndex::open(shared.clone(), &KEY).unwrap();
        for n in 0..40 {
            put(&index, n, &facets("akimat", "open", 2025), "Ішкі бұйрық", &["ортақ мәтін"]);
        }
        put(&index, 77, &facets("akimat", "open", 2025), "Сирексөздің хаты", &["сирексөз мұнда", "ортақ мәтін"]);
        index.commit(1).unwrap();
        let (word, last) = ("сирексөз".as_bytes(), &id(77).0[4..]);
        let files = || shared.files().into_values();
        assert!(!holds(files(), word) && !holds(files(), "бұйрық".as_bytes()), "nothing lies in clear");
        assert_eq!(opens(&shared, &KEY, word, last), (true, true));
        let before = shared.files();
        index.remove(id(77)).unwrap();
        assert!(index.purge(&[id(77)]).is_err(), "not before the commit");
        index.commit(2).unwrap();
        assert_eq!(found(&index, "сирексөз"), [0u8; 0]);
        assert_eq!(opens(&shared, &KEY, word, last), (true, true), "removed, and still in the files");
        index.purge(&[id(77)]).unwrap();
        let new = OwnerKey([8; 32]);
        index.roll(&new).unwrap();
        assert_eq!(opens(&shared, &new, word, last), (false, false));
        // Of the old files none is left, and without the old generation's key the old table opens nothing.
        let kept: Vec<&String> = before.keys().filter(|name| shared.files().contains_key(*name)).collect();
        assert_eq!(kept, ["table"]);
        assert!(matches!(TextIndex::open(shared.clone(), &KEY), Err(IndexError::Generation)));
        assert_eq!(found(&index, "ортақ").len(), 10);
        index.remove(id(5)).unwrap();
        index.commit(3).unwrap();
        let again = TextIndex::open(shared, &new).unwrap();
        assert_eq!((again.watermark(), ask(&again, "ортақ", &Scope::all()).total), (Some(3), 39));
        assert!(again.purge(&[id(6)]).is_err(), "a record that was not removed is found");
    }

    /// Goal: a changed byte is an error or changes nothing. Method: bytes all over every file are changed in turn.
    #[test]
    fn a_changed_byte_is_never_a_result() {
        let disk = disk();
        let shared = Arc::new(disk.copy());
        let index = TextIndex::open(shared.clone(), &KEY).unwrap();
        let text = (0..4_000).map(|n| format!("сөз{n} ")).collect::<String>();
        put(&index, 1, &facets("akimat", "open", 2025), "бұйрық", &[&text, "резервтік көшірме"]);
        put(&index, 2, &facets("akimat", "open", 2025), "хат", &["резервтік қуат"]);
        index.commit(1).unwrap();
        let queries = ["резервтік көшірме", "\"резервтік қуат\"", "сөз1* хат", "agency:akimat"];
        let all = |index: &TextIndex| -> Result<Vec<Answer>, IndexError> {
            let page = Page { after: None, limit: 10 };
            queries.iter().map(|query| index.search(&TextQuery::parse(query)?, &Scope::all(), page)).collect()
        };
        let expected = all(&index).unwrap();
        let mut errors = 0;
        for (name, bytes) in shared.files() {
            for at in [0, 1, bytes.len() / 3, bytes.len() / 2, bytes.len() - 17, bytes.len() - 1] {
                let changed = shared.copy();
                changed.corrupt(&name, at, 0x40);
                let answers = TextIndex::open(Arc::new(changed), &KEY).and_then(|index| all(&index));
                match answers {
                    Ok(answers) => assert_eq!(answers, expected, "{name} byte {at}"),
                    Err(e) => {
                        assert!(e.wants_rebuild(), "{name} byte {at}: {e}");
                        errors += 1;
                    }
                }
            }
        }
        assert!(errors > 12, "{errors} changes were noticed");
    }

    /// What a workload has been told is done.
    fn workload(disk: &Arc<FaultDisk>) -> (u64, bool, Result<(), IndexError>) {
        let mut done = (0, false);
        let result = (|| {
            let index = TextIndex::open(disk.clone(), &KEY)?;
            let facets = facets("akimat", "open", 2025);
            let unit = |text| [Unit { component: 0, unit: 0, text }];
            index.put(id(1), &facets, "", &unit("алғашқы мәтін"))?;
            index.put(id(2), &facets, "", &unit("екінші мәтін"))?;
            index.commit(1)?;
            done.0 = 1;
            index.remove(id(1))?;
            index.put(id(3), &facets, "", &unit("үшінші мәтін"))?;
            index.commit(2)?;
            done.0 = 2;
            index.purge(&[id(1)])?;
            index.roll(&OwnerKey([8; 32]))?;
            done.1 = true;
            index.put(id(4), &facets, "", &unit("төртінші мәтін"))?;
            index.commit(3)?;
            done.0 = 3;
            Ok(())
        })();
        (done.0, done.1, result)
    }

    /// Goal: a crash leaves the last commit, whole. Method: every operation on the medium fails in turn, in three ways,
    /// with and without the loss of what was not synced; what is opened then is an acknowledged commit or the next.
    #[test]
    fn a_crash_anywhere_leaves_the_last_commit() {
        let plan = FaultPlan::count_only();
        workload(&Arc::new(FaultDisk::new(&plan))).2.unwrap();
        let operations = plan.operations();
        assert!(operations > 50, "{operations} operations");
        let expected: [&[u8]; 4] = [&[], &[1, 2], &[2, 3], &[2, 3, 4]];
        for k in 0..operations {
            for failure in Failure::ALL {
                let disk = Arc::new(FaultDisk::new(&FaultPlan::fail_at(k, failure)));
                let (commits, is_rolled, result) = workload(&disk);
                for left in [disk.crash(k), disk.copy()] {
                    let left = Arc::new(left.under(&FaultPlan::count_only()));
                    let new = TextIndex::open(left.clone(), &OwnerKey([8; 32]));
                    let index = match new {
                        Ok(index) => index,
                        Err(IndexError::Generation) if !is_rolled => TextIndex::open(left, &KEY).unwrap(),
                        Err(e) => panic!("operation {k} {failure:?}: {e}"),
                    };
                    let watermark = index.watermark().unwrap_or(0);
                    assert!((commits..=commits + 1).contains(&watermark), "operation {k} {failure:?}: {watermark}");
                    let mut records = found(&index, "мәтін");
                    records.sort_unstable();
                    let commit = usize::try_from(watermark).unwrap();
                    assert_eq!(records, expected[commit], "operation {k} {failure:?}");
                    // And it goes on from there.
                    put(&index, 9, &Facets::default(), "", &["жаңа мәтін"]);
                    index.commit(9).unwrap();
                    assert!(found(&index, "жаңа").contains(&9));
                }
                // An error that nobody saw would be an acknowledgement.
                assert!(result.is_err() || commits == 3);
            }
        }
    }

    #[test]
    fn an_index_opens_only_under_its_key_and_what_is_left_over_goes() {
        let disk = disk();
        let shared = Arc::new(disk.copy());
        TextIndex::open(shared.clone(), &KEY).unwrap().commit(4).unwrap();
        shared.plant("files/000000000000000000000000", b"left by a crash");
        assert!(matches!(TextIndex::open(shared.clone(), &OwnerKey([1; 32])), Err(IndexError::Generation)));
        let index = open(&shared);
        assert_eq!(index.watermark(), Some(4));
        TextIndex::open(shared.clone(), &KEY).unwrap();
        assert!(!shared.files().contains_key("files/000000000000000000000000"));
        TextIndex::remove_files(shared.as_ref()).unwrap();
        assert_eq!(TextIndex::open(shared, &OwnerKey([1; 32])).unwrap().watermark(), None);
    }
}
