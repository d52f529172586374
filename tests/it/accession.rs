//! Taking in what another archive hands over.
//!
//! Goal: nothing of a package is believed but what the key that was brought by hand proves; each record is judged anew as
//! of when its files are proven to exist, becomes one record however often the package comes and wherever it was stopped,
//! and keeps its holds and what proves where it came from; what cannot be proven is refused alone, with a reason; answers
//! are those of the other archive about this package or none. Method: two archives with keys of their own, packages
//! written by the one, damaged and put right again in their lists; a package as another program writes it.

use super::bundle::stamped;
use super::evidence::{authority, policy};
use super::receipt::accepted;
use super::signed::{AGENCY, Bench, DAY_MS, at, register_with_disposal};
use muragat::access;
use muragat::archive::Archive;
use muragat::cli::samples::signer::{Revocation, Signer};
use muragat::error::ErrorCode;
use muragat::evidence::heads;
use muragat::filing::holds::{self, Placing};
use muragat::index::filing::HoldTarget;
use muragat::ingest::amend::{Amended, Brought, add, correct_card};
use muragat::ingest::import::HeldProfile;
use muragat::ingest::import::profile::Profile;
use muragat::ingest::issue::{Issued, Subject, find, sign};
use muragat::model::digest::{sha256, sha512_parts};
use muragat::model::id::{ArchiveId, RecordId};
use muragat::model::party::Party;
use muragat::model::path::PROVENANCE_PATH;
use muragat::model::submission::{ComponentEntry, Role};
use muragat::model::validation::SignatureVerdict;
use muragat::tlog::commit::SYSTEM_ACTOR as ACTOR;
use muragat::transfer::accession::receive::{Begun, Coming, Options, begin, check};
use muragat::transfer::accession::respond::{Signed, agree, reply};
use muragat::transfer::accession::{Accession, Stage, all};
use muragat::transfer::answer::{Answer, AnswerKind};
use muragat::transfer::layout;
use muragat::transfer::pack::folder::Folder as Writing;
use muragat::transfer::pack::format::{BaggedEark, PlainBag, TransferFormat};
use muragat::transfer::pack::write::{self, Plan, Written};
use muragat::transfer::party::{self, Adoption, Held, adopt};
use muragat::transfer::read::source::{Folder, Source, Tar};
use muragat::transfer::reply::{Outcome, Reason};
use muragat::verify::material::Material;
use serde_json::{Map, Value, json};
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// The body of the officers of a bench, and another one.
const BIN: &str = "000000000100";

/// An archive that hands over three records, the first of them amended and held, and one that takes them in.
pub(crate) struct World {
    pub(crate) sender: Bench,
    pub(crate) sending: Archive,
    pub(crate) records: Vec<RecordId>,
    hold: RecordId,
    stamped: u64,
    pub(crate) receiver: Bench,
    pub(crate) archive: Archive,
}

fn later(bench: &Bench, archive: &Archive, record: RecordId, path: &str, bytes: &[u8]) {
    let file = bench.folder.path().join("added");
    std::fs::write(&file, bytes).unwrap();
    let path = path.to_owned();
    let entry = ComponentEntry { path, role: Role::Mark, covers: Vec::new(), media_type: None, derivation: None };
    add(archive, record, entry, file.as_path(), Some("Белгі".to_owned()), ACTOR).unwrap();
    archive.wait_index().unwrap();
}

fn issue(bench: &Bench, archive: &Archive, record: RecordId) {
    let subject = Subject::Record(record);
    let prepared = find(archive, subject, ACTOR).unwrap();
    let signature = bench.office.clerk.sign_detached(&prepared.bytes, at(bench.now()));
    let issued = sign(archive, subject, &signature, None, ACTOR, ACTOR).unwrap();
    assert!(matches!(issued, Issued::Done { .. }), "{issued:?}");
    archive.wait_index().unwrap();
}

/// A register with an officer who may receive for a state archive: the stranger of the bench.
pub(crate) fn register(authority: &str) -> String {
    register_with_disposal(authority)
        + &format!(
            "\n[[person]]\niin = \"000000000003\"\nbin = \"{BIN}\"\nkind = \"state_archive_receiver\"\n\
             post = \"Қабылдаушы\"\nfrom = \"2020-01-01\"\nbasis = \"Үлгі бұйрық № 6\"\n"
        )
}

impl World {
    pub(crate) fn new() -> Self {
        Self::at(super::bed::NOW, true)
    }

    /// The same at a time; the archive that takes in trusts the time-stamps of the other one, or not.
    pub(crate) fn at(now: u64, trusts_stamps: bool) -> Self {
        let (sender, sending, trust) = Bench::bare_at(now).trusting();
        sender.share(&sending, &trust.crl);
        sender.adopt(&sending, &policy(&sender));
        let records: Vec<RecordId> = ["1", "2", "3"].map(|n| accepted(&sender.take(&sending, &sender.draft(n)))).into();
        records.iter().for_each(|record| issue(&sender, &sending, *record));
        later(&sender, &sending, records[0], "marks/execution.txt", "Орындалды".as_bytes());
        let placing = Placing {
            owner: "Прокуратура".into(),
            reason: "Тергеу жүріп жатыр".into(),
            basis: "№ 5 сұрау".into(),
            review: None,
            query: None,
        };
        let target = HoldTarget::Record(records[0].0);
        let hold = holds::place(&sending, &placing, &[target], ACTOR).unwrap().0;
        let lifted = holds::place(&sending, &placing, &[HoldTarget::Record(records[1].0)], ACTOR).unwrap().0;
        holds::lift(&sending, lifted, "Іс қысқарды", ACTOR).unwrap();
        stamped(&sender, &sending, &authority(&sender));
        let stamped = sender.now();
        heads::map(&sending, ACTOR).unwrap();
        sending.settle().unwrap();
        let (receiver, archive, trust) = Bench::bare_at(now).trusting();
        receiver.share(&archive, &trust.crl);
        if trusts_stamps {
            receiver.adopt(&archive, &policy(&receiver));
        }
        receiver.adopt(&archive, &register(&trust.authority));
        receiver.later(60_000);
        Self { sender, sending, records, hold, stamped, receiver, archive }
    }

    fn plan(&self, package: u8) -> Plan {
        let to = write::Party {
            name: "Мемлекеттік архив".into(), code: BIN.into(), archive: Some(self.archive.id())
        };
        Plan {
            package: RecordId([package; 16]),
            transfer: RecordId([0xb2; 16]),
            time: self.sender.now(),
            size: self.sending.head().size,
            from: write::Party { name: "Үлгі әкімдігі".into(), code: AGENCY.into(), archive: None },
            to,
            reason: "Ведомстволық сақтау мерзімі өтті".into(),
            title: "Қ.123 Т.4 2026".into(),
            software: "0.8.0".into(),
            inventory: Map::from_iter([("number".to_owned(), json!("4-т"))]),
            records: self.records.clone(),
        }
    }

    pub(crate) fn write(&self, into: &Path, package: u8, format: &dyn TransferFormat) -> (PathBuf, Written) {
        self.write_plan(into, &self.plan(package), format)
    }

    fn write_plan(&self, into: &Path, plan: &Plan, format: &dyn TransferFormat) -> (PathBuf, Written) {
        let mut folder = Writing::create(into, &layout::package_name(plan.package)).unwrap();
        let written = write::write(&self.sending, plan, format, &mut folder, &mut |_, _| {}).unwrap();
        (folder.finish().unwrap(), written)
    }

    /// The file by which the sender is known.
    pub(crate) fn party_file(&self, archive: ArchiveId, vkey: &str) -> String {
        let key = hex::encode(self.sending.answer_key().unwrap().public());
        let date = muragat::clock::civil_date(self.receiver.now());
        format!(
            "schema = \"muragat/party/1\"\nid = \"sender-1\"\nagency = \"{AGENCY}\"\nkind = \"sender\"\nbin = \"{BIN}\"\n\
             archive = \"{archive}\"\nvkey = \"{vkey}\"\nanswer_key = \"{key}\"\nbasis = \"Үлгі келісім № 2\"\n\
             date = \"{date}\"\ntitle = {{ kk = \"Үлгі әкімдігінің архиві\", ru = \"Архив (пример)\", \
             en = \"Archive (sample)\" }}\n"
        )
    }

    fn adopt(&self, file: &str) -> Held {
        self.receiver.later(2_000);
        let office = &self.receiver.office;
        let who = [&office.approvers[0], &office.commission[0]];
        let signatures: Vec<Vec<u8>> = who.iter().map(|who| self.signed(who, file.as_bytes())).collect();
        let party = Party::parse(file.as_bytes(), "party.toml").unwrap();
        let adopted = adopt(&self.archive, (&party, file.as_bytes()), &signatures, &Material::default(), ACTOR);
        assert!(matches!(adopted, Ok(Adoption::Done(_))), "{adopted:?}");
        party::find(&self.archive, "sender-1").unwrap()
    }

    /// The sender, adopted.
    pub(crate) fn party(&self) -> Held {
        self.adopt(&self.party_file(self.sending.id(), &self.sending.config().vkey.to_string()))
    }

    fn signed(&self, who: &Signer, bytes: &[u8]) -> Vec<u8> {
        who.sign_detached(bytes, at(self.receiver.now()))
    }

    fn begin<'s>(&self, source: &'s dyn Source, party: &Held) -> Box<Coming<'s>> {
        match begin(&self.archive, source, party, ACTOR, &mut |_, _| {}).unwrap() {
            Begun::Received(coming) => coming,
            Begun::NotWhole(report) => panic!("{:?}", report.findings),
        }
    }

    fn refused(&self, folder: &Path, party: &Held) -> ErrorCode {
        let source = Folder::open(folder).unwrap();
        match begin(&self.archive, &source, party, ACTOR, &mut |_, _| {}) {
            Err(e) => e.code,
            Ok(_) => panic!("it was received"),
        }
    }

    fn check(&self, coming: &Coming<'_>) -> Accession {
        check(&self.archive, coming, &options(&AtomicBool::new(false)), &|_, _| {}).unwrap().unwrap()
    }

    pub(crate) fn receive(&self, folder: &Path, party: &Held) -> Accession {
        let source = Folder::open(folder).unwrap();
        self.check(&self.begin(&source, party))
    }

    pub(crate) fn rows(&self, accession: &Accession) -> Vec<muragat::transfer::reply::Row> {
        accession.documents(&self.archive).unwrap().unwrap().0.rows
    }

    fn main_of(archive: &Archive, record: RecordId) -> Vec<u8> {
        let opened = access::open(archive, record, ACTOR).unwrap();
        opened.read(opened.component("main.docx").unwrap()).unwrap()
    }
}

fn options(stop: &AtomicBool) -> Options<'_> {
    Options { actor: ACTOR, profile: None, representation: None, threads: 2, stop }
}

fn reasons(row: &muragat::transfer::reply::Row) -> Vec<Reason> {
    row.reasons.iter().map(|(reason, _)| *reason).collect()
}

/// Changes something of three records in a plain bag.
type Damage<'a> = &'a dyn Fn(&Path, [RecordId; 3]);

/// Makes the lists of a plain bag those of its files again: as somebody who changes a package would.
fn relist(root: &Path) {
    let source = Folder::open(root).unwrap();
    let read = |path: &str| std::fs::read(root.join(path)).unwrap();
    let payload: Vec<String> =
        source.entries().iter().map(|e| e.path.to_string()).filter(|path| path.starts_with("data/")).collect();
    let list = |paths: &[String], is_long: bool| -> String {
        let digest = |path: &String| match is_long {
            true => sha512_parts(&[&read(path)]).to_string(),
            false => sha256(&read(path)).to_string(),
        };
        paths.iter().map(|path| format!("{}  {path}\n", digest(path))).collect()
    };
    std::fs::write(root.join("manifest-sha256.txt"), list(&payload, false)).unwrap();
    std::fs::write(root.join("manifest-sha512.txt"), list(&payload, true)).unwrap();
    let info = String::from_utf8(read("bag-info.txt")).unwrap();
    let bytes: usize = payload.iter().map(|path| read(path).len()).sum();
    let oxum = |line: &str| match line.starts_with("Payload-Oxum: ") {
        true => format!("Payload-Oxum: {bytes}.{}\n", payload.len()),
        false => format!("{line}\n"),
    };
    std::fs::write(root.join("bag-info.txt"), info.lines().map(oxum).collect::<String>()).unwrap();
    let tags = ["bag-info.txt", "bagit.txt", "manifest-sha256.txt", "manifest-sha512.txt"].map(str::to_owned);
    std::fs::write(root.join("tagmanifest-sha256.txt"), list(&tags, false)).unwrap();
    std::fs::write(root.join("tagmanifest-sha512.txt"), list(&tags, true)).unwrap();
}

fn edit(path: &Path, edit: impl Fn(&str) -> String) {
    let text = std::fs::read_to_string(path).unwrap();
    let changed = edit(&text);
    assert_ne!(text, changed, "{}", path.display());
    std::fs::write(path, changed).unwrap();
}

#[test]
fn a_package_becomes_records_that_prove_where_they_came_from() {
    let world = World::new();
    let (party, folder) = (world.party(), tempfile::tempdir().unwrap());
    let (path, written) = world.write(folder.path(), 1, &BaggedEark);
    let source = Folder::open(&path).unwrap();
    let coming = world.begin(&source, &party);
    let receipt = Answer::verify(&coming.receipt, &world.archive.answer_key().unwrap().public()).unwrap();
    assert!(receipt.about(
        (world.archive.id(), world.sending.id()),
        &layout::package_name(RecordId([1; 16])),
        written.digest
    ));
    assert_eq!((receipt.kind, receipt.transfer), (AnswerKind::Receipt, Some(RecordId([0xb2; 16]))));
    assert_eq!(coming.accession.stage(), Stage::Received);
    let accession = world.check(&coming);
    let rows = world.rows(&accession);
    let said: Vec<_> = rows.iter().map(|row| (row.record.clone(), row.digest)).collect();
    let wanted: Vec<_> = written.records.iter().map(|(id, digest)| (id.to_string(), *digest)).collect();
    assert_eq!(said, wanted, "each with the digest that its sender computed");
    // A record has one form in every package of its day.
    let other = tempfile::tempdir().unwrap();
    let (plain, _) = world.write(other.path(), 1, &PlainBag);
    for (row, id) in rows.iter().zip(&world.records) {
        assert_eq!((row.outcome, row.reasons.as_slice()), (Outcome::Accepted, &[][..]), "{row:?}");
        let new = row.reference.unwrap();
        assert_ne!(new, *id);
        assert_eq!(World::main_of(&world.archive, new), World::main_of(&world.sending, *id));
        let opened = access::open(&world.archive, new, ACTOR).unwrap();
        let manifest = opened.manifest().unwrap();
        let transferred = manifest.transferred.clone().unwrap();
        assert_eq!((transferred.record, transferred.archive), (id.to_string(), world.sending.id()));
        assert_eq!((transferred.accession, transferred.package), (accession.id, written.digest));
        let validation = manifest.validation.unwrap();
        assert_eq!(validation.verdict, SignatureVerdict::Valid);
        assert_eq!(validation.received, at(world.stamped - world.stamped % 1000), "as of the time-stamp");
        // The sender's own files are not in the place of ours, and all that proves the record is with it.
        assert!(opened.component("muragat/receipt.json").is_err());
        let row = opened.component(PROVENANCE_PATH).unwrap();
        assert_eq!(row.role(), Role::Provenance);
        let tar = Tar::open(Cursor::new(opened.read(row).unwrap())).unwrap();
        assert!(tar.odd().is_empty());
        let has = |path: &str| tar.find(path).is_some();
        assert!(has(layout::CHECKPOINT) && has(layout::JOURNAL) && has(layout::SENDER) && has(layout::STAMPED));
        for path in [layout::PROOFS, layout::RECORD] {
            let mut bytes = Vec::new();
            tar.open(tar.find(&format!("{id}/{path}")).unwrap()).unwrap().read_to_end(&mut bytes).unwrap();
            assert_eq!(bytes, std::fs::read(plain.join(format!("data/{id}/{path}"))).unwrap(), "{path}");
        }
        let own = tar.entries().iter().filter(|entry| entry.path.starts_with(&format!("{id}/data/"))).count();
        assert!(own >= 3, "validation, receipt and its signature");
    }
    // What was added there is added here, by an act of its own.
    let first = rows[0].reference.unwrap();
    let opened = access::open(&world.archive, first, ACTOR).unwrap();
    let mark = opened.component("marks/execution.txt").unwrap();
    assert_eq!((mark.role(), opened.read(mark).unwrap()), (Role::Mark, "Орындалды".as_bytes().to_vec()));
    // The hold is there and active, of its owner; the one that was lifted is not.
    let held = world.archive.index().holds_on(first).unwrap();
    assert_eq!(held.len(), 1);
    let hold = holds::find(&world.archive, held[0]).unwrap();
    assert_eq!((hold.placing.owner.as_str(), hold.row.lifted), ("Прокуратура", None));
    assert!(hold.placing.basis.contains(&world.hold.to_string()), "{}", hold.placing.basis);
    assert!(hold.placing.basis.starts_with("№ 5 сұрау"));
    assert!(world.archive.index().holds_on(rows[1].reference.unwrap()).unwrap().is_empty());
    // The same package again, as a tar, is the same accession with the same receipt and the same documents.
    let count = world.archive.head().size;
    let mut tar = muragat::transfer::pack::tar::Tar::new(Vec::new(), &layout::package_name(RecordId([1; 16])));
    assert_eq!(write::write(&world.sending, &world.plan(1), &BaggedEark, &mut tar, &mut |_, _| {}).unwrap(), written);
    let tar = Tar::open(Cursor::new(tar.finish().unwrap().0)).unwrap();
    let again = world.begin(&tar, &party);
    assert!(again.is_again && again.receipt == coming.receipt);
    assert_eq!(world.check(&again).documents(&world.archive).unwrap(), accession.documents(&world.archive).unwrap());
    assert_eq!((all(&world.archive).unwrap().len(), world.archive.head().size), (1, count), "nothing was written");
    let (_, act) = accession.documents(&world.archive).unwrap().unwrap();
    assert_eq!((act.accepted, act.refused, act.from.1.as_str()), (3, 0, BIN));
    assert!(act.number.ends_with("-1"), "{}", act.number);
}

#[test]
fn what_is_not_whole_or_of_another_is_not_received() {
    let world = World::new();
    let (party, folder) = (world.party(), tempfile::tempdir().unwrap());
    let (path, _) = world.write(folder.path(), 1, &PlainBag);
    // One byte.
    let main = path.join(format!("data/{}/data/0002.docx", world.records[1]));
    let bytes = std::fs::read(&main).unwrap();
    let mut changed = bytes.clone();
    changed[100] ^= 1;
    std::fs::write(&main, &changed).unwrap();
    let source = Folder::open(&path).unwrap();
    let begun = begin(&world.archive, &source, &party, ACTOR, &mut |_, _| {}).unwrap();
    assert!(matches!(begun, Begun::NotWhole(report) if report.findings.iter().any(|f| f.subject.contains("0002"))));
    std::fs::write(&main, &bytes).unwrap();
    // For another archive.
    let to = write::Party { archive: Some(ArchiveId([7; 16])), ..world.plan(2).to };
    let (other, _) = world.write_plan(folder.path(), &Plan { to, ..world.plan(2) }, &PlainBag);
    assert_eq!(world.refused(&other, &party), ErrorCode::TrfNotSender);
    // A key that nobody brought by hand, and another archive.
    let stranger = {
        let mut key = world.sending.config().vkey.clone();
        key.public = world.archive.config().vkey.public;
        key.to_string()
    };
    let known = world.adopt(&world.party_file(world.sending.id(), &stranger));
    assert_eq!(world.refused(&path, &known), ErrorCode::TrfNotSender);
    let known = world.adopt(&world.party_file(ArchiveId([9; 16]), &world.sending.config().vkey.to_string()));
    assert_eq!(world.refused(&path, &known), ErrorCode::TrfNotSender);
    // It brings a key of its own, which nobody asks: the words in it are not what is believed.
    edit(&path.join(format!("data/{}", layout::SENDER)), |text| {
        text.replace(&world.sending.id().to_string(), &ArchiveId([9; 16]).to_string())
    });
    relist(&path);
    let known = world.adopt(&world.party_file(ArchiveId([9; 16]), &stranger));
    assert_eq!(world.refused(&path, &known), ErrorCode::TrfNotSender);
    assert!(all(&world.archive).unwrap().is_empty(), "of none of them anything is kept");
}

#[test]
fn a_record_that_is_not_proven_is_refused_alone() {
    let damages: [(&str, Damage<'_>, usize); 5] = [
        (
            "an entry is left out",
            &|root: &Path, [_, second, _]: [RecordId; 3]| {
                let path = root.join(format!("data/{second}/{}", layout::PROOFS));
                edit(&path, |text| text.lines().skip(1).map(|line| format!("{line}\n")).collect());
            },
            1,
        ),
        (
            "an entry of another record",
            &|root: &Path, [first, _, third]: [RecordId; 3]| {
                let proofs = |id: RecordId| root.join(format!("data/{id}/{}", layout::PROOFS));
                std::fs::copy(proofs(first), proofs(third)).unwrap();
            },
            2,
        ),
        (
            "a byte of the document",
            &|root: &Path, [_, _, third]: [RecordId; 3]| {
                let path = root.join(format!("data/{third}/data/0002.docx"));
                let mut bytes = std::fs::read(&path).unwrap();
                bytes[100] ^= 1;
                std::fs::write(&path, bytes).unwrap();
            },
            2,
        ),
        (
            "another access category",
            &|root: &Path, [_, second, _]: [RecordId; 3]| {
                let folder = root.join(format!("data/{second}/{}", layout::OTHER));
                let group = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).find(|p| {
                    p.is_dir() && std::fs::read_to_string(p.join("metadata.json")).unwrap().contains("access_category")
                });
                edit(&group.unwrap().join("metadata.json"), |text| text.replace("\"public\"", "\"confidential\""));
            },
            1,
        ),
        (
            "a hold that is not told",
            &|root: &Path, [first, _, _]: [RecordId; 3]| {
                let path = root.join(format!("data/{first}/{}", layout::RECORD));
                let mut value: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
                value["holds"] = json!([]);
                std::fs::write(&path, value.to_string()).unwrap();
            },
            0,
        ),
    ];
    for (n, (what, damage, hit)) in (10_u8..).zip(damages) {
        let world = World::new();
        let party = world.party();
        let folder = tempfile::tempdir().unwrap();
        let (path, _) = world.write(folder.path(), n, &PlainBag);
        damage(&path, [0, 1, 2].map(|n| world.records[n]));
        relist(&path);
        let accession = world.receive(&path, &party);
        let rows = world.rows(&accession);
        for (at, row) in rows.iter().enumerate() {
            let is_hit = at == hit;
            assert_eq!(row.outcome == Outcome::Refused, is_hit, "{what}: {row:?}");
            if is_hit {
                let reason = reasons(row)[0];
                assert!(matches!(reason, Reason::CustodyUnproven | Reason::Missing), "{what}: {row:?}");
                assert!(row.reference.is_none());
            }
        }
        let (reply, act) = accession.documents(&world.archive).unwrap().unwrap();
        assert_eq!((reply.counts(), act.accepted, act.refused), ((2, 1), 2, 1), "{what}");
        let count = world.archive.head().size;
        world.receive(&path, &party);
        assert_eq!(world.archive.head().size, count, "{what}");
    }
    let world = World::new();
    let (party, folder) = (world.party(), tempfile::tempdir().unwrap());
    let first = world.records[0];
    // A hold whose lifting is only told is placed: the entries of the record say that it keeps it still.
    let (path, _) = world.write(folder.path(), 3, &PlainBag);
    let said = path.join(format!("data/{first}/{}", layout::RECORD));
    let mut value: Value = serde_json::from_slice(&std::fs::read(&said).unwrap()).unwrap();
    value["holds"][0]["lifted"] = json!({"entry": 1, "time": "2026-01-01T00:00:00Z"});
    std::fs::write(&said, value.to_string()).unwrap();
    relist(&path);
    let rows = world.rows(&world.receive(&path, &party));
    assert_eq!(world.archive.index().holds_on(rows[0].reference.unwrap()).unwrap().len(), 1);
}

#[test]
fn what_was_stopped_goes_on_and_the_same_document_twice_is_one() {
    let mut world = World::new();
    let (party, folder) = (world.party(), tempfile::tempdir().unwrap());
    let (path, _) = world.write(folder.path(), 1, &BaggedEark);
    let receipt = {
        let source = Folder::open(&path).unwrap();
        let coming = world.begin(&source, &party);
        coming.receipt.clone()
    };
    for done in 1..=2 {
        // As after a crash: the archive is opened again, and some records are there.
        world.archive.close().unwrap();
        world.archive = world.receiver.open();
        let source = Folder::open(&path).unwrap();
        let coming = world.begin(&source, &party);
        assert!(coming.is_again && coming.receipt == receipt);
        let stop = AtomicBool::new(false);
        let one = Options { threads: 1, ..options(&stop) };
        let checked = check(&world.archive, &coming, &one, &|n, _| {
            stop.store(n >= done, Ordering::Relaxed);
        });
        assert!(checked.unwrap().is_none(), "stopped");
        assert_eq!(Accession::read(&world.archive, coming.accession.id).unwrap().stage(), Stage::Received);
    }
    world.archive.close().unwrap();
    world.archive = world.receiver.open();
    let accession = world.receive(&path, &party);
    let rows = world.rows(&accession);
    assert!(rows.iter().all(|row| row.outcome == Outcome::Accepted), "{rows:?}");
    let opened = access::open(&world.archive, rows[0].reference.unwrap(), ACTOR).unwrap();
    let marks = opened.row.components.iter().filter(|c| c.path == "marks/execution.txt").count();
    assert_eq!((marks, world.archive.index().holds_on(rows[0].reference.unwrap()).unwrap().len()), (1, 1));
    let held: std::collections::BTreeSet<_> = rows.iter().map(|row| row.reference.unwrap()).collect();
    assert_eq!(held.len(), 3, "each once");
    // The same records in another package are there already, by an accession that came to nothing so far.
    let (other, _) = world.write(folder.path(), 2, &BaggedEark);
    let rows = world.rows(&world.receive(&other, &party));
    for row in &rows {
        assert_eq!((row.outcome, reasons(row)), (Outcome::AcceptedWithRemark, vec![Reason::Duplicate]), "{row:?}");
        assert!(held.contains(&row.reference.unwrap()), "under the id that it has");
    }
    let (_, act) = all(&world.archive).unwrap()[1].documents(&world.archive).unwrap().unwrap();
    assert!(act.number.ends_with("-2"), "{}", act.number);
}

#[test]
fn signatures_are_judged_as_of_when_the_files_are_proven_to_exist() {
    for trusts in [true, false] {
        let world = World::at(super::bed::NOW, trusts);
        // Years go by, and the official's certificate is revoked: only what proves that the signature is older helps.
        world.receiver.later(400 * DAY_MS);
        let now = world.receiver.now();
        let revoked = Revocation { signer: &world.receiver.office.official, at: at(now - 100 * DAY_MS), reason: 1 };
        world.receiver.share(&world.archive, &world.receiver.office.crl(now, &[revoked]));
        let (party, folder) = (world.party(), tempfile::tempdir().unwrap());
        let (path, _) = world.write(folder.path(), 1, &BaggedEark);
        let rows = world.rows(&world.receive(&path, &party));
        for row in &rows {
            if trusts {
                assert_eq!((row.outcome, row.reasons.as_slice()), (Outcome::Accepted, &[][..]), "{row:?}");
            } else {
                assert_eq!(row.outcome, Outcome::Refused, "{row:?}");
                let is_of_signature =
                    |reason: &Reason| matches!(reason, Reason::SignatureUnproven | Reason::SignatureInvalid);
                assert!(reasons(row).iter().all(is_of_signature), "{row:?}");
            }
        }
    }
}

#[test]
fn officers_sign_exactly_these_documents_and_the_act_is_of_both() {
    let world = World::new();
    let (party, folder) = (world.party(), tempfile::tempdir().unwrap());
    let (path, _) = world.write(folder.path(), 1, &BaggedEark);
    let accession = world.receive(&path, &party);
    let (said, act) = accession.documents(&world.archive).unwrap().unwrap();
    let (said, act) = (said.encode(), act.encode());
    let office = &world.receiver.office;
    let none = Material::default();
    let id = accession.id;
    world.receiver.later(2_000);
    let try_reply = |over_reply: &[Vec<u8>], over_act: &[Vec<u8>]| {
        reply(&world.archive, id, (over_reply, over_act), &none, ACTOR).unwrap()
    };
    let by = |who: &Signer, bytes: &[u8]| vec![world.signed(who, bytes)];
    for (what, over_reply, over_act) in [
        ("nobody", vec![], vec![]),
        ("an official", by(&office.official, &said), by(&office.official, &act)),
        ("a member of the commission", by(&office.commission[0], &said), by(&office.commission[0], &act)),
        ("one of both only", by(&office.stranger, &said), vec![]),
        ("each other's", by(&office.stranger, &act), by(&office.stranger, &said)),
    ] {
        let Signed::Refused(refusals) = try_reply(&over_reply, &over_act) else { panic!("{what}") };
        assert!(refusals.iter().all(|one| one.code == ErrorCode::TrfReplySigned), "{what}: {refusals:?}");
    }
    // The other archive's word on the act is not taken before this one has signed.
    let of_sender = |kind, accession, signature: Vec<u8>| Answer {
        kind,
        by: world.sending.id(),
        to: world.archive.id(),
        package: layout::package_name(RecordId([1; 16])),
        digest: Accession::read(&world.archive, id).unwrap().digest,
        transfer: Some(RecordId([0xb2; 16])),
        accession,
        time: world.receiver.now(),
        files: vec![("act-sender-1.p7s".to_owned(), signature), ("act.json".to_owned(), act.clone())],
    };
    let key = world.sending.answer_key().unwrap();
    let right = of_sender(AnswerKind::Act, id, world.signed(&office.official, &act)).sign(&key);
    let take = |bytes: &[u8]| agree(&world.archive, id, bytes, &none, ACTOR);
    assert_eq!(take(&right).unwrap_err().code, ErrorCode::TrfAccessionStage);

    let signed = try_reply(&by(&office.stranger, &said), &by(&office.stranger, &act));
    let Signed::Done(entry) = signed else { panic!("{signed:?}") };
    let given = |archive: &Archive| Accession::read(archive, id).unwrap().answer(archive).unwrap().unwrap();
    let first = given(&world.archive);
    let answer = Answer::verify(&first, &world.archive.answer_key().unwrap().public()).unwrap();
    let names: Vec<&str> = answer.files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["act-1.p7s", "act.json", "reply-1.p7s", "reply.json"]);
    assert_eq!((answer.kind, answer.file("reply.json")), (AnswerKind::Reply, Some(said.as_slice())));
    world.receiver.later(5_000);
    let again = try_reply(&by(&office.stranger, &said), &by(&office.stranger, &act));
    assert!(matches!(again, Signed::Held(held) if held == entry), "{again:?}");
    assert!(given(&world.archive) == first, "the same bytes");

    // Another key, another accession, another kind, a changed act, an officer of another body, nobody.
    let refused = |bytes: Vec<u8>| take(&bytes).unwrap_err().code;
    let own = world.archive.answer_key().unwrap();
    let signature = || world.signed(&office.official, &act);
    assert_eq!(refused(of_sender(AnswerKind::Act, id, signature()).sign(&own)), ErrorCode::TrfAnswer);
    assert_eq!(refused(of_sender(AnswerKind::Act, RecordId([5; 16]), signature()).sign(&key)), ErrorCode::TrfAnswer);
    assert_eq!(refused(of_sender(AnswerKind::Receipt, id, signature()).sign(&key)), ErrorCode::TrfAnswer);
    let mut other = of_sender(AnswerKind::Act, id, signature());
    other.digest = sha256(b"another package");
    assert_eq!(refused(other.sign(&key)), ErrorCode::TrfAnswer);
    let mut other = of_sender(AnswerKind::Act, id, signature());
    other.files[1].1.push(b'\n');
    assert_eq!(refused(other.sign(&key)), ErrorCode::TrfAnswer);
    let mut other = of_sender(AnswerKind::Act, id, signature());
    other.files.remove(0);
    assert_eq!(refused(other.sign(&key)), ErrorCode::TrfAnswer);
    let third = of_sender(AnswerKind::Act, id, world.signed(&office.third_clerk, &act)).sign(&key);
    let wrong = of_sender(AnswerKind::Act, id, world.signed(&office.official, &said)).sign(&key);
    let untrusted = of_sender(AnswerKind::Act, id, world.signed(&office.foreign, &act)).sign(&key);
    for (what, bytes) in [("of another body", third), ("over another file", wrong), ("of another root", untrusted)] {
        let Signed::Refused(refusals) = take(&bytes).unwrap() else { panic!("{what}") };
        assert_eq!(refusals[0].code, ErrorCode::TrfOfficer, "{what}");
    }
    assert_eq!(Accession::read(&world.archive, id).unwrap().stage(), Stage::Replied);
    assert!(matches!(take(&right).unwrap(), Signed::Done(_)));
    assert!(matches!(take(&right).unwrap(), Signed::Held(_)));
    assert_eq!(Accession::read(&world.archive, id).unwrap().stage(), Stage::Agreed);
    // What was agreed is not agreed again by another answer.
    let later = of_sender(AnswerKind::Act, id, signature()).sign(&key);
    assert_eq!(take(&later).unwrap_err().code, ErrorCode::TrfAccessionStage);
    // And what both agreed on is not taken a second time.
    let (again, _) = world.write(folder.path(), 2, &BaggedEark);
    for row in world.rows(&world.receive(&again, &party)) {
        assert_eq!((row.outcome, reasons(&row)), (Outcome::Refused, vec![Reason::Duplicate]), "{row:?}");
    }
}

/// A package that a Python script made in this folder; none, and that is said, where there is no Python.
pub(crate) fn by_another_program(folder: &Path) -> Option<PathBuf> {
    let documents = folder.join("documents");
    std::fs::create_dir_all(&documents).unwrap();
    for n in 1..=2 {
        let bytes = super::common::docx(&format!("Басқа жүйенің {n} құжаты."));
        std::fs::write(documents.join(format!("{n}.docx")), bytes).unwrap();
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tools/transfer/foreign.py");
    let made = std::process::Command::new("python3").arg(script).arg(&documents).arg(folder).output();
    let Ok(made) = made else {
        eprintln!("skipped: there is no python3 to make a package of another program");
        return None;
    };
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    Some(PathBuf::from(String::from_utf8(made.stdout).unwrap().trim()))
}

#[test]
fn a_package_by_another_program_is_taken_in_by_a_profile_and_called_unproven() {
    let world = World::new();
    let (party, folder) = (world.party(), tempfile::tempdir().unwrap());
    let Some(path) = by_another_program(folder.path()) else { return };
    let source = Folder::open(&path).unwrap();
    let coming = world.begin(&source, &party);
    assert_eq!(coming.accession.digest, sha256(&std::fs::read(path.join("tagmanifest-sha512.txt")).unwrap()));
    let toml = include_str!("../../schema/import/1/examples/valid-least.toml");
    let toml = toml.replacen("agency = \"DEMO\"", &format!("agency = \"{AGENCY}\""), 1);
    let today = muragat::clock::civil_date(world.receiver.now()).to_string();
    let toml = toml.replacen("to = \"2025-12-31\"", "to = \"2026-12-31\"", 1);
    let toml = toml.replacen("date = \"2026-03-01\"", &format!("date = \"{today}\""), 1);
    let toml = toml.replacen("until = \"2026-05-31\"", &format!("until = \"{today}\""), 1);
    let profile = Profile::parse(toml.as_bytes(), "p.toml").unwrap();
    let held = HeldProfile { entry: 0, at: 0, profile, file: toml.into_bytes(), approvals: Vec::new() };
    let stop = AtomicBool::new(false);
    let asked =
        |profile| Options { actor: ACTOR, profile, representation: Some("submission"), threads: 2, stop: &stop };
    let accession = check(&world.archive, &coming, &asked(Some(&held)), &|_, _| {}).unwrap().unwrap();
    let rows = world.rows(&accession);
    assert_eq!(rows.len(), 4, "of both representations: {rows:?}");
    let (renditions, originals) = rows.split_at(2);
    for (n, row) in (1..).zip(originals) {
        assert_eq!((row.outcome, row.record.as_str()), (Outcome::AcceptedWithRemark, &*format!("submission/{n}")));
        assert_eq!(reasons(row), [Reason::CustodyUnproven, Reason::SignatureUnproven], "{row:?}");
        let opened = access::open(&world.archive, row.reference.unwrap(), ACTOR).unwrap();
        let manifest = opened.manifest().unwrap();
        let number = manifest.card_field(muragat::model::record::CardField::RegistrationNumber);
        assert_eq!(number, Some(&*format!("K-{n}/2026")));
        assert_eq!(manifest.validation.unwrap().verdict, SignatureVerdict::NotVerifiable);
        let main = opened.component(&format!("main document {n}.docx")).unwrap();
        assert_eq!(
            opened.read(main).unwrap(),
            std::fs::read(folder.path().join(format!("documents/{n}.docx"))).unwrap()
        );
        assert!(opened.component(PROVENANCE_PATH).is_ok());
    }
    assert!(renditions.iter().all(|row| reasons(row) == [Reason::Other]), "a rendition is no record: {rows:?}");
    // Without a profile nobody says what the card lacks.
    let world = World::new();
    let coming = world.begin(&source, &world.party());
    let accession = check(&world.archive, &coming, &asked(None), &|_, _| {}).unwrap().unwrap();
    let rows = world.rows(&accession);
    assert!(rows.iter().all(|row| row.outcome == Outcome::Refused), "{rows:?}");
    assert_eq!(reasons(&rows[2]), [Reason::Requisite]);
}

#[test]
fn a_card_that_says_again_what_it_said_before_is_the_newest_here_too() {
    let world = World::new();
    let (sender, sending) = (&world.sender, &world.sending);
    // The title is changed, and the change is taken back.
    let first = world.sender.draft("2").card;
    let mut other = first.clone();
    other["title"] = "Басқа тақырып".into();
    for card in [&other, &first] {
        let bytes = card.to_string().into_bytes();
        let brought = Brought::Bytes("card.json", &bytes);
        let amended = correct_card(sending, world.records[1], brought, "Түзету".into(), ACTOR).unwrap();
        assert!(matches!(amended, Amended::Done { .. }), "{amended:?}");
        sending.wait_index().unwrap();
    }
    stamped(sender, sending, &authority(sender));
    heads::map(sending, ACTOR).unwrap();
    sending.settle().unwrap();
    let (party, folder) = (world.party(), tempfile::tempdir().unwrap());
    let (path, _) = world.write(folder.path(), 1, &BaggedEark);
    let rows = world.rows(&world.receive(&path, &party));
    assert_eq!((rows[1].outcome, rows[1].reasons.as_slice()), (Outcome::Accepted, &[][..]), "{:?}", rows[1]);
    let row = access::open(&world.archive, rows[1].reference.unwrap(), ACTOR).unwrap().row;
    assert_eq!((row.earlier_cards.len(), row.parts.len()), (2, 2));
    let title = |archive: &Archive, id| {
        let row = access::open(archive, id, ACTOR).unwrap().row;
        row.card.iter().map(|(_, value)| value.clone()).collect::<Vec<_>>()
    };
    let here = title(&world.archive, rows[1].reference.unwrap());
    assert_eq!(here, title(sending, world.records[1]));
    assert!(here.iter().any(|value| value == "Сынақ хаты 2"), "{here:?}");
}

#[test]
fn words_of_a_record_that_cannot_be_read_refuse_it_alone_and_end() {
    let world = World::new();
    let (party, folder) = (world.party(), tempfile::tempdir().unwrap());
    let (path, _) = world.write(folder.path(), 1, &PlainBag);
    std::fs::write(path.join(format!("data/{}/{}", world.records[1], layout::RECORD)), b"{").unwrap();
    relist(&path);
    let source = Folder::open(&path).unwrap();
    // It is received, so it comes to an end, which the sender waits for.
    let coming = world.begin(&source, &party);
    let rows = world.rows(&world.check(&coming));
    let outcomes: Vec<Outcome> = rows.iter().map(|row| row.outcome).collect();
    assert_eq!(outcomes, [Outcome::Accepted, Outcome::Refused, Outcome::Accepted], "{rows:?}");
    assert_eq!((reasons(&rows[1]), rows[1].reference), (vec![Reason::Other], None));
}
