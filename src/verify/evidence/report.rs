//! What was found of an evidence record: one verdict, and of every archive time-stamp its own.
//!
//! A report says what was looked at, in the order of the record. It keeps the report of each token, so that who plans a
//! renewal sees the validity of the authority's certificate and the end dates of the algorithms.
//!
//! It is made by [`check`](super::check) and decides nothing.

use super::super::alg::DigestAlgorithm;
use super::super::report::{SignatureReport, conclusion, rfc3339};
use super::super::verdict::Conclusion;
use crate::model::digest::Sha256;
use crate::model::strict::words;
use crate::text::{Text, text};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

words! {
    /// What an archive time-stamp is over.
    Kind {
        /// The data.
        Initial = "initial",
        /// The time-stamp before it (RFC 4998 §5.2, time-stamp renewal).
        TimestampRenewal = "timestamp-renewal",
        /// The data and all chains before, with another digest algorithm (RFC 4998 §5.2, hash-tree renewal).
        HashTreeRenewal = "hash-tree-renewal",
    }
}

impl Kind {
    /// For people.
    pub fn text(self) -> Text {
        match self {
            Self::Initial => text("алғашқы белгі", "первая метка", "first time-stamp"),
            Self::TimestampRenewal => text("белгіні жаңарту", "обновление метки", "time-stamp renewal"),
            Self::HashTreeRenewal => text("хеш-ағашты жаңарту", "обновление хеш-дерева", "hash-tree renewal"),
        }
    }
}

words! {
    /// A part of a record that no time-stamp covers, and that nothing was concluded from.
    Unprotected {
        /// Algorithms that the record names and does not use.
        Algorithms = "digestAlgorithms that are not used",
        /// cryptoInfos (RFC 4998 §3.1).
        CryptoInfos = "cryptoInfos",
        /// attributes of an archive time-stamp (RFC 4998 §4.1).
        Attributes = "attributes",
        /// What the signature of the newest token does not cover.
        NewestToken = "unsigned parts of the newest token",
    }
}

impl Unprotected {
    /// For people. Names of the standard stay as they are.
    pub fn text(self) -> Text {
        match self {
            Self::Algorithms => text(
                "пайдаланылмаған digestAlgorithms",
                "неиспользуемые digestAlgorithms",
                "digestAlgorithms that are not used",
            ),
            Self::CryptoInfos => text("cryptoInfos", "cryptoInfos", "cryptoInfos"),
            Self::Attributes => text("attributes", "attributes", "attributes"),
            Self::NewestToken => text(
                "ең жаңа белгінің қол қойылмаған бөліктері",
                "неподписанные части новейшей метки",
                "unsigned parts of the newest token",
            ),
        }
    }
}

/// The report about one evidence record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceReport {
    /// PASSED, INDETERMINATE or FAILED.
    pub conclusion: Conclusion,
    /// Since when the data are proven to exist unchanged: genTime of the first token, when passed.
    pub proven_since: Option<DateTime<Utc>>,
    /// The objects that were given.
    pub objects: Vec<ObjectReport>,
    /// Digests in the first list that are of no given object: members of the group that are gone or were not given, or
    /// a neighbour in the tree.
    pub other_digests: usize,
    /// Parts of the record that no time-stamp covers; a change of them changes nothing that is concluded.
    pub unprotected: Vec<Unprotected>,
    /// Every archive time-stamp, oldest first.
    pub timestamps: Vec<ArchiveTimeStampReport>,
    /// Policy: name, version and digest of its file.
    pub policy: (String, String, Sha256),
    /// The time that was asked about.
    pub validation_time: DateTime<Utc>,
}

/// One data object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectReport {
    /// As the question called it.
    pub name: String,
    /// Whether it is in the first list of every chain.
    pub found: bool,
}

/// One archive time-stamp.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchiveTimeStampReport {
    /// Place of its chain, from 0.
    pub chain: usize,
    /// Its place in the chain, from 0.
    pub index: usize,
    /// What it is over.
    pub kind: Kind,
    /// genTime, when the token can be read.
    pub time: Option<DateTime<Utc>>,
    /// The algorithm of its tree and of its imprint, when it is supported.
    pub algorithm: Option<DigestAlgorithm>,
    /// As of when its token was validated: the time of the next, or the time in question, also where only what is known
    /// then suffices.
    pub validated_at: Option<DateTime<Utc>>,
    /// What was concluded of tree and token.
    pub conclusion: Conclusion,
    /// The report about the token, when it can be read.
    pub token: Option<SignatureReport>,
}

impl ArchiveTimeStampReport {
    /// Subject of the authority's certificate as RFC 4514 writes it; empty when it is not known.
    pub fn authority(&self) -> &str {
        self.token.as_ref().map_or("", |token| token.signer.subject.as_str())
    }

    /// Which it is, for an engineer: counted from 1.
    pub fn place(&self) -> String {
        format!("chain {}, time-stamp {}", self.chain.saturating_add(1), self.index.saturating_add(1))
    }
}

impl EvidenceReport {
    /// The report as JSON.
    pub fn to_value(&self) -> Value {
        let time = |time: Option<DateTime<Utc>>| time.map(rfc3339);
        let object = |object: &ObjectReport| json!({"name": object.name, "found": object.found});
        let timestamp = |stamp: &ArchiveTimeStampReport| {
            json!({
                "chain": stamp.chain,
                "index": stamp.index,
                "kind": stamp.kind.as_str(),
                "time": time(stamp.time),
                "authority": stamp.authority(),
                "algorithm": stamp.algorithm.map(DigestAlgorithm::name),
                "validated_at": time(stamp.validated_at),
                "conclusion": conclusion(&stamp.conclusion),
            })
        };
        let (id, version, sha256) = &self.policy;
        json!({
            "conclusion": conclusion(&self.conclusion),
            "proven_since": time(self.proven_since),
            "objects": self.objects.iter().map(object).collect::<Vec<_>>(),
            "other_digests": self.other_digests,
            "unprotected": self.unprotected.iter().map(|part| part.as_str()).collect::<Vec<_>>(),
            "timestamps": self.timestamps.iter().map(timestamp).collect::<Vec<_>>(),
            "policy": {"id": id, "version": version, "sha256": sha256.to_string()},
            "validation_time": rfc3339(self.validation_time),
        })
    }
}
