//! `muragat inquiry bundle`: one file for a court, with originals and all that proves them.
//!
//! The file is new and is removed again when something fails on the way; what was committed stays, and the file is made
//! again with `--at-size`.

use super::Common;
use super::inquiry::inquiry_id;
use super::show::record_id;
use crate::config::Readings;
use crate::error::{Error, ErrorCode, Exit};
use crate::inquiry::bundle::make::{self, Under};
use crate::inquiry::bundle::report::missing_text;
use crate::model::strict::shown;
use crate::text::{Text, text};
use crate::view;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

/// Arguments of `inquiry bundle`.
#[derive(clap::Args)]
pub(super) struct Bundle {
    /// Id of the inquiry.
    id: String,
    /// Ids of records; all that are under the inquiry when none is named.
    #[arg(value_name = "RECORD", conflicts_with_all = ["at_size", "cosigned"])]
    records: Vec<String>,
    /// The bundle, a new file.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Which readings of a record it shows: own, those under this inquiry; all; count, their number only. What
    /// `[inquiry] readings` says when not given.
    #[arg(long, value_name = "WHICH", value_parser = readings, conflicts_with_all = ["at_size", "cosigned"])]
    readings: Option<Readings>,
    /// Write the newest bundle of the inquiry again, under the checkpoint of this size: the same bytes as then.
    #[arg(long, value_name = "N", conflicts_with = "cosigned")]
    at_size: Option<u64>,
    /// Write the newest bundle of the inquiry again, under the newest checkpoint that witnesses cosigned.
    #[arg(long)]
    cosigned: bool,
}

const WRITTEN: Text = text("Жинақ жазылды", "Пакет записан", "The bundle was written");
const SIZE: Text = text("журнал мөлшері", "размер журнала", "size of the journal");
const LACKS: Text = text("Жинақта жетіспейді", "В пакете не хватает", "The bundle lacks");

fn readings(word: &str) -> Result<Readings, String> {
    Readings::parse(word).ok_or_else(|| "own, all or count".to_owned())
}

impl Bundle {
    pub(super) fn run(self, common: &Common) -> Result<Exit, Error> {
        let id = inquiry_id(&self.id)?;
        let records = self.records.iter().map(|record| record_id(record)).collect::<Result<_, _>>()?;
        let archive = common.open_to_act()?;
        let actor = common.actor(&archive)?;
        let failed = |e| Error::caused(ErrorCode::ArcOutput, self.output.display().to_string(), e);
        // Before anything is committed: what cannot be written is not bundled.
        let file = File::create_new(&self.output).map_err(failed)?;
        let under = match (self.at_size, self.cosigned) {
            (Some(size), _) => Under::Size(size),
            (None, true) => Under::Cosigned,
            (None, false) => Under::Newest,
        };
        let make = || {
            let mut out = BufWriter::new(&file);
            let written = if under == Under::Newest {
                let readings = self.readings.unwrap_or(archive.config().inquiries.readings);
                let (entry, _) = make::commit(&archive, id, &records, readings, actor)?;
                // Beside a service, another one can have been committed meanwhile.
                make::write_of(&archive, id, entry, under, actor, &mut out)?
            } else {
                make::write(&archive, id, under, actor, &mut out)?
            };
            out.flush().and_then(|()| file.sync_all()).map_err(failed)?;
            Ok(written)
        };
        let written = make().inspect_err(|_: &Error| {
            // Half a bundle would be worse than none; the error is said either way.
            let _ = std::fs::remove_file(&self.output);
        })?;
        let lang = common.lang();
        if common.json() {
            let mut value = view::bundled(id, &written);
            value["file"] = self.output.to_string_lossy().into();
            common.print_json(&value);
        } else {
            let path = self.output.to_string_lossy();
            out!("{}: {} (#{}) · {} {}", WRITTEN.get(lang), shown(&path), written.entry, SIZE.get(lang), written.size);
            for one in &written.missing {
                out!("  {}: {} ({})", LACKS.get(lang), missing_text(one.what).get(lang), shown(&one.subject));
            }
        }
        archive.close()?;
        Ok(if written.missing.is_empty() { Exit::Ok } else { Exit::Incomplete })
    }
}
