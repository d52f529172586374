//! Tokens of a PDF file (ISO 32000-1, 7.2 and 7.3).
//!
//! [`Scanner`] reads them one by one through a window of the file and keeps none: names, strings and words have as many
//! bytes as anything here is compared with.

use super::input::{Input, len64};
use memchr::memmem::Finder;
use memchr::{memchr2, memchr3};
use std::io;

/// Window of the file that tokens are read from.
const WINDOW_BYTES: usize = 64 * 1024;
/// Bytes of one string. Own bound: a long script is one string; a string without an end would be the whole file.
const STRING_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// White space of PDF (7.2.2).
pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, 0 | 9 | 10 | 12 | 13 | 32)
}

fn is_delimiter(byte: u8) -> bool {
    matches!(byte, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}

/// The first bytes of a name, a string or a word; equal to nothing when there were more than fit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Short {
    bytes: [u8; Self::MAX],
    len: usize,
}

impl Short {
    const MAX: usize = 31;

    fn push(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(self.len) {
            *place = byte;
        }
        self.len = self.len.saturating_add(1);
    }

    /// The bytes; empty when there were too many.
    pub(super) fn get(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

/// A word to compare with.
pub(super) fn short(text: &[u8]) -> Short {
    let mut out = Short::default();
    text.iter().for_each(|byte| out.push(*byte));
    out
}

/// One token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    /// The end of the file, of the budget or of patience.
    End,
    /// A name without its slash, `#xx` resolved.
    Name(Short),
    /// A string, of either kind; only in parentheses it keeps its bytes.
    Text(Short),
    /// A number without sign and fraction.
    Int(u64),
    /// A bare word, and whatever does not belong.
    Word(Short),
    DictOpen,
    DictClose,
    ArrayOpen,
    ArrayClose,
}

/// Reads tokens through a window of the file.
pub(super) struct Scanner<'i, 'a> {
    /// The file.
    pub(super) input: &'i mut Input<'a>,
    window: Vec<u8>,
    base: u64,
    next: usize,
}

impl<'i, 'a> Scanner<'i, 'a> {
    pub(super) fn new(input: &'i mut Input<'a>) -> Self {
        Self { input, window: Vec::new(), base: 0, next: 0 }
    }

    /// Offset of the next byte.
    pub(super) fn at(&self) -> u64 {
        self.base.saturating_add(len64(self.next))
    }

    /// Goes to `at`.
    pub(super) fn seek(&mut self, at: u64) {
        let inside = at.checked_sub(self.base).and_then(|next| usize::try_from(next).ok());
        match inside.filter(|&next| next < self.window.len()) {
            Some(next) => self.next = next,
            None => {
                self.window.clear();
                self.base = at;
                self.next = 0;
            }
        }
    }

    fn refill(&mut self) -> io::Result<bool> {
        self.base = self.at();
        self.next = 0;
        self.window.resize(WINDOW_BYTES, 0);
        let read = self.input.read_at(self.base, &mut self.window)?;
        self.window.truncate(read);
        Ok(read > 0)
    }

    fn peek(&mut self) -> io::Result<Option<u8>> {
        if self.next == self.window.len() && !self.refill()? {
            return Ok(None);
        }
        Ok(self.window.get(self.next).copied())
    }

    fn bump(&mut self) -> io::Result<Option<u8>> {
        let byte = self.peek()?;
        self.next += usize::from(byte.is_some());
        Ok(byte)
    }

    /// Takes the next byte when it is `wanted`.
    fn take(&mut self, wanted: u8) -> io::Result<bool> {
        let there = self.peek()? == Some(wanted);
        self.next += usize::from(there);
        Ok(there)
    }

    /// Skips white space; the byte after it.
    fn skip_space(&mut self) -> io::Result<Option<u8>> {
        loop {
            match self.peek()? {
                Some(byte) if is_space(byte) => self.next += 1,
                other => return Ok(other),
            }
        }
    }

    /// The next token.
    pub(super) fn token(&mut self) -> io::Result<Token> {
        loop {
            let Some(byte) = self.skip_space()? else { return Ok(Token::End) };
            if !is_delimiter(byte) {
                return self.word();
            }
            self.next += 1;
            return Ok(match byte {
                b'%' => {
                    self.skip_comment()?;
                    continue;
                }
                b'/' => Token::Name(self.name()?),
                b'(' => return self.string(),
                b'[' => Token::ArrayOpen,
                b']' => Token::ArrayClose,
                b'<' if self.take(b'<')? => Token::DictOpen,
                b'<' => {
                    while self.bump()?.is_some_and(|byte| byte != b'>') {}
                    Token::Text(Short::default())
                }
                b'>' if self.take(b'>')? => Token::DictClose,
                _ => Token::Word(Short::default()),
            });
        }
    }

    fn skip_comment(&mut self) -> io::Result<()> {
        while self.peek()?.is_some() {
            let rest = &self.window[self.next..];
            if let Some(end) = memchr2(b'\r', b'\n', rest) {
                self.next += end;
                break;
            }
            self.next = self.window.len();
        }
        Ok(())
    }

    /// The rest of a name (7.3.5).
    fn name(&mut self) -> io::Result<Short> {
        let mut name = Short::default();
        while let Some(byte) = self.peek()?.filter(|b| !is_space(*b) && !is_delimiter(*b)) {
            self.next += 1;
            if byte != b'#' {
                name.push(byte);
                continue;
            }
            let Some(high) = self.peek()?.and_then(hex_digit) else {
                name.push(byte);
                continue;
            };
            self.next += 1;
            let Some(low) = self.peek()?.and_then(hex_digit) else { continue };
            self.next += 1;
            name.push(high * 16 + low);
        }
        Ok(name)
    }

    /// The rest of a string in parentheses (7.3.4.2). Escapes are skipped, not resolved.
    fn string(&mut self) -> io::Result<Token> {
        let mut text = Short::default();
        let mut depth = 1u32;
        let start = self.at();
        while self.peek()?.is_some() && self.at() - start < STRING_BYTES_MAX {
            let rest = &self.window[self.next..];
            let run = memchr3(b'(', b')', b'\\', rest).unwrap_or(rest.len());
            for byte in rest[..run].iter().take(Short::MAX + 1) {
                text.push(*byte);
            }
            self.next += run;
            match self.bump()? {
                Some(b'(') => depth += 1,
                Some(b')') => {
                    depth -= 1;
                    if depth == 0 {
                        return Ok(Token::Text(text));
                    }
                }
                Some(b'\\') => {
                    self.bump()?;
                }
                // The window was used up, and this is the first byte of the next one.
                Some(byte) => text.push(byte),
                None => break,
            }
        }
        Ok(Token::End)
    }

    /// A number or a word.
    fn word(&mut self) -> io::Result<Token> {
        let mut word = Short::default();
        while let Some(byte) = self.peek()?.filter(|b| !is_space(*b) && !is_delimiter(*b)) {
            self.next += 1;
            word.push(byte);
        }
        let number = std::str::from_utf8(word.get()).ok().filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
        Ok(number.and_then(|text| text.parse().ok()).map_or(Token::Word(word), Token::Int))
    }

    /// Skips white space and says whether `wanted` follows, which is taken then.
    pub(super) fn follows(&mut self, wanted: &[u8]) -> io::Result<bool> {
        self.skip_space()?;
        for byte in wanted {
            if !self.take(*byte)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Where the data of a stream begins: the scanner stands after the word `stream` (7.3.8.1).
    pub(super) fn stream_start(&mut self) -> io::Result<u64> {
        let carriage_return = self.take(b'\r')?;
        // Some writers put a blank before the line feed; a bare carriage return is not allowed but read by all.
        if !carriage_return {
            while self.take(b' ')? {}
            self.take(b'\r')?;
        }
        self.take(b'\n')?;
        Ok(self.at())
    }

    /// Offset of the next `wanted` from `from` on.
    pub(super) fn search(&mut self, from: u64, wanted: &[u8]) -> io::Result<Option<u64>> {
        let finder = Finder::new(wanted);
        let mut block = Vec::new();
        let mut at = from;
        loop {
            let kept = block.len().min(wanted.len() - 1);
            block.drain(..block.len() - kept);
            block.resize(kept + WINDOW_BYTES, 0);
            let read = self.input.read_at(at, &mut block[kept..])?;
            block.truncate(kept + read);
            if read == 0 {
                return Ok(None);
            }
            if let Some(hit) = finder.find(&block) {
                return Ok(Some(at - len64(kept) + len64(hit)));
            }
            at += len64(read);
        }
    }
}

/// The value of a hexadecimal digit.
pub(super) fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::super::super::Budget;
    use super::*;
    use std::io::Cursor;

    fn tokens(bytes: &[u8]) -> Vec<Token> {
        let mut source = Cursor::new(bytes);
        let mut budget = Budget::default();
        let mut input = Input::new(&mut source, len64(bytes.len()), &mut budget);
        let mut scanner = Scanner::new(&mut input);
        let next = || Some(scanner.token().unwrap()).filter(|token| *token != Token::End);
        std::iter::from_fn(next).collect()
    }

    #[test]
    fn tokens_end_where_they_should() {
        assert_eq!(tokens(b"/A#42c/D"), [Token::Name(short(b"ABc")), Token::Name(short(b"D"))]);
        assert_eq!(tokens(b"/A#4"), [Token::Name(short(b"A"))]);
        assert_eq!(tokens(b"/A#g"), [Token::Name(short(b"A#g"))]);
        assert_eq!(tokens(b"(a(b)\\)c)7"), [Token::Text(short(b"abc")), Token::Int(7)]);
        assert_eq!(
            tokens(b"<</A<2F>>>"),
            [Token::DictOpen, Token::Name(short(b"A")), Token::Text(Short::default()), Token::DictClose]
        );
        assert_eq!(tokens(b"% (\r[%\n]"), [Token::ArrayOpen, Token::ArrayClose]);
        assert_eq!(tokens(b"-1 +2 3.0 R"), ["-1", "+2", "3.0", "R"].map(|word| Token::Word(short(word.as_bytes()))));
        assert_eq!(tokens(b"(never closed"), []);
        let long = [b"/".as_slice(), &[b'x'; 40]].concat();
        assert!(matches!(tokens(&long)[..], [Token::Name(name)] if name.get().is_empty()));
    }

    #[test]
    fn tokens_cross_the_window() {
        for shift in 0..12 {
            let mut bytes = vec![b' '; WINDOW_BYTES - shift];
            bytes.extend(b"/Name(te(x)t)12 ");
            let names = [Token::Name(short(b"Name")), Token::Text(short(b"text")), Token::Int(12)];
            assert_eq!(tokens(&bytes), names, "{shift}");
        }
    }
}
