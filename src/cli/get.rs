//! `muragat get ID`.
//!
//! What was written stands for itself: every component is checked against its digest, and nothing is written over.

use super::show::record_id;
use super::terminal::{flush, write_bytes};
use super::{Common, bytes_text};
use crate::access::rights::LOCAL;
use crate::access::{Exported, Reader, open};
use crate::error::{Error, ErrorCode, Exit};
use crate::model::strict::shown;
use serde_json::json;
use std::path::PathBuf;

/// Arguments of `get`.
#[derive(clap::Args)]
pub(super) struct Get {
    /// Id of the record.
    id: String,
    /// Folder for the components; one named after the record in the current folder when not given.
    #[arg(short, long, value_name = "DIR")]
    pub(super) output: Option<PathBuf>,
    /// Only this component, to stdout.
    #[arg(long, value_name = "PATH", conflicts_with = "output")]
    component: Option<String>,
    /// Only these bytes of the component: FROM-TO, both included, from 0.
    #[arg(long, value_name = "FROM-TO", requires = "component")]
    range: Option<String>,
    /// What for; a record about persons is given out for no purpose that is not said.
    #[arg(long, value_name = "TEXT")]
    purpose: Option<String>,
}

impl Get {
    pub(super) fn run(self, common: &Common) -> Result<Exit, Error> {
        let id = record_id(&self.id)?;
        let archive = common.open()?;
        let actor = common.actor(&archive)?;
        let reader = Reader::asking(actor, LOCAL, self.purpose.as_deref());
        let opened = open(&archive, id, reader)?;
        if let Some(path) = &self.component {
            let component = match opened.content_at(path) {
                Some((component, content)) if self.range.is_none() => {
                    opened.content(component, content, &mut write_bytes)?;
                    None
                }
                _ => Some(opened.component(path)?),
            };
            match (component, &self.range) {
                (None, _) => {}
                (Some(component), None) => opened.whole(component, &mut write_bytes)?,
                (Some(component), Some(range)) => {
                    let (start, end) = parse_range(range, component.stored.plain_len)?;
                    opened.range(component, start, end, &mut write_bytes)?;
                }
            }
            flush().map_err(|e| Error::caused(ErrorCode::ArcOutput, "stdout", e))?;
        } else {
            let folder = self.output.clone().unwrap_or_else(|| common.there(&id.to_string()));
            for file in opened.export(&folder)? {
                print_exported(&file, common);
            }
        }
        archive.close()?;
        Ok(Exit::Ok)
    }
}

/// Prints a file that was given out.
pub(super) fn print_exported(file: &Exported, common: &Common) {
    let (path, sha256) = (file.path.to_string_lossy().into_owned(), file.sha256.to_string());
    if common.json() {
        common.print_json(&json!({"path": path, "size": file.size, "sha256": sha256}));
    } else {
        out!("{} · {} · SHA-256 {sha256}", shown(&path), bytes_text(file.size));
    }
}

fn parse_range(range: &str, len: u64) -> Result<(u64, u64), Error> {
    let wrong = || Error::new(ErrorCode::ArcRange, range, format!("wanted FROM-TO within {len} bytes"));
    let (from, to) = range.split_once('-').ok_or_else(wrong)?;
    let from: u64 = from.parse().map_err(|_| wrong())?;
    let to: u64 = if to.is_empty() { len.saturating_sub(1) } else { to.parse().map_err(|_| wrong())? };
    if from > to || to >= len { Err(wrong()) } else { Ok((from, to + 1)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_include_both_ends() {
        assert_eq!(parse_range("0-0", 5).unwrap(), (0, 1));
        assert_eq!(parse_range("2-", 5).unwrap(), (2, 5));
        for bad in ["5-5", "3-2", "-3", "x-1", "0-5", ""] {
            assert!(parse_range(bad, 5).is_err(), "{bad}");
        }
    }
}
