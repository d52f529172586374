//! Records that are made up, for measurements of many: sealed like any other, with one small component.
//!
//! Compiled for tests only (feature `testing`). Nothing is checked and nothing is signed; the index gets of it what
//! intake gives it.

use super::component::{Received, Stop};
use super::identify::identifier;
use super::keep::{SealedRecord, seal_record};
use crate::archive::{Archive, Session};
use crate::error::Error;
use crate::index::writer::Payload;
use crate::model::card::{Card, Software};
use crate::model::id::{ActorId, RecordId};
use crate::model::record::Manifest;
use crate::model::submission::{Kind, Role, Submission};
use crate::store::seal::Sealer;
use crate::tlog::commit::Act;
use chrono::NaiveDate;

/// What is said of a record.
#[derive(Debug, Clone)]
pub struct Generated {
    /// Code of the agency.
    pub agency: String,
    /// Index in the nomenclature.
    pub index: String,
    /// Its registration number.
    pub number: String,
    /// Its date.
    pub date: NaiveDate,
    /// Its title, which is its content too.
    pub title: String,
}

/// Seals a record, ready to be committed.
pub fn seal(
    archive: &Archive,
    sealer: &mut Sealer,
    of: &Generated,
    actor: ActorId,
) -> Result<(Act, Payload, Session), Error> {
    let submission = Submission::own(Kind::ElectronicOriginal, &of.agency, &of.index);
    let software = Software { name: "generated".into(), version: "1".into() };
    let (number, index) = (of.number.clone(), of.index.clone());
    let mut card = Card::own("Хат / Письмо", of.date, number, index, software);
    card.title = Some(of.title.clone());
    let manifest = Manifest::new(RecordId(crate::random::bytes()), &submission, &card, Vec::new(), identifier());
    let main = Received::own(archive.spool(), "main.txt".into(), Role::Main, of.title.as_bytes())?;
    let sealed = seal_record(archive, sealer, actor, manifest, vec![main]);
    let SealedRecord { act, row, session } = sealed.map_err(|stop| match stop {
        Stop::Failed(e) => e,
        Stop::Refused(_) | Stop::Held(_) | Stop::Tried(_) => unreachable!("sealing refuses nothing"),
    })?;
    Ok((act, Payload::Record(row), session))
}
