//! The container of a record: ASiC-E (ETSI EN 319 162-1) with its originals as data objects and one evidence record
//! for each of its groups and time-stamps (RFC 4998, clause 4.4 there).
//!
//! ```text
//! mimetype                                     application/vnd.etsi.asic-e+zip
//! META-INF/evidencerecord-ENTRY-N.ers          the evidence record of a group by its nth time-stamp
//! META-INF/ASiCEvidenceRecordManifest-ENTRY-N.xml   which data objects it is over
//! content/PATH                                 a component, byte for byte
//! group-ENTRY/metadata.json, salt.bin          what else the entry committed to
//! ```
//! Signatures, certificates and receipts are components, so they are data objects like the document: they were there
//! before the container and sign no manifest of it. The same layout is written by [`Container::write`] and expected by
//! [`super::check`]; nothing of it depends on when it is made.
//!
//! It reads a component twice: its checksum stands before its bytes.

use crate::access::Opened;
use crate::error::{Error, ErrorCode};
use crate::evidence::group::Group;
use crate::index::rows::ComponentRow;
use crate::model::container::{Member as Stored, Writer, len_of};
use crate::model::digest::{Sha256, Sha256Writer};
use crate::model::record::{METADATA_MEMBER, Member, SALT_MEMBER};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

/// The first member.
pub const MIMETYPE: &str = "mimetype";
/// What it says.
pub const ASIC_E: &[u8] = b"application/vnd.etsi.asic-e+zip";
/// Where components are.
pub const CONTENT: &str = "content/";
/// Where what is no data object is.
pub const META_INF: &str = "META-INF/";

/// The name of an evidence record.
pub fn evidence_name(entry: u64, number: usize) -> String {
    format!("{META_INF}evidencerecord-{entry}-{number}.ers")
}

/// The name of its manifest.
pub fn manifest_name(entry: u64, number: usize) -> String {
    format!("{META_INF}ASiCEvidenceRecordManifest-{entry}-{number}.xml")
}

/// Where a member of the group of an entry stands.
pub fn place_of(entry: u64, member: &str) -> String {
    match member {
        METADATA_MEMBER => format!("group-{entry}/metadata.json"),
        SALT_MEMBER => format!("group-{entry}/salt.bin"),
        path => format!("{CONTENT}{path}"),
    }
}

/// The manifest of an evidence record: what it is over (EN 319 162-1, A.4).
pub fn manifest(entry: u64, number: usize, members: &[Member]) -> String {
    let mut rows: Vec<(String, Sha256)> = members.iter().map(|m| (place_of(entry, &m.path), m.sha256)).collect();
    rows.sort_unstable();
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <asic:ASiCManifest xmlns:asic=\"http://uri.etsi.org/02918/v1.2.1#\" \
         xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">\n<asic:SigReference URI=\"{}\"/>\n",
        evidence_name(entry, number)
    );
    for (name, digest) in rows {
        let _ = writeln!(
            xml,
            "<asic:DataObjectReference URI=\"{}\"><ds:DigestMethod \
             Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/><ds:DigestValue>{}</ds:DigestValue>\
             </asic:DataObjectReference>",
            encoded(&name),
            STANDARD.encode(digest.0)
        );
    }
    xml.push_str("</asic:ASiCManifest>\n");
    xml
}

/// A path as a relative reference (RFC 3986 §2.1).
fn encoded(path: &str) -> String {
    let mut text = String::new();
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

enum Source<'a> {
    Bytes(Vec<u8>),
    Component(&'a ComponentRow),
}

/// The container of a record, ready to be written.
pub struct Container<'a> {
    opened: &'a Opened<'a>,
    members: Vec<(Stored, Source<'a>)>,
}

impl<'a> Container<'a> {
    /// Lays it out: the groups, and what goes into `META-INF/` by name.
    pub fn new(opened: &'a Opened<'a>, groups: &[Group], meta_inf: &BTreeMap<String, Vec<u8>>) -> Result<Self, Error> {
        let mut sources: BTreeMap<String, Source<'a>> = BTreeMap::new();
        sources.extend(meta_inf.iter().map(|(name, bytes)| (name.clone(), Source::Bytes(bytes.clone()))));
        for group in groups {
            for member in &group.members {
                let source = match member.path.as_str() {
                    METADATA_MEMBER => Source::Bytes(group.metadata.clone()),
                    SALT_MEMBER => Source::Bytes(group.salt.clone()),
                    path => Source::Component(opened.component(path)?),
                };
                sources.insert(place_of(group.entry, &member.path), source);
            }
        }
        let mut members = vec![(MIMETYPE.to_owned(), Source::Bytes(ASIC_E.to_vec()))];
        members.extend(sources);
        let described = |(name, source): (String, Source<'a>)| {
            let (len, crc) = match &source {
                Source::Bytes(bytes) => (bytes.len() as u64, crc32fast::hash(bytes)),
                Source::Component(component) => {
                    let mut crc = crc32fast::Hasher::new();
                    opened.whole(component, &mut |piece| {
                        crc.update(piece);
                        Ok(())
                    })?;
                    (component.stored.plain_len, crc.finalize())
                }
            };
            Ok((Stored { name, len, crc }, source))
        };
        Ok(Self { opened, members: members.into_iter().map(described).collect::<Result<_, Error>>()? })
    }

    /// Its length in bytes.
    pub fn size(&self) -> u64 {
        len_of(self.members.iter().map(|(member, _)| (member.name.as_str(), member.len)))
    }

    /// Writes it. Every component is checked against its digest while it is written.
    pub fn write(&self, out: &mut dyn Write) -> Result<(), Error> {
        let failed = |e: io::Error| Error::caused(ErrorCode::ArcOutput, "record.asice", e);
        let mut writer = Writer::new(out);
        for (member, source) in &self.members {
            writer.member(member.clone(), |out| match source {
                Source::Bytes(bytes) => out.write_all(bytes).map_err(Failed::from),
                Source::Component(component) => {
                    self.opened.whole(component, &mut |piece| out.write_all(piece)).map_err(Failed)
                }
            })?;
        }
        writer.finish().map_err(failed)
    }

    /// Its checksum and digest.
    pub fn digests(&self) -> Result<(u32, Sha256), Error> {
        let mut digests = Digesting { crc: crc32fast::Hasher::new(), sha256: Sha256Writer::default() };
        self.write(&mut digests)?;
        Ok((digests.crc.finalize(), digests.sha256.finish()))
    }
}

/// An error of ours, or of the medium that is written to.
pub(super) struct Failed(pub(super) Error);

impl From<io::Error> for Failed {
    fn from(e: io::Error) -> Self {
        Self(Error::caused(ErrorCode::ArcOutput, "bundle", e))
    }
}

impl From<Failed> for Error {
    fn from(failed: Failed) -> Self {
        failed.0
    }
}

struct Digesting {
    crc: crc32fast::Hasher,
    sha256: Sha256Writer,
}

impl Write for Digesting {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.crc.update(bytes);
        self.sha256.update(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::digest::{sha256, sha512_parts};

    #[test]
    fn a_manifest_lists_each_member_with_an_encoded_name() {
        let member = |path: &str| Member {
            path: path.to_owned(),
            sha256: sha256(path.as_bytes()),
            sha512: sha512_parts(&[path.as_bytes()]),
        };
        let xml = manifest(17, 1, &[member("Қ&<.docx"), member(METADATA_MEMBER), member(SALT_MEMBER)]);
        assert!(xml.contains("URI=\"META-INF/evidencerecord-17-1.ers\""));
        assert!(xml.contains("URI=\"content/%D2%9A%26%3C.docx\""));
        assert!(xml.contains("URI=\"group-17/metadata.json\"") && xml.contains("URI=\"group-17/salt.bin\""));
        assert_eq!(xml.matches("DigestValue>").count(), 6);
    }
}
