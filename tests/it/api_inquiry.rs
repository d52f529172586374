//! An inquiry over HTTP, from the request of a court to the bundle that it gets.
//!
//! Goal: a legal officer does the whole of an inquiry by the service, and what a court gets is byte for byte what the
//! command line writes, proven by `verify`; nothing is seen before the journal says so; who is of another agency, of
//! another office or reaches less gets nothing of it, and no name, count or status tells them; what was durable
//! survives `kill -9`. Method: a served archive on a port of this machine, persons who sign in with keys of a made-up
//! office, and the real program as a service that is killed, and as the command line.

use super::api::noise;
use super::api_lists::validator;
use super::bundle::stamped;
use super::common::docx;
use super::confirmed::row;
use super::evidence::{authority, policy};
use super::serve::Service;
use super::served::{Answer, Served, connect, read};
use super::signed::{AGENCY, Bench, DAY_MS, at, holder, holder_of};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use muragat::access::reading;
use muragat::api::description;
use muragat::archive::{Archive, Holder};
use muragat::cli::samples::signer::{Signer, Validity};
use muragat::clock::{Clock, SystemClock};
use muragat::model::digest::sha256;
use muragat::model::id::RecordId;
use muragat::model::iin::Iin;
use muragat::tlog::commit::SYSTEM_ACTOR;
use muragat::tlog::leaf::{ActKind, Leaf};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

const HOUR_MS: u64 = 3_600_000;
const OTHER_BIN: &str = "000000000900";
const BOTH: &str = "access = [\"public\", \"confidential\"]\n";

/// Account, IIN, office, categories; the last one is of another agency.
const PEOPLE: [(&str, &str, &str, &str); 5] = [
    ("legal", "000000000031", "legal_officer", BOTH),
    ("junior", "000000000032", "legal_officer", ""),
    ("watcher", "000000000034", "auditor", ""),
    ("records", "000000000035", "records_office", BOTH),
    ("foreign", "000000000033", "legal_officer", BOTH),
];

/// Somebody who signed in.
struct Person {
    address: SocketAddr,
    cookie: String,
}

impl Person {
    fn sign_in(address: SocketAddr, signer: &Signer, now: u64) -> Self {
        let nobody = Self { address, cookie: String::new() };
        let nonce = nobody.send("POST", "/api/v1/login/nonce", &[], "").json();
        let cms = signer.sign_detached(nonce["text"].as_str().unwrap().as_bytes(), at(now));
        let body = json!({"id": nonce["id"], "cms": STANDARD.encode(cms)});
        let entered = nobody.post("/api/v1/login/signature", &[], &body);
        assert_eq!(entered.status, 200, "{entered:?}");
        let cookie = entered.headers["set-cookie"].split(';').next().unwrap().to_owned();
        Self { address, cookie }
    }

    fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut head = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {}\r\n\
             Sec-Fetch-Site: same-origin\r\nOrigin: http://localhost\r\nCookie: {}\r\nAccept-Language: en\r\n",
            body.len(),
            self.cookie
        );
        headers.iter().for_each(|(name, value)| head += &format!("{name}: {value}\r\n"));
        let mut stream = connect(self.address);
        stream.write_all((head + "\r\n" + body).as_bytes()).unwrap();
        read(&mut stream)
    }

    fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], "")
    }

    fn post(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        let kind = [("Content-Type", "application/json")];
        self.send("POST", path, &[headers, &kind].concat(), &body.to_string())
    }

    /// What is done is answered by the document that the description names.
    fn does(&self, template: &str, path: &str, body: &Value, status: u16) -> Value {
        let answer = self.post(path, &[], body);
        follows("post", template, &answer, status)
    }
}

fn follows(method: &str, template: &str, answer: &Answer, status: u16) -> Value {
    assert_eq!(answer.status, status, "{template} {answer:?}");
    let schema = validator(&description(), method, template, status).unwrap();
    if let Err(e) = schema.validate(&answer.json()) {
        panic!("{template}: {e}: {}", answer.json());
    }
    answer.json()
}

/// A key of the person with this number.
fn key(bench: &Bench, name: &'static str, iin: &'static str) -> Signer {
    // Another one for each.
    let mut count = iin[10..].parse::<u8>().unwrap() * 5;
    let mut random = move |buffer: &mut [u8]| {
        count += 1;
        buffer.fill(count);
    };
    let validity = Validity { from: at(bench.now() - DAY_MS), until: at(bench.now() + 100 * DAY_MS) };
    let holder = if name == "foreign" { holder_of(OTHER_BIN, name, iin) } else { holder(name, iin) };
    bench.office.root.issue(&holder, validity, &mut random).unwrap()
}

/// A served archive with a public record and a confidential one, both stamped, and its people.
struct Court {
    served: Served,
    people: BTreeMap<&'static str, Person>,
    open: String,
    secret: String,
    /// By which a stranger judges.
    rules: String,
}

const INQUIRIES: &str = "/api/v1/inquiries";
const SEARCHES: &str = "/api/v1/inquiries/{inquiry_id}/searches";
const TARGETS: &str = "/api/v1/inquiries/{inquiry_id}/targets";
const ANSWER: &str = "/api/v1/inquiries/{inquiry_id}/answer";
const CLOSING: &str = "/api/v1/inquiries/{inquiry_id}/closing";
const BUNDLES: &str = "/api/v1/inquiries/{inquiry_id}/bundles";

fn opening() -> Value {
    json!({"authority": "Үлгі соты", "case": "№ 7 іс", "basis": "АПК 73-бап", "requester": "Сот кеңсесі",
           "due": "2030-02-01"})
}

impl Court {
    fn new() -> Self {
        // An hour ago: the clock of a bench is moved, and the program as a process has the time that it is.
        let bench = Bench::bare_at(SystemClock.now() - HOUR_MS);
        let (mut rows, rules) = (String::new(), policy(&bench));
        for (name, iin, office, access) in PEOPLE {
            let row = row(iin, office) + access;
            rows += &if name == "foreign" { row.replace("000000000100", OTHER_BIN) } else { row };
        }
        let served = Served::of(bench, &rows, |bench, archive| bench.adopt(archive, &rules));
        let archive = served.archive();
        for (name, iin, ..) in PEOPLE {
            let person = Holder::Person(Iin::parse(iin).unwrap());
            archive.open_account(name, &person, None, SYSTEM_ACTOR).unwrap();
        }
        let open = served.hand_in(&served.bench.draft("1-қ"));
        let mut draft = served.bench.draft("2-қ");
        draft.access = "confidential";
        let secret = served.hand_in(&draft);
        archive.wait_index().unwrap();
        stamped(&served.bench, &archive, &authority(&served.bench));
        let mut court = Self { served, people: BTreeMap::new(), open, secret, rules };
        court.sign_in();
        court
    }

    fn sign_in(&mut self) {
        let staff = [("archivist", "000000000021"), ("admin", "000000000015")];
        let people = PEOPLE.iter().map(|(name, iin, ..)| (*name, *iin)).chain(staff);
        for (name, iin) in people {
            let signer = key(&self.served.bench, name, iin);
            let person = Person::sign_in(self.served.address, &signer, self.served.bench.now());
            self.people.insert(name, person);
        }
    }

    fn opened(&self, who: &str) -> String {
        let answer = self.people[who].does(INQUIRIES, INQUIRIES, &opening(), 201);
        answer["inquiry_id"].as_str().unwrap().to_owned()
    }

    fn path(&self, template: &str, inquiry: &str) -> String {
        template.replace("{inquiry_id}", inquiry)
    }

    fn entries(&self, from: u64) -> Vec<(u64, Leaf)> {
        let archive = self.served.archive();
        (from..archive.head().size).map(|entry| (entry, archive.leaf(entry).unwrap())).collect()
    }

    fn size(&self) -> u64 {
        self.served.archive().head().size
    }
}

fn program(archive: &Path, args: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_muragat"));
    let output = command.args(args).arg("--archive").arg(archive).env("MURAGAT_LANG", "en").output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8_lossy(&said).into_owned())
}

#[test]
fn a_legal_officer_does_the_whole_of_an_inquiry_and_the_court_proves_what_it_gets() {
    let mut court = Court::new();
    // Larger than what stays in memory.
    let mut draft = court.served.bench.draft("3-қ");
    draft.main = docx(&noise(4 << 20));
    draft.signature = Some(court.served.bench.office.official.sign_detached(&draft.main, at(court.served.bench.now())));
    draft.card["documents"][0]["sha256"] = sha256(&draft.main).to_string().into();
    let large = court.served.hand_in(&draft);
    stamped(&court.served.bench, &court.served.archive(), &authority(&court.served.bench));
    let legal = &court.people["legal"];
    let id = court.opened("legal");
    let inquiry: RecordId = id.parse().unwrap();
    let path = |template: &str| court.path(template, &id);
    let shown = legal.get(&format!("{INQUIRIES}/{id}")).json();
    assert_eq!((shown["agency"].as_str(), shown["case"].as_str()), (Some(AGENCY), Some("№ 7 іс")));
    assert_eq!(legal.get(&path(ANSWER)).code(), "INQ-006", "nothing was searched");

    let search = legal.does(SEARCHES, &path(SEARCHES), &json!({"query": "reg:1-қ"}), 201);
    assert_eq!(search["found"], json!([court.open]));
    assert_eq!(search["within"], json!({"agency": AGENCY, "access": ["public", "confidential"]}));
    let leaf = court.served.archive().leaf(search["entry"].as_u64().unwrap()).unwrap();
    assert_eq!((leaf.act, leaf.rec), (ActKind::InquirySearched, Some(inquiry)));
    let wrong = legal.post(&path(SEARCHES), &[], &json!({"query": "nofield:1"}));
    assert_eq!(wrong.status, 400, "{wrong:?}");
    let taken = json!({"records": [court.secret, large]});
    legal.does(TARGETS, &path(TARGETS), &taken, 201);
    let targets = legal.get(&format!("{INQUIRIES}/{id}")).json()["targets"].as_array().unwrap().len();
    assert_eq!(targets, 3);

    // What is read under it is in the journal with its name, of a public record too.
    let from = court.size();
    for record in [&court.open, &court.secret] {
        let content = format!("/api/v1/records/{record}/components/0/content?inquiry={id}");
        assert_eq!(legal.get(&content).status, 200);
        assert_eq!(legal.send("GET", &content, &[("Range", "bytes=0-0")], "").body.len(), 1);
    }
    let read: Vec<_> = court.entries(from).into_iter().filter(|(_, leaf)| leaf.act == ActKind::RecordRead).collect();
    let named: Vec<_> = read.iter().map(|(_, leaf)| (leaf.rec.unwrap().to_string(), leaf.of)).collect();
    assert_eq!(named, [&court.open, &court.secret].map(|record| (record.clone(), Some(inquiry))));
    let rule = |(entry, leaf): &(u64, Leaf)| reading(&court.served.archive(), *entry, leaf).unwrap().rule.unwrap();
    let said = read.iter().map(rule);
    assert_eq!(said.collect::<BTreeSet<_>>(), BTreeSet::from(["legal_officer.content".to_owned()]));

    // The answer is given out, signed by an officer outside, and taken in.
    let given = follows("get", ANSWER, &legal.get(&path(ANSWER)), 200);
    let file = |given: &Value, at: usize| STANDARD.decode(given["files"][at]["base64"].as_str().unwrap()).unwrap();
    assert_eq!((given["status"].as_str(), given["files"][0]["name"].as_str()), (Some("unsigned"), Some("answer.json")));
    let answer = file(&given, 0);
    assert_eq!(given["answer"]["searches"][0]["within"]["agency"], AGENCY);
    let text = given["answer"]["text"]["en"].as_str().unwrap();
    assert!(text.contains("searched only among: records of the agency TEST-01 (public, confidential)"), "{text}");
    court.served.bench.later(2_000);
    let now = at(court.served.bench.now());
    let signed = |who: &Signer| json!({"signatures": [STANDARD.encode(who.sign_detached(&answer, now))]});
    let refused = legal.does(ANSWER, &path(ANSWER), &signed(&court.served.bench.office.official), 422);
    assert_eq!(refused["reasons"][0]["code"], "INQ-008");
    assert_eq!(legal.post(&path(ANSWER), &[], &json!({"signatures": ["я"]})).status, 400);
    let closing = json!({"outcome": "Жауап берілді"});
    assert_eq!(legal.post(&path(CLOSING), &[], &closing).code(), "INQ-007", "it is not answered");
    let right = signed(&court.served.bench.office.clerk);
    let done = legal.does(ANSWER, &path(ANSWER), &right, 200);
    assert_eq!(legal.does(ANSWER, &path(ANSWER), &right, 200)["entry"], done["entry"], "taken in once");
    let given = follows("get", ANSWER, &legal.get(&path(ANSWER)), 200);
    assert_eq!((given["status"].as_str(), given["files"].as_array().unwrap().len()), (Some("signed"), 5));
    assert_eq!(file(&given, 0), answer);

    // The bundle: committed first, then fetched as often as wanted.
    let made = legal.does(BUNDLES, &path(BUNDLES), &json!({}), 201);
    assert_eq!((made["status"].as_str(), made["records"].as_array().unwrap().len()), (Some("complete"), 3), "{made}");
    let content = made["content"].as_str().unwrap().to_owned();
    let (entry, size) = (made["entry"].as_u64().unwrap(), made["size"].as_u64().unwrap());
    assert_eq!(court.served.archive().leaf(entry).unwrap().act, ActKind::InquiryBundled);
    let whole = legal.get(&content);
    assert_eq!(whole.status, 200, "{whole:?}");
    let digest = sha256(&whole.body);
    assert_eq!(
        (made["sha256"].as_str().unwrap(), made["bytes"].as_u64()),
        (&*digest.to_string(), Some(whole.body.len() as u64))
    );
    assert!(whole.body.len() > 2 << 20, "{} bytes are not spooled to the disk", whole.body.len());
    assert_eq!(whole.headers["etag"], format!("\"{digest}\""));
    assert_eq!(whole.headers["repr-digest"], format!("sha-256=:{}:", STANDARD.encode(digest.0)));
    assert_eq!(whole.headers["content-type"], "application/zip");
    assert!(whole.headers["content-disposition"].contains(&format!("filename*=UTF-8''{id}-{entry}.zip")));
    let len = whole.body.len();
    for (range, wanted) in [("bytes=5-9".to_owned(), 5..10), (format!("bytes={}-", len - 7), len - 7..len)] {
        let part = legal.send("GET", &content, &[("Range", &range)], "");
        assert_eq!((part.status, &part.body[..]), (206, &whole.body[wanted]), "{range}");
    }
    let asked = |name: &str, value: &str| legal.send("GET", &content, &[(name, value)], "");
    assert_eq!(asked("If-None-Match", &whole.headers["etag"]).status, 304);
    assert_eq!(asked("Range", "bytes=0-1,4-5").code(), "SRV-009");
    assert_eq!(legal.send("HEAD", &content, &[], "").headers["content-length"], len.to_string());
    assert!(legal.get(&format!("{content}?at_size={size}")).body == whole.body);
    let place = |entry: &str| format!("{INQUIRIES}/{id}/bundles/{entry}/content");
    for wrong in [format!("{content}?at_size=1"), place("1"), place("x")] {
        assert_eq!((legal.get(&wrong).status, legal.get(&wrong).code()), (404, "INQ-009".to_owned()), "{wrong}");
    }
    assert_eq!(legal.get(&format!("{content}?at_size={size}&cosigned=true")).code(), "SRV-004");
    // Each fetching is a reading, of every record in it, though one entry stands for a while.
    court.served.bench.later(16 * 60_000);
    let from = court.size();
    let _ = legal.get(&content);
    let read = court.entries(from).iter().filter(|(_, leaf)| leaf.act == ActKind::RecordRead).count();
    assert_eq!(read, 3);
    let spool = court.served.bench.root().join("spool");
    let begun = Instant::now();
    let left = || std::fs::read_dir(&spool).map_or(0, |entries| entries.count());
    while left() > 0 && begun.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(left(), 0, "nothing of it is left");

    // A closed inquiry takes nothing more; what was given out is given out again.
    legal.does(CLOSING, &path(CLOSING), &closing, 200);
    let reading = format!("/api/v1/records/{}/components/0/content?inquiry={id}", court.open);
    assert_eq!(legal.get(&reading).code(), "INQ-002");
    for (template, body) in [
        (SEARCHES, json!({"query": "reg:1-қ"})),
        (TARGETS, json!({"records": [court.open]})),
        (ANSWER, right),
        (BUNDLES, json!({})),
        (CLOSING, closing),
    ] {
        let size = court.size();
        let answer = legal.post(&path(template), &[], &body);
        assert_eq!((answer.status, answer.code().as_str()), (409, "INQ-002"), "{template}");
        assert_eq!(court.size(), size, "nothing is in the journal: {template}");
    }
    assert!(legal.get(&content).body == whole.body);

    // The command line writes the same, and a stranger proves it.
    court.served.end();
    let folder = court.served.bench.folder.path().to_owned();
    let root = court.served.bench.root();
    let [fetched, written, rules, journal] =
        ["fetched.zip", "written.zip", "rules.toml", "journal.vkey"].map(|name| folder.join(name));
    let name = |path: &Path| path.to_str().unwrap().to_owned();
    std::fs::write(&fetched, &whole.body).unwrap();
    let (code, said) =
        program(&root, &["inquiry", "bundle", &id, "--at-size", &size.to_string(), "-o", &name(&written)]);
    assert_eq!(code, 0, "{said}");
    assert!(std::fs::read(&written).unwrap() == whole.body);
    std::fs::write(&rules, &court.rules).unwrap();
    let vkey =
        Archive::open(&root, court.served.bench.clock.clone(), &mut |_, _| {}).unwrap().config().vkey.to_string();
    std::fs::write(&journal, vkey).unwrap();
    let verify = |file: &Path| {
        let by = ["--vkey", &name(&journal), "--policy", &name(&rules)].map(str::to_owned);
        let args: Vec<String> = ["verify".to_owned(), name(file)].into_iter().chain(by).collect();
        let output =
            Command::new(env!("CARGO_BIN_EXE_muragat")).args(&args).env("MURAGAT_LANG", "en").output().unwrap();
        (output.status.code().unwrap(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (code, said) = verify(&fetched);
    assert_eq!(code, 0, "{said}");
    let mut changed = whole.body.clone();
    changed[len / 2] ^= 1;
    std::fs::write(&fetched, changed).unwrap();
    assert_eq!(verify(&fetched).0, 6);
    // The program had a later time.
    court.served.bench.later(HOUR_MS);
    court.served.restart();
    court.sign_in();
    assert!(court.people["legal"].get(&content).body == whole.body, "after a restart too");
}

/// Without what differs from request to request.
fn told(answer: &Answer, id: &str) -> (u16, String) {
    let mut body = answer.json();
    body["request_id"] = Value::Null;
    (answer.status, body.to_string().replace(id, "ID"))
}

#[test]
fn who_has_no_part_in_an_inquiry_gets_nothing_of_it_and_is_told_nothing() {
    let court = Court::new();
    let id = court.opened("legal");
    let legal = &court.people["legal"];
    legal.does(TARGETS, &court.path(TARGETS, &id), &json!({"records": [court.open]}), 201);
    let made = legal.does(BUNDLES, &court.path(BUNDLES, &id), &json!({}), 201);
    let content = made["content"].as_str().unwrap().to_owned();
    let none = "0".repeat(32);
    let asked: [(&str, &str, Value); 8] = [
        ("POST", SEARCHES, json!({"query": "reg:1-қ"})),
        ("POST", TARGETS, json!({"records": [court.open]})),
        ("GET", ANSWER, Value::Null),
        ("POST", ANSWER, json!({"signatures": []})),
        ("POST", CLOSING, json!({"outcome": "a", "without_answer": "b"})),
        ("POST", BUNDLES, json!({})),
        ("GET", &content.replace(&id, "{inquiry_id}"), Value::Null),
        ("GET", &format!("/api/v1/records/{}/components/0/content?inquiry={{inquiry_id}}", court.open), Value::Null),
    ];
    let send = |who: &str, method: &str, path: &str, body: &Value| match method {
        "GET" => court.people[who].get(path),
        _ => court.people[who].post(path, &[], body),
    };
    let size = court.size();
    for (method, template, body) in &asked {
        let ask = |who: &str, id: &str| send(who, method, &court.path(template, id), body);
        // Of another agency: an id that was never given is answered alike.
        let (there, nowhere) = (ask("foreign", &id), ask("foreign", &none));
        assert_eq!(there.status, 404, "{template} {there:?}");
        assert_eq!(told(&there, &id), told(&nowhere, &none), "{template}");
        for who in ["archivist", "watcher", "admin"] {
            let answer = ask(who, &id);
            assert_eq!((answer.status, ask(who, &none).status), (403, 403), "{who} {template} {answer:?}");
        }
        // A records officer works on inquiries, and makes no bundle.
        if template.contains("bundles") {
            assert_eq!(ask("records", &id).status, 403, "{template}");
        }
        // A token is nobody's signature.
        let path = court.path(template, &id);
        let json = [("Content-Type", "application/json")];
        let token = court.served.send(Some("archivist"), method, &path, &json, body.to_string().as_bytes());
        assert_eq!(token.status, 403, "{template}");
        let nobody = court.served.send(None, method, &path, &json, body.to_string().as_bytes());
        assert_eq!(nobody.status, 401, "{template}");
    }
    assert_eq!(court.size(), size, "nothing of it is in the journal");
    for who in ["archivist", "watcher", "admin"] {
        assert_eq!(court.people[who].post(INQUIRIES, &[], &opening()).status, 403, "{who}");
    }
    // Whose other agencies are in the archive is told to nobody, nor is an inquiry opened for one.
    for agency in [AGENCY, "NONE-99"] {
        let mut body = opening();
        body["agency"] = agency.into();
        let answer = court.people["foreign"].post(INQUIRIES, &[], &body);
        assert_eq!((answer.status, answer.code().as_str()), (403, "ACC-005"));
        assert!(!answer.json().to_string().contains(AGENCY));
    }
    assert_eq!(court.people["foreign"].get(&format!("{INQUIRIES}/{id}")).status, 404);
    // The auditor sees that it is there, and not what people wrote.
    let seen = court.people["watcher"].get(&format!("{INQUIRIES}/{id}")).json();
    assert_eq!((seen["case"].as_str(), seen["bundles"][0]["entry"].as_u64()), (Some("***"), made["entry"].as_u64()));
}

#[test]
fn what_an_officer_does_not_reach_is_neither_found_nor_given_to_them() {
    let court = Court::new();
    let (legal, junior) = (&court.people["legal"], &court.people["junior"]);
    let id = court.opened("junior");
    let path = |template: &str| court.path(template, &id);
    // The confidential record is not found, not counted, and not kept; the act and the answer say what was searched.
    let query = json!({"query": format!("agency:{AGENCY}")});
    let found = junior.does(SEARCHES, &path(SEARCHES), &query, 201);
    assert_eq!((&found["found"], &found["within"]["access"]), (&json!([court.open]), &json!(["public"])));
    let none = junior.does(SEARCHES, &path(SEARCHES), &json!({"query": format!("id:{}", court.secret)}), 201);
    assert_eq!(none["found"], json!([]));
    let unknown = "0".repeat(32);
    for record in [&court.secret, &unknown] {
        let answer = junior.post(&path(TARGETS), &[], &json!({"records": [record]}));
        assert_eq!((answer.status, answer.code().as_str()), (404, "ARC-002"));
        let bundle = junior.post(&path(BUNDLES), &[], &json!({"records": [record]}));
        assert_eq!((bundle.status, bundle.code().as_str()), (404, "ARC-002"));
        let content = format!("/api/v1/records/{record}/components/0/content?inquiry={id}");
        assert_eq!(junior.get(&content).code(), "ARC-002");
    }
    assert_eq!(junior.get(&path(ANSWER)).status, 200);
    let bundle = junior.does(BUNDLES, &path(BUNDLES), &json!({"readings": "count"}), 201);
    assert_eq!(bundle["records"], json!([court.open]));
    assert_eq!(junior.get(bundle["content"].as_str().unwrap()).status, 200);
    // Somebody who reaches more goes on with it: then the answer and the whole are theirs to give.
    assert_eq!(legal.does(SEARCHES, &path(SEARCHES), &query, 201)["found"].as_array().unwrap().len(), 2);
    let second = legal.does(BUNDLES, &path(BUNDLES), &json!({}), 201);
    assert_eq!(second["records"].as_array().unwrap().len(), 2);
    let size = court.size();
    assert_eq!(legal.get(&path(ANSWER)).status, 200);
    for answer in [
        junior.get(&path(ANSWER)),
        junior.post(&path(ANSWER), &[], &json!({"signatures": []})),
        junior.post(&path(BUNDLES), &[], &json!({})),
        junior.get(second["content"].as_str().unwrap()),
    ] {
        assert_eq!((answer.status, answer.code().as_str()), (403, "ACC-005"), "{answer:?}");
        assert!(!answer.json().to_string().contains(&court.secret));
    }
    assert_eq!(court.size(), size);
    assert_eq!(junior.get(bundle["content"].as_str().unwrap()).status, 200, "the first is still theirs");
    // What is not under the inquiry is not read under it.
    let other = court.opened("legal");
    let content = format!("/api/v1/records/{}/components/0/content?inquiry={other}", court.open);
    assert_eq!(legal.get(&content).code(), "INQ-005");
    for wrong in [json!({"readings": "some"}), json!({"more": 1})] {
        assert_eq!(legal.post(&court.path(BUNDLES, &other), &[], &wrong).code(), "SRV-004");
    }
    assert_eq!(legal.post(&court.path(BUNDLES, &other), &[], &json!({})).code(), "INQ-006", "nothing is under it");
}

/// Goal: the register has the inquiries that its reader sees and no others, hides from who sees them masked what people
/// wrote, and counts no record that is not its reader's; on paper it is the same.
#[test]
fn the_register_has_what_its_reader_sees() {
    let court = Court::new();
    let id = court.opened("legal");
    let legal = &court.people["legal"];
    let query = json!({"query": format!("agency:{AGENCY}")});
    legal.does(SEARCHES, &court.path(SEARCHES, &id), &query, 201);
    let closing = json!({"outcome": "Қайтарылды", "without_answer": "Қате жіберілген"});
    legal.does(CLOSING, &court.path(CLOSING, &id), &closing, 200);
    // An agency that the archive has something of answers inquiries.
    court.served.archive().subtree("OTHER-01", SYSTEM_ACTOR).unwrap();
    let other = court.opened("foreign");
    let register = "/api/v1/inquiry-register";
    let read = |who: &str| follows("get", register, &court.people[who].get(register), 200);
    for (who, of, found) in [("legal", &id, 2), ("records", &id, 2), ("junior", &id, 1), ("foreign", &other, 0)] {
        let value = read(who);
        let rows = value["rows"].as_array().unwrap();
        let row = &rows[0];
        assert_eq!(
            (rows.len(), row["id"].as_str(), row["number"].as_str()),
            (1, Some(of.as_str()), Some("1")),
            "{who}"
        );
        assert_eq!((row["found"].as_str(), row["case"].as_str()), (Some(&*found.to_string()), Some("№ 7 іс")), "{who}");
        assert_eq!(value["values"]["inquiries"], "1");
        assert_eq!((&value["form"]["id"], &value["lang"]), (&json!("inquiry-register"), &json!("kk")));
    }
    assert!(read("legal")["rows"][0]["state"].as_str().unwrap().ends_with(": Қайтарылды; жауапсыз: Қате жіберілген"));
    assert!(!read("foreign").to_string().contains(AGENCY), "of other agencies not even that they are");
    let masked = read("watcher");
    for name in ["authority", "case", "basis", "requester"] {
        assert_eq!(masked["rows"][0][name], "***", "{name}");
    }
    assert!(masked["rows"][0]["state"].as_str().unwrap().ends_with(": ***; жауапсыз: ***"), "{masked}");
    // All of it is what the command line gives.
    let lang = muragat::text::Lang::Kk;
    let whole = muragat::inquiry::register::register(&court.served.archive(), None, lang).unwrap();
    let both: Vec<Value> = ["legal", "foreign"].map(|who| read(who)["rows"][0].clone()).to_vec();
    let rows: Vec<Value> = whole.rows.iter().map(|row| json!(row)).collect();
    let unnumbered = |rows: Vec<Value>| -> Vec<Value> {
        let without = |mut row: Value| {
            row["number"] = Value::Null;
            row
        };
        rows.into_iter().map(without).collect()
    };
    assert_eq!(unnumbered(both), unnumbered(rows));
    // On paper, in the language that is asked for, as far as a form has it.
    let paper = |who: &str, headers: &[(&str, &str)], year: &str| {
        court.people[who].send("GET", &format!("{register}/content{year}"), headers, "")
    };
    let given = paper("legal", &[], "");
    let html = String::from_utf8(given.body.clone()).unwrap();
    assert_eq!((given.status, given.headers["content-type"].as_str()), (200, "text/html; charset=utf-8"));
    assert!(given.headers["content-disposition"].contains("filename*=UTF-8''inquiry-register.html"), "{given:?}");
    assert!(html.contains("<html lang=\"kk\">") && html.contains("№ 7 іс") && html.contains("Қайтарылды"), "{html}");
    assert_eq!(html.matches("<tr><td>").count(), 1, "its own only");
    assert_eq!(paper("legal", &[("If-None-Match", &given.headers["etag"])], "").status, 304);
    let hidden = String::from_utf8(paper("watcher", &[], "").body).unwrap();
    assert!(hidden.contains("***") && !hidden.contains("№ 7 іс") && !hidden.contains("Қайтарылды"), "{hidden}");
    // By year; who sees no inquiries gets neither.
    let year = muragat::clock::civil_date(court.served.bench.now()).format("%Y").to_string();
    for (asked, rows) in [(year.as_str(), 1), ("1999", 0)] {
        let value = legal.get(&format!("{register}?year={asked}")).json();
        assert_eq!((value["rows"].as_array().unwrap().len(), value["values"]["year"].as_str()), (rows, Some(asked)));
    }
    for wrong in ["?year=0", "?year=10000", "?year=x", "?more=1"] {
        assert_eq!(legal.get(&format!("{register}{wrong}")).code(), "SRV-004", "{wrong}");
        assert_eq!(paper("legal", &[], wrong).code(), "SRV-004", "{wrong}");
    }
    for path in [register.to_owned(), format!("{register}/content")] {
        assert_eq!(court.people["admin"].get(&path).code(), "ACC-005");
        assert_eq!(court.served.send(None, "GET", &path, &[], b"").status, 401);
    }
}

#[test]
fn what_is_sent_again_under_a_key_is_done_once() {
    let court = Court::new();
    let legal = &court.people["legal"];
    let key = [("Idempotency-Key", "k1")];
    let answers: Vec<Answer> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..50).map(|_| scope.spawn(|| legal.post(INQUIRIES, &key, &opening()))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let (opened, waiting): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 201);
    assert!(!opened.is_empty() && waiting.iter().all(|answer| answer.code() == "SRV-007"), "{waiting:?}");
    assert!(opened.iter().all(|answer| answer.body == opened[0].body));
    assert_eq!(legal.get(INQUIRIES).json()["items"].as_array().unwrap().len(), 1);
    let mut other = opening();
    other["case"] = "№ 8 іс".into();
    assert_eq!(legal.post(INQUIRIES, &key, &other).code(), "SRV-006", "another request under the key");
    let id = opened[0].json()["inquiry_id"].as_str().unwrap().to_owned();
    let steps = [
        (SEARCHES, json!({"query": "reg:1-қ"}), 201),
        (TARGETS, json!({"records": [court.open]}), 201),
        (BUNDLES, json!({}), 201),
        (CLOSING, json!({"outcome": "a", "without_answer": "b"}), 200),
    ];
    for (at, (template, body, status)) in steps.iter().enumerate() {
        let key = format!("s{at}");
        let post = |body: &Value| legal.post(&court.path(template, &id), &[("Idempotency-Key", &key)], body);
        let first = post(body);
        assert_eq!(first.status, *status, "{first:?}");
        let size = court.size();
        let again = post(body);
        assert_eq!((again.status, &again.body), (*status, &first.body), "{template}");
        assert_eq!(court.size(), size, "{template}");
    }
}

/// A service of its own process, and a person who signed in there.
fn begun(court: &Court) -> (Service, Person) {
    let service = Service::start(&court.served.bench.root());
    let address = service.address.parse().unwrap();
    let signer = key(&court.served.bench, "legal", "000000000031");
    let person = Person::sign_in(address, &signer, SystemClock.now());
    (service, person)
}

#[test]
fn a_bundle_that_was_made_by_a_job_is_fetched_after_the_service_was_killed() {
    let mut court = Court::new();
    let id = court.opened("legal");
    let taken = json!({"records": [court.open, court.secret]});
    court.people["legal"].does(TARGETS, &court.path(TARGETS, &id), &taken, 201);
    court.served.end();
    let (service, legal) = begun(&court);
    let path = court.path(BUNDLES, &id);
    let job = |legal: &Person| {
        let answer = legal.post(&path, &[("Prefer", "respond-async")], &json!({}));
        let job = follows("post", BUNDLES, &answer, 202);
        format!("/api/v1/jobs/{}", job["job_id"].as_str().unwrap())
    };
    let first = job(&legal);
    let begin = Instant::now();
    let done = loop {
        let job = legal.get(&first).json();
        if job["state"] != "running" {
            break job;
        }
        assert!(begin.elapsed() < Duration::from_secs(60), "{job}");
        std::thread::sleep(Duration::from_millis(20));
    };
    assert_eq!(done["state"], "done", "{done}");
    drop(service); // kill -9
    let (service, legal) = begun(&court);
    let content = done["result"]["content"].as_str().unwrap();
    assert_eq!(sha256(&legal.get(content).body).to_string(), done["result"]["sha256"].as_str().unwrap());
    // Killed at any line of the next one: each that the inquiry shows is fetched.
    let mut services = Some((service, legal));
    for wait in [0, 5, 20, 60] {
        let (service, legal) = services.take().unwrap();
        job(&legal);
        std::thread::sleep(Duration::from_millis(wait));
        drop(service);
        let (service, legal) = begun(&court);
        let shown = legal.get(&format!("{INQUIRIES}/{id}")).json();
        let bundles = shown["bundles"].as_array().unwrap();
        assert!(bundles.iter().any(|one| one["entry"] == done["result"]["entry"]));
        for one in bundles {
            let content = format!("{INQUIRIES}/{id}/bundles/{}/content", one["entry"]);
            let answer = legal.get(&content);
            assert_eq!(answer.status, 200, "{content} {answer:?}");
        }
        services = Some((service, legal));
    }
}
