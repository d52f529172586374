//! Evidence records (RFC 4998) for what the journal commits to: made when somebody asks, from the journal, the
//! time-stamps and their renewals.
//!
//! One is for one [`Object`]: a group, which is what a record was when it was accepted or what was added to it later;
//! the *stub* of a group, the commitment alone, when the members are gone; or the checkpoint of a batch, which is
//! evidence for every entry before it. In the first list of a group stand the digests of its members, so whoever has
//! the files needs nothing else. A stub says that something was committed to at that time, and not what.

use super::batch::{ALGORITHM, Batch};
use super::renew::{Kind, LeafId, OpenRenewal, Renewed};
use super::stamp::{Judging, MATERIAL_FOLDER, Request, Stamped, Token, material_name, token_file};
use crate::archive::Archive;
use crate::error::{Error, ErrorCode};
use crate::index::rows::Adopted;
use crate::index::writer::read_id;
use crate::model::digest::{Sha256, Sha512, sha256, sha512_parts};
use crate::model::id::RecordId;
use crate::model::record::Member;
use crate::tlog::leaf::Leaf;
use crate::verify::alg::DigestAlgorithm;
use crate::verify::evidence::record::{
    ArchiveTimeStamp, ArchiveTimeStampChain, EvidenceRecord, hash_tree_renewal_digest,
};
use crate::verify::evidence::tree::{Lists, group_hash, reduced};
use crate::verify::material::Material;
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// What evidence is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Object {
    /// The checkpoint behind the batch that ends there.
    Checkpoint {
        /// Behind its last entry.
        to: u64,
        /// SHA-256 of the note.
        sha256: Sha256,
        /// SHA-512 of the note.
        sha512: Sha512,
    },
    /// What an entry committed to, by its members.
    Group {
        /// The entry.
        entry: u64,
        /// Their digests.
        members: Vec<(Sha256, Sha512)>,
    },
    /// The commitment of an entry alone.
    Stub {
        /// The entry.
        entry: u64,
        /// Its commitment.
        g256: Sha256,
        /// The same with SHA-512.
        g512: Sha512,
    },
}

impl Object {
    /// The checkpoint of a batch.
    pub fn checkpoint(batch: &Batch) -> Self {
        Self::Checkpoint { to: batch.entries.end, sha256: sha256(&batch.note), sha512: sha512_parts(&[&batch.note]) }
    }

    /// A group by its members.
    pub fn group(entry: u64, members: &[Member]) -> Self {
        Self::Group { entry, members: members.iter().map(|member| (member.sha256, member.sha512)).collect() }
    }

    /// Where it stands among the leaves of a renewal: its entry, and a number for what it is.
    pub(super) fn place(&self) -> (u64, u8) {
        match self {
            Self::Checkpoint { to, .. } => (*to, 1),
            Self::Group { entry, .. } => (*entry, 2),
            Self::Stub { entry, .. } => (*entry, 3),
        }
    }

    /// The digests that stand in a first list; none when it has none by this algorithm.
    fn digests(&self, algorithm: DigestAlgorithm) -> Option<Vec<Vec<u8>>> {
        let pair = |(sha256, sha512): &(Sha256, Sha512)| match algorithm {
            DigestAlgorithm::Sha256 => Some(sha256.0.to_vec()),
            DigestAlgorithm::Sha512 => Some(sha512.0.to_vec()),
            _ => None,
        };
        match self {
            Self::Checkpoint { sha256, sha512, .. } => pair(&(*sha256, *sha512)).map(|digest| vec![digest]),
            Self::Group { members, .. } => members.iter().map(pair).collect(),
            Self::Stub { g256, g512, .. } => pair(&(*g256, *g512)).map(|digest| vec![digest]),
        }
    }
}

/// A token that is kept: its act, and its number there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct TokenId {
    pub(super) act: u64,
    pub(super) number: u32,
}

impl TokenId {
    /// The token.
    pub(super) fn bytes(self, archive: &Archive) -> Result<Vec<u8>, Error> {
        let (document, row) = archive.document(self.act)?;
        archive.act_file(&row, &document, &token_file(self.number))
    }
}

/// A token of a batch with its renewals.
pub struct Chain {
    /// The token of the batch.
    pub(super) first: TokenId,
    /// The batch.
    pub(super) batch: u64,
    /// The token that all rests on now.
    pub(super) end: TokenId,
    /// Digest algorithm of the newest chain of time-stamps.
    pub(super) algorithm: DigestAlgorithm,
    /// The last second of the certificate that made the newest token.
    pub until: Option<DateTime<Utc>>,
    /// How often it was renewed.
    pub renewals: usize,
}

/// An evidence record by one token of a batch.
pub struct Evidence {
    /// The record.
    pub record: EvidenceRecord,
    /// Since when it proves existence.
    pub time: DateTime<Utc>,
    /// Subject of the certificate of the first token.
    pub authority: String,
}

/// Makes evidence records, and keeps at hand what several of them need.
pub struct Maker<'a> {
    archive: &'a Archive,
    renewals: Vec<Renewed>,
    open: BTreeMap<u64, OpenRenewal>,
    /// The batch that was asked for last, and its tokens.
    batch: Option<(Stamped, Batch, Vec<Vec<u8>>)>,
    /// What is known to an evidence of the past: the batches of that time, and what tokens are judged by.
    past: Option<(Vec<Stamped>, Judging)>,
}

impl<'a> Maker<'a> {
    /// For an archive as it is now.
    pub fn new(archive: &'a Archive) -> Result<Self, Error> {
        let (renewals, open) = (Renewed::all(archive)?, BTreeMap::new());
        Ok(Self { archive, renewals, open, batch: None, past: None })
    }

    /// For an archive as it was among the first `size` entries and at a time: whatever came since, it makes the same.
    pub fn before(archive: &'a Archive, size: u64, at: DateTime<Utc>) -> Result<Self, Error> {
        let mut maker = Self::new(archive)?;
        maker.renewals.retain(|renewal| renewal.entry < size);
        let mut stamped = Vec::new();
        for entry in archive.index().adopted(Adopted::Evidence)?.into_iter().filter(|entry| *entry < size) {
            stamped.push(Stamped::read(archive, entry)?);
        }
        maker.past = Some((stamped, Judging::before(archive, size, at)?));
        Ok(maker)
    }

    /// The batch that has an entry, or ends there.
    pub(super) fn batch_of(&self, entry: u64) -> Result<Option<Stamped>, Error> {
        match &self.past {
            None => batch_of(self.archive, entry),
            Some((stamped, _)) => {
                let mut stamped = stamped.iter();
                Ok(stamped.find(|one| one.from <= entry && entry < one.to).cloned())
            }
        }
    }

    /// The newest batch of that time; of an archive as it is now none.
    pub fn newest(&self) -> Option<&Stamped> {
        self.past.as_ref()?.0.last()
    }

    /// The chains of a batch, one for each of its tokens.
    pub fn chains(&self, stamped: &Stamped) -> Vec<Chain> {
        let chain = |(number, token): (u32, &Token)| {
            let first = TokenId { act: stamped.entry, number };
            let (batch, algorithm, until) = (stamped.entry, ALGORITHM, token.until);
            let mut chain = Chain { first, batch, end: first, algorithm, until, renewals: 0 };
            for at in self.renewals_of(first) {
                let renewal = &self.renewals[at];
                chain.end = renewal.token_id();
                chain.algorithm = renewal.algorithm;
                chain.until = renewal.token.until;
                chain.renewals += 1;
            }
            chain
        };
        (1..).zip(&stamped.tokens).map(chain).collect()
    }

    /// The places of the renewals of a token, each of the one before, oldest first.
    fn renewals_of(&self, first: TokenId) -> Vec<usize> {
        let mut end = first;
        let mut places = Vec::new();
        for (at, renewal) in self.renewals.iter().enumerate() {
            if renewal.renews(end) {
                end = renewal.token_id();
                places.push(at);
            }
        }
        places
    }

    /// Evidence for an object by each token of its batch.
    pub fn evidence(&mut self, stamped: &Stamped, object: &Object) -> Result<Vec<Evidence>, Error> {
        let mut made = Vec::new();
        for (chain, token) in self.chains(stamped).iter().zip(&stamped.tokens) {
            let not_stamped = || Error::new(ErrorCode::EvdNotStamped, object.place().0.to_string(), "not in the batch");
            let record = self.record(chain, object)?.ok_or_else(not_stamped)?;
            made.push(Evidence { record, time: token.time, authority: token.authority.clone() });
        }
        Ok(made)
    }

    /// What the validation of all tokens of a batch and of their renewals used, by name: a stranger needs it too. The
    /// newest ones are validated as of now, so what says today that they are not revoked is among it, as far as the
    /// archive has it.
    pub fn material(&self, stamped: &Stamped) -> Result<BTreeMap<String, Vec<u8>>, Error> {
        let mut acts = BTreeSet::from([stamped.entry]);
        let mut files = BTreeMap::new();
        for chain in self.chains(stamped) {
            acts.extend(self.renewals_of(chain.first).into_iter().map(|at| self.renewals[at].entry));
            let token = chain.end.bytes(self.archive)?;
            let judged = match &self.past {
                None => Request::check_kept(self.archive, &token, "token", &Material::new()),
                Some((_, judging)) => Request::check_kept_by(judging, self.archive.caches(), &token, "token"),
            };
            match judged {
                Ok(checked) => {
                    files.extend(
                        checked.used.entries().map(|(kind, digest, b)| (material_name(kind, digest), b.to_vec())),
                    );
                }
                Err(e) if e.code == ErrorCode::EvdUnproven => {}
                Err(e) => return Err(e),
            }
        }
        for act in acts {
            let (document, row) = self.archive.document(act)?;
            for file in document.files() {
                if let Some(name) = file.name.strip_prefix(MATERIAL_FOLDER) {
                    files.insert(name.to_owned(), self.archive.act_file(&row, &document, &file.name)?);
                }
            }
        }
        Ok(files)
    }

    /// The record of an object by one chain; none when the batch does not have it. Of an object that a hash-tree
    /// renewal left out it ends before that.
    pub(super) fn record(&mut self, chain: &Chain, object: &Object) -> Result<Option<EvidenceRecord>, Error> {
        let Some((lists, token)) = self.first(chain, object)? else { return Ok(None) };
        let mut algorithms = vec![ALGORITHM];
        let mut chains = vec![ArchiveTimeStampChain { timestamps: vec![ArchiveTimeStamp::new(lists, token.clone())] }];
        let (mut end, mut bytes) = (chain.first, token);
        for at in self.renewals_of(chain.first) {
            let (id, kind, algorithm) =
                (self.renewals[at].token_id(), self.renewals[at].kind, self.renewals[at].algorithm);
            let renewal = self.open_renewal(at)?;
            let lists = match kind {
                Kind::Timestamp => renewal.lists_of_token(end, algorithm.digest(&bytes)),
                Kind::HashTree => renewed_members(object, algorithm, &chains).and_then(|members| {
                    let leaf = group_hash(algorithm, &members);
                    renewal.lists(LeafId::of_object(chain.first, object), &leaf, members)
                }),
            };
            bytes = renewal.token.clone();
            end = id;
            match (lists, kind) {
                (Some(lists), Kind::Timestamp) => {
                    let last = chains.last_mut().expect("there is a chain");
                    last.timestamps.push(ArchiveTimeStamp::new(lists, bytes.clone()));
                }
                (Some(lists), Kind::HashTree) => {
                    algorithms.push(algorithm);
                    chains
                        .push(ArchiveTimeStampChain { timestamps: vec![ArchiveTimeStamp::new(lists, bytes.clone())] });
                }
                // It was left out, or was destroyed before.
                (None, _) => break,
            }
        }
        Ok(Some(EvidenceRecord::new(&algorithms, chains)))
    }

    /// What a hash-tree renewal has in its first list for an object; none when the object has nothing to renew.
    pub(super) fn renewed(
        &mut self,
        chain: &Chain,
        object: &Object,
        algorithm: DigestAlgorithm,
    ) -> Result<Option<Vec<Vec<u8>>>, Error> {
        let record = self.record(chain, object)?;
        Ok(record.and_then(|record| renewed_members(object, algorithm, &record.chains)))
    }

    /// The reduced tree of an object in its batch, and the token over it.
    fn first(&mut self, chain: &Chain, object: &Object) -> Result<Option<(Lists, Vec<u8>)>, Error> {
        if self.batch.as_ref().is_none_or(|(stamped, ..)| stamped.entry != chain.batch) {
            let stamped = Stamped::read(self.archive, chain.batch)?;
            let (batch, tokens) = (stamped.batch(self.archive)?, stamped.token_bytes(self.archive)?);
            self.batch = Some((stamped, batch, tokens));
        }
        let Some((_, batch, tokens)) = &self.batch else { return Ok(None) };
        let above = match object {
            Object::Checkpoint { to, .. } => (*to == batch.entries.end).then(|| batch.above_checkpoint()),
            Object::Group { entry, .. } | Object::Stub { entry, .. } => {
                batch.above_entry(&self.archive.log()?, *entry)?
            }
        };
        let token = usize::try_from(chain.first.number).ok().and_then(|number| tokens.get(number.checked_sub(1)?));
        let lists = above.zip(object.digests(ALGORITHM)).map(|(above, digests)| reduced(&digests, above));
        Ok(lists.zip(token.cloned()))
    }

    fn open_renewal(&mut self, at: usize) -> Result<&OpenRenewal, Error> {
        let entry = self.renewals[at].entry;
        if !self.open.contains_key(&entry) {
            let open = self.renewals[at].open(self.archive)?;
            self.open.insert(entry, open);
        }
        Ok(&self.open[&entry])
    }
}

fn renewed_members(
    object: &Object,
    algorithm: DigestAlgorithm,
    before: &[ArchiveTimeStampChain],
) -> Option<Vec<Vec<u8>>> {
    let digests = object.digests(algorithm)?;
    Some(digests.iter().map(|h| hash_tree_renewal_digest(algorithm, h, before)).collect())
}

/// The entries of an owner that have a commitment, oldest first, each with it.
pub fn commitments(archive: &Archive, owner: RecordId) -> Result<Vec<Object>, Error> {
    let reader = archive.index();
    let id = read_id(reader.kv, reader.keys, owner)?.ok_or_else(|| archive.no_record(owner))?;
    let chain = archive.chain(owner, Some(id.custody))?;
    let stub =
        |(entry, leaf): (u64, Leaf)| leaf.g256.zip(leaf.g512).map(|(g256, g512)| Object::Stub { entry, g256, g512 });
    Ok(chain.into_iter().filter_map(stub).collect())
}

/// The batch that has an entry, or ends there.
pub fn batch_of(archive: &Archive, entry: u64) -> Result<Option<Stamped>, Error> {
    let acts = archive.index().adopted(Adopted::Evidence)?;
    // The act of a batch stands behind it, so the first act behind the entry is the one, or a later one when that batch
    // ended before.
    let first = acts.partition_point(|act| *act <= entry);
    for act in acts.into_iter().skip(first) {
        let stamped = Stamped::read(archive, act)?;
        if entry < stamped.to {
            return Ok((stamped.from <= entry).then_some(stamped));
        }
    }
    Ok(None)
}
