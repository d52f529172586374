//! The editions of lists of retention periods that the archive has adopted.
//!
//! The act document names the list and the edition; the list itself is a file of the act. All editions stay readable,
//! because an earlier one counts wherever a later one would shorten a term.

use super::{Archive, lock};
use crate::error::{Error, ErrorCode};
use crate::index::rows::Adopted;
use crate::retention::{Edition, RuleList};
use std::sync::Arc;

/// The list in the act of its adoption.
pub const LIST_FILE: &str = "list.toml";

/// An edition that was adopted.
#[derive(Debug, Clone)]
pub struct AdoptedList {
    /// The entry of its adoption.
    pub entry: u64,
    /// The list.
    pub list: RuleList,
    /// The act of its adoption says that terms may become shorter by it.
    pub is_shortening: bool,
}

impl AdoptedList {
    /// As the retention of a file is judged by it.
    pub fn edition(&self) -> Edition<'_> {
        Edition { entry: self.entry, list: &self.list, is_shortening: self.is_shortening }
    }
}

impl Archive {
    /// Every adopted edition of every list, oldest first.
    pub fn adopted_lists(&self) -> Result<Arc<Vec<AdoptedList>>, Error> {
        let mut cached = lock(&self.shared.lists);
        if let Some(lists) = cached.as_ref() {
            return Ok(lists.clone());
        }
        let mut lists = Vec::new();
        for entry in self.index().adopted(Adopted::Rules)? {
            let changed = || Error::new(ErrorCode::StoChanged, entry.to_string(), "the adopted list cannot be read");
            let (document, row) = self.document(entry)?;
            let file = self.act_file(&row, &document, LIST_FILE)?;
            let list = RuleList::parse(&file, LIST_FILE).map_err(|_| changed())?;
            let is_shortening = document.fields.get("shortens") == Some(&true.into());
            lists.push(AdoptedList { entry, list, is_shortening });
        }
        Ok(cached.insert(Arc::new(lists)).clone())
    }
}
