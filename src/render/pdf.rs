//! Pages of a PDF as pictures, by `pdftoppm` in a limited child.
//!
//! What is encrypted is refused, and so is a form of XFA, whose pages only its own program can make. JavaScript and
//! other active content is never run and is not in a picture. Whatever the renderer complains of is a reason to refuse:
//! a page of which something could not be read is no complete rendering.
//!
//! A crash leaves nothing of it but the folder of the rendering. It reads no PDF by itself.

use super::child::{Ran, Scratch, run};
use super::{PAGES_MAX, PageImage, Rendered, Word, failed, picture};
use crate::error::Error;

const PACKAGE: &str = "poppler-utils";
/// The longer side of a page in points of the picture: 300 dpi on A4.
const LONG_SIDE: &str = "3508";
const FILE: &str = "pages.pdf";

/// Renders a PDF.
pub(super) fn render(name: &str, bytes: &[u8], scratch: &Scratch) -> Result<Rendered, Error> {
    scratch.write(FILE, bytes)?;
    let count = count(name, scratch)?;
    let by = version(scratch)?;
    let mut pages = Vec::with_capacity(count);
    for number in 1..=count {
        let number = number.to_string();
        let page = &["-f", &number, "-l", &number];
        let drawn = run("pdftoppm", &[page, &["-scale-to", LONG_SIDE, FILE][..]].concat(), scratch, PACKAGE)?;
        let drawn = sound(name, "pdftoppm", drawn)?;
        let image = picture::ppm(&drawn.out).map_err(|what| failed(name, format!("page {number}: {what}")))?;
        // Words are for search alone: a page without them is whole.
        let words = run("pdftotext", &[page, &["-bbox", FILE, "-"][..]].concat(), scratch, PACKAGE)?;
        let words = if words.is_ok { words_of(&String::from_utf8_lossy(&words.out)) } else { Vec::new() };
        pages.push(PageImage { image, words });
    }
    Ok(Rendered { pages, by: vec![by] })
}

/// A run that ended well and complained of nothing.
fn sound(name: &str, program: &str, ran: Ran) -> Result<Ran, Error> {
    if ran.is_ok && ran.said.trim().is_empty() {
        return Ok(ran);
    }
    Err(failed(name, format!("{program}: {}", ran.complaint())))
}

/// How many pages it has, when it can be rendered at all.
fn count(name: &str, scratch: &Scratch) -> Result<usize, Error> {
    let ran = sound(name, "pdfinfo", run("pdfinfo", &[FILE], scratch, PACKAGE)?)?;
    let said = String::from_utf8_lossy(&ran.out).into_owned();
    let field = |wanted: &str| {
        let mut fields = said.lines().filter_map(|line| line.split_once(':'));
        fields.find(|(name, _)| *name == wanted).map(|(_, value)| value.trim())
    };
    if field("Encrypted").is_none_or(|value| !value.starts_with("no")) {
        return Err(failed(name, "the PDF is encrypted"));
    }
    if field("Form") == Some("XFA") {
        return Err(failed(name, "the PDF is a form (XFA) whose pages only its own program can make"));
    }
    match field("Pages").and_then(|pages| pages.parse().ok()) {
        Some(0) | None => Err(failed(name, "pdfinfo names no number of pages")),
        Some(pages) if pages > PAGES_MAX => {
            Err(failed(name, format!("{pages} pages, at most {PAGES_MAX} are rendered")))
        }
        Some(pages) => Ok(pages),
    }
}

fn version(scratch: &Scratch) -> Result<String, Error> {
    let ran = run("pdftoppm", &["-v"], scratch, PACKAGE)?;
    let first = ran.said.lines().next().unwrap_or_default();
    match first.strip_prefix("pdftoppm version ") {
        Some(version) => Ok(format!("pdftoppm {}", version.trim())),
        None => Err(failed("pdftoppm", "does not say its version")),
    }
}

/// The words of a page as `pdftotext -bbox` gives them.
fn words_of(xml: &str) -> Vec<Word> {
    let attribute = |tag: &str, name: &str| -> Option<f32> {
        let (_, rest) = tag.split_once(&format!("{name}=\""))?;
        rest.split_once('"')?.0.parse().ok().filter(|value: &f32| value.is_finite())
    };
    let mut page = None;
    let mut words = Vec::new();
    for line in xml.lines().map(str::trim) {
        if line.starts_with("<page ") {
            page = attribute(line, "width").zip(attribute(line, "height")).filter(|(w, h)| *w > 0.0 && *h > 0.0);
        }
        let Some(((width, height), inner)) = page.zip(line.strip_prefix("<word ")) else { continue };
        let Some((tag, rest)) = inner.split_once('>') else { continue };
        let Some((text, _)) = rest.rsplit_once("</word>") else { continue };
        let place = |name| attribute(tag, name);
        let Some((((x, top), bottom), _)) = place("xMin").zip(place("yMin")).zip(place("yMax")).zip(place("xMax"))
        else {
            continue;
        };
        let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&");
        words.push(Word { x: x / width, y: top / height, height: (bottom - top) / height, text });
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_have_their_places_in_parts_of_the_page() {
        let xml = concat!(
            "<doc>\n  <page width=\"200.0\" height=\"400.0\">\n",
            "    <word xMin=\"20.0\" yMin=\"40.0\" xMax=\"60.0\" yMax=\"60.0\">«Қ&amp;Ә&lt;»</word>\n",
            "    <word xMin=\"x\">no</word>\n  </page>\n</doc>",
        );
        let word = Word { x: 0.1, y: 0.1, height: 0.05, text: "«Қ&Ә<»".to_owned() };
        assert_eq!(words_of(xml), [word]);
        assert_eq!(words_of("<word xMin=\"1\" yMin=\"1\" xMax=\"1\" yMax=\"1\">no page</word>"), []);
    }
}
