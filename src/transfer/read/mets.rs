//! What a METS file says of a package, part by part: its head, references to files, and the map over them.
//!
//! Reads METS 1 as CSIP uses it, whoever wrote it: any prefixes, any order that the schema admits, groups in groups. A
//! root METS of 10,000 records has 9 MB and is never held: who wants a part keeps it.
//!
//! It opens no other file and judges nothing: references are given as they are written, [`resolve`] says where they
//! lead. What is embedded (`FContent`, `mdWrap`) is named, and of the latter the fields are given.

use super::xml::{Element, Item, Ns, Xml, XmlError};
use std::io::Read;

/// The file by which a package or representation says what it is.
pub const METS: &str = "METS.xml";
/// Bytes of one field of embedded metadata. Own bound: a title and an abstract of two pages.
const FIELD_BYTES_MAX: usize = 16 * 1024;
/// Fields of embedded metadata that are given; what is more is said. Own bound.
const FIELDS_MAX: usize = 256;

/// A part of a METS file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// The root element.
    Head(Head),
    /// `metsHdr`.
    Header(Header),
    /// Somebody behind the package.
    Agent(Agent),
    /// Another identifier of the package: its type and the value.
    Alternative(Option<String>, String),
    /// A file.
    Reference(Reference),
    /// Metadata that are embedded.
    Wrapped(Wrapped),
    /// Content that is embedded, of the file with this id.
    Inline(Option<String>),
    /// A map over the files begins: its type and label.
    Map(Option<String>, Option<String>),
    /// A division begins.
    Div(Div),
    /// The newest open division ends.
    DivEnd,
    /// A file or group of the division: its id.
    File(String),
    /// Another METS file of the division.
    Pointer(Location),
    /// The file is over and was well formed.
    Done,
}

/// The root element.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Head {
    /// The identifier.
    pub objid: Option<String>,
    /// What people call it.
    pub label: Option<String>,
    /// Which kind of content, by the vocabulary of CSIP.
    pub kind: Option<String>,
    /// The profile it follows.
    pub profile: Option<String>,
    /// The type of its information, or the one beside `OTHER`.
    pub content_type: Option<String>,
}

/// `metsHdr`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Header {
    /// `SIP`, `AIP`, `DIP`.
    pub package_type: Option<String>,
    /// When it was made.
    pub created: Option<String>,
    /// `NEW`, `REPLACEMENT` and the like.
    pub status: Option<String>,
}

/// Somebody behind the package.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Agent {
    /// `CREATOR`, `ARCHIVIST`, `PRESERVATION`.
    pub role: Option<String>,
    /// `ORGANIZATION`, `INDIVIDUAL`, or the one beside `OTHER`.
    pub kind: Option<String>,
    /// The name.
    pub name: String,
    /// Notes: their type and text.
    pub notes: Vec<(Option<String>, String)>,
}

/// Which section metadata stand in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// `dmdSec`.
    Descriptive,
    /// `techMD`.
    Technical,
    /// `rightsMD`.
    Rights,
    /// `sourceMD`.
    Source,
    /// `digiprovMD`.
    Provenance,
}

/// Where a reference leads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Location {
    /// `URL` and others.
    pub kind: Option<String>,
    /// As it is written.
    pub href: String,
    /// What it is called.
    pub title: Option<String>,
}

/// What a reference is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// Metadata in a file of their own.
    Metadata {
        /// The section.
        section: Section,
        /// Its id.
        id: Option<String>,
        /// `DC`, `PREMIS`, or the one beside `OTHER`.
        kind: Option<String>,
    },
    /// A file of the content.
    Content {
        /// Its id.
        id: Option<String>,
        /// What its owner calls it.
        owner: Option<String>,
        /// Sections of administrative metadata about it.
        adm: Option<String>,
        /// Sections of descriptive metadata about it.
        dmd: Option<String>,
        /// The use of the innermost group.
        group: Option<String>,
    },
}

/// A file that the package is said to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// What it is.
    pub about: About,
    /// Where it lies.
    pub location: Location,
    /// Its length, as it is written.
    pub size: Option<String>,
    /// Its digest, as it is written.
    pub checksum: Option<String>,
    /// By which algorithm.
    pub checksum_type: Option<String>,
    /// Its type.
    pub mime_type: Option<String>,
}

/// Metadata that are embedded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrapped {
    /// The section.
    pub section: Section,
    /// Its id.
    pub id: Option<String>,
    /// `DC`, `PREMIS`, or the one beside `OTHER`.
    pub kind: Option<String>,
    /// Elements that have text: name and text, in their order.
    pub fields: Vec<(String, String)>,
    /// There were more fields than are given.
    pub is_cut: bool,
}

/// A division of a map.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Div {
    /// Its id.
    pub id: Option<String>,
    /// Its type.
    pub kind: Option<String>,
    /// Its label.
    pub label: Option<String>,
    /// Sections of descriptive metadata about it.
    pub dmd: Option<String>,
    /// Sections of administrative metadata about it.
    pub adm: Option<String>,
}

/// An open element.
enum Open {
    Other,
    Section(Section, Option<String>),
    Group(Option<String>),
    File(Box<Element>),
    Div,
}

/// A METS file that is read.
pub struct Mets<R: Read> {
    xml: Xml<R>,
    open: Vec<Open>,
}

impl<R: Read> Mets<R> {
    /// Begins to read.
    pub fn new(reader: R) -> Self {
        Self { xml: Xml::new(reader), open: Vec::new() }
    }

    /// The next part.
    ///
    /// # Errors
    ///
    /// When it is no METS, or XML beyond what is read.
    pub fn read(&mut self) -> Result<Part, XmlError> {
        loop {
            let part = match self.xml.read()? {
                Item::Start(element) => self.started(element)?,
                Item::End => match self.open.pop() {
                    Some(Open::Div) => Some(Part::DivEnd),
                    _ => None,
                },
                Item::Text(_) => None,
                Item::Done => Some(Part::Done),
            };
            if let Some(part) = part {
                return Ok(part);
            }
        }
    }

    fn started(&mut self, element: Element) -> Result<Option<Part>, XmlError> {
        if self.open.is_empty() {
            if !element.is(Ns::Mets, "mets") {
                return Err(XmlError::Malformed { at: 0, what: "the root is no METS".to_owned() });
            }
            self.open.push(Open::Other);
            return Ok(Some(Part::Head(head(&element))));
        }
        if element.ns != Ns::Mets {
            self.xml.skip()?;
            return Ok(None);
        }
        let section = |section| Open::Section(section, element.take("ID"));
        let (open, part) = match element.name.as_str() {
            "metsHdr" => (
                Open::Other,
                Some(Part::Header(Header {
                    package_type: element.get(Ns::Csip, "OAISPACKAGETYPE").map(str::to_owned),
                    created: element.take("CREATEDATE"),
                    status: element.take("RECORDSTATUS"),
                })),
            ),
            "agent" => return self.agent(&element).map(Some),
            "altRecordID" => {
                let value = self.xml.text(FIELD_BYTES_MAX)?;
                return Ok(Some(Part::Alternative(element.take("TYPE"), value)));
            }
            "dmdSec" => (section(Section::Descriptive), None),
            "techMD" => (section(Section::Technical), None),
            "rightsMD" => (section(Section::Rights), None),
            "sourceMD" => (section(Section::Source), None),
            "digiprovMD" => (section(Section::Provenance), None),
            "mdRef" => (Open::Other, self.section().map(|(section, id)| metadata(&element, section, id))),
            "mdWrap" => return self.wrapped(&element),
            "fileGrp" => (Open::Group(element.take("USE")), None),
            "file" => (Open::File(Box::new(element)), None),
            "FLocat" => (Open::Other, self.content(&element)),
            "FContent" => {
                let id = self.file().and_then(|file| file.take("ID"));
                self.xml.skip()?;
                return Ok(Some(Part::Inline(id)));
            }
            "structMap" => (Open::Other, Some(Part::Map(element.take("TYPE"), element.take("LABEL")))),
            "div" => (
                Open::Div,
                Some(Part::Div(Div {
                    id: element.take("ID"),
                    kind: element.take("TYPE"),
                    label: element.take("LABEL"),
                    dmd: element.take("DMDID"),
                    adm: element.take("ADMID"),
                })),
            ),
            "fptr" => (Open::Other, element.take("FILEID").map(Part::File)),
            "mptr" => (Open::Other, Some(Part::Pointer(location(&element)))),
            _ => (Open::Other, None),
        };
        self.open.push(open);
        Ok(part)
    }

    fn section(&self) -> Option<(Section, Option<String>)> {
        self.open.iter().rev().find_map(|open| match open {
            Open::Section(section, id) => Some((*section, id.clone())),
            _ => None,
        })
    }

    fn file(&self) -> Option<&Element> {
        self.open.iter().rev().find_map(|open| match open {
            Open::File(element) => Some(&**element),
            _ => None,
        })
    }

    fn content(&self, at: &Element) -> Option<Part> {
        let file = self.file()?;
        let group = self.open.iter().rev().find_map(|open| match open {
            Open::Group(used) => Some(used.clone()),
            _ => None,
        });
        let about = About::Content {
            id: file.take("ID"),
            owner: file.take("OWNERID"),
            adm: file.take("ADMID"),
            dmd: file.take("DMDID"),
            group: group.flatten(),
        };
        Some(Part::Reference(reference(about, location(at), file)))
    }

    fn agent(&mut self, element: &Element) -> Result<Part, XmlError> {
        let kind = element.take("OTHERTYPE").or_else(|| element.take("TYPE"));
        let mut agent = Agent { role: element.take("ROLE"), kind, ..Agent::default() };
        let depth = self.xml.depth();
        while self.xml.depth() >= depth {
            let Item::Start(inner) = self.xml.read()? else { continue };
            let text = self.xml.text(FIELD_BYTES_MAX)?;
            match inner.name.as_str() {
                "name" => agent.name = text,
                "note" if agent.notes.len() < FIELDS_MAX => {
                    agent.notes.push((inner.get(Ns::Csip, "NOTETYPE").map(str::to_owned), text));
                }
                _ => {}
            }
        }
        Ok(Part::Agent(agent))
    }

    fn wrapped(&mut self, element: &Element) -> Result<Option<Part>, XmlError> {
        let Some((section, id)) = self.section() else {
            self.xml.skip()?;
            return Ok(None);
        };
        let mut wrapped = Wrapped { section, id, kind: md_type(element), fields: Vec::new(), is_cut: false };
        let depth = self.xml.depth();
        let mut open: Vec<(String, String)> = Vec::new();
        while self.xml.depth() >= depth {
            match self.xml.read()? {
                Item::Start(inner) => open.push((inner.name, String::new())),
                Item::Text(text) => {
                    if let Some((_, so_far)) = open.last_mut() {
                        wrapped.is_cut |= so_far.len() + text.len() > FIELD_BYTES_MAX;
                        if so_far.len() + text.len() <= FIELD_BYTES_MAX {
                            so_far.push_str(&text);
                        }
                    }
                }
                Item::End => {
                    let field = open.pop().filter(|(_, text)| !text.trim().is_empty());
                    wrapped.is_cut |= field.is_some() && wrapped.fields.len() >= FIELDS_MAX;
                    if let Some((name, text)) = field.filter(|_| wrapped.fields.len() < FIELDS_MAX) {
                        wrapped.fields.push((name, text.trim().to_owned()));
                    }
                }
                Item::Done => break,
            }
        }
        Ok(Some(Part::Wrapped(wrapped)))
    }
}

fn head(element: &Element) -> Head {
    let csip = |name| element.get(Ns::Csip, name).map(str::to_owned);
    let other = csip("OTHERCONTENTINFORMATIONTYPE");
    Head {
        objid: element.take("OBJID"),
        label: element.take("LABEL"),
        kind: element.take("TYPE"),
        profile: element.take("PROFILE"),
        content_type: other.or_else(|| csip("CONTENTINFORMATIONTYPE")),
    }
}

fn md_type(element: &Element) -> Option<String> {
    match element.get(Ns::None, "MDTYPE") {
        Some("OTHER") => element.take("OTHERMDTYPE"),
        kind => kind.map(str::to_owned),
    }
}

fn metadata(element: &Element, section: Section, id: Option<String>) -> Part {
    let about = About::Metadata { section, id, kind: md_type(element) };
    Part::Reference(reference(about, location(element), element))
}

fn location(element: &Element) -> Location {
    Location {
        kind: element.take("LOCTYPE"),
        href: element.get(Ns::Xlink, "href").unwrap_or_default().to_owned(),
        title: element.get(Ns::Xlink, "title").map(str::to_owned),
    }
}

fn reference(about: About, location: Location, of: &Element) -> Reference {
    Reference {
        about,
        location,
        size: of.take("SIZE"),
        checksum: of.take("CHECKSUM"),
        checksum_type: of.take("CHECKSUMTYPE"),
        mime_type: of.take("MIMETYPE"),
    }
}

/// Where a reference leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// To one of these paths, the likelier first: with percent signs resolved, and as it is written.
    Inside(Vec<String>),
    /// Out of the package.
    Outside,
    /// Above the folder that it must stay in.
    Above,
}

/// Where an href of a METS file in `folder` leads. Both folders end in `/` or are empty; nothing outside of `top` is
/// meant. RFC 3986 §5.2.4 for the dots.
pub fn resolve(href: &str, folder: &str, top: &str) -> Target {
    let href = href.split('#').next().unwrap_or_default();
    let scheme = href.split_once(':').map(|(scheme, _)| scheme).filter(|scheme| {
        scheme.starts_with(|sign: char| sign.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+.-".contains(&byte))
    });
    let rest = match scheme {
        Some(scheme) if scheme.eq_ignore_ascii_case("file") => {
            let rest = &href[scheme.len() + 1..];
            // `file:///a` and `file:a` are written for a path from here; a host is outside.
            match rest.strip_prefix("//") {
                Some(rest) => match rest.strip_prefix('/') {
                    Some(rest) => rest,
                    None if rest.starts_with("./") => rest,
                    None => return Target::Outside,
                },
                None => rest,
            }
        }
        Some(_) => return Target::Outside,
        None if href.starts_with("//") => return Target::Outside,
        None => href,
    };
    if rest.is_empty() || rest.starts_with('/') {
        return Target::Above;
    }
    let mut paths = Vec::new();
    for text in [percent_decoded(rest), Some(rest.to_owned())].into_iter().flatten() {
        let Some(path) = joined(&text, folder, top) else { return Target::Above };
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    Target::Inside(paths)
}

/// `path` from `folder`, without its dots; none when it leaves `top`.
fn joined(path: &str, folder: &str, top: &str) -> Option<String> {
    let mut segments: Vec<&str> = folder.split('/').filter(|segment| !segment.is_empty()).collect();
    for segment in path.split('/') {
        match segment {
            "." => {}
            ".." => drop(segments.pop()?),
            other => segments.push(other),
        }
    }
    let path = segments.join("/");
    path.starts_with(top).then_some(path)
}

/// Without percent signs; none when one is not followed by two digits, or the bytes are not UTF-8.
fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        if *first == b'%' {
            bytes.extend(hex::decode(behind.get(..2)?).ok()?);
            rest = &behind[2..];
        } else {
            bytes.push(*first);
            rest = behind;
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_come_in_their_order() {
        let text = "<m:mets xmlns:m='http://www.loc.gov/METS/' xmlns:x='http://www.w3.org/1999/xlink'
            xmlns:c='https://DILCIS.eu/XML/METS/CSIPExtensionMETS' OBJID='p' c:CONTENTINFORMATIONTYPE='MIXED'>
            <m:metsHdr c:OAISPACKAGETYPE='SIP'>
            <m:agent ROLE='CREATOR' TYPE='OTHER' OTHERTYPE='SOFTWARE'><m:name>K</m:name>
            <m:note c:NOTETYPE='SOFTWARE VERSION'>1</m:note></m:agent></m:metsHdr>
            <m:dmdSec ID='d'><m:mdWrap MDTYPE='DC'><m:xmlData><r xmlns='urn:dc'><title>Хат</title><e/></r></m:xmlData>
            </m:mdWrap></m:dmdSec>
            <m:amdSec><m:digiprovMD ID='a'>
            <m:mdRef MDTYPE='PREMIS' x:href='p.xml' SIZE='3' CHECKSUM='AB' CHECKSUMTYPE='MD5'/>
            </m:digiprovMD></m:amdSec>
            <m:fileSec><m:fileGrp USE='Data'><m:fileGrp USE='Data/1'>
            <m:file ID='f' OWNERID='o'><m:FLocat x:href='data/a%20b' x:title='t'/></m:file>
            <m:file ID='g'><m:FContent><m:binData>AA==</m:binData></m:FContent></m:file></m:fileGrp></m:fileGrp>
            </m:fileSec><m:structMap TYPE='PHYSICAL' LABEL='CSIP'><m:div LABEL='x' DMDID='d'>
            <m:mptr x:href='r/METS.xml'/><m:fptr FILEID='f'/></m:div></m:structMap></m:mets>";
        let mut mets = Mets::new(text.as_bytes());
        let mut parts = Vec::new();
        loop {
            match mets.read().unwrap() {
                Part::Done => break,
                part => parts.push(part),
            }
        }
        let said = |text: &str| Some(text.to_owned());
        let Part::Head(head) = &parts[0] else { panic!("{:?}", parts[0]) };
        assert_eq!((&head.objid, &head.content_type), (&said("p"), &said("MIXED")));
        assert!(matches!(&parts[1], Part::Header(header) if header.package_type == said("SIP")));
        let Part::Agent(agent) = &parts[2] else { panic!("{:?}", parts[2]) };
        assert_eq!((agent.name.as_str(), &agent.kind, agent.notes.len()), ("K", &said("SOFTWARE"), 1));
        let Part::Wrapped(wrapped) = &parts[3] else { panic!("{:?}", parts[3]) };
        assert_eq!((&wrapped.id, &wrapped.fields[..]), (&said("d"), &[("title".to_owned(), "Хат".to_owned())][..]));
        let Part::Reference(premis) = &parts[4] else { panic!("{:?}", parts[4]) };
        assert!(matches!(&premis.about, About::Metadata { kind, .. } if *kind == said("PREMIS")));
        let Part::Reference(file) = &parts[5] else { panic!("{:?}", parts[5]) };
        let About::Content { owner, group, .. } = &file.about else { panic!("{file:?}") };
        assert_eq!((owner, group, &file.location.title), (&said("o"), &said("Data/1"), &said("t")));
        assert_eq!(parts[6], Part::Inline(Some("g".to_owned())));
        assert!(matches!(&parts[8], Part::Div(div) if div.dmd.as_deref() == Some("d")));
        assert!(matches!(&parts[9], Part::Pointer(at) if at.href == "r/METS.xml"));
        assert_eq!(parts[10..], [Part::File("f".to_owned()), Part::DivEnd]);
        assert!(Mets::new(&b"<mets/>"[..]).read().is_err(), "another namespace");
    }

    #[test]
    fn references_lead_into_the_package_or_nowhere() {
        let inside = |paths: &[&str]| Target::Inside(paths.iter().map(|path| (*path).to_owned()).collect());
        for (href, wanted) in [
            ("a/b", inside(&["data/P/r/a/b"])),
            ("./a", inside(&["data/P/r/a"])),
            ("../../P/a", inside(&["data/P/a"])),
            ("a%20b", inside(&["data/P/r/a b", "data/P/r/a%20b"])),
            ("100%", inside(&["data/P/r/100%"])),
            ("file:a", inside(&["data/P/r/a"])),
            ("file:///a#x", inside(&["data/P/r/a"])),
            ("file://./a", inside(&["data/P/r/a"])),
            ("file://host/a", Target::Outside),
            ("https://example.org/a", Target::Outside),
            ("//host/a", Target::Outside),
            ("../../a", Target::Above),
            ("..%2f..%2f..%2f..%2fetc/passwd", Target::Above),
            ("../../../../../a", Target::Above),
            ("/etc/passwd", Target::Above),
            ("", Target::Above),
        ] {
            assert_eq!(resolve(href, "data/P/r/", "data/P/"), wanted, "{href}");
        }
    }
}
