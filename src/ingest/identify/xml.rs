//! The XML parts of office documents, read as a stream.
//!
//! Used by [`ooxml`](super::ooxml) for every part while it is inflated. It looks for what an office document must not
//! have (a document type, elements without end), holds start and end tags against each other, and hands start tags to
//! a [`Visit`].
//!
//! It keeps no tree, expands no entity and fetches nothing. Memory: one tag, cut at [`TAG_BYTES_MAX`], and one number
//! for each open element. It is no validating parser: names, attributes and characters are not checked.

use memchr::{memchr, memchr3};

/// Deepest element. Own bound: Word and LibreOffice stay below 100 even with tables in tables.
pub(super) const DEPTH_MAX: usize = 256;
/// Bytes of a tag that are kept for its attributes. Own bound: what is wanted of an element stands in the first few
/// hundred; VML carries pictures of any length in one attribute behind them.
const TAG_BYTES_MAX: usize = 16 * 1024;
/// Bytes of a processing instruction that are kept: the XML declaration is below 100.
const INSTRUCTION_BYTES_MAX: usize = 256;

/// Receives what an [`XmlScan`] reads.
pub(super) trait Visit {
    /// A start tag; true when the text directly behind it is wanted.
    fn start(&mut self, tag: &Tag<'_>) -> bool;

    /// Text behind a start tag for which it was wanted, in pieces, its references not resolved.
    fn text(&mut self, text: &[u8]) {
        let _ = text;
    }
}

/// A start tag.
pub(super) struct Tag<'a> {
    name: &'a [u8],
    attributes: &'a [u8],
}

impl Tag<'_> {
    /// Its name without the prefix.
    pub(super) fn name(&self) -> &[u8] {
        local(self.name)
    }

    /// The value of the attribute called `name`, whatever its prefix, with its references resolved.
    pub(super) fn attribute(&self, name: &str) -> Option<String> {
        let mut rest = self.attributes;
        loop {
            rest = rest.trim_ascii_start();
            let equals = memchr(b'=', rest)?;
            let found = rest[..equals].trim_ascii_end();
            rest = rest[equals + 1..].trim_ascii_start();
            let (&quote, behind) = rest.split_first()?;
            if !matches!(quote, b'"' | b'\'') {
                return None;
            }
            let end = memchr(quote, behind)?;
            if local(found) == name.as_bytes() {
                return Some(resolved(&String::from_utf8_lossy(&behind[..end])));
            }
            rest = &behind[end + 1..];
        }
    }
}

fn local(name: &[u8]) -> &[u8] {
    name.iter().position(|b| *b == b':').map_or(name, |colon| &name[colon + 1..])
}

/// Resolves the five predefined references and those by number (XML 1.0 §4.1, 4.6); others stay as they stand.
fn resolved(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('&') {
        out.push_str(before);
        let reference = behind.split_once(';').and_then(|(name, behind)| Some((character(name)?, behind)));
        match reference {
            Some((c, behind)) => {
                out.push(c);
                rest = behind;
            }
            None => {
                out.push('&');
                rest = behind;
            }
        }
    }
    out.push_str(rest);
    out
}

fn character(reference: &str) -> Option<char> {
    match reference {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = reference.strip_prefix('#')?;
            let code = match number.strip_prefix('x') {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

/// What was found out about one part.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Verdict {
    /// It declares a document type or an entity.
    pub(super) doctype: bool,
    /// An element stands deeper than [`DEPTH_MAX`].
    pub(super) too_deep: bool,
    /// It declares an encoding that is neither UTF-8 nor UTF-16.
    pub(super) odd_encoding: bool,
    /// Why it is no XML, if so.
    pub(super) fault: Option<&'static str>,
}

/// Reads one part, piece by piece.
pub(super) struct XmlScan {
    encoding: Encoding,
    state: State,
    /// Markup that began in an earlier piece, cut at its bound.
    held: Vec<u8>,
    /// The last two bytes before this piece, for the ends of comments and their like.
    last: [u8; 2],
    /// Open elements, by a hash of their names.
    open: Vec<u32>,
    root_seen: bool,
    text_wanted: bool,
    verdict: Verdict,
}

enum Encoding {
    /// Not known yet: the first bytes.
    Start(Vec<u8>),
    Utf8,
    Utf16(Utf16),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Text,
    /// Behind `<`.
    Open,
    /// Inside a tag, and inside which quotes.
    Tag(Option<u8>),
    /// Behind `<!`.
    Declaration,
    Comment,
    Cdata,
    Instruction,
    /// Inside `<!DOCTYPE`, inside which quotes, and whether between brackets.
    Doctype(Option<u8>, bool),
    /// Nothing more is looked at.
    Stopped,
}

impl XmlScan {
    /// A scan of a new part.
    pub(super) fn new() -> Self {
        Self {
            encoding: Encoding::Start(Vec::new()),
            state: State::Text,
            held: Vec::new(),
            last: [0; 2],
            open: Vec::new(),
            root_seen: false,
            text_wanted: false,
            verdict: Verdict::default(),
        }
    }

    /// Reads the next piece.
    pub(super) fn update(&mut self, piece: &[u8], visit: &mut dyn Visit) {
        match &mut self.encoding {
            Encoding::Utf8 => self.scan(piece, visit),
            Encoding::Utf16(utf16) => {
                let text = utf16.decode(piece);
                self.scan(&text, visit);
            }
            Encoding::Start(start) => {
                start.extend_from_slice(piece);
                if start.len() >= 4 {
                    self.begin(visit);
                }
            }
        }
    }

    /// What the part is, now that all of it was read.
    pub(super) fn finish(mut self, visit: &mut dyn Visit) -> Verdict {
        self.begin(visit);
        if self.state != State::Stopped {
            if !self.root_seen {
                self.verdict.fault = Some("no element");
            } else if !self.open.is_empty() || self.state != State::Text {
                self.verdict.fault = Some("ends before its elements do");
            }
        }
        self.verdict
    }

    /// Decides the encoding by the first bytes (XML 1.0 appendix F) and reads them.
    fn begin(&mut self, visit: &mut dyn Visit) {
        let Encoding::Start(start) = &mut self.encoding else { return };
        let start = std::mem::take(start);
        let (encoding, mark) = match start[..] {
            [0xef, 0xbb, 0xbf, ..] => (Encoding::Utf8, 3),
            [0xff, 0xfe, ..] => (Encoding::Utf16(Utf16::new(u16::from_le_bytes)), 2),
            [0xfe, 0xff, ..] => (Encoding::Utf16(Utf16::new(u16::from_be_bytes)), 2),
            [b'<', 0, _, 0, ..] => (Encoding::Utf16(Utf16::new(u16::from_le_bytes)), 0),
            [0, b'<', 0, _, ..] => (Encoding::Utf16(Utf16::new(u16::from_be_bytes)), 0),
            _ => (Encoding::Utf8, 0),
        };
        self.encoding = encoding;
        self.update(&start[mark..], visit);
    }

    fn scan(&mut self, mut rest: &[u8], visit: &mut dyn Visit) {
        while let Some(&first) = rest.first() {
            rest = match self.state {
                State::Text => self.text(rest, visit),
                State::Open => {
                    self.held.clear();
                    self.last = [0; 2];
                    let (state, used) = match first {
                        b'!' => (State::Declaration, 1),
                        b'?' => (State::Instruction, 1),
                        _ => (State::Tag(None), 0),
                    };
                    self.state = state;
                    &rest[used..]
                }
                State::Tag(quote) => self.tag(rest, quote, visit),
                State::Declaration => {
                    self.held.push(first);
                    self.declaration();
                    &rest[1..]
                }
                State::Comment => self.until(*b"--", rest).1,
                State::Cdata => {
                    let (content, behind) = self.until(*b"]]", rest);
                    if self.text_wanted {
                        visit.text(content);
                    }
                    behind
                }
                State::Instruction => self.instruction(rest),
                State::Doctype(quote, brackets) => self.doctype(rest, quote, brackets),
                State::Stopped => return,
            };
        }
    }

    /// Text and, because nearly all of a part is that, the whole tags between it.
    fn text<'a>(&mut self, mut rest: &'a [u8], visit: &mut dyn Visit) -> &'a [u8] {
        while self.state == State::Text {
            let (text, tag) = match memchr(b'<', rest) {
                Some(at) => (&rest[..at], Some(&rest[at + 1..])),
                None => (rest, None),
            };
            if self.open.is_empty() && !text.trim_ascii().is_empty() {
                self.stop("text outside of the root element");
                return &[];
            }
            if self.text_wanted {
                visit.text(text);
            }
            let Some(tag) = tag else { return &[] };
            match memchr(b'>', tag).map(|end| &tag[..end]) {
                Some(whole) if is_plain_tag(whole) => {
                    self.element(whole, whole.ends_with(b"/"), visit);
                    rest = &tag[whole.len() + 1..];
                }
                _ => {
                    self.state = State::Open;
                    return tag;
                }
            }
        }
        rest
    }

    fn tag<'a>(&mut self, rest: &'a [u8], mut quote: Option<u8>, visit: &mut dyn Visit) -> &'a [u8] {
        let mut from = 0;
        loop {
            let found = match quote {
                Some(quote) => memchr(quote, &rest[from..]),
                None => memchr3(b'>', b'"', b'\'', &rest[from..]),
            };
            let Some(found) = found else {
                self.hold(rest, TAG_BYTES_MAX);
                if let [.., last] = rest {
                    self.last[1] = *last;
                }
                self.state = State::Tag(quote);
                return &[];
            };
            let at = from + found;
            from = at + 1;
            match (quote, rest[at]) {
                (Some(_), _) => quote = None,
                (None, b'>') => {
                    self.state = State::Text;
                    if self.held.is_empty() {
                        self.element(&rest[..at], rest[..at].ends_with(b"/"), visit);
                    } else {
                        let last = rest[..at].last().copied().unwrap_or(self.last[1]);
                        self.hold(&rest[..at], TAG_BYTES_MAX);
                        let held = std::mem::take(&mut self.held);
                        self.element(&held, last == b'/', visit);
                        self.held = held;
                    }
                    return &rest[from..];
                }
                (None, opening) => quote = Some(opening),
            }
        }
    }

    /// A whole tag, without its angle brackets.
    fn element(&mut self, tag: &[u8], is_empty: bool, visit: &mut dyn Visit) {
        self.text_wanted = false;
        if let Some(name) = tag.strip_prefix(b"/") {
            if self.open.pop() != Some(hash(name.trim_ascii_end())) {
                self.stop("an end tag that does not belong to the open element");
            }
            return;
        }
        let is_end = |b: &u8| b.is_ascii_whitespace() || *b == b'/';
        let (name, attributes) = tag.split_at(tag.iter().position(is_end).unwrap_or(tag.len()));
        if name.is_empty() {
            self.stop("a tag without a name");
        } else if self.open.is_empty() && self.root_seen {
            self.stop("more than one root element");
        } else if self.open.len() >= DEPTH_MAX {
            self.verdict.too_deep = true;
            self.state = State::Stopped;
        } else {
            self.root_seen = true;
            let wanted = visit.start(&Tag { name, attributes });
            if !is_empty {
                self.open.push(hash(name));
                self.text_wanted = wanted;
            }
        }
    }

    /// What begins with `<!`: as many of its bytes are held as tell it.
    fn declaration(&mut self) {
        const COMMENT: &[u8] = b"--";
        const CDATA: &[u8] = b"[CDATA[";
        let held = self.held.as_slice();
        self.state = match () {
            () if held == COMMENT => State::Comment,
            () if held == CDATA => State::Cdata,
            () if COMMENT.starts_with(held) || CDATA.starts_with(held) => State::Declaration,
            () => {
                self.verdict.doctype = true;
                State::Doctype(None, false)
            }
        };
    }

    /// Goes on until `>` behind two certain bytes; gives what stood before and what comes behind.
    fn until<'a>(&mut self, before: [u8; 2], rest: &'a [u8]) -> (&'a [u8], &'a [u8]) {
        let mut from = 0;
        while let Some(found) = memchr(b'>', &rest[from..]) {
            let at = from + found;
            if self.two_before(&rest[..at]) == before {
                self.state = State::Text;
                return (&rest[..at], &rest[at + 1..]);
            }
            from = at + 1;
        }
        self.last = self.two_before(rest);
        (rest, &[])
    }

    /// The last two bytes of what was read so far, `piece` being the end of it.
    fn two_before(&self, piece: &[u8]) -> [u8; 2] {
        match piece {
            [] => self.last,
            [one] => [self.last[1], *one],
            [.., one, two] => [*one, *two],
        }
    }

    fn instruction<'a>(&mut self, rest: &'a [u8]) -> &'a [u8] {
        let mut from = 0;
        while let Some(found) = memchr(b'>', &rest[from..]) {
            let at = from + found;
            if self.two_before(&rest[..at])[1] == b'?' {
                self.hold(&rest[..at], INSTRUCTION_BYTES_MAX);
                self.verdict.odd_encoding |= has_odd_encoding(&self.held);
                self.state = State::Text;
                return &rest[at + 1..];
            }
            from = at + 1;
        }
        self.hold(rest, INSTRUCTION_BYTES_MAX);
        self.last = self.two_before(rest);
        &[]
    }

    /// Steps over a document type declaration: the finding is made, the elements behind it still tell the format.
    fn doctype<'a>(&mut self, rest: &'a [u8], quote: Option<u8>, brackets: bool) -> &'a [u8] {
        let (&first, behind) = rest.split_first().expect("the caller has a byte");
        self.state = match (quote, first) {
            (Some(open), _) => State::Doctype((first != open).then_some(open), brackets),
            (None, b'"' | b'\'') => State::Doctype(Some(first), brackets),
            (None, b'[') => State::Doctype(None, true),
            (None, b']') => State::Doctype(None, false),
            (None, b'>') if !brackets => State::Text,
            (None, _) => State::Doctype(None, brackets),
        };
        behind
    }

    fn hold(&mut self, bytes: &[u8], most: usize) {
        let room = most.saturating_sub(self.held.len());
        self.held.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    fn stop(&mut self, fault: &'static str) {
        self.verdict.fault = Some(fault);
        self.state = State::Stopped;
    }
}

/// Whether these bytes are a tag, and the `>` behind them is its end: no quotes are open there.
fn is_plain_tag(bytes: &[u8]) -> bool {
    if matches!(bytes, [] | [b'!' | b'?', ..]) {
        return false;
    }
    let (mut double, mut single) = (0usize, 0usize);
    for &byte in bytes {
        double += usize::from(byte == b'"');
        single += usize::from(byte == b'\'');
    }
    single == 0 && double.is_multiple_of(2)
}

/// FNV-1a: open elements are told apart, not secured.
fn hash(name: &[u8]) -> u32 {
    name.iter().fold(0x811c_9dc5, |hash, &b| (hash ^ u32::from(b)).wrapping_mul(0x0100_0193))
}

/// Whether an XML declaration names an encoding that ECMA-376-2 (8.1.4 of the 2006 edition) does not admit; a reader
/// that follows it would see other elements than this one does.
fn has_odd_encoding(instruction: &[u8]) -> bool {
    let Some(declaration) = instruction.strip_prefix(b"xml") else { return false };
    let declaration = declaration.strip_suffix(b"?").unwrap_or(declaration);
    let encoding = Tag { name: b"xml", attributes: declaration }.attribute("encoding");
    encoding.is_some_and(|name| {
        !["utf-8", "utf8", "utf-16", "utf16", "us-ascii", "ascii"].contains(&name.to_ascii_lowercase().as_str())
    })
}

/// Turns UTF-16 into UTF-8, piece by piece; lone surrogates become replacement characters.
struct Utf16 {
    unit: fn([u8; 2]) -> u16,
    odd: Option<u8>,
    high: Option<u16>,
}

impl Utf16 {
    fn new(unit: fn([u8; 2]) -> u16) -> Self {
        Self { unit, odd: None, high: None }
    }

    fn decode(&mut self, piece: &[u8]) -> Vec<u8> {
        let mut units = Vec::with_capacity(piece.len() / 2 + 2);
        units.extend(self.high.take());
        for &byte in piece {
            match self.odd.take() {
                Some(first) => units.push((self.unit)([first, byte])),
                None => self.odd = Some(byte),
            }
        }
        if units.last().is_some_and(|unit| (0xd800..0xdc00).contains(unit)) {
            self.high = units.pop();
        }
        let text: String = char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
        text.into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Notes names, the attribute `a` and wanted text of `t`.
    #[derive(Default, PartialEq, Debug)]
    struct Notes {
        tags: Vec<String>,
        text: Vec<u8>,
    }

    impl Visit for Notes {
        fn start(&mut self, tag: &Tag<'_>) -> bool {
            let name = String::from_utf8_lossy(tag.name()).into_owned();
            self.tags.push(match tag.attribute("a") {
                Some(value) => format!("{name}={value}"),
                None => name,
            });
            tag.name() == b"t"
        }

        fn text(&mut self, text: &[u8]) {
            self.text.extend_from_slice(text);
        }
    }

    #[track_caller]
    fn scan(bytes: &[u8]) -> (Verdict, Notes) {
        let run = |size: usize| {
            let (mut scan, mut notes) = (XmlScan::new(), Notes::default());
            bytes.chunks(size).for_each(|piece| scan.update(piece, &mut notes));
            (scan.finish(&mut notes), notes)
        };
        let whole = run(bytes.len().max(1));
        for size in [1, 2, 3, 5, 7, 64] {
            assert_eq!(run(size), whole, "in pieces of {size}");
        }
        whole
    }

    fn faultless() -> Verdict {
        Verdict::default()
    }

    #[test]
    fn tags_attributes_and_wanted_text_are_handed_over_whatever_the_pieces() {
        let text = "<?xml version='1.0' encoding=\"UTF-8\" standalone='yes'?>\r\n<!-- <x> -- > --->\n\
            <w:r xmlns:w='u:x'><t w:b='>' w:a = \"1 &amp; &#x32;&#51;&lt;&no;\">ab</t>cd<e/><e a='/'/><e a=''></e>\
            <![CDATA[<z>]]]><t><![CDATA[<q>]]]></t><t/>no</w:r> <?pi > ?> ";
        let (verdict, notes) = scan(text.as_bytes());
        assert_eq!(verdict, faultless());
        assert_eq!(notes.tags, ["r", "t=1 & 23<&no;", "e", "e=/", "e=", "t", "t"]);
        assert!(notes.text.starts_with(b"ab<q>"), "{:?}", notes.text);
    }

    #[test]
    fn all_encodings_that_a_package_may_have_are_read() {
        let text = "<?xml version='1.0' encoding='UTF-16'?><r a='қаулы 😀'><t>үү</t></r>";
        let le: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let be: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for bytes in [
            text.as_bytes().to_vec(),
            [&b"\xef\xbb\xbf"[..], text.as_bytes()].concat(),
            [&b"\xff\xfe"[..], &le].concat(),
            [&b"\xfe\xff"[..], &be].concat(),
            le,
            be,
        ] {
            let (verdict, notes) = scan(&bytes);
            assert_eq!(verdict, faultless());
            assert_eq!(
                (notes.tags.as_slice(), str::from_utf8(&notes.text).unwrap()),
                (&["r=қаулы 😀".into(), "t".into()][..], "үү")
            );
        }
        for (encoding, odd) in [("utf-8", false), ("UTF-7", true), ("windows-1251", true)] {
            assert_eq!(
                scan(format!("<?xml version=\"1.0\" encoding=\"{encoding}\"?><r/>").as_bytes()).0.odd_encoding,
                odd
            );
        }
    }

    #[test]
    fn document_types_are_found_and_stepped_over() {
        for text in [
            "<!DOCTYPE r><r/>",
            "<!DOCTYPE r SYSTEM \"file:///nowhere>\"><r/>",
            "<!DOCTYPE r [<!ENTITY e 'x]>'><!ENTITY f \"&e;&e;\">]><r/>",
            "<!-- c --><!doctype r><r/>",
            "<r><!ENTITY x 'y'></r>",
        ] {
            let (verdict, notes) = scan(text.as_bytes());
            assert_eq!((verdict.doctype, verdict.fault), (true, None), "{text}");
            assert_eq!(notes.tags, ["r"], "{text}");
        }
        for text in ["<r><!-- <!DOCTYPE r> --></r>", "<r><![CDATA[<!DOCTYPE r>]]></r>", "<r a='<!DOCTYPE r>'/>"] {
            assert_eq!(scan(text.as_bytes()).0, faultless(), "{text}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |depth: usize| "<d>".repeat(depth) + &"</d>".repeat(depth);
        assert_eq!(scan(nested(DEPTH_MAX).as_bytes()).0, faultless());
        assert_eq!(scan(nested(DEPTH_MAX + 1).as_bytes()).0, Verdict { too_deep: true, ..faultless() });
    }

    #[test]
    fn what_is_not_well_formed_is_told() {
        for text in [
            "",
            " ",
            "plain",
            "<",
            "<r",
            "<r>",
            "<r></r",
            "<r></q>",
            "<r><b></r></b>",
            "</r>",
            "<r/><r/>",
            "<r/>x",
            "< >",
            "<!-- ",
            "<r><!-->",
            "<r a='>",
            "<?xml ?",
            "<!DOCTYPE r [>",
            "<r/>\0",
            "\0\0\0\0",
        ] {
            assert!(scan(text.as_bytes()).0.fault.is_some(), "{text}");
        }
    }

    #[test]
    fn a_tag_of_any_length_is_read_in_bounded_memory() {
        let long = "x".repeat(3 * TAG_BYTES_MAX);
        let text = format!("<r><t a='1' b='{long}'/><t b='{long}' a='2'>in</t><!--{long}--><?p {long}?></r>");
        let (mut scan, mut notes) = (XmlScan::new(), Notes::default());
        for piece in text.as_bytes().chunks(1000) {
            scan.update(piece, &mut notes);
            assert!(scan.held.len() <= TAG_BYTES_MAX);
        }
        assert_eq!(scan.finish(&mut notes), faultless());
        // The attribute behind the bound is not seen.
        assert_eq!(
            (notes.tags.as_slice(), str::from_utf8(&notes.text).unwrap()),
            (&["r".into(), "t=1".into(), "t".into()][..], "in")
        );
    }
}
