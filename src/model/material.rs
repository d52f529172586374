//! Material for the validation of signatures that records share: what kinds there are.
//!
//! Certificates of CAs and CRLs name nobody but authorities, so they are kept once (design §2). Certificates of signers
//! and OCSP answers name people; they are kept with each record and die with it.

use super::strict::words;

words! {
    /// What a piece of shared material is.
    SharedKind {
        /// A certificate of a CA.
        Certificate = "certificate",
        /// A complete CRL.
        Crl = "crl",
        /// A delta CRL.
        DeltaCrl = "delta_crl",
    }
}
