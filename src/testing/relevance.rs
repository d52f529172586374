//! How good the answers of the full text are: questions with the paragraphs that people expect.
//!
//! Every paragraph (a line of a text that is not blank, counted from 1) is a record of one unit, indexed, asked for and
//! ranked by the code that the archive runs. Recall is over the first ten answers, and of no more than ten expected
//! ones; the reciprocal rank is 0 when none of the first ten is expected.
//!
//! It judges nothing: which paragraphs are right stands in the file of questions.

use crate::index::IndexError;
use crate::index::text::{Facets, Page, Scope, TextIndex, TextQuery, Unit};
use crate::model::id::RecordId;
use crate::store::format::OwnerKey;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Answers that count.
pub const FIRST: usize = 10;

/// A question of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Its name.
    pub id: String,
    /// `dev`, or another set.
    pub split: String,
    /// What it tries: `morph`, `homoglyph`, `case`, …
    pub kind: String,
    /// What is asked.
    pub query: String,
    /// Text and paragraph of each expected answer.
    pub expected: Vec<(String, u32)>,
}

/// What a question got.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The question.
    pub question: Question,
    /// The share of what was expected among the first ten.
    pub recall: f64,
    /// One divided by the place of the first expected answer.
    pub reciprocal_rank: f64,
    /// The first ten answers.
    pub found: Vec<(String, u32)>,
    /// Answers in all.
    pub total: u64,
}

/// Means of a set of questions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Means {
    /// Questions.
    pub questions: usize,
    /// Recall among the first ten.
    pub recall: f64,
    /// Reciprocal rank.
    pub mrr: f64,
}

/// Reads a file of questions: tab-separated columns `id split lang kind query expected …`, with a heading.
pub fn questions(tsv: &str) -> Result<Vec<Question>, String> {
    let rows = tsv.lines().skip(1).filter(|line| !line.trim().is_empty());
    let row = |line: &str| {
        let columns: Vec<&str> = line.split('\t').collect();
        let [id, split, _, kind, query, expected, ..] = columns.as_slice() else {
            return Err(format!("{line}: fewer than six columns"));
        };
        let paragraph = |text: &str| {
            let (text, number) = text.trim().split_once(':').ok_or_else(|| format!("{id}: {text}"))?;
            Ok((text.to_owned(), number.parse().map_err(|_| format!("{id}: {text}:{number}"))?))
        };
        let expected: Vec<(String, u32)> = expected.split(',').map(paragraph).collect::<Result<_, String>>()?;
        let owned = |text: &&str| (*text).to_owned();
        Ok(Question { id: owned(id), split: owned(split), kind: owned(kind), query: owned(query), expected })
    };
    rows.map(row).collect()
}

/// The paragraphs of a text.
pub fn paragraphs(text: &str) -> impl Iterator<Item = (u32, &str)> {
    (1..).zip(text.lines().map(str::trim).filter(|line| !line.is_empty()))
}

/// Asks every question about texts, by their names.
pub fn ask(texts: &BTreeMap<String, String>, questions: &[Question]) -> Result<Vec<Outcome>, IndexError> {
    let plan = super::FaultPlan::count_only();
    let index = TextIndex::open(Arc::new(super::FaultDisk::new(&plan)), &OwnerKey::random())?;
    let mut names = BTreeMap::new();
    for (number, (name, text)) in (0u64..).zip(texts) {
        for (paragraph, text) in paragraphs(text) {
            // Ids decide between equal ranks: they say nothing about what is expected.
            let digest = blake3::hash(format!("{number}:{paragraph}").as_bytes());
            let record = RecordId::from_slice(&digest.as_bytes()[..16]).expect("16 bytes");
            names.insert(record, (name.clone(), paragraph));
            index.put(record, &Facets::default(), "", &[Unit { component: 0, unit: paragraph, text }])?;
        }
    }
    index.commit(1)?;
    let outcome = |question: &Question| {
        let page = Page { after: None, limit: FIRST };
        let answer = index.search(&TextQuery::parse(&question.query)?, &Scope::all(), page)?;
        let found: Vec<(String, u32)> = answer.hits.iter().filter_map(|hit| names.get(&hit.record).cloned()).collect();
        let right = found.iter().filter(|place| question.expected.contains(place)).count();
        let first = found.iter().position(|place| question.expected.contains(place));
        Ok(Outcome {
            recall: share(right, question.expected.len().min(FIRST)),
            reciprocal_rank: first.map_or(0.0, |place| share(1, place + 1)),
            question: question.clone(),
            found,
            total: answer.total,
        })
    };
    questions.iter().map(outcome).collect()
}

fn share(part: usize, whole: usize) -> f64 {
    let small = |n: usize| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
    if whole == 0 { 0.0 } else { small(part) / small(whole) }
}

/// The means of outcomes.
pub fn means<'a>(outcomes: impl IntoIterator<Item = &'a Outcome>) -> Means {
    let (mut questions, mut recall, mut ranks) = (0, 0.0, 0.0);
    for outcome in outcomes {
        questions += 1;
        recall += outcome.recall;
        ranks += outcome.reciprocal_rank;
    }
    let n = share(questions, 1).max(1.0);
    Means { questions, recall: recall / n, mrr: ranks / n }
}
