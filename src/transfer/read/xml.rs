//! XML that others wrote, as a stream: `quick-xml`, and what it leaves to its caller.
//!
//! Refused are document types and every entity but the five, encodings other than UTF-8, signs that XML does not have,
//! names without a namespace for their prefix, two roots or none, and attributes that stand twice under any prefix.
//! Bounded are the depth, the attributes of an element, and the bytes of a tag or of one piece of text. Memory: one tag
//! and the open prefixes.
//!
//! It keeps no tree, resolves nothing outside, and knows no schema.

use quick_xml::XmlVersion;
use quick_xml::errors::Error as Fault;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::{NamespaceResolver, ResolveResult};
use quick_xml::reader::NsReader;
use std::io::{self, BufRead, BufReader, Read};

/// Deepest element. Own bound: METS with its embedded metadata stays below 40.
pub const DEPTH_MAX: usize = 128;
/// Attributes of an element. Own bound: METS has 20 on its largest.
pub const ATTRIBUTES_MAX: usize = 64;
/// Bytes of a tag, a comment or a piece of text. Own bound: what METS says stands in the first few hundred; what is
/// embedded in it, as pictures are, is longer and is not read.
pub const PIECE_BYTES_MAX: usize = 1024 * 1024;

/// A namespace that somebody here asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ns {
    /// None.
    None,
    /// METS 1.
    Mets,
    /// XLink.
    Xlink,
    /// The extension of METS by CSIP.
    Csip,
    /// PREMIS 3.
    Premis,
    /// XML Schema, in documents.
    Xsi,
    /// Any other.
    Other,
}

impl Ns {
    fn of(uri: &str) -> Self {
        match uri {
            "" => Ns::None,
            "http://www.loc.gov/METS/" => Ns::Mets,
            "http://www.w3.org/1999/xlink" => Ns::Xlink,
            "https://DILCIS.eu/XML/METS/CSIPExtensionMETS" => Ns::Csip,
            "http://www.loc.gov/premis/v3" => Ns::Premis,
            "http://www.w3.org/2001/XMLSchema-instance" => Ns::Xsi,
            _ => Ns::Other,
        }
    }
}

/// An attribute, its value normalised (XML 1.0 §3.3.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Its namespace.
    pub ns: Ns,
    /// Its name without the prefix.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// The start of an element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    /// Its namespace.
    pub ns: Ns,
    /// Its name without the prefix.
    pub name: String,
    /// Its attributes, without declarations of namespaces.
    pub attributes: Vec<Attribute>,
}

impl Element {
    /// Whether it is this element.
    pub fn is(&self, ns: Ns, name: &str) -> bool {
        self.ns == ns && self.name == name
    }

    /// The value of an attribute.
    pub fn get(&self, ns: Ns, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|attribute| attribute.ns == ns && attribute.name == name);
        found.map(|attribute| attribute.value.as_str())
    }

    /// The value of an attribute without a namespace, to keep.
    pub fn take(&self, name: &str) -> Option<String> {
        self.get(Ns::None, name).map(str::to_owned)
    }
}

/// What comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// An element begins.
    Start(Element),
    /// The newest open element ends.
    End,
    /// Text, in pieces, its references resolved.
    Text(String),
    /// The document is over, and was well formed.
    Done,
}

/// Why XML cannot be read further.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum XmlError {
    /// It is not well formed, or not of a form that is accepted here.
    #[error("at byte {at}: {what}")]
    Malformed {
        /// Where.
        at: u64,
        /// What.
        what: String,
    },
    /// It may be XML, and goes beyond what is read here.
    #[error("at byte {at}: {what}")]
    Beyond {
        /// Where.
        at: u64,
        /// What.
        what: &'static str,
    },
    /// The stream failed.
    #[error("cannot read the XML")]
    Io(#[source] io::Error),
}

/// A document that is read.
pub struct Xml<R: Read> {
    reader: NsReader<Budget<BufReader<R>>>,
    buffer: Vec<u8>,
    depth: usize,
    /// An empty element was given out and has to end.
    is_ending: bool,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing was read.
    Fresh,
    Before,
    Inside,
    Behind,
    Done,
}

/// A stream that gives only so many bytes for each piece.
struct Budget<R> {
    inner: R,
    left: usize,
    is_spent: bool,
}

impl<R: BufRead> Read for Budget<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

impl<R: BufRead> BufRead for Budget<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let left = self.left;
        let bytes = self.inner.fill_buf()?;
        if left == 0 && !bytes.is_empty() {
            self.is_spent = true;
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a piece that is too long"));
        }
        Ok(&bytes[..bytes.len().min(left)])
    }

    fn consume(&mut self, amount: usize) {
        self.left = self.left.saturating_sub(amount);
        self.inner.consume(amount);
    }
}

impl<R: Read> Xml<R> {
    /// Begins to read a document.
    pub fn new(reader: R) -> Self {
        let budget = Budget { inner: BufReader::with_capacity(32 * 1024, reader), left: 0, is_spent: false };
        let mut reader = NsReader::from_reader(budget);
        reader.config_mut().check_comments = true;
        Self { reader, buffer: Vec::new(), depth: 0, is_ending: false, state: State::Fresh }
    }

    /// Open elements.
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// What comes next. Comments and processing instructions are passed over.
    ///
    /// # Errors
    ///
    /// When the document is no XML of the accepted form. Nothing can be read after that.
    pub fn read(&mut self) -> Result<Item, XmlError> {
        loop {
            if let Some(item) = self.step()? {
                return Ok(item);
            }
        }
    }

    /// Passes over the element that has just begun.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub fn skip(&mut self) -> Result<(), XmlError> {
        let depth = self.depth;
        while self.depth >= depth {
            self.read()?;
        }
        Ok(())
    }

    /// The text of the element that has just begun, without what lies in elements within it; at most `max` bytes.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read), and when there is more text.
    pub fn text(&mut self, max: usize) -> Result<String, XmlError> {
        let depth = self.depth;
        let mut out = String::new();
        loop {
            match self.read()? {
                Item::Text(text) if self.depth == depth => {
                    if out.len() + text.len() > max {
                        return Err(self.beyond("a text that is too long"));
                    }
                    out.push_str(&text);
                }
                Item::End if self.depth < depth => return Ok(out.trim().to_owned()),
                _ => {}
            }
        }
    }

    fn step(&mut self) -> Result<Option<Item>, XmlError> {
        if std::mem::take(&mut self.is_ending) {
            return Ok(Some(self.ended()));
        }
        if self.state == State::Done {
            return Ok(Some(Item::Done));
        }
        self.buffer.clear();
        self.reader.get_mut().left = PIECE_BYTES_MAX;
        let mut buffer = std::mem::take(&mut self.buffer);
        let is_first = self.state == State::Fresh;
        let event = match self.reader.read_event_into(&mut buffer) {
            Ok(event) => event,
            Err(e) => return Err(self.failed(e)),
        };
        if is_first {
            self.state = State::Before;
        }
        let item = self.item(event, is_first)?;
        self.buffer = buffer;
        Ok(item)
    }

    fn item(&mut self, event: Event<'_>, is_first: bool) -> Result<Option<Item>, XmlError> {
        match event {
            Event::Start(start) => self.started(&start).map(|element| Some(Item::Start(element))),
            Event::Empty(start) => {
                let element = self.started(&start)?;
                self.is_ending = true;
                Ok(Some(Item::Start(element)))
            }
            Event::End(_) => Ok(Some(self.ended())),
            Event::Text(text) => self.said(&text.xml10_content()),
            Event::CData(text) => {
                let text = text.xml10_content();
                if self.state != State::Inside {
                    Err(self.malformed("text outside of the root"))
                } else {
                    self.said(&text)
                }
            }
            Event::GeneralRef(reference) => {
                let sign = reference.resolve_char_ref().map_err(|e| self.malformed(&e.to_string()))?;
                let text = match sign {
                    Some(sign) => sign.to_string(),
                    None => match resolve_predefined_entity(&reference) {
                        Some(text) => text.to_owned(),
                        None => return Err(self.beyond("an entity beyond the five")),
                    },
                };
                if self.state != State::Inside {
                    Err(self.malformed("text outside of the root"))
                } else {
                    self.said(&text)
                }
            }
            Event::Comment(text) => self.signs(&text).map(|()| None),
            Event::PI(text) => self.signs(&text).map(|()| None),
            Event::Decl(declaration) => {
                if !is_first {
                    return Err(self.malformed("a declaration behind the beginning"));
                }
                let version = declaration.version().map_err(|e| self.malformed(&e.to_string()))?;
                let encoding = declaration.encoding().transpose().map_err(|e| self.malformed(&e.to_string()))?;
                if version != "1.0" || encoding.is_some_and(|name| !name.eq_ignore_ascii_case("utf-8")) {
                    return Err(self.beyond("another version than 1.0, or another encoding than UTF-8"));
                }
                Ok(None)
            }
            Event::DocType(_) => Err(self.beyond("a document type")),
            Event::Eof if self.depth > 0 || self.state != State::Behind => {
                Err(self.malformed("the document ends in the middle"))
            }
            Event::Eof => {
                self.state = State::Done;
                Ok(Some(Item::Done))
            }
        }
    }

    fn started(&mut self, start: &BytesStart<'_>) -> Result<Element, XmlError> {
        if self.state == State::Behind {
            return Err(self.malformed("a second root"));
        }
        if self.depth >= DEPTH_MAX {
            return Err(self.beyond("elements that lie too deep"));
        }
        let element = element(start, self.reader.resolver());
        let element = element.map_err(|(what, is_beyond)| match is_beyond {
            true => self.beyond("an element with too many attributes"),
            false => self.malformed(&what),
        })?;
        self.state = State::Inside;
        self.depth += 1;
        Ok(element)
    }

    fn ended(&mut self) -> Item {
        self.depth = self.depth.saturating_sub(1);
        if self.depth == 0 {
            self.state = State::Behind;
        }
        Item::End
    }

    fn said(&self, text: &str) -> Result<Option<Item>, XmlError> {
        self.signs(text)?;
        if self.state == State::Inside {
            if text.contains("]]>") {
                return Err(self.malformed("the end of a section that has not begun"));
            }
            return Ok(Some(Item::Text(text.to_owned())));
        }
        match text.chars().all(|sign| matches!(sign, ' ' | '\t' | '\n' | '\r')) {
            true => Ok(None),
            false => Err(self.malformed("text outside of the root")),
        }
    }

    fn signs(&self, text: &str) -> Result<(), XmlError> {
        text.chars().all(is_xml).then_some(()).ok_or_else(|| self.malformed("a sign that XML does not have"))
    }

    fn malformed(&self, what: &str) -> XmlError {
        XmlError::Malformed { at: self.reader.buffer_position(), what: what.chars().take(200).collect() }
    }

    fn beyond(&self, what: &'static str) -> XmlError {
        XmlError::Beyond { at: self.reader.buffer_position(), what }
    }

    fn failed(&mut self, error: Fault) -> XmlError {
        match error {
            Fault::Io(_) if self.reader.get_mut().is_spent => self.beyond("a piece that is too long"),
            Fault::Io(e) => XmlError::Io(io::Error::new(e.kind(), e)),
            other => self.malformed(&other.to_string()),
        }
    }
}

/// XML 1.0 §2.2: which characters a document may have.
fn is_xml(sign: char) -> bool {
    matches!(sign, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..='\u{10ffff}')
}

/// Names as Namespaces in XML has them, without looking into every range of letters.
fn is_name(name: &str) -> bool {
    let first = name.chars().next().is_some_and(|sign| sign == '_' || sign.is_alphabetic());
    first && name.chars().all(|sign| sign.is_alphanumeric() || matches!(sign, '_' | '-' | '.' | '·'))
}

/// An element with its attributes; or what is wrong, and whether it is only too much.
fn element(start: &BytesStart<'_>, resolver: &NamespaceResolver) -> Result<Element, (String, bool)> {
    let malformed = |what: &str| (what.to_owned(), false);
    let ns = |result: ResolveResult<'_>| match result {
        ResolveResult::Unbound => Ok(Ns::None),
        ResolveResult::Bound(namespace) => Ok(Ns::of(namespace.into_inner())),
        ResolveResult::Unknown(_) => Err(malformed("a prefix that is not declared")),
    };
    let (bound, local) = resolver.resolve_element(start.name());
    let (own, name) = (ns(bound)?, local.into_inner().to_owned());
    if !is_name(&name) {
        return Err(malformed("a name that is none"));
    }
    let mut attributes: Vec<Attribute> = Vec::new();
    // For attributes of namespaces that nobody asks for, by what they are written with.
    for (count, attribute) in start.attributes().enumerate() {
        if count >= ATTRIBUTES_MAX {
            return Err((String::new(), true));
        }
        let attribute = attribute.map_err(|e| (e.to_string(), false))?;
        if attribute.value.contains('<') {
            return Err(malformed("a value with the sign of a tag"));
        }
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|e| (e.to_string(), false))?;
        if !value.chars().all(is_xml) {
            return Err(malformed("a sign that XML does not have"));
        }
        if attribute.key.as_namespace_binding().is_some() {
            continue;
        }
        let (bound, local) = resolver.resolve_attribute(attribute.key);
        let (ns, name) = (ns(bound)?, local.into_inner().to_owned());
        if !is_name(&name) {
            return Err(malformed("a name that is none"));
        }
        if ns != Ns::Other && attributes.iter().any(|other| other.ns == ns && other.name == name) {
            return Err(malformed("an attribute that stands twice"));
        }
        attributes.push(Attribute { ns, name, value: value.into_owned() });
    }
    Ok(Element { ns: own, name, attributes })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> Result<Vec<Item>, XmlError> {
        let mut xml = Xml::new(text);
        let mut items = Vec::new();
        loop {
            match xml.read()? {
                Item::Done => return Ok(items),
                item => items.push(item),
            }
        }
    }

    #[test]
    fn prefixes_do_not_matter_and_namespaces_do() {
        let one = read(b"<mets xmlns='http://www.loc.gov/METS/' OBJID='a&amp;&#65;'/>").unwrap();
        let two = read(b"<m:mets OBJID=\"a&#38;A\" xmlns:m='http://www.loc.gov/METS/'></m:mets>").unwrap();
        assert_eq!(one, two);
        let Item::Start(element) = &one[0] else { panic!() };
        assert!(element.is(Ns::Mets, "mets") && element.get(Ns::None, "OBJID") == Some("a&A"));
        let Item::Start(element) = &read(b"<mets/>").unwrap()[0] else { panic!() };
        assert_eq!(element.ns, Ns::None);
    }

    #[test]
    fn text_comes_with_its_references_resolved() {
        let items = read("<a>\u{49b} &lt;&#x49b;<!-- c --><![CDATA[<b>]]></a>".as_bytes()).unwrap();
        let text: String =
            items.iter().filter_map(|item| if let Item::Text(text) = item { Some(&**text) } else { None }).collect();
        assert_eq!(text, "\u{49b} <\u{49b}<b>");
        let mut xml = Xml::new(&b"<a><b> x<c>y</c>z </b><d/></a>"[..]);
        xml.read().unwrap();
        xml.read().unwrap();
        assert_eq!(xml.text(10).unwrap(), "xz");
        assert!(matches!(xml.read().unwrap(), Item::Start(d) if d.name == "d"));
    }

    #[test]
    fn what_is_no_xml_is_refused() {
        for bad in [
            "",
            " ",
            "a",
            "<a>",
            "<a></b>",
            "</a>",
            "<a/><b/>",
            "<a/>x",
            "x<a/>",
            "<a b='1' b='2'/>",
            "<a b=1/>",
            "<a b='<'/>",
            "<a>&x;</a>",
            "<a>&#0;</a>",
            "<a>&#xFFFE;</a>",
            "<a>\u{1}</a>",
            "<a b='\u{1}'/>",
            "<p:a/>",
            "<a p:b=''/>",
            "<a>]]></a>",
            "<a><!-- -- --></a>",
            " <?xml version='1.0'?><a/>",
            "<?xml version='1.1'?><a/>",
            "<?xml version='1.0' encoding='windows-1251'?><a/>",
            "<!DOCTYPE a><a/>",
            "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
            "<a><![CDATA[x]]",
            "<a>&amp</a>",
            "<a b='&x;'/>",
            "<1a/>",
            "<![CDATA[x]]><a/>",
            "<a/>&#32;",
            "<a xmlns:x='http://www.w3.org/1999/xlink' xmlns:y='http://www.w3.org/1999/xlink' x:b='' y:b=''/>",
        ] {
            assert!(read(bad.as_bytes()).is_err(), "{bad}");
        }
        assert!(read(b"<a>\xff</a>").is_err());
        assert!(read("\u{feff}<?xml version='1.0' encoding='utf-8'?>\n<!-- c --><a/>\n<?p i?>".as_bytes()).is_ok());
    }

    #[test]
    fn bounds_hold() {
        let deep = |n: usize| format!("{}{}", "<a>".repeat(n), "</a>".repeat(n));
        assert!(read(deep(DEPTH_MAX).as_bytes()).is_ok());
        assert!(matches!(read(deep(DEPTH_MAX + 1).as_bytes()), Err(XmlError::Beyond { .. })));
        let wide = |n: usize| (0..n).map(|i| format!(" a{i}='{i}'")).collect::<String>();
        assert!(read(format!("<a{}/>", wide(ATTRIBUTES_MAX)).as_bytes()).is_ok());
        assert!(matches!(read(format!("<a{}/>", wide(ATTRIBUTES_MAX + 1)).as_bytes()), Err(XmlError::Beyond { .. })));
        let long = "x".repeat(PIECE_BYTES_MAX + 100);
        for beyond in
            [format!("<a>{long}</a>"), format!("<a b='{long}'/>"), format!("<!--{long}--><a/>"), format!("<{long}/>")]
        {
            assert!(matches!(read(beyond.as_bytes()), Err(XmlError::Beyond { .. })));
        }
        let many = format!("<a>{}</a>", "<b/>".repeat(PIECE_BYTES_MAX / 2));
        assert!(read(many.as_bytes()).is_ok(), "a document may have any length");
    }

    #[test]
    fn any_bytes_end() {
        let good = b"<?xml version='1.0'?><m:a xmlns:m='http://www.loc.gov/METS/' b='1'>x&amp;<![CDATA[y]]><c/></m:a>";
        for at in 0..good.len() {
            let _ = read(&good[..at]);
            for byte in 0..=255 {
                let mut changed = good.to_vec();
                changed[at] = byte;
                let _ = read(&changed);
            }
        }
    }
}
