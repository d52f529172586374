//! What is left of records and files that were destroyed or handed over: by which act, and where they, or the
//! certificate, are.
//!
//! Who looks for them is never told "not found".

use super::Common;
use crate::archive::Archive;
use crate::clock::{Millis, local_text, rfc3339};
use crate::disposition::case::Case;
use crate::error::{Error, Exit};
use crate::filing::handover::{self, Elsewhere};
use crate::index::filing::TombRow;
use crate::index::query::Query;
use crate::index::released::ReleasedRow;
use crate::model::id::RecordId;
use crate::model::strict::shown;
use crate::text::{Lang, Text, text};
use crate::tlog::leaf::ActKind;
use crate::view::{self, Masked};
use serde_json::json;

const DESTROYED: Text = text("жойылды, акт №", "уничтожено по акту №", "destroyed by act no.");
const HANDED_OVER: Text = text(
    "басқа архивке тапсырылды, акт №",
    "передано в другой архив по акту №",
    "handed over to another archive by act no.",
);
const TO: Text = text("тапсырылды:", "передано:", "handed over to");
const BY_ACT: Text = text("акт №", "акт №", "by act no.");
const THERE: Text = text("сондағы нөмірі", "номер там", "its id there");
const ENDED: Text = text("архивпен бірге аяқталды", "ушло вместе с архивом", "went with the archive when it ended");
const CERTIFICATE: Text = text("сертификаты", "сертификат", "certificate");
const OF_FILE: Text = text("ісі", "дело", "file");

/// Says by what a record or file was destroyed, when it was. Gives nothing when it was not.
pub(super) fn show(archive: &Archive, id: RecordId, common: &Common) -> Result<Option<Exit>, Error> {
    let Some((plan, entry)) = archive.index().destroyed(id)? else { return Ok(None) };
    let leaf = archive.leaf(entry)?;
    let at = leaf.t;
    if leaf.act == ActKind::RemainderDestroyed {
        return Ok(Some(went_with_the_archive(id, entry, at, common)));
    }
    if let Some(elsewhere) = handover::elsewhere(archive, id)? {
        let row = archive.index().released(id)?;
        return Ok(Some(is_elsewhere(id, &elsewhere, row.as_ref(), common)));
    }
    let case = Case::read(archive, plan)?;
    let item = case.plan.items.iter().find(|item| item.file == id || item.records.contains(&id));
    if common.json() {
        common.print_json(&json!({
            "status": "destroyed", "id": id.to_string(), "act": case.plan.number, "plan_id": plan.to_string(),
            "entry": entry, "destroyed": rfc3339(at), "file_id": item.map(|item| item.file.to_string()),
            "stage": case.stage(archive).as_str(),
        }));
        return Ok(Some(Exit::Ok));
    }
    let lang = common.lang();
    out!("{id} · {} {} · {} (#{entry})", DESTROYED.get(lang), shown(&case.plan.number), local_text(at));
    if let Some(item) = item {
        out!("  {}: {} · {} · {}", OF_FILE.get(lang), shown(&item.index), item.year, shown(&item.title));
    }
    out!("  {}: muragat disposal certificate {plan}", CERTIFICATE.get(lang));
    Ok(Some(Exit::Ok))
}

/// It had no plan: it went when the archive ended (docs/disposal.md §6).
fn went_with_the_archive(id: RecordId, entry: u64, at: Millis, common: &Common) -> Exit {
    if common.json() {
        common.print_json(&json!({
            "status": "destroyed", "id": id.to_string(), "act": null, "plan_id": null, "entry": entry,
            "destroyed": rfc3339(at), "file_id": null, "stage": "ended",
        }));
    } else {
        out!("{id} · {} · {} (#{entry})", ENDED.get(common.lang()), local_text(at));
    }
    Exit::Ok
}

/// Another archive keeps it.
fn is_elsewhere(id: RecordId, found: &Elsewhere, row: Option<&ReleasedRow>, common: &Common) -> Exit {
    if common.json() {
        common.print_json(&view::handed_over(id, found, row));
        return Exit::Ok;
    }
    let lang = common.lang();
    let (to, act) = (shown(found.party.title.get(lang)), shown(&found.act));
    out!("{id} · {} {to}, {} {act} · {} (#{})", TO.get(lang), BY_ACT.get(lang), local_text(found.at), found.entry);
    let (_, index, year, _, title) = &found.file;
    if let Some(row) = row {
        let said = [row.number.as_deref(), row.date.as_deref()].into_iter().flatten().map(shown);
        out!("  {}", said.collect::<Vec<_>>().join(" · "));
    }
    out!("  {}: {} · {year} · {}", OF_FILE.get(lang), shown(index), shown(title));
    if let Some(reference) = found.reference {
        out!("  {}: {reference} ({})", THERE.get(lang), found.party.archive);
    }
    Exit::Ok
}

/// Lists the records that another archive keeps and that a query finds. Gives how many, and whether there are more. One
/// that is asked for by its id alone is told by [`show`].
pub(super) fn released(
    archive: &Archive,
    query: &Query,
    limit: usize,
    common: &Common,
) -> Result<(usize, bool), Error> {
    let mut found = Vec::new();
    archive.index().find_released(query, &mut |id, row| {
        found.push((id, row));
        found.len() <= limit
    })?;
    let more = found.len() > limit;
    found.truncate(limit);
    for (id, row) in &found {
        let elsewhere = handover::released(archive, row)?;
        is_elsewhere(*id, &elsewhere, Some(row), common);
    }
    Ok((found.len(), more))
}

/// By which act a file went.
pub(super) fn by_act(tomb: &TombRow, lang: Lang) -> String {
    let by = if tomb.is_handed_over { HANDED_OVER } else { DESTROYED };
    format!("{} {} (#{})", by.get(lang), shown(&tomb.number), tomb.entry)
}

/// Lists files that are here no more that `is_asked` for. Gives how many.
pub(super) fn list(archive: &Archive, common: &Common, is_asked: impl Fn(&TombRow) -> bool) -> Result<usize, Error> {
    let mut tombs = archive.index().tombs()?;
    tombs.retain(|(_, tomb)| is_asked(tomb));
    tombs.sort_by(|(_, a), (_, b)| {
        (&a.agency, a.year, &a.index, a.volume).cmp(&(&b.agency, b.year, &b.index, b.volume))
    });
    let lang = common.lang();
    for (id, tomb) in &tombs {
        if common.json() {
            common.print_json(&view::destroyed_file(*id, tomb, Masked::No));
        } else {
            let (index, title) = (shown(&tomb.index), shown(&tomb.title));
            out!("{id} · {index} · {} · {title} ({})", tomb.year, shown(&tomb.agency));
            out!("  {}", by_act(tomb, lang));
        }
    }
    Ok(tombs.len())
}
