//! The golden stores of a transfer: the archive that handed records over, and the one that took them in.
//!
//! One transfer went its whole way, with a hold that came along and was lifted at the sender only; one was cancelled, one
//! was only selected. Every kind of act of both sides is in their journals, and what each archive gave the other can be
//! made again from them, byte for byte. Their people are those of `signed.rs`, the same on both sides.

use super::disposed::{APPROVER, DAY_MS, DUE, Desk, MEMBER, SECOND};
use super::evidence::{Authorities, stamped};
use super::signed::{AGENCY, People, Special, Store};
use super::{NOW, Result, damages, leave_truths};
use muragat::access;
use muragat::archive::{Archive, InitOptions};
use muragat::cli::samples::trust::Person;
use muragat::clock::{Clock, FixedClock, civil_date};
use muragat::config::{Action, Issuer, MeansKept, Policy};
use muragat::filing::holds::{self, Placing};
use muragat::filing::{fonds, inventory};
use muragat::index::filing::HoldTarget;
use muragat::ingest::issue::Subject;
use muragat::ingest::signatures::add_shared;
use muragat::model::digest::sha256;
use muragat::model::fonds::{Approval, FondsOpening, InventoryKind, InventoryOpening};
use muragat::model::id::RecordId;
use muragat::model::party::Party;
use muragat::model::path::is_own;
use muragat::tlog::commit::SYSTEM_ACTOR;
use muragat::transfer::accession::receive::{Begun, Options, begin, check};
use muragat::transfer::accession::{Accession, respond};
use muragat::transfer::case::Case;
use muragat::transfer::list::draw_up;
use muragat::transfer::pack::format::BaggedEark;
use muragat::transfer::party::{Adoption, adopt, find};
use muragat::transfer::read::source::Folder;
use muragat::transfer::release::{self, Released, release};
use muragat::transfer::seal::{Prepared, prepare};
use muragat::transfer::select::{Reason, Selection, select};
use muragat::transfer::send::{Way, send};
use muragat::transfer::take::{self, Taken, act_answer, take};
use muragat::transfer::{accession, approve};
use muragat::verify::material::Material;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// The body of all the people, so of both archives.
const BIN: &str = "000000000100";

fn party(id: &str, kind: &str, of: &Archive, date: &str) -> Result<String> {
    let key = hex::encode(of.answer_key()?.public());
    Ok(format!(
        "schema = \"muragat/party/1\"\nid = \"{id}\"\nagency = \"{AGENCY}\"\nkind = \"{kind}\"\nbin = \"{BIN}\"\n\
         archive = \"{}\"\nvkey = \"{}\"\nanswer_key = \"{key}\"\nyears = 5\nbasis = \"Үлгі келісім № 1\"\n\
         date = \"{date}\"\ntitle = {{ kk = \"Үлгі архив {id}\", ru = \"Архив {id} (пример)\", en = \"Archive {id} (sample)\" }}\n",
        of.id(),
        of.config().vkey
    ))
}

fn adopts(desk: &Desk, archive: &Archive, file: &str) -> Result<()> {
    let read = Party::parse(file.as_bytes(), "party.toml").map_err(|faults| format!("{faults:?}"))?;
    let more = &desk.people.more;
    let signatures = [&more[1], &more[0]].map(|who| desk.sign(who, file.as_bytes()));
    match adopt(archive, (&read, file.as_bytes()), &signatures, &Material::default(), desk.actor)? {
        Adoption::Done(_) => Ok(()),
        other => Err(format!("party: {other:?}").into()),
    }
}

fn created(root: &Path, origin: &str, clock: &Arc<FixedClock>) -> Result<Archive> {
    let policy = Policy { formats: Action::Flag, ..Policy::default() };
    let issuer = Issuer { name: Some("Үлгі мекемесі".into()), agency: Some(AGENCY.into()), bin: None };
    let origin = Some(format!("golden.example/{origin}"));
    let options = InitOptions { origin, policy, issuer, means: MeansKept::None, test: true, ..InitOptions::default() };
    let archive = Archive::create(root, &options, clock.clone() as Arc<dyn Clock>)?;
    archive.tune(12_000, 5);
    Ok(archive)
}

/// Policy, register and revocation data of both.
fn trusts(store: &Store<'_>, authorities: &Authorities) -> Result<()> {
    let (people, pem) = (store.people, &authorities.pem);
    let anchor = format!("\n[[timestamp_anchor]]\ngeneration = \"golden\"\npem = \"\"\"\n{pem}\"\"\"\n");
    store.adopt("policy.toml", &format!("{}{anchor}", people.policy))?;
    store.adopt("register.toml", &people.register)?;
    let mut material = Material::default();
    material.add_file(&people.crl)?;
    material.add_file(&authorities.crl)?;
    add_shared(store.archive, &material, store.actor)?;
    Ok(())
}

/// Takes in a package, and gives its accession.
fn received(archive: &Archive, package: &Path, desk: &Desk) -> Result<Accession> {
    let source = Folder::open(package)?;
    let Begun::Received(coming) = begin(archive, &source, &find(archive, "unit")?, desk.actor, &mut |_, _| {})? else {
        return Err("the package is not whole".into());
    };
    let stop = AtomicBool::new(false);
    let options = Options { actor: desk.actor, profile: None, representation: None, threads: 1, stop: &stop };
    check(archive, &coming, &options, &|_, _| {})?.ok_or_else(|| "stopped".into())
}

fn taken(archive: &Archive, answer: &[u8], desk: &Desk) -> Result<()> {
    match take(archive, answer, &Material::default(), desk.actor)? {
        Taken::Done(_) => Ok(()),
        Taken::Refused(reasons) => Err(format!("answer: {reasons:?}").into()),
    }
}

fn digests(archive: &Archive, record: RecordId) -> Result<BTreeMap<String, String>> {
    let opened = access::open(archive, record, SYSTEM_ACTOR)?;
    let sent = opened.row.components.iter().filter(|one| !is_own(&one.path));
    sent.map(|one| Ok((one.path.clone(), sha256(&opened.read(one)?).to_string()))).collect()
}

/// Writes the two stores into `handed` and `taken_in`.
pub(crate) fn write(handed: &Path, taken_in: &Path, inbox: &Path) -> Result<()> {
    let inbox = &inbox.join("transfer");
    std::fs::create_dir_all(inbox)?;
    let persons = [(MEMBER, "commission"), (APPROVER, "approver"), (SECOND, "approver")]
        .map(|(holder, office)| Person { holder, office, post: "Үлгі қызмет" });
    let clock = Arc::new(FixedClock(AtomicU64::new(NOW)));
    let (people, authorities) = (People::new(13, &persons)?, Authorities::new()?);
    let (here, there) = (handed.join("archive"), taken_in.join("archive"));
    let archive = created(&here, "handed", &clock)?;
    let actor = archive.actor("golden")?;
    let desk = Desk { root: here.clone(), clock: clock.clone(), people, actor };
    let store = Store { archive: &archive, actor, inbox, people: &desk.people };
    trusts(&store, &authorities)?;
    desk.adopt_list(&archive)?;
    let records: Vec<RecordId> =
        (1..6).map(|number| store.accepted(number, Special::Nothing)).collect::<Result<_>>()?;
    records.iter().try_for_each(|record| store.issue(Subject::Record(*record)))?;
    let item = "GOLDEN/2";
    let goes = desk.file(&archive, ("01-01", item), &records[..2])?;
    let held = desk.file(&archive, ("01-02", item), &records[2..3])?;
    let stays = desk.file(&archive, ("01-03", item), &records[3..])?;
    archive.close()?;

    clock.0.store(DUE, Ordering::SeqCst);
    let archive = desk.open()?;
    let date = civil_date(archive.now()).to_string();
    let state = created(&there, "taken", &clock)?;
    let receiving = Desk { root: there.clone(), clock: clock.clone(), people: People::new(13, &persons)?, actor };
    trusts(&Store { archive: &state, actor, inbox, people: &receiving.people }, &authorities)?;
    adopts(&desk, &archive, &party("state", "state_archive", &state, &date)?)?;
    adopts(&desk, &state, &party("unit", "sender", &archive, &date)?)?;
    let opening = FondsOpening { number: 123, name: "Үлгі қоры".into(), agency: AGENCY.into() };
    fonds::open(&archive, &opening, actor)?;
    let (title, kind) = ("Тұрақты сақталатын істер".to_owned(), InventoryKind::Permanent);
    inventory::open(&archive, &InventoryOpening { fonds: 123, number: 4, kind, title, from: None, to: None }, actor)?;
    inventory::enter(&archive, (123, 4), &[goes, held, stays], actor)?;
    let approval = Approval { until: 2027, minutes_number: "6".into(), minutes_date: civil_date(archive.now()) };
    inventory::approve(&archive, (123, 4), &approval, vec![("minutes.txt".into(), b"minutes".to_vec())], actor)?;
    let [owner, reason, basis] = ["Үлгі прокуратурасы", "Тексеру", "№ 5 сұрау"].map(str::to_owned);
    let placing = Placing { owner, reason, basis, review: None, query: None };
    let (hold, _) = holds::place(&archive, &placing, &[HoldTarget::Record(records[2].0)], actor)?;

    let selected = |files: &[RecordId]| {
        select(&archive, &Selection { to: "state", reason: Reason::Early, basis: "Үлгі бұйрық № 7", files }, actor)
    };
    let (cancelled, _) = selected(&[stays])?;
    approve::cancel(&archive, cancelled, "Үлгі себеп", actor)?;
    let (transfer, _) = selected(&[goes, held])?;
    let (list, _) = draw_up(&archive, transfer, actor)?;
    let more = &desk.people.more;
    let signature = desk.sign(&more[0], &list.encode());
    match approve::approve(&archive, transfer, &[signature], &Material::default(), actor)? {
        approve::Signed::Done(_) => {}
        approve::Signed::Refused(reasons) => return Err(format!("list: {reasons:?}").into()),
    }
    stamped(&archive, &authorities.second)?;
    match prepare(&archive, transfer, &BaggedEark, actor, &mut |_, _| {})? {
        Prepared::Done(..) => {}
        Prepared::NotReady(lacks) => return Err(format!("{lacks:?}").into()),
    }
    let sent = send(&archive, transfer, (inbox, Way::Folder), actor, &mut |_, _| {})?;

    let accession = received(&state, &sent.path, &receiving)?;
    taken(&archive, &accession.receipt(&state)?, &desk)?;
    let (reply, act) = accession.documents(&state)?.ok_or("not checked")?;
    let over = [reply.encode(), act.encode()].map(|bytes| vec![desk.sign(&more[2], &bytes)]);
    match respond::reply(&state, accession.id, (&over[0], &over[1]), &Material::default(), actor)? {
        respond::Signed::Done(_) => {}
        other => return Err(format!("reply: {other:?}").into()),
    }
    let answer = Accession::read(&state, accession.id)?.answer(&state)?.ok_or("not signed")?;
    clock.0.fetch_add(2_000, Ordering::SeqCst);
    taken(&archive, &answer, &desk)?;
    match take::sign(&archive, transfer, &[desk.sign(&more[1], &act.encode())], &Material::default(), actor)? {
        Taken::Done(_) => {}
        Taken::Refused(reasons) => return Err(format!("act: {reasons:?}").into()),
    }
    let agreed = act_answer(&archive, transfer)?;
    match respond::agree(&state, accession.id, &agreed, &Material::default(), actor)? {
        respond::Signed::Done(_) => {}
        other => return Err(format!("act: {other:?}").into()),
    }
    holds::lift(&archive, hold, "Тексеру аяқталды", actor)?;
    archive.close()?;
    state.close()?;

    clock.0.store(DUE + 9 * DAY_MS, Ordering::SeqCst);
    let archive = desk.open()?;
    let drawn = release::draw_up(&archive, transfer)?.encode();
    let by = [&desk.people.more[1], &desk.people.office].map(|who| desk.sign(who, &drawn));
    match release(&archive, transfer, &drawn, &by, &Material::default(), actor)? {
        Released::Done { released, kept, .. } if released.len() == 3 && kept.is_empty() => {}
        other => return Err(format!("release: {other:?}").into()),
    }
    archive.close()?;
    desk.open()?.compact(actor)?;
    let archive = desk.open()?;
    release::close(&archive, transfer, actor)?;
    // Its key stays in the journal of the vault, behind the roll.
    let selection =
        Selection { to: "state", reason: Reason::Early, basis: "Үлгі бұйрық № 8", files: &[stays] };
    let (open, _) = select(&archive, &selection, actor)?;
    archive.wait_index()?;
    let case = Case::read(&archive, transfer)?;
    let seal = case.seal(&archive)?;
    let references: Map<String, Value> =
        reply.rows.iter().map(|row| (row.record.clone(), row.reference.map(|id| id.to_string()).into())).collect();
    let size = archive.head().size;
    let handed_over = json!({
        "transfer": transfer.to_string(), "cancelled": cancelled.to_string(), "open": open.to_string(),
        "package": seal.name(), "digest": seal.digest.to_string(), "act": act.number, "gone": references,
        "file": goes.to_string(), "list": sha256(&list.encode()).to_string(),
        "agreed": sha256(&agreed).to_string(), "left": digests(&archive, records[3])?, "stays": records[3].to_string(),
    });
    let expected = json!({"entries": size, "records": records.len(), "held": {}, "handed": handed_over});
    let sender_vkey = archive.config().vkey.to_string();
    archive.close()?;
    leave_truths(handed, expected, damages(&here, size)?)?;

    let state = receiving.open()?;
    // Its key stays in the journal of the vault.
    let found = accession::all(&state)?.remove(0);
    let kept: Vec<RecordId> = reply.rows.iter().filter_map(|row| row.reference).collect();
    holds::place(&state, &placing, &[HoldTarget::Record(kept[0].0)], actor)?;
    let mut files = Map::new();
    for record in &kept {
        files.insert(record.to_string(), json!(digests(&state, *record)?));
    }
    let size = state.head().size;
    let expected = json!({
        "entries": size, "records": kept.len(), "held": {},
        "taken": {
            "accession": found.id.to_string(), "receipt": sha256(&found.receipt(&state)?).to_string(),
            "answer": sha256(&answer).to_string(), "common": sha256(&found.common(&state)?).to_string(),
            "digest": seal.digest.to_string(), "records": references, "files": files, "held_there": records[2].to_string(),
            "sender_vkey": sender_vkey,
        },
    });
    state.close()?;
    // A record brings the certificates of its time-stamps along, and not what says that they were not revoked.
    std::fs::write(taken_in.join("stamps.crl"), &authorities.crl)?;
    leave_truths(taken_in, expected, damages(&there, size)?)
}
