//! The archive as a plan has it: what was in it among the entries before the map of heads, and nothing that came since.
//!
//! A package is written when it is sealed, again when it is sent, again after a crash and for another medium, and is
//! the same bytes each time. So nothing here asks what time it is, and whatever changes in an archive (holds,
//! policies, lists, renewals, approvals, additions) is taken as it was at one place of the journal: before the newest
//! entry `heads.mapped` below the size of the plan's checkpoint.
//!
//! It keeps at hand what several records need, each once: not one record's own.

use super::write::Plan;
use crate::archive::Archive;
use crate::clock::{Millis, civil_date, rfc3339, utc};
use crate::error::{Error, ErrorCode};
use crate::evidence::heads::Maps;
use crate::evidence::record::Maker;
use crate::evidence::stamp::Stamped;
use crate::filing::due::Basis;
use crate::filing::files::{self, File};
use crate::filing::holds;
use crate::index::rows::Adopted;
use crate::model::digest::Sha256;
use crate::model::id::RecordId;
use crate::tlog::LogError;
use crate::tlog::leaf::{ActKind, Leaf};
use crate::tlog::read::LogReader;
use crate::tlog::tree::{TILE_WIDTH, inclusion_proof};
use chrono::NaiveDate;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Bundles of entries that are kept at hand. Own bound: a record's entries come from a few.
const BUNDLES_CACHED_MAX: usize = 32;

/// The archive at one place of its journal.
pub(super) struct Past<'a> {
    pub(super) archive: &'a Archive,
    /// Entries of the checkpoint that all proofs are under.
    pub(super) size: u64,
    /// The entry that maps the heads: what is at it or behind it is not in the package.
    pub(super) cut: u64,
    pub(super) time: Millis,
    pub(super) maps: Maps,
    pub(super) maker: Maker<'a>,
    pub(super) basis: Basis,
    log: LogReader<'a>,
    bundles: VecDeque<(u64, Vec<Vec<u8>>)>,
    file: Option<Filed>,
    holds: BTreeMap<RecordId, Value>,
    /// Batches whose evidence went into the package.
    pub(super) stamped: BTreeMap<u64, Stamped>,
    /// Shared material that records name.
    pub(super) material: BTreeSet<Sha256>,
    /// Validation policies that records name.
    pub(super) policies: BTreeSet<Sha256>,
    /// Entries by which lists were adopted that decisions name.
    pub(super) lists: BTreeSet<u64>,
    /// Inventories of the files.
    pub(super) inventories: BTreeSet<RecordId>,
}

/// A file with the holds that its own chain names.
#[derive(Clone)]
pub(super) struct Filed {
    pub(super) file: File,
    pub(super) holds: Vec<RecordId>,
}

impl<'a> Past<'a> {
    pub(super) fn new(archive: &'a Archive, plan: &Plan) -> Result<Self, Error> {
        archive.wait_index()?;
        let behind = || not_ready(plan.package, "no map of heads is among the entries of the checkpoint");
        let maps = Maps::before(archive, plan.size)?.ok_or_else(behind)?;
        let (cut, log) = (maps.entry, archive.log()?);
        Ok(Self {
            archive,
            size: plan.size,
            cut,
            time: plan.time,
            maker: Maker::before(archive, cut, utc(plan.time))?,
            basis: Basis::before(archive, cut)?,
            maps,
            log,
            bundles: VecDeque::new(),
            file: None,
            holds: BTreeMap::new(),
            stamped: BTreeMap::new(),
            material: BTreeSet::new(),
            policies: BTreeSet::new(),
            lists: BTreeSet::new(),
            inventories: BTreeSet::new(),
        })
    }

    /// The day as of which terms are told.
    pub(super) fn day(&self) -> NaiveDate {
        civil_date(self.time)
    }

    /// The bytes of an entry.
    pub(super) fn entry(&mut self, index: u64) -> Result<Vec<u8>, Error> {
        let none = || Error::from(LogError::NoEntry { index, size: self.size });
        let (number, at) = (index / TILE_WIDTH, usize::try_from(index % TILE_WIDTH).unwrap_or_default());
        if index >= self.size {
            return Err(none());
        }
        if let Some((_, bundle)) = self.bundles.iter().find(|(known, _)| *known == number) {
            return bundle.get(at).cloned().ok_or_else(none);
        }
        let bundle = self.log.bundle(number)?;
        let entry = bundle.get(at).cloned().ok_or_else(none)?;
        if self.bundles.len() >= BUNDLES_CACHED_MAX {
            self.bundles.pop_front();
        }
        self.bundles.push_back((number, bundle));
        Ok(entry)
    }

    /// A chain from its newest entry back to its first, given oldest first, each with its bytes.
    pub(super) fn chain(&mut self, owner: RecordId, newest: Option<u64>) -> Result<Vec<(u64, Leaf, Vec<u8>)>, Error> {
        let mut entries = Vec::new();
        let mut next = newest;
        while let Some(index) = next {
            let bytes = self.entry(index)?;
            let leaf = Leaf::decode(index, &bytes).map_err(LogError::from)?;
            if leaf.rec != Some(owner) || leaf.prev.is_some_and(|prev| prev >= index) {
                let what = format!("the entry is not in the chain of {owner}");
                return Err(Error::new(ErrorCode::LogIntegrity, index.to_string(), what));
            }
            next = leaf.prev;
            entries.push((index, leaf, bytes));
        }
        entries.reverse();
        Ok(entries)
    }

    /// A line about an entry, with the proof that it is under the checkpoint.
    pub(super) fn proof_line(&self, index: u64, entry: &[u8]) -> Result<String, Error> {
        let hashes = inclusion_proof(&self.log, index, self.size)?;
        let text = String::from_utf8(entry.to_vec());
        let text = text.map_err(|_| LogError::integrity("tlog/tile/entries", format!("entry {index} is not text")))?;
        let hashes: Value = hashes.iter().map(Sha256::to_string).collect();
        Ok(format!("{}\n", json!({"entry": text, "index": index, "proof": hashes})))
    }

    /// The journal as it is, for proofs of consistency.
    pub(super) fn log(&self) -> &LogReader<'a> {
        &self.log
    }

    /// A file as it was; the last one that was asked for is at hand.
    pub(super) fn file(&mut self, id: RecordId) -> Result<Filed, Error> {
        if let Some(filed) = self.file.as_ref().filter(|filed| filed.file.id == id) {
            return Ok(filed.clone());
        }
        let mut file = files::find(self.archive, id)?;
        file.row.states.retain(|state| state.entry < self.cut);
        file.row.rulings.retain(|(entry, _)| *entry < self.cut);
        if let Some(listed) = file.row.listed {
            let unit = self.archive.index().unit(RecordId(listed.inventory), listed.unit)?;
            file.row.listed = unit.filter(|unit| unit.entry < self.cut).map(|_| listed);
        }
        if file.row.states.is_empty() {
            return Err(not_ready(id, "the file was opened behind the map of heads"));
        }
        let newest = self.maps.prove(id).and_then(|(custody, _)| custody.head.newest);
        let holds = holds_of(self.chain(id, newest)?.iter().map(|(_, leaf, _)| leaf));
        let filed = Filed { file, holds };
        Ok(self.file.insert(filed).clone())
    }

    /// A hold as it was, with its lifting when that was before.
    pub(super) fn hold(&mut self, id: RecordId) -> Result<Value, Error> {
        if let Some(known) = self.holds.get(&id) {
            return Ok(known.clone());
        }
        let hold = holds::find(self.archive, id)?;
        let (row, placing) = (&hold.row, &hold.placing);
        let mut value = json!({
            "hold": id.to_string(), "owner": placing.owner, "reason": placing.reason, "basis": placing.basis,
            "placed": self.when(row.placed)?,
        });
        if let Some(review) = placing.review {
            value["review"] = review.to_string().into();
        }
        if let Some(inquiry) = row.inquiry {
            value["inquiry"] = RecordId(inquiry).to_string().into();
        }
        if let Some(lifted) = row.lifted.filter(|lifted| *lifted < self.cut) {
            value["lifted"] = self.when(lifted)?;
            let (document, _) = self.archive.document(lifted)?;
            // What the closing of an inquiry lifts has its reason there.
            if let Some(reason) = document.text("reason") {
                value["lifted"]["reason"] = reason.into();
            }
        }
        self.holds.insert(id, value.clone());
        Ok(value)
    }

    /// An entry and its time.
    pub(super) fn when(&mut self, entry: u64) -> Result<Value, Error> {
        let leaf = Leaf::decode(entry, &self.entry(entry)?).map_err(LogError::from)?;
        Ok(json!({"entry": entry, "time": rfc3339(leaf.t)}))
    }

    /// Entries that are about the journal itself: the map of heads, and where the log went on under another name.
    pub(super) fn journal_entries(&self) -> Result<BTreeSet<u64>, Error> {
        let lost = self.archive.index().adopted(Adopted::Succession)?;
        Ok(lost.into_iter().filter(|entry| *entry < self.cut).chain([self.cut]).collect())
    }

    /// The fonds and the inventories of the files.
    pub(super) fn inventories(&mut self) -> Result<(Value, Value), Error> {
        let (mut fonds, mut inventories) = (Map::new(), Vec::new());
        for (id, row) in self.archive.index().inventories()? {
            if !self.inventories.contains(&id) {
                continue;
            }
            let mut approvals = Vec::new();
            let cut = self.cut;
            for (entry, until) in row.approved.iter().filter(|(entry, _)| *entry < cut) {
                let (document, _) = self.archive.document(*entry)?;
                let mut approval = self.when(*entry)?;
                approval["until"] = (*until).into();
                for key in ["minutes_number", "minutes_date"] {
                    if let Some(text) = document.text(key) {
                        approval[key] = text.into();
                    }
                }
                approvals.push(approval);
            }
            fonds.insert(row.fonds.to_string(), Value::Null);
            let mut value = json!({
                "inventory": id.to_string(), "fonds": row.fonds, "number": row.number, "kind": row.kind().as_str(),
                "title": row.title, "approved": approvals,
            });
            for (key, year) in [("from", row.period.0), ("to", row.period.1)] {
                if let Some(year) = year {
                    value[key] = year.into();
                }
            }
            inventories.push(value);
        }
        let mut of = Vec::new();
        for (id, row) in self.archive.index().fonds()? {
            if !fonds.contains_key(&row.number.to_string()) {
                continue;
            }
            // Its successors are told in the order of their acts.
            let newest = self.maps.prove(id).and_then(|(custody, _)| custody.head.newest);
            let chain = self.chain(id, newest)?;
            let count = chain.iter().filter(|(_, leaf, _)| leaf.act == ActKind::FondsSucceeded).count();
            let successor = |one: &crate::index::fonds::SuccessorRow| {
                let mut value = json!({"name": one.name});
                if let Some(from) = crate::index::filing::date(one.from) {
                    value["from"] = from.to_string().into();
                }
                if let Some(agency) = &one.agency {
                    value["agency"] = agency.as_str().into();
                }
                value
            };
            of.push(json!({
                "fonds": row.number, "name": row.name, "agency": row.agency,
                "successors": row.successors.iter().take(count).map(successor).collect::<Value>(),
            }));
        }
        Ok((of.into(), inventories.into()))
    }
}

/// The holds that the entries of a chain name, each once, oldest first.
pub(super) fn holds_of<'l>(leaves: impl Iterator<Item = &'l Leaf>) -> Vec<RecordId> {
    let mut holds = Vec::new();
    for leaf in leaves.filter(|leaf| leaf.act == ActKind::HoldCovers) {
        if let Some(hold) = leaf.of.filter(|hold| !holds.contains(hold)) {
            holds.push(hold);
        }
    }
    holds
}

/// That something cannot be written as the plan has it.
pub(super) fn not_ready(subject: RecordId, what: impl Into<String>) -> Error {
    Error::new(ErrorCode::TrfNotReady, subject.to_string(), what.into())
}
