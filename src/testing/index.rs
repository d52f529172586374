//! An index engine in memory that forgets what was not flushed.
//!
//! For crash tests: it is as forgetful as the contract of [`Kv`] allows, and can be damaged row by row.

use crate::index::IndexError;
use crate::index::kv::{Change, Kv, Visit};
use crate::index::open::IndexMedium;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

type Rows = BTreeMap<Vec<u8>, Vec<u8>>;

#[derive(Default)]
struct State {
    live: Rows,
    durable: Rows,
}

/// The medium; clones share their rows.
#[derive(Clone, Default)]
pub struct MemoryIndex(Arc<Mutex<State>>);

impl MemoryIndex {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a power cut leaves: the rows of the last flush.
    pub fn crash(&self) -> Self {
        let durable = self.state().durable.clone();
        Self(Arc::new(Mutex::new(State { live: durable.clone(), durable })))
    }

    /// All rows.
    pub fn rows(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        self.state().live.iter().map(|(k, v)| (k.clone(), v.clone())).collect()
    }

    /// Flips a bit of the value of row `number`.
    pub fn damage(&self, number: usize) {
        if let Some(value) = self.state().live.values_mut().nth(number)
            && let Some(byte) = value.first_mut()
        {
            *byte ^= 1;
        }
    }
}

impl IndexMedium for MemoryIndex {
    fn open(&self) -> Result<Box<dyn Kv>, IndexError> {
        Ok(Box::new(self.clone()))
    }

    fn remove(&self) -> Result<(), IndexError> {
        *self.state() = State::default();
        Ok(())
    }
}

impl Kv for MemoryIndex {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, IndexError> {
        Ok(self.state().live.get(key).cloned())
    }

    fn range(&self, from: &[u8], to: &[u8], reverse: bool, visit: &mut Visit<'_>) -> Result<(), IndexError> {
        if from >= to {
            return Ok(());
        }
        let state = self.state();
        let mut rows = state.live.range(from.to_vec()..to.to_vec());
        while let Some((key, value)) = if reverse { rows.next_back() } else { rows.next() } {
            if !visit(key, value)? {
                break;
            }
        }
        Ok(())
    }

    fn apply(&self, changes: Vec<Change>) -> Result<(), IndexError> {
        let mut state = self.state();
        for (key, value) in changes {
            match value {
                Some(value) => state.live.insert(key, value),
                None => state.live.remove(&key),
            };
        }
        Ok(())
    }

    fn flush(&self) -> Result<(), IndexError> {
        let mut state = self.state();
        state.durable = state.live.clone();
        Ok(())
    }

    fn clear(&self) -> Result<(), IndexError> {
        self.remove()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_agrees_with_a_map() {
        let medium = MemoryIndex::default();
        crate::index::kv::tests::agrees_with_a_map(&|| medium.open().unwrap());
    }
}
