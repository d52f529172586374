//! A drop folder: submissions that another system puts there are taken in, and the answers put beside them.
//!
//! What is being written is left alone: names that begin with a dot or end in `.part` or `.tmp`, and everything that
//! changed within the last seconds. A writer who renames when all is there is safe; one who writes slowly in place is
//! waited for. A submission that has an answer which is not older than it is left alone too, so nothing is asked twice
//! and a restart repeats nothing; one that failed is tried again.
//!
//! Names that end in `.answer` or `.answer-N` are answers, whoever made them. One whose name is not UTF-8, or too long
//! for an answer beside it, is left alone; the log says so once, by its inode.
//!
//! Nothing is moved, changed or removed but what is added: `<submission>.answer`, with `outcome.json` and what the
//! sender gets. Whoever put the submission there takes both away.
//!
//! What a crash leaves: a decision that is durable without its answer beside it; the next run takes the submission
//! again, is told that it is held, and writes the answer.

use super::service::Service;
use super::submissions::{outcome, reason};
use crate::error::{Error, ErrorCode};
use crate::ingest::handed::write_beside;
use crate::ingest::{Answered, Intake, Status, is_answer_of, submissions};
use crate::text::Lang;
use rustix::fs::Access;
use serde_json::json;
use std::collections::HashMap;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

/// How often the folder is looked at.
const STEP: Duration = Duration::from_secs(1);
/// How long nothing of a submission may have changed. Own bound: writers who pause longer rename when they are done.
const SETTLE: Duration = Duration::from_secs(5);
/// How long after a failure it is tried again; after each further one twice as long, up to the second.
const AGAIN: Duration = Duration::from_secs(60);
const AGAIN_MAX: Duration = Duration::from_secs(60 * 60);
/// Bytes of the name of a submission. Own bound: 255 are the most of a file system, and answers have longer names.
const NAME_BYTES_MAX: usize = 200;
/// Files of a submission that are looked at; what has more is settled by its first ones, and refused.
const FILES_MAX: usize = 1_000;
/// The account under which submissions of the folder come in.
const ACCOUNT: &str = "inbox";

/// What was seen of a submission.
struct Seen {
    print: Print,
    since: Instant,
    /// It was taken in this state.
    is_done: bool,
    /// After a failure: not before, and how long it waited.
    not_before: Option<(Instant, Duration)>,
}

/// Names, lengths and times of the files of a submission: when they change, it is still being written.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Print {
    files: Vec<(PathBuf, u64, SystemTime)>,
}

impl Print {
    fn of(path: &Path) -> io::Result<Self> {
        let mut files = Vec::new();
        let mut rest = vec![path.to_owned()];
        while let Some(path) = rest.pop().filter(|_| files.len() < FILES_MAX) {
            let metadata = fs::symlink_metadata(&path)?;
            if metadata.is_dir() {
                for entry in fs::read_dir(&path)? {
                    rest.push(entry?.path());
                }
            }
            // When it came here, too: a file that is moved or copied can keep an old time of change.
            let came = u64::try_from(metadata.ctime()).unwrap_or(0);
            let time = metadata.modified()?.max(SystemTime::UNIX_EPOCH + Duration::from_secs(came));
            files.push((path, metadata.len(), time));
        }
        files.sort();
        Ok(Self { files })
    }

    fn newest(&self) -> Option<SystemTime> {
        self.files.iter().map(|(_, _, time)| *time).max()
    }
}

/// Whether the folder is there and can be used, before anybody is told that it is looked after.
pub(super) fn check(folder: &Path) -> Result<(), Error> {
    let failed = |e: io::Error| Error::caused(ErrorCode::SrvInbox, folder.display().to_string(), e);
    fs::read_dir(folder).map_err(failed)?;
    let access = Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK;
    rustix::fs::access(folder, access).map_err(|e| failed(e.into()))
}

/// Looks after the folder until the service ends.
pub(super) fn watch(service: &Arc<Service>, folder: &Path, lang: Lang) {
    let mut seen: HashMap<PathBuf, Seen> = HashMap::new();
    while !service.is_ending() {
        let looked = look(service, folder, lang, &mut seen);
        if let Err(e) = &looked {
            service.log(json!({"inbox": "failed", "what": e.to_string()}));
        }
        let until = Instant::now() + if looked.is_ok() { STEP } else { AGAIN };
        while Instant::now() < until && !service.is_ending() {
            std::thread::sleep(STEP / 10);
        }
    }
}

fn look(service: &Arc<Service>, folder: &Path, lang: Lang, seen: &mut HashMap<PathBuf, Seen>) -> io::Result<()> {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)?.map(|e| e.map(|e| e.path())).collect::<Result<_, _>>()?;
    entries.sort();
    seen.retain(|path, _| entries.binary_search(path).is_ok());
    for path in &entries {
        if service.is_ending() {
            break;
        }
        if is_unfinished(path) || is_answer_of(path, &entries) || is_answer(path) {
            continue;
        }
        let what = unusable(path);
        // One that vanishes while it is looked at is its owner's business.
        let Ok(print) = Print::of(path) else { continue };
        let now = Instant::now();
        match seen.get(path) {
            Some(known) if known.print == print => {}
            _ => {
                seen.insert(path.clone(), Seen { print, since: now, is_done: false, not_before: None });
                continue;
            }
        }
        let Some(known) = seen.get_mut(path) else { continue };
        let is_settled = now.duration_since(known.since) >= SETTLE && known.not_before.is_none_or(|(at, _)| at <= now);
        if let Some(what) = what.filter(|_| !known.is_done) {
            known.is_done = true;
            let inode = fs::symlink_metadata(path).map(|metadata| metadata.ino()).unwrap_or_default();
            service.log(json!({"inbox": "left alone", "inode": inode, "what": what}));
        }
        if known.is_done || !is_settled || is_answered(path, &known.print) {
            continue;
        }
        match take(service, path, lang) {
            Ok(()) => known.is_done = true,
            Err(e) => {
                let wait = known.not_before.map_or(AGAIN, |(_, before)| (before * 2).min(AGAIN_MAX));
                known.not_before = Some((now + wait, wait));
                service.log(json!({"inbox": "failed", "code": e.code.as_str(), "what": e.what}));
            }
        }
    }
    Ok(())
}

/// A name that says that it is still written, or that it is none of ours.
fn is_unfinished(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    name.starts_with('.') || name.ends_with(".part") || name.ends_with(".tmp")
}

/// A name that only answers have.
fn is_answer(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().as_encoded_bytes();
    let Some(at) = name.windows(ANSWER.len()).rposition(|part| part == ANSWER.as_bytes()) else { return false };
    match &name[at + ANSWER.len()..] {
        [] => true,
        [b'-', number @ ..] => !number.is_empty() && number.iter().all(u8::is_ascii_digit),
        _ => false,
    }
}

/// Why nothing can be answered beside it.
fn unusable(path: &Path) -> Option<&'static str> {
    match path.file_name()?.to_str() {
        None => Some("the name is not UTF-8"),
        Some(name) if name.len() > NAME_BYTES_MAX => Some("the name has more than 200 bytes"),
        Some(_) => None,
    }
}

/// Whether an answer lies beside it that is not older than it is.
fn is_answered(path: &Path, print: &Print) -> bool {
    // What was sent anew under its old name has an answer with a number.
    let answers = (1..).map(|number| {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(if number == 1 { ANSWER.to_owned() } else { format!("{ANSWER}-{number}") });
        path.with_file_name(name)
    });
    let times = answers
        .take_while(|folder| folder.is_dir())
        .filter_map(|folder| fs::metadata(folder.join(OUTCOME)).and_then(|metadata| metadata.modified()).ok());
    times.max().is_some_and(|answered| print.newest().is_none_or(|newest| newest <= answered))
}

/// What the name of an answer ends in.
const ANSWER: &str = ".answer";
/// The file of an answer for programs.
const OUTCOME: &str = "outcome.json";

fn take(service: &Arc<Service>, path: &Path, lang: Lang) -> Result<(), Error> {
    let archive = service.slot.get()?;
    let actor = archive.actor(ACCOUNT)?;
    let begun = Instant::now();
    // A folder of submissions is taken as one thing that is refused: a drop folder has them side by side.
    let found = submissions(path).unwrap_or_default();
    let submission = if found.len() == 1 { found.into_iter().next().unwrap_or_default() } else { path.to_owned() };
    let mut answered: Answered = Intake::new(&archive, actor).take(&submission);
    service.metrics.submission(outcome(&answered.status), reason(&answered.status), begun.elapsed());
    if let Status::Failed(e) = answered.status {
        return Err(e);
    }
    // Where the folder lies on this machine is not for who puts something there.
    let folder = path.parent().unwrap_or(path);
    answered.path = answered.path.strip_prefix(folder).map(Path::to_owned).unwrap_or_default();
    if let Status::Refused { reasons, .. } | Status::Waiting { reasons, .. } = &mut answered.status {
        let place = format!("{}/", folder.display());
        for reason in reasons {
            (reason.subject, reason.detail) = (reason.subject.replace(&place, ""), reason.detail.replace(&place, ""));
        }
    }
    let document = crate::view::answer(&answered, lang).to_string();
    answered.answers.push((OUTCOME.to_owned(), format!("{document}\n").into_bytes()));
    let failed = |e: io::Error| Error::caused(ErrorCode::ArcOutput, path.display().to_string(), e);
    write_beside(path, &answered.answers).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_being_written_is_left_alone() {
        for name in [".x", "a.zip.part", "a.tmp", ".a.zip.part"] {
            assert!(is_unfinished(Path::new(name)), "{name}");
        }
        assert!(!is_unfinished(Path::new("inbox/a.zip")));
    }

    #[test]
    fn answers_are_not_answered_and_names_without_room_for_one_are_left_alone() {
        use std::os::unix::ffi::OsStrExt;
        let odd = Path::new(std::ffi::OsStr::from_bytes(b"b\xff.zip"));
        assert_eq!(unusable(odd), Some("the name is not UTF-8"));
        assert!(unusable(Path::new(&"a".repeat(201))).is_some() && unusable(Path::new(&"a".repeat(200))).is_none());
        for name in ["a.zip.answer", "a.zip.answer-2", "b\u{fffd}.zip.answer", "a.answer.answer"] {
            assert!(is_answer(Path::new(name)), "{name}");
        }
        for name in ["a.zip", "a.answers", "a.answer.zip", "a.answer-", "a.answer-x"] {
            assert!(!is_answer(Path::new(name)), "{name}");
        }
    }

    #[test]
    fn a_submission_that_changes_has_another_print() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s");
        fs::create_dir(&path).unwrap();
        fs::write(path.join("a"), b"1").unwrap();
        let first = Print::of(&path).unwrap();
        assert_eq!(first, Print::of(&path).unwrap());
        fs::write(path.join("a"), b"12").unwrap();
        let second = Print::of(&path).unwrap();
        assert_ne!(first, second);
        fs::write(path.join("b"), b"").unwrap();
        assert_ne!(second, Print::of(&path).unwrap());
    }

    #[test]
    fn an_answer_stands_until_the_submission_is_newer() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.zip");
        fs::write(&path, b"1").unwrap();
        let print = Print::of(&path).unwrap();
        assert!(!is_answered(&path, &print));
        fs::create_dir(folder.path().join("s.zip.answer")).unwrap();
        fs::write(folder.path().join("s.zip.answer").join(OUTCOME), b"{}").unwrap();
        assert!(is_answered(&path, &print));
        let later = SystemTime::UNIX_EPOCH + Duration::from_secs(4_000_000_000);
        fs::File::options().write(true).open(&path).unwrap().set_modified(later).unwrap();
        assert!(!is_answered(&path, &Print::of(&path).unwrap()));
    }
}
