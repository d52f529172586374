//! Adopting editions of lists of retention periods.
//!
//! A sample is adopted as it is: by it nothing is destroyed but in an archive for tests. An official list is adopted by
//! an **act** of the agency, a small TOML file of `schema/rules-act/1` that names the legal act, the list, the edition
//! and the digest of its file, signed by an official of the agency and by the records office, who has checked the file
//! against the legal act ([`super::approval`]). Only an act that says so (`shortens`) lets terms become shorter.
//!
//! An edition is adopted once, and only when it is in force: what counts for a file never depends on the day it is
//! asked. A crash leaves it adopted or not.

use super::approval::{Asked, approve, keep_material, signed_files, told};
use crate::archive::{ActOwner, Archive, LIST_FILE, Register};
use crate::clock::civil_date;
use crate::error::{Error, ErrorCode, Refusal};
use crate::limits::{TEXT_LONG_CHARS_MAX, TEXT_SHORT_CHARS_MAX};
use crate::model::calendar::CalendarStatus;
use crate::model::digest::{Sha256, sha256};
use crate::model::document::{self, flag, required_date};
use crate::model::id::ActorId;
use crate::model::strict::{Fields, malformed};
use crate::retention::RuleList;
use crate::text::{Said, Text, text};
use crate::tlog::leaf::ActKind;
use crate::verify::material::Material;
use crate::verify::policy::SignerKind;
use chrono::NaiveDate;
use serde_json::{Map, Value};

/// The value of an act's `schema` field.
pub const RULES_ACT_SCHEMA: &str = "muragat/rules-act/1";
/// The act in the act document.
pub const ACT_FILE: &str = "act.toml";
/// Bytes of one act. Own bound: a few names.
pub const ACT_BYTES_MAX: usize = 64 * 1024;

const NOT_YET: Text = text("күшіне енетін күні", "вступает в силу", "it comes into force on");
const OTHER_CONTENT: Text = text(
    "бұл басылым басқа мазмұнмен енгізілген",
    "эта редакция введена с другим содержанием",
    "this edition was adopted with other content",
);
const REPLACED: Text = text(
    "бұл басылым бұрын енгізіліп, кейін басқасымен ауыстырылған",
    "эта редакция была введена и затем заменена другой",
    "this edition was adopted before and another replaced it",
);
const NO_ACT: Text = text(
    "ресми тізбені енгізу туралы акт берілмеген",
    "не дан акт о введении официального перечня",
    "no act by which the official list is adopted was given",
);
const IS_OFFICIAL: Text = text(
    "бұл тізбенің ресми басылымы енгізілген, үлгі оны ауыстырмайды",
    "введена официальная редакция этого перечня, образец её не заменяет",
    "an official edition of this list is adopted, and a sample does not replace it",
);
const OTHER_LIST: Text = text(
    "акт басқа тізбе, басылым немесе файл туралы",
    "акт о другом перечне, редакции или файле",
    "the act is about another list, edition or file",
);
const MALFORMED: Text =
    text("акт схемаға сай емес", "акт не соответствует схеме", "the act does not follow its schema");

/// An act of the agency by which a list is adopted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RulesAct {
    /// Code of the agency.
    pub agency: String,
    /// Its date.
    pub date: NaiveDate,
    /// Id of the list.
    pub list: String,
    /// Name of the edition.
    pub edition: String,
    /// The act of law that the list is.
    pub instrument: String,
    /// SHA-256 of the list's file.
    pub sha256: Sha256,
    /// Whether terms may become shorter by this edition.
    pub shortens: bool,
    /// Why, and what was decided: in words.
    pub reason: String,
}

impl RulesAct {
    /// The act about a list, as it is to be signed.
    pub fn draft(list: &RuleList, agency: &str, date: NaiveDate, shortens: bool, reason: &str) -> Self {
        Self {
            agency: agency.to_owned(),
            date,
            list: list.id.clone(),
            edition: list.edition.clone(),
            instrument: list.instrument.clone(),
            sha256: list.sha256,
            shortens,
            reason: reason.to_owned(),
        }
    }

    /// The act to be signed; or why it could not be read, and is not worth signing.
    pub fn drawn_up(
        list: &RuleList,
        agency: &str,
        date: NaiveDate,
        shortens: bool,
        reason: &str,
    ) -> Result<String, Error> {
        let act = Self::draft(list, agency, date, shortens, reason).to_toml();
        let Err(faults) = Self::parse(act.as_bytes()) else { return Ok(act) };
        let faults = faults.iter().map(|fault| format!("{}: {}", fault.subject, fault.detail));
        Err(Error::new(ErrorCode::RetApproval, "act", faults.collect::<Vec<_>>().join("; ")))
    }

    /// The file that is signed.
    pub fn to_toml(&self) -> String {
        let quoted = |text: &str| toml::Value::from(text).to_string();
        format!(
            "schema = {}\nagency = {}\ndate = {}\nlist = {}\nedition = {}\ninstrument = {}\nsha256 = {}\n\
             shortens = {}\nreason = {}\n",
            quoted(RULES_ACT_SCHEMA),
            quoted(&self.agency),
            quoted(&self.date.to_string()),
            quoted(&self.list),
            quoted(&self.edition),
            quoted(&self.instrument),
            quoted(&self.sha256.to_string()),
            self.shortens,
            quoted(&self.reason),
        )
    }

    /// Reads an act.
    ///
    /// # Errors
    ///
    /// A [`Refusal`] about every fault, with its line.
    pub fn parse(bytes: &[u8]) -> Result<Self, Vec<Refusal>> {
        let read = document::parse(bytes, ACT_FILE, ACT_BYTES_MAX, ErrorCode::RetApproval, rules_act);
        read.map_err(|faults| faults.into_iter().map(not_to_schema).collect())
    }

    fn is_about(&self, list: &RuleList) -> bool {
        let named = (&self.list, &self.edition, &self.instrument, &self.sha256);
        named == (&list.id, &list.edition, &list.instrument, &list.sha256)
    }
}

fn rules_act(mut fields: Fields) -> Option<RulesAct> {
    fields.schema(RULES_ACT_SCHEMA);
    let [agency, list, edition] = ["agency", "list", "edition"].map(|key| fields.plain_text(key, TEXT_SHORT_CHARS_MAX));
    let [instrument, reason] = ["instrument", "reason"].map(|key| fields.plain_text(key, TEXT_LONG_CHARS_MAX));
    let (date, shortens) = (required_date(&mut fields, "date"), flag(&mut fields, "shortens"));
    let sha256 = fields.required("sha256").and_then(|value| {
        fields.read("sha256", value, |value, at| {
            // One digest has one text.
            let read = |text: &str| text.parse::<Sha256>().ok().filter(|read| read.to_string() == text);
            value.as_str().and_then(read).ok_or_else(|| malformed(at, "64 digits of 0-9 and a-f", &value))
        })
    });
    fields.end();
    Some(RulesAct {
        agency: agency?,
        date: date?,
        list: list?,
        edition: edition?,
        instrument: instrument?,
        sha256: sha256?,
        shortens: shortens?,
        reason: reason?,
    })
}

/// What a fault of an act says for people.
fn not_to_schema(fault: Refusal) -> Refusal {
    let said = Said::of(|lang| {
        let what = fault.said.as_ref().map_or(fault.detail.as_str(), |said| said.get(lang));
        format!("{}: {what}", MALFORMED.get(lang))
    });
    fault.saying(said)
}

/// What became of a list.
#[derive(Debug)]
pub enum Adopted {
    /// Adopted, as this entry of the journal.
    Done(u64),
    /// The same file is in force already, since this entry.
    Held(u64),
    /// Refused with reasons, never none.
    Refused(Vec<Refusal>),
}

/// Adopts the list that was read from `file`. `act` is the act about it with its signatures, which a sample needs not;
/// `extra` is material for their validation beside that of the archive.
pub fn adopt(
    archive: &Archive,
    (list, file): (&RuleList, &[u8]),
    act: Option<&[u8]>,
    signatures: &[Vec<u8>],
    extra: &Material,
    actor: ActorId,
) -> Result<Adopted, Error> {
    if sha256(file) != list.sha256 {
        let what = "the bytes are not those that the list was read from";
        return Err(Error::new(ErrorCode::RetMalformed, LIST_FILE, what));
    }
    // Of two that are the same, the second finds the first.
    let _turn = archive.turn("adoption", "rules");
    let name = format!("{} {}", list.id, list.edition);
    let refused = |refusal| Ok(Adopted::Refused(vec![refusal]));
    let lists = archive.adopted_lists()?;
    let held: Vec<_> = lists.iter().filter(|held| held.list.id == list.id).collect();
    if let Some(last) = held.last().filter(|last| last.list.sha256 == list.sha256) {
        return Ok(Adopted::Held(last.entry));
    }
    if let Some(before) = held.iter().find(|held| held.list.edition == list.edition) {
        let what = if before.list.sha256 == list.sha256 { REPLACED } else { OTHER_CONTENT };
        let say = |lang| format!("{name} (#{}): {}", before.entry, what.get(lang));
        return refused(told(ErrorCode::RetTaken, LIST_FILE, say));
    }
    let today = civil_date(archive.now());
    if list.valid_from > today {
        let say = |lang| format!("{name}: {} {}", NOT_YET.get(lang), list.valid_from);
        return refused(told(ErrorCode::RetNotYet, LIST_FILE, say));
    }
    let is_official = held.iter().any(|held| held.list.status == CalendarStatus::Official);
    if list.status == CalendarStatus::Sample && is_official {
        return refused(told(ErrorCode::RetApproval, &*name, |lang| IS_OFFICIAL.get(lang).to_owned()));
    }
    let Some(act) = act else {
        if list.status == CalendarStatus::Sample {
            return commit(archive, list, vec![(LIST_FILE.to_owned(), file.to_vec())], Map::new(), actor);
        }
        return refused(told(ErrorCode::RetApproval, &*name, |lang| NO_ACT.get(lang).to_owned()));
    };
    let read = match RulesAct::parse(act) {
        Ok(read) => read,
        Err(faults) => return Ok(Adopted::Refused(faults)),
    };
    if !read.is_about(list) {
        return refused(told(ErrorCode::RetApproval, ACT_FILE, |lang| OTHER_LIST.get(lang).to_owned()));
    }
    let replaced = match held.last() {
        Some(last) => Some(archive.leaf(last.entry)?.t),
        None => None,
    };
    let asked = Asked {
        file: act,
        agency: &read.agency,
        date: read.date,
        replaced,
        kinds: SignerKind::OF_DOCUMENTS,
        offices: &[SignerKind::Official, SignerKind::RecordsOffice],
        persons: 2,
        code: ErrorCode::RetApproval,
    };
    let approved = match approve(archive, &asked, signatures, extra)? {
        Ok(approved) => approved,
        Err(refusals) => return Ok(Adopted::Refused(refusals)),
    };
    keep_material(archive, signatures, &approved, extra, actor)?;
    let mut files = vec![(LIST_FILE.to_owned(), file.to_vec())];
    files.extend(signed_files(archive, (ACT_FILE, act), signatures, &approved, extra));
    let mut fields = approved.fields();
    fields.insert("act".into(), sha256(act).to_string().into());
    fields.insert("shortens".into(), read.shortens.into());
    commit(archive, list, files, fields, actor)
}

fn commit(
    archive: &Archive,
    list: &RuleList,
    files: Vec<(String, Vec<u8>)>,
    mut fields: Map<String, Value>,
    actor: ActorId,
) -> Result<Adopted, Error> {
    fields.insert("list".into(), list.id.clone().into());
    fields.insert("edition".into(), list.edition.clone().into());
    fields.insert("sha256".into(), list.sha256.to_string().into());
    let owner = ActOwner::Register(Register::Archive);
    let entry = archive.commit_files(ActKind::RulesAdopted, actor, owner, fields, files)?;
    archive.forget_adopted();
    Ok(Adopted::Done(entry))
}
