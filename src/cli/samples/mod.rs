//! Sample records for `muragat demo`: plainly made-up Kazakh office documents, as a Producer would submit them.
//!
//! Each sample is one submission folder: `submission.json`, the card, a DOCX, sometimes a PDF attachment and a receipt,
//! the certificate of a demonstration root, and detached signatures. An official signs the text and the attachment,
//! then the records office signs the card (N 430 cl. 41). One more is a ZIP file, for who tries the service.
//!
//! Invariants
//!   - The same `now` and the same random bytes give the same files, byte for byte.
//!   - Private keys of who signed the samples never leave memory; those of the staff are given to who asked for a
//!     demonstration.
//!   - Nothing that exists is written over.
//!
//! It opens no archive: `demo` hands the folders to ingest like any other submission.

mod der;
pub mod docx;
mod drafts;
mod pdf;
pub mod signer;
pub mod staff;
pub mod stamper;
pub mod trust;

use crate::model::card::CARD_SCHEMA;
use crate::model::digest::sha256;
use crate::model::submission::{SUBMISSION_FILE, SUBMISSION_SCHEMA};
use crate::text::Text;
use chrono::{DateTime, Datelike, TimeDelta, Utc};
use chrono_tz::Asia::Almaty;
use drafts::{DRAFTS, Draft, NEXT};
use serde_json::{Value, json};
use signer::{Holder, Root, Signer, Validity};
use staff::Member;
use stamper::Stamper;
use std::fs;
use std::io::{self, Cursor, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use trust::{Person, Trust};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// One submission folder that was written.
#[derive(Debug, Clone)]
pub struct Sample {
    /// The folder.
    pub path: PathBuf,
    /// Whether ingest must refuse it: one sample is broken on purpose.
    pub expect_refused: bool,
    /// What it shows.
    pub about: Text,
}

/// The samples, and what an archive must trust to take them in.
#[derive(Debug, Clone)]
pub struct Samples {
    /// The submissions.
    pub submissions: Vec<Sample>,
    /// Policy, register of signers and CRL.
    pub trust: Trust,
    /// An authority for time-stamps under the same root, which the policy trusts for them.
    pub stamper: Arc<Stamper>,
    /// Who can sign in.
    pub staff: Vec<Member>,
    /// One more submission, a ZIP file, which nobody handed in yet.
    pub next: Vec<u8>,
}

/// Code of the agency that the samples belong to.
pub const AGENCY: &str = "DEMO-01";

/// Role identifiers of Kazakhstan's certificates: a legal entity, the right to sign for it, its employee.
const LEGAL_ENTITY: &[u32] = &[1, 2, 398, 3, 3, 4, 1, 2];
const RIGHT_TO_SIGN: &[u32] = &[1, 2, 398, 3, 3, 4, 1, 2, 2];
const EMPLOYEE: &[u32] = &[1, 2, 398, 3, 3, 4, 1, 2, 5];
/// The numbers are made up: they fail the check digit of a real IIN and BIN.
const BIN: &str = "000000000100";
const OFFICIAL: Holder<'static> = Holder {
    common_name: "ҮЛГІ ҚОЛТАҢБА ИЕСІ 1",
    iin: Some("000000000001"),
    bin: Some(BIN),
    roles: &[LEGAL_ENTITY, RIGHT_TO_SIGN],
};
const RECORDS_OFFICE: Holder<'static> = Holder {
    common_name: "ҮЛГІ ҚОЛТАҢБА ИЕСІ 2 (ТІРКЕУ БӨЛІМІ)",
    iin: Some("000000000002"),
    bin: Some(BIN),
    roles: &[LEGAL_ENTITY, EMPLOYEE],
};

const CARD: &str = "card.json";
const MAIN: &str = "main.docx";
const ATTACHMENT: &str = "қосымша.pdf";
const RECEIPT: &str = "түбіртек.txt";
const ROOT_CERTIFICATE: &str = "root.pem";
/// What a detached signature's file adds to the name of what it signs.
const SIGNATURE_SUFFIX: &str = ".p7s";

/// How long before `now` the certificates become valid, so that a clock a little behind still finds them so.
const VALID_BEFORE: TimeDelta = TimeDelta::days(1);
/// How long after `now` they stay valid.
const VALID_AFTER: TimeDelta = TimeDelta::days(5 * 365);
/// How long after `now` the CRL is fresh.
const CRL_VALID_AFTER: TimeDelta = TimeDelta::days(30);
/// How long before `now` the official signs; the records office signs at `now` (N 430 cl. 41: the text first).
const OFFICIAL_SIGNS_BEFORE: TimeDelta = TimeDelta::minutes(2);
/// Years in which samples can be made: certificates write a year in four digits.
const YEARS: std::ops::Range<i32> = 1970..9990;

/// Writes the sample submissions into folders under `into`, which is made when missing.
///
/// The documents are dated and signed at `now`; `random` fills a buffer with random bytes, of which the keys are made.
///
/// # Errors
/// Those of the file system, [`io::ErrorKind::AlreadyExists`] for a sample folder that is there already among them;
/// [`io::ErrorKind::InvalidInput`] for a `now` that no certificate can name.
pub fn write_samples(into: &Path, now: DateTime<Utc>, random: &mut dyn FnMut(&mut [u8])) -> io::Result<Samples> {
    if !YEARS.contains(&now.year()) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, format!("no sample records for the time {now}")));
    }
    let office = Office::new(now, random)?;
    fs::create_dir_all(into)?;
    let submissions = DRAFTS.iter().map(|draft| office.write(draft, into)).collect::<io::Result<_>>()?;
    let stamper = Stamper::new(&office.root, "ҮЛГІ УАҚЫТ БЕЛГІСІ ОРТАЛЫҒЫ", validity(now), random)?;
    let staff = staff::issue(&office.root, validity(now), random)?;
    let next = office.pack(&NEXT)?;
    Ok(Samples { submissions, trust: office.trust(), stamper: Arc::new(stamper), staff, next })
}

/// The demonstration office: its people's keys, and the moment it works at.
struct Office {
    root: Root,
    official: Signer,
    records_office: Signer,
    now: DateTime<Utc>,
}

/// One component: path, role, covered path, bytes.
struct Component {
    path: String,
    role: &'static str,
    covers: Option<String>,
    bytes: Vec<u8>,
}

fn validity(now: DateTime<Utc>) -> Validity {
    Validity { from: now - VALID_BEFORE, until: now + VALID_AFTER }
}

impl Office {
    fn new(now: DateTime<Utc>, random: signer::Random<'_>) -> io::Result<Office> {
        let validity = validity(now);
        let root = Root::new("ҮЛГІ ТҮБІР КУӘЛІК (СЫНАҚ)", validity, random)?;
        let official = root.issue(&OFFICIAL, validity, random)?;
        let records_office = root.issue(&RECORDS_OFFICE, validity, random)?;
        Ok(Office { root, official, records_office, now })
    }

    fn trust(&self) -> Trust {
        let persons = [
            Person { holder: OFFICIAL, office: "official", post: "Аппарат басшысы" },
            Person { holder: RECORDS_OFFICE, office: "records_office", post: "Кеңсе маманы" },
        ];
        let crl = Validity { from: self.now - OFFICIAL_SIGNS_BEFORE, until: self.now + CRL_VALID_AFTER };
        let trust = Trust::new(&self.root, AGENCY, &persons, crl, &[]);
        let pem = self.root.certificate_pem();
        let anchor = format!("\n[[timestamp_anchor]]\ngeneration = \"demo\"\npem = \"\"\"\n{pem}\"\"\"\n");
        Trust { policy: trust.policy + &anchor, authority: trust.authority + &staff::rows(), ..trust }
    }

    fn write(&self, draft: &Draft, into: &Path) -> io::Result<Sample> {
        let folder = into.join(draft.folder);
        fs::create_dir(&folder)?;
        for (name, bytes) in self.files(draft)? {
            fs::write(folder.join(name), bytes)?;
        }
        Ok(Sample { path: folder, expect_refused: draft.number.is_none(), about: draft.about })
    }

    fn pack(&self, draft: &Draft) -> io::Result<Vec<u8>> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in self.files(draft)? {
            zip.start_file(name, SimpleFileOptions::default())?;
            zip.write_all(&bytes)?;
        }
        Ok(zip.finish()?.into_inner())
    }

    /// The files of a submission: name, bytes.
    fn files(&self, draft: &Draft) -> io::Result<Vec<(String, Vec<u8>)>> {
        let components = self.components(draft)?;
        let description = (SUBMISSION_FILE.to_owned(), pretty(&self.submission(draft, &components))?);
        Ok(components.into_iter().map(|component| (component.path, component.bytes)).chain([description]).collect())
    }

    fn components(&self, draft: &Draft) -> io::Result<Vec<Component>> {
        let fill = |text: &str| self.fill(draft, text);
        let fill_all = |lines: &[&str]| -> Vec<String> { lines.iter().map(|line| fill(line)).collect() };

        let mut content = vec![Component::new(MAIN, "main", docx::write(draft.main, &fill)?)];
        if let Some(lines) = draft.attachment {
            content.push(Component::new(ATTACHMENT, "attachment", pdf::write(&fill_all(lines))));
        }
        let official: Vec<Component> = content.iter().map(|c| c.signed(&self.official, self.document_time())).collect();

        let card = Component::new(CARD, "card", pretty(&self.card(draft, &content, &official))?);
        let mut office = vec![card.signed(&self.records_office, self.now)];
        if let Some(lines) = draft.receipt {
            let receipt = Component::new(RECEIPT, "receipt", (fill_all(lines).join("\n") + "\n").into_bytes());
            office.push(receipt.signed(&self.records_office, self.now));
            office.push(receipt);
        }

        let root = Component::new(ROOT_CERTIFICATE, "certificate", self.root.certificate_pem().into_bytes());
        Ok([vec![card], content, official, office, vec![root]].into_iter().flatten().collect())
    }

    /// The card with its 18 fields (N 430 cl. 8), and what it is the card of; `signatures` are those under the document
    /// itself.
    fn card(&self, draft: &Draft, content: &[Component], signatures: &[Component]) -> Value {
        let document = |c: &Component| json!({ "path": c.path, "sha256": sha256(&c.bytes).to_string() });
        let signatures: Vec<&str> = signatures.iter().map(|signature| signature.path.as_str()).collect();
        let (executor_surname, executor_phone) = draft.executor;
        let mut card = json!({
            "schema": CARD_SCHEMA,
            "document_type": draft.document_type,
            "document_date": self.document_date(),
            "nomenclature_index": draft.nomenclature_index,
            "software": { "name": "Muragat demo", "version": env!("CARGO_PKG_VERSION") },
            "signatures": signatures,
            "documents": content.iter().map(document).collect::<Vec<_>>(),
            "nature": draft.nature,
            "title": self.fill(draft, draft.title),
            "sheets": { "document": 1, "attachments": u8::from(draft.attachment.is_some()) },
            "addressee_body": draft.addressee_body,
            "executor_surname": executor_surname,
            "executor_phone": executor_phone,
            "control_mark": draft.control_mark,
            "filing_mark": draft.filing_mark,
            "link": draft.link.map(|number| json!({ "number": number, "date": self.document_date() })),
            "paper_mark": draft.paper_mark,
        });
        if let Some(number) = draft.number {
            card["registration_number"] = number.into();
        }
        // N 430 cl. 8: post and surname «бар болса» (if any).
        if let Some((post, surname)) = draft.addressee {
            card["addressee_post"] = post.into();
            card["addressee_surname"] = surname.into();
        }
        card
    }

    fn submission(&self, draft: &Draft, components: &[Component]) -> Value {
        let components: Vec<Value> = components
            .iter()
            .map(|component| {
                let mut entry = json!({ "path": component.path, "role": component.role });
                if let Some(covered) = &component.covers {
                    entry["covers"] = json!([covered]);
                }
                entry
            })
            .collect();
        json!({
            "schema": SUBMISSION_SCHEMA,
            "profile": "n430",
            "agency": AGENCY,
            "direction": draft.direction,
            "nomenclature_index": draft.nomenclature_index,
            "file": format!("{}/{}", draft.nomenclature_index, self.local_time().year()),
            "access_category": draft.access_category,
            "components": components,
        })
    }

    /// `text` with its dates and its number put in.
    fn fill(&self, draft: &Draft, text: &str) -> String {
        let local = self.local_time();
        let month = MONTHS[usize::try_from(local.month0()).expect("a month is below 12")];
        text.replace("{date}", &format!("{} жылғы {} {month}", local.year(), local.day()))
            .replace("{time}", &self.now.with_timezone(&Almaty).format("%Y-%m-%d %H:%M").to_string())
            .replace("{year}", &local.year().to_string())
            .replace("{number}", draft.number.unwrap_or_default())
    }

    /// N 430 cl. 42: a document is made when it is signed.
    fn document_time(&self) -> DateTime<Utc> {
        self.now - OFFICIAL_SIGNS_BEFORE
    }

    fn local_time(&self) -> DateTime<chrono_tz::Tz> {
        self.document_time().with_timezone(&Almaty)
    }

    fn document_date(&self) -> String {
        self.local_time().format("%Y-%m-%d").to_string()
    }
}

impl Component {
    fn new(path: &str, role: &'static str, bytes: Vec<u8>) -> Component {
        Component { path: path.to_owned(), role, covers: None, bytes }
    }

    /// The detached signature of this component.
    fn signed(&self, by: &Signer, at: DateTime<Utc>) -> Component {
        Component {
            path: format!("{}{SIGNATURE_SUFFIX}", self.path),
            role: "signature",
            covers: Some(self.path.clone()),
            bytes: by.sign_detached(&self.bytes, at),
        }
    }
}

/// Months as they stand in a date.
const MONTHS: [&str; 12] = [
    "қаңтар",
    "ақпан",
    "наурыз",
    "сәуір",
    "мамыр",
    "маусым",
    "шілде",
    "тамыз",
    "қыркүйек",
    "қазан",
    "қараша",
    "желтоқсан",
];

fn pretty(value: &Value) -> io::Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(value)?;
    bytes.push(b'\n');
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::card::{Card, check_card_agrees};
    use crate::model::submission::Submission;
    use chrono::TimeZone;
    use std::collections::{BTreeMap, BTreeSet};
    use std::process::Command;

    /// 2026-01-05 in Almaty, where it is five hours later.
    fn now() -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 1, 4, 19, 30, 0).unwrap()
    }

    /// Bytes that look random and are the same in every run.
    fn counter() -> impl FnMut(&mut [u8]) {
        let mut count = 0u8;
        move |buffer| {
            count += 1;
            buffer.fill(count);
        }
    }

    fn files(samples: &[Sample]) -> BTreeMap<PathBuf, Vec<u8>> {
        let folders = samples.iter().map(|sample| &sample.path);
        folders
            .flat_map(|folder| fs::read_dir(folder).unwrap())
            .map(|entry| {
                let path = entry.unwrap().path();
                let short: PathBuf = path.iter().skip(path.iter().count() - 2).collect();
                (short, fs::read(path).unwrap())
            })
            .collect()
    }

    fn submission(sample: &Sample) -> Submission {
        Submission::parse(&fs::read(sample.path.join(SUBMISSION_FILE)).unwrap()).unwrap()
    }

    #[test]
    fn same_time_and_random_bytes_give_the_same_files() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let first = files(&write_samples(one.path(), now(), &mut counter()).unwrap().submissions);
        let again = files(&write_samples(two.path(), now(), &mut counter()).unwrap().submissions);
        assert_eq!(first.keys().collect::<Vec<_>>(), again.keys().collect::<Vec<_>>());
        assert!(first == again);
    }

    #[test]
    fn nothing_is_written_over() {
        let folder = tempfile::tempdir().unwrap();
        write_samples(folder.path(), now(), &mut counter()).unwrap();
        let error = write_samples(folder.path(), now(), &mut counter()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
    }

    #[test]
    fn a_year_that_no_certificate_can_name_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        for at in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
            let error = write_samples(folder.path(), at, &mut counter()).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
        }
    }

    #[test]
    fn submissions_and_cards_are_well_formed_and_list_exactly_the_files_there_are() {
        let folder = tempfile::tempdir().unwrap();
        let samples = write_samples(folder.path(), now(), &mut counter()).unwrap().submissions;
        assert_eq!(samples.len(), 6);
        for sample in &samples {
            let submission = submission(sample);
            let listed = submission.components.iter().map(|component| component.path.clone());
            let listed: BTreeSet<String> = listed.chain([SUBMISSION_FILE.to_owned()]).collect();
            let found = fs::read_dir(&sample.path).unwrap();
            let found: BTreeSet<String> = found.map(|f| f.unwrap().file_name().into_string().unwrap()).collect();
            assert_eq!(listed, found);

            match Card::parse(&fs::read(sample.path.join(CARD)).unwrap(), CARD, submission.profile.rules()) {
                Ok(card) => {
                    assert!(!sample.expect_refused);
                    assert_eq!(card.document_date.to_string(), "2026-01-05");
                    assert_eq!(check_card_agrees(&submission, &card), []);
                }
                Err(refusals) => {
                    assert!(sample.expect_refused, "{refusals:?}");
                    let subjects: Vec<_> = refusals.iter().map(|refusal| refusal.subject.as_str()).collect();
                    assert_eq!(subjects, ["card.json#/registration_number"]);
                }
            }
        }
        assert_eq!(samples.iter().filter(|sample| sample.expect_refused).count(), 1);
    }

    #[test]
    fn the_texts_have_every_kazakh_letter_and_no_place_left_to_fill() {
        let office = Office::new(now(), &mut counter()).unwrap();
        let mut all = String::new();
        for draft in &DRAFTS {
            let mut collect = |text: &str| all.push_str(&office.fill(draft, text));
            for block in draft.main {
                match block {
                    docx::Block::Heading(text) | docx::Block::Paragraph(text) => collect(text),
                    docx::Block::Table(rows) => rows.iter().flat_map(|row| row.iter()).for_each(|cell| collect(cell)),
                }
            }
            let lines = draft.attachment.into_iter().chain(draft.receipt).flatten();
            lines.chain([&draft.title]).for_each(|line| collect(line));
        }
        assert!(!all.contains(['{', '}']));
        assert!(all.contains("2026 жылғы 5 қаңтар, № 15-қ"));
        for letter in "әғқңөұүһі".chars() {
            assert!(all.contains(letter), "{letter}");
        }
    }

    /// Goal: the signatures are sound for software that is not ours. Method: OpenSSL verifies each, and refuses each
    /// over one byte more. Skipped, and says so, where there is no OpenSSL.
    #[test]
    fn openssl_verifies_every_signature_and_refuses_it_over_other_bytes() {
        if Command::new("openssl").arg("version").output().is_err() {
            println!("skipped: no openssl");
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let other = folder.path().join("other");
        let samples = write_samples(&folder.path().join("samples"), now(), &mut counter()).unwrap().submissions;
        let mut verified = 0;
        for sample in &samples {
            for component in submission(sample).components {
                let [covered] = &component.covers[..] else { continue };
                let (signature, content) = (sample.path.join(&component.path), sample.path.join(covered));
                let output = openssl_verify(&signature, &content, &sample.path.join(ROOT_CERTIFICATE));
                assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

                fs::write(&other, [&fs::read(&content).unwrap()[..], b" "].concat()).unwrap();
                let output = openssl_verify(&signature, &other, &sample.path.join(ROOT_CERTIFICATE));
                assert!(!output.status.success());
                verified += 1;
            }
        }
        // Six documents and six cards, three attachments, one receipt.
        assert_eq!(verified, 16);
    }

    fn openssl_verify(signature: &Path, content: &Path, root: &Path) -> std::process::Output {
        Command::new("openssl")
            .args(["cms", "-verify", "-binary", "-inform", "DER", "-purpose", "any", "-out", "/dev/null"])
            .args(["-attime", &now().timestamp().to_string()])
            .args([Path::new("-in"), signature, Path::new("-content"), content, Path::new("-CAfile"), root])
            .output()
            .unwrap()
    }
}
