//! Evidence bundles: a stranger reaches the archive's verdict, and no byte of one can be changed.
//!
//! Goal: what a bundle says follows from a checkpoint that the stranger believes; of a changed, shortened or padded
//! bundle no check says that it is proven; what is not known is said to be unknown; another body's inquiry stays secret
//! and no act of custody can be left out. Method: signed records and stamps of a bench's own authority; every member is
//! changed at sampled places, and the container at every place that is no content.

use super::disposal::copy_tree;
use super::evidence::{authority, policy};
use super::receipt::accepted;
use super::signed::{Bench, DAY_MS, at};
use muragat::archive::{Archive, Succeeding};
use muragat::cli::samples::stamper::Stamper;
use muragat::config::Readings;
use muragat::error::{Error, ErrorCode};
use muragat::evidence::stamp::{self, Request};
use muragat::index::filing::HoldTarget;
use muragat::inquiry::bundle::check::{Asked, check};
use muragat::inquiry::bundle::finding::{BundleReport, Check, Outcome};
use muragat::inquiry::bundle::make::{self, Under, Written};
use muragat::inquiry::desk::{self, Closing, Opening};
use muragat::model::container::{Entry, Writer, read};
use muragat::model::id::RecordId;
use muragat::tlog::commit::SYSTEM_ACTOR;
use muragat::tlog::cosignature::Cosigner;
use muragat::tlog::trust::TrustPolicy;
use muragat::verify::material::Material;
use muragat::verify::policy::Policy;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;

/// A bench with a stamped record, and an inquiry that has taken it.
struct Court {
    bench: Bench,
    archive: Archive,
    record: RecordId,
    inquiry: RecordId,
}

fn opening(of: &str) -> Opening {
    Opening {
        agency: String::new(),
        authority: format!("{of} соты"),
        case: format!("№ 7 іс, {of}"),
        basis: "АПК 73-бап".into(),
        requester: "Сот кеңсесі".into(),
        due: "2028-02-01".parse().unwrap(),
    }
}

pub(crate) fn inquiry(archive: &Archive, of: &str, record: RecordId) -> RecordId {
    let (id, _) = desk::open(archive, opening(of), None, SYSTEM_ACTOR).unwrap();
    desk::take(archive, id, &[HoldTarget::Record(record.0)], SYSTEM_ACTOR).unwrap();
    id
}

pub(crate) fn stamped(bench: &Bench, archive: &Archive, stamper: &Stamper) {
    let batch = stamp::next(archive, SYSTEM_ACTOR).unwrap().unwrap();
    let request = Request::of(&batch, false);
    let answer = stamper.answer(&request.to_der(), at(bench.now())).unwrap();
    let checked = request.check(archive, &answer, "authority", &Material::new()).unwrap();
    stamp::keep(archive, &batch, &[checked], SYSTEM_ACTOR).unwrap();
}

impl Court {
    fn new() -> Self {
        let bench = Bench::new();
        let archive = bench.open();
        bench.adopt(&archive, &policy(&bench));
        let record = accepted(&bench.take(&archive, &bench.draft("1")));
        stamped(&bench, &archive, &authority(&bench));
        let inquiry = inquiry(&archive, "Үлгі", record);
        Self { bench, archive, record, inquiry }
    }

    fn bundle(&self, readings: Readings) -> Vec<u8> {
        make::commit(&self.archive, self.inquiry, &BTreeSet::new(), readings, SYSTEM_ACTOR).unwrap();
        self.written(Under::Newest).unwrap().0
    }

    fn written(&self, under: Under) -> Result<(Vec<u8>, Written), Error> {
        let mut bytes = Vec::new();
        let written = make::write(&self.archive, self.inquiry, under, SYSTEM_ACTOR, &mut bytes)?;
        Ok((bytes, written))
    }

    fn policy(&self) -> Policy {
        Policy::parse(policy(&self.bench).as_bytes(), "policy.toml").unwrap()
    }

    fn trust(&self) -> TrustPolicy {
        TrustPolicy::parse(format!("log {}\nquorum none\n", self.archive.config().vkey).as_bytes()).unwrap()
    }

    fn checked(&self, bytes: &[u8]) -> BundleReport {
        self.checked_by(bytes, Some(&self.trust()), &self.policy())
    }

    fn checked_by(&self, bytes: &[u8], trust: Option<&TrustPolicy>, policy: &Policy) -> BundleReport {
        let material = Material::new();
        let at = at(self.bench.now());
        let asked = Asked { trust, own: None, senders: &[], policy, material: &material, at, not_before: None };
        check(Cursor::new(bytes), bytes.len() as u64, &asked).unwrap()
    }
}

fn members(bytes: &[u8]) -> Vec<Entry> {
    read(&mut Cursor::new(bytes), 0, bytes.len() as u64).unwrap()
}

fn contents(bytes: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let body = |entry: &Entry| bytes[entry.at as usize..(entry.at + entry.len) as usize].to_vec();
    members(bytes).iter().map(|entry| (entry.name.clone(), body(entry))).collect()
}

fn packed(members: &BTreeMap<String, Vec<u8>>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = Writer::new(&mut bytes);
    members.iter().for_each(|(name, body)| writer.bytes(name, body).unwrap());
    writer.finish().unwrap();
    bytes
}

/// The checks that did not come out as proven.
fn doubts(report: &BundleReport) -> Vec<(Check, Outcome)> {
    let is_doubt = |outcome| outcome > Outcome::Noted;
    report.findings.iter().filter(|one| is_doubt(one.outcome)).map(|one| (one.check, one.outcome)).collect()
}

#[test]
fn a_bundle_is_proven_to_who_believes_the_log_and_the_authority() {
    let court = Court::new();
    let bytes = court.bundle(Readings::Own);
    let report = court.checked(&bytes);
    assert_eq!((doubts(&report), report.records.clone()), (Vec::new(), vec![court.record]), "{report:#?}");
    for wanted in [
        Check::Sums,
        Check::Log,
        Check::Entries,
        Check::Commitment,
        Check::Custody,
        Check::Readings,
        Check::Content,
        Check::Evidence,
        Check::Stamped,
        Check::Signature,
        Check::Report,
    ] {
        assert!(report.findings.iter().any(|one| (one.check, one.outcome) == (wanted, Outcome::Proven)), "{wanted:?}");
    }
    // The originals are in it, byte for byte, and a ZIP reader that is not ours finds them.
    let asice = contents(&bytes)[&format!("records/{}/record.asice", court.record)].clone();
    let mut theirs = zip::ZipArchive::new(Cursor::new(&asice)).unwrap();
    let opened = muragat::access::open(&court.archive, court.record, SYSTEM_ACTOR).unwrap();
    for component in &opened.row.components {
        let mut body = Vec::new();
        let name = format!("content/{}", component.path);
        std::io::copy(&mut theirs.by_name(&name).unwrap(), &mut body).unwrap();
        assert_eq!(muragat::model::digest::sha256(&body).0, component.sha256, "{name}");
    }
}

#[test]
fn the_same_act_and_size_give_the_same_bytes_whatever_came_since() {
    let court = Court::new();
    let bytes = court.bundle(Readings::Own);
    let (again, written) = court.written(Under::Newest).unwrap();
    assert_eq!(again, bytes, "the reading is in the journal already");
    let size = written.size;
    court.bench.later(DAY_MS);
    stamped(&court.bench, &court.archive, &authority(&court.bench));
    inquiry(&court.archive, "Екінші", court.record);
    court.bench.take(&court.archive, &court.bench.draft("2"));
    let later = court.archive.head().size;
    assert_eq!(court.written(Under::Size(size)).unwrap().0, bytes);
    assert_eq!(court.archive.head().size, later + 1, "given out again after a day: read again");
    // Under a later checkpoint it is another file that proves more.
    let (newer, _) = court.written(Under::Newest).unwrap();
    assert_ne!(newer, bytes);
    assert_eq!(doubts(&court.checked(&newer)), []);
    // Also under a size at which nothing was published, and when the tiles of that time are gone.
    for odd in [size + 1, size + 2] {
        let (bytes, _) = court.written(Under::Size(odd)).unwrap();
        assert_eq!(doubts(&court.checked(&bytes)), [], "{odd}");
    }
    let none = court.written(Under::Size(written.entry)).unwrap_err();
    assert_eq!(none.code, ErrorCode::InqNoBundle);
    assert!(court.written(Under::Size(u64::MAX)).is_err());
    // What is rebuilt says the same.
    let Court { bench, archive, record, inquiry } = court;
    archive.close().unwrap();
    muragat::archive::forget_index(&bench.root()).unwrap();
    let court = Court { archive: bench.open(), bench, record, inquiry };
    assert_eq!(court.written(Under::Size(size)).unwrap().0, bytes);
    // What was given out may be given out again when the inquiry is over.
    let closing =
        Closing { outcome: "Берілді".into(), without_answer: Some("Жинақ берілді".into()) };
    desk::close(&court.archive, court.inquiry, &closing, SYSTEM_ACTOR).unwrap();
    assert_eq!(court.written(Under::Size(size)).unwrap().0, bytes);
}

#[test]
fn every_changed_byte_is_found() {
    let court = Court::new();
    let bytes = court.bundle(Readings::All);
    let entries = members(&bytes);
    let mut places: BTreeSet<usize> = BTreeSet::new();
    let mut contents_of = vec![false; bytes.len()];
    for entry in &entries {
        let (at, len) = (entry.at as usize, entry.len as usize);
        contents_of[at..at + len].fill(true);
        if len > 0 {
            places.extend([at, at + len / 3, at + len / 2, at + len - 1]);
        }
    }
    // Headers and directory: each byte once, three bits.
    let headers = (0..bytes.len()).filter(|at| !contents_of[*at]);
    let mut tried = 0;
    for (at, bit) in places.iter().map(|at| (*at, 0)).chain(headers.map(|at| (at, at % 8))) {
        let mut changed = bytes.clone();
        changed[at] ^= 1 << bit;
        let report = court.checked(&changed);
        assert_eq!(report.outcome(), Outcome::Failed, "byte {at}: {report:#?}");
        tried += 1;
    }
    assert!(tried > 500, "{tried}");
    for cut in [0, 1, bytes.len() / 2, bytes.len() - 1] {
        assert_eq!(court.checked(&bytes[..cut]).outcome(), Outcome::Failed, "cut at {cut}");
    }
    // A change that the container does not show: the checksum is right.
    for (name, body) in &contents(&bytes) {
        for place in [0, body.len() / 2, body.len().saturating_sub(1)] {
            let mut other = contents(&bytes);
            let Some(byte) = other.get_mut(name).and_then(|body| body.get_mut(place)) else { continue };
            *byte ^= 1;
            assert_eq!(court.checked(&packed(&other)).outcome(), Outcome::Failed, "{name} at {place}");
        }
        let mut without = contents(&bytes);
        without.remove(name);
        assert_eq!(court.checked(&packed(&without)).outcome(), Outcome::Failed, "without {name}");
    }
    // The same members in another order.
    let mut bytes_of: Vec<(String, Vec<u8>)> = contents(&bytes).into_iter().collect();
    bytes_of.reverse();
    let mut reversed = Vec::new();
    let mut writer = Writer::new(&mut reversed);
    bytes_of.iter().for_each(|(name, body)| writer.bytes(name, body).unwrap());
    writer.finish().unwrap();
    assert_eq!(court.checked(&reversed).outcome(), Outcome::Failed, "another order");
    for more in ["proof/more", "records/more", "proof/0.entry", "more"] {
        let mut padded = contents(&bytes);
        padded.insert(more.into(), b"x".to_vec());
        assert_eq!(court.checked(&packed(&padded)).outcome(), Outcome::Failed, "with {more}");
    }
}

#[test]
fn no_act_of_custody_can_be_left_out() {
    let court = Court::new();
    // A hold of somebody else, which the archive might want to hide.
    let other = inquiry(&court.archive, "Басқа", court.record);
    let bytes = court.bundle(Readings::Own);
    let members = contents(&bytes);
    let is_entry = |name: &&String| name.starts_with("proof/") && name.ends_with(".entry");
    let mut tried = 0;
    for name in members.keys().filter(is_entry) {
        let mut without = members.clone();
        without.remove(name);
        without.remove(&name.replace(".entry", ".tlog-proof"));
        let report = court.checked(&packed(&without));
        let entry = String::from_utf8_lossy(&members[name]).into_owned();
        if entry.contains("\"record.read\"") || entry.contains("\"record.bundled\"") {
            // Readings are not promised to be whole; their number is proven.
            continue;
        }
        assert_eq!(report.outcome(), Outcome::Failed, "{entry}");
        tried += 1;
    }
    assert!(tried >= 5, "{tried}");
    let holds =
        members.keys().filter(is_entry).filter(|name| String::from_utf8_lossy(&members[*name]).contains("hold.covers"));
    assert_eq!(holds.count(), 2, "both holds are in its custody");
    assert_ne!(other, court.inquiry);
}

#[test]
fn readings_of_another_inquiry_are_counted_and_not_shown() {
    let court = Court::new();
    let other = inquiry(&court.archive, "Құпия", court.record);
    drop(desk::read(&court.archive, other, court.record, SYSTEM_ACTOR).unwrap());
    let shown = |readings| {
        let bytes = court.bundle(readings);
        let report = court.checked(&bytes);
        assert_eq!(doubts(&report), []);
        let of = report.findings.iter().find(|one| one.check == Check::Readings).unwrap().detail.clone();
        let clear: Vec<u8> = contents(&bytes).into_values().flatten().collect();
        let is_named = clear.windows(32).any(|window| window == other.to_string().as_bytes());
        (of, is_named)
    };
    // The hold of the other one is custody, and names its own id and not the inquiry's.
    assert_eq!(shown(Readings::Own), ("3 in all, 2 shown".into(), false));
    assert_eq!(shown(Readings::Count), ("4 in all, 0 shown".into(), false));
    // What is promised whole is whole.
    let whole = court.bundle(Readings::All);
    for (name, entry) in contents(&whole).iter().filter(|(name, _)| name.ends_with(".entry")) {
        let entry = String::from_utf8_lossy(entry);
        if entry.contains("\"record.read\"") || entry.contains("\"record.bundled\"") {
            let mut without = contents(&whole);
            without.remove(name);
            without.remove(&name.replace(".entry", ".tlog-proof"));
            assert_eq!(court.checked(&packed(&without)).outcome(), Outcome::Failed, "{entry}");
        }
    }
    let (detail, is_named) = shown(Readings::All);
    assert_eq!((detail.as_str(), is_named), ("6 in all, 6 shown", true));
    for secret in ["Құпия", "№ 7 іс, Құпия"] {
        let bytes = court.written(Under::Newest).unwrap().0;
        let clear: Vec<u8> = contents(&bytes).into_values().flatten().collect();
        assert!(!clear.windows(secret.len()).any(|window| window == secret.as_bytes()), "{secret}");
    }
}

#[test]
fn what_nobody_said_to_believe_is_not_known() {
    let court = Court::new();
    let bytes = court.bundle(Readings::Own);
    let (trust, policy) = (court.trust(), court.policy());
    let nobody = Policy::built_in();
    let outcome = |report: &BundleReport, check| {
        report.findings.iter().filter(|one| one.check == check).map(|one| one.outcome).max()
    };
    let no_log = court.checked_by(&bytes, None, &policy);
    assert_eq!((no_log.outcome(), outcome(&no_log, Check::Log)), (Outcome::Undecided, Some(Outcome::Undecided)));
    let no_anchor = court.checked_by(&bytes, Some(&trust), &nobody);
    assert_eq!(
        (no_anchor.outcome(), outcome(&no_anchor, Check::Evidence)),
        (Outcome::Undecided, Some(Outcome::Undecided))
    );
    let other_log = TrustPolicy::parse(
        format!("log {}\nquorum none\n", muragat::tlog::checkpoint::LogSigner::new("other", &[3; 32]).verifier())
            .as_bytes(),
    );
    assert_eq!(court.checked_by(&bytes, Some(&other_log.unwrap()), &policy).outcome(), Outcome::Undecided);
    // A witness that the stranger asks for and that did not sign.
    let witness = Cosigner::new("w.example", &[9; 32]).unwrap();
    let file = format!("log {}\nwitness w {}\nquorum w\n", court.archive.config().vkey, witness.verifier());
    let report = court.checked_by(&bytes, Some(&TrustPolicy::parse(file.as_bytes()).unwrap()), &policy);
    assert_eq!((report.outcome(), outcome(&report, Check::Witnesses)), (Outcome::Undecided, Some(Outcome::Undecided)));
    // Signed by it, it is enough; the line is unknown to who does not ask for it, and is named.
    let mut members = contents(&bytes);
    let note = String::from_utf8(members["proof/checkpoint"].clone()).unwrap();
    let head = muragat::tlog::checkpoint::verify(note.as_bytes(), &court.archive.config().vkey).unwrap();
    let cosigned = format!("{note}{}", witness.cosign(&head, 1_772_683_600));
    for (name, body) in &mut members {
        if name == "proof/checkpoint" || name.ends_with(".tlog-proof") {
            *body = String::from_utf8(body.clone()).unwrap().replace(&note, &cosigned).into_bytes();
        }
    }
    let cosigned = packed(&members);
    let report = court.checked_by(&cosigned, Some(&TrustPolicy::parse(file.as_bytes()).unwrap()), &policy);
    assert_eq!(doubts(&report), []);
    let report = court.checked(&cosigned);
    assert_eq!((report.outcome(), outcome(&report, Check::Lines)), (Outcome::Noted, Some(Outcome::Noted)));
    // An old bundle says nothing of what came since.
    let material = Material::new();
    let at = at(court.bench.now() + DAY_MS);
    let asked = Asked {
        trust: Some(&trust),
        own: None,
        senders: &[],
        policy: &policy,
        material: &material,
        at,
        not_before: Some(at),
    };
    let report = check(Cursor::new(&bytes), bytes.len() as u64, &asked).unwrap();
    assert_eq!(outcome(&report, Check::Time), Some(Outcome::Undecided));
}

#[test]
fn what_is_not_stamped_yet_is_said_and_not_proven() {
    let bench = Bench::new();
    let archive = bench.open();
    bench.adopt(&archive, &policy(&bench));
    let record = accepted(&bench.take(&archive, &bench.draft("1")));
    let inquiry = inquiry(&archive, "Үлгі", record);
    let court = Court { bench, archive, record, inquiry };
    make::commit(&court.archive, inquiry, &BTreeSet::new(), Readings::Own, SYSTEM_ACTOR).unwrap();
    let (bytes, written) = court.written(Under::Newest).unwrap();
    let missing: Vec<&str> = written.missing.iter().map(|one| one.what).collect();
    assert_eq!(missing, ["evidence", "stamped"]);
    let report = court.checked(&bytes);
    assert_eq!(report.outcome(), Outcome::Undecided);
    let mut lacks: Vec<Check> = doubts(&report).into_iter().map(|(check, _)| check).collect();
    lacks.dedup();
    assert_eq!(lacks, [Check::Evidence, Check::Stamped]);
}

#[test]
fn only_what_is_under_an_open_inquiry_is_bundled() {
    let court = Court::new();
    let other = accepted(&court.bench.take(&court.archive, &court.bench.draft("2")));
    let commit = |records: &[RecordId]| {
        let records = records.iter().copied().collect();
        make::commit(&court.archive, court.inquiry, &records, Readings::Own, SYSTEM_ACTOR).map_err(|e| e.code)
    };
    let size = court.archive.head().size;
    assert_eq!(commit(&[other]), Err(ErrorCode::InqNotUnder));
    assert_eq!(commit(&[RecordId([7; 16])]), Err(ErrorCode::ArcNoRecord));
    assert_eq!(court.archive.head().size, size, "nothing was read");
    assert_eq!(court.written(Under::Newest).unwrap_err().code, ErrorCode::InqNoBundle);
    let closing =
        Closing { outcome: "Қайтарылды".into(), without_answer: Some("Кері алынды".into()) };
    desk::close(&court.archive, court.inquiry, &closing, SYSTEM_ACTOR).unwrap();
    assert_eq!(commit(&[court.record]), Err(ErrorCode::InqClosed));
}

#[test]
fn a_journal_that_lost_entries_says_so_in_every_bundle() {
    let Court { bench, archive, record, .. } = Court::new();
    archive.close().unwrap();
    let backup = bench.folder.path().join("backup");
    copy_tree(&bench.root(), &backup);
    let archive = bench.open();
    inquiry(&archive, "Жоғалған", record);
    let last = archive.settle().unwrap();
    archive.close().unwrap();
    std::fs::remove_dir_all(bench.root()).unwrap();
    copy_tree(&backup, &bench.root());
    let mut archive = bench.open();
    let (last, name) = (Some(last.into_bytes()), None);
    let (reason, account) = ("Дискі істен шықты".into(), "test".into());
    let log = archive.succeed(&Succeeding { last, name, reason, account }).unwrap();
    assert!(log.missing() > 0);
    assert!(archive.remembers().unwrap());
    let inquiry = inquiry(&archive, "Үлгі", record);
    let court = Court { bench, archive, record, inquiry };
    let bytes = court.bundle(Readings::Own);
    let report = court.checked(&bytes);
    assert_eq!(doubts(&report), [(Check::Lost, Outcome::Undecided)], "{report:#?}");
    let mut without = contents(&bytes);
    for what in ["entry", "tlog-proof"] {
        without.remove(&format!("proof/{}.{what}", log.entry)).unwrap();
    }
    // The report of the bundle names it too, so it cannot be dropped in silence.
    let said = String::from_utf8(contents(&bytes)["report.json"].clone()).unwrap();
    assert!(said.contains("\"lost\""), "{said}");
    assert_eq!(court.checked(&packed(&without)).outcome(), Outcome::Failed);
}
