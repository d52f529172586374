//! Proofs for strangers: inclusion in C2SP `tlog-proof` form, consistency as hashes.
//!
//! They hold nothing but hashes and a checkpoint, so they can be given to anybody; each is checked without this
//! program.

use super::LogError;
use super::read::LogReader;
use super::tree::{consistency_proof, inclusion_proof};
use crate::model::digest::Sha256;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The inclusion proof of entry `index` under `checkpoint`, which is the note of the reader's size (C2SP tlog-proof).
pub fn inclusion_text(reader: &LogReader<'_>, index: u64, checkpoint: &str) -> Result<String, LogError> {
    if index >= reader.size() {
        return Err(LogError::NoEntry { index, size: reader.size() });
    }
    let mut text = format!("c2sp.org/tlog-proof@v1\nindex {index}\n");
    for hash in inclusion_proof(reader, index, reader.size())? {
        text.push_str(&STANDARD.encode(hash.0));
        text.push('\n');
    }
    text.push('\n');
    text.push_str(checkpoint);
    Ok(text)
}

/// The consistency proof from `old` entries to the reader's size (RFC 6962 §2.1.2).
pub fn consistency(reader: &LogReader<'_>, old: u64) -> Result<Vec<Sha256>, LogError> {
    if old > reader.size() {
        return Err(LogError::NoEntry { index: old, size: reader.size() });
    }
    consistency_proof(reader, old, reader.size())
}
