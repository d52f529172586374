//! What became of a certificate, by CRLs and OCSP responses.
//!
//! Goal: RFC 5280 §6.3 and RFC 6960 are kept, and the traps of the national CA are known. Method: vectors of others
//! where they are at hand (OpenSSL's OCSP cases, a time slide, test data of the national CA, generated chains), and a
//! small CA made here with Ed25519 for everything that they leave out.

use chrono::{DateTime, Utc};
use ed25519_dalek::{Signer, SigningKey};
use muragat::model::digest::Sha256;
use muragat::verify::alg::DigestAlgorithm;
use muragat::verify::certificate::Certificate;
use muragat::verify::crl::{Crl, Reason};
use muragat::verify::der::write;
use muragat::verify::limits::REVOCATION_SIGNATURES_MAX;
use muragat::verify::material::{Material, MaterialError, MaterialKind};
use muragat::verify::ocsp::OcspResponse;
use muragat::verify::path::{self, Pool};
use muragat::verify::policy::RevocationRules;
use muragat::verify::revocation::{
    Answer, Budget, Kind, PooledPaths, Question, Rejection, Setting, SignatureCache, Status, status,
};
use muragat::verify::work::Work;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const RULES: RevocationRules = RevocationRules { required: true, crl_age_max_s: 86_400, ocsp_age_max_s: 3_600 };

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap_or_else(|_| format!("{text}T00:00:00Z").parse().unwrap())
}

/// Everything that a question needs, with what most tests leave as it is.
struct Case {
    material: Material,
    proofs: BTreeMap<Sha256, DateTime<Utc>>,
    rules: RevocationRules,
    known_by: Option<DateTime<Utc>>,
    budget: Budget,
    work: Work,
    cache: SignatureCache,
}

impl Case {
    fn new(material: Material) -> Self {
        Self {
            material,
            proofs: BTreeMap::new(),
            rules: RULES,
            known_by: None,
            budget: Budget::default(),
            work: Work::default(),
            cache: SignatureCache::default(),
        }
    }

    /// `path` is the certificate and what is above it.
    fn ask(&self, path: &[Arc<Certificate>], at: DateTime<Utc>) -> Answer {
        let (certificate, above) = path.split_first().unwrap();
        let pool = Pool::new(self.material.certificates().chain(path).cloned());
        let setting = Setting {
            material: &self.material,
            rules: &self.rules,
            paths: &PooledPaths { pool: &pool, cache: &path::SignatureCache::default(), work: &self.work },
            proofs: &self.proofs,
            proven_by: None,
            cache: &self.cache,
        };
        let question = Question { certificate, path: above, at, known_by: self.known_by };
        status(&question, &setting, &mut self.budget.clone())
    }
}

fn rejections(answer: &Answer) -> Vec<Rejection> {
    answer.findings.iter().filter_map(|finding| finding.rejection.clone()).collect()
}

mod vectors {
    //! Data of others.
    use super::*;

    fn folder(name: &str) -> Option<PathBuf> {
        let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/vectors")).join(name);
        if !folder.is_dir() {
            eprintln!("skipped: no {}", folder.display());
            return None;
        }
        Some(folder)
    }

    fn pool(folder: &Path, names: &[String]) -> Material {
        let mut material = Material::new();
        for name in names {
            let bytes = std::fs::read(folder.join(name)).unwrap();
            material.add_file(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        }
        material
    }

    fn certificate(folder: &Path, name: &str) -> Arc<Certificate> {
        let mut material = Material::new();
        // The first of the file, where it has several.
        let taken = material.add_file(&std::fs::read(folder.join(name)).unwrap()).unwrap();
        Arc::clone(material.certificate(&taken[0].1).unwrap())
    }

    fn files(folder: &Path, end: &str) -> Vec<String> {
        let names = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.filter(|name| name.ends_with(end)).collect();
        names.sort();
        names
    }

    /// Each case asks about the certificates for which it has a response.
    #[test]
    fn the_ocsp_cases_of_openssl_have_their_answers() {
        let Some(folder) = folder("openssl-ocsp") else { return };
        let text = std::fs::read(folder.join("openssl-ocsp.json")).unwrap();
        let cases: Vec<serde_json::Value> = serde_json::from_slice(&text).unwrap();
        let strings = |value: &serde_json::Value| -> Vec<String> {
            value.as_array().into_iter().flatten().map(|one| one.as_str().unwrap().to_owned()).collect()
        };
        for case in &cases {
            let name = case["name"].as_str().unwrap();
            let mut path = vec![certificate(&folder, case["cert"].as_str().unwrap())];
            path.extend(strings(&case["other_certs"]).iter().map(|file| certificate(&folder, file)));
            path.push(certificate(&folder, case["root"].as_str().unwrap()));
            let responses = strings(&case["ocsps"]);
            let mut asked = Case::new(pool(&folder, &responses));
            // RFC 6960 §4.2.2.2.1 leaves open what is asked about a responder without ocsp-nocheck. The suite asks nothing;
            // a policy that wants revocation data wants them of this one too, and there are none.
            if name == "delegated_success" {
                let answer = asked.ask(&path, at(case["moment"].as_str().unwrap()));
                assert_eq!(rejections(&answer), [Rejection::SignerUnknown]);
                asked.rules.required = false;
            }
            let time = at(case["moment"].as_str().unwrap());
            let answers: Vec<Answer> = (0..responses.len()).map(|index| asked.ask(&path[index..], time)).collect();
            let in_order = answers.iter().all(|answer| answer.status == Status::Good && answer.is_fresh);
            let expected = case["error"].is_null();
            assert_eq!(in_order, expected, "{name}: {answers:#?}");
        }
        assert_eq!(cases.len(), 29);
    }

    /// The cases that OpenSSL's own test has beside them: the certificate of the issuer is another one.
    #[test]
    fn a_response_does_not_count_for_an_issuer_with_another_name_or_key() {
        let Some(folder) = folder("openssl-ocsp") else { return };
        for (response, leaf) in [("ND1", "ND1_Cert_EE"), ("ND2", "ND2_Cert_ICA"), ("ND3", "ND3_Cert_EE")] {
            let case = Case::new(pool(&folder, &[format!("{response}.ors")]));
            let leaf = certificate(&folder, &format!("{leaf}.pem"));
            let end = if response == "ND1" { "ICA" } else { "Root" };
            for (wrong, counts) in [("", true), ("WSNIC_", false), ("WKIC_", false), ("ISIC_", true)] {
                // Whether the issuer's own certificate verifies is a question of the path.
                let issuer = certificate(&folder, &format!("{wrong}{response}_Issuer_{end}.pem"));
                let answer = case.ask(&[leaf.clone(), issuer], at("2012-10-12"));
                assert_eq!(answer.status == Status::Good, counts, "{wrong}{response} {answer:?}");
            }
        }
    }

    #[test]
    fn a_chain_slides_through_time_as_its_crls_and_responses_say() {
        let Some(folder) = folder("ades-time-slide") else { return };
        let names = ["alice", "interm", "root"].map(|name| format!("certs/{name}.crt"));
        let alice = names.map(|name| certificate(&folder, &name));
        let revoked_ca = [certificate(&folder, "certs/interm-revoked.crt"), alice[2].clone()];
        let everything: Vec<String> = files(&folder, ".crl").into_iter().chain(files(&folder, ".ors")).collect();
        let revoked = Status::Revoked { at: at("2020-12-01"), reason: Some(Reason::KeyCompromise) };
        for (day, status) in [("2020-10-01", Status::Good), ("2020-11-29", Status::Good), ("2020-12-10", revoked)] {
            let mut case = Case::new(pool(&folder, &everything));
            case.known_by = Some(at(day));
            for (path, status) in [(&alice[..], status), (&alice[1..], Status::Good), (&revoked_ca[..], status)] {
                let answer = case.ask(path, at(day));
                assert_eq!((answer.status, answer.is_fresh), (status, true), "{day} {answer:#?}");
            }
            // Each kind by itself. The responses are of a responder whose certificate says nocheck.
            for kind in [".crl", ".ors"] {
                let mut case = Case::new(pool(&folder, &files(&folder, kind)));
                case.known_by = Some(at(day));
                assert_eq!(case.ask(&alice, at(day)).status, status, "{day} {kind}");
            }
        }
        // Without the limit on what was known, the youngest statement counts at any time.
        assert_eq!(Case::new(pool(&folder, &everything)).ask(&alice, at("2020-10-01")).status, revoked);
    }

    /// A certificate of this CA with this serial number, as far as revocation looks at it.
    fn issued(ca: &Certificate, serial: &str) -> Arc<Certificate> {
        let mut certificate = ca.clone();
        certificate.issuer = certificate.subject.clone();
        certificate.issuer_key = certificate.subject_key;
        certificate.serial = hex::decode(serial).unwrap();
        certificate.extensions.crl_distribution_points = Vec::new();
        certificate.extensions.basic_constraints = None;
        certificate.sha256 = Sha256([1; 32]);
        Arc::new(certificate)
    }

    #[test]
    fn the_national_ca_says_good_revoked_on_hold_and_never_issued() {
        let Some(folder) = folder("kz-ncanode/src/test/resources") else { return };
        let hold = Status::OnHold { at: at("2022-07-27T10:25:30Z") };
        let superseded = Status::Revoked { at: at("2022-01-18T06:30:55Z"), reason: Some(Reason::Superseded) };
        for (ca, response, serial, status) in [
            ("nca_gost2015_test.cer", "ceo_2015_revoked", "3A90343E720594C55204B19CB9A402422EF0E622", hold),
            ("nca_gost2015_test.cer", "individual_2015", "0FF06211DC82BEB00253FFA000F1DE84ABEF454F", Status::NotIssued),
            ("nca_gost_test.crt", "ceo_sign_2004_revoked", "12E3E7B9966D09EB9CDA64251457E815C2A8DDED", superseded),
            ("nca_rsa_test.crt", "individual_sign_2004", "4279390A141F5353A62947B61ED65E81741467D1", Status::Good),
        ] {
            let ca = certificate(&folder, &format!("ca/{ca}"));
            let case = Case::new(pool(&folder, &[format!("ocsp/ocsp_response_{response}.bin")]));
            let path = [issued(&ca, serial), ca];
            let answer = case.ask(&path, at("2022-09-02T17:30:00Z"));
            assert_eq!((answer.status, answer.is_fresh), (status, true), "{response} {answer:#?}");
            // No nextUpdate: an hour, by the rules here, and no longer.
            let used = answer.used().next().unwrap();
            assert_eq!(used.next_update, None);
            let hour = chrono::TimeDelta::seconds(3_600);
            assert!(case.ask(&path, used.this_update + hour).is_fresh);
            assert!(!case.ask(&path, used.this_update + hour + chrono::TimeDelta::seconds(1)).is_fresh);
            assert_eq!(used.to_report(path[0].sha256).status, status.as_str());
        }
    }

    #[test]
    fn crls_of_the_national_ca_verify_and_list_what_they_list() {
        let Some(folder) = folder("kz-ncanode/src/test/resources") else { return };
        for (ca, list, count) in [
            ("nca_gost2015_test.cer", "nca_gost2022_test.crl", 6),
            ("nca_gost_test.crt", "nca_gost_test.crl", 31),
            ("nca_rsa_test.crt", "nca_rsa_test.crl", 126),
        ] {
            let ca = certificate(&folder, &format!("ca/{ca}"));
            let case = Case::new(pool(&folder, &[format!("crl/{list}")]));
            let crl = case.material.crls().next().unwrap();
            assert_eq!(crl.len(), count);
            let time = crl.this_update;
            for entry in crl.entries() {
                let path = [issued(&ca, &hex::encode(entry.serial)), ca.clone()];
                let answer = case.ask(&path, time);
                assert!(matches!(answer.status, Status::Revoked { .. } | Status::OnHold { .. }), "{answer:#?}");
            }
            assert_eq!(case.ask(&[issued(&ca, "00"), ca.clone()], time).status, Status::Good);
            // One bit of the signed part, and nothing counts.
            let mut bytes = crl.der().to_vec();
            bytes[60] ^= 1;
            if let Ok(other) = Crl::parse(&bytes) {
                let mut material = Material::new();
                material.add_crl(Arc::new(other));
                assert_eq!(Case::new(material).ask(&[issued(&ca, "00"), ca.clone()], time).status, Status::Unknown);
            }
        }
    }

    #[test]
    fn generated_chains_have_the_answers_they_were_generated_for() {
        let Some(folder) = crate::vectors::generated() else { return };
        for algorithm in ["rsa2048", "ecp256", "ecp384", "ed25519", "gost256", "gost512"] {
            let folder = folder.join(algorithm);
            let [signer, revoked, expired, ca, root] =
                ["signer.pem", "revoked.pem", "expired.pem", "ca/ca.pem", "root/ca.pem"]
                    .map(|name| certificate(&folder, name));
            let case = |names: &[&str]| {
                let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
                Case::new(pool(&folder, &names))
            };
            let may = at("2025-05-01T12:00:00Z");
            let since = Status::Revoked { at: at("2025-04-01"), reason: Some(Reason::KeyCompromise) };
            let path = |leaf: &Arc<Certificate>| [leaf.clone(), ca.clone(), root.clone()];
            for (leaf, names, time, status) in [
                (&signer, &["ca-2025.crl"][..], may, Status::Good),
                (&signer, &["signer-2025-good.ocsp"], may, Status::Good),
                (&revoked, &["ca-2025.crl"], may, since),
                (&revoked, &["revoked-2025-revoked.ocsp"], may, since),
                (&revoked, &["revoked-2025-03-good.ocsp"], may, Status::Good),
                // Revoked for good wins over the older "good", whatever says which.
                (&revoked, &["revoked-2025-03-good.ocsp", "ca-2025.crl"], may, since),
                (&expired, &["ca-2021.crl"], at("2021-06-02"), Status::Good),
                (&expired, &["expired-2021-good.ocsp"], at("2021-06-02T01:00:00Z"), Status::Good),
                // It had expired before this list was issued.
                (&expired, &["ca-2025.crl"], may, Status::Unknown),
                (&signer, &["root-2025.crl"], may, Status::Unknown),
                (&signer, &["unissued-unknown.ocsp"], may, Status::Unknown),
            ] {
                let answer = case(names).ask(&path(leaf), time);
                assert_eq!(answer.status, status, "{algorithm} {names:?} {answer:#?}");
            }
            assert_eq!(case(&["root-2025.crl"]).ask(&[ca.clone(), root.clone()], may).status, Status::Good);
        }
    }
}

mod pki {
    //! A small CA. Keys are numbers, and names are common names.
    use super::*;

    const ED25519: &[u8] = &[0x30, 5, 6, 3, 0x2b, 0x65, 0x70];
    pub(super) const SEQUENCE: u8 = 0x30;

    pub(super) fn oid(octets: &[u8]) -> Vec<u8> {
        write(6, &[octets])
    }

    pub(super) fn time(time: DateTime<Utc>) -> Vec<u8> {
        write(0x18, &[time.format("%Y%m%d%H%M%SZ").to_string().as_bytes()])
    }

    pub(super) fn name(text: &str) -> Vec<u8> {
        let attribute = write(SEQUENCE, &[&oid(&[0x55, 4, 3]), &write(0x0c, &[text.as_bytes()])]);
        write(SEQUENCE, &[&write(0x31, &[&attribute])])
    }

    pub(super) fn extension(id: &[u8], critical: bool, value: &[u8]) -> Vec<u8> {
        let flag: &[u8] = if critical { &[1, 1, 0xff] } else { &[] };
        write(SEQUENCE, &[&oid(id), flag, &write(4, &[value])])
    }

    fn key(number: u8) -> SigningKey {
        SigningKey::from_bytes(&[number; 32])
    }

    fn signed(tbs: &[u8], by: u8, behind: &[u8]) -> Vec<u8> {
        let signature = key(by).sign(tbs).to_bytes();
        write(SEQUENCE, &[tbs, ED25519, &write(3, &[&[0], &signature]), behind])
    }

    pub(super) fn ca() -> Vec<u8> {
        extension(&[0x55, 0x1d, 19], true, &[0x30, 3, 1, 1, 0xff])
    }

    /// keyUsage of one octet; bit 0 is the highest.
    pub(super) fn usage(octet: u8) -> Vec<u8> {
        extension(&[0x55, 0x1d, 15], true, &[3, 2, 0, octet])
    }

    pub(super) const CRL_SIGN: u8 = 0x02;
    pub(super) const CERT_SIGN: u8 = 0x04;

    pub(super) fn ocsp_signing() -> Vec<u8> {
        extension(&[0x55, 0x1d, 37], false, &write(SEQUENCE, &[&oid(&[0x2b, 6, 1, 5, 5, 7, 3, 9])]))
    }

    pub(super) fn no_check() -> Vec<u8> {
        extension(&[0x2b, 6, 1, 5, 5, 7, 48, 1, 5], false, &[5, 0])
    }

    pub(super) struct Certified<'a> {
        pub(super) subject: &'a str,
        pub(super) key: u8,
        pub(super) serial: u8,
        pub(super) issuer: &'a str,
        pub(super) by: u8,
        pub(super) until: &'a str,
        pub(super) extensions: &'a [Vec<u8>],
    }

    impl Certified<'_> {
        pub(super) fn make(&self) -> Arc<Certificate> {
            let info = write(SEQUENCE, &[ED25519, &write(3, &[&[0], key(self.key).verifying_key().as_bytes()])]);
            let validity = write(SEQUENCE, &[&time(at("2020-01-01")), &time(at(self.until))]);
            let extensions = match self.extensions {
                [] => Vec::new(),
                all => write(0xa3, &[&write(SEQUENCE, &[&all.concat()])]),
            };
            let version = write(0xa0, &[&[2, 1, 2]]);
            let serial = write(2, &[&[self.serial]]);
            let (issuer, subject) = (name(self.issuer), name(self.subject));
            let tbs = write(SEQUENCE, &[&version, &serial, ED25519, &issuer, &validity, &subject, &info, &extensions]);
            Arc::new(Certificate::parse(&signed(&tbs, self.by, &[])).unwrap())
        }
    }

    pub(super) const ROOT: u8 = 1;
    pub(super) const CA: u8 = 2;

    pub(super) fn root() -> Arc<Certificate> {
        let extensions = [ca(), usage(CERT_SIGN | CRL_SIGN)];
        Certified {
            subject: "ROOT",
            key: ROOT,
            serial: 1,
            issuer: "ROOT",
            by: ROOT,
            until: "2040-01-01",
            extensions: &extensions,
        }
        .make()
    }

    /// Of the CA, by the root.
    pub(super) fn authority() -> Arc<Certificate> {
        let extensions = [ca(), usage(CERT_SIGN | CRL_SIGN)];
        Certified {
            subject: "CA",
            key: CA,
            serial: 2,
            issuer: "ROOT",
            by: ROOT,
            until: "2040-01-01",
            extensions: &extensions,
        }
        .make()
    }

    /// Number 7 of the CA, until 2030, and the path above it.
    pub(super) fn path() -> [Arc<Certificate>; 3] {
        [issued("LEAF", 20, 7, "2030-01-01", &[]), authority(), root()]
    }

    pub(super) fn issued(subject: &str, key: u8, serial: u8, until: &str, extensions: &[Vec<u8>]) -> Arc<Certificate> {
        Certified { subject, key, serial, issuer: "CA", by: CA, until, extensions }.make()
    }

    #[derive(Clone)]
    pub(super) struct List {
        pub(super) issuer: &'static str,
        pub(super) by: u8,
        pub(super) from: DateTime<Utc>,
        pub(super) next: Option<DateTime<Utc>>,
        /// Serial number and reason.
        pub(super) entries: Vec<(u8, u8)>,
        pub(super) extensions: Vec<Vec<u8>>,
    }

    /// When all revocations here happened.
    pub(super) const SINCE: &str = "2024-12-24T00:00:00Z";

    /// A list of the CA for ten days.
    pub(super) fn list(from: &str, entries: &[(u8, u8)]) -> List {
        let next = Some(at(from) + chrono::TimeDelta::days(10));
        List { issuer: "CA", by: CA, from: at(from), next, entries: entries.to_vec(), extensions: Vec::new() }
    }

    impl List {
        pub(super) fn with(mut self, extension: Vec<u8>) -> Self {
            self.extensions.push(extension);
            self
        }

        pub(super) fn number(self, number: u8) -> Self {
            self.with(extension(&[0x55, 0x1d, 20], false, &[2, 1, number]))
        }

        pub(super) fn delta_of(self, number: u8) -> Self {
            self.with(extension(&[0x55, 0x1d, 27], true, &[2, 1, number]))
        }

        pub(super) fn der(&self) -> Vec<u8> {
            let entry = |(serial, reason): &(u8, u8)| {
                let reason = extension(&[0x55, 0x1d, 21], false, &[0x0a, 1, *reason]);
                write(SEQUENCE, &[&[2, 1, *serial], &time(at(SINCE)), &write(SEQUENCE, &[&reason])])
            };
            let entries: Vec<u8> = self.entries.iter().flat_map(entry).collect();
            let next = self.next.map(time).unwrap_or_default();
            let extensions = match self.extensions.as_slice() {
                [] => Vec::new(),
                all => write(0xa0, &[&write(SEQUENCE, &[&all.concat()])]),
            };
            let (issuer, entries) = (name(self.issuer), write(SEQUENCE, &[&entries]));
            let tbs = write(SEQUENCE, &[&[2, 1, 1], ED25519, &issuer, &time(self.from), &next, &entries, &extensions]);
            signed(&tbs, self.by, &[])
        }
    }

    #[derive(Clone)]
    pub(super) struct Response {
        pub(super) by: u8,
        /// Name of the responder.
        pub(super) responder: &'static str,
        pub(super) from: DateTime<Utc>,
        pub(super) next: Option<DateTime<Utc>>,
        pub(super) status: Vec<u8>,
        pub(super) serial: u8,
        pub(super) extensions: Vec<u8>,
        pub(super) single_extensions: Vec<u8>,
        pub(super) certificates: Vec<Arc<Certificate>>,
    }

    /// Number 7 of the CA is good, says the CA itself.
    pub(super) fn response(from: &str) -> Response {
        Response {
            by: CA,
            responder: "CA",
            from: at(from),
            next: Some(at(from) + chrono::TimeDelta::days(10)),
            status: vec![0x80, 0],
            serial: 7,
            extensions: Vec::new(),
            single_extensions: Vec::new(),
            certificates: Vec::new(),
        }
    }

    pub(super) fn extended_revoke() -> Vec<u8> {
        extension(&[0x2b, 6, 1, 5, 5, 7, 48, 1, 9], false, &[5, 0])
    }

    impl Response {
        pub(super) fn revoked(mut self, since: &str, reason: u8) -> Self {
            self.status = write(0xa1, &[&time(at(since)), &write(0xa0, &[&[0x0a, 1, reason]])]);
            self
        }

        /// By another responder, whose certificate is in the response.
        pub(super) fn delegated(mut self, certificate: &Arc<Certificate>, by: u8) -> Self {
            (self.by, self.responder) = (by, "RESPONDER");
            self.certificates.push(Arc::clone(certificate));
            self
        }

        pub(super) fn basic(&self) -> Vec<u8> {
            let sha256 = |bytes: &[u8]| write(4, &[&DigestAlgorithm::Sha256.digest(bytes)]);
            let algorithm = write(SEQUENCE, &[&oid(&[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1])]);
            let issuer_key = key(CA).verifying_key();
            let parts = [algorithm, sha256(&name("CA")), sha256(issuer_key.as_bytes()), vec![2, 1, self.serial]];
            let id = write(SEQUENCE, &[&parts.concat()]);
            let next = self.next.map(|next| write(0xa0, &[&time(next)])).unwrap_or_default();
            let explicit = |tag, extensions: &[u8]| match extensions {
                [] => Vec::new(),
                all => write(tag, &[&write(SEQUENCE, &[all])]),
            };
            let single = [id, self.status.clone(), time(self.from), next, explicit(0xa1, &self.single_extensions)];
            let answers = write(SEQUENCE, &[&write(SEQUENCE, &[&single.concat()])]);
            let responder = write(0xa1, &[&name(self.responder)]);
            let tbs = write(SEQUENCE, &[&responder, &time(self.from), &answers, &explicit(0xa1, &self.extensions)]);
            let certificates: Vec<u8> = self.certificates.iter().flat_map(|one| one.der.clone()).collect();
            signed(&tbs, self.by, &explicit(0xa0, &certificates))
        }

        pub(super) fn der(&self) -> Vec<u8> {
            let bytes = write(SEQUENCE, &[&oid(&[0x2b, 6, 1, 5, 5, 7, 48, 1, 1]), &write(4, &[&self.basic()])]);
            write(SEQUENCE, &[&[0x0a, 1, 0], &write(0xa0, &[&bytes])])
        }
    }
}

use pki::{List, ROOT, Response, SINCE, extended_revoke, list, path, response};

const NOW: &str = "2025-01-05T00:00:00Z";
const COMPROMISE: u8 = 1;
const HOLD: u8 = 6;
const REMOVE: u8 = 8;

fn case(lists: &[List], responses: &[Response]) -> Case {
    let mut material = Material::new();
    for list in lists {
        material.add_file(&list.der()).unwrap();
    }
    for response in responses {
        material.add_file(&response.der()).unwrap();
    }
    Case::new(material)
}

fn said(lists: &[List], responses: &[Response]) -> Status {
    case(lists, responses).ask(&path(), at(NOW)).status
}

fn revoked() -> Status {
    Status::Revoked { at: at(SINCE), reason: Some(Reason::KeyCompromise) }
}

fn on_hold() -> Status {
    Status::OnHold { at: at(SINCE) }
}

#[test]
fn revoked_for_good_is_final_and_a_hold_is_not() {
    let (old, new) = ("2025-01-01", "2025-01-02");
    assert_eq!(said(&[list(old, &[])], &[]), Status::Good);
    assert_eq!(said(&[list(old, &[(7, COMPROMISE)]), list(new, &[])], &[]), revoked());
    assert_eq!(said(&[list(old, &[]), list(new, &[(7, COMPROMISE)])], &[]), revoked());
    assert_eq!(said(&[list(old, &[(7, HOLD)]), list(new, &[])], &[]), Status::Good);
    assert_eq!(said(&[list(old, &[]), list(new, &[(7, HOLD)])], &[]), on_hold());
    assert_eq!(said(&[list(old, &[(6, COMPROMISE), (8, HOLD)])], &[]), Status::Good, "others");
    // The same between the two kinds.
    assert_eq!(said(&[list(old, &[(7, COMPROMISE)])], &[response(new)]), revoked());
    assert_eq!(said(&[list(new, &[])], &[response(old).revoked(SINCE, COMPROMISE)]), revoked());
    assert_eq!(said(&[list(old, &[(7, HOLD)])], &[response(new)]), Status::Good);
    assert_eq!(said(&[list(new, &[(7, HOLD)])], &[response(old)]), on_hold());
    assert_eq!(said(&[list(old, &[])], &[response(new).revoked(SINCE, HOLD)]), on_hold());
    assert_eq!(said(&[list(new, &[])], &[response(old).revoked(SINCE, HOLD)]), Status::Good);
    assert_eq!(said(&[], &[response(old).revoked(SINCE, HOLD), response(new)]), Status::Good);
}

#[test]
fn never_issued_is_told_from_revoked_long_ago() {
    let mut never = response("2025-01-02").revoked("1970-01-01", HOLD);
    assert_eq!(said(&[], &[never.clone()]), Status::OnHold { at: DateTime::UNIX_EPOCH }, "without extended-revoke");
    never.extensions = extended_revoke();
    assert_eq!(said(&[], &[never.clone()]), Status::NotIssued);
    // Neither another reason nor another second means it.
    let other = never.clone().revoked("1970-01-01", COMPROMISE);
    assert!(matches!(said(&[], &[other]), Status::Revoked { .. }));
    let other = never.clone().revoked("1970-01-01T00:00:01Z", HOLD);
    assert!(matches!(said(&[], &[other]), Status::OnHold { .. }));
    // A list cannot know it; a younger response can.
    assert_eq!(said(&[list("2025-01-03", &[])], &[never.clone()]), Status::NotIssued);
    assert_eq!(said(&[], &[never.clone(), response("2025-01-03")]), Status::Good);
    assert_eq!(said(&[list("2025-01-01", &[(7, COMPROMISE)])], &[never]), revoked());
}

#[test]
fn information_counts_by_the_time_at_which_it_had_to_be_known() {
    let mut case = case(&[list("2025-01-01", &[]), list("2025-01-03", &[(7, COMPROMISE)])], &[response("2025-01-02")]);
    for (known_by, status) in [
        ("2025-01-03", revoked()),
        ("2025-01-02T23:59:59Z", Status::Good),
        ("2025-01-01", Status::Good),
        ("2024-12-31T23:59:59Z", Status::Unknown),
    ] {
        case.known_by = Some(at(known_by));
        assert_eq!(case.ask(&path(), at(NOW)).status, status, "{known_by}");
    }
}

#[test]
fn freshness_ends_with_the_second_of_next_update_or_of_the_rules() {
    let day = list("2025-01-01", &[]);
    let mut open = list("2025-01-01", &[]);
    open.next = None;
    let hour = response("2025-01-01");
    let mut open_hour = response("2025-01-01");
    open_hour.next = None;
    let second = chrono::TimeDelta::seconds(1);
    for (case, end) in [
        (case(&[day], &[]), at("2025-01-11")),
        (case(&[open], &[]), at("2025-01-02")),
        (case(&[], &[hour]), at("2025-01-11")),
        (case(&[], &[open_hour]), at("2025-01-01T01:00:00Z")),
    ] {
        for (time, is_fresh) in [(at("2024-01-01"), true), (end, true), (end + second, false)] {
            let answer = case.ask(&path(), time);
            assert_eq!((answer.status, answer.is_fresh), (Status::Good, is_fresh), "{time}");
        }
    }
}

#[test]
fn good_from_after_the_expiry_needs_one_who_keeps_what_expired() {
    let [_, ca, root] = path();
    let expired = [pki::issued("LEAF", 20, 7, "2024-12-31", &[]), ca, root];
    let ask = |lists: &[List], responses: &[Response]| case(lists, responses).ask(&expired, at(NOW));
    let answer = ask(&[list("2025-01-01", &[])], &[response("2025-01-01")]);
    assert_eq!(answer.status, Status::Unknown);
    assert_eq!(rejections(&answer), [Rejection::AfterExpiry, Rejection::AfterExpiry]);
    assert_eq!(ask(&[list("2024-12-31", &[])], &[]).status, Status::Good, "the last second");
    assert_eq!(ask(&[list("2025-01-01", &[(7, COMPROMISE)])], &[]).status, revoked(), "listed all the same");
    for (from, status) in [("2024-12-31", Status::Good), ("2025-01-01", Status::Unknown)] {
        let kept = pki::extension(&[0x55, 0x1d, 60], false, &pki::time(at(from)));
        assert_eq!(ask(&[list("2025-01-02", &[]).with(kept)], &[]).status, status, "{from}");
        let mut kept = response("2025-01-02");
        kept.single_extensions = pki::extension(&[0x2b, 6, 1, 5, 5, 7, 48, 1, 6], false, &pki::time(at(from)));
        assert_eq!(ask(&[], &[kept]).status, status, "{from}");
    }
}

#[test]
fn a_list_of_a_stranger_does_not_count() {
    let by = |key: u8, extensions: &[Vec<u8>], issuer: &str, issuer_key: u8| {
        let mut list = list("2025-01-01", &[]);
        list.by = key;
        let mut case = case(&[list], &[]);
        let certified =
            pki::Certified { subject: "CA", key, serial: 9, issuer, by: issuer_key, until: "2040-01-01", extensions };
        case.material.add_certificate(certified.make());
        case.material.add_file(&own_list().der()).unwrap();
        case.ask(&path(), at(NOW))
    };
    // What became of number 9 of the root, the other key of the CA, says the root's list.
    fn own_list() -> List {
        let mut list = list("2025-01-01", &[]);
        (list.issuer, list.by) = ("ROOT", ROOT);
        list
    }
    assert_eq!(by(30, &[pki::usage(pki::CRL_SIGN)], "ROOT", ROOT).status, Status::Good, "a key for lists alone");
    for (answer, why) in [
        (by(30, &[pki::usage(pki::CERT_SIGN)], "ROOT", ROOT), "no cRLSign"),
        (by(30, &[], "ROOT", ROOT), "no key usage"),
        (by(30, &[pki::usage(pki::CRL_SIGN)], "CA", 30), "signed by itself"),
        (by(30, &[pki::usage(pki::CRL_SIGN)], "ROOT", 31), "another root of that name"),
    ] {
        assert_eq!(answer.status, Status::Unknown, "{why}");
        let rejections = rejections(&answer);
        let [Rejection::SignerNotEntitled(_) | Rejection::SignerPath(_)] = rejections.as_slice() else {
            panic!("{why}: {rejections:?}");
        };
    }
    // Revoked by the root.
    let mut with_key = case(
        &[own_list(), {
            let mut list = list("2025-01-01", &[]);
            list.by = 30;
            list
        }],
        &[],
    );
    let extensions = [pki::usage(pki::CRL_SIGN)];
    let other = pki::Certified {
        subject: "CA",
        key: 30,
        serial: 9,
        issuer: "ROOT",
        by: ROOT,
        until: "2040-01-01",
        extensions: &extensions,
    };
    with_key.material.add_certificate(other.make());
    assert_eq!(with_key.ask(&path(), at(NOW)).status, Status::Good);
    let mut revoking = own_list();
    (revoking.from, revoking.entries) = (at("2025-01-02"), vec![(9, COMPROMISE)]);
    with_key.material.add_file(&revoking.der()).unwrap();
    let answer = with_key.ask(&path(), at(NOW));
    assert_eq!(rejections(&answer), [Rejection::SignerRevoked(revoked())]);
}

#[test]
fn the_list_of_the_key_that_issued_speaks_and_of_another_key_of_that_name_only_without_it() {
    let by = |key: u8, from: &str, entries: &[(u8, u8)], key_id: &[u8]| {
        let list = List { by: key, ..list(from, entries) };
        let id = pki::extension(&[0x55, 0x1d, 35], false, &write(0x30, &[&write(0x80, &[key_id])]));
        if key_id.is_empty() { list } else { list.with(id) }
    };
    let ask = |lists: &[List], now: &str| {
        let mut root_list = list("2025-01-04", &[]);
        (root_list.issuer, root_list.by) = ("ROOT", ROOT);
        let mut case = case(&[lists, &[root_list]].concat(), &[]);
        let extensions = [pki::ca(), pki::usage(pki::CERT_SIGN | pki::CRL_SIGN)];
        let (subject, key, serial) = ("CA", 30, 9);
        let other = pki::Certified {
            subject,
            key,
            serial,
            issuer: "ROOT",
            by: ROOT,
            until: "2040-01-01",
            extensions: &extensions,
        };
        case.material.add_certificate(other.make());
        case.ask(&path(), at(now))
    };
    let (own, other, bad) = (pki::CA, 30, [(7, COMPROMISE)]);
    let days = ["2025-01-01", "2025-01-02", "2025-01-03"];
    // Only the other key's is at hand: it counts.
    assert_eq!(ask(&[by(other, days[0], &bad, &[])], NOW).status, revoked());
    assert_eq!(ask(&[by(other, days[0], &[], &[])], NOW).status, Status::Good);
    // With the own one, whichever is newer and whether key identifiers are there or not.
    for (a, b) in [(days[0], days[1]), (days[1], days[0])] {
        for entries in [bad, [(7, HOLD)]] {
            for (ids, third) in [([&b""[..], &b""[..]], false), ([b"own", b"other"], false), ([b"", b""], true)] {
                let mut lists = vec![by(own, a, &[], ids[0]), by(other, b, &entries, ids[1])];
                // The newest says good, so that the own one is passed over at first.
                lists.extend(third.then(|| by(other, days[2], &[], ids[1])));
                let answer = ask(&lists, NOW);
                assert_eq!(
                    (answer.status, answer.is_fresh),
                    (Status::Good, true),
                    "{a} {b} {entries:?} {ids:?} {third}"
                );
            }
        }
        assert_eq!(ask(&[by(own, a, &bad, &[]), by(other, b, &[], &[])], NOW).status, revoked(), "the own one says so");
    }
    // An own one that is not fresh any more takes nothing back.
    let later = "2025-01-12T00:00:00Z";
    assert_eq!(ask(&[by(own, days[0], &[], &[]), by(other, days[1], &bad, &[])], later).status, revoked());
}

#[test]
fn a_delta_completes_the_list_it_builds_on_and_no_other() {
    let base = |entries: &[(u8, u8)]| list("2025-01-01", entries).number(5);
    let delta = |entries: &[(u8, u8)]| list("2025-01-02", entries).number(7).delta_of(5);
    for (before, after, status) in [
        (&[][..], &[][..], Status::Good),
        (&[], &[(7, COMPROMISE)], revoked()),
        (&[], &[(7, HOLD)], on_hold()),
        (&[(7, HOLD)], &[], on_hold()),
        (&[(7, HOLD)], &[(7, REMOVE)], Status::Good),
        (&[(7, HOLD)], &[(7, COMPROMISE)], revoked()),
        (&[(7, COMPROMISE)], &[(7, REMOVE)], revoked()),
        (&[(7, COMPROMISE)], &[], revoked()),
    ] {
        assert_eq!(said(&[base(before), delta(after)], &[]), status, "{before:?} {after:?}");
    }
    let revoking = [(7, COMPROMISE)];
    let point = || pki::extension(&[0x55, 0x1d, 28], true, &[0x30, 3, 0x81, 1, 0xff]);
    let mut tampered = delta(&revoking);
    tampered.by = 40;
    for (why, lists) in [
        ("alone", vec![delta(&revoking)]),
        ("builds on a later list", vec![base(&[]), list("2025-01-02", &revoking).number(7).delta_of(6)]),
        ("as old as the list", vec![base(&[]), list("2025-01-02", &revoking).number(5).delta_of(4)]),
        ("without a number", vec![base(&[]), list("2025-01-02", &revoking).delta_of(5)]),
        ("a list without a number", vec![list("2025-01-01", &[]), delta(&revoking)]),
        ("another scope", vec![base(&[]), delta(&revoking).with(point())]),
        ("another key", vec![base(&[]), tampered]),
    ] {
        let answer = case(&lists, &[]).ask(&path(), at(NOW));
        let status = if why == "alone" { Status::Unknown } else { Status::Good };
        assert_eq!(answer.status, status, "{why}");
        let delta = answer.findings.iter().find(|finding| finding.kind == Kind::DeltaCrl).unwrap();
        assert!(delta.rejection.is_some() && !delta.is_used, "{why}");
    }
    // Both together are as fresh as the delta.
    let answer = case(&[base(&[]), delta(&[])], &[]).ask(&path(), at("2025-01-12"));
    assert_eq!((answer.status, answer.is_fresh), (Status::Good, true));
    assert_eq!(answer.used().count(), 2);
    assert!(!case(&[base(&[]), delta(&[])], &[]).ask(&path(), at("2025-01-13")).is_fresh);
}

#[test]
fn only_one_whom_the_issuer_entitles_answers_for_him() {
    let responder = |extensions: &[Vec<u8>]| pki::issued("RESPONDER", 50, 12, "2026-01-01", extensions);
    let full = [pki::ocsp_signing(), pki::no_check()];
    let ask = |certificate: &Arc<Certificate>, by: u8| {
        case(&[], &[response("2025-01-01").delegated(certificate, by)]).ask(&path(), at(NOW))
    };
    let answer = ask(&responder(&full), 50);
    assert_eq!(answer.status, Status::Good);
    assert_eq!(answer.findings[0].signer_path.len(), 3);
    let elsewhere = |issuer: &str, by: u8| {
        pki::Certified { subject: "RESPONDER", key: 50, serial: 12, issuer, by, until: "2026-01-01", extensions: &full }
            .make()
    };
    for (why, certificate, by) in [
        ("another key", responder(&full), 51),
        ("no purpose", responder(&[pki::no_check()]), 50),
        ("no signing", responder(&[pki::ocsp_signing(), pki::no_check(), pki::usage(pki::CRL_SIGN)]), 50),
        ("of the root", elsewhere("ROOT", ROOT), 50),
        ("of another key of the issuer", elsewhere("CA", 52), 50),
        ("another name", pki::issued("SOMEBODY", 50, 12, "2026-01-01", &full), 50),
    ] {
        assert_eq!(ask(&certificate, by).status, Status::Unknown, "{why}");
    }
    // Without nocheck, his own revocation is asked for, and he cannot answer for himself.
    let checked = responder(&[pki::ocsp_signing()]);
    assert_eq!(rejections(&ask(&checked, 50)), [Rejection::SignerUnknown]);
    let mut own = response("2025-01-01").delegated(&checked, 50);
    own.serial = 12;
    let answered = response("2025-01-01").delegated(&checked, 50);
    assert_eq!(said(&[], &[answered.clone(), own]), Status::Unknown);
    let with_list =
        |entries| case(&[list("2025-01-01", entries)], std::slice::from_ref(&answered)).ask(&path(), at(NOW));
    assert_eq!(with_list(&[]).findings.iter().filter(|finding| finding.rejection.is_none()).count(), 2);
    assert_eq!(rejections(&with_list(&[(12, COMPROMISE)])), [Rejection::SignerRevoked(revoked())]);
    // A policy that asks for no revocation data does not ask for the responder's either.
    let mut lenient = case(&[], &[answered]);
    lenient.rules.required = false;
    assert_eq!(lenient.ask(&path(), at(NOW)).status, Status::Good);
}

#[test]
fn a_response_outlives_its_signer_only_with_a_proof_of_its_age() {
    let extensions = [pki::ocsp_signing(), pki::no_check()];
    let responder = pki::issued("RESPONDER", 50, 12, "2025-01-10", &extensions);
    let mut case = case(&[], &[response("2025-01-01").delegated(&responder, 50)]);
    assert_eq!(case.ask(&path(), at("2025-01-10")).status, Status::Good);
    let later = at("2025-01-11");
    assert_eq!(rejections(&case.ask(&path(), later)), [Rejection::SignerOutOfBounds]);
    let digest = case.material.ocsp_responses().next().unwrap().sha256;
    for (proven, status) in [("2025-01-10", Status::Good), ("2025-01-10T00:00:01Z", Status::Unknown)] {
        case.proofs.insert(digest, at(proven));
        assert_eq!(case.ask(&path(), later).status, status, "{proven}");
    }
}

#[test]
fn what_is_used_up_is_no_answer_and_a_warm_cache_changes_none() {
    let mut case = case(&[list("2025-01-01", &[])], &[response("2025-01-02")]);
    let full = case.ask(&path(), at(NOW));
    assert_eq!(full.status, Status::Good);
    assert_eq!(case.ask(&path(), at(NOW)), full, "warm");
    for signatures in [0, 1] {
        case.budget = Budget::of(signatures);
        let answer = case.ask(&path(), at(NOW));
        let broken_off = answer.broken_off.clone().map(Rejection::Budget);
        assert_eq!((answer.status, rejections(&answer).last()), (Status::Unknown, broken_off.as_ref()));
        assert_eq!(answer.broken_off.unwrap().limit, signatures);
    }
    case.budget = Budget::of(2);
    assert_eq!(case.ask(&path(), at(NOW)), full);
    // A revocation for good that was found before is one.
    let mut stopped = self::case(&[list("2025-01-01", &[])], &[response("2025-01-02").revoked(SINCE, COMPROMISE)]);
    stopped.budget = Budget::of(1);
    assert_eq!(stopped.ask(&path(), at(NOW)).status, revoked());
    // Many who have the name of the CA, and one list that none of them signed.
    case.budget = Budget::default();
    let mut strange = list("2025-01-01", &[]);
    strange.by = 99;
    let mut crowd = Case::new(Material::new());
    crowd.material.add_file(&strange.der()).unwrap();
    for serial in 0..=u8::try_from(REVOCATION_SIGNATURES_MAX).unwrap() {
        let usage = [pki::usage(pki::CRL_SIGN)];
        let one = pki::Certified {
            subject: "CA",
            key: 100,
            serial,
            issuer: "X",
            by: 100,
            until: "2040-01-01",
            extensions: &usage,
        };
        crowd.material.add_certificate(one.make());
    }
    let answer = crowd.ask(&path(), at(NOW));
    assert_eq!(rejections(&answer), [Rejection::Budget(answer.broken_off.unwrap())]);
}

/// The search for the path of a delegated responder draws on the work of the submission, and says so when it ran out;
/// it is not as if the responder had no path.
#[test]
fn work_that_ran_out_on_the_path_of_a_responder_is_said_and_is_no_answer() {
    let extensions = [pki::ocsp_signing(), pki::no_check()];
    let responder = pki::issued("RESPONDER", 50, 12, "2040-01-01", &extensions);
    let mut case = case(&[], &[response("2025-01-02").delegated(&responder, 50)]);
    assert_eq!(case.ask(&path(), at(NOW)).status, Status::Good);
    for work in [Work::of(100, 0, 100), Work::of(0, 100, 100)] {
        case.work = work;
        for required in [true, false] {
            case.rules.required = required;
            let answer = case.ask(&path(), at(NOW));
            let broken_off = answer.broken_off.clone().unwrap();
            assert_eq!((answer.status, broken_off.limit), (Status::Unknown, 0));
            assert_eq!(rejections(&answer), [Rejection::Budget(broken_off)]);
        }
    }
}

#[test]
fn the_answer_does_not_depend_on_the_order_of_the_material() {
    let mut lists: Vec<List> = (1..6).map(|day| list(&format!("2025-01-0{day}"), &[(8, HOLD)])).collect();
    let responses = [response("2025-01-02"), response("2025-01-03").revoked(SINCE, HOLD)];
    let forwards = case(&lists, &responses);
    lists.reverse();
    let mut backwards = case(&[], &[responses[1].clone(), responses[0].clone()]).material;
    backwards.merge(&case(&lists, &[]).material);
    let (a, b) = (forwards.ask(&path(), at(NOW)), Case::new(backwards.clone()).ask(&path(), at(NOW)));
    assert_eq!(a, b);
    assert!(forwards.material.entries().eq(backwards.entries()));
    // What is frozen comes back as it was.
    let mut thawed = Material::new();
    for (kind, digest, bytes) in backwards.entries() {
        thawed.add_entry(kind, bytes).unwrap();
        assert_eq!(muragat::model::digest::sha256(bytes), digest);
    }
    assert_eq!(Case::new(thawed).ask(&path(), at(NOW)), a);
}

#[test]
fn files_are_taken_for_what_they_are() {
    let [leaf, ca, root] = path();
    let (list, response) = (list("2025-01-01", &[]), response("2025-01-01"));
    let pem = |label: &str, der: &[u8]| {
        use base64::Engine;
        let text = base64::engine::general_purpose::STANDARD.encode(der);
        format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
    };
    let chain = [&leaf, &ca, &root].map(|one| pem("CERTIFICATE", &one.der)).concat();
    // ContentInfo, SignedData without content and signers: a bag.
    let members = write(0xa0, &[&leaf.der, &ca.der]);
    let data = pki::oid(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1]);
    let content = write(
        0x30,
        &[&[2, 1, 1], &[0x31, 0], &write(0x30, &[&data]), &members, &write(0xa1, &[&list.der()]), &[0x31, 0]],
    );
    let bag = write(0x30, &[&pki::oid(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2]), &write(0xa0, &[&content])]);
    use MaterialKind::{Certificate as C, Crl as L, Ocsp as O};
    for (bytes, kinds) in [
        (leaf.der.clone(), &[C][..]),
        (list.der(), &[L]),
        (response.der(), &[O]),
        (response.basic(), &[O]),
        (chain.into_bytes(), &[C, C, C]),
        (pem("X509 CRL", &list.der()).into_bytes(), &[L]),
        (bag.clone(), &[C, C, L]),
        (pem("PKCS7", &bag).into_bytes(), &[C, C, L]),
    ] {
        let mut material = Material::new();
        let taken = material.add_file(&bytes).unwrap();
        assert_eq!(taken.iter().map(|(kind, _)| *kind).collect::<Vec<_>>(), kinds);
        assert_eq!(material.entries().count(), kinds.len());
        material.add_file(&bytes).unwrap();
        assert_eq!(material.entries().count(), kinds.len(), "twice is once");
    }
    let mut material = Material::new();
    for wrong in [&b""[..], b"hello", &[0x30, 0], &[0x30, 3, 2, 1, 1], &[0x30, 2, 5, 0]] {
        assert!(material.add_file(wrong).is_err());
    }
    assert!(matches!(material.add_file(&[0x30, 2, 5, 0]), Err(MaterialError::Unknown)));
    // Of a file with one part that cannot be read, nothing is taken.
    let half = [pem("CERTIFICATE", &leaf.der), pem("CERTIFICATE", &[0x30, 2, 0x30, 0])].concat();
    assert!(material.add_file(half.as_bytes()).is_err());
    assert_eq!(material.entries().count(), 0);
    let try_later = write(0x30, &[&[0x0a, 1, 3]]);
    assert!(material.add_file(&try_later).unwrap_err().to_string().contains("tryLater"));
}

#[test]
fn a_response_cut_off_anywhere_or_with_a_changed_octet_is_no_panic_and_says_nothing_else() {
    let responder = pki::issued("RESPONDER", 50, 12, "2026-01-01", &[pki::ocsp_signing(), pki::no_check()]);
    let mut whole = response("2025-01-01").delegated(&responder, 50);
    whole.extensions = extended_revoke();
    for der in [whole.der(), whole.basic()] {
        assert!(OcspResponse::parse(&der).is_ok());
        for end in 0..der.len() {
            assert!(OcspResponse::parse(&der[..end]).is_err(), "{end}");
        }
        for place in 0..der.len() {
            let mut other = der.clone();
            other[place] ^= 1 << (place % 8);
            let Ok(other) = OcspResponse::parse(&other) else { continue };
            let mut material = Material::new();
            material.add_ocsp(Arc::new(other));
            let status = Case::new(material).ask(&path(), at(NOW)).status;
            assert!(matches!(status, Status::Good | Status::Unknown), "{place} {status:?}");
        }
    }
    assert_eq!(
        OcspResponse::parse(&whole.der()).unwrap().answers,
        OcspResponse::parse(&whole.basic()).unwrap().answers
    );
}
