//! Reading a source bundle: whose source is in it?
//!
//! A bundle is a tar file (ustar, or GNU long names), packed with zstd, everything in one folder; `tools/means/pack`
//! makes it. Only the files of the program's own source are read whole ([`crate::model::source`]); what they are built
//! with stands in their `Cargo.lock` with its checksums.
//!
//! It gives nothing out and unpacks nothing to a disk. Untrusted: sizes are bounded, and what is no regular file under
//! the name of a source file is refused.

use crate::error::ErrorCode;
use crate::limits::{BUNDLE_BYTES_MAX, PATH_BYTES_MAX, SOURCE_FILE_BYTES_MAX};
use crate::model::source;
use std::io::{self, Read};

/// Bytes of a tar block (POSIX.1-2024 pax, ustar interchange format).
const BLOCK: usize = 512;

/// Why a bundle cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(super) enum BundleError {
    /// It ends early, is no zstd, or the disk failed.
    #[error("cannot read the bundle")]
    Io(#[from] io::Error),
    /// A header that is none.
    #[error("entry {entry}: {what}")]
    Entry {
        /// Its place in the bundle.
        entry: u64,
        /// What is wrong.
        what: &'static str,
    },
}

impl BundleError {
    /// The stable code.
    pub(super) fn code(&self) -> ErrorCode {
        match self {
            BundleError::Io(_) | BundleError::Entry { .. } => ErrorCode::MeaBundle,
        }
    }
}

/// The digest of the program's source in a bundle.
pub(super) fn source_digest(packed: &mut dyn Read) -> Result<String, BundleError> {
    let unpacked = zstd::stream::read::Decoder::new(packed)?;
    let mut tar = unpacked.take(BUNDLE_BYTES_MAX);
    let mut lines = Vec::new();
    let mut long_name = None;
    for entry in 0.. {
        let wrong = |what| BundleError::Entry { entry, what };
        let mut block = [0; BLOCK];
        tar.read_exact(&mut block)?;
        // Two blocks of zeros end it; one is enough to know.
        if block.iter().all(|byte| *byte == 0) {
            break;
        }
        let header = Header::read(&block).ok_or_else(|| wrong("no header of a tar file"))?;
        let padded = header.size.next_multiple_of(BLOCK as u64);
        if header.kind == b'L' {
            let fits = usize::try_from(header.size).is_ok_and(|size| size <= PATH_BYTES_MAX);
            let name = if fits { whole(&mut tar, header.size)? } else { return Err(wrong("a name that is too long")) };
            skip(&mut tar, padded - header.size)?;
            let name = String::from_utf8(name).map_err(|_| wrong("a name that is not UTF-8"))?;
            long_name = Some(name.trim_end_matches('\0').to_owned());
            continue;
        }
        let name = long_name.take().unwrap_or(header.name);
        // Everything lies in one folder, whatever it is called.
        let path = name.split_once('/').map_or("", |(_, path)| path);
        match header.kind {
            b'0' | 0 if source::is_part(path) => {
                if header.size > SOURCE_FILE_BYTES_MAX {
                    return Err(wrong("a source file that is too large"));
                }
                lines.push(source::line(path, &whole(&mut tar, header.size)?));
                skip(&mut tar, padded - header.size)?;
            }
            b'5' => skip(&mut tar, padded)?,
            _ if source::is_part(path) => return Err(wrong("a source file that is no regular file")),
            _ => skip(&mut tar, padded)?,
        }
    }
    Ok(source::digest(lines))
}

struct Header {
    name: String,
    size: u64,
    kind: u8,
}

impl Header {
    fn read(block: &[u8; BLOCK]) -> Option<Self> {
        let text = |from: usize, len: usize| {
            let field = &block[from..from + len];
            let end = field.iter().position(|byte| *byte == 0).unwrap_or(len);
            std::str::from_utf8(&field[..end]).ok()
        };
        if &block[257..262] != b"ustar" {
            return None;
        }
        let size = u64::from_str_radix(text(124, 12)?.trim(), 8).ok()?;
        // GNU headers have other things where ustar has the beginning of a long name.
        let prefix = if block[262] == 0 { text(345, 155)? } else { "" };
        let slash = if prefix.is_empty() { "" } else { "/" };
        Some(Self { name: format!("{prefix}{slash}{}", text(0, 100)?), size, kind: block[156] })
    }
}

fn whole(tar: &mut dyn Read, size: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = tar.take(size).read_to_end(&mut bytes)?;
    if read as u64 == size { Ok(bytes) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

fn skip(tar: &mut dyn Read, size: u64) -> io::Result<()> {
    let skipped = io::copy(&mut tar.take(size), &mut io::sink())?;
    if skipped == size { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An entry of a tar file.
    fn entry(name: &str, kind: u8, bytes: &[u8]) -> Vec<u8> {
        let mut block = [0; BLOCK];
        block[..name.len()].copy_from_slice(name.as_bytes());
        block[124..135].copy_from_slice(format!("{:011o}", bytes.len()).as_bytes());
        block[156] = kind;
        block[257..263].copy_from_slice(b"ustar\0");
        let padding = vec![0; bytes.len().next_multiple_of(BLOCK) - bytes.len()];
        [&block, bytes, &padding].concat()
    }

    fn digest_of(entries: &[Vec<u8>]) -> Result<String, BundleError> {
        let tar = [entries.concat(), vec![0; 2 * BLOCK]].concat();
        source_digest(&mut zstd::encode_all(tar.as_slice(), 1).unwrap().as_slice())
    }

    #[test]
    fn a_bundle_has_the_digest_of_its_source_files() {
        let of_files = source::digest(vec![source::line("Cargo.toml", b"a"), source::line("src/lib.rs", b"b")]);
        let long = format!("x/vendor/{}", "long/".repeat(40));
        let (toml, lib) = (entry("x/Cargo.toml", b'0', b"a"), entry("x/src/lib.rs", b'0', b"b"));
        let others = [
            entry("x/src", b'5', b""),
            entry("././@LongLink", b'L', long.as_bytes()),
            entry("x/src/not-really.rs", b'0', b"cut off"),
            entry("x/README.md", b'0', &[1; 2000]),
            entry("x/vendor/link", b'2', b""),
        ];
        assert_eq!(digest_of(&[toml.clone(), lib.clone()]).unwrap(), of_files);
        assert_eq!(digest_of(&[others.as_slice(), &[lib.clone(), toml.clone()]].concat()).unwrap(), of_files);
        // Near misses: a byte, a file too few, a file twice.
        assert_ne!(digest_of(&[entry("x/Cargo.toml", b'0', b"A"), lib.clone()]).unwrap(), of_files);
        assert_ne!(digest_of(std::slice::from_ref(&toml)).unwrap(), of_files);
        assert_ne!(digest_of(&[toml.clone(), lib.clone(), lib]).unwrap(), of_files);
    }

    #[test]
    fn what_is_no_bundle_is_refused() {
        assert!(source_digest(&mut b"no zstd".as_slice()).is_err());
        let link = digest_of(&[entry("x/src/lib.rs", b'2', b"")]);
        assert!(matches!(link, Err(BundleError::Entry { entry: 0, .. })));
        let mut bad = entry("x/src/lib.rs", b'0', b"b");
        bad[130] = b'x';
        assert!(digest_of(&[bad]).is_err());
        let cut = entry("x/src/lib.rs", b'0', &[0; 600]);
        let cut = zstd::encode_all(&cut[..700], 1).unwrap();
        assert!(matches!(source_digest(&mut cut.as_slice()), Err(BundleError::Io(_))));
        let mut huge = entry("x/src/lib.rs", b'0', b"");
        huge[124..135].copy_from_slice(b"77777777777");
        assert!(matches!(digest_of(&[huge]), Err(BundleError::Entry { .. })));
    }
}
