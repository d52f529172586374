//! Text of office documents: DOC, DOCX, XLS, XLSX, PPT and PPTX, by `office_oxide`.
//!
//! A paragraph is a unit; of a workbook a row with the number of its sheet, of a presentation a paragraph with the
//! number of its slide. Headers, footers, notes and comments are text; hidden sheets too, because they are evidence.
//!
//! Its limits are set for the whole process before the first document. It writes nothing, so a crash leaves nothing.
//! Encryption, also with the passwords that Office is known to use by itself, is not undone.

use super::sink::{MEMBER_MAX, Sink, UNPACKED_MAX};
use crate::model::extracted::{Outcome, Reason};
use crate::model::format::Family;
use office_oxide::core::Error as Package;
use office_oxide::{Document, DocumentFormat, OfficeError, limits};
use std::io::Cursor;

/// Name and version, as Cargo.toml pins it.
pub(super) const NAME: &str = "office_oxide/0.1.16";

/// How much more than its packed size a part may unpack to, beyond 16 MiB. As for members of containers.
const RATIO_MAX: u64 = 100;
/// Entries of one package. Own bound: a presentation of 500 slides has about 3,000.
const ENTRIES_MAX: usize = 20_000;
/// What copies and padding may take. Own bound: within the memory of the process.
const MEMORY_MAX: u64 = 128 * 1024 * 1024;
/// What a sheet, a workbook or a text begins its last words with when the reader has left something out.
const CUTS: [&str; 3] = ["[sheet truncated", "[workbook truncated", "[output truncated"];
/// What the reader puts where parts of the text would be and were not readable.
const SKIPPED: &str = "[content nested too deeply not shown";
/// Title that the reader gives to the texts of masters.
const MASTER: &str = "Slide Master";

/// Sets the limits of the reader, for all documents of this process.
fn set_limits() {
    limits::set_max_package_entries(ENTRIES_MAX);
    limits::set_max_package_bytes(UNPACKED_MAX);
    limits::set_max_part_bytes(MEMBER_MAX);
    limits::set_max_inflate_ratio(RATIO_MAX);
    limits::set_max_embedded_depth(1);
    limits::set_max_embedded_packages(32);
    limits::set_max_text_chars(super::sink::TEXT_BYTES_MAX);
    limits::set_max_memory_bytes(MEMORY_MAX);
}

/// The format of a family; none when it is no office document.
fn format(family: Family) -> Option<DocumentFormat> {
    Some(match family {
        Family::Doc => DocumentFormat::Doc,
        Family::Docx => DocumentFormat::Docx,
        Family::Xls => DocumentFormat::Xls,
        Family::Xlsx => DocumentFormat::Xlsx,
        Family::Ppt => DocumentFormat::Ppt,
        Family::Pptx => DocumentFormat::Pptx,
        _ => return None,
    })
}

/// Reads one.
pub(super) fn read(family: Family, bytes: Vec<u8>, sink: &mut Sink<'_>) -> (Outcome, Option<Reason>) {
    let Some(format) = format(family) else { return (Outcome::Unsupported, None) };
    set_limits();
    match Document::from_reader(Cursor::new(bytes), format) {
        Ok(document) => {
            put(&document, sink);
            (Outcome::Text, None)
        }
        Err(error) => judge(&error),
    }
}

fn put(document: &Document, sink: &mut Sink<'_>) {
    if let Some(slides) = document.as_pptx() {
        let mut last = String::new();
        for number in 0..slides.slides.len() {
            if let Some(text) = slides.slide_plain_text(number) {
                if !put_checked(page(number), &text, sink) {
                    return;
                }
                last = if text.is_empty() { last } else { text };
            }
        }
        // What stands behind the slides: texts of masters, once for all slides, and what could not be read.
        let all = slides.plain_text();
        let behind = all.rfind(last.as_str()).filter(|_| !last.is_empty()).map_or(0, |at| at + last.len());
        put_checked(None, &all[behind..], sink);
    } else if let Some(slides) = document.as_ppt() {
        for (number, slide) in slides.slides.iter().enumerate() {
            if !slide.text_runs.iter().all(|run| sink.put_lines(page(number), &run.text)) {
                return;
            }
        }
        let _ = slides.master_text.iter().all(|run| sink.put_lines(None, &run.text));
    } else if let Some(book) = document.as_xlsx() {
        let names = book.worksheets.iter().map(|sheet| sheet.name.as_str());
        put_sheets(names, &document.plain_text(), sink);
    } else if let Some(book) = document.as_xls() {
        if book.truncated() {
            sink.note_cut();
        }
        let names = book.sheets.iter().map(|sheet| sheet.name.as_str());
        put_sheets(names, &document.plain_text(), sink);
    } else {
        put_checked(None, &document.plain_text(), sink);
    }
}

/// The rows of a workbook: every sheet begins with its name, behind an empty line.
fn put_sheets<'n>(names: impl Iterator<Item = &'n str>, text: &str, sink: &mut Sink<'_>) {
    let mut names = names.peekable();
    let (mut number, mut is_behind_blank) = (0, true);
    for line in text.split('\n') {
        if is_behind_blank && names.peek().is_some_and(|name| *name == line) {
            names.next();
            number += 1;
        }
        is_behind_blank = line.is_empty();
        if !put_checked((number > 0).then_some(number), line, sink) {
            return;
        }
    }
}

/// Lines as units, without what the reader says of itself.
fn put_checked(page: Option<u32>, text: &str, sink: &mut Sink<'_>) -> bool {
    text.split(['\n', '\r', '\u{c}']).all(|line| {
        let line = line.trim();
        if CUTS.iter().any(|cut| line.starts_with(cut)) || line.starts_with(SKIPPED) {
            sink.note_cut();
            return true;
        }
        if matches!(line, "---" | MASTER) {
            return true;
        }
        sink.put(page, line)
    })
}

fn page(number: usize) -> Option<u32> {
    u32::try_from(number + 1).ok()
}

/// What an error of the reader means.
fn judge(error: &OfficeError) -> (Outcome, Option<Reason>) {
    use office_oxide::{
        doc::DocError, docx::DocxError, ppt::PptError, pptx::PptxError, xls::XlsError, xlsx::XlsxError,
    };
    let package = match error {
        OfficeError::Core(e)
        | OfficeError::Docx(DocxError::Core(e))
        | OfficeError::Xlsx(XlsxError::Core(e))
        | OfficeError::Pptx(PptxError::Core(e)) => Some(e),
        _ => None,
    };
    match (package, error) {
        (Some(Package::DecompressionLimit { .. } | Package::PackageLimit(_)), _) => {
            (Outcome::Limit, Some(Reason::Unpacked))
        }
        (_, OfficeError::Doc(DocError::Encrypted))
        | (_, OfficeError::Xls(XlsError::Encrypted | XlsError::EncryptionNotSupported(_)))
        | (_, OfficeError::Ppt(PptError::Encrypted)) => (Outcome::Encrypted, None),
        (_, OfficeError::Doc(DocError::UnsupportedVersion(_)))
        | (_, OfficeError::Xls(XlsError::UnsupportedVersion(_))) => (Outcome::Unsupported, None),
        (_, OfficeError::UnsupportedFormat(what)) if what.contains("encrypted") => (Outcome::Encrypted, None),
        (_, OfficeError::UnsupportedFormat(_)) => (Outcome::Unsupported, None),
        (_, OfficeError::Panic(_)) => (Outcome::Failed, Some(Reason::Panic)),
        _ => (Outcome::Failed, Some(Reason::Damaged)),
    }
}
