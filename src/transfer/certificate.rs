//! The certificate of a release: what the journal says of records that went to another archive, in a form that a
//! stranger checks without either archive.
//!
//! A [`Certificate`] is canonical JSON (`schema/certificate/2`, `kind` = `release`): a checkpoint; the entries of the
//! transfer, each with its proof of inclusion and its act document, whose digest the entry has; the files of these acts
//! that say who keeps what, whose digests the documents have; and what all that says, written out. [`verify`] takes it
//! apart again:
//!   - each entry of the transfer names the one before it, so none is left out;
//!   - who takes, and by which key it answers, is in the file that two officers adopted;
//!   - the reply is signed by that key, and keeps each record with the digest that was sealed;
//!   - the act of both is about that reply, and officers of both archives signed it;
//!   - the release that two officers signed is about that act, and what went is in it with the same id there;
//!   - the keys went with the roll of the vault that ends the batch of each release.
//!
//! It is made anew from the archive whenever it is asked for; of the same transfer at the same size of the journal it
//! is the same bytes. Whether the officers had their offices is what the journal says of the archive's own check: the
//! signatures (CMS) are in it, for whoever wants to validate them again. That the other archive still has the records,
//! and that no copy was made elsewhere, it says it cannot prove.

use super::act::{ACT_FILE, Act};
use super::answer::{Answer, AnswerKind};
use super::case::Case;
use super::release::{self, RELEASE_FILE, Release};
use super::reply::REPLY_FILE;
use super::seal::{SEAL_FILE, Seal};
use super::take::{Between, REPLY_ANSWER_FILE, Replied};
use crate::archive::Archive;
use crate::clock::{Millis, civil_date, rfc3339, utc};
pub use crate::disposition::certificate::Fault;
use crate::disposition::certificate::{CERTIFICATE_BYTES_MAX, RESIDUAL};
use crate::disposition::destroy::{self, Condition, METHOD};
use crate::disposition::proved::{Proved, of_note};
use crate::error::{Error, ErrorCode};
use crate::ingest::approval::Approval;
use crate::model::canonical;
use crate::model::digest::{Sha256, sha256};
use crate::model::id::RecordId;
use crate::model::party::{PARTY_FILE, Party};
use crate::model::record::{ActDocument, ActFile};
use crate::text::{Lang, Text, text};
use crate::tlog::checkpoint::{self, VerifierKey};
use crate::tlog::leaf::ActKind;
use crate::verify::material::Material;
use crate::verify::policy::{Policy, SignerKind};
use crate::verify::report::Signer;
use crate::verify::validation::{Caches, InMemory, Question, validate};
use crate::verify::verdict::SubIndication;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The value of a certificate's `schema` field.
pub const CERTIFICATE_SCHEMA: &str = "muragat/certificate/2";
/// What it certifies.
pub const KIND: &str = "release";

/// What a certificate of a release cannot claim beside [`RESIDUAL`].
pub const THERE: Text = text(
    "Қабылдаған архивте құжаттардың әлі бар екенін бұл сертификат дәлелдемейді: ол жауап пен актіні ғана дәлелдейді.",
    "Что документы всё ещё есть в принявшем архиве, этот сертификат не доказывает: он доказывает ответ и акт.",
    "That the other archive still has the records this certificate does not prove: it proves its reply and the act.",
);

/// A record that went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gone {
    /// The record.
    pub record: RecordId,
    /// Its id in the other archive.
    pub reference: RecordId,
}

/// One release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Released {
    /// The entry.
    pub entry: u64,
    /// When the keys were erased.
    pub executed: Millis,
    /// The epoch of the vault after it.
    pub epoch: u32,
    /// SHA-256 of what two officers signed.
    pub release: Sha256,
    /// Files of which no record was left.
    pub files: usize,
    /// The records that went.
    pub records: Vec<Gone>,
}

/// What a certificate says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// Name of the archive's log.
    pub origin: String,
    /// The archive is one for tests.
    pub is_test: bool,
    /// The transfer.
    pub transfer: RecordId,
    /// Code of the agency.
    pub agency: String,
    /// By which order or agreement it was handed over.
    pub basis: String,
    /// Who keeps the records.
    pub party: Party,
    /// Name of the package, and its digest.
    pub package: (String, Sha256),
    /// The act of both archives.
    pub act: Act,
    /// The releases, oldest first.
    pub releases: Vec<Released>,
    /// When the transfer was over; none: not yet.
    pub closed: Option<Millis>,
    /// What is left of what went, when the certificate was made before that.
    pub remaining: Vec<Condition>,
    /// Who signed what: act, and the signer as the act has it.
    pub signers: Vec<(ActKind, Value)>,
    /// Entries of the journal at that time.
    pub log_size: u64,
}

/// Files of acts, by the entry and the name.
type Files = BTreeMap<(u64, String), Vec<u8>>;

/// The certificate of a transfer of which records were let go, and what it says: none leaves the archive that would not
/// verify.
///
/// # Errors
///
/// [`ErrorCode::TrfStage`] when nothing was let go.
pub fn give(archive: &Archive, transfer: RecordId) -> Result<(Vec<u8>, Certificate), Error> {
    let bytes = make(archive, transfer)?;
    let certificate = verify(&bytes, &archive.config().vkey)
        .map_err(|e| Error::new(ErrorCode::StoChanged, transfer.to_string(), e.to_string()))?;
    Ok((bytes, certificate))
}

/// The same without what it says.
pub fn make(archive: &Archive, transfer: RecordId) -> Result<Vec<u8>, Error> {
    let case = Case::read(archive, transfer)?;
    let row = &case.row;
    if row.released.is_empty() {
        let what = format!("it is {}, and nothing was let go", case.stage());
        return Err(Error::new(ErrorCode::TrfStage, transfer.to_string(), what));
    }
    let note = archive.settle()?;
    let log = archive.log()?;
    let mut indexes = BTreeSet::from([case.party.entry, row.selected]);
    indexes
        .extend([row.listed, row.approved, row.sealed, row.delivered, row.replied, row.agreed].into_iter().flatten());
    indexes.extend(row.sent.iter().chain(&row.released).chain(&row.closed));
    for entry in &row.released {
        indexes.insert(entry + 1 + followers(&archive.document(*entry)?.0.fields));
    }
    let (mut entries, mut files) = (Vec::with_capacity(indexes.len()), Files::new());
    for index in indexes {
        let proved = Proved::read(archive, &log, index)?;
        if proved.document.is_some() {
            let (document, row) = archive.document(index)?;
            for file in wanted(proved.leaf.act, &document) {
                let bytes = archive.act_file(&row, &document, &file.name)?;
                files.insert((index, file.name), bytes);
            }
        }
        entries.push(proved);
    }
    let remaining = match row.closed {
        Some(_) => Vec::new(),
        None => destroy::remaining(archive, &release::gone(archive, &case)?)?.into_iter().collect(),
    };
    let said = said(&note, &entries, &files, remaining)
        .map_err(|Fault(what)| Error::new(ErrorCode::StoChanged, transfer.to_string(), what))?;
    Ok(encode(&note, &entries, &files, &said))
}

/// The files of an act that a certificate has.
fn wanted(act: ActKind, document: &ActDocument) -> Vec<ActFile> {
    let is_wanted = |name: &str| match act {
        ActKind::PartyAdopted => name == PARTY_FILE,
        ActKind::TransferSealed => name == SEAL_FILE,
        ActKind::TransferReplied => name == REPLY_ANSWER_FILE,
        ActKind::TransferAgreed => name == ACT_FILE || is_signature(name),
        ActKind::TransferReleased => name == RELEASE_FILE || is_signature(name),
        _ => false,
    };
    document.files().into_iter().filter(|file| is_wanted(&file.name)).collect()
}

fn is_signature(name: &str) -> bool {
    name.starts_with("signature-") && name.ends_with(".p7s")
}

fn list<'v>(value: Option<&'v Value>) -> impl Iterator<Item = &'v Value> + use<'v> {
    value.and_then(Value::as_array).into_iter().flatten()
}

fn id_of(value: &Value, key: &str) -> Option<RecordId> {
    value.get(key)?.as_str()?.parse().ok()
}

fn is_whole(file: &Value) -> bool {
    file.get("whole") == Some(&Value::Bool(true))
}

/// How many entries of records, files and holds follow that of a release, before the roll.
fn followers(outcome: &Map<String, Value>) -> u64 {
    let of_file = |file: &Value| list(file.get("records")).count() + usize::from(is_whole(file));
    let files: usize = list(outcome.get("released")).map(of_file).sum();
    (files + list(outcome.get("holds")).count()) as u64
}

fn encode(note: &str, entries: &[Proved], files: &Files, said: &Certificate) -> Vec<u8> {
    let file = |((entry, name), bytes): (&(u64, String), &Vec<u8>)| {
        let base64 = STANDARD.encode(bytes);
        json!({"entry": entry, "name": name, "base64": base64})
    };
    let value = json!({
        "schema": CERTIFICATE_SCHEMA, "kind": KIND, "checkpoint": note, "said": said.value(),
        "entries": entries.iter().map(Proved::value).collect::<Vec<_>>(),
        "files": files.iter().map(file).collect::<Vec<_>>(),
    });
    canonical::to_vec(&value).expect("a certificate holds texts and small numbers")
}

/// Whether bytes claim to be a certificate of this kind: nothing of it is checked.
pub fn is_claimed(bytes: &[u8]) -> bool {
    let value: Option<Value> = serde_json::from_slice(bytes).ok();
    value.is_some_and(|value| value.get("schema").and_then(Value::as_str) == Some(CERTIFICATE_SCHEMA))
}

/// Checks a certificate with the verifier key of the journal of the archive that let the records go, and gives what it
/// says.
pub fn verify(bytes: &[u8], key: &VerifierKey) -> Result<Certificate, Fault> {
    if bytes.len() > CERTIFICATE_BYTES_MAX {
        return Err(Fault::of("too large for a certificate"));
    }
    let value: Value = serde_json::from_slice(bytes).map_err(|_| Fault::of("not JSON"))?;
    let text = |key: &str| value.get(key).and_then(Value::as_str);
    if text("schema") != Some(CERTIFICATE_SCHEMA) || text("kind") != Some(KIND) {
        return Err(Fault::of("not a certificate of a release"));
    }
    let note = text("checkpoint").ok_or_else(|| Fault::of("no checkpoint"))?;
    let head = checkpoint::verify(note.as_bytes(), key);
    let head = head.ok_or_else(|| Fault::of("the checkpoint is not of this key"))?;
    let entries = list(value.get("entries")).map(Proved::of).collect::<Option<Vec<_>>>();
    let entries = entries.ok_or_else(|| Fault::of("an entry is malformed"))?;
    entries.iter().try_for_each(|proved| proved.check(&head))?;
    let file = |value: &Value| {
        let name = value.get("name")?.as_str()?.to_owned();
        let bytes = STANDARD.decode(value.get("base64")?.as_str()?).ok()?;
        Some(((value.get("entry")?.as_u64()?, name), bytes))
    };
    let files = list(value.get("files")).map(file).collect::<Option<Files>>();
    let files = files.ok_or_else(|| Fault::of("a file is malformed"))?;
    let remaining = value.get("said").and_then(|said| said.get("remaining"));
    let remaining = list(remaining).map(|word| word.as_str().and_then(Condition::parse)).collect::<Option<Vec<_>>>();
    let remaining = remaining.ok_or_else(|| Fault::of("an unknown condition"))?;
    let said = said(note, &entries, &files, remaining)?;
    // What is written out, byte for byte.
    if encode(note, &entries, &files, &said) != bytes {
        return Err(Fault::of("what is written out is not what the entries say"));
    }
    Ok(said)
}

/// Acts with their documents, and the files that these name.
struct Acts<'a> {
    entries: &'a [Proved],
    documents: BTreeMap<u64, ActDocument>,
    files: &'a Files,
}

impl<'a> Acts<'a> {
    fn read(entries: &'a [Proved], files: &'a Files) -> Result<Self, Fault> {
        let mut documents = BTreeMap::new();
        let mut named = 0;
        if !entries.windows(2).all(|pair| pair[0].index < pair[1].index) {
            return Err(Fault::of("entries are not in the order of the journal"));
        }
        for proved in entries {
            let Some(document) = &proved.document else { continue };
            let at = |what: &str| Fault(format!("entry {}: {what}", proved.index));
            let document = ActDocument::decode(document.as_bytes()).map_err(|_| at("its document is malformed"))?;
            if document.text("kind") != Some(proved.leaf.act.as_str()) {
                return Err(at("its document is of another act"));
            }
            for file in wanted(proved.leaf.act, &document) {
                let bytes = files.get(&(proved.index, file.name.clone()));
                let bytes = bytes.ok_or_else(|| at(&format!("{} is not there", file.name)))?;
                if sha256(bytes) != file.sha256 || bytes.len() as u64 != file.size {
                    return Err(at(&format!("{} is not the one that its document names", file.name)));
                }
                named += 1;
            }
            documents.insert(proved.index, document);
        }
        if named != files.len() {
            return Err(Fault::of("a file is of no act"));
        }
        Ok(Self { entries, documents, files })
    }

    fn of(&self, act: ActKind) -> impl Iterator<Item = &'a Proved> {
        self.entries.iter().filter(move |proved| proved.leaf.act == act)
    }

    /// The one entry of an act, with its document.
    fn one(&self, act: ActKind) -> Result<(&'a Proved, &ActDocument), Fault> {
        let mut found = self.of(act);
        match (found.next(), found.next()) {
            (Some(proved), None) => Ok((proved, self.document(proved)?)),
            _ => Err(Fault(format!("not one entry {}", act.as_str()))),
        }
    }

    fn document(&self, proved: &Proved) -> Result<&ActDocument, Fault> {
        let none = || Fault(format!("entry {} has no document", proved.index));
        self.documents.get(&proved.index).ok_or_else(none)
    }

    fn file(&self, proved: &Proved, name: &str) -> Result<&'a [u8], Fault> {
        let none = || Fault(format!("entry {}: {name} is not there", proved.index));
        self.files.get(&(proved.index, name.to_owned())).map(Vec::as_slice).ok_or_else(none)
    }

    /// The persons who signed a file of an act, as its document has them; the signatures are over that file.
    fn approved(&self, proved: &Proved, name: &str) -> Result<Vec<Approval>, Fault> {
        let at = |what: &str| Fault(format!("entry {}: {what}", proved.index));
        let document = self.document(proved)?;
        let approvals = list(document.fields.get("approved")).map(Approval::of_value).collect::<Option<Vec<_>>>();
        let approvals = approvals.ok_or_else(|| at("who approved it is malformed"))?;
        let file = self.file(proved, name)?;
        if document.text("sha256") != Some(sha256(file).to_string().as_str()) {
            return Err(at(&format!("{name} is not what was signed")));
        }
        let own = self.files.range((proved.index, String::new())..(proved.index + 1, String::new()));
        let signatures = own.filter(|((_, name), _)| is_signature(name)).map(|(_, bytes)| bytes);
        let mut persons = Vec::new();
        for signature in signatures {
            persons.extend(signers(file, signature, proved.leaf.t)?.into_iter().map(|signer| signer.iin));
        }
        let known: BTreeSet<&str> = persons.iter().flatten().map(String::as_str).collect();
        if known.iter().any(|iin| approvals.iter().all(|approval| approval.iin != *iin)) {
            return Err(at("somebody signed whom the act does not name"));
        }
        // A certificate that did not come with its signature says nothing of who signed.
        let is_all = persons.iter().all(Option::is_some);
        if persons.is_empty() || is_all && approvals.iter().any(|approval| !known.contains(approval.iin.as_str())) {
            return Err(at("somebody whom the act names did not sign"));
        }
        Ok(approvals)
    }
}

/// Who signed these bytes, by IIN and BIN where the certificate came with the signature. Whom to trust is asked
/// elsewhere; here a signature must be over these bytes and by the key that its certificate names.
fn signers(file: &[u8], signature: &[u8], at: Millis) -> Result<Vec<Signer>, Fault> {
    let (policy, material, caches) = (Policy::built_in(), Material::default(), Caches::default());
    let question = Question {
        object: signature,
        object_digest: None,
        content: Some(&InMemory(file)),
        material: &material,
        policy: &policy,
        at: utc(at - at % 1000),
        poe: &[],
        caches: &caches,
    };
    let report = validate(&question).map_err(|_| Fault::of("a signature cannot be read"))?;
    let is_broken = |sub: Option<SubIndication>| {
        matches!(sub, Some(SubIndication::HashFailure | SubIndication::SigCryptoFailure | SubIndication::FormatFailure))
    };
    if report.signatures.is_empty() || report.signatures.iter().any(|one| is_broken(one.conclusion.sub_indication)) {
        return Err(Fault::of("a signature is not over what it came with"));
    }
    Ok(report.signatures.into_iter().map(|one| one.signer).collect())
}

/// What proved entries say together.
fn said(note: &str, entries: &[Proved], files: &Files, remaining: Vec<Condition>) -> Result<Certificate, Fault> {
    let acts = Acts::read(entries, files)?;
    let (origin, log_size) = of_note(note)?;
    let (selected, selection) = acts.one(ActKind::TransferSelected)?;
    let transfer = selected.leaf.rec.ok_or_else(|| Fault::of("it is about no transfer"))?;
    let mut before = None;
    for proved in entries {
        if matches!(proved.leaf.act, ActKind::PartyAdopted | ActKind::VaultRolled) {
            continue;
        }
        if proved.leaf.rec != Some(transfer) {
            return Err(Fault(format!("entry {} is not about the transfer", proved.index)));
        }
        if proved.leaf.prev != before {
            return Err(Fault(format!("an entry of the transfer before entry {} is left out", proved.index)));
        }
        before = Some(proved.index);
    }
    let (adopted, _) = acts.one(ActKind::PartyAdopted)?;
    let party = Party::parse(acts.file(adopted, PARTY_FILE)?, PARTY_FILE);
    let party = party.map_err(|_| Fault::of("the file of the other archive is malformed"))?;
    let agency = selection.text("agency").unwrap_or_default();
    let is_selected_for = selection.fields.get("party_entry").and_then(Value::as_u64) == Some(adopted.index);
    if !is_selected_for || party.agency != agency {
        return Err(Fault::of("it was selected for another archive"));
    }
    let seal = sealed(&acts, transfer, &party)?;
    let (replied, answer) = replied(&acts, &seal, &party)?;
    let signed = agreed(&acts, &replied)?;
    officers(&answer, &replied, &party)?;
    let mut releases = Vec::new();
    let mut gone = BTreeSet::new();
    for proved in acts.of(ActKind::TransferReleased) {
        let one = released(&acts, proved, (&seal, &replied), transfer)?;
        if proved.index < signed {
            return Err(Fault::of("records went before the act was signed"));
        }
        if let Some(twice) = one.records.iter().find(|one| !gone.insert(one.record)) {
            return Err(Fault(format!("{} went twice", twice.record)));
        }
        releases.push(one);
    }
    if releases.is_empty() || acts.of(ActKind::VaultRolled).count() != releases.len() {
        return Err(Fault::of("not one roll of the vault for each release"));
    }
    let closed = acts.of(ActKind::TransferClosed).next().map(|proved| proved.leaf.t);
    if closed.is_some() && !remaining.is_empty() {
        return Err(Fault::of("it is over, and something remains"));
    }
    let mut signers = Vec::new();
    for proved in entries {
        let by = acts.documents.get(&proved.index).and_then(|document| document.fields.get("approved"));
        signers.extend(list(by).map(|by| (proved.leaf.act, by.clone())));
    }
    Ok(Certificate {
        origin,
        is_test: replied.act.about.is_test,
        transfer,
        agency: agency.to_owned(),
        basis: selection.text("basis").unwrap_or_default().to_owned(),
        package: (seal.name(), seal.digest),
        party,
        act: replied.act,
        releases,
        closed,
        remaining,
        signers,
        log_size,
    })
}

/// The package that was decided for that archive.
fn sealed(acts: &Acts<'_>, transfer: RecordId, party: &Party) -> Result<Seal, Fault> {
    let (proved, document) = acts.one(ActKind::TransferSealed)?;
    let seal = Seal::decode(acts.file(proved, SEAL_FILE)?).ok_or_else(|| Fault::of("the seal is malformed"))?;
    let is_said = document.text("digest") == Some(seal.digest.to_string().as_str());
    if seal.plan.transfer != transfer || seal.plan.to.archive != Some(party.archive) || !is_said {
        return Err(Fault::of("another package was sealed, or for another archive"));
    }
    Ok(seal)
}

/// The reply with the act, signed by the key of the archive that keeps the records.
fn replied(acts: &Acts<'_>, seal: &Seal, party: &Party) -> Result<(Replied, Answer), Fault> {
    let (proved, _) = acts.one(ActKind::TransferReplied)?;
    let from = seal.plan.from.archive.ok_or_else(|| Fault::of("the seal names no archive"))?;
    let answer = Answer::verify(acts.file(proved, REPLY_ANSWER_FILE)?, &party.answer_key);
    let answer = answer.map_err(|e| Fault(format!("the reply: {e}")))?;
    let transfer = seal.plan.transfer;
    let is_about = answer.about((party.archive, from), &seal.name(), seal.digest);
    if answer.kind != AnswerKind::Reply || answer.transfer != Some(transfer) || !is_about {
        return Err(Fault::of("the reply is about another package"));
    }
    let act = answer.file(ACT_FILE).and_then(Act::decode).ok_or_else(|| Fault::of("the act is malformed"))?;
    let between = Between { from, to: party.archive, transfer, is_test: act.about.is_test };
    let replied = between.documents(seal, &answer).map_err(|what| Fault(format!("the reply: {what}")))?;
    Ok((replied, answer))
}

/// Officers of the other archive signed the reply and the act.
fn officers(answer: &Answer, replied: &Replied, party: &Party) -> Result<(), Fault> {
    for (name, prefix) in [(REPLY_FILE, "reply-"), (ACT_FILE, "act-")] {
        let file = answer.file(name).unwrap_or_default();
        let is_over = |name: &str| name.starts_with(prefix) && name.ends_with(".p7s");
        let over: Vec<_> = answer.files.iter().filter(|(name, _)| is_over(name)).collect();
        for (_, signature) in &over {
            for signer in signers(file, signature, replied.act.about.time)? {
                if signer.bin.is_some_and(|bin| bin != party.bin) {
                    return Err(Fault(format!("somebody of another body signed {name}")));
                }
            }
        }
        if over.is_empty() {
            return Err(Fault(format!("no officer of the other archive signed {name}")));
        }
    }
    Ok(())
}

/// An officer of this side signed that act too. Gives the entry.
fn agreed(acts: &Acts<'_>, replied: &Replied) -> Result<u64, Fault> {
    let (proved, _) = acts.one(ActKind::TransferAgreed)?;
    if acts.file(proved, ACT_FILE)? != replied.act.encode() {
        return Err(Fault::of("another act was signed here"));
    }
    if acts.approved(proved, ACT_FILE)?.is_empty() {
        return Err(Fault::of("nobody here signed the act"));
    }
    Ok(proved.index)
}

/// What went with one release, by what two officers signed.
fn released(
    acts: &Acts<'_>,
    proved: &Proved,
    (seal, replied): (&Seal, &Replied),
    transfer: RecordId,
) -> Result<Released, Fault> {
    let at = |what: &str| Fault(format!("entry {}: {what}", proved.index));
    let outcome = &acts.document(proved)?.fields;
    let file = acts.file(proved, RELEASE_FILE)?;
    let release = Release::decode(file).ok_or_else(|| at("the release is malformed"))?;
    let is_same = release.transfer == transfer
        && release.package == (seal.name(), seal.digest)
        && release.act == replied.act.sha256()
        && release.number == replied.act.number
        && release.is_test == replied.act.about.is_test
        && release.grounds.as_ref().is_none_or(|grounds| grounds.reply == replied.act.reply)
        && outcome.get("number").and_then(Value::as_str) == Some(release.number.as_str());
    if !is_same {
        return Err(at("the release is about another act"));
    }
    let approvals = acts.approved(proved, RELEASE_FILE)?;
    let persons: BTreeSet<&str> = approvals.iter().map(|approval| approval.iin.as_str()).collect();
    if persons.len() < 2 || approvals.iter().all(|approval| approval.kind != SignerKind::Approver) {
        return Err(at("two officers did not sign it, one of whom may approve destruction"));
    }
    let leaving: BTreeMap<RecordId, RecordId> = release.records.iter().map(|one| (one.record, one.reference)).collect();
    let kept: BTreeMap<&str, Option<RecordId>> =
        replied.reply.rows.iter().map(|row| (row.record.as_str(), row.reference)).collect();
    let (mut records, mut files) = (Vec::new(), 0);
    for file in list(outcome.get("released")) {
        files += usize::from(is_whole(file));
        for one in list(file.get("records")) {
            let ids = id_of(one, "record_id").zip(id_of(one, "reference"));
            let (record, reference) = ids.ok_or_else(|| at("a record is malformed"))?;
            let there = kept.get(record.to_string().as_str()).copied().flatten();
            if leaving.get(&record) != Some(&reference) || there != Some(reference) {
                return Err(at(&format!("{record} is not one that was signed for and is kept there")));
            }
            records.push(Gone { record, reference });
        }
    }
    // One commit: the act, an entry for each record, file and hold, the roll.
    let roll = proved.index + 1 + followers(outcome);
    let rolled = acts.of(ActKind::VaultRolled).find(|rolled| rolled.index == roll && rolled.leaf.t == proved.leaf.t);
    let rolled = rolled.ok_or_else(|| at("the roll of the vault that ends it is not there"))?;
    Ok(Released {
        entry: proved.index,
        executed: proved.leaf.t,
        epoch: rolled.leaf.epoch.unwrap_or_default(),
        release: sha256(file),
        files,
        records,
    })
}

impl Certificate {
    /// How many files and records it says went.
    pub fn counts(&self) -> (usize, usize) {
        let of = |count: fn(&Released) -> usize| self.releases.iter().map(count).sum();
        (of(|one| one.files), of(|one| one.records.len()))
    }

    fn value(&self) -> Value {
        let (files, records) = self.counts();
        let signer = |(act, by): &(ActKind, Value)| json!({"act": act.as_str(), "by": by});
        let record = |one: &Gone| json!({"record_id": one.record.to_string(), "reference": one.reference.to_string()});
        let release = |one: &Released| {
            json!({
                "entry": one.entry, "executed": rfc3339(one.executed), "epoch": one.epoch, "files": one.files,
                "release": one.release.to_string(), "records": one.records.iter().map(record).collect::<Vec<_>>(),
            })
        };
        let (party, act) = (&self.party, &self.act);
        let residual = |lang| format!("{} {}", RESIDUAL.get(lang), THERE.get(lang));
        let mut said = json!({
            "origin": self.origin, "test": self.is_test, "agency": self.agency, "basis": self.basis,
            "transfer_id": self.transfer.to_string(), "files": files, "records": records,
            "package": self.package.0, "digest": self.package.1.to_string(),
            "act": {
                "number": act.number, "date": civil_date(act.about.time).to_string(),
                "sha256": act.sha256().to_string(), "reply": act.reply.to_string(),
            },
            "to": {
                "archive": party.archive.to_string(), "bin": party.bin, "answer_key": hex::encode(party.answer_key),
                "kk": party.title.kk, "ru": party.title.ru, "en": party.title.en,
            },
            "releases": self.releases.iter().map(release).collect::<Vec<_>>(),
            "method": METHOD, "log_size": self.log_size,
            "remaining": self.remaining.iter().map(|condition| condition.as_str()).collect::<Vec<_>>(),
            "status": if self.closed.is_some() { "closed" } else { "released" },
            "signers": self.signers.iter().map(signer).collect::<Vec<_>>(),
            "residual": {"en": residual(Lang::En), "kk": residual(Lang::Kk), "ru": residual(Lang::Ru)},
        });
        if let Some(closed) = self.closed {
            said["closed"] = rfc3339(closed).into();
        }
        said
    }
}
