//! Text of Rich Text Format (RTF 1.9.1), by a reader of our own: those at hand lose Kazakh text.
//!
//! One pass over the bytes with a stack of groups. Text comes as `\uN`, with `\ucN` characters behind it for older
//! readers skipped, and as bytes and `\'xx` in the code page of the font (`\fcharset`, `\cpg`) or of the document
//! (`\ansicpg`). What is not text (fonts, styles, pictures, objects, instructions of fields, anything behind `\*` that
//! is not known) is skipped; headers, footers, notes, comments and text boxes are text.
//!
//! Invariants
//!   - Work is linear in the bytes and nothing recurses; the stack has at most [`DEPTH_MAX`] groups.
//!   - Any bytes behind `{\rtf` give text or none, never a fault; what ends in the middle is said to be cut.
//!
//! It writes nothing. It does not undo fonts that show Kazakh letters in the places of code page 1251, which no
//! declaration of the file tells.

use super::sink::Sink;
use crate::model::extracted::{Outcome, Reason};
use encoding_rs::Encoding;
use std::collections::HashMap;

/// Name and version: changes when any result could.
pub(super) const NAME: &str = "muragat-rtf/1";

/// Groups in groups. Own bound: Word writes some 20; deeper ones share the state of the last.
const DEPTH_MAX: usize = 1_000;
/// Fonts of the table. Own bound.
const FONTS_MAX: usize = 10_000;
/// Letters of a control word: RTF 1.9.1, "Control Word": 32, and some for what is none.
const WORD_MAX: usize = 64;
/// Characters of a paragraph that are held; a longer one is passed on in parts. Own bound.
const PARAGRAPH_MAX: usize = 64 * 1024;

/// What becomes of the text of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// It is text.
    Text,
    /// Only groups in it that say so are.
    Frame,
    /// The table of fonts.
    Fonts,
    /// Nothing in it is, whatever it says.
    Skip,
}

/// What a group hands on to those in it.
#[derive(Debug, Clone, Copy)]
struct State {
    place: Place,
    /// Characters to skip behind `\uN`.
    unicode_skip: u32,
    font: Option<i32>,
    /// Crossed out by a tracked change.
    is_deleted: bool,
    /// What begins with this group is a paragraph of its own, and ends with it.
    is_block: bool,
    /// The next group repeats in an older form what the one behind it says (`\upr`).
    is_repeated: bool,
}

struct Reader<'a, 's, 'o> {
    bytes: &'a [u8],
    at: usize,
    sink: &'s mut Sink<'o>,
    stack: Vec<State>,
    state: State,
    /// Groups that are open beyond the stack.
    beyond: usize,
    /// A group has just begun.
    is_first: bool,
    /// `\*` stood before the word.
    is_starred: bool,
    /// Characters still to be skipped behind `\uN`.
    skip: u32,
    code_page: u32,
    font_default: Option<i32>,
    /// Encodings of fonts; none: that of the document.
    fonts: HashMap<i32, Option<&'static Encoding>>,
    font_defined: Option<i32>,
    /// First half of a pair of `\uN`.
    high: Option<u16>,
    /// Bytes that wait for those behind them: a character may have two.
    pending: Vec<u8>,
    text: String,
    goes_on: bool,
}

/// Reads one.
pub(super) fn read(bytes: &[u8], sink: &mut Sink<'_>) -> (Outcome, Option<Reason>) {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    if !bytes.starts_with(b"{\\rtf") {
        return (Outcome::Failed, Some(Reason::Damaged));
    }
    let state = State {
        place: Place::Text,
        unicode_skip: 1,
        font: None,
        is_deleted: false,
        is_block: false,
        is_repeated: false,
    };
    let mut reader = Reader {
        bytes,
        at: 0,
        sink,
        stack: Vec::new(),
        state,
        beyond: 0,
        is_first: false,
        is_starred: false,
        skip: 0,
        code_page: 1252,
        font_default: None,
        fonts: HashMap::new(),
        font_defined: None,
        high: None,
        pending: Vec::new(),
        text: String::new(),
        goes_on: true,
    };
    reader.run();
    (Outcome::Text, None)
}

impl Reader<'_, '_, '_> {
    fn run(&mut self) {
        while let Some(&byte) = self.bytes.get(self.at) {
            self.at += 1;
            match byte {
                b'{' => self.open(),
                b'}' => {
                    self.close();
                    if self.stack.is_empty() && self.beyond == 0 {
                        // What stands behind the last group is no part of the document.
                        break;
                    }
                }
                b'\\' => self.control(),
                b'\r' | b'\n' => {}
                byte => self.byte(byte),
            }
            if !self.goes_on {
                return;
            }
        }
        if !self.stack.is_empty() {
            self.sink.note_cut();
        }
        self.end_paragraph();
    }

    fn open(&mut self) {
        self.flush();
        self.skip = 0;
        if self.stack.len() == DEPTH_MAX {
            self.beyond += 1;
            return;
        }
        self.stack.push(self.state);
        if self.state.is_repeated {
            self.state.place = Place::Skip;
        }
        (self.state.is_block, self.state.is_repeated) = (false, false);
        (self.is_first, self.is_starred) = (true, false);
    }

    fn close(&mut self) {
        self.flush();
        (self.skip, self.is_first, self.is_starred) = (0, false, false);
        if self.beyond > 0 {
            self.beyond -= 1;
            return;
        }
        if self.state.is_block {
            self.end_paragraph();
        }
        if let Some(mut outer) = self.stack.pop() {
            // The group that was repeated is over.
            outer.is_repeated = false;
            self.state = outer;
        }
    }

    /// What stands behind a backslash.
    fn control(&mut self) {
        let Some(&byte) = self.bytes.get(self.at) else { return };
        if byte.is_ascii_alphabetic() {
            return self.word();
        }
        self.at += 1;
        if byte != b'*' {
            self.is_first = false;
        }
        match byte {
            b'\'' => {
                let digits = self.bytes.get(self.at..self.at + 2).and_then(|two| std::str::from_utf8(two).ok());
                let Some(byte) = digits.and_then(|two| u8::from_str_radix(two, 16).ok()) else { return };
                self.at += 2;
                self.byte(byte);
            }
            b'*' => self.is_starred = true,
            b'\\' | b'{' | b'}' => self.byte(byte),
            b'~' => self.put('\u{a0}'),
            b'_' => self.put('\u{2011}'),
            // A backslash before a line break is \par.
            b'\r' | b'\n' => self.end_paragraph(),
            b'\t' => self.put('\t'),
            // An optional hyphen, a formula, an index: nothing to be seen.
            _ => {}
        }
    }

    /// A control word with its number.
    fn word(&mut self) {
        let rest = &self.bytes[self.at..];
        let letters = rest.iter().take(WORD_MAX).take_while(|b| b.is_ascii_alphabetic()).count();
        let word = std::str::from_utf8(&rest[..letters]).unwrap_or_default();
        let mut end = letters;
        let sign = usize::from(rest.get(end) == Some(&b'-'));
        let digits = rest[end + sign..].iter().take(WORD_MAX).take_while(|b| b.is_ascii_digit()).count();
        let mut number = None;
        if digits > 0 {
            let written = std::str::from_utf8(&rest[end..end + sign + digits]).unwrap_or_default();
            number = written.parse::<i64>().ok();
            end += sign + digits;
        }
        end += usize::from(rest.get(end) == Some(&b' '));
        self.at += end;
        let is_opening = std::mem::take(&mut self.is_first);
        let is_starred = std::mem::take(&mut self.is_starred);
        if word == "bin" {
            // Bytes as they are, braces among them.
            let count = usize::try_from(number.unwrap_or(0)).unwrap_or(0);
            self.at = self.at.saturating_add(count).min(self.bytes.len());
            return;
        }
        // By the book a control word behind \uN is what is skipped. Some writers leave the character out, and then it
        // would be the end of the paragraph: it ends the skipping instead, and costs a blank at most.
        self.skip = 0;
        if (is_opening || is_starred) && self.destination(word, is_starred) {
            return;
        }
        self.act(word, number);
    }

    /// The first word of a group says what it is. True: it was such a word.
    fn destination(&mut self, word: &str, is_starred: bool) -> bool {
        if self.state.place == Place::Skip {
            return true;
        }
        let (place, is_block) = match word {
            "fonttbl" => (Place::Fonts, false),
            // Of an old form and a new one the new one is read.
            "upr" => {
                self.state.is_repeated = true;
                return true;
            }
            "ud" => (Place::Text, false),
            "header" | "headerl" | "headerr" | "headerf" | "footer" | "footerl" | "footerr" | "footerf"
            | "footnote" | "annotation" | "shptxt" | "dptxbxtext" | "textbox" => (Place::Text, true),
            // What an object shows, where its program is missing.
            "result" | "fldrslt" => (Place::Text, false),
            "object" | "shp" | "shpinst" | "shpgrp" | "do" | "field" => {
                // A field stands among text; the others have only what their parts bring.
                (if word == "field" { self.state.place } else { Place::Frame }, false)
            }
            "colortbl" | "stylesheet" | "info" | "pict" | "nonshppict" | "shprslt" | "listtable" | "filetbl"
            | "revtbl" | "themedata" | "fldinst" | "objdata" | "objclass" | "objname" | "sp" | "xe" | "tc" | "tcn"
            | "rxe" | "txe" | "private" | "template" | "pntxta" | "pntxtb" | "bkmkstart" | "bkmkend" | "atnid"
            | "atnauthor" | "nextfile" => (Place::Skip, false),
            // What a reader does not know it must skip when it is marked so.
            _ if is_starred => (Place::Skip, false),
            _ => return false,
        };
        // A font that is defined has parts of its own, which are no text.
        if self.state.place == Place::Fonts && place != Place::Fonts {
            self.state.place = Place::Skip;
            return true;
        }
        if is_block {
            self.end_paragraph();
        }
        (self.state.place, self.state.is_block) = (place, is_block);
        true
    }

    fn act(&mut self, word: &str, number: Option<i64>) {
        match word {
            "u" => self.unicode(number),
            "uc" => self.state.unicode_skip = number.and_then(|n| u32::try_from(n).ok()).unwrap_or(1),
            "par" | "sect" | "page" | "row" | "nestrow" | "column" => self.end_paragraph(),
            "line" | "cell" | "nestcell" | "tab" | "emspace" | "enspace" | "qmspace" | "softline" => self.put(' '),
            "emdash" => self.put('\u{2014}'),
            "endash" => self.put('\u{2013}'),
            "lquote" => self.put('\u{2018}'),
            "rquote" => self.put('\u{2019}'),
            "ldblquote" => self.put('\u{201c}'),
            "rdblquote" => self.put('\u{201d}'),
            "bullet" => self.put('\u{2022}'),
            "f" => {
                self.flush();
                let font = number.and_then(|n| i32::try_from(n).ok());
                match self.state.place {
                    Place::Fonts => self.font_defined = font,
                    _ => self.state.font = font,
                }
            }
            "fcharset" | "cpg" if self.state.place == Place::Fonts => {
                if let Some(font) = self.font_defined.filter(|_| self.fonts.len() < FONTS_MAX) {
                    let number = number.and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
                    let encoding = if word == "cpg" { of_code_page(number) } else { self.of_charset(number) };
                    self.fonts.insert(font, encoding);
                }
            }
            "plain" => {
                self.flush();
                (self.state.font, self.state.is_deleted) = (self.font_default, false);
            }
            "deleted" => {
                self.flush();
                self.state.is_deleted = number != Some(0);
            }
            "deff" => {
                self.font_default = number.and_then(|n| i32::try_from(n).ok());
                self.state.font = self.font_default;
            }
            "ansicpg" => self.code_page = number.and_then(|n| u32::try_from(n).ok()).unwrap_or(1252),
            "mac" => self.code_page = 10_000,
            "pc" => self.code_page = 437,
            "pca" => self.code_page = 850,
            _ => {}
        }
    }

    /// A UTF-16 unit as a signed number; some write it unsigned, and some the whole character.
    fn unicode(&mut self, number: Option<i64>) {
        let Some(number) = number else { return };
        self.flush_bytes();
        self.skip = self.state.unicode_skip;
        let value = if number < 0 { number + 0x1_0000 } else { number };
        let Ok(value) = u32::try_from(value) else { return };
        let unit = u16::try_from(value).ok();
        match (self.high.take(), unit) {
            (_, Some(high @ 0xd800..=0xdbff)) => self.high = Some(high),
            (Some(high), Some(low @ 0xdc00..=0xdfff)) => {
                let both = char::decode_utf16([high, low]).next().and_then(Result::ok);
                self.put_char(both.unwrap_or('\u{fffd}'));
            }
            // The private range in which symbol fonts show pictures: no letters.
            (_, Some(0xf000..=0xf0ff)) => self.put_char(' '),
            _ => self.put_char(char::from_u32(value).unwrap_or('\u{fffd}')),
        }
    }

    /// A byte of text.
    fn byte(&mut self, byte: u8) {
        (self.is_first, self.is_starred) = (false, false);
        if self.skip > 0 {
            self.skip -= 1;
            return;
        }
        if self.is_text() {
            self.high = None;
            self.pending.push(byte);
            if self.pending.len() >= PARAGRAPH_MAX {
                self.flush();
            }
        }
    }

    /// A character that a control says.
    fn put(&mut self, c: char) {
        if self.skip > 0 {
            self.skip -= 1;
            return;
        }
        self.flush();
        self.put_char(c);
    }

    fn put_char(&mut self, c: char) {
        if self.is_text() {
            self.text.push(c);
            if self.text.len() >= PARAGRAPH_MAX && c.is_whitespace() {
                self.pass();
            }
        }
    }

    fn is_text(&self) -> bool {
        self.state.place == Place::Text && !self.state.is_deleted
    }

    /// Decodes the bytes that wait; half a pair is given up.
    fn flush(&mut self) {
        self.high = None;
        self.flush_bytes();
    }

    fn flush_bytes(&mut self) {
        if self.pending.is_empty() {
            return;
        }
        let encoding = self.state.font.and_then(|font| self.fonts.get(&font).copied().flatten());
        let encoding = encoding.or_else(|| of_code_page(self.code_page)).unwrap_or(encoding_rs::WINDOWS_1252);
        let (text, _) = encoding.decode_without_bom_handling(&self.pending);
        self.text.push_str(&text);
        self.pending.clear();
        if self.text.len() >= PARAGRAPH_MAX {
            self.pass();
        }
    }

    fn end_paragraph(&mut self) {
        self.flush();
        // Inside a table of fonts or a picture nothing ends.
        if self.state.place != Place::Skip {
            self.pass();
        }
    }

    fn pass(&mut self) {
        if !self.text.is_empty() {
            self.goes_on &= self.sink.put(None, &self.text);
            self.text.clear();
        }
    }

    /// The encoding of a character set of a font (RTF 1.9.1, "Font Table"); none: that of the document.
    fn of_charset(&self, charset: u32) -> Option<&'static Encoding> {
        let code_page = match charset {
            // By the book 0 is 1252 and 1 what the machine had. Cyrillic documents of many programs have it on every
            // font and mean the code page of the document.
            0 | 1 => return None,
            77 => 10_000,
            128 => 932,
            129 => 949,
            134 => 936,
            136 => 950,
            161 => 1253,
            162 => 1254,
            163 => 1258,
            177 => 1255,
            178 => 1256,
            186 => 1257,
            204 => 1251,
            222 => 874,
            238 => 1250,
            // That of DOS: in Cyrillic documents 866.
            255 if self.code_page == 1251 => 866,
            _ => return None,
        };
        of_code_page(code_page)
    }
}

/// The encoding of a Windows code page. Those of DOS for Latin letters (437, 850) are read as 1252: their letters
/// beyond ASCII come out wrong.
fn of_code_page(number: u32) -> Option<&'static Encoding> {
    use encoding_rs as e;
    Some(match number {
        866 => e::IBM866,
        874 => e::WINDOWS_874,
        932 => e::SHIFT_JIS,
        936 => e::GBK,
        949 => e::EUC_KR,
        950 => e::BIG5,
        1250 => e::WINDOWS_1250,
        1251 => e::WINDOWS_1251,
        1252 => e::WINDOWS_1252,
        1253 => e::WINDOWS_1253,
        1254 => e::WINDOWS_1254,
        1255 => e::WINDOWS_1255,
        1256 => e::WINDOWS_1256,
        1257 => e::WINDOWS_1257,
        1258 => e::WINDOWS_1258,
        10_000 => e::MACINTOSH,
        10_007 => e::X_MAC_CYRILLIC,
        20_866 => e::KOI8_R,
        21_866 => e::KOI8_U,
        28_592 => e::ISO_8859_2,
        28_595 => e::ISO_8859_5,
        65_001 => e::UTF_8,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::sink::tests::collect;

    fn texts(rtf: &[u8]) -> Vec<String> {
        let ((outcome, _), got) = collect(|sink| read(rtf, sink));
        assert_eq!(outcome, Outcome::Text);
        got.units.into_iter().map(|unit| unit.text).collect()
    }

    #[test]
    fn kazakh_comes_as_numbers_with_and_without_what_is_skipped_behind() {
        let kk = "Қаулы әңгіме ұзақ үй һәм өң іс";
        let units = |skipped: &str| -> String {
            kk.chars().map(|c| if c.is_ascii() { c.into() } else { format!("\\u{}{skipped}", c as u32) }).collect()
        };
        for (head, skipped) in [("", "?"), ("\\uc1", "\\'3f"), ("\\uc0", " "), ("\\uc2", "\\'a1\\'a2"), ("\\uc2", "ab")]
        {
            let rtf = format!("{{\\rtf1\\ansi\\ansicpg1251{head} {}\\par}}", units(skipped));
            assert_eq!(texts(rtf.as_bytes()), [kk], "{head} {skipped}");
        }
        // \ucN holds for its group; what is skipped never goes beyond one.
        let rtf = "{\\rtf1{\\uc0 \\u1241}{\\u1241 ?}{\\uc3 \\u1241 a}b\\par}";
        assert_eq!(texts(rtf.as_bytes()), ["әәәb"]);
        // Signed, as a pair, and as a whole character.
        assert_eq!(texts(b"{\\rtf1\\uc0 \\u-10179\\u-8704\\u55357 \\u56832\\u128512 .}"), ["😀😀😀."]);
        assert_eq!(texts(b"{\\rtf1\\uc0 \\u-10179 x\\u-8704 .\\u99999999999999999999 y}"), ["x\u{fffd}.y"]);
    }

    #[test]
    fn bytes_follow_the_font_and_else_the_document() {
        let fonts = "{\\fonttbl{\\f0\\fcharset204{\\*\\panose 02}Times{\\*\\falt Arial};}{\\f1\\fcharset238 A;}\
                     {\\f2\\fcharset162 B;}{\\f3\\fcharset128 C;}{\\f4\\fcharset0 D;}\
                     {\\f5\\cpg866 E;}{\\f6\\fcharset255 F;}}";
        let body = "\\f0\\'cf\\'f0\\'e8\\par\\f1\\'b3\\'e6\\par\\f2\\'fe\\'dd\\par\\f3\\'93\\'fa\\'96\\'7b\\par\
                    \\f4\\'d4\\par\\f5\\'8f\\'e0\\par\\f6\\'8f\\par\\f9\\'cf\\par";
        let rtf = format!("{{\\rtf1\\ansi\\ansicpg1251\\deff0{fonts}{body}}}");
        assert_eq!(texts(rtf.as_bytes()), ["При", "łć", "şİ", "日本", "Ф", "Пр", "П", "П"]);
        let rtf =
            format!("{{\\rtf1\\ansi\\ansicpg1252\\deff4{fonts}\\'c4\\'e4\\par{{\\f0\\'c4}}\\'c4\\f0\\plain\\'c4}}");
        assert_eq!(texts(rtf.as_bytes()), ["Ää", "ДÄÄ"]);
        // Bytes as they are, without escapes.
        let mut raw = b"{\\rtf1\\ansi\\ansicpg1251 ".to_vec();
        raw.extend([0xcf, 0xf0, 0xe8, b'}']);
        assert_eq!(texts(&raw), ["При"]);
    }

    #[test]
    fn what_is_no_text_is_skipped_and_what_is_comes_through() {
        let rtf = "{\\rtf1{\\stylesheet{\\s0 Normal;}}{\\colortbl;\\red0;}{\\info{\\title T}}{\\*\\generator G;}\
            {\\header bas \\par}\
            a{\\*\\unknown no{\\b no}}b{\\pict\\wmetafile8 0102}{\\*\\shppict{\\pict ff}}\
            {\\nonshppict{\\pict ff}}c\\par \
            {\\field{\\*\\fldinst HYPERLINK x}{\\fldrslt link}} text{\\footnote note}\\par \
            {\\object\\objemb{\\*\\objclass W}{\\*\\objdata 0105}{\\result seen}}\\par \
            {\\shp{\\*\\shpinst\\shpleft0{\\sp{\\sn name}{\\sv val}}{\\shptxt box\\par}}{\\shprslt old}}\
            {\\upr{old}{\\*\\ud{new}}}\\line x\\cell y\\row \
            {\\*\\bkmkstart m}\\emdash\\~z\\-w\\_v\\{\\}\\\\\\par\\deleted gone\\deleted0 kept\\xyz9}";
        let expected =
            ["bas", "abc", "link text", "note", "seen", "box", "new x y", "\u{2014} zw\u{2011}v{}\\", "kept"];
        assert_eq!(texts(rtf.as_bytes()), expected);
    }

    #[test]
    fn bytes_of_pictures_are_not_read_as_text() {
        let mut rtf = b"{\\rtf1 a{\\pict\\bin6 }}{\\par".to_vec();
        rtf.extend(b"}b\\par");
        assert_eq!(texts(&rtf), ["ab"]);
        assert_eq!(texts(b"{\\rtf1 a\\bin99999999 b}"), ["a"]);
        assert_eq!(texts(b"{\\rtf1 a\\bin-5 b}"), ["ab"]);
    }

    #[test]
    fn damage_is_bounded_and_said() {
        let ((outcome, reason), _) = collect(|sink| read(b"no rtf", sink));
        assert_eq!((outcome, reason), (Outcome::Failed, Some(Reason::Damaged)));
        let ((outcome, _), got) = collect(|sink| read(b"{\\rtf1 text {\\b more", sink));
        assert!(outcome == Outcome::Text && got.cut && got.texts() == ["text more"]);
        let ((_, _), got) = collect(|sink| read(b"{\\rtf1 text}{\\rtf1 behind}", sink));
        assert!(!got.cut && got.texts() == ["text"]);
        for end in ["\\", "\\'", "\\'f", "\\'zz", "\\u", "\\u-", "\\bin", "\\*", "{\\fonttbl{\\f1\\fcharset"] {
            collect(|sink| read(format!("{{\\rtf1 a{end}").as_bytes(), sink));
        }
        let deep = format!("{{\\rtf1 {}in{}out}}", "{".repeat(200_000), "}".repeat(200_000));
        assert_eq!(texts(deep.as_bytes()), ["inout"]);
        let open = format!("{{\\rtf1 {}", "{\\*".repeat(200_000));
        collect(|sink| read(open.as_bytes(), sink));
        let long = format!("{{\\rtf1 {}}}", "\\'e0 ".repeat(200_000));
        assert_eq!(texts(long.as_bytes()).concat().chars().filter(|c| *c != ' ').count(), 200_000);
    }

    /// Small changes of a real document never make a fault.
    #[test]
    fn any_bytes_are_read() {
        let base = b"{\\rtf1\\ansi\\ansicpg1251{\\fonttbl{\\f0\\fcharset204 T;}}\
            \\uc1\\f0\\'cf\\u1241?{\\*\\x{\\pict\\bin3 }}}\\par a}";
        for at in 5..base.len() {
            for byte in [b'{', b'}', b'\\', b'\'', b'*', b'0', b'9', b'u', 0, 0xff] {
                let mut bytes = base.to_vec();
                bytes[at] = byte;
                collect(|sink| read(&bytes, sink));
                bytes.truncate(at);
                collect(|sink| read(&bytes, sink));
            }
        }
    }
}
