//! Jobs: what takes longer than an answer may, with events for who watches.
//!
//! A job belongs to the account that asked for it. Its end is one of `accepted`, `refused`, `done`, `failed`; what it
//! did is in the journal, and the job only tells of it. Jobs are lost when the service ends.
//!
//! Progress never goes back and never above all there is.

use crate::clock::Millis;
use crate::model::id::RecordId;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use tokio::sync::watch;

/// Jobs of one account that run at a time. Own bound: two cores do no more of them sooner.
const RUNNING_OF_ONE_MAX: usize = 16;
/// Jobs remembered, and for how long after their end.
const JOBS_MAX: usize = 1_000;
const KEPT_MS: Millis = 24 * 60 * 60 * 1000;

/// How a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// It waits for its turn or runs.
    Running,
    /// It did what was asked.
    Done,
    /// What was asked was refused, with reasons in the result.
    Refused,
    /// It could not be done; it may be asked again.
    Failed,
}

impl State {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

/// What is known of a job.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    pub(crate) id: RecordId,
    pub(crate) kind: &'static str,
    pub(crate) account: String,
    pub(crate) begun: Millis,
    pub(crate) state: State,
    pub(crate) done: u64,
    pub(crate) all: u64,
    /// Number of changes so far: the id of the newest event.
    pub(crate) version: u64,
    pub(crate) result: Option<Value>,
    ended: Option<Millis>,
}

impl Job {
    /// As the API gives it.
    pub(crate) fn value(&self) -> Value {
        json!({
            "job_id": self.id.to_string(), "kind": self.kind, "state": self.state.as_str(),
            "begun": crate::clock::rfc3339(self.begun), "done": self.done, "all": self.all, "result": self.result,
        })
    }
}

/// The jobs.
#[derive(Default)]
pub(crate) struct Jobs {
    jobs: Mutex<VecDeque<watch::Sender<Job>>>,
}

/// A job for who does it.
pub(crate) struct Doing {
    job: watch::Sender<Job>,
}

impl Jobs {
    /// A new job of an account; none when as many run as may.
    pub(crate) fn begin(&self, kind: &'static str, account: &str, now: Millis) -> Option<(RecordId, Doing)> {
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.retain(|job| job.borrow().ended.is_none_or(|ended| now.saturating_sub(ended) < KEPT_MS));
        let is_own = |job: &Job| job.account == account && job.ended.is_none();
        if jobs.iter().filter(|job| is_own(&job.borrow())).count() >= RUNNING_OF_ONE_MAX {
            return None;
        }
        if jobs.len() >= JOBS_MAX {
            let oldest = jobs.iter().position(|job| job.borrow().ended.is_some())?;
            jobs.remove(oldest);
        }
        let id = RecordId(crate::random::bytes());
        let job = Job {
            id,
            kind,
            account: account.to_owned(),
            begun: now,
            state: State::Running,
            done: 0,
            all: 0,
            version: 0,
            result: None,
            ended: None,
        };
        let sender = watch::Sender::new(job);
        jobs.push_back(sender.clone());
        Some((id, Doing { job: sender }))
    }

    /// The job of an account, to look at or to watch.
    pub(crate) fn of(&self, id: RecordId, account: &str) -> Option<watch::Receiver<Job>> {
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        let job = jobs.iter().find(|job| job.borrow().id == id)?;
        (job.borrow().account == account).then(|| job.subscribe())
    }

    /// Jobs that have not ended.
    pub(crate) fn pending(&self) -> usize {
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.iter().filter(|job| job.borrow().ended.is_none()).count()
    }
}

impl Doing {
    /// Tells how far it is.
    pub(crate) fn progress(&self, done: u64, all: u64) {
        self.job.send_modify(|job| {
            job.all = job.all.max(all);
            job.done = job.done.max(done).min(job.all);
            job.version += 1;
        });
    }

    /// Ends it.
    pub(crate) fn end(self, state: State, result: Value, now: Millis) {
        self.job.send_modify(|job| {
            (job.state, job.result, job.ended) = (state, Some(result.clone()), Some(now));
            if state == State::Done {
                job.done = job.all;
            }
            job.version += 1;
        });
    }
}

impl Drop for Doing {
    /// One that nobody ended has failed: its thread is gone.
    fn drop(&mut self) {
        if self.job.borrow().ended.is_none() {
            self.job.send_modify(|job| {
                (job.state, job.ended) = (State::Failed, Some(job.begun));
                job.version += 1;
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_never_goes_back_nor_above_all() {
        let jobs = Jobs::default();
        let (id, doing) = jobs.begin("test", "a", 0).unwrap();
        let seen = jobs.of(id, "a").unwrap();
        for (done, all, wanted) in [(1, 10, (1, 10)), (0, 10, (1, 10)), (20, 10, (10, 10)), (11, 12, (11, 12))] {
            doing.progress(done, all);
            let job = seen.borrow();
            assert_eq!((job.done, job.all), wanted);
        }
        assert!(jobs.of(id, "b").is_none(), "a job is its account's");
        assert_eq!(jobs.pending(), 1);
        doing.end(State::Done, json!({"x": 1}), 5);
        assert_eq!((seen.borrow().state, seen.borrow().done, jobs.pending()), (State::Done, 12, 0));
    }

    #[test]
    fn a_job_whose_thread_is_gone_has_failed() {
        let jobs = Jobs::default();
        let (id, doing) = jobs.begin("test", "a", 7).unwrap();
        drop(doing);
        assert_eq!(jobs.of(id, "a").unwrap().borrow().state, State::Failed);
    }

    #[test]
    fn the_oldest_that_ended_makes_room() {
        let jobs = Jobs::default();
        let (first, doing) = jobs.begin("test", "a", 0).unwrap();
        doing.end(State::Done, Value::Null, 0);
        let running: Vec<_> = (1..JOBS_MAX).map(|n| jobs.begin("test", &n.to_string(), 0).unwrap()).collect();
        assert!(jobs.of(first, "a").is_some());
        let (last, _doing) = jobs.begin("test", "a", 0).unwrap();
        assert!(jobs.of(first, "a").is_none() && jobs.of(last, "a").is_some());
        assert!(jobs.begin("test", "b", 0).is_none(), "as many run as may");
        drop(running);
        let busy = Jobs::default();
        let own: Vec<_> = (0..RUNNING_OF_ONE_MAX).map(|_| busy.begin("test", "a", 0).unwrap()).collect();
        assert!(busy.begin("test", "a", 0).is_none() && busy.begin("test", "b", 0).is_some());
        drop(own);
    }
}
