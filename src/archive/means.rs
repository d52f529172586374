//! The records of verification means that the archive holds: which program its reports were made by.
//!
//! A record belongs to a program when its number names version and source (`Program::number`) and its title the whole
//! digest. No submission has their kind or their agency, so they are the archive's own.
//!
//! The question of the program at hand is asked once: whoever deposits says so with [`Archive::forget_means`].

use super::{Archive, lock};
use crate::error::Error;
use crate::index::query::Query;
use crate::index::rows::RecordRow;
use crate::model::id::RecordId;
use crate::model::means::{ARCHIVE_AGENCY, Program};
use crate::model::record::CardField;
use crate::model::submission::Kind;

impl Archive {
    /// The program that works on the archive.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// Lets another program work on it: what an upgrade does.
    #[cfg(any(test, feature = "testing"))]
    pub fn upgrade(&mut self, program: Program) {
        self.program = program;
        self.forget_means();
    }

    /// The newest record of the means of this program.
    pub fn means(&self) -> Result<Option<RecordId>, Error> {
        let mut cached = lock(&self.shared.means);
        if let Some(means) = *cached {
            return Ok(means);
        }
        let found = self.means_of(&self.program)?.first().map(RecordRow::id);
        Ok(*cached.insert(found))
    }

    /// Has the next question for the program's means asked anew.
    pub fn forget_means(&self) {
        *lock(&self.shared.means) = None;
    }

    /// The records of a program's means, newest first.
    pub fn means_of(&self, program: &Program) -> Result<Vec<RecordRow>, Error> {
        let query = format!("kind:{} reg:\"{}\"", Kind::VerificationMeans, program.number());
        let mut rows = self.means_found(&query)?;
        let source = program.source.to_string();
        rows.retain(|row| row.card_field(CardField::Title).is_some_and(|title| title.ends_with(&source)));
        Ok(rows)
    }

    /// The records of the means of all programs, newest first.
    pub fn all_means(&self) -> Result<Vec<RecordRow>, Error> {
        self.means_found(&format!("kind:{}", Kind::VerificationMeans))
    }

    fn means_found(&self, query: &str) -> Result<Vec<RecordRow>, Error> {
        let mut rows = Vec::new();
        self.index().search(&Query::parse(query)?, None, &mut |_, row| {
            if row.agency == ARCHIVE_AGENCY {
                rows.push(row);
            }
            true
        })?;
        Ok(rows)
    }
}
