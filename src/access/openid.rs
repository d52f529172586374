//! Who somebody is by the word of an OpenID provider: its keys, and the tokens that they sign (OpenID Connect Core 1.0,
//! Back-Channel Logout 1.0, RFC 7515, RFC 7517, RFC 7518).
//!
//! Everything here is a pure judgement of bytes that came from elsewhere; nothing is fetched and no clock is read.
//!
//! Invariants
//!   - A key is of one kind, and a signature is verified by the algorithm of that kind or not at all: what the head of
//!     a token says chooses among RS256, PS256, ES256 and ES384 and adds none. Keys that are shared secrets are not
//!     even read, so no public text can be used as one.
//!   - What a token says is looked at after its signature was verified; claims come out of [`verified`] only.
//!   - One refusal is one word ([`Refused`]) for the log; who asks is never told it.
//!
//! It knows no accounts: [`login`](super::login) does.

use crate::model::iin::Iin;
use crate::model::strict::{parse, words};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256,
    RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde::Deserialize;
use serde_json::{Map, Value};

/// Bytes of a token. Own bound: claims and a signature of 1,024 bytes have some KiB.
pub const TOKEN_BYTES_MAX: usize = 16 * 1024;
/// Keys of a provider that are read. Own bound: real ones have two to ten.
const KEYS_MAX: usize = 64;
/// Seconds by which the clocks of both may differ.
pub const SKEW_S: i64 = 5 * 60;
/// Characters of `sub` (Core §2), and own bound on `sid`, `jti`.
const NAME_CHARS_MAX: usize = 255;

words! {
    /// Why nobody was signed in, for the log.
    Refused {
        /// The state is of no sign-in that was begun, was used, or is too old.
        State = "state",
        /// The browser is not the one that began it.
        Browser = "browser",
        /// The provider sent the person back without a code, or refused the code.
        Provider = "provider",
        /// Another issuer answered the browser.
        Mixed = "mixed",
        /// The token is no JWS of three parts with JSON in it.
        Form = "form",
        /// Its algorithm is none of the four, or not that of the key.
        Algorithm = "alg",
        /// No key of the provider has its id, or it has none and there are several.
        Key = "kid",
        /// The signature is not of the key.
        Signature = "signature",
        /// It is of another issuer.
        Issuer = "iss",
        /// It is for another client.
        Audience = "aud",
        /// Its time is over, or it has none.
        Expired = "exp",
        /// It was issued before this sign-in, or is of a time to come.
        Issued = "iat",
        /// It is of another sign-in.
        Nonce = "nonce",
        /// It came with another code.
        Code = "c_hash",
        /// It came with another access token.
        Access = "at_hash",
        /// The person showed less than is asked for.
        Level = "acr",
        /// It does not say the number of a person.
        Claim = "claim",
        /// The person has no open account with an office or permit today.
        Account = "account",
        /// It is no logout token.
        Event = "events",
        /// This logout token came before.
        Replay = "jti",
    }
}

/// The four algorithms (RFC 7518 §3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Algorithm {
    Rs256,
    Ps256,
    Es256,
    Es384,
}

impl Algorithm {
    fn parse(name: &str) -> Option<Self> {
        match name {
            "RS256" => Some(Self::Rs256),
            "PS256" => Some(Self::Ps256),
            "ES256" => Some(Self::Es256),
            "ES384" => Some(Self::Es384),
            _ => None,
        }
    }
}

/// What a key is, read out of its JWK.
#[derive(Debug, Clone)]
enum Kind {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    P256(Vec<u8>),
    P384(Vec<u8>),
}

impl Kind {
    fn is_of(&self, algorithm: Algorithm) -> bool {
        matches!(
            (self, algorithm),
            (Self::Rsa { .. }, Algorithm::Rs256 | Algorithm::Ps256)
                | (Self::P256(_), Algorithm::Es256)
                | (Self::P384(_), Algorithm::Es384)
        )
    }

    /// Whether the key signed the message so. Sizes of keys are bounded by `ring`: RSA of 2,048 to 8,192 bits.
    fn verify(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        let verdict = match (self, algorithm) {
            (Self::Rsa { n, e }, Algorithm::Rs256) => {
                RsaPublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
            }
            (Self::Rsa { n, e }, Algorithm::Ps256) => {
                RsaPublicKeyComponents { n, e }.verify(&RSA_PSS_2048_8192_SHA256, message, signature)
            }
            (Self::P256(point), Algorithm::Es256) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature)
            }
            (Self::P384(point), Algorithm::Es384) => {
                UnparsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, point).verify(message, signature)
            }
            _ => return false,
        };
        verdict.is_ok()
    }
}

#[derive(Debug, Clone)]
struct Key {
    id: Option<String>,
    algorithm: Option<Algorithm>,
    kind: Kind,
}

/// The keys by which a provider signs.
#[derive(Debug, Clone)]
pub struct Keys(Vec<Key>);

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    key_ops: Option<Vec<String>>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl Keys {
    /// Reads a set of keys (RFC 7517 §5). Keys that are of no use here are left out; a text that is no set is none.
    pub fn read(json: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<Value>,
        }
        let set: Set = serde_json::from_slice(json).ok()?;
        Some(Self(set.keys.into_iter().take(KEYS_MAX).filter_map(key).collect()))
    }

    /// The key for a token: the one with its id, else the only one of its kind.
    fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Result<&Key, Refused> {
        let named: Vec<&Key> = self.0.iter().filter(|key| id.is_none() || key.id.as_deref() == id).collect();
        if named.is_empty() {
            return Err(Refused::Key);
        }
        let fits = |key: &&&Key| key.kind.is_of(algorithm) && key.algorithm.is_none_or(|only| only == algorithm);
        let mut fitting = named.iter().filter(fits);
        match (fitting.next(), fitting.next()) {
            (Some(key), None) => Ok(key),
            // Core §10.1: of several the token names one. Two of one id say nothing either.
            (Some(_), Some(_)) => Err(Refused::Key),
            (None, _) => Err(Refused::Algorithm),
        }
    }
}

/// A key that can verify here. `oct`, which is a shared secret, is none.
fn key(value: Value) -> Option<Key> {
    let jwk: Jwk = serde_json::from_value(value).ok()?;
    let is_for_signing = jwk.usage.as_deref().is_none_or(|usage| usage == "sig")
        && jwk.key_ops.as_ref().is_none_or(|ops| ops.iter().any(|op| op == "verify"));
    let algorithm = match jwk.alg.as_deref() {
        Some(name) => Some(Algorithm::parse(name)?),
        None => None,
    };
    let number = |text: &Option<String>| URL_SAFE_NO_PAD.decode(text.as_deref()?).ok();
    let point = |octets: usize| {
        let (x, y) = (number(&jwk.x)?, number(&jwk.y)?);
        // RFC 7518 §6.2.1.2: the full size of a coordinate. SEC 1 §2.3.3: 4 says that both follow.
        (x.len() == octets && y.len() == octets).then(|| [&[4][..], &x, &y].concat())
    };
    let kind = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
        ("RSA", _) => Kind::Rsa { n: number(&jwk.n)?, e: number(&jwk.e)? },
        ("EC", Some("P-256")) => Kind::P256(point(32)?),
        ("EC", Some("P-384")) => Kind::P384(point(48)?),
        _ => return None,
    };
    is_for_signing.then_some(Key { id: jwk.kid, algorithm, kind })
}

/// What a token is for: a head that says something else is not taken for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// An ID token.
    Identity,
    /// A logout token.
    Logout,
}

#[derive(Deserialize)]
struct Head {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    crit: Option<Value>,
    // RFC 7797: with `false` other bytes would be signed than are read.
    b64: Option<Value>,
}

/// Claims of a token whose signature was verified.
#[derive(Debug)]
pub struct Claims {
    claims: Map<String, Value>,
    algorithm: Algorithm,
}

/// Verifies the signature of a token and gives what it says.
///
/// # Errors
/// [`Refused::Form`], [`Refused::Algorithm`], [`Refused::Key`] or [`Refused::Signature`].
pub fn verified(token: &str, usage: Use, keys: &Keys) -> Result<Claims, Refused> {
    if token.len() > TOKEN_BYTES_MAX {
        return Err(Refused::Form);
    }
    let mut parts = token.split('.');
    let (Some(head), Some(claims), Some(signature), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(Refused::Form);
    };
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| Refused::Form);
    let told: Head = serde_json::from_slice(&decode(head)?).map_err(|_| Refused::Form)?;
    let typ = told.typ.as_deref().map(str::to_ascii_lowercase);
    let typ = typ.as_deref().map(|typ| typ.strip_prefix("application/").unwrap_or(typ));
    let is_its_use = matches!((typ, usage), (None | Some("jwt"), _) | (Some("logout+jwt"), Use::Logout));
    // RFC 7515 §4.1.11: what must be understood and is not. None of it is understood here.
    if told.crit.is_some() || told.b64.is_some() || !is_its_use {
        return Err(Refused::Form);
    }
    let algorithm = Algorithm::parse(&told.alg).ok_or(Refused::Algorithm)?;
    let key = keys.find(told.kid.as_deref(), algorithm)?;
    let signed = &token[..head.len() + 1 + claims.len()];
    if !key.kind.verify(algorithm, signed.as_bytes(), &decode(signature)?) {
        return Err(Refused::Signature);
    }
    // A claim that stands there twice says two things.
    match parse(&decode(claims)?) {
        Ok(Value::Object(claims)) => Ok(Claims { claims, algorithm }),
        _ => Err(Refused::Form),
    }
}

/// What an ID token must say.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// By whom it was issued.
    pub issuer: &'a str,
    /// For whom.
    pub client: &'a str,
    /// For which sign-in.
    pub nonce: &'a str,
    /// When that was begun, in seconds.
    pub begun_s: i64,
    /// Now, in seconds.
    pub now_s: i64,
    /// With which code it came.
    pub code: &'a str,
    /// With which access token.
    pub access: Option<&'a str>,
    /// Levels of which one is asked for; empty: any.
    pub levels: &'a [String],
    /// The claim that has the person's number.
    pub claim: &'a str,
}

/// Whom a provider names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The person.
    pub iin: Iin,
    /// How the provider calls the person.
    pub sub: String,
    /// How the provider calls the person's session with it.
    pub sid: Option<String>,
}

/// Whose sessions end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedOut {
    /// The id of the token.
    pub jti: String,
    /// Of this person.
    pub sub: Option<String>,
    /// Of this session.
    pub sid: Option<String>,
    /// Until when the token is good, in seconds.
    pub until_s: i64,
}

impl Claims {
    fn text(&self, name: &str) -> Option<&str> {
        self.claims.get(name)?.as_str()
    }

    fn name(&self, name: &str) -> Option<String> {
        let text = self.text(name)?;
        (!text.is_empty() && text.chars().count() <= NAME_CHARS_MAX).then(|| text.to_owned())
    }

    /// A NumericDate (RFC 7519 §2), which may have a fraction.
    #[expect(clippy::cast_possible_truncation, reason = "`as` saturates, and so far no token is good")]
    fn seconds(&self, name: &str) -> Option<i64> {
        let number = self.claims.get(name)?;
        number.as_i64().or_else(|| Some(number.as_f64()?.floor() as i64))
    }

    /// Core §3.1.3.7, 2 to 5: ours alone, or one of several where `azp` says that it is for us.
    fn is_for(&self, client: &str) -> bool {
        let is_named = match self.claims.get("aud") {
            Some(Value::String(one)) => one == client,
            Some(Value::Array(all)) => {
                all.iter().any(|one| one == client) && (all.len() == 1 || self.claims.contains_key("azp"))
            }
            _ => false,
        };
        is_named && self.claims.get("azp").is_none_or(|party| party == client)
    }

    /// When the token ends, after it was found to be of `issuer` for `client`, issued after `from_s`, and good now.
    fn in_force(&self, issuer: &str, client: &str, from_s: i64, now_s: i64) -> Result<i64, Refused> {
        if self.text("iss") != Some(issuer) {
            return Err(Refused::Issuer);
        }
        if !self.is_for(client) {
            return Err(Refused::Audience);
        }
        let is_begun = |at_s: i64| at_s <= now_s.saturating_add(SKEW_S);
        if self.claims.contains_key("nbf") && !self.seconds("nbf").is_some_and(is_begun) {
            return Err(Refused::Issued);
        }
        let until_s = self.seconds("exp").filter(|exp| exp.saturating_add(SKEW_S) > now_s).ok_or(Refused::Expired)?;
        let is_fresh = |iat: i64| iat >= from_s.saturating_sub(SKEW_S) && is_begun(iat);
        if self.seconds("iat").is_some_and(is_fresh) { Ok(until_s) } else { Err(Refused::Issued) }
    }

    /// Core §3.3.2.11: the left half of the digest that the algorithm of the token has.
    fn is_half_of(&self, claim: &str, of: Option<&str>) -> bool {
        let Some(half) = self.claims.get(claim) else { return true };
        let digest = match self.algorithm {
            Algorithm::Es384 => &ring::digest::SHA384,
            Algorithm::Rs256 | Algorithm::Ps256 | Algorithm::Es256 => &ring::digest::SHA256,
        };
        let wanted = of.map(|of| ring::digest::digest(digest, of.as_bytes()));
        let wanted = wanted.map(|whole| URL_SAFE_NO_PAD.encode(&whole.as_ref()[..whole.as_ref().len() / 2]));
        wanted.is_some() && half.as_str() == wanted.as_deref()
    }

    /// Whom an ID token names (Core §3.1.3.7).
    ///
    /// # Errors
    /// The first thing that is not as it must be.
    pub fn identity(&self, expected: &Expected<'_>) -> Result<Identity, Refused> {
        self.in_force(expected.issuer, expected.client, expected.begun_s, expected.now_s)?;
        if self.text("nonce") != Some(expected.nonce) {
            return Err(Refused::Nonce);
        }
        if !self.is_half_of("c_hash", Some(expected.code)) {
            return Err(Refused::Code);
        }
        if !self.is_half_of("at_hash", expected.access) {
            return Err(Refused::Access);
        }
        let is_level = |level: &str| expected.levels.iter().any(|wanted| wanted == level);
        if !expected.levels.is_empty() && !self.text("acr").is_some_and(is_level) {
            return Err(Refused::Level);
        }
        let iin = self.text(expected.claim).and_then(Iin::parse).ok_or(Refused::Claim)?;
        let sub = self.name("sub").ok_or(Refused::Claim)?;
        Ok(Identity { iin, sub, sid: self.name("sid") })
    }

    /// Whose sessions a logout token ends (Back-Channel Logout §2.6).
    ///
    /// # Errors
    /// The first thing that is not as it must be.
    pub fn logged_out(&self, issuer: &str, client: &str, now_s: i64) -> Result<LoggedOut, Refused> {
        let until_s = self.in_force(issuer, client, now_s, now_s)?;
        let events = self.claims.get("events").and_then(Value::as_object);
        let is_logout = events.is_some_and(|events| events.get(LOGOUT_EVENT).is_some_and(Value::is_object));
        // An ID token has one, and must not pass for this.
        if !is_logout || self.claims.contains_key("nonce") {
            return Err(Refused::Event);
        }
        let (sub, sid) = (self.name("sub"), self.name("sid"));
        let jti = self.name("jti").filter(|_| sub.is_some() || sid.is_some()).ok_or(Refused::Claim)?;
        Ok(LoggedOut { jti, sub, sid, until_s })
    }
}

/// The event of a logout token (Back-Channel Logout §2.4).
const LOGOUT_EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

#[cfg(test)]
mod tests {
    use super::*;
    use ring::rand::SystemRandom as Random;
    use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
    use serde_json::json;

    fn encode(bytes: impl AsRef<[u8]>) -> String {
        URL_SAFE_NO_PAD.encode(bytes)
    }

    struct Issuer {
        pair: EcdsaKeyPair,
        random: Random,
    }

    impl Issuer {
        fn new() -> Self {
            let (random, of) = (Random::new(), &ECDSA_P256_SHA256_FIXED_SIGNING);
            let made = EcdsaKeyPair::generate_pkcs8(of, &random).unwrap();
            Self { pair: EcdsaKeyPair::from_pkcs8(of, made.as_ref(), &random).unwrap(), random }
        }

        fn jwk(&self) -> Value {
            let point = self.pair.public_key().as_ref();
            json!({"kty": "EC", "crv": "P-256", "kid": "k", "x": encode(&point[1..33]), "y": encode(&point[33..])})
        }

        fn keys(&self) -> Keys {
            Keys::read(json!({"keys": [self.jwk()]}).to_string().as_bytes()).unwrap()
        }

        fn sign(&self, head: &Value, claims: &Value) -> String {
            let signed = format!("{}.{}", encode(head.to_string()), encode(claims.to_string()));
            let signature = self.pair.sign(&self.random, signed.as_bytes()).unwrap();
            format!("{signed}.{}", encode(signature))
        }
    }

    fn told(result: Result<Claims, Refused>) -> Option<Refused> {
        result.err()
    }

    #[test]
    fn the_head_chooses_among_four_and_only_what_the_key_is() {
        let issuer = Issuer::new();
        let judge = |head: Value| told(verified(&issuer.sign(&head, &json!({})), Use::Identity, &issuer.keys()));
        assert_eq!(judge(json!({"alg": "ES256", "kid": "k", "typ": "JWT"})), None);
        assert_eq!(judge(json!({"alg": "ES256"})), None, "the only key needs no name");
        for alg in ["none", "None", "", "HS256", "RS512", "ES512", "EdDSA", "es256", "RS256", "PS256", "ES384"] {
            assert_eq!(judge(json!({"alg": alg, "kid": "k"})), Some(Refused::Algorithm), "{alg}");
        }
        assert_eq!(judge(json!({"alg": "ES256", "kid": "other"})), Some(Refused::Key));
        for (name, value) in [("crit", json!(["exp"])), ("b64", json!(false)), ("typ", json!("at+jwt"))] {
            let mut head = json!({"alg": "ES256", "kid": "k"});
            head[name] = value;
            assert_eq!(judge(head), Some(Refused::Form), "{name}");
        }
        assert_eq!(judge(json!({"alg": "ES256", "typ": "logout+jwt"})), Some(Refused::Form));
        let twice = format!("{}.{}.AA", encode(r#"{"alg":"none","alg":"ES256"}"#), encode("{}"));
        assert_eq!(told(verified(&twice, Use::Identity, &issuer.keys())), Some(Refused::Form));
    }

    #[test]
    fn every_changed_character_of_a_token_is_found() {
        let issuer = Issuer::new();
        let token = issuer.sign(&json!({"alg": "ES256", "kid": "k"}), &json!({"sub": "a"}));
        for at in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(verified(&changed, Use::Identity, &issuer.keys()).is_err(), "{at}");
        }
        for cut in [&token[..token.len() - 1], &format!("{token}A"), &format!("{token}="), &format!("{token}."), ""] {
            assert!(verified(cut, Use::Identity, &issuer.keys()).is_err(), "{cut}");
        }
    }

    #[test]
    fn keys_that_cannot_verify_are_left_out() {
        let issuer = Issuer::new();
        let with = |name: &str, value: Value| {
            let mut jwk = issuer.jwk();
            jwk[name] = value;
            jwk
        };
        let read = |keys: &[Value]| Keys::read(json!({"keys": keys}).to_string().as_bytes()).unwrap().0.len();
        assert_eq!(read(&[issuer.jwk(), with("use", json!("sig")), with("key_ops", json!(["verify"]))]), 3);
        for bad in [
            with("kty", json!("oct")),
            with("use", json!("enc")),
            with("key_ops", json!(["sign"])),
            with("alg", json!("HS256")),
            with("crv", json!("P-384")),
            with("x", json!("AA")),
            with("y", Value::Null),
            json!({"kty": "oct", "k": "AAAA"}),
            json!("key"),
        ] {
            assert_eq!(read(std::slice::from_ref(&bad)), 0, "{bad}");
        }
        assert_eq!(read(&vec![issuer.jwk(); KEYS_MAX + 1]), KEYS_MAX);
        for text in ["", "[]", "{}", r#"{"keys": {}}"#] {
            assert!(Keys::read(text.as_bytes()).is_none(), "{text}");
        }
        // Of two with one id, or of several without one, nobody says which.
        let two = Keys::read(json!({"keys": [issuer.jwk(), issuer.jwk()]}).to_string().as_bytes()).unwrap();
        for head in [json!({"alg": "ES256", "kid": "k"}), json!({"alg": "ES256"})] {
            assert_eq!(told(verified(&issuer.sign(&head, &json!({})), Use::Identity, &two)), Some(Refused::Key));
        }
        let other = Keys::read(json!({"keys": [with("alg", json!("ES384"))]}).to_string().as_bytes()).unwrap();
        let token = issuer.sign(&json!({"alg": "ES256", "kid": "k"}), &json!({}));
        assert_eq!(
            told(verified(&token, Use::Identity, &other)),
            Some(Refused::Algorithm),
            "what the key says it is for"
        );
    }

    #[test]
    fn what_a_logout_token_says_is_all_there_or_it_is_none() {
        let issuer = Issuer::new();
        let whole = json!({
            "iss": "https://i", "aud": ["c"], "iat": 1_000, "exp": 1_100, "jti": "1", "sub": "s",
            "events": {LOGOUT_EVENT: {}},
        });
        let judge = |name: &str, value: Value| {
            let mut claims = whole.clone();
            match value {
                Value::Null => claims.as_object_mut().unwrap().remove(name),
                value => claims.as_object_mut().unwrap().insert(name.to_owned(), value),
            };
            let token = issuer.sign(&json!({"alg": "ES256", "typ": "logout+jwt"}), &claims);
            verified(&token, Use::Logout, &issuer.keys()).unwrap().logged_out("https://i", "c", 1_000)
        };
        assert_eq!(judge("sid", json!("x")).unwrap().sid.as_deref(), Some("x"));
        for (name, value, why) in [
            ("iss", json!("https://j"), Refused::Issuer),
            ("aud", json!("d"), Refused::Audience),
            ("aud", json!(["c", "d"]), Refused::Audience),
            ("exp", Value::Null, Refused::Expired),
            ("exp", json!(1_000 - SKEW_S), Refused::Expired),
            ("iat", json!(1_001 + SKEW_S), Refused::Issued),
            ("iat", json!(999 - SKEW_S), Refused::Issued),
            ("iat", json!("1000"), Refused::Issued),
            ("nbf", json!(1_001 + SKEW_S), Refused::Issued),
            ("events", Value::Null, Refused::Event),
            ("events", json!({"http://other": {}}), Refused::Event),
            ("nonce", json!("n"), Refused::Event),
            ("jti", Value::Null, Refused::Claim),
            ("sub", Value::Null, Refused::Claim),
        ] {
            assert_eq!(judge(name, value.clone()).unwrap_err(), why, "{name} {value}");
        }
        assert_eq!(judge("iat", json!(1_000.5)).unwrap().until_s, 1_100);
    }
}
