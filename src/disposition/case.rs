//! What became of a plan: its signed acts, read from the archive, and what may happen next.
//!
//! Read anew for every step; nothing here is remembered between two acts. It writes nothing.

use super::plan::Plan;
use super::propose::PLAN_FILE;
use super::statement::{Verdict, VerdictWord};
use crate::archive::Archive;
use crate::clock::{Millis, civil_date};
use crate::config::Disposal;
use crate::error::{Error, ErrorCode};
use crate::index::filing::PlanRow;
use crate::ingest::approval::Approval;
use crate::model::id::RecordId;
use crate::model::record::ActDocument;
use crate::model::strict::words;
use chrono::NaiveDate;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Milliseconds of a day.
pub(super) const DAY_MS: Millis = 24 * 60 * 60 * 1000;

words! {
    /// How far a plan is.
    Stage {
        /// Drawn up; nobody has signed it.
        Drafted = "drafted",
        /// Signed by who proposes it; the commission reviews.
        Proposed = "proposed",
        /// Reviewed by as many members as are asked for; it can be approved.
        Reviewed = "reviewed",
        /// Approved by as many persons as are asked for; the days of cooling off run, or are over.
        Approved = "approved",
        /// Will not be executed.
        Cancelled = "cancelled",
        /// Keys are erased.
        Executed = "executed",
        /// Nothing is left.
        Completed = "completed",
    }
}

/// A signed act about a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// The entry.
    pub entry: u64,
    /// When it was taken in.
    pub at: Millis,
    /// Who signed.
    pub by: Approval,
    /// Of a review: verdicts with reasons, by number of the file.
    pub verdicts: BTreeMap<u32, (Verdict, Option<String>)>,
}

/// A plan with its acts.
#[derive(Debug, Clone)]
pub struct Case {
    /// The plan.
    pub plan: Plan,
    /// The entries of its acts.
    pub row: PlanRow,
    /// Who proposed it.
    pub proposed: Option<Signed>,
    /// The reviews.
    pub reviews: Vec<Signed>,
    /// The approvals.
    pub approvals: Vec<Signed>,
}

impl Case {
    /// Reads a plan with its acts.
    pub fn read(archive: &Archive, id: RecordId) -> Result<Self, Error> {
        archive.wait_index()?;
        let unknown = || Error::new(ErrorCode::DspUnknown, id.to_string(), "no such plan");
        let row = archive.index().plan(id)?.ok_or_else(unknown)?;
        let plan = plan(archive, id, row.drafted)?;
        let read = |entry: &u64| signed(archive, *entry);
        Ok(Self {
            plan,
            proposed: row.proposed.as_ref().map(read).transpose()?,
            reviews: row.reviews.iter().map(read).collect::<Result<_, _>>()?,
            approvals: row.approvals.iter().map(read).collect::<Result<_, _>>()?,
            row,
        })
    }

    /// Whose files a plan names; none: there is no such plan. For who holds the committer, behind which neither the
    /// journal is read nor the index waited for.
    pub fn agency(archive: &Archive, id: RecordId) -> Result<Option<String>, Error> {
        let Some(row) = archive.index().plan(id)? else { return Ok(None) };
        Ok(Some(plan(archive, id, row.drafted)?.agency))
    }

    /// What is asked for: the stricter of what the plan says and what is configured now.
    pub fn asked(&self, archive: &Archive) -> Disposal {
        let (plan, now) = (self.plan.asked, archive.config().disposal);
        Disposal {
            reviews: plan.reviews.max(now.reviews),
            approvals: plan.approvals.max(now.approvals),
            cooling_days: plan.cooling_days.max(now.cooling_days),
            minutes: plan.minutes || now.minutes,
            inventories: plan.inventories || now.inventories,
        }
    }

    /// How far it is.
    pub fn stage(&self, archive: &Archive) -> Stage {
        let (row, asked) = (&self.row, self.asked(archive));
        let enough = |signed: &[Signed], wanted: u32| persons(signed) >= wanted as usize;
        match () {
            () if row.completed.is_some() => Stage::Completed,
            () if row.executed.is_some() => Stage::Executed,
            () if row.cancelled.is_some() => Stage::Cancelled,
            () if self.proposed.is_none() => Stage::Drafted,
            () if !enough(&self.reviews, asked.reviews) => Stage::Proposed,
            () if !enough(&self.approvals, asked.approvals) => Stage::Reviewed,
            () => Stage::Approved,
        }
    }

    /// The moment from which on it may be executed, whole days after the last approval; none while it is not approved.
    pub fn executable_at(&self, archive: &Archive) -> Option<Millis> {
        let asked = self.asked(archive);
        let last = self.approvals.get(asked.approvals.checked_sub(1)? as usize)?;
        Some(last.at + u64::from(asked.cooling_days) * DAY_MS)
    }

    /// The day of that moment.
    pub fn executable_from(&self, archive: &Archive) -> Option<NaiveDate> {
        self.executable_at(archive).map(civil_date)
    }

    /// Everybody who has signed anything about it.
    pub fn signers(&self) -> impl Iterator<Item = &Signed> {
        self.proposed.iter().chain(&self.reviews).chain(&self.approvals)
    }

    /// The verdict by which a file leaves the plan: the one that keeps it longest; none: everybody says destroy.
    pub fn kept_by(&self, number: u32) -> Option<&Verdict> {
        let verdicts = self.reviews.iter().filter_map(|review| review.verdicts.get(&number));
        let strength = |verdict: &Verdict| match verdict {
            Verdict::Destroy => (0, None),
            Verdict::Reclassify(_) => (1, None),
            Verdict::Extend(day) => (2, Some(*day)),
            Verdict::Forever => (3, None),
        };
        let verdicts = verdicts.map(|(verdict, _)| verdict).filter(|verdict| **verdict != Verdict::Destroy);
        verdicts.max_by_key(|verdict| strength(verdict))
    }
}

/// Distinct persons among those who signed.
fn persons(signed: &[Signed]) -> usize {
    signed.iter().map(|signed| &signed.by.iin).collect::<std::collections::BTreeSet<_>>().len()
}

fn plan(archive: &Archive, id: RecordId, drafted: u64) -> Result<Plan, Error> {
    let changed = || Error::new(ErrorCode::StoChanged, id.to_string(), "the plan cannot be read");
    let (document, row) = archive.document(drafted)?;
    let plan = Plan::decode(&archive.act_file(&row, &document, PLAN_FILE)?).map_err(|_| changed())?;
    if plan.id == id { Ok(plan) } else { Err(changed()) }
}

fn signed(archive: &Archive, entry: u64) -> Result<Signed, Error> {
    let changed = || Error::new(ErrorCode::StoChanged, entry.to_string(), "the signed act cannot be read");
    let (document, _) = archive.document(entry)?;
    let by = document.fields.get("signed").and_then(Approval::of_value).ok_or_else(changed)?;
    let verdicts = verdicts_of(&document).ok_or_else(changed)?;
    Ok(Signed { entry, at: archive.leaf(entry)?.t, by, verdicts })
}

/// Verdicts as the act document has them.
pub(super) fn verdicts_value(verdicts: &BTreeMap<u32, (Verdict, Option<String>)>) -> Value {
    let row = |(number, (verdict, reason)): (&u32, &(Verdict, Option<String>))| {
        let mut value = json!({"number": number, "verdict": verdict.word().as_str()});
        match verdict {
            Verdict::Extend(day) => value["until"] = day.to_string().into(),
            Verdict::Reclassify(item) => value["item"] = item.to_string().into(),
            Verdict::Destroy | Verdict::Forever => {}
        }
        if let Some(reason) = reason {
            value["reason"] = reason.clone().into();
        }
        value
    };
    verdicts.iter().map(row).collect()
}

fn verdicts_of(document: &ActDocument) -> Option<BTreeMap<u32, (Verdict, Option<String>)>> {
    let Some(rows) = document.fields.get("verdicts") else { return Some(BTreeMap::new()) };
    let row = |row: &Value| {
        let text = |key: &str| row.get(key).and_then(Value::as_str);
        let verdict = match VerdictWord::parse(text("verdict")?)? {
            VerdictWord::Destroy => Verdict::Destroy,
            VerdictWord::Forever => Verdict::Forever,
            VerdictWord::Extend => Verdict::Extend(text("until")?.parse().ok()?),
            VerdictWord::Reclassify => Verdict::Reclassify(text("item")?.parse().ok()?),
        };
        let number = row.get("number")?.as_u64()?.try_into().ok()?;
        Some((number, (verdict, text("reason").map(str::to_owned))))
    };
    rows.as_array()?.iter().map(row).collect()
}

/// All plans, oldest first.
pub fn all(archive: &Archive) -> Result<Vec<Case>, Error> {
    archive.wait_index()?;
    let mut plans = archive.index().plans()?;
    plans.sort_by_key(|(_, row)| row.drafted);
    plans.into_iter().map(|(id, _)| Case::read(archive, id)).collect()
}

/// The files of plans that are under way, each with its plan. What the commission kept is in none.
pub(super) fn planned(archive: &Archive) -> Result<BTreeMap<RecordId, RecordId>, Error> {
    let mut planned = BTreeMap::new();
    for (id, row) in archive.index().plans()? {
        if row.cancelled.is_some() || row.executed.is_some() {
            continue;
        }
        let case = Case::read(archive, id)?;
        let items = case.plan.items.iter().filter(|item| case.kept_by(item.number).is_none());
        planned.extend(items.map(|item| (item.file, case.plan.id)));
    }
    Ok(planned)
}
