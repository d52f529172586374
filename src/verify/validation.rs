//! The validation of every signature in one object, by the blocks of ETSI EN 319 102-1.
//!
//! [`validate`] reads the object, gathers what it carries, and goes through the blocks for each signer: identification
//! of the certificate, cryptographic verification, time-stamps, certificates with the time moved along the chain,
//! acceptance. `docs/validation.md` says in which order a verdict is chosen, and what is decided where validators
//! disagree.
//!
//! Invariants
//!   - The report is a function of the [`Question`], and of what the submission has asked before when that used up its
//!     [`Work`]; caches change the effort only.
//!   - Every block that can be gone through is, so a report names all that is wrong and not the first thing only.
//!   - What is wrong with a signature is in the report. An error is only that the content could not be read.
//!
//! It fetches nothing, and does not decide what becomes of a document.

mod algorithms;
mod chain;
mod findings;
mod missing;
mod object;
mod session;
mod signature;
mod signer;
mod timestamps;

use super::alg::DigestAlgorithm;
use super::material::Material;
use super::path;
use super::policy::Policy;
use super::report::{ProofOfExistence, Report};
use super::revocation;
use super::work::Work;
use crate::model::digest::Sha256;
use chrono::{DateTime, Utc};
use std::cell::RefCell;
use std::io;

/// What is asked.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// The object with the signatures, wrapped in base64 or PEM or not. A large content may be left out
    /// ([`without_content`](super::cms::without_content)).
    pub object: &'a [u8],
    /// SHA-256 of the object as it came, when `object` is not all of it.
    pub object_digest: Option<Sha256>,
    /// What was signed, when it is not in the object. When it is there too, both have to be what was signed.
    pub content: Option<&'a dyn Content>,
    /// Certificates, CRLs and OCSP responses beside those in the object.
    pub material: &'a Material,
    /// What is trusted and asked for.
    pub policy: &'a Policy,
    /// As of when: nothing that is later counts.
    pub at: DateTime<Utc>,
    /// What is known to have existed, from outside: receipt by an archive, time-stamps beside the object, evidence
    /// records. One of the object as it came holds for all that is in it.
    pub poe: &'a [ProofOfExistence],
    /// What repeats within a batch.
    pub caches: &'a Caches,
}

/// What repeats within a batch; it may be shared between threads, and changes no report.
#[derive(Debug, Default)]
pub struct Caches {
    /// Parsed certificates.
    pub certificates: path::CertificateCache,
    /// Verified signatures of certificates.
    pub paths: path::SignatureCache,
    /// Verified signatures of CRLs and OCSP responses.
    pub revocation: revocation::SignatureCache,
}

/// The bytes that were signed.
pub trait Content {
    /// Their digest. A content that is not held in memory is read as a stream.
    fn digest(&self, algorithm: DigestAlgorithm) -> Result<Vec<u8>, ContentError>;

    /// The bytes, when they are held in memory. Ed25519 without signed attributes needs them.
    fn bytes(&self) -> Option<&[u8]>;

    /// The first [`HEAD_BYTES`] octets, or all when there are fewer.
    fn head(&self) -> Result<Vec<u8>, ContentError>;
}

/// How much of a content says whether it might be taken for signed attributes: two headers and a tag. Own bound: a
/// header with a length of eight octets has ten.
pub const HEAD_BYTES: usize = 32;

/// The content cannot be read: that says nothing about a signature.
#[derive(Debug, thiserror::Error)]
#[error("cannot read what was signed")]
pub struct ContentError(#[from] pub io::Error);

/// A content in memory.
#[derive(Debug, Clone, Copy)]
pub struct InMemory<'a>(pub &'a [u8]);

impl Content for InMemory<'_> {
    fn digest(&self, algorithm: DigestAlgorithm) -> Result<Vec<u8>, ContentError> {
        Ok(algorithm.digest(self.0))
    }

    fn bytes(&self) -> Option<&[u8]> {
        Some(self.0)
    }

    fn head(&self) -> Result<Vec<u8>, ContentError> {
        Ok(self.0.iter().take(HEAD_BYTES).copied().collect())
    }
}

/// A content of which the digest is known, and nothing else: the root of a hash tree, what a time-stamp was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ByDigest {
    /// Which digest it is.
    pub algorithm: DigestAlgorithm,
    /// The digest.
    pub digest: Vec<u8>,
}

impl Content for ByDigest {
    fn digest(&self, algorithm: DigestAlgorithm) -> Result<Vec<u8>, ContentError> {
        if algorithm == self.algorithm {
            return Ok(self.digest.clone());
        }
        let what = format!("only the {} digest is known, and no {}", self.algorithm.name(), algorithm.name());
        Err(ContentError(io::Error::other(what)))
    }

    fn bytes(&self) -> Option<&[u8]> {
        None
    }

    /// Nothing is known of it. What is no time-stamp would need it: those are over a digest.
    fn head(&self) -> Result<Vec<u8>, ContentError> {
        Ok(Vec::new())
    }
}

/// Validates every signature in the object, which is all of a submission.
///
/// # Errors
/// When the content cannot be read.
pub fn validate(question: &Question<'_>) -> Result<Report, ContentError> {
    validate_within(question, &Work::default())
}

/// Validates every signature in one of the objects of a submission, which all draw on the same work.
///
/// # Errors
/// When the content cannot be read.
pub fn validate_within(question: &Question<'_>, work: &Work) -> Result<Report, ContentError> {
    let content = question.content.map(OnceDigested::new);
    let content = content.as_ref().map(|content| content as &dyn Content);
    object::validate(&Question { content, ..*question }, work)
}

/// A content that is read once for each algorithm, however many have signed it.
struct OnceDigested<'a> {
    content: &'a dyn Content,
    known: RefCell<Vec<(DigestAlgorithm, Vec<u8>)>>,
}

impl<'a> OnceDigested<'a> {
    fn new(content: &'a dyn Content) -> Self {
        Self { content, known: RefCell::default() }
    }
}

impl Content for OnceDigested<'_> {
    fn digest(&self, algorithm: DigestAlgorithm) -> Result<Vec<u8>, ContentError> {
        let known = self.known.borrow().iter().find(|(known, _)| *known == algorithm).map(|(_, digest)| digest.clone());
        if let Some(digest) = known {
            return Ok(digest);
        }
        let digest = self.content.digest(algorithm)?;
        self.known.borrow_mut().push((algorithm, digest.clone()));
        Ok(digest)
    }

    fn bytes(&self) -> Option<&[u8]> {
        self.content.bytes()
    }

    fn head(&self) -> Result<Vec<u8>, ContentError> {
        self.content.head()
    }
}

#[cfg(test)]
mod tests {
    //! A small Ed25519 PKI made in memory, and what validation says about signatures by it.
    //!
    //! It makes what the generated cases cannot: answers of a kind that no tool writes, contradictory times, chains
    //! whose CA expired. Only what a test changes is an argument; keys come from a number and are no secret.

    use super::*;
    use crate::model::digest::sha256;
    use crate::model::missing::{Missing, Wanted};
    use crate::verify::certificate::Certificate;
    use crate::verify::der::{sort_set_of, tag, write};
    use crate::verify::material::MaterialKind;
    use crate::verify::name::rfc4514;
    use crate::verify::report::{Level, Outcome, PoeSource};
    use crate::verify::verdict::{Indication, SubIndication};
    use ed25519_dalek::{Signer as _, SigningKey};
    use sha2::Digest as _;
    use std::sync::Arc;

    fn at(text: &str) -> DateTime<Utc> {
        let text = if text.len() == 10 { format!("{text}T00:00:00Z") } else { format!("{text}:00Z") };
        text.parse().unwrap()
    }

    fn seq(parts: &[&[u8]]) -> Vec<u8> {
        write(tag::SEQUENCE, parts)
    }

    /// An object identifier from its dotted form.
    fn oid(text: &str) -> Vec<u8> {
        let arcs: Vec<u128> = text.split('.').map(|arc| arc.parse().unwrap()).collect();
        let mut content = Vec::new();
        for arc in [&[arcs[0] * 40 + arcs[1]], &arcs[2..]].concat() {
            let mut octets = vec![(arc & 0x7f) as u8];
            let mut rest = arc >> 7;
            while rest > 0 {
                octets.push(0x80 | (rest & 0x7f) as u8);
                rest >>= 7;
            }
            content.extend(octets.iter().rev());
        }
        write(tag::OID, &[&content])
    }

    fn general_time(time: DateTime<Utc>) -> Vec<u8> {
        write(tag::GENERALIZED_TIME, &[time.format("%Y%m%d%H%M%SZ").to_string().as_bytes()])
    }

    fn utc_time(time: DateTime<Utc>) -> Vec<u8> {
        write(tag::UTC_TIME, &[time.format("%y%m%d%H%M%SZ").to_string().as_bytes()])
    }

    fn integer(value: u8) -> Vec<u8> {
        let sign: &[u8] = if value < 0x80 { &[] } else { &[0] };
        write(tag::INTEGER, &[sign, &[value]])
    }

    fn octets(bytes: &[u8]) -> Vec<u8> {
        write(tag::OCTET_STRING, &[bytes])
    }

    fn bits(bytes: &[u8]) -> Vec<u8> {
        write(tag::BIT_STRING, &[&[0], bytes])
    }

    fn ed25519() -> Vec<u8> {
        seq(&[&oid("1.3.101.112")])
    }

    fn sha512_identifier() -> Vec<u8> {
        seq(&[&oid("2.16.840.1.101.3.4.2.3")])
    }

    fn name(common: &str) -> Vec<u8> {
        let attribute = seq(&[&oid("2.5.4.3"), &write(tag::UTF8_STRING, &[common.as_bytes()])]);
        seq(&[&write(tag::SET, &[&attribute])])
    }

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_bytes(&[seed; 32])
    }

    fn public(seed: u8) -> Vec<u8> {
        key(seed).verifying_key().to_bytes().to_vec()
    }

    fn sign(tbs: &[u8], seed: u8) -> Vec<u8> {
        key(seed).sign(tbs).to_bytes().to_vec()
    }

    fn signed(tbs: Vec<u8>, seed: u8) -> Vec<u8> {
        let value = sign(&tbs, seed);
        seq(&[&tbs, &ed25519(), &bits(&value)])
    }

    fn extension(id: &str, critical: bool, value: &[u8]) -> Vec<u8> {
        let flag = if critical { write(tag::BOOLEAN, &[&[0xff]]) } else { Vec::new() };
        seq(&[&oid(id), &flag, &octets(value)])
    }

    const EMAIL: &str = "1.3.6.1.5.5.7.3.4";
    const CLIENT: &str = "1.3.6.1.5.5.7.3.2";
    const STAMPING: &str = "1.3.6.1.5.5.7.3.8";

    fn purposes(list: &[&str], critical: bool) -> Vec<u8> {
        let list: Vec<Vec<u8>> = list.iter().map(|purpose| oid(purpose)).collect();
        extension("2.5.29.37", critical, &seq(&list.iter().map(Vec::as_slice).collect::<Vec<_>>()))
    }

    fn ca_extensions() -> Vec<u8> {
        let basic = extension("2.5.29.19", true, &seq(&[&write(tag::BOOLEAN, &[&[0xff]])]));
        [basic, extension("2.5.29.15", true, &[3, 2, 1, 0x06])].concat()
    }

    fn signing_extensions(purpose: &[&str], critical: bool) -> Vec<u8> {
        [extension("2.5.29.15", true, &[3, 2, 6, 0xc0]), purposes(purpose, critical)].concat()
    }

    /// One certificate: subject and issuer by the number of their keys.
    fn certificate(subject: u8, issuer: u8, valid: (&str, &str), extensions: &[u8]) -> Vec<u8> {
        let validity = seq(&[&utc_time(at(valid.0)), &utc_time(at(valid.1))]);
        let tbs = seq(&[
            &write(tag::context(0), &[&integer(2)]),
            &integer(subject),
            &ed25519(),
            &name(&format!("K{issuer}")),
            &validity,
            &name(&format!("K{subject}")),
            &seq(&[&ed25519(), &bits(&public(subject))]),
            &write(tag::context(3), &[&seq(&[extensions])]),
        ]);
        signed(tbs, issuer)
    }

    /// A CRL of `issuer`; an entry is a serial number, a time and a reason.
    fn crl(issuer: u8, this: &str, next: &str, entries: &[(u8, &str, u8)]) -> Vec<u8> {
        let entry = |(serial, since, reason): &(u8, &str, u8)| {
            let reason = extension("2.5.29.21", false, &write(tag::ENUMERATED, &[&[*reason]]));
            seq(&[&integer(*serial), &utc_time(at(since)), &seq(&[&reason])])
        };
        let entries = entries.iter().map(entry).collect::<Vec<_>>().concat();
        let list = if entries.is_empty() { Vec::new() } else { seq(&[&entries]) };
        let issuer_name = name(&format!("K{issuer}"));
        let (this, next) = (utc_time(at(this)), utc_time(at(next)));
        signed(seq(&[&integer(1), &ed25519(), &issuer_name, &this, &next, &list]), issuer)
    }

    /// What an OCSP response says of the certificate.
    enum Says {
        Good,
        Revoked(&'static str, u8),
    }

    /// An OCSP response signed by the issuer itself, without nextUpdate, as the national CA of Kazakhstan makes them.
    fn ocsp(issuer: u8, serial: u8, this: &str, says: &Says, extended_revoke: bool) -> Vec<u8> {
        let sha1 = |bytes: &[u8]| DigestAlgorithm::Sha1.digest(bytes);
        let issuer_name = name(&format!("K{issuer}"));
        let sha1_identifier = seq(&[&oid("1.3.14.3.2.26")]);
        let hashes = [octets(&sha1(&issuer_name)), octets(&sha1(&public(issuer)))];
        let id = seq(&[&sha1_identifier, &hashes[0], &hashes[1], &integer(serial)]);
        let status = match says {
            Says::Good => vec![0x80, 0],
            Says::Revoked(since, reason) => {
                let reason = write(tag::context(0), &[&write(tag::ENUMERATED, &[&[*reason]])]);
                write(tag::context(1), &[&general_time(at(since)), &reason])
            }
        };
        let this = general_time(at(this));
        let answers = seq(&[&seq(&[&id, &status, &this])]);
        let extensions = if extended_revoke {
            let extension = extension("1.3.6.1.5.5.7.48.1.9", false, &[5, 0]);
            write(tag::context(1), &[&seq(&[&extension])])
        } else {
            Vec::new()
        };
        let responder = write(tag::context(1), &[&issuer_name]);
        let basic = signed(seq(&[&responder, &this, &answers, &extensions]), issuer);
        let bytes = seq(&[&oid("1.3.6.1.5.5.7.48.1.1"), &octets(&basic)]);
        seq(&[&write(tag::ENUMERATED, &[&[0]]), &write(tag::context(0), &[&bytes])])
    }

    fn attribute(id: &str, value: &[u8]) -> Vec<u8> {
        seq(&[&oid(id), &write(tag::SET, &[value])])
    }

    /// A CMS signature that is not made yet.
    #[derive(Clone)]
    struct Made {
        signer: u8,
        issuer: u8,
        /// What the signer carries: certificates.
        certificates: Vec<Vec<u8>>,
        content: Vec<u8>,
        content_type: &'static str,
        /// The content type that is signed.
        signed_type: &'static str,
        is_attached: bool,
        /// The certificate that is referred to; none leaves the attribute out.
        reference: Option<Vec<u8>>,
        more_signed: Vec<Vec<u8>>,
        unsigned: Vec<Vec<u8>>,
        value: Option<Vec<u8>>,
        has_attributes: bool,
    }

    const DATA: &str = "1.2.840.113549.1.7.1";
    const TST: &str = "1.2.840.113549.1.9.16.1.4";

    impl Made {
        fn attributes(&self) -> Vec<u8> {
            let digest = sha2::Sha512::digest(&self.content);
            let mut list = vec![
                attribute("1.2.840.113549.1.9.3", &oid(self.signed_type)),
                attribute("1.2.840.113549.1.9.4", &octets(&digest)),
            ];
            if let Some(certificate) = &self.reference {
                let id = seq(&[&octets(&sha256(certificate).0)]);
                list.push(attribute("1.2.840.113549.1.9.16.2.47", &seq(&[&seq(&[&id])])));
            }
            list.extend(self.more_signed.clone());
            sort_set_of(&mut list);
            list.concat()
        }

        fn value(&self) -> Vec<u8> {
            let over = if self.has_attributes { self.signed_set() } else { self.content.clone() };
            self.value.clone().unwrap_or_else(|| sign(&over, self.signer))
        }

        /// What a value over signed attributes is over.
        fn signed_set(&self) -> Vec<u8> {
            write(tag::SET, &[&self.attributes()])
        }

        fn info(&self) -> Vec<u8> {
            let sid = seq(&[&name(&format!("K{}", self.issuer)), &integer(self.signer)]);
            let attributes = write(tag::context(0), &[&self.attributes()]);
            let attributes = if self.has_attributes { attributes } else { Vec::new() };
            let unsigned = self.unsigned.concat();
            let unsigned = if unsigned.is_empty() { unsigned } else { write(tag::context(1), &[&unsigned]) };
            let value = octets(&self.value());
            seq(&[&integer(1), &sid, &sha512_identifier(), &attributes, &ed25519(), &value, &unsigned])
        }

        fn encode(&self) -> Vec<u8> {
            self.encode_of(&self.info())
        }

        /// The object with these signers.
        fn encode_of(&self, infos: &[u8]) -> Vec<u8> {
            let content = if self.is_attached { write(tag::context(0), &[&octets(&self.content)]) } else { Vec::new() };
            let certificates = self.certificates.concat();
            let certificates =
                if certificates.is_empty() { certificates } else { write(tag::context(0), &[&certificates]) };
            let data = seq(&[
                &integer(1),
                &write(tag::SET, &[&sha512_identifier()]),
                &seq(&[&oid(self.content_type), &content]),
                &certificates,
                &write(tag::SET, &[infos]),
            ]);
            seq(&[&oid("1.2.840.113549.1.7.2"), &write(tag::context(0), &[&data])])
        }
    }

    /// Numbers of keys.
    const ROOT: u8 = 1;
    const CA: u8 = 2;
    const SIGNER: u8 = 3;
    const TSA_ROOT: u8 = 4;
    const TSA: u8 = 5;

    /// A question with an answer that passes; a test changes one thing.
    struct World {
        anchors: Vec<Vec<u8>>,
        tsa_anchors: Vec<Vec<u8>>,
        ca: Vec<u8>,
        signer: Vec<u8>,
        tsa: Vec<u8>,
        revocation: Vec<(MaterialKind, Vec<u8>)>,
        made: Made,
        at: DateTime<Utc>,
        poe: Vec<ProofOfExistence>,
        policy: Policy,
    }

    impl World {
        fn new() -> Self {
            Self::with(("2024-01-01", "2030-01-01"), &signing_extensions(&[EMAIL], false))
        }

        /// With a signer's certificate of this validity and these extensions.
        fn with(valid: (&str, &str), extensions: &[u8]) -> Self {
            let ca = certificate(CA, ROOT, ("2020-01-01", "2040-01-01"), &ca_extensions());
            let signer = certificate(SIGNER, CA, valid, extensions);
            let made = Made {
                signer: SIGNER,
                issuer: CA,
                certificates: vec![signer.clone(), ca.clone()],
                content: b"content".to_vec(),
                content_type: DATA,
                signed_type: DATA,
                is_attached: true,
                reference: Some(signer.clone()),
                more_signed: Vec::new(),
                unsigned: Vec::new(),
                value: None,
                has_attributes: true,
            };
            let mut policy = Policy::built_in();
            policy.timestamp.revocation_required = false;
            Self {
                anchors: vec![certificate(ROOT, ROOT, ("2020-01-01", "2040-01-01"), &ca_extensions())],
                tsa_anchors: vec![certificate(TSA_ROOT, TSA_ROOT, ("2020-01-01", "2040-01-01"), &ca_extensions())],
                ca,
                signer,
                tsa: certificate(TSA, TSA_ROOT, ("2020-01-01", "2040-01-01"), &purposes(&[STAMPING], true)),
                revocation: vec![
                    (MaterialKind::Crl, crl(ROOT, "2025-04-30", "2025-06-01", &[])),
                    (MaterialKind::Crl, crl(CA, "2025-04-30", "2025-06-01", &[])),
                ],
                made,
                at: at("2025-05-01"),
                poe: Vec::new(),
                policy,
            }
        }

        /// With this in place of the CRL of the CA.
        fn about_signer(mut self, kind: MaterialKind, bytes: Vec<u8>) -> Self {
            self.revocation[1] = (kind, bytes);
            self
        }

        /// With a signature time-stamp of this time.
        fn stamped(mut self, time: &str) -> Self {
            let token = self.token(&self.made.value(), time);
            self.made.unsigned = vec![attribute("1.2.840.113549.1.9.16.2.14", &token)];
            self
        }

        fn token(&self, over: &[u8], time: &str) -> Vec<u8> {
            let imprint = seq(&[&seq(&[&oid("2.16.840.1.101.3.4.2.1")]), &octets(&sha256(over).0)]);
            let info = seq(&[&integer(1), &oid("1.2.398.3.3.2.6.4"), &imprint, &integer(9), &general_time(at(time))]);
            Made {
                signer: TSA,
                issuer: TSA_ROOT,
                certificates: vec![self.tsa.clone()],
                content: info,
                content_type: TST,
                signed_type: TST,
                reference: Some(self.tsa.clone()),
                more_signed: Vec::new(),
                unsigned: Vec::new(),
                value: None,
                has_attributes: true,
                is_attached: true,
            }
            .encode()
        }

        fn ask(&self) -> Report {
            self.ask_of(&self.made.encode(), None, &Caches::default(), &Work::default())
        }

        /// Asks about another object, with another content, cache and work.
        fn ask_of(&self, object: &[u8], content: Option<&dyn Content>, caches: &Caches, work: &Work) -> Report {
            let parse = |der: &Vec<u8>| Arc::new(Certificate::parse(der).unwrap());
            let anchors: Vec<_> = self.anchors.iter().map(parse).collect();
            let tsa_anchors: Vec<_> = self.tsa_anchors.iter().map(parse).collect();
            let mut material = Material::new();
            for (kind, bytes) in &self.revocation {
                material.add_entry(*kind, bytes).unwrap();
            }
            let policy = self.policy.clone().with_anchors(&anchors, &tsa_anchors);
            let question = Question {
                object,
                object_digest: None,
                content,
                material: &material,
                policy: &policy,
                at: self.at,
                poe: &self.poe,
                caches,
            };
            validate_within(&question, work).unwrap()
        }

        #[track_caller]
        fn gives(&self, indication: Indication, sub: Option<SubIndication>) -> Report {
            let report = self.ask();
            let conclusion = report.conclusion();
            assert_eq!((conclusion.indication, conclusion.sub_indication), (indication, sub), "{conclusion}");
            report
        }

        #[track_caller]
        fn passes(&self) -> Report {
            self.gives(Indication::TotalPassed, None)
        }

        #[track_caller]
        fn waits(&self, sub: SubIndication) -> Report {
            self.gives(Indication::Indeterminate, Some(sub))
        }

        #[track_caller]
        fn fails(&self, sub: SubIndication) -> Report {
            self.gives(Indication::TotalFailed, Some(sub))
        }

        fn proof(&self, object: Sha256, time: &str) -> ProofOfExistence {
            ProofOfExistence { object, time: at(time), source: PoeSource::Receipt }
        }
    }

    #[test]
    fn the_untouched_signature_passes() {
        let report = World::new().passes();
        let signature = &report.signatures[0];
        assert_eq!((signature.format, signature.level, signature.chain.len()), ("CAdES", Level::B, 3));
        assert_eq!(signature.revocation.len(), 2);
        assert!(signature.checks.iter().all(|check| check.outcome == Outcome::Ok), "{:?}", signature.checks);
    }

    /// RFC 6960 §2.2, and what the national CA answers: revoked, 1970-01-01, certificateHold, extended-revoke.
    #[test]
    fn a_certificate_that_was_never_issued_is_not_merely_revoked_long_ago() {
        let answer = |extended| ocsp(CA, SIGNER, "2025-04-30 23:00", &Says::Revoked("1970-01-01", 6), extended);
        let world = World::new().about_signer(MaterialKind::Ocsp, answer(true));
        let report = world.waits(SubIndication::CertificateChainGeneralFailure);
        assert_eq!(report.signatures[0].revocation[1].status, "not-issued");
        // No proof of existence helps.
        let world = World { poe: vec![world.proof(sha256(&world.made.encode()), "2025-01-01")], ..world };
        world.waits(SubIndication::CertificateChainGeneralFailure);
    }

    #[test]
    fn an_answer_without_next_update_is_as_fresh_as_the_policy_admits() {
        let world = |at_text: &str| {
            let answer = ocsp(CA, SIGNER, "2025-05-01 00:00", &Says::Good, false);
            World { at: at(at_text), ..World::new().about_signer(MaterialKind::Ocsp, answer) }
        };
        let mut fresh = world("2025-05-02 00:00");
        assert_eq!(fresh.policy.revocation.ocsp_age_max_s, 86_400);
        fresh.passes();
        world("2025-05-02 00:01").waits(SubIndication::TryLater);
        fresh.policy.revocation.ocsp_age_max_s = 86_399;
        fresh.waits(SubIndication::TryLater);
    }

    #[test]
    fn everything_that_is_missing_is_named_at_once() {
        let subjects = |world: &World, sub| {
            let missing = world.waits(sub).signatures[0].all_missing();
            let what =
                |one: &Missing| (matches!(one.what, Wanted::Certificate), one.subject.clone().unwrap_or_default());
            missing.iter().map(what).collect::<Vec<_>>()
        };
        let subject = |der: &[u8]| rfc4514(Certificate::parse(der).unwrap().subject_der());
        let mut world = World::new();
        let (ca, signer) = (subject(&world.ca), subject(&world.signer));
        world.revocation.clear();
        // Of the whole chain, not only of what was met first.
        let both = subjects(&world, SubIndication::TryLater);
        assert!(both.len() == 2 && both.contains(&(false, ca.clone())) && both.contains(&(false, signer.clone())));
        for one in world.ask().signatures[0].all_missing() {
            let Wanted::Revocation { valid_at, issued_from } = one.what else { panic!("{one:?}") };
            assert!(valid_at == world.at && issued_from < valid_at && one.serial.is_some());
        }
        // The certificate above, and word of the one below it.
        world.made.certificates = vec![world.signer.clone()];
        let open = subjects(&world, SubIndication::NoCertificateChainFound);
        assert_eq!(open, [(true, ca.clone()), (false, signer)]);
        // Data of the issuer that are at hand are not asked for.
        world.revocation = World::new().revocation;
        assert_eq!(subjects(&world, SubIndication::NoCertificateChainFound), [(true, ca.clone())]);
        world.made.certificates = vec![world.ca.clone()];
        let nameless = subjects(&world, SubIndication::NoSigningCertificateFound);
        assert_eq!(nameless, [(true, String::new())]);
        assert_eq!(world.ask().signatures[0].all_missing()[0].issuer.as_ref(), Some(&ca));
    }

    #[test]
    fn nothing_is_missing_where_nothing_more_would_help() {
        assert_eq!(World::new().passes().signatures[0].all_missing(), []);
        let revoked = crl(CA, "2025-04-30", "2025-06-01", &[(SIGNER, "2025-04-01", 1)]);
        let world = World::new().about_signer(MaterialKind::Crl, revoked);
        assert_eq!(world.waits(SubIndication::RevokedNoPoe).signatures[0].all_missing(), []);
        // A self-issued certificate that is no anchor: no material makes it one.
        let mut world = World::new();
        world.revocation.clear();
        world.made.certificates.extend(std::mem::take(&mut world.anchors));
        assert_eq!(world.waits(SubIndication::NoCertificateChainFound).signatures[0].all_missing(), []);
    }

    #[test]
    fn a_certificate_on_hold_waits_and_the_hold_does_not_reach_back() {
        let held = crl(CA, "2025-04-30", "2025-06-01", &[(SIGNER, "2025-04-01", 6)]);
        let world = || World::new().about_signer(MaterialKind::Crl, held.clone());
        world().waits(SubIndication::TryLater);
        world().stamped("2025-03-01").passes();
        world().stamped("2025-04-02").waits(SubIndication::TryLater);
    }

    #[test]
    fn a_revocation_counts_from_its_first_second() {
        let revoked = crl(CA, "2025-04-30", "2025-06-01", &[(SIGNER, "2025-04-01", 1)]);
        let world = || World::new().about_signer(MaterialKind::Crl, revoked.clone());
        world().waits(SubIndication::RevokedNoPoe);
        world().stamped("2025-03-31 23:59").passes();
        world().stamped("2025-04-01 00:00").waits(SubIndication::RevokedNoPoe);
    }

    #[test]
    fn a_revoked_ca_takes_its_signers_with_it_unless_they_are_proven_older() {
        let world = || {
            let mut world = World::new();
            world.revocation[0].1 = crl(ROOT, "2025-04-30", "2025-06-01", &[(CA, "2025-04-01", 2)]);
            // The CA's own list from before, and proven to be.
            world.revocation[1].1 = crl(CA, "2025-03-15", "2025-04-14", &[]);
            world.poe = vec![world.proof(sha256(&world.revocation[1].1), "2025-03-20")];
            world
        };
        world().waits(SubIndication::RevokedCaNoPoe);
        world().stamped("2025-03-01").passes();
        // A list of a revoked CA that nothing proves to be older may have been made by anybody.
        let mut forged = world().stamped("2025-03-01");
        forged.poe.clear();
        forged.waits(SubIndication::NoPoe);
    }

    #[test]
    fn a_revocation_is_not_overlooked_because_other_data_are_old() {
        let world = |since| {
            let mut world = World::new();
            world.revocation[0].1 = crl(ROOT, "2025-03-30", "2025-04-15", &[]);
            let older = crl(CA, "2025-04-01", "2025-04-20", &[]);
            world.revocation[1].1 = crl(CA, "2025-04-30", "2025-06-01", &[(SIGNER, since, 1)]);
            world.poe = vec![world.proof(sha256(&older), "2025-04-10")];
            world.revocation.push((MaterialKind::Crl, older));
            world.stamped("2025-03-20")
        };
        world("2025-03-15").waits(SubIndication::RevokedNoPoe);
        world("2025-03-25").passes();
    }

    #[test]
    fn anchors_for_signatures_and_for_time_stamps_are_separate() {
        let report = World::new().stamped("2025-03-01").passes();
        assert_eq!(
            (report.signatures[0].level, report.signatures[0].best_signature_time),
            (Level::T, at("2025-03-01"))
        );
        // The authority is trusted for signatures only: the token counts for nothing.
        let mut world = World::new().stamped("2025-03-01");
        world.anchors.extend(std::mem::take(&mut world.tsa_anchors));
        let report = world.passes();
        assert_eq!((report.signatures[0].level, report.signatures[0].best_signature_time), (Level::B, world.at));
        assert_eq!(
            report.signatures[0].timestamps[0].conclusion.sub_indication,
            Some(SubIndication::NoCertificateChainFound)
        );
        // And an authority for time-stamps vouches for no signer.
        let mut world = World::new();
        world.tsa_anchors.extend(std::mem::take(&mut world.anchors));
        world.waits(SubIndication::NoCertificateChainFound);
    }

    #[test]
    fn a_signature_without_the_certificate_of_its_signer_is_not_valid() {
        let mut world = World::new();
        world.made.certificates = vec![world.ca.clone()];
        world.waits(SubIndication::NoSigningCertificateFound);
        world.revocation.push((MaterialKind::Certificate, world.signer.clone()));
        world.passes();
    }

    #[test]
    fn the_signature_of_a_token_is_verified() {
        let mut world = World::new().stamped("2025-03-01");
        let token = world.made.unsigned[0].clone();
        // The last octet of the token is the last of its signature value.
        *world.made.unsigned[0].last_mut().unwrap() ^= 1;
        assert_ne!(token, world.made.unsigned[0]);
        let report = world.passes();
        let signature = &report.signatures[0];
        assert_eq!(signature.timestamps[0].conclusion.sub_indication, Some(SubIndication::SigCryptoFailure));
        assert_eq!((signature.level, signature.best_signature_time), (Level::B, world.at));
    }

    #[test]
    fn the_time_of_the_question_is_the_time_of_the_verdict() {
        let world = |time| World { at: at(time), ..World::new() };
        world("2023-12-31").fails(SubIndication::NotYetValid);
        world("2025-05-01").passes();
        world("2031-01-01").waits(SubIndication::OutOfBoundsNoPoe);
    }

    #[test]
    fn a_certificate_for_authentication_only_signs_no_document() {
        for purpose in [&[CLIENT][..], &["1.3.6.1.5.5.7.3.1"]] {
            let world = World::with(("2024-01-01", "2030-01-01"), &signing_extensions(purpose, false));
            world.waits(SubIndication::ChainConstraintsFailure);
        }
        World::with(("2024-01-01", "2030-01-01"), &signing_extensions(&[CLIENT, EMAIL], false)).passes();
        // keyEncipherment alone.
        let extensions = [extension("2.5.29.15", true, &[3, 2, 5, 0x20]), purposes(&[EMAIL], false)].concat();
        World::with(("2024-01-01", "2030-01-01"), &extensions).waits(SubIndication::ChainConstraintsFailure);
    }

    /// RFC 3161 §2.3.
    #[test]
    fn a_token_by_a_certificate_that_is_not_for_time_stamps_alone_counts_for_nothing() {
        for (purpose, critical) in [(&[STAMPING][..], false), (&[STAMPING, EMAIL], true), (&[EMAIL], true)] {
            let mut world = World::new();
            world.tsa = certificate(TSA, TSA_ROOT, ("2020-01-01", "2040-01-01"), &purposes(purpose, critical));
            let world = world.stamped("2025-03-01");
            assert_eq!(world.passes().signatures[0].level, Level::B, "{purpose:?} {critical}");
        }
    }

    #[test]
    fn the_signed_reference_has_to_be_that_of_the_certificate() {
        let mut world = World::new();
        world.made.reference = Some(b"another".to_vec());
        world.waits(SubIndication::NoSigningCertificateFound);
        world.made.reference = None;
        assert_eq!(world.passes().signatures[0].format, "CMS");
    }

    #[test]
    fn signed_attributes_are_as_rfc_5652_wants_them() {
        let mut world = World::new();
        world.made.signed_type = TST;
        world.waits(SubIndication::SigConstraintsFailure);
        let mut world = World::new();
        world.made.more_signed = vec![attribute("1.2.840.113549.1.9.4", &octets(&[0; 64]))];
        world.fails(SubIndication::FormatFailure);
        let mut world = World::new();
        let time = attribute("1.2.840.113549.1.9.5", &utc_time(at("2025-02-01")));
        world.made.more_signed = vec![time.clone()];
        assert_eq!(world.passes().signatures[0].claimed_signing_time, Some(at("2025-02-01")));
        world.made.more_signed = vec![time.clone(), time];
        world.waits(SubIndication::SigConstraintsFailure);
    }

    #[test]
    fn a_content_time_stamp_after_the_revocation_or_the_expiry_makes_the_failure_final() {
        let content_stamped = |mut world: World, time: &str| {
            let token = world.token(&world.made.content.clone(), time);
            world.made.more_signed = vec![attribute("1.2.840.113549.1.9.16.2.20", &token)];
            world
        };
        let revoked = || {
            let list = crl(CA, "2025-04-30", "2025-06-01", &[(SIGNER, "2025-04-01", 1)]);
            World::new().about_signer(MaterialKind::Crl, list)
        };
        content_stamped(revoked(), "2025-04-02").fails(SubIndication::Revoked);
        content_stamped(revoked(), "2025-03-01").waits(SubIndication::RevokedNoPoe);
        let expired = || World { at: at("2031-01-01"), ..World::new() };
        content_stamped(expired(), "2030-06-01").fails(SubIndication::Expired);
        content_stamped(expired(), "2029-06-01").waits(SubIndication::OutOfBoundsNoPoe);
        // The signature cannot be older than what it holds.
        let world = content_stamped(World::new(), "2025-03-01").stamped("2025-02-01");
        world.waits(SubIndication::TimestampOrderFailure);
    }

    /// Ten years later nothing fresh is left; what was frozen with the record and proven by the journal is enough.
    #[test]
    fn a_signature_stays_valid_with_frozen_material_when_everything_has_expired() {
        let world = || {
            let mut world = World::new();
            world.ca = certificate(CA, ROOT, ("2020-01-01", "2032-01-01"), &ca_extensions());
            world.made.certificates[1] = world.ca.clone();
            world.at = at("2036-01-01");
            let mut proven: Vec<Sha256> = world.revocation.iter().map(|(_, bytes)| sha256(bytes)).collect();
            proven.push(sha256(&world.made.encode()));
            world.poe = proven.into_iter().map(|digest| world.proof(digest, "2025-05-01")).collect();
            world
        };
        let report = world().passes();
        assert_eq!(report.signatures[0].best_signature_time, at("2025-05-01"));
        // Each proof is needed: that of the signature, and that of the CRL of a CA that has expired since.
        let mut without = world();
        without.poe.pop();
        without.waits(SubIndication::OutOfBoundsNoPoe);
        let mut without = world();
        without.poe.remove(1);
        assert_ne!(without.ask().conclusion().indication, Indication::TotalPassed);
    }

    #[test]
    fn an_algorithm_is_judged_when_the_signature_is_proven_to_have_existed() {
        let world = || {
            let mut world = World::new();
            for rule in world.policy.algorithms.iter_mut().filter(|rule| rule.name == "SHA-512") {
                rule.until = Some(at("2025-04-01"));
            }
            world
        };
        world().waits(SubIndication::CryptoConstraintsFailureNoPoe);
        let mut proven = world();
        proven.poe = vec![proven.proof(sha256(&proven.made.encode()), "2025-03-01")];
        proven.passes();
        let mut unknown = World::new();
        unknown.policy.algorithms.retain(|rule| rule.name != "Ed25519");
        unknown.waits(SubIndication::CryptoConstraintsFailure);
    }

    #[test]
    fn a_trust_that_ended_holds_for_what_is_proven_older() {
        let world = World::new().stamped("2025-03-01");
        let parse = |der: &Vec<u8>| Arc::new(Certificate::parse(der).unwrap());
        let mut policy =
            world.policy.clone().with_anchors(&[parse(&world.anchors[0])], &[parse(&world.tsa_anchors[0])]);
        let object = world.made.encode();
        let mut ask = |until: &str| {
            policy.anchors[0].trusted_until = Some(at(until));
            let mut material = Material::new();
            for (kind, bytes) in &world.revocation {
                material.add_entry(*kind, bytes).unwrap();
            }
            let question = Question {
                object: &object,
                object_digest: None,
                content: None,
                material: &material,
                policy: &policy,
                at: world.at,
                poe: &[],
                caches: &Caches::default(),
            };
            validate(&question).unwrap().conclusion().indication
        };
        assert_eq!(ask("2025-03-02"), Indication::TotalPassed);
        assert_eq!(ask("2025-03-01"), Indication::Indeterminate);
    }

    #[test]
    fn what_is_not_evaluated_is_said() {
        let mut world = World::new();
        world.made.unsigned =
            vec![attribute("0.4.0.1733.2.4", &seq(&[])), attribute("1.2.840.113549.1.9.6", &seq(&[]))];
        world.made.unsigned.push(attribute("1.2.3.4", &seq(&[])));
        let report = world.passes();
        let notes = report.signatures[0].checks.iter().filter(|check| check.name == "not-evaluated");
        let notes: Vec<&str> = notes.map(|check| check.detail.split(':').next().unwrap()).collect();
        assert_eq!(notes, ["archive time-stamp", "attribute 1.2.3.4", "countersignature"]);
        assert_eq!(report.signatures[0].level, Level::B);
        // What is looked into is not said to be passed over.
        let stamped = World::new().stamped("2025-03-01").passes();
        assert!(stamped.signatures[0].checks.iter().all(|check| check.name != "not-evaluated"));
    }

    /// Objects with as many signers as are admitted.
    mod crowds {
        use super::*;
        use crate::verify::limits::{SIGNERS_MAX, WORK_LOOKUPS_MAX, WORK_SIGNATURES_MAX, WORK_STEPS_MAX};

        const LONG: (&str, &str) = ("2020-01-01", "2040-01-01");

        fn is_broken_off(signature: &crate::verify::report::SignatureReport) -> bool {
            signature.checks.iter().any(|check| check.name == "budget" && check.outcome == Outcome::Fail)
        }

        /// 64 signers below ten CAs that all certify one another, and none of them is trusted.
        fn mesh() -> (World, Vec<u8>) {
            let mut world = World::new();
            let cas = 200..210_u8;
            let leaf = certificate(SIGNER, 200, LONG, &signing_extensions(&[EMAIL], false));
            world.made.issuer = 200;
            world.made.reference = Some(leaf.clone());
            world.made.certificates = vec![leaf];
            for (subject, issuer) in cas.clone().flat_map(|s| cas.clone().map(move |i| (s, i))).filter(|(s, i)| s != i)
            {
                world.made.certificates.push(certificate(subject, issuer, LONG, &ca_extensions()));
            }
            let infos = world.made.info().repeat(SIGNERS_MAX);
            let object = world.made.encode_of(&infos);
            (world, object)
        }

        #[test]
        fn a_mesh_of_cas_ends_within_the_work_of_one_object_and_says_so() {
            let (world, object) = mesh();
            let (caches, work) = (Caches::default(), Work::default());
            let began = std::time::Instant::now();
            let report = world.ask_of(&object, None, &caches, &work);
            eprintln!("mesh of {SIGNERS_MAX} signers: {:?}, {:?}", began.elapsed(), work.spent());
            assert_eq!(report.signatures.len(), SIGNERS_MAX);
            for signature in &report.signatures {
                let conclusion = &signature.conclusion;
                assert_eq!(conclusion.indication, Indication::Indeterminate, "{conclusion}");
                assert_eq!(conclusion.sub_indication, Some(SubIndication::CertificateChainGeneralFailure));
                assert!(is_broken_off(signature) && conclusion.detail.starts_with("broken off"), "{conclusion}");
            }
            // Each of the first came to the limit of one path, the rest to that of all together.
            let detail = |index: usize| &report.signatures[index].conclusion.detail;
            assert!(detail(0).ends_with("for one path"), "{}", detail(0));
            assert!(detail(SIGNERS_MAX - 1).ends_with("in one submission"), "{}", detail(SIGNERS_MAX - 1));
            let (signatures, steps, lookups) = work.spent();
            assert!(signatures <= WORK_SIGNATURES_MAX && steps <= WORK_STEPS_MAX && lookups <= WORK_LOOKUPS_MAX);
            // What the cache knows by now is charged as before: the report is the same bytes.
            let warm = world.ask_of(&object, None, &caches, &Work::default());
            assert_eq!(warm.encode(), report.encode());
        }

        /// An object that follows in the same submission has nothing left; in one of its own it has everything.
        #[test]
        fn objects_of_one_submission_share_the_work_and_other_submissions_have_their_own() {
            let (world, object) = mesh();
            let (caches, work) = (Caches::default(), Work::of(1_000, 2_000, 1_000));
            world.ask_of(&object, None, &caches, &work);
            let honest = World::new();
            let after = honest.ask_of(&honest.made.encode(), None, &caches, &work);
            assert!(is_broken_off(&after.signatures[0]), "{}", after.conclusion());
            let apart = honest.ask_of(&honest.made.encode(), None, &caches, &Work::default());
            assert_eq!(apart.encode(), honest.passes().encode());
        }

        #[test]
        fn an_honest_object_with_the_most_signers_is_not_hit() {
            let mut world = World::new();
            let mut infos = Vec::new();
            world.made.certificates = vec![world.ca.clone()];
            for number in 0..u8::try_from(SIGNERS_MAX).unwrap() {
                let signer = 100 + number;
                let leaf = certificate(signer, CA, LONG, &signing_extensions(&[EMAIL], false));
                let mut made =
                    Made { signer, reference: Some(leaf.clone()), unsigned: Vec::new(), ..world.made.clone() };
                let token = world.token(&made.value(), "2025-03-01");
                made.unsigned = vec![attribute("1.2.840.113549.1.9.16.2.14", &token)];
                infos.extend(made.info());
                world.made.certificates.push(leaf);
            }
            let work = Work::default();
            let report = world.ask_of(&world.made.encode_of(&infos), None, &Caches::default(), &work);
            assert_eq!(report.signatures.len(), SIGNERS_MAX);
            assert!(report.signatures.iter().all(|s| s.conclusion.is_passed() && s.level == Level::T));
            let (signatures, steps, lookups) = work.spent();
            eprintln!("{SIGNERS_MAX} signers: {:?}", work.spent());
            // A tenth of what is admitted.
            assert!(signatures < WORK_SIGNATURES_MAX / 10, "{signatures}");
            assert!(steps < WORK_STEPS_MAX / 10 && lookups < WORK_LOOKUPS_MAX / 10, "{steps} {lookups}");
        }

        /// Also where the policy does not ask for revocation data: what was broken off might have been a revocation.
        #[test]
        fn work_that_runs_out_anywhere_lets_nothing_pass() {
            let mut world = World::new();
            world.policy.revocation.required = false;
            let ask = |work: &Work| world.ask_of(&world.made.encode(), None, &Caches::default(), work);
            let all = Work::default();
            assert!(ask(&all).conclusion().is_passed());
            let (signatures, steps, lookups) = all.spent();
            assert!(ask(&Work::of(signatures, steps, lookups)).conclusion().is_passed(), "exactly enough");
            for short in 0..signatures.max(steps).max(lookups) {
                for work in [
                    (short < signatures).then(|| Work::of(short, steps, lookups)),
                    (short < steps).then(|| Work::of(signatures, short, lookups)),
                    (short < lookups).then(|| Work::of(signatures, steps, short)),
                ] {
                    let Some(work) = work else { continue };
                    let report = ask(&work);
                    let conclusion = report.conclusion();
                    assert_eq!(conclusion.indication, Indication::Indeterminate, "{short} {conclusion}");
                    assert!(is_broken_off(&report.signatures[0]), "{short} {conclusion}");
                }
            }
        }
    }

    #[test]
    fn a_signature_without_signed_attributes_is_the_policys_to_accept() {
        let mut world = World::new();
        world.made.has_attributes = false;
        assert!(world.policy.signer.signed_attributes_required, "as the policy of the project has it");
        world.waits(SubIndication::SigConstraintsFailure);
        world.policy.signer.signed_attributes_required = false;
        assert_eq!(world.passes().signatures[0].format, "CMS");
        world.made.content = b"1) not a set".to_vec();
        world.passes();
    }

    /// RFC 5652 §5.4: nothing in what is signed says whether it is a content or a set of attributes.
    #[test]
    fn attributes_are_not_taken_for_a_content_nor_a_content_for_attributes() {
        let with = World::new();
        let mut without = World::new();
        without.policy.signer.signed_attributes_required = false;
        let made = &mut without.made;
        made.has_attributes = false;
        // The value over the attributes of one document, with these attributes as a document of their own.
        made.content = with.made.signed_set();
        made.value = Some(with.made.value());
        let confused = |world: &World, content: Option<&dyn Content>| {
            let report = world.ask_of(&world.made.encode(), content, &Caches::default(), &Work::default());
            let conclusion = report.conclusion();
            assert_eq!(conclusion.sub_indication, Some(SubIndication::SigConstraintsFailure), "{conclusion}");
            // The value is in order: that is the trap.
            assert!(report.signatures[0].checks.iter().any(|c| c.name == "signature" && c.outcome == Outcome::Ok));
        };
        confused(&without, None);
        // Detached, the content given.
        without.made.is_attached = false;
        let content = with.made.signed_set();
        confused(&without, Some(&InMemory(&content)));
        // The other way: somebody was made to sign a file that is the attributes of another document. It is not
        // accepted as what it was signed as, so nobody has a use for such a signature here.
        without.made.is_attached = true;
        without.made.value = None;
        confused(&without, None);
        assert_eq!(without.made.value(), with.made.value(), "one key, one value, two meanings");
        with.passes();
    }

    /// A time-stamp beside a signature is a proof when it is over the file of the signature, byte for byte.
    #[test]
    fn a_time_stamp_beside_a_signature_proves_the_file_it_is_over_and_no_other() {
        let mut world = World::new()
            .about_signer(MaterialKind::Crl, crl(CA, "2025-04-30", "2025-06-01", &[(SIGNER, "2025-04-01", 1)]));
        world.waits(SubIndication::RevokedNoPoe);
        let object = world.made.encode();
        let token = world.token(&object, "2025-03-01");
        let stamp = |over: &[u8]| {
            world.ask_of(&token, Some(&InMemory(over)), &Caches::default(), &Work::default()).signatures.remove(0)
        };
        let passed = stamp(&object);
        assert_eq!((passed.conclusion.indication, passed.format), (Indication::Passed, "RFC3161"));
        assert_eq!(passed.timestamps[0].time, Some(at("2025-03-01")));
        let mut other = object.clone();
        *other.last_mut().unwrap() ^= 1;
        let failed = stamp(&other);
        assert_eq!(failed.conclusion.sub_indication, Some(SubIndication::HashFailure));
        // Of a file that is not at hand nothing is said.
        let alone = world.ask_of(&token, None, &Caches::default(), &Work::default());
        assert_eq!(alone.conclusion().sub_indication, Some(SubIndication::SignedDataNotFound));
        // What it proves is given with the question; of other bytes it proves nothing here.
        let proof = |of: &[u8]| ProofOfExistence {
            object: sha256(of),
            time: passed.timestamps[0].time.unwrap(),
            source: PoeSource::Timestamp,
        };
        world.poe = vec![proof(&other)];
        world.waits(SubIndication::RevokedNoPoe);
        world.poe = vec![proof(&object)];
        assert_eq!(world.passes().signatures[0].best_signature_time, at("2025-03-01"));
    }

    #[test]
    fn a_content_that_cannot_be_read_is_an_error_and_no_verdict() {
        struct Broken;
        impl Content for Broken {
            fn digest(&self, _: DigestAlgorithm) -> Result<Vec<u8>, ContentError> {
                Err(ContentError(io::Error::other("broken")))
            }
            fn bytes(&self) -> Option<&[u8]> {
                None
            }
            fn head(&self) -> Result<Vec<u8>, ContentError> {
                Ok(Vec::new())
            }
        }
        let world = World::new();
        let object = world.made.encode();
        let question = Question {
            object: &object,
            object_digest: None,
            content: Some(&Broken),
            material: &Material::new(),
            policy: &world.policy,
            at: world.at,
            poe: &[],
            caches: &Caches::default(),
        };
        assert!(validate(&question).is_err());
    }
}
