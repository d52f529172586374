//! Handing over to another archive.
//!
//! Goal: nothing is selected that may not go, nobody alone says to whom, what the commission approved is exactly the
//! list that was drawn up, and a transfer goes forward a step at a time or is cancelled. Method: real signatures on an
//! archive with a clock that is moved; every step is tried too early, by the wrong persons, twice and at once.

use super::disposal::{Due, placing};
use super::signed::AGENCY;
use muragat::archive::Archive;
use muragat::cli::samples::signer::Signer;
use muragat::disposition::destroy::{Executed, Why};
use muragat::disposition::propose::{Asked, draft};
use muragat::error::{Error, ErrorCode};
use muragat::filing::handover::under_way;
use muragat::filing::{files, fonds, holds, inventory};
use muragat::index::filing::HoldTarget;
use muragat::model::fonds::{Approval, FondsOpening, InventoryKind, InventoryOpening};
use muragat::model::id::RecordId;
use muragat::model::party::Party;
use muragat::text::Lang;
use muragat::tlog::commit::SYSTEM_ACTOR;
use muragat::transfer::approve::{Signed, approve, cancel};
use muragat::transfer::case::{Case, Stage, all};
use muragat::transfer::list::{LIST_SCHEMA, List, draw_up};
use muragat::transfer::party::{Adoption, adopt, adopted, find};
use muragat::transfer::select::{Reason, Selection, select};
use muragat::verify::material::Material;

/// The file about a state archive. Its key is that of `archive` under another name: nobody has it but the test.
pub(crate) fn party_file(archive: &Archive, date: &str, kind: &str) -> String {
    let mut vkey = archive.config().vkey.clone();
    vkey.name = "state.example/log".into();
    let answer_key = "09".repeat(32);
    format!(
        "schema = \"muragat/party/1\"\nid = \"state-1\"\nagency = \"{AGENCY}\"\nkind = \"{kind}\"\nbin = \"000000000200\"\n\
         archive = \"00000000000000000000000000000001\"\nvkey = \"{vkey}\"\n\
         answer_key = \"{answer_key}\"\nyears = 5\nbasis = \"Үлгі келісім № 1\"\n\
         date = \"{date}\"\ntitle = {{ kk = \"Үлгі мемлекеттік архиві\", ru = \"Госархив (пример)\", \
         en = \"State archive (sample)\" }}\n"
    )
}

/// Opens a fonds and an inventory, enters these, and has it approved up to a year.
pub(crate) fn listed(archive: &Archive, kind: InventoryKind, files: &[RecordId], until: u16, minutes: &str) {
    let opening = FondsOpening { number: 123, name: "Үлгі әкімдігі".into(), agency: AGENCY.into() };
    fonds::open(archive, &opening, SYSTEM_ACTOR).unwrap();
    let title = "Істер тізімдемесі".to_owned();
    let opening = InventoryOpening { fonds: 123, number: 1, kind, title, from: None, to: None };
    inventory::open(archive, &opening, SYSTEM_ACTOR).unwrap();
    inventory::enter(archive, (123, 1), files, SYSTEM_ACTOR).unwrap();
    let minutes_date = minutes.parse().unwrap();
    let approval = Approval { until, minutes_number: "3".into(), minutes_date };
    let scan = vec![("minutes.pdf".to_owned(), b"%PDF-1.7 made up".to_vec())];
    inventory::approve(archive, (123, 1), &approval, scan, SYSTEM_ACTOR).unwrap();
}

/// An archive with three permanent files of 2026 and one of five years, in 2028; the first two are in an approved
/// inventory.
pub(crate) struct Sender {
    pub(crate) due: Due,
}

impl Sender {
    pub(crate) fn new() -> (Self, Archive) {
        Self::of(Due::of(&["3", "3", "3", "4"]), 2026, "2028-01-05")
    }

    /// The same of other files, approved up to that year by minutes of that day.
    pub(crate) fn of(due: Due, until: u16, minutes: &str) -> (Self, Archive) {
        let archive = due.bench.open();
        listed(&archive, InventoryKind::Permanent, &[due.files[0].0, due.files[1].0], until, minutes);
        (Self { due }, archive)
    }

    pub(crate) fn file(&self, n: usize) -> RecordId {
        self.due.files[n].0
    }

    pub(crate) fn adopt(&self, archive: &Archive, file: &str, who: &[&Signer]) -> Result<Adoption, Error> {
        self.due.bench.later(2_000);
        let signatures: Vec<Vec<u8>> = who.iter().map(|who| self.due.signed(who, file.as_bytes())).collect();
        let party = Party::parse(file.as_bytes(), "party.toml").unwrap();
        adopt(archive, (&party, file.as_bytes()), &signatures, &Material::default(), SYSTEM_ACTOR)
    }

    /// The state archive, adopted.
    fn party(&self, archive: &Archive, kind: &str) {
        let office = &self.due.bench.office;
        let file = party_file(archive, &self.due.today().to_string(), kind);
        let adopted = self.adopt(archive, &file, &[&office.approvers[0], &office.commission[0]]).unwrap();
        assert!(matches!(adopted, Adoption::Done(_)), "{adopted:?}");
    }

    pub(crate) fn select(&self, archive: &Archive, reason: Reason, files: &[RecordId]) -> Result<RecordId, Error> {
        let selection = Selection { to: "state-1", reason, basis: "Үлгі бұйрық № 7", files };
        select(archive, &selection, SYSTEM_ACTOR).map(|(id, _)| id)
    }

    pub(crate) fn approve(
        &self,
        archive: &Archive,
        id: RecordId,
        bytes: &[u8],
        who: &[&Signer],
    ) -> Result<Signed, Error> {
        self.due.bench.later(2_000);
        let signatures: Vec<Vec<u8>> = who.iter().map(|who| self.due.signed(who, bytes)).collect();
        approve(archive, id, &signatures, &Material::default(), SYSTEM_ACTOR)
    }
}

fn code<T: std::fmt::Debug>(result: Result<T, Error>) -> ErrorCode {
    result.unwrap_err().code
}

fn stage(archive: &Archive, id: RecordId) -> Stage {
    Case::read(archive, id).unwrap().stage()
}

#[test]
fn a_transfer_goes_a_step_at_a_time() {
    let (sender, archive) = Sender::new();
    let office = &sender.due.bench.office;
    assert_eq!(code(sender.select(&archive, Reason::Early, &[sender.file(0)])), ErrorCode::TrfNoParty);
    sender.party(&archive, "state_archive");
    // A hold does not keep a file from being handed over.
    let target = HoldTarget::File(sender.file(0).0);
    holds::place(&archive, &placing(), &[target], SYSTEM_ACTOR).unwrap();
    let both = [sender.file(1), sender.file(0)];
    let id = sender.select(&archive, Reason::Early, &both).unwrap();
    assert_eq!(stage(&archive, id), Stage::Selected);
    assert_eq!(code(sender.select(&archive, Reason::Early, &[sender.file(0)])), ErrorCode::TrfTaken);
    let nobody = sender.approve(&archive, id, b"{}", &[&office.commission[0]]);
    assert_eq!(code(nobody), ErrorCode::TrfStage, "there is no list yet");

    let (list, _) = draw_up(&archive, id, SYSTEM_ACTOR).unwrap();
    assert_eq!(code(draw_up(&archive, id, SYSTEM_ACTOR)), ErrorCode::TrfStage);
    assert_eq!((stage(&archive, id), list.number.as_str(), list.records()), (Stage::Listed, "2028-1", 2));
    // In the order of the inventory, each with its record.
    let rows: Vec<_> = list.files.iter().map(|(file, records)| (*file, records[0].record)).collect();
    assert_eq!(rows, sender.due.files[..2]);
    let bytes = list.encode();
    assert_eq!(List::decode(&bytes).as_ref(), Ok(&list));
    for (_, lang) in Lang::ALL {
        let text = list.text(lang);
        assert!(text.contains("2028-1") && text.contains("Хат алмасу 0") && text.contains("№ 7"), "{text}");
    }
    assert_eq!(Case::read(&archive, id).unwrap().list(&archive).unwrap(), Some(list));

    // Members of the commission, over exactly these bytes, after it was drawn up.
    for (what, bytes, who) in [
        ("another file", &b"{}"[..], &office.commission[0]),
        ("another office", &bytes, &office.approvers[0]),
        ("nobody of the register", &bytes, &office.stranger),
    ] {
        let signed = sender.approve(&archive, id, bytes, &[who]).unwrap();
        let Signed::Refused(reasons) = signed else { panic!("taken: {what}") };
        assert!(reasons.iter().all(|reason| reason.code == ErrorCode::TrfSigned), "{what}: {reasons:?}");
        assert_eq!(stage(&archive, id), Stage::Listed, "{what}");
    }
    sender.due.bench.later(2_000);
    let signature = vec![sender.due.signed(&office.commission[0], &bytes)];
    let taken = || approve(&archive, id, &signature, &Material::default(), SYSTEM_ACTOR);
    let Ok(Signed::Done(entry)) = taken() else { panic!("not taken") };
    assert!(matches!(taken(), Ok(Signed::Done(again)) if again == entry), "the same signatures again");
    let other = sender.approve(&archive, id, &bytes, &[&office.commission[1]]);
    assert_eq!(code(other), ErrorCode::TrfStage);
    let case = Case::read(&archive, id).unwrap();
    assert_eq!((case.stage(), case.approved_by(&archive).unwrap().len()), (Stage::Approved, 1));

    // What came to nothing can be selected again, and its number is not given again.
    assert_eq!(code(cancel(&archive, id, " ", SYSTEM_ACTOR)), ErrorCode::FilText);
    cancel(&archive, id, "Үлгі себеп", SYSTEM_ACTOR).unwrap();
    assert_eq!(code(cancel(&archive, id, "Үлгі себеп", SYSTEM_ACTOR)), ErrorCode::TrfStage);
    assert_eq!(Case::read(&archive, id).unwrap().cancelled_why(&archive).unwrap().as_deref(), Some("Үлгі себеп"));
    assert!(under_way(&archive).unwrap().is_empty());
    let next = sender.select(&archive, Reason::Early, &both).unwrap();
    assert_eq!(draw_up(&archive, next, SYSTEM_ACTOR).unwrap().0.number, "2028-2");
    // All of it is in the journal: another index says the same.
    let before: Vec<_> = all(&archive).unwrap().into_iter().map(|case| (case.id, case.row, case.files)).collect();
    archive.close().unwrap();
    std::fs::remove_dir_all(sender.due.bench.root().join("index")).unwrap();
    let archive = sender.due.bench.open();
    let after: Vec<_> = all(&archive).unwrap().into_iter().map(|case| (case.id, case.row, case.files)).collect();
    assert_eq!(after, before);
    archive.close().unwrap();
}

#[test]
fn what_may_not_go_is_not_selected() {
    let (sender, archive) = Sender::new();
    sender.party(&archive, "state_archive");
    let tried = |reason, files: &[RecordId]| sender.select(&archive, reason, files);
    assert_eq!(code(tried(Reason::Early, &[])), ErrorCode::TrfFile);
    assert_eq!(code(tried(Reason::Early, &[RecordId([9; 16])])), ErrorCode::FilUnknown);
    // In no inventory; of a file that is open; before its years are over.
    assert_eq!(code(tried(Reason::Early, &[sender.file(0), sender.file(2)])), ErrorCode::TrfFile);
    assert_eq!(code(tried(Reason::Term, &[sender.file(0)])), ErrorCode::TrfFile, "closed in 2026, kept until 2031");
    inventory::enter(&archive, (123, 1), &[sender.file(2)], SYSTEM_ACTOR).unwrap_err();
    assert!(under_way(&archive).unwrap().is_empty());
    archive.close().unwrap();
    sender.due.go_to("2031-12-31");
    let archive = sender.due.bench.open();
    assert_eq!(code(sender.select(&archive, Reason::Term, &[sender.file(0)])), ErrorCode::TrfFile);
    archive.close().unwrap();
    sender.due.go_to("2032-01-01");
    let archive = sender.due.bench.open();
    let id = sender.select(&archive, Reason::Term, &[sender.file(0)]).unwrap();
    // Selected files are judged again when the list is drawn up.
    assert_eq!(code(files::reopen(&archive, sender.file(0), "Үлгі", SYSTEM_ACTOR)), ErrorCode::FilListed);
    draw_up(&archive, id, SYSTEM_ACTOR).unwrap();
    archive.close().unwrap();
}

#[test]
fn who_another_archive_is_is_said_by_two_officers() {
    let (sender, archive) = Sender::new();
    let office = &sender.due.bench.office;
    let file = party_file(&archive, &sender.due.today().to_string(), "state_archive");
    for (what, who) in [
        ("one", vec![&office.approvers[0]]),
        ("one, twice", vec![&office.approvers[0], &office.approvers[0]]),
        ("nobody who approves destruction", vec![&office.commission[0], &office.clerk]),
        ("an administrator", vec![&office.approvers[0], &office.administrator]),
        ("nobody of the register", vec![&office.approvers[0], &office.stranger]),
    ] {
        let refused = sender.adopt(&archive, &file, &who).unwrap();
        let Adoption::Refused(reasons) = refused else { panic!("adopted: {what}") };
        assert!(reasons.iter().all(|reason| reason.code == ErrorCode::TrfPartySigned), "{what}: {reasons:?}");
    }
    assert!(adopted(&archive).unwrap().is_empty());
    let two = [&office.approvers[0], &office.commission[0]];
    let Adoption::Done(entry) = sender.adopt(&archive, &file, &two).unwrap() else { panic!("not adopted") };
    assert!(matches!(sender.adopt(&archive, &file, &[]), Ok(Adoption::Held(held)) if held == entry));
    // It is not this archive itself, and a name does not go from agency to agency.
    let own = file.replace("00000000000000000000000000000001", &archive.config().archive_id.to_string());
    assert_eq!(code(sender.adopt(&archive, &own, &two)), ErrorCode::TrfParty);
    let no_key = file.replace("state.example/log+", "state.example/log-");
    assert_eq!(code(sender.adopt(&archive, &no_key, &two)), ErrorCode::TrfParty);
    let other = file.replace(AGENCY, "TEST-02");
    assert_eq!(code(sender.adopt(&archive, &other, &two)), ErrorCode::TrfParty);
    // A later file takes its place, but not for what was selected before.
    let id = sender.select(&archive, Reason::Early, &[sender.file(0)]).unwrap();
    let later = file.replace("000000000200", "000000000201");
    assert!(matches!(sender.adopt(&archive, &later, &two), Ok(Adoption::Done(_))));
    assert_eq!(find(&archive, "state-1").unwrap().party.bin, "000000000201");
    assert_eq!(Case::read(&archive, id).unwrap().party.party.bin, "000000000200");
    archive.close().unwrap();
}

#[test]
fn a_list_says_what_its_fields_say() {
    let (sender, archive) = Sender::new();
    sender.party(&archive, "agency_archive");
    let id = sender.select(&archive, Reason::Term, &[sender.file(0)]);
    assert_eq!(code(id), ErrorCode::TrfFile, "its years are the same here");
    let id = sender.select(&archive, Reason::Early, &[sender.file(0)]).unwrap();
    let bytes = draw_up(&archive, id, SYSTEM_ACTOR).unwrap().0.encode();
    let text = String::from_utf8(bytes.clone()).unwrap();
    assert!(text.contains(LIST_SCHEMA));
    for (from, to) in [("early", "term"), ("Үлгі бұйрық № 7", "Үлгі бұйрық № 8"), (",\"", ", \""), ("2028-1", "2028-9")]
    {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "{from}");
        assert!(List::decode(changed.as_bytes()).is_err(), "{from}");
    }
    archive.close().unwrap();
}

#[test]
fn of_two_who_select_one_file_one_has_it() {
    let (sender, archive) = Sender::new();
    sender.party(&archive, "state_archive");
    let files = [sender.file(0)];
    let done = std::thread::scope(|scope| {
        let selecting: Vec<_> =
            (0..4).map(|_| scope.spawn(|| sender.select(&archive, Reason::Early, &files).is_ok())).collect();
        selecting.into_iter().map(|one| one.join().unwrap()).filter(|done| *done).count()
    });
    assert_eq!((done, all(&archive).unwrap().len()), (1, 1));
    let id = all(&archive).unwrap()[0].id;
    let drawn = std::thread::scope(|scope| {
        let drawing: Vec<_> = (0..4).map(|_| scope.spawn(|| draw_up(&archive, id, SYSTEM_ACTOR).is_ok())).collect();
        drawing.into_iter().map(|one| one.join().unwrap()).filter(|done| *done).count()
    });
    assert_eq!(drawn, 1);
    archive.close().unwrap();
}

#[test]
fn what_is_handed_over_is_not_destroyed() {
    let due = Due::of(&["1", "1"]);
    let archive = due.bench.open();
    let [going, staying] = [0, 1].map(|n| due.files[n].0);
    listed(&archive, InventoryKind::Personnel, &[going], 2026, "2028-01-05");
    let sender = Sender { due };
    sender.party(&archive, "agency_archive");
    archive.close().unwrap();
    let plan = sender.due.approved(&[]);
    assert_eq!(plan.items.len(), 2);
    // It is selected after the plan was approved.
    sender.due.go_to("2028-01-17");
    let archive = sender.due.bench.open();
    let id = sender.select(&archive, Reason::Early, &[going]).unwrap();
    let Executed::Done { destroyed, kept, .. } = sender.due.execute(&archive, &plan).unwrap() else {
        panic!("nothing")
    };
    assert_eq!(destroyed.iter().map(|item| item.file).collect::<Vec<_>>(), [staying]);
    assert_eq!(kept.iter().map(|(item, why)| (item.file, *why)).collect::<Vec<_>>(), [(going, Why::Transfer)]);
    archive.close().unwrap();
    let archive = sender.due.bench.open();
    let asked = Asked { files: vec![going], ..sender.due.asked() };
    let refused = draft(&archive, &asked, SYSTEM_ACTOR).unwrap_err();
    assert!(refused.code == ErrorCode::DspNotDue && refused.what.contains(&id.to_string()), "{refused}");
    assert_eq!(code(sender.select(&archive, Reason::Early, &[staying])), ErrorCode::ArcDestroyed);
    cancel(&archive, id, "Үлгі себеп", SYSTEM_ACTOR).unwrap();
    draft(&archive, &asked, SYSTEM_ACTOR).unwrap();
    archive.close().unwrap();
}
