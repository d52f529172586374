//! The rows of fonds, of inventories with the files in them, and of papers of a record; and how acts change them.
//!
//! What an inventory lists of a file stands in a row of its own, which stays when the file's own row goes.

use super::filing::{Day, date, day};
use super::rows::position;
use crate::model::fonds::{Approval, FondsOpening, InventoryKind, InventoryOpening, Succession, Unit};
use crate::model::id::RecordId;
use crate::model::paper::{Move, Noting, PaperKind, Whereabouts};
use crate::model::record::ActDocument;
use chrono::NaiveDate;

/// A fonds.
#[derive(Debug, Clone, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct FondsRow {
    /// Its number.
    pub number: u32,
    /// Its name.
    pub name: String,
    /// Code of the agency.
    pub agency: String,
    /// The entry that opened it.
    pub opened: u64,
    /// Bodies that took it over, in the order of the acts.
    pub successors: Vec<SuccessorRow>,
}

/// A body that took over a fonds.
#[derive(Debug, Clone, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct SuccessorRow {
    /// From when.
    pub from: Day,
    /// Its name.
    pub name: String,
    /// Its code, when it has another one.
    pub agency: Option<String>,
}

impl FondsRow {
    /// The row of a fonds that was opened as `entry`.
    pub fn opened(document: &ActDocument, entry: u64) -> Option<Self> {
        let FondsOpening { number, name, agency } = FondsOpening::of_fields(&document.fields)?;
        Some(Self { number, name, agency, opened: entry, successors: Vec::new() })
    }

    /// Adds a body that took it over.
    pub fn succeed(&mut self, document: &ActDocument) -> Option<()> {
        let Succession { date, name, agency } = Succession::of_fields(&document.fields)?;
        self.successors.push(SuccessorRow { from: day(date), name, agency });
        Some(())
    }

    /// Whether it is of this agency, or was taken over by it.
    pub fn is_of(&self, agency: &str) -> bool {
        let later = self.successors.iter().filter_map(|successor| successor.agency.as_deref());
        std::iter::once(self.agency.as_str()).chain(later).any(|code| code == agency)
    }
}

/// An inventory.
#[derive(Debug, Clone, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct InventoryRow {
    /// Number of its fonds.
    pub fonds: u32,
    /// Its number in the fonds.
    pub number: u32,
    /// Position in [`InventoryKind::ALL`].
    pub kind: u8,
    /// Its title.
    pub title: String,
    /// First and last year of the period that it is for.
    pub period: (Option<u16>, Option<u16>),
    /// The entry that opened it.
    pub opened: u64,
    /// The last number that was given to a file.
    pub units: u32,
    /// Approvals, oldest first: entry and the year up to which.
    pub approved: Vec<(u64, u16)>,
}

impl InventoryRow {
    /// The row of an inventory that was opened as `entry`.
    pub fn opened(document: &ActDocument, entry: u64) -> Option<Self> {
        let opening = InventoryOpening::of_fields(&document.fields)?;
        Some(Self {
            fonds: opening.fonds,
            number: opening.number,
            kind: position(InventoryKind::ALL, &opening.kind),
            title: opening.title,
            period: (opening.from, opening.to),
            opened: entry,
            units: 0,
            approved: Vec::new(),
        })
    }

    /// Adds an approval.
    pub fn approve(&mut self, document: &ActDocument, entry: u64) -> Option<()> {
        self.approved.push((entry, Approval::of_fields(&document.fields)?.until));
        Some(())
    }

    /// Which files it lists.
    pub fn kind(&self) -> InventoryKind {
        InventoryKind::ALL[usize::from(self.kind)]
    }

    /// The year up to which it is approved.
    pub fn approved_until(&self) -> Option<u16> {
        self.approved.iter().map(|(_, until)| *until).max()
    }
}

/// A file as an inventory lists it.
#[derive(Debug, Clone, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct UnitRow {
    /// The file.
    pub file: [u8; 16],
    /// The entry by which it was entered.
    pub entry: u64,
    /// Its index in the nomenclature.
    pub index: String,
    /// The year of the nomenclature.
    pub year: u16,
    /// Number of the volume.
    pub volume: u16,
    /// Its title; none where the index stands for it.
    pub title: Option<String>,
    /// When the oldest record in it was made.
    pub oldest: Option<Day>,
    /// When the newest was.
    pub newest: Option<Day>,
    /// When it was closed.
    pub closed: Day,
    /// How many records are in it.
    pub documents: u32,
}

impl UnitRow {
    /// The row of a file that was entered as `entry`.
    pub fn new(unit: Unit, entry: u64) -> Self {
        Self {
            file: unit.file.0,
            entry,
            index: unit.index,
            year: unit.year,
            volume: unit.volume,
            title: unit.title,
            oldest: unit.oldest.map(day),
            newest: unit.newest.map(day),
            closed: day(unit.closed),
            documents: unit.documents,
        }
    }

    /// The file with this number.
    pub fn unit(&self, number: u32) -> Unit {
        Unit {
            number,
            file: RecordId(self.file),
            index: self.index.clone(),
            year: self.year,
            volume: self.volume,
            title: self.title.clone(),
            oldest: self.oldest.and_then(date),
            newest: self.newest.and_then(date),
            closed: date(self.closed).unwrap_or(NaiveDate::MAX),
            documents: self.documents,
        }
    }
}

/// A paper of a record.
#[derive(Debug, Clone, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct PaperRow {
    /// Its number among the papers of the record.
    pub number: u32,
    /// Position in [`PaperKind::ALL`].
    pub kind: u8,
    /// How many sheets it has.
    pub sheets: u32,
    /// Where it was and is, oldest first, never none.
    pub places: Vec<PlaceRow>,
}

/// Where a paper lies, from an entry on.
#[derive(Debug, Clone, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct PlaceRow {
    /// The entry.
    pub entry: u64,
    /// Its time.
    pub t: u64,
    /// The place.
    pub place: String,
    /// The custodian.
    pub custodian: String,
    /// Why it was moved there; none of the first place.
    pub reason: Option<String>,
}

impl PlaceRow {
    fn new((entry, t): (u64, u64), whereabouts: Whereabouts, reason: Option<String>) -> Self {
        Self { entry, t, place: whereabouts.place, custodian: whereabouts.custodian, reason }
    }
}

impl PaperRow {
    /// The row of a paper that was noted as this entry at this time.
    pub fn noted(document: &ActDocument, at: (u64, u64)) -> Option<Self> {
        let Noting { number, kind, sheets, whereabouts } = Noting::of_fields(&document.fields)?;
        let places = vec![PlaceRow::new(at, whereabouts, None)];
        Some(Self { number, kind: position(PaperKind::ALL, &kind), sheets, places })
    }

    /// Moves one of a record's papers.
    pub fn relocate(papers: &mut [PaperRow], document: &ActDocument, at: (u64, u64)) -> Option<()> {
        let Move { number, whereabouts, reason } = Move::of_fields(&document.fields)?;
        // Without a row the act that noted it was damaged, and that is counted already.
        if let Some(paper) = papers.iter_mut().find(|paper| paper.number == number) {
            paper.places.push(PlaceRow::new(at, whereabouts, Some(reason)));
        }
        Some(())
    }

    /// What it is.
    pub fn kind(&self) -> PaperKind {
        PaperKind::ALL[usize::from(self.kind)]
    }

    /// Where it is now.
    pub fn place(&self) -> &PlaceRow {
        self.places.last().expect("a paper has the place where it was noted")
    }
}
