//! Other programs on the same bytes: restic and b3sum, where they are installed.

use crate::Fallible;
use crate::measure::{cpu_seconds, peak_memory_mb};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// First line of what a program says of its version; `None` when it is not installed.
pub(crate) fn version(program: &str) -> Option<String> {
    let argument = if program == "restic" { "version" } else { "--version" };
    let output = Command::new(program).arg(argument).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let words: Vec<&str> = text.lines().next()?.split_whitespace().take(2).collect();
    Some(words.join(" "))
}

/// Runs a program to its end: seconds, CPU seconds and peak memory.
fn run(command: &mut Command) -> Fallible<Value> {
    let (_, cpu_before) = cpu_seconds()?;
    let begun = Instant::now();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn()?;
    let id = child.id().to_string();
    let ended = AtomicBool::new(false);
    let (status, seconds, peak) = std::thread::scope(|scope| {
        // The kernel forgets a process's peak when it ends, so it is asked while it runs.
        let watching = scope.spawn(|| {
            let mut peak: f64 = 0.0;
            while !ended.load(Ordering::Relaxed) {
                peak = peak.max(peak_memory_mb(&id).unwrap_or(0.0));
                std::thread::sleep(Duration::from_millis(10));
            }
            peak
        });
        let status = child.wait();
        let seconds = begun.elapsed().as_secs_f64();
        ended.store(true, Ordering::Relaxed);
        (status, seconds, watching.join().expect("watching does not panic"))
    });
    let status = status?;
    if !status.success() {
        return Err(format!("{} ended with {status}", command.get_program().display()).into());
    }
    let (_, cpu_after) = cpu_seconds()?;
    Ok(json!({"s": seconds, "cpu_s": cpu_after - cpu_before, "memory_mb": peak}))
}

/// restic with a repository and a cache of its own.
pub(crate) struct Restic {
    repository: PathBuf,
    cache: PathBuf,
}

impl Restic {
    /// In `folder`.
    pub(crate) fn new(folder: &Path) -> Self {
        Self { repository: folder.join("restic"), cache: folder.join("restic-cache") }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("restic");
        command.env("RESTIC_PASSWORD", "bench").env("RESTIC_REPOSITORY", &self.repository);
        command.env("RESTIC_CACHE_DIR", &self.cache).arg("--quiet").args(arguments);
        command
    }

    /// Backs `folder` up into a new repository. Its time is that of the whole program.
    pub(crate) fn backup(&self, folder: &Path) -> Fallible<Value> {
        run(&mut self.command(&["init"]))?;
        let mut measured = run(self.command(&["backup", "."]).current_dir(folder))?;
        measured["stored_bytes"] = json!(crate::measure::folder_bytes(&self.repository)?);
        Ok(measured)
    }

    /// Whether a backup was made and not removed.
    pub(crate) fn has_repository(&self) -> bool {
        self.repository.exists()
    }

    /// Removes repository and cache.
    pub(crate) fn remove(&self) -> Fallible<()> {
        crate::steps::remove(&self.repository)?;
        crate::steps::remove(&self.cache)
    }

    /// Reads and checks everything in the repository.
    pub(crate) fn check(&self) -> Fallible<Value> {
        run(&mut self.command(&["check", "--read-data"]))
    }
}

/// Hashes `files` with b3sum.
pub(crate) fn b3sum(files: &[PathBuf], threads: usize) -> Fallible<Value> {
    run(Command::new("b3sum").arg("--num-threads").arg(threads.to_string()).args(files))
}
