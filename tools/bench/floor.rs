//! The floor: what this machine can do without any feature of an archive.
//!
//! Read, BLAKE3, zstd-1, AES-256-GCM, append to segments of 256 MiB, `fdatasync` every 64 documents; whole documents in
//! memory, no journal, no vault, no index. A second form also takes the SHA-256 and SHA-512 that the archive must take.
//!
//! Its key is fixed: it measures, and keeps nothing.

use crate::Fallible;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, Tag, UnboundKey};
use ring::digest::{SHA256, SHA512, digest};
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;

const SEGMENT_BYTES: u64 = 256 * 1024 * 1024;
const SYNC_EVERY: usize = 64;
/// Sealed documents that wait for the one thread that writes.
const WAITING: usize = 64;
/// Stored length, plain length (top bit: compressed), BLAKE3 of the plain bytes.
const HEADER: usize = 4 + 4 + 32;
const COMPRESSED: u32 = 1 << 31;

fn key() -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &[7; 32]).expect("the key has 32 bytes"))
}

fn nonce(id: &[u8]) -> Nonce {
    Nonce::try_assume_unique_for_key(&id[..NONCE_LEN]).expect("of this length")
}

struct Seal {
    compressor: zstd::bulk::Compressor<'static>,
    key: LessSafeKey,
    sha: bool,
}

impl Seal {
    fn frame(&mut self, plain: &[u8]) -> std::io::Result<Vec<u8>> {
        let id = blake3::hash(plain);
        if self.sha {
            std::hint::black_box((digest(&SHA256, plain), digest(&SHA512, plain)));
        }
        let mut plain_len = u32::try_from(plain.len()).expect("documents are far below 2 GiB");
        let compressed = self.compressor.compress(plain)?;
        let gains = compressed.len() < plain.len();
        let body = if gains { &compressed } else { plain };
        if gains {
            plain_len |= COMPRESSED;
        }
        let mut frame = Vec::with_capacity(HEADER + body.len() + AES_256_GCM.tag_len());
        let stored_len = u32::try_from(body.len() + AES_256_GCM.tag_len()).expect("as above");
        frame.extend_from_slice(&stored_len.to_le_bytes());
        frame.extend_from_slice(&plain_len.to_le_bytes());
        frame.extend_from_slice(id.as_bytes());
        frame.extend_from_slice(body);
        let tag: Tag = self
            .key
            .seal_in_place_separate_tag(nonce(id.as_bytes()), Aad::empty(), &mut frame[HEADER..])
            .expect("far below the bounds of AES-GCM");
        frame.extend_from_slice(tag.as_ref());
        Ok(frame)
    }
}

/// Takes in `files` and gives the bytes stored.
pub(crate) fn ingest(files: &[PathBuf], folder: &Path, threads: usize, sha: bool) -> Fallible<u64> {
    fs::create_dir_all(folder)?;
    let next = AtomicUsize::new(0);
    let (frames, written) = sync_channel(WAITING);
    std::thread::scope(|scope| -> Fallible<u64> {
        for _ in 0..threads {
            let (next, frames) = (&next, frames.clone());
            let mut seal = Seal { compressor: zstd::bulk::Compressor::new(1)?, key: key(), sha };
            scope.spawn(move || {
                while let Some(path) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let frame = fs::read(path).and_then(|plain| seal.frame(&plain));
                    // The writer is gone only when it has failed.
                    if frames.send(frame).is_err() {
                        break;
                    }
                }
            });
        }
        drop(frames);
        let (mut segment, mut at, mut stored, mut unsynced) = (0, 0, 0, 0);
        let mut file = create(folder, segment)?;
        for frame in written {
            let frame = frame?;
            if at > 0 && at + frame.len() as u64 > SEGMENT_BYTES {
                file.sync_data()?;
                segment += 1;
                file = create(folder, segment)?;
                at = 0;
            }
            file.write_all(&frame)?;
            at += frame.len() as u64;
            stored += frame.len() as u64;
            unsynced += 1;
            if unsynced == SYNC_EVERY {
                file.sync_data()?;
                unsynced = 0;
            }
        }
        file.sync_data()?;
        Ok(stored)
    })
}

fn segment(folder: &Path, number: usize) -> PathBuf {
    folder.join(format!("{number:06}"))
}

fn create(folder: &Path, number: usize) -> std::io::Result<File> {
    let file = File::create_new(segment(folder, number))?;
    File::open(folder)?.sync_all()?;
    Ok(file)
}

/// The floor's segments, for reading.
pub(crate) struct Floor {
    segments: Vec<File>,
    /// Segment, offset and stored length of every document below the size asked for.
    small: Vec<(usize, u64, u32)>,
    key: LessSafeKey,
    decompressor: zstd::bulk::Decompressor<'static>,
}

impl Floor {
    /// Opens what [`ingest`] left, and finds its documents of at most `bytes_max`.
    pub(crate) fn open(folder: &Path, bytes_max: u32) -> Fallible<Self> {
        let (mut segments, mut small) = (Vec::new(), Vec::new());
        while let Ok(file) = File::open(segment(folder, segments.len())) {
            let (len, mut at, mut header) = (file.metadata()?.len(), 0, [0; HEADER]);
            while at < len {
                file.read_exact_at(&mut header, at)?;
                let (stored_len, plain_len) = lengths(&header);
                if plain_len & !COMPRESSED <= bytes_max {
                    small.push((segments.len(), at, stored_len));
                }
                at += HEADER as u64 + u64::from(stored_len);
            }
            segments.push(file);
        }
        if small.is_empty() {
            return Err("the floor has no documents".into());
        }
        Ok(Self { segments, small, key: key(), decompressor: zstd::bulk::Decompressor::new()? })
    }

    /// Small documents.
    pub(crate) fn len(&self) -> usize {
        self.small.len()
    }

    /// Reads, opens and checks a small document.
    pub(crate) fn read(&mut self, which: usize) -> Fallible<Vec<u8>> {
        let (segment, offset, stored_len) = self.small[which];
        let mut frame = vec![0; HEADER + stored_len as usize];
        self.segments[segment].read_exact_at(&mut frame, offset)?;
        let (header, body) = frame.split_at_mut(HEADER);
        let (_, plain_len) = lengths(header);
        let id = &header[8..HEADER];
        let body =
            self.key.open_in_place(nonce(id), Aad::empty(), body).map_err(|_| "the floor's frame does not open")?;
        let plain = match plain_len & COMPRESSED {
            0 => body.to_vec(),
            _ => self.decompressor.decompress(body, (plain_len & !COMPRESSED) as usize)?,
        };
        if blake3::hash(&plain).as_bytes() != id {
            return Err("the floor's frame does not have its digest".into());
        }
        Ok(plain)
    }
}

fn lengths(header: &[u8]) -> (u32, u32) {
    let number = |at: usize| u32::from_le_bytes(header[at..at + 4].try_into().expect("of four bytes"));
    (number(0), number(4))
}
