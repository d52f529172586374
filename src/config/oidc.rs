//! The table `[oidc]`: by which OpenID provider people sign in (docs/operating.md §12).
//!
//! It names files of secrets and holds none: the configuration is copied, shown and kept for ever. What is wrong with
//! the table itself is found when the configuration is read; the files are looked at by who needs them, and by
//! `doctor`.
//!
//! It is read by every build; one without the feature `oidc` says that it cannot do what is asked.

use crate::model::url::ProviderUrl;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The path of the service to which the provider sends a browser back.
pub const RETURN_PATH: &str = "/sign-in/openid/return";

/// Bytes of the file with the secret. Own bound: providers make secrets of 32 to 100.
const SECRET_BYTES_MAX: u64 = 4 * 1024;
/// Bytes of the file with the roots. Own bound: the whole list of a system has 250 KiB.
const ROOTS_BYTES_MAX: u64 = 2 * 1024 * 1024;
/// Characters of a value. Own bound: what a provider gives out as an id or a level has some dozens.
const VALUE_CHARS_MAX: usize = 255;
/// Levels and scopes. Own bound: real lists have two or three.
const LIST_MAX: usize = 32;

/// The table `[oidc]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Oidc {
    /// The issuer, exactly as its tokens name it.
    pub issuer: String,
    /// As whom the archive is registered there.
    pub client_id: String,
    /// The file with the secret of the archive there; a relative path counts from the archive.
    pub client_secret_file: PathBuf,
    /// The address of this service to which a browser is sent back; its path is [`RETURN_PATH`].
    pub redirect: String,
    /// The claim of the ID token that has the number of the person.
    pub claim: String,
    /// Levels of authentication (`acr`) of which one must be reached. Empty: any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub acr: Vec<String>,
    /// Scopes that are asked for beside `openid`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
    /// Certificates (PEM) under which the provider's TLS must stand; asked for when the issuer is `https`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roots_file: Option<PathBuf>,
}

/// Printable ASCII without spaces and quotes: it is compared as it stands and goes into addresses.
fn is_value(text: &str) -> bool {
    let is_printable = |b: u8| b.is_ascii_graphic() && !matches!(b, b'"' | b'\\');
    !text.is_empty() && text.len() <= VALUE_CHARS_MAX && text.bytes().all(is_printable)
}

impl Oidc {
    /// What is wrong with it, in technical English.
    pub(super) fn fault(&self) -> Option<String> {
        let issuer = match self.issuer.parse::<ProviderUrl>() {
            Ok(url) if url.has_query() => return Some("oidc.issuer has a query".to_owned()),
            Ok(url) => url,
            Err(e) => return Some(format!("oidc.issuer: {:?} {e}", self.issuer)),
        };
        match self.redirect.parse::<ProviderUrl>() {
            Ok(url) if url.has_query() || url.path() != RETURN_PATH => {
                return Some(format!("oidc.redirect does not end in {RETURN_PATH}"));
            }
            Ok(_) => {}
            Err(e) => return Some(format!("oidc.redirect: {:?} {e}", self.redirect)),
        }
        let lists = [("acr", &self.acr), ("scopes", &self.scopes)];
        if let Some((key, _)) =
            lists.iter().find(|(_, list)| list.len() > LIST_MAX || !list.iter().all(|v| is_value(v)))
        {
            return Some(format!("oidc.{key} has a value that is blank, too long or has a space, or too many"));
        }
        let values = [("client_id", &self.client_id), ("claim", &self.claim)];
        if let Some((key, _)) = values.iter().find(|(_, value)| !is_value(value)) {
            return Some(format!("oidc.{key} is blank, too long or has a character that it cannot have"));
        }
        if issuer.is_tls() && self.roots_file.is_none() {
            return Some("oidc.roots_file is not set: whose TLS certificates are believed is not guessed".to_owned());
        }
        None
    }

    /// The secret: the file's text without the line break at its end.
    ///
    /// # Errors
    /// What is wrong with the file, in technical English and without what stands in it.
    pub fn secret(&self, folder: &Path) -> Result<Zeroizing<String>, String> {
        let path = folder.join(&self.client_secret_file);
        let bytes = Zeroizing::new(read(&path, SECRET_BYTES_MAX)?);
        let text = std::str::from_utf8(&bytes).unwrap_or_default().trim_end_matches(['\r', '\n']);
        if text.is_empty() || text.chars().any(char::is_control) {
            return Err(format!("{}: not one line of text", path.display()));
        }
        Ok(Zeroizing::new(text.to_owned()))
    }

    /// The certificates under which the provider's TLS must stand, as the file has them; empty when none is named.
    ///
    /// # Errors
    /// What is wrong with the file, in technical English.
    pub fn roots(&self, folder: &Path) -> Result<Vec<u8>, String> {
        let Some(file) = &self.roots_file else { return Ok(Vec::new()) };
        let path = folder.join(file);
        let bytes = read(&path, ROOTS_BYTES_MAX)?;
        let has_one = bytes.windows(CERTIFICATE.len()).any(|w| w == CERTIFICATE);
        if has_one { Ok(bytes) } else { Err(format!("{}: no certificate in PEM", path.display())) }
    }

    /// The file with the secret, when others than its owner can read it.
    pub fn open_secret(&self, folder: &Path) -> Option<PathBuf> {
        let path = folder.join(&self.client_secret_file);
        let mode = std::fs::metadata(&path).ok()?.permissions().mode();
        (mode & 0o077 != 0).then_some(path)
    }
}

const CERTIFICATE: &[u8] = b"-----BEGIN CERTIFICATE-----";

fn read(path: &Path, bytes_max: u64) -> Result<Vec<u8>, String> {
    let failed = |e: std::io::Error| format!("{}: {e}", path.display());
    let file = File::open(path).map_err(failed)?;
    // Not the length that the file says: it may be a pipe.
    let mut bytes = Vec::new();
    file.take(bytes_max + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > bytes_max { Err(format!("{}: too long", path.display())) } else { Ok(bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Oidc {
        Oidc {
            issuer: "https://id.example.kz/realm".to_owned(),
            client_id: "archive".to_owned(),
            client_secret_file: "secret".into(),
            redirect: format!("https://archive.example.kz{RETURN_PATH}"),
            claim: "iin".to_owned(),
            acr: Vec::new(),
            scopes: Vec::new(),
            roots_file: Some("roots.pem".into()),
        }
    }

    #[test]
    fn what_cannot_be_is_named() {
        assert_eq!(table().fault(), None);
        let fault = |change: fn(&mut Oidc)| {
            let mut table = table();
            change(&mut table);
            table.fault().unwrap_or_default()
        };
        for (change, key) in [
            ((|t| t.issuer = "http://id.example.kz/".to_owned()) as fn(&mut Oidc), "oidc.issuer"),
            (|t| t.issuer = "https://id.example.kz/?a".to_owned(), "oidc.issuer"),
            (|t| t.redirect = "https://archive.example.kz/".to_owned(), "oidc.redirect"),
            (|t| t.redirect = format!("http://archive.example.kz{RETURN_PATH}"), "oidc.redirect"),
            (|t| t.redirect += "?a", "oidc.redirect"),
            (|t| t.client_id.clear(), "oidc.client_id"),
            (|t| t.claim = "a b".to_owned(), "oidc.claim"),
            (|t| t.acr = vec![String::new()], "oidc.acr"),
            (|t| t.scopes = vec!["a".to_owned(); LIST_MAX + 1], "oidc.scopes"),
            (|t| t.roots_file = None, "oidc.roots_file"),
        ] {
            assert!(fault(change).starts_with(key), "{key}: {}", fault(change));
        }
        let mut here = table();
        (here.issuer, here.roots_file) = ("http://127.0.0.1:9".to_owned(), None);
        assert_eq!(here.fault(), None);
    }

    #[test]
    fn files_are_read_in_bounds_and_their_faults_say_nothing_of_them() {
        let folder = tempfile::tempdir().unwrap();
        let table = table();
        assert!(table.secret(folder.path()).is_err() && table.roots(folder.path()).is_err());
        let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
        write("secret", b"top secret\r\n");
        assert_eq!(table.secret(folder.path()).unwrap().as_str(), "top secret");
        assert!(table.open_secret(folder.path()).is_some());
        let owner = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(folder.path().join("secret"), owner).unwrap();
        assert_eq!(table.open_secret(folder.path()), None);
        for bad in [&b""[..], b"\n", b"top\nsecret", b"top\0", b"\xff", &[b's'; 5_000]] {
            write("secret", bad);
            let fault = table.secret(folder.path()).unwrap_err();
            assert!(!fault.contains("top") && !fault.contains("sss"), "{fault}");
        }
        write("roots.pem", b"nothing");
        assert!(table.roots(folder.path()).is_err());
    }
}
