//! Receiving a package: it is judged whole, makes an accession with a receipt, and its records are taken in.
//!
//! Order
//!   1. [`begin`]: the package is judged; who sent it is proven by the key of the party; `accession.received` is
//!      durable, with the receipt. The same package again finds its accession.
//!   2. [`check`]: one record after another is proven, described and taken in by intake. What came of each is computed
//!      from what is there then, so that it is the same after a crash.
//!   3. One commit places the holds that kept records at the sender on those that are kept here, and has the reply and
//!      the act (`accession.checked`).
//!
//! Invariants
//!   - Of a package that is not whole, or not of the party, nothing is stored and nothing is answered.
//!   - Nobody is told that a record is kept before its hold is on it. Until then nothing can destroy it: a record that
//!     is in no file is never due, and what came by an accession is in none.
//!   - A record that is held with the same provenance was taken in by this accession before; with another it is a
//!     duplicate.
//!
//! A crash leaves the accession at a step; [`begin`] and [`check`] again go on. Memory: that of judging, a row of the
//! reply for each record, and what each thread reads.

use super::custody;
use super::foreign::{self, Found, MadeBytes};
use super::package::{Looked, Package, look};
use super::record::{self, Files, Said, Shared};
use super::{Accession, PACKAGE_FILE, RECEIPT_FILE, all, find};
use crate::access::open_handed;
use crate::archive::{ActOwner, Archive, OWN_SUBTREE};
use crate::clock::civil_date;
use crate::error::{Error, ErrorCode};
use crate::filing::holds::{Placing, placing_acts};
use crate::index::filing::HoldTarget;
use crate::index::transfer::AccessionRow;
use crate::ingest::import::HeldProfile;
use crate::ingest::transferred::{Item, Taken, Taking};
use crate::model::digest::{Sha256, sha256};
use crate::model::id::{ActorId, RecordId};
use crate::model::record::Manifest;
use crate::model::strict::shown;
use crate::model::transferred::Transferred;
use crate::model::validation::SignatureVerdict;
use crate::store::spool::Spooled;
use crate::tlog::commit::Act as LogAct;
use crate::tlog::leaf::ActKind;
use crate::transfer::act::{ACT_FILE, Act, ActList};
use crate::transfer::answer::{Answer, AnswerKind};
use crate::transfer::custody::{Custody, Journal, prove};
use crate::transfer::layout;
use crate::transfer::pack::sink::Sink;
use crate::transfer::pack::tar::Tar;
use crate::transfer::party::Held;
use crate::transfer::read::check::Progress;
use crate::transfer::read::check::finding::PackageReport;
use crate::transfer::read::source::Source;
use crate::transfer::reply::{About, Outcome, REPLY_FILE, Reason, Reply, Row};
use crate::verify::material::Material;
use chrono::Datelike;
use serde_json::{Map, Value, json};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Bytes of what belongs to the whole package. Own bound: METS of 100,000 records, with shared material.
const COMMON_BYTES_MAX: u64 = 512 * 1024 * 1024;

/// A package that began to be taken in.
pub struct Coming<'a> {
    /// Its accession.
    pub accession: Accession,
    /// The receipt, signed.
    pub receipt: Vec<u8>,
    /// It came before.
    pub is_again: bool,
    package: Box<Package<'a>>,
    journal: Option<Journal>,
}

/// What became of a package.
pub enum Begun<'a> {
    /// It is an accession.
    Received(Box<Coming<'a>>),
    /// It is not whole: nothing was taken in.
    NotWhole(PackageReport),
}

/// Judges the package of a party, and receives it.
///
/// # Errors
///
/// [`ErrorCode::TrfNotSender`] when it is of another archive, or for another one.
pub fn begin<'a>(
    archive: &Archive,
    source: &'a dyn Source,
    party: &Held,
    actor: ActorId,
    progress: &mut Progress<'_>,
) -> Result<Begun<'a>, Error> {
    let package = match look(source, progress)? {
        Looked::Whole(package) => package,
        Looked::NotWhole(report) => return Ok(Begun::NotWhole(report)),
    };
    let journal = match &package.sender {
        Some(sender) => {
            if sender.get("test").and_then(Value::as_bool) == Some(true) && !archive.is_test() {
                return Err(Error::new(ErrorCode::TrfNotSender, layout::SENDER, "it is of a test archive"));
            }
            Some(custody::journal(&package, sender, party, &archive.id().to_string())?)
        }
        None => None,
    };
    // Of two that bring the same package, the second finds the accession of the first.
    let _turn = archive.turn("accession", package.digest);
    if let Some(accession) = find(archive, package.digest)? {
        if accession.party.party.archive != party.party.archive || accession.agency != party.party.agency {
            let what = format!("it was taken in from {}", accession.party.party.id);
            return Err(Error::new(ErrorCode::TrfNotSender, shown(&package.name), what));
        }
        let receipt = accession.receipt(archive)?;
        return Ok(Begun::Received(Box::new(Coming { accession, receipt, is_again: true, package, journal })));
    }
    readable(&package)?;
    let id = RecordId(crate::random::bytes());
    let transfer = package.inventory.get("transfer").and_then(Value::as_str).and_then(|id| id.parse().ok());
    let receipt = Answer {
        kind: AnswerKind::Receipt,
        by: archive.id(),
        to: party.party.archive,
        package: package.name.clone(),
        digest: package.digest,
        transfer,
        accession: id,
        time: archive.now(),
        files: Vec::new(),
    };
    let receipt = receipt.sign(&*archive.answer_key()?);
    let mut common = common(archive, &package)?;
    let named = layout::package_of(&package.name).map_or_else(|| package.name.clone(), |id| id.to_string());
    let fields = json!({
        "agency": party.party.agency, "party": party.party.id, "party_entry": party.entry, "package": named,
        "digest": package.digest.to_string(), "form": package.kind.as_str(),
        "transfer": transfer.map(|id| id.to_string()).unwrap_or_default(),
    });
    let fields: Map<String, Value> = fields.as_object().cloned().unwrap_or_default();
    let mut bytes = receipt.as_slice();
    let files: Vec<(String, &mut dyn Read)> =
        vec![(RECEIPT_FILE.to_owned(), &mut bytes), (PACKAGE_FILE.to_owned(), &mut common)];
    let act = LogAct::new(ActKind::AccessionReceived, actor);
    let (act, payload, session) = archive.seal_act(act, ActOwner::New(id, OWN_SUBTREE), fields, files)?;
    archive.commit(act, payload, None, Some(session))?;
    let accession = Accession::read(archive, id)?;
    Ok(Begun::Received(Box::new(Coming { accession, receipt, is_again: false, package, journal })))
}

/// That its records can be gone through: after the receipt the sender waits for what became of them, so what would keep
/// [`check`] from ever coming to its end is found before.
fn readable(package: &Package<'_>) -> Result<(), Error> {
    if package.sender.is_none() {
        return foreign::records(package).map(drop);
    }
    package.records()?;
    Shared::read(package).map(drop)
}

/// What belongs to no record, as a tar in the spool: what a package by Muragat has under the names of the form `plain`,
/// what others have under numbers, with their names in a list.
fn common(archive: &Archive, package: &Package<'_>) -> Result<Spooled, Error> {
    let failed = |e| Error::of_spool("spool", e);
    let mut tar = Tar::new(archive.spool().object(), "package");
    let mut left = COMMON_BYTES_MAX;
    let mut names = Vec::new();
    for entry in package.source.entries() {
        if !package.is_common(&entry.path) || package.is_manifest(&entry.path) {
            continue;
        }
        let too_much = || Error::new(ErrorCode::TrfNotTaken, "package", "too much that belongs to no record");
        left = left.checked_sub(entry.len).ok_or_else(too_much)?;
        let name = match layout::is_plain(&entry.path) && entry.path.len() <= 200 {
            true => format!("files/{}", entry.path),
            false => format!("named/{:06}", names.len()),
        };
        names.push(json!({"file": name, "path": &*entry.path}));
        record::copy(package, &entry.path, &name, &mut tar)?;
    }
    let names = Value::from(names).to_string();
    tar.begin("names.json", names.len() as u64).map_err(failed)?;
    tar.write(names.as_bytes()).map_err(failed)?;
    tar.end().map_err(failed)?;
    let (mut spooled, _) = tar.finish().map_err(failed)?;
    spooled.finish().map_err(failed)?;
    Ok(spooled)
}

/// How often it is tried to give the act the next number. Own bound: as many that end at the same moment.
const TRIES_MAX: usize = 100;

/// How records are taken in.
pub struct Options<'a> {
    /// Who takes them in.
    pub actor: ActorId,
    /// By which profile records of another program are described.
    pub profile: Option<&'a HeldProfile>,
    /// Of a package by another program, which of its representations has the records; none: each.
    pub representation: Option<&'a str>,
    /// Records that are taken in at the same time. Each waits for the disk, and those that wait share a commit.
    pub threads: usize,
    /// Set to stop: what is begun is finished, nothing more is begun.
    pub stop: &'a AtomicBool,
}

/// How many records are taken in at the same time when nobody says: more than there are processors, because each waits
/// for its commit most of the time.
pub fn threads() -> usize {
    4 * std::thread::available_parallelism().map_or(1, |n| n.get())
}

/// Holds to be placed, by their ids at the sender.
type Holds = BTreeMap<RecordId, (Placing, Vec<HoldTarget>)>;

/// What became of a record.
struct Decided {
    reasons: Vec<Said>,
    reference: Option<RecordId>,
    holds: Vec<(RecordId, Placing)>,
}

/// A record that is kept, and what is to be said when it came before.
type Kept = (RecordId, Option<Said>);

impl Decided {
    fn refused(reasons: Vec<Said>) -> Self {
        Self { reasons, reference: None, holds: Vec::new() }
    }
}

/// Takes in the records of what came, and says what became of each; `progress` is told how many of how many. None: it
/// was stopped, and the same again goes on.
pub fn check(
    archive: &Archive,
    coming: &Coming<'_>,
    options: &Options<'_>,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Option<Accession>, Error> {
    // Of two that judge the same records, the second finds what the first said: each would call what the other has just
    // taken in a duplicate.
    let _turn = archive.turn("accession", coming.accession.id);
    let accession = Accession::read(archive, coming.accession.id)?;
    if accession.row.checked.is_some() {
        return Ok(Some(accession));
    }
    if let Some(HeldProfile { profile, .. }) = options.profile {
        let today = civil_date(archive.now());
        if profile.agency != coming.accession.agency || !profile.in_term(today) {
            let what = format!("of agency {}, for {} to {}", shown(&profile.agency), profile.date, profile.until);
            return Err(Error::new(ErrorCode::ImpTerm, profile.id.as_str(), what));
        }
    }
    let checking = Checking { archive, coming, options };
    let decided = match &coming.journal {
        Some(journal) => {
            let shared = Shared::read(&coming.package)?;
            checking
                .each(&coming.package.records()?, progress, |taking, id| checking.own(taking, journal, &shared, *id))
        }
        None => checking
            .each(&foreign::records(&coming.package)?, progress, |taking, found| checking.foreign(taking, found)),
    };
    decided?.map(|all| checking.end(all)).transpose()
}

struct Checking<'a, 'p> {
    archive: &'a Archive,
    coming: &'a Coming<'p>,
    options: &'a Options<'a>,
}

/// A record by its name in the package, with its digest there.
type Named = (String, Sha256, Decided);

impl Checking<'_, '_> {
    /// Decides on all records, on several threads; gives what came of them in their order, none when it was stopped.
    /// Which of two that are the same is the duplicate of the other is not said by their order.
    fn each<T: Sync>(
        &self,
        records: &[T],
        progress: &(dyn Fn(u64, u64) + Sync),
        decide: impl Fn(&mut Taking<'_>, &T) -> Result<Named, Error> + Sync,
    ) -> Result<Option<Vec<Named>>, Error> {
        let all = records.len() as u64;
        let (next, done, failed) = (AtomicUsize::new(0), AtomicU64::new(0), AtomicBool::new(false));
        let decided: Mutex<Vec<Option<Result<Named, Error>>>> = Mutex::new(records.iter().map(|_| None).collect());
        progress(0, all);
        std::thread::scope(|scope| {
            for _ in 0..self.options.threads.clamp(1, records.len().max(1)) {
                let (next, done, failed, decided, decide) = (&next, &done, &failed, &decided, &decide);
                scope.spawn(move || {
                    let mut taking = Taking::new(self.archive, self.options.actor);
                    while !failed.load(Ordering::Relaxed) && !self.options.stop.load(Ordering::Relaxed) {
                        let at = next.fetch_add(1, Ordering::Relaxed);
                        let Some(record) = records.get(at) else { return };
                        let result = decide(&mut taking, record);
                        failed.fetch_or(result.is_err(), Ordering::Relaxed);
                        decided.lock().unwrap_or_else(PoisonError::into_inner)[at] = Some(result);
                        progress(done.fetch_add(1, Ordering::Relaxed) + 1, all);
                    }
                });
            }
        });
        let mut decided = decided.into_inner().unwrap_or_else(PoisonError::into_inner);
        // The first failure in their order is the one that is told.
        if let Some(Some(failed)) = decided.iter_mut().find(|one| matches!(one, Some(Err(_)))).map(Option::take) {
            return failed.map(|_| None);
        }
        Ok(decided.into_iter().map(|one| one.and_then(Result::ok)).collect())
    }

    /// A record of a package by Muragat.
    fn own(&self, taking: &mut Taking<'_>, journal: &Journal, shared: &Shared, id: RecordId) -> Result<Named, Error> {
        let package = &self.coming.package;
        let folder = package.folder(id);
        let digest = record::digest(package, &folder, package.below(&folder).map(|(_, path)| path))?;
        let decided = match self.record(taking, journal, shared, id) {
            // Of its own files: it alone cannot be taken, and the sender is told.
            Err(e) if e.code == ErrorCode::TrfNotTaken => {
                Decided::refused(vec![(Reason::Other, record::line(&e.to_string()))])
            }
            decided => decided?,
        };
        Ok((id.to_string(), digest, decided))
    }

    fn record(
        &self,
        taking: &mut Taking<'_>,
        journal: &Journal,
        shared: &Shared,
        id: RecordId,
    ) -> Result<Decided, Error> {
        let (archive, package) = (self.archive, &self.coming.package);
        let custody: Custody = match prove(journal, &**package, id)? {
            Ok(custody) => custody,
            Err(what) => return Ok(Decided::refused(vec![(Reason::CustodyUnproven, record::line(&what))])),
        };
        let sender = self.coming.accession.party.party.archive.to_string();
        let holds = match record::holds(package, (id, &custody), &sender)? {
            Ok(holds) => holds,
            Err(said) => return Ok(Decided::refused(vec![said])),
        };
        let ready = match record::read(archive, package, (&self.coming.accession.agency, id, &custody), shared)? {
            Ok(ready) => ready,
            Err(said) => return Ok(Decided::refused(vec![said])),
        };
        let (files, paths): (Vec<_>, Vec<_>) = ready.files.into_iter().unzip();
        let bytes = Files::new(package, paths);
        let item = Item {
            name: PathBuf::from(id.to_string()),
            description: ready.description,
            files,
            bytes: &bytes,
            since: ready.since,
            keep: ready.keep,
            extra: ready.extra,
            transferred: self.transferred(id.to_string()),
            provenance: RefCell::new(record::provenance(archive, package, (id, &custody), shared)?),
        };
        let (kept, before) = match self.take(taking, &item)? {
            Ok(kept) => kept,
            Err(reasons) => return Ok(Decided::refused(reasons)),
        };
        let mut reasons = ready.remarks;
        reasons.extend(before);
        reasons.extend(record::add(archive, package, (kept, &custody), self.options.actor)?);
        reasons.extend(self.doubts(kept)?);
        Ok(Decided { reasons, reference: Some(kept), holds })
    }

    /// A record of a package by another program.
    fn foreign(&self, taking: &mut Taking<'_>, found: &Found) -> Result<Named, Error> {
        let digest = record::digest(&self.coming.package, "", found.files.iter().map(String::as_str))?;
        Ok((found.name.clone(), digest, self.foreign_record(taking, found)?))
    }

    fn foreign_record(&self, taking: &mut Taking<'_>, found: &Found) -> Result<Decided, Error> {
        let (archive, package) = (self.archive, &self.coming.package);
        let representation = found.name.split('/').next().unwrap_or_default();
        if self.options.representation.is_some_and(|wanted| wanted != representation) {
            let said = (Reason::Other, "of a representation that was not asked for".to_owned());
            return Ok(Decided::refused(vec![said]));
        }
        let Some(profile) = self.options.profile else {
            let said = (Reason::Requisite, "no profile of imports says what its card lacks".to_owned());
            return Ok(Decided::refused(vec![said]));
        };
        let made = foreign::made(package, found, &profile.profile)?;
        let (from, until) = profile.profile.period;
        if made.date.is_some_and(|date| date < from || date > until) {
            let said = (Reason::Requisite, "its date is outside the period of the profile".to_owned());
            return Ok(Decided::refused(vec![said]));
        }
        let failed = |e| Error::of_spool("spool", e);
        let mut tar = Tar::new(archive.spool().object(), "record");
        let said = made.said.to_string();
        tar.begin("record.json", said.len() as u64).map_err(failed)?;
        tar.write(said.as_bytes()).map_err(failed)?;
        tar.end().map_err(failed)?;
        let (mut provenance, _) = tar.finish().map_err(failed)?;
        provenance.flush().and_then(|()| provenance.finish()).map_err(failed)?;
        let bytes = MadeBytes { package, found, card: &made.card };
        let item = Item {
            name: PathBuf::from(&found.name),
            description: made.description,
            files: made.files,
            bytes: &bytes,
            since: None,
            keep: profile.profile.keep,
            extra: Material::default(),
            transferred: self.transferred(found.name.clone()),
            provenance: RefCell::new(provenance),
        };
        let kept = match self.take(taking, &item)? {
            Ok((kept, None)) => kept,
            // Without a journal nobody knows that it is the same.
            Ok((_, Some(before))) => return Ok(Decided::refused(vec![before])),
            Err(reasons) => return Ok(Decided::refused(reasons)),
        };
        let mut reasons = vec![(Reason::CustodyUnproven, "made by another program: no journal came along".to_owned())];
        reasons.extend(self.doubts(kept)?);
        Ok(Decided { reasons, reference: Some(kept), holds: Vec::new() })
    }

    fn transferred(&self, record: String) -> Transferred {
        let accession = &self.coming.accession;
        let archive = accession.party.party.archive;
        Transferred { accession: accession.id, archive, record, package: accession.digest }
    }

    /// Hands a record to intake; gives the record that it is now, and what is to be said when it came before, or why it
    /// is none.
    fn take(&self, taking: &mut Taking<'_>, item: &Item<'_>) -> Result<Result<Kept, Vec<Said>>, Error> {
        match taking.take(item) {
            Taken::Accepted(record) => {
                self.archive.wait_index()?;
                Ok(Ok((record, None)))
            }
            Taken::Held(record) => {
                let before = self.manifest(record)?.transferred;
                if before.as_ref() == Some(&item.transferred) {
                    return Ok(Ok((record, None)));
                }
                Ok(match before {
                    Some(before) if self.came_to_nothing(&before, &item.transferred)? => {
                        let said = format!("it came before, by accession {}", before.accession);
                        Ok((record, Some((Reason::Duplicate, said))))
                    }
                    _ => Err(vec![(Reason::Duplicate, String::new())]),
                })
            }
            Taken::Refused(refusals) => Ok(Err(refusals.iter().map(record::reason).collect())),
            Taken::Failed(error) => Err(error),
        }
    }

    /// Whether the same record of the same archive came by an accession on whose act nobody there agreed: a package
    /// that was cancelled, or that somebody changed on its way. Else what is here for nothing would keep the sender
    /// from ever letting go of its own.
    fn came_to_nothing(&self, before: &Transferred, now: &Transferred) -> Result<bool, Error> {
        let is_same = (before.archive, &before.record) == (now.archive, &now.record);
        let row = self.archive.index().accession(before.accession)?;
        Ok(is_same && row.is_some_and(|row| row.agreed.is_none()))
    }

    fn manifest(&self, record: RecordId) -> Result<Manifest, Error> {
        self.archive.wait_index()?;
        open_handed(self.archive, record)?.manifest()
    }

    /// What is to be said of the signatures of a record that is kept.
    fn doubts(&self, record: RecordId) -> Result<Vec<Said>, Error> {
        let opened = open_handed(self.archive, record)?;
        let verdict = opened.manifest()?.validation.map(|validation| validation.verdict);
        if verdict == Some(SignatureVerdict::Valid) {
            return Ok(Vec::new());
        }
        let report = opened.validation()?.unwrap_or_default();
        let doubts = report.get("doubts").and_then(Value::as_array).into_iter().flatten();
        let doubt = |one: &Value| {
            let text = |key: &str| one.get(key).and_then(Value::as_str).unwrap_or_default();
            (Reason::SignatureUnproven, record::line(&format!("{} {}", text("code"), text("subject"))))
        };
        let mut doubts: Vec<Said> = doubts.map(doubt).collect();
        if doubts.is_empty() {
            doubts.push((Reason::SignatureUnproven, verdict.map_or("", SignatureVerdict::as_str).to_owned()));
        }
        Ok(doubts)
    }

    /// Commits the holds, the reply and the act together.
    fn end(&self, decided: Vec<Named>) -> Result<Accession, Error> {
        let id = self.coming.accession.id;
        let (mut rows, mut holds) = (Vec::with_capacity(decided.len()), Holds::new());
        for (name, digest, decided) in decided {
            rows.push(row(name, digest, decided, &mut holds));
        }
        let mut tried = 0;
        loop {
            // The number of the act is the next one as long as no other accession goes forward meanwhile.
            let known = all(self.archive)?;
            match known.iter().find(|one| one.id == id) {
                // Somebody else was quicker: what that one said is what is said.
                Some(one) if one.row.checked.is_some() => return Ok(one.clone()),
                _ => {}
            }
            tried += 1;
            match self.try_end(&known, &rows, &holds) {
                Err(e) if e.code == ErrorCode::TrfAccessionStage && tried < TRIES_MAX => {}
                Err(e) => return Err(e),
                Ok(()) => return Accession::read(self.archive, id),
            }
        }
    }

    fn try_end(&self, known: &[Accession], rows: &[Row], holds: &Holds) -> Result<(), Error> {
        let (archive, accession, actor) = (self.archive, &self.coming.accession, self.options.actor);
        let (reply, act) = documents(archive, accession, known, (rows.to_vec(), &self.coming.package.inventory))?;
        let (accepted, refused) = reply.counts();
        let fields = Map::from_iter([
            ("accepted".to_owned(), Value::from(accepted)),
            ("refused".to_owned(), Value::from(refused)),
        ]);
        let files = vec![(REPLY_FILE.to_owned(), reply.encode()), (ACT_FILE.to_owned(), act.encode())];
        archive.commit_together_deciding(|| {
            let now = archive.index().accessions()?;
            let is_same = |(id, row): &(RecordId, AccessionRow)| known.iter().any(|k| k.id == *id && k.row == *row);
            if now.len() != known.len() || !now.iter().all(is_same) {
                let what = "another accession went forward meanwhile";
                return Err(Error::new(ErrorCode::TrfAccessionStage, accession.id.to_string(), what));
            }
            let (mut acts, mut sessions) = (Vec::new(), Vec::new());
            for (placing, targets) in holds.values() {
                let (_, (placed, session)) = placing_acts(archive, placing, targets, None, actor)?;
                acts.extend(placed);
                sessions.push(session);
            }
            let logged = LogAct::new(ActKind::AccessionChecked, actor);
            let owner = ActOwner::Known(accession.id);
            let (logged, payload, session) = archive.seal_files(logged, owner, fields, files)?;
            acts.push((logged, payload));
            sessions.push(session);
            Ok((acts, sessions))
        })?;
        Ok(())
    }
}

/// The row of a record in the reply; its holds join those that are to be placed.
fn row(record: String, digest: Sha256, decided: Decided, all: &mut Holds) -> Row {
    let Decided { reasons, reference, holds } = decided;
    let outcome = match (&reference, reasons.is_empty()) {
        (None, _) => Outcome::Refused,
        (Some(_), true) => Outcome::Accepted,
        (Some(_), false) => Outcome::AcceptedWithRemark,
    };
    if let Some(reference) = reference {
        for (hold, placing) in holds {
            let (_, targets) = all.entry(hold).or_insert_with(|| (placing, Vec::new()));
            targets.push(HoldTarget::Record(reference.0));
        }
    }
    Row { record, digest, outcome, reasons, reference }
}

/// The reply, and the act with the next number of its agency.
fn documents(
    archive: &Archive,
    accession: &Accession,
    known: &[Accession],
    (rows, inventory): (Vec<Row>, &Value),
) -> Result<(Reply, Act), Error> {
    let now = archive.now();
    let about = About {
        from: accession.party.party.archive,
        to: archive.id(),
        package: accession.package.clone(),
        digest: accession.digest,
        transfer: accession.transfer,
        accession: accession.id,
        time: now,
        is_test: archive.is_test(),
    };
    let reply = Reply { about: about.clone(), rows };
    let (accepted, refused) = reply.counts();
    let year = civil_date(now).year();
    let mut number = 1;
    for other in known.iter().filter(|other| other.agency == accession.agency) {
        let Some(entry) = other.row.checked else { continue };
        number += u32::from(civil_date(archive.leaf(entry)?.t).year() == year);
    }
    let (party, config) = (&accession.party.party, archive.config());
    let act = Act {
        about,
        number: format!("{year}-{number}"),
        from: (party.title.kk.clone(), party.bin.clone()),
        to: config.issuer.name.clone().unwrap_or_else(|| config.vkey.name.clone()),
        reply: sha256(&reply.encode()),
        accepted,
        refused,
        list: inventory.get("inventory").and_then(|facts| ActList::of(facts, &reply)),
    };
    Ok((reply, act))
}
