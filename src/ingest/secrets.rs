//! Finding private keys in what is sent.
//!
//! A signing key that slips into an archive would be kept for decades, copied to every backup and could never be
//! trusted again, so a component that is one, or holds one in PEM, is refused. This guards against mistakes, not
//! against somebody who hides a key.
//!
//! It runs over every byte taken in: the text form is searched with one vectorised needle, in UTF-16 only behind a
//! byte-order mark; the binary forms are judged by their first bytes alone. Certificates, signatures, CRLs, public keys
//! and stores of trusted certificates must pass; their shapes differ in the first few elements.

use memchr::memmem::Finder;
use std::borrow::Cow;

/// Searches a stream for a private key, piece by piece.
pub struct PrivateKeyScan {
    finder: Finder<'static>,
    found: Option<&'static str>,
    /// The first bytes of the stream, for the binary forms.
    head: Vec<u8>,
    /// The last bytes seen, because a mark may begin in one piece and end in another.
    tail: Vec<u8>,
}

/// Ends every PEM label of a private key (RFC 7468 §10, 11; RFC 5915 §4; OpenSSL and OpenSSH labels).
const PEM_MARK: &[u8] = b"PRIVATE KEY-----";
const PEM_BEGIN: &[u8] = b"-----BEGIN ";
const PEM_KINDS: [&[u8]; 6] = [b"", b"RSA ", b"EC ", b"ENCRYPTED ", b"OPENSSH ", b"DSA "];
/// Base64 characters that must follow: fewer are an ellipsis or an explanation, not a key.
const PEM_BASE64_MIN: usize = 16;
/// Blanks admitted at the end of the label line, and again before the first line of the key.
const PEM_BLANKS_MAX: usize = 8;
/// Longest PEM beginning: the label, blanks, a line end (also written `\r\n` inside JSON), blanks, base64.
const PEM_WINDOW: usize = 128;
/// First bytes kept for the binary forms: a 16,384-bit modulus and what stands before and after it.
const HEAD_BYTES: usize = 4096;

const _: () = assert!(
    PEM_BEGIN.len() + 10 + PEM_MARK.len() + 2 * PEM_BLANKS_MAX + 4 + PEM_BASE64_MIN < PEM_WINDOW,
    "the carried tail holds a whole beginning"
);

impl Default for PrivateKeyScan {
    fn default() -> Self {
        Self::new()
    }
}

impl PrivateKeyScan {
    /// A scan of a new stream.
    pub fn new() -> Self {
        Self { finder: Finder::new(PEM_MARK), found: None, head: Vec::new(), tail: Vec::new() }
    }

    /// Looks at the next piece.
    pub fn update(&mut self, chunk: &[u8]) {
        if self.found.is_some() {
            return;
        }
        let want = HEAD_BYTES.saturating_sub(self.head.len()).min(chunk.len());
        self.head.extend_from_slice(&chunk[..want]);
        let chunk = self.narrowed(chunk);
        // A beginning that started in an earlier piece ends within a window of this one.
        if !self.tail.is_empty() {
            self.tail.extend_from_slice(&chunk[..chunk.len().min(PEM_WINDOW)]);
            self.found = find_pem(&self.finder, &self.tail);
        }
        if self.found.is_none() {
            self.found = find_pem(&self.finder, &chunk);
        }
        if chunk.len() >= PEM_WINDOW {
            self.tail.clear();
            self.tail.extend_from_slice(&chunk[chunk.len() - PEM_WINDOW..]);
        } else if self.tail.is_empty() {
            self.tail.extend_from_slice(&chunk);
        } else {
            // The whole of a small piece was appended above.
            let surplus = self.tail.len().saturating_sub(PEM_WINDOW);
            self.tail.drain(..surplus);
        }
    }

    /// The piece as it is searched: in UTF-16 the letters of a key are those of ASCII and zeros.
    fn narrowed<'a>(&self, chunk: &'a [u8]) -> Cow<'a, [u8]> {
        match self.head[..] {
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => chunk.iter().copied().filter(|b| *b != 0).collect(),
            _ => chunk.into(),
        }
    }

    /// What kind of private key the stream holds, if any.
    pub fn finish(self) -> Option<&'static str> {
        self.found.or_else(|| binary_key(&self.head))
    }
}

fn find_pem(finder: &Finder<'_>, bytes: &[u8]) -> Option<&'static str> {
    let is_key = |at: usize| is_pem_label(&bytes[..at]) && is_pem_body(&bytes[at + PEM_MARK.len()..]);
    finder.find_iter(bytes).any(is_key).then_some("PEM private key")
}

/// Whether `before` ends with `-----BEGIN ` and a known kind of key.
fn is_pem_label(before: &[u8]) -> bool {
    PEM_KINDS.iter().any(|kind| before.strip_suffix(*kind).is_some_and(|rest| rest.ends_with(PEM_BEGIN)))
}

/// Whether `after` is a line end and the first line of a key: base64, or the header of an encrypted one (RFC 1421
/// §4.6).
fn is_pem_body(after: &[u8]) -> bool {
    let after = skip_blanks(after);
    let after = skip(after, b"\r").or_else(|| skip(after, b"\\r")).unwrap_or(after);
    let Some(line) = skip(after, b"\n").or_else(|| skip(after, b"\\n")) else {
        return false;
    };
    let line = skip_blanks(line);
    let base64 = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=');
    line.starts_with(b"Proc-Type:") || line.iter().take_while(|b| base64(b)).count() >= PEM_BASE64_MIN
}

fn skip<'a>(bytes: &'a [u8], prefix: &[u8]) -> Option<&'a [u8]> {
    bytes.strip_prefix(prefix)
}

fn skip_blanks(bytes: &[u8]) -> &[u8] {
    let blanks = bytes.iter().take(PEM_BLANKS_MAX).take_while(|b| matches!(b, b' ' | b'\t')).count();
    &bytes[blanks..]
}

fn binary_key(head: &[u8]) -> Option<&'static str> {
    if let Some((name, entries)) = java_store(head) {
        return entries.has_key().then_some(name);
    }
    let mut outer = Der::new(head);
    let mut outer = outer.enter(SEQUENCE)?;
    if outer.peek() == Some(SEQUENCE) {
        return encrypted_pkcs8(outer);
    }
    let version = match outer.value(INTEGER)? {
        [version] => *version,
        _ => return None,
    };
    match (version, outer.peek()?) {
        // RFC 7292 §4: PFX ::= SEQUENCE { version 3, authSafe ContentInfo … }, data or signedData.
        (3, SEQUENCE) => {
            let mut content = outer.enter(SEQUENCE)?;
            let oid = content.value(OID)?;
            matches!(oid, [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 1 | 2]).then_some("PKCS#12 key store")
        }
        // RFC 5208 §5, RFC 5958 §2: SEQUENCE { version 0 or 1, AlgorithmIdentifier, OCTET STRING … }.
        (0 | 1, SEQUENCE) => {
            let mut algorithm = Der::new(outer.value(SEQUENCE)?);
            algorithm.value(OID)?;
            (outer.peek()? == OCTET_STRING).then_some("PKCS#8 private key")
        }
        // RFC 8017 A.1.2: SEQUENCE { version 0 or 1, modulus, publicExponent … }; the DSA form of OpenSSL begins alike.
        (0 | 1, INTEGER) => {
            let modulus = outer.value(INTEGER)?;
            (modulus.len() >= RSA_MODULUS_BYTES_MIN && outer.peek()? == INTEGER).then_some("PKCS#1 private key")
        }
        // RFC 5915 §3: SEQUENCE { version 1, OCTET STRING of the field's size, [0] parameters, [1] public key }.
        (1, OCTET_STRING) => {
            let scalar = outer.value(OCTET_STRING)?;
            let rest = matches!(outer.peek(), None | Some(0xa0 | 0xa1));
            (EC_SCALAR_BYTES.contains(&scalar.len()) && rest).then_some("SEC1 private key")
        }
        _ => None,
    }
}

/// A Java key store: its kind and, behind magic, version and their number, its entries. The layout is that of the two
/// classes of OpenJDK, `JavaKeyStore` and `JceKeyStore`.
fn java_store(head: &[u8]) -> Option<(&'static str, Java<'_>)> {
    let (start, rest) = head.split_first_chunk::<12>()?;
    let name = match start[..4] {
        [0xfe, 0xed, 0xfe, 0xed] => "JKS key store",
        [0xce, 0xce, 0xce, 0xce] => "JCEKS key store",
        _ => return None,
    };
    match start[4..8] {
        [0, 0, 0, version @ (1 | 2)] => Some((name, Java { rest, has_types: version == 2 })),
        _ => None,
    }
}

/// Entries of a Java key store, which may be cut off.
struct Java<'a> {
    rest: &'a [u8],
    /// Certificates have a type before them, from version 2 on.
    has_types: bool,
}

impl Java<'_> {
    /// Whether one of them, as far as they are here, is a key. A store of trusted certificates (`cacerts`) has none.
    fn has_key(mut self) -> bool {
        loop {
            match self.number::<4>() {
                // A private key; a secret key, which only JCEKS has.
                Some(1 | 3) => return true,
                Some(2) => {}
                _ => return false,
            }
            // Alias, date, and the certificate.
            let behind = self.counted::<2>().and_then(|()| self.skip(8));
            let behind = if self.has_types { behind.and_then(|()| self.counted::<2>()) } else { behind };
            if behind.and_then(|()| self.counted::<4>()).is_none() {
                return false;
            }
        }
    }

    fn number<const N: usize>(&mut self) -> Option<usize> {
        let (number, rest) = self.rest.split_first_chunk::<N>()?;
        self.rest = rest;
        Some(number.iter().fold(0, |sum, &b| (sum << 8) | usize::from(b)))
    }

    /// Steps past a number of `N` bytes and as many bytes as it says.
    fn counted<const N: usize>(&mut self) -> Option<()> {
        let count = self.number::<N>()?;
        self.skip(count)
    }

    fn skip(&mut self, count: usize) -> Option<()> {
        self.rest = self.rest.get(count..)?;
        Some(())
    }
}

/// Smallest modulus that anybody used: 512 bits.
const RSA_MODULUS_BYTES_MIN: usize = 64;
/// Private scalars: 160 to 571 bits. An SNMP message has the same shape with a shorter text.
const EC_SCALAR_BYTES: std::ops::RangeInclusive<usize> = 20..=72;

/// RFC 5958 §3: SEQUENCE { AlgorithmIdentifier of a password-based encryption, OCTET STRING }.
fn encrypted_pkcs8(mut outer: Der<'_>) -> Option<&'static str> {
    let mut algorithm = Der::new(outer.value(SEQUENCE)?);
    let oid = algorithm.value(OID)?;
    // PKCS #5 (1.2.840.113549.1.5) and the PBE ids of PKCS #12 (1.2.840.113549.1.12.1).
    let password_based = oid.starts_with(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05])
        || oid.starts_with(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x01]);
    (password_based && outer.peek()? == OCTET_STRING).then_some("PKCS#8 encrypted private key")
}

const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const OID: u8 = 0x06;
const SEQUENCE: u8 = 0x30;

/// Reads the first elements of a BER structure that may be cut off. X.690 §8.1.
struct Der<'a> {
    rest: &'a [u8],
}

impl<'a> Der<'a> {
    fn new(rest: &'a [u8]) -> Self {
        Self { rest }
    }

    fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// The tag and the length; none for the indefinite length.
    fn header(&mut self, tag: u8) -> Option<Option<usize>> {
        let rest = self.rest.strip_prefix(&[tag])?;
        let (&first, rest) = rest.split_first()?;
        let count = match first {
            0x80 => {
                self.rest = rest;
                return Some(None);
            }
            0..=0x7f => {
                self.rest = rest;
                return Some(Some(usize::from(first)));
            }
            // Four octets of length are 4 GiB; nothing longer is a key.
            0x81..=0x84 => usize::from(first & 0x7f),
            _ => return None,
        };
        let length = rest.get(..count)?.iter().fold(0usize, |sum, &b| (sum << 8) | usize::from(b));
        self.rest = &rest[count..];
        Some(Some(length))
    }

    /// Goes into a constructed element, which may be longer than what is here.
    fn enter(&mut self, tag: u8) -> Option<Der<'a>> {
        let length = self.header(tag)?.unwrap_or(usize::MAX);
        Some(Der::new(&self.rest[..length.min(self.rest.len())]))
    }

    /// The whole content of an element of definite length; steps past it.
    fn value(&mut self, tag: u8) -> Option<&'a [u8]> {
        let length = self.header(tag)??;
        let value = self.rest.get(..length)?;
        self.rest = &self.rest[length..];
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(bytes: &[u8]) -> Option<&'static str> {
        let mut whole = PrivateKeyScan::new();
        whole.update(bytes);
        let whole = whole.finish();
        for size in [1, 2, 3, 7, 31, 127, 128, 129, 1000] {
            let mut pieces = PrivateKeyScan::new();
            bytes.chunks(size).for_each(|piece| pieces.update(piece));
            assert_eq!(pieces.finish(), whole, "in pieces of {size}");
        }
        whole
    }

    fn tlv(tag: u8, content: &[&[u8]]) -> Vec<u8> {
        let content = content.concat();
        let mut out = vec![tag];
        match content.len() {
            n @ 0..=127 => out.push(n as u8),
            n @ 128..=255 => out.extend([0x81, n as u8]),
            n => out.extend([0x82, (n >> 8) as u8, n as u8]),
        }
        out.extend(content);
        out
    }

    // Made-up bytes: the shape of a key, not a key.
    const BODY: &str = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n";
    const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
    const DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01];
    const SIGNED: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
    const PBES2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0d];
    const SHA256: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];

    #[test]
    fn pem_keys_of_every_kind_are_found_wherever_they_stand() {
        for kind in ["", "RSA ", "EC ", "ENCRYPTED ", "OPENSSH ", "DSA "] {
            for end in ["\n", "\r\n", " \r\n", "\\n", "\\r\\n"] {
                for before in [0, 1, 90, 128, 5000] {
                    let text = format!("{}-----BEGIN {kind}PRIVATE KEY-----{end}{BODY}", "x".repeat(before));
                    assert_eq!(scan(text.as_bytes()), Some("PEM private key"), "{kind}{end:?}{before}");
                }
            }
        }
        let old = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA";
        assert!(scan(old.as_bytes()).is_some());
    }

    #[test]
    fn what_only_speaks_of_keys_passes() {
        for text in [
            "-----BEGIN PUBLIC KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n",
            "-----BEGIN CERTIFICATE-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n",
            "-----END PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n",
            "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
            "-----BEGIN PRIVATE KEY----- MIIEvQIBADANBgkqhkiG9w0BAQEFAASC",
            "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgk",
            "-----BEGIN MY PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n",
            "----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n",
            "PRIVATE KEY-----",
            "",
        ] {
            assert_eq!(scan(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn binary_keys_are_found() {
        let algorithm = tlv(SEQUENCE, &[&tlv(OID, &[RSA]), &[5, 0]]);
        let octets = tlv(OCTET_STRING, &[&[7; 300]]);
        let pkcs8 = tlv(SEQUENCE, &[&[2, 1, 0], &algorithm, &octets]);
        assert_eq!(scan(&pkcs8), Some("PKCS#8 private key"));
        let pbe = tlv(SEQUENCE, &[&tlv(OID, &[PBES2]), &tlv(SEQUENCE, &[&[5, 0]])]);
        assert_eq!(scan(&tlv(SEQUENCE, &[&pbe, &octets])), Some("PKCS#8 encrypted private key"));
        let pkcs1 = tlv(SEQUENCE, &[&[2, 1, 0], &tlv(INTEGER, &[&[0x55; 2049]]), &[2, 3, 1, 0, 1]]);
        assert_eq!(scan(&pkcs1), Some("PKCS#1 private key"));
        let sec1 = tlv(SEQUENCE, &[&[2, 1, 1], &tlv(OCTET_STRING, &[&[9; 32]]), &tlv(0xa0, &[&tlv(OID, &[RSA])])]);
        assert_eq!(scan(&sec1), Some("SEC1 private key"));
        let content = tlv(SEQUENCE, &[&tlv(OID, &[DATA]), &tlv(0xa0, &[&octets])]);
        assert_eq!(scan(&tlv(SEQUENCE, &[&[2, 1, 3], &content])), Some("PKCS#12 key store"));
        let mut ber = vec![0x30, 0x80, 2, 1, 3, 0x30, 0x80];
        ber.extend(tlv(OID, &[SIGNED]));
        assert_eq!(scan(&ber), Some("PKCS#12 key store"));
    }

    const JKS: [u8; 4] = [0xfe, 0xed, 0xfe, 0xed];
    const JCEKS: [u8; 4] = [0xce, 0xce, 0xce, 0xce];

    /// A Java key store with these entries: tag and length of what it holds.
    fn java(magic: [u8; 4], version: u8, entries: &[(u8, u16)]) -> Vec<u8> {
        let mut out = [&magic[..], &[0, 0, 0, version], &[0, 0, 0, entries.len() as u8]].concat();
        for (tag, length) in entries {
            out.extend([&[0, 0, 0, *tag][..], &[0, 5], b"alias", &[0; 8]].concat());
            if *tag == 2 && version == 2 {
                out.extend(b"\0\x05X.509");
            }
            out.extend([&[0, 0][..], &length.to_be_bytes(), &vec![1; usize::from(*length)]].concat());
        }
        out.extend([7; 20]);
        out
    }

    #[test]
    fn java_key_stores_are_told_from_stores_of_certificates() {
        for (magic, name) in [(JKS, "JKS key store"), (JCEKS, "JCEKS key store")] {
            for version in [1, 2] {
                for entries in [&[(1, 1200)][..], &[(2, 900), (1, 1200)], &[(2, 0), (2, 900), (2, 900), (1, 5000)]] {
                    assert_eq!(scan(&java(magic, version, entries)), Some(name), "{version} {entries:?}");
                }
                for entries in [&[][..], &[(2, 900)], &[(2, 900); 140], &[(2, 5000)], &[(9, 100)]] {
                    assert_eq!(scan(&java(magic, version, entries)), None, "{version} {entries:?}");
                }
            }
            assert_eq!(scan(&java(magic, 3, &[(1, 1200)])), None);
        }
        assert_eq!(scan(&java(JCEKS, 2, &[(3, 100)])), Some("JCEKS key store"));
        let whole = java(JKS, 2, &[(2, 90), (2, 90), (1, 9)]);
        for n in 0..whole.len() {
            scan(&whole[..n]);
        }
    }

    #[test]
    fn keys_in_utf_16_are_found_behind_a_byte_order_mark() {
        for before in ["", "кілт: ", &"x".repeat(5000)] {
            let text = format!("\u{feff}{before}-----BEGIN PRIVATE KEY-----\r\n{BODY}");
            let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
            assert_eq!((scan(&little), scan(&big)), (Some("PEM private key"), Some("PEM private key")), "{before}");
            assert_eq!(scan(&little[2..]), None, "no mark, no UTF-16");
        }
        let certificate = format!("\u{feff}-----BEGIN CERTIFICATE-----\r\n{BODY}");
        assert_eq!(scan(&certificate.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>()), None);
    }

    #[test]
    fn other_der_structures_pass() {
        let algorithm = tlv(SEQUENCE, &[&tlv(OID, &[RSA]), &[5, 0]]);
        let octets = tlv(OCTET_STRING, &[&[7; 32]]);
        let bits = tlv(0x03, &[&[0; 64]]);
        let name = tlv(SEQUENCE, &[]);
        let tbs = tlv(SEQUENCE, &[&[0xa0, 3, 2, 1, 2], &[2, 1, 9], &algorithm, &name]);
        let crl = tlv(SEQUENCE, &[&[2, 1, 1], &algorithm, &name]);
        let request = tlv(SEQUENCE, &[&[2, 1, 0], &name, &algorithm]);
        let signed = tlv(SEQUENCE, &[&[2, 1, 1], &tlv(0x31, &[&algorithm])]);
        let imprint = tlv(SEQUENCE, &[&tlv(SEQUENCE, &[&tlv(OID, &[SHA256])]), &octets]);
        for (what, bytes) in [
            ("certificate", tlv(SEQUENCE, &[&tbs, &algorithm, &bits])),
            ("CRL", tlv(SEQUENCE, &[&crl, &algorithm, &bits])),
            ("the signed part of a CRL", crl.clone()),
            ("certificate request", tlv(SEQUENCE, &[&request, &algorithm, &bits])),
            ("CMS signature", tlv(SEQUENCE, &[&tlv(OID, &[SIGNED]), &tlv(0xa0, &[&signed])])),
            ("bare signed data", signed.clone()),
            ("OCSP answer", tlv(SEQUENCE, &[&[0x0a, 1, 0], &tlv(0xa0, &[&algorithm])])),
            ("time-stamp answer", tlv(SEQUENCE, &[&tlv(SEQUENCE, &[&[2, 1, 0]]), &signed])),
            ("time-stamp request", tlv(SEQUENCE, &[&[2, 1, 1], &imprint])),
            ("digest", imprint.clone()),
            ("public key", tlv(SEQUENCE, &[&algorithm, &bits])),
            ("PKCS#1 public key", tlv(SEQUENCE, &[&tlv(INTEGER, &[&[0x55; 257]]), &[2, 3, 1, 0, 1]])),
            ("ECDSA signature", tlv(SEQUENCE, &[&tlv(INTEGER, &[&[5; 32]]), &tlv(INTEGER, &[&[6; 32]])])),
            ("SNMP message", tlv(SEQUENCE, &[&[2, 1, 1], &tlv(OCTET_STRING, &[b"public"]), &[0xa0, 0]])),
            ("version 2 of PFX", tlv(SEQUENCE, &[&[2, 1, 2], &tlv(SEQUENCE, &[&tlv(OID, &[DATA])])])),
            ("DOCX", b"PK\x03\x04\x14\0\x06\0".to_vec()),
            ("PDF", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec()),
            ("Java class", b"\xca\xfe\xba\xbe\0\0\0\x34".to_vec()),
            ("magic of a key store without its version", b"\xfe\xed\xfe\xed\0\0\0\x09".to_vec()),
        ] {
            assert_eq!(scan(&bytes), None, "{what}");
        }
    }

    #[test]
    fn cut_off_structures_are_no_panic() {
        let algorithm = tlv(SEQUENCE, &[&tlv(OID, &[RSA]), &[5, 0]]);
        let whole = tlv(SEQUENCE, &[&[2, 1, 0], &algorithm, &tlv(OCTET_STRING, &[&[7; 30]])]);
        for n in 0..whole.len() {
            scan(&whole[..n]);
        }
        for bytes in
            [&b"\x30\x84\xff\xff\xff\xff\x02\x84\xff\xff\xff\xff"[..], b"\x30\x85\0\0\0\0\0", b"\x30\x80\x02\x80"]
        {
            assert_eq!(scan(bytes), None);
        }
    }
}
