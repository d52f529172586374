//! Reading of time-stamps (RFC 3161): the answer of an authority, its token, and what the token says.
//!
//! [`TimestampToken::read`] takes either an answer or a bare token, and keeps the bytes of the token. Its signature is
//! that of a CMS object with one signer: [`TimestampToken::signed_data`].
//!
//! Invariants
//!   - No bytes cause a panic.
//!   - A token that was read has one signer and an attached TSTInfo of version 1.
//!
//! It says nothing about trust: neither whether the signature verifies, nor whether the imprint is that of anything.

use super::alg::DigestAlgorithm;
use super::cms::{AlgorithmIdentifier, CmsError, Content, SignedData};
use super::der::{DerError, Element, Reader, tag, write};
use super::evidence::record::DigestIdentifier;
use super::oid::Oid;
use chrono::{DateTime, TimeDelta, Utc};

/// id-ct-TSTInfo (RFC 3161 §2.4.2).
pub const TST_INFO: &str = "1.2.840.113549.1.9.16.1.4";

/// Why bytes are no time-stamp that can be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TimestampError {
    /// It is not encoded as it should be.
    #[error(transparent)]
    Der(#[from] DerError),
    /// The token is no SignedData that can be read.
    #[error(transparent)]
    Cms(#[from] CmsError),
    /// What a token says is not encoded as it should be; the place is counted from its first byte.
    #[error("TSTInfo: {0}")]
    Info(#[source] DerError),
    /// The authority refused (RFC 3161 §2.4.2).
    #[error("the authority granted no token: status {status}")]
    Refused {
        /// PKIStatus.
        status: u64,
    },
    /// The content of the object is not what a token has.
    #[error("content type {0} is no TSTInfo")]
    NotTimestamp(Oid),
    /// What the token says is not in it.
    #[error("the token has no content")]
    NoContent,
    /// RFC 3161 §2.4.2: the signature of the authority, and no other.
    #[error("{0} signers, where a token has one")]
    Signers(usize),
    /// RFC 3161 §2.4.2: there is version 1 alone.
    #[error("version {0} of TSTInfo")]
    Version(u64),
}

/// The request for a token over a digest (RFC 3161 §2.4.1), which asks for the authority's certificate too.
///
/// A nonce tells the answer from an old one over the same digest; a digest that never was before needs none.
pub fn request(algorithm: DigestAlgorithm, digest: &[u8], nonce: Option<[u8; 8]>) -> Vec<u8> {
    let identifier = DigestIdentifier::of(algorithm).to_der();
    let imprint = write(tag::SEQUENCE, &[&identifier, &write(tag::OCTET_STRING, &[digest])]);
    let nonce = nonce.map(|nonce| write(tag::INTEGER, &[&integer_octets(nonce)])).unwrap_or_default();
    // Version 1, and certReq TRUE.
    write(tag::SEQUENCE, &[&[2, 1, 1], &imprint, &nonce, &[1, 1, 0xff]])
}

/// The content octets of a positive INTEGER with these bytes (X.690 §8.3).
pub fn integer_octets(nonce: [u8; 8]) -> Vec<u8> {
    let mut octets = nonce.to_vec();
    // Zeros in front are not encoded, and one is when the first bit would make it negative.
    let zeros = octets.iter().take_while(|octet| **octet == 0).count();
    octets.drain(..zeros.min(7));
    if octets.first().is_some_and(|first| *first >= 0x80) {
        octets.insert(0, 0);
    }
    octets
}

/// A time-stamp token that can be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimestampToken {
    /// The token: a CMS object, without the answer around it and without bytes behind it.
    pub bytes: Vec<u8>,
    /// What it says.
    pub info: TstInfo,
    /// The octets of TSTInfo, whose digest is signed.
    pub info_der: Vec<u8>,
    /// Bytes that stood behind the token or the answer.
    pub trailing: usize,
}

/// TSTInfo (RFC 3161 §2.4.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TstInfo {
    /// The policy of the authority.
    pub policy: Oid,
    /// Digest algorithm of the imprint.
    pub imprint_algorithm: Oid,
    /// Digest of what was stamped.
    pub imprint: Vec<u8>,
    /// Content octets of the serial number.
    pub serial: Vec<u8>,
    /// When the token was made.
    pub time: DateTime<Utc>,
    /// How far off the time may be.
    pub accuracy: Option<TimeDelta>,
    /// Whether tokens of this authority are ordered by their time alone.
    pub ordering: bool,
    /// Content octets of the nonce.
    pub nonce: Option<Vec<u8>>,
    /// The name of the authority: a GeneralName, the whole element.
    pub tsa: Option<Vec<u8>>,
    /// Extensions that must be understood, and are not: none is known here.
    pub critical_extensions: Vec<Oid>,
}

impl TimestampToken {
    /// Reads a TimeStampResp or a TimeStampToken, in DER or BER.
    pub fn read(bytes: &[u8]) -> Result<Self, TimestampError> {
        let mut reader = Reader::ber(bytes);
        let outer = reader.expect(tag::SEQUENCE)?;
        // RFC 3161 §2.4.2: TimeStampResp ::= SEQUENCE { status PKIStatusInfo, timeStampToken OPTIONAL }. The token
        // begins with an object identifier instead.
        if outer.reader().peek() != Some(tag::SEQUENCE) {
            return Self::read_token(bytes);
        }
        let mut fields = outer.reader();
        let status = fields.expect(tag::SEQUENCE)?.reader().expect(tag::INTEGER)?.u64()?;
        // 0 is granted, 1 is granted with modifications.
        if status > 1 {
            return Err(TimestampError::Refused { status });
        }
        let token = fields.expect(tag::SEQUENCE)?;
        fields.end()?;
        Ok(Self { trailing: reader.rest().len(), ..Self::read_token(token.raw)? })
    }

    fn read_token(bytes: &[u8]) -> Result<Self, TimestampError> {
        let signed = SignedData::read(bytes)?;
        if signed.content_type != TST_INFO {
            return Err(TimestampError::NotTimestamp(signed.content_type));
        }
        if signed.signers.len() != 1 {
            return Err(TimestampError::Signers(signed.signers.len()));
        }
        let Content::Octets(content) = &signed.content else { return Err(TimestampError::NoContent) };
        let info = TstInfo::read(content)?;
        Ok(Self { bytes: signed.raw.to_vec(), info, info_der: content.clone().into_owned(), trailing: signed.trailing })
    }

    /// The token as the CMS object that it is.
    pub fn signed_data(&self) -> SignedData<'_> {
        SignedData::read(&self.bytes).expect("these bytes were read before")
    }
}

impl TstInfo {
    /// Reads the content of a token.
    pub fn read(bytes: &[u8]) -> Result<Self, TimestampError> {
        // RFC 3161 has it in DER. Some authorities have zeros at the end of a fraction, or a default that is written
        // out: the octets are signed as they are, so BER loses nothing.
        let mut reader = Reader::ber(bytes);
        let (version, info) = reader
            .expect(tag::SEQUENCE)
            .and_then(|outer| reader.end().map(|()| outer))
            .and_then(|outer| Self::read_fields(&outer))
            .map_err(TimestampError::Info)?;
        if version != 1 {
            return Err(TimestampError::Version(version));
        }
        Ok(info)
    }

    /// TSTInfo ::= SEQUENCE { version, policy, messageImprint, serialNumber, genTime, accuracy OPTIONAL,
    /// ordering DEFAULT FALSE, nonce OPTIONAL, tsa [0] EXPLICIT OPTIONAL, extensions [1] IMPLICIT OPTIONAL }.
    fn read_fields(outer: &Element<'_>) -> Result<(u64, Self), DerError> {
        let mut fields = outer.reader();
        let version = fields.expect(tag::INTEGER)?.u64()?;
        let policy = fields.expect(tag::OID)?.oid()?;
        let mut imprint = fields.expect(tag::SEQUENCE)?.reader();
        let algorithm = imprint.expect(tag::SEQUENCE)?;
        let digest = imprint.read()?.octets()?.into_owned();
        imprint.end()?;
        let serial = fields.expect(tag::INTEGER)?.integer()?.to_vec();
        let time = fields.expect(tag::GENERALIZED_TIME)?.time_with_fraction()?;
        let accuracy = fields.optional(tag::SEQUENCE)?.map(|element| read_accuracy(&element)).transpose()?;
        let ordering = match fields.optional(tag::BOOLEAN)? {
            Some(ordering) => ordering.boolean()?,
            None => false,
        };
        let nonce = match fields.optional(tag::INTEGER)? {
            Some(nonce) => Some(nonce.integer()?.to_vec()),
            None => None,
        };
        let tsa = match fields.optional(tag::context(0))? {
            Some(explicit) => {
                let mut inner = explicit.reader();
                let name = inner.read()?.raw.to_vec();
                inner.end()?;
                Some(name)
            }
            None => None,
        };
        let critical_extensions = match fields.optional(tag::context(1))? {
            Some(extensions) => read_critical_extensions(&extensions)?,
            None => Vec::new(),
        };
        fields.end()?;
        let imprint_algorithm = read_algorithm(algorithm)?;
        let imprint = digest;
        let info = Self {
            policy,
            imprint_algorithm,
            imprint,
            serial,
            time,
            accuracy,
            ordering,
            nonce,
            tsa,
            critical_extensions,
        };
        Ok((version, info))
    }
}

fn read_algorithm(element: Element<'_>) -> Result<Oid, DerError> {
    match AlgorithmIdentifier::read(element) {
        Ok(algorithm) => Ok(algorithm.oid),
        Err(CmsError::Der(error)) => Err(error),
        Err(_) => Err(DerError { what: "an algorithm that is malformed", at: element.at() }),
    }
}

/// Accuracy ::= SEQUENCE { seconds INTEGER OPTIONAL, millis [0] INTEGER (1..999) OPTIONAL, micros [1] likewise }.
fn read_accuracy(element: &Element<'_>) -> Result<TimeDelta, DerError> {
    let malformed = DerError { what: "an accuracy that is out of range", at: element.at() };
    let mut fields = element.reader();
    let mut sum = TimeDelta::zero();
    if let Some(seconds) = fields.optional(tag::INTEGER)? {
        let seconds = i64::try_from(seconds.u64()?).map_err(|_| malformed)?;
        sum = TimeDelta::try_seconds(seconds).ok_or(malformed)?;
    }
    for (number, micros) in [(0, 1000), (1, 1)] {
        if let Some(part) = fields.optional(tag::context_primitive(number))? {
            let part = i64::try_from(part.u64()?).map_err(|_| malformed)?;
            // RFC 3161 has 1 to 999; OpenSSL writes 0 too.
            if part > 999 {
                return Err(malformed);
            }
            sum = sum.checked_add(&TimeDelta::microseconds(part.saturating_mul(micros))).ok_or(malformed)?;
        }
    }
    fields.end()?;
    Ok(sum)
}

/// Extension ::= SEQUENCE { extnID, critical BOOLEAN DEFAULT FALSE, extnValue OCTET STRING } (RFC 5280 §4.1).
fn read_critical_extensions(extensions: &Element<'_>) -> Result<Vec<Oid>, DerError> {
    let mut list = Vec::new();
    let mut reader = extensions.reader();
    while !reader.is_empty() {
        let mut fields = reader.expect(tag::SEQUENCE)?.reader();
        let oid = fields.expect(tag::OID)?.oid()?;
        let critical = fields.optional(tag::BOOLEAN)?.map(|flag| flag.boolean()).transpose()?;
        fields.read()?.octets()?;
        fields.end()?;
        if critical == Some(true) {
            list.push(oid);
        }
    }
    Ok(list)
}

#[cfg(test)]
mod tests {
    use super::super::cms::attributes::{CONTENT_TYPE, MESSAGE_DIGEST};
    use super::super::cms::tests::{
        DATA, Form, SHA1, SHA256, algorithm, attribute, octets, oid, open, seq, signer, tlv,
    };
    use super::*;

    fn info(parts: &[&[u8]]) -> Vec<u8> {
        seq(parts)
    }

    /// The fields that every TSTInfo has.
    fn fields(time: &str) -> [Vec<u8>; 5] {
        [
            vec![2, 1, 1],
            oid("1.2.398.3.3.2.6.4"),
            seq(&[&algorithm(SHA256), &octets(&[7; 32])]),
            vec![2, 2, 0x12, 0x34],
            tlv(tag::GENERALIZED_TIME, &[time.as_bytes()]),
        ]
    }

    fn info_with(time: &str, rest: &[&[u8]]) -> Vec<u8> {
        let fields = fields(time);
        let fields = fields.iter().map(Vec::as_slice).chain(rest.iter().copied());
        info(&fields.collect::<Vec<_>>())
    }

    fn token(form: Form, kind: &str, content: Option<&[u8]>, signers: usize) -> Vec<u8> {
        let content = content.map(|content| form(tag::context(0), &[&octets(content)])).unwrap_or_default();
        let one = signer(
            form,
            &[&attribute(CONTENT_TYPE, &[&oid(TST_INFO)]), &attribute(MESSAGE_DIGEST, &[&octets(&[1])])],
            &[],
        );
        let signed = form(
            tag::SEQUENCE,
            &[
                &[2, 1, 3],
                &form(tag::SET, &[&algorithm(SHA1)]),
                &form(tag::SEQUENCE, &[&oid(kind), &content]),
                &form(tag::SET, &[&one.repeat(signers)]),
            ],
        );
        form(tag::SEQUENCE, &[&oid("1.2.840.113549.1.7.2"), &form(tag::context(0), &[&signed])])
    }

    fn answer(status: u8, token: &[u8]) -> Vec<u8> {
        seq(&[&seq(&[&[2, 1, status], &seq(&[&tlv(tag::UTF8_STRING, &[b"text"])])]), token])
    }

    #[test]
    fn a_token_is_the_same_bare_and_in_an_answer() {
        for form in [tlv as Form, open] {
            let content = info_with("20250301100500Z", &[]);
            let bare = token(form, TST_INFO, Some(&content), 1);
            let read = TimestampToken::read(&bare).unwrap();
            assert_eq!(read.bytes, bare);
            assert_eq!(read.info_der, content);
            assert_eq!(read.info.policy, "1.2.398.3.3.2.6.4");
            assert_eq!(read.info.imprint_algorithm, SHA256);
            assert_eq!(read.info.imprint, [7; 32]);
            assert_eq!(read.info.serial, [0x12, 0x34]);
            assert_eq!(read.info.time.to_rfc3339(), "2025-03-01T10:05:00+00:00");
            assert_eq!((read.info.accuracy, read.info.ordering), (None, false));
            assert_eq!(read.signed_data().signers.len(), 1);
            for status in [0, 1] {
                assert_eq!(TimestampToken::read(&answer(status, &bare)).unwrap(), read);
            }
            let longer = TimestampToken::read(&[answer(0, &bare), vec![7]].concat()).unwrap();
            assert_eq!((longer.trailing, longer.bytes), (1, bare));
        }
    }

    #[test]
    fn what_is_no_token_is_refused_with_its_reason() {
        let content = info_with("20250301100500Z", &[]);
        let read = |bytes: &[u8]| TimestampToken::read(bytes).unwrap_err();
        let good = token(tlv, TST_INFO, Some(&content), 1);
        assert_eq!(read(&answer(2, &[])), TimestampError::Refused { status: 2 });
        assert_eq!(read(&answer(3, &good)), TimestampError::Refused { status: 3 });
        assert!(matches!(read(&answer(0, &[])), TimestampError::Der(_)));
        assert!(matches!(read(&answer(0, &[good.clone(), good.clone()].concat())), TimestampError::Der(_)));
        assert_eq!(read(&token(tlv, TST_INFO, None, 1)), TimestampError::NoContent);
        assert_eq!(read(&token(tlv, TST_INFO, Some(&content), 0)), TimestampError::Signers(0));
        assert_eq!(read(&token(tlv, TST_INFO, Some(&content), 2)), TimestampError::Signers(2));
        assert!(
            matches!(read(&token(tlv, DATA, Some(&content), 1)), TimestampError::NotTimestamp(kind) if kind == DATA)
        );
        assert!(matches!(read(&token(tlv, TST_INFO, Some(b"text"), 1)), TimestampError::Info(_)));
        let longer = [&content[..], &[5, 0]].concat();
        assert!(matches!(read(&token(tlv, TST_INFO, Some(&longer), 1)), TimestampError::Info(_)));
        for bytes in [&good, &answer(0, &good)] {
            for len in 0..bytes.len() {
                assert!(TimestampToken::read(&bytes[..len]).is_err(), "{len}");
            }
        }
    }

    #[test]
    fn optional_fields_stand_in_their_order() {
        let name = tlv(tag::context(4), &[&seq(&[])]);
        let (accuracy, ordering, nonce) =
            (seq(&[&[2, 1, 1], &[0x80, 2, 1, 0xf4], &[0x81, 1, 9]]), [1, 1, 0xff], [2, 1, 7]);
        let tsa = tlv(tag::context(0), &[&name]);
        let extension = |critical: &[u8]| seq(&[&oid("1.2.3"), critical, &octets(&[])]);
        let extensions = tlv(tag::context(1), &[&extension(&[]), &extension(&[1, 1, 0xff]), &extension(&[1, 1, 0])]);
        let all: [&[u8]; 5] = [&accuracy, &ordering, &nonce, &tsa, &extensions];
        let read = TstInfo::read(&info_with("20250301100500.25Z", &all)).unwrap();
        assert_eq!(read.time.timestamp_subsec_millis(), 250);
        assert_eq!(read.accuracy, Some(TimeDelta::microseconds(1_500_009)));
        assert!(read.ordering);
        assert_eq!((read.nonce, read.tsa), (Some(vec![7]), Some(name)));
        assert_eq!(read.critical_extensions.len(), 1);
        // Every choice of them is one; no other order is.
        for choice in 0..32 {
            let some: Vec<&[u8]> = (0..5).filter(|at| choice >> at & 1 == 1).map(|at| all[at]).collect();
            assert!(TstInfo::read(&info_with("20250301100500Z", &some)).is_ok());
            if some.len() > 1 {
                let turned: Vec<&[u8]> = some.iter().rev().copied().collect();
                assert!(TstInfo::read(&info_with("20250301100500Z", &turned)).is_err());
            }
        }
    }

    #[test]
    fn fields_out_of_range_are_refused() {
        let accuracy =
            |bytes: &[u8]| TstInfo::read(&info_with("20250301100500Z", &[&seq(&[bytes])])).map(|i| i.accuracy);
        assert_eq!(accuracy(&[]).unwrap(), Some(TimeDelta::zero()));
        assert_eq!(accuracy(&[0x80, 2, 3, 0xe7]).unwrap(), Some(TimeDelta::milliseconds(999)));
        for bad in
            [&[0x80, 2, 3, 0xe8][..], &[2, 1, 0xff], &[2, 8, 0x7f, 0, 0, 0, 0, 0, 0, 0], &[0x81, 1, 1, 0x80, 1, 1]]
        {
            assert!(accuracy(bad).is_err(), "{bad:?}");
        }
        for bad in ["20250301100500", "250301100500Z", "20250301100560Z", "20250301100500+0600"] {
            assert!(matches!(TstInfo::read(&info_with(bad, &[])), Err(TimestampError::Info(_))), "{bad}");
        }
        for version in [0, 2] {
            let mut fields = fields("20250301100500Z");
            fields[0] = vec![2, 1, version];
            let fields: Vec<&[u8]> = fields.iter().map(Vec::as_slice).collect();
            assert_eq!(TstInfo::read(&info(&fields)), Err(TimestampError::Version(u64::from(version))));
        }
    }
}
