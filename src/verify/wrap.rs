//! Bytes as they come: bare, in base64, or in PEM (RFC 7468).
//!
//! In memory, for certificates, CRLs, OCSP answers, time-stamps and signatures without their content; an object that
//! may be large is unwrapped as a stream by [`model::cms`](crate::model::cms::unwrapped), by the same rules for base64.
//!
//! Invariants
//!   - No bytes cause a panic; bytes and blocks are bounded by [`limits`](super::limits).
//!   - What is text is decoded exactly or refused: whole groups, padding, no characters but blanks between them.
//!
//! It does not look at what it unwraps: a label is what the file says, not what the bytes are.

use super::limits::{CERTIFICATES_MAX, CMS_BYTES_MAX};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// What was unwrapped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The label, for PEM.
    pub label: Option<String>,
    /// The bytes inside.
    pub bytes: Vec<u8>,
}

/// Why nothing can be unwrapped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WrapError {
    /// Neither an encoded structure nor text around one.
    #[error("neither DER, nor base64 or PEM of it")]
    Unknown,
    /// The base64 of a block is broken.
    #[error("broken base64 in block {0}")]
    Base64(usize),
    /// The lines around a block do not belong together.
    #[error("block {0} of PEM has no end of its own")]
    Pem(usize),
    /// More blocks than are looked at.
    #[error("more than {CERTIFICATES_MAX} blocks of PEM")]
    TooMany,
    /// More bytes than are looked at.
    #[error("{0} bytes, more than {CMS_BYTES_MAX}")]
    TooLarge(usize),
}

const BYTE_ORDER_MARK: &[u8] = &[0xef, 0xbb, 0xbf];
/// First octet of every structure that comes in a file: a SEQUENCE. It is also the digit 0, with which the base64 of
/// none begins.
const SEQUENCE: u8 = 0x30;
const BEGIN: &str = "-----BEGIN ";
const DASHES: &str = "-----";

/// Takes off what is wrapped around structures: every block of PEM, or one block without a label.
pub fn unwrap(bytes: &[u8]) -> Result<Vec<Block>, WrapError> {
    if bytes.len() > CMS_BYTES_MAX {
        return Err(WrapError::TooLarge(bytes.len()));
    }
    if bytes.first() == Some(&SEQUENCE) {
        return Ok(vec![Block { label: None, bytes: bytes.to_vec() }]);
    }
    let text = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    let blocks = unwrap_pem(text)?;
    if !blocks.is_empty() {
        return Ok(blocks);
    }
    match decode(text) {
        Some(bytes) if bytes.first() == Some(&SEQUENCE) => Ok(vec![Block { label: None, bytes }]),
        _ => Err(WrapError::Unknown),
    }
}

/// Reads every block; text around them is explanatory (RFC 7468 §2).
fn unwrap_pem(text: &[u8]) -> Result<Vec<Block>, WrapError> {
    let mut blocks = Vec::new();
    let mut rest = text;
    while let Some((_, behind)) = split_at(rest, BEGIN.as_bytes()) {
        let number = blocks.len().saturating_add(1);
        if number > CERTIFICATES_MAX {
            return Err(WrapError::TooMany);
        }
        let broken = WrapError::Pem(number);
        let (label, behind) = split_at(behind, DASHES.as_bytes()).ok_or(broken.clone())?;
        let label = std::str::from_utf8(label).ok().filter(|label| is_label(label)).ok_or(broken.clone())?;
        // The first dash ends the base64, and what begins there is the end of this block and of no other.
        let end = memchr::memchr(b'-', behind).ok_or(broken.clone())?;
        let (body, behind) = behind.split_at_checked(end).ok_or(broken.clone())?;
        rest = behind.strip_prefix(format!("-----END {label}-----").as_bytes()).ok_or(broken)?;
        let bytes = decode(body).ok_or(WrapError::Base64(number))?;
        blocks.push(Block { label: Some(label.to_owned()), bytes });
    }
    Ok(blocks)
}

/// What stands before and behind the first `mark`.
fn split_at<'a>(text: &'a [u8], mark: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let (before, behind) = text.split_at_checked(memchr::memmem::find(text, mark)?)?;
    Some((before, behind.strip_prefix(mark)?))
}

/// RFC 7468 §3: printable characters. Own bound on their number; the longest in use have about 30.
fn is_label(label: &str) -> bool {
    label.len() <= 64 && label.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic())
}

/// Decodes base64 in one line or many (RFC 4648 §4).
fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let chars: Vec<u8> = text.iter().copied().filter(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | b'\n')).collect();
    STANDARD.decode(chars).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn der(len: u8) -> Vec<u8> {
        [&[0x30, len], vec![7; usize::from(len)].as_slice()].concat()
    }

    fn lines(bytes: &[u8], width: usize, end: &str) -> String {
        let base64 = STANDARD.encode(bytes);
        base64.as_bytes().chunks(width).map(|line| format!("{}{end}", std::str::from_utf8(line).unwrap())).collect()
    }

    fn pem(label: &str, bytes: &[u8]) -> String {
        format!("-----BEGIN {label}-----\n{}-----END {label}-----\n", lines(bytes, 64, "\n"))
    }

    fn alone(bytes: &[u8]) -> Result<Vec<Block>, WrapError> {
        Ok(vec![Block { label: None, bytes: bytes.to_vec() }])
    }

    #[test]
    fn bytes_are_the_same_however_they_come() {
        for len in [0, 1, 2, 3, 100, 127] {
            let bytes = der(len);
            assert_eq!(unwrap(&bytes), alone(&bytes));
            for text in [
                STANDARD.encode(&bytes),
                lines(&bytes, 64, "\n"),
                lines(&bytes, 76, "\r\n"),
                format!("\u{feff}{}\r\n\r\n", STANDARD.encode(&bytes)),
                format!("  {}\t", lines(&bytes, 3, " ")),
            ] {
                assert_eq!(unwrap(text.as_bytes()), alone(&bytes), "{text}");
            }
            for label in ["CMS", "PKCS7", "PKCS #7 SIGNED DATA", "CERTIFICATE", "X509 CRL", "X509-CRL"] {
                let expected = Ok(vec![Block { label: Some(label.into()), bytes: bytes.clone() }]);
                for text in [
                    pem(label, &bytes),
                    pem(label, &bytes).replace('\n', "\r\n"),
                    format!("\u{feff}{}", pem(label, &bytes)),
                    format!("-----BEGIN {label}-----{}-----END {label}-----", STANDARD.encode(&bytes)),
                    format!("Bag Attributes\n  - name\n{}text\n", pem(label, &bytes)),
                ] {
                    assert_eq!(unwrap(text.as_bytes()), expected, "{text}");
                }
            }
        }
    }

    #[test]
    fn blocks_come_in_their_order() {
        let text = ["CERTIFICATE", "X509 CRL", "CERTIFICATE"].iter().zip(1..).map(|(label, len)| pem(label, &der(len)));
        let blocks = unwrap(text.collect::<Vec<_>>().join("\ntext - text\n").as_bytes()).unwrap();
        let labels: Vec<_> = blocks.iter().map(|block| block.label.as_deref().unwrap()).collect();
        assert_eq!(labels, ["CERTIFICATE", "X509 CRL", "CERTIFICATE"]);
        assert!(blocks.iter().zip(1..).all(|(block, len)| block.bytes == der(len)));

        let many = |count| unwrap(pem("CERTIFICATE", &der(0)).repeat(count).as_bytes());
        assert_eq!(many(CERTIFICATES_MAX).unwrap().len(), CERTIFICATES_MAX);
        assert_eq!(many(CERTIFICATES_MAX + 1), Err(WrapError::TooMany));
        assert_eq!(unwrap(&vec![b' '; CMS_BYTES_MAX + 1]), Err(WrapError::TooLarge(CMS_BYTES_MAX + 1)));
    }

    #[test]
    fn broken_texts_are_refused() {
        let good = pem("CMS", &der(99));
        let base64 = STANDARD.encode(der(99));
        assert!(base64.ends_with("="), "has padding");
        for (text, error) in [
            (String::new(), WrapError::Unknown),
            ("text".into(), WrapError::Unknown),
            ("-----".into(), WrapError::Unknown),
            (STANDARD.encode(b"text"), WrapError::Unknown),
            (base64.replace('=', ""), WrapError::Unknown),
            (format!("{base64}="), WrapError::Unknown),
            (format!("{base64}{base64}x"), WrapError::Unknown),
            (base64.replace('B', "*"), WrapError::Unknown),
            (base64.replace('+', "-").replace('B', "_"), WrapError::Unknown),
            (format!("{base64}\0"), WrapError::Unknown),
            (good.replace("END CMS", "END PKCS7"), WrapError::Pem(1)),
            (good.replace("-----END CMS-----", ""), WrapError::Pem(1)),
            (good.replace("END CMS-----", "END CMS----"), WrapError::Pem(1)),
            (good.replace("CMS", &"X".repeat(65)), WrapError::Pem(1)),
            (good.replace("CMS", "C\nMS"), WrapError::Pem(1)),
            (good.replace("CMS", "ҚОЛ"), WrapError::Pem(1)),
            (good.replace("BEGIN CMS-----\n", "BEGIN CMS-----\nProc-Type: 4,ENCRYPTED\n"), WrapError::Pem(1)),
            (good.replace("BEGIN CMS-----\n", "BEGIN CMS-----\nVersion: 1\n"), WrapError::Base64(1)),
            (good.replace('=', ""), WrapError::Base64(1)),
            (format!("{good}-----BEGIN CMS-----"), WrapError::Pem(2)),
        ] {
            assert_eq!(unwrap(text.as_bytes()), Err(error), "{text}");
        }
    }

    #[test]
    fn a_cut_text_is_refused_unless_it_is_whole() {
        for text in [STANDARD.encode(der(100)), pem("CMS", &der(100))] {
            for len in 0..text.len() {
                // Base64 has no end of its own: a cut between groups is seen by those who read the bytes.
                let is_groups = !text.starts_with('-') && len > 0 && len % 4 == 0;
                let is_whole = len == text.trim_end().len();
                assert_eq!(unwrap(&text.as_bytes()[..len]).is_ok(), is_groups || is_whole, "{len} of {text}");
            }
        }
    }
}
