//! The golden store of files: filed, listed, held, destroyed with proof, compacted, looked at.
//!
//! A test archive over two years: files are closed, moved out of and shortened by signed decisions, one plan is executed
//! and complete, a second one only executed, a third only approved. What each file comes to is in `expected.json` as the
//! program counted it then.

use super::signed::{AGENCY, OFFICIAL, People, Special, Store};
use super::{NOW, Result, damages, leave_truths};
use muragat::archive::{Archive, InitOptions};
use muragat::cli::samples::signer::{Holder, Signer};
use muragat::cli::samples::trust::Person;
use muragat::clock::{Clock, FixedClock, civil_date, utc};
use muragat::config::{Action, Issuer, MeansKept, Policy};
use muragat::disposition::destroy::{self, Executed};
use muragat::disposition::plan::Plan;
use muragat::disposition::propose::{Asked, draft};
use muragat::disposition::refile::{Refiled, Refiling, refile};
use muragat::disposition::shorten::{self, Decision};
use muragat::disposition::sign::{Taken, take};
use muragat::disposition::statement::{Statement, StatementKind, Verdict};
use muragat::disposition::{certificate, forms};
use muragat::filing::holds::{self, Placing};
use muragat::filing::{due, files, fonds, inventory, nomenclature, paper};
use muragat::index::filing::HoldTarget;
use muragat::ingest::lists::{Adopted, RulesAct, adopt};
use muragat::ingest::signatures::add_shared;
use muragat::inspection::run::{Run, run};
use muragat::inspection::{act, begin};
use muragat::model::fonds::{Approval, FondsOpening, InventoryKind, InventoryOpening};
use muragat::model::form::Form;
use muragat::model::id::{ActorId, RecordId};
use muragat::model::nomenclature::Nomenclature;
use muragat::model::paper::{PaperKind, Whereabouts};
use muragat::retention::RuleList;
use muragat::tlog::commit::SYSTEM_ACTOR;
use muragat::verify::material::Material;
use serde_json::{Map, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

pub(crate) const MEMBER: Holder<'static> =
    Holder { common_name: "ҮЛГІ МҮШЕ", iin: Some("000000000011"), ..OFFICIAL };
pub(crate) const APPROVER: Holder<'static> =
    Holder { common_name: "ҮЛГІ БЕКІТУШІ", iin: Some("000000000013"), ..OFFICIAL };
pub(crate) const SECOND: Holder<'static> =
    Holder { common_name: "ҮЛГІ БЕКІТУШІ 2", iin: Some("000000000014"), ..OFFICIAL };
const FORM: &str = include_str!("../../schema/form/1/default/year-end-count.toml");
const LIST: &str = r#"
schema = "muragat/retention/1"
id = "GOLDEN"
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
kind = { kk = "Бұйрық", ru = "Приказы", en = "Orders" }
term = "permanent"
source = { place = "made up", confidence = "official" }
"#;
/// 2028-01-10, when what was closed in 2026 is due, and eight days later.
pub(crate) const DUE: u64 = 1_831_089_906_000;
pub(crate) const DAY_MS: u64 = 24 * 60 * 60 * 1000;

pub(crate) struct Desk {
    pub(crate) root: PathBuf,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) people: People,
    pub(crate) actor: ActorId,
}

impl Desk {
    pub(crate) fn open(&self) -> Result<Archive> {
        let archive = Archive::open(&self.root, self.clock.clone() as Arc<dyn Clock>, &mut |_, _| {})?;
        archive.tune(12_000, 5);
        Ok(archive)
    }

    /// Whoever signs does so a moment after what was before.
    pub(crate) fn sign(&self, who: &Signer, bytes: &[u8]) -> Vec<u8> {
        who.sign_detached(bytes, utc(self.clock.0.fetch_add(2_000, Ordering::SeqCst) + 2_000))
    }

    fn two(&self, bytes: &[u8]) -> Vec<Vec<u8>> {
        [&self.people.official, &self.people.office].map(|who| self.sign(who, bytes)).to_vec()
    }

    pub(crate) fn adopt_list(&self, archive: &Archive) -> Result<()> {
        let list = RuleList::parse(LIST.as_bytes(), "list.toml").map_err(|faults| format!("{faults:?}"))?;
        let act = RulesAct::draft(&list, AGENCY, civil_date(archive.now()), false, "Үлгі").to_toml();
        let (signatures, given) = (self.two(act.as_bytes()), (&list, LIST.as_bytes()));
        match adopt(archive, given, Some(act.as_bytes()), &signatures, &Material::default(), SYSTEM_ACTOR)? {
            Adopted::Done(_) => Ok(()),
            other => Err(format!("list: {other:?}").into()),
        }
    }

    pub(crate) fn file(
        &self,
        archive: &Archive,
        (index, item): (&str, &str),
        records: &[RecordId],
    ) -> Result<RecordId> {
        let asked = files::Asked {
            agency: AGENCY.into(),
            index: index.into(),
            year: 2026,
            volume: None,
            title: Some(format!("Іс {index}")),
            item: item.parse().ok(),
            attributes: BTreeMap::new(),
        };
        let file = files::open(archive, &asked, self.actor)?.id;
        files::enter(archive, file, records, None, self.actor)?;
        files::close(archive, file, civil_date(archive.now()), self.actor)?;
        Ok(file)
    }

    fn state(&self, archive: &Archive, kind: StatementKind, plan: &Plan, (iin, who): (&str, &Signer)) -> Result<()> {
        let now = archive.now();
        let mut statement = Statement::draft(kind, plan, Some(iin), utc(now - now % 1000), civil_date(now));
        if kind == StatementKind::Review {
            let verdict = |n: u32| if n == 2 { Verdict::Forever } else { Verdict::Destroy };
            let reason = |n: u32| (n == 2).then(|| "Тарихи құнды".to_owned());
            statement.verdicts =
                plan.items.iter().map(|item| (item.number, (verdict(item.number), reason(item.number)))).collect();
        }
        let toml = statement.to_toml(plan);
        let signature = self.sign(who, toml.as_bytes());
        match take(archive, toml.as_bytes(), &[signature], &Material::default(), self.actor)? {
            Taken::Done { .. } => Ok(()),
            Taken::Refused(reasons) => Err(format!("{kind}: {reasons:?}").into()),
        }
    }

    /// A plan of some files that everybody has approved.
    fn approved(&self, archive: &Archive, only: Option<&[RecordId]>) -> Result<Plan> {
        let minutes = Some(("7".to_owned(), civil_date(archive.now()), b"minutes".to_vec()));
        let asked = Asked { agency: AGENCY.into(), minutes, ..Asked::default() };
        let asked = Asked { files: only.map(<[_]>::to_vec).unwrap_or_default(), ..asked };
        let plan = draft(archive, &asked, self.actor)?;
        let more = &self.people.more;
        self.state(archive, StatementKind::Propose, &plan, ("000000000002", &self.people.office))?;
        self.state(archive, StatementKind::Review, &plan, ("000000000011", &more[0]))?;
        self.state(archive, StatementKind::Approve, &plan, ("000000000013", &more[1]))?;
        self.state(archive, StatementKind::Approve, &plan, ("000000000014", &more[2]))?;
        Ok(plan)
    }

    fn execute(&self, archive: &Archive, plan: &Plan) -> Result<()> {
        let now = archive.now();
        let day = Statement::draft(StatementKind::ConfirmDate, plan, None, utc(now - now % 1000), civil_date(now));
        let toml = day.to_toml(plan);
        let signatures = [&self.people.official, &self.people.more[1]].map(|who| self.sign(who, toml.as_bytes()));
        match destroy::execute(archive, plan.id, toml.as_bytes(), &signatures, &Material::default(), self.actor)? {
            Executed::Done { .. } => Ok(()),
            other => Err(format!("{other:?}").into()),
        }
    }
}

/// Writes the store into `dir`.
pub(crate) fn write(dir: &Path, inbox: &Path) -> Result<()> {
    // The stores number their submissions alike.
    let inbox = &inbox.join("disposed");
    std::fs::create_dir_all(inbox)?;
    let persons = [(MEMBER, "commission"), (APPROVER, "approver"), (SECOND, "approver")]
        .map(|(holder, office)| Person { holder, office, post: "Үлгі қызмет" });
    let clock = Arc::new(FixedClock(AtomicU64::new(NOW)));
    let root = dir.join("archive");
    let policy = Policy { formats: Action::Flag, ..Policy::default() };
    let issuer = Issuer { name: Some("Үлгі мекемесі".into()), agency: Some(AGENCY.into()), bin: None };
    let origin = Some("golden.example/disposed".into());
    let options = InitOptions { origin, policy, issuer, means: MeansKept::None, test: true, ..InitOptions::default() };
    let archive = Archive::create(&root, &options, clock.clone() as Arc<dyn Clock>)?;
    archive.tune(12_000, 5);
    let actor = archive.actor("golden")?;
    let desk = Desk { root: root.clone(), clock: clock.clone(), people: People::new(5, &persons)?, actor };
    let store = Store { archive: &archive, actor, inbox, people: &desk.people };
    store.adopt("policy.toml", &desk.people.policy)?;
    store.adopt("register.toml", &desk.people.register)?;
    let mut material = Material::default();
    material.add_file(&desk.people.crl)?;
    add_shared(&archive, &material, actor)?;
    desk.adopt_list(&archive)?;
    let form = FORM.replacen("sample-1", "sample-2", 1);
    forms::adopt(
        &archive,
        &Form::parse(form.as_bytes(), "form.toml").map_err(|f| format!("{f:?}"))?,
        form.as_bytes(),
        actor,
    )?;
    let records: Vec<RecordId> =
        (1..9).map(|number| store.accepted(number, Special::Nothing)).collect::<Result<_>>()?;
    let item = "GOLDEN/1";
    let gone = desk.file(&archive, ("01-01", item), &records[..2])?;
    let spoken_for = desk.file(&archive, ("01-02", item), &records[2..3])?;
    let held = desk.file(&archive, ("01-03", item), &records[3..4])?;
    let later = desk.file(&archive, ("01-04", item), &records[4..5])?;
    let permanent = desk.file(&archive, ("01-05", "GOLDEN/2"), &records[5..7])?;
    let nomenclature = "schema = \"muragat/nomenclature/1\"\nagency = \"TEST-1\"\nyear = 2026\napproved = \"2025-12-20\"\n\n\
                        [[row]]\nindex = \"01-09\"\ntitle = \"Хаттар\"\nform = \"electronic\"\n";
    let read = Nomenclature::parse(nomenclature.as_bytes(), "nomenclature.toml").map_err(|f| format!("{f:?}"))?;
    nomenclature::adopt(&archive, &read, nomenclature.as_bytes(), actor)?;
    let open = desk.file(&archive, ("01-09", item), &records[7..])?;
    files::reopen(&archive, open, "Құжат келді", actor)?;
    paper::note(&archive, records[5], (PaperKind::Original, 2), place("1-қойма"), actor)?;
    paper::relocate(&archive, records[5], None, (place("2-қойма"), "Көшу"), actor)?;
    // Out of a closed file, and a term that a mistake had made longer.
    let moving = Refiling::draft(&archive, (permanent, open), &BTreeSet::from([records[6]]), "Қате іс")?.to_toml();
    let signatures = desk.two(moving.as_bytes());
    match refile(&archive, moving.as_bytes(), &signatures, &Material::default(), actor)? {
        Refiled::Done(_) => {}
        Refiled::Refused(reasons) => return Err(format!("{reasons:?}").into()),
    }
    files::reclassify(&archive, later, "GOLDEN/2".parse().ok(), BTreeMap::new(), "Қате", actor)?;
    files::reclassify(&archive, later, item.parse().ok(), BTreeMap::new(), "Қате түзетілді", actor)?;
    let shorter = Decision::draft(&archive, later, "Қате тармақ")?.to_toml();
    let signatures = desk.two(shorter.as_bytes());
    match shorten::take(&archive, shorter.as_bytes(), &signatures, &Material::default(), actor)? {
        shorten::Taken::Done(_) => {}
        shorten::Taken::Refused(reasons) => return Err(format!("{reasons:?}").into()),
    }
    let placing = ["Үлгі прокуратурасы", "Тексеру", "№ 5 сұрау"].map(str::to_owned);
    let [owner, reason, basis] = placing;
    let placing = Placing { owner, reason, basis, review: None, query: None };
    holds::place(&archive, &placing, &[HoldTarget::Record(records[3].0)], actor)?;
    let (lifted, _) = holds::place(&archive, &placing, &[HoldTarget::File(gone.0)], actor)?;
    holds::lift(&archive, lifted, "Тексеру аяқталды", actor)?;
    archive.close()?;

    clock.0.store(DUE, Ordering::SeqCst);
    let archive = desk.open()?;
    let opening = FondsOpening { number: 123, name: "Үлгі қоры".into(), agency: AGENCY.into() };
    fonds::open(&archive, &opening, actor)?;
    let title = "Тұрақты сақталатын істер".to_owned();
    let kind = InventoryKind::Permanent;
    inventory::open(&archive, &InventoryOpening { fonds: 123, number: 4, kind, title, from: None, to: None }, actor)?;
    inventory::enter(&archive, (123, 4), &[permanent], actor)?;
    let approval = Approval { until: 2027, minutes_number: "6".into(), minutes_date: civil_date(archive.now()) };
    inventory::approve(&archive, (123, 4), &approval, vec![("minutes.txt".into(), b"minutes".to_vec())], actor)?;
    // What is kept for ever by a verdict asks for an inventory, so that plan comes last.
    let second = desk.approved(&archive, Some(&[later]))?;
    let plan = desk.approved(&archive, Some(&[gone, spoken_for]))?;
    archive.close()?;

    clock.0.store(DUE + 8 * DAY_MS, Ordering::SeqCst);
    let archive = desk.open()?;
    desk.execute(&archive, &plan)?;
    archive.close()?;
    desk.open()?.compact(actor)?;
    let archive = desk.open()?;
    destroy::complete(&archive, plan.id, actor)?;
    let (check, _) = begin(&archive, "Үлгі бұйрық № 7", None, actor)?;
    run(&archive, &Run { check, actor, limit: None, threads: 1, stop: &AtomicBool::new(false) }, &mut |_| {}, &|_| {})?;
    act::end(&archive, check, actor)?;
    archive.close()?;
    // Executed, and what was sealed still lies in the store.
    let archive = desk.open()?;
    desk.execute(&archive, &second)?;
    archive.close()?;
    let archive = desk.open()?;
    // Its key stays in the journal of the vault, behind the roll.
    holds::place(&archive, &placing, &[HoldTarget::File(open.0)], actor)?;
    let as_of = civil_date(archive.now());
    let mut decisions = Map::new();
    for file in [spoken_for, held, permanent, open] {
        decisions.insert(file.to_string(), due::why(&archive, file, as_of)?.1.value());
    }
    let certificate = certificate::make(&archive, plan.id)?;
    let size = archive.head().size;
    let expected = json!({
        "entries": size, "records": records.len(), "held": {}, "as_of": as_of.to_string(), "decisions": decisions,
        "destroyed": {gone.to_string(): plan.id.to_string(), later.to_string(): second.id.to_string()},
        "gone": [records[0].to_string(), records[1].to_string(), records[4].to_string()],
        "moved": {records[6].to_string(): open.to_string()},
        "vkey": archive.config().vkey.to_string(), "check": check.to_string(),
    });
    archive.close()?;
    leave_truths(dir, expected, damages(&root, size)?)?;
    std::fs::write(dir.join("certificate.json"), certificate)?;
    Ok(())
}

fn place(place: &str) -> Whereabouts {
    Whereabouts { place: place.into(), custodian: "сақтаушы".into() }
}
