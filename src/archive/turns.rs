//! Turns: of acts that check something and then write, one at a time about one thing.
//!
//! Where a check needs more than the head of the journal can be asked while nobody else writes (a signature is
//! validated, a file comes into the spool), who acts takes a turn before the check and keeps it until the act is in the
//! index. Of two that do the same, the second sees what the first did.
//!
//! Invariants
//!   - Nobody who has a turn waits for another one.
//!   - A turn ends with who has it, however that ends.
//!
//! It is for the threads of one process: another one does not have the archive. Nothing of it is kept.

use super::{Archive, lock};
use std::collections::HashSet;
use std::sync::{Condvar, Mutex, PoisonError};

/// The things that somebody acts on.
#[derive(Default)]
pub(super) struct Turns {
    taken: Mutex<HashSet<String>>,
    moved: Condvar,
}

/// The turn of one act about one thing.
#[must_use = "the turn is over when this is dropped"]
pub(crate) struct Turn<'a> {
    turns: &'a Turns,
    what: String,
}

impl Turns {
    fn take(&self, what: String) -> Turn<'_> {
        let mut taken = lock(&self.taken);
        while !taken.insert(what.clone()) {
            taken = self.moved.wait(taken).unwrap_or_else(PoisonError::into_inner);
        }
        Turn { turns: self, what }
    }
}

impl Archive {
    /// Waits for the turn to act about `what`: a kind of thing and its name.
    pub(crate) fn turn(&self, kind: &str, name: impl ToString) -> Turn<'_> {
        self.shared.turns.take(format!("{kind} {}", name.to_string()))
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        lock(&self.turns.taken).remove(&self.what);
        self.turns.moved.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn of_one_thing_there_is_one_turn_at_a_time() {
        let turns = Turns::default();
        let (inside, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let other = turns.take("other".to_owned());
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        let turn = turns.take("one".to_owned());
                        most.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        std::thread::yield_now();
                        inside.fetch_sub(1, Ordering::SeqCst);
                        drop(turn);
                    }
                });
            }
        });
        assert_eq!(most.load(Ordering::SeqCst), 1);
        drop(other);
        assert!(turns.taken.lock().unwrap().is_empty());
    }
}
