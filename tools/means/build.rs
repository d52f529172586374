//! The build script: tells the program which source it is built from.
//!
//! It gives the digest of the source, as `src/model/source.rs` defines it, and what the program was built by and for.
//! It reads nothing outside the package and writes nothing.

#[path = "../../src/model/source.rs"]
mod source;

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

fn main() -> io::Result<()> {
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let root = PathBuf::from(variable("CARGO_MANIFEST_DIR"));
    let mut lines = Vec::new();
    for top in ["Cargo.lock", "Cargo.toml", "schema", "src", "tools/means/build.rs"] {
        println!("cargo::rerun-if-changed={top}");
        walk(&root, top, &mut lines)?;
    }
    println!("cargo::rustc-env=MURAGAT_SOURCE={}", source::digest(lines));
    for name in ["TARGET", "PROFILE"] {
        println!("cargo::rustc-env=MURAGAT_{name}={}", variable(name));
    }
    let features = ["sled", "testing", "tools"];
    let on = |name: &&str| std::env::var_os(format!("CARGO_FEATURE_{}", name.to_uppercase())).is_some();
    let features: Vec<&str> = features.into_iter().filter(on).collect();
    println!("cargo::rustc-env=MURAGAT_FEATURES={}", features.join(" "));
    let rustc = Command::new(variable("RUSTC")).arg("--version").output()?.stdout;
    println!("cargo::rustc-env=MURAGAT_RUSTC={}", String::from_utf8_lossy(&rustc).trim());
    Ok(())
}

/// Adds the line of a file, or those of all files in a folder.
fn walk(root: &Path, path: &str, lines: &mut Vec<String>) -> io::Result<()> {
    let place = root.join(path);
    if place.is_dir() {
        for entry in std::fs::read_dir(&place)? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            walk(root, &format!("{path}/{name}"), lines)?;
        }
    } else if source::is_part(path) {
        lines.push(source::line(path, &std::fs::read(&place)?));
    }
    Ok(())
}
