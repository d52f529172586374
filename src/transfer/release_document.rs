//! What two officers sign to let records go: a [`Release`] (`schema/transfer-release/2`).
//!
//! It names the day, the package and the act of both archives with the reply by their digests, whose they become, the
//! files by their indexes, and each record with its id there. Of a record to which access is not restricted it keeps
//! number and date too: by these it is found afterwards, when its card is gone. Of a restricted one it keeps neither:
//! the release goes to strangers with the certificate, and a number can say whom a document is about.
//!
//! Invariants
//!   - Its bytes are canonical JSON, and what is read says in each language what its fields say.
//!   - Releases of the first version are read for ever; none is drawn up any more.
//!
//! No I/O, no clock.

use crate::model::canonical;
use crate::model::digest::{Sha256, sha256};
use crate::model::id::{ArchiveId, RecordId};
use crate::text::{Lang, Text, text};
use chrono::NaiveDate;
use serde_json::{Map, Value, json};
use std::fmt::Write;

/// The value of a release's `schema` field.
pub const RELEASE_SCHEMA: &str = "muragat/transfer-release/2";
/// The same of the first version: ids of records and the name of the other archive alone.
pub const RELEASE_SCHEMA_1: &str = "muragat/transfer-release/1";
/// The release in its act.
pub const RELEASE_FILE: &str = "release.json";

/// A record that goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaving {
    /// The record.
    pub record: RecordId,
    /// Its id in the other archive.
    pub reference: RecordId,
    /// The file that it is in.
    pub file: Option<RecordId>,
    /// Its registration number; none when access to it is restricted.
    pub number: Option<String>,
    /// The date of the document; none when access to it is restricted.
    pub date: Option<NaiveDate>,
}

/// A file of which records go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeavingFile {
    /// The file.
    pub file: RecordId,
    /// Index in the nomenclature.
    pub index: String,
    /// The year of the nomenclature.
    pub year: u16,
    /// Number of the volume.
    pub volume: u16,
}

/// On which grounds records go, and to whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grounds {
    /// Code of the agency.
    pub agency: String,
    /// By which order or agreement they were handed over.
    pub basis: String,
    /// Date of the act of both archives.
    pub act_date: NaiveDate,
    /// SHA-256 of the reply that keeps them.
    pub reply: Sha256,
    /// The archive that keeps them.
    pub archive: ArchiveId,
    /// BIN of the body that keeps that archive.
    pub bin: String,
    /// The files, in the order of their indexes.
    pub files: Vec<LeavingFile>,
}

/// What two officers sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// The transfer.
    pub transfer: RecordId,
    /// Number of the act of both archives.
    pub number: String,
    /// The day on which it is to happen.
    pub date: NaiveDate,
    /// Name of the package, and its digest.
    pub package: (String, Sha256),
    /// Digest of the act.
    pub act: Sha256,
    /// The records.
    pub records: Vec<Leaving>,
    /// What the other archive is called.
    pub to: String,
    /// This archive is one for tests.
    pub is_test: bool,
    /// On which grounds; none: the first version did not say.
    pub grounds: Option<Grounds>,
}

impl Release {
    /// Its bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut value = json!({
            "schema": if self.grounds.is_some() { RELEASE_SCHEMA } else { RELEASE_SCHEMA_1 },
            "transfer_id": self.transfer.to_string(), "number": self.number, "date": self.date.to_string(),
            "package": self.package.0, "digest": self.package.1.to_string(), "act": self.act.to_string(),
            "to": self.to, "test": self.is_test, "records": self.records.iter().map(Leaving::value).collect::<Value>(),
        });
        if let Some(grounds) = &self.grounds {
            value["agency"] = grounds.agency.clone().into();
            value["basis"] = grounds.basis.clone().into();
            value["act_date"] = grounds.act_date.to_string().into();
            value["reply"] = grounds.reply.to_string().into();
            value["archive"] = grounds.archive.to_string().into();
            value["bin"] = grounds.bin.clone().into();
            value["files"] = grounds.files.iter().map(LeavingFile::value).collect();
        }
        let texts: Map<String, Value> =
            Lang::ALL.iter().map(|(name, lang)| ((*name).to_owned(), self.text(*lang).into())).collect();
        value["text"] = texts.into();
        canonical::to_vec(&value).expect("a release holds texts and small numbers")
    }

    /// What is signed.
    pub fn sha256(&self) -> Sha256 {
        sha256(&self.encode())
    }

    /// Reads what [`Self::encode`] gives, of either version.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let value: Value = serde_json::from_slice(bytes).ok()?;
        let text = |key: &str| value.get(key)?.as_str();
        let grounds = match text("schema")? {
            RELEASE_SCHEMA => Some(Grounds {
                agency: text("agency")?.to_owned(),
                basis: text("basis")?.to_owned(),
                act_date: text("act_date")?.parse().ok()?,
                reply: text("reply")?.parse().ok()?,
                archive: text("archive")?.parse().ok()?,
                bin: text("bin")?.to_owned(),
                files: value.get("files")?.as_array()?.iter().map(LeavingFile::of).collect::<Option<_>>()?,
            }),
            RELEASE_SCHEMA_1 => None,
            _ => return None,
        };
        let release = Self {
            transfer: text("transfer_id")?.parse().ok()?,
            number: text("number")?.to_owned(),
            date: text("date")?.parse().ok()?,
            package: (text("package")?.to_owned(), text("digest")?.parse().ok()?),
            act: text("act")?.parse().ok()?,
            records: value.get("records")?.as_array()?.iter().map(Leaving::of).collect::<Option<_>>()?,
            to: text("to")?.to_owned(),
            is_test: value.get("test")?.as_bool()?,
            grounds,
        };
        // Whatever is not known here, or is said otherwise for people, makes other bytes.
        (release.encode() == bytes).then_some(release)
    }

    /// The same for people.
    pub fn text(&self, lang: Lang) -> String {
        let mut out = String::new();
        let mut line = |what: Text, said: String| {
            let _ = writeln!(out, "{}: {said}", what.get(lang));
        };
        let grounds = self.grounds.as_ref();
        if let Some(grounds) = grounds {
            line(AGENCY, grounds.agency.clone());
            line(BASIS, grounds.basis.clone());
        }
        line(DAY, self.date.to_string());
        match grounds {
            Some(grounds) => line(TO, format!("{} · {BIN} {} · {}", self.to, grounds.bin, grounds.archive)),
            None => line(TO, self.to.clone()),
        }
        line(PACKAGE, self.package.0.clone());
        if let Some(grounds) = grounds {
            line(DIGEST, format!("SHA-256 {}", self.package.1));
            line(ACT, format!("№ {}, {}, SHA-256 {}", self.number, grounds.act_date, self.act));
            line(REPLY, format!("SHA-256 {}", grounds.reply));
        }
        line(COUNT, self.records.len().to_string());
        for (n, file) in grounds.iter().flat_map(|grounds| &grounds.files).enumerate() {
            let documents = self.records.iter().filter(|one| one.file == Some(file.file)).count();
            let (index, year, volume) = (&file.index, file.year, file.volume);
            let (in_volume, of) = (VOLUME.get(lang), DOCUMENTS.get(lang));
            let _ = writeln!(out, "{}. {index} ({year}, {in_volume} {volume}) · {documents} {of}", n + 1);
        }
        let test = if self.is_test { format!("{}\n", TEST.get(lang)) } else { String::new() };
        format!("{}\n{test}{} {}\n{out}", TITLE.get(lang), BY_ACT.get(lang), self.number)
    }

    /// The release and its texts: files as they are given out.
    pub fn files_out(&self) -> Vec<(String, Vec<u8>)> {
        let texts = Lang::ALL.iter().map(|(name, lang)| (format!("release.{name}.txt"), self.text(*lang).into_bytes()));
        std::iter::once((RELEASE_FILE.to_owned(), self.encode())).chain(texts).collect()
    }
}

impl Leaving {
    fn value(&self) -> Value {
        let mut value = json!({"record_id": self.record.to_string(), "reference": self.reference.to_string()});
        if let Some(file) = self.file {
            value["file_id"] = file.to_string().into();
        }
        self.add_registration(&mut value);
        value
    }

    /// Number and date, where they may be kept.
    pub(super) fn add_registration(&self, value: &mut Value) {
        if let Some(number) = &self.number {
            value["number"] = number.clone().into();
        }
        if let Some(date) = self.date {
            value["date"] = date.to_string().into();
        }
    }

    fn of(value: &Value) -> Option<Self> {
        let text = |key: &str| value.get(key).map(|value| value.as_str());
        let parsed = |key: &str| text(key).flatten()?.parse().ok();
        // What stands there must be what it should be; what does not stand there is none.
        let file = match text("file_id") {
            None => None,
            Some(id) => Some(id?.parse().ok()?),
        };
        let date = match text("date") {
            None => None,
            Some(date) => Some(date?.parse().ok()?),
        };
        let number = match text("number") {
            None => None,
            Some(number) => Some(number?.to_owned()),
        };
        Some(Self { record: parsed("record_id")?, reference: parsed("reference")?, file, number, date })
    }
}

impl LeavingFile {
    fn value(&self) -> Value {
        json!({"file_id": self.file.to_string(), "index": self.index, "year": self.year, "volume": self.volume})
    }

    fn of(value: &Value) -> Option<Self> {
        let number = |key: &str| value.get(key)?.as_u64()?.try_into().ok();
        Some(Self {
            file: value.get("file_id")?.as_str()?.parse().ok()?,
            index: value.get("index")?.as_str()?.to_owned(),
            year: number("year")?,
            volume: number("volume")?,
        })
    }
}

const TITLE: Text = text(
    "ТАПСЫРЫЛҒАН ҚҰЖАТТАРДЫ ОСЫ АРХИВТЕН ШЫҒАРУ",
    "ВЫБЫТИЕ ПЕРЕДАННЫХ ДОКУМЕНТОВ ИЗ ЭТОГО АРХИВА",
    "RELEASE OF RECORDS THAT WERE HANDED OVER",
);
const TEST: Text = text("СЫНАҚ АРХИВІ", "ТЕСТОВЫЙ АРХИВ", "TEST ARCHIVE");
const BY_ACT: Text = text("Қабылдау-тапсыру актісі №", "Акт приёма-передачи №", "Act of transfer no.");
const AGENCY: Text = text("Тапсырған мекеме", "Передало учреждение", "Handed over by");
const BASIS: Text = text("Негізі", "Основание", "Basis");
const DAY: Text = text("Күні", "День", "Day");
const TO: Text = text("Қабылдаған архив", "Принял архив", "Kept by");
const BIN: &str = "БСН/БИН";
const PACKAGE: Text = text("Пакет", "Пакет", "Package");
const DIGEST: Text = text("Пакеттің дайджесі", "Дайджест пакета", "Digest of the package");
const ACT: Text = text("Екі жақ қол қойған акт", "Акт, подписанный обеими сторонами", "Act that both signed");
const REPLY: Text =
    text("Қабылдаған архивтің жауабы", "Ответ принявшего архива", "Reply of the archive that keeps them");
const COUNT: Text = text("Құжат саны", "Документов", "Records");
const VOLUME: Text = text("том", "том", "volume");
const DOCUMENTS: Text = text("құжат", "документов", "records");

#[cfg(test)]
mod tests {
    use super::*;

    fn release(grounds: bool) -> Release {
        let (file, day) = (RecordId([5; 16]), NaiveDate::from_ymd_opt(2031, 2, 3));
        let open = Leaving {
            record: RecordId([1; 16]),
            reference: RecordId([2; 16]),
            file: grounds.then_some(file),
            number: grounds.then(|| "15-қ".to_owned()),
            date: day.filter(|_| grounds),
        };
        let closed = Leaving { record: RecordId([3; 16]), number: None, date: None, ..open.clone() };
        Release {
            transfer: RecordId([9; 16]),
            number: "2031-4".into(),
            date: day.unwrap(),
            package: ("p-09".into(), sha256(b"package")),
            act: sha256(b"act"),
            records: vec![open, closed],
            to: "Үлгі архив".into(),
            is_test: true,
            grounds: grounds.then(|| Grounds {
                agency: "TEST-1".into(),
                basis: "Үлгі бұйрық № 1".into(),
                act_date: day.unwrap(),
                reply: sha256(b"reply"),
                archive: ArchiveId([7; 16]),
                bin: "000000000200".into(),
                files: vec![LeavingFile { file, index: "01-02".into(), year: 2026, volume: 1 }],
            }),
        }
    }

    #[test]
    fn a_release_is_read_as_it_is_written_and_no_other() {
        for grounds in [true, false] {
            let release = release(grounds);
            let bytes = release.encode();
            assert_eq!(Release::decode(&bytes).as_ref(), Some(&release));
            let text = String::from_utf8(bytes).unwrap();
            for (from, to) in [("2031-4", "2031-5"), ("\"test\":true", "\"test\":false"), ("{\"act\"", "{ \"act\"")] {
                let changed = text.replacen(from, to, 1);
                assert_ne!(changed, text, "{from}");
                assert_eq!(Release::decode(changed.as_bytes()), None, "{from}");
            }
        }
    }

    #[test]
    fn the_first_version_says_what_it_said() {
        let said = "RELEASE OF RECORDS THAT WERE HANDED OVER\nTEST ARCHIVE\nAct of transfer no. 2031-4\n\
                    Day: 2031-02-03\nKept by: Үлгі архив\nPackage: p-09\nRecords: 2\n";
        assert_eq!(release(false).text(Lang::En), said);
        let now = release(true).text(Lang::En);
        for part in [
            "Kept by: Үлгі архив · БСН/БИН 000000000200 · 0707",
            "1. 01-02 (2026, volume 1) · 2 records",
            "Basis: Үлгі бұйрық № 1",
            "Act that both signed: № 2031-4, 2031-02-03, SHA-256",
        ] {
            assert!(now.contains(part), "{part}: {now}");
        }
        assert!(!now.contains("15-қ"), "the text goes to who signs, and counts");
    }
}
