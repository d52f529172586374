//! Taking in what another archive hands over (`docs/transfer.md` §8).
//!
//! ```text
//! receive ─► (records) ─► checked ─► replied ─► agreed
//! ```
//! A package that is whole makes an accession, which is answered at once ([`receive`]); each of its records is judged
//! anew and becomes a record of this archive, or not, with a reason; officers sign what became of them ([`respond`]);
//! the other archive's officer signs the act too.
//!
//! An [`Accession`] is read anew from its acts for every step. Invariants
//!   - Who sent it is the party that officers adopted by hand; nothing in a package brings a key.
//!   - One package is one accession, and one accession has one receipt, one reply and one act, by their bytes.
//!
//! A crash leaves a step done or not; the same command again goes on.

pub mod custody;
pub mod foreign;
pub mod package;
pub mod receive;
pub mod record;
pub mod respond;

use super::act::{ACT_FILE, Act};
use super::party::{self, Held};
use super::reply::{REPLY_FILE, Reply};
use crate::archive::Archive;
use crate::error::{Error, ErrorCode};
use crate::index::transfer::AccessionRow;
use crate::model::digest::Sha256;
use crate::model::id::RecordId;
use crate::model::strict::words;
use crate::transfer::layout;
use serde_json::Value;

/// The receipt in its act, and as it is given out.
pub const RECEIPT_FILE: &str = "receipt.json";
/// What belongs to the whole package, in the act by which it came.
pub const PACKAGE_FILE: &str = "package.tar";
/// The signed reply, as it is given out.
pub const ANSWER_FILE: &str = "reply-answer.json";
/// The sender's answer with the act, in its act here.
pub const AGREED_FILE: &str = "act-answer.json";

words! {
    /// How far an accession is.
    Stage {
        /// The package came.
        Received = "received",
        /// Its records were judged.
        Checked = "checked",
        /// An officer signed which are kept.
        Replied = "replied",
        /// The other archive's officer signed the act too.
        Agreed = "agreed",
    }
}

/// An accession with what its acts say.
#[derive(Debug, Clone)]
pub struct Accession {
    /// Its id.
    pub id: RecordId,
    /// The entries of its acts.
    pub row: AccessionRow,
    /// Code of the agency that its records are of.
    pub agency: String,
    /// Who sent it, as it was known when the package came.
    pub party: Held,
    /// Name of the package.
    pub package: String,
    /// Its digest.
    pub digest: Sha256,
    /// The transfer at the sender, when the package says which.
    pub transfer: Option<RecordId>,
    /// What the package was.
    pub form: String,
}

impl Accession {
    /// Reads an accession.
    pub fn read(archive: &Archive, id: RecordId) -> Result<Self, Error> {
        archive.wait_index()?;
        let unknown = || Error::new(ErrorCode::TrfNoAccession, id.to_string(), "no such accession");
        let row = archive.index().accession(id)?.ok_or_else(unknown)?;
        Self::of(archive, id, row)
    }

    fn of(archive: &Archive, id: RecordId, row: AccessionRow) -> Result<Self, Error> {
        let changed = || Error::new(ErrorCode::StoChanged, id.to_string(), "the act of the accession cannot be read");
        let (document, _) = archive.document(row.received)?;
        let entry = document.fields.get("party_entry").and_then(Value::as_u64).ok_or_else(changed)?;
        let text = |key: &str| document.text(key).map(str::to_owned).ok_or_else(changed);
        let package = text("package")?;
        // Of a package of Muragat the act has the id, and the name is made of it.
        let package = package.parse().map(layout::package_name).unwrap_or(package);
        Ok(Self {
            id,
            agency: text("agency")?,
            party: party::read(archive, entry)?,
            package,
            digest: Sha256(row.digest),
            transfer: text("transfer")?.parse().ok(),
            form: text("form")?,
            row,
        })
    }

    /// How far it is.
    pub fn stage(&self) -> Stage {
        match &self.row {
            row if row.agreed.is_some() => Stage::Agreed,
            row if row.replied.is_some() => Stage::Replied,
            row if row.checked.is_some() => Stage::Checked,
            _ => Stage::Received,
        }
    }

    /// A file of one of its acts.
    fn file(&self, archive: &Archive, entry: u64, name: &str) -> Result<Vec<u8>, Error> {
        let (document, row) = archive.document(entry)?;
        archive.act_file(&row, &document, name)
    }

    /// The receipt, as it was signed.
    pub fn receipt(&self, archive: &Archive) -> Result<Vec<u8>, Error> {
        self.file(archive, self.row.received, RECEIPT_FILE)
    }

    /// What was in the package beside its records, as a tar.
    pub fn common(&self, archive: &Archive) -> Result<Vec<u8>, Error> {
        self.file(archive, self.row.received, PACKAGE_FILE)
    }

    /// The reply and the act; none before its records were judged.
    pub fn documents(&self, archive: &Archive) -> Result<Option<(Reply, Act)>, Error> {
        let Some(entry) = self.row.checked else { return Ok(None) };
        let changed = || Error::new(ErrorCode::StoChanged, self.id.to_string(), "the reply cannot be read");
        let reply = Reply::decode(&self.file(archive, entry, REPLY_FILE)?).ok_or_else(changed)?;
        let act = Act::decode(&self.file(archive, entry, ACT_FILE)?).ok_or_else(changed)?;
        if reply.about.accession == self.id && act.reply == crate::model::digest::sha256(&reply.encode()) {
            Ok(Some((reply, act)))
        } else {
            Err(changed())
        }
    }

    /// The signed reply, as it is sent; none before it was signed.
    pub fn answer(&self, archive: &Archive) -> Result<Option<Vec<u8>>, Error> {
        self.row.replied.map(|entry| self.file(archive, entry, ANSWER_FILE)).transpose()
    }

    /// The sender's answer with the act that its officer signed, as it came; none before.
    pub fn agreed(&self, archive: &Archive) -> Result<Option<Vec<u8>>, Error> {
        self.row.agreed.map(|entry| self.file(archive, entry, AGREED_FILE)).transpose()
    }

    /// That it is as far as `wanted`.
    fn check_stage(&self, wanted: Stage) -> Result<(), Error> {
        let stage = self.stage();
        if stage == wanted {
            return Ok(());
        }
        let what = format!("it is {}, wanted {}", stage.as_str(), wanted.as_str());
        Err(Error::new(ErrorCode::TrfAccessionStage, self.id.to_string(), what))
    }
}

/// All accessions, oldest first.
pub fn all(archive: &Archive) -> Result<Vec<Accession>, Error> {
    archive.wait_index()?;
    let mut rows = archive.index().accessions()?;
    rows.sort_by_key(|(_, row)| row.received);
    rows.into_iter().map(|(id, row)| Accession::of(archive, id, row)).collect()
}

/// The accession of the package with this digest.
fn find(archive: &Archive, digest: Sha256) -> Result<Option<Accession>, Error> {
    archive.wait_index()?;
    let rows = archive.index().accessions()?;
    let found = rows.into_iter().find(|(_, row)| row.digest == digest.0);
    found.map(|(id, row)| Accession::of(archive, id, row)).transpose()
}
