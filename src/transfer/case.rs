//! What became of a transfer: its acts, read from the archive, and what may happen next.
//!
//! Read anew for every step; nothing here is remembered between two acts. The one thing that it writes is an act of a
//! transfer (`Case::commit`), decided at the head of the journal: a crash leaves the act whole, or none.

use super::list::{LIST_FILE, List};
use super::party::{self, Held};
use super::seal::{SEAL_FILE, Seal};
use super::select::Reason;
use super::take::Replied;
use crate::archive::{ActOwner, Archive, Holder};
use crate::clock::{Millis, utc};
use crate::error::{Error, ErrorCode};
use crate::filing::handover::selected;
use crate::index::transfer::TransferRow;
use crate::ingest::approval::{Approval, Sealed};
use crate::ingest::receipt;
use crate::model::calendar::Deadline;
use crate::model::id::{ActorId, RecordId};
use crate::model::iin::Iin;
use crate::model::strict::words;
use crate::tlog::commit::Act;
use crate::tlog::leaf::ActKind;
use serde_json::Value;

words! {
    /// How far a transfer is.
    Stage {
        /// Files are selected.
        Selected = "selected",
        /// Their list is drawn up; the commission looks at it.
        Listed = "listed",
        /// The commission approved it.
        Approved = "approved",
        /// The package is decided.
        Sealed = "sealed",
        /// It was written for the other archive.
        Sent = "sent",
        /// The other archive signed that it came.
        Delivered = "delivered",
        /// It signed which records it keeps.
        Replied = "replied",
        /// Both signed the act: what is accepted can be let go once the days are over.
        Agreed = "agreed",
        /// Records were let go; some still wait, or something of them is left.
        Released = "released",
        /// It is over.
        Closed = "closed",
        /// It came to nothing.
        Cancelled = "cancelled",
    }
}

/// A transfer with its acts.
#[derive(Debug, Clone)]
pub struct Case {
    /// Its id.
    pub id: RecordId,
    /// The entries of its acts.
    pub row: TransferRow,
    /// Code of the agency that hands over.
    pub agency: String,
    /// Who takes it, as it was known when it was selected.
    pub party: Held,
    /// Why.
    pub reason: Reason,
    /// By which order or agreement.
    pub basis: String,
    /// The files, ascending.
    pub files: Vec<RecordId>,
}

impl Case {
    /// Reads a transfer.
    pub fn read(archive: &Archive, id: RecordId) -> Result<Self, Error> {
        archive.wait_index()?;
        let unknown = || Error::new(ErrorCode::TrfUnknown, id.to_string(), "no such transfer");
        let row = archive.index().transfer(id)?.ok_or_else(unknown)?;
        Self::of(archive, id, row)
    }

    fn of(archive: &Archive, id: RecordId, row: TransferRow) -> Result<Self, Error> {
        let changed =
            || Error::new(ErrorCode::StoChanged, id.to_string(), "the document of the transfer cannot be read");
        let (document, _) = archive.document(row.selected)?;
        let entry = document.fields.get("party_entry").and_then(Value::as_u64).ok_or_else(changed)?;
        let text = |key: &str| document.text(key).map(str::to_owned);
        Ok(Self {
            id,
            agency: text("agency").ok_or_else(changed)?,
            party: party::read(archive, entry)?,
            reason: text("reason").and_then(|word| Reason::parse(&word)).ok_or_else(changed)?,
            basis: text("basis").ok_or_else(changed)?,
            files: selected(&document).ok_or_else(changed)?,
            row,
        })
    }

    /// How far it is.
    pub fn stage(&self) -> Stage {
        match () {
            () if self.row.cancelled.is_some() => Stage::Cancelled,
            () if self.row.closed.is_some() => Stage::Closed,
            () if !self.row.released.is_empty() => Stage::Released,
            () if self.row.agreed.is_some() => Stage::Agreed,
            () if self.row.replied.is_some() => Stage::Replied,
            () if self.row.delivered.is_some() => Stage::Delivered,
            () if !self.row.sent.is_empty() => Stage::Sent,
            () if self.row.sealed.is_some() => Stage::Sealed,
            () if self.row.approved.is_some() => Stage::Approved,
            () if self.row.listed.is_some() => Stage::Listed,
            () => Stage::Selected,
        }
    }

    /// That it is as far as `wanted`, and no farther.
    pub(crate) fn check_stage(&self, wanted: &[Stage]) -> Result<(), Error> {
        let stage = self.stage();
        if wanted.contains(&stage) {
            return Ok(());
        }
        let wanted: Vec<&str> = wanted.iter().map(|stage| stage.as_str()).collect();
        let what = format!("it is {}, wanted {}", stage.as_str(), wanted.join(" or "));
        Err(Error::new(ErrorCode::TrfStage, self.id.to_string(), what))
    }

    /// That nothing was done with it since it was read: asked at the head of the journal, where the next act is
    /// decided.
    pub(super) fn check_as_read(&self, archive: &Archive) -> Result<(), Error> {
        if archive.index().transfer(self.id)?.as_ref() == Some(&self.row) {
            return Ok(());
        }
        Err(Error::new(ErrorCode::TrfStage, self.id.to_string(), "something was done with it meanwhile"))
    }

    /// The package as it was sealed, with the reply about it: see [`Self::seal`] and [`Self::replied`].
    pub(super) fn sealed_and_replied(&self, archive: &Archive) -> Result<(Seal, Replied), Error> {
        let seal = self.seal(archive)?;
        let replied = self.replied_to(archive, &seal)?;
        Ok((seal, replied))
    }

    /// Commits one act of it, of a document with files, when nothing was done with it since it was read. Gives the
    /// entry.
    pub(super) fn commit(
        &self,
        archive: &Archive,
        kind: ActKind,
        (fields, files): Sealed,
        actor: ActorId,
    ) -> Result<u64, Error> {
        let committed = archive.commit_together_deciding(|| {
            self.check_as_read(archive)?;
            let owner = ActOwner::Known(self.id);
            let (act, payload, session) = archive.seal_files(Act::new(kind, actor), owner, fields, files)?;
            Ok((vec![(act, payload)], vec![session]))
        })?;
        Ok(committed[0].index)
    }

    /// Its package, as it was sealed.
    ///
    /// # Errors
    ///
    /// [`ErrorCode::TrfStage`] when it is not.
    pub fn seal(&self, archive: &Archive) -> Result<Seal, Error> {
        let none = || Error::new(ErrorCode::TrfStage, self.id.to_string(), "its package is not sealed");
        let changed = || Error::new(ErrorCode::StoChanged, self.id.to_string(), "what was sealed cannot be read");
        let (document, row) = archive.document(self.row.sealed.ok_or_else(none)?)?;
        let seal = Seal::decode(&archive.act_file(&row, &document, SEAL_FILE)?).ok_or_else(changed)?;
        if seal.plan.transfer == self.id { Ok(seal) } else { Err(changed()) }
    }

    /// Its list; none: it is not drawn up.
    pub fn list(&self, archive: &Archive) -> Result<Option<List>, Error> {
        let Some(entry) = self.row.listed else { return Ok(None) };
        let changed = || Error::new(ErrorCode::StoChanged, self.id.to_string(), "the list cannot be read");
        let (document, row) = archive.document(entry)?;
        let list = List::decode(&archive.act_file(&row, &document, LIST_FILE)?).map_err(|_| changed())?;
        if list.transfer == self.id { Ok(Some(list)) } else { Err(changed()) }
    }

    /// Who approved its list.
    pub fn approved_by(&self, archive: &Archive) -> Result<Vec<Approval>, Error> {
        let Some(entry) = self.row.approved else { return Ok(Vec::new()) };
        let changed = || Error::new(ErrorCode::StoChanged, self.id.to_string(), "the approval cannot be read");
        let (document, _) = archive.document(entry)?;
        let approved = document.fields.get("approved").and_then(Value::as_array).ok_or_else(changed)?;
        approved.iter().map(|one| Approval::of_value(one).ok_or_else(changed)).collect()
    }

    /// The person who selected its files; none where no account of a person did.
    pub fn selected_by(&self, archive: &Archive) -> Result<Option<Iin>, Error> {
        let Some(row) = archive.index().account(archive.leaf(self.row.selected)?.actor)? else { return Ok(None) };
        Ok(match archive.accounts()?.account(&row.name).map(|account| &account.holder) {
            Some(Holder::Person(iin)) => Some(iin.clone()),
            _ => None,
        })
    }

    /// Why it was cancelled.
    pub fn cancelled_why(&self, archive: &Archive) -> Result<Option<String>, Error> {
        let Some(entry) = self.row.cancelled else { return Ok(None) };
        Ok(archive.document(entry)?.0.text("reason").map(str::to_owned))
    }
}

/// The last moment before the second in which something was. A signature names whole seconds: who signs what was drawn
/// up in the same second signs after it.
pub(super) fn before_second(t: Millis) -> Millis {
    (t - t % 1000).saturating_sub(1)
}

/// All transfers, oldest first.
pub fn all(archive: &Archive) -> Result<Vec<Case>, Error> {
    archive.wait_index()?;
    let mut rows = archive.index().transfers()?;
    rows.sort_by_key(|(_, row)| row.selected);
    rows.into_iter().map(|(id, row)| Case::of(archive, id, row)).collect()
}

/// Until when the other archive's receipt is due (N 430 cl. 18: within the working days that the policy names) since
/// the package was first written; none when it is here, or nothing was sent.
pub fn receipt_due(archive: &Archive, case: &Case) -> Result<Option<Deadline>, Error> {
    match case.row.sent.first() {
        Some(sent) if case.stage() == Stage::Sent => receipt::due(archive, archive.leaf(*sent)?.t).map(Some),
        _ => Ok(None),
    }
}

/// Whether a deadline is over by the archive's clock.
pub fn is_late(archive: &Archive, due: &Deadline) -> bool {
    due.is_over(utc(archive.now()))
}

/// Transfers of which the receipt did not come in time: asked by another channel (cl. 19).
pub fn overdue(archive: &Archive) -> Result<Vec<RecordId>, Error> {
    let mut late = Vec::new();
    for case in all(archive)? {
        if receipt_due(archive, &case)?.is_some_and(|due| is_late(archive, &due)) {
            late.push(case.id);
        }
    }
    Ok(late)
}
