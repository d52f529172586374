//! Renewing evidence before it ends (RFC 4998 §5).
//!
//! A *time-stamp renewal* stamps the tokens that are about to end, all in one tree, with their own digest algorithm. A
//! *hash-tree renewal* leaves an algorithm that is about to end: it stamps, with the next one, the digests of all that
//! the old tokens were over together with the whole record so far. It reads no content: the digests of components by
//! the next algorithm stand in the manifests since acceptance, and those of whole groups in the journal.
//!
//! What was destroyed before a hash-tree renewal keeps its stub: the commitment by both algorithms is in the journal.
//!
//! A chain of renewals hangs together by tokens: an act says which tokens it renews, and its own token stands for all
//! of them from then on, so the next renewal has one token to stamp where this one had a thousand.

use super::batch::ALGORITHM;
use super::record::{Chain, Maker, Object, TokenId};
use super::stamp::{Checked, Request, Stamped, Token, begins_with, token_files};
use crate::access;
use crate::archive::{ActOwner, Archive, Register};
use crate::clock::utc;
use crate::error::{Error, ErrorCode};
use crate::index::rows::Adopted;
use crate::model::digest::Sha256;
use crate::model::id::ActorId;
use crate::model::record::ActDocument;
use crate::model::strict::words;
use crate::tlog::LogError;
use crate::tlog::leaf::ActKind;
use crate::verify::alg::DigestAlgorithm;
use crate::verify::evidence::tree::{HashTree, Lists, group_hash, reduced};
use crate::verify::material::Material;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The algorithm that comes after the one of batches.
pub const NEXT_ALGORITHM: DigestAlgorithm = DigestAlgorithm::Sha512;
/// The leaves of the tree among the files of the act.
const LEAVES_FILE: &str = "leaves";

words! {
    /// How evidence is renewed.
    Kind {
        /// The tokens are stamped, with the same digest algorithm (RFC 4998 §5.2).
        Timestamp = "timestamp",
        /// What they are over is stamped again, with another one.
        HashTree = "hash-tree",
    }
}

/// What a leaf of a renewal is for: a token that is renewed, or an object of a batch with the token that it had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct LeafId {
    /// The token: the one that is renewed, or the one of the batch.
    token: TokenId,
    /// Which object: see [`Object::place`]; zeros for a token.
    object: (u64, u8),
}

const LEAF_ID_BYTES: usize = 8 + 4 + 8 + 1;

impl LeafId {
    fn of_token(token: TokenId) -> Self {
        Self { token, object: (0, 0) }
    }

    pub(super) fn of_object(token: TokenId, object: &Object) -> Self {
        Self { token, object: object.place() }
    }

    fn encode(self) -> Vec<u8> {
        let (entry, kind) = self.object;
        [&self.token.act.to_be_bytes()[..], &self.token.number.to_be_bytes(), &entry.to_be_bytes(), &[kind]].concat()
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (act, rest) = bytes.split_first_chunk()?;
        let (number, rest) = rest.split_first_chunk()?;
        let (entry, rest) = rest.split_first_chunk()?;
        let token = TokenId { act: u64::from_be_bytes(*act), number: u32::from_be_bytes(*number) };
        Some(Self { token, object: (u64::from_be_bytes(*entry), *rest.first()?) })
    }
}

/// A renewal that is to be stamped.
pub struct Renewal {
    kind: Kind,
    algorithm: DigestAlgorithm,
    /// The tokens that it renews.
    of: Vec<TokenId>,
    leaves: Vec<(LeafId, Vec<u8>)>,
    tree: HashTree,
    /// What validated the tokens as of now: from now on they are validated as of this renewal (RFC 4998 §5.3).
    used: Material,
    /// The time of the newest token that it renews.
    since: Option<DateTime<Utc>>,
    /// When the first of those ends: one that ends sooner would renew nothing.
    ends: Option<DateTime<Utc>>,
    /// The journal as it was: its entries and root.
    journal: (u64, Sha256),
}

impl Renewal {
    fn new(
        archive: &Archive,
        (kind, algorithm): (Kind, DigestAlgorithm),
        of: Vec<TokenId>,
        leaves: Vec<(LeafId, Vec<u8>)>,
        used: Material,
    ) -> Self {
        let head = archive.head();
        let digests: Vec<Vec<u8>> = leaves.iter().map(|(_, digest)| digest.clone()).collect();
        let tree = HashTree::build(algorithm, &digests).expect("there is a leaf, and all are of the algorithm");
        Self { kind, algorithm, of, leaves, tree, used, since: None, ends: None, journal: (head.size, head.root) }
    }

    /// How it renews.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Tokens that it renews.
    pub fn tokens(&self) -> usize {
        self.of.len()
    }

    /// The request for its time-stamp; one that a courier carries is known by the digest alone.
    pub fn request(&self, by_file: bool) -> Request {
        Request::over(self.algorithm, self.tree.root().to_vec(), by_file).since(self.since)
    }

    /// Whether a token lasts longer than what it would renew; of a hash-tree renewal that is not the aim.
    pub fn is_longer(&self, checked: &Checked) -> bool {
        self.kind == Kind::HashTree || checked.until.zip(self.ends).is_none_or(|(until, ends)| until > ends)
    }

    /// That it can still be kept, when the archive was closed since it was made.
    ///
    /// What was destroyed meanwhile has leaves in it that nobody will ask for: as if it were destroyed later.
    ///
    /// # Errors
    /// When a token of it was renewed meanwhile, or the archive was put back to an older copy.
    pub fn is_due(&self, archive: &Archive) -> Result<(), Error> {
        let (size, root) = self.journal;
        begins_with(archive, size, root, "journal")?;
        if Renewed::all(archive)?.iter().any(|renewed| self.of.iter().any(|token| renewed.renews(*token))) {
            return Err(Error::new(ErrorCode::EvdOther, "renewal", "a token of it was renewed meanwhile"));
        }
        Ok(())
    }

    fn leaves_file(&self) -> Vec<u8> {
        self.leaves.iter().flat_map(|(id, digest)| [id.encode(), digest.clone()].concat()).collect()
    }
}

/// A renewal that was stamped, as its act says.
pub struct Renewed {
    /// The entry of the act.
    pub entry: u64,
    /// How it renewed.
    pub kind: Kind,
    /// Digest algorithm of its tree.
    pub algorithm: DigestAlgorithm,
    of: BTreeSet<TokenId>,
    /// Its token.
    pub token: Token,
}

impl Renewed {
    /// All renewals, oldest first.
    pub fn all(archive: &Archive) -> Result<Vec<Self>, Error> {
        let entries = archive.index().adopted(Adopted::Renewal)?;
        entries
            .into_iter()
            .map(|entry| {
                let (document, _) = archive.document(entry)?;
                Self::of(entry, &document).ok_or_else(|| changed(entry))
            })
            .collect()
    }

    fn of(entry: u64, document: &ActDocument) -> Option<Self> {
        let id = |value: &Value| {
            let pair = value.as_array()?;
            let number = u32::try_from(pair.get(1)?.as_u64()?).ok()?;
            Some(TokenId { act: pair.first()?.as_u64()?, number })
        };
        let name = document.text("algorithm")?;
        let token = document.fields.get("tokens")?.as_array()?.first()?.as_object()?;
        Some(Self {
            entry,
            kind: Kind::parse(document.text("renewal")?)?,
            algorithm: DigestAlgorithm::ALL.iter().copied().find(|algorithm| algorithm.name() == name)?,
            of: document.fields.get("of")?.as_array()?.iter().map(id).collect::<Option<_>>()?,
            token: Token::of(token)?,
        })
    }

    /// Whether it renews this token.
    pub(super) fn renews(&self, token: TokenId) -> bool {
        self.of.contains(&token)
    }

    /// The token that stands for those that it renewed.
    pub(super) fn token_id(&self) -> TokenId {
        TokenId { act: self.entry, number: 1 }
    }

    /// Its token, and its leaves with their tree.
    pub(super) fn open(&self, archive: &Archive) -> Result<OpenRenewal, Error> {
        let (document, row) = archive.document(self.entry)?;
        let bytes = archive.act_file(&row, &document, LEAVES_FILE)?;
        let rows = bytes.chunks_exact(LEAF_ID_BYTES + self.algorithm.octets());
        let leaf = |row: &[u8]| {
            let (id, digest) = row.split_at_checked(LEAF_ID_BYTES)?;
            Some((LeafId::decode(id)?, digest.to_vec()))
        };
        let leaves: Vec<_> = rows.map(leaf).collect::<Option<_>>().ok_or_else(|| changed(self.entry))?;
        let digests: Vec<Vec<u8>> = leaves.iter().map(|(_, digest)| digest.clone()).collect();
        let tree = HashTree::build(self.algorithm, &digests).map_err(|_| changed(self.entry))?;
        let token = archive.act_file(&row, &document, &self.token.file)?;
        let places = leaves.into_iter().enumerate().map(|(at, (id, digest))| (id, (at, digest))).collect();
        Ok(OpenRenewal { token, places, tree })
    }
}

/// A renewal with its leaves.
pub(super) struct OpenRenewal {
    pub(super) token: Vec<u8>,
    places: BTreeMap<LeafId, (usize, Vec<u8>)>,
    tree: HashTree,
}

impl OpenRenewal {
    /// What leads from a leaf to the root, when `leaf` is what stands there: the first list has `members`, whose hash
    /// it is.
    pub(super) fn lists(&self, id: LeafId, leaf: &[u8], members: Vec<Vec<u8>>) -> Option<Lists> {
        let (at, _) = self.places.get(&id).filter(|(_, digest)| digest == leaf)?;
        Some(reduced(&members, self.tree.siblings(*at)))
    }

    /// The same of a token that is renewed.
    pub(super) fn lists_of_token(&self, token: TokenId, digest: Vec<u8>) -> Option<Lists> {
        self.lists(LeafId::of_token(token), &digest.clone(), vec![digest])
    }
}

/// What is to be renewed.
pub struct Due {
    kind: Kind,
    stamped: Vec<Stamped>,
    /// Chains with the place of their batch.
    chains: Vec<(usize, Chain)>,
}

/// What ends before `by`, or everything; none when that is nothing.
///
/// Without a wish for one kind, the hash trees are renewed when their algorithm ends, and the time-stamps otherwise.
pub fn due(archive: &Archive, kind: Option<Kind>, by: Option<DateTime<Utc>>) -> Result<Option<Due>, Error> {
    let policy = archive.validation_policy()?;
    let now = utc(archive.now());
    let end = policy.policy.reliability(ALGORITHM.name(), 0, now).end();
    let stamped = Stamped::all(archive)?;
    let maker = Maker::new(archive)?;
    let chains = stamped.iter().enumerate().flat_map(|(at, one)| maker.chains(one).into_iter().map(move |c| (at, c)));
    let chains: Vec<(usize, Chain)> = chains.collect();
    let algorithm_ends = by.zip(end).is_some_and(|(by, end)| end <= by);
    let kind = kind.unwrap_or(if algorithm_ends { Kind::HashTree } else { Kind::Timestamp });
    let is_due = |chain: &Chain| match kind {
        Kind::HashTree => chain.algorithm == ALGORITHM,
        Kind::Timestamp => by.is_none_or(|by| chain.until.is_some_and(|end| end <= by)),
    };
    let chains: Vec<(usize, Chain)> = chains.into_iter().filter(|(_, chain)| is_due(chain)).collect();
    Ok((!chains.is_empty()).then_some(Due { kind, stamped, chains }))
}

/// The day by which evidence must still hold, when nobody says otherwise: what ends before is renewed.
pub fn horizon(archive: &Archive) -> DateTime<Utc> {
    utc(archive.now()) + TimeDelta::days(super::status::RENEW_BEFORE_DAYS)
}

impl Due {
    /// The renewals: of time-stamps one for each digest algorithm, because a chain keeps its own. `lost` is told the
    /// tokens that do not verify any more: no renewal brings them back.
    pub fn renewals(
        &self,
        archive: &Archive,
        extra: &Material,
        lost: &mut dyn FnMut(Error),
    ) -> Result<Vec<Renewal>, Error> {
        let ends: BTreeMap<TokenId, DigestAlgorithm> =
            self.chains.iter().map(|(_, chain)| (chain.end, chain.algorithm)).collect();
        let mut sound: BTreeMap<TokenId, (DigestAlgorithm, Vec<u8>)> = BTreeMap::new();
        let mut used: BTreeMap<DigestAlgorithm, Material> = BTreeMap::new();
        let (mut since, mut first_end): (Option<DateTime<Utc>>, Option<DateTime<Utc>>) = (None, None);
        for (token, algorithm) in ends {
            let bytes = token.bytes(archive)?;
            match Request::check_kept(archive, &bytes, &format!("#{}", token.act), extra) {
                Ok(checked) => {
                    used.entry(algorithm).or_default().merge(&checked.used);
                    since = since.max(Some(checked.token.info.time));
                    first_end = first_end.into_iter().chain(checked.until).min();
                    sound.insert(token, (algorithm, bytes));
                }
                Err(e) if e.code == ErrorCode::EvdUnproven => lost(e),
                Err(e) => return Err(e),
            }
        }
        let renewals = match self.kind {
            Kind::Timestamp => used
                .into_iter()
                .map(|(algorithm, used)| {
                    let of = || sound.iter().filter(|(_, (own, _))| *own == algorithm);
                    let leaf =
                        |(id, (_, bytes)): (&TokenId, &(_, Vec<u8>))| (LeafId::of_token(*id), algorithm.digest(bytes));
                    let tokens = of().map(|(id, _)| *id).collect();
                    Renewal::new(archive, (Kind::Timestamp, algorithm), tokens, of().map(leaf).collect(), used)
                })
                .collect(),
            Kind::HashTree => {
                if sound.is_empty() {
                    return Ok(Vec::new());
                }
                let leaves = self.rehashed(archive, &sound)?;
                let used = used.remove(&ALGORITHM).unwrap_or_default();
                let tokens = sound.into_keys().collect();
                vec![Renewal::new(archive, (Kind::HashTree, NEXT_ALGORITHM), tokens, leaves, used)]
            }
        };
        Ok(renewals.into_iter().map(|renewal| Renewal { since, ends: first_end, ..renewal }).collect())
    }

    /// The leaves of a hash-tree renewal: all objects of batches whose tokens are sound.
    fn rehashed<T>(&self, archive: &Archive, sound: &BTreeMap<TokenId, T>) -> Result<Vec<(LeafId, Vec<u8>)>, Error> {
        let mut maker = Maker::new(archive)?;
        let mut leaves = Vec::new();
        for (at, chain) in self.chains.iter().filter(|(_, chain)| sound.contains_key(&chain.end)) {
            for object in objects(archive, &self.stamped[*at])? {
                if let Some(members) = maker.renewed(chain, &object, NEXT_ALGORITHM)? {
                    leaves.push((LeafId::of_object(chain.first, &object), group_hash(NEXT_ALGORITHM, &members)));
                }
            }
        }
        Ok(leaves)
    }
}

/// All objects of a batch: its checkpoint, the stub of every group, and of what is readable the group with its members.
fn objects(archive: &Archive, stamped: &Stamped) -> Result<Vec<Object>, Error> {
    let batch = stamped.batch(archive)?;
    let mut objects = vec![Object::checkpoint(&batch)];
    let log = archive.log()?;
    let mut groups = Vec::new();
    log.leaves::<Error>(stamped.from, stamped.to, |index, leaf| {
        if let (Some(g256), Some(g512), Some(owner)) = (leaf.g256, leaf.g512, leaf.rec) {
            groups.push((index, g256, g512, owner));
        }
        Ok(())
    })?;
    for (entry, g256, g512, owner) in groups {
        objects.push(Object::Stub { entry, g256, g512 });
        if let Some(members) = access::members(archive, owner, entry)? {
            objects.push(Object::group(entry, &members));
        }
    }
    Ok(objects)
}

/// Keeps a renewal with its one token. Gives the entry.
pub fn keep(archive: &Archive, renewal: &Renewal, checked: &Checked, actor: ActorId) -> Result<u64, Error> {
    let (tokens, mut files) = token_files(std::slice::from_ref(checked), &renewal.used);
    files.push((LEAVES_FILE.to_owned(), renewal.leaves_file()));
    let of: Value = renewal.of.iter().map(|id| json!([id.act, id.number])).collect();
    let fields = json!({
        "renewal": renewal.kind.as_str(), "algorithm": renewal.algorithm.name(),
        "root": hex::encode(renewal.tree.root()), "of": of, "tokens": tokens,
    });
    let fields = fields.as_object().cloned().unwrap_or_default();
    let owner = ActOwner::Register(Register::Archive);
    archive.commit_files(ActKind::EvidenceRenewed, actor, owner, fields, files)
}

fn changed(entry: u64) -> Error {
    LogError::integrity("store", format!("the act of the renewal, entry {entry}, is not as it must be")).into()
}
