//! `muragat rules check|diff`: lists of retention periods, looked at before anybody adopts them.
//!
//! No archive is needed. `check` reads each list, runs its worked examples, points at the line of every fault, and says
//! what a list is not: official, or tried. `diff` says what a new edition changes and which terms may become shorter.

use super::ingest::print_refusals;
use super::{Common, lists, read_up_to};
use crate::error::{Error, Exit, Refusal};
use crate::model::calendar::CalendarStatus;
use crate::model::strict::shown;
use crate::retention::diff::{Change, ChangeKind, Shorter, diff};
use crate::retention::list::LIST_BYTES_MAX;
use crate::retention::{Rule, RuleList, example};
use crate::text::{Lang, Text, text};
use crate::view;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Arguments of `rules`.
#[derive(clap::Args)]
pub(super) struct RulesArgs {
    #[command(subcommand)]
    command: RulesCommand,
}

#[derive(clap::Subcommand)]
enum RulesCommand {
    /// Check lists of retention periods and run their examples, without an archive.
    Check(Check),
    /// What one list, or a new edition of it, changes, and which terms may become shorter.
    Diff(Diff),
    /// Write the act by which a list is adopted, to be signed by an official and by the records office.
    Act(lists::Act),
    /// Adopt an edition of a list: from now on files are judged by it too.
    Adopt(lists::Adopt),
    /// The editions that were adopted, oldest first.
    List,
    /// What will fall due when, by which rule, and what a new edition would change.
    Simulate(lists::Simulate),
}

#[derive(clap::Args)]
struct Check {
    /// Files as schema/retention/1 says.
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

#[derive(clap::Args)]
struct Diff {
    /// The list as it was.
    old: PathBuf,
    /// The list as it is to be.
    new: PathBuf,
}

const SOUND: Text = text("дұрыс", "исправен", "sound");
const REFUSED: Text = text("қабылданбады", "не принят", "refused");
const LIST: Text = text("сақтау мерзімдерінің тізбесі", "перечень сроков хранения", "list of retention periods");
const ITEMS: Text = text("тармақтар", "пункты", "items");
const EXAMPLES: Text = text("мысалдар", "примеры", "examples");
const LOOK: Text = text("назар аударыңыз", "обратите внимание", "take note");
const IS_SAMPLE: Text = text(
    "бұл үлгі тізбе, заң емес: ол бойынша құжаттар жойылмайды",
    "это образец, а не закон: документы по нему не уничтожаются",
    "this is a sample, not law: no documents are destroyed by it",
);
const NOT_OFFICIAL: Text = text(
    "актімен салыстырылмаған тармақтар",
    "пункты, не сверенные с актом",
    "items that were not checked against the act",
);
const NO_EXAMPLE: Text = text("мысалы жоқ тармақтар", "пункты без примера", "items without an example");
const NO_CHANGE: Text = text("өзгеріс жоқ", "изменений нет", "nothing changes");
const OTHER_LIST: Text =
    text("бұл басқа тізбе", "это другой перечень", "this is another list, not an edition of the same");
const ADDED: Text = text("қосылды", "добавлен", "added");
const REMOVED: Text = text("алынып тасталды", "исключён", "removed");
const CHANGED: Text = text("өзгерді", "изменён", "changed");
const IS_SHORTER: Text = text("МЕРЗІМ ҚЫСҚАРАДЫ", "СРОК СОКРАЩАЕТСЯ", "THE TERM BECOMES SHORTER");
const MAY_BE_SHORTER: Text = text(
    "мерзім қысқаруы мүмкін, тексеріңіз",
    "срок может сократиться, проверьте",
    "the term may become shorter, look at it",
);
const SHORTENED: Text = text(
    "мерзімі қысқаратын немесе қысқаруы мүмкін тармақтар",
    "пункты, где срок сокращается или может сократиться",
    "items whose term becomes or may become shorter",
);

/// Items that a line for people names; programs get all of them.
const ITEMS_SHOWN: usize = 20;
/// What `confidence` says of a rule that was checked against the act.
const OFFICIAL: &str = "official";

impl RulesArgs {
    pub(super) fn run(self, common: &Common) -> Result<Exit, Error> {
        match self.command {
            RulesCommand::Check(args) => args.run(common),
            RulesCommand::Diff(args) => args.run(common),
            RulesCommand::Act(args) => args.run(common),
            RulesCommand::Adopt(args) => args.run(common),
            RulesCommand::List => lists::list(common),
            RulesCommand::Simulate(args) => args.run(common),
        }
    }
}

/// The list in a file, its examples run, or every fault.
pub(super) fn read(path: &Path) -> Result<Result<RuleList, Vec<Refusal>>, Error> {
    Ok(read_with_file(path)?.map(|(list, _)| list))
}

/// A list and the bytes that it was read from, or every fault.
type ReadList = Result<(RuleList, Vec<u8>), Vec<Refusal>>;

/// The same with the bytes of the file, which is read once.
pub(super) fn read_with_file(path: &Path) -> Result<ReadList, Error> {
    let bytes = read_up_to(path, LIST_BYTES_MAX)?;
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(example::check(&bytes, &name).map(|list| (list, bytes)))
}

fn refused(name: &str, refusals: &[Refusal], common: &Common) {
    if common.json() {
        let reasons = view::refusals(refusals, common.lang());
        common.print_json(&json!({"file": name, "status": "refused", "reasons": reasons}));
    } else {
        out!("{}: {name}", REFUSED.get(common.lang()));
        print_refusals(refusals, common.lang());
    }
}

/// What to look at in a list that is sound: a stable name, what it says, the items that it is about.
struct Warning {
    name: &'static str,
    text: Text,
    items: Vec<String>,
}

fn warnings(list: &RuleList) -> Vec<Warning> {
    let items = |is: fn(&Rule) -> bool| -> Vec<String> {
        list.rules.values().filter(|rule| is(rule)).map(|rule| rule.item.clone()).collect()
    };
    let mut warnings = Vec::new();
    if list.status == CalendarStatus::Sample {
        warnings.push(Warning { name: "sample", text: IS_SAMPLE, items: Vec::new() });
    }
    for (name, text, items) in [
        ("not-official", NOT_OFFICIAL, items(|rule| rule.source.confidence != OFFICIAL)),
        ("no-example", NO_EXAMPLE, items(|rule| rule.examples.is_empty())),
    ] {
        if !items.is_empty() {
            warnings.push(Warning { name, text, items });
        }
    }
    warnings
}

impl Check {
    fn run(self, common: &Common) -> Result<Exit, Error> {
        let mut exit = Exit::Ok;
        for path in &self.files {
            let name = shown(&path.to_string_lossy());
            match read(path)? {
                Ok(list) if common.json() => common.print_json(&check_json(&name, &list, common.lang())),
                Ok(list) => print_checked(&name, &list, common.lang()),
                Err(refusals) => {
                    exit = Exit::Refused;
                    refused(&name, &refusals, common);
                }
            }
        }
        Ok(exit)
    }
}

fn check_json(name: &str, list: &RuleList, lang: Lang) -> Value {
    let warning = |w: &Warning| json!({"name": w.name, "items": w.items, "text": w.text.get(lang)});
    json!({
        "file": name, "status": "sound", "id": list.id, "edition": list.edition, "sha256": list.sha256.to_string(),
        "list_status": list.status.as_str(), "valid_from": list.valid_from.to_string(), "rules": list.rules.len(),
        "examples": list.rules.values().map(|rule| rule.examples.len()).sum::<usize>(),
        "warnings": warnings(list).iter().map(warning).collect::<Value>(),
    })
}

fn print_checked(name: &str, list: &RuleList, lang: Lang) {
    out!("{}: {name}", SOUND.get(lang));
    print_head(list, lang);
    let examples: usize = list.rules.values().map(|rule| rule.examples.len()).sum();
    out!("  {}: {} · {}: {examples}", ITEMS.get(lang), list.rules.len(), EXAMPLES.get(lang));
    let warnings = warnings(list);
    if !warnings.is_empty() {
        out!("  {}:", LOOK.get(lang));
    }
    for warning in &warnings {
        match warning.items.len() {
            0 => out!("    {}", warning.text.get(lang)),
            n => out!("    {} ({n}): {}", warning.text.get(lang), some(&warning.items)),
        }
    }
}

/// The first items of many.
fn some(items: &[String]) -> String {
    let first: Vec<String> = items.iter().take(ITEMS_SHOWN).map(|item| shown(item)).collect();
    let more = if items.len() > ITEMS_SHOWN { ", …" } else { "" };
    first.join(", ") + more
}

fn print_head(list: &RuleList, lang: Lang) {
    out!("  {}: {} {} ({})", LIST.get(lang), shown(&list.id), shown(&list.edition), list.status);
    out!("  {} · {}", shown(list.title.get(lang)), list.valid_from);
    out!("  {} · {}", shown(&list.instrument), shown(&list.authority));
    out!("  SHA-256 {}", list.sha256);
}

impl Diff {
    fn run(self, common: &Common) -> Result<Exit, Error> {
        let paths = [&self.old, &self.new];
        let names = paths.map(|path| shown(&path.to_string_lossy()));
        let (old, new) = match (read(paths[0])?, read(paths[1])?) {
            (Ok(old), Ok(new)) => (old, new),
            sides => {
                for (name, side) in names.iter().zip([sides.0, sides.1]) {
                    if let Err(refusals) = side {
                        refused(name, &refusals, common);
                    }
                }
                return Ok(Exit::Refused);
            }
        };
        let changes = diff(&old, &new);
        let shortened: Vec<String> =
            changes.iter().filter(|change| change.shorter != Shorter::No).map(|change| change.item.clone()).collect();
        if common.json() {
            let side = |name: &str, list: &RuleList| {
                json!({
                    "file": name, "id": list.id, "edition": list.edition, "sha256": list.sha256.to_string(),
                    "valid_from": list.valid_from.to_string(),
                })
            };
            common.print_json(&json!({
                "old": side(&names[0], &old), "new": side(&names[1], &new),
                "changes": changes.iter().map(change_json).collect::<Value>(), "may_shorten": shortened,
            }));
        } else {
            print_diff((&old, &new), &changes, &shortened, common.lang());
        }
        Ok(Exit::Ok)
    }
}

fn change_json(change: &Change) -> Value {
    let field = |f: &crate::retention::diff::FieldChange| json!({"field": f.field, "old": f.old, "new": f.new});
    json!({
        "item": change.item, "change": change.kind.as_str(), "shorter": change.shorter.as_str(),
        "fields": change.fields.iter().map(field).collect::<Value>(),
    })
}

fn print_diff((old, new): (&RuleList, &RuleList), changes: &[Change], shortened: &[String], lang: Lang) {
    print_head(old, lang);
    out!("→");
    print_head(new, lang);
    if old.id != new.id {
        out!("  {}: {}", LOOK.get(lang), OTHER_LIST.get(lang));
    }
    if changes.is_empty() {
        out!("{}", NO_CHANGE.get(lang));
    }
    for change in changes {
        let kind = match change.kind {
            ChangeKind::Added => ADDED,
            ChangeKind::Removed => REMOVED,
            ChangeKind::Changed => CHANGED,
        };
        let rule = new.rules.get(&change.item).or(old.rules.get(&change.item));
        let title = rule.map_or("", |rule| rule.kind.get(lang));
        out!("{} {}: {}", shown(&change.item), kind.get(lang), shown(title));
        match change.shorter {
            Shorter::Yes => out!("  {}", IS_SHORTER.get(lang)),
            Shorter::Unknown => out!("  {}", MAY_BE_SHORTER.get(lang)),
            Shorter::No => {}
        }
        for field in &change.fields {
            let side = |text: &Option<String>| text.as_deref().map_or("–".to_owned(), shown);
            out!("  {}: {} → {}", shown(&field.field), side(&field.old), side(&field.new));
        }
    }
    if !shortened.is_empty() {
        out!("{} ({}): {}", SHORTENED.get(lang), shortened.len(), some(shortened));
    }
}
