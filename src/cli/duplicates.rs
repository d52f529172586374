//! `muragat duplicates`: which files of an agency are in more than one of its records.
//!
//! A report and nothing more: state resources must not be collected twice (informatisation law, article 21(2)(5)), and
//! whether two records are one is for a person to decide. A list is no reading: titles stay out of it.

use super::Common;
use crate::error::{Error, Exit};
use crate::index::duplicates::Duplicate;
use crate::model::record::CardField;
use crate::text::{Text, text};
use serde_json::json;

/// Arguments of `duplicates`.
#[derive(clap::Args)]
pub(super) struct Duplicates {
    /// Code of the agency; all agencies, each by itself, when not given.
    #[arg(long)]
    agency: Option<String>,
}

const NOTHING: Text = text(
    "Бірнеше жазбада кездесетін файл жоқ.",
    "Файлов, которые есть в нескольких записях, нет.",
    "No file is in more than one record.",
);

impl Duplicates {
    pub(super) fn run(self, common: &Common) -> Result<Exit, Error> {
        let archive = common.open()?;
        let mut found = 0u64;
        archive.index().duplicates(self.agency.as_deref(), &mut |duplicate| {
            found += 1;
            print(&duplicate, common);
        })?;
        if found == 0 && !common.json() {
            common.say(NOTHING.get(common.lang()));
        }
        archive.close()?;
        Ok(Exit::Ok)
    }
}

fn print(duplicate: &Duplicate, common: &Common) {
    let number = |f| duplicate.records.iter().map(move |r| (r.id(), r.card_field(f).unwrap_or_default()));
    if common.json() {
        let records = number(CardField::RegistrationNumber)
            .map(|(id, number)| json!({"record_id": id.to_string(), "registration_number": number}));
        common.print_json(&json!({
            "sha256": duplicate.sha256.to_string(), "agency": duplicate.agency, "size": duplicate.size,
            "records": records.collect::<Vec<_>>(),
        }));
        return;
    }
    out!("SHA-256 {} · {}", duplicate.sha256, duplicate.agency);
    for (id, number) in number(CardField::RegistrationNumber) {
        out!("  {id} · {number}");
    }
}
