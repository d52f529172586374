//! What the archive says of a bundle and of each record in it: canonical JSON, and the same for people as HTML in
//! Kazakh, Russian and English.
//!
//! A report is the archive's word, which the journal commits to; it is not what proves anything. [`super::check`] does,
//! from the other members, and compares the claims that it can.
//!
//! The HTML has no script and no reference to anything outside, and every text in it is escaped. No I/O.

use crate::clock::{Millis, local_text, rfc3339};
use crate::text::{Lang, Text, text};
use serde_json::Value;
use std::fmt::Write;

const TITLE: Text = text("Мұрағаттық дәлелдер жинағы", "Пакет архивных доказательств", "Archival evidence bundle");
const RECORD: Text = text("Құжат", "Документ", "Record");
const VERIFY: Text = text(
    "Бұл бетке сенудің қажеті жоқ: жинақты VERIFY.txt бойынша өзіңіз тексеріңіз.",
    "Этой странице не нужно верить: проверьте пакет сами по VERIFY.txt.",
    "Do not believe this page: check the bundle yourself by VERIFY.txt.",
);
const TEST: Text = text("СЫНАҚ АРХИВІ", "ТЕСТОВЫЙ АРХИВ", "TEST ARCHIVE");
/// What a bundle cannot show.
pub const LIMITS: Text = text(
    "Жинақ берілген деректердің көрсетілген уақыттан бері өзгермегенін және журналда жазылған әрекеттердің бәрін \
     көрсетеді. Ол құжат мазмұнының шындығын, архивтен тыс көшірмелердің жоқтығын және журналға жазылмаған оқиғаларды \
     дәлелдемейді.",
    "Пакет показывает, что данные не изменялись с указанного времени, и все действия, внесённые в журнал. Он не \
     доказывает истинность содержания, отсутствие копий вне архива и события, которых нет в журнале.",
    "The bundle shows that the data have not changed since the time given, and every act that is in the journal. It \
     does not prove that the content is true, that no copies exist elsewhere, or anything that is not in the journal.",
);

/// How a field of a report is called.
const FIELDS: &[(&str, Text)] = &[
    ("issuer", text("Архив", "Архив", "Archive")),
    ("origin", text("Журналдың аты", "Имя журнала", "Name of the journal")),
    ("vkey", text("Журналдың тексеру кілті", "Ключ проверки журнала", "Verifier key of the journal")),
    ("authority", text("Сұратқан орган", "Запросивший орган", "Requesting authority")),
    ("case", text("Іс", "Дело", "Case")),
    ("basis", text("Құқықтық негізі", "Правовое основание", "Legal basis")),
    ("requester", text("Сұрауға қол қойған", "Подписал запрос", "Requested by")),
    ("inquiry", text("Сұрау салу", "Запрос", "Inquiry")),
    ("made", text("Жасалған уақыты", "Составлен", "Made")),
    ("log_size", text("Журналдағы жазбалар", "Записей в журнале", "Entries of the journal")),
    ("stamped_size", text("Уақыт белгісі қойылған жазбалар", "Записей с меткой времени", "Entries with a time-stamp")),
    ("readings", text("Оқулар", "Чтения", "Readings")),
    ("record_id", text("Құжат идентификаторы", "Идентификатор документа", "Record id")),
    ("agency", text("Орган коды", "Код органа", "Agency")),
    ("registration_number", text("Тіркеу нөмірі", "Регистрационный номер", "Registration number")),
    ("document_date", text("Күні", "Дата", "Date")),
    ("document_type", text("Түрі", "Вид", "Type")),
    ("title", text("Тақырыбы", "Заголовок", "Title")),
    ("access_category", text("Қолжетімділігі", "Доступ", "Access")),
    ("accepted", text("Архивке қабылданды", "Принят в архив", "Accepted")),
    ("signatures", text("Қабылдау кезіндегі қолтаңбалар", "Подписи при приёме", "Signatures at receipt")),
    ("program", text("Бағдарлама", "Программа", "Program")),
];
const MISSING: Text = text("Жинақта жоқ", "Нет в пакете", "Missing in the bundle");
const COMPONENTS: Text = text("Файлдар", "Файлы", "Files");
const EVIDENCE: Text = text("Уақыт дәлелдері", "Доказательства времени", "Evidence of time");
const HISTORY: Text = text("Құжатпен жасалған әрекеттер", "Действия с документом", "What was done with it");
const RETENTION: Text = text("Сақтау мерзімі мен тыйымдар", "Срок хранения и запреты", "Retention and holds");

/// What a bundle lacks, in words.
pub fn missing_text(code: &str) -> Text {
    match code {
        "evidence" => text(
            "құжатқа уақыт белгісі әлі қойылмаған: алдымен evidence timestamp",
            "документ ещё не заверен меткой времени: сначала evidence timestamp",
            "the record has no time-stamp yet: evidence timestamp first",
        ),
        "lost" => text(
            "журналдың осы жазбасының алдында жазбалар жоғалған (аты және саны): оларда не болғаны белгісіз",
            "перед этой записью журнала записи утрачены (имя и число): что в них было, неизвестно",
            "before this entry of the journal entries were lost (name and number): nobody knows what was in them",
        ),
        "stamped" => text(
            "журналға уақыт белгісі әлі қойылмаған",
            "журнал ещё не заверен меткой времени",
            "the journal has no time-stamp yet",
        ),
        "quorum" => text(
            "куәгерлердің қолы саясат сұрағаннан аз: log witness push, содан соң inquiry bundle --cosigned",
            "подписей свидетелей меньше, чем требует политика: log witness push, затем inquiry bundle --cosigned",
            "fewer cosignatures than the policy asks for: log witness push, then inquiry bundle --cosigned",
        ),
        _ => text(
            "материал жоқ: қолтаңбаны тексеруге керек куәлік немесе тізім",
            "нет материала, которым проверялась подпись",
            "material that a signature was validated by",
        ),
    }
}

/// The page of a bundle, or of a record in it.
pub fn html(value: &Value) -> Vec<u8> {
    let mut page = Page::default();
    let is_record = value.get("record_id").is_some();
    page.raw("<!DOCTYPE html>\n<html lang=\"kk\"><head><meta charset=\"utf-8\"><title>");
    page.text(TITLE.kk);
    page.raw("</title><style>body{font:16px/1.5 sans-serif;max-width:60em;margin:2em auto;padding:0 1em}");
    page.raw(
        "table{border-collapse:collapse;width:100%}td,th{border:1px solid #999;padding:.3em .5em;text-align:left;",
    );
    page.raw("vertical-align:top;overflow-wrap:anywhere}section{border-top:3px solid #246;margin-top:3em}</style>");
    page.raw("</head><body>\n");
    for (name, lang) in Lang::ALL {
        page.raw(&format!("<section lang=\"{name}\">\n"));
        page.element("h1", if is_record { RECORD } else { TITLE }.get(lang));
        if value.get("test").and_then(Value::as_bool) == Some(true) {
            page.element("p", TEST.get(lang));
        }
        page.element("p", VERIFY.get(lang));
        facts(&mut page, value, lang);
        if is_record {
            record(&mut page, value, lang);
        } else {
            bundle(&mut page, value, lang);
        }
        page.element("p", LIMITS.get(lang));
        page.raw("</section>\n");
    }
    page.raw("</body></html>\n");
    page.0.into_bytes()
}

/// Every field of a report that is one text, as a table.
fn facts(page: &mut Page, value: &Value, lang: Lang) {
    page.raw("<table>\n");
    for (field, name) in FIELDS {
        let said = match value.get(*field) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            _ => continue,
        };
        page.row(&[name.get(lang), &said]);
    }
    page.raw("</table>\n");
}

fn bundle(page: &mut Page, value: &Value, lang: Lang) {
    let missing: Vec<&Value> = list(value, "missing").collect();
    if !missing.is_empty() {
        page.element("h2", MISSING.get(lang));
        page.raw("<table>\n");
        for one in missing {
            let what = missing_text(field(one, "what")).get(lang);
            page.row(&[field(one, "subject"), what]);
        }
        page.raw("</table>\n");
    }
    page.raw("<ul>\n");
    for id in list(value, "records").filter_map(Value::as_str) {
        // An id has hexadecimal digits only.
        page.raw(&format!("<li><a href=\"records/{id}/report.html\">{id}</a></li>\n"));
    }
    page.raw("</ul>\n");
}

fn record(page: &mut Page, value: &Value, lang: Lang) {
    page.element("h2", COMPONENTS.get(lang));
    page.raw("<table>\n");
    for one in list(value, "components") {
        page.row(&[field(one, "path"), field(one, "format"), field(one, "sha256")]);
    }
    page.raw("</table>\n");
    page.element("h2", EVIDENCE.get(lang));
    page.raw("<table>\n");
    for group in list(value, "groups") {
        for one in list(group, "evidence") {
            page.row(&[field(one, "file"), field(one, "time"), field(one, "authority")]);
        }
    }
    page.raw("</table>\n");
    page.element("h2", HISTORY.get(lang));
    page.raw("<table>\n");
    for one in list(value, "custody") {
        let entry = one.get("entry").and_then(Value::as_u64).unwrap_or_default().to_string();
        page.row(&[&entry, field(one, "time"), field(one, "act"), field(one, "of")]);
    }
    page.raw("</table>\n");
    page.element("h2", RETENTION.get(lang));
    let name = Lang::ALL.iter().find(|(_, known)| *known == lang).map_or("kk", |(name, _)| *name);
    for sentence in list(value.pointer("/retention/text").unwrap_or(&Value::Null), name).filter_map(Value::as_str) {
        page.element("p", sentence);
    }
}

fn list<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}

fn field<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A time for programs, and in Almaty for people.
pub fn time(at: Millis) -> String {
    format!("{} ({})", rfc3339(at), local_text(at))
}

#[derive(Default)]
struct Page(String);

impl Page {
    fn raw(&mut self, html: &str) {
        self.0.push_str(html);
    }

    fn text(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '&' => self.raw("&amp;"),
                '<' => self.raw("&lt;"),
                '>' => self.raw("&gt;"),
                '"' => self.raw("&quot;"),
                c => self.0.push(c),
            }
        }
    }

    fn element(&mut self, name: &str, text: &str) {
        let _ = write!(self.0, "<{name}>");
        self.text(text);
        let _ = writeln!(self.0, "</{name}>");
    }

    fn row(&mut self, cells: &[&str]) {
        self.raw("<tr>");
        for cell in cells {
            self.raw("<td>");
            self.text(cell);
            self.raw("</td>");
        }
        self.raw("</tr>\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_language_is_there_and_nothing_is_taken_for_markup() {
        let value = json!({"record_id": "ab", "title": "<script>\"Қ&\"", "custody": [{"entry": 3, "act": "<b>"}]});
        let page = String::from_utf8(html(&value)).unwrap();
        assert!(!page.contains("<script>") && !page.contains("<b>"));
        assert_eq!(page.matches("&lt;script&gt;&quot;Қ&amp;&quot;").count(), 3, "once in each language");
        for lang in ["kk", "ru", "en"] {
            assert!(page.contains(&format!("<section lang=\"{lang}\">")), "{lang}");
        }
        assert!(!page.contains("http"), "no reference to anything outside");
    }
}
