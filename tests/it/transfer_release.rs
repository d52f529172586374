//! Sealing, sending, answers of the other archive, the act of both, and letting go.
//!
//! Goal: nothing leaves without an entry that says so, no answer counts that is not the expected archive's about this
//! very package, and an original goes only when every condition of the gate is so, record by record. Method: real
//! signatures and a clock that is moved; the other archive is another one with a key of its own, whose answers are
//! made here, so that each of them can be wrong in one thing.

use super::bundle::stamped;
use super::disposal::placing;
use super::evidence::{authority, policy};
use super::signed::{AGENCY, Bench, DAY_MS, at};
use super::transfer::Sender;
use muragat::access;
use muragat::archive::{Archive, InitOptions};
use muragat::audit::{Options as AuditOptions, audit};
use muragat::cli::samples::signer::Signer;
use muragat::config::{Config, MeansKept};
use muragat::error::{Error, ErrorCode};
use muragat::filing::files;
use muragat::filing::handover::{elsewhere, under_way};
use muragat::filing::holds;
use muragat::index::filing::HoldTarget;
use muragat::ingest::issue::{Issued, Subject, find, sign};
use muragat::model::digest::sha256;
use muragat::model::id::{ArchiveId, RecordId};
use muragat::store::local::LocalDisk;
use muragat::tlog::commit::SYSTEM_ACTOR;
use muragat::tlog::leaf::ActKind;
use muragat::transfer::act::{Act, ActList};
use muragat::transfer::answer::{Answer, AnswerKind, NoAnswer};
use muragat::transfer::case::{Case, Stage, is_late, overdue, receipt_due};
use muragat::transfer::certificate;
use muragat::transfer::pack::format::{BaggedEark, TransferFormat};
use muragat::transfer::read::check::finding::Outcome as Judged;
use muragat::transfer::read::check::judge;
use muragat::transfer::read::source::Folder;
use muragat::transfer::release::{Release, Released, Why, awaits, close, draw_up as draw_up_release, open, release};
use muragat::transfer::reply::{About, Outcome, Reason as Fault, Reply, Row};
use muragat::transfer::seal::{Prepared, Seal, prepare};
use muragat::transfer::select::Reason;
use muragat::transfer::send::{Sent, Way, send};
use muragat::transfer::take::{Taken, act_answer, sign as sign_act, take};
use muragat::transfer::{approve, list, pack};
use muragat::verify::material::Material;
use std::path::Path;
use tempfile::TempDir;

const ACCESSION: RecordId = RecordId([7; 16]);

/// Two permanent files of one record each, approved to be handed over to another archive, and that archive.
pub(crate) struct Two {
    pub(crate) sender: Sender,
    pub(crate) archive: Archive,
    pub(crate) state: Archive,
    pub(crate) transfer: RecordId,
    pub(crate) folder: TempDir,
}

fn issue(bench: &Bench, archive: &Archive, record: RecordId) {
    let subject = Subject::Record(record);
    let prepared = find(archive, subject, SYSTEM_ACTOR).unwrap();
    let signature = bench.office.clerk.sign_detached(&prepared.bytes, at(bench.now()));
    let issued = sign(archive, subject, &signature, None, SYSTEM_ACTOR, SYSTEM_ACTOR).unwrap();
    assert!(matches!(issued, Issued::Done { .. }), "{issued:?}");
    archive.wait_index().unwrap();
}

fn code<T: std::fmt::Debug>(result: Result<T, Error>) -> ErrorCode {
    result.unwrap_err().code
}

pub(crate) fn sealed(prepared: Prepared) -> Seal {
    match prepared {
        Prepared::Done(_, seal) => *seal,
        Prepared::NotReady(lacks) => panic!("{lacks:?}"),
    }
}

/// What an act of both archives says of the list of this package.
fn listed(seal: &Seal, reply: &Reply) -> Option<ActList> {
    ActList::of(&serde_json::Value::Object(seal.plan.inventory.clone()), reply)
}

impl Two {
    /// Up to the approval of the list.
    fn approved() -> Self {
        Self::of(Sender::new())
    }

    pub(crate) fn of(parts: (Sender, Archive)) -> Self {
        let mut two = Self::known(parts);
        let (sender, archive) = (&two.sender, &two.archive);
        let transfer = sender.select(archive, Reason::Early, &[sender.file(0), sender.file(1)]).unwrap();
        let (list, _) = list::draw_up(archive, transfer, SYSTEM_ACTOR).unwrap();
        let approved = sender.approve(archive, transfer, &list.encode(), &[&two.office().commission[0]]).unwrap();
        assert!(matches!(approved, approve::Signed::Done(_)), "{approved:?}");
        two.transfer = transfer;
        two
    }

    /// The other archive is adopted; there is no transfer yet.
    pub(crate) fn known((sender, archive): (Sender, Archive)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = InitOptions { means: MeansKept::None, ..InitOptions::default() };
        let clock = sender.due.bench.clock.clone();
        let state = Archive::create(&folder.path().join("state"), &options, clock).unwrap();
        let file = super::transfer::party_file(&archive, &sender.due.today().to_string(), "state_archive")
            .replace(&"09".repeat(32), &hex::encode(state.answer_key().unwrap().public()))
            .replace("00000000000000000000000000000001", &state.config().archive_id.to_string());
        let office = &sender.due.bench.office;
        sender.adopt(&archive, &file, &[&office.approvers[0], &office.commission[0]]).unwrap();
        Self { sender, archive, state, transfer: RecordId([0; 16]), folder }
    }

    /// Up to the package, which was written to a medium.
    fn sent() -> (Self, Seal) {
        let two = Self::approved();
        let seal = two.go_out();
        (two, seal)
    }

    fn go_out(&self) -> Seal {
        self.ready();
        let seal = sealed(self.prepare().unwrap());
        self.send(Way::Folder).unwrap();
        seal
    }

    /// Up to the act of both, with this said of each record.
    pub(crate) fn agreed(outcomes: [Outcome; 2]) -> (Self, Seal) {
        let two = Self::approved();
        let seal = two.agree(outcomes);
        (two, seal)
    }

    pub(crate) fn agree(&self, outcomes: [Outcome; 2]) -> Seal {
        let seal = self.go_out();
        assert!(matches!(self.take(&self.receipt(&seal)), Ok(Taken::Done(_))));
        let reply = self.reply(&seal, outcomes);
        assert!(matches!(self.take(&self.replying(&seal, &reply)), Ok(Taken::Done(_))));
        let signed = self.sign(&[&self.office().approvers[0]]).unwrap();
        assert!(matches!(signed, Taken::Done(_)), "{signed:?}");
        seal
    }

    pub(crate) fn bench(&self) -> &Bench {
        &self.sender.due.bench
    }

    pub(crate) fn office(&self) -> &super::signed::Office {
        &self.bench().office
    }

    pub(crate) fn record(&self, n: usize) -> RecordId {
        self.sender.due.files[n].1
    }

    fn stage(&self) -> Stage {
        Case::read(&self.archive, self.transfer).unwrap().stage()
    }

    /// Receipts are issued, and everything is stamped.
    pub(crate) fn ready(&self) {
        (0..2).for_each(|n| issue(self.bench(), &self.archive, self.record(n)));
        self.bench().adopt(&self.archive, &policy(self.bench()));
        stamped(self.bench(), &self.archive, &authority(self.bench()));
    }

    pub(crate) fn prepare(&self) -> Result<Prepared, Error> {
        prepare(&self.archive, self.transfer, &BaggedEark, SYSTEM_ACTOR, &mut |_, _| {})
    }

    pub(crate) fn send(&self, way: Way) -> Result<Sent, Error> {
        send(&self.archive, self.transfer, (self.folder.path(), way), SYSTEM_ACTOR, &mut |_, _| {})
    }

    pub(crate) fn take(&self, answer: &[u8]) -> Result<Taken, Error> {
        take(&self.archive, answer, &Material::default(), SYSTEM_ACTOR)
    }

    pub(crate) fn sign(&self, who: &[&Signer]) -> Result<Taken, Error> {
        self.bench().later(2_000);
        let act = Case::read(&self.archive, self.transfer)?.replied(&self.archive)?.act.encode();
        let signatures: Vec<Vec<u8>> = who.iter().map(|who| self.sender.due.signed(who, &act)).collect();
        sign_act(&self.archive, self.transfer, &signatures, &Material::default(), SYSTEM_ACTOR)
    }

    fn answer(&self, kind: AnswerKind, seal: &Seal, files: Vec<(String, Vec<u8>)>) -> Answer {
        Answer {
            kind,
            by: self.state.config().archive_id,
            to: self.archive.config().archive_id,
            package: seal.name(),
            digest: seal.digest,
            transfer: Some(self.transfer),
            accession: ACCESSION,
            time: self.bench().now(),
            files,
        }
    }

    fn signed(&self, answer: &Answer) -> Vec<u8> {
        answer.sign(&self.state.answer_key().unwrap())
    }

    pub(crate) fn receipt(&self, seal: &Seal) -> Vec<u8> {
        self.signed(&self.answer(AnswerKind::Receipt, seal, Vec::new()))
    }

    pub(crate) fn reply(&self, seal: &Seal, outcomes: [Outcome; 2]) -> Reply {
        let about = About {
            from: self.archive.config().archive_id,
            to: self.state.config().archive_id,
            package: seal.name(),
            digest: seal.digest,
            transfer: Some(self.transfer),
            accession: ACCESSION,
            time: self.bench().now(),
            is_test: self.archive.is_test(),
        };
        let row = |(one, outcome): (&muragat::transfer::seal::SealedRecord, Outcome)| Row {
            record: one.record.to_string(),
            digest: one.digest,
            outcome,
            reasons: if outcome == Outcome::Accepted { vec![] } else { vec![(Fault::Requisite, "card".into())] },
            reference: (outcome != Outcome::Refused).then(|| RecordId([one.record.0[0]; 16])),
        };
        Reply { about, rows: seal.records.iter().zip(outcomes).map(row).collect() }
    }

    fn act(&self, seal: &Seal, reply: &Reply) -> Act {
        let (accepted, refused) = reply.counts();
        Act {
            about: reply.about.clone(),
            number: "2028-4".into(),
            from: ("Үлгі мекеме".into(), "000000000100".into()),
            to: "Үлгі мемлекеттік архиві".into(),
            reply: sha256(&reply.encode()),
            accepted,
            refused,
            list: listed(seal, reply),
        }
    }

    /// A reply with its act, both signed by an officer of the other body.
    pub(crate) fn replying(&self, seal: &Seal, reply: &Reply) -> Vec<u8> {
        self.replying_by(seal, (reply, &self.act(seal, reply)), &self.office().sender[0])
    }

    fn replying_by(&self, seal: &Seal, (reply, act): (&Reply, &Act), who: &Signer) -> Vec<u8> {
        let (reply, act) = (reply.encode(), act.encode());
        let over = |bytes: &[u8]| self.sender.due.signed(who, bytes);
        let files = vec![
            ("act-1.p7s".to_owned(), over(&act)),
            ("act.json".to_owned(), act),
            ("reply-1.p7s".to_owned(), over(&reply)),
            ("reply.json".to_owned(), reply),
        ];
        self.signed(&self.answer(AnswerKind::Reply, seal, files))
    }

    /// The days of cooling off go by.
    pub(crate) fn cool(&self, days: u64) {
        self.bench().later(days * DAY_MS);
        self.sender.due.fresh(&self.archive);
    }

    pub(crate) fn drawn(&self) -> Release {
        draw_up_release(&self.archive, self.transfer).unwrap()
    }

    pub(crate) fn release(&self, file: &[u8], who: &[&Signer]) -> Result<Released, Error> {
        self.bench().later(2_000);
        let signatures: Vec<Vec<u8>> = who.iter().map(|who| self.sender.due.signed(who, file)).collect();
        release(&self.archive, self.transfer, file, &signatures, &Material::default(), SYSTEM_ACTOR)
    }

    pub(crate) fn both(&self) -> [&Signer; 2] {
        [&self.office().approvers[0], &self.office().clerk]
    }

    /// Opens the archive anew, as the program does after keys were erased.
    pub(crate) fn reopened(self) -> Self {
        let Self { sender, archive, state, transfer, folder } = self;
        archive.close().unwrap();
        let archive = sender.due.bench.open();
        Self { sender, archive, state, transfer, folder }
    }

    pub(crate) fn compacted(self) -> Self {
        let Self { sender, archive, state, transfer, folder } = self;
        archive.compact(SYSTEM_ACTOR).unwrap();
        let archive = sender.due.bench.open();
        Self { sender, archive, state, transfer, folder }
    }

    pub(crate) fn audit_is_clean(self) {
        let root = self.bench().root();
        self.archive.close().unwrap();
        let config = Config::load(&root).unwrap();
        let disk = LocalDisk::open(&root, muragat::store::local::Erasing::Vault).unwrap();
        let options = AuditOptions { every_byte: true, threads: 2 };
        let report = audit(&disk, &config, None, None, options, &|_, _| {}).unwrap();
        assert!(report.is_clean(), "{report:?}");
    }
}

fn kinds(archive: &Archive, owner: RecordId) -> Vec<ActKind> {
    let newest = archive.index().heads().unwrap().into_iter().find(|(id, _)| *id == owner);
    let newest = newest.and_then(|(_, heads)| heads.of(muragat::tlog::leaf::Chain::Custody).newest);
    archive.chain(owner, newest).unwrap().into_iter().map(|(_, leaf)| leaf.act).collect()
}

#[test]
fn records_go_from_one_archive_to_another_and_are_let_go() {
    let two = Two::approved();
    // Nothing is stamped yet, and nobody has signed the receipts.
    let Prepared::NotReady(lacks) = two.prepare().unwrap() else { panic!("it is ready") };
    let lacks: Vec<pack::write::Lack> = lacks.iter().map(|lack| lack.lack).collect();
    assert!(lacks.contains(&pack::write::Lack::NotStamped) && lacks.contains(&pack::write::Lack::ReceiptNotIssued));
    assert_eq!(code(two.send(Way::Folder)), ErrorCode::TrfStage);
    two.ready();
    let seal = sealed(two.prepare().unwrap());
    assert_eq!(sealed(two.prepare().unwrap()), seal, "one package for one transfer, whoever asks again");
    assert_eq!((two.stage(), seal.form.as_str(), seal.records.len()), (Stage::Sealed, BaggedEark.word(), 2));
    assert_eq!(Seal::decode(&seal.encode()).as_ref(), Some(&seal));
    assert!(kinds(&two.archive, two.record(0)).contains(&ActKind::RecordPacked), "said before a byte leaves");

    // A medium, the same medium again, and another one.
    let sent = two.send(Way::Folder).unwrap();
    assert_eq!((sent.digest, sent.was_there), (seal.digest, false));
    let judged = judge(&Folder::open(&sent.path).unwrap(), None, &mut |_, _| {}).unwrap();
    assert!(matches!(judged.report.outcome(), Judged::Proven | Judged::Noted), "{:?}", judged.report.findings);
    assert!(two.send(Way::Folder).unwrap().was_there);
    assert!(!two.send(Way::Tar).unwrap().was_there);
    assert!(two.send(Way::Tar).unwrap().was_there);
    std::fs::write(sent.path.join("bag-info.txt"), "changed").unwrap();
    assert_eq!(code(two.send(Way::Folder)), ErrorCode::TrfOther, "somebody changed the medium");
    assert_eq!(two.stage(), Stage::Sent);

    // Receipt, reply, act.
    let receipt = two.receipt(&seal);
    let reply = two.reply(&seal, [Outcome::Accepted, Outcome::Refused]);
    let replying = two.replying(&seal, &reply);
    assert_eq!(code(two.take(&replying)), ErrorCode::TrfStage, "no receipt yet");
    let Taken::Done(entry) = two.take(&receipt).unwrap() else { panic!("refused") };
    assert!(matches!(two.take(&receipt).unwrap(), Taken::Done(again) if again == entry), "the same again");
    assert!(matches!(two.take(&replying).unwrap(), Taken::Done(_)));
    assert!(matches!(two.take(&replying).unwrap(), Taken::Done(_)));
    assert_eq!(two.stage(), Stage::Replied);
    assert_eq!(code(draw_up_release(&two.archive, two.transfer)), ErrorCode::TrfStage);
    let wrong = two.sign(&[&two.office().clerk]).unwrap();
    assert!(matches!(&wrong, Taken::Refused(reasons) if reasons[0].code == ErrorCode::TrfAct), "{wrong:?}");
    assert!(matches!(two.sign(&[&two.office().approvers[0]]).unwrap(), Taken::Done(_)));
    let back = act_answer(&two.archive, two.transfer).unwrap();
    assert_eq!(back, act_answer(&two.archive, two.transfer).unwrap(), "the same bytes");
    let read = Answer::verify(&back, &two.archive.answer_key().unwrap().public()).unwrap();
    assert_eq!(read.file("act.json"), Some(two.act(&seal, &reply).encode().as_slice()));
    assert!(read.file("act-sender-1.p7s").is_some());
    assert_eq!(Answer::verify(&back, &two.state.answer_key().unwrap().public()), Err(NoAnswer::Signature));
    // Of the refused record's file nothing is under way any more.
    let taken = under_way(&two.archive).unwrap();
    assert!(taken.contains_key(&two.sender.file(0)) && !taken.contains_key(&two.sender.file(1)));

    // The gate: too early, the wrong day, one person, and then two.
    assert_eq!(code(draw_up_release(&two.archive, two.transfer)), ErrorCode::TrfCooling, "too early");
    two.cool(8);
    let early = two.drawn();
    assert_eq!(early.records.len(), 1);
    two.cool(2);
    assert_eq!(code(two.release(&early.encode(), &two.both())), ErrorCode::TrfCooling, "of another day");
    let drawn = two.drawn();
    let mut other = serde_json::from_slice::<serde_json::Value>(&drawn.encode()).unwrap();
    other["records"][0]["record_id"] = two.record(1).to_string().into();
    let other = serde_json::to_vec(&other).unwrap();
    assert_eq!(code(two.release(&other, &two.both())), ErrorCode::TrfRelease, "a refused record");
    let one = two.release(&drawn.encode(), &[&two.office().approvers[0]]).unwrap();
    assert!(matches!(&one, Released::Refused(reasons) if reasons[0].code == ErrorCode::TrfRelease), "{one:?}");
    let no_approver = two.release(&drawn.encode(), &[&two.office().commission[0], &two.office().clerk]).unwrap();
    assert!(matches!(no_approver, Released::Refused(_)));
    assert!(two.sender.due.is_readable(&two.archive, two.record(0)), "nothing has gone so far");
    let Released::Done { released, kept, .. } = two.release(&drawn.encode(), &two.both()).unwrap() else {
        panic!("not released")
    };
    assert_eq!((&released[..], kept.len()), (&[two.record(0)][..], 0));
    let again = two.release(&drawn.encode(), &two.both()).unwrap();
    assert!(matches!(again, Released::Done { released: same, .. } if same == released), "said again, done once");
    assert_eq!(code(close(&two.archive, two.transfer, SYSTEM_ACTOR)), ErrorCode::DspRemains);

    // It is gone here, and the archive says where it is.
    let two = two.reopened();
    assert_eq!(code(access::open(&two.archive, two.record(0), SYSTEM_ACTOR).map(drop)), ErrorCode::ArcHandedOver);
    let found = elsewhere(&two.archive, two.record(0)).unwrap().unwrap();
    assert_eq!((found.act.as_str(), found.agency.as_str()), ("2028-4", AGENCY));
    assert_eq!(found.reference, Some(RecordId([two.record(0).0[0]; 16])));
    let file = elsewhere(&two.archive, two.sender.file(0)).unwrap().unwrap();
    assert_eq!((file.reference, file.party.archive), (None, two.state.config().archive_id));
    assert!(two.archive.index().tomb(two.sender.file(0)).unwrap().unwrap().is_handed_over);
    assert!(two.sender.due.is_readable(&two.archive, two.record(1)), "the refused one stays");
    assert_eq!(code(draw_up_release(&two.archive, two.transfer)), ErrorCode::TrfNothing, "not twice");
    assert_eq!(code(close(&two.archive, two.transfer, SYSTEM_ACTOR)), ErrorCode::DspRemains, "ciphertext");
    let two = two.compacted();
    let entry = close(&two.archive, two.transfer, SYSTEM_ACTOR).unwrap();
    assert_eq!(close(&two.archive, two.transfer, SYSTEM_ACTOR).unwrap(), entry);
    assert_eq!(two.stage(), Stage::Closed);
    assert!(under_way(&two.archive).unwrap().is_empty());
    // The refused one goes again in another transfer, and so in another package.
    two.sender.select(&two.archive, Reason::Early, &[two.sender.file(1)]).unwrap();
    two.audit_is_clean();
}

#[test]
fn a_title_that_names_a_person_does_not_go_to_strangers() {
    let (sender, archive) = Sender::new();
    let names = [("title_names_person".to_owned(), "yes".to_owned())].into();
    files::reclassify(&archive, sender.file(0), None, names, "Сынақ", SYSTEM_ACTOR).unwrap();
    let two = Two::of((sender, archive));
    two.agree([Outcome::Accepted, Outcome::Accepted]);
    two.cool(8);
    let released = two.release(&two.drawn().encode(), &two.both()).unwrap();
    assert!(matches!(&released, Released::Done { released, .. } if released.len() == 2), "{released:?}");
    let certificate = String::from_utf8(certificate::make(&two.archive, two.transfer).unwrap()).unwrap();
    assert!(certificate.contains("Хат алмасу 1"), "the other title is there");
    assert!(!certificate.contains("Хат алмасу 0"));
}

#[test]
fn no_other_answer_counts() {
    let (two, seal) = Two::sent();
    let both = [Outcome::Accepted, Outcome::AcceptedWithRemark];
    let receipt = two.answer(AnswerKind::Receipt, &seal, Vec::new());
    let own_key = two.archive.answer_key().unwrap();
    let mut wrong: Vec<(&str, Vec<u8>)> = vec![("another key", receipt.sign(&own_key))];
    let mut change = |what, edit: &dyn Fn(&mut Answer)| {
        let mut changed = receipt.clone();
        edit(&mut changed);
        wrong.push((what, two.signed(&changed)));
    };
    change("another package", &|answer| answer.package = "p-00000000000000000000000000000009".into());
    change("a digest that is off by one byte", &|answer| answer.digest.0[31] ^= 1);
    change("from another archive", &|answer| answer.by = ArchiveId([9; 16]));
    change("to another archive", &|answer| answer.to = ArchiveId([9; 16]));
    change("of the wrong kind", &|answer| answer.kind = AnswerKind::Act);
    let mut cut = two.signed(&receipt);
    cut.truncate(cut.len() - 3);
    wrong.push(("cut off", cut));
    let text = String::from_utf8(two.signed(&receipt)).unwrap();
    wrong.push(("a changed byte", text.replacen("\"time\":1", "\"time\":2", 1).into_bytes()));
    wrong.push(("not canonical", text.replacen("{\"accession\"", "{ \"accession\"", 1).into_bytes()));
    for (what, answer) in wrong {
        assert_eq!(code(two.take(&answer)), ErrorCode::TrfAnswer, "{what}");
    }
    assert_eq!(two.stage(), Stage::Sent);
    two.take(&two.signed(&receipt)).unwrap();
    // Another receipt in its place.
    let other = Answer { time: receipt.time + 1, ..receipt.clone() };
    assert_eq!(code(two.take(&two.signed(&other))), ErrorCode::TrfStage);

    let reply = two.reply(&seal, both);
    let mut wrong: Vec<(&str, Reply)> = Vec::new();
    let mut change = |what, edit: &dyn Fn(&mut Reply)| {
        let mut changed = reply.clone();
        edit(&mut changed);
        wrong.push((what, changed));
    };
    change("a digest that is off by one byte", &|reply| reply.rows[0].digest.0[0] ^= 1);
    change("a record that was not sent", &|reply| reply.rows[0].record = "ab".repeat(16));
    change("a record twice", &|reply| reply.rows[1] = reply.rows[0].clone());
    change("a record too few", &|reply| drop(reply.rows.pop()));
    change("another package", &|reply| reply.about.package = "p-0".into());
    change("another accession", &|reply| reply.about.accession = RecordId([8; 16]));
    change("another transfer", &|reply| reply.about.transfer = None);
    change("a test archive's", &|reply| reply.about.is_test ^= true);
    for (what, reply) in wrong {
        assert_eq!(code(two.take(&two.replying(&seal, &reply))), ErrorCode::TrfReply, "{what}");
    }
    let act = Act { reply: sha256(b"another"), ..two.act(&seal, &reply) };
    let officer = &two.office().sender[0];
    assert_eq!(code(two.take(&two.replying_by(&seal, (&reply, &act), officer))), ErrorCode::TrfReply);
    let act = Act { accepted: 1, refused: 1, ..two.act(&seal, &reply) };
    assert_eq!(code(two.take(&two.replying_by(&seal, (&reply, &act), officer))), ErrorCode::TrfReply);
    // What it says of files is what the commission approved, counted by the reply.
    let list = listed(&seal, &reply).unwrap();
    let mut units = list.units.clone();
    (units[0].accepted, units[0].refused) = (units[0].refused, units[0].accepted);
    for list in [
        ActList { basis: "Басқа бұйрық".into(), ..list.clone() },
        ActList { number: "2028-9".into(), ..list.clone() },
        ActList { to_bin: "000000000999".into(), ..list.clone() },
        ActList { units: Vec::new(), ..list.clone() },
        ActList { units, ..list },
    ] {
        let act = Act { list: Some(list), ..two.act(&seal, &reply) };
        assert_eq!(code(two.take(&two.replying_by(&seal, (&reply, &act), officer))), ErrorCode::TrfReply);
    }
    // An officer of another body, and one whom no CA knows.
    for who in [&two.office().third_clerk, &two.office().foreign] {
        let taken = two.take(&two.replying_by(&seal, (&reply, &two.act(&seal, &reply)), who)).unwrap();
        let Taken::Refused(reasons) = taken else { panic!("taken") };
        assert!(reasons.iter().all(|reason| reason.code == ErrorCode::TrfOfficer), "{reasons:?}");
    }
    let bare = two.answer(
        AnswerKind::Reply,
        &seal,
        vec![("act.json".into(), two.act(&seal, &reply).encode()), ("reply.json".into(), reply.encode())],
    );
    assert!(matches!(two.take(&two.signed(&bare)).unwrap(), Taken::Refused(_)), "nobody signed");
    assert_eq!(two.stage(), Stage::Delivered);
    let right = two.replying(&seal, &reply);
    assert!(matches!(two.take(&right).unwrap(), Taken::Done(_)));
    // A reply that refuses everything, later: what was said once stands.
    let later = two.reply(&seal, [Outcome::Refused; 2]);
    assert_eq!(code(two.take(&two.replying(&seal, &later))), ErrorCode::TrfStage);
    assert_eq!(Case::read(&two.archive, two.transfer).unwrap().replied(&two.archive).unwrap().reply, reply);
    assert_eq!(code(approve::cancel(&two.archive, two.transfer, "Үлгі", SYSTEM_ACTOR)), ErrorCode::TrfStage);
    two.audit_is_clean();
}

#[test]
fn a_hold_or_a_change_keeps_what_it_is_about_and_nothing_else() {
    let (two, _) = Two::agreed([Outcome::Accepted, Outcome::AcceptedWithRemark]);
    two.cool(8);
    let both = two.drawn();
    let target = HoldTarget::File(two.sender.file(0).0);
    let (hold, _) = holds::place(&two.archive, &placing(), &[target], SYSTEM_ACTOR).unwrap();
    // What is drawn up now names what can go, and nothing of the file that is held.
    let drawn = two.drawn();
    assert_eq!(drawn.records.iter().map(|one| one.record).collect::<Vec<_>>(), [two.record(1)]);
    assert!(!String::from_utf8(drawn.encode()).unwrap().contains(&two.record(0).to_string()));
    // What was drawn up and signed before lets go no more than that.
    let Released::Done { released, kept, .. } = two.release(&both.encode(), &two.both()).unwrap() else {
        panic!("not released")
    };
    assert_eq!((released, kept), (vec![two.record(1)], vec![(two.record(0), Why::Held)]));
    assert_eq!(two.stage(), Stage::Released);
    let two = two.reopened().compacted();
    assert_eq!(code(close(&two.archive, two.transfer, SYSTEM_ACTOR)), ErrorCode::TrfStage, "one waits for its hold");
    let case = Case::read(&two.archive, two.transfer).unwrap();
    assert_eq!(open(&two.archive, &case).unwrap().waiting, [two.record(0)]);
    assert_eq!(awaits(&two.archive, &case).unwrap(), Some("release"));
    assert_eq!(code(draw_up_release(&two.archive, two.transfer)), ErrorCode::TrfNothing, "a hold keeps the only one");
    holds::lift(&two.archive, hold, "Іс аяқталды", SYSTEM_ACTOR).unwrap();
    // Of the release that was signed before the hold was lifted nobody knew that it would let this go.
    let Released::Done { released, .. } = two.release(&two.drawn().encode(), &two.both()).unwrap() else {
        panic!("not released")
    };
    assert_eq!(released, [two.record(0)]);
    let two = two.reopened().compacted();
    close(&two.archive, two.transfer, SYSTEM_ACTOR).unwrap();
    two.audit_is_clean();

    let (two, _) = Two::agreed([Outcome::Accepted; 2]);
    two.cool(8);
    let both = two.drawn();
    let mark = two.folder.path().join("mark.txt");
    std::fs::write(&mark, "Орындалды").unwrap();
    let entry = muragat::model::submission::ComponentEntry {
        path: "marks/execution.txt".into(),
        role: muragat::model::submission::Role::Mark,
        covers: Vec::new(),
        media_type: None,
        derivation: None,
    };
    let reason = Some("Белгі".to_owned());
    muragat::ingest::amend::add(&two.archive, two.record(0), entry, Path::new(&mark), reason, SYSTEM_ACTOR).unwrap();
    two.archive.wait_index().unwrap();
    let Released::Done { released, kept, .. } = two.release(&both.encode(), &two.both()).unwrap() else {
        panic!("not released")
    };
    assert_eq!((released, kept), (vec![two.record(1)], vec![(two.record(0), Why::Changed)]));
    let two = two.reopened().compacted();
    // The other archive has what was, this one what is: it stays, and goes in another transfer.
    close(&two.archive, two.transfer, SYSTEM_ACTOR).unwrap();
    assert!(two.sender.due.is_readable(&two.archive, two.record(0)));
    two.audit_is_clean();
}

#[test]
fn a_receipt_is_due_within_a_working_day() {
    let two = Two::approved();
    two.ready();
    // A Friday evening in Almaty: the day after the next working day begins on Tuesday.
    two.sender.due.go_to_open(&two.archive, "2028-01-14");
    sealed(two.prepare().unwrap());
    two.send(Way::Folder).unwrap();
    let case = Case::read(&two.archive, two.transfer).unwrap();
    let due = receipt_due(&two.archive, &case).unwrap().unwrap();
    assert_eq!(due.last.to_string(), "2028-01-17");
    for (day, late) in [("2028-01-16", false), ("2028-01-17", false), ("2028-01-18", true)] {
        two.sender.due.go_to_open(&two.archive, day);
        assert_eq!(
            (is_late(&two.archive, &due), overdue(&two.archive).unwrap().len()),
            (late, usize::from(late)),
            "{day}"
        );
    }
    let seal = case.seal(&two.archive).unwrap();
    two.take(&two.receipt(&seal)).unwrap();
    assert!(overdue(&two.archive).unwrap().is_empty(), "late, but here");
}

#[test]
fn of_two_at_once_one_is_first() {
    let (two, _) = Two::agreed([Outcome::Accepted; 2]);
    two.cool(8);
    two.bench().later(2_000);
    let file = two.drawn().encode();
    let signatures: Vec<Vec<u8>> = two.both().iter().map(|who| two.sender.due.signed(who, &file)).collect();
    let outcomes: Vec<_> = std::thread::scope(|scope| {
        let one = || release(&two.archive, two.transfer, &file, &signatures, &Material::default(), SYSTEM_ACTOR);
        let both = [scope.spawn(one), scope.spawn(one)];
        both.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let entry = |one: &Result<Released, Error>| match one {
        Ok(Released::Done { entry, .. }) => *entry,
        other => panic!("{other:?}"),
    };
    assert_eq!(entry(&outcomes[0]), entry(&outcomes[1]), "the second is told what the first did");
    assert_eq!(Case::read(&two.archive, two.transfer).unwrap().row.released.len(), 1);
    two.reopened().audit_is_clean();
}
