//! Reading a source bundle: whose source is in it, and is everything there that it is built from?
//!
//! A bundle is a tar file as GNU tar writes it (regular files, folders, long names), packed with zstd, everything in
//! one folder; `tools/means/pack` makes it. Only that form is read: a reader that is lenient sees other files than
//! `tar xf` unpacks, and the archive would keep another source than the one it looked at.
//!
//! Invariants
//!   - What is read here is what `tar xf` unpacks: no other kind of entry, no name twice, nothing outside the folder,
//!     nothing behind the end.
//!   - Each crate of `Cargo.lock` is there, and each file of it has the digest that its list of files says. The list
//!     itself is the bundle's: only the registry can say whether it is the list of that crate.
//!
//! It gives nothing out and unpacks nothing to a disk. Untrusted: sizes and counts are bounded.

use crate::error::ErrorCode;
use crate::limits::{BUNDLE_BYTES_MAX, BUNDLE_ENTRIES_MAX, CHUNK_BYTES, PATH_BYTES_MAX, SOURCE_FILE_BYTES_MAX};
use crate::model::digest::{Sha256, Sha256Writer};
use crate::model::source;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};

/// Bytes of a tar block (POSIX.1-2024 pax, ustar interchange format).
const BLOCK: usize = 512;
/// Where in the bundle cargo finds its instructions.
const CONFIG_PATH: &str = ".cargo/config.toml";
/// What stands there: `tools/means/pack` and `tools/means/repeat` write the same text.
const CONFIG: &str = "[source.crates-io]
replace-with = \"vendored-sources\"
[source.vendored-sources]
directory = \"vendor\"
[net]
offline = true
";
/// The versions of all crates, with their checksums.
const LOCK_PATH: &str = "Cargo.lock";
/// The folder of crates.
const VENDOR: &str = "vendor/";
/// The field with the sum of a header.
const SUM: std::ops::Range<usize> = 148..156;
/// The list of files in the folder of a crate.
const FILE_LIST: &str = ".cargo-checksum.json";
/// Bytes of all files that are kept while a bundle is read: each list of files, `Cargo.lock` and the instructions for
/// cargo. Own bound: the lists of some four hundred crates have a few MiB.
const KEPT_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Why a bundle cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(super) enum BundleError {
    /// It ends early, is no zstd, or the disk failed.
    #[error("cannot read the bundle")]
    Io(#[from] io::Error),
    /// An entry that `tools/means/pack` does not write.
    #[error("entry {entry}: {what}")]
    Entry {
        /// Its place in the bundle.
        entry: u64,
        /// What is wrong.
        what: &'static str,
    },
    /// Something is missing that the program is built from, or is not what it is said to be.
    #[error("{path}: {what}")]
    Content {
        /// The file or folder, in the folder of the bundle.
        path: String,
        /// What is wrong.
        what: &'static str,
    },
}

impl BundleError {
    /// The stable code.
    pub(super) fn code(&self) -> ErrorCode {
        match self {
            BundleError::Io(_) | BundleError::Entry { .. } | BundleError::Content { .. } => ErrorCode::MeaBundle,
        }
    }

    fn content(path: impl Into<String>, what: &'static str) -> Self {
        Self::Content { path: path.into(), what }
    }
}

/// What is in a bundle.
#[derive(Debug, Default)]
pub(super) struct Bundle {
    /// The lines of the program's own source.
    lines: Vec<String>,
    /// The files that are looked into: `Cargo.lock`, the instructions for cargo, and the lists of files.
    read: BTreeMap<String, Vec<u8>>,
    /// How many bytes these have.
    read_bytes: u64,
    /// The digests of the files of crates.
    vendored: BTreeMap<String, Sha256>,
}

impl Bundle {
    /// Reads a bundle to its end.
    pub(super) fn read(packed: &mut dyn Read) -> Result<Self, BundleError> {
        let unpacked = zstd::stream::read::Decoder::new(packed)?;
        let mut tar = unpacked.take(BUNDLE_BYTES_MAX);
        let (mut bundle, mut names, mut long_name) = (Self::default(), Names::default(), None);
        for entry in 0.. {
            let wrong = |what| BundleError::Entry { entry, what };
            let mut block = [0; BLOCK];
            tar.read_exact(&mut block)?;
            if is_zero(&block) {
                if long_name.is_some() {
                    return Err(wrong("a name without its file"));
                }
                ends(&mut tar, entry)?;
                break;
            }
            if entry >= BUNDLE_ENTRIES_MAX {
                return Err(wrong("too many entries"));
            }
            let header = Header::read(&block).ok_or_else(|| wrong("no header as GNU tar writes it"))?;
            let padding = header.size.next_multiple_of(BLOCK as u64) - header.size;
            if header.kind == b'L' {
                let name = long_name_of(&mut tar, header.size)?.filter(|_| long_name.is_none());
                long_name = Some(name.ok_or_else(|| wrong("a long name that is none"))?);
                skip(&mut tar, padding)?;
                continue;
            }
            let name = long_name.take().unwrap_or(header.name);
            match header.kind {
                b'0' | 0 => {
                    let path = names.add(&name, false).map_err(wrong)?;
                    if Bundle::is_read(&path) && header.size > SOURCE_FILE_BYTES_MAX {
                        return Err(wrong("a source file that is too large"));
                    }
                    bundle.file(&mut tar, path, header.size)?;
                    skip(&mut tar, padding)?;
                }
                b'5' if header.size == 0 => {
                    names.add(name.strip_suffix('/').unwrap_or(&name), true).map_err(wrong)?;
                }
                _ => return Err(wrong("neither a regular file nor a folder")),
            }
        }
        Ok(bundle)
    }

    /// The digest of the program's source.
    pub(super) fn source(&self) -> String {
        source::digest(self.lines.clone())
    }

    /// Whether a file is read whole.
    fn is_read(path: &str) -> bool {
        source::is_part(path) || path.starts_with(".cargo/") || is_file_list(path)
    }

    /// Takes the next file; `path` is its place in the folder of the bundle.
    fn file(&mut self, tar: &mut dyn Read, path: String, size: u64) -> Result<(), BundleError> {
        // Files that would change how cargo builds, and that the digest of the source does not know.
        let is_foreign = path.starts_with(".cargo") && path != CONFIG_PATH;
        if is_foreign || path.starts_with("rust-toolchain") {
            return Err(BundleError::content(path, "instructions that tools/means/pack does not write"));
        }
        if Self::is_read(&path) {
            let is_kept = path == LOCK_PATH || !source::is_part(&path);
            if is_kept {
                self.read_bytes = self.read_bytes.saturating_add(size);
                if self.read_bytes > KEPT_BYTES_MAX {
                    return Err(BundleError::content(path, "with it, too many bytes are to be kept"));
                }
            }
            let bytes = whole(tar, size)?;
            if source::is_part(&path) {
                self.lines.push(source::line(&path, &bytes));
            }
            if is_kept {
                self.read.insert(path, bytes);
            }
        } else if path.starts_with(VENDOR) {
            self.vendored.insert(path, digest(tar, size)?);
        } else {
            skip(tar, size)?;
        }
        Ok(())
    }

    /// Checks that all is there that the program is built from: each crate of `Cargo.lock` whole, and the instructions
    /// that let cargo take these and nothing else.
    pub(super) fn check_whole(&self) -> Result<(), BundleError> {
        match self.read.get(CONFIG_PATH) {
            None => return Err(BundleError::content(CONFIG_PATH, "it is missing")),
            Some(config) if config != CONFIG.as_bytes() => {
                return Err(BundleError::content(CONFIG_PATH, "it is not the text that tools/means/pack writes"));
            }
            Some(_) => {}
        }
        let lock = self.read.get(LOCK_PATH).ok_or_else(|| BundleError::content(LOCK_PATH, "it is missing"))?;
        let lock = std::str::from_utf8(lock).ok().and_then(|text| toml::from_str::<Lock>(text).ok());
        let lock = lock.ok_or_else(|| BundleError::content(LOCK_PATH, "it cannot be read"))?;
        let mut listed = BTreeSet::new();
        for package in lock.package {
            let Some(checksum) = package.checksum else { continue };
            let folder = format!("{VENDOR}{}-{}", package.name, package.version);
            let list_path = format!("{folder}/{FILE_LIST}");
            let wrong = |what| BundleError::content(&list_path, what);
            let list = self.read.get(&list_path).ok_or_else(|| wrong("a crate of Cargo.lock is missing"))?;
            let list: FileList = serde_json::from_slice(list).map_err(|_| wrong("no list of the files of a crate"))?;
            if list.package != checksum {
                return Err(wrong("it is of another crate than Cargo.lock names"));
            }
            for (name, sha256) in list.files {
                let path = format!("{folder}/{name}");
                match self.vendored.get(&path) {
                    None => return Err(BundleError::content(path, "a file of a crate is missing")),
                    Some(found) if found.to_string() != sha256 => {
                        return Err(BundleError::content(path, "it does not have the digest that its crate lists"));
                    }
                    Some(_) => listed.insert(path),
                };
            }
        }
        match self.vendored.keys().find(|path| !listed.contains(*path)) {
            Some(path) => Err(BundleError::content(path, "no crate of Cargo.lock lists it")),
            None => Ok(()),
        }
    }
}

/// What is read of `Cargo.lock`.
#[derive(Deserialize)]
struct Lock {
    #[serde(default)]
    package: Vec<Package>,
}

/// A crate. The package itself has no checksum.
#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    checksum: Option<String>,
}

/// `.cargo-checksum.json`, as `cargo vendor` writes it.
#[derive(Deserialize)]
struct FileList {
    files: BTreeMap<String, String>,
    package: String,
}

/// `vendor/NAME/.cargo-checksum.json`.
fn is_file_list(path: &str) -> bool {
    path.strip_prefix(VENDOR).and_then(|path| path.split_once('/')).is_some_and(|(_, path)| path == FILE_LIST)
}

/// The names so far, so that each stands for one thing.
#[derive(Default)]
struct Names {
    top: Option<String>,
    /// Whether it is a folder; one that only other names imply is none yet.
    seen: BTreeMap<String, Seen>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Seen {
    File,
    Folder,
    /// A folder that had no entry of its own so far.
    Implied,
}

impl Names {
    /// Takes the name of the next entry; gives its place in the top folder.
    fn add(&mut self, name: &str, is_folder: bool) -> Result<String, &'static str> {
        if name.len() > PATH_BYTES_MAX {
            return Err("a name that is too long");
        }
        // This refuses absolute names as well: their first segment is empty.
        if name.split('/').any(|segment| ["", ".", ".."].contains(&segment)) {
            return Err("a name that is not in its shortest form");
        }
        let (top, path) = match name.split_once('/') {
            Some((top, path)) => (top, path),
            None if is_folder => (name, ""),
            None => return Err("a file outside the folder"),
        };
        if self.top.get_or_insert_with(|| top.to_owned()) != top {
            return Err("a second folder beside the first");
        }
        for (at, _) in name.match_indices('/') {
            if *self.seen.entry(name[..at].to_owned()).or_insert(Seen::Implied) == Seen::File {
                return Err("a file that has files in it");
            }
        }
        let kind = if is_folder { Seen::Folder } else { Seen::File };
        match self.seen.insert(name.to_owned(), kind) {
            None => Ok(path.to_owned()),
            Some(Seen::Implied) if is_folder => Ok(path.to_owned()),
            Some(_) => Err("a name that was there before"),
        }
    }
}

struct Header {
    name: String,
    size: u64,
    kind: u8,
}

impl Header {
    /// Reads a header of GNU tar. One with another sum is refused: `tar` passes over it, and its file is not there.
    fn read(block: &[u8; BLOCK]) -> Option<Self> {
        let sum: u64 =
            block.iter().enumerate().map(|(at, byte)| u64::from(if SUM.contains(&at) { b' ' } else { *byte })).sum();
        if &block[257..265] != b"ustar  \0" || octal(&block[SUM]) != Some(sum) {
            return None;
        }
        let field = &block[..100];
        let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
        let name = std::str::from_utf8(&field[..end]).ok()?.to_owned();
        Some(Self { name, size: octal(&block[124..136])?, kind: block[156] })
    }
}

/// A number of a header: octal digits, then NUL or a space.
fn octal(field: &[u8]) -> Option<u64> {
    let end = field.iter().position(|byte| !(b'0'..=b'7').contains(byte))?;
    let (digits, rest) = field.split_at(end);
    if digits.is_empty() || rest.iter().any(|byte| ![0, b' '].contains(byte)) {
        return None;
    }
    u64::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok()
}

/// The name that an entry `L` has for the next one: it ends with the only NUL.
fn long_name_of(tar: &mut dyn Read, size: u64) -> io::Result<Option<String>> {
    if size > PATH_BYTES_MAX as u64 + 1 {
        return Ok(None);
    }
    let mut name = whole(tar, size)?;
    let is_ended = name.pop() == Some(0) && !name.contains(&0);
    Ok(String::from_utf8(name).ok().filter(|_| is_ended))
}

/// Reads to the end of the bundle, when the first of the two blocks of zeros that end it was read.
fn ends(tar: &mut io::Take<impl Read>, entry: u64) -> Result<(), BundleError> {
    let mut block = [0; BLOCK];
    tar.read_exact(&mut block)?;
    let mut is_empty = is_zero(&block);
    let mut buffer = vec![0; CHUNK_BYTES];
    loop {
        match tar.read(&mut buffer)? {
            0 => break,
            read => is_empty &= is_zero(&buffer[..read]),
        }
    }
    // At the limit, more may follow that was not looked at.
    if is_empty && tar.limit() > 0 {
        Ok(())
    } else {
        Err(BundleError::Entry { entry, what: "something behind the end" })
    }
}

fn is_zero(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0)
}

fn digest(tar: &mut dyn Read, size: u64) -> io::Result<Sha256> {
    let (mut left, mut hasher) = (size, Sha256Writer::default());
    let mut buffer = vec![0; CHUNK_BYTES.min(usize::try_from(size).unwrap_or(CHUNK_BYTES))];
    while left > 0 {
        let wanted = buffer.len().min(usize::try_from(left).unwrap_or(CHUNK_BYTES));
        tar.read_exact(&mut buffer[..wanted])?;
        hasher.update(&buffer[..wanted]);
        left -= wanted as u64;
    }
    Ok(hasher.finish())
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
    use crate::model::digest::sha256;

    /// An entry of a tar file.
    fn entry(name: &str, kind: u8, bytes: &[u8]) -> Vec<u8> {
        let mut block = [0; BLOCK];
        block[..name.len()].copy_from_slice(name.as_bytes());
        block[124..135].copy_from_slice(format!("{:011o}", bytes.len()).as_bytes());
        block[156] = kind;
        block[257..265].copy_from_slice(b"ustar  \0");
        let padding = vec![0; bytes.len().next_multiple_of(BLOCK) - bytes.len()];
        [&summed(block)[..], bytes, &padding].concat()
    }

    fn summed(mut block: [u8; BLOCK]) -> [u8; BLOCK] {
        block[SUM].fill(b' ');
        let sum: u64 = block.iter().map(|byte| u64::from(*byte)).sum();
        block[SUM].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        block
    }

    fn file(name: &str, bytes: &[u8]) -> Vec<u8> {
        entry(name, b'0', bytes)
    }

    fn read(entries: &[Vec<u8>], end: &[u8]) -> Result<Bundle, BundleError> {
        let tar = [entries.concat().as_slice(), end].concat();
        Bundle::read(&mut zstd::encode_all(tar.as_slice(), 1).unwrap().as_slice())
    }

    fn digest_of(entries: &[Vec<u8>]) -> Result<String, BundleError> {
        read(entries, &[0; 2 * BLOCK]).map(|bundle| bundle.source())
    }

    #[track_caller]
    fn refused(entries: &[Vec<u8>], why: &str) {
        let error = digest_of(entries).unwrap_err();
        assert!(error.to_string().contains(why), "{error}");
        assert_eq!(error.code(), ErrorCode::MeaBundle);
    }

    #[test]
    fn a_bundle_has_the_digest_of_its_source_files() {
        let of_files = source::digest(vec![source::line("Cargo.toml", b"a"), source::line("src/lib.rs", b"b")]);
        let long = format!("x/vendor/{}a\0", "long/".repeat(40));
        let (toml, lib) = (file("x/Cargo.toml", b"a"), file("x/src/lib.rs", b"b"));
        let others = [
            entry("x/src/", b'5', b""),
            entry("././@LongLink", b'L', long.as_bytes()),
            file("x/src/not-really.rs", b"cut off"),
            file("x/README.md", &[1; 2000]),
        ];
        assert_eq!(digest_of(&[toml.clone(), lib.clone()]).unwrap(), of_files);
        assert_eq!(digest_of(&[others.as_slice(), &[lib.clone(), toml.clone()]].concat()).unwrap(), of_files);
        // Near misses: a byte, a file too few.
        assert_ne!(digest_of(&[file("x/Cargo.toml", b"A"), lib]).unwrap(), of_files);
        assert_ne!(digest_of(&[toml]).unwrap(), of_files);
    }

    #[test]
    fn what_is_no_bundle_is_refused() {
        assert!(Bundle::read(&mut b"no zstd".as_slice()).is_err());
        let mut bad = file("x/src/lib.rs", b"b");
        bad[130] = b'x';
        refused(&[bad], "no header");
        let cut = file("x/src/lib.rs", &[0; 600]);
        let cut = zstd::encode_all(&cut[..700], 1).unwrap();
        assert!(matches!(Bundle::read(&mut cut.as_slice()), Err(BundleError::Io(_))));
        let mut huge = [0; BLOCK];
        huge.copy_from_slice(&file("x/src/lib.rs", b""));
        huge[124..135].copy_from_slice(b"77777777777");
        refused(&[summed(huge).to_vec()], "too large");
    }

    #[test]
    fn what_is_kept_of_a_bundle_is_bounded_in_sum() {
        let list = |n: usize, bytes: &[u8]| file(&format!("m/vendor/c{n}/.cargo-checksum.json"), bytes);
        let large = vec![b' '; usize::try_from(SOURCE_FILE_BYTES_MAX).unwrap()];
        let full: Vec<_> = (0..4).map(|n| list(n, &large)).collect();
        let bundle = read(&full, &[0; 2 * BLOCK]).unwrap();
        assert_eq!(bundle.read_bytes, KEPT_BYTES_MAX);
        refused(&[full, vec![list(4, b" ")]].concat(), "vendor/c4/.cargo-checksum.json: with it, too many bytes");
    }

    /// Each of these unpacks to other files than a lenient reader sees.
    #[test]
    fn what_unpacks_to_other_files_is_refused() {
        let main = file("m/src/main.rs", b"a");
        // A name for the next entry as pax has it: `tar xf` puts the junk over the file.
        let pax = entry("m/PaxHeaders/junk", b'x', b"22 path=m/src/main.rs\n");
        refused(&[main.clone(), pax, file("m/junk", b"b")], "entry 1: neither a regular file nor a folder");
        for kind in [b'1', b'2', b'3', b'7', b'g', b'K', b'S', b'D', b'A'] {
            refused(&[entry("m/a", kind, b"")], "neither a regular file nor a folder");
        }
        refused(&[main.clone(), file("m/src/main.rs", b"b")], "was there before");
        let long = entry("././@LongLink", b'L', b"m/src/main.rs\0");
        refused(&[main.clone(), long.clone(), file("m/junk", b"b")], "was there before");
        refused(&[long.clone(), long.clone(), main.clone()], "a long name that is none");
        refused(&[long], "a name without its file");
        for unended in [&b"m/a"[..], b"m/a\0\0", b"m/a\0b\0", b""] {
            refused(&[entry("././@LongLink", b'L', unended), file("m/a", b"")], "a long name that is none");
        }
        for name in ["/m/src/main.rs", "m/../src/main.rs", "m/./src/main.rs", "m//src/main.rs", "m/src/", "", "m/.."] {
            refused(&[main.clone(), file(name, b"b")], "not in its shortest form");
        }
        refused(&[main.clone(), file("n/src/main.rs", b"b")], "a second folder");
        refused(&[file("main.rs", b"b")], "outside the folder");
        refused(&[main.clone(), file("m/src/main.rs/a", b"b")], "a file that has files in it");
        refused(&[main.clone(), file("m/src", b"b")], "was there before");
        refused(&[entry("m/src", b'5', b"b")], "neither");
        // A header that tar passes over, and the other format, in which a prefix stands before the name.
        let mut unsummed = main.clone();
        unsummed[150] ^= 1;
        refused(&[unsummed], "no header");
        let mut ustar = [0; BLOCK];
        ustar.copy_from_slice(&main[..BLOCK]);
        ustar[257..265].copy_from_slice(b"ustar\x0000");
        refused(&[summed(ustar).to_vec()], "no header");
        // Behind the end, and no whole end.
        for end in [[vec![0; BLOCK], main.clone()].concat(), [vec![0; 2 * BLOCK], main.clone()].concat()] {
            assert!(read(std::slice::from_ref(&main), &end).unwrap_err().to_string().contains("behind the end"));
        }
        assert!(matches!(read(std::slice::from_ref(&main), &[0; BLOCK]), Err(BundleError::Io(_))));
        assert!(read(std::slice::from_ref(&main), &[0; 20 * BLOCK]).is_ok());
    }

    #[test]
    fn every_crate_is_there_whole_and_cargo_is_told_nothing_else() {
        let lock = b"[[package]]\nname = \"muragat\"\nversion = \"1.0.0\"\n\n\
            [[package]]\nname = \"zip\"\nversion = \"2.0.0+b\"\nchecksum = \"abc\"\n";
        let list = |package: &str| {
            let text = format!("{{\"files\":{{\"src/lib.rs\":\"{}\"}},\"package\":\"{package}\"}}", sha256(b"z"));
            file("m/vendor/zip-2.0.0+b/.cargo-checksum.json", text.as_bytes())
        };
        let config = file("m/.cargo/config.toml", CONFIG.as_bytes());
        let (lock, code) = (file("m/Cargo.lock", lock), file("m/vendor/zip-2.0.0+b/src/lib.rs", b"z"));
        let whole = [config.clone(), lock.clone(), list("abc"), code.clone()];
        read(&whole, &[0; 2 * BLOCK]).unwrap().check_whole().unwrap();
        let check = |at: usize, instead: Option<Vec<u8>>, why: &str| {
            let mut entries = whole.to_vec();
            entries.splice(at..=at, instead);
            let error = read(&entries, &[0; 2 * BLOCK]).and_then(|bundle| bundle.check_whole()).unwrap_err();
            assert!(error.to_string().contains(why), "{error}");
        };
        check(0, None, "config.toml: it is missing");
        check(0, Some(file("m/.cargo/config.toml", b"[build]\nrustc = \"x\"\n")), "it is not the text");
        check(0, Some(file("m/.cargo/config", b"")), "instructions");
        check(0, Some(file("m/.cargo", b"")), "instructions");
        check(0, Some(file("m/rust-toolchain.toml", b"")), "instructions");
        check(1, None, "Cargo.lock: it is missing");
        check(1, Some(file("m/Cargo.lock", b"package = 1")), "Cargo.lock: it cannot be read");
        check(2, None, "a crate of Cargo.lock is missing");
        check(2, Some(list("abd")), "another crate");
        check(2, Some(file("m/vendor/zip-2.0.0+b/.cargo-checksum.json", b"{}")), "no list");
        check(3, None, "zip-2.0.0+b/src/lib.rs: a file of a crate is missing");
        check(3, Some(file("m/vendor/zip-2.0.0+b/src/lib.rs", b"y")), "it does not have the digest");
        for more in ["m/vendor/zip-2.0.0+b/build.rs", "m/vendor/zap-1.0.0/src/lib.rs", "m/vendor/a"] {
            check(3, Some([code.clone(), file(more, b"")].concat()), "no crate of Cargo.lock lists it");
        }
    }
}
