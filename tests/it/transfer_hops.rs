//! Two hops in a row: a unit hands over to the archive of its agency, and that to the state archive (N 430 cl. 6(10)).
//!
//! Goal: what a record was at its first receipt is proven behind any number of archives by their keys alone; a hold that
//! kept it at the first keeps it at the last; at an archive that received a record it keeps it from destruction like any
//! other, until it is lifted there. Of two who take in the same package one is first. Method: three archives with keys
//! of their own, real signatures and stamps; the whole way of a transfer from the second to the third; a destruction by
//! plan at the second.

use super::accession::{World, register};
use super::bundle::{inquiry, stamped};
use super::disposal::{Due, opening};
use super::evidence::{authority, policy};
use super::signed::{Bench, DAY_MS, at};
use super::transfer::{Sender, party_file};
use super::transfer_release::sealed;
use super::transfer_wire::sender_file;
use muragat::access;
use muragat::archive::Archive;
use muragat::cli::samples::signer::Signer;
use muragat::clock::civil_date;
use muragat::config::Readings;
use muragat::disposition::destroy::Executed;
use muragat::disposition::propose::{Asked as Proposing, draft};
use muragat::filing::{files, holds};
use muragat::inquiry::bundle::check::{Asked, check as check_bundle};
use muragat::inquiry::bundle::finding::{BundleReport, Check, Finding, Outcome as Found};
use muragat::inquiry::bundle::make::{self, Under};
use muragat::model::id::RecordId;
use muragat::model::party::Party;
use muragat::tlog::checkpoint::VerifierKey;
use muragat::tlog::commit::SYSTEM_ACTOR;
use muragat::tlog::trust::TrustPolicy;
use muragat::transfer::accession::receive::{Begun, Options, begin, check};
use muragat::transfer::accession::respond::{Signed, agree, reply};
use muragat::transfer::accession::{Accession, Stage, all};
use muragat::transfer::approve;
use muragat::transfer::case::Case;
use muragat::transfer::list::draw_up;
use muragat::transfer::pack::format::BaggedEark;
use muragat::transfer::party::{Adoption, Held, adopt, find};
use muragat::transfer::read::source::{self, Source};
use muragat::transfer::release::{Released, Why, draw_up as draw_up_release, release};
use muragat::transfer::reply::{Outcome, Row};
use muragat::transfer::seal::prepare;
use muragat::transfer::select::Reason;
use muragat::transfer::send::{Way, send};
use muragat::transfer::take::{Taken, act_answer, sign, take};
use muragat::verify::material::Material;
use muragat::verify::policy::Policy;
use std::collections::BTreeSet;
use std::io::Cursor;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use tempfile::TempDir;

/// The body of the officers of every bench.
const BIN: &str = "000000000100";

/// The archive of an agency that took three records in, the first of them held; who handed them over.
struct Agency {
    _unit: Bench,
    unit: Archive,
    /// The records there.
    there: Vec<RecordId>,
    due: Due,
    archive: Archive,
    /// The same here.
    here: Vec<RecordId>,
    _package: TempDir,
}

impl Agency {
    /// Its records are in files that are kept by these items; two of them in the second file.
    fn new(items: [&str; 2]) -> Self {
        let world = World::new();
        let (party, folder) = (world.party(), tempfile::tempdir().unwrap());
        let (path, _) = world.write(folder.path(), 1, &BaggedEark);
        let accession = world.receive(&path, &party);
        let here: Vec<RecordId> = world.rows(&accession).iter().map(|row| row.reference.unwrap()).collect();
        let World { sender, sending, records, receiver, archive, .. } = world;
        archive.close().unwrap();
        let config = receiver.root().join("muragat.toml");
        let text = std::fs::read_to_string(&config).unwrap();
        std::fs::write(&config, text.replace("inventories = true", "inventories = false")).unwrap();
        let archive = receiver.open();
        let mut due = Due { bench: receiver, files: Vec::new() };
        due.adopt_list(&archive);
        for (n, (item, records)) in items.into_iter().zip([&here[..1], &here[1..]]).enumerate() {
            let asked = opening(&due, &format!("01-{n:02}"), item);
            let file = files::open(&archive, &asked, SYSTEM_ACTOR).unwrap().id;
            files::enter(&archive, file, records, None, SYSTEM_ACTOR).unwrap();
            files::close(&archive, file, due.today(), SYSTEM_ACTOR).unwrap();
            due.files.push((file, records[0]));
        }
        archive.close().unwrap();
        due.go_to("2028-01-10");
        let archive = due.bench.open();
        Self { _unit: sender, unit: sending, there: records, due, archive, here, _package: folder }
    }
}

fn adopted(bench: &Bench, archive: &Archive, file: &str) -> Held {
    bench.later(2_000);
    let office = &bench.office;
    let signatures =
        [&office.approvers[0], &office.commission[0]].map(|who| who.sign_detached(file.as_bytes(), at(bench.now())));
    let party = Party::parse(file.as_bytes(), "party.toml").unwrap();
    let adopted = adopt(archive, (&party, file.as_bytes()), &signatures, &Material::default(), SYSTEM_ACTOR);
    assert!(matches!(adopted, Ok(Adoption::Done(_))), "{adopted:?}");
    find(archive, party.id.as_str()).unwrap()
}

/// A state archive, and what it makes of packages.
struct State {
    bench: Bench,
    archive: Archive,
}

impl State {
    /// One that trusts what the agency trusts, when it is as late there.
    fn new(now: u64) -> Self {
        let (bench, archive, trust) = Bench::bare().trusting();
        bench.later(now - bench.now());
        bench.share(&archive, &bench.office.crl(bench.now(), &[]));
        bench.adopt(&archive, &policy(&bench));
        bench.adopt(&archive, &register(&trust.authority));
        Self { bench, archive }
    }

    fn receive(&self, package: &Path, party: &Held) -> Accession {
        take_in(&self.archive, source::open(package).unwrap().as_ref(), party).1
    }
}

/// The receipt, and what became of the records.
fn take_in(archive: &Archive, source: &dyn Source, party: &Held) -> (Vec<u8>, Accession) {
    let stop = AtomicBool::new(false);
    let options = Options { actor: SYSTEM_ACTOR, profile: None, representation: None, threads: 2, stop: &stop };
    match begin(archive, source, party, SYSTEM_ACTOR, &mut |_, _| {}).unwrap() {
        Begun::Received(coming) => {
            let checked = check(archive, &coming, &options, &|_, _| {}).unwrap().unwrap();
            (coming.receipt.clone(), checked)
        }
        Begun::NotWhole(report) => panic!("{:?}", report.findings),
    }
}

fn rows(archive: &Archive, accession: &Accession) -> Vec<Row> {
    accession.documents(archive).unwrap().unwrap().0.rows
}

/// What a stranger with these keys finds of the way of a record in a bundle of it.
fn way(state: &State, record: RecordId, senders: &[VerifierKey]) -> (BundleReport, Vec<Finding>) {
    let inquiry = inquiry(&state.archive, "Үлгі", record);
    make::commit(&state.archive, inquiry, &BTreeSet::new(), Readings::Own, SYSTEM_ACTOR).unwrap();
    let mut bytes = Vec::new();
    make::write(&state.archive, inquiry, Under::Newest, SYSTEM_ACTOR, &mut bytes).unwrap();
    let trust = format!("log {}\nquorum none\n", state.archive.config().vkey);
    let trust = TrustPolicy::parse(trust.as_bytes()).unwrap();
    let policy = Policy::parse(policy(&state.bench).as_bytes(), "policy.toml").unwrap();
    let asked = Asked {
        trust: Some(&trust),
        own: None,
        senders,
        policy: &policy,
        material: &Material::new(),
        at: at(state.bench.now()),
        not_before: None,
    };
    let report = check_bundle(Cursor::new(&bytes), bytes.len() as u64, &asked).unwrap();
    let found = report.findings.iter().filter(|one| one.check == Check::Provenance).cloned().collect();
    (report, found)
}

#[test]
fn a_record_goes_through_two_archives_and_proves_its_whole_way() {
    let agency = Agency::new(["3", "3"]);
    let (bench, archive) = (&agency.due.bench, &agency.archive);
    let state = State::new(bench.now());
    let date = civil_date(bench.now()).to_string();
    let party =
        adopted(&state.bench, &state.archive, &sender_file("agency-1", archive, &archive.id().to_string(), &date));
    bench.later(state.bench.now() - bench.now());
    let template = party_file(archive, &date, "state_archive");
    let line = |file: &str, key: &str| file.lines().find(|line| line.starts_with(key)).unwrap().to_owned();
    let file = template
        .replace(&line(&template, "vkey"), &format!("vkey = \"{}\"", state.archive.config().vkey))
        .replace(&"09".repeat(32), &hex::encode(state.archive.answer_key().unwrap().public()))
        .replace("00000000000000000000000000000001", &state.archive.id().to_string())
        .replace("000000000200", BIN);
    adopted(bench, archive, &file);

    // The whole way of a transfer from the agency to the state archive.
    let Agency { _unit, unit, there, due, archive, here, _package } = agency;
    let files = [due.files[0].0, due.files[1].0];
    archive.close().unwrap();
    let (sender, archive) = {
        let archive = due.bench.open();
        super::transfer::listed(&archive, muragat::model::fonds::InventoryKind::Permanent, &files, 2026, "2028-01-05");
        (Sender { due }, archive)
    };
    let (due, none) = (&sender.due, Material::default());
    let signed = |who: &Signer, bytes: &[u8]| {
        due.bench.later(2_000);
        vec![due.signed(who, bytes)]
    };
    let office = &due.bench.office;
    let transfer = sender.select(&archive, Reason::Early, &files).unwrap();
    let (list, _) = draw_up(&archive, transfer, SYSTEM_ACTOR).unwrap();
    let approved = sender.approve(&archive, transfer, &list.encode(), &[&office.commission[0]]).unwrap();
    assert!(matches!(approved, approve::Signed::Done(_)), "{approved:?}");
    stamped(&due.bench, &archive, &authority(&due.bench));
    let seal = sealed(prepare(&archive, transfer, &BaggedEark, SYSTEM_ACTOR, &mut |_, _| {}).unwrap());
    assert_eq!(seal.records.len(), 3);
    let medium = tempfile::tempdir().unwrap();
    let sent = send(&archive, transfer, (medium.path(), Way::Folder), SYSTEM_ACTOR, &mut |_, _| {}).unwrap();

    state.bench.later(due.bench.now() + 2_000 - state.bench.now());
    let accession = state.receive(&sent.path, &party);
    let kept = rows(&state.archive, &accession);
    assert_eq!(kept.len(), 3);
    for row in &kept {
        assert_eq!((row.outcome, row.reasons.as_slice()), (Outcome::Accepted, &[][..]), "{row:?}");
        let last = row.reference.unwrap();
        let at_agency: RecordId = row.record.parse().unwrap();
        let first = there[here.iter().position(|id| *id == at_agency).unwrap()];
        let main = |archive: &Archive, id| {
            let opened = access::open(archive, id, SYSTEM_ACTOR).unwrap();
            opened.read(opened.component("main.docx").unwrap()).unwrap()
        };
        assert_eq!(main(&state.archive, last), main(&unit, first), "byte for byte from the first");
        let manifest = access::open(&state.archive, last, SYSTEM_ACTOR).unwrap().manifest().unwrap();
        assert_eq!(manifest.transferred.unwrap().archive, archive.id(), "from whom it came here");
        // The hold of the first is at the last, with the whole of where it came from.
        let held = state.archive.index().holds_on(last).unwrap();
        assert_eq!(held.len(), usize::from(first == there[0]));
        for hold in held {
            let hold = holds::find(&state.archive, hold).unwrap();
            let basis = &hold.placing.basis;
            assert_eq!((hold.placing.owner.as_str(), hold.row.lifted), ("Прокуратура", None));
            assert!(basis.starts_with("№ 5 сұрау"), "{basis}");
            assert!(basis.contains(&unit.id().to_string()) && basis.contains(&archive.id().to_string()), "{basis}");
        }
        // What was added at the first is added at the last.
        let opened = access::open(&state.archive, last, SYSTEM_ACTOR).unwrap();
        assert_eq!(opened.component("marks/execution.txt").is_ok(), first == there[0]);
    }

    // Both archives sign, and the agency lets go what nothing keeps.
    let receipt = accession.receipt(&state.archive).unwrap();
    assert!(matches!(take(&archive, &receipt, &none, SYSTEM_ACTOR), Ok(Taken::Done(_))));
    let (answer, act) = accession.documents(&state.archive).unwrap().unwrap();
    let said = act.list.as_ref().expect("the act says what went over");
    assert_eq!((&said.number, said.reason), (&list.number, Reason::Early));
    assert_eq!(said.units.iter().map(|unit| (unit.accepted, unit.refused)).collect::<Vec<_>>(), [(1, 0), (2, 0)]);
    state.bench.later(2_000);
    let officer = &state.bench.office.stranger;
    let over = |bytes: &[u8]| vec![officer.sign_detached(bytes, at(state.bench.now()))];
    let both = (over(&answer.encode()), over(&act.encode()));
    let replied = reply(&state.archive, accession.id, (&both.0, &both.1), &none, SYSTEM_ACTOR).unwrap();
    assert!(matches!(replied, Signed::Done(_)), "{replied:?}");
    let answer = Accession::read(&state.archive, accession.id).unwrap().answer(&state.archive).unwrap().unwrap();
    due.bench.later(4_000);
    let taken = take(&archive, &answer, &none, SYSTEM_ACTOR).unwrap();
    assert!(matches!(taken, Taken::Done(_)), "{taken:?}");
    let act = signed(&office.approvers[0], &act.encode());
    let agreed = sign(&archive, transfer, &act, &none, SYSTEM_ACTOR).unwrap();
    assert!(matches!(agreed, Taken::Done(_)), "{agreed:?}");
    state.bench.later(due.bench.now() + 2_000 - state.bench.now());
    let act = act_answer(&archive, transfer).unwrap();
    let agreed = agree(&state.archive, accession.id, &act, &none, SYSTEM_ACTOR).unwrap();
    assert!(matches!(agreed, Signed::Done(_)), "{agreed:?}");
    due.bench.later(9 * DAY_MS);
    due.fresh(&archive);
    let drawn = draw_up_release(&archive, transfer).unwrap().encode();
    let by = [signed(&office.approvers[0], &drawn), signed(&office.clerk, &drawn)].concat();
    let released = release(&archive, transfer, &drawn, &by, &none, SYSTEM_ACTOR).unwrap();
    let Released::Done { released, kept: held, .. } = released else { panic!("{released:?}") };
    // The held one was left out when it was drawn up, or is kept now; two go.
    assert_eq!(released.iter().copied().collect::<BTreeSet<_>>(), here[1..].iter().copied().collect());
    assert!(held.is_empty() || held == [(here[0], Why::Held)], "{held:?}");
    assert_eq!(Case::read(&archive, transfer).unwrap().row.released.len(), 1);
    assert!(due.is_readable(&archive, here[0]), "a hold keeps it here too");

    // A stranger with the keys of all three finds the whole way proven, back to the first receipt.
    let keys = [archive.config().vkey.clone(), unit.config().vkey.clone()];
    state.bench.later(2_000);
    stamped(&state.bench, &state.archive, &authority(&state.bench));
    let last = |n: usize| {
        let row = kept.iter().find(|row| row.record == here[n].to_string()).unwrap();
        row.reference.unwrap()
    };
    for n in 0..3 {
        let (report, found) = way(&state, last(n), &keys);
        assert!(report.outcome() != Found::Failed, "{report:#?}");
        assert!(found.iter().all(|one| one.outcome == Found::Proven), "{found:#?}");
        let hops: Vec<&str> =
            found.iter().map(|one| one.detail.as_str()).filter(|one| one.contains("accepted there")).collect();
        assert_eq!(hops.len(), 2, "{found:#?}");
        assert!(hops[0].contains(&here[n].to_string()) && hops[0].contains(&archive.id().to_string()), "{hops:?}");
        assert!(hops[1].contains(&there[n].to_string()) && hops[1].contains(&unit.id().to_string()), "{hops:?}");
        let first = access::open(&unit, there[n], SYSTEM_ACTOR).unwrap().manifest().unwrap().validation.unwrap();
        assert!(hops[1].contains(&first.received.format("%Y-%m-%dT%H:%M").to_string()), "{hops:?}");
    }
    // Without the key of the first its part is not known; with another in its name all of it fails.
    let (_, found) = way(&state, last(1), &keys[..1]);
    assert!(
        found.iter().any(|one| one.outcome == Found::Undecided && one.detail.contains(&keys[1].name)),
        "{found:#?}"
    );
    assert!(found.iter().all(|one| one.outcome != Found::Failed), "{found:#?}");
    let forged = VerifierKey { public: keys[0].public, ..keys[1].clone() };
    let (report, _) = way(&state, last(1), &[keys[0].clone(), forged]);
    assert_eq!(report.outcome(), Found::Failed);
}

#[test]
fn a_hold_that_came_along_keeps_a_record_from_destruction() {
    let agency = Agency::new(["1", "1"]);
    let Agency { due, archive, here, .. } = &agency;
    let [held, other] = [due.files[0].0, due.files[1].0];
    let hold = archive.index().holds_on(here[0]).unwrap()[0];
    let plan = due.plan(archive);
    assert_eq!(plan.items.iter().map(|item| item.file).collect::<Vec<_>>(), [other]);
    assert_eq!((plan.kept.len(), plan.kept[0].file, plan.kept[0].hold), (1, held, hold));
    let asked = Proposing { files: vec![held], ..due.asked() };
    assert!(draft(archive, &asked, SYSTEM_ACTOR).is_err(), "nobody gets it into a plan by name");
    due.propose(archive, &plan);
    due.review(archive, &plan, &[]);
    due.approve(archive, &plan);
    due.go_to_open(archive, "2028-01-18");
    let Executed::Done { destroyed, kept, .. } = due.execute(archive, &plan).unwrap() else { panic!("nothing") };
    assert_eq!((destroyed.len(), destroyed[0].file, kept.len()), (1, other, 0));

    let Agency { due, archive, here, .. } = agency;
    archive.close().unwrap();
    let archive = due.bench.open();
    assert!(due.is_readable(&archive, here[0]) && !due.is_readable(&archive, here[1]));
    holds::lift(&archive, hold, "Іс аяқталды", SYSTEM_ACTOR).unwrap();
    let plan = due.plan(&archive);
    assert_eq!(plan.items.iter().map(|item| item.file).collect::<Vec<_>>(), [held]);
    due.propose(&archive, &plan);
    due.review(&archive, &plan, &[]);
    due.approve(&archive, &plan);
    due.go_to_open(&archive, "2028-01-26");
    let Executed::Done { destroyed, .. } = due.execute(&archive, &plan).unwrap() else { panic!("nothing") };
    assert_eq!((destroyed.len(), destroyed[0].file), (1, held));
    archive.close().unwrap();
    let archive = due.bench.open();
    assert!(!due.is_readable(&archive, here[0]));
    archive.close().unwrap();
}

#[test]
fn of_many_who_bring_the_same_package_one_is_first() {
    let world = World::new();
    let (party, folder) = (world.party(), tempfile::tempdir().unwrap());
    let (path, written) = world.write(folder.path(), 1, &BaggedEark);
    let (archive, before) = (&world.archive, world.archive.index_meta().records);
    let came: Vec<(Vec<u8>, Accession)> = std::thread::scope(|scope| {
        let one = || take_in(archive, source::open(&path).unwrap().as_ref(), &party);
        let all: Vec<_> = (0..4).map(|_| scope.spawn(one)).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let [accession] = &all(archive).unwrap()[..] else { panic!("not one") };
    assert_eq!((accession.digest, accession.stage()), (written.digest, Stage::Checked));
    for (receipt, one) in &came {
        assert_eq!((receipt, one.id), (&came[0].0, accession.id));
    }
    let kept = rows(archive, accession);
    assert!(kept.iter().all(|row| row.outcome == Outcome::Accepted), "{kept:?}");
    assert_eq!(kept.iter().map(|row| row.reference).collect::<BTreeSet<_>>().len(), 3);
    archive.wait_index().unwrap();
    assert_eq!(archive.index_meta().records - before, 3, "each once");
    let first = kept[0].reference.unwrap();
    assert_eq!(archive.index().holds_on(first).unwrap().len(), 1, "its hold once");
    assert_eq!(access::open(archive, first, SYSTEM_ACTOR).unwrap().row.parts.len(), 1, "what was added once");

    // Of two who sign, the second is told what the first did.
    let (said, act) = accession.documents(archive).unwrap().unwrap();
    world.receiver.later(2_000);
    let signature = |bytes: &[u8]| vec![world.receiver.office.stranger.sign_detached(bytes, at(world.receiver.now()))];
    let over = (signature(&said.encode()), signature(&act.encode()));
    let entries: BTreeSet<u64> = std::thread::scope(|scope| {
        let one = || match reply(archive, accession.id, (&over.0, &over.1), &Material::default(), SYSTEM_ACTOR) {
            Ok(Signed::Done(entry) | Signed::Held(entry)) => entry,
            other => panic!("{other:?}"),
        };
        let all: Vec<_> = (0..3).map(|_| scope.spawn(one)).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(entries.len(), 1);
}
