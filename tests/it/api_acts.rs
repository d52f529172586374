//! Acts of officers by the service: receipts, destruction, files, late components, cards.
//!
//! Goal: who has an office does by the service what the office allows and nothing else; each act is done once, however
//! often and by however many it is sent; too early, by the wrong person, of another agency it is refused without a
//! trace; a destruction goes from drawing up to a certificate that a stranger verifies. Method: a served archive, officers
//! who sign in with keys of a made-up office and sign what the service gives them, a clock that is moved.

use super::api_lists::{NOMENCLATURE, adopt_list, file};
use super::confirmed::row;
use super::disposal::LIST;
use super::served::{Answer, Served, send};
use super::signed::{AGENCY, DAY_MS, at, holder};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use muragat::archive::Holder;
use muragat::cli::samples::signer::{self, Signer, Validity};
use muragat::clock::civil_date;
use muragat::disposition::certificate;
use muragat::disposition::refile::Refiling;
use muragat::disposition::shorten::Decision;
use muragat::disposition::statement::{Statement, StatementKind};
use muragat::filing::nomenclature;
use muragat::model::digest::sha256;
use muragat::model::iin::Iin;
use muragat::model::nomenclature::Nomenclature;
use muragat::tlog::commit::SYSTEM_ACTOR;
use muragat::tlog::leaf::ActKind;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

const JSON: (&str, &str) = ("Content-Type", "application/json");
const OWN: [(&str, &str); 2] = [("Sec-Fetch-Site", "same-origin"), ("Origin", "https://archive")];

pub(super) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// An archive whose register has officers with accounts; the clerk is in the commission too.
pub(super) fn served() -> Served {
    let rows = row("000000000002", "commission")
        + &row("000000000022", "records_office").replace("000000000100", "000000000900");
    let mut served = Served::with_rows(&rows);
    // Inventories are asked for in tests/it/forms.rs.
    let config = served.bench.root().join("muragat.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    assert!(text.contains("inventories = true"));
    std::fs::write(&config, text.replace("inventories = true", "inventories = false")).unwrap();
    served.restart();
    let archive = served.archive();
    for (name, iin) in [
        ("clerk", "000000000002"),
        ("member", "000000000011"),
        ("approver-1", "000000000013"),
        ("approver-2", "000000000014"),
    ] {
        let holder = Holder::Person(Iin::parse(iin).unwrap());
        archive.open_account(name, &holder, None, SYSTEM_ACTOR).unwrap();
    }
    adopt_list(&served, &archive);
    drop(archive);
    served
}

/// A key of somebody who is not of the office.
pub(super) fn key(served: &Served, iin: &'static str, bin: &'static str, seed: u8) -> Signer {
    let mut count = seed;
    let mut random = move |buffer: &mut [u8]| {
        count += 1;
        buffer.fill(count);
    };
    let now = served.bench.now();
    let validity = Validity { from: at(now - DAY_MS), until: at(now + 1000 * DAY_MS) };
    let who = signer::Holder { bin: Some(bin), ..holder("ҮЛГІ АРХИВШІ", iin) };
    served.bench.office.root.issue(&who, validity, &mut random).unwrap()
}

/// Somebody who is signed in.
pub(super) struct Officer<'a> {
    served: &'a Served,
    cookie: String,
}

impl<'a> Officer<'a> {
    pub(super) fn new(served: &'a Served, signer: &Signer) -> Self {
        let nonce = served.send(None, "POST", "/api/v1/login/nonce", &OWN, b"").json();
        let cms = signer.sign_detached(nonce["text"].as_str().unwrap().as_bytes(), at(served.bench.now()));
        let body = json!({"id": nonce["id"], "cms": base64(&cms)}).to_string();
        let headers = [&[JSON], OWN.as_slice()].concat();
        let answer = served.send(None, "POST", "/api/v1/login/signature", &headers, body.as_bytes());
        assert_eq!(answer.status, 200, "{answer:?}");
        let cookie = answer.headers["set-cookie"].split(';').next().unwrap().to_owned();
        Self { served, cookie }
    }

    pub(super) fn send(&self, method: &str, path: &str, more: &[(&str, &str)], body: &[u8]) -> Answer {
        let own = [("Cookie", self.cookie.as_str()), OWN[0], OWN[1]];
        self.served.send(None, method, path, &[&own, more].concat(), body)
    }

    pub(super) fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], b"")
    }

    pub(super) fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, &[JSON], body.to_string().as_bytes())
    }

    /// The same request of twenty at once.
    pub(super) fn post_by_twenty(&self, path: &str, key: Option<&str>, body: &Value) -> Vec<Answer> {
        let (address, body) = (self.served.address, body.to_string());
        let mut headers = vec![("Cookie", self.cookie.as_str()), OWN[0], OWN[1], JSON];
        headers.extend(key.map(|key| ("Idempotency-Key", key)));
        std::thread::scope(|scope| {
            let begun: Vec<_> =
                (0..20).map(|_| scope.spawn(|| send(address, None, "POST", path, &headers, body.as_bytes()))).collect();
            begun.into_iter().map(|one| one.join().unwrap()).collect()
        })
    }

    /// What a job came to.
    pub(super) fn result(&self, job: &Answer) -> Value {
        assert_eq!(job.status, 202, "{job:?}");
        let (path, begun) = (job.headers["location"].clone(), Instant::now());
        while begun.elapsed() < Duration::from_secs(120) {
            let answer = self.get(&path);
            // While the store is compacted nobody is answered.
            if answer.status == 200 && answer.json()["state"] != "running" {
                assert_eq!(answer.json()["state"], "done", "{answer:?}");
                return answer.json()["result"].clone();
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("the job does not end");
    }
}

pub(super) fn count_by_status(answers: &[Answer]) -> BTreeMap<u16, usize> {
    let mut counts = BTreeMap::new();
    answers.iter().for_each(|answer| *counts.entry(answer.status).or_default() += 1);
    counts
}

/// Acts of this kind in the journal.
pub(super) fn acts(served: &Served, kind: ActKind) -> usize {
    let archive = served.archive();
    let log = archive.log().unwrap();
    let mut count = 0;
    log.leaves::<muragat::error::Error>(0, log.size(), |_, leaf| {
        count += usize::from(leaf.act == kind);
        Ok(())
    })
    .unwrap();
    count
}

/// Whether a document follows the schema that the command line follows.
pub(super) fn follows(name: &str, document: &Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("schema/cli/1/{name}.schema.json"));
    let schema: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    validator.validate(document).unwrap_or_else(|e| panic!("{name}: {e}: {document}"));
}

pub(super) fn refusal(answer: &Answer) -> (u16, String) {
    let body = answer.json();
    (answer.status, body["reasons"][0]["code"].as_str().unwrap_or_else(|| panic!("{body}")).to_owned())
}

pub(super) fn problem(answer: &Answer) -> (u16, String) {
    (answer.status, answer.code())
}

#[test]
fn a_receipt_is_issued_once_by_an_officer_of_its_agency() {
    let served = served();
    let office = &served.bench.office;
    let record = served.hand_in(&served.bench.draft("1-қ"));
    let clerk = Officer::new(&served, &office.clerk);
    let path = format!("/api/v1/receipts/{record}");
    let waiting = clerk.get("/api/v1/receipts?state=waiting").json()["items"].clone();
    assert_eq!((waiting.as_array().unwrap().len(), &waiting[0]["record_id"]), (1, &json!(record)));
    assert_eq!(clerk.get("/api/v1/receipts?state=overdue").json()["items"], json!([]));
    assert_eq!(clerk.get("/api/v1/receipts?state=issued").json()["items"], json!([]));
    // What is signed comes byte for byte, with its digest.
    let content = clerk.get(&format!("{path}/content"));
    assert_eq!(content.headers["etag"], format!("\"{}\"", sha256(&content.body)));
    let digest = format!("sha-256=:{}:", base64(&sha256(&content.body).0));
    assert_eq!(content.headers["repr-digest"], digest);
    let tag = [("If-None-Match", content.headers["etag"].as_str())];
    assert_eq!(clerk.send("GET", &format!("{path}/content"), &tag, b"").status, 304);
    assert_eq!(clerk.get(&path).json()["files"][0]["base64"], base64(&content.body));
    let sign = format!("{path}/signature");
    assert_eq!(problem(&clerk.get(&sign)), (404, "SIG-016".to_owned()));
    // By the wrong person, by nobody's office, of another agency, over other bytes.
    served.bench.later(2_000);
    let signed = |who: &Signer, bytes: &[u8]| json!({"cms": base64(&who.sign_detached(bytes, at(served.bench.now())))});
    let by_clerk = signed(&office.clerk, &content.body);
    let archivist = Officer::new(&served, &key(&served, "000000000021", "000000000100", 200));
    assert_eq!(problem(&archivist.post(&sign, &by_clerk)), (403, "ACC-005".to_owned()));
    let other = Officer::new(&served, &key(&served, "000000000022", "000000000900", 210));
    assert_eq!(problem(&other.post(&sign, &by_clerk)), (404, "SIG-016".to_owned()));
    let token = served.send(Some("archivist"), "POST", &sign, &[JSON], by_clerk.to_string().as_bytes());
    assert_eq!(problem(&token), (403, "ACC-006".to_owned()));
    assert_eq!(refusal(&clerk.post(&sign, &signed(&office.official, &content.body))), (422, "SIG-014".to_owned()));
    let refused = clerk.post(&sign, &signed(&office.clerk, b"other bytes"));
    assert_eq!(refusal(&refused), (422, "SIG-014".to_owned()));
    follows("receipt-answer", &refused.json());
    for (wrong, code) in [(json!({"cms": "%"}), "SRV-004"), (json!({"cms": "", "more": 1}), "SRV-004")] {
        assert_eq!(problem(&clerk.post(&sign, &wrong)), (400, code.to_owned()), "{wrong}");
    }
    let material = json!({"cms": by_clerk["cms"], "material": [base64(b"none")]});
    assert_eq!(clerk.post(&sign, &material).code(), "SIG-017");
    assert_eq!(acts(&served, ActKind::RecordAmended), 0, "none of these left a trace");
    // Twenty at once, under a key and without: it is issued once.
    let answers = clerk.post_by_twenty(&sign, Some("k"), &by_clerk);
    let counts = count_by_status(&answers);
    assert!(counts[&201] >= 1 && counts.keys().all(|status| [201, 409].contains(status)), "{counts:?}");
    let issued = answers.iter().find(|answer| answer.status == 201).unwrap();
    follows("receipt-answer", &issued.json());
    assert!(answers.iter().filter(|answer| answer.status == 201).all(|answer| answer.body == issued.body));
    assert_eq!(clerk.post(&sign, &by_clerk).code(), "SIG-015");
    assert_eq!(acts(&served, ActKind::RecordAmended), 1);
    let given = clerk.get(&sign);
    assert_eq!((given.status, json!(base64(&given.body))), (200, by_clerk["cms"].clone()));
    let list = clerk.get("/api/v1/receipts?state=issued").json();
    assert_eq!((list["items"][0]["issued"].as_bool(), list["items"].as_array().unwrap().len()), (Some(true), 1));
    assert_eq!(clerk.get("/api/v1/receipts").json()["items"], json!([]));
    assert_eq!(other.get("/api/v1/receipts?state=issued").json()["items"], json!([]));
    // Another one, signed by twenty at once without a key.
    let second = served.hand_in(&served.bench.draft("2-қ"));
    let path = format!("/api/v1/receipts/{second}");
    let content = clerk.get(&format!("{path}/content")).body;
    served.bench.later(2_000);
    let answers = clerk.post_by_twenty(&format!("{path}/signature"), None, &signed(&office.clerk, &content));
    assert_eq!(count_by_status(&answers), BTreeMap::from([(201, 1), (409, 19)]));
    assert_eq!(acts(&served, ActKind::RecordAmended), 2);
    // After its day one is overdue.
    served.hand_in(&served.bench.draft("3-қ"));
    served.bench.later(10 * DAY_MS);
    let clerk = Officer::new(&served, &office.clerk);
    assert_eq!(clerk.get("/api/v1/receipts?state=overdue").json()["items"].as_array().unwrap().len(), 1);
}

/// The statement that the service gives an officer, signed by these.
fn signed(officer: &Officer<'_>, plan: &str, said: &Value, by: &[&Signer]) -> Value {
    officer.served.bench.later(2_000);
    let answer = officer.post(&format!("/api/v1/disposal-plans/{plan}/statement"), said);
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.headers["etag"], format!("\"{}\"", sha256(&answer.body)));
    let now = at(officer.served.bench.now());
    let signatures: Vec<String> = by.iter().map(|who| base64(&who.sign_detached(&answer.body, now))).collect();
    json!({"document": base64(&answer.body), "signatures": signatures})
}

#[test]
fn a_destruction_goes_from_drawing_up_to_its_certificate() {
    let served = served();
    let office = &served.bench.office;
    let records = ["1-қ", "2-қ"].map(|number| served.hand_in(&served.bench.draft(number)));
    let archive = served.archive();
    archive.wait_index().unwrap();
    for (record, index) in records.iter().zip(["01-00", "01-01"]) {
        file(&served, &archive, index, &[record.parse().unwrap()]);
    }
    served.bench.later(2 * 366 * DAY_MS);
    served.bench.share(&archive, &office.crl(served.bench.now(), &[]));
    drop(archive);
    let archivist_key = key(&served, "000000000021", "000000000100", 200);
    let other_key = key(&served, "000000000022", "000000000900", 210);
    let sign_in = |who: &Signer| Officer::new(&served, who);
    let (clerk, member, archivist) = (sign_in(&office.clerk), sign_in(&office.commission[0]), sign_in(&archivist_key));
    let approvers = [sign_in(&office.approvers[0]), sign_in(&office.approvers[1])];
    let other = sign_in(&other_key);
    // Drawn up by twenty at once: one plan has the files, the others find them in it.
    let minutes = json!({"number": "7", "date": civil_date(served.bench.now()).to_string(), "content": base64(b"7")});
    let drawing = json!({"agency": AGENCY, "minutes": minutes});
    assert_eq!(problem(&member.post("/api/v1/disposal-plans", &drawing)), (403, "ACC-005".to_owned()));
    assert_eq!(problem(&other.post("/api/v1/disposal-plans", &drawing)), (403, "ACC-005".to_owned()));
    let drawn = clerk.post_by_twenty("/api/v1/disposal-plans", None, &drawing);
    assert_eq!(count_by_status(&drawn)[&201], 1);
    let drawn = drawn.into_iter().find(|answer| answer.status == 201).unwrap();
    follows("disposal-plan", &drawn.json());
    let plan = drawn.json()["plan_id"].as_str().unwrap().to_owned();
    assert_eq!(drawn.json()["files"].as_array().unwrap().len(), 2);
    let path = format!("/api/v1/disposal-plans/{plan}");
    assert_eq!(clerk.get(&path).json(), drawn.json());
    let content = clerk.get(&format!("{path}/content"));
    assert_eq!(sha256(&content.body).to_string(), drawn.json()["sha256"].as_str().unwrap());
    assert_eq!(problem(&other.get(&path)), (404, "DSP-001".to_owned()));
    // Too early.
    let [first, second] = &office.approvers;
    let approval = signed(&approvers[0], &plan, &json!({"act": "approve"}), &[first]);
    assert_eq!(problem(&approvers[0].post(&format!("{path}/approval"), &approval)), (409, "DSP-010".to_owned()));
    assert_eq!(problem(&archivist.post(&format!("{path}/completion"), &json!({}))), (409, "DSP-010".to_owned()));
    assert_eq!(problem(&clerk.get(&format!("{path}/certificate"))), (409, "DSP-010".to_owned()));
    // Proposed: with the statement that the command line would write, by who may, once.
    let proposal = signed(&clerk, &plan, &json!({"act": "propose"}), &[&office.clerk]);
    let text = String::from_utf8(STANDARD.decode(proposal["document"].as_str().unwrap()).unwrap()).unwrap();
    let (now, read) = (served.bench.now(), muragat::disposition::plan::Plan::decode(&content.body).unwrap());
    let (second_of, day) = (at(now - now % 1000), civil_date(now));
    let written = Statement::draft(StatementKind::Propose, &read, Some("000000000002"), second_of, day).to_toml(&read);
    assert_eq!(text, written);
    let propose = format!("{path}/proposal");
    assert_eq!(problem(&member.post(&propose, &proposal)), (403, "ACC-005".to_owned()));
    assert_eq!(problem(&other.post(&propose, &proposal)), (404, "DSP-001".to_owned()));
    // As another step, and with the signature of another person.
    assert_eq!(problem(&approvers[0].post(&format!("{path}/approval"), &proposal)), (422, "DSP-007".to_owned()));
    let wrong = signed(&clerk, &plan, &json!({"act": "propose"}), &[&office.official]);
    let wrong = clerk.post(&propose, &wrong);
    assert_eq!(refusal(&wrong), (422, "DSP-008".to_owned()));
    follows("disposal-answer", &wrong.json());
    let proposed = clerk.post_by_twenty(&propose, None, &proposal);
    assert_eq!(count_by_status(&proposed), BTreeMap::from([(201, 1), (409, 19)]));
    follows("disposal-answer", &proposed.iter().find(|answer| answer.status == 201).unwrap().json());
    // Who proposed does not review, whatever other office they have, and not with anybody's signature.
    let rest = json!({"act": "review", "rest": true});
    let review = signed(&member, &plan, &rest, &[&office.commission[0]]);
    let requester = clerk.post(&format!("{path}/review"), &review);
    assert_eq!(problem(&requester), (403, "ACC-005".to_owned()));
    assert!(requester.json()["technical"].as_str().unwrap().contains("deny.requester"), "{requester:?}");
    // A review speaks of every file.
    let silent = member.post(&format!("{path}/statement"), &json!({"act": "review"}));
    assert_eq!(silent.code(), "DSP-004", "{silent:?}");
    let twice = json!([{"number": 1, "verdict": "destroy"}, {"number": 1, "verdict": "forever", "reason": "Үлгі"}]);
    let twice = member.post(&format!("{path}/statement"), &json!({"act": "review", "verdicts": twice}));
    assert_eq!(problem(&twice), (400, "SRV-004".to_owned()));
    let kept = json!([{"number": 2, "verdict": "forever", "reason": "Тарихи маңызы бар"}]);
    let review = json!({"act": "review", "rest": true, "verdicts": kept});
    let review = signed(&member, &plan, &review, &[&office.commission[0]]);
    assert_eq!(member.post(&format!("{path}/review"), &review).status, 201);
    assert_eq!(problem(&member.post(&format!("{path}/review"), &review)), (403, "DSP-009".to_owned()));
    for (officer, who) in approvers.iter().zip([first, second]) {
        let approval = signed(officer, &plan, &json!({"act": "approve"}), &[who]);
        let answer = officer.post(&format!("{path}/approval"), &approval);
        assert_eq!(answer.status, 201, "{answer:?}");
    }
    assert_eq!(clerk.get(&path).json()["stage"], "approved");
    // In the days of cooling off nothing is destroyed, and after them by who may.
    let date = json!({"act": "confirm_date"});
    let early = signed(&archivist, &plan, &date, &[&office.official, first]);
    let execute = format!("{path}/execution");
    assert_eq!(problem(&archivist.post(&execute, &early)), (409, "DSP-011".to_owned()));
    served.bench.later(8 * DAY_MS);
    let (archivist, approver) = (sign_in(&archivist_key), sign_in(first));
    let day = signed(&archivist, &plan, &date, &[&office.official, first]);
    assert_eq!(problem(&approver.post(&execute, &day)), (403, "ACC-005".to_owned()));
    assert_eq!(problem(&sign_in(&other_key).post(&execute, &day)), (404, "DSP-001".to_owned()));
    let alone = signed(&archivist, &plan, &date, &[first]);
    assert_eq!(refusal(&archivist.post(&execute, &alone)), (422, "DSP-008".to_owned()));
    let headers = [JSON, ("Prefer", "respond-async"), ("Idempotency-Key", "e")];
    let job = archivist.send("POST", &execute, &headers, day.to_string().as_bytes());
    let again = archivist.send("POST", &execute, &headers, day.to_string().as_bytes());
    assert_eq!(job.headers["location"], again.headers["location"]);
    let result = archivist.result(&job);
    follows("disposal-execute", &result);
    assert_eq!((&result["status"], &result["records"]), (&json!("executed"), &json!(1)));
    assert_eq!(result["kept"][0]["why"], "verdict");
    assert_eq!(problem(&archivist.post(&execute, &day)), (409, "DSP-010".to_owned()));
    assert_eq!(acts(&served, ActKind::DestroyAuthorised), 1);
    let gone = records.iter().filter(|record| archivist.get(&format!("/api/v1/records/{record}")).status == 410);
    assert_eq!(gone.count(), 1);
    // Complete: nothing is left, and a stranger can see that it was done.
    let before = archivist.get(&format!("{path}/certificate")).body;
    let done = archivist.result(&archivist.send("POST", &format!("{path}/completion"), &[], b""));
    follows("disposal-answer", &done);
    assert_eq!(done["status"], "completed");
    let stage = archivist.get(&path).json();
    assert_eq!((&stage["stage"], &stage["completed"]), (&json!("completed"), &done["entry"]));
    let given = archivist.get(&format!("{path}/certificate"));
    assert_ne!(given.body, before);
    let archive = served.archive();
    assert_eq!(given.body, certificate::make(&archive, plan.parse().unwrap()).unwrap(), "as the command line has it");
    let out = served.bench.folder.path().join("certificate.json");
    std::fs::write(&out, &given.body).unwrap();
    let vkey = archive.config().vkey.to_string();
    let mut verify = Command::new(env!("CARGO_BIN_EXE_muragat"));
    assert!(verify.arg("verify").arg(&out).args(["--vkey", &vkey]).output().unwrap().status.success());
    let mut changed = given.body.clone();
    let at = changed.len() / 2;
    changed[at] ^= 1;
    std::fs::write(&out, &changed).unwrap();
    let mut verify = Command::new(env!("CARGO_BIN_EXE_muragat"));
    assert!(!verify.arg("verify").arg(&out).args(["--vkey", &vkey]).output().unwrap().status.success());
}

#[test]
fn a_plan_is_taken_back_or_rejected_once() {
    let served = served();
    let office = &served.bench.office;
    let record = served.hand_in(&served.bench.draft("1-қ"));
    let archive = served.archive();
    archive.wait_index().unwrap();
    file(&served, &archive, "01-00", &[record.parse().unwrap()]);
    served.bench.later(2 * 366 * DAY_MS);
    served.bench.share(&archive, &office.crl(served.bench.now(), &[]));
    drop(archive);
    let clerk = Officer::new(&served, &office.clerk);
    let approver = Officer::new(&served, &office.approvers[0]);
    let member = Officer::new(&served, &office.commission[0]);
    let minutes = json!({"number": "7", "date": civil_date(served.bench.now()).to_string(), "content": base64(b"7")});
    let draw = || {
        let drawn = clerk.post("/api/v1/disposal-plans", &json!({"agency": AGENCY, "minutes": minutes}));
        assert_eq!(drawn.status, 201, "{drawn:?}");
        drawn.headers["location"].clone()
    };
    let reason = json!({"reason": "Қате жасалды"});
    let first = draw();
    let cancel = format!("{first}/cancellation");
    assert_eq!(problem(&member.post(&cancel, &reason)), (403, "ACC-005".to_owned()));
    let answers = clerk.post_by_twenty(&cancel, None, &reason);
    assert_eq!(count_by_status(&answers), BTreeMap::from([(200, 1), (409, 19)]));
    follows("disposal-answer", &answers.iter().find(|answer| answer.status == 200).unwrap().json());
    // Its files are free again, and who may approve may refuse to.
    let second = draw();
    assert_eq!(approver.post(&format!("{second}/cancellation"), &reason).status, 200);
    assert_eq!(approver.get(&second).json()["stage"], "cancelled");
    let nowhere = format!("/api/v1/disposal-plans/{}/cancellation", "0".repeat(32));
    assert_eq!(problem(&approver.post(&nowhere, &reason)), (404, "DSP-001".to_owned()));
}

#[test]
fn a_file_is_opened_filled_and_closed() {
    let served = served();
    let archive = served.archive();
    let read = Nomenclature::parse(NOMENCLATURE.as_bytes(), "nomenclature.toml").unwrap();
    nomenclature::adopt(&archive, &read, NOMENCLATURE.as_bytes(), SYSTEM_ACTOR).unwrap();
    drop(archive);
    let record = served.hand_in(&served.bench.draft("1-қ"));
    let clerk = Officer::new(&served, &served.bench.office.clerk);
    let opening = json!({"agency": AGENCY, "index": "01-00", "year": 2026, "item": "LIST/1"});
    let foreign = json!({"agency": "OTHER-01", "index": "01-00", "year": 2026, "title": "Хат"});
    assert_eq!(problem(&clerk.post("/api/v1/files", &foreign)), (403, "ACC-005".to_owned()));
    let unknown = json!({"agency": AGENCY, "index": "99-99", "year": 2026});
    assert_eq!(clerk.post("/api/v1/files", &unknown).code(), "FIL-003");
    // The same volume by twenty at once: one opens it.
    let mut volume = opening.clone();
    volume["volume"] = 1.into();
    let opened = clerk.post_by_twenty("/api/v1/files", None, &volume);
    assert_eq!(count_by_status(&opened), BTreeMap::from([(201, 1), (409, 19)]));
    let opened = opened.into_iter().find(|answer| answer.status == 201).unwrap();
    follows("file-row", &opened.json());
    let path = opened.headers["location"].clone();
    assert_eq!(clerk.get(&path).json(), opened.json());
    // Without a volume but with a key it is one file too.
    let opened = clerk.post_by_twenty("/api/v1/files", Some("k"), &opening);
    assert!(opened.iter().all(|answer| answer.status == 201 || answer.code() == "SRV-007"));
    assert_eq!(acts(&served, ActKind::FileOpened), 2);
    // Filled with what is theirs; of another agency's record not even that it is there is told.
    let other_key = key(&served, "000000000022", "000000000900", 210);
    let other = Officer::new(&served, &other_key);
    let theirs = json!({"agency": "OTHER-01", "index": "01-00", "year": 2026, "title": "Хат", "item": "LIST/1"});
    let theirs = other.post("/api/v1/files", &theirs);
    assert_eq!(theirs.status, 201, "{theirs:?}");
    let theirs = theirs.headers["location"].clone();
    let filling = json!({"records": [record]});
    let told = |answer: Answer, id: &str| {
        let mut body = answer.json();
        body["request_id"] = Value::Null;
        (answer.status, body.to_string().replace(id, "ID"))
    };
    let none = "0".repeat(32);
    let nothing = told(other.post(&format!("{theirs}/records"), &json!({"records": [none]})), &none);
    assert_eq!(told(other.post(&format!("{theirs}/records"), &filling), &record), nothing);
    assert_eq!(problem(&other.post(&format!("{path}/records"), &filling)), (404, "FIL-002".to_owned()));
    assert_eq!(problem(&clerk.post(&format!("{theirs}/closing"), &json!({"date": "2026-06-15"}))).0, 404);
    let filled = clerk.post_by_twenty(&format!("{path}/records"), None, &filling);
    assert_eq!(count_by_status(&filled), BTreeMap::from([(200, 20)]));
    filled.iter().for_each(|answer| follows("file-added", &answer.json()));
    let added = filled.iter().filter(|answer| answer.json()["added"] == json!([record]));
    assert_eq!((added.count(), acts(&served, ActKind::RecordFiled)), (1, 1));
    // Closed once, on a day that has come; then it takes nothing more.
    let tomorrow = json!({"date": (civil_date(served.bench.now()) + chrono::Days::new(1)).to_string()});
    assert_eq!(clerk.post(&format!("{path}/closing"), &tomorrow).status, 422);
    let today = json!({"date": civil_date(served.bench.now()).to_string()});
    let closed = clerk.post_by_twenty(&format!("{path}/closing"), None, &today);
    assert_eq!(count_by_status(&closed), BTreeMap::from([(200, 1), (409, 19)]));
    follows("file-row", &closed.iter().find(|answer| answer.status == 200).unwrap().json());
    assert_eq!(problem(&clerk.post(&format!("{path}/records"), &filling)), (409, "FIL-005".to_owned()));
    let reopened = clerk.post(&format!("{path}/reopening"), &json!({"reason": "Қате жабылды"}));
    assert_eq!((reopened.status, &reopened.json()["closed"]), (200, &Value::Null));
    let event = json!({"event": "contract_ended", "date": today["date"]});
    let event = clerk.post(&format!("{path}/events"), &event).json();
    assert_eq!(event["events"]["contract_ended"], today["date"]);
    let item = json!({"item": "LIST/4", "reason": "Түзету"});
    let changed = clerk.post(&format!("{path}/reclassification"), &item).json();
    assert_eq!(changed["item"], "LIST/4");
    follows("file-row", &changed);
}

/// Goal: a file is split, and gives up records or its day, by who changes files of its agency and by what two officers
/// signed about exactly this; once, however often it is sent; of another agency nothing is told.
#[test]
fn a_file_is_split_and_gives_up_what_officers_signed() {
    let served = served();
    let office = &served.bench.office;
    let today = civil_date(served.bench.now()).to_string();
    let clerk = Officer::new(&served, &office.clerk);
    let other_key = key(&served, "000000000022", "000000000900", 210);
    let other = Officer::new(&served, &other_key);
    let open = |officer: &Officer<'_>, agency: &str, item: &str| {
        let asked = json!({"agency": agency, "index": "01-00", "year": 2026, "title": "Хат", "item": item});
        let answer = officer.post("/api/v1/files", &asked);
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.headers["location"].clone()
    };
    let records: Vec<String> = (1..5).map(|n| served.hand_in(&served.bench.draft(&format!("{n}-қ")))).collect();
    let (file, theirs) = (open(&clerk, AGENCY, "LIST/3"), open(&other, "OTHER-01", "LIST/1"));
    let filled = clerk.post(&format!("{file}/records"), &json!({"records": records}));
    assert_eq!(filled.status, 200, "{filled:?}");
    let in_file = |file: &str| -> Vec<String> {
        let items = clerk.get(&format!("{file}/records")).json()["items"].clone();
        items.as_array().unwrap().iter().map(|row| row["record_id"].as_str().unwrap().to_owned()).collect()
    };
    let id = |location: &str| location.rsplit('/').next().unwrap().to_owned();
    let none = "0".repeat(32);
    let nowhere = format!("/api/v1/files/{none}");
    let told = |answer: Answer, ids: &[&str]| {
        let mut body = answer.json();
        body["request_id"] = Value::Null;
        (answer.status, ids.iter().fold(body.to_string(), |text, id| text.replace(id, "ID")))
    };
    let size = || served.archive().head().size;

    // Twenty split it at once: one does.
    let splitting = |records: &[String]| json!({"records": records, "reason": "Іс қалың"});
    let split = format!("{file}/splitting");
    let before = size();
    for wrong in [&records[..], &records[..0]] {
        assert_eq!(problem(&clerk.post(&split, &splitting(wrong))), (422, "FIL-010".to_owned()), "some stay, some go");
    }
    assert_eq!(clerk.post(&split, &json!({"records": [records[3]]})).code(), "SRV-004", "for a reason only");
    for path in [&split, &format!("{file}/shortening/act"), &format!("{file}/refiling/act")] {
        let body = match path.ends_with("shortening/act") {
            true => json!({"reason": "Қате"}),
            false if path.ends_with("act") => json!({"records": [records[0]], "reason": "a", "to": id(&theirs)}),
            false => splitting(&records[3..]),
        };
        let there = told(other.post(path, &body), &[&id(&file)]);
        assert_eq!(there.0, 404, "{path} {}", there.1);
        assert_eq!(there, told(other.post(&path.replace(&file, &nowhere), &body), &[&none]), "{path}");
    }
    let foreign = told(other.post(&format!("{theirs}/splitting"), &splitting(&records[3..])), &[&records[3]]);
    assert_eq!(
        foreign,
        told(other.post(&format!("{theirs}/splitting"), &splitting(std::slice::from_ref(&none))), &[&none])
    );
    assert_eq!(foreign.0, 404);
    assert_eq!(size(), before, "nothing is left of it");
    let files = acts(&served, ActKind::FileOpened);
    let answers = clerk.post_by_twenty(&split, None, &splitting(&records[3..]));
    assert_eq!(count_by_status(&answers), BTreeMap::from([(201, 1), (409, 19)]));
    assert_eq!(acts(&served, ActKind::FileOpened), files + 1);
    let volume = answers.iter().find(|answer| answer.status == 201).unwrap();
    follows("file-row", &volume.json());
    let part = volume.headers["location"].clone();
    assert_eq!(clerk.get(&part).json(), volume.json());
    assert_eq!((in_file(&part), in_file(&file)), (records[3..].to_vec(), records[..3].to_vec()));
    // Under a key it is one volume too.
    let answers = clerk.post_by_twenty(&split, Some("s"), &splitting(&records[2..3]));
    assert!(answers.iter().all(|answer| answer.status == 201 || answer.code() == "SRV-007"), "{answers:?}");
    assert_eq!(acts(&served, ActKind::FileOpened), files + 2);

    // What was kept for ever is not due by another item alone.
    let closed = clerk.post(&format!("{file}/closing"), &json!({"date": today}));
    assert_eq!(closed.status, 200, "{closed:?}");
    assert_eq!(problem(&clerk.post(&split, &splitting(&records[1..2]))), (409, "FIL-005".to_owned()));
    let (shorten, act) = (format!("{file}/shortening"), format!("{file}/shortening/act"));
    let reason = json!({"reason": "Қате тармақ"});
    assert_eq!(problem(&clerk.post(&act, &reason)), (422, "DSP-015".to_owned()), "nothing would change");
    let other_item = json!({"item": "LIST/1", "reason": "Қате"});
    assert_eq!(clerk.post(&format!("{file}/reclassification"), &other_item).status, 200);
    served.bench.later(2_000);
    let decision = clerk.post(&act, &reason);
    assert_eq!(decision.status, 200, "{decision:?}");
    let drawn = Decision::draft(&served.archive(), id(&file).parse().unwrap(), "Қате тармақ").unwrap();
    assert_eq!(String::from_utf8(decision.body.clone()).unwrap(), drawn.to_toml(), "as the command line has it");
    assert!(decision.headers["content-disposition"].contains("decision.toml"), "{decision:?}");
    let by = |bytes: &[u8], who: &[&Signer]| {
        served.bench.later(2_000);
        let sign = |who: &&Signer| base64(&who.sign_detached(bytes, at(served.bench.now())));
        json!({"document": base64(bytes), "signatures": who.iter().map(sign).collect::<Vec<_>>()})
    };
    let both = [&office.official, &office.clerk];
    let right = by(&decision.body, &both);
    let before = size();
    for (body, code) in [
        (by(&decision.body, &both[..1]), "DSP-008"),
        (by(&decision.body, &[&office.stranger, &office.clerk]), "DSP-008"),
        (by(b"schema = 1", &both), "DSP-015"),
    ] {
        let answer = clerk.post(&shorten, &body);
        assert_eq!(refusal(&answer), (422, code.to_owned()), "{answer:?}");
        follows("disposal-answer", &answer.json());
    }
    assert_eq!(refusal(&clerk.post(&format!("{part}/shortening"), &right)), (422, "DSP-015".to_owned()), "of another");
    let there = told(other.post(&shorten, &right), &[&id(&file)]);
    assert_eq!(there, told(other.post(&format!("{nowhere}/shortening"), &right), &[&none]));
    assert_eq!((there.0, size()), (404, before), "nothing is left of it");
    let keyed = [JSON, ("Idempotency-Key", "d")];
    let send = |body: &Value| clerk.send("POST", &shorten, &keyed, body.to_string().as_bytes());
    let done = send(&right);
    assert_eq!((done.status, acts(&served, ActKind::FileShortened)), (201, 1), "{done:?}");
    follows("file-row", &done.json());
    assert_eq!(send(&right).body, done.body, "the very answer of the first");
    assert_eq!(refusal(&clerk.post(&shorten, &right)), (422, "DSP-015".to_owned()), "it was about the state before");
    assert_eq!(acts(&served, ActKind::FileShortened), 1);

    // A closed file lets a record go by such a decision only.
    let to = open(&clerk, AGENCY, "LIST/1");
    let moving = |to: &str, record: &str| json!({"to": id(to), "records": [record], "reason": "Қате іс"});
    let (refile, act) = (format!("{file}/refiling"), format!("{file}/refiling/act"));
    let filling = json!({"records": [records[0]], "reason": "Қате іс"});
    assert_eq!(problem(&clerk.post(&format!("{to}/records"), &filling)), (409, "FIL-011".to_owned()));
    let foreign = told(clerk.post(&act, &moving(&theirs, &records[0])), &[&id(&theirs)]);
    assert_eq!(foreign, told(clerk.post(&act, &moving(&nowhere, &records[0])), &[&none]));
    assert_eq!(problem(&clerk.post(&act, &moving(&to, &none))), (404, "ARC-002".to_owned()));
    assert_eq!(problem(&clerk.post(&act, &moving(&to, &records[3]))), (422, "FIL-020".to_owned()), "it is in another");
    served.bench.later(2_000);
    let decision = clerk.post(&act, &moving(&to, &records[0]));
    let drawn = Refiling::parse(&decision.body, "decision.toml").unwrap();
    assert_eq!((drawn.to.file.to_string(), drawn.records.len()), (id(&to), 1));
    let right = by(&decision.body, &both);
    let before = size();
    assert_eq!(refusal(&clerk.post(&refile, &by(&decision.body, &both[..1]))), (422, "DSP-008".to_owned()));
    assert_eq!(refusal(&clerk.post(&refile, &by(b"", &both))), (422, "FIL-020".to_owned()));
    assert_eq!(refusal(&clerk.post(&format!("{part}/refiling"), &right)), (422, "FIL-020".to_owned()), "of another");
    let text = String::from_utf8(decision.body.clone()).unwrap();
    let with = |from: &str, to: &str| by(text.replace(from, to).as_bytes(), &both);
    let foreign = told(clerk.post(&refile, &with(&id(&to), &id(&theirs))), &[&id(&theirs)]);
    assert_eq!(foreign, told(clerk.post(&refile, &with(&id(&to), &none)), &[&none]));
    assert_eq!(problem(&clerk.post(&refile, &with(&records[0], &none))), (404, "ARC-002".to_owned()));
    let there = told(other.post(&refile, &right), &[&id(&file)]);
    assert_eq!(there, told(other.post(&format!("{nowhere}/refiling"), &right), &[&none]));
    assert_eq!((there.0, size()), (404, before), "nothing is left of it");
    let moved = clerk.post_by_twenty(&refile, None, &right);
    assert_eq!(count_by_status(&moved), BTreeMap::from([(201, 1), (422, 19)]));
    let moved = moved.iter().find(|answer| answer.status == 201).unwrap();
    follows("file-added", &moved.json());
    assert_eq!((in_file(&to), in_file(&file)), (records[..1].to_vec(), records[1..2].to_vec()));
}

#[test]
fn a_record_grows_once_by_who_may() {
    let served = served();
    let draft = served.bench.draft("1-қ");
    let record = served.hand_in(&draft);
    let clerk = Officer::new(&served, &served.bench.office.clerk);
    let path = format!("/api/v1/records/{record}");
    let adding = json!({"path": "mark.txt", "role": "mark", "content": base64("Орындалды".as_bytes())});
    let add = format!("{path}/components");
    let other = Officer::new(&served, &key(&served, "000000000022", "000000000900", 210));
    assert_eq!(problem(&other.post(&add, &adding)), (404, "ARC-002".to_owned()));
    let member = Officer::new(&served, &served.bench.office.commission[0]);
    assert_eq!(problem(&member.post(&add, &adding)), (403, "ACC-005".to_owned()));
    for (role, status) in [("main", 422), ("none", 400)] {
        let wrong = json!({"path": "x.txt", "role": role, "content": "MTIz"});
        assert_eq!(clerk.post(&add, &wrong).status, status, "{role}");
    }
    let empty = clerk.post(&add, &json!({"path": "x.txt", "role": "mark", "content": ""}));
    assert_eq!(empty.status, 422);
    follows("record-answer", &empty.json());
    let added = clerk.post_by_twenty(&add, None, &adding);
    assert_eq!(count_by_status(&added), BTreeMap::from([(201, 1), (200, 19)]));
    added.iter().for_each(|answer| follows("record-answer", &answer.json()));
    assert_eq!(acts(&served, ActKind::RecordAmended), 1);
    let components = clerk.get(&path).json()["components"].as_array().unwrap().clone();
    let number = components.iter().position(|component| component["path"] == "mark.txt").unwrap();
    let content = clerk.get(&format!("{path}/components/{number}/content"));
    assert_eq!(content.body, "Орындалды".as_bytes());
    // The card: by the records office, once, with what it says wrong said in full.
    let mut card = draft.card.clone();
    card["title"] = "Сынақ хаты, түзетілген".into();
    let correcting = json!({"content": base64(card.to_string().as_bytes()), "reason": "Тақырыбы қате"});
    let correct = format!("{path}/card");
    let archivist = Officer::new(&served, &key(&served, "000000000021", "000000000100", 200));
    assert_eq!(problem(&archivist.post(&correct, &correcting)), (403, "ACC-005".to_owned()));
    assert_eq!(problem(&other.post(&correct, &correcting)), (404, "ARC-002".to_owned()));
    let refused = clerk.post(&correct, &json!({"content": base64(b"{}"), "reason": "Үлгі"}));
    assert!(refused.status == 422 && refused.json()["reasons"].as_array().unwrap().len() > 3, "{refused:?}");
    let corrected = clerk.post_by_twenty(&correct, None, &correcting);
    assert_eq!(count_by_status(&corrected), BTreeMap::from([(201, 1), (422, 19)]));
    corrected.iter().for_each(|answer| follows("record-answer", &answer.json()));
    assert_eq!(acts(&served, ActKind::RecordAmended), 2);
    // What was decided by a card that is no more is not done, whatever came between; and a tag is of one state.
    let tag = || clerk.get(&path).headers["etag"].clone();
    let seen = tag();
    assert!(!seen.starts_with("W/") && !seen.contains(&sha256(card.to_string().as_bytes()).to_string()), "{seen}");
    assert_eq!(clerk.send("GET", &path, &[("If-None-Match", &seen)], b"").status, 304);
    assert_eq!(problem(&clerk.send("GET", &path, &[("If-Match", "\"x.y\"")], b"")), (412, "SRV-008".to_owned()));
    let mut titled = |title: &str| {
        card["title"] = title.into();
        json!({"content": base64(card.to_string().as_bytes()), "reason": "Тақырыбы қате"}).to_string()
    };
    let (one, other) = (titled("Бір"), titled("Екі"));
    let correct_if = |condition: &str, key: Option<&str>, body: &str| {
        let headers = [JSON, ("If-Match", condition)];
        let key = key.map(|key| ("Idempotency-Key", key));
        let headers: Vec<_> = headers.into_iter().chain(key).collect();
        clerk.send("POST", &correct, &headers, body.as_bytes())
    };
    for wrong in ["\"x\"", "\"x.y\"", "", &format!("W/{seen}")] {
        assert_eq!(problem(&correct_if(wrong, None, &one)), (412, "SRV-008".to_owned()), "{wrong}");
    }
    // What does not touch the card is in nobody's way.
    let more = json!({"path": "mark-2.txt", "role": "mark", "content": base64(b"2")});
    assert_eq!(clerk.post(&add, &more).status, 201);
    assert_ne!(tag(), seen, "the tag is of all that is shown");
    assert_eq!(correct_if(&seen, Some("k-1"), &one).status, 201);
    assert_eq!(correct_if(&seen, Some("k-1"), &one).status, 201, "the same request again is answered alike");
    assert_eq!(correct_if(&tag(), Some("k-1"), &one).code(), "SRV-006", "another condition is another request");
    assert_eq!(problem(&correct_if(&seen, None, &other)), (412, "SRV-008".to_owned()));
    assert_eq!(correct_if(&format!("\"x.y\", {}", tag()), None, &other).status, 201);
    // Back to what it said before: another state all the same.
    assert_eq!(correct_if("*", None, &one).status, 201);
    assert_eq!(problem(&correct_if(&seen, None, &other)), (412, "SRV-008".to_owned()));
    // Of many who saw the same one comes through.
    let (seen, bodies): (_, Vec<String>) = (tag(), (0..20).map(|n| titled(&format!("Үлгі {n}"))).collect());
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let sent: Vec<_> = bodies.iter().map(|body| scope.spawn(|| correct_if(&seen, None, body).status)).collect();
        sent.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 412).count(), 19, "{statuses:?}");
}

#[test]
fn nomenclatures_and_lists_are_adopted_by_their_officers() {
    let served = served();
    let office = &served.bench.office;
    let clerk = Officer::new(&served, &office.clerk);
    let member = Officer::new(&served, &office.commission[0]);
    let other = Officer::new(&served, &key(&served, "000000000022", "000000000900", 210));
    let file = json!({"content": base64(NOMENCLATURE.as_bytes())});
    assert_eq!(problem(&other.post("/api/v1/nomenclature", &file)), (403, "ACC-005".to_owned()));
    assert_eq!(problem(&member.post("/api/v1/nomenclature", &file)), (403, "ACC-005".to_owned()));
    let malformed = clerk.post("/api/v1/nomenclature", &json!({"content": base64(b"x = 1")}));
    assert_eq!(malformed.status, 422);
    follows("nomenclature-answer", &malformed.json());
    let adopted = clerk.post_by_twenty("/api/v1/nomenclature", None, &file);
    assert_eq!(count_by_status(&adopted), BTreeMap::from([(201, 1), (200, 19)]));
    adopted.iter().for_each(|answer| follows("nomenclature-answer", &answer.json()));
    assert_eq!(acts(&served, ActKind::NomenclatureAdopted), 1);
    // A list goes with an act that two officers signed.
    let list = LIST.replace("edition = \"1\"", "edition = \"2\"");
    assert_ne!(list, LIST);
    let drafting = json!({"list": base64(list.as_bytes()), "agency": AGENCY, "reason": "Үлгі"});
    assert_eq!(problem(&other.post("/api/v1/rules/act", &drafting)), (403, "ACC-005".to_owned()));
    served.bench.later(2_000);
    let act = clerk.post("/api/v1/rules/act", &drafting);
    assert_eq!(act.headers["etag"], format!("\"{}\"", sha256(&act.body)));
    let sign = |who: &[&Signer]| {
        let now = at(served.bench.now());
        let signatures: Vec<String> = who.iter().map(|who| base64(&who.sign_detached(&act.body, now))).collect();
        json!({"list": base64(list.as_bytes()), "document": base64(&act.body), "signatures": signatures})
    };
    let signed = sign(&[&office.official, &office.clerk]);
    assert_eq!(problem(&other.post("/api/v1/rules", &signed)), (403, "ACC-005".to_owned()));
    let alone = clerk.post("/api/v1/rules", &sign(&[&office.clerk]));
    assert_eq!(alone.status, 422);
    follows("rules-answer", &alone.json());
    let adopted = clerk.post_by_twenty("/api/v1/rules", None, &signed);
    assert_eq!(count_by_status(&adopted), BTreeMap::from([(201, 1), (200, 19)]));
    adopted.iter().for_each(|answer| follows("rules-answer", &answer.json()));
    assert_eq!(acts(&served, ActKind::RulesAdopted), 2);
}
