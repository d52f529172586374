//! What one object of a PDF file says (ISO 32000-1, 7.3, 7.5 and 12.6).
//!
//! Nothing is built in memory: [`Facts::walk`] goes over an object once, token by token, and keeps what matters to
//! intake. What it means for the file is for [`pdf`](super::pdf) to say.

use super::filters::Filter;
use super::lexer::{Scanner, Short, Token, short};
use super::marks::OBJECTS_MAX;
use std::io;

/// Dictionaries and arrays in each other. Own bound: writers stay below ten.
const CONTAINER_DEPTH_MAX: usize = 64;
/// References kept of one array. Own bound, as for objects.
const REFERENCES_MAX: usize = OBJECTS_MAX;
/// Filters kept of one stream; more are noted in [`Facts::filters_too_many`].
const FILTERS_MAX: usize = 8;

/// An integer, or a reference to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value {
    Int(u64),
    Ref(u32),
}

/// What an object says it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Kind {
    Catalog,
    Pages,
    ObjectStream,
    CrossReference,
    Metadata,
    EmbeddedFile,
    #[default]
    Other,
}

/// What matters of one object.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// `/Type`.
    pub(super) kind: Kind,
    /// `/Length`.
    pub(super) length: Option<Value>,
    /// `/Filter`.
    pub(super) filters: Vec<Filter>,
    /// `/Filter` is given by a reference.
    pub(super) filter_elsewhere: bool,
    /// More filters than anybody needs.
    pub(super) filters_too_many: bool,
    /// `/First` of an object stream.
    pub(super) first: Option<u64>,
    /// `/N` of an object stream.
    pub(super) count: Option<u64>,
    /// `/Kids`.
    pub(super) kids: Vec<u32>,
    /// `/Kids` is given by a reference.
    pub(super) kids_elsewhere: Option<u32>,
    /// References in an object that is an array.
    pub(super) array: Vec<u32>,
    /// `/Parent`.
    pub(super) parent: Option<u32>,
    /// `/Metadata`.
    pub(super) metadata: Option<u32>,
    /// `/OpenAction` by reference.
    pub(super) open_action: Option<u32>,
    /// `/Version`.
    pub(super) version: Option<(u8, u8)>,
    /// `/Prev`.
    pub(super) prev: Option<u64>,
    /// `/Encrypt`, unless null.
    pub(super) encrypt: bool,
    /// `/Linearized`.
    pub(super) linearized: bool,
    /// `/L`, the length of a linearised file.
    pub(super) file_length: Option<u64>,
    /// `/Collection`.
    pub(super) collection: bool,
    /// An action that reaches out of the document: harmless when clicked, not when run at opening.
    pub(super) reaches_out: bool,
    /// `/XFA` is there.
    pub(super) xfa: bool,
    /// What it refers to.
    pub(super) xfa_parts: Vec<u32>,
    /// `/GTS_PDFXVersion` and `/GTS_PDFXConformance`.
    pub(super) exchange: Vec<Short>,
    /// What would run.
    pub(super) active: Vec<&'static str>,
    /// What holds another file.
    pub(super) embedded: Option<&'static str>,
    /// Nested deeper than [`CONTAINER_DEPTH_MAX`]; the rest was not walked.
    pub(super) too_deep: bool,
    /// Every string, array and dictionary was closed before the next object.
    pub(super) whole: bool,
    /// A predictor is to be undone after the filter.
    pub(super) predictor: bool,
    /// The object has a stream, and the scanner stands after the word.
    pub(super) stream: bool,
}

/// Keys of one dictionary that mean something only together.
#[derive(Debug, Clone, Copy, Default)]
struct Keys {
    additional_actions: bool,
    script: bool,
    action: bool,
    embedded: bool,
    file_name: bool,
    typed: bool,
}

/// A dictionary or an array that is open.
#[derive(Debug, Clone, Copy)]
struct Frame {
    dictionary: bool,
    /// In a dictionary the key of the value that comes or came; in an array the key it belongs to.
    key: Short,
    wants_key: bool,
    /// The key that this container is the value of.
    owner: Short,
    keys: Keys,
}

impl Facts {
    /// Walks one object from where the scanner stands; it stands after `stream`, `endobj` or what else ended it.
    pub(super) fn walk(scanner: &mut Scanner<'_, '_>) -> io::Result<Self> {
        let mut facts = Self::default();
        let mut stack: Vec<Frame> = Vec::new();
        // The two integers before an `R`.
        let mut integers = [None, None];
        loop {
            let token = scanner.token()?;
            match token {
                Token::End => break,
                Token::DictOpen | Token::ArrayOpen => {
                    if stack.len() == CONTAINER_DEPTH_MAX {
                        facts.too_deep = true;
                        break;
                    }
                    let owner = value_key(&mut stack);
                    facts.value(&stack, Seen::Container);
                    let dictionary = token == Token::DictOpen;
                    let key = if dictionary { Short::default() } else { owner };
                    let keys = Keys::default();
                    stack.push(Frame { dictionary, key, wants_key: dictionary, owner, keys });
                }
                Token::DictClose | Token::ArrayClose => {
                    // A close of the wrong kind is taken for the right one: readers differ in what they make of it.
                    if let Some(frame) = stack.pop() {
                        facts.close(&frame);
                    }
                    if stack.is_empty() {
                        facts.whole = true;
                        // Only the word `stream` or the end of the object can follow.
                        let after = scanner.at();
                        facts.stream = scanner.token()? == Token::Word(short(b"stream"));
                        if !facts.stream {
                            scanner.seek(after);
                        }
                        break;
                    }
                }
                Token::Name(name) => match stack.last_mut() {
                    Some(frame) if frame.wants_key => {
                        frame.key = name;
                        frame.wants_key = false;
                        facts.key(&mut stack, name);
                    }
                    _ => {
                        value_key(&mut stack);
                        facts.value(&stack, Seen::Name(name));
                    }
                },
                Token::Text(text) => {
                    value_key(&mut stack);
                    facts.value(&stack, Seen::Text(text));
                }
                Token::Int(number) => {
                    // The second number of a reference comes where a key is wanted, and is no value.
                    if stack.last().is_some_and(|frame| !frame.wants_key) {
                        value_key(&mut stack);
                        facts.value(&stack, Seen::Int(number));
                    }
                    integers = [integers[1], Some(number)];
                }
                Token::Word(word) => match word.get() {
                    b"R" => {
                        let number = integers[0].and_then(|number| u32::try_from(number).ok());
                        if let Some(number) = number {
                            facts.value(&stack, Seen::Ref(number));
                        }
                    }
                    b"endobj" | b"obj" | b"stream" | b"endstream" | b"xref" | b"trailer" | b"startxref" => break,
                    _ if stack.is_empty() => break,
                    _ => {
                        value_key(&mut stack);
                    }
                },
            }
            if stack.is_empty() && matches!(token, Token::Name(_) | Token::Text(_) | Token::Int(_)) {
                facts.whole = true;
                break;
            }
        }
        // Readers take a stream for an object stream whatever its type says.
        if facts.stream && facts.kind == Kind::Other && facts.first.is_some() && facts.count.is_some() {
            facts.kind = Kind::ObjectStream;
        }
        // A dictionary that was never closed counts too.
        while let Some(frame) = stack.pop() {
            facts.close(&frame);
        }
        Ok(facts)
    }

    /// A key of the dictionary that is open.
    fn key(&mut self, stack: &mut [Frame], key: Short) {
        let depth = stack.len();
        let Some(frame) = stack.last_mut() else { return };
        match key.get() {
            b"AA" => frame.keys.additional_actions = true,
            b"JS" => frame.keys.script = true,
            b"S" => frame.keys.action = true,
            b"EF" => frame.keys.embedded = true,
            b"F" | b"UF" => frame.keys.file_name = true,
            b"Type" | b"Subtype" | b"FT" | b"T" | b"Parent" | b"Pages" => frame.keys.typed = true,
            b"JavaScript" => self.activity("JavaScript"),
            b"RichMediaContent" | b"RichMediaSettings" => self.activity("rich media"),
            b"OnInstantiate" => self.activity("a script of a 3D view"),
            b"XFA" => self.xfa = true,
            b"EmbeddedFiles" => self.embedded = self.embedded.or(Some("a list of embedded files")),
            b"Collection" if depth == 1 => self.collection = true,
            b"Linearized" if depth == 1 => self.linearized = true,
            _ => {}
        }
    }

    /// A value; the last frame has its key.
    fn value(&mut self, stack: &[Frame], seen: Seen) {
        let Some(frame) = stack.last() else {
            // An object that is nothing but a name can be what `/S` refers to.
            if let Seen::Name(name) = seen {
                self.action(name, false);
            }
            return;
        };
        let key = frame.key.get();
        match (key, seen) {
            (b"S", Seen::Name(name)) if frame.dictionary => {
                self.action(name, frame.owner.get() == b"OpenAction");
                self.reaches_out |= stack.len() == 1 && reaches_out(name);
            }
            (b"Subtype", Seen::Name(name)) if name.get() == b"RichMedia" => self.activity("rich media"),
            (b"Type", Seen::Name(name)) if name.get() == b"EmbeddedFile" => {
                self.embedded = self.embedded.or(Some("an embedded file"));
            }
            (b"Predictor", Seen::Int(number)) => self.predictor |= number > 1,
            (b"XFA", Seen::Ref(number)) if self.xfa_parts.len() < REFERENCES_MAX => self.xfa_parts.push(number),
            (_, Seen::Name(name)) if name.get() == b"JavaScript" => self.activity("JavaScript"),
            (b"GTS_PDFXVersion" | b"GTS_PDFXConformance", Seen::Text(text)) if self.exchange.len() < FILTERS_MAX => {
                self.exchange.push(text);
            }
            _ => {}
        }
        match (stack.len(), frame.dictionary) {
            (1, true) => self.entry(key, seen),
            (1, false) => {
                if let Seen::Ref(number) = seen
                    && self.array.len() < REFERENCES_MAX
                {
                    self.array.push(number);
                }
            }
            (2, false) => self.element(key, seen),
            _ => {}
        }
    }

    /// A value of the outermost dictionary. A reference comes after its first number, and replaces it.
    fn entry(&mut self, key: &[u8], seen: Seen) {
        match (key, seen) {
            (b"Type", Seen::Name(name)) => self.kind = kind(name),
            (b"Length", Seen::Int(number)) => self.length = Some(Value::Int(number)),
            (b"Length", Seen::Ref(number)) => self.length = Some(Value::Ref(number)),
            (b"Filter", Seen::Name(name)) => self.filter(name),
            (b"Filter", Seen::Ref(_)) => self.filter_elsewhere = true,
            (b"First", Seen::Int(number)) => self.first = Some(number),
            (b"N", Seen::Int(number)) => self.count = Some(number),
            (b"Kids", Seen::Ref(number)) => self.kids_elsewhere = Some(number),
            (b"Parent", Seen::Ref(number)) => self.parent = Some(number),
            (b"Metadata", Seen::Ref(number)) => self.metadata = Some(number),
            (b"OpenAction", Seen::Ref(number)) => self.open_action = Some(number),
            (b"Prev", Seen::Int(number)) => self.prev = Some(number),
            (b"Encrypt", Seen::Ref(_) | Seen::Container) => self.encrypt = true,
            (b"L", Seen::Int(number)) => self.file_length = Some(number),
            (b"Version", Seen::Name(name)) => self.version = version(name.get()),
            _ => {}
        }
    }

    /// A value of an array that is a value of the outermost dictionary.
    fn element(&mut self, key: &[u8], seen: Seen) {
        match (key, seen) {
            (b"Filter", Seen::Name(name)) => self.filter(name),
            (b"Filter", Seen::Ref(_)) => self.filter_elsewhere = true,
            (b"Kids", Seen::Ref(number)) if self.kids.len() < REFERENCES_MAX => self.kids.push(number),
            _ => {}
        }
    }

    fn filter(&mut self, name: Short) {
        if self.filters.len() == FILTERS_MAX {
            self.filters_too_many = true;
            return;
        }
        self.filters.push(Filter::named(name.get()));
    }

    fn action(&mut self, name: Short, at_opening: bool) {
        match name.get() {
            b"JavaScript" => self.activity("JavaScript"),
            b"Launch" => self.activity("a launch action"),
            _ if at_opening && reaches_out(name) => self.activity(OUTWARD_AT_OPENING),
            _ => {}
        }
    }

    fn activity(&mut self, what: &'static str) {
        if !self.active.contains(&what) {
            self.active.push(what);
        }
    }

    /// A container is closed: its keys are known together.
    fn close(&mut self, frame: &Frame) {
        let keys = frame.keys;
        // A font or a glyph can be called AA, JS or EF; those stand in plain lists of names.
        if keys.additional_actions && keys.typed {
            self.activity("additional actions");
        }
        if keys.script && keys.action {
            self.activity("JavaScript");
        }
        if keys.embedded && (keys.file_name || keys.typed) {
            self.embedded = self.embedded.or(Some("a file specification with its file"));
        }
    }
}

/// What an action at opening does when it reaches out of the document.
pub(super) const OUTWARD_AT_OPENING: &str = "an action at opening that reaches out of the document";

/// Actions that fetch or send something (12.6.4).
fn reaches_out(name: Short) -> bool {
    matches!(name.get(), b"URI" | b"SubmitForm" | b"ImportData" | b"GoToR" | b"GoToE")
}

/// A value as the walk meets it.
#[derive(Debug, Clone, Copy)]
enum Seen {
    Name(Short),
    Text(Short),
    Int(u64),
    Ref(u32),
    Container,
}

/// A value begins: the key it has, and the dictionary wants the next key after it.
fn value_key(stack: &mut [Frame]) -> Short {
    let Some(frame) = stack.last_mut() else { return Short::default() };
    frame.wants_key = frame.dictionary;
    frame.key
}

fn kind(name: Short) -> Kind {
    match name.get() {
        b"Catalog" => Kind::Catalog,
        b"Pages" => Kind::Pages,
        b"ObjStm" => Kind::ObjectStream,
        b"XRef" => Kind::CrossReference,
        b"Metadata" => Kind::Metadata,
        b"EmbeddedFile" => Kind::EmbeddedFile,
        _ => Kind::Other,
    }
}

/// A version as in `1.7`.
pub(super) fn version(text: &[u8]) -> Option<(u8, u8)> {
    match *text {
        [major @ b'0'..=b'9', b'.', minor @ b'0'..=b'9'] => Some((major - b'0', minor - b'0')),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::made::{assert_codes, document, stream};
    use crate::error::ErrorCode::{FmtActive, FmtEmbedded, FmtNested};

    #[test]
    fn active_content_is_found() {
        for catalog in [
            "/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>",
            "/OpenAction<</S/J#61vaScript/J#53 4 0 R>>",
            "/Names<</JavaScript 4 0 R>>",
            "/A<</S 4 0 R/JS(x)>>",
            "/A<</S/Launch/F(calc.exe)>>",
            "/AA<</WC 4 0 R>>",
            "/OpenAction<</S/URI/URI(http://example.org)>>",
            "/AcroForm<</XFA 9 0 R>>",
        ] {
            assert_codes(&document(catalog, &[]), &[FmtActive]);
        }
        for object in ["<</Subtype/RichMedia/Rect[0 0 1 1]>>", "/Launch", "/JavaScript"] {
            assert_codes(&document("", &[object.into()]), &[FmtActive]);
        }
        let action = b"<</S/URI/URI(http://example.org)>>".to_vec();
        assert_codes(&document("/OpenAction 4 0 R", &[action]), &[FmtActive]);
    }

    #[test]
    fn what_only_looks_active_is_not() {
        for catalog in [
            "/OpenAction[3 0 R/Fit]",
            "/OpenAction<</S/GoTo/D[3 0 R/Fit]>>",
            "/A<</S/URI/URI(http://example.org)>>",
            "/Title(a (/S/JavaScript) /JS \\) /Launch)",
            "/Font<</AA 4 0 R/JS 5 0 R/EF 6 0 R>>",
            "% /S/JavaScript /JS /Launch\n",
            "/Hex<2f4a53>",
        ] {
            assert_codes(&document(catalog, &[]), &[]);
        }
        let text = stream("", b"BT (/S/JavaScript/JS) Tj /S /JavaScript ET");
        assert_codes(&document("", &[text]), &[]);
    }

    #[test]
    fn embedded_files_are_found() {
        for object in [
            "<</Type/Filespec/F(a.doc)/EF<</F 9 0 R>>>>",
            "<</EF 9 0 R/UF(a)>>",
            "<</Names<</EmbeddedFiles 9 0 R>>>>",
            "<</Type/EmbeddedFile>>",
        ] {
            assert_codes(&document("", &[object.into()]), &[FmtEmbedded]);
        }
        assert_codes(&document("", &[b"<</Type/Filespec/F(a.doc)>>".to_vec()]), &[]);
    }

    #[test]
    fn deep_objects_are_found() {
        let depth = |depth: usize| document("", &[["[".repeat(depth), "]".repeat(depth)].concat().into_bytes()]);
        assert_codes(&depth(64), &[]);
        assert_codes(&depth(65), &[FmtNested]);
    }
}
