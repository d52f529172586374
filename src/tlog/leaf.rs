//! What one log entry says: canonical JSON that a court can read, with nothing in it about a person or a document.
//!
//! Ids are random, actors are pseudonyms, commitments are salted. Whatever a person wrote is in the sealed act document
//! that `doc` commits to. `docs/format.md` §4.3 lists the fields.

use crate::clock::Millis;
use crate::model::canonical;
use crate::model::digest::{Sha256, Sha512};
use crate::model::id::{ActId, ActorId, RecordId};
use crate::tlog::checkpoint::VerifierKey;
use crate::vault::KeySlot;
use serde_json::{Map, Value};

macro_rules! acts {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        /// The kinds of acts. The text is part of the format: never changed, never reused.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum ActKind { $($(#[$doc])* $name,)* }
        impl ActKind {
            /// All kinds.
            pub const ALL: &'static [ActKind] = &[$(ActKind::$name,)*];
            /// The text in the log.
            pub fn as_str(self) -> &'static str {
                match self { $(ActKind::$name => $text,)* }
            }
            /// The kind with this text.
            pub fn from_text(text: &str) -> Option<Self> {
                match text { $($text => Some(ActKind::$name),)* _ => None }
            }
        }
    };
}

acts! {
    /// The archive was made: entry 0.
    ArchiveCreated = "archive.created";
    /// The archive is one for tests, for ever: entry 2 or nowhere.
    TestDeclared = "archive.test";
    /// A register with its own key was opened; its act documents carry what the log must not.
    RegisterCreated = "register.created";
    /// An account was given a pseudonym.
    AccountAdded = "account.added";
    /// An account was opened for a person, a machine, or setting the archive up.
    AccountOpened = "account.opened";
    /// An account got another password.
    AccountChanged = "account.changed";
    /// An account was closed, with its tokens, certificates and permits.
    AccountClosed = "account.closed";
    /// A token was issued to an account.
    TokenIssued = "token.issued";
    /// A token was revoked.
    TokenRevoked = "token.revoked";
    /// A client certificate was bound to the account of a machine.
    CertificateBound = "certificate.bound";
    /// The reading of named records was permitted to a reader until a day.
    ReadingPermitted = "reading.permitted";
    /// A permit of the reading room was ended before its day.
    ReadingEnded = "reading.ended";
    /// An agency was given its part of the vault.
    AgencyAdded = "agency.added";
    /// A submission was accepted as a record.
    RecordAccepted = "record.accepted";
    /// A submission was refused; nothing of it is kept.
    SubmissionRefused = "submission.refused";
    /// Something was added to a record; what was there before stays as it is.
    RecordAmended = "record.amended";
    /// Two officers signed that a record should never have come in.
    SpillApproved = "spill.approved";
    /// A record that should never have come in was made unreadable at once.
    RecordSpilled = "record.spilled";
    /// An edition of a classifier was adopted.
    ClassifierAdopted = "classifier.adopted";
    /// A version of the validation policy was adopted.
    PolicyAdopted = "policy.adopted";
    /// A version of the register of signers was adopted.
    AuthorityAdopted = "authority.adopted";
    /// A calendar of working days was adopted.
    CalendarAdopted = "calendar.adopted";
    /// A profile for the import of a holding was adopted, approved by two officers.
    ImportAdopted = "import.adopted";
    /// An import began.
    ImportBegun = "import.begun";
    /// An import ended, with its report.
    ImportEnded = "import.ended";
    /// A CA certificate or a CRL was kept for the validation of signatures.
    MaterialAdded = "material.added";
    /// A submission waits for what its signatures lack; its bytes are kept apart from the holding.
    SubmissionWaiting = "submission.waiting";
    /// A submission does not wait any more, and its waiting bytes are unreadable.
    WaitingEnded = "waiting.ended";
    /// A records officer signed the notice of a refusal.
    NoticeIssued = "notice.issued";
    /// A key that the archive signs its answers with.
    AnswerKeyAdded = "answer-key.added";
    /// A nomenclature of files was adopted.
    NomenclatureAdopted = "nomenclature.adopted";
    /// An edition of a list of retention periods was adopted.
    RulesAdopted = "rules.adopted";
    /// A form of an act or an inventory was adopted.
    FormAdopted = "form.adopted";
    /// A policy of witnesses of the journal was adopted.
    WitnessesAdopted = "witnesses.adopted";
    /// A file was opened.
    FileOpened = "file.opened";
    /// A file was closed.
    FileClosed = "file.closed";
    /// A closed file was opened again.
    FileReopened = "file.reopened";
    /// What a file is kept by was changed: its item of a list, or attributes that rules ask for.
    FileReclassified = "file.reclassified";
    /// An event that a term begins with was recorded or corrected.
    EventRecorded = "event.recorded";
    /// A record was put into a file.
    RecordFiled = "record.filed";
    /// A fonds was opened.
    FondsOpened = "fonds.opened";
    /// Another body took over a fonds.
    FondsSucceeded = "fonds.succeeded";
    /// An inventory of files was opened.
    InventoryOpened = "inventory.opened";
    /// Files were entered into an inventory.
    InventoryEntered = "inventory.entered";
    /// A file stands in an inventory.
    FileInventoried = "file.inventoried";
    /// An expert commission approved an inventory.
    InventoryApproved = "inventory.approved";
    /// A paper original or copy of a record was noted.
    PaperNoted = "paper.noted";
    /// A paper of a record was moved, or has another custodian.
    PaperMoved = "paper.moved";
    /// A hold was placed.
    HoldPlaced = "hold.placed";
    /// A hold begins to keep a record or a file.
    HoldCovers = "hold.covers";
    /// A hold was lifted.
    HoldLifted = "hold.lifted";
    /// A hold keeps a record or a file no more.
    HoldUncovers = "hold.uncovers";
    /// An inquiry by an authority was opened.
    InquiryOpened = "inquiry.opened";
    /// A search was made under an inquiry.
    InquirySearched = "inquiry.searched";
    /// Records and files were put under an inquiry by name.
    InquiryTaken = "inquiry.taken";
    /// A records officer signed an answer to an inquiry.
    InquiryAnswered = "inquiry.answered";
    /// Records were bundled for an inquiry, with what proves them.
    InquiryBundled = "inquiry.bundled";
    /// An inquiry was closed, and its holds were lifted.
    InquiryClosed = "inquiry.closed";
    /// A records officer or a post operator certified a paper copy of a record.
    CopyCertified = "copy.certified";
    /// Two officers signed who another archive is, and its key.
    PartyAdopted = "party.adopted";
    /// Files were selected to be handed over to another archive.
    TransferSelected = "transfer.selected";
    /// The list of what is handed over was drawn up; nothing more comes to it.
    TransferListed = "transfer.listed";
    /// The expert commission approved that list.
    TransferApproved = "transfer.approved";
    /// Nothing will be handed over.
    TransferCancelled = "transfer.cancelled";
    /// The package is decided, with its digest: the same bytes whenever it is written.
    TransferSealed = "transfer.sealed";
    /// A record is in a package that goes to another archive.
    RecordPacked = "record.packed";
    /// The package was written for the other archive.
    TransferSent = "transfer.sent";
    /// The other archive signed that the package came.
    TransferDelivered = "transfer.delivered";
    /// The other archive signed which records it keeps.
    TransferReplied = "transfer.replied";
    /// Officers of both archives signed the act.
    TransferAgreed = "transfer.agreed";
    /// The keys of the records and files named by the next entries are erased: another archive keeps them.
    TransferReleased = "transfer.released";
    /// A record was let go: another archive keeps it.
    RecordReleased = "record.released";
    /// A file was let go with its last record.
    FileReleased = "file.released";
    /// The transfer is over, and nothing of what was let go is left where the archive can look.
    TransferClosed = "transfer.closed";
    /// A package of another archive came, whole.
    AccessionReceived = "accession.received";
    /// Its records were judged; those that are kept are records here.
    AccessionChecked = "accession.checked";
    /// An officer signed which records are kept, and the act.
    AccessionReplied = "accession.replied";
    /// Officers of both archives signed the act.
    AccessionAgreed = "accession.agreed";
    /// A list of files for destruction was drawn up; nothing more comes to it.
    PlanDrafted = "plan.drafted";
    /// It was signed by who proposes it.
    PlanProposed = "plan.proposed";
    /// A member of the commission said of each file what is to become of it.
    PlanReviewed = "plan.reviewed";
    /// A person approved the destruction.
    PlanApproved = "plan.approved";
    /// The plan will not be executed.
    PlanCancelled = "plan.cancelled";
    /// Two officers signed that earlier states of a file do not put its day off any more.
    FileShortened = "file.shortened";
    /// What a commission ruled about a file.
    FileRuled = "file.ruled";
    /// The destruction begins: holds and terms were judged at this size of the journal.
    DestroyAuthorised = "destroy.authorised";
    /// The keys of the files and records named by the next entries are erased.
    DestroyExecuted = "destroy.executed";
    /// A file was destroyed by a plan.
    FileDestroyed = "file.destroyed";
    /// A record was destroyed with its file.
    RecordDestroyed = "record.destroyed";
    /// A hold that was lifted went with all that it once kept.
    HoldDestroyed = "hold.destroyed";
    /// Nothing of what was destroyed is left where the archive can look.
    DestroyCompleted = "destroy.completed";
    /// A presence-and-condition check was ordered.
    PresenceBegun = "presence.begun";
    /// Records were looked at for a check, with what was found.
    PresenceChecked = "presence.checked";
    /// A check ended, with its act.
    PresenceEnded = "presence.ended";
    /// A check did not find a record, or a part of it: it is in search.
    RecordMissing = "record.missing";
    /// A later check found the record whole: it is in search no more.
    RecordFound = "record.found";
    /// Officers of an agency signed that the archive ends.
    DecommissionApproved = "decommission.approved";
    /// The archive ended: nothing is taken in any more.
    ArchiveDecommissioned = "archive.decommissioned";
    /// What was left beside the records went with the archive: the register of refusals, a lifted hold, an empty file.
    RemainderDestroyed = "remainder.destroyed";
    /// Nothing that went with the archive is left where it can look; the last entry of all.
    DecommissionCompleted = "decommission.completed";
    /// The log goes on under a new name and key after entries were lost: the first entry under them.
    LogSucceeded = "log.succeeded";
    /// Two officers of an agency signed which holds were placed in the entries that were lost.
    HoldsConfirmed = "holds.confirmed";
    /// The newest entries of all records and other owners, as two roots.
    HeadsMapped = "heads.mapped";
    /// An authority stamped the time on a batch of the journal.
    EvidenceStamped = "evidence.stamped";
    /// Time-stamps were renewed before they end.
    EvidenceRenewed = "evidence.renewed";
    /// A record with restricted access was read, or any record under an inquiry.
    RecordRead = "record.read";
    /// A record went into the bundle of an inquiry.
    RecordBundled = "record.bundled";
    /// A segment is closed; its Merkle root names its frames without keys.
    SegmentSealed = "segment.sealed";
    /// What owners with an erased key had in a segment was removed; its Merkle root names what stayed.
    SegmentCompacted = "segment.compacted";
    /// The vault's journal was folded into pages.
    VaultFolded = "vault.folded";
    /// The vault moved to a new key-encryption key.
    VaultRolled = "vault.rolled";
}

/// The two chains of a record's entries: shown separately, so that one proves nothing about the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Chain {
    /// What was done with the record.
    Custody,
    /// Who read it.
    Reading,
}

impl Chain {
    /// Its name in proofs.
    pub fn as_str(self) -> &'static str {
        match self {
            Chain::Custody => "custody",
            Chain::Reading => "reading",
        }
    }

    /// The chain with this name.
    pub fn parse(text: &str) -> Option<Self> {
        [Chain::Custody, Chain::Reading].into_iter().find(|chain| chain.as_str() == text)
    }
}

impl ActKind {
    /// Whether an act of this kind erases the key of its `rec`: what that key sealed may be compacted away.
    pub fn erases(self) -> bool {
        use ActKind::{
            FileDestroyed, FileReleased, HoldDestroyed, RecordDestroyed, RecordReleased, RecordSpilled,
            RemainderDestroyed, WaitingEnded,
        };
        matches!(
            self,
            RecordSpilled
                | WaitingEnded
                | RecordDestroyed
                | FileDestroyed
                | HoldDestroyed
                | RecordReleased
                | FileReleased
                | RemainderDestroyed
        )
    }

    /// Whether an entry of this kind may stand behind the one that ended the archive.
    pub fn follows_end(self) -> bool {
        use ActKind::{
            DecommissionCompleted, RemainderDestroyed, SegmentCompacted, SegmentSealed, VaultFolded, VaultRolled,
        };
        matches!(
            self,
            RemainderDestroyed | VaultRolled | VaultFolded | SegmentSealed | SegmentCompacted | DecommissionCompleted
        )
    }

    /// The chain an act of this kind belongs to.
    pub fn chain(self) -> Chain {
        if matches!(self, ActKind::RecordRead | ActKind::RecordBundled) { Chain::Reading } else { Chain::Custody }
    }
}

/// A closed segment, as it was closed or as compaction left it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SealedSegment {
    /// Its number.
    pub number: u32,
    /// Its length.
    pub len: u64,
    /// Its frames.
    pub frames: u64,
    /// Merkle root (RFC 6962, leaf = the digest that ends a frame) over its frames in order.
    pub root: Sha256,
}

/// The newest entries of all owners before an entry ([`heads`](super::heads)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heads {
    /// Owners: records, registers, files and whatever else entries are about.
    pub owners: u64,
    /// Root of the map of custody.
    pub custody: Sha256,
    /// Root of the map of readings.
    pub readings: Sha256,
}

/// What a log was before it went on under a new name and key, and what is known of its end. Its size at the cut is the
/// index of the entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Succession {
    /// The key, with the name, under which the log goes on.
    pub vkey: VerifierKey,
    /// The key, with the name, that signed before; it signs nothing any more.
    pub was: VerifierKey,
    /// Entries of the newest checkpoint that is known by the key of before.
    pub size: u64,
    /// Its root hash.
    pub root: Sha256,
}

impl Succession {
    fn value(&self) -> Value {
        let (vkey, was, root) = (self.vkey.to_string(), self.was.to_string(), self.root.to_string());
        serde_json::json!({"root": root, "size": self.size, "vkey": vkey, "was": was})
    }

    fn of_value(value: &Value) -> Option<Self> {
        let text = |key: &str| value.get(key)?.as_str();
        Some(Self {
            vkey: text("vkey")?.parse().ok()?,
            was: text("was")?.parse().ok()?,
            size: value.get("size")?.as_u64()?,
            root: text("root")?.parse().ok()?,
        })
    }
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// What was done.
    pub act: ActKind,
    /// Id of the act; stored objects that came with it name it.
    pub id: ActId,
    /// When, in milliseconds; never less than in the entry before.
    pub t: Millis,
    /// Pseudonym of who did it.
    pub actor: ActorId,
    /// The record (or register) it is about.
    pub rec: Option<RecordId>,
    /// The file that a record was put into, the inventory that a file was entered into, the hold that keeps it or does
    /// so no more, the plan that it is destroyed by, the check that marked it, or the inquiry under which it was read.
    pub of: Option<RecordId>,
    /// The record's previous entry of the same chain.
    pub prev: Option<u64>,
    /// Place of the owner's key in the vault, given with the entry that adds it.
    pub key: Option<KeySlot>,
    /// Salted group commitment, SHA-256: also the RFC 4998 leaf.
    pub g256: Option<Sha256>,
    /// The same with SHA-512.
    pub g512: Option<Sha512>,
    /// SHA-256 of the act document, which holds its own salt.
    pub doc: Option<Sha256>,
    /// SHA-256 over the sorted addresses of the objects that came with the act.
    pub obj: Option<Sha256>,
    /// The segment that was closed or compacted.
    pub segment: Option<SealedSegment>,
    /// The vault's epoch after a fold or roll.
    pub epoch: Option<u32>,
    /// The newest entries of all owners.
    pub heads: Option<Heads>,
    /// What the log was before.
    pub log: Option<Succession>,
}

/// An entry that does not have the form of a leaf.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("log entry {index}: {what}")]
pub struct LeafError {
    /// Which entry.
    pub index: u64,
    /// What is wrong with it.
    pub what: String,
}

impl Leaf {
    /// A leaf with only the fields that every act has.
    pub fn new(act: ActKind, id: ActId, t: Millis, actor: ActorId) -> Self {
        Self {
            act,
            id,
            t,
            actor,
            rec: None,
            of: None,
            prev: None,
            key: None,
            g256: None,
            g512: None,
            doc: None,
            obj: None,
            segment: None,
            epoch: None,
            heads: None,
            log: None,
        }
    }

    /// The entry's bytes.
    pub fn encode(&self) -> Vec<u8> {
        canonical::to_vec(&self.value()).expect("a leaf holds strings and small integers")
    }

    fn value(&self) -> Value {
        let mut map = Map::new();
        let mut put = |key: &str, value: Option<Value>| {
            if let Some(value) = value {
                map.insert(key.to_owned(), value);
            }
        };
        put("act", Some(self.act.as_str().into()));
        put("actor", Some(self.actor.to_string().into()));
        put("doc", self.doc.map(|d| d.to_string().into()));
        put("epoch", self.epoch.map(Into::into));
        put("g256", self.g256.map(|d| d.to_string().into()));
        put("g512", self.g512.map(|d| d.to_string().into()));
        put(
            "heads",
            self.heads.map(|h| {
                let (custody, readings) = (h.custody.to_string(), h.readings.to_string());
                serde_json::json!({"custody": custody, "owners": h.owners, "readings": readings})
            }),
        );
        put("id", Some(self.id.to_string().into()));
        put("key", self.key.map(|k| k.to_string().into()));
        put("log", self.log.as_ref().map(Succession::value));
        put("obj", self.obj.map(|d| d.to_string().into()));
        put("of", self.of.map(|r| r.to_string().into()));
        put("prev", self.prev.map(Into::into));
        put("rec", self.rec.map(|r| r.to_string().into()));
        put(
            "segment",
            self.segment.map(|s| {
                serde_json::json!({"frames": s.frames, "len": s.len, "number": s.number, "root": s.root.to_string()})
            }),
        );
        put("t", Some(self.t.into()));
        put("v", Some(1.into()));
        Value::Object(map)
    }

    /// Reads entry `index`. Only the one canonical form is taken.
    pub fn decode(index: u64, bytes: &[u8]) -> Result<Self, LeafError> {
        let wrong = |what: &str| LeafError { index, what: what.to_owned() };
        let value: Value = serde_json::from_slice(bytes).map_err(|e| wrong(&format!("not JSON: {e}")))?;
        // The canonical form first: it also bounds the numbers, so that encoding what was read cannot fail.
        if canonical::to_vec(&value).as_deref() != Ok(bytes) {
            return Err(wrong("not in canonical form"));
        }
        let map = value.as_object().ok_or_else(|| wrong("not an object"))?;
        if map.get("v").and_then(Value::as_u64) != Some(1) {
            return Err(wrong("newer than this program knows"));
        }
        fn text<T: std::str::FromStr>(map: &Map<String, Value>, key: &str) -> Result<Option<T>, String> {
            match map.get(key) {
                None => Ok(None),
                Some(v) => {
                    let parsed = v.as_str().and_then(|s| s.parse().ok());
                    parsed.map(Some).ok_or_else(|| format!("field {key} is not as it must be"))
                }
            }
        }
        let number = |map: &Map<String, Value>, key: &str| map.get(key).and_then(Value::as_u64);
        let fail = |what: String| LeafError { index, what };
        let act = map.get("act").and_then(Value::as_str).and_then(ActKind::from_text);
        let act = act.ok_or_else(|| wrong("act of an unknown kind"))?;
        let id = text(map, "id").map_err(fail)?.ok_or_else(|| wrong("no act id"))?;
        let actor = text(map, "actor").map_err(fail)?.ok_or_else(|| wrong("no actor"))?;
        let t = number(map, "t").ok_or_else(|| wrong("no time"))?;
        let segment = match map.get("segment").and_then(Value::as_object) {
            None => None,
            Some(s) => {
                let field = |key| number(s, key).ok_or_else(|| wrong("segment is not as it must be"));
                let root = text(s, "root").map_err(fail)?.ok_or_else(|| wrong("segment has no root"))?;
                let segment_no = u32::try_from(field("number")?).map_err(|_| wrong("segment number is too large"))?;
                Some(SealedSegment { number: segment_no, len: field("len")?, frames: field("frames")?, root })
            }
        };
        let heads = match map.get("heads").and_then(Value::as_object) {
            None => None,
            Some(h) => {
                let root = |key| text(h, key).map_err(fail)?.ok_or_else(|| wrong("heads is not as it must be"));
                let owners = number(h, "owners").ok_or_else(|| wrong("heads is not as it must be"))?;
                Some(Heads { owners, custody: root("custody")?, readings: root("readings")? })
            }
        };
        let wrong_log = || wrong("field log is not as it must be");
        let succession = map.get("log").map(|log| Succession::of_value(log).ok_or_else(wrong_log)).transpose()?;
        let key = match map.get("key") {
            None => None,
            Some(k) => {
                Some(k.as_str().and_then(|k| k.parse().ok()).ok_or_else(|| wrong("field key is not as it must be"))?)
            }
        };
        let leaf = Self {
            act,
            id,
            t,
            actor,
            rec: text(map, "rec").map_err(fail)?,
            of: text(map, "of").map_err(fail)?,
            prev: number(map, "prev"),
            key,
            g256: text(map, "g256").map_err(fail)?,
            g512: text(map, "g512").map_err(fail)?,
            doc: text(map, "doc").map_err(fail)?,
            obj: text(map, "obj").map_err(fail)?,
            segment,
            epoch: number(map, "epoch").and_then(|e| u32::try_from(e).ok()),
            heads,
            log: succession,
        };
        if leaf.value() == value { Ok(leaf) } else { Err(wrong("has unknown fields")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tlog::checkpoint::LogSigner;

    #[test]
    fn a_leaf_decodes_to_itself_and_other_forms_are_refused() {
        let mut leaf = Leaf::new(ActKind::RecordAccepted, ActId([1; 16]), 1_700_000_000_123, ActorId([2; 8]));
        leaf.rec = Some(RecordId([3; 16]));
        leaf.of = Some(RecordId([6; 16]));
        leaf.prev = Some(17);
        leaf.key = Some(KeySlot { subtree: 1, slot: 70_000 });
        leaf.g256 = Some(Sha256([4; 32]));
        leaf.segment = Some(SealedSegment { number: 2, len: 9, frames: 8, root: Sha256([5; 32]) });
        leaf.heads = Some(Heads { owners: 3, custody: Sha256([7; 32]), readings: Sha256([8; 32]) });
        let [vkey, was] = [9, 10].map(|seed| LogSigner::new("log", &[seed; 32]).verifier().clone());
        leaf.log = Some(Succession { vkey, was, size: 4, root: Sha256([9; 32]) });
        let bytes = leaf.encode();
        assert_eq!(Leaf::decode(0, &bytes).unwrap(), leaf);
        let text = String::from_utf8(bytes).unwrap();
        for bad in [
            text.replace("{\"act\"", "{ \"act\""),
            text.replace("\"v\":1", "\"v\":2"),
            text.replace("\"t\":", "\"extra\":1,\"t\":"),
            text.replace("record.accepted", "record.acceptet"),
            text.replace("1/70000", "1/070000"),
            text.replace("\"owners\":3", "\"owners\":3,\"p\":1"),
            text.replace("\"size\":4", "\"size\":4,\"t\":1"),
            text.replace("\"was\":\"log+", "\"was\":\"lag+"),
            text.replace("1700000000123", "9007199254740992"),
            text.replace("\"prev\":17", "\"prev\":18446744073709551615"),
            text.replace("\"prev\":17", "\"prev\":null"),
        ] {
            assert!(Leaf::decode(0, bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn act_texts_parse_back() {
        for act in ActKind::ALL {
            assert_eq!(ActKind::from_text(act.as_str()), Some(*act));
        }
    }
}
