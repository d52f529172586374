//! The golden store of evidence: batches that an authority stamped, their renewals, cosignatures of a witness, and an
//! inquiry with its signed answer.
//!
//! Beside the archive lie what strangers get: the evidence of one record with the material that verifies it, the
//! policy, and the answer. A program of years to come must verify them. Its people are those of `signed.rs`.

use super::signed::{AGENCY, People, Special, Store};
use super::{NOW, Result, damages, leave_truths};
use muragat::access;
use muragat::archive::{Archive, InitOptions, Taken};
use muragat::cli::samples::signer::{Root, Validity};
use muragat::cli::samples::stamper::Stamper;
use muragat::clock::{Clock, FixedClock, utc};
use muragat::config::{Action, Issuer, MeansKept, Policy};
use muragat::evidence::record::{Maker, Object, batch_of};
use muragat::evidence::renew::{self, Kind};
use muragat::evidence::stamp::{self, Request, Stamped};
use muragat::ingest::signatures::add_shared;
use muragat::inquiry::answer::{self, Signed};
use muragat::inquiry::desk::{self, Opening};
use muragat::inquiry::search::search;
use muragat::model::digest::sha256;
use muragat::model::id::RecordId;
use muragat::testing::{FaultDisk, FaultPlan, Sequence};
use muragat::tlog::commit::SYSTEM_ACTOR;
use muragat::tlog::trust::TrustPolicy;
use muragat::verify::material::Material;
use muragat::witness::Witness;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

const DAY_MS: u64 = 24 * 60 * 60 * 1000;
/// When the first tokens are renewed: less than two years before their authority ends.
const RENEWED: u64 = NOW + 300 * DAY_MS;

/// Authorities that stamp, under a root of their own.
pub(crate) struct Authorities {
    first: Stamper,
    pub(crate) second: Stamper,
    pub(crate) pem: String,
    pub(crate) crl: Vec<u8>,
}

impl Authorities {
    pub(crate) fn new() -> Result<Self> {
        let mut numbers = Sequence::new(11);
        let random = &mut |buffer: &mut [u8]| buffer.copy_from_slice(&numbers.noise(buffer.len()));
        let until = |days: u64| Validity { from: utc(NOW - 30 * DAY_MS), until: utc(NOW + days * DAY_MS) };
        let ever = until(100 * 365);
        let root = Root::new("ҮЛГІ УАҚЫТ ТҮБІРІ", ever, random)?;
        let first = Stamper::new(&root, "ҮЛГІ УАҚЫТ 1", until(1000), random)?;
        let second = Stamper::new(&root, "ҮЛГІ УАҚЫТ 2", ever, random)?;
        Ok(Self { first, second, pem: root.certificate_pem(), crl: root.crl(1, ever, &[]) })
    }
}

fn checked(archive: &Archive, stamper: &Stamper, request: &Request) -> Result<stamp::Checked> {
    let now = archive.now();
    let answer = stamper.answer(&request.to_der(), utc(now)).map_err(|e| format!("{e:?}"))?;
    Ok(request.check(archive, &answer, "authority", &Material::new())?)
}

pub(crate) fn stamped(archive: &Archive, stamper: &Stamper) -> Result<Stamped> {
    let batch = stamp::next(archive, SYSTEM_ACTOR)?.ok_or("nothing came")?;
    let checked = checked(archive, stamper, &Request::of(&batch, false))?;
    let entry = stamp::keep(archive, &batch, &[checked], SYSTEM_ACTOR)?;
    Ok(Stamped::read(archive, entry)?)
}

fn renewed(archive: &Archive, stamper: &Stamper, kind: Kind) -> Result<()> {
    let due = renew::due(archive, Some(kind), None)?.ok_or("nothing to renew")?;
    let mut lost = None;
    for renewal in due.renewals(archive, &Material::new(), &mut |e| lost = Some(e))? {
        let checked = checked(archive, stamper, &renewal.request(false))?;
        renew::keep(archive, &renewal, &checked, SYSTEM_ACTOR)?;
    }
    lost.map_or(Ok(()), |e| Err(e.into()))
}

/// A witness signs the checkpoint of now, by courier.
fn witnessed(archive: &Archive, witness: &Witness) -> Result<()> {
    let known = archive.witness("a")?;
    let asked = archive.ask_witness(&known.key, None)?;
    let reply = witness.add_checkpoint(asked.body.as_bytes())?;
    match archive.take_answer(&known, reply.body().as_bytes())? {
        Taken::Cosigned { .. } => Ok(()),
        other => Err(format!("witness: {other:?}").into()),
    }
}

/// An inquiry that finds a record, with its signed answer.
fn inquiry(store: &Store<'_>, query: &str, clock: &FixedClock) -> Result<(RecordId, Vec<u8>)> {
    let (archive, actor) = (store.archive, store.actor);
    let opening = Opening {
        agency: AGENCY.into(),
        authority: "Үлгі соты".into(),
        case: "№ 7 іс".into(),
        basis: "АПК 1-бап".into(),
        requester: "Судья".into(),
        due: utc(NOW + 400 * DAY_MS).date_naive(),
    };
    let (id, _) = desk::open(archive, opening, None, actor)?;
    search(archive, id, query, actor)?;
    // A signature names whole seconds, and none is of before the search.
    clock.0.fetch_add(2_000, Ordering::SeqCst);
    let bytes = answer::prepare(archive, id)?.bytes;
    let signature = store.people.office.sign_detached(&bytes, utc(archive.now()));
    match answer::sign(archive, id, &[signature], &Material::default(), actor)? {
        Signed::Done(_) => Ok((id, bytes)),
        Signed::Refused(reasons) => Err(format!("answer: {reasons:?}").into()),
    }
}

/// The evidence of a record as a stranger gets it, written beside the archive; what is expected of it.
fn given_out(archive: &Archive, record: RecordId, dir: &Path) -> Result<Value> {
    let manifest = access::open(archive, record, SYSTEM_ACTOR)?.manifest()?;
    let members = manifest.members();
    let entry = access::open(archive, record, SYSTEM_ACTOR)?.row.entry;
    let stamped = batch_of(archive, entry)?.ok_or("not stamped")?;
    let mut maker = Maker::new(archive)?;
    let evidence = maker.evidence(&stamped, &Object::group(entry, &members))?.remove(0);
    std::fs::write(dir.join("evidence.ers"), evidence.record.to_der())?;
    let material = dir.join("material");
    std::fs::create_dir_all(&material)?;
    for (name, bytes) in maker.material(&stamped)? {
        std::fs::write(material.join(name), bytes)?;
    }
    let members: Vec<Value> = members
        .iter()
        .map(|member| json!({"sha256": member.sha256.to_string(), "sha512": member.sha512.to_string()}))
        .collect();
    Ok(json!({"record": record.to_string(), "members": members}))
}

/// Writes the store into `dir`.
pub(crate) fn write(dir: &Path, inbox: &Path) -> Result<()> {
    let clock = Arc::new(FixedClock(AtomicU64::new(NOW)));
    let root = dir.join("archive");
    let policy = Policy { formats: Action::Flag, ..Policy::default() };
    let issuer = Issuer { name: Some("Үлгі мекемесі".into()), agency: Some(AGENCY.into()), bin: None };
    let origin = Some("golden.example/evidence".into());
    let options = InitOptions { origin, policy, issuer, means: MeansKept::None, ..InitOptions::default() };
    let archive = Archive::create(&root, &options, clock.clone() as Arc<dyn Clock>)?;
    archive.tune(12_000, 5);
    let actor = archive.actor("golden")?;
    let inbox = inbox.join("evidence");
    std::fs::create_dir_all(&inbox)?;
    let (people, authorities) = (People::new(7, &[])?, Authorities::new()?);
    let store = Store { archive: &archive, actor, inbox: &inbox, people: &people };
    let pem = &authorities.pem;
    let policy =
        format!("{}\n[[timestamp_anchor]]\ngeneration = \"golden\"\npem = \"\"\"\n{pem}\"\"\"\n", people.policy);
    store.adopt("policy.toml", &policy)?;
    store.adopt("register.toml", &people.register)?;
    let mut material = Material::default();
    material.add_file(&people.crl)?;
    material.add_file(&authorities.crl)?;
    add_shared(&archive, &material, actor)?;
    let disk = Arc::new(FaultDisk::new(&FaultPlan::count_only()));
    let witness = Witness::create(disk, "witness.golden.example/1", clock.clone())?;
    let vkey = archive.config().vkey.clone();
    witness.add_log(&vkey)?;
    let file = format!("log {vkey}\nwitness a {}\nquorum a\n", witness.key());
    let trust = TrustPolicy::parse(file.as_bytes()).map_err(|faults| format!("{faults:?}"))?;
    archive.adopt_witnesses(&trust, file.as_bytes(), actor)?;

    let mut held = Map::new();
    let mut records = Vec::new();
    for number in 1..=4 {
        records.push(store.accepted(number, Special::Nothing)?);
    }
    stamped(&archive, &authorities.first)?;
    witnessed(&archive, &witness)?;
    clock.0.store(NOW + 30 * DAY_MS, Ordering::SeqCst);
    records.push(store.accepted(5, Special::Nothing)?);
    let (inquiry, answer) = inquiry(&store, "reg:5-қ", &clock)?;
    stamped(&archive, &authorities.first)?;
    clock.0.store(RENEWED, Ordering::SeqCst);
    renewed(&archive, &authorities.second, Kind::Timestamp)?;
    renewed(&archive, &authorities.second, Kind::HashTree)?;
    witnessed(&archive, &witness)?;
    archive.wait_index()?;
    // The last one has entries of the inquiry's hold in its custody.
    for (number, record) in (1..).zip(&records).take(4) {
        let wanted = json!({
            "amendments": [], "contents": {}, "files": super::signed::sent_of(&inbox, number)?,
            "found_by": [format!("reg:{number}-қ")],
        });
        held.insert(record.to_string(), wanted);
    }
    let size = archive.head().size;
    let evidence = given_out(&archive, records[0], dir)?;
    let trees: BTreeMap<&str, u32> = BTreeMap::from([("batches", 2), ("renewals", 2)]);
    let expected = json!({
        "classifiers": [], "entries": size, "records": records.len(), "held": held, "evidence": evidence,
        "trees": trees, "stamped": records.iter().map(RecordId::to_string).collect::<Vec<_>>(),
        "inquiry": inquiry.to_string(), "answer": sha256(&answer).to_string(), "found": records[4].to_string(),
    });
    archive.close()?;
    std::fs::write(dir.join("policy.toml"), policy)?;
    std::fs::write(dir.join("answer.json"), answer)?;
    leave_truths(dir, expected, damages(&root, size)?)
}
