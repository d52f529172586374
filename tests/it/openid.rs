//! Signing in at an OpenID provider, of a build that has it (the feature `oidc`).
//!
//! Goal: a session is had by a token that the configured provider signed for this archive, this browser and this
//! sign-in, about a person with an office, and by nothing else; a provider that is slow, odd or lying harms nobody.
//! Method: a served archive, a browser that keeps cookies, and a provider on this machine that signs what a row of a
//! table tells it to. Each refusal is checked by its word in the log: that it was refused for something else would be
//! no proof.

use super::served::{Answer, Served, logged};
use super::web::{Browser, FORM};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use muragat::api::{Options, Server};
use muragat::archive::Slot;
use muragat::clock::FixedClock;
use muragat::error::ErrorCode;
use muragat::model::digest::sha256;
use muragat::text::Lang;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm, KeyPair,
    RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaKeyPair, RsaPublicKeyComponents,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const MINUTE_MS: u64 = 60_000;
const CLIENT: &str = "archive";
/// With characters that a form has to encode.
const SECRET: &str = "s3cret:+&%";
const REDIRECT: &str = "http://localhost/sign-in/openid/return";
const LEVEL: &str = "urn:example:two-factors";
/// A key of 2,048 bits that was made for this test.
const RSA: &str = "\
    MIIEogIBAAKCAQEAuHHtVVdAlpwRqKDEegxP3polBTlEaK02gx/FTDJva+Xu/WAUqrXof91pzOxwiSMLz02cU9+zqeO97WZo4A0b\
    pmxyc3ak/jp6xbeHXSBpsLogvwTE7rPpXWxmRexk0u6VGZQG+zw3V1ihhFSXR1bfP2X9ycebCex9pmL6ZwEdstD5c572LxCpESWb\
    V3nPEBzM/0Opyf3tDRxEq6iVwiluB4JlnsZkEHvtDvFK4h1WbUAgmIfvx59PSPqvnWIDUho4oYcet2/iMFIYVUGCbYdUDl1IJx9K\
    tHDWLMv/E+OaFWUPL6oh9qdp/hD2pF/CX4g4C8PyvokB0zqVz2tFEZ+QHwIDAQABAoIBABMyBB2oFXg3KN1QUfJTurIzf5vSEG0G\
    bdBqq4lZDGCBzwP+jlgP03EPNXYWu0WCaLW74YOXGecZ5QfCazK6GoEQ8z5SACzXIDTYe1V1TJqQXF0U3XvsLGLFJ8WqKvoKy2ic\
    j7dw1l+YQUL43L+Xamd6MVXhGKEJRDBfR6kVpCYaTS/tQJgzRsv4cpEkhSqZ3DWndk6IoKuqYZUoA/+W8T2HcJy+bacJSaxNLAOO\
    In2vM50M+WQnuJA+jrQan8IaoZkW5V92SrBzf7V+Z8Hgws4oQAr+CjOHcK58MIYjcx2O7K3UKimofaJlFMj+ZsKJWdewLV/xO+ug\
    bSdSYxFY7LUCgYEA6BYc+/j/C13/WY9zWxRYRKm53yIzYBxZ6IHeffpDhbdVO+gWg8U9YWL1md0s6gmOJdV2PBdeD/ks1XzVCbIQ\
    UQV1q5gIEiaamYsO5QcMWxbemmsilQn0AN+Kr486DxhGvBGGPEhY4zYjOCo3wBv80Iu8xrhp1etwkSQALKL7RdUCgYEAy3Ml9lQG\
    lMa21g4/dJkleJHBRKjYOVdpmg4kWytFdNdZF1CrGC7okPrA/tGMtnz3kzJMLpHUVaB/WhL9GBNKav0hjZuxX5iVIIFD2i0D6HlE\
    J+Ea5f0AKAxOuoipHtpvhTdLNtrHVk9rAbdixwTXCibdkDKJ/4bdEy+Xq8ze9CMCgYBJb53SOPJypVaD/zkQC7r2VwIiUY8SDUaB\
    pH5DPGobKGyG3SQqo8GNTCPMgMiScV2SKR4VW4t+4GhIUQyT2c0B5glat2tuWtq2VOLsozNMq0rab6XspM6ZbCJU9Kv5VMQlBCKG\
    dpnxoxK31dv4JKL1VhHwiy+p6aqfslV/yj5Z1QKBgAK9u241NZ19i+sYaAx3H8UfGZ6GM9uZ7OdRd3XvAFGRsTaaNKPvxdxmNIF6\
    a03uIxvNmq8p8dVxgyXAib5wTBli7bfNuDcUhDXa6AIhhyLzt1JeOxGMNhtUBx+GRdkPkl8WHqJPkk38ZfGw+di6nPcbDPMrayaR\
    N5tRkdaTvRFHAoGAXswrVUeUBeOKCVhA6+BdxvKst+p/pnZ30uXS75jgwOVt7dbTHAKbbvK82G2ujqOtscYrwGxPX64ni8Pl9BZK\
    R13eJXRyr3kvhaX7xPK5wYpandYMF+ySLQ4VUc3KB0re5NJdupvbFriZq7b2ZyCSBP3ESnC83/AuPKvQNQKxIRM=\
";

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A pair of keys of a provider.
enum Pair {
    Ec(EcdsaKeyPair, SystemRandom),
    Rsa(RsaKeyPair),
}

impl Pair {
    fn ec(of: &'static EcdsaSigningAlgorithm) -> Self {
        let random = SystemRandom::new();
        let made = EcdsaKeyPair::generate_pkcs8(of, &random).unwrap();
        Self::Ec(EcdsaKeyPair::from_pkcs8(of, made.as_ref(), &random).unwrap(), random)
    }

    fn rsa() -> Self {
        Self::Rsa(RsaKeyPair::from_der(&STANDARD.decode(RSA).unwrap()).unwrap())
    }

    fn jwk(&self, id: &str) -> Value {
        match self {
            Self::Ec(pair, _) => {
                let point = &pair.public_key().as_ref()[1..];
                let (x, y) = point.split_at(point.len() / 2);
                let curve = if x.len() == 32 { "P-256" } else { "P-384" };
                json!({"kty": "EC", "use": "sig", "kid": id, "crv": curve, "x": encode(x), "y": encode(y)})
            }
            Self::Rsa(pair) => {
                let RsaPublicKeyComponents::<Vec<u8>> { n, e } = pair.public().into();
                json!({"kty": "RSA", "use": "sig", "kid": id, "n": encode(n), "e": encode(e)})
            }
        }
    }

    fn sign(&self, algorithm: &str, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Ec(pair, random) => pair.sign(random, message).unwrap().as_ref().to_vec(),
            Self::Rsa(pair) => {
                let scheme: &dyn ring::signature::RsaEncoding =
                    if algorithm == "PS256" { &RSA_PSS_SHA256 } else { &RSA_PKCS1_SHA256 };
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(scheme, &SystemRandom::new(), message, &mut signature).unwrap();
                signature
            }
        }
    }
}

/// By what a token is signed.
#[derive(Clone, Copy)]
enum By {
    Ec,
    P384,
    Rsa,
    /// RSA by PKCS #1, whatever the head says.
    Pkcs1,
    /// A key that the provider does not publish.
    Other,
    /// HMAC, with what everybody can read as its secret.
    Mac(fn(&Value) -> Vec<u8>),
    Nothing,
}

/// A token before it is signed.
struct Forge {
    head: Value,
    claims: Value,
    by: By,
    access: Option<&'static str>,
    now: i64,
    code: String,
    /// What is done to the signed text.
    twist: fn(String) -> String,
}

impl Forge {
    fn half(of: &str) -> Value {
        encode(&sha256(of.as_bytes()).0[..16]).into()
    }

    fn sign(&self, provider: &Provider) -> String {
        let algorithm = self.head["alg"].as_str().unwrap();
        let text = format!("{}.{}", encode(self.head.to_string()), encode(self.claims.to_string()));
        let signature = match self.by {
            By::Ec => provider.pairs["ec"].sign(algorithm, text.as_bytes()),
            By::P384 => provider.pairs["p384"].sign(algorithm, text.as_bytes()),
            By::Rsa => provider.pairs["rsa"].sign(algorithm, text.as_bytes()),
            By::Pkcs1 => provider.pairs["rsa"].sign("RS256", text.as_bytes()),
            By::Other => provider.pairs["other"].sign(algorithm, text.as_bytes()),
            By::Mac(secret) => {
                let secret = secret(&provider.jwks());
                let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &secret);
                ring::hmac::sign(&key, text.as_bytes()).as_ref().to_vec()
            }
            By::Nothing => Vec::new(),
        };
        (self.twist)(format!("{text}.{}", encode(signature)))
    }
}

type Change = fn(&mut Forge);

/// What a provider answers with, instead of what it should.
#[derive(Clone)]
enum Odd {
    Json(u16, Value),
    Text(&'static str),
    To(String),
    /// Nothing, and the connection stays.
    Silence,
    /// One byte after another, never the last.
    Drip,
    /// A body without an end.
    Endless,
}

/// What it knows of a person whom a browser brought.
#[derive(Clone)]
struct Brought {
    nonce: String,
    challenge: String,
}

struct Provider {
    issuer: String,
    clock: Arc<FixedClock>,
    pairs: BTreeMap<&'static str, Pair>,
    /// Ids of the keys that are published.
    published: Mutex<Vec<&'static str>>,
    codes: Mutex<BTreeMap<String, Brought>>,
    change: Mutex<Change>,
    odd: Mutex<BTreeMap<&'static str, Odd>>,
    asked: Mutex<Vec<String>>,
}

const DESCRIPTION: &str = "/realm/.well-known/openid-configuration";
const KEYS: &str = "/realm/keys";
const TOKEN: &str = "/realm/token";

impl Provider {
    fn at(clock: Arc<FixedClock>, listener: &TcpListener, scheme: &str) -> Arc<Self> {
        let port = listener.local_addr().unwrap().port();
        let ec = || Pair::ec(&ECDSA_P256_SHA256_FIXED_SIGNING);
        let pairs =
            [("ec", ec()), ("p384", Pair::ec(&ECDSA_P384_SHA384_FIXED_SIGNING)), ("rsa", Pair::rsa()), ("other", ec())];
        Arc::new(Self {
            issuer: format!("{scheme}://localhost:{port}/realm"),
            clock,
            pairs: pairs.into(),
            published: Mutex::new(vec!["ec", "p384", "rsa"]),
            codes: Mutex::default(),
            change: Mutex::new(|_| {}),
            odd: Mutex::default(),
            asked: Mutex::default(),
        })
    }

    fn new(served: &Served) -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let provider = Self::at(served.bench.clock.clone(), &listener, "http");
        let it = provider.clone();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let it = it.clone();
                std::thread::spawn(move || it.serve(&mut stream));
            }
        });
        provider
    }

    fn now_s(&self) -> i64 {
        i64::try_from(self.clock.0.load(Ordering::SeqCst) / 1000).unwrap()
    }

    fn description(&self) -> Value {
        json!({
            "issuer": self.issuer, "authorization_endpoint": format!("{}/authorize?kept=1", self.issuer),
            "token_endpoint": format!("{}/token", self.issuer), "jwks_uri": format!("{}/keys", self.issuer),
            "code_challenge_methods_supported": ["plain", "S256"],
        })
    }

    fn jwks(&self) -> Value {
        let keys: Vec<Value> = self.published.lock().unwrap().iter().map(|id| self.pairs[id].jwk(id)).collect();
        json!({"keys": keys})
    }

    fn asked(&self, path: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|asked| *asked == path).count()
    }

    fn changing(&self, change: Change) {
        *self.change.lock().unwrap() = change;
    }

    fn be(&self, path: &'static str, odd: Option<Odd>) {
        let mut all = self.odd.lock().unwrap();
        match odd {
            Some(odd) => all.insert(path, odd),
            None => all.remove(path),
        };
    }

    /// A person signs in: the code and the state that the browser brings back.
    fn arrive(&self, location: &str) -> (String, String) {
        let (at, query) = location.split_once('?').unwrap();
        assert_eq!(at, format!("{}/authorize", self.issuer));
        let fields: BTreeMap<&str, String> = query
            .split('&')
            .map(|pair| pair.split_once('=').unwrap())
            .map(|(name, value)| (name, decoded(value)))
            .collect();
        let wanted = [
            ("kept", "1"),
            ("response_type", "code"),
            ("client_id", CLIENT),
            ("redirect_uri", REDIRECT),
            ("scope", "openid iin"),
            ("code_challenge_method", "S256"),
            ("acr_values", LEVEL),
        ];
        wanted.iter().for_each(|(name, value)| assert_eq!(fields[name], *value));
        let (nonce, challenge) = (fields["nonce"].clone(), fields["code_challenge"].clone());
        assert_eq!((nonce.len(), challenge.len(), fields["state"].len()), (64, 43, 64));
        let mut codes = self.codes.lock().unwrap();
        let code = format!("code-{}-{}", codes.len(), &nonce[..16]);
        codes.insert(code.clone(), Brought { nonce, challenge });
        (code, fields["state"].clone())
    }

    fn forge(&self, code: &str, brought: &Brought) -> Forge {
        let now = self.now_s();
        let mut forge = Forge {
            head: json!({"alg": "ES256", "kid": "ec", "typ": "JWT"}),
            claims: json!({
                "iss": self.issuer, "aud": CLIENT, "sub": "person-1", "sid": "session-1", "iat": now,
                "exp": now + 600, "nonce": brought.nonce, "acr": LEVEL, "iin": "000000000021",
                "email": "archivist@example.kz",
            }),
            by: By::Ec,
            access: None,
            now,
            code: code.to_owned(),
            twist: |token| token,
        };
        (self.change.lock().unwrap())(&mut forge);
        forge
    }

    /// The token endpoint: the client by its secret, PKCE, and every code once.
    fn give(&self, head: &str, body: &str) -> (u16, Value) {
        let pair = STANDARD.encode(format!("{CLIENT}:s3cret%3A%2B%26%25"));
        let authorization = |line: &str| line.to_ascii_lowercase().starts_with("authorization: basic ");
        assert!(head.lines().any(|line| authorization(line) && line.ends_with(&pair)), "{head}");
        let fields: BTreeMap<&str, String> = body
            .split('&')
            .map(|pair| pair.split_once('=').unwrap())
            .map(|(name, value)| (name, decoded(value)))
            .collect();
        assert_eq!((fields["grant_type"].as_str(), fields["redirect_uri"].as_str()), ("authorization_code", REDIRECT));
        assert!(!fields.contains_key("client_secret"));
        let brought = self.codes.lock().unwrap().remove(&fields["code"]);
        let challenge = encode(sha256(fields["code_verifier"].as_bytes()).0);
        let Some(brought) = brought.filter(|brought| brought.challenge == challenge) else {
            return (400, json!({"error": "invalid_grant"}));
        };
        let forge = self.forge(&fields["code"], &brought);
        let mut given = json!({"token_type": "Bearer", "id_token": forge.sign(self)});
        if let Some(access) = forge.access {
            given["access_token"] = access.into();
        }
        (200, given)
    }

    fn serve(&self, stream: &mut (impl Read + Write)) {
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") {
            if stream.read(&mut byte).unwrap_or(0) == 0 {
                return;
            }
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).unwrap();
        let path = head.split(' ').nth(1).unwrap().to_owned();
        self.asked.lock().unwrap().push(path.clone());
        let length = |line: &str| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok();
        let mut body = vec![0; head.lines().find_map(length).unwrap_or(0)];
        stream.read_exact(&mut body).unwrap();
        let odd = self.odd.lock().unwrap().get(path.as_str()).cloned();
        let (status, value) = match (odd, path.as_str()) {
            (Some(Odd::Json(status, value)), _) => (status, value.to_string()),
            (Some(Odd::Text(text)), _) => (200, text.to_owned()),
            // The client goes away: that is what these are about.
            (Some(Odd::To(place)), _) => {
                let to = format!("HTTP/1.1 302 Found\r\nLocation: {place}\r\nContent-Length: 0\r\n\r\n");
                let _ = stream.write_all(to.as_bytes());
                return;
            }
            (Some(Odd::Silence), _) => return drop(stream.read(&mut byte)),
            (Some(Odd::Drip), _) => {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
                while stream.write_all(b" ").is_ok() {
                    std::thread::sleep(Duration::from_millis(20));
                }
                return;
            }
            (Some(Odd::Endless), _) => {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
                while stream.write_all(&[b' '; 65_536]).is_ok() {}
                return;
            }
            (None, DESCRIPTION) => (200, self.description().to_string()),
            (None, KEYS) => (200, self.jwks().to_string()),
            (None, TOKEN) => {
                let (status, value) = self.give(&head, std::str::from_utf8(&body).unwrap());
                (status, value.to_string())
            }
            _ => (404, String::new()),
        };
        let _ = write!(stream, "HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n{value}", value.len());
        let _ = stream.flush();
    }
}

fn decoded(value: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), value.bytes());
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let hex = [rest.next().unwrap(), rest.next().unwrap()];
                u8::from_str_radix(std::str::from_utf8(&hex).unwrap(), 16).unwrap()
            }
            other => other,
        });
    }
    String::from_utf8(bytes).unwrap()
}

fn table(issuer: &str, redirect: &str, more: &str) -> String {
    format!(
        "\n[oidc]\nissuer = \"{issuer}\"\nclient_id = \"{CLIENT}\"\nclient_secret_file = \"../client-secret\"\n\
         redirect = \"{redirect}\"\nclaim = \"iin\"\nacr = [\"{LEVEL}\"]\nscopes = [\"iin\"]\n{more}"
    )
}

fn configure(served: &Served, table: &str) {
    let path = served.bench.root().join("muragat.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let before = text.split("\n[oidc]").next().unwrap();
    std::fs::write(path, format!("{before}{table}")).unwrap();
    let secret = served.bench.folder.path().join("client-secret");
    std::fs::write(&secret, format!("{SECRET}\n")).unwrap();
    std::fs::set_permissions(secret, std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// A served archive, and the provider that it asks.
fn both() -> (Served, Arc<Provider>) {
    let mut served = Served::new();
    let provider = Provider::new(&served);
    configure(&served, &table(&provider.issuer, REDIRECT, ""));
    served.restart();
    (served, provider)
}

const BEGIN: &str = "/sign-in/openid?next=%2Fsearch";

/// Begins, and is signed in by the provider.
fn begin(browser: &Browser<'_>, provider: &Provider) -> (String, String) {
    let answer = browser.get(BEGIN);
    assert_eq!(answer.status, 303, "{answer:?}");
    provider.arrive(&answer.headers["location"])
}

fn back(browser: &Browser<'_>, code: &str, state: &str) -> Answer {
    browser.get(&format!("/sign-in/openid/return?code={code}&state={state}&session_state=x"))
}

/// The whole way.
fn flow(browser: &Browser<'_>, provider: &Provider) -> Answer {
    let (code, state) = begin(browser, provider);
    back(browser, &code, &state)
}

/// What a page says that was not done, without what differs by request.
fn said(answer: &Answer) -> String {
    let page = String::from_utf8(answer.body.clone()).unwrap();
    let alert = page.split("role=\"alert\"").nth(1).unwrap_or_else(|| panic!("{page}"));
    let alert = alert.split("</div>").next().unwrap();
    alert.replace(&answer.headers["x-request-id"], "ID")
}

/// That nobody came in, why, and that the page does not tell.
fn nobody(answer: &Answer, browser: &Browser<'_>, why: &str, what: &str) {
    let line = logged(answer);
    assert_eq!(line["reason"], why, "{what}: {line} {answer:?}");
    assert_eq!((answer.status, line["code"].as_str()), (401, Some("SRV-003")), "{what}");
    assert!(line["actor"].is_null(), "{what}: {line}");
    assert!(!answer.headers.contains_key("set-cookie"), "{what}: {answer:?}");
    assert!(said(answer).contains("SRV-003"), "{what}");
    assert_eq!(browser.who(), None, "{what}");
}

#[test]
fn a_token_of_the_provider_opens_a_session_of_the_person_it_names() {
    let (served, provider) = both();
    let browser = Browser::new(&served);
    let page = String::from_utf8(browser.get("/sign-in?next=/search").body).unwrap();
    assert!(page.contains("href=\"/sign-in/openid?next=%2Fsearch\""), "{page}");
    let begun = browser.get(BEGIN);
    let set = &begun.headers["set-cookie"];
    assert!(
        set.starts_with("muragat-openid=") && set.ends_with("; Path=/; HttpOnly; SameSite=Lax; Max-Age=600"),
        "{set}"
    );
    let (code, state) = provider.arrive(&begun.headers["location"]);
    assert!(!begun.headers["location"].contains(&set["muragat-openid=".len()..][..64]), "the provider sees no cookie");
    let answer = back(&browser, &code, &state);
    assert_eq!((answer.status, answer.headers["refresh"].as_str()), (200, "0; url=/search"), "{answer:?}");
    let set = &answer.headers["set-cookie"];
    assert!(set.starts_with("muragat=") && set.ends_with("; Path=/; HttpOnly; SameSite=Strict"), "{set}");
    let shown = String::from_utf8(answer.body.clone()).unwrap();
    assert!(!shown.contains(&code) && !shown.contains(&state), "the page does not repeat them");
    let me = browser.get("/api/v1/me").json();
    assert_eq!((me["account"].as_str(), me["means"].as_str()), (Some("archivist"), Some("oidc")), "{me}");
    let line = logged(&answer).to_string();
    assert!(!line.contains(&code) && !line.contains(&state) && !line.contains("000000000021"), "{line}");
    // The same by every algorithm, and by tokens that say more.
    let good: [(&str, Change); 8] = [
        ("ES384", |f| (f.head, f.by) = (json!({"alg": "ES384", "kid": "p384"}), By::P384)),
        ("RS256", |f| (f.head, f.by) = (json!({"alg": "RS256", "kid": "rsa"}), By::Rsa)),
        ("PS256", |f| (f.head, f.by) = (json!({"alg": "PS256", "kid": "rsa"}), By::Rsa)),
        ("the only key of its kind", |f| f.head = json!({"alg": "ES256"})),
        ("several, and azp", |f| {
            (f.claims["aud"], f.claims["azp"]) = (json!(["x", CLIENT]), json!(CLIENT));
        }),
        ("one in a list", |f| f.claims["aud"] = json!([CLIENT])),
        ("both halves", |f| {
            f.access = Some("access");
            (f.claims["at_hash"], f.claims["c_hash"]) = (Forge::half("access"), Forge::half(&f.code));
        }),
        ("within the skew", |f| {
            (f.claims["iat"], f.claims["exp"]) = (json!(f.now + 299), json!(f.now - 299));
        }),
    ];
    for (what, change) in good {
        provider.changing(change);
        let browser = Browser::new(&served);
        assert_eq!(flow(&browser, &provider).status, 200, "{what}");
        assert_eq!(browser.who().as_deref(), Some("archivist"), "{what}");
    }
    assert_eq!((provider.asked(DESCRIPTION), provider.asked(KEYS)), (1, 1), "they are remembered");
    // Another person of the same provider is another account.
    provider.changing(|f| f.claims["iin"] = json!("000000000015"));
    let admin = Browser::new(&served);
    assert_eq!(flow(&admin, &provider).status, 200);
    assert_eq!(admin.who().as_deref(), Some("admin"));
    // What the browser had before ends, though its cookie stays away on the way back.
    let (code, state) = begin(&admin, &provider);
    let had = admin.cookies.borrow_mut().remove("muragat").unwrap();
    assert_eq!(back(&admin, &code, &state).status, 200);
    admin.cookies.borrow_mut().insert("muragat".to_owned(), had);
    assert_eq!(admin.who(), None);
}

#[test]
fn whatever_is_wrong_with_a_token_nobody_is_signed_in_and_nobody_is_told_why() {
    let (served, provider) = both();
    let rows: [(&str, &str, Change); 47] = [
        ("another issuer", "iss", |f| f.claims["iss"] = json!("http://localhost/realm")),
        ("issuer with a slash more", "iss", |f| {
            f.claims["iss"] = json!(format!("{}/", f.claims["iss"].as_str().unwrap()))
        }),
        ("no issuer", "iss", |f| f.claims["iss"] = Value::Null),
        ("another client", "aud", |f| f.claims["aud"] = json!("other")),
        ("no client", "aud", |f| f.claims["aud"] = json!([])),
        ("several clients", "aud", |f| f.claims["aud"] = json!([CLIENT, "other"])),
        ("made for another", "aud", |f| f.claims["azp"] = json!("other")),
        ("several, made for another", "aud", |f| {
            (f.claims["aud"], f.claims["azp"]) = (json!([CLIENT, "other"]), json!("other"));
        }),
        ("expired", "exp", |f| f.claims["exp"] = json!(f.now - 300)),
        ("no end", "exp", |f| f.claims["exp"] = Value::Null),
        ("an end that is no number", "exp", |f| f.claims["exp"] = json!("9999999999")),
        ("of tomorrow", "iat", |f| f.claims["iat"] = json!(f.now + 301)),
        ("of before it was begun", "iat", |f| f.claims["iat"] = json!(f.now - 301)),
        ("no beginning", "iat", |f| f.claims["iat"] = Value::Null),
        ("not yet", "iat", |f| f.claims["nbf"] = json!(f.now + 301)),
        ("another nonce", "nonce", |f| f.claims["nonce"] = json!("0".repeat(64))),
        ("no nonce", "nonce", |f| f.claims["nonce"] = Value::Null),
        ("none", "alg", |f| (f.head, f.by) = (json!({"alg": "none"}), By::Nothing)),
        ("none, with a key", "alg", |f| (f.head["alg"], f.by) = (json!("none"), By::Nothing)),
        ("nOnE", "alg", |f| (f.head["alg"], f.by) = (json!("nOnE"), By::Nothing)),
        ("no signature", "signature", |f| f.by = By::Nothing),
        ("two parts", "form", |f| f.twist = |token| token.rsplit_once('.').unwrap().0.to_owned()),
        ("HS256 with the modulus as secret", "alg", |f| {
            f.head = json!({"alg": "HS256", "kid": "rsa"});
            f.by = By::Mac(|keys| URL_SAFE_NO_PAD.decode(keys["keys"][2]["n"].as_str().unwrap()).unwrap());
        }),
        ("HS256 with the key set as secret", "alg", |f| {
            (f.head, f.by) = (json!({"alg": "HS256", "kid": "ec"}), By::Mac(|keys| keys.to_string().into_bytes()));
        }),
        ("HS256 without a name", "alg", |f| {
            (f.head, f.by) = (json!({"alg": "HS256"}), By::Mac(|keys| keys["keys"][0].to_string().into_bytes()));
        }),
        ("ES256 named for the RSA key", "alg", |f| f.head["kid"] = json!("rsa")),
        ("RS256 named for the EC key", "alg", |f| {
            (f.head, f.by) = (json!({"alg": "RS256", "kid": "ec"}), By::Rsa);
        }),
        ("ES384 by the key of P-256", "alg", |f| f.head["alg"] = json!("ES384")),
        ("ES256 by the key of P-384", "alg", |f| (f.head["kid"], f.by) = (json!("p384"), By::P384)),
        ("PS256 said, RS256 done", "signature", |f| {
            (f.head, f.by) = (json!({"alg": "PS256", "kid": "rsa"}), By::Pkcs1);
        }),
        ("the key of somebody else", "signature", |f| f.by = By::Other),
        ("a key in the head", "signature", |f| {
            (f.head["jwk"], f.by) = (json!({"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}), By::Other);
        }),
        ("a changed claim", "signature", |f| {
            f.twist = |token| {
                let parts: Vec<&str> = token.split('.').collect();
                let claims = String::from_utf8(URL_SAFE_NO_PAD.decode(parts[1]).unwrap()).unwrap();
                let claims = claims.replace("000000000021", "000000000015");
                format!("{}.{}.{}", parts[0], encode(claims), parts[2])
            }
        }),
        ("a changed signature", "signature", |f| {
            f.twist = |token| {
                let (signed, signature) = token.rsplit_once('.').unwrap();
                let mut signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
                signature[7] ^= 1;
                format!("{signed}.{}", encode(signature))
            }
        }),
        ("an unknown key", "kid", |f| f.head["kid"] = json!("other")),
        ("something that must be understood", "form", |f| f.head["crit"] = json!(["exp"])),
        ("an access token", "form", |f| f.head["typ"] = json!("at+jwt")),
        ("a logout token", "form", |f| f.head["typ"] = json!("logout+jwt")),
        ("another code", "c_hash", |f| f.claims["c_hash"] = Forge::half("other")),
        ("another access token", "at_hash", |f| {
            (f.access, f.claims["at_hash"]) = (Some("access"), Forge::half("other"));
        }),
        ("an access token that did not come", "at_hash", |f| f.claims["at_hash"] = Forge::half("")),
        ("a lower level", "acr", |f| f.claims["acr"] = json!("urn:example:password")),
        ("no level", "acr", |f| f.claims["acr"] = Value::Null),
        ("a mail address alone", "claim", |f| f.claims["iin"] = Value::Null),
        ("a number that is no text", "claim", |f| f.claims["iin"] = json!(21)),
        ("a person without an office", "account", |f| f.claims["iin"] = json!("000000000029")),
        ("a person without an account", "account", |f| f.claims["iin"] = json!("000000000099")),
    ];
    let mut answers = Vec::new();
    for (what, why, change) in rows {
        provider.changing(change);
        let browser = Browser::new(&served);
        let answer = flow(&browser, &provider);
        nobody(&answer, &browser, why, what);
        answers.push(said(&answer));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "one answer: {answers:?}");
    provider.changing(|_| {});
    assert_eq!(flow(&Browser::new(&served), &provider).status, 200, "and who is right comes in after all of them");
}

#[test]
fn a_sign_in_is_of_one_browser_one_code_and_ten_minutes() {
    let (served, provider) = both();
    let mine = Browser::new(&served);
    let (code, state) = begin(&mine, &provider);
    // Another browser, without a cookie and with that of its own sign-in; neither ends mine.
    let other = Browser::new(&served);
    nobody(&back(&other, &code, &state), &other, "browser", "no cookie");
    let (own_code, own_state) = begin(&other, &provider);
    nobody(&back(&other, &code, &state), &other, "browser", "the cookie of another sign-in");
    nobody(&back(&other, &code, &"0".repeat(64)), &other, "state", "a state that was never given");
    nobody(&back(&other, &code, ""), &other, "state", "no state");
    // Another's code in one's own sign-in: the verifier does not fit.
    nobody(&back(&other, &code, &own_state), &other, "provider", "another's code");
    nobody(&back(&other, &own_code, &own_state), &other, "state", "a second use of the state");
    // The provider spent my code on that attempt; so does a real one.
    nobody(&back(&mine, &code, &state), &mine, "provider", "a second use of the code");
    assert_eq!(flow(&mine, &provider).status, 200);
    let late = Browser::new(&served);
    let (code, state) = begin(&late, &provider);
    served.bench.later(10 * MINUTE_MS + 1);
    nobody(&back(&late, &code, &state), &late, "state", "late");
    let sent_back = |query: &str| {
        let browser = Browser::new(&served);
        let (code, state) = begin(&browser, &provider);
        let answer = browser.get(&format!("/sign-in/openid/return?state={state}{}", query.replace("CODE", &code)));
        (browser, answer)
    };
    for (query, why) in [
        ("&error=access_denied", "provider"),
        ("&code=", "provider"),
        ("&code=%00", "provider"),
        ("&code=CODE&iss=http%3A%2F%2Flocalhost%2Fother", "mixed"),
    ] {
        let (browser, answer) = sent_back(query);
        nobody(&answer, &browser, why, query);
    }
    let issuer: String = provider.issuer.bytes().map(|byte| format!("%{byte:02X}")).collect();
    assert_eq!(sent_back(&format!("&code=CODE&iss={issuer}")).1.status, 200);
    // No other site begins one, and without TLS no other machine.
    for (headers, code) in [
        (&[("Sec-Fetch-Site", "cross-site")][..], "SRV-020"),
        (&[("Sec-Fetch-Site", "same-site")], "SRV-020"),
        (&[("Host", "archive")], "SRV-020"),
    ] {
        let answer = Browser::new(&served).send("GET", BEGIN, headers, "");
        assert_eq!((answer.status, logged(&answer)["code"].as_str()), (403, Some(code)), "{headers:?}");
        assert!(!answer.headers.contains_key("location"));
    }
    // A place of another site is not gone to afterwards.
    let browser = Browser::new(&served);
    let begun = browser.get("/sign-in/openid?next=https%3A%2F%2Felsewhere.example%2F");
    let (code, state) = provider.arrive(&begun.headers["location"]);
    assert_eq!(back(&browser, &code, &state).headers["refresh"], "0; url=/");
}

#[test]
fn the_cookies_of_a_line_with_tls_are_those_that_only_tls_has() {
    let (mut served, provider) = both();
    let redirect = "https://archive.example/sign-in/openid/return";
    configure(&served, &table(&provider.issuer, redirect, ""));
    served.restart();
    let begun = Browser::new(&served).send("GET", BEGIN, &[("Host", "archive.example")], "");
    let set = &begun.headers["set-cookie"];
    assert!(set.starts_with("__Host-muragat-openid="), "{set}");
    assert!(set.ends_with("; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=600"), "{set}");
}

#[test]
fn keys_are_fetched_again_for_an_unknown_one_once_a_minute() {
    let (served, provider) = both();
    let by_new: Change = |f| (f.head["kid"], f.by) = (json!("other"), By::Other);
    assert_eq!(flow(&Browser::new(&served), &provider).status, 200);
    provider.published.lock().unwrap().push("other");
    provider.changing(by_new);
    let refused = |what: &str| {
        let browser = Browser::new(&served);
        nobody(&flow(&browser, &provider), &browser, "kid", what);
    };
    refused("the keys are a moment old");
    assert_eq!(provider.asked(KEYS), 1);
    served.bench.later(MINUTE_MS);
    assert_eq!(flow(&Browser::new(&served), &provider).status, 200, "after a minute the new key is there");
    assert_eq!(provider.asked(KEYS), 2);
    // A key that was taken back is believed for a quarter of an hour at most.
    provider.published.lock().unwrap().retain(|id| *id != "other");
    served.bench.later(14 * MINUTE_MS);
    assert_eq!(flow(&Browser::new(&served), &provider).status, 200);
    served.bench.later(MINUTE_MS);
    refused("taken back");
    refused("still");
    assert_eq!(provider.asked(KEYS), 3);
}

#[test]
fn a_provider_that_is_odd_or_lies_is_no_provider() {
    let (served, provider) = both();
    let elsewhere = Provider::new(&served);
    let with = |name: &str, value: Value| {
        let mut description = provider.description();
        description[name] = value;
        Some(Odd::Json(200, description))
    };
    let foreign = |path: &str| json!(format!("{}{path}", elsewhere.issuer));
    let fails = |what: &str| {
        let (browser, begun) = (Browser::new(&served), Instant::now());
        let answer = browser.get(BEGIN);
        let answer = match answer.headers.get("location").filter(|_| answer.status == 303) {
            Some(location) => {
                let (code, state) = provider.arrive(location);
                back(&browser, &code, &state)
            }
            None => answer,
        };
        let line = logged(&answer);
        assert_eq!((answer.status, line["code"].as_str()), (502, Some("OID-003")), "{what}: {line}");
        assert!(line["what"].is_string(), "the log says what: {line}");
        let said = said(&answer);
        assert!(said.contains("OID-003") && !said.contains(line["what"].as_str().unwrap()), "{what}: {said}");
        assert!(begun.elapsed() < Duration::from_secs(5), "{what}");
        assert_eq!(browser.who(), None, "{what}");
        // What failed is not asked again at once.
        served.bench.later(10_000);
    };
    let description = [
        ("an error", Some(Odd::Json(500, json!({})))),
        ("no JSON", Some(Odd::Text("<html>"))),
        ("half of it", Some(Odd::Text("{\"issuer\":"))),
        ("without an end", Some(Odd::Endless)),
        ("a redirect", Some(Odd::To(format!("{}/.well-known/openid-configuration", elsewhere.issuer)))),
        ("of another issuer", with("issuer", foreign(""))),
        ("no token endpoint", with("token_endpoint", Value::Null)),
        ("tokens elsewhere", with("token_endpoint", foreign("/token"))),
        ("keys elsewhere", with("jwks_uri", foreign("/keys"))),
        ("people elsewhere", with("authorization_endpoint", foreign("/authorize"))),
        ("keys without TLS elsewhere", with("jwks_uri", json!("http://keys.example/keys"))),
        ("no S256", with("code_challenge_methods_supported", json!(["plain"]))),
        ("no secret", with("token_endpoint_auth_methods_supported", json!(["private_key_jwt"]))),
    ];
    for (what, odd) in description {
        provider.be(DESCRIPTION, odd);
        fails(what);
    }
    // Strangers do not make the archive ask more often.
    let before = provider.asked(DESCRIPTION);
    provider.be(DESCRIPTION, Some(Odd::Text("")));
    (0..5).for_each(|_| assert_eq!(Browser::new(&served).get(BEGIN).status, 502));
    assert_eq!(provider.asked(DESCRIPTION), before + 1);
    served.bench.later(10_000);
    provider.be(DESCRIPTION, None);
    for path in [TOKEN, KEYS] {
        for (what, odd) in [
            ("an error", Odd::Json(500, json!({}))),
            ("the client is refused", Odd::Json(401, json!({"error": "invalid_client"}))),
            ("no JSON", Odd::Text("<html>")),
            ("other JSON", Odd::Json(200, json!([]))),
            ("without an end", Odd::Endless),
            ("a redirect", Odd::To(format!("{}/token", elsewhere.issuer))),
        ] {
            provider.be(path, Some(odd));
            fails(&format!("{path}: {what}"));
        }
        provider.be(path, None);
    }
    assert_eq!(flow(&Browser::new(&served), &provider).status, 200, "and it is asked again when it is well");
    assert_eq!(*elsewhere.asked.lock().unwrap(), Vec::<String>::new(), "nobody else was asked");
}

#[test]
fn a_provider_that_is_slow_holds_nobody_up_for_long() {
    let cases = [(DESCRIPTION, Odd::Silence), (DESCRIPTION, Odd::Drip), (TOKEN, Odd::Drip), (KEYS, Odd::Silence)];
    let try_one = |path: &'static str, odd: Odd| {
        let (served, provider) = both();
        provider.be(path, Some(odd));
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| {
                let (browser, begun) = (Browser::new(&served), Instant::now());
                let answer = if path == DESCRIPTION { browser.get(BEGIN) } else { flow(&browser, &provider) };
                (answer, begun.elapsed())
            });
            // Meanwhile nothing of the archive is held, and others are answered.
            std::thread::sleep(Duration::from_secs(2));
            let begun = Instant::now();
            drop(served.alone());
            assert_eq!(served.get("archivist", "/api/v1/me").status, 200);
            assert!(begun.elapsed() < Duration::from_secs(5) && !waiting.is_finished(), "{path}");
            let (answer, took) = waiting.join().unwrap();
            assert_eq!((answer.status, logged(&answer)["code"].as_str()), (502, Some("OID-003")), "{path}");
            assert!(took < Duration::from_secs(20), "{path} {took:?}");
        });
    };
    let try_one = &try_one;
    std::thread::scope(|scope| {
        for (path, odd) in cases {
            scope.spawn(move || try_one(path, odd));
        }
    });
}

#[test]
fn a_provider_ends_the_sessions_that_it_means_once() {
    let (served, provider) = both();
    let event = "http://schemas.openid.net/event/backchannel-logout";
    let token = |change: &dyn Fn(&mut Forge)| {
        let mut forge = provider.forge("", &Brought { nonce: String::new(), challenge: String::new() });
        forge.head["typ"] = json!("logout+jwt");
        forge.claims = json!({
            "iss": provider.issuer, "aud": CLIENT, "iat": forge.now, "exp": forge.now + 120, "jti": "1",
            "sub": "person-1", "sid": "session-1", "events": {event: {}},
        });
        change(&mut forge);
        forge.sign(&provider)
    };
    let send = |token: &str| {
        served.send(None, "POST", "/api/v1/logout/openid", &[FORM], format!("logout_token={token}").as_bytes())
    };
    let browsers: Vec<Browser<'_>> = (0..2).map(|_| Browser::new(&served)).collect();
    let sids: [Change; 2] = [|_| {}, |f| f.claims["sid"] = json!("session-2")];
    for (browser, change) in browsers.iter().zip(sids) {
        provider.changing(change);
        assert_eq!(flow(browser, &provider).status, 200);
    }
    let rows: [(&str, &str, Change); 9] = [
        ("an ID token", "events", |f| (f.head["typ"], f.claims["nonce"]) = (json!("JWT"), json!("n"))),
        ("no event", "events", |f| f.claims["events"] = json!({})),
        ("another issuer", "iss", |f| f.claims["iss"] = json!("http://localhost")),
        ("another client", "aud", |f| f.claims["aud"] = json!("other")),
        ("expired", "exp", |f| f.claims["exp"] = json!(f.now - 300)),
        ("old", "iat", |f| f.claims["iat"] = json!(f.now - 301)),
        ("none", "alg", |f| (f.head["alg"], f.by) = (json!("none"), By::Nothing)),
        ("another key", "signature", |f| f.by = By::Other),
        ("of nobody", "claim", |f| (f.claims["sub"], f.claims["sid"]) = (Value::Null, Value::Null)),
    ];
    for (what, why, change) in rows {
        let answer = send(&token(&change));
        assert_eq!((answer.status, answer.code().as_str()), (400, "SRV-004"), "{what}");
        assert_eq!(logged(&answer)["reason"], why, "{what}");
        assert!(browsers.iter().all(|browser| browser.who().is_some()), "{what}");
    }
    for (body, headers) in [("", &[FORM][..]), ("other=1", &[FORM]), ("logout_token=x", &[])] {
        let answer = served.send(None, "POST", "/api/v1/logout/openid", headers, body.as_bytes());
        assert_eq!((answer.status, answer.code().as_str()), (400, "SRV-004"), "{body}");
    }
    assert_eq!(send(&token(&|f| f.claims["sub"] = json!("person-2"))).status, 200);
    assert!(browsers.iter().all(|browser| browser.who().is_some()), "somebody else");
    let one = token(&|f| f.claims["jti"] = json!("2"));
    assert_eq!(send(&one).status, 200);
    assert_eq!((browsers[0].who(), browsers[1].who().is_some()), (None, true), "one session of two");
    provider.changing(|_| {});
    assert_eq!(flow(&browsers[0], &provider).status, 200);
    let again = send(&one);
    assert_eq!((again.status, logged(&again)["reason"].as_str()), (400, Some("jti")));
    assert!(browsers[0].who().is_some(), "a token that came before ends nothing");
    let all = token(&|f| (f.claims["sid"], f.claims["jti"]) = (Value::Null, json!("3")));
    assert_eq!(send(&all).status, 200);
    assert!(browsers.iter().all(|browser| browser.who().is_none()), "all of the person");
}

#[test]
fn without_a_provider_nothing_of_it_is_there() {
    let served = Served::new();
    let browser = Browser::new(&served);
    let page = String::from_utf8(browser.get("/sign-in").body).unwrap();
    assert!(!page.contains("openid"), "{page}");
    for path in ["/sign-in/openid", "/sign-in/openid/return?code=a&state=b"] {
        let answer = browser.get(path);
        assert_eq!((answer.status, logged(&answer)["code"].as_str()), (404, Some("SRV-011")), "{path}");
    }
    let logout = served.send(None, "POST", "/api/v1/logout/openid", &[FORM], b"logout_token=a");
    assert_eq!((logout.status, logout.code().as_str()), (404, "SRV-011"));
}

/// What binding says with this configuration.
fn bound(served: &Served) -> Option<ErrorCode> {
    let slot = Arc::new(Slot::open(&served.bench.root(), served.bench.clock.clone()).unwrap());
    let options = Options {
        listen: "127.0.0.1:0",
        metrics: None,
        inbox: None,
        pages: None,
        tls: None,
        lang: Lang::En,
        readers: 0,
        stop: Box::leak(Box::new(AtomicBool::new(true))),
        log: |_| {},
    };
    let code = Server::bind(slot.clone(), &options).err().map(|e| e.code);
    slot.close().unwrap();
    code
}

fn doctor(archive: &Path) -> Vec<String> {
    let said = Command::new(env!("CARGO_BIN_EXE_muragat"))
        .args(["doctor", "--json", "--archive"])
        .arg(archive)
        .output()
        .unwrap();
    let said: Value = serde_json::from_slice(&said.stdout).unwrap_or_else(|e| panic!("{e}: {said:?}"));
    let advice = said["advice"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap().to_owned());
    advice.filter(|code| code.starts_with("oidc-")).collect()
}

#[test]
fn faults_of_the_configuration_are_said_and_not_passed_over() {
    let mut served = Served::new();
    served.end();
    let (root, secret) = (served.bench.root(), served.bench.folder.path().join("client-secret"));
    let issuer = "http://localhost:1/realm";
    assert_eq!((bound(&served), doctor(&root)), (None, Vec::new()));
    configure(&served, &table(issuer, REDIRECT, ""));
    assert_eq!((bound(&served), doctor(&root)), (None, Vec::new()));
    let mode = |mode| std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(mode)).unwrap();
    mode(0o644);
    assert_eq!((bound(&served), doctor(&root)), (None, vec!["oidc-secret-open".to_owned()]));
    mode(0o600);
    configure(&served, &table(issuer, REDIRECT, "").replace("acr = ", "# acr = "));
    assert_eq!(doctor(&root), ["oidc-any-level"]);
    configure(&served, &table(issuer, REDIRECT, ""));
    std::fs::write(&secret, "").unwrap();
    assert_eq!((bound(&served), doctor(&root)), (Some(ErrorCode::OidSettings), vec!["oidc-settings".to_owned()]));
    std::fs::remove_file(&secret).unwrap();
    assert_eq!((bound(&served), doctor(&root)), (Some(ErrorCode::OidSettings), vec!["oidc-settings".to_owned()]));
    configure(&served, &table("https://id.example.kz", REDIRECT, "roots_file = \"../roots.pem\"\n"));
    assert_eq!(bound(&served), Some(ErrorCode::OidSettings), "no roots");
    let broken = "-----BEGIN CERTIFICATE-----\n*\n-----END CERTIFICATE-----\n";
    std::fs::write(served.bench.folder.path().join("roots.pem"), broken).unwrap();
    assert_eq!((bound(&served), doctor(&root)), (Some(ErrorCode::OidSettings), vec!["oidc-settings".to_owned()]));
}

/// Files of an authority and of a server by the name `localhost`; none where there is no openssl.
fn certificates(folder: &Path) -> Option<()> {
    let openssl = |arguments: &str| {
        let done = Command::new("openssl").args(arguments.split(' ')).current_dir(folder).output();
        match done {
            Ok(done) => assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr)),
            Err(e) => {
                eprintln!("skipped: openssl: {e}");
                return None;
            }
        }
        Some(())
    };
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
    for name in ["root", "other"] {
        openssl(&format!("req -x509 {key} -keyout {name}.key -out {name}.pem -days 2 -subj /CN=Root-{name}"))?;
    }
    openssl(&format!("req {key} -keyout server.key -out server.csr -subj /CN=localhost"))?;
    std::fs::write(folder.join("server.ext"), "subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n").unwrap();
    openssl(
        "x509 -req -in server.csr -CA root.pem -CAkey root.key -set_serial 7 -days 2 -extfile server.ext -out server.pem",
    )
}

#[test]
fn tls_of_the_provider_stands_under_the_certificates_of_the_configuration_alone() {
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    let mut served = Served::new();
    let folder = served.bench.folder.path().to_owned();
    if certificates(&folder).is_none() {
        return;
    }
    let chain = vec![CertificateDer::from_pem_file(folder.join("server.pem")).unwrap()];
    let key = PrivateKeyDer::from_pem_file(folder.join("server.key")).unwrap();
    let crypto = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(crypto).with_safe_default_protocol_versions().unwrap();
    let config = Arc::new(config.with_no_client_auth().with_single_cert(chain, key).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let provider = Provider::at(served.bench.clock.clone(), &listener, "https");
    let it = provider.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (it, connection) = (it.clone(), rustls::ServerConnection::new(config.clone()).unwrap());
            std::thread::spawn(move || it.serve(&mut rustls::StreamOwned::new(connection, stream)));
        }
    });
    for (roots, wanted) in [("root.pem", 200), ("other.pem", 502)] {
        configure(&served, &table(&provider.issuer, REDIRECT, &format!("roots_file = \"../{roots}\"\n")));
        served.restart();
        let browser = Browser::new(&served);
        let answer = browser.get(BEGIN);
        let answer = if answer.status == 303 {
            let (code, state) = provider.arrive(&answer.headers["location"]);
            back(&browser, &code, &state)
        } else {
            answer
        };
        assert_eq!(answer.status, wanted, "{roots}: {answer:?} {}", logged(&answer));
    }
}
