//! `muragat due` and `muragat why`: what is due, and the derivation of its date.
//!
//! Both print what the one function of `retention` decides; nothing is written.

use super::file::file_line;
use super::show::record_id;
use super::{Common, tomb};
use crate::clock::{civil_date, local_text, rfc3339};
use crate::error::{Error, Exit};
use crate::filing::cite;
use crate::filing::due::{Basis, Judged, judged, unfiled};
use crate::filing::files::find;
use crate::model::citation::Citation;
use crate::model::strict::shown;
use crate::retention::{Decision, Status};
use crate::text::{Text, text};
use crate::view::{self, Masked};
use chrono::NaiveDate;
use serde_json::json;

/// Arguments of `due`.
#[derive(clap::Args)]
pub(super) struct Due {
    /// The day that is asked about, YYYY-MM-DD; today when not given.
    #[arg(long, value_name = "DATE")]
    as_of: Option<NaiveDate>,
    /// Records that are in no file instead, oldest first: they are never due.
    #[arg(long, conflicts_with = "as_of")]
    unfiled: bool,
}

/// Arguments of `why`.
#[derive(clap::Args)]
pub(super) struct Why {
    /// Id of a record or of a file, or a citation: «Қ.123 Т.4 І.56».
    id: String,
    /// The day that is asked about, YYYY-MM-DD; today when not given.
    #[arg(long, value_name = "DATE")]
    as_of: Option<NaiveDate>,
}

const NOTHING: Text = text("Мерзімі өткен іс жоқ.", "Дел с истёкшим сроком нет.", "Nothing is due.");
const ALL_FILED: Text =
    text("Барлық құжат істерге салынған.", "Все документы помещены в дела.", "Every record is in a file.");
const DUE: Text = text("мерзімі өткен", "срок истёк", "due");
const HELD: Text = text("тыйым салынған", "под запретом", "held");
const DECIDE: Text = text("шешімді күтеді", "ждут решения", "await a decision");
const SAMPLE: Text = text(
    "үлгі тізбе бойынша: сынақ архивінен басқа жерде жоюға негіз болмайды",
    "по перечню-образцу: не основание для уничтожения, кроме как в тестовом архиве",
    "by a sample list: no ground for destruction but in an archive for tests",
);
const DOCUMENTS: Text = text("құжат", "документов", "documents");

impl Due {
    pub(super) fn run(self, common: &Common) -> Result<Exit, Error> {
        let archive = common.open()?;
        let lang = common.lang();
        if self.unfiled {
            let found = unfiled(&archive)?;
            if found.is_empty() && !common.json() {
                common.say(ALL_FILED.get(lang));
            }
            for one in &found {
                if common.json() {
                    common.print_json(&json!({
                        "record_id": one.record.to_string(), "accepted": rfc3339(one.accepted), "agency": one.agency,
                        "nomenclature_index": one.index,
                    }));
                } else {
                    let (at, index, agency) = (local_text(one.accepted), shown(&one.index), shown(&one.agency));
                    out!("{} · {at} · {index} ({agency})", one.record);
                }
            }
            archive.close()?;
            return Ok(Exit::Ok);
        }
        let as_of = self.as_of.unwrap_or_else(|| civil_date(archive.now()));
        let basis = Basis::read(&archive)?;
        let (judge, mut counts) = (basis.judge(), [0usize; 3]);
        let wanted = |status| matches!(status, Status::Due | Status::Held | Status::AwaitsPerson);
        for Judged { file, status, .. } in judged(&archive, &judge, as_of, wanted)? {
            let file = find(&archive, file)?;
            let decision = judge.decide(&file, as_of);
            let which = match status {
                Status::Due => 0,
                Status::Held => 1,
                Status::AwaitsPerson => 2,
                _ => continue,
            };
            counts[which] += 1;
            if common.json() {
                common.print_json(&view::due_row(&file, &decision, Masked::No));
                continue;
            }
            out!("{} {}", file.id, file_line(&file, common));
            out!("  {} · {} {}", line(&decision, common), file.row.documents, DOCUMENTS.get(lang));
        }
        if !common.json() {
            let [due, held, decide] = counts;
            if due + held + decide == 0 {
                common.say(NOTHING.get(lang));
            } else {
                let (a, b, c) = (DUE.get(lang), HELD.get(lang), DECIDE.get(lang));
                common.say(&format!("{as_of}: {a} {due} · {b} {held} · {c} {decide}"));
            }
        }
        archive.close()?;
        Ok(Exit::Ok)
    }
}

/// A decision in one line.
fn line(decision: &Decision, common: &Common) -> String {
    let lang = common.lang();
    let mut parts = vec![decision.status.text(lang).to_owned()];
    if let (Status::Due, Some(action)) = (decision.status, decision.action) {
        parts.push(action.text(lang).to_owned());
    }
    parts.extend(decision.due.map(|day| day.to_string()));
    if let Some(by) = &decision.by {
        let item = by.variant.as_ref().unwrap_or(&by.item.item);
        parts.push(shown(&format!("{} {}, {item}", by.item.list, by.edition)));
    }
    if decision.is_sample {
        parts.push(SAMPLE.get(lang).to_owned());
    }
    parts.join(" · ")
}

pub(super) const NO_ORIGINAL: Text = text(
    "қағаз түпнұсқасы болуға тиіс, бірақ тіркелмеген",
    "нужен бумажный подлинник, но он не учтён",
    "an original on paper must exist, and none is noted",
);

impl Why {
    pub(super) fn run(self, common: &Common) -> Result<Exit, Error> {
        let archive = common.open()?;
        let as_of = self.as_of.unwrap_or_else(|| civil_date(archive.now()));
        let id = match self.id.parse::<Citation>() {
            Ok(citation) => cite::id(&archive, &citation)?,
            Err(_) => record_id(&self.id)?,
        };
        if let Some(exit) = tomb::show(&archive, id, common)? {
            archive.close()?;
            return Ok(exit);
        }
        let why = view::Why::read(&archive, id, as_of)?;
        let (decision, missing) = (&why.decision, why.papers_missing);
        if common.json() {
            common.print_json(&why.value(Masked::No, common.lang()));
        } else {
            if let Some(file) = &why.file {
                out!("{} {}", file.id, file_line(file, common));
            }
            for sentence in decision.sentences(common.lang()) {
                out!("  {sentence}");
            }
            if decision.is_sample {
                out!("  ({})", SAMPLE.get(common.lang()));
            }
            if missing > 0 {
                out!("  ! {}: {missing}", NO_ORIGINAL.get(common.lang()));
            }
        }
        archive.close()?;
        Ok(Exit::Ok)
    }
}
