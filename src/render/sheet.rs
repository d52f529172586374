//! Setting pages and texts as PDF/A-2b: pictures of pages under a mark, sheets of text, and a stamp in a triangle.
//!
//! The font is in the program and is embedded; colours are device-independent; nothing in the file is active, and no
//! page of another file is taken over as it is. The writer ([`krilla`]) checks what PDF/A forbids and fails otherwise.
//!
//! Invariants
//!   - The same input gives the same bytes: the clock and chance have no part in it.
//!   - The number of sheets is that of the pages that are set, and stands on each of them.
//!   - A picture is scaled into its place and nothing is laid over it.
//!
//! Pure functions; nothing reaches the disk.

use super::{PageImage, Word};
use crate::error::{Error, ErrorCode};
use chrono::{DateTime, Datelike, Timelike, Utc};
use krilla::color::luma;
use krilla::configure::{Configuration, Validator};
use krilla::geom::{PathBuilder, Point, Size, Transform};
use krilla::metadata::{DateTime as PdfDate, Metadata};
use krilla::page::PageSettings;
use krilla::paint::{Fill, Stroke};
use krilla::surface::Surface;
use krilla::text::{Font, GlyphId, KrillaGlyph};
use krilla::{Document, SerializeSettings};
use skrifa::instance::{LocationRef, Size as FontSize};
use skrifa::{FontRef, MetadataProvider};

/// Millimetres in points of PDF.
const MM: f32 = 72.0 / 25.4;
/// A4.
const SHORT: f32 = 210.0 * MM;
const LONG: f32 = 297.0 * MM;
/// Room at the sides of a sheet of text, and left of it for the binding.
const SIDE: f32 = 15.0 * MM;
const BINDING: f32 = 20.0 * MM;
/// Room at the sides of a picture: printers leave 4 mm blank.
const EDGE: f32 = 6.0 * MM;
/// The band above and below what stands on a page.
const BAND: f32 = 13.0 * MM;
/// Width of the names of a table.
const NAMES: f32 = 52.0 * MM;
/// Width and height of the triangle of a stamp.
const TRIANGLE: (f32, f32) = (104.0 * MM, 90.0 * MM);

/// A font of the program.
struct Face {
    font: Font,
    read: FontRef<'static>,
}

impl Face {
    fn new(bytes: &'static [u8]) -> Result<Self, Error> {
        let broken = || unset("the font of the program cannot be read");
        let font = Font::new(bytes.into(), 0).ok_or_else(broken)?;
        Ok(Self { font, read: FontRef::new(bytes).map_err(|_| broken())? })
    }

    /// The glyphs of a text, and how wide it is at this size. What the font lacks is `instead`, or nothing.
    fn shape(&self, text: &str, size: f32, instead: Option<char>) -> (String, Vec<KrillaGlyph>, f32) {
        let charmap = self.read.charmap();
        let metrics = self.read.glyph_metrics(FontSize::unscaled(), LocationRef::default());
        let (mut said, mut glyphs, mut width) = (String::new(), Vec::new(), 0.0);
        for letter in text.chars() {
            let is_shown = !letter.is_control();
            let found =
                charmap.map(letter).filter(|glyph| is_shown && glyph.to_u32() != 0).map(|glyph| (letter, glyph));
            let found = found.or_else(|| instead.and_then(|letter| Some((letter, charmap.map(letter)?))));
            let Some((letter, glyph)) = found else { continue };
            let advance = metrics.advance_width(glyph).unwrap_or_default() / self.font.units_per_em();
            let start = said.len();
            said.push(letter);
            let id = GlyphId::new(glyph.to_u32());
            glyphs.push(KrillaGlyph::new(id, advance, 0.0, 0.0, 0.0, start..said.len(), None));
            width += advance * size;
        }
        (said, glyphs, width)
    }

    fn width(&self, text: &str, size: f32) -> f32 {
        self.shape(text, size, Some(INSTEAD)).2
    }
}

/// What stands for a letter that the font lacks.
const INSTEAD: char = '□';

/// The look of a text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Look {
    /// Size of the letters, in points.
    pub size: f32,
    /// Whether they are bold.
    pub is_bold: bool,
    /// Whether lines stand in the middle.
    pub is_centred: bool,
}

/// A text of a sheet.
pub const PLAIN: Look = Look { size: 9.5, is_bold: false, is_centred: false };
/// A heading.
pub const HEADING: Look = Look { size: 10.0, is_bold: true, is_centred: false };
/// The title of a sheet.
pub const TITLE: Look = Look { size: 14.0, is_bold: true, is_centred: true };
/// What is less than the rest.
pub const SMALL: Look = Look { size: 7.5, is_bold: false, is_centred: false };

/// A part of the sheets of text, from top to bottom.
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    /// A text, broken into lines.
    Text(Look, String),
    /// A line of a table: its name and what stands there.
    Row(String, String),
    /// A blank of this height, in points.
    Blank(f32),
    /// A thin line from side to side.
    Line,
    /// A stamp: what stands in its triangle, and lines beside it. It is never parted.
    Stamp(String, Vec<(Look, String)>),
}

/// What is to be set.
pub struct Sheets<'a> {
    /// Pictures of pages, which come first.
    pub pages: Vec<&'a PageImage>,
    /// Sheets of text, which come last.
    pub blocks: &'a [Block],
    /// What stands at the top of each page.
    pub mark: &'a str,
    /// What stands at the bottom of each page.
    pub foot: &'a str,
    /// Title of the file.
    pub title: &'a str,
    /// Who made it: the program.
    pub producer: &'a str,
    /// When it was made, as its text says.
    pub made: DateTime<Utc>,
}

/// How many sheets it comes to.
pub fn count(sheets: &Sheets<'_>) -> Result<usize, Error> {
    let setter = Setter::new()?;
    Ok(sheets.pages.len() + setter.flow(sheets.blocks).len())
}

/// The file.
pub fn write(sheets: &Sheets<'_>) -> Result<Vec<u8>, Error> {
    let setter = Setter::new()?;
    let texts = setter.flow(sheets.blocks);
    let all = sheets.pages.len() + texts.len();
    let configuration = Configuration::new_with_validator(Validator::A2_B);
    let mut document = Document::new_with(SerializeSettings { configuration, ..SerializeSettings::default() });
    let of_all = |n: usize| format!("{n}/{all}");
    for (n, page) in sheets.pages.iter().enumerate() {
        let (width, height) = page.image.size();
        let (width, height) = (width as f32, height as f32);
        let (across, down) = if width > height { (LONG, SHORT) } else { (SHORT, LONG) };
        let settings = PageSettings::from_wh(across, down).ok_or_else(|| unset("no such page"))?;
        let mut set = document.start_page_with(settings);
        let mut surface = set.surface();
        let scale = ((across - 2.0 * EDGE) / width).min((down - 2.0 * BAND) / height);
        let (wide, high) = (width * scale, height * scale);
        let (left, top) = ((across - wide) / 2.0, BAND + (down - 2.0 * BAND - high) / 2.0);
        // Words for search lie under the picture, in white.
        surface.set_fill(Some(Fill { paint: luma::Color::white().into(), ..Fill::default() }));
        page.words.iter().for_each(|word| setter.word(&mut surface, word, (left, top), (wide, high)));
        surface.set_fill(Some(Fill::default()));
        surface.push_transform(&Transform::from_translate(left, top));
        surface.draw_image(page.image.clone(), Size::from_wh(wide, high).ok_or_else(|| unset("an empty picture"))?);
        surface.pop();
        setter.bands(&mut surface, sheets, (across, down), &of_all(n + 1));
        surface.finish();
        set.finish();
    }
    for (n, text) in texts.iter().enumerate() {
        let settings = PageSettings::from_wh(SHORT, LONG).ok_or_else(|| unset("no such page"))?;
        let mut set = document.start_page_with(settings);
        let mut surface = set.surface();
        text.iter().for_each(|item| setter.item(&mut surface, item));
        setter.bands(&mut surface, sheets, (SHORT, LONG), &of_all(sheets.pages.len() + n + 1));
        surface.finish();
        set.finish();
    }
    let metadata = Metadata::new()
        .title(sheets.title.to_owned())
        .language("kk".to_owned())
        .producer(sheets.producer.to_owned())
        .creation_date(pdf_date(sheets.made));
    document.set_metadata(metadata);
    document.finish().map_err(|e| unset(format!("{e:?}")))
}

fn unset(what: impl Into<String>) -> Error {
    Error::new(ErrorCode::CpyRenderer, "PDF/A", what)
}

fn pdf_date(time: DateTime<Utc>) -> PdfDate {
    let small = |n: u32| u8::try_from(n).unwrap_or_default();
    PdfDate::new(u16::try_from(time.year()).unwrap_or_default())
        .month(small(time.month()))
        .day(small(time.day()))
        .hour(small(time.hour()))
        .minute(small(time.minute()))
        .second(small(time.second()))
        .utc_offset_hour(0)
        .utc_offset_minute(0)
}

/// Something at its place on a sheet of text.
#[derive(Debug, Clone, PartialEq)]
enum Item {
    /// A line of text: left edge, baseline.
    Text(f32, f32, Look, String),
    /// A thin line at this height.
    Line(f32),
    /// A triangle that stands on its base: left edge, top.
    Triangle(f32, f32),
}

struct Setter {
    regular: Face,
    bold: Face,
}

impl Setter {
    fn new() -> Result<Self, Error> {
        Ok(Self { regular: Face::new(dejavu::sans::regular())?, bold: Face::new(dejavu::sans::bold())? })
    }

    fn face(&self, look: Look) -> &Face {
        if look.is_bold { &self.bold } else { &self.regular }
    }

    fn draw(&self, surface: &mut Surface<'_>, (x, y): (f32, f32), look: Look, text: &str) {
        let face = self.face(look);
        let (said, glyphs, _) = face.shape(text, look.size, Some(INSTEAD));
        if !glyphs.is_empty() {
            surface.draw_glyphs(Point::from_xy(x, y), &glyphs, face.font.clone(), &said, look.size, false);
        }
    }

    fn word(&self, surface: &mut Surface<'_>, word: &Word, (left, top): (f32, f32), (wide, high): (f32, f32)) {
        // The height of a word is that of its line: letters take about four fifths of it.
        let size = (word.height * high * 0.8).clamp(1.0, 72.0);
        let (said, glyphs, _) = self.regular.shape(&word.text, size, None);
        let is_inside = (0.0..1.0).contains(&word.x) && (0.0..1.0).contains(&(word.y + word.height));
        if glyphs.is_empty() || !is_inside {
            return;
        }
        let at = Point::from_xy(left + word.x * wide, top + (word.y + word.height * 0.8) * high);
        surface.draw_glyphs(at, &glyphs, self.regular.font.clone(), &said, size, false);
    }

    /// What stands above and below every page.
    fn bands(&self, surface: &mut Surface<'_>, sheets: &Sheets<'_>, (across, down): (f32, f32), number: &str) {
        let top = Look { size: 8.5, ..HEADING };
        surface.set_fill(Some(Fill::default()));
        self.draw(surface, (EDGE + 4.0 * MM, 8.5 * MM), top, sheets.mark);
        let width = self.bold.width(number, top.size);
        self.draw(surface, (across - EDGE - 4.0 * MM - width, 8.5 * MM), top, number);
        self.draw(surface, (EDGE + 4.0 * MM, down - 6.0 * MM), SMALL, sheets.foot);
        for y in [10.5 * MM, down - 10.0 * MM] {
            rule(surface, (EDGE, across - EDGE), y);
        }
    }

    fn item(&self, surface: &mut Surface<'_>, item: &Item) {
        surface.set_fill(Some(Fill::default()));
        match item {
            Item::Text(x, y, look, text) => self.draw(surface, (*x, *y), *look, text),
            Item::Line(y) => rule(surface, (BINDING, SHORT - SIDE), *y),
            Item::Triangle(x, y) => {
                let (width, height) = TRIANGLE;
                let mut path = PathBuilder::new();
                path.move_to(x + width / 2.0, *y);
                path.line_to(x + width, y + height);
                path.line_to(*x, y + height);
                path.close();
                surface.set_fill(None);
                surface.set_stroke(Some(Stroke { width: 1.6, ..Stroke::default() }));
                if let Some(path) = path.finish() {
                    surface.draw_path(&path);
                }
                surface.set_stroke(None);
                surface.set_fill(Some(Fill::default()));
            }
        }
    }

    /// Lines of a text that are no wider than this. A word that is wider is broken.
    fn lines(&self, text: &str, look: Look, width: f32) -> Vec<String> {
        self.fill(text, look, &mut |_| width)
    }

    /// The same with a width for each line.
    fn fill(&self, text: &str, look: Look, width: &mut dyn FnMut(usize) -> f32) -> Vec<String> {
        let face = self.face(look);
        let mut lines = Vec::new();
        for paragraph in text.lines() {
            let mut line = String::new();
            // A space that is not to be broken is none that parts words.
            for word in paragraph.split([' ', '\t']).filter(|word| !word.is_empty()) {
                let mut rest = word.to_owned();
                loop {
                    let with = if line.is_empty() { rest.clone() } else { format!("{line} {rest}") };
                    let room = width(lines.len());
                    if face.width(&with, look.size) <= room {
                        line = with;
                        break;
                    }
                    if !line.is_empty() {
                        lines.push(std::mem::take(&mut line));
                        continue;
                    }
                    // Wider than a line by itself: at least one letter goes on each.
                    let mut end = rest.chars().next().map_or(0, char::len_utf8);
                    let mut used = 0.0;
                    for (at, letter) in rest.char_indices() {
                        used += face.width(letter.encode_utf8(&mut [0; 4]), look.size);
                        if used > room && at > 0 {
                            break;
                        }
                        end = at + letter.len_utf8();
                    }
                    let tail = rest.split_off(end);
                    lines.push(std::mem::replace(&mut rest, tail));
                    if rest.is_empty() {
                        break;
                    }
                }
            }
            lines.push(line);
        }
        lines
    }

    /// Puts blocks onto sheets.
    fn flow(&self, blocks: &[Block]) -> Vec<Vec<Item>> {
        let mut flow = Flow { sheets: Vec::new(), y: LONG };
        let room = SHORT - BINDING - SIDE;
        for block in blocks {
            match block {
                Block::Blank(height) => flow.y += height,
                Block::Line => {
                    flow.need(6.0);
                    let y = flow.y + 3.0;
                    flow.put(Item::Line(y));
                    flow.y += 6.0;
                }
                Block::Text(look, text) => {
                    if *look == HEADING {
                        // No heading stands at the foot of a sheet by itself.
                        flow.need(18.0 * MM);
                    }
                    for line in self.lines(text, *look, room) {
                        let indent =
                            if look.is_centred { (room - self.face(*look).width(&line, look.size)) / 2.0 } else { 0.0 };
                        flow.line(BINDING + indent, *look, line);
                    }
                }
                Block::Row(name, value) => {
                    let names = self.lines(name, PLAIN_NAME, NAMES - 3.0 * MM);
                    let values = self.lines(value, VALUE, room - NAMES);
                    let count = names.len().max(values.len());
                    // A row is parted only when it takes a good part of a sheet.
                    if count <= 12 {
                        flow.need(count as f32 * VALUE.size * LEADING);
                    }
                    for n in 0..count {
                        flow.need(VALUE.size * LEADING);
                        let y = flow.y + VALUE.size;
                        flow.put_if(names.get(n).map(|line| Item::Text(BINDING, y, PLAIN_NAME, line.clone())));
                        flow.put_if(values.get(n).map(|line| Item::Text(BINDING + NAMES, y, VALUE, line.clone())));
                        flow.y += VALUE.size * LEADING;
                    }
                    flow.y += 2.5;
                }
                Block::Stamp(text, beside) => self.stamp(&mut flow, text, beside),
            }
        }
        flow.sheets
    }

    /// A stamp: the triangle on the left, lines beside it.
    fn stamp(&self, flow: &mut Flow, text: &str, beside: &[(Look, String)]) {
        let (width, height) = TRIANGLE;
        let room = SHORT - BINDING - SIDE - width - 4.0 * MM;
        let lines: Vec<(Look, String)> = beside
            .iter()
            .flat_map(|(look, text)| self.lines(text, *look, room).into_iter().map(|line| (*look, line)))
            .collect();
        let high: f32 = lines.iter().map(|(look, _)| look.size * LEADING).sum();
        flow.need(height.max(high) + 4.0 * MM);
        let top = flow.y + 2.0 * MM;
        flow.put(Item::Triangle(BINDING, top));
        let (look, inside) = self.triangle(text);
        let middle = BINDING + width / 2.0;
        for (n, line) in inside.iter().enumerate() {
            let half = self.face(look).width(line, look.size) / 2.0;
            // Once the lines are filled a space that bound two words is one like others, for who searches the file.
            let line = line.replace('\u{a0}', " ");
            flow.put(Item::Text(middle - half, top + baseline(look, n, inside.len()), look, line));
        }
        // The first lines are the lowest: beside the narrow end there is the most room, but the eye goes to the base.
        let mut y = top + (height - high).max(0.0);
        for (look, line) in lines {
            flow.put(Item::Text(BINDING + width + 4.0 * MM, y + look.size, look, line));
            y += look.size * LEADING;
        }
        flow.y = top + height.max(high) + 2.0 * MM;
    }

    /// The lines of a text that fit into the triangle with whole words, in the largest letters with which they do.
    fn triangle(&self, text: &str) -> (Look, Vec<String>) {
        let (width, height) = TRIANGLE;
        let mut look = Look { size: 16.0, is_bold: true, is_centred: true };
        loop {
            // For a number of lines their places are known, and with them how wide each may be.
            for count in 1..40 {
                let first = baseline(look, 0, count) - look.size;
                let mut room = |n: usize| {
                    let top = baseline(look, n, count) - look.size;
                    (width * top / height - 6.0 * MM).max(0.0)
                };
                let lines = self.fill(text, look, &mut room);
                // Words that a space binds which is not to be broken are one.
                let words = |text: &str| text.split([' ', '\t', '\n']).map(str::to_owned).collect::<Vec<_>>();
                let is_whole =
                    lines
                        .iter()
                        .flat_map(|line| words(line))
                        .filter(|word| !word.is_empty())
                        .eq(words(text).into_iter().filter(|word| !word.is_empty()));
                if lines.len() == count
                    && first > 0.0
                    && is_whole
                    && lines.iter().enumerate().all(|(n, line)| self.face(look).width(line, look.size) <= room(n))
                {
                    return (look, lines);
                }
            }
            look.size -= 0.5;
            if look.size < 4.0 {
                return (look, self.lines(text, look, width * 0.6));
            }
        }
    }
}

/// Where a line of so many stands in the triangle, from its top: the last one above the base.
fn baseline(look: Look, n: usize, count: usize) -> f32 {
    let below = (count - 1).saturating_sub(n) as f32;
    TRIANGLE.1 - 4.0 * MM - below * look.size * LEADING
}

/// What stands in a table: a digest of SHA-256 takes one line.
const VALUE: Look = Look { size: 8.5, is_bold: false, is_centred: false };
/// The names of a table.
const PLAIN_NAME: Look = Look { size: 8.0, is_bold: true, is_centred: false };
/// Height of a line, in parts of the size of its letters.
const LEADING: f32 = 1.35;

fn rule(surface: &mut Surface<'_>, (from, to): (f32, f32), y: f32) {
    let mut path = PathBuilder::new();
    path.move_to(from, y);
    path.line_to(to, y);
    surface.set_fill(None);
    surface.set_stroke(Some(Stroke { width: 0.5, ..Stroke::default() }));
    if let Some(path) = path.finish() {
        surface.draw_path(&path);
    }
    surface.set_stroke(None);
    surface.set_fill(Some(Fill::default()));
}

/// Sheets that are filled from top to bottom.
struct Flow {
    sheets: Vec<Vec<Item>>,
    y: f32,
}

impl Flow {
    /// Begins a new sheet when there is not so much room.
    fn need(&mut self, height: f32) {
        if self.y + height > LONG - BAND - 2.0 * MM {
            self.sheets.push(Vec::new());
            self.y = BAND + 4.0 * MM;
        }
    }

    fn put(&mut self, item: Item) {
        if let Some(sheet) = self.sheets.last_mut() {
            sheet.push(item);
        }
    }

    fn put_if(&mut self, item: Option<Item>) {
        if let Some(item) = item {
            self.put(item);
        }
    }

    fn line(&mut self, x: f32, look: Look, text: String) {
        self.need(look.size * LEADING);
        let y = self.y + look.size;
        self.put(Item::Text(x, y, look, text));
        self.y += look.size * LEADING;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::picture;

    fn sheets<'a>(blocks: &'a [Block], pages: Vec<&'a PageImage>) -> Sheets<'a> {
        let made = DateTime::from_timestamp(1_772_683_506, 0).unwrap();
        Sheets { pages, blocks, mark: "Белгі", foot: "төмен", title: "Құжат", producer: "muragat", made }
    }

    #[test]
    fn the_same_is_set_in_the_same_bytes_and_as_many_sheets_as_are_counted() {
        let picture = picture::ppm(b"P6 2 1 255\n\x00\x00\x00\xff\xff\xff").unwrap();
        let word = Word { x: 0.1, y: 0.1, height: 0.1, text: "сөз\u{10ffff}".to_owned() };
        let page = PageImage { image: picture, words: vec![word] };
        let long = vec![Block::Text(PLAIN, "Әрбір жол. ".repeat(2_000)), Block::Stamp("* * * мөр".into(), Vec::new())];
        let set = sheets(&long, vec![&page, &page]);
        let (count, file) = (count(&set).unwrap(), write(&set).unwrap());
        assert!(count > 4);
        let text = String::from_utf8_lossy(&file);
        assert_eq!(text.matches("/Type /Page\n").count() + text.matches("/Type/Page\n").count(), count, "{count}");
        assert!(text.contains("pdfaid:part") && text.contains("%PDF-1.7"));
        assert_eq!(write(&set).unwrap(), file);
    }

    #[test]
    fn a_digest_takes_one_line_of_a_table() {
        let setter = Setter::new().unwrap();
        let line = format!("SHA-256 {}", "d".repeat(64));
        assert_eq!(setter.lines(&line, VALUE, SHORT - BINDING - SIDE - NAMES).len(), 2);
        assert_eq!(setter.lines(&"d".repeat(64), VALUE, SHORT - BINDING - SIDE - NAMES).len(), 1);
    }

    #[test]
    fn no_line_is_wider_than_its_room_and_no_letter_is_lost() {
        let setter = Setter::new().unwrap();
        let text = "Қысқа сөз әрі өтеұзынсөзөтеұзынсөзөтеұзынсөзөтеұзынсөз соңы";
        let lines = setter.lines(text, PLAIN, 90.0);
        assert!(lines.iter().all(|line| setter.regular.width(line, PLAIN.size) <= 90.0), "{lines:?}");
        let joined = |text: &str| text.split_whitespace().collect::<String>();
        assert_eq!(joined(&lines.join(" ")), joined(text));
        for letter in "әғқңөұүһіӘҒҚҢӨҰҮҺІ№«»—i".chars() {
            let (said, _, _) = setter.regular.shape(&letter.to_string(), 10.0, Some(INSTEAD));
            assert_eq!(said, letter.to_string(), "the font has it");
        }
        assert_eq!(setter.regular.shape("a\u{10ffff}\u{1}", 10.0, Some(INSTEAD)).0, "a□□");
    }

    #[test]
    fn the_text_of_a_stamp_stays_in_its_triangle() {
        let setter = Setter::new().unwrap();
        for text in ["* * * Қысқа", &"Электрондық құжаттың көшірмесі дұрыс. ".repeat(4)]
        {
            let (look, lines) = setter.triangle(text);
            assert!(look.size >= 6.0, "{} {lines:?}", look.size);
            for (n, line) in lines.iter().enumerate() {
                let top = baseline(look, n, lines.len()) - look.size;
                assert!(setter.bold.width(line, look.size) < TRIANGLE.0 * top / TRIANGLE.1, "{n} {lines:?}");
            }
            assert_eq!(
                lines.join(" ").split_whitespace().collect::<Vec<_>>(),
                text.split_whitespace().collect::<Vec<_>>()
            );
        }
        // However many words come before them, two that are bound stand in one line.
        for before in 0..12 {
            let text = format!("{}дұрыс\u{a0}емес. ЭЦҚ тексерісінің теріс нәтижесі", "көшірмесі ".repeat(before));
            let (_, lines) = setter.triangle(&text);
            assert!(lines.iter().any(|line| line.contains("дұрыс\u{a0}емес.")), "{lines:?}");
        }
    }
}
