//! Letting go: the originals of records that another archive keeps are removed here, with an act that says where they
//! are.
//!
//! ```text
//! agreed ─► (days pass) ─► draw_up ─► two officers sign ─► release ─► (index anew, compaction) ─► close
//! ```
//! What is signed is a [`Release`]: the day, on which grounds, and each record that goes with its id there. [`release`]
//! judges every record again at the head of the journal, and erases the keys of those that may go.
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

use super::case::{Case, Stage, before_second};
pub use super::release_document::{
    Grounds, Leaving, LeavingFile, RELEASE_FILE, RELEASE_SCHEMA, RELEASE_SCHEMA_1, Release,
};
use super::reply::Row;
use super::seal::{Seal, check_unchanged};
use super::take::Replied;
use crate::archive::{ActOwner, Archive, Decided};
use crate::clock::{Millis, civil_date, rfc3339};
use crate::disposition::destroy;
use crate::error::{Error, ErrorCode, Refusal};
use crate::filing::files;
use crate::index::writer::Payload;
use crate::ingest::approval::{Asked, Sealed, approved_act};
use crate::model::id::{ActorId, RecordId};
use crate::model::record::CardField;
use crate::model::strict::words;
use crate::model::submission::AccessCategory;
use crate::text::{Text, text};
use crate::tlog::commit::Act;
use crate::tlog::leaf::ActKind;
use crate::verify::material::Material;
use crate::verify::policy::SignerKind;
use chrono::NaiveDate;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashSet};

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
    let basis = Basis::read(archive, &case)?;
    let outcome = basis.judge(archive, basis.kept.iter().map(|one| one.record))?;
    if outcome.going.is_empty() {
        let kept = outcome.kept.iter().filter(|(_, why)| *why != Why::Gone);
        let kept: Vec<String> = kept.map(|(record, why)| format!("{record}: {why}")).collect();
        let what = if kept.is_empty() { "all of it is gone".to_owned() } else { kept.join(", ") };
        return Err(Error::new(ErrorCode::TrfNothing, id.to_string(), what));
    }
    basis.compose(archive, &case, today, &outcome.going.into_iter().collect())
}

/// By what a release is decided. None of it can change: it is read and verified once.
struct Basis {
    seal: Seal,
    replied: Replied,
    /// The records that the other archive keeps, in the order of the package: by its key and our digests.
    kept: Vec<Kept>,
}

/// A record that the other archive keeps.
struct Kept {
    record: RecordId,
    /// Its id there.
    reference: RecordId,
    /// How many additions it had when it was sealed.
    parts: u32,
}

impl Basis {
    fn read(archive: &Archive, case: &Case) -> Result<Self, Error> {
        let (seal, replied) = case.sealed_and_replied(archive)?;
        let rows: BTreeMap<&str, &Row> = replied.reply.rows.iter().map(|row| (row.record.as_str(), row)).collect();
        let kept = seal.records.iter().filter_map(|one| {
            let row = rows.get(one.record.to_string().as_str()).filter(|row| row.digest == one.digest)?;
            Some(Kept { record: one.record, reference: row.reference?, parts: one.parts })
        });
        let kept = kept.collect();
        Ok(Self { seal, replied, kept })
    }

    /// Judges records as they are now, by the index alone.
    fn judge(&self, archive: &Archive, records: impl Iterator<Item = RecordId>) -> Result<Outcome, Error> {
        let parts: BTreeMap<RecordId, u32> = self.kept.iter().map(|kept| (kept.record, kept.parts)).collect();
        let mut outcome = Outcome::default();
        for record in records {
            match judge_one(archive, record, parts.get(&record).copied())? {
                None => outcome.going.push(record),
                Some(why) => outcome.kept.push((record, why)),
            }
        }
        Ok(outcome)
    }

    /// What would be signed on a day to let those of these records go that are here.
    fn compose(
        &self,
        archive: &Archive,
        case: &Case,
        date: NaiveDate,
        going: &HashSet<RecordId>,
    ) -> Result<Release, Error> {
        let index = archive.index();
        let (mut records, mut files) = (Vec::new(), BTreeMap::new());
        for kept in self.kept.iter().filter(|kept| going.contains(&kept.record)) {
            if index.destroyed(kept.record)?.is_some() {
                continue;
            }
            let row = index.record_by_id(kept.record)?;
            let file = index.file_of(kept.record)?.flatten();
            if let Some(id) = file
                && !files.contains_key(&id)
            {
                let row = files::find(archive, id)?.row;
                files.insert(id, LeavingFile { file: id, index: row.index, year: row.year, volume: row.volume });
            }
            // By these it is found afterwards. What says whom a restricted one is about goes with its card.
            let open = row.as_ref().filter(|row| row.access() == AccessCategory::Public);
            let field = |field| open.and_then(|row| row.card_field(field)).filter(|value| !value.is_empty());
            records.push(Leaving {
                record: kept.record,
                reference: kept.reference,
                file,
                number: field(CardField::RegistrationNumber).map(str::to_owned),
                date: field(CardField::DocumentDate).and_then(|date| date.parse().ok()),
            });
        }
        let mut files: Vec<LeavingFile> = files.into_values().collect();
        files.sort_by(|a, b| (&a.index, a.year, a.volume, a.file).cmp(&(&b.index, b.year, b.volume, b.file)));
        let (act, party) = (&self.replied.act, &case.party.party);
        Ok(Release {
            transfer: case.id,
            number: act.number.clone(),
            date,
            package: (self.seal.name(), self.seal.digest),
            act: act.sha256(),
            records,
            to: party.title.kk.clone(),
            is_test: archive.is_test(),
            grounds: Some(Grounds {
                agency: case.agency.clone(),
                basis: case.basis.clone(),
                act_date: civil_date(act.about.time),
                reply: act.reply,
                archive: party.archive,
                bin: party.bin.clone(),
                files,
            }),
        })
    }
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
    let basis = Basis::read(archive, &case)?;
    let release = read(archive, &case, &basis, file)?;
    check_day(archive, &case, release.date)?;
    let since = case.row.released.last().copied().or(case.row.agreed).unwrap_or_default();
    let asked = Asked {
        file,
        agency: &case.agency,
        date: release.date,
        replaced: Some(before_second(archive.leaf(since)?.t)),
        kinds: OFFICES,
        offices: &[SignerKind::Approver],
        persons: 2,
        code: ErrorCode::TrfRelease,
    };
    let (fields, files) = match approved_act(archive, (RELEASE_FILE, &asked), signatures, extra, actor)? {
        Ok(sealed) => sealed,
        Err(refusals) => return Ok(Released::Refused(refusals)),
    };
    // Asked before anything is written: an act by which nothing goes is not begun.
    let outcome = basis.judge(archive, release.records.iter().map(|one| one.record))?;
    if outcome.going.is_empty() {
        return Ok(Released::Nothing(outcome.kept));
    }
    let mut outcome = Outcome::default();
    let decide = || {
        case.check_as_read(archive)?;
        outcome = basis.judge(archive, release.records.iter().map(|one| one.record))?;
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

/// A release that was drawn up here: each word of it is what the archive says, but for its day, for records that it
/// leaves out, and for number and date of a record that was added to since, which stays: a corrected card keeps no
/// other record from going.
fn read(archive: &Archive, case: &Case, basis: &Basis, file: &[u8]) -> Result<Release, Error> {
    let not = |what: &str| Error::new(ErrorCode::TrfRelease, RELEASE_FILE, what);
    let signed = Release::decode(file).ok_or_else(|| not("it is none"))?;
    let named: HashSet<RecordId> = signed.records.iter().map(|one| one.record).collect();
    let mut release = basis.compose(archive, case, signed.date, &named)?;
    let changed = basis.judge(archive, release.records.iter().map(|one| one.record))?.kept;
    let changed: HashSet<RecordId> = changed.into_iter().map(|(record, _)| record).collect();
    for (one, said) in release.records.iter_mut().zip(&signed.records) {
        if one.record == said.record && changed.contains(&one.record) {
            (one.number, one.date) = (said.number.clone(), said.date);
        }
    }
    if release == signed { Ok(release) } else { Err(not("it is not what this archive would let go now")) }
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

fn acts(
    archive: &Archive,
    case: &Case,
    release: &Release,
    outcome: &Outcome,
    (mut fields, files): Sealed,
    actor: ActorId,
) -> Result<Decided, Error> {
    let going: HashSet<RecordId> = outcome.going.iter().copied().collect();
    let leaving: BTreeMap<RecordId, &Leaving> = release.records.iter().map(|one| (one.record, one)).collect();
    let mut of_files: BTreeMap<RecordId, Vec<RecordId>> = BTreeMap::new();
    for record in &outcome.going {
        let file = archive.index().file_of(*record)?.flatten();
        let none = || Error::new(ErrorCode::TrfNotReady, record.to_string(), "it is in no file any more");
        of_files.entry(file.ok_or_else(none)?).or_default().push(*record);
    }
    // The act goes to strangers with the certificate: a title that the list leaves out stays out.
    let listed = case.list(archive)?.map(|list| list.facts()).unwrap_or_default();
    let said = |unit: &Value, key: &str| unit.get(key)?.as_str().map(str::to_owned);
    let units = listed.get("units").and_then(Value::as_array).into_iter().flatten();
    let titles: BTreeMap<String, String> =
        units.filter_map(|unit| Some((said(unit, "file_id")?, said(unit, "title")?))).collect();
    let (mut released, mut about) = (Vec::new(), Vec::new());
    for (file, records) in &of_files {
        let row = files::find(archive, *file)?.row;
        let title = titles.get(&file.to_string()).unwrap_or(&row.index);
        let mut stays = false;
        for number in archive.index().filed(*file)? {
            let record = archive.index().record(number)?;
            stays |= record.is_none_or(|record| !going.contains(&record.id()));
        }
        let gone = records.iter().filter_map(|record| leaving.get(record)).map(|one| {
            let mut value = json!({"record_id": one.record.to_string(), "reference": one.reference.to_string()});
            one.add_registration(&mut value);
            value
        });
        released.push(json!({
            "agency": row.agency, "file_id": file.to_string(), "index": row.index, "year": row.year,
            "volume": row.volume, "title": title, "documents": records.len(), "whole": !stays,
            "records": gone.collect::<Value>(),
        }));
        about.extend(records.iter().map(|record| (ActKind::RecordReleased, *record)));
        about.extend((!stays).then_some((ActKind::FileReleased, *file)));
    }
    // As with a destruction: what lifted holds say names people.
    let owners = of_files.keys().filter(|file| about.contains(&(ActKind::FileReleased, **file)));
    let holds = destroy::spent_holds(archive, &going.iter().chain(owners).copied().collect())?;
    about.extend(holds.iter().map(|hold| (ActKind::HoldDestroyed, *hold)));
    let kept = outcome.kept.iter().map(|(record, why)| json!({"record_id": record.to_string(), "why": why.as_str()}));
    fields.insert("number".into(), release.number.clone().into());
    fields.insert("program".into(), archive.program().version.clone().into());
    fields.insert("released".into(), released.into());
    fields.insert("kept".into(), kept.collect());
    fields.insert("holds".into(), holds.iter().map(RecordId::to_string).collect());
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

/// What was let go: records and files with the lifted holds that kept nothing else, by the acts of the transfer.
pub fn gone(archive: &Archive, case: &Case) -> Result<HashSet<RecordId>, Error> {
    let mut gone = HashSet::new();
    for entry in &case.row.released {
        let fields = archive.document(*entry)?.0.fields;
        let holds = fields.get("holds").and_then(Value::as_array).into_iter().flatten();
        gone.extend(holds.filter_map(|hold| hold.as_str()?.parse::<RecordId>().ok()));
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
    let basis = Basis::read(archive, case)?;
    let outcome = basis.judge(archive, basis.kept.iter().map(|kept| kept.record))?;
    let held = outcome.kept.into_iter().filter(|(_, why)| *why == Why::Held).map(|(record, _)| record);
    let waiting = outcome.going.into_iter().chain(held).collect();
    let remaining = destroy::remaining(archive, &gone(archive, case)?)?.into_iter().collect();
    Ok(Open { waiting, remaining })
}

/// What a transfer waits for; none: it is over. One of which a hold keeps a record waits for another release.
pub fn awaits(archive: &Archive, case: &Case) -> Result<Option<&'static str>, Error> {
    Ok(Some(match case.stage() {
        Stage::Selected => "list",
        Stage::Listed => "approval",
        Stage::Approved => "package",
        Stage::Sealed => "sending",
        Stage::Sent => "receipt",
        Stage::Delivered => "reply",
        Stage::Replied => "signature",
        Stage::Agreed | Stage::Released if open(archive, case)?.waiting.is_empty() => "closing",
        Stage::Agreed | Stage::Released => "release",
        Stage::Closed | Stage::Cancelled => return Ok(None),
    }))
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
        let count = open.waiting.len();
        let what = format!("{count} records that the other archive keeps are still here: `transfer release` first");
        return Err(Error::new(ErrorCode::TrfStage, id.to_string(), what));
    }
    if !open.remaining.is_empty() {
        let words: Vec<&str> = open.remaining.iter().map(|condition| condition.as_str()).collect();
        return Err(Error::new(ErrorCode::DspRemains, id.to_string(), words.join(", ")));
    }
    let mut released = 0u64;
    for id in gone(archive, &case)? {
        released += u64::from(archive.index().file_of(id)?.is_some());
    }
    let fields = Map::from_iter([
        ("epoch".to_owned(), Value::from(archive.head().vault.epoch)),
        ("released".to_owned(), released.into()),
    ]);
    case.commit(archive, ActKind::TransferClosed, (fields, Vec::new()), actor)
}
