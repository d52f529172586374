//! Full text from the document to the answer.
//!
//! Goal: what a document says is found, with the place where it says it, by who may read it and by nobody else; the words
//! are made again when they are lost; of what was destroyed nothing is found and nothing is kept. Method: real archives,
//! documents read by the real limited process, and the files of the full text removed, cut and looked through.

use super::bed::accepted;
use super::common::docx;
use super::signed::{AGENCY, Bench};
use muragat::access::text::find::{Found, find};
use muragat::access::text::follow::{Followed, follow};
use muragat::archive::Archive;
use muragat::extract::{Extractors, Settings};
use muragat::index::text::{Agencies, Categories, Page, Place, Scope, TextQuery};
use muragat::model::id::RecordId;
use std::collections::{BTreeMap, BTreeSet};

pub(crate) fn extractors() -> Extractors {
    Extractors::new(Settings { program: env!("CARGO_BIN_EXE_muragat").into(), ..Settings::default() })
}

/// Brings the words of an archive up to its journal.
pub(crate) fn brought_up(archive: &Archive) -> Followed {
    archive.wait_index().unwrap();
    follow(archive, &extractors(), 2, &|| false, &mut |_, _| {}).unwrap()
}

pub(crate) fn ask(archive: &Archive, words: &str, scope: &Scope) -> Found {
    let query = TextQuery::parse(words).unwrap();
    find(archive, &query, scope, Page { after: None, limit: 10 }).unwrap()
}

fn ids(found: &Found) -> Vec<RecordId> {
    found.records.iter().map(|record| record.row.id()).collect()
}

/// An archive with a public and a confidential document about two different things.
fn archive() -> (Bench, Archive, RecordId, RecordId) {
    let bench = Bench::new();
    let archive = bench.open();
    let take = |number: &str, text: &str, access: &'static str| {
        let mut draft = bench.draft(number);
        draft.main = docx(text);
        draft.signature = Some(bench.office.official.sign_detached(&draft.main, super::signed::at(bench.now())));
        draft.card["documents"][0]["sha256"] = muragat::model::digest::sha256(&draft.main).to_string().into();
        draft.access = access;
        accepted(&bench.take(&archive, &draft)).unwrap()
    };
    let open = take("1-қ", "Көктемгі су тасқынына дайындық туралы жоспар бекітілсін.", "public");
    let secret = take("2-қ", "Қызметкердің еңбек демалысы туралы өтініші қанағаттандырылды.", "confidential");
    (bench, archive, open, secret)
}

#[test]
fn what_a_document_says_is_found_with_its_place_by_who_may_read_it() {
    let (_bench, archive, open, secret) = archive();
    let followed = brought_up(&archive);
    assert_eq!((followed.records, followed.outcomes), (2, BTreeMap::from([("text", 2)])));
    assert_eq!(followed.watermark, archive.head().size);
    let all = Scope::all();
    let found = ask(&archive, "тасқынға", &all);
    assert_eq!(ids(&found), [open]);
    let place = &found.records[0].places[0];
    assert!(matches!(place.place, Place::Unit { unit: 1, .. }), "{place:?}");
    assert_eq!(place.component.as_deref(), Some("main.docx"));
    let snippet = place.snippet.as_ref().unwrap();
    assert_eq!(&snippet.text[snippet.ranges[0].clone()], "тасқынына");
    // Of a restricted record the place is told, and not what it says.
    let found = ask(&archive, "демалысы", &all);
    assert_eq!(ids(&found), [secret]);
    assert!(found.records[0].places.iter().all(|place| place.snippet.is_none()));
    let only = |access: &str, agency: &str| {
        let categories = Categories::Only(BTreeSet::from([access.to_owned()]));
        Scope { agencies: Agencies::These(BTreeMap::from([(agency.to_owned(), categories)])), records: None }
    };
    let count = |words: &str, scope: &Scope| {
        let found = ask(&archive, words, scope);
        assert_eq!(found.counts.access.values().sum::<u64>(), found.total.0, "counts come from inside the scope");
        found.total.0
    };
    assert_eq!(count("демалысы", &only("public", AGENCY)), 0);
    assert_eq!(count("тасқыны", &only("public", AGENCY)), 1);
    assert_eq!(count("тасқыны", &only("public", "OTHER-01")), 0);
    let named = |record| Scope { records: Some(BTreeSet::from([record])), ..Scope::all() };
    assert_eq!((count("сынақ", &all), count("сынақ", &named(open))), (2, 1), "cards too");
}

#[test]
fn nothing_is_read_twice_and_what_is_lost_is_made_again() {
    let (bench, archive, open, _) = archive();
    brought_up(&archive);
    let wanted = ask(&archive, "тасқын жоспар", &Scope::all()).total;
    assert_eq!(brought_up(&archive).records, 0);
    archive.close().unwrap();
    let archive = bench.open();
    assert_eq!(brought_up(&archive).records, 0, "after it was opened again");
    archive.close().unwrap();
    // Words, texts, both, and files that are no full text at all.
    for lost in ["text/words", "text/kept", "text"] {
        std::fs::remove_dir_all(bench.root().join(lost)).unwrap();
        let archive = bench.open();
        brought_up(&archive);
        let found = ask(&archive, "тасқын жоспар", &Scope::all());
        assert_eq!((found.total, ids(&found)), (wanted, vec![open]), "{lost}");
        archive.close().unwrap();
    }
    for path in super::disposal::all_files(&bench.root().join("text")).into_keys() {
        // Files come and go with the words.
        let Ok(bytes) = std::fs::read(&path) else { continue };
        std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        let archive = bench.open();
        brought_up(&archive);
        assert_eq!(ask(&archive, "тасқын жоспар", &Scope::all()).total, wanted, "{}", path.display());
        archive.close().unwrap();
    }
    muragat::archive::forget_index(&bench.root()).unwrap();
    let archive = bench.open();
    assert_eq!(brought_up(&archive).records, 2, "a new generation has words of its own");
    assert_eq!(ask(&archive, "тасқын жоспар", &Scope::all()).total, wanted);
}

#[test]
fn nothing_of_a_document_lies_in_clear() {
    let (bench, archive, ..) = archive();
    brought_up(&archive);
    archive.close().unwrap();
    let hunt = super::disposal::Hunt::new(&["тасқынына", "тасқын", "демалысы", "main.docx"]);
    hunt.assert_nothing(&bench.root().join("text"), "the full text");
}
