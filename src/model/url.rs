//! Addresses on the web that may be fetched from: plain `http`, read strictly.
//!
//! What a stranger wrote into a certificate is compared with what the archive's keeper allowed, so both are read by the
//! same narrow rules and compared part by part, never as text: `http://crl.example.kz.evil.example/` is not below
//! `http://crl.example.kz`.
//!
//! Invariants
//!   - Nothing in a [`HttpUrl`] can be read in two ways: no user information, no `.` or `..` segment, no escaped dot,
//!     slash, backslash or percent sign, no character outside RFC 3986 (one real CA certificate has a line break in an
//!     address).
//!   - The host is in lower case and the port always known, so equal addresses are equal values.
//!
//! `https` is refused in a [`HttpUrl`]: CRLs, OCSP answers and certificates are signed themselves, RFC 5280 §8 warns of
//! circles when their addresses need TLS, and TLS would bring trust anchors that no policy of the archive names. Who
//! says who somebody is must be asked over TLS: a [`ProviderUrl`] is `https`, but on the machine itself.

use crate::limits::URL_BYTES_MAX;
use std::fmt;
use std::str::FromStr;

/// Why a text is no address that may be fetched from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UrlError {
    /// It asks for TLS.
    #[error("is https, which is not supported: what comes is signed itself; name the http address")]
    Https,
    /// It is of another kind.
    #[error("does not begin with http://")]
    Scheme,
    /// It is longer than any real one.
    #[error("is longer than {URL_BYTES_MAX} bytes")]
    Length,
    /// It has no TLS, and leads to another machine.
    #[error("is not https, and not on this machine")]
    Open,
    /// It cannot be read in one way only.
    #[error("{0}")]
    Form(&'static str),
}

/// An address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HttpUrl {
    host: String,
    port: u16,
    /// Begins with a slash.
    path: String,
    query: Option<String>,
}

/// The port of `http` (RFC 9110 §4.2.1).
const PORT: u16 = 80;
const SCHEME: &str = "http://";
/// The same of `https` (RFC 9110 §4.2.2).
const TLS_PORT: u16 = 443;
const TLS_SCHEME: &str = "https://";

fn begins(text: &str, scheme: &str) -> bool {
    text.get(..scheme.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(scheme))
}

impl FromStr for HttpUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        if text.len() > URL_BYTES_MAX {
            return Err(UrlError::Length);
        }
        if begins(text, TLS_SCHEME) {
            return Err(UrlError::Https);
        }
        if !begins(text, SCHEME) {
            return Err(UrlError::Scheme);
        }
        Self::read(&text[SCHEME.len()..], PORT)
    }
}

impl HttpUrl {
    /// Reads what stands behind the scheme.
    fn read(rest: &str, usual: u16) -> Result<Self, UrlError> {
        // RFC 3986 §2, without `[`, `]` (IPv6 literals) and `#`: a fragment is never sent.
        let is_allowed = |c: u8| c.is_ascii_alphanumeric() || b"-._~:/?@!$&'()*+,;=%".contains(&c);
        if !rest.bytes().all(is_allowed) {
            return Err(UrlError::Form("has a character that an address cannot have"));
        }
        let (rest, query) = match rest.split_once('?') {
            Some((rest, query)) => (rest, Some(query.to_owned())),
            None => (rest, None),
        };
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        if authority.contains('@') {
            return Err(UrlError::Form("has user information"));
        }
        let (host, port) = match authority.split_once(':') {
            Some((host, port)) => (host, read_port(port)?),
            None => (authority, usual),
        };
        check_host(host)?;
        check_path(path)?;
        let path = if path.is_empty() { "/" } else { path };
        Ok(Self { host: host.to_ascii_lowercase(), port, path: path.to_owned(), query })
    }
}

fn read_port(text: &str) -> Result<u16, UrlError> {
    let is_number = !text.starts_with('0') && text.bytes().all(|b| b.is_ascii_digit());
    let port = text.parse().ok().filter(|_| is_number);
    port.ok_or(UrlError::Form("has a port that is no number from 1 to 65535"))
}

/// RFC 1123 §2.1: labels of letters, digits and hyphens. An IPv4 address is four such labels.
fn check_host(host: &str) -> Result<(), UrlError> {
    let is_label = |label: &str| {
        !label.is_empty() && label.len() <= 63 && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    if host.len() <= 253 && host.split('.').all(is_label) {
        Ok(())
    } else {
        Err(UrlError::Form("has no plain host name"))
    }
}

fn check_path(path: &str) -> Result<(), UrlError> {
    for (at, _) in path.match_indices('%') {
        let digits = path.get(at + 1..at + 3).filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()));
        let byte = digits.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match byte {
            None => return Err(UrlError::Form("has a percent sign that escapes nothing")),
            // A server that unescapes first would see another path than was compared.
            Some(b'.' | b'/' | b'\\' | b'%' | ..0x20 | 0x7f) => {
                return Err(UrlError::Form("has an escape that can change its path"));
            }
            Some(_) => {}
        }
    }
    // Some servers cut parameters off a segment before they look at it: `..;x`.
    let climbs = |segment: &str| matches!(segment.split(';').next(), Some("." | ".."));
    if path.split('/').any(climbs) {
        return Err(UrlError::Form("has a segment `.` or `..`"));
    }
    Ok(())
}

impl fmt::Display for HttpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, SCHEME, PORT)
    }
}

impl HttpUrl {
    fn write(&self, f: &mut fmt::Formatter<'_>, scheme: &str, usual: u16) -> fmt::Result {
        write!(f, "{scheme}{}", self.host)?;
        if self.port != usual {
            write!(f, ":{}", self.port)?;
        }
        f.write_str(&self.path)?;
        self.query.as_ref().map_or(Ok(()), |query| write!(f, "?{query}"))
    }
}

/// An address at which is asked who somebody is, or to which a browser brings the answer: `https`, or `http` on the
/// machine itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderUrl {
    at: HttpUrl,
    is_tls: bool,
}

impl ProviderUrl {
    /// Whether it is protected by TLS.
    pub fn is_tls(&self) -> bool {
        self.is_tls
    }

    /// Its path, which begins with a slash.
    pub fn path(&self) -> &str {
        &self.at.path
    }

    /// Whether it has a query.
    pub fn has_query(&self) -> bool {
        self.at.query.is_some()
    }

    /// Whether both are asked at one host and port, by one scheme.
    pub fn is_beside(&self, other: &Self) -> bool {
        (self.is_tls, &self.at.host, self.at.port) == (other.is_tls, &other.at.host, other.at.port)
    }
}

impl FromStr for ProviderUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        if text.len() > URL_BYTES_MAX {
            return Err(UrlError::Length);
        }
        if begins(text, TLS_SCHEME) {
            return Ok(Self { at: HttpUrl::read(&text[TLS_SCHEME.len()..], TLS_PORT)?, is_tls: true });
        }
        if !begins(text, SCHEME) {
            return Err(UrlError::Open);
        }
        let at = HttpUrl::read(&text[SCHEME.len()..], PORT)?;
        // Names, as resolvers read them: another number of 127/8 is no case that anybody has.
        let is_own_machine = matches!(at.host.as_str(), "localhost" | "127.0.0.1");
        if is_own_machine { Ok(Self { at, is_tls: false }) } else { Err(UrlError::Open) }
    }
}

impl fmt::Display for ProviderUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, usual) = if self.is_tls { (TLS_SCHEME, TLS_PORT) } else { (SCHEME, PORT) };
        self.at.write(f, scheme, usual)
    }
}

/// A value as a part of a query or a form (RFC 3986 §2.1).
pub fn encoded(value: &str) -> String {
    let mut out = String::new();
    for byte in value.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// What may be fetched: one file, or with a slash at its end all below a folder.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UrlPrefix(HttpUrl);

impl UrlPrefix {
    /// Whether `url` is allowed by it. A query is not looked at: it belongs to the file.
    pub fn allows(&self, url: &HttpUrl) -> bool {
        let is_below = self.0.path.ends_with('/') && url.path.starts_with(&self.0.path);
        (&self.0.host, self.0.port) == (&url.host, url.port) && (is_below || self.0.path == url.path)
    }
}

impl FromStr for UrlPrefix {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        let url: HttpUrl = text.parse()?;
        if url.query.is_some() {
            return Err(UrlError::Form("has a query, which is not compared"));
        }
        Ok(Self(url))
    }
}

impl TryFrom<String> for UrlPrefix {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse().map_err(|e: UrlError| format!("material.fetch: {text:?} {e}"))
    }
}

impl From<UrlPrefix> for String {
    fn from(prefix: UrlPrefix) -> Self {
        prefix.to_string()
    }
}

impl fmt::Display for UrlPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> HttpUrl {
        text.parse().unwrap_or_else(|e| panic!("{text} {e}"))
    }

    #[test]
    fn one_place_has_one_text() {
        for (text, same) in [
            ("http://crl.example.kz", "http://crl.example.kz/"),
            ("HTTP://CRL.Example.KZ:80/a.crl", "http://crl.example.kz/a.crl"),
            ("http://10.0.0.1:8080/a?x=%2e.", "http://10.0.0.1:8080/a?x=%2e."),
            ("http://a/%D0%B0%20b;c", "http://a/%D0%B0%20b;c"),
        ] {
            assert_eq!(url(text).to_string(), same);
            assert_eq!(url(same), url(text));
        }
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_no_address() {
        for text in [
            "",
            "http://",
            "http:///a",
            "http:/a",
            "//a/",
            "ftp://a/",
            "ldap:///cn=a",
            "file:///etc/passwd",
            "a/b",
            "http://crl.example.kz@evil.example/",
            "http://a:b@c/",
            "http://a:0/",
            "http://a:65536/",
            "http://a:/",
            "http://a:+80/",
            "http://a:080/",
            "http://a:80:80/",
            "http://[::1]/",
            "http://a./",
            "http://.a/",
            "http://a..b/",
            "http://a_b/",
            "http://a\\b/",
            "http://a/b\\c",
            "http://a/b\nc",
            "http://a/ b",
            "http://a/b#c",
            "http://a/ж",
            "http://a/..",
            "http://a/../b",
            "http://a/b/./c",
            "http://a/..;x/b",
            "http://a/%2e%2e/b",
            "http://a/b%2Fc",
            "http://a/b%5cc",
            "http://a/b%252ec",
            "http://a/b%00",
            "http://a/b%0d%0aHost:c",
            "http://a/%",
            "http://a/%2",
            "http://a/%zz",
            "http://a%2eb/",
        ] {
            assert!(text.parse::<HttpUrl>().is_err(), "{text}");
        }
        assert_eq!("https://a/".parse::<HttpUrl>(), Err(UrlError::Https));
        assert_eq!(format!("http://a/{}", "b".repeat(URL_BYTES_MAX)).parse::<HttpUrl>(), Err(UrlError::Length));
    }

    #[test]
    fn a_provider_is_asked_over_tls_or_on_the_machine_itself() {
        let read = |text: &str| text.parse::<ProviderUrl>();
        for (text, same) in [
            ("https://ID.example.kz", "https://id.example.kz/"),
            ("HTTPS://id.example.kz:443/a?b", "https://id.example.kz/a?b"),
            ("https://id.example.kz:80/", "https://id.example.kz:80/"),
            ("http://127.0.0.1:8080/a", "http://127.0.0.1:8080/a"),
            ("http://LocalHost/", "http://localhost/"),
        ] {
            assert_eq!(read(text).unwrap().to_string(), same);
        }
        for text in ["http://id.example.kz/", "http://localhost.example.kz/", "http://127.0.0.2/", "ftp://localhost/"] {
            assert_eq!(read(text), Err(UrlError::Open), "{text}");
        }
        for text in ["https://a@b/", "https://a/..", "https://[::1]/", "https://", "https://a/#b"] {
            assert!(read(text).is_err(), "{text}");
        }
        let one = read("https://a/b").unwrap();
        assert!(one.is_beside(&read("https://A:443/c").unwrap()) && !one.is_beside(&read("https://a.b/").unwrap()));
        assert!(!one.is_beside(&read("https://a:444/b").unwrap()));
        let here = read("http://localhost:443/").unwrap();
        assert!(!here.is_beside(&read("https://localhost/").unwrap()), "the same place without TLS is another");
    }

    #[test]
    fn a_prefix_allows_what_is_below_it_and_nothing_beside() {
        let allows = |prefix: &str, text: &str| prefix.parse::<UrlPrefix>().unwrap().allows(&url(text));
        assert!(allows("http://crl.example.kz/", "http://CRL.example.kz:80/a/b.crl?x"));
        assert!(allows("http://crl.example.kz", "http://crl.example.kz/a.crl"));
        assert!(allows("http://crl.example.kz/a.crl", "http://crl.example.kz/a.crl"));
        for (prefix, text) in [
            ("http://crl.example.kz/", "http://crl.example.kz.evil.example/"),
            ("http://crl.example.kz/", "http://evil.crl.example.kz/"),
            ("http://crl.example.kz/", "http://crl.example.kz:8080/"),
            ("http://crl.example.kz/lists/", "http://crl.example.kz/a.crl"),
            ("http://crl.example.kz/lists/", "http://crl.example.kz/lists"),
            ("http://crl.example.kz/a", "http://crl.example.kz/a.crl"),
            ("http://crl.example.kz/a", "http://crl.example.kz/a/b"),
            ("http://crl.example.kz/a", "http://crl.example.kz/A"),
        ] {
            assert!(!allows(prefix, text), "{prefix} {text}");
        }
        assert!("http://a/b?c".parse::<UrlPrefix>().is_err());
    }
}
