//! The register of inquiries: what came in a year and what became of it, for paper.
//!
//! What a form of the archive is filled in with; the form itself is data ([`crate::model::form`]). Read anew each time,
//! and kept nowhere.

use super::answer::found;
use super::desk::{Inquiry, closing, list};
use crate::archive::Archive;
use crate::clock::civil_date;
use crate::error::Error;
use crate::model::form::Filled;
use crate::model::id::RecordId;
use crate::text::{Lang, Text, text};
use chrono::Datelike;
use std::collections::BTreeMap;

const OPEN: Text = text("орындалуда", "в работе", "open");
const OVERDUE: Text = text("мерзімі өтті", "просрочен", "overdue");
const CLOSED: Text = text("жабылды", "закрыт", "closed");
const WITHOUT: Text = text("жауапсыз", "без ответа", "without an answer");

/// How an inquiry stands in somebody's register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// With all that there is.
    Whole,
    /// With this in place of what people wrote.
    Masked(&'static str),
}

/// The inquiries that were opened in a year, or all.
pub fn register(archive: &Archive, year: Option<i32>, lang: Lang) -> Result<Filled, Error> {
    register_of(archive, (year, lang), |_| Some(Line::Whole), |_| Ok::<_, Error>(true))
}

/// The same for who sees some inquiries, and may know of some records: what they may not is neither there nor counted.
pub fn register_of<E: From<Error>>(
    archive: &Archive,
    (year, lang): (Option<i32>, Lang),
    sees: impl Fn(&Inquiry) -> Option<Line>,
    mut knows: impl FnMut(RecordId) -> Result<bool, E>,
) -> Result<Filled, E> {
    let today = civil_date(archive.now());
    let day = |entry: u64| Ok::<_, Error>(civil_date(archive.leaf(entry)?.t));
    let mut rows = Vec::new();
    let (mut answered, mut closed) = (0, 0);
    for inquiry in list(archive, true)? {
        let Some(line) = sees(&inquiry) else { continue };
        let opened = day(inquiry.row.opened)?;
        if year.is_some_and(|year| opened.year() != year) {
            continue;
        }
        let written = |text: &str| match line {
            Line::Whole => text.to_owned(),
            Line::Masked(instead) => instead.to_owned(),
        };
        let opening = &inquiry.opening;
        let answer = inquiry.row.answers.last().map(|entry| day(*entry)).transpose()?;
        answered += usize::from(answer.is_some());
        closed += usize::from(inquiry.row.closed.is_some());
        let state = match closing(archive, &inquiry)? {
            Some(end) => {
                let without = end.without_answer.map(|reason| format!("; {}: {}", WITHOUT.get(lang), written(&reason)));
                let on = day(inquiry.row.closed.unwrap_or(inquiry.row.opened))?;
                format!("{} {on}: {}{}", CLOSED.get(lang), written(&end.outcome), without.unwrap_or_default())
            }
            None if inquiry.is_overdue(today) => OVERDUE.get(lang).to_owned(),
            None => OPEN.get(lang).to_owned(),
        };
        let mut known = 0;
        for record in found(archive, &inquiry)? {
            known += usize::from(knows(record)?);
        }
        rows.push(BTreeMap::from([
            ("number", (rows.len() + 1).to_string()),
            ("id", inquiry.id.to_string()),
            ("opened", format!("{opened} (#{})", inquiry.row.opened)),
            ("authority", written(&opening.authority)),
            ("case", written(&opening.case)),
            ("basis", written(&opening.basis)),
            ("requester", written(&opening.requester)),
            ("agency", opening.agency.clone()),
            ("due", opening.due.to_string()),
            ("searches", inquiry.row.searches.len().to_string()),
            ("found", known.to_string()),
            ("answered", answer.map(|day| day.to_string()).unwrap_or_default()),
            ("state", state),
        ]));
    }
    let config = archive.config();
    let values = BTreeMap::from([
        ("archive", config.issuer.name.clone().unwrap_or_else(|| config.vkey.name.clone())),
        ("year", year.map(|year| year.to_string()).unwrap_or_default()),
        ("date", today.to_string()),
        ("inquiries", rows.len().to_string()),
        ("answered", answered.to_string()),
        ("closed", closed.to_string()),
    ]);
    Ok(Filled { values, rows })
}
