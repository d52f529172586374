//! A transfer that is cut off anywhere, on either side, comes to its end by the same commands, and to the same end.
//!
//! Goal: no failure, no full medium and no power cut loses a record, lets one go early, or makes anything twice; what the
//! other archive was told once stays as it was told, to the byte. Method: both sides are made once with real signatures
//! and put on media that fail; all commands of a side are run to count their operations, then once for every operation
//! and every way to fail it. On what a kill or a power cut leaves the command that was cut off is given again, then the
//! ones after it; what is there at the end is compared with a run that nothing disturbed.

use super::accession::World;
use super::bed::Bed;
use super::crash_destroy::Closed;
use super::signed::{Bench, DAY_MS, at};
use super::transfer::Sender;
use super::transfer_release::{Two, sealed};
use muragat::access;
use muragat::archive::Archive;
use muragat::error::{Error, ErrorCode};
use muragat::filing::handover::{elsewhere, under_way};
use muragat::filing::holds;
use muragat::ingest::signatures::add_shared;
use muragat::model::digest::sha256;
use muragat::model::id::RecordId;
use muragat::model::path::is_own;
use muragat::testing::{Failure, FaultPlan};
use muragat::tlog::commit::SYSTEM_ACTOR;
use muragat::transfer::accession::receive::{Begun, Options, begin, check};
use muragat::transfer::accession::respond::{Signed, agree, reply};
use muragat::transfer::accession::{Accession, all};
use muragat::transfer::answer::{Answer, AnswerKind};
use muragat::transfer::case::{Case, Stage};
use muragat::transfer::pack::format::BaggedEark;
use muragat::transfer::read::source::Folder;
use muragat::transfer::release::{Released, close, draw_up as draw_up_release, release};
use muragat::transfer::reply::{Outcome, Row};
use muragat::transfer::seal::prepare;
use muragat::transfer::select::Reason;
use muragat::transfer::send::{Way, send};
use muragat::transfer::take::{Taken, act_answer, sign, take};
use muragat::transfer::{approve, case, list, party};
use muragat::verify::material::Material;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use tempfile::TempDir;

/// Between two commands: whoever signs does so later than what he signs was drawn up.
const MOMENT_MS: u64 = 10_000;

/// What was told outside, and is told in the same bytes for ever.
#[derive(Default)]
struct Told {
    /// Commands that were acknowledged.
    done: usize,
    said: BTreeMap<&'static str, Vec<u8>>,
    /// What was made outside for a command, and is brought to it again when it is repeated.
    made: BTreeMap<&'static str, Vec<Vec<u8>>>,
    transfer: Option<RecordId>,
    medium: Option<TempDir>,
}

impl Told {
    fn hear(&mut self, what: &'static str, bytes: Vec<u8>) {
        let first = self.said.entry(what).or_insert_with(|| bytes.clone());
        assert!(*first == bytes, "{what} was told in other bytes before");
    }

    fn made(&mut self, what: &'static str, make: impl FnOnce() -> Vec<Vec<u8>>) -> Vec<Vec<u8>> {
        self.made.entry(what).or_insert_with(make).clone()
    }
}

/// One side of a transfer, with all its commands in their order.
trait Side {
    /// When the command of this number is given.
    fn time(&self, step: usize) -> u64;
    /// How many there are.
    fn commands(&self) -> usize;
    fn closed(&self) -> &Closed;
    /// Gives the command of this number, as often as it is needed.
    fn command(&self, archive: Archive, step: usize, told: &mut Told) -> Result<(), Error>;
    /// What is there at the end, without what is drawn at random.
    fn state(&self, archive: &Archive, told: &Told) -> Value;

    /// All commands from the first one that was not acknowledged.
    fn run(&self, bed: &Bed, told: &mut Told) -> Result<(), Error> {
        while told.done < self.commands() {
            let archive = bed.open_at(self.time(told.done))?;
            archive.tune(20_000, 4);
            self.command(archive, told.done, told)?;
            told.done += 1;
        }
        Ok(())
    }

    /// Opens what a crash left, and brings it to its end.
    fn ends(&self, bed: &Bed, mut told: Told, whole: &Value, at: &str) {
        let archive = bed.open_at(self.time(told.done)).unwrap_or_else(|e| panic!("{at}: does not open: {e}"));
        let report = bed.audit();
        assert!(report.is_clean(), "{at}: {:?}", report.findings);
        drop(archive);
        self.run(bed, &mut told).unwrap_or_else(|e| panic!("{at}: {} does not go on: {e}", told.done));
        let archive = bed.open_at(self.time(self.commands())).unwrap();
        assert_eq!(self.state(&archive, &told), *whole, "{at}");
        archive.close().unwrap();
        let report = bed.audit();
        assert!(report.is_clean(), "{at}, afterwards: {:?}", report.findings);
    }

    /// What a run comes to that nothing disturbs, with how many operations.
    fn whole(&self) -> (Value, u64) {
        let count = FaultPlan::count_only();
        let bed = self.closed().bed(&count);
        let mut told = Told::default();
        self.run(&bed, &mut told).unwrap();
        let operations = count.operations();
        let archive = bed.open_at(self.time(self.commands())).unwrap();
        let whole = self.state(&archive, &told);
        drop(archive);
        assert!(bed.audit().is_clean());
        (whole, operations)
    }

    /// Fails each operation, and looks at what becomes of it. Gives how many operations and crashes.
    fn fails(&self) -> (u64, u64) {
        let (whole, operations) = self.whole();
        assert!(operations > 40, "too few operations to prove much: {operations}");
        let mut crashes = 0;
        for operation in 0..operations {
            for (n, failure) in (0..).zip(Failure::ALL) {
                let plan = FaultPlan::fail_at(operation, failure);
                let (bed, mut told) = (self.closed().bed(&plan), Told::default());
                let result = self.run(&bed, &mut told);
                let at = format!("operation {operation} of {operations} ({:?}), {failure:?}", plan.log().last());
                // Threads may need an operation less in one run than in another; then nothing failed.
                assert!(result.is_err() || !plan.is_dead(), "{at}: a failure was swallowed");
                let at = format!("{at}, {result:?}");
                match (operation + n) % 2 {
                    0 => self.ends(&bed.power_cut(operation), told, &whole, &format!("{at}, power cut")),
                    _ => self.ends(&bed.killed(), told, &whole, &format!("{at}, killed")),
                }
                crashes += 1;
            }
        }
        (operations, crashes)
    }
}

/// How many entries there are of kinds that begin so: what is said twice is counted.
fn kinds(archive: &Archive, of: &[&str]) -> BTreeMap<&'static str, u64> {
    let mut counts = BTreeMap::new();
    for entry in 0..archive.head().size {
        let kind = archive.leaf(entry).unwrap().act.as_str();
        if of.iter().any(|begin| kind.starts_with(begin)) {
            *counts.entry(kind).or_default() += 1;
        }
    }
    counts
}

/// The archive that takes in: three records, the first of them amended and held.
struct Receiving {
    closed: Closed,
    receiver: Bench,
    sending: Archive,
    _sender: Bench,
    package: (TempDir, PathBuf),
}

impl Receiving {
    fn new() -> Self {
        let world = World::new();
        world.party();
        let folder = tempfile::tempdir().unwrap();
        let (path, _) = world.write(folder.path(), 1, &BaggedEark);
        let World { sender, sending, receiver, archive, .. } = world;
        receiver.later(MOMENT_MS);
        let closed = Closed::of_bench(&receiver, archive);
        Self { closed, receiver, sending, _sender: sender, package: (folder, path) }
    }

    fn signed(&self, step: usize, bytes: &[u8]) -> Vec<u8> {
        self.receiver.office.stranger.sign_detached(bytes, at(self.time(step)))
    }

    fn receive(&self, archive: &Archive, told: &mut Told) -> Result<(), Error> {
        let party = party::find(archive, "sender-1")?;
        let source = Folder::open(&self.package.1).unwrap();
        let Begun::Received(coming) = begin(archive, &source, &party, SYSTEM_ACTOR, &mut |_, _| {})? else {
            panic!("not whole")
        };
        told.hear("receipt", coming.receipt.clone());
        let stop = AtomicBool::new(false);
        let options = Options { actor: SYSTEM_ACTOR, profile: None, representation: None, threads: 1, stop: &stop };
        let accession = check(archive, &coming, &options, &|_, _| {})?.expect("nobody stopped it");
        let (reply, act) = accession.documents(archive)?.expect("it is checked");
        told.hear("reply", reply.encode());
        told.hear("act", act.encode());
        Ok(())
    }

    fn reply(&self, archive: &Archive, told: &mut Told) -> Result<(), Error> {
        let id = all(archive)?[0].id;
        let (over_reply, over_act) = (told.said["reply"].clone(), told.said["act"].clone());
        let made = told.made("signatures", || [over_reply, over_act].map(|bytes| self.signed(1, &bytes)).to_vec());
        let signed = reply(archive, id, (&made[..1], &made[1..]), &Material::default(), SYSTEM_ACTOR)?;
        assert!(matches!(signed, Signed::Done(_) | Signed::Held(_)), "{signed:?}");
        told.hear("answer", Accession::read(archive, id)?.answer(archive)?.expect("it is signed"));
        Ok(())
    }

    fn agree(&self, archive: &Archive, told: &mut Told) -> Result<(), Error> {
        let accession = all(archive)?.remove(0);
        let act = told.said["act"].clone();
        let answer = told.made("act answer", || {
            let signature = self.receiver.office.official.sign_detached(&act, at(self.time(2)));
            let answer = Answer {
                kind: AnswerKind::Act,
                by: self.sending.id(),
                to: archive.id(),
                package: accession.package.clone(),
                digest: accession.digest,
                transfer: accession.transfer,
                accession: accession.id,
                time: self.time(2),
                files: vec![("act-sender-1.p7s".to_owned(), signature), ("act.json".to_owned(), act)],
            };
            vec![answer.sign(&self.sending.answer_key().unwrap())]
        });
        let signed = agree(archive, accession.id, &answer[0], &Material::default(), SYSTEM_ACTOR)?;
        assert!(matches!(signed, Signed::Done(_) | Signed::Held(_)), "{signed:?}");
        Ok(())
    }
}

impl Side for Receiving {
    fn time(&self, step: usize) -> u64 {
        self.receiver.now() + MOMENT_MS * step as u64
    }

    fn commands(&self) -> usize {
        3
    }

    fn closed(&self) -> &Closed {
        &self.closed
    }

    fn command(&self, archive: Archive, step: usize, told: &mut Told) -> Result<(), Error> {
        match step {
            0 => self.receive(&archive, told)?,
            1 => self.reply(&archive, told)?,
            _ => self.agree(&archive, told)?,
        }
        archive.close()
    }

    fn state(&self, archive: &Archive, told: &Told) -> Value {
        let accessions = all(archive).unwrap();
        assert_eq!(accessions.len(), 1);
        let (reply, act) = accessions[0].documents(archive).unwrap().unwrap();
        assert_eq!(told.said["reply"], reply.encode());
        assert_eq!(told.said["answer"], accessions[0].answer(archive).unwrap().unwrap());
        let record = |row: &Row| {
            let id = row.reference.unwrap();
            let opened = access::open(archive, id, SYSTEM_ACTOR).unwrap();
            let component = |one: &muragat::index::rows::ComponentRow| {
                let digest = sha256(&opened.read(one).unwrap());
                // What the archive adds itself names times and ids of its own.
                let digest = if is_own(&one.path) { String::new() } else { digest.to_string() };
                json!([one.path, one.role().as_str(), digest])
            };
            let hold = |id: &RecordId| {
                let found = holds::find(archive, *id).unwrap();
                json!([found.placing.owner, found.placing.reason, found.placing.basis, found.row.lifted])
            };
            let manifest = opened.manifest().unwrap();
            let transferred = manifest.transferred.unwrap();
            assert_eq!(transferred.accession, accessions[0].id);
            json!({
                "from": transferred.record, "row": row.record, "digest": row.digest.to_string(),
                "outcome": row.outcome.as_str(), "reasons": row.reasons.len(), "additions": opened.row.parts.len(),
                "components": opened.row.components.iter().map(component).collect::<Value>(),
                "holds": archive.index().holds_on(id).unwrap().iter().map(hold).collect::<Value>(),
                "verdict": manifest.validation.map(|one| (one.verdict.as_str(), one.received.to_rfc3339())),
            })
        };
        json!({
            "stage": accessions[0].stage().as_str(), "act": act.number, "counts": [act.accepted, act.refused],
            "records": archive.index_meta().records, "rows": reply.rows.iter().map(record).collect::<Value>(),
            "entries": kinds(archive, &["accession.", "record.accepted", "record.amended", "hold."]),
        })
    }
}

#[test]
fn an_accession_that_is_cut_off_comes_to_the_same_end() {
    let side = Receiving::new();
    let (whole, _) = side.whole();
    assert_eq!((&whole["stage"], &whole["counts"]), (&json!("agreed"), &json!([3, 0])));
    assert_eq!(whole["rows"][0]["holds"].as_array().unwrap().len(), 1);
    assert_eq!(whole["rows"][0]["additions"], 1);
    assert_eq!(whole["entries"]["accession.checked"], 1);
    let (operations, crashes) = side.fails();
    println!("{operations} operations, {crashes} crashes");
}

#[test]
fn a_medium_that_is_full_for_a_while_takes_a_package_in_once() {
    let side = Receiving::new();
    let (whole, operations) = side.whole();
    for operation in 0..operations {
        // One operation fails; the process lives on, meets an archive that writes no more, and ends with its code.
        let plan = FaultPlan::fail_at_then(operation, Failure::NotDone, false);
        let (bed, mut told) = (side.closed().bed(&plan), Told::default());
        let result = side.run(&bed, &mut told);
        let at = format!("operation {operation} of {operations}, {result:?}");
        if let Err(e) = &result {
            assert!(matches!(e.code, ErrorCode::StoIo | ErrorCode::StoLatched), "{at}");
        }
        // There is room again: the same medium, another process.
        side.ends(&bed, told, &whole, &at);
    }
}

/// The archive that hands over two records, of which the other one keeps the first.
struct Sending {
    closed: Closed,
    start: u64,
    two: std::cell::RefCell<Two>,
}

/// Commands of the sender, in their order.
const COMMANDS: [&str; 11] =
    ["select", "draw up", "approve", "prepare", "send", "receipt", "reply", "sign", "release", "compact", "close"];
/// From this one on the days of cooling off are over.
const RELEASE: usize = 8;

impl Sending {
    fn new() -> Self {
        let two = Two::known(Sender::new());
        two.ready();
        let Two { sender, archive, state, transfer, folder } = two;
        sender.due.bench.later(MOMENT_MS);
        let closed = Closed::of(&sender.due, archive);
        let start = sender.due.bench.now();
        // Of the same id, with the same keys: the answers of the other archive are made with it.
        let archive = sender.due.bench.open();
        Self { closed, start, two: Two { sender, archive, state, transfer, folder }.into() }
    }

    fn try_command(&self, archive: &Archive, step: usize, told: &mut Told) -> Result<(), Error> {
        let mut two = self.two.borrow_mut();
        two.sender.due.bench.clock.0.store(self.time(step), Ordering::SeqCst);
        two.transfer = told.transfer.unwrap_or(two.transfer);
        let (office, id) = (&two.sender.due.bench.office, two.transfer);
        let signed = |who, bytes: &[u8]| two.sender.due.signed(who, bytes);
        let none = Material::default();
        let case = || Case::read(archive, id);
        match COMMANDS[step] {
            "select" => {
                let files = [two.sender.file(0), two.sender.file(1)];
                let selected = match two.sender.select(archive, Reason::Early, &files) {
                    // It says by which transfer they are taken.
                    Err(e) if e.code == ErrorCode::TrfTaken => case::all(archive)?[0].id,
                    other => other?,
                };
                told.transfer = Some(selected);
            }
            "draw up" => {
                let list = match case()?.list(archive)? {
                    Some(list) => list,
                    None => list::draw_up(archive, id, SYSTEM_ACTOR)?.0,
                };
                told.hear("list", list.encode());
            }
            "approve" => {
                let list = told.said["list"].clone();
                let made = told.made("approval", || vec![signed(&office.commission[0], &list)]);
                let approved = approve::approve(archive, id, &made, &none, SYSTEM_ACTOR)?;
                assert!(matches!(approved, approve::Signed::Done(_)), "{approved:?}");
            }
            "prepare" => {
                let prepared = prepare(archive, id, &BaggedEark, SYSTEM_ACTOR, &mut |_, _| {})?;
                told.hear("seal", sealed(prepared).encode());
            }
            "send" => {
                let medium = told.medium.get_or_insert_with(|| tempfile::tempdir().unwrap()).path().to_owned();
                let sent = send(archive, id, (&medium, Way::Folder), SYSTEM_ACTOR, &mut |_, _| {})?;
                assert_eq!(sent.digest, case()?.seal(archive)?.digest);
            }
            "receipt" => {
                let seal = case()?.seal(archive)?;
                let made = told.made("receipt", || vec![two.receipt(&seal)]);
                assert!(matches!(take(archive, &made[0], &none, SYSTEM_ACTOR)?, Taken::Done(_)));
            }
            "reply" => {
                let seal = case()?.seal(archive)?;
                let made = told.made("reply", || {
                    vec![two.replying(&seal, &two.reply(&seal, [Outcome::Accepted, Outcome::Refused]))]
                });
                assert!(matches!(take(archive, &made[0], &none, SYSTEM_ACTOR)?, Taken::Done(_)));
            }
            "sign" => {
                let act = case()?.replied(archive)?.act.encode();
                let made = told.made("act", || vec![signed(&office.approvers[0], &act)]);
                let taken = sign(archive, id, &made, &none, SYSTEM_ACTOR)?;
                assert!(matches!(taken, Taken::Done(_)), "{taken:?}");
                told.hear("act answer", act_answer(archive, id)?);
            }
            "release" => {
                let mut material = Material::default();
                material.add_file(&office.crl(self.time(step), &[])).unwrap();
                add_shared(archive, &material, SYSTEM_ACTOR)?;
                if !told.made.contains_key("release") {
                    let drawn = draw_up_release(archive, id)?.encode();
                    let signatures = two.both().map(|who| signed(who, &drawn));
                    told.made.insert("release", [&[drawn][..], &signatures[..]].concat());
                }
                let made = &told.made["release"];
                let done = release(archive, id, &made[0], &made[1..], &none, SYSTEM_ACTOR)?;
                let Released::Done { released, kept, .. } = done else { panic!("{done:?}") };
                assert_eq!((released, kept.len()), (vec![two.record(0)], 0));
            }
            _ => {
                close(archive, id, SYSTEM_ACTOR)?;
            }
        }
        Ok(())
    }
}

impl Side for Sending {
    fn time(&self, step: usize) -> u64 {
        self.start + MOMENT_MS * step as u64 + if step >= RELEASE { 9 * DAY_MS } else { 0 }
    }

    fn commands(&self) -> usize {
        COMMANDS.len()
    }

    fn closed(&self) -> &Closed {
        &self.closed
    }

    fn command(&self, archive: Archive, step: usize, told: &mut Told) -> Result<(), Error> {
        if COMMANDS[step] == "compact" {
            return archive.compact(SYSTEM_ACTOR).map(drop);
        }
        self.try_command(&archive, step, told)?;
        archive.close()
    }

    fn state(&self, archive: &Archive, told: &Told) -> Value {
        let cases = case::all(archive).unwrap();
        assert_eq!((cases.len(), Some(cases[0].id)), (1, told.transfer));
        assert_eq!(told.said["seal"], cases[0].seal(archive).unwrap().encode());
        assert_eq!(told.said["act answer"], act_answer(archive, cases[0].id).unwrap());
        let two = self.two.borrow();
        let (gone, stays) = (two.record(0), two.record(1));
        let opened = access::open(archive, stays, SYSTEM_ACTOR).unwrap();
        let main = opened.read(opened.component("main.docx").unwrap()).unwrap();
        let there = elsewhere(archive, gone).unwrap().unwrap();
        let mut entries = kinds(archive, &["transfer.", "record.", "file."]);
        // Each medium is said: who does not know whether it was said, says it again.
        assert!(entries.remove("transfer.sent") >= Some(1));
        json!({
            "stage": cases[0].stage().as_str(), "released": cases[0].row.released.len(),
            "gone": access::open(archive, gone, SYSTEM_ACTOR).map(drop).unwrap_err().code.as_str(),
            "there": there.reference.map(|id| id.to_string()), "act": there.act, "stays": sha256(&main).to_string(),
            "under way": under_way(archive).unwrap().len(), "records": archive.index_meta().records,
            "entries": entries,
        })
    }
}

#[test]
fn a_transfer_that_is_cut_off_comes_to_the_same_end() {
    let side = Sending::new();
    let (whole, _) = side.whole();
    assert_eq!((&whole["stage"], &whole["gone"]), (&json!(Stage::Closed.as_str()), &json!("ARC-008")));
    assert_eq!(whole["entries"]["record.released"], 1);
    let (operations, crashes) = side.fails();
    println!("{operations} operations, {crashes} crashes");
}

/// Nothing is let go while something of it is not durable: whatever fails before the release, both records are here.
#[test]
fn nothing_goes_before_its_release_whatever_fails() {
    let side = Sending::new();
    let count = FaultPlan::count_only();
    let (bed, mut told) = (side.closed().bed(&count), Told::default());
    while told.done < RELEASE {
        side.command(bed.open_at(side.time(told.done)).unwrap(), told.done, &mut told).unwrap();
        told.done += 1;
    }
    let (before, ready) = (count.operations(), bed.killed());
    side.command(bed.open_at(side.time(RELEASE)).unwrap(), RELEASE, &mut told).unwrap();
    let operations = count.operations() - before;
    for operation in 0..operations {
        let plan = FaultPlan::fail_at(operation, Failure::ALL[usize::try_from(operation).unwrap() % 3]);
        let bed = ready.killed_under(&plan);
        let mut again = Told { transfer: told.transfer, ..Told::default() };
        let released = bed.open_at(side.time(RELEASE)).and_then(|archive| side.command(archive, RELEASE, &mut again));
        let at = format!("operation {operation} of {operations}, {released:?}");
        for bed in [bed.killed(), bed.power_cut(operation)] {
            let archive = bed.open_at(side.time(RELEASE)).unwrap_or_else(|e| panic!("{at}: {e}"));
            let case = Case::read(&archive, told.transfer.unwrap()).unwrap();
            let two = side.two.borrow();
            let read = access::open(&archive, two.record(0), SYSTEM_ACTOR).map(drop);
            match case.row.released.len() {
                0 => assert!(read.is_ok() && released.is_err(), "{at}: {read:?}"),
                _ => assert_eq!(read.unwrap_err().code, ErrorCode::ArcHandedOver, "{at}"),
            }
            assert!(access::open(&archive, two.record(1), SYSTEM_ACTOR).is_ok(), "{at}");
        }
    }
    println!("{before} operations before the release, all {operations} of it failed");
}
