//! The file format of a component: the families that rules speak of, and what an identification found.
//!
//! An [`Identification`] is a finding of one run of one identifier. It is kept with the record; a later run is kept
//! beside it and never in its place.

use super::strict::words;
use crate::error::ErrorCode;
use serde_json::{Map, Value};

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

impl Identification {
    /// Its canonical form: `docs/format.md` §5.2.
    pub(super) fn value(&self) -> Value {
        let finding = |f: &Finding| {
            let mut map = Map::new();
            map.insert("code".into(), f.code.as_str().into());
            map.insert("detail".into(), f.detail.clone().into());
            if !f.place.is_empty() {
                map.insert("place".into(), f.place.clone().into());
            }
            Value::Object(map)
        };
        let mut map = Map::new();
        map.insert("basis".into(), self.basis.as_str().into());
        map.insert("family".into(), self.family.as_str().into());
        if !self.findings.is_empty() {
            map.insert("findings".into(), self.findings.iter().map(finding).collect());
        }
        map.insert("name".into(), self.name.clone().into());
        if let Some(puid) = &self.puid {
            map.insert("puid".into(), puid.clone().into());
        }
        if !self.version.is_empty() {
            map.insert("version".into(), self.version.clone().into());
        }
        Value::Object(map)
    }

    pub(super) fn of_value(value: &Value) -> Option<Self> {
        fn text(value: &Value, key: &str) -> Option<String> {
            value.get(key)?.as_str().map(str::to_owned)
        }
        let finding = |f: &Value| {
            Some(Finding {
                code: ErrorCode::parse(f.get("code")?.as_str()?)?,
                place: text(f, "place").unwrap_or_default(),
                detail: text(f, "detail")?,
            })
        };
        let findings = match value.get("findings") {
            None => Vec::new(),
            Some(list) => list.as_array()?.iter().map(finding).collect::<Option<_>>()?,
        };
        Some(Self {
            family: Family::parse(value.get("family")?.as_str()?)?,
            puid: text(value, "puid"),
            name: text(value, "name")?,
            version: text(value, "version").unwrap_or_default(),
            basis: Basis::parse(value.get("basis")?.as_str()?)?,
            findings,
        })
    }
}
