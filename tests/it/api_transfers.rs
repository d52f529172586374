//! Handing over by the service: officers of two archives, from the selection to the last day of the transfer.
//!
//! Goal: the whole way goes by what officers may do and sign, each step once, and a step by the wrong person, of another
//! agency, too early or by who asked for it is refused without a trace. Method: two served archives with registers of their
//! own, officers who sign in and sign the very bytes that the service gives; only the medium between both is carried by
//! the test. Who gets what from which path is in `api_roles`.

use super::accession::by_another_program;
use super::api_acts::{Officer, base64, key};
use super::api_lists::adopt_list;
use super::bundle::stamped;
use super::confirmed::row;
use super::evidence::{authority, policy};
use super::served::{Answer, Served, logged};
use super::signed::{AGENCY, Bench, DAY_MS, Draft, at};
use super::transfer::{listed, party_file};
use muragat::archive::{Archive, Holder};
use muragat::cli::samples::signer::Signer;
use muragat::clock::civil_date;
use muragat::filing::files;
use muragat::ingest::issue::{Issued, Subject, find, sign};
use muragat::model::digest::sha256;
use muragat::model::fonds::InventoryKind;
use muragat::model::id::RecordId;
use muragat::model::iin::Iin;
use muragat::model::party::Party;
use muragat::tlog::commit::SYSTEM_ACTOR;
use muragat::transfer::accession::receive::{Begun, Options, begin, check};
use muragat::transfer::certificate;
use muragat::transfer::party::{self, Adoption};
use muragat::transfer::read::source::Folder;
use muragat::transfer::select::{Reason, Selection, select};
use muragat::transfer::send::{Way, send};
use muragat::verify::material::Material;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::AtomicBool;

const BIN: &str = "000000000100";
const JSON: (&str, &str) = ("Content-Type", "application/json");
const KEY: &str = "Idempotency-Key";

/// Two officers of the agency adopt the file about another archive.
pub(crate) fn adopt_party(bench: &Bench, archive: &Archive, file: &str) {
    bench.later(2_000);
    let who = [&bench.office.approvers[0], &bench.office.commission[0]];
    let signatures = who.map(|who| who.sign_detached(file.as_bytes(), at(bench.now())));
    let read = Party::parse(file.as_bytes(), "party.toml").unwrap();
    let adopted = party::adopt(archive, (&read, file.as_bytes()), &signatures, &Material::default(), SYSTEM_ACTOR);
    assert!(matches!(adopted, Ok(Adoption::Done(_))), "{adopted:?}");
}

/// A permanent file of 2026 with these records, closed and in an approved inventory; the clock is beyond that year.
fn inventoried(archive: &Archive, index: &str, records: &[RecordId]) -> RecordId {
    let asked = files::Asked {
        agency: AGENCY.into(),
        index: index.into(),
        year: 2026,
        volume: None,
        title: Some("Хат алмасу".to_owned()),
        item: "LIST/3".parse().ok(),
        attributes: BTreeMap::new(),
    };
    let file = files::open(archive, &asked, SYSTEM_ACTOR).unwrap().id;
    files::enter(archive, file, records, None, SYSTEM_ACTOR).unwrap();
    files::close(archive, file, "2026-12-30".parse().unwrap(), SYSTEM_ACTOR).unwrap();
    listed(archive, InventoryKind::Permanent, &[file], 2026, "2028-01-05");
    file
}

/// For the matrix of roles: another archive, a transfer to it, and a package that came from it, none of them gone far.
/// Gives what stands for their names in paths.
pub(crate) fn begun(served: &Served) -> [(&'static str, String); 3] {
    let (bench, archive) = (&served.bench, served.archive());
    let draft = Draft::new(&bench.office, "6-қ", bench.now() - 600 * DAY_MS);
    let record = served.hand_in(&draft).parse().unwrap();
    archive.wait_index().unwrap();
    let file = inventoried(&archive, "01-00", &[record]);
    adopt_party(bench, &archive, &party_file(&archive, &civil_date(bench.now()).to_string(), "state_archive"));
    let selection = Selection { to: "state-1", reason: Reason::Early, basis: "Сынақ хаты", files: &[file] };
    let (transfer, _) = select(&archive, &selection, SYSTEM_ACTOR).unwrap();
    let held = party::find(&archive, "state-1").unwrap();
    // Without a package nothing stands for an accession: then each path says of it what it says of one that is not there.
    let accession = by_another_program(bench.folder.path()).map_or(RecordId([9; 16]), |path| {
        let source = Folder::open(&path).unwrap();
        match begin(&archive, &source, &held, SYSTEM_ACTOR, &mut |_, _| {}).unwrap() {
            Begun::Received(coming) => coming.accession.id,
            Begun::NotWhole(report) => panic!("{report:?}"),
        }
    });
    [("party", "state-1".to_owned()), ("transfer_id", transfer.to_string()), ("accession", accession.to_string())]
}

/// An archive that hands over a file of two records, and the one that takes it.
struct Two {
    sender: Served,
    state: Served,
    file: RecordId,
    records: [RecordId; 2],
}

fn issue(bench: &Bench, archive: &Archive, record: RecordId) {
    let subject = Subject::Record(record);
    let prepared = find(archive, subject, SYSTEM_ACTOR).unwrap();
    let signature = bench.office.clerk.sign_detached(&prepared.bytes, at(bench.now()));
    let issued = sign(archive, subject, &signature, None, SYSTEM_ACTOR, SYSTEM_ACTOR).unwrap();
    assert!(matches!(issued, Issued::Done { .. }), "{issued:?}");
}

fn accounts(archive: &Archive, names: &[(&str, &str)]) {
    for (name, iin) in names {
        archive.open_account(name, &Holder::Person(Iin::parse(iin).unwrap()), None, SYSTEM_ACTOR).unwrap();
    }
}

impl Two {
    fn new() -> Self {
        // The archivist is in the commission too: what they select they do not approve.
        let rows = [("21", "commission"), ("24", "archivist"), ("25", "auditor")];
        let rows: String = rows.iter().map(|(iin, kind)| row(&format!("0000000000{iin}"), kind)).collect();
        let sender = Served::with_rows(&rows);
        let state = Served::with_rows(&row("000000000003", "state_archive_receiver"));
        let archive = sender.archive();
        let officers = [
            ("member", "000000000011"),
            ("approver-1", "000000000013"),
            ("approver-2", "000000000014"),
            ("clerk", "000000000002"),
            ("archivist-2", "000000000024"),
            ("auditor", "000000000025"),
        ];
        accounts(&archive, &officers);
        accounts(&state.archive(), &[("receiver", "000000000003"), ("member", "000000000011")]);
        adopt_list(&sender, &archive);
        let records = ["1-қ", "2-қ"].map(|number| sender.hand_in(&sender.bench.draft(number)).parse().unwrap());
        archive.wait_index().unwrap();
        let two_years = 2 * 366 * DAY_MS;
        for served in [&sender, &state] {
            served.bench.later(two_years);
            served.bench.share(&served.archive(), &served.bench.office.crl(served.bench.now(), &[]));
            served.bench.adopt(&served.archive(), &policy(&served.bench));
        }
        let file = inventoried(&archive, "01-00", &records);
        records.iter().for_each(|record| issue(&sender.bench, &archive, *record));
        archive.wait_index().unwrap();
        stamped(&sender.bench, &archive, &authority(&sender.bench));
        let two = Self { sender, state, file, records };
        two.meet();
        two
    }

    /// Each archive learns of the other one.
    fn meet(&self) {
        let (archive, state) = (self.sender.archive(), self.state.archive());
        let date = civil_date(self.sender.bench.now()).to_string();
        let file = |of: &Archive, id: &str, kind: &str| {
            let text = party_file(of, &date, kind).replace("state-1", id).replace("000000000200", BIN);
            let key = hex::encode(of.answer_key().unwrap().public());
            let line = text.lines().find(|line| line.starts_with("vkey")).unwrap().to_owned();
            text.replace(&"09".repeat(32), &key)
                .replace("00000000000000000000000000000001", &of.id().to_string())
                .replace(&line, &format!("vkey = \"{}\"", of.config().vkey))
        };
        adopt_party(&self.sender.bench, &archive, &file(&state, "state-1", "state_archive"));
        adopt_party(&self.state.bench, &state, &file(&archive, "sender-1", "sender"));
    }

    /// Time goes by at both.
    fn later(&self, ms: u64) {
        [&self.sender, &self.state].iter().for_each(|served| served.bench.later(ms));
    }

    /// What a person carries to the other archive, and what that writes down at once.
    fn carry(&self, transfer: RecordId) -> Vec<u8> {
        let medium = self.sender.bench.folder.path().join("medium");
        std::fs::create_dir_all(&medium).unwrap();
        let archive = self.sender.archive();
        let sent = send(&archive, transfer, (&medium, Way::Folder), SYSTEM_ACTOR, &mut |_, _| {}).unwrap();
        let state = self.state.archive();
        let (source, held) = (Folder::open(&sent.path).unwrap(), party::find(&state, "sender-1").unwrap());
        let coming = match begin(&state, &source, &held, SYSTEM_ACTOR, &mut |_, _| {}).unwrap() {
            Begun::Received(coming) => coming,
            Begun::NotWhole(report) => panic!("{report:?}"),
        };
        let stop = AtomicBool::new(false);
        let options = Options { actor: SYSTEM_ACTOR, profile: None, representation: None, threads: 2, stop: &stop };
        check(&state, &coming, &options, &|_, _| {}).unwrap().unwrap();
        state.wait_index().unwrap();
        coming.receipt.clone()
    }
}

fn over(served: &Served, who: &Signer, bytes: &[u8]) -> String {
    base64(&who.sign_detached(bytes, at(served.bench.now())))
}

/// Denied by this rule.
fn is_denied(answer: &Answer, rule: &str) {
    assert_eq!((answer.status, logged(answer)["rule"].as_str()), (403, Some(rule)), "{answer:?}");
}

/// Refused with reasons of one code.
fn is_refused(answer: &Answer, code: &str) {
    let said = answer.json();
    assert_eq!((answer.status, &said["status"]), (422, &json!("refused")), "{answer:?}");
    let reasons = said["reasons"].as_array().unwrap();
    assert!(!reasons.is_empty() && reasons.iter().all(|reason| reason["code"] == code), "{said}");
}

/// Bytes with their digest as the entity tag; asked again by it there is nothing new.
fn bytes_of(officer: &Officer<'_>, path: &str) -> Vec<u8> {
    let answer = officer.get(path);
    assert_eq!(answer.status, 200, "{path} {answer:?}");
    let tag = answer.headers["etag"].clone();
    assert_eq!(tag, format!("\"{}\"", sha256(&answer.body)), "{path}");
    assert_eq!(officer.send("GET", path, &[("If-None-Match", &tag)], b"").status, 304, "{path}");
    answer.body
}

/// What the transfer is at, and what it waits for.
fn stands(officer: &Officer<'_>, path: &str, stage: &str, awaits: Value) -> Value {
    let said = officer.get(path).json();
    assert_eq!((&said["stage"], &said["awaits"]), (&json!(stage), &awaits), "{said}");
    said
}

#[test]
fn files_go_from_archive_to_archive_by_what_officers_sign() {
    let two = Two::new();
    let (sender, state) = (&two.sender, &two.state);
    let own = key(sender, "000000000021", BIN, 20);
    let archivist = Officer::new(sender, &own);
    let other = Officer::new(sender, &key(sender, "000000000022", "000000000900", 40));
    let admin = Officer::new(sender, &sender.bench.office.administrator);
    let member = Officer::new(sender, &sender.bench.office.commission[0]);
    let approver = Officer::new(sender, &sender.bench.office.approvers[0]);

    // Selected once, by who may, of what is theirs and to whom they know.
    assert_eq!(archivist.get("/api/v1/parties").json()["items"][0]["party"], "state-1");
    assert_eq!(other.get("/api/v1/parties").json()["items"], json!([]));
    let selecting =
        json!({"to": "state-1", "reason": "early", "basis": "Үлгі бұйрық", "files": [two.file.to_string()]});
    is_denied(&member.post("/api/v1/transfers", &selecting), "deny.default");
    is_denied(&admin.post("/api/v1/transfers", &selecting), "deny.administrator");
    let strange = other.post("/api/v1/transfers", &selecting);
    assert_eq!((strange.status, strange.code().as_str()), (404, "TRF-003"), "another agency's party is none");
    let mut nobodys = selecting.clone();
    nobodys["files"] = json!(["00000000000000000000000000000000"]);
    assert_eq!(archivist.post("/api/v1/transfers", &nobodys).code(), "FIL-002");
    let body = selecting.to_string();
    let once = || archivist.send("POST", "/api/v1/transfers", &[JSON, (KEY, "k1")], body.as_bytes());
    let selected = once();
    assert_eq!(selected.status, 201, "{selected:?}");
    assert_eq!((once().status, once().body), (201, selected.body.clone()), "the very answer of the first");
    assert_eq!(archivist.get("/api/v1/transfers").json()["items"].as_array().unwrap().len(), 1);
    let taken = archivist.post("/api/v1/transfers", &selecting);
    assert_eq!((taken.status, taken.code().as_str()), (409, "TRF-006"));
    let path = selected.headers["location"].clone();
    let id: RecordId = path.rsplit('/').next().unwrap().parse().unwrap();
    let transfer = |rest: &str| format!("{path}/{rest}");
    let shown = stands(&archivist, &path, "selected", json!("list"));
    assert!(shown["times"]["selected"].is_string() && shown["times"]["listed"].is_null());
    // Who is of another agency, and who runs the program, see nothing of it.
    let mut alike = [other.get(&path), other.get(&path.replace(&id.to_string(), &"0".repeat(32)))].map(|answer| {
        assert_eq!((answer.status, answer.code().as_str()), (404, "TRF-004"));
        let mut said = answer.json();
        said["request_id"] = Value::Null;
        said.to_string().replace(&id.to_string(), &"0".repeat(32))
    });
    assert_eq!(std::mem::take(&mut alike[0]), alike[1]);
    is_denied(&admin.get(&path), "deny.administrator");

    // Who audits sees that it is, who did it, and nothing that people wrote.
    let auditor = Officer::new(sender, &key(sender, "000000000025", BIN, 70));
    let seen = auditor.get(&path).json();
    assert_eq!(
        (&seen["basis"], &seen["party"], &seen["stage"]),
        (&json!("***"), &json!("state-1"), &json!("selected"))
    );
    assert_eq!(auditor.get("/api/v1/parties/state-1").json()["title"]["kk"], "***");
    let trail = auditor.get(&format!("/api/v1/audit-trail?record={id}")).json();
    let entry = &trail["items"][0];
    assert_eq!((&entry["act"], &entry["account"]), (&json!("transfer.selected"), &json!("archivist")), "{trail}");
    let none = other.get(&format!("/api/v1/audit-trail?record={id}"));
    is_denied(&none, "deny.default");

    // The list, and the commission.
    assert_eq!(archivist.get(&transfer("list")).code(), "TRF-007", "there is none yet");
    assert_eq!(archivist.post(&transfer("list"), &json!({})).status, 201);
    let drawn = archivist.post(&transfer("list"), &json!({}));
    assert_eq!((drawn.status, drawn.json()["status"].as_str()), (200, Some("listed")), "told again");
    let list = bytes_of(&member, &transfer("list"));
    is_denied(&auditor.get(&transfer("list")), "deny.default");
    assert_eq!(drawn.json()["list_sha256"], sha256(&list).to_string());
    two.later(2_000);
    let signing = |who: &Signer, bytes: &[u8]| json!({"signatures": [over(sender, who, bytes)]});
    let commission = &sender.bench.office.commission;
    let right = signing(&commission[0], &list);
    is_denied(&archivist.post(&transfer("approval"), &right), "deny.requester");
    is_denied(&approver.post(&transfer("approval"), &right), "deny.default");
    is_refused(&member.post(&transfer("approval"), &json!({"signatures": []})), "TRF-008");
    let of_requester = member.post(&transfer("approval"), &signing(&own, &list));
    is_refused(&of_requester, "TRF-008");
    assert_eq!(of_requester.json()["reasons"][0]["detail"], "who asked for it does not approve it");
    is_refused(&member.post(&transfer("approval"), &signing(&commission[0], b"{}")), "TRF-008");
    stands(&archivist, &path, "listed", json!("approval"));
    let early = archivist.post(&transfer("package"), &json!({}));
    assert_eq!((early.status, early.code().as_str()), (409, "TRF-007"));
    assert_eq!(member.post(&transfer("approval"), &right).status, 201);

    // The package is sealed as a job, and carried.
    let wrong = archivist.post(&transfer("package"), &json!({"form": "zip"}));
    assert_eq!((wrong.status, wrong.json()["subject"].as_str()), (400, Some("form")));
    let job = archivist.send("POST", &transfer("package"), &[JSON, ("Prefer", "respond-async")], b"{}");
    let sealed = archivist.result(&job);
    assert_eq!((&sealed["status"], &sealed["records"]), (&json!("sealed"), &json!(2)), "{sealed}");
    stands(&archivist, &path, "sealed", json!("sending"));
    let receipt = two.carry(id);
    let sent = stands(&archivist, &path, "sent", json!("receipt"));
    assert_eq!((&sent["overdue"], sent["times"]["sent"].as_array().unwrap().len()), (&json!(false), 1));
    let answer = |bytes: &[u8]| json!({"answer": base64(bytes)});
    is_denied(&member.post(&transfer("answers"), &answer(&receipt)), "deny.default");
    assert_eq!(archivist.post(&transfer("answers"), &answer(b"{}")).code(), "TRF-037");
    let delivered = archivist.post(&transfer("answers"), &answer(&receipt));
    assert_eq!((delivered.status, &delivered.json()["status"]), (201, &json!("delivered")), "{delivered:?}");
    assert_eq!(bytes_of(&approver, &transfer("receipt")), receipt);
    let gone = archivist.post(&transfer("cancellation"), &json!({"reason": "Қате"}));
    assert_eq!((gone.status, gone.code().as_str()), (409, "TRF-007"), "it came: only the reply ends it");

    // The other archive: its officers see it, and one of them signs.
    let receiver = Officer::new(state, &state.bench.office.stranger);
    let theirs = Officer::new(state, &key(state, "000000000021", BIN, 50));
    let elsewhere = Officer::new(state, &key(state, "000000000022", "000000000900", 60));
    let commissioner = Officer::new(state, &state.bench.office.commission[0]);
    let listed = receiver.get("/api/v1/accessions").json();
    let came = &listed["items"][0];
    assert_eq!((&came["stage"], &came["transfer"]), (&json!("checked"), &json!(id.to_string())), "{listed}");
    assert_eq!((listed["items"].as_array().unwrap().len(), &came["accepted"]), (1, &json!(2)));
    assert_eq!(elsewhere.get("/api/v1/accessions").json()["items"], json!([]));
    let there = format!("/api/v1/accessions/{}", came["accession_id"].as_str().unwrap());
    let accession = |rest: &str| format!("{there}/{rest}");
    assert_eq!(receiver.get(&there).json()["times"]["replied"], Value::Null);
    assert_eq!(receiver.get(&format!("/api/v1/accessions/{}", came["digest"].as_str().unwrap())).json(), *came);
    let first = receiver.get(&accession("records?limit=1")).json();
    let next = first["next"].as_str().unwrap();
    let rest = receiver.get(&accession(&format!("records?limit=1&after={next}"))).json();
    let rows = [&first["items"][0], &rest["items"][0]];
    assert!(rows.iter().all(|row| row["outcome"] != "refused" && row["reference"].is_string()), "{rows:?}");
    assert_eq!(rest["next"], Value::Null);
    for wrong in ["limit=0", "limit=501", "after=AAAA"] {
        assert_eq!(receiver.get(&accession(&format!("records?{wrong}"))).code(), "SRV-004", "{wrong}");
    }
    for rest in ["", "/records", "/receipt", "/reply", "/reply/content", "/act/content", "/act"] {
        let answer = elsewhere.get(&format!("{there}{rest}"));
        assert_eq!((answer.status, answer.code().as_str()), (404, "TRF-034"), "{rest}");
    }
    assert_eq!(bytes_of(&receiver, &accession("receipt")), receipt);
    assert_eq!(receiver.get(&accession("reply")).code(), "TRF-035", "nobody has signed");
    let (reply, act) = (bytes_of(&receiver, &accession("reply/content")), bytes_of(&theirs, &accession("act/content")));
    two.later(2_000);
    let both = |who: &Signer, reply: &[u8], act: &[u8]| json!({"reply_signatures": [over(state, who, reply)], "act_signatures": [over(state, who, act)]});
    let officer = &state.bench.office.stranger;
    is_denied(&theirs.post(&accession("reply"), &both(officer, &reply, &act)), "deny.default");
    is_denied(&commissioner.post(&accession("reply"), &both(officer, &reply, &act)), "deny.default");
    is_refused(&receiver.post(&accession("reply"), &both(officer, &act, &reply)), "TRF-036");
    let other_office = both(&state.bench.office.commission[0], &reply, &act);
    is_refused(&receiver.post(&accession("reply"), &other_office), "TRF-036");
    let signed = receiver.post(&accession("reply"), &both(officer, &reply, &act));
    assert_eq!((signed.status, &signed.json()["status"]), (201, &json!("replied")), "{signed:?}");
    let again = receiver.post(&accession("reply"), &both(officer, &reply, &act));
    assert_eq!((again.status, &again.json()["entry"]), (200, &signed.json()["entry"]), "{again:?}");
    let replied = bytes_of(&receiver, &accession("reply"));

    // Back here: the reply is taken in, the act signed by one who approves.
    two.later(2_000);
    let taken = archivist.post(&transfer("answers"), &answer(&replied));
    assert_eq!((taken.status, &taken.json()["accepted"]), (201, &json!(2)), "{taken:?}");
    stands(&archivist, &path, "replied", json!("signature"));
    assert_eq!(bytes_of(&member, &transfer("reply/content")), reply);
    assert_eq!(bytes_of(&approver, &transfer("act/content")), act);
    assert_eq!(approver.get(&transfer("act")).code(), "TRF-007", "nobody here has signed it");
    two.later(2_000);
    let approvers = &sender.bench.office.approvers;
    let right = signing(&approvers[0], &act);
    is_denied(&archivist.post(&transfer("act"), &right), "deny.default");
    is_refused(&approver.post(&transfer("act"), &signing(&commission[0], &act)), "TRF-012");
    assert_eq!(approver.post(&transfer("act"), &right).status, 201);
    let back = bytes_of(&approver, &transfer("act"));
    two.later(2_000);
    is_denied(&theirs.post(&accession("agreement"), &answer(&back)), "deny.default");
    assert_eq!(receiver.post(&accession("agreement"), &answer(&replied)).code(), "TRF-037");
    assert_eq!(receiver.post(&accession("agreement"), &answer(&back)).status, 201);
    assert_eq!(receiver.post(&accession("agreement"), &answer(&back)).json()["status"], "held");
    assert_eq!(bytes_of(&receiver, &accession("act")), back);
    assert_eq!(receiver.get(&there).json()["stage"], "agreed");

    // Letting go waits for its days, and for two who are not one.
    let waiting = stands(&archivist, &path, "agreed", json!("release"));
    assert!(waiting["release_from"].is_string(), "{waiting}");
    assert_eq!(approver.get(&transfer("release/content")).code(), "TRF-014", "too early");
    sender.bench.later(40 * DAY_MS);
    sender.bench.share(&sender.archive(), &sender.bench.office.crl(sender.bench.now(), &[]));
    let archivist = Officer::new(sender, &own);
    let second = Officer::new(sender, &key(sender, "000000000024", BIN, 30));
    let approver = Officer::new(sender, &sender.bench.office.approvers[0]);
    let release = bytes_of(&second, &transfer("release/content"));
    sender.bench.later(2_000);
    let with = |who: &[&Signer]| {
        let signatures: Vec<String> = who.iter().map(|who| over(sender, who, &release)).collect();
        json!({"document": base64(&release), "signatures": signatures})
    };
    let (first, clerk) = (&approvers[0], &sender.bench.office.clerk);
    is_denied(&archivist.post(&transfer("release"), &with(&[first, clerk])), "deny.requester");
    is_refused(&second.post(&transfer("release"), &with(&[first, first])), "TRF-013");
    is_refused(&second.post(&transfer("release"), &with(&[clerk])), "TRF-013");
    let early = second.post(&transfer("closing"), &json!({})).headers["location"].clone();
    let ended = loop {
        let job = second.get(&early).json();
        if job["state"] != "running" {
            break job;
        }
    };
    assert_eq!((&ended["state"], &ended["result"]["code"]), (&json!("failed"), &json!("TRF-007")), "{ended}");
    let record = format!("/api/v1/records/{}", two.records[0]);
    assert_eq!(second.get(&record).status, 200, "all of it is there");
    assert_eq!(second.get(&transfer("certificate")).code(), "TRF-007", "nothing was let go");
    let body = with(&[first, clerk]).to_string();
    let let_go = || second.send("POST", &transfer("release"), &[JSON, (KEY, "k2")], body.as_bytes());
    let released = let_go();
    assert_eq!((released.status, &released.json()["status"]), (200, &json!("released")), "{released:?}");
    assert_eq!(released.json()["record_ids"].as_array().unwrap().len(), 2);
    assert_eq!(let_go().body, released.body, "the very answer of the first");
    let gone = second.get(&record);
    assert_eq!((gone.status, gone.code().as_str()), (410, "ARC-008"));
    let certificate =
        certificate::verify(&bytes_of(&second, &transfer("certificate")), &sender.archive().config().vkey);
    assert_eq!(certificate.unwrap().counts(), (1, 2));
    let found = second.get(&format!("/api/v1/records?state=handed_over&q=agency:{AGENCY}")).json();
    let found: BTreeSet<&str> = found["items"].as_array().unwrap().iter().filter_map(|i| i["id"].as_str()).collect();
    assert_eq!(found, two.records.map(|id| id.to_string()).iter().map(String::as_str).collect());
    stands(&approver, &path, "released", json!("closing"));
    is_denied(&archivist.post(&transfer("closing"), &json!({})), "deny.requester");
    let job = approver.post(&transfer("closing"), &json!({}));
    assert_eq!(approver.result(&job)["status"], "closed");
    let closed = stands(&approver, &path, "closed", Value::Null);
    let mut times = closed["times"].as_object().unwrap().iter();
    assert!(times.all(|(step, time)| step == "cancelled" || time.is_string() || time[0].is_string()), "{closed}");
}
