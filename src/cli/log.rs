//! `muragat log checkpoint | entries | proof | succeed | vkeys | witness`.
//!
//! The journal holds no personal data, so all of this may be shown to strangers.

use super::{Common, id_of, log_succeed, log_witness};
use crate::archive::Archive;
use crate::error::{Error, ErrorCode, Exit};
use crate::evidence::heads;
use crate::model::id::RecordId;
use crate::tlog::heads::HeadProof;
use crate::tlog::proof::{consistency, inclusion_text};
use crate::tlog::{LogError, tree};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::Subcommand;
use serde_json::json;
use std::path::PathBuf;

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
    },
    /// Go on under a new name and key, after entries were lost for good. Nothing undoes it.
    Succeed(log_succeed::Succeed),
    /// The keys that the log had, with their last size, and the one that it has.
    Vkeys,
    /// Witnesses of the journal: their policy, what they are asked and what they answer.
    Witness(log_witness::LogWitness),
}

impl Log {
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
            LogCommand::Proof { inclusion: Some(index), .. } => {
                let proof = inclusion_text(&archive.log()?, index, &note)?;
                if common.json() {
                    let entry = STANDARD.encode(archive.log()?.entry(index)?);
                    common.print_json(&json!({"index": index, "entry_base64": entry, "tlog_proof": proof}));
                } else {
                    out_raw!("{proof}");
                }
            }
            LogCommand::Proof { consistency: Some(old), .. } => {
                let log = archive.log()?;
                let (size, root) = old_head(&archive, &old)?;
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
            LogCommand::Proof { heads: Some(owner), .. } => {
                let owner = id_of(&owner, ErrorCode::ArcNoRecord, "a record")?;
                print_heads(common, &archive, owner, &note)?;
            }
            LogCommand::Proof { inclusion: None, consistency: None, heads: None } => {
                unreachable!("clap asks for one of the three")
            }
        }
        archive.close()?;
        Ok(Exit::Ok)
    }
}

/// The heads of both chains of an owner, and the proof of the entry that has their roots.
fn print_heads(common: &Common, archive: &Archive, owner: RecordId, note: &str) -> Result<(), Error> {
    let log = archive.log()?;
    let proven = heads::prove(archive, owner, log.size())?.ok_or_else(|| heads::not_mapped(owner))?;
    let proof = inclusion_text(&log, proven.entry, note)?;
    let entry = log.entry(proven.entry)?;
    if common.json() {
        let head = |proof: &HeadProof| {
            let (count, newest) = (proof.head.count, proof.head.newest);
            json!({"count": count, "newest": newest, "proof": proof.to_text()})
        };
        common.print_json(&json!({
            "owner": owner.to_string(), "custody": head(&proven.custody), "reading": head(&proven.reading),
            "index": proven.entry, "entry_base64": STANDARD.encode(entry), "tlog_proof": proof,
        }));
    } else {
        out_raw!("{}\n{}\n", proven.custody.to_text(), proven.reading.to_text());
        out!("{}", String::from_utf8_lossy(&entry));
        out_raw!("\n{proof}");
    }
    Ok(())
}

/// A size, or the size and root of a checkpoint file.
fn old_head(archive: &Archive, old: &str) -> Result<(u64, Option<crate::model::digest::Sha256>), Error> {
    if let Ok(size) = old.parse() {
        return Ok((size, None));
    }
    let path = PathBuf::from(old);
    let note = std::fs::read(&path).map_err(|e| Error::caused(ErrorCode::IngNoSuchPath, old, e))?;
    let checkpoint = archive
        .own_checkpoint(&note)?
        .ok_or_else(|| Error::new(ErrorCode::LogIntegrity, old, "is not signed by this archive's key"))?;
    Ok((checkpoint.size, Some(checkpoint.root)))
}
