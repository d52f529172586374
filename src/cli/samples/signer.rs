//! Demonstration keys: a root, certificates and CRLs under it, and signatures.
//!
//! X.509 v3 and CRL v2 (RFC 5280), CMS (RFC 5652), CAdES-B (ETSI EN 319 122-1), with any [`Key`]. The keys made here
//! are ECDSA on P-256 with SHA-256 (RFC 5753, RFC 5758), made on the spot, from bytes the caller draws. They do not
//! leave memory, but for those that are asked for in writing. Their signatures are deterministic (RFC 6979), so the
//! same random bytes and times give the same files.
//!
//! It serves `demo` and tests only: a real archive never holds a signing key of the people whose documents it keeps.

use super::der;
use crate::model::digest::sha256;
use base64::Engine;
use chrono::{DateTime, Utc};
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use std::io;

/// Fills a buffer with random bytes.
pub type Random<'a> = &'a mut dyn FnMut(&mut [u8]);

const ECDSA_WITH_SHA256: &[u32] = &[1, 2, 840, 10045, 4, 3, 2];
const SHA256: &[u32] = &[2, 16, 840, 1, 101, 3, 4, 2, 1];
const EC_PUBLIC_KEY: &[u32] = &[1, 2, 840, 10045, 2, 1];
const PRIME256V1: &[u32] = &[1, 2, 840, 10045, 3, 1, 7];
const COMMON_NAME: &[u32] = &[2, 5, 4, 3];
const SUBJECT_KEY_IDENTIFIER: &[u32] = &[2, 5, 29, 14];
const KEY_USAGE: &[u32] = &[2, 5, 29, 15];
const BASIC_CONSTRAINTS: &[u32] = &[2, 5, 29, 19];
const AUTHORITY_KEY_IDENTIFIER: &[u32] = &[2, 5, 29, 35];
const ID_DATA: &[u32] = &[1, 2, 840, 113549, 1, 7, 1];
const ID_SIGNED_DATA: &[u32] = &[1, 2, 840, 113549, 1, 7, 2];
const SERIAL_NUMBER: &[u32] = &[2, 5, 4, 5];
const ORGANIZATIONAL_UNIT: &[u32] = &[2, 5, 4, 11];
const EXTENDED_KEY_USAGE: &[u32] = &[2, 5, 29, 37];
const CRL_NUMBER: &[u32] = &[2, 5, 29, 20];
const REASON_CODE: &[u32] = &[2, 5, 29, 21];
const CRL_DISTRIBUTION_POINTS: &[u32] = &[2, 5, 29, 31];
const FRESHEST_CRL: &[u32] = &[2, 5, 29, 46];
const AUTHORITY_INFO_ACCESS: &[u32] = &[1, 3, 6, 1, 5, 5, 7, 1, 1];
const ACCESS_OCSP: &[u32] = &[1, 3, 6, 1, 5, 5, 7, 48, 1];
const ACCESS_ISSUERS: &[u32] = &[1, 3, 6, 1, 5, 5, 7, 48, 2];
const EMAIL_PROTECTION: &[u32] = &[1, 3, 6, 1, 5, 5, 7, 3, 4];
const SIGNING_CERTIFICATE_V2: &[u32] = &[1, 2, 840, 113549, 1, 9, 16, 2, 47];
const CONTENT_TYPE: &[u32] = &[1, 2, 840, 113549, 1, 9, 3];
const MESSAGE_DIGEST: &[u32] = &[1, 2, 840, 113549, 1, 9, 4];
const SIGNING_TIME: &[u32] = &[1, 2, 840, 113549, 1, 9, 5];

/// How often a private key is drawn anew. One draw in 2^32 is out of range; a second one means the source is broken.
const KEY_DRAWS_MAX: usize = 8;

/// From when until when a certificate is good.
#[derive(Debug, Clone, Copy)]
pub struct Validity {
    /// First moment.
    pub from: DateTime<Utc>,
    /// Last moment.
    pub until: DateTime<Utc>,
}

/// A private key, and how what it signs names it.
pub trait Key {
    /// SubjectPublicKeyInfo (RFC 5280 §4.1).
    fn spki(&self) -> Vec<u8>;
    /// AlgorithmIdentifier of its signatures.
    fn algorithm(&self) -> Vec<u8>;
    /// AlgorithmIdentifier of the digest of contents that goes with it.
    fn digest_algorithm(&self) -> Vec<u8>;
    /// That digest.
    fn digest(&self, content: &[u8]) -> Vec<u8>;
    /// The signature over `message`, which it digests itself.
    fn sign(&self, message: &[u8]) -> Vec<u8>;
}

/// A key that any thread may sign with.
pub type AnyKey = Box<dyn Key + Send + Sync>;

/// ECDSA on P-256 with SHA-256.
struct P256(SigningKey);

impl Key for P256 {
    fn spki(&self) -> Vec<u8> {
        der::sequence(&[
            &der::sequence(&[&der::object_identifier(EC_PUBLIC_KEY), &der::object_identifier(PRIME256V1)]),
            // The public key as an uncompressed point (SEC 1 §2.3.3).
            &der::bit_string(0, self.0.verifying_key().to_sec1_point(false).as_bytes()),
        ])
    }

    fn algorithm(&self) -> Vec<u8> {
        algorithm(ECDSA_WITH_SHA256)
    }

    fn digest_algorithm(&self) -> Vec<u8> {
        algorithm(SHA256)
    }

    fn digest(&self, content: &[u8]) -> Vec<u8> {
        sha256(content).0.to_vec()
    }

    /// As Ecdsa-Sig-Value (RFC 3279 §2.2.3).
    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let signature: Signature = self.0.sign(message);
        let (r, s) = signature.split_bytes();
        der::sequence(&[&der::integer(&r), &der::integer(&s)])
    }
}

/// A root that issues certificates.
pub struct Root {
    key: AnyKey,
    name: Vec<u8>,
    certificate: Vec<u8>,
    addresses: Addresses,
}

/// Where certificates say that more is to be had; nowhere by default.
#[derive(Debug, Clone, Default)]
pub struct Addresses {
    /// CRLs (RFC 5280 §4.2.1.13).
    pub crl: Option<String>,
    /// Delta CRLs (RFC 5280 §4.2.1.15).
    pub delta: Option<String>,
    /// The OCSP responder (RFC 5280 §4.2.2.1).
    pub ocsp: Option<String>,
    /// The certificate of the issuer.
    pub issuer: Option<String>,
}

/// Who a certificate is for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Holder<'a> {
    /// Name.
    pub common_name: &'a str,
    /// Individual identification number, 12 digits.
    pub iin: Option<&'a str>,
    /// Business identification number, 12 digits.
    pub bin: Option<&'a str>,
    /// Identifiers of roles, beside the purpose of signing.
    pub roles: &'a [&'a [u32]],
}

/// A revoked certificate in a CRL.
#[derive(Clone, Copy)]
pub struct Revocation<'a> {
    /// Whose.
    pub signer: &'a Signer,
    /// Since when.
    pub at: DateTime<Utc>,
    /// Reason (RFC 5280 §5.3.1): 1 keyCompromise, 6 certificateHold.
    pub reason: u8,
}

/// A holder of a certificate, who can sign.
pub struct Signer {
    key: AnyKey,
    issuer: Vec<u8>,
    serial: Vec<u8>,
    certificate: Vec<u8>,
}

impl Root {
    /// Makes a self-signed root named `common_name`.
    pub fn new(common_name: &str, validity: Validity, random: Random<'_>) -> io::Result<Root> {
        Ok(Self::of_key(draw_key(random)?, common_name, validity, random))
    }

    /// The same with a key at hand.
    pub fn of_key(key: AnyKey, common_name: &str, validity: Validity, random: Random<'_>) -> Root {
        let name = name(common_name);
        let extensions = [
            // RFC 5280 §4.2.1.9: a CA, with no CA below it.
            extension(BASIC_CONSTRAINTS, true, &der::sequence(&[&der::boolean_true(), &der::integer(&[0])])),
            // RFC 5280 §4.2.1.3: bits 5 and 6, keyCertSign and cRLSign.
            extension(KEY_USAGE, true, &der::bit_string(1, &[0b0000_0110])),
            extension(SUBJECT_KEY_IDENTIFIER, false, &der::octet_string(&key_identifier(&*key))),
        ];
        let certificate = certificate(&*key, &name, &draw_serial(random), validity, &name, &*key, &extensions);
        Root { key, name, certificate, addresses: Addresses::default() }
    }

    /// Certificates from now on say that more is to be had there.
    pub fn publish_at(&mut self, addresses: Addresses) {
        self.addresses = addresses;
    }

    /// Issues a certificate for signing documents.
    pub fn issue(&self, holder: &Holder<'_>, validity: Validity, random: Random<'_>) -> io::Result<Signer> {
        Ok(self.issue_key(draw_key(random)?, holder, validity, random))
    }

    /// The same for somebody who signs with a program of their own: certificate and private key (RFC 5958) as PEM.
    pub(super) fn issue_written(
        &self,
        holder: &Holder<'_>,
        validity: Validity,
        random: Random<'_>,
    ) -> io::Result<String> {
        let key = draw_p256(random)?;
        let algorithm = [der::object_identifier(EC_PUBLIC_KEY), der::object_identifier(PRIME256V1)];
        let scalar = der::octet_string(&key.to_bytes());
        let private = der::sequence(&[
            &der::integer(&[0]),
            &der::sequence(&[&algorithm[0], &algorithm[1]]),
            // RFC 5915 §3, version 1.
            &der::octet_string(&der::sequence(&[&der::integer(&[1]), &scalar])),
        ]);
        let signer = self.issue_key(Box::new(P256(key)), holder, validity, random);
        Ok(pem("CERTIFICATE", &signer.certificate) + &pem("PRIVATE KEY", &private))
    }

    /// The same with a key at hand.
    pub fn issue_key(&self, key: AnyKey, holder: &Holder<'_>, validity: Validity, random: Random<'_>) -> Signer {
        let purposes: Vec<&[u32]> = [EMAIL_PROTECTION].iter().chain(holder.roles).copied().collect();
        self.issue_purposes(key, (&purposes, false), holder, validity, random)
    }

    /// Issues a certificate for one purpose and no other, which RFC 3161 §2.3 wants of those for time-stamps.
    pub(super) fn issue_for(
        &self,
        purpose: &[u32],
        holder: &Holder<'_>,
        validity: Validity,
        random: Random<'_>,
    ) -> io::Result<Signer> {
        Ok(self.issue_purposes(draw_key(random)?, (&[purpose], true), holder, validity, random))
    }

    fn issue_purposes(
        &self,
        key: AnyKey,
        (purposes, critical): (&[&[u32]], bool),
        holder: &Holder<'_>,
        validity: Validity,
        random: Random<'_>,
    ) -> Signer {
        let serial = draw_serial(random);
        let authority_key = der::value(0x80, &key_identifier(&*self.key));
        let purposes: Vec<Vec<u8>> = purposes.iter().map(|oid| der::object_identifier(oid)).collect();
        let purposes: Vec<&[u8]> = purposes.iter().map(Vec::as_slice).collect();
        let mut extensions = vec![
            extension(BASIC_CONSTRAINTS, true, &der::sequence(&[])),
            // RFC 5280 §4.2.1.3: bits 0 and 1, digitalSignature and nonRepudiation.
            extension(KEY_USAGE, true, &der::bit_string(6, &[0b1100_0000])),
            extension(EXTENDED_KEY_USAGE, critical, &der::sequence(&purposes)),
            extension(SUBJECT_KEY_IDENTIFIER, false, &der::octet_string(&key_identifier(&*key))),
            extension(AUTHORITY_KEY_IDENTIFIER, false, &der::sequence(&[&authority_key])),
        ];
        extensions.extend(self.addresses.extensions());
        let subject = holder.name();
        let certificate = certificate(&*self.key, &self.name, &serial, validity, &subject, &*key, &extensions);
        Signer { key, issuer: self.name.clone(), serial, certificate }
    }

    /// A complete CRL, good between two times.
    pub fn crl(&self, number: u8, validity: Validity, revoked: &[Revocation<'_>]) -> Vec<u8> {
        let entry = |r: &Revocation<'_>| {
            let reason = extension(REASON_CODE, false, &der::value(0x0a, &[r.reason]));
            der::sequence(&[&der::integer(&r.signer.serial), &der::time(r.at), &der::sequence(&[&reason])])
        };
        let entries: Vec<Vec<u8>> = revoked.iter().map(entry).collect();
        let entries: Vec<&[u8]> = entries.iter().map(Vec::as_slice).collect();
        // RFC 5280 §5.1.2.6: without a revoked certificate the list is absent.
        let entries = if entries.is_empty() { Vec::new() } else { der::sequence(&entries) };
        let authority_key = der::value(0x80, &key_identifier(&*self.key));
        let extensions = der::sequence(&[
            &extension(AUTHORITY_KEY_IDENTIFIER, false, &der::sequence(&[&authority_key])),
            &extension(CRL_NUMBER, false, &der::integer(&[number])),
        ]);
        let to_be_signed = der::sequence(&[
            &der::integer(&[1]), // version 2
            &self.key.algorithm(),
            &self.name,
            &der::time(validity.from),
            &der::time(validity.until),
            &entries,
            &der::context(0, &extensions),
        ]);
        signed(&*self.key, &to_be_signed)
    }

    /// The root's own certificate as PEM (RFC 7468).
    pub fn certificate_pem(&self) -> String {
        pem("CERTIFICATE", &self.certificate)
    }
}

impl Addresses {
    fn extensions(&self) -> Vec<Vec<u8>> {
        // uniformResourceIdentifier [6] of GeneralName.
        let uri = |text: &String| der::value(0x86, text.as_bytes());
        let point = |text: &String| {
            let name = der::context(0, &der::context(0, &uri(text)));
            der::sequence(&[&der::sequence(&[&name])])
        };
        let access = |method: &[u32], text: &String| der::sequence(&[&der::object_identifier(method), &uri(text)]);
        let mut extensions = Vec::new();
        extensions.extend(self.crl.as_ref().map(|url| extension(CRL_DISTRIBUTION_POINTS, false, &point(url))));
        extensions.extend(self.delta.as_ref().map(|url| extension(FRESHEST_CRL, false, &point(url))));
        let ocsp = self.ocsp.as_ref().map(|url| access(ACCESS_OCSP, url));
        let issuer = self.issuer.as_ref().map(|url| access(ACCESS_ISSUERS, url));
        let accesses: Vec<Vec<u8>> = ocsp.into_iter().chain(issuer).collect();
        if !accesses.is_empty() {
            let accesses: Vec<&[u8]> = accesses.iter().map(Vec::as_slice).collect();
            extensions.push(extension(AUTHORITY_INFO_ACCESS, false, &der::sequence(&accesses)));
        }
        extensions
    }
}

impl Holder<'_> {
    fn name(&self) -> Vec<u8> {
        let mut parts = vec![relative_name(COMMON_NAME, self.common_name)];
        parts.extend(self.iin.map(|iin| relative_name(SERIAL_NUMBER, &format!("IIN{iin}"))));
        parts.extend(self.bin.map(|bin| relative_name(ORGANIZATIONAL_UNIT, &format!("BIN{bin}"))));
        der::sequence(&parts.iter().map(Vec::as_slice).collect::<Vec<_>>())
    }
}

impl Signer {
    /// The certificate, DER.
    pub fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// Signs `content` at the time `at`: a detached CMS SignedData in DER, with the signer's certificate in it.
    pub fn sign_detached(&self, content: &[u8], at: DateTime<Utc>) -> Vec<u8> {
        self.sign((ID_DATA, 1), content, at, false)
    }

    /// The same with the content inside.
    pub fn sign_attached(&self, content: &[u8], at: DateTime<Utc>) -> Vec<u8> {
        self.sign((ID_DATA, 1), content, at, true)
    }

    /// The same with a content of another type inside, and the version that goes with it (RFC 5652 §5.1).
    pub(super) fn sign_typed(&self, kind: &[u32], version: u8, content: &[u8], at: DateTime<Utc>) -> Vec<u8> {
        self.sign((kind, version), content, at, true)
    }

    fn sign(&self, (kind, version): (&[u32], u8), content: &[u8], at: DateTime<Utc>, attached: bool) -> Vec<u8> {
        let digest_algorithm = self.key.digest_algorithm();
        // RFC 5652 §5.4: what is signed is the attributes as a SET; in the message the same bytes carry the tag [0].
        // ESSCertIDv2 with its default digest SHA-256 (RFC 5035 §4).
        let certificate_id = der::sequence(&[&der::octet_string(&sha256(&self.certificate).0)]);
        let signing_certificate = der::sequence(&[&der::sequence(&[&certificate_id])]);
        let attributes = der::set_of(&[
            &attribute(SIGNING_CERTIFICATE_V2, &signing_certificate),
            &attribute(CONTENT_TYPE, &der::object_identifier(kind)),
            &attribute(SIGNING_TIME, &der::time(at)),
            &attribute(MESSAGE_DIGEST, &der::octet_string(&self.key.digest(content))),
        ]);
        let signature = self.key.sign(&attributes);
        let mut attributes_in_message = attributes;
        attributes_in_message[0] = 0xa0;

        // RFC 5652 §5.3: version 1 goes with issuer and serial number.
        let signer_info = der::sequence(&[
            &der::integer(&[1]),
            &der::sequence(&[&self.issuer, &der::integer(&self.serial)]),
            &digest_algorithm,
            &attributes_in_message,
            &self.key.algorithm(),
            &der::octet_string(&signature),
        ]);
        // RFC 5652 §5.2: a detached signature leaves the content out.
        let content = if attached { der::context(0, &der::octet_string(content)) } else { Vec::new() };
        let signed_data = der::sequence(&[
            &der::integer(&[version]),
            &der::set_of(&[&digest_algorithm]),
            &der::sequence(&[&der::object_identifier(kind), &content]),
            &der::context(0, &self.certificate),
            &der::set_of(&[&signer_info]),
        ]);
        der::sequence(&[&der::object_identifier(ID_SIGNED_DATA), &der::context(0, &signed_data)])
    }
}

/// A certificate of `subject` and its key, signed by the issuer (RFC 5280 §4.1).
fn certificate(
    issuer_key: &dyn Key,
    issuer: &[u8],
    serial: &[u8],
    validity: Validity,
    subject: &[u8],
    subject_key: &dyn Key,
    extensions: &[Vec<u8>],
) -> Vec<u8> {
    let extensions: Vec<&[u8]> = extensions.iter().map(Vec::as_slice).collect();
    let to_be_signed = der::sequence(&[
        &der::context(0, &der::integer(&[2])), // version 3
        &der::integer(serial),
        &issuer_key.algorithm(),
        issuer,
        &der::sequence(&[&der::time(validity.from), &der::time(validity.until)]),
        subject,
        &subject_key.spki(),
        &der::context(3, &der::sequence(&extensions)),
    ]);
    signed(issuer_key, &to_be_signed)
}

/// A certificate or CRL: what is signed, by which algorithm, and the signature.
fn signed(key: &dyn Key, to_be_signed: &[u8]) -> Vec<u8> {
    der::sequence(&[to_be_signed, &key.algorithm(), &der::bit_string(0, &key.sign(to_be_signed))])
}

fn name(common_name: &str) -> Vec<u8> {
    der::sequence(&[&relative_name(COMMON_NAME, common_name)])
}

fn relative_name(kind: &[u32], value: &str) -> Vec<u8> {
    let attribute = der::sequence(&[&der::object_identifier(kind), &der::utf8_string(value)]);
    der::set_of(&[&attribute])
}

/// An AlgorithmIdentifier without parameters (RFC 5754 §2, RFC 5758 §3.2).
fn algorithm(identifier: &[u32]) -> Vec<u8> {
    der::sequence(&[&der::object_identifier(identifier)])
}

fn attribute(kind: &[u32], content: &[u8]) -> Vec<u8> {
    der::sequence(&[&der::object_identifier(kind), &der::set_of(&[content])])
}

fn extension(kind: &[u32], critical: bool, content: &[u8]) -> Vec<u8> {
    let critical = if critical { der::boolean_true() } else { Vec::new() };
    der::sequence(&[&der::object_identifier(kind), &critical, &der::octet_string(content)])
}

/// RFC 7093 §2 method 4, cut to 160 bits: the SHA-256 of the SubjectPublicKeyInfo.
fn key_identifier(key: &dyn Key) -> Vec<u8> {
    sha256(&key.spki()).0[..20].to_vec()
}

fn draw_key(random: Random<'_>) -> io::Result<AnyKey> {
    Ok(Box::new(P256(draw_p256(random)?)))
}

fn draw_p256(random: Random<'_>) -> io::Result<SigningKey> {
    for _ in 0..KEY_DRAWS_MAX {
        let mut scalar = [0u8; 32];
        random(&mut scalar);
        if let Ok(key) = SigningKey::from_slice(&scalar) {
            return Ok(key);
        }
    }
    Err(io::Error::other(format!("the source of randomness gave no usable P-256 key in {KEY_DRAWS_MAX} draws")))
}

fn pem(label: &str, der: &[u8]) -> String {
    let mut out = format!("-----BEGIN {label}-----\n");
    let base64 = base64::engine::general_purpose::STANDARD.encode(der);
    for (i, c) in base64.chars().enumerate() {
        if i > 0 && i % 64 == 0 {
            out.push('\n');
        }
        out.push(c);
    }
    out + &format!("\n-----END {label}-----\n")
}

/// RFC 5280 §4.1.2.2: positive, at most 20 bytes; random and of constant length.
fn draw_serial(random: Random<'_>) -> Vec<u8> {
    let mut serial = [0u8; 16];
    random(&mut serial);
    serial[0] = serial[0] & 0x7f | 0x40;
    serial.to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;

    fn validity() -> Validity {
        let at = |year| Utc.with_ymd_and_hms(year, 1, 1, 0, 0, 0).unwrap();
        Validity { from: at(2026), until: at(2031) }
    }

    #[test]
    fn same_bytes_and_times_give_the_same_signature() {
        let sign = |fill: u8, content: &[u8]| {
            let mut random = |buffer: &mut [u8]| buffer.fill(fill);
            let root = Root::new("ҮЛГІ ТҮБІР", validity(), &mut random).unwrap();
            let signer = root
                .issue(&Holder { common_name: "ҮЛГІ ҚОЛТАҢБА ИЕСІ 1", ..Holder::default() }, validity(), &mut random)
                .unwrap();
            signer.sign_detached(content, validity().from)
        };
        assert_eq!(sign(7, b"a"), sign(7, b"a"));
        assert_ne!(sign(7, b"a"), sign(7, b"b"));
        assert_ne!(sign(7, b"a"), sign(8, b"a"));
    }

    #[test]
    fn a_broken_source_of_randomness_is_an_error_and_not_a_loop() {
        let error = Root::new("ҮЛГІ", validity(), &mut |buffer: &mut [u8]| buffer.fill(0)).err().unwrap();
        assert!(error.to_string().contains("randomness"));
        assert!(Root::new("ҮЛГІ", validity(), &mut |buffer: &mut [u8]| buffer.fill(0xff)).is_err());
    }

    #[test]
    fn one_bad_draw_is_drawn_again() {
        let mut fills = [0xff, 7].into_iter().chain(std::iter::repeat(7));
        let mut random = |buffer: &mut [u8]| buffer.fill(fills.next().unwrap());
        assert!(Root::new("ҮЛГІ", validity(), &mut random).is_ok());
    }
}
