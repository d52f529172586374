//! GOST signatures made by others verify, and no changed one does.
//!
//! Goal: keys, orders of bytes and digests are those that Kazakhstan's authority and the GOST engine of OpenSSL really
//! use. Method: certificates, CRLs, OCSP responses of the shared vectors, whose issuer is among them; signatures that
//! the engine makes here on each of its curves; generated certificates. What is not there is said and
//! skipped.

use base64::Engine as _;
use muragat::verify::alg::{AlgorithmError, DigestAlgorithm, Message, PublicKey, SignatureAlgorithm, gost, verify};
use muragat::verify::der::{Reader, tag};
use std::fs;
use std::path::Path;
use std::process::Command;

/// SEQUENCE { what is signed, algorithm, BIT STRING, ... }: a certificate, a CRL or a basic OCSP response.
struct Signed {
    body: Vec<u8>,
    algorithm: Vec<u8>,
    signature: Vec<u8>,
}

impl Signed {
    fn read(der: &[u8]) -> Option<Self> {
        let mut fields = Reader::ber(der).read().ok()?.reader();
        let body = fields.expect(tag::SEQUENCE).ok()?.raw.to_vec();
        let algorithm = fields.expect(tag::SEQUENCE).ok()?.raw.to_vec();
        let signature = fields.expect(tag::BIT_STRING).ok()?.bit_string().ok()?.1.to_vec();
        Some(Self { body, algorithm, signature })
    }

    fn verify(&self, key: &PublicKey) -> Result<(), AlgorithmError> {
        let algorithm = SignatureAlgorithm::of_identifier(&self.algorithm, None)?;
        verify(key, &algorithm, Message::Bytes(&self.body), &self.signature)
    }

    /// Verifies it, then that nothing close to it verifies.
    fn verifies_alone(&mut self, key: &PublicKey, name: &str) {
        assert_eq!(self.verify(key), Ok(()), "{name}");
        for at in 0..self.signature.len() {
            self.signature[at] ^= 1 << (at % 8);
            assert_eq!(self.verify(key), Err(AlgorithmError::Signature), "{name}: octet {at} of the signature");
            self.signature[at] ^= 1 << (at % 8);
        }
        let step = self.body.len() / 16 + 1;
        for at in (0..self.body.len()).step_by(step) {
            self.body[at] ^= 0x20;
            assert_eq!(self.verify(key), Err(AlgorithmError::Signature), "{name}: octet {at} of what is signed");
            self.body[at] ^= 0x20;
        }
        let right = self.signature.clone();
        self.signature.reverse();
        assert_eq!(self.verify(key), Err(AlgorithmError::Signature), "{name}: the other order of bytes");
        self.signature.clone_from(&right);
        self.signature.rotate_left(right.len() / 2);
        assert_eq!(self.verify(key), Err(AlgorithmError::Signature), "{name}: r and s exchanged");
        self.signature = right;
    }
}

/// The SubjectPublicKeyInfo of a certificate (RFC 5280 §4.1): the seventh field, with a version.
fn key_of(certificate: &[u8]) -> Option<PublicKey> {
    let mut fields = Reader::der(certificate).read().ok()?.reader().read().ok()?.reader();
    fields.optional(tag::context(0)).ok()?;
    fields.expect(tag::INTEGER).ok()?;
    for _ in ["signature", "issuer", "validity", "subject"] {
        fields.expect(tag::SEQUENCE).ok()?;
    }
    Some(PublicKey::of_spki(fields.expect(tag::SEQUENCE).ok()?.raw).unwrap())
}

/// The DER in a file, which may be PEM or DER.
fn der_of(path: &Path) -> Vec<u8> {
    let bytes = fs::read(path).unwrap();
    let Ok(text) = std::str::from_utf8(&bytes) else {
        return bytes;
    };
    let base64: String = text
        .lines()
        .skip_while(|line| !line.starts_with("-----BEGIN"))
        .skip(1)
        .take_while(|line| !line.starts_with("-----END"))
        .map(str::trim)
        .collect();
    base64::engine::general_purpose::STANDARD.decode(base64).unwrap()
}

/// The BasicOCSPResponse of an OCSP response (RFC 6960 §4.2.1).
fn basic_response(der: &[u8]) -> Vec<u8> {
    let mut response = Reader::der(der).read().unwrap().reader();
    response.expect(tag::ENUMERATED).unwrap();
    let mut bytes = response.expect(tag::context(0)).unwrap().reader().expect(tag::SEQUENCE).unwrap().reader();
    bytes.expect(tag::OID).unwrap();
    bytes.expect(tag::OCTET_STRING).unwrap().octets().unwrap().into_owned()
}

/// The first certificate that a BasicOCSPResponse carries.
fn responder_of(basic: &[u8]) -> Option<PublicKey> {
    let mut fields = Reader::der(basic).read().ok()?.reader();
    for expected in [tag::SEQUENCE, tag::SEQUENCE, tag::BIT_STRING] {
        fields.expect(expected).ok()?;
    }
    key_of(fields.expect(tag::context(0)).ok()?.reader().read().ok()?.reader().read().ok()?.raw)
}

#[test]
fn what_the_test_authority_of_kazakhstan_signed_verifies() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/vectors/kz-ncanode"));
    if !folder.is_dir() {
        eprintln!("skipped: {} is not there", folder.display());
        return;
    }
    let resources = folder.join("src/test/resources");
    let old = key_of(&der_of(&resources.join("ca/nca_gost_test.crt"))).unwrap();
    let new = key_of(&der_of(&resources.join("ca/nca_gost2015_test.cer"))).unwrap();
    assert_eq!((old.kind(), old.bits()), ("GOST34310", 256));
    assert_eq!((new.kind(), new.bits()), ("GOST3410-2015", 512));
    let mut count = 0;
    for (file, key) in [
        ("certs/ceo_valid_sign_2004_gost.cer", &old),
        ("crl/nca_gost_test.crl", &old),
        ("crl/nca_gost2022_test.crl", &new),
    ] {
        let mut signed = Signed::read(&der_of(&resources.join(file))).unwrap();
        signed.verifies_alone(key, file);
        // A key of the other family cannot even be asked.
        let stranger = if std::ptr::eq(key, &old) { &new } else { &old };
        assert!(matches!(signed.verify(stranger), Err(AlgorithmError::Mismatch { .. })), "{file}");
        count += 1;
    }
    for entry in fs::read_dir(resources.join("ocsp")).unwrap() {
        let path = entry.unwrap().path();
        let basic = basic_response(&fs::read(&path).unwrap());
        let Some(key @ PublicKey::Gost(_)) = responder_of(&basic) else { continue };
        Signed::read(&basic).unwrap().verifies_alone(&key, &path.display().to_string());
        count += 1;
    }
    assert!(count >= 5, "{count}");
}

/// Runs openssl; none when it fails.
fn openssl(folder: &Path, arguments: &[&str]) -> Option<Vec<u8>> {
    let output = Command::new("openssl").args(arguments).current_dir(folder).output().ok()?;
    output.status.success().then_some(output.stdout)
}

#[test]
fn what_the_engine_of_openssl_signs_verifies_on_each_of_its_curves() {
    let folder = tempfile::tempdir().unwrap();
    if openssl(folder.path(), &["engine", "gost"]).is_none() {
        eprintln!("skipped: openssl has no GOST engine here");
        return;
    }
    // Keys, the engine's names of parameter sets, its name of the digest, the digest.
    let of_2012_256 = ["A", "B", "C", "XA", "XB", "TCA", "TCB", "TCC", "TCD"];
    let families = [
        ("gost2001", &["A", "B", "C", "XA", "XB"][..], "md_gost94", DigestAlgorithm::Gost341194),
        ("gost2012_256", &of_2012_256[..], "md_gost12_256", DigestAlgorithm::Streebog256),
        ("gost2012_512", &["A", "B", "C"][..], "md_gost12_512", DigestAlgorithm::Streebog512),
    ];
    let message = "Үлгі құжат, which nobody signs in earnest.\n";
    fs::write(folder.path().join("message"), message).unwrap();
    let mut keys: Vec<gost::GostKey> = Vec::new();
    for (algorithm, sets, digest_name, digest) in families {
        for set in sets {
            let name = format!("{algorithm} {set}");
            let set = format!("paramset:{set}");
            let make = ["genpkey", "-engine", "gost", "-algorithm", algorithm, "-pkeyopt", &set, "-out", "key"];
            openssl(folder.path(), &make).expect(&name);
            let public = ["pkey", "-engine", "gost", "-in", "key", "-pubout", "-outform", "DER"];
            let spki = openssl(folder.path(), &public).expect(&name);
            let digest_option = format!("-{digest_name}");
            let sign = ["dgst", "-engine", "gost", &digest_option, "-sign", "key", "message"];
            let signature = openssl(folder.path(), &sign).expect(&name);
            let PublicKey::Gost(key) = PublicKey::of_spki(&spki).expect(&name) else { panic!("{name}") };
            let digest = digest.digest(message.as_bytes());
            let order = key.family().order();
            assert_eq!(order, gost::ByteOrder::BigEndianSr);
            assert_eq!(gost::verify(&key, order, &digest, &signature), Ok(()), "{name}");
            let kazakh = gost::ByteOrder::LittleEndianRs;
            assert_eq!(gost::verify(&key, kazakh, &digest, &signature), Err(AlgorithmError::Signature), "{name}");
            for at in (0..signature.len()).step_by(7) {
                let mut changed = signature.clone();
                changed[at] ^= 0x10;
                assert_eq!(gost::verify(&key, order, &digest, &changed), Err(AlgorithmError::Signature), "{name}");
            }
            for stranger in keys.iter().filter(|stranger| stranger.family() == key.family()) {
                assert_eq!(gost::verify(stranger, order, &digest, &signature), Err(AlgorithmError::Signature));
            }
            keys.push(key);
        }
    }
}

#[test]
fn generated_certificates_and_crls_verify_by_their_issuer() {
    let Some(vectors) = super::vectors::generated() else { return };
    for algorithm in ["gost256", "gost512"] {
        let folder = vectors.join(algorithm);
        let [root, ca] = ["root/ca.pem", "ca/ca.pem"].map(|file| key_of(&der_of(&folder.join(file))).unwrap());
        for (file, key) in [
            ("root/ca.pem", &root),
            ("ca/ca.pem", &root),
            ("signer.pem", &ca),
            ("expired.pem", &ca),
            ("root-2025.crl", &root),
            ("ca-2025.crl", &ca),
        ] {
            let mut signed = Signed::read(&der_of(&folder.join(file))).unwrap();
            signed.verifies_alone(key, &format!("{algorithm}/{file}"));
        }
        // The same names with another key.
        let impostor = Signed::read(&der_of(&folder.join("impostor.pem"))).unwrap();
        assert_eq!(impostor.verify(&ca), Err(AlgorithmError::Signature), "{algorithm}");
    }
}
