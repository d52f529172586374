//! What repeats within a batch: certificates that were parsed, signatures that were verified.
//!
//! Both caches are bounded and may be shared between threads. They keep validation a pure function: the digest of a
//! certificate fixes its bytes and the digest of a key fixes the key, so what is remembered is what would be computed
//! again. Nothing about names, time or policy is remembered, and [`Budget`](super::Budget) counts as if there were
//! none.

use crate::model::digest::{Sha256, sha256};
use crate::verify::alg::AlgorithmError;
use crate::verify::certificate::{Certificate, CertificateError};
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Answers that are kept. Own bound: some hundred bytes each, and all certificates of a year's producers.
const SIGNATURES_MAX: usize = 65_536;
/// Certificates that are kept. Own bound: a few KiB each; a batch has some hundred signers.
const CERTIFICATES_MAX: usize = 16_384;

/// A map that starts anew when it is full: in one batch that never happens, and it needs no order of use.
#[derive(Debug)]
struct Bounded<K, V> {
    map: Mutex<HashMap<K, V>>,
    max: usize,
}

impl<K: Eq + Hash, V: Clone> Bounded<K, V> {
    fn new(max: usize) -> Self {
        Self { map: Mutex::default(), max }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, V>> {
        // An entry is put in whole or not at all, so a panic elsewhere leaves nothing half done.
        self.map.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, key: &K) -> Option<V> {
        self.lock().get(key).cloned()
    }

    fn put(&self, key: K, value: V) {
        let mut map = self.lock();
        if map.len() >= self.max {
            map.clear();
        }
        map.insert(key, value);
    }
}

/// Which certificate verifies by which key.
#[derive(Debug)]
pub struct SignatureCache(Bounded<(Sha256, Sha256), Result<(), AlgorithmError>>);

impl Default for SignatureCache {
    fn default() -> Self {
        Self(Bounded::new(SIGNATURES_MAX))
    }
}

impl SignatureCache {
    /// The answer for this certificate and the key with this digest, from `verify` when it is not known yet.
    ///
    /// It verifies without holding the lock; two threads that ask at once both compute the one answer.
    pub(super) fn verified(
        &self,
        certificate: Sha256,
        key: Sha256,
        verify: impl FnOnce() -> Result<(), AlgorithmError>,
    ) -> Result<(), AlgorithmError> {
        if let Some(known) = self.0.find(&(certificate, key)) {
            return known;
        }
        let answer = verify();
        self.0.put((certificate, key), answer.clone());
        answer
    }
}

/// Certificates by their digest.
#[derive(Debug)]
pub struct CertificateCache(Bounded<Sha256, Arc<Certificate>>);

impl Default for CertificateCache {
    fn default() -> Self {
        Self(Bounded::new(CERTIFICATES_MAX))
    }
}

impl CertificateCache {
    /// The certificate that these bytes are; parsed when they are met for the first time.
    pub fn parse(&self, der: &[u8]) -> Result<Arc<Certificate>, CertificateError> {
        let name = sha256(der);
        if let Some(known) = self.0.find(&name) {
            return Ok(known);
        }
        let certificate = Arc::new(Certificate::parse(der)?);
        self.0.put(name, Arc::clone(&certificate));
        Ok(certificate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_computed_once_and_a_full_cache_starts_anew() {
        let cache = SignatureCache(Bounded::new(2));
        let name = |n: u8| sha256(&[n]);
        assert_eq!(cache.verified(name(1), name(0), || Err(AlgorithmError::Signature)), Err(AlgorithmError::Signature));
        let known = cache.verified(name(1), name(0), || unreachable!("the answer is known"));
        assert_eq!(known, Err(AlgorithmError::Signature));
        for n in 2..=3 {
            cache.verified(name(n), name(0), || Ok(())).unwrap();
        }
        assert_eq!(cache.0.lock().len(), 1);
        assert_eq!(cache.verified(name(1), name(0), || Ok(())), Ok(()));
    }

    #[test]
    fn caches_are_shared_between_threads() {
        fn shared<T: Send + Sync>() {}
        shared::<SignatureCache>();
        shared::<CertificateCache>();
    }
}
