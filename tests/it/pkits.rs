//! NIST PKITS: 246 questions about paths and revocation, with their answers.
//!
//! Goal: RFC 5280 §6 is kept whole. Method: every case of `pkits.json` is asked of the path builder and of revocation
//! at one time within the validity of the suite; what differs from its answer stands in `tests/pkits-exceptions.tsv`
//! with a reason, and an exception that is not needed any more fails the test as well.

use chrono::{DateTime, Utc};
use muragat::verify::certificate::Certificate;
use muragat::verify::crl::Crl;
use muragat::verify::material::Material;
use muragat::verify::path::{self, PathError, PathInputs, PolicyInputs, Pool, Purpose, build};
use muragat::verify::policy::RevocationRules;
use muragat::verify::revocation::{self, Question, Setting, SignerPaths, Status};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const CASES: usize = 246;
const VALID: &str = "valid";
const ANCHOR: &str = "TrustAnchorRootCertificate.crt";
const ANCHOR_CRL: &str = "TrustAnchorRootCRL.crl";
/// The suite is valid from 2010-01-01 to 2030-12-31.
const AT: &str = "2020-01-01T00:00:00Z";

fn folder() -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared")).join("vectors/pkits")
}

fn certificate(name: &str) -> Arc<Certificate> {
    let bytes = fs::read(folder().join("certs").join(name)).unwrap();
    Arc::new(Certificate::parse(&bytes).unwrap_or_else(|error| panic!("{name}: {error}")))
}

fn names<'a>(case: &'a Value, field: &str) -> Vec<&'a str> {
    case[field].as_array().into_iter().flatten().map(|name| name.as_str().unwrap()).collect()
}

fn policy_inputs(params: &Value) -> PolicyInputs {
    let set = |field: &str| params[field].as_bool().unwrap_or(false);
    PolicyInputs {
        acceptable: names(params, "user_initial_policy_set").iter().map(|oid| oid.parse().unwrap()).collect(),
        require_explicit: set("initial_explicit_policy"),
        inhibit_mapping: set("initial_policy_mapping_inhibit"),
        inhibit_any: set("initial_any_policy_inhibit"),
    }
}

/// None when it cannot be read: a CRL whose signature was tampered with may have lost its form.
fn crl(name: &str) -> Option<Arc<Crl>> {
    let bytes = fs::read(folder().join("crls").join(name)).unwrap();
    Crl::parse(&bytes).ok().map(Arc::new)
}

/// Paths of CRL signers: to the same anchor, over the certificates of the case.
struct Paths<'a> {
    pool: &'a Pool,
    cache: &'a path::SignatureCache,
}

impl SignerPaths for Paths<'_> {
    fn path(
        &self,
        certificate: &Arc<Certificate>,
        known: &[Arc<Certificate>],
        at: DateTime<Utc>,
    ) -> Result<Vec<Arc<Certificate>>, PathError> {
        let anchors = Pool::new(known.last().cloned());
        let policies = PolicyInputs::default();
        let inputs = PathInputs {
            anchors: &anchors,
            pool: self.pool,
            at: Some(at),
            policies: &policies,
            purpose: Purpose::CrlSigning,
            cache: self.cache,
        };
        let path = build(certificate, &inputs, &mut path::Budget::default())?;
        Ok(path.certificates().to_vec())
    }
}

/// What all cases have in common.
struct Suite {
    anchors: Pool,
    paths: path::SignatureCache,
    lists: revocation::SignatureCache,
    at: DateTime<Utc>,
}

impl Suite {
    /// `valid`, or why not.
    fn answer(&self, case: &Value) -> String {
        let leaf = certificate(case["cert"].as_str().unwrap());
        let others: Vec<Arc<Certificate>> = names(case, "other_certs").into_iter().map(certificate).collect();
        let pool = Pool::new(others.iter().cloned());
        let policies = policy_inputs(&case["params"]);
        let inputs = PathInputs {
            anchors: &self.anchors,
            pool: &pool,
            at: Some(self.at),
            policies: &policies,
            purpose: Purpose::Any,
            cache: &self.paths,
        };
        let path = match build(&leaf, &inputs, &mut path::Budget::default()) {
            Ok(path) => path,
            Err(error) => return error.to_string(),
        };
        let wanted = usize::try_from(case["path_len"].as_u64().unwrap()).unwrap();
        assert_eq!(path.certificates().len(), wanted, "{}", case["name"]);

        let mut material = Material::default();
        for other in others {
            material.add_certificate(other);
        }
        // Every case of the suite has the CRL of the anchor; the file of cases leaves it out here and there.
        for name in names(case, "crls").into_iter().chain([ANCHOR_CRL]) {
            if let Some(crl) = crl(name) {
                material.add_crl(crl);
            }
        }
        let rules = RevocationRules { required: true, crl_age_max_s: 0, ocsp_age_max_s: 0 };
        let setting = Setting {
            material: &material,
            rules: &rules,
            paths: &Paths { pool: &pool, cache: &self.paths },
            proofs: &BTreeMap::new(),
            proven_by: None,
            cache: &self.lists,
        };
        let mut rest = path.certificates();
        while let [certificate, above @ ..] = rest {
            if above.is_empty() {
                break;
            }
            let question = Question { certificate, path: above, at: self.at, known_by: None };
            let answer = revocation::status(&question, &setting, &mut revocation::Budget::default());
            if answer.status != Status::Good || !answer.is_fresh {
                return format!("{:?} {}", answer.status, answer.is_fresh);
            }
            rest = above;
        }
        VALID.to_owned()
    }
}

#[test]
fn every_case_of_pkits_has_its_answer() {
    let Ok(cases) = fs::read(folder().join("pkits.json")) else {
        eprintln!("skipped: no PKITS in {}", folder().display());
        return;
    };
    let cases: Vec<Value> = serde_json::from_slice(&cases).unwrap();
    assert_eq!(cases.len(), CASES);
    let suite = Suite {
        anchors: Pool::new([certificate(ANCHOR)]),
        paths: path::SignatureCache::default(),
        lists: revocation::SignatureCache::default(),
        at: AT.parse().unwrap(),
    };
    let mut differing = BTreeSet::new();
    for case in &cases {
        let name = format!("{} {}", case["id"].as_str().unwrap(), case["name"].as_str().unwrap());
        let answer = suite.answer(case);
        let expected = if case["error"].is_null() { VALID } else { "invalid" };
        if (answer == VALID) != (expected == VALID) {
            assert!(differing.insert(format!("{name}\t{expected}\t{answer}")), "{name} stands twice");
        }
    }
    println!("PKITS {}/{CASES}", CASES - differing.len());
    let excepted: BTreeSet<String> = exceptions().into_iter().collect();
    let unexcepted: Vec<&String> = differing.difference(&excepted).collect();
    assert!(unexcepted.is_empty(), "not as expected: {unexcepted:#?}");
    let needless: Vec<&String> = excepted.difference(&differing).collect();
    assert!(needless.is_empty(), "exceptions that are not needed any more: {needless:#?}");
}

/// What the file of exceptions says: case, expected and actual, which must come with a reason.
fn exceptions() -> Vec<String> {
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/pkits-exceptions.tsv")).unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("case\texpected\tactual\treason"));
    let three_of_four = |line: &str| {
        let (rest, reason) = line.rsplit_once('\t').unwrap();
        assert!(!reason.is_empty() && rest.matches('\t').count() == 2, "{line}");
        rest.to_owned()
    };
    lines.map(three_of_four).collect()
}
