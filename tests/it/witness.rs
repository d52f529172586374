//! Witnesses: one history is signed, a second one is caught and proved, and no archive signs on from an older copy.
//!
//! Goal: every answer of tlog-witness comes when it must, also over HTTP; no failure makes a witness sign two
//! histories; twins under one key, rollbacks and forks are found with and without the network; nothing that a stranger
//! says stops an archive or spoils what it keeps. Method: real witnesses on media that fail and behind a real server,
//! archives on copies of their media.

use super::bed::Bed;
use super::cli_json::Bench;
use muragat::archive::{Adoption, Archive, Handle, Taken};
use muragat::clock::FixedClock;
use muragat::error::{Error, ErrorCode, Exit};
use muragat::fetch::Timeouts;
use muragat::fetch::witness::{Outcome, Pushed, push};
use muragat::model::digest::Sha256;
use muragat::store::disk::Disk;
use muragat::store::local::{Erasing, LocalDisk};
use muragat::testing::{Failure, FaultDisk, FaultPlan};
use muragat::text::Lang;
use muragat::tlog::checkpoint::{LogSigner, verify};
use muragat::tlog::commit::SYSTEM_ACTOR;
use muragat::tlog::note::Note;
use muragat::tlog::request::AddCheckpoint;
use muragat::tlog::tree::{leaf_hash, merkle_root, root_at};
use muragat::tlog::trust::{TrustPolicy, TrustedWitness};
use muragat::witness::{Evidence, Fork, Reply, Reports, Server, Witness, WitnessError, origin_hash};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// A second, in milliseconds, at which witnesses sign.
const AT: u64 = 1_800_000_000_000;

fn clock() -> Arc<FixedClock> {
    Arc::new(FixedClock(AtomicU64::new(AT)))
}

/// A witness in memory with its medium.
pub(crate) fn witness(name: &str) -> (Arc<FaultDisk>, Arc<Witness>) {
    let disk = Arc::new(FaultDisk::new(&FaultPlan::count_only()));
    let witness = Witness::create(disk.clone(), name, clock()).unwrap();
    (disk, Arc::new(witness))
}

/// A witness behind a server.
struct Served {
    url: String,
    stop: &'static AtomicBool,
    thread: Option<JoinHandle<()>>,
}

impl Served {
    fn new(witness: Arc<Witness>) -> Self {
        Self::telling(witness, |_| {})
    }

    fn telling(witness: Arc<Witness>, forked: fn(&Fork)) -> Self {
        let server = Server::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", server.address().unwrap());
        let stop: &'static AtomicBool = Box::leak(Box::new(AtomicBool::new(false)));
        let thread =
            std::thread::spawn(move || server.run(witness, stop, Reports { failed: |e| panic!("{e}"), forked }));
        Self { url, stop, thread: Some(thread) }
    }

    /// Status, head and body of the answer.
    fn ask(&self, method: &str, path: &str, body: &[u8]) -> (u16, String, String) {
        let host = self.url.trim_start_matches("http://").trim_end_matches('/');
        let mut stream = TcpStream::connect(host).unwrap();
        let len = body.len();
        write!(stream, "{method} {path} HTTP/1.1\r\nHost: w\r\nConnection: close\r\nContent-Length: {len}\r\n\r\n")
            .unwrap();
        // The server may answer before it has read all of what is too long.
        let _ = stream.write_all(body);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head[9..12].parse().unwrap(), head.to_owned(), body.to_owned())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let ended = self.thread.take().map(JoinHandle::join);
        assert!(matches!(ended, Some(Ok(()))) || std::thread::panicking());
    }
}

/// A bed whose archive adopted a policy with these witnesses (name, address) and this quorum.
fn adopted(witnesses: &[(&str, &Witness, Option<&str>)], groups: &str) -> Bed {
    let mut bed = Bed::new(&FaultPlan::count_only());
    bed.config.witnesses = witnesses.iter().filter_map(|(_, _, url)| Some(url.as_ref()?.parse().unwrap())).collect();
    adopt(&bed, witnesses, groups);
    bed
}

pub(crate) fn adopt(bed: &Bed, witnesses: &[(&str, &Witness, Option<&str>)], groups: &str) {
    let line = |(name, witness, url): &(&str, &Witness, Option<&str>)| {
        format!("witness {name} {} {}\n", witness.key(), url.unwrap_or_default())
    };
    let lines: String = witnesses.iter().map(line).collect();
    let file = format!("log {}\n{lines}{groups}\n", bed.config.vkey);
    let archive = bed.open().unwrap();
    let policy = TrustPolicy::parse(file.as_bytes()).unwrap();
    assert!(matches!(archive.adopt_witnesses(&policy, file.as_bytes(), SYSTEM_ACTOR).unwrap(), Adoption::Done(_)));
    archive.close().unwrap();
}

/// Commits an entry.
pub(crate) fn act(archive: &Archive, name: &str) {
    archive.actor(name).unwrap();
}

/// One round with a witness by courier.
pub(crate) fn courier(archive: &Archive, name: &str, witness: &Witness) -> Result<Taken, Error> {
    let known = archive.witness(name)?;
    let mut asked = archive.ask_witness(&known.key, None)?;
    for _ in 0..2 {
        let reply = witness.add_checkpoint(asked.body.as_bytes()).unwrap();
        match archive.take_answer(&known, reply.body().as_bytes())? {
            Taken::Knows(size) => asked = archive.ask_witness(&known.key, Some(size))?,
            taken => return Ok(taken),
        }
    }
    panic!("a witness answers in two rounds")
}

/// What witnesses answer; nobody has the archive open.
fn pushed(bed: &Bed) -> Vec<Pushed> {
    let mut rows = Vec::new();
    push(&mut || bed.open().map(|archive| Handle::Own(Box::new(archive))), Timeouts::default(), &mut |row| {
        rows.push(row.clone())
    })
    .unwrap();
    rows
}

fn code<T: std::fmt::Debug>(result: Result<T, Error>) -> ErrorCode {
    result.unwrap_err().code
}

#[test]
fn every_answer_of_the_specification_comes_over_http() {
    let (_, witness) = witness("w.example/1");
    let key = witness.key().clone();
    let log = LogSigner::new("other.example/log", &[5; 32]);
    witness.add_log(log.verifier()).unwrap();
    let served = Served::new(witness);
    let leaves: Vec<Sha256> = (0u8..4).map(|i| leaf_hash(&[i])).collect();
    let root = |n: usize| merkle_root(&leaves[..n]);
    let request = |old, proof: &[Sha256], size: usize, root| {
        AddCheckpoint { old, proof: proof.to_vec(), note: log.sign(size as u64, root).unwrap() }.encode()
    };
    let add = |body: &str| served.ask("POST", "/add-checkpoint", body.as_bytes());
    let hash = origin_hash("other.example/log");
    let monitor = || served.ask("GET", &format!("/{hash}/checkpoint"), b"");

    assert_eq!(monitor().0, 404, "nothing was cosigned yet");
    assert_eq!(add("old 0\n").0, 400);
    assert_eq!(add(&request(3, &[], 2, root(2))).0, 400);
    assert_eq!(add(&request(0, &[], 2, root(2)).replace("other.example", "third.example")).0, 404);
    let stranger = LogSigner::new("other.example/log", &[6; 32]).sign(2, root(2)).unwrap();
    assert_eq!(add(&AddCheckpoint { old: 0, proof: Vec::new(), note: stranger }.encode()).0, 403);
    let (status, _, line) = add(&request(0, &[], 2, root(2)));
    assert_eq!(status, 200);
    let note = log.sign(2, root(2)).unwrap() + &line;
    assert_eq!(key.time_on(&Note::read(note.as_bytes()).unwrap()), Ok(Some(AT / 1000)));
    assert_eq!((monitor().0, monitor().2), (200, note));
    let (status, head, body) = add(&request(0, &[], 3, root(3)));
    assert_eq!((status, body.as_str()), (409, "2\n"));
    assert!(head.to_ascii_lowercase().contains("content-type: text/x.tlog.size"), "{head}");
    assert_eq!(add(&request(2, &[leaves[3]], 3, root(3))).0, 422);
    assert_eq!(add(&request(2, &[], 2, root(3))).0, 422);
    assert_eq!(add(&request(2, &[leaves[2]], 3, root(3))).0, 200);

    assert_eq!(served.ask("POST", "/add-checkpoint", &vec![b'a'; 200_000]).0, 413);
    assert_eq!(served.ask("GET", "/add-checkpoint", b"").0, 405);
    for path in ["/", "/key", "/logs/checkpoint", "/../checkpoint", "/%2e%2e/checkpoint"] {
        assert_eq!(served.ask("GET", path, b"").0, 404, "{path}");
    }
}

#[test]
fn whatever_fails_when_no_two_histories_are_cosigned() {
    let log = LogSigner::new("log", &[5; 32]);
    let heads = |n: u8| {
        let leaves: Vec<Sha256> = (0..3).map(|i| leaf_hash(&[n, i])).collect();
        let sign = |size: usize| log.sign(size as u64, merkle_root(&leaves[..size])).unwrap();
        let first = AddCheckpoint { old: 0, proof: Vec::new(), note: sign(2) }.encode();
        (first, AddCheckpoint { old: 2, proof: vec![leaves[2]], note: sign(3) }.encode())
    };
    let ((first, second), (other, _)) = (heads(1), heads(2));
    let made = FaultDisk::new(&FaultPlan::count_only());
    Witness::create(Arc::new(made.copy()), "w", clock()).unwrap();
    let start = {
        let disk = Arc::new(made);
        let witness = Witness::create(disk.clone(), "w", clock()).unwrap();
        witness.add_log(log.verifier()).unwrap();
        disk.copy()
    };
    let work = |disk: Arc<FaultDisk>| -> Vec<String> {
        let witness = Witness::open(disk, clock()).unwrap();
        let answers = [&first, &second, &first].map(|body| witness.add_checkpoint(body.as_bytes()));
        answers.into_iter().filter_map(|a| if let Ok(Reply::Cosigned(line)) = a { Some(line) } else { None }).collect()
    };
    let plan = FaultPlan::count_only();
    assert_eq!(work(Arc::new(start.copy().under(&plan))).len(), 2);
    assert!(plan.operations() >= 2);
    for k in 0..plan.operations() {
        for failure in Failure::ALL {
            for seed in 0..4 {
                let disk = Arc::new(start.copy().under(&FaultPlan::fail_at(k, failure)));
                let signed = work(disk.clone());
                let after = Arc::new(disk.crash(seed).under(&FaultPlan::count_only()));
                let witness = Witness::open(after, clock()).unwrap();
                let kept = witness.logs().unwrap()[0].last.as_ref().map_or(0, |(checkpoint, _)| checkpoint.size);
                let left = if signed.is_empty() { 0 } else { signed.len() as u64 + 1 };
                assert!(kept >= left, "operation {k} {failure:?}: signed {left}, kept {kept}");
                // Another history of a size that may have been signed is never signed as well.
                if left > 0 {
                    let reply = witness.add_checkpoint(other.as_bytes()).unwrap();
                    assert_eq!(reply, Reply::Conflict(kept));
                    let same = AddCheckpoint { old: 2, ..AddCheckpoint::parse(other.as_bytes()).unwrap() }.encode();
                    let status = witness.add_checkpoint(same.as_bytes()).unwrap().status();
                    assert_eq!(status, if kept == 2 { 422 } else { 409 });
                }
            }
        }
    }
}

#[test]
fn of_twins_under_one_key_a_witness_signs_one_and_keeps_the_proof() {
    let (disk, one) = witness("w");
    let bed = adopted(&[("a", &one, None)], "quorum a");
    one.add_log(&bed.config.vkey).unwrap();
    let twin = bed.killed();
    let (first, second) = (bed.open().unwrap(), twin.open().unwrap());
    act(&first, "first");
    act(&second, "second");
    assert_eq!(first.head().size, second.head().size);
    assert!(matches!(courier(&first, "a", &one), Ok(Taken::Cosigned { .. })));

    let asked = second.ask_witness(one.key(), Some(first.head().size)).unwrap();
    let reply = one.add_checkpoint(asked.body.as_bytes()).unwrap();
    assert_eq!(reply.status(), 422);
    assert_eq!(one.add_checkpoint(asked.body.as_bytes()).unwrap(), reply, "and goes on saying so");
    let logs = one.logs().unwrap();
    let log = logs.iter().find(|log| log.origin == bed.config.vkey.name).unwrap();
    assert_eq!(log.forks.len(), 1);
    let note = |part| verify(&disk.files()[&format!("{}/{part}", log.forks[0].folder)], &bed.config.vkey).unwrap();
    let (kept, offered) = (note("kept"), note("offered"));
    assert_eq!(kept.size, offered.size);
    assert_ne!(kept.root, offered.root, "two notes by one key, of one size, with two roots: the proof");
    act(&first, "third");
    assert!(matches!(courier(&first, "a", &one), Ok(Taken::Cosigned { .. })), "the first history is served on");

    // By courier the twin learns what the witness keeps, and stops.
    let known = second.witness("a").unwrap();
    let kept = one.checkpoint(&origin_hash(&bed.config.vkey.name)).unwrap().unwrap();
    let stopped = code(second.take_answer(&known, &kept));
    assert_eq!(stopped, ErrorCode::LogRolledBack, "it is longer by one entry");
}

/// What a serving witness told its own people.
static TOLD: Mutex<Vec<(Evidence, String)>> = Mutex::new(Vec::new());

#[test]
fn a_serving_witness_tells_its_people_of_a_fork_and_can_be_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Arc::new(LocalDisk::open(folder.path(), Erasing::Nothing).unwrap());
    let one = Arc::new(Witness::create(disk, "w", clock()).unwrap());
    let log = LogSigner::new("log", &[5; 32]);
    one.add_log(log.verifier()).unwrap();
    let leaves: Vec<Sha256> = (0u8..4).map(|i| leaf_hash(&[i])).collect();
    let request = |old, proof: &[Sha256], size, root| {
        AddCheckpoint { old, proof: proof.to_vec(), note: log.sign(size, root).unwrap() }.encode()
    };
    let forked = |fork: &Fork| TOLD.lock().unwrap().push((fork.evidence, fork.folder.clone()));
    let served = Served::telling(one, forked);
    let status = |body: &str| served.ask("POST", "/add-checkpoint", body.as_bytes()).0;
    let good = request(0, &[], 2, merkle_root(&leaves[..2]));
    assert_eq!(status(&good), 200);
    let split = request(2, &[], 2, merkle_root(&leaves[2..]));
    let bad_proof = request(2, &[leaves[3]], 3, merkle_root(&leaves[..3]));
    assert_eq!([&split, &bad_proof, &split, &bad_proof].map(|body| status(body)), [422; 4]);
    let told = TOLD.lock().unwrap().clone();
    let kinds: Vec<Evidence> = told.iter().map(|(evidence, _)| *evidence).collect();
    assert_eq!(kinds, [Evidence::Split, Evidence::Inconsistent], "each pair once: {told:?}");

    // The folder is held by whoever serves; looking at it needs nothing of that, and makes nothing.
    let _held = muragat::archive::hold(folder.path()).unwrap();
    let show = |lang: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_muragat"));
        let output =
            command.args(["witness", "show", folder.path().to_str().unwrap(), "--lang", lang]).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let (exit, said) = show("en");
    assert_eq!(exit, Some(Exit::Integrity as i32));
    assert_eq!(said.matches("TWO HISTORIES").count(), 1, "{said}");
    assert_eq!(said.matches("two checkpoints without a proof").count(), 1, "{said}");
}

#[test]
fn a_witness_that_lost_what_it_cosigned_does_not_begin_again() {
    let log = LogSigner::new("log", &[5; 32]);
    let other = LogSigner::new("other", &[6; 32]);
    let leaves: Vec<Sha256> = (0u8..4).map(|i| leaf_hash(&[i])).collect();
    let first = |log: &LogSigner, n: usize| {
        let note = log.sign(n as u64, merkle_root(&leaves[..n])).unwrap();
        AddCheckpoint { old: 0, proof: Vec::new(), note }.encode()
    };
    let (disk, one) = witness("w");
    assert!(one.add_log(log.verifier()).unwrap() && one.add_log(other.verifier()).unwrap());
    assert_eq!(one.add_checkpoint(first(&log, 2).as_bytes()).unwrap().status(), 200);
    drop(one);
    let folder = format!("logs/{}", origin_hash("log"));
    for lost in [vec!["checkpoint"], vec!["checkpoint", "vkeys"]] {
        let copy = Arc::new(disk.copy());
        lost.iter().for_each(|name| copy.delete(&format!("{folder}/{name}")).unwrap());
        let one = Witness::open(copy, clock()).unwrap();
        // Whoever lost the whole folder makes the log known again.
        one.add_log(log.verifier()).unwrap();
        for size in [1, 3] {
            let refused = one.add_checkpoint(first(&log, size).as_bytes());
            assert!(
                matches!(&refused, Err(WitnessError::Malformed { what, .. }) if what.contains("lost")),
                "{refused:?}"
            );
        }
        assert_eq!(one.add_checkpoint(first(&other, 1).as_bytes()).unwrap().status(), 200, "others are served on");
    }
}

#[test]
fn a_damaged_memory_of_witnesses_is_said_and_made_again() {
    let (_, one) = witness("w");
    let bed = adopted(&[("a", &one, None)], "quorum a");
    one.add_log(&bed.config.vkey).unwrap();
    let archive = bed.open().unwrap();
    assert!(archive.remembers().unwrap(), "there is none yet");
    courier(&archive, "a", &one).unwrap();
    archive.close().unwrap();
    let copy = bed.killed();
    copy.keys.corrupt("witnessed", 30, 1);
    let archive = copy.open().unwrap();
    assert!(!archive.remembers().unwrap() && archive.conflict().is_none());
    act(&archive, "goes on");
    courier(&archive, "a", &one).unwrap();
    assert!(archive.remembers().unwrap(), "the next cosignature replaced it");
    archive.close().unwrap();
    assert!(copy.audit().is_clean());
}

#[test]
fn an_archive_put_back_from_an_older_copy_signs_nothing() {
    let (_, one) = witness("w");
    let bed = adopted(&[("a", &one, None)], "quorum a");
    one.add_log(&bed.config.vkey).unwrap();
    let old = bed.killed();
    let archive = bed.open().unwrap();
    act(&archive, "later");
    courier(&archive, "a", &one).unwrap();
    archive.close().unwrap();
    assert!(bed.open().unwrap().conflict().is_none());

    // The folder is of before, the keys are of now: no network is needed.
    let mut restored = old.killed();
    restored.keys = bed.killed().keys;
    for _ in 0..2 {
        let archive = restored.open().unwrap();
        assert_eq!(
            code(archive.adopt_witnesses(
                &TrustPolicy::parse(b"quorum none\n").unwrap(),
                b"quorum none\n",
                SYSTEM_ACTOR
            )),
            ErrorCode::LogRolledBack
        );
        assert_eq!(archive.actor("nobody").unwrap(), SYSTEM_ACTOR, "who reads is not written down");
        let (_, two) = witness("two");
        assert_eq!(code(courier(&archive, "a", &two)), ErrorCode::LogRolledBack, "nor does it get cosignatures");
        assert!(archive.log().unwrap().entry(0).is_ok() && archive.settle().is_ok(), "it can be read");
        archive.close().unwrap();
    }
    let audit = restored.audit();
    assert!(audit.findings.iter().any(|f| f.file == "keys/witnessed"), "{:?}", audit.findings);
    // The newest copy, put back over it, is in use as before.
    let newest = bed.killed();
    act(&newest.open().unwrap(), "goes on");
    assert!(bed.audit().is_clean());
}

#[test]
fn a_rollback_of_folder_and_keys_and_a_fork_are_found_by_asking_a_witness() {
    let (_, one) = witness("w");
    let served = Served::new(one.clone());
    let bed = adopted(&[("a", &one, Some(&served.url))], "quorum a");
    one.add_log(&bed.config.vkey).unwrap();
    assert_eq!(pushed(&bed)[0].outcome, Outcome::Cosigned);
    let old = bed.killed();
    let archive = bed.open().unwrap();
    act(&archive, "later");
    act(&archive, "later still");
    let size = archive.head().size;
    archive.close().unwrap();
    assert_eq!(pushed(&bed)[0].cosigned, Some((size, AT / 1000)));
    let archive = bed.open().unwrap();
    let signed = archive.cosigned().unwrap().unwrap();
    assert!(signed.judged.unwrap().is_met);
    archive.close().unwrap();

    // Older by two entries.
    let rolled_back = old.killed();
    // As long as the other, with another last entry; and longer.
    for (entries, expected) in [
        (0, ErrorCode::LogRolledBack),
        (2, ErrorCode::LogForked),
        (3, ErrorCode::LogForked),
        (1, ErrorCode::LogRolledBack),
    ] {
        let twin = rolled_back.killed();
        let archive = twin.open().unwrap();
        (0..entries).for_each(|n| act(&archive, &format!("other {n}")));
        archive.close().unwrap();
        let rows = pushed(&twin);
        let archive = twin.open().unwrap();
        assert_eq!((rows[0].outcome, rows[0].code), (Outcome::Failed, Some(expected)), "{entries}: {rows:?}");
        assert!(archive.conflict().is_some());
        archive.close().unwrap();
        let files: Vec<String> = twin.disk.files().into_keys().filter(|name| name.starts_with("tlog/fork/")).collect();
        assert_eq!(files.len(), 2, "both checkpoints are kept: {files:?}");
        // Stays so when it is opened again, also without the network; and a power cut does not forget it.
        // From here an older copy and one that was used further look alike; the newest copy tells them apart.
        if expected == ErrorCode::LogRolledBack {
            let kept = verify(&twin.disk.files()["tlog/checkpoint"], &bed.config.vkey).unwrap();
            let newest = bed.open().unwrap();
            let is_same = root_at(&newest.log().unwrap(), kept.size).unwrap() == kept.root;
            assert_eq!(is_same, entries == 0);
            newest.close().unwrap();
            for (lang, both) in [(Lang::Kk, "екінші тарих"), (Lang::Ru, "вторая история"), (Lang::En, "second history")]
            {
                assert!(expected.text(lang).contains(both));
            }
        }
        for again in [twin.killed(), twin.power_cut(7)] {
            let archive = again.open().unwrap();
            assert_eq!(archive.conflict().unwrap().is_fork(), expected == ErrorCode::LogForked);
            let file = b"quorum none\n";
            let policy = TrustPolicy::parse(file).unwrap();
            assert_eq!(code(archive.adopt_witnesses(&policy, file, SYSTEM_ACTOR)), expected);
            archive.close().unwrap();
            assert!(!again.audit().is_clean());
        }
    }
}

#[test]
fn courier_and_network_end_in_the_same_files() {
    let (_, one) = witness("w");
    let served = Served::new(one.clone());
    let bed = adopted(&[("a", &one, Some(&served.url))], "quorum a");
    one.add_log(&bed.config.vkey).unwrap();
    let [by_net, by_courier] = [bed.killed(), bed.killed()];
    assert_eq!(pushed(&by_net)[0].outcome, Outcome::Cosigned);
    let archive = by_courier.open().unwrap();
    assert!(matches!(courier(&archive, "a", &one), Ok(Taken::Cosigned { .. })));
    archive.close().unwrap();
    assert_eq!(by_net.disk.files(), by_courier.disk.files());
    assert_eq!(by_net.keys.files(), by_courier.keys.files());
    assert!(by_net.audit().is_clean());
}

#[test]
fn forged_and_foreign_lines_change_nothing() {
    let [(_, one), (_, two), (_, alien)] = ["w1", "w2", "alien"].map(witness);
    let bed = adopted(&[("a", &one, None), ("b", &two, None)], "group g all a b\nquorum g");
    let archive = bed.open().unwrap();
    let known = archive.witness("a").unwrap();
    let asked = archive.ask_witness(&known.key, None).unwrap();
    assert!([&one, &two, &alien].iter().all(|w| w.add_log(&bed.config.vkey).unwrap()));
    let line = |w: &Witness| w.add_checkpoint(asked.body.as_bytes()).unwrap().body();
    let (good, other, strange) = (line(&one), line(&two), line(&alien));
    let forged = muragat::tlog::note::line("w2", two.key().id(), &[1; 72]);
    let wrong = muragat::tlog::note::line("w1", one.key().id(), &[1; 72]);
    let before = bed.disk.files();

    for bad in [
        String::new(),
        "\n".to_owned(),
        strange.clone(),
        other.clone(),
        wrong.clone(),
        good.clone() + &wrong,
        good.trim_end().to_owned(),
        format!("{good}\n"),
        LogSigner::new("log", &[1; 32]).sign(1, Sha256([0; 32])).unwrap(),
    ] {
        assert_eq!(code(archive.take_answer(&known, bad.as_bytes())), ErrorCode::WitAnswer, "{bad:?}");
    }
    assert_eq!(bed.disk.files(), before, "nothing of it is kept");
    assert_eq!(code(archive.take_answer(&known, b"999999\n")), ErrorCode::LogNewerSaid);
    assert!(archive.conflict().is_none(), "what is said and not signed stops nothing");
    assert_eq!(archive.take_answer(&known, b"0\n").unwrap(), Taken::Knows(0));

    // The forged line of another known witness would reject the whole note, if it were taken along.
    assert!(matches!(archive.take_answer(&known, (good + &forged + &strange).as_bytes()), Ok(Taken::Cosigned { .. })));
    let shown = archive.cosigned().unwrap().unwrap();
    assert_eq!(Note::read(shown.note.as_bytes()).unwrap().lines.len(), 2);
    assert!(!shown.judged.unwrap().is_met, "one of two");
    let b = archive.witness("b").unwrap();
    assert_eq!(code(archive.take_answer(&b, other.as_bytes())), ErrorCode::WitAnswer, "it was never asked");
    archive.ask_witness(&b.key, None).unwrap();
    assert!(matches!(archive.take_answer(&b, other.as_bytes()), Ok(Taken::Cosigned { .. })));
    assert!(archive.cosigned().unwrap().unwrap().judged.unwrap().is_met);
    archive.close().unwrap();
    assert!(bed.audit().is_clean());
}

#[test]
fn of_several_requests_under_way_each_answer_is_taken_with_its_own() {
    let (_, one) = witness("w");
    let bed = adopted(&[("a", &one, None)], "quorum a");
    one.add_log(&bed.config.vkey).unwrap();
    let archive = bed.open().unwrap();
    let known = archive.witness("a").unwrap();
    let first = archive.ask_witness(&known.key, None).unwrap();
    act(&archive, "later");
    let second = archive.ask_witness(&known.key, None).unwrap();
    assert_eq!((first.size + 1, second.old), (second.size, 0));
    let answer = one.add_checkpoint(first.body.as_bytes()).unwrap().body();
    let refused = archive.take_answer(&known, answer.as_bytes()).unwrap_err();
    assert!(refused.what.contains(&format!("the request of {} entries", second.size)), "{}", refused.what);
    let taken = archive.take_answer_to(&known, Some(first.note.as_bytes()), answer.as_bytes()).unwrap();
    assert!(matches!(taken, Taken::Cosigned { size, .. } if size == first.size));
    // A note of another journal is no request of this one.
    let alien = LogSigner::new("alien", &[3; 32]).sign(1, Sha256([0; 32])).unwrap();
    let refused = archive.take_answer_to(&known, Some(alien.as_bytes()), answer.as_bytes());
    assert_eq!(code(refused), ErrorCode::WitAnswer);
    archive.close().unwrap();
    assert!(bed.audit().is_clean());
}

#[test]
fn strangers_are_shown_the_newest_checkpoint_that_meets_the_quorum() {
    let [(_, one), (_, two)] = ["w1", "w2"].map(witness);
    let bed = adopted(&[("a", &one, None), ("b", &two, None)], "group g 2 a b\nquorum g");
    assert!([&one, &two].iter().all(|w| w.add_log(&bed.config.vkey).unwrap()));
    let archive = bed.open().unwrap();
    let shown = |archive: &Archive| {
        let shown = archive.cosigned().unwrap().unwrap();
        (shown.checkpoint.size, shown.judged.unwrap().is_met)
    };
    assert!(archive.cosigned().unwrap().is_none());
    courier(&archive, "a", &one).unwrap();
    let first = archive.head().size;
    assert_eq!(shown(&archive), (first, false));
    act(&archive, "x");
    courier(&archive, "a", &one).unwrap();
    assert_eq!(shown(&archive), (first + 1, false), "until a quorum is met, the newest");
    courier(&archive, "b", &two).unwrap();
    assert_eq!(shown(&archive), (first + 1, true));
    act(&archive, "y");
    courier(&archive, "a", &one).unwrap();
    assert_eq!(shown(&archive), (first + 1, true), "a newer one with less is not shown");
    let known = archive.witnessed(one.key()).unwrap().unwrap().0.size;
    assert_eq!(known, first + 2, "and is known all the same");
    courier(&archive, "b", &two).unwrap();
    assert_eq!(shown(&archive), (first + 2, true));
    archive.close().unwrap();
    let files = bed.disk.files();
    assert!(bed.audit().is_clean());
    for name in files.keys().filter(|n| n.starts_with("tlog/witness/") || *n == "tlog/cosigned") {
        let copy = bed.killed();
        copy.disk.corrupt(name, 30, 1);
        assert!(copy.audit().findings.iter().any(|f| f.file == *name), "{name}");
    }
}

#[test]
fn only_allowed_addresses_are_asked_and_a_silent_witness_costs_nothing() {
    let (_, one) = witness("w");
    let served = Served::new(one.clone());
    let mut bed = adopted(&[("a", &one, Some(&served.url))], "quorum a");
    bed.config.witnesses = vec!["http://127.0.0.1:9/".parse().unwrap()];
    let rows = pushed(&bed);
    assert_eq!((rows[0].outcome, rows[0].code), (Outcome::NotAllowed, Some(ErrorCode::WitNotAllowed)));
    bed.config.witnesses = vec![served.url.parse().unwrap()];
    let rows = pushed(&bed);
    assert_eq!(rows[0].code, Some(ErrorCode::WitNoLog), "the witness was not told of the log");
    drop(served);
    assert_eq!(pushed(&bed)[0].code, Some(ErrorCode::NetNoAnswer));
    let archive = bed.open().unwrap();
    act(&archive, "and documents come in all the same");
    archive.close().unwrap();
}

#[test]
fn a_policy_must_know_the_log_of_its_archive() {
    let (_, one) = witness("w");
    let bed = Bed::new(&FaultPlan::count_only());
    let archive = bed.open().unwrap();
    let alien = LogSigner::new("alien", &[3; 32]);
    let file = format!("log {}\nwitness a {}\nquorum a\n", alien.verifier(), one.key());
    let policy = TrustPolicy::parse(file.as_bytes()).unwrap();
    assert_eq!(code(archive.adopt_witnesses(&policy, file.as_bytes(), SYSTEM_ACTOR)), ErrorCode::WitPolicy);
    let file = format!("witness a {}\nquorum a\n", one.key());
    let policy = TrustPolicy::parse(file.as_bytes()).unwrap();
    let done = archive.adopt_witnesses(&policy, file.as_bytes(), SYSTEM_ACTOR).unwrap();
    let Adoption::Done(entry) = done else { panic!("{done:?}") };
    let held = archive.adopt_witnesses(&policy, file.as_bytes(), SYSTEM_ACTOR).unwrap();
    assert_eq!(held, Adoption::Held(Some(entry)));
    let again = archive.witness("a").unwrap();
    assert_eq!(again, TrustedWitness { name: "a".into(), key: one.key().clone(), url: None });
    assert_eq!(code(archive.witness("b")), ErrorCode::WitUnknown);
    archive.close().unwrap();
}

#[test]
fn while_a_witness_is_slow_other_commands_of_the_archive_work() {
    let bench = Arc::new(Bench::new());
    let (_, one) = witness("w");
    let json = |arguments: &[&str], exit| bench.run(&[arguments, &["--json"]].concat()).exits(exit).json();
    let vkey = json(&["log", "checkpoint", "--vkey"], Exit::Ok)[0]["vkey"].as_str().unwrap().to_owned();
    one.add_log(&vkey.parse().unwrap()).unwrap();
    let key = one.key().to_string();
    // It answers when another policy was adopted, and not before.
    let (meanwhile, other) = (bench.clone(), bench.path("other.txt"));
    let server = super::fetch::Server::new(move |path, body| {
        assert_eq!(path, "/add-checkpoint");
        meanwhile.run(&["log", "witness", "adopt", other.to_str().unwrap()]).exits(Exit::Ok);
        super::fetch::Reply::Body(one.add_checkpoint(body).unwrap().body().into_bytes())
    });
    let policy = |name, comment: &str| {
        bench.file(name, format!("{comment}log {vkey}\nwitness a {key} {}\nquorum a\n", server.at("/")))
    };
    let first = policy("first.txt", "");
    policy("other.txt", "# again\n");
    json(&["log", "witness", "adopt", &first], Exit::Ok);
    let config = bench.archive().join("muragat.toml");
    let allow = format!("\n[witness]\nallow = [\"{}\"]\n", server.at("/"));
    std::fs::write(&config, std::fs::read_to_string(&config).unwrap() + &allow).unwrap();
    let before = json(&["log", "checkpoint"], Exit::Ok)[0]["size"].clone();
    let rows = json(&["log", "witness", "push"], Exit::Ok);
    assert_eq!((&rows[0]["status"], &rows[0]["size"]), (&"cosigned".into(), &before));
    assert_ne!(json(&["log", "checkpoint"], Exit::Ok)[0]["size"], before, "the other command was done");
    assert_eq!(json(&["audit"], Exit::Ok)[0]["findings"], serde_json::json!([]));
}

#[test]
fn the_program_says_that_it_was_put_back_and_reads_on() {
    let bench = Bench::new();
    let path = |name: &str| bench.path(name).to_str().unwrap().to_owned();
    let copy = |from: &Path, to: &Path| {
        assert!(Command::new("cp").arg("-a").args([from, to]).status().unwrap().success());
    };
    let json = |arguments: &[&str], exit| bench.run(&[arguments, &["--json"]].concat()).exits(exit).json();
    let (dir, policy, archive) = (path("witness"), path("policy.txt"), bench.archive());
    let key = json(&["witness", "init", &dir, "--name", "w"], Exit::Ok)[0]["vkey"].as_str().unwrap().to_owned();
    let vkey = json(&["log", "checkpoint", "--vkey"], Exit::Ok)[0]["vkey"].as_str().unwrap().to_owned();
    json(&["witness", "add-log", &dir, &vkey], Exit::Ok);
    std::fs::write(&policy, format!("witness a {key}\nquorum a\n")).unwrap();
    json(&["log", "witness", "adopt", &policy], Exit::Ok);
    copy(&archive, &bench.path("old"));
    std::fs::write(&policy, format!("witness a {key}\n# again\nquorum a\n")).unwrap();
    json(&["log", "witness", "adopt", &policy], Exit::Ok);
    let (request, answer) = (path("request"), path("answer"));
    json(&["log", "witness", "request", "a", "-o", &request], Exit::Ok);
    json(&["witness", "sign", &dir, &request, "-o", &answer], Exit::Ok);
    json(&["log", "witness", "accept", &answer], Exit::Ok);

    copy(&archive, &bench.path("new"));
    std::fs::remove_dir_all(&archive).unwrap();
    copy(&bench.path("old"), &archive);
    let refused = json(&["log", "witness", "adopt", &policy], Exit::Integrity);
    assert_eq!(refused[0]["error"]["code"], "LOG-004");
    let shown = json(&["log", "witness", "show"], Exit::Integrity);
    assert_eq!(shown[0]["conflict"]["file"], "keys/witnessed");
    let doctor = json(&["doctor"], Exit::Ok);
    assert!(doctor[0]["advice"].as_array().unwrap().iter().any(|advice| advice["code"] == "stopped"));
    json(&["log", "checkpoint"], Exit::Ok);
    json(&["search", "хат"], Exit::Ok);
    json(&["audit"], Exit::Integrity);

    std::fs::remove_dir_all(&archive).unwrap();
    copy(&bench.path("new"), &archive);
    let witnessed = path("archive.keys/witnessed");
    let whole = std::fs::read(&witnessed).unwrap();
    std::fs::write(&witnessed, &whole[1..]).unwrap();
    let doctor = json(&["doctor"], Exit::Ok);
    assert!(doctor[0]["advice"].as_array().unwrap().iter().any(|advice| advice["code"] == "no-memory"), "{doctor:?}");
    let said = bench.run(&["log", "checkpoint", "--lang", "en"]).exits(Exit::Ok).stderr;
    assert!(said.contains("`witnessed` in the key folder is damaged"), "{said}");
    std::fs::write(&witnessed, &whole).unwrap();
    let said = bench.run(&["log", "checkpoint", "--lang", "en"]).exits(Exit::Ok).stderr;
    assert!(!said.contains("damaged"), "{said}");
    // An address at which an archive cannot ask is named before it is adopted.
    std::fs::write(path("tls.txt"), format!("witness a {key} https://w.example/\nquorum a\n")).unwrap();
    for command in ["check", "adopt"] {
        let refused = json(&["log", "witness", command, &path("tls.txt")], Exit::Refused);
        assert!(refused[0]["reasons"][0]["detail"].as_str().unwrap().contains("https"), "{refused:?}");
    }
    assert_eq!(json(&["log", "witness", "adopt", &policy], Exit::Ok)[0]["status"], "held");
    json(&["audit"], Exit::Ok);
}
