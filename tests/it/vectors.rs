//! Signature cases that tools which are not ours generate.
//!
//! Goal: every test of signatures sees the same cases, made once. Method: `../shared/tools/make-vectors.sh` with openssl,
//! its GOST engine and faketime, into the build's folder for temporary files; tests are processes of their own, so the
//! making is under a lock.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder of the generated cases; none, and said, where they cannot be made. `MURAGAT_VECTORS` names another one.
pub(crate) fn generated() -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os("MURAGAT_VECTORS") {
        return Some(folder.into());
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/tools/make-vectors.sh");
    let has = |program: &str, arguments: &[&str]| {
        Command::new(program).args(arguments).output().is_ok_and(|output| output.status.success())
    };
    let tools = has("openssl", &["engine", "gost"]) && has("faketime", &["--version"]);
    if !script.is_file() || !tools {
        eprintln!(
            "SKIPPED: generated cases need ../shared/tools/make-vectors.sh, openssl with its GOST engine, faketime"
        );
        return None;
    }
    let place = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let lock = File::create(place.join("signature-vectors.lock")).unwrap();
    lock.lock().unwrap();
    let folder = place.join("signature-vectors");
    if !folder.join("README.txt").is_file() {
        // The last file that the script writes says that all are there.
        let made = Command::new("bash").arg(script).arg(&folder).output().unwrap();
        let said = [&made.stdout, &made.stderr].map(|out| String::from_utf8_lossy(out).into_owned());
        assert!(made.status.success(), "{}: {said:?}", made.status);
    }
    Some(folder)
}
