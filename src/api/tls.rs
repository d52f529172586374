//! TLS of the service's own: its certificate with its key, and what machines show who have one (docs/service.md §10).
//!
//! TLS 1.3 and 1.2, HTTP/1.1. Both files are read at the start, and again when the service is told to (SIGHUP):
//! connections that are there go on with what they began with, new ones have the new certificate. Files that do not do
//! leave the old ones in force.
//!
//! Invariants
//!   - A key that others of the machine can read, or change, serves nobody.
//!   - A certificate of the other side counts only on the connection on which its key was proved: sessions of TLS are
//!     not resumed, and nothing is sent early. It is judged by nobody here: to whom it is bound and until when it is
//!     good decides [`authenticate_certificate`](crate::access::login::authenticate_certificate), at every request.
//!   - Who shows none, or leaves the handshake, is like everybody else.
//!
//! It keeps nothing and changes no file.

use super::service::Service;
use crate::clock::{Millis, rfc3339};
use crate::error::{Error, ErrorCode};
use crate::verify::certificate::Certificate;
use crate::verify::limits::CERTIFICATE_BYTES_MAX;
use rustix::fs::OFlags;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{NoServerSessionStorage, ServerConfig};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, SignatureScheme};
use serde_json::{Value, json};
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use zeroize::Zeroizing;

/// How long a handshake may take. Own bound: three round trips over a bad line.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Bytes of a file. Own bound: a chain is some KiB, and one of a hundred certificates is none.
const FILE_BYTES_MAX: u64 = 256 * 1024;
/// From how long before its end on the log speaks of a certificate: time to get another one.
const SOON_MS: Millis = 30 * DAY_MS;
const DAY_MS: Millis = 24 * 60 * 60 * 1000;
/// How often the log speaks of it.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// How often the sign to read the files again is looked for.
const STEP: Duration = Duration::from_millis(100);

/// Where the certificate and its key are.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// The certificate and those of its issuers, PEM, in the order of the chain.
    pub certificate: PathBuf,
    /// Its private key, PEM.
    pub key: PathBuf,
    /// Set when both are to be read again.
    pub again: &'static AtomicBool,
}

/// What new connections get.
pub(crate) struct Tls {
    files: TlsFiles,
    current: Mutex<Loaded>,
}

#[derive(Clone)]
struct Loaded {
    config: Arc<ServerConfig>,
    times: Times,
}

/// From when until when a certificate is good, in milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Times {
    from: i64,
    until: i64,
}

impl Tls {
    /// Reads the files.
    pub(crate) fn load(files: TlsFiles) -> Result<Self, Error> {
        let loaded = Mutex::new(load(&files)?);
        Ok(Self { files, current: loaded })
    }

    fn current(&self) -> Loaded {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads the files again; what is in force stays when they do not do.
    fn reload(&self) -> Result<(), Error> {
        let loaded = load(&self.files)?;
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = loaded;
        Ok(())
    }

    /// Seconds until the certificate ends; less than none when it has.
    pub(crate) fn left_s(&self, now: Millis) -> i64 {
        (self.current().times.until - signed(now)) / 1000
    }

    /// Makes a protected line of a connection, and gives the certificate whose key the other side has proved to hold.
    pub(crate) async fn accept<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: S,
    ) -> Option<(TlsStream<S>, Option<Arc<[u8]>>)> {
        let acceptor = TlsAcceptor::from(self.current().config);
        let stream = timeout(HANDSHAKE, acceptor.accept(stream)).await.ok()?.ok()?;
        let (_, connection) = stream.get_ref();
        let shown = connection.peer_certificates().and_then(|chain| chain.first());
        let shown = shown.map(|certificate| Arc::from(certificate.as_ref()));
        Some((stream, shown))
    }

    /// What the log says of the certificate.
    fn state(&self, now: Millis) -> (&'static str, Value) {
        let times = self.current().times;
        let word = times.word(now);
        let until = u64::try_from(times.until).map_or_else(|_| "-".to_owned(), rfc3339);
        (word, json!({"tls": word, "until": until}))
    }
}

impl Times {
    fn word(self, now: Millis) -> &'static str {
        let now = signed(now);
        match self.until - now {
            _ if now < self.from => "not-yet",
            left if left < 0 => "expired",
            left if left < signed(SOON_MS) => "ends-soon",
            _ => "good",
        }
    }
}

fn signed(time: Millis) -> i64 {
    i64::try_from(time).unwrap_or(i64::MAX)
}

/// Says how the certificate is, now and every day, and reads the files again when it is told to.
pub(crate) async fn watch(service: Arc<Service>) {
    let Some(tls) = &service.tls else { return };
    let now = || service.slot.clock().now();
    service.log(tls.state(now()).1);
    let mut said = Instant::now();
    while !service.is_ending() {
        tokio::time::sleep(STEP).await;
        if tls.files.again.swap(false, Ordering::SeqCst) {
            let reading = service.clone();
            let read = spawn_blocking(move || reading.tls.as_ref().map_or(Ok(()), Tls::reload)).await;
            let mut line = tls.state(now()).1;
            match read {
                Ok(Ok(())) => line["read"] = "again".into(),
                // What is in force stays; the log does not name files.
                Ok(Err(e)) => {
                    (line["read"], line["code"], line["what"]) = ("kept".into(), e.code.as_str().into(), e.what.into())
                }
                Err(e) => (line["read"], line["what"]) = ("kept".into(), e.to_string().into()),
            }
            service.log(line);
        }
        if said.elapsed() >= DAY {
            said = Instant::now();
            let (word, line) = tls.state(now());
            if word != "good" {
                service.log(line);
            }
        }
    }
}

fn load(files: &TlsFiles) -> Result<Loaded, Error> {
    let at = |path: &Path| path.display().to_string();
    let wrong = |path: &Path, what: &str| Error::new(ErrorCode::SrvTls, at(path), what);
    let bytes = read(&files.certificate, |_| Ok(()))?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    let chain = chain.map_err(|_| wrong(&files.certificate, "not PEM"))?;
    let first = chain.first().ok_or_else(|| wrong(&files.certificate, "no certificate is in it"))?;
    let parsed = Certificate::parse(first).map_err(|e| wrong(&files.certificate, &format!("no certificate: {e}")))?;
    let times = Times { from: parsed.not_before.timestamp_millis(), until: parsed.not_after.timestamp_millis() };
    let bytes = private_key(&files.key)?;
    // Not the reader's words: they have the line that it did not understand, which may be the key.
    let key = PrivateKeyDer::from_pem_slice(&bytes).map_err(|_| wrong(&files.key, "no key in PEM"))?;
    let provider = Arc::new(ring::default_provider());
    let proof = Arc::new(Proof { algorithms: provider.signature_verification_algorithms });
    let config = configured(provider, proof, chain, key);
    let config = config.map_err(|e| wrong(&files.key, &format!("certificate and key are no pair that serves: {e}")))?;
    Ok(Loaded { config: Arc::new(config), times })
}

fn configured(
    provider: Arc<CryptoProvider>,
    proof: Arc<Proof>,
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<ServerConfig, rustls::Error> {
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let mut config = config.with_client_cert_verifier(proof).with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    // Each connection proves its key: one that was taken away from a machine is worth nothing at once.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(config)
}

/// Reads a file whole; what is checked is the file that is read.
fn read(path: &Path, check: impl FnOnce(&File) -> Result<(), Error>) -> Result<Zeroizing<Vec<u8>>, Error> {
    let at = || path.display().to_string();
    let failed = |e| Error::caused(ErrorCode::SrvTls, at(), e);
    // What is no file, as a pipe that nobody writes to, would be waited for without end.
    let flags = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or(0);
    let file = File::options().read(true).custom_flags(flags).open(path).map_err(failed)?;
    if !file.metadata().map_err(failed)?.is_file() {
        return Err(Error::new(ErrorCode::SrvTls, at(), "not a file"));
    }
    check(&file)?;
    let mut bytes = Zeroizing::new(Vec::new());
    let read = file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(failed)?;
    if read as u64 > FILE_BYTES_MAX {
        return Err(Error::new(ErrorCode::SrvTls, at(), format!("more than {FILE_BYTES_MAX} bytes")));
    }
    Ok(bytes)
}

/// A private key in PEM that nobody else on the machine can read, or change.
///
/// # Errors
///
/// [`ErrorCode::SrvTlsKey`] when others can.
pub fn private_key(path: &Path) -> Result<Zeroizing<Vec<u8>>, Error> {
    read(path, |file| check_key(path, file))
}

/// A key is its owner's, who is the account of the service or root. A group may read it, as distributions do it.
fn check_key(path: &Path, file: &File) -> Result<(), Error> {
    let open = |what: String| Error::new(ErrorCode::SrvTlsKey, path.display().to_string(), what);
    let metadata = file.metadata().map_err(|e| Error::caused(ErrorCode::SrvTls, path.display().to_string(), e))?;
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o027 != 0 {
        return Err(open(format!("mode {mode:03o}: others can read it, or others than its owner change it")));
    }
    let (owner, own) = (metadata.uid(), rustix::process::geteuid().as_raw());
    if owner != 0 && owner != own {
        return Err(open(format!("it is of user {owner}, and neither of root nor of {own}, who serves")));
    }
    Ok(())
}

/// Takes every certificate whose key the other side proves, and asks nothing else of it.
#[derive(Debug)]
struct Proof {
    algorithms: WebPkiSupportedAlgorithms,
}

impl ClientCertVerifier for Proof {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    /// Any: which one it is decides the binding, by its digest.
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        // A larger one cannot be bound, and each connection keeps what was shown.
        if certificate.len() > CERTIFICATE_BYTES_MAX {
            return Err(CertificateError::BadEncoding.into());
        }
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_speaks_a_month_before_the_end() {
        let times = Times { from: 1_000, until: signed(100 * DAY_MS) };
        assert_eq!(times.word(999), "not-yet");
        assert_eq!(times.word(1_000), "good");
        assert_eq!(times.word(70 * DAY_MS), "good");
        assert_eq!(times.word(70 * DAY_MS + 1), "ends-soon");
        assert_eq!(times.word(100 * DAY_MS), "ends-soon");
        assert_eq!(times.word(100 * DAY_MS + 1), "expired");
    }

    #[test]
    fn a_key_that_others_can_read_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.pem");
        std::fs::write(&path, "x").unwrap();
        for mode in 0..0o1000 {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            // Who may not read it at all is told so by the system.
            let Ok(file) = File::open(&path) else { continue };
            let is_own = matches!(mode & 0o077, 0 | 0o010 | 0o040 | 0o050);
            let checked = check_key(&path, &file).map_err(|e| e.code);
            assert_eq!(checked, if is_own { Ok(()) } else { Err(ErrorCode::SrvTlsKey) }, "{mode:o}");
        }
    }

    #[test]
    fn a_file_is_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("chain.pem");
        std::fs::write(&path, vec![b'\n'; usize::try_from(FILE_BYTES_MAX).unwrap()]).unwrap();
        assert!(read(&path, |_| Ok(())).is_ok());
        std::fs::write(&path, vec![b'\n'; usize::try_from(FILE_BYTES_MAX).unwrap() + 1]).unwrap();
        assert_eq!(read(&path, |_| Ok(())).unwrap_err().code, ErrorCode::SrvTls);
        assert_eq!(read(folder.path(), |_| Ok(())).unwrap_err().code, ErrorCode::SrvTls);
    }
}
