//! Full text of many made-up records: how fast it is indexed, what it takes on disk, and how fast it answers.
//!
//! A record has four units of 512 bytes and a card. Words are drawn as a language draws them (the n-th commonest about
//! 1/n as often), from made-up stems with real Kazakh and Russian endings, so that dictionaries grow as they do in an
//! archive. Everything lies in one folder, as the index of an archive does.

use crate::Fallible;
use crate::corpus::Numbers;
use crate::measure::{Times, peak_memory_mb};
use chrono::NaiveDate;
use muragat::index::text::{Agencies, Categories, Facets, Page, Scope, TextIndex, TextQuery, Unit};
use muragat::model::id::RecordId;
use muragat::store::format::OwnerKey;
use muragat::store::local::{Erasing, LocalDisk};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

const UNITS: u32 = 4;
const UNIT_BYTES: usize = 512;
/// Stems of the language.
const STEMS: usize = 60_000;
/// Records of one commit: what a journal thread that catches up takes at once.
const COMMIT: usize = 2_000;
const QUERIES: usize = 200;
const SYLLABLES: [&str; 40] = [
    "қа", "ба", "мә", "сө", "те", "жұ", "құ", "ор", "ал", "ес", "кө", "ша", "ты", "рі", "ме", "ке", "да", "ры", "на",
    "лы", "ше", "бі", "ға", "ді", "про", "ста", "ре", "до", "ку", "мен", "пра", "во", "ли", "но", "та", "ци", "са",
    "ру", "пе", "во",
];
const ENDINGS: [&str; 14] = ["", "", "", "лар", "дың", "ға", "сы", "ларының", "мен", "ов", "ами", "лық", "ында", "ған"];

/// The made-up language.
struct Language {
    stems: Vec<String>,
    numbers: Numbers,
}

impl Language {
    fn new(seed: u64) -> Self {
        let mut numbers = Numbers::new(0x7e47);
        let stem = |_| {
            let syllables = 2 + numbers.index(3);
            (0..syllables).map(|_| SYLLABLES[numbers.index(SYLLABLES.len())]).collect()
        };
        let stems = (0..STEMS).map(stem).collect();
        Self { stems, numbers: Numbers::new(seed) }
    }

    /// The n-th stem about 1/n as often: equally often between powers of two.
    fn stem(&mut self) -> &str {
        let bits = 1 + self.numbers.index(16);
        let n = self.numbers.index(1 << bits).min(STEMS - 1);
        &self.stems[n]
    }

    fn word(&mut self) -> String {
        let ending = ENDINGS[self.numbers.index(ENDINGS.len())];
        format!("{}{ending}", self.stem())
    }

    fn text(&mut self, bytes: usize) -> String {
        let mut text = String::new();
        while text.len() < bytes {
            text.push_str(&self.word());
            text.push(if self.numbers.index(12) == 0 { '.' } else { ' ' });
        }
        text
    }
}

/// Fills an index with `records` and asks it.
pub(crate) fn step(folder: &Path, records: usize) -> Fallible<Value> {
    let disk = Arc::new(LocalDisk::open(folder, Erasing::Nothing)?);
    let index = TextIndex::open(disk, &OwnerKey::random())?;
    let mut language = Language::new(1);
    let begun = Instant::now();
    // Making the text is not indexing it.
    let mut making = 0.0;
    for n in 0..records {
        let made = Instant::now();
        let texts: Vec<String> = (0..UNITS).map(|_| language.text(UNIT_BYTES)).collect();
        let number = u64::try_from(n)?;
        let facets = Facets {
            agency: format!("agency{}", number % 20),
            access: ["open", "restricted"][usize::from(n % 10 == 0)].to_owned(),
            kind: "document".to_owned(),
            direction: ["incoming", "outgoing", "internal"][n % 3].to_owned(),
            date: NaiveDate::from_yo_opt(2010 + i32::try_from(number % 16)?, 1 + u32::try_from(number % 365)?),
            registration: Some(format!("{}-{number}", number % 30)),
            index: Some(format!("{:02}-{:02}", number % 12, number % 40)),
        };
        let card = language.text(80);
        making += made.elapsed().as_secs_f64();
        let units = (0..).zip(&texts).map(|(unit, text)| Unit { component: 0, unit, text }).collect::<Vec<_>>();
        let record = RecordId(*blake3::hash(&number.to_le_bytes()).as_bytes().first_chunk().ok_or("32 bytes")?);
        index.put(record, &facets, &card, &units)?;
        if (n + 1) % COMMIT == 0 {
            index.commit(number)?;
        }
    }
    index.commit(u64::try_from(records)?)?;
    let seconds = begun.elapsed().as_secs_f64() - making;
    let indexing_mb = peak_memory_mb("self")?;
    let (mut kinds, mut all) = (Map::new(), Times::default());
    for (kind, times) in ask(&index, &mut language)? {
        kinds.insert(kind.to_owned(), json!({"p50_us": times.quantile(0.5), "p99_us": times.quantile(0.99)}));
        all.extend(times);
    }
    let removed: RecordId = RecordId(*blake3::hash(&0u64.to_le_bytes()).as_bytes().first_chunk().ok_or("32 bytes")?);
    let begun = Instant::now();
    index.remove(removed)?;
    index.commit(u64::try_from(records)? + 1)?;
    index.purge(&[removed])?;
    index.roll(&OwnerKey::random())?;
    let purge = begun.elapsed().as_secs_f64();
    let per_record = |n: u64| n as f64 / records as f64;
    Ok(json!({
        "records": records, "s": seconds, "per_s": records as f64 / seconds, "units": index.units(),
        "bytes_per_record": per_record(index.stored_bytes()), "p50_us": all.quantile(0.5), "p99_us": all.quantile(0.99),
        "kinds": kinds, "purge_s": purge, "indexing_mb": indexing_mb, "memory_mb": peak_memory_mb("self")?,
    }))
}

/// Mixed questions, each kind in turn.
fn ask(index: &TextIndex, language: &mut Language) -> Fallible<Vec<(&'static str, Times)>> {
    const KINDS: [&str; 7] =
        ["word", "two words", "four words", "beginning", "phrase", "word of one agency", "word with a slip"];
    let mut times: Vec<Times> = KINDS.iter().map(|_| Times::default()).collect();
    let narrow = Scope {
        agencies: Agencies::These(BTreeMap::from([(
            "agency7".to_owned(),
            Categories::Only(BTreeSet::from(["open".to_owned()])),
        )])),
        records: None,
    };
    for turn in 0..QUERIES {
        let kind = turn % KINDS.len();
        let word = language.word();
        let question = match kind {
            1 => format!("{word} {} ", language.word()),
            2 => format!("{word} {} {} {} ", language.word(), language.word(), language.word()),
            3 => word.chars().take(4).collect(),
            4 => format!("\"{word} {}\"", language.word()),
            6 => format!("{word}ъъ "),
            _ => format!("{word} "),
        };
        let query = TextQuery::parse(&question)?;
        let scope = if kind == 5 { narrow.clone() } else { Scope::all() };
        times[kind].take(|| Ok(index.search(&query, &scope, Page { after: None, limit: 20 })?.total))?;
    }
    Ok(KINDS.into_iter().zip(times).collect())
}
