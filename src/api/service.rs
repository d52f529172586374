//! The service as its handlers see it: the archive, who asks, and what is remembered while it runs.
//!
//! [`Service::ask`] is the one way to the archive: it finds out who asks, holds them to their rate, and runs the
//! question on a thread that may wait. Rights are decided by [`rights`](crate::access::rights) alone; what a caller may
//! not know of is answered like what is not there.
//!
//! What is remembered here (jobs, keys of idempotency, rates, sessions) is lost when the service ends; acts are not:
//! they are in the journal before anybody is told.

use super::body::length_of;
use super::caller::{Caller, principal};
use super::deliveries::Deliveries;
use super::jobs::Jobs;
use super::login::Logins;
use super::metrics::Metrics;
use super::once::Once;
use super::problem::Problem;
use super::rate::Rates;
use super::session::Sessions;
use super::tls::Tls;
use super::uploads::Adding;
use crate::access::rights::{Action, Decision, Principal, Scope, Target, decide, scope};
use crate::access::{Opened, Reader, is_about_persons};
use crate::archive::{Archive, Slot};
use crate::clock::{civil_date, rfc3339};
use crate::error::{Error, ErrorCode};
use crate::index::rows::RecordRow;
use crate::limits::{CONTAINER_BYTES_MAX, ZIP_OVERHEAD_BYTES_MAX};
use crate::model::id::RecordId;
use crate::text::Lang;
use axum::http::HeaderMap;
use chrono::NaiveDate;
use serde_json::Value;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

/// Questions that run at a time. Own bound: each has a thread, and two cores do not answer more of them sooner.
const QUESTIONS_MAX: usize = 64;

/// How long a body waits for a place.
const PLACE: Duration = Duration::from_secs(10);
/// Bytes of the medium that bodies leave alone. Own bound: a day of the journal and of decisions.
const RESERVE_BYTES: u64 = 256 * 1024 * 1024;
/// Large components that are given out at a time: each has a MiB in memory.
const STREAMS_MAX: usize = 64;
/// Questions about the journal at a time of who has not signed in.
const STRANGERS_MAX: usize = 16;
/// Bundles that are made or given out at a time. Own bound: each is up to 4 GiB in the spool, and is made of whole
/// records.
const BUNDLES_MAX: usize = 8;
/// Copies on paper that are made at a time. Own bound: a renderer takes a core and up to 6 GiB of address space.
const COPIES_MAX: usize = 2;
/// Bodies that are received at a time: each has some MiB in memory and up to 64 MiB in the spool.
const BODIES_MAX: usize = 32;

/// Bytes of the largest body that any path takes.
const BODY_BYTES_MAX: u64 = CONTAINER_BYTES_MAX + ZIP_OVERHEAD_BYTES_MAX;
/// Of bodies that are received whole into memory, those that are large. Own bound: some dozen MiB each.
const LARGE_MAX: usize = 4;

/// A service that runs.
pub(crate) struct Service {
    pub(crate) slot: Arc<Slot>,
    pub(crate) jobs: Jobs,
    pub(crate) once: Once,
    pub(crate) rates: Rates,
    pub(crate) sessions: Sessions,
    pub(crate) logins: Logins,
    pub(crate) adding: Adding,
    pub(crate) deliveries: Deliveries,
    pub(crate) metrics: Metrics,
    /// TLS of the address of the service, when it has it.
    pub(crate) tls: Option<Tls>,
    /// Signs cursors; made anew by every start, so an old cursor is told from a forged one by nobody, and needs not be.
    pub(crate) cursor_key: [u8; 32],
    /// Set when the service is to end.
    pub(crate) stop: &'static AtomicBool,
    /// Large components that are given out at a time.
    pub(crate) streams: Arc<Semaphore>,
    /// Questions about the journal of who has not signed in.
    pub(crate) strangers: Arc<Semaphore>,
    /// Bundles that are made or given out at a time.
    pub(crate) bundles: Arc<Semaphore>,
    /// Copies on paper that are made at a time.
    pub(crate) copies: Arc<Semaphore>,
    /// Bodies that are received at a time.
    pub(crate) bodies: Arc<Semaphore>,
    /// Large bodies of acts, which are in memory whole.
    large: Arc<Semaphore>,
    /// Signing in at an OpenID provider, when one is configured.
    #[cfg(feature = "oidc")]
    pub(crate) openid: Option<super::openid::OpenId>,
    questions: Arc<Semaphore>,
    log: fn(&Value),
}

impl Service {
    /// # Errors
    /// When the archive cannot be opened, or its configuration asks for what this program cannot do.
    pub(crate) fn new(slot: Arc<Slot>, stop: &'static AtomicBool, log: fn(&Value)) -> Result<Self, Error> {
        #[cfg(feature = "oidc")]
        let openid = super::openid::OpenId::of(&slot)?;
        #[cfg(not(feature = "oidc"))]
        if slot.get()?.config().oidc.is_some() {
            return Err(Error::new(ErrorCode::OidBuild, "oidc", "built without the feature `oidc`"));
        }
        Ok(Self {
            slot,
            jobs: Jobs::default(),
            once: Once::default(),
            rates: Rates::default(),
            sessions: Sessions::default(),
            logins: Logins::default(),
            adding: Adding::default(),
            deliveries: Deliveries::default(),
            metrics: Metrics::default(),
            tls: None,
            cursor_key: crate::random::bytes(),
            stop,
            streams: Arc::new(Semaphore::new(STREAMS_MAX)),
            strangers: Arc::new(Semaphore::new(STRANGERS_MAX)),
            bundles: Arc::new(Semaphore::new(BUNDLES_MAX)),
            copies: Arc::new(Semaphore::new(COPIES_MAX)),
            bodies: Arc::new(Semaphore::new(BODIES_MAX)),
            large: Arc::new(Semaphore::new(LARGE_MAX)),
            #[cfg(feature = "oidc")]
            openid,
            questions: Arc::new(Semaphore::new(QUESTIONS_MAX)),
            log,
        })
    }

    /// Whether people can sign in at an OpenID provider.
    pub(crate) fn has_openid(&self) -> bool {
        #[cfg(feature = "oidc")]
        return self.openid.is_some();
        #[cfg(not(feature = "oidc"))]
        false
    }

    /// Writes a line of the log.
    pub(crate) fn log(&self, mut line: Value) {
        line["time"] = rfc3339(self.slot.clock().now()).into();
        (self.log)(&line);
    }

    /// Whether it is to end.
    pub(crate) fn is_ending(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Bytes that the medium of the archive has free; none where that cannot be asked.
    pub(crate) fn free_bytes(&self) -> Option<u64> {
        let found = rustix::fs::statvfs(self.slot.folder()).ok()?;
        Some(found.f_bavail.saturating_mul(found.f_frsize))
    }

    /// A place for a body that is received, when there is one, and room for it and for what is made of it: a medium
    /// that is full stops every other act.
    pub(crate) async fn body(&self, headers: &HeaderMap) -> Result<OwnedSemaphorePermit, Problem> {
        let length = length_of(headers).unwrap_or(0);
        // What nobody takes is no question of room.
        if length > BODY_BYTES_MAX {
            return Err(Problem::new(ErrorCode::SrvTooLarge, "body", format!("at most {BODY_BYTES_MAX} bytes")));
        }
        self.room(length)?;
        place(&self.bodies).await
    }

    /// A place for one that is large and received whole into memory.
    pub(crate) async fn large(&self) -> Result<OwnedSemaphorePermit, Problem> {
        place(&self.large).await
    }

    /// Whether the medium has room for so many bytes more.
    pub(crate) fn room(&self, length: u64) -> Result<(), Problem> {
        self.room_for(length.saturating_mul(4))
    }

    /// Whether it has room for so many, all in all.
    pub(crate) fn room_for(&self, bytes: u64) -> Result<(), Problem> {
        let is_room = self.free_bytes().is_none_or(|free| free > bytes.saturating_add(RESERVE_BYTES));
        let full = || Problem::new(ErrorCode::StoFull, "spool", "no room for it");
        if is_room { Ok(()) } else { Err(full()) }
    }

    /// Asks the archive on a thread that may wait.
    pub(crate) async fn ask<T: Send + 'static>(
        self: &Arc<Self>,
        caller: Caller,
        question: impl FnOnce(&Ask) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let service = self.clone();
        self.run(move || {
            let answer = Ask::new(service.clone(), caller).and_then(|ask| question(&ask));
            if answer.as_ref().is_err_and(|problem| problem.code == ErrorCode::IdxFailed) {
                service.slot.rebuild_index();
            }
            answer
        })
        .await
    }

    /// Asks the archive for nobody: what everybody may know, and who somebody is.
    pub(crate) async fn reach<T: Send + 'static>(
        self: &Arc<Self>,
        question: impl FnOnce(&Archive) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let slot = self.slot.clone();
        self.run(move || question(&*slot.get()?)).await
    }

    async fn run<T: Send + 'static>(
        &self,
        question: impl FnOnce() -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let busy = || Problem::new(ErrorCode::SrvBusy, "service", "as many questions wait as may");
        let permit = self.questions.clone().acquire_owned().await.map_err(|_| busy())?;
        let asked = spawn_blocking(move || {
            let answer = question();
            drop(permit);
            answer
        });
        let panicked = |e: tokio::task::JoinError| Problem::new(ErrorCode::SrvFailed, "service", e.to_string());
        asked.await.map_err(panicked)?
    }
}

async fn place(places: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, Problem> {
    let busy = || Problem::new(ErrorCode::SrvBusy, "body", "as many bodies are received as may");
    let place = timeout(PLACE, places.clone().acquire_owned()).await;
    place.map_err(|_| busy())?.map_err(|_| busy())
}

/// One question: the archive, who asks, when.
pub(crate) struct Ask {
    pub(crate) service: Arc<Service>,
    pub(crate) archive: Arc<Archive>,
    pub(crate) principal: Principal,
    pub(crate) caller: Caller,
    pub(crate) today: NaiveDate,
}

impl Deref for Ask {
    type Target = Archive;

    fn deref(&self) -> &Archive {
        &self.archive
    }
}

impl Ask {
    /// Finds out who asks.
    pub(crate) fn new(service: Arc<Service>, caller: Caller) -> Result<Self, Problem> {
        let archive = service.slot.get()?;
        let principal = principal(&archive, &caller)?;
        caller.about.learn(|learnt| learnt.actor = Some(principal.actor.to_string()));
        if let Err(seconds) = service.rates.take(&principal.account, archive.now()) {
            return Err(Problem::new(ErrorCode::SrvBusy, "account", "more requests than its rate").after(seconds));
        }
        let today = civil_date(archive.now());
        Ok(Self { service, archive, principal, caller, today })
    }

    pub(crate) fn lang(&self) -> Lang {
        self.caller.about.lang
    }

    /// What the caller reaches by an action, for a list.
    pub(crate) fn scope(&self, action: Action) -> Scope {
        let scope = scope(&self.principal, action, self.today);
        let rule = scope.rows().first().map(|row| row.rule);
        self.caller.about.learn(|learnt| learnt.rule = rule);
        scope
    }

    /// The same for what only narrows an answer: another rule speaks for it.
    pub(crate) fn reached(&self, action: Action) -> Scope {
        scope(&self.principal, action, self.today)
    }

    /// A list that the caller may see none of is denied, not empty.
    pub(crate) fn list(&self, action: Action) -> Result<Scope, Problem> {
        let scope = self.scope(action);
        if scope.is_empty() {
            let decision = decide(&self.principal, action, &Target::default(), self.today);
            return Err(self.denial(action, decision));
        }
        Ok(scope)
    }

    /// Whether the caller may; else the problem that says by which rule not.
    pub(crate) fn may(&self, action: Action, target: &Target) -> Result<Decision, Problem> {
        let decision = decide(&self.principal, action, target, self.today);
        if !decision.allowed {
            return Err(self.denial(action, decision));
        }
        self.caller.about.learn(|learnt| learnt.rule = Some(decision.rule));
        Ok(decision)
    }

    /// Those of some records that the caller may know of.
    pub(crate) fn known(&self, records: Vec<RecordId>) -> Result<Vec<RecordId>, Problem> {
        let scope = self.reached(Action::RecordList);
        let mut known = Vec::new();
        for record in records {
            let row = self.archive.index().record_by_id(record)?;
            known.extend(row.filter(|row| scope.contains(&target(row))).map(|_| record));
        }
        Ok(known)
    }

    /// Opens a record for the caller, the reading in the journal where it must be.
    pub(crate) fn open(&self, id: RecordId, decision: Decision) -> Result<Opened<'_>, Problem> {
        let purpose = self.caller.purpose.as_deref();
        let reader = Reader::asking(self.principal.actor, decision.rule, purpose);
        Ok(crate::access::open(&self.archive, id, reader)?)
    }

    fn denial(&self, action: Action, decision: Decision) -> Problem {
        self.denied(action, decision.rule)
    }

    /// That the caller has no right, and by which rule: for the answer and for the log.
    pub(crate) fn denied(&self, action: Action, rule: &'static str) -> Problem {
        self.caller.about.learn(|learnt| learnt.rule = Some(rule));
        Problem::denied(action.as_str(), rule)
    }

    /// The row of a record that the caller may know of, and the decision about `action` on it. One of which the caller
    /// may not even know that it is there is answered like none; who may do this with no record at all is denied.
    pub(crate) fn record(&self, id: RecordId, action: Action) -> Result<(RecordRow, Decision), Problem> {
        self.list(action)?;
        let unknown = || Problem::from(Error::new(ErrorCode::ArcNoRecord, id.to_string(), "no such record"));
        let Some(row) = self.archive.index().record_by_id(id)? else {
            // What was destroyed is known to who sees files of all agencies: the journal says it to everybody.
            return Err(match self.archive.index().destroyed(id)? {
                Some(_) if !self.scope(Action::FileSee).is_empty() => self.archive.no_record(id).into(),
                _ => unknown(),
            });
        };
        let target = target(&row);
        if action != Action::RecordList && !decide(&self.principal, Action::RecordList, &target, self.today).allowed {
            // Some may show a record who have no list of records: what they may do is decided by the action.
            let decision = decide(&self.principal, action, &target, self.today);
            if !decision.allowed {
                return Err(unknown());
            }
        }
        match self.may(action, &target) {
            Ok(decision) => Ok((row, decision)),
            Err(_) if action == Action::RecordList => Err(unknown()),
            Err(problem) => Err(problem),
        }
    }
}

/// A record as rights see it.
pub(crate) fn target(row: &RecordRow) -> Target<'_> {
    let access = row.access();
    Target {
        agency: Some(&row.agency),
        access: Some(access),
        record: Some(row.id()),
        about_person: is_about_persons(access),
        ..Target::default()
    }
}
