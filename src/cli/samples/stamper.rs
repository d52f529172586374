//! A demonstration authority for time-stamps (RFC 3161), beside the demonstration keys.
//!
//! It answers what it is asked at the time it is told: who runs it could date anything, so nothing that it stamps
//! proves a time. A real archive asks an authority that is not its own.

use super::der;
use super::signer::{Holder, Random, Root, Signer, Validity};
use crate::verify::der::{DerError, Reader, tag};
use chrono::{DateTime, Utc};
use std::io;

/// id-kp-timeStamping (RFC 3161 §2.3).
const TIME_STAMPING: &[u32] = &[1, 3, 6, 1, 5, 5, 7, 3, 8];
/// id-ct-TSTInfo (RFC 3161 §2.4.2).
const TST_INFO: &[u32] = &[1, 2, 840, 113549, 1, 9, 16, 1, 4];
/// The policy of its tokens, below the arc for examples (X.660 §A.5).
const POLICY: &[u32] = &[2, 999, 1];
/// GeneralizedTime, which tokens have in every year.
const GENERALIZED_TIME: u8 = 0x18;

/// The authority.
pub struct Stamper(Signer);

impl std::fmt::Debug for Stamper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Stamper")
    }
}

impl Stamper {
    /// An authority with a certificate of `root`.
    pub fn new(root: &Root, common_name: &str, validity: Validity, random: Random<'_>) -> io::Result<Self> {
        Ok(Self(root.issue_for(TIME_STAMPING, &Holder { common_name, ..Holder::default() }, validity, random)?))
    }

    /// Its certificate, DER.
    pub fn certificate(&self) -> &[u8] {
        self.0.certificate()
    }

    /// Answers a request, at this time.
    ///
    /// # Errors
    /// When it is no request.
    pub fn answer(&self, request: &[u8], at: DateTime<Utc>) -> Result<Vec<u8>, DerError> {
        // TimeStampReq ::= SEQUENCE { version, messageImprint, reqPolicy OPTIONAL, nonce OPTIONAL, certReq, extensions
        // }.
        let mut reader = Reader::der(request);
        let mut fields = reader.expect(tag::SEQUENCE)?.reader();
        reader.end()?;
        fields.expect(tag::INTEGER)?;
        let imprint = fields.expect(tag::SEQUENCE)?.raw;
        fields.optional(tag::OID)?;
        let nonce = fields.optional(tag::INTEGER)?.map(|nonce| nonce.raw.to_vec()).unwrap_or_default();
        let time = der::value(GENERALIZED_TIME, at.format("%Y%m%d%H%M%SZ").to_string().as_bytes());
        // Serial numbers differ as the requests do: this authority remembers none.
        let serial = crate::model::digest::sha256(&[request, &time].concat()).0[..8].to_vec();
        let info = der::sequence(&[
            &der::integer(&[1]),
            &der::object_identifier(POLICY),
            imprint,
            &der::integer(&[&[0x40], serial.as_slice()].concat()),
            &time,
            &nonce,
        ]);
        // RFC 5652 §5.1: version 3, because the content is no data.
        let token = self.0.sign_typed(TST_INFO, 3, &info, at);
        Ok(der::sequence(&[&der::sequence(&[&der::integer(&[0])]), &token]))
    }
}
