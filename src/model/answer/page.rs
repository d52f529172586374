//! The page of an answer: what a person reads and an officer signs, line by line, in one language.
//!
//! Every text of version 1 stands here or beside the answer it belongs to, and none changes: the bytes of old answers
//! hold them. A value that came from outside is escaped, so that a title cannot look like a line of the answer.

use super::super::submission::Role;
use super::parts::{ArchiveName, Body, FileDigest, Moment, Rules, System, escaped};
use crate::text::{Lang, Text, text};
use chrono::NaiveDate;

pub(super) const ARRIVED: Text = text(
    "Жіберілім келіп түскен күні, уақыты",
    "Дата и время поступления отправления",
    "Date and time of arrival of what was sent",
);
pub(super) const WAITING_SINCE: Text = text(
    "Тексеруге қажет деректер күтіле бастаған уақыт",
    "Начало ожидания данных, нужных для проверки",
    "Time from which material needed for the check was waited for",
);
pub(super) const NUMBER: Text = text(
    "Тіркеу нөмірі (карточка бойынша)",
    "Регистрационный номер (по карточке)",
    "Registration number (as on the card)",
);
pub(super) const DATE: Text =
    text("Құжаттың күні (карточка бойынша)", "Дата документа (по карточке)", "Date of the document (as on the card)");
const SENDER: Text =
    text("Хабарлама-түбіртекті жөнелтуші", "Отправитель уведомления-квитанции", "Sender of the notice-receipt");
const RECIPIENT: Text =
    text("Хабарлама-түбіртекті алушы", "Получатель уведомления-квитанции", "Recipient of the notice-receipt");
const RULES: Text = text("Қолданылған қағидалар", "Применённые правила", "Rules applied");
const ARCHIVE: Text = text("Архив", "Архив", "Archive");
const ARCHIVE_ID: Text = text("Архив идентификаторы", "Идентификатор архива", "Archive id");
const SYSTEM: Text = text("Ақпараттық жүйе", "Информационная система", "Information system");
const FILES: Text = text("Файлдар", "Файлы", "Files");
const AGENCY: Text = text("коды", "код", "code");
const BIN: Text = text("БСН", "БИН", "BIN");
const BYTES: Text = text("байт", "байт", "bytes");

/// A page that is being written.
pub(super) struct Page {
    pub(super) lang: Lang,
    out: String,
}

impl Page {
    /// A page that begins with its title.
    pub(super) fn new(lang: Lang, title: Text) -> Self {
        let mut page = Self { lang, out: String::new() };
        page.sentence(title);
        page
    }

    /// A line of its own.
    pub(super) fn sentence(&mut self, sentence: Text) {
        self.out.push_str(sentence.get(self.lang));
        self.out.push('\n');
    }

    /// A blank line.
    pub(super) fn gap(&mut self) {
        self.out.push('\n');
    }

    /// `label: value`.
    pub(super) fn line(&mut self, label: Text, value: &str) {
        self.plain("", label.get(self.lang), value);
    }

    /// The same, when there is a value.
    pub(super) fn line_if_any(&mut self, label: Text, value: Option<&String>) {
        if let Some(value) = value {
            self.line(label, value);
        }
    }

    /// A line that belongs to an item of a list.
    pub(super) fn detail(&mut self, label: Text, value: &str) {
        self.plain("   ", label.get(self.lang), value);
    }

    fn plain(&mut self, indent: &str, label: &str, value: &str) {
        self.out.push_str(&format!("{indent}{label}: {}\n", escaped(value)));
    }

    /// An item of a list, numbered from 1.
    pub(super) fn item(&mut self, index: usize, value: &str) {
        self.out.push_str(&format!("{}. {}\n", index + 1, escaped(value)));
    }

    pub(super) fn moment(&mut self, label: Text, moment: Moment) {
        self.line(label, &moment.shown());
    }

    pub(super) fn date(&mut self, label: Text, date: NaiveDate) {
        self.line(label, &day(date));
    }

    /// Who issues the answer and who gets it.
    pub(super) fn bodies(&mut self, sender: &Body, recipient: Option<&Body>) {
        self.body(SENDER, sender);
        if let Some(recipient) = recipient {
            self.body(RECIPIENT, recipient);
        }
    }

    fn body(&mut self, label: Text, body: &Body) {
        let named = |label: Text, value: &Option<String>| {
            value.as_ref().map(|value| format!("{} {value}", label.get(self.lang)))
        };
        let parts = [body.name.clone(), named(AGENCY, &body.agency), named(BIN, &body.bin)];
        let value = parts.into_iter().flatten().collect::<Vec<_>>().join(", ");
        self.line(label, &value);
    }

    /// The files with their digests.
    pub(super) fn files(&mut self, files: &[FileDigest]) {
        if files.is_empty() {
            return;
        }
        self.gap();
        self.out.push_str(FILES.get(self.lang));
        self.out.push_str(":\n");
        for (index, file) in files.iter().enumerate() {
            let role = file.role.map(|role| format!("{}, ", role_text(role).get(self.lang))).unwrap_or_default();
            let item = format!("{} ({role}{} {})", file.path, file.size, BYTES.get(self.lang));
            self.item(index, &item);
            self.out.push_str(&format!("   SHA-256: {}\n", file.sha256));
        }
    }

    /// By which rules, in which archive and with which program the answer was made.
    pub(super) fn origin(&mut self, rules: Option<&Rules>, archive: &ArchiveName, system: &System) {
        self.gap();
        if let Some(rules) = rules {
            self.line(RULES, rules.title(self.lang));
        }
        self.line(ARCHIVE, &archive.origin);
        self.line(ARCHIVE_ID, &archive.id.to_string());
        self.line(SYSTEM, &format!("{} {}", system.name, system.version));
    }

    /// The page. An English one says that it is a translation.
    pub(super) fn end(mut self) -> String {
        if self.lang == Lang::En {
            self.gap();
            self.out.push_str("This is a translation; what is signed is the Kazakh and the Russian text.\n");
        }
        self.out
    }
}

/// A date for people: `05.01.2026`.
pub(super) fn day(date: NaiveDate) -> String {
    date.format("%d.%m.%Y").to_string()
}

fn role_text(role: Role) -> Text {
    match role {
        Role::Card => {
            text("тіркеу-бақылау карточкасы", "регистрационно-контрольная карточка", "registration-control card")
        }
        Role::Main => text("негізгі құжат", "основной документ", "main document"),
        Role::Attachment => text("қосымша", "приложение", "attachment"),
        Role::Signature => text("қолтаңба", "подпись", "signature"),
        Role::Certificate => text("тіркеу куәлігі", "регистрационное свидетельство", "certificate"),
        Role::Revocation => text("қайтарып алу деректері", "данные об отзыве", "revocation data"),
        Role::Timestamp => text("уақыт белгісі", "метка времени", "time-stamp"),
        Role::Receipt => text("хабарлама-түбіртек", "уведомление-квитанция", "notice-receipt"),
        Role::Representation => text("туынды көрініс", "производное представление", "derived representation"),
        Role::Mark => text("белгі", "отметка", "mark"),
        Role::Report => text("тексеру есебі", "отчёт о проверке", "validation report"),
        Role::Issued => text("архив берген құжат", "документ архива", "issued by the archive"),
        Role::Provenance => text("тапсырған архивтен", "из передавшего архива", "from the archive that handed over"),
    }
}
