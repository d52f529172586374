//! What lists say to whom, and holds.
//!
//! Goal: a list has what is the caller's, whole and in order, and nothing of what is another's; a hold is placed once.
//! Method: an archive of one agency with a file, a nomenclature, a list, a hold, an inquiry, a plan, receipts, asked by
//! accounts of this agency and of another one. Who gets what from which path is in `api_roles`, of the same archive.

use super::disposal::{LIST, placing};
use super::served::{STAFF, Served, all_scopes};
use super::signed::{AGENCY, at};
use muragat::api::description;
use muragat::archive::Archive;
use muragat::clock::civil_date;
use muragat::disposition::propose;
use muragat::filing::{files, holds, nomenclature};
use muragat::index::filing::HoldTarget;
use muragat::ingest::lists::{Adopted, RulesAct, adopt};
use muragat::inquiry::desk::{self, Opening};
use muragat::limits::PAGE_ROWS_MAX;
use muragat::model::id::RecordId;
use muragat::model::nomenclature::Nomenclature;
use muragat::retention::RuleList;
use muragat::tlog::commit::SYSTEM_ACTOR;
use muragat::verify::material::Material;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// An archive in which there is one of everything, of one agency.
pub(crate) struct Filled {
    pub(crate) served: Served,
    /// What stands for the names in paths.
    pub(crate) ids: BTreeMap<&'static str, String>,
    /// A confidential record in the same file.
    pub(crate) secret: String,
    /// A record in another file.
    pub(crate) second: String,
    held_file: String,
}

const JSON: (&str, &str) = ("Content-Type", "application/json");

pub(crate) const NOMENCLATURE: &str = "schema = \"muragat/nomenclature/1\"\nagency = \"TEST-01\"\nyear = 2026\n\
    approved = \"2025-12-20\"\n\n[[row]]\nindex = \"01-00\"\ntitle = \"Хат алмасу\"\nform = \"electronic\"\n";

impl Filled {
    fn new() -> Self {
        Self::of(Served::new())
    }

    /// The same with more people than the staff.
    pub(crate) fn of(mut served: Served) -> Self {
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
            ("copy", "1".to_owned()),
            ("plan_id", plan.to_string()),
            ("subject", records[0].clone()),
        ]);
        let [_, second] = records;
        Self { served, ids, secret, second, held_file }
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

/// The schema that the description names for an answer that is JSON.
pub(crate) fn validator(described: &Value, method: &str, path: &str, status: u16) -> Option<jsonschema::Validator> {
    let answer = &described["paths"][path][method]["responses"][status.to_string()];
    let schema = answer.pointer("/content/application~1json/schema")?;
    let mut schema = schema.clone();
    schema["components"] = described["components"].clone();
    Some(jsonschema::options().should_validate_formats(true).build(&schema).unwrap())
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

/// Goal: the bound of a page is one, and told alike by the description, the page of the documentation and the answers.
#[test]
fn pages_of_all_lists_have_one_bound() {
    let filled = Filled::of(Served::new());
    let described = description();
    let page = include_str!("../../docs/service.md");
    assert!(page.contains(&format!("`limit` 1 to {PAGE_ROWS_MAX} (50)")));
    let (mut asked, mut denied) = (0, Vec::new());
    for (path, operations) in described["paths"].as_object().unwrap() {
        let is_list = |operation: &Value| operation.get("parameters").is_none_or(Value::is_array);
        assert!(operations.as_object().unwrap().values().all(is_list), "{path}: what OpenAPI does not have");
        let parameters = operations["get"]["parameters"].as_array();
        let Some(limit) = parameters.into_iter().flatten().find(|parameter| parameter["name"] == "limit") else {
            continue;
        };
        let schema = &limit["schema"];
        let said = (&schema["minimum"], &schema["maximum"], &schema["default"]);
        assert_eq!(said, (&json!(1), &json!(PAGE_ROWS_MAX), &json!(50)), "{path}");
        // Of an accession, which this archive has none of: in api_transfers.
        if path.contains("{accession}") {
            continue;
        }
        let path = path.replace("{file_id}", &filled.held_file);
        let sign = if path.ends_with("/search") { "?q=a&" } else { "?" };
        let ask = |limit: usize| filled.served.get("archivist", &format!("{path}{sign}limit={limit}"));
        if ask(1).status == 403 {
            denied.push(path);
            continue;
        }
        asked += 1;
        assert_eq!((ask(1).status, ask(PAGE_ROWS_MAX).status), (200, 200), "{path}");
        for wrong in [0, PAGE_ROWS_MAX + 1] {
            let answer = ask(wrong);
            assert_eq!((answer.status, answer.code().as_str()), (400, "SRV-004"), "{path} {wrong}");
            let said = (answer.json()["subject"].clone(), answer.json()["technical"].clone());
            assert_eq!(said, (json!("limit"), json!(format!("1 to {PAGE_ROWS_MAX}"))), "{path}");
        }
    }
    denied.sort();
    assert_eq!(denied, ["/api/v1/audit-trail", "/api/v1/paper-copies", "/api/v1/tokens"]);
    assert!(asked > 8, "{asked}");
}

/// Goal: a list of records has either what is here or what another archive keeps, and of that nothing is listed that
/// was not asked for. What is found is in `transfer_certificate`.
#[test]
fn what_another_archive_keeps_is_listed_apart() {
    let filled = Filled::new();
    let query = format!("q=agency:{AGENCY}");
    assert_eq!(filled.items("archivist", &format!("/api/v1/records?{query}")).len(), 3);
    assert!(filled.items("archivist", &format!("/api/v1/records?state=handed_over&{query}")).is_empty(), "all is here");
    for wrong in ["state=handed_over", "state=handed_over&q=%20", "state=handed_over&q=title:x", "state=destroyed&q=x"]
    {
        let answer = filled.served.get("archivist", &format!("/api/v1/records?{wrong}"));
        assert_eq!((answer.status, answer.code().as_str()), (400, "SRV-004"), "{wrong}");
    }
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
