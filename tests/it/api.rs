//! The service over HTTP.
//!
//! Goal: what is given out is what came in, to those who may have it and to nobody else; what is not theirs is told from
//! nothing by no answer; a request that is sent again does nothing again; lines that break lose nothing. Method: a real
//! archive served on a port of this machine, accounts with tokens in several offices, and a client that sends exactly
//! what it is told.

use super::served::{Answer, Served, ZIP, all_scopes, connect, head, send};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use muragat::api::description;
use muragat::error::ErrorCode;
use muragat::model::digest::sha256;
use muragat::text::Lang;
use muragat::tlog::commit::SYSTEM_ACTOR;
use muragat::tlog::leaf::ActKind;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::time::{Duration, Instant};

const TUS: (&str, &str) = ("Tus-Resumable", "1.0.0");
const PART: (&str, &str) = ("Content-Type", "application/offset+octet-stream");

fn purpose() -> (&'static str, &'static str) {
    ("Muragat-Purpose", "%D2%AE%D0%BB%D0%B3%D1%96")
}

#[test]
fn who_asks_is_known_or_is_told_to_sign_in() {
    let served = Served::new();
    let me = served.get("archivist", "/api/v1/me");
    assert_eq!((me.status, me.json()["account"].as_str()), (200, Some("archivist")));
    assert_eq!(me.json()["roles"][0]["access"], json!(["public", "confidential"]));
    assert_eq!(served.get("admin", "/api/v1/me").json()["administrator"], true);
    for headers in [
        &[][..],
        &[("Authorization", "Bearer mrg_0000000000000000_00")],
        &[("Authorization", "Basic YTpi")],
        &[("Authorization", "Bearer ")],
    ] {
        let answer = served.send(None, "GET", "/api/v1/records", headers, b"");
        assert_eq!((answer.status, answer.code().as_str()), (401, "SRV-003"), "{headers:?}");
        assert!(answer.headers.contains_key("www-authenticate"));
    }
    for path in ["/livez", "/readyz", "/tlog/checkpoint", "/api/v1/openapi.json"] {
        assert_eq!(served.send(None, "GET", path, &[], b"").status, 200, "{path}");
    }
}

/// Goal: who comes by a means that does not carry their right is told that, alike of what is there and what is not.
#[test]
fn a_token_that_does_not_carry_a_right_is_the_reason_that_is_told() {
    let row = super::confirmed::row("000000000028", "auditor");
    let served = Served::with_rows(&row);
    let (archive, name) = (served.archive(), "watcher");
    let number = muragat::model::iin::Iin::parse("000000000028").unwrap();
    archive.open_account(name, &muragat::archive::Holder::Person(number), None, SYSTEM_ACTOR).unwrap();
    let (until, own) = (archive.today() + chrono::Days::new(9), archive.actor(name).unwrap());
    let (_, token, _) = archive.issue_token(name, &all_scopes(), until, own).unwrap();
    let id = served.hand_in(&served.bench.draft("1-қ"));
    let none = "0".repeat(32);
    let ask = |id: &str, lang| {
        let path = format!("/api/v1/records/{id}");
        send(served.address, Some(&token), "GET", &path, &[("Accept-Language", lang)], b"")
    };
    let titles: BTreeSet<String> =
        ["kk", "ru", "en"].map(|lang| ask(&id, lang).json()["title"].as_str().unwrap().to_owned()).into();
    assert!(titles.len() == 3 && titles.iter().any(|title| title.contains("token")), "{titles:?}");
    let there = ask(&id, "en");
    assert_eq!((there.status, there.code().as_str()), (403, "ACC-006"), "{there:?}");
    assert_eq!(there.json()["technical"], "rule deny.means");
    assert_eq!(told(&there, &id), told(&ask(&none, "en"), &none));
    // Whose office has no such right by any means is not sent to another means.
    assert_eq!(served.get("edms", &format!("/api/v1/records/{id}")).code(), "ACC-005");
}

#[test]
fn texts_follow_the_language_and_codes_do_not() {
    let served = Served::new();
    let ask = |lang: &str| served.send(None, "GET", "/api/v1/me", &[("Accept-Language", lang)], b"");
    let titles: BTreeSet<String> =
        ["kk", "ru", "en"].into_iter().map(|lang| ask(lang).json()["title"].as_str().unwrap().to_owned()).collect();
    assert_eq!(titles.len(), 3);
    assert_eq!(ask("fr").json()["title"], ask("kk").json()["title"], "Kazakh when nothing else is wanted");
    for (lang, said) in [("kk", "kk"), ("ru", "ru"), ("en", "en"), ("fr", "kk")] {
        assert_eq!(ask(lang).headers["content-language"], said);
    }
    let answer = ask("en");
    assert_eq!(answer.json()["request_id"].as_str(), Some(answer.headers["x-request-id"].as_str()));
    assert_eq!(answer.headers["x-content-type-options"], "nosniff");
    let unknown = served.send(None, "GET", "/nothing", &[], b"");
    assert_eq!((unknown.status, unknown.code().as_str()), (404, "SRV-011"));
    let method = served.send(None, "DELETE", "/livez", &[], b"");
    assert_eq!((method.status, method.code().as_str()), (405, "SRV-012"));
    assert!(method.headers["allow"].contains("GET"));
}

#[test]
fn a_component_is_given_byte_for_byte_whole_and_in_ranges() {
    let served = Served::new();
    let draft = served.bench.draft("1-қ");
    let id = served.hand_in(&draft);
    let shown = served.get("archivist", &format!("/api/v1/records/{id}"));
    assert_eq!(shown.status, 200, "{shown:?}");
    let components = shown.json()["components"].as_array().unwrap().clone();
    let number = components.iter().position(|c| c["path"] == "main.docx").unwrap();
    let path = format!("/api/v1/records/{id}/components/{number}/content");
    let ask = |headers: &[(&str, &str)]| served.send(Some("archivist"), "GET", &path, headers, b"");
    let whole = ask(&[]);
    assert_eq!((whole.status, &whole.body), (200, &draft.main));
    let tag = format!("\"{}\"", sha256(&draft.main));
    assert_eq!(whole.headers["etag"], tag);
    assert_eq!(whole.headers["repr-digest"], format!("sha-256=:{}:", STANDARD.encode(sha256(&draft.main).0)));
    assert!(whole.headers["content-security-policy"].contains("sandbox"));
    assert!(whole.headers["content-disposition"].contains("filename*=UTF-8''main.docx"));
    let len = draft.main.len();
    for (range, wanted) in [
        ("bytes=0-0".to_owned(), 0..1),
        ("bytes=7-".to_owned(), 7..len),
        ("bytes=-9".to_owned(), len - 9..len),
        (format!("bytes=3-{}", len + 99), 3..len),
    ] {
        let part = ask(&[("Range", &range)]);
        assert_eq!((part.status, &part.body[..]), (206, &draft.main[wanted.clone()]), "{range}");
        assert_eq!(part.headers["content-range"], format!("bytes {}-{}/{len}", wanted.start, wanted.end - 1));
        assert_eq!(part.headers["repr-digest"], whole.headers["repr-digest"], "of the whole");
    }
    for range in [format!("bytes={len}-"), "bytes=0-1,4-5".to_owned()] {
        let none = ask(&[("Range", &range)]);
        assert_eq!((none.status, none.code().as_str()), (416, "SRV-009"), "{range}");
    }
    assert_eq!(ask(&[("If-None-Match", &tag)]).status, 304);
    for (condition, status) in [(tag.as_str(), 200), ("*", 200), ("\"x\"", 412), (&format!("W/{tag}"), 412)] {
        for method in ["GET", "HEAD"] {
            let answer = served.send(Some("archivist"), method, &path, &[("If-Match", condition)], b"");
            assert_eq!(answer.status, status, "{method} {condition}");
        }
    }
    assert_eq!(ask(&[("If-Match", "\"x\""), ("If-None-Match", &tag)]).code(), "SRV-008", "before all others");
    assert_eq!(ask(&[("Range", "bytes=0-0"), ("If-Range", &tag)]).status, 206);
    assert_eq!(ask(&[("Range", "bytes=0-0"), ("If-Range", "\"x\"")]).status, 200, "another version: all of it");
    let head = served.send(Some("archivist"), "HEAD", &path, &[], b"");
    assert_eq!((head.status, head.body.len(), head.headers["content-length"].clone()), (200, 0, len.to_string()));
    let none = served.get("archivist", &format!("/api/v1/records/{id}/components/99/content"));
    assert_eq!((none.status, none.code().as_str()), (404, "ARC-005"));
}

/// Goal: what is asked of whom has one reading: HTTP/1.1 names its host once (RFC 9112 §3.2).
#[test]
fn a_request_names_its_host_once() {
    let served = Served::new();
    for (version, hosts, status) in [
        ("1.1", &[][..], 400),
        ("1.1", &["archive", "archive"], 400),
        ("1.1", &["archive", "other"], 400),
        ("1.1", &["a b"], 400),
        ("1.1", &["user@archive"], 400),
        ("1.0", &["archive", "other"], 400),
        ("1.0", &[], 200),
        ("1.1", &["archive:7370"], 200),
        ("1.1", &["[::1]:7370"], 200),
    ] {
        let hosts: String = hosts.iter().map(|host| format!("Host: {host}\r\n")).collect();
        let mut stream = connect(served.address);
        let head = format!("GET /livez HTTP/{version}\r\nConnection: close\r\n{hosts}\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        let answer = super::served::read(&mut stream);
        assert_eq!(answer.status, status, "{version} {hosts:?}");
        if status == 400 {
            assert_eq!((answer.code().as_str(), answer.json()["subject"].as_str()), ("SRV-004", Some("Host")));
        }
    }
}

/// Goal: an answer speaks of fields, and in words of the archive; commands and options are of the command line.
#[test]
fn what_is_wrong_with_a_request_is_told_by_its_field_in_own_words() {
    let served = Served::new();
    let json = ("Content-Type", "application/json");
    let hold = |body: &str| served.send(Some("archivist"), "POST", "/api/v1/holds", &[json], body.as_bytes());
    let list = |query: &str| served.get("archivist", &format!("/api/v1/records?{query}"));
    for (answer, subject, what) in [
        (hold("{"), "body", "no JSON: line 1, column 1"),
        (hold("{}"), "owner", "it is missing"),
        (hold("{\"owner\": 7}"), "owner", "a text is expected"),
        (hold("{\"review\": \"SECRET\"}"), "review", "a day is expected, YYYY-MM-DD"),
        (list("limit=SECRET"), "limit", "a whole number is expected"),
        (list("x=SECRET"), "x", "there is no such field; there are q, state, after, limit"),
        (served.get("archivist", "/api/v1/search"), "q", "it is missing"),
    ] {
        assert_eq!((answer.status, answer.code().as_str()), (400, "SRV-004"), "{answer:?}");
        let said = answer.json();
        assert_eq!((said["subject"].as_str(), said["technical"].as_str()), (Some(subject), Some(what)), "{answer:?}");
        assert!(!said.to_string().contains("SECRET"));
    }
    let number = format!("/api/v1/records/{}/components/x/content", "0".repeat(32));
    assert_eq!(served.get("archivist", &number).json()["subject"], "path");
}

/// What only the command line says: kinds of codes of what has no path, and single ones.
const OF_THE_COMMAND_LINE: [&str; 16] = [
    "IMP", "DCM", "SPL", "WIT", "PRS", "EVD", "TRF", "CLI", "SIG-013", "POL-001", "FIL-012", "FIL-018", "FIL-019",
    "HLD-007", "LOG-007", "LOG-009",
];

#[test]
fn texts_that_the_service_says_name_no_command_and_no_option() {
    let is_option =
        |text: &str| text.split("--").skip(1).any(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase()));
    // In quotation marks, words of small Latin letters.
    let is_command = |text: &str| {
        text.split(['`', '«', '»']).skip(1).step_by(2).any(|quoted| {
            let is_word = |c: char| c.is_ascii_lowercase() || matches!(c, ' ' | '-');
            quoted.contains(' ') && quoted.chars().all(is_word)
        })
    };
    let named = ErrorCode::ALL
        .iter()
        .filter(|code| Lang::ALL.iter().any(|(_, lang)| is_option(code.text(*lang)) || is_command(code.text(*lang))));
    let named: Vec<&str> = named.map(|code| code.as_str()).collect();
    let is_of = |code: &str| OF_THE_COMMAND_LINE.iter().any(|one| code.starts_with(one));
    let wrong: Vec<&&str> = named.iter().filter(|code| !is_of(code)).collect();
    assert!(wrong.is_empty(), "{wrong:?} name what only the command line has");
    for one in OF_THE_COMMAND_LINE {
        assert!(named.iter().any(|code| code.starts_with(one)), "{one} names no command any more");
    }
}

/// Without what differs from request to request.
fn told(answer: &Answer, id: &str) -> (u16, String) {
    let mut body = answer.json();
    body["request_id"] = Value::Null;
    (answer.status, body.to_string().replace(id, "ID"))
}

#[test]
fn what_is_not_theirs_is_told_from_nothing_by_no_answer() {
    let served = Served::new();
    let open = served.hand_in(&served.bench.draft("1-қ"));
    let mut draft = served.bench.draft("2-қ");
    draft.access = "confidential";
    let secret = served.hand_in(&draft);
    let none = "0".repeat(32);
    let paths = |id: &str| [format!("/api/v1/records/{id}"), format!("/api/v1/records/{id}/components/0/content")];
    // Who may see it, who may not even know of it, and who may know of it but not have it.
    let expected: BTreeMap<&str, [[u16; 2]; 2]> = BTreeMap::from([
        ("archivist", [[200, 200], [200, 200]]),
        ("public-only", [[200, 200], [404, 404]]),
        ("other-agency", [[404, 404], [404, 404]]),
        ("admin", [[403, 403], [403, 403]]),
        ("edms", [[403, 403], [403, 403]]),
        ("nobody", [[403, 403], [403, 403]]),
    ]);
    for (who, statuses) in &expected {
        for (id, statuses) in [&open, &secret].into_iter().zip(statuses) {
            for (path, status) in paths(id).iter().zip(statuses) {
                let answer = served.send(Some(who), "GET", path, &[purpose()], b"");
                assert_eq!(answer.status, *status, "{who} {path} {}", String::from_utf8_lossy(&answer.body));
                if *status != 200 {
                    let unknown = path.replace(id.as_str(), &none);
                    let unknown = served.send(Some(who), "GET", &unknown, &[purpose()], b"");
                    assert_eq!(told(&answer, id), told(&unknown, &none), "{who} {path}");
                }
            }
        }
        let list = served.get(who, "/api/v1/records");
        let search = served.send(Some(who), "GET", "/api/v1/records?q=%D1%81%D1%8B%D0%BD%D0%B0%D2%9B", &[], b"");
        let seen = statuses.iter().filter(|statuses| statuses[0] == 200).count();
        for list in [list, search] {
            match *who {
                "admin" | "edms" | "nobody" => assert_eq!(list.status, 403, "{who} {list:?}"),
                _ => assert_eq!(list.json()["items"].as_array().unwrap().len(), seen, "{who}"),
            }
        }
    }
}

#[test]
fn a_record_about_persons_is_read_for_a_purpose_which_the_journal_keeps() {
    let served = Served::new();
    let mut draft = served.bench.draft("1-қ");
    draft.access = "confidential";
    let id = served.hand_in(&draft);
    let path = format!("/api/v1/records/{id}");
    let answer = served.get("archivist", &path);
    assert_eq!((answer.status, answer.code().as_str()), (400, "ACC-004"));
    let readings = || {
        let archive = served.archive();
        archive.wait_index().unwrap();
        let log = archive.log().unwrap();
        let mut found = Vec::new();
        log.leaves::<muragat::error::Error>(0, log.size(), |index, leaf| {
            if leaf.act == ActKind::RecordRead {
                found.push((index, leaf));
            }
            Ok(())
        })
        .unwrap();
        found
    };
    assert!(readings().is_empty());
    for _ in 0..3 {
        assert_eq!(served.send(Some("archivist"), "GET", &path, &[purpose()], b"").status, 200);
    }
    let found = readings();
    assert_eq!(found.len(), 1, "one entry stands for a while");
    let archive = served.archive();
    assert_eq!(found[0].1.actor, archive.actor("archivist").unwrap());
    let reading = muragat::access::reading(&archive, found[0].0, &found[0].1).unwrap();
    assert_eq!(reading.purpose.as_deref(), Some("Үлгі"));
    assert_eq!(reading.rule.as_deref(), Some("archivist.records"));
}

#[test]
fn submissions_are_answered_like_those_from_the_command_line() {
    let served = Served::new();
    let draft = served.bench.draft("1-қ");
    let bytes = served.zip(&draft);
    let post = |who: &str, headers: &[(&str, &str)], body: &[u8]| {
        served.send(Some(who), "POST", "/api/v1/submissions", headers, body)
    };
    let accepted = post("edms", &[ZIP], &bytes);
    assert_eq!(accepted.status, 201, "{accepted:?}");
    let record = accepted.json()["answer"]["record_id"].as_str().unwrap().to_owned();
    assert_eq!(accepted.headers["location"], format!("/api/v1/records/{record}"));
    let accepted = accepted.json();
    let files = accepted["files"].as_array().unwrap();
    assert!(files.iter().any(|file| file["name"] == "confirmation.json"), "{files:?}");
    let held = post("edms", &[ZIP], &bytes);
    assert_eq!((held.status, held.json()["answer"]["record_id"].as_str()), (200, Some(record.as_str())));
    let refused = post("edms", &[ZIP], b"no zip");
    assert_eq!((refused.status, refused.json()["answer"]["status"].as_str()), (422, Some("refused")));
    assert_eq!(refused.json()["answer"]["reasons"][0]["code"], "ING-017");
    let kind = post("edms", &[("Content-Type", "text/plain")], &bytes);
    assert_eq!((kind.status, kind.code().as_str()), (415, "SRV-013"));
    let digest = format!("sha-256=:{}:", STANDARD.encode(sha256(b"other").0));
    let damaged = post("edms", &[ZIP, ("Content-Digest", &digest)], &bytes);
    assert_eq!((damaged.status, damaged.code().as_str()), (400, "SRV-015"));
    for who in ["admin", "nobody"] {
        assert_eq!(post(who, &[ZIP], &bytes).status, 403, "{who}");
    }
    // The submission says of which agency it is, and the archivist of another may not hand it in.
    let other = post("other-agency", &[ZIP], &served.zip(&served.bench.draft("2-қ")));
    assert_eq!((other.status, other.code().as_str()), (403, "ACC-005"));
    let large = served.send(Some("edms"), "POST", "/api/v1/submissions", &[ZIP], &vec![0; 64 * 1024 * 1024 + 1]);
    assert_eq!((large.status, large.code().as_str()), (413, "SRV-005"));
}

#[test]
fn a_hundred_identical_requests_at_once_make_one_record() {
    let served = Served::new();
    let bytes = served.zip(&served.bench.draft("1-қ"));
    let answers: Vec<Answer> = std::thread::scope(|scope| {
        let post = || {
            let headers = [ZIP, ("Idempotency-Key", "7f0c")];
            served.send(Some("edms"), "POST", "/api/v1/submissions", &headers, &bytes)
        };
        let threads: Vec<_> = (0..100).map(|_| scope.spawn(post)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let mut records = BTreeSet::new();
    for answer in &answers {
        match answer.status {
            201 => drop(records.insert(answer.json()["answer"]["record_id"].as_str().unwrap().to_owned())),
            409 => assert_eq!(answer.code(), "SRV-007"),
            status => panic!("{status}"),
        }
    }
    assert_eq!(records.len(), 1);
    assert_eq!(served.archive().index_meta().records, 1);
    let headers = [ZIP, ("Idempotency-Key", "7f0c")];
    let again = served.send(Some("edms"), "POST", "/api/v1/submissions", &headers, &bytes);
    assert_eq!(again.status, 201, "the very answer of the first");
    let other = served.zip(&served.bench.draft("2-қ"));
    let reused = served.send(Some("edms"), "POST", "/api/v1/submissions", &headers, &other);
    assert_eq!((reused.status, reused.code().as_str()), (422, "SRV-006"));
    // Another account's key is another key.
    let answer = served.send(Some("archivist"), "POST", "/api/v1/submissions", &headers, &other);
    assert_eq!(answer.status, 201);
}

#[test]
fn a_job_tells_its_end_to_its_account_and_to_nobody_else() {
    let served = Served::new();
    let bytes = served.zip(&served.bench.draft("1-қ"));
    let headers = [ZIP, ("Prefer", "respond-async")];
    let begun = served.send(Some("edms"), "POST", "/api/v1/submissions", &headers, &bytes);
    assert_eq!(begun.status, 202, "{begun:?}");
    let path = begun.headers["location"].clone();
    let events = served.get("edms", &format!("{path}/events"));
    let text = String::from_utf8(events.body).unwrap();
    let last = text.lines().rfind(|line| line.starts_with("data: ")).unwrap();
    let job: Value = serde_json::from_str(&last["data: ".len()..]).unwrap();
    assert_eq!((job["state"].as_str(), job["done"].as_u64(), job["all"].as_u64()), (Some("done"), Some(1), Some(1)));
    assert_eq!(job["result"]["answer"]["status"], "accepted");
    assert_eq!(served.get("edms", &path).json()["state"], "done");
    let other = served.get("archivist", &path);
    assert_eq!((other.status, other.code().as_str()), (404, "SRV-016"));
    let refused = served.send(Some("edms"), "POST", "/api/v1/submissions", &headers, b"no zip");
    let events = served.get("edms", &format!("{}/events", refused.headers["location"]));
    assert!(String::from_utf8(events.body).unwrap().contains("\"state\":\"refused\""));
}

#[test]
fn an_upload_goes_on_where_it_broke_also_after_a_restart() {
    let mut served = Served::new();
    let bytes = served.zip(&served.bench.draft("1-қ"));
    let length = bytes.len().to_string();
    let begun = served.send(Some("edms"), "POST", "/api/v1/uploads", &[TUS, ("Upload-Length", &length)], b"");
    assert_eq!(begun.status, 201, "{begun:?}");
    let path = begun.headers["location"].clone();
    let patch = |served: &Served, at: usize, part: &[u8], more: &[(&str, &str)]| {
        let at = at.to_string();
        let headers: Vec<(&str, &str)> = [TUS, PART, ("Upload-Offset", &at)].iter().chain(more).copied().collect();
        served.send(Some("edms"), "PATCH", &path, &headers, part)
    };
    let offset = |served: &Served| {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let answer = served.send(Some("edms"), "HEAD", &path, &[TUS], b"");
            // While the broken part is still being kept, somebody is adding to it.
            if answer.status == 200 || Instant::now() > deadline {
                return answer.headers["upload-offset"].parse::<usize>().unwrap();
            }
        }
    };
    let first = patch(&served, 0, &bytes[..1000], &[]);
    assert_eq!((first.status, first.headers["upload-offset"].as_str()), (204, "1000"));
    let wrong = patch(&served, 999, &bytes[999..1100], &[]);
    assert_eq!((wrong.status, wrong.code().as_str()), (409, "SRV-018"));
    // A line that breaks in the middle of a part.
    let head = head(
        Some(&served.tokens["edms"]),
        "PATCH",
        &path,
        &[TUS, PART, ("Upload-Offset", "1000"), ("Content-Length", "2000")],
    );
    let mut stream = connect(served.address);
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&bytes[1000..1500]).unwrap();
    drop(stream);
    let there = offset(&served);
    assert!((1000..=1500).contains(&there), "{there}");
    served.restart();
    let there = offset(&served);
    assert!((1000..=1500).contains(&there), "{there}");
    let digest = format!("sha256 {}", STANDARD.encode(sha256(b"other").0));
    let damaged = patch(&served, there, &bytes[there..], &[("Upload-Checksum", &digest)]);
    assert_eq!((damaged.status, damaged.code().as_str()), (460, "SRV-015"));
    assert_eq!(offset(&served), there, "a part that is damaged does not count");
    let early = served.send(Some("edms"), "POST", &format!("{path}/submission"), &[], b"");
    assert_eq!((early.status, early.code().as_str()), (409, "SRV-018"));
    let digest = format!("sha256 {}", STANDARD.encode(sha256(&bytes[there..]).0));
    assert_eq!(patch(&served, there, &bytes[there..], &[("Upload-Checksum", &digest)]).status, 204);
    assert_eq!(served.send(Some("archivist"), "HEAD", &path, &[TUS], b"").status, 404, "another's");
    let taken = served.send(Some("edms"), "POST", &format!("{path}/submission"), &[], b"");
    assert_eq!((taken.status, taken.json()["answer"]["status"].as_str()), (201, Some("accepted")), "{taken:?}");
    assert_eq!(served.send(Some("edms"), "HEAD", &path, &[TUS], b"").status, 404, "it is a record now");
    let record = taken.json()["answer"]["record_id"].as_str().unwrap().to_owned();
    assert_eq!(served.get("archivist", &format!("/api/v1/records/{record}")).status, 200);
}

#[test]
fn an_upload_is_bounded_ended_and_forgotten_after_a_day() {
    let served = Served::new();
    let begin =
        |length: &str| served.send(Some("edms"), "POST", "/api/v1/uploads", &[TUS, ("Upload-Length", length)], b"");
    for (length, status) in [("0", 400), ("999999999", 413), ("x", 400), ("-1", 400)] {
        assert_eq!(begin(length).status, status, "{length}");
    }
    let version = served.send(Some("edms"), "POST", "/api/v1/uploads", &[("Upload-Length", "5")], b"");
    assert_eq!((version.status, version.code().as_str()), (412, "SRV-008"));
    let path = begin("5").headers["location"].clone();
    let headers = [TUS, PART, ("Upload-Offset", "0")];
    let more = served.send(Some("edms"), "PATCH", &path, &headers, b"123456");
    assert_eq!((more.status, more.code().as_str()), (413, "SRV-005"));
    assert_eq!(served.send(Some("edms"), "DELETE", &path, &[TUS], b"").status, 204);
    assert_eq!(served.send(Some("edms"), "DELETE", &path, &[TUS], b"").status, 404);
    let path = begin("5").headers["location"].clone();
    served.bench.later(25 * 60 * 60 * 1000);
    assert_eq!(served.send(Some("edms"), "HEAD", &path, &[TUS], b"").status, 404);
    served.bench.later(25 * 60 * 60 * 1000);
    begin("5");
    let keys: Vec<String> = std::fs::read_dir(served.bench.folder.path().join("archive.keys"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("spool-"))
        .collect();
    assert_eq!(keys.len(), 1, "the key of a day goes with its uploads: {keys:?}");
    let options = served.send(None, "OPTIONS", "/api/v1/uploads", &[], b"");
    assert_eq!((options.status, options.headers["tus-version"].as_str()), (204, "1.0.0"));
}

#[test]
fn pages_follow_each_other_without_gap_or_repeat() {
    let served = Served::new();
    let ids: Vec<String> = (1..=7).map(|n| served.hand_in(&served.bench.draft(&format!("{n}-қ")))).collect();
    for query in ["", "&q=%D1%81%D1%8B%D0%BD%D0%B0%D2%9B"] {
        let (mut found, mut after) = (Vec::new(), String::new());
        loop {
            let page = served.get("archivist", &format!("/api/v1/records?limit=3{query}{after}")).json();
            let ids = page["items"].as_array().unwrap().iter().map(|row| row["record_id"].as_str().unwrap().to_owned());
            found.extend(ids);
            // What comes in meanwhile is newer than the page.
            served.hand_in(&served.bench.draft(&format!("{}-{}", found.len(), query.len())));
            let Some(next) = page["next"].as_str() else { break };
            after = format!("&after={next}");
        }
        let old: Vec<String> = found.into_iter().filter(|id| ids.contains(id)).collect();
        assert_eq!(old, ids.iter().rev().cloned().collect::<Vec<_>>(), "{query}");
    }
    let next = served.get("archivist", "/api/v1/records?limit=1").json()["next"].as_str().unwrap().to_owned();
    for path in [
        format!("/api/v1/records?q=agency:x&after={next}"),
        "/api/v1/records?after=x".to_owned(),
        "/api/v1/records?limit=0".to_owned(),
        "/api/v1/records?limit=501".to_owned(),
        "/api/v1/records?limit=x".to_owned(),
        "/api/v1/records?x=1".to_owned(),
    ] {
        let answer = served.get("archivist", &path);
        assert_eq!((answer.status, answer.code().as_str()), (400, "SRV-004"), "{path}");
    }
    let query = served.get("archivist", "/api/v1/records?q=nofield:1");
    assert_eq!((query.status, query.code().as_str()), (400, "IDX-002"));
}

#[test]
fn the_journal_is_served_as_outsiders_read_it() {
    let served = Served::new();
    served.hand_in(&served.bench.draft("1-қ"));
    let begun = Instant::now();
    // It is published a moment later.
    let size = loop {
        let note = served.send(None, "GET", "/tlog/checkpoint", &[], b"");
        let text = String::from_utf8(note.body).unwrap();
        let size: u64 = text.lines().nth(1).unwrap().parse().unwrap();
        if size == served.archive().head().size || begun.elapsed() > Duration::from_secs(20) {
            break size;
        }
    };
    assert_eq!(size, served.archive().head().size);
    let path = muragat::tlog::tile::entries_tile(0, size);
    let tile = served.send(None, "GET", &format!("/{path}"), &[], b"");
    assert_eq!(tile.status, 200, "{path}");
    assert_eq!(tile.body, std::fs::read(served.bench.root().join(&path)).unwrap());
    assert!(tile.headers["cache-control"].contains("immutable"));
    for path in ["/tlog/lock", "/tlog/tile/../lock", "/tlog/tile/0/%2e%2e/%2e%2e/lock", "/tlog/tile/entries/999"] {
        assert_eq!(served.send(None, "GET", path, &[], b"").status, 404, "{path}");
    }
}

#[test]
fn rude_clients_are_cut_off_and_others_served() {
    let served = Served::new();
    let begun = Instant::now();
    let mut slow: Vec<_> = (0..20).map(|_| connect(served.address)).collect();
    slow.iter_mut().for_each(|stream| stream.write_all(b"GET /livez HTTP/1.1\r\nHost:").unwrap());
    assert_eq!(send(served.address, None, "GET", "/livez", &[], b"").status, 200);
    assert!(begun.elapsed() < Duration::from_secs(10), "nobody waits for the slow");
    let huge = "x".repeat(100_000);
    let mut stream = connect(served.address);
    stream.write_all(head(None, "GET", "/livez", &[("X-Huge", &huge)]).as_bytes()).unwrap_or_default();
    let mut bytes = Vec::new();
    let _ = std::io::Read::read_to_end(&mut stream, &mut bytes);
    let is_refused = bytes.is_empty() || bytes.starts_with(b"HTTP/1.1 431");
    assert!(is_refused, "a head that is too long: {}", String::from_utf8_lossy(&bytes));
    for nonsense in [&b"\0\0\0\0\r\n\r\n"[..], b"GET\r\n\r\n", b"\x16\x03\x01\x00\x05hello"] {
        let mut stream = connect(served.address);
        stream.write_all(nonsense).unwrap();
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let mut bytes = Vec::new();
        let _ = std::io::Read::read_to_end(&mut stream, &mut bytes);
        assert!(bytes.is_empty() || bytes.starts_with(b"HTTP/1.1 400"), "{}", String::from_utf8_lossy(&bytes));
    }
    // A submission that is cut in the middle leaves nothing.
    let size = served.archive().head().size;
    let head = head(Some(&served.tokens["edms"]), "POST", "/api/v1/submissions", &[ZIP, ("Content-Length", "9999")]);
    let mut stream = connect(served.address);
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&[7; 500]).unwrap();
    drop(stream);
    // What comes after it is decided, so it would have been.
    let next = served.send(Some("edms"), "POST", "/api/v1/submissions", &[ZIP], b"no zip");
    assert_eq!((next.status, served.archive().head().size), (422, size + 1));
    let left = std::fs::read_dir(served.bench.root().join("spool")).map_or(0, |entries| entries.count());
    assert_eq!(left, 0, "nothing of it is left");
}

/// Goal: a submission that is being written is left alone, and one that is there is answered beside it, once.
#[test]
fn a_drop_folder_takes_what_is_finished_and_answers_beside_it() {
    let served = Served::with(Some("inbox"));
    let inbox = served.bench.folder.path().join("inbox");
    let bytes = served.zip(&served.bench.draft("1-қ"));
    std::fs::write(inbox.join("1.zip"), &bytes).unwrap();
    std::fs::write(inbox.join("2.zip.part"), &bytes).unwrap();
    std::fs::write(inbox.join("3.zip"), b"no zip").unwrap();
    let outcome = |name: &str| {
        let path = inbox.join(format!("{name}.answer")).join("outcome.json");
        std::fs::read(path).ok().map(|bytes| serde_json::from_slice::<Value>(&bytes).unwrap())
    };
    // One that is written to all the time stays.
    let begun = Instant::now();
    let mut written = 0u32;
    while (outcome("1.zip").is_none() || outcome("3.zip").is_none()) && begun.elapsed() < Duration::from_secs(60) {
        written += 1;
        std::fs::write(inbox.join("4.zip"), written.to_string()).unwrap();
        std::thread::sleep(Duration::from_millis(200));
    }
    assert_eq!(outcome("1.zip").unwrap()["status"], "accepted");
    assert_eq!(outcome("3.zip").unwrap()["status"], "refused");
    // Where the folder lies is told to nobody.
    for name in ["1.zip", "3.zip"] {
        let said = outcome(name).unwrap();
        assert_eq!(said["path"], name);
        assert!(!said.to_string().contains(served.bench.folder.path().to_str().unwrap()), "{said}");
    }
    assert!(outcome("4.zip").is_none() && !inbox.join("2.zip.part.answer").exists());
    assert!(inbox.join("1.zip.answer").join("confirmation.json").exists());
    assert_eq!(std::fs::read(inbox.join("1.zip")).unwrap(), bytes, "it stays for who put it there");
    let size = served.archive().head().size;
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(served.archive().head().size, size, "nothing is taken twice");
}

#[test]
fn the_description_is_the_one_that_is_committed() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/api/1/openapi.json");
    let wanted = serde_json::to_string_pretty(&description()).unwrap() + "\n";
    if std::env::var_os("MURAGAT_WRITE_OPENAPI").is_some() && cfg!(feature = "oidc") {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &wanted).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    if !cfg!(feature = "oidc") {
        // It is the description of a build with everything.
        let mut whole: Value = serde_json::from_str(&committed).unwrap();
        whole["paths"].as_object_mut().unwrap().remove("/api/v1/logout/openid");
        whole["components"]["schemas"].as_object_mut().unwrap().remove("LogoutToken");
        assert!(whole == description(), "schema/api/1/openapi.json is not what the code says");
        return;
    }
    assert!(
        committed == wanted,
        "schema/api/1/openapi.json is not what the code says: run with MURAGAT_WRITE_OPENAPI=1"
    );
}

#[test]
fn a_search_finds_in_texts_what_the_caller_may_read_and_nothing_else() {
    let served = Served::new();
    let open = served.hand_in(&served.bench.draft("1-қ"));
    let mut draft = served.bench.draft("2-қ");
    draft.access = "confidential";
    let secret = served.hand_in(&draft);
    super::text::brought_up(&served.archive());
    // «ойдан шығарылған» stands in the text of both and on no card.
    let path = "/api/v1/search?q=%D1%88%D1%8B%D2%93%D0%B0%D1%80%D1%8B%D0%BB%D2%93%D0%B0%D0%BD";
    for (who, wanted) in [("archivist", vec![&open, &secret]), ("public-only", vec![&open]), ("other-agency", vec![])] {
        let answer = served.get(who, path);
        assert_eq!(answer.status, 200, "{who} {answer:?}");
        let answer = answer.json();
        let items = answer["items"].as_array().unwrap();
        let found: BTreeSet<&str> = items.iter().map(|item| item["record"]["record_id"].as_str().unwrap()).collect();
        assert_eq!(found, wanted.iter().map(|id| id.as_str()).collect(), "{who}");
        assert_eq!((answer["total"].as_u64(), answer["lag"].as_u64()), (Some(wanted.len() as u64), Some(0)), "{who}");
        let counted: u64 = answer["counts"]["access"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum();
        assert_eq!(counted, wanted.len() as u64, "counts come from inside: {who}");
        for item in items {
            let place = &item["places"][0];
            let is_open = item["record"]["record_id"] == json!(open);
            assert_eq!(place["snippet"].is_null(), !is_open, "what a restricted record says is read by opening it");
            assert_eq!(place["component"].is_null(), !is_open, "nor is the name of its file given");
        }
    }
    for who in ["admin", "edms", "nobody"] {
        assert_eq!(served.get(who, path).status, 403, "{who}");
    }
    let page = served.get("archivist", &format!("{path}&limit=1")).json();
    let next = page["next"].as_str().unwrap();
    let second = served.get("archivist", &format!("{path}&limit=1&after={next}")).json();
    assert!(second["next"].is_null());
    assert_ne!(page["items"][0]["record"]["record_id"], second["items"][0]["record"]["record_id"]);
    for path in ["/api/v1/search", "/api/v1/search?q=", "/api/v1/search?q=x&limit=0", "/api/v1/search?q=x&after=zz"] {
        assert_eq!(served.get("archivist", path).status, 400, "{path}");
    }
}

/// Goal: who reads slowly, or not at all, keeps the archive from nobody.
#[test]
fn who_wants_the_archive_alone_waits_for_no_slow_reader() {
    let served = Served::new();
    let mut draft = served.bench.draft("1-қ");
    // Does not fit into the buffers of a connection.
    draft.main = super::common::docx(&noise(24 << 20));
    draft.signature =
        Some(served.bench.office.official.sign_detached(&draft.main, super::signed::at(served.bench.now())));
    draft.card["documents"][0]["sha256"] = sha256(&draft.main).to_string().into();
    assert!(draft.main.len() > 12 << 20, "{}", draft.main.len());
    let id = served.hand_in(&draft);
    let shown = served.get("archivist", &format!("/api/v1/records/{id}")).json();
    let number = shown["components"].as_array().unwrap().iter().position(|c| c["path"] == "main.docx").unwrap();
    let path = format!("/api/v1/records/{id}/components/{number}/content");
    let mut slow = connect(served.address);
    slow.write_all(head(Some(&served.tokens["archivist"]), "GET", &path, &[]).as_bytes()).unwrap();
    let mut first = [0; 1024];
    std::io::Read::read_exact(&mut slow, &mut first).unwrap();
    assert!(first.starts_with(b"HTTP/1.1 200"));
    let begun = Instant::now();
    drop(served.alone());
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    assert_eq!(served.get("archivist", &format!("/api/v1/records/{id}")).status, 200, "it is there again");
    // And the slow one gets the rest.
    let mut rest = Vec::new();
    std::io::Read::read_to_end(&mut slow, &mut rest).unwrap();
    let whole = [&first[..], &rest].concat();
    let at = memchr::memmem::find(&whole, b"\r\n\r\n").unwrap() + 4;
    assert_eq!(sha256(&whole[at..]), sha256(&draft.main));
}

/// Letters that do not compress well.
pub(crate) fn noise(len: usize) -> String {
    let mut state = 7u32;
    let letter = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        char::from(b'a' + (state >> 24) as u8 % 26)
    };
    (0..len).map(letter).collect()
}
