//! Every bound of the validation, each with the source of its number.
//!
//! A bound of our own says why it is enough; those of others name whose they are.

/// Elements inside one another. Own bound: OpenSSL stops at 30.
pub const DEPTH_MAX: usize = 32;
/// Bytes of one signature object without its content. Own bound: a CAdES-LTA signature with CRLs of a few MiB.
pub const CMS_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Signers of one object. Own bound: the longest approval lists have some dozens.
pub const SIGNERS_MAX: usize = 64;
/// Attributes of one signer. Own bound; CAdES has fewer than thirty kinds.
pub const ATTRIBUTES_MAX: usize = 256;
/// Time-stamp tokens in one signature that are looked at. Own bound: one a year for fifty years.
pub const TIMESTAMPS_MAX: usize = 64;
/// Certificates carried by one object. Own bound: a few chains for each signer.
pub const CERTIFICATES_MAX: usize = 1024;
/// CRLs and OCSP answers carried by one object. Own bound: one for each certificate.
pub const REVOCATIONS_MAX: usize = 1024;
/// Bytes of one certificate. Own bound: real ones stay below 8 KiB.
pub const CERTIFICATE_BYTES_MAX: usize = 256 * 1024;
/// Certificates of one path. Own bound; X.509 hierarchies have three or four, PKITS seven.
pub const PATH_CERTIFICATES_MAX: usize = 16;
/// Signature verifications for one path question. rustls-webpki: `Budget::default`, 100.
pub const PATH_SIGNATURES_MAX: usize = 100;
/// Calls of the path builder for one question. rustls-webpki: `Budget::default`, 200,000.
pub const PATH_CALLS_MAX: usize = 200_000;
/// Comparisons of name constraints for one path. rustls-webpki: `Budget::default`, 250,000.
pub const NAME_COMPARISONS_MAX: usize = 250_000;
/// Signature verifications in one submission, in those by RSA with 2,048 bits; an RSA key that costs more counts more
/// (4,096 bits four, the dearest that is read 61), DSA eight, every other key one. Own bound: a signature with its
/// time-stamp and all revocation data takes eight (value, certificate, answer and its responder; the same of the
/// time-stamp), so one object with the most signers takes 512, and this is eight such objects, or 500 files of one
/// signature each. By RSA that is a fifth of a second (42 µs for one). Of what counts one, P-384 costs most (0.95 ms,
/// docs/decisions/0007): some four seconds.
pub const WORK_SIGNATURES_MAX: usize = 4_096;
/// Certificates, names and policies looked at in one submission. Own bound: five times what rustls-webpki admits for
/// one path (`Budget::default`, 200,000); a signature of a hierarchy as they are takes less than a hundred. Some
/// seconds.
pub const WORK_STEPS_MAX: usize = 1_000_000;
/// CRLs and OCSP answers looked at in one submission. Own bound: 64 signers with time-stamps whose CAs have ten years
/// of daily CRLs in the archive take half a million. Some seconds.
pub const WORK_LOOKUPS_MAX: usize = 2_000_000;
/// Nodes of a policy graph. Own bound against CVE-2023-0464: no real path comes near.
pub const POLICY_NODES_MAX: usize = 4_096;
/// Bytes of one CRL. Own bound: places of entries are 32 bits, and lists of some MiB are in use.
pub const CRL_BYTES_MAX: usize = 256 * 1024 * 1024;
/// Bytes of one OCSP response. Own bound: real ones stay below 8 KiB, with their certificates.
pub const OCSP_BYTES_MAX: usize = 1024 * 1024;
/// Bytes of one time-stamp, as an answer or a token. Own bound: real ones have 2 to 8 KiB, with certificates; some
/// carry CRLs.
pub const TIMESTAMP_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Answers in one OCSP response that are looked at. Own bound: a client asks about one certificate, seldom a chain.
pub const OCSP_ANSWERS_MAX: usize = 1024;
/// Extensions of a CRL, of one of its entries or of an OCSP answer. Own bound: the standards have fewer than twenty.
pub const EXTENSIONS_MAX: usize = 64;
/// Signature verifications and paths of signers for one question about revocation. rustls-webpki: `Budget::default`,
/// 100.
pub const REVOCATION_SIGNATURES_MAX: usize = 100;
/// Questions about signers of revocation data inside one another. Own bound: a delegated responder or an indirect CRL
/// issuer, its CA, and the CRL issuer of that.
pub const REVOCATION_DEPTH_MAX: usize = 6;
/// Bytes of one evidence record. Own bound: a hundred tokens with the certificates and CRLs of their authorities.
pub const EVIDENCE_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Archive time-stamps of one evidence record. Own bound: a renewal a year for a century and more; validating each
/// takes as many signatures as a time-stamp of a signature, and `WORK_SIGNATURES_MAX` holds for all of them.
pub const EVIDENCE_TIMESTAMPS_MAX: usize = 256;
/// Chains of one evidence record. Own bound: more digest algorithms than are supported; each is over the bytes of all
/// before.
pub const EVIDENCE_CHAINS_MAX: usize = 16;
/// Digest algorithms that an evidence record names. Own bound: twice what is supported.
pub const EVIDENCE_ALGORITHMS_MAX: usize = 16;
/// Lists of all reduced hash trees of one evidence record. Own bound: a binary tree of 2^32 leaves has 33, in each
/// time-stamp.
pub const EVIDENCE_LISTS_MAX: usize = 33 * EVIDENCE_TIMESTAMPS_MAX;
/// Hash values in one evidence record. Own bound: a batch of 65,536 data objects that is not reduced, which some
/// makers' trees are; a group has as many members as a record has files.
pub const EVIDENCE_HASHES_MAX: usize = 65_536;
