//! Taking in signed statements about a plan: proposal, reviews, approvals.
//!
//! Each is judged by the policy and the registers in force now, like every approval of officers
//! ([`crate::ingest::approval`]), and sealed with its signature and the report under the key of the plan. A verdict
//! that keeps a file is a ruling on that file in the same commit: no later approval, plan or cancelling loses it.
//!
//! Invariants
//!   - The signature is by the person and in the office that the statement names, and made after the step before.
//!   - Nobody takes part in a plan twice, and no administrator at all.
//!   - A refused statement leaves no trace.
//!
//! A crash leaves a statement taken in with its rulings, or not.

use super::case::{Case, Stage, verdicts_value};
use super::statement::{Statement, StatementKind, Verdict};
use crate::archive::{ActOwner, Archive, Session};
use crate::clock::{civil_date, utc};
use crate::error::{Error, ErrorCode, Refusal};
use crate::index::filing::PlanRow;
use crate::index::writer::Payload;
use crate::ingest::approval::{Approved, Asked, approve, keep_material, signed_files};
use crate::model::case_file::Change;
use crate::model::digest::sha256;
use crate::model::id::{ActorId, RecordId};
use crate::tlog::commit::Act;
use crate::tlog::leaf::ActKind;
use crate::verify::material::Material;
use crate::verify::policy::SignerKind;
use serde_json::{Map, Value};

/// The statement in its act.
pub const STATEMENT_FILE: &str = "statement.toml";

/// What became of a statement.
#[derive(Debug)]
pub enum Taken {
    /// Taken in, as this entry of the journal.
    Done {
        /// What it does.
        kind: StatementKind,
        /// The entry.
        entry: u64,
    },
    /// Refused with reasons, never none.
    Refused(Vec<Refusal>),
}

/// Takes in a statement with its signature. `extra` is material for its validation beside that of the archive.
pub fn take(
    archive: &Archive,
    file: &[u8],
    signatures: &[Vec<u8>],
    extra: &Material,
    actor: ActorId,
) -> Result<Taken, Error> {
    let statement = match Statement::parse(file, STATEMENT_FILE) {
        Ok(statement) => statement,
        Err(refusals) => return Ok(Taken::Refused(refusals)),
    };
    let case = Case::read(archive, statement.plan)?;
    let kind = match statement.kind {
        StatementKind::Propose => ActKind::PlanProposed,
        StatementKind::Review => ActKind::PlanReviewed,
        StatementKind::Approve => ActKind::PlanApproved,
        StatementKind::ConfirmDate => {
            let what = "the confirmed day is given when the plan is executed";
            return Err(Error::new(ErrorCode::DspStage, case.plan.id.to_string(), what));
        }
    };
    if let Some(refusal) = is_other(&statement, file, &case) {
        return Ok(Taken::Refused(vec![refusal]));
    }
    check_stage(archive, &case, &statement)?;
    let approved = match judged(archive, &case, &statement, file, signatures, extra)? {
        Ok(approved) => approved,
        Err(refusals) => return Ok(Taken::Refused(refusals)),
    };
    keep_material(archive, signatures, &approved, extra, actor)?;
    let by = approved.approvals.first().cloned();
    let by = by.ok_or_else(|| Error::new(ErrorCode::DspSigned, STATEMENT_FILE, "nobody has signed"))?;
    let mut fields = signed_fields(by.value(), &approved, file);
    if statement.kind == StatementKind::Review {
        fields.insert("verdicts".into(), verdicts_value(&statement.verdicts));
    }
    let sealed = signed_files(archive, (STATEMENT_FILE, file), signatures, &approved, extra);
    let plan = case.plan.id;
    let committed = archive.commit_together_deciding(|| {
        // Somebody may have cancelled or executed it, or signed too, since it was read.
        let row = archive.index().plan(plan)?;
        if row.as_ref() != Some(&case.row) {
            return Err(Error::new(
                ErrorCode::DspStage,
                plan.to_string(),
                "something else was done with the plan meanwhile",
            ));
        }
        let (act, payload, session) =
            archive.seal_files(Act::new(kind, actor), ActOwner::Known(plan), fields, sealed)?;
        let (mut acts, mut sessions) = (vec![(act, payload)], vec![session]);
        rulings(archive, &case, &statement, actor, &mut acts, &mut sessions)?;
        Ok((acts, sessions))
    })?;
    let entry = committed.first().map(|c| c.index).unwrap_or_default();
    Ok(Taken::Done { kind: statement.kind, entry })
}

/// The same of a statement that must be of this kind, and about this plan where one is named: whoever asked may do that
/// and nothing else.
pub fn take_as(
    archive: &Archive,
    (wanted, plan): (StatementKind, Option<RecordId>),
    file: &[u8],
    signatures: &[Vec<u8>],
    extra: &Material,
    actor: ActorId,
) -> Result<Taken, Error> {
    if let Ok(read) = Statement::parse(file, STATEMENT_FILE) {
        let other = |what: String| Err(Error::new(ErrorCode::DspOther, STATEMENT_FILE, what));
        if read.kind != wanted {
            return other(format!("the statement is one of {}, not of {wanted}", read.kind));
        }
        if let Some(plan) = plan.filter(|plan| *plan != read.plan) {
            return other(format!("the statement is about another plan than {plan}"));
        }
    }
    take(archive, file, signatures, extra, actor)
}

/// The fields of an act that a statement was signed for: by one person, or by several.
pub(super) fn signed_fields(by: Value, approved: &Approved, file: &[u8]) -> Map<String, Value> {
    let mut fields = approved.fields();
    fields.remove("approved");
    fields.insert("signed".into(), by);
    fields.insert("statement".into(), sha256(file).to_string().into());
    fields
}

/// Why a statement is not one about this plan with all its files, exactly as the program writes it: no comment, no name
/// of another file beside a number, nothing that a signer reads and the archive does not.
pub(super) fn is_other(statement: &Statement, file: &[u8], case: &Case) -> Option<Refusal> {
    let refusal = |what: String| Some(Refusal::new(ErrorCode::DspOther, STATEMENT_FILE, what));
    if statement.plan_sha256 != case.plan.sha256() {
        return refusal(format!("it is about {}, the plan is {}", statement.plan_sha256, case.plan.sha256()));
    }
    if statement.to_toml(&case.plan).as_bytes() != file {
        return refusal("it is not written as the archive writes the statement of a plan".to_owned());
    }
    if statement.kind != StatementKind::Review {
        return None;
    }
    let numbers: Vec<u32> = case.plan.items.iter().map(|item| item.number).collect();
    let spoken: Vec<u32> = statement.verdicts.keys().copied().collect();
    if numbers != spoken {
        return refusal(format!("it speaks of {} files, the plan has {}", spoken.len(), numbers.len()));
    }
    None
}

fn check_stage(archive: &Archive, case: &Case, statement: &Statement) -> Result<(), Error> {
    let stage = case.stage(archive);
    let fits = match statement.kind {
        StatementKind::Propose => stage == Stage::Drafted,
        // Also late: a verdict that keeps a file counts until the keys are gone.
        StatementKind::Review => matches!(stage, Stage::Proposed | Stage::Reviewed | Stage::Approved),
        StatementKind::Approve => matches!(stage, Stage::Reviewed | Stage::Approved),
        StatementKind::ConfirmDate => stage == Stage::Approved,
    };
    if !fits {
        let what = format!("{} does not go with a plan that is {stage}", statement.kind);
        return Err(Error::new(ErrorCode::DspStage, case.plan.id.to_string(), what));
    }
    match &statement.person {
        Some(person) if case.signers().any(|signed| signed.by.iin == *person) => {
            // No number in the message: it is that of a person.
            let what = "who signs this has signed another statement about the plan";
            Err(Error::new(ErrorCode::DspPerson, case.plan.id.to_string(), what))
        }
        _ => Ok(()),
    }
}

fn judged(
    archive: &Archive,
    case: &Case,
    statement: &Statement,
    file: &[u8],
    signatures: &[Vec<u8>],
    extra: &Material,
) -> Result<Result<Approved, Vec<Refusal>>, Error> {
    let refused = |what: &str| Ok(Err(vec![Refusal::new(ErrorCode::DspSigned, STATEMENT_FILE, what)]));
    if utc(archive.now()) + chrono::Duration::minutes(5) < statement.time {
        return refused("it names a time that is to come");
    }
    let kinds: Vec<SignerKind> = statement.kind.office().into_iter().collect();
    // What was signed before the step before it cannot know of it.
    let before = match statement.kind {
        StatementKind::Propose => Some(archive.leaf(case.row.drafted)?.t),
        StatementKind::Review => case.proposed.as_ref().map(|signed| signed.at),
        _ => case.reviews.iter().map(|signed| signed.at).max(),
    };
    let asked = Asked {
        file,
        agency: &case.plan.agency,
        date: statement.date,
        replaced: before,
        kinds: &kinds,
        offices: &kinds,
        persons: 1,
        code: ErrorCode::DspSigned,
    };
    let approved = match approve(archive, &asked, signatures, extra)? {
        Ok(approved) => approved,
        Err(refusals) => return Ok(Err(refusals)),
    };
    let [by] = approved.approvals.as_slice() else { return refused("it is signed by several persons") };
    if statement.person.as_ref() != Some(&by.iin) {
        return refused("it is signed by another person than it names");
    }
    if statement.date != civil_date(u64::try_from(statement.time.timestamp_millis()).unwrap_or_default()) {
        return refused("its date is not that of its time in Almaty");
    }
    Ok(Ok(approved))
}

/// What a statement rules about files: verdicts that keep them, and, when the destruction is approved, that those are
/// not needed any more which are kept until a person says so.
fn rulings(
    archive: &Archive,
    case: &Case,
    statement: &Statement,
    actor: ActorId,
    acts: &mut Vec<(Act, Payload)>,
    sessions: &mut Vec<Session>,
) -> Result<(), Error> {
    let mut push = |kind: ActKind, file: RecordId, fields: Map<String, Value>| -> Result<(), Error> {
        // A file that was destroyed or lost its document has nothing to be ruled about.
        if archive.index().file(file)?.is_none() {
            return Ok(());
        }
        let (mut act, payload, session) =
            archive.seal_document(kind, actor, ActOwner::Known(file), fields, Vec::new())?;
        act.of = Some(case.plan.id);
        acts.push((act, payload));
        sessions.push(session);
        Ok(())
    };
    let ruled = |ruling: &str, date: Option<String>, reason: Option<&String>| {
        let mut fields = Map::from_iter([("ruling".to_owned(), Value::from(ruling))]);
        fields.extend(date.map(|date| ("date".to_owned(), date.into())));
        fields.extend(reason.map(|reason| ("reason".to_owned(), reason.clone().into())));
        fields
    };
    for item in &case.plan.items {
        match (statement.kind, statement.verdicts.get(&item.number)) {
            (_, Some((Verdict::Forever, reason))) => {
                push(ActKind::FileRuled, item.file, ruled("forever", None, reason.as_ref()))?;
            }
            (_, Some((Verdict::Extend(day), reason))) => {
                let fields = ruled("not_before", Some(day.to_string()), reason.as_ref());
                push(ActKind::FileRuled, item.file, fields)?;
            }
            (_, Some((Verdict::Reclassify(to), reason))) => {
                let change = Change::Reclassified { item: Some(to.clone()), attributes: Default::default() };
                push(ActKind::FileReclassified, item.file, change.fields(reason.as_deref()))?;
            }
            (StatementKind::Approve, None)
                if awaits(&item.decision) && is_last_approval(archive, case) && case.kept_by(item.number).is_none() =>
            {
                let today = civil_date(archive.now()).to_string();
                push(ActKind::FileRuled, item.file, ruled("not_needed", Some(today), None))?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn awaits(decision: &Value) -> bool {
    decision.get("status").and_then(Value::as_str) == Some(crate::retention::Status::AwaitsPerson.as_str())
}

fn is_last_approval(archive: &Archive, case: &Case) -> bool {
    case.approvals.len() + 1 >= case.asked(archive).approvals as usize
}

/// Cancels a plan that was not executed. Gives the entry.
pub fn cancel(archive: &Archive, plan: RecordId, reason: &str, actor: ActorId) -> Result<u64, Error> {
    crate::filing::check_text("reason", reason)?;
    let case = Case::read(archive, plan)?;
    let stage = case.stage(archive);
    if matches!(stage, Stage::Cancelled | Stage::Executed | Stage::Completed) {
        return Err(Error::new(ErrorCode::DspStage, plan.to_string(), format!("it is {stage}")));
    }
    let committed = archive.commit_together_deciding(|| {
        let is_over = |row: PlanRow| row.executed.is_some() || row.cancelled.is_some();
        if archive.index().plan(plan)?.is_none_or(is_over) {
            return Err(Error::new(ErrorCode::DspStage, plan.to_string(), "it was executed or cancelled meanwhile"));
        }
        let fields = Map::from_iter([("reason".to_owned(), reason.into())]);
        let owner = ActOwner::Known(plan);
        let (act, payload, session) =
            archive.seal_document(ActKind::PlanCancelled, actor, owner, fields, Vec::new())?;
        Ok((vec![(act, payload)], vec![session]))
    })?;
    Ok(committed.first().map(|c| c.index).unwrap_or_default())
}
