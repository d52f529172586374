//! Taking in what time-stamping authorities answered about a batch.
//!
//! A time-stamp is kept only when it is over the root of the batch, is not older than what it covers, and verifies by
//! the policy in force. With it are kept the checkpoint, the groups of the tree, and all that the verification used:
//! certificates, revocation lists and OCSP answers of the authority, so that a stranger decides the same in decades,
//! offline.
//!
//! Between a request and its answer the archive need not be open. What may have changed meanwhile is looked at when the
//! answer is taken in: [`until`] for an answer by file, [`is_next`] for one over the network.
//!
//! What a crash leaves: nothing, or the whole act.

use super::batch::{ALGORITHM, Batch};
use super::heads;
use crate::archive::{ActOwner, Archive, Register};
use crate::clock::utc;
use crate::error::{Error, ErrorCode};
use crate::index::rows::Adopted;
use crate::model::digest::{Sha256, sha256};
use crate::model::id::ActorId;
use crate::model::record::ActDocument;
use crate::model::validation::time_text;
use crate::tlog::LogError;
use crate::tlog::leaf::ActKind;
use crate::tlog::tree::{TILE_WIDTH, root_at};
use crate::verify::alg::DigestAlgorithm;
use crate::verify::evidence::record::{ArchiveTimeStamp, ArchiveTimeStampChain, EvidenceRecord};
use crate::verify::material::{Material, MaterialKind};
use crate::verify::policy::Policy;
use crate::verify::timestamp::{TimestampToken, integer_octets, request};
use crate::verify::validation::{ByDigest, Caches, Question, validate};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::ops::Range;

/// The checkpoint among the files of the act.
pub const CHECKPOINT_FILE: &str = "checkpoint";
/// Certificates and revocation data among them.
pub(super) const MATERIAL_FOLDER: &str = "material/";
/// The groups of the tree among them.
pub const GROUPS_FILE: &str = "groups";

/// What is asked of an authority.
pub struct Request {
    algorithm: DigestAlgorithm,
    digest: Vec<u8>,
    nonce: Option<[u8; 8]>,
    /// What is stamped was not there before: a token of an earlier time cannot be right.
    since: Option<DateTime<Utc>>,
}

impl Request {
    /// A request that is answered at once, which a random number ties to its answer; or one that a courier carries,
    /// whose answer is known by the digest alone, which never was before.
    pub fn over(algorithm: DigestAlgorithm, digest: Vec<u8>, by_file: bool) -> Self {
        Self { algorithm, digest, nonce: (!by_file).then(crate::random::bytes), since: None }
    }

    /// The same for a batch.
    pub fn of(batch: &Batch, by_file: bool) -> Self {
        Self { since: batch.since, ..Self::over(ALGORITHM, batch.root().0.to_vec(), by_file) }
    }

    /// The same for what was not there before a time.
    pub(super) fn since(self, since: Option<DateTime<Utc>>) -> Self {
        Self { since, ..self }
    }

    /// The bytes of the request.
    pub fn to_der(&self) -> Vec<u8> {
        request(self.algorithm, &self.digest, self.nonce)
    }

    /// The time-stamp in an answer, when it is one over what was asked, and verifies by the policy in force.
    ///
    /// # Errors
    /// When it is none, or does not verify, whatever the reason.
    pub fn check(&self, archive: &Archive, answer: &[u8], from: &str, extra: &Material) -> Result<Checked, Error> {
        let token = self.read(answer, from)?;
        if let Some(since) = self.since.filter(|since| token.info.time < *since) {
            let what = format!("it is of {}, what it covers is of {}", time_text(token.info.time), time_text(since));
            return Err(Error::new(ErrorCode::EvdUnproven, from, what));
        }
        check(archive, self, token, from, extra)
    }

    /// A token that is kept, validated again as of now.
    pub(super) fn check_kept(archive: &Archive, token: &[u8], from: &str, extra: &Material) -> Result<Checked, Error> {
        let (request, token) = Self::kept(token, from)?;
        check(archive, &request, token, from, extra)
    }

    /// The same as it was judged at an earlier time.
    pub(super) fn check_kept_by(
        judging: &Judging,
        caches: &Caches,
        token: &[u8],
        from: &str,
    ) -> Result<Checked, Error> {
        let (request, token) = Self::kept(token, from)?;
        judge(judging, caches, &request, token, from)
    }

    fn kept(token: &[u8], from: &str) -> Result<(Self, TimestampToken), Error> {
        let token = TimestampToken::read(token).map_err(|e| Error::caused(ErrorCode::StoChanged, from, e))?;
        let other = || Error::new(ErrorCode::StoChanged, from, "its digest algorithm is not known here");
        let algorithm = DigestAlgorithm::of_oid(&token.info.imprint_algorithm).ok_or_else(other)?;
        Ok((Self::over(algorithm, token.info.imprint.clone(), true), token))
    }

    fn read(&self, answer: &[u8], from: &str) -> Result<TimestampToken, Error> {
        let token = TimestampToken::read(answer).map_err(|e| Error::caused(ErrorCode::EvdUnreadable, from, e))?;
        // A record is DER, also where a token begins (RFC 4998 §3).
        let alone = ArchiveTimeStamp::new(Vec::new(), token.bytes.clone());
        let chain = ArchiveTimeStampChain { timestamps: vec![alone] };
        EvidenceRecord::read(&EvidenceRecord::new(&[self.algorithm], vec![chain]).to_der())
            .map_err(|e| Error::caused(ErrorCode::EvdUnreadable, from, e))?;
        let info = &token.info;
        if DigestAlgorithm::of_oid(&info.imprint_algorithm) != Some(self.algorithm) || info.imprint != self.digest {
            let what = format!("it is over {}, asked was {}", hex::encode(&info.imprint), hex::encode(&self.digest));
            return Err(Error::new(ErrorCode::EvdOther, from, what));
        }
        let nonce = self.nonce.map(integer_octets);
        if nonce.is_some() && info.nonce != nonce {
            return Err(Error::new(ErrorCode::EvdOther, from, "it does not answer this request: the nonce differs"));
        }
        Ok(token)
    }
}

/// The batch of all that came since the newest time-stamp, with the maps of heads put into it; none when nothing came.
///
/// Maps that a run left which had no answer are taken again when nothing came since.
pub fn next(archive: &Archive, actor: ActorId) -> Result<Option<Batch>, Error> {
    let newest = newest(archive)?;
    let from = newest.as_ref().map_or(0, |stamped| stamped.to);
    let mapped = archive.index().adopted(Adopted::Heads)?.pop().filter(|entry| *entry >= from);
    if has_news(archive, mapped.map_or(from, |entry| entry + 1))? {
        heads::map(archive, actor)?;
    } else if mapped.is_none() {
        return Ok(None);
    }
    let note = archive.settle()?.into_bytes();
    let size = archive.log()?.size();
    Ok(Some(read(archive, from..size, note, newest.as_ref())?))
}

/// Whether the journal has more since an entry than what evidence itself leaves there. It stops at the first.
fn has_news(archive: &Archive, from: u64) -> Result<bool, Error> {
    let log = archive.log()?;
    let mut at = from;
    while at < log.size() {
        // To the end of a bundle: each is read once.
        let end = (at / TILE_WIDTH + 1) * TILE_WIDTH;
        let mut has_news = false;
        log.leaves::<Error>(at, end, |_, leaf| {
            has_news |= !matches!(leaf.act, ActKind::EvidenceStamped | ActKind::HeadsMapped | ActKind::SegmentSealed);
            Ok(())
        })?;
        if has_news {
            return Ok(true);
        }
        at = end;
    }
    Ok(false)
}

/// The batch that ends with this checkpoint, which a request by file was made of.
pub fn until(archive: &Archive, note: &[u8], name: &str) -> Result<Batch, Error> {
    let newest = newest(archive)?;
    let entries = entries_until(archive, note, name, newest.as_ref())?;
    read(archive, entries, note.to_vec(), newest.as_ref())
}

/// That a batch is still what comes next, when the archive was closed since it was made.
///
/// # Errors
/// When something of it was stamped meanwhile, or the archive was put back to an older copy.
pub fn is_next(archive: &Archive, batch: &Batch) -> Result<(), Error> {
    let newest = newest(archive)?;
    if entries_until(archive, &batch.note, "checkpoint", newest.as_ref())? == batch.entries {
        return Ok(());
    }
    Err(Error::new(ErrorCode::EvdCheckpoint, "checkpoint", "a part of the batch was stamped meanwhile"))
}

/// What a batch that ends with this checkpoint has.
fn entries_until(archive: &Archive, note: &[u8], name: &str, newest: Option<&Stamped>) -> Result<Range<u64>, Error> {
    let refused = |what: &str| Error::new(ErrorCode::EvdCheckpoint, name, what);
    let head = archive.own_checkpoint(note)?.ok_or_else(|| refused("not signed by this journal"))?;
    begins_with(archive, head.size, head.root, name)?;
    let from = newest.map_or(0, |stamped| stamped.to);
    if head.size <= from {
        return Err(refused("the newest time-stamp covers it already"));
    }
    Ok(from..head.size)
}

/// That the journal begins with these entries, which it once had.
pub(super) fn begins_with(archive: &Archive, size: u64, root: Sha256, name: &str) -> Result<(), Error> {
    let log = archive.log()?;
    if size > log.size() {
        // What the journal signed and does not have: it was put back to an older copy.
        let what = format!("the checkpoint is of {size} entries, the journal has {}", log.size());
        return Err(Error::new(ErrorCode::LogIntegrity, name, what));
    }
    if root_at(&log, size)? != root {
        let what = "the checkpoint is of another history than this journal: keep both as proof";
        return Err(Error::new(ErrorCode::LogIntegrity, name, what));
    }
    Ok(())
}

/// The batch, with the time before which it cannot have been stamped: that of its last entry, as far as two clocks
/// agree, and that of the token before.
fn read(archive: &Archive, entries: Range<u64>, note: Vec<u8>, newest: Option<&Stamped>) -> Result<Batch, Error> {
    let skew = skew(&archive.validation_policy()?.policy);
    let last = archive.leaf(entries.end.saturating_sub(1))?.t;
    let before = newest.and_then(|stamped| stamped.tokens.iter().map(|token| token.time).max());
    // A token has whole seconds.
    let last = utc(last - last % 1000) - skew;
    let mut batch = Batch::read(&archive.log()?, entries, note)?;
    batch.since = Some(before.map_or(last, |before| before.max(last)));
    Ok(batch)
}

/// By how much two clocks may differ.
fn skew(policy: &Policy) -> TimeDelta {
    TimeDelta::seconds(policy.receipt.clock_skew_max_s.into())
}

/// The newest time-stamp.
fn newest(archive: &Archive) -> Result<Option<Stamped>, Error> {
    archive.index().adopted(Adopted::Evidence)?.pop().map(|entry| Stamped::read(archive, entry)).transpose()
}

/// A time-stamp that was checked.
pub struct Checked {
    /// The token.
    pub token: TimestampToken,
    /// Subject of the authority's certificate.
    pub authority: String,
    /// The last second of that certificate.
    pub until: Option<DateTime<Utc>>,
    /// What the verification used.
    pub used: Material,
}

/// What tokens are judged by.
pub(super) struct Judging {
    policy: Policy,
    material: Material,
    now: DateTime<Utc>,
}

impl Judging {
    /// The policy and the material of the first `size` entries, as of a time.
    pub(super) fn before(archive: &Archive, size: u64, now: DateTime<Utc>) -> Result<Self, Error> {
        let adopted = archive.adopted_policies()?.into_iter().rfind(|(entry, _)| *entry < size);
        let policy = adopted.map_or_else(Policy::built_in, |(_, policy)| policy);
        Ok(Self { policy, material: archive.material_before(size)?, now })
    }
}

/// Validates a token by the policy in force, with the archive's material and `extra`.
fn check(
    archive: &Archive,
    request: &Request,
    token: TimestampToken,
    from: &str,
    extra: &Material,
) -> Result<Checked, Error> {
    let mut material = archive.material()?.as_ref().clone();
    material.merge(extra);
    let policy = archive.validation_policy()?.policy.clone();
    judge(&Judging { policy, material, now: utc(archive.now()) }, archive.caches(), request, token, from)
}

fn judge(
    judging: &Judging,
    caches: &Caches,
    request: &Request,
    token: TimestampToken,
    from: &str,
) -> Result<Checked, Error> {
    let Judging { policy, material, now } = judging;
    let (now, skew) = (*now, skew(policy));
    // The clock of an authority may be ahead of ours by as much as the policy says.
    let content = ByDigest { algorithm: request.algorithm, digest: request.digest.clone() };
    let is_ahead = token.info.time > now && token.info.time <= now + skew;
    let question = Question {
        object: &token.bytes,
        object_digest: None,
        content: Some(&content),
        material,
        policy,
        at: if is_ahead { token.info.time } else { now },
        poe: &[],
        caches,
    };
    let report = validate(&question).map_err(|e| Error::caused(ErrorCode::EvdUnreadable, from, e))?;
    let conclusion = report.conclusion();
    let Some(signature) = report.signatures.first().filter(|_| conclusion.is_passed()) else {
        let sub = conclusion.sub_indication.map(|sub| format!("/{sub}")).unwrap_or_default();
        let what = format!("{}{sub} {}", conclusion.indication, conclusion.detail);
        return Err(Error::new(ErrorCode::EvdUnproven, from, what));
    };
    let chain = signature.chain.iter().chain(signature.timestamps.iter().flat_map(|one| &one.chain));
    let revocation = signature.revocation.iter().chain(signature.timestamps.iter().flat_map(|one| &one.revocation));
    let digests: BTreeSet<Sha256> = chain.copied().chain(revocation.map(|used| used.digest)).collect();
    // What the token carries is kept with it; the rest comes from the archive's material.
    let mut used = Material::new();
    for (kind, digest, bytes) in material.entries() {
        if digests.contains(&digest) {
            used.add_entry(kind, bytes).map_err(|e| Error::caused(ErrorCode::StoChanged, digest.to_string(), e))?;
        }
    }
    let (authority, until) = (signature.signer.subject.clone(), signature.signer.not_after);
    Ok(Checked { token, authority, until, used })
}

/// Keeps the time-stamps of a batch. Gives the entry.
pub fn keep(archive: &Archive, batch: &Batch, checked: &[Checked], actor: ActorId) -> Result<u64, Error> {
    let (tokens, mut files) = token_files(checked, &Material::new());
    files.push((CHECKPOINT_FILE.to_owned(), batch.note.clone()));
    files.push((GROUPS_FILE.to_owned(), batch.groups_file()));
    let fields = json!({
        "from": batch.entries.start, "to": batch.entries.end, "algorithm": ALGORITHM.name(),
        "root": batch.root().to_string(), "tokens": tokens,
    });
    let fields = fields.as_object().cloned().unwrap_or_default();
    let owner = ActOwner::Register(Register::Archive);
    archive.commit_files(ActKind::EvidenceStamped, actor, owner, fields, files)
}

/// What an act says of its tokens, and the files that go with it: the tokens, and what verified them.
pub(super) fn token_files(checked: &[Checked], more: &Material) -> (Value, Vec<(String, Vec<u8>)>) {
    let (mut tokens, mut files) = (Vec::new(), Vec::new());
    let mut used = more.clone();
    for (number, one) in (1..).zip(checked) {
        let file = token_file(number);
        tokens.push(json!({
            "file": file, "sha256": sha256(&one.token.bytes).to_string(), "time": time_text(one.token.info.time),
            "authority": one.authority, "until": one.until.map(time_text),
        }));
        files.push((file, one.token.bytes.clone()));
        used.merge(&one.used);
    }
    for (kind, digest, bytes) in used.entries() {
        files.push((format!("{MATERIAL_FOLDER}{}", material_name(kind, digest)), bytes.to_vec()));
    }
    (tokens.into(), files)
}

/// The name of a token in its act.
pub(super) fn token_file(number: u32) -> String {
    format!("token-{number}.tst")
}

/// The name of a certificate, CRL or OCSP answer among the files of an act.
pub(super) fn material_name(kind: MaterialKind, digest: Sha256) -> String {
    format!("{}-{digest}", kind.as_str())
}

/// A batch that was stamped, as its act says.
#[derive(Debug, Clone)]
pub struct Stamped {
    /// The entry of the act.
    pub entry: u64,
    /// The first entry of the batch.
    pub from: u64,
    /// Behind its last entry.
    pub to: u64,
    /// The root that was stamped.
    pub root: Sha256,
    /// The tokens.
    pub tokens: Vec<Token>,
}

/// A token that is kept.
#[derive(Debug, Clone)]
pub struct Token {
    /// Its file in the act.
    pub file: String,
    /// When it was made.
    pub time: DateTime<Utc>,
    /// Subject of the authority's certificate.
    pub authority: String,
    /// The last second of that certificate.
    pub until: Option<DateTime<Utc>>,
}

impl Stamped {
    /// What an act says.
    pub fn read(archive: &Archive, entry: u64) -> Result<Self, Error> {
        let (document, _) = archive.document(entry)?;
        Self::of(entry, &document).ok_or_else(|| {
            Error::new(ErrorCode::StoChanged, entry.to_string(), "the act of the time-stamp is not as it must be")
        })
    }

    /// All that were stamped, oldest first.
    pub fn all(archive: &Archive) -> Result<Vec<Self>, Error> {
        let entries = archive.index().adopted(Adopted::Evidence)?;
        entries.into_iter().map(|entry| Self::read(archive, entry)).collect()
    }

    fn of(entry: u64, document: &ActDocument) -> Option<Self> {
        let number = |key: &str| document.fields.get(key)?.as_u64();
        let tokens = document.fields.get("tokens")?.as_array()?.iter().map(|token| Token::of(token.as_object()?));
        Some(Self {
            entry,
            from: number("from")?,
            to: number("to")?,
            root: document.text("root")?.parse().ok()?,
            tokens: tokens.collect::<Option<_>>()?,
        })
    }

    /// The batch with its tree.
    pub fn batch(&self, archive: &Archive) -> Result<Batch, Error> {
        let (document, row) = archive.document(self.entry)?;
        let file = |name| archive.act_file(&row, &document, name);
        let batch = Batch::known(self.from..self.to, file(CHECKPOINT_FILE)?, &file(GROUPS_FILE)?);
        batch.filter(|batch| batch.root() == self.root).ok_or_else(|| {
            LogError::integrity("store", format!("the batch of entry {} has another root", self.entry)).into()
        })
    }

    /// The bytes of its tokens.
    pub fn token_bytes(&self, archive: &Archive) -> Result<Vec<Vec<u8>>, Error> {
        let (document, row) = archive.document(self.entry)?;
        self.tokens.iter().map(|token| archive.act_file(&row, &document, &token.file)).collect()
    }
}

impl Token {
    /// What an act says of one.
    pub(super) fn of(fields: &Map<String, Value>) -> Option<Self> {
        let text = |key: &str| fields.get(key).and_then(Value::as_str);
        let time = |key: &str| text(key).and_then(|text| Some(DateTime::parse_from_rfc3339(text).ok()?.to_utc()));
        Some(Self {
            file: text("file")?.to_owned(),
            time: time("time")?,
            authority: text("authority")?.to_owned(),
            until: time("until"),
        })
    }
}
