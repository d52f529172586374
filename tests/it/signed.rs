//! Signed submissions for tests: a root, two signers, and an archive that trusts them.
//!
//! Goal: a test says in one line what is wrong with its signatures. Method: the demonstration keys, with fixed random
//! bytes and a clock that is moved.

use super::common::docx;
use muragat::archive::{Archive, InitOptions};
use muragat::cli::samples::signer::{Addresses, Holder, Revocation, Root, Signer, Validity};
use muragat::cli::samples::trust::{Person, Trust};
use muragat::clock::FixedClock;
use muragat::config::MeansKept;
use muragat::ingest::adopt::{Adopted, adopt};
use muragat::ingest::signatures::add_shared;
use muragat::ingest::{Answered, Intake};
use muragat::model::digest::sha256;
use muragat::tlog::commit::SYSTEM_ACTOR;
use muragat::verify::material::Material;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub(crate) const AGENCY: &str = "TEST-01";
pub(crate) const DAY_MS: u64 = 24 * 60 * 60 * 1000;
const ENTITY: &[u32] = &[1, 2, 398, 3, 3, 4, 1, 2];
const MAY_SIGN: &[u32] = &[1, 2, 398, 3, 3, 4, 1, 2, 2];
const BIN: &str = "000000000100";
/// A body that sends documents here and is no agency of the archive.
const SENDER_BIN: &str = "000000000200";
/// A body that has no part in anything.
const THIRD_BIN: &str = "000000000300";

pub(crate) fn holder(common_name: &'static str, iin: &'static str) -> Holder<'static> {
    holder_of(BIN, common_name, iin)
}

pub(crate) fn holder_of(bin: &'static str, common_name: &'static str, iin: &'static str) -> Holder<'static> {
    Holder { common_name, iin: Some(iin), bin: Some(bin), roles: &[ENTITY, MAY_SIGN] }
}

/// Keys, and the moment they work at.
pub(crate) struct Office {
    pub(crate) root: Root,
    pub(crate) other_root: Root,
    pub(crate) official: Signer,
    pub(crate) clerk: Signer,
    /// In no register.
    pub(crate) stranger: Signer,
    /// An official whose certificate ends an hour after it begins.
    pub(crate) brief: Signer,
    /// Issued by the other root.
    pub(crate) foreign: Signer,
    /// Official and records officer of the body that sends, and a records officer of a third body: see
    /// [`register_with_senders`].
    pub(crate) sender: [Signer; 2],
    pub(crate) third_clerk: Signer,
    /// Two members of the commission, two approvers, and an administrator who is an approver too: see
    /// [`register_with_disposal`].
    pub(crate) commission: [Signer; 2],
    pub(crate) approvers: [Signer; 2],
    pub(crate) administrator: Signer,
}

/// A time in milliseconds as the calendar has it.
pub(crate) fn at(ms: u64) -> chrono::DateTime<chrono::Utc> {
    muragat::clock::utc(ms)
}

impl Office {
    pub(crate) fn new(now: u64) -> Self {
        let mut count = 0u8;
        let mut random = move |buffer: &mut [u8]| {
            count += 1;
            buffer.fill(count);
        };
        let long = Validity { from: at(now - 400 * DAY_MS), until: at(now + 2000 * DAY_MS) };
        let short = Validity { from: at(now - 2 * DAY_MS), until: at(now - 2 * DAY_MS + 3_600_000) };
        let root = Root::new("ҮЛГІ ТҮБІР", long, &mut random).unwrap();
        let other_root = Root::new("БАСҚА ТҮБІР", long, &mut random).unwrap();
        let official = root.issue(&holder("ҮЛГІ БАСШЫ", "000000000001"), long, &mut random).unwrap();
        let clerk = root.issue(&holder("ҮЛГІ КЕҢСЕ", "000000000002"), long, &mut random).unwrap();
        let stranger = root.issue(&holder("ҮЛГІ БӨТЕН", "000000000003"), long, &mut random).unwrap();
        let brief = root.issue(&holder("ҮЛГІ БАСШЫ", "000000000001"), short, &mut random).unwrap();
        let foreign = other_root.issue(&holder("ҮЛГІ БАСШЫ", "000000000001"), long, &mut random).unwrap();
        let sender = [("ҮЛГІ ЖІБЕРУШІ", "000000000004"), ("ҮЛГІ ЖІБЕРУШІ КЕҢСЕ", "000000000005")]
            .map(|(name, iin)| root.issue(&holder_of(SENDER_BIN, name, iin), long, &mut random).unwrap());
        let third = holder_of(THIRD_BIN, "ҮЛГІ ҮШІНШІ КЕҢСЕ", "000000000006");
        let third_clerk = root.issue(&third, long, &mut random).unwrap();
        let mut more = |name, iin| root.issue(&holder(name, iin), long, &mut random).unwrap();
        let commission = [("ҮЛГІ МҮШЕ", "000000000011"), ("ҮЛГІ МҮШЕ 2", "000000000012")].map(|(n, iin)| more(n, iin));
        let approvers = [("ҮЛГІ БЕКІТУШІ", "000000000013"), ("ҮЛГІ БЕКІТУШІ 2", "000000000014")];
        let approvers = approvers.map(|(n, iin)| more(n, iin));
        let administrator = more("ҮЛГІ ӘКІМШІ", "000000000015");
        Self {
            root,
            other_root,
            official,
            clerk,
            stranger,
            brief,
            foreign,
            sender,
            third_clerk,
            commission,
            approvers,
            administrator,
        }
    }

    pub(crate) fn trust(&self, now: u64) -> Trust {
        let persons = [
            Person { holder: holder("", "000000000001"), office: "official", post: "Бөлім басшысы" },
            Person { holder: holder("", "000000000002"), office: "records_office", post: "Кеңсе маманы" },
        ];
        Trust::new(&self.root, AGENCY, &persons, fresh(now), &[])
    }

    /// The official and the clerk get other certificates, which say where more is to be had.
    pub(crate) fn publish_at(&mut self, now: u64, addresses: Addresses) {
        let mut count = 100u8;
        let mut random = move |buffer: &mut [u8]| {
            count += 1;
            buffer.fill(count);
        };
        let validity = Validity { from: at(now - 400 * DAY_MS), until: at(now + 2000 * DAY_MS) };
        self.root.publish_at(addresses);
        self.official = self.root.issue(&holder("ҮЛГІ БАСШЫ", "000000000001"), validity, &mut random).unwrap();
        self.clerk = self.root.issue(&holder("ҮЛГІ КЕҢСЕ", "000000000002"), validity, &mut random).unwrap();
    }

    pub(crate) fn crl(&self, now: u64, revoked: &[Revocation<'_>]) -> Vec<u8> {
        self.root.crl(2, fresh(now), revoked)
    }
}

pub(crate) fn fresh(now: u64) -> Validity {
    Validity { from: at(now), until: at(now + 30 * DAY_MS) }
}

/// A register like that of [`Office::trust`] with one person more.
pub(crate) fn register_with_stranger(authority: &str) -> String {
    let more = format!(
        "\n[[person]]\niin = \"000000000003\"\nbin = \"{BIN}\"\nkind = \"official\"\npost = \"Орынбасар\"\n\
         from = \"2020-01-01\"\nbasis = \"Үлгі бұйрық № 2\"\n"
    );
    authority.replacen("version = \"1\"", "version = \"2\"", 1) + &more
}

/// A register with the persons that take part in a destruction.
pub(crate) fn register_with_disposal(authority: &str) -> String {
    let mut text = authority.replacen("version = \"1\"", "version = \"2\"", 1);
    let rows = [
        ("000000000011", "commission"),
        ("000000000012", "commission"),
        ("000000000013", "approver"),
        ("000000000014", "approver"),
        ("000000000015", "approver"),
        ("000000000015", "administrator"),
    ];
    for (iin, kind) in rows {
        text += &format!(
            "\n[[person]]\niin = \"{iin}\"\nbin = \"{BIN}\"\nkind = \"{kind}\"\npost = \"Үлгі қызмет\"\n\
             from = \"2020-01-01\"\nbasis = \"Үлгі бұйрық № 4\"\n"
        );
    }
    text
}

/// A register of two bodies more, none of them an agency of the archive: one that sends, and a third one.
pub(crate) fn register_with_senders(authority: &str) -> String {
    let mut text = authority.replacen("version = \"1\"", "version = \"2\"", 1);
    for (bin, agency) in [(SENDER_BIN, ""), (THIRD_BIN, "agency = \"THIRD-01\"\n")] {
        text += &format!("\n[[body]]\nbin = \"{bin}\"\n{agency}name = \"Үлгі мекемесі {bin}\"\n");
    }
    let rows = [
        ("000000000004", SENDER_BIN, "official"),
        ("000000000005", SENDER_BIN, "records_office"),
        ("000000000006", THIRD_BIN, "records_office"),
    ];
    for (iin, bin, kind) in rows {
        text += &format!(
            "\n[[person]]\niin = \"{iin}\"\nbin = \"{bin}\"\nkind = \"{kind}\"\npost = \"Үлгі\"\n\
             from = \"2020-01-01\"\nbasis = \"Үлгі бұйрық № 3\"\n"
        );
    }
    text
}

/// A submission that is not written yet: two signatures, and everything in it right.
pub(crate) struct Draft {
    pub(crate) number: String,
    pub(crate) main: Vec<u8>,
    pub(crate) direction: &'static str,
    pub(crate) access: &'static str,
    /// Over the main file, with the name of its file.
    pub(crate) signature: Option<Vec<u8>>,
    /// What the card says of itself.
    pub(crate) card: Value,
    /// Over the card: made when the draft is written, unless it is set.
    pub(crate) card_signature: Option<Option<Vec<u8>>>,
    pub(crate) more: Vec<(String, &'static str, Vec<u8>)>,
}

impl Draft {
    pub(crate) fn new(office: &Office, number: &str, now: u64) -> Self {
        let main = docx(&format!("Бұл {number} құжаты ойдан шығарылған."));
        let signature = office.official.sign_detached(&main, at(now - 120_000));
        let date = at(now).format("%Y-%m-%d").to_string();
        let card = json!({
            "schema": "muragat/card/1", "document_type": "Хат", "document_date": date, "registration_number": number,
            "nomenclature_index": "01-05", "software": {"name": "Үлгі ЭҚАЖ", "version": "1.0"},
            "signatures": ["main.docx.p7s"],
            "documents": [{"path": "main.docx", "sha256": sha256(&main).to_string()}], "nature": "Сынақ",
            "title": format!("Сынақ хаты {number}"), "sheets": {"document": 1, "attachments": 0},
            "addressee_body": "Үлгі мекемесі", "executor_surname": "Үлгібаев", "executor_phone": "+7 000 000 00 00",
            "control_mark": null, "filing_mark": null, "link": null, "paper_mark": "none",
        });
        Self {
            number: number.to_owned(),
            main,
            direction: "outgoing",
            access: "public",
            signature: Some(signature),
            card,
            card_signature: None,
            more: Vec::new(),
        }
    }

    pub(crate) fn write(&self, office: &Office, into: &std::path::Path, now: u64) -> PathBuf {
        let folder = into.join(self.number.replace('/', "-"));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        let card = self.card.to_string().into_bytes();
        let of_card = self.card_signature.clone().unwrap_or_else(|| Some(office.clerk.sign_detached(&card, at(now))));
        let mut files: Vec<(String, &str, Option<&str>, Vec<u8>)> =
            vec![("card.json".into(), "card", None, card), ("main.docx".into(), "main", None, self.main.clone())];
        if let Some(signature) = &self.signature {
            files.push(("main.docx.p7s".into(), "signature", Some("main.docx"), signature.clone()));
        }
        if let Some(signature) = of_card {
            files.push(("card.json.p7s".into(), "signature", Some("card.json"), signature));
        }
        // A time-stamp is over the file whose name it has.
        files.extend(self.more.iter().map(|(name, role, bytes)| {
            let covers = name.strip_suffix(".tst").filter(|_| *role == "timestamp");
            (name.clone(), *role, covers, bytes.clone())
        }));
        let component = |(path, role, covers, _): &(String, &str, Option<&str>, Vec<u8>)| {
            let mut entry = json!({"path": path, "role": role});
            if let Some(covers) = covers {
                entry["covers"] = json!([covers]);
            }
            entry
        };
        let description = json!({
            "schema": "muragat/submission/1", "agency": AGENCY, "direction": self.direction,
            "nomenclature_index": "01-05", "access_category": self.access,
            "components": files.iter().map(component).collect::<Vec<_>>(),
        });
        std::fs::write(folder.join("submission.json"), description.to_string()).unwrap();
        for (path, _, _, bytes) in &files {
            std::fs::write(folder.join(path), bytes).unwrap();
        }
        folder
    }
}

/// An archive on a real folder, with a clock that is moved.
pub(crate) struct Bench {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) office: Office,
}

impl Bench {
    /// An archive that has adopted nothing.
    pub(crate) fn bare() -> Self {
        Self::bare_at(super::bed::NOW)
    }

    /// The same, made at this time.
    pub(crate) fn bare_at(now: u64) -> Self {
        let clock = Arc::new(FixedClock(AtomicU64::new(now)));
        let bench = Self { folder: tempfile::tempdir().unwrap(), clock, office: Office::new(now) };
        let options = InitOptions { means: MeansKept::None, ..InitOptions::default() };
        Archive::create(&bench.root(), &options, bench.clock.clone()).unwrap().close().unwrap();
        bench
    }

    /// An archive that trusts the office, with its register and a fresh CRL.
    pub(crate) fn new() -> Self {
        let (bench, archive, trust) = Self::without_crl();
        bench.share(&archive, &trust.crl);
        archive.close().unwrap();
        bench
    }

    /// An archive that trusts the office, with its register and without a CRL: everything waits. It is open.
    pub(crate) fn without_crl() -> (Self, Archive, Trust) {
        Self::bare().trusting()
    }

    /// It adopts the policy and the register of its office.
    pub(crate) fn trusting(self) -> (Self, Archive, Trust) {
        let trust = self.office.trust(self.now());
        let archive = self.open();
        self.adopt(&archive, &trust.policy);
        self.adopt(&archive, &trust.authority);
        (self, archive, trust)
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.folder.path().join("archive")
    }

    pub(crate) fn now(&self) -> u64 {
        self.clock.0.load(Ordering::SeqCst)
    }

    pub(crate) fn later(&self, ms: u64) {
        self.clock.0.fetch_add(ms, Ordering::SeqCst);
    }

    pub(crate) fn open(&self) -> Archive {
        Archive::open(&self.root(), self.clock.clone(), &mut |_, _| {}).unwrap()
    }

    pub(crate) fn adopt(&self, archive: &Archive, toml: &str) {
        let path = self.folder.path().join("adopted.toml");
        std::fs::write(&path, toml).unwrap();
        let adopted = adopt(archive, &path, SYSTEM_ACTOR).unwrap();
        assert!(matches!(adopted, Adopted::Done { .. }), "{adopted:?}");
    }

    pub(crate) fn share(&self, archive: &Archive, file: &[u8]) {
        let mut material = Material::default();
        material.add_file(file).unwrap();
        add_shared(archive, &material, SYSTEM_ACTOR).unwrap();
    }

    pub(crate) fn draft(&self, number: &str) -> Draft {
        Draft::new(&self.office, number, self.now())
    }

    pub(crate) fn take(&self, archive: &Archive, draft: &Draft) -> Answered {
        let folder = draft.write(&self.office, self.folder.path(), self.now());
        let answered = Intake::new(archive, SYSTEM_ACTOR).take(&folder);
        archive.wait_index().unwrap();
        answered
    }
}

/// Codes of reasons with their subjects.
pub(crate) fn codes(reasons: &[muragat::error::Refusal]) -> BTreeMap<String, Vec<String>> {
    let mut codes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for reason in reasons {
        codes.entry(reason.code.to_string()).or_default().push(reason.subject.clone());
    }
    codes
}
