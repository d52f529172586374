//! The narrow trait of an index engine.
//!
//! Contracts in MUST words; the same model tests run on every engine.

use super::IndexError;

/// One change: a value to put, or `None` to delete.
pub type Change = (Vec<u8>, Option<Vec<u8>>);

/// Takes a key and its value; answers whether to go on.
pub type Visit<'a> = dyn FnMut(&[u8], &[u8]) -> Result<bool, IndexError> + 'a;

/// An ordered key-value engine. Keys sort as byte strings.
pub trait Kv: Send + Sync {
    /// The value of `key`.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, IndexError>;

    /// Gives keys and values of `from..to` in order (backwards when `reverse`) until `visit` answers false.
    fn range(&self, from: &[u8], to: &[u8], reverse: bool, visit: &mut Visit<'_>) -> Result<(), IndexError>;

    /// Applies all changes or none. MAY be lost in a crash until [`flush`](Kv::flush), but only whole batches from the
    /// end.
    fn apply(&self, changes: Vec<Change>) -> Result<(), IndexError>;

    /// MUST NOT return before all applied batches survive a power cut.
    fn flush(&self) -> Result<(), IndexError>;

    /// Checks the engine's own checksums over everything, if it has any.
    fn check(&mut self) -> Result<(), IndexError> {
        Ok(())
    }

    /// Removes everything.
    fn clear(&self) -> Result<(), IndexError>;
}

/// The first key after all keys that begin with `prefix`; `prefix` is not all 0xff.
pub fn after(prefix: &[u8]) -> Vec<u8> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last + 1);
            return end;
        }
    }
    unreachable!("no prefix of the index is all 0xff")
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// Random operations on the engine and on a map must agree, with reopening between.
    pub(crate) fn agrees_with_a_map(open: &dyn Fn() -> Box<dyn Kv>) {
        for seed in 1..=4u64 {
            let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let mut next = move |n: u64| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                state % n
            };
            let mut kv = open();
            kv.clear().unwrap();
            let mut map = BTreeMap::new();
            for step in 0..400 {
                match next(10) {
                    0..=5 => {
                        let mut changes = Vec::new();
                        for _ in 0..next(20) {
                            let key = vec![next(4) as u8, next(64) as u8];
                            let value = (next(4) > 0).then(|| vec![next(256) as u8; next(40) as usize]);
                            if changes.iter().all(|(k, _): &Change| *k != key) {
                                changes.push((key, value));
                            }
                        }
                        for (key, value) in &changes {
                            match value {
                                Some(v) => map.insert(key.clone(), v.clone()),
                                None => map.remove(key),
                            };
                        }
                        kv.apply(changes).unwrap();
                    }
                    6 => {
                        let key = vec![next(4) as u8, next(64) as u8];
                        assert_eq!(kv.get(&key).unwrap(), map.get(&key).cloned(), "seed {seed} step {step}");
                    }
                    7 | 8 => {
                        let from = vec![next(4) as u8, next(64) as u8];
                        let to = vec![from[0] + next(2) as u8, next(64) as u8];
                        let reverse = next(2) == 1;
                        let limit = next(30) as usize;
                        let mut found = Vec::new();
                        kv.range(&from, &to, reverse, &mut |k, v| {
                            if found.len() < limit {
                                found.push((k.to_vec(), v.to_vec()));
                            }
                            Ok(found.len() < limit)
                        })
                        .unwrap();
                        let mut wanted: Vec<_> = if from < to {
                            map.range(from..to).map(|(k, v)| (k.clone(), v.clone())).collect()
                        } else {
                            Vec::new()
                        };
                        if reverse {
                            wanted.reverse();
                        }
                        wanted.truncate(limit);
                        assert_eq!(found, wanted, "seed {seed} step {step}");
                    }
                    _ => {
                        kv.flush().unwrap();
                        drop(kv);
                        kv = open();
                    }
                }
            }
            kv.clear().unwrap();
            assert_eq!(kv.get(&[0, 0]).unwrap(), None);
        }
    }

    #[test]
    fn after_is_the_next_prefix() {
        assert_eq!(after(b"a"), b"b");
        assert_eq!(after(&[1, 255]), vec![2]);
    }
}
