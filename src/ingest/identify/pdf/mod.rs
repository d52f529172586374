//! PDF: its version, its conformance and what in it matters to an archive (ISO 32000-1 and -2, ISO 19005).
//!
//! The look goes over the file three times: the raw bytes for the marks of objects, the end for the way into the
//! file, and every object once for what it holds. Object streams are unpacked and their objects looked at too, as
//! scripts are hidden there.
//!
//! Here the objects are put together to what they say of the file. One object is read by
//! [`objects`](objects) from the tokens of [`lexer`](super::lexer), its stream by
//! [`streams`](streams). The way into the file is in [`xref`](super::xref), what stands around
//! it in [`foreign`](foreign), and what the format is called in [`standards`].
//!
//! Invariants
//!   - An object is looked at wherever it stands, also one inside a string, a comment or the data of a stream.
//!   - Nothing of an encrypted file is unpacked: it would be noise.
//!   - Memory is bounded by the number of objects and by one object stream; work by the budget.
//!
//! It does not check that pages can be drawn, and it does not undo LZW and the filters of images.

mod filters;
mod foreign;
mod input;
mod lexer;
mod marks;
mod objects;
mod standards;
mod streams;
mod tree;
mod xref;

use super::{Budget, Format, Look, Source};
use crate::error::ErrorCode::{FmtActive, FmtDamaged, FmtEmbedded, FmtEncrypted, FmtOdd, FmtTooComplex};
use foreign::{HEADER_BYTES, find_before_header};
use input::{Input, len64};
use lexer::{Scanner, Short, Token};
use marks::{Mark, Marks, OBJECTS_MAX, marks, of};
use memchr::memmem;
use objects::{Facts, Kind, OUTWARD_AT_OPENING, version};
use standards::Claim;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io::{self, Cursor};
use streams::{Limits, OBJECT_STREAM_BYTES_MAX, stream_data};
use tree::Tree;
use xref::End;

/// What is read of metadata and of a form. Own bound: metadata with a preview image are a few hundred KiB.
const TEXT_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Bytes walked in objects that lie inside others or have no end. Own bound: the size of the largest content, as
/// such an object can be an attached PDF; else there are none in a sound file.
const AGAIN_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Looks into a PDF file of `size` bytes.
///
/// No format is found when no header is. Fails only when `source` does; damage is a finding.
pub(super) fn look(source: &mut dyn Source, size: u64, work: &mut Budget) -> io::Result<Look> {
    let mut look = Look::default();
    let mut input = Input::new(source, size, work);
    let head = input.bytes_at(0, HEADER_BYTES)?;
    let Some(header) = memmem::find(&head, b"%PDF-") else { return Ok(look) };
    find_before_header(&head[..header], &mut look);
    let stated = head.get(header + 5..header + 8).and_then(version);

    let marks = marks(&mut input)?;
    let mut scanner = Scanner::new(&mut input);
    let end = End::read(&mut scanner, &marks, len64(header), &mut look)?;
    let mut survey = Survey {
        encrypted: end.encrypted.unwrap_or(false),
        encryption_known: end.encrypted.is_some(),
        ..Survey::default()
    };
    survey.objects(&mut scanner, &marks)?;
    survey.form(&mut scanner, &marks)?;
    survey.resolve_kids(&mut scanner, &marks)?;
    survey.report(&marks, size, &mut look);
    if input.spent || marks.too_many || survey.limits.too_complex {
        look.find(FmtTooComplex, "", "the look inside ended at its work limit");
    }
    look.format = Some(survey.format(stated, &mut look));
    Ok(look)
}

/// What the objects of a file show, all together.
#[derive(Debug, Default)]
struct Survey {
    encrypted: bool,
    /// Whether that is certain, so that a cross-reference stream met on the way does not change it.
    encryption_known: bool,
    /// Objects in object streams.
    packed_count: usize,
    catalog: bool,
    /// The latest `/Version` of a catalog.
    version: Option<(u8, u8)>,
    /// The metadata of the latest catalog.
    metadata: Option<u32>,
    /// What metadata say, by their object.
    claims: BTreeMap<u32, Claim>,
    portfolio: bool,
    exchange: Vec<Short>,
    /// Kinds of active content, each with the first object it was met in.
    active: Vec<(&'static str, Option<u32>)>,
    embedded: Option<(&'static str, Option<u32>)>,
    open_action: Option<u32>,
    /// Actions that reach out of the document.
    outward: Vec<u32>,
    xfa: bool,
    xfa_parts: Vec<u32>,
    tree: Tree,
    /// Nodes whose children are listed in another object.
    kids_elsewhere: Vec<(u32, u32)>,
    /// Length of a linearised file.
    file_length: Option<u64>,
    lost_objects: Option<Option<u32>>,
    again_bytes: u64,
    limits: Limits,
}

/// Where an object was met.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Among the objects of the file, or in an object stream there.
    Open,
    /// Inside another object, where only a cross-reference table could lead to.
    Hidden,
}

impl Survey {
    /// Looks at every object.
    fn objects(&mut self, scanner: &mut Scanner<'_, '_>, marks: &Marks) -> io::Result<()> {
        // The end of the last object, and of the last attachment.
        let (mut end, mut opaque_end) = (0, 0);
        for mark in &marks.objects {
            if scanner.input.spent || self.limits.too_complex {
                break;
            }
            // A PDF that is attached without compression has objects of its own.
            if mark.start < opaque_end {
                continue;
            }
            let place = if mark.start < end { Place::Hidden } else { Place::Open };
            scanner.seek(mark.body);
            let facts = Facts::walk(scanner)?;
            if facts.stream {
                self.stream(scanner, marks, mark, &facts, place)?;
            }
            let after = scanner.at();
            if place == Place::Hidden || !facts.whole {
                // Bytes like these are walked more than once.
                self.again_bytes += after.saturating_sub(mark.body);
                self.limits.too_complex |= self.again_bytes > AGAIN_BYTES_MAX;
            }
            if place == Place::Open && facts.whole && mark.number.is_some() {
                end = after;
                if facts.kind == Kind::EmbeddedFile {
                    opaque_end = after;
                }
            }
            self.add(facts, mark.number, place);
        }
        Ok(())
    }

    /// Looks at the stream of an object; the scanner stands after it then.
    fn stream(
        &mut self,
        scanner: &mut Scanner<'_, '_>,
        marks: &Marks,
        mark: &Mark,
        facts: &Facts,
        place: Place,
    ) -> io::Result<()> {
        let (start, end) = stream_data(scanner, facts, marks)?;
        let after = scanner.at();
        if facts.kind == Kind::CrossReference && !self.encryption_known {
            self.encrypted |= facts.encrypt;
        }
        let wanted = match facts.kind {
            Kind::ObjectStream if !self.encrypted => OBJECT_STREAM_BYTES_MAX,
            Kind::Metadata if !self.encrypted || facts.filters.is_empty() => TEXT_BYTES_MAX,
            _ => 0,
        };
        if wanted > 0 || !self.encrypted {
            let data = self.limits.unpack(scanner.input, mark.number, facts, (start, end), wanted)?;
            match facts.kind {
                Kind::ObjectStream if !self.encrypted => {
                    self.packed(scanner.input.work, mark.number, facts, data, place)?;
                }
                Kind::Metadata => {
                    if let Some(claim) = Claim::read(&data) {
                        self.claims.insert(mark.number.unwrap_or(0), claim);
                    }
                }
                _ => {}
            }
        }
        scanner.seek(after);
        Ok(())
    }

    /// Looks at the objects of an object stream (7.5.7).
    fn packed(
        &mut self,
        work: &mut Budget,
        number: Option<u32>,
        facts: &Facts,
        data: Vec<u8>,
        place: Place,
    ) -> io::Result<()> {
        let size = len64(data.len());
        if data.is_empty() && facts.count != Some(0) && self.limits.unread_objects.is_none() {
            self.lost_objects = self.lost_objects.or(Some(number));
            return Ok(());
        }
        let mut source = Cursor::new(data);
        let mut input = Input::new(&mut source, size, work);
        let mut scanner = Scanner::new(&mut input);
        let first = facts.first.unwrap_or(0);
        let mut places = Vec::new();
        for _ in 0..facts.count.unwrap_or(0) {
            let (Token::Int(number), Token::Int(at)) = (scanner.token()?, scanner.token()?) else { break };
            if self.packed_count == OBJECTS_MAX {
                self.limits.too_complex = true;
                break;
            }
            self.packed_count += 1;
            places.push((first.saturating_add(at), u32::try_from(number).ok()));
        }
        // Objects that lie in each other would be walked many times.
        let mut walked = 0;
        for (at, number) in places {
            scanner.seek(at);
            let facts = Facts::walk(&mut scanner)?;
            walked += scanner.at().saturating_sub(at);
            self.add(facts, number, place);
            if walked > size.saturating_mul(2) {
                self.limits.too_complex = true;
                break;
            }
        }
        self.limits.too_complex |= input.spent;
        Ok(())
    }

    /// Adds what one object says.
    fn add(&mut self, facts: Facts, number: Option<u32>, place: Place) {
        for what in &facts.active {
            if !self.active.iter().any(|(known, _)| known == what) {
                self.active.push((what, number));
            }
        }
        if let Some(what) = facts.embedded {
            self.embedded = self.embedded.or(Some((what, number)));
        }
        if facts.too_deep {
            self.limits.nested =
                self.limits.nested.or(Some("an object has too many dictionaries or arrays in each other"));
        }
        if facts.xfa {
            self.xfa = true;
            self.xfa_parts.extend(facts.xfa_parts.iter().take(OBJECTS_MAX - self.xfa_parts.len().min(OBJECTS_MAX)));
        }
        if let Some(number) = number.filter(|_| facts.reaches_out) {
            self.outward.push(number);
        }
        if place == Place::Hidden {
            return;
        }
        if facts.kind == Kind::Catalog {
            self.catalog = true;
            self.version = self.version.max(facts.version);
            self.metadata = facts.metadata.or(self.metadata);
            self.open_action = facts.open_action;
            self.portfolio |= facts.collection;
            if facts.collection {
                self.embedded = self.embedded.or(Some(("a collection of files", number)));
            }
        }
        if facts.linearized && self.file_length.is_none() {
            self.file_length = facts.file_length;
        }
        for claim in facts.exchange {
            if !self.exchange.contains(&claim) && self.exchange.len() < 8 {
                self.exchange.push(claim);
            }
        }
        let Some(number) = number else { return };
        if let Some(list) = facts.kids_elsewhere {
            self.kids_elsewhere.push((number, list));
        }
        let parent = facts.parent.filter(|_| facts.kind == Kind::Pages);
        self.limits.too_complex |= !self.tree.put(number, facts.kids, parent);
    }

    /// Looks for scripts in the parts of a form (ISO 32000-1, 12.7.8).
    fn form(&mut self, scanner: &mut Scanner<'_, '_>, marks: &Marks) -> io::Result<()> {
        let parts = std::mem::take(&mut self.xfa_parts);
        let mut unread = self.xfa && (self.encrypted || parts.is_empty());
        for number in parts.into_iter().take(64) {
            if self.encrypted || scanner.input.spent {
                break;
            }
            let Some(mark) = marks.find(number) else {
                unread = true;
                continue;
            };
            scanner.seek(mark.body);
            let facts = Facts::walk(scanner)?;
            if !facts.stream {
                unread = true;
                continue;
            }
            let data = stream_data(scanner, &facts, marks)?;
            let text = self.limits.unpack(scanner.input, Some(number), &facts, data, TEXT_BYTES_MAX)?;
            if memmem::find(&text, b"<script").is_some() || memmem::find(&text, b":script").is_some() {
                self.active.push(("scripts in an XFA form", Some(number)));
                return Ok(());
            }
        }
        if unread {
            self.active.push(("an XFA form that cannot be looked into", None));
        }
        Ok(())
    }

    /// Reads lists of children that nodes give by reference.
    fn resolve_kids(&mut self, scanner: &mut Scanner<'_, '_>, marks: &Marks) -> io::Result<()> {
        // A list that many nodes name is read once.
        let mut lists: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for (node, list) in std::mem::take(&mut self.kids_elsewhere) {
            let Some(mark) = marks.find(list).filter(|_| !scanner.input.spent) else { continue };
            if let Entry::Vacant(vacant) = lists.entry(list) {
                scanner.seek(mark.body);
                vacant.insert(Facts::walk(scanner)?.array);
            }
            if !self.tree.put(node, lists[&list].clone(), None) {
                self.limits.too_complex = true;
                break;
            }
        }
        Ok(())
    }

    /// Puts the findings down.
    fn report(&mut self, marks: &Marks, size: u64, look: &mut Look) {
        if self.encrypted {
            look.find(FmtEncrypted, "", "the trailer names an encryption dictionary");
        } else if !self.catalog && !self.limits.too_complex && self.limits.unread_objects.is_none() {
            look.find(FmtDamaged, "", "no document catalog");
        }
        if let Some(stated) = self.file_length.filter(|&stated| stated > size) {
            look.find(FmtOdd, "", format!("{size} bytes, but linearised with {stated}"));
        }
        if let Some(number) = self.lost_objects {
            look.find(FmtDamaged, "", format!("the object stream{} cannot be unpacked", of(number)));
        }
        if let Some(number) = self.limits.unread_objects {
            look.find(FmtTooComplex, "", format!("the object stream{} has a filter that is not undone", of(number)));
        }
        if let Some(number) = self.open_action.filter(|number| self.outward.contains(number)) {
            self.active.push((OUTWARD_AT_OPENING, Some(number)));
        }
        if !self.active.is_empty() {
            let kinds = self.active.iter().map(|(what, number)| format!("{what}{}", of(*number)));
            look.find(FmtActive, "", kinds.collect::<Vec<_>>().join("; "));
        }
        if let Some((what, number)) = self.embedded {
            look.find(FmtEmbedded, "", format!("{what}{}", of(number)));
        }
        self.limits.report(look);
        self.tree.report(look);
        if marks.objects.is_empty() {
            look.find(FmtDamaged, "", "no object");
        }
    }

    /// The format by what the objects say, and by the version that the header has.
    fn format(&self, stated: Option<(u8, u8)>, look: &mut Look) -> Format {
        // 7.5.2: the catalog's version counts when it is the later one.
        let version = stated.max(self.version);
        let claim = self.metadata.and_then(|number| self.claims.get(&number)).or_else(|| self.claims.values().last());
        standards::format(version, claim.copied(), &self.exchange, self.portfolio, look)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use made::{assert_codes, deflate, document, look_at, noise, object_stream, puid, stream, zeros};
    use std::io::Read;

    #[test]
    fn the_later_of_both_versions_counts() {
        assert_eq!(puid(&document("/Version/1.7", &[])), Some("fmt/276"));
        assert_eq!(puid(&document("/Version/1.2", &[])), Some("fmt/18"));
    }

    #[test]
    fn without_a_header_there_is_no_format() {
        assert_eq!(look_at(b"\n").format, None);
        assert_eq!(look_at(b"").format, None);
        let mut late = vec![b' '; HEADER_BYTES];
        late.extend(document("", &[]));
        assert_eq!(look_at(&late).format, None);
    }

    #[test]
    fn the_metadata_of_the_catalog_count() {
        let of_image = stream("/Type/Metadata", b"pdfaid:part='2' pdfaid:conformance='A'");
        let of_file = stream("/Type/Metadata", b"pdfaid:part='1' pdfaid:conformance='A'");
        assert_eq!(puid(&document("/Metadata 4 0 R", &[of_file, of_image])), Some("fmt/95"));
    }

    #[test]
    fn forms_are_searched_for_scripts() {
        let form = "/AcroForm<</XFA[(preamble)4 0 R(template)5 0 R]>>";
        let plain = stream("", b"<xdp:xdp>");
        for (template, codes) in [("<template><field/></template>", &[][..]), ("<t><script>x</script>", &[FmtActive])] {
            let packed = stream("/Filter/FlateDecode", &deflate(template.as_bytes()));
            assert_codes(&document(form, &[plain.clone(), packed]), codes);
        }
    }

    #[test]
    fn scripts_in_object_streams_are_found() {
        let script = "<</S/JavaScript/JS(x)>>";
        let hex = |data: &[u8]| format!("{}>", hex::encode(deflate(data))).into_bytes();
        for packed in [
            object_stream("", script, <[u8]>::to_vec),
            object_stream("/Filter/FlateDecode", script, deflate),
            object_stream("/Filter 8 0 R", script, deflate),
            object_stream("/Filter[/Fl/Fl]", script, |data| deflate(&deflate(data))),
            object_stream("/Filter[/ASCIIHexDecode/FlateDecode]", script, hex),
            stream("/Type/Potato/N 1/First 4/Filter/FlateDecode", &deflate(format!("9 0 {script}").as_bytes())),
        ] {
            assert_codes(&document("", &[packed]), &[FmtActive]);
        }
        let harmless = object_stream("/Filter/FlateDecode", "<</S/GoTo>>", deflate);
        assert_codes(&document("", &[harmless]), &[]);
        assert_codes(&document("", &[object_stream("/Filter/LZWDecode", script, deflate)]), &[FmtTooComplex]);
        assert_codes(&document("", &[object_stream("/Filter/FlateDecode", script, |_| vec![7; 9])]), &[FmtDamaged]);
    }

    #[test]
    fn objects_hidden_in_other_objects_are_looked_at() {
        let script = "7 0 obj<</S/JavaScript/JS(x)>>endobj";
        for object in [
            format!("({script})").into_bytes(),
            format!("% {script}\n<<>>").into_bytes(),
            stream("", script.as_bytes()),
            format!("(never closed {script}").into_bytes(),
        ] {
            assert_codes(&document("", &[object]), &[FmtActive]);
        }
        // But not in an attachment, which is a file of its own.
        assert_codes(&document("", &[stream("/Type/EmbeddedFile", script.as_bytes())]), &[FmtEmbedded]);
    }

    #[test]
    fn prose_about_objects_is_no_object() {
        let bytes = document("", &[b"% this object is an obj like other objects\n<</A 1>>".to_vec()]);
        assert_codes(&bytes, &[]);
    }

    #[test]
    fn work_ends_with_the_budget() {
        let mut budget = Budget::default();
        assert!(budget.spend(super::super::WORK_BYTES_MAX - 2000));
        let bytes = document("", &[stream("", &noise(9000))]);
        let look = look(&mut Cursor::new(&bytes), len64(bytes.len()), &mut budget).unwrap();
        assert!(look.findings.iter().any(|finding| finding.code == FmtTooComplex), "{:?}", look.findings);
    }

    #[test]
    fn changed_bytes_never_panic() {
        let script = object_stream("/Filter/FlateDecode", "<</S/JavaScript/JS(x)>>", deflate);
        let whole = document("/Metadata 5 0 R", &[script, stream("/Type/Metadata", b"pdfaid:part='1'")]);
        for place in 0..whole.len() {
            for byte in [0, b'(', b'<', b'>', b'9', b'/', 0xff] {
                let mut bytes = whole.clone();
                bytes[place] = byte;
                look_at(&bytes);
            }
        }
    }

    #[test]
    fn errors_of_the_source_are_given_back() {
        struct Failing(Cursor<Vec<u8>>, u64);
        impl Read for Failing {
            fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
                if self.0.position() >= self.1 {
                    return Err(io::Error::other("bad block"));
                }
                let left = usize::try_from(self.1 - self.0.position()).unwrap();
                let most = into.len().min(left);
                self.0.read(&mut into[..most])
            }
        }
        impl io::Seek for Failing {
            fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
                self.0.seek(to)
            }
        }
        let bytes = document("", &[stream("/Filter/FlateDecode", &zeros(70))]);
        let size = len64(bytes.len());
        for at in [0, 100, size - 10] {
            let mut source = Failing(Cursor::new(bytes.clone()), at);
            assert!(look(&mut source, size, &mut Budget::default()).is_err());
        }
    }

    /// Makes PDF files, and looks at them.
    pub(in crate::ingest::identify) mod made {
        use super::super::*;
        use flate2::Compression;
        use flate2::write::ZlibEncoder;
        use std::io::Write;

        pub(in crate::ingest::identify) const PAGES: &str = "<</Type/Pages/Kids[3 0 R]/Count 1>>";
        pub(in crate::ingest::identify) const PAGE: &str = "<</Type/Page/Parent 2 0 R>>";

        /// A file of these objects, numbered from 1, with a table; the first is the catalog.
        pub(in crate::ingest::identify) fn file(header: &str, objects: &[Vec<u8>], trailer: &str) -> Vec<u8> {
            let mut out = format!("%PDF-{header}\n").into_bytes();
            let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
            for (place, object) in objects.iter().enumerate() {
                table.push_str(&format!("{:010} 00000 n \n", out.len()));
                out.extend(format!("{} 0 obj\n", place + 1).bytes());
                out.extend(object);
                out.extend(b"\nendobj\n");
            }
            let start = out.len();
            out.extend(table.bytes());
            out.extend(format!("trailer\n<</Root 1 0 R{trailer}>>\nstartxref\n{start}\n%%EOF\n").bytes());
            out
        }

        /// A file with a catalog that also has `catalog`, a page, and `more` objects from number 4 on.
        pub(in crate::ingest::identify) fn document(catalog: &str, more: &[Vec<u8>]) -> Vec<u8> {
            let mut objects =
                vec![format!("<</Type/Catalog/Pages 2 0 R{catalog}>>").into_bytes(), PAGES.into(), PAGE.into()];
            objects.extend_from_slice(more);
            file("1.4", &objects, "")
        }

        pub(in crate::ingest::identify) fn stream(entries: &str, data: &[u8]) -> Vec<u8> {
            let mut out = format!("<</Length {}{entries}>>stream\n", data.len()).into_bytes();
            out.extend(data);
            out.extend(b"\nendstream");
            out
        }

        pub(in crate::ingest::identify) fn deflate(data: &[u8]) -> Vec<u8> {
            let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(data).unwrap();
            encoder.finish().unwrap()
        }

        pub(in crate::ingest::identify) fn zeros(mib: usize) -> Vec<u8> {
            let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
            (0..mib).for_each(|_| encoder.write_all(&[0; 1024 * 1024]).unwrap());
            encoder.finish().unwrap()
        }

        /// Bytes that do not shrink.
        pub(in crate::ingest::identify) fn noise(count: usize) -> Vec<u8> {
            let mut state = 1u32;
            let next = || {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                state.to_be_bytes()[0]
            };
            std::iter::repeat_with(next).take(count).collect()
        }

        pub(in crate::ingest::identify) fn object_stream(
            entries: &str,
            object: &str,
            pack: impl Fn(&[u8]) -> Vec<u8>,
        ) -> Vec<u8> {
            stream(&format!("/Type/ObjStm/N 1/First 4{entries}"), &pack(format!("9 0 {object}").as_bytes()))
        }

        pub(in crate::ingest::identify) fn look_at(bytes: &[u8]) -> Look {
            let size = len64(bytes.len());
            look(&mut Cursor::new(bytes), size, &mut Budget::default()).unwrap()
        }

        #[track_caller]
        pub(in crate::ingest::identify) fn assert_codes(bytes: &[u8], expected: &[crate::error::ErrorCode]) {
            let look = look_at(bytes);
            let codes: Vec<_> = look.findings.iter().map(|finding| finding.code).collect();
            assert_eq!(codes, expected, "{:?}", look.findings);
        }

        pub(in crate::ingest::identify) fn puid(bytes: &[u8]) -> Option<&'static str> {
            look_at(bytes).format.and_then(|format| format.puid)
        }
    }
}
