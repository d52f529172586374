//! What the parts of a package say of the digests of its files, and what the files are.
//!
//! A column for each algorithm that is named, with one digest for each file. The first who says something fills the
//! place; who says the same later adds nothing, and who says another thing contradicts. When the bytes are read, each
//! place is held against them. So no digest is kept twice, and every byte is read once for all algorithms.
//!
//! Memory: the length of the digest for each file and algorithm, 15 MB for 160,000 files by SHA-256 and SHA-512.

use crate::verify::alg::DigestAlgorithm;
use std::collections::BTreeMap;

/// What a claim adds to those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// Nobody had said anything.
    New,
    /// The same.
    Same,
    /// Another digest.
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Empty,
    Claimed,
    Wrong,
    Right,
}

struct Column {
    digests: Vec<u8>,
    states: Vec<State>,
}

/// The columns.
pub struct Claims {
    files: usize,
    columns: BTreeMap<DigestAlgorithm, Column>,
}

impl Claims {
    /// Nothing was said yet of so many files.
    pub fn new(files: usize) -> Self {
        Self { files, columns: BTreeMap::new() }
    }

    /// Makes the column of an algorithm, so that its digest is taken of every file that is read.
    pub fn want(&mut self, algorithm: DigestAlgorithm) {
        self.column(algorithm);
    }

    fn column(&mut self, algorithm: DigestAlgorithm) -> &mut Column {
        let files = self.files;
        self.columns.entry(algorithm).or_insert_with(|| Column {
            digests: vec![0; files * algorithm.octets()],
            states: vec![State::Empty; files],
        })
    }

    /// Takes what somebody says of a file. A digest of another length is another digest.
    pub fn claim(&mut self, algorithm: DigestAlgorithm, file: usize, digest: &[u8]) -> Claim {
        let octets = algorithm.octets();
        let column = self.column(algorithm);
        let (Some(place), Some(state)) =
            (column.digests.get_mut(file * octets..(file + 1) * octets), column.states.get_mut(file))
        else {
            return Claim::Other;
        };
        if digest.len() != octets {
            return Claim::Other;
        }
        match state {
            State::Empty => {
                place.copy_from_slice(digest);
                *state = State::Claimed;
                Claim::New
            }
            _ if place == digest => Claim::Same,
            _ => Claim::Other,
        }
    }

    /// Algorithms by which a file was not held against its bytes yet.
    pub fn open(&self, file: usize) -> Vec<DigestAlgorithm> {
        let is_open = |column: &Column| column.states.get(file) == Some(&State::Claimed);
        self.columns.iter().filter(|(_, column)| is_open(column)).map(|(algorithm, _)| *algorithm).collect()
    }

    /// The digest that is said of a file.
    pub fn told(&self, algorithm: DigestAlgorithm, file: usize) -> Option<&[u8]> {
        let column = self.columns.get(&algorithm)?;
        let octets = algorithm.octets();
        (column.states.get(file)? != &State::Empty).then(|| column.digests.get(file * octets..(file + 1) * octets))?
    }

    /// Takes what the bytes of a file are; whether it is what was said.
    pub fn hold(&mut self, algorithm: DigestAlgorithm, file: usize, digest: &[u8]) -> bool {
        let octets = algorithm.octets();
        let column = self.column(algorithm);
        let (Some(place), Some(state)) =
            (column.digests.get_mut(file * octets..(file + 1) * octets), column.states.get_mut(file))
        else {
            return false;
        };
        if *state == State::Empty {
            place.copy_from_slice(digest);
            *state = State::Right;
            return true;
        }
        let is_right = place == digest;
        *state = if is_right { State::Right } else { State::Wrong };
        is_right
    }

    /// Whether anything was said of a file by an algorithm that is no weak one.
    pub fn is_covered(&self, file: usize) -> bool {
        let said = |column: &Column| column.states.get(file).is_some_and(|state| *state != State::Empty);
        let mut columns = self.columns.iter().filter(|(algorithm, _)| !is_weak(**algorithm));
        columns.any(|(_, column)| said(column))
    }

    /// The digest of a file that was read and is what was said.
    pub fn digest(&self, algorithm: DigestAlgorithm, file: usize) -> Option<&[u8]> {
        let column = self.columns.get(&algorithm)?;
        let octets = algorithm.octets();
        (column.states.get(file)? == &State::Right).then(|| column.digests.get(file * octets..(file + 1) * octets))?
    }
}

/// Whether two files with one digest can be made.
pub fn is_weak(algorithm: DigestAlgorithm) -> bool {
    algorithm == DigestAlgorithm::Sha1
}

#[cfg(test)]
mod tests {
    use super::*;
    use DigestAlgorithm::{Sha1, Sha256};

    #[test]
    fn the_first_word_stays_and_the_bytes_decide() {
        let mut claims = Claims::new(2);
        assert_eq!(claims.claim(Sha256, 0, &[1; 32]), Claim::New);
        assert_eq!(claims.claim(Sha256, 0, &[1; 32]), Claim::Same);
        assert_eq!(claims.claim(Sha256, 0, &[2; 32]), Claim::Other);
        assert_eq!(claims.claim(Sha256, 0, &[1; 31]), Claim::Other);
        assert_eq!(claims.claim(Sha256, 2, &[1; 32]), Claim::Other);
        assert_eq!((claims.open(0), claims.open(1)), (vec![Sha256], vec![]));
        assert_eq!(claims.digest(Sha256, 0), None);
        assert!(claims.hold(Sha256, 0, &[1; 32]) && claims.open(0).is_empty());
        assert_eq!(claims.digest(Sha256, 0), Some(&[1; 32][..]));
        // Said after the bytes were read.
        assert_eq!(claims.claim(Sha256, 0, &[3; 32]), Claim::Other);
        assert_eq!(claims.claim(Sha1, 0, &[3; 20]), Claim::New);
        assert_eq!(claims.open(0), vec![Sha1]);
        assert!(!claims.hold(Sha1, 0, &[4; 20]));
        assert_eq!(claims.digest(Sha1, 0), None);
        assert!(claims.is_covered(0) && !claims.is_covered(1));
    }
}
