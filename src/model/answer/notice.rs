//! The notice «қабылданбады»: the document is deemed not received, and why (N 430 cl. 14).
//!
//! It says who sends it, when, what had been sent as far as that could be read, and each reason with its code, its
//! place and its text in Kazakh and in Russian. Issued when an officer of the records office has signed it, like a
//! receipt.
//!
//! Of a document with a mark of state secrecy it says the codes and nothing else: no name, no number, no place, no
//! digest, not even whose it was (N 430 cl. 1, 45). Such a notice is *withheld*, and one that is not fails to encode.

use super::super::digest::Sha256;
use super::super::id::ActId;
use super::super::strict::{Fields, array_of, malformed};
use super::page::{ARRIVED, DATE, NUMBER, Page, WAITING_SINCE};
use super::parts::{
    ArchiveName, Body, FileDigest, Moment, Rules, System, code, date_if_any, fit, hex_if_any, hex_of, object,
};
use super::{AnswerError, Document, is_secret};
use crate::error::{ErrorCode, Refusal};
use crate::limits::{TEXT_LONG_CHARS_MAX, TEXT_SHORT_CHARS_MAX};
use crate::text::{Lang, Text, text};
use chrono::NaiveDate;
use serde_json::{Map, Value};

/// Reasons of one notice. Own bound: the faults of two descriptions (64 each) and some for every component.
pub const REASONS_MAX: usize = 256;
/// Characters of a place or a finding. Own bound: a long path with two digests.
const DETAIL_CHARS_MAX: usize = 2 * TEXT_SHORT_CHARS_MAX;

/// One reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// Its code.
    pub code: String,
    /// The file or field it is about; none in a withheld notice.
    pub subject: Option<String>,
    /// What was found, in technical English; none in a withheld notice.
    pub detail: Option<String>,
    /// The text of the code in Kazakh, as it was then, and what was found where that is said for people.
    pub kk: String,
    /// In Russian.
    pub ru: String,
}

impl Reason {
    /// The reason that `refusal` is. What came from the submission is escaped and cut to the bounds of a notice.
    pub fn of(refusal: &Refusal) -> Self {
        let reason = Self {
            subject: fit(&refusal.subject, DETAIL_CHARS_MAX),
            detail: fit(&refusal.detail, DETAIL_CHARS_MAX),
            ..Self::withheld(refusal.code)
        };
        let Some(said) = &refusal.said else { return reason };
        let with = |text: &str, said: &str| fit(&format!("{text} {said}"), TEXT_LONG_CHARS_MAX);
        Self {
            kk: with(&reason.kk, &said.kk).unwrap_or_default(),
            ru: with(&reason.ru, &said.ru).unwrap_or_default(),
            ..reason
        }
    }

    /// The reason `code` without what it is about.
    pub fn withheld(code: ErrorCode) -> Self {
        let (kk, ru) = (code.text(Lang::Kk).to_owned(), code.text(Lang::Ru).to_owned());
        Self { code: code.as_str().to_owned(), subject: None, detail: None, kk, ru }
    }

    /// The text of the code; English is that of this program.
    fn text(&self, lang: Lang) -> &str {
        match (lang, ErrorCode::parse(&self.code)) {
            (Lang::Kk, _) => &self.kk,
            (Lang::En, Some(code)) => code.text(Lang::En),
            (Lang::Ru | Lang::En, _) => &self.ru,
        }
    }
}

/// What had been sent, as far as it could be read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sent {
    /// Name of the file or folder.
    pub source: Option<String>,
    /// Registration number on the card.
    pub number: Option<String>,
    /// Date of the document on the card.
    pub date: Option<NaiveDate>,
    /// Digest of the container, when it was a file.
    pub container: Option<Sha256>,
    /// Digest of `submission.json`.
    pub description: Option<Sha256>,
    /// The files that were read.
    pub files: Vec<FileDigest>,
}

impl Sent {
    /// What had been sent under the name `source`, which is made fit for an answer.
    pub fn of(source: &str) -> Self {
        Self { source: fit(source, TEXT_SHORT_CHARS_MAX), ..Self::default() }
    }
}

/// A notice «қабылданбады».
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The archive that refused.
    pub archive: ArchiveName,
    /// The act of the refusal in its journal.
    pub id: ActId,
    /// Who issues the notice; it has a name.
    pub sender: Body,
    /// Who gets it: the sender of the document, as far as known.
    pub recipient: Option<Body>,
    /// The rules the document was judged by, as far as it named them.
    pub rules: Option<Rules>,
    /// When it arrived; no receipt, because the document is deemed not received.
    pub arrived: Moment,
    /// When it began to wait for what the check lacked, if it did.
    pub waiting_since: Option<Moment>,
    /// When it was refused: date and time of the notice.
    pub refused: Moment,
    /// What had been sent; none in a withheld notice.
    pub sent: Option<Sent>,
    /// The reasons; there is at least one.
    pub reasons: Vec<Reason>,
    /// The program that prepared it.
    pub system: System,
}

impl Notice {
    /// Puts in the reasons of a refusal; the first [`REASONS_MAX`] are named. When one is about a state secret, or when
    /// `secret` says that a name was, everything that speaks of the document is taken out.
    pub fn refuse(&mut self, refusals: &[Refusal], secret: bool) {
        let secret = secret || is_secret(refusals.iter().map(|refusal| refusal.code.as_str()));
        let named = refusals.iter().take(REASONS_MAX);
        self.reasons = if secret {
            named.map(|refusal| Reason::withheld(refusal.code)).collect()
        } else {
            named.map(Reason::of).collect()
        };
        if secret {
            (self.sent, self.recipient, self.rules) = (None, None, None);
        }
    }

    /// Whether nothing of the document is named.
    pub fn is_withheld(&self) -> bool {
        self.sent.is_none()
    }
}

impl Document for Notice {
    const SCHEMA: &'static str = "muragat/notice/1";
    const NAME: &'static str = "notice";

    fn facts(&self) -> Map<String, Value> {
        let mut map = Map::new();
        let mut set = |key: &str, value: Value| map.insert(key.to_owned(), value);
        set("archive", self.archive.value());
        set("id", self.id.to_string().into());
        set("sender", self.sender.value());
        if let Some(recipient) = &self.recipient {
            set("recipient", recipient.value());
        }
        if let Some(rules) = &self.rules {
            set("rules", rules.value());
        }
        set("outcome", OUTCOME.into());
        set("mark", MARK.into());
        set("arrived", self.arrived.value());
        if let Some(since) = self.waiting_since {
            set("waiting_since", since.value());
        }
        set("refused", self.refused.value());
        set("withheld", self.is_withheld().into());
        if let Some(sent) = &self.sent {
            let mut value = object([
                ("source", sent.source.clone()),
                ("number", sent.number.clone()),
                ("date", sent.date.map(|date| date.to_string())),
                ("container", sent.container.map(|digest| digest.to_string())),
                ("description", sent.description.map(|digest| digest.to_string())),
            ]);
            value["files"] = FileDigest::list_value(&sent.files);
            set("sent", value);
        }
        let reason = |reason: &Reason| {
            let mut value = object([
                ("code", Some(reason.code.clone())),
                ("subject", reason.subject.clone()),
                ("detail", reason.detail.clone()),
            ]);
            value["text"] = object([("kk", Some(reason.kk.clone())), ("ru", Some(reason.ru.clone()))]);
            value
        };
        set("reasons", self.reasons.iter().map(reason).collect());
        set("system", self.system.value());
        map
    }

    fn read(fields: &mut Fields) -> Option<Self> {
        let archive = ArchiveName::read(fields);
        let id = hex_of(fields, "id");
        let sender = Body::read_sender(fields, "sender");
        let recipient = Body::read_if_any(fields, "recipient");
        let rules = match fields.optional("rules") {
            None => Some(None),
            Some(value) => Rules::read(fields, value).map(Some),
        };
        fields.word("outcome", |word| (word == OUTCOME).then_some(()), "\"not_accepted\"");
        fields.word("mark", |word| (word == MARK).then_some(()), "\"қабылданбады\"");
        let arrived = Moment::read(fields, "arrived");
        let waiting_since = Moment::read_if_any(fields, "waiting_since");
        let refused = Moment::read(fields, "refused");
        let sent = match fields.optional("sent") {
            None => Some(None),
            Some(value) => sent(fields, value).map(Some),
        };
        let withheld = fields.required("withheld");
        if withheld.is_some() && withheld != sent.as_ref().map(|sent| sent.is_none().into()) {
            fields.fault(ErrorCode::IngFieldMalformed, "withheld", "wanted true, or false beside sent");
        }
        let reasons = fields.required("reasons").and_then(|value| reasons(fields, value));
        let system = System::read(fields);
        Some(Self {
            archive: archive?,
            id: id?,
            sender: sender?,
            recipient: recipient?,
            rules: rules?,
            arrived: arrived?,
            waiting_since: waiting_since?,
            refused: refused?,
            sent: sent?,
            reasons: reasons?,
            system: system?,
        })
    }

    fn check(&self) -> Result<(), AnswerError> {
        let waited = self.waiting_since.unwrap_or(self.arrived);
        if self.arrived > waited || waited > self.refused {
            return Err(AnswerError::Contradiction("arrived, waiting_since and refused are not in this order"));
        }
        let is_secret = is_secret(self.reasons.iter().map(|reason| reason.code.as_str()));
        if is_secret && !self.is_withheld() {
            return Err(AnswerError::Contradiction("a reason of state secrecy, and the document is named"));
        }
        let speaks = self.reasons.iter().any(|reason| reason.subject.is_some() || reason.detail.is_some());
        if self.is_withheld() && (speaks || self.recipient.is_some() || self.rules.is_some()) {
            return Err(AnswerError::Contradiction("a withheld notice speaks of the document"));
        }
        Ok(())
    }

    fn page(&self, lang: Lang) -> String {
        let mut page = Page::new(lang, TITLE);
        page.sentence(MARKED);
        page.gap();
        page.sentence(STATEMENT);
        page.gap();
        page.bodies(&self.sender, self.recipient.as_ref());
        page.moment(ARRIVED, self.arrived);
        if let Some(since) = self.waiting_since {
            page.moment(WAITING_SINCE, since);
        }
        page.moment(REFUSED, self.refused);
        page.line(ID, &self.id.to_string());
        page.gap();
        match &self.sent {
            None => page.sentence(WITHHELD),
            Some(sent) => {
                page.line_if_any(SOURCE, sent.source.as_ref());
                page.line_if_any(NUMBER, sent.number.as_ref());
                if let Some(date) = sent.date {
                    page.date(DATE, date);
                }
                for (label, digest) in [(CONTAINER, sent.container), (DESCRIPTION, sent.description)] {
                    if let Some(digest) = digest {
                        page.line(label, &digest.to_string());
                    }
                }
                page.files(&sent.files);
            }
        }
        page.gap();
        page.sentence(REASONS);
        for (index, reason) in self.reasons.iter().enumerate() {
            page.item(index, &format!("{}. {}", reason.code, reason.text(lang)));
            for (label, value) in [(SUBJECT, &reason.subject), (DETAIL, &reason.detail)] {
                if let Some(value) = value {
                    page.detail(label, value);
                }
            }
        }
        page.gap();
        page.sentence(if self.is_withheld() { DO_NOT_SEND } else { SEND_AGAIN });
        page.origin(self.rules.as_ref(), &self.archive, &self.system);
        page.gap();
        page.sentence(ISSUED_WHEN_SIGNED);
        page.end()
    }
}

const OUTCOME: &str = "not_accepted";
/// The word of N 430 cl. 14.
const MARK: &str = "қабылданбады";

fn sent(fields: &mut Fields, value: Value) -> Option<Sent> {
    let mut inner = fields.inner("sent", value)?;
    let source = inner.text_if_any("source", TEXT_LONG_CHARS_MAX);
    let number = inner.text_if_any("number", TEXT_SHORT_CHARS_MAX);
    let date = date_if_any(&mut inner, "date");
    let (container, description) = (hex_if_any(&mut inner, "container"), hex_if_any(&mut inner, "description"));
    let files = FileDigest::read_list(&mut inner);
    inner.end();
    Some(Sent {
        source: source?,
        number: number?,
        date: date?,
        container: container?,
        description: description?,
        files: files?,
    })
}

fn reasons(fields: &mut Fields, value: Value) -> Option<Vec<Reason>> {
    let items = fields.read("reasons", value, |value, at| match array_of(value, at.clone(), REASONS_MAX)? {
        items if items.is_empty() => Err(malformed(at, "at least one reason", &Value::Array(items))),
        items => Ok(items),
    })?;
    let mut reason = |(i, item)| {
        let mut inner = fields.item(&format!("reasons/{i}"), item)?;
        let code = code(&mut inner, "code");
        let subject = inner.text_if_any("subject", TEXT_LONG_CHARS_MAX);
        let detail = inner.text_if_any("detail", TEXT_LONG_CHARS_MAX);
        let texts = inner.required("text").and_then(|value| {
            let mut texts = inner.inner("text", value)?;
            let [kk, ru] = ["kk", "ru"].map(|lang| texts.text(lang, TEXT_LONG_CHARS_MAX));
            texts.end();
            Some((kk?, ru?))
        });
        inner.end();
        let (kk, ru) = texts?;
        Some(Reason { code: code?, subject: subject?, detail: detail?, kk, ru })
    };
    let reasons: Vec<Option<Reason>> = items.into_iter().enumerate().map(&mut reason).collect();
    reasons.into_iter().collect()
}

const TITLE: Text = text("ХАБАРЛАМА-ТҮБІРТЕК", "УВЕДОМЛЕНИЕ-КВИТАНЦИЯ", "NOTICE-RECEIPT");
const MARKED: Text = text("Белгісі: «қабылданбады»", "Отметка: «не принято»", "Mark: \"not accepted\"");
// The words of N 430 cl. 14.
const STATEMENT: Text = text(
    "Электрондық құжат алынбады деп саналады.",
    "Электронный документ считается неполученным.",
    "The electronic document is deemed not received.",
);
const REFUSED: Text = text("Хабарламаның күні, уақыты", "Дата и время уведомления", "Date and time of the notice");
const ID: Text = text("Хабарлама нөмірі", "Номер уведомления", "Number of the notice");
const SOURCE: Text = text("Жіберілімнің атауы", "Имя отправления", "Name of what was sent");
const CONTAINER: Text = text("Жіберілім файлы, SHA-256", "Файл отправления, SHA-256", "File that was sent, SHA-256");
const DESCRIPTION: Text = text(
    "Жіберілімнің сипаттамасы (submission.json), SHA-256",
    "Описание отправления (submission.json), SHA-256",
    "Description of what was sent (submission.json), SHA-256",
);
const WITHHELD: Text = text(
    "Мемлекеттік құпия белгісі болғандықтан, құжат туралы мәліметтер келтірілмейді және сақталмайды.",
    "Из-за пометки о государственных секретах сведения о документе не приводятся и не хранятся.",
    "Because of a mark of state secrecy nothing is said or kept of the document.",
);
const REASONS: Text =
    text("Құжаттың алынбау себептері:", "Причины, по которым документ не принят:", "Reasons why it was not accepted:");
const SUBJECT: Text = text("Орны", "Место", "Place");
const DETAIL: Text = text("Анықталғаны (техникалық)", "Обнаружено (техническое)", "Found (technical)");
const SEND_AGAIN: Text = text(
    "Архив жіберілген файлдарды сақтаған жоқ. Көрсетілген себептерді жойып, құжатты қайта жіберіңіз.",
    "Присланные файлы архив не сохранил. Устраните указанные причины и отправьте документ снова.",
    "The archive has not kept the files that were sent. Remove the reasons named and send the document again.",
);
const DO_NOT_SEND: Text = text(
    "Құжатты бұл жүйе арқылы қайта жібермеңіз. Құпия іс жүргізу бөліміне хабарласыңыз.",
    "Не отправляйте документ через эту систему снова. Обратитесь в подразделение секретного делопроизводства.",
    "Do not send the document through this system again. Turn to the office for secret records.",
);
const ISSUED_WHEN_SIGNED: Text = text(
    "Бұл хабарлама оған құжаттамалық қамтамасыз ету бөлімшесінің қызметкері электрондық цифрлық қолтаңба \
     қойғаннан кейін ғана берілген болып есептеледі.",
    "Это уведомление считается выданным только после того, как его подписал электронной цифровой подписью \
     сотрудник службы документационного обеспечения.",
    "This notice counts as issued only when an officer of the records office has signed it with an electronic \
     digital signature.",
);

#[cfg(test)]
pub(super) mod tests {
    use super::super::parts::tests as parts;
    use super::super::tests::{examples, faults, survives_no_change};
    use super::*;
    use crate::model::digest::sha256;
    use serde_json::json;

    /// A notice that says all it can.
    pub(in super::super) fn sample() -> Notice {
        let refusals = [
            Refusal::new(ErrorCode::SigFailed, "a.p7s", "TOTAL-FAILED HASH_FAILURE"),
            Refusal::new(ErrorCode::IngFieldMissing, "card.json#/title", "field is missing"),
        ];
        let sent = Sent {
            source: Some("0017.zip".into()),
            number: Some("03-12/17".into()),
            date: Some(parts::day("2026-01-05")),
            container: Some(sha256(b"0017.zip")),
            description: Some(sha256(b"submission.json")),
            files: parts::files(),
        };
        Notice {
            archive: parts::archive(),
            id: ActId([8; 16]),
            sender: parts::sender(),
            recipient: Some(parts::recipient()),
            rules: Some(parts::rules()),
            arrived: parts::moment("2026-01-05T10:00:00Z"),
            waiting_since: Some(parts::moment("2026-01-05T10:00:01Z")),
            refused: parts::moment("2026-01-06T04:30:00Z"),
            sent: Some(sent),
            reasons: refusals.iter().map(Reason::of).collect(),
            system: parts::system(),
        }
    }

    /// With texts of codes that no later edition of the codes changes.
    fn frozen(mut notice: Notice) -> Notice {
        for reason in &mut notice.reasons {
            (reason.kk, reason.ru) = ("Себептің мәтіні.".into(), "Текст причины.".into());
        }
        notice
    }

    /// One of which only the place could be read.
    fn least() -> Notice {
        let mut notice = Notice { recipient: None, rules: None, waiting_since: None, ..sample() };
        notice.sent = Some(Sent::default());
        notice.refuse(&[Refusal::new(ErrorCode::IngContainerUnreadable, "", "")], false);
        notice
    }

    fn withheld() -> Notice {
        let mut notice = Notice { waiting_since: None, ..sample() };
        let mark = Refusal::new(ErrorCode::IngSecrecyMark, "card.json#/title", "the mark of a state secret");
        notice.refuse(&[mark], false);
        notice
    }

    #[test]
    fn it_decodes_to_itself() {
        let all = [("valid-all", sample()), ("valid-least", least()), ("valid-withheld", withheld())];
        let all = all.map(|(name, notice)| (name, frozen(notice)));
        for (_, notice) in &all {
            assert_eq!(Notice::decode(&notice.encode().unwrap()).unwrap(), *notice);
        }
        examples("notice", all);
    }

    #[test]
    fn no_byte_of_it_can_be_changed() {
        survives_no_change(&least());
        survives_no_change(&withheld());
    }

    #[test]
    fn of_a_secret_document_nothing_is_said() {
        let bytes = String::from_utf8(withheld().encode().unwrap()).unwrap();
        for name in ["0017.zip", "03-12", "card.json", "hat.docx", "Мысал", "DEMO-2", &sha256(b"0017.zip").to_string()]
        {
            assert!(!bytes.contains(name), "{name}");
        }
        assert!(bytes.contains("ING-033"));
        assert!(withheld().text(Lang::Kk).contains("қайта жібермеңіз"));

        // A name was secret, and no code says so.
        let mut notice = sample();
        notice.refuse(&[Refusal::new(ErrorCode::IngFieldMissing, "құпия.json#/title", "x")], true);
        assert!(!String::from_utf8(notice.encode().unwrap()).unwrap().contains("құпия.json"));

        let contradicts = |notice: &Notice| matches!(notice.encode(), Err(AnswerError::Contradiction(_)));
        let named = Notice { sent: sample().sent, ..withheld() };
        let subject = Notice { reasons: sample().reasons, ..withheld() };
        let recipient = Notice { recipient: sample().recipient, ..withheld() };
        let rules = Notice { rules: sample().rules, ..withheld() };
        for (what, notice) in [("sent", named), ("subject", subject), ("recipient", recipient), ("rules", rules)] {
            assert!(contradicts(&notice), "{what}");
        }
    }

    #[test]
    fn what_came_from_outside_is_made_fit() {
        let refusal = Refusal::new(ErrorCode::FmtUnknown, "a\u{1b}[2J\n.pdf", "x".repeat(5000));
        let reason = Reason::of(&refusal);
        assert_eq!(reason.subject.as_deref(), Some("a\\u{1b}[2J\\n.pdf"));
        assert_eq!(reason.detail.map(|detail| detail.chars().count()), Some(DETAIL_CHARS_MAX));
        let nothing = Reason::of(&Refusal::new(ErrorCode::FmtUnknown, " ", ""));
        assert_eq!((nothing.subject, nothing.detail), (None, None));
        assert_eq!(Sent::of(&"қ".repeat(300)).source.unwrap().chars().count(), TEXT_SHORT_CHARS_MAX);
        let mut notice = sample();
        notice.refuse(&vec![refusal; REASONS_MAX + 1], false);
        assert_eq!(notice.reasons.len(), REASONS_MAX);
        assert!(notice.encode().is_ok(), "the most reasons fit");
    }

    #[test]
    fn faults_are_named_by_their_place() {
        faults(
            &sample(),
            &[
                ("/id", json!("08")),
                ("/sender", json!({"agency": "DEMO"})),
                ("/outcome", json!("accepted")),
                ("/mark", json!("не принято")),
                ("/withheld", json!(true)),
                ("/refused/utc", json!("2026-01-06T04:30:00.5Z")),
                ("/sent/date", json!("2026-1-5")),
                ("/sent/container", json!("AA")),
                ("/sent/files/1/path", json!("card.json")),
                ("/reasons", json!([])),
                ("/reasons/0/code", json!(1)),
                ("/reasons/1/text/ru", json!(" ")),
                ("/reasons/1/detail", json!("a\nb")),
            ],
        );
        let early = Notice { refused: parts::moment("2026-01-05T10:00:00Z"), ..sample() };
        assert!(matches!(early.encode(), Err(AnswerError::Contradiction(_))), "refused before it waited");
    }

    #[test]
    fn a_person_reads_the_words_of_the_regulation() {
        let text = sample().text(Lang::Kk);
        for words in [
            "Белгісі: «қабылданбады»",
            "Электрондық құжат алынбады деп саналады.",
            "Хабарлама-түбіртекті жөнелтуші: Үлгі архиві, коды DEMO, БСН 000140000017",
            "Хабарламаның күні, уақыты: 06.01.2026 09:30:00 +05:00 (2026-01-06T04:30:00Z)",
            "Тіркеу нөмірі (карточка бойынша): 03-12/17",
            "1. SIG-001. Қолтаңба жарамсыз",
            "   Орны: card.json#/title",
        ] {
            assert!(text.contains(words), "{words} in\n{text}");
        }
        let text = sample().text(Lang::En);
        assert!(text.contains("deemed not received") && text.contains("This is a translation"));
    }
}
