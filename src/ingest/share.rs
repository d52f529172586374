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
use crate::model::digest::Sha256;
use crate::model::id::ActorId;
use crate::model::material::SharedKind;
use crate::model::strict::words;
use crate::verify::alg::{self, Message, SignatureAlgorithm};
use crate::verify::certificate::Certificate;
use crate::verify::crl::Crl;
use crate::verify::material::Material;
use chrono::Duration;
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

/// The anchors of the policy, and the certificates of CAs that they lead to in the archive and in `more`.
pub(crate) fn trusted(archive: &Archive, more: &Material) -> Result<Material, Error> {
    let mut known = Material::new();
    for anchor in &archive.validation_policy()?.policy.anchors {
        known.add_certificate(anchor.certificate.clone());
    }
    let mut pool = Material::new();
    for certificate in archive.material()?.certificates().chain(more.certificates()) {
        pool.add_certificate(certificate.clone());
    }
    link(&mut known, &pool);
    Ok(known)
}

/// Makes known the certificates of CAs in `pool` that known ones lead to, signature by signature.
pub(crate) fn link(known: &mut Material, pool: &Material) {
    loop {
        let led_to =
            |c: &&Arc<Certificate>| is_ca(c) && known.certificate(&c.sha256).is_none() && signer_of(known, c).is_some();
        let new: Vec<Arc<Certificate>> = pool.certificates().filter(led_to).cloned().collect();
        if new.is_empty() {
            break;
        }
        new.into_iter().for_each(|certificate| known.add_certificate(certificate));
    }
}

/// The certificates in `pool` whose key signed this one.
pub(crate) fn signers_of<'p>(
    pool: &'p Material,
    certificate: &'p Certificate,
) -> impl Iterator<Item = &'p Arc<Certificate>> {
    pool.certificates_named(certificate.issuer_der()).filter(|issuer| certificate.verify_signed_by(issuer).is_ok())
}

/// One of them.
pub(crate) fn signer_of<'p>(pool: &'p Material, certificate: &'p Certificate) -> Option<&'p Arc<Certificate>> {
    signers_of(pool, certificate).next()
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
