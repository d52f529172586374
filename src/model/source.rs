//! The digest of a program's source: what a build is made from, named by 64 digits.
//!
//! It is what `sha256sum` prints of the files, sorted by path, and SHA-256 of that:
//! `git ls-files Cargo.lock Cargo.toml schema src tools/means/build.rs | LC_ALL=C sort | xargs sha256sum | sha256sum`.
//! Dependencies are in it by the checksums of `Cargo.lock`. Documents and tests are not, so they may change and the
//! program stays the same.
//!
//! The build script compiles this file too, so it uses nothing of the crate.

use sha2::{Digest, Sha256};

/// Whether the file at this path is part of the source: `/` between its segments, from the top of the package.
pub(crate) fn is_part(path: &str) -> bool {
    let is_inside = ["schema/", "src/"].iter().any(|folder| path.starts_with(folder));
    let is_one = ["Cargo.lock", "Cargo.toml", "tools/means/build.rs"].contains(&path);
    // What an editor leaves behind is nobody's source.
    let is_hidden = path.split('/').any(|segment| segment.starts_with('.') || segment.ends_with('~'));
    (is_inside || is_one) && !is_hidden
}

/// The line of a file.
pub(crate) fn line(path: &str, bytes: &[u8]) -> String {
    format!("{}  {path}\n", hex(&Sha256::digest(bytes)))
}

/// The digest of the source from the lines of all its files, in any order.
pub(crate) fn digest(mut lines: Vec<String>) -> String {
    // A line begins with its digest, whose length never changes.
    lines.sort_by(|a, b| a[DIGEST_CHARS..].cmp(&b[DIGEST_CHARS..]));
    hex(&Sha256::digest(lines.concat()))
}

/// Characters of a digest.
const DIGEST_CHARS: usize = 64;

fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_what_sha256sum_says_twice() {
        let lines = vec![line("src/b.rs", b"b"), line("Cargo.toml", b"a")];
        assert_eq!(lines[1], "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb  Cargo.toml\n");
        let sum = digest(lines.clone());
        assert_eq!(sum, "89859fdfc87cbbaea06a3519f36709ed74e319e63f134970de19dc2bf2c5bbdd");
        assert_eq!(sum, digest(lines.into_iter().rev().collect()), "the order does not matter");
        assert_ne!(sum, digest(vec![line("src/b.rs", b"b")]));
    }

    #[test]
    fn documents_tests_and_leftovers_are_no_source() {
        for path in ["Cargo.toml", "src/lib.rs", "src/cli/init.rs", "schema/card/1/card.schema.json"] {
            assert!(is_part(path), "{path}");
        }
        for path in ["README.md", "tests/it/main.rs", "tools/check", "src/.lib.rs.swp", "src/lib.rs~", "srcx/a.rs"] {
            assert!(!is_part(path), "{path}");
        }
    }
}
