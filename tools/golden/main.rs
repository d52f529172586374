//! Writes a golden store: a small archive of the present formats, with its keys, kept in `tests/golden/` for ever.
//!
//! `cargo run --features tools,testing --bin golden -- DIR` makes seven, DIR/plain, DIR/signed (`signed.rs`),
//! DIR/disposed (`disposed.rs`), DIR/evidence (`evidence.rs`), DIR/rights (`rights.rs`), DIR/handed and DIR/taken
//! (`transfer.rs`): each with archive, archive.keys, expected.json (what it holds) and damaged.json (changes that an
//! audit must name).
//! A golden store is only added, with a new folder for a new version; `tests/it/golden.rs` opens every one of them.

mod disposed;
mod evidence;
mod rights;
mod signed;
mod transfer;

use muragat::access;
use muragat::archive::{Archive, InitOptions};
use muragat::cli::samples::docx::{self, Block};
use muragat::clock::{Clock, FixedClock};
use muragat::config::{Action, Policy};
use muragat::ingest::amend::{self, Amended};
use muragat::ingest::classify::{Adopted, adopt};
use muragat::ingest::{Intake, Status};
use muragat::model::digest::sha256;
use muragat::model::id::{ActorId, RecordId};
use muragat::model::submission::{ComponentEntry, Derivation, Role};
use muragat::testing::{Sequence, card};
use muragat::tlog::commit::SYSTEM_ACTOR;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::error::Error;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// 2026-03-05T04:05:06.007Z, so that the same version writes stores of the same times.
const NOW: u64 = 1_772_683_506_007;
/// When receipts come and cards are corrected.
const LATER: u64 = NOW + 30 * 24 * 60 * 60 * 1000;
/// Numbers of submissions that are refused.
const REFUSED: [u32; 2] = [13, 14];

fn main() -> Result<()> {
    let dir = PathBuf::from(std::env::args().nth(1).ok_or("usage: golden DIR")?);
    std::fs::create_dir_all(&dir)?;
    let inbox = std::env::temp_dir().join(format!("muragat-golden-{}", std::process::id()));
    std::fs::create_dir_all(&inbox)?;
    let result = write(&dir.join("plain"), &inbox)
        .and_then(|()| signed::write(&dir.join("signed"), &inbox))
        .and_then(|()| disposed::write(&dir.join("disposed"), &inbox))
        .and_then(|()| evidence::write(&dir.join("evidence"), &inbox))
        .and_then(|()| rights::write(&dir.join("rights"), &inbox))
        .and_then(|()| transfer::write(&dir.join("handed"), &dir.join("taken"), &inbox));
    std::fs::remove_dir_all(&inbox)?;
    result
}

fn write(dir: &Path, inbox: &Path) -> Result<()> {
    let clock = Arc::new(FixedClock(AtomicU64::new(NOW)));
    let root = dir.join("archive");
    let (formats, secrecy_marks, official_use) = (Action::Flag, Action::Flag, Action::Flag);
    let policy = Policy { formats, signatures: Action::Flag, secrecy_marks, official_use, ..Policy::default() };
    let options = InitOptions { origin: Some("golden.example/log".into()), policy, ..InitOptions::default() };
    let archive = Archive::create(&root, &options, clock.clone() as Arc<dyn Clock>)?;
    // Several segments and a folded journal in a few kilobytes.
    archive.tune(12_000, 5);
    let actor = archive.actor("golden")?;
    let mut store = Store { archive: &archive, actor, inbox, records: BTreeMap::new() };
    let classifier = store.classifier()?;
    store.submissions(0..15)?;
    archive.wait_index()?;
    for record in store.records.values().filter(|r| r.access != "public") {
        access::open(&archive, record.id, actor)?;
    }
    clock.0.store(LATER, Ordering::SeqCst);
    store.amend()?;
    let erased = store.take(5)?;
    muragat::ingest::spill::unsigned(&archive, erased, SYSTEM_ACTOR)?;
    let spilled = store.take(6)?;
    muragat::ingest::spill::unsigned(&archive, spilled, actor)?;
    // Its key stays in the journal of the vault, behind the roll.
    store.submissions(15..16)?;
    archive.wait_index()?;
    let held: Map<String, Value> = store.records.values().map(|r| (r.id.to_string(), r.expected())).collect();
    let size = archive.head().size;
    let expected = json!({
        "entries": size, "records": 14, "erased": erased.to_string(),
        "spilled": spilled.to_string(), "classifiers": [classifier], "held": held,
    });
    archive.close()?;
    leave_truths(dir, expected, damages(&root, size)?)
}

/// Leaves the truths of a closed archive, and beside it what is expected of it.
fn leave_truths(dir: &Path, expected: Value, damaged: Value) -> Result<()> {
    let root = dir.join("archive");
    // Derived and temporary parts are no part of a golden store.
    for folder in ["index", "state", "spool"].map(|name| root.join(name)) {
        if folder.exists() {
            std::fs::remove_dir_all(folder)?;
        }
    }
    for (name, value) in [("expected.json", expected), ("damaged.json", damaged)] {
        std::fs::write(dir.join(name), serde_json::to_string_pretty(&value)? + "\n")?;
    }
    Ok(())
}

/// Single damages of the archive in `root`, whose journal has `size` entries, in every kind of file.
fn damages(root: &Path, size: u64) -> Result<Value> {
    let list = |folder: &str, begin: &str| -> Result<Vec<String>> {
        let names = std::fs::read_dir(root.join(folder))?.map(|e| Ok(e?.file_name().to_string_lossy().into_owned()));
        let mut names = names.collect::<std::io::Result<Vec<String>>>()?;
        names.retain(|name| name.starts_with(begin));
        names.sort();
        Ok(names.into_iter().map(|name| format!("{folder}/{name}")).collect())
    };
    let flip = |why: &str, file: &str, offset: usize| json!({"why": why, "file": file, "offset": offset, "xor": 4});
    let cut = |why: &str, file: &str| -> Result<Value> {
        Ok(json!({"why": why, "file": file, "cut_to": std::fs::metadata(root.join(file))?.len() - 1}))
    };
    let segments = list("store", "0")?;
    let amendment = segments.iter().find_map(|segment| {
        let bytes = std::fs::read(root.join(segment)).ok()?;
        let at = bytes.windows(6).position(|head| head == [b"MRGF".as_slice(), &[1, 4]].concat())?;
        Some(flip("a bit in a sealed amendment", segment, at + 100))
    });
    let is_long = |segment: &&String| std::fs::metadata(root.join(segment)).is_ok_and(|found| found.len() > 5500);
    let sealed = segments.iter().skip(1).find(is_long);
    let (page, root_file) = (list("vault", "page-")?, list("vault", "root-")?);
    // Named by how many entries they hold.
    let older = list("tlog/tile/entries/000.p", "")?.into_iter().min_by_key(|name| name.len());
    let (entries, hashes) = (format!("tlog/tile/entries/000.p/{size}"), format!("tlog/tile/0/000.p/{size}"));
    let mut damages = vec![
        flip("a bit in a frame header", &segments[0], 70),
        flip("a bit in sealed bytes", sealed.ok_or("no long segment")?, 5000),
        cut("the open segment is short", segments.last().ok_or("no segment")?)?,
        flip("a bit in an entry", &entries, 100),
        flip("a bit in a hash tile", &hashes, 31),
        flip("a bit in an entry of an older tile", &older.ok_or("no tile")?, 40),
        flip("a bit in the signature", "tlog/checkpoint", 150),
        flip("a bit in the lock record's one slot", "tlog/lock", 40),
        flip("a bit in the lock record's other slot", "tlog/lock", 4136),
        flip("a bit in a staged bundle", "tlog/staged-00000001", 9000),
        flip("a bit in a key page", &page[0], 100),
        flip("a bit in a new key", &list("vault", "journal-")?[0], 60),
        cut("the vault's root is short", &root_file[0])?,
    ];
    damages.extend(amendment);
    Ok(damages.into())
}

/// A record as it was made.
struct Made {
    id: RecordId,
    access: &'static str,
    /// Digests of all components by path.
    files: BTreeMap<String, String>,
    /// Digest of the document that an attached CMS carries, by its name.
    contents: BTreeMap<String, String>,
    /// Kinds of its amendments.
    amendments: Vec<&'static str>,
    /// Queries that find it.
    found_by: Vec<String>,
}

impl Made {
    fn expected(&self) -> Value {
        json!({
            "access": self.access, "amendments": self.amendments, "contents": self.contents, "files": self.files,
            "found_by": self.found_by,
        })
    }
}

/// What a submission is made of.
struct Draft {
    description: Value,
    card: Value,
    main: (&'static str, Vec<u8>),
    access: &'static str,
}

impl Draft {
    /// Each of some numbers has what the others do not have.
    fn new(number: u32, numbers: &mut Sequence) -> Result<Self> {
        let body = if number.is_multiple_of(2) { numbers.text(1500) } else { numbers.noise(900) };
        let mut draft =
            Self { description: json!({}), card: card(number), main: ("main.docx", body), access: "public" };
        match number {
            3 => draft.access = "confidential",
            7 => {
                draft.description = json!({"profile": "akimat"});
                draft.card["sender_body"] = "Үлгі ауданы әкімінің аппараты".into();
                draft.card["place"] = "Үлгі ауылы".into();
            }
            8 => {
                draft.description = json!({"kind": "scanned_copy", "direction": "incoming", "certified_by": {
                    "role": "records_officer", "post": "Кеңсе меңгерушісі", "surname": "Үлгіева",
                }});
                draft.card["paper_mark"] = "original".into();
                draft.main.0 = "scan.tiff";
                draft.access = "official_use";
            }
            9 => {
                draft.main = ("хат.docx.p7m", signed_data(Some(&letter()?)));
                draft.card["signatures"] = json!(["хат.docx.p7m"]);
            }
            10 => {
                draft.main.1 = letter()?;
                draft.description = json!({"codes": {"document_type": "02"}});
            }
            11 => draft.card["title"] = "Үлгі құжат 11 (ДСП)".into(),
            14 => draft.access = "state_secret",
            _ => {}
        }
        Ok(draft)
    }
}

fn letter() -> Result<Vec<u8>> {
    Ok(docx::write(&[Block::Paragraph("Ойдан шығарылған хат.")], &|text| text.to_owned())?)
}

/// The archive that is being filled.
struct Store<'a> {
    archive: &'a Archive,
    actor: ActorId,
    inbox: &'a Path,
    records: BTreeMap<u32, Made>,
}

impl Store<'_> {
    fn file(&self, name: &str, bytes: &[u8]) -> Result<PathBuf> {
        let path = self.inbox.join(name);
        std::fs::write(&path, bytes)?;
        Ok(path)
    }

    /// Adopts an edition, and gives what is expected of it.
    fn classifier(&self) -> Result<Value> {
        let edition = json!({
            "schema": "muragat/classifier/1", "id": "document-types", "field": "document_type", "edition": "2026-1",
            "valid_from": "2026-01-01", "signer": "Үлгі архив органы", "instrument": "Үлгі бұйрық № 1",
            "title": {"kk": "Құжат түрлері", "ru": "Виды документов", "en": "Document types"}, "required": false,
            "entries": [{"code": "01", "kk": "Бұйрық"}, {"code": "02", "kk": "Хат", "ru": "Письмо", "en": "Letter"}],
        });
        let bytes = serde_json::to_vec_pretty(&edition)?;
        let file = self.file("document-types.json", &bytes)?;
        let signature = self.file("document-types.json.p7s", &signed_data(None))?;
        match adopt(self.archive, &file, Some(&signature), self.actor)? {
            Adopted::Done { .. } => Ok(json!({"id": "document-types", "sha256": sha256(&bytes).to_string()})),
            other => Err(format!("classifier: {other:?}").into()),
        }
    }

    fn submissions(&mut self, range: Range<u32>) -> Result<()> {
        let mut numbers = Sequence::new(1 + u64::from(range.start));
        let mut intake = Intake::new(self.archive, self.actor);
        for number in range {
            let draft = Draft::new(number, &mut numbers)?;
            let (folder, files) = self.submission(number, &draft)?;
            match intake.take(&folder).status {
                Status::Accepted { record, .. } => {
                    let mut found_by = vec![format!("reg:{number}-қ")];
                    let mut contents = BTreeMap::new();
                    if number == 9 {
                        let digest = sha256(&letter()?).to_string();
                        found_by.push(format!("sha256:{digest} agency:TEST-1"));
                        contents.insert("хат.docx".to_owned(), digest);
                    }
                    let (access, amendments) = (draft.access, Vec::new());
                    self.records.insert(number, Made { id: record, access, files, contents, amendments, found_by });
                }
                Status::Refused { .. } if REFUSED.contains(&number) => {}
                other => return Err(format!("submission {number}: {other:?}").into()),
            }
        }
        Ok(())
    }

    /// Writes a submission, and gives its folder and the digests of its components.
    fn submission(&self, number: u32, draft: &Draft) -> Result<(PathBuf, BTreeMap<String, String>)> {
        let folder = self.inbox.join(number.to_string());
        std::fs::create_dir_all(&folder)?;
        let (main, body) = &draft.main;
        let mut description = json!({
            "schema": "muragat/submission/1", "agency": format!("TEST-{}", number % 2), "direction": "internal",
            "nomenclature_index": "01-02", "access_category": draft.access,
            "components": [{"path": "card.json", "role": "card"}, {"path": main, "role": "main"}],
        });
        for (key, value) in draft.description.as_object().into_iter().flatten() {
            description[key] = value.clone();
        }
        std::fs::write(folder.join("submission.json"), description.to_string())?;
        let mut files = BTreeMap::new();
        for (path, bytes) in [("card.json", draft.card.to_string().as_bytes()), (main, body)] {
            std::fs::write(folder.join(path), bytes)?;
            files.insert(path.to_owned(), sha256(bytes).to_string());
        }
        if number == 13 {
            std::fs::write(folder.join("stray.txt"), b"not listed")?;
        }
        Ok((folder, files))
    }

    /// What comes to some records later.
    fn amend(&mut self) -> Result<()> {
        let receipt = r#"<?xml version="1.0" encoding="UTF-8"?><receipt>Үлгі мекемесі қабылдады</receipt>"#;
        self.add(2, ("receipts/түбіртек.xml", Role::Receipt), receipt.as_bytes(), None)?;
        let mut corrected = card(2);
        corrected["registration_number"] = "2-қ/1".into();
        corrected["title"] = "Түзетілген тақырып".into();
        let bytes = serde_json::to_vec_pretty(&corrected)?;
        let file = self.file("corrected.json", &bytes)?;
        let amended = amend::correct_card(self.archive, self.record(2)?, &file, "Нөмірі қате".into(), self.actor)?;
        self.amended(2, amended, "card_corrected", Some(&bytes))?;
        let found = ["reg:2-қ/1", "title:\"Түзетілген тақырып\"", "title:\"Үлгі құжат 2\""].map(str::to_owned);
        self.records.get_mut(&2).ok_or("no record 2")?.found_by.extend(found);
        for number in [2, 9] {
            let amended = amend::identify_again(self.archive, self.record(number)?, self.actor)?;
            self.amended(number, amended, "formats_identified", None)?;
        }
        let derivation =
            Derivation { source: "main.docx".into(), tool: "Үлгі түрлендіргіш 1.0".into() };
        self.add(4, ("main.txt", Role::Representation), "Құжаттың мәтіні".as_bytes(), Some(derivation))?;
        self.add(4, ("белгі.txt", Role::Mark), "Орындалды, іске".as_bytes(), None)?;
        self.add(6, ("receipt.xml", Role::Receipt), receipt.as_bytes(), None)
    }

    fn add(
        &mut self,
        number: u32,
        (path, role): (&str, Role),
        bytes: &[u8],
        derivation: Option<Derivation>,
    ) -> Result<()> {
        let file = self.file("late", bytes)?;
        let entry = ComponentEntry { path: path.into(), role, covers: Vec::new(), media_type: None, derivation };
        let reason = (role == Role::Receipt).then(|| "Кешіккен түбіртек".to_owned());
        let amended = amend::add(self.archive, self.record(number)?, entry, &file, reason, self.actor)?;
        self.amended(number, amended, "component_added", Some(bytes))
    }

    /// Notes an amendment, and the component of these bytes that it brought.
    fn amended(&mut self, number: u32, amended: Amended, kind: &'static str, bytes: Option<&[u8]>) -> Result<()> {
        let Amended::Done { paths, .. } = amended else {
            return Err(format!("amendment of {number}: {amended:?}").into());
        };
        let record = self.records.get_mut(&number).ok_or("no such record")?;
        record.amendments.push(kind);
        record.files.extend(paths.into_iter().zip(bytes.map(|b| sha256(b).to_string())));
        Ok(())
    }

    fn record(&self, number: u32) -> Result<RecordId> {
        Ok(self.records.get(&number).ok_or("no such record")?.id)
    }

    /// Takes out a record that will not be there.
    fn take(&mut self, number: u32) -> Result<RecordId> {
        Ok(self.records.remove(&number).ok_or("no such record")?.id)
    }
}

/// A DER SignedData (RFC 5652 §5.1) with or without its content, and a signature that nobody made.
fn signed_data(content: Option<&[u8]>) -> Vec<u8> {
    const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2];
    const DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1];
    const SHA256: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1];
    let algorithms = der(0x31, &[&der(0x30, &[&der(0x06, &[SHA256])])]);
    let content = content.map_or(Vec::new(), |content| der(0xa0, &[&der(0x04, &[content])]));
    let encapsulated = der(0x30, &[&der(0x06, &[DATA]), &content]);
    let signers = der(0x31, &[&der(0x30, &[&der(0x02, &[&[1]]), &der(0x04, &[&[9; 64]])])]);
    let signed = der(0x30, &[&der(0x02, &[&[1]]), &algorithms, &encapsulated, &signers]);
    der(0x30, &[&der(0x06, &[SIGNED_DATA]), &der(0xa0, &[&signed])])
}

/// An element of definite length (X.690 §10.1).
fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let len = u16::try_from(content.len()).expect("a small document").to_be_bytes();
    let head: &[u8] = match len {
        [0, 0..=127] => &[tag, len[1]],
        [0, _] => &[tag, 0x81, len[1]],
        _ => &[tag, 0x82, len[0], len[1]],
    };
    [head, &content].concat()
}
