//! TLS of the service's own, and machines that show a certificate.
//!
//! Goal: what the service says over TLS it says to nobody else, and by no other rules; a machine is known by a
//! certificate whose key it proves on that connection and that is bound to it, and by nothing less; slow, rude and
//! broken handshakes harm nobody; certificate and key are changed without a break, and wrong ones change nothing.
//! Method: a served archive with keys of a made-up office, clients that do in a handshake what clients should not, and
//! the real program with its signals and its log; `curl` and `openssl` look on where they are there.

use super::served::{Answer, Served, ZIP, connect, head, read};
use super::signed::{Bench, at};
use super::web::archivist;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use muragat::api::TlsFiles;
use muragat::archive::Archive;
use muragat::cli::samples::signer::{Holder, Key, Root, Validity};
use muragat::clock::{Clock, SystemClock};
use muragat::model::digest::sha256;
use muragat::tlog::commit::SYSTEM_ACTOR;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ClientConfig, ResolvesClientCert};
use rustls::crypto::{CryptoProvider, ring as provider};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{
    ClientConnection, DigitallySignedStruct, HandshakeKind, ProtocolVersion, SignatureScheme, StreamOwned,
    SupportedProtocolVersion,
};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const DAY_MS: u64 = 24 * 60 * 60 * 1000;
const VERSIONS: [&SupportedProtocolVersion; 2] = [&rustls::version::TLS13, &rustls::version::TLS12];
const JSON: (&str, &str) = ("Content-Type", "application/json");

/// A key of a machine, which its owner also has as a file.
struct Owned(EcdsaKeyPair);

impl Key for Owned {
    fn spki(&self) -> Vec<u8> {
        // RFC 5480 §2: id-ecPublicKey, secp256r1, the point as it stands.
        let head = hex::decode("3059301306072a8648ce3d020106082a8648ce3d030107034200").unwrap();
        [&head, self.0.public_key().as_ref()].concat()
    }

    fn algorithm(&self) -> Vec<u8> {
        hex::decode("300a06082a8648ce3d040302").unwrap()
    }

    fn digest_algorithm(&self) -> Vec<u8> {
        hex::decode("300b0609608648016503040201").unwrap()
    }

    fn digest(&self, content: &[u8]) -> Vec<u8> {
        sha256(content).0.to_vec()
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.0.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec()
    }
}

/// A certificate with its key.
#[derive(Clone)]
struct Identity {
    certificate: Vec<u8>,
    /// PKCS #8.
    key: Vec<u8>,
}

fn random(buffer: &mut [u8]) {
    ring::rand::SecureRandom::fill(&SystemRandom::new(), buffer).unwrap();
}

impl Identity {
    /// One for a machine, good between two times.
    fn new(root: &Root, from: u64, until: u64) -> Self {
        let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &SystemRandom::new()).unwrap();
        let pair =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, key.as_ref(), &SystemRandom::new()).unwrap();
        let holder = Holder { common_name: "ҮЛГІ МАШИНА", ..Holder::default() };
        let validity = Validity { from: at(from), until: at(until) };
        let signer = root.issue_key(Box::new(Owned(pair)), &holder, validity, &mut random);
        Self { certificate: signer.certificate().to_vec(), key: key.as_ref().to_vec() }
    }

    /// One that is good today.
    fn of(bench: &Bench) -> Self {
        Self::new(&bench.office.root, bench.now() - DAY_MS, bench.now() + 10 * DAY_MS)
    }

    fn chain(&self) -> Vec<CertificateDer<'static>> {
        vec![self.certificate.clone().into()]
    }

    fn key(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::Pkcs8(self.key.clone().into())
    }

    /// Writes both as files, as a service reads them.
    fn write(&self, folder: &Path, name: &str) -> (PathBuf, PathBuf) {
        let (certificate, key) = (folder.join(format!("{name}.crt")), folder.join(format!("{name}.key")));
        std::fs::write(&certificate, pem("CERTIFICATE", &self.certificate)).unwrap();
        std::fs::write(&key, pem("PRIVATE KEY", &self.key)).unwrap();
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
        (certificate, key)
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    let base64 = STANDARD.encode(der);
    let lines: Vec<&str> = base64.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

/// Takes any certificate of the service whose key it proves, and keeps it.
#[derive(Debug)]
struct Seen {
    provider: Arc<CryptoProvider>,
    certificate: Mutex<Vec<u8>>,
}

impl ServerCertVerifier for Seen {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        *self.certificate.lock().unwrap() = certificate.to_vec();
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// Shows a certificate with whatever key, as a thief of a certificate does.
#[derive(Debug)]
struct Shows(Arc<CertifiedKey>);

impl ResolvesClientCert for Shows {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(self.0.clone())
    }

    fn has_certs(&self) -> bool {
        true
    }
}

/// A client of one service.
struct Client {
    address: SocketAddr,
    config: Arc<ClientConfig>,
    seen: Arc<Seen>,
}

type Line = StreamOwned<ClientConnection, TcpStream>;

impl Client {
    fn new(address: SocketAddr, version: &'static SupportedProtocolVersion, shown: Option<&Identity>) -> Self {
        let provider = Arc::new(provider::default_provider());
        let key = |identity: &Identity| {
            let key = provider.key_provider.load_private_key(identity.key()).unwrap();
            Shows(Arc::new(CertifiedKey::new(identity.chain(), key)))
        };
        let shown = shown.map(key);
        let seen = Arc::new(Seen { provider: provider.clone(), certificate: Mutex::default() });
        let config = ClientConfig::builder_with_provider(provider).with_protocol_versions(&[version]).unwrap();
        let config = config.dangerous().with_custom_certificate_verifier(seen.clone());
        let mut config = match shown {
            Some(shown) => config.with_client_cert_resolver(Arc::new(shown)),
            None => config.with_no_client_auth(),
        };
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Self { address, config: Arc::new(config), seen }
    }

    fn line(&self) -> Line {
        let name = ServerName::try_from("archive").unwrap();
        StreamOwned::new(ClientConnection::new(self.config.clone(), name).unwrap(), connect(self.address))
    }

    fn send(&self, token: Option<&str>, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let length = body.len().to_string();
        let headers = [headers, &[("Content-Length", length.as_str())]].concat();
        let mut line = self.line();
        line.write_all(head(token, method, path, &headers).as_bytes()).unwrap();
        let _ = line.write_all(body);
        read(&mut line)
    }

    fn get(&self, path: &str) -> Answer {
        self.send(None, "GET", path, &[], b"")
    }

    /// Who the service takes it for: account and means.
    fn who(&self, token: Option<&str>) -> Option<(String, String)> {
        let answer = self.send(token, "GET", "/api/v1/me", &[], b"");
        let text = |name: &str| answer.json()[name].as_str().unwrap().to_owned();
        (answer.status == 200).then(|| (text("account"), text("means")))
    }
}

/// A served archive over TLS, and the certificate that it has.
fn served() -> (Served, Identity) {
    let mut own = None;
    let served = Served::with_tls(None, |bench| {
        let identity = Identity::of(bench);
        let (certificate, key) = identity.write(bench.folder.path(), "service");
        own = Some(identity);
        Some(TlsFiles { certificate, key, again: Box::leak(Box::<AtomicBool>::default()) })
    });
    (served, own.unwrap())
}

fn bind(served: &Served, account: &str, identity: &Identity) {
    served.archive().bind_certificate(account, sha256(&identity.certificate), SYSTEM_ACTOR).unwrap();
}

/// Without what differs from request to request.
fn told(answer: &Answer) -> (u16, Value) {
    let mut value = answer.json();
    value["request_id"] = Value::Null;
    (answer.status, value)
}

fn pair(account: &str, means: &str) -> Option<(String, String)> {
    Some((account.to_owned(), means.to_owned()))
}

#[test]
fn both_versions_are_spoken_and_answers_say_that_it_is_tls() {
    let (served, own) = served();
    for version in VERSIONS {
        let client = Client::new(served.address, version, None);
        let answer = client.get("/livez");
        assert_eq!(answer.status, 200);
        assert_eq!(*client.seen.certificate.lock().unwrap(), own.certificate);
        assert_eq!(answer.headers["strict-transport-security"], "max-age=31536000");
        assert_eq!(client.get("/nothing").headers["strict-transport-security"], "max-age=31536000");
        // No connection goes on with the keys of another one.
        for _ in 0..2 {
            let mut line = client.line();
            line.write_all(head(None, "GET", "/livez", &[]).as_bytes()).unwrap();
            assert_eq!(read(&mut line).status, 200);
            assert_eq!(line.conn.protocol_version(), Some(version.version));
            assert_eq!(line.conn.alpn_protocol(), Some(&b"http/1.1"[..]));
            assert_eq!(line.conn.handshake_kind(), Some(HandshakeKind::Full), "{version:?}");
        }
    }
    assert_eq!(VERSIONS[0].version, ProtocolVersion::TLSv1_3);
    let mut other = Client::new(served.address, VERSIONS[0], None);
    Arc::get_mut(&mut other.config).unwrap().alpn_protocols = vec![b"h2".to_vec()];
    assert!(other.line().write_all(b"x").is_err(), "another protocol");
    let plain = Served::new();
    assert!(!plain.get("edms", "/livez").headers.contains_key("strict-transport-security"));
}

#[test]
fn slow_rude_and_broken_handshakes_harm_nobody() {
    let (served, _) = served();
    let client = Client::new(served.address, VERSIONS[0], None);
    // Begun and never ended; they are ended by the service.
    let begun = Instant::now();
    let mut slow: Vec<TcpStream> = (0..64).map(|_| connect(served.address)).collect();
    slow.iter_mut().for_each(|stream| stream.write_all(&[0x16, 0x03, 0x01]).unwrap());
    // Who speaks HTTP there gets nothing of it.
    let mut rude = connect(served.address);
    let token = &served.tokens["archivist"];
    rude.write_all(head(Some(token), "GET", "/api/v1/me", &[]).as_bytes()).unwrap();
    let mut said = Vec::new();
    let _ = rude.read_to_end(&mut said);
    assert!(said.len() < 16 && !said.starts_with(b"HTTP"), "{said:?}");
    for bytes in
        [&[0u8; 4096][..], &[0xff; 4096], b"\x16\x03\x01\xff\xff\x01", b"\x16\x03\x03\x00\x04\x01\xff\xff\xff", b""]
    {
        let mut broken = connect(served.address);
        let _ = broken.write_all(bytes);
        let _ = broken.shutdown(std::net::Shutdown::Write);
        let mut said = Vec::new();
        let _ = broken.read_to_end(&mut said);
        assert!(said.len() < 16, "{said:?}");
    }
    assert_eq!(client.get("/livez").status, 200);
    assert!(begun.elapsed() < Duration::from_secs(5), "nobody waited for the slow ones: {:?}", begun.elapsed());
    for mut stream in slow {
        let mut said = Vec::new();
        let _ = stream.read_to_end(&mut said);
        assert!(said.len() < 16, "{said:?}");
    }
    let took = begun.elapsed();
    assert!(
        took > Duration::from_secs(9) && took < Duration::from_secs(30),
        "they had their time and no more: {took:?}"
    );
    assert_eq!(client.get("/livez").status, 200);
}

#[test]
fn a_machine_is_known_by_the_certificate_that_is_bound_to_it() {
    let (served, _) = served();
    let machine = Identity::of(&served.bench);
    bind(&served, "edms", &machine);
    for version in VERSIONS {
        let client = Client::new(served.address, version, Some(&machine));
        assert_eq!(client.who(None), pair("edms", "certificate"), "{version:?}");
        // What the account may, and no more.
        assert_eq!(client.get("/api/v1/records").code(), "ACC-005");
        let number = format!("{:?}-қ", version.version);
        let zip = served.zip(&served.bench.draft(&number));
        let taken = client.send(None, "POST", "/api/v1/submissions", &[ZIP], &zip);
        assert_eq!(taken.status, 201, "{taken:?}");
        // The token decides where there is one, also when it does not do.
        assert_eq!(client.who(Some(&served.tokens["archivist"])), pair("archivist", "token"));
        assert_eq!(client.who(Some("mrg_0000000000000000_0")), None);
        // Two requests of one connection are both of the machine.
        let mut line = client.line();
        let ask = "GET /api/v1/me HTTP/1.1\r\nHost: archive\r\n";
        line.write_all(format!("{ask}\r\n{ask}Connection: close\r\n\r\n").as_bytes()).unwrap();
        let mut both = String::new();
        line.read_to_string(&mut both).unwrap();
        assert_eq!(both.matches("\"means\":\"certificate\"").count(), 2, "{both}");
        // It has no sessions, and sees none.
        assert_eq!(client.get("/api/v1/sessions").json()["items"], json!([]));
    }
    // A page of another site that the browser of such a machine opens changes nothing in its name.
    let client = Client::new(served.address, VERSIONS[0], Some(&machine));
    for headers in [("Origin", "https://evil.example"), ("Sec-Fetch-Site", "cross-site"), ("Origin", "http://archive")]
    {
        let answer = client.send(None, "POST", "/api/v1/submissions", &[ZIP, headers], b"x");
        assert_eq!((answer.status, answer.code().as_str()), (403, "SRV-020"), "{headers:?}");
    }
    // Nor does it read anything by a link or a picture there: nobody is signed in, as with a cookie.
    for (site, status) in [("cross-site", 401), ("same-site", 401), ("same-origin", 200), ("none", 200)] {
        assert_eq!(client.send(None, "GET", "/api/v1/me", &[("Sec-Fetch-Site", site)], b"").status, status, "{site}");
    }
    let own = client.send(None, "POST", "/api/v1/submissions", &[ZIP, ("Origin", "https://archive")], b"no zip");
    assert_eq!(own.status, 422, "{own:?}");
    // A header says nothing: whoever is in front, and whoever is not.
    let named = format!(":{}:", STANDARD.encode(&machine.certificate));
    let bare = Client::new(served.address, VERSIONS[0], None);
    let by_header = bare.send(None, "GET", "/api/v1/me", &[("Client-Cert", &named)], b"");
    assert_eq!(by_header.code(), "SRV-003");
}

#[test]
fn unbound_expired_future_and_closed_certificates_are_nobody_by_one_answer() {
    let (served, _) = served();
    let now = served.bench.now();
    let root = &served.bench.office.root;
    let (unbound, good) = (Identity::of(&served.bench), Identity::of(&served.bench));
    let expired = Identity::new(root, now - 2 * DAY_MS, now - 1000);
    let future = Identity::new(root, now + DAY_MS, now + 9 * DAY_MS);
    for identity in [&good, &expired, &future] {
        bind(&served, "edms", identity);
    }
    // A machine signs its certificate itself, or whoever does: what is bound counts.
    let mut own = |buffer: &mut [u8]| random(buffer);
    let stranger = Root::new("ҮЛГІ БӨТЕН", Validity { from: at(now - DAY_MS), until: at(now + DAY_MS) }, &mut own);
    let foreign = Identity::new(&stranger.unwrap(), now - DAY_MS, now + DAY_MS);
    bind(&served, "edms", &foreign);
    let ask = |identity: &Identity| Client::new(served.address, VERSIONS[0], Some(identity)).get("/api/v1/me");
    assert_eq!((ask(&good).status, ask(&foreign).status), (200, 200));
    let nobody = told(&ask(&unbound));
    assert_eq!((nobody.0, nobody.1["code"].as_str()), (401, Some("SRV-003")));
    assert_eq!(told(&ask(&expired)), nobody);
    assert_eq!(told(&ask(&future)), nobody);
    // What everybody may have, also these get.
    let client = Client::new(served.address, VERSIONS[0], Some(&unbound));
    assert_eq!((client.get("/livez").status, client.get("/").status), (200, 200));
    // On a connection that is there already, the end of the account counts at once.
    let mut line = Client::new(served.address, VERSIONS[0], Some(&good)).line();
    let mut reader = |ask: &str| {
        line.write_all(format!("GET /api/v1/me HTTP/1.1\r\nHost: archive\r\n{ask}\r\n").as_bytes()).unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            line.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).unwrap();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap().parse().unwrap();
        let mut body = vec![0; length];
        line.read_exact(&mut body).unwrap();
        head.split(' ').nth(1).unwrap().to_owned()
    };
    assert_eq!(reader(""), "200");
    served.archive().close_account("edms", "Үлгі", SYSTEM_ACTOR).unwrap();
    assert_eq!(reader("Connection: close\r\n"), "401");
    assert_eq!(told(&ask(&good)), nobody);
}

#[test]
fn a_certificate_without_its_key_is_refused_in_the_handshake() {
    let (served, _) = served();
    let machine = Identity::of(&served.bench);
    bind(&served, "edms", &machine);
    let thief = Identity { certificate: machine.certificate.clone(), key: Identity::of(&served.bench).key };
    for version in VERSIONS {
        let mut line = Client::new(served.address, version, Some(&thief)).line();
        // Of TLS 1.3 the client learns it when it reads.
        let sent = line.write_all(head(None, "GET", "/api/v1/me", &[]).as_bytes());
        let mut said = Vec::new();
        let refused = sent.and_then(|()| line.read_to_end(&mut said).map(|_| ())).unwrap_err();
        assert!(said.is_empty() && refused.to_string().contains("DecryptError"), "{refused}");
        assert_eq!(Client::new(served.address, version, Some(&machine)).who(None), pair("edms", "certificate"));
    }
}

#[test]
fn a_browser_signs_in_from_another_machine_and_gets_the_cookie_of_tls_only() {
    let (served, _) = served();
    let signer = archivist(&served);
    let client = Client::new(served.address, VERSIONS[0], None);
    let own = ("Sec-Fetch-Site", "same-origin");
    let sign_in = |headers: &[(&str, &str)]| {
        let nonce = client.send(None, "POST", "/api/v1/login/nonce", &[own], b"").json();
        let (id, text) = (nonce["id"].as_str().unwrap(), nonce["text"].as_str().unwrap());
        let cms = signer.sign_detached(text.as_bytes(), at(served.bench.now()));
        let body = json!({"id": id, "cms": STANDARD.encode(cms)}).to_string();
        client.send(None, "POST", "/api/v1/login/signature", &[&[JSON], headers].concat(), body.as_bytes())
    };
    // Both with the header of today's browsers, and by Origin alone; "archive" is no name of this machine.
    for headers in [&[own][..], &[("Origin", "https://archive")]] {
        let entered = sign_in(headers);
        let set = entered.headers["set-cookie"].clone();
        assert!(set.starts_with("__Host-muragat=") && set.ends_with("; Path=/; HttpOnly; SameSite=Strict; Secure"));
        let secret = set.split(['=', ';']).nth(1).unwrap();
        let me = |cookie: &str| client.send(None, "GET", "/api/v1/me", &[("Cookie", cookie)], b"").status;
        assert_eq!(me(&format!("__Host-muragat={secret}")), 200);
        // Who plants the other cookie over an open line plants nothing.
        assert_eq!(me(&format!("muragat={secret}")), 401);
    }
    let downgraded = sign_in(&[own, ("Origin", "http://archive")]);
    assert_eq!((downgraded.status, downgraded.code().as_str()), (403, "SRV-020"));
    // A browser with a session and a certificate is the person of the session.
    let machine = Identity::of(&served.bench);
    bind(&served, "edms", &machine);
    let cookie = sign_in(&[own]).headers["set-cookie"].split(';').next().unwrap().to_owned();
    let both = Client::new(served.address, VERSIONS[0], Some(&machine));
    let me = both.send(None, "GET", "/api/v1/me", &[("Cookie", &cookie)], b"").json();
    assert_eq!((me["account"].as_str(), me["means"].as_str()), (Some("archivist"), Some("signature")));
    // When the session has ended the person does not go on as the machine.
    served.bench.later(DAY_MS);
    let late = |headers: &[(&str, &str)]| both.send(None, "GET", "/api/v1/me", headers, b"").status;
    assert_eq!((late(&[("Cookie", &cookie)]), late(&[])), (401, 200));
}

const PROGRAM: &str = env!("CARGO_BIN_EXE_muragat");

/// The real program, with the lines of its log.
struct Program {
    child: Child,
    addresses: Vec<SocketAddr>,
    log: Arc<Mutex<Vec<Value>>>,
}

fn serve(archive: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(["serve", "--json", "--readers", "0", "--archive"]).arg(archive).args(args).env("MURAGAT_LANG", "en");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

impl Program {
    fn start(archive: &Path, args: &[&str]) -> Self {
        let mut child = serve(archive, args).spawn().unwrap();
        let log = Arc::new(Mutex::new(Vec::new()));
        let (keep, lines) = (log.clone(), BufReader::new(child.stderr.take().unwrap()).lines());
        std::thread::spawn(move || {
            lines.map_while(Result::ok).for_each(|line| {
                keep.lock().unwrap().extend(serde_json::from_str::<Value>(&line).ok());
            });
        });
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line}"));
        let address = |value: &Value| value.as_str().unwrap().parse().unwrap();
        let addresses = said["addresses"].as_array().unwrap().iter().map(address).collect();
        Self { child, addresses, log }
    }

    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
    }

    /// Waits for the nth line of the log that is about TLS or the line.
    fn said(&self, count: usize) -> Value {
        let begun = Instant::now();
        loop {
            let log = self.log.lock().unwrap();
            let about: Vec<&Value> =
                log.iter().filter(|line| line.get("tls").is_some() || line.get("warning").is_some()).collect();
            if about.len() > count {
                return about[count].clone();
            }
            assert!(begun.elapsed() < Duration::from_secs(30), "{log:?}");
            drop(log);
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn ends_well(&mut self) -> bool {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(60) {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.success();
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        false
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn certificate_and_key_are_changed_without_a_break_and_wrong_ones_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let archive = folder.path().join("archive");
    Archive::create(&archive, &super::bed::unsigned(), Arc::new(SystemClock)).unwrap().close().unwrap();
    let now = SystemClock.now();
    let mut own = |buffer: &mut [u8]| random(buffer);
    let validity = Validity { from: at(now - DAY_MS), until: at(now + 90 * DAY_MS) };
    let root = Root::new("ҮЛГІ", validity, &mut own).unwrap();
    let first = Identity::new(&root, now - DAY_MS, now + 60 * DAY_MS);
    let second = Identity::new(&root, now - DAY_MS, now + 3 * DAY_MS);
    let (certificate, key) = first.write(folder.path(), "tls");
    let (certificate, key) = (certificate.to_str().unwrap(), key.to_str().unwrap());
    let args = ["--listen", "127.0.0.1:0", "--tls-cert", certificate, "--tls-key", key];

    // What does not do is refused before anything listens.
    let refused = |change: &dyn Fn()| {
        change();
        let output = serve(&archive, &args).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        first.write(folder.path(), "tls");
        (output.status.code(), said)
    };
    let mode = |mode: u32| std::fs::set_permissions(key, std::fs::Permissions::from_mode(mode)).unwrap();
    for (code, change) in [
        ("SRV-022", Box::new(|| mode(0o604)) as Box<dyn Fn()>),
        ("SRV-022", Box::new(|| mode(0o660))),
        ("SRV-021", Box::new(|| std::fs::remove_file(key).unwrap())),
        ("SRV-021", Box::new(|| std::fs::write(certificate, "").unwrap())),
        ("SRV-021", Box::new(|| std::fs::write(certificate, pem("CERTIFICATE", b"x")).unwrap())),
        ("SRV-021", Box::new(|| std::fs::write(key, pem("PRIVATE KEY", &second.key)).unwrap())),
    ] {
        let (exit, said) = refused(&*change);
        assert!(exit == Some(8) && said.contains(code), "{code}: {exit:?} {said}");
        assert!(!said.contains("BEGIN") && !said.contains(&STANDARD.encode(&first.key)[..40]), "{said}");
    }
    assert_eq!(serve(&archive, &args[..4]).output().unwrap().status.code(), Some(2), "one without the other");

    let mut program = Program::start(&archive, &[&args[..], &["--metrics", "127.0.0.1:0"]].concat());
    assert_eq!(program.said(0)["tls"], "good");
    let left = || {
        let mut stream = connect(program.addresses[1]);
        stream.write_all(head(None, "GET", "/metrics", &[]).as_bytes()).unwrap();
        let text = String::from_utf8(read(&mut stream).body).unwrap();
        let line = text.lines().find(|line| line.starts_with("arch_tls_certificate_left_seconds ")).unwrap();
        line.split(' ').nth(1).unwrap().parse::<u64>().unwrap() / (60 * 60)
    };
    assert_eq!(left(), 60 * 24 - 1, "whole hours, and the figures are plain");
    let client = Client::new(program.addresses[0], VERSIONS[0], None);
    let served = |wanted: &Identity| {
        assert_eq!(client.get("/livez").status, 200);
        assert_eq!(*client.seen.certificate.lock().unwrap(), wanted.certificate);
    };
    served(&first);
    // A connection that is there goes on.
    let mut kept = client.line();
    let mut goes_on = |close: &str| {
        kept.write_all(format!("GET /livez HTTP/1.1\r\nHost: a\r\n{close}\r\n").as_bytes()).unwrap();
        let mut bytes = [0; 12];
        kept.read_exact(&mut bytes).unwrap();
        assert_eq!(&bytes, b"HTTP/1.1 200");
        let mut rest = Vec::new();
        while !rest.ends_with(b"{\"status\":\"ok\"}") {
            let mut byte = [0];
            kept.read_exact(&mut byte).unwrap();
            rest.push(byte[0]);
        }
    };
    goes_on("");
    second.write(folder.path(), "tls");
    program.signal("-HUP");
    let line = program.said(1);
    assert_eq!((line["read"].as_str(), line["tls"].as_str()), (Some("again"), Some("ends-soon")), "{line}");
    served(&second);
    assert_eq!(left(), 3 * 24 - 1);
    goes_on("");
    // Wrong ones leave what is in force, and the log says by its code what is wrong, and no name of a file.
    for (n, (code, change)) in [
        ("SRV-021", Box::new(|| std::fs::write(key, pem("PRIVATE KEY", &first.key)).unwrap()) as Box<dyn Fn()>),
        ("SRV-022", Box::new(|| mode(0o644))),
        ("SRV-021", Box::new(|| std::fs::write(certificate, "-----BEGIN CERTIFICATE-----\n").unwrap())),
        ("SRV-021", Box::new(|| std::fs::remove_file(certificate).unwrap())),
    ]
    .into_iter()
    .enumerate()
    {
        change();
        program.signal("-HUP");
        let line = program.said(n + 2);
        assert_eq!((line["read"].as_str(), line["code"].as_str()), (Some("kept"), Some(code)), "{line}");
        assert!(!line.to_string().contains(folder.path().to_str().unwrap()), "{line}");
        served(&second);
    }
    goes_on("Connection: close\r\n");
    first.write(folder.path(), "tls");
    program.signal("-HUP");
    assert_eq!(program.said(6)["read"], "again");
    served(&first);
    program.signal("-TERM");
    assert!(program.ends_well(), "and it ends in good order");

    // One that has ended serves, and says so: people have to see what is wrong with it.
    Identity::new(&root, now - 3 * DAY_MS, now - DAY_MS).write(folder.path(), "tls");
    let program = Program::start(&archive, &args);
    assert_eq!(program.said(0)["tls"], "expired");
    drop(program);
    // Without TLS the log warns of an address that others reach, and SIGHUP ends the service.
    let mut open = Program::start(&archive, &["--listen", "0.0.0.0:0"]);
    assert!(open.said(0)["warning"].as_str().unwrap().contains("no TLS"));
    open.signal("-HUP");
    assert!(open.ends_well());
    let quiet = Program::start(&archive, &["--listen", "127.0.0.1:0"]);
    let mut stream = connect(quiet.addresses[0]);
    stream.write_all(head(None, "GET", "/livez", &[]).as_bytes()).unwrap();
    assert_eq!(read(&mut stream).status, 200);
    assert!(quiet.log.lock().unwrap().iter().all(|line| line.get("warning").is_none()));
}

/// Makes a key and a self-signed certificate as docs/operating.md §11 says; false where there is no openssl.
fn by_openssl(kind: &[&str], (certificate, key): (&Path, &Path)) -> bool {
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey"])
        .args(kind)
        .args([
            "-nodes",
            "-days",
            "365",
            "-subj",
            "/CN=edms",
            "-addext",
            "subjectAltName=DNS:archive.example",
            "-keyout",
        ])
        .arg(key)
        .arg("-out")
        .arg(certificate)
        .output();
    let Ok(output) = made else {
        eprintln!("skipped: no openssl");
        return false;
    };
    assert!(output.status.success(), "{output:?}");
    std::fs::set_permissions(key, std::fs::Permissions::from_mode(0o600)).unwrap();
    true
}

/// Goal: what docs/operating.md says to do makes a service and machines that work, today. Method: these very commands.
#[test]
fn certificates_that_openssl_makes_serve_and_are_bound() {
    let folder = tempfile::tempdir().unwrap();
    let archive = folder.path().join("archive");
    Archive::create(&archive, &super::bed::unsigned(), Arc::new(SystemClock)).unwrap().close().unwrap();
    let at = |name: &str| folder.path().join(name);
    let ec = ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
    for (n, kind) in [&ec[..], &["rsa:2048"], &["ec", "-pkeyopt", "ec_paramgen_curve:P-384"]].into_iter().enumerate() {
        let name = format!("machine{n}");
        let (service, own) = ((at("tls.crt"), at("tls.key")), (at("edms.crt"), at("edms.key")));
        if !by_openssl(kind, (&service.0, &service.1)) || !by_openssl(kind, (&own.0, &own.1)) {
            return;
        }
        let files = ["--tls-cert", service.0.to_str().unwrap(), "--tls-key", service.1.to_str().unwrap()];
        let program = Program::start(&archive, &[&["--listen", "127.0.0.1:0"][..], &files].concat());
        let command = |args: &[&str]| {
            let done = Command::new(PROGRAM).args(args).arg("--archive").arg(&archive).output().unwrap();
            assert!(done.status.success(), "{args:?}: {}", String::from_utf8_lossy(&done.stderr));
        };
        command(&["user", "add", &name, "--service", &name]);
        command(&["user", "bind-certificate", &name, own.0.to_str().unwrap()]);
        let der = |path: &Path, label: &str| {
            let text = std::fs::read_to_string(path).unwrap();
            let lines = text.lines().filter(|line| !line.starts_with("-----"));
            assert!(text.contains(label), "{text}");
            STANDARD.decode(lines.collect::<String>()).unwrap()
        };
        let identity = Identity { certificate: der(&own.0, "CERTIFICATE"), key: der(&own.1, "BEGIN PRIVATE KEY") };
        for version in VERSIONS {
            let client = Client::new(program.addresses[0], version, Some(&identity));
            assert_eq!(client.who(None), pair(&name, "certificate"), "{kind:?}");
        }
    }
}

/// Goal: other programs than ours agree. Method: curl and openssl, where they are there.
#[test]
fn curl_and_openssl_agree() {
    let (served, _) = served();
    let machine = Identity::of(&served.bench);
    bind(&served, "edms", &machine);
    let (certificate, key) = machine.write(served.bench.folder.path(), "machine");
    let url = format!("https://{}/api/v1/me", served.address);
    for version in ["--tlsv1.3", "--tlsv1.2"] {
        let most = ["--tls-max", &version[6..]];
        let shown = [Path::new("--cert"), &certificate, Path::new("--key"), &key];
        let curl = Command::new("curl").args(["-sSk", version]).args(most).args(shown).arg(&url).output();
        let Ok(output) = curl else {
            eprintln!("skipped: no curl");
            break;
        };
        let me: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {output:?}"));
        assert_eq!((me["account"].as_str(), me["means"].as_str()), (Some("edms"), Some("certificate")));
    }
    for (version, does) in [("-tls1_3", true), ("-tls1_2", true), ("-tls1_1", false)] {
        let address = served.address.to_string();
        let connect = ["s_client", "-connect", &address, version, "-alpn", "h2,http/1.1"];
        let asked = Command::new("openssl").args(connect).stdin(Stdio::null()).output();
        let Ok(output) = asked else {
            eprintln!("skipped: no openssl");
            return;
        };
        let said = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.success(), does, "{version}: {said}");
        assert_eq!(said.contains("ALPN protocol: http/1.1"), does, "{version}: {said}");
        assert!(!does || said.contains("No client certificate CA names sent"), "any may be shown: {said}");
    }
}
