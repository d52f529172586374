//! `muragat subject report`: what is held about a person, and who read it.
//!
//! It is the one command whose answer is about a person; it says no number but the one that was asked for, masked.

use super::Common;
use crate::access::Reader;
use crate::access::rights::LOCAL;
use crate::access::subject::{self, Held, Office, Person, ReadBy, Report};
use crate::clock::{local_text, rfc3339};
use crate::error::{Error, ErrorCode, Exit};
use crate::model::iin::Iin;
use crate::model::strict::shown;
use crate::text::{Text, text};
use serde_json::{Value, json};

/// Arguments of `subject`.
#[derive(clap::Args)]
pub(super) struct SubjectArgs {
    #[command(subcommand)]
    command: SubjectCommand,
}

#[derive(clap::Subcommand)]
enum SubjectCommand {
    /// What is held about a person, and who read it when and what for.
    Report {
        /// The person's number (ЖСН, ИИН).
        #[arg(long, value_name = "IIN")]
        iin: Option<String>,
        /// Words of the name; each must be there.
        #[arg(long, value_name = "TEXT", default_value = "")]
        name: String,
        /// The surname, as a card has it.
        #[arg(long, value_name = "TEXT", default_value = "")]
        surname: String,
        /// What for: the report is a reading of every restricted record in it.
        #[arg(long, value_name = "TEXT")]
        purpose: String,
    },
}

const LOOKING: Text = text("жазбалар қаралуда", "просмотр записей", "looking at records");
const NOTHING: Text = text("Ештеңе табылмады.", "Ничего не найдено.", "Nothing was found.");
const ACCOUNT: Text = text("Тіркелгі", "Учётная запись", "Account");
const OFFICE: Text = text("Қызметі", "Должность", "Office");
const RECORD: Text = text("Жазба", "Запись", "Record");
const READ: Text = text("оқыған", "читал", "read by");
const UNREADABLE: Text = text("Оқылмаған жазбалар", "Непрочитанных записей", "Records that could not be read");

impl SubjectArgs {
    pub(super) fn run(self, common: &Common) -> Result<Exit, Error> {
        let SubjectCommand::Report { iin, name, surname, purpose } = self.command;
        let wrong = || Error::new(ErrorCode::AccInvalid, "--iin", "twelve digits are wanted");
        let iin = iin.map(|number| Iin::parse(&number).ok_or_else(wrong)).transpose()?;
        let masked = iin.as_ref().map(Iin::masked);
        let person = Person::new(iin, &format!("{name} {surname}"))?;
        let archive = common.open()?;
        let actor = common.actor(&archive)?;
        let bar = common.bar(LOOKING);
        let reader = Reader::asking(actor, LOCAL, Some(&purpose));
        let report = subject::report(&archive, &person, reader, &mut |done, all| bar.set(done, all))?;
        bar.clear();
        if common.json() {
            common.print_json(&report_json(&report, masked.as_deref()));
        } else {
            print(&report, common);
        }
        archive.close()?;
        Ok(Exit::Ok)
    }
}

fn report_json(report: &Report, iin: Option<&str>) -> Value {
    let office = |o: &Office| {
        json!({
            "register": o.register.0, "version": o.register.1, "kind": o.kind, "from": o.term.0.to_string(),
            "to": o.term.1.map(|day| day.to_string()),
        })
    };
    let read = |r: &ReadBy| {
        json!({
            "entry": r.entry, "time": rfc3339(r.t), "account": r.account, "purpose": r.said.purpose,
            "rule": r.said.rule,
        })
    };
    let held = |h: &Held| {
        json!({
            "record_id": h.record.to_string(), "entry": h.entry, "places": h.places,
            "readings": h.readings.iter().map(read).collect::<Vec<_>>(),
        })
    };
    json!({
        "iin": iin, "accounts": report.accounts, "offices": report.offices.iter().map(office).collect::<Vec<_>>(),
        "records": report.records.iter().map(held).collect::<Vec<_>>(), "unreadable": report.unreadable,
    })
}

fn print(report: &Report, common: &Common) {
    let lang = common.lang();
    if report.accounts.is_empty() && report.offices.is_empty() && report.records.is_empty() {
        common.say(NOTHING.get(lang));
    }
    for account in &report.accounts {
        out!("{}: {}", ACCOUNT.get(lang), shown(account));
    }
    for office in &report.offices {
        let (register, version) = (shown(&office.register.0), shown(&office.register.1));
        let to = office.term.1.map(|day| day.to_string()).unwrap_or_default();
        out!("{}: {} · {}..{to} · {register} {version}", OFFICE.get(lang), office.kind, office.term.0);
    }
    for held in &report.records {
        let places: Vec<&str> = held.places.iter().copied().collect();
        out!("{} {} · #{} · {}", RECORD.get(lang), held.record, held.entry, places.join(", "));
        for one in &held.readings {
            let said = |text: &Option<String>| text.as_deref().map_or("-".to_owned(), shown);
            let (account, purpose, rule) = (said(&one.account), said(&one.said.purpose), said(&one.said.rule));
            out!("  {} {account} · {} · {purpose} [{rule}] #{}", READ.get(lang), local_text(one.t), one.entry);
        }
    }
    if report.unreadable > 0 {
        out!("{}: {}", UNREADABLE.get(lang), report.unreadable);
    }
}
