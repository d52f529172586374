//! Taking in what the other archive answers, and signing the act.
//!
//! [`take`] takes the receipt and the reply; [`sign`] the signature of an officer of this side over the act, which goes
//! back to the other archive. Nothing is believed but the key that two officers of this agency adopted by hand.
//!
//! Invariants
//!   - An answer counts for one package of one transfer: name, digest, both archives, and the act before it.
//!   - A reply speaks of each record of the package, once, and names of what it keeps the very digest that was sealed.
//!     One byte off, and the whole reply is refused: nobody knows then what the other archive has.
//!   - The same answer again is the same entry; another one in its place is refused.
//!   - Who signs for the other archive is that archive's to say, by its answer key; here the signature is validated by
//!     our policy, and its certificate must be of the body that the party's file names.
//!   - The person who selected the files does not sign the act here.
//!
//! A crash leaves an answer taken in or not.

use super::act::{ACT_FILE, Act, ActList};
use super::answer::{Answer, AnswerKind};
use super::case::{Case, Stage, before_second};
use super::counterpart;
use super::reply::{REPLY_FILE, Reply};
use super::seal::Seal;
use crate::archive::Archive;
use crate::clock::civil_date;
use crate::error::{Error, ErrorCode, Refusal};
use crate::ingest::approval::{Asked, approved_by_others};
use crate::model::digest::sha256;
use crate::model::id::{ActorId, ArchiveId, RecordId};
use crate::tlog::leaf::ActKind;
use crate::verify::material::Material;
use crate::verify::policy::SignerKind;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The receipt in its act.
pub const RECEIPT_FILE: &str = "receipt.json";
/// The reply in its act, as it came.
pub const REPLY_ANSWER_FILE: &str = "reply-answer.json";
/// The act as it goes back to the other archive, as it is given out.
pub const ACT_ANSWER_FILE: &str = "act-answer.json";
/// In which office the act is signed here: one who may approve that records go.
const OFFICES: &[SignerKind] = &[SignerKind::Approver];

/// What became of an answer, or of signatures.
#[derive(Debug)]
pub enum Taken {
    /// Taken in, as this entry of the journal.
    Done(u64),
    /// Refused with reasons, never none.
    Refused(Vec<Refusal>),
}

/// A reply with the act, as they were signed.
#[derive(Debug, Clone)]
pub struct Replied {
    /// The reply.
    pub reply: Reply,
    /// The act.
    pub act: Act,
}

/// The transfer that an answer claims to be about.
///
/// # Errors
///
/// [`ErrorCode::TrfAnswer`]: it is no answer, or names none.
pub fn transfer_of(bytes: &[u8]) -> Result<RecordId, Error> {
    let claimed = Answer::claimed(bytes).map_err(|e| Error::new(ErrorCode::TrfAnswer, "answer", e.to_string()))?;
    claimed.transfer.ok_or_else(|| Error::new(ErrorCode::TrfAnswer, "answer", "it names no transfer"))
}

/// Takes in a receipt or a reply. `extra` is material for the signatures in it beside that of the archive.
pub fn take(archive: &Archive, bytes: &[u8], extra: &Material, actor: ActorId) -> Result<Taken, Error> {
    let id = transfer_of(bytes)?;
    let _turn = archive.turn("transfer", id);
    let case = Case::read(archive, id)?;
    let seal = case.seal(archive)?;
    let answer = verified(archive, &case, &seal, bytes)?;
    match answer.kind {
        AnswerKind::Receipt => receipt(archive, &case, bytes, actor),
        AnswerKind::Reply => reply(archive, &case, &seal, (&answer, bytes), extra, actor),
        AnswerKind::Act => Err(Error::new(ErrorCode::TrfAnswer, id.to_string(), "the act is for who takes records")),
    }
}

fn verified(archive: &Archive, case: &Case, seal: &Seal, bytes: &[u8]) -> Result<Answer, Error> {
    let not = |what: String| Error::new(ErrorCode::TrfAnswer, case.id.to_string(), what);
    let party = &case.party.party;
    let answer = Answer::verify(bytes, &party.answer_key).map_err(|e| not(format!("{}: {e}", party.id)))?;
    let is_ours = answer.transfer == Some(case.id);
    if is_ours && answer.about((party.archive, archive.id()), &seal.name(), seal.digest) {
        return Ok(answer);
    }
    Err(not(format!("it is about {} {}, from {} to {}", answer.package, answer.digest, answer.by, answer.to)))
}

/// Whether an act of this transfer has this file: then it was taken in before.
fn is_held(archive: &Archive, entry: Option<u64>, name: &str, bytes: &[u8]) -> Result<Option<u64>, Error> {
    let Some(entry) = entry else { return Ok(None) };
    let (document, row) = archive.document(entry)?;
    Ok((archive.act_file(&row, &document, name)? == bytes).then_some(entry))
}

fn receipt(archive: &Archive, case: &Case, bytes: &[u8], actor: ActorId) -> Result<Taken, Error> {
    if let Some(entry) = is_held(archive, case.row.delivered, RECEIPT_FILE, bytes)? {
        return Ok(Taken::Done(entry));
    }
    // It may be here before this side could say that it was sent.
    case.check_stage(&[Stage::Sealed, Stage::Sent])?;
    let fields = Map::from_iter([("sha256".to_owned(), Value::from(sha256(bytes).to_string()))]);
    let files = vec![(RECEIPT_FILE.to_owned(), bytes.to_vec())];
    case.commit(archive, ActKind::TransferDelivered, (fields, files), actor).map(Taken::Done)
}

fn reply(
    archive: &Archive,
    case: &Case,
    seal: &Seal,
    (answer, bytes): (&Answer, &[u8]),
    extra: &Material,
    actor: ActorId,
) -> Result<Taken, Error> {
    if let Some(entry) = is_held(archive, case.row.replied, REPLY_ANSWER_FILE, bytes)? {
        return Ok(Taken::Done(entry));
    }
    case.check_stage(&[Stage::Delivered])?;
    let replied = documents(archive, case, seal, answer)?;
    let mut refusals = Vec::new();
    let mut files = vec![(REPLY_ANSWER_FILE.to_owned(), bytes.to_vec())];
    for (document, prefix) in [(REPLY_FILE, "reply-"), (ACT_FILE, "act-")] {
        let file = answer.file(document).unwrap_or_default();
        let is_over = |name: &str| name.starts_with(prefix) && name.ends_with(".p7s");
        let over: Vec<_> = answer.files.iter().filter(|(name, _)| is_over(name)).collect();
        if over.is_empty() {
            refusals.push(Refusal::new(ErrorCode::TrfReply, document, "no officer has signed it"));
        }
        for (name, signature) in over {
            match counterpart::officer(archive, &case.party.party, file, signature, extra)? {
                Ok(report) => files.push((name.replace(".p7s", "-report.json"), report.encode())),
                Err(refusal) => refusals.push(refusal),
            }
        }
    }
    if !refusals.is_empty() {
        return Ok(Taken::Refused(refusals));
    }
    let (accepted, refused) = replied.reply.counts();
    let fields = Map::from_iter([
        ("sha256".to_owned(), Value::from(sha256(bytes).to_string())),
        ("accepted".to_owned(), accepted.into()),
        ("refused".to_owned(), refused.into()),
    ]);
    case.commit(archive, ActKind::TransferReplied, (fields, files), actor).map(Taken::Done)
}

/// The reply and the act of an answer: about this package, about each of its records, with our digests.
fn documents(archive: &Archive, case: &Case, seal: &Seal, answer: &Answer) -> Result<Replied, Error> {
    let between =
        Between { from: archive.id(), to: case.party.party.archive, transfer: case.id, is_test: archive.is_test() };
    between.documents(seal, answer).map_err(|what| Error::new(ErrorCode::TrfReply, case.id.to_string(), what))
}

/// Whose package an answer has to be about.
pub(super) struct Between {
    /// The archive that hands over.
    pub(super) from: ArchiveId,
    /// The archive that takes.
    pub(super) to: ArchiveId,
    /// The transfer.
    pub(super) transfer: RecordId,
    /// Both are archives for tests.
    pub(super) is_test: bool,
}

impl Between {
    /// The reply and the act of an answer, or why they are none: in technical English.
    pub(super) fn documents(&self, seal: &Seal, answer: &Answer) -> Result<Replied, String> {
        let file = |name: &str| answer.file(name).ok_or_else(|| format!("{name} is not in it"));
        let bytes = file(REPLY_FILE)?;
        let reply = Reply::decode(bytes).ok_or_else(|| format!("{REPLY_FILE} is not as it must be"))?;
        let act = Act::decode(file(ACT_FILE)?).ok_or_else(|| format!("{ACT_FILE} is not as it must be"))?;
        for about in [&reply.about, &act.about] {
            let is_same = about.from == self.from
                && about.to == self.to
                && about.package == seal.name()
                && about.digest == seal.digest
                && about.transfer == Some(self.transfer)
                && about.accession == answer.accession
                && about.is_test == self.is_test;
            if !is_same {
                return Err("it speaks of another package than its answer".to_owned());
            }
        }
        let (accepted, refused) = reply.counts();
        if act.reply != sha256(bytes) || (act.accepted, act.refused) != (accepted, refused) {
            return Err("the act is not about this reply".to_owned());
        }
        let listed = || ActList::of(&Value::Object(seal.plan.inventory.clone()), &reply);
        if act.list.is_some() && act.list != listed() {
            return Err("the act says otherwise what was handed over than the list".to_owned());
        }
        let mut sealed: BTreeMap<String, _> =
            seal.records.iter().map(|one| (one.record.to_string(), one.digest)).collect();
        for row in &reply.rows {
            let digest = sealed.remove(&row.record).ok_or_else(|| format!("{} was not sent, or twice", row.record))?;
            if row.reference.is_some() && row.digest != digest {
                return Err(format!("{}: it keeps {}, {digest} was sent", row.record, row.digest));
            }
        }
        match sealed.keys().next() {
            None => Ok(Replied { reply, act }),
            Some(missing) => Err(format!("it says nothing of {missing}")),
        }
    }
}

impl Case {
    /// The reply and the act as the other archive signed them, judged anew by its key.
    ///
    /// # Errors
    ///
    /// [`ErrorCode::TrfStage`] before there is a reply.
    pub fn replied(&self, archive: &Archive) -> Result<Replied, Error> {
        Ok(self.sealed_and_replied(archive)?.1)
    }

    /// The same by the package that was sealed.
    pub(super) fn replied_to(&self, archive: &Archive, seal: &Seal) -> Result<Replied, Error> {
        let none = || Error::new(ErrorCode::TrfStage, self.id.to_string(), "there is no reply");
        let (document, row) = archive.document(self.row.replied.ok_or_else(none)?)?;
        let bytes = archive.act_file(&row, &document, REPLY_ANSWER_FILE)?;
        let answer = verified(archive, self, seal, &bytes)?;
        documents(archive, self, seal, &answer)
    }
}

/// Takes in the signatures of an officer of this side over the act, exactly as the reply has it.
pub fn sign(
    archive: &Archive,
    id: RecordId,
    signatures: &[Vec<u8>],
    extra: &Material,
    actor: ActorId,
) -> Result<Taken, Error> {
    let _turn = archive.turn("transfer", id);
    let case = Case::read(archive, id)?;
    if let Some(entry) = case.row.agreed
        && held_signatures(archive, entry)? == signatures
    {
        return Ok(Taken::Done(entry));
    }
    case.check_stage(&[Stage::Replied])?;
    let replied = case.replied(archive)?;
    let bytes = replied.act.encode();
    let came = archive.leaf(case.row.replied.unwrap_or_default())?.t;
    let asked = Asked {
        file: &bytes,
        agency: &case.agency,
        // The clock of the other archive says when it was drawn up: by ours nobody signs before it came.
        date: civil_date(came),
        replaced: Some(before_second(came)),
        kinds: OFFICES,
        offices: OFFICES,
        persons: 1,
        code: ErrorCode::TrfAct,
    };
    let requester = case.selected_by(archive)?;
    let (mut fields, files) =
        match approved_by_others(archive, (ACT_FILE, &asked, requester.as_ref()), signatures, extra, actor)? {
            Ok(sealed) => sealed,
            Err(refusals) => return Ok(Taken::Refused(refusals)),
        };
    fields.insert("free".into(), free(archive, &case, &replied)?.iter().map(RecordId::to_string).collect());
    case.commit(archive, ActKind::TransferAgreed, (fields, files), actor).map(Taken::Done)
}

/// The files of which nothing was accepted: they can be selected again.
fn free(archive: &Archive, case: &Case, replied: &Replied) -> Result<Vec<RecordId>, Error> {
    let Some(list) = case.list(archive)? else { return Ok(Vec::new()) };
    let is_kept = |record: RecordId| replied.reply.row(&record.to_string()).is_some_and(|row| row.reference.is_some());
    let files = list.files.iter().filter(|(_, records)| !records.iter().any(|one| is_kept(one.record)));
    Ok(files.map(|(file, _)| *file).collect())
}

fn held_signatures(archive: &Archive, entry: u64) -> Result<Vec<Vec<u8>>, Error> {
    let (document, row) = archive.document(entry)?;
    let files = document.files();
    let names = files.iter().map(|file| file.name.as_str()).filter(|name| name.starts_with("signature-"));
    names.map(|name| archive.act_file(&row, &document, name)).collect()
}

/// The act with our signatures, as it goes to the other archive: the same bytes whenever it is asked for.
pub fn act_answer(archive: &Archive, id: RecordId) -> Result<Vec<u8>, Error> {
    let case = Case::read(archive, id)?;
    let none = || Error::new(ErrorCode::TrfStage, id.to_string(), "nobody here has signed the act");
    let entry = case.row.agreed.ok_or_else(none)?;
    let (seal, replied) = case.sealed_and_replied(archive)?;
    let mut files = vec![(ACT_FILE.to_owned(), replied.act.encode())];
    let signatures = held_signatures(archive, entry)?;
    files.extend((1..).zip(signatures).map(|(n, signature)| (format!("act-sender-{n}.p7s"), signature)));
    files.sort();
    let answer = Answer {
        kind: AnswerKind::Act,
        by: archive.id(),
        to: case.party.party.archive,
        package: seal.name(),
        digest: seal.digest,
        transfer: Some(id),
        accession: replied.act.about.accession,
        time: archive.leaf(entry)?.t,
        files,
    };
    Ok(answer.sign(&*archive.answer_key()?))
}
