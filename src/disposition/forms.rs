//! What forms are filled in with: the act of selection of a plan, inventories, the count of a year.
//!
//! A form comes with the program as a sample, or was adopted (`form.adopted`); the one that was adopted last is in
//! force, and nothing here knows its words or columns. What is printed is read anew from the archive each time and kept
//! nowhere. A crash leaves a form adopted or not.
//!
//! Titles are those of the plan and of the inventory, so none names a person. Where papers lie is sealed under the key
//! of their record: the act names it until the record is destroyed.

use super::case::Case;
use super::destroy::{METHOD, Why};
use super::plan::{Item, Plan};
use crate::archive::{Adoption, Archive};
use crate::clock::civil_date;
use crate::error::{Error, ErrorCode};
use crate::filing::due::{self, Basis};
use crate::filing::files::find;
use crate::filing::{fonds, inventory};
use crate::index::filing::TombRow;
use crate::index::filing::date;
use crate::model::calendar::CalendarStatus;
use crate::model::citation::Citation;
use crate::model::fonds::{Approval, InventoryKind};
use crate::model::form::{Filled, Form, FormId};
use crate::model::id::{ActorId, RecordId};
use crate::model::paper::PaperKind;
use crate::text::{Lang, Text, text};
use crate::tlog::leaf::ActKind;
use chrono::{Datelike, NaiveDate};
use serde_json::{Map, Value};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

/// The forms that come with the program, all of them samples.
const BUILT_IN: [&str; 6] = [
    include_str!("../../schema/form/1/default/act-of-selection.toml"),
    include_str!("../../schema/form/1/default/inventory-permanent.toml"),
    include_str!("../../schema/form/1/default/inventory-personnel.toml"),
    include_str!("../../schema/form/1/default/inventory-long-term.toml"),
    include_str!("../../schema/form/1/default/year-end-count.toml"),
    include_str!("../../schema/form/1/default/inquiry-register.toml"),
];

const DESTROYED: Text = text("жойылды", "уничтожено", "destroyed");
const KEPT: Text = text("сақталды", "оставлено", "kept");
const HANDED_OVER_BY: Text = text(
    "басқа архивке тапсырылды, акт №",
    "передано в другой архив, акт №",
    "handed over to another archive, act no.",
);
const DESTROYED_BY: Text = text("актімен жойылды, №", "уничтожено по акту №", "destroyed by act no.");
const ORIGINAL: Text = text("қағаз түпнұсқасы", "подлинник на бумаге", "original on paper");
const SHEETS: Text = text("парақ саны", "листов", "sheets");
const FILES: Text = text("іс", "дел", "files");
const DOCUMENTS: Text = text("құжат", "документов", "documents");
const ON_HOLD: Text = text("тыйым", "запрет", "hold");
const EDITION: Text = text("басылым", "редакция", "edition");
const ITEMS: Text = text("тармақтар", "статьи", "items");
const WHILE_NEEDED: Text = text("қажеттілігі өткенше", "до минования надобности", "until no longer needed");
const EXPERT: Text = text("СТК", "ЭПК", "EPC");
const METHOD_TEXT: Text = text(
    "криптографиялық жою (NIST SP 800-88r2, Purge): кілттер мен оларды шифрлайтын кілт жойылды, шифрланған деректер \
     сақтаудан алынады",
    "криптографическое стирание (NIST SP 800-88r2, Purge): уничтожены ключи и ключ их шифрования, шифртекст \
     удаляется из хранилища",
    METHOD,
);

/// A form with where it came from.
#[derive(Debug)]
pub struct Held {
    /// The entry of its adoption; none: it comes with the program.
    pub entry: Option<u64>,
    /// The form.
    pub form: Form,
}

/// Every form: those that come with the program, then those that were adopted, oldest first.
pub fn all(archive: &Archive) -> Result<Vec<Held>, Error> {
    let built_in = BUILT_IN.iter().map(|text| {
        let form = Form::parse(text.as_bytes(), "default").expect("a test reads the forms of the program");
        Held { entry: None, form }
    });
    let mut all: Vec<Held> = built_in.collect();
    for (entry, bytes) in archive.adopted_forms()? {
        let changed = |_| Error::new(ErrorCode::StoChanged, entry.to_string(), "the adopted file cannot be read");
        all.push(Held { entry: Some(entry), form: Form::parse(&bytes, "adopted").map_err(changed)? });
    }
    Ok(all)
}

/// The form in force of a document: the one that was adopted last, else that of the program.
pub fn in_force(archive: &Archive, id: FormId) -> Result<Held, Error> {
    let missing = || Error::new(ErrorCode::StoChanged, id.as_str(), "the program has no such form");
    all(archive)?.into_iter().rfind(|held| held.form.id == id).ok_or_else(missing)
}

/// Adopts a form that was read from `bytes`.
pub fn adopt(archive: &Archive, form: &Form, bytes: &[u8], actor: ActorId) -> Result<Adoption, Error> {
    let refused = |code, what: &str| Err(Error::new(code, format!("{} {}", form.id, form.edition), what));
    let held: Vec<Held> = all(archive)?.into_iter().filter(|held| held.form.id == form.id).collect();
    if let Some(last) = held.last().filter(|last| last.form.sha256 == form.sha256) {
        return Ok(Adoption::Held(last.entry));
    }
    if held.iter().any(|held| held.form.edition == form.edition && held.form.sha256 != form.sha256) {
        return refused(ErrorCode::FrmTaken, "this edition has other content");
    }
    let is_official = held.iter().any(|held| held.form.status == CalendarStatus::Official);
    if is_official && form.status == CalendarStatus::Sample {
        return refused(ErrorCode::FrmOfficial, "a sample");
    }
    archive.adopt_file(ActKind::FormAdopted, bytes, actor).map(Adoption::Done)
}

/// The form of an inventory of this kind.
pub fn of_kind(kind: InventoryKind) -> FormId {
    match kind {
        InventoryKind::Permanent => FormId::InventoryPermanent,
        InventoryKind::Personnel => FormId::InventoryPersonnel,
        InventoryKind::LongTerm => FormId::InventoryLongTerm,
    }
}

/// Name of the archive.
fn name(archive: &Archive) -> String {
    let config = archive.config();
    config.issuer.name.clone().unwrap_or_else(|| config.vkey.name.clone())
}

/// Fonds of an agency, with their names.
fn fonds_of(archive: &Archive, agency: &str) -> Result<(BTreeSet<u32>, String), Error> {
    let all = fonds::list(archive)?;
    let own: Vec<_> = all.iter().filter(|fonds| fonds.row.is_of(agency)).map(|fonds| &fonds.row).collect();
    let names: Vec<String> = own.iter().map(|row| format!("№ {} «{}»", row.number, row.name)).collect();
    Ok((own.iter().map(|row| row.number).collect(), names.join(", ")))
}

fn dates((oldest, newest): (Option<NaiveDate>, Option<NaiveDate>)) -> String {
    let (oldest, newest) = (oldest.map(|day| day.to_string()), newest.map(|day| day.to_string()));
    match (oldest, newest) {
        (Some(oldest), Some(newest)) if oldest != newest => format!("{oldest} – {newest}"),
        (oldest, newest) => oldest.or(newest).unwrap_or_default(),
    }
}

/// The act of selection of a plan; once it was executed, with the mark of destruction.
pub fn act(archive: &Archive, id: RecordId, lang: Lang) -> Result<Filled, Error> {
    let case = Case::read(archive, id)?;
    let plan = &case.plan;
    let outcome = match case.row.executed {
        Some(entry) => Some((entry, archive.document(entry)?.0.fields)),
        None => None,
    };
    let (own, fonds) = fonds_of(archive, &plan.agency)?;
    let mut units: BTreeMap<RecordId, Citation> = BTreeMap::new();
    for held in inventory::list(archive)?.iter().filter(|held| own.contains(&held.row.fonds)) {
        let (fonds, inventory) = (held.row.fonds, held.row.number);
        let listed = inventory::units(archive, held)?.into_iter();
        units.extend(listed.map(|u| (u.file, Citation { fonds, inventory, unit: u.number, document: None })));
    }
    let mut values = BTreeMap::from([
        ("archive", name(archive)),
        ("agency", plan.agency.clone()),
        ("fonds", fonds),
        ("number", plan.number.clone()),
        ("date", plan.as_of.to_string()),
        ("plan_id", plan.id.to_string()),
        ("plan_sha256", plan.sha256().to_string()),
        ("basis", basis(plan, lang)),
        ("files", plan.items.len().to_string()),
        ("documents", plan.records().to_string()),
        ("totals", totals(plan, lang)),
        ("held", held(archive, plan, lang)?),
        ("papers", papers(archive, plan, lang)?),
    ]);
    if let Some(minutes) = &plan.minutes {
        values.insert("minutes_number", minutes.number.clone());
        values.insert("minutes_date", minutes.date.to_string());
    }
    if let Some((entry, fields)) = &outcome {
        executed(&mut values, *entry, fields, lang);
    }
    let rows = plan.items.iter().map(|item| {
        let (outcome, note) = outcome.as_ref().map(|(_, fields)| became(fields, item, lang)).unwrap_or_default();
        BTreeMap::from([
            ("number", item.number.to_string()),
            ("index", item.index.clone()),
            ("year", item.year.to_string()),
            ("volume", item.volume.to_string()),
            ("title", item.title.clone()),
            ("dates", dates((Some(item.dates.0), Some(item.dates.1)))),
            ("unit", units.get(&item.file).map(|unit| unit.text(lang)).unwrap_or_default()),
            ("documents", item.records.len().to_string()),
            ("item", item_of(&item.decision).map(|(list, _, item)| format!("{list}/{item}")).unwrap_or_default()),
            ("term", term(&item.decision, lang)),
            ("outcome", outcome),
            ("note", note),
        ])
    });
    Ok(Filled { rows: rows.collect(), values })
}

/// List, edition and item by which a file is due.
fn item_of(decision: &Value) -> Option<(&str, &str, &str)> {
    let by = decision.get("by")?;
    let item = by.get("item")?;
    let own = item.get("item")?.as_str()?;
    let item_text = by.get("variant").and_then(Value::as_str).unwrap_or(own);
    Some((item.get("list")?.as_str()?, by.get("edition")?.as_str()?, item_text))
}

/// The lists by which the files of a plan are due, each with its items.
fn basis(plan: &Plan, lang: Lang) -> String {
    let mut lists: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for (list, edition, item) in plan.items.iter().filter_map(|item| item_of(&item.decision)) {
        lists.entry((list, edition)).or_default().insert(item);
    }
    let line = |((list, edition), items): ((&str, &str), BTreeSet<&str>)| {
        let items: Vec<&str> = items.into_iter().collect();
        format!("{list}, {} {edition}, {}: {}", EDITION.get(lang), ITEMS.get(lang), items.join(", "))
    };
    lists.into_iter().map(line).collect::<Vec<_>>().join("\n")
}

/// The term as the list gives it: years, or while it is needed; and whether a commission decides.
fn term(decision: &Value, lang: Lang) -> String {
    let reasons = || decision.get("reasons").and_then(Value::as_array).into_iter().flatten();
    let years = reasons().filter_map(|reason| reason.get("years")?.as_u64()).max().map(|years| years.to_string());
    let is_needed = reasons().any(|reason| reason.get("reason").and_then(Value::as_str) == Some("still_needed"));
    let needed = is_needed.then(|| WHILE_NEEDED.get(lang).to_owned());
    let by_expert = decision.get("action").and_then(Value::as_str) == Some("expert");
    let expert = by_expert.then(|| EXPERT.get(lang).to_owned());
    [years, needed, expert].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn totals(plan: &Plan, lang: Lang) -> String {
    let line = |(year, (files, documents)): (u16, (usize, usize))| {
        format!("{year}: {files} {}, {documents} {}", FILES.get(lang), DOCUMENTS.get(lang))
    };
    plan.totals().into_iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Files that would be due and that a hold keeps, each with its hold.
fn held(archive: &Archive, plan: &Plan, lang: Lang) -> Result<String, Error> {
    let mut lines = Vec::new();
    for kept in &plan.kept {
        let file = match find(archive, kept.file) {
            Ok(file) => format!("{} ({}, {})", file.row.index, file.row.year, file.row.volume),
            // Lifted, and destroyed by a later plan.
            Err(e) if e.code == ErrorCode::FilUnknown || e.code.is_gone() => kept.file.to_string(),
            Err(e) => return Err(e),
        };
        let on = kept.record.map(|record| format!(", {record}")).unwrap_or_default();
        lines.push(format!("{file}: {} {}{on}", ON_HOLD.get(lang), kept.hold));
    }
    Ok(lines.join("\n"))
}

/// Originals on paper of the plan's records that are still there, and where they lie.
fn papers(archive: &Archive, plan: &Plan, lang: Lang) -> Result<String, Error> {
    let mut lines = Vec::new();
    for item in &plan.items {
        for record in &item.records {
            let Some(row) = archive.index().record_by_id(*record)? else { continue };
            for paper in row.papers.iter().filter(|paper| paper.kind() == PaperKind::Original) {
                let (what, sheets, place) = (ORIGINAL.get(lang), SHEETS.get(lang), paper.place());
                let (lies, keeps) = (&place.place, &place.custodian);
                lines.push(format!("{}. {record}: {what}, {sheets}: {}; {lies}; {keeps}", item.number, paper.sheets));
            }
        }
    }
    Ok(lines.join("\n"))
}

fn list<'f>(fields: &'f Map<String, Value>, key: &str) -> impl Iterator<Item = &'f Value> + use<'f> {
    fields.get(key).and_then(Value::as_array).into_iter().flatten()
}

/// The mark of destruction.
fn executed(values: &mut BTreeMap<&'static str, String>, entry: u64, fields: &Map<String, Value>, lang: Lang) {
    let text = |key: &str| fields.get(key).and_then(Value::as_str).unwrap_or_default();
    let documents: u64 = list(fields, "destroyed").filter_map(|file| file.get("documents")?.as_u64()).sum();
    let method = if text("method") == METHOD { METHOD_TEXT.get(lang) } else { text("method") };
    values.insert("act_entry", format!("#{entry}"));
    values.insert("destroyed_date", text("as_of").to_owned());
    values.insert("destroyed_files", list(fields, "destroyed").count().to_string());
    values.insert("destroyed_documents", documents.to_string());
    values.insert("kept_files", list(fields, "kept").count().to_string());
    values.insert("method", method.to_owned());
}

/// What became of a file, and why it stays.
fn became(fields: &Map<String, Value>, item: &Item, lang: Lang) -> (String, String) {
    let is_it = |value: &&Value| value.get("number").and_then(Value::as_u64) == Some(item.number.into());
    if list(fields, "destroyed").any(|value| is_it(&value)) {
        return (DESTROYED.get(lang).to_owned(), String::new());
    }
    let kept = list(fields, "kept").find(is_it).and_then(|value| value.get("why")?.as_str());
    let why = kept.and_then(Why::parse).map(|why| why.text().get(lang).to_owned());
    (KEPT.get(lang).to_owned(), why.unwrap_or_default())
}

/// An inventory, with the form that it is printed by. A file that was destroyed stays in it, with its act.
pub fn inventory(archive: &Archive, (fonds, number): (u32, u32), lang: Lang) -> Result<(FormId, Filled), Error> {
    let fonds = fonds::find(archive, fonds)?.row;
    let inventory = inventory::find(archive, fonds.number, number)?;
    let units = inventory::units(archive, &inventory)?;
    let row = &inventory.row;
    let year = |year: Option<u16>| year.map(|year| year.to_string()).unwrap_or_default();
    let period = match row.period {
        (None, None) => String::new(),
        (from, to) => format!("{}–{}", year(from), year(to)),
    };
    let unit_number = |unit: Option<&crate::model::fonds::Unit>| unit.map(|u| u.number.to_string()).unwrap_or_default();
    let holder = fonds.successors.last().map_or(&fonds.name, |successor| &successor.name);
    let mut values = BTreeMap::from([
        ("archive", name(archive)),
        ("fonds", fonds.number.to_string()),
        ("fonds_name", holder.clone()),
        ("agency", fonds.agency.clone()),
        ("number", row.number.to_string()),
        ("title", row.title.clone()),
        ("period", period),
        ("files", units.len().to_string()),
        ("documents", units.iter().map(|unit| u64::from(unit.documents)).sum::<u64>().to_string()),
        ("first_unit", unit_number(units.first())),
        ("last_unit", unit_number(units.last())),
    ]);
    if let Some((entry, _)) = row.approved.last() {
        let changed = || Error::new(ErrorCode::StoChanged, entry.to_string(), "the approval cannot be read");
        let approval = Approval::of_fields(&archive.document(*entry)?.0.fields).ok_or_else(changed)?;
        values.insert("approved_until", approval.until.to_string());
        values.insert("minutes_number", approval.minutes_number);
        values.insert("minutes_date", approval.minutes_date.to_string());
    }
    let mut rows = Vec::with_capacity(units.len());
    for unit in units {
        let citation = Citation { fonds: row.fonds, inventory: row.number, unit: unit.number, document: None };
        let tomb = archive.index().tomb(unit.file)?;
        let by = |tomb: &TombRow| if tomb.is_handed_over { HANDED_OVER_BY } else { DESTROYED_BY };
        let note = tomb.map(|tomb| format!("{} {}", by(&tomb).get(lang), tomb.number)).unwrap_or_default();
        rows.push(BTreeMap::from([
            ("unit", unit.number.to_string()),
            ("citation", citation.text(lang)),
            ("year", unit.year.to_string()),
            ("volume", unit.volume.to_string()),
            ("title", unit.title.unwrap_or_else(|| unit.index.clone())),
            ("index", unit.index),
            ("dates", dates((unit.oldest, unit.newest))),
            ("closed", unit.closed.to_string()),
            ("documents", unit.documents.to_string()),
            ("note", note),
        ]));
    }
    Ok((of_kind(row.kind()), Filled { values, rows }))
}

/// Kinds of terms in the count of a year, in the order of its rows.
const KINDS: [Text; 7] = [
    text("тұрақты сақталатын", "постоянного хранения", "permanent"),
    text("жеке құрам жөніндегі", "по личному составу", "about the staff"),
    text("уақытша (10 жылдан астам) сақталатын", "временного (свыше 10 лет) хранения", "over 10 years"),
    text("уақытша (10 жылға дейін) сақталатын", "временного (до 10 лет включительно) хранения", "up to 10 years"),
    text("сақтау мерзімі белгісіз", "срок хранения не известен", "term not known"),
    text("жойылған", "уничтожены", "destroyed"),
    text("басқа архивке тапсырылған", "переданы в другой архив", "handed over to another archive"),
];

/// How many files of an agency were opened for a year, and how many were closed in it, by kind of term.
///
/// A file counts as opened in the year of its nomenclature, each volume by itself. Files that were destroyed have a row
/// of their own: of what kind they were is not asked again, and when they were closed stands in their plan.
pub fn year_count(archive: &Archive, agency: &str, year: u16, lang: Lang) -> Result<Filled, Error> {
    let basis = Basis::read(archive)?;
    let judge = basis.judge();
    let today = civil_date(archive.now());
    let mut counts = [[0_u64; 3]; KINDS.len()];
    for file in due::files(archive)?.into_iter().filter(|file| file.row.agency == agency) {
        let kind = match inventory::kind_of(&judge, &file, today) {
            Some(InventoryKind::Permanent) => 0,
            Some(InventoryKind::Personnel) => 1,
            Some(InventoryKind::LongTerm) => 2,
            None if judge.length(&file, today).is_some() => 3,
            None => 4,
        };
        let closed = file.row.state().closed.and_then(date);
        let is_of = file.row.year == year;
        counts[kind][0] += u64::from(is_of);
        counts[kind][1] += u64::from(closed.is_some_and(|day| day.year() == i32::from(year)));
        counts[kind][2] += if is_of { u64::from(file.row.documents) } else { 0 };
    }
    let mut plans: BTreeMap<[u8; 16], Plan> = BTreeMap::new();
    for (id, tomb) in archive.index().tombs()?.into_iter().filter(|(_, tomb)| tomb.agency == agency) {
        if tomb.is_handed_over {
            // When it was closed is known to who keeps it.
            counts[6][0] += u64::from(tomb.year == year);
            counts[6][2] += if tomb.year == year { u64::from(tomb.documents) } else { 0 };
            continue;
        }
        let plan = match plans.entry(tomb.plan) {
            Entry::Occupied(plan) => plan.into_mut(),
            Entry::Vacant(free) => free.insert(Case::read(archive, RecordId(tomb.plan))?.plan),
        };
        let item = plan.items.iter().find(|item| item.file == id);
        let is_of = tomb.year == year;
        counts[5][0] += u64::from(is_of);
        counts[5][1] += u64::from(item.and_then(closed_on).is_some_and(|day| day.year() == i32::from(year)));
        counts[5][2] += if is_of { u64::from(tomb.documents) } else { 0 };
    }
    let total = |column: usize| counts.iter().map(|count| count[column]).sum::<u64>().to_string();
    let values = BTreeMap::from([
        ("archive", name(archive)),
        ("agency", agency.to_owned()),
        ("fonds", fonds_of(archive, agency)?.1),
        ("year", year.to_string()),
        ("date", today.to_string()),
        ("opened", total(0)),
        ("closed", total(1)),
        ("documents", total(2)),
    ]);
    let rows = KINDS.iter().zip(&counts).map(|(text, [opened, closed, documents])| {
        BTreeMap::from([
            ("kind", text.get(lang).to_owned()),
            ("opened", opened.to_string()),
            ("closed", closed.to_string()),
            ("documents", documents.to_string()),
        ])
    });
    Ok(Filled { rows: rows.collect(), values })
}

/// When a file of a plan was closed, as its derivation says.
fn closed_on(item: &Item) -> Option<NaiveDate> {
    let reasons = item.decision.get("reasons")?.as_array()?;
    let closed = reasons.iter().find(|reason| reason.get("reason").and_then(Value::as_str) == Some("closed"))?;
    closed.get("day")?.as_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_has_a_sample_of_every_form() {
        let read = |text: &&str| Form::parse(text.as_bytes(), "default").unwrap();
        let forms: Vec<Form> = BUILT_IN.iter().map(read).collect();
        assert_eq!(forms.iter().map(|form| form.id).collect::<Vec<_>>(), FormId::ALL);
        assert!(forms.iter().all(|form| form.status == CalendarStatus::Sample));
    }

    #[test]
    fn a_term_is_in_years_or_while_it_is_needed() {
        let decision = serde_json::json!({
            "action": "expert", "reasons": [{"reason": "years", "years": 5, "day": "2030-01-01"},
                                            {"reason": "still_needed"}],
        });
        assert_eq!(term(&decision, Lang::Kk), "5 қажеттілігі өткенше СТК");
        assert_eq!(term(&serde_json::json!({}), Lang::Ru), "");
        assert_eq!(item_of(&serde_json::json!({"by": {}})), None);
    }
}
