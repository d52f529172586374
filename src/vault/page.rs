//! Sealed pages and the root file: encoding, decoding, sealing. No I/O.
//!
//! A page's clear part names its children with their digests, so that the whole tree is checked without keys; the
//! sealed part holds keys. Sealing is XChaCha20-Poly1305 with a random nonce and the clear part as associated data.

use super::{OwnedKey, Subtree};
use crate::model::id::{ArchiveId, PageId, RecordId};
use crate::store::format::{OwnerKey, u32_at, u64_at};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use std::collections::BTreeMap;

/// Keys in a leaf page, and children in an inner page (design §6).
pub const SLOTS_PER_PAGE: u64 = 256;
const PAGE_MAGIC: &[u8; 8] = b"MRGPAGE1";
const ROOT_MAGIC: &[u8; 8] = b"MRGROOT1";
/// Magic 8, archive 16, subtree 4, level 1, zero 1, count 2, index 8.
const PAGE_HEAD: usize = 40;
/// Magic 8, archive 16, epoch 4, subtrees 4, root number 8.
const ROOT_HEAD: usize = 40;
/// Subtree 4, height 1, zeros 3, slots 8, page 16, digest 32.
const ROOT_ROW: usize = 64;
/// Page 16, digest 32.
const CHILD_ROW: usize = 48;
/// State 1, owner 16, key 32.
const KEY_ROW: usize = 49;
/// Length of a nonce of XChaCha20-Poly1305.
pub const NONCE_BYTES: usize = 24;

/// A page as its parent knows it.
#[derive(Debug, Clone)]
pub struct PageRef {
    /// Its random name.
    pub page: PageId,
    /// BLAKE3 of its file.
    pub digest: [u8; 32],
    /// The key that seals it.
    pub key: OwnerKey,
}

/// The file name of a page.
pub fn page_name(page: PageId) -> String {
    format!("vault/page-{page}")
}

/// The page of a file name.
pub fn page_of_name(name: &str) -> Option<PageId> {
    name.strip_prefix("vault/page-")?.parse().ok()
}

/// The file name of a root.
pub fn root_name(root_no: u64) -> String {
    format!("vault/root-{root_no:08}")
}

/// Seals `plain` behind `clear`: clear ‖ nonce ‖ sealed.
pub fn seal(key: &OwnerKey, mut clear: Vec<u8>, plain: &[u8]) -> Vec<u8> {
    let nonce: [u8; NONCE_BYTES] = crate::random::bytes();
    let cipher = XChaCha20Poly1305::new(&key.0.into());
    let sealed = cipher
        .encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: &clear })
        .expect("a page is far below the limits of ChaCha20");
    clear.extend_from_slice(&nonce);
    clear.extend_from_slice(&sealed);
    clear
}

/// Opens what [`seal`] made, whose clear part has `clear_len` bytes.
pub fn open(key: &OwnerKey, file: &[u8], clear_len: usize) -> Option<Vec<u8>> {
    let (clear, rest) = file.split_at_checked(clear_len)?;
    let (nonce, sealed) = rest.split_at_checked(NONCE_BYTES)?;
    let nonce: [u8; NONCE_BYTES] = nonce.try_into().ok()?;
    let cipher = XChaCha20Poly1305::new(&key.0.into());
    cipher.decrypt(&XNonce::from(nonce), Payload { msg: sealed, aad: clear }).ok()
}

/// Where a page stands in the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Its agency's subtree.
    pub subtree: u32,
    /// 0 for a leaf.
    pub level: u8,
    /// Number among the pages of its level.
    pub index: u64,
}

fn page_head(archive: ArchiveId, at: Position, count: usize) -> Vec<u8> {
    let mut head = Vec::with_capacity(PAGE_HEAD + count * KEY_ROW + 64);
    head.extend_from_slice(PAGE_MAGIC);
    head.extend_from_slice(&archive.0);
    head.extend_from_slice(&at.subtree.to_le_bytes());
    head.extend_from_slice(&[at.level, 0]);
    head.extend_from_slice(&u16::try_from(count).expect("at most 256").to_le_bytes());
    head.extend_from_slice(&at.index.to_le_bytes());
    head
}

/// The number of rows of a page file, if its clear head is that of `archive` and `at`.
fn page_count(file: &[u8], archive: ArchiveId, at: Position) -> Option<usize> {
    let head = file.get(..PAGE_HEAD)?;
    let count = usize::from(u16::from_le_bytes(head.get(30..32)?.try_into().ok()?));
    (head == page_head(archive, at, count.min(256)) && count <= 256).then_some(count)
}

/// Makes a leaf page.
pub fn encode_leaf(archive: ArchiveId, at: Position, key: &OwnerKey, rows: &[Option<OwnedKey>]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(rows.len() * KEY_ROW);
    for row in rows {
        match row {
            Some(row) => {
                plain.push(1);
                plain.extend_from_slice(&row.owner.0);
                plain.extend_from_slice(&row.key.0);
            }
            None => plain.extend_from_slice(&[0; KEY_ROW]),
        }
    }
    seal(key, page_head(archive, at, rows.len()), &plain)
}

/// Opens a leaf page.
pub fn decode_leaf(file: &[u8], archive: ArchiveId, at: Position, key: &OwnerKey) -> Option<Vec<Option<OwnedKey>>> {
    let count = page_count(file, archive, at)?;
    let plain = open(key, file, PAGE_HEAD)?;
    if plain.len() != count * KEY_ROW {
        return None;
    }
    let row = |row: &[u8]| match row.first()? {
        0 => Some(None),
        1 => {
            let owner = RecordId::from_slice(&row[1..17])?;
            let key = OwnerKey(row[17..49].try_into().ok()?);
            Some(Some(OwnedKey { owner, key }))
        }
        _ => None,
    };
    plain.chunks_exact(KEY_ROW).map(row).collect()
}

/// Makes an inner page.
pub fn encode_inner(archive: ArchiveId, at: Position, key: &OwnerKey, children: &[PageRef]) -> Vec<u8> {
    let mut clear = page_head(archive, at, children.len());
    let mut plain = Vec::with_capacity(children.len() * 32);
    for child in children {
        clear.extend_from_slice(&child.page.0);
        clear.extend_from_slice(&child.digest);
        plain.extend_from_slice(&child.key.0);
    }
    seal(key, clear, &plain)
}

/// The children an inner page names in clear.
pub fn clear_children(file: &[u8], archive: ArchiveId, at: Position) -> Option<Vec<(PageId, [u8; 32])>> {
    let count = page_count(file, archive, at)?;
    let rows = file.get(PAGE_HEAD..PAGE_HEAD + count * CHILD_ROW)?;
    let row = |row: &[u8]| Some((PageId::from_slice(&row[..16])?, row[16..].try_into().ok()?));
    rows.chunks_exact(CHILD_ROW).map(row).collect()
}

/// Opens an inner page.
pub fn decode_inner(file: &[u8], archive: ArchiveId, at: Position, key: &OwnerKey) -> Option<Vec<PageRef>> {
    let children = clear_children(file, archive, at)?;
    let plain = open(key, file, PAGE_HEAD + children.len() * CHILD_ROW)?;
    if plain.len() != children.len() * 32 {
        return None;
    }
    let keys = plain.chunks_exact(32).map(|k| k.try_into().ok().map(OwnerKey));
    let join =
        |((page, digest), key): ((PageId, [u8; 32]), Option<OwnerKey>)| Some(PageRef { page, digest, key: key? });
    children.into_iter().zip(keys).map(join).collect()
}

/// The root of an epoch.
pub struct Root {
    /// The archive.
    pub archive: ArchiveId,
    /// Number of the KEK that seals it.
    pub epoch: u32,
    /// Its own number.
    pub root_no: u64,
    /// Key of the journal beside it.
    pub journal_key: OwnerKey,
    /// Subtrees by number.
    pub subtrees: BTreeMap<u32, Subtree>,
}

/// What a root file shows in clear.
pub struct ClearRoot {
    /// Subtree, height, slots, top page, its digest.
    pub rows: Vec<(u32, u8, u64, PageId, [u8; 32])>,
    /// Length of the clear part.
    pub len: usize,
}

impl Root {
    /// A root without subtrees, with a new journal key.
    pub fn empty(archive: ArchiveId, epoch: u32, root_no: u64) -> Self {
        Self { archive, epoch, root_no, journal_key: OwnerKey::random(), subtrees: BTreeMap::new() }
    }

    /// The root file and its digest.
    pub fn encode(&self, kek: &OwnerKey) -> ([u8; 32], Vec<u8>) {
        let mut clear = Vec::with_capacity(ROOT_HEAD + self.subtrees.len() * ROOT_ROW + 128);
        clear.extend_from_slice(ROOT_MAGIC);
        clear.extend_from_slice(&self.archive.0);
        clear.extend_from_slice(&self.epoch.to_le_bytes());
        clear.extend_from_slice(&u32::try_from(self.subtrees.len()).expect("few agencies").to_le_bytes());
        clear.extend_from_slice(&self.root_no.to_le_bytes());
        let mut plain = self.journal_key.0.to_vec();
        for (number, subtree) in &self.subtrees {
            clear.extend_from_slice(&number.to_le_bytes());
            clear.extend_from_slice(&[subtree.height, 0, 0, 0]);
            clear.extend_from_slice(&subtree.slots.to_le_bytes());
            clear.extend_from_slice(&subtree.top.page.0);
            clear.extend_from_slice(&subtree.top.digest);
            plain.extend_from_slice(&subtree.top.key.0);
        }
        let file = seal(kek, clear, &plain);
        (*blake3::hash(&file).as_bytes(), file)
    }

    /// Reads the clear part of a root file.
    pub fn decode_clear(file: &[u8], archive: ArchiveId, epoch: u32, root_no: u64) -> Option<ClearRoot> {
        let head = file.get(..ROOT_HEAD)?;
        if &head[..8] != ROOT_MAGIC
            || head[8..24] != archive.0
            || u32_at(head, 24)? != epoch
            || u64_at(head, 32)? != root_no
        {
            return None;
        }
        let count = usize::try_from(u32_at(head, 28)?).ok()?;
        let len = ROOT_HEAD.checked_add(count.checked_mul(ROOT_ROW)?)?;
        let row = |r: &[u8]| {
            Some((u32_at(r, 0)?, r[4], u64_at(r, 8)?, PageId::from_slice(&r[16..32])?, r[32..64].try_into().ok()?))
        };
        let rows = file.get(ROOT_HEAD..len)?.chunks_exact(ROOT_ROW).map(row).collect::<Option<Vec<_>>>()?;
        Some(ClearRoot { rows, len })
    }

    /// Opens a root file.
    pub fn decode(file: &[u8], archive: ArchiveId, epoch: u32, root_no: u64, kek: &OwnerKey) -> Option<Self> {
        let clear = Self::decode_clear(file, archive, epoch, root_no)?;
        let plain = open(kek, file, clear.len)?;
        if plain.len() != 32 * (1 + clear.rows.len()) {
            return None;
        }
        let key = |i: usize| plain[32 * i..32 * (i + 1)].try_into().ok().map(OwnerKey);
        let mut subtrees = BTreeMap::new();
        for (i, (number, height, slots, page, digest)) in clear.rows.into_iter().enumerate() {
            let top = PageRef { page, digest, key: key(i + 1)? };
            subtrees.insert(number, Subtree { height, slots, top });
        }
        Some(Self { archive, epoch, root_no, journal_key: key(0)?, subtrees })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_decode_to_themselves_in_their_own_place_only() {
        let archive = ArchiveId([9; 16]);
        let key = OwnerKey::random();
        let at = Position { subtree: 1, level: 0, index: 5 };
        let row = OwnedKey { owner: RecordId([1; 16]), key: OwnerKey::random() };
        let rows = vec![Some(row), None];
        let file = encode_leaf(archive, at, &key, &rows);
        assert_eq!(decode_leaf(&file, archive, at, &key), Some(rows));
        assert!(decode_leaf(&file, archive, Position { index: 6, ..at }, &key).is_none(), "moved page");
        assert!(decode_leaf(&file, ArchiveId([8; 16]), at, &key).is_none(), "page of another archive");
        assert!(decode_leaf(&file, archive, at, &OwnerKey::random()).is_none(), "wrong key");
        for bit in (0..file.len() * 8).step_by(7) {
            let mut bad = file.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(decode_leaf(&bad, archive, at, &key).is_none(), "bit {bit}");
        }
    }
}
