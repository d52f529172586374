//! Drawing up a plan: what is due now, frozen with its reasons.
//!
//! Nothing is lost by a plan: files that are held stay out and are named with what keeps them, and so does every file
//! that another plan has. A crash leaves the plan drawn up or not.

use super::case;
use super::plan::{FILES_MAX, Item, Kept, Minutes, Plan, RECORDS_MAX, title};
use crate::archive::{ActOwner, Archive, OWN_SUBTREE};
use crate::clock::civil_date;
use crate::error::{Error, ErrorCode};
use crate::filing::due::{Basis, files};
use crate::filing::files::File;
use crate::filing::handover;
use crate::filing::inventory::inventories_approved;
use crate::index::filing::date;
use crate::limits::{TEXT_LONG_CHARS_MAX, TEXT_SHORT_CHARS_MAX};
use crate::model::digest::sha256;
use crate::model::id::{ActorId, RecordId};
use crate::model::strict::is_unprintable;
use crate::retention::{Decision, Status};
use crate::tlog::leaf::ActKind;
use chrono::{Datelike, NaiveDate};
use serde_json::json;
use std::collections::BTreeSet;

/// The plan in the act by which it is drawn up.
pub const PLAN_FILE: &str = "plan.json";
/// The minutes of the commission in the same act.
pub const MINUTES_FILE: &str = "minutes";
/// Bytes of the minutes. Own bound: a scan of some pages.
pub const MINUTES_BYTES_MAX: usize = 32 * 1024 * 1024;

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// Code of the agency.
    pub agency: String,
    /// Its files; none: all that are due.
    pub files: Vec<RecordId>,
    /// Number of the act of selection; none: the next one of the year.
    pub number: Option<String>,
    /// The minutes of the expert commission: number, date, and the file.
    pub minutes: Option<(String, NaiveDate, Vec<u8>)>,
}

/// Draws up a plan of what is due today.
pub fn draft(archive: &Archive, asked: &Asked, actor: ActorId) -> Result<Plan, Error> {
    let today = civil_date(archive.now());
    check(archive, asked, today)?;
    // Of two that are drawn up at once, the second sees what the first has.
    let _turn = archive.turn("plans", &asked.agency);
    let basis = Basis::read(archive)?;
    let judge = basis.judge();
    let planned = case::planned(archive)?;
    let handed_over = handover::under_way(archive)?;
    let mut found: Vec<(File, Decision)> = Vec::new();
    let mut kept = Vec::new();
    let mut elsewhere = BTreeSet::new();
    let wanted: BTreeSet<RecordId> = asked.files.iter().copied().collect();
    let all = files(archive)?;
    let of_agency: BTreeSet<RecordId> =
        all.iter().filter(|file| file.row.agency == asked.agency).map(|file| file.id).collect();
    for id in &wanted {
        if !of_agency.contains(id) {
            let what = format!("no file of {}", asked.agency);
            return Err(Error::new(ErrorCode::FilUnknown, id.to_string(), what));
        }
    }
    for file in all.into_iter().filter(|file| file.row.agency == asked.agency) {
        if !wanted.is_empty() && !wanted.contains(&file.id) {
            continue;
        }
        let decision = judge.decide(&file, today);
        let refusal = match decision.status {
            Status::Held => {
                kept.extend(decision.holds.iter().map(|(hold, on)| Kept { file: file.id, hold: *hold, record: *on }));
                continue;
            }
            Status::Due | Status::AwaitsPerson if decision.is_sample && !archive.is_test() => {
                Some(format!("it is due by a sample list ({})", decision.status.as_str()))
            }
            Status::Due | Status::AwaitsPerson if handed_over.contains_key(&file.id) => {
                handed_over.get(&file.id).map(|transfer| format!("it is in transfer {transfer}"))
            }
            Status::Due | Status::AwaitsPerson => {
                let plan = planned.get(&file.id);
                elsewhere.extend(plan.map(ToString::to_string));
                plan.map(|plan| format!("it is in plan {plan}"))
            }
            status => Some(format!("it is not due on {today}: {}", status.as_str())),
        };
        match refusal {
            None => found.push((file, decision)),
            // Who names a file is told why it cannot be in the plan.
            Some(what) if wanted.contains(&file.id) => {
                return Err(Error::new(ErrorCode::DspNotDue, file.id.to_string(), what));
            }
            Some(_) => {}
        }
    }
    if found.is_empty() {
        let plans: Vec<String> = elsewhere.into_iter().collect();
        let what = match plans.is_empty() {
            true => format!("nothing of {} is due on {today}; {} held", asked.agency, kept.len()),
            false => format!("what is due of {} on {today} is in plan {}", asked.agency, plans.join(", ")),
        };
        return Err(Error::new(ErrorCode::DspNotDue, &*asked.agency, what));
    }
    check_inventories(archive, &asked.agency, &found)?;
    let id = RecordId(crate::random::bytes());
    let items = items(archive, found)?;
    let minutes = asked.minutes.as_ref().map(|(number, date, file)| Minutes {
        number: number.clone(),
        date: *date,
        sha256: sha256(file),
    });
    let number = number(archive, asked, today)?;
    let plan = Plan {
        id,
        origin: archive.config().vkey.name.clone(),
        is_test: archive.is_test(),
        agency: asked.agency.clone(),
        number,
        as_of: today,
        log_size: archive.head().size,
        asked: archive.config().disposal,
        minutes,
        items,
        kept,
    };
    if plan.items.len() > FILES_MAX || plan.records() > RECORDS_MAX {
        let what =
            format!("{} files, {} records; at most {FILES_MAX}, {RECORDS_MAX}", plan.items.len(), plan.records());
        return Err(Error::new(ErrorCode::DspTooMany, &*asked.agency, what));
    }
    commit(archive, &plan, asked, actor)?;
    Ok(plan)
}

fn check(archive: &Archive, asked: &Asked, today: NaiveDate) -> Result<(), Error> {
    let is_text = |text: &str, max: usize| {
        !text.trim().is_empty() && text.chars().count() <= max && !text.contains(is_unprintable)
    };
    if !is_text(&asked.agency, TEXT_LONG_CHARS_MAX) {
        return Err(Error::new(ErrorCode::DspArguments, "agency", "blank, too long or unprintable"));
    }
    if asked.number.as_ref().is_some_and(|number| !is_text(number, TEXT_SHORT_CHARS_MAX)) {
        return Err(Error::new(ErrorCode::DspArguments, "number", "blank, too long or unprintable"));
    }
    match &asked.minutes {
        None if archive.config().disposal.minutes => Err(Error::new(
            ErrorCode::DspMinutes,
            "minutes",
            "the minutes of the expert commission must come with a plan",
        )),
        Some((number, date, file)) => {
            let fits = is_text(number, TEXT_SHORT_CHARS_MAX)
                && *date <= today
                && !file.is_empty()
                && file.len() <= MINUTES_BYTES_MAX;
            let what = "wanted a number, a day that has come, and a file of at most 32 MiB that is not empty";
            if fits { Ok(()) } else { Err(Error::new(ErrorCode::DspMinutes, "minutes", what)) }
        }
        None => Ok(()),
    }
}

/// The act of selection comes after the inventories of its years: what is kept is listed and approved before anything
/// goes.
fn check_inventories(archive: &Archive, agency: &str, found: &[(File, Decision)]) -> Result<(), Error> {
    let closed = |file: &File| file.row.state().closed.and_then(date).and_then(|day| u16::try_from(day.year()).ok());
    let year = found.iter().map(|(file, _)| closed(file).unwrap_or(file.row.year)).max();
    let Some(year) = year.filter(|_| archive.config().disposal.inventories) else { return Ok(()) };
    let approved = inventories_approved(archive, agency, year)?;
    if approved.unlisted.is_empty() && approved.open.is_empty() {
        return Ok(());
    }
    let open: Vec<String> = approved.open.iter().map(|(fonds, number)| format!("{fonds}/{number}")).collect();
    let first = approved.unlisted.first().map(|(file, kind)| format!(", first {} ({kind})", file.id));
    let what = format!(
        "up to {year}: {} files in no inventory{}; inventories not approved: [{}]",
        approved.unlisted.len(),
        first.unwrap_or_default(),
        open.join(", "),
    );
    Err(Error::new(ErrorCode::DspInventories, agency, what))
}

/// The number of the act: no two acts of an agency have the same, but for plans that were cancelled.
fn number(archive: &Archive, asked: &Asked, today: NaiveDate) -> Result<String, Error> {
    let mut taken = BTreeSet::new();
    for (_, row) in archive.index().plans()?.into_iter().filter(|(_, row)| row.cancelled.is_none()) {
        let (document, _) = archive.document(row.drafted)?;
        if document.text("agency") == Some(&asked.agency) {
            taken.extend(document.text("number").map(str::to_owned));
        }
    }
    match &asked.number {
        Some(number) if taken.contains(number) => {
            Err(Error::new(ErrorCode::DspArguments, "number", format!("an act {number} is there already")))
        }
        Some(number) => Ok(number.clone()),
        None => {
            let free = (1u32..).map(|n| format!("{}-{n}", today.year())).find(|number| !taken.contains(number));
            free.ok_or_else(|| Error::new(ErrorCode::DspArguments, "number", "every number of the year is taken"))
        }
    }
}

fn items(archive: &Archive, found: Vec<(File, Decision)>) -> Result<Vec<Item>, Error> {
    let mut items = Vec::with_capacity(found.len());
    for (number, (file, decision)) in (1..).zip(found) {
        let unknown = || Error::new(ErrorCode::StoChanged, file.id.to_string(), "dates of the file are not known");
        let day = |day: Option<i32>| day.and_then(date).ok_or_else(unknown);
        items.push(Item {
            number,
            file: file.id,
            index: file.row.index.clone(),
            year: file.row.year,
            volume: file.row.volume,
            title: title(&file),
            dates: (day(file.row.oldest)?, day(file.row.newest)?),
            records: records(archive, file.id)?,
            decision: decision.value(),
        });
    }
    Ok(items)
}

/// The records of a file, ascending by their ids.
pub(super) fn records(archive: &Archive, file: RecordId) -> Result<Vec<RecordId>, Error> {
    let filed = archive.index().filed_ids(file)?.into_iter();
    let mut records: Vec<RecordId> = filed.map(|(_, record)| record).collect();
    records.sort_unstable();
    Ok(records)
}

fn commit(archive: &Archive, plan: &Plan, asked: &Asked, actor: ActorId) -> Result<(), Error> {
    let fields = json!({"agency": plan.agency, "number": plan.number, "plan_sha256": plan.sha256().to_string()});
    let fields = fields.as_object().cloned().unwrap_or_default();
    let mut files = vec![(PLAN_FILE.to_owned(), plan.encode())];
    files.extend(asked.minutes.as_ref().map(|(_, _, file)| (MINUTES_FILE.to_owned(), file.clone())));
    let owner = ActOwner::New(plan.id, OWN_SUBTREE);
    archive.commit_files(ActKind::PlanDrafted, actor, owner, fields, files).map(drop)
}
