//! Many files of many records, and the destruction of some of them, for measurements.
//!
//! Acts are those of `filing` and `disposition` without what they check: nothing is signed, and a plan has no document
//! of its own. What they bring to journal, vault, store and index is the same.
//!
//! A crash leaves an archive with fewer files.

use crate::archive::{ActOwner, Archive, Draft, OWN_SUBTREE, Register, Session};
use crate::error::{Error, ErrorCode};
use crate::filing::due::Basis;
use crate::filing::files::find;
use crate::index::writer::Payload;
use crate::ingest::generated::{Generated, seal};
use crate::model::case_file::{Change, FileForm, ListItem, Opening};
use crate::model::id::{ActorId, RecordId};
use crate::retention::Status;
use crate::store::seal::Sealer;
use crate::tlog::commit::Act;
use crate::tlog::leaf::ActKind;
use chrono::{Days, NaiveDate};
use serde_json::{Map, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Years of the files, from this one on.
const FIRST_YEAR: u16 = 1990;
/// How many years.
const YEARS: u32 = 35;
/// Indexes of the nomenclature in each year.
const INDEXES: u32 = 40;
/// One file in so many stays open.
const OPEN_EVERY: u32 = 20;
/// One closed file in so many gets another item later.
const MOVED_EVERY: u32 = 10;

/// Makes `files` files of `each` records in turns over years, indexes and `items`, and closes most of them. Gives their
/// ids, and those of the first record of each.
pub fn fill(
    archive: &Archive,
    files: u32,
    each: u32,
    items: &[ListItem],
    actor: ActorId,
) -> Result<Vec<(RecordId, RecordId)>, Error> {
    let failed = Arc::new(AtomicBool::new(false));
    let submit = |(act, payload, session): (Act, Payload, Option<Session>)| {
        let failed = failed.clone();
        let answer = Box::new(move |answer: crate::archive::Answer| failed.store(answer.is_err(), Ordering::Relaxed));
        archive.submit(Draft { act, payload, registration: None, session, answer });
    };
    let item = |n: u32| items.get(usize::try_from(n).unwrap_or(0) % items.len().max(1)).cloned();
    let subtree = archive.subtree("MANY", actor)?;
    let mut sealer = Sealer::default();
    let (mut made, mut filings) = (Vec::new(), Vec::new());
    for n in 0..files {
        let (year, index) =
            (year_of(n), format!("{:02}-{:02}", n / YEARS % INDEXES / 10 + 1, n / YEARS % INDEXES % 10));
        let opening = Opening {
            agency: "MANY".into(),
            index: index.clone(),
            year,
            volume: u16::try_from(n / YEARS / INDEXES + 1).unwrap_or(u16::MAX),
            title: format!("Хат алмасу {n} / Переписка {n}"),
            form: FileForm::Electronic,
            item: item(n),
            attributes: BTreeMap::from([("concerns".to_owned(), "other".to_owned())]),
            split: None,
        };
        let file = RecordId(crate::random::bytes());
        let owner = ActOwner::New(file, subtree);
        let (act, payload, session) =
            archive.seal_document(ActKind::FileOpened, actor, owner, opening.fields(), Vec::new())?;
        submit((act, payload, Some(session)));
        let mut first = None;
        for k in 0..each {
            let generated = Generated {
                agency: "MANY".into(),
                index: index.clone(),
                number: format!("{n}-{k}"),
                date: day_of(year, u64::from(k)),
                title: format!("Хат {n} {k} / Письмо {}", n % 977),
            };
            let (act, payload, session) = seal(archive, &mut sealer, &generated, actor)?;
            let record = act.rec;
            first = first.or(record);
            submit((act, payload, Some(session)));
            filings.push((record, file));
        }
        made.extend(first.map(|first| (file, first)));
    }
    settle(archive, actor)?;
    // Only now: an entry names the one before it of the same record, which the index must have.
    for (record, file) in filings {
        let mut filed = Act::new(ActKind::RecordFiled, actor);
        (filed.rec, filed.of) = (record, Some(file));
        submit((filed, Payload::None, None));
    }
    settle(archive, actor)?;
    for (n, (file, _)) in (0u32..).zip(&made).filter(|(n, _)| n % OPEN_EVERY != 0) {
        let mut changes = vec![(ActKind::FileClosed, Change::Closed(day_of(year_of(n), 300)))];
        if n % MOVED_EVERY == 1 {
            let change = Change::Reclassified { item: item(n + 1), attributes: BTreeMap::new() };
            changes.push((ActKind::FileReclassified, change));
        }
        for (kind, change) in changes {
            let owner = ActOwner::Known(*file);
            let (act, payload, session) =
                archive.seal_document(kind, actor, owner, change.fields(Some("-")), Vec::new())?;
            submit((act, payload, Some(session)));
        }
    }
    settle(archive, actor)?;
    match failed.load(Ordering::Relaxed) {
        true => Err(Error::new(ErrorCode::StoChanged, "many", "an act was not committed")),
        false => Ok(made),
    }
}

/// Waits until everything that was submitted is committed and in the index: an act that waits for its answer comes
/// after it.
fn settle(archive: &Archive, actor: ActorId) -> Result<(), Error> {
    let account = [("account".to_owned(), "many".into()), ("actor".to_owned(), actor.to_string().into())];
    archive.commit_document(ActKind::AccountAdded, actor, Register::Archive, Map::from_iter(account))?;
    archive.wait_index()?;
    Ok(())
}

fn year_of(n: u32) -> u16 {
    FIRST_YEAR + u16::try_from(n % YEARS).unwrap_or(0)
}

fn day_of(year: u16, days: u64) -> NaiveDate {
    let first = NaiveDate::from_ymd_opt(i32::from(year), 2, 1).unwrap_or_default();
    first.checked_add_days(Days::new(days)).unwrap_or(first)
}

/// Destroys those of the first `files` that are due, with all that a destruction does as the only writer: each is
/// judged, and one commit has the act, an entry for each file and record, and the roll of the vault. Gives how many
/// records.
pub fn destroy(
    archive: &Archive,
    plan: RecordId,
    files: &[RecordId],
    as_of: NaiveDate,
    actor: ActorId,
) -> Result<usize, Error> {
    let mut records = 0;
    let decide = || {
        let basis = Basis::of_index(archive)?;
        let judge = basis.judge();
        let (mut acts, mut destroyed) = (Vec::new(), Vec::new());
        for (number, id) in files.iter().enumerate() {
            let file = find(archive, *id)?;
            let decision = judge.decide(&file, as_of);
            if decision.status != Status::Due {
                continue;
            }
            let mut about = |kind: ActKind, id: RecordId| {
                let mut act = Act::new(kind, actor);
                (act.rec, act.of) = (Some(id), Some(plan));
                acts.push((act, Payload::None));
            };
            let ids = archive.index().filed_ids(*id)?;
            records += ids.len();
            ids.iter().for_each(|(_, record)| about(ActKind::RecordDestroyed, *record));
            about(ActKind::FileDestroyed, *id);
            destroyed.push(json!({
                "agency": file.row.agency, "file_id": id.to_string(), "number": number, "index": file.row.index,
                "year": file.row.year, "volume": file.row.volume, "title": file.row.title, "documents": ids.len(),
                "decision": decision.value(), "records": ids.iter().map(|(_, id)| id.to_string()).collect::<Vec<_>>(),
            }));
        }
        let fields = json!({"number": "1", "destroyed": destroyed});
        let fields = fields.as_object().cloned().unwrap_or_default();
        let owner = ActOwner::Known(plan);
        let (act, payload, session) =
            archive.seal_document(ActKind::DestroyExecuted, actor, owner, fields, Vec::new())?;
        acts.insert(0, (act, payload));
        Ok((acts, vec![session]))
    };
    archive.roll_vault_deciding(decide, actor)?;
    archive.wait_index()?;
    Ok(records)
}

/// The plan of such a destruction: an id with a key, and nothing that anybody signed.
pub fn plan(archive: &Archive, actor: ActorId) -> Result<RecordId, Error> {
    let id = RecordId(crate::random::bytes());
    let owner = ActOwner::New(id, OWN_SUBTREE);
    archive.commit_files(ActKind::PlanDrafted, actor, owner, Map::new(), Vec::new())?;
    Ok(id)
}
