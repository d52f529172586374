//! Uploads that come in parts: their keys of the day, and what has expired.
//!
//! The key of a day lies in the key folder as `spool-<day>`, made when the first upload of the day begins and erased
//! two days later, with the uploads that it seals: so nobody reads an upload that was given up, wherever its bytes
//! went.
//!
//! A crash leaves uploads, which go on, and keys, which the next sweep erases.

use super::{Archive, lock};
use crate::clock::{Millis, civil_date};
use crate::error::{Error, ErrorCode};
use crate::model::id::RecordId;
use crate::store::parts::{self, About, Parts};
use crate::store::spool::Spooled;
use chrono::Days;
use std::collections::HashSet;
use std::io;

/// How long an upload may take from its beginning.
pub const UPLOAD_MS_MAX: Millis = 24 * 60 * 60 * 1000;
/// What names of keys of a day begin with.
const KEY: &str = "spool-";
/// Uploads at a time of all accounts together, and of one. Own bound: some systems that send several at once.
const UPLOADS_MAX: usize = 256;
const UPLOADS_OF_ONE_MAX: usize = 32;

fn failed(e: io::Error) -> Error {
    Error::caused(ErrorCode::StoIo, "spool", e)
}

impl Archive {
    /// Begins an upload of `length` bytes for an account; none when as many are under way as may be.
    pub fn begin_upload(&self, owner: &str, name: &str, length: u64) -> Result<Option<RecordId>, Error> {
        // Held throughout: what is just being made must not be swept, and the key of a day is made once.
        let _one = lock(&self.shared.uploading);
        self.sweep()?;
        let under_way = self.under_way()?;
        let own = under_way.iter().filter(|(_, about)| about.owner == owner).count();
        if under_way.len() >= UPLOADS_MAX || own >= UPLOADS_OF_ONE_MAX {
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

    /// The upload of this name and length that an account has begun: who lost its id goes on with it.
    pub fn upload_named(&self, owner: &str, name: &str, length: u64) -> Result<Option<RecordId>, Error> {
        let is_it = |about: &About| about.owner == owner && about.name == name && about.length == length;
        Ok(self.under_way()?.into_iter().find(|(_, about)| is_it(about)).map(|(id, _)| id))
    }

    /// An upload that was kept open, while it is what [`Self::upload`] would open.
    pub fn still(&self, parts: Parts, owner: &str) -> Option<Parts> {
        let is_alive = self.now().saturating_sub(parts.about().begun) < UPLOAD_MS_MAX;
        Some(parts).filter(|parts| is_alive && parts.about().owner == owner && parts.is_there())
    }

    /// All of an upload, in the spool; it stays until it is removed.
    pub fn gather_upload(&self, parts: Parts) -> Result<Spooled, Error> {
        parts.gather(self.spool()).map_err(failed)
    }

    /// Removes an upload.
    pub fn remove_upload(&self, id: RecordId) -> Result<(), Error> {
        parts::remove(self.spool(), id).map_err(failed)
    }

    /// How many uploads are under way.
    pub fn uploads_under_way(&self) -> Result<u64, Error> {
        Ok(parts::uploads(self.spool()).map_err(failed)?.len() as u64)
    }

    /// Erases keys of days whose uploads have all expired, and removes what has expired.
    fn sweep(&self) -> Result<(), Error> {
        let now = self.now();
        let oldest = civil_date(now).checked_sub_days(Days::new(1)).map(|day| day.to_string());
        let is_over = |day: &str| oldest.as_deref().is_some_and(|oldest| day < oldest);
        for name in self.shared.keys.names()? {
            if name.strip_prefix(KEY).is_some_and(is_over) {
                self.shared.keys.erase(&name)?;
            }
        }
        let living: HashSet<RecordId> = self.under_way()?.into_iter().map(|(id, _)| id).collect();
        for (id, _) in parts::uploads(self.spool()).map_err(failed)? {
            if !living.contains(&id) {
                self.remove_upload(id)?;
            }
        }
        Ok(())
    }

    /// Uploads that can be read and have not expired.
    fn under_way(&self) -> Result<Vec<(RecordId, About)>, Error> {
        let now = self.now();
        let key = |day: &str| self.shared.keys.named(&format!("{KEY}{day}")).ok();
        let mut found = Vec::new();
        for (id, _) in parts::uploads(self.spool()).map_err(failed)? {
            // One that cannot be read is nobody's any more.
            let about = parts::about(self.spool(), id, &key).ok().flatten();
            found
                .extend(about.filter(|about| now.saturating_sub(about.begun) < UPLOAD_MS_MAX).map(|about| (id, about)));
        }
        Ok(found)
    }
}
