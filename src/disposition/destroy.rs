//! The destruction: every file of an approved plan judged once more, and the keys of what is still due erased.
//!
//! Order
//!   1. `destroy.authorised`: the confirmed day with its signatures, the size of the journal. A crash after it leaves
//!      everything whole; [`execute`] begins again.
//!   2. As the only writer, at the head of the journal: each file is judged by `retention`. Then one commit has
//!      `destroy.executed` with the outcome of each file, an entry for each file and record, and the roll of the vault.
//!      A crash before the lock record leaves everything whole; after it, everything of this plan is gone, and opening
//!      finishes the erasing (`vault`).
//!   3. `destroy.completed`, when nothing is left where the archive can look ([`complete`]).
//!
//! Invariants
//!   - Nothing is destroyed that is not due on a day that two officers confirm and the clock agrees with, that anybody
//!     spoke for, that a hold keeps, or that is not as it was when the plan was signed.
//!   - A failure is never a success: each file has its outcome, and an act that destroys nothing is not written.
//!
//! It keeps no copy of what it destroys, and cannot know of copies that others made.

use super::case::{Case, Stage};
use super::plan::Item;
use super::propose::records;
use super::sign::{STATEMENT_FILE, is_other, signed_fields};
use super::statement::{DATE_KINDS, Statement, StatementKind};
use crate::archive::{ActOwner, Archive, Decided};
use crate::clock::{civil_date, rfc3339};
use crate::error::{Error, ErrorCode, Refusal};
use crate::filing::due::{Basis, Judge};
use crate::filing::files::{File, find};
use crate::filing::handover;
use crate::index::writer::Payload;
use crate::ingest::approval::{Approval, Asked, approve, keep_material, signed_files};
use crate::model::id::{ActorId, RecordId};
use crate::model::means::Program;
use crate::model::strict::words;
use crate::retention::{Decision, Status};
use crate::text::{Text, text};
use crate::tlog::commit::Act;
use crate::tlog::leaf::ActKind;
use crate::verify::material::Material;
use chrono::NaiveDate;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// A plan is executed and completed by one at a time.
const TURN: &str = "plan";

/// How it is done, for the act and the certificate.
pub const METHOD: &str = "cryptographic erase (NIST SP 800-88r2 Purge): keys and key-encryption key erased, vault \
                          moved to a new epoch; ciphertext unlinked by compaction";

words! {
    /// Why a file of a plan was not destroyed.
    Why {
        /// A member of the commission keeps it.
        Verdict = "verdict",
        /// A hold keeps it.
        Held = "held",
        /// It is not due on the confirmed day.
        NotDue = "not_due",
        /// It is due by a sample list, and the archive is not one for tests.
        Sample = "sample",
        /// Its records, its rule or its day are not those of the plan any more.
        Changed = "changed",
        /// It is being handed over to another archive.
        Transfer = "transfer",
        /// It is there no more.
        Gone = "gone",
    }
}

impl Why {
    /// What it means.
    pub fn text(self) -> Text {
        match self {
            Why::Verdict => text("комиссия қалдырды", "комиссия оставила", "the commission keeps it"),
            Why::Held => text("тыйым салынған", "под запретом", "a hold keeps it"),
            Why::NotDue => text("мерзімі өткен жоқ", "срок не истёк", "it is not due"),
            Why::Sample => text("үлгі тізбе бойынша", "по перечню-образцу", "due by a sample list only"),
            Why::Changed => text("жоспардан кейін өзгерген", "изменилось после плана", "changed since the plan"),
            Why::Transfer => text(
                "басқа архивке тапсырылуда",
                "передаётся в другой архив",
                "it is being handed over to another archive",
            ),
            Why::Gone => text("ендігі жоқ", "его больше нет", "it is there no more"),
        }
    }
}

/// What became of a plan.
#[derive(Debug)]
pub enum Executed {
    /// Destroyed, as this entry of the journal.
    Done {
        /// The entry.
        entry: u64,
        /// The files that are gone.
        destroyed: Vec<Item>,
        /// Those that stay, with why.
        kept: Vec<(Item, Why)>,
    },
    /// Nothing of it can be destroyed; nothing was done.
    Nothing(Vec<(Item, Why)>),
    /// The statement about the day was refused, with reasons, never none.
    Refused(Vec<Refusal>),
}

/// Executes an approved plan. `statement` says which day it is, signed by two officers; `extra` is material for their
/// signatures beside that of the archive.
///
/// # Errors
///
/// The plan is not approved, its days of cooling off are not over, or the clock cannot be right.
pub fn execute(
    archive: &Archive,
    plan: RecordId,
    statement: &[u8],
    signatures: &[Vec<u8>],
    extra: &Material,
    actor: ActorId,
) -> Result<Executed, Error> {
    let _turn = archive.turn(TURN, plan);
    let case = Case::read(archive, plan)?;
    let day = check(archive, &case)?;
    let read = match Statement::parse(statement, STATEMENT_FILE) {
        Ok(read) => read,
        Err(refusals) => return Ok(Executed::Refused(refusals)),
    };
    if let Some(refusal) = is_other(&read, statement, &case) {
        return Ok(Executed::Refused(vec![refusal]));
    }
    // The earlier of the clock and what two officers say (design, invariant 8).
    let late = day.signed_duration_since(read.date).num_days();
    if read.kind != StatementKind::ConfirmDate || !(0..=1).contains(&late) {
        let what = format!("the clock says {day}, the statement {} {}", read.kind, read.date);
        return Err(Error::new(ErrorCode::DspDate, plan.to_string(), what));
    }
    // By the officers' day too.
    if case.executable_from(archive).is_none_or(|from| read.date < from) {
        let what = format!("the confirmed day {} is not one on which it may be executed", read.date);
        return Err(Error::new(ErrorCode::DspCooling, plan.to_string(), what));
    }
    let last = case.approvals.iter().map(|signed| signed.at).max();
    let asked = Asked {
        file: statement,
        agency: &case.plan.agency,
        date: read.date,
        replaced: last,
        kinds: DATE_KINDS,
        offices: &[],
        persons: 2,
        code: ErrorCode::DspSigned,
    };
    let approved = match approve(archive, &asked, signatures, extra)? {
        Ok(approved) => approved,
        Err(refusals) => return Ok(Executed::Refused(refusals)),
    };
    // Asked before anything is written: an act that would destroy nothing is not begun.
    let outcome = judge(archive, &case, read.date)?;
    if outcome.destroyed.is_empty() {
        return Ok(Executed::Nothing(outcome.kept));
    }
    keep_material(archive, signatures, &approved, extra, actor)?;
    let by = approved.approvals.iter().map(Approval::value).collect();
    let mut fields = signed_fields(by, &approved, statement);
    fields.insert("as_of".into(), read.date.to_string().into());
    fields.insert("clock".into(), rfc3339(archive.now()).into());
    fields.insert("log_size".into(), archive.head().size.into());
    let files = signed_files(archive, (STATEMENT_FILE, statement), signatures, &approved, extra);
    archive.commit_files(ActKind::DestroyAuthorised, actor, ActOwner::Known(plan), fields, files)?;
    destroy(archive, &case, read.date, actor)
}

/// What must be so before a day is even asked for. Gives the day of the clock.
fn check(archive: &Archive, case: &Case) -> Result<NaiveDate, Error> {
    let id = case.plan.id.to_string();
    let stage = case.stage(archive);
    if stage != Stage::Approved {
        return Err(Error::new(ErrorCode::DspStage, id, format!("it is {stage}")));
    }
    archive.check_confirmed(&case.plan.agency)?;
    let (now, head) = (archive.now(), archive.head());
    if now < head.t {
        let what = format!("the clock says {}, the last entry is of {}", rfc3339(now), rfc3339(head.t));
        return Err(Error::new(ErrorCode::DspDate, id, what));
    }
    match case.executable_at(archive) {
        Some(from) if now >= from => Ok(civil_date(now)),
        from => {
            let from = from.map_or("unknown".to_owned(), rfc3339);
            Err(Error::new(ErrorCode::DspCooling, id, format!("from {from} on; it is {}", rfc3339(now))))
        }
    }
}

/// The outcome of each file.
#[derive(Default)]
struct Outcome {
    destroyed: Vec<(Item, Decision)>,
    kept: Vec<(Item, Why)>,
}

impl Outcome {
    /// Files and records that go.
    fn owners(&self) -> HashSet<RecordId> {
        self.destroyed.iter().flat_map(|(item, _)| item.records.iter().copied().chain([item.file])).collect()
    }
}

fn judge(archive: &Archive, case: &Case, day: NaiveDate) -> Result<Outcome, Error> {
    let basis = Basis::of_index(archive)?;
    let judge = basis.judge();
    let lifted = lifted_since(archive, case)?;
    let handed_over = handover::under_way(archive)?;
    let mut outcome = Outcome::default();
    for item in &case.plan.items {
        if handed_over.contains_key(&item.file) {
            outcome.kept.push((item.clone(), Why::Transfer));
            continue;
        }
        if lifted.contains(&item.file) || item.records.iter().any(|record| lifted.contains(record)) {
            outcome.kept.push((item.clone(), Why::Changed));
            continue;
        }
        let file = match find(archive, item.file) {
            Ok(file) => file,
            Err(e) if e.code == ErrorCode::FilUnknown || e.code.is_gone() => {
                outcome.kept.push((item.clone(), Why::Gone));
                continue;
            }
            Err(e) => return Err(e),
        };
        match judged(archive, case, item, &file, &judge, day)? {
            Ok(decision) => outcome.destroyed.push((item.clone(), decision)),
            Err(why) => outcome.kept.push((item.clone(), why)),
        }
    }
    Ok(outcome)
}

/// What became of each file of a plan, by its number: destroyed, or kept and why; nothing before it was executed.
pub fn outcome(archive: &Archive, case: &Case) -> Result<BTreeMap<u32, Option<Why>>, Error> {
    let Some(executed) = case.row.executed else { return Ok(BTreeMap::new()) };
    let fields = archive.document(executed)?.0.fields;
    let files = |key: &str| fields.get(key).and_then(Value::as_array).into_iter().flatten();
    let number = |file: &Value| u32::try_from(file.get("number")?.as_u64()?).ok();
    let why = |file: &Value| Why::parse(file.get("why")?.as_str()?);
    let destroyed = files("destroyed").filter_map(|file| Some((number(file)?, None)));
    let kept = files("kept").filter_map(|file| Some((number(file)?, Some(why(file)?))));
    Ok(destroyed.chain(kept).collect())
}

/// What a hold kept that was lifted after the last approval: who approved did not know that nothing keeps it. It goes
/// by another plan.
fn lifted_since(archive: &Archive, case: &Case) -> Result<HashSet<RecordId>, Error> {
    let approved = case.approvals.iter().map(|signed| signed.entry).max();
    let holds = archive.index().holds()?.into_iter();
    let lifted = holds.filter(|(_, row)| row.lifted > approved);
    Ok(lifted.flat_map(|(_, row)| row.targets.into_iter().map(|target| target.id())).collect())
}

fn judged(
    archive: &Archive,
    case: &Case,
    item: &Item,
    file: &File,
    judge: &Judge<'_>,
    day: NaiveDate,
) -> Result<Result<Decision, Why>, Error> {
    if case.kept_by(item.number).is_some() {
        return Ok(Err(Why::Verdict));
    }
    let decision = judge.decide(file, day);
    if !decision.holds.is_empty() {
        return Ok(Err(Why::Held));
    }
    if decision.status != Status::Due {
        return Ok(Err(Why::NotDue));
    }
    if decision.is_sample && !archive.is_test() {
        return Ok(Err(Why::Sample));
    }
    let (before, now) = (&item.decision, decision.value());
    let is_same = |key: &str| before.get(key) == now.get(key);
    // A term until needed has no day before the commission says so.
    let has_its_day = before.get("due").is_none() || is_same("due");
    if !is_same("by") || !has_its_day || records(archive, item.file)? != item.records {
        return Ok(Err(Why::Changed));
    }
    Ok(Ok(decision))
}

/// Step 2.
fn destroy(archive: &Archive, case: &Case, day: NaiveDate, actor: ActorId) -> Result<Executed, Error> {
    let plan = case.plan.id;
    let mut outcome = Outcome::default();
    let decide = || {
        // The row has the authorisation now; anything else means that somebody was faster.
        let row = archive.index().plan(plan)?;
        let is_as_read = row.as_ref().is_some_and(|row| {
            let mut expected = case.row.clone();
            expected.authorised.clone_from(&row.authorised);
            *row == expected
        });
        if !is_as_read {
            let what = "something else was done with the plan meanwhile";
            return Err(Error::new(ErrorCode::DspStage, plan.to_string(), what));
        }
        outcome = judge(archive, case, day)?;
        if outcome.destroyed.is_empty() {
            return Err(Error::new(ErrorCode::DspNothing, plan.to_string(), "nothing of it is due any more"));
        }
        acts(archive, case, &outcome, day, actor)
    };
    let committed = archive.roll_vault_deciding(decide, actor)?;
    archive.wait_index()?;
    let entry = committed.first().map(|c| c.index).unwrap_or_default();
    let destroyed = outcome.destroyed.into_iter().map(|(item, _)| item).collect();
    Ok(Executed::Done { entry, destroyed, kept: outcome.kept })
}

fn acts(archive: &Archive, case: &Case, outcome: &Outcome, day: NaiveDate, actor: ActorId) -> Result<Decided, Error> {
    let plan = &case.plan;
    let destroyed = outcome.destroyed.iter().map(|(item, decision)| {
        json!({
            "agency": plan.agency, "file_id": item.file.to_string(), "number": item.number, "index": item.index,
            "year": item.year, "volume": item.volume, "title": item.title, "oldest": item.dates.0.to_string(),
            "newest": item.dates.1.to_string(), "documents": item.records.len(), "decision": decision.value(),
            "records": item.records.iter().map(RecordId::to_string).collect::<Vec<_>>(),
        })
    });
    let kept = outcome
        .kept
        .iter()
        .map(|(item, why)| json!({"file_id": item.file.to_string(), "number": item.number, "why": why.as_str()}));
    let program = Program::this();
    let holds = spent_holds(archive, &outcome.owners())?;
    let fields = json!({
        "number": plan.number, "plan_sha256": plan.sha256().to_string(), "as_of": day.to_string(),
        "destroyed": destroyed.collect::<Vec<_>>(), "kept": kept.collect::<Vec<_>>(), "method": METHOD,
        "program": program.version,
        "holds": holds.iter().map(RecordId::to_string).collect::<Vec<_>>(),
    });
    let fields = fields.as_object().cloned().unwrap_or_default();
    let owner = ActOwner::Known(plan.id);
    let (act, payload, session) = archive.seal_document(ActKind::DestroyExecuted, actor, owner, fields, Vec::new())?;
    let mut acts = vec![(act, payload)];
    let mut about = |kind: ActKind, id: RecordId| {
        let mut act = Act::new(kind, actor);
        act.rec = Some(id);
        act.of = Some(plan.id);
        acts.push((act, Payload::None));
    };
    for (item, _) in &outcome.destroyed {
        item.records.iter().for_each(|record| about(ActKind::RecordDestroyed, *record));
        about(ActKind::FileDestroyed, item.file);
    }
    holds.iter().for_each(|hold| about(ActKind::HoldDestroyed, *hold));
    Ok((acts, vec![session]))
}

/// Holds that were lifted, of which nothing that they kept is left after records and files go: what they say names
/// people.
pub(crate) fn spent_holds(archive: &Archive, going: &HashSet<RecordId>) -> Result<Vec<RecordId>, Error> {
    let index = archive.index();
    let mut spent = Vec::new();
    for (hold, row) in index.holds()?.into_iter().filter(|(_, row)| row.lifted.is_some()) {
        let mut is_spent = true;
        for target in row.targets.iter().map(|target| target.id()) {
            // One that was destroyed before, or whose key went in another way, is not in the index any more.
            let is_gone = index.record_by_id(target)?.is_none() && index.file(target)?.is_none();
            is_spent &= is_gone || going.contains(&target);
        }
        if is_spent {
            spent.push(hold);
        }
    }
    Ok(spent)
}

words! {
    /// What must be so before a destruction is complete (design §6).
    Condition {
        /// The index was written anew under a new key, without what was destroyed.
        Index = "index",
        /// No ciphertext of it is in the store.
        Ciphertext = "ciphertext",
        /// Every place of custody has the new vault. None is registered in this version: copies that were made by hand
        /// are not known to the archive.
        Custody = "custody",
    }
}

/// What is not so yet.
pub fn remaining(archive: &Archive, owners: &HashSet<RecordId>) -> Result<BTreeSet<Condition>, Error> {
    let mut remaining = BTreeSet::new();
    if archive.index_meta().stale {
        remaining.insert(Condition::Index);
    }
    if !archive.uncompacted(owners)?.is_empty() {
        remaining.insert(Condition::Ciphertext);
    }
    Ok(remaining)
}

/// The files, records and holds that a plan destroyed.
pub fn destroyed(archive: &Archive, case: &Case) -> Result<HashSet<RecordId>, Error> {
    let index = archive.index();
    let mut owners = HashSet::new();
    if let Some(executed) = case.row.executed {
        let (document, _) = archive.document(executed)?;
        let holds = document.fields.get("holds").and_then(serde_json::Value::as_array).into_iter().flatten();
        owners.extend(holds.filter_map(|hold| hold.as_str()?.parse::<RecordId>().ok()));
    }
    for item in &case.plan.items {
        for id in item.records.iter().copied().chain([item.file]) {
            if index.destroyed(id)?.is_some_and(|(plan, _)| plan == case.plan.id) {
                owners.insert(id);
            }
        }
    }
    Ok(owners)
}

/// Whether the store is to be compacted before a plan is complete.
pub fn is_to_be_compacted(archive: &Archive, plan: RecordId) -> Result<bool, Error> {
    Ok(Case::read(archive, plan)?.stage(archive) == Stage::Executed)
}

/// Refuses a plan that was not executed. Gives its stage, of which there are two.
///
/// # Errors
///
/// It was not ([`ErrorCode::DspStage`]).
pub fn check_executed(archive: &Archive, plan: RecordId) -> Result<Stage, Error> {
    match Case::read(archive, plan)?.stage(archive) {
        stage @ (Stage::Executed | Stage::Completed) => Ok(stage),
        stage => Err(Error::new(ErrorCode::DspStage, plan.to_string(), format!("it is {stage}"))),
    }
}

/// Says in the journal that nothing is left of what a plan destroyed. Gives the entry.
///
/// # Errors
///
/// Something is left ([`ErrorCode::DspRemains`]), or the plan was not executed.
pub fn complete(archive: &Archive, plan: RecordId, actor: ActorId) -> Result<u64, Error> {
    let _turn = archive.turn(TURN, plan);
    let stage = check_executed(archive, plan)?;
    let case = Case::read(archive, plan)?;
    if stage == Stage::Completed {
        return Ok(case.row.completed.unwrap_or_default());
    }
    let remaining = remaining(archive, &destroyed(archive, &case)?)?;
    if !remaining.is_empty() {
        let words: Vec<&str> = remaining.iter().map(|condition| condition.as_str()).collect();
        return Err(Error::new(ErrorCode::DspRemains, plan.to_string(), words.join(", ")));
    }
    let fields = json!({"custody_places": 0, "epoch": archive.head().vault.epoch, "index": "rewritten",
        "ciphertext": "compacted"});
    let fields = fields.as_object().cloned().unwrap_or_default();
    archive.commit_files(ActKind::DestroyCompleted, actor, ActOwner::Known(plan), fields, Vec::new())
}
