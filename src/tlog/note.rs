//! Signed notes: a text and its signature lines, and the verifier keys that lines name (C2SP signed-note v1.0.0).
//!
//! Reading here checks the form only. Whose line it is and whether it verifies is asked key by key: a line of an
//! unknown name or key id is nobody's and is ignored, a known one that is wrong rejects the whole note
//! (signed-note, "Signatures"). It signs nothing.

use crate::model::digest::sha256_parts;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Longest note taken from outside: 16 signatures of the largest kind fit (ML-DSA-44 lines have 3.3 KB).
pub const NOTE_BYTES_MAX: usize = 64 * 1024;
/// How a signature line begins: em dash, space.
const DASH: &str = "\u{2014} ";

/// A note that was taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note<'a> {
    /// What is signed, with its last line break.
    pub text: &'a str,
    /// The signature lines in order.
    pub lines: Vec<Line<'a>>,
}

/// A signature line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line<'a> {
    /// Name of the key.
    pub name: &'a str,
    /// Id of the key.
    pub id: [u8; 4],
    /// The signature behind the id.
    pub signature: Vec<u8>,
    /// The line without its line break.
    pub raw: &'a str,
}

/// A line by a known key that does not verify: the note is malformed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a line of the key {name} does not verify")]
pub struct BadSignature {
    /// The key's name.
    pub name: String,
}

impl<'a> Note<'a> {
    /// Takes a note apart; none when it has not the form of one.
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let note = checked(bytes)?;
        let split = note.rfind("\n\n")?;
        Some(Self { text: &note[..=split], lines: lines_of(&note[split + 2..])? })
    }

    /// Checks every line of the key with this name and id by `check`, and gives what that gave of each.
    pub fn by_key<T>(
        &self,
        name: &str,
        id: [u8; 4],
        check: impl Fn(&[u8]) -> Option<T>,
    ) -> Result<Vec<T>, BadSignature> {
        let own = self.lines.iter().filter(|line| line.name == name && line.id == id);
        own.map(|line| check(&line.signature).ok_or_else(|| BadSignature { name: name.to_owned() })).collect()
    }
}

/// UTF-8 without control characters but line breaks, and not too long.
fn checked(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok().filter(|text| text.len() <= NOTE_BYTES_MAX)?;
    (!text.chars().any(|c| c < ' ' && c != '\n')).then_some(text)
}

/// Takes signature lines apart that came without their note.
pub fn read_lines(bytes: &[u8]) -> Option<Vec<Line<'_>>> {
    lines_of(checked(bytes)?)
}

fn lines_of(text: &str) -> Option<Vec<Line<'_>>> {
    let line = |raw| {
        let (name, blob) = str::strip_prefix(raw, DASH)?.split_once(' ')?;
        let blob = STANDARD.decode(blob).ok()?;
        let (id, signature) = blob.split_first_chunk::<4>()?;
        is_name(name).then(|| Line { name, id: *id, signature: signature.to_vec(), raw })
    };
    text.strip_suffix('\n')?.split('\n').map(line).collect()
}

/// A signature line of this key.
pub fn line(name: &str, id: [u8; 4], signature: &[u8]) -> String {
    format!("{DASH}{name} {}\n", STANDARD.encode([id.as_slice(), signature].concat()))
}

/// Whether a key may have this name.
pub fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.chars().any(|c| c.is_whitespace() || c.is_control() || c == '+')
}

/// The id of a key: the first bytes of SHA-256 over name, line break, type of signature, public key.
pub fn key_id(name: &str, kind: u8, public: &[u8]) -> [u8; 4] {
    let digest = sha256_parts(&[name.as_bytes(), b"\n", &[kind], public]).0;
    [digest[0], digest[1], digest[2], digest[3]]
}

/// A verifier key as text: `name+id+base64`.
pub fn vkey(name: &str, kind: u8, public: &[u8]) -> String {
    let key = [&[kind], public].concat();
    format!("{name}+{}+{}", hex::encode(key_id(name, kind, public)), STANDARD.encode(key))
}

/// Name, type of signature and public key of a verifier key, whose id must be its own.
pub fn read_vkey(text: &str) -> Option<(&str, u8, Vec<u8>)> {
    let (name, rest) = text.split_once('+')?;
    let (_, key) = rest.split_once('+')?;
    let key = STANDARD.decode(key).ok()?;
    let (kind, public) = key.split_first()?;
    (is_name(name) && vkey(name, *kind, public) == text).then(|| (name, *kind, public.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tlog::checkpoint::VerifierKey;

    /// The examples of signed-note.md, v1.0.0.
    const NOTE: &str = "This is an example message.\n\n\u{2014} example.com/foo \
        Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
    const VKEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";

    #[test]
    fn the_example_of_the_specification_verifies() {
        let key: VerifierKey = VKEY.parse().unwrap();
        let note = Note::read(NOTE.as_bytes()).unwrap();
        assert_eq!(key.signatures_on(&note), Ok(1));
        let changed = NOTE.replace("an example", "an Example");
        assert!(key.signatures_on(&Note::read(changed.as_bytes()).unwrap()).is_err());
    }

    #[test]
    fn the_text_ends_at_the_last_empty_line_and_sixteen_lines_are_read() {
        let mut note = "a\n\nb\n\n".to_owned();
        for i in 0..16 {
            note.push_str(&line(&format!("k{i}"), [i; 4], &[7; 2424]));
        }
        let read = Note::read(note.as_bytes()).unwrap();
        assert_eq!((read.text, read.lines.len()), ("a\n\nb\n", 16));
    }

    #[test]
    fn what_is_no_note_is_not_read() {
        for bad in [
            "",
            "text\n",
            "text\n\n",
            "text\n\n- name AAAAAA==\n",
            "text\n\n\u{2014} na+me AAAAAA==\n",
            "text\n\n\u{2014}  AAAAAA==\n",
            "text\n\n\u{2014} name AAA=\n",
            "text\n\n\u{2014} name AAAAAA==",
            "te\txt\n\n\u{2014} name AAAAAA==\n",
            "text\n\n\u{2014} name AAAAAA==\n\n",
        ] {
            assert_eq!(Note::read(bad.as_bytes()), None, "{bad:?}");
        }
        assert_eq!(Note::read(&[b'a', 0xff, b'\n', b'\n']), None);
    }
}
