//! The act of both archives about a package (қабылдау-тапсыру актісі): what went over, on which basis, and how much of
//! it the receiver keeps (`schema/transfer-act/2`). An officer of each archive signs it.
//!
//! The receiver draws it up with its reply ([`super::reply`]), as canonical JSON with the same in three languages for
//! people; its bytes are what is signed. What it says of files is what the list of the sender says ([`super::list`]),
//! counted by the reply: the sender's officers sign nothing that their commission did not approve. Titles of files stay
//! in the list, for the act goes to strangers with the certificate of a release.
//!
//! Invariants
//!   - What is read says in each language what its fields say.
//!   - An act without a list is of the first version: of a package of another program, or drawn up by an earlier
//!     version of this one. Both versions are read for ever.
//!
//! No I/O, no clock. Who may sign is asked elsewhere.

use super::list::reason_text;
use super::reply::{ACCEPTED, About, REFUSED, REPLY, Reply, encode, is_line};
use super::select::Reason;
use crate::clock::civil_date;
use crate::model::digest::{Sha256, sha256};
use crate::text::{Lang, Text, text};
use chrono::NaiveDate;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fmt::Write;

/// The value of an act's `schema` field.
pub const ACT_SCHEMA: &str = "muragat/transfer-act/2";
/// The same of an act without a list.
pub const ACT_SCHEMA_1: &str = "muragat/transfer-act/1";
/// The act as a file.
pub const ACT_FILE: &str = "act.json";

/// A file of which records went over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActUnit {
    /// Index in the nomenclature.
    pub index: String,
    /// The year of the nomenclature.
    pub year: u64,
    /// Number of the volume.
    pub volume: u64,
    /// Where it stands at the sender: fonds, inventory, unit.
    pub place: [u64; 3],
    /// Its records that are kept.
    pub accepted: u64,
    /// Its records that are not.
    pub refused: u64,
}

/// What the list of the sender says, with what the reply makes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActList {
    /// Number of the list.
    pub number: String,
    /// Its date.
    pub date: NaiveDate,
    /// Why it is handed over.
    pub reason: Reason,
    /// By which order or agreement.
    pub basis: String,
    /// Code of the agency at the sender.
    pub agency: String,
    /// BIN of the body that takes it, as the sender knows it.
    pub to_bin: String,
    /// The files, in the order of the list.
    pub units: Vec<ActUnit>,
}

/// The act of both archives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// About which package.
    pub about: About,
    /// Its number at the receiver: `YEAR-N`.
    pub number: String,
    /// Name and BIN of who hands over, as the receiver knows it.
    pub from: (String, String),
    /// Name of who takes it.
    pub to: String,
    /// SHA-256 of the reply.
    pub reply: Sha256,
    /// Records that are kept.
    pub accepted: usize,
    /// Records that are not.
    pub refused: usize,
    /// By which list; none: no list is known.
    pub list: Option<ActList>,
}

impl ActList {
    /// What an act says of a list, by its facts ([`super::list::List::facts`]) and the reply about its records; none
    /// when one of them is not in the list once, or the list is not as it must be.
    pub fn of(facts: &Value, reply: &Reply) -> Option<Self> {
        let said = |value: &Value, key: &str| value.get(key)?.as_str().filter(|text| is_line(text)).map(str::to_owned);
        let mut kept: HashMap<&str, bool> =
            reply.rows.iter().map(|row| (row.record.as_str(), row.reference.is_some())).collect();
        let mut units = Vec::new();
        for unit in facts.get("units")?.as_array()? {
            let number = |key: &str| unit.get(key)?.as_u64();
            let (mut accepted, mut refused) = (0, 0);
            for record in unit.get("records")?.as_array()? {
                let is_kept = kept.remove(record.get("record_id")?.as_str()?)?;
                *(if is_kept { &mut accepted } else { &mut refused }) += 1;
            }
            units.push(ActUnit {
                index: said(unit, "index")?,
                year: number("year")?,
                volume: number("volume")?,
                place: [number("fonds")?, number("inventory")?, number("unit")?],
                accepted,
                refused,
            });
        }
        let list = Self {
            number: said(facts, "number")?,
            date: said(facts, "date")?.parse().ok()?,
            reason: Reason::parse(&said(facts, "reason")?)?,
            basis: said(facts, "basis")?,
            agency: said(facts, "agency")?,
            to_bin: said(facts.get("party")?, "bin")?,
            units,
        };
        kept.is_empty().then_some(list)
    }

    fn value(&self) -> Value {
        let unit = |unit: &ActUnit| {
            let [fonds, inventory, number] = unit.place;
            json!({
                "index": unit.index, "year": unit.year, "volume": unit.volume, "fonds": fonds, "inventory": inventory,
                "unit": number, "accepted": unit.accepted, "refused": unit.refused,
            })
        };
        json!({
            "number": self.number, "date": self.date.to_string(), "reason": self.reason.as_str(), "basis": self.basis,
            "agency": self.agency, "to_bin": self.to_bin, "files": self.units.iter().map(unit).collect::<Value>(),
        })
    }

    /// Reads what [`Self::value`] gives. What is said otherwise makes other bytes, and is no act.
    fn read(value: &Value) -> Option<Self> {
        let text = |key: &str| value.get(key)?.as_str().filter(|text| is_line(text)).map(str::to_owned);
        let unit = |unit: &Value| {
            let number = |key: &str| unit.get(key)?.as_u64();
            Some(ActUnit {
                index: unit.get("index")?.as_str().filter(|text| is_line(text))?.to_owned(),
                year: number("year")?,
                volume: number("volume")?,
                place: [number("fonds")?, number("inventory")?, number("unit")?],
                accepted: number("accepted")?,
                refused: number("refused")?,
            })
        };
        Some(Self {
            number: text("number")?,
            date: text("date")?.parse().ok()?,
            reason: Reason::parse(&text("reason")?)?,
            basis: text("basis")?,
            agency: text("agency")?,
            to_bin: text("to_bin")?,
            units: value.get("files")?.as_array()?.iter().map(unit).collect::<Option<_>>()?,
        })
    }

    fn lines(&self, out: &mut String, lang: Lang) {
        for (n, unit) in self.units.iter().enumerate() {
            let [fonds, inventory, number] = unit.place;
            let _ = writeln!(
                out,
                "{}. {} ({}, {} {}) · {} {fonds}, {} {inventory}, {} {number} · {} {}, {} {}",
                n + 1,
                unit.index,
                unit.year,
                VOLUME.get(lang),
                unit.volume,
                FONDS.get(lang),
                INVENTORY.get(lang),
                UNIT.get(lang),
                IS_KEPT.get(lang),
                unit.accepted,
                IS_NOT.get(lang),
                unit.refused,
            );
        }
        let _ = writeln!(out, "{}: {}\n", FILES.get(lang), self.units.len());
    }
}

impl Act {
    /// Its bytes.
    pub fn encode(&self) -> Vec<u8> {
        encode(self.value(), |lang| self.text(lang))
    }

    /// What is signed.
    pub fn sha256(&self) -> Sha256 {
        sha256(&self.encode())
    }

    /// Reads what [`Self::encode`] gives, of either version.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let value: Value = serde_json::from_slice(bytes).ok()?;
        let text = |key: &str| value.get(key)?.as_str().filter(|text| is_line(text)).map(str::to_owned);
        let count = |key: &str| usize::try_from(value.get(key)?.as_u64()?).ok();
        let list = match text("schema")?.as_str() {
            ACT_SCHEMA => Some(ActList::read(value.get("list")?)?),
            ACT_SCHEMA_1 => None,
            _ => return None,
        };
        let act = Self {
            about: About::of(&value)?,
            number: text("number")?,
            from: (text("from_name")?, text("from_bin")?),
            to: text("to_name")?,
            reply: text("reply")?.parse().ok()?,
            accepted: count("accepted")?,
            refused: count("refused")?,
            list,
        };
        (act.encode() == bytes).then_some(act)
    }

    fn value(&self) -> Value {
        let mut value = self.about.value(if self.list.is_some() { ACT_SCHEMA } else { ACT_SCHEMA_1 });
        let more = json!({
            "number": self.number, "from_name": self.from.0, "from_bin": self.from.1, "to_name": self.to,
            "reply": self.reply.to_string(), "accepted": self.accepted, "refused": self.refused,
        });
        if let (Some(map), Value::Object(more)) = (value.as_object_mut(), more) {
            map.extend(more);
        }
        if let Some(list) = &self.list {
            value["list"] = list.value();
        }
        value
    }

    /// The act for people.
    pub fn text(&self, lang: Lang) -> String {
        let mut out = format!("{} {}, {}\n", ACT.get(lang), self.number, civil_date(self.about.time));
        let list = self.list.as_ref();
        let agency = list.map(|list| format!(" · {}", list.agency)).unwrap_or_default();
        let _ = writeln!(out, "{}: {} · {}{agency}", HANDS_OVER.get(lang), self.from.0, self.from.1);
        let bin = list.map(|list| format!(" · {}", list.to_bin)).unwrap_or_default();
        let _ = writeln!(out, "{}: {}{bin}", TAKES.get(lang), self.to);
        if let Some(list) = list {
            let _ = writeln!(out, "{}: {}; {}", REASON.get(lang), reason_text(list.reason).get(lang), list.basis);
            let _ = writeln!(out, "{} № {}, {}", LIST.get(lang), list.number, list.date);
        }
        self.about.lines(&mut out, lang);
        if let Some(list) = list {
            list.lines(&mut out, lang);
        }
        let _ = writeln!(out, "{}: {}\n{}: {}", ACCEPTED.get(lang), self.accepted, REFUSED.get(lang), self.refused);
        let _ = writeln!(out, "{}: SHA-256 {}", REPLY.get(lang), self.reply);
        out
    }
}

const ACT: Text = text("ҚАБЫЛДАУ-ТАПСЫРУ АКТІСІ №", "АКТ ПРИЁМА-ПЕРЕДАЧИ №", "ACT OF TRANSFER NO.");
const HANDS_OVER: Text = text("Тапсырады", "Передаёт", "Hands over");
const TAKES: Text = text("Қабылдайды", "Принимает", "Takes");
const REASON: Text = text("Негіздеме", "Основание", "Basis");
const LIST: Text = text("Тапсыру тізімдемесі", "Сдаточная опись", "Transfer list");
const VOLUME: Text = text("том", "том", "volume");
const FONDS: Text = text("қор", "фонд", "fonds");
const INVENTORY: Text = text("тізімдеме", "опись", "inventory");
const UNIT: Text = text("іс №", "ед. хр.", "unit");
const IS_KEPT: Text = text("қабылданды", "принято", "accepted");
const IS_NOT: Text = text("қабылданбады", "не принято", "refused");
const FILES: Text = text("Барлық іс", "Всего дел", "Files in all");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::id::{ArchiveId, RecordId};
    use crate::transfer::reply::{Outcome, Row};

    fn reply() -> Reply {
        let about = About {
            from: ArchiveId([1; 16]),
            to: ArchiveId([2; 16]),
            package: "p-01".into(),
            digest: sha256(b"package"),
            transfer: Some(RecordId([3; 16])),
            accession: RecordId([4; 16]),
            time: 1_790_000_000_000,
            is_test: true,
        };
        let row = |n: u8, outcome| Row {
            record: RecordId([n; 16]).to_string(),
            digest: sha256(&[n]),
            outcome,
            reasons: Vec::new(),
            reference: (outcome != Outcome::Refused).then_some(RecordId([n + 100; 16])),
        };
        Reply { about, rows: vec![row(5, Outcome::Accepted), row(6, Outcome::Refused), row(7, Outcome::Accepted)] }
    }

    fn facts() -> Value {
        let unit = |index: &str, number: u64, records: &[u8]| {
            let records = records.iter().map(|n| json!({"record_id": RecordId([*n; 16]).to_string(), "parts": 0}));
            json!({
                "index": index, "year": 2026, "volume": 1, "fonds": 7, "inventory": 2, "unit": number,
                "title": "Үлгі іс", "records": records.collect::<Value>(),
            })
        };
        json!({
            "number": "2031-4", "date": "2031-01-15", "reason": "term", "basis": "Үлгі келісім № 1",
            "agency": "SAMPLE-01", "party": {"bin": "000000000200"},
            "units": [unit("01-05", 1, &[5, 6]), unit("01-06", 2, &[7])],
        })
    }

    fn act(list: Option<ActList>) -> Act {
        let reply = reply();
        Act {
            about: reply.about.clone(),
            number: "2031-1".into(),
            from: ("Үлгі мекеме".into(), "000000000100".into()),
            to: "Үлгі архив".into(),
            reply: sha256(&reply.encode()),
            accepted: 2,
            refused: 1,
            list,
        }
    }

    #[test]
    fn an_act_is_read_as_it_is_written_and_no_other_is() {
        let list = ActList::of(&facts(), &reply()).unwrap();
        for (act, schema) in [(act(Some(list)), ACT_SCHEMA), (act(None), ACT_SCHEMA_1)] {
            let bytes = act.encode();
            assert_eq!(Act::decode(&bytes).as_ref(), Some(&act));
            let text = String::from_utf8(bytes).unwrap();
            assert!(text.contains(schema));
            for (from, to) in [("2031-1\"", "2031-2\""), ("\"accepted\":", "\"accepted\":1"), ("АКТ ", "Акт ")] {
                let changed = text.replacen(from, to, 1);
                assert_ne!(changed, text, "{from}");
                assert_eq!(Act::decode(changed.as_bytes()), None, "{from}");
            }
        }
    }

    #[test]
    fn an_act_says_how_much_of_each_file_is_kept() {
        let list = ActList::of(&facts(), &reply()).unwrap();
        let counts: Vec<_> = list.units.iter().map(|unit| (unit.accepted, unit.refused)).collect();
        assert_eq!(counts, [(1, 1), (1, 0)]);
        let text = act(Some(list)).text(Lang::Kk);
        for said in
            ["Үлгі келісім № 1", "№ 2031-4", "01-05 (2026, том 1)", "қабылданды 1, қабылданбады 1", "000000000200"]
        {
            assert!(text.contains(said), "{said}: {text}");
        }
        // Nor does it say what the file is about.
        assert!(!text.contains("Үлгі іс"));
    }

    #[test]
    fn a_list_that_is_about_other_records_makes_none() {
        let with = |records: Value| {
            let mut facts = facts();
            facts["units"][1]["records"] = records;
            ActList::of(&facts, &reply())
        };
        let id = |n: u8| json!({"record_id": RecordId([n; 16]).to_string()});
        assert!(with(json!([id(7)])).is_some());
        for records in [json!([]), json!([id(8)]), json!([id(7), id(8)]), json!([id(7), id(7)]), json!([id(5)])] {
            assert_eq!(with(records.clone()), None, "{records}");
        }
    }
}
