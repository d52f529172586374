//! Shared material: which of the certificates and CRLs that are offered, or that a validation used, all records share.
//!
//! Invariants
//!   - An offered CRL is kept only when the key that signed it is that of a CA to which an anchor of the policy leads.
//!     Else a list of anybody's, under the name of a CA, would be taken for a newer one of that CA.
//!   - An offered CRL of a time to come is not kept: it would be the newest until then.
//!   - What a validation used is kept as it is: its signatures were verified there. When something that a record names
//!     is not kept after all, the record is not made.
//!
//! A certificate of a CA is kept whether an anchor leads to it or not: it proves nothing by itself, and the policy with
//! its anchor may be adopted later. What a crash leaves: the pieces that were kept before it, each an act of its own.
//!
//! Whether a CA may sign CRLs, and whether it is revoked, is the validation's to say.

use crate::archive::{Archive, NewMaterial};
use crate::clock::utc;
use crate::error::{Error, ErrorCode};
use crate::model::digest::{Sha256, sha256};
use crate::model::id::ActorId;
use crate::model::material::SharedKind;
use crate::model::strict::words;
use crate::verify::alg::{self, Message, SignatureAlgorithm};
use crate::verify::certificate::Certificate;
use crate::verify::crl::Crl;
use crate::verify::material::Material;
use crate::verify::work::Work;
use chrono::Duration;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

words! {
    /// Why something that was offered is not shared.
    NotShared {
        /// A certificate of a signer or an OCSP answer.
        NamesPeople = "names_people",
        /// A CRL that no CA has signed to which an anchor leads.
        NoIssuer = "no_issuer",
        /// A CRL of a time to come.
        NotYet = "not_yet",
    }
}

/// What became of material that was offered to be shared.
#[derive(Debug, Clone, Default)]
pub struct Shared {
    /// New.
    pub added: u64,
    /// Kept before.
    pub kept: u64,
    /// What is not shared, by digest, and why.
    pub left: Vec<(Sha256, NotShared)>,
}

impl Shared {
    /// How many pieces are not shared for this reason.
    pub fn left_for(&self, why: NotShared) -> usize {
        self.left.iter().filter(|(_, reason)| *reason == why).count()
    }
}

/// Keeps the certificates of CAs and the CRLs of `material` for all records.
pub fn add_shared(archive: &Archive, material: &Material, actor: ActorId) -> Result<Shared, Error> {
    add_shared_from(archive, material, None, actor)
}

/// The same with the address that it was fetched from.
pub fn add_shared_from(
    archive: &Archive,
    material: &Material,
    source: Option<&str>,
    actor: ActorId,
) -> Result<Shared, Error> {
    let mut shared = Shared::default();
    let count = |shared: &mut Shared, entry: Option<u64>| match entry {
        Some(_) => shared.added += 1,
        None => shared.kept += 1,
    };
    for certificate in material.certificates() {
        if is_ca(certificate) {
            count(&mut shared, archive.add_material(of_certificate(certificate, source), actor)?);
        } else {
            shared.left.push((certificate.sha256, NotShared::NamesPeople));
        }
    }
    shared.left.extend(material.ocsp_responses().map(|response| (response.sha256, NotShared::NamesPeople)));
    if material.crls().len() == 0 {
        return Ok(shared);
    }
    let issuers = trusted(archive, material)?;
    let skew = Duration::seconds(archive.validation_policy()?.policy.receipt.clock_skew_max_s.into());
    let latest = utc(archive.now()) + skew;
    for crl in material.crls() {
        if !issuers.certificates_named(crl.issuer_der()).any(|issuer| is_signed_by(crl, issuer)) {
            shared.left.push((crl.sha256, NotShared::NoIssuer));
        } else if crl.this_update > latest {
            shared.left.push((crl.sha256, NotShared::NotYet));
        } else {
            count(&mut shared, archive.add_material(of_crl(crl, source), actor)?);
        }
    }
    Ok(shared)
}

/// Keeps what a validation used, and makes sure that the archive has all the shared material that it `names`.
pub(super) fn keep_used(archive: &Archive, used: &Material, names: &[Sha256], actor: ActorId) -> Result<(), Error> {
    for certificate in used.certificates() {
        archive.add_material(of_certificate(certificate, None), actor)?;
    }
    for crl in used.crls() {
        archive.add_material(of_crl(crl, None), actor)?;
    }
    for digest in names {
        if !archive.index().has_material(*digest)? {
            let what = "shared material that the validation used is not kept";
            return Err(Error::new(ErrorCode::MeaNotHeld, digest.to_string(), what));
        }
    }
    Ok(())
}

fn of_certificate<'a>(certificate: &'a Certificate, source: Option<&'a str>) -> NewMaterial<'a> {
    let (kind, made) = (SharedKind::Certificate, certificate.not_before.timestamp());
    NewMaterial { kind, der: &certificate.der, issuer: certificate.issuer_der(), made, source }
}

fn of_crl<'a>(crl: &'a Crl, source: Option<&'a str>) -> NewMaterial<'a> {
    let kind = if crl.is_delta() { SharedKind::DeltaCrl } else { SharedKind::Crl };
    NewMaterial { kind, der: crl.der(), issuer: crl.issuer_der(), made: crl.this_update.timestamp(), source }
}

/// The anchors of the policy in force and of the one that officers are judged by, and the certificates of CAs that they
/// lead to in the archive and in `more`.
pub(crate) fn trusted(archive: &Archive, more: &Material) -> Result<Material, Error> {
    let mut known = Material::new();
    let (in_force, confirmed) = (archive.validation_policy()?, archive.confirmed()?);
    let anchors =
        [&in_force.policy, &confirmed.policy.policy].map(|policy| policy.anchors.iter().chain(&policy.tsa_anchors));
    for anchor in anchors.into_iter().flatten() {
        known.add_certificate(anchor.certificate.clone());
    }
    let mut pool = Material::new();
    for certificate in archive.material()?.certificates().chain(more.certificates()) {
        pool.add_certificate(certificate.clone());
    }
    // What the archive keeps and is offered was brought by its own people.
    Signers::within(Work::of(usize::MAX, 0, 0)).link(&mut known, &pool);
    Ok(known)
}

/// Certificates under one name and one key identifier that are tried as the signer of another. Own bound: an authority
/// has one or two keys at a time; as `CANDIDATES_MAX` of the validation.
const CANDIDATES_MAX: usize = 8;

/// Which certificate's key signed which: each pair is verified once, and no more than the [`Work`] has left. What it
/// has not is answered as not signed.
pub(crate) struct Signers {
    work: Work,
    verified: BTreeMap<(Sha256, Sha256), bool>,
}

impl Signers {
    /// Verifies as much as `work` admits.
    pub(crate) fn within(work: Work) -> Self {
        Self { work, verified: BTreeMap::new() }
    }

    fn is_signed_by(&mut self, certificate: &Certificate, issuer: &Certificate) -> bool {
        // By the key: any number of certificates may have the same.
        let pair = (certificate.sha256, sha256(issuer.spki_der()));
        if let Some(verified) = self.verified.get(&pair) {
            return *verified;
        }
        let is_paid = self.work.signature_once(pair.0, pair.1, issuer.spki_der()).is_ok();
        let is_signed = is_paid && certificate.verify_signed_by(issuer).is_ok();
        self.verified.insert(pair, is_signed);
        is_signed
    }

    /// The certificates in `pool` whose key signed this one, as far as they are tried: those with the key identifier
    /// that it names first.
    pub(crate) fn all_of<'p>(&mut self, pool: &'p Material, certificate: &Certificate) -> Vec<&'p Arc<Certificate>> {
        let named = pool.certificates_named(certificate.issuer_der()).take(CANDIDATES_MAX);
        let key_id = certificate.extensions.authority_key_id.iter();
        let by_key = key_id.flat_map(|key_id| pool.certificates_with_key_id(key_id).take(CANDIDATES_MAX));
        let mut seen = BTreeSet::new();
        let mut signers = Vec::new();
        for issuer in by_key.filter(|issuer| issuer.subject_key == certificate.issuer_key).chain(named) {
            if seen.insert(issuer.sha256) && self.is_signed_by(certificate, issuer) {
                signers.push(issuer);
            }
        }
        signers
    }

    /// One of them.
    pub(crate) fn one_of<'p>(&mut self, pool: &'p Material, certificate: &Certificate) -> Option<&'p Arc<Certificate>> {
        self.all_of(pool, certificate).into_iter().next()
    }

    /// Makes known the certificates of CAs in `pool` that known ones lead to, signature by signature.
    pub(crate) fn link(&mut self, known: &mut Material, pool: &Material) {
        let mut left: Vec<&Arc<Certificate>> = pool.certificates().filter(|c| is_ca(c)).collect();
        loop {
            left.retain(|certificate| known.certificate(&certificate.sha256).is_none());
            let led_to = |c: &&&Arc<Certificate>| self.one_of(known, c).is_some();
            let new: Vec<Arc<Certificate>> = left.iter().filter(led_to).map(|c| Arc::clone(c)).collect();
            if new.is_empty() {
                break;
            }
            new.into_iter().for_each(|certificate| known.add_certificate(certificate));
        }
    }
}

/// Whether a CRL was signed with the key of this certificate.
pub(crate) fn is_signed_by(crl: &Crl, issuer: &Certificate) -> bool {
    let (Ok(key), Ok(algorithm)) =
        (issuer.public_key(), SignatureAlgorithm::of_identifier(crl.signature_algorithm_der(), None))
    else {
        return false;
    };
    alg::verify(&key, &algorithm, Message::Bytes(crl.tbs_der()), crl.signature_octets()).is_ok()
}

/// Whether a certificate is one of a CA, by its own word.
pub(crate) fn is_ca(certificate: &Certificate) -> bool {
    let is_old_root = certificate.version == 1 && certificate.is_self_issued();
    certificate.extensions.basic_constraints.is_some_and(|b| b.ca) || is_old_root
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::alg::DigestAlgorithm;
    use crate::verify::der::{tag, write};
    use crate::verify::path::made::{Made, extension};

    fn pool(certificates: impl Iterator<Item = Made>) -> Material {
        let mut pool = Material::new();
        certificates.for_each(|made| pool.add_certificate(made.certificate()));
        pool
    }

    #[test]
    fn many_certificates_of_one_name_cost_no_more_than_some_and_each_pair_once() {
        // As many that say the CA issued them, and as many under its name, and none of these did.
        let issuers = pool((1..=60).map(|key| Made::ca(("CA", key), ("root", 250))));
        let subjects = pool((1..=60).map(|key| Made::ca(("one", key), ("CA", 200))));
        assert_eq!((issuers.certificates().len(), subjects.certificates().len()), (60, 60));
        let ask = |work: &Work| {
            let mut signers = Signers::within(work.clone());
            for _ in 0..3 {
                assert!(subjects.certificates().all(|subject| signers.one_of(&issuers, subject).is_none()));
            }
            work.spent().0
        };
        assert_eq!(ask(&Work::default()), 60 * CANDIDATES_MAX);
        // A submission that carries more than its work admits is left alone.
        assert_eq!(ask(&Work::of(10, 0, 0)), 10);
    }

    #[test]
    fn the_key_identifier_finds_the_signer_among_many_of_its_name() {
        let signer = Made::ca(("CA", 200), ("root", 250));
        let issuers = pool((1..=60).map(|key| Made::ca(("CA", key), ("root", 250))).chain([signer.clone()]));
        let key = DigestAlgorithm::Sha1.digest(&signer.certificate().spki_der()[12..]);
        let named = write(tag::SEQUENCE, &[&write(0x80, &[&key])]);
        let subject = Made::ca(("one", 1), ("CA", 200)).with(extension(35, false, &named)).certificate();
        let found = Signers::within(Work::default()).one_of(&issuers, &subject).map(|one| one.sha256);
        assert_eq!(found, Some(signer.certificate().sha256));
    }

    #[test]
    fn known_is_what_a_known_key_signed_and_not_what_only_says_so() {
        let mut known = pool([Made::ca(("root", 1), ("root", 1))].into_iter());
        let (under, below) = (Made::ca(("CA", 2), ("root", 1)), Made::ca(("CA 2", 3), ("CA", 2)));
        let forged = [Made::ca(("CA", 4), ("root", 5)), Made::ca(("CA 3", 6), ("CA", 4))];
        let carried = pool([below.clone(), under.clone()].into_iter().chain(forged));
        Signers::within(Work::default()).link(&mut known, &carried);
        assert_eq!(known.certificates().len(), 3);
        assert!([under, below].iter().all(|made| known.certificate(&made.certificate().sha256).is_some()));
    }
}
