//! Where everything stands in a transfer package, and by which words: the one place for who writes one and who reads
//! it.
//!
//! ```text
//! p-HEX/                              the package: its folder and its OBJID
//!   bagit.txt bag-info.txt manifest-*.txt tagmanifest-*.txt          of a bag
//!   data/p-HEX/                       the tree of the package (plain: data/; bare: p-HEX/ itself)
//!     METS.xml
//!     metadata/descriptive/{inventory.json,dc.xml}  metadata/preservation/premis.xml
//!     metadata/other/{sender.json,checkpoint.txt,journal.jsonl,stamped.txt,stamped-N.ers,consistency.txt}
//!     metadata/other/material/SHA256.EXT  metadata/other/policy/…  metadata/other/lists/SHA256.toml
//!     documentation/VERIFY.txt  schemas/*.schema.json
//!     representations/RECORD/         a record (plain: RECORD/)
//!       METS.xml  data/NNNN.ext
//!       metadata/descriptive/{record.json,dc.xml}  metadata/preservation/premis.xml
//!       metadata/other/ENTRY/{metadata.json,salt.bin,N.ers}  metadata/other/proofs.jsonl
//! ```
//! Every name is ASCII of `[A-Za-z0-9._-]` and says nothing of a person: the name that a file had is in
//! `record.json`, in PREMIS and in METS. Paths here are relative to the tree of the package, or to the folder of a
//! record.
//!
//! No I/O.

use crate::model::digest::Sha256;
use crate::model::format::Family;
use crate::model::id::RecordId;
use crate::model::submission::Role;

/// The METS file of the package, and of each record.
pub const METS: &str = "METS.xml";
/// The PREMIS file of the package, and of each record.
pub const PREMIS: &str = "metadata/preservation/premis.xml";
/// Dublin Core, for programs that read nothing else; of the package, and of each record.
pub const DC: &str = "metadata/descriptive/dc.xml";
/// What is said of a record.
pub const RECORD: &str = "metadata/descriptive/record.json";
/// The entries of a record with their proofs, and the heads of its chains.
pub const PROOFS: &str = "metadata/other/proofs.jsonl";
/// The inventory: what is handed over, by whom, to whom and why.
pub const INVENTORY: &str = "metadata/descriptive/inventory.json";
/// The archive that sends, its journal, and the program that wrote the package.
pub const SENDER: &str = "metadata/other/sender.json";
/// The checkpoint that all proofs are under.
pub const CHECKPOINT: &str = "metadata/other/checkpoint.txt";
/// The entries that belong to no record, with their proofs.
pub const JOURNAL: &str = "metadata/other/journal.jsonl";
/// The newest checkpoint that authorities stamped.
pub const STAMPED: &str = "metadata/other/stamped.txt";
/// That the stamped checkpoint is of the same journal: a hash in hexadecimal a line.
pub const CONSISTENCY: &str = "metadata/other/consistency.txt";
/// Where shared certificates and revocation data are.
pub const MATERIAL: &str = "metadata/other/material/";
/// Where validation policies are.
pub const POLICY: &str = "metadata/other/policy/";
/// The policy of witnesses of the journal.
pub const LOG_POLICY: &str = "metadata/other/policy/log-policy.txt";
/// Where editions of lists of retention periods are.
pub const LISTS: &str = "metadata/other/lists/";
/// How to check the package without the program that wrote it.
pub const VERIFY: &str = "documentation/VERIFY.txt";
/// Where JSON Schemas are.
pub const SCHEMAS: &str = "schemas/";
/// Where the folders of records are in an E-ARK package.
pub const REPRESENTATIONS: &str = "representations/";
/// Where components are in the folder of a record.
pub const DATA: &str = "data/";
/// Where metadata are.
pub const METADATA: &str = "metadata/";
/// Where the group of each entry is, in a folder named by it.
pub const OTHER: &str = "metadata/other/";
/// What an entry commits to beside the components, in the folder of its group.
pub const GROUP_METADATA: &str = "metadata.json";
/// The salt of a group.
pub const GROUP_SALT: &str = "salt.bin";

/// The payload of a bag.
pub const PAYLOAD: &str = "data/";
/// The files of a bag beside its payload, in the order in which they are written.
pub const BAGIT: &str = "bagit.txt";
/// Title lines of a bag.
pub const BAG_INFO: &str = "bag-info.txt";
/// Digests of the payload.
pub const MANIFESTS: [&str; 2] = ["manifest-sha256.txt", "manifest-sha512.txt"];
/// Digests of the files beside it.
pub const TAG_MANIFESTS: [&str; 2] = ["tagmanifest-sha256.txt", "tagmanifest-sha512.txt"];
/// What `bagit.txt` says (RFC 8493 §2.1.1).
pub const BAGIT_TEXT: &str = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";
/// The profile that our bags follow (`schema/transfer/1/bagit-profile.json`).
pub const BAG_PROFILE: &str = "urn:muragat:schema:transfer:1:bagit-profile";

/// The value of the `schema` field of [`RECORD`].
pub const RECORD_SCHEMA: &str = "muragat/transfer-record/1";
/// The value of the `schema` field of [`INVENTORY`].
pub const INVENTORY_SCHEMA: &str = "muragat/transfer-inventory/1";
/// The value of the `schema` field of [`SENDER`].
pub const SENDER_SCHEMA: &str = "muragat/transfer-sender/1";

/// The METS profile of a SIP (E-ARK SIP 2.1, requirement SIP2).
pub const SIP_PROFILE: &str = "https://earksip.dilcis.eu/profile/E-ARK-SIP.xml";
/// `csip:OTHERCONTENTINFORMATIONTYPE` of the package and of its own groups.
pub const CONTENT_OF_PACKAGE: &str = "muragat-transfer-1";
/// The same of a record.
pub const CONTENT_OF_RECORD: &str = "muragat-record-1";
/// `OTHERMDTYPE` of what METS has no word for.
pub mod mdtype {
    /// `record.json`.
    pub const RECORD: &str = "MURAGAT-RECORD";
    /// `inventory.json`.
    pub const INVENTORY: &str = "MURAGAT-INVENTORY";
    /// `sender.json`.
    pub const SENDER: &str = "MURAGAT-SENDER";
    /// The metadata file of a group.
    pub const GROUP: &str = "MURAGAT-GROUP";
    /// The salt of a group.
    pub const SALT: &str = "MURAGAT-SALT";
    /// Entries of the journal with proofs.
    pub const PROOFS: &str = "MURAGAT-PROOFS";
    /// A checkpoint of the journal (C2SP tlog-checkpoint).
    pub const CHECKPOINT: &str = "TLOG-CHECKPOINT";
    /// A proof of consistency.
    pub const CONSISTENCY: &str = "TLOG-CONSISTENCY";
    /// An evidence record.
    pub const EVIDENCE: &str = "RFC4998";
    /// A certificate, a CRL or an OCSP answer.
    pub const MATERIAL: &str = "MURAGAT-MATERIAL";
    /// A policy.
    pub const POLICY: &str = "MURAGAT-POLICY";
    /// An edition of a list of retention periods.
    pub const LIST: &str = "MURAGAT-LIST";
}

/// Types of identifiers in PREMIS.
pub mod identifier {
    /// Of a file: its path in the folder of the record.
    pub const PATH: &str = "path";
    /// Of a record.
    pub const RECORD: &str = "muragat-record";
    /// Of a package.
    pub const PACKAGE: &str = "muragat-package";
    /// Of an event: its entry in the journal of the archive that sends.
    pub const ENTRY: &str = "muragat-log-entry";
    /// Of an event that the program made of an entry beside the act itself.
    pub const EVENT: &str = "muragat-event";
    /// Of who did it: a pseudonym.
    pub const ACTOR: &str = "muragat-actor";
    /// Of a program.
    pub const SOFTWARE: &str = "software";
    /// Of a right.
    pub const RIGHTS: &str = "muragat-rights";
}

/// The name of a package: its folder and its OBJID.
pub fn package_name(package: RecordId) -> String {
    format!("p-{package}")
}

/// The package with this name.
pub fn package_of(name: &str) -> Option<RecordId> {
    let id: RecordId = name.strip_prefix("p-")?.parse().ok()?;
    // Digits of one case only: one package has one name.
    (package_name(id) == name).then_some(id)
}

/// The file of the `number`th component of a record, counted from 1 over its manifest and its amendments in their
/// order. The extension is that of its own name where a file system and a person can take it for one, and means
/// nothing.
pub fn component(number: usize, path: &str) -> String {
    format!("{DATA}{number:04}.{}", extension(path))
}

/// Characters of an extension. Own bound: the longest that is known is `torrent`.
const EXTENSION_CHARS_MAX: usize = 8;

fn extension(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or_default();
    let extension = name.rsplit_once('.').map(|(_, extension)| extension);
    let is_plain =
        |e: &&str| (1..=EXTENSION_CHARS_MAX).contains(&e.len()) && e.bytes().all(|b| b.is_ascii_alphanumeric());
    extension.filter(is_plain).map_or_else(|| "bin".to_owned(), str::to_ascii_lowercase)
}

/// A file of the group of an entry, in the folder of the record.
pub fn group_file(entry: u64, name: &str) -> String {
    format!("{OTHER}{entry}/{name}")
}

/// The `number`th evidence record of a group.
pub fn evidence(entry: u64, number: usize) -> String {
    group_file(entry, &format!("{number}.ers"))
}

/// The `number`th evidence record of the stamped checkpoint.
pub fn stamped_evidence(number: usize) -> String {
    format!("{OTHER}stamped-{number}.ers")
}

/// A piece of shared material.
pub fn material(digest: Sha256, extension: &str) -> String {
    format!("{MATERIAL}{digest}.{extension}")
}

/// A validation policy.
pub fn policy(digest: Sha256) -> String {
    format!("{POLICY}{digest}.toml")
}

/// An edition of a list of retention periods.
pub fn list(digest: Sha256) -> String {
    format!("{LISTS}{digest}.toml")
}

/// The media type of a file that the writer itself names, by its extension: those that the validators know.
pub fn media_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("json") => "application/json",
        Some("xml") => "application/xml",
        Some("txt" | "jsonl" | "toml") => "text/plain",
        Some("cer") => "application/pkix-cert",
        Some("crl") => "application/pkix-crl",
        Some("ocsp") => "application/ocsp-response",
        _ => OCTETS,
    }
}

/// What nothing better is known of.
const OCTETS: &str = "application/octet-stream";

/// The media type of a component, by its role and by what identification found. What the sender of a document claimed
/// is in `record.json`.
pub fn component_media_type(role: Role, family: Option<Family>) -> &'static str {
    match (role, family) {
        (_, None | Some(Family::Other | Family::Unknown)) if role == Role::Certificate => "application/pkix-cert",
        (_, None) => OCTETS,
        (_, Some(family)) => match family {
            Family::Doc => "application/msword",
            Family::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Family::Rtf => "application/rtf",
            Family::Pdf => "application/pdf",
            Family::Tiff => "image/tiff",
            Family::Jpeg => "image/jpeg",
            Family::Xls => "application/vnd.ms-excel",
            Family::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Family::Ppt => "application/vnd.ms-powerpoint",
            Family::Pptx => "application/vnd.openxmlformats-officedocument.presentationml.presentation",
            Family::Rar => "application/vnd.rar",
            Family::Zip => "application/zip",
            Family::Cms => "application/pkcs7-signature",
            Family::Json => "application/json",
            Family::Xml => "application/xml",
            Family::Text => "text/plain",
            Family::Other | Family::Unknown => OCTETS,
        },
    }
}

/// Whether a file of a record counts for the record's digest: METS and PREMIS say of the others what these say
/// themselves, and a plain bag has neither.
pub fn is_digested(path: &str) -> bool {
    path != METS && path != PREMIS
}

/// Whether a name is one that every file system and every reader of bags takes as it is.
pub fn is_plain(path: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    let is_segment = |s: &str| !s.is_empty() && s != "." && s != ".." && s.bytes().all(is_plain);
    path.split('/').all(is_segment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_ascii_and_unlike_whatever_a_component_is_called() {
        let hostile = [
            ("бұйрық.PDF", "data/0001.pdf"),
            ("a.tar.gz", "data/0001.gz"),
            ("noext", "data/0001.bin"),
            ("x.", "data/0001.bin"),
            (".hidden", "data/0001.hidden"),
            ("a.longerthan8", "data/0001.bin"),
            ("a.құжат", "data/0001.bin"),
            ("a.p d", "data/0001.bin"),
            ("a.b/c", "data/0001.bin"),
            ("muragat/receipt.json.p7s", "data/0001.p7s"),
        ];
        for (path, wanted) in hostile {
            assert_eq!(component(1, path), wanted, "{path}");
            assert!(is_plain(&component(12345, path)), "{path}");
        }
        for bad in ["", "/a", "a/", "a//b", "a/../b", "./a", "a b", "құжат", "a%20b", "a\nb"] {
            assert!(!is_plain(bad), "{bad:?}");
        }
    }

    #[test]
    fn a_package_has_one_name() {
        let id = RecordId([0xab; 16]);
        let name = package_name(id);
        assert_eq!(package_of(&name), Some(id));
        for other in [name.to_uppercase(), name.replace("p-", ""), format!("{name}0"), name.replace("ab", "AB")] {
            assert_eq!(package_of(&other), None, "{other}");
        }
        assert!(is_plain(&name));
    }
}
