//! Nothing is destroyed that must not be, and what is destroyed is gone with proof.
//!
//! Goal: a file goes only when it is due by an official list on a day that two officers confirm, proposed, reviewed and
//! approved by different persons over exactly its plan, and when no hold, verdict or change speaks for it in that very
//! moment. Method: real signatures on an archive with a clock that is moved; every step is tried too early, by the
//! wrong person, twice, and over another plan.

use super::bed::accepted;
use super::signed::{AGENCY, Bench, DAY_MS, at, register_with_disposal};
use super::text::{ask, brought_up};
use chrono::{Datelike, NaiveDate};
use muragat::access;
use muragat::archive::Archive;
use muragat::cli::samples::signer::Signer;
use muragat::clock::civil_date;
use muragat::config::Readings;
use muragat::disposition::case::{Case, Stage};
use muragat::disposition::certificate;
use muragat::disposition::destroy::{self, Executed, Why};
use muragat::disposition::plan::Plan;
use muragat::disposition::propose::{Asked, draft};
use muragat::disposition::refile::{Refiled, Refiling, refile};
use muragat::disposition::shorten::{self, Decision};
use muragat::disposition::sign::{Taken, cancel, take};
use muragat::disposition::statement::{Statement, StatementKind, Verdict};
use muragat::error::ErrorCode;
use muragat::filing::due::why;
use muragat::filing::files;
use muragat::filing::holds::{self, Placing};
use muragat::filing::{cite, fonds, inventory, paper};
use muragat::index::filing::HoldTarget;
use muragat::index::text::Scope;
use muragat::ingest::lists::{Adopted, RulesAct, adopt};
use muragat::inquiry::bundle::make;
use muragat::inquiry::desk::{self, Closing, Opening};
use muragat::model::fonds::{FondsOpening, InventoryKind, InventoryOpening};
use muragat::model::id::RecordId;
use muragat::model::paper::{PaperKind, Whereabouts};
use muragat::retention::{RuleList, Status};
use muragat::tlog::commit::SYSTEM_ACTOR;
use muragat::verify::material::Material;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::{Path, PathBuf};

/// An archive with files of one record each, closed in 2026 and due since 2028-01-01, two of them by the commission's
/// word only.
pub(crate) struct Due {
    pub(crate) bench: Bench,
    pub(crate) files: Vec<(RecordId, RecordId)>,
}

pub(crate) const LIST: &str = r#"
schema = "muragat/retention/1"
id = "LIST"
edition = "1"
title = { kk = "Тізбе", ru = "Перечень", en = "List" }
instrument = "Үлгі бұйрық № 1"
authority = "Үлгі архив органы"
valid_from = "2020-01-01"
status = "official"

[[rule]]
item = "1"
kind = { kk = "Хат алмасу", ru = "Переписка", en = "Correspondence" }
term = "years"
years = 1
start = "usual"
then = "destroy"
source = { place = "made up", confidence = "official" }

[[rule]]
item = "2"
kind = { kk = "Анықтама", ru = "Справки", en = "References" }
term = "until_needed"
at_least = 1
then = "destroy"
source = { place = "made up", confidence = "official" }

[[rule]]
item = "3"
kind = { kk = "Бұйрық", ru = "Приказы", en = "Orders" }
term = "permanent"
source = { place = "made up", confidence = "official" }

[[rule]]
item = "4"
kind = { kk = "Есеп", ru = "Отчёты", en = "Reports" }
term = "years"
years = 5
start = "usual"
then = "destroy"
source = { place = "made up", confidence = "official" }
"#;

impl Due {
    /// Files kept by these items, in an archive that is for tests or not.
    pub(crate) fn of(items: &[&str]) -> Self {
        let due = Self::closed(Bench::bare(), items);
        due.go_to("2028-01-10");
        due
    }

    /// The same on another bench, on the day on which they are closed.
    pub(crate) fn closed(bench: Bench, items: &[&str]) -> Self {
        Self::closed_with(bench, items, &[])
    }

    /// The same; access to the first records is of these categories, to the others it is not restricted.
    pub(crate) fn closed_with(bench: Bench, items: &[&str], access: &[&'static str]) -> Self {
        let (bench, archive, trust) = bench.trusting();
        // Inventories are asked for in tests/it/forms.rs.
        archive.close().unwrap();
        let config = bench.root().join("muragat.toml");
        let text = std::fs::read_to_string(&config).unwrap();
        assert!(text.contains("inventories = true"));
        std::fs::write(&config, text.replace("inventories = true", "inventories = false")).unwrap();
        let archive = bench.open();
        bench.adopt(&archive, &register_with_disposal(&trust.authority));
        let due = Self { bench, files: Vec::new() };
        due.fresh(&archive);
        due.adopt_list(&archive);
        let mut files = Vec::new();
        for (n, item) in items.iter().enumerate() {
            let mut draft = due.bench.draft(&format!("01-05/{n}"));
            draft.access = access.get(n).copied().unwrap_or(draft.access);
            let record = accepted(&due.bench.take(&archive, &draft)).unwrap();
            let title = Some(format!("Хат алмасу {n}"));
            let asked = files::Asked { title, ..opening(&due, &format!("01-{n:02}"), item) };
            let file = files::open(&archive, &asked, SYSTEM_ACTOR).unwrap().id;
            files::enter(&archive, file, &[record], None, SYSTEM_ACTOR).unwrap();
            files::close(&archive, file, due.today(), SYSTEM_ACTOR).unwrap();
            files.push((file, record));
        }
        archive.close().unwrap();
        Self { files, ..due }
    }

    pub(crate) fn go_to(&self, day: &str) {
        let day: NaiveDate = day.parse().unwrap();
        let days = day.signed_duration_since(self.today()).num_days();
        self.bench.later(u64::try_from(days).unwrap() * DAY_MS);
        let archive = self.bench.open();
        self.fresh(&archive);
        archive.close().unwrap();
    }

    /// The same of an archive that is open.
    pub(crate) fn go_to_open(&self, archive: &Archive, day: &str) {
        let day: NaiveDate = day.parse().unwrap();
        let days = day.signed_duration_since(self.today()).num_days();
        self.bench.later(u64::try_from(days).unwrap() * DAY_MS);
        self.fresh(archive);
    }

    /// A list of revoked certificates of today.
    pub(crate) fn fresh(&self, archive: &Archive) {
        self.bench.share(archive, &self.bench.office.crl(self.bench.now(), &[]));
    }

    pub(crate) fn today(&self) -> NaiveDate {
        civil_date(self.bench.now())
    }

    fn adopt_list(&self, archive: &Archive) {
        let list = RuleList::parse(LIST.as_bytes(), "list.toml").unwrap();
        let act = RulesAct::draft(&list, AGENCY, self.today(), false, "Үлгі").to_toml();
        let office = &self.bench.office;
        let signatures = [&office.official, &office.clerk].map(|who| self.signed(who, act.as_bytes())).to_vec();
        let adopted = adopt(
            archive,
            (&list, LIST.as_bytes()),
            Some(act.as_bytes()),
            &signatures,
            &Material::default(),
            SYSTEM_ACTOR,
        );
        assert!(matches!(adopted, Ok(Adopted::Done(_))), "{adopted:?}");
    }

    pub(crate) fn signed(&self, who: &Signer, bytes: &[u8]) -> Vec<u8> {
        who.sign_detached(bytes, at(self.bench.now()))
    }

    pub(crate) fn plan(&self, archive: &Archive) -> Plan {
        draft(archive, &self.asked(), SYSTEM_ACTOR).unwrap()
    }

    pub(crate) fn asked(&self) -> Asked {
        let minutes = Some(("7".to_owned(), self.today(), b"minutes".to_vec()));
        Asked { agency: AGENCY.into(), minutes, ..Asked::default() }
    }

    pub(crate) fn statement(&self, kind: StatementKind, plan: &Plan, iin: Option<&str>) -> Statement {
        let now = self.bench.now();
        let mut statement = Statement::draft(kind, plan, iin, at(now - now % 1000), self.today());
        if kind == StatementKind::Review {
            statement.verdicts = plan.items.iter().map(|item| (item.number, (Verdict::Destroy, None))).collect();
        }
        statement
    }

    /// Takes in a statement that `who` signs two seconds later than what was before.
    pub(crate) fn take(&self, archive: &Archive, statement: &Statement, plan: &Plan, who: &Signer) -> Taken {
        self.try_take(archive, statement, plan, who).unwrap()
    }

    fn try_take(
        &self,
        archive: &Archive,
        statement: &Statement,
        plan: &Plan,
        who: &Signer,
    ) -> Result<Taken, muragat::error::Error> {
        self.bench.later(2_000);
        let toml = statement.to_toml(plan);
        let signature = self.signed(who, toml.as_bytes());
        take(archive, toml.as_bytes(), &[signature], &Material::default(), SYSTEM_ACTOR)
    }

    pub(crate) fn propose(&self, archive: &Archive, plan: &Plan) {
        let statement = self.statement(StatementKind::Propose, plan, Some("000000000002"));
        done(self.take(archive, &statement, plan, &self.bench.office.clerk));
    }

    pub(crate) fn review(&self, archive: &Archive, plan: &Plan, verdicts: &[(u32, Verdict)]) {
        let mut statement = self.statement(StatementKind::Review, plan, Some("000000000011"));
        for (number, verdict) in verdicts {
            statement.verdicts.insert(*number, (verdict.clone(), Some("Үлгі себеп".into())));
        }
        done(self.take(archive, &statement, plan, &self.bench.office.commission[0]));
    }

    pub(crate) fn approve(&self, archive: &Archive, plan: &Plan) {
        for (iin, who) in ["000000000013", "000000000014"].into_iter().zip(&self.bench.office.approvers) {
            done(self.take(archive, &self.statement(StatementKind::Approve, plan, Some(iin)), plan, who));
        }
    }

    /// The statement of two officers about the day, as of now.
    pub(crate) fn day(&self, plan: &Plan) -> (String, Vec<Vec<u8>>) {
        let toml = self.statement(StatementKind::ConfirmDate, plan, None).to_toml(plan);
        let office = &self.bench.office;
        let signatures = [&office.official, &office.approvers[0]].map(|who| self.signed(who, toml.as_bytes()));
        (toml, signatures.to_vec())
    }

    pub(crate) fn execute(&self, archive: &Archive, plan: &Plan) -> Result<Executed, muragat::error::Error> {
        self.bench.later(2_000);
        let (toml, signatures) = self.day(plan);
        destroy::execute(archive, plan.id, toml.as_bytes(), &signatures, &Material::default(), SYSTEM_ACTOR)
    }

    /// A plan that was approved, on the day before the last one of cooling off.
    pub(crate) fn approved(&self, verdicts: &[(u32, Verdict)]) -> Plan {
        let archive = self.bench.open();
        let plan = self.plan(&archive);
        self.propose(&archive, &plan);
        self.review(&archive, &plan, verdicts);
        self.approve(&archive, &plan);
        archive.close().unwrap();
        plan
    }

    /// Bundles a record for an inquiry that is over: what was said of it there goes with the record.
    fn bundled(&self, archive: &Archive, record: RecordId) {
        let said = || "Сот".to_owned();
        let (authority, case, basis, requester) = (said(), said(), said(), said());
        let opening = Opening { agency: String::new(), authority, case, basis, requester, due: self.today() };
        let (inquiry, _) = desk::open(archive, opening, Some(AGENCY), SYSTEM_ACTOR).unwrap();
        desk::take(archive, inquiry, &[HoldTarget::Record(record.0)], SYSTEM_ACTOR).unwrap();
        make::commit(archive, inquiry, &BTreeSet::new(), Readings::Own, SYSTEM_ACTOR).unwrap();
        let closing = Closing { outcome: said(), without_answer: Some(said()) };
        desk::close(archive, inquiry, &closing, SYSTEM_ACTOR).unwrap();
    }

    /// A record of somebody whom no register names, in a file of its own, with these words in its content, as the
    /// number of its signer, in the reason of a hold that was lifted, as the name of a file, and in titles.
    fn plant(&self, archive: &Archive, [content, _, reason, name, title]: &[&'static str; 5]) -> (RecordId, RecordId) {
        let mut draft = self.bench.draft("77/77");
        draft.main = super::common::docx(&format!("Құпия сөз: {content}."));
        draft.signature = Some(self.signed(&self.bench.office.stranger, &draft.main));
        draft.card["title"] = format!("Хат туралы {title}").into();
        draft.card["documents"] = serde_json::json!([
            {"path": "main.docx", "sha256": muragat::model::digest::sha256(&draft.main).to_string()},
        ]);
        draft.more.push((format!("{name}.docx"), "attachment", super::common::docx("Қосымша")));
        let record = accepted(&self.bench.take(archive, &draft)).unwrap();
        let asked = files::Asked {
            agency: AGENCY.into(),
            index: "02-01".into(),
            year: 2028,
            volume: None,
            title: Some(format!("Жеке іс: {title}")),
            item: "LIST/1".parse().ok(),
            attributes: BTreeMap::from([("title_names_person".to_owned(), "yes".to_owned())]),
        };
        let file = files::open(archive, &asked, SYSTEM_ACTOR).unwrap().id;
        files::enter(archive, file, &[record], None, SYSTEM_ACTOR).unwrap();
        files::close(archive, file, self.today(), SYSTEM_ACTOR).unwrap();
        let placing = Placing { reason: format!("Себебі: {reason}"), ..placing() };
        let (hold, _) = holds::place(archive, &placing, &[HoldTarget::Record(record.0)], SYSTEM_ACTOR).unwrap();
        holds::lift(archive, hold, &format!("Аяқталды: {reason}"), SYSTEM_ACTOR).unwrap();
        self.bundled(archive, record);
        (file, record)
    }

    pub(crate) fn is_readable(&self, archive: &Archive, record: RecordId) -> bool {
        access::open(archive, record, SYSTEM_ACTOR).is_ok()
    }
}

pub(crate) fn done(taken: Taken) -> u64 {
    match taken {
        Taken::Done { entry, .. } => entry,
        Taken::Refused(reasons) => panic!("{reasons:?}"),
    }
}

fn refused(taken: Taken, code: ErrorCode, what: &str) {
    let Taken::Refused(reasons) = taken else { panic!("taken: {what}") };
    assert!(reasons.iter().all(|r| r.code == code), "{what}: {reasons:?}");
}

pub(crate) fn placing() -> Placing {
    Placing {
        owner: "Прокуратура".into(),
        reason: "Тергеу жүріп жатыр".into(),
        basis: "№ 5 сұрау".into(),
        review: None,
        query: None,
    }
}

#[test]
fn a_year_in_an_archive() {
    let due = Due::of(&["1", "1", "1", "2", "3", "1"]);
    let archive = due.bench.open();
    let (held, record) = due.files[1];
    let (hold, _) = holds::place(&archive, &placing(), &[HoldTarget::Record(record.0)], SYSTEM_ACTOR).unwrap();
    let plan = due.plan(&archive);
    // Five files are due or wait for a word; one of them is held; the permanent one is in no plan.
    let numbers: Vec<RecordId> = plan.items.iter().map(|item| item.file).collect();
    assert_eq!(numbers, [due.files[0].0, due.files[2].0, due.files[3].0, due.files[5].0]);
    assert_eq!(plan.kept.len(), 1);
    assert_eq!((plan.kept[0].file, plan.kept[0].hold, plan.kept[0].record), (held, hold, Some(record)));
    assert_eq!(plan.totals()[&2026], (4, 4));

    due.propose(&archive, &plan);
    due.review(&archive, &plan, &[(2, Verdict::Forever)]);
    due.approve(&archive, &plan);
    // The ruling is in force at once, for the one function that counts.
    assert_eq!(why(&archive, due.files[2].0, due.today()).unwrap().1.status, Status::Permanent);
    assert_eq!(why(&archive, due.files[3].0, due.today()).unwrap().1.status, Status::Due);
    let early = due.execute(&archive, &plan).unwrap_err();
    assert_eq!(early.code, ErrorCode::DspCooling);
    archive.close().unwrap();

    due.go_to("2028-01-17");
    let archive = due.bench.open();
    // After approval, at once: the file stays, the others go on.
    let (late, _) = due.files[5];
    holds::place(&archive, &placing(), &[HoldTarget::File(late.0)], SYSTEM_ACTOR).unwrap();
    let Executed::Done { destroyed, kept, .. } = due.execute(&archive, &plan).unwrap() else { panic!("nothing done") };
    let gone: Vec<RecordId> = destroyed.iter().map(|item| item.file).collect();
    assert_eq!(gone, [due.files[0].0, due.files[3].0]);
    let kept: Vec<(RecordId, Why)> = kept.iter().map(|(item, why)| (item.file, *why)).collect();
    assert_eq!(kept, [(due.files[2].0, Why::Verdict), (late, Why::Held)]);
    // Nothing finds a volume that is gone, in this index and in the one that is built at the next opening.
    let has_volume = |archive: &Archive| {
        archive.wait_index().unwrap();
        let tomb = archive.index().tomb(gone[0]).unwrap().unwrap();
        !archive.index().volumes(&tomb.agency, &tomb.index, tomb.year).unwrap().is_empty()
    };
    assert!(!has_volume(&archive));
    archive.close().unwrap();

    let archive = due.bench.open();
    assert!(!has_volume(&archive));
    for (n, (file, record)) in due.files.iter().enumerate() {
        let is_gone = gone.contains(file);
        assert_eq!(due.is_readable(&archive, *record), !is_gone, "file {n}");
        assert_eq!(archive.index().file(*file).unwrap().is_none(), is_gone, "file {n}");
        assert_eq!(archive.index().destroyed(*record).unwrap().map(|(plan, _)| plan), is_gone.then_some(plan.id));
    }
    let tomb = archive.index().tomb(gone[0]).unwrap().unwrap();
    assert_eq!((tomb.index.as_str(), tomb.year, tomb.documents, tomb.number), ("01-00", 2026, 1, plan.number.clone()));
    let certificate = certificate::make(&archive, plan.id).unwrap();
    let read = certificate::verify(&certificate, &archive.config().vkey).unwrap();
    assert_eq!((read.counts(), read.completed), ((2, 2), None));
    assert_eq!(read.signers.len(), 6, "proposer, member, two approvers, two who confirm the day");
    // Executed once.
    assert_eq!(due.execute(&archive, &plan).unwrap_err().code, ErrorCode::DspStage);
    archive.compact(SYSTEM_ACTOR).unwrap();
    let archive = due.bench.open();
    destroy::complete(&archive, plan.id, SYSTEM_ACTOR).unwrap();
    let complete = certificate::make(&archive, plan.id).unwrap();
    let read = certificate::verify(&complete, &archive.config().vkey).unwrap();
    assert!(read.completed.is_some() && read.remaining.is_empty());
    assert_eq!(Case::read(&archive, plan.id).unwrap().stage(&archive), Stage::Completed);
    // What was kept is proposed again, but for what is kept for ever.
    holds::lift(&archive, hold, "Тергеу аяқталды", SYSTEM_ACTOR).unwrap();
    let same = Asked { number: Some(plan.number.clone()), ..due.asked() };
    assert_eq!(draft(&archive, &same, SYSTEM_ACTOR).unwrap_err().code, ErrorCode::DspArguments, "one number, one act");
    let next = due.plan(&archive);
    let again: Vec<RecordId> = next.items.iter().map(|item| item.file).collect();
    assert_eq!(again, [held], "the other is held");
}

#[test]
fn every_byte_of_a_certificate_counts() {
    let due = Due::of(&["1"]);
    let plan = due.approved(&[]);
    due.go_to("2028-01-17");
    let archive = due.bench.open();
    assert!(matches!(due.execute(&archive, &plan), Ok(Executed::Done { .. })));
    let certificate = certificate::make(&archive, plan.id).unwrap();
    let vkey = &archive.config().vkey;
    certificate::verify(&certificate, vkey).unwrap();
    for at in (0..certificate.len()).step_by(97) {
        let mut bad = certificate.clone();
        bad[at] ^= 1;
        assert!(certificate::verify(&bad, vkey).is_err(), "byte {at}");
    }
}

#[test]
fn a_step_is_taken_in_its_order_by_its_person_over_its_plan_only() {
    let due = Due::of(&["1", "1"]);
    let archive = due.bench.open();
    let plan = due.plan(&archive);
    let office = &due.bench.office;
    let before = archive.head().size;
    let code = |result: Result<Taken, muragat::error::Error>| result.unwrap_err().code;
    let propose = due.statement(StatementKind::Propose, &plan, Some("000000000002"));
    let review = due.statement(StatementKind::Review, &plan, Some("000000000011"));
    let approve = |iin| due.statement(StatementKind::Approve, &plan, Some(iin));
    // Out of order.
    assert_eq!(code(due.try_take(&archive, &review, &plan, &office.commission[0])), ErrorCode::DspStage);
    assert_eq!(
        code(due.try_take(&archive, &approve("000000000013"), &plan, &office.approvers[0])),
        ErrorCode::DspStage
    );
    assert_eq!(due.execute(&archive, &plan).unwrap_err().code, ErrorCode::DspStage);
    // By another person than it names, in another office, by a stranger, unsigned.
    refused(due.take(&archive, &propose, &plan, &office.official), ErrorCode::DspSigned, "another office");
    refused(due.take(&archive, &propose, &plan, &office.stranger), ErrorCode::DspSigned, "a stranger");
    let other = due.statement(StatementKind::Propose, &plan, Some("000000000001"));
    refused(due.take(&archive, &other, &plan, &office.clerk), ErrorCode::DspSigned, "another person");
    let toml = propose.to_toml(&plan);
    let unsigned = take(&archive, toml.as_bytes(), &[], &Material::default(), SYSTEM_ACTOR).unwrap();
    refused(unsigned, ErrorCode::DspSigned, "nobody");
    // Over another plan.
    let mut changed = plan.clone();
    changed.items.pop();
    let about_other = due.statement(StatementKind::Propose, &changed, Some("000000000002"));
    refused(due.take(&archive, &about_other, &changed, &office.clerk), ErrorCode::DspOther, "another digest");
    assert_eq!(archive.head().size, before, "nothing is left of it");

    due.propose(&archive, &plan);
    let before = archive.head().size;
    assert_eq!(code(due.try_take(&archive, &propose, &plan, &office.clerk)), ErrorCode::DspStage);
    // A review that forgets a file, and one that was signed before the plan was proposed.
    let mut half = review.clone();
    half.verdicts.remove(&2);
    refused(due.take(&archive, &half, &plan, &office.commission[0]), ErrorCode::DspOther, "a file is missing");
    // The name of another file beside a number, or a word that the program did not write, is another statement.
    for other in [review.to_toml(&plan).replace("01-00", "01-01"), review.to_toml(&plan) + "# \u{202e}x\n"] {
        let signature = due.signed(&office.commission[0], other.as_bytes());
        let other = take(&archive, other.as_bytes(), &[signature], &Material::default(), SYSTEM_ACTOR).unwrap();
        refused(other, ErrorCode::DspOther, "not as the program writes it");
    }
    let toml = review.to_toml(&plan);
    let early = office.commission[0].sign_detached(toml.as_bytes(), at(due.bench.now() - DAY_MS));
    let early = take(&archive, toml.as_bytes(), &[early], &Material::default(), SYSTEM_ACTOR).unwrap();
    refused(early, ErrorCode::DspSigned, "signed a day before");
    assert_eq!(archive.head().size, before, "nothing is left of it");

    due.review(&archive, &plan, &[]);
    // Who proposed or reviewed does not approve; an administrator approves nothing; nobody twice.
    done(due.take(&archive, &approve("000000000013"), &plan, &office.approvers[0]));
    let before = archive.head().size;
    for (iin, who) in [("000000000013", &office.approvers[0]), ("000000000011", &office.commission[0])] {
        assert_eq!(code(due.try_take(&archive, &approve(iin), &plan, who)), ErrorCode::DspPerson);
    }
    let administrator = due.take(&archive, &approve("000000000015"), &plan, &office.administrator);
    refused(administrator, ErrorCode::DspSigned, "an administrator");
    refused(due.take(&archive, &approve("000000000014"), &plan, &office.official), ErrorCode::DspSigned, "an official");
    assert_eq!(due.execute(&archive, &plan).unwrap_err().code, ErrorCode::DspStage, "one of two");
    assert_eq!(archive.head().size, before, "nothing is left of it");
    done(due.take(&archive, &approve("000000000014"), &plan, &office.approvers[1]));
    assert_eq!(due.execute(&archive, &plan).unwrap_err().code, ErrorCode::DspCooling);
    // Cancelled is cancelled.
    cancel(&archive, plan.id, "Үлгі себеп", SYSTEM_ACTOR).unwrap();
    archive.close().unwrap();
    due.go_to("2028-02-17");
    let archive = due.bench.open();
    assert_eq!(due.execute(&archive, &plan).unwrap_err().code, ErrorCode::DspStage);
    assert!(due.files.iter().all(|(_, record)| due.is_readable(&archive, *record)));
}

#[test]
fn the_day_is_what_two_officers_and_the_clock_agree_on() {
    let due = Due::of(&["1"]);
    let plan = due.approved(&[]);
    due.go_to("2028-01-17");
    let archive = due.bench.open();
    let office = &due.bench.office;
    let mut eve = due.statement(StatementKind::ConfirmDate, &plan, None);
    eve.date = eve.date.pred_opt().unwrap();
    let eve = eve.to_toml(&plan);
    let signatures = [&office.official, &office.clerk].map(|who| due.signed(who, eve.as_bytes()));
    let early = destroy::execute(&archive, plan.id, eve.as_bytes(), &signatures, &Material::default(), SYSTEM_ACTOR);
    assert_eq!(early.unwrap_err().code, ErrorCode::DspCooling, "the wait is not over by the officers' day");
    archive.close().unwrap();
    due.go_to("2028-01-20");
    let archive = due.bench.open();
    let run = |toml: &str, signatures: &[Vec<u8>]| {
        destroy::execute(&archive, plan.id, toml.as_bytes(), signatures, &Material::default(), SYSTEM_ACTOR)
    };
    let (toml, signatures) = due.day(&plan);
    let before = archive.head().size;
    assert!(matches!(run(&toml, &signatures[..1]), Ok(Executed::Refused(_))), "one officer");
    let twice = [signatures[0].clone(), signatures[0].clone()];
    assert!(matches!(run(&toml, &twice), Ok(Executed::Refused(_))), "one officer twice");
    let administrator = due.signed(&office.administrator, toml.as_bytes());
    assert!(matches!(run(&toml, &[signatures[0].clone(), administrator]), Ok(Executed::Refused(_))));
    // The clock of the machine ran ahead of what the officers signed, or behind it.
    due.bench.later(3 * DAY_MS);
    assert_eq!(run(&toml, &signatures).unwrap_err().code, ErrorCode::DspDate, "a day of three days ago");
    let mut to_come = due.statement(StatementKind::ConfirmDate, &plan, None);
    to_come.date = to_come.date.succ_opt().unwrap();
    let toml = to_come.to_toml(&plan);
    let signatures = [&office.official, &office.clerk].map(|who| due.signed(who, toml.as_bytes()));
    assert_eq!(run(&toml, &signatures).unwrap_err().code, ErrorCode::DspDate, "tomorrow");
    assert_eq!(archive.head().size, before, "nothing is left of it");
    // Set back behind the journal.
    due.bench.later(DAY_MS);
    holds::place(&archive, &placing(), &[HoldTarget::File(due.files[0].0.0)], SYSTEM_ACTOR).unwrap();
    due.bench.clock.0.fetch_sub(DAY_MS, std::sync::atomic::Ordering::SeqCst);
    let (toml, signatures) = due.day(&plan);
    assert_eq!(run(&toml, &signatures).unwrap_err().code, ErrorCode::DspDate, "behind the journal");
    // A hold is taken whatever the clock says.
    let (hold, _) = holds::place(&archive, &placing(), &[HoldTarget::File(due.files[0].0.0)], SYSTEM_ACTOR).unwrap();
    holds::lift(&archive, hold, "Үлгі", SYSTEM_ACTOR).unwrap();
    assert!(due.is_readable(&archive, due.files[0].1));
}

/// Every file under a folder, by its path.
pub(crate) fn all_files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => drop(files.insert(path.clone(), std::fs::read(&path).unwrap())),
            }
        }
    }
    files
}

pub(crate) fn copy_tree(from: &Path, to: &Path) {
    for (path, bytes) in all_files(from) {
        let to = to.join(path.strip_prefix(from).unwrap());
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::write(to, bytes).unwrap();
    }
}

/// Texts that nobody may find any more, as they could lie somewhere.
pub(crate) struct Hunt(Vec<(String, Vec<u8>)>);

impl Hunt {
    pub(crate) fn new(needles: &[&str]) -> Self {
        let mut forms = Vec::new();
        for needle in needles {
            forms.push((format!("{needle} UTF-8"), needle.as_bytes().to_vec()));
            let utf16: Vec<u16> = needle.encode_utf16().collect();
            forms.push((format!("{needle} UTF-16LE"), utf16.iter().flat_map(|c| c.to_le_bytes()).collect()));
            forms.push((format!("{needle} UTF-16BE"), utf16.iter().flat_map(|c| c.to_be_bytes()).collect()));
            let folded = muragat::model::fold::words(needle).join(" ");
            forms.push((format!("{needle} folded"), folded.into_bytes()));
        }
        Self(forms)
    }

    /// What is found in the bytes, and in what they unpack to.
    fn find(&self, bytes: &[u8], deep: bool) -> Option<&str> {
        for (name, form) in &self.0 {
            if memchr::memmem::find(bytes, form).is_some() {
                return Some(name);
            }
        }
        if !deep {
            return None;
        }
        for at in memchr::memmem::find_iter(bytes, &[0x28, 0xB5, 0x2F, 0xFD]) {
            let mut out = Vec::new();
            if let Ok(mut decoder) = zstd::stream::read::Decoder::new(&bytes[at..]) {
                let _ = decoder.read_to_end(&mut out);
            }
            if let Some(found) = self.find(&out, false) {
                return Some(found);
            }
        }
        // A deflate stream may begin anywhere; zip entries and zlib heads are where one does.
        let heads = memchr::memmem::find_iter(bytes, b"PK\x03\x04").map(|at| at + 30);
        let zlib = memchr::memmem::find_iter(bytes, b"\x78\x9c").map(|at| at + 2);
        for at in heads.chain(zlib) {
            for skip in 0..64usize {
                let Some(rest) = bytes.get(at + skip..) else { break };
                let mut out = Vec::new();
                let _ = flate2::read::DeflateDecoder::new(rest).take(1 << 20).read_to_end(&mut out);
                if let Some(found) = self.find(&out, false) {
                    return Some(found);
                }
            }
        }
        None
    }

    pub(crate) fn assert_nothing(&self, folder: &Path, what: &str) {
        for (path, bytes) in all_files(folder) {
            assert_eq!(self.find(&bytes, true), None, "{what}: {}", path.display());
            let name = path.to_string_lossy().into_owned();
            assert_eq!(self.find(name.as_bytes(), false), None, "{what}: the name of {name}");
        }
    }

    /// Everything that the archive can open: records with their components, and act documents with their files.
    pub(crate) fn opened(&self, archive: &Archive) -> Vec<String> {
        let mut found = Vec::new();
        let index = archive.index();
        for number in 0..archive.index_meta().records {
            let Some(row) = index.record(number).unwrap() else { continue };
            let opened = access::open(archive, row.id(), SYSTEM_ACTOR).unwrap();
            found.extend(self.find(&opened.manifest().unwrap().encode(), true).map(str::to_owned));
            for component in &row.components {
                let bytes = opened.read(component).unwrap();
                found.extend(self.find(&bytes, true).map(|what| format!("{what} in {}", row.id())));
            }
        }
        for entry in 0..archive.head().size {
            let leaf = archive.log().unwrap().entry(entry).unwrap();
            found.extend(self.find(&leaf, false).map(|what| format!("{what} in the journal")));
            for bytes in archive.act_bytes(entry).unwrap_or_default() {
                found.extend(self.find(&bytes, true).map(|what| format!("{what} in act {entry}")));
            }
        }
        found
    }
}

// Goal: destroyed means gone, also from what was copied before. Method: texts that stand nowhere else, in content, card,
// name of a file, number of the signer, title of the file and reason of a hold; copies of the archive at several moments;
// after the destruction every byte is looked at, and all that the keys of today open.
#[test]
fn the_hunt_finds_nothing() {
    let due = Due::of(&["1"]);
    // Somebody of whom no register speaks: a register is not what is hunted for.
    let config = due.bench.root().join("muragat.toml");
    let lenient = std::fs::read_to_string(&config).unwrap().replace("signatures = \"refuse\"", "signatures = \"flag\"");
    std::fs::write(&config, lenient).unwrap();
    let archive = due.bench.open();
    let backups = due.bench.folder.path().join("backups");
    // A document of another person, with words that are in no other.
    let needles = ["Қаңбақшөл", "000000000003", "Тергеуқұпия", "jabayy-jol", "Ізкесерболат"];
    let file = due.plant(&archive, &needles);
    let hunt = Hunt::new(&needles);
    assert!(!hunt.opened(&archive).is_empty(), "the hunt finds what is there");
    brought_up(&archive);
    assert_eq!(ask(&archive, needles[0], &Scope::all()).total.0, 1, "and so does the full text");
    archive.close().unwrap();
    copy_tree(&due.bench.root(), &backups.join("before"));
    due.go_to("2030-01-10");
    let plan = due.approved(&[]);
    copy_tree(&due.bench.root(), &backups.join("approved"));
    let keys_then = all_files(&due.bench.root().with_extension("keys"));
    due.go_to("2030-01-17");
    let archive = due.bench.open();
    let Executed::Done { destroyed, .. } = due.execute(&archive, &plan).unwrap() else { panic!("nothing done") };
    assert!(destroyed.iter().any(|item| item.file == file.0));
    copy_tree(&due.bench.root(), &backups.join("executed"));
    archive.close().unwrap();
    due.bench.open().compact(SYSTEM_ACTOR).unwrap();
    let archive = due.bench.open();
    destroy::complete(&archive, plan.id, SYSTEM_ACTOR).unwrap();
    assert_eq!(hunt.opened(&archive), Vec::<String>::new(), "in what can be opened");
    brought_up(&archive);
    for needle in needles {
        assert_eq!(ask(&archive, needle, &Scope::all()).total.0, 0, "{needle} in the full text");
    }
    assert!(!archive.texts().unwrap().kept.records().unwrap().contains(&file.1), "a text is kept");
    archive.close().unwrap();
    hunt.assert_nothing(&due.bench.root(), "the archive");
    let keys = due.bench.root().with_extension("keys");
    hunt.assert_nothing(&keys, "the keys");
    hunt.assert_nothing(&backups, "the backups");
    // No key of then is there any more but that of the journal and of answers, so no backup opens.
    let now = all_files(&keys);
    for (path, bytes) in &keys_then {
        let name = path.file_name().unwrap().to_string_lossy();
        let opens = name.starts_with("kek-") || name.starts_with("index-");
        assert!(!opens || now.get(path) != Some(bytes), "{name} is still there");
    }
    for backup in ["before", "approved"] {
        let copy = backups.join(backup);
        copy_tree(&keys, &copy.with_extension("keys"));
        assert!(Archive::open(&copy, due.bench.clock.clone(), &mut |_, _| {}).is_err(), "{backup} opens");
    }
    // Audit, old checkpoints and the certificate hold.
    let archive = due.bench.open();
    let certificate = certificate::make(&archive, plan.id).unwrap();
    certificate::verify(&certificate, &archive.config().vkey).unwrap();
}

#[test]
fn a_destroyed_file_is_still_listed_in_its_inventory_and_cited() {
    let due = Due::of(&["1", "1"]);
    let archive = due.bench.open();
    let (file, record) = due.files[0];
    let opening = FondsOpening { number: 123, name: "Үлгі әкімдігі".into(), agency: AGENCY.into() };
    fonds::open(&archive, &opening, SYSTEM_ACTOR).unwrap();
    let (kind, title) = (InventoryKind::Personnel, "Істер".to_owned());
    let opening = InventoryOpening { fonds: 123, number: 4, kind, title, from: None, to: None };
    let inventory = inventory::open(&archive, &opening, SYSTEM_ACTOR).unwrap();
    let units = inventory::enter(&archive, (123, 4), &[file], SYSTEM_ACTOR).unwrap();
    let whereabouts = Whereabouts { place: "1-сөре".into(), custodian: "архивші".into() };
    paper::note(&archive, record, (PaperKind::Original, 1), whereabouts, SYSTEM_ACTOR).unwrap();
    let plan = due.plan(&archive);
    due.propose(&archive, &plan);
    due.review(&archive, &plan, &[]);
    due.approve(&archive, &plan);
    archive.close().unwrap();
    due.go_to("2028-01-17");
    let archive = due.bench.open();
    assert!(matches!(due.execute(&archive, &plan).unwrap(), Executed::Done { .. }));
    archive.close().unwrap();
    // As the index was, and built again from what is left.
    for is_new in [false, true] {
        if is_new {
            muragat::archive::forget_index(&due.bench.root()).unwrap();
        }
        let archive = due.bench.open();
        assert!(!due.is_readable(&archive, record));
        assert_eq!(inventory::units(&archive, &inventory).unwrap(), units, "new index: {is_new}");
        for text in ["Қ.123 Т.4 І.1", "Қ.123 Т.4 І.1 Құ.1"] {
            let citation = text.parse().unwrap();
            let named = cite::id(&archive, &citation).unwrap();
            assert_eq!((named, archive.index().destroyed(named).unwrap().is_some()), (file, true), "{text}");
            assert_eq!(cite::find(&archive, &citation).unwrap_err().code, ErrorCode::ArcDestroyed);
        }
        assert!(paper::list(&archive).unwrap().is_empty());
        archive.close().unwrap();
    }
}

// Goal: a day comes nearer only by what two officers signed about exactly this state of the file.
#[test]
fn a_term_is_shortened_by_a_signed_decision_about_this_state_only() {
    let due = Due::of(&["3"]);
    let archive = due.bench.open();
    let (file, _) = due.files[0];
    let standing = || why(&archive, file, due.today()).unwrap().1;
    assert_eq!(
        Decision::draft(&archive, file, "Үлгі").unwrap_err().code,
        ErrorCode::DspShortening,
        "nothing to shorten"
    );
    let item = |item: &str| format!("LIST/{item}").parse().ok();
    files::reclassify(&archive, file, item("1"), BTreeMap::new(), "Қате тармақ", SYSTEM_ACTOR).unwrap();
    assert_eq!(standing().status, Status::Permanent, "another item alone shortens nothing");

    let decision = Decision::draft(&archive, file, "Қате тармақ").unwrap();
    assert_eq!((decision.before, decision.after), (None, "2028-01-01".parse().ok()));
    due.bench.later(2_000);
    let toml = decision.to_toml();
    let office = &due.bench.office;
    let signed = |toml: &str| [&office.official, &office.clerk].map(|who| due.signed(who, toml.as_bytes())).to_vec();
    let take = |toml: &str, signatures: &[Vec<u8>]| {
        shorten::take(&archive, toml.as_bytes(), signatures, &Material::default(), SYSTEM_ACTOR).unwrap()
    };
    let before = archive.head().size;
    let sooner = toml.replace("2028-01-01", "2027-01-01");
    for (toml, signatures, code) in [
        (&toml, signed(&toml)[..1].to_vec(), ErrorCode::DspSigned),
        (&toml, signed(&sooner), ErrorCode::DspSigned),
        (&sooner, signed(&sooner), ErrorCode::DspShortening),
        (&toml.replace(AGENCY, "OTHER-01"), Vec::new(), ErrorCode::DspShortening),
    ] {
        let shorten::Taken::Refused(reasons) = take(toml, &signatures) else { panic!("{toml}") };
        assert!(reasons.iter().all(|r| r.code == code), "{toml}: {reasons:?}");
    }
    assert_eq!(archive.head().size, before, "nothing is left of it");
    let signatures = signed(&toml);
    assert!(matches!(take(&toml, &signatures), shorten::Taken::Done(of) if of == file));
    assert_eq!(standing().status, Status::Due);
    assert!(matches!(take(&toml, &signatures), shorten::Taken::Refused(_)), "it is about the state before");
    // What comes later counts anew.
    files::reclassify(&archive, file, item("3"), BTreeMap::new(), "Үлгі", SYSTEM_ACTOR).unwrap();
    files::reclassify(&archive, file, item("1"), BTreeMap::new(), "Үлгі", SYSTEM_ACTOR).unwrap();
    assert_eq!(standing().status, Status::Permanent);
}

// Goal: a record leaves a file that was closed only by what two officers signed about both files as they are.
#[test]
fn a_record_leaves_a_closed_file_by_a_signed_decision_only() {
    let due = Due::of(&["1", "3"]);
    let archive = due.bench.open();
    let ((from, record), (other, _)) = (due.files[0], due.files[1]);
    let is_in = |file: RecordId| archive.index().file_of(record).unwrap().flatten() == Some(file);
    let one = BTreeSet::from([record]);
    let draft = |from, to| Refiling::draft(&archive, (from, to), &one, "Қате іс").map_err(|e| e.code);
    assert_eq!(draft(from, other), Err(ErrorCode::FilClosed), "that file is closed");
    files::reopen(&archive, other, "Құжат келді", SYSTEM_ACTOR).unwrap();
    let moved = files::enter(&archive, other, &[record], Some("Қате іс"), SYSTEM_ACTOR);
    assert_eq!(moved.unwrap_err().code, ErrorCode::FilSooner);
    assert_eq!(draft(other, other), Err(ErrorCode::FilText));
    let back = files::open(&archive, &opening(&due, "01-11", "1"), SYSTEM_ACTOR).unwrap().id;
    assert_eq!(draft(back, other), Err(ErrorCode::FilRefiling), "it is in no such file");
    let (hold, _) = holds::place(&archive, &placing(), &[HoldTarget::File(from.0)], SYSTEM_ACTOR).unwrap();
    assert_eq!(draft(from, other), Err(ErrorCode::HldHeld));
    holds::lift(&archive, hold, "Сот аяқталды", SYSTEM_ACTOR).unwrap();

    let decision = draft(from, other).unwrap();
    assert!(decision.due.is_some() && decision.from.item.as_deref() == Some("LIST/1"), "{decision:?}");
    due.bench.later(2_000);
    let toml = decision.to_toml();
    assert_eq!(Refiling::parse(toml.as_bytes(), "d.toml").unwrap(), decision);
    let office = &due.bench.office;
    let signed = |toml: &str| [&office.official, &office.clerk].map(|who| due.signed(who, toml.as_bytes())).to_vec();
    let take = |toml: &str, signatures: &[Vec<u8>]| {
        refile(&archive, toml.as_bytes(), signatures, &Material::default(), SYSTEM_ACTOR)
    };
    let before = archive.head().size;
    let (longer, day) = (toml.replace("LIST/1", "LIST/3"), decision.due.unwrap().to_string());
    let sooner = toml.replace(&day, "2027-01-01");
    for (toml, signatures, code) in [
        (&toml, signed(&toml)[..1].to_vec(), ErrorCode::DspSigned),
        (&toml, signed(&sooner), ErrorCode::DspSigned),
        (&sooner, signed(&sooner), ErrorCode::FilRefiling),
        (&longer, signed(&longer), ErrorCode::FilRefiling),
        (&toml.replace(AGENCY, "OTHER-01"), Vec::new(), ErrorCode::FilRefiling),
    ] {
        let Ok(Refiled::Refused(reasons)) = take(toml, &signatures) else { panic!("{toml}") };
        assert!(reasons.iter().all(|r| r.code == code), "{toml}: {reasons:?}");
    }
    assert_eq!(archive.head().size, before, "nothing is left of it");
    let signatures = signed(&toml);
    // A hold that came after the signatures keeps it all the same.
    let (hold, _) = holds::place(&archive, &placing(), &[HoldTarget::Record(record.0)], SYSTEM_ACTOR).unwrap();
    files::event(&archive, other, "replaced", due.today(), None, SYSTEM_ACTOR).unwrap();
    assert!(matches!(take(&toml, &signatures), Ok(Refiled::Refused(_))), "the other file has changed");
    due.bench.later(2_000);
    let toml = draft(from, other).unwrap().to_toml();
    due.bench.later(2_000);
    let signatures = signed(&toml);
    let (stop, _) = holds::place(&archive, &placing(), &[HoldTarget::File(from.0)], SYSTEM_ACTOR).unwrap();
    assert_eq!(take(&toml, &signatures).unwrap_err().code, ErrorCode::HldHeld);
    assert!(is_in(from));
    holds::lift(&archive, stop, "Сот аяқталды", SYSTEM_ACTOR).unwrap();
    assert!(matches!(take(&toml, &signatures), Ok(Refiled::Done(done)) if done.to.file == other));
    assert!(is_in(other) && files::find(&archive, from).unwrap().row.documents == 0);
    assert!(archive.index().holds_on(record).unwrap().contains(&hold), "its own hold goes with it");
    assert_eq!(take(&toml, &signatures).unwrap_err().code, ErrorCode::FilRefiling, "a decision moves once");
    archive.close().unwrap();
    std::fs::remove_dir_all(due.bench.root().join("index")).unwrap();
    let archive = due.bench.open();
    assert_eq!(archive.index().file_of(record).unwrap().flatten(), Some(other), "the journal says so");
    archive.close().unwrap();
}

// Goal: nothing goes from a file that is kept longer into one that is kept shorter without a decision.
#[test]
fn an_open_file_lets_go_of_nothing_that_would_be_kept_shorter() {
    let due = Due::of(&[]);
    let archive = due.bench.open();
    let record = accepted(&due.bench.take(&archive, &due.bench.draft("01-05/9"))).unwrap();
    let [year, five, ever, same] = [("01-11", "1"), ("01-12", "4"), ("01-13", "3"), ("01-14", "4")]
        .map(|(index, item)| files::open(&archive, &opening(&due, index, item), SYSTEM_ACTOR).unwrap().id);
    let enter = |file, why| files::enter(&archive, file, &[record], why, SYSTEM_ACTOR).map(drop).map_err(|e| e.code);
    enter(year, None).unwrap();
    enter(five, Some("Ұзағырақ")).unwrap();
    assert_eq!(enter(year, Some("Қысқарақ")), Err(ErrorCode::FilSooner));
    enter(same, Some("Сондай")).unwrap();
    let unknown = files::Asked { item: None, ..opening(&due, "01-15", "4") };
    let unknown = files::open(&archive, &unknown, SYSTEM_ACTOR).unwrap().id;
    assert_eq!(enter(unknown, Some("Белгісіз")), Err(ErrorCode::FilSooner), "it may get a short one");
    enter(ever, Some("Тұрақты")).unwrap();
    assert_eq!(enter(five, Some("Қысқарақ")), Err(ErrorCode::FilSooner));
    archive.close().unwrap();
}

fn opening(due: &Due, index: &str, item: &str) -> files::Asked {
    files::Asked {
        agency: AGENCY.into(),
        index: index.into(),
        year: u16::try_from(due.today().year()).unwrap(),
        volume: None,
        title: Some(format!("Хат алмасу {index}")),
        item: format!("LIST/{item}").parse().ok(),
        attributes: BTreeMap::new(),
    }
}

// Goal: who approved a destruction while a hold kept a file did not approve that the hold goes.
#[test]
fn a_hold_that_is_lifted_after_the_approval_keeps_its_file_out_of_the_plan() {
    let due = Due::of(&["1", "1", "1"]);
    let plan = due.approved(&[]);
    let archive = due.bench.open();
    let [first, second] = [0, 1].map(|n| due.files[n]);
    for target in [HoldTarget::File(first.0.0), HoldTarget::Record(second.1.0)] {
        let (hold, _) = holds::place(&archive, &placing(), &[target], SYSTEM_ACTOR).unwrap();
        holds::lift(&archive, hold, "Қажет емес", SYSTEM_ACTOR).unwrap();
    }
    archive.close().unwrap();
    due.go_to("2028-01-18");
    let archive = due.bench.open();
    let Executed::Done { destroyed, kept, .. } = due.execute(&archive, &plan).unwrap() else { panic!("nothing done") };
    assert_eq!(destroyed.iter().map(|item| item.file).collect::<Vec<_>>(), [due.files[2].0]);
    let kept: Vec<(RecordId, Why)> = kept.iter().map(|(item, why)| (item.file, *why)).collect();
    assert_eq!(kept, [(first.0, Why::Changed), (second.0, Why::Changed)]);
    archive.close().unwrap();
    let archive = due.bench.open();
    let next: Vec<RecordId> = due.plan(&archive).items.iter().map(|item| item.file).collect();
    assert_eq!(next, [first.0, second.0], "they are in the next plan");
    archive.close().unwrap();
}
