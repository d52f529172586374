//! The golden store of signed records: adopted policies, shared material, submissions that waited, issued answers.
//!
//! It is an archive that refuses what it cannot verify, beside the one of `main.rs` that takes signatures as they are.
//! Its people are made up, their keys follow from a number and are no secret.

use super::{LATER, NOW, Result, damages, leave_truths};
use muragat::access;
use muragat::archive::{Archive, InitOptions};
use muragat::cli::samples::signer::{Holder, Root, Signer, Validity};
use muragat::cli::samples::trust::{Person, Trust};
use muragat::clock::{Clock, FixedClock, utc};
use muragat::config::{Action, Issuer, MeansKept, Policy};
use muragat::ingest::adopt::{Adopted, adopt};
use muragat::ingest::import::{self, approve};
use muragat::ingest::issue::{Issued, Subject, find, sign};
use muragat::ingest::means::{self, Given};
use muragat::ingest::signatures::add_shared;
use muragat::ingest::{Intake, Status, waiting};
use muragat::model::digest::sha256;
use muragat::model::id::{ActorId, RecordId};
use muragat::model::means::MissingReason;
use muragat::model::path::is_own;
use muragat::model::submission::SUBMISSION_FILE;
use muragat::testing::{Sequence, card};
use muragat::tlog::commit::SYSTEM_ACTOR;
use muragat::verify::material::Material;
use serde_json::{Map, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

pub(crate) const AGENCY: &str = "TEST-1";
const CALENDAR: &str = include_str!("../../schema/calendar/1/kz-sample.toml");
/// Folder of the files of a holding.
const HOLDING: &str = "holding";
const LEGAL_ENTITY: &[u32] = &[1, 2, 398, 3, 3, 4, 1, 2];
const RIGHT_TO_SIGN: &[u32] = &[1, 2, 398, 3, 3, 4, 1, 2, 2];
/// The numbers are made up: they fail the check digit of a real IIN and BIN.
pub(crate) const OFFICIAL: Holder<'static> = Holder {
    common_name: "ҮЛГІЕВ ҮЛГІ",
    iin: Some("000000000001"),
    bin: Some("000000000100"),
    roles: &[LEGAL_ENTITY, RIGHT_TO_SIGN],
};
const OFFICE: Holder<'static> =
    Holder { common_name: "ТЕСТОВ ТЕСТ", iin: Some("000000000002"), roles: &[LEGAL_ENTITY], ..OFFICIAL };
/// An official whose certificate is of another root.
const OTHER: Holder<'static> = Holder { common_name: "ҮЛГІЕВА ҮЛГІ", iin: Some("000000000003"), ..OFFICIAL };

/// The people who sign, and what an archive must know of them.
pub(crate) struct People {
    pub(crate) official: Signer,
    pub(crate) office: Signer,
    other: Signer,
    /// Those who were asked for beside them.
    pub(crate) more: Vec<Signer>,
    pub(crate) policy: String,
    pub(crate) register: String,
    /// CRLs of the two roots.
    pub(crate) crl: Vec<u8>,
    other_crl: Vec<u8>,
}

impl People {
    /// Their keys follow from `seed`. `more` are persons of the first root.
    pub(crate) fn new(seed: u64, more: &[Person<'_>]) -> Result<Self> {
        const DAY_MS: u64 = 24 * 60 * 60 * 1000;
        let mut numbers = Sequence::new(seed);
        let random = &mut |buffer: &mut [u8]| buffer.copy_from_slice(&numbers.noise(buffer.len()));
        // For ever, as far as a test goes: the store is opened by programs of years to come.
        let validity = Validity { from: utc(NOW - 30 * DAY_MS), until: utc(NOW + 100 * 365 * DAY_MS) };
        let root = Root::new("ҮЛГІ ТҮБІР КУӘЛІК 1", validity, random)?;
        let other_root = Root::new("ҮЛГІ ТҮБІР КУӘЛІК 2", validity, random)?;
        let official = root.issue(&OFFICIAL, validity, random)?;
        let office = root.issue(&OFFICE, validity, random)?;
        let other = other_root.issue(&OTHER, validity, random)?;
        let person = |holder, office, post| Person { holder, office, post };
        let signers =
            more.iter().map(|more| root.issue(&more.holder, validity, random)).collect::<std::io::Result<_>>()?;
        let mut persons = vec![
            person(OFFICIAL, "official", "Басшы"),
            person(OFFICE, "records_office", "Кеңсе маманы"),
            person(OTHER, "official", "Басшының орынбасары"),
        ];
        persons.extend_from_slice(more);
        let trust = Trust::new(&root, AGENCY, &persons, validity, &[]);
        let anchor = other_root.certificate_pem();
        let policy = format!(
            "{}\n[[signature_anchor]]\ngeneration = \"golden\"\npem = \"\"\"\n{anchor}\"\"\"\n",
            trust.policy.replacen("id = \"muragat-demo\"", "id = \"golden\"", 1)
        );
        let (register, crl, other_crl) = (trust.authority, trust.crl, other_root.crl(1, validity, &[]));
        Ok(Self { official, office, other, more: signers, policy, register, crl, other_crl })
    }
}

/// What a submission has that the others have not.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Special {
    Nothing,
    /// The document carries its signature.
    Attached,
    /// The document was changed after it was signed.
    Tampered,
    /// Signed by the official whose CRL is missing.
    OfOther,
    /// Not for everybody.
    Confidential,
}

pub(crate) struct Store<'a> {
    pub(crate) archive: &'a Archive,
    pub(crate) actor: ActorId,
    pub(crate) inbox: &'a Path,
    pub(crate) people: &'a People,
}

impl Store<'_> {
    fn take(&self, number: u32, special: Special) -> Result<Status> {
        let folder = self.submission(number, special)?;
        Ok(Intake::new(self.archive, self.actor).take(&folder).status)
    }

    pub(crate) fn accepted(&self, number: u32, special: Special) -> Result<RecordId> {
        match self.take(number, special)? {
            Status::Accepted { record, .. } => Ok(record),
            other => Err(format!("submission {number}: {other:?}").into()),
        }
    }

    fn waits(&self, number: u32, special: Special) -> Result<RecordId> {
        match self.take(number, special)? {
            Status::Waiting { id, .. } => Ok(id),
            other => Err(format!("submission {number}: {other:?}").into()),
        }
    }

    fn submission(&self, number: u32, special: Special) -> Result<PathBuf> {
        let people = self.people;
        let folder = self.inbox.join(format!("signed-{number}"));
        std::fs::create_dir_all(&folder)?;
        let now = utc(self.archive.now());
        let text = text(number);
        let signer = if special == Special::OfOther { &people.other } else { &people.official };
        let is_attached = special == Special::Attached;
        let (main, document) = match is_attached {
            true => ("main.txt.p7m", signer.sign_attached(&text, now)),
            false => ("main.txt", text.clone()),
        };
        let mut card = card(number);
        card["document_date"] = now.date_naive().to_string().into();
        card["signatures"] = json!([if is_attached { main } else { "main.txt.p7s" }]);
        card["documents"] = json!([{"path": main, "sha256": sha256(&document).to_string()}]);
        let card = card.to_string();
        let mut components = vec![
            json!({"path": "card.json", "role": "card"}),
            json!({"path": main, "role": "main"}),
            json!({"path": "card.json.p7s", "role": "signature", "covers": ["card.json"]}),
        ];
        if !is_attached {
            components.push(json!({"path": "main.txt.p7s", "role": "signature", "covers": [main]}));
            std::fs::write(folder.join("main.txt.p7s"), signer.sign_detached(&text, now))?;
        }
        let document = if special == Special::Tampered { b"Another text.".to_vec() } else { document };
        let access = if special == Special::Confidential { "confidential" } else { "public" };
        let description = json!({
            "schema": "muragat/submission/1", "agency": AGENCY, "direction": "outgoing", "nomenclature_index": "01-02",
            "access_category": access, "components": components,
        });
        std::fs::write(folder.join(main), document)?;
        std::fs::write(folder.join("card.json.p7s"), people.office.sign_detached(card.as_bytes(), now))?;
        std::fs::write(folder.join("card.json"), card)?;
        std::fs::write(folder.join("submission.json"), description.to_string())?;
        Ok(folder)
    }

    /// Adopts a file, and gives its digest.
    pub(crate) fn adopt(&self, name: &str, text: &str) -> Result<String> {
        let path = self.inbox.join(name);
        std::fs::write(&path, text)?;
        match adopt(self.archive, &path, self.actor)? {
            Adopted::Done { file, .. } => Ok(file.name().2.to_string()),
            other => Err(format!("{name}: {other:?}").into()),
        }
    }

    pub(crate) fn issue(&self, subject: Subject) -> Result<()> {
        let prepared = find(self.archive, subject, self.actor)?;
        let signature = self.people.office.sign_detached(&prepared.bytes, utc(self.archive.now()));
        match sign(self.archive, subject, &signature, None, self.actor, self.actor)? {
            Issued::Done { .. } => Ok(()),
            other => Err(format!("receipt: {other:?}").into()),
        }
    }
}

fn text(number: u32) -> Vec<u8> {
    format!("Ойдан шығарылған құжат {number}.").into_bytes()
}

/// The same of the submission with this number.
pub(crate) fn sent_of(inbox: &Path, number: u32) -> Result<BTreeMap<String, String>> {
    sent(&inbox.join(format!("signed-{number}")))
}

/// Digests of the files of a submission, by name.
fn sent(folder: &Path) -> Result<BTreeMap<String, String>> {
    let mut digests = BTreeMap::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name != SUBMISSION_FILE {
            digests.insert(name, sha256(&std::fs::read(entry.path())?).to_string());
        }
    }
    Ok(digests)
}

/// A profile that both approve who can, and a holding of one unsigned document that comes in by it.
fn import_holding(store: &Store<'_>) -> Result<RecordId> {
    const PROFILE: &str = include_str!("../../schema/import/1/examples/valid-least.toml");
    let (archive, actor, people) = (store.archive, store.actor, store.people);
    let profile = PROFILE.replacen("\"DEMO\"", &format!("\"{AGENCY}\""), 1);
    let now = utc(archive.now());
    let signatures = [&people.official, &people.office].map(|by| by.sign_detached(profile.as_bytes(), now));
    let file = (profile.as_bytes(), "profile.toml");
    let profile = match approve::adopt(archive, file, &signatures, &Material::default(), actor)? {
        approve::Adopted::Done { profile, .. } => profile,
        other => return Err(format!("profile: {other:?}").into()),
    };
    let table = store.inbox.join("table.csv");
    let head = "Тіркеу нөмірі;Құжат күні;Түскен күні;Түскен нөмірі;Тақырыбы;Файл";
    std::fs::write(&table, format!("{head}\n71-қ;05.03.2019;06.03.2019;К-71;Хат;71.txt\n"))?;
    let files = store.inbox.join(HOLDING);
    std::fs::create_dir_all(&files)?;
    std::fs::write(files.join("71.txt"), text(71))?;
    let stop = AtomicBool::new(false);
    let (is_trial, threads, material) = (false, 1, None);
    let asked = import::Run {
        table: &table,
        files: &files,
        profile: &profile,
        is_trial,
        actor,
        threads,
        material,
        stop: &stop,
    };
    let mut imported = None;
    let run = import::run(archive, &asked, &mut |row| {
        if let import::Outcome::Accepted(record) = &row.outcome {
            imported = *record;
        }
    })?;
    run.map_err(|refusals| format!("import: {refusals:?}"))?;
    imported.ok_or_else(|| "nothing was imported".into())
}

/// Writes the store into `dir`.
pub(crate) fn write(dir: &Path, inbox: &Path) -> Result<()> {
    let clock = Arc::new(FixedClock(AtomicU64::new(NOW)));
    let root = dir.join("archive");
    let policy = Policy { formats: Action::Flag, ..Policy::default() };
    let issuer = Issuer { name: Some("Үлгі мекемесі".into()), agency: Some(AGENCY.into()), bin: None };
    let origin = Some("golden.example/signed".into());
    let options = InitOptions { origin, policy, issuer, means: MeansKept::Reference, ..InitOptions::default() };
    let archive = Archive::create(&root, &options, clock.clone() as Arc<dyn Clock>)?;
    archive.tune(12_000, 5);
    let actor = archive.actor("golden")?;
    let (mut program, no_source) = (b"a program".as_slice(), MissingReason::Reference);
    let means = means::deposit(&archive, Given { program: &mut program, source: None, no_source }, SYSTEM_ACTOR)?;
    let people = People::new(3, &[])?;
    let store = Store { archive: &archive, actor, inbox, people: &people };
    let policy = store.adopt("policy.toml", &people.policy)?;
    let register = store.adopt("register.toml", &people.register)?;
    store.adopt("calendar", CALENDAR)?;
    // Without a CRL nothing can be decided.
    let accepted_late = store.waits(1, Special::Nothing)?;
    let refused_by_a_person = store.waits(2, Special::Nothing)?;
    let left = store.waits(3, Special::OfOther)?;
    waiting::refuse(&archive, refused_by_a_person, "Жөнелтуші кері қайтарды", actor)?;
    let mut material = Material::default();
    material.add_file(&people.crl)?;
    add_shared(&archive, &material, actor)?;
    let mut accepted = Vec::new();
    waiting::retry(&archive, &[accepted_late], None, actor, &mut |tried| {
        if let Status::Accepted { record, .. } = tried.answered.status {
            accepted.push((1, record));
        }
    })?;
    if accepted.is_empty() {
        return Err("the CRL has not helped".into());
    }
    let Status::Refused { entry: refused, .. } = store.take(4, Special::Tampered)? else {
        return Err("a changed document was taken".into());
    };
    for (number, special) in [(5, Special::Nothing), (6, Special::Attached), (7, Special::Confidential)] {
        accepted.push((number, store.accepted(number, special)?));
    }
    // Before the profile's term is over.
    let imported = import_holding(&store)?;
    clock.0.store(LATER, Ordering::SeqCst);
    let issued = accepted[1].1;
    store.issue(Subject::Record(issued))?;
    store.issue(Subject::Refusal(refused))?;
    archive.wait_index()?;
    let mut held = Map::new();
    for (number, record) in &accepted {
        let mut own = BTreeMap::new();
        let opened = access::open(&archive, *record, actor)?;
        for component in opened.row.components.iter().filter(|c| is_own(&c.path)) {
            own.insert(component.path.clone(), sha256(&opened.read(component)?).to_string());
        }
        let amendments = if *record == issued { vec!["receipt_issued"] } else { Vec::new() };
        let mut contents = BTreeMap::new();
        if let 6 = number {
            contents.insert("main.txt", sha256(&text(*number)).to_string());
        }
        let files = sent(&inbox.join(format!("signed-{number}")))?;
        let wanted = json!({
            "amendments": amendments, "contents": contents, "files": files, "own": own,
            "found_by": [format!("reg:{number}-қ")],
        });
        held.insert(record.to_string(), wanted);
    }
    archive.wait_index()?;
    let size = archive.head().size;
    let expected = json!({
        "classifiers": [], "entries": size, "records": accepted.len() + 2, "held": held, "policy": policy, "register": register,
        "imported": imported.to_string(), "means": means.record.to_string(), "waiting": left.to_string(), "issued": [issued.to_string(), refused.to_string()],
        "unsigned": archive.index().unsigned_answers()?,
    });
    archive.close()?;
    leave_truths(dir, expected, damages(&root, size)?)?;
    // What the submission that still waits waits for.
    std::fs::write(dir.join("late.crl"), &people.other_crl)?;
    Ok(())
}
