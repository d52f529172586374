//! The structures of RFC 4998 §3 to §5: evidence record, chains, archive time-stamps; reading and writing them.
//!
//! [`EvidenceRecord::read`] takes DER alone, from any maker: with or without reduced trees, digest algorithms of single
//! time-stamps and cryptoInfos. Of a token only the outermost element has to be DER; its bytes are kept as they are.
//!
//! Invariants
//!   - `read(bytes)?.to_der() == bytes`, and `read(&record.to_der())? == record`: renewals are over these bytes.
//!   - No bytes cause a panic; what is larger than [`limits`](super::super::limits) say is refused.
//!
//! It verifies nothing, and does not read tokens.

use super::super::alg::{AlgorithmError, DigestAlgorithm};
use super::super::cms::{AlgorithmIdentifier, CmsError};
use super::super::der::{DerError, Element, Reader, tag, write};
use super::super::limits::{
    EVIDENCE_ALGORITHMS_MAX, EVIDENCE_BYTES_MAX, EVIDENCE_CHAINS_MAX, EVIDENCE_HASHES_MAX, EVIDENCE_LISTS_MAX,
    EVIDENCE_TIMESTAMPS_MAX,
};
use super::super::oid::Oid;
use super::tree::{Lists, renewed_hash};

/// Why bytes are no evidence record that can be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// It is not encoded as it should be.
    #[error(transparent)]
    Der(#[from] DerError),
    /// RFC 4998 §3.1: there is version 1 alone.
    #[error("version {0} of an evidence record")]
    Version(u64),
    /// There is more of something than is read.
    #[error("{found} {what}, the limit is {limit}")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// How many, or one more than the limit.
        found: usize,
        /// How many are read.
        limit: usize,
    },
    /// Something that a record has at least one of is missing.
    #[error("a record without {0}")]
    Missing(&'static str),
}

/// An AlgorithmIdentifier of a digest algorithm, as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DigestIdentifier {
    /// Which algorithm it names.
    pub oid: Oid,
    der: Vec<u8>,
}

impl DigestIdentifier {
    /// Of an algorithm, without parameters (RFC 5754 §2).
    pub fn of(algorithm: DigestAlgorithm) -> Self {
        let oid = algorithm.oid();
        let content = oid.to_content().expect("the identifiers of the table have arcs of some bits");
        Self { der: write(tag::SEQUENCE, &[&write(tag::OID, &[&content])]), oid }
    }

    /// As it stands.
    pub fn to_der(&self) -> Vec<u8> {
        self.der.clone()
    }

    fn read(element: Element<'_>) -> Result<Self, DerError> {
        match AlgorithmIdentifier::read(element) {
            Ok(identifier) => Ok(Self { oid: identifier.oid, der: identifier.raw.to_vec() }),
            Err(CmsError::Der(error)) => Err(error),
            Err(_) => Err(DerError { what: "an algorithm that is malformed", at: element.at() }),
        }
    }

    /// The function that it names.
    ///
    /// # Errors
    /// When it is not supported, or has parameters.
    pub fn algorithm(&self) -> Result<DigestAlgorithm, AlgorithmError> {
        DigestAlgorithm::of_identifier(&self.der)
    }

    /// `[0] IMPLICIT`, as an archive time-stamp has it.
    fn to_implicit(&self) -> Vec<u8> {
        let content = Reader::der(&self.der).read().map(|element| element.content).unwrap_or_default();
        write(tag::context(0), &[content])
    }
}

/// EvidenceRecord (RFC 4998 §3.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceRecord {
    /// digestAlgorithms: of all archive time-stamps, in any order.
    pub digest_algorithms: Vec<DigestIdentifier>,
    /// cryptoInfos, the whole element. No time-stamp covers it.
    pub crypto_infos: Option<Vec<u8>>,
    /// encryptionInfo, the whole element. No time-stamp covers it.
    pub encryption_info: Option<Vec<u8>>,
    /// archiveTimeStampSequence, oldest chain first.
    pub chains: Vec<ArchiveTimeStampChain>,
}

/// ArchiveTimeStampChain (RFC 4998 §5.1): time-stamps with one digest algorithm, each over the one before.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ArchiveTimeStampChain {
    /// Oldest first.
    pub timestamps: Vec<ArchiveTimeStamp>,
}

/// ArchiveTimeStamp (RFC 4998 §4.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchiveTimeStamp {
    /// digestAlgorithm of the reduced tree; absent, it is that of the token's imprint.
    pub digest_algorithm: Option<DigestIdentifier>,
    /// attributes, the whole element.
    pub attributes: Option<Vec<u8>>,
    /// reducedHashtree; absent, the token is over the digest itself.
    pub lists: Option<Lists>,
    /// timeStamp: a ContentInfo, the whole element.
    pub token: Vec<u8>,
}

impl EvidenceRecord {
    /// A record of these chains.
    pub fn new(algorithms: &[DigestAlgorithm], chains: Vec<ArchiveTimeStampChain>) -> Self {
        let digest_algorithms = algorithms.iter().copied().map(DigestIdentifier::of).collect();
        Self { digest_algorithms, crypto_infos: None, encryption_info: None, chains }
    }

    /// Reads a record.
    ///
    /// # Errors
    /// When it is not DER of an EvidenceRecord of version 1, or larger than what is read.
    pub fn read(bytes: &[u8]) -> Result<Self, RecordError> {
        within("octets of an evidence record", bytes.len(), EVIDENCE_BYTES_MAX)?;
        let mut reader = Reader::der(bytes);
        let outer = reader.expect(tag::SEQUENCE)?;
        reader.end()?;
        // EvidenceRecord ::= SEQUENCE { version INTEGER { v1(1) }, digestAlgorithms SEQUENCE OF AlgorithmIdentifier,
        // cryptoInfos [0] OPTIONAL, encryptionInfo [1] OPTIONAL, archiveTimeStampSequence }, tags IMPLICIT.
        let mut fields = outer.reader();
        let version = fields.expect(tag::INTEGER)?.u64()?;
        if version != 1 {
            return Err(RecordError::Version(version));
        }
        let mut digest_algorithms = Vec::new();
        let mut list = fields.expect(tag::SEQUENCE)?.reader();
        while !list.is_empty() {
            within("digest algorithms", digest_algorithms.len().saturating_add(1), EVIDENCE_ALGORITHMS_MAX)?;
            digest_algorithms.push(DigestIdentifier::read(list.read()?)?);
        }
        let crypto_infos = fields.optional(tag::context(0))?.map(|element| element.raw.to_vec());
        let encryption_info = fields.optional(tag::context(1))?.map(|element| element.raw.to_vec());
        let mut sequence = fields.expect(tag::SEQUENCE)?.reader();
        fields.end()?;
        let mut count = Count::default();
        let mut chains = Vec::new();
        while !sequence.is_empty() {
            within("chains", chains.len().saturating_add(1), EVIDENCE_CHAINS_MAX)?;
            chains.push(ArchiveTimeStampChain::read(sequence.expect(tag::SEQUENCE)?, &mut count)?);
        }
        if chains.is_empty() {
            return Err(RecordError::Missing("archive time-stamps"));
        }
        Ok(Self { digest_algorithms, crypto_infos, encryption_info, chains })
    }

    /// The record in DER.
    pub fn to_der(&self) -> Vec<u8> {
        let algorithms: Vec<&[u8]> = self.digest_algorithms.iter().map(|algorithm| algorithm.der.as_slice()).collect();
        write(
            tag::SEQUENCE,
            &[
                &write(tag::INTEGER, &[&[1]]),
                &write(tag::SEQUENCE, &algorithms),
                self.crypto_infos.as_deref().unwrap_or_default(),
                self.encryption_info.as_deref().unwrap_or_default(),
                &sequence_der(&self.chains),
            ],
        )
    }

    /// All archive time-stamps, oldest first, with the place of their chain and their place in it.
    pub fn timestamps(&self) -> impl Iterator<Item = (usize, usize, &ArchiveTimeStamp)> {
        let chains = self.chains.iter().enumerate();
        chains.flat_map(|(chain, of)| of.timestamps.iter().enumerate().map(move |(index, one)| (chain, index, one)))
    }
}

impl ArchiveTimeStampChain {
    fn read(element: Element<'_>, count: &mut Count) -> Result<Self, RecordError> {
        let mut reader = element.reader();
        let mut timestamps = Vec::new();
        while !reader.is_empty() {
            count.timestamp()?;
            timestamps.push(ArchiveTimeStamp::read(reader.expect(tag::SEQUENCE)?, count)?);
        }
        if timestamps.is_empty() {
            return Err(RecordError::Missing("an archive time-stamp in a chain"));
        }
        Ok(Self { timestamps })
    }
}

impl ArchiveTimeStamp {
    /// A token over the root of a tree; without lists it is over the digest itself. The algorithm is the token's.
    pub fn new(lists: Lists, token: Vec<u8>) -> Self {
        let lists = (!lists.is_empty()).then_some(lists);
        Self { digest_algorithm: None, attributes: None, lists, token }
    }

    /// ArchiveTimeStamp ::= SEQUENCE { digestAlgorithm [0] OPTIONAL, attributes [1] OPTIONAL,
    /// reducedHashtree [2] SEQUENCE OF PartialHashtree OPTIONAL, timeStamp ContentInfo }, tags IMPLICIT.
    fn read(element: Element<'_>, count: &mut Count) -> Result<Self, RecordError> {
        let mut fields = element.reader();
        let digest_algorithm = match fields.optional(tag::context(0))? {
            // The same content under its own tag.
            Some(implicit) => {
                let der = write(tag::SEQUENCE, &[implicit.content]);
                let of_whole = |error: DerError| DerError { at: implicit.at(), ..error };
                let element = Reader::der(&der).read().map_err(of_whole)?;
                Some(DigestIdentifier::read(element).map_err(of_whole)?)
            }
            None => None,
        };
        let attributes = fields.optional(tag::context(1))?.map(|element| element.raw.to_vec());
        let lists = fields.optional(tag::context(2))?.map(|lists| read_lists(&lists, count)).transpose()?;
        let token = fields.expect(tag::SEQUENCE)?.raw.to_vec();
        fields.end()?;
        Ok(Self { digest_algorithm, attributes, lists, token })
    }

    fn to_der(&self) -> Vec<u8> {
        let lists = self.lists.as_ref().map(|lists| {
            let lists: Vec<Vec<u8>> = lists.iter().map(|list| list_der(list)).collect();
            write(tag::context(2), &slices(&lists))
        });
        write(
            tag::SEQUENCE,
            &[
                &self.digest_algorithm.as_ref().map(DigestIdentifier::to_implicit).unwrap_or_default(),
                self.attributes.as_deref().unwrap_or_default(),
                &lists.unwrap_or_default(),
                &self.token,
            ],
        )
    }

    /// What a time-stamp renewal is over: the digest of the whole timeStamp element (RFC 4998 §5.2).
    pub fn renewal_digest(&self, algorithm: DigestAlgorithm) -> Vec<u8> {
        algorithm.digest(&self.token)
    }
}

/// ArchiveTimeStampSequence in DER: what a hash-tree renewal is over (RFC 4998 §5.2).
pub fn sequence_der(chains: &[ArchiveTimeStampChain]) -> Vec<u8> {
    let chains: Vec<Vec<u8>> = chains
        .iter()
        .map(|chain| {
            let timestamps: Vec<Vec<u8>> = chain.timestamps.iter().map(ArchiveTimeStamp::to_der).collect();
            write(tag::SEQUENCE, &slices(&timestamps))
        })
        .collect();
    write(tag::SEQUENCE, &slices(&chains))
}

/// What stands in the first list of a new chain for a data object with the digest `h`: H(h ‖ H(all chains before)).
///
/// The chains before are those of this record: a record whose first list holds the members of a group and the stub
/// that holds only their hash have other bytes, so a renewal of the one is none of the other.
pub fn hash_tree_renewal_digest(algorithm: DigestAlgorithm, h: &[u8], before: &[ArchiveTimeStampChain]) -> Vec<u8> {
    renewed_hash(algorithm, h, &algorithm.digest(&sequence_der(before)))
}

/// How much was read.
#[derive(Default)]
struct Count {
    timestamps: usize,
    lists: usize,
    hashes: usize,
}

impl Count {
    fn timestamp(&mut self) -> Result<(), RecordError> {
        self.timestamps = self.timestamps.saturating_add(1);
        within("archive time-stamps", self.timestamps, EVIDENCE_TIMESTAMPS_MAX)
    }

    fn list(&mut self) -> Result<(), RecordError> {
        self.lists = self.lists.saturating_add(1);
        within("lists of reduced hash trees", self.lists, EVIDENCE_LISTS_MAX)
    }

    fn hash(&mut self) -> Result<(), RecordError> {
        self.hashes = self.hashes.saturating_add(1);
        within("hash values", self.hashes, EVIDENCE_HASHES_MAX)
    }
}

fn within(what: &'static str, found: usize, limit: usize) -> Result<(), RecordError> {
    if found > limit { Err(RecordError::TooMany { what, found, limit }) } else { Ok(()) }
}

/// PartialHashtree ::= SEQUENCE OF OCTET STRING.
fn read_lists(lists: &Element<'_>, count: &mut Count) -> Result<Lists, RecordError> {
    let mut reader = lists.reader();
    let mut read = Vec::new();
    while !reader.is_empty() {
        count.list()?;
        let mut hashes = reader.expect(tag::SEQUENCE)?.reader();
        let mut list = Vec::new();
        while !hashes.is_empty() {
            count.hash()?;
            list.push(hashes.expect(tag::OCTET_STRING)?.content.to_vec());
        }
        read.push(list);
    }
    Ok(read)
}

fn list_der(list: &[Vec<u8>]) -> Vec<u8> {
    let hashes: Vec<Vec<u8>> = list.iter().map(|hash| write(tag::OCTET_STRING, &[hash])).collect();
    write(tag::SEQUENCE, &slices(&hashes))
}

fn slices(parts: &[Vec<u8>]) -> Vec<&[u8]> {
    parts.iter().map(Vec::as_slice).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(content: &[u8]) -> Vec<u8> {
        write(tag::SEQUENCE, &[&write(tag::OCTET_STRING, &[content])])
    }

    /// With everything that may be there.
    fn full() -> EvidenceRecord {
        let [sha256, sha512] = [DigestAlgorithm::Sha256, DigestAlgorithm::Sha512];
        let plain = ArchiveTimeStamp::new(Vec::new(), token(b"1"));
        let with_all = ArchiveTimeStamp {
            digest_algorithm: Some(DigestIdentifier::of(sha512)),
            attributes: Some(write(tag::context(1), &[&write(tag::SEQUENCE, &[])])),
            lists: Some(vec![vec![vec![1; 64], vec![2; 64]], vec![vec![3; 64]]]),
            token: token(&[4; 300]),
        };
        let chain = |timestamps| ArchiveTimeStampChain { timestamps };
        let mut record =
            EvidenceRecord::new(&[sha256, sha512], vec![chain(vec![plain.clone(), plain]), chain(vec![with_all])]);
        record.crypto_infos = Some(write(tag::context(0), &[&write(tag::SEQUENCE, &[])]));
        record.encryption_info = Some(write(tag::context(1), &[&write(tag::SEQUENCE, &[])]));
        record
    }

    #[test]
    fn what_was_written_is_read_as_it_was() {
        for record in [full(), EvidenceRecord::new(&[], vec![full().chains[0].clone()])] {
            let der = record.to_der();
            let read = EvidenceRecord::read(&der).unwrap();
            assert_eq!(read, record);
            assert_eq!(read.to_der(), der);
        }
        assert_eq!(full().timestamps().map(|(c, i, _)| (c, i)).collect::<Vec<_>>(), [(0, 0), (0, 1), (1, 0)]);
    }

    #[test]
    fn changed_or_cut_bytes_are_refused_or_read_as_they_are() {
        let der = full().to_der();
        for length in 0..der.len() {
            assert!(EvidenceRecord::read(&der[..length]).is_err());
        }
        for (at, bit) in (0..der.len()).flat_map(|at| [1, 0x80].map(|bit| (at, bit))) {
            let mut changed = der.clone();
            changed[at] ^= bit;
            if let Ok(record) = EvidenceRecord::read(&changed) {
                assert_eq!(record.to_der(), changed, "byte {at}");
            }
        }
        let behind = [der, vec![0]].concat();
        assert!(EvidenceRecord::read(&behind).is_err());
    }

    #[test]
    fn an_identifier_is_written_as_signatures_have_it() {
        let sha1 = [0x30, 0x07, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a];
        assert_eq!(DigestIdentifier::of(DigestAlgorithm::Sha1).der, sha1);
        for algorithm in DigestAlgorithm::ALL {
            assert_eq!(DigestIdentifier::of(*algorithm).algorithm(), Ok(*algorithm));
        }
    }

    #[test]
    fn what_is_too_much_or_nothing_is_refused() {
        let mut record = full();
        record.chains.clear();
        assert_eq!(EvidenceRecord::read(&record.to_der()), Err(RecordError::Missing("archive time-stamps")));
        let one = full().chains[0].timestamps[0].clone();
        record.chains = vec![ArchiveTimeStampChain { timestamps: vec![one.clone(); EVIDENCE_TIMESTAMPS_MAX] }];
        assert!(EvidenceRecord::read(&record.to_der()).is_ok());
        record.chains[0].timestamps.push(one.clone());
        assert!(matches!(EvidenceRecord::read(&record.to_der()), Err(RecordError::TooMany { .. })));
        record.chains = vec![ArchiveTimeStampChain::default()];
        assert!(matches!(EvidenceRecord::read(&record.to_der()), Err(RecordError::Missing(_))));
        let hashes = vec![vec![Vec::new(); EVIDENCE_HASHES_MAX + 1]];
        record.chains =
            vec![ArchiveTimeStampChain { timestamps: vec![ArchiveTimeStamp { lists: Some(hashes), ..one }] }];
        assert!(matches!(EvidenceRecord::read(&record.to_der()), Err(RecordError::TooMany { .. })));
        let mut version = full().to_der();
        let at = version.windows(3).position(|three| three == [2, 1, 1]).unwrap();
        version[at + 2] = 2;
        assert_eq!(EvidenceRecord::read(&version), Err(RecordError::Version(2)));
    }
}
