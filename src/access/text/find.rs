//! Asking the full text, as somebody who may see some of it.
//!
//! What the caller reaches is part of the question, so that hits, counts and places come from inside it. A hit names a
//! record and places in it; the piece of text around a place is given of public records only, because to see what a
//! restricted record says is to read it, and a reading is in the journal first.
//!
//! It decides nothing about access: the scope is that of [`rights`].

use crate::access::rights;
use crate::archive::Archive;
use crate::error::Error;
use crate::index::rows::RecordRow;
use crate::index::text::highlight::{Marker, Snippet};
use crate::index::text::{Agencies, Categories, Counts, Cursor, Page, Place, Scope, TextQuery};
use crate::index::writer::read_id;
use crate::model::submission::AccessCategory;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A place of a hit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundPlace {
    /// Where.
    pub place: Place,
    /// Path of the component; none of the card, and of a restricted record.
    pub component: Option<String>,
    /// The document in a container.
    pub member: Option<Arc<str>>,
    /// Page, slide or sheet.
    pub page: Option<u32>,
    /// What it says; none of a restricted record.
    pub snippet: Option<Snippet>,
}

/// A record that was found.
#[derive(Debug, Clone)]
pub struct FoundRecord {
    /// The record.
    pub row: RecordRow,
    /// All words of the question are in it.
    pub has_all_words: bool,
    /// Its best places.
    pub places: Vec<FoundPlace>,
}

/// A page of what was found.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// Records, best first.
    pub records: Vec<FoundRecord>,
    /// How many there are, and how many of them have all words.
    pub total: (u64, u64),
    /// The same by agency, category, kind, direction and year.
    pub counts: Counts,
    /// Where the next page begins.
    pub next: Option<Cursor>,
    /// Entries of the journal that the words do not have yet.
    pub lag: u64,
}

/// What somebody reaches, as a part of the question. None when they reach nothing.
pub fn scope(reached: &rights::Scope) -> Option<Scope> {
    let categories = |access: &Option<BTreeSet<AccessCategory>>| match access {
        None => Categories::All,
        Some(only) => Categories::Only(only.iter().map(|access| access.as_str().to_owned()).collect()),
    };
    let general: Vec<_> = reached.rows().iter().filter(|row| row.records.is_none() && row.by.is_none()).collect();
    if general.is_empty() {
        // A permit of the reading room: named records, of whatever agency.
        let named: Vec<_> = reached.rows().iter().filter(|row| row.by.is_none()).collect();
        let records: BTreeSet<_> = named.iter().filter_map(|row| row.records.as_ref()).flatten().copied().collect();
        let mut all = Categories::Only(BTreeSet::new());
        named.iter().for_each(|row| all = both(&all, &categories(&row.access)));
        return (!records.is_empty()).then_some(Scope { agencies: Agencies::All(all), records: Some(records) });
    }
    let mut these: BTreeMap<String, Categories> = BTreeMap::new();
    for row in general {
        match &row.agencies {
            rights::Agencies::All => {
                return Some(Scope { agencies: Agencies::All(categories(&row.access)), records: None });
            }
            rights::Agencies::One(agency) => {
                let known = these.entry(agency.clone()).or_insert_with(|| Categories::Only(BTreeSet::new()));
                *known = both(known, &categories(&row.access));
            }
            rights::Agencies::None => {}
        }
    }
    (!these.is_empty()).then_some(Scope { agencies: Agencies::These(these), records: None })
}

fn both(one: &Categories, other: &Categories) -> Categories {
    match (one, other) {
        (Categories::Only(one), Categories::Only(other)) => Categories::Only(one | other),
        _ => Categories::All,
    }
}

/// Asks for the records whose card or text has the words of a question.
pub fn find(archive: &Archive, query: &TextQuery, scope: &Scope, page: Page) -> Result<Found, Error> {
    let texts = archive.texts()?;
    let answer = texts.index.search(query, scope, page)?;
    let mut marker = Marker::new(query, &answer.loosened);
    let mut records = Vec::with_capacity(answer.hits.len());
    for hit in answer.hits {
        // One that was erased since the words were last brought up.
        let Some(row) = archive.index().record_by_id(hit.record)? else { continue };
        let is_public = row.access() == AccessCategory::Public;
        let mut places = Vec::with_capacity(hit.places.len());
        for place in hit.places {
            places.push(found_place(archive, &row, place, is_public.then_some(&mut marker))?);
        }
        records.push(FoundRecord { row, has_all_words: hit.has_all_words, places });
    }
    let lag = archive.head().size.saturating_sub(texts.index.watermark().unwrap_or(0));
    let total = (answer.total, answer.total_all_words);
    Ok(Found { records, total, counts: answer.counts, next: answer.next, lag })
}

fn found_place(
    archive: &Archive,
    row: &RecordRow,
    place: Place,
    marker: Option<&mut Marker>,
) -> Result<FoundPlace, Error> {
    let mut found = FoundPlace { place, component: None, member: None, page: None, snippet: None };
    let Place::Unit { component, unit } = place else {
        let card: Vec<&str> = row.card.iter().map(|(_, value)| value.as_str()).collect();
        found.snippet = marker.map(|marker| marker.mark(&card.join("\n")).snippet);
        return Ok(found);
    };
    let component = usize::try_from(component).ok().and_then(|number| row.components.get(number));
    // The name of a file says what it is about, as a title does.
    let (Some(component), Some(marker)) = (component, marker) else { return Ok(found) };
    found.component = Some(component.path.clone());
    let reader = archive.index();
    let Some(id) = read_id(reader.kv, reader.keys, row.id())? else { return Ok(found) };
    let key = match archive.record_key(id.key, row.id()) {
        Err(e) if e.code.is_gone() => return Ok(found),
        key => key?,
    };
    let text = archive.texts()?.kept.get(&key, row.id(), &component.stored.object)?;
    let number = usize::try_from(unit).unwrap_or(usize::MAX).saturating_sub(1);
    if let Some(one) = text.and_then(|text| text.units.into_iter().nth(number)) {
        found.snippet = Some(marker.mark(&one.text).snippet);
        (found.member, found.page) = (one.path, one.page);
    }
    Ok(found)
}
