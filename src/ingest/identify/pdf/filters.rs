//! Filters of PDF streams that are undone here: deflate and the two that write bytes as text (ISO 32000-1, 7.4).
//!
//! Not LZW, and not the filters of images: what has one of those stays packed from there on.

use super::input::len64;
use super::lexer::{hex_digit, is_space};
use flate2::bufread::ZlibDecoder;
use std::cell::Cell;
use std::io::{self, BufRead, BufReader, Read};

/// Compressed bytes given to a decoder at once. Small, because what it has used is counted in these steps.
const FEED_BYTES: usize = 2 * 1024;

/// A filter of a stream, as far as it is undone here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Filter {
    Flate,
    AsciiHex,
    Ascii85,
    Other,
}

impl Filter {
    /// The filter of that name, in full or as inline images shorten it.
    pub(super) fn named(name: &[u8]) -> Self {
        match name {
            b"FlateDecode" | b"Fl" => Self::Flate,
            b"ASCIIHexDecode" | b"AHx" => Self::AsciiHex,
            b"ASCII85Decode" | b"A85" => Self::Ascii85,
            _ => Self::Other,
        }
    }
}

/// Gives bytes to a decoder in small steps and counts them.
pub(super) struct Feed<'c, R> {
    inner: R,
    used: &'c Cell<u64>,
}

impl<'c, R> Feed<'c, R> {
    pub(super) fn new(inner: R, used: &'c Cell<u64>) -> Self {
        Self { inner, used }
    }
}

impl<R: Read> Read for Feed<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let wanted = into.len().min(FEED_BYTES);
        let read = self.inner.read(&mut into[..wanted])?;
        self.used.set(self.used.get().saturating_add(len64(read)));
        Ok(read)
    }
}

/// Undoes `filters` on `data`, up to the first that is not undone here.
///
/// What comes out is only to be counted and searched: a decoder that fails ends the data.
pub(super) fn decoded<'r>(data: impl Read + 'r, filters: &[Filter]) -> Box<dyn Read + 'r> {
    let mut reader: Box<dyn Read + 'r> = Box::new(data);
    for filter in filters {
        let buffered = BufReader::with_capacity(FEED_BYTES, reader);
        reader = match filter {
            Filter::Flate => Box::new(ZlibDecoder::new(buffered)),
            Filter::AsciiHex => Box::new(AsciiHex { inner: buffered }),
            Filter::Ascii85 => Box::new(Ascii85 { inner: buffered, ready: [0; 4], from: 0, to: 0, ended: false }),
            Filter::Other => return Box::new(buffered),
        };
    }
    reader
}

/// The next byte that is not white space.
fn next_byte(inner: &mut impl BufRead) -> io::Result<Option<u8>> {
    loop {
        let Some(&byte) = inner.fill_buf()?.first() else { return Ok(None) };
        inner.consume(1);
        if !is_space(byte) {
            return Ok(Some(byte));
        }
    }
}

/// ASCIIHexDecode (7.4.2).
struct AsciiHex<R> {
    inner: R,
}

impl<R: BufRead> Read for AsciiHex<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut done = 0;
        while done < into.len() {
            let Some(high) = next_byte(&mut self.inner)?.and_then(hex_digit) else { break };
            let low = next_byte(&mut self.inner)?.and_then(hex_digit);
            into[done] = high * 16 + low.unwrap_or(0);
            done += 1;
            if low.is_none() {
                break;
            }
        }
        Ok(done)
    }
}

/// ASCII85Decode (7.4.3).
struct Ascii85<R> {
    inner: R,
    ready: [u8; 4],
    from: usize,
    to: usize,
    ended: bool,
}

impl<R: BufRead> Ascii85<R> {
    /// Decodes the next group of five digits.
    fn group(&mut self) -> io::Result<()> {
        let mut value = 0u32;
        let mut digits = 0usize;
        while digits < 5 {
            match next_byte(&mut self.inner)? {
                Some(b'z') if digits == 0 => break,
                Some(byte @ b'!'..=b'u') => {
                    value = value.wrapping_mul(85).wrapping_add(u32::from(byte - b'!'));
                    digits += 1;
                }
                _ => {
                    self.ended = true;
                    break;
                }
            }
        }
        self.from = 0;
        self.to = match (digits, self.ended) {
            (0, false) => 4,
            // A last group of n digits has n - 1 bytes, as if filled up with the highest digit.
            (_, true) => {
                (digits..5).for_each(|_| value = value.wrapping_mul(85).wrapping_add(84));
                digits.saturating_sub(1)
            }
            _ => 4,
        };
        self.ready = value.to_be_bytes();
        Ok(())
    }
}

impl<R: BufRead> Read for Ascii85<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut done = 0;
        while done < into.len() {
            if self.from == self.to {
                if self.ended {
                    break;
                }
                self.group()?;
                continue;
            }
            into[done] = self.ready[self.from];
            self.from += 1;
            done += 1;
        }
        Ok(done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn undone(filter: Filter, data: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        decoded(data, &[filter]).read_to_end(&mut out).unwrap();
        out
    }

    #[test]
    fn text_filters_are_undone() {
        assert_eq!(undone(Filter::AsciiHex, b"48 65 6c6C 7>rest"), b"Hellp");
        assert_eq!(undone(Filter::Ascii85, b"87cUR\nD]i,\"Ebo80~>rest"), b"Hello World!");
        assert_eq!(undone(Filter::Ascii85, b"z87cUR~>"), b"\0\0\0\0Hell");
        assert_eq!(undone(Filter::Ascii85, b"87cURDZ~>"), b"Hello");
        assert_eq!(undone(Filter::Ascii85, b""), b"");
    }
}
