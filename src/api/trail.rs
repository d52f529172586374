//! `/api/v1/audit-trail`: who did and read what, by the journal, with the accounts behind its pseudonyms.
//!
//! An entry is of the agencies whose thing it is about; what concerns the archive as a whole is seen by who audits
//! that.
//! What was done is told and nothing of the documents: titles and names of records are in no entry.
//!
//! A page reads a bounded part of the journal: with a filter it may be short or empty and still have a next one.

use super::caller::{Caller, Params, id};
use super::describe::TrailEntryPage;
use super::page::{cursor, limit, page, place};
use super::problem::Problem;
use super::reach::{Owners, seen, seen_of_any};
use super::service::{Ask, Service};
use crate::access::rights::{Action, Scope, Target};
use crate::access::{Reading, reading};
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
            let said = match reading(&self.ask.archive, entry, leaf) {
                // What a record that is gone was read for went with it; that it was read stays.
                Err(e) if e.code.is_gone() || self.is_destroyed(leaf)? => Reading::default(),
                said => said?,
            };
            self.items.push(json!({
                "entry": entry, "time": rfc3339(leaf.t), "act": leaf.act.as_str(), "actor": leaf.actor.to_string(),
                "account": self.ask.index().account(leaf.actor)?.map(|account| account.name),
                "about": leaf.rec.map(|id| id.to_string()), "of": leaf.of.map(|id| id.to_string()),
                "agencies": agencies, "purpose": said.purpose, "rule": said.rule,
            }));
        }
        Ok(())
    }

    fn is_destroyed(&self, leaf: &Leaf) -> Result<bool, Problem> {
        let destroyed = leaf.rec.map(|id| self.ask.index().destroyed(id)).transpose()?;
        Ok(destroyed.flatten().is_some())
    }

    fn agencies(&mut self, entry: u64, leaf: &Leaf) -> Result<BTreeSet<String>, Problem> {
        if leaf.act == ActKind::SubmissionRefused {
            // It is about the register of refusals; whose the submission was, its document says.
            let (document, _) = self.ask.document(entry)?;
            return Ok(document.text("agency").map(str::to_owned).into_iter().collect());
        }
        Ok(match leaf.rec {
            Some(id) => self.owners.of(id)?.clone(),
            None => BTreeSet::new(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::rights::{Grant, Means, Principal, Role};
    use crate::archive::{Archive, Holder, InitOptions, Slot};
    use crate::clock::{FixedClock, civil_date};
    use crate::error::ErrorCode;
    use crate::filing::files::{Asked, open};
    use std::collections::BTreeMap;
    use std::sync::atomic::{AtomicBool, AtomicU64};

    static STOP: AtomicBool = AtomicBool::new(false);

    /// An archive with a file of an agency and an account, and who asks it in an office.
    fn asked(folder: &std::path::Path, role: Role, agency: Option<&str>) -> Ask {
        let clock = Arc::new(FixedClock(AtomicU64::new(1_772_683_506_007)));
        let root = folder.join("archive");
        Archive::create(&root, &InitOptions::default(), clock.clone()).unwrap().close().unwrap();
        let service = Arc::new(Service::new(Arc::new(Slot::open(&root, clock).unwrap()), &STOP, |_| {}).unwrap());
        let archive = service.slot.get().unwrap();
        let keeper = archive.open_account("keeper", &Holder::Service("keeper".into()), None, ActorId([0; 8]));
        keeper.unwrap();
        let actor = archive.actor("keeper").unwrap();
        let file = Asked {
            agency: "TEST-01".into(),
            index: "01-01".into(),
            year: 2026,
            volume: None,
            title: Some("Хат алмасу".into()),
            item: None,
            attributes: BTreeMap::new(),
        };
        open(&archive, &file, actor).unwrap();
        let today = civil_date(archive.now());
        let grant = Grant {
            role,
            agency: agency.map(str::to_owned),
            access: BTreeSet::new(),
            records: None,
            from: today,
            until: None,
        };
        let principal = Principal {
            account: "auditor".into(),
            actor: ActorId([9; 8]),
            person: Some(crate::model::iin::Iin::parse("000000000021").unwrap()),
            means: Means::Signature,
            grants: vec![grant],
            is_administrator: false,
            scopes: None,
        };
        Ask { service, archive, principal, caller: Caller::nobody(), today }
    }

    fn acts(ask: &Ask, params: &TrailParams) -> Vec<String> {
        let items = found(ask, params).unwrap()["items"].as_array().unwrap().clone();
        items.iter().map(|item| item["act"].as_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn an_auditor_sees_what_is_of_the_agency_and_with_whose_account() {
        let folder = tempfile::tempdir().unwrap();
        let ask = asked(folder.path(), Role::Auditor, Some("TEST-01"));
        let page = found(&ask, &TrailParams::default()).unwrap();
        let items = page["items"].as_array().unwrap();
        assert_eq!(items.len(), 1, "{page}");
        assert_eq!((items[0]["act"].as_str(), items[0]["account"].as_str()), (Some("file.opened"), Some("keeper")));
        assert_eq!((&items[0]["agencies"], &page["next"]), (&json!(["TEST-01"]), &Value::Null));
        for (actor, count) in [("keeper", 1), ("nobody", 0), (items[0]["actor"].as_str().unwrap(), 1)] {
            let params = TrailParams { actor: Some(actor.to_owned()), ..TrailParams::default() };
            assert_eq!(acts(&ask, &params).len(), count, "{actor}");
        }
        let file = items[0]["about"].as_str().unwrap().to_owned();
        for (record, count) in [(file, 1), ("0".repeat(32), 0)] {
            let params = TrailParams { record: Some(record.clone()), ..TrailParams::default() };
            assert_eq!(acts(&ask, &params).len(), count, "{record}");
        }
    }

    #[test]
    fn who_audits_the_archive_sees_its_own_acts_page_by_page() {
        let folder = tempfile::tempdir().unwrap();
        let ask = asked(folder.path(), Role::Auditor, None);
        let all = acts(&ask, &TrailParams::default());
        assert_eq!(all[0], "archive.created");
        assert!(all.contains(&"account.opened".to_owned()) && !all.contains(&"file.opened".to_owned()), "{all:?}");
        let (mut found_all, mut after) = (Vec::new(), None);
        loop {
            let params = TrailParams { limit: Some(2), after: after.clone(), ..TrailParams::default() };
            let page = found(&ask, &params).unwrap();
            found_all.extend(page["items"].as_array().unwrap().iter().map(|i| i["act"].as_str().unwrap().to_owned()));
            after = page["next"].as_str().map(str::to_owned);
            if after.is_none() {
                break;
            }
        }
        assert_eq!(found_all, all);
    }

    #[test]
    fn nobody_else_sees_it_and_no_auditor_of_another_agency() {
        for role in Role::ALL.iter().copied().filter(|role| *role != Role::Auditor) {
            let folder = tempfile::tempdir().unwrap();
            let ask = asked(folder.path(), role, Some("TEST-01"));
            let code = found(&ask, &TrailParams::default()).err().map(|problem| problem.code);
            assert_eq!(code, Some(ErrorCode::AccDenied), "{role}");
        }
        let folder = tempfile::tempdir().unwrap();
        let ask = asked(folder.path(), Role::Auditor, Some("OTHER-01"));
        assert_eq!(acts(&ask, &TrailParams::default()), Vec::<String>::new());
    }
}
