//! The file format of a component: the families that rules speak of, and what an identification found.
//!
//! An [`Identification`] is a finding of one run of one identifier. It is kept with the record; a later run is kept
//! beside it and never in its place.

use super::strict::words;
use crate::error::ErrorCode;

words! {
    /// A family of formats, as intake rules name it.
    Family {
        /// Microsoft Word, binary.
        Doc = "doc",
        /// Office Open XML document.
        Docx = "docx",
        /// Rich Text Format.
        Rtf = "rtf",
        /// Portable Document Format.
        Pdf = "pdf",
        /// Tagged Image File Format.
        Tiff = "tiff",
        /// JPEG.
        Jpeg = "jpeg",
        /// Microsoft Excel, binary.
        Xls = "xls",
        /// Office Open XML workbook.
        Xlsx = "xlsx",
        /// Microsoft PowerPoint, binary.
        Ppt = "ppt",
        /// Office Open XML presentation.
        Pptx = "pptx",
        /// RAR.
        Rar = "rar",
        /// ZIP that is none of the above.
        Zip = "zip",
        /// Cryptographic Message Syntax: a signature, with or without its content (RFC 5652).
        Cms = "cms",
        /// JSON text.
        Json = "json",
        /// XML text.
        Xml = "xml",
        /// Plain text.
        Text = "text",
        /// Something known that is none of the above.
        Other = "other",
        /// Nothing that the identifier knows.
        Unknown = "unknown",
    }
}

words! {
    /// What an identification rests on.
    Basis {
        /// Bytes at known places.
        Signature = "signature",
        /// What stands inside a container (ZIP, OLE2).
        Container = "container",
        /// Nothing was recognised.
        Nothing = "none",
    }
}

/// Something the identifier saw in the content that intake rules decide on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What: one of the `FMT` codes.
    pub code: ErrorCode,
    /// Where inside the file, for example the name of an entry; empty for the file itself.
    pub place: String,
    /// What was found, in technical English; it repeats no content.
    pub detail: String,
}

/// What one run of the identifier found out about one component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identification {
    /// The family.
    pub family: Family,
    /// PRONOM unique identifier; none when nothing was recognised or PRONOM has none.
    pub puid: Option<String>,
    /// Name of the format.
    pub name: String,
    /// Version of the format; empty when the format has none.
    pub version: String,
    /// What it rests on.
    pub basis: Basis,
    /// What intake rules decide on, in the order it was met; each code and place once.
    pub findings: Vec<Finding>,
}
