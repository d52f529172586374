//! `muragat evidence timestamp|request|accept|status|record|checkpoint`: what outsiders say of the time.
//!
//! `timestamp` and `renew` ask the authorities over the network, `request` and `accept` go by files. `record` and
//! `checkpoint` write evidence records (RFC 4998) that a stranger checks without this program.

use super::beside::{with_ending, write_all_new};
use super::show::record_id;
use super::signed::MaterialPaths;
use super::{Common, read_up_to};
use crate::access;
use crate::archive::Archive;
use crate::clock::civil_date;
use crate::error::{Error, ErrorCode, Exit};
use crate::evidence::batch::Batch;
use crate::evidence::record::{self, Evidence, Maker, Object};
use crate::evidence::renew::{self, Kind, Renewal};
use crate::evidence::stamp::{self, Checked, Request, Stamped};
use crate::evidence::status::{End, status};
use crate::fetch::{Authority, Timeouts};
use crate::model::id::{ActorId, RecordId};
use crate::model::record::Member;
use crate::model::strict::shown;
use crate::model::validation::time_text;
use crate::text::{Text, text};
use crate::tlog::note::NOTE_BYTES_MAX;
use crate::verify::limits::TIMESTAMP_BYTES_MAX;
use crate::verify::material::Material;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Arguments of `evidence`.
#[derive(clap::Args)]
pub(super) struct EvidenceArgs {
    #[command(subcommand)]
    command: EvidenceCommand,
}

#[derive(clap::Subcommand)]
enum EvidenceCommand {
    /// Have the time stamped on all that came since the last time, by every authority that muragat.toml names.
    Timestamp(MaterialPaths),
    /// Write the request for a time-stamp, for an archive without a network.
    Request {
        /// The request, to be carried to an authority; the checkpoint that it is of is written beside it.
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
    },
    /// Take in the answer of an authority to a request that was carried.
    Accept(Accept),
    /// What is stamped, when each time-stamp ends, and what is not covered yet.
    Status,
    /// Renew time-stamps before they end.
    Renew(Renew),
    /// Write the evidence records of a record; of a destroyed one what is left of them.
    Record {
        /// Id of the record.
        id: String,
        /// Folder to write into.
        #[arg(short, long, value_name = "DIR")]
        output: PathBuf,
    },
    /// Write a stamped checkpoint with its evidence record: evidence for every entry before it.
    Checkpoint {
        /// Entry of the time-stamp, as `evidence status` gives it; the newest when not given.
        entry: Option<u64>,
        /// Folder to write into.
        #[arg(short, long, value_name = "DIR")]
        output: PathBuf,
    },
}

#[derive(clap::Args)]
struct Accept {
    /// The answer of the authority.
    answer: PathBuf,
    /// The checkpoint that `evidence request` wrote beside the request.
    #[arg(long, value_name = "FILE")]
    checkpoint: PathBuf,
    #[command(flatten)]
    material: MaterialPaths,
}

const STAMPED: Text = text("Уақыт белгісі сақталды", "Метка времени сохранена", "The time-stamp is kept");
const NOTHING: Text = text(
    "Соңғы уақыт белгісінен бері ештеңе қосылған жоқ.",
    "С последней метки времени ничего не добавилось.",
    "Nothing came since the newest time-stamp.",
);
const RENEWED: Text = text("Уақыт белгілері жаңартылды", "Метки времени обновлены", "Time-stamps were renewed");
const REQUESTED: Text = text(
    "Жаңарту сұранысы жазылды; жауабын «evidence renew --answer» енгізеді",
    "Запрос на обновление записан; ответ вводит «evidence renew --answer»",
    "The request for a renewal is written; `evidence renew --answer` takes the answer in",
);
const LOST: Text = text(
    "Бұл белгі қазір расталмайды, сондықтан жаңартылмады",
    "Эта метка сейчас не подтверждается и не обновлена",
    "This time-stamp does not verify now and was not renewed",
);
const NOTHING_ENDS: Text = text(
    "Жаңартатын уақыт белгісі жоқ.",
    "Обновлять нечего: ни одна метка времени не кончается.",
    "There is no time-stamp to renew.",
);
const NOT_ANSWERED: Text = text("белгі алынбады", "метка не получена", "no time-stamp");
const ENTRIES: Text = text("журнал әрекеттері", "записи журнала", "entries");
const UNTIL: Text = text("мерзімі", "действует до", "until");
const RENEW_BY: Text = text("жаңарту күні", "обновить до", "renew by");
const NO_END: Text = text("мерзімі белгісіз", "срок не известен", "no end is known");
const BY_CERTIFICATE: Text = text("куәлік мерзімі", "срок свидетельства", "the certificate ends");
const BY_ALGORITHM: Text = text("алгоритм мерзімі", "срок алгоритма", "the algorithm ends");
const UNSTAMPED: Text = text("Уақыт белгісі жоқ жазбалар", "Записей без метки времени", "Records without a time-stamp");
const CARRY: Text = text(
    "Сұранысты орталыққа жеткізіп, жауабын енгізіңіз",
    "Передайте запрос в центр и введите его ответ",
    "Carry the request to an authority and take its answer in",
);

impl EvidenceArgs {
    pub(super) fn run(self, common: &Common) -> Result<Exit, Error> {
        match self.command {
            EvidenceCommand::Timestamp(material) => timestamp(common, &material),
            EvidenceCommand::Request { output } => request(common, &output),
            EvidenceCommand::Accept(args) => args.run(common),
            EvidenceCommand::Status => print_status(common),
            EvidenceCommand::Renew(args) => args.run(common),
            EvidenceCommand::Record { id, output } => {
                let id = record_id(&id)?;
                let archive = common.open()?;
                write_record(&archive, id, &output, common)?;
                archive.close()?;
                Ok(Exit::Ok)
            }
            EvidenceCommand::Checkpoint { entry, output } => write_checkpoint(common, entry, &output),
        }
    }
}

/// An authority that gave no time-stamp which can be kept.
struct Failed {
    url: String,
    error: Error,
}

/// What an authority answered to a request of its own.
struct Answered {
    url: String,
    request: Request,
    answer: Result<Vec<u8>, Error>,
}

/// Asks every authority. No archive is open meanwhile: one may be slow, and documents come in.
fn ask(authorities: &[Authority], request: impl Fn() -> Request) -> Vec<Answered> {
    let ask = |authority: &Authority| {
        // Each has a random number of its own.
        let request = request();
        let answer = authority.ask(&request.to_der(), Timeouts::default());
        Answered { url: authority.url().to_string(), request, answer }
    };
    authorities.iter().map(ask).collect()
}

/// What can be kept of the answers, and who failed.
fn check(archive: &Archive, answers: Vec<Answered>, extra: &Material) -> (Vec<Checked>, Vec<Failed>) {
    let (mut checked, mut failed) = (Vec::new(), Vec::new());
    for Answered { url, request, answer } in answers {
        match answer.and_then(|answer| request.check(archive, &answer, &url, extra)) {
            Ok(one) => checked.push(one),
            Err(error) => failed.push(Failed { url, error }),
        }
    }
    (checked, failed)
}

/// One is enough to prove the time; that another failed is said, and the next run asks it again.
fn exit_of(entry: Option<u64>, failed: &[Failed]) -> Exit {
    match (entry, failed.first()) {
        (None, Some(first)) => first.error.code.exit(),
        _ => Exit::Ok,
    }
}

fn timestamp(common: &Common, material: &MaterialPaths) -> Result<Exit, Error> {
    let extra = material.read(common)?;
    let archive = common.open_to_act()?;
    let authorities = Authority::all(archive.config())?;
    let actor = common.actor(&archive)?;
    let batch = stamp::next(&archive, actor)?;
    archive.close()?;
    let Some(batch) = batch else {
        print_nothing(common);
        return Ok(Exit::Ok);
    };
    let answers = ask(&authorities, || Request::of(&batch, false));
    let archive = common.open_again_to_act()?;
    stamp::is_next(&archive, &batch)?;
    let (checked, failed) = check(&archive, answers, &extra);
    let entry = match checked.is_empty() {
        true => None,
        false => Some(stamp::keep(&archive, &batch, &checked, actor)?),
    };
    print_answer(common, entry, &batch, &checked, &failed);
    archive.close()?;
    Ok(exit_of(entry, &failed))
}

fn print_nothing(common: &Common) {
    if common.json() {
        let none: [u8; 0] = [];
        common.print_json(&json!({
            "status": "nothing", "entry": null, "from": null, "to": null, "tokens": none, "failed": none,
        }));
    } else {
        out!("{}", NOTHING.get(common.lang()));
    }
}

fn token_json(time: DateTime<Utc>, authority: &str, until: Option<DateTime<Utc>>) -> Value {
    json!({"time": time_text(time), "authority": authority, "until": until.map(time_text)})
}

fn checked_json(one: &Checked) -> Value {
    token_json(one.token.info.time, &one.authority, one.until)
}

fn failed_json(one: &Failed) -> Value {
    json!({"url": one.url, "code": one.error.code.as_str(), "what": one.error.what})
}

fn print_answer(common: &Common, entry: Option<u64>, batch: &Batch, checked: &[Checked], failed: &[Failed]) {
    let (lang, entries) = (common.lang(), &batch.entries);
    if common.json() {
        common.print_json(&json!({
            "status": if entry.is_some() { "stamped" } else { "failed" }, "entry": entry,
            "from": entries.start, "to": entries.end,
            "tokens": checked.iter().map(checked_json).collect::<Value>(),
            "failed": failed.iter().map(failed_json).collect::<Value>(),
        }));
        return;
    }
    if let Some(entry) = entry {
        out!("{} (#{entry}): {} {}..{}", STAMPED.get(lang), ENTRIES.get(lang), entries.start, entries.end);
    }
    print_tokens(common, checked, failed);
}

fn print_tokens(common: &Common, checked: &[Checked], failed: &[Failed]) {
    let lang = common.lang();
    for one in checked {
        out!("  {} · {}", time_text(one.token.info.time), shown(&one.authority));
    }
    for one in failed {
        let (code, what) = (one.error.code, shown(&one.error.what));
        common.say(&format!("{}: {}: {} {what}", NOT_ANSWERED.get(lang), one.url, code.as_str()));
        common.say(&format!("  {}", code.text(lang)));
    }
}

fn request(common: &Common, output: &Path) -> Result<Exit, Error> {
    let archive = common.open_to_act()?;
    let actor = common.actor(&archive)?;
    let Some(batch) = stamp::next(&archive, actor)? else {
        print_nothing(common);
        archive.close()?;
        return Ok(Exit::Ok);
    };
    let request = Request::of(&batch, true);
    let beside = with_ending(output, ".checkpoint");
    write_all_new(&[(output, &request.to_der()), (&beside, &batch.note)])?;
    let (file, checkpoint) = (output.to_string_lossy(), beside.to_string_lossy());
    if common.json() {
        common.print_json(&json!({
            "file": file, "checkpoint": checkpoint, "from": batch.entries.start,
            "to": batch.entries.end, "root": batch.root().to_string(),
        }));
    } else {
        out!("{}:", CARRY.get(common.lang()));
        out!("  muragat evidence accept ANSWER --checkpoint {}", shown(&checkpoint));
    }
    archive.close()?;
    Ok(Exit::Ok)
}

impl Accept {
    fn run(self, common: &Common) -> Result<Exit, Error> {
        let answer = read_up_to(&self.answer, TIMESTAMP_BYTES_MAX)?;
        let note = read_up_to(&self.checkpoint, NOTE_BYTES_MAX)?;
        let extra = self.material.read(common)?;
        let archive = common.open_to_act()?;
        let actor = common.actor(&archive)?;
        let batch = stamp::until(&archive, &note, &self.checkpoint.to_string_lossy())?;
        let request = Request::of(&batch, true);
        let checked = [request.check(&archive, &answer, &self.answer.to_string_lossy(), &extra)?];
        let entry = stamp::keep(&archive, &batch, &checked, actor)?;
        print_answer(common, Some(entry), &batch, &checked, &[]);
        archive.close()?;
        Ok(Exit::Ok)
    }
}

fn print_status(common: &Common) -> Result<Exit, Error> {
    let archive = common.open()?;
    let (lang, status) = (common.lang(), status(&archive)?);
    if common.json() {
        let batches = status.batches.iter().map(|batch| {
            let token = |token: &stamp::Token| token_json(token.time, &token.authority, token.until);
            let why = batch.why.as_ref().map(|why| match why {
                End::Certificate => "certificate",
                End::Algorithm(_) => "algorithm",
            });
            json!({
                "entry": batch.stamped.entry, "from": batch.stamped.from, "to": batch.stamped.to,
                "tokens": batch.stamped.tokens.iter().map(token).collect::<Value>(),
                "renewals": batch.renewals, "ends": batch.ends.map(time_text),
                "renew_by": batch.renew_by().map(time_text), "why": why,
            })
        });
        common.print_json(&json!({"batches": batches.collect::<Value>(), "unstamped": status.unstamped}));
    } else {
        for batch in &status.batches {
            let of = &batch.stamped;
            out!("#{} · {} {}..{}", of.entry, ENTRIES.get(lang), of.from, of.to);
            for token in &of.tokens {
                out!("  {} · {}", time_text(token.time), shown(&token.authority));
            }
            let why = match &batch.why {
                Some(End::Certificate) => BY_CERTIFICATE.get(lang).to_owned(),
                Some(End::Algorithm(name)) => format!("{} {name}", BY_ALGORITHM.get(lang)),
                None => String::new(),
            };
            match (batch.ends, batch.renew_by()) {
                (Some(ends), Some(by)) => {
                    let by = civil_date(u64::try_from(by.timestamp_millis()).unwrap_or_default());
                    out!("  {} {} ({why}); {} {by}", UNTIL.get(lang), time_text(ends), RENEW_BY.get(lang));
                }
                _ => out!("  {}", NO_END.get(lang)),
            }
        }
        out!("{}: {}", UNSTAMPED.get(lang), status.unstamped);
    }
    archive.close()?;
    Ok(Exit::Ok)
}

/// Writes the evidence records of a record, and says which.
pub(super) fn write_record(archive: &Archive, id: RecordId, folder: &Path, common: &Common) -> Result<(), Error> {
    let mut maker = Maker::new(archive)?;
    // Members of a living record are read like its contents: the reading is in the journal first.
    let groups = match archive.index().record_by_id(id)? {
        Some(_) => {
            let actor = common.actor(archive)?;
            groups(archive, id, actor)?
        }
        None => Vec::new(),
    };
    // All of them are found before any is written: a folder that was begun could not be written again.
    let mut found = Vec::new();
    for stub in record::commitments(archive, id)? {
        let Object::Stub { entry, .. } = stub else { continue };
        let not_stamped = || Error::new(ErrorCode::EvdNotStamped, entry.to_string(), "no batch has this entry");
        found.push((entry, record::batch_of(archive, entry)?.ok_or_else(not_stamped)?, stub));
    }
    // An inquiry or a hold has entries and commits to nothing.
    if found.is_empty() {
        return Err(archive.no_record(id));
    }
    for (at, (entry, stamped, stub)) in found.into_iter().enumerate() {
        let below = folder.join(entry.to_string());
        let object = match groups.get(at) {
            Some(group) => {
                write_file(&below.join("metadata.json"), &group.metadata)?;
                write_file(&below.join("salt.bin"), &group.salt)?;
                Object::group(entry, &group.members)
            }
            None => stub,
        };
        print_evidence(common, &below, entry, &maker.evidence(&stamped, &object)?)?;
        write_material(&below, &maker, &stamped)?;
    }
    Ok(())
}

/// What a record was when an entry committed to it.
struct Group {
    members: Vec<Member>,
    metadata: Vec<u8>,
    salt: Vec<u8>,
}

fn groups(archive: &Archive, id: RecordId, actor: ActorId) -> Result<Vec<Group>, Error> {
    let opened = access::open(archive, id, actor)?;
    let manifest = opened.manifest()?;
    let (members, metadata, salt) = (manifest.members(), manifest.metadata(), manifest.salt_file());
    let mut groups = vec![Group { members, metadata, salt }];
    for (_, amendment) in opened.amendments()? {
        let (members, metadata, salt) = (amendment.members(), amendment.metadata(), amendment.salt_file());
        groups.push(Group { members, metadata, salt });
    }
    Ok(groups)
}

fn write_checkpoint(common: &Common, entry: Option<u64>, folder: &Path) -> Result<Exit, Error> {
    let archive = common.open()?;
    let stamped = match entry {
        Some(entry) => Stamped::all(&archive)?.into_iter().find(|stamped| stamped.entry == entry),
        None => Stamped::all(&archive)?.pop(),
    };
    let not_stamped = || {
        let subject = entry.map_or_else(|| "evidence".to_owned(), |entry| entry.to_string());
        Error::new(ErrorCode::EvdNotStamped, subject, "there is no such time-stamp")
    };
    let stamped = stamped.ok_or_else(not_stamped)?;
    let batch = stamped.batch(&archive)?;
    let mut maker = Maker::new(&archive)?;
    let made = maker.evidence(&stamped, &Object::checkpoint(&batch))?;
    write_file(&folder.join("checkpoint"), &batch.note)?;
    print_evidence(common, folder, stamped.entry, &made)?;
    write_material(folder, &maker, &stamped)?;
    archive.close()?;
    Ok(Exit::Ok)
}

#[derive(clap::Args)]
struct Renew {
    /// Renew what ends before this day, YYYY-MM-DD; what ends within two years when not given.
    #[arg(long, value_name = "DATE", conflicts_with = "all")]
    by: Option<NaiveDate>,
    /// Renew everything, whenever it ends.
    #[arg(long)]
    all: bool,
    /// How: timestamp, or hash-tree, which leaves SHA-256 for SHA-512; what the end dates ask for when not given.
    #[arg(long, value_parser = kind)]
    kind: Option<Kind>,
    /// Write the request into this file instead of asking over the network.
    #[arg(long, value_name = "FILE", conflicts_with = "answer")]
    request: Option<PathBuf>,
    /// Take in the answer to that request; nothing else must have been renewed or destroyed meanwhile.
    #[arg(long, value_name = "FILE")]
    answer: Option<PathBuf>,
    #[command(flatten)]
    material: MaterialPaths,
}

fn kind(text: &str) -> Result<Kind, String> {
    Kind::parse(text).ok_or_else(|| "timestamp or hash-tree".to_owned())
}

impl Renew {
    fn run(self, common: &Common) -> Result<Exit, Error> {
        let extra = self.material.read(common)?;
        let archive = common.open_to_act()?;
        let actor = common.actor(&archive)?;
        let by = match (self.all, self.by) {
            (true, _) => None,
            (_, Some(day)) => Some(day.and_time(NaiveTime::MIN).and_utc()),
            _ => Some(renew::horizon(&archive)),
        };
        let due = renew::due(&archive, self.kind, by)?;
        let mut lost = Vec::new();
        let renewals = due.map(|due| due.renewals(&archive, &extra, &mut |e| lost.push(e))).transpose()?;
        let renewals = renewals.unwrap_or_default();
        for e in &lost {
            common.say(&format!("{}: {} {}", LOST.get(common.lang()), e.subject, shown(&e.what)));
        }
        let exit = if lost.is_empty() { Exit::Ok } else { Exit::Incomplete };
        // Of several the first goes by file: the others are written when its answer is in.
        let Some(first) = renewals.first() else {
            print_renewed(common, &lost, ("nothing", None), None, &[], &[]);
            archive.close()?;
            return Ok(exit);
        };
        if let Some(path) = &self.request {
            write_all_new(&[(path, &first.request(true).to_der())])?;
            print_renewed(common, &lost, ("requested", None), Some(first), &[], &[]);
            archive.close()?;
            return Ok(exit);
        }
        if let Some(path) = &self.answer {
            let answer = read_up_to(path, TIMESTAMP_BYTES_MAX)?;
            let checked = vec![first.request(true).check(&archive, &answer, &path.to_string_lossy(), &extra)?];
            let kept = keep_renewal((common, &archive, actor), &lost, first, checked, Vec::new())?;
            archive.close()?;
            return Ok(if exit == Exit::Ok { kept } else { exit });
        }
        let authorities = Authority::all(archive.config())?;
        archive.close()?;
        let ask = |renewal: &Renewal| ask(&authorities, || renewal.request(false));
        let answers: Vec<Vec<Answered>> = renewals.iter().map(ask).collect();
        let archive = common.open_again_to_act()?;
        let mut exits = vec![exit];
        for (renewal, answers) in renewals.iter().zip(answers) {
            renewal.is_due(&archive)?;
            let (checked, failed) = check(&archive, answers, &extra);
            exits.push(keep_renewal((common, &archive, actor), &lost, renewal, checked, failed)?);
        }
        archive.close()?;
        Ok(exits.into_iter().find(|exit| *exit != Exit::Ok).unwrap_or(Exit::Ok))
    }
}

/// A chain goes on by one token: the one that lasts longest, if that is longer than what it renews.
fn keep_renewal(
    (common, archive, actor): (&Common, &Archive, ActorId),
    lost: &[Error],
    renewal: &Renewal,
    checked: Vec<Checked>,
    mut failed: Vec<Failed>,
) -> Result<Exit, Error> {
    let best = checked.into_iter().max_by_key(|one| one.until);
    let (checked, short): (Vec<Checked>, Vec<Checked>) = best.into_iter().partition(|one| renewal.is_longer(one));
    failed.extend(short.into_iter().map(|one| {
        let what = format!("it ends at {}, no later than what it would renew", ended(&one));
        Failed { url: one.authority, error: Error::new(ErrorCode::EvdUnproven, "renewal", what) }
    }));
    let entry = checked.first().map(|one| renew::keep(archive, renewal, one, actor)).transpose()?;
    let status = if entry.is_some() { "renewed" } else { "failed" };
    print_renewed(common, lost, (status, entry), Some(renewal), &checked, &failed);
    Ok(exit_of(entry, &failed))
}

fn ended(one: &Checked) -> String {
    one.until.map(time_text).unwrap_or_default()
}

fn print_renewed(
    common: &Common,
    lost: &[Error],
    (status, entry): (&str, Option<u64>),
    renewal: Option<&Renewal>,
    checked: &[Checked],
    failed: &[Failed],
) {
    let lang = common.lang();
    let (kind, tokens) = (renewal.map(|renewal| renewal.kind().as_str()), renewal.map(Renewal::tokens));
    if common.json() {
        let lost = lost.iter().map(|e| json!({"token": e.subject, "what": e.what}));
        common.print_json(&json!({
            "status": status, "entry": entry, "kind": kind, "renews": tokens,
            "tokens": checked.iter().map(checked_json).collect::<Value>(),
            "failed": failed.iter().map(failed_json).collect::<Value>(), "lost": lost.collect::<Value>(),
        }));
        return;
    }
    match (entry, kind.zip(tokens)) {
        (Some(entry), Some((kind, tokens))) => out!("{} (#{entry}): {kind} · {tokens}", RENEWED.get(lang)),
        (None, Some((kind, tokens))) if status == "requested" => out!("{}: {kind} · {tokens}", REQUESTED.get(lang)),
        (_, None) => out!("{}", NOTHING_ENDS.get(lang)),
        _ => {}
    }
    print_tokens(common, checked, failed);
}

/// Writes evidence records into a folder and says so.
fn print_evidence(common: &Common, folder: &Path, entry: u64, made: &[Evidence]) -> Result<(), Error> {
    for (number, one) in (1..).zip(made) {
        let path = folder.join(format!("evidence-{number}.ers"));
        write_file(&path, &one.record.to_der())?;
        let (path, time) = (path.to_string_lossy(), time_text(one.time));
        if common.json() {
            common.print_json(&json!({"entry": entry, "path": path, "time": time, "authority": one.authority}));
        } else {
            out!("{} · {time} · {}", shown(&path), shown(&one.authority));
        }
    }
    Ok(())
}

/// Writes what validates the tokens, for whoever checks the records.
fn write_material(folder: &Path, maker: &Maker<'_>, stamped: &Stamped) -> Result<(), Error> {
    for (name, bytes) in maker.material(stamped)? {
        write_file(&folder.join("material").join(name), &bytes)?;
    }
    Ok(())
}

fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    if let Some(parent) = path.parent() {
        let failed = |e| Error::caused(ErrorCode::ArcOutput, path.display().to_string(), e);
        std::fs::create_dir_all(parent).map_err(failed)?;
    }
    write_all_new(&[(path, bytes)])
}
