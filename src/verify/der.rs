//! Reading of DER and BER (X.690) over slices, and the little writing that verification needs.
//!
//! First step of everything here: [`cms`](super::cms), [`certificate`](super::certificate) and the others read their
//! structures with a [`Reader`]. An [`Element`] is two slices of the bytes that came, so whatever was signed is at hand
//! as it was signed.
//!
//! Invariants
//!   - No bytes cause a panic, and nothing is read beyond [`DEPTH_MAX`] elements inside one another.
//!   - Reading a whole object costs at most its length times its depth: only elements of indefinite length are
//!     scanned for their end, once on each level above.
//!   - The elements read one after another, joined, are the bytes that were read.
//!
//! It knows no structure, and it does not look into elements that nobody enters.

use super::limits::DEPTH_MAX;
use super::oid::Oid;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use std::borrow::Cow;

/// Identifier octets (X.690 §8.1.2).
pub mod tag {
    /// BOOLEAN.
    pub const BOOLEAN: u8 = 0x01;
    /// INTEGER.
    pub const INTEGER: u8 = 0x02;
    /// BIT STRING.
    pub const BIT_STRING: u8 = 0x03;
    /// OCTET STRING in one piece.
    pub const OCTET_STRING: u8 = 0x04;
    /// OCTET STRING in pieces, as only BER has it.
    pub const OCTET_STRING_PIECES: u8 = 0x24;
    /// NULL.
    pub const NULL: u8 = 0x05;
    /// OBJECT IDENTIFIER.
    pub const OID: u8 = 0x06;
    /// ENUMERATED.
    pub const ENUMERATED: u8 = 0x0a;
    /// UTF8String.
    pub const UTF8_STRING: u8 = 0x0c;
    /// NumericString.
    pub const NUMERIC_STRING: u8 = 0x12;
    /// PrintableString.
    pub const PRINTABLE_STRING: u8 = 0x13;
    /// TeletexString.
    pub const TELETEX_STRING: u8 = 0x14;
    /// IA5String.
    pub const IA5_STRING: u8 = 0x16;
    /// UTCTime.
    pub const UTC_TIME: u8 = 0x17;
    /// GeneralizedTime.
    pub const GENERALIZED_TIME: u8 = 0x18;
    /// VisibleString.
    pub const VISIBLE_STRING: u8 = 0x1a;
    /// UniversalString.
    pub const UNIVERSAL_STRING: u8 = 0x1c;
    /// BMPString.
    pub const BMP_STRING: u8 = 0x1e;
    /// SEQUENCE and SEQUENCE OF.
    pub const SEQUENCE: u8 = 0x30;
    /// SET and SET OF.
    pub const SET: u8 = 0x31;

    /// `[number]` around other elements: EXPLICIT, or IMPLICIT of a constructed type. `number` is below 31.
    pub const fn context(number: u8) -> u8 {
        0xa0 | number
    }

    /// `[number]` IMPLICIT of a primitive type. `number` is below 31.
    pub const fn context_primitive(number: u8) -> u8 {
        0x80 | number
    }
}

/// Octets of an object identifier. Own bound; the longest in use have about 20.
const OID_BYTES_MAX: usize = 128;
/// Elements that are encoded again at once; each has its own allocation. Own bound: what is signed has some hundreds.
const ENCODED_ELEMENTS_MAX: usize = 1 << 18;

const CONSTRUCTED: u8 = 0x20;
const CLASS: u8 = 0xc0;
const NUMBER: u8 = 0x1f;

/// Why bytes cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{what} at byte {at}")]
pub struct DerError {
    /// What is wrong.
    pub what: &'static str,
    /// Where, from the start of the bytes that the first reader was given.
    pub at: usize,
}

fn error<T>(what: &'static str, at: usize) -> Result<T, DerError> {
    Err(DerError { what, at })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rules {
    Der,
    Ber,
}

/// Reads elements one after another.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    rest: &'a [u8],
    at: usize,
    rules: Rules,
    depth: usize,
}

impl<'a> Reader<'a> {
    /// A reader that admits only DER: shortest definite lengths, no strings in pieces (X.690 §10).
    pub fn der(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, at: 0, rules: Rules::Der, depth: 0 }
    }

    /// A reader that admits all of BER (X.690 §8), but tag numbers above 30.
    pub fn ber(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, at: 0, rules: Rules::Ber, depth: 0 }
    }

    /// Whether everything was read.
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// What was not read yet.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The identifier octet of the next element; none at the end.
    pub fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// Reads the next element, whatever it is.
    pub fn read(&mut self) -> Result<Element<'a>, DerError> {
        if self.depth >= DEPTH_MAX {
            return error("elements nested too deep", self.at);
        }
        let header = Header::read(self.rest, self.at, self.rules)?;
        let ends_early = DerError { what: "an element that is longer than what it lies in", at: self.at };
        let body = self.rest.get(header.size..).ok_or(ends_early)?;
        let (content_len, end_len) = match header.len {
            Some(len) => (len, 0),
            None => (end_of_contents(body, self.at.saturating_add(header.size), self.depth)?, END_OF_CONTENTS.len()),
        };
        let content = body.get(..content_len).ok_or(ends_early)?;
        // No sum overflows: `content` lies within a slice, and its end was found in it.
        let len = header.size.saturating_add(content_len).saturating_add(end_len);
        let (raw, rest) = self.rest.split_at_checked(len).ok_or(ends_early)?;
        let element = Element {
            tag: header.tag,
            raw,
            content,
            at: self.at,
            content_at: self.at.saturating_add(header.size),
            rules: self.rules,
            depth: self.depth,
        };
        self.rest = rest;
        self.at = self.at.saturating_add(len);
        Ok(element)
    }

    /// Reads the next element, which must be there and have `tag`.
    pub fn expect(&mut self, tag: u8) -> Result<Element<'a>, DerError> {
        match self.peek() {
            Some(found) if found == tag => self.read(),
            Some(_) => error("another element than belongs in this place", self.at),
            None => error("an element is missing", self.at),
        }
    }

    /// Reads the next element if it has `tag`.
    pub fn optional(&mut self, tag: u8) -> Result<Option<Element<'a>>, DerError> {
        if self.peek() == Some(tag) { self.read().map(Some) } else { Ok(None) }
    }

    /// Refuses what was not read.
    pub fn end(&self) -> Result<(), DerError> {
        if self.is_empty() { Ok(()) } else { error("more than belongs in this place", self.at) }
    }
}

/// X.690 §8.1.5.
const END_OF_CONTENTS: [u8; 2] = [0, 0];

/// Identifier and length (X.690 §8.1.2, §8.1.3).
struct Header {
    tag: u8,
    /// Octets of the content; none of indefinite length.
    len: Option<usize>,
    /// Octets of the header itself.
    size: usize,
}

impl Header {
    fn read(bytes: &[u8], at: usize, rules: Rules) -> Result<Self, DerError> {
        #[cfg(test)]
        tests::HEADERS.with(|count| count.set(count.get() + 1));
        let ends_early = DerError { what: "the bytes end within the header of an element", at };
        let [tag, first, rest @ ..] = bytes else { return Err(ends_early) };
        let tag = *tag;
        if tag == 0 {
            return error("an end of an element that has not begun", at);
        }
        if tag & NUMBER == NUMBER {
            return error("a tag number above 30", at);
        }
        let is_constructed = tag & CONSTRUCTED != 0;
        if tag & CLASS == 0 {
            // X.690 §8.9, §8.11: always constructed; §8.18, EXTERNAL, is a SEQUENCE too.
            let is_structure = matches!(tag & NUMBER, 0x08 | 0x0b | 0x10 | 0x11);
            // X.690 §10.2: DER has strings in one piece only.
            if is_structure != is_constructed && (is_structure || rules == Rules::Der) {
                return error("a form that X.690 forbids for this type", at);
            }
        }
        let octets = match *first {
            short @ ..0x80 => return Ok(Self { tag, len: Some(usize::from(short)), size: 2 }),
            0x80 if rules == Rules::Ber && is_constructed => return Ok(Self { tag, len: None, size: 2 }),
            0x80 | 0xff => return error("a length that X.690 forbids", at),
            long => usize::from(long & 0x7f),
        };
        let octets = rest.get(..octets).ok_or(ends_early)?;
        let mut len = 0usize;
        for octet in octets {
            // BER may have leading zeros.
            match len.checked_mul(256) {
                Some(high) => len = high | usize::from(*octet),
                None => return error("an element that is longer than what it lies in", at),
            }
        }
        // X.690 §10.1: the shortest form of a length.
        if rules == Rules::Der && (len < 0x80 || octets.first() == Some(&0)) {
            return error("a length that is not the shortest", at);
        }
        Ok(Self { tag, len: Some(len), size: octets.len().saturating_add(2) })
    }
}

/// Octets before the end-of-contents octets of an element of indefinite length, whose content begins `bytes`.
fn end_of_contents(bytes: &[u8], at: usize, depth: usize) -> Result<usize, DerError> {
    let mut open = 1usize;
    let mut here = 0usize;
    loop {
        let place = at.saturating_add(here);
        let Some(rest) = bytes.get(here..) else {
            return error("an element that is longer than what it lies in", place);
        };
        if rest.starts_with(&END_OF_CONTENTS) {
            open = open.saturating_sub(1);
            if open == 0 {
                return Ok(here);
            }
            here = here.saturating_add(END_OF_CONTENTS.len());
            continue;
        }
        let header = Header::read(rest, place, Rules::Ber)?;
        if header.len.is_none() {
            open = open.saturating_add(1);
            if depth.saturating_add(open) > DEPTH_MAX {
                return error("elements nested too deep", place);
            }
        }
        // A length that runs out of the bytes is found in the next round.
        here = here.saturating_add(header.size).saturating_add(header.len.unwrap_or(0));
    }
}

/// One element, as it stands in the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Element<'a> {
    /// The identifier octet.
    pub tag: u8,
    /// Everything, from the header to the end.
    pub raw: &'a [u8],
    /// What it holds, without header and end-of-contents octets.
    pub content: &'a [u8],
    at: usize,
    content_at: usize,
    rules: Rules,
    depth: usize,
}

impl<'a> Element<'a> {
    /// Where it begins, from the start of the bytes that the first reader was given.
    pub fn at(&self) -> usize {
        self.at
    }

    /// Identifier and length, as they stand.
    pub fn header(&self) -> &'a [u8] {
        self.raw.get(..self.content_at.saturating_sub(self.at)).unwrap_or_default()
    }

    /// The end-of-contents octets of an element of indefinite length; nothing otherwise.
    pub fn footer(&self) -> &'a [u8] {
        self.raw.get(self.header().len().saturating_add(self.content.len())..).unwrap_or_default()
    }

    /// Reads what it holds, by the same rules and one level deeper. Also for an OCTET STRING that holds elements.
    pub fn reader(&self) -> Reader<'a> {
        Reader { rest: self.content, at: self.content_at, rules: self.rules, depth: self.depth.saturating_add(1) }
    }

    /// Takes it for another type than its universal tag says only when it is tagged implicitly.
    fn is(&self, tag: u8) -> Result<(), DerError> {
        if self.tag == tag || (self.tag & CLASS != 0 && (self.tag ^ tag) & CONSTRUCTED == 0) {
            return Ok(());
        }
        error("another type than belongs in this place", self.at)
    }

    /// An OBJECT IDENTIFIER.
    pub fn oid(&self) -> Result<Oid, DerError> {
        self.is(tag::OID)?;
        Some(self.content)
            .filter(|octets| octets.len() <= OID_BYTES_MAX)
            .and_then(Oid::of_content)
            .ok_or(DerError { what: "an object identifier that is malformed", at: self.content_at })
    }

    /// Octets of an INTEGER or ENUMERATED: two's complement, at least one, the shortest form (X.690 §8.3.2).
    pub fn integer(&self) -> Result<&'a [u8], DerError> {
        if self.tag != tag::ENUMERATED {
            self.is(tag::INTEGER)?;
        }
        match self.content {
            [] => error("an integer without octets", self.at),
            [0, next, ..] if next & 0x80 == 0 => error("an integer that is not the shortest", self.at),
            [0xff, next, ..] if next & 0x80 != 0 => error("an integer that is not the shortest", self.at),
            octets => Ok(octets),
        }
    }

    /// An INTEGER or ENUMERATED from 0 to 2^64-1.
    pub fn u64(&self) -> Result<u64, DerError> {
        let octets = self.integer()?;
        let magnitude = match octets {
            [0, rest @ ..] => rest,
            [first, ..] if first & 0x80 != 0 => return error("a number below 0", self.at),
            octets => octets,
        };
        if magnitude.len() > 8 {
            return error("a number that is too large", self.at);
        }
        Ok(magnitude.iter().fold(0, |number, octet| number << 8 | u64::from(*octet)))
    }

    /// A BOOLEAN. DER has one form of true (X.690 §11.1).
    pub fn boolean(&self) -> Result<bool, DerError> {
        self.is(tag::BOOLEAN)?;
        match (self.content, self.rules) {
            ([0], _) => Ok(false),
            ([0xff], _) | ([_], Rules::Ber) => Ok(true),
            _ => error("a boolean that is malformed", self.at),
        }
    }

    /// Number of unused bits and octets of a BIT STRING in one piece.
    pub fn bit_string(&self) -> Result<(u8, &'a [u8]), DerError> {
        self.is(tag::BIT_STRING)?;
        // X.690 §8.6.2: the first octet says how many of the last bits are unused.
        let Some((unused, octets)) = self.content.split_first() else {
            return error("a bit string without octets", self.at);
        };
        let last = octets.last().copied().unwrap_or(0);
        if *unused > 7 || (octets.is_empty() && *unused != 0) {
            return error("a bit string that is malformed", self.at);
        }
        // X.690 §11.2.1.
        if self.rules == Rules::Der && last & ((1u8 << unused) - 1) != 0 {
            return error("unused bits that are not 0", self.at);
        }
        Ok((*unused, octets))
    }

    /// An OCTET STRING; its pieces are joined (X.690 §8.7.3).
    pub fn octets(&self) -> Result<Cow<'a, [u8]>, DerError> {
        if self.tag & CONSTRUCTED == 0 {
            self.is(tag::OCTET_STRING)?;
            return Ok(Cow::Borrowed(self.content));
        }
        let mut joined = Vec::new();
        self.join(&mut joined)?;
        Ok(Cow::Owned(joined))
    }

    /// Appends the pieces of a string. As deep as the readers go, which is [`DEPTH_MAX`].
    fn join(&self, joined: &mut Vec<u8>) -> Result<(), DerError> {
        if self.rules == Rules::Der {
            return error("a string in pieces", self.at);
        }
        self.is(tag::OCTET_STRING_PIECES)?;
        let mut pieces = self.reader();
        while !pieces.is_empty() {
            let piece = pieces.read()?;
            match piece.tag {
                tag::OCTET_STRING => joined.extend_from_slice(piece.content),
                tag::OCTET_STRING_PIECES => piece.join(joined)?,
                _ => return error("a piece of a string that is no OCTET STRING", piece.at),
            }
        }
        Ok(())
    }

    /// A UTCTime or GeneralizedTime to the second, in the one form that RFC 5280 §4.1.2.5 admits.
    pub fn time(&self) -> Result<DateTime<Utc>, DerError> {
        self.parse_time(false)
    }

    /// The same, and a GeneralizedTime may have a fraction (RFC 3161 §2.4.2).
    pub fn time_with_fraction(&self) -> Result<DateTime<Utc>, DerError> {
        self.parse_time(true)
    }

    fn parse_time(&self, fraction_admitted: bool) -> Result<DateTime<Utc>, DerError> {
        let malformed = DerError { what: "a time that is malformed", at: self.at };
        let (year, rest) = match (self.tag, self.content) {
            (tag::UTC_TIME, [year @ .., b'Z']) => {
                let (year, rest) = year.split_at_checked(2).ok_or(malformed)?;
                let year = number(year).ok_or(malformed)?;
                // RFC 5280 §4.1.2.5.1: 50 to 99 are of the 20th century.
                (if year < 50 { year.saturating_add(2000) } else { year.saturating_add(1900) }, rest)
            }
            (tag::GENERALIZED_TIME, [year @ .., b'Z']) => {
                let (year, rest) = year.split_at_checked(4).ok_or(malformed)?;
                (number(year).ok_or(malformed)?, rest)
            }
            _ => return Err(malformed),
        };
        let (clock, fraction) = rest.split_at_checked(10).ok_or(malformed)?;
        let mut fields = clock.chunks(2).map(number);
        let mut field = || fields.next().flatten().ok_or(malformed);
        let (month, day, hour, minute, second) = (field()?, field()?, field()?, field()?, field()?);
        let nanosecond = match fraction {
            [] => 0,
            [b'.', digits @ ..] if fraction_admitted && self.tag == tag::GENERALIZED_TIME => {
                // X.690 §11.7.3: no trailing zeros. BER may have them.
                if digits.is_empty() || digits.len() > 9 || (self.rules == Rules::Der && digits.ends_with(b"0")) {
                    return Err(malformed);
                }
                let scale = 9u32.saturating_sub(u32::try_from(digits.len()).unwrap_or(9));
                number(digits).ok_or(malformed)?.saturating_mul(10u32.saturating_pow(scale))
            }
            _ => return Err(malformed),
        };
        let year = i32::try_from(year).map_err(|_| malformed)?;
        let date = NaiveDate::from_ymd_opt(year, month, day).ok_or(malformed)?;
        // No leap second: chrono counts none, and X.680 §47.3 has seconds from 00 to 59.
        let time = NaiveTime::from_hms_nano_opt(hour, minute, second, nanosecond).ok_or(malformed)?;
        Ok(date.and_time(time).and_utc())
    }

    /// The element in DER: shortest definite lengths, strings in one piece, SET OF in order (X.690 §10, §11).
    ///
    /// What is tagged implicitly cannot be told from a structure and keeps its pieces.
    pub fn to_der(&self) -> Result<Vec<u8>, DerError> {
        self.encode(&mut 0)
    }

    /// As deep as the readers go; `count` elements are encoded already.
    fn encode(&self, count: &mut usize) -> Result<Vec<u8>, DerError> {
        *count = count.saturating_add(1);
        if *count > ENCODED_ELEMENTS_MAX {
            return error("too many elements to encode again", self.at);
        }
        match self.tag {
            tag::OCTET_STRING_PIECES => Ok(write(tag::OCTET_STRING, &[&self.octets()?])),
            tag::BOOLEAN => Ok(write(tag::BOOLEAN, &[if self.boolean()? { &[0xff] } else { &[0] }])),
            primitive if primitive & CONSTRUCTED == 0 => Ok(write(self.tag, &[self.content])),
            constructed => {
                // X.690 §10.2.
                if constructed & CLASS == 0 && !matches!(constructed & NUMBER, 0x08 | 0x0b | 0x10 | 0x11) {
                    return error("a string in pieces", self.at);
                }
                let mut parts = Vec::new();
                let mut reader = self.reader();
                while !reader.is_empty() {
                    parts.push(reader.read()?.encode(count)?);
                }
                if constructed == tag::SET {
                    sort_set_of(&mut parts);
                }
                let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
                Ok(write(constructed, &parts))
            }
        }
    }
}

/// Puts the encodings of a SET OF in the order of DER (X.690 §11.6).
pub fn sort_set_of(parts: &mut [Vec<u8>]) {
    // §11.6 pads the shorter with zeros. No encoding begins another one, so padding never decides.
    parts.sort();
}

/// Writes an element in DER whose content is `parts`, one after another.
pub fn write(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let len: usize = parts.iter().map(|part| part.len()).sum();
    let mut out = Vec::with_capacity(len.saturating_add(10));
    out.push(tag);
    match u8::try_from(len) {
        Ok(short @ ..0x80) => out.push(short),
        _ => {
            let octets = len.to_be_bytes();
            let zeros = octets.iter().take_while(|octet| **octet == 0).count();
            let significant = octets.get(zeros..).unwrap_or_default();
            out.push(0x80 | u8::try_from(significant.len()).expect("a length has at most 8 octets"));
            out.extend_from_slice(significant);
        }
    }
    for part in parts {
        out.extend_from_slice(part);
    }
    out
}

/// A number of decimal digits, at most nine of them.
fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0u32, |number, digit| {
        let digit = char::from(*digit).to_digit(10)?;
        number.checked_mul(10)?.checked_add(digit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Sequence;
    use std::cell::Cell;

    thread_local! {
        /// Headers that this thread has read: the work of the readers.
        pub(super) static HEADERS: Cell<usize> = const { Cell::new(0) };
    }

    fn seq(parts: &[&[u8]]) -> Vec<u8> {
        write(tag::SEQUENCE, parts)
    }

    fn open(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
        [&[tag, 0x80], parts.concat().as_slice(), &[0, 0]].concat()
    }

    fn der(bytes: &[u8]) -> Result<Element<'_>, DerError> {
        let mut reader = Reader::der(bytes);
        let element = reader.read()?;
        reader.end().map(|()| element)
    }

    fn ber(bytes: &[u8]) -> Result<Element<'_>, DerError> {
        let mut reader = Reader::ber(bytes);
        let element = reader.read()?;
        reader.end().map(|()| element)
    }

    /// Steps into everything that is constructed, and joins what was found.
    fn walk(mut reader: Reader<'_>, joined: &mut Vec<u8>) -> Result<(), DerError> {
        while !reader.is_empty() {
            let element = reader.read()?;
            if element.tag & CONSTRUCTED == 0 {
                joined.extend_from_slice(element.raw);
                continue;
            }
            joined.extend_from_slice(element.header());
            walk(element.reader(), joined)?;
            joined.extend_from_slice(element.footer());
        }
        Ok(())
    }

    fn nested(form: fn(u8, &[&[u8]]) -> Vec<u8>, depth: usize) -> Vec<u8> {
        (1..depth).fold(form(tag::SEQUENCE, &[]), |inner, _| form(tag::SEQUENCE, &[&inner]))
    }

    #[test]
    fn elements_joined_are_the_bytes_that_were_read() {
        let inner = open(tag::SEQUENCE, &[&[2, 1, 5], &open(tag::context(0), &[&[4, 1, 9]])]);
        let bytes = [inner.clone(), seq(&[&[5, 0]]), vec![4, 0x81, 1, 7], vec![4, 0x84, 0, 0, 0, 0]].concat();
        let mut joined = Vec::new();
        walk(Reader::ber(&bytes), &mut joined).unwrap();
        assert_eq!(joined, bytes);
        let first = Reader::ber(&bytes).read().unwrap();
        assert_eq!(first.raw, inner);
        assert_eq!(first.content, &inner[2..inner.len() - 2]);
        assert_eq!((first.header(), first.footer()), (&[0x30, 0x80][..], &[0, 0][..]));
        let mut reader = first.reader();
        reader.read().unwrap();
        assert_eq!(reader.read().unwrap().at(), 5, "places are those of the first reader");
    }

    #[test]
    fn cut_bytes_are_refused_wherever_they_are_cut() {
        for bytes in [
            seq(&[&[2, 1, 5], &[4; 300]]),
            open(tag::SEQUENCE, &[&open(tag::SEQUENCE, &[&[2, 1, 5]]), &seq(&[])]),
            vec![0x04, 0x82, 0, 1, 7],
        ] {
            assert!(ber(&bytes).is_ok());
            for len in 0..bytes.len() {
                assert!(ber(&bytes[..len]).is_err(), "{len} of {bytes:?}");
                assert!(der(&bytes[..len]).is_err(), "{len} of {bytes:?}");
            }
        }
    }

    // X.690 §8.1.3, §10.1: a length has one form in DER and several in BER.
    #[test]
    fn lengths_are_read_by_the_rules() {
        for len in [0usize, 1, 127, 128, 255, 256, 65_535, 65_536] {
            let bytes = write(tag::OCTET_STRING, &[&vec![7; len]]);
            assert_eq!(der(&bytes).unwrap().content.len(), len);
            assert_eq!(ber(&bytes).unwrap().content.len(), len);
        }
        for long in [&[4, 0x81, 1, 7][..], &[4, 0x82, 0, 1, 7], &[4, 0x89, 0, 0, 0, 0, 0, 0, 0, 0, 1, 7]] {
            assert_eq!(ber(long).unwrap().content, [7]);
            assert_eq!(der(long).unwrap_err().what, "a length that is not the shortest");
        }
        let over = [&[4, 0x82, 0, 0x80][..], &[7; 128]].concat();
        assert!(ber(&over).is_ok() && der(&over).is_err(), "a zero before 128");
        for bad in [
            &[4, 0xff, 0][..],
            &[4, 0x80, 0, 0],
            &[4, 0x88, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
            &[4, 0x89, 1, 0, 0, 0, 0, 0, 0, 0, 0],
            &[0x30, 3, 4, 2, 7],
        ] {
            assert!(walk(Reader::ber(bad), &mut Vec::new()).is_err(), "{bad:?}");
            assert!(walk(Reader::der(bad), &mut Vec::new()).is_err(), "{bad:?}");
        }
        assert!(der(&open(tag::SEQUENCE, &[])).is_err() && ber(&open(tag::SEQUENCE, &[])).is_ok());
    }

    #[test]
    fn tags_are_read_by_the_rules() {
        for bad in [&[0x1f, 0x22, 0][..], &[0x3f, 0x22, 0], &[0xbf, 0x22, 0], &[0, 0], &[0x10, 0], &[0x11, 0]] {
            assert!(ber(bad).is_err(), "{bad:?}");
            assert!(der(bad).is_err(), "{bad:?}");
        }
        // X.690 §10.2: strings in pieces.
        for pieces in [&[0x24, 3, 4, 1, 7][..], &[0x23, 4, 3, 2, 0, 7], &[0x2c, 3, 0x0c, 1, 65]] {
            assert!(ber(pieces).is_ok() && der(pieces).is_err(), "{pieces:?}");
        }
        assert!(ber(&open(tag::SEQUENCE, &[&[0x9f, 0x22, 0]])).is_err());
    }

    #[test]
    fn readers_expect_what_they_are_told_to() {
        let bytes = seq(&[&[2, 1, 5], &[5, 0]]);
        let mut reader = der(&bytes).unwrap().reader();
        assert_eq!(reader.expect(tag::OID).unwrap_err().at, 2);
        assert_eq!(reader.optional(tag::OID), Ok(None));
        assert!(reader.end().is_err());
        assert_eq!(reader.optional(tag::INTEGER).unwrap().unwrap().u64(), Ok(5));
        assert_eq!(reader.rest(), [5, 0]);
        reader.expect(tag::NULL).unwrap();
        assert!(reader.is_empty() && reader.end().is_ok() && reader.peek().is_none());
        assert_eq!(reader.expect(tag::NULL).unwrap_err().what, "an element is missing");
        assert_eq!(reader.optional(tag::NULL), Ok(None));
        assert!(reader.read().is_err());
    }

    #[test]
    fn depth_ends_at_its_limit() {
        for form in [write, open] {
            let at_limit = nested(form, DEPTH_MAX);
            let beyond = nested(form, DEPTH_MAX + 1);
            assert_eq!(walk(Reader::ber(&at_limit), &mut Vec::new()), Ok(()));
            assert!(walk(Reader::ber(&beyond), &mut Vec::new()).is_err());
            assert!(ber(&at_limit).unwrap().to_der().is_ok());
            assert!(ber(&beyond).and_then(|e| e.to_der()).is_err());
            assert!(walk(Reader::ber(&nested(form, 5000)), &mut Vec::new()).is_err());
        }
        let joined = |depth| {
            let pieces = (1..depth).fold(vec![4, 1, 7], |inner, _| open(tag::OCTET_STRING_PIECES, &[&inner]));
            ber(&pieces).and_then(|e| e.octets().map(Cow::into_owned))
        };
        assert_eq!(joined(DEPTH_MAX), Ok(vec![7]));
        assert!(joined(DEPTH_MAX + 1).is_err());
    }

    // Goal: no bytes make the work grow faster than length times depth. Method: count headers on the worst shapes.
    #[test]
    fn work_is_at_most_length_times_depth() {
        let work = |bytes: &[u8]| {
            let before = HEADERS.get();
            let _ = walk(Reader::ber(bytes), &mut Vec::new());
            let _ = ber(bytes).and_then(|e| e.to_der());
            let _ = ber(bytes).and_then(|e| e.octets().map(drop));
            HEADERS.get() - before
        };
        let filler = [5, 0].repeat(20_000);
        let deep = (1..DEPTH_MAX - 1).fold(filler.clone(), |inner, _| open(tag::SEQUENCE, &[&inner]));
        let siblings = open(tag::SEQUENCE, &[&open(tag::SEQUENCE, &[]).repeat(10_000)]);
        let pieces =
            (1..DEPTH_MAX - 1).fold([4, 0].repeat(10_000), |inner, _| open(tag::OCTET_STRING_PIECES, &[&inner]));
        for bytes in [filler, deep.clone(), siblings, pieces, [0x30, 0x80].repeat(20_000), deep[..30_000].to_vec()] {
            let work = work(&bytes);
            assert!(work <= 3 * DEPTH_MAX * bytes.len() / 2, "{work} headers in {} bytes", bytes.len());
        }
    }

    // Goal: changed bytes are read or refused, and what is read joins to the bytes again. Method: random changes.
    #[test]
    fn changed_bytes_are_read_or_refused() {
        let whole = open(
            tag::SEQUENCE,
            &[
                &seq(&[&[6, 3, 0x55, 4, 3], &[2, 1, 5], &[1, 1, 0xff]]),
                &open(tag::OCTET_STRING_PIECES, &[&[4, 2, 1, 2], &open(tag::OCTET_STRING_PIECES, &[&[4, 1, 3]])]),
                &write(tag::SET, &[&[3, 2, 1, 6], &write(tag::UTC_TIME, &[b"250301100000Z"])]),
                &write(tag::GENERALIZED_TIME, &[b"20250301100000.5Z"]),
            ],
        );
        for seed in 0..20_000 {
            let mut draw = Sequence::new(seed);
            let mut bytes = whole.clone();
            for _ in 0..=draw.len_to(3) {
                let at = draw.len_to(bytes.len() - 1);
                match draw.below(4) {
                    0 => bytes[at] ^= 1 << draw.below(8),
                    1 => bytes[at] = [0, 0x80, 0x84, 0x88, 0xff, 0x24, 0x30, 0x04][draw.len_to(7)],
                    2 => drop(bytes.remove(at)),
                    _ => bytes.insert(at, draw.below(256) as u8),
                }
            }
            let before = HEADERS.get();
            let mut joined = Vec::new();
            if walk(Reader::ber(&bytes), &mut joined).is_ok() {
                assert_eq!(joined, bytes, "seed {seed}");
            }
            if let Ok(element) = ber(&bytes)
                && let Ok(again) = element.to_der()
            {
                assert_eq!(der(&again).unwrap().to_der().unwrap(), again, "seed {seed}");
            }
            let _ = walk(Reader::der(&bytes), &mut Vec::new());
            assert!(HEADERS.get() - before <= 4 * DEPTH_MAX * bytes.len(), "seed {seed}");
        }
    }

    #[test]
    fn integers_have_one_form() {
        let integer = |content: &[u8]| ber(&write(tag::INTEGER, &[content])).unwrap().integer().map(<[u8]>::to_vec);
        for good in [&[0][..], &[0x7f], &[0, 0x80], &[0x80], &[0xff, 0x7f], &[1, 0, 0]] {
            assert_eq!(integer(good).unwrap(), good);
        }
        for bad in [&[][..], &[0, 0x7f], &[0, 0], &[0xff, 0x80], &[0xff, 0xff]] {
            assert!(integer(bad).is_err(), "{bad:?}");
        }
        let number = |content: &[u8]| der(&write(tag::INTEGER, &[content])).unwrap().u64();
        assert_eq!(number(&[0]), Ok(0));
        assert_eq!(number(&[0, 0xff]), Ok(255));
        assert_eq!(number(&[0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]), Ok(u64::MAX));
        assert!(number(&[1, 0, 0, 0, 0, 0, 0, 0, 0]).is_err());
        assert!(number(&[0x80]).is_err() && number(&[0xff]).is_err());
        assert_eq!(der(&[tag::ENUMERATED, 1, 3]).unwrap().u64(), Ok(3));
        assert_eq!(der(&[0x80, 1, 3]).unwrap().u64(), Ok(3), "tagged implicitly");
        assert!(der(&[tag::OCTET_STRING, 1, 3]).unwrap().u64().is_err());
    }

    #[test]
    fn booleans_and_bit_strings_have_one_form_in_der() {
        let boolean = |content: &[u8]| {
            let bytes = write(tag::BOOLEAN, &[content]);
            (der(&bytes).unwrap().boolean().ok(), ber(&bytes).unwrap().boolean().ok())
        };
        assert_eq!(boolean(&[0]), (Some(false), Some(false)));
        assert_eq!(boolean(&[0xff]), (Some(true), Some(true)));
        assert_eq!(boolean(&[1]), (None, Some(true)));
        assert_eq!(boolean(&[]), (None, None));
        assert_eq!(boolean(&[0, 0]), (None, None));

        let bits = |content: &[u8]| {
            let bytes = write(tag::BIT_STRING, &[content]);
            (der(&bytes).unwrap().bit_string().is_ok(), ber(&bytes).unwrap().bit_string().is_ok())
        };
        assert_eq!(der(&[3, 2, 1, 6]).unwrap().bit_string(), Ok((1, &[6][..])));
        for (content, expected) in [
            (&[0][..], (true, true)),
            (&[7, 0x80], (true, true)),
            (&[1, 7], (false, true)),
            (&[8, 0], (false, false)),
            (&[1], (false, false)),
            (&[], (false, false)),
        ] {
            assert_eq!(bits(content), expected, "{content:?}");
        }
    }

    #[test]
    fn object_identifiers_are_read_up_to_their_limit() {
        assert_eq!(der(&[6, 3, 0x55, 0x1d, 0x20]).unwrap().oid().unwrap(), "2.5.29.32");
        assert!(der(&[6, 1, 0x80]).unwrap().oid().is_err());
        assert!(der(&[5, 1, 0x55]).unwrap().oid().is_err());
        assert!(der(&[0x86, 1, 0x55]).unwrap().oid().is_ok(), "tagged implicitly");
        assert!(der(&write(tag::OID, &[&[0x55; OID_BYTES_MAX]])).unwrap().oid().is_ok());
        assert!(der(&write(tag::OID, &[&[0x55; OID_BYTES_MAX + 1]])).unwrap().oid().is_err());
    }

    #[test]
    fn pieces_of_a_string_are_joined() {
        let inner = open(tag::OCTET_STRING_PIECES, &[&[4, 1, 2], &[4, 0]]);
        let pieces = write(tag::OCTET_STRING_PIECES, &[&[4, 1, 1], &inner, &[4, 2, 3, 4]]);
        let element = ber(&pieces).unwrap();
        assert_eq!(element.octets().unwrap(), &[1, 2, 3, 4][..]);
        assert_eq!(element.to_der().unwrap(), [4, 4, 1, 2, 3, 4]);
        let tagged = [&[0xa0], &pieces[1..]].concat();
        assert_eq!(ber(&tagged).unwrap().octets().unwrap(), &[1, 2, 3, 4][..]);
        assert!(der(&tagged).unwrap().octets().is_err(), "DER has one piece");
        assert!(matches!(ber(&[4, 1, 9]).unwrap().octets(), Ok(Cow::Borrowed(&[9]))));
        assert!(ber(&write(tag::OCTET_STRING_PIECES, &[&[2, 1, 1]])).unwrap().octets().is_err());
        assert!(ber(&seq(&[&[4, 1, 1]])).unwrap().octets().is_err());
        assert!(ber(&[2, 1, 1]).unwrap().octets().is_err());
    }

    #[test]
    fn times_are_those_of_rfc_5280() {
        let read = |tag: u8, text: &str| der(&write(tag, &[text.as_bytes()])).unwrap().time().map(|t| t.to_rfc3339());
        let utc = |text: &str| read(tag::UTC_TIME, text);
        let generalized = |text: &str| read(tag::GENERALIZED_TIME, text);
        assert_eq!(utc("491231235959Z").unwrap(), "2049-12-31T23:59:59+00:00");
        assert_eq!(utc("500101000000Z").unwrap(), "1950-01-01T00:00:00+00:00");
        assert_eq!(utc("240229120000Z").unwrap(), "2024-02-29T12:00:00+00:00");
        assert_eq!(generalized("20500101000000Z").unwrap(), "2050-01-01T00:00:00+00:00");
        assert_eq!(generalized("99991231235959Z").unwrap(), "9999-12-31T23:59:59+00:00");
        for bad in [
            "",
            "Z",
            "2501010000Z",
            "250101000000",
            "250101000000+0600",
            "250101000060Z",
            "250101240000Z",
            "250229000000Z",
            "251301000000Z",
            "250100000000Z",
            "2501010000 0Z",
            "250101000000.5Z",
            "+50101000000Z",
            "250101000000ZZ",
        ] {
            assert!(utc(bad).is_err(), "{bad}");
        }
        for bad in ["250101000000Z", "20250101000000", "20250101000000.5Z", "20250101000000+0600", "2025010100Z"] {
            assert!(generalized(bad).is_err(), "{bad}");
        }
        assert!(read(tag::OCTET_STRING, "250101000000Z").is_err());
    }

    // RFC 3161 §2.4.2: genTime with a fraction; X.690 §11.7.
    #[test]
    fn fractions_of_a_second_are_read_where_they_are_asked_for() {
        let bytes = |text: &str| write(tag::GENERALIZED_TIME, &[text.as_bytes()]);
        let read = |text: &str| {
            let bytes = bytes(text);
            (
                der(&bytes).unwrap().time_with_fraction().ok().map(|t| t.timestamp_subsec_nanos()),
                ber(&bytes).unwrap().time_with_fraction().ok().map(|t| t.timestamp_subsec_nanos()),
            )
        };
        assert_eq!(read("20250301100000Z"), (Some(0), Some(0)));
        assert_eq!(read("20250301100000.5Z"), (Some(500_000_000), Some(500_000_000)));
        assert_eq!(read("20250301100000.000000001Z"), (Some(1), Some(1)));
        assert_eq!(read("20250301100000.100Z"), (None, Some(100_000_000)));
        for bad in [".Z", ",5Z", ".0000000001Z", ".5", ".-5Z", ".5 Z"] {
            assert_eq!(read(&format!("20250301100000{bad}")), (None, None), "{bad}");
        }
        let utc = write(tag::UTC_TIME, &[b"250301100000.5Z"]);
        assert!(ber(&utc).unwrap().time_with_fraction().is_err());
    }

    #[test]
    fn what_is_encoded_again_is_der() {
        let set = open(tag::SET, &[&[2, 0x81, 1, 9], &[2, 1, 3], &open(tag::SEQUENCE, &[&[1, 1, 1]])]);
        let expected = write(tag::SET, &[&[2, 1, 3], &[2, 1, 9], &seq(&[&[1, 1, 0xff]])]);
        assert_eq!(ber(&set).unwrap().to_der().unwrap(), expected);
        assert_eq!(der(&expected).unwrap().to_der().unwrap(), expected);
        // A SEQUENCE keeps its order, and what is tagged implicitly its pieces.
        let kept = seq(&[&[2, 1, 9], &[2, 1, 3], &[0xa0, 6, 4, 1, 2, 4, 1, 1]]);
        assert_eq!(ber(&kept).unwrap().to_der().unwrap(), kept);
        assert!(ber(&[0x23, 4, 3, 2, 0, 7]).unwrap().to_der().is_err());
        // X.690 §11.6: a shorter encoding goes first where it is less as padded with zeros.
        let mut parts = vec![vec![4, 2, 0, 0], vec![4, 1, 5], vec![2, 1, 7]];
        sort_set_of(&mut parts);
        assert_eq!(parts, [vec![2, 1, 7], vec![4, 1, 5], vec![4, 2, 0, 0]]);

        let many = |count| seq(&[&[5, 0].repeat(count)]);
        assert!(der(&many(ENCODED_ELEMENTS_MAX - 1)).unwrap().to_der().is_ok());
        assert!(der(&many(ENCODED_ELEMENTS_MAX)).unwrap().to_der().is_err());
    }
}
