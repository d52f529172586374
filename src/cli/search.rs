//! `muragat search QUERY`.
//!
//! A list is no reading: titles of restricted records stay out of it.

use super::{Common, tomb};
use crate::access::text::find::{FoundPlace, find};
use crate::archive::Archive;
use crate::error::{Error, Exit};
use crate::filing::cite;
use crate::index::query::Query;
use crate::index::rows::RecordRow;
use crate::index::text::{Page, Place, Scope, TextQuery};
use crate::ingest::amend::file_digest;
use crate::limits::PAGE_ROWS_MAX;
use crate::model::citation::Citation;
use crate::model::fold;
use crate::model::record::CardField;
use crate::model::strict::shown;
use crate::model::submission::{AccessCategory, Kind};
use crate::model::validation::SignatureVerdict;
use crate::text::{Lang, Text, text};
use crate::view::words::{access_text, kind_text, verdict_text};
use crate::view::{Masked, found_record, record_row};
use std::path::PathBuf;

/// Arguments of `search`.
#[derive(clap::Args)]
pub(super) struct Search {
    /// Words and field:value pairs, for example: бұйрық reg:15-қ date:2026-01..2026-03 index:01-02. Or a citation:
    /// «Қ.123 Т.4 І.56».
    query: Vec<String>,
    /// Look in the text of documents too, best first: words, "phrases", field:value.
    #[arg(long, conflicts_with = "content")]
    text: bool,
    /// Records that hold this very file.
    #[arg(long, value_name = "FILE")]
    content: Option<PathBuf>,
    /// How many to show.
    #[arg(long, default_value_t = 20)]
    limit: usize,
}

const NOTHING: Text = text("Ештеңе табылмады.", "Ничего не найдено.", "Nothing was found.");
const MORE: Text = text(
    "Тағы бар: --limit мәнін үлкейтіңіз немесе сұрауды нақтылаңыз.",
    "Есть ещё: увеличьте --limit или уточните запрос.",
    "There are more: raise --limit or narrow the query.",
);
pub(super) const HIDDEN: Text =
    text("(құпиялы: «show» арқылы)", "(конфиденциально: через «show»)", "(confidential: by `show`)");

impl Search {
    pub(super) fn run(self, common: &Common) -> Result<Exit, Error> {
        let words = self.query.join(" ");
        if self.text {
            return self.in_texts(&words, common);
        }
        if let (Ok(citation), None) = (words.parse::<Citation>(), &self.content) {
            return self.cited(&citation, common);
        }
        let mut query = match (words.trim().is_empty(), &self.content) {
            (true, Some(_)) => Query::default(),
            _ => Query::parse(&words)?,
        };
        if let Some(path) = &self.content {
            query = query.with_file(file_digest(path)?);
        }
        let archive = common.open()?;
        let (mut found, more) = search(&archive, &query, self.limit, common)?;
        // A destroyed file is found by its index, title and year, a record that another archive keeps by its number and
        // date.
        let folded = fold::words(&words);
        if self.content.is_none() && !folded.is_empty() && !words.contains(':') {
            found += tomb::list(&archive, common, |tomb| tomb.has_words(&folded))?;
        }
        let left = self.limit.saturating_sub(found);
        let (elsewhere, more_elsewhere) = tomb::released(&archive, &query, left, common)?;
        found += elsewhere;
        if found == 0 && !common.json() {
            common.say(NOTHING.get(common.lang()));
        }
        if (more || more_elsewhere) && !common.json() {
            common.say(MORE.get(common.lang()));
        }
        archive.close()?;
        Ok(Exit::Ok)
    }

    /// Prints the records whose card or text has the words.
    fn in_texts(&self, words: &str, common: &Common) -> Result<Exit, Error> {
        let query = TextQuery::parse(words)?;
        let archive = common.open()?;
        super::text::bring_up(&archive, None, common)?;
        let page = Page { after: None, limit: self.limit.clamp(1, PAGE_ROWS_MAX) };
        let found = find(&archive, &query, &Scope::all(), page)?;
        for one in &found.records {
            if common.json() {
                common.print_json(&found_record(one));
            } else {
                print_row(&one.row, common);
                one.places.iter().for_each(|place| print_place(place, common.lang()));
            }
        }
        if !common.json() {
            match found.records.len() {
                0 => common.say(NOTHING.get(common.lang())),
                shown if found.total.0 > shown as u64 => common.say(MORE.get(common.lang())),
                _ => {}
            }
        }
        archive.close()?;
        Ok(Exit::Ok)
    }

    /// Prints what a citation names: a record, or those of a file.
    fn cited(&self, citation: &Citation, common: &Common) -> Result<Exit, Error> {
        let archive = common.open()?;
        let cited = cite::find(&archive, citation)?;
        let rows = match cited.record {
            Some(row) => vec![row],
            None => cite::records(&archive, cited.file.id)?,
        };
        rows.iter().take(self.limit).for_each(|row| print_row(row, common));
        match (rows.len(), common.json()) {
            (0, false) => common.say(NOTHING.get(common.lang())),
            (found, false) if found > self.limit => common.say(MORE.get(common.lang())),
            _ => {}
        }
        archive.close()?;
        Ok(Exit::Ok)
    }
}

/// Prints what fulfils a query. Gives how many records, and whether there are more.
pub(super) fn search(archive: &Archive, query: &Query, limit: usize, common: &Common) -> Result<(usize, bool), Error> {
    let mut found = 0;
    let mut more = false;
    archive.index().search(query, None, &mut |_, row| {
        if found == limit {
            more = true;
            return false;
        }
        found += 1;
        print_row(&row, common);
        true
    })?;
    Ok((found, more))
}

const PAGE: Text = text("бет", "с.", "page");
const PARAGRAPH: Text = text("абзац", "абзац", "paragraph");

/// A place of a hit: where, and what it says with the words marked.
fn print_place(found: &FoundPlace, lang: Lang) {
    let Some(snippet) = &found.snippet else { return };
    let mut text = String::new();
    let mut at = 0;
    for range in &snippet.ranges {
        text.push_str(snippet.text.get(at..range.start).unwrap_or_default());
        text.push_str(&format!("[{}]", snippet.text.get(range.clone()).unwrap_or_default()));
        at = range.end;
    }
    text.push_str(snippet.text.get(at..).unwrap_or_default());
    let dots = |is_cut: bool| if is_cut { "…" } else { "" };
    let page = found.page.map(|page| format!(", {} {page}", PAGE.get(lang))).unwrap_or_default();
    let place = match (&found.component, found.place) {
        (Some(path), Place::Unit { unit, .. }) => {
            let member = found.member.as_deref().map(|member| format!(" › {member}")).unwrap_or_default();
            shown(&format!("{path}{member}{page}, {} {unit}: ", PARAGRAPH.get(lang)))
        }
        _ => String::new(),
    };
    out!("    {place}{}{}{}", dots(snippet.is_cut_before), shown(&text), dots(snippet.is_cut_after));
}

// A list is no reading of a record: what is restricted stays out of it.
pub(super) fn print_row(row: &RecordRow, common: &Common) {
    let lang: Lang = common.lang();
    let open = row.access() == AccessCategory::Public;
    let field = |f| row.card_field(f).unwrap_or_default();
    if common.json() {
        common.print_json(&record_row(row, Masked::No));
        return;
    }
    let title = if open { shown(field(CardField::Title)) } else { HIDDEN.get(lang).to_owned() };
    out!(
        "{} · {} · {} · {} · {title}",
        row.id(),
        shown(field(CardField::RegistrationNumber)),
        field(CardField::DocumentDate),
        shown(field(CardField::DocumentType)),
    );
    if row.kind() != Kind::ElectronicOriginal {
        out!("  {}", kind_text(row.kind()).get(lang));
    }
    // What is valid needs no word; what is not must not look as if it were.
    if let Some(verdict) = row.verdict().filter(|verdict| *verdict != SignatureVerdict::Valid) {
        out!("  {}", verdict_text(verdict).get(lang));
    }
    if !open {
        out!("  {}", access_text(row.access()).get(lang));
    }
}
