//! What all signatures of one question share: the material with what the object carries, and the proofs of existence.
//!
//! A proof of the object as it came holds for everything in it: the signature values, the tokens, the certificates and
//! the revocation data (EN 319 102-1 §5.6.2.3). A proof that is later than the time that was asked about is not looked
//! at.

use super::super::cms::{RevocationInfo, SignedData};
use super::super::crl::Crl;
use super::super::limits::TIMESTAMPS_MAX;
use super::super::material::Material;
use super::super::ocsp::OcspResponse;
use super::super::path::Pool;
use super::super::report::{PoeSource, ProofOfExistence};
use super::super::timestamp::TimestampToken;
use super::super::work::Work;
use super::super::wrap;
use super::Question;
use crate::model::digest::{Sha256, sha256};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// One question while it is answered.
pub(super) struct Session<'q> {
    pub(super) question: &'q Question<'q>,
    /// What the submission has left.
    pub(super) work: &'q Work,
    /// The question's material and that of the object.
    pub(super) material: Material,
    /// All certificates of the material, by name.
    pub(super) pool: Pool,
    /// Since when things are proven to exist, by digest.
    pub(super) proofs: BTreeMap<Sha256, DateTime<Utc>>,
    /// CRLs and OCSP responses that the object carries.
    pub(super) carried: BTreeSet<Sha256>,
    /// Certificates, CRLs and OCSP responses of the object that cannot be read.
    pub(super) unreadable: usize,
    /// Where the proofs come from.
    known: Vec<ProofOfExistence>,
    /// The earliest proof of the object as it came.
    of_object: Option<(DateTime<Utc>, PoeSource)>,
}

impl<'q> Session<'q> {
    /// Gathers what `signed` carries, itself and in its tokens; `bytes` are the object without its wrapping.
    pub(super) fn new(question: &'q Question<'q>, work: &'q Work, bytes: &[u8], signed: &SignedData<'_>) -> Self {
        let names = [Some(sha256(question.object)), Some(sha256(bytes)), question.object_digest];
        let known: Vec<_> = question.poe.iter().filter(|poe| poe.time <= question.at).cloned().collect();
        let of_object = known.iter().filter(|poe| names.contains(&Some(poe.object))).map(|poe| (poe.time, poe.source));
        let mut session = Self {
            question,
            work,
            material: question.material.clone(),
            pool: Pool::default(),
            proofs: BTreeMap::new(),
            carried: BTreeSet::new(),
            unreadable: 0,
            of_object: of_object.min(),
            known,
        };
        for poe in &session.known {
            let since = session.proofs.entry(poe.object).or_insert(poe.time);
            *since = poe.time.min(*since);
        }
        session.gather(signed);
        session.pool = Pool::new(session.material.certificates().map(Arc::clone));
        session
    }

    /// The earliest proof of the thing with this digest, which stands in the object.
    pub(super) fn proof_of(&self, digest: Sha256) -> Option<ProofOfExistence> {
        let own = self.known.iter().filter(|poe| poe.object == digest).map(|poe| (poe.time, poe.source));
        let (time, source) = own.chain(self.of_object).min()?;
        Some(ProofOfExistence { object: digest, time, source })
    }

    /// Takes what `signed` carries, and what its tokens carry; not what tokens in tokens do.
    fn gather(&mut self, signed: &SignedData<'_>) {
        self.take(signed);
        for signer in &signed.signers {
            let tokens = signer.signed.iter().flat_map(|attributes| attributes.content_timestamps());
            let tokens = tokens.chain(signer.unsigned.iter().flat_map(|attributes| attributes.signature_timestamps()));
            for token in tokens.take(TIMESTAMPS_MAX) {
                if let Ok(token) = TimestampToken::read(token) {
                    self.take(&token.signed_data());
                }
            }
        }
    }

    fn take(&mut self, signed: &SignedData<'_>) {
        signed.certificates.iter().for_each(|der| self.add_certificate(der));
        for info in &signed.revocations {
            match info {
                RevocationInfo::Crl(der) => self.add_crl(der),
                RevocationInfo::OcspResponse(der) | RevocationInfo::BasicOcspResponse(der) => self.add_ocsp(der),
                RevocationInfo::Other(..) => self.unreadable = self.unreadable.saturating_add(1),
            }
        }
        for unsigned in signed.signers.iter().filter_map(|signer| signer.unsigned.as_ref()) {
            match (unsigned.certificate_values(), unsigned.revocation_values()) {
                (Ok(certificates), Ok(values)) => {
                    certificates.iter().for_each(|der| self.add_certificate(der));
                    values.crls.iter().for_each(|der| self.add_crl(der));
                    values.basic_ocsp_responses.iter().for_each(|der| self.add_ocsp(der));
                }
                _ => self.unreadable = self.unreadable.saturating_add(1),
            }
        }
    }

    fn add_certificate(&mut self, der: &[u8]) {
        match self.question.caches.certificates.parse(der) {
            Ok(certificate) => self.material.add_certificate(certificate),
            Err(_) => self.unreadable = self.unreadable.saturating_add(1),
        }
    }

    fn add_crl(&mut self, der: &[u8]) {
        match Crl::parse(der) {
            Ok(crl) => {
                self.note_carried(crl.sha256);
                self.material.add_crl(Arc::new(crl));
            }
            Err(_) => self.unreadable = self.unreadable.saturating_add(1),
        }
    }

    fn add_ocsp(&mut self, der: &[u8]) {
        match OcspResponse::parse(der) {
            Ok(response) => {
                self.note_carried(response.sha256);
                self.material.add_ocsp(Arc::new(response));
            }
            Err(_) => self.unreadable = self.unreadable.saturating_add(1),
        }
    }

    fn note_carried(&mut self, digest: Sha256) {
        self.carried.insert(digest);
        if let Some((time, _)) = self.of_object {
            let since = self.proofs.entry(digest).or_insert(time);
            *since = time.min(*since);
        }
    }
}

/// The blocks in the wrapping of an object.
pub(super) fn unwrapped(object: &[u8]) -> Result<Vec<Vec<u8>>, wrap::WrapError> {
    Ok(wrap::unwrap(object)?.into_iter().map(|block| block.bytes).collect())
}
