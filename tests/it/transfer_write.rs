//! Writing transfer packages: structure, determinism, and nothing lost.
//!
//! Goal: a package has every byte of every record under plain names, with digests that are those of its bytes, in all three
//! forms and through every sink the same; a plan gives the same bytes whatever came since; what is not ready is said
//! before anything is written. Method: signed, amended, held and filed records of a bench with stamps of its own
//! authority; the folder is read back file by file, the tar by `tar`, XML by a small reader of its own.

use super::bundle::stamped;
use super::common::docx;
use super::evidence::{authority, policy};
use super::receipt::accepted;
use super::signed::{AGENCY, Bench, DAY_MS, at};
use muragat::access;
use muragat::archive::Archive;
use muragat::error::ErrorCode;
use muragat::evidence::heads;
use muragat::filing::files::{self, Asked};
use muragat::filing::holds::{self, Placing};
use muragat::filing::{fonds, inventory};
use muragat::index::filing::HoldTarget;
use muragat::ingest::amend::add;
use muragat::ingest::issue::{Issued, Subject, find, sign};
use muragat::ingest::lists::adopt;
use muragat::model::digest::{Digests, Sha256, sha256, sha512_parts};
use muragat::model::fonds::{FondsOpening, InventoryKind, InventoryOpening};
use muragat::model::id::{ArchiveId, RecordId};
use muragat::model::submission::{ComponentEntry, Role};
use muragat::retention::RuleList;
use muragat::tlog::checkpoint;
use muragat::tlog::commit::SYSTEM_ACTOR as ACTOR;
use muragat::tlog::heads::HeadProof;
use muragat::tlog::leaf::Leaf;
use muragat::tlog::tree::{leaf_hash, verify_consistency, verify_inclusion};
use muragat::transfer::layout;
use muragat::transfer::pack::folder::Folder;
use muragat::transfer::pack::format::{self, BaggedEark, Eark, PlainBag, TransferFormat};
use muragat::transfer::pack::sink::Nowhere;
use muragat::transfer::pack::tar::Tar;
use muragat::transfer::pack::write::{Lack, Party, Plan, Written, readiness, write};
use muragat::verify::evidence::check::{ObjectDigests, Question, verify};
use muragat::verify::evidence::record::EvidenceRecord;
use muragat::verify::material::Material;
use muragat::verify::validation::Caches;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Names that a careless writer would break on. Intake takes all of them.
const HOSTILE: [&str; 5] =
    ["a & b's.docx", "ЖОСПАР.docx", "жоспар (2).docx", "e\u{301}clair.docx", "x\u{fffe}y\u{ffff}.docx"];

struct Sender {
    bench: Bench,
    archive: Archive,
    records: Vec<RecordId>,
    file: RecordId,
    holds: [RecordId; 2],
}

fn long_name() -> String {
    // 255 bytes, the longest segment.
    format!("{}.docx", "ұ".repeat(125))
}

fn amend(bench: &Bench, archive: &Archive, record: RecordId, path: &str, bytes: &[u8]) {
    let file = bench.folder.path().join("added");
    std::fs::write(&file, bytes).unwrap();
    let entry = ComponentEntry {
        path: path.to_owned(),
        role: Role::Mark,
        covers: Vec::new(),
        media_type: None,
        derivation: None,
    };
    add(archive, record, entry, file.as_path(), Some("Белгі".to_owned()), ACTOR).unwrap();
    archive.wait_index().unwrap();
}

/// The records office issues the receipt.
fn issue(bench: &Bench, archive: &Archive, record: RecordId) {
    let subject = Subject::Record(record);
    let prepared = find(archive, subject, ACTOR).unwrap();
    let signature = bench.office.clerk.sign_detached(&prepared.bytes, at(bench.now()));
    let issued = sign(archive, subject, &signature, None, ACTOR, ACTOR).unwrap();
    assert!(matches!(issued, Issued::Done { .. }), "{issued:?}");
    archive.wait_index().unwrap();
}

fn hold(archive: &Archive, target: HoldTarget) -> RecordId {
    let placing = Placing {
        owner: "Прокуратура".into(),
        reason: "Тергеу <жүріп> жатыр".into(),
        basis: "№ 5 сұрау".into(),
        review: None,
        query: None,
    };
    holds::place(archive, &placing, &[target], ACTOR).unwrap().0
}

impl Sender {
    /// Two records in a file of an approved list, one of them amended and held, and a third that is in no file.
    fn new() -> Self {
        let bench = Bench::new();
        let archive = bench.open();
        bench.adopt(&archive, &policy(&bench));
        let list = include_bytes!("../../retention-rules/kz-sample.toml");
        let read = RuleList::parse(list, "list.toml").unwrap();
        adopt(&archive, (&read, list), None, &[], &Material::default(), ACTOR).unwrap();
        let mut hostile = bench.draft("1");
        hostile.card["title"] = json!("<Хат> & \"сынақ\" ]]> -- e\u{301}");
        for (number, name) in (0_u8..).zip(HOSTILE.iter().map(ToString::to_string).chain([long_name()])) {
            hostile.more.push((name, "receipt", docx(&format!("{number}. мәтін"))));
        }
        let drafts = [hostile, bench.draft("2"), bench.draft("3")];
        let records: Vec<RecordId> = drafts.iter().map(|draft| accepted(&bench.take(&archive, draft))).collect();
        records.iter().for_each(|record| issue(&bench, &archive, *record));
        amend(&bench, &archive, records[0], "marks/execution.txt", "Орындалды".as_bytes());
        let asked = Asked {
            agency: AGENCY.into(),
            index: "01-05".into(),
            year: 2026,
            volume: None,
            title: Some("Хат & алмасу".into()),
            item: "KZ-SAMPLE/1(1)".parse().ok(),
            attributes: BTreeMap::new(),
        };
        let file = files::open(&archive, &asked, ACTOR).unwrap().id;
        files::enter(&archive, file, &records[..2], None, ACTOR).unwrap();
        files::close(&archive, file, "2026-03-05".parse().unwrap(), ACTOR).unwrap();
        let opening = FondsOpening { number: 123, name: "Үлгі әкімдігі".into(), agency: AGENCY.into() };
        fonds::open(&archive, &opening, ACTOR).unwrap();
        let title = "Істер тізімдемесі".to_owned();
        let kind = InventoryKind::Permanent;
        let opening = InventoryOpening { fonds: 123, number: 4, kind, title, from: Some(2026), to: None };
        inventory::open(&archive, &opening, ACTOR).unwrap();
        inventory::enter(&archive, (123, 4), &[file], ACTOR).unwrap();
        let holds = [hold(&archive, HoldTarget::Record(records[0].0)), hold(&archive, HoldTarget::File(file.0))];
        holds::lift(&archive, holds[0], "Іс қысқарды", ACTOR).unwrap();
        stamped(&bench, &archive, &authority(&bench));
        heads::map(&archive, ACTOR).unwrap();
        archive.settle().unwrap();
        Self { bench, archive, records, file, holds }
    }

    fn plan(&self) -> Plan {
        Plan {
            package: RecordId([0xa1; 16]),
            transfer: RecordId([0xb2; 16]),
            time: self.bench.now(),
            size: self.archive.head().size,
            from: Party { name: "Үлгі әкімдігі".into(), code: AGENCY.into(), archive: None },
            to: Party {
                name: "Мемлекеттік <архив>".into(),
                code: "000000000000".into(),
                archive: Some(ArchiveId([7; 16])),
            },
            reason: "Ведомстволық сақтау мерзімі өтті".into(),
            title: "Қ.123 Т.4 & 2026".into(),
            software: "0.8.0".into(),
            inventory: Map::from_iter([("number".to_owned(), json!("4-т"))]),
            records: self.records.clone(),
        }
    }

    fn folder(&self, plan: &Plan, format: &dyn TransferFormat) -> (tempfile::TempDir, PathBuf, Written) {
        let dir = tempfile::tempdir().unwrap();
        let mut folder = Folder::create(dir.path(), &layout::package_name(plan.package)).unwrap();
        let written = write(&self.archive, plan, format, &mut folder, &mut |_, _| {}).unwrap();
        let path = folder.finish().unwrap();
        (dir, path, written)
    }

    fn files(&self, plan: &Plan, format: &dyn TransferFormat) -> (BTreeMap<String, Vec<u8>>, Written) {
        let (_dir, path, written) = self.folder(plan, format);
        (tree(&path), written)
    }
}

fn tree(root: &Path) -> BTreeMap<String, Vec<u8>> {
    fn walk(root: &Path, folder: &Path, into: &mut BTreeMap<String, Vec<u8>>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(root, &path, into);
            } else {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                into.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    let mut files = BTreeMap::new();
    walk(root, root, &mut files);
    files
}

fn json_of(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

/// Every file of a folder, relative to it.
fn under<'a>(files: &'a BTreeMap<String, Vec<u8>>, folder: &str) -> BTreeMap<&'a str, &'a Vec<u8>> {
    let cut = |(path, bytes): (&'a String, &'a Vec<u8>)| Some((path.strip_prefix(folder)?, bytes));
    files.iter().filter_map(cut).collect()
}

fn lists(files: &BTreeMap<String, Vec<u8>>, name: &str) -> BTreeMap<String, String> {
    let text = String::from_utf8(files[name].clone()).unwrap();
    let line = |line: &str| line.split_once("  ").map(|(digest, path)| (path.to_owned(), digest.to_owned())).unwrap();
    text.lines().map(line).collect()
}

#[test]
fn a_bag_lists_every_byte_and_every_component_is_in_it() {
    let sender = Sender::new();
    let plan = sender.plan();
    assert_eq!(readiness(&sender.archive, &plan.records).unwrap(), []);
    let mut told = Vec::new();
    let dir = tempfile::tempdir().unwrap();
    let mut folder = Folder::create(dir.path(), "p").unwrap();
    let written = write(&sender.archive, &plan, &BaggedEark, &mut folder, &mut |n, of| told.push((n, of))).unwrap();
    assert_eq!(told, [(0, 3), (1, 3), (2, 3), (3, 3)]);
    let files = tree(&folder.finish().unwrap());
    assert_eq!((written.files, written.bytes), (files.len() as u64, files.values().map(|b| b.len() as u64).sum()));
    assert_eq!(written.digest, sha256(&files["tagmanifest-sha512.txt"]));
    assert!(files.keys().all(|path| layout::is_plain(path)), "{:?}", files.keys());
    // Both lists have every payload file and nothing else, with its digests; so have the lists of the tags.
    let payload: BTreeSet<&String> = files.keys().filter(|path| path.starts_with("data/")).collect();
    let tags: BTreeSet<&String> =
        files.keys().filter(|path| !path.contains('/') && !path.starts_with("tagmanifest")).collect();
    assert_eq!(tags.len(), 4);
    for (kind, wanted) in [("manifest", &payload), ("tagmanifest", &tags)] {
        let (short, long) =
            (lists(&files, &format!("{kind}-sha256.txt")), lists(&files, &format!("{kind}-sha512.txt")));
        assert_eq!(short.keys().collect::<BTreeSet<_>>(), *wanted);
        assert_eq!(long.keys().collect::<BTreeSet<_>>(), *wanted);
        for path in wanted {
            assert_eq!(short[*path], sha256(&files[*path]).to_string(), "{path}");
            assert_eq!(long[*path], sha512_parts(&[&files[*path]]).to_string(), "{path}");
        }
    }
    let info = String::from_utf8(files["bag-info.txt"].clone()).unwrap();
    let bytes: usize = payload.iter().map(|path| files[*path].len()).sum();
    assert!(info.contains(&format!("\nPayload-Oxum: {bytes}.{}\n", payload.len())), "{info}");
    // Every component, the archive's own too, byte for byte, under the name that record.json says.
    let base = format!("data/{}/", layout::package_name(plan.package));
    for record in &sender.records {
        let place = format!("{base}representations/{record}/");
        let said = json_of(&files[&format!("{place}{}", layout::RECORD)]);
        let opened = access::open(&sender.archive, *record, ACTOR).unwrap();
        let listed = said["components"].as_array().unwrap();
        assert_eq!(listed.len(), opened.row.components.len());
        for (row, one) in opened.row.components.iter().zip(listed) {
            assert_eq!(one["path"], row.path);
            let bytes = &files[&format!("{place}{}", one["file"].as_str().unwrap())];
            assert_eq!(*bytes, opened.read(row).unwrap(), "{}", row.path);
        }
        let data = under(&files, &format!("{place}data/"));
        assert_eq!(data.len(), listed.len(), "and no other");
    }
}

#[test]
fn names_that_nobody_should_have_come_back_as_they_were() {
    let sender = Sender::new();
    let plan = sender.plan();
    let (files, _) = sender.files(&plan, &BaggedEark);
    let place = format!("data/{}/representations/{}/", layout::package_name(plan.package), sender.records[0]);
    let said = json_of(&files[&format!("{place}{}", layout::RECORD)]);
    let paths: BTreeSet<&str> =
        said["components"].as_array().unwrap().iter().map(|one| one["path"].as_str().unwrap()).collect();
    let long = long_name();
    assert_eq!(long.len(), 255);
    for name in HOSTILE.iter().copied().chain([long.as_str(), "muragat/validation.json", "marks/execution.txt"]) {
        assert!(paths.contains(name), "{name:?}");
    }
    for path in [layout::METS, layout::PREMIS, layout::DC] {
        let xml = std::str::from_utf8(&files[&format!("{place}{path}")]).unwrap();
        // What XML cannot hold is not in it, and what was to be escaped is.
        let is_char = |c: char| matches!(c, '\t' | '\n' | ' '..='\u{fffd}' | '\u{10000}'..);
        assert!(xml.chars().all(is_char), "{path}");
        assert!(!xml.contains("<Хат>"), "{path}");
        assert_eq!(xml.matches('<').count(), xml.matches('>').count(), "{path}");
        if path != layout::DC {
            assert!(xml.contains("a &amp; b's.docx") && xml.contains("x\u{fffd}y\u{fffd}.docx"), "{path}");
            assert!(xml.contains("e\u{301}clair.docx"), "not composed: {path}");
        }
    }
    // A file whose names differ by case only has files of its own.
    let files_of: BTreeSet<&str> =
        said["components"].as_array().unwrap().iter().map(|one| one["file"].as_str().unwrap()).collect();
    let folded: BTreeSet<String> = files_of.iter().map(|file| file.to_lowercase()).collect();
    assert_eq!((files_of.len(), folded.len()), (paths.len(), paths.len()));
}

#[test]
fn what_is_said_of_a_record_is_all_that_goes_with_it() {
    let sender = Sender::new();
    let plan = sender.plan();
    let (files, _) = sender.files(&plan, &BaggedEark);
    let base = format!("data/{}/", layout::package_name(plan.package));
    let said = |record: &RecordId| json_of(&files[&format!("{base}representations/{record}/{}", layout::RECORD)]);
    let [first, second, third] = [0, 1, 2].map(|at| said(&sender.records[at]));
    assert_eq!(first["card"]["title"], "<Хат> & \"сынақ\" ]]> -- e\u{301}");
    assert_eq!(first["amendments"][0]["kind"], "receipt_issued");
    assert_eq!(first["amendments"][1]["kind"], "component_added");
    assert_eq!(first["groups"].as_array().unwrap().len(), 3);
    assert!(first["receipt"]["files"].as_array().is_some_and(|files| files.len() >= 2), "{}", first["receipt"]);
    assert_eq!(first["filed"]["file_id"], sender.file.to_string());
    assert_eq!((&first["filed"]["number"], &second["filed"]["number"]), (&json!(1), &json!(2)));
    assert_eq!(first["filed"]["citation"], "Қ.123 Т.4 І.1 Құ.1");
    assert_eq!((&first["filed"]["unit"]["inventory"], &first["filed"]["unit"]["unit"]), (&json!(4), &json!(1)));
    assert_eq!(first["filed"]["states"].as_array().unwrap().len(), 2, "opened and closed");
    assert_eq!(first["retention"]["decision"]["status"], "permanent");
    assert!(first["retention"]["text"]["kk"].as_array().is_some_and(|sentences| !sentences.is_empty()));
    // The hold that was lifted, with why; and the one on the file, which keeps both.
    let holds = first["holds"].as_array().unwrap();
    assert_eq!((holds.len(), second["holds"].as_array().unwrap().len()), (2, 1));
    assert_eq!((&holds[0]["hold"], &holds[0]["on"]), (&json!(sender.holds[0].to_string()), &json!("record")));
    assert_eq!(holds[0]["lifted"]["reason"], "Іс қысқарды");
    assert_eq!((&holds[1]["on"], holds[1].get("lifted")), (&json!("file"), None));
    assert_eq!(holds[1]["reason"], "Тергеу <жүріп> жатыр");
    assert_eq!((third.get("filed"), &third["retention"]["decision"]["status"]), (None, &json!("unfiled")));
    // Certificates with their last second, and what said that they were not revoked.
    let certificates = first["certificates"].as_array().unwrap();
    assert_eq!(certificates.len(), 2);
    for one in certificates {
        assert!(one["not_after"].is_string() && one["revocation"].as_array().is_some_and(|r| !r.is_empty()), "{one}");
    }
    // Its custody in the journal, and the proof of each under the one checkpoint.
    let opened = access::open(&sender.archive, sender.records[0], ACTOR).unwrap();
    let (custody, _) = opened.history().unwrap();
    let acts: Vec<&str> = first["history"].as_array().unwrap().iter().map(|e| e["act"].as_str().unwrap()).collect();
    assert_eq!(acts, custody.iter().map(|entry| entry.leaf.act.as_str()).collect::<Vec<_>>());
    let place = format!("{base}representations/{}/", sender.records[0]);
    let proofs = String::from_utf8(files[&format!("{place}{}", layout::PROOFS)].clone()).unwrap();
    assert_eq!(proofs.lines().count(), custody.len() + 2);
    for (line, entry) in proofs.lines().zip(&custody) {
        let line = json_of(line.as_bytes());
        let leaf = Leaf::decode(entry.index, line["entry"].as_str().unwrap().as_bytes()).unwrap();
        assert_eq!((line["index"].as_u64(), leaf), (Some(entry.index), entry.leaf.clone()));
        let premis = std::str::from_utf8(&files[&format!("{place}{}", layout::PREMIS)]).unwrap();
        assert!(premis.contains(&format!(">{}<", entry.index)) && premis.contains(entry.leaf.act.as_str()));
    }
    // The sender's commitment can be made again from what is there.
    let group = &first["groups"][0];
    let folder = format!("{place}{}", group["folder"].as_str().unwrap());
    let is_first = |one: &&Value| one["part"] == 0;
    let data = first["components"].as_array().unwrap().iter().filter(is_first);
    let mut digests: Vec<[u8; 32]> =
        data.map(|one| sha256(&files[&format!("{place}{}", one["file"].as_str().unwrap())]).0).collect();
    digests.extend(["metadata.json", "salt.bin"].map(|name| sha256(&files[&format!("{folder}{name}")]).0));
    digests.sort_unstable();
    let leaf = sender.archive.leaf(group["entry"].as_u64().unwrap()).unwrap();
    assert_eq!(leaf.g256, Some(sha256(&digests.concat())));
    assert!(files.contains_key(&format!("{place}{}", group["evidence"][0]["file"].as_str().unwrap())));
    // What belongs to all: once, and every digest that a record names is there.
    let inventory = json_of(&files[&format!("{base}{}", layout::INVENTORY)]);
    assert_eq!(inventory["records"].as_array().unwrap().len(), 3);
    assert_eq!((&inventory["inventory"]["number"], &inventory["fonds"][0]["fonds"]), (&json!("4-т"), &json!(123)));
    let named = |key: &str| first["validation"][key].as_array().cloned().unwrap_or_default();
    for digest in named("material") {
        let prefix = format!("{base}{}{}.", layout::MATERIAL, digest.as_str().unwrap());
        assert_eq!(files.keys().filter(|path| path.starts_with(&prefix)).count(), 1, "{digest}");
    }
    let policy = format!("{base}{}{}.toml", layout::POLICY, first["validation"]["policy"].as_str().unwrap());
    assert_eq!(sha256(&files[&policy]).to_string(), first["validation"]["policy"].as_str().unwrap());
    let list = first["retention"]["decision"]["by"]["sha256"].as_str().unwrap();
    assert!(files.contains_key(&format!("{base}{}{list}.toml", layout::LISTS)));
    // No register of signers, and nobody's IIN outside the records.
    let officers = files.iter().filter(|(path, _)| !path.contains("/representations/"));
    for (path, bytes) in officers.filter(|(path, _)| !path.contains("/material/")) {
        assert!(!String::from_utf8_lossy(bytes).contains("iin = "), "{path}");
    }
    let checkpoint = &files[&format!("{base}{}", layout::CHECKPOINT)];
    assert!(String::from_utf8_lossy(checkpoint).contains(&format!("\n{}\n", plan.size)));
}

/// A value is as its schema says, and has no key that the schema does not know.
fn follows(name: &str, value: &Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("schema/transfer/1/{name}.schema.json"));
    let schema = json_of(&std::fs::read(path).unwrap());
    jsonschema::meta::validate(&schema).unwrap();
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    if let Err(e) = validator.validate(value) {
        panic!("{name}: {e} at {}", e.instance_path());
    }
    let mut more = value.clone();
    more["surprise"] = json!(1);
    assert!(!validator.is_valid(&more), "{name} takes any key");
    let mut less = value.clone();
    less.as_object_mut().unwrap().remove("archive").or_else(|| less.as_object_mut().unwrap().remove("records"));
    assert!(!validator.is_valid(&less), "{name} does without");
}

#[test]
fn what_is_said_follows_its_schema() {
    let sender = Sender::new();
    let (plan, form) = (sender.plan(), PlainBag);
    let (files, _) = sender.files(&plan, &form);
    let of = |path: String| json_of(&files[&path]);
    follows("sender", &of(format!("data/{}", layout::SENDER)));
    follows("inventory", &of(format!("data/{}", layout::INVENTORY)));
    for record in &plan.records {
        follows("record", &of(format!("data/{record}/{}", layout::RECORD)));
    }
    // They go with the package, as they are.
    for name in ["sender", "inventory", "record"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("schema/transfer/1/{name}.schema.json"));
        assert_eq!(files[&format!("data/schemas/{name}.schema.json")], std::fs::read(path).unwrap());
    }
}

#[test]
fn a_stranger_who_has_the_key_proves_all_of_it() {
    let sender = Sender::new();
    let plan = sender.plan();
    let (files, _) = sender.files(&plan, &Eark);
    let read = |path: &str| std::str::from_utf8(&files[path]).unwrap().to_owned();
    let vkey = &sender.archive.config().vkey;
    let head = checkpoint::verify(read(layout::CHECKPOINT).as_bytes(), vkey).unwrap();
    assert_eq!(head.size, plan.size);
    let digests = |value: &Value| -> Vec<Sha256> {
        value.as_array().unwrap().iter().map(|hash| hash.as_str().unwrap().parse().unwrap()).collect()
    };
    let proven = |line: &Value| -> Leaf {
        let (index, entry) = (line["index"].as_u64().unwrap(), line["entry"].as_str().unwrap().as_bytes());
        let proof = digests(&line["proof"]);
        assert!(verify_inclusion(leaf_hash(entry), index, head.size, &proof, head.root), "{index}");
        Leaf::decode(index, entry).unwrap()
    };
    let journal: Vec<Leaf> = read(layout::JOURNAL).lines().map(|line| proven(&json_of(line.as_bytes()))).collect();
    let heads = journal.iter().find_map(|leaf| leaf.heads).unwrap();
    // The stamped checkpoint is of the same journal.
    let old = checkpoint::verify(read(layout::STAMPED).as_bytes(), vkey).unwrap();
    let hashes: Vec<Sha256> = read(layout::CONSISTENCY).lines().map(|hash| hash.parse().unwrap()).collect();
    assert!(verify_consistency(old.size, old.root, head.size, head.root, &hashes));
    let mut material = Material::new();
    for (_, bytes) in files.iter().filter(|(path, _)| path.starts_with(layout::MATERIAL)) {
        material.add_file(bytes).unwrap();
    }
    let validation = sender.archive.validation_policy().unwrap();
    let proves = |record: &[u8], objects: &[Digests]| {
        let record = EvidenceRecord::read(record).unwrap();
        let objects: Vec<_> = objects.iter().map(|digests| ObjectDigests::new("object", digests)).collect();
        let report = verify(&Question {
            record: &record,
            objects: &objects,
            exactly: true,
            material: &material,
            policy: &validation.policy,
            at: at(sender.bench.now()),
            poe: &[],
            caches: &Caches::default(),
        });
        report.conclusion.is_passed()
    };
    let both = |bytes: &[u8]| Digests { sha256: sha256(bytes), sha512: sha512_parts(&[bytes]) };
    assert!(proves(&files[&layout::stamped_evidence(1)], &[both(&files[layout::STAMPED])]));
    for record in &plan.records {
        let place = format!("representations/{record}/");
        let said = json_of(&files[&format!("{place}{}", layout::RECORD)]);
        let lines: Vec<Value> =
            read(&format!("{place}{}", layout::PROOFS)).lines().map(|line| json_of(line.as_bytes())).collect();
        let (entries, shown) = lines.split_at(lines.len() - 2);
        let proofs: Vec<HeadProof> =
            shown.iter().map(|line| HeadProof::parse(line["proof"].as_str().unwrap()).unwrap()).collect();
        assert!(proofs.iter().all(|proof| proof.holds(&heads) && proof.owner == *record));
        // From the newest entry back to the first, and none is missing.
        let mut next = proofs[0].head.newest;
        for line in entries.iter().rev() {
            assert_eq!(next, line["index"].as_u64());
            next = proven(line).prev;
        }
        assert_eq!((next, proofs[0].head.count), (None, entries.len() as u64));
        for (part, group) in said["groups"].as_array().unwrap().iter().enumerate() {
            let folder = format!("{place}{}", group["folder"].as_str().unwrap());
            let own = said["components"].as_array().unwrap().iter().filter(|one| one["part"] == part);
            let own = own.map(|one| format!("{place}{}", one["file"].as_str().unwrap()));
            let beside = ["metadata.json", "salt.bin"].map(|name| format!("{folder}{name}"));
            let members: Vec<Digests> = own.chain(beside).map(|path| both(&files[&path])).collect();
            let evidence = &files[&format!("{place}{}", group["evidence"][0]["file"].as_str().unwrap())];
            assert!(proves(evidence, &members), "{group}");
            assert!(!proves(evidence, &members[1..]), "without one of them");
        }
    }
}

#[test]
fn the_same_plan_gives_the_same_bytes_whatever_came_since() {
    let sender = Sender::new();
    let plan = sender.plan();
    let mut first = Vec::new();
    for format in format::ALL {
        first.push((sender.files(&plan, format), format));
    }
    // A hold, an addition, another stamp, another policy and an index that is built again come, and days.
    sender.bench.later(10 * DAY_MS);
    hold(&sender.archive, HoldTarget::Record(sender.records[1].0));
    holds::lift(&sender.archive, sender.holds[1], "Бітті", ACTOR).unwrap();
    amend(&sender.bench, &sender.archive, sender.records[1], "marks/late.txt", b"late");
    let other = policy(&sender.bench).replacen("version = \"stamped\"", "version = \"later\"", 1);
    sender.bench.adopt(&sender.archive, &other);
    sender.bench.adopt(&sender.archive, &policy(&sender.bench));
    stamped(&sender.bench, &sender.archive, &authority(&sender.bench));
    heads::map(&sender.archive, ACTOR).unwrap();
    for ((files, written), format) in &first {
        let (again, once_more) = sender.files(&plan, *format);
        assert_eq!(once_more, *written, "{}", format.word());
        for (path, bytes) in files {
            assert!(again.get(path) == Some(bytes), "{} {path}", format.word());
        }
        assert_eq!(again.len(), files.len());
        // Sealing writes nothing and says the same.
        let nowhere = write(&sender.archive, &plan, *format, &mut Nowhere::default(), &mut |_, _| {}).unwrap();
        assert_eq!(nowhere, *written);
    }
    let Sender { bench, archive, records, file, holds } = sender;
    archive.close().unwrap();
    muragat::archive::forget_index(&bench.root()).unwrap();
    let sender = Sender { archive: bench.open(), bench, records, file, holds };
    let (again, _) = sender.files(&plan, &BaggedEark);
    assert!(again == first[0].0.0, "an index that is built again");
    // Under a later checkpoint it is another package.
    let later = Plan { size: sender.archive.head().size, ..plan.clone() };
    let unstamped = Plan { records: vec![sender.records[0]], ..later.clone() };
    let (newer, _) = sender.files(&unstamped, &BaggedEark);
    assert!(newer != again);
}

#[test]
fn a_record_has_one_digest_in_every_form_and_a_tar_is_the_folder() {
    let sender = Sender::new();
    let plan = sender.plan();
    let mut digests = BTreeSet::new();
    for format in [&BaggedEark as &dyn TransferFormat, &Eark, &PlainBag] {
        let (files, written) = sender.files(&plan, format);
        digests.insert(written.records.clone());
        let tree = format.tree(&plan);
        for (record, digest) in &written.records {
            let own = under(&files, &format!("{tree}{}", format.record(*record)));
            let counted = own.iter().filter(|(path, _)| layout::is_digested(path));
            let lines: String = counted.map(|(path, bytes)| format!("{}  {path}\n", sha256(bytes))).collect();
            assert_eq!(*digest, sha256(lines.as_bytes()), "{}", format.word());
        }
        let has = |path: &str| files.contains_key(path);
        assert_eq!(has("bagit.txt"), format.is_bag());
        assert_eq!(has(&format!("{tree}METS.xml")), format.word() != "plain");
        let name = layout::package_name(plan.package);
        let mut tar = Tar::new(Vec::new(), &name);
        assert_eq!(write(&sender.archive, &plan, format, &mut tar, &mut |_, _| {}).unwrap(), written);
        let (bytes, len) = tar.finish().unwrap();
        assert_eq!(len, bytes.len() as u64);
        assert_eq!(len, muragat::transfer::pack::tar::len_of(files.values().map(|bytes| bytes.len() as u64)));
        // A program that is not ours finds the same files.
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("package.tar");
        std::fs::write(&path, &bytes).unwrap();
        let unpacked = std::process::Command::new("tar").arg("-xf").arg(&path).arg("-C").arg(dir.path()).status();
        assert!(unpacked.unwrap().success());
        assert!(self::tree(&dir.path().join(&name)) == files, "{}", format.word());
    }
    assert_eq!(digests.len(), 1, "{digests:?}");
}

#[test]
fn no_file_of_mets_stands_across_a_piece_of_its_reader() {
    let sender = Sender::new();
    let mut many = sender.bench.draft("4");
    many.more = (0..50).map(|n| (format!("{}{n}.docx", "&".repeat(200)), "receipt", docx(&n.to_string()))).collect();
    let record = accepted(&sender.bench.take(&sender.archive, &many));
    stamped(&sender.bench, &sender.archive, &authority(&sender.bench));
    heads::map(&sender.archive, ACTOR).unwrap();
    let plan = Plan { size: sender.archive.head().size, records: vec![record], ..sender.plan() };
    let (files, _) = sender.files(&plan, &Eark);
    let mets = std::str::from_utf8(&files[&format!("representations/{record}/METS.xml")]).unwrap();
    let mut crossed = 0;
    for (at, _) in mets.match_indices("<file ") {
        let end = at + mets[at..].find("</file>").unwrap() + "</file>".len() - 1;
        assert_eq!(at / 32768, end / 32768, "byte {at}");
        crossed = crossed.max(end / 32768);
    }
    assert!(crossed >= 1, "the file has more than one piece: {}", mets.len());
}

#[test]
fn what_is_not_ready_is_said_before_and_writing_fails_whole() {
    let sender = Sender::new();
    let archive = &sender.archive;
    let unstamped = accepted(&sender.bench.take(archive, &sender.bench.draft("5")));
    issue(&sender.bench, archive, unstamped);
    amend(&sender.bench, archive, sender.records[2], "marks/late.txt", b"late");
    let incoming = {
        let mut draft = sender.bench.draft("6");
        draft.direction = "incoming";
        accepted(&sender.bench.take(archive, &draft))
    };
    let nobody = RecordId([0xee; 16]);
    let asked = [sender.records[0], sender.records[0], sender.records[2], unstamped, incoming, nobody];
    let found = readiness(archive, &asked).unwrap();
    let of =
        |id: RecordId| -> Vec<Lack> { found.iter().filter(|one| one.record == Some(id)).map(|one| one.lack).collect() };
    assert_eq!(of(sender.records[0]), [Lack::Twice]);
    assert_eq!(of(sender.records[2]), [Lack::NotStamped], "{found:?}");
    assert_eq!(of(unstamped), [Lack::NotStamped, Lack::NotStamped], "acceptance and receipt");
    assert_eq!(of(incoming), [Lack::NotStamped, Lack::ReceiptNotIssued]);
    assert_eq!(of(nobody), [Lack::Unknown]);
    for lack in Lack::ALL {
        let text = lack.text();
        assert!(!text.kk.is_empty() && !text.ru.is_empty() && !text.en.is_empty());
    }
    heads::map(archive, ACTOR).unwrap();
    let now = Plan { size: archive.head().size, ..sender.plan() };
    let fails =
        |plan: &Plan| write(archive, plan, &BaggedEark, &mut Nowhere::default(), &mut |_, _| {}).unwrap_err().code;
    assert_eq!(fails(&Plan { records: vec![unstamped], ..now.clone() }), ErrorCode::TrfNotReady);
    assert_eq!(fails(&Plan { records: vec![nobody], ..now.clone() }), ErrorCode::ArcNoRecord);
    assert_eq!(fails(&Plan { records: vec![], ..now.clone() }), ErrorCode::TrfNotReady);
    assert_eq!(fails(&Plan { records: vec![sender.records[0]; 2], ..now.clone() }), ErrorCode::TrfNotReady);
    let fraction = Map::from_iter([("x".to_owned(), json!(0.5))]);
    assert_eq!(fails(&Plan { inventory: fraction, ..now.clone() }), ErrorCode::TrfNotReady);
    assert_eq!(fails(&Plan { size: 3, ..now.clone() }), ErrorCode::TrfNotReady, "no map of heads is so old");
    assert_eq!(fails(&Plan { title: "a\nBagging-Date: 1".into(), ..now.clone() }), ErrorCode::TrfNotReady);
    // Nothing that looks like a package is left.
    let dir = tempfile::tempdir().unwrap();
    let mut folder = Folder::create(dir.path(), "p-1").unwrap();
    let plan = Plan { records: vec![sender.records[0], unstamped], ..now };
    assert!(write(archive, &plan, &BaggedEark, &mut folder, &mut |_, _| {}).is_err());
    drop(folder);
    assert!(!dir.path().join("p-1").exists());
}
