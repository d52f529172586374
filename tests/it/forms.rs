//! Forms are data, and an act of selection comes after the inventories of its years.
//!
//! Goal: a form that is adopted prints other words and columns with no change of the program; what is printed says what
//! the plan and its outcome say, names nobody, and needs nothing from outside; a plan waits until what is kept of its
//! years is listed and approved. Method: real plans of `disposal`, executed, printed before and after; the gate closed,
//! half open and open.

use super::disposal::{Due, placing};
use super::signed::AGENCY;
use muragat::archive::{Adoption, Archive};
use muragat::disposition::forms;
use muragat::disposition::plan::Plan;
use muragat::disposition::propose::draft;
use muragat::error::ErrorCode;
use muragat::filing::holds;
use muragat::filing::{files, fonds, inventory, paper};
use muragat::index::filing::HoldTarget;
use muragat::model::fonds::{Approval, FondsOpening, InventoryKind, InventoryOpening};
use muragat::model::form::{Form, FormId};
use muragat::model::id::RecordId;
use muragat::model::paper::{PaperKind, Whereabouts};
use muragat::text::Lang;
use muragat::tlog::commit::SYSTEM_ACTOR;
use std::path::Path;

/// Sets whether inventories are asked for.
fn ask_inventories(due: &Due, asked: bool) {
    let config = due.bench.root().join("muragat.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    let other = text.replace(&format!("inventories = {}", !asked), &format!("inventories = {asked}"));
    assert_ne!(text, other);
    std::fs::write(&config, other).unwrap();
}

fn open_inventory(archive: &Archive, number: u32, kind: InventoryKind) {
    if fonds::find(archive, 123).is_err() {
        let opening = FondsOpening { number: 123, name: "Үлгі <әкімдігі>".into(), agency: AGENCY.into() };
        fonds::open(archive, &opening, SYSTEM_ACTOR).unwrap();
    }
    let title = "Істер тізімдемесі".to_owned();
    let opening = InventoryOpening { fonds: 123, number, kind, title, from: None, to: None };
    inventory::open(archive, &opening, SYSTEM_ACTOR).unwrap();
}

fn approve(archive: &Archive, number: u32, until: u16) {
    let minutes_date = "2028-01-05".parse().unwrap();
    let approval = Approval { until, minutes_number: "3".into(), minutes_date };
    let scan = vec![("minutes.pdf".to_owned(), b"%PDF-1.7 made up".to_vec())];
    inventory::approve(archive, (123, number), &approval, scan, SYSTEM_ACTOR).unwrap();
}

fn html(archive: &Archive, plan: &Plan, lang: Lang) -> String {
    let form = forms::in_force(archive, FormId::ActOfSelection).unwrap().form;
    form.html(&forms::act(archive, plan.id, lang).unwrap(), lang)
}

#[test]
fn a_plan_waits_for_the_inventories_of_its_years() {
    let due = Due::of(&["1", "3"]);
    ask_inventories(&due, true);
    let archive = due.bench.open();
    let asked = || draft(&archive, &due.asked(), SYSTEM_ACTOR);
    let refused = |what: &str| {
        let error = asked().unwrap_err();
        assert_eq!(error.code, ErrorCode::DspInventories, "{what}");
        assert!(archive.index().plans().unwrap().is_empty(), "{what}: nothing was drawn up");
        error.what
    };
    let permanent = due.files[1].0;
    let said = refused("a permanent file of the year stands in no inventory");
    assert!(said.contains(&permanent.to_string()) && said.contains("(permanent)"), "{said}");
    open_inventory(&archive, 1, InventoryKind::Permanent);
    refused("an empty inventory lists nothing");
    inventory::enter(&archive, (123, 1), &[permanent], SYSTEM_ACTOR).unwrap();
    assert!(refused("nobody approved it").contains("[123/1]"));
    approve(&archive, 1, 2025);
    assert!(refused("it is approved for earlier years").contains("[123/1]"));
    approve(&archive, 1, 2026);
    let plan = asked().unwrap();
    assert!(plan.asked.inventories);
    assert_eq!(plan.items.len(), 1);
    assert_eq!(Plan::decode(&plan.encode()).unwrap(), plan);
    archive.close().unwrap();
}

#[test]
fn the_gate_is_a_matter_of_configuration() {
    let due = Due::of(&["1", "3"]);
    let archive = due.bench.open();
    let plan = due.plan(&archive);
    assert!(!plan.asked.inventories, "what was not asked for stands in the plan");
    archive.close().unwrap();
}

#[test]
fn the_act_says_what_the_plan_and_its_outcome_say() {
    let due = Due::of(&["1", "1", "1"]);
    let archive = due.bench.open();
    let lies = Whereabouts { place: "2-қойма".into(), custodian: "сақтаушы".into() };
    paper::note(&archive, due.files[0].1, (PaperKind::Original, 5), lies, SYSTEM_ACTOR).unwrap();
    let kept = due.files[2].0;
    let (hold, _) = holds::place(&archive, &placing(), &[HoldTarget::File(kept.0)], SYSTEM_ACTOR).unwrap();
    let named = named_file(&due, &archive);
    archive.close().unwrap();
    due.go_to("2030-01-10");
    let archive = due.bench.open();
    open_inventory(&archive, 1, InventoryKind::Permanent);
    let plan = due.plan(&archive);
    assert!(plan.items.iter().any(|item| item.file == named));
    let before = html(&archive, &plan, Lang::Kk);
    for text in [
        "Үлгі &lt;әкімдігі&gt;",
        &format!("№ {}", plan.number),
        "хаттамасы № 7",
        "LIST, басылым 1, тармақтар: 1",
        "қағаз түпнұсқасы, парақ саны: 5; 2-қойма; сақтаушы",
        "01-02 (2026, 1): тыйым",
        "<td>Хат алмасу 0</td>",
    ] {
        assert!(before.contains(text), "{text}: {before}");
    }
    for text in ["Аты-жөні", "ЖОЮ ТУРАЛЫ БЕЛГІ", "<script", "http://", "https://"] {
        assert!(!before.contains(text), "{text}: {before}");
    }
    due.propose(&archive, &plan);
    due.review(&archive, &plan, &[]);
    due.approve(&archive, &plan);
    archive.close().unwrap();
    due.go_to("2030-01-18");
    let archive = due.bench.open();
    let (late, _) = due.files[1];
    holds::place(&archive, &placing(), &[HoldTarget::File(late.0)], SYSTEM_ACTOR).unwrap();
    due.execute(&archive, &plan).unwrap();
    archive.close().unwrap();
    let archive = due.bench.open();
    let after = html(&archive, &plan, Lang::Ru);
    for text in ["ОТМЕТКА ОБ УНИЧТОЖЕНИИ", "уничтожено 2 дел", "оставлено 1 дел", "2030-01-18", "криптографическое"]
    {
        assert!(after.contains(text), "{text}: {after}");
    }
    assert!(after.contains("<td>оставлено</td><td>под запретом</td>"), "{after}");
    assert!(!after.contains("2-қойма"), "where a paper lies went with the key of its record");
    let count = forms::year_count(&archive, AGENCY, 2026, Lang::Kk).unwrap();
    assert_eq!((count.values["opened"].as_str(), count.rows[5]["opened"].as_str()), ("3", "1"));
    assert_eq!((count.rows[3]["closed"].as_str(), count.rows[5]["closed"].as_str()), ("2", "1"));
    assert_eq!(count.values["closed"], "3", "a destruction changes no count of a year that is over");
    holds::lift(&archive, hold, "The court has decided", SYSTEM_ACTOR).unwrap();
    let later = due.plan(&archive);
    assert!(later.items.iter().any(|item| item.file == kept));
    due.propose(&archive, &later);
    due.review(&archive, &later, &[]);
    due.approve(&archive, &later);
    archive.close().unwrap();
    due.go_to("2030-01-28");
    let archive = due.bench.open();
    due.execute(&archive, &later).unwrap();
    let long_after = html(&archive, &plan, Lang::Kk);
    assert!(long_after.contains(&format!("{kept}: тыйым {hold}")), "what was held is gone, and stays named");
    archive.close().unwrap();
}

/// A file of 2028 whose title names a person.
fn named_file(due: &Due, archive: &Archive) -> RecordId {
    let record = super::bed::accepted(&due.bench.take(archive, &due.bench.draft("77/1"))).unwrap();
    let asked = files::Asked {
        agency: AGENCY.into(),
        index: "02-01".into(),
        year: 2028,
        volume: None,
        title: Some("Аты-жөні туралы іс".into()),
        item: "LIST/1".parse().ok(),
        attributes: [("title_names_person".to_owned(), "yes".to_owned())].into(),
    };
    let file = files::open(archive, &asked, SYSTEM_ACTOR).unwrap().id;
    files::enter(archive, file, &[record], None, SYSTEM_ACTOR).unwrap();
    files::close(archive, file, due.today(), SYSTEM_ACTOR).unwrap();
    file
}

#[test]
fn an_official_form_needs_no_code_and_no_sample_takes_its_place() {
    let due = Due::of(&["1"]);
    let archive = due.bench.open();
    let plan = due.plan(&archive);
    assert!(html(&archive, &plan, Lang::Kk).contains("<th>Істің индексі</th>"));
    let sample = std::fs::read_to_string("schema/form/1/default/act-of-selection.toml").unwrap();
    let official = r#"schema = "muragat/form/1"
id = "act-of-selection"
edition = "2030"
source = "Үлгі бұйрық, 5-қосымша"
status = "official"
title = { kk = "АКТ", ru = "АКТ" }

[[column]]
key = "year"
kk = "Жылы"
ru = "Год"

[[column]]
key = "number"
kk = "Нөмірі"
ru = "Номер"
"#;
    let adopt = |text: &str| {
        let form = Form::parse(text.as_bytes(), "form.toml").unwrap();
        forms::adopt(&archive, &form, text.as_bytes(), SYSTEM_ACTOR)
    };
    assert_eq!(adopt(&sample).unwrap(), Adoption::Held(None), "it is in force already");
    let changed = sample.replacen("kk = \"Ескертпе\"", "kk = \"Белгі\"", 1);
    assert_eq!(adopt(&changed).unwrap_err().code, ErrorCode::FrmTaken);
    let Adoption::Done(entry) = adopt(official).unwrap() else { panic!("not adopted") };
    assert_eq!(adopt(official).unwrap(), Adoption::Held(Some(entry)));
    let printed = html(&archive, &plan, Lang::Kk);
    assert!(printed.contains("<th>Жылы</th><th>Нөмірі</th>"), "{printed}");
    assert!(printed.contains("<td>2026</td><td>1</td>") && !printed.contains("Істің индексі"), "{printed}");
    let next = changed.replace("sample-1", "sample-2");
    assert_eq!(adopt(&next).unwrap_err().code, ErrorCode::FrmOfficial);
    assert_eq!(adopt(&sample).unwrap_err().code, ErrorCode::FrmOfficial);
    archive.close().unwrap();
    // The form lies in the archive: an index that is built again finds it.
    muragat::archive::forget_index(Path::new(&due.bench.root())).unwrap();
    let archive = due.bench.open();
    assert_eq!(forms::in_force(&archive, FormId::ActOfSelection).unwrap().entry, Some(entry));
    archive.close().unwrap();
}
