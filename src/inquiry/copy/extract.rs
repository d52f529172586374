//! A print that is not certified («куәландырылмаған»): where no complete rendering exists, or the check is negative.
//!
//! What can be rendered is printed page by page, of a DOCX that cannot the text alone, the rest is listed with its
//! digest. Every page says that it is not certified; there is no stamp, no number and no entry in the register.
//!
//! It writes nothing into the archive, and a crash leaves what [`crate::render`] says.

use super::compose::{PRODUCER, bytes, parts, rendered, standing};
use super::say::{self, State};
use crate::access;
use crate::archive::Archive;
use crate::error::Error;
use crate::model::digest::Sha256;
use crate::model::format::Family;
use crate::model::id::{ActorId, RecordId};
use crate::model::record::CardField;
use crate::render::sheet::{self, Sheets};
use crate::render::{PageImage, Way};
use serde_json::json;
use std::io::{Cursor, Read};
use std::path::Path;

/// The text of a DOCX that is read. Own bound: a thousand pages have some 4 MB.
const TEXT_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// A print.
#[derive(Debug)]
pub struct Extract {
    /// The file.
    pub pdf: Vec<u8>,
    /// Its sheets.
    pub sheets: usize,
    /// Parts with their digests, and how much of each is printed.
    pub parts: Vec<(String, Sha256, State)>,
}

/// Prints what can be printed of a record, without certifying anything.
pub fn extract(archive: &Archive, record: RecordId, memory: &Path, actor: ActorId) -> Result<Extract, Error> {
    archive.wait_index()?;
    let row = standing(archive, record)?;
    let opened = access::open(archive, record, actor)?;
    let manifest = opened.manifest()?;
    let mut pages: Vec<PageImage> = Vec::new();
    let (mut texts, mut listed, mut components) = (Vec::new(), Vec::new(), Vec::new());
    for part in parts(&manifest) {
        let done = match part.family.and_then(Way::of) {
            Some(way) => rendered(&opened, &part, way, memory).ok(),
            None => None,
        };
        let state = match done {
            Some(done) => {
                pages.extend(done.pages);
                State::Rendered
            }
            None => match (part.family == Some(Family::Docx)).then(|| docx(&bytes(&opened, &part)?)).transpose()? {
                Some(Some(text)) => {
                    texts.push((part.path.to_owned(), text));
                    State::TextOnly
                }
                _ => State::Listed,
            },
        };
        components.push(json!({
            "path": part.path, "sha256": part.sha256.to_string(), "state": say::state(part.family, state),
        }));
        listed.push((part.path.to_owned(), part.sha256, state));
    }
    let field = |field| row.card_field(field).unwrap_or_default();
    let value = json!({
        "record": {
            "record_id": record.to_string(), "registration_number": field(CardField::RegistrationNumber),
            "document_date": field(CardField::DocumentDate), "document_type": field(CardField::DocumentType),
            "title": field(CardField::Title),
        },
        "components": components,
    });
    let blocks = say::uncertified(&value, &texts);
    let set = Sheets {
        pages: pages.iter().collect(),
        blocks: &blocks,
        mark: say::NOT_CERTIFIED_MARK,
        foot: &record.to_string(),
        title: say::NOT_CERTIFIED_MARK,
        producer: PRODUCER,
        made: crate::clock::utc(archive.now() / 1000 * 1000),
    };
    Ok(Extract { pdf: sheet::write(&set)?, sheets: sheet::count(&set)?, parts: listed })
}

/// The text of a DOCX, paragraph by paragraph; none when it cannot be read.
fn docx(bytes: &[u8]) -> Result<Option<String>, Error> {
    let Ok(mut package) = zip::ZipArchive::new(Cursor::new(bytes)) else { return Ok(None) };
    let Ok(document) = package.by_name("word/document.xml") else { return Ok(None) };
    let mut xml = String::new();
    let is_read = document.take(TEXT_BYTES_MAX).read_to_string(&mut xml).is_ok();
    Ok((is_read && !xml.is_empty()).then(|| text_of(&xml)))
}

fn text_of(xml: &str) -> String {
    let mut text = String::new();
    let mut is_text = false;
    for piece in xml.split('<').skip(1) {
        let Some((tag, rest)) = piece.split_once('>') else { continue };
        match tag.split([' ', '/']).next().unwrap_or_default() {
            "w:t" => is_text = !tag.ends_with('/'),
            "w:tab" => text.push(' '),
            "w:br" | "w:cr" => text.push('\n'),
            "" if tag == "/w:t" => is_text = false,
            "" if tag == "/w:p" => text.push('\n'),
            _ => {}
        }
        if is_text && !tag.starts_with('/') {
            let plain = rest.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&apos;", "'");
            text.push_str(&plain.replace("&amp;", "&"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_a_document_is_read_without_its_marks() {
        let xml = concat!(
            "<w:document><w:p><w:r><w:t>Құжат</w:t><w:tab/>",
            "<w:t xml:space=\"preserve\"> &lt;бір&gt; &amp;amp;</w:t></w:r></w:p>",
            "<w:p><w:t/><w:instrText>no</w:instrText><w:r><w:t>екі</w:t></w:r></w:p></w:document>",
        );
        assert_eq!(text_of(xml), "Құжат  <бір> &amp;\nекі\n");
        let cover = crate::cli::samples::docx::write(
            &[crate::cli::samples::docx::Block::Paragraph("Ойдан шығарылған хат.")],
            &|text| text.to_owned(),
        );
        assert_eq!(docx(&cover.unwrap()).unwrap().unwrap().trim(), "Ойдан шығарылған хат.");
        assert_eq!(docx(b"no package").unwrap(), None);
    }
}
