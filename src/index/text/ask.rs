//! Answering a question: which records, in which order, and how many there are of each kind.
//!
//! Each word of a question is one list of units that have it in any form (as it is written, by its stems, as a
//! beginning, by a synonym). Segment by segment the lists are walked side by side; a unit counts when the conditions of
//! the question and of the scope hold, and its rank is the sum of its words' BM25, more the more of the words it has.
//! The units of a record stand side by side, so that its best unit is known when the next record begins.
//!
//! Invariants
//!   - Conditions are checked before anything of a unit is counted.
//!   - Order is total: rank, then record id; a cursor names the last record given, so that pages neither repeat nor
//!     leave out while the index does not change.
//!
//! Statistics of words (how rare each is) are those of the whole index; a rank is no answer about what it came from.

use super::analysis::{self, Analyser};
use super::query::{CardTerm, Condition, TextQuery, Word};
use super::{Agencies, Categories, Facets, Fields, SEPARATOR, Scope, TextIndex, kazakh};
use crate::index::IndexError;
use crate::limits::PAGE_ROWS_MAX;
use crate::model::id::RecordId;
use chrono::{Datelike, NaiveDate};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::fmt;
use std::str::FromStr;
use std::sync::PoisonError;
use tantivy::columnar::{Column, StrColumn};
use tantivy::query::{
    BooleanQuery, BoostQuery, ConstScoreQuery, DisjunctionMaxQuery, EnableScoring, FuzzyTermQuery, Occur, PhraseQuery,
    Query, Scorer, TermQuery, TermSetQuery, Weight,
};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocId, DocSet, Index, IndexReader, Score, Searcher, SegmentReader, TERMINATED, Term};

/// Units listed of one record.
pub const PLACES_MAX: usize = 3;
/// Longer words that a beginning stands for; the commonest count.
const EXPANSIONS_MAX: usize = 64;
/// Words of the dictionary that are looked at for them.
const EXPANSIONS_SEEN_MAX: usize = 20_000;
/// Letters of a word that is looked for with a wrong letter when it is nowhere.
const TYPO_CHARS_MIN: usize = 5;

/// A word as it is written.
const EXACT: Score = 1.0;
/// A word by its stem.
const STEM: Score = 1.0;
/// A word by its beginning: the same for all words that begin so.
const PREFIX: Score = 2.0;
/// A word by another spelling of the thing.
const SYNONYM: Score = 0.8;
/// How much the forms of a word beside its best one count.
const BESIDE: Score = 0.3;
/// Words side by side that were written without a space between.
const RUN: Score = 2.0;
/// How much of its rank a unit has by having all words: one with half of them loses half of this.
const ALL: Score = 0.7;

/// A place in a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Its card.
    Card,
    /// A unit of a component.
    Unit {
        /// Number of the component in the record.
        component: u32,
        /// Number of the unit in the component.
        unit: u32,
    },
}

impl Place {
    pub(super) fn number(self) -> u64 {
        match self {
            Place::Card => u64::MAX,
            Place::Unit { component, unit } => u64::from(component) << 32 | u64::from(unit),
        }
    }

    fn of(number: u64) -> Self {
        let half = |n: u64| u32::try_from(n & u64::from(u32::MAX)).expect("32 bits");
        if number == u64::MAX { Place::Card } else { Place::Unit { component: half(number >> 32), unit: half(number) } }
    }
}

/// One record of an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// The record.
    pub record: RecordId,
    /// Its rank; it compares within one answer only.
    pub score: f32,
    /// All words of the question are in the record.
    pub has_all_words: bool,
    /// Its best units, best first.
    pub places: Vec<Place>,
}

/// How many records, by what they are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// By agency.
    pub agency: BTreeMap<String, u64>,
    /// By access category.
    pub access: BTreeMap<String, u64>,
    /// By kind.
    pub kind: BTreeMap<String, u64>,
    /// By direction.
    pub direction: BTreeMap<String, u64>,
    /// By year of the document.
    pub year: BTreeMap<i32, u64>,
}

/// A page of an answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answer {
    /// The records, best first.
    pub hits: Vec<Hit>,
    /// Records found in all.
    pub total: u64,
    /// Of them, records that have all words.
    pub total_all_words: u64,
    /// The records found, counted.
    pub counts: Counts,
    /// Where the next page begins; none when this is the last.
    pub next: Option<Cursor>,
    /// Words that are nowhere, and were looked for with one wrong letter. For [`Marker`](super::highlight::Marker).
    pub loosened: Vec<String>,
}

/// Where the next page begins. Text form: 40 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    score: u32,
    record: RecordId,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}{}", self.score, self.record)
    }
}

impl FromStr for Cursor {
    type Err = IndexError;
    fn from_str(text: &str) -> Result<Self, IndexError> {
        let wrong = || IndexError::Query("not a cursor".into());
        let mut bytes = [0; 20];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| wrong())?;
        let (score, record) = bytes.split_first_chunk::<4>().ok_or_else(wrong)?;
        let record = RecordId::from_slice(record).ok_or_else(wrong)?;
        Ok(Self { score: u32::from_be_bytes(*score), record })
    }
}

/// Which page.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    /// Behind this one; the first when none.
    pub after: Option<Cursor>,
    /// Records of the page, at most [`PAGE_ROWS_MAX`].
    pub limit: usize,
}

/// What a scope asks for of a record.
pub(super) fn seen(agency: &str, access: &str) -> String {
    format!("{agency}{SEPARATOR}{access}")
}

/// A condition on the card as a term.
pub(super) fn card_term(term: CardTerm, folded: &str) -> String {
    format!("{}{SEPARATOR}{folded}", term.as_str())
}

pub(super) fn day_number(date: NaiveDate) -> i64 {
    i64::from(date.num_days_from_ce())
}

fn year(day: i64) -> Option<i32> {
    NaiveDate::from_num_days_from_ce_opt(i32::try_from(day).ok()?).map(|date| date.year())
}

/// The columns of a segment, opened once: each search would decrypt them again.
struct Columns {
    id_high: Column<u64>,
    id_low: Column<u64>,
    place: Column<u64>,
    facets: [Option<StrColumn>; 4],
    date: Column<i64>,
}

impl Columns {
    /// The record of a unit.
    fn record(&self, doc: DocId) -> RecordId {
        let half = |column: &Column<u64>| column.first(doc).unwrap_or_default().to_be_bytes();
        let mut id = [0; RecordId::LEN];
        id[..8].copy_from_slice(&half(&self.id_high));
        id[8..].copy_from_slice(&half(&self.id_low));
        RecordId(id)
    }
}

/// The id of a record in two numbers.
pub(super) fn halves(record: RecordId) -> (u64, u64) {
    let half = |at: usize| record.0[at..at + 8].iter().fold(0, |n, byte| n << 8 | u64::from(*byte));
    (half(0), half(8))
}

/// What is searched: the segments of one commit.
pub(super) struct View {
    searcher: Searcher,
    columns: Vec<Columns>,
    pub(super) watermark: Option<u64>,
}

impl View {
    pub(super) fn of(index: &Index, reader: &IndexReader, fields: &Fields) -> tantivy::Result<Self> {
        let searcher = reader.searcher();
        let schema = index.schema();
        let name = |field| schema.get_field_name(field);
        let open = |segment: &SegmentReader| {
            let fast = segment.fast_fields();
            tantivy::Result::Ok(Columns {
                id_high: fast.u64(name(fields.id_high))?,
                id_low: fast.u64(name(fields.id_low))?,
                place: fast.u64(name(fields.place))?,
                facets: [
                    fast.str(name(fields.agency))?,
                    fast.str(name(fields.access))?,
                    fast.str(name(fields.kind))?,
                    fast.str(name(fields.direction))?,
                ],
                date: fast.i64(name(fields.date))?,
            })
        };
        let columns = searcher.segment_readers().iter().map(open).collect::<tantivy::Result<_>>()?;
        let watermark = index.load_metas()?.payload.and_then(|payload| payload.parse().ok());
        Ok(Self { searcher, columns, watermark })
    }

    pub(super) fn segments(&self) -> &[SegmentReader] {
        self.searcher.segment_readers()
    }

    pub(super) fn units(&self) -> u64 {
        self.searcher.num_docs()
    }

    /// The record of every unit in the columns, of removed ones too.
    #[cfg(test)]
    pub(super) fn records(&self) -> Vec<RecordId> {
        let each = self.segments().iter().zip(&self.columns);
        each.flat_map(|(segment, columns)| (0..segment.max_doc()).map(|doc| columns.record(doc))).collect()
    }
}

/// A question as the engine asks it.
struct Plan {
    /// One for each word, and behind them one for each run, which only adds.
    wanted: Vec<Box<dyn Weight>>,
    words: usize,
    /// All of these, or nothing: scope and conditions, then phrases.
    demanded: Vec<Box<dyn Weight>>,
    /// Where the phrases begin: only they say how good a unit is.
    phrases: usize,
    dated: Option<(i64, i64)>,
}

/// A record of a segment that is being read.
#[derive(Debug, Clone, Copy)]
struct Group {
    record: RecordId,
    score: Score,
    words: u32,
    places: [(Score, u64); PLACES_MAX],
    len: usize,
}

/// A record that is on the page if no better come. Scores are never negative, so that their bits compare as they do.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Kept {
    score: u32,
    id: Reverse<RecordId>,
    has_all_words: bool,
    places: Vec<u64>,
}

impl TextIndex {
    /// Answers a question inside a scope.
    pub fn search(&self, query: &TextQuery, scope: &Scope, page: Page) -> Result<Answer, IndexError> {
        // Held to the end: what is read must not be unlinked meanwhile.
        let view = self.view.read().unwrap_or_else(PoisonError::into_inner);
        let asking = Asking { view: &view, fields: &self.fields };
        let answered = {
            let mut analyser = self.analyser.lock().unwrap_or_else(PoisonError::into_inner);
            asking.plan(&mut analyser, query, scope)
        }
        .and_then(|(plan, loosened)| asking.answer(&plan, page).map(|answer| Answer { loosened, ..answer }));
        match (answered, self.directory.damage()) {
            (Ok(answer), None) => Ok(answer),
            (_, Some(name)) => Err(IndexError::Damaged { key: name }),
            (Err(e), None) => Err(self.engine(&e)),
        }
    }
}

struct Asking<'a> {
    view: &'a View,
    fields: &'a Fields,
}

impl Asking<'_> {
    fn plan(&self, analyser: &mut Analyser, query: &TextQuery, scope: &Scope) -> tantivy::Result<(Plan, Vec<String>)> {
        let weight = |query: Box<dyn Query>| query.weight(EnableScoring::enabled_from_searcher(&self.view.searcher));
        let plain = |query: Box<dyn Query>| query.weight(EnableScoring::disabled_from_searcher(&self.view.searcher));
        let mut demanded = Vec::new();
        for filter in self.filters(query, scope) {
            demanded.push(plain(filter)?);
        }
        let mut wanted = Vec::new();
        let mut loosened = Vec::new();
        for (i, word) in query.words.iter().enumerate() {
            let mut forms = self.forms(analyser, word);
            if is_long(&word.text) && !self.is_anywhere(&forms, &demanded)? {
                loosened.push(word.text.clone());
                forms.extend(self.typos(analyser, &word.text));
            }
            forms.extend(self.prefixes(word)?);
            forms.extend(self.synonyms(analyser, &query.words, i));
            wanted.push(weight(Box::new(DisjunctionMaxQuery::with_tie_breaker(forms, BESIDE)))?);
        }
        for (from, to) in &query.runs {
            let run: Vec<&str> = query.words[*from..*to].iter().map(|word| word.text.as_str()).collect();
            wanted.push(weight(Box::new(BoostQuery::new(self.phrase(&run), RUN)))?);
        }
        let phrases = demanded.len();
        for phrase in &query.phrases {
            let phrase: Vec<&str> = phrase.iter().map(String::as_str).collect();
            demanded.push(weight(self.phrase(&phrase))?);
        }
        let dates = query.conditions.iter().filter_map(|condition| match condition {
            Condition::Dated(first, last) => Some((day_number(*first), day_number(*last))),
            _ => None,
        });
        let dated = dates.reduce(|a, b| (a.0.max(b.0), a.1.min(b.1)));
        Ok((Plan { wanted, words: query.words.len(), demanded, phrases, dated }, loosened))
    }

    /// What must hold of a record: the scope, and the question's own conditions.
    fn filters(&self, query: &TextQuery, scope: &Scope) -> Vec<Box<dyn Query>> {
        let fields = self.fields;
        let any = |terms: Vec<Term>| -> Box<dyn Query> { Box::new(TermSetQuery::new(terms)) };
        let mut filters = Vec::new();
        match &scope.agencies {
            Agencies::All(Categories::All) => {}
            Agencies::All(Categories::Only(categories)) => {
                filters.push(any(categories.iter().map(|c| Term::from_field_text(fields.access, c)).collect()));
            }
            Agencies::These(agencies) => {
                let mut terms = Vec::new();
                for (agency, categories) in agencies {
                    match categories {
                        Categories::All => terms.push(Term::from_field_text(fields.agency, agency)),
                        Categories::Only(categories) => terms
                            .extend(categories.iter().map(|c| Term::from_field_text(fields.seen, &seen(agency, c)))),
                    }
                }
                filters.push(any(terms));
            }
        }
        let record = |id: &RecordId| Term::from_field_bytes(fields.record, &id.0);
        if let Some(records) = &scope.records {
            filters.push(any(records.iter().map(record).collect()));
        }
        for condition in &query.conditions {
            match condition {
                Condition::Is(term, value) => {
                    filters.push(any(vec![Term::from_field_text(fields.card, &card_term(*term, value))]));
                }
                Condition::Id(id) => filters.push(any(vec![record(id)])),
                Condition::Dated(..) => {}
            }
        }
        filters
    }

    /// A word in its forms.
    fn forms(&self, analyser: &mut Analyser, word: &Word) -> Vec<Box<dyn Query>> {
        let mut forms = vec![term(self.fields.exact, &word.text, EXACT)];
        let stems = analyser.stems(&word.text);
        for (field, stem) in [(self.fields.kk, stems.kk), (self.fields.ru, stems.ru), (self.fields.en, stems.en)] {
            forms.extend(stem.map(|stem| term(field, &stem, STEM)));
        }
        forms
    }

    /// Words that begin so: one list of units, all alike.
    fn prefixes(&self, word: &Word) -> tantivy::Result<Option<Box<dyn Query>>> {
        if !word.is_prefix {
            return Ok(None);
        }
        let mut terms = self.beginning(self.fields.exact, &word.text)?;
        terms.extend(self.beginning(self.fields.kk, &kazakh::plain_letters(&word.text))?);
        let set: Box<dyn Query> = Box::new(TermSetQuery::new(terms));
        Ok(Some(Box::new(ConstScoreQuery::new(set, PREFIX))))
    }

    /// The commonest words of a field that begin so.
    fn beginning(&self, field: Field, prefix: &str) -> tantivy::Result<Vec<Term>> {
        let mut found: BTreeMap<Vec<u8>, u32> = BTreeMap::new();
        for segment in self.view.segments() {
            let inverted = segment.inverted_index(field)?;
            let mut stream = inverted.terms().range().ge(prefix).into_stream()?;
            let mut best: BinaryHeap<(Reverse<u32>, Vec<u8>)> = BinaryHeap::new();
            let mut seen = 0;
            while stream.advance() && stream.key().starts_with(prefix.as_bytes()) && seen < EXPANSIONS_SEEN_MAX {
                seen += 1;
                let units = stream.value().doc_freq;
                if best.len() >= EXPANSIONS_MAX {
                    if best.peek().is_some_and(|(least, _)| units <= least.0) {
                        continue;
                    }
                    best.pop();
                }
                best.push((Reverse(units), stream.key().to_vec()));
            }
            for (units, term) in best {
                *found.entry(term).or_default() += units.0;
            }
        }
        let mut found: Vec<(Reverse<u32>, Vec<u8>)> = found.into_iter().map(|(term, n)| (Reverse(n), term)).collect();
        found.sort_unstable();
        found.truncate(EXPANSIONS_MAX);
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).ok();
        Ok(found.into_iter().filter_map(|(_, t)| text(t)).map(|t| Term::from_field_text(field, &t)).collect())
    }

    /// Words with one letter wrong, missing, too many, or two exchanged.
    fn typos(&self, analyser: &mut Analyser, word: &str) -> Vec<Box<dyn Query>> {
        let stems = analyser.stems(word);
        let exact = (self.fields.exact, Some(word.to_owned()));
        let near = [exact, (self.fields.kk, stems.kk), (self.fields.ru, stems.ru), (self.fields.en, stems.en)];
        let near = near.into_iter().filter_map(|(field, text)| text.map(|text| (field, text)));
        let near = near.filter(|(_, text)| is_long(text));
        near.map(|(field, text)| -> Box<dyn Query> {
            Box::new(FuzzyTermQuery::new(Term::from_field_text(field, &text), 1, true))
        })
        .collect()
    }

    /// Other spellings of what stands at a word.
    fn synonyms(&self, analyser: &mut Analyser, words: &[Word], at: usize) -> Vec<Box<dyn Query>> {
        let texts: Vec<&str> = words[at..].iter().map(|word| word.text.as_str()).collect();
        let mut forms = Vec::new();
        for spelling in analysis::synonyms(&texts) {
            match spelling.as_slice() {
                [word] => {
                    let stems = analyser.stems(word);
                    forms.extend(stems.kk.map(|stem| term(self.fields.kk, &stem, SYNONYM)));
                    forms.extend(stems.ru.map(|stem| term(self.fields.ru, &stem, SYNONYM)));
                }
                // In any form, and so not as a phrase: a unit that has all of them means the thing.
                several => {
                    let share = SYNONYM / Score::from(u16::try_from(several.len()).expect("a few words"));
                    let stems = several.iter().map(|word| analyser.stems(word).kk.unwrap_or_default());
                    let terms = stems.map(|stem| term(self.fields.kk, &stem, share)).collect();
                    forms.push(Box::new(BooleanQuery::intersection(terms)));
                }
            }
        }
        forms
    }

    fn phrase(&self, words: &[&str]) -> Box<dyn Query> {
        let terms: Vec<Term> = words.iter().map(|word| Term::from_field_text(self.fields.exact, word)).collect();
        match words {
            [word] => term(self.fields.exact, word, EXACT),
            _ => Box::new(PhraseQuery::new(terms)),
        }
    }

    /// Whether a unit inside the scope has the word. Of what lies outside, not even a correction may tell.
    fn is_anywhere(&self, forms: &[Box<dyn Query>], demanded: &[Box<dyn Weight>]) -> tantivy::Result<bool> {
        let forms = forms.iter().map(|form| (Occur::Should, form.box_clone())).collect();
        let any = BooleanQuery::new(forms).weight(EnableScoring::disabled_from_searcher(&self.view.searcher))?;
        for segment in self.view.segments() {
            let mut all = scorers(demanded, segment)?;
            all.push(any.scorer(segment, 1.0)?);
            let mut doc = next_of_all(&mut all, 0);
            while doc != TERMINATED {
                if !segment.is_deleted(doc) {
                    return Ok(true);
                }
                doc = next_of_all(&mut all, doc + 1);
            }
        }
        Ok(false)
    }

    fn answer(&self, plan: &Plan, page: Page) -> tantivy::Result<Answer> {
        let limit = page.limit.clamp(1, PAGE_ROWS_MAX);
        let mut found = Found { answer: Answer::default(), best: BinaryHeap::new(), limit, after: page.after };
        for (segment, columns) in self.view.segments().iter().zip(&self.view.columns) {
            segment_answer(plan, segment, columns, &mut found)?;
        }
        let Found { mut answer, best, .. } = found;
        let mut best: Vec<Kept> = best.into_iter().map(|Reverse(kept)| kept).collect();
        best.sort_unstable_by(|a, b| b.cmp(a));
        if best.len() > limit {
            best.truncate(limit);
            answer.next = best.last().map(|kept| Cursor { score: kept.score, record: kept.id.0 });
        }
        let hit = |kept: Kept| Hit {
            record: kept.id.0,
            score: f32::from_bits(kept.score),
            has_all_words: kept.has_all_words,
            places: kept.places.into_iter().map(Place::of).collect(),
        };
        answer.hits = best.into_iter().map(hit).collect();
        Ok(answer)
    }
}

fn is_long(word: &str) -> bool {
    word.chars().count() >= TYPO_CHARS_MIN && word.chars().all(char::is_alphabetic)
}

fn term(field: Field, word: &str, boost: Score) -> Box<dyn Query> {
    let query = TermQuery::new(Term::from_field_text(field, word), IndexRecordOption::WithFreqs);
    Box::new(BoostQuery::new(Box::new(query), boost))
}

fn scorers(weights: &[Box<dyn Weight>], segment: &SegmentReader) -> tantivy::Result<Vec<Box<dyn Scorer>>> {
    weights.iter().map(|weight| weight.scorer(segment, 1.0)).collect()
}

/// The first unit from `from` that all lists have.
fn next_of_all(lists: &mut [Box<dyn Scorer>], from: DocId) -> DocId {
    let mut target = from;
    loop {
        let before = target;
        for list in lists.iter_mut() {
            target = to(list, target);
        }
        if target == before || target == TERMINATED {
            return target;
        }
    }
}

/// Moves a list to the first unit from `target`.
fn to(list: &mut Box<dyn Scorer>, target: DocId) -> DocId {
    if list.doc() < target { list.seek(target) } else { list.doc() }
}

/// What was found so far.
struct Found {
    answer: Answer,
    /// The worst first.
    best: BinaryHeap<Reverse<Kept>>,
    limit: usize,
    after: Option<Cursor>,
}

fn segment_answer(plan: &Plan, segment: &SegmentReader, columns: &Columns, found: &mut Found) -> tantivy::Result<()> {
    let mut wanted = scorers(&plan.wanted, segment)?;
    let mut demanded = scorers(&plan.demanded, segment)?;
    let mut facets = SegmentCounts::default();
    let mut group: Option<Group> = None;
    let mut doc = 0;
    loop {
        // The first unit that meets all demands and has a word.
        doc = next_of_all(&mut demanded, doc);
        if plan.words > 0 && doc != TERMINATED {
            let first = wanted[..plan.words].iter_mut().map(|list| to(list, doc)).min().unwrap_or(TERMINATED);
            if first > doc {
                doc = first;
                if doc != TERMINATED {
                    continue;
                }
            }
        }
        if doc == TERMINATED || doc >= segment.max_doc() {
            break;
        }
        let is_dated = plan
            .dated
            .is_none_or(|(first, last)| columns.date.first(doc).is_some_and(|day| first <= day && day <= last));
        if is_dated && !segment.is_deleted(doc) {
            let record = columns.record(doc);
            if group.is_some_and(|group| group.record != record) {
                close(plan, group.take(), found);
            }
            let (mut score, mut words) = (0.0, 0u32);
            for (i, list) in wanted.iter_mut().enumerate() {
                if to(list, doc) == doc {
                    score += list.score();
                    words |= if i < plan.words { 1 << i } else { 0 };
                }
            }
            score += demanded[plan.phrases..].iter_mut().map(|list| list.score()).sum::<Score>();
            score *= coverage(words, plan.words);
            let is_first = group.is_none();
            let group = group.get_or_insert(Group { record, score, words, places: [(0.0, 0); PLACES_MAX], len: 0 });
            group.add(score, words, columns.place.first(doc).unwrap_or_default());
            if is_first {
                facets.count(columns, doc);
            }
        }
        doc += 1;
    }
    close(plan, group, found);
    facets.name(columns, &mut found.answer.counts)?;
    Ok(())
}

fn coverage(words: u32, of: usize) -> Score {
    let of = u16::try_from(of).expect("a question has few words");
    let have = u16::try_from(words.count_ones()).expect("32 bits");
    if of == 0 { 1.0 } else { 1.0 - ALL + ALL * Score::from(have) / Score::from(of) }
}

impl Group {
    fn add(&mut self, score: Score, words: u32, place: u64) {
        self.score = self.score.max(score);
        self.words |= words;
        let at = self.places[..self.len].iter().position(|(kept, _)| *kept < score).unwrap_or(self.len);
        if at < PLACES_MAX {
            self.len = (self.len + 1).min(PLACES_MAX);
            self.places.copy_within(at..self.len - 1, at + 1);
            self.places[at] = (score, place);
        }
    }
}

/// The record is read to its end: it is counted, and kept if it is among the best.
fn close(plan: &Plan, group: Option<Group>, found: &mut Found) {
    let Some(group) = group else { return };
    let has_all_words = usize::try_from(group.words.count_ones()).is_ok_and(|n| n == plan.words);
    found.answer.total += 1;
    found.answer.total_all_words += u64::from(has_all_words);
    let (score, id) = (group.score.max(0.0).to_bits(), Reverse(group.record));
    if found.after.is_some_and(|after| (score, id) >= (after.score, Reverse(after.record))) {
        return;
    }
    let is_full = found.best.len() > found.limit;
    if is_full && found.best.peek().is_some_and(|Reverse(worst)| (score, id) < (worst.score, worst.id)) {
        return;
    }
    let places = group.places[..group.len].iter().map(|(_, place)| *place).collect();
    found.best.push(Reverse(Kept { score, id, has_all_words, places }));
    // One more than the page, to know whether there is a next.
    if found.best.len() > found.limit + 1 {
        found.best.pop();
    }
}

/// Counts of a segment, by the numbers that it has for values.
#[derive(Default)]
struct SegmentCounts {
    values: [Vec<u64>; 4],
    years: BTreeMap<i32, u64>,
    /// Year of the day before: most days have the year of the one before.
    last: Option<(i64, i32)>,
}

impl SegmentCounts {
    /// Counts the record of a unit.
    fn count(&mut self, columns: &Columns, doc: DocId) {
        for (column, counts) in columns.facets.iter().zip(&mut self.values) {
            let Some(ord) = column.as_ref().and_then(|column| column.ords().first(doc)) else { continue };
            let ord = usize::try_from(ord).unwrap_or(usize::MAX);
            // Values of facets are few; one that is not is not counted.
            if ord < u16::MAX.into() {
                if counts.len() <= ord {
                    counts.resize(ord + 1, 0);
                }
                counts[ord] += 1;
            }
        }
        let Some(day) = columns.date.first(doc) else { return };
        let year = match self.last {
            Some((known, year)) if known == day => Some(year),
            _ => year(day),
        };
        if let Some(year) = year {
            self.last = Some((day, year));
            *self.years.entry(year).or_default() += 1;
        }
    }

    fn name(self, columns: &Columns, counts: &mut Counts) -> tantivy::Result<()> {
        let all = [&mut counts.agency, &mut counts.access, &mut counts.kind, &mut counts.direction];
        for ((column, values), named) in columns.facets.iter().zip(self.values).zip(all) {
            let Some(column) = column else { continue };
            for (ord, count) in (0..).zip(values).filter(|(_, count)| *count > 0) {
                let mut name = String::new();
                column.ord_to_str(ord, &mut name)?;
                *named.entry(name).or_default() += count;
            }
        }
        for (year, count) in self.years {
            *counts.year.entry(year).or_default() += count;
        }
        Ok(())
    }
}

impl Facets {
    /// The year of the document.
    pub fn year(&self) -> Option<i32> {
        self.date.map(|date| date.year())
    }
}
