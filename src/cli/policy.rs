//! `muragat policy check|adopt|list|show`: what signatures are judged by, who may sign, which days are worked.
//!
//! `check` needs no archive. It prints for a person what a policy trusts and until when, and what to look at; of a
//! register of authority it prints counts and never a person.

use super::Common;
use super::ingest::print_refusals;
use super::signed::Signatures;
use crate::clock::{Clock, SystemClock, utc};
use crate::error::{Error, ErrorCode, Exit};
use crate::ingest::adopt::{Adopted, Checked, adopt_signed, read};
use crate::model::calendar::WorkCalendar;
use crate::model::strict::shown;
use crate::text::{Lang, Text, text};
use crate::verify::authority::Authority;
use crate::verify::name;
use crate::verify::policy::{Anchor, Policy, Reliability, Warning};
use crate::view;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use serde_json::{Value, json};
use std::path::PathBuf;

/// Arguments of `policy`.
#[derive(clap::Args)]
pub(super) struct PolicyArgs {
    #[command(subcommand)]
    command: PolicyCommand,
}

#[derive(clap::Subcommand)]
enum PolicyCommand {
    /// Check policies, registers of authority and calendars, without an archive.
    Check(Check),
    /// Adopt a policy, a register of authority or a calendar of working days: submissions are judged by it from now on.
    /// With the signatures of two approvers it is confirmed, and officers are judged by it too.
    #[command(after_help = ADOPT_EXAMPLES)]
    Adopt(Adopt),
    /// The policies, registers and calendars that were adopted, oldest first.
    List,
    /// Show the policy in force, or give out an adopted file as it came.
    Show(Show),
}

#[derive(clap::Args)]
struct Check {
    /// Files as schema/policy/1, schema/authority/1 and schema/calendar/1 say; those of one call are looked at
    /// together.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Look at them as on this day; today when not given.
    #[arg(long, value_name = "YYYY-MM-DD")]
    as_of: Option<NaiveDate>,
}

#[derive(clap::Args)]
struct Adopt {
    /// A policy (schema/policy/1), a register of authority (schema/authority/1) or a calendar (schema/calendar/1); two
    /// approvers of a confirmed register confirm it by their signatures.
    file: PathBuf,
    #[command(flatten)]
    signatures: Signatures,
}

#[derive(clap::Args)]
struct Show {
    /// Entry of the adoption: its file is given out byte for byte.
    entry: Option<u64>,
}

const ADOPT_EXAMPLES: &str = "\
Examples:
  muragat policy check policy.toml register.toml   look at both together first
  muragat policy adopt policy.toml                 trust list, algorithms and rules, from now on
  muragat policy adopt register.toml               a new edition of the register of signers
  muragat policy adopt register.toml --signature a.p7s --signature b.p7s
                                                   the same, confirmed by two approvers";

const SOUND: Text = text("дұрыс", "исправен", "sound");
const REFUSED: Text = text("қабылданбады", "не принят", "refused");
const ADOPTED: Text = text("енгізілді", "введён", "adopted");
const HELD: Text = text("бұрын енгізілген", "уже введён", "adopted before");
const NOTHING: Text = text(
    "Саясат енгізілмеген: кіріктірілгені қолданылады, ол ешкімге сенбейді.",
    "Политика не введена: действует встроенная, она никому не доверяет.",
    "No policy was adopted: the built-in one applies, which trusts nobody.",
);
const POLICY: Text = text("тексеру саясаты", "политика проверки", "validation policy");
const REGISTER: Text = text("өкілеттіктер тізілімі", "реестр полномочий", "register of authority");
const CALENDAR: Text = text("жұмыс күнтізбесі", "производственный календарь", "calendar of working days");
const SINGLE_DAYS: Text = text("жеке күндер", "отдельные дни", "single days");
const HOLIDAYS: Text = text("мерекелер", "праздники", "holidays");
const FOR_SIGNATURES: Text = text("қолтаңбаларға сенім", "доверие для подписей", "trusted for signatures");
const FOR_TIMESTAMPS: Text = text("уақыт белгілеріне сенім", "доверие для меток времени", "trusted for time-stamps");
const ALGORITHMS: Text = text("алгоритмдер", "алгоритмы", "algorithms");
const UNTIL: Text = text("мерзімі:", "до", "until");
const ENDLESS: Text = text("мерзімсіз", "без срока", "without an end");
const ENDED: Text = text("аяқталған:", "истёк", "ended");
const BODIES: Text = text("ұйымдар", "организации", "bodies");
const ROWS: Text = text("жолдар", "строки", "rows");
const LOOK: Text = text("назар аударыңыз", "обратите внимание", "take note");
const IN_FORCE: Text = text("қолданыста", "действует", "in force");
const DECIDES: Text =
    text("қызметкерлер осы бойынша тексеріледі", "по нему проверяют должностных лиц", "officers are judged by it");
const UNCONFIRMED: Text = text("расталмаған", "не подтверждено", "not confirmed");
/// What an adoption means that is not confirmed.
const ONLY_INTAKE: Text = text(
    "Расталмаған: құжаттар бұдан былай осы бойынша қабылданады, бірақ жоюға, мерзімді қысқартуға, жазбаны алып \
     тастауға, тізбе мен импорт бейініне қол қоятындар бұрынғы расталған нұсқа бойынша тексеріледі. Растау үшін \
     файлға екі бекітуші қол қойсын да, оны «policy adopt --signature» арқылы қайта енгізіңіз.",
    "Не подтверждено: приём документов отныне идёт по нему, но те, кто подписывает уничтожение, сокращение сроков, \
     изъятие, перечни и профили импорта, проверяются по прежней подтверждённой версии. Чтобы подтвердить, дайте \
     файл на подпись двум утверждающим и введите его снова с «policy adopt --signature».",
    "Not confirmed: documents are taken in by it from now on, but whoever signs a destruction, a shorter term, a \
     spill, a list or a profile of an import is judged by the version confirmed before. To confirm it, have two \
     approvers sign the file and adopt it again with `policy adopt --signature`.",
);
/// What the adoption means by which there are approvers.
const QUORUM: Text = text(
    "Тізілімде бекітушілер бар: бұдан былай саясат пен тізілімнің жаңа нұсқаларын олардың екеуі растайды.",
    "В реестре есть утверждающие: отныне новые версии политики и реестра подтверждают двое из них.",
    "The register names approvers: from now on two of them confirm new versions of the policy and the registers.",
);

impl PolicyArgs {
    pub(super) fn run(self, common: &Common) -> Result<Exit, Error> {
        match self.command {
            PolicyCommand::Check(args) => args.run(common),
            PolicyCommand::Adopt(args) => args.run(common),
            PolicyCommand::List => list(common),
            PolicyCommand::Show(args) => args.run(common),
        }
    }
}

impl Check {
    fn run(self, common: &Common) -> Result<Exit, Error> {
        let at = match self.as_of {
            None => utc(SystemClock.now()),
            Some(day) => day.and_time(NaiveTime::MIN).and_utc(),
        };
        let mut exit = Exit::Ok;
        let mut checked = Vec::new();
        for path in &self.files {
            let name = shown(&path.to_string_lossy());
            match read(path)?.1 {
                Ok(file) => checked.push((name, file)),
                Err(refusals) => {
                    exit = Exit::Refused;
                    if common.json() {
                        let reasons = view::refusals(&refusals, common.lang());
                        common.print_json(&json!({"file": name, "status": "refused", "reasons": reasons}));
                    } else {
                        out!("{}: {name}", REFUSED.get(common.lang()));
                        print_refusals(&refusals, common.lang());
                    }
                }
            }
        }
        let registers: Vec<Authority> = checked.iter().filter_map(|(_, file)| register_of(file).cloned()).collect();
        for (name, file) in &checked {
            let mut warnings = file.warnings(at);
            // Without a register beside it, a policy is looked at alone.
            if let (Checked::Policy(policy), false) = (file, registers.is_empty()) {
                warnings.extend(policy.warnings_with(&registers, at));
            }
            if common.json() {
                common.print_json(&check_json(name, file, &warnings, at, common.lang()));
            } else {
                out!("{}: {name}", SOUND.get(common.lang()));
                print_checked(file, &warnings, at, common.lang());
            }
        }
        Ok(exit)
    }
}

fn register_of(file: &Checked) -> Option<&Authority> {
    match file {
        Checked::Authority(register) => Some(register),
        Checked::Policy(_) | Checked::Calendar(_) => None,
    }
}

/// Since when something is in force; in Kazakh the word stands after the day.
fn from(day: NaiveDate, lang: Lang) -> String {
    match lang {
        Lang::Kk => format!("{day} күнінен бастап"),
        Lang::Ru => format!("с {day}"),
        Lang::En => format!("from {day}"),
    }
}

fn print_checked(file: &Checked, warnings: &[Warning], at: DateTime<Utc>, lang: Lang) {
    match file {
        Checked::Policy(policy) => print_policy(policy, at, lang),
        Checked::Authority(register) => {
            out!("  {}: {} {}", REGISTER.get(lang), shown(&register.id), shown(&register.version));
            out!("  {} · {}", shown(register.title.get(lang)), from(register.valid_from, lang));
            out!("  SHA-256 {}", register.sha256);
            let (bodies, rows) = (register.bodies.len(), register.persons.len());
            out!("  {}: {bodies} · {}: {rows}", BODIES.get(lang), ROWS.get(lang));
        }
        Checked::Calendar(c) => {
            out!("  {}: {} {} ({})", CALENDAR.get(lang), shown(&c.id), shown(&c.edition), c.status);
            out!("  {} · {}..{}", shown(c.title.get(lang)), c.valid_from, c.valid_to);
            out!("  {}", shown(&c.instrument));
            out!("  SHA-256 {}", c.sha256);
            let (holidays, single) = (c.yearly.len(), c.off.len() + c.working.len());
            out!("  {}: {holidays} · {}: {single}", HOLIDAYS.get(lang), SINGLE_DAYS.get(lang));
        }
    }
    if !warnings.is_empty() {
        out!("  {}:", LOOK.get(lang));
    }
    for warning in warnings {
        out!("    {}: {}", shown(&warning.subject), warning.text.get(lang));
    }
}

fn print_policy(policy: &Policy, at: DateTime<Utc>, lang: Lang) {
    out!("  {}: {} {}", POLICY.get(lang), shown(&policy.id), shown(&policy.version));
    out!("  {} · {}", shown(policy.title.get(lang)), from(policy.valid_from, lang));
    out!("  SHA-256 {}", policy.sha256);
    for (heading, anchors) in [(FOR_SIGNATURES, &policy.anchors), (FOR_TIMESTAMPS, &policy.tsa_anchors)] {
        out!("  {}: {}", heading.get(lang), anchors.len());
        for anchor in anchors {
            let c = &anchor.certificate;
            let days =
                |from: DateTime<Utc>, until: DateTime<Utc>| format!("{}..{}", from.date_naive(), until.date_naive());
            let subject = name::rfc4514(c.subject_der());
            out!("    {} · {} · {}", shown(&anchor.generation), shown(&subject), days(c.not_before, c.not_after));
            out!("      SHA-256 {}", c.sha256);
        }
    }
    out!("  {}:", ALGORITHMS.get(lang));
    for rule in &policy.algorithms {
        let bits = if rule.bits_min == 0 { String::new() } else { format!(" ≥ {}", rule.bits_min) };
        let end = match policy.reliability(&rule.name, rule.bits_min, at) {
            Reliability::Reliable { until: Some(until) } => format!("{} {}", UNTIL.get(lang), until.date_naive()),
            Reliability::Ended { when } => format!("{} {}", ENDED.get(lang), when.date_naive()),
            Reliability::Reliable { until: None } | Reliability::Unknown => ENDLESS.get(lang).to_owned(),
        };
        out!("    {}{bits}: {end}", rule.name);
    }
}

fn anchor_json(anchor: &Anchor) -> Value {
    let c = &anchor.certificate;
    let time = |at: DateTime<Utc>| at.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    json!({
        "generation": anchor.generation, "subject": name::rfc4514(c.subject_der()), "sha256": c.sha256.to_string(),
        "not_before": time(c.not_before), "not_after": time(c.not_after),
        "trusted_from": anchor.trusted_from.map(time), "trusted_until": anchor.trusted_until.map(time),
    })
}

fn policy_json(policy: &Policy) -> Value {
    let algorithms: Vec<Value> = policy
        .algorithms
        .iter()
        .map(|rule| {
            let until = rule.until.map(|until| until.date_naive().to_string());
            json!({"name": rule.name, "bits_min": rule.bits_min, "until": until, "source": rule.source})
        })
        .collect();
    json!({
        "signature_anchors": policy.anchors.iter().map(anchor_json).collect::<Value>(),
        "timestamp_anchors": policy.tsa_anchors.iter().map(anchor_json).collect::<Value>(),
        "algorithms": algorithms,
    })
}

fn check_json(name: &str, file: &Checked, warnings: &[Warning], at: DateTime<Utc>, lang: Lang) -> Value {
    let (id, version, sha256) = file.name();
    let warning = |w: &Warning| json!({"name": w.name, "subject": w.subject, "text": w.text.get(lang)});
    let mut value = json!({
        "file": name, "status": "sound", "id": id, "version": version, "sha256": sha256.to_string(),
        "as_of": at.date_naive().to_string(), "warnings": warnings.iter().map(warning).collect::<Value>(),
        "confirmed": null,
    });
    match file {
        Checked::Policy(policy) => value["policy"] = policy_json(policy),
        Checked::Authority(register) => {
            value["authority"] = json!({"bodies": register.bodies.len(), "rows": register.persons.len()});
        }
        Checked::Calendar(c) => {
            value["calendar"] = json!({
                "status": c.status.as_str(), "valid_from": c.valid_from.to_string(), "valid_to": c.valid_to.to_string(),
                "holidays": c.yearly.len(), "single_days": c.off.len() + c.working.len(),
            });
        }
    }
    value
}

impl Adopt {
    fn run(self, common: &Common) -> Result<Exit, Error> {
        let archive = common.open_to_act()?;
        let actor = common.actor(&archive)?;
        let (signatures, extra) = self.signatures.read(common)?;
        let had_quorum = archive.confirmed()?.has_quorum;
        let adopted = adopt_signed(&archive, &self.file, &signatures, &extra, actor)?;
        let lang = common.lang();
        let file = shown(&self.file.to_string_lossy());
        let (value, exit) = match &adopted {
            Adopted::Done { file, entry, is_confirmed } => {
                let (id, version, sha256) = file.name();
                let value = json!({
                    "status": "adopted", "kind": kind(file), "id": id, "version": version,
                    "sha256": sha256.to_string(), "entry": entry, "confirmed": is_confirmed,
                });
                (value, Exit::Ok)
            }
            Adopted::Held => (json!({"status": "held"}), Exit::Ok),
            Adopted::Refused(refusals) => {
                let exit = refusals.first().map_or(Exit::Refused, |r| r.code.exit());
                (json!({"status": "refused", "reasons": view::refusals(refusals, lang)}), exit)
            }
        };
        if common.json() {
            common.print_json(&value);
        } else {
            match &adopted {
                Adopted::Done { file: checked, entry, is_confirmed } => {
                    out!("{}: {file} (#{entry})", ADOPTED.get(lang));
                    let at = utc(SystemClock.now());
                    print_checked(checked, &checked.warnings(at), at, lang);
                    if !is_confirmed {
                        out!("{}", ONLY_INTAKE.get(lang));
                    } else if !had_quorum && archive.confirmed()?.has_quorum {
                        out!("{}", QUORUM.get(lang));
                    }
                }
                Adopted::Held => out!("{}: {file}", HELD.get(lang)),
                Adopted::Refused(refusals) => {
                    out!("{}: {file}", REFUSED.get(lang));
                    print_refusals(refusals, lang);
                }
            }
        }
        archive.close()?;
        Ok(exit)
    }
}

fn kind(file: &Checked) -> &'static str {
    match file {
        Checked::Policy(_) => "policy",
        Checked::Authority(_) => "authority",
        Checked::Calendar(_) => "calendar",
    }
}

/// One line of the list.
struct Row {
    entry: u64,
    kind: &'static str,
    id: String,
    version: String,
    sha256: String,
    valid_from: NaiveDate,
    in_force: bool,
    /// Of a calendar always.
    confirmed: bool,
    /// Whether officers are judged by it.
    decides: bool,
}

fn list(common: &Common) -> Result<Exit, Error> {
    let archive = common.open()?;
    let lang = common.lang();
    let policies = archive.adopted_policies()?;
    let registers = archive.adopted_authorities()?;
    if policies.is_empty() && !common.json() {
        common.say(NOTHING.get(lang));
    }
    let confirmed = archive.confirmed()?;
    let last_policy = policies.last().map(|(entry, _)| *entry);
    let is_last = |entry: u64, id: &str| registers.iter().filter(|(_, a)| a.id == id).all(|(e, _)| *e <= entry);
    let of_policy = |(entry, p): &(u64, Policy)| Row {
        entry: *entry,
        kind: "policy",
        id: p.id.clone(),
        version: p.version.clone(),
        sha256: p.sha256.to_string(),
        valid_from: p.valid_from,
        in_force: Some(*entry) == last_policy,
        confirmed: confirmed.is_confirmed(*entry),
        decides: confirmed.is_confirmed(*entry) && confirmed.decides(p.sha256),
    };
    let of_register = |(entry, a): &(u64, Authority)| Row {
        entry: *entry,
        kind: "authority",
        id: a.id.clone(),
        version: a.version.clone(),
        sha256: a.sha256.to_string(),
        valid_from: a.valid_from,
        in_force: is_last(*entry, &a.id),
        confirmed: confirmed.is_confirmed(*entry),
        decides: confirmed.is_confirmed(*entry) && confirmed.decides(a.sha256),
    };
    let calendars = archive.adopted_calendars()?;
    let is_replaced = |entry: u64, c: &WorkCalendar| calendars.iter().any(|(e, later)| *e > entry && later.spans(c));
    let of_calendar = |(entry, c): &(u64, WorkCalendar)| Row {
        entry: *entry,
        kind: "calendar",
        id: c.id.clone(),
        version: c.edition.clone(),
        sha256: c.sha256.to_string(),
        valid_from: c.valid_from,
        in_force: !is_replaced(*entry, c),
        confirmed: true,
        decides: false,
    };
    let rows = policies.iter().map(of_policy).chain(registers.iter().map(of_register));
    let mut rows: Vec<Row> = rows.chain(calendars.iter().map(of_calendar)).collect();
    rows.sort_by_key(|row| row.entry);
    for row in rows {
        if common.json() {
            common.print_json(&json!({
                "entry": row.entry, "kind": row.kind, "id": row.id, "version": row.version, "sha256": row.sha256,
                "valid_from": row.valid_from.to_string(), "in_force": row.in_force, "confirmed": row.confirmed,
                "decides": row.decides,
            }));
            continue;
        }
        let what = match row.kind {
            "policy" => POLICY,
            "calendar" => CALENDAR,
            _ => REGISTER,
        };
        let marks = [(row.in_force, IN_FORCE), (row.decides, DECIDES), (!row.confirmed, UNCONFIRMED)];
        let marks = marks.iter().filter(|(is_so, _)| *is_so).map(|(_, mark)| format!(" · {}", mark.get(lang)));
        let marks = marks.collect::<String>();
        out!("{}: {} {}{marks} (#{})", what.get(lang), shown(&row.id), shown(&row.version), row.entry);
        out!("  SHA-256 {}", row.sha256);
    }
    archive.close()?;
    Ok(Exit::Ok)
}

impl Show {
    fn run(self, common: &Common) -> Result<Exit, Error> {
        let archive = common.open()?;
        match self.entry {
            Some(entry) => {
                let is_adoption = archive.adopted_policies()?.iter().any(|(held, _)| *held == entry)
                    || archive.adopted_authorities()?.iter().any(|(held, _)| *held == entry)
                    || archive.adopted_calendars()?.iter().any(|(held, _)| *held == entry);
                if !is_adoption {
                    let what = "this entry adopted no policy, no register and no calendar";
                    return Err(Error::new(ErrorCode::LogNoEntry, entry.to_string(), what));
                }
                let file = archive.adopted_file(entry)?;
                // What was adopted is UTF-8: it was read as TOML or JSON.
                out_raw!("{}", String::from_utf8_lossy(&file));
            }
            None => {
                let held = archive.validation_policy()?;
                let confirmed = archive.confirmed()?;
                let is_confirmed = held.entry.is_none_or(|entry| confirmed.is_confirmed(entry));
                let at = utc(SystemClock.now());
                let checked = Checked::Policy(Box::new(held.policy.clone()));
                let registers = archive.authorities()?;
                let mut warnings = held.policy.warnings(at);
                warnings.extend(held.policy.warnings_with(registers.adopted(), at));
                if common.json() {
                    let place = held.entry.map_or("built-in".to_owned(), |entry| format!("#{entry}"));
                    let mut value = check_json(&place, &checked, &warnings, at, common.lang());
                    value["confirmed"] = is_confirmed.into();
                    common.print_json(&value);
                } else {
                    if !held.is_adopted() {
                        common.say(NOTHING.get(common.lang()));
                    }
                    print_checked(&checked, &warnings, at, common.lang());
                    if !is_confirmed {
                        out!("{}", ONLY_INTAKE.get(common.lang()));
                    }
                }
            }
        }
        archive.close()?;
        Ok(Exit::Ok)
    }
}
