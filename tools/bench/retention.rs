//! What is due among many generated records, and the destruction of some.
//!
//! The archive is made by `testing::many`: nothing is signed, the index is what intake makes of it. Beside each answer
//! stands the plain way, by the records' own rows and with every derivation, measured in turns with it on the same
//! archive.
//! Destruction is measured at the level of its commit, without the signatures of a plan: judging, the act with an entry
//! for each file and record, the roll of the vault, and the index.

use crate::Fallible;
use crate::measure::{Times, peak_memory_mb};
use crate::steps::{Places, create, open_archive};
use chrono::NaiveDate;
use muragat::archive::Archive;
use muragat::filing::due::{Basis, judged, why};
use muragat::filing::files::{File, find};
use muragat::filing::holds::{Placing, place};
use muragat::filing::simulate::simulate;
use muragat::index::filing::HoldTarget;
use muragat::ingest::lists::{Adopted, adopt};
use muragat::model::case_file::ListItem;
use muragat::model::id::RecordId;
use muragat::retention::{RuleList, Status};
use muragat::testing::many;
use muragat::verify::material::Material;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::hint::black_box;
use std::time::Instant;

/// The sample list of the project.
const LIST: &[u8] = include_bytes!("../../retention-rules/kz-sample.toml");
const RECORDS_EACH: u32 = 20;
const HOLDS: usize = 1_000;
/// Files that are destroyed at once.
const DESTROYED: usize = 50;
/// Repetitions in one process; the middle one counts.
const TURNS: usize = 5;
/// Records that are asked about.
const ASKED: usize = 200;

fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 7, 1).unwrap_or_default()
}

/// What `muragat due` lists.
fn is_listed(status: Status) -> bool {
    matches!(status, Status::Due | Status::Held | Status::AwaitsPerson)
}

/// Makes the archive, adopts the list and places the holds.
pub(crate) fn fill(places: &Places, records: usize) -> Fallible<Value> {
    let begun = Instant::now();
    let (archive, actor) = create(&places.many())?;
    let list = RuleList::parse(LIST, "kz-sample.toml").map_err(|faults| format!("{faults:?}"))?;
    let Adopted::Done(_) = adopt(&archive, (&list, LIST), None, &[], &Material::default(), actor)? else {
        return Err("the sample list was not adopted".into());
    };
    let item = |item: &String| ListItem { list: list.id.clone(), item: item.clone() };
    let items: Vec<ListItem> = list.rules.keys().map(item).collect();
    let files = u32::try_from(records)?.div_ceil(RECORDS_EACH);
    let made = many::fill(&archive, files, RECORDS_EACH, &items, actor)?;
    let placing =
        Placing {
            owner: "Сот".into(), reason: "талап".into(), basis: "№ 1".into(), review: None, query: None
        };
    // Spread over all files, and never on more than a third of them.
    let holds = HOLDS.min(made.len() / 3);
    for (_, record) in made.iter().step_by(made.len() / holds.max(1)).take(holds) {
        place(&archive, &placing, &[HoldTarget::Record(record.0)], actor)?;
    }
    let records = archive.index_meta().records;
    archive.close()?;
    let s = begun.elapsed().as_secs_f64();
    Ok(json!({"s": s, "records": records, "files": made.len(), "holds": holds}))
}

/// Holds by file as the records' own rows say it.
fn plain_holds(archive: &Archive) -> Fallible<HashMap<RecordId, Vec<RecordId>>> {
    let index = archive.index();
    let mut holds: HashMap<RecordId, Vec<RecordId>> = HashMap::new();
    for (target, hold) in index.held()? {
        let file = index.record_by_id(target)?.map_or(Some(target), |row| row.filed.map(RecordId));
        if let Some(file) = file {
            holds.entry(file).or_default().push(hold);
        }
    }
    Ok(holds)
}

/// What is due, why, and in the years to come.
pub(crate) fn ask(places: &Places) -> Fallible<Value> {
    let archive = open_archive(&places.many())?;
    let as_of = today();
    let [mut basis, mut due, mut one, mut years] = [(); 4].map(|()| Times::default());
    let [mut plain_basis, mut plain_due, mut plain_one] = [(); 3].map(|()| Times::default());
    // What `muragat due` lists, by both ways.
    let (mut found, mut plain_found): (Vec<_>, Vec<_>) = Default::default();
    // Once without counting: what is measured is warm.
    for turn in 0..=TURNS {
        let mut timed = [(); 6].map(|()| Times::default());
        timed[0].take(|| Ok(black_box(Basis::read(&archive)?).holds().of(RecordId([0; 16])).len()))?;
        timed[1].take(|| Ok(black_box(plain_holds(&archive)?).len()))?;
        found = timed[2].take(|| {
            let basis = Basis::read(&archive)?;
            let found = judged(&archive, &basis.judge(), as_of, is_listed)?;
            Ok(found.into_iter().map(|one| (one.file, one.status, one.due)).collect())
        })?;
        let basis_now = Basis::read(&archive)?;
        plain_found = timed[3].take(|| {
            black_box(plain_holds(&archive)?);
            let (judge, files) = (basis_now.judge(), archive.index().files()?);
            let mut files: Vec<File> = files.into_iter().map(|(id, row)| File { id, row }).collect();
            files.sort_by(|a, b| {
                let (a, b) = (&a.row, &b.row);
                (&a.agency, a.year, &a.index, a.volume).cmp(&(&b.agency, b.year, &b.index, b.volume))
            });
            let decisions = files.iter().map(|file| (file.id, judge.decide(file, as_of)));
            let found = decisions.filter(|(_, decision)| is_listed(decision.status));
            Ok(found.map(|(id, decision)| (id, decision.status, decision.due)).collect())
        })?;
        timed[4].take(|| Ok(black_box(simulate(&archive, as_of, 30, None)?).later))?;
        if turn > 0 {
            let [a, b, c, d, e, _] = timed;
            basis.extend(a);
            plain_basis.extend(b);
            due.extend(c);
            plain_due.extend(d);
            years.extend(e);
        }
    }
    if found.is_empty() || found != plain_found {
        return Err(format!("{} files are listed, {} in the plain way", found.len(), plain_found.len()).into());
    }
    let records = archive.index_meta().records;
    let basis_now = Basis::read(&archive)?;
    for number in (0..records).step_by((usize::try_from(records)? / ASKED).max(1)) {
        let Some(row) = archive.index().record(number)?.filter(|row| row.filed.is_some()) else { continue };
        let (_, decision) = one.take(|| Ok(why(&archive, row.id(), as_of)?))?;
        let plain = plain_one.take(|| {
            black_box(plain_holds(&archive)?);
            let row = archive.index().record_by_id(row.id())?.ok_or("no such record")?;
            let file = find(&archive, RecordId(row.filed.ok_or("not filed")?))?;
            Ok(basis_now.judge().decide(&file, as_of))
        })?;
        if decision != plain {
            return Err(format!("{decision:?} is not {plain:?}").into());
        }
    }
    archive.close()?;
    let mut line = json!({"listed": found.len(), "records": records, "memory_mb": peak_memory_mb("self")?});
    let all = [
        ("basis", basis),
        ("due", due),
        ("why", one),
        ("simulate", years),
        ("plain_basis", plain_basis),
        ("plain_due", plain_due),
        ("plain_why", plain_one),
    ];
    for (name, times) in all {
        line[format!("{name}_us")] = times.quantile(0.5).into();
    }
    Ok(line)
}

/// Destroys the first files that are due.
pub(crate) fn destroy(places: &Places) -> Fallible<Value> {
    let archive = open_archive(&places.many())?;
    let actor = archive.actor("bench")?;
    let basis = Basis::read(&archive)?;
    let all = judged(&archive, &basis.judge(), today(), |status| status == Status::Due)?;
    let files: Vec<RecordId> = all.iter().map(|one| one.file).take(DESTROYED).collect();
    let plan = many::plan(&archive, actor)?;
    let begun = Instant::now();
    let records = many::destroy(&archive, plan, &files, today(), actor)?;
    let seconds = begun.elapsed().as_secs_f64();
    archive.close()?;
    Ok(json!({"s": seconds, "files": files.len(), "records": records, "memory_mb": peak_memory_mb("self")?}))
}
