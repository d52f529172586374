//! What stands on a certified copy: mark, certification, stamp. All of it from the fields of the statement.
//!
//! On paper names are in Kazakh and Russian side by side. The texts of the stamps are those of the regulations, letter
//! for letter: the akimat's has a Latin i in «көшiрмесi».
//!
//! Pure functions; nothing reaches the disk, and nothing is left by a crash.

use super::CopyProfile;
use crate::clock::local_text;
use crate::ingest::approval::Approval;
use crate::model::format::Family;
use crate::model::submission::Kind;
use crate::render::sheet::{Block, HEADING, Look, PLAIN, SMALL, TITLE as TITLE_LOOK};
use crate::text::{Lang, Text, text};
use serde_json::{Map, Value, json};
use std::fmt::Write;

/// The mark of a copy (N 430 cl. 37).
pub const TITLE: Text =
    text("Электрондық құжаттың көшірмесі", "Копия электронного документа", "Copy of an electronic document");
pub(super) const RENDERING: Text = text(
    "Түпнұсқамен салыстыруға арналған көрсетілім",
    "Передача для сверки с подлинником",
    "Rendering to be compared",
);
/// What stands on every page of a rendering.
pub(super) const NOT_CERTIFIED_MARK: &str = "КУӘЛАНДЫРЫЛМАҒАН · НЕ ЗАВЕРЕНО";
pub(super) const NOT_CERTIFIED: Text = text(
    "Куәландырылмаған басып шығару. Бұл электрондық құжаттың көшірмесі емес: мөртаңба қойылмаған.",
    "Незаверенная распечатка. Это не копия электронного документа: штампа нет.",
    "A print that is not certified. It is no copy of the electronic document: it has no stamp.",
);

/// Stamp of N 430 cl. 35.
const STAMP_N430: &str = "Электрондық құжаттың көшірмесі дұрыс. ЭЦҚ тексеру рәсімінің оң нәтижесі анықталды.";
/// Stamps of the akimat regulation, section 3.
const STAMP_AKIMAT: &str = "Электрондық құжаттың көшiрмесi дұрыс. ЭЦҚ тексерісінің оң нәтижесі анықталды";
const STAMP_AKIMAT_NEGATIVE: &str =
    "Электрондық құжаттың көшiрмесi дұрыс емес. ЭЦҚ тексерісінің теріс нәтижесі анықталды";

/// "Not true": in a line that ends after its first word a negative stamp would read as a positive one.
const NOT_TRUE: &str = "дұрыс емес";

const SOURCE: Text = text(
    "Бұл қағаздағы көшірменің түпнұсқасы — төменде аталған ақпараттық жүйеде сақталған электрондық құжат. Алдыңғы \
     парақтарда құжаттың мәтіні толық басылған.",
    "Подлинник этой копии на бумаге — электронный документ, который хранится в информационной системе, названной \
     ниже. На предыдущих листах его текст напечатан полностью.",
    "The original of this copy on paper is an electronic document, which is kept in the information system named \
     below. Its text is printed in full on the sheets before this one.",
);
const SOURCE_EXCEPT: Text = text(
    "Бұл қағаздағы көшірменің түпнұсқасы — төменде аталған ақпараттық жүйеде сақталған электрондық құжат. Алдыңғы \
     парақтарда құжаттың мәтіні, төменде «басылмайды» деп көрсетілген бөліктерінен басқасы, толық басылған.",
    "Подлинник этой копии на бумаге — электронный документ, который хранится в информационной системе, названной \
     ниже. На предыдущих листах его текст напечатан полностью, кроме частей, указанных ниже как «не печатается».",
    "The original of this copy on paper is an electronic document, which is kept in the information system named \
     below. Its text is printed in full on the sheets before this one, except the parts listed below as not printed.",
);
const COPY_NUMBER: Text = text("Көшірме нөмірі", "Номер копии", "Number of the copy");
const DOCUMENT: Text = text("ЭЛЕКТРОНДЫҚ ҚҰЖАТ", "ЭЛЕКТРОННЫЙ ДОКУМЕНТ", "ELECTRONIC DOCUMENT");
const KIND: Text = text("Құжаттың нысаны", "Форма документа", "Form of the document");
const SCANNED: Text = text(
    "қағаз құжаттың электрондық көшірмесі; қағаз түпнұсқасы бар",
    "электронная копия документа на бумаге; его подлинник — на бумаге",
    "an electronic copy of a document on paper, whose original is on paper",
);
const REGISTRATION: Text = text("Тіркеу нөмірі", "Регистрационный номер", "Registration number");
const DOCUMENT_DATE: Text = text("Құжаттың күні", "Дата документа", "Date of the document");
const DOCUMENT_TYPE: Text = text("Құжаттың түрі", "Вид документа", "Type of document");
const DOCUMENT_TITLE: Text = text("Тақырыбы", "Заголовок", "Title");
const AGENCY: Text = text("Мекеме", "Орган", "Agency");
const RECORD: Text = text("Жазба идентификаторы", "Идентификатор записи", "Record id");
const ENTRY: Text = text("Журнал жазбасы", "Запись журнала", "Entry of the journal");
const CONTENT: Text = text("ҚҰРАМЫ", "СОСТАВ", "CONTENT");
const PAGES: Text = text("парақтар", "листы", "sheets");
const BYTES: Text = text("байт", "байт", "bytes");
const NOT_PRINTED: Text = text(
    "басылмайды: беттері жоқ пішім, электрондық түрде ғана бар",
    "не печатается: формат без страниц, есть только в электронном виде",
    "not printed: a format without pages, there is it in electronic form only",
);
const CHECK: Text = text("ЭЦҚ ТЕКСЕРУ НӘТИЖЕЛЕРІ", "РЕЗУЛЬТАТЫ ПРОВЕРКИ ЭЦП", "RESULTS OF THE CHECK OF SIGNATURES");
const CHECKED: Text = text("Қайта тексерілген уақыты", "Повторно проверено", "Checked again");
pub(crate) const RESULT: Text = text("Нәтижесі", "Результат", "Result");
pub(crate) const POSITIVE: Text = text("ОҢ", "ПОЛОЖИТЕЛЬНЫЙ", "POSITIVE");
pub(crate) const NEGATIVE: Text = text("ТЕРІС", "ОТРИЦАТЕЛЬНЫЙ", "NEGATIVE");
const POLICY: Text = text("Тексеру саясаты (SHA-256)", "Политика проверки (SHA-256)", "Validation policy (SHA-256)");
const CERTIFICATE: Text = text("тіркеу куәлігі", "регистрационное свидетельство", "certificate");
const ISSUED_BY: Text = text("берген", "выдан", "issued by");
const SIGNED: Text = text("қол қойылған", "подписано", "signed");
const COPY: Text = text("КӨШІРМЕ", "КОПИЯ", "COPY");
const SYSTEM: Text = text("Ақпараттық жүйенің атауы", "Информационная система", "Information system");
const MADE: Text = text("Көшірме жасалған күн", "Дата изготовления копии", "Date of the copy");
const RECIPIENT: Text = text("Кімге берілді", "Выдана", "Given to");
const RENDERED_BY: Text = text("Басып шығаруға дайындаған", "Передано программами", "Rendered by");
const RENDERING_DIGEST: Text = text("Көрсетілімнің SHA-256 мәні", "SHA-256 передачи", "SHA-256 of the rendering");
const SHEETS: Text = text("Парақтар саны", "Количество листов", "Number of sheets");
const CERTIFIER: Text = text("Куәландырған", "Заверил", "Certified by");
const BY_HAND: Text = text("қолы, аты-жөні", "подпись, фамилия", "signature, name");
const TEST: Text = text("СЫНАҚ АРХИВІ", "ТЕСТОВЫЙ АРХИВ", "TEST ARCHIVE");
const CONFIRMS: Text = text(
    "Осы файлға қол қою арқылы көшірмені куәландыратын тұлға растайды: SHA-256 мәні төменде көрсетілген rendering.pdf \
     файлын электрондық құжаттың түпнұсқасымен салыстырды, онда құжаттың мәтіні толық және өзгеріссіз берілген, және \
     осы деректер бойынша қағаздағы көшірме куәландырылады.",
    "Подписывая этот файл, заверяющий подтверждает: он сверил rendering.pdf, SHA-256 которого указан ниже, с \
     подлинником электронного документа, текст передан в нём полностью и без изменений, и по этим данным заверяется \
     копия на бумаге.",
    "By signing this file, who certifies confirms: rendering.pdf, whose SHA-256 stands below, was compared with the \
     original of the electronic document; it has the text in full and unchanged; and by these data a copy on paper is \
     certified.",
);

const CONFIRMS_EXCEPT: Text = text(
    "Осы файлға қол қою арқылы көшірмені куәландыратын тұлға растайды: SHA-256 мәні төменде көрсетілген rendering.pdf \
     файлын электрондық құжаттың түпнұсқасымен салыстырды, онда құжаттың мәтіні, «басылмайды» деп көрсетілген \
     бөліктерінен басқасы, толық және өзгеріссіз берілген, және осы деректер бойынша қағаздағы көшірме куәландырылады.",
    "Подписывая этот файл, заверяющий подтверждает: он сверил rendering.pdf, SHA-256 которого указан ниже, с \
     подлинником электронного документа, текст передан в нём полностью и без изменений, кроме частей, указанных как \
     «не печатается», и по этим данным заверяется копия на бумаге.",
    "By signing this file, who certifies confirms: rendering.pdf, whose SHA-256 stands below, was compared with the \
     original of the electronic document; except the parts listed as not printed it has the text in full and \
     unchanged; and by these data a copy on paper is certified.",
);

/// Whether parts are listed that have no pages on the paper.
fn has_listed(value: &Value) -> bool {
    list(value, "components").any(|component| component.get("pages").is_none())
}

fn source(value: &Value) -> Text {
    if has_listed(value) { SOURCE_EXCEPT } else { SOURCE }
}

/// The mark of every sheet of a copy.
pub(super) fn mark(number: u64) -> String {
    format!("{} · {} № {number}", TITLE.kk, TITLE.ru)
}

/// The text of the stamp.
pub(super) fn stamp(profile: CopyProfile, value: &Value, prefix: &str) -> String {
    let is_positive = value.pointer("/check/result").and_then(Value::as_str) == Some("positive");
    match (profile, is_positive) {
        (CopyProfile::N430, _) => format!("{prefix} {STAMP_N430}").trim().to_owned(),
        (CopyProfile::Akimat, true) => STAMP_AKIMAT.to_owned(),
        (CopyProfile::Akimat, false) => STAMP_AKIMAT_NEGATIVE.to_owned(),
    }
}

/// What stands in a field: a text as it is, a number in digits, nothing for what is not there.
fn said(value: &Value, place: &str) -> String {
    match value.pointer(place) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

fn list<'v>(value: &'v Value, key: &str) -> impl Iterator<Item = &'v Value> + use<'v> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}

/// A time of the statement as people read it.
fn moment(time: &str) -> String {
    let read = chrono::DateTime::parse_from_rfc3339(time).ok();
    let ms = read.and_then(|time| u64::try_from(time.timestamp_millis()).ok());
    ms.map_or_else(|| time.to_owned(), local_text)
}

/// A part of the certification.
enum Part {
    Heading(String),
    Text(String),
    Row(String, String),
}

/// Everything that the certification says, in the words that `say` picks.
fn parts(value: &Value, say: &dyn Fn(Text) -> String) -> Vec<Part> {
    let mut parts = vec![Part::Text(say(source(value))), Part::Heading(say(DOCUMENT))];
    let rows = [
        (REGISTRATION, "/record/registration_number"),
        (DOCUMENT_DATE, "/record/document_date"),
        (DOCUMENT_TYPE, "/record/document_type"),
        (DOCUMENT_TITLE, "/record/title"),
        (AGENCY, "/record/agency"),
        (RECORD, "/record/record_id"),
        (ENTRY, "/record/entry"),
    ];
    if said(value, "/record/kind") == Kind::ScannedCopy.as_str() {
        parts.push(Part::Row(say(KIND), say(SCANNED)));
    }
    let row = |name: Text, text: String| (!text.is_empty()).then(|| Part::Row(say(name), text));
    parts.extend(rows.into_iter().filter_map(|(name, place)| row(name, said(value, place))));

    parts.push(Part::Heading(say(CONTENT)));
    for (n, component) in list(value, "components").enumerate() {
        let pages = match (component.get("first_page").and_then(Value::as_u64), component.get("pages")) {
            (Some(first), Some(pages)) => {
                let last = first + pages.as_u64().unwrap_or(1) - 1;
                format!("{} {first}–{last}", say(PAGES))
            }
            _ => say(NOT_PRINTED),
        };
        let (path, size) = (said(component, "/path"), said(component, "/size"));
        let about = format!("{path}\n{pages}; {size} {}; SHA-256:\n{}", say(BYTES), said(component, "/sha256"));
        parts.push(Part::Row((n + 1).to_string(), about));
    }

    parts.push(Part::Heading(say(CHECK)));
    let result = if said(value, "/check/result") == "positive" { POSITIVE } else { NEGATIVE };
    parts.push(Part::Row(say(RESULT), say(result)));
    parts.push(Part::Row(say(CHECKED), moment(&said(value, "/made"))));
    for signature in value.get("check").into_iter().flat_map(|check| list(check, "signatures")) {
        let field = |name: &str| said(signature, name);
        let who = [field("/signer"), field("/post")].into_iter().filter(|part| !part.is_empty());
        let mut about = who.collect::<Vec<_>>().join(", ");
        let sub = field("/sub_indication");
        let found = [field("/indication"), sub].into_iter().filter(|part| !part.is_empty());
        let _ = write!(about, "\n{} {}", say(CERTIFICATE), field("/serial"));
        let _ = write!(about, "; {} {}", say(ISSUED_BY), field("/issuer"));
        let _ = write!(about, "\n{}", found.collect::<Vec<_>>().join(" / "));
        if !field("/signed").is_empty() {
            let _ = write!(about, "; {} {}", say(SIGNED), moment(&field("/signed")));
        }
        parts.push(Part::Row(field("/covers"), about));
    }
    parts.extend(row(POLICY, said(value, "/check/policy")));

    parts.push(Part::Heading(say(COPY)));
    let system = format!("{}; {}", said(value, "/system/name"), said(value, "/system/program"));
    let renderers = list(value, "components").flat_map(|component| list(component, "renderers"));
    let mut renderers: Vec<&str> = renderers.filter_map(Value::as_str).collect();
    renderers.sort_unstable();
    renderers.dedup();
    let rows = [
        (COPY_NUMBER, said(value, "/number")),
        (SYSTEM, system),
        (MADE, said(value, "/date")),
        (RECIPIENT, said(value, "/recipient")),
        (RENDERED_BY, renderers.join("; ")),
        (RENDERING_DIGEST, said(value, "/rendering/sha256")),
    ];
    parts.extend(rows.into_iter().filter_map(|(name, text)| row(name, text)));
    parts
}

/// The certification as plain text, in each language, for who signs it.
pub(super) fn texts(value: &Value) -> Value {
    let mut texts = Map::new();
    for (name, lang) in [("en", Lang::En), ("kk", Lang::Kk), ("ru", Lang::Ru)] {
        let say = |text: Text| text.get(lang).to_owned();
        let mut out = format!("{}\n", say(TITLE));
        for part in parts(value, &say) {
            let _ = match part {
                Part::Heading(text) => write!(out, "\n{text}\n"),
                Part::Text(text) => writeln!(out, "{text}"),
                Part::Row(name, text) => writeln!(out, "{name}: {}", text.replace(":\n", ": ").replace('\n', "; ")),
            };
        }
        let _ = writeln!(out, "{}: {}", say(SHEETS), said(value, "/sheets"));
        let _ = writeln!(out, "{}", said(value, "/stamp"));
        texts.insert(name.to_owned(), out.into());
    }
    texts.into()
}

/// What whoever signs the statement confirms by it.
pub(super) fn confirms(value: &Value) -> Value {
    let digest = said(value, "/rendering/sha256");
    let text = if has_listed(value) { CONFIRMS_EXCEPT } else { CONFIRMS };
    let in_lang = |lang: Lang| format!("{} rendering.pdf: {digest}", text.get(lang));
    json!({"kk": in_lang(Lang::Kk), "ru": in_lang(Lang::Ru), "en": in_lang(Lang::En)})
}

/// Who certified a copy, as it stands beside the stamp.
pub(super) struct Certifier {
    name: String,
    post: String,
    serial: String,
    signed: String,
}

/// Letters of a line beside the stamp: more would make it another number of lines.
const CERTIFIER_CHARS_MAX: usize = 60;

impl Certifier {
    /// From the fields and the files of the act that certifies.
    pub(super) fn of(fields: &Map<String, Value>, files: &[(String, Vec<u8>)]) -> Self {
        let approval =
            fields.get("approved").and_then(Value::as_array).and_then(|all| Approval::of_value(all.first()?));
        let report = files.iter().find(|(name, _)| name == "report-1.json");
        let report: Value = report.and_then(|(_, bytes)| serde_json::from_slice(bytes).ok()).unwrap_or_default();
        let of_signer = |name: &str| said(&report, &format!("/signatures/0/signer/{name}"));
        let short = |text: String| text.chars().take(CERTIFIER_CHARS_MAX).collect::<String>();
        let name = super::compose::common_name(&of_signer("subject")).unwrap_or_default();
        let (post, signed) = approval.map(|approval| (approval.post, moment(&approval.signed))).unwrap_or_default();
        Self { name: short(name), post: short(post), serial: short(of_signer("serial")), signed }
    }
}

const TWO: fn(Text) -> String = |text| format!("{} / {}", text.kk, text.ru);

/// The sheets of certification. Without a certifier the same, with blanks of the same height.
pub(super) fn blocks(value: &Value, certifier: Option<&Certifier>) -> Vec<Block> {
    let mut blocks = vec![Block::Text(TITLE_LOOK, TITLE.kk.to_uppercase())];
    blocks.push(Block::Text(Look { is_centred: true, ..PLAIN }, TITLE.ru.to_owned()));
    let number = Look { is_centred: true, ..HEADING };
    blocks.push(Block::Text(number, format!("№ {}", said(value, "/number"))));
    if value.get("test") == Some(&Value::Bool(true)) {
        blocks.push(Block::Text(number, TWO(TEST)));
    }
    blocks.push(Block::Blank(6.0));
    put(&mut blocks, parts(value, &TWO));
    blocks.push(Block::Blank(8.0));
    let (bold, plain, small) = (Look { size: 10.0, ..HEADING }, Look { size: 8.5, ..PLAIN }, SMALL);
    let mut beside = vec![
        (small, TWO(SHEETS)),
        (bold, said(value, "/sheets")),
        (small, " ".to_owned()),
        (small, TWO(MADE)),
        (bold, said(value, "/date")),
        (small, " ".to_owned()),
        (small, TWO(CERTIFIER)),
    ];
    if let Some(certifier) = certifier {
        let lines = [&certifier.name, &certifier.post].into_iter().filter(|line| !line.is_empty());
        beside.extend(lines.map(|line| (plain, line.clone())));
        beside.push((small, format!("{} {}", CERTIFICATE.kk, certifier.serial)));
        beside.push((small, format!("{} {}", SIGNED.kk, certifier.signed)));
    }
    beside.extend([(plain, " ".to_owned()), (plain, "_".repeat(28)), (small, TWO(BY_HAND))]);
    blocks.push(Block::Stamp(unparted(&said(value, "/stamp")), beside));
    blocks
}

/// The text of a stamp whose prefix stands in one line, and whose negation is not parted from what it negates.
fn unparted(stamp: &str) -> String {
    match stamp.strip_suffix(STAMP_N430) {
        Some(prefix) => format!("{} {STAMP_N430}", prefix.trim().replace(' ', "\u{a0}")),
        None => stamp.replace(NOT_TRUE, &NOT_TRUE.replace(' ', "\u{a0}")),
    }
}

fn put(blocks: &mut Vec<Block>, parts: Vec<Part>) {
    for part in parts {
        match part {
            Part::Heading(text) => {
                blocks.extend([Block::Blank(5.0), Block::Text(HEADING, text), Block::Line]);
            }
            Part::Text(text) => blocks.push(Block::Text(PLAIN, text.replace(" / ", "\n"))),
            Part::Row(name, text) => blocks.push(Block::Row(name.replace(" / ", "\n"), text)),
        }
    }
}

/// The sheet of a print that is not certified: what it is of, and why it is no copy. `texts` are the texts of parts
/// that were not rendered.
pub(super) fn uncertified(value: &Value, texts: &[(String, String)]) -> Vec<Block> {
    let mut blocks = vec![Block::Text(TITLE_LOOK, NOT_CERTIFIED_MARK.to_owned()), Block::Blank(6.0)];
    blocks.extend([NOT_CERTIFIED.kk, NOT_CERTIFIED.ru].map(|line| Block::Text(PLAIN, line.to_owned())));
    blocks.push(Block::Text(HEADING, TWO(DOCUMENT)));
    blocks.push(Block::Line);
    let rows = [
        (REGISTRATION, "/record/registration_number"),
        (DOCUMENT_DATE, "/record/document_date"),
        (DOCUMENT_TYPE, "/record/document_type"),
        (DOCUMENT_TITLE, "/record/title"),
        (RECORD, "/record/record_id"),
    ];
    let rows = rows.into_iter().map(|(name, place)| (TWO(name), said(value, place)));
    blocks.extend(rows.filter(|(_, text)| !text.is_empty()).map(|(name, text)| Block::Row(name, text)));
    for component in list(value, "components") {
        let about = format!("{}; SHA-256:\n{}", said(component, "/state"), said(component, "/sha256"));
        blocks.push(Block::Row(said(component, "/path"), about));
    }
    for (name, text) in texts {
        blocks.extend([Block::Blank(8.0), Block::Text(HEADING, name.clone()), Block::Line]);
        blocks.push(Block::Text(PLAIN, text.clone()));
    }
    blocks
}

/// What became of a part of a print that is not certified.
pub(super) fn state(family: Option<Family>, state: State) -> String {
    let family = family.map_or("?", Family::as_str);
    let text = match state {
        State::Rendered => text("толық басылған", "напечатано полностью", "printed in full"),
        State::TextOnly => text(
            "мәтіні ғана алынған: безендіру, суреттер мен кестелер толық емес",
            "извлечён только текст: без оформления, рисунков и полных таблиц",
            "its text only: without layout, pictures and whole tables",
        ),
        State::Listed => text("басылмаған", "не напечатано", "not printed"),
    };
    format!("{family}: {}", TWO(text))
}

/// How much of a part a print has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Every page.
    Rendered,
    /// The text without its layout.
    TextOnly,
    /// Nothing but its name and digest.
    Listed,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_negation_is_bound_and_the_letters_of_a_stamp_stay() {
        let bound = unparted(STAMP_AKIMAT_NEGATIVE);
        assert!(bound.contains("дұрыс\u{a0}емес."), "{bound}");
        assert_eq!(bound.replace('\u{a0}', " "), STAMP_AKIMAT_NEGATIVE);
        assert_eq!(unparted(STAMP_AKIMAT), STAMP_AKIMAT);
    }

    #[test]
    fn the_whole_text_is_said_to_be_printed_only_when_it_is() {
        let [whole, listed] = [json!([{"path": "a", "pages": 1, "first_page": 1}]), json!([{"path": "b.zip"}])]
            .map(|components| json!({"components": components}));
        for (name, lang, except) in [
            ("kk", Lang::Kk, "«басылмайды» деп көрсетілген бөліктер"),
            ("ru", Lang::Ru, "кроме частей, указанных"),
            ("en", Lang::En, "except the parts listed"),
        ] {
            for (value, wanted) in [(&whole, false), (&listed, true)] {
                let confirms = confirms(value)[name].as_str().unwrap_or_default().to_owned();
                assert_eq!(confirms.contains(except), wanted, "{confirms}");
                assert_eq!(source(value).get(lang).contains(except), wanted, "{name}");
            }
        }
    }
}
