//! Adopting editions of lists of retention periods.
//!
//! A sample is adopted as it is: by it nothing is destroyed but in an archive for tests. An official list is adopted by
//! an **act** of the agency, a small TOML file of `schema/rules-act/1` that names the legal act, the list, the edition
//! and the digest of its file, signed by an official of the agency and by the records office, who has checked the file
//! against the legal act ([`super::approval`]). Only an act that says so (`shortens`) lets terms become shorter.
//!
//! An edition is adopted once, and only when it is in force: what counts for a file never depends on the day it is
//! asked. A crash leaves it adopted or not.

use super::approval::{self, Approval, Asked, approve, keep_material, told};
use crate::archive::{ActOwner, Archive, LIST_FILE, Register};
use crate::clock::civil_date;
use crate::error::{Error, ErrorCode, Refusal};
use crate::limits::{TEXT_LONG_CHARS_MAX, TEXT_SHORT_CHARS_MAX};
use crate::model::calendar::CalendarStatus;
use crate::model::digest::{Sha256, sha256};
use crate::model::id::ActorId;
use crate::model::strict::is_unprintable;
use crate::retention::RuleList;
use crate::text::{Text, text};
use crate::tlog::leaf::ActKind;
use crate::verify::material::Material;
use crate::verify::policy::SignerKind;
use chrono::NaiveDate;
use serde::Deserialize;
use serde_json::{Map, Value, json};

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
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RulesAct {
    schema: String,
    /// Code of the agency.
    pub agency: String,
    /// Its date, `YYYY-MM-DD`.
    pub date: String,
    /// Id of the list.
    pub list: String,
    /// Name of the edition.
    pub edition: String,
    /// The act of law that the list is.
    pub instrument: String,
    /// SHA-256 of the list's file, 64 hex.
    pub sha256: String,
    /// Whether terms may become shorter by this edition.
    pub shortens: bool,
    /// Why, and what was decided: in words.
    pub reason: String,
}

impl RulesAct {
    /// The act about a list, as it is to be signed.
    pub fn draft(list: &RuleList, agency: &str, date: NaiveDate, shortens: bool, reason: &str) -> Self {
        Self {
            schema: RULES_ACT_SCHEMA.to_owned(),
            agency: agency.to_owned(),
            date: date.to_string(),
            list: list.id.clone(),
            edition: list.edition.clone(),
            instrument: list.instrument.clone(),
            sha256: list.sha256.to_string(),
            shortens,
            reason: reason.to_owned(),
        }
    }

    /// The file that is signed.
    pub fn to_toml(&self) -> String {
        let quoted = |text: &str| toml::Value::from(text).to_string();
        format!(
            "schema = {}\nagency = {}\ndate = {}\nlist = {}\nedition = {}\ninstrument = {}\nsha256 = {}\n\
             shortens = {}\nreason = {}\n",
            quoted(&self.schema),
            quoted(&self.agency),
            quoted(&self.date),
            quoted(&self.list),
            quoted(&self.edition),
            quoted(&self.instrument),
            quoted(&self.sha256),
            self.shortens,
            quoted(&self.reason),
        )
    }

    /// Reads an act and its date.
    ///
    /// # Errors
    ///
    /// What is wrong first, in technical English.
    pub fn parse(bytes: &[u8]) -> Result<(Self, NaiveDate), String> {
        if bytes.len() > ACT_BYTES_MAX {
            return Err(format!("more than {ACT_BYTES_MAX} bytes"));
        }
        let text = std::str::from_utf8(bytes).map_err(|e| e.to_string())?;
        let act: Self = toml::from_str(text).map_err(|e| e.to_string())?;
        if act.schema != RULES_ACT_SCHEMA {
            return Err(format!("schema: wanted {RULES_ACT_SCHEMA:?}"));
        }
        let (short, long) = (TEXT_SHORT_CHARS_MAX, TEXT_LONG_CHARS_MAX);
        for (key, text, max) in [
            ("agency", &act.agency, short),
            ("list", &act.list, short),
            ("edition", &act.edition, short),
            ("instrument", &act.instrument, long),
            ("reason", &act.reason, long),
        ] {
            if text.trim().is_empty() || text.chars().count() > max || text.contains(is_unprintable) {
                return Err(format!("{key}: blank, more than {max} characters, or unprintable"));
            }
        }
        if act.sha256.parse::<Sha256>().ok().is_none_or(|read| read.to_string() != act.sha256) {
            return Err("sha256: wanted 64 digits of 0-9 and a-f".to_owned());
        }
        let date = act.date.parse::<NaiveDate>().ok().filter(|date| date.to_string() == act.date);
        let date = date.ok_or("date: a date is written YYYY-MM-DD")?;
        Ok((act, date))
    }

    fn is_about(&self, list: &RuleList) -> bool {
        let named = (&self.list, &self.edition, &self.instrument, &self.sha256);
        named == (&list.id, &list.edition, &list.instrument, &list.sha256.to_string())
    }
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
    let Some(act) = act else {
        let is_official = held.iter().any(|held| held.list.status == CalendarStatus::Official);
        if list.status == CalendarStatus::Sample && is_official {
            return refused(told(ErrorCode::RetApproval, &*name, |lang| IS_OFFICIAL.get(lang).to_owned()));
        }
        if list.status == CalendarStatus::Sample {
            return commit(archive, list, vec![(LIST_FILE.to_owned(), file.to_vec())], Map::new(), actor);
        }
        return refused(told(ErrorCode::RetApproval, &*name, |lang| NO_ACT.get(lang).to_owned()));
    };
    let (read, date) = match RulesAct::parse(act) {
        Ok(read) => read,
        Err(what) => {
            let say = |lang| format!("{}: {what}", MALFORMED.get(lang));
            return refused(told(ErrorCode::RetApproval, ACT_FILE, say));
        }
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
        date,
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
    let mut files = vec![(LIST_FILE.to_owned(), file.to_vec()), (ACT_FILE.to_owned(), act.to_vec())];
    files.extend(approval::files(archive, signatures, &approved, extra));
    let fields = json!({
        "act": sha256(act).to_string(), "approved": approved.approvals.iter().map(Approval::value).collect::<Vec<_>>(),
        "authorities": approved.authorities.iter().map(Sha256::to_string).collect::<Vec<_>>(),
        "policy": approved.policy.to_string(), "shortens": read.shortens,
    });
    commit(archive, list, files, fields.as_object().cloned().unwrap_or_default(), actor)
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
