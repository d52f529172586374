//! `muragat demo [DIR]`: a working archive with sample records, and a guided look at it.
//!
//! It calls what the other commands call; an answer that differs from what a sample is made for ends it with an error.
//! Afterwards it serves the archive, until it is stopped. Its staff are made up: it issues their tokens in their place
//! and writes their keys down, which nobody does for a person of a real archive.

use super::ingest::{ingest_quietly, print_answer};
use super::means::deposit_if_due;
use super::samples::staff::{MACHINE, Member};
use super::samples::stamper::Stamper;
use super::samples::trust::Trust;
use super::samples::write_samples;
use super::serve::{ADDRESS, Serve};
use super::{Common, audit, evidence, search, show};
use crate::access;
use crate::access::login::principal;
use crate::access::rights::Means;
use crate::access::tokens;
use crate::archive::{Archive, Holder, InitOptions};
use crate::audit::Options;
use crate::clock::{Clock, SystemClock, civil_date, utc};
use crate::config::{MeansKept, Readings};
use crate::error::{Error, ErrorCode, Exit};
use crate::evidence::stamp::{self, Request};
use crate::filing::due;
use crate::filing::files::{self, Asked};
use crate::filing::holds::{self, Placing};
use crate::index::filing::HoldTarget;
use crate::index::query::Query;
use crate::ingest::adopt::{Adopted, adopt};
use crate::ingest::signatures::add_shared;
use crate::ingest::{Status, lists};
use crate::inquiry::bundle::make::{self, Under};
use crate::inquiry::desk::{self, Opening};
use crate::model::id::RecordId;
use crate::model::iin::Iin;
use crate::retention::RuleList;
use crate::text::{Text, text};
use crate::verify::material::Material;
use chrono::{DateTime, Datelike, NaiveDate};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Arguments of `demo`.
#[derive(clap::Args)]
pub(super) struct Demo {
    /// Folder for the demo; made anew in the current folder when not given.
    dir: Option<PathBuf>,
    /// End after the look instead of serving.
    #[arg(long)]
    no_serve: bool,
    /// Where to serve afterwards.
    #[arg(long, value_name = "ADDRESS", default_value = ADDRESS)]
    listen: String,
}

/// Folder of what the staff sign in with.
const PEOPLE: &str = "people";

const MAKING: Text = text("1. Жаңа архив", "1. Новый архив", "1. A new archive");
const TAKING: Text = text(
    "2. Үлгі құжаттар қабылдануда (мазмұны ойдан шығарылған, қолтаңба кілттері осы сәтте жасалды)",
    "2. Приём образцов (содержание вымышлено, ключи подписи созданы только что)",
    "2. Taking samples in (made-up content, signed with keys made on the spot)",
);
const SHOWING: Text = text("3. Бір жазба", "3. Одна запись", "3. One record");
const SEARCHING: Text = text("4. Іздеу", "4. Поиск", "4. Search");
const FILING: Text = text(
    "5. Екі іс екі жылдан кейін: бірінің мерзімі өтеді, екіншісін тыйым сақтайды",
    "5. Два дела через два года: у одного срок истёк, другое под запретом",
    "5. Two files in two years' time: one is due, one is held",
);
const TITLE: Text = text("Хат алмасу", "Переписка", "Correspondence");
const STAMPING: Text = text(
    "6. Уақыт белгісі: бөгде адам архивсіз тексеретін дәлел (орталығы осы сәтте жасалды, ештеңені дәлелдемейді)",
    "6. Метка времени: доказательство, которое посторонний проверит без архива (центр создан только что)",
    "6. A time-stamp: proof that a stranger checks without the archive (by an authority made on the spot)",
);
const ANSWERING: Text = text(
    "7. Сот сұрады: құжат пен оның барлық дәлелі бір файлда (VERIFY.txt-ты оқыңыз)",
    "7. Спрашивает суд: документ и все его доказательства в одном файле (читайте VERIFY.txt)",
    "7. A court asks: the record and all that proves it in one file (read its VERIFY.txt)",
);
/// The court of the demonstration: who asks, in which case, by which law, who signed.
const COURT: [Text; 4] = [
    text("Үлгі соты", "Суд (пример)", "Example court"),
    text("№ 1 үлгі іс", "Дело № 1 (пример)", "Example case 1"),
    text(
        "Азаматтық процестік кодекс, 73-бап",
        "Гражданский процессуальный кодекс, ст. 73",
        "Code of Civil Procedure, art. 73",
    ),
    text("Сот кеңсесі", "Канцелярия суда", "The office of the court"),
];
const AUDITING: Text = text("8. Толық тексеру", "8. Полная проверка", "8. A full audit");
const NEXT: Text = text("Әрі қарай өзіңіз көріңіз:", "Дальше попробуйте сами:", "Go on yourself:");
const SERVING: Text = text(
    "9. Қызмет: API және браузер (тоқтату: Ctrl-C)",
    "9. Служба: API и браузер (остановить: Ctrl-C)",
    "9. The service: API and browser (Ctrl-C ends it)",
);
const ENTERING: Text = text(
    "Браузермен кіру: /sign-in бетіндегі мәтінді файлмен алып, қол қойыңыз да, қолтаңба файлын таңдаңыз:",
    "Вход в браузере: возьмите текст на странице /sign-in файлом, подпишите его и выберите файл подписи:",
    "To sign in with a browser take the text at /sign-in as a file, sign it, and choose the signature there:",
);

/// Has the archive trust the keys of the demonstration, as a real one trusts its authorities: by a policy, a register
/// of signers and a CRL that lie in files.
fn trust(archive: &Archive, dir: &Path, trust: &Trust, common: &Common) -> Result<(), Error> {
    let failed = |e| Error::caused(ErrorCode::ArcOutput, dir.display().to_string(), e);
    let actor = common.actor(archive)?;
    let folder = dir.join("trust");
    std::fs::create_dir_all(&folder).map_err(failed)?;
    for (name, text) in [("policy.toml", &trust.policy), ("authority.toml", &trust.authority)] {
        let path = folder.join(name);
        std::fs::write(&path, text).map_err(failed)?;
        if let Adopted::Refused(refusals) = adopt(archive, &path, actor)? {
            let what = refusals.first().map(ToString::to_string).unwrap_or_default();
            return Err(Error::new(ErrorCode::ArcOutput, name, what));
        }
    }
    std::fs::write(folder.join("root.pem"), &trust.root).map_err(failed)?;
    let crl = folder.join("root.crl");
    std::fs::write(&crl, &trust.crl).map_err(failed)?;
    add_shared(archive, &super::material::read(&[crl], common)?, actor)?;
    Ok(())
}

/// Opens the accounts of the staff. Their keys and tokens lie in `dir`, for the owner of the demonstration only.
fn hire(archive: &Archive, dir: &Path, staff: &[Member], common: &Common) -> Result<(), Error> {
    let actor = common.actor(archive)?;
    let until = archive.today() + chrono::Days::new(30);
    let folder = dir.join(PEOPLE);
    let failed = |e| Error::caused(ErrorCode::ArcOutput, folder.display().to_string(), e);
    DirBuilder::new().mode(0o700).create(&folder).map_err(failed)?;
    let mut accounts = vec![(MACHINE, Holder::Service(MACHINE.to_owned()), None)];
    for member in staff {
        let number = Iin::parse(member.iin);
        let number = number.ok_or_else(|| Error::new(ErrorCode::ArcOutput, member.account, "no number of a person"))?;
        accounts.push((member.account, Holder::Person(number), Some(&member.pem)));
    }
    for (account, holder, pem) in accounts {
        archive.open_account(account, &holder, None, actor)?;
        let accounts = archive.accounts()?;
        let opened = accounts.open(account).map(|held| principal(archive, held, Means::Token, None)).transpose()?;
        let opened = opened.map(|who| tokens::opened(&who, archive.today())).unwrap_or_default();
        // Some work in sessions only: a token of theirs would open nothing.
        if !opened.is_empty() {
            let scopes = opened.iter().map(|action| action.as_str()).collect();
            // A token of a person is theirs to issue: the demonstration does it in their place.
            let (_, token, _) = archive.issue_token(account, &scopes, until, archive.actor(account)?)?;
            std::fs::write(folder.join(format!("{account}.token")), format!("{token}\n")).map_err(failed)?;
        }
        if let Some(pem) = pem {
            std::fs::write(folder.join(format!("{account}.pem")), pem).map_err(failed)?;
        }
    }
    Ok(())
}

/// Puts two records of one agency into files of their own, closes these, and places a hold on one: what becomes of them
/// in two years.
fn file(archive: &Archive, records: &[RecordId], common: &Common) -> Result<(), Error> {
    let (lang, actor) = (common.lang(), common.actor(archive)?);
    let list = include_bytes!("samples/list.toml");
    let faulty = |faults: Vec<_>| Error::new(ErrorCode::RetMalformed, "samples/list.toml", format!("{faults:?}"));
    let parsed = RuleList::parse(list, "samples/list.toml").map_err(faulty)?;
    lists::adopt(archive, (&parsed, list), None, &[], &Material::default(), actor)?;
    let today = civil_date(archive.now());
    let mut opened = Vec::new();
    for record in records {
        let Some(row) = archive.index().record_by_id(*record)? else { continue };
        let asked = Asked {
            agency: row.agency,
            index: row.nomenclature_index,
            year: u16::try_from(today.year()).unwrap_or_default(),
            volume: None,
            title: Some(TITLE.get(lang).to_owned()),
            item: "DEMO/1".parse().ok(),
            attributes: BTreeMap::new(),
        };
        let file = files::open(archive, &asked, actor)?.id;
        files::enter(archive, file, &[*record], None, actor)?;
        opened.push(files::close(archive, file, today, actor)?);
    }
    if let Some(last) = opened.last() {
        let texts = ["Үлгі прокуратурасы", "Тексеру жүріп жатыр", "№ 5 сұрау"].map(str::to_owned);
        let [owner, reason, basis] = texts;
        let placing = Placing { owner, reason, basis, review: None, query: None };
        holds::place(archive, &placing, &[HoldTarget::File(last.id.0)], actor)?;
    }
    let then = NaiveDate::from_ymd_opt(today.year() + 2, 1, 1).unwrap_or(today);
    for file in &opened {
        let (_, decision) = due::why(archive, file.id, then)?;
        common.say(&format!("$ muragat why {} --as-of {then}", file.id));
        for sentence in decision.sentences(lang) {
            common.say(&format!("  {sentence}"));
        }
    }
    Ok(())
}

/// Has the time stamped on all that the archive holds, and writes the evidence of one record.
fn stamp_time(
    archive: &Archive,
    stamper: &Stamper,
    record: RecordId,
    dir: &Path,
    common: &Common,
) -> Result<(), Error> {
    let actor = common.actor(archive)?;
    let Some(batch) = stamp::next(archive, actor)? else { return Ok(()) };
    let request = Request::of(&batch, false);
    let answer = stamper.answer(&request.to_der(), utc(archive.now()));
    let answer = answer.map_err(|e| Error::caused(ErrorCode::EvdUnreadable, "demo", e))?;
    let checked = request.check(archive, &answer, "demo", &Material::default())?;
    stamp::keep(archive, &batch, &[checked], actor)?;
    common.say(&format!("$ muragat evidence record {record} -o {}", dir.display()));
    evidence::write_record(archive, record, dir, common)
}

/// Answers a court: an inquiry, the bundle with the record, and what a stranger needs to check it.
fn bundle(archive: &Archive, record: RecordId, dir: &Path, common: &Common) -> Result<(), Error> {
    let (lang, actor) = (common.lang(), common.actor(archive)?);
    let due = civil_date(archive.now()) + chrono::Days::new(30);
    let [authority, case, basis, requester] = COURT.map(|said| said.get(lang).to_owned());
    let opening = Opening { agency: String::new(), authority, case, basis, requester, due };
    let (inquiry, _) = desk::open(archive, opening, Some("DEMO-01"), actor)?;
    desk::take(archive, inquiry, &[HoldTarget::Record(record.0)], actor)?;
    make::commit(archive, inquiry, &BTreeSet::new(), Readings::Own, actor)?;
    let path = dir.join("case.zip");
    let failed = |e| Error::caused(ErrorCode::ArcOutput, path.display().to_string(), e);
    let mut bytes = Vec::new();
    make::write(archive, inquiry, Under::Newest, actor, &mut bytes)?;
    std::fs::write(&path, bytes).map_err(failed)?;
    let vkey = dir.join("trust").join("log.vkey");
    std::fs::write(&vkey, format!("{}\n", archive.config().vkey)).map_err(failed)?;
    let trust = dir.join("trust").join("policy.toml");
    common.say(&format!("$ muragat inquiry bundle {inquiry} -o {}", path.display()));
    let (path, vkey, trust) = (path.display(), vkey.display(), trust.display());
    common.say(&format!("$ muragat verify {path} --vkey {vkey} --policy {trust}"));
    Ok(())
}

impl Demo {
    pub(super) fn run(self, common: &Common) -> Result<Exit, Error> {
        let lang = common.lang();
        let now = SystemClock.now();
        let dir = self.dir.clone().unwrap_or_else(|| PathBuf::from(format!("muragat-demo-{now}")));
        let failed = |e| Error::caused(ErrorCode::ArcOutput, dir.display().to_string(), e);
        let (folder, inbox) = (dir.join("archive"), dir.join("submissions"));
        std::fs::create_dir_all(&inbox).map_err(failed)?;
        common.say(&format!("\n== {}: {}", MAKING.get(lang), folder.display()));
        // A demonstration is thrown away: it names the program without keeping it, and is no lawful keeping.
        let options = InitOptions { means: MeansKept::Reference, test: true, ..InitOptions::default() };
        let archive = Archive::create(&folder, &options, Arc::new(SystemClock))?;
        deposit_if_due(&archive, common)?;
        common.say(&format!("\n== {}", TAKING.get(lang)));
        let time = i64::try_from(now).ok().and_then(DateTime::from_timestamp_millis).unwrap_or_default();
        let samples = write_samples(&inbox, time, &mut crate::random::fill).map_err(failed)?;
        std::fs::write(dir.join("next.zip"), &samples.next).map_err(failed)?;
        trust(&archive, &dir, &samples.trust, common)?;
        hire(&archive, &dir, &samples.staff, common)?;
        let paths: Vec<PathBuf> = samples.submissions.iter().map(|s| s.path.clone()).collect();
        let answers = ingest_quietly(&archive, common, &paths)?;
        let mut shown = None;
        let mut accepted = Vec::new();
        for answered in &answers {
            let sample = samples.submissions.iter().find(|s| s.path == answered.path);
            if let Some(sample) = sample {
                common.say(&format!("· {}", sample.about.get(lang)));
            }
            if common.json() {
                common.print_json(&crate::view::answer(answered, lang));
            } else {
                print_answer(answered, lang);
            }
            match &answered.status {
                Status::Accepted { record, .. } => {
                    shown = shown.or(Some(*record));
                    accepted.push(*record);
                }
                Status::Refused { .. } if sample.is_some_and(|s| s.expect_refused) => {}
                status => {
                    let what = format!("the demo expected another answer: {status:?}");
                    return Err(Error::new(ErrorCode::ArcOutput, answered.path.display().to_string(), what));
                }
            }
        }
        let record = shown.ok_or_else(|| Error::new(ErrorCode::ArcNoRecord, "demo", "no sample was accepted"))?;
        common.say(&format!("\n== {}", SHOWING.get(lang)));
        let actor = common.actor(&archive)?;
        show::print(&archive, &access::open(&archive, record, actor)?, common)?;
        common.say(&format!("\n== {}", SEARCHING.get(lang)));
        for query in ["кестесі", "бұйр agency:DEMO-01", "direction:incoming"] {
            common.say(&format!("$ muragat search {query}"));
            search::search(&archive, &Query::parse(query)?, 5, common)?;
        }
        common.say(&format!("\n== {}", FILING.get(lang)));
        file(&archive, accepted.get(..2).unwrap_or_default(), common)?;
        common.say(&format!("\n== {}", STAMPING.get(lang)));
        stamp_time(&archive, &samples.stamper, record, &dir.join("evidence"), common)?;
        common.say(&format!("\n== {}", ANSWERING.get(lang)));
        bundle(&archive, record, &dir, common)?;
        archive.close()?;
        common.say(&format!("\n== {}", AUDITING.get(lang)));
        let report = audit::run(&folder, Options { every_byte: true, threads: 2 }, common)?;
        audit::print(&report, common);
        common.say(&format!("\n{}", NEXT.get(lang)));
        common.say(&format!("  export MURAGAT_ARCHIVE={}", folder.display()));
        common.say(&format!("  muragat get {record} -o {}/out", dir.display()));
        common.say("  muragat file list");
        common.say("  muragat log checkpoint");
        common.say("  muragat evidence status");
        if !report.is_clean() {
            return Ok(ErrorCode::AudFinding.exit());
        }
        if self.no_serve {
            return Ok(Exit::Ok);
        }
        let (people, listen) = (dir.join(PEOPLE), self.listen);
        let token = format!("-H \"Authorization: Bearer $(cat {}/archivist.token)\"", people.display());
        let key = people.join("archivist.pem");
        let key = key.display();
        common.say(&format!("\n== {}", SERVING.get(lang)));
        common.say(&format!("  curl -s {token} 'http://{listen}/api/v1/search?q=демалыс'"));
        common.say(&format!("  curl -s {token} http://{listen}/api/v1/records/{record}"));
        let (edms, next) = (people.join("edms.token"), dir.join("next.zip"));
        common.say(&format!("  curl -s -H \"Authorization: Bearer $(cat {})\" \\", edms.display()));
        common.say(&format!("    -H 'Content-Type: application/zip' --data-binary @{} \\", next.display()));
        common.say(&format!("    http://{listen}/api/v1/submissions"));
        common.say(ENTERING.get(lang));
        common.say(&format!(
            "  openssl cms -sign -binary -nodetach -outform DER -md sha256 -cades -in muragat-sign-in.txt \\\n    \
             -signer {key} -out muragat-sign-in.p7s"
        ));
        Serve::at(listen).run_in(&folder, common)
    }
}
