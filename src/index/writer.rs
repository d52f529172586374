//! Applying new entries of the journal.
//!
//! A batch is one transaction: rows, posting lists and the watermark together, so that a crash leaves the index at some
//! earlier size and never between two. Postings of one batch that share a word share a row.
//!
//! What a batch asks about earlier entries it finds in its own rows first, and in the engine only what they do not
//! have: so the same entries make the same answers, however many of them are in a batch.

use super::filing::{FileRow, HoldRow, ListedRow, PlanRow, TombRow, ruling_of};
use super::fonds::{FondsRow, InventoryRow, PaperRow, UnitRow};
use super::inquiry::InquiryRow;
use super::inspection::{CheckRow, StepRow};
use super::kv::{Change, Kv};
use super::released::ReleasedRow;
use super::rows::{
    self, ActRow, ActorRow, Adopted, AmendmentRow, IdRow, MaterialRow, Meta, RecordRow, WaitingRow, date, file_token,
    key, registration_token, tokens,
};
use super::seal::{IndexKeys, Token};
use super::transfer::{AccessionRow, TransferRow};
use super::{IndexError, rows::space};
use crate::clock::civil_date;
use crate::model::case_file::Change as FileChange;
use crate::model::digest::Sha256;
use crate::model::fonds::Unit;
use crate::model::id::{ActorId, RecordId};
use crate::model::material::SharedKind;
use crate::model::record::{ActDocument, CardField};
use crate::store::segment::StoreEnd;
use crate::tlog::leaf::{ActKind, Chain, Leaf};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

/// What an entry brings beside its leaf.
#[derive(Debug, Clone)]
pub enum Payload {
    /// Nothing.
    None,
    /// An accepted record.
    Record(Box<RecordRow>),
    /// Something added to a record.
    Amendment(Box<AmendmentRow>),
    /// An act document and where it lies.
    Document(ActDocument, ActRow),
    /// Its key was erased: what it brought cannot be read any more.
    Erased,
    /// What it brought is damaged: counted, and named when it is asked for.
    Damaged,
}

/// One entry to be applied.
#[derive(Debug, Clone)]
pub struct Input {
    /// Its place in the journal.
    pub index: u64,
    /// The entry.
    pub leaf: Leaf,
    /// What it brings.
    pub payload: Payload,
}

/// Reads the state of the index; an empty engine has none.
pub fn meta(kv: &dyn Kv, keys: &IndexKeys) -> Result<Option<Meta>, IndexError> {
    let key = key(b'M', &[]);
    let Some(value) = kv.get(&key)? else { return Ok(None) };
    let meta: Meta = keys.read(&key, &value)?;
    if meta.version != rows::ROWS_VERSION || meta.generation != keys.generation {
        return Err(IndexError::Generation);
    }
    Ok(Some(meta))
}

/// Applies entries that follow the watermark in one transaction, and gives the new state.
pub fn apply(
    kv: &dyn Kv,
    keys: &IndexKeys,
    meta: Meta,
    inputs: Vec<Input>,
    root: Sha256,
    scan_from: StoreEnd,
) -> Result<Meta, IndexError> {
    let mut batch = Batch::new(kv, keys, meta);
    batch.add(inputs)?;
    batch.commit(root, scan_from)
}

/// About what a row costs in memory beside its bytes.
const ROW_BYTES: usize = 128;
/// About what a record costs under one token.
const POSTING_BYTES: usize = 32;

/// Entries of one transaction.
pub struct Batch<'a> {
    kv: &'a dyn Kv,
    keys: &'a IndexKeys,
    /// The state that it will leave.
    meta: Meta,
    rows: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    ids: BTreeMap<RecordId, IdRow>,
    /// Rows of records that entries added last write; `None` for one that they remove.
    records: BTreeMap<u32, Option<Rc<RecordRow>>>,
    /// Rows of files that entries added last write.
    files: BTreeMap<RecordId, FileRow>,
    postings: HashMap<Token, Vec<u32>>,
    bytes: usize,
}

impl<'a> Batch<'a> {
    /// A batch that follows the state `meta`.
    pub fn new(kv: &'a dyn Kv, keys: &'a IndexKeys, meta: Meta) -> Self {
        Self {
            kv,
            keys,
            meta,
            rows: BTreeMap::new(),
            ids: BTreeMap::new(),
            records: BTreeMap::new(),
            files: BTreeMap::new(),
            postings: HashMap::new(),
            bytes: 0,
        }
    }

    /// Entries of the journal that are in the index once this is committed.
    pub fn size(&self) -> u64 {
        self.meta.size
    }

    /// About how many bytes of memory it takes.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds entries that follow those it has.
    pub fn add(&mut self, inputs: Vec<Input>) -> Result<(), IndexError> {
        // Open rows are large, and few of them are asked for again.
        self.close_rows();
        let mut meta = self.meta;
        for input in inputs {
            assert_eq!(input.index, meta.size, "entries are applied in order");
            self.entry(input, &mut meta)?;
            meta.size += 1;
        }
        self.meta = meta;
        Ok(())
    }

    /// Applies all of it in one transaction, and gives the new state.
    pub fn commit(mut self, root: Sha256, scan_from: StoreEnd) -> Result<Meta, IndexError> {
        self.meta.root = root.0;
        self.meta.scan_from = (scan_from.segment, scan_from.len);
        let (kv, meta) = (self.kv, self.meta);
        kv.apply(self.finish())?;
        Ok(meta)
    }

    fn entry(&mut self, mut input: Input, meta: &mut Meta) -> Result<(), IndexError> {
        let payload = std::mem::replace(&mut input.payload, Payload::None);
        let (input, leaf) = (&input, &input.leaf);
        match payload {
            Payload::Record(row) => {
                let number = meta.records;
                meta.records += 1;
                self.record(number, None, &row);
                if row.awaits_receipt() {
                    self.checked(key(b'O', &[&input.index.to_be_bytes()]), &());
                }
                self.records.insert(number, Some(Rc::from(row)));
                self.chain(input, Some(number))?;
            }
            Payload::Amendment(amendment) => {
                if let Some((number, old)) = self.record_of(leaf)? {
                    let mut row = RecordRow::clone(&old);
                    row.amend(&amendment);
                    self.record(number, Some(&old), &row);
                    if old.awaits_receipt() && !row.awaits_receipt() {
                        self.rows.insert(key(b'O', &[&row.entry.to_be_bytes()]), None);
                    }
                    self.records.insert(number, Some(Rc::new(row)));
                }
                self.chain(input, None)?;
            }
            Payload::None if leaf.act == ActKind::RecordSpilled => {
                self.unmark(leaf);
                // What is left of it are tokens and dates without their record, under an index key that the next open
                // replaces.
                if let Some((number, old)) = self.record_of(leaf)? {
                    let filed = old.filed;
                    if let Some(file) = filed.map(RecordId) {
                        self.leave(file, &old, number)?;
                        if let Some(row) = self.file(file)? {
                            row.has_undated = true;
                        }
                    }
                    self.rows.insert(rows::papers_key(number), None);
                    self.records.insert(number, None);
                    meta.stale = true;
                }
                // Nobody searches for what is meant to be gone.
                if let Some(record) = leaf.rec {
                    self.rows.insert(rows::missing_key(record), None);
                }
                self.chain(input, None)?;
            }
            Payload::None if leaf.act == ActKind::RecordMissing => {
                if let Some(record) = leaf.rec {
                    self.checked(rows::missing_key(record), &input.index);
                }
                self.chain(input, None)?;
            }
            Payload::None if leaf.act == ActKind::RecordFound => {
                if let Some(record) = leaf.rec {
                    self.rows.insert(rows::missing_key(record), None);
                }
                self.chain(input, None)?;
            }
            Payload::None if leaf.act == ActKind::RecordFiled => {
                self.filed(leaf)?;
                self.chain(input, None)?;
            }
            Payload::None if matches!(leaf.act, ActKind::RecordDestroyed | ActKind::RecordReleased) => {
                self.unmark(leaf);
                // Tokens and dates of it stay until the next open writes a new generation.
                if let Some((number, old)) = self.record_of(leaf)? {
                    if let Some(file) = old.filed {
                        self.leave(RecordId(file), &old, number)?;
                    }
                    self.rows.insert(rows::papers_key(number), None);
                    self.records.insert(number, None);
                    meta.stale = true;
                }
                self.destroyed(input);
                self.chain(input, None)?;
            }
            Payload::None if matches!(leaf.act, ActKind::FileDestroyed | ActKind::FileReleased) => {
                if let Some(file) = leaf.rec {
                    meta.stale |= self.forget_file(file)?;
                }
                self.destroyed(input);
                self.chain(input, None)?;
            }
            Payload::None if leaf.act == ActKind::HoldDestroyed => {
                if let Some(hold) = leaf.rec {
                    self.rows.insert(rows::hold_key(hold), None);
                }
                self.chain(input, None)?;
            }
            Payload::None if leaf.act == ActKind::RemainderDestroyed => {
                if let Some(owner) = leaf.rec {
                    self.remainder(owner, meta)?;
                }
                self.destroyed(input);
                self.chain(input, None)?;
            }
            Payload::None if leaf.act == ActKind::HeadsMapped => self.adopted(Adopted::Heads, input.index),
            // From the entry itself: a hold keeps what it names, whatever became of its document.
            Payload::None if leaf.act == ActKind::HoldCovers => {
                if let Some((target, hold)) = leaf.rec.zip(leaf.of) {
                    self.checked(key(b'B', &[&target.0, &hold.0]), &());
                }
                self.chain(input, None)?;
            }
            Payload::None if leaf.act == ActKind::HoldUncovers => {
                if let Some((target, hold)) = leaf.rec.zip(leaf.of) {
                    self.rows.insert(key(b'B', &[&target.0, &hold.0]), None);
                }
                self.chain(input, None)?;
            }
            Payload::None if leaf.act == ActKind::WaitingEnded => {
                self.waiting_ended(leaf)?;
                self.chain(input, None)?;
            }
            Payload::Document(document, act) => {
                let key = key(b'A', &[&input.index.to_be_bytes()]);
                self.checked(key, &act);
                if leaf.act == ActKind::RecordFiled {
                    self.filed(leaf)?;
                }
                self.document(input.index, leaf, &document)?;
                self.certified(input.index, leaf);
                self.chain(input, None)?;
            }
            Payload::Erased | Payload::Damaged => {
                // The number stays taken, so that numbers do not depend on what was erased when.
                let number = (leaf.act == ActKind::RecordAccepted).then_some(meta.records);
                meta.records += u32::from(number.is_some());
                meta.damaged += u32::from(matches!(payload, Payload::Damaged));
                if leaf.act == ActKind::RecordFiled {
                    self.filed(leaf)?;
                }
                self.certified(input.index, leaf);
                self.chain(input, number)?;
            }
            Payload::None => self.chain(input, None)?,
        }
        Ok(())
    }

    fn checked<T: bincode::Encode>(&mut self, key: Vec<u8>, value: &T) {
        let value = self.keys.checked(&key, value);
        self.put(key, value);
    }

    fn sealed<T: bincode::Encode>(&mut self, key: Vec<u8>, value: &T) {
        let value = self.keys.seal(&key, value);
        self.put(key, value);
    }

    fn put(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.bytes += ROW_BYTES + key.len() + value.len();
        self.rows.insert(key, Some(value));
    }

    /// The record that a later entry is about, as this batch leaves it so far.
    fn record_of(&self, leaf: &Leaf) -> Result<Option<(u32, Rc<RecordRow>)>, IndexError> {
        let Some(record) = leaf.rec else { return Ok(None) };
        let id = match self.ids.get(&record) {
            Some(row) => Some(*row),
            None => read_id(self.kv, self.keys, record)?,
        };
        let Some(number) = id.and_then(|id| id.number) else { return Ok(None) };
        if let Some(row) = self.records.get(&number) {
            return Ok(row.clone().map(|row| (number, row)));
        }
        Ok(self.read_sealed(&rows::record_key(number))?.map(|row| (number, Rc::new(row))))
    }

    /// A certified copy counts, whatever became of what was said of it.
    fn certified(&mut self, index: u64, leaf: &Leaf) {
        if let Some(record) = leaf.rec.filter(|_| leaf.act == ActKind::CopyCertified) {
            self.checked(rows::copy_key(index), &record.0);
        }
    }

    /// Moves the heads of the record's chains.
    fn chain(&mut self, input: &Input, number: Option<u32>) -> Result<(), IndexError> {
        let leaf = &input.leaf;
        let Some(record) = leaf.rec else { return Ok(()) };
        let known = match (self.ids.get(&record), leaf.key) {
            (Some(row), _) => Some(*row),
            // An entry that gives a key is the first about a new id (docs/format.md §4.3): nothing to look for.
            (None, Some(_)) => None,
            (None, None) => read_id(self.kv, self.keys, record)?,
        };
        let row = match (known, leaf.key) {
            (Some(row), _) => row,
            (None, Some(key)) => {
                let (custody, reading, filed) = (input.index, None, None);
                IdRow { number, key, custody, custody_count: 0, reading, reading_count: 0, filed }
            }
            // An entry about a record whose first entry is not known: the journal is checked elsewhere, nothing to
            // index.
            (None, None) => return Ok(()),
        };
        let row = match leaf.act.chain() {
            Chain::Custody => IdRow { custody: input.index, custody_count: row.custody_count + 1, ..row },
            Chain::Reading => {
                self.checked(rows::reading_key(leaf.actor, record, leaf.of), &leaf.t);
                IdRow { reading: Some(input.index), reading_count: row.reading_count + 1, ..row }
            }
        };
        if self.ids.insert(record, row).is_none() {
            self.bytes += 2 * ROW_BYTES;
        }
        Ok(())
    }

    /// Everything by which a record is found; of a record that grows, what the `old` row did not have.
    fn record(&mut self, number: u32, old: Option<&RecordRow>, row: &RecordRow) {
        let n = number.to_be_bytes();
        let mut new = tokens(self.keys, row);
        if let Some(old) = old {
            // A record stands once in a posting list; its old tokens must not begin a second list.
            let known = tokens(self.keys, old);
            new.retain(|token| !known.contains(token));
        }
        self.bytes += new.len() * POSTING_BYTES;
        for token in new {
            self.postings.entry(token).or_default().push(number);
        }
        let document_date = row.card_field(CardField::DocumentDate).and_then(|d| d.parse().ok());
        let dates = [(date::DOCUMENT, document_date), (date::ACCEPTED, Some(civil_date(row.accepted)))];
        for (which, day) in dates.into_iter().filter_map(|(w, d)| d.map(|d| (w, d))) {
            self.checked(key(b'D', &[&[which], &rows::days(day).to_be_bytes(), &n]), &());
        }
        let digests = row.components.iter().flat_map(|c| [Some(c.sha256), c.content.as_ref().map(|c| c.sha256)]);
        let files: BTreeSet<_> =
            digests.flatten().map(|sha256| file_token(self.keys, &row.agency, &Sha256(sha256))).collect();
        for file in files {
            self.checked(key(b'K', &[&file, &n]), &());
        }
        if let (Some(number), Some(day)) =
            (row.card_field(CardField::RegistrationNumber), row.card_field(CardField::DocumentDate))
        {
            let token = registration_token(self.keys, &row.agency, number, day);
            self.checked(key(b'G', &[&token, &n]), &());
        }
    }

    fn document(&mut self, index: u64, leaf: &Leaf, document: &ActDocument) -> Result<(), IndexError> {
        let wrong = |what: &str| IndexError::Manifest {
            record: leaf.rec.unwrap_or(RecordId([0; 16])),
            what: format!("act document of {}: {what}", leaf.act.as_str()),
        };
        match leaf.act {
            ActKind::AccountAdded => {
                let name = document.text("account").ok_or_else(|| wrong("no account"))?.to_owned();
                let actor: ActorId =
                    document.text("actor").and_then(|a| a.parse().ok()).ok_or_else(|| wrong("no actor"))?;
                let token = self.keys.wide(space::ACCOUNT, &[name.as_bytes()]);
                self.checked(key(b'U', &[&token]), &actor.0);
                self.sealed(rows::actor_key(actor), &ActorRow { name });
            }
            ActKind::AgencyAdded => {
                let code = document.text("agency").ok_or_else(|| wrong("no agency"))?;
                let subtree = document.fields.get("subtree").and_then(serde_json::Value::as_u64);
                let subtree = subtree.and_then(|s| u32::try_from(s).ok()).ok_or_else(|| wrong("no subtree"))?;
                let token = self.keys.wide(space::AGENCY, &[code.as_bytes()]);
                self.checked(key(b'Y', &[&token]), &subtree);
                self.sealed(key(b'C', &[&token]), &code.to_owned());
            }
            ActKind::AccountOpened
            | ActKind::AccountChanged
            | ActKind::AccountClosed
            | ActKind::TokenIssued
            | ActKind::TokenRevoked
            | ActKind::CertificateBound
            | ActKind::ReadingPermitted
            | ActKind::ReadingEnded => self.adopted(Adopted::Account, index),
            ActKind::ClassifierAdopted => self.adopted(Adopted::Classifier, index),
            ActKind::PolicyAdopted => self.adopted(Adopted::Policy, index),
            ActKind::AuthorityAdopted => self.adopted(Adopted::Authority, index),
            ActKind::CalendarAdopted => self.adopted(Adopted::Calendar, index),
            ActKind::AnswerKeyAdded => self.adopted(Adopted::AnswerKey, index),
            ActKind::ImportAdopted => self.adopted(Adopted::ImportProfile, index),
            ActKind::ImportBegun | ActKind::ImportEnded => self.adopted(Adopted::Import, index),
            ActKind::MaterialAdded => {
                let sha256: Sha256 =
                    document.text("sha256").and_then(|d| d.parse().ok()).ok_or_else(|| wrong("no digest"))?;
                let issuer: Sha256 =
                    document.text("issuer").and_then(|d| d.parse().ok()).ok_or_else(|| wrong("no issuer"))?;
                let kind = document.text("material").and_then(SharedKind::parse).ok_or_else(|| wrong("no kind"))?;
                let made = document.fields.get("made").and_then(serde_json::Value::as_i64);
                let made = made.ok_or_else(|| wrong("no time"))?;
                let row =
                    MaterialRow { entry: index, kind: rows::position(SharedKind::ALL, &kind), issuer: issuer.0, made };
                self.checked(key(b'X', &[&sha256.0]), &row);
            }
            ActKind::SubmissionWaiting => {
                let id = leaf.rec.ok_or_else(|| wrong("no id"))?;
                let text = |name: &'static str| document.text(name).ok_or_else(|| wrong(name));
                let (agency, number) = (text("agency")?, text("registration_number")?);
                let registration = registration_token(self.keys, agency, number, text("document_date")?);
                self.checked(key(b'Q', &[&id.0]), &WaitingRow { entry: index, registration });
                self.checked(key(b'V', &[&registration, &id.0]), &());
            }
            ActKind::SubmissionRefused if document.fields.contains_key("notice") => {
                self.checked(key(b'O', &[&index.to_be_bytes()]), &());
                // None of those before the field: they are repeated by none.
                if let Some(sent) = document.text("sent").and_then(|sent| sent.parse::<Sha256>().ok()) {
                    self.checked(key(b'E', &[&self.keys.wide(space::REFUSED, &[&sent.0])]), &index);
                }
            }
            ActKind::NoticeIssued => {
                let refusal = document.fields.get("refusal").and_then(serde_json::Value::as_u64);
                let refusal = refusal.ok_or_else(|| wrong("no refusal"))?;
                self.rows.insert(key(b'O', &[&refusal.to_be_bytes()]), None);
            }
            ActKind::NomenclatureAdopted => self.adopted(Adopted::Nomenclature, index),
            ActKind::RulesAdopted => self.adopted(Adopted::Rules, index),
            ActKind::FormAdopted => self.adopted(Adopted::Form, index),
            ActKind::PartyAdopted => self.adopted(Adopted::Party, index),
            ActKind::WitnessesAdopted => self.adopted(Adopted::Witnesses, index),
            ActKind::LogSucceeded => self.adopted(Adopted::Succession, index),
            ActKind::HoldsConfirmed => self.adopted(Adopted::HoldsConfirmed, index),
            ActKind::EvidenceStamped => self.adopted(Adopted::Evidence, index),
            ActKind::EvidenceRenewed => self.adopted(Adopted::Renewal, index),
            ActKind::FileOpened => {
                let file = leaf.rec.ok_or_else(|| wrong("no id"))?;
                let row = FileRow::opened(document, index).ok_or_else(|| wrong("not as it must be"))?;
                self.checked(rows::volume_key(self.keys, file, &row), &());
                self.files.insert(file, row);
            }
            ActKind::FileClosed | ActKind::FileReopened | ActKind::FileReclassified | ActKind::EventRecorded => {
                let change = match leaf.act {
                    ActKind::FileClosed => FileChange::closed(&document.fields),
                    ActKind::FileReopened => Some(FileChange::Reopened),
                    ActKind::FileReclassified => FileChange::reclassified(&document.fields),
                    _ => FileChange::event(&document.fields),
                };
                let file = leaf.rec.ok_or_else(|| wrong("no id"))?;
                let change = change.ok_or_else(|| wrong("not as it must be"))?;
                // Without a row its document was damaged, and that is counted already.
                if let Some(row) = self.file(file)? {
                    row.change(change, index);
                }
            }
            ActKind::PlanDrafted => {
                let plan = leaf.rec.ok_or_else(|| wrong("no id"))?;
                self.checked(rows::plan_key(plan), &PlanRow { drafted: index, ..PlanRow::default() });
            }
            ActKind::PlanProposed
            | ActKind::PlanReviewed
            | ActKind::PlanApproved
            | ActKind::PlanCancelled
            | ActKind::DestroyAuthorised
            | ActKind::DestroyExecuted
            | ActKind::DestroyCompleted => {
                let plan = leaf.rec.ok_or_else(|| wrong("no id"))?;
                if leaf.act == ActKind::DestroyExecuted {
                    for (file, tomb) in TombRow::all(document, plan, index).ok_or_else(|| wrong("not as it must be"))? {
                        self.sealed(rows::tomb_key(file), &tomb);
                    }
                }
                self.plan(plan, leaf.act, index)?;
            }
            ActKind::FileShortened => {
                let file = leaf.rec.ok_or_else(|| wrong("no id"))?;
                if let Some(row) = self.file(file)? {
                    row.shorten(index);
                }
            }
            ActKind::FileRuled => {
                let file = leaf.rec.ok_or_else(|| wrong("no id"))?;
                let ruling = ruling_of(document).ok_or_else(|| wrong("not as it must be"))?;
                // Without a row its document was damaged, and that is counted already.
                if let Some(row) = self.file(file)? {
                    row.rulings.push((index, ruling));
                }
            }
            ActKind::HoldPlaced => {
                let hold = leaf.rec.ok_or_else(|| wrong("no id"))?;
                let row = HoldRow::placed(document, index).ok_or_else(|| wrong("not as it must be"))?;
                self.checked(rows::hold_key(hold), &row);
                if let Some(inquiry) = row.inquiry {
                    self.inquiry(RecordId(inquiry), |row| row.holds.push(hold.0))?;
                }
            }
            ActKind::HoldLifted => {
                let hold = leaf.rec.ok_or_else(|| wrong("no id"))?;
                let hold_key = rows::hold_key(hold);
                // Without a row its document was damaged, and that is counted already; also below.
                if let Some(mut row) = self.read_checked::<HoldRow>(&hold_key)? {
                    row.lifted = Some(index);
                    self.checked(hold_key, &row);
                }
            }
            ActKind::InquiryOpened => {
                let inquiry = leaf.rec.ok_or_else(|| wrong("no id"))?;
                self.checked(rows::inquiry_key(inquiry), &InquiryRow { opened: index, ..InquiryRow::default() });
            }
            ActKind::InquirySearched
            | ActKind::InquiryTaken
            | ActKind::InquiryAnswered
            | ActKind::InquiryBundled
            | ActKind::InquiryClosed => {
                let inquiry = leaf.rec.ok_or_else(|| wrong("no id"))?;
                self.inquiry(inquiry, |row| row.add(leaf.act, index))?;
            }
            ActKind::TransferSelected => {
                let transfer = leaf.rec.ok_or_else(|| wrong("no id"))?;
                let row = TransferRow { selected: index, ..TransferRow::default() };
                self.checked(rows::transfer_key(transfer), &row);
            }
            ActKind::TransferListed
            | ActKind::TransferApproved
            | ActKind::TransferCancelled
            | ActKind::TransferSealed
            | ActKind::TransferSent
            | ActKind::TransferDelivered
            | ActKind::TransferReplied
            | ActKind::TransferAgreed
            | ActKind::TransferReleased
            | ActKind::TransferClosed => {
                let transfer = leaf.rec.ok_or_else(|| wrong("no id"))?;
                if leaf.act == ActKind::TransferReleased {
                    let tombs = TombRow::handed_over(document, transfer, index);
                    for (file, tomb) in tombs.ok_or_else(|| wrong("not as it must be"))? {
                        self.sealed(rows::tomb_key(file), &tomb);
                    }
                    let left = ReleasedRow::all(document, transfer, index);
                    for (record, row) in left.ok_or_else(|| wrong("not as it must be"))? {
                        for place in row.places(self.keys, record) {
                            self.checked(place, &());
                        }
                        self.sealed(rows::released_key(record), &row);
                    }
                }
                let key = rows::transfer_key(transfer);
                if let Some(mut row) = self.read_checked::<TransferRow>(&key)? {
                    row.add(leaf.act, index);
                    self.checked(key, &row);
                }
            }
            ActKind::AccessionReceived => {
                let accession = leaf.rec.ok_or_else(|| wrong("no id"))?;
                let row = AccessionRow::received(document, index).ok_or_else(|| wrong("not as it must be"))?;
                self.checked(rows::accession_key(accession), &row);
            }
            ActKind::AccessionChecked | ActKind::AccessionReplied | ActKind::AccessionAgreed => {
                let key = rows::accession_key(leaf.rec.ok_or_else(|| wrong("no id"))?);
                if let Some(mut row) = self.read_checked::<AccessionRow>(&key)? {
                    row.add(leaf.act, index);
                    self.checked(key, &row);
                }
            }
            ActKind::FondsOpened => {
                let fonds = leaf.rec.ok_or_else(|| wrong("no id"))?;
                let row = FondsRow::opened(document, index).ok_or_else(|| wrong("not as it must be"))?;
                self.sealed(rows::fonds_key(fonds), &row);
            }
            ActKind::FondsSucceeded => {
                let key = rows::fonds_key(leaf.rec.ok_or_else(|| wrong("no id"))?);
                // Here and below: without a row its document was damaged, and that is counted already.
                if let Some(mut row) = self.read_sealed::<FondsRow>(&key)? {
                    row.succeed(document).ok_or_else(|| wrong("not as it must be"))?;
                    self.sealed(key, &row);
                }
            }
            ActKind::InventoryOpened => {
                let inventory = leaf.rec.ok_or_else(|| wrong("no id"))?;
                let row = InventoryRow::opened(document, index).ok_or_else(|| wrong("not as it must be"))?;
                self.sealed(rows::inventory_key(inventory), &row);
            }
            ActKind::InventoryEntered => {
                let inventory = leaf.rec.ok_or_else(|| wrong("no id"))?;
                let units = Unit::of_fields(&document.fields).ok_or_else(|| wrong("not as it must be"))?;
                self.entered(inventory, units, index)?;
            }
            ActKind::InventoryApproved => {
                let key = rows::inventory_key(leaf.rec.ok_or_else(|| wrong("no id"))?);
                if let Some(mut row) = self.read_sealed::<InventoryRow>(&key)? {
                    row.approve(document, index).ok_or_else(|| wrong("not as it must be"))?;
                    self.sealed(key, &row);
                }
            }
            ActKind::PaperNoted | ActKind::PaperMoved => {
                let at = (index, leaf.t);
                if let Some((number, old)) = self.record_of(leaf)? {
                    let mut row = RecordRow::clone(&old);
                    let done = match leaf.act {
                        ActKind::PaperNoted => PaperRow::noted(document, at).map(|paper| row.papers.push(paper)),
                        _ => PaperRow::relocate(&mut row.papers, document, at),
                    };
                    done.ok_or_else(|| wrong("not as it must be"))?;
                    self.checked(rows::papers_key(number), &());
                    self.records.insert(number, Some(Rc::new(row)));
                }
            }
            ActKind::PresenceBegun => {
                let check = leaf.rec.ok_or_else(|| wrong("no id"))?;
                let row = CheckRow::begun(document, index).ok_or_else(|| wrong("not as it must be"))?;
                self.checked(rows::check_key(check), &row);
            }
            ActKind::PresenceChecked | ActKind::PresenceEnded => {
                let check = leaf.rec.ok_or_else(|| wrong("no id"))?;
                let check_key = rows::check_key(check);
                if let Some(mut row) = self.read_checked::<CheckRow>(&check_key)? {
                    if leaf.act == ActKind::PresenceEnded {
                        row.ended = Some(index);
                    } else {
                        row.steps.push(StepRow::of(document, index).ok_or_else(|| wrong("not as it must be"))?);
                    }
                    self.checked(check_key, &row);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// A sealed row as this batch leaves it so far.
    fn read_sealed<T: bincode::Decode<()>>(&self, key: &[u8]) -> Result<Option<T>, IndexError> {
        self.pending(key)?.map(|value| self.keys.open(key, &value)).transpose()
    }

    /// The same of a checked one.
    fn read_checked<T: bincode::Decode<()>>(&self, key: &[u8]) -> Result<Option<T>, IndexError> {
        self.pending(key)?.map(|value| self.keys.read(key, &value)).transpose()
    }

    fn pending(&self, key: &[u8]) -> Result<Option<Vec<u8>>, IndexError> {
        match self.rows.get(key) {
            Some(pending) => Ok(pending.clone()),
            None => self.kv.get(key),
        }
    }

    /// Files are entered into an inventory.
    fn entered(&mut self, inventory: RecordId, units: Vec<Unit>, entry: u64) -> Result<(), IndexError> {
        let key = rows::inventory_key(inventory);
        let Some(mut row) = self.read_sealed::<InventoryRow>(&key)? else { return Ok(()) };
        for unit in units {
            row.units = row.units.max(unit.number);
            let listed = ListedRow { inventory: inventory.0, fonds: row.fonds, number: row.number, unit: unit.number };
            // Once its key is erased a file has no row, and what the inventory lists is all that is left.
            if let Some(file) = self.file(unit.file)? {
                file.listed = Some(listed);
            }
            self.sealed(rows::unit_key(inventory, unit.number), &UnitRow::new(unit, entry));
        }
        self.sealed(key, &row);
        Ok(())
    }

    /// Adds an act to the row of a plan.
    fn plan(&mut self, plan: RecordId, act: ActKind, index: u64) -> Result<(), IndexError> {
        let plan_key = rows::plan_key(plan);
        // Without a row its document was damaged, and that is counted already.
        let Some(mut row) = self.read_checked::<PlanRow>(&plan_key)? else { return Ok(()) };
        row.add(act, index);
        self.checked(plan_key, &row);
        Ok(())
    }

    /// Changes the row of an inquiry. Without a row its document was damaged, and that is counted already.
    fn inquiry(&mut self, inquiry: RecordId, change: impl FnOnce(&mut InquiryRow)) -> Result<(), IndexError> {
        let inquiry_key = rows::inquiry_key(inquiry);
        let Some(mut row) = self.read_checked::<InquiryRow>(&inquiry_key)? else { return Ok(()) };
        change(&mut row);
        self.checked(inquiry_key, &row);
        Ok(())
    }

    /// What is gone by an act is in search no more.
    fn unmark(&mut self, leaf: &Leaf) {
        if let Some(record) = leaf.rec {
            self.rows.insert(rows::missing_key(record), None);
        }
    }

    /// Says by what a record or file was destroyed.
    fn destroyed(&mut self, input: &Input) {
        if let Some((id, plan)) = input.leaf.rec.zip(input.leaf.of) {
            self.checked(rows::destroyed_key(id), &(plan.0, input.index));
        }
    }

    /// Removes what was left beside the records: a file, a hold, an inquiry, or the register of refusals. An index that
    /// was built after its key was erased has no trace of it, and need not be built again.
    fn remainder(&mut self, owner: RecordId, meta: &mut Meta) -> Result<(), IndexError> {
        meta.stale |= self.forget_file(owner)?;
        // What the register has begins with its own act, which is always entry 1 (docs/format.md §4.3).
        let (hold, inquiry) = (rows::hold_key(owner), rows::inquiry_key(owner));
        let first = key(b'A', &[&1u64.to_be_bytes()]);
        let row = |key: &Vec<u8>| match self.rows.get(key) {
            Some(pending) => Ok(pending.clone()),
            None => self.kv.get(key),
        };
        let act: Option<ActRow> = row(&first)?.map(|value| self.keys.read(&first, &value)).transpose()?;
        let is_known = row(&hold)?.is_some() || row(&inquiry)?.is_some();
        if act.is_some_and(|act| act.owner == owner.0) || is_known {
            self.rows.insert(hold, None);
            self.rows.insert(inquiry, None);
            meta.stale = true;
        }
        Ok(())
    }

    /// Removes the rows of a file. False when there are none: the index was built after its key was erased, and has no
    /// trace of it.
    fn forget_file(&mut self, file: RecordId) -> Result<bool, IndexError> {
        let keys = self.keys;
        let Some(volume) = self.file(file)?.map(|row| rows::volume_key(keys, file, row)) else { return Ok(false) };
        self.files.remove(&file);
        self.rows.insert(volume, None);
        self.rows.insert(rows::file_key(file), None);
        Ok(true)
    }

    /// The row of a file as this batch leaves it so far.
    fn file(&mut self, file: RecordId) -> Result<Option<&mut FileRow>, IndexError> {
        if !self.files.contains_key(&file) {
            let Some(row) = self.read_sealed(&rows::file_key(file))? else { return Ok(None) };
            self.files.insert(file, row);
        }
        Ok(self.files.get_mut(&file))
    }

    /// Takes a record out of a file.
    fn leave(&mut self, file: RecordId, record: &RecordRow, number: u32) -> Result<(), IndexError> {
        self.set_filed(record.id(), None)?;
        self.rows.insert(key(b'J', &[&file.0, &number.to_be_bytes()]), None);
        if let Some(file) = self.file(file)? {
            file.leave();
        }
        Ok(())
    }

    /// Says in the row of its id which file a record is in, as its own row does.
    fn set_filed(&mut self, record: RecordId, file: Option<[u8; 16]>) -> Result<(), IndexError> {
        let known = match self.ids.get(&record) {
            Some(row) => Some(*row),
            None => read_id(self.kv, self.keys, record)?,
        };
        if let Some(row) = known {
            self.ids.insert(record, IdRow { filed: file, ..row });
        }
        Ok(())
    }

    /// Moves a record from the file it was in to the one that the entry names. A file whose key was erased before the
    /// index saw it has no row, and nothing to be counted.
    fn filed(&mut self, leaf: &Leaf) -> Result<(), IndexError> {
        let Some(to) = leaf.of else { return Ok(()) };
        let Some((number, old)) = self.record_of(leaf)? else {
            // Its key was erased, so when it was made is not known any more, and the file is never due by a guess.
            if let Some(file) = self.file(to)? {
                file.has_undated = true;
                file.next_number();
            }
            return Ok(());
        };
        if let Some(from) = old.filed {
            self.leave(RecordId(from), &old, number)?;
        }
        let number_in_file = self.file(to)?.map(|file| {
            file.enter(old.created);
            file.next_number()
        });
        self.set_filed(old.id(), Some(to.0))?;
        self.checked(key(b'J', &[&to.0, &number.to_be_bytes()]), &old.record);
        // It is changed in its place, unless it has to be read back.
        self.records.remove(&number);
        let row = RecordRow { filed: Some(to.0), number_in_file, ..Rc::unwrap_or_clone(old) };
        self.records.insert(number, Some(Rc::new(row)));
        Ok(())
    }

    fn adopted(&mut self, what: Adopted, index: u64) {
        self.checked(key(b'T', &[&[what as u8], &index.to_be_bytes()]), &());
    }

    /// Takes a submission off the list of those that wait. When its key was erased before the index saw it, it never
    /// was on the list.
    fn waiting_ended(&mut self, leaf: &Leaf) -> Result<(), IndexError> {
        let Some(id) = leaf.rec else { return Ok(()) };
        let waiting = key(b'Q', &[&id.0]);
        let value = match self.rows.get(&waiting) {
            Some(pending) => pending.clone(),
            None => self.kv.get(&waiting)?,
        };
        if let Some(value) = value {
            let row: WaitingRow = self.keys.read(&waiting, &value)?;
            self.rows.insert(key(b'V', &[&row.registration, &id.0]), None);
            self.rows.insert(waiting, None);
        }
        Ok(())
    }

    /// Seals the rows that are open, among the other rows.
    fn close_rows(&mut self) {
        for (number, row) in std::mem::take(&mut self.records) {
            match row {
                Some(row) => self.sealed(rows::record_key(number), row.as_ref()),
                None => drop(self.rows.insert(rows::record_key(number), None)),
            }
        }
        for (file, row) in std::mem::take(&mut self.files) {
            self.sealed(rows::file_key(file), &row);
        }
    }

    fn finish(mut self) -> Vec<Change> {
        self.close_rows();
        for (record, row) in std::mem::take(&mut self.ids) {
            self.checked(rows::id_key(record), &row);
        }
        for (token, mut numbers) in std::mem::take(&mut self.postings) {
            // A record that grew comes after younger ones.
            numbers.sort_unstable();
            let first = numbers.first().expect("a posting has a record");
            let key = key(b'W', &[&token, &first.to_be_bytes()]);
            self.checked(key, &differences(&numbers));
        }
        let meta = self.meta;
        self.checked(key(b'M', &[]), &meta);
        // Sorted keys: neighbours go into the same pages of the engine.
        self.rows.into_iter().collect()
    }
}

/// Ascending numbers as differences, which encode short.
pub(super) fn differences(numbers: &[u32]) -> Vec<u32> {
    let mut last = 0;
    numbers
        .iter()
        .map(|n| {
            let difference = n - last;
            last = *n;
            difference
        })
        .collect()
}

/// Reads the row of a record's id.
pub fn read_id(kv: &dyn Kv, keys: &IndexKeys, record: RecordId) -> Result<Option<IdRow>, IndexError> {
    let key = rows::id_key(record);
    kv.get(&key)?.map(|value| keys.read(&key, &value)).transpose()
}
