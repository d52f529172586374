//! Signing in from a browser, and the pages.
//!
//! Goal: a session is had by a real signature or password and by nothing else, ends when it should, and is used by no
//! other site; a page says everything in three languages at one address, escapes what comes from outside, reads nothing
//! of a person before the journal says so, and shows what is not theirs like what is not there. Method: a served archive,
//! keys of a made-up office, a clock that is moved, and a browser that keeps cookies and sends exactly what it is told.

use super::bed::accepted;
use super::common::docx;
use super::confirmed::row;
use super::served::{Answer, Served, connect, read};
use super::signed::{AGENCY, DAY_MS, at, holder, holder_of};
use super::text::brought_up;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use muragat::access::password;
use muragat::archive::Holder;
use muragat::cli::samples::signer::{Signer, Validity};
use muragat::ingest::Intake;
use muragat::model::digest::sha256;
use muragat::tlog::commit::SYSTEM_ACTOR;
use muragat::tlog::leaf::ActKind;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::Write;

const MINUTE_MS: u64 = 60_000;
const LANGS: [&str; 3] = ["kk", "ru", "en"];
const OWN: (&str, &str) = ("Sec-Fetch-Site", "same-origin");
pub(super) const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");
const JSON: (&str, &str) = ("Content-Type", "application/json");

/// A browser on the machine of the service.
pub(super) struct Browser<'a> {
    served: &'a Served,
    pub(super) cookies: RefCell<BTreeMap<String, String>>,
}

impl<'a> Browser<'a> {
    pub(super) fn new(served: &'a Served) -> Self {
        Self { served, cookies: RefCell::default() }
    }

    /// One that is signed in.
    fn signed(served: &'a Served, signer: &Signer) -> Self {
        let browser = Self::new(served);
        assert_eq!(browser.sign_in(signer).status, 200);
        browser
    }

    pub(super) fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut head = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
        if !headers.iter().any(|(name, _)| *name == "Host") {
            head += "Host: localhost\r\n";
        }
        headers.iter().for_each(|(name, value)| head += &format!("{name}: {value}\r\n"));
        let cookies: Vec<String> =
            self.cookies.borrow().iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            head += &format!("Cookie: {}\r\n", cookies.join("; "));
        }
        let mut stream = connect(self.served.address);
        stream.write_all((head + "\r\n" + body).as_bytes()).unwrap();
        let answer = read(&mut stream);
        if let Some(set) = answer.headers.get("set-cookie") {
            let (name, value) = set.split(';').next().unwrap().split_once('=').unwrap();
            match value {
                "" => self.cookies.borrow_mut().remove(name),
                _ => self.cookies.borrow_mut().insert(name.to_owned(), value.to_owned()),
            };
        }
        answer
    }

    pub(super) fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[("Accept", "text/html")], "")
    }

    fn post(&self, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let origin = [OWN, ("Origin", "http://localhost")];
        self.send("POST", path, &[headers, &origin].concat(), body)
    }

    fn nonce(&self) -> (String, String) {
        let nonce = self.post("/api/v1/login/nonce", &[], "").json();
        (nonce["id"].as_str().unwrap().to_owned(), nonce["text"].as_str().unwrap().to_owned())
    }

    fn hand_in(&self, id: &str, cms: &[u8]) -> Answer {
        self.post("/api/v1/login/signature", &[JSON], &json!({"id": id, "cms": STANDARD.encode(cms)}).to_string())
    }

    fn sign_in(&self, signer: &Signer) -> Answer {
        let (id, text) = self.nonce();
        self.hand_in(&id, &signer.sign_detached(text.as_bytes(), at(self.served.bench.now())))
    }

    pub(super) fn who(&self) -> Option<String> {
        let me = self.get("/api/v1/me");
        (me.status == 200).then(|| me.json()["account"].as_str().unwrap().to_owned())
    }
}

/// A key of the person with this number.
pub(crate) fn key(served: &Served, name: &'static str, iin: &'static str, seed: u8) -> Signer {
    let mut count = seed;
    let mut random = move |buffer: &mut [u8]| {
        count += 1;
        buffer.fill(count);
    };
    let now = served.bench.now();
    let validity = Validity { from: at(now - DAY_MS), until: at(now + 100 * DAY_MS) };
    served.bench.office.root.issue(&holder(name, iin), validity, &mut random).unwrap()
}

pub(crate) fn archivist(served: &Served) -> Signer {
    key(served, "ҮЛГІ АРХИВШІ", "000000000021", 200)
}

fn page(answer: &Answer) -> String {
    let text = String::from_utf8(answer.body.clone()).unwrap();
    assert_eq!(answer.headers["content-type"], "text/html; charset=utf-8", "{text}");
    text
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[test]
fn a_signature_opens_a_session_once_in_time_and_all_else_is_refused_alike() {
    let served = Served::new();
    let (signer, browser) = (archivist(&served), Browser::new(&served));
    let answer = browser.sign_in(&signer);
    assert_eq!((answer.status, answer.json()["means"].as_str()), (200, Some("signature")), "{answer:?}");
    let set = &answer.headers["set-cookie"];
    assert!(set.starts_with("muragat=") && set.ends_with("; Path=/; HttpOnly; SameSite=Strict"), "{set}");
    assert_eq!(browser.who().as_deref(), Some("archivist"));
    // Over TLS the cookie is another one; without it, another machine gets none.
    let stranger = Browser::new(&served);
    let (id, text) = stranger.nonce();
    let now = at(served.bench.now());
    let body = json!({"id": id, "cms": STANDARD.encode(signer.sign_detached(text.as_bytes(), now))}).to_string();
    let from = |host: &'static str, origin: &'static str| [JSON, OWN, ("Host", host), ("Origin", origin)];
    let open = stranger.send("POST", "/api/v1/login/signature", &from("archive", "http://archive"), &body);
    assert_eq!((open.status, open.code().as_str()), (403, "SRV-020"));
    assert_eq!(stranger.who(), None);
    let (id, text) = stranger.nonce();
    let body = json!({"id": id, "cms": STANDARD.encode(signer.sign_detached(text.as_bytes(), now))}).to_string();
    let tls = stranger.send("POST", "/api/v1/login/signature", &from("archive", "https://archive"), &body);
    let set = &tls.headers["set-cookie"];
    assert!(set.starts_with("__Host-muragat=") && set.ends_with("; HttpOnly; SameSite=Strict; Secure"), "{set}");
    // Wrong, replayed, late, of nobody known, and no signature at all: one answer.
    let browser = Browser::new(&served);
    let sign = |signer: &Signer, text: &str| signer.sign_detached(text.as_bytes(), now);
    let refused = |id: &str, cms: &[u8]| {
        let answer = browser.hand_in(id, cms);
        assert!(!answer.headers.contains_key("set-cookie"), "{answer:?}");
        let mut told = answer.json();
        assert_eq!(told["request_id"].as_str().map(str::len), Some(16));
        told["request_id"] = Value::Null;
        (answer.status, told)
    };
    let (id, text) = browser.nonce();
    let wrong = refused(&id, b"\x30\x00");
    assert_eq!((wrong.0, wrong.1["code"].as_str()), (401, Some("SRV-003")));
    assert_eq!(refused(&id, &sign(&signer, &text)), wrong, "the text was used up by the attempt");
    let (id, text) = browser.nonce();
    let signature = sign(&signer, &text);
    assert_eq!(browser.hand_in(&id, &signature).status, 200);
    assert_eq!(refused(&id, &signature), wrong, "replayed");
    let (id, _) = browser.nonce();
    assert_eq!(refused(&id, &signature), wrong, "of another text");
    let (id, text) = browser.nonce();
    assert_eq!(refused(&id, &sign(&served.bench.office.stranger, &text)), wrong, "no account");
    let (id, text) = browser.nonce();
    assert_eq!(refused(&id, &sign(&key(&served, "ҮЛГІ", "000000000029", 230), &text)), wrong, "no office");
    assert_eq!(refused(&"0".repeat(64), &signature), wrong, "no such text");
    let (id, text) = browser.nonce();
    served.bench.later(5 * MINUTE_MS + 1);
    assert_eq!(refused(&id, &sign(&signer, &text)), wrong, "late");
}

#[test]
fn a_session_ends_by_leaving_by_silence_by_age_and_with_its_account() {
    let served = Served::new();
    let signer = archivist(&served);
    let browser = Browser::signed(&served, &signer);
    let kept = browser.cookies.borrow().clone();
    assert_eq!(browser.post("/api/v1/logout", &[], "").status, 204);
    assert!(browser.cookies.borrow().is_empty());
    browser.cookies.replace(kept);
    assert_eq!(browser.who(), None, "the cookie of a session that was left opens nothing");
    let browser = Browser::signed(&served, &signer);
    served.bench.later(30 * MINUTE_MS);
    assert!(browser.who().is_some());
    served.bench.later(30 * MINUTE_MS + 1);
    assert!(browser.who().is_none(), "silence");
    let browser = Browser::signed(&served, &signer);
    for _ in 0..36 {
        served.bench.later(20 * MINUTE_MS);
        assert!(browser.who().is_some());
    }
    served.bench.later(1);
    assert!(browser.who().is_none(), "twelve hours");
    let browser = Browser::signed(&served, &signer);
    let left = browser.post("/sign-out", &[FORM], "");
    assert_eq!((left.status, left.headers["location"].as_str()), (303, "/"));
    assert!(browser.who().is_none());
    let browser = Browser::signed(&served, &signer);
    served.archive().close_account("archivist", "Үлгі", SYSTEM_ACTOR).unwrap();
    assert!(browser.who().is_none(), "a closed account");
}

#[test]
fn sessions_are_listed_and_ended_by_whose_they_are() {
    let served = Served::new();
    let signer = archivist(&served);
    let list = |browser: &Browser<'_>| {
        let answer = browser.get("/api/v1/sessions");
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()["items"].as_array().unwrap().clone()
    };
    let id = |session: &Value| session["session_id"].as_str().unwrap().to_owned();
    let end = |browser: &Browser<'_>, id: &str, headers: &[(&str, &str)]| {
        browser.send("DELETE", &format!("/api/v1/sessions/{id}"), headers, "")
    };
    let first = Browser::signed(&served, &signer);
    served.bench.later(MINUTE_MS);
    let second = Browser::signed(&served, &signer);
    let other = Browser::signed(&served, &key(&served, "ҮЛГІ", "000000000022", 210));
    let of_second = list(&second);
    assert_eq!(of_second.len(), 2, "{of_second:?}");
    assert_eq!((&of_second[0]["current"], &of_second[1]["current"]), (&json!(true), &json!(false)));
    assert_eq!(of_second[0]["means"], "signature");
    assert!(of_second[1]["begun"].as_str() < of_second[0]["begun"].as_str(), "{of_second:?}");
    assert_eq!(of_second[1]["begun"], of_second[1]["used"]);
    let keys: Vec<&str> = of_second[0].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["begun", "current", "means", "session_id", "until", "used"], "and nothing of cookie or place");
    let ids: Vec<String> = of_second.iter().map(id).collect();
    // An id opens nothing.
    for name in ["muragat", "__Host-muragat"] {
        let by_id = browser_with(&served, name, &ids[0]);
        assert_eq!(by_id.who(), None);
    }
    // Those of others are like none, and stay.
    assert_eq!(list(&other).len(), 1);
    let told = |answer: &Answer, id: &str| {
        let mut value = answer.json();
        value["request_id"] = Value::Null;
        (answer.status, value.to_string().replace(id, "ID"))
    };
    let none = "0".repeat(32);
    let nothing = told(&end(&other, &none, &[OWN]), &none);
    assert_eq!(nothing.0, 404);
    assert_eq!(told(&end(&other, &ids[1], &[OWN]), &ids[1]), nothing);
    assert_eq!(other.post("/sessions", &[FORM], &format!("id={}", ids[1])).headers["location"], "/sessions");
    assert_eq!(first.who().as_deref(), Some("archivist"));
    // From another site nothing is ended.
    for headers in [&[("Sec-Fetch-Site", "cross-site")][..], &[("Origin", "http://evil.example")], &[]] {
        assert_eq!(end(&second, &ids[1], headers).code(), "SRV-020", "{headers:?}");
        let form = second.send("POST", "/sessions", &[&[FORM], headers].concat(), &format!("id={}", ids[1]));
        assert_eq!(form.status, 403);
    }
    // A token of the same person neither sees nor ends.
    assert_eq!(served.get("archivist", "/api/v1/sessions").code(), "ACC-006");
    let path = format!("/api/v1/sessions/{}", ids[1]);
    assert_eq!(served.send(Some("archivist"), "DELETE", &path, &[], b"").code(), "ACC-006");
    assert!(first.who().is_some() && second.who().is_some());
    // By the API another one is ended, by the page this one.
    let answer = end(&second, &ids[1], &[OWN]);
    assert_eq!((answer.status, answer.headers.contains_key("set-cookie")), (204, false));
    assert_eq!(first.who(), None);
    assert_eq!(end(&second, &ids[1], &[OWN]).status, 404);
    let shown = page(&second.get("/sessions"));
    assert!(page(&second.get("/")).contains("href=\"/sessions\""));
    assert_eq!(shown.matches("name=\"id\"").count(), 1, "{shown}");
    assert!(shown.contains(&ids[0]));
    let kept = second.cookies.borrow().clone();
    let left = second.post("/sessions", &[FORM], &format!("id={}", ids[0]));
    assert_eq!((left.status, left.headers["location"].as_str()), (303, "/"));
    assert!(!second.cookies.borrow().contains_key("muragat"), "the cookie is taken back");
    second.cookies.replace(kept);
    assert_eq!(second.who(), None);
    assert_eq!(second.get("/api/v1/sessions").code(), "SRV-003");
    // What is over is not listed.
    let third = Browser::signed(&served, &signer);
    served.bench.later(30 * MINUTE_MS + 1);
    let fourth = Browser::signed(&served, &signer);
    assert_eq!(list(&fourth).len(), 1);
    assert_eq!(third.who(), None);
}

#[test]
fn a_person_who_signed_in_has_tokens_of_their_own_and_is_shown_each_once() {
    let served = Served::new();
    let signer = archivist(&served);
    let browser = Browser::signed(&served, &signer);
    let day = |days| (served.archive().today() + chrono::Days::new(days)).to_string();
    let issue = |headers: &[(&str, &str)], scopes: &[&str], until: &str| {
        let body = json!({"scopes": scopes, "until": until}).to_string();
        browser.post("/api/v1/tokens", &[headers, &[JSON]].concat(), &body)
    };
    let list = |browser: &Browser<'_>| browser.get("/api/v1/tokens").json()["items"].as_array().unwrap().clone();
    let before = list(&browser).len();
    assert_eq!(before, 1, "the one that the bench issued");
    // One key: one token, and its secret in the first answer alone.
    let key = [("Idempotency-Key", "k-1")];
    let first = issue(&key, &["record.list", "record.show"], &day(30));
    assert_eq!(first.status, 201, "{first:?}");
    assert_eq!(first.headers["cache-control"], "no-store");
    let (id, secret) = (first.json()["token_id"].clone(), first.json()["token"].as_str().unwrap().to_owned());
    assert_eq!(secret.split('_').nth(1), id.as_str());
    let again = issue(&key, &["record.list", "record.show"], &day(30));
    assert_eq!((again.status, &again.json()["token"], &again.json()["token_id"]), (200, &Value::Null, &id));
    assert!(!String::from_utf8_lossy(&again.body).contains(&secret[22..]));
    assert_eq!(issue(&key, &["record.list"], &day(30)).code(), "SRV-006");
    let listed = list(&browser);
    assert_eq!((listed.len(), &listed[1]["token_id"], &listed[1]["token"]), (before + 1, &id, &Value::Null));
    assert_eq!(listed[1]["scopes"], json!(["record.list", "record.show"]));
    // It opens what it is for, as its owner, and makes no other token.
    let by_token = |method: &str, path: &str, body: &str| {
        let kind = [JSON];
        super::served::send(served.address, Some(&secret), method, path, &kind, body.as_bytes())
    };
    assert_eq!(by_token("GET", "/api/v1/me", "").json()["account"], "archivist");
    assert_eq!(by_token("GET", "/api/v1/records", "").status, 200);
    assert_eq!(super::served::logged(&by_token("GET", "/api/v1/files", ""))["rule"], "deny.scope");
    let body = json!({"scopes": ["record.list"], "until": day(30)}).to_string();
    let revocation = format!("/api/v1/tokens/{}/revocation", id.as_str().unwrap());
    for (method, path) in [("GET", "/api/v1/tokens"), ("POST", "/api/v1/tokens")] {
        let denied = by_token(method, path, &body);
        assert_eq!((denied.status, super::served::logged(&denied)["rule"].as_str()), (403, Some("deny.scope")));
    }
    assert_eq!(by_token("POST", &revocation, "{\"reason\": \"x\"}").status, 403);
    // What no token of theirs opens, what is no action, nothing, and too long: none is issued.
    for (scopes, until) in [
        (&["hold.lift"][..], day(30)),
        (&["record.list", "transfer.receive"], day(30)),
        (&["audit_trail.see"], day(30)),
        (&["all"], day(30)),
        (&[], day(30)),
        (&["record.list"], day(367)),
        (&["record.list"], "2020-01-01".to_owned()),
    ] {
        let refused = issue(&[], scopes, &until);
        assert_eq!((refused.status, refused.code().as_str()), (400, "ACC-003"), "{scopes:?} {until}");
    }
    // From another site, and without saying from where, nothing is issued or revoked.
    for headers in [&[JSON, ("Sec-Fetch-Site", "cross-site")][..], &[JSON, ("Origin", "http://evil.example")], &[JSON]]
    {
        assert_eq!(browser.send("POST", "/api/v1/tokens", headers, &body).code(), "SRV-020");
        assert_eq!(browser.send("POST", &revocation, headers, "{\"reason\": \"x\"}").code(), "SRV-020");
    }
    assert_eq!(list(&browser).len(), before + 1);
    // That of another person is like none.
    let other = Browser::signed(&served, &key_of_other(&served));
    assert!(list(&other).iter().all(|token| token["token_id"] != id));
    let revoke = |browser: &Browser<'_>, path: &str| browser.post(path, &[JSON], "{\"reason\": \"Үлгі\"}");
    let told = |answer: &Answer, id: &str| {
        let mut value = answer.json();
        value["request_id"] = Value::Null;
        (answer.status, value.to_string().replace(id, "ID"))
    };
    let (theirs, none) = (revoke(&other, &revocation), revoke(&other, "/api/v1/tokens/0000000000000000/revocation"));
    assert_eq!(told(&theirs, id.as_str().unwrap()), told(&none, "0000000000000000"));
    assert_eq!((theirs.status, theirs.code().as_str()), (404, "ACC-002"));
    assert_eq!(by_token("GET", "/api/v1/records", "").status, 200);
    // Revoked it opens nothing; the list keeps it.
    let revoked = revoke(&browser, &revocation);
    assert!(revoked.status == 200 && revoked.json()["revoked"].is_u64(), "{revoked:?}");
    assert_eq!(by_token("GET", "/api/v1/records", "").code(), "SRV-003");
    assert_eq!(revoke(&browser, &revocation).status, 404);
    assert!(list(&browser)[1]["revoked"].is_u64());
    // An account has a bounded number of good ones.
    for _ in before..100 {
        assert_eq!(issue(&[], &["record.list"], &day(1)).status, 201);
    }
    assert_eq!(issue(&[], &["record.list"], &day(1)).code(), "ACC-003");
    served.bench.later(2 * DAY_MS);
    let browser = Browser::signed(&served, &signer);
    let body = json!({"scopes": ["record.list"], "until": day(1)}).to_string();
    assert_eq!(browser.post("/api/v1/tokens", &[JSON], &body).status, 201, "what has ended does not count");
}

fn key_of_other(served: &Served) -> Signer {
    key(served, "ҮЛГІ", "000000000022", 210)
}

/// A browser that shows one cookie.
fn browser_with<'a>(served: &'a Served, name: &str, value: &str) -> Browser<'a> {
    let browser = Browser::new(served);
    browser.cookies.borrow_mut().insert(name.to_owned(), value.to_owned());
    browser
}

#[test]
fn what_changes_something_is_taken_from_own_pages_only() {
    let served = Served::new();
    let browser = Browser::signed(&served, &archivist(&served));
    for path in ["/api/v1/logout", "/sign-out", "/api/v1/submissions", "/sign-in", "/sessions"] {
        for headers in [
            &[("Sec-Fetch-Site", "cross-site"), ("Origin", "http://evil.example")][..],
            &[("Sec-Fetch-Site", "same-site")],
            &[("Origin", "http://evil.example")],
            &[("Origin", "null")],
            &[],
        ] {
            let answer = browser.send("POST", path, &[headers, &[FORM]].concat(), "");
            assert_eq!(answer.status, 403, "{path} {headers:?}");
            assert!(String::from_utf8_lossy(&answer.body).contains("SRV-020"), "{path} {headers:?}");
            assert!(!answer.headers.contains_key("set-cookie"));
        }
    }
    assert!(browser.who().is_some(), "still signed in");
    // A page of another site cannot sign a visitor in either.
    let other = Browser::new(&served);
    let (id, _) = other.nonce();
    let body = json!({"id": id, "cms": ""}).to_string();
    let forged = other.send("POST", "/api/v1/login/signature", &[JSON, ("Origin", "http://evil.example")], &body);
    assert_eq!(forged.code(), "SRV-020");
    // By Origin alone, where a browser says no more; and a token needs neither.
    assert_eq!(browser.send("POST", "/api/v1/logout", &[("Origin", "http://localhost")], "").status, 204);
    let token = served.send(Some("edms"), "POST", "/api/v1/submissions", &[], b"");
    assert_ne!(token.status, 403);
}

#[test]
fn passwords_are_tried_a_few_times_and_say_nothing() {
    let served = Served::new();
    let hash = password::hash("үлгі құпиясөз 1").unwrap();
    served.archive().open_account("setup", &Holder::Bootstrap, Some(&hash), SYSTEM_ACTOR).unwrap();
    let browser = Browser::new(&served);
    let attempt = |account: &str, password: &str| {
        browser.post("/api/v1/login/password", &[JSON], &json!({"account": account, "password": password}).to_string())
    };
    let told = |answer: Answer| {
        let mut value = answer.json();
        value["request_id"] = Value::Null;
        (answer.status, value)
    };
    let wrong = told(attempt("setup", "үлгі құпиясөз 2"));
    assert_eq!(wrong.0, 401);
    assert_eq!(told(attempt("unknown", "үлгі құпиясөз 1")), wrong);
    assert_eq!(attempt("setup", "үлгі құпиясөз 1").status, 200);
    assert_eq!(browser.who().as_deref(), Some("setup"));
    (0..3).for_each(|_| assert_eq!(attempt("setup", "үлгі құпиясөз 3").status, 401));
    let busy = attempt("setup", "үлгі құпиясөз 1");
    assert_eq!((busy.status, busy.code().as_str()), (429, "SRV-010"), "also with the right one");
    assert!(busy.headers["retry-after"].parse::<u32>().unwrap() > 0);
    assert_eq!(attempt("other", "x").status, 401, "others are not kept waiting");
    (0..4).for_each(|_| assert_eq!(attempt("other", "x").status, 401));
    assert_eq!(attempt("other", "x").status, 429, "whether there is such an account or not");
    served.bench.later(5 * MINUTE_MS);
    assert_eq!(attempt("setup", "үлгі құпиясөз 1").status, 200);
    // With another password the session is over.
    let hash = password::hash("үлгі құпиясөз 4").unwrap();
    served.archive().change_password("setup", &hash, SYSTEM_ACTOR).unwrap();
    assert_eq!(browser.who(), None);
}

/// A draft whose every text from outside is one that a page must escape.
fn hostile(served: &Served, number: &str, access: &'static str) -> super::signed::Draft {
    let office = &served.bench.office;
    let mut draft = served.bench.draft(number);
    draft.main = docx("Тасқын туралы <script>alert(1)</script> \"тырнақша\" & 'дәйекше'.");
    draft.signature = Some(office.official.sign_detached(&draft.main, at(served.bench.now())));
    draft.card["documents"][0]["sha256"] = sha256(&draft.main).to_string().into();
    draft.card["title"] = "<script>alert(\"тақырып\")</script> '&".into();
    draft.card["nature"] = "\"><img src=x onerror=alert(1)>".into();
    draft.more.push(("куәлік ' & 1.cer".into(), "certificate", office.official.certificate().to_vec()));
    draft.access = access;
    draft
}

/// Nothing of what was planted is markup; every element that is opened is one of ours.
fn assert_escaped(text: &str) {
    for planted in ["<script>alert", "<img", "onerror=alert(1)>", "' & 1"] {
        assert!(!text.contains(planted), "{planted}: {text}");
    }
    assert!(text.matches("<script").count() <= 1, "{text}");
    // A quotation mark that is not escaped is one of ours.
    let is_handler = |rest: &str| rest.trim_start_matches(|c: char| c.is_ascii_alphabetic()).starts_with("=\"");
    assert!(!text.contains("style=\"") && !text.split(" on").skip(1).any(is_handler), "nothing inline: {text}");
}

#[test]
fn pages_say_everything_in_three_languages_at_one_address_and_escape_it() {
    let served = Served::new();
    let id = served.hand_in(&hostile(&served, "1-қ", "public"));
    brought_up(&served.archive());
    let secret = served.hand_in(&hostile(&served, "2-қ", "confidential"));
    let browser = Browser::signed(&served, &archivist(&served));
    let guest = Browser::new(&served);
    let query = encoded("тасқын \"'<script>alert(1)</script>");
    let pages = [
        (&browser, "/".to_owned(), 200),
        (&guest, "/".to_owned(), 200),
        (&guest, "/sign-in?next=%2Frecords%2F%3Cscript%3Ealert".to_owned(), 200),
        (&browser, "/sessions".to_owned(), 200),
        (&guest, "/sessions".to_owned(), 401),
        (&browser, "/search".to_owned(), 200),
        (&browser, format!("/search?q={query}"), 200),
        (&browser, "/search?q=%D1%82%D0%B0%D1%81%D2%9B%D1%8B%D0%BD".to_owned(), 200),
        (&browser, "/search?q=x&after=%3Cscript%3Ealert".to_owned(), 400),
        (&browser, format!("/records/{id}"), 200),
        (&browser, format!("/records/{secret}"), 200),
        (&browser, "/records/%3Cscript%3Ealert".to_owned(), 404),
        (&guest, format!("/records/{id}"), 401),
        (&browser, "/nothing/%3Cscript%3Ealert?a=%22%27".to_owned(), 404),
    ];
    for (browser, path, status) in &pages {
        let mut texts = Vec::new();
        for lang in LANGS {
            // The switch that the page offers leads to the same address.
            let sign = if path.contains('?') { '&' } else { '?' };
            let to = format!("{path}{sign}lang={lang}");
            let here = page(&browser.get(path));
            assert!(here.contains(&format!("href=\"{}\" lang=\"{lang}\"", to.replace('&', "&amp;"))), "{to}: {here}");
            let switched = browser.get(&to);
            assert_eq!((switched.status, switched.headers["location"].as_str()), (303, path.as_str()));
            assert_eq!(switched.headers["set-cookie"].split(';').next(), Some(format!("lang={lang}").as_str()));
            let answer = browser.get(path);
            let text = page(&answer);
            assert_eq!(answer.status, *status, "{path} {text}");
            assert!(text.starts_with(&format!("<!doctype html>\n<html lang=\"{lang}\">")), "{text}");
            assert_escaped(&text);
            let policy = &answer.headers["content-security-policy"];
            assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
            assert_eq!(answer.headers["content-language"], lang);
            // Every input has a label, every page one heading of the first order.
            for input in text.split("<input ").skip(1).filter(|input| !input.contains("type=\"hidden\"")) {
                let name = input.split("id=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
                assert!(text.contains(&format!("<label for=\"{name}\"")), "{name}: {text}");
            }
            assert_eq!(text.matches("<h1>").count(), 1);
            for empty in ["<h1></h1>", "<h2></h2>", "<dt></dt>", "<button type=\"submit\"></button>", "<label></label>"]
            {
                assert!(!text.contains(empty), "{empty}: {text}");
            }
            texts.push(text);
        }
        // What is said is said in the language: no two pages share a heading, a term, a button or a label.
        let said = |text: &str| -> Vec<String> {
            let parts = ["<dt>", "<th scope=\"col\">", "<h2>", "<button type=\"submit\">"];
            let words = parts.iter().flat_map(|open| text.split(open).skip(1));
            words.map(|rest| rest.split('<').next().unwrap().to_owned()).collect()
        };
        let [kk, ru, en] = [0, 1, 2].map(|n| said(&texts[n]));
        assert!(!kk.is_empty() && kk.len() == ru.len() && ru.len() == en.len(), "{path}");
        for ((kk, ru), en) in kk.iter().zip(&ru).zip(&en) {
            assert!(kk != en && ru != en, "{path}: {kk} {ru} {en}");
            assert!(en.is_ascii() && !kk.is_ascii() && !ru.is_ascii(), "{path}: {kk} {ru} {en}");
        }
        assert!(texts[0] != texts[1], "{path}");
    }
    let found = page(&browser.get("/search?q=%D1%82%D0%B0%D1%81%D2%9B%D1%8B%D0%BD"));
    assert!(found.contains("<mark>Тасқын</mark> туралы &lt;script&gt;"), "{found}");
    let shown = page(&browser.get(&format!("/records/{id}")));
    assert!(shown.contains("&lt;script&gt;alert(&quot;тақырып&quot;)&lt;/script&gt; &#39;&amp;"), "{shown}");
    // A link leads to the file, byte for byte; no other place is led to.
    let link = shown.split("href=\"").find(|rest| rest.starts_with("/api/v1/records/")).unwrap();
    assert_eq!(browser.get(link.split('"').next().unwrap()).status, 200);
    for next in ["//evil.example", "http://evil.example", "/\\evil.example", "javascript:alert(1)"] {
        let offered = page(&guest.get(&format!("/sign-in?next={}", encoded(next))));
        assert!(offered.contains("data-next=\"/\""), "{next}: {offered}");
    }
    // A program that asks for what is not there gets what programs get.
    let program = browser.send("GET", "/nothing", &[("Accept", "application/json")], "");
    assert_eq!(program.code(), "SRV-011");
    // Kazakh, whatever the browser was installed in, until somebody chooses.
    let fresh = Browser::new(&served).send("GET", "/", &[("Accept-Language", "ru"), ("Accept", "text/html")], "");
    assert_eq!(fresh.headers["content-language"], "kk");
}

/// The links beside the hits of a search: group, what a link says, where it leads, and whether it is what was chosen.
fn links(text: &str) -> Vec<(String, String, String, bool)> {
    let Some((_, nav)) = text.split_once("<nav class=\"facets no-print\" aria-labelledby=\"narrow\">") else {
        assert!(!text.contains("#narrow"), "a link to what is not there: {text}");
        return Vec::new();
    };
    assert!(text.contains("href=\"#narrow\"") && nav.contains("<h2 id=\"narrow\">"), "{text}");
    let nav = nav.split("</nav>").next().unwrap();
    let mut found = Vec::new();
    for group in nav.split("<h3 id=\"").skip(1) {
        let (id, rest) = group.split_once("\">").unwrap();
        assert!(rest.contains(&format!("<ul aria-labelledby=\"{id}\">")), "{rest}");
        let name = rest.split("</h3>").next().unwrap().to_owned();
        for link in rest.split("<a href=\"").skip(1) {
            let (href, rest) = link.split_once('"').unwrap();
            let (attributes, said) = rest.split_once('>').unwrap();
            let said = said.split("</a>").next().unwrap().split("<span").next().unwrap().to_owned();
            found.push((name.clone(), said, href.to_owned(), attributes == " aria-current=\"true\""));
        }
    }
    found
}

/// Goal: links beside the hits lead to as many records as they say, and back; of what a reader may not read no count
/// and no word is there. Method: every link of every page is followed, two links deep.
#[test]
fn a_search_is_narrowed_by_links_that_count_what_the_reader_may_read() {
    const OTHER_BIN: &str = "000000000900";
    let theirs = [("000000000041", "official"), ("000000000042", "records_office")];
    let rows = theirs.map(|(iin, kind)| row(iin, kind).replace("000000000100", OTHER_BIN)).concat();
    let served = Served::with_rows(&rows);
    let now = served.bench.now();
    let mut seed = 100;
    let [official, clerk] = theirs.map(|(iin, _)| {
        seed += 10;
        let validity = Validity { from: at(now - DAY_MS), until: at(now + 100 * DAY_MS) };
        let mut random = |buffer: &mut [u8]| {
            seed += 1;
            buffer.fill(seed);
        };
        served.bench.office.root.issue(&holder_of(OTHER_BIN, "ҮЛГІ", iin), validity, &mut random).unwrap()
    });
    let drafts = [
        (AGENCY, "public", "outgoing"),
        (AGENCY, "public", "incoming"),
        (AGENCY, "confidential", "incoming"),
        ("OTHER-01", "public", "internal"),
    ];
    for (n, (agency, access, direction)) in drafts.into_iter().enumerate() {
        let mut draft = served.bench.draft(&format!("{n}-қ"));
        (draft.access, draft.direction) = (access, direction);
        if agency != AGENCY {
            draft.signature = Some(official.sign_detached(&draft.main, at(now - 120_000)));
            draft.card_signature = Some(Some(clerk.sign_detached(draft.card.to_string().as_bytes(), at(now))));
        }
        let folder = draft.write(&served.bench.office, served.bench.folder.path(), served.bench.now());
        let file = folder.join("submission.json");
        let text = std::fs::read_to_string(&file).unwrap().replace(AGENCY, agency);
        std::fs::write(&file, text).unwrap();
        let answered = Intake::new(&served.archive(), SYSTEM_ACTOR).take(&folder);
        assert!(accepted(&answered).is_some(), "{agency}: {:?}", answered.status);
    }
    brought_up(&served.archive());
    let people = [("000000000021", 200), ("000000000023", 210), ("000000000022", 220)];
    let [archivist, public_only, other] = people.map(|(iin, seed)| {
        let browser = Browser::signed(&served, &key(&served, "ҮЛГІ", iin, seed));
        browser.get("/?lang=en");
        browser
    });
    let count = |text: &str| {
        let found = text.split("Records found: ").nth(1).and_then(|rest| rest.split(' ').next()?.parse::<u64>().ok());
        found.unwrap_or_else(|| panic!("{text}"))
    };
    let q = format!("/search?q={}", encoded("сынақ"));
    let said = |browser: &Browser<'_>| -> Vec<String> {
        links(&page(&browser.get(&q))).into_iter().map(|(group, said, ..)| format!("{group}: {said}")).collect()
    };
    let all = ["Access: public (2)", "Access: confidential (1)", "Direction: incoming (2)", "Direction: outgoing (1)"];
    assert_eq!(said(&archivist), all);
    assert_eq!(said(&public_only), ["Direction: incoming (1)", "Direction: outgoing (1)"]);
    assert_eq!(said(&other), [""; 0], "one record is no choice");
    assert_eq!(count(&page(&other.get(&q))), 1);
    // What is asked for by name is not there either: no count, no link to it, and the way back.
    for (browser, field) in [(&public_only, "access:confidential"), (&other, "direction:incoming")] {
        let text = page(&browser.get(&format!("{q}%20{}", encoded(field))));
        let found = links(&text);
        assert!(text.contains("Nothing was found") && found.len() == 1 && found[0].3, "{text}");
        assert!(found[0].1.ends_with(" (0)"), "{found:?}");
        let back = page(&browser.get(&found[0].2));
        assert_eq!(count(&back), count(&page(&browser.get(&q))));
    }
    let unescaped = |href: &str| href.replace("&amp;", "&");
    let told = |said: &str| said.rsplit_once('(').unwrap().1.trim_end_matches(')').parse::<u64>().unwrap();
    let before = count(&page(&archivist.get(&q)));
    for (group, said, href, is_chosen) in links(&page(&archivist.get(&q))) {
        assert!(!is_chosen, "{said}");
        let text = page(&archivist.get(&unescaped(&href)));
        assert_eq!(count(&text), told(&said), "{href}");
        let (chosen, more): (Vec<_>, Vec<_>) = links(&text).into_iter().partition(|(.., is_chosen)| *is_chosen);
        let [(of, again, off, _)] = &chosen[..] else { panic!("{chosen:?}") };
        assert_eq!((of, again), (&group, &said), "what was chosen is said first, with its count");
        assert!(text.contains("aria-current=\"true\"") && text.contains("take off"), "{text}");
        assert_eq!(count(&page(&archivist.get(&unescaped(off)))), before);
        for (_, said, href, _) in more {
            let text = page(&archivist.get(&unescaped(&href)));
            assert_eq!(count(&text), told(&said), "{href}");
            assert_eq!(links(&text).iter().filter(|(.., is_chosen)| *is_chosen).count(), 2, "{text}");
        }
    }
    // In every language, and the same with the page of the language before.
    for (lang, word) in [("kk", "Қолжетімділік: ашық (2)"), ("ru", "Доступ: открытый (2)")]
    {
        archivist.get(&format!("/?lang={lang}"));
        assert_eq!(said(&archivist)[0], word);
    }
}

#[test]
fn a_form_without_script_signs_in_and_leads_back() {
    let served = Served::new();
    let (signer, browser) = (archivist(&served), Browser::new(&served));
    let text = page(&browser.get("/sign-in?next=%2Fsearch%3Fq%3Dx"));
    let id = text.split("name=\"id\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let to_sign = browser.get(&format!("/sign-in/text/{id}"));
    assert!(to_sign.headers["content-disposition"].starts_with("attachment"));
    let cms = STANDARD.encode(signer.sign_detached(&to_sign.body, at(served.bench.now())));
    let pem = format!("-----BEGIN CMS-----\n{cms}\n-----END CMS-----\n");
    let body = format!("id={id}&cms={}", encoded(&pem));
    let entered = browser.post("/sign-in?next=%2Fsearch%3Fq%3Dx", &[FORM], &body);
    assert_eq!((entered.status, entered.headers["location"].as_str()), (303, "/search?q=x"), "{entered:?}");
    assert_eq!(browser.who().as_deref(), Some("archivist"));
    let again = browser.post("/sign-in", &[FORM], &body);
    assert_eq!(again.status, 401);
    let text = page(&again);
    assert!(text.contains("SRV-003") && !text.contains(&id), "a new text is offered");
    assert_eq!(browser.get(&format!("/sign-in/text/{id}")).status, 404);
    // What the page loads is there, and kept.
    for of in ["href=\"/assets/", "src=\"/assets/"] {
        let name = text.split(of).nth(1).unwrap().split('"').next().unwrap();
        let asset = browser.get(&format!("/assets/{name}"));
        assert_eq!(asset.status, 200);
        assert!(asset.headers["cache-control"].contains("immutable") && !asset.body.is_empty());
    }
}

#[test]
fn a_record_about_persons_is_noted_before_a_word_of_it_is_shown() {
    let served = Served::new();
    let id = served.hand_in(&hostile(&served, "1-қ", "confidential"));
    let browser = Browser::signed(&served, &archivist(&served));
    let path = format!("/records/{id}");
    let readings = || {
        let archive = served.archive();
        archive.wait_index().unwrap();
        let log = archive.log().unwrap();
        let mut found = Vec::new();
        log.leaves::<muragat::error::Error>(0, log.size(), |index, leaf| {
            if leaf.act == ActKind::RecordRead {
                found.push(muragat::access::reading(&archive, index, &leaf).unwrap().purpose);
            }
            Ok(())
        })
        .unwrap();
        found
    };
    let asked = page(&browser.get(&path));
    assert!(asked.contains("name=\"purpose\"") && !asked.contains("alert("), "{asked}");
    for wrong in ["", "%20%20", "a%0Ab", &"a".repeat(501)] {
        let answer = browser.post(&path, &[FORM], &format!("purpose={wrong}"));
        assert_eq!(answer.status, 422, "{wrong}");
        assert!(!page(&answer).contains("alert("));
    }
    assert!(readings().is_empty());
    let purpose = "Үлгі <script>alert(1)</script> \"мақсат\"";
    let said = browser.post(&path, &[FORM], &format!("purpose={}", encoded(purpose)));
    assert_eq!((said.status, said.headers["location"].as_str()), (303, path.as_str()));
    let shown = browser.get(&path);
    assert_eq!(shown.status, 200);
    assert!(page(&shown).contains("&lt;script&gt;alert(&quot;тақырып&quot;)"));
    assert_escaped(&page(&shown));
    assert_eq!(readings(), [Some(purpose.to_owned())]);
    // A link of the page needs not say it again; another session has not said it.
    assert_eq!(browser.get(&format!("/api/v1{path}/components/0/content")).status, 200);
    assert_eq!(readings(), [Some(purpose.to_owned()), Some(purpose.to_owned())], "looking at it, and taking of it");
    let other = Browser::signed(&served, &archivist(&served));
    assert!(page(&other.get(&path)).contains("name=\"purpose\""));
    served.bench.later(15 * MINUTE_MS + 1);
    assert!(page(&browser.get(&path)).contains("name=\"purpose\""), "asked again after a quarter of an hour");
}

#[test]
fn what_is_not_theirs_looks_like_what_is_not_there() {
    let served = Served::new();
    let id = served.hand_in(&served.bench.draft("1-қ"));
    let mut draft = served.bench.draft("2-қ");
    draft.access = "confidential";
    let secret = served.hand_in(&draft);
    let none = "0".repeat(32);
    let other = Browser::signed(&served, &key(&served, "ҮЛГІ", "000000000022", 210));
    let public_only = Browser::signed(&served, &key(&served, "ҮЛГІ", "000000000023", 220));
    let told = |browser: &Browser<'_>, id: &str, purpose: Option<&str>| {
        let path = format!("/records/{id}");
        let answer = match purpose {
            Some(purpose) => browser.post(&path, &[FORM], &format!("purpose={purpose}")),
            None => browser.get(&path),
        };
        let text = page(&answer).replace(id, "ID");
        (answer.status, text.replace(answer.headers["x-request-id"].as_str(), "REQUEST"))
    };
    for purpose in [None, Some("x")] {
        let nothing = told(&other, &none, purpose);
        assert_eq!(nothing.0, 404);
        assert_eq!(told(&other, &id, purpose), nothing);
        assert_eq!(told(&other, &secret, purpose), nothing);
        assert_eq!(told(&public_only, &secret, purpose), told(&public_only, &none, purpose));
    }
    assert_eq!(told(&public_only, &id, None).0, 200);
    // Of agencies that are not theirs nothing is counted.
    let count = |browser: &Browser<'_>| {
        browser.get("/?lang=en");
        let text = page(&browser.get("/"));
        let rest = text.split("Records that you may see</dt><dd>").nth(1).unwrap().to_owned();
        rest.split('<').next().unwrap().to_owned()
    };
    assert_eq!((count(&other), count(&public_only)), ("0".to_owned(), "1".to_owned()));
}

/// Goal: a page offers what its reader may do: who may not search finds neither the box nor how many there are.
#[test]
fn who_may_not_search_is_offered_no_search_and_told_no_count() {
    let served = Served::with_rows(&row("000000000028", "auditor"));
    let archive = served.archive();
    for (name, iin) in [("watcher", "000000000028"), ("approver-1", "000000000013"), ("member", "000000000011")] {
        let holder = Holder::Person(muragat::model::iin::Iin::parse(iin).unwrap());
        archive.open_account(name, &holder, None, SYSTEM_ACTOR).unwrap();
    }
    assert_eq!(archive.config().issuer.name, None);
    served.hand_in(&served.bench.draft("1-қ"));
    let titles = ["Электрондық архив", "Электронный архив", "Electronic archive"];
    for (iin, seed, may) in [
        ("000000000021", 200, true),
        ("000000000011", 205, true),
        ("000000000028", 210, false),
        ("000000000013", 215, false),
        ("000000000015", 220, false),
    ] {
        let browser = Browser::signed(&served, &key(&served, "ҮЛГІ", iin, seed));
        for (lang, title) in LANGS.into_iter().zip(titles) {
            browser.get(&format!("/?lang={lang}"));
            let home = page(&browser.get("/"));
            assert!(home.contains(&format!("<h1>{title}</h1>")), "{iin} {home}");
        }
        let home = page(&browser.get("/"));
        assert_eq!(home.contains("role=\"search\""), may, "{iin}");
        assert_eq!(home.contains("Records that you may see"), may, "{iin}");
        assert_eq!(page(&browser.get("/sessions")).contains("name=\"q\""), may, "{iin}");
        assert_eq!(browser.get("/search").status, if may { 200 } else { 403 }, "{iin}");
        assert_eq!(browser.get("/search?q=a").status, if may { 200 } else { 403 }, "{iin}");
    }
    let guest = Browser::new(&served);
    assert!(!page(&guest.get("/")).contains("name=\"q\""));
    assert_eq!(guest.get("/search").status, 401);
}

/// A program that cannot do what the configuration asks for does not begin, rather than leave it out.
#[cfg(not(feature = "oidc"))]
#[test]
fn a_program_without_openid_does_not_serve_an_archive_that_asks_for_it() {
    use muragat::api::{Options, Server};
    let bench = super::signed::Bench::new();
    let config = bench.root().join("muragat.toml");
    let table = "\n[oidc]\nissuer = \"http://localhost:1\"\nclient_id = \"a\"\nclient_secret_file = \"a\"\nclaim = \"a\"\n\
                 redirect = \"http://localhost/sign-in/openid/return\"\n";
    std::fs::write(&config, std::fs::read_to_string(&config).unwrap() + table).unwrap();
    let slot = muragat::archive::Slot::open(&bench.root(), bench.clock.clone()).unwrap();
    let options = Options {
        listen: "127.0.0.1:0",
        metrics: None,
        inbox: None,
        pages: None,
        tls: None,
        lang: muragat::text::Lang::En,
        readers: 0,
        stop: Box::leak(Box::default()),
        log: |_| {},
    };
    let refused = Server::bind(std::sync::Arc::new(slot), &options).err().map(|e| e.code);
    assert_eq!(refused, Some(muragat::error::ErrorCode::OidBuild));
}
