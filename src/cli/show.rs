//! `muragat show ID`, or a citation.
//!
//! Showing a restricted record is a reading, which is in the journal before a word of it is printed.

use super::due::NO_ORIGINAL;
use super::paper::{papers_json, print_papers};
use super::{Common, bytes_text, id_of, tomb};
use crate::access::rights::LOCAL;
use crate::access::{HistoryEntry, Opened, Reader, open};
use crate::archive::Archive;
use crate::clock::{civil_date, local_text, rfc3339};
use crate::error::{Error, ErrorCode, Exit};
use crate::filing::cite;
use crate::filing::due::Basis;
use crate::filing::files::{self, File};
use crate::filing::paper::{has_original, is_original_required};
use crate::index::rows::RecordRow;
use crate::model::amendment::{Amendment, AmendmentKind};
use crate::model::card::PaperMark;
use crate::model::citation::Citation;
use crate::model::classifier::CodeUsed;
use crate::model::format::{Finding, Identification};
use crate::model::id::RecordId;
use crate::model::import::Imported;
use crate::model::record::{CardField, Component, Manifest};
use crate::model::strict::shown;
use crate::model::submission::{AccessCategory, CertifierRole, Direction, Kind, Role};
use crate::text::{Lang, Text, text};
use crate::tlog::leaf::Leaf;
use serde_json::{Value, json};

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
const IMPORTED: Text = text("Бұрынғы қордан алынды", "Принята из прежнего фонда", "Imported from an earlier holding");
const LINE: Text = text("кестенің жолы", "строка таблицы", "line of the table");
const ORIGINAL_RECEIPT: Text = text(
    "Бастапқы түсуі (ескі жүйенің дерегі)",
    "Первоначальное поступление (по данным прежней системы)",
    "Original receipt (as the old system says)",
);
const IN_SEARCH: Text = text("ІЗДЕСТІРУДЕ", "В РОЗЫСКЕ", "IN SEARCH");
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
        CardField::SenderBody => text("Жөнелтуші ұйым", "Организация-отправитель", "Sending body"),
        CardField::Place => text("Құжат жасалған орын", "Место составления", "Place of making"),
        CardField::PaperMark => text("Қағаз нұсқасы", "Бумажный экземпляр", "Paper"),
    }
}

pub(super) fn kind_text(kind: Kind) -> Text {
    match kind {
        Kind::ElectronicOriginal => text("электрондық түпнұсқа", "электронный подлинник", "electronic original"),
        // N 430 cl. 12: what arrived on paper is registered by its copy, which is nowhere called an original.
        Kind::ScannedCopy => text(
            "қағаз құжаттың электрондық көшірмесі (түпнұсқа емес)",
            "электронная копия бумажного документа (не подлинник)",
            "electronic copy of a paper document (not an original)",
        ),
        Kind::VerificationMeans => text("тексеру құралдары", "средства проверки", "verification means"),
    }
}

fn certifier_text(role: CertifierRole) -> Text {
    match role {
        CertifierRole::Executor => text("орындаушы", "исполнитель", "executor"),
        CertifierRole::RecordsOfficer => {
            text("құжаттамалық қамтамасыз ету бөлімшесі", "служба документационного обеспечения", "records officer")
        }
    }
}

/// N 430 cl. 18: what was sent without a receipt counts as not delivered.
fn delivery(row: &RecordRow) -> Option<&'static str> {
    let received = row.components.iter().any(|c| c.role() == Role::Receipt);
    match row.direction() {
        Direction::Outgoing if received => Some("delivered"),
        Direction::Outgoing => Some("not delivered"),
        _ => None,
    }
}

fn paper_text(mark: &str) -> Option<Text> {
    Some(match PaperMark::parse(mark)? {
        PaperMark::Original => text("қағаз түпнұсқасы бар", "есть бумажный подлинник", "a paper original exists"),
        PaperMark::Copy => text("қағаздағы көшірмесі бар", "есть бумажная копия", "a paper copy exists"),
        PaperMark::NoPaper => text("жоқ", "нет", "none"),
    })
}

fn amendment_text(kind: AmendmentKind) -> Text {
    match kind {
        AmendmentKind::ComponentAdded => text("файл қосылды", "добавлен файл", "a component was added"),
        AmendmentKind::CardCorrected => text("карточка түзетілді", "карточка исправлена", "the card was corrected"),
        AmendmentKind::FormatsIdentified => {
            text("пішімдер қайта анықталды", "форматы определены заново", "formats were identified again")
        }
        AmendmentKind::ReceiptIssued => text("түбіртек шығарылды", "выдана квитанция", "the receipt was issued"),
    }
}

fn role_text(role: Role) -> Text {
    match role {
        Role::Mark => text("белгі", "отметка", "mark"),
        Role::Report => text("тексеру есебі", "отчёт о проверке", "validation report"),
        Role::Issued => text("архив берген құжат", "документ архива", "issued by the archive"),
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
        AccessCategory::OfficialUse => {
            text("қызмет бабында пайдалану үшін", "для служебного пользования", "for official use")
        }
    }
}

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

/// What `show` prints of a record, read and checked.
struct Shown<'a> {
    row: &'a RecordRow,
    manifest: Manifest,
    amendments: Vec<(Leaf, Amendment)>,
    custody: Vec<HistoryEntry>,
    readings: Vec<HistoryEntry>,
    same_content: Vec<RecordId>,
    validation: Option<Value>,
    filed: Option<File>,
    /// Holds that keep it, each with whether it is on the record itself.
    holds: Vec<(RecordId, bool)>,
    /// An original on paper must exist.
    needs_paper: bool,
    in_search: Option<u64>,
}

/// Prints a record that is open.
pub(super) fn print(archive: &Archive, opened: &Opened<'_>, common: &Common) -> Result<(), Error> {
    let (custody, readings) = opened.history()?;
    let id = opened.row.id();
    archive.wait_index()?;
    let filed = opened.row.filed.map(|file| files::find(archive, RecordId(file))).transpose()?;
    let index = archive.index();
    let mut holds: Vec<(RecordId, bool)> = index.holds_on(id)?.into_iter().map(|hold| (hold, true)).collect();
    if let Some(file) = &filed {
        holds.extend(index.holds_on(file.id)?.into_iter().map(|hold| (hold, false)));
    }
    let needs_paper = match (&filed, Basis::read(archive)) {
        (Some(file), Ok(basis)) => is_original_required(archive, &basis.judge(), file, civil_date(archive.now())),
        // While anything cannot be read, nothing is said of terms; the record is shown all the same.
        _ => false,
    };
    let shown = Shown {
        row: &opened.row,
        manifest: opened.manifest()?,
        amendments: opened.amendments()?,
        custody,
        readings,
        same_content: opened.same_content()?,
        validation: opened.validation()?,
        filed,
        holds,
        needs_paper,
        in_search: opened.missing_since()?,
    };
    if common.json() {
        common.print_json(&shown.json());
    } else {
        shown.print(common.lang());
    }
    Ok(())
}

fn format_json(f: &Identification) -> Value {
    let finding = |f: &Finding| json!({"code": f.code.as_str(), "place": f.place, "detail": f.detail});
    json!({
        "puid": f.puid, "family": f.family.as_str(), "name": f.name, "version": f.version,
        "basis": f.basis.as_str(), "findings": f.findings.iter().map(finding).collect::<Vec<_>>(),
    })
}

fn component_json(c: &Component, part: usize) -> Value {
    let content = c.content.as_ref().map(|content| {
        json!({
            "path": content.path, "size": content.size, "sha256": content.sha256.to_string(),
            "format": format_json(&content.format),
        })
    });
    json!({
        "path": c.path, "role": c.role.as_str(), "covers": c.covers, "size": c.size,
        "sha256": c.digests.sha256.to_string(), "sha512": c.digests.sha512.to_string(),
        "media_type": c.media_type, "part": part, "format": c.format.as_ref().map(format_json), "content": content,
        "source": c.derived.as_ref().map(|d| &d.source), "tool": c.derived.as_ref().map(|d| &d.tool),
    })
}

impl Shown<'_> {
    /// Components of all parts, with the number of the part that brought them.
    fn components(&self) -> impl Iterator<Item = (usize, &Component)> {
        let later = (1..).zip(&self.amendments).flat_map(|(part, (_, a))| a.components.iter().map(move |c| (part, c)));
        self.manifest.components.iter().map(|c| (0, c)).chain(later)
    }

    /// The newest card.
    fn card(&self) -> &[(CardField, String)] {
        let corrected = self.amendments.iter().rev().find_map(|(_, a)| a.card.as_ref());
        corrected.unwrap_or(&self.manifest.card)
    }

    fn json(&self) -> Value {
        let entry = |e: &HistoryEntry| {
            json!({
                "entry": e.index, "act": e.leaf.act.as_str(), "time": rfc3339(e.leaf.t),
                "actor": e.leaf.actor.to_string(), "account": e.account,
            })
        };
        let fields = |card: &[(CardField, String)]| {
            card.iter().map(|(f, v)| (f.as_str().to_owned(), Value::from(v.clone()))).collect::<serde_json::Map<_, _>>()
        };
        let amendment = |(part, (leaf, a)): (usize, &(Leaf, Amendment))| {
            json!({
                "part": part, "kind": a.kind.as_str(), "time": rfc3339(leaf.t), "reason": a.reason,
                "card": a.card.as_ref().map(|card| fields(card)), "g256": a.group().0.to_string(),
                "identifier": a.identifier,
                "formats": a.formats.iter().map(|(path, f)| json!({"path": path, "format": format_json(f)}))
                    .collect::<Vec<_>>(),
            })
        };
        let manifest = &self.manifest;
        let certified = manifest
            .certified_by
            .as_ref()
            .map(|c| json!({"role": c.role.as_str(), "post": c.post, "surname": c.surname}));
        let code =
            |c: &CodeUsed| json!({"field": c.field, "code": c.code, "classifier": c.classifier, "edition": c.edition});
        json!({
            "record_id": manifest.record.to_string(),
            "agency": manifest.agency,
            "kind": manifest.kind.as_str(),
            "certified_by": certified,
            "direction": manifest.direction.as_str(),
            "delivery": delivery(self.row),
            "profile": manifest.profile.as_str(),
            "nomenclature_index": manifest.nomenclature_index,
            "file": manifest.file,
            "filed": self.filed.as_ref().map(|file| json!({
                "file_id": file.id.to_string(), "index": file.row.index, "year": file.row.year,
                "volume": file.row.volume, "title": file.row.title, "number": self.row.number_in_file,
                "citation": cite::of(file, self.row).map(|citation| citation.to_string()),
            })),
            "holds": self.holds.iter()
                .map(|(hold, is_own)| json!({"hold": hold.to_string(), "on": if *is_own { "record" } else { "file" }}))
                .collect::<Vec<_>>(),
            "papers": papers_json(&self.row.papers),
            "paper_original_required": self.needs_paper,
            "access_category": manifest.access_category.as_str(),
            "accepted": rfc3339(self.row.accepted),
            "signature_status": manifest.validation.as_ref().map_or("not validated", |v| v.verdict.as_str()),
            "validation": self.validation,
            "imported": manifest.imported.as_ref().map(Imported::value),
            "in_search": self.in_search,
            "flags": self.row.flags,
            "codes": manifest.codes.iter().map(code).collect::<Vec<_>>(),
            "card": fields(self.card()),
            "first_card": (!self.row.earlier_cards.is_empty()).then(|| fields(&manifest.card)),
            "components": self.components().map(|(part, c)| component_json(c, part)).collect::<Vec<_>>(),
            "amendments": (1..).zip(&self.amendments).map(amendment).collect::<Vec<_>>(),
            "same_content": self.same_content.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "identifier": manifest.identifier,
            "g256": manifest.group().0.to_string(),
            "custody": self.custody.iter().map(entry).collect::<Vec<_>>(),
            "readings": self.readings.iter().map(entry).collect::<Vec<_>>(),
        })
    }

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
