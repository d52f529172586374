//! Attacks on the journal and on what it proves, each made, and what stops it or shows it.
//!
//! Goal: every row of the table in docs/threat-model.md §3.1 names tests that make the attack, and they exist. Here are
//! those attacks that no other module makes. Method: copies of an archive of two times and with all its keys, as whoever
//! runs the machine has them; clocks that are wrong; memory that loses a bit; and the table itself, read.

use super::bed::{Bed, accepted, content_of, submission, take_in};
use super::cli_json::Bench;
use super::disposal::copy_tree;
use super::witness::{act, adopt, courier, witness};
use muragat::access;
use muragat::archive::LOG_KEY;
use muragat::error::{ErrorCode, Exit};
use muragat::store::Disk;
use muragat::testing::FaultPlan;
use muragat::tlog::checkpoint::LogSigner;
use muragat::tlog::commit::SYSTEM_ACTOR;
use muragat::tlog::proof::InclusionProof;
use muragat::tlog::request::AddCheckpoint;
use muragat::tlog::tree::leaf_hash;
use muragat::tlog::trust::TrustPolicy;
use muragat::vault::keys::KeyFolder;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

/// The attacks that the table must have, as it begins their rows.
const ATTACKS: [&str; 18] = [
    "an entry is rewritten",
    "truncation, rollback",
    "split view",
    "dating back or ahead",
    "destruction before the term",
    "omission in the journal",
    "omission in a bundle",
    "theft of the log's key",
    "theft of KEK and vault",
    "an insider reads",
    "put an old copy back",
    "an old proof shown as the present",
    "a lost bit",
    "crash, torn write",
    "a sync that lies",
    "ransomware",
    "two clocks",
    "migration",
];
/// A day in milliseconds.
const DAY: u64 = 24 * 60 * 60 * 1000;

#[test]
fn a_rewritten_journal_does_not_go_on_from_a_checkpoint_that_was_kept() {
    let bench = Bench::new();
    let path = |name: &str| bench.path(name).to_str().unwrap().to_owned();
    copy_tree(&bench.archive(), &bench.path("before"));
    copy_tree(&bench.archive().with_extension("keys"), &bench.path("before.keys"));
    let policy = |comment: &str| {
        let file = path("policy.txt");
        fs::write(&file, format!("# {comment}\nquorum none\n")).unwrap();
        bench.run(&["log", "witness", "adopt", &file]).exits(Exit::Ok);
    };
    policy("as it was");
    let kept = path("kept.checkpoint");
    fs::write(&kept, bench.run(&["log", "checkpoint"]).exits(Exit::Ok).stdout).unwrap();
    let vkey = bench.run(&["log", "checkpoint", "--vkey"]).exits(Exit::Ok).stdout;
    let size: u64 = fs::read_to_string(&kept).unwrap().lines().nth(1).unwrap().parse().unwrap();
    let entry = (size - 1).to_string();
    let (proof, leaf, trust) = (path("kept.tlog-proof"), path("entry"), path("trust"));
    fs::write(&proof, bench.run(&["log", "proof", "--inclusion", &entry]).exits(Exit::Ok).stdout).unwrap();
    fs::write(&trust, format!("log {vkey}quorum none\n")).unwrap();
    let one = ["log", "entries", "--from", &entry, "--count", "1"];
    let text = |stdout: String| stdout.trim_end().split_once('\t').unwrap().1.to_owned();
    fs::write(&leaf, text(bench.run(&one).exits(Exit::Ok).stdout)).unwrap();
    let verify = ["verify", &proof, "--entry", &leaf, "--trust", &trust];
    bench.run(&verify).exits(Exit::Ok);

    // Whoever has folder and keys writes the last entry anew, and more behind it. By itself that archive is whole.
    fs::remove_dir_all(bench.archive()).unwrap();
    fs::remove_dir_all(bench.archive().with_extension("keys")).unwrap();
    copy_tree(&bench.path("before"), &bench.archive());
    copy_tree(&bench.path("before.keys"), &bench.archive().with_extension("keys"));
    policy("as it should have been");
    policy("and more");
    bench.run(&["audit"]).exits(Exit::Ok);
    let refused = bench.run(&["log", "proof", "--consistency", &kept, "--json"]).exits(Exit::Integrity).json();
    assert_eq!(refused[0]["error"]["code"], "LOG-001");
    bench.run(&verify).exits(Exit::Ok);
    fs::write(&leaf, text(bench.run(&one).exits(Exit::Ok).stdout)).unwrap();
    bench.run(&verify).exits(Exit::Integrity);
}

#[test]
fn an_older_copy_of_any_part_is_refused_or_stops_the_archive() {
    let (_, one) = witness("w");
    let bed = Bed::new(&FaultPlan::count_only());
    adopt(&bed, &[("a", &one, None)], "quorum a");
    one.add_log(&bed.config.vkey).unwrap();
    let old = bed.killed();
    let dir = tempfile::tempdir().unwrap();
    let archive = bed.open().unwrap();
    let paths = [submission(dir.path(), 1, &[("main.docx", super::bed::cover())], "public").0];
    let record = accepted(&take_in(&archive, &paths).unwrap()[0]).unwrap();
    courier(&archive, "a", &one).unwrap();
    archive.close().unwrap();
    assert!(bed.audit().is_clean());
    let (before, parts) = (old.disk.files(), ["store/", "vault/", "tlog/lock", "tlog/", ""]);
    let mut stopped = BTreeSet::new();
    for part in parts {
        let put_back = bed.without_index();
        for name in put_back.disk.files().keys().filter(|name| name.starts_with(part)) {
            put_back.disk.delete(name).unwrap();
        }
        for (name, bytes) in before.iter().filter(|(name, _)| name.starts_with(part)) {
            put_back.disk.plant(name, bytes);
        }
        assert!(!put_back.audit().is_clean(), "{part}: the audit says nothing");
        match put_back.open() {
            Err(e) => assert_eq!(e.code.exit(), Exit::Integrity, "{part}: {e}"),
            // Consistent in itself; only who remembers more can tell, and the key folder does.
            Ok(archive) => {
                assert_eq!(archive.conflict().map(|conflict| conflict.is_fork()), Some(false), "{part}");
                assert!(access::open(&archive, record, SYSTEM_ACTOR).is_err());
                stopped.insert(part);
            }
        }
    }
    assert_eq!(stopped, BTreeSet::from(["", "tlog/"]));
}

#[test]
fn a_clock_that_is_set_back_or_ahead_moves_no_entry() {
    let bed = Bed::new(&FaultPlan::count_only());
    let now = bed.now;
    let time = |at: u64, account: &str| {
        let archive = bed.open_at(at).unwrap();
        act(&archive, account);
        let t = archive.head().t;
        archive.close().unwrap();
        t
    };
    assert_eq!(time(now + DAY, "a"), now + DAY);
    assert_eq!(time(now - 10 * DAY, "b"), now + DAY, "set back: as the entry before");
    assert_eq!(time(now + 30 * DAY, "c"), now + 30 * DAY, "set ahead: the clock is believed");
    assert_eq!(time(now + 2 * DAY, "d"), now + 30 * DAY, "and nothing after it is earlier");
    let archive = bed.open().unwrap();
    let mut last = 0;
    archive
        .log()
        .unwrap()
        .leaves::<muragat::tlog::LogError>(0, archive.head().size, |_, leaf| {
            assert!(leaf.t >= last);
            last = leaf.t;
            Ok(())
        })
        .unwrap();
    archive.close().unwrap();
    assert!(bed.audit().is_clean());
}

#[test]
fn a_checkpoint_by_the_stolen_key_alone_proves_nothing_to_a_verifier_with_a_quorum() {
    let (_, one) = witness("w");
    let bed = Bed::new(&FaultPlan::count_only());
    adopt(&bed, &[("a", &one, None)], "quorum a");
    one.add_log(&bed.config.vkey).unwrap();
    let archive = bed.open().unwrap();
    courier(&archive, "a", &one).unwrap();
    let size = archive.head().size;
    archive.close().unwrap();
    // Offline, with the real key: a journal of one entry that never was.
    let seed = KeyFolder::new(bed.keys.clone(), bed.config.archive_id).named(LOG_KEY).unwrap();
    let thief = LogSigner::new(&bed.config.vkey.name, &seed.0);
    let entry = br#"{"act":"record.accepted"}"#;
    let forge = |size| thief.sign(size, leaf_hash(entry)).unwrap();
    let proof = InclusionProof { index: 0, hashes: Vec::new(), note: forge(1) };
    let file = |quorum: &str| format!("log {}\nwitness a {}\nquorum {quorum}\n", bed.config.vkey, one.key());
    let judged = |quorum: &str| {
        let policy = TrustPolicy::parse(file(quorum).as_bytes()).unwrap();
        proof.verify(entry, &policy, None).unwrap().is_met
    };
    assert!(judged("none"), "who asks for no witness believes the key");
    assert!(!judged("a"));
    for (old, status) in [(0, 409), (1, 409), (size, 422)] {
        let offered = AddCheckpoint { old, proof: Vec::new(), note: forge(size.max(old).max(1)) }.encode();
        assert_eq!(one.add_checkpoint(offered.as_bytes()).unwrap().status(), status, "from {old}");
    }
    assert_eq!(one.logs().unwrap()[0].forks.len(), 1, "and the two notes are kept");
}

#[test]
fn a_bit_that_memory_loses_while_a_batch_is_signed_is_never_signed() {
    let bed = Bed::new(&FaultPlan::count_only());
    let archive = bed.open().unwrap();
    act(&archive, "before");
    archive.close().unwrap();
    let before = bed.disk.files();
    for bit in (0..2048).step_by(41) {
        let bed = bed.killed();
        let archive = bed.open().unwrap();
        archive.flip(bit);
        assert_eq!(archive.actor("somebody").unwrap_err().code, ErrorCode::LogRoot, "bit {bit}");
        // Nothing more is written by this process: its memory is not to be trusted.
        assert_eq!(archive.actor("another").unwrap_err().code, ErrorCode::StoLatched, "bit {bit}");
        drop(archive);
        let after = bed.disk.files();
        for name in ["tlog/lock", "tlog/checkpoint"] {
            assert_eq!(after[name], before[name], "bit {bit}: {name}");
        }
        act(&bed.open().unwrap(), "somebody");
        assert!(bed.audit().is_clean(), "bit {bit}");
    }
}

#[test]
fn what_must_be_written_down_is_not_read_when_it_cannot_be() {
    let (_, one) = witness("w");
    let bed = Bed::new(&FaultPlan::count_only());
    adopt(&bed, &[("a", &one, None)], "quorum a");
    one.add_log(&bed.config.vkey).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let archive = bed.open().unwrap();
    let paths = [(1, "public"), (2, "confidential")]
        .map(|(n, access)| submission(dir.path(), n, &[("main.docx", super::bed::cover())], access).0);
    let answers = take_in(&archive, &paths).unwrap();
    let of = |n: usize| accepted(answers.iter().find(|answer| answer.path == paths[n]).unwrap()).unwrap();
    let (public, confidential) = (of(0), of(1));
    archive.wait_index().unwrap();
    let before = archive.head().size;
    content_of(&archive, confidential).unwrap();
    assert_eq!(archive.head().size, before + 1, "a reading is an entry");
    archive.close().unwrap();
    // An archive that knows of a newer journal writes nothing, so it gives out nothing that must be written down.
    let old = bed.killed();
    let archive = bed.open().unwrap();
    act(&archive, "later");
    courier(&archive, "a", &one).unwrap();
    archive.close().unwrap();
    let mut stopped = old;
    stopped.keys = bed.killed().keys;
    let archive = stopped.open_at(stopped.now + DAY).unwrap();
    content_of(&archive, public).unwrap();
    assert_eq!(content_of(&archive, confidential).unwrap_err().code, ErrorCode::LogRolledBack);
}

#[test]
fn a_copy_that_is_moved_and_indexed_anew_is_the_same_journal() {
    let bench = Bench::new();
    let list = |root: &str| {
        let said = bench.run(&["--archive", root, "log", "checkpoint"]).exits(Exit::Ok).stdout;
        let entries = bench.run(&["--archive", root, "log", "entries"]).exits(Exit::Ok).stdout;
        (said, entries)
    };
    let (from, to) = (bench.archive(), bench.path("elsewhere"));
    let before = list(from.to_str().unwrap());
    copy_tree(&from, &to);
    copy_tree(&from.with_extension("keys"), &to.with_extension("keys"));
    fs::remove_dir_all(to.join("index")).unwrap();
    let moved = to.to_str().unwrap();
    bench.run(&["--archive", moved, "reindex"]).exits(Exit::Ok);
    assert_eq!(list(moved), before);
    bench.run(&["--archive", moved, "audit", "--full"]).exits(Exit::Ok);
}

/// Rows of the table of attacks, each as its cells.
fn rows(page: &str) -> Vec<Vec<String>> {
    let section = page.split("\n### 3.1 ").nth(1).unwrap().split("\n## ").next().unwrap();
    let cells = |line: &str| line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect();
    section.lines().filter(|line| line.starts_with("| ")).skip(1).map(cells).collect()
}

/// Tests of this crate by module.
fn tests() -> BTreeMap<String, BTreeSet<String>> {
    let mut tests = BTreeMap::new();
    for file in fs::read_dir("tests/it").unwrap().map(|entry| entry.unwrap().path()) {
        let text = fs::read_to_string(&file).unwrap();
        let mut found = BTreeSet::new();
        for part in text.split("#[test]\n").skip(1) {
            let name = part.trim_start().strip_prefix("fn ").and_then(|rest| rest.split('(').next());
            found.extend(name.map(str::to_owned));
        }
        tests.insert(file.file_stem().unwrap().to_str().unwrap().to_owned(), found);
    }
    tests
}

/// What a cell names in code marks as `module::test`.
fn named(cell: &str) -> Vec<(&str, &str)> {
    cell.split('`').skip(1).step_by(2).filter_map(|code| code.split_once("::")).collect()
}

#[test]
fn every_test_that_the_table_of_attacks_names_exists() {
    let page = fs::read_to_string("docs/threat-model.md").unwrap();
    let (rows, tests) = (rows(&page), tests());
    assert_eq!(rows.len(), ATTACKS.len());
    for (row, attack) in rows.iter().zip(ATTACKS) {
        assert!(row[0].starts_with(attack), "{}: not {attack}", row[0]);
    }
    let mut missing = Vec::new();
    for row in &rows {
        assert_eq!(row.len(), 5, "{row:?}");
        let named = named(&row[3]);
        // A row without a test says that what it would test is not there.
        if named.is_empty() && !row[3].contains("not there") {
            missing.push(format!("{}: no test", row[0]));
        }
        for (module, test) in named {
            if !tests.get(module).is_some_and(|found| found.contains(test)) {
                missing.push(format!("{}: {module}::{test}", row[0]));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
    // The check itself finds what is gone.
    assert_eq!(named_missing(&tests), ["threats::no_such_test", "nowhere::x"]);
}

fn named_missing(tests: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    let cell = "`threats::no_such_test`, `nowhere::x`, `threats::a_clock_that_is_set_back_or_ahead_moves_no_entry`";
    let gone = named(cell).into_iter().filter(|(module, test)| !tests.get(*module).is_some_and(|t| t.contains(*test)));
    gone.map(|(module, test)| format!("{module}::{test}")).collect()
}
