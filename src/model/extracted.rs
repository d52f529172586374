//! The text of a document: what an extraction gave, in units that a hit of a search can point to.
//!
//! Invariants
//!   - Units stand in the order of the document and are counted from 1; one has at most [`UNIT_BYTES_MAX`] bytes, no
//!     control characters, no line breaks, and never blanks alone.
//!   - An outcome other than [`Outcome::Text`] may still come with units: what was read before a limit was met.
//!
//! Text is derived from a component and can be made again. Nothing here reaches disk, so a crash leaves nothing. It
//! does not say in which language or whether it is right.

use super::strict::words;
use std::sync::Arc;

/// Bytes of one unit; a longer paragraph is several. Own bound: two dense pages, more than any paragraph needs.
pub const UNIT_BYTES_MAX: usize = 8 * 1024;

words! {
    /// What came of an extraction.
    Outcome {
        /// The document was read and has text.
        Text = "text",
        /// It was read as far as it goes and has no text: a picture, a scan, an empty document.
        NoTextLayer = "no-text-layer",
        /// It is encrypted; passwords are not asked for.
        Encrypted = "encrypted",
        /// Its format is none that text is taken from.
        Unsupported = "unsupported",
        /// It could not be read: [`Reason`] says why.
        Failed = "failed",
        /// It needs more than an extraction may have: [`Reason`] says of what.
        Limit = "limit",
    }
}

words! {
    /// Why an extraction failed, or which limit it met.
    Reason {
        /// The bytes are not what their format says.
        Damaged = "damaged",
        /// The reader came upon a case it has no answer to.
        Panic = "panic",
        /// The process that read it ended without a word.
        Died = "process-died",
        /// The process that read it answered what is no answer.
        Protocol = "protocol",
        /// The document is larger than what is read.
        Size = "size",
        /// Time by the clock.
        Time = "time",
        /// Time of the processor.
        Processor = "processor",
        /// Memory.
        Memory = "memory",
        /// More text than is kept of one document.
        Output = "output",
        /// What unpacks to too much: in all, or for its packed size.
        Unpacked = "unpacked",
        /// More members than are looked at.
        Members = "members",
        /// A container in a container in a container.
        Nesting = "nesting",
    }
}

/// A paragraph, a row of a sheet, or a part of a long one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// The document in a container, with those around it: `a.zip/b.docx`; none for the component itself.
    pub path: Option<Arc<str>>,
    /// Page, slide or sheet, from 1; none where the format has none.
    pub page: Option<u32>,
    /// The text, with single blanks.
    pub text: String,
}

/// A document in a container that gave no text, or not all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Where, as in [`Unit::path`].
    pub path: Arc<str>,
    /// What came of it.
    pub outcome: Outcome,
    /// Why.
    pub reason: Option<Reason>,
}

/// What the extraction of one component gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extracted {
    /// What came of it. A container is [`Outcome::Text`] when anything in it is.
    pub outcome: Outcome,
    /// Why, where it failed or met a limit.
    pub reason: Option<Reason>,
    /// Name and version of what read it.
    pub extractor: String,
    /// The text.
    pub units: Vec<Unit>,
    /// Members of a container that are not [`Outcome::Text`].
    pub members: Vec<Member>,
    /// Whether text is missing that the document has.
    pub cut: bool,
}

impl Extracted {
    /// One without text.
    pub fn bare(outcome: Outcome, reason: Option<Reason>, extractor: impl Into<String>) -> Self {
        let cut = matches!(outcome, Outcome::Limit | Outcome::Failed);
        Self { outcome, reason, extractor: extractor.into(), units: Vec::new(), members: Vec::new(), cut }
    }
}
