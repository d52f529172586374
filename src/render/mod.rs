//! A complete rendering of a document: every page of it as a picture, by a renderer that is named with its version.
//!
//! PDF goes through `pdftoppm`, word-processor files and presentations through LibreOffice to PDF first, both in a
//! limited child ([`child`]); JPEG and TIFF are decoded here. A page is a picture and nothing of the file itself: what
//! a file could run, ask for or change when it is opened is not in the rendering. [`sheet`] sets pages and texts as
//! PDF/A.
//!
//! Invariants
//!   - All pages or none: a renderer that fails, warns or gives another number of pages has rendered nothing.
//!   - What is rendered lies outside this process only in a folder in memory, which goes with it.
//!
//! A crash leaves such a folder, which the next rendering removes. Nothing here says that a rendering is right: a
//! person compares it with the original.

pub mod child;
pub mod office;
pub mod pdf;
pub mod picture;
pub mod sheet;

use crate::error::{Error, ErrorCode};
use crate::model::format::Family;
use child::Scratch;
use krilla::image::Image;

/// Pages of one rendering. Own bound: a volume (том) has 250 sheets at most.
pub const PAGES_MAX: usize = 300;

/// How a format is rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Through LibreOffice to PDF, then as PDF.
    Office(&'static str),
    /// By `pdftoppm`.
    Pdf,
    /// Decoded by this program.
    Jpeg,
    /// Decoded by this program.
    Tiff,
}

impl Way {
    /// How files of this family are rendered; none of those that have no pages: workbooks, containers and the like.
    pub fn of(family: Family) -> Option<Self> {
        match family {
            Family::Doc => Some(Self::Office("doc")),
            Family::Docx => Some(Self::Office("docx")),
            Family::Rtf => Some(Self::Office("rtf")),
            Family::Ppt => Some(Self::Office("ppt")),
            Family::Pptx => Some(Self::Office("pptx")),
            Family::Pdf => Some(Self::Pdf),
            Family::Jpeg => Some(Self::Jpeg),
            Family::Tiff => Some(Self::Tiff),
            _ => None,
        }
    }
}

/// A word of a page, for search: its place in parts of the page's width and height, from the top left.
#[derive(Debug, Clone, PartialEq)]
pub struct Word {
    /// Left edge.
    pub x: f32,
    /// Top edge.
    pub y: f32,
    /// Height.
    pub height: f32,
    /// The word.
    pub text: String,
}

/// A page.
#[derive(Debug, Clone)]
pub struct PageImage {
    /// The picture, compressed.
    pub image: Image,
    /// The words that the renderer gives for it; none of a picture.
    pub words: Vec<Word>,
}

/// The pages of a document.
#[derive(Debug, Clone)]
pub struct Rendered {
    /// In order, never none.
    pub pages: Vec<PageImage>,
    /// Renderers by name and version, in the order of their work.
    pub by: Vec<String>,
}

/// Renders a document. `name` is what messages call it.
///
/// # Errors
///
/// A renderer is not installed, or could not render all of it.
pub fn render(way: Way, name: &str, bytes: &[u8], scratch: &Scratch) -> Result<Rendered, Error> {
    let rendered = match way {
        Way::Office(ending) => office::render(ending, name, bytes, scratch)?,
        Way::Pdf => pdf::render(name, bytes, scratch)?,
        Way::Jpeg => own(vec![picture::jpeg(bytes).map_err(|what| failed(name, what))?]),
        Way::Tiff => own(picture::tiff(bytes).map_err(|what| failed(name, what))?),
    };
    match rendered.pages.len() {
        0 => Err(failed(name, "no page came of it")),
        n if n > PAGES_MAX => Err(failed(name, format!("{n} pages, at most {PAGES_MAX} are rendered"))),
        _ => Ok(rendered),
    }
}

fn own(images: Vec<Image>) -> Rendered {
    let pages = images.into_iter().map(|image| PageImage { image, words: Vec::new() }).collect();
    Rendered { pages, by: vec![concat!("muragat ", env!("CARGO_PKG_VERSION")).to_owned()] }
}

/// A renderer did not render all of a document.
pub(crate) fn failed(name: &str, what: impl Into<String>) -> Error {
    Error::new(ErrorCode::CpyRenderer, name, what)
}
