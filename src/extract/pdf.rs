//! Text of PDF, by `unpdf`: page by page, in the paragraphs and rows of tables that it tells apart.
//!
//! A page without text is no fault: a scan has none, and nothing here reads pictures. What is invisible but there, the
//! text that an earlier recognition laid under a scan, counts as text unless it is unreadable. Values of form fields
//! come first, without a page.
//!
//! Nothing of the document is run or fetched, and nothing is written. Passwords are not asked for; a document that
//! opens without one is read.

use super::sink::Sink;
use crate::model::extracted::{Outcome, Reason};
use std::ops::ControlFlow;
use unpdf::{Block, Error, ErrorMode, Page, PageSelection, PageStreamOptions, ParseEvent, ParseOptions, PdfParser};

/// Name and version, as Cargo.toml pins it.
pub(super) const NAME: &str = "unpdf/0.52.1";

/// Bytes within which a document begins, as identification has it.
const HEADER_WITHIN: usize = 1024;

/// Reads one.
pub(super) fn read(bytes: &[u8], sink: &mut Sink<'_>) -> (Outcome, Option<Reason>) {
    // ISO 32000-1 annex H, note 13: readers take a header anywhere within the first KiB. Places in the file then count
    // from there, or, as some write them, from the beginning.
    let start = memchr::memmem::find(&bytes[..bytes.len().min(HEADER_WITHIN)], b"%PDF-").unwrap_or(0);
    let streamed = match stream(&bytes[start..], sink) {
        Err(Error::Encrypted | Error::InvalidPassword) => return (Outcome::Encrypted, None),
        Err(_) if start > 0 && !sink.has_text() => stream(bytes, sink),
        streamed => streamed,
    };
    match streamed {
        Ok(()) => (Outcome::Text, None),
        Err(Error::Encrypted | Error::InvalidPassword) => (Outcome::Encrypted, None),
        Err(_) => (Outcome::Failed, Some(Reason::Damaged)),
    }
}

fn stream(bytes: &[u8], sink: &mut Sink<'_>) -> Result<(), Error> {
    let parser = PdfParser::from_bytes_with_options(bytes, ParseOptions::new().sequential())?;
    // Every field by name: the default asks for a pool of threads, which this process must not have.
    let options = PageStreamOptions {
        error_mode: ErrorMode::Lenient,
        extract_text: true,
        extract_resources: false,
        min_image_dimension: u32::MAX,
        pages: PageSelection::All,
        password: None,
        parallel: false,
        suppress_low_confidence_ocr: true,
        window_size: 1,
        emit_progress_every: u32::MAX,
    };
    let (mut pages, mut lost, mut last) = (0u32, 0u32, None);
    parser.for_each_page(options, |event| {
        let goes_on = match event {
            ParseEvent::DocumentStart { form_fields, .. } => {
                form_fields.iter().all(|field| sink.put(None, &field.display_value()))
            }
            ParseEvent::PageParsed(page) => {
                pages += 1;
                if page.undecodable_content_streams > 0 || page.suppressed_text_runs > 0 {
                    sink.note_cut();
                }
                let goes_on = put(&page, sink);
                sink.flush();
                goes_on
            }
            ParseEvent::PageFailed { error, .. } => {
                lost += 1;
                last = Some(error);
                sink.note_cut();
                true
            }
            ParseEvent::Progress { .. } | ParseEvent::DocumentEnd { .. } => true,
        };
        if goes_on { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    // Not one page could be read: that is no document without text.
    match last {
        Some(error) if pages == 0 && lost > 0 => Err(error),
        _ => Ok(()),
    }
}

fn put(page: &Page, sink: &mut Sink<'_>) -> bool {
    page.elements.iter().all(|block| match block {
        Block::Paragraph(paragraph) => sink.put(Some(page.number), &paragraph.plain_text()),
        Block::Table(table) => table.rows.iter().all(|row| sink.put(Some(page.number), &row.plain_text())),
        block => {
            let mut text = String::new();
            block.append_plain_text(&mut text);
            sink.put_lines(Some(page.number), &text)
        }
    })
}
