//! Paths of the signers of revocation data, found by [`path`](super::super::path).
//!
//! They end at the anchor of the certificate in question and nowhere else; policies are not asked of them.

use super::super::certificate::Certificate;
use super::super::path::{self, PathError, PathInputs, PolicyInputs, Pool, Purpose};
use super::super::work::Work;
use super::SignerPaths;
use chrono::{DateTime, Utc};
use std::sync::Arc;

/// Finds them among the certificates of a pool, each with the limits of one path and all within the work of the
/// submission.
#[derive(Debug, Clone, Copy)]
pub struct PooledPaths<'a> {
    /// The certificates that may stand between, those of the paths in question included.
    pub pool: &'a Pool,
    /// Signatures that were verified before.
    pub cache: &'a path::SignatureCache,
    /// What the submission has left.
    pub work: &'a Work,
}

impl SignerPaths for PooledPaths<'_> {
    fn path(
        &self,
        certificate: &Arc<Certificate>,
        known: &[Arc<Certificate>],
        at: DateTime<Utc>,
    ) -> Result<Vec<Arc<Certificate>>, PathError> {
        let anchors = Pool::new(known.last().cloned());
        let policies = PolicyInputs::default();
        let inputs = PathInputs {
            anchors: &anchors,
            pool: self.pool,
            at: Some(at),
            policies: &policies,
            // What the signer may sign is asked by those who ask for the path.
            purpose: Purpose::Any,
            cache: self.cache,
        };
        let found = path::build(certificate, &inputs, &mut path::Budget::within(self.work));
        found.map(|path| path.certificates().to_vec())
    }
}
