//! Writing a small DOCX: an office document of headings, paragraphs and tables.
//!
//! WordprocessingML in its smallest whole form (ECMA-376 part 1 §11.3.10, part 2 §8): content types, one relationship,
//! one document part. Time stamps in the container are fixed, so the same blocks give the same bytes.

use std::io::{self, Cursor, Write};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// A piece of a document.
pub enum Block<'a> {
    /// A centred, bold line.
    Heading(&'a str),
    /// A paragraph.
    Paragraph(&'a str),
    /// A table; the first row is its head.
    Table(&'a [&'a [&'a str]]),
}

const CONTENT_TYPES: &str = concat!(
    r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#,
    r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">"#,
    r#"<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>"#,
    r#"<Default Extension="xml" ContentType="application/xml"/>"#,
    r#"<Override PartName="/word/document.xml" ContentType="application/"#,
    r#"vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>"#,
);

const RELATIONSHIPS: &str = concat!(
    r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#,
    r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1""#,
    r#" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument""#,
    r#" Target="word/document.xml"/></Relationships>"#,
);

const DOCUMENT_START: &str = concat!(
    r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#,
    r#"<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>"#,
);

/// A4 with margins of 30 mm left, 15 mm right and 20 mm above and below, in twentieths of a point.
const DOCUMENT_END: &str = concat!(
    r#"<w:sectPr><w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1134" w:right="851" w:bottom="1134" w:left="1701""#,
    r#" w:header="709" w:footer="709" w:gutter="0"/></w:sectPr></w:body></w:document>"#,
);

const TABLE_START: &str = concat!(
    r#"<w:tbl><w:tblPr><w:tblW w:w="5000" w:type="pct"/><w:tblBorders>"#,
    r#"<w:top w:val="single" w:sz="4"/><w:left w:val="single" w:sz="4"/>"#,
    r#"<w:bottom w:val="single" w:sz="4"/><w:right w:val="single" w:sz="4"/>"#,
    r#"<w:insideH w:val="single" w:sz="4"/><w:insideV w:val="single" w:sz="4"/></w:tblBorders></w:tblPr>"#,
);

/// Times New Roman of 14 points, in Kazakh.
const RUN_FONT: &str = r#"<w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman" w:cs="Times New Roman"/>"#;
const RUN_SIZE_AND_LANGUAGE: &str = r#"<w:sz w:val="28"/><w:lang w:val="kk-KZ"/>"#;

/// Width of the text on the page, in twentieths of a point, shared out among the columns of a table.
const TEXT_WIDTH: usize = 11906 - 1701 - 851;

/// Writes `blocks` as a DOCX; `fill` completes each text (it puts in dates and numbers).
pub fn write(blocks: &[Block<'_>], fill: &dyn Fn(&str) -> String) -> io::Result<Vec<u8>> {
    let mut document = String::from(DOCUMENT_START);
    for block in blocks {
        match block {
            Block::Heading(text) => paragraph(&mut document, &fill(text), true),
            Block::Paragraph(text) => paragraph(&mut document, &fill(text), false),
            Block::Table(rows) => table(&mut document, rows, fill),
        }
    }
    document.push_str(DOCUMENT_END);

    let mut container = ZipWriter::new(Cursor::new(Vec::new()));
    // DateTime's default is the first moment a ZIP can name, 1980-01-01.
    let options = SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated)
        .last_modified_time(zip::DateTime::default());
    let parts =
        [("[Content_Types].xml", CONTENT_TYPES), ("_rels/.rels", RELATIONSHIPS), ("word/document.xml", &document)];
    for (name, content) in parts {
        container.start_file(name, options)?;
        container.write_all(content.as_bytes())?;
    }
    Ok(container.finish()?.into_inner())
}

fn paragraph(out: &mut String, text: &str, heading: bool) {
    let (place, weight) = if heading { ("center", "<w:b/>") } else { ("both", "") };
    let text = escape(text);
    out.push_str(&format!(r#"<w:p><w:pPr><w:spacing w:after="120"/><w:jc w:val="{place}"/></w:pPr>"#));
    out.push_str(&format!("<w:r><w:rPr>{RUN_FONT}{weight}{RUN_SIZE_AND_LANGUAGE}</w:rPr>"));
    out.push_str(&format!(r#"<w:t xml:space="preserve">{text}</w:t></w:r></w:p>"#));
}

fn table(out: &mut String, rows: &[&[&str]], fill: &dyn Fn(&str) -> String) {
    let columns = rows.first().map_or(0, |head| head.len());
    assert!(columns > 0 && rows.iter().all(|row| row.len() == columns), "a table has columns, the same in every row");
    let width = TEXT_WIDTH / columns;

    out.push_str(TABLE_START);
    out.push_str("<w:tblGrid>");
    out.push_str(&format!(r#"<w:gridCol w:w="{width}"/>"#).repeat(columns));
    out.push_str("</w:tblGrid>");
    for (i, row) in rows.iter().enumerate() {
        out.push_str("<w:tr>");
        for cell in *row {
            out.push_str(&format!(r#"<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr>"#));
            paragraph(out, &fill(cell), i == 0);
            out.push_str("</w:tc>");
        }
        out.push_str("</w:tr>");
    }
    out.push_str("</w:tbl>");
}

/// `text` as XML character data (XML 1.0 §2.4).
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn the_container_holds_the_text_and_the_same_input_gives_the_same_bytes() {
        let table: &[&[&str]] = &[&["№", "Мәні"], &["1", "<Қызмет & көмек>"]];
        let blocks = [Block::Heading("БҰЙРЫҚ"), Block::Paragraph("{date} әғқңөұүһі"), Block::Table(table)];
        let fill = |text: &str| text.replace("{date}", "5 қаңтар");
        let bytes = write(&blocks, &fill).unwrap();
        assert_eq!(bytes, write(&blocks, &fill).unwrap());

        let mut container = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        let names: Vec<String> = container.file_names().map(|name| name.unwrap().into_owned()).collect();
        assert_eq!(names, ["[Content_Types].xml", "_rels/.rels", "word/document.xml"]);
        let mut document = String::new();
        container.by_name("word/document.xml").unwrap().read_to_string(&mut document).unwrap();
        assert!(document.contains(">БҰЙРЫҚ<"));
        assert!(document.contains(">5 қаңтар әғқңөұүһі<"));
        assert!(document.contains(">&lt;Қызмет &amp; көмек&gt;<"));
    }
}
