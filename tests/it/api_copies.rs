//! Certified copies on paper by the service.
//!
//! Goal: a records officer prepares, compares and certifies a copy by the service, and what is printed is byte for byte
//! what the library keeps; it is certified once, however often it is sent; who certifies no copies of a record gets
//! nothing of them, and no number tells them more than a number that was never given. Method: a served archive with scans
//! that the program renders itself, officers who sign in with keys of a made-up office and sign what the service gives.

use super::api_acts::{Officer, acts, base64, count_by_status, follows, key, problem, refusal, served};
use super::api_lists::validator;
use super::paper_copy::scanned;
use super::served::Answer;
use super::signed::at;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use muragat::api::description;
use muragat::cli::samples::signer::Signer;
use muragat::inquiry::copy::give;
use muragat::model::digest::sha256;
use muragat::tlog::leaf::ActKind;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const JSON: (&str, &str) = ("Content-Type", "application/json");
const COPIES: &str = "/api/v1/paper-copies";
const STATEMENT: &str = "/api/v1/records/{record_id}/paper-copies/statement";

/// What the description says of an answer.
fn described(template: &str, answer: &Answer) -> Value {
    let schema = validator(&description(), "post", template, answer.status).unwrap();
    let value = answer.json();
    schema.validate(&value).unwrap_or_else(|e| panic!("{template}: {e}: {value}"));
    value
}

/// Without what differs from request to request.
fn told(answer: &Answer, id: &str) -> (u16, String) {
    let mut body = answer.json();
    body["request_id"] = Value::Null;
    (answer.status, body.to_string().replace(&format!("\"{id}\""), "ID"))
}

#[test]
fn a_copy_is_prepared_compared_and_certified_once() {
    let served = served();
    let office = &served.bench.office;
    let [record, secret] = [("01-05/1", "public"), ("01-05/2", "confidential")]
        .map(|(number, access)| scanned(&served.bench, &served.archive(), number, access).to_string());
    let clerk = Officer::new(&served, &office.clerk);
    let of = |record: &str| format!("/api/v1/records/{record}/paper-copies");
    let (statement, rendering) = (format!("{}/statement", of(&record)), format!("{}/rendering", of(&record)));
    let asked = json!({"recipient": "Азамат, Жиһан көшесі 1"});
    let size = || served.archive().head().size;
    let before = size();

    // Prepared and compared: nothing is kept of it.
    let prepared = clerk.post(&statement, &asked);
    assert_eq!(prepared.status, 200, "{prepared:?}");
    let value = described(STATEMENT, &prepared);
    assert_eq!(
        (&value["number"], &value["result"], &value["record_id"]),
        (&json!(1), &json!("positive"), &json!(record))
    );
    let document = STANDARD.decode(value["document"].as_str().unwrap()).unwrap();
    assert_eq!(sha256(&document).to_string(), value["sha256"]);
    assert_eq!(serde_json::from_slice::<Value>(&document).unwrap(), value["copy"]);
    let compared = clerk.post(&rendering, &json!({"document": base64(&document)}));
    assert_eq!((compared.status, compared.headers["content-type"].as_str()), (200, "application/pdf"), "{compared:?}");
    assert_eq!(sha256(&compared.body).to_string(), value["rendering"]);
    let changed = String::from_utf8(document.clone()).unwrap().replace("\"pages\":", "\"pages\":1");
    let changed = clerk.post(&rendering, &json!({"document": base64(changed.as_bytes())}));
    assert_eq!(problem(&changed), (409, "CPY-009".to_owned()), "not as the record is");
    assert_eq!(problem(&clerk.post(&rendering, &json!({"document": base64(b"{}")}))), (422, "CPY-008".to_owned()));
    assert_eq!(clerk.post(&statement, &json!({"recipient": "a", "profile": "none"})).code(), "SRV-004");
    assert_eq!(clerk.post(&statement, &json!({"recipient": ""})).status, 422);
    assert_eq!(clerk.get(COPIES).json()["items"], json!([]));
    assert_eq!(size(), before);

    // By the wrong signature, by who certifies nothing, of what the officer does not reach.
    let by = |who: &Signer, document: &[u8]| {
        served.bench.later(2_000);
        json!({"document": base64(document), "signatures": [base64(&who.sign_detached(document, at(served.bench.now())))]})
    };
    let answer = clerk.post(&of(&record), &by(&office.official, &document));
    assert_eq!(refusal(&answer), (422, "CPY-010".to_owned()));
    follows("paper-copy", &answer.json());
    let right = by(&office.clerk, &document);
    let none = "0".repeat(32);
    let archivist = Officer::new(&served, &key(&served, "000000000021", "000000000100", 200));
    let other_key = key(&served, "000000000022", "000000000900", 210);
    let other = Officer::new(&served, &other_key);
    for (path, body) in [("/statement", &asked), ("/rendering", &json!({"document": base64(&document)})), ("", &right)]
    {
        let ask = |who: &Officer<'_>, record: &str| who.post(&format!("{}{path}", of(record)), body);
        assert_eq!(problem(&ask(&archivist, &record)), (403, "ACC-005".to_owned()), "{path}");
        let nothing = told(&ask(&other, &none), &none);
        assert_eq!((nothing.0, told(&ask(&other, &record), &record)), (404, nothing.clone()), "{path}");
        assert_eq!(told(&ask(&clerk, &secret), &secret), told(&ask(&clerk, &none), &none), "{path}");
        let (path, body) = (format!("{}{path}", of(&record)), body.to_string());
        let token = served.send(Some("archivist"), "POST", &path, &[JSON], body.as_bytes());
        assert_eq!(token.status, 403, "{path}");
    }
    assert_eq!((acts(&served, ActKind::CopyCertified), size()), (0, before), "nothing is left of it");

    // Sent by twenty it is certified once; those that come while as many are made as may are told to wait.
    let answers = clerk.post_by_twenty(&of(&record), None, &right);
    let counts = count_by_status(&answers);
    assert!(counts.keys().all(|status| [201, 429].contains(status)) && counts.contains_key(&201), "{counts:?}");
    assert_eq!(acts(&served, ActKind::CopyCertified), 1);
    let done = clerk.post(&of(&record), &right);
    assert_eq!((done.status, done.headers["location"].as_str()), (201, "/api/v1/paper-copies/1"), "{done:?}");
    follows("copy-row", &done.json());
    assert!(answers.iter().filter(|answer| answer.status == 201).all(|answer| answer.body == done.body));
    assert_eq!(acts(&served, ActKind::CopyCertified), 1);

    // The register, and what is printed.
    let copy = format!("{COPIES}/1");
    assert_eq!(clerk.get(&copy).json(), done.json());
    let year = &done.json()["date"].as_str().unwrap()[..4].to_owned();
    let count = |query: &str| clerk.get(&format!("{COPIES}?{query}")).json()["items"].as_array().unwrap().len();
    let rendered = value["rendering"].as_str().unwrap();
    for (query, wanted) in [
        (String::new(), 1),
        (format!("year={year}"), 1),
        ("year=1999".to_owned(), 0),
        (format!("record={record}"), 1),
        (format!("record={secret}"), 0),
        (format!("digest={rendered}"), 1),
        (format!("digest={}", "0".repeat(64)), 0),
    ] {
        assert_eq!(count(&query), wanted, "{query}");
    }
    for wrong in ["year=x", "record=x", "digest=x", "more=1"] {
        assert_eq!(clerk.get(&format!("{COPIES}?{wrong}")).code(), "SRV-004", "{wrong}");
    }
    let kept = give(&served.archive(), 1).unwrap();
    for (path, bytes, kind) in [
        ("content", &kept.paper, "application/pdf"),
        ("statement", &kept.bytes, "application/octet-stream"),
        ("signature", &kept.signature, "application/octet-stream"),
    ] {
        let answer = clerk.get(&format!("{copy}/{path}"));
        assert_eq!((answer.status, answer.headers["content-type"].as_str()), (200, kind), "{path}");
        assert!(answer.body == *bytes, "{path}");
        let tag = [("If-None-Match", answer.headers["etag"].as_str())];
        assert_eq!(clerk.send("GET", &format!("{copy}/{path}"), &tag, b"").status, 304);
    }
    assert!(kept.paper.starts_with(b"%PDF") && kept.bytes == document);
    for path in ["", "/content", "/statement", "/signature"] {
        let ask = |who: &Officer<'_>, number: &str| who.get(&format!("{COPIES}/{number}{path}"));
        let nothing = told(&ask(&other, "999"), "999");
        assert_eq!((nothing.0, told(&ask(&other, "1"), "1")), (404, nothing.clone()), "{path}");
        assert_eq!(problem(&ask(&clerk, "x")), (404, "CPY-012".to_owned()));
        assert_eq!(ask(&clerk, "0").status, 404);
        assert_eq!(problem(&ask(&archivist, "1")), (403, "ACC-005".to_owned()));
        assert_eq!(served.send(None, "GET", &format!("{copy}{path}"), &[], b"").status, 401);
    }
    assert_eq!(other.get(COPIES).json()["items"], json!([]));
}

#[test]
fn a_copy_is_made_by_a_job_and_two_have_no_one_number() {
    let served = served();
    let record = scanned(&served.bench, &served.archive(), "01-05/1", "public").to_string();
    let clerk = Officer::new(&served, &served.bench.office.clerk);
    let path = format!("/api/v1/records/{record}/paper-copies");
    let wait = [JSON, ("Prefer", "respond-async")];
    let prepare = |recipient: &str| {
        let body = json!({"recipient": recipient}).to_string();
        let job = clerk.send("POST", &format!("{path}/statement"), &wait, body.as_bytes());
        assert_eq!(job.status, 202, "{job:?}");
        described(STATEMENT, &job);
        let value = clerk.result(&job);
        assert_eq!((value["status"].as_str(), value["number"].as_u64()), (Some("prepared"), Some(1)), "{value}");
        STANDARD.decode(value["document"].as_str().unwrap()).unwrap()
    };
    let (one, other) = (prepare("Бірінші"), prepare("Екінші"));
    served.bench.later(2_000);
    let now = at(served.bench.now());
    let by = |document: &[u8]| {
        let signature = served.bench.office.clerk.sign_detached(document, now);
        json!({"document": base64(document), "signatures": [base64(&signature)]})
    };
    let keyed = [wait.as_slice(), &[("Idempotency-Key", "k")]].concat();
    let send = || clerk.send("POST", &path, &keyed, by(&one).to_string().as_bytes());
    let job = send();
    let row = clerk.result(&job);
    follows("copy-row", &row);
    assert_eq!((row["number"].as_u64(), row["recipient"].as_str()), (Some(1), Some("Бірінші")));
    assert_eq!(send().body, job.body, "the same job");
    assert_eq!(problem(&clerk.post(&path, &by(&other))), (409, "CPY-011".to_owned()), "its number is taken");
    assert_eq!(acts(&served, ActKind::CopyCertified), 1);
    // Page by page.
    let third = clerk.post(&format!("{path}/statement"), &json!({"recipient": "Үшінші", "profile": "akimat"})).json();
    let document = STANDARD.decode(third["document"].as_str().unwrap()).unwrap();
    served.bench.later(2_000);
    let signature = served.bench.office.clerk.sign_detached(&document, at(served.bench.now()));
    let body = json!({"document": base64(&document), "signatures": [base64(&signature)]});
    assert_eq!(clerk.post(&path, &body).headers["location"], "/api/v1/paper-copies/2");
    let first = clerk.get(&format!("{COPIES}?limit=1")).json();
    let next = first["next"].as_str().unwrap();
    let second = clerk.get(&format!("{COPIES}?limit=1&after={next}")).json();
    let numbers = [&first, &second].map(|page| page["items"][0]["number"].as_u64().unwrap());
    assert_eq!((numbers, &second["next"]), ([1, 2], &Value::Null));
    let wrong = clerk.get(&format!("{COPIES}?limit=1&year=2026&after={next}"));
    assert_eq!(wrong.code(), "SRV-004", "a cursor of another question");
    let all = BTreeMap::from([(1, "n430"), (2, "akimat")]);
    for (number, profile) in all {
        assert_eq!(clerk.get(&format!("{COPIES}/{number}")).json()["profile"], profile);
    }
}
