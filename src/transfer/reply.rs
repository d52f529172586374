//! The answer to a package: a [`Reply`] says of each record whether the receiver keeps it, with the digest that the
//! receiver computed itself, why not, and under which id it has it (`schema/transfer-reply/1`).
//!
//! It is drawn up by the receiver, as canonical JSON with the same in three languages for people; its bytes are what is
//! signed. With it goes the act of both archives ([`super::act`]).
//!
//! Invariants
//!   - What is read says in each language what its fields say.
//!   - A refusal has a reason, and an acceptance has a reference.
//!
//! No I/O, no clock. Who may sign is asked elsewhere.

use crate::clock::{Millis, rfc3339};
use crate::model::canonical;
use crate::model::digest::Sha256;
use crate::model::id::{ArchiveId, RecordId};
use crate::model::strict::words;
use crate::text::{Lang, Text, text};
use serde_json::{Map, Value, json};
use std::fmt::Write;

/// The value of a reply's `schema` field.
pub const REPLY_SCHEMA: &str = "muragat/transfer-reply/1";
/// The reply as a file.
pub const REPLY_FILE: &str = "reply.json";
/// Characters of the detail of a reason, and of names in a package of whatever program.
const TEXT_CHARS_MAX: usize = 2_000;

words! {
    /// What became of a record.
    Outcome {
        /// It is kept.
        Accepted = "accepted",
        /// It is kept, and something is to be said of it.
        AcceptedWithRemark = "accepted_with_remark",
        /// It is not kept («қабылданбады»).
        Refused = "refused",
    }
}

words! {
    /// Why a record is refused, or what is to be said of it.
    Reason {
        /// Its bytes are not those that the package tells.
        Fixity = "fixity",
        /// Something that belongs to it is not there.
        Missing = "missing",
        /// Something is there that does not belong to it.
        Extra = "extra",
        /// A signature does not hold.
        SignatureInvalid = "signature_invalid",
        /// A signature cannot be proven with what came along.
        SignatureUnproven = "signature_unproven",
        /// What the sender's journal says of it does not hold.
        CustodyUnproven = "custody_unproven",
        /// A requisite is missing or wrong.
        Requisite = "requisite",
        /// A format that is not taken.
        Format = "format",
        /// Too large, or too many files.
        TooLarge = "too_large",
        /// The same document is held already.
        Duplicate = "duplicate",
        /// A mark of secrecy.
        Secret = "secret",
        /// Its access category is not taken here.
        Access = "access",
        /// Anything else: the detail says what.
        Other = "other",
    }
}

impl Reason {
    /// What it means, for people.
    pub fn text(self) -> Text {
        match self {
            Reason::Fixity => text("мазмұны өзгерген", "содержание изменено", "its bytes were changed"),
            Reason::Missing => text("бір бөлігі жоқ", "чего-то не хватает", "a part of it is missing"),
            Reason::Extra => text("артық файл бар", "есть лишний файл", "there is a file too many"),
            Reason::SignatureInvalid => {
                text("қолтаңба жарамсыз", "подпись недействительна", "a signature does not hold")
            }
            Reason::SignatureUnproven => {
                text("қолтаңба расталмады", "подпись не подтверждена", "a signature could not be proven")
            }
            Reason::CustodyUnproven => text(
                "тапсырушының журналы расталмады",
                "журнал передающего не подтверждён",
                "the sender's journal could not be proven",
            ),
            Reason::Requisite => {
                text("деректеме жоқ не қате", "нет реквизита или он неверен", "a requisite is missing or wrong")
            }
            Reason::Format => {
                text("мұндай пішім қабылданбайды", "такой формат не принимается", "a format that is not taken")
            }
            Reason::TooLarge => text("тым үлкен", "слишком велик", "too large"),
            Reason::Duplicate => text("архивте бар", "уже хранится", "it is held already"),
            Reason::Secret => text("құпиялылық белгісі бар", "есть гриф секретности", "it bears a mark of secrecy"),
            Reason::Access => text(
                "қол жеткізу санаты қабылданбайды",
                "категория доступа не принимается",
                "its access category is not taken",
            ),
            Reason::Other => text("басқа себеп", "другая причина", "another reason"),
        }
    }
}

/// What is said of one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The record, by its id at the sender; of a package by another program, the name of its folder.
    pub record: String,
    /// Its digest as the receiver computed it (docs/transfer-package.md §3).
    pub digest: Sha256,
    /// What became of it.
    pub outcome: Outcome,
    /// Why, each with a detail in technical English.
    pub reasons: Vec<(Reason, String)>,
    /// Its id at the receiver.
    pub reference: Option<RecordId>,
}

/// About which package a document is, and between whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// The archive that sent it.
    pub from: ArchiveId,
    /// The archive that took it.
    pub to: ArchiveId,
    /// Name of the package.
    pub package: String,
    /// Its digest.
    pub digest: Sha256,
    /// The transfer at the sender.
    pub transfer: Option<RecordId>,
    /// The accession at the receiver.
    pub accession: RecordId,
    /// When the document was drawn up.
    pub time: Millis,
    /// The receiver is a test archive.
    pub is_test: bool,
}

impl About {
    pub(super) fn value(&self, schema: &str) -> Value {
        let mut value = json!({
            "schema": schema, "from": self.from.to_string(), "to": self.to.to_string(), "package": self.package,
            "digest": self.digest.to_string(), "accession": self.accession.to_string(), "time": self.time,
            "test": self.is_test,
        });
        if let Some(transfer) = self.transfer {
            value["transfer"] = transfer.to_string().into();
        }
        value
    }

    pub(super) fn of(value: &Value) -> Option<Self> {
        let text = |key: &str| value.get(key)?.as_str();
        Some(Self {
            from: text("from")?.parse().ok()?,
            to: text("to")?.parse().ok()?,
            package: text("package").filter(|name| is_line(name))?.to_owned(),
            digest: text("digest")?.parse().ok()?,
            transfer: match value.get("transfer") {
                None => None,
                Some(id) => Some(id.as_str()?.parse().ok()?),
            },
            accession: text("accession")?.parse().ok()?,
            time: value.get("time")?.as_u64()?,
            is_test: value.get("test")?.as_bool()?,
        })
    }

    pub(super) fn lines(&self, out: &mut String, lang: Lang) {
        if self.is_test {
            let _ = writeln!(out, "{}", TEST.get(lang));
        }
        let _ = writeln!(out, "{}: {}\n{}: {}", FROM.get(lang), self.from, TO.get(lang), self.to);
        let _ = writeln!(out, "{}: {}\nSHA-256: {}", PACKAGE.get(lang), self.package, self.digest);
        if let Some(transfer) = self.transfer {
            let _ = writeln!(out, "{}: {transfer}", TRANSFER.get(lang));
        }
        let _ = writeln!(out, "{}: {} ({})\n", ACCESSION.get(lang), self.accession, rfc3339(self.time));
    }
}

/// A reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// About which package.
    pub about: About,
    /// What is said of each record, in the order of the package.
    pub rows: Vec<Row>,
}

impl Reply {
    /// Its bytes.
    pub fn encode(&self) -> Vec<u8> {
        encode(self.value(), |lang| self.text(lang))
    }

    /// Reads what [`Self::encode`] gives.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let value: Value = serde_json::from_slice(bytes).ok()?;
        if value.get("schema")?.as_str()? != REPLY_SCHEMA {
            return None;
        }
        let reason = |value: &Value| {
            let detail = value.get("detail")?.as_str().filter(|detail| is_line(detail))?;
            Some((Reason::parse(value.get("code")?.as_str()?)?, detail.to_owned()))
        };
        let row = |value: &Value| {
            let row = Row {
                record: value.get("record")?.as_str().filter(|name| is_line(name))?.to_owned(),
                digest: value.get("digest")?.as_str()?.parse().ok()?,
                outcome: Outcome::parse(value.get("outcome")?.as_str()?)?,
                reasons: value.get("reasons")?.as_array()?.iter().map(reason).collect::<Option<_>>()?,
                reference: match value.get("reference") {
                    None => None,
                    Some(id) => Some(id.as_str()?.parse().ok()?),
                },
            };
            row.is_sound().then_some(row)
        };
        let rows = value.get("records")?.as_array()?.iter().map(row).collect::<Option<Vec<_>>>()?;
        let reply = Self { about: About::of(&value)?, rows };
        (reply.encode() == bytes).then_some(reply)
    }

    /// How many records are kept, and how many not.
    pub fn counts(&self) -> (usize, usize) {
        let refused = self.rows.iter().filter(|row| row.outcome == Outcome::Refused).count();
        (self.rows.len() - refused, refused)
    }

    /// What is said of a record.
    pub fn row(&self, record: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.record == record)
    }

    fn value(&self) -> Value {
        let mut value = self.about.value(REPLY_SCHEMA);
        let (accepted, refused) = self.counts();
        (value["accepted"], value["refused"]) = (accepted.into(), refused.into());
        value["records"] = self.rows.iter().map(Row::value).collect();
        value
    }

    /// The reply for people.
    pub fn text(&self, lang: Lang) -> String {
        let mut out = format!("{}\n", REPLY.get(lang));
        self.about.lines(&mut out, lang);
        let (accepted, refused) = self.counts();
        let _ = writeln!(out, "{}: {accepted}\n{}: {refused}", ACCEPTED.get(lang), REFUSED.get(lang));
        // Those of which something is to be said; the others are in the rows.
        for row in self.rows.iter().filter(|row| !row.reasons.is_empty()) {
            let _ = writeln!(out, "{}: {}", row.record, outcome_text(row.outcome).get(lang));
            for (reason, detail) in &row.reasons {
                let detail = if detail.is_empty() { String::new() } else { format!(" ({detail})") };
                let _ = writeln!(out, "  {}{detail}", reason.text().get(lang));
            }
        }
        out
    }
}

impl Row {
    fn is_sound(&self) -> bool {
        match self.outcome {
            Outcome::Accepted => self.reasons.is_empty() && self.reference.is_some(),
            Outcome::AcceptedWithRemark => !self.reasons.is_empty() && self.reference.is_some(),
            Outcome::Refused => !self.reasons.is_empty() && self.reference.is_none(),
        }
    }

    fn value(&self) -> Value {
        let reasons = self.reasons.iter().map(|(code, detail)| json!({"code": code.as_str(), "detail": detail}));
        let mut value = json!({
            "record": self.record, "digest": self.digest.to_string(), "outcome": self.outcome.as_str(),
            "reasons": reasons.collect::<Value>(),
        });
        if let Some(reference) = self.reference {
            value["reference"] = reference.to_string().into();
        }
        value
    }
}

/// One line that a person can be shown.
pub(super) fn is_line(text: &str) -> bool {
    text.chars().count() <= TEXT_CHARS_MAX && !text.contains(crate::model::strict::is_unprintable)
}

/// Canonical JSON with the same for people.
pub(super) fn encode(mut value: Value, said: impl Fn(Lang) -> String) -> Vec<u8> {
    let texts: Map<String, Value> =
        Lang::ALL.iter().map(|(name, lang)| ((*name).to_owned(), said(*lang).into())).collect();
    value["text"] = texts.into();
    canonical::to_vec(&value).expect("it holds texts and whole numbers")
}

/// An outcome in words.
pub fn outcome_text(outcome: Outcome) -> Text {
    match outcome {
        Outcome::Accepted => text("қабылданды", "принят", "accepted"),
        Outcome::AcceptedWithRemark => text("ескертумен қабылданды", "принят с замечанием", "accepted with a remark"),
        Outcome::Refused => text("қабылданбады", "не принят", "refused"),
    }
}

const TEST: Text = text("СЫНАҚ АРХИВІ", "ТЕСТОВЫЙ АРХИВ", "TEST ARCHIVE");
pub(super) const REPLY: Text =
    text("ҚҰЖАТТАРДЫ ҚАБЫЛДАУ ТУРАЛЫ ЖАУАП", "ОТВЕТ О ПРИЁМЕ ДОКУМЕНТОВ", "REPLY ON RECORDS HANDED OVER");
const FROM: Text = text("Тапсыратын архив", "Передающий архив", "Archive that hands over");
const TO: Text = text("Қабылдайтын архив", "Принимающий архив", "Archive that takes");
const PACKAGE: Text = text("Пакет", "Пакет", "Package");
const TRANSFER: Text = text("Тапсыру", "Передача", "Transfer");
const ACCESSION: Text = text("Қабылдау", "Приём", "Accession");
pub(super) const ACCEPTED: Text = text("Қабылданды", "Принято", "Accepted");
pub(super) const REFUSED: Text = text("Қабылданбады", "Не принято", "Refused");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::digest::sha256;

    fn about() -> About {
        About {
            from: ArchiveId([1; 16]),
            to: ArchiveId([2; 16]),
            package: "p-01".into(),
            digest: sha256(b"package"),
            transfer: Some(RecordId([3; 16])),
            accession: RecordId([4; 16]),
            time: 1_790_000_000_000,
            is_test: true,
        }
    }

    fn reply() -> Reply {
        let row = |n: u8, outcome, reasons: Vec<(Reason, String)>| Row {
            record: RecordId([n; 16]).to_string(),
            digest: sha256(&[n]),
            outcome,
            reasons,
            reference: (outcome != Outcome::Refused).then_some(RecordId([n + 100; 16])),
        };
        let fixity = vec![(Reason::Fixity, "data/0001.pdf".to_owned())];
        let rows = vec![row(5, Outcome::Accepted, Vec::new()), row(6, Outcome::Refused, fixity)];
        Reply { about: about(), rows }
    }

    #[test]
    fn one_reply_has_one_text_and_no_other_is_read() {
        let reply = reply();
        let bytes = reply.encode();
        assert_eq!(Reply::decode(&bytes).as_ref(), Some(&reply));
        assert_eq!(reply.counts(), (1, 1));
        assert!(reply.text(Lang::Kk).contains("қабылданбады"));
        let text = String::from_utf8(bytes).unwrap();
        for (from, to) in [
            ("\"accepted\":1", "\"accepted\":2"),
            ("ҚАБЫЛДАУ ТУРАЛЫ", "ҚАБЫЛДАМАУ ТУРАЛЫ"),
            ("\"outcome\":\"refused\"", "\"outcome\":\"accepted\""),
            ("\"test\":true", "\"test\":false"),
            ("{\"accepted\"", "{ \"accepted\""),
        ] {
            let changed = text.replacen(from, to, 1);
            assert_ne!(changed, text, "{from}");
            assert_eq!(Reply::decode(changed.as_bytes()), None, "{from}");
        }
    }
}
