//! The notice-receipt (хабарлама-түбіртек): the document was received and registered (N 430 cl. 17).
//!
//! It has the parts of clause 17: (1) who sends the receipt; (2) date and time of receipt; (3) date and number of
//! registration, those that the archive gave and those of the card; (5) the responsible executor, (6) as of a day. Part
//! (4), the signature of the records office, is a CMS over these bytes and stands beside them. It names every file of
//! the document by its digest, so that it is a receipt of these bytes and no others.
//!
//! Prepared at acceptance, issued when signed. When the executor changes, a new receipt replaces it and says so; the
//! old one stays.

use super::super::digest::Sha256;
use super::super::id::RecordId;
use super::super::strict::{Fields, words};
use super::super::submission::Profile;
use super::super::validation::{CreationBasis, SignatureVerdict, Validation};
use super::page::{DATE, NUMBER, Page, WAITING_SINCE, day};
use super::parts::{ArchiveName, Body, FileDigest, Moment, Rules, System, date, hex_if_any, hex_of, object};
use super::{AnswerError, Document};
use crate::error::ErrorCode;
use crate::limits::{TEXT_LONG_CHARS_MAX, TEXT_SHORT_CHARS_MAX};
use crate::text::{Lang, Text, text};
use chrono::NaiveDate;
use serde_json::{Map, Value, json};

words! {
    /// Where the responsible executor is known from.
    ExecutorSource {
        /// Fields 13 and 14 of the card.
        Card = "card",
        /// The body that issues the receipt named him.
        Office = "office",
    }
}

/// The responsible executor, as of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Executor {
    /// Surname.
    pub surname: String,
    /// Telephone number.
    pub phone: Option<String>,
    /// The day on which this was right.
    pub as_of: NaiveDate,
    /// Where it is known from.
    pub source: ExecutorSource,
}

/// How the card names the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    /// Type of the document.
    pub document_type: String,
    /// Registration number.
    pub number: String,
    /// Date of the document.
    pub date: NaiveDate,
    /// Title, if it may be said.
    pub title: Option<String>,
}

/// What the validation at receipt found, in short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checked {
    /// What the signatures are worth.
    pub verdict: SignatureVerdict,
    /// Date of creation.
    pub created_on: NaiveDate,
    /// Which date that is.
    pub created_basis: CreationBasis,
    /// Digest of the policy's file.
    pub policy: Sha256,
    /// Digest of the report, when it is a component of the record.
    pub report: Option<Sha256>,
}

impl Checked {
    /// What `validation` found, and the report that says it in full.
    pub fn of(validation: &Validation, report: Option<Sha256>) -> Self {
        Self {
            verdict: validation.verdict,
            created_on: validation.created_on,
            created_basis: validation.created_basis,
            policy: validation.policy,
            report,
        }
    }
}

/// A notice-receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The archive that holds the record.
    pub archive: ArchiveName,
    /// Who issues the receipt; it has a name.
    pub sender: Body,
    /// Who gets it: the sender of the document, as far as known.
    pub recipient: Option<Body>,
    /// The rules the document was taken by.
    pub rules: Rules,
    /// The record: the number that the archive gave.
    pub record: RecordId,
    /// When the document was received.
    pub received: Moment,
    /// When it began to wait for what the check lacked, if it did.
    pub waiting_since: Option<Moment>,
    /// When it was registered in the archive.
    pub accepted: Moment,
    /// How the card names it.
    pub document: Registered,
    /// The document's files; there is at least one.
    pub files: Vec<FileDigest>,
    /// The responsible executor; under N 430 he is named, with a telephone number.
    pub executor: Option<Executor>,
    /// What the check of the signatures found.
    pub checked: Option<Checked>,
    /// Digest of the receipt that this one replaces.
    pub replaces: Option<Sha256>,
    /// The program that prepared it.
    pub system: System,
}

impl Document for Receipt {
    const SCHEMA: &'static str = "muragat/receipt/1";
    const NAME: &'static str = "receipt";

    fn facts(&self) -> Map<String, Value> {
        let mut map = Map::new();
        let mut set = |key: &str, value: Value| map.insert(key.to_owned(), value);
        set("archive", self.archive.value());
        set("sender", self.sender.value());
        if let Some(recipient) = &self.recipient {
            set("recipient", recipient.value());
        }
        set("rules", self.rules.value());
        set("outcome", OUTCOME.into());
        set("record", self.record.to_string().into());
        set("received", self.received.value());
        if let Some(since) = self.waiting_since {
            set("waiting_since", since.value());
        }
        set("accepted", self.accepted.value());
        let document = &self.document;
        let fields = [
            ("type", Some(document.document_type.clone())),
            ("number", Some(document.number.clone())),
            ("date", Some(document.date.to_string())),
            ("title", document.title.clone()),
        ];
        set("document", object(fields));
        set("files", FileDigest::list_value(&self.files));
        if let Some(executor) = &self.executor {
            let fields = [
                ("surname", Some(executor.surname.clone())),
                ("phone", executor.phone.clone()),
                ("as_of", Some(executor.as_of.to_string())),
                ("source", Some(executor.source.to_string())),
            ];
            set("executor", object(fields));
        }
        if let Some(checked) = &self.checked {
            let mut value = json!({
                "verdict": checked.verdict.as_str(), "created_on": checked.created_on.to_string(),
                "created_basis": checked.created_basis.as_str(), "policy": checked.policy.to_string(),
            });
            if let Some(report) = checked.report {
                value["report"] = report.to_string().into();
            }
            set("checked", value);
        }
        if let Some(replaces) = self.replaces {
            set("replaces", replaces.to_string().into());
        }
        set("system", self.system.value());
        map
    }

    fn read(fields: &mut Fields) -> Option<Self> {
        let archive = ArchiveName::read(fields);
        let sender = Body::read_sender(fields, "sender");
        let recipient = Body::read_if_any(fields, "recipient");
        let rules = fields.required("rules").and_then(|value| Rules::read(fields, value));
        fields.word("outcome", |word| (word == OUTCOME).then_some(()), "\"accepted\"");
        let record = hex_of(fields, "record");
        let received = Moment::read(fields, "received");
        let waiting_since = Moment::read_if_any(fields, "waiting_since");
        let accepted = Moment::read(fields, "accepted");
        let document = document(fields);
        let files = FileDigest::read_list(fields);
        if files.as_ref().is_some_and(Vec::is_empty) {
            fields.fault(ErrorCode::IngFieldMalformed, "files", "a document has at least one file");
        }
        let executor = executor(fields);
        let checked = checked(fields);
        let replaces = hex_if_any(fields, "replaces");
        let system = System::read(fields);
        Some(Self {
            archive: archive?,
            sender: sender?,
            recipient: recipient?,
            rules: rules?,
            record: record?,
            received: received?,
            waiting_since: waiting_since?,
            accepted: accepted?,
            document: document?,
            files: files?,
            executor: executor?,
            checked: checked?,
            replaces: replaces?,
            system: system?,
        })
    }

    fn check(&self) -> Result<(), AnswerError> {
        let waited = self.waiting_since.unwrap_or(self.received);
        if self.received > waited || waited > self.accepted {
            return Err(AnswerError::Contradiction("received, waiting_since and accepted are not in this order"));
        }
        // N 430 cl. 17 (5); its card always names the executor (cl. 8, fields 13 and 14).
        let named = self.executor.as_ref().is_some_and(|executor| executor.phone.is_some());
        if self.rules.profile == Profile::N430 && !named {
            return Err(AnswerError::Contradiction("rules n430 and no executor with a telephone number"));
        }
        Ok(())
    }

    fn page(&self, lang: Lang) -> String {
        let mut page = Page::new(lang, TITLE);
        page.gap();
        page.sentence(STATEMENT);
        page.gap();
        page.bodies(&self.sender, self.recipient.as_ref());
        page.moment(RECEIVED, self.received);
        if let Some(since) = self.waiting_since {
            page.moment(WAITING_SINCE, since);
        }
        page.moment(ACCEPTED, self.accepted);
        page.line(RECORD, &self.record.to_string());
        page.gap();
        page.line(TYPE, &self.document.document_type);
        page.line_if_any(DOCUMENT_TITLE, self.document.title.as_ref());
        page.line(NUMBER, &self.document.number);
        page.date(DATE, self.document.date);
        if let Some(executor) = &self.executor {
            page.line(EXECUTOR, &executor.surname);
            page.line_if_any(PHONE, executor.phone.as_ref());
            let source = match executor.source {
                ExecutorSource::Card => FROM_CARD,
                ExecutorSource::Office => FROM_OFFICE,
            };
            page.line(AS_OF, &format!("{}, {}", day(executor.as_of), source.get(lang)));
        }
        if let Some(checked) = &self.checked {
            page.gap();
            page.line(VERDICT, verdict_text(checked.verdict).get(lang));
            let created = format!("{}, {}", day(checked.created_on), basis_text(checked.created_basis).get(lang));
            page.line(CREATED, &created);
            page.line(POLICY, &checked.policy.to_string());
            if let Some(report) = checked.report {
                page.line(REPORT, &report.to_string());
            }
        }
        page.files(&self.files);
        page.origin(Some(&self.rules), &self.archive, &self.system);
        if let Some(replaces) = self.replaces {
            page.line(REPLACES, &replaces.to_string());
        }
        page.gap();
        page.sentence(ISSUED_WHEN_SIGNED);
        page.end()
    }
}

const OUTCOME: &str = "accepted";

fn document(fields: &mut Fields) -> Option<Registered> {
    let value = fields.required("document")?;
    let mut inner = fields.inner("document", value)?;
    let document_type = inner.text("type", TEXT_SHORT_CHARS_MAX);
    let number = inner.text("number", TEXT_SHORT_CHARS_MAX);
    let date = date(&mut inner, "date");
    let title = inner.text_if_any("title", TEXT_LONG_CHARS_MAX);
    inner.end();
    Some(Registered { document_type: document_type?, number: number?, date: date?, title: title? })
}

fn executor(fields: &mut Fields) -> Option<Option<Executor>> {
    let Some(value) = fields.optional("executor") else { return Some(None) };
    let mut inner = fields.inner("executor", value)?;
    let surname = inner.text("surname", TEXT_SHORT_CHARS_MAX);
    let phone = inner.text_if_any("phone", TEXT_SHORT_CHARS_MAX);
    let as_of = date(&mut inner, "as_of");
    let source = inner.word("source", ExecutorSource::parse, ExecutorSource::KNOWN);
    inner.end();
    Some(Some(Executor { surname: surname?, phone: phone?, as_of: as_of?, source: source? }))
}

fn checked(fields: &mut Fields) -> Option<Option<Checked>> {
    let Some(value) = fields.optional("checked") else { return Some(None) };
    let mut inner = fields.inner("checked", value)?;
    let verdict = inner.word("verdict", SignatureVerdict::parse, SignatureVerdict::KNOWN);
    let created_on = date(&mut inner, "created_on");
    let created_basis = inner.word("created_basis", CreationBasis::parse, CreationBasis::KNOWN);
    let (policy, report) = (hex_of(&mut inner, "policy"), hex_if_any(&mut inner, "report"));
    inner.end();
    Some(Some(Checked {
        verdict: verdict?,
        created_on: created_on?,
        created_basis: created_basis?,
        policy: policy?,
        report: report?,
    }))
}

const TITLE: Text = text("ХАБАРЛАМА-ТҮБІРТЕК", "УВЕДОМЛЕНИЕ-КВИТАНЦИЯ", "NOTICE-RECEIPT");
const STATEMENT: Text = text(
    "Электрондық құжат алынды және тіркелді.",
    "Электронный документ получен и зарегистрирован.",
    "The electronic document has been received and registered.",
);
const RECEIVED: Text =
    text("Құжатты алған күні, уақыты", "Дата и время получения документа", "Date and time of receipt of the document");
const ACCEPTED: Text = text(
    "Архивте тіркелген күні, уақыты",
    "Дата и время регистрации в архиве",
    "Date and time of registration in the archive",
);
const RECORD: Text = text(
    "Архивте берілген тіркеу нөмірі",
    "Регистрационный номер, присвоенный в архиве",
    "Registration number given in the archive",
);
const TYPE: Text = text("Құжат түрінің атауы", "Вид документа", "Type of the document");
const DOCUMENT_TITLE: Text = text("Құжаттың тақырыбы", "Заголовок документа", "Title of the document");
const EXECUTOR: Text = text("Жауапты орындаушы", "Ответственный исполнитель", "Responsible executor");
const PHONE: Text = text("Орындаушының телефоны", "Телефон исполнителя", "Telephone of the executor");
const AS_OF: Text = text(
    "Орындаушы туралы деректердің күні мен көзі",
    "Дата и источник сведений об исполнителе",
    "Date and source of what is said of the executor",
);
const FROM_CARD: Text = text("карточка", "карточка", "the card");
const FROM_OFFICE: Text =
    text("хабарлама-түбіртекті жөнелтуші", "отправитель уведомления-квитанции", "the sender of the notice-receipt");
const VERDICT: Text = text(
    "Электрондық цифрлық қолтаңбаларды тексеру нәтижесі",
    "Результат проверки электронных цифровых подписей",
    "Result of the check of the electronic digital signatures",
);
const CREATED: Text = text("Құжаттың жасалған күні", "Дата создания документа", "Date of creation of the document");
const POLICY: Text = text("Тексеру саясаты, SHA-256", "Политика проверки, SHA-256", "Validation policy, SHA-256");
const REPORT: Text = text("Тексеру есебі, SHA-256", "Отчёт о проверке, SHA-256", "Validation report, SHA-256");
const REPLACES: Text = text(
    "Алмастырылатын хабарлама-түбіртек, SHA-256",
    "Заменяемое уведомление-квитанция, SHA-256",
    "Notice-receipt that this one replaces, SHA-256",
);
const ISSUED_WHEN_SIGNED: Text = text(
    "Хабарлама-түбіртек оған құжаттамалық қамтамасыз ету бөлімшесінің қызметкері электрондық цифрлық қолтаңба \
     қойғаннан кейін ғана берілген болып есептеледі.",
    "Уведомление-квитанция считается выданным только после того, как его подписал электронной цифровой подписью \
     сотрудник службы документационного обеспечения.",
    "The notice-receipt counts as issued only when an officer of the records office has signed it with an electronic \
     digital signature.",
);

fn verdict_text(verdict: SignatureVerdict) -> Text {
    match verdict {
        SignatureVerdict::Valid => text("оң нәтиже", "положительный результат", "positive"),
        SignatureVerdict::NotVerifiable => {
            text("қолтаңбаны тексеру мүмкін емес", "подпись проверить невозможно", "signature not verifiable")
        }
        SignatureVerdict::Unsigned => text("қолтаңба жоқ", "подписи нет", "no signature"),
    }
}

fn basis_text(basis: CreationBasis) -> Text {
    match basis {
        CreationBasis::Proven => {
            text("қолтаңба бар болғаны дәлелденген уақыт", "доказанное время подписи", "proven time of the signature")
        }
        CreationBasis::Claimed => {
            text("қол қоюшы көрсеткен уақыт", "время, указанное подписавшим", "time claimed by the signer")
        }
        CreationBasis::Received => text("құжат алынған уақыт", "время получения документа", "time of receipt"),
        CreationBasis::Recorded => text("құжатта көрсетілген күн", "дата на документе", "the date on the document"),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::parts::tests as parts;
    use super::super::tests::{examples, faults, survives_no_change};
    use super::*;
    use crate::model::digest::sha256;
    use crate::model::validation;

    /// A receipt that says all it can.
    pub(in super::super) fn sample() -> Receipt {
        let executor = Executor {
            surname: "Үлгібаев".into(),
            phone: Some("+7 7172 00-00-00".into()),
            as_of: parts::day("2026-01-06"),
            source: ExecutorSource::Card,
        };
        let document = Registered {
            document_type: "Қызметтік хат".into(),
            number: "03-12/17".into(),
            date: parts::day("2026-01-05"),
            title: Some("Архив қоры туралы".into()),
        };
        Receipt {
            archive: parts::archive(),
            sender: parts::sender(),
            recipient: Some(parts::recipient()),
            rules: parts::rules(),
            record: RecordId([7; 16]),
            received: parts::moment("2026-01-05T10:00:00Z"),
            waiting_since: Some(parts::moment("2026-01-05T10:00:01Z")),
            accepted: parts::moment("2026-01-06T04:30:00Z"),
            document,
            files: parts::files(),
            executor: Some(executor),
            checked: Some(Checked::of(&validation::tests::sample(), Some(sha256(b"report")))),
            replaces: Some(sha256(b"receipt")),
            system: parts::system(),
        }
    }

    /// One that says no more than it must.
    fn least() -> Receipt {
        Receipt {
            recipient: None,
            rules: Rules { profile: Profile::Organization, ..parts::rules() },
            waiting_since: None,
            document: Registered { title: None, ..sample().document },
            executor: None,
            checked: None,
            replaces: None,
            ..sample()
        }
    }

    #[test]
    fn it_decodes_to_itself() {
        let same = parts::moment("2026-01-05T10:00:00Z");
        let at_once = Receipt { waiting_since: None, accepted: same, replaces: None, ..sample() };
        let all = [("valid-all", sample()), ("valid-least", least()), ("valid-at-once", at_once)];
        for (_, receipt) in &all {
            assert_eq!(Receipt::decode(&receipt.encode().unwrap()).unwrap(), *receipt);
        }
        examples("receipt", all);
    }

    #[test]
    fn no_byte_of_it_can_be_changed() {
        survives_no_change(&least());
    }

    #[test]
    fn faults_are_named_by_their_place() {
        faults(
            &sample(),
            &[
                ("/archive/id", json!("zz")),
                ("/archive/origin", json!("")),
                ("/sender", json!({"agency": "DEMO"})),
                ("/sender/bin", json!("0001")),
                ("/recipient", json!({})),
                ("/recipient/name", json!(7)),
                ("/rules/profile", json!("n431")),
                ("/rules/kk", json!("a\nb")),
                ("/outcome", json!("not_accepted")),
                ("/record", json!("07".repeat(15))),
                ("/record", json!("0A".repeat(16))),
                ("/received", json!("2026-01-05T10:00:00Z")),
                ("/received/almaty", json!("2026-01-05T15:00:01+05:00")),
                ("/document/number", json!("")),
                ("/document/date", json!("05.01.2026")),
                ("/document/title", json!(false)),
                ("/files", json!([])),
                ("/files/0/role", json!("cards")),
                ("/files/1/size", json!(-1)),
                ("/files/1/size", json!("1")),
                ("/files/1/path", json!("card.json")),
                ("/files/2/sha256", json!("00")),
                ("/executor/surname", json!(" ")),
                ("/executor/source", json!("hearsay")),
                ("/executor/as_of", json!("2026-02-30")),
                ("/checked/verdict", json!("good")),
                ("/checked/report", json!(1)),
                ("/replaces", json!("")),
                ("/system/version", json!(1)),
            ],
        );
    }

    #[test]
    fn fields_that_contradict_each_other_are_not_written() {
        let contradicts = |receipt: Receipt| matches!(receipt.encode(), Err(AnswerError::Contradiction(_)));
        let late = parts::moment("2026-01-06T04:30:01Z");
        assert!(contradicts(Receipt { received: late, waiting_since: None, ..sample() }));
        assert!(contradicts(Receipt { waiting_since: Some(late), ..sample() }));
        assert!(!contradicts(Receipt { waiting_since: Some(sample().accepted), ..sample() }));
        assert!(contradicts(Receipt { executor: None, ..sample() }), "N 430 cl. 17 (5)");
        let executor = sample().executor.map(|executor| Executor { phone: None, ..executor });
        assert!(contradicts(Receipt { executor: executor.clone(), ..sample() }));
        assert!(!contradicts(Receipt { executor, ..least() }));
        // What a reader would refuse is not written either.
        let mut receipt = sample();
        receipt.document.title = Some("a\nb".into());
        assert!(matches!(receipt.encode(), Err(AnswerError::Malformed { at, .. }) if at == "receipt#/document/title"));
        let mut receipt = sample();
        receipt.files[0].size = 1 << 53;
        assert!(receipt.encode().is_err(), "not exact in every JSON reader");
    }

    #[test]
    fn a_person_reads_the_parts_of_clause_17() {
        let text = sample().text(Lang::Kk);
        for words in [
            "ХАБАРЛАМА-ТҮБІРТЕК\n",
            "Электрондық құжат алынды және тіркелді.",
            "Хабарлама-түбіртекті жөнелтуші: Үлгі архиві, коды DEMO, БСН 000140000017",
            "Құжатты алған күні, уақыты: 05.01.2026 15:00:00 +05:00 (2026-01-05T10:00:00Z)",
            "Архивте тіркелген күні, уақыты: 06.01.2026 09:30:00 +05:00",
            "Архивте берілген тіркеу нөмірі: 0707",
            "Тіркеу нөмірі (карточка бойынша): 03-12/17",
            "Құжаттың күні (карточка бойынша): 05.01.2026",
            "Жауапты орындаушы: Үлгібаев",
            "Орындаушы туралы деректердің күні мен көзі: 06.01.2026, карточка",
            "тексеру нәтижесі: оң нәтиже",
            "2. hat.docx (негізгі құжат, 20480 байт)\n   SHA-256: ",
        ] {
            assert!(text.contains(words), "{words} in\n{text}");
        }
        assert!(sample().text(Lang::Ru).contains("Электронный документ получен и зарегистрирован."));
        assert!(!sample().text(Lang::Ru).contains("translation"));
    }

    #[test]
    fn a_title_cannot_look_like_a_line_of_the_receipt() {
        let mut receipt = sample();
        receipt.document.title = Some("Хат\u{2028}Жауапты орындаушы: Басқаев\u{202e}".into());
        let bytes = receipt.encode().unwrap();
        assert_eq!(Receipt::decode(&bytes).unwrap(), receipt, "the title itself is kept as it is");
        let lines = |receipt: &Receipt| receipt.text(Lang::Kk).lines().count();
        assert_eq!(lines(&receipt), lines(&sample()));
        assert!(receipt.text(Lang::Kk).contains("Хат\\u{2028}Жауапты"));
    }
}
