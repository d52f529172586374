//! Goal: full text is found in the forms people write, and lies sealed on the medium.
//!
//! Method: questions whose answers people judged by reading, asked by the archive's own code: about a text of our own
//! everywhere, and about the texts in `../shared` where they are present, among them questions that nobody tuned by. What
//! lies in the folder of an index is searched for the words of its texts.

use chrono::NaiveDate;
use muragat::index::text::highlight::Marker;
use muragat::index::text::{Facets, Page, Place, Scope, TextIndex, TextQuery, Unit};
use muragat::model::id::RecordId;
use muragat::store::format::OwnerKey;
use muragat::store::local::{Erasing, LocalDisk};
use muragat::testing::relevance::{self, Means, Question};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

const OWN_TEXT: &str = include_str!("../fulltext/own_text.txt");
const OWN_QUESTIONS: &str = include_str!("../fulltext/own_questions.tsv");
const SEED_QUESTIONS: &str = include_str!("../fulltext/seed_questions.tsv");

/// The bars that docs/full-text.md gives.
const RECALL: f64 = 0.90;
const MRR: f64 = 0.95;

fn means(texts: &BTreeMap<String, String>, questions: &[Question]) -> Means {
    for (text, paragraph) in questions.iter().flat_map(|question| &question.expected) {
        let numbers = relevance::paragraphs(&texts[text]).map(|(number, _)| number);
        assert!(numbers.max().unwrap() >= *paragraph, "{text}:{paragraph}");
    }
    relevance::means(&relevance::ask(texts, questions).unwrap())
}

fn own() -> BTreeMap<String, String> {
    BTreeMap::from([("own".to_owned(), OWN_TEXT.to_owned())])
}

#[test]
fn questions_about_our_own_text_are_answered() {
    let means = means(&own(), &relevance::questions(OWN_QUESTIONS).unwrap());
    assert!(means.questions >= 15 && means.recall >= RECALL && means.mrr >= MRR, "{means:?}");
}

#[test]
fn wrong_expectations_are_not_met() {
    let mut questions = relevance::questions(OWN_QUESTIONS).unwrap();
    // Each question with the answer of the next.
    let first = questions[0].expected.clone();
    for i in 0..questions.len() {
        questions[i].expected = questions.get(i + 1).map_or(first.clone(), |next| next.expected.clone());
    }
    let means = means(&own(), &questions);
    assert!(means.recall < 0.5 && means.mrr < 0.3, "{means:?}");
}

#[test]
fn questions_about_the_acts_are_answered() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    if !shared.join("seeds").is_dir() {
        println!("SKIPPED: ../shared/seeds is not here; the questions about our own text run everywhere");
        return;
    }
    let mut texts = BTreeMap::new();
    for entry in std::fs::read_dir(shared.join("seeds")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().split('_').next().unwrap().to_owned();
        texts.insert(name, std::fs::read_to_string(&path).unwrap());
    }
    let given = std::fs::read_to_string(shared.join("data/queries.tsv")).unwrap();
    for (name, file) in [("queries.tsv", given.as_str()), ("seed_questions.tsv", SEED_QUESTIONS)] {
        let questions = relevance::questions(file).unwrap();
        let means = means(&texts, &questions);
        println!("{name}: {means:?}");
        assert!(means.questions >= 15 && means.recall >= RECALL && means.mrr >= MRR, "{name}: {means:?}");
        // Whoever types a Latin i, or meets one, finds the same.
        for question in questions.iter().filter(|question| question.kind == "homoglyph") {
            let outcome = &relevance::ask(&texts, std::slice::from_ref(question)).unwrap()[0];
            assert!(outcome.recall >= 1.0, "{outcome:?}");
        }
    }
}

/// A card and a document in local files: found, marked, opened again, and nowhere in clear.
#[test]
fn an_index_in_a_folder_is_sealed_and_opens_again() {
    let folder = tempfile::tempdir().unwrap();
    let open = |key: &OwnerKey| {
        let disk = Arc::new(LocalDisk::open(folder.path(), Erasing::Nothing).unwrap());
        TextIndex::open(disk, key)
    };
    let (key, record) = (OwnerKey::random(), RecordId([5; 16]));
    let units: Vec<Unit<'_>> =
        relevance::paragraphs(OWN_TEXT).map(|(unit, text)| Unit { component: 2, unit, text }).collect();
    let facets = Facets { agency: "үлгі".into(), date: NaiveDate::from_ymd_opt(2026, 3, 5), ..Facets::default() };
    {
        let index = open(&key).unwrap();
        index.put(record, &facets, "Мұрағат нұсқаулығы", &units).unwrap();
        index.commit(42).unwrap();
    }
    let index = open(&key).unwrap();
    assert_eq!(index.watermark(), Some(42));
    let query = TextQuery::parse("резервтік көшірме").unwrap();
    let answer = index.search(&query, &Scope::all(), Page { after: None, limit: 10 }).unwrap();
    assert_eq!(answer.hits.len(), 1);
    assert_eq!(answer.hits[0].places[0], Place::Unit { component: 2, unit: 7 });
    let marked = Marker::new(&query, &answer.loosened).mark(units[6].text);
    let words: Vec<&str> = marked.ranges.iter().map(|range| &units[6].text[range.clone()]).collect();
    assert_eq!(words, ["Резервтiк", "көшiрмелер"]);

    let mut files = 0;
    let mut folders = vec![folder.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            files += 1;
            let bytes = std::fs::read(&path).unwrap();
            for word in ["резервтік", "мұрағат", "үлгі", "checksum", "segment"] {
                assert!(!bytes.windows(word.len()).any(|window| window == word.as_bytes()), "{word} in {path:?}");
            }
        }
    }
    assert!(files >= 7, "{files} files");
    assert!(open(&OwnerKey::random()).is_err());
}
