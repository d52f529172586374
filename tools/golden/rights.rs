//! The golden store of rights: accounts of every kind, tokens, a bound certificate, permits of the reading room, and
//! readings that say what for and by which rule.
//!
//! A program of years to come must know the same accounts by the same secrets, and say the same of each reading. The
//! secrets lie beside the archive, which keeps none.

use super::{NOW, Result, Store, damages, leave_truths};
use muragat::access::{self, Reader, password};
use muragat::archive::{Archive, Holder, InitOptions, Permitting};
use muragat::clock::{Clock, FixedClock};
use muragat::config::{Action, MeansKept, Policy};
use muragat::model::digest::sha256;
use muragat::model::iin::Iin;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

const PASSWORD: &str = "үлгі құпиясөз 1";
/// Stands for the bytes of a client certificate: the archive keeps their digest only.
const CERTIFICATE: &[u8] = b"golden certificate";

/// Writes the store into `dir`.
pub(crate) fn write(dir: &Path, inbox: &Path) -> Result<()> {
    let clock = Arc::new(FixedClock(AtomicU64::new(NOW)));
    let root = dir.join("archive");
    let policy = Policy { formats: Action::Flag, signatures: Action::Flag, ..Policy::default() };
    let origin = Some("golden.example/rights".into());
    let options = InitOptions { origin, policy, means: MeansKept::None, ..InitOptions::default() };
    let archive = Archive::create(&root, &options, clock as Arc<dyn Clock>)?;
    archive.tune(12_000, 5);
    let actor = archive.actor("golden")?;
    let inbox = inbox.join("rights");
    std::fs::create_dir_all(&inbox)?;
    let mut store = Store { archive: &archive, actor, inbox: &inbox, records: BTreeMap::new() };
    store.submissions(0..6)?;
    archive.wait_index()?;
    let restricted = store.records.values().find(|r| r.access != "public").ok_or("no restricted record")?.id;

    let person = |end: u8| Iin::parse(&format!("0000000000{end:02}")).map(Holder::Person).ok_or("iin");
    archive.open_account("reader", &person(1)?, None, actor)?;
    archive.open_account("closed", &person(2)?, None, actor)?;
    archive.close_account("closed", "Үлгі", actor)?;
    archive.open_account("machine", &Holder::Service("үлгі-жүйе".into()), None, actor)?;
    archive.open_account("setup", &Holder::Bootstrap, Some(&password::hash("бұрынғы құпиясөз")?), actor)?;
    archive.change_password("setup", &password::hash(PASSWORD)?, actor)?;
    archive.bind_certificate("machine", sha256(CERTIFICATE), actor)?;
    let until = archive.today() + chrono::Days::new(300);
    let scopes = BTreeSet::from(["submit", "submission.see"]);
    let (_, token, _) = archive.issue_token("machine", &scopes, until, actor)?;
    let (id, revoked, _) = archive.issue_token("machine", &scopes, until, actor)?;
    archive.revoke_token(&id, "Үлгі", actor)?;
    let permitting = Permitting {
        account: "reader".into(),
        records: BTreeSet::from([restricted]),
        until,
        basis: "Үлгі өтініш № 1".into(),
    };
    let ended = archive.permit_reading(&permitting, actor)?;
    archive.end_reading(ended, "Үлгі", actor)?;
    let permit = archive.permit_reading(&permitting, actor)?;
    let reader = archive.actor("reader")?;
    access::open(&archive, restricted, Reader::asking(reader, "reader.records", Some("Зерттеу")))?;
    access::open(&archive, restricted, actor)?;
    archive.wait_index()?;

    let held: Map<String, Value> = store.records.values().map(|r| (r.id.to_string(), r.expected())).collect();
    let size = archive.head().size;
    let expected = json!({
        "classifiers": [], "entries": size, "records": held.len(), "held": held,
        "rights": {
            "accounts": {"closed": "person", "machine": "service", "reader": "person", "setup": "bootstrap"},
            "closed": ["closed"], "password": PASSWORD, "certificate": sha256(CERTIFICATE).to_string(), "token": token,
            "revoked": revoked, "permits": {"ended": ended, "open": permit}, "read": restricted.to_string(),
            "readings": [
                {"account": "reader", "purpose": "Зерттеу", "rule": "reader.records"},
                {"account": "golden", "purpose": null, "rule": "local"},
            ],
        },
    });
    archive.close()?;
    leave_truths(dir, expected, damages(&root, size)?)
}
