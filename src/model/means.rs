//! The verification means: the program itself, as the archive keeps it.
//!
//! Whoever reads an old report can build the program that made it: the record holds its source with all it is built
//! from, the program, and the policy of that day. `means.json` (`schema/means/1`) says what is there, what is missing,
//! and why. `docs/verification-means.md`.
//!
//! It reads no file: what is there is found by [`crate::ingest::means`].

use super::canonical;
use super::digest::Sha256;
use super::id::RecordId;
use super::strict::words;
use serde_json::{Value, json};

/// The value of the `schema` field of `means.json`.
pub const MEANS_SCHEMA: &str = "muragat/means/1";
/// What says what the record holds.
pub const MEANS_FILE: &str = "means.json";
/// The source with everything it is built from.
pub const SOURCE_FILE: &str = "source.tar.zst";
/// The program.
pub const PROGRAM_FILE: &str = "program";
/// The validation policy that was in force.
pub const POLICY_FILE: &str = "policy.toml";
/// The agency of records of the archive's own. No submission can name it: an agency begins with a letter or digit.
pub const ARCHIVE_AGENCY: &str = "_archive";
/// Their place in the nomenclature, which is the archive's own too.
pub const ARCHIVE_INDEX: &str = "00";

/// A program by what it was built from. Two of the same source say the same of the same question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// Its version.
    pub version: String,
    /// The digest of its source, see `source`.
    pub source: Sha256,
}

impl Program {
    /// This program.
    pub fn this() -> Self {
        let source = SOURCE.parse().expect("the build script gives a digest");
        Self { version: env!("CARGO_PKG_VERSION").into(), source }
    }

    /// The number under which its means are registered: version and the beginning of the source digest.
    pub fn number(&self) -> String {
        format!("{}-{}", self.version, &self.source.to_string()[..16])
    }

    /// Name, version and source, as reports name who made them.
    pub fn value(&self) -> Value {
        json!({"name": PROGRAM_NAME, "source": self.source.to_string(), "version": self.version})
    }
}

/// The digest of the source that this program was built from.
pub const SOURCE: &str = env!("MURAGAT_SOURCE");
const PROGRAM_NAME: &str = env!("CARGO_PKG_NAME");

words! {
    /// Why a part is not in a record of verification means.
    MissingReason {
        /// The archive keeps a reference only (`means = "reference"`).
        Reference = "reference",
        /// No source was given, and none lay beside the program.
        NoSource = "no_source",
        /// What lay beside the program was another source.
        OtherSource = "other_source",
        /// An earlier record has it.
        Held = "held",
        /// No validation policy was adopted yet. Every policy lies in the act of its adoption.
        NoPolicy = "no_policy",
    }
}

/// A part that is not in the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// Its name.
    pub path: &'static str,
    /// Why.
    pub reason: MissingReason,
    /// The record that has it.
    pub record: Option<RecordId>,
}

/// A part that is in the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its name.
    pub path: &'static str,
    /// Length in bytes.
    pub size: u64,
    /// Digest of its bytes.
    pub sha256: Sha256,
}

/// `means.json`: what a record of verification means holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Means {
    /// The program.
    pub program: Program,
    /// Digest of the program's own file, also when it is not in the record.
    pub binary: Sha256,
    /// What is there.
    pub parts: Vec<Part>,
    /// What is not.
    pub missing: Vec<Missing>,
}

impl Means {
    /// Its bytes, canonical JSON.
    pub fn encode(&self) -> Vec<u8> {
        let part = |p: &Part| json!({"path": p.path, "sha256": p.sha256.to_string(), "size": p.size});
        let missing = |m: &Missing| {
            let mut value = json!({"path": m.path, "reason": m.reason.as_str()});
            if let Some(record) = m.record {
                value["record"] = record.to_string().into();
            }
            value
        };
        let features: Vec<&str> = env!("MURAGAT_FEATURES").split_whitespace().collect();
        let value = json!({
            "build": {
                "features": features, "profile": env!("MURAGAT_PROFILE"), "rustc": env!("MURAGAT_RUSTC"),
                "target": env!("MURAGAT_TARGET"),
            },
            "missing": self.missing.iter().map(missing).collect::<Vec<_>>(),
            "parts": self.parts.iter().map(part).collect::<Vec<_>>(),
            "program": self.program.value(),
            "program_sha256": self.binary.to_string(),
            "schema": MEANS_SCHEMA,
        });
        canonical::to_vec(&value).expect("means hold strings and sizes")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_program_knows_its_source() {
        let program = Program::this();
        assert_eq!(program.number(), format!("{}-{}", env!("CARGO_PKG_VERSION"), &SOURCE[..16]));
        assert_eq!(program.value()["source"], SOURCE);
    }
}
