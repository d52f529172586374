//! Writing a small PDF 1.4 of plain text in any alphabet.
//!
//! One simple TrueType font that is not embedded. Each character beyond ASCII gets a code of its own, and the font's
//! encoding names it in the form `uni04D9` of the Adobe Glyph List (PDF Reference 1.4 §5.5.5 and §5.9), from which
//! readers find both the glyph and the text. The font is monospaced, so its one width needs no table.

use std::collections::BTreeMap;

/// The font: DejaVu Sans Mono has all Kazakh letters and is at hand on common systems.
const FONT_NAME: &str = "DejaVuSansMono";
/// Width of every glyph, in thousandths of the font size.
const GLYPH_WIDTH: usize = 602;
/// First code of ASCII text.
const ASCII_FIRST: u8 = b' ';
/// First code given to a character beyond ASCII.
const OTHERS_FIRST: usize = 128;
/// Codes there are for characters beyond ASCII.
const OTHERS_MAX: usize = 256 - OTHERS_FIRST;

/// Characters in a line: A4 (595 points) less two margins of 57, at 10 points.
const LINE_CHARS: usize = 79;
/// Lines on a page: from 780 points down to 60, at 14 points a line.
const PAGE_LINES: usize = 52;

/// Objects before the pages: catalogue, page tree, font, font descriptor.
const OBJECTS_BEFORE_PAGES: usize = 4;

/// Writes `lines` as a PDF; long lines are broken between words.
///
/// # Panics
/// With more than 128 different characters beyond ASCII, or one of more than 16 bits: the texts are ours.
pub(super) fn write(lines: &[String]) -> Vec<u8> {
    let codes = codes(lines);
    let lines: Vec<String> = lines.iter().flat_map(|line| wrap(line)).collect();
    let pages: Vec<&[String]> = lines.chunks(PAGE_LINES).collect();

    let page_object = |i: usize| OBJECTS_BEFORE_PAGES + 1 + 2 * i;
    let kids: String = (0..pages.len()).map(|i| format!("{} 0 R ", page_object(i))).collect();
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R /Lang (kk-KZ) >>".to_owned(),
        format!("<< /Type /Pages /Kids [ {kids}] /Count {} >>", pages.len()),
        font(&codes),
        // PDF Reference 1.4 §5.7.1: flags 1 (fixed pitch) and 6 (nonsymbolic).
        format!(
            "<< /Type /FontDescriptor /FontName /{FONT_NAME} /Flags 33 /FontBBox [ -558 -375 718 1042 ] \
             /ItalicAngle 0 /Ascent 928 /Descent -236 /CapHeight 729 /StemV 80 >>"
        ),
    ];
    for (i, page) in pages.iter().enumerate() {
        objects.push(format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [ 0 0 595 842 ] \
             /Resources << /Font << /F1 3 0 R >> >> /Contents {} 0 R >>",
            page_object(i) + 1
        ));
        let content = page_content(page, &codes);
        objects.push(format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len()));
    }
    file(&objects)
}

/// The code of every character beyond ASCII in `lines`.
fn codes(lines: &[String]) -> BTreeMap<char, u8> {
    let mut codes: BTreeMap<char, u8> =
        lines.iter().flat_map(|line| line.chars()).filter(|c| !c.is_ascii()).map(|c| (c, 0)).collect();
    assert!(codes.len() <= OTHERS_MAX, "one simple font has codes for {OTHERS_MAX} characters beyond ASCII");
    for (i, code) in codes.values_mut().enumerate() {
        *code = u8::try_from(OTHERS_FIRST + i).expect("bounded by the assertion above");
    }
    codes
}

/// The font dictionary, with the encoding that names the glyphs.
fn font(codes: &BTreeMap<char, u8>) -> String {
    let names: String = codes
        .keys()
        .map(|c| {
            let point = u32::from(*c);
            assert!(point <= 0xffff, "the form uniXXXX has four digits");
            format!(" /uni{point:04X}")
        })
        .collect();
    let last = OTHERS_FIRST + codes.len() - 1;
    let widths = format!("{GLYPH_WIDTH} ").repeat(last + 1 - usize::from(ASCII_FIRST));
    format!(
        "<< /Type /Font /Subtype /TrueType /BaseFont /{FONT_NAME} /FirstChar {ASCII_FIRST} /LastChar {last}\n\
         /Widths [ {widths}]\n/FontDescriptor 4 0 R\n\
         /Encoding << /Type /Encoding /BaseEncoding /WinAnsiEncoding /Differences [ {OTHERS_FIRST}{names} ] >> >>"
    )
}

/// The operators that show the lines of one page.
fn page_content(lines: &[String], codes: &BTreeMap<char, u8>) -> String {
    let mut out = String::from("BT /F1 10 Tf 14 TL 57 780 Td\n");
    for line in lines {
        let bytes: Vec<u8> =
            line.chars().map(|c| codes.get(&c).copied().or_else(|| u8::try_from(c).ok()).unwrap_or(b'?')).collect();
        out.push_str(&format!("<{}> Tj T*\n", hex::encode(bytes)));
    }
    out.push_str("ET");
    out
}

/// `line` in pieces of at most [`LINE_CHARS`], broken at spaces; a longer word stays whole.
fn wrap(line: &str) -> Vec<String> {
    if line.chars().count() <= LINE_CHARS {
        return vec![line.to_owned()]; // spaces inside are layout and stay
    }
    let mut pieces = vec![String::new()];
    for word in line.split_whitespace() {
        let last = pieces.last_mut().expect("there is always a piece");
        if last.is_empty() {
            last.push_str(word);
        } else if last.chars().count() + 1 + word.chars().count() <= LINE_CHARS {
            last.push(' ');
            last.push_str(word);
        } else {
            pieces.push(word.to_owned());
        }
    }
    pieces
}

/// The file: header, objects, cross-reference table, trailer (PDF Reference 1.4 §3.4).
fn file(objects: &[String]) -> Vec<u8> {
    // The second line tells programs that copy files that this one is binary.
    let mut out = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n".to_vec();
    // Every row of the table has 20 bytes, the end of line among them.
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (i, object) in objects.iter().enumerate() {
        table.push_str(&format!("{:010} 00000 n \n", out.len()));
        out.extend_from_slice(format!("{} 0 obj\n{object}\nendobj\n", i + 1).as_bytes());
    }
    let table_at = out.len();
    out.extend_from_slice(table.as_bytes());
    out.extend_from_slice(
        format!("trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{table_at}\n%%EOF\n", objects.len() + 1).as_bytes(),
    );
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(count: usize) -> Vec<String> {
        (0..count).map(|i| format!("{i}-жол: ӘҒҚҢӨҰҮҺІ әғқңөұүһі № «»")).collect()
    }

    #[test]
    fn every_row_of_the_cross_reference_table_points_at_its_object() {
        for count in [1, PAGE_LINES, PAGE_LINES + 1] {
            let bytes = write(&lines(count));
            let text = String::from_utf8_lossy(&bytes[15..]).into_owned();
            let table_at: usize = text.lines().rev().nth(1).unwrap().parse().unwrap();
            assert!(bytes[table_at..].starts_with(b"xref\n0 "));
            let rows = String::from_utf8(bytes[table_at..].to_vec()).unwrap();
            let rows: Vec<&str> = rows.lines().skip(3).take_while(|row| row.ends_with(" n ")).collect();
            assert_eq!(rows.len(), OBJECTS_BEFORE_PAGES + 2 * count.div_ceil(PAGE_LINES));
            for (i, row) in rows.iter().enumerate() {
                let at: usize = row[..10].parse().unwrap();
                assert!(bytes[at..].starts_with(format!("{} 0 obj\n", i + 1).as_bytes()));
            }
        }
    }

    #[test]
    fn streams_have_the_length_they_say() {
        let bytes = write(&lines(3));
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (head, rest) = text.split_once("\nstream\n").unwrap();
        let length: usize = head.rsplit("/Length ").next().unwrap().trim_end_matches(" >>").parse().unwrap();
        assert_eq!(rest.find("\nendstream"), Some(length));
    }

    #[test]
    fn long_lines_break_between_words_and_short_ones_keep_their_spaces() {
        let long = "құжаттамалық қамтамасыз ету ".repeat(20);
        let pieces = wrap(&long);
        assert!(pieces.len() > 1 && pieces.iter().all(|piece| piece.chars().count() <= LINE_CHARS));
        assert_eq!(pieces.join(" "), long.trim_end());
        assert_eq!(wrap("№   Тегі"), ["№   Тегі"]);
        assert_eq!(wrap(""), [""]);
        assert_eq!(wrap(&"қ".repeat(LINE_CHARS + 1)).len(), 1);
    }

    #[test]
    #[should_panic(expected = "codes for 128 characters")]
    fn more_characters_than_codes_is_a_bug() {
        write(&[(0x400..0x481).filter_map(char::from_u32).collect()]);
    }

    #[test]
    fn ascii_alone_needs_no_codes() {
        assert!(write(&["Muragat".to_owned()]).ends_with(b"%%EOF\n"));
        assert!(write(&[]).starts_with(b"%PDF-1.4\n"));
    }
}
