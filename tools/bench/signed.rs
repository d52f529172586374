//! Ingest of signed submissions with full validation: the small documents of the corpus, each with its card and the
//! signature of an official over the document, and of a state body that of the records office over the card too.
//!
//! Every signature carries its certificate; the anchor lies in the policy, the CRL in the archive's material. Keys and
//! signatures are made before the clock starts: RSA keys by the program `openssl`, GOST keys by the signer for tests
//! (feature `testing`).

use crate::corpus::Corpus;
use crate::signatures::openssl;
use crate::steps::Places;
use crate::{Fallible, measure, steps};
use chrono::{DateTime, TimeDelta, Utc};
use muragat::archive::{Archive, InitOptions};
use muragat::cli::samples::signer::{AnyKey, Holder, Key, Root, Signer, Validity};
use muragat::cli::samples::trust::{Person, Trust};
use muragat::clock::{Clock, SystemClock, utc};
use muragat::config::{Action, Policy};
use muragat::ingest::adopt::{Adopted, adopt};
use muragat::ingest::signatures::add_shared;
use muragat::model::card::CARD_SCHEMA;
use muragat::model::digest::sha256;
use muragat::model::submission::{SUBMISSION_FILE, SUBMISSION_SCHEMA};
use muragat::random;
use muragat::verify::der::{tag, write};
use muragat::verify::material::Material;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

const AGENCY: &str = "BENCH-01";
const POLICY: &str = "policy.toml";
const REGISTER: &str = "authority.toml";
const CRL: &str = "root.crl";
/// Other certificates that the CRL revokes: about what a CRL of an agency's CA has.
const REVOKED: usize = 200;

/// Who signs with what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signed {
    /// An organisation, once, with RSA-2048 and SHA-256.
    RsaOnce,
    /// A state body, document and card, with RSA-2048 and SHA-256.
    RsaTwice,
    /// A state body, document and card, with GOST 34.10-2015 of 512 bits.
    GostTwice,
}

impl Signed {
    fn folder(self, places: &Places) -> PathBuf {
        places.0.join(match self {
            Signed::RsaOnce => "signed-rsa-once",
            Signed::RsaTwice => "signed-rsa",
            Signed::GostTwice => "signed-gost",
        })
    }

    fn key(self, folder: &Path, number: u8) -> Fallible<AnyKey> {
        match self {
            Signed::RsaOnce | Signed::RsaTwice => Ok(Box::new(Rsa::draw(folder)?)),
            Signed::GostTwice => gost_key(number),
        }
    }
}

struct Rsa {
    key: RsaKeyPair,
    spki: Vec<u8>,
}

impl Rsa {
    fn draw(folder: &Path) -> Fallible<Self> {
        let file = folder.join("key.pem");
        let generate = ["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out"];
        openssl(Command::new("openssl").args(generate).arg(&file))?;
        let spki = openssl(Command::new("openssl").args(["pkey", "-pubout", "-outform", "DER", "-in"]).arg(&file))?;
        let pkcs8 = ["pkcs8", "-topk8", "-nocrypt", "-outform", "DER", "-in"];
        let pkcs8 = openssl(Command::new("openssl").args(pkcs8).arg(&file))?;
        let key = RsaKeyPair::from_pkcs8(&pkcs8).map_err(|e| format!("the key of openssl: {e}"))?;
        fs::remove_file(file)?;
        Ok(Self { key, spki })
    }
}

impl Key for Rsa {
    fn spki(&self) -> Vec<u8> {
        self.spki.clone()
    }

    fn algorithm(&self) -> Vec<u8> {
        // sha256WithRSAEncryption, 1.2.840.113549.1.1.11.
        let identifier = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11];
        write(tag::SEQUENCE, &[&write(tag::OID, &[&identifier]), &write(tag::NULL, &[])])
    }

    fn digest_algorithm(&self) -> Vec<u8> {
        // SHA-256, 2.16.840.1.101.3.4.2.1.
        write(tag::SEQUENCE, &[&write(tag::OID, &[&[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1]])])
    }

    fn digest(&self, content: &[u8]) -> Vec<u8> {
        sha256(content).0.to_vec()
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let mut signature = vec![0; self.key.public().modulus_len()];
        let signed = self.key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature);
        signed.expect("the buffer has the length of the modulus");
        signature
    }
}

#[cfg(feature = "testing")]
fn gost_key(number: u8) -> Fallible<AnyKey> {
    use muragat::verify::alg::gost::Family;
    use muragat::verify::alg::gost::test_signer::{TestSigner, oid};
    use muragat::verify::alg::{DigestAlgorithm, SignatureAlgorithm};

    /// Octets of a number of the curve.
    const OCTETS: usize = 64;

    struct Gost(TestSigner, DigestAlgorithm);

    impl Key for Gost {
        fn spki(&self) -> Vec<u8> {
            self.0.spki()
        }

        fn algorithm(&self) -> Vec<u8> {
            self.0.signature_algorithm()
        }

        fn digest_algorithm(&self) -> Vec<u8> {
            write(tag::SEQUENCE, &[&oid(self.1.oid().as_str())])
        }

        fn digest(&self, content: &[u8]) -> Vec<u8> {
            self.1.digest(content)
        }

        fn sign(&self, message: &[u8]) -> Vec<u8> {
            // The one-time number follows from the message; its first octet keeps it below the order of the curve.
            let mut nonce = DigestAlgorithm::Sha512.digest(message);
            nonce[0] = 0x35;
            debug_assert_eq!(nonce.len(), OCTETS);
            self.0.sign(&self.digest(message), &nonce)
        }
    }

    let mut private = [number; OCTETS];
    private[0] = 0x35;
    let signer = TestSigner::new(Family::Kz2015Of512, "1.2.398.3.10.1.1.2.2.1", &private);
    let identifier = signer.signature_algorithm();
    let digest = SignatureAlgorithm::of_identifier(&identifier, None)?.digest().ok_or("no digest")?;
    Ok(Box::new(Gost(signer, digest)))
}

#[cfg(not(feature = "testing"))]
fn gost_key(_number: u8) -> Fallible<AnyKey> {
    Err("built without the feature testing, which has the signer of GOST signatures".into())
}

/// Makes the signed submissions of the first `count` documents of the corpus, if they are not there.
pub(crate) fn make(places: &Places, corpus: &Corpus, signed: Signed, count: usize) -> Fallible<()> {
    let folder = signed.folder(places);
    let mark = folder.join("count");
    let now = utc(SystemClock.now());
    // A CRL grows old: what was made on another day is made again.
    let wanted = format!("{count} small of {} on {}", corpus.digest, now.date_naive());
    if fs::read_to_string(&mark).is_ok_and(|found| found == wanted) {
        return Ok(());
    }
    steps::remove(&folder)?;
    fs::create_dir_all(&folder)?;
    let validity = Validity { from: now - TimeDelta::days(30), until: now + TimeDelta::days(300) };
    let draw = &mut |bytes: &mut [u8]| random::fill(bytes);
    let root = Root::of_key(signed.key(&folder, 1)?, "ҮЛГІ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ", validity, draw);
    let official = Holder {
        common_name: "ҮЛГІЕВ ҮЛГІ",
        iin: Some("123456789011"),
        bin: Some("123456789021"),
        roles: &[&[1, 2, 398, 3, 3, 4, 1, 2], &[1, 2, 398, 3, 3, 4, 1, 2, 1]],
    };
    let office = Holder {
        common_name: "ТЕСТОВ ТЕСТ",
        iin: Some("123456789031"),
        roles: &[&[1, 2, 398, 3, 3, 4, 1, 2]],
        ..official
    };
    let signers = [
        root.issue_key(signed.key(&folder, 2)?, &official, validity, draw),
        root.issue_key(signed.key(&folder, 3)?, &office, validity, draw),
    ];
    let others: Vec<Signer> = (0..REVOKED)
        .map(|_| root.issue(&Holder { common_name: "Қайтарылған", ..Holder::default() }, validity, draw))
        .collect::<Result<_, _>>()?;
    let revoked: Vec<_> = others
        .iter()
        .map(|signer| muragat::cli::samples::signer::Revocation { signer, at: now - TimeDelta::days(1), reason: 1 })
        .collect();
    let crl = Validity { from: now - TimeDelta::hours(1), until: now + TimeDelta::days(7) };
    let persons = [
        Person { holder: official, office: "official", post: "Басшы" },
        Person { holder: office, office: "records_office", post: "Кеңсе қызметкері" },
    ];
    let trust = Trust::new(&root, AGENCY, &persons, crl, &revoked);
    fs::write(folder.join(POLICY), trust.policy)?;
    fs::write(folder.join(REGISTER), trust.authority)?;
    fs::write(folder.join(CRL), trust.crl)?;
    // What stands for a signature in the corpus is none, and would be refused as one.
    let small = corpus.plain_files()?.into_iter().take(corpus.small);
    let files = small.filter(|file| file.extension().is_some_and(|e| e != "p7s"));
    let [official, office] = &signers;
    for (number, file) in files.take(count).enumerate() {
        let folder = folder.join("submissions").join(format!("{number:06}"));
        let office = Some(office).filter(|_| signed != Signed::RsaOnce);
        submission(&folder, number, &file, (official, office), now)?;
    }
    fs::write(mark, wanted)?;
    Ok(())
}

fn submission(
    folder: &Path,
    number: usize,
    file: &Path,
    (official, office): (&Signer, Option<&Signer>),
    now: DateTime<Utc>,
) -> Fallible<()> {
    fs::create_dir_all(folder)?;
    let document = fs::read(file)?;
    let extension = file.extension().and_then(|e| e.to_str()).unwrap_or("bin");
    let name = format!("document.{extension}");
    let card = json!({
        "schema": CARD_SCHEMA, "document_type": "хат", "document_date": now.date_naive().to_string(),
        "registration_number": format!("S-{number:06}"), "nomenclature_index": "01-05",
        "software": {"name": "bench", "version": "1"}, "signatures": ["official.p7s"],
        "documents": [{"path": name, "sha256": sha256(&document).to_string()}],
        "nature": "Үлгі", "title": format!("Үлгі хат {number}"), "sheets": {"document": 1, "attachments": 0},
        "addressee_body": "Үлгі мекемесі", "executor_surname": "Үлгібаев", "executor_phone": "+7 (000) 000-00-00",
        "control_mark": null, "filing_mark": null, "link": null, "paper_mark": "none",
    })
    .to_string();
    let mut components = vec![
        json!({"path": "card.json", "role": "card"}),
        json!({"path": name, "role": "main"}),
        json!({"path": "official.p7s", "role": "signature", "covers": [name]}),
    ];
    let mut profile = "organization";
    if let Some(office) = office {
        components.push(json!({"path": "office.p7s", "role": "signature", "covers": ["card.json"]}));
        fs::write(folder.join("office.p7s"), office.sign_detached(card.as_bytes(), now))?;
        profile = "n430";
    }
    let submission = json!({
        "schema": SUBMISSION_SCHEMA, "profile": profile, "components": components, "agency": AGENCY, "direction": "outgoing", "nomenclature_index": "01-05",
        "access_category": "public",
    });
    fs::write(folder.join("official.p7s"), official.sign_detached(&document, now))?;
    fs::write(folder.join("card.json"), card)?;
    fs::write(folder.join(name), document)?;
    fs::write(folder.join(SUBMISSION_FILE), submission.to_string())?;
    Ok(())
}

/// Takes in everything that [`make`] made, into a new archive that trusts it.
pub(crate) fn ingest(places: &Places, signed: Signed, threads: usize) -> Fallible<Value> {
    let folder = signed.folder(places);
    let target = places.out().join("signed");
    steps::remove_archive(&target)?;
    // The documents are of many kinds and none is a real one; the signatures are judged in full.
    let policy = Policy { formats: Action::Flag, ..Policy::default() };
    let options = InitOptions { policy, ..InitOptions::default() };
    let archive = Archive::create(&target, &options, Arc::new(SystemClock))?;
    let actor = archive.actor("bench")?;
    for file in [POLICY, REGISTER] {
        match adopt(&archive, &folder.join(file), actor)? {
            Adopted::Done { .. } => {}
            other => return Err(format!("{file}: {other:?}").into()),
        }
    }
    let mut material = Material::default();
    material.add_file(&fs::read(folder.join(CRL))?)?;
    add_shared(&archive, &material, actor)?;
    let submissions = muragat::ingest::submissions(&folder.join("submissions"))?;
    let (cpu_before, _) = measure::cpu_seconds()?;
    let begun = Instant::now();
    steps::take_in(&archive, actor, &submissions, threads)?;
    let seconds = begun.elapsed().as_secs_f64();
    let (cpu, _) = measure::cpu_seconds()?;
    let memory = measure::peak_memory_mb("self")?;
    archive.close()?;
    steps::remove_archive(&target)?;
    Ok(json!({"s": seconds, "cpu_s": cpu - cpu_before, "records": submissions.len(), "memory_mb": memory}))
}
