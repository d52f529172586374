//! The words for what a record is made of, in the three languages: for the command line and the pages alike.
//!
//! Every value has its text, or the code does not compile. It decides nothing and reads nothing.

use crate::model::amendment::AmendmentKind;
use crate::model::card::PaperMark;
use crate::model::record::CardField;
use crate::model::submission::{AccessCategory, CertifierRole, Direction, Kind, Role};
use crate::model::validation::SignatureVerdict;
use crate::text::{Text, text};
use crate::tlog::leaf::ActKind;

/// The name of a card field for people.
pub(crate) fn field_text(field: CardField) -> Text {
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

/// What a record is.
pub(crate) fn kind_text(kind: Kind) -> Text {
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

/// Who certified a copy.
pub(crate) fn certifier_text(role: CertifierRole) -> Text {
    match role {
        CertifierRole::Executor => text("орындаушы", "исполнитель", "executor"),
        CertifierRole::RecordsOfficer => {
            text("құжаттамалық қамтамасыз ету бөлімшесі", "служба документационного обеспечения", "records officer")
        }
    }
}

/// What the card says of the paper.
pub(crate) fn paper_text(mark: &str) -> Option<Text> {
    Some(match PaperMark::parse(mark)? {
        PaperMark::Original => text("қағаз түпнұсқасы бар", "есть бумажный подлинник", "a paper original exists"),
        PaperMark::Copy => text("қағаздағы көшірмесі бар", "есть бумажная копия", "a paper copy exists"),
        PaperMark::NoPaper => text("жоқ", "нет", "none"),
    })
}

/// What an addition brought.
pub(crate) fn amendment_text(kind: AmendmentKind) -> Text {
    match kind {
        AmendmentKind::ComponentAdded => text("файл қосылды", "добавлен файл", "a component was added"),
        AmendmentKind::CardCorrected => text("карточка түзетілді", "карточка исправлена", "the card was corrected"),
        AmendmentKind::FormatsIdentified => {
            text("пішімдер қайта анықталды", "форматы определены заново", "formats were identified again")
        }
        AmendmentKind::ReceiptIssued => text("түбіртек шығарылды", "выдана квитанция", "the receipt was issued"),
    }
}

/// What a component is in its record.
pub(crate) fn role_text(role: Role) -> Text {
    match role {
        Role::Mark => text("белгі", "отметка", "mark"),
        Role::Report => text("тексеру есебі", "отчёт о проверке", "validation report"),
        Role::Issued => text("архив берген құжат", "документ архива", "issued by the archive"),
        Role::Provenance => text("тапсырған архивтен", "из передавшего архива", "from the archive that handed over"),
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

/// Where the document went.
pub(crate) fn direction_text(direction: Direction) -> Text {
    match direction {
        Direction::Incoming => text("кіріс", "входящий", "incoming"),
        Direction::Outgoing => text("шығыс", "исходящий", "outgoing"),
        Direction::Internal => text("ішкі", "внутренний", "internal"),
    }
}

/// Who may see it.
pub(crate) fn access_text(access: AccessCategory) -> Text {
    access.text()
}

/// What the signatures are worth.
pub(crate) fn verdict_text(verdict: SignatureVerdict) -> Text {
    match verdict {
        SignatureVerdict::Valid => text("жарамды", "действительны", "valid"),
        SignatureVerdict::NotVerifiable => text(
            "расталмаған: қолтаңбаны тексеру мүмкін болмады",
            "не подтверждены: проверить подпись не удалось",
            "not confirmed: the signature could not be verified",
        ),
        SignatureVerdict::Unsigned => text("қолтаңба жоқ", "подписей нет", "there is no signature"),
    }
}

/// What an entry in the history of a record says was done.
pub(crate) fn act_text(act: ActKind) -> Text {
    use ActKind as A;
    match act {
        A::RecordAccepted => text("сақтауға қабылданды", "принята на хранение", "accepted"),
        A::RecordAmended => text("толықтырылды", "дополнена", "added to"),
        A::RecordFiled => text("іске салынды", "помещена в дело", "put into a file"),
        A::RecordRead => text("оқылды", "прочитана", "read"),
        A::RecordBundled => {
            text("дәлелдемелер пакетімен берілді", "выдана с доказательствами", "given out with evidence")
        }
        A::RecordMissing => text("тексеруде табылмады", "не найдена при проверке", "not found by a check"),
        A::RecordFound => text("қайта табылды", "найдена снова", "found again"),
        A::RecordPacked => {
            text("басқа архивке жинақталды", "вошла в пакет передачи", "put into a package for another archive")
        }
        A::RecordReleased => {
            text("басқа архивке тапсырылды", "передана в другой архив", "handed over to another archive")
        }
        A::RecordDestroyed => text("жойылды", "уничтожена", "destroyed"),
        A::SpillApproved => text("өшіруге келісілді", "стирание одобрено", "its erasing was approved"),
        A::RecordSpilled => text("өшірілді", "стёрта", "erased"),
        A::SubmissionWaiting => text("қабылдауды күтті", "ожидала приёма", "waited to be accepted"),
        A::WaitingEnded => text("күту аяқталды", "ожидание окончено", "the waiting ended"),
        A::HoldPlaced | A::HoldCovers => text("тыйым салынды", "наложен запрет", "put on hold"),
        A::HoldLifted | A::HoldUncovers => text("тыйым алынды", "запрет снят", "the hold was lifted"),
        A::InquirySearched => text("сұрау бойынша табылды", "найдена по запросу", "found for an inquiry"),
        A::InquiryTaken => text("сұрауға енгізілді", "включена в запрос", "taken into an inquiry"),
        A::InquiryBundled => text("сұрау бойынша берілді", "выдана по запросу", "given out for an inquiry"),
        A::CopyCertified => text("көшірмесі куәландырылды", "заверена копия", "a copy was certified"),
        A::PaperNoted => text("қағаз нұсқасы тіркелді", "учтён бумажный экземпляр", "a paper was noted"),
        A::PaperMoved => text("қағаз нұсқасы көшірілді", "бумажный экземпляр перемещён", "a paper was moved"),
        A::PresenceChecked => text("бар екені тексерілді", "проверено наличие", "its presence was checked"),
        A::ReadingPermitted => text("оқуға рұқсат берілді", "разрешено чтение", "a reading was permitted"),
        A::ReadingEnded => text("оқу рұқсаты аяқталды", "разрешение на чтение окончено", "a permit to read ended"),
        A::NoticeIssued => text("хабарлама жіберілді", "выдано уведомление", "a notice was issued"),
        A::EventRecorded => text("оқиға жазылды", "записано событие", "an event was recorded"),
        // Whatever else: its name in the journal stands beside it.
        _ => text("журналдағы басқа әрекет", "другое действие в журнале", "another act in the journal"),
    }
}
