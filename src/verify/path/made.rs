//! Certificates made for tests: Ed25519 keys from one octet, names of one attribute, and whatever extensions a test
//! wants.
//!
//! It writes what it is told to, right or wrong.

use crate::verify::certificate::Certificate;
use crate::verify::der::{tag, write};
use ed25519_dalek::{Signer, SigningKey};
use std::sync::Arc;

/// A certificate to be made.
#[derive(Debug, Clone)]
pub(crate) struct Made {
    pub(crate) subject: Vec<u8>,
    pub(crate) issuer: Vec<u8>,
    pub(crate) key: u8,
    pub(crate) signed_by: u8,
    pub(crate) serial: u8,
    pub(crate) validity: [&'static str; 2],
    pub(crate) extensions: Vec<Vec<u8>>,
}

impl Made {
    /// A certificate for `subject` and its key, signed by `issuer` and its key, without extensions.
    pub(crate) fn new(subject: (&str, u8), issuer: (&str, u8)) -> Self {
        Self {
            subject: name(subject.0),
            issuer: name(issuer.0),
            key: subject.1,
            signed_by: issuer.1,
            serial: 1,
            validity: ["200101000000Z", "291231235959Z"],
            extensions: Vec::new(),
        }
    }

    /// The same of a CA that may sign certificates and CRLs.
    pub(crate) fn ca(subject: (&str, u8), issuer: (&str, u8)) -> Self {
        Self::new(subject, issuer).with(basic(true, None)).with(key_usage(&[0x06]))
    }

    /// With one more extension.
    pub(crate) fn with(mut self, extension: Vec<u8>) -> Self {
        self.extensions.push(extension);
        self
    }

    pub(crate) fn der(&self) -> Vec<u8> {
        let algorithm = sequence(&[&ED25519]);
        let signing = SigningKey::from_bytes(&[self.signed_by; 32]);
        let public = SigningKey::from_bytes(&[self.key; 32]).verifying_key().to_bytes();
        let mut tbs = vec![
            write(0xa0, &[&[2, 1, 2]]),
            write(tag::INTEGER, &[&[self.serial]]),
            algorithm.clone(),
            self.issuer.clone(),
            sequence(&[&write(0x17, &[self.validity[0].as_bytes()]), &write(0x17, &[self.validity[1].as_bytes()])]),
            self.subject.clone(),
            sequence(&[&algorithm, &write(tag::BIT_STRING, &[&[0], &public])]),
        ];
        if !self.extensions.is_empty() {
            let extensions: Vec<&[u8]> = self.extensions.iter().map(Vec::as_slice).collect();
            tbs.push(write(0xa3, &[&sequence(&extensions)]));
        }
        let tbs: Vec<&[u8]> = tbs.iter().map(Vec::as_slice).collect();
        let tbs = sequence(&tbs);
        let signature = signing.sign(&tbs).to_bytes();
        sequence(&[&tbs, &algorithm, &write(tag::BIT_STRING, &[&[0], &signature])])
    }

    pub(crate) fn certificate(&self) -> Arc<Certificate> {
        Arc::new(Certificate::parse(&self.der()).unwrap())
    }
}

/// 1.3.101.112.
const ED25519: [u8; 5] = [6, 3, 0x2b, 0x65, 0x70];

pub(crate) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    write(tag::SEQUENCE, parts)
}

/// CN=text.
pub(crate) fn name(text: &str) -> Vec<u8> {
    let value = write(tag::UTF8_STRING, &[text.as_bytes()]);
    sequence(&[&write(tag::SET, &[&sequence(&[&[6, 3, 0x55, 4, 3], &value])])])
}

/// An extension under id-ce.
pub(crate) fn extension(last: u8, critical: bool, value: &[u8]) -> Vec<u8> {
    let critical: &[u8] = if critical { &[1, 1, 0xff] } else { &[] };
    sequence(&[&[6, 3, 0x55, 0x1d, last], critical, &write(tag::OCTET_STRING, &[value])])
}

pub(crate) fn basic(ca: bool, path_len: Option<u8>) -> Vec<u8> {
    let ca: &[u8] = if ca { &[1, 1, 0xff] } else { &[] };
    let path_len = path_len.map_or(Vec::new(), |n| vec![2, 1, n]);
    extension(19, true, &sequence(&[ca, &path_len]))
}

/// keyUsage of these octets, no bit of them unused.
pub(crate) fn key_usage(octets: &[u8]) -> Vec<u8> {
    extension(15, true, &write(tag::BIT_STRING, &[&[0], octets]))
}

/// extendedKeyUsage of purposes under id-kp.
pub(crate) fn extended_key_usage(critical: bool, purposes: &[u8]) -> Vec<u8> {
    let purposes: Vec<Vec<u8>> = purposes.iter().map(|p| vec![6, 8, 0x2b, 6, 1, 5, 5, 7, 3, *p]).collect();
    let purposes: Vec<&[u8]> = purposes.iter().map(Vec::as_slice).collect();
    extension(37, critical, &sequence(&purposes))
}

/// The policy 2.999.`number`, encoded.
pub(crate) fn policy(number: u16) -> Vec<u8> {
    let [high, low] = [0x80 | u8::try_from(number >> 7).unwrap(), u8::try_from(number & 0x7f).unwrap()];
    if number < 0x80 { vec![6, 3, 0x88, 0x37, low] } else { vec![6, 4, 0x88, 0x37, high, low] }
}

pub(crate) fn policies(policies: &[Vec<u8>]) -> Vec<u8> {
    let infos: Vec<Vec<u8>> = policies.iter().map(|p| sequence(&[p])).collect();
    let infos: Vec<&[u8]> = infos.iter().map(Vec::as_slice).collect();
    extension(32, false, &sequence(&infos))
}

pub(crate) fn mappings(pairs: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
    let pairs: Vec<Vec<u8>> = pairs.iter().map(|(from, to)| sequence(&[from, to])).collect();
    let pairs: Vec<&[u8]> = pairs.iter().map(Vec::as_slice).collect();
    extension(33, true, &sequence(&pairs))
}

/// subjectAltName of these GeneralNames.
pub(crate) fn alt_names(names: &[Vec<u8>]) -> Vec<u8> {
    let names: Vec<&[u8]> = names.iter().map(Vec::as_slice).collect();
    extension(17, false, &sequence(&names))
}

/// nameConstraints: GeneralNames that are permitted (0) or excluded (1).
pub(crate) fn name_constraints(kind: u8, bases: &[Vec<u8>]) -> Vec<u8> {
    let subtrees: Vec<Vec<u8>> = bases.iter().map(|base| sequence(&[base])).collect();
    let subtrees: Vec<&[u8]> = subtrees.iter().map(Vec::as_slice).collect();
    extension(30, true, &sequence(&[&write(0xa0 | kind, &subtrees)]))
}

/// A GeneralName.
pub(crate) fn general(tag: u8, value: &[u8]) -> Vec<u8> {
    write(tag, &[value])
}
