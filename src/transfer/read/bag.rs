//! The files by which a bag says what it is: BagIt 1.0 (RFC 8493), and 0.97 for reading.
//!
//! Everything here is text that somebody else wrote, and is read line by line. A manifest is written by one program in
//! one form: a line with other separators, other letter case or another end than the first is a changed byte, and the
//! tag manifests, which nothing else covers, show it by that alone.
//!
//! It opens no file and compares nothing: see [`check`](super::check).

use super::source::safe;
use crate::limits::PATH_BYTES_MAX;
use crate::verify::alg::DigestAlgorithm;
use std::io::{self, BufRead, Read};

/// The declaration.
pub const DECLARATION: &str = "bagit.txt";
/// What the bag says of itself.
pub const INFO: &str = "bag-info.txt";
/// What would have to be fetched; a package that has it is not whole.
pub const FETCH: &str = "fetch.txt";
/// The payload lies here.
pub const DATA: &str = "data/";
/// What a bag of that form says of itself, each once.
pub const PROFILE_TAGS: [&str; 7] = [
    "BagIt-Profile-Identifier",
    "Source-Organization",
    "External-Identifier",
    "Internal-Sender-Identifier",
    "Bagging-Date",
    "Bag-Software-Agent",
    "Payload-Oxum",
];
/// The manifests that a bag of that form has, of payload and tag files.
pub const PROFILE_ALGORITHMS: [&str; 2] = ["sha256", "sha512"];
/// Manifests of a bag that are read. Own bound: one for each algorithm that there is, of payload and tag files.
pub const MANIFESTS_MAX: usize = 32;
/// Bytes of the declaration that are read: two short lines.
pub const DECLARATION_BYTES_MAX: u64 = 1024;
/// Bytes of `bag-info.txt` that are read. Own bound: titles of inventories are some KiB.
pub const INFO_BYTES_MAX: u64 = 1024 * 1024;
/// Bytes of a line of a manifest: a digest, and a path whose every byte may be written as three.
const LINE_BYTES_MAX: usize = 256 + 3 * PATH_BYTES_MAX;

/// What is wrong with a text: its line, from 1, and what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The line.
    pub line: u64,
    /// What, in technical English.
    pub what: &'static str,
}

/// Which digests a manifest has, and of what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestName {
    /// Of tag files and not of the payload.
    pub is_tag: bool,
    /// The name of the algorithm as it is written there.
    pub algorithm: String,
}

impl ManifestName {
    /// Reads the name of a file at the top of a bag; none when it is no manifest.
    pub fn of(path: &str) -> Option<Self> {
        let stem = path.strip_suffix(".txt")?;
        let (is_tag, algorithm) = match stem.strip_prefix("tagmanifest-") {
            Some(algorithm) => (true, algorithm),
            None => (false, stem.strip_prefix("manifest-")?),
        };
        let is_name = !algorithm.is_empty() && algorithm.bytes().all(|byte| byte.is_ascii_alphanumeric());
        is_name.then(|| Self { is_tag, algorithm: algorithm.to_owned() })
    }

    /// The algorithm, when it is one that is judged. RFC 8493 §2.4: lower case, without what is no letter or digit.
    pub fn known(&self) -> Option<DigestAlgorithm> {
        match self.algorithm.as_str() {
            "sha1" => Some(DigestAlgorithm::Sha1),
            "sha224" => Some(DigestAlgorithm::Sha224),
            "sha256" => Some(DigestAlgorithm::Sha256),
            "sha384" => Some(DigestAlgorithm::Sha384),
            "sha512" => Some(DigestAlgorithm::Sha512),
            _ => None,
        }
    }
}

/// Reads the declaration; gives the version.
///
/// # Errors
///
/// What is wrong with it: RFC 8493 §2.1.1 leaves no choice, so every byte counts.
pub fn declaration(bytes: &[u8]) -> Result<(u32, u32), &'static str> {
    let text = std::str::from_utf8(bytes).map_err(|_| "not UTF-8")?;
    let mut lines = text.lines();
    let (first, second) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    if lines.next().is_some() {
        return Err("more than two lines");
    }
    let version = match first.strip_prefix("BagIt-Version: ") {
        Some("1.0") => (1, 0),
        Some("0.97") => (0, 97),
        Some(_) => return Err("a version of BagIt that is not read: 1.0 and 0.97 are"),
        None => return Err("the first line is not the version of BagIt"),
    };
    if second != "Tag-File-Character-Encoding: UTF-8" {
        return Err("the second line is not the encoding UTF-8");
    }
    Ok(version)
}

/// Reads `bag-info.txt`: labels with values in their order, lines that go on joined with one space.
///
/// # Errors
///
/// The first line that has not its form.
pub fn info(text: &str) -> Result<Vec<(String, String)>, Fault> {
    let mut fields: Vec<(String, String)> = Vec::new();
    // A file that was made by hand may begin with a mark of its encoding.
    for (number, line) in (1..).zip(text.strip_prefix('\u{feff}').unwrap_or(text).lines()) {
        let line = line.trim_end_matches('\r');
        if line.starts_with([' ', '\t']) {
            let Some((_, value)) = fields.last_mut() else {
                return Err(Fault { line: number, what: "a line that goes on, and nothing before it" });
            };
            value.push(' ');
            value.push_str(line.trim_matches([' ', '\t']));
        } else if let Some((label, value)) = line.split_once(':').filter(|(label, _)| !label.trim().is_empty()) {
            fields.push((label.trim().to_owned(), value.trim_matches([' ', '\t']).to_owned()));
        } else if !line.trim().is_empty() {
            return Err(Fault { line: number, what: "no label with a colon" });
        }
    }
    Ok(fields)
}

/// The sum of the payload as `Payload-Oxum` says it: bytes and files.
pub fn oxum(value: &str) -> Option<(u64, u64)> {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (bytes, files) = value.split_once('.').filter(|(bytes, files)| is_number(bytes) && is_number(files))?;
    Some((bytes.parse().ok()?, files.parse().ok()?))
}

/// The form that all lines of a manifest have.
#[derive(Clone, Default, PartialEq, Eq)]
struct Form {
    separator: Option<Vec<u8>>,
    end: Option<&'static [u8]>,
    is_upper: Option<bool>,
}

/// A manifest, line by line.
pub struct Lines<R> {
    reader: R,
    algorithm: Option<DigestAlgorithm>,
    line: u64,
    form: Form,
    buffer: Vec<u8>,
}

/// A line of a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its number, from 1.
    pub line: u64,
    /// The digest.
    pub digest: Vec<u8>,
    /// The path, its percent signs resolved.
    pub path: String,
}

impl<R: BufRead> Lines<R> {
    /// A manifest of digests by `algorithm`; none: one that is not known, whose paths are read all the same.
    pub fn new(reader: R, algorithm: Option<DigestAlgorithm>) -> Self {
        Self { reader, algorithm, line: 0, form: Form::default(), buffer: Vec::new() }
    }

    /// The next line; none at the end.
    ///
    /// # Errors
    ///
    /// When the stream fails. What is wrong with a line is in the answer; the next one can be read.
    pub fn read(&mut self) -> io::Result<Option<Result<Line, Fault>>> {
        self.buffer.clear();
        let max = u64::try_from(LINE_BYTES_MAX).unwrap_or(u64::MAX);
        let read = (&mut self.reader).take(max).read_until(b'\n', &mut self.buffer)?;
        if read == 0 {
            return Ok(None);
        }
        self.line += 1;
        let is_cut = read == LINE_BYTES_MAX && self.buffer.last() != Some(&b'\n');
        if is_cut {
            self.skip()?;
        }
        let line = std::mem::take(&mut self.buffer);
        let parsed = if is_cut { Err("a line that is too long") } else { self.parse(&line) };
        let number = self.line;
        self.buffer = line;
        Ok(Some(
            parsed
                .map(|(digest, path)| Line { line: number, digest, path })
                .map_err(|what| Fault { line: number, what }),
        ))
    }

    /// Reads what is left of a line that is too long.
    fn skip(&mut self) -> io::Result<()> {
        loop {
            let bytes = self.reader.fill_buf()?;
            let (used, is_end) = match bytes.iter().position(|byte| *byte == b'\n') {
                Some(at) => (at + 1, true),
                None => (bytes.len(), bytes.is_empty()),
            };
            self.reader.consume(used);
            if is_end {
                return Ok(());
            }
        }
    }

    fn parse(&mut self, line: &[u8]) -> Result<(Vec<u8>, String), &'static str> {
        let (line, end): (&[u8], &'static [u8]) = match line {
            [line @ .., b'\r', b'\n'] => (line, b"\r\n"),
            [line @ .., b'\n'] => (line, b"\n"),
            _ => return Err("the last line has no end"),
        };
        let digits = line.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
        let (digits, rest) = line.split_at(digits);
        let separator = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let (separator, path) = rest.split_at(separator);
        let Ok(digest) = hex::decode(digits) else { return Err("no digest") };
        let is_long_enough = self.algorithm.map_or(!digest.is_empty(), |algorithm| digest.len() == algorithm.octets());
        if !is_long_enough || separator.is_empty() {
            return Err("no digest of the length that the manifest has");
        }
        let is_upper = match (digits.iter().any(u8::is_ascii_uppercase), digits.iter().any(u8::is_ascii_lowercase)) {
            (true, true) => return Err("a digest in both letter cases: a byte was changed"),
            (true, false) => Some(true),
            (false, true) => Some(false),
            (false, false) => None,
        };
        let form = Form { separator: Some(separator.to_vec()), end: Some(end), is_upper };
        let known = &mut self.form;
        let is_same = known.separator.get_or_insert_with(|| separator.to_vec()) == separator
            && **known.end.get_or_insert(end) == *end
            && form.is_upper.is_none_or(|upper| *known.is_upper.get_or_insert(upper) == upper);
        if !is_same {
            return Err("a line of another form than those before it: a byte was changed");
        }
        let path = std::str::from_utf8(path).map_err(|_| "a path that is not UTF-8")?;
        let path = decoded(path);
        safe(&path)?;
        Ok((digest, path))
    }
}

/// A path of a manifest without its percent signs. RFC 8493 §2.1.3: LF, CR and the percent sign are written so, and
/// nothing else.
fn decoded(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        let code = rest.get(at + 1..at + 3).map(str::to_ascii_uppercase);
        let (sign, used) = match code.as_deref() {
            Some("0A") => ('\n', 3),
            Some("0D") => ('\r', 3),
            Some("25") => ('%', 3),
            // Programs write other names as they are.
            _ => ('%', 1),
        };
        out.push(sign);
        rest = &rest[at + used..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    fn lines(text: &str) -> Vec<Result<Line, Fault>> {
        let mut lines = Lines::new(text.as_bytes(), Some(DigestAlgorithm::Sha256));
        std::iter::from_fn(|| lines.read().unwrap()).collect()
    }

    #[test]
    fn a_declaration_has_two_lines() {
        let good = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";
        assert_eq!(declaration(good.as_bytes()), Ok((1, 0)));
        assert_eq!(declaration(good.replace("1.0", "0.97").as_bytes()), Ok((0, 97)));
        for bad in [
            good.replace("1.0", "2.0"),
            good.replace("UTF-8", "UTF-16"),
            good.replace(": 1", ":1"),
            format!("{good}\n"),
            String::new(),
        ] {
            assert!(declaration(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn folded_lines_are_one_value() {
        let fields = info("A: b\r\n c\n\td \nE:f: g\n").unwrap();
        let wanted = [("A", "b c d"), ("E", "f: g")].map(|(a, b)| (a.to_owned(), b.to_owned()));
        assert_eq!(fields, wanted);
        assert_eq!(info("A: b\nno label\n").unwrap_err().line, 2);
        assert_eq!(info(" b\n").unwrap_err().line, 1);
        assert_eq!(oxum("12.3"), Some((12, 3)));
        for bad in ["12", "12.", ".3", "+1.3", "1.2.3", "99999999999999999999.1"] {
            assert_eq!(oxum(bad), None, "{bad}");
        }
    }

    #[test]
    fn names_of_manifests() {
        assert!(ManifestName::of("manifest-sha512.txt").unwrap().known().is_some());
        assert!(ManifestName::of("tagmanifest-sha256.txt").unwrap().is_tag);
        assert!(ManifestName::of("manifest-md5.txt").unwrap().known().is_none());
        for none in ["manifest.txt", "manifest-.txt", "manifest-sha256.text", "Manifest-sha256.txt"] {
            assert_eq!(ManifestName::of(none), None, "{none}");
        }
    }

    #[test]
    fn lines_are_read_strictly() {
        let read = lines(&format!("{A}  data/a b%0a%25%41\n"));
        assert!(read[0].as_ref().is_err(), "a line feed in a name is not shown");
        let read = lines(&format!("{A}  data/a b%25%41\n{A}  data/c\n"));
        assert_eq!(read[0].as_ref().unwrap().path, "data/a b%%41");
        assert_eq!(read[1].as_ref().unwrap().line, 2);
        let upper = A.to_uppercase();
        let mixed = A.replacen('b', "B", 1);
        for (bad, at) in [
            (format!("{A}  data/../a\n"), 0),
            (format!("{A}  /data/a\n"), 0),
            (format!("{A}  data/a"), 0),
            (format!("{A}data/a\n"), 0),
            (format!("{mixed}  data/a\n"), 0),
            (format!("{}  data/a\n", &A[2..]), 0),
            (format!("{A}  data/a\n{A} data/b\n"), 1),
            (format!("{A}  data/a\n{A} \tdata/b\n"), 1),
            (format!("{A}  data/a\n{upper}  data/b\n"), 1),
            (format!("{A}  data/a\n{A}  data/b\r\n"), 1),
            (format!("{A}  data/a\n\n"), 1),
            (format!("{A}  {}\n", "x".repeat(LINE_BYTES_MAX)), 0),
        ] {
            let read = lines(&bad);
            assert!(read[..at].iter().all(Result::is_ok) && read[at].is_err(), "{bad}");
        }
    }

    #[test]
    fn what_follows_a_line_that_is_too_long_is_read() {
        let read = lines(&format!("{A}  {}\n{A}  data/b\n", "x".repeat(3 * LINE_BYTES_MAX)));
        assert!(read[0].is_err());
        assert_eq!(read[1].as_ref().unwrap().path, "data/b");
    }
}
