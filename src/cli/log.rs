//! `muragat log checkpoint | entries | proof | succeed | vkeys | witness`.
//!
//! The journal holds no personal data, so all of this may be shown to strangers.

use super::beside::{with_ending, write_all_new};
use super::{Common, id_of, log_succeed, log_witness};
use crate::archive::Archive;
use crate::error::{Error, ErrorCode, Exit};
use crate::evidence::heads;
use crate::evidence::stamp::Stamped;
use crate::model::id::RecordId;
use crate::model::strict::shown;
use crate::tlog::heads::HeadProof;
use crate::tlog::proof::{consistency, inclusion_text};
use crate::tlog::{LogError, tree};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::Subcommand;
use serde_json::json;
use std::path::{Path, PathBuf};

/// Arguments of `log`.
#[derive(clap::Args)]
pub(super) struct Log {
    #[command(subcommand)]
    command: LogCommand,
}

#[derive(Subcommand)]
enum LogCommand {
    /// Print the signed checkpoint.
    Checkpoint {
        /// Print the verifier key instead.
        #[arg(long)]
        vkey: bool,
        /// Print the newest that witnesses cosigned, with their cosignatures.
        #[arg(long, conflicts_with = "vkey")]
        cosigned: bool,
    },
    /// Print entries, one a line: index, tab, the entry's JSON.
    Entries {
        /// First entry.
        #[arg(long, default_value_t = 0)]
        from: u64,
        /// How many.
        #[arg(long, default_value_t = 100)]
        count: u64,
        /// Only entries of this record.
        #[arg(long, value_name = "ID")]
        record: Option<String>,
    },
    /// Print a proof.
    Proof {
        /// That this entry is in the journal, in C2SP tlog-proof form.
        #[arg(long, value_name = "INDEX", conflicts_with_all = ["consistency", "heads"])]
        #[arg(required_unless_present_any = ["consistency", "heads"])]
        inclusion: Option<u64>,
        /// Which entry about this record, file or register was the newest, and how many there were: nothing was left
        /// out. By the newest entry heads.mapped.
        #[arg(long, value_name = "ID", conflicts_with = "consistency")]
        heads: Option<String>,
        /// That the journal of this size, or of this checkpoint file, is the beginning of the present one.
        #[arg(long, value_name = "SIZE|FILE")]
        consistency: Option<String>,
        #[command(flatten)]
        under: Under,
        /// Write the proof of inclusion into this file, and the entry beside it (FILE.entry): what `verify` takes.
        #[arg(short, long, value_name = "FILE", conflicts_with_all = ["consistency", "heads"])]
        output: Option<PathBuf>,
    },
    /// Go on under a new name and key, after entries were lost for good. Nothing undoes it.
    Succeed(log_succeed::Succeed),
    /// The keys that the log had, with their last size, and the one that it has.
    Vkeys,
    /// Witnesses of the journal: their policy, what they are asked and what they answer.
    Witness(log_witness::LogWitness),
}

/// Which checkpoint a proof is under; the present one when nothing is said.
#[derive(clap::Args)]
struct Under {
    /// Under the newest checkpoint that meets the quorum of witnesses, with their cosignatures.
    #[arg(long, conflicts_with_all = ["at_size", "consistency"])]
    cosigned: bool,
    /// Under a checkpoint of this many entries, if one is kept: cosigned, asked for or time-stamped.
    #[arg(long, value_name = "SIZE", conflicts_with = "consistency")]
    at_size: Option<u64>,
}

impl Under {
    /// The size of the checkpoint, and its note; `newest` is the present one.
    fn choose(&self, archive: &Archive, newest: String) -> Result<(u64, String), Error> {
        if self.cosigned {
            let shown = archive.cosigned_enough()?;
            return Ok((shown.checkpoint.size, shown.note));
        }
        let Some(size) = self.at_size else { return Ok((archive.log()?.size(), newest)) };
        let mut stamped = Vec::new();
        for one in Stamped::all(archive)?.into_iter().filter(|one| one.to == size) {
            stamped.push(one.batch(archive)?.note);
        }
        let none = || {
            let what = "no signed checkpoint of this size is kept; `log witness show` and `evidence status` name sizes";
            Error::new(ErrorCode::WitNoCheckpoint, size.to_string(), what)
        };
        Ok((size, archive.checkpoint_of(size, stamped)?.ok_or_else(none)?))
    }
}

impl Log {
    /// A successor log comes with another configuration and key: the archive must be opened anew with these.
    pub(super) fn wants_archive_alone(&self) -> bool {
        matches!(self.command, LogCommand::Succeed(_))
    }

    pub(super) fn run(self, common: &Common) -> Result<Exit, Error> {
        let command = match self.command {
            LogCommand::Witness(command) => return command.run(common),
            LogCommand::Succeed(command) => return command.run(common),
            LogCommand::Vkeys => return log_succeed::vkeys(common),
            command => command,
        };
        let archive = common.open()?;
        let note = archive.settle()?;
        match command {
            LogCommand::Witness(_) | LogCommand::Succeed(_) | LogCommand::Vkeys => unreachable!("answered above"),
            LogCommand::Checkpoint { cosigned: true, .. } => {
                let none = || Error::new(ErrorCode::WitUnknown, "checkpoint", "no witness has cosigned one yet");
                let shown = archive.cosigned()?.ok_or_else(none)?;
                if common.json() {
                    let root = STANDARD.encode(shown.checkpoint.root.0);
                    common.print_json(&json!({"size": shown.checkpoint.size, "root": root, "checkpoint": shown.note}));
                } else {
                    out_raw!("{}", shown.note);
                }
            }
            LogCommand::Checkpoint { vkey: true, .. } if common.json() => {
                common.print_json(&json!({"vkey": archive.config().vkey.to_string()}));
            }
            LogCommand::Checkpoint { vkey: true, .. } => out!("{}", archive.config().vkey),
            LogCommand::Checkpoint { vkey: false, .. } if common.json() => {
                let head = archive.head();
                common
                    .print_json(&json!({"size": head.size, "root": STANDARD.encode(head.root.0), "checkpoint": note}));
            }
            LogCommand::Checkpoint { vkey: false, .. } => out_raw!("{note}"),
            LogCommand::Entries { from, count, record } => {
                let record = record.map(|r| super::show::record_id(&r)).transpose()?;
                let log = archive.log()?;
                if from > log.size() {
                    return Err(LogError::NoEntry { index: from, size: log.size() }.into());
                }
                let mut left = count;
                log.leaves::<Error>(from, log.size(), |index, leaf| {
                    if left == 0 || record.is_some_and(|r| leaf.rec != Some(r)) {
                        return Ok(());
                    }
                    left -= 1;
                    let entry = leaf.encode();
                    let text = String::from_utf8_lossy(&entry);
                    if common.json() {
                        let leaf: serde_json::Value = serde_json::from_slice(&entry).unwrap_or_default();
                        common.print_json(&json!({"index": index, "entry": leaf}));
                    } else {
                        out!("{index}\t{text}");
                    }
                    Ok(())
                })?;
            }
            LogCommand::Proof { inclusion: Some(index), under, output, .. } => {
                let (size, note) = under.choose(&archive, note)?;
                print_inclusion(common, &archive, (index, size, &note), output.as_deref())?;
            }
            LogCommand::Proof { consistency: Some(old), .. } => {
                let log = archive.log()?;
                let (size, root) = old_head(common, &archive, &old)?;
                let proof = consistency(&log, size)?;
                let old_root = tree::root_at(&log, size)?;
                if root.is_some_and(|root| root != old_root) {
                    let what = "the checkpoint is of another history than this journal: keep both as proof";
                    return Err(Error::new(ErrorCode::LogIntegrity, old, what));
                }
                let hashes: Vec<String> = proof.iter().map(|h| STANDARD.encode(h.0)).collect();
                if common.json() {
                    common.print_json(&json!({
                        "old_size": size, "old_root": STANDARD.encode(old_root.0), "proof": hashes, "checkpoint": note,
                    }));
                } else {
                    out!("old {size}");
                    hashes.iter().for_each(|h| out!("{h}"));
                    out_raw!("\n{note}");
                }
            }
            LogCommand::Proof { heads: Some(owner), under, .. } => {
                let owner = id_of(&owner, ErrorCode::ArcNoRecord, "a record")?;
                let (size, note) = under.choose(&archive, note)?;
                print_heads(common, &archive, owner, (size, &note))?;
            }
            LogCommand::Proof { inclusion: None, consistency: None, heads: None, .. } => {
                unreachable!("clap asks for one of the three")
            }
        }
        archive.close()?;
        Ok(Exit::Ok)
    }
}

/// The proof of an entry under a checkpoint; into files when one is named.
fn print_inclusion(
    common: &Common,
    archive: &Archive,
    (index, size, note): (u64, u64, &str),
    output: Option<&Path>,
) -> Result<(), Error> {
    let log = archive.log()?;
    let proof = inclusion_text(&log, index, size, note)?;
    let entry = log.entry(index)?;
    let files = output.map(|file| (file, with_ending(file, ".entry")));
    if let Some((file, beside)) = &files {
        write_all_new(&[(file, proof.as_bytes()), (beside, &entry)])?;
    }
    let shown = |path: &Path| shown(&path.to_string_lossy());
    match files {
        _ if common.json() => {
            let names = files.as_ref().map(|(file, beside)| (shown(file), shown(beside))).unzip();
            common.print_json(&json!({
                "index": index, "size": size, "entry_base64": STANDARD.encode(entry), "tlog_proof": proof,
                "file": names.0, "entry_file": names.1,
            }));
        }
        Some((file, beside)) => {
            out!("muragat verify {} --entry {} --trust POLICY", shown(file), shown(&beside));
        }
        None => out_raw!("{proof}"),
    }
    Ok(())
}

/// The heads of both chains of an owner, and the proof of the entry that has their roots.
fn print_heads(common: &Common, archive: &Archive, owner: RecordId, (size, note): (u64, &str)) -> Result<(), Error> {
    let log = archive.log()?;
    let maps = heads::Maps::before(archive, size)?.ok_or_else(|| heads::not_mapped(owner))?;
    let (custody, reading) = maps.prove(owner).ok_or_else(|| heads::not_mapped(owner))?;
    let proof = inclusion_text(&log, maps.entry, size, note)?;
    let entry = log.entry(maps.entry)?;
    if common.json() {
        let head = |proof: &HeadProof| {
            let (count, newest) = (proof.head.count, proof.head.newest);
            json!({"count": count, "newest": newest, "proof": proof.to_text()})
        };
        common.print_json(&json!({
            "owner": owner.to_string(), "custody": head(&custody), "reading": head(&reading),
            "index": maps.entry, "entry_base64": STANDARD.encode(entry), "tlog_proof": proof,
        }));
    } else {
        out_raw!("{}\n{}\n", custody.to_text(), reading.to_text());
        out!("{}", String::from_utf8_lossy(&entry));
        out_raw!("\n{proof}");
    }
    Ok(())
}

/// A size, or the size and root of a checkpoint file.
fn old_head(
    common: &Common,
    archive: &Archive,
    old: &str,
) -> Result<(u64, Option<crate::model::digest::Sha256>), Error> {
    if let Ok(size) = old.parse() {
        return Ok((size, None));
    }
    let path = common.there(old);
    let note = std::fs::read(&path).map_err(|e| Error::caused(ErrorCode::IngNoSuchPath, old, e))?;
    let checkpoint = archive
        .own_checkpoint(&note)?
        .ok_or_else(|| Error::new(ErrorCode::LogIntegrity, old, "is not signed by this archive's key"))?;
    Ok((checkpoint.size, Some(checkpoint.root)))
}
