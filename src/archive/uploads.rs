//! Uploads that come in parts: their keys of the day, and what has expired.
//!
//! The key of a day lies in the key folder as `spool-<day>`, made when the first upload of the day begins and erased two
//! days later, with the uploads that it seals: so nobody reads an upload that was given up, wherever its bytes went.
//!
//! A crash leaves uploads, which go on, and keys, which the next sweep erases.

use super::Archive;
use crate::clock::{Millis, civil_date};
use crate::error::{Error, ErrorCode};
use crate::model::id::RecordId;
use crate::store::parts::{self, About, Parts};
use crate::store::spool::Spooled;
use chrono::Days;
use std::io;

/// How long an upload may take from its beginning.
pub const UPLOAD_MS_MAX: Millis = 24 * 60 * 60 * 1000;
/// What names of keys of a day begin with.
const KEY: &str = "spool-";
/// Uploads of all accounts together. Own bound: a day of a few busy systems.
const UPLOADS_MAX: usize = 1_000;

fn failed(e: io::Error) -> Error {
    Error::caused(ErrorCode::StoIo, "spool", e)
}

impl Archive {
    /// Begins an upload of `length` bytes for an account; none when as many are under way as may be.
    pub fn begin_upload(&self, owner: &str, name: &str, length: u64) -> Result<Option<RecordId>, Error> {
        self.sweep_uploads()?;
        if parts::uploads(self.spool()).map_err(failed)?.len() >= UPLOADS_MAX {
            return Ok(None);
        }
        let now = self.now();
        let day = civil_date(now).to_string();
        let file = format!("{KEY}{day}");
        let keys = &self.shared.keys;
        if !keys.names()?.contains(&file) {
            keys.create(&file)?;
        }
        let id = RecordId(crate::random::bytes());
        let about = About { owner: owner.to_owned(), length, name: name.to_owned(), begun: now, day };
        Parts::create(self.spool(), id, about, &keys.named(&file)?).map_err(failed)?;
        Ok(Some(id))
    }

    /// An upload of an account; none when there is none, it is another's, or it has expired.
    pub fn upload(&self, id: RecordId, owner: &str) -> Result<Option<Parts>, Error> {
        let key = |day: &str| self.shared.keys.named(&format!("{KEY}{day}")).ok();
        let parts = Parts::open(self.spool(), id, &key).map_err(failed)?;
        let is_alive = |parts: &Parts| self.now().saturating_sub(parts.about().begun) < UPLOAD_MS_MAX;
        Ok(parts.filter(|parts| parts.about().owner == owner && is_alive(parts)))
    }

    /// All of an upload, in the spool; it stays until it is removed.
    pub fn gather_upload(&self, parts: Parts) -> Result<Spooled, Error> {
        parts.gather(self.spool()).map_err(failed)
    }

    /// Removes an upload.
    pub fn remove_upload(&self, id: RecordId) -> Result<(), Error> {
        parts::remove(self.spool(), id).map_err(failed)
    }

    /// Erases keys of days whose uploads have all expired, and removes these.
    pub fn sweep_uploads(&self) -> Result<(), Error> {
        let oldest = civil_date(self.now()).checked_sub_days(Days::new(1)).map(|day| day.to_string());
        let is_over = |day: &str| oldest.as_deref().is_some_and(|oldest| day < oldest);
        for name in self.shared.keys.names()? {
            if name.strip_prefix(KEY).is_some_and(is_over) {
                self.shared.keys.erase(&name)?;
            }
        }
        for (id, day) in parts::uploads(self.spool()).map_err(failed)? {
            if is_over(&day) {
                self.remove_upload(id)?;
            }
        }
        Ok(())
    }
}
