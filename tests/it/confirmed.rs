//! Whoever runs the program adopts what he likes, and decides nothing by it.
//!
//! Goal: officers are judged by policies and registers that two approvers confirmed, and by no others; so an
//! administrator who adopts an anchor and a register of his own brings no officer in, by no way; what is not confirmed
//! judges submissions all the same. Method: an archive in which destruction works, and a second office with an anchor,
//! a CRL and officers of its own, whose keys the administrator has.

use super::bed::accepted;
use super::disposal::{Due, done};
use super::signed::{AGENCY, Bench, DAY_MS, at, holder, register_with_disposal};
use muragat::archive::{Archive, forget_index};
use muragat::cli::samples::signer::{Signer, Validity};
use muragat::disposition::destroy::Executed;
use muragat::disposition::plan::Plan;
use muragat::disposition::shorten::{self, Decision};
use muragat::disposition::sign::Taken;
use muragat::disposition::statement::StatementKind;
use muragat::error::{ErrorCode, Refusal};
use muragat::filing::files;
use muragat::ingest::adopt::{Adopted, adopt_signed};
use muragat::ingest::import;
use muragat::ingest::lists::{self, RulesAct};
use muragat::ingest::spill::{Ground, SpillAct, Spilled, spill};
use muragat::retention::RuleList;
use muragat::tlog::commit::SYSTEM_ACTOR;
use muragat::verify::material::Material;
use std::collections::BTreeMap;

/// The register of the bench in which everybody has an office.
fn register(bench: &Bench) -> String {
    register_with_disposal(&bench.office.trust(bench.now()).authority)
}

/// Another version of it.
fn version(bench: &Bench, version: &str) -> String {
    register(bench).replacen("version = \"2\"", &format!("version = \"{version}\""), 1)
}

/// A row of a register.
pub(crate) fn row(iin: &str, kind: &str) -> String {
    format!(
        "\n[[person]]\niin = \"{iin}\"\nbin = \"000000000100\"\nkind = \"{kind}\"\npost = \"Үлгі қызмет\"\n\
         from = \"2020-01-01\"\nbasis = \"Үлгі бұйрық № 9\"\n"
    )
}

/// The rows of these persons taken out.
fn without(register: &str, persons: &[&str]) -> String {
    let mut parts = register.split("\n[[person]]");
    let head = parts.next().unwrap().to_owned();
    let stays = |part: &&str| !persons.iter().any(|iin| part.contains(&format!("iin = \"{iin}\"")));
    parts.filter(stays).fold(head, |text, part| text + "\n[[person]]" + part)
}

fn try_adopt(bench: &Bench, archive: &Archive, toml: &str, signatures: &[Vec<u8>]) -> Adopted {
    let path = bench.folder.path().join("file.toml");
    std::fs::write(&path, toml).unwrap();
    adopt_signed(archive, &path, signatures, &Material::default(), SYSTEM_ACTOR).unwrap()
}

/// Adopts a file; says whether it is confirmed.
fn adopt(bench: &Bench, archive: &Archive, toml: &str, signatures: &[Vec<u8>]) -> bool {
    match try_adopt(bench, archive, toml, signatures) {
        Adopted::Done { is_confirmed, .. } => is_confirmed,
        other => panic!("{other:?}"),
    }
}

fn sign(bench: &Bench, who: &[&Signer], toml: &str) -> Vec<Vec<u8>> {
    who.iter().map(|who| who.sign_detached(toml.as_bytes(), at(bench.now()))).collect()
}

/// The signatures of both approvers, a moment after all that was before.
fn both(bench: &Bench, toml: &str) -> Vec<Vec<u8>> {
    bench.later(2_000);
    let [first, second] = &bench.office.approvers;
    sign(bench, &[first, second], toml)
}

fn all_have(reasons: &[Refusal], code: ErrorCode, what: &str) {
    assert!(!reasons.is_empty() && reasons.iter().all(|r| r.code == code), "{what}: {reasons:?}");
}

/// An official, a records officer, a member of a commission and two approvers under an anchor of the administrator.
struct Own {
    official: Signer,
    clerk: Signer,
    member: Signer,
    approvers: [Signer; 2],
    /// The number of the archive's clerk in a certificate of the administrator's.
    twin: Signer,
}

const OWN: [(&str, &str); 5] = [
    ("000000000021", "official"),
    ("000000000022", "records_office"),
    ("000000000023", "commission"),
    ("000000000024", "approver"),
    ("000000000025", "approver"),
];

impl Own {
    fn of(bench: &Bench) -> Self {
        let mut count = 200u8;
        let mut random = |buffer: &mut [u8]| {
            count += 1;
            buffer.fill(count);
        };
        let now = bench.now();
        let validity = Validity { from: at(now - 400 * DAY_MS), until: at(now + 400 * DAY_MS) };
        let mut of = |iin| bench.office.other_root.issue(&holder("ҮЛГІ ӨЗ", iin), validity, &mut random).unwrap();
        let [official, clerk, member, first, second] = OWN.map(|(iin, _)| of(iin));
        Self { official, clerk, member, approvers: [first, second], twin: of("000000000002") }
    }

    /// The policy with both anchors.
    fn policy(bench: &Bench) -> String {
        let pem = bench.office.other_root.certificate_pem();
        let policy = bench.office.trust(bench.now()).policy.replacen("version = \"", "version = \"own-", 1);
        policy + &format!("\n[[signature_anchor]]\ngeneration = \"own\"\npem = \"\"\"\n{pem}\"\"\"\n")
    }

    /// A version of the archive's register with the own officers, and with somebody of the right anchor.
    fn register(bench: &Bench) -> String {
        let rows: String = OWN.iter().map(|(iin, kind)| row(iin, kind)).collect();
        version(bench, "9") + &rows + &row("000000000003", "records_office")
    }

    /// The archive adopts the anchor and the register in every way in which it can be said.
    fn adopted_by(bench: &Bench, archive: &Archive) {
        let newer = Self::register(bench);
        let other = newer.replacen("id = \"muragat-demo\"", "id = \"own\"", 1);
        for file in [Self::policy(bench), newer, other] {
            assert!(!adopt(bench, archive, &file, &[]), "what nobody signed is confirmed");
        }
        let now = bench.now();
        let list = Validity { from: at(now), until: at(now + 30 * DAY_MS) };
        bench.share(archive, &bench.office.other_root.crl(3, list, &[]));
    }
}

// Goal: the hole itself. An administrator with an anchor, a register and keys of his own gets nothing signed.
#[test]
fn officers_that_an_administrator_brings_in_sign_nothing() {
    let due = Due::of(&["1"]);
    let bench = &due.bench;
    let archive = bench.open();
    let own = Own::of(bench);
    let plan = due.plan(&archive);
    Own::adopted_by(bench, &archive);
    // In force it is: a document that the own official signed comes in.
    let mut draft = bench.draft("01-05/own");
    draft.signature = Some(due.signed(&own.official, &draft.main));
    let card = draft.card.to_string();
    draft.card_signature = Some(Some(due.signed(&own.clerk, card.as_bytes())));
    let record = accepted(&bench.take(&archive, &draft)).unwrap();

    let before = archive.head().size;
    // His people by his anchor, somebody with a certificate of the right one, and the clerk's name by his anchor.
    for (iin, who) in [(OWN[1].0, &own.clerk), ("000000000003", &bench.office.stranger), ("000000000002", &own.twin)] {
        match due.take(&archive, &due.statement(StatementKind::Propose, &plan, Some(iin)), &plan, who) {
            Taken::Refused(reasons) => all_have(&reasons, ErrorCode::DspSigned, iin),
            Taken::Done { .. } => panic!("{iin} proposes"),
        }
    }
    // A list, a spill, a shorter term, a profile of an import.
    let text = super::disposal::LIST.replacen("id = \"LIST\"", "id = \"OTHER\"", 1);
    let list = RuleList::parse(text.as_bytes(), "list.toml").unwrap();
    let act = RulesAct::draft(&list, AGENCY, due.today(), true, "Үлгі").to_toml();
    let office = [&own.official, &own.clerk];
    let (signatures, none) = (sign(bench, &office, &act), Material::default());
    let adopted =
        lists::adopt(&archive, (&list, text.as_bytes()), Some(act.as_bytes()), &signatures, &none, SYSTEM_ACTOR);
    let lists::Adopted::Refused(reasons) = adopted.unwrap() else { panic!("a list") };
    all_have(&reasons, ErrorCode::RetApproval, "list");
    let act = SpillAct { agency: AGENCY.into(), date: due.today(), record, ground: Ground::WrongIntake }.to_toml();
    let signatures = sign(bench, &office, &act);
    let spilled = spill(&archive, record, act.as_bytes(), &signatures, &none, SYSTEM_ACTOR).unwrap();
    let Spilled::Refused(reasons) = spilled else { panic!("a spill") };
    all_have(&reasons, ErrorCode::SplApproval, "spill");
    let profile = super::import::profile(bench, "1", "unsigned = false, unproven = false");
    let adopted = import::approve::adopt(
        &archive,
        (profile.as_bytes(), "p.toml"),
        &sign(bench, &office, &profile),
        &none,
        SYSTEM_ACTOR,
    );
    let import::approve::Adopted::Refused(reasons) = adopted.unwrap() else { panic!("a profile") };
    all_have(&reasons, ErrorCode::ImpApproval, "profile");
    // Their approvers confirm no register either, not even the one that names them.
    let newer = Own::register(bench);
    let approvers = [&own.approvers[0], &own.approvers[1]];
    let Adopted::Refused(reasons) = try_adopt(bench, &archive, &newer, &sign(bench, &approvers, &newer)) else {
        panic!("confirmed")
    };
    all_have(&reasons, ErrorCode::PolConfirm, "register");
    assert_eq!(archive.head().size, before, "nothing is left of it");
    let (file, _) = due.files[0];
    files::reclassify(&archive, file, "LIST/3".parse().ok(), BTreeMap::new(), "Үлгі", SYSTEM_ACTOR).unwrap();
    files::reclassify(&archive, file, "LIST/1".parse().ok(), BTreeMap::new(), "Үлгі", SYSTEM_ACTOR).unwrap();
    bench.later(2_000);
    let decision = Decision::draft(&archive, file, "Үлгі").unwrap().to_toml();
    let signatures = sign(bench, &office, &decision);
    let taken = shorten::take(&archive, decision.as_bytes(), &signatures, &none, SYSTEM_ACTOR).unwrap();
    let shorten::Taken::Refused(reasons) = taken else { panic!("a shorter term") };
    all_have(&reasons, ErrorCode::DspSigned, "shorten");
    assert!(due.is_readable(&archive, record));
}

// Goal: the same register, when officers in office sign it, brings its officers in.
#[test]
fn what_two_approvers_confirm_decides_and_a_plan_goes_to_its_end_by_it() {
    let due = Due::of(&["1"]);
    let bench = &due.bench;
    let archive = bench.open();
    let own = Own::of(bench);
    Own::adopted_by(bench, &archive);
    let plan = due.plan(&archive);
    let propose = |archive: &Archive, plan: &Plan| {
        due.take(archive, &due.statement(StatementKind::Propose, plan, Some(OWN[1].0)), plan, &own.clerk)
    };
    assert!(matches!(propose(&archive, &plan), Taken::Refused(_)));
    // The policy first: without its anchor nobody of the register can be verified.
    let newer = Own::register(bench);
    let policy = Own::policy(bench);
    for file in [&policy, &newer] {
        let signatures = both(bench, file);
        assert!(adopt(bench, &archive, file, &signatures), "signed by two approvers");
        assert!(matches!(try_adopt(bench, &archive, file, &signatures), Adopted::Held));
    }
    done(propose(&archive, &plan));
    let review = due.statement(StatementKind::Review, &plan, Some(OWN[2].0));
    done(due.take(&archive, &review, &plan, &own.member));
    for (n, who) in own.approvers.iter().enumerate() {
        done(due.take(&archive, &due.statement(StatementKind::Approve, &plan, Some(OWN[3 + n].0)), &plan, who));
    }
    archive.close().unwrap();
    due.go_to("2028-01-17");
    let archive = bench.open();
    assert!(matches!(due.execute(&archive, &plan), Ok(Executed::Done { .. })));
    assert_eq!(archive.unconfirmed().unwrap().len(), 1, "the additional register still is not");
}

#[test]
fn signatures_that_do_not_confirm_refuse_the_adoption_and_leave_nothing() {
    let due = Due::of(&[]);
    let bench = &due.bench;
    let archive = bench.open();
    let office = &bench.office;
    let [first, second] = &office.approvers;
    let next = version(bench, "3") + &row("000000000003", "records_office");
    let own = Own::of(bench);
    // In the confirmed register the administrator is an approver as well; the one in force does not call him so.
    let quiet = without(&version(bench, "2q"), &["000000000015"]);
    assert!(!adopt(bench, &archive, &quiet, &[]));
    // Somebody whom only the one in force calls an administrator.
    let loud = (version(bench, "1") + &row("000000000014", "administrator")).replacen("muragat-demo", "loud", 1);
    let old = sign(bench, &[first, second], &next);
    bench.later(2_000);
    let cases = [
        (vec![first], "one person"),
        (vec![first, first], "one person twice"),
        (vec![first, &office.administrator], "an administrator"),
        (vec![first, &office.commission[0]], "a member of the commission"),
        (vec![&office.official, &office.clerk], "officers who approve no destruction"),
        (vec![first, &office.stranger], "a stranger"),
        (vec![first, second, &office.stranger], "two approvers and a stranger"),
        (vec![first, &own.approvers[0]], "an own approver"),
    ];
    let before = archive.head().size;
    let refused = |toml: &str, signatures: &[Vec<u8>], what: &str| {
        let Adopted::Refused(reasons) = try_adopt(bench, &archive, toml, signatures) else { panic!("adopted: {what}") };
        all_have(&reasons, ErrorCode::PolConfirm, what);
        assert_eq!(archive.head().size, before, "{what}: something is left of it");
    };
    for (who, what) in cases {
        refused(&next, &sign(bench, &who, &next), what);
    }
    refused(&next, &sign(bench, &[first, second], &(next.clone() + "\n")), "over other bytes");
    let mut forged = sign(bench, &[first, second], &next);
    *forged[1].last_mut().unwrap() ^= 1;
    refused(&next, &forged, "one bit off");
    refused(&next, &[forged[0].clone(), b"-".to_vec()], "no signature at all");
    assert!(!adopt(bench, &archive, &loud, &[]));
    let before = archive.head().size;
    let signatures = sign(bench, &[first, second], &next);
    assert!(matches!(try_adopt(bench, &archive, &next, &signatures), Adopted::Refused(_)), "an administrator in force");
    assert_eq!(archive.head().size, before);
    // A register that is not confirmed keeps nobody from confirming but by that; another version of it takes it back.
    let loud = without(&loud, &["000000000014"]).replacen("version = \"1\"", "version = \"2\"", 1);
    assert!(!adopt(bench, &archive, &loud, &[]));
    assert!(adopt(bench, &archive, &next, &old), "made after the version in force");
    // What was signed before it is too old now, in the same register and in one that is new.
    let after = version(bench, "4");
    let additional = version(bench, "1").replacen("muragat-demo", "additional", 1);
    let early = [&after, &additional].map(|file| (file, sign(bench, &[first, second], file)));
    bench.later(2_000);
    assert!(adopt(bench, &archive, &version(bench, "3a"), &both(bench, &version(bench, "3a"))));
    for (file, signatures) in early {
        assert!(matches!(try_adopt(bench, &archive, file, &signatures), Adopted::Refused(_)), "{file}");
    }
    for file in [&after, &additional] {
        assert!(adopt(bench, &archive, file, &both(bench, file)));
    }
}

#[test]
fn officers_who_have_left_do_not_come_back_by_an_old_register() {
    let due = Due::of(&["1"]);
    let bench = &due.bench;
    let archive = bench.open();
    let plan = due.plan(&archive);
    let first = register(bench);
    let second = without(&version(bench, "3"), &["000000000002"]) + &row("000000000003", "records_office");
    let old = both(bench, &first);
    assert!(adopt(bench, &archive, &second, &both(bench, &second)));
    let propose = |archive: &Archive, iin, who: &Signer| {
        due.take(archive, &due.statement(StatementKind::Propose, &plan, Some(iin)), &plan, who)
    };
    let office = &bench.office;
    assert!(matches!(propose(&archive, "000000000002", &office.clerk), Taken::Refused(_)), "has left");
    assert!(!adopt(bench, &archive, &first, &[]), "an old register is adopted like any other");
    assert!(matches!(propose(&archive, "000000000002", &office.clerk), Taken::Refused(_)));
    assert!(matches!(try_adopt(bench, &archive, &first, &old), Adopted::Refused(_)), "by signatures of then");
    assert!(adopt(bench, &archive, &second, &[]), "what is confirmed takes it back, without signatures");
    // Whom a version leaves out that is not confirmed yet does not sign by the one that is.
    let third = without(&version(bench, "4"), &["000000000003"]);
    assert!(!adopt(bench, &archive, &third, &[]));
    assert!(matches!(propose(&archive, "000000000003", &office.stranger), Taken::Refused(_)), "left out");
    assert!(adopt(bench, &archive, &second, &[]));
    done(propose(&archive, "000000000003", &office.stranger));
}

// Goal: when nobody is left who could confirm, everything is kept; nothing opens the archive to whoever runs it.
#[test]
fn when_the_terms_of_all_approvers_are_over_nothing_is_confirmed_and_nothing_destroyed() {
    let due = Due::of(&["1"]);
    let bench = &due.bench;
    let archive = bench.open();
    let ends = "from = \"2020-01-01\"\nto = \"2028-02-01\"\nbasis";
    let text = version(bench, "3").replace("from = \"2020-01-01\"\nbasis", ends);
    assert!(adopt(bench, &archive, &text, &both(bench, &text)));
    archive.close().unwrap();
    due.go_to("2028-02-02");
    let archive = bench.open();
    let next = version(bench, "4");
    assert!(!adopt(bench, &archive, &next, &[]));
    assert!(matches!(try_adopt(bench, &archive, &next, &both(bench, &next)), Adopted::Refused(_)));
    let plan = due.plan(&archive);
    let propose = due.statement(StatementKind::Propose, &plan, Some("000000000002"));
    assert!(matches!(due.take(&archive, &propose, &plan, &bench.office.clerk), Taken::Refused(_)));
    assert!(due.is_readable(&archive, due.files[0].1));
    assert!(accepted(&bench.take(&archive, &bench.draft("01-05/late"))).is_some(), "documents still come in");
    // The clock set back to a day on which they were in office.
    bench.clock.0.fetch_sub(18 * DAY_MS, std::sync::atomic::Ordering::SeqCst);
    let before = archive.head().size;
    assert!(matches!(try_adopt(bench, &archive, &next, &both(bench, &next)), Adopted::Refused(_)), "the clock is back");
    assert_eq!(archive.head().size, before);
}

#[test]
fn an_index_that_is_built_again_and_an_archive_opened_again_say_the_same() {
    let due = Due::of(&[]);
    let bench = &due.bench;
    let archive = bench.open();
    Own::adopted_by(bench, &archive);
    let next = version(bench, "3");
    assert!(adopt(bench, &archive, &next, &both(bench, &next)));
    let said = |archive: &Archive| {
        let confirmed = archive.confirmed().unwrap();
        let registers: Vec<_> = confirmed.registers.adopted().iter().map(|r| r.sha256).collect();
        let entries: Vec<bool> = (0..archive.head().size).map(|entry| confirmed.is_confirmed(entry)).collect();
        (confirmed.policy.entry, registers, entries, confirmed.has_quorum, archive.unconfirmed().unwrap())
    };
    let before = said(&archive);
    assert_eq!(before.4.len(), 2, "the own policy and the additional register: {:?}", before.4);
    archive.close().unwrap();
    for is_new in [false, true] {
        if is_new {
            forget_index(&bench.root()).unwrap();
        }
        let archive = bench.open();
        assert_eq!(said(&archive), before, "new index: {is_new}");
        archive.close().unwrap();
    }
}
