//! Rich Text Format (RTF specification 1.9.1).
//!
//! One pass over the bytes: groups are counted, binary data are skipped, and the few control words that matter for
//! the version, for embedded objects and for active content are noted. Nothing is decoded beyond the instructions of
//! fields.
//!
//! The version is told the way PRONOM tells it (signatures 26, 30, 158, 522, 523, 1333), because RTF does not say its
//! version: `\rtf1` stands in all of them. A document of no known version keeps no PUID.
//!
//! RTF has no encryption; its password words only guard against editing.

use super::bytes::{Bytes, Stop};
use super::{Budget, Format, Look, Source, tail};
use crate::error::ErrorCode;
use crate::model::format::{Basis, Family};
use memchr::{memchr3, memmem};

/// Groups inside groups. Own bound: Word writes fewer than 50, and readers that recurse fail at some ten thousand.
const DEPTH_MAX: u64 = 1000;
/// Bytes before `{\rtf` that are passed over: white space and byte order marks. Own bound.
const LEAD_BYTES_MAX: usize = 64;
/// Bytes after `{\rtf` in which PRONOM looks for the character set.
const HEAD_BYTES: usize = 64;
/// Letters of a control word (RTF 1.9.1, "Control Words": 32).
const WORD_LETTERS_MAX: usize = 32;
/// Digits of a parameter that are read. Own bound: numbers are 32 bits wide.
const DIGITS_MAX: usize = 10;
/// Characters kept of the instruction of a field. Own bound: its name stands at the beginning.
const CAPTURE_BYTES_MAX: usize = 1024;

/// Looks into a document that begins with `{\rtf`, perhaps after white space.
pub(super) fn look(source: &mut dyn Source, size: u64, work: &mut Budget) -> std::io::Result<Look> {
    let mut look = Look::default();
    let mut bytes = Bytes::new(source, size, work);
    let mut scan = match Scan::begin(&mut bytes, &mut look) {
        Ok(Some(scan)) => scan,
        Ok(None) => return Ok(look),
        Err(stop) => {
            stop.note(&mut look, "the first group")?;
            return Ok(look);
        }
    };
    let ended = scan.run(&mut bytes, &mut look);
    let format = scan.format();
    if format.puid.is_none() {
        look.find(ErrorCode::FmtOdd, "", "the version of RTF cannot be told");
    }
    look.format = Some(format);
    if let Err(stop) = ended {
        stop.note(&mut look, "binary data")?;
    }
    Ok(look)
}

/// What the text of a group is kept for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kept {
    /// The instruction of a field.
    Field,
    /// The address of a template.
    Template,
}

/// The text of the group at `depth` and of those in it.
#[derive(Debug)]
struct Capture {
    kept: Kept,
    depth: u64,
    text: Vec<u8>,
}

/// A control word with its place.
struct Word<'a> {
    name: &'a [u8],
    number: Option<i64>,
    /// Offset of the backslash.
    start: u64,
    /// Offset after the letters.
    end: u64,
}

#[derive(Debug, Default)]
struct Scan {
    head: Head,
    depth: u64,
    capture: Option<Capture>,
    /// Characters after `\u` that stand for readers without Unicode (`\uc`). Kept once, not by group: it matters only
    /// inside field instructions.
    fallback_chars: usize,
    /// Of them, those still to be passed over.
    fallback_left: usize,
    /// Offset of the last `\*`.
    star: Option<u64>,
    styles: Styles,
    /// `\lsdstimax` (RTF 1.8).
    has_latent_styles: bool,
    /// One of the words that came with RTF 1.9.
    has_words_of_1_9: bool,
}

impl Scan {
    /// Passes over what stands before the first group and reads its beginning. None when this is no RTF.
    fn begin(bytes: &mut Bytes<'_>, look: &mut Look) -> Result<Option<Self>, Stop> {
        const MARK: &[u8] = b"{\\rtf";
        let first = bytes.up_to(LEAD_BYTES_MAX + MARK.len() + HEAD_BYTES)?;
        let Some(start) = memmem::find(&first, MARK) else { return Ok(None) };
        let lead = first.get(..start).unwrap_or_default();
        let lead = lead.strip_prefix(b"\xef\xbb\xbf").unwrap_or(lead);
        if start > LEAD_BYTES_MAX || !lead.iter().all(|b| *b == 0 || b.is_ascii_whitespace()) {
            return Ok(None);
        }
        if start > 0 {
            look.find(ErrorCode::FmtOdd, "", "something stands before the first group");
        }
        let head = Head::read(first.get(start + MARK.len()..).unwrap_or_default());
        bytes.seek(start as u64)?;
        Ok(Some(Self { head, fallback_chars: 1, ..Self::default() }))
    }

    fn run(&mut self, bytes: &mut Bytes<'_>, look: &mut Look) -> Result<(), Stop> {
        loop {
            let rest = bytes.rest()?;
            let plain = memchr3(b'{', b'}', b'\\', rest).unwrap_or(rest.len());
            if plain > 0 {
                self.text(rest.get(..plain).unwrap_or_default());
                bytes.skip(plain as u64)?;
                continue;
            }
            let start = bytes.position();
            match bytes.byte()? {
                None => break,
                Some(b'{') => {
                    self.depth += 1;
                    if self.depth == DEPTH_MAX + 1 {
                        look.find(ErrorCode::FmtNested, "", format!("groups are nested more than {DEPTH_MAX} deep"));
                    }
                }
                Some(b'}') => {
                    self.close(look);
                    if self.depth == 0 {
                        let end = bytes.position();
                        tail::behind(bytes, end, look)?;
                        return tail::hidden(bytes, look);
                    }
                }
                _ => self.control(bytes, start, look)?,
            }
        }
        look.find(ErrorCode::FmtDamaged, "", format!("{} groups are not closed", self.depth));
        Ok(())
    }

    /// Ends a group. The depth is not zero: the first byte opened a group, and the pass ends with it.
    fn close(&mut self, look: &mut Look) {
        if self.capture.as_ref().is_some_and(|capture| capture.depth == self.depth) {
            self.judge(look);
        }
        self.fallback_left = 0;
        self.depth = self.depth.saturating_sub(1);
    }

    /// Reads what follows a backslash.
    fn control(&mut self, bytes: &mut Bytes<'_>, start: u64, look: &mut Look) -> Result<(), Stop> {
        let Some(first) = bytes.peek()? else { return Ok(()) };
        if !first.is_ascii_alphabetic() {
            bytes.skip(1)?;
            match first {
                b'\'' => {
                    if let Some(byte) = hex_pair(bytes)? {
                        self.text(&[byte]);
                    }
                }
                b'*' => self.star = Some(start),
                b'\\' | b'{' | b'}' => self.text(&[first]),
                _ => {}
            }
            return Ok(());
        }
        let mut name = [0; WORD_LETTERS_MAX];
        let mut letters = 0;
        while let Some(letter) = bytes.peek()?.filter(u8::is_ascii_alphabetic) {
            if let Some(place) = name.get_mut(letters) {
                *place = letter;
                letters += 1;
            }
            bytes.skip(1)?;
        }
        let end = bytes.position();
        let number = number(bytes)?;
        if bytes.peek()? == Some(b' ') {
            bytes.skip(1)?;
        }
        let name = name.get(..letters).unwrap_or_default();
        self.word(&Word { name, number, start, end }, bytes, look)
    }

    fn word(&mut self, word: &Word<'_>, bytes: &mut Bytes<'_>, look: &mut Look) -> Result<(), Stop> {
        let starred = self.star == word.start.checked_sub(2);
        self.styles.word(word);
        match word.name {
            // Raw bytes follow; braces among them are no groups.
            b"bin" => bytes.skip(word.number.and_then(|n| u64::try_from(n).ok()).unwrap_or(0))?,
            b"u" => {
                let ascii = word.number.and_then(|n| u8::try_from(n).ok()).filter(u8::is_ascii);
                self.fallback_left = 0;
                self.text(&[ascii.unwrap_or(b'?')]);
                self.fallback_left = self.fallback_chars;
            }
            b"uc" => {
                self.fallback_chars = word.number.and_then(|n| usize::try_from(n).ok()).unwrap_or(1);
            }
            b"objdata" | b"objemb" => look.find(ErrorCode::FmtEmbedded, "", "an embedded object"),
            b"objautlink" => look.find(ErrorCode::FmtActive, "", "a linked object that is fetched by itself"),
            b"objupdate" => look.find(ErrorCode::FmtActive, "", "an object that is updated when it is shown"),
            b"objocx" => look.find(ErrorCode::FmtActive, "", "an OLE control"),
            b"fldinst" => self.begin_capture(Kept::Field, look),
            b"template" => self.begin_capture(Kept::Template, look),
            b"lsdstimax" => self.has_latent_styles |= self.styles.in_4,
            b"colorschememapping" | b"datastore" | b"defchp" if starred => {
                self.has_words_of_1_9 |= self.styles.in_5;
            }
            name if name.starts_with(b"afelev") => self.has_words_of_1_9 |= self.styles.in_5,
            _ => {}
        }
        Ok(())
    }

    /// A field in the instruction of a field ends what is kept of the outer one; its name came first.
    fn begin_capture(&mut self, kept: Kept, look: &mut Look) {
        self.judge(look);
        self.capture = Some(Capture { kept, depth: self.depth, text: Vec::new() });
    }

    fn text(&mut self, text: &[u8]) {
        let Some(capture) = &mut self.capture else { return };
        for byte in text.iter().filter(|b| !matches!(b, b'\r' | b'\n' | 0)) {
            if self.fallback_left > 0 {
                self.fallback_left -= 1;
            } else if capture.text.len() < CAPTURE_BYTES_MAX {
                capture.text.push(byte.to_ascii_lowercase());
            } else {
                return;
            }
        }
    }

    fn judge(&mut self, look: &mut Look) {
        let Some(Capture { kept, text, .. }) = self.capture.take() else { return };
        let words = || text.split(|b| b.is_ascii_whitespace() || *b == b'"');
        let is_remote = words().any(is_remote);
        if kept == Kept::Template {
            if is_remote {
                look.find(ErrorCode::FmtActive, "", "a template from another computer");
            }
            return;
        }
        // Any word of it: names can stand behind the text of groups that a reader passes over.
        for word in words() {
            match word {
                b"dde" | b"ddeauto" => look.find(ErrorCode::FmtActive, "", "a DDE field"),
                b"includepicture" | b"includetext" | b"include" | b"import" if is_remote => {
                    look.find(ErrorCode::FmtActive, "", "a field that fetches from another computer");
                }
                _ => {}
            }
        }
    }

    fn format(&self) -> Format {
        let head = &self.head;
        let (puid, version) = if head.wide && self.styles.in_5 && self.has_words_of_1_9 {
            (Some("fmt/355"), "1.9")
        } else if head.wide && self.styles.in_4 && self.has_latent_styles {
            (Some("fmt/53"), "1.8")
        } else if head.exact && self.styles.in_4 {
            (Some("fmt/52"), "1.7")
        } else if head.near {
            (Some("fmt/50"), "1.5-1.6")
        } else if head.base {
            (Some("fmt/45"), "1.0-1.4")
        } else if head.zero {
            (Some("fmt/969"), "0")
        } else {
            (None, "")
        };
        Format { family: Family::Rtf, puid, name: "Rich Text Format", version, basis: Basis::Signature }
    }
}

/// What PRONOM wants of the beginning, as distances between `{\rtf` or `{\rtf1` and the character set.
#[derive(Debug, Default)]
struct Head {
    /// The character set at once (signature 30).
    base: bool,
    /// The same in version 0 (signature 1333).
    zero: bool,
    /// The character set and `\ansicpg` at once (26), after at most one byte (158), after at most 15 (522, 523).
    exact: bool,
    near: bool,
    wide: bool,
}

impl Head {
    /// Reads what follows `{\rtf`.
    fn read(rest: &[u8]) -> Self {
        let mut head = Self { zero: rest.strip_prefix(b"0\\").and_then(charset).is_some(), ..Self::default() };
        for rest in [Some(rest), rest.strip_prefix(b"1")].into_iter().flatten() {
            let code_page_at = |gap: usize| {
                let after = rest.get(gap..)?.strip_prefix(b"\\").and_then(charset)?;
                after.starts_with(b"\\ansicpg").then_some(())
            };
            head.base |= rest.strip_prefix(b"\\").and_then(charset).is_some();
            head.exact |= code_page_at(0).is_some();
            head.near |= (0..=1).any(|gap| code_page_at(gap).is_some());
            // Here the backslash counts as one of the 15 bytes and may be any byte.
            head.wide |= (0..=15)
                .any(|gap| rest.get(gap..).and_then(charset).is_some_and(|after| after.starts_with(b"\\ansicpg")));
        }
        head
    }
}

/// What follows the word of a character set.
fn charset(rest: &[u8]) -> Option<&[u8]> {
    // `pca` first: it begins with `pc`.
    [b"ansi".as_slice(), b"mac", b"pca", b"pc"].iter().find_map(|name| rest.strip_prefix(*name))
}

/// The four words of default fonts that RTF 1.7 brought, close together as PRONOM wants them.
#[derive(Debug, Default)]
struct Styles {
    /// How many of the four were met in a row, where the last one ended and the widest distance so far.
    met: usize,
    end: u64,
    widest: u64,
    /// All four, at most 4 or 5 bytes apart.
    in_4: bool,
    in_5: bool,
}

impl Styles {
    fn word(&mut self, word: &Word<'_>) {
        const NAMES: [&[u8]; 4] = [b"stshfdbch", b"stshfloch", b"stshfhich", b"stshfbi"];
        let apart = word.start.saturating_sub(self.end);
        if word.name == NAMES[0] {
            (self.met, self.widest) = (1, 0);
        } else if self.met > 0 && NAMES.get(self.met) == Some(&word.name) && (1..=5).contains(&apart) {
            self.met += 1;
            self.widest = self.widest.max(apart);
        } else {
            self.met = 0;
        }
        self.end = word.end;
        if self.met == NAMES.len() {
            self.in_5 = true;
            self.in_4 |= self.widest <= 4;
            self.met = 0;
        }
    }
}

/// Whether an address in lower case leads to another computer: a URL or a UNC path.
fn is_remote(address: &[u8]) -> bool {
    let elsewhere: [&[u8]; 4] = [b"http:", b"https:", b"ftp:", b"\\\\"];
    elsewhere.iter().any(|mark| address.starts_with(mark))
        || address.strip_prefix(b"file://").is_some_and(|host| !host.starts_with(b"/"))
}

/// The two digits of `\'hh`. A byte that is no digit stays: it may be a brace.
fn hex_pair(bytes: &mut Bytes<'_>) -> Result<Option<u8>, Stop> {
    let mut value = 0;
    for _ in 0..2 {
        let Some(digit) = bytes.peek()?.and_then(hex_digit) else { return Ok(None) };
        bytes.skip(1)?;
        value = value * 16 + digit;
    }
    Ok(Some(value))
}

fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

/// The parameter of a control word; a sign without digits is none.
fn number(bytes: &mut Bytes<'_>) -> Result<Option<i64>, Stop> {
    let negative = bytes.peek()? == Some(b'-');
    if negative {
        bytes.skip(1)?;
    }
    let mut value = None;
    let mut digits = 0;
    while let Some(digit) = bytes.peek()?.filter(u8::is_ascii_digit) {
        if digits < DIGITS_MAX {
            value = Some(value.unwrap_or(0) * 10 + i64::from(digit - b'0'));
            digits += 1;
        }
        bytes.skip(1)?;
    }
    Ok(value.map(|n: i64| if negative { -n } else { n }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn looked(text: impl AsRef<[u8]>) -> Look {
        let content = text.as_ref();
        look(&mut Cursor::new(content), content.len() as u64, &mut Budget::default()).unwrap()
    }

    fn codes(text: impl AsRef<[u8]>) -> Vec<ErrorCode> {
        looked(text).findings.into_iter().map(|f| f.code).collect()
    }

    /// A document of version 1.5 with `body`, which has no findings by itself.
    fn with(body: &str) -> String {
        format!("{{\\rtf1\\ansi\\ansicpg1251 {body}}}")
    }

    #[test]
    fn versions_are_told_as_pronom_tells_them() {
        const STYLES: &str = "\\stshfdbch0\\stshfloch0\\stshfhich0\\stshfbi0";
        const WIDE: &str = "\\stshfdbch31505\\stshfloch0\\stshfhich0\\stshfbi0";
        const WIDER: &str = "\\stshfdbch315056\\stshfloch0\\stshfhich0\\stshfbi0";
        let cases = [
            ("{\\rtf1\\ansi\\deff0 x}".to_owned(), Some("fmt/45")),
            ("{\\rtf\\mac x}".into(), Some("fmt/45")),
            ("{\\rtf1\\pca x}".into(), Some("fmt/45")),
            ("{\\rtf0\\ansi x}".into(), Some("fmt/969")),
            ("{\\rtf1\\ansi\\ansicpg1251 x}".into(), Some("fmt/50")),
            ("{\\rtf1\\ansi\\deff0\\ansicpg1251 x}".into(), Some("fmt/45")),
            (with(STYLES), Some("fmt/52")),
            (with(WIDE), Some("fmt/50")),
            (with(&format!("{STYLES}\\lsdstimax1")), Some("fmt/53")),
            (with(&format!("\\lsdstimax1{STYLES}")), Some("fmt/52")),
            (format!("{{\\rtf1\\adeflang1025\\ansi\\ansicpg1251{STYLES}\\lsdstimax1}}"), Some("fmt/53")),
            (with(&format!("{WIDE}{{\\*\\datastore}}")), Some("fmt/355")),
            (with(&format!("{WIDER}{{\\*\\datastore}}")), Some("fmt/50")),
            (with(&format!("{WIDE}{{\\datastore}}")), Some("fmt/50")),
            (with(&format!("{WIDE}\\afelev")), Some("fmt/355")),
            ("{\\rtf1 x}".into(), None),
            ("{\\rtf1\\adeflang1025\\ansi\\ansicpg1251 x}".into(), None),
        ];
        for (text, puid) in cases {
            let look = looked(&text);
            assert_eq!(look.format.unwrap().puid, puid, "{text}");
            let codes: Vec<_> = look.findings.iter().map(|f| f.code).collect();
            assert_eq!(codes, if puid.is_some() { vec![] } else { vec![ErrorCode::FmtOdd] }, "{text}");
        }
    }

    #[test]
    fn only_white_space_may_stand_before() {
        assert_eq!(codes(format!("\u{feff}\r\n{}", with(""))), [ErrorCode::FmtOdd]);
        assert!(looked(format!("x{}", with(""))).format.is_none());
        assert!(looked(format!("{}{}", " ".repeat(65), with(""))).format.is_none());
        assert!(looked("{\\rt1\\ansi x}").format.is_none());
        assert!(looked("").format.is_none());
    }

    #[test]
    fn groups_are_counted() {
        assert_eq!(codes(with("\\{ \\} \\\\ {\\'7b \\'7d} {}")), []);
        assert_eq!(codes(with("x") + "\r\n\0"), []);
        assert_eq!(codes(with("x") + "x"), [ErrorCode::FmtOdd]);
        assert_eq!(codes(with("x") + "PK\x03\x04"), [ErrorCode::FmtPolyglot]);
        assert_eq!(codes(with("{")), [ErrorCode::FmtDamaged]);
        assert_eq!(codes(with("\\'}") + "}"), [ErrorCode::FmtOdd], "a brace is no digit");
        assert_eq!(codes("{\\rtf1\\ansi x\\"), [ErrorCode::FmtDamaged]);
        assert_eq!(codes(with(&("{".repeat(999) + &"}".repeat(999)))), []);
        assert_eq!(codes(with(&("{".repeat(1000) + &"}".repeat(1000)))), [ErrorCode::FmtNested]);
        assert_eq!(codes(with(&"{".repeat(1_000_000))), [ErrorCode::FmtNested, ErrorCode::FmtDamaged]);
    }

    #[test]
    fn binary_data_are_passed_over() {
        assert_eq!(codes(with("{\\pict\\bin4 }}}}}")), []);
        assert_eq!(codes(with("{\\pict\\bin3 }}}}}")), [ErrorCode::FmtOdd]);
        assert_eq!(codes(with("\\bin-1 \\bin x")), []);
        assert_eq!(codes(with("\\bin99999999999999999999 x")), [ErrorCode::FmtDamaged]);
        assert_eq!(codes(with("\\bin2 x")), [ErrorCode::FmtDamaged]);
    }

    #[test]
    fn objects_and_active_content_are_seen() {
        assert_eq!(codes(with("{\\object\\objemb{\\*\\objdata 0105}}")), [ErrorCode::FmtEmbedded]);
        assert_eq!(codes(with("{\\object\\objautlink}")), [ErrorCode::FmtActive]);
        assert_eq!(codes(with("{\\object\\objupdate}")), [ErrorCode::FmtActive]);
        assert_eq!(codes(with("objupdate \\\\objupdate")), []);
        for field in [
            "DDEAUTO c:\\\\\\\\x",
            "{\\b D}{\\i DE} x y",
            "{\\*\\x junk} DdE x",
            "\\'44\\'44\\'45 x",
            "\\u68?\\u68\\'3f\\u69? x",
            "{\\uc0\\u68 \\u68 \\u69  x}",
            "INCLUDEPICTURE \"https://example.org/x.png\" \\\\d",
            "INCLUDETEXT \\\\\\\\\\\\\\\\server\\\\\\\\x.doc",
        ] {
            assert_eq!(codes(with(&format!("{{\\field{{\\*\\fldinst {field}}}}}"))), [ErrorCode::FmtActive], "{field}");
        }
        for field in [
            "HYPERLINK \"https://example.org/\"",
            "PAGE \\\\* MERGEFORMAT",
            "ADDED x",
            "INCLUDEPICTURE \"c:\\\\\\\\x.png\" \\\\d",
            "TITLE}{\\fldrslt DDE",
        ] {
            assert_eq!(codes(with(&format!("{{\\field{{\\*\\fldinst {field}}}}}"))), [], "{field}");
        }
        assert_eq!(codes(with("{\\field{\\*\\fldinst DDE {\\field{\\*\\fldinst PAGE}}}}")), [ErrorCode::FmtActive]);
        assert_eq!(codes(with("{\\*\\template http://example.org/x.dot}")), [ErrorCode::FmtActive]);
        assert_eq!(codes(with("{\\*\\template \\\\\\\\server\\\\x.dot}")), [ErrorCode::FmtActive]);
        assert_eq!(codes(with("{\\*\\template C:\\\\x.dot}")), []);
    }

    #[test]
    fn damage_is_never_an_error() {
        let whole = with("{\\*\\fldinst \\u68?\\'44}{\\bin3 }}}}\\x-5 y\\");
        for cut in 0..whole.len() {
            looked(&whole[..cut]);
        }
    }
}
