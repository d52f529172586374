//! The system confirmation (жүйелік растау): the archive's own answer, given at once.
//!
//! It says what became of a submission, where that stands in the journal, and the digests of what was received and of
//! the receipt or notice that was prepared. The archive signs these bytes with its answer key (Ed25519, RFC 8032);
//! anyone verifies them with [`verify`](Confirmation::verify) or with
//! `openssl pkeyutl -verify -pubin -inkey answer-key.pem -rawin -in confirmation.json -sigfile confirmation.sig`.
//!
//! It is not the receipt of N 430 cl. 17, and says so. The key that it names proves nothing by itself: who verifies
//! takes the key from the journal of the archive.

use super::super::digest::Sha256;
use super::super::id::RecordId;
use super::super::strict::{Fields, words};
use super::page::{ARRIVED, Page};
use super::parts::{ArchiveName, FileDigest, Moment, System, date_if_any, fit, hex_if_any, hex_of, integer, object};
use super::{AnswerError, Document, is_secret};
use crate::error::ErrorCode;
use crate::limits::TEXT_SHORT_CHARS_MAX;
use crate::text::{Lang, Text, text};
use chrono::NaiveDate;
use ed25519_dalek::{Signature, VerifyingKey};
use serde_json::{Map, Value, json};

/// Codes of one confirmation.
const CODES_MAX: usize = super::notice::REASONS_MAX;

words! {
    /// What became of a submission, in one word.
    Status {
        /// It is a record.
        Accepted = "accepted",
        /// It was refused.
        Refused = "refused",
        /// It is not decided.
        Waiting = "waiting",
        /// The same document is a record already.
        Held = "held",
    }
}

/// What became of a submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is a record.
    Accepted {
        /// The record.
        record: RecordId,
        /// Its entry in the journal.
        entry: u64,
        /// Digest of the receipt that was prepared.
        receipt: Option<Sha256>,
    },
    /// It was refused.
    Refused {
        /// The entry of the refusal in the journal.
        entry: u64,
        /// Digest of the notice that was prepared.
        notice: Option<Sha256>,
        /// Codes of the reasons, in their order, each once.
        codes: Vec<String>,
    },
    /// It is not decided: what would show that its signatures are valid is missing.
    Waiting {
        /// Its id while it waits.
        id: RecordId,
        /// The entry by which it began to wait.
        entry: u64,
        /// The last day on which it waits without a person being asked.
        until: Option<NaiveDate>,
        /// Codes of what it waits for, in their order, each once.
        codes: Vec<String>,
    },
    /// The same document is a record already.
    Held {
        /// The record.
        record: RecordId,
    },
}

impl Outcome {
    /// The outcome in one word.
    pub fn status(&self) -> Status {
        match self {
            Self::Accepted { .. } => Status::Accepted,
            Self::Refused { .. } => Status::Refused,
            Self::Waiting { .. } => Status::Waiting,
            Self::Held { .. } => Status::Held,
        }
    }

    /// The codes of reasons as [`Self::Refused`] and [`Self::Waiting`] list them: each once.
    pub fn codes(codes: impl Iterator<Item = ErrorCode>) -> Vec<String> {
        let mut out: Vec<String> = Vec::new();
        for code in codes {
            if out.len() < CODES_MAX && !out.iter().any(|known| known == code.as_str()) {
                out.push(code.as_str().to_owned());
            }
        }
        out
    }
}

/// A system confirmation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmation {
    /// The archive that answers.
    pub archive: ArchiveName,
    /// Its answer key: the public half, Ed25519.
    pub key: [u8; 32],
    /// Name of the file or folder that was sent; none when it may not be said.
    pub source: Option<String>,
    /// When it arrived.
    pub arrived: Moment,
    /// When this was answered.
    pub answered: Moment,
    /// What became of it.
    pub outcome: Outcome,
    /// The files that were received; none when they may not be said.
    pub files: Vec<FileDigest>,
    /// The last day on which the signed receipt or notice is in time (N 430 cl. 18, 19).
    pub due: Option<NaiveDate>,
    /// The program that answers.
    pub system: System,
}

impl Confirmation {
    /// Makes the name of what was sent fit for an answer.
    pub fn source_of(name: &str) -> Option<String> {
        fit(name, TEXT_SHORT_CHARS_MAX)
    }

    /// Reads a confirmation whose `signature` is by `key`, the answer key that the archive's journal names.
    pub fn verify(bytes: &[u8], signature: &[u8], key: &[u8; 32]) -> Result<Self, AnswerError> {
        let confirmation: Self = super::decode(bytes)?;
        if confirmation.key != *key {
            return Err(AnswerError::Key);
        }
        let verifying = VerifyingKey::from_bytes(key).map_err(|_| AnswerError::Key)?;
        let signature = Signature::from_slice(signature).map_err(|_| AnswerError::Signature)?;
        // Strict: no signature by a key of small order, which fits any message (RFC 8032 §8.9 leaves that open).
        verifying.verify_strict(bytes, &signature).map_err(|_| AnswerError::Signature)?;
        Ok(confirmation)
    }
}

impl Document for Confirmation {
    const SCHEMA: &'static str = "muragat/confirmation/1";
    const NAME: &'static str = "confirmation";

    fn facts(&self) -> Map<String, Value> {
        let mut map = Map::new();
        let mut set = |key: &str, value: Value| map.insert(key.to_owned(), value);
        set("archive", self.archive.value());
        set("key", json!({"algorithm": ALGORITHM, "public": hex::encode(self.key)}));
        if let Some(source) = &self.source {
            set("source", source.clone().into());
        }
        set("arrived", self.arrived.value());
        set("answered", self.answered.value());
        set("status", self.outcome.status().as_str().into());
        match &self.outcome {
            Outcome::Accepted { record, entry, receipt } => {
                set("record", record.to_string().into());
                set("entry", (*entry).into());
                if let Some(receipt) = receipt {
                    set("receipt", receipt.to_string().into());
                }
            }
            Outcome::Refused { entry, notice, codes } => {
                set("entry", (*entry).into());
                if let Some(notice) = notice {
                    set("notice", notice.to_string().into());
                }
                set("codes", codes.clone().into());
            }
            Outcome::Waiting { id, entry, until, codes } => {
                set("waiting", object([("id", Some(id.to_string())), ("until", until.map(|day| day.to_string()))]));
                set("entry", (*entry).into());
                set("codes", codes.clone().into());
            }
            Outcome::Held { record } => {
                set("record", record.to_string().into());
            }
        }
        set("files", FileDigest::list_value(&self.files));
        if let Some(due) = self.due {
            set("due", due.to_string().into());
        }
        set("system", self.system.value());
        map
    }

    fn read(fields: &mut Fields) -> Option<Self> {
        let archive = ArchiveName::read(fields);
        let key = key(fields);
        let source = fields.text_if_any("source", TEXT_SHORT_CHARS_MAX);
        let (arrived, answered) = (Moment::read(fields, "arrived"), Moment::read(fields, "answered"));
        let outcome = fields.word("status", Status::parse, Status::KNOWN).and_then(|status| outcome(fields, status));
        let files = FileDigest::read_list(fields);
        let due = date_if_any(fields, "due");
        let system = System::read(fields);
        Some(Self {
            archive: archive?,
            key: key?,
            source: source?,
            arrived: arrived?,
            answered: answered?,
            outcome: outcome?,
            files: files?,
            due: due?,
            system: system?,
        })
    }

    fn check(&self) -> Result<(), AnswerError> {
        if self.arrived > self.answered {
            return Err(AnswerError::Contradiction("arrived and answered are not in this order"));
        }
        let secret = match &self.outcome {
            Outcome::Refused { codes, .. } => is_secret(codes.iter().map(String::as_str)),
            _ => false,
        };
        if secret && (self.source.is_some() || !self.files.is_empty()) {
            return Err(AnswerError::Contradiction("a reason of state secrecy, and the document is named"));
        }
        if self.due.is_some() && !matches!(self.outcome, Outcome::Accepted { .. } | Outcome::Refused { .. }) {
            return Err(AnswerError::Contradiction("a signed answer is due for what is not decided"));
        }
        Ok(())
    }

    fn page(&self, lang: Lang) -> String {
        let mut page = Page::new(lang, TITLE);
        page.gap();
        let (record, entry, codes) = match &self.outcome {
            Outcome::Accepted { record, entry, .. } => (Some(record), Some(entry), None),
            Outcome::Refused { entry, codes, .. } => (None, Some(entry), Some(codes)),
            Outcome::Waiting { entry, codes, .. } => (None, Some(entry), Some(codes)),
            Outcome::Held { record } => (Some(record), None, None),
        };
        page.line(OUTCOME, self.outcome.status().text().get(lang));
        if let Some(codes) = codes {
            page.line(CODES, &codes.join(", "));
        }
        if let Some(record) = record {
            page.line(RECORD, &record.to_string());
        }
        if let Outcome::Waiting { id, until, .. } = &self.outcome {
            page.line(WAITING_ID, &id.to_string());
            if let Some(until) = until {
                page.date(UNTIL, *until);
            }
        }
        if let Some(entry) = entry {
            page.line(ENTRY, &entry.to_string());
        }
        page.line_if_any(SOURCE, self.source.as_ref());
        page.moment(ARRIVED, self.arrived);
        page.moment(ANSWERED, self.answered);
        match &self.outcome {
            Outcome::Accepted { receipt: Some(digest), .. } => page.line(RECEIPT, &digest.to_string()),
            Outcome::Refused { notice: Some(digest), .. } => page.line(NOTICE, &digest.to_string()),
            _ => {}
        }
        if let Some(due) = self.due {
            page.date(DUE, due);
        }
        page.files(&self.files);
        page.origin(None, &self.archive, &self.system);
        page.line(KEY, &hex::encode(self.key));
        page.gap();
        page.sentence(NO_RECEIPT);
        page.end()
    }
}

const ALGORITHM: &str = "Ed25519";

fn key(fields: &mut Fields) -> Option<[u8; 32]> {
    let value = fields.required("key")?;
    let mut inner = fields.inner("key", value)?;
    inner.word("algorithm", |word| (word == ALGORITHM).then_some(()), "\"Ed25519\"");
    // A public key has the length of a digest and is written like one.
    let key: Option<Sha256> = hex_of(&mut inner, "public");
    inner.end();
    key.map(|key| key.0)
}

fn outcome(fields: &mut Fields, status: Status) -> Option<Outcome> {
    match status {
        Status::Accepted => {
            let (record, entry) = (hex_of(fields, "record"), integer(fields, "entry"));
            let receipt = hex_if_any(fields, "receipt");
            Some(Outcome::Accepted { record: record?, entry: entry?, receipt: receipt? })
        }
        Status::Refused => {
            let (entry, notice) = (integer(fields, "entry"), hex_if_any(fields, "notice"));
            let codes = codes(fields);
            Some(Outcome::Refused { entry: entry?, notice: notice?, codes: codes? })
        }
        Status::Waiting => {
            let (entry, codes) = (integer(fields, "entry"), codes(fields));
            let value = fields.required("waiting")?;
            let mut inner = fields.inner("waiting", value)?;
            let (id, until) = (hex_of(&mut inner, "id"), date_if_any(&mut inner, "until"));
            inner.end();
            Some(Outcome::Waiting { id: id?, entry: entry?, until: until?, codes: codes? })
        }
        Status::Held => Some(Outcome::Held { record: hex_of(fields, "record")? }),
    }
}

/// The codes, of which there is at least one and none twice.
fn codes(fields: &mut Fields) -> Option<Vec<String>> {
    let value = fields.required("codes")?;
    let codes = fields.texts("codes", value, CODES_MAX, TEXT_SHORT_CHARS_MAX)?;
    let repeated = codes.iter().enumerate().any(|(i, code)| codes.iter().take(i).any(|before| before == code));
    if codes.is_empty() || repeated {
        fields.fault(ErrorCode::IngFieldMalformed, "codes", "wanted at least one code, and none twice");
    }
    Some(codes)
}

const TITLE: Text = text("ЖҮЙЕЛІК РАСТАУ", "СИСТЕМНОЕ ПОДТВЕРЖДЕНИЕ", "SYSTEM CONFIRMATION");
const OUTCOME: Text = text("Нәтижесі", "Результат", "Outcome");
const CODES: Text = text("Себептердің кодтары", "Коды причин", "Codes of the reasons");
const RECORD: Text = text(
    "Архивте берілген тіркеу нөмірі",
    "Регистрационный номер, присвоенный в архиве",
    "Registration number given in the archive",
);
const WAITING_ID: Text = text("Күту нөмірі", "Номер ожидания", "Waiting number");
const UNTIL: Text = text("Күту мерзімінің соңғы күні", "Последний день срока ожидания", "Last day of the waiting term");
const ENTRY: Text = text("Журналдағы жазбаның нөмірі", "Номер записи в журнале", "Number of the entry in the journal");
const SOURCE: Text = text("Жіберілімнің атауы", "Имя отправления", "Name of what was sent");
const ANSWERED: Text = text("Жауаптың күні, уақыты", "Дата и время ответа", "Date and time of the answer");
const RECEIPT: Text = text(
    "Дайындалған хабарлама-түбіртек, SHA-256",
    "Подготовленное уведомление-квитанция, SHA-256",
    "Notice-receipt that was prepared, SHA-256",
);
const NOTICE: Text = text(
    "Дайындалған «қабылданбады» белгісі бар хабарлама, SHA-256",
    "Подготовленное уведомление с отметкой «не принято», SHA-256",
    "Notice \"not accepted\" that was prepared, SHA-256",
);
const DUE: Text = text(
    "Қол қойылған хабарлама-түбіртекті жіберудің соңғы күні",
    "Последний день отправки подписанного уведомления-квитанции",
    "Last day for sending the signed notice-receipt",
);
const KEY: Text = text(
    "Архивтің жауаптарға арналған ашық кілті (Ed25519)",
    "Открытый ключ архива для ответов (Ed25519)",
    "Public key of the archive for answers (Ed25519)",
);
const NO_RECEIPT: Text = text(
    "Бұл — ақпараттық жүйенің растауы. Ол № 430 қаулының 17-тармағында көзделген хабарлама-түбіртек емес және оны \
     алмастырмайды: хабарлама-түбіртекке құжаттамалық қамтамасыз ету бөлімшесінің қызметкері қол қояды.",
    "Это подтверждение информационной системы. Оно не является уведомлением-квитанцией по пункту 17 постановления \
     № 430 и не заменяет его: уведомление-квитанцию подписывает сотрудник службы документационного обеспечения.",
    "This is a confirmation by the information system. It is not the notice-receipt of clause 17 of decree N 430 and \
     does not replace it: the notice-receipt is signed by an officer of the records office.",
);

impl Status {
    /// The same for people.
    pub fn text(self) -> Text {
        match self {
            Status::Accepted => text("қабылданды", "принято", "accepted"),
            Status::Refused => text("«қабылданбады»", "«не принято»", "\"not accepted\""),
            Status::Waiting => text(
                "күтуде: қолтаңбаны тексеруге қажет деректер жетіспейді, шешім қабылданған жоқ",
                "ожидает: не хватает данных для проверки подписи, решение не принято",
                "waiting: material for the check of the signature is missing, nothing is decided",
            ),
            Status::Held => text(
                "осы құжат архивке бұрын қабылданған",
                "этот документ уже был принят в архив",
                "this document was accepted into the archive before",
            ),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::parts::tests as parts;
    use super::super::tests::{examples, faults, survives_no_change};
    use super::*;
    use crate::model::digest::sha256;
    use ed25519_dalek::{Signer, SigningKey};

    fn signing() -> SigningKey {
        SigningKey::from_bytes(&[3; 32])
    }

    /// The confirmation of an accepted document.
    pub(in super::super) fn sample() -> Confirmation {
        Confirmation {
            archive: parts::archive(),
            key: signing().verifying_key().to_bytes(),
            source: Some("0017.zip".into()),
            arrived: parts::moment("2026-01-05T10:00:00Z"),
            answered: parts::moment("2026-01-05T10:00:02Z"),
            outcome: Outcome::Accepted { record: RecordId([7; 16]), entry: 41, receipt: Some(sha256(b"receipt")) },
            files: parts::files(),
            due: Some(parts::day("2026-01-06")),
            system: parts::system(),
        }
    }

    fn refused() -> Confirmation {
        let codes =
            Outcome::codes([ErrorCode::SigFailed, ErrorCode::IngFieldMissing, ErrorCode::SigFailed].into_iter());
        let outcome = Outcome::Refused { entry: 42, notice: Some(sha256(b"notice")), codes };
        Confirmation { outcome, ..sample() }
    }

    fn withheld() -> Confirmation {
        let codes = Outcome::codes([ErrorCode::IngStateSecret].into_iter());
        let outcome = Outcome::Refused { entry: 43, notice: None, codes };
        Confirmation { outcome, source: None, files: vec![], due: None, ..sample() }
    }

    fn waiting(until: Option<NaiveDate>) -> Confirmation {
        let codes = Outcome::codes([ErrorCode::SigWaiting].into_iter());
        let outcome = Outcome::Waiting { id: RecordId([9; 16]), entry: 44, until, codes };
        Confirmation { outcome, due: None, ..sample() }
    }

    fn held() -> Confirmation {
        Confirmation { outcome: Outcome::Held { record: RecordId([7; 16]) }, due: None, ..sample() }
    }

    #[test]
    fn it_decodes_to_itself() {
        let all = [
            ("valid-accepted", sample()),
            ("valid-refused", refused()),
            ("valid-withheld", withheld()),
            ("valid-waiting", waiting(Some(parts::day("2026-02-05")))),
            ("valid-waiting-least", waiting(None)),
            ("valid-held", held()),
        ];
        for (_, confirmation) in &all {
            assert_eq!(Confirmation::decode(&confirmation.encode().unwrap()).unwrap(), *confirmation);
        }
        examples("confirmation", all);
    }

    #[test]
    fn no_byte_of_it_can_be_changed() {
        survives_no_change(&withheld());
        survives_no_change(&waiting(Some(parts::day("2026-02-05"))));
    }

    #[test]
    fn it_is_verified_with_the_key_of_the_archive_and_no_other() {
        let bytes = sample().encode().unwrap();
        let signature = signing().sign(&bytes).to_bytes();
        let key = sample().key;
        assert_eq!(Confirmation::verify(&bytes, &signature, &key), Ok(sample()));
        for at in 0..signature.len() {
            let mut changed = signature;
            changed[at] ^= 1;
            assert_eq!(Confirmation::verify(&bytes, &changed, &key), Err(AnswerError::Signature), "{at}");
            assert_eq!(Confirmation::verify(&bytes, &signature[..at], &key), Err(AnswerError::Signature), "{at}");
        }
        let other = SigningKey::from_bytes(&[4; 32]);
        let forged = Confirmation { key: other.verifying_key().to_bytes(), ..sample() };
        let forged_bytes = forged.encode().unwrap();
        let forged_signature = other.sign(&forged_bytes).to_bytes();
        assert_eq!(Confirmation::verify(&forged_bytes, &forged_signature, &key), Err(AnswerError::Key));
        assert_eq!(Confirmation::verify(&refused().encode().unwrap(), &signature, &key), Err(AnswerError::Signature));
        // The point of order 1: by this key every signature with R = S·B would be good.
        let mut small = [0; 32];
        small[0] = 1;
        let weak = Confirmation { key: small, ..sample() };
        let mut zero = [0; 64];
        zero[0] = 1;
        assert!(Confirmation::verify(&weak.encode().unwrap(), &zero, &small).is_err());
    }

    #[test]
    fn faults_are_named_by_their_place() {
        faults(
            &sample(),
            &[
                ("/key/algorithm", json!("RSA")),
                ("/key/public", json!("00")),
                ("/source", json!("a\nb")),
                ("/status", json!("lost")),
                ("/record", json!("")),
                ("/entry", json!("41")),
                ("/receipt", json!(1)),
                ("/files", json!({})),
                ("/due", json!("2026-01-32")),
            ],
        );
        faults(&refused(), &[("/codes", json!([])), ("/codes", json!(["A", "A"])), ("/notice", json!("00"))]);
        faults(&waiting(None), &[("/waiting", json!("09")), ("/waiting/id", json!("09")), ("/codes/0", json!(""))]);
        faults(&held(), &[("/record", json!("07"))]);
        // A field of another outcome is unknown.
        let mut value = serde_json::from_slice::<Value>(&held().encode().unwrap()).unwrap();
        value["entry"] = json!(1);
        let found = Confirmation::decode(&crate::model::canonical::to_vec(&value).unwrap());
        assert!(matches!(found, Err(AnswerError::Malformed { at, .. }) if at == "confirmation#/entry"));
    }

    #[test]
    fn fields_that_contradict_each_other_are_not_written() {
        let contradicts = |it: Confirmation| matches!(it.encode(), Err(AnswerError::Contradiction(_)));
        assert!(contradicts(Confirmation { arrived: parts::moment("2026-01-05T10:00:03Z"), ..sample() }));
        assert!(contradicts(Confirmation { due: sample().due, ..held() }));
        assert!(contradicts(Confirmation { due: sample().due, ..waiting(None) }));
        assert!(contradicts(Confirmation { source: sample().source, ..withheld() }));
        assert!(contradicts(Confirmation { files: parts::files(), ..withheld() }));
    }

    #[test]
    fn it_says_that_it_is_no_receipt() {
        for confirmation in [sample(), refused(), withheld(), waiting(None), held()] {
            assert!(confirmation.text(Lang::Kk).contains("17-тармағында көзделген хабарлама-түбіртек емес"));
            assert!(confirmation.text(Lang::Ru).contains("не является уведомлением-квитанцией по пункту 17"));
            assert!(confirmation.text(Lang::En).contains("not the notice-receipt of clause 17"));
        }
        let text = sample().text(Lang::Kk);
        assert!(text.contains("Нәтижесі: қабылданды\n") && text.contains("соңғы күні: 06.01.2026"), "{text}");
    }
}
