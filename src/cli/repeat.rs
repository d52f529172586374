//! `muragat validate --record ID`: the validation of a record once more, compared with the frozen one.
//!
//! Equal bytes mean: whoever asks today with what was at hand then gets the same answer. A difference is no damage of
//! the record (that is `audit`'s to say) but of the promise to repeat it, so it is said and ends with the exit code for
//! incomplete evidence.

use super::Common;
use super::means::program_text;
use super::show::record_id;
use crate::error::{Error, ErrorCode, Exit};
use crate::ingest::repeat::repeat;
use crate::model::digest::sha256;
use crate::text::{Text, text};
use serde_json::json;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

const EQUAL: Text = text(
    "Тексеру қайталанды: есеп бұрынғымен байтына дейін бірдей",
    "Проверка повторена: отчёт совпадает с прежним байт в байт",
    "The validation was repeated: the report is the frozen one, byte for byte",
);
const DIFFERENT: Text = text(
    "Тексеру қайталанды: есеп бұрынғыдан ӨЗГЕШЕ",
    "Проверка повторена: отчёт ОТЛИЧАЕТСЯ от прежнего",
    "The validation was repeated: the report DIFFERS from the frozen one",
);
const THEN: Text = text("Сол кезде тексерген", "Тогда проверяла", "Validated then by");
const NOW: Text = text("Қазір тексерген", "Теперь проверила", "Validated now by");
const SAME: Text = text("бастапқы мәтіні сол", "из того же исходного текста", "of the same source");
const OTHER: Text = text("бастапқы мәтіні басқа", "из другого исходного текста", "of another source");

/// Repeats the validation of `id`; `output` gets the report as it is made now.
pub(super) fn run(common: &Common, id: &str, output: Option<&Path>) -> Result<Exit, Error> {
    let id = record_id(id)?;
    let archive = common.open()?;
    let actor = common.actor(&archive)?;
    let repeated = repeat(&archive, id, actor)?;
    if let Some(output) = output {
        let failed = |e| Error::caused(ErrorCode::ArcOutput, output.display().to_string(), e);
        let mut file = OpenOptions::new().write(true).create_new(true).open(output).map_err(failed)?;
        file.write_all(&repeated.again).map_err(failed)?;
    }
    let program = archive.program().value();
    let is_same_program = repeated.verifier.get("source") == program.get("source");
    if common.json() {
        common.print_json(&json!({
            "record_id": id.to_string(), "equal": repeated.is_equal(),
            "frozen_sha256": sha256(&repeated.frozen).to_string(), "sha256": sha256(&repeated.again).to_string(),
            "verifier": repeated.verifier, "program": program, "same_program": is_same_program,
        }));
    } else {
        let lang = common.lang();
        let said = if repeated.is_equal() { EQUAL } else { DIFFERENT };
        out!("{}: SHA-256 {}", said.get(lang), sha256(&repeated.again));
        if !repeated.is_equal() {
            out!("  SHA-256 {}", sha256(&repeated.frozen));
        }
        if !repeated.verifier.is_null() {
            out!("{}: {}", THEN.get(lang), program_text(&repeated.verifier));
        }
        let source = if is_same_program { SAME } else { OTHER };
        out!("{}: {} ({})", NOW.get(lang), program_text(&program), source.get(lang));
    }
    archive.close()?;
    Ok(if repeated.is_equal() { Exit::Ok } else { Exit::Incomplete })
}
