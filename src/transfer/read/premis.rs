//! What a PREMIS 3 file says: objects with their digests and names, events, agents; one after the other.
//!
//! Reads what others wrote, with any prefixes. Each object is held alone, and its fields are bounded.
//!
//! It opens no other file and judges nothing; which file an object is about is for [`check`](super::check) to find.

use super::xml::{Element, Item, Ns, Xml, XmlError};
use std::io::Read;

/// Bytes of one field. Own bound: the detail of an event may be a report of some pages.
const FIELD_BYTES_MAX: usize = 256 * 1024;
/// Values of one kind that are kept of an object or event. Own bound.
const VALUES_MAX: usize = 256;

/// A part of a PREMIS file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Something that is preserved.
    Object(Box<Object>),
    /// Something that happened to it.
    Event(Box<Event>),
    /// Who did it.
    Agent(Agent),
    /// The file is over and was well formed.
    Done,
}

/// An identifier, a place or a digest: what kind, and which.
pub type Typed = (String, String);

/// What is said of the bytes of an object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Characteristics {
    /// How often it was packed or encrypted; the highest is the file as it lies there.
    pub level: u64,
    /// Algorithms and digests.
    pub fixities: Vec<Typed>,
    /// Its length, as it is written.
    pub size: Option<String>,
    /// Name of its format.
    pub format: Option<String>,
    /// Key of its format in a register, as PRONOM.
    pub key: Option<String>,
}

/// An object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Object {
    /// `file`, `representation`, `intellectualEntity`, `bitstream`; without the prefix.
    pub category: String,
    /// Its identifiers.
    pub identifiers: Vec<Typed>,
    /// Its bytes, at each level.
    pub characteristics: Vec<Characteristics>,
    /// What it was called.
    pub original_name: Option<String>,
    /// Where it lies.
    pub locations: Vec<Typed>,
}

impl Object {
    /// What is said of the file as it lies there.
    pub fn as_stored(&self) -> Option<&Characteristics> {
        self.characteristics.iter().max_by_key(|one| one.level)
    }
}

/// An event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Event {
    /// Its identifiers.
    pub identifiers: Vec<Typed>,
    /// What it was.
    pub kind: String,
    /// When, as it is written.
    pub time: String,
    /// How it came out.
    pub outcome: Option<String>,
    /// What is said of it.
    pub detail: Option<String>,
    /// Who took part.
    pub agents: Vec<Typed>,
    /// What it was about.
    pub objects: Vec<Typed>,
}

/// An agent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Agent {
    /// Its identifiers.
    pub identifiers: Vec<Typed>,
    /// Its name.
    pub name: Option<String>,
    /// `person`, `software`, `organization`.
    pub kind: Option<String>,
}

/// A PREMIS file that is read.
pub struct Premis<R: Read> {
    xml: Xml<R>,
    is_begun: bool,
}

impl<R: Read> Premis<R> {
    /// Begins to read.
    pub fn new(reader: R) -> Self {
        Self { xml: Xml::new(reader), is_begun: false }
    }

    /// The next part.
    ///
    /// # Errors
    ///
    /// When it is no PREMIS 3, or XML beyond what is read.
    pub fn read(&mut self) -> Result<Part, XmlError> {
        loop {
            match self.xml.read()? {
                Item::Start(element) if !self.is_begun => {
                    self.is_begun = true;
                    // An object alone may be a root too, and nobody writes it so.
                    if !element.is(Ns::Premis, "premis") {
                        return Err(XmlError::Malformed { at: 0, what: "the root is no PREMIS 3".to_owned() });
                    }
                }
                Item::Start(element) if element.is(Ns::Premis, "object") => return self.object(&element),
                Item::Start(element) if element.is(Ns::Premis, "event") => return self.event(),
                Item::Start(element) if element.is(Ns::Premis, "agent") => return self.agent(),
                Item::Start(_) => self.xml.skip()?,
                Item::End | Item::Text(_) => {}
                Item::Done => return Ok(Part::Done),
            }
        }
    }

    fn object(&mut self, element: &Element) -> Result<Part, XmlError> {
        let category = element.get(Ns::Xsi, "type").unwrap_or_default();
        let category = category.rsplit(':').next().unwrap_or_default().to_owned();
        let mut object = Object { category, ..Object::default() };
        let mut kind = String::new();
        fields(&mut self.xml, |path, field| {
            let said = match field {
                Field::Begun => {
                    if path == ["objectCharacteristics"] && object.characteristics.len() < VALUES_MAX {
                        object.characteristics.push(Characteristics::default());
                    }
                    return;
                }
                Field::Text(text) => text,
            };
            let last = object.characteristics.last_mut();
            match (path, last) {
                (["objectIdentifier", "objectIdentifierType"], _)
                | (["objectCharacteristics", "fixity", "messageDigestAlgorithm"], _)
                | (["storage", "contentLocation", "contentLocationType"], _) => kind = said,
                (["objectIdentifier", "objectIdentifierValue"], _) => push(&mut object.identifiers, &mut kind, said),
                (["storage", "contentLocation", "contentLocationValue"], _) => {
                    push(&mut object.locations, &mut kind, said);
                }
                (["objectCharacteristics", "fixity", "messageDigest"], Some(last)) => {
                    push(&mut last.fixities, &mut kind, said);
                }
                (["objectCharacteristics", "compositionLevel"], Some(last)) => last.level = said.parse().unwrap_or(0),
                (["objectCharacteristics", "size"], Some(last)) => last.size = Some(said),
                (["objectCharacteristics", "format", "formatDesignation", "formatName"], Some(last)) => {
                    last.format = Some(said);
                }
                (["objectCharacteristics", "format", "formatRegistry", "formatRegistryKey"], Some(last)) => {
                    last.key = Some(said);
                }
                (["originalName"], _) => object.original_name = Some(said),
                _ => {}
            }
        })?;
        Ok(Part::Object(Box::new(object)))
    }

    fn event(&mut self) -> Result<Part, XmlError> {
        let mut event = Event::default();
        let mut kind = String::new();
        fields(&mut self.xml, |path, field| {
            let Field::Text(said) = field else { return };
            match path {
                ["eventIdentifier", "eventIdentifierType"]
                | ["linkingAgentIdentifier", "linkingAgentIdentifierType"]
                | ["linkingObjectIdentifier", "linkingObjectIdentifierType"] => kind = said,
                ["eventIdentifier", "eventIdentifierValue"] => push(&mut event.identifiers, &mut kind, said),
                ["linkingAgentIdentifier", "linkingAgentIdentifierValue"] => push(&mut event.agents, &mut kind, said),
                ["linkingObjectIdentifier", "linkingObjectIdentifierValue"] => {
                    push(&mut event.objects, &mut kind, said);
                }
                ["eventType"] => event.kind = said,
                ["eventDateTime"] => event.time = said,
                ["eventDetailInformation", "eventDetail"] => event.detail = Some(said),
                ["eventOutcomeInformation", "eventOutcome"] => event.outcome = Some(said),
                _ => {}
            }
        })?;
        Ok(Part::Event(Box::new(event)))
    }

    fn agent(&mut self) -> Result<Part, XmlError> {
        let mut agent = Agent::default();
        let mut kind = String::new();
        fields(&mut self.xml, |path, field| {
            let Field::Text(said) = field else { return };
            match path {
                ["agentIdentifier", "agentIdentifierType"] => kind = said,
                ["agentIdentifier", "agentIdentifierValue"] => push(&mut agent.identifiers, &mut kind, said),
                ["agentName"] => agent.name = Some(said),
                ["agentType"] => agent.kind = Some(said),
                _ => {}
            }
        })?;
        Ok(Part::Agent(agent))
    }
}

/// Takes a value with the kind that was said before it.
fn push(values: &mut Vec<Typed>, kind: &mut String, value: String) {
    let kind = std::mem::take(kind);
    if values.len() < VALUES_MAX {
        values.push((kind, value));
    }
}

/// What a walk meets.
enum Field {
    /// An element begins.
    Begun,
    /// An element ends that has text.
    Text(String),
}

/// Walks through the element that has just begun, and names each element in it by the way there. Elements of other
/// namespaces, which extensions bring, are passed over.
fn fields<R: Read>(xml: &mut Xml<R>, mut visit: impl FnMut(&[&str], Field)) -> Result<(), XmlError> {
    let depth = xml.depth();
    let mut open: Vec<(String, String)> = Vec::new();
    while xml.depth() >= depth {
        match xml.read()? {
            Item::Start(element) if element.ns == Ns::Premis => {
                open.push((element.name, String::new()));
                let path: Vec<&str> = open.iter().map(|(name, _)| name.as_str()).collect();
                visit(&path, Field::Begun);
            }
            Item::Start(_) => xml.skip()?,
            Item::Text(text) => {
                if let Some((_, so_far)) = open.last_mut() {
                    if so_far.len() + text.len() > FIELD_BYTES_MAX {
                        return Err(XmlError::Beyond { at: 0, what: "a field of PREMIS that is too long" });
                    }
                    so_far.push_str(&text);
                }
            }
            Item::End => {
                let text = open.last_mut().map(|(_, text)| std::mem::take(text)).unwrap_or_default();
                let text = text.trim();
                if !text.is_empty() {
                    let path: Vec<&str> = open.iter().map(|(name, _)| name.as_str()).collect();
                    visit(&path, Field::Text(text.to_owned()));
                }
                open.pop();
            }
            Item::Done => break,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_events_and_agents_are_read() {
        let text = "<p:premis xmlns:p='http://www.loc.gov/premis/v3' version='3.0'
            xmlns:i='http://www.w3.org/2001/XMLSchema-instance'>
            <p:object i:type='p:file'><p:objectIdentifier><p:objectIdentifierType>UUID</p:objectIdentifierType>
            <p:objectIdentifierValue>1</p:objectIdentifierValue></p:objectIdentifier>
            <p:objectCharacteristics><p:compositionLevel>0</p:compositionLevel>
            <p:fixity><p:messageDigestAlgorithm>SHA-256</p:messageDigestAlgorithm>
            <p:messageDigest> aa </p:messageDigest></p:fixity><p:size>7</p:size>
            <p:objectCharacteristicsExtension><x xmlns='urn:x'>y</x></p:objectCharacteristicsExtension>
            </p:objectCharacteristics>
            <p:objectCharacteristics><p:compositionLevel>1</p:compositionLevel><p:size>9</p:size>
            </p:objectCharacteristics><p:originalName>Хат.docx</p:originalName>
            <p:storage><p:contentLocation><p:contentLocationType>t</p:contentLocationType>
            <p:contentLocationValue>data/a</p:contentLocationValue></p:contentLocation></p:storage>
            <p:relationship><p:relatedObjectIdentifier>
            <p:relatedObjectIdentifierValue>z</p:relatedObjectIdentifierValue></p:relatedObjectIdentifier>
            </p:relationship></p:object>
            <p:event><p:eventIdentifier><p:eventIdentifierType>e</p:eventIdentifierType>
            <p:eventIdentifierValue>2</p:eventIdentifierValue></p:eventIdentifier>
            <p:eventType>ingestion</p:eventType><p:eventDateTime>2026</p:eventDateTime></p:event>
            <p:agent><p:agentName>K</p:agentName></p:agent><p:rights/></p:premis>";
        let mut premis = Premis::new(text.as_bytes());
        let Part::Object(object) = premis.read().unwrap() else { panic!() };
        assert_eq!((object.category.as_str(), object.original_name.as_deref()), ("file", Some("Хат.docx")));
        assert_eq!(object.identifiers, [("UUID".to_owned(), "1".to_owned())]);
        assert_eq!(object.locations, [("t".to_owned(), "data/a".to_owned())]);
        assert_eq!(object.characteristics[0].fixities, [("SHA-256".to_owned(), "aa".to_owned())]);
        assert_eq!(object.as_stored().unwrap().size.as_deref(), Some("9"));
        let Part::Event(event) = premis.read().unwrap() else { panic!() };
        assert_eq!((event.kind.as_str(), event.identifiers.len()), ("ingestion", 1));
        assert!(matches!(premis.read().unwrap(), Part::Agent(agent) if agent.name.as_deref() == Some("K")));
        assert_eq!(premis.read().unwrap(), Part::Done);
        assert!(Premis::new(&b"<premis/>"[..]).read().is_err());
    }
}
