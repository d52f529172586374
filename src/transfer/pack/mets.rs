//! METS 1.12 by the E-ARK CSIP and SIP profiles 2.1: of each record (a representation that stands for itself) and of
//! the package.
//!
//! One row of the package for each record: its METS file, which tells the digests of all else in its folder. So the
//! file of the package grows by less than a kilobyte a record, and is written last.
//!
//! What stands here that a reader of the schema alone would not expect is asked for by eark-validator 1.1.3: every
//! group is `OTHER`, every division has a label, the one creator is the program, and no `file` stands across a
//! multiple of 32 KiB ([`Markup::put_whole`](super::markup::Markup::put_whole)). All times are those of the plan.

use super::markup::{Markup, attribute, element, escaped};
use super::output::Told;
use super::write::{Party, Plan};
use crate::clock::rfc3339;
use crate::model::digest::Sha256;
use crate::model::id::RecordId;
use crate::transfer::layout::media_type as media_type_of;
use crate::transfer::layout::{
    CONTENT_OF_PACKAGE, CONTENT_OF_RECORD, METS, REPRESENTATIONS, SIP_PROFILE, package_name,
};
use std::io::{self, Write};

const NAMESPACES: &str = "xmlns=\"http://www.loc.gov/METS/\" \
    xmlns:csip=\"https://DILCIS.eu/XML/METS/CSIPExtensionMETS\" xmlns:xlink=\"http://www.w3.org/1999/xlink\"";

/// What a file of metadata is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Descriptive, of a type that METS has a word for.
    Descriptive(&'static str),
    /// Descriptive, of another type.
    DescriptiveOther(&'static str),
    /// About preservation, of a type that METS has a word for.
    Preservation(&'static str),
    /// About preservation, of another type.
    PreservationOther(&'static str),
}

impl Kind {
    fn is_descriptive(self) -> bool {
        matches!(self, Kind::Descriptive(_) | Kind::DescriptiveOther(_))
    }

    fn attributes(self) -> String {
        match self {
            Kind::Descriptive(word) | Kind::Preservation(word) => attribute("MDTYPE", word),
            Kind::DescriptiveOther(word) | Kind::PreservationOther(word) => {
                format!(" MDTYPE=\"OTHER\"{}", attribute("OTHERMDTYPE", word))
            }
        }
    }
}

/// A file of metadata as it was written.
#[derive(Debug, Clone)]
pub struct Described {
    /// What it is.
    pub kind: Kind,
    /// The file.
    pub told: Told,
}

/// A component as it was written.
pub struct File<'a> {
    /// The file.
    pub told: &'a Told,
    /// The name that it had.
    pub name: &'a str,
    /// Its media type.
    pub media_type: &'a str,
}

/// A record as it was written: its METS file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Represented {
    /// The record.
    pub record: RecordId,
    /// Length of its METS file.
    pub size: u64,
    /// Digest of it.
    pub sha256: Sha256,
}

fn content_type(word: &str) -> String {
    format!(" csip:CONTENTINFORMATIONTYPE=\"OTHER\"{}", attribute("csip:OTHERCONTENTINFORMATIONTYPE", word))
}

fn party(role: &str, one: &Party) -> String {
    format!(
        "<agent ROLE=\"{role}\" TYPE=\"ORGANIZATION\">{}<note csip:NOTETYPE=\"IDENTIFICATIONCODE\">{}</note></agent>\n",
        element("name", &one.name),
        escaped(&one.code)
    )
}

fn head(id: &str, label: &str, content: &str, plan: &Plan, alternative: Option<&str>) -> String {
    let created = rfc3339(plan.time);
    let note = format!("<note csip:NOTETYPE=\"SOFTWARE VERSION\">{}</note>", escaped(&plan.software));
    let mut text = format!(
        "<mets {NAMESPACES}{}{} TYPE=\"Mixed\"{} PROFILE=\"{SIP_PROFILE}\">\n",
        attribute("OBJID", id),
        attribute("LABEL", if label.is_empty() { id } else { label }),
        content_type(content)
    );
    text.push_str(&format!(
        "<metsHdr CREATEDATE=\"{created}\" LASTMODDATE=\"{created}\" RECORDSTATUS=\"NEW\" \
         csip:OAISPACKAGETYPE=\"SIP\">\n<agent ROLE=\"CREATOR\" TYPE=\"OTHER\" OTHERTYPE=\"SOFTWARE\">\
         <name>Muragat</name>{note}</agent>\n"
    ));
    text.push_str(&party("ARCHIVIST", &plan.from));
    text.push_str(&party("PRESERVATION", &plan.to));
    if let Some(alternative) = alternative {
        text.push_str(&format!("<altRecordID TYPE=\"REFERENCECODE\">{}</altRecordID>\n", escaped(alternative)));
    }
    text.push_str("</metsHdr>\n");
    text
}

fn facts(media_type: &str, size: u64, sha256: Sha256, created: &str) -> String {
    format!(
        "{} SIZE=\"{size}\" CREATED=\"{created}\" CHECKSUM=\"{sha256}\" CHECKSUMTYPE=\"SHA-256\"",
        attribute("MIMETYPE", media_type)
    )
}

fn located(path: &str, title: Option<&str>) -> String {
    let title = title.map(|title| attribute("xlink:title", title)).unwrap_or_default();
    format!(" LOCTYPE=\"URL\" xlink:type=\"simple\"{}{title}", attribute("xlink:href", path))
}

fn file(id: &str, path: &str, title: Option<&str>, facts: &str) -> String {
    format!("<file ID=\"{id}\"{facts}><FLocat{}/></file>", located(path, title))
}

/// Sections of metadata: first the descriptive ones, then the others. Gives the attributes by which the division of
/// metadata names them.
fn sections<W: Write>(out: &mut Markup<W>, metadata: &[Described], created: &str) -> io::Result<String> {
    let mut ids: [Vec<String>; 2] = Default::default();
    for is_descriptive in [true, false] {
        if !is_descriptive {
            out.put("<amdSec ID=\"amd\">\n")?;
        }
        let (section, date) = match is_descriptive {
            true => ("dmdSec", attribute("CREATED", created)),
            false => ("digiprovMD", String::new()),
        };
        let of_kind = |one: &&Described| one.kind.is_descriptive() == is_descriptive;
        for (number, one) in (1..).zip(metadata.iter().filter(of_kind)) {
            let id = format!("{}{number}", if is_descriptive { "d" } else { "a" });
            let facts = facts(media_type_of(&one.told.path), one.told.size, one.told.digests.sha256, created);
            out.put(&format!(
                "<{section} ID=\"{id}\"{date} STATUS=\"CURRENT\"><mdRef ID=\"{id}-ref\"{}{}{facts}/></{section}>\n",
                located(&one.told.path, None),
                one.kind.attributes()
            ))?;
            ids[usize::from(!is_descriptive)].push(id);
        }
    }
    out.put("</amdSec>\n")?;
    let [descriptive, other] = ids.map(|ids| ids.join(" "));
    Ok(format!("{}{}", attribute("ADMID", &other), attribute("DMDID", &descriptive)))
}

/// The METS file of a record.
pub fn record(
    id: RecordId,
    label: &str,
    plan: &Plan,
    metadata: &[Described],
    files: &[File<'_>],
) -> io::Result<Vec<u8>> {
    let (name, created) = (id.to_string(), rfc3339(plan.time));
    let mut out = Markup::new(Vec::new())?;
    out.put(&head(&name, label, CONTENT_OF_RECORD, plan, None))?;
    let named = sections(&mut out, metadata, &created)?;
    out.put(&format!("<fileSec ID=\"files\"><fileGrp ID=\"data\" USE=\"Data\"{}>\n", content_type(CONTENT_OF_RECORD)))?;
    for (number, one) in (1..).zip(files) {
        let facts = facts(one.media_type, one.told.size, one.told.digests.sha256, &created);
        out.put_whole(&file(&format!("f{number:04}"), &one.told.path, Some(one.name), &facts))?;
        out.put("\n")?;
    }
    out.put("</fileGrp></fileSec>\n<structMap ID=\"map\" TYPE=\"PHYSICAL\" LABEL=\"CSIP\">")?;
    out.put(&format!("<div ID=\"div\"{}>\n", attribute("LABEL", &name)))?;
    out.put(&format!("<div ID=\"div-metadata\" LABEL=\"Metadata\"{named}/>\n"))?;
    out.put("<div ID=\"div-data\" LABEL=\"Data\"><fptr FILEID=\"data\"/></div>\n</div></structMap>\n</mets>\n")?;
    Ok(out.finish())
}

/// The METS file of the package, written to `out`.
pub fn package<W: Write>(
    out: W,
    plan: &Plan,
    metadata: &[Described],
    (documentation, schemas): (&[Told], &[Told]),
    records: &[Represented],
) -> io::Result<W> {
    let (name, created) = (package_name(plan.package), rfc3339(plan.time));
    let mut out = Markup::new(out)?;
    out.put(&head(&name, &plan.title, CONTENT_OF_PACKAGE, plan, Some(&plan.transfer.to_string())))?;
    let named = sections(&mut out, metadata, &created)?;
    out.put("<fileSec ID=\"files\">\n")?;
    for (id, word, files) in [("documentation", "Documentation", documentation), ("schemas", "Schemas", schemas)] {
        out.put(&format!("<fileGrp ID=\"{id}\" USE=\"{word}\"{}>\n", content_type(CONTENT_OF_PACKAGE)))?;
        for (number, one) in (1..).zip(files) {
            let media_type = media_type_of(&one.path);
            let facts = facts(media_type, one.size, one.digests.sha256, &created);
            out.put_whole(&file(&format!("{id}-{number}"), &one.path, None, &facts))?;
            out.put("\n")?;
        }
        out.put("</fileGrp>\n")?;
    }
    for one in records {
        let record = one.record;
        let facts = facts("application/xml", one.size, one.sha256, &created);
        out.put_whole(&format!(
            "<fileGrp ID=\"g-{record}\" USE=\"Representations/{record}\"{}>{}</fileGrp>\n",
            content_type(CONTENT_OF_RECORD),
            file(&format!("f-{record}"), &mets_of(record), None, &facts)
        ))?;
    }
    out.put("</fileSec>\n<structMap ID=\"map\" TYPE=\"PHYSICAL\" LABEL=\"CSIP\">")?;
    out.put(&format!("<div ID=\"div\"{}>\n", attribute("LABEL", &name)))?;
    out.put(&format!("<div ID=\"div-metadata\" LABEL=\"Metadata\"{named}/>\n"))?;
    for (id, word) in [("documentation", "Documentation"), ("schemas", "Schemas")] {
        out.put(&format!("<div ID=\"div-{id}\" LABEL=\"{word}\"><fptr FILEID=\"{id}\"/></div>\n"))?;
    }
    out.put("<div ID=\"div-representations\" LABEL=\"Representations\">\n")?;
    for one in records {
        out.put(&format!("<fptr FILEID=\"g-{}\"/>\n", one.record))?;
    }
    for one in records {
        let record = one.record;
        out.put(&format!(
            "<div ID=\"d-{record}\" LABEL=\"Representations/{record}\"><mptr{}/></div>\n",
            located(&mets_of(record), Some(&format!("g-{record}")))
        ))?;
    }
    out.put("</div>\n</div></structMap>\n</mets>\n")?;
    Ok(out.finish())
}

fn mets_of(record: RecordId) -> String {
    format!("{REPRESENTATIONS}{record}/{METS}")
}
