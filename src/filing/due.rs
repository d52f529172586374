//! What is due in this archive: `retention` asked about its files, by the editions that it adopted.
//!
//! The same question for one record, for a list of what is due, and for a simulation of years to come or of an edition
//! that is not adopted yet. The index is waited for first, so an answer holds for everything that was committed before.

use super::facts::{self, Holds};
use super::files::{File, find};
use crate::archive::{AdoptedList, Archive};
use crate::error::{Error, ErrorCode};
use crate::index::filing::FileView;
use crate::index::rows::RecordRow;
use crate::model::calendar::CalendarStatus;
use crate::model::id::RecordId;
use crate::model::means::ARCHIVE_AGENCY;
use crate::retention::{Decision, Edition, Length, Reason, RuleList, Standing, Status, evaluate, length, standing};
use chrono::NaiveDate;
use std::cmp::Ordering;
use std::sync::Arc;

/// By what files are judged: holds and adopted editions, as they are now.
pub struct Basis {
    holds: Holds,
    lists: Arc<Vec<AdoptedList>>,
}

impl Basis {
    /// Reads it.
    pub fn read(archive: &Archive) -> Result<Self, Error> {
        archive.wait_index()?;
        Self::of_index(archive)
    }

    /// The same by the index as it is, for who has waited for it and lets nobody write.
    pub(crate) fn of_index(archive: &Archive) -> Result<Self, Error> {
        // What cannot be read may have been a hold, a longer term, another file: then nothing is said to be due.
        super::check_whole(archive)?;
        Ok(Self { holds: Holds::read(archive)?, lists: archive.adopted_lists()? })
    }

    /// By what was in the journal among its first `size` entries, so that what is written again says the same.
    pub fn before(archive: &Archive, size: u64) -> Result<Self, Error> {
        archive.wait_index()?;
        super::check_whole(archive)?;
        let lists = archive.adopted_lists()?.iter().filter(|list| list.entry < size).cloned().collect();
        Ok(Self { holds: Holds::before(archive, size)?, lists: Arc::new(lists) })
    }

    /// The editions of lists, oldest first.
    pub fn lists(&self) -> &[AdoptedList] {
        &self.lists
    }

    /// The same for one file: others must not be judged by it.
    fn of_file(archive: &Archive, file: RecordId) -> Result<Self, Error> {
        super::check_whole(archive)?;
        Ok(Self { holds: Holds::on(archive, file)?, lists: archive.adopted_lists()? })
    }

    /// Judges by what is adopted.
    pub fn judge(&self) -> Judge<'_> {
        self.judge_by(None)
    }

    /// The holds by which files are kept.
    pub fn holds(&self) -> &Holds {
        &self.holds
    }

    /// Judges as if `next` were adopted after everything that there is, with or without a decision to shorten.
    pub fn judge_with<'a>(&'a self, next: &'a RuleList, is_shortening: bool) -> Judge<'a> {
        self.judge_by(Some(Edition { entry: u64::MAX, list: next, is_shortening }))
    }

    fn judge_by<'a>(&'a self, next: Option<Edition<'a>>) -> Judge<'a> {
        let all: Vec<Edition<'a>> = self.lists.iter().map(AdoptedList::edition).chain(next).collect();
        // A sample is for trials: what an earlier sample said protects nothing.
        let is_past = |at: usize, edition: &Edition<'_>| {
            let is_sample = edition.list.status == CalendarStatus::Sample;
            is_sample && all.iter().skip(at + 1).any(|later| later.list.id == edition.list.id)
        };
        let kept = all.iter().enumerate().filter(|(at, edition)| !is_past(*at, edition));
        Judge { holds: &self.holds, editions: kept.map(|(_, edition)| *edition).collect() }
    }
}

/// Holds and editions by which any number of files are judged.
pub struct Judge<'a> {
    holds: &'a Holds,
    editions: Vec<Edition<'a>>,
}

impl Judge<'_> {
    /// The decision about a file on a day.
    pub fn decide(&self, file: &File, as_of: NaiveDate) -> Decision {
        evaluate(&facts::of(file.id, file.row.view(), self.holds), &self.editions, as_of)
    }

    /// Where a file stands on a day: the same without the derivation.
    pub fn standing<'b>(&'b self, id: RecordId, row: FileView<'b>, as_of: NaiveDate) -> Standing<'b> {
        standing(&facts::of(id, row, self.holds), &self.editions, as_of)
    }

    /// How long a file is kept; none when that is not known.
    pub fn length(&self, file: &File, as_of: NaiveDate) -> Option<Length> {
        length(&facts::of(file.id, file.row.view(), self.holds), &self.editions, as_of)
    }
}

/// What becomes of a file, or of a record with its file, on a day; with the file, when there is one.
pub fn why(archive: &Archive, id: RecordId, as_of: NaiveDate) -> Result<(Option<File>, Decision), Error> {
    archive.wait_index()?;
    super::check_whole(archive)?;
    let file = match archive.index().record_by_id(id)? {
        Some(row) => match row.filed {
            Some(file) => find(archive, RecordId(file))?,
            None => {
                let mut decision = Decision::unfiled(as_of);
                decision.holds = archive.index().holds_on(id)?.into_iter().map(|hold| (hold, Some(id))).collect();
                decision.reasons.extend(decision.holds.iter().map(|(hold, on)| Reason::Hold(*hold, *on)));
                return Ok((None, decision));
            }
        },
        None => find(archive, id).map_err(|e| match e.code {
            ErrorCode::FilUnknown => Error::new(ErrorCode::ArcNoRecord, id.to_string(), "no such record or file"),
            _ => e,
        })?,
    };
    let decision = Basis::of_file(archive, file.id)?.judge().decide(&file, as_of);
    Ok((Some(file), decision))
}

/// Every file of the archive, by agency, year, index and volume.
pub fn files(archive: &Archive) -> Result<Vec<File>, Error> {
    let mut files: Vec<File> = archive.index().files()?.into_iter().map(|(id, row)| File { id, row }).collect();
    files.sort_by(order);
    Ok(files)
}

/// By agency, year, index and volume.
pub(super) fn order(a: &File, b: &File) -> Ordering {
    let (a, b) = (&a.row, &b.row);
    (&a.agency, a.year, &a.index, a.volume).cmp(&(&b.agency, b.year, &b.index, b.volume))
}

/// Where a file stands. Its derivation is [`Judge::decide`]'s to tell.
#[derive(Debug, Clone)]
pub struct Judged {
    /// The file.
    pub file: RecordId,
    /// Where it stands.
    pub status: Status,
    /// The first day on which it is due.
    pub due: Option<NaiveDate>,
    /// Agency, year, index and volume.
    order: (String, u16, String, u16),
}

impl Judged {
    /// Agency, year, index and volume of the file.
    pub fn order(&self) -> (&str, u16, &str, u16) {
        let (agency, year, index, volume) = &self.order;
        (agency, *year, index, *volume)
    }
}

/// The files that stand where it is `wanted`, in the same order.
pub fn judged(
    archive: &Archive,
    judge: &Judge<'_>,
    as_of: NaiveDate,
    wanted: impl Fn(Status) -> bool,
) -> Result<Vec<Judged>, Error> {
    let mut judged = Vec::new();
    archive.index().each_file(&mut |file, row| {
        let (agency, year, index, volume) = (row.agency, row.year, row.index, row.volume);
        let Standing { status, due, .. } = judge.standing(file, row, as_of);
        if wanted(status) {
            let order = (agency.to_owned(), year, index.to_owned(), volume);
            judged.push(Judged { file, status, due, order });
        }
    })?;
    judged.sort_by(|a, b| a.order.cmp(&b.order));
    Ok(judged)
}

/// A record that is in no file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfiled {
    /// The record.
    pub record: RecordId,
    /// When it was accepted, in milliseconds.
    pub accepted: u64,
    /// Code of its agency.
    pub agency: String,
    /// The index in the nomenclature that its submission named.
    pub index: String,
}

/// Records that are in no file, oldest first.
pub fn unfiled(archive: &Archive) -> Result<Vec<Unfiled>, Error> {
    archive.wait_index()?;
    let index = archive.index();
    let mut found = Vec::new();
    // Numbers are given in the order of acceptance.
    for number in 0..archive.index_meta().records {
        // What the archive made itself belongs to no file.
        let is_unfiled = |row: &RecordRow| row.filed.is_none() && row.agency != ARCHIVE_AGENCY;
        if let Some(row) = index.record(number)?.filter(is_unfiled) {
            let record = row.id();
            let (accepted, agency, index) = (row.accepted, row.agency, row.nomenclature_index);
            found.push(Unfiled { record, accepted, agency, index });
        }
    }
    Ok(found)
}
