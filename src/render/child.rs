//! Running a renderer: a program of others, on content of others.
//!
//! The child gets an empty environment, a private folder in memory and nothing else: no network where the system can
//! make a namespace without one, and limits of processor time, of memory, of the size of files and of real time, after
//! which it is killed with everything that it has started.
//!
//! What reaches the disk: nothing; the folder is on a file system in memory. A crash leaves the folder there until the
//! next rendering of the same machine, or until the machine is switched off.

use crate::error::{Error, ErrorCode};
use std::fs::{DirBuilder, read_dir, remove_dir_all};
use std::io::Read;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where folders are made when none is named: a file system in memory on every Linux.
pub const MEMORY: &str = "/dev/shm";
/// How a folder of a rendering is called, before the number of its process.
const PREFIX: &str = "muragat-render-";
/// Seconds of processor time of one run. Own bound: a large presentation takes some ten.
const CPU_S: u32 = 300;
/// Seconds of real time of one run.
const WALL_S: u32 = 300;
/// Address space of a run, in KiB. Own bound: LibreOffice reserves about 2 GiB before it reads anything.
const MEMORY_KIB: u64 = 6 * 1024 * 1024;
/// Largest file that a run may write, in KiB. Own bound.
const FILE_KIB: u64 = 512 * 1024;
/// Bytes that a run may print. Own bound: one page of 3508 × 3508 points in colour has 37 MB.
const PRINTED_MAX: u64 = 64 * 1024 * 1024;
/// Bytes of complaints that are kept.
const SAID_MAX: u64 = 64 * 1024;

/// A private folder in memory, removed with all that is in it.
#[derive(Debug)]
pub struct Scratch {
    folder: PathBuf,
}

impl Scratch {
    /// A new folder below `base`, which should be in memory. Removes what renderings left that were killed.
    pub fn below(base: &Path) -> Result<Self, Error> {
        sweep(base);
        let name: String = hex::encode(crate::random::bytes::<8>());
        let folder = base.join(format!("{PREFIX}{}-{name}", std::process::id()));
        let made = DirBuilder::new().mode(0o700).create(&folder);
        made.map_err(|e| Error::caused(ErrorCode::CpyScratch, base.display().to_string(), e))?;
        Ok(Self { folder })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// Writes a file into it.
    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> Result<PathBuf, Error> {
        let path = self.folder.join(name);
        std::fs::write(&path, bytes).map_err(|e| Error::caused(ErrorCode::CpyScratch, name, e))?;
        Ok(path)
    }

    /// A new folder in it.
    pub(crate) fn folder(&self, name: &str) -> Result<PathBuf, Error> {
        let path = self.folder.join(name);
        let made = DirBuilder::new().mode(0o700).recursive(true).create(&path);
        made.map_err(|e| Error::caused(ErrorCode::CpyScratch, name, e))?;
        Ok(path)
    }

    /// Reads a file that a child has written; none when there is none.
    pub(crate) fn read(&self, name: &str) -> Result<Option<Vec<u8>>, Error> {
        match std::fs::read(self.folder.join(name)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(Error::caused(ErrorCode::CpyScratch, name, e)),
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // A folder that cannot be removed now is removed by the next rendering.
        let _ = remove_dir_all(&self.folder);
    }
}

/// Removes folders whose process is not there any more.
fn sweep(base: &Path) {
    for entry in read_dir(base).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let rest = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
        let process = rest.and_then(|rest| rest.split('-').next()).and_then(|id| id.parse::<u32>().ok());
        if process.is_some_and(|id| !Path::new("/proc").join(id.to_string()).exists()) {
            let _ = remove_dir_all(entry.path());
        }
    }
}

/// What a run came to.
#[derive(Debug)]
pub struct Ran {
    /// What it printed.
    pub out: Vec<u8>,
    /// What it complained of.
    pub said: String,
    /// Whether it ended by itself and without a fault.
    pub is_ok: bool,
}

impl Ran {
    /// The first line of its complaints, for a message.
    pub(crate) fn complaint(&self) -> &str {
        self.said.lines().find(|line| !line.trim().is_empty()).unwrap_or("it ended with a fault and said nothing")
    }
}

/// Runs a program with its arguments in the folder, within the limits.
///
/// # Errors
///
/// The program is not installed: `package` is what brings it.
pub fn run(program: &str, arguments: &[&str], scratch: &Scratch, package: &str) -> Result<Ran, Error> {
    let failed = |e: std::io::Error| Error::caused(ErrorCode::CpyScratch, program, e);
    let home = scratch.path();
    // The limits are set by the shell, because they must hold before the program begins. `timeout` kills the whole
    // group. Exit code 127: there is no such program.
    let script = format!(
        "command -v \"$1\" >/dev/null 2>&1 || exit 127\n\
         ulimit -c 0; ulimit -t {CPU_S}; ulimit -v {MEMORY_KIB}\n\
         ulimit -f {}\n\
         if unshare --user --map-current-user --net true 2>/dev/null; then\n\
         exec timeout -s KILL {WALL_S} unshare --user --map-current-user --net \"$@\"\n\
         fi\n\
         exec timeout -s KILL {WALL_S} \"$@\"\n",
        // In blocks of 512 bytes.
        FILE_KIB * 2,
    );
    let mut child = Command::new("/bin/sh")
        .args(["-c", &script, "sh", program])
        .args(arguments)
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("LC_ALL", "C.UTF-8")
        .env("HOME", home)
        .env("TMPDIR", home)
        .env("XDG_CONFIG_HOME", home)
        .env("XDG_CACHE_HOME", home)
        .env("XDG_RUNTIME_DIR", home)
        .current_dir(home)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let (out, said) = std::thread::scope(|scope| {
        let said = scope.spawn(move || drain(stderr, SAID_MAX));
        let out = drain(stdout, PRINTED_MAX);
        (out, said.join().unwrap_or_default())
    });
    let status = child.wait().map_err(failed)?;
    if status.code() == Some(127) {
        let what = format!("it is not installed; Debian and Ubuntu have it in {package}");
        return Err(Error::new(ErrorCode::CpyNoRenderer, program, what));
    }
    let is_whole = (out.len() as u64) < PRINTED_MAX;
    let said = String::from_utf8_lossy(&said).into_owned();
    Ok(Ran { out, said, is_ok: status.success() && is_whole })
}

/// Reads to the end and keeps at most this much: who prints more must not wait for a reader.
fn drain(from: Option<impl Read>, max: u64) -> Vec<u8> {
    let mut kept = Vec::new();
    if let Some(mut from) = from {
        // What cannot be read is missing, and what is missing is found by who reads it.
        let _ = (&mut from).take(max).read_to_end(&mut kept);
        let _ = std::io::copy(&mut from, &mut std::io::sink());
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch() -> (tempfile::TempDir, Scratch) {
        let base = tempfile::tempdir().unwrap();
        let scratch = Scratch::below(base.path()).unwrap();
        (base, scratch)
    }

    #[test]
    fn a_child_has_no_environment_no_network_and_limits() {
        let (_base, scratch) = scratch();
        let ran = run("sh", &["-c", "env; ulimit -t; ulimit -v; ulimit -f; ulimit -c; pwd"], &scratch, "dash").unwrap();
        let out = String::from_utf8(ran.out).unwrap();
        let limits: Vec<&str> = out.lines().filter(|line| line.bytes().all(|b| b.is_ascii_digit())).collect();
        let wanted = [CPU_S.to_string(), MEMORY_KIB.to_string(), (FILE_KIB * 2).to_string(), "0".to_owned()];
        assert_eq!(limits, wanted, "{out}");
        assert!(out.contains(&format!("HOME={}", scratch.path().display())), "{out}");
        assert!(!out.contains("CARGO"), "{out}");
        let (out, said) = (out.lines().next_back().unwrap(), scratch.path().display().to_string());
        assert_eq!(out, said);
        let absent = run("no-such-renderer", &[], &scratch, "no-such-package").unwrap_err();
        assert_eq!(absent.code, ErrorCode::CpyNoRenderer);
        assert!(absent.to_string().contains("no-such-package"), "{absent}");
        let failed = run("sh", &["-c", "echo why >&2; exit 3"], &scratch, "dash").unwrap();
        assert!(!failed.is_ok && failed.complaint() == "why");
    }

    #[test]
    fn a_folder_goes_with_its_rendering_and_one_of_the_dead_with_the_next() {
        let (base, scratch) = scratch();
        scratch.write("page", b"plain").unwrap();
        let dead = base.path().join(format!("{PREFIX}4194999-00"));
        std::fs::create_dir(&dead).unwrap();
        let other = Scratch::below(base.path()).unwrap();
        assert!(!dead.exists() && scratch.path().exists());
        let folders = [scratch.path().to_owned(), other.path().to_owned()];
        drop((scratch, other));
        assert!(folders.iter().all(|folder| !folder.exists()));
    }
}
