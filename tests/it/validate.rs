//! Signatures get the verdicts that ETSI EN 319 102-1 gives them.
//!
//! Goal: every case that `make-vectors.sh` generates has the intended indication and sub-indication, every Kazakh
//! signature of the public vectors passes and every changed one does not, and a report is the same bytes for the same
//! question. Method: the vectors lie outside the sources; where they are absent, the test says what it skips. Generated
//! cases come from the folder in `MURAGAT_VECTORS`, or are made by `../shared/tools/make-vectors.sh`.

use super::vectors::generated;
use chrono::{DateTime, NaiveDateTime, Utc};
use muragat::model::canonical;
use muragat::model::digest::{Sha256, sha256};
use muragat::text::Lang;
use muragat::verify::certificate::Certificate;
use muragat::verify::cms::{self, SignedData};
use muragat::verify::material::{Material, MaterialKind};
use muragat::verify::policy::Policy;
use muragat::verify::report::{Level, PoeSource, ProofOfExistence, Report};
use muragat::verify::timestamp::TimestampToken;
use muragat::verify::validation::{Caches, Content, InMemory, Question, validate};
use muragat::verify::verdict::{Indication, SubIndication};
use muragat::verify::wrap;
use serde_json::Value;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

fn shared() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared")
}

fn time(text: &str) -> DateTime<Utc> {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").unwrap().and_utc()
}

fn certificates(path: &Path) -> Vec<Arc<Certificate>> {
    let blocks = wrap::unwrap(&fs::read(path).unwrap()).unwrap();
    blocks.iter().map(|block| Arc::new(Certificate::parse(&block.bytes).unwrap())).collect()
}

/// A question that owns its parts.
struct Case {
    object: Vec<u8>,
    content: Option<Vec<u8>>,
    material: Material,
    policy: Policy,
    at: DateTime<Utc>,
    poe: Vec<ProofOfExistence>,
}

impl Case {
    fn ask(&self) -> Report {
        self.ask_with(&Caches::default())
    }

    fn ask_with(&self, caches: &Caches) -> Report {
        let content = self.content.as_deref().map(InMemory);
        let question = Question {
            object: &self.object,
            object_digest: None,
            content: content.as_ref().map(|content| content as &dyn Content),
            material: &self.material,
            policy: &self.policy,
            at: self.at,
            poe: &self.poe,
            caches,
        };
        validate(&question).unwrap()
    }

    fn verdict(&self) -> (Indication, Option<SubIndication>) {
        let report = self.ask();
        (report.conclusion().indication, report.conclusion().sub_indication)
    }
}

/// Every CRL and OCSP response in the folders of these algorithms, and the issuing CA: the Ed25519 signatures carry the
/// signer's certificate only, and in `leaf-as-ca` the chain behind the leaf is not carried.
fn material_of(folder: &Path, algorithms: &[&str]) -> Material {
    let mut material = Material::new();
    for algorithm in algorithms {
        certificates(&folder.join(algorithm).join("chain.pem")).into_iter().for_each(|c| material.add_certificate(c));
        let mut names: Vec<PathBuf> =
            fs::read_dir(folder.join(algorithm)).unwrap().map(|e| e.unwrap().path()).collect();
        names.sort();
        for name in names {
            let kind = match name.extension().and_then(|e| e.to_str()) {
                Some("crl") => MaterialKind::Crl,
                Some("ocsp") => MaterialKind::Ocsp,
                _ => continue,
            };
            material.add_entry(kind, &fs::read(&name).unwrap()).unwrap_or_else(|e| panic!("{}: {e}", name.display()));
        }
    }
    material
}

/// One generated case with its name and the verdict that is intended; a bare sub-indication is `-`.
struct Generated {
    name: String,
    case: Case,
    expected: (String, String),
}

fn cases(folder: &Path) -> Vec<Generated> {
    let table = fs::read_to_string(folder.join("expected.tsv")).unwrap();
    let row = |line: &str| {
        let fields: Vec<&str> = line.split('\t').collect();
        let [algorithm, name, signature, content, at, indication, sub, _] = fields[..] else { panic!("{line}") };
        let algorithms: Vec<&str> = algorithm.split('+').collect();
        let own = if algorithms.len() > 1 { folder.join(name) } else { folder.join(algorithm) };
        let anchors = |kind: &str| -> Vec<_> {
            algorithms.iter().flat_map(|a| certificates(&folder.join(a).join(kind).join("ca.pem"))).collect()
        };
        let mut policy = Policy::built_in().with_anchors(&anchors("root"), &anchors("tsaroot"));
        // The generator makes no CRL of the authority that issues the time-stamping certificate.
        policy.timestamp.revocation_required = false;
        let mut material = material_of(folder, &algorithms);
        if name == "leaf-as-ca" {
            // The Ed25519 signature does not carry the certificate of the leaf that acts as a CA.
            certificates(&own.join("signer.pem")).into_iter().for_each(|c| material.add_certificate(c));
        }
        let case = Case {
            object: fs::read(own.join(signature)).unwrap(),
            content: (content != "-").then(|| fs::read(own.join(content)).unwrap()),
            material,
            policy,
            at: time(at),
            poe: Vec::new(),
        };
        let expected = (indication.to_owned(), sub.to_owned());
        Generated { name: format!("{algorithm}/{name}"), case, expected }
    };
    table.lines().skip(1).map(row).collect()
}

fn case(name: &str) -> Option<Case> {
    let found = cases(&generated()?).into_iter().find(|case| case.name == name);
    Some(found.unwrap_or_else(|| panic!("there is a case {name}")).case)
}

#[test]
fn every_generated_case_has_the_intended_verdict() {
    let Some(folder) = generated() else { return };
    let caches = Caches::default();
    let mut wrong = Vec::new();
    let all = cases(&folder);
    for Generated { name, case, expected } in &all {
        let report = case.ask_with(&caches);
        let conclusion = report.conclusion();
        let sub = conclusion.sub_indication.map_or("-", |sub| sub.as_str());
        let found = (conclusion.indication.as_str(), sub);
        // Contested: over the DER form it passes (RFC 5652 §5.4), with a note.
        let expected = match expected.0.as_str() {
            "CONTESTED" => ("TOTAL-PASSED", "-"),
            indication => (indication, expected.1.as_str()),
        };
        if found != expected {
            wrong.push(format!("{name}: expected {expected:?}, found {conclusion}"));
        }
        assert_eq!(report.encode(), case.ask().encode(), "{name}: a warm cache changes nothing");
    }
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), all.len(), wrong.join("\n"));
    println!("{} generated cases as intended", all.len());
}

#[test]
fn attributes_that_are_not_stored_in_der_pass_with_a_note() {
    let Some(case) = case("rsa2048/good-unsorted") else { return };
    let report = case.ask();
    let note = report.signatures[0].checks.iter().find(|check| check.name == "attributes").unwrap();
    assert_eq!((note.outcome.as_str(), note.block), ("warn", "crypto"), "{note:?}");
}

#[test]
fn a_token_over_other_data_is_reported_and_counts_for_nothing() {
    let (Some(case), Some(good)) = (case("rsa2048/foreign-timestamp"), case("rsa2048/good-t")) else { return };
    let report = case.ask();
    let signature = &report.signatures[0];
    assert_eq!((signature.level, signature.best_signature_time), (Level::B, case.at));
    assert_eq!((signature.timestamps.len(), signature.timestamps[0].covers), (1, false));
    assert_eq!(signature.poe.len(), 1);
    let report = good.ask();
    assert_eq!(report.signatures[0].level, Level::T);
    assert_eq!(report.signatures[0].best_signature_time, time("2025-03-01 10:05:00"));
}

#[test]
fn the_signer_is_named_with_numbers_and_roles() {
    let Some(case) = case("ecp256/good") else { return };
    let report = case.ask();
    let signer = &report.signatures[0].signer;
    assert_eq!((signer.iin.as_deref(), signer.bin.as_deref()), (Some("123456789011"), Some("123456789021")));
    assert_eq!(signer.role_oids.len(), 2);
    for (lang, words) in [(Lang::Kk, "бірінші басшы"), (Lang::Ru, "первый руководитель"), (Lang::En, "first head")]
    {
        let text = report.text(lang);
        assert!(text.contains(words) && text.contains("ТЕСТОВ"), "{text}");
    }
}

/// The archive's own journal takes the place of a time-stamp.
#[test]
fn a_proof_from_outside_keeps_an_expired_or_revoked_signature_valid() {
    for (name, exists, after, sub) in [
        ("rsa2048/expired", "2021-06-01 11:00:00", "2022-01-01 00:00:01", SubIndication::OutOfBoundsNoPoe),
        ("rsa2048/revoked", "2025-03-31 23:59:59", "2025-04-01 00:00:00", SubIndication::RevokedNoPoe),
    ] {
        let Some(mut case) = case(name) else { return };
        let of_object = |case: &Case| sha256(&case.object);
        for digest in [of_object(&case), case.ask().signatures[0].signature_id] {
            let proof = |at: &str| ProofOfExistence { object: digest, time: time(at), source: PoeSource::Receipt };
            case.poe = vec![proof(exists)];
            assert_eq!(case.verdict(), (Indication::TotalPassed, None), "{name}");
            case.poe = vec![proof(after)];
            assert_eq!(case.verdict(), (Indication::Indeterminate, Some(sub)), "{name}");
            case.poe =
                vec![proof("2025-05-01 12:00:01"), ProofOfExistence { object: sha256(b"other"), ..proof(exists) }];
            assert_eq!(case.verdict(), (Indication::Indeterminate, Some(sub)), "{name}: of another thing, or later");
        }
    }
}

#[test]
fn a_signature_before_its_certificate_is_not_valid() {
    let Some(mut case) = case("rsa2048/good") else { return };
    let digest = sha256(&case.object);
    case.poe = vec![ProofOfExistence { object: digest, time: time("2023-12-31 23:59:59"), source: PoeSource::Receipt }];
    assert_eq!(case.verdict(), (Indication::TotalFailed, Some(SubIndication::NotYetValid)));
}

/// Property: what speaks for a signature, taken away, never makes its verdict a better one.
#[test]
fn removing_evidence_never_makes_a_verdict_pass() {
    let Some(folder) = generated() else { return };
    for Generated { name, mut case, .. } in cases(&folder).into_iter().filter(|case| case.name.starts_with("ecp256/")) {
        let rank = |case: &Case| case.ask().conclusion().indication.rank();
        let before = rank(&case);
        let all = case.material.clone();
        let entries: Vec<_> = all.entries().map(|(kind, digest, bytes)| (kind, digest, bytes.to_vec())).collect();
        for removed in 0..entries.len() {
            let mut material = Material::new();
            for (_, (kind, _, bytes)) in entries.iter().enumerate().filter(|(i, _)| *i != removed) {
                material.add_entry(*kind, bytes).unwrap();
            }
            case.material = material;
            let after = rank(&case);
            assert!(after >= before.min(1), "{name} without entry {removed}: {before} became {after}");
        }
        case.material = Material::new();
        assert!(rank(&case) >= before.min(1), "{name} without material");
        case.material = all;
        let (signature, timestamp) = (case.policy.anchors.clone(), case.policy.tsa_anchors.clone());
        case.policy.tsa_anchors.clear();
        assert!(rank(&case) >= before.min(1), "{name} without anchors for time-stamps");
        case.policy.anchors.clear();
        assert!(rank(&case) >= 1, "{name} without anchors");
        (case.policy.anchors, case.policy.tsa_anchors) = (signature, timestamp);
        if case.content.take().is_some() {
            assert!(rank(&case) >= 1, "{name} without its content");
        }
    }
}

#[test]
fn missing_revocation_data_wait_and_are_not_asked_for_when_the_policy_does_not() {
    let Some(mut case) = case("gost512/good") else { return };
    case.material = Material::new();
    assert_eq!(case.verdict(), (Indication::Indeterminate, Some(SubIndication::TryLater)));
    case.policy.revocation.required = false;
    assert_eq!(case.verdict(), (Indication::TotalPassed, None));
}

#[test]
fn attached_and_given_content_must_both_be_what_was_signed() {
    let Some(mut case) = case("rsa2048/good-attached") else { return };
    let content = fs::read(generated().unwrap().join("rsa2048/doc.txt")).unwrap();
    case.content = Some(content);
    assert_eq!(case.verdict(), (Indication::TotalPassed, None));
    case.content = Some(b"another".to_vec());
    assert_eq!(case.verdict(), (Indication::TotalFailed, Some(SubIndication::HashFailure)));
}

/// Every byte of an object matters, or lies where nothing is verified and nothing is improved by it.
#[test]
fn a_flipped_bit_never_turns_a_failure_and_truncations_are_read_as_such() {
    let Some(mut case) = case("ecp256/tampered-signature") else { return };
    let object = case.object.clone();
    for at in (0..object.len()).step_by(7) {
        case.object = object.clone();
        case.object[at] ^= 1;
        assert!(case.ask().conclusion().indication.rank() > 0, "byte {at}");
    }
    for len in (0..object.len()).step_by(13) {
        case.object = object[..len].to_vec();
        assert_eq!(case.verdict(), (Indication::TotalFailed, Some(SubIndication::FormatFailure)), "{len} bytes");
    }
}

#[test]
fn base64_and_pem_of_an_object_have_the_same_verdict() {
    use base64::Engine;
    let Some(mut case) = case("ed25519/good-ber") else { return };
    let text = base64::engine::general_purpose::STANDARD.encode(&case.object);
    for wrapped in [text.clone(), format!("-----BEGIN CMS-----\n{text}\n-----END CMS-----\n")] {
        case.object = wrapped.into_bytes();
        assert_eq!(case.verdict(), (Indication::TotalPassed, None));
    }
}

#[test]
fn what_is_no_cms_is_said_to_be_none() {
    let Some(mut case) = case("rsa2048/good") else { return };
    for (object, verdict, format) in [
        (&b"<?xml version=\"1.0\"?><a/>"[..], (Indication::Indeterminate, SubIndication::SigConstraintsFailure), "xml"),
        (b"\xef\xbb\xbf <a/>", (Indication::Indeterminate, SubIndication::SigConstraintsFailure), "xml"),
        (b"%PDF-1.7", (Indication::Indeterminate, SubIndication::SigConstraintsFailure), "pdf"),
        (b"hello", (Indication::TotalFailed, SubIndication::FormatFailure), "unknown"),
        (b"", (Indication::TotalFailed, SubIndication::FormatFailure), "unknown"),
        (b"\x30\x00", (Indication::TotalFailed, SubIndication::FormatFailure), "unknown"),
    ] {
        case.object = object.to_vec();
        let report = case.ask();
        assert_eq!((report.format, report.signatures.len()), (format, 1));
        assert_eq!(case.verdict(), (verdict.0, Some(verdict.1)), "{object:?}");
    }
}

#[test]
fn reports_keep_the_schema_and_are_canonical() {
    let Some(folder) = generated() else { return };
    let validator = schema();
    for Generated { name, case, .. } in cases(&folder) {
        let bytes = case.ask().encode();
        let value: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(canonical::to_vec(&value).unwrap(), bytes, "{name}");
        let faults: Vec<String> =
            validator.iter_errors(&value).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(faults.is_empty(), "{name}: {faults:?}");
    }
}

fn schema() -> jsonschema::Validator {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/report/1/report.schema.json");
    let schema: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    jsonschema::meta::validate(&schema).unwrap();
    jsonschema::options().should_validate_formats(true).build(&schema).unwrap()
}

#[test]
fn examples_of_reports_are_judged_by_the_schema_as_their_names_say() {
    let validator = schema();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/report/1/examples");
    let mut counts = [0, 0];
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let value: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let is_valid = name.starts_with("valid-");
        assert!(is_valid || name.starts_with("invalid-"), "{name}");
        assert_eq!(validator.is_valid(&value), is_valid, "{name}");
        counts[usize::from(is_valid)] += 1;
    }
    assert!(counts[1] >= 2 && counts[0] >= 10, "{counts:?}");
}

// ---- Kazakh vectors ------------------------------------------------------------------------------------------------

fn kazakh() -> Option<PathBuf> {
    let folder = shared().join("vectors");
    if !folder.is_dir() {
        eprintln!("skipped: the Kazakh vectors are not in {}", folder.display());
        return None;
    }
    Some(folder)
}

/// The test authorities of the vectors: the issuing CAs, whose roots are not at hand.
fn kazakh_policy(folder: &Path) -> Policy {
    let resources = folder.join("kz-ncanode/src/test/resources/ca");
    let of = |name: &str| certificates(&resources.join(name));
    let anchors = [of("nca_gost_test.crt"), of("nca_rsa_test.crt"), of("nca_gost2015_test.cer")].concat();
    let mut policy = Policy::built_in().with_anchors(&anchors, &anchors);
    policy.revocation.required = false;
    policy.timestamp.revocation_required = false;
    policy
}

fn kazakh_objects(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut objects = Vec::new();
    for part in ["kz-mitwork", "kz-ncanode/from-groovy"] {
        for entry in fs::read_dir(folder.join(part)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|e| e == "p7s") {
                objects.push((path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&path).unwrap()));
            }
        }
    }
    objects.sort();
    objects
}

/// The content of the attached samples; the detached one is over the same.
fn attached_content(folder: &Path) -> Vec<u8> {
    let object = fs::read(folder.join("kz-ncanode/from-groovy/CmsServiceTest.SIGNED_CMS.p7s")).unwrap();
    match SignedData::read(&object).unwrap().content {
        cms::Content::Octets(bytes) => bytes.into_owned(),
        other => panic!("{other:?}"),
    }
}

/// The certificates of the test signers do not overlap, so every signature is asked about within its own validity.
fn within(report: &Report, index: usize) -> DateTime<Utc> {
    let signer = &report.signatures[index].signer;
    let (from, to) = (signer.not_before.unwrap(), signer.not_after.unwrap());
    from + (to - from) / 2
}

#[test]
fn every_kazakh_signature_passes_under_its_test_anchors_and_no_changed_one_does() {
    let Some(folder) = kazakh() else { return };
    let mut signatures = 0;
    for (name, object) in kazakh_objects(&folder) {
        let is_detached = name.contains("DETACHED");
        let mut case = Case {
            object: object.clone(),
            content: is_detached.then(|| attached_content(&folder)),
            material: Material::new(),
            policy: kazakh_policy(&folder),
            at: time("2025-02-25 00:00:00"),
            poe: Vec::new(),
        };
        let count = case.ask().signatures.len();
        for index in 0..count {
            case.object = object.clone();
            case.policy.revocation.required = false;
            case.at = within(&case.ask(), index);
            let report = case.ask();
            let conclusion = &report.signatures[index].conclusion;
            assert_eq!(conclusion.indication, Indication::TotalPassed, "{name} {index}: {}", report.text(Lang::En));
            signatures += 1;
            case.policy.revocation.required = true;
            let conclusion = &case.ask().signatures[index].conclusion;
            assert_eq!(conclusion.sub_indication, Some(SubIndication::TryLater), "{name} {index}");
            case.policy.revocation.required = false;
            for (what, place) in signed_places(&object, index, report.signatures[index].signer.certificate.unwrap()) {
                for at in place.step_by(29) {
                    case.object[at] ^= 0x04;
                    let report = case.ask();
                    let passed = report.signatures.get(index).is_some_and(|s| s.conclusion.is_passed());
                    assert!(!passed, "{name}: {what}, byte {at} changed\n{}", report.text(Lang::En));
                    case.object[at] ^= 0x04;
                }
            }
        }
    }
    println!("{signatures} Kazakh signatures passed");
}

/// The CA that issued the certificate of the authority is not at hand, so that certificate itself is the anchor. It is
/// another authority than that of the signer: the two sets are separate.
#[test]
fn a_kazakh_time_stamp_counts_under_its_authority_and_under_no_other() {
    let Some(folder) = kazakh() else { return };
    for (name, claimed) in [("v2-a137231.p7s", "2025-02-24 19:23:13"), ("v4-90af39a.p7s", "2024-07-22 12:32:50")] {
        let object = fs::read(folder.join("kz-mitwork").join(name)).unwrap();
        let signed = SignedData::read(&object).unwrap();
        let tokens = signed.signers[0].unsigned.as_ref().unwrap().signature_timestamps();
        let token = TimestampToken::read(tokens[0]).unwrap();
        let authority = Arc::new(Certificate::parse(token.signed_data().certificates[0]).unwrap());
        let policy = kazakh_policy(&folder);
        let anchors: Vec<_> = policy.anchors.iter().map(|anchor| Arc::clone(&anchor.certificate)).collect();
        let mut case = Case {
            object: object.clone(),
            content: None,
            material: Material::new(),
            policy: policy.with_anchors(&anchors, &[authority]),
            at: time(claimed) + chrono::TimeDelta::days(30),
            poe: Vec::new(),
        };
        let report = case.ask();
        let signature = &report.signatures[0];
        assert_eq!((signature.conclusion.indication, signature.level), (Indication::TotalPassed, Level::T), "{name}");
        assert_eq!(signature.best_signature_time, time(claimed) + chrono::TimeDelta::seconds(1));
        assert_eq!(signature.claimed_signing_time, Some(time(claimed)));
        case.policy = kazakh_policy(&folder);
        let report = case.ask();
        assert_eq!(report.signatures[0].level, Level::B, "{name}");
        let token = &report.signatures[0].timestamps[0];
        assert_eq!((token.covers, token.conclusion.is_passed()), (true, false));
    }
}

/// Where the parts of one signature lie that nobody may change: certificate, attributes, value and content.
fn signed_places(object: &[u8], index: usize, certificate: Sha256) -> Vec<(&'static str, Range<usize>)> {
    let signed = SignedData::read(object).unwrap();
    let signer = &signed.signers[index];
    let own = signed.certificates.iter().find(|der| sha256(der) == certificate).unwrap();
    let attributes = signer.signed.as_ref().unwrap().raw;
    let content = match &signed.content {
        cms::Content::Octets(bytes) => bytes.as_ref(),
        _ => &[],
    };
    let place = |part: &[u8]| {
        let at = object.windows(part.len().max(1)).position(|window| window == part).unwrap_or(object.len());
        at..(at + part.len()).min(object.len())
    };
    let parts = [("certificate", *own), ("attributes", attributes), ("value", &signer.signature), ("content", content)];
    parts.into_iter().map(|(what, part)| (what, place(part))).collect()
}

fn digest_of(text: &str) -> Sha256 {
    sha256(text.as_bytes())
}

#[test]
fn an_unknown_proof_changes_nothing() {
    let Some(mut case) = case("ecp384/revoked") else { return };
    let before = case.ask().encode();
    case.poe = vec![ProofOfExistence {
        object: digest_of("nothing of this"),
        time: time("2020-01-01 00:00:00"),
        source: PoeSource::EvidenceRecord,
    }];
    assert_eq!(case.ask().encode(), before);
}

// ---- The command ---------------------------------------------------------------------------------------------------

/// What the program answered: exit code, stdout, stderr.
fn run(arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_muragat"));
    command.env_remove("MURAGAT_ARCHIVE").env("MURAGAT_LANG", "en").args(arguments);
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// The policy of the generated cases as a file, and the arguments that name it with anchors and material.
fn arguments(folder: &Path, own: &Path, algorithm: &str) -> Vec<String> {
    let policy = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/policy/1/default.toml");
    let text = fs::read_to_string(policy).unwrap();
    let asked = "[timestamp]\n";
    let (before, behind) = text.split_once(asked).unwrap();
    let behind = behind.replacen("revocation_required = true", "revocation_required = false", 1);
    fs::write(own.join("policy.toml"), format!("{before}{asked}{behind}")).unwrap();
    let folder = folder.join(algorithm);
    let material = own.join("material");
    fs::create_dir_all(&material).unwrap();
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let is_material = path.extension().is_some_and(|e| e == "crl" || e == "ocsp") || path.ends_with("chain.pem");
        if is_material {
            fs::copy(&path, material.join(path.file_name().unwrap())).unwrap();
        }
    }
    let text = |path: PathBuf| path.to_string_lossy().into_owned();
    let named = [
        ("--anchors", text(folder.join("root/ca.pem"))),
        ("--tsa-anchors", text(folder.join("tsaroot/ca.pem"))),
        ("--material", text(material)),
        ("--policy", text(own.join("policy.toml"))),
        ("--as-of", "2025-05-01T17:00:00+05:00".to_owned()),
    ];
    named.into_iter().flat_map(|(name, value)| [name.to_owned(), value]).collect()
}

#[test]
fn the_command_gives_the_report_of_the_library_and_the_exit_code_of_the_worst() {
    let Some(folder) = generated() else { return };
    let own = tempfile::tempdir().unwrap();
    let common = arguments(&folder, own.path(), "ecp256");
    let content = folder.join("ecp256/doc.txt").to_string_lossy().into_owned();
    let file = |name: &str| folder.join("ecp256").join(name).to_string_lossy().into_owned();
    let ask = |files: &[&str], more: &[&str]| {
        let files: Vec<String> = files.iter().map(|name| file(name)).collect();
        let all = ["validate"].into_iter().chain(more.iter().copied());
        let all = all.chain(files.iter().map(String::as_str)).chain(common.iter().map(String::as_str));
        run(&all.collect::<Vec<_>>())
    };
    let given = ["--json", "--content", &content];
    let (exit, stdout, _) = ask(&["good-t.p7s", "revoked.p7s", "tampered-sig.p7s", "doc.tsr"], &given);
    assert_eq!(exit, 1);
    for (line, name) in stdout.lines().zip(["good-t", "revoked", "tampered-signature", "timestamp-only"]) {
        let mut report = case(&format!("ecp256/{name}")).unwrap().ask();
        let value: Value = serde_json::from_str(line).unwrap();
        assert_eq!(canonical::to_vec(&value).unwrap(), line.as_bytes());
        // The case changes a rule of the policy in memory, the command in its file.
        report.policy.2 = value["policy"]["sha256"].as_str().unwrap().parse().unwrap();
        assert_eq!(String::from_utf8(report.encode()).unwrap(), line, "{name}");
    }
    assert_eq!(stdout.lines().count(), 4);
    assert_eq!(ask(&["good-t.p7s", "revoked.p7s"], &given).0, 9);
    assert_eq!(ask(&["good-t.p7s", "doc.tsr"], &given).0, 0);
    assert_eq!(ask(&["no-such.p7s"], &[]).0, 3);
    assert_eq!(ask(&["good.p7s"], &["--content", "no-such-file"]).0, 3);
    assert_eq!(ask(&["good.p7s"], &["--as-of", "yesterday"]).0, 2);
    assert_eq!(run(&["validate"]).0, 2);
}

#[test]
fn the_command_takes_the_file_beside_a_detached_signature_and_says_so() {
    let Some(folder) = generated() else { return };
    let own = tempfile::tempdir().unwrap();
    let common = arguments(&folder, own.path(), "ecp256");
    let copy = |from: &str, to: &str| fs::copy(folder.join("ecp256").join(from), own.path().join(to)).unwrap();
    copy("doc.txt", "a.txt");
    copy("good.p7s", "a.txt.p7s");
    let signature = own.path().join("a.txt.p7s").to_string_lossy().into_owned();
    let all: Vec<&str> =
        ["validate", signature.as_str()].into_iter().chain(common.iter().map(String::as_str)).collect();
    let (exit, stdout, stderr) = run(&all);
    assert_eq!(exit, 0, "{stdout}{stderr}");
    assert!(stderr.contains("a.txt") && stdout.contains("TOTAL-PASSED") && stdout.contains("IIN 123456789011"));
    copy("doc-tampered.txt", "a.txt");
    let (exit, stdout, _) = run(&all);
    assert!(exit == 1 && stdout.contains("HASH_FAILURE"), "{stdout}");
    // A damaged signature is one all the same: it fails, and is not called another kind of file.
    let bytes = fs::read(&signature).unwrap();
    fs::write(own.path().join("cut.p7s"), &bytes[..bytes.len() / 2]).unwrap();
    let cut = own.path().join("cut.p7s").to_string_lossy().into_owned();
    let (exit, stdout, _) = run(&["validate", &cut]);
    assert!(exit == 1 && stdout.contains("FORMAT_FAILURE"), "{stdout}");
    // Without anchors nothing passes, and the program says why.
    let (exit, stdout, stderr) = run(&["validate", &signature, "--as-of", "2025-05-01"]);
    assert!(exit == 1 && stdout.contains("HASH_FAILURE") && stderr.contains("--anchors"), "{stdout}{stderr}");
}
