//! The whole way of a record that another archive handed over, in a bundle of the one that took it in.
//!
//! Goal: a stranger who has the keys of both archives by hand finds proven what the record was at the first receipt, and
//! when that was; without the sender's key it is not known, with another it fails; proofs that are changed, components
//! that are others, and a record that calls itself another one are named by that check and by no silence. Method: a
//! package that one archive wrote and another took in, a real bundle of it; then the parts of it, damaged as a receiver
//! could do that lies and signs what it says.

use super::accession::World;
use super::bundle::{inquiry, stamped};
use super::evidence::{authority, policy};
use super::signed::at;
use muragat::access;
use muragat::config::Readings;
use muragat::inquiry::bundle::check::{Asked, check};
use muragat::inquiry::bundle::finding::{BundleReport, Check, Finding, Outcome};
use muragat::inquiry::bundle::make::{self, Under};
use muragat::inquiry::bundle::provenance::{self, Claim, Held};
use muragat::model::digest::{Digests, sha256, sha512_parts};
use muragat::model::id::{ArchiveId, RecordId};
use muragat::model::path::PROVENANCE_PATH;
use muragat::model::submission::Role;
use muragat::tlog::checkpoint::VerifierKey;
use muragat::tlog::commit::SYSTEM_ACTOR as ACTOR;
use muragat::tlog::trust::TrustPolicy;
use muragat::transfer::layout;
use muragat::transfer::pack::format::BaggedEark;
use muragat::transfer::pack::sink::Sink;
use muragat::transfer::pack::tar::Tar as Writer;
use muragat::transfer::read::source::{Source, Tar};
use muragat::verify::material::Material;
use muragat::verify::policy::Policy;
use muragat::verify::validation::Caches;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::Cursor;
use std::path::Path;
use std::process::Command;

/// Two archives, and what became of the records in the second one.
struct Way {
    world: World,
    here: Vec<RecordId>,
}

/// What a record here says and has.
struct Parts {
    record: RecordId,
    transferred: Value,
    tar: Vec<u8>,
    held: Vec<Held>,
}

/// What a receiver makes of them.
type Lie<'a> = &'a dyn Fn(&mut Parts);

impl Way {
    fn new() -> Self {
        let world = World::new();
        let (party, folder) = (world.party(), tempfile::tempdir().unwrap());
        let (path, _) = world.write(folder.path(), 1, &BaggedEark);
        let accession = world.receive(&path, &party);
        let here = world.rows(&accession).iter().map(|row| row.reference.unwrap()).collect();
        Self { world, here }
    }

    fn policy(&self) -> Policy {
        Policy::parse(policy(&self.world.receiver).as_bytes(), "policy.toml").unwrap()
    }

    fn key(&self) -> VerifierKey {
        self.world.sending.config().vkey.clone()
    }

    /// The key of somebody else, in the name of the sender's journal.
    fn forged(&self) -> VerifierKey {
        let mut key = self.key();
        key.public = self.world.archive.config().vkey.public;
        key
    }

    fn bundle(&self, record: RecordId) -> Vec<u8> {
        let World { receiver, archive, .. } = &self.world;
        stamped(receiver, archive, &authority(receiver));
        let inquiry = inquiry(archive, "Үлгі", record);
        make::commit(archive, inquiry, &BTreeSet::new(), Readings::Own, ACTOR).unwrap();
        let mut bytes = Vec::new();
        make::write(archive, inquiry, Under::Newest, ACTOR, &mut bytes).unwrap();
        bytes
    }

    /// What a stranger with these keys finds of the bundle.
    fn checked(&self, bytes: &[u8], senders: &[VerifierKey]) -> BundleReport {
        let vkey = &self.world.archive.config().vkey;
        let trust = TrustPolicy::parse(format!("log {vkey}\nquorum none\n").as_bytes()).unwrap();
        let (policy, material) = (self.policy(), Material::new());
        let at = at(self.world.receiver.now());
        let asked = Asked {
            trust: Some(&trust),
            own: None,
            senders,
            policy: &policy,
            material: &material,
            at,
            not_before: None,
        };
        check(Cursor::new(bytes), bytes.len() as u64, &asked).unwrap()
    }

    /// The parts of the second record: nothing was added to it later.
    fn parts(&self) -> Parts {
        let record = self.here[1];
        let opened = access::open(&self.world.archive, record, ACTOR).unwrap();
        let transferred = opened.manifest().unwrap().transferred.unwrap().value();
        let read = |path: &str| opened.read(opened.component(path).unwrap()).unwrap();
        let held = |one: &muragat::index::rows::ComponentRow| {
            let bytes = read(&one.path);
            let digests = Digests { sha256: sha256(&bytes), sha512: sha512_parts(&[&bytes]) };
            Held { path: one.path.clone(), role: one.role(), len: bytes.len() as u64, digests }
        };
        let held = opened.row.components.iter().map(held).collect();
        Parts { record, transferred, tar: read(PROVENANCE_PATH), held }
    }

    fn judged(&self, parts: &Parts, senders: &[VerifierKey]) -> Vec<Finding> {
        let (policy, material) = (self.policy(), Material::new());
        let asked = Asked {
            trust: None,
            own: None,
            senders,
            policy: &policy,
            material: &material,
            at: at(self.world.receiver.now()),
            not_before: None,
        };
        let mut report = BundleReport::default();
        let Parts { record, transferred, tar, held } = parts;
        let claim = Claim { record: *record, transferred, tar, held };
        provenance::check(&claim, (&asked, &material, &Caches::default()), &mut report);
        assert!(report.findings.iter().all(|one| one.check == Check::Provenance), "{report:#?}");
        report.findings
    }
}

fn worst(findings: &[Finding]) -> (Outcome, &str) {
    let worst = findings.iter().max_by_key(|one| one.outcome).unwrap();
    (worst.outcome, worst.detail.as_str())
}

fn of_provenance(report: &BundleReport) -> Vec<Finding> {
    report.findings.iter().filter(|one| one.check == Check::Provenance).cloned().collect()
}

fn run(bundle: &Path, arguments: &[&str]) -> (i32, String) {
    let mut verify = Command::new(env!("CARGO_BIN_EXE_muragat"));
    let done = verify.args(["--lang", "en", "verify"]).arg(bundle).args(arguments).output().unwrap();
    (done.status.code().unwrap(), String::from_utf8(done.stdout).unwrap())
}

#[test]
fn a_bundle_of_the_receiver_proves_the_way_from_the_first_receipt() {
    let way = Way::new();
    // The record to which something was added there and here.
    let bytes = way.bundle(way.here[0]);
    let report = way.checked(&bytes, &[way.key()]);
    assert!(report.outcome() != Outcome::Failed, "{report:#?}");
    let found = of_provenance(&report);
    assert!(found.iter().all(|one| one.outcome == Outcome::Proven), "{found:#?}");
    let there = &way.world.sending;
    let first = access::open(there, way.world.records[0], ACTOR).unwrap();
    let received = first.manifest().unwrap().validation.unwrap().received;
    assert!(found[0].detail.contains(&way.world.records[0].to_string()), "{found:#?}");
    assert!(found[0].detail.contains(&received.format("%Y-%m-%dT%H:%M").to_string()), "{found:#?}");
    assert!(found[1..].iter().any(|one| one.detail.starts_with("unchanged since")), "{found:#?}");
    // Nobody's key, and that of another journal: not known, in words.
    for keys in [vec![], vec![way.world.archive.config().vkey.clone()]] {
        let found = of_provenance(&way.checked(&bytes, &keys));
        let (outcome, detail) = worst(&found);
        assert_eq!((found.len(), outcome), (1, Outcome::Undecided));
        assert!(detail.contains(&way.key().name) && detail.contains("nobody gave the key"), "{detail}");
    }
    // A key in the sender's name that did not sign.
    let report = way.checked(&bytes, &[way.forged()]);
    let (outcome, detail) = (report.outcome(), worst(&of_provenance(&report)).1.to_owned());
    assert_eq!(outcome, Outcome::Failed);
    assert!(detail.contains("not signed by the key"), "{detail}");
    assert_eq!(of_provenance(&way.checked(&bytes, &[way.forged(), way.key()]))[0].outcome, Outcome::Proven);
    // On the command line.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("case.zip");
    std::fs::write(&path, &bytes).unwrap();
    let (own, key) = (way.world.archive.config().vkey.to_string(), way.key().to_string());
    let (code, said) = run(&path, &["--vkey", &own]);
    assert_eq!(code, 9, "{said}");
    assert!(said.contains("--sender-vkey") && said.contains("nobody gave the key"), "{said}");
    let (_, said) = run(&path, &["--vkey", &own, "--sender-vkey", &key]);
    assert!(said.contains("accepted there") && !said.contains("nobody gave the key"), "{said}");
    let (code, said) = run(&path, &["--vkey", &own, "--sender-vkey", &way.forged().to_string()]);
    assert_eq!(code, 6, "{said}");
    assert_eq!(run(&path, &["--sender-vkey", "muragat-0"]).0, 2);
}

#[test]
fn what_a_receiver_says_that_its_sender_did_not_prove_is_found() {
    let way = Way::new();
    let (keys, whole) = ([way.key()], || way.parts());
    assert_eq!(worst(&way.judged(&whole(), &keys)).0, Outcome::Proven);
    let place = |parts: &Parts, path: &str| {
        let tar = Tar::open(Cursor::new(&parts.tar)).unwrap();
        let entry = &tar.entries()[tar.find(path).unwrap()];
        entry.place as usize..(entry.place + entry.len) as usize
    };
    let there = way.world.records[1];
    let proofs = format!("{there}/{}", layout::PROOFS);
    let main = |parts: &Parts| parts.held.iter().position(|one| one.role == Role::Main).unwrap();
    let card = |parts: &Parts| parts.held.iter().position(|one| one.role == Role::Card).unwrap();
    let lies: [(&str, Lie<'_>); 10] = [
        ("a byte of an entry", &|parts| {
            let range = place(parts, &proofs);
            let at = parts.tar[range.clone()].windows(15).position(|word| word == b"record.accepted").unwrap();
            parts.tar[range.start + at] ^= 1;
        }),
        ("a byte of the checkpoint", &|parts| {
            let range = place(parts, layout::CHECKPOINT);
            // Of its size: behind its name, which says whose key is asked for.
            let at = parts.tar[range.clone()].iter().position(|byte| *byte == b'\n').unwrap();
            parts.tar[range.start + at + 1] ^= 1;
        }),
        ("a byte of the journal's signature", &|parts| {
            let range = place(parts, layout::CHECKPOINT);
            let at = range.end - 10;
            parts.tar[at] = if parts.tar[at] == b'A' { b'B' } else { b'A' };
        }),
        ("components that stand for each other", &|parts| {
            let (main, card) = (main(parts), card(parts));
            let digests = parts.held[main].digests;
            parts.held[main].digests = parts.held[card].digests;
            parts.held[card].digests = digests;
        }),
        ("another document", &|parts| {
            let main = main(parts);
            parts.held[main].digests = Digests { sha256: sha256(b"x"), sha512: sha512_parts(&[b"x"]) };
        }),
        ("a component that the sender never had", &|parts| {
            let main = parts.held[main(parts)].clone();
            parts.held.push(Held { path: "more.pdf".into(), role: Role::Attachment, ..main });
        }),
        ("one that is left out", &|parts| {
            let main = main(parts);
            parts.held.remove(main);
        }),
        ("another part in the record", &|parts| {
            let main = main(parts);
            parts.held[main].role = Role::Attachment;
        }),
        ("another record of the sender", &|parts| {
            parts.transferred["record"] = json!(way.world.records[2].to_string());
        }),
        ("another archive", &|parts| parts.transferred["archive"] = json!(ArchiveId([9; 16]).to_string())),
    ];
    for (what, lie) in lies {
        let mut parts = whole();
        lie(&mut parts);
        let found = way.judged(&parts, &keys);
        assert_eq!(worst(&found).0, Outcome::Failed, "{what}: {found:#?}");
        assert!(!found.iter().any(|one| one.detail.contains("accepted there")), "{what}: {found:#?}");
    }
    // The proofs of another record of the same sender, and that record's name: all but the components.
    let opened = access::open(&way.world.archive, way.here[2], ACTOR).unwrap();
    let tar = opened.read(opened.component(PROVENANCE_PATH).unwrap()).unwrap();
    let transferred = opened.manifest().unwrap().transferred.unwrap().value();
    let found = way.judged(&Parts { transferred, tar, ..whole() }, &keys);
    assert_eq!(worst(&found).0, Outcome::Failed, "{found:#?}");
}

#[test]
fn proofs_that_are_no_proofs_are_named_and_followed_nowhere() {
    let way = Way::new();
    let (keys, whole) = ([way.key()], way.parts());
    let with =
        |tar: Vec<u8>| Parts { tar, transferred: whole.transferred.clone(), held: whole.held.clone(), ..way.parts() };
    // Behind the last file are zeros, of which two blocks are enough.
    let tar = Tar::open(Cursor::new(&whole.tar)).unwrap();
    let end = tar.entries().iter().map(|entry| (entry.place + entry.len) as usize).max().unwrap();
    for len in (0..end).step_by(end / 40) {
        let found = way.judged(&with(whole.tar[..len].to_vec()), &keys);
        assert_eq!(worst(&found).0, Outcome::Failed, "cut at {len}: {found:#?}");
    }
    let tar_of = |files: &[(&str, &[u8])]| {
        let mut tar = Writer::new(Vec::new(), "p");
        for (path, bytes) in files {
            tar.begin(path, bytes.len() as u64).unwrap();
            tar.write(bytes).unwrap();
            tar.end().unwrap();
        }
        tar.finish().unwrap().0
    };
    // Another program's package has no journal: nothing is proven, and nothing contradicts.
    let found = way.judged(&with(tar_of(&[("record.json", b"{}")])), &keys);
    assert_eq!(worst(&found).0, Outcome::Undecided, "{found:#?}");
    let deep = "[".repeat(100_000);
    let sender = json!({"schema": layout::SENDER_SCHEMA, "archive": whole.transferred["archive"], "heads": 0});
    let sender = sender.to_string().into_bytes();
    let hostile: [&[(&str, &[u8])]; 4] = [
        &[(layout::SENDER, deep.as_bytes()), ("x", b"")],
        &[(layout::SENDER, &sender), (layout::CHECKPOINT, deep.as_bytes()), (layout::JOURNAL, b"")],
        &[(layout::SENDER, &sender), (layout::JOURNAL, deep.as_bytes())],
        &[("x", b""), ("y", b"")],
    ];
    for files in hostile {
        let found = way.judged(&with(tar_of(files)), &keys);
        assert_eq!(worst(&found).0, Outcome::Failed, "{found:#?}");
    }
    let mut other = way.parts();
    other.transferred = json!({"record": 1});
    assert_eq!(worst(&way.judged(&other, &keys)).0, Outcome::Failed);
}
