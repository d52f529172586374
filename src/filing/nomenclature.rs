//! Adopting nomenclatures: one for each agency and year, a later one in place of an earlier one.
//!
//! The act document holds the file as it came. A crash leaves it adopted or not.

use crate::archive::{Adoption, Archive};
use crate::error::{Error, ErrorCode};
use crate::model::id::ActorId;
use crate::model::nomenclature::Nomenclature;
use crate::tlog::leaf::ActKind;

/// A nomenclature that was adopted.
#[derive(Debug)]
pub struct Held {
    /// The entry of its adoption.
    pub entry: u64,
    /// The nomenclature.
    pub nomenclature: Nomenclature,
}

/// Adopts a nomenclature that was read from `bytes`.
pub fn adopt(archive: &Archive, nomenclature: &Nomenclature, bytes: &[u8], actor: ActorId) -> Result<Adoption, Error> {
    // Of two that are the same, the second finds the first.
    let _turn = archive.turn("adoption", "nomenclature");
    if let Some(held) = in_force(archive, &nomenclature.agency, nomenclature.year)?
        && held.nomenclature.sha256 == nomenclature.sha256
    {
        return Ok(Adoption::Held(Some(held.entry)));
    }
    archive.adopt_file(ActKind::NomenclatureAdopted, bytes, actor).map(Adoption::Done)
}

/// Every nomenclature that was adopted, oldest first.
pub fn adopted(archive: &Archive) -> Result<Vec<Held>, Error> {
    let entries = archive.adopted_nomenclatures()?;
    let read = |(entry, bytes): (u64, Vec<u8>)| {
        let changed =
            || Error::new(ErrorCode::StoChanged, entry.to_string(), "the adopted file is not what was checked");
        let nomenclature = Nomenclature::parse(&bytes, "adopted").map_err(|_| changed())?;
        Ok(Held { entry, nomenclature })
    };
    entries.into_iter().map(read).collect()
}

/// The nomenclature of an agency for a year.
pub fn in_force(archive: &Archive, agency: &str, year: u16) -> Result<Option<Held>, Error> {
    let held = adopted(archive)?.into_iter();
    Ok(held.rev().find(|held| held.nomenclature.agency == agency && held.nomenclature.year == year))
}
