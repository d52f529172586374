//! Real programs and real media in a transfer: what is killed, has no room, is brought twice, or is long.
//!
//! Goal: a sender or a receiver that is killed at any moment comes to its end by the same command, with everything once;
//! without room it says so, keeps what it has and goes on when there is; of two programs that take in one package one is
//! first; a package of many parts goes over the line once; who is not the other archive's service gets nothing. Method:
//! the real program, SIGKILL at moments of a printed seed, limits on the size of files in the place of a full medium, a
//! proxy that cuts, certificates of other names.

use super::cli_json::check;
use super::transfer_wire::{Fault, Proxy, Service, World, numbers, said};
use muragat::access;
use muragat::archive::Archive;
use muragat::clock::{Clock, SystemClock};
use muragat::model::id::RecordId;
use muragat::tlog::commit::SYSTEM_ACTOR;
use muragat::transfer::accession::{Stage, all};
use muragat::transfer::case::{Case, is_late, overdue, receipt_due};
use muragat::transfer::read::check::finding::Outcome as Judged;
use muragat::transfer::read::check::judge;
use muragat::transfer::read::source;
use serde_json::Value;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

const PROGRAM: &str = env!("CARGO_BIN_EXE_muragat");
/// Bytes of the document of each of the two records: enough for a kill to meet the work.
const BYTES: usize = 6_000_000;

/// The program with a limit on the size of its files, in blocks of 1024 bytes; writing beyond is an error and no signal.
fn limited(blocks: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new("bash");
    command.args(["-c", "trap '' XFSZ; ulimit -f \"$0\"; exec \"$@\"", blocks, PROGRAM]).args(arguments);
    command.env("MURAGAT_LANG", "en").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

struct Bench {
    world: World,
    package: PathBuf,
}

impl Bench {
    fn new() -> Self {
        let world = World::holding(BYTES);
        let package = world.path("package.tar");
        std::fs::write(&package, &world.tar).unwrap();
        Self { world, package }
    }

    fn root(&self) -> String {
        self.world.receiver.root().to_str().unwrap().to_owned()
    }

    fn receive(&self, blocks: &str, out: &str) -> Command {
        let (root, out) = (self.root(), self.world.path(out));
        let (package, out) = (self.package.to_str().unwrap(), out.to_str().unwrap());
        let arguments =
            ["accession", "receive", package, "--from", "sender-1", "-o", out, "--json", "--archive", &root];
        limited(blocks, &arguments)
    }

    fn done(&self, out: &str) -> Value {
        let received = self.receive("unlimited", out).output().unwrap();
        assert!(received.status.success(), "{}", text(&received));
        check("accession-answer", &said(&received));
        said(&received)
    }

    /// One accession, each record once and whole, nothing wrong with the archive.
    fn is_once(&self, out: &str) {
        let audit = limited("unlimited", &["audit", "--full", "--json", "--archive", &self.root()]).output().unwrap();
        assert!(audit.status.success(), "{}", text(&audit));
        let state = self.world.receiver.open();
        let [accession] = &all(&state).unwrap()[..] else { panic!("not one accession") };
        assert_eq!((accession.digest, accession.stage()), (self.world.digest, Stage::Checked));
        let given = |name: &str| std::fs::read(self.world.path(out).join(name)).unwrap();
        assert_eq!(given("receipt.json"), accession.receipt(&state).unwrap());
        let (reply, act) = accession.documents(&state).unwrap().unwrap();
        assert_eq!((given("reply.json"), given("act.json")), (reply.encode(), act.encode()));
        let archive = self.world.sender.due.bench.open();
        for row in &reply.rows {
            let main = |archive: &Archive, id: RecordId| {
                let opened = access::open(archive, id, SYSTEM_ACTOR).unwrap();
                opened.read(opened.component("main.docx").unwrap()).unwrap()
            };
            let (here, there) = (row.reference.expect("it is kept"), row.record.parse().unwrap());
            assert!(main(&state, here) == main(&archive, there), "{}", row.record);
        }
        assert_eq!((reply.rows.len(), state.index_meta().records), (2, 2), "each once");
        archive.close().unwrap();
        state.close().unwrap();
    }
}

fn text(output: &Output) -> String {
    format!("{} {}{}", output.status, String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn a_medium_without_room_takes_a_package_in_when_there_is() {
    let bench = Bench::new();
    // The sender's medium: nothing has the name of the package before all of it is there.
    let (world, medium) = (&bench.world, bench.world.path("medium"));
    std::fs::create_dir(&medium).unwrap();
    let (id, root) = (world.transfer.to_string(), world.sender.due.bench.root());
    let [to, root] = [&medium, &root].map(|path| path.to_str().unwrap().to_owned());
    let arguments = ["transfer", "send", &id, "--into", &to, "--tar", "--json", "--archive", &root];
    let named =
        || std::fs::read_dir(&medium).unwrap().map(|e| e.unwrap().path()).find(|p| p.extension().unwrap() == "tar");
    for blocks in ["3000", "8000"] {
        let sent = limited(blocks, &arguments).output().unwrap();
        assert!(!sent.status.success() && named().is_none(), "{blocks}: {}", text(&sent));
        assert!(!text(&sent).contains("panicked"), "{blocks}: {}", text(&sent));
    }
    let sent = limited("unlimited", &arguments).output().unwrap();
    assert!(sent.status.success(), "{}", text(&sent));
    assert!(std::fs::read(named().unwrap()).unwrap() == world.tar, "byte for byte");
    let (mut failed, mut met) = (0, Vec::new());
    for blocks in ["1", "64", "600", "1200", "3000", "6000", "9000", "12000", "14000"] {
        let received = bench.receive(blocks, "out").output().unwrap();
        if received.status.success() {
            break;
        }
        let told = text(&received);
        assert!(!told.contains("panicked"), "{blocks}: {told}");
        let code = ["STO-004", "STO-001", "STO-002", "IDX-", "ARC-"].into_iter().find(|code| told.contains(code));
        assert!(code.is_some(), "{blocks}: {told}");
        met.push(format!("{blocks}: {} {}", received.status, code.unwrap_or_default()));
        failed += 1;
    }
    println!("{met:?}");
    assert!(failed > 3 && met.iter().any(|one| one.contains("STO-004")), "{met:?}");
    bench.done("out");
    bench.is_once("out");
}

#[test]
fn either_side_is_killed_at_any_moment_and_goes_on() {
    let bench = Bench::new();
    let seed = SystemClock.now();
    let mut number = numbers(seed);
    println!("seed {seed}");
    // The sender writes a medium.
    let (world, medium) = (&bench.world, bench.world.path("medium"));
    std::fs::create_dir(&medium).unwrap();
    let (id, root) = (world.transfer.to_string(), world.sender.due.bench.root());
    let send = |way: &'static [&'static str]| {
        let arguments = ["transfer", "send", &id, "--into", medium.to_str().unwrap(), "--json", "--archive"];
        limited("unlimited", &[&arguments[..], &[root.to_str().unwrap()], way].concat())
    };
    let mut killed = 0;
    for way in [&[][..], &["--tar"][..]] {
        let mut took = Duration::from_millis(400);
        for _ in 0..8 {
            let mut sending = send(way).spawn().unwrap();
            std::thread::sleep(Duration::from_millis(number(5, took.as_millis() as u64)));
            if let Some(status) = sending.try_wait().unwrap() {
                assert!(status.success(), "{}", text(&sending.wait_with_output().unwrap()));
                took /= 2;
                continue;
            }
            sending.kill().unwrap();
            sending.wait().unwrap();
            killed += 1;
        }
        let sent = send(way).output().unwrap();
        assert!(sent.status.success(), "{}", text(&sent));
        let path = PathBuf::from(said(&sent)["path"].as_str().unwrap());
        let source = source::open(&path).unwrap();
        let report = judge(source.as_ref(), None, &mut |_, _| {}).unwrap().report;
        assert!(matches!(report.outcome(), Judged::Proven | Judged::Noted), "{:?}", report.findings);
        assert_eq!(muragat::transfer::read::digest(source.as_ref()).unwrap(), Some(world.digest));
    }
    assert!(std::fs::read_dir(&medium).unwrap().count() == 2, "nothing is left of what was cut off");
    // The receiver takes it in.
    let mut took = Duration::from_secs(3);
    for _ in 0..14 {
        let begun = Instant::now();
        let mut receiving = bench.receive("unlimited", "out").spawn().unwrap();
        std::thread::sleep(Duration::from_millis(number(5, took.as_millis() as u64)));
        if let Some(status) = receiving.try_wait().unwrap() {
            assert!(status.success(), "{}", text(&receiving.wait_with_output().unwrap()));
            took = begun.elapsed() / 2;
            continue;
        }
        receiving.kill().unwrap();
        receiving.wait().unwrap();
        killed += 1;
    }
    println!("{killed} kills");
    assert!(killed > 5, "too few to prove much");
    bench.done("out");
    bench.is_once("out");
}

#[test]
fn of_two_programs_that_take_in_one_package_one_is_first() {
    let bench = Bench::new();
    let both = ["one", "two"].map(|out| (out, bench.receive("unlimited", out).spawn().unwrap()));
    let mut done = 0;
    for (out, child) in both {
        let output = child.wait_with_output().unwrap();
        // Either it waited for the other one, or it says that the archive is in use: then the same again.
        if output.status.success() {
            done += 1;
        } else {
            assert!(text(&output).contains("in use") || text(&output).contains("STO-"), "{out}: {}", text(&output));
        }
    }
    assert!(done > 0, "one of them has it");
    for out in ["one", "two"] {
        bench.done(out);
        bench.is_once(out);
    }
}

#[test]
fn a_package_of_many_parts_goes_over_a_line_that_breaks_and_no_part_twice() {
    let bench = Bench { world: World::holding(13_000_000), package: PathBuf::new() };
    let (world, len) = (&bench.world, bench.world.tar.len() as u64);
    let part = 8 << 20;
    assert!(len > 3 * part, "{len}");
    let service = Service::start(world);
    // In the second part, and at the end of the third.
    let proxy = Proxy::new(service.address, &[Fault::Cut(part + part / 2), Fault::Cut(part + 100_000)]);
    let sent = world.send(proxy.port, "root").output().unwrap();
    assert!(sent.status.success(), "{}", text(&sent));
    check("transfer-answer", &said(&sent));
    let passed = proxy.passed.load(Ordering::SeqCst);
    println!("{len} bytes, {passed} went over the line");
    // Of a connection that was cut a part is sent again at most; beside it, heads and handshakes.
    assert!(passed < len + 2 * part + 200_000, "{passed} of {len}");
    service.end();
    world.arrived();
}

#[test]
fn who_is_not_the_service_of_the_other_archive_gets_nothing() {
    let world = World::new();
    let service = Service::start(&world);
    let spool = || std::fs::read_dir(world.receiver.root().join("spool")).into_iter().flatten().flatten();
    let uploads = || spool().filter(|file| file.file_name().to_string_lossy().starts_with("up-")).count();
    // The certificate is of another name than the one that was asked for: it tries for a while, and gets nowhere.
    let mut wrong = at_host(&world, "127.0.0.1", service.address.port()).spawn().unwrap();
    std::thread::sleep(Duration::from_secs(3));
    assert!(wrong.try_wait().unwrap().is_none(), "it has neither succeeded nor given up at once");
    wrong.kill().unwrap();
    wrong.wait().unwrap();
    assert_eq!(uploads(), 0, "nothing was begun");

    // Refused there: told with the code of that side.
    let refused = |edit: &dyn Fn(&str) -> String| {
        let command = world.send(service.address.port(), "root");
        let arguments: Vec<String> = command.get_args().map(|one| edit(one.to_str().unwrap())).collect();
        let output = Command::new(PROGRAM).args(arguments).env("MURAGAT_LANG", "en").output().unwrap();
        assert!(!output.status.success(), "{}", text(&output));
        text(&output)
    };
    let other = refused(&|one| one.replace("sender-1", "sender-2"));
    assert!(other.contains("TRF-039") && other.contains("TRF-033"), "{other}");
    let clerk = refused(&|one| one.replace("sender-1", "clerk"));
    assert!(clerk.contains("TRF-039") && clerk.contains("ACC-005"), "{clerk}");
    // What is no certificate, and what is no key.
    let none = refused(&|one| one.replace("root.pem", "server.ext"));
    assert!(none.contains("TRF-039") && none.contains("--ca"), "{none}");
    let none = refused(&|one| one.replace("sender-1.pem", "server.ext"));
    assert!(none.contains("TRF-039") && none.contains("--certificate"), "{none}");
    let plain = refused(&|one| one.replace("https://", "http://"));
    assert!(plain.contains("NET-"), "{plain}");
    assert_eq!(uploads(), 0, "nothing is left");
    service.end();
    let archive = world.sender.due.bench.open();
    assert!(Case::read(&archive, world.transfer).unwrap().row.sent.is_empty(), "and nothing is said to be sent");
    archive.close().unwrap();
}

/// The command that sends, to this host.
fn at_host(world: &World, host: &str, port: u16) -> Command {
    let command = world.send(port, "root");
    let arguments = command.get_args().map(|one| one.to_str().unwrap().replace("localhost", host)).collect::<Vec<_>>();
    let mut command = Command::new(PROGRAM);
    command.args(arguments).env("MURAGAT_LANG", "en").stdout(Stdio::null()).stderr(Stdio::null());
    command
}

#[test]
fn what_cannot_be_judged_or_gone_through_is_refused_before_anything_is_kept() {
    let bench = Bench { world: World::new(), package: PathBuf::new() };
    let folder = bench.world.path("foreign");
    // A bag whose only digests are of a kind that proves nothing, and one that nobody finds a record in.
    let bag = |name: &str, manifest: &str, line: &str| -> PathBuf {
        let root = folder.join(name);
        std::fs::create_dir_all(root.join("data")).unwrap();
        std::fs::write(root.join("data/a.txt"), b"").unwrap();
        std::fs::write(root.join("bagit.txt"), "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n").unwrap();
        std::fs::write(root.join(manifest), format!("{line}  data/a.txt\n")).unwrap();
        root
    };
    let empty = muragat::model::digest::sha256(b"").to_string();
    let cases = [
        (bag("md5", "manifest-md5.txt", "d41d8cd98f00b204e9800998ecf8427e"), "TRF-032"),
        (bag("none", "manifest-sha256.txt", &empty), "TRF-038"),
    ];
    for (package, code) in cases {
        let (root, out) = (bench.root(), bench.world.path("out"));
        let arguments = ["accession", "receive", package.to_str().unwrap(), "--from", "sender-1", "--json", "-o"];
        let arguments = [&arguments[..], &[out.to_str().unwrap(), "--archive", &root]].concat();
        let received = limited("unlimited", &arguments).output().unwrap();
        assert!(!received.status.success() && text(&received).contains(code), "{code}: {}", text(&received));
        assert!(!out.exists(), "{code}: nothing is answered");
    }
    let state = bench.world.receiver.open();
    assert!(all(&state).unwrap().is_empty());
    state.close().unwrap();
}

/// To the millisecond, over a weekend and holidays, by a clock that is set back too.
#[test]
fn a_receipt_is_late_when_its_last_working_day_is_over_and_not_before() {
    use super::transfer::Sender;
    use super::transfer_release::Two;
    use muragat::transfer::send::Way;
    let two = Two::of(Sender::new());
    two.ready();
    let bench = &two.sender.due.bench;
    let go = |time: &str| {
        let wanted = chrono::DateTime::parse_from_rfc3339(time).unwrap().timestamp_millis();
        bench.clock.0.store(u64::try_from(wanted).unwrap(), Ordering::SeqCst);
        two.sender.due.fresh(&two.archive);
    };
    // Friday 17 March 2028, 23:30 in Almaty; Monday is a working day, and holidays follow it.
    go("2028-03-17T18:30:00Z");
    two.prepare().unwrap();
    two.send(Way::Folder).unwrap();
    let due = || receipt_due(&two.archive, &Case::read(&two.archive, two.transfer).unwrap()).unwrap().unwrap();
    assert_eq!(due().last.to_string(), "2028-03-20");
    let set = |time: &str| {
        let wanted = chrono::DateTime::parse_from_rfc3339(time).unwrap().timestamp_millis();
        bench.clock.0.store(u64::try_from(wanted).unwrap(), Ordering::SeqCst);
    };
    for (time, late) in [
        ("2028-03-17T18:30:01Z", false),
        ("2028-03-19T12:00:00Z", false),
        ("2028-03-20T18:59:59.999Z", false),
        ("2028-03-20T19:00:00.000Z", true),
        // A clock that is set back says less, and forgets nothing.
        ("2028-03-20T18:59:59.999Z", false),
        ("2028-03-20T19:00:00.001Z", true),
    ] {
        set(time);
        assert_eq!(
            (is_late(&two.archive, &due()), overdue(&two.archive).unwrap().len()),
            (late, usize::from(late)),
            "{time}"
        );
    }
    // Sent again on another medium later: the first one counts.
    let other = tempfile::tempdir().unwrap();
    let again = muragat::transfer::send::send(
        &two.archive,
        two.transfer,
        (other.path(), Way::Tar),
        SYSTEM_ACTOR,
        &mut |_, _| {},
    );
    assert!(again.is_ok());
    assert_eq!(due().last.to_string(), "2028-03-20");

    // Before the holidays of the spring: three days off, with a weekend none of which is a working day.
    let two = Two::of(Sender::new());
    two.ready();
    let bench = &two.sender.due.bench;
    let set = |time: &str| {
        let wanted = chrono::DateTime::parse_from_rfc3339(time).unwrap().timestamp_millis();
        bench.clock.0.store(u64::try_from(wanted).unwrap(), Ordering::SeqCst);
    };
    set("2028-03-20T06:00:00Z");
    two.sender.due.fresh(&two.archive);
    two.prepare().unwrap();
    two.send(Way::Folder).unwrap();
    let due = receipt_due(&two.archive, &Case::read(&two.archive, two.transfer).unwrap()).unwrap().unwrap();
    // 21, 22 and 23 March are holidays.
    assert_eq!(due.last.to_string(), "2028-03-24");
    for (time, late) in [("2028-03-24T18:59:59.999Z", false), ("2028-03-24T19:00:00Z", true)] {
        set(time);
        assert_eq!(is_late(&two.archive, &due), late, "{time}");
    }
}
