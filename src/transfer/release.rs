//! Letting go: the originals of records that another archive keeps are removed here, with an act that says where they
//! are.
//!
//! ```text
//! agreed ─► (days pass) ─► draw_up ─► two officers sign ─► release ─► (index anew, compaction) ─► close
//! ```
//! What is signed is a [`Release`] (`schema/transfer-release/1`): the day, and each record that goes with its id there.
//! [`release`] judges every record again at the head of the journal, and erases the keys of those that may go.
//!
//! A record goes only when all of this is so:
//!   - the reply about this package is by the key of the expected archive, and keeps the record;
//!   - the digest that it computed is the one that was sealed;
//!   - officers of both archives signed the act;
//!   - the days of cooling off since then are over, by the clock and by the day that two officers confirm;
//!   - two officers signed this release, one of whom may approve destruction;
//!   - no hold keeps it or its file, also none that was placed meanwhile;
//!   - it is as it was sealed: nothing was added to it.
//!
//! What is not so keeps that record, and no other. A held one can go by a later release; one that was changed goes in
//! another transfer.
//!
//! A crash leaves a record whole, or let go with its act. Keys go by a roll of the vault that decides at the head of
//! the journal, and in no other way.

use super::case::{Case, Stage};
use super::reply::Row;
use super::seal::check_unchanged;
use crate::archive::{ActOwner, Archive, Decided};
use crate::clock::{Millis, civil_date, rfc3339};
use crate::disposition::destroy;
use crate::error::{Error, ErrorCode, Refusal};
use crate::filing::files;
use crate::index::writer::Payload;
use crate::ingest::approval::{Asked, approved_act};
use crate::model::canonical;
use crate::model::digest::Sha256;
use crate::model::id::{ActorId, RecordId};
use crate::model::strict::words;
use crate::text::{Lang, Text, text};
use crate::tlog::commit::Act;
use crate::tlog::leaf::ActKind;
use crate::verify::material::Material;
use crate::verify::policy::SignerKind;
use chrono::NaiveDate;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashSet};

/// The value of a release's `schema` field.
pub const RELEASE_SCHEMA: &str = "muragat/transfer-release/1";
/// The release in its act.
pub const RELEASE_FILE: &str = "release.json";
const DAY_MS: Millis = 24 * 60 * 60 * 1000;
/// In which offices a release is signed; one of the two approves.
const OFFICES: &[SignerKind] = &[SignerKind::Approver, SignerKind::Commission, SignerKind::RecordsOffice];

words! {
    /// Why a record is not let go.
    Why {
        /// A hold keeps it or its file.
        Held = "held",
        /// Something was added to it since it was sealed.
        Changed = "changed",
        /// It is not there any more.
        Gone = "gone",
    }
}

impl Why {
    /// What it means, for people.
    pub fn text(self) -> Text {
        match self {
            Why::Held => text("тыйым салынған", "под запретом", "a hold keeps it"),
            Why::Changed => text(
                "тапсырылғаннан кейін өзгерген",
                "изменён после передачи",
                "it was added to since it was handed over",
            ),
            Why::Gone => text("ендігі жоқ", "его больше нет", "it is there no more"),
        }
    }
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
    /// The records, each with its id in the other archive.
    pub records: Vec<(RecordId, RecordId)>,
    to: String,
    is_test: bool,
}

/// What became of a release.
#[derive(Debug)]
pub enum Released {
    /// Keys are erased, as this entry of the journal.
    Done {
        /// The entry.
        entry: u64,
        /// What went.
        released: Vec<RecordId>,
        /// What stays, and why.
        kept: Vec<(RecordId, Why)>,
    },
    /// Nothing can go now; nothing was done.
    Nothing(Vec<(RecordId, Why)>),
    /// The signatures were refused, with reasons, never none.
    Refused(Vec<Refusal>),
}

impl Release {
    /// Its bytes.
    pub fn encode(&self) -> Vec<u8> {
        let record = |(record, there): &(RecordId, RecordId)| {
            let (record, there) = (record.to_string(), there.to_string());
            json!({"record_id": record, "reference": there})
        };
        let texts: Map<String, Value> =
            Lang::ALL.iter().map(|(name, lang)| ((*name).to_owned(), self.text(*lang).into())).collect();
        let value = json!({
            "schema": RELEASE_SCHEMA, "transfer_id": self.transfer.to_string(), "number": self.number,
            "date": self.date.to_string(), "package": self.package.0, "digest": self.package.1.to_string(),
            "act": self.act.to_string(), "to": self.to, "test": self.is_test,
            "records": self.records.iter().map(record).collect::<Value>(), "text": texts,
        });
        canonical::to_vec(&value).expect("a release holds texts")
    }

    /// The same for people.
    pub fn text(&self, lang: Lang) -> String {
        let test = if self.is_test { format!("{}\n", TEST.get(lang)) } else { String::new() };
        format!(
            "{}\n{test}{} {}\n{}: {}\n{}: {}\n{}: {}\n{}: {}\n",
            TITLE.get(lang),
            BY_ACT.get(lang),
            self.number,
            DAY.get(lang),
            self.date,
            TO.get(lang),
            self.to,
            PACKAGE.get(lang),
            self.package.0,
            COUNT.get(lang),
            self.records.len(),
        )
    }

    /// The release and its texts: files as they are given out.
    pub fn files_out(&self) -> Vec<(String, Vec<u8>)> {
        let texts = Lang::ALL.iter().map(|(name, lang)| (format!("release.{name}.txt"), self.text(*lang).into_bytes()));
        std::iter::once((RELEASE_FILE.to_owned(), self.encode())).chain(texts).collect()
    }
}

/// The day from which on a transfer may be released; none before the act is signed by both.
pub fn from(archive: &Archive, case: &Case) -> Result<Option<Millis>, Error> {
    let Some(agreed) = case.row.agreed else { return Ok(None) };
    let days = Millis::from(archive.config().disposal.cooling_days);
    Ok(Some(archive.leaf(agreed)?.t + days * DAY_MS))
}

/// Draws up what two officers sign to let go what can go, on the day of the clock. It writes nothing: on the same day
/// it is the same bytes as long as nothing changes.
pub fn draw_up(archive: &Archive, id: RecordId) -> Result<Release, Error> {
    let case = Case::read(archive, id)?;
    case.check_stage(&[Stage::Agreed, Stage::Released])?;
    let today = civil_date(archive.now());
    // Signed is what can be used on that day.
    check_day(archive, &case, today)?;
    let release = compose(archive, &case, today)?;
    let records: Vec<RecordId> = release.records.iter().map(|(record, _)| *record).collect();
    let outcome = judge(archive, &case, &records)?;
    if outcome.going.is_empty() {
        let kept: Vec<String> = outcome.kept.iter().map(|(record, why)| format!("{record}: {why}")).collect();
        let what = if kept.is_empty() { "all of it is gone".to_owned() } else { kept.join(", ") };
        return Err(Error::new(ErrorCode::TrfNothing, id.to_string(), what));
    }
    Ok(release)
}

fn compose(archive: &Archive, case: &Case, date: NaiveDate) -> Result<Release, Error> {
    let (seal, replied) = (case.seal(archive)?, case.replied(archive)?);
    let mut records = Vec::new();
    for (record, row) in kept_there(archive, case)? {
        if archive.index().destroyed(record)?.is_none() {
            records.extend(row.reference.map(|there| (record, there)));
        }
    }
    Ok(Release {
        transfer: case.id,
        number: replied.act.number.clone(),
        date,
        package: (seal.name(), seal.digest),
        act: replied.act.sha256(),
        records,
        to: case.party.party.title.kk.clone(),
        is_test: archive.is_test(),
    })
}

/// The records that the other archive keeps, in the order of the package: judged anew by its key and our digests.
fn kept_there(archive: &Archive, case: &Case) -> Result<Vec<(RecordId, Row)>, Error> {
    let (seal, replied) = (case.seal(archive)?, case.replied(archive)?);
    let rows: BTreeMap<&str, &Row> = replied.reply.rows.iter().map(|row| (row.record.as_str(), row)).collect();
    let mut kept = Vec::new();
    for one in &seal.records {
        let row = rows.get(one.record.to_string().as_str()).copied();
        kept.extend(
            row.filter(|row| row.reference.is_some() && row.digest == one.digest).map(|row| (one.record, row.clone())),
        );
    }
    Ok(kept)
}

/// Lets go what two officers signed, and what may go.
///
/// # Errors
///
/// The act is not signed by both, the days of cooling off are not over, or the clock cannot be right.
pub fn release(
    archive: &Archive,
    id: RecordId,
    file: &[u8],
    signatures: &[Vec<u8>],
    extra: &Material,
    actor: ActorId,
) -> Result<Released, Error> {
    let _turn = archive.turn("transfer", id);
    let case = Case::read(archive, id)?;
    case.check_stage(&[Stage::Agreed, Stage::Released])?;
    if let Some(done) = done_before(archive, &case, file)? {
        return Ok(done);
    }
    archive.check_confirmed(&case.agency)?;
    let release = read(archive, &case, file)?;
    check_day(archive, &case, release.date)?;
    let since = case.row.released.last().copied().or(case.row.agreed).unwrap_or_default();
    let asked = Asked {
        file,
        agency: &case.agency,
        date: release.date,
        replaced: Some(archive.leaf(since)?.t),
        kinds: OFFICES,
        offices: &[SignerKind::Approver],
        persons: 2,
        code: ErrorCode::TrfRelease,
    };
    let (fields, files) = match approved_act(archive, (RELEASE_FILE, &asked), signatures, extra, actor)? {
        Ok(sealed) => sealed,
        Err(refusals) => return Ok(Released::Refused(refusals)),
    };
    let records: Vec<RecordId> = release.records.iter().map(|(record, _)| *record).collect();
    // Asked before anything is written: an act by which nothing goes is not begun.
    let outcome = judge(archive, &case, &records)?;
    if outcome.going.is_empty() {
        return Ok(Released::Nothing(outcome.kept));
    }
    let mut outcome = Outcome::default();
    let decide = || {
        case.check_as_read(archive)?;
        outcome = judge(archive, &case, &records)?;
        if outcome.going.is_empty() {
            return Err(Error::new(ErrorCode::TrfNothing, id.to_string(), "nothing of it can go any more"));
        }
        acts(archive, &case, &release, &outcome, (fields, files), actor)
    };
    let committed = archive.roll_vault_deciding(decide, actor)?;
    archive.wait_index()?;
    let entry = committed.first().map(|c| c.index).unwrap_or_default();
    Ok(Released::Done { entry, released: outcome.going, kept: outcome.kept })
}

/// What a release came to that was executed before: whoever does not know that sends it again.
fn done_before(archive: &Archive, case: &Case, file: &[u8]) -> Result<Option<Released>, Error> {
    for entry in case.row.released.iter().rev() {
        let (document, row) = archive.document(*entry)?;
        if archive.act_file(&row, &document, RELEASE_FILE)? != file {
            continue;
        }
        let list = |value: &Value, key: &str| value.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
        let id = |value: &Value| value.get("record_id")?.as_str()?.parse::<RecordId>().ok();
        let fields = Value::Object(document.fields);
        let released = list(&fields, "released").iter().flat_map(|file| list(file, "records")).collect::<Vec<_>>();
        let kept = list(&fields, "kept");
        let why = |one: &Value| Some((id(one)?, Why::parse(one.get("why")?.as_str()?)?));
        return Ok(Some(Released::Done {
            entry: *entry,
            released: released.iter().filter_map(id).collect(),
            kept: kept.iter().filter_map(why).collect(),
        }));
    }
    Ok(None)
}

/// A release that was drawn up here: each word of it is what the archive says, but for its day.
fn read(archive: &Archive, case: &Case, file: &[u8]) -> Result<Release, Error> {
    let not = |what: &str| Error::new(ErrorCode::TrfRelease, RELEASE_FILE, what);
    let value: Value = serde_json::from_slice(file).map_err(|_| not("not JSON"))?;
    let date = value.get("date").and_then(Value::as_str).and_then(|date| date.parse().ok());
    let release = compose(archive, case, date.ok_or_else(|| not("it names no day"))?)?;
    if release.encode() == file { Ok(release) } else { Err(not("it is not what this archive would let go now")) }
}

/// The earlier of the clock and of what two officers say decides (design, invariant 8).
fn check_day(archive: &Archive, case: &Case, day: NaiveDate) -> Result<(), Error> {
    let id = case.id.to_string();
    let (now, head) = (archive.now(), archive.head());
    if now < head.t {
        let what = format!("the clock says {}, the last entry is of {}", rfc3339(now), rfc3339(head.t));
        return Err(Error::new(ErrorCode::TrfCooling, id, what));
    }
    let late = civil_date(now).signed_duration_since(day).num_days();
    if !(0..=1).contains(&late) {
        return Err(Error::new(
            ErrorCode::TrfCooling,
            id,
            format!("the clock says {}, the release {day}", civil_date(now)),
        ));
    }
    match from(archive, case)? {
        Some(from) if now >= from && day >= civil_date(from) => Ok(()),
        from => {
            let from = from.map_or("unknown".to_owned(), rfc3339);
            Err(Error::new(ErrorCode::TrfCooling, id, format!("from {from} on; it is {}", rfc3339(now))))
        }
    }
}

/// What may go, and what may not.
#[derive(Default)]
struct Outcome {
    going: Vec<RecordId>,
    kept: Vec<(RecordId, Why)>,
}

fn judge(archive: &Archive, case: &Case, records: &[RecordId]) -> Result<Outcome, Error> {
    let there: HashSet<RecordId> = kept_there(archive, case)?.into_iter().map(|(record, _)| record).collect();
    let parts: BTreeMap<RecordId, u32> =
        case.seal(archive)?.records.iter().map(|one| (one.record, one.parts)).collect();
    let mut outcome = Outcome::default();
    for record in records {
        match judge_one(archive, *record, parts.get(record).copied().filter(|_| there.contains(record)))? {
            None => outcome.going.push(*record),
            Some(why) => outcome.kept.push((*record, why)),
        }
    }
    Ok(outcome)
}

fn judge_one(archive: &Archive, record: RecordId, parts: Option<u32>) -> Result<Option<Why>, Error> {
    let index = archive.index();
    let Some(file) = index.file_of(record)? else { return Ok(Some(Why::Gone)) };
    let Some(parts) = parts else { return Ok(Some(Why::Changed)) };
    for target in [Some(record), file].into_iter().flatten() {
        if !index.holds_on(target)?.is_empty() {
            return Ok(Some(Why::Held));
        }
    }
    match check_unchanged(archive, record, parts) {
        Ok(()) => Ok(None),
        Err(e) if e.code == ErrorCode::TrfNotReady => Ok(Some(Why::Changed)),
        Err(e) => Err(e),
    }
}

type Sealed = (Map<String, Value>, Vec<(String, Vec<u8>)>);

fn acts(
    archive: &Archive,
    case: &Case,
    release: &Release,
    outcome: &Outcome,
    (mut fields, files): Sealed,
    actor: ActorId,
) -> Result<Decided, Error> {
    let going: HashSet<RecordId> = outcome.going.iter().copied().collect();
    let references: BTreeMap<RecordId, RecordId> = release.records.iter().copied().collect();
    let mut of_files: BTreeMap<RecordId, Vec<RecordId>> = BTreeMap::new();
    for record in &outcome.going {
        let file = archive.index().file_of(*record)?.flatten();
        let none = || Error::new(ErrorCode::TrfNotReady, record.to_string(), "it is in no file any more");
        of_files.entry(file.ok_or_else(none)?).or_default().push(*record);
    }
    let (mut released, mut about) = (Vec::new(), Vec::new());
    for (file, records) in &of_files {
        let row = files::find(archive, *file)?.row;
        let mut stays = false;
        for number in archive.index().filed(*file)? {
            let record = archive.index().record(number)?;
            stays |= record.is_none_or(|record| !going.contains(&record.id()));
        }
        let gone = records.iter().map(|record| {
            json!({"record_id": record.to_string(), "reference": references.get(record).map(RecordId::to_string)})
        });
        released.push(json!({
            "agency": row.agency, "file_id": file.to_string(), "index": row.index, "year": row.year,
            "volume": row.volume, "title": row.title, "documents": records.len(), "whole": !stays,
            "records": gone.collect::<Value>(),
        }));
        about.extend(records.iter().map(|record| (ActKind::RecordReleased, *record)));
        about.extend((!stays).then_some((ActKind::FileReleased, *file)));
    }
    let kept = outcome.kept.iter().map(|(record, why)| json!({"record_id": record.to_string(), "why": why.as_str()}));
    fields.insert("number".into(), release.number.clone().into());
    fields.insert("program".into(), archive.program().version.clone().into());
    fields.insert("released".into(), released.into());
    fields.insert("kept".into(), kept.collect());
    let act = Act::new(ActKind::TransferReleased, actor);
    let (act, payload, session) = archive.seal_files(act, ActOwner::Known(case.id), fields, files)?;
    let mut acts = vec![(act, payload)];
    acts.extend(about.into_iter().map(|(kind, id)| {
        let mut act = Act::new(kind, actor);
        (act.rec, act.of) = (Some(id), Some(case.id));
        (act, Payload::None)
    }));
    Ok((acts, vec![session]))
}

/// What was let go: records and files, by the acts of the transfer.
pub fn gone(archive: &Archive, case: &Case) -> Result<HashSet<RecordId>, Error> {
    let mut gone = HashSet::new();
    for entry in &case.row.released {
        let fields = archive.document(*entry)?.0.fields;
        let list = |value: &Value, key: &str| value.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
        let id = |value: &Value, key: &str| -> Option<RecordId> { value.get(key)?.as_str()?.parse().ok() };
        for file in fields.get("released").and_then(Value::as_array).into_iter().flatten() {
            let is_whole = file.get("whole").and_then(Value::as_bool) == Some(true);
            gone.extend(id(file, "file_id").filter(|_| is_whole));
            gone.extend(list(file, "records").iter().filter_map(|record| id(record, "record_id")));
        }
    }
    Ok(gone)
}

/// What keeps a transfer from being over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// Records that the other archive keeps and that can still be let go here.
    pub waiting: Vec<RecordId>,
    /// What of the records that were let go is left.
    pub remaining: Vec<destroy::Condition>,
}

/// What keeps a transfer from being over; whether the store is to be compacted for that is among it.
pub fn open(archive: &Archive, case: &Case) -> Result<Open, Error> {
    let records: Vec<RecordId> = kept_there(archive, case)?.into_iter().map(|(record, _)| record).collect();
    let outcome = judge(archive, case, &records)?;
    let held = outcome.kept.into_iter().filter(|(_, why)| *why == Why::Held).map(|(record, _)| record);
    let waiting = outcome.going.into_iter().chain(held).collect();
    let remaining = destroy::remaining(archive, &gone(archive, case)?)?.into_iter().collect();
    Ok(Open { waiting, remaining })
}

/// Whether the store is to be compacted before a transfer can be over.
pub fn is_to_be_compacted(archive: &Archive, case: &Case) -> Result<bool, Error> {
    Ok(case.stage() == Stage::Released && open(archive, case)?.remaining.contains(&destroy::Condition::Ciphertext))
}

/// Says that a transfer is over. Gives the entry.
///
/// # Errors
///
/// [`ErrorCode::TrfStage`] when something can still be let go, [`ErrorCode::DspRemains`] when something of what was
/// let go is left.
pub fn close(archive: &Archive, id: RecordId, actor: ActorId) -> Result<u64, Error> {
    let _turn = archive.turn("transfer", id);
    let case = Case::read(archive, id)?;
    if let Some(entry) = case.row.closed {
        return Ok(entry);
    }
    case.check_stage(&[Stage::Agreed, Stage::Released])?;
    let open = open(archive, &case)?;
    if !open.waiting.is_empty() {
        let what = format!("{} records that the other archive keeps are still here", open.waiting.len());
        return Err(Error::new(ErrorCode::TrfStage, id.to_string(), what));
    }
    if !open.remaining.is_empty() {
        let words: Vec<&str> = open.remaining.iter().map(|condition| condition.as_str()).collect();
        return Err(Error::new(ErrorCode::DspRemains, id.to_string(), words.join(", ")));
    }
    let mut released = 0;
    for id in gone(archive, &case)? {
        released += u64::from(!archive.index().tomb(id)?.is_some_and(|tomb| tomb.is_handed_over));
    }
    let fields = Map::from_iter([
        ("epoch".to_owned(), Value::from(archive.head().vault.epoch)),
        ("released".to_owned(), released.into()),
    ]);
    let committed = archive.commit_together_deciding(|| {
        case.check_as_read(archive)?;
        let act = Act::new(ActKind::TransferClosed, actor);
        let (act, payload, session) = archive.seal_files(act, ActOwner::Known(id), fields, Vec::new())?;
        Ok((vec![(act, payload)], vec![session]))
    })?;
    Ok(committed[0].index)
}

const TITLE: Text = text(
    "ТАПСЫРЫЛҒАН ҚҰЖАТТАРДЫ ОСЫ АРХИВТЕН ШЫҒАРУ",
    "ВЫБЫТИЕ ПЕРЕДАННЫХ ДОКУМЕНТОВ ИЗ ЭТОГО АРХИВА",
    "RELEASE OF RECORDS THAT WERE HANDED OVER",
);
const TEST: Text = text("СЫНАҚ АРХИВІ", "ТЕСТОВЫЙ АРХИВ", "TEST ARCHIVE");
const BY_ACT: Text = text("Қабылдау-тапсыру актісі №", "Акт приёма-передачи №", "Act of transfer no.");
const DAY: Text = text("Күні", "День", "Day");
const TO: Text = text("Қабылдаған архив", "Принял архив", "Kept by");
const PACKAGE: Text = text("Пакет", "Пакет", "Package");
const COUNT: Text = text("Құжат саны", "Документов", "Records");
