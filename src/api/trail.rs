//! `/api/v1/audit-trail`: who did and read what, by the journal, with the accounts behind its pseudonyms.
//!
//! An entry is of the agencies whose thing it is about; what concerns the archive as a whole is seen by who audits that.
//! What was done is told and nothing of the documents: titles and names of records are in no entry.
//!
//! A page reads a bounded part of the journal: with a filter it may be short or empty and still have a next one.

use super::caller::{Caller, Params, id};
use super::describe::TrailEntryPage;
use super::page::{cursor, limit, page, place};
use super::problem::Problem;
use super::reach::{Owners, seen, seen_of_any};
use super::service::{Ask, Service};
use crate::access::reading;
use crate::access::rights::{Action, Scope, Target};
use crate::clock::rfc3339;
use crate::index::writer::read_id;
use crate::model::id::{ActorId, RecordId};
use crate::tlog::leaf::{ActKind, Leaf};
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new().routes(routes!(trail))
}

/// Entries that a page reads at most. Own bound: some tenths of a second.
const READ_MAX: u64 = 65_536;
/// Entries that are read together: a tile of the journal.
const STEP: u64 = 256;

/// Parameters of the audit trail.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct TrailParams {
    /// The first entry; 0 when not given.
    from: Option<u64>,
    /// Only entries about this record, file, hold, inquiry or plan.
    record: Option<String>,
    /// Only acts of this account, by its name or its pseudonym.
    actor: Option<String>,
    /// The cursor of the page before.
    #[param(max_length = 200)]
    after: Option<String>,
    /// Entries on the page.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// Entries of the journal in their order, with accounts, and readings with purpose and rule.
#[utoipa::path(get, path = "/api/v1/audit-trail", tag = "audit", params(TrailParams),
    responses((status = 200, description = "A page", body = TrailEntryPage)))]
async fn trail(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Params(params): Params<TrailParams>,
) -> Result<Json<Value>, Problem> {
    service.ask(caller, move |ask| found(ask, &params)).await.map(Json)
}

fn found(ask: &Ask, params: &TrailParams) -> Result<Value, Problem> {
    let scope = ask.list(Action::AuditTrailSee)?;
    let limit = limit(params.limit)?;
    ask.wait_index()?;
    let TrailParams { from, record, actor, after, .. } = params;
    let question = format!("trail\n{from:?}\n{record:?}\n{actor:?}");
    let wrong = || Problem::request("after", "not a cursor of this list");
    let begin = match after {
        Some(after) => {
            let place: [u8; 8] = place(&ask.service, &question, after)?.try_into().map_err(|_| wrong())?;
            u64::from_be_bytes(place).saturating_add(1)
        }
        None => from.unwrap_or(0),
    };
    let by = match actor {
        None => None,
        Some(name) => match ask.index().actor(name)?.or_else(|| name.parse::<ActorId>().ok()) {
            Some(actor) => Some(actor),
            None => return Ok(page(Vec::new(), None)),
        },
    };
    let mut trail = Trail { ask, scope, owners: Owners::new(ask), by, limit, items: Vec::new(), last: None };
    let end = match record {
        Some(text) => trail.about(id(text)?, begin)?,
        None => trail.scan(begin)?,
    };
    let next = trail.last.filter(|_| !end).map(|last| cursor(&ask.service, &question, &last.to_be_bytes()));
    Ok(page(trail.items, next))
}

/// A page that is being gathered.
struct Trail<'a> {
    ask: &'a Ask,
    scope: Scope,
    owners: Owners<'a>,
    by: Option<ActorId>,
    limit: usize,
    items: Vec<Value>,
    /// The last entry that was looked at.
    last: Option<u64>,
}

impl Trail<'_> {
    /// Both chains of one owner, from `begin`. Gives whether nothing comes after.
    fn about(&mut self, owner: RecordId, begin: u64) -> Result<bool, Problem> {
        let index = self.ask.index();
        let Some(row) = read_id(index.kv, index.keys, owner)? else { return Ok(true) };
        let mut entries = self.ask.chain(owner, Some(row.custody))?;
        entries.extend(self.ask.chain(owner, row.reading)?);
        entries.sort_by_key(|(entry, _)| *entry);
        for (entry, leaf) in entries.into_iter().filter(|(entry, _)| *entry >= begin) {
            if self.items.len() == self.limit {
                return Ok(false);
            }
            self.add(entry, &leaf)?;
        }
        Ok(true)
    }

    /// The journal from `begin`.
    fn scan(&mut self, begin: u64) -> Result<bool, Problem> {
        let log = self.ask.log()?;
        let (end, mut at) = (log.size().min(begin.saturating_add(READ_MAX)), begin);
        while at < end {
            let to = end.min((at / STEP + 1) * STEP);
            let mut leaves = Vec::new();
            log.leaves::<crate::error::Error>(at, to, |entry, leaf| {
                leaves.push((entry, leaf));
                Ok(())
            })?;
            for (entry, leaf) in leaves {
                if self.items.len() == self.limit {
                    return Ok(false);
                }
                self.add(entry, &leaf)?;
            }
            at = to;
        }
        Ok(end == log.size() || begin >= log.size())
    }

    fn add(&mut self, entry: u64, leaf: &Leaf) -> Result<(), Problem> {
        self.last = Some(entry);
        if self.by.is_some_and(|by| by != leaf.actor) {
            return Ok(());
        }
        let agencies = self.agencies(entry, leaf)?;
        let is_seen = if agencies.is_empty() {
            seen(&self.scope, &Target::default()).is_some()
        } else {
            seen_of_any(&self.scope, &agencies).is_some()
        };
        if is_seen {
            let said = reading(&self.ask.archive, entry, leaf);
            // What a destroyed record was read for went with it; that it was read stays.
            let said = said.unwrap_or_default();
            self.items.push(json!({
                "entry": entry, "time": rfc3339(leaf.t), "act": leaf.act.as_str(), "actor": leaf.actor.to_string(),
                "account": self.ask.index().account(leaf.actor)?.map(|account| account.name),
                "about": leaf.rec.map(|id| id.to_string()), "of": leaf.of.map(|id| id.to_string()),
                "agencies": agencies, "purpose": said.purpose, "rule": said.rule,
            }));
        }
        Ok(())
    }

    fn agencies(&mut self, entry: u64, leaf: &Leaf) -> Result<BTreeSet<String>, Problem> {
        if leaf.act == ActKind::SubmissionRefused {
            // It is about the register of refusals; whose the submission was, its document says.
            let said =
                self.ask.document(entry).ok().and_then(|(document, _)| document.text("agency").map(str::to_owned));
            return Ok(said.into_iter().collect());
        }
        Ok(match leaf.rec {
            Some(id) => self.owners.of(id)?.clone(),
            None => BTreeSet::new(),
        })
    }
}
