//! Streams of a PDF file: where their data lie, and what comes out of them (ISO 32000-1, 7.3.8).
//!
//! A stream is unpacked for its first bytes, when somebody wants them, and to know whether it is a bomb. What one file
//! has met of its limits is kept in [`Limits`].

use super::super::Look;
use super::filters::{Feed, Filter, decoded};
use super::input::{Input, Section, len64};
use super::lexer::{Scanner, Token};
use super::marks::{Marks, of};
use super::objects::{Facts, Kind, Value};
use crate::error::ErrorCode::{FmtBomb, FmtNested};
use std::cell::Cell;
use std::io::{self, BufReader, Read};

/// What one object stream may unpack to. Own bound: writers put 100 or 200 small objects into one.
pub(super) const OBJECT_STREAM_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Output that a ratio is measured over.
const STEP_BYTES: u64 = 1024 * 1024;
/// Output for one byte of input that is suspicious; deflate cannot exceed 1032.
const RATIO_MAX: u64 = 60;
/// The most that deflate makes of one byte.
const DEFLATE_RATIO_MAX: u64 = 1032;
/// Suspicious output of one stream that makes it a bomb. Own bound: an empty page in colour, A4 at 300 dpi, is 26 MiB.
const BOMB_BYTES: u64 = 64 * 1024 * 1024;
/// Output of one file that is unpacked although its ratio is ordinary, to see what follows an ordinary beginning.
const ORDINARY_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Deflate filters one after the other that are undone.
const FLATE_CHAIN_MAX: usize = 3;

/// Where the data of a stream lies, and the scanner after it: by its length when that leads to `endstream`,
/// otherwise by searching that word. The scanner stands after the word `stream`.
pub(super) fn stream_data(scanner: &mut Scanner<'_, '_>, facts: &Facts, marks: &Marks) -> io::Result<(u64, u64)> {
    let start = scanner.stream_start()?;
    let length = match facts.length {
        Some(Value::Int(length)) => Some(length),
        Some(Value::Ref(number)) => match marks.find(number) {
            Some(mark) => {
                scanner.seek(mark.body);
                match scanner.token()? {
                    Token::Int(length) => Some(length),
                    _ => None,
                }
            }
            None => None,
        },
        None => None,
    };
    if let Some(end) = length.and_then(|length| start.checked_add(length)).filter(|&end| end < scanner.input.size) {
        scanner.seek(end);
        if scanner.follows(b"endstream")? {
            return Ok((start, end));
        }
    }
    let end = scanner.search(start, b"endstream")?.unwrap_or(scanner.input.size);
    scanner.seek(end);
    Ok((start, end))
}

/// Limits that a file has met, each with the first object where its number is known.
#[derive(Debug, Default)]
pub(super) struct Limits {
    /// A stream that is a bomb.
    bomb: Option<Option<u32>>,
    /// What is nested too deep.
    pub(super) nested: Option<&'static str>,
    /// An object stream with a filter that is not undone.
    pub(super) unread_objects: Option<Option<u32>>,
    /// The look inside ended at one of its bounds.
    pub(super) too_complex: bool,
    /// Bytes that were unpacked although their ratio is ordinary.
    ordinary_bytes: u64,
}

impl Limits {
    /// Unpacks the data of a stream as far as needed: its first `wanted` bytes, and enough to know a bomb.
    pub(super) fn unpack(
        &mut self,
        input: &mut Input<'_>,
        number: Option<u32>,
        facts: &Facts,
        (start, end): (u64, u64),
        wanted: usize,
    ) -> io::Result<Vec<u8>> {
        let mut filters = facts.filters.clone();
        if facts.filter_elsewhere {
            // A zlib stream tells itself by its header (RFC 1950): only deflate, and a check over both bytes.
            let head = input.bytes_at(start, 2)?;
            if let [method, flags] = head[..]
                && method & 0x0f == 8
                && (u16::from(method) << 8 | u16::from(flags)).is_multiple_of(31)
            {
                filters = vec![Filter::Flate];
            }
        }
        let known = filters.iter().position(|filter| *filter == Filter::Other).unwrap_or(filters.len());
        let unread = known < filters.len() || facts.predictor || facts.filter_elsewhere && filters.is_empty();
        if unread && facts.kind == Kind::ObjectStream {
            self.unread_objects = self.unread_objects.or(Some(number));
        }
        let flates = filters[..known].iter().filter(|filter| **filter == Filter::Flate).count();
        if flates > FLATE_CHAIN_MAX || facts.filters_too_many {
            self.nested = self.nested.or(Some("a stream is compressed again and again"));
            return Ok(Vec::new());
        }
        let length = end.saturating_sub(start);
        let can_explode = flates > 1 || flates == 1 && length.saturating_mul(DEFLATE_RATIO_MAX) > BOMB_BYTES;
        if wanted == 0 && !can_explode {
            return Ok(Vec::new());
        }
        let used = Cell::new(0);
        let mut out = Vec::new();
        let mut total = 0u64;
        let mut suspicious = 0u64;
        let mut step = (0, 0);
        let mut chunk = [0; 32 * 1024];
        let section = BufReader::with_capacity(16 * 1024, Section::new(input, start, end));
        let mut reader = decoded(Feed::new(section, &used), &filters[..known]);
        // A stream that is broken ends where it breaks: drawing programs show what came before.
        while let Ok(read @ 1..) = reader.read(&mut chunk) {
            let room = wanted - out.len();
            out.extend_from_slice(&chunk[..read.min(room)]);
            total += len64(read);
            if total - step.0 >= STEP_BYTES {
                let dense = total - step.0 > used.get().saturating_sub(step.1).saturating_mul(RATIO_MAX);
                if dense {
                    suspicious += total - step.0;
                } else {
                    self.ordinary_bytes += total - step.0;
                }
                step = (total, used.get());
                if suspicious > BOMB_BYTES {
                    self.bomb = self.bomb.or(Some(number));
                    break;
                }
                let enough =
                    out.len() == wanted && (!can_explode || !dense && self.ordinary_bytes > ORDINARY_BYTES_MAX);
                if enough {
                    break;
                }
            }
        }
        drop(reader);
        input.spend(total);
        if let Some(error) = input.failed.take() {
            return Err(error);
        }
        if facts.kind == Kind::ObjectStream && total > len64(OBJECT_STREAM_BYTES_MAX) {
            self.too_complex = true;
        }
        Ok(out)
    }

    /// Puts the findings down that are about size and depth.
    pub(super) fn report(&self, look: &mut Look) {
        if let Some(number) = self.bomb {
            let mib = BOMB_BYTES / (1024 * 1024);
            let detail = format!("the stream{} grows more than {RATIO_MAX} times, past {mib} MiB", of(number));
            look.find(FmtBomb, "", detail);
        }
        if let Some(what) = self.nested {
            look.find(FmtNested, "", what);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::made::{assert_codes, deflate, document, noise, stream, zeros};
    use crate::error::ErrorCode::{FmtBomb, FmtEmbedded, FmtNested};
    use flate2::Compression;
    use flate2::write::ZlibEncoder;
    use std::io::Write;

    #[test]
    fn bombs_are_found_and_large_pages_are_not() {
        let packed = |entries: &str, data: &[u8]| document("", &[stream(entries, data)]);
        let one = "/Filter/FlateDecode";
        assert_codes(&packed(one, &zeros(60)), &[]);
        assert_codes(&packed(one, &zeros(70)), &[FmtBomb]);
        assert_codes(&packed("/Filter[/FlateDecode/FlateDecode]", &deflate(&zeros(70))), &[FmtBomb]);
        assert_codes(&packed("/Filter[/Fl/Fl/Fl/Fl]", &deflate(&zeros(70))), &[FmtNested]);
        assert_codes(&packed("/Filter/DCTDecode", &zeros(70)), &[]);
        // An ordinary beginning hides nothing.
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&noise(3 * 1024 * 1024)).unwrap();
        (0..70).for_each(|_| encoder.write_all(&[0; 1024 * 1024]).unwrap());
        assert_codes(&packed(one, &encoder.finish().unwrap()), &[FmtBomb]);
    }

    #[test]
    fn the_length_of_a_stream_may_stand_elsewhere_or_be_wrong() {
        let script = b"5 0 obj\n<</S/JavaScript>>";
        let with = |length: &str| {
            let data = format!("<</Type/EmbeddedFile/Length {length}>>stream\r\n").into_bytes();
            let object = [&data[..], script, b"\r\nendstream"].concat();
            document("", &[object, format!("{}", script.len()).into_bytes()])
        };
        for length in ["5 0 R", "3", "99999", "77 0 R"] {
            assert_codes(&with(length), &[FmtEmbedded]);
        }
    }
}
