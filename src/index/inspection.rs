//! The rows of presence-and-condition checks (N 430 cl. 31): how far each has come, and which records are in search.
//!
//! A check's row has ids of no record; what was found stands in the act documents of its steps. The mark of a record
//! comes from the journal's entries alone, so it stays when a document is damaged.

use crate::model::record::ActDocument;

/// One step of a check, as its act says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct StepRow {
    /// The entry of the act.
    pub entry: u64,
    /// Records accepted by entries from this one on were looked at.
    pub from: u64,
    /// Up to this one, which is not among them.
    pub to: u64,
    /// Records looked at.
    pub records: u64,
    /// How many of them were erased by an act.
    pub erased: u64,
    /// In how many something is not as it must be.
    pub flawed: u64,
}

impl StepRow {
    /// The row of a step that was committed as `entry`.
    pub fn of(document: &ActDocument, entry: u64) -> Option<Self> {
        let number = |key: &str| document.fields.get(key)?.as_u64();
        Some(Self {
            entry,
            from: number("from")?,
            to: number("to")?,
            records: number("records")?,
            erased: number("erased")?,
            flawed: number("flawed")?,
        })
    }
}

/// A check.
#[derive(Debug, Clone, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct CheckRow {
    /// The entry that ordered it: records accepted later are no part of it.
    pub begun: u64,
    /// The subtree of the vault whose records it is about; all when none is named.
    pub subtree: Option<u32>,
    /// Its steps, in the order of the journal.
    pub steps: Vec<StepRow>,
    /// The entry of its act, when it has ended.
    pub ended: Option<u64>,
}

impl CheckRow {
    /// The row of a check that was ordered as `entry`.
    pub fn begun(document: &ActDocument, entry: u64) -> Option<Self> {
        let subtree = match document.fields.get("subtree") {
            None => None,
            Some(subtree) => Some(u32::try_from(subtree.as_u64()?).ok()?),
        };
        Some(Self { begun: entry, subtree, steps: Vec::new(), ended: None })
    }

    /// The first entries that nobody has looked at, and where they end; none when all were looked at. A step whose
    /// document is damaged leaves a gap, which is looked at again.
    pub fn next(&self) -> Option<(u64, u64)> {
        let mut steps = self.steps.clone();
        steps.sort_unstable_by_key(|step| (step.from, step.to));
        let mut at = 0;
        for step in &steps {
            if step.from > at {
                return Some((at, step.from));
            }
            at = at.max(step.to);
        }
        (at < self.begun).then_some((at, self.begun))
    }

    /// Records looked at, erased among them, and flawed ones.
    pub fn counts(&self) -> [u64; 3] {
        let sum = |of: fn(&StepRow) -> u64| self.steps.iter().map(of).sum();
        [sum(|step| step.records), sum(|step| step.erased), sum(|step| step.flawed)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_looked_at_comes_first_wherever_it_lies() {
        let step = |from, to| StepRow { entry: 9, from, to, records: 1, erased: 0, flawed: 0 };
        let row = |steps: &[StepRow]| CheckRow { begun: 8, subtree: None, steps: steps.to_vec(), ended: None };
        assert_eq!(row(&[]).next(), Some((0, 8)));
        assert_eq!(row(&[step(0, 3)]).next(), Some((3, 8)));
        assert_eq!(row(&[step(3, 8)]).next(), Some((0, 3)), "the first step is lost");
        assert_eq!(row(&[step(0, 2), step(5, 8)]).next(), Some((2, 5)), "one in the middle is lost");
        assert_eq!(row(&[step(0, 3), step(3, 8)]).next(), None);
        assert_eq!(row(&[step(5, 8), step(0, 6)]).next(), None);
        assert_eq!(CheckRow { begun: 0, ..row(&[]) }.next(), None);
    }
}
