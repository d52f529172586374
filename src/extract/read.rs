//! Chooses the reader of a document by its family and says what came of it.
//!
//! This is what runs in the limited process. A reader puts text into the [`Sink`]; whether there was any decides
//! between [`Outcome::Text`] and [`Outcome::NoTextLayer`].
//!
//! It writes nothing, so a crash leaves nothing. It does not look at names: the caller says what the content is.

use super::sink::Sink;
use super::{office, packed, pdf, plain, rtf, sniff};
use crate::model::extracted::{Outcome, Reason};
use crate::model::format::Family;

/// What says that there is no text without opening anything.
pub(super) const NAME: &str = concat!("muragat-extract/", env!("CARGO_PKG_VERSION"));

/// What came of a document.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// What came of it.
    pub(super) outcome: Outcome,
    /// Why.
    pub(super) reason: Option<Reason>,
    /// Name and version of its reader.
    pub(super) extractor: &'static str,
}

/// What is known of a family before a byte is read; none when it must be read.
pub(super) fn foretold(family: Family) -> Option<Outcome> {
    match family {
        Family::Tiff | Family::Jpeg => Some(Outcome::NoTextLayer),
        Family::Cms | Family::Json | Family::Xml | Family::Other | Family::Unknown => Some(Outcome::Unsupported),
        _ => None,
    }
}

/// Name and version of what reads a family.
pub(super) fn extractor(family: Family) -> &'static str {
    match family {
        Family::Doc | Family::Docx | Family::Xls | Family::Xlsx | Family::Ppt | Family::Pptx => office::NAME,
        Family::Pdf => pdf::NAME,
        Family::Rtf => rtf::NAME,
        Family::Zip => packed::ZIP_NAME,
        Family::Rar => packed::RAR_NAME,
        Family::Text => plain::NAME,
        _ => NAME,
    }
}

/// Reads a document; `depth` is how many containers it stands in.
pub(super) fn read(family: Family, bytes: Vec<u8>, depth: u32, sink: &mut Sink<'_>) -> Found {
    if let Some(outcome) = foretold(family) {
        return Found { outcome, reason: None, extractor: extractor(family) };
    }
    let (outcome, reason) = match family {
        Family::Doc | Family::Docx | Family::Xls | Family::Xlsx | Family::Ppt | Family::Pptx => {
            let is_locked = bytes.starts_with(sniff::COMPOUND) && sniff::has_entry(&bytes, "EncryptedPackage");
            if is_locked { (Outcome::Encrypted, None) } else { office::read(family, bytes, sink) }
        }
        Family::Pdf => pdf::read(&bytes, sink),
        Family::Rtf => rtf::read(&bytes, sink),
        Family::Zip => packed::read_zip(&bytes, depth, sink),
        Family::Rar => packed::read_rar(bytes, depth, sink),
        _ => plain::read(&bytes, sink),
    };
    let has_text = sink.has_text();
    let (outcome, reason) = match outcome {
        Outcome::Text if !has_text => (Outcome::NoTextLayer, None),
        outcome => (outcome, reason),
    };
    if matches!(outcome, Outcome::Limit | Outcome::Failed) {
        sink.note_cut();
    }
    Found { outcome, reason, extractor: extractor(family) }
}
