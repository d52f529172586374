//! `muragat show ID`.
//!
//! Showing a restricted record is a reading, which is in the journal before a word of it is printed.

use super::{Common, bytes_text};
use crate::access::{HistoryEntry, Opened, open};
use crate::clock::{local_text, rfc3339};
use crate::error::{Error, ErrorCode, Exit};
use crate::model::id::RecordId;
use crate::model::record::{CardField, Manifest};
use crate::model::submission::{AccessCategory, Direction, Role};
use crate::text::{Lang, Text, text};
use serde_json::{Value, json};

/// Arguments of `show`.
#[derive(clap::Args)]
pub(super) struct Show {
    /// Id of the record.
    id: String,
}

/// Reads a record id from the command line.
pub(super) fn record_id(id: &str) -> Result<RecordId, Error> {
    id.parse().map_err(|e| Error::caused(ErrorCode::ArcNoRecord, id, e))
}

const RECORD: Text = text("Жазба", "Запись", "Record");
const ACCEPTED: Text = text("Қабылданды", "Принята", "Accepted");
const AGENCY: Text = text("Мемлекеттік орган", "Госорган", "Agency");
const FILE: Text = text("Іс", "Дело", "File");
const ACCESS: Text = text("Қолжетімділік", "Доступ", "Access");
const DIRECTION: Text = text("Бағыты", "Направление", "Direction");
const SIGNATURES: Text = text("Қолтаңбалар", "Подписи", "Signatures");
const NOT_VALIDATED: Text = text(
    "тексерілмеген: бұл нұсқа қолтаңбаны сақтайды, бірақ әлі тексермейді",
    "не проверены: эта версия хранит подписи, но ещё не проверяет их",
    "not validated: this version keeps signatures and does not validate them yet",
);
const CARD: Text =
    text("Тіркеу-бақылау карточкасы", "Регистрационно-контрольная карточка", "Registration-control card");
const COMPONENTS: Text = text("Құрамы", "Состав", "Components");
const CUSTODY: Text = text("Сақтау тарихы", "История хранения", "Custody");
const READINGS: Text = text("Оқылуы", "Прочтения", "Readings");
const COMMITMENT: Text = text("Журналдағы міндеттеме", "Обязательство в журнале", "Commitment in the journal");
const SYSTEM: Text = text("жүйе", "система", "the system");

/// The name of a card field for people.
pub(super) fn field_text(field: CardField) -> Text {
    match field {
        CardField::DocumentType => text("Құжат түрі", "Вид документа", "Document type"),
        CardField::DocumentDate => text("Құжаттың күні", "Дата документа", "Document date"),
        CardField::RegistrationNumber => text("Тіркеу нөмірі", "Регистрационный номер", "Registration number"),
        CardField::NomenclatureIndex => {
            text("Істер номенклатурасының индексі", "Индекс по номенклатуре", "Nomenclature index")
        }
        CardField::Software => text("Бағдарламалық қамтылым", "Программное обеспечение", "Software"),
        CardField::Signatures => text("ЭЦҚ", "ЭЦП", "Digital signatures"),
        CardField::Nature => text("Мәселенің сипаты", "Характер вопроса", "Nature of the matter"),
        CardField::Title => text("Тақырыбы", "Заголовок", "Title"),
        CardField::SheetsDocument => text("Құжат парақтарының саны", "Листов документа", "Sheets of the document"),
        CardField::SheetsAttachments => text("Қосымша парақтарының саны", "Листов приложений", "Sheets of attachments"),
        CardField::AddresseeBody => text("Адресат орган", "Орган-адресат", "Addressee body"),
        CardField::AddresseePost => text("Адресаттың лауазымы", "Должность адресата", "Addressee post"),
        CardField::AddresseeSurname => text("Адресаттың тегі", "Фамилия адресата", "Addressee surname"),
        CardField::ExecutorSurname => text("Орындаушының тегі", "Фамилия исполнителя", "Executor surname"),
        CardField::ExecutorPhone => text("Орындаушының телефоны", "Телефон исполнителя", "Executor phone"),
        CardField::ControlMark => text("Бақылау туралы белгі", "Отметка о контроле", "Control mark"),
        CardField::FilingMark => text("Іске жіберу туралы белгі", "Отметка о направлении в дело", "Filing mark"),
        CardField::LinkNumber => text("Сілтеме: нөмірі", "Ссылка: номер", "Link: number"),
        CardField::LinkDate => text("Сілтеме: күні", "Ссылка: дата", "Link: date"),
        CardField::PaperMark => text("Қағаз нұсқасы", "Бумажный экземпляр", "Paper"),
    }
}

fn role_text(role: Role) -> Text {
    match role {
        Role::Card => text("карточка", "карточка", "card"),
        Role::Main => text("негізгі құжат", "основной документ", "main document"),
        Role::Attachment => text("қосымша", "приложение", "attachment"),
        Role::Signature => text("қолтаңба", "подпись", "signature"),
        Role::Certificate => text("тіркеу куәлігі", "сертификат", "certificate"),
        Role::Revocation => text("қайтарып алу деректері", "данные об отзыве", "revocation data"),
        Role::Timestamp => text("уақыт белгісі", "метка времени", "time-stamp"),
        Role::Receipt => text("түбіртек", "квитанция", "receipt"),
        Role::Representation => text("туынды көрініс", "производное представление", "derived representation"),
    }
}

fn direction_text(direction: Direction) -> Text {
    match direction {
        Direction::Incoming => text("кіріс", "входящий", "incoming"),
        Direction::Outgoing => text("шығыс", "исходящий", "outgoing"),
        Direction::Internal => text("ішкі", "внутренний", "internal"),
    }
}

pub(super) fn access_text(access: AccessCategory) -> Text {
    match access {
        AccessCategory::Public => text("ашық", "открытый", "public"),
        AccessCategory::Confidential => text("құпиялы", "конфиденциальный", "confidential"),
    }
}

impl Show {
    pub(super) fn run(self, common: &Common) -> Result<Exit, Error> {
        let id = record_id(&self.id)?;
        let archive = common.open()?;
        let actor = common.actor(&archive)?;
        let opened = open(&archive, id, actor)?;
        print(&opened, common)?;
        archive.close()?;
        Ok(Exit::Ok)
    }
}

/// Prints a record that is open.
pub(super) fn print(opened: &Opened<'_>, common: &Common) -> Result<(), Error> {
    let manifest = opened.manifest()?;
    let (custody, readings) = opened.history()?;
    if common.json() {
        common.print_json(&record_json(opened, &manifest, &custody, &readings));
    } else {
        print_text(opened, &manifest, &custody, &readings, common.lang());
    }
    Ok(())
}

fn record_json(opened: &Opened<'_>, manifest: &Manifest, custody: &[HistoryEntry], readings: &[HistoryEntry]) -> Value {
    let entry = |e: &HistoryEntry| {
        json!({
            "entry": e.index, "act": e.leaf.act.as_str(), "time": rfc3339(e.leaf.t), "actor": e.leaf.actor.to_string(),
            "account": e.account,
        })
    };
    let component = |c: &crate::model::record::Component| {
        json!({
            "path": c.path, "role": c.role.as_str(), "covers": c.covers, "size": c.size,
            "sha256": c.digests.sha256.to_string(), "sha512": c.digests.sha512.to_string(),
            "media_type": c.media_type,
        })
    };
    let card: serde_json::Map<String, Value> =
        manifest.card.iter().map(|(f, v)| (f.as_str().to_owned(), v.clone().into())).collect();
    json!({
        "record_id": manifest.record.to_string(),
        "agency": manifest.agency,
        "direction": manifest.direction.as_str(),
        "profile": manifest.profile.as_str(),
        "nomenclature_index": manifest.nomenclature_index,
        "file": manifest.file,
        "access_category": manifest.access_category.as_str(),
        "accepted": rfc3339(opened.row.accepted),
        "signature_status": "not validated",
        "card": card,
        "components": manifest.components.iter().map(component).collect::<Vec<_>>(),
        "g256": manifest.group().0.to_string(),
        "custody": custody.iter().map(entry).collect::<Vec<_>>(),
        "readings": readings.iter().map(entry).collect::<Vec<_>>(),
    })
}

fn print_text(
    opened: &Opened<'_>,
    manifest: &Manifest,
    custody: &[HistoryEntry],
    readings: &[HistoryEntry],
    lang: Lang,
) {
    let line = |name: Text, value: &str| out!("  {}: {value}", name.get(lang));
    out!("{} {}", RECORD.get(lang), manifest.record);
    line(ACCEPTED, &local_text(opened.row.accepted));
    line(AGENCY, &manifest.agency);
    line(DIRECTION, direction_text(manifest.direction).get(lang));
    if let Some(file) = &manifest.file {
        line(FILE, file);
    }
    line(ACCESS, access_text(manifest.access_category).get(lang));
    let signatures = manifest.components.iter().filter(|c| c.role == Role::Signature).count();
    line(SIGNATURES, &format!("{signatures}, {}", NOT_VALIDATED.get(lang)));
    out!("{}", CARD.get(lang));
    for (field, value) in &manifest.card {
        line(field_text(*field), &value.replace('\n', ", "));
    }
    out!("{}", COMPONENTS.get(lang));
    for component in &manifest.components {
        out!("  {} · {} · {}", component.path, role_text(component.role).get(lang), bytes_text(component.size));
        out!("    SHA-256 {}", component.digests.sha256);
        if !component.covers.is_empty() {
            out!("    ↳ {}", component.covers.join(", "));
        }
    }
    out!("{}", COMMITMENT.get(lang));
    out!("  g256 {}", manifest.group().0);
    for (title, entries) in [(CUSTODY, custody), (READINGS, readings)] {
        if !entries.is_empty() {
            out!("{}", title.get(lang));
        }
        for entry in entries {
            let who = entry.account.as_deref().unwrap_or(SYSTEM.get(lang));
            out!("  #{} {} {} ({who})", entry.index, local_text(entry.leaf.t), entry.leaf.act.as_str());
        }
    }
}
