//! Forms of acts and inventories: what is printed, in which words and columns, as data.
//!
//! A [`Form`] is one TOML file of `schema/form/1`: title, lines with placeholders, columns, lines for signatures, each
//! in Kazakh and Russian. What a placeholder or a column may be is fixed for each [`FormId`], so a form that is
//! replaced by an official one needs no code. [`Form::html`] prints one document for paper: A4, nothing
//! from outside, no script, every text escaped.
//!
//! It reads no file, no clock and no archive.

use super::calendar::CalendarStatus;
use super::digest::{Sha256, sha256};
use super::document::{self, section, tables};
use super::strict::{Fields, words};
use crate::error::{ErrorCode, Refusal};
use crate::limits::{TEXT_LONG_CHARS_MAX, TEXT_SHORT_CHARS_MAX};
use crate::text::Lang;
use std::collections::{BTreeMap, BTreeSet};

/// The value of a form's `schema` field.
pub const FORM_SCHEMA: &str = "muragat/form/1";
/// Bytes of one form. Own bound: a page of lines.
pub const FORM_BYTES_MAX: usize = 256 * 1024;
/// Lines of one part of a form, and its columns. Own bound: more do not fit on paper.
const LINES_MAX: usize = 100;

words! {
    /// Which document a form is for.
    FormId {
        /// Act of selection for destruction, with the mark of destruction.
        ActOfSelection = "act-of-selection",
        /// Inventory of files kept for ever.
        InventoryPermanent = "inventory-permanent",
        /// Inventory of files about the staff.
        InventoryPersonnel = "inventory-personnel",
        /// Inventory of files kept for more than 10 years.
        InventoryLongTerm = "inventory-long-term",
        /// Count of the files of a year by kind of term.
        YearEndCount = "year-end-count",
        /// Register of inquiries by authorities.
        InquiryRegister = "inquiry-register",
    }
}

/// Placeholders of the act of selection.
const ACT_NAMES: &[&str] = &[
    "archive",
    "agency",
    "fonds",
    "number",
    "date",
    "plan_id",
    "plan_sha256",
    "basis",
    "minutes_number",
    "minutes_date",
    "files",
    "documents",
    "totals",
    "held",
    "papers",
    "act_entry",
    "destroyed_date",
    "destroyed_files",
    "destroyed_documents",
    "kept_files",
    "method",
];
const ACT_COLUMNS: &[&str] =
    &["number", "index", "year", "volume", "title", "dates", "unit", "documents", "item", "term", "outcome", "note"];
const INVENTORY_NAMES: &[&str] = &[
    "archive",
    "fonds",
    "fonds_name",
    "agency",
    "number",
    "title",
    "period",
    "files",
    "documents",
    "first_unit",
    "last_unit",
    "approved_until",
    "minutes_number",
    "minutes_date",
];
const INVENTORY_COLUMNS: &[&str] =
    &["unit", "citation", "index", "year", "volume", "title", "dates", "closed", "documents", "note"];
const COUNT_NAMES: &[&str] = &["archive", "agency", "fonds", "year", "date", "opened", "closed", "documents"];
const COUNT_COLUMNS: &[&str] = &["kind", "opened", "closed", "documents"];
const INQUIRY_NAMES: &[&str] = &["archive", "year", "date", "inquiries", "answered", "closed"];
const INQUIRY_COLUMNS: &[&str] = &[
    "number",
    "id",
    "opened",
    "authority",
    "case",
    "basis",
    "requester",
    "agency",
    "due",
    "searches",
    "found",
    "answered",
    "state",
];

impl FormId {
    /// What may stand in braces in its lines.
    pub fn placeholders(self) -> &'static [&'static str] {
        match self {
            FormId::ActOfSelection => ACT_NAMES,
            FormId::YearEndCount => COUNT_NAMES,
            FormId::InquiryRegister => INQUIRY_NAMES,
            FormId::InventoryPermanent | FormId::InventoryPersonnel | FormId::InventoryLongTerm => INVENTORY_NAMES,
        }
    }

    /// What its columns may be.
    pub fn columns(self) -> &'static [&'static str] {
        match self {
            FormId::ActOfSelection => ACT_COLUMNS,
            FormId::YearEndCount => COUNT_COLUMNS,
            FormId::InquiryRegister => INQUIRY_COLUMNS,
            FormId::InventoryPermanent | FormId::InventoryPersonnel | FormId::InventoryLongTerm => INVENTORY_COLUMNS,
        }
    }
}

/// A text in the two languages of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Kazakh.
    pub kk: String,
    /// Russian.
    pub ru: String,
}

impl Line {
    /// The text in `lang`; a form has no English, so Kazakh stands in for it.
    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::Ru => &self.ru,
            Lang::Kk | Lang::En => &self.kk,
        }
    }
}

/// A column of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// What stands in it: one of [`FormId::columns`].
    pub key: String,
    /// Its title.
    pub title: Line,
}

/// A form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// Which document it is for.
    pub id: FormId,
    /// Name of the edition.
    pub edition: String,
    /// The legal act and the clause that it is from; `sample`.
    pub source: String,
    /// Whether it is an official one.
    pub status: CalendarStatus,
    /// Its title.
    pub title: Line,
    /// Lines above the table.
    pub header: Vec<Line>,
    /// Columns of the table.
    pub columns: Vec<Column>,
    /// Lines below the table.
    pub footer: Vec<Line>,
    /// Lines to be signed.
    pub signatures: Vec<Line>,
    /// SHA-256 of the file.
    pub sha256: Sha256,
}

/// What a form is filled in with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filled {
    /// Values of placeholders. A value may have several lines; one that is missing is empty.
    pub values: BTreeMap<&'static str, String>,
    /// Rows of the table: texts by column.
    pub rows: Vec<BTreeMap<&'static str, String>>,
}

impl Form {
    /// Reads a form from the file that messages call `name`.
    ///
    /// # Errors
    ///
    /// A [`Refusal`] about every fault, with its line.
    pub fn parse(bytes: &[u8], name: &str) -> Result<Self, Vec<Refusal>> {
        let read = document::parse(bytes, name, FORM_BYTES_MAX, ErrorCode::FrmMalformed, form)?;
        Ok(Self { sha256: sha256(bytes), ..read })
    }

    /// The document, filled in: HTML that needs nothing from outside.
    pub fn html(&self, filled: &Filled, lang: Lang) -> String {
        let code = if lang == Lang::Ru { "ru" } else { "kk" };
        let title = escaped(self.title.get(lang));
        let mut out = format!(
            "<!DOCTYPE html>\n<html lang=\"{code}\">\n<head>\n<meta charset=\"utf-8\">\n<meta \
             http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
             <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n"
        );
        let lines = |out: &mut String, lines: &[Line], class: &str| {
            for line in lines {
                if let Some(text) = fill(line.get(lang), &filled.values) {
                    out.push_str(&format!("<p class=\"{class}\">{}</p>\n", escaped(&text).replace('\n', "<br>")));
                }
            }
        };
        lines(&mut out, &self.header, "head");
        out.push_str("<table>\n<thead><tr>");
        for column in &self.columns {
            out.push_str(&format!("<th>{}</th>", escaped(column.title.get(lang))));
        }
        out.push_str("</tr></thead>\n<tbody>\n");
        for row in &filled.rows {
            out.push_str("<tr>");
            for column in &self.columns {
                let cell = row.get(column.key.as_str()).map_or("", String::as_str);
                out.push_str(&format!("<td>{}</td>", escaped(cell).replace('\n', "<br>")));
            }
            out.push_str("</tr>\n");
        }
        out.push_str("</tbody>\n</table>\n");
        lines(&mut out, &self.footer, "foot");
        lines(&mut out, &self.signatures, "sign");
        let source = format!("{} · {} · {}", self.id, self.edition, self.source);
        out.push_str(&format!("<p class=\"source\">{}</p>\n</body>\n</html>\n", escaped(&source)));
        out
    }
}

/// A4 with the margins of a document that is bound.
const STYLE: &str = "@page{size:A4;margin:20mm 10mm 20mm 30mm}body{font:12pt serif;max-width:190mm}\
h1{font-size:14pt;text-align:center}p{margin:2mm 0}p.sign{margin-top:8mm}p.source{font-size:8pt;margin-top:10mm}\
table{border-collapse:collapse;width:100%;font-size:10pt;margin:4mm 0}thead{display:table-header-group}\
tr{break-inside:avoid}th,td{border:1px solid;padding:1mm;text-align:left;vertical-align:top;overflow-wrap:anywhere}";

/// The text with every character escaped that HTML reads as more than itself.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// A part of a line: text, or a name in braces.
enum Part<'t> {
    Text(&'t str),
    Name(&'t str),
}

/// The parts of a line; none when a brace has no other.
fn parts(line: &str) -> Option<Vec<Part<'_>>> {
    let mut parts = Vec::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, behind) = after.split_once('}')?;
        if before.contains('}') {
            return None;
        }
        parts.extend([Part::Text(before), Part::Name(name)]);
        rest = behind;
    }
    parts.push(Part::Text(rest));
    (!rest.contains('}')).then_some(parts)
}

/// The line filled in. What a value has in braces stays as it is. None when it has placeholders and all of them are
/// empty: such a line is about what is not there.
fn fill(line: &str, values: &BTreeMap<&'static str, String>) -> Option<String> {
    let (mut text, mut names, mut filled) = (String::new(), 0, 0);
    for part in parts(line)? {
        match part {
            Part::Text(part) => text.push_str(part),
            Part::Name(name) => {
                let value = values.get(name).map_or("", String::as_str);
                names += 1;
                filled += usize::from(!value.is_empty());
                text.push_str(value);
            }
        }
    }
    (names == 0 || filled > 0).then_some(text)
}

fn form(mut fields: Fields) -> Option<Form> {
    fields.schema(FORM_SCHEMA);
    let id = fields.word("id", FormId::parse, FormId::KNOWN);
    let edition = fields.plain_text("edition", TEXT_SHORT_CHARS_MAX);
    let source = fields.plain_text("source", TEXT_LONG_CHARS_MAX);
    let status = fields.word("status", CalendarStatus::parse, CalendarStatus::KNOWN);
    let title = section(&mut fields, "title", |inner| line(inner, &[]));
    let names = id.map_or(&[][..], FormId::placeholders);
    // Without a known id nothing can be said of placeholders and columns.
    let [header, footer, signatures] = ["header", "footer", "signature"]
        .map(|key| tables(&mut fields, key, LINES_MAX, |inner| if id.is_some() { line(inner, names) } else { None }));
    let mut known = BTreeSet::new();
    let columns = tables(&mut fields, "column", LINES_MAX, |inner| column(inner, id?, &mut known));
    if columns.as_ref().is_some_and(Vec::is_empty) {
        fields.fault(ErrorCode::IngFieldMissing, "column", format!("from 1 to {LINES_MAX} columns"));
    }
    fields.end();
    Some(Form {
        id: id?,
        edition: edition?,
        source: source?,
        status: status?,
        title: title?,
        header: header?,
        columns: columns?,
        footer: footer?,
        signatures: signatures?,
        sha256: sha256(b""),
    })
}

/// A line in two languages; `names` are what may stand in braces.
fn line(mut fields: Fields, names: &[&str]) -> Option<Line> {
    let line = texts(&mut fields, names);
    fields.end();
    line
}

fn texts(fields: &mut Fields, names: &[&str]) -> Option<Line> {
    let [kk, ru] = ["kk", "ru"].map(|lang| {
        let text = fields.plain_text(lang, TEXT_LONG_CHARS_MAX)?;
        let Some(parts) = parts(&text) else {
            fields.fault(ErrorCode::IngFieldMalformed, lang, "a brace without its other");
            return None;
        };
        for part in parts {
            if let Part::Name(name) = part
                && !names.contains(&name)
            {
                let what = format!("no placeholder {{{name}}} here; known: {}", names.join(", "));
                fields.fault(ErrorCode::IngFieldMalformed, lang, what);
                return None;
            }
        }
        Some(text)
    });
    Some(Line { kk: kk?, ru: ru? })
}

/// A column; `known` are the keys before it.
fn column(mut fields: Fields, id: FormId, known: &mut BTreeSet<String>) -> Option<Column> {
    let mut key = fields.plain_text("key", TEXT_SHORT_CHARS_MAX);
    if let Some(word) = key.take_if(|key| !id.columns().contains(&key.as_str())) {
        let what = format!("no column {word:?} of {id}; known: {}", id.columns().join(", "));
        fields.fault(ErrorCode::IngFieldMalformed, "key", what);
    }
    if let Some(word) = key.take_if(|key| !known.insert(key.clone())) {
        fields.fault(ErrorCode::IngFieldMalformed, "key", format!("{word:?} stands twice"));
    }
    let title = texts(&mut fields, &[]);
    fields.end();
    Some(Column { key: key?, title: title? })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = r#"
schema = "muragat/form/1"
id = "year-end-count"
edition = "1"
source = "sample"
status = "sample"
title = { kk = "Қорытынды жазба", ru = "Итоговая запись" }

[[header]]
kk = "Жыл: {year}, {agency}"
ru = "Год: {year}, {agency}"

[[footer]]
kk = "Ашылды: {opened}"
ru = "Заведено: {opened}"

[[column]]
key = "kind"
kk = "Түрі"
ru = "Вид"

[[column]]
key = "opened"
kk = "Ашылды"
ru = "Заведено"

[[signature]]
kk = "Архивші ____"
ru = "Архивист ____"
"#;

    fn filled() -> Filled {
        let values = [("year", "2026"), ("agency", "<script>alert('ә')</script> & \"Ұ\" {opened}")];
        let row = [("kind", "a<b\nұзақ"), ("closed", "in no column")];
        let texts = |pairs: &[(&'static str, &str)]| pairs.iter().map(|(key, text)| (*key, (*text).into())).collect();
        Filled { values: texts(&values), rows: vec![texts(&row)] }
    }

    #[test]
    fn every_text_is_escaped_and_kazakh_letters_stay() {
        let form = Form::parse(SAMPLE.as_bytes(), "f").unwrap();
        let html = form.html(&filled(), Lang::Kk);
        let said = "<p class=\"head\">Жыл: 2026, &lt;script&gt;alert(&#39;ә&#39;)&lt;/script&gt; &amp; \
                    &quot;Ұ&quot; {opened}</p>";
        assert!(html.contains(said), "{html}");
        assert!(html.contains("<td>a&lt;b<br>ұзақ</td><td></td>"), "a cell without a text is empty: {html}");
        assert!(html.contains("<html lang=\"kk\">") && html.contains("<th>Түрі</th><th>Ашылды</th>"));
        for outside in ["<script", "http://", "https://", "src=", "href=", "url(", "in no column"] {
            assert!(!html.contains(outside), "{outside}");
        }
        assert!(form.html(&filled(), Lang::Ru).contains("<h1>Итоговая запись</h1>"));
        assert_eq!(form.html(&filled(), Lang::En), html, "a form has no English");
    }

    #[test]
    fn a_line_about_what_is_not_there_is_left_out() {
        let form = Form::parse(SAMPLE.as_bytes(), "f").unwrap();
        let mut filled = filled();
        assert!(!form.html(&filled, Lang::Kk).contains("Ашылды: "));
        filled.values.insert("opened", "3".into());
        assert!(form.html(&filled, Lang::Kk).contains("Ашылды: 3"));
        assert!(form.html(&filled, Lang::Kk).contains("Архивші ____"), "a line without placeholders stays");
    }

    #[test]
    fn every_fault_is_refused_with_its_line() {
        for (from, to, place) in [
            ("form/1", "form/2", "/schema (line 2)"),
            ("year-end-count", "year", "/id (line 3)"),
            ("\"1\"", "\" \"", "/edition (line 4)"),
            ("source = \"sample\"\n", "", "/source (line 1)"),
            ("status = \"sample\"", "status = \"good\"", "/status (line 6)"),
            ("Қорытынды жазба", "{year}", "/title/kk (line 7)"),
            ("Год: {year}", "Год: {method}", "/header/0/ru (line 11)"),
            ("Год: {year}", "Год: {year", "/header/0/ru (line 11)"),
            ("Год: {year}", "Год: year}", "/header/0/ru (line 11)"),
            ("Год: {year}", "\\u202e", "/header/0/ru (line 11)"),
            ("key = \"opened\"", "key = \"title\"", "/column/1/key (line 23)"),
            ("key = \"opened\"", "key = \"kind\"", "/column/1/key (line 23)"),
            ("ru = \"Вид\"", "", "/column/0/ru (line 17)"),
            ("ru = \"Вид\"", "ru = \"\"", "/column/0/ru (line 20)"),
            ("ru = \"Вид\"", "ru = \"Вид\"\nwidth = 1", "/column/0/width (line 21)"),
        ] {
            let faults = Form::parse(SAMPLE.replacen(from, to, 1).as_bytes(), "f").unwrap_err();
            let place = format!("f#{place}");
            assert_eq!((faults.len(), &faults[0].subject), (1, &place), "{from} -> {to}: {faults:?}");
            assert_eq!(faults[0].code, ErrorCode::FrmMalformed);
        }
        assert!(Form::parse(b"\xff", "f").is_err() && Form::parse(b"", "f").is_err());
    }
}
