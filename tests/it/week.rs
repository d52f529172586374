//! A week of an archivist, as a person would run it.
//!
//! Goal: incoming, outgoing without and with a receipt, a corrected card, a scan, a duplicate, the same content again
//! and a conflict, each shown as it must be. Method: `tools/week/run` with the program under test; the script says what
//! must be seen after each step.

use std::path::Path;
use std::process::Command;

#[test]
fn the_week_goes_as_the_script_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(root.join("tools/week/run"))
        .arg(folder.path().join("week"))
        .env("MURAGAT", env!("CARGO_BIN_EXE_muragat"))
        .output()
        .unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{stdout}\n{stderr}");
    assert_eq!(stdout.matches("== ").count(), 9, "every step was run:\n{stdout}");
}
