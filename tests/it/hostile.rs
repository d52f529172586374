//! Hostile input ends: in bounded time and memory, with its code, and nothing of it remains.
//!
//! Goal: whatever is sent, as document, as attachment or as container of a submission, is answered with the code that
//! docs/errors.md gives it; the archive afterwards is what it was before, with one act more. Method: every input is
//! made here, small and harmless, around one mark that occurs nowhere else. The real program takes it in as a child
//! with a limit on its address space and a watch that kills it when it hangs (a guard, not a measurement). After each
//! run the store has grown by no more than an act document, the spool is empty, and the mark is nowhere under the
//! archive and its keys; after each group an audit of every byte is clean and a search finds what was accepted and
//! nothing else.
//!
//! Every test tells all its differences at once: with `--nocapture` it prints the table of inputs and answers.

#![expect(clippy::print_stdout, reason = "the table of inputs and answers is for who asks for it")]

use super::bed::content_of;
use Wanted::{Accepted, Failed, Flagged, Refused, RefusedAmong};
use muragat::access;
use muragat::archive::Archive;
use muragat::clock::SystemClock;
use muragat::model::record::CardField;
use muragat::testing::hostile::{
    RarEntry, ZipEntry, compound, doc, docx, jpeg, nested_zip, one_page, pdf, rar, stream, tiff, zip, zlib_zeros,
};
use muragat::testing::{Sequence, card};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{FileExt, PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Stands in every input, and nowhere else: found in the archive, it is a leak.
const MARK: &str = "zhasandy-shabuyl-5d1c7e";
/// Address space of the program.
const ADDRESS_SPACE_KIB: u32 = 1_500_000;
/// A program that runs longer hangs.
const PATIENCE: Duration = Duration::from_secs(60);
/// Growth of the store that one refusal may cause: an act document and its frame.
const ACT_BYTES_MAX: u64 = 16 * 1024;
/// Contents of a bomb.
const BOMB_BYTES: u64 = 512 * 1024 * 1024;

/// What must become of a submission; codes are separated by spaces.
#[derive(Debug, Clone, Copy)]
enum Wanted {
    Accepted,
    /// Accepted with just these flags.
    Flagged(&'static str),
    /// Refused with just these codes.
    Refused(&'static str),
    /// Refused with at least one of the first, and none beside both: where a file is cut decides what is left of it.
    RefusedAmong(&'static str, &'static str),
    /// It could not be read, for which nobody is refused.
    Failed(&'static str),
}

impl Wanted {
    fn agrees(&self, got: &Got) -> bool {
        let set = |codes: &'static str| codes.split_whitespace().collect::<BTreeSet<&str>>();
        let codes: BTreeSet<&str> = got.codes.iter().map(String::as_str).collect();
        let (status, agree) = match self {
            Accepted => ("accepted", codes.is_empty()),
            Flagged(wanted) => ("accepted", codes == set(wanted)),
            Refused(wanted) => ("refused", codes == set(wanted)),
            RefusedAmong(some, others) => {
                let admitted = &set(some) | &set(others);
                ("refused", !codes.is_disjoint(&set(some)) && codes.is_subset(&admitted))
            }
            Failed(wanted) => ("failed", codes == set(wanted)),
        };
        got.status == status && agree
    }

    /// docs/errors.md §2: a failure weighs more than a refusal.
    fn exit(&self) -> u8 {
        match self {
            Accepted | Flagged(_) => 0,
            Refused(_) | RefusedAmong(..) => 1,
            Failed(_) => 7,
        }
    }
}

/// What became of it.
#[derive(Debug, Default)]
struct Got {
    status: String,
    codes: BTreeSet<String>,
    record: Option<String>,
    /// Why it was refused, in words.
    details: Vec<String>,
}

impl Got {
    fn of(answer: &Value) -> Self {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let items = |key: &str| answer[key].as_array().cloned().unwrap_or_default();
        let status = text(&answer["status"]).unwrap_or_else(|| "no status".to_owned());
        let codes = match status.as_str() {
            // That nothing is signed is not what these cases are about.
            "accepted" => items("flags").iter().filter_map(text).filter(|code| code != "SIG-012").collect(),
            "refused" => items("reasons").iter().filter_map(|reason| text(&reason["code"])).collect(),
            _ => text(&answer["code"]).into_iter().collect(),
        };
        let details = items("reasons").iter().filter_map(|reason| text(&reason["detail"])).collect();
        Self { status, codes, record: text(&answer["record_id"]), details }
    }
}

/// A submission on its way, and what must become of it.
struct Case {
    name: String,
    path: PathBuf,
    wanted: Wanted,
}

/// How the program ended, and what it printed.
struct Output {
    exit: String,
    stdout: String,
}

/// A process that does not outlive its test.
struct Guarded(Child);

impl Drop for Guarded {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// An archive under the default policy, and what was wrong up to now.
struct Bench {
    folder: TempDir,
    submissions: u32,
    accepted: BTreeSet<String>,
    wrong: Vec<String>,
    /// The store may hold frames of acts that were never finished; their key was never kept.
    may_have_orphans: bool,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let bench =
            Self { folder, submissions: 0, accepted: BTreeSet::new(), wrong: Vec::new(), may_have_orphans: false };
        bench.ok(&["init", "--signatures", "flag", "--means", "none"]);
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn archive(&self) -> PathBuf {
        self.path("archive")
    }

    /// The program under its limits, not started yet.
    fn command(&self, arguments: &[OsString]) -> Command {
        let mut command = Command::new("sh");
        let limited = format!("ulimit -v {ADDRESS_SPACE_KIB} && exec \"$0\" \"$@\"");
        command.args(["-c", &limited, env!("CARGO_BIN_EXE_muragat")]).args(arguments).stdin(Stdio::null());
        command.env_remove("MURAGAT_LANG").env("MURAGAT_ARCHIVE", self.archive()).current_dir(self.folder.path());
        command
    }

    fn run(&self, arguments: &[OsString]) -> Output {
        // A file takes any amount, so that nobody waits for a reader.
        let mut out = tempfile::tempfile().unwrap();
        let mut command = self.command(arguments);
        command.stdout(out.try_clone().unwrap()).stderr(Stdio::null());
        let mut process = Guarded(command.spawn().unwrap());
        let started = Instant::now();
        let exit = loop {
            match process.0.try_wait().unwrap() {
                Some(status) => break status.code().map_or_else(|| status.to_string(), |code| code.to_string()),
                None if started.elapsed() > PATIENCE => break "hangs".to_owned(),
                None => std::thread::sleep(Duration::from_millis(2)),
            }
        };
        let mut stdout = String::new();
        out.seek(SeekFrom::Start(0)).unwrap();
        out.read_to_string(&mut stdout).unwrap();
        Output { exit, stdout }
    }

    /// Runs a command that must succeed, and gives what it printed.
    fn ok(&self, arguments: &[&str]) -> String {
        let output = self.run(&arguments.iter().map(OsString::from).collect::<Vec<_>>());
        assert_eq!(output.exit, "0", "{arguments:?}: {}", output.stdout);
        output.stdout
    }

    /// Runs `ingest` and gives its answers.
    fn ingest(&self, paths: &[PathBuf]) -> (Output, Vec<Value>) {
        let options = ["ingest".into(), "--json".into()];
        let output = self.run(&options.into_iter().chain(paths.iter().map(OsString::from)).collect::<Vec<_>>());
        let lines = output.stdout.lines().map(|line| serde_json::from_str(line).unwrap());
        let answers = lines.filter(|line: &Value| line.get("summary").is_none()).collect();
        (output, answers)
    }

    /// The folder and the number of the next submission.
    fn next(&mut self) -> (PathBuf, u32) {
        self.submissions += 1;
        (self.path("in").join(format!("s{:04}", self.submissions)), self.submissions)
    }

    /// A case whose submission is a folder.
    fn folder(&mut self, name: &str, change: impl FnOnce(&mut Draft), wanted: Wanted) -> Case {
        let (path, number) = self.next();
        let mut draft = Draft::new(number);
        change(&mut draft);
        draft.write(&path);
        Case { name: name.to_owned(), path, wanted }
    }

    /// A case with one attachment to a sound document.
    fn attachment(&mut self, name: &str, file: &str, contents: Vec<u8>, wanted: Wanted) -> Case {
        self.folder(&format!("{name}, attached"), |draft| draft.attach(file, contents), wanted)
    }

    /// A case with this main document.
    fn main(&mut self, name: &str, file: &str, contents: Vec<u8>, wanted: Wanted) -> Case {
        self.folder(&format!("{name}, main document"), |draft| draft.main(file, contents), wanted)
    }

    /// A case whose submission is this file.
    fn container(&mut self, name: &str, contents: &[u8], wanted: Wanted) -> Case {
        let number = self.next().1;
        fs::create_dir_all(self.path("in")).unwrap();
        let path = self.path("in").join(format!("s{number:04}-{MARK}.zip"));
        fs::write(&path, contents).unwrap();
        Case { name: format!("{name}, container"), path, wanted }
    }

    /// Takes in a case alone, and looks at the archive.
    fn check(&mut self, case: Case) {
        self.check_all(vec![case]);
    }

    /// Takes in cases, in one run, and looks at the archive.
    fn check_all(&mut self, cases: Vec<Case>) {
        let before = bytes_in(&self.archive().join("store"));
        let paths: Vec<PathBuf> = cases.iter().map(|case| case.path.clone()).collect();
        let (output, answers) = self.ingest(&paths);
        let exit = cases.iter().map(|case| case.wanted.exit()).max().unwrap().to_string();
        if output.exit != exit {
            self.note(format!("{}: exit code {} and not {exit}", cases[0].name, output.exit));
        }
        let mut is_kept = false;
        for case in &cases {
            let is_its = |answer: &&Value| answer["path"].as_str() == Some(&case.path.to_string_lossy());
            let got = answers.iter().find(is_its).map_or_else(Got::default, Got::of);
            let row = format!("{}\t{:?}\t{} {:?}", case.name, case.wanted, got.status, got.codes);
            if case.wanted.agrees(&got) {
                println!("{row}");
            } else {
                self.note(format!("{row}\t{:?}", got.details));
            }
            is_kept |= got.record.is_some();
            self.accepted.extend(got.record);
        }
        let grown = bytes_in(&self.archive().join("store")) - before;
        if !is_kept && grown > paths.len() as u64 * ACT_BYTES_MAX {
            self.note(format!("{}: the store has grown by {grown} bytes", cases[0].name));
        }
        self.look();
    }

    fn note(&mut self, what: String) {
        println!("DIFFERS {what}");
        self.wrong.push(what);
    }

    /// Nothing readable, and nothing in the spool.
    fn look(&mut self) {
        for path in self.leaks() {
            self.note(format!("the mark stands in {}", path.display()));
        }
        let spooled = files(&self.archive().join("spool")).len();
        if spooled > 0 {
            self.note(format!("the spool holds {spooled} files"));
        }
    }

    /// Files of the archive and of its keys in which the mark can be read.
    fn leaks(&self) -> Vec<PathBuf> {
        let all = [self.archive(), self.path("archive.keys")];
        all.iter().flat_map(|folder| files(folder)).filter(|path| is_marked(path)).collect()
    }

    /// Looks at everything for the last time, and tells what was wrong.
    fn finish(mut self) {
        let report: Value = serde_json::from_str(&self.ok(&["audit", "--full", "--json"])).unwrap();
        let is_clean = report["clean"] == true && report["records"] == self.accepted.len();
        if !is_clean || (report["unreferenced_objects"] != 0 && !self.may_have_orphans) {
            self.note(format!("{} accepted; the audit: {report}", self.accepted.len()));
        }
        let found = self.ok(&["search", "--json", "--limit", "100000", MARK]);
        let found = found.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let found: BTreeSet<String> = found.map(|row| row["record_id"].as_str().unwrap().to_owned()).collect();
        if found != self.accepted {
            self.note(format!("{:?} accepted; search finds {found:?}", self.accepted));
        }
        self.look();
        assert!(self.wrong.is_empty(), "{} differences:\n{}", self.wrong.len(), self.wrong.join("\n"));
    }
}

/// All files below a folder; none when it is not there.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

/// Bytes of all files below a folder, some of which may go meanwhile.
fn bytes_in(folder: &Path) -> u64 {
    files(folder).iter().filter_map(|path| fs::metadata(path).ok()).map(|metadata| metadata.len()).sum()
}

/// Whether the mark stands in a file, as bytes or as UTF-16.
fn is_marked(path: &Path) -> bool {
    let bytes = fs::read(path).unwrap();
    let wide: Vec<u8> = MARK.encode_utf16().flat_map(u16::to_le_bytes).collect();
    [MARK.as_bytes(), &wide].iter().any(|mark| memchr::memmem::find(&bytes, mark).is_some())
}

/// A submission that is sound until a test changes it.
struct Draft {
    submission: Value,
    /// The card as it is written.
    card: Vec<u8>,
    files: Vec<(String, Vec<u8>)>,
}

impl Draft {
    fn new(number: u32) -> Self {
        let submission = json!({
            "schema": "muragat/submission/1", "agency": "TEST-01", "direction": "internal",
            "nomenclature_index": "01-02", "access_category": "public",
            "components": [{"path": "card.json", "role": "card"}, {"path": "main.docx", "role": "main"}],
        });
        let card = card(number).to_string().into_bytes();
        let mut draft = Self { submission, card, files: vec![("main.docx".to_owned(), sound_docx())] };
        draft.card("title", format!("Ойдан шығарылған {MARK}"));
        draft
    }

    /// Changes a field of the card.
    fn card(&mut self, field: &str, value: impl Into<Value>) {
        let mut card: Value = serde_json::from_slice(&self.card).unwrap();
        card[field] = value.into();
        self.card = card.to_string().into_bytes();
    }

    /// Lists an attachment, whether it is there or not.
    fn list(&mut self, path: &str) {
        let entry = json!({"path": path, "role": "attachment"});
        self.submission["components"].as_array_mut().unwrap().push(entry);
    }

    fn attach(&mut self, path: &str, contents: Vec<u8>) {
        self.list(path);
        self.files.push((path.to_owned(), contents));
    }

    fn main(&mut self, path: &str, contents: Vec<u8>) {
        self.submission["components"][1]["path"] = path.into();
        self.files[0] = (path.to_owned(), contents);
    }

    fn all(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files.iter().map(|(name, contents)| (name.as_str(), contents.as_slice()))
    }

    fn description(&self) -> Vec<u8> {
        self.submission.to_string().into_bytes()
    }

    fn write(&self, folder: &Path) {
        let described = [("submission.json", self.description()), ("card.json", self.card.clone())];
        for (name, contents) in described.iter().map(|(name, bytes)| (*name, bytes.as_slice())).chain(self.all()) {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, contents).unwrap();
        }
    }

    /// Its files as entries of a ZIP file.
    fn entries(&self) -> Vec<ZipEntry> {
        let described =
            [ZipEntry::deflated("submission.json", &self.description()), ZipEntry::deflated("card.json", &self.card)];
        described.into_iter().chain(self.all().map(|(name, contents)| ZipEntry::stored(name, contents))).collect()
    }
}

/// The mark again and again, so that a cut or a window anywhere shows some of it.
fn marks(bytes: usize) -> Vec<u8> {
    MARK.bytes().chain(*b" ").cycle().take(bytes).collect()
}

fn marks_text(bytes: usize) -> String {
    String::from_utf8(marks(bytes)).unwrap()
}

/// An entry of a ZIP file in which the mark can be read.
fn marked(name: &str) -> ZipEntry {
    ZipEntry::stored(name, &marks(100))
}

/// 512 MiB of zeros, deflated once for all tests.
fn bomb(name: &str) -> ZipEntry {
    static ZEROS: OnceLock<ZipEntry> = OnceLock::new();
    let zeros = ZEROS.get_or_init(|| ZipEntry::zeros("", BOMB_BYTES));
    ZipEntry { name: name.into(), ..zeros.clone() }
}

fn sound_docx() -> Vec<u8> {
    docx("", "<w:p/>", &[marked("word/media/x.txt")])
}

/// A Word document whose last sector is full.
fn sound_doc() -> Vec<u8> {
    doc(&marks(40 * 512 - 0x400))
}

fn sound_pdf(more: &str) -> Vec<u8> {
    pdf(&one_page(more, stream("", &marks(2_000))))
}

fn sound_tiff() -> Vec<u8> {
    tiff(800, 20, &marks(2_000), 0)
}

fn sound_rtf(body: &str) -> Vec<u8> {
    [r"{\rtf1\ansi\ansicpg1251\deff0 ", MARK, " ", body, "}"].concat().into_bytes()
}

fn rar_entry(name: &str) -> RarEntry {
    RarEntry { name: name.to_owned(), data: marks(2_000), unpacked: 2_000, ..RarEntry::default() }
}

fn sound_rar() -> Vec<u8> {
    rar(&[rar_entry("a.txt")])
}

/// A Windows program, as far as its headers go.
fn program() -> Vec<u8> {
    let mut bytes = b"MZ".to_vec();
    bytes.resize(60, 0);
    bytes.extend(64u32.to_le_bytes());
    bytes.extend(b"PE\0\0\x64\x86\x01\0");
    bytes.resize(0x200, 0);
    bytes.extend(marks(4_000));
    bytes
}

/// Replaces the first `from` by `to`.
fn patched(mut bytes: Vec<u8>, from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = memchr::memmem::find(&bytes, from).expect("it is there");
    bytes.splice(at..at + from.len(), to.iter().copied());
    bytes
}

/// A ZIP file whose end record speaks of so many entries.
fn claiming(entries: u16, mut zip: Vec<u8>) -> Vec<u8> {
    let end = zip.len() - 22;
    [8, 10].iter().for_each(|at| zip[end + at..][..2].copy_from_slice(&entries.to_le_bytes()));
    zip
}

/// The Unicode path extra field (APPNOTE 4.6.9), for a name whose checksum is `crc`.
fn other_name(name: &str, crc: u32) -> Vec<u8> {
    let length = u16::try_from(5 + name.len()).unwrap();
    [&[0x75, 0x70][..], &length.to_le_bytes(), &[1], &crc.to_le_bytes(), name.as_bytes()].concat()
}

// Control: what the builders make without being told to lie is accepted, and the mark is found where it lies open.
#[test]
fn what_does_not_lie_is_accepted() {
    let mut bench = Bench::new();
    let mut cases = vec![
        bench.main("DOCX", "main.docx", sound_docx(), Accepted),
        bench.main("DOC", "main.doc", sound_doc(), Accepted),
        bench.attachment("ZIP", "a.zip", zip(&[marked("a/b.txt"), ZipEntry::deflated("c", &marks(900))]), Accepted),
        bench.attachment("ZIP in ZIP", "a.zip", nested_zip(2, 3, 10_000), Accepted),
        bench.attachment("PDF", "a.pdf", sound_pdf(""), Accepted),
        bench.attachment("TIFF", "a.tif", sound_tiff(), Accepted),
        bench.attachment("JPEG", "a.jpg", jpeg(100, 100, &marks(3_000)), Accepted),
        bench.attachment("RTF", "a.rtf", sound_rtf(""), Accepted),
        bench.attachment("RAR", "a.rar", sound_rar(), Accepted),
        bench.attachment("DOCX", "a.docx", sound_docx(), Accepted),
    ];
    cases.push(bench.container("ZIP", &zip(&Draft::new(900).entries()), Accepted));
    assert!(files(&bench.path("in")).iter().filter(|path| is_marked(path)).count() > cases.len(), "the hunt is blind");
    bench.check_all(cases);
    bench.finish();
}

#[test]
fn zip_files_that_lie() {
    let mut bench = Bench::new();
    let lying = |name: &str, size| ZipEntry { size, ..bomb(name) };
    let mut many: Vec<ZipEntry> = (0..20_000).map(|n| ZipEntry::stored(&format!("{n:05}"), b"")).collect();
    many.push(marked("x"));
    let many = zip(&many);
    // One deflated piece, named by a hundred entries: none is large, all together are.
    let one = ZipEntry::zeros("000", 16 * 1024 * 1024);
    let shared =
        (0..100).map(|n| ZipEntry { name: format!("{n:03}").into(), place: (n > 0).then_some(0), ..one.clone() });
    let bombs = [
        ("bomb", zip(&[marked("x"), bomb("a")]), "FMT-010"),
        ("bomb that says less", zip(&[marked("x"), lying("a", 10_000)]), "FMT-010"),
        ("bomb that says nothing", zip(&[marked("x"), lying("a", 0)]), "FMT-010"),
        ("one piece in a hundred entries", zip(&shared.collect::<Vec<_>>()), "FMT-010"),
        ("size of 2^63", zip(&[marked("x"), ZipEntry { size: 1 << 63, ..marked("a") }]), "FMT-010"),
        ("sizes that overflow", zip(&[lying("a", u64::MAX), lying("b", u64::MAX), marked("x")]), "FMT-010"),
        ("five levels of ten", nested_zip(5, 10, 8 * 1024 * 1024), "FMT-013"),
        ("five levels of one", nested_zip(5, 1, 10 * 1024 * 1024), "FMT-013"),
        ("20,000 entries", many.clone(), "FMT-011"),
        ("20,000 entries that say 3", claiming(3, many.clone()), "FMT-011"),
    ];
    for (name, contents, code) in bombs {
        let case = bench.attachment(name, "a.zip", contents, Refused(code));
        bench.check(case);
    }
    // A ZIP file is no document, and is not called one.
    let flat = zip(&[marked("x"), bomb("a")]);
    let case = bench.main("bomb", "main.docx", flat, Refused("FMT-002 FMT-003 FMT-010"));
    bench.check(case);
    let case = bench.main("20,000 entries", "main.docx", many, Refused("FMT-002 FMT-003 FMT-011"));
    bench.check(case);

    let noise = Sequence::new(1).noise(500);
    let locked = |method| ZipEntry { method, flags: 1, ..ZipEntry::stored("a", &noise) };
    let behind = [marks(100), marked("b").local()].concat();
    let unlisted = ZipEntry { data: behind, claimed_data: Some(100), ..marked("a") };
    let inner = marked("inner");
    let within = ZipEntry { place: Some(35), ..inner.clone() };
    let mut shadow = zip(&[marked("a.txt"), marked("b.txt")]);
    shadow[30] = b'z';
    let device = ZipEntry { made_by: 3, attributes: 0o020_666 << 16, ..marked("a") };
    let junction = ZipEntry { made_by: 10, attributes: 0x400, ..marked("a") };
    let odd = [
        ("climbing name", zip(&[marked("../../etc/x")]), Refused("FMT-012")),
        ("climbing name in the middle", zip(&[marked("a/../../x")]), Refused("FMT-012")),
        ("absolute name", zip(&[marked("/etc/x")]), Refused("FMT-012")),
        ("climbing name of Windows", zip(&[marked("..\\..\\x")]), Refused("FMT-012")),
        ("backslash", zip(&[marked("a\\x")]), Refused("FMT-012")),
        ("drive", zip(&[marked("C:/x")]), Refused("FMT-012")),
        ("relative to a drive", zip(&[marked("c:x")]), Refused("FMT-012")),
        ("network name", zip(&[marked("\\\\server\\x")]), Refused("FMT-012")),
        ("NUL in the name", zip(&[marked("a.txt\0.exe")]), Refused("FMT-012")),
        ("no name", zip(&[marked("x"), marked("")]), Refused("FMT-012")),
        (
            "second, climbing name",
            zip(&[ZipEntry { extra: other_name("../x", 0), ..marked("plain") }]),
            Refused("FMT-012"),
        ),
        ("link", zip(&[marked("x"), ZipEntry::link("a", "/etc/passwd")]), Refused("FMT-012")),
        ("junction", zip(&[marked("x"), junction]), Refused("FMT-012")),
        ("device", zip(&[marked("x"), device]), Refused("FMT-012")),
        ("repeated name", zip(&[marked("a"), marked("a")]), Refused("FMT-012")),
        ("name repeated in other letters", zip(&[marked("Ы.txt"), marked("ы.TXT")]), Refused("FMT-012")),
        ("entries that overlap", zip(&[ZipEntry::stored("outer", &inner.local()), within]), Refused("FMT-009")),
        ("another name before the entry", shadow, Refused("FMT-009")),
        ("entry that is not listed", zip(&[unlisted]), Refused("FMT-009")),
        ("wrong checksum", zip(&[ZipEntry { crc: 1, ..marked("a") }]), Refused("FMT-009")),
        (
            "more data than the file has",
            zip(&[marked("x"), ZipEntry { claimed_data: Some(1 << 40), ..marked("a") }]),
            RefusedAmong("FMT-009", "FMT-015"),
        ),
        ("encrypted", zip(&[marked("x"), locked(0)]), Flagged("FMT-005")),
        ("encrypted with AES", zip(&[marked("x"), locked(99)]), Flagged("FMT-005")),
    ];
    let cases = odd.map(|(name, contents, wanted)| bench.attachment(name, "a.zip", contents, wanted));
    bench.check_all(cases.into());
    bench.finish();
}

#[test]
fn containers_that_lie() {
    let mut bench = Bench::new();
    let with = |number: u32, more: &[ZipEntry]| {
        let mut draft = Draft::new(number);
        draft.list("a.pdf");
        zip(&[&draft.entries()[..], more].concat())
    };
    let lying = |size| ZipEntry { size, ..bomb("a.pdf") };
    let many: Vec<ZipEntry> = (0..20_000).map(|n| ZipEntry::stored(&format!("{n:05}"), MARK.as_bytes())).collect();
    let beyond = |name| ZipEntry { size: u64::MAX, ..marked(name) };
    let bombs = [
        ("bomb", with(1, &[bomb("a.pdf")]), "ING-027"),
        ("bomb that says less", with(2, &[lying(10_000)]), "ING-017"),
        ("bomb that says 1", with(3, &[lying(1)]), "ING-017"),
        ("size of 2^63", with(4, &[ZipEntry { size: 1 << 63, ..marked("a.pdf") }]), "ING-027"),
        ("sizes that overflow", with(5, &[beyond("a.pdf"), beyond("b.pdf")]), "ING-027"),
        ("20,000 entries", with(6, &many), "ING-019"),
        ("300 entries", with(7, &many[..300]), "ING-019"),
        ("five levels", nested_zip(5, 10, 8 * 1024 * 1024), "ING-001"),
    ];
    for (name, contents, code) in bombs {
        let case = bench.container(name, &contents, Refused(code));
        bench.check(case);
    }

    let a = |name: &str| ZipEntry { name: name.into(), ..ZipEntry::stored("", &sound_pdf("")) };
    let sound = with(20, &[a("a.pdf")]);
    let mut overlapping = Draft::new(21);
    overlapping.list("a.pdf");
    overlapping.list("outer");
    let mut overlapping = overlapping.entries();
    let before: usize = overlapping.iter().map(|entry| entry.local().len()).sum();
    overlapping.push(ZipEntry::stored("outer", &a("a.pdf").local()));
    overlapping.push(ZipEntry { place: Some(u32::try_from(before + 35).unwrap()), ..a("a.pdf") });
    let mut name_crc = flate2::Crc::new();
    name_crc.update(b"a.pdf");
    let second_name = ZipEntry { extra: other_name("b.pdf", name_crc.sum()), ..a("a.pdf") };
    let attached_bomb = ZipEntry::stored("a.pdf", &zip(&[marked("x"), bomb("b")]));
    let odd = [
        ("sound", sound.clone(), Accepted),
        ("repeated name", with(22, &[a("a.pdf"), a("a.pdf")]), Refused("ING-012")),
        ("climbing name", with(23, &[a("../../a.pdf")]), Refused("ING-011")),
        ("absolute name", with(24, &[a("/a.pdf")]), Refused("ING-011")),
        ("backslash", with(25, &[a("..\\a.pdf")]), Refused("ING-011")),
        ("drive", with(26, &[a("C:/a.pdf")]), Refused("ING-011")),
        ("NUL in the name", with(27, &[a("a.pdf\0")]), Refused("ING-011")),
        ("name that turns the writing", with(28, &[a("a\u{202e}fdp.exe")]), Refused("ING-011")),
        ("name in no UTF-8", with(29, &[ZipEntry { name: b"\xff.pdf".to_vec(), ..a("") }]), Refused("ING-011")),
        ("device of Windows", with(30, &[a("nul.pdf")]), Refused("ING-011")),
        ("link", with(31, &[ZipEntry::link("a.pdf", "/etc/passwd")]), Refused("ING-018")),
        ("device", with(32, &[ZipEntry { made_by: 3, attributes: 0o020_666 << 16, ..a("a.pdf") }]), Refused("ING-018")),
        ("entries that overlap", zip(&overlapping), Refused("ING-017")),
        ("another name before the entry", patched(sound.clone(), b"card.json", b"kard.json"), Refused("ING-017")),
        ("a second name", with(33, &[second_name]), Refused("ING-017")),
        ("fewer entries than are there", claiming(3, sound.clone()), Refused("ING-017")),
        ("wrong checksum", with(34, &[ZipEntry { crc: 1, ..a("a.pdf") }]), Refused("ING-017")),
        ("encrypted", with(35, &[ZipEntry { flags: 1, ..a("a.pdf") }]), Refused("ING-020")),
        ("own method", with(36, &[ZipEntry { method: 93, ..a("a.pdf") }]), Refused("ING-021")),
        ("PDF before it", [sound_pdf(""), sound.clone()].concat(), Refused("ING-017")),
        ("program before it", [program(), sound.clone()].concat(), Refused("ING-017")),
        // Readers that look for the end show the second, others the first.
        ("another behind it", [with(37, &[a("a.pdf")]), with(38, &[a("a.pdf")])].concat(), Refused("ING-017")),
        ("RAR", sound_rar(), Refused("ING-017")),
        ("nothing", Vec::new(), Refused("ING-017")),
        ("an attached bomb", with(39, &[attached_bomb]), Refused("FMT-003 FMT-010")),
    ];
    let mut cases: Vec<Case> =
        odd.into_iter().map(|(name, contents, wanted)| bench.container(name, &contents, wanted)).collect();
    for cut in (1..16).map(|part| sound.len() * part / 16).chain([1, 4, 21, 22, sound.len() - 1]) {
        cases.push(bench.container(&format!("cut at {cut} of {}", sound.len()), &sound[..cut], Refused("ING-017")));
    }
    bench.check_all(cases);
    bench.finish();
}

#[test]
fn office_documents_that_lie() {
    let mut bench = Bench::new();
    const PART_BYTES: u64 = 400 * 1024 * 1024;
    let tenfold = |n: u32| format!(r#"<!ENTITY l{} "{}">"#, n + 1, format!("&l{n};").repeat(10));
    let laughs = format!(r#"<!DOCTYPE x [<!ENTITY l0 "{MARK}">{}]>"#, (0..9).map(tenfold).collect::<String>());
    let entity = |what: &str| format!(r#"<!DOCTYPE x [<!ENTITY x SYSTEM "{what}">]>"#);
    let wide = format!("\u{feff}{}<x>&x;</x>", entity("file:///etc/hostname"));
    let wide: Vec<u8> = wide.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let open = "<w:p>".repeat(200_000);
    let deep = format!("{open}{}", "</w:p>".repeat(200_000));
    let part = |size| ZipEntry { size, ..ZipEntry::zeros("word/media/image1.bmp", PART_BYTES) };
    let marked_docx = |before: &str, body: &str, more: Option<ZipEntry>| {
        docx(before, body, &[marked("word/media/x.txt")].into_iter().chain(more).collect::<Vec<_>>())
    };
    let from = |what| marked_docx(&entity(what), "&x;", None);
    let outside = marked_docx(r#"<!DOCTYPE x SYSTEM "file:///dev/zero">"#, "", None);
    let in_utf_16 = marked_docx("", "", Some(ZipEntry::deflated("word/comments.xml", &wide)));
    let protected = compound(&[("EncryptionInfo", marks(200)), ("EncryptedPackage", Sequence::new(1).noise(6_000))]);
    let documents = [
        ("400 MiB part", marked_docx("", "", Some(part(PART_BYTES))), Refused("FMT-010")),
        ("400 MiB part that says less", marked_docx("", "", Some(part(1_000))), Refused("FMT-010")),
        ("billion laughs", marked_docx(&laughs, "&l9;", None), Refused("FMT-014")),
        ("entity from a file", from("file:///etc/hostname"), Refused("FMT-014")),
        ("entity from a device", from("file:///dev/zero"), Refused("FMT-014")),
        ("entity from the network", from("http://127.0.0.1:9/x"), Refused("FMT-014")),
        ("document type from a device", outside, Refused("FMT-014")),
        ("entity in UTF-16", in_utf_16, Refused("FMT-014")),
        ("200,000 elements deep", marked_docx("", &deep, None), Refused("FMT-013")),
        ("200,000 open elements", marked_docx("", &open, None), RefusedAmong("FMT-013", "FMT-009")),
        ("climbing part", marked_docx("", "", Some(marked("../../x"))), Refused("FMT-012")),
        ("repeated part", marked_docx("", "", Some(marked("word/document.xml"))), Refused("FMT-012")),
        ("password", protected.clone(), Refused("FMT-005")),
        ("no bytes", Vec::new(), Refused("ING-024")),
    ];
    for (name, contents, wanted) in documents {
        let case = bench.main(&format!("DOCX: {name}"), "main.docx", contents, wanted);
        bench.check(case);
    }
    let case = bench.attachment("DOCX: password", "a.docx", protected, Flagged("FMT-005"));
    bench.check(case);

    // The FAT is the first sector, the directory the second, and "1Table" has the eight that follow.
    let mut sectors = sound_doc();
    sectors[512 + 4 * 9..][..4].copy_from_slice(&2u32.to_le_bytes());
    let mut neighbours = sound_doc();
    neighbours[1024 + 128 + 72..][..4].copy_from_slice(&1u32.to_le_bytes());
    let case = bench.main("DOC: sectors in a circle", "main.doc", sectors, Refused("FMT-017"));
    bench.check(case);
    let case = bench.main(
        "DOC: directory in a circle",
        "main.doc",
        neighbours,
        RefusedAmong("FMT-009 FMT-017", "FMT-002 FMT-003"),
    );
    bench.check(case);
    bench.finish();
}

#[test]
fn pdf_files_that_lie() {
    let mut bench = Bench::new();
    let pages = |kids: &str, more: &str| {
        let mut objects = one_page("", stream("", &marks(200)));
        objects[1] = format!("<< /Type /Pages /Kids [{kids}] /Count 1 {more} >>").into_bytes();
        pdf(&objects)
    };
    let zeros = zlib_zeros(300 * 1024 * 1024, 9);
    // A hundred times its size, which a white page may have, and more than a ZIP or RAR file may hold at any ratio.
    let slower = zlib_zeros(1200 * 1024 * 1024, 1);
    let marked_page = |contents| pdf(&one_page(&format!("/Mark ({MARK})"), contents));
    let objects = "/Type /ObjStm /N 9 /First 9 /Filter /FlateDecode";
    let fifty = format!("/Filter [{}]", "/FlateDecode ".repeat(50));
    let plain = sound_pdf("");
    let table = memchr::memmem::rfind(&plain, b"xref\n0").unwrap();
    let circle = patched(plain.clone(), b"/Root 1 0 R", format!("/Root 1 0 R /Prev {table}").as_bytes());
    let nested = |open: &str, close: &str| sound_pdf(&format!("/X {}{}", open.repeat(100_000), close.repeat(100_000)));
    let script = sound_pdf("/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>");
    let behind_zip = [zip(&[marked("x")]), plain.clone()].concat();
    let cases = [
        ("300 MiB in one stream", marked_page(stream("/Filter /FlateDecode", &zeros)), Refused("FMT-010")),
        (
            "1,200 MiB in one stream, a hundredfold",
            marked_page(stream("/Filter /FlateDecode", &slower)),
            Refused("FMT-010"),
        ),
        ("300 MiB of objects", marked_page(stream(objects, &zeros)), RefusedAmong("FMT-010 FMT-020", "FMT-009")),
        ("fifty filters", marked_page(stream(&fifty, &zlib_zeros(100_000, 9))), Refused("FMT-013")),
        ("page tree in a circle", pages("3 0 R 2 0 R", ""), Refused("FMT-017")),
        ("page tree in a circle of parents", pages("3 0 R", "/Parent 2 0 R"), Refused("FMT-017")),
        ("updates in a circle", circle, Refused("FMT-017")),
        ("100,000 arrays deep", nested("[", "]"), Refused("FMT-013")),
        ("100,000 dictionaries deep", nested("<</X ", ">>"), Refused("FMT-013")),
        ("script", script.clone(), Flagged("FMT-007")),
        ("program to start", sound_pdf("/OpenAction << /S /Launch /F (cmd.exe) >>"), Flagged("FMT-007")),
        ("password", patched(plain.clone(), b"/Root 1 0 R", b"/Encrypt 3 0 R /Root 1 0 R"), Flagged("FMT-005")),
        ("ZIP behind it", [plain.clone(), zip(&[marked("x")])].concat(), Refused("FMT-015")),
        ("ZIP before it", behind_zip.clone(), RefusedAmong("FMT-015", "FMT-003")),
        ("program before it", [&program()[..0x200], &plain].concat(), Refused("FMT-015")),
        ("program", program(), Refused("FMT-002 FMT-003")),
        ("nothing but zeros", vec![0; 100_000], Refused("FMT-001")),
        ("no bytes", Vec::new(), Refused("ING-024")),
    ];
    for (name, contents, wanted) in cases {
        let case = bench.attachment(&format!("PDF: {name}"), "a.pdf", contents, wanted);
        bench.check(case);
    }
    let case = bench.attachment("ZIP: PDF behind it", "a.zip", behind_zip, Refused("FMT-015"));
    bench.check(case);
    let case = bench.main("PDF: script", "main.pdf", script, Refused("FMT-002"));
    bench.check(case);
    bench.finish();
}

#[test]
fn other_files_that_lie() {
    let mut bench = Bench::new();
    let rar_with = |entry: RarEntry| rar(&[rar_entry("x"), entry]);
    let length = [b"Rar!\x1a\x07\x01\0\0\0\0\0\xff\xff\xff\x7f".to_vec(), marks(500)].concat();
    let entries: Vec<RarEntry> = (0..20_000).map(|n| RarEntry { name: n.to_string(), ..RarEntry::default() }).collect();
    let groups = "{".repeat(100_000);
    let closed = format!("{groups}{}", "}".repeat(100_000));
    let linked = RarEntry { link: Some("/etc/passwd".to_owned()), ..rar_entry("a") };
    let cases = [
        ("60,000 × 60,000 pixels", "a.tif", tiff(60_000, 60_000, &marks(900), 0), Refused("FMT-016")),
        ("all pixels there can be", "a.tif", tiff(u32::MAX, u32::MAX, &marks(900), 0), Refused("FMT-016")),
        ("directories in a circle", "a.tif", tiff(800, 8, &marks(900), 8), Refused("FMT-017")),
        ("directory nowhere", "a.tif", tiff(800, 8, &marks(900), u32::MAX), Refused("FMT-009")),
        ("directory of 65,535 entries", "a.tif", tiff(800, 8, &[0xff; 900], 200), Refused("FMT-009")),
        ("65,535 × 65,535 pixels", "a.jpg", jpeg(65_535, 65_535, &marks(900)), Refused("FMT-016")),
        ("no pixels", "a.jpg", jpeg(0, 9, &marks(900)), Refused("FMT-009")),
        ("noise", "a.jpg", Sequence::new(3).noise(100_000), Refused("FMT-001")),
        ("100,000 groups deep", "a.rtf", sound_rtf(&closed), Refused("FMT-013")),
        ("100,000 open groups", "a.rtf", sound_rtf(&groups), Refused("FMT-009 FMT-013")),
        ("2 GiB of binary data", "a.rtf", sound_rtf(r"{\pict\bin2147483647 x}"), Refused("FMT-009")),
        (
            "binary data beyond all numbers",
            "a.rtf",
            sound_rtf(r"{\pict\bin99999999999999999999 x}"),
            Refused("FMT-009"),
        ),
        ("size of 2^63", "a.rar", rar_with(RarEntry { unpacked: 1 << 63, ..rar_entry("a") }), Refused("FMT-010")),
        ("link", "a.rar", rar_with(linked), Refused("FMT-012")),
        ("climbing name", "a.rar", rar_with(rar_entry("../../a")), Refused("FMT-012")),
        ("repeated name", "a.rar", rar_with(rar_entry("x")), Refused("FMT-012")),
        ("20,000 entries", "a.rar", rar(&entries), Refused("FMT-011")),
        ("header of absurd length", "a.rar", length, Refused("FMT-009")),
        ("password", "a.rar", rar_with(RarEntry { is_encrypted: true, ..rar_entry("a") }), Flagged("FMT-005")),
    ];
    for (name, file, contents, wanted) in cases {
        let case = bench.attachment(&format!("{file}: {name}"), file, contents, wanted);
        bench.check(case);
    }
    bench.finish();
}

#[test]
fn names_that_lie() {
    let mut bench = Bench::new();
    let attached = [
        ("DOCX", "a.pdf", sound_docx(), Refused("FMT-003")),
        ("JPEG", "a.tif", jpeg(9, 9, &marks(900)), Refused("FMT-003")),
        ("TIFF", "a.jpg", sound_tiff(), Refused("FMT-003")),
        ("RAR", "a.zip", sound_rar(), Refused("FMT-003")),
        ("ZIP", "a.rar", zip(&[marked("x")]), Refused("FMT-003")),
        ("ZIP", "a.xlsx", zip(&[marked("x")]), Refused("FMT-003")),
        ("RTF", "a.pdf", sound_rtf(""), Refused("FMT-003")),
        ("PDF", "a.pdf.exe", sound_pdf(""), Refused("FMT-003")),
        ("DOC", "a.xls", sound_doc(), Refused("FMT-003")),
        ("RTF", "a.doc", sound_rtf(""), Flagged("FMT-004")),
        ("PDF", "a", sound_pdf(""), Flagged("FMT-004")),
        ("PDF", "a.2026", sound_pdf(""), Flagged("FMT-004")),
        ("program", "a.pdf", program(), Refused("FMT-002 FMT-003")),
        ("program", "a.exe", program(), Refused("FMT-002")),
        ("page of the web", "a.doc", format!("<html>{MARK}</html>").into_bytes(), Refused("FMT-002 FMT-003")),
        ("text", "a.txt", marks(900), Refused("FMT-002")),
    ];
    let main = [
        ("PDF", "main.docx", sound_pdf(""), Refused("FMT-002 FMT-003")),
        ("DOC", "main.docx", sound_doc(), Refused("FMT-003")),
        ("DOCX", "main.doc", sound_docx(), Refused("FMT-003")),
        ("program", "main.docx", program(), Refused("FMT-002 FMT-003")),
    ];
    let mut cases = Vec::new();
    for (name, file, contents, wanted) in attached {
        cases.push(bench.attachment(&format!("{name} as {file}"), file, contents, wanted));
    }
    for (name, file, contents, wanted) in main {
        cases.push(bench.main(&format!("{name} as {file}"), file, contents, wanted));
    }
    bench.check_all(cases);
    bench.finish();
}

// Cut anywhere, a file is refused: as damaged, as unknown, or as something else than its name says.
#[test]
fn files_that_are_cut_off() {
    let mut bench = Bench::new();
    // The name, the file, and how many bytes at its end are needed to notice: a PDF can lose its end mark.
    let whole = [
        ("main.docx", sound_docx(), 1),
        ("main.doc", sound_doc(), 1),
        ("a.zip", zip(&[marked("x"), ZipEntry::deflated("y", &Sequence::new(4).noise(900))]), 1),
        ("a.pdf", sound_pdf(""), 24),
        ("a.tif", sound_tiff(), 1),
        ("a.jpg", jpeg(100, 100, &marks(3_000)), 1),
        ("a.rtf", sound_rtf(&r"{\b x}".repeat(200)), 1),
        ("a.rar", sound_rar(), 1),
    ];
    let mut cases = Vec::new();
    for (file, whole, least) in whole {
        let cuts = (1..16).map(|part| whole.len() * part / 16).chain([1, 2, 4, 8, 64, whole.len() - least]);
        for cut in cuts.collect::<BTreeSet<usize>>() {
            let wanted = RefusedAmong("FMT-001 FMT-003 FMT-009", "FMT-002");
            let (name, part) = (format!("{file} cut at {cut} of {}", whole.len()), whole[..cut].to_vec());
            cases.push(match file.starts_with("main") {
                true => bench.main(&name, file, part, wanted),
                false => bench.attachment(&name, file, part, wanted),
            });
        }
    }
    bench.check_all(cases);
    bench.finish();
}

#[test]
fn cards_that_lie() {
    let mut bench = Bench::new();
    let sound = String::from_utf8(Draft::new(1).card).unwrap();
    let replaced = |from: &str, to: &str| {
        assert!(sound.contains(from), "{from}");
        sound.replacen(from, to, 1).into_bytes()
    };
    let title =
        |value: &str| replaced(&format!(r#""title":"Ойдан шығарылған {MARK}""#), &format!(r#""title":{value}"#));
    let arrays = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let keys: String = (0..30_000).map(|n| format!(r#""{MARK}{n}":1,"#)).collect();
    let wide: Vec<u8> = format!("\u{feff}{sound}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let cards = [
        ("100,000 arrays", arrays.clone().into_bytes(), "ING-005"),
        ("100,000 open arrays", "[".repeat(100_000).into_bytes(), "ING-005"),
        ("100,000 open objects", r#"{"title":"#.repeat(100_000).into_bytes(), "ING-005"),
        ("title of 100,000 arrays", title(&arrays), "ING-005"),
        ("title of 2 MiB", title(&format!("\"{}\"", marks_text(2 * 1024 * 1024))), "ING-006"),
        ("title of 1,000,000 characters", title(&format!("\"{}\"", marks_text(1_000_000))), "ING-004"),
        ("30,000 unknown keys", replaced("{", &format!("{{{keys}")), "ING-002"),
        ("repeated key", replaced("{", &format!(r#"{{"title":"{MARK}","#)), "ING-005"),
        ("repeated inner key", replaced(r#""document":1"#, r#""document":1,"document":2"#), "ING-005"),
        ("NaN", title("NaN"), "ING-005"),
        ("infinity", title("-Infinity"), "ING-005"),
        ("number of 100,000 digits", title(&"1".repeat(100_000)), "ING-005"),
        ("exponent beyond all numbers", title("1e999999999"), "ING-005"),
        ("lone surrogate", title(&format!(r#""{MARK}\ud800""#)), "ING-005"),
        ("surrogates the wrong way round", title(&format!(r#""{MARK}\udc00\ud800""#)), "ING-005"),
        ("no UTF-8", patched(sound.clone().into_bytes(), b"zhasandy", b"\xff\xfe\xed\xa0\x80"), "ING-005"),
        ("UTF-16", wide, "ING-005"),
        ("byte order mark", format!("\u{feff}{sound}").into_bytes(), "ING-005"),
        ("more behind it", format!("{sound}{sound}").into_bytes(), "ING-005"),
        ("null", b"null".to_vec(), "ING-004"),
        ("no bytes", Vec::new(), "ING-024"),
        ("NUL in a text", title(&format!(r#""{MARK}\u0000""#)), "ING-004"),
        ("NUL as it is", title(&format!("\"{MARK}\0\"")), "ING-005"),
        ("command to a terminal", title(&format!(r#""{MARK}\u001b[2J""#)), "ING-004"),
        ("command of one character", title(&format!(r#""{MARK}\u009b31m""#)), "ING-004"),
    ];
    let mut cases = Vec::new();
    for (name, card, code) in cards {
        cases.push(bench.folder(&format!("card: {name}"), |draft| draft.card = card, Refused(code)));
    }
    bench.check_all(cases);

    // A text may hold signs that turn the direction of writing, but never turns the writing on a screen.
    let turning = format!("{MARK} \u{202e}fdp.exe\u{202c} \u{2066}x\u{2069}");
    let case = bench.folder("card: title that turns the writing", |draft| draft.card("title", turning), Accepted);
    bench.check(case);
    if let Some(record) = bench.accepted.first().cloned() {
        for command in [&["search", MARK][..], &["show", &record]] {
            if bench.ok(command).contains(['\u{202e}', '\u{2066}']) {
                bench.note(format!("{} turns the writing of the terminal", command[0]));
            }
        }
    }
    bench.finish();
}

#[test]
fn descriptions_that_lie() {
    let mut bench = Bench::new();
    let sound = Draft::new(1).submission;
    let with = |key: &str, value: Value| {
        let mut submission = sound.clone();
        submission[key] = value;
        submission.to_string()
    };
    let replaced = |from: &str, to: &str| {
        let text = sound.to_string();
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1)
    };
    let many = (0..10_000).map(|n| json!({"path": format!("{MARK}/{n}"), "role": "signature"}));
    let card = r#"{"path":"main.docx","role":"card"},{"path":"main.docx","role":"main"}"#;
    let submissions = [
        ("10,000 components", with("components", many.collect()), "ING-010"),
        ("100,000 open arrays", "[".repeat(100_000), "ING-001"),
        ("components of 100,000 arrays", replaced("[{", &format!("{}{{", "[".repeat(100_000))), "ING-001"),
        ("text of 2 MiB", with("file", marks_text(2 * 1024 * 1024).into()), "ING-006"),
        ("text of 900,000 characters", with("file", marks_text(900_000).into()), "ING-004"),
        ("repeated key", replaced("{", r#"{"agency":"OTHER","#), "ING-001"),
        ("NaN", replaced(r#""internal""#, "NaN"), "ING-001"),
        ("lone surrogate", replaced("internal", r"\udfff"), "ING-001"),
        ("unknown key", with(MARK, 1.into()), "ING-002"),
        ("agency that climbs", with("agency", format!("../{MARK}").into()), "ING-004"),
        ("two cards of one path", replaced(r#"{"path":"main.docx","role":"main"}"#, card), "ING-007 ING-012"),
        ("state secret", with("access_category", "state_secret".into()), "ING-015"),
        ("no JSON", marks_text(500), "ING-001"),
    ];
    let mut cases = Vec::new();
    for (name, submission, codes) in submissions {
        let case = bench.folder(&format!("submission.json: {name}"), |_| {}, Refused(codes));
        fs::write(case.path.join("submission.json"), submission).unwrap();
        cases.push(case);
    }
    bench.check_all(cases);
    bench.finish();
}

#[test]
fn paths_that_lie() {
    let mut bench = Bench::new();
    let (long, deep) = ("x".repeat(256), format!("{}x", "d/".repeat(600)));
    let climbing = ["../a.pdf", "a/../../b.pdf", "..", ".", "./a.pdf", "a//b.pdf", "a/", "..\\a.pdf", ""];
    let absolute = ["/a.pdf", "/etc/passwd", "C:a.pdf", "C:/a.pdf", "z:\\a", "\\\\server\\a", "a\\b.pdf"];
    let unseen = ["a\0.pdf", "a\nb.pdf", "a\u{7f}.pdf", "\u{1b}[2Ja.pdf", "a\u{202e}fdp.exe", "a\u{2067}b.pdf"];
    let devices =
        ["con", "CON.pdf", "a/NUL", "aux.docx", "Com1.pdf", "lpt9", "com\u{b9}.rtf", "CONIN$", "prn .pdf", "nul:x"];
    let described = ["submission.json", "SUBMISSION.JSON", "a.", "a ", "a./b.pdf", "a /b.pdf", &long, &deep];
    // Windows keeps none of these in a name, and what follows a colon out of sight.
    let reserved = ["a.pdf:b", "a?.pdf", "a*.pdf", "a<b>.pdf", "a|b.pdf", "a\"b.pdf"];
    let mut cases = Vec::new();
    for path in [&climbing[..], &absolute, &unseen, &devices, &described, &reserved].concat() {
        let name = format!("path {:?}", path.chars().take(30).collect::<String>());
        cases.push(bench.folder(&name, |draft| draft.list(path), Refused("ING-011")));
    }
    // The same on the disk, as far as this system can keep them.
    let turning = "a\u{202e}fdp.exe".as_bytes();
    let on_disk: [&[u8]; 9] =
        [b"a\\b.pdf", b"C:a.pdf", b"a\nb.pdf", turning, b"con.pdf", b"a.", b"a ", b"\xff.pdf", b"a.pdf:b"];
    for name in on_disk {
        let shown = String::from_utf8_lossy(name).into_owned();
        let case = bench.folder(&format!("file {shown:?}"), |draft| draft.list(&shown), Refused("ING-011"));
        fs::write(case.path.join(OsString::from_vec(name.to_vec())), sound_pdf("")).unwrap();
        cases.push(case);
    }
    let same = [
        ("Scan.pdf", "scan.PDF"),
        ("й.pdf", "и\u{306}.pdf"),
        ("ﬁ.pdf", "FI.pdf"),
        ("Σ.pdf", "ς.pdf"),
        ("a", "a/b.pdf"),
    ];
    for (one, other) in same {
        let both = |draft: &mut Draft| [one, other].iter().for_each(|path| draft.list(path));
        cases.push(bench.folder(&format!("paths {one:?} and {other:?}"), both, Refused("ING-012")));
    }
    cases.push(bench.folder("a file that is not there", |draft| draft.list("a.pdf"), Refused("ING-022")));
    let case = bench.folder("a file that is not listed", |_| {}, Refused("ING-023"));
    fs::write(case.path.join("b.pdf"), marks(100)).unwrap();
    cases.push(case);
    let case = bench.folder("300 files", |_| {}, Refused("ING-019"));
    (0..300).for_each(|n| fs::write(case.path.join(n.to_string()), MARK).unwrap());
    cases.push(case);
    let case = bench.folder("300 folders in each other", |_| {}, Refused("ING-019"));
    fs::create_dir_all(case.path.join("d/".repeat(300))).unwrap();
    cases.push(case);
    // The bytes of these lie nowhere; nobody may read for them.
    for (name, bytes, code) in [("1 TiB", 1 << 40, "ING-027"), ("61 MiB", 61 << 20, "ING-025")] {
        let case = bench.folder(&format!("main document of {name}"), |_| {}, Refused(code));
        File::create(case.path.join("main.docx")).unwrap().set_len(bytes).unwrap();
        cases.push(case);
    }
    bench.check_all(cases);
    bench.finish();
}

/// Makes something that is no file; false when this system does not let us.
fn make(kind: &str, at: &Path) -> bool {
    let run = |command: &mut Command| command.stderr(Stdio::null()).status().is_ok_and(|status| status.success());
    match kind {
        "FIFO" => run(Command::new("mkfifo").arg(at)),
        "device" => run(Command::new("mknod").arg(at).args(["c", "1", "5"])),
        "socket" => UnixListener::bind(at).is_ok(),
        "link to a file" => symlink("/etc/hostname", at).is_ok(),
        "link to a folder" => symlink("/", at).is_ok(),
        "link to itself" => symlink(at, at).is_ok(),
        _ => symlink("nowhere", at).is_ok(),
    }
}

const NO_FILES: [&str; 7] =
    ["FIFO", "device", "socket", "link to a file", "link to a folder", "link to itself", "link to nothing"];

#[test]
fn things_that_are_no_files() {
    let mut bench = Bench::new();
    let mut cases = Vec::new();
    for kind in NO_FILES {
        for place in ["a.pdf", "main.docx", "card.json"] {
            let listed = |draft: &mut Draft| {
                if place == "a.pdf" {
                    draft.list(place)
                }
            };
            let case = bench.folder(&format!("{kind} as {place}"), listed, Refused("ING-018"));
            let _ = fs::remove_file(case.path.join(place));
            match make(kind, &case.path.join(place)) {
                true => cases.push(case),
                false => println!("SKIPPED: no {kind} can be made here"),
            }
        }
    }
    // As the submission itself: what is there is no submission, and a link leads to none.
    fs::create_dir(bench.path("found")).unwrap();
    for kind in NO_FILES {
        let path = bench.path("found").join(kind);
        let code = match kind {
            "FIFO" | "device" | "socket" => "ING-017",
            "link to a folder" => continue,
            _ => "ING-018",
        };
        if make(kind, &path) {
            cases.push(Case { name: format!("{kind} as the submission"), path, wanted: Refused(code) });
        }
    }
    cases.push(Case { name: "/dev/zero".to_owned(), path: "/dev/zero".into(), wanted: Refused("ING-017") });
    // Each alone: the exit code is its own.
    for case in cases {
        bench.check(case);
    }

    let case = bench.folder("main document that may not be read", |_| {}, Failed("ING-031"));
    let main = case.path.join("main.docx");
    fs::set_permissions(&main, fs::Permissions::from_mode(0o0)).unwrap();
    match File::open(&main) {
        Ok(_) => println!("SKIPPED: this user reads everything"),
        Err(_) => bench.check(case),
    }

    // A folder of submissions in which one is a link to another, and one to the folder itself.
    let sound = bench.folder("", |_| {}, Accepted);
    let folder = bench.path("mixed");
    fs::create_dir(&folder).unwrap();
    symlink(&sound.path, folder.join("link")).unwrap();
    symlink(&folder, folder.join("circle")).unwrap();
    let (_, answers) = bench.ingest(&[folder]);
    let answers: Vec<Got> = answers.iter().map(Got::of).collect();
    if !(answers.len() == 2 && answers.iter().all(|got| Refused("ING-018").agrees(got))) {
        bench.note(format!("links in a folder of submissions: {answers:?}"));
    }
    bench.accepted.extend(answers.into_iter().filter_map(|got| got.record));
    bench.finish();
}

#[test]
fn private_keys_are_not_kept() {
    let mut bench = Bench::new();
    // In pieces, so that this file holds no key.
    let key = |kind: &str| {
        let begin = format!("-----BEGIN {kind}");
        let body = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQ";
        [&begin, "PRIVATE KEY-----\n", body, "\n", MARK, "\n-----END "].concat()
    };
    let entry = ZipEntry::deflated("folder/key.pem", key("").as_bytes());
    let in_zip = zip(&[marked("x"), entry.clone()]);
    let in_two = zip(&[marked("x"), ZipEntry::stored("a.zip", &in_zip)]);
    let far = format!("{}{}", "x ".repeat(1_500_000), key("RSA "));
    let keys = [
        ("PKCS #8", "a.txt", key("").into_bytes()),
        ("encrypted", "a.txt", key("ENCRYPTED ").into_bytes()),
        ("in an RTF", "a.rtf", sound_rtf(&key("EC "))),
        ("behind 3 MB", "a.rtf", sound_rtf(&far)),
        ("in a ZIP", "a.zip", in_zip),
        ("in a ZIP in a ZIP", "a.zip", in_two),
    ];
    for (name, file, contents) in keys {
        let case = bench.attachment(&format!("private key {name}"), file, contents, Refused("ING-029"));
        bench.check(case);
    }
    let mut draft = Draft::new(800);
    draft.attach("a.zip", zip(&[entry]));
    let case = bench.container("private key in an attached ZIP", &zip(&draft.entries()), Refused("ING-029"));
    bench.check(case);
    bench.finish();
}

// What is added to a record later is looked at as sharply, and the record stays what it was.
#[test]
fn what_comes_later_may_lie_too() {
    let mut bench = Bench::new();
    let case = bench.folder("sound", |_| {}, Accepted);
    bench.check(case);
    let record = bench.accepted.first().expect("it was accepted").clone();
    let shown = bench.ok(&["show", "--json", &record]);
    let before = bytes_in(&bench.archive().join("store"));
    let secret = |draft: &mut Draft| draft.card("title", format!("Құпия {MARK}"));
    let card = |change: &dyn Fn(&mut Draft)| {
        let mut draft = Draft::new(1);
        change(&mut draft);
        draft.card
    };
    let key = ["-----BEGIN ", "PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQ\n", MARK].concat();
    let files = [
        ("bomb", zip(&[marked("x"), bomb("a")]), "add", "FMT-010"),
        ("five levels", nested_zip(5, 10, 8 * 1024 * 1024), "add", "FMT-013"),
        ("private key", key.into_bytes(), "add", "ING-029"),
        ("PDF with a ZIP behind it", [sound_pdf(""), zip(&[marked("x")])].concat(), "add", "FMT-015"),
        ("no bytes", Vec::new(), "add", "ING-024"),
        ("17 MiB", marks(17 * 1024 * 1024), "add", "ING-026"),
        ("card of 100,000 arrays", "[".repeat(100_000).into_bytes(), "card", "ING-005"),
        ("card of 2 MiB", marks(2 * 1024 * 1024), "card", "ING-006"),
        ("card with a mark of secrecy", card(&secret), "card", "ING-033"),
    ];
    let mut commands: Vec<(&str, PathBuf, &str, &str)> = Vec::new();
    for (name, contents, command, code) in files {
        let path = bench.path(&format!("later-{}", commands.len()));
        fs::write(&path, contents).unwrap();
        commands.push((name, path, command, code));
    }
    for (kind, code) in [("FIFO", "ING-018"), ("device", "ING-018"), ("socket", "ING-018")] {
        let path = bench.path(kind);
        if make(kind, &path) {
            commands.push((kind, path.clone(), "add", code));
            commands.push((kind, path, "card", code));
        }
    }
    for (name, path, command, code) in commands {
        let mut arguments: Vec<OsString> = match command {
            "add" => ["record", "add", "--role", "receipt"].map(OsString::from).into(),
            _ => ["card", "correct", "--reason", "x"].map(OsString::from).into(),
        };
        arguments.extend(["--json".into(), record.clone().into(), path.into_os_string()]);
        let output = bench.run(&arguments);
        let answer: Value = serde_json::from_str(output.stdout.lines().next().unwrap_or("null")).unwrap();
        let got = Got::of(&answer);
        let row =
            format!("{name}, {command}\tRefused({code:?})\t{} {:?}, exit code {}", got.status, got.codes, output.exit);
        match Refused(code).agrees(&got) && output.exit == "1" {
            true => println!("{row}"),
            false => bench.note(row),
        }
        bench.look();
    }
    let grown = bytes_in(&bench.archive().join("store")) - before;
    if grown > 20 * ACT_BYTES_MAX {
        bench.note(format!("the store has grown by {grown} bytes"));
    }
    let strip = |text: &str| {
        let mut shown: Value = serde_json::from_str(text).unwrap();
        // That it was shown before is shown.
        shown["readings"] = Value::Null;
        shown
    };
    let now = bench.ok(&["show", "--json", &record]);
    assert_eq!(strip(&now), strip(&shown), "the record has changed");
    bench.finish();
}

// What bears a mark of secrecy is not kept at all: only the fact is in the journal.
#[test]
fn nothing_secret_remains() {
    let mut bench = Bench::new();
    let large = sound_rtf(&marks_text(3_000_000));
    let titles = [
        ("Құпия", "ING-033"),
        ("өте құпия", "ING-033"),
        ("СЕКРЕТНО", "ING-033"),
        ("Совершенно секретно", "ING-033"),
        ("С О В Е Р Ш Е Н Н О  С Е К Р Е Т Н О", "ING-033"),
        ("ҚБПҮ", "ING-034"),
        ("для служебного пользования", "ING-034"),
        ("ДСП", "ING-034"),
        ("Секретно, ДСП", "ING-033 ING-034"),
    ];
    let mut cases = Vec::new();
    for (title, codes) in titles {
        let change = |draft: &mut Draft| {
            draft.card("title", format!("{title}. {MARK}"));
            draft.attach("a.rtf", large.clone());
        };
        cases.push(bench.folder(&format!("title {title:?}"), change, Refused(codes)));
    }
    for (file, code) in [("құпия.rtf", "ING-033"), ("15-ДСП.rtf", "ING-034"), ("секретно/a.rtf", "ING-033")]
    {
        let change = |draft: &mut Draft| draft.attach(file, large.clone());
        cases.push(bench.folder(&format!("file {file:?}"), change, Refused(code)));
    }
    for (category, code) in [("state_secret", "ING-015"), ("official_use", "ING-016")] {
        let change = |draft: &mut Draft| draft.submission["access_category"] = category.into();
        cases.push(bench.folder(&format!("access category {category}"), change, Refused(code)));
    }
    let mut draft = Draft::new(900);
    draft.card("nature", format!("Өте құпия {MARK}"));
    draft.attach("a.rtf", large);
    cases.push(bench.container("nature \"Өте құпия\"", &zip(&draft.entries()), Refused("ING-033")));
    for (name, code) in [("құпия.zip", "ING-033"), ("15 ДСП.zip", "ING-034")] {
        let case = bench.container(&format!("named {name:?}"), &zip(&Draft::new(901).entries()), Refused(code));
        let path = bench.path(name);
        fs::copy(case.path, &path).unwrap();
        cases.push(Case { path, name: case.name, wanted: case.wanted });
    }
    bench.check_all(cases);
    let journal = bench.ok(&["log", "entries", "--json"]);
    assert!(!journal.contains(MARK) && !journal.contains(".rtf") && journal.contains("refused"), "{journal}");
    bench.finish();
}

impl Bench {
    /// Takes in submissions while `change` is called for one after the other, again and again, with the number of the
    /// round, and gives the records. Each must be accepted, or refused or failed with a code that says what was met.
    fn ingest_while(&mut self, paths: &[PathBuf], change: impl Fn(&Path, usize) + Sync) -> Vec<String> {
        const MET: [&str; 7] = ["ING-018", "ING-022", "ING-024", "ING-028", "ING-030", "ING-031", "FMT-009"];
        let ended = AtomicBool::new(false);
        let (output, answers) = std::thread::scope(|scope| {
            scope.spawn(|| {
                let rounds = (1..).flat_map(|round| paths.iter().map(move |path| (path, round)));
                rounds.take_while(|_| !ended.load(Ordering::Relaxed)).for_each(|(path, round)| change(path, round));
            });
            let result = self.ingest(paths);
            ended.store(true, Ordering::Relaxed);
            result
        });
        let answers: Vec<Got> = answers.iter().map(Got::of).collect();
        let count = |status: &str| answers.iter().filter(|got| got.status == status).count();
        println!("{} accepted, {} refused, {} failed", count("accepted"), count("refused"), count("failed"));
        let are_met = answers.iter().flat_map(|got| &got.codes).all(|code| MET.contains(&code.as_str()));
        if answers.len() != paths.len() || !are_met || !["0", "1", "3", "7"].contains(&output.exit.as_str()) {
            self.note(format!("exit code {}, {answers:?}", output.exit));
        }
        let records: Vec<String> = answers.into_iter().filter_map(|got| got.record).collect();
        self.accepted.extend(records.iter().cloned());
        self.look();
        records
    }

    /// Looks into these records: the card that is searched is the one that is kept, and `file` is one of its states.
    fn compare(&mut self, what: &str, records: &[String], file: &str, is_state: impl Fn(&[u8]) -> bool) {
        let archive = Archive::open(&self.archive(), Arc::new(SystemClock), &mut |_, _| {}).unwrap();
        let actor = archive.actor("test").unwrap();
        let (mut cards, mut others) = (0, 0);
        for record in records.iter().map(|record| record.parse().unwrap()) {
            let content = content_of(&archive, record).unwrap();
            let card: Value = serde_json::from_slice(&content["card.json"]).unwrap();
            let manifest = access::open(&archive, record, actor).unwrap().manifest().unwrap();
            let title =
                manifest.card.iter().find(|(field, _)| *field == CardField::Title).map(|(_, text)| text.as_str());
            cards += u32::from(title != card["title"].as_str());
            others += u32::from(!is_state(&content[file]));
        }
        archive.close().unwrap();
        if cards > 0 {
            self.note(format!("{what}: {cards} of {} records show another card than they keep", records.len()));
        }
        if others > 0 {
            self.note(format!("{what}: {others} of {} records keep a {file} that never was", records.len()));
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "somebody replaces a file while the program reads it")]
fn replace(from: &Path, to: &Path) {
    let new = from.with_extension("new");
    fs::hard_link(from, &new).unwrap();
    fs::rename(new, to).unwrap();
}

#[expect(clippy::disallowed_methods, reason = "somebody moves a folder while the program reads it")]
fn move_to(from: &Path, to: &Path) {
    fs::rename(from, to).unwrap();
}

// Goal: the card that was checked, is shown and searched is the card that is kept. Method: two sound cards of the same
// length take each other's place all the time; the card is listed last, behind a large attachment, so that much time
// goes by between the checks and the taking in.
#[test]
fn a_card_that_changes_is_one_card() {
    let mut bench = Bench::new();
    let large = sound_rtf(&marks_text(3_000_000));
    let mut paths = Vec::new();
    for _ in 0..16 {
        let (path, number) = bench.next();
        for (state, word) in ["алдынғы", "кейінгі"].iter().enumerate() {
            let mut draft = Draft::new(number);
            draft.card("title", format!("{word} {MARK}"));
            draft.attach("a.rtf", large.clone());
            draft.submission["components"].as_array_mut().unwrap().rotate_left(1);
            draft.write(&path);
            fs::write(path.with_extension(state.to_string()), draft.card).unwrap();
        }
        paths.push(path);
    }
    let change = |path: &Path, round: usize| {
        replace(&path.with_extension((round % 2).to_string()), &path.join("card.json"));
    };
    let records = bench.ingest_while(&paths, change);
    bench.compare("card", &records, "card.json", |_| true);
    bench.finish();
}

// Goal: what is kept is what the file once was, never the beginning of one state and the end of another. Method: a
// large file is written over in its place, made longer, cut and replaced while it is taken in.
#[test]
fn a_file_that_changes_is_one_file() {
    const BYTES: usize = 12 * 1024 * 1024;
    let state = |letter: &str| sound_rtf(&format!("{MARK}-{letter} ").repeat(BYTES / (MARK.len() + 3)));
    let states = [state("a"), state("b")];
    let opened = |path: &Path| File::options().write(true).open(path.join("a.rtf")).unwrap();
    type Change<'a> = (&'a str, Box<dyn Fn(&Path, usize) + Sync + 'a>);
    let changes: [Change; 4] = [
        ("written over", Box::new(|path, round| opened(path).write_all_at(&states[round % 2], 0).unwrap())),
        (
            "made longer",
            Box::new(|path, _| {
                let mut file = File::options().append(true).open(path.join("a.rtf")).unwrap();
                file.write_all(b"\n").unwrap();
            }),
        ),
        (
            "cut",
            Box::new(|path, round| {
                opened(path).set_len(u64::try_from(BYTES / (1 + round % 3)).unwrap()).unwrap();
                opened(path).write_all_at(&states[0], 0).unwrap();
            }),
        ),
        (
            "replaced",
            Box::new(|path, round| {
                let new = path.with_extension("rtf");
                fs::write(&new, &states[round % 2]).unwrap();
                replace(&new, &path.join("a.rtf"));
                fs::remove_file(new).unwrap();
            }),
        ),
    ];
    let mut bench = Bench::new();
    for (name, change) in changes {
        let attach = |draft: &mut Draft| draft.attach("a.rtf", states[0].clone());
        let paths: Vec<PathBuf> = (0..4).map(|_| bench.folder("", attach, Accepted).path).collect();
        let records = bench.ingest_while(&paths, change);
        // Line breaks behind the end are what makes it longer.
        bench.compare(name, &records, "a.rtf", |bytes| states.iter().any(|state| bytes.trim_ascii_end() == state));
    }
    bench.finish();
}

// Goal: a file that becomes something else between its listing and its opening neither stops the program nor leads it
// out of the submission. Method: a pipe that nobody writes to, and a link to a folder elsewhere, stand in and out of the
// place of a file and of its folder.
#[test]
fn a_file_that_becomes_something_else_leads_nowhere() {
    let mut bench = Bench::new();
    let pipe = bench.path("pipe");
    assert!(make("FIFO", &pipe), "mkfifo is there");
    let case = bench.folder("", |_| {}, Accepted);
    let main = case.path.with_extension("docx");
    fs::copy(case.path.join("main.docx"), &main).unwrap();
    let turns = AtomicUsize::new(0);
    let change = |path: &Path, _: usize| {
        let turn = turns.fetch_add(1, Ordering::Relaxed);
        replace(if turn.is_multiple_of(2) { &pipe } else { &main }, &path.join("main.docx"));
    };
    // The moment is short, so it is tried often; once taken in, the document is held.
    bench.ingest_while(&vec![case.path; 200], change);
    bench.may_have_orphans = true;

    let (inside, outside) = (sound_rtf(&format!("{MARK} {{1}}")), sound_rtf(&format!("{MARK} {{2}}")));
    let elsewhere = bench.path("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    let large = sound_rtf(&marks_text(3_000_000));
    let mut paths = Vec::new();
    for _ in 0..16 {
        let attach = |draft: &mut Draft| {
            draft.attach("a.rtf", large.clone());
            draft.attach("folder/b.rtf", inside.clone());
        };
        paths.push(bench.folder("", attach, Accepted).path);
    }
    fs::write(elsewhere.join("b.rtf"), outside).unwrap();
    let change = |path: &Path, _: usize| {
        let (folder, aside, link) = (path.join("folder"), path.with_extension("aside"), path.with_extension("link"));
        symlink(&elsewhere, &link).unwrap();
        move_to(&folder, &aside);
        move_to(&link, &folder);
        std::thread::sleep(Duration::from_micros(300));
        fs::remove_file(&folder).unwrap();
        move_to(&aside, &folder);
    };
    let records = bench.ingest_while(&paths, change);
    bench.compare("a link in place of the folder", &records, "folder/b.rtf", |bytes| bytes == inside);
    bench.finish();
}

// Goal: a killed intake leaves nothing that can be read, and the next opening clears the spool. Method: a submission of
// 40 MB that is full of the mark is killed while it is received and while it is sealed, as a folder and as a ZIP file.
#[test]
fn a_killed_intake_leaves_nothing_to_read() {
    const BYTES: usize = 40_000_000;
    let mut bench = Bench::new();
    // Letters that do not shrink, so that the store grows with them.
    let letters: Vec<u8> = Sequence::new(5).noise(BYTES).into_iter().map(|byte| b'0' + (byte & 63)).collect();
    let mut text = letters.iter().map(|b| if matches!(b, b'\\') { b'x' } else { *b }).collect::<Vec<u8>>();
    text.chunks_exact_mut(256).for_each(|line| line[..MARK.len()].copy_from_slice(MARK.as_bytes()));
    let text = sound_rtf(&String::from_utf8(text).unwrap());
    let folder = bench.folder("killed as a folder", |draft| draft.attach("a.rtf", text.clone()), Accepted);
    let mut draft = Draft::new(900);
    draft.attach("a.rtf", text);
    let container = bench.container("killed", &zip(&draft.entries()), Accepted);
    assert!(is_marked(&container.path), "the hunt is blind");
    let (spool, store) = (bench.archive().join("spool"), bench.archive().join("store"));
    let mut spooled = 0;
    for path in [&folder.path, &container.path] {
        for (watched, grown) in [(&spool, 1), (&spool, 25_000_000), (&store, 1), (&store, 15_000_000)] {
            let before = bytes_in(watched);
            let mut command = bench.command(&["ingest".into(), "--json".into(), path.into()]);
            let mut process = Guarded(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
            let started = Instant::now();
            while bytes_in(watched) < before + grown {
                assert!(process.0.try_wait().unwrap().is_none(), "it ended before {grown} bytes were there");
                assert!(started.elapsed() < PATIENCE, "it hangs");
                std::thread::sleep(Duration::from_millis(1));
            }
            process.0.kill().unwrap();
            assert_eq!(process.0.wait().unwrap().signal(), Some(9));
            // As a thief would find it: nothing has been opened since.
            println!("killed with {} bytes in the spool, {} in the store", bytes_in(&spool), bytes_in(&store));
            spooled += files(&spool).len();
            for path in bench.leaks() {
                bench.note(format!("the mark stands in {}", path.display()));
            }
            bench.ok(&["doctor"]);
            bench.look();
        }
    }
    bench.may_have_orphans = true;
    assert!(spooled > 0, "no kill met a file in the spool");
    bench.check_all(vec![folder, container]);
    bench.finish();
}
