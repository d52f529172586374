//! Writes a golden store: a small archive of the present formats, with its keys, kept in `tests/golden/` for ever.
//!
//! `cargo run --features tools,testing --bin golden -- DIR` makes DIR/archive, DIR/archive.keys and DIR/expected.json. A golden store
//! is only added, with a new folder for a new format version; `tests/it/golden.rs` opens every one of them.

use muragat::access;
use muragat::archive::{Archive, InitOptions};
use muragat::clock::{Clock, FixedClock};
use muragat::config::{Action, Policy};
use muragat::ingest::{Options, Status, ingest};
use muragat::model::digest::sha256;
use muragat::testing::{Sequence, card};
use muragat::tlog::commit::SYSTEM_ACTOR;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};

/// 2026-03-05T04:05:06.007Z, so that the same version writes stores of the same times.
const NOW: u64 = 1_772_683_506_007;

fn main() -> Result<(), Box<dyn Error>> {
    let dir = PathBuf::from(std::env::args().nth(1).ok_or("usage: golden DIR")?);
    std::fs::create_dir_all(&dir)?;
    let inbox = std::env::temp_dir().join(format!("muragat-golden-{}", std::process::id()));
    let result = write(&dir, &inbox);
    std::fs::remove_dir_all(&inbox)?;
    result
}

fn write(dir: &Path, inbox: &Path) -> Result<(), Box<dyn Error>> {
    let clock: Arc<dyn Clock> = Arc::new(FixedClock(AtomicU64::new(NOW)));
    let root = dir.join("archive");
    let policy = Policy { formats: Action::Flag, ..Policy::default() };
    let options = InitOptions { origin: Some("golden.example/log".into()), policy, ..InitOptions::default() };
    let archive = Archive::create(&root, &options, clock)?;
    // Several segments and a folded journal in a few kilobytes.
    archive.tune(12_000, 5);
    let actor = archive.actor("golden")?;
    let mut numbers = Sequence::new(1);
    let mut expected: BTreeMap<String, Value> = BTreeMap::new();
    for number in 0..14u32 {
        let body = if number % 2 == 0 { numbers.text(1500) } else { numbers.noise(900) };
        let path = submission(inbox, number, &body)?;
        let mut status = None;
        let stop = AtomicBool::new(false);
        ingest(&archive, &[path], &Options { actor, threads: 1, stop: &stop }, &mut |a| status = Some(a.status));
        match status {
            Some(Status::Accepted { record, .. }) => {
                let access = if number == 3 { "confidential" } else { "public" };
                expected.insert(
                    record.to_string(),
                    json!({"registration_number": format!("{number}-қ"), "main_sha256": sha256(&body).to_string(), "access": access}),
                );
            }
            Some(Status::Refused(_)) if number == 13 => {}
            other => return Err(format!("submission {number}: {other:?}").into()),
        }
    }
    archive.wait_index()?;
    let confidential = expected.iter().find(|(_, v)| v["access"] == "confidential").ok_or("no confidential record")?;
    access::open(&archive, confidential.0.parse()?, actor)?;
    let gone = expected.iter().find(|(_, v)| v["registration_number"] == "5-қ").ok_or("no record to erase")?.0.clone();
    let reader = archive.index();
    let row = muragat::index::writer::read_id(reader.kv, reader.keys, gone.parse()?)?.ok_or("not in the index")?;
    archive.roll_vault(Vec::new(), &[row.key], SYSTEM_ACTOR)?;
    expected.remove(&gone);
    let head = archive.head();
    let report = json!({"entries": head.size, "records": 13, "erased": gone, "held": expected});
    archive.close()?;
    // Derived and temporary parts are no part of a golden store.
    std::fs::remove_dir_all(root.join("index"))?;
    std::fs::remove_dir_all(root.join("state"))?;
    std::fs::write(dir.join("expected.json"), serde_json::to_string_pretty(&report)? + "\n")?;
    Ok(())
}

fn submission(inbox: &Path, number: u32, body: &[u8]) -> Result<PathBuf, Box<dyn Error>> {
    let folder = inbox.join(number.to_string());
    std::fs::create_dir_all(&folder)?;
    let card = card(number);
    let description = json!({
        "schema": "muragat/submission/1", "agency": format!("TEST-{}", number % 2), "direction": "internal",
        "nomenclature_index": "01-02", "access_category": if number == 3 { "confidential" } else { "public" },
        "components": [{"path": "card.json", "role": "card"}, {"path": "main.docx", "role": "main"}],
    });
    std::fs::write(folder.join("card.json"), card.to_string())?;
    std::fs::write(folder.join("main.docx"), body)?;
    std::fs::write(folder.join("submission.json"), description.to_string())?;
    if number == 13 {
        std::fs::write(folder.join("stray.txt"), b"not listed")?;
    }
    Ok(folder)
}
