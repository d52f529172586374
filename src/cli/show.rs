//! `muragat show ID`, or a citation.
//!
//! Showing a restricted record is a reading, which is in the journal before a word of it is printed.

use super::due::NO_ORIGINAL;
use super::paper::print_papers;
use super::{Common, bytes_text, id_of, tomb};
use crate::access::rights::LOCAL;
use crate::access::{Opened, Reader, open};
use crate::archive::Archive;
use crate::clock::local_text;
use crate::error::{Error, ErrorCode, Exit};
use crate::filing::cite;
use crate::filing::files::File;
use crate::filing::paper::has_original;
use crate::model::citation::Citation;
use crate::model::format::Identification;
use crate::model::id::RecordId;
use crate::model::import::Imported;
use crate::model::record::{CardField, Component};
use crate::model::strict::shown;
use crate::text::{Lang, Text, text};
use crate::view::words::{
    access_text, amendment_text, certifier_text, direction_text, field_text, kind_text, paper_text, role_text,
};
use crate::view::{Masked, RecordView, delivery};
use std::ops::Deref;

/// Arguments of `show`.
#[derive(clap::Args)]
pub(super) struct Show {
    /// Id of the record, or a citation: «Қ.123 Т.4 І.56 Құ.3»; without the document it names a file.
    id: String,
    /// What for; a record about persons is shown for no purpose that is not said.
    #[arg(long, value_name = "TEXT")]
    purpose: Option<String>,
}

/// Reads a record id from the command line.
pub(super) fn record_id(text: &str) -> Result<RecordId, Error> {
    id_of(text, ErrorCode::ArcNoRecord, "a record id")
}

const RECORD: Text = text("Жазба", "Запись", "Record");
const ACCEPTED: Text = text("Қабылданды", "Принята", "Accepted");
const AGENCY: Text = text("Мемлекеттік орган", "Госорган", "Agency");
const FILE: Text = text("Іс", "Дело", "File");
const FILED: Text = text("Салынған ісі", "Помещена в дело", "Put into file");
const HOLD: Text = text("Тыйым", "Запрет", "Hold");
const PAPERS: Text = text("Қағаз нұсқалары", "На бумаге", "On paper");
const ACCESS: Text = text("Қолжетімділік", "Доступ", "Access");
const DIRECTION: Text = text("Бағыты", "Направление", "Direction");
const CARD: Text =
    text("Тіркеу-бақылау карточкасы", "Регистрационно-контрольная карточка", "Registration-control card");
const COMPONENTS: Text = text("Құрамы", "Состав", "Components");
const CUSTODY: Text = text("Сақтау тарихы", "История хранения", "Custody");
const READINGS: Text = text("Оқылуы", "Прочтения", "Readings");
const COMMITMENT: Text = text("Журналдағы міндеттеме", "Обязательство в журнале", "Commitment in the journal");
const KIND: Text = text("Құжат нысаны", "Вид записи", "Kind");
const CERTIFIED: Text = text("Куәландырған", "Заверил", "Certified by");
const DELIVERY: Text = text("Жеткізілуі", "Доставка", "Delivery");
const DELIVERED: Text = text(
    "жеткізілген: түбіртегі бар (тексерілмеген)",
    "доставлен: есть уведомление (не проверено)",
    "delivered: a receipt is held (not checked)",
);
const NOT_DELIVERED: Text = text(
    "жеткізілмеген: алушының түбіртегі жоқ",
    "не доставлен: нет уведомления получателя",
    "not delivered: no receipt of the recipient",
);
const FLAG: Text = text("Белгі", "Пометка", "Flag");
const CODE: Text = text("Код", "Код", "Code");
const SAME_CONTENT: Text = text("Мазмұны бірдей жазба", "Запись с тем же содержанием", "Record with the same content");
const AMENDMENTS: Text = text("Толықтырулар", "Дополнения", "Amendments");
const PART: Text = text("толықтыру", "дополнение", "amendment");
const CONTENT: Text = text("ішіндегі құжат", "документ внутри", "the document inside");
const DERIVED: Text = text("Неден жасалған", "Получено из", "Derived from");
const TRANSFERRED: Text = text("Басқа архив тапсырды", "Передан другим архивом", "Handed over by another archive");
const IMPORTED: Text = text("Бұрынғы қордан алынды", "Принята из прежнего фонда", "Imported from an earlier holding");
const LINE: Text = text("кестенің жолы", "строка таблицы", "line of the table");
const ORIGINAL_RECEIPT: Text = text(
    "Бастапқы түсуі (ескі жүйенің дерегі)",
    "Первоначальное поступление (по данным прежней системы)",
    "Original receipt (as the old system says)",
);
const IN_SEARCH: Text = text("ІЗДЕСТІРУДЕ", "В РОЗЫСКЕ", "IN SEARCH");
const SYSTEM: Text = text("жүйе", "система", "the system");

impl Show {
    pub(super) fn run(self, common: &Common) -> Result<Exit, Error> {
        let cited = self.id.parse::<Citation>();
        let archive = common.open()?;
        let id = match cited {
            Ok(citation) => cite::id(&archive, &citation)?,
            Err(_) => record_id(&self.id)?,
        };
        if let Some(exit) = tomb::show(&archive, id, common)? {
            archive.close()?;
            return Ok(exit);
        }
        match archive.index().file(id)? {
            Some(row) => super::file::print(common, &File { id, row }),
            None => {
                let actor = common.actor(&archive)?;
                let since = archive.index().missing_since(id)?;
                let printed = open(&archive, id, Reader::asking(actor, LOCAL, self.purpose.as_deref()))
                    .and_then(|opened| print(&archive, &opened, common));
                if let (Err(_), Some(entry)) = (&printed, since) {
                    // What is missing may be just what `show` needs.
                    common.say(&format!("{}: #{entry}", IN_SEARCH.get(common.lang())));
                }
                printed?;
            }
        }
        archive.close()?;
        Ok(Exit::Ok)
    }
}

/// Prints a record that is open.
pub(super) fn print(archive: &Archive, opened: &Opened<'_>, common: &Common) -> Result<(), Error> {
    let view = RecordView::read(archive, opened)?;
    if common.json() {
        common.print_json(&view.value(Masked::No));
    } else {
        Shown(view).print(common.lang());
    }
    Ok(())
}

/// A record as people read it.
struct Shown<'a>(RecordView<'a>);

impl<'a> Deref for Shown<'a> {
    type Target = RecordView<'a>;

    fn deref(&self) -> &RecordView<'a> {
        &self.0
    }
}

impl Shown<'_> {
    fn print(&self, lang: Lang) {
        let line = |name: Text, value: &str| out!("  {}: {}", name.get(lang), shown(value));
        let manifest = &self.manifest;
        out!("{} {}", RECORD.get(lang), manifest.record);
        if let Some(entry) = self.in_search {
            line(IN_SEARCH, &format!("#{entry}"));
        }
        line(KIND, kind_text(manifest.kind).get(lang));
        if let Some(c) = &manifest.certified_by {
            let post = c.post.as_deref().map(|post| format!(", {post}")).unwrap_or_default();
            line(CERTIFIED, &format!("{} ({}{post})", c.surname, certifier_text(c.role).get(lang)));
        }
        line(ACCEPTED, &local_text(self.row.accepted));
        line(AGENCY, &manifest.agency);
        line(DIRECTION, direction_text(manifest.direction).get(lang));
        match delivery(self.row) {
            Some("delivered") => line(DELIVERY, DELIVERED.get(lang)),
            Some(_) => line(DELIVERY, NOT_DELIVERED.get(lang)),
            None => {}
        }
        if let Some(file) = &manifest.file {
            line(FILE, file);
        }
        if let Some(file) = &self.filed {
            let (row, number) = (&file.row, self.row.number_in_file.map(|n| format!(", № {n}")).unwrap_or_default());
            let place = cite::of(file, self.row).map(|citation| format!(" · {}", citation.text(lang)));
            let place = place.unwrap_or_default();
            line(FILED, &format!("{} · {} · {} · {}{number}{place}", file.id, row.index, row.year, row.title));
        }
        for (hold, _) in &self.holds {
            line(HOLD, &hold.to_string());
        }
        if !self.row.papers.is_empty() {
            out!("  {}", PAPERS.get(lang));
            print_papers(&self.row.papers, lang);
        }
        let is_closed = self.filed.as_ref().is_some_and(|file| !file.row.is_open());
        if self.needs_paper && is_closed && !has_original(self.row) {
            out!("  ! {}", NO_ORIGINAL.get(lang));
        }
        line(ACCESS, access_text(manifest.access_category).get(lang));
        if let Some(imported) = &manifest.imported {
            print_imported(imported, lang);
        }
        if let Some(transferred) = &manifest.transferred {
            let (record, archive) = (shown(&transferred.record), transferred.archive);
            line(TRANSFERRED, &format!("{record} · {archive} · {}", transferred.accession));
        }
        super::signatures::print(manifest.validation.as_ref(), self.validation.as_ref(), lang);
        for code in &self.row.flags {
            let text = ErrorCode::parse(code).map_or("", |code| code.text(lang));
            line(FLAG, &format!("{code} {text}"));
        }
        for other in &self.same_content {
            line(SAME_CONTENT, &other.to_string());
        }
        self.print_card(lang);
        out!("{}", COMPONENTS.get(lang));
        for (part, component) in self.components() {
            print_component(component, part, lang);
        }
        self.print_history(lang);
    }

    fn print_card(&self, lang: Lang) {
        out!("{}", CARD.get(lang));
        for (field, value) in self.card() {
            let paper = (*field == CardField::PaperMark).then(|| paper_text(value)).flatten();
            let value = paper.map_or_else(|| value.replace('\n', ", "), |text| text.get(lang).to_owned());
            out!("  {}: {}", field_text(*field).get(lang), shown(&value));
        }
        for code in &self.manifest.codes {
            let edition = format!("{} {}", code.classifier, code.edition);
            out!("  {}: {} = {} ({})", CODE.get(lang), code.field, shown(&code.code), shown(&edition));
        }
    }

    fn print_history(&self, lang: Lang) {
        if !self.amendments.is_empty() {
            out!("{}", AMENDMENTS.get(lang));
        }
        let mut card = &self.manifest.card;
        for (part, (leaf, amendment)) in (1..).zip(&self.amendments) {
            let reason = amendment.reason.as_deref().map(|r| format!(": {}", shown(r))).unwrap_or_default();
            out!("  {part}. {} {}{reason}", local_text(leaf.t), amendment_text(amendment.kind).get(lang));
            for (path, format) in &amendment.formats {
                out!("     {}", shown(path));
                print_format(format, "       ");
            }
            if let Some(corrected) = &amendment.card {
                print_changes(card, corrected, lang);
                card = corrected;
            }
        }
        out!("{}", COMMITMENT.get(lang));
        out!("  g256 {}", self.manifest.group().0);
        for (_, amendment) in &self.amendments {
            out!("  g256 {}", amendment.group().0);
        }
        for (title, entries) in [(CUSTODY, &self.custody), (READINGS, &self.readings)] {
            if !entries.is_empty() {
                out!("{}", title.get(lang));
            }
            for entry in entries {
                let who = entry.account.as_deref().unwrap_or(SYSTEM.get(lang));
                out!("  #{} {} {} ({who})", entry.index, local_text(entry.leaf.t), entry.leaf.act.as_str());
            }
        }
    }
}

/// Where an imported record came from. The original receipt is the old system's word, and is said to be that.
fn print_imported(imported: &Imported, lang: Lang) {
    out!("  {}: {} · {} {}", IMPORTED.get(lang), imported.act, LINE.get(lang), imported.line);
    if imported.receipt_date.is_some() || imported.receipt_number.is_some() {
        let number = imported.receipt_number.as_deref().map(|number| format!("№ {} ", shown(number)));
        let date = imported.receipt_date.map(|date| date.format("%d.%m.%Y").to_string());
        let receipt = format!("{}{}", number.unwrap_or_default(), date.unwrap_or_default());
        out!("  {}: {}", ORIGINAL_RECEIPT.get(lang), receipt.trim_end());
    }
}

/// The fields that a correction changed, old value and new.
fn print_changes(old: &[(CardField, String)], new: &[(CardField, String)], lang: Lang) {
    let value = |card: &[(CardField, String)], field| {
        card.iter().find(|(f, _)| *f == field).map_or_else(|| "—".to_owned(), |(_, v)| shown(&v.replace('\n', ", ")))
    };
    for field in CardField::ALL {
        let (before, after) = (value(old, *field), value(new, *field));
        if before != after {
            out!("     {}: {before} → {after}", field_text(*field).get(lang));
        }
    }
}

fn print_component(component: &Component, part: usize, lang: Lang) {
    let later = if part == 0 { String::new() } else { format!(" · {} {part}", PART.get(lang)) };
    let role = role_text(component.role).get(lang);
    out!("  {} · {role} · {}{later}", shown(&component.path), bytes_text(component.size));
    out!("    SHA-256 {}", component.digests.sha256);
    if let Some(format) = &component.format {
        print_format(format, "    ");
    }
    if let Some(content) = &component.content {
        out!("    ↳ {} · {} · {}", shown(&content.path), CONTENT.get(lang), bytes_text(content.size));
        out!("      SHA-256 {}", content.sha256);
        print_format(&content.format, "      ");
    }
    if !component.covers.is_empty() {
        out!("    ↳ {}", shown(&component.covers.join(", ")));
    }
    if let Some(derived) = &component.derived {
        out!("    {}: {} · {}", DERIVED.get(lang), shown(&derived.source), shown(&derived.tool));
    }
}

fn print_format(format: &Identification, indent: &str) {
    let puid = format.puid.as_deref().unwrap_or("—");
    let name = [format.name.as_str(), format.version.as_str()].join(" ");
    out!("{indent}{puid} {}", if name.trim().is_empty() { format.family.as_str() } else { name.trim() });
    for finding in &format.findings {
        let place = if finding.place.is_empty() { String::new() } else { format!("{}: ", shown(&finding.place)) };
        out!("{indent}! {} {place}{}", finding.code, shown(&finding.detail));
    }
}
