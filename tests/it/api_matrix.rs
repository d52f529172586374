//! Who gets what from the service: every path of its description for every account, and what lists say to whom.
//!
//! Goal: no path is there whose answer to each office nobody thought of; what is not theirs is told from nothing by no
//! answer; what is answered follows the schema that the description names. Method: one table of statuses that has every
//! path of the description, and an archive of one agency with a file, a nomenclature, a list, a hold, an inquiry, a
//! plan, receipts, asked by accounts of this agency, of another one, of no office and by nobody.

use super::disposal::{LIST, placing};
use super::served::{Answer, STAFF, Served, ZIP, all_scopes};
use super::signed::{AGENCY, at};
use muragat::api::description;
use muragat::archive::Archive;
use muragat::clock::civil_date;
use muragat::disposition::propose;
use muragat::filing::{files, holds, nomenclature};
use muragat::index::filing::HoldTarget;
use muragat::ingest::lists::{Adopted, RulesAct, adopt};
use muragat::inquiry::desk::{self, Opening};
use muragat::model::id::RecordId;
use muragat::model::nomenclature::Nomenclature;
use muragat::retention::RuleList;
use muragat::tlog::commit::SYSTEM_ACTOR;
use muragat::verify::material::Material;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Method, path, and the status for: archivist, archivist of public records, archivist of another agency, administrator,
/// clerk (a machine), a person without an office, nobody.
type Expected = (&'static str, &'static str, [u16; 7]);

/// For everybody.
const OPEN: [u16; 7] = [200; 7];
/// A job that is not theirs, as far as they see jobs.
const JOB: [u16; 7] = [404, 404, 404, 404, 404, 403, 401];
/// An upload that is not theirs, as far as they may submit.
const UPLOAD: [u16; 7] = [404, 404, 404, 403, 404, 403, 401];
/// A record: what is not theirs is not there.
const RECORD: [u16; 7] = [200, 200, 404, 403, 403, 403, 401];
/// A list that offices of every agency have, each of their own.
const LISTS: [u16; 7] = [200, 200, 200, 403, 403, 403, 401];
/// A thing of such a list.
const THING: [u16; 7] = [200, 200, 404, 403, 403, 403, 401];
/// What persons decide or see who signed in as such: by no token.
const PERSONS: [u16; 7] = [403, 403, 403, 403, 403, 403, 401];

const TABLE: &[Expected] = &[
    ("get", "/livez", OPEN),
    ("get", "/readyz", OPEN),
    ("get", "/tlog/checkpoint", OPEN),
    ("get", "/api/v1/me", [200, 200, 200, 200, 200, 200, 401]),
    ("post", "/api/v1/login/nonce", OPEN),
    // Nobody signs in with nothing.
    ("post", "/api/v1/login/signature", [400; 7]),
    ("post", "/api/v1/login/password", [400; 7]),
    ("post", "/api/v1/logout", [204; 7]),
    // A token sees and ends no sessions, whoever has it.
    ("get", "/api/v1/sessions", PERSONS),
    ("delete", "/api/v1/sessions/{session_id}", PERSONS),
    // No provider is configured.
    #[cfg(feature = "oidc")]
    ("post", "/api/v1/logout/openid", [404; 7]),
    ("get", "/api/v1/records", LISTS),
    ("get", "/api/v1/records/{record_id}", RECORD),
    ("get", "/api/v1/records/{record_id}/components/{number}/content", RECORD),
    ("get", "/api/v1/records/{record_id}/why", RECORD),
    // The second one brings what the record has by then.
    ("post", "/api/v1/records/{record_id}/components", [201, 200, 404, 403, 403, 403, 401]),
    // A card is corrected by the records office.
    ("post", "/api/v1/records/{record_id}/card", PERSONS),
    ("get", "/api/v1/search", LISTS),
    ("post", "/api/v1/submissions", [422, 422, 422, 403, 422, 403, 401]),
    ("options", "/api/v1/uploads", [204; 7]),
    ("post", "/api/v1/uploads", [201, 201, 201, 403, 201, 403, 401]),
    ("head", "/api/v1/uploads/{upload_id}", UPLOAD),
    ("patch", "/api/v1/uploads/{upload_id}", UPLOAD),
    ("delete", "/api/v1/uploads/{upload_id}", UPLOAD),
    ("post", "/api/v1/uploads/{upload_id}/submission", UPLOAD),
    ("get", "/api/v1/jobs/{job_id}", JOB),
    ("get", "/api/v1/jobs/{job_id}/events", JOB),
    ("get", "/api/v1/files", LISTS),
    ("get", "/api/v1/files/{file_id}", THING),
    ("get", "/api/v1/files/{file_id}/records", THING),
    ("get", "/api/v1/files/{file_id}/why", THING),
    // Another agency is named in the request, and may not be filed for.
    ("post", "/api/v1/files", [201, 201, 403, 403, 403, 403, 401]),
    // It is closed.
    ("post", "/api/v1/files/{file_id}/records", [409, 409, 404, 403, 403, 403, 401]),
    ("post", "/api/v1/files/{file_id}/closing", [409, 409, 404, 403, 403, 403, 401]),
    ("post", "/api/v1/files/{file_id}/events", THING),
    ("post", "/api/v1/files/{file_id}/reclassification", THING),
    // Who came first has opened it.
    ("post", "/api/v1/files/{file_id}/reopening", [200, 409, 404, 403, 403, 403, 401]),
    // Who runs the program sees the lists, and not the files that are due by them.
    ("get", "/api/v1/due", LISTS),
    ("get", "/api/v1/rules", [200, 200, 200, 200, 403, 403, 401]),
    ("post", "/api/v1/rules", PERSONS),
    ("post", "/api/v1/rules/act", PERSONS),
    ("post", "/api/v1/nomenclature", PERSONS),
    // Clerks need it to submit.
    ("get", "/api/v1/nomenclature", [200, 200, 200, 403, 200, 403, 401]),
    ("get", "/api/v1/nomenclature/{entry}", [200, 200, 404, 403, 200, 403, 401]),
    ("get", "/api/v1/holds", LISTS),
    ("get", "/api/v1/holds/{hold_id}", THING),
    // A hold is accepted from who runs the program too.
    ("post", "/api/v1/holds", [201, 201, 404, 201, 403, 403, 401]),
    ("post", "/api/v1/holds/{hold_id}/lifting", PERSONS),
    ("get", "/api/v1/audit-trail", PERSONS),
    ("get", "/api/v1/receipts", [200, 200, 200, 403, 200, 403, 401]),
    ("get", "/api/v1/receipts/{subject}", [200, 200, 404, 403, 200, 403, 401]),
    ("get", "/api/v1/receipts/{subject}/content", [200, 200, 404, 403, 200, 403, 401]),
    // Nobody has signed it.
    ("get", "/api/v1/receipts/{subject}/signature", [404, 404, 404, 403, 404, 403, 401]),
    ("post", "/api/v1/receipts/{subject}/signature", PERSONS),
    ("get", "/api/v1/inquiries", LISTS),
    ("get", "/api/v1/inquiries/{inquiry_id}", THING),
    // What is done under an inquiry is done by people who signed in: tests/it/api_inquiry.rs.
    ("post", "/api/v1/inquiries", PERSONS),
    ("post", "/api/v1/inquiries/{inquiry_id}/searches", PERSONS),
    ("post", "/api/v1/inquiries/{inquiry_id}/targets", PERSONS),
    ("get", "/api/v1/inquiries/{inquiry_id}/answer", PERSONS),
    ("post", "/api/v1/inquiries/{inquiry_id}/answer", PERSONS),
    ("post", "/api/v1/inquiries/{inquiry_id}/closing", PERSONS),
    ("post", "/api/v1/inquiries/{inquiry_id}/bundles", PERSONS),
    ("get", "/api/v1/inquiries/{inquiry_id}/bundles/{bundle}/content", PERSONS),
    ("get", "/api/v1/disposal-plans", LISTS),
    ("get", "/api/v1/disposal-plans/{plan_id}", THING),
    ("get", "/api/v1/disposal-plans/{plan_id}/content", THING),
    // It is not executed.
    ("get", "/api/v1/disposal-plans/{plan_id}/certificate", [409, 409, 404, 403, 403, 403, 401]),
    // What may be signed may be seen by who sees plans; it decides nothing.
    ("post", "/api/v1/disposal-plans/{plan_id}/statement", THING),
    ("post", "/api/v1/disposal-plans", PERSONS),
    ("post", "/api/v1/disposal-plans/{plan_id}/proposal", PERSONS),
    ("post", "/api/v1/disposal-plans/{plan_id}/review", PERSONS),
    ("post", "/api/v1/disposal-plans/{plan_id}/approval", PERSONS),
    ("post", "/api/v1/disposal-plans/{plan_id}/cancellation", PERSONS),
    ("post", "/api/v1/disposal-plans/{plan_id}/execution", PERSONS),
    ("post", "/api/v1/disposal-plans/{plan_id}/completion", PERSONS),
];

/// An archive in which there is one of everything, of one agency.
struct Filled {
    served: Served,
    /// What stands for the names in paths.
    ids: BTreeMap<&'static str, String>,
    /// A confidential record in the same file.
    secret: String,
    held_file: String,
}

const NONE: &str = "00000000000000000000000000000000";
const JSON: (&str, &str) = ("Content-Type", "application/json");
const TUS: (&str, &str) = ("Tus-Resumable", "1.0.0");

const INQUIRY: &str =
    "{\"authority\": \"a\", \"case\": \"b\", \"basis\": \"c\", \"requester\": \"d\", \"due\": \"2030-01-01\"}";
pub(crate) const NOMENCLATURE: &str = "schema = \"muragat/nomenclature/1\"\nagency = \"TEST-01\"\nyear = 2026\n\
    approved = \"2025-12-20\"\n\n[[row]]\nindex = \"01-00\"\ntitle = \"Хат алмасу\"\nform = \"electronic\"\n";

/// A file under the index of that nomenclature.
const OPENING: &str = "{\"agency\": \"TEST-01\", \"index\": \"01-00\", \"year\": 2026, \"item\": \"LIST/1\"}";

/// A mark that comes late.
const COMPONENT: &str = "{\"path\": \"mark.txt\", \"role\": \"mark\", \"content\": \"MTIz\"}";

impl Filled {
    fn new() -> Self {
        let mut served = Served::new();
        // Inventories are asked for in tests/it/forms.rs.
        let config = served.bench.root().join("muragat.toml");
        let text = std::fs::read_to_string(&config).unwrap();
        assert!(text.contains("inventories = true"));
        std::fs::write(&config, text.replace("inventories = true", "inventories = false")).unwrap();
        served.restart();
        let records = ["1-қ", "2-қ"].map(|number| served.hand_in(&served.bench.draft(number)));
        let mut draft = served.bench.draft("3-қ");
        draft.access = "confidential";
        let secret = served.hand_in(&draft);
        let archive = served.archive();
        archive.wait_index().unwrap();
        adopt_list(&served, &archive);
        let record = |text: &str| text.parse::<RecordId>().unwrap();
        let held_file = file(&served, &archive, "01-00", &[record(&records[0]), record(&secret)]);
        file(&served, &archive, "01-01", &[record(&records[1])]);
        let target = HoldTarget::Record(record(&records[0]).0);
        let (hold, _) = holds::place(&archive, &placing(), &[target], SYSTEM_ACTOR).unwrap();
        let read = Nomenclature::parse(NOMENCLATURE.as_bytes(), "nomenclature.toml").unwrap();
        nomenclature::adopt(&archive, &read, NOMENCLATURE.as_bytes(), SYSTEM_ACTOR).unwrap();
        let said = || "Сот".to_owned();
        let (authority, case, basis, requester) = (said(), said(), said(), said());
        let due = civil_date(served.bench.now());
        let opening = Opening { agency: String::new(), authority, case, basis, requester, due };
        let (inquiry, _) = desk::open(&archive, opening, Some(AGENCY), SYSTEM_ACTOR).unwrap();
        desk::take(&archive, inquiry, &[target], SYSTEM_ACTOR).unwrap();
        // Two years later one file is due, and the other one is kept by the hold.
        served.bench.later(2 * 366 * 24 * 60 * 60 * 1000);
        let minutes = Some(("7".to_owned(), civil_date(served.bench.now()), b"minutes".to_vec()));
        let asked = propose::Asked { agency: AGENCY.into(), minutes, ..propose::Asked::default() };
        let plan = propose::draft(&archive, &asked, SYSTEM_ACTOR).unwrap().id;
        for (name, _, _) in STAFF {
            let until = archive.today() + chrono::Days::new(9);
            let own = archive.actor(name).unwrap();
            let (_, token, _) = archive.issue_token(name, &all_scopes(), until, own).unwrap();
            served.tokens.insert(name, token);
        }
        let nomenclature = nomenclature::adopted(&archive).unwrap()[0].entry;
        let ids = BTreeMap::from([
            ("record_id", records[0].clone()),
            ("number", "0".to_owned()),
            ("file_id", held_file.clone()),
            ("entry", nomenclature.to_string()),
            ("hold_id", hold.to_string()),
            ("inquiry_id", inquiry.to_string()),
            ("bundle", "0".to_owned()),
            ("plan_id", plan.to_string()),
            ("subject", records[0].clone()),
            ("job_id", NONE.to_owned()),
            ("upload_id", NONE.to_owned()),
            ("session_id", NONE.to_owned()),
        ]);
        Self { served, ids, secret, held_file }
    }

    /// A path with ids in place of their names.
    fn path(&self, template: &str, id: impl Fn(&str) -> String) -> String {
        let fill = |path: String, name: &&str| path.replace(&format!("{{{name}}}"), &id(name));
        let path = self.ids.keys().fold(template.to_owned(), fill);
        assert!(!path.contains('{'), "{path}");
        if path == "/api/v1/search" { format!("{path}?q=01") } else { path }
    }

    fn ask(&self, who: Option<&str>, method: &str, template: &str, record: &str, path: &str) -> Answer {
        let placing = json!({"records": [record], "owner": "Сот", "reason": "Тергеу", "basis": "Қаулы"}).to_string();
        let filling = json!({"records": [record]}).to_string();
        let (headers, body): (&[_], &[u8]) = match (method, template) {
            ("post", "/api/v1/submissions") => (&[ZIP], b"no zip"),
            ("post", "/api/v1/uploads") => (&[TUS, ("Upload-Length", "5")], b""),
            ("patch", _) => (&[TUS, ("Upload-Offset", "0"), ("Content-Type", "application/offset+octet-stream")], b"x"),
            ("post", "/api/v1/holds") => (&[JSON], placing.as_bytes()),
            ("post", "/api/v1/holds/{hold_id}/lifting") => (&[JSON], "{\"reason\": \"Бітті\"}".as_bytes()),
            ("post", "/api/v1/disposal-plans/{plan_id}/statement") => (&[JSON], b"{\"act\": \"propose\"}"),
            ("post", "/api/v1/disposal-plans/{plan_id}/cancellation") => (&[JSON], "{\"reason\": \"Қате\"}".as_bytes()),
            ("post", "/api/v1/records/{record_id}/components") => (&[JSON], COMPONENT.as_bytes()),
            ("post", "/api/v1/files") => (&[JSON], OPENING.as_bytes()),
            ("post", "/api/v1/files/{file_id}/records") => (&[JSON], filling.as_bytes()),
            ("post", "/api/v1/files/{file_id}/closing") => (&[JSON], b"{\"date\": \"2026-06-15\"}"),
            ("post", "/api/v1/files/{file_id}/events") => {
                (&[JSON], b"{\"event\": \"contract_ended\", \"date\": \"2026-06-15\"}")
            }
            ("post", "/api/v1/files/{file_id}/reclassification") => {
                (&[JSON], "{\"item\": \"LIST/4\", \"reason\": \"Түзету\"}".as_bytes())
            }
            ("post", "/api/v1/files/{file_id}/reopening") => (&[JSON], "{\"reason\": \"Қате\"}".as_bytes()),
            ("post", "/api/v1/inquiries") => (&[JSON], INQUIRY.as_bytes()),
            ("post", "/api/v1/inquiries/{inquiry_id}/searches") => (&[JSON], br#"{"query": "a"}"#),
            ("post", "/api/v1/inquiries/{inquiry_id}/answer") => (&[JSON], br#"{"signatures": []}"#),
            ("post", "/api/v1/inquiries/{inquiry_id}/closing") => (&[JSON], br#"{"outcome": "a"}"#),
            ("post", "/api/v1/inquiries/{inquiry_id}/targets" | "/api/v1/inquiries/{inquiry_id}/bundles") => {
                (&[JSON], b"{}")
            }
            ("post", "/api/v1/login/signature" | "/api/v1/login/password") => (&[JSON], b"{}"),
            _ => (&[TUS], b""),
        };
        self.served.send(who, &method.to_ascii_uppercase(), path, headers, body)
    }

    fn items(&self, who: &str, path: &str) -> Vec<Value> {
        let answer = self.served.get(who, path);
        assert_eq!(answer.status, 200, "{who} {path} {}", String::from_utf8_lossy(&answer.body));
        answer.json()["items"].as_array().unwrap().clone()
    }
}

pub(crate) fn adopt_list(served: &Served, archive: &Archive) {
    let (list, office, now) =
        (RuleList::parse(LIST.as_bytes(), "list.toml").unwrap(), &served.bench.office, served.bench.now());
    let act = RulesAct::draft(&list, AGENCY, civil_date(now), false, "Үлгі").to_toml();
    let signatures = [&office.official, &office.clerk].map(|who| who.sign_detached(act.as_bytes(), at(now))).to_vec();
    let (act, none) = (Some(act.as_bytes()), Material::default());
    let adopted = adopt(archive, (&list, LIST.as_bytes()), act, &signatures, &none, SYSTEM_ACTOR);
    assert!(matches!(adopted, Ok(Adopted::Done(_))), "{adopted:?}");
}

/// A closed file with these records.
pub(crate) fn file(served: &Served, archive: &Archive, index: &str, records: &[RecordId]) -> String {
    let asked = files::Asked {
        agency: AGENCY.into(),
        index: index.into(),
        year: 2026,
        volume: None,
        title: Some(format!("Хат алмасу {index}")),
        item: "LIST/1".parse().ok(),
        attributes: BTreeMap::new(),
    };
    let file = files::open(archive, &asked, SYSTEM_ACTOR).unwrap().id;
    files::enter(archive, file, records, None, SYSTEM_ACTOR).unwrap();
    files::close(archive, file, civil_date(served.bench.now()), SYSTEM_ACTOR).unwrap();
    file.to_string()
}

/// Goal: nobody adds a path without saying who gets what from it.
#[test]
fn the_table_has_every_path_of_the_description() {
    let described = description();
    let paths = described["paths"].as_object().unwrap().iter();
    let methods = |(path, operations): (&String, &Value)| {
        let of = |method: &String| (method.clone(), path.clone());
        operations.as_object().unwrap().keys().map(of).collect::<Vec<_>>()
    };
    let described: BTreeSet<(String, String)> = paths.flat_map(methods).collect();
    let table: BTreeSet<(String, String)> = TABLE.iter().map(|(m, p, _)| ((*m).to_owned(), (*p).to_owned())).collect();
    assert_eq!(table, described);
    assert_eq!(table.len(), TABLE.len(), "a path stands twice");
}

/// The schema that the description names for an answer that is JSON.
pub(crate) fn validator(described: &Value, method: &str, path: &str, status: u16) -> Option<jsonschema::Validator> {
    let answer = &described["paths"][path][method]["responses"][status.to_string()];
    let schema = answer.pointer("/content/application~1json/schema")?;
    let mut schema = schema.clone();
    schema["components"] = described["components"].clone();
    Some(jsonschema::options().should_validate_formats(true).build(&schema).unwrap())
}

/// Without what differs from request to request.
fn told(answer: &Answer, id: &str) -> (u16, String) {
    let mut body = answer.json();
    body["request_id"] = Value::Null;
    if id.len() < NONE.len() {
        body["subject"] = Value::Null;
    }
    (answer.status, body.to_string().replace(id, "ID"))
}

/// Goal: every account gets from every path what its office gives, by documents of the schema, and 404 is one answer.
#[test]
fn every_account_gets_from_every_path_what_its_office_gives() {
    let filled = Filled::new();
    let described = description();
    let accounts = STAFF.iter().map(|(name, ..)| Some(*name)).chain([None]);
    let accounts: Vec<Option<&str>> = accounts.collect();
    let mut wrong = Vec::new();
    for (method, template, statuses) in TABLE {
        let path = filled.path(template, |name| filled.ids[name].clone());
        for (who, status) in accounts.iter().zip(statuses) {
            let answer = filled.ask(*who, method, template, &filled.ids["record_id"], &path);
            if answer.status != *status {
                let body = String::from_utf8_lossy(&answer.body);
                wrong.push(format!("{method} {path} {who:?}: {} for {status}: {body}", answer.status));
                continue;
            }
            if answer.status < 300
                && let Some(validator) = validator(&described, method, template, answer.status)
                && let Err(e) = validator.validate(&answer.json())
            {
                wrong.push(format!("{method} {path} {who:?} does not follow its schema: {e}: {}", answer.json()));
            }
            if answer.status == 404 && *method != "head" {
                let never = |name: &str| if name == "entry" { "999999".to_owned() } else { NONE.to_owned() };
                let mut ids = filled.ids.iter().filter(|(name, _)| **name != "number");
                let id = ids.find(|(name, _)| template.contains(&format!("{{{name}}}")));
                let (id, unknown) = match id {
                    Some((name, id)) => (id.clone(), never(name)),
                    None => (filled.ids["record_id"].clone(), NONE.to_owned()),
                };
                let nothing = filled.path(template, |name| if name == "number" { "0".into() } else { never(name) });
                let nothing = filled.ask(*who, method, template, NONE, &nothing);
                let (there, nowhere) = (told(&answer, &id), told(&nothing, &unknown));
                if there != nowhere {
                    wrong.push(format!("{method} {path} {who:?}: {there:?} is told from {nowhere:?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Goal: a list has what is the caller's, whole and in order, and nothing of what is another's.
#[test]
fn lists_have_what_is_the_callers() {
    let filled = Filled::new();
    let lists = [
        ("/api/v1/files", 2),
        ("/api/v1/due", 2),
        ("/api/v1/nomenclature", 1),
        // One of them is of the inquiry.
        ("/api/v1/holds", 2),
        ("/api/v1/receipts", 3),
        ("/api/v1/inquiries", 1),
        ("/api/v1/disposal-plans", 1),
    ];
    for (path, count) in lists {
        assert_eq!(filled.items("archivist", path).len(), count, "{path}");
        assert_eq!(filled.items("other-agency", path), Vec::<Value>::new(), "{path}");
    }
    let statuses: BTreeSet<String> = filled
        .items("archivist", "/api/v1/due")
        .iter()
        .map(|row| row["decision"]["status"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(statuses, BTreeSet::from(["due".to_owned(), "held".to_owned()]));
    assert_eq!(filled.items("archivist", "/api/v1/due?as_of=2026-06-01"), Vec::<Value>::new());
    for (query, count) in [("state=open", 0), ("state=closed", 2), ("year=2025", 0), ("index=01-01", 1)] {
        assert_eq!(filled.items("archivist", &format!("/api/v1/files?{query}")).len(), count, "{query}");
    }
    // Page by page it is the same list.
    let all = filled.items("archivist", "/api/v1/files");
    let first = filled.served.get("archivist", "/api/v1/files?limit=1").json();
    let next = first["next"].as_str().unwrap();
    let second = filled.served.get("archivist", &format!("/api/v1/files?limit=1&after={next}")).json();
    assert_eq!(vec![first["items"][0].clone(), second["items"][0].clone()], all);
    assert_eq!(second["next"], Value::Null);
    let other = filled.served.get("archivist", &format!("/api/v1/due?after={next}"));
    assert_eq!((other.status, other.code().as_str()), (400, "SRV-004"), "a cursor of another list");
    // Of a confidential record who reaches public ones learns nothing by its file and by its receipt.
    let path = format!("/api/v1/files/{}/records", filled.held_file);
    let count = |who: &str, path: &str| filled.items(who, path).len();
    assert_eq!((count("archivist", &path), count("public-only", &path)), (2, 1));
    assert_eq!((count("archivist", "/api/v1/receipts"), count("public-only", "/api/v1/receipts")), (3, 2));
    let secret = format!("/api/v1/receipts/{}", filled.secret);
    assert_eq!(filled.served.get("public-only", &secret).status, 404);
    let answer = filled.served.get("archivist", &secret);
    assert_eq!((answer.status, answer.code().as_str()), (400, "ACC-004"), "it is read for a purpose");
    let purpose = [("Muragat-Purpose", "%D2%AE")];
    let answer = filled.served.send(Some("archivist"), "GET", &secret, &purpose, b"").json();
    assert_eq!(answer["receipt"]["record_id"], filled.secret);
    assert_eq!(answer["files"][0]["name"], "receipt.json");
}

/// Goal: a hold is placed once for one key, on what is the caller's, and keeps what it is placed on.
#[test]
fn a_hold_is_placed_once_and_only_on_what_is_the_callers() {
    let filled = Filled::new();
    let post = |who: &str, key: &str, body: &Value| {
        let headers = [JSON, ("Idempotency-Key", key)];
        filled.served.send(Some(who), "POST", "/api/v1/holds", &headers, body.to_string().as_bytes())
    };
    let said = |mut body: Value| {
        for (name, text) in [("owner", "Сот"), ("reason", "Тергеу"), ("basis", "Қаулы")] {
            body[name] = text.into();
        }
        body
    };
    let body = said(json!({"files": [filled.held_file]}));
    let placed = post("archivist", "k1", &body);
    assert_eq!((placed.status, placed.json()["covers"].as_u64()), (201, Some(1)), "{placed:?}");
    let again = post("archivist", "k1", &body);
    assert_eq!((again.status, &again.body), (201, &placed.body), "the very answer of the first");
    assert_eq!(filled.items("archivist", "/api/v1/holds").len(), 3);
    let reused = post("archivist", "k1", &said(json!({"records": [filled.secret]})));
    assert_eq!((reused.status, reused.code().as_str()), (422, "SRV-006"));
    let hold = filled.served.get("archivist", &placed.headers["location"]).json();
    assert_eq!((hold["owner"].as_str(), hold["targets"][0]["file"].as_str()), (Some("Сот"), Some(&*filled.held_file)));
    // A query finds what the caller may list: the confidential record only for who reaches it.
    let query = said(json!({"query": format!("agency:{AGENCY}")}));
    assert_eq!(post("archivist", "k2", &query).json()["covers"], 3);
    assert_eq!(post("public-only", "k3", &query).json()["covers"], 2);
    let none = post("other-agency", "k4", &query);
    assert_eq!((none.status, none.code().as_str()), (422, "HLD-003"), "it found nothing");
    for (wrong, code) in [
        (json!({"records": ["x"], "owner": "a", "reason": "a", "basis": "a"}), "SRV-011"),
        (said(json!({"records": []})), "HLD-003"),
        (said(json!({"records": [], "more": 1})), "SRV-004"),
        (json!({"records": [filled.secret]}), "SRV-004"),
        (said(json!({"files": [filled.secret]})), "FIL-002"),
        (said(json!({"records": [filled.held_file]})), "ARC-002"),
    ] {
        let answer = post("archivist", "k5", &wrong);
        assert_eq!(answer.code(), code, "{wrong} {answer:?}");
    }
    let kind = [("Content-Type", "text/plain")];
    let answer = filled.served.send(Some("archivist"), "POST", "/api/v1/holds", &kind, body.to_string().as_bytes());
    assert_eq!((answer.status, answer.code().as_str()), (415, "SRV-013"));
}
