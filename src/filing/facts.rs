//! What is known of a file, gathered for `retention`: the row of the file, the holds on it and on its records.
//!
//! Asked of the index, which may be behind the journal: whoever decides by it waits for the index first.

use crate::archive::Archive;
use crate::error::Error;
use crate::index::filing::{FileView, HoldRow, HoldTarget, RulingRow, StateOf, date};
use crate::model::id::RecordId;
use crate::retention::{Facts, Hold, Item, Ruling, State};
use std::collections::HashMap;

/// The holds that are not lifted, by the file that they keep. A hold on a record that is in no file keeps nothing else.
#[derive(Debug, Default)]
pub struct Holds(HashMap<RecordId, Vec<Hold>>);

impl Holds {
    /// Reads the holds as they are now.
    pub fn read(archive: &Archive) -> Result<Self, Error> {
        let index = archive.index();
        let mut holds = Self::default();
        for (target, id) in index.held()? {
            // An id is that of a file or of a record.
            let (file, record) = match index.file_of(target)? {
                None => (target, None),
                Some(Some(file)) => (file, Some(target)),
                Some(None) => continue,
            };
            holds.0.entry(file).or_default().push(Hold { id, record });
        }
        holds.0.values_mut().for_each(|holds| holds.sort_unstable());
        Ok(holds)
    }

    /// Reads the holds as they were among the first `size` entries.
    pub fn before(archive: &Archive, size: u64) -> Result<Self, Error> {
        let index = archive.index();
        let mut holds = Self::default();
        let kept = |row: &HoldRow| row.placed < size && row.lifted.is_none_or(|lifted| lifted >= size);
        for (id, row) in index.holds()?.into_iter().filter(|(_, row)| kept(row)) {
            for target in row.targets {
                let (file, record) = match target {
                    HoldTarget::File(file) => (RecordId(file), None),
                    HoldTarget::Record(record) => match index.file_of(RecordId(record))? {
                        Some(Some(file)) => (file, Some(RecordId(record))),
                        _ => continue,
                    },
                };
                holds.0.entry(file).or_default().push(Hold { id, record });
            }
        }
        holds.0.values_mut().for_each(|holds| holds.sort_unstable());
        Ok(holds)
    }

    /// Reads those on one file and on its records only.
    pub fn on(archive: &Archive, file: RecordId) -> Result<Self, Error> {
        let index = archive.index();
        let mut holds: Vec<Hold> = Vec::new();
        holds.extend(index.holds_on(file)?.into_iter().map(|id| Hold { id, record: None }));
        for (_, record) in index.filed_ids(file)? {
            holds.extend(index.holds_on(record)?.into_iter().map(|id| Hold { id, record: Some(record) }));
        }
        holds.sort_unstable();
        Ok(Self(HashMap::from([(file, holds)])))
    }

    /// The holds on a file and on its records.
    pub fn of(&self, file: RecordId) -> &[Hold] {
        self.0.get(&file).map_or(&[], Vec::as_slice)
    }
}

/// What is known of a file.
pub fn of<'a>(id: RecordId, row: FileView<'a>, holds: &Holds) -> Facts<'a> {
    // One record without a date makes both ends unknown.
    let known = |day: Option<i32>| day.filter(|_| !row.has_undated).and_then(date);
    Facts {
        file: id,
        oldest: known(row.oldest),
        newest: known(row.newest),
        documents: row.documents,
        states: row.states.into_iter().map(state).collect(),
        rulings: row.rulings.iter().filter_map(|(entry, row)| ruling(*entry, *row)).collect(),
        holds: holds.of(id).to_vec(),
    }
}

fn ruling(entry: u64, row: RulingRow) -> Option<Ruling> {
    Some(match row {
        RulingRow::Forever => Ruling::Forever { entry },
        RulingRow::NotBefore(day) => Ruling::NotBefore { entry, day: date(day)? },
        RulingRow::NotNeeded(day) => Ruling::NotNeeded { entry, day: date(day)? },
    })
}

fn state(row: StateOf<&str>) -> State<'_> {
    State {
        entry: row.entry,
        closed: row.closed.and_then(date),
        item: row.item.map(|(list, item)| Item { list, item }),
        attributes: row.attributes,
        events: row.events.into_iter().filter_map(|(event, day)| Some((event, date(day)?))).collect(),
        is_shortening: row.is_shortening,
    }
}
