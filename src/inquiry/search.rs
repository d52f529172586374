//! A search that is made under an inquiry.
//!
//! It is asked at the head of the journal, while nobody else can write, and its act says up to which size and root the
//! archive was searched. What was found is committed with it, and so is the hold that keeps it: the caller sees the
//! result only when both are durable.
//!
//! Who asks over the service reaches one agency and some categories: then the search is confined to these, its act says
//! so, and so does the answer that speaks of it. What it does not reach it neither finds nor counts.
//!
//! Of a destroyed file the archive knows index, title and year, of a destroyed record its id. So a query of words
//! reaches destroyed files and one of an id what had it; whether a search could reach them is said in its act. A record
//! that another archive keeps is found by number and date too, unless access to it was restricted.
//!
//! A crash leaves a search with its hold in the journal, or nothing. It opens no record.

use super::desk::{keep, standing};
use crate::archive::{ActOwner, Archive};
use crate::disposition::case::Case;
use crate::error::{Error, ErrorCode};
use crate::filing::handover;
use crate::filing::{check_text, cite};
use crate::index::filing::HoldTarget;
use crate::index::query::Query;
use crate::index::released::ReleasedRow;
use crate::index::rows::RecordRow;
use crate::model::citation::Citation;
use crate::model::digest::Sha256;
use crate::model::id::{ActorId, RecordId};
use crate::model::record::ActDocument;
use crate::model::submission::AccessCategory;
use crate::tlog::leaf::ActKind;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Records that one search may find. Own bound: an answer names each of them.
const FOUND_MAX: usize = 10_000;

/// What a search is confined to; without it everything in the archive is searched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Within {
    /// Code of the agency.
    pub agency: String,
    /// Categories of records.
    pub access: BTreeSet<AccessCategory>,
}

impl Within {
    /// As it stands in the act and in an answer.
    pub fn value(&self) -> Value {
        let access = self.access.iter().map(|access| access.as_str());
        serde_json::json!({"agency": self.agency, "access": access.collect::<Vec<_>>()})
    }

    fn of(value: &Value) -> Option<Self> {
        let access = value.get("access")?.as_array()?.iter();
        Some(Self {
            agency: value.get("agency")?.as_str()?.to_owned(),
            access: access.map(|one| AccessCategory::parse(one.as_str()?)).collect::<Option<_>>()?,
        })
    }

    fn has(&self, row: &RecordRow) -> bool {
        row.agency == self.agency && self.access.contains(&row.access())
    }

    /// Whether something that was destroyed was of the agency.
    fn had(&self, archive: &Archive, id: RecordId) -> Result<bool, Error> {
        if let Some(tomb) = archive.index().tomb(id)? {
            return Ok(tomb.agency == self.agency);
        }
        // What went with the whole archive had no plan.
        let Some((plan, _)) = archive.index().destroyed(id)? else { return Ok(false) };
        if let Some(elsewhere) = handover::elsewhere(archive, id)? {
            return Ok(elsewhere.agency == self.agency);
        }
        Ok(Case::agency(archive, plan)?.as_ref() == Some(&self.agency))
    }
}

/// What a search came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Searched {
    /// Its entry.
    pub entry: u64,
    /// The query as it was asked.
    pub query: String,
    /// Its canonical text.
    pub canonical: String,
    /// Entries of the journal that were searched.
    pub size: u64,
    /// Root of the journal at that size.
    pub root: Sha256,
    /// Entries among them whose documents could not be read: what they brought was not searched.
    pub unreadable: u32,
    /// Whether destroyed files could be found by it.
    pub reaches_destroyed: bool,
    /// What it was confined to; none: everything.
    pub within: Option<Within>,
    /// Records that it found, ascending.
    pub found: BTreeSet<RecordId>,
    /// Files and records that it found destroyed, ascending.
    pub destroyed: BTreeSet<RecordId>,
}

impl Searched {
    fn fields(&self) -> Map<String, Value> {
        let ids = |ids: &BTreeSet<RecordId>| ids.iter().map(RecordId::to_string).collect::<Vec<_>>();
        let mut fields = serde_json::json!({
            "query": self.query, "canonical": self.canonical, "size": self.size, "root": self.root.to_string(),
            "unreadable": self.unreadable, "reaches_destroyed": self.reaches_destroyed, "found": ids(&self.found),
            "destroyed": ids(&self.destroyed),
        });
        if let Some(within) = &self.within {
            fields["within"] = within.value();
        }
        fields.as_object().cloned().unwrap_or_default()
    }

    /// Reads the document of a search.
    fn of(document: &ActDocument, entry: u64) -> Option<Self> {
        let number = |key: &str| document.fields.get(key)?.as_u64();
        let ids = |key: &str| {
            let ids = document.fields.get(key)?.as_array()?.iter();
            ids.map(|id| id.as_str()?.parse().ok()).collect::<Option<BTreeSet<RecordId>>>()
        };
        Some(Self {
            entry,
            query: document.text("query")?.to_owned(),
            canonical: document.text("canonical")?.to_owned(),
            size: number("size")?,
            root: document.text("root")?.parse().ok()?,
            unreadable: number("unreadable")?.try_into().ok()?,
            reaches_destroyed: document.fields.get("reaches_destroyed")?.as_bool()?,
            within: match document.fields.get("within") {
                Some(within) => Some(Within::of(within)?),
                None => None,
            },
            found: ids("found")?,
            destroyed: ids("destroyed")?,
        })
    }
}

/// Searches the archive under an inquiry, by a query or a citation.
///
/// # Errors
///
/// The query finds more than an answer can name; nothing was shown then, and nothing is in the journal.
pub fn search(archive: &Archive, id: RecordId, query: &str, actor: ActorId) -> Result<Searched, Error> {
    search_within(archive, id, query, None, actor)
}

/// The same, confined to what somebody reaches.
pub fn search_within(
    archive: &Archive,
    id: RecordId,
    query: &str,
    within: Option<&Within>,
    actor: ActorId,
) -> Result<Searched, Error> {
    let query = query.trim();
    check_text("query", query)?;
    // Found before the archive is taken: a citation names the same for ever. One that names nothing finds nothing.
    let citation = query.parse::<Citation>().ok();
    let named = match citation.as_ref().map(|citation| cite::id(archive, citation)).transpose() {
        Err(e) if e.code == ErrorCode::FilNoInventory => None,
        named => named?,
    };
    let citation = citation.map(|citation| (citation, named));
    let mut searched = None;
    let committed = archive.commit_together_deciding(|| {
        let inquiry = standing(archive, id)?;
        let found = ask(archive, query, citation, within)?;
        let owner = ActOwner::Known(id);
        let (act, payload, session) =
            archive.seal_document(ActKind::InquirySearched, actor, owner, found.fields(), Vec::new())?;
        let (mut acts, mut sessions) = (vec![(act, payload)], vec![session]);
        let targets = found.found.iter().map(|record| HoldTarget::Record(record.0)).collect();
        if let Some((more, session)) = keep(archive, &inquiry, &targets, actor)? {
            acts.extend(more);
            sessions.push(session);
        }
        searched = Some(found);
        Ok((acts, sessions))
    })?;
    let searched = searched.expect("what was committed was found");
    Ok(Searched { entry: committed[0].index, ..searched })
}

/// The search of an entry.
pub fn find(archive: &Archive, entry: u64) -> Result<Searched, Error> {
    let changed = || Error::new(ErrorCode::StoChanged, entry.to_string(), "the document of the search cannot be read");
    Searched::of(&archive.document(entry)?.0, entry).ok_or_else(changed)
}

/// Asks the index as it is. Called at the head of the journal.
fn ask(
    archive: &Archive,
    query: &str,
    citation: Option<(Citation, Option<RecordId>)>,
    within: Option<&Within>,
) -> Result<Searched, Error> {
    let meta = archive.index_meta();
    let mut searched = Searched {
        entry: meta.size,
        query: query.to_owned(),
        canonical: String::new(),
        size: meta.size,
        root: Sha256(meta.root),
        unreadable: meta.damaged,
        reaches_destroyed: true,
        within: within.cloned(),
        found: BTreeSet::new(),
        destroyed: BTreeSet::new(),
    };
    match citation {
        Some((citation, named)) => {
            searched.canonical = citation.to_string();
            if let Some(id) = named {
                cited(archive, id, &mut searched)?;
            }
        }
        None => asked(archive, &Query::parse(query)?, &mut searched)?,
    }
    if searched.found.len() > FOUND_MAX {
        let what = format!("more than {FOUND_MAX} records");
        return Err(Error::new(ErrorCode::InqTooMany, "query", what));
    }
    Ok(searched)
}

fn asked(archive: &Archive, query: &Query, searched: &mut Searched) -> Result<(), Error> {
    let index = archive.index();
    searched.canonical = query.to_string();
    let within = searched.within.clone();
    index.search(query, None, &mut |_, row| {
        if within.as_ref().is_none_or(|within| within.has(&row)) {
            searched.found.insert(row.id());
        }
        searched.found.len() <= FOUND_MAX
    })?;
    // Only records to which access was not restricted are found by number and date.
    let is_bounded = |row: &ReleasedRow| {
        let is_own = |within: &Within| within.agency == row.agency && within.access.contains(&AccessCategory::Public);
        !within.as_ref().is_none_or(is_own)
    };
    let mut elsewhere = BTreeSet::new();
    index.find_released(query, &mut |id, row| {
        if !is_bounded(&row) {
            elsewhere.insert(id);
        }
        elsewhere.len() <= FOUND_MAX
    })?;
    if elsewhere.len() > FOUND_MAX {
        let what = format!("more than {FOUND_MAX} records that another archive keeps");
        return Err(Error::new(ErrorCode::InqTooMany, "query", what));
    }
    searched.destroyed.extend(elsewhere);
    for id in query.ids() {
        searched.destroyed.extend(index.destroyed(id)?.map(|_| id));
    }
    match query.words_only() {
        Some(words) => {
            let tombs = index.tombs()?.into_iter().filter(|(_, tomb)| tomb.has_words(&words));
            searched.destroyed.extend(tombs.map(|(file, _)| file));
        }
        None => searched.reaches_destroyed = query.ids().next().is_some(),
    }
    keep_own(archive, searched)
}

/// What a citation names: a record, those of a file, or a file that was destroyed.
fn cited(archive: &Archive, id: RecordId, searched: &mut Searched) -> Result<(), Error> {
    if archive.index().destroyed(id)?.is_some() {
        searched.destroyed.insert(id);
    } else if archive.index().file_of(id)?.is_some() {
        searched.found.insert(id);
    } else {
        searched.found.extend(archive.index().filed_ids(id)?.into_iter().map(|(_, record)| record));
    }
    keep_own(archive, searched)
}

/// Leaves of what was found what the search is confined to.
fn keep_own(archive: &Archive, searched: &mut Searched) -> Result<(), Error> {
    let Some(within) = &searched.within else { return Ok(()) };
    let (mut found, mut destroyed) = (BTreeSet::new(), BTreeSet::new());
    for id in &searched.found {
        found.extend(archive.index().record_by_id(*id)?.filter(|row| within.has(row)).map(|_| *id));
    }
    for id in &searched.destroyed {
        if within.had(archive, *id)? {
            destroyed.insert(*id);
        }
    }
    (searched.found, searched.destroyed) = (found, destroyed);
    Ok(())
}
