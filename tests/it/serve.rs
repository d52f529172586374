//! Commands beside a service.
//!
//! Goal: every command gives beside a service what it gives without one, and what it does is there for the service at
//! once; a command that must have the archive alone gets it, and the service goes on. Method: the real program as a
//! service, and as the commands.

use super::bed::{cover, submission, unsigned};
use super::served::{ZIP, send};
use base64::Engine;
use muragat::archive::Archive;
use muragat::clock::SystemClock;
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

const PROGRAM: &str = env!("CARGO_BIN_EXE_muragat");

pub(crate) struct Service {
    child: Child,
    pub(crate) address: String,
}

impl Service {
    pub(crate) fn start(archive: &Path) -> Self {
        let mut command = Command::new(PROGRAM);
        command.args(["serve", "--json", "--listen", "127.0.0.1:0", "--archive"]).arg(archive);
        Self::of(command)
    }

    /// A program that says where it serves, after whatever else it has to say.
    fn of(mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut service = Self { child: command.spawn().unwrap(), address: String::new() };
        for line in BufReader::new(service.child.stdout.take().unwrap()).lines() {
            let said: Value = serde_json::from_str(&line.unwrap()).unwrap();
            if let Some(address) = said["addresses"][0].as_str() {
                service.address = address.to_owned();
                return service;
            }
        }
        panic!("it ended");
    }

    /// Asks it to end, and waits.
    fn end(mut self) -> bool {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(60) {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.success();
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        false
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Shell {
    archive: PathBuf,
    folder: PathBuf,
}

impl Shell {
    fn run(&self, args: &[&str]) -> Output {
        let mut command = Command::new(PROGRAM);
        command.args(args).arg("--archive").arg(&self.archive).current_dir(&self.folder).env("MURAGAT_LANG", "en");
        command.stdin(Stdio::null()).output().unwrap()
    }

    /// Exit code and result.
    fn out(&self, args: &[&str]) -> (Option<i32>, String) {
        let output = self.run(args);
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

/// An archive with two records, and a folder beside it to work in.
fn shell(folder: &Path) -> Shell {
    let archive = folder.join("archive");
    Archive::create(&archive, &unsigned(), Arc::new(SystemClock)).unwrap().close().unwrap();
    let shell = Shell { archive, folder: folder.to_owned() };
    for number in 1..=2 {
        submission(&folder.join("in"), number, &[("main.docx", cover())], "public");
    }
    assert_eq!(shell.run(&["ingest", "in"]).status.code(), Some(0));
    shell
}

#[test]
fn commands_give_beside_a_service_what_they_give_without_one() {
    let folder = tempfile::tempdir().unwrap();
    let shell = shell(folder.path());
    let id = {
        let (_, rows) = shell.out(&["search", "--json", "Сынақ"]);
        let row: Value = serde_json::from_str(rows.lines().next().unwrap()).unwrap();
        row["record_id"].as_str().unwrap().to_owned()
    };
    let commands: &[&[&str]] = &[
        &["search", "Сынақ"],
        &["search", "--json", "Сынақ"],
        &["show", &id],
        &["show", "--json", &id],
        &["show", "nonsense"],
        &["get", &id, "--component", "main.docx"],
        &["get", &id, "--component", "main.docx", "--range", "3-9"],
        &["log", "checkpoint"],
        &["log", "entries", "--json", "--record", &id],
        &["hold", "list"],
        &["due", "--unfiled"],
        &["nomenclature", "list", "--json"],
        &["search", "nofield:1"],
    ];
    let alone: Vec<_> = commands.iter().map(|args| shell.out(args)).collect();
    let service = Service::start(&shell.archive);
    for (args, alone) in commands.iter().zip(&alone) {
        assert_eq!(shell.out(args), *alone, "{args:?}");
    }
    // Files are those of the folder that the command was typed in.
    assert_eq!(shell.run(&["get", &id, "-o", "out"]).status.code(), Some(0));
    assert!(folder.path().join("out").join("main.docx").exists());
    assert_eq!(shell.run(&["get", &id]).status.code(), Some(0));
    assert!(folder.path().join(&id).join("main.docx").exists());
    submission(&folder.path().join("more"), 3, &[("main.docx", cover())], "public");
    assert_eq!(shell.run(&["ingest", "more"]).status.code(), Some(0));
    assert_eq!(shell.out(&["search", "--json", "Сынақ"]).1.lines().count(), 3);
    // With the archive alone, in turn with the others.
    // Each ends before the service has opened the archive again, and the next one waits for that.
    for _ in 0..5 {
        assert_eq!(shell.out(&["audit", "--fast"]).0, Some(0));
    }
    assert_eq!(shell.out(&["reindex"]).0, Some(0));
    std::thread::scope(|scope| {
        let audits = (0..3).map(|_| scope.spawn(|| shell.out(&["audit", "--fast"]).0)).collect::<Vec<_>>();
        for _ in 0..5 {
            assert_eq!(shell.out(&["search", "--json", "Сынақ"]).1.lines().count(), 3);
        }
        for audit in audits {
            // One that came while another had it is told to come again.
            assert!(matches!(audit.join().unwrap(), Some(0 | 7)));
        }
    });
    // A password is asked of who typed the command, not of the service.
    let refused = shell.run(&["user", "add", "setup", "--bootstrap"]);
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
    let ready = || {
        let mut stream = std::net::TcpStream::connect(&service.address).unwrap();
        let request = b"GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        std::io::Write::write_all(&mut stream, request).unwrap();
        let mut answer = String::new();
        std::io::Read::read_to_string(&mut stream, &mut answer).unwrap();
        answer.starts_with("HTTP/1.1 200")
    };
    // It opens the archive again when a command lets go of it.
    let begun = Instant::now();
    while !ready() && begun.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(ready());
    assert!(service.end(), "it ends in good order");
    assert_eq!(shell.out(&["search", "--json", "Сынақ"]).1.lines().count(), 3, "and commands go on without it");
    assert_eq!(shell.out(&["audit"]).0, Some(0));
}

#[test]
fn a_service_that_was_killed_leaves_nothing_in_the_way() {
    let folder = tempfile::tempdir().unwrap();
    let shell = shell(folder.path());
    let mut service = Service::start(&shell.archive);
    service.child.kill().unwrap();
    service.child.wait().unwrap();
    assert!(shell.archive.join("state").join("socket").exists(), "its socket lies there");
    assert_eq!(shell.out(&["search", "--json", "Сынақ"]).1.lines().count(), 2);
    let next = Service::start(&shell.archive);
    assert_eq!(shell.out(&["search", "--json", "Сынақ"]).1.lines().count(), 2);
    drop(service);
    assert!(next.end());
}

/// Goal: what the demonstration says about its service works as it is said. Method: the demo as a user starts it; each
/// of its people asks with the token that lies there, and one signs in by a signature of OpenSSL, where that is here.
#[test]
fn the_demonstration_serves_and_its_people_can_ask() {
    let folder = tempfile::tempdir().unwrap();
    let demo = folder.path().join("demo");
    let mut command = Command::new(PROGRAM);
    command.args(["demo", "--json", "--listen", "127.0.0.1:0"]).arg(&demo);
    let service = Service::of(command);
    let address = service.address.parse().unwrap();
    let people = demo.join("people");
    let get = |who: &str, path: &str| {
        let token = std::fs::read_to_string(people.join(format!("{who}.token"))).unwrap();
        send(address, Some(token.trim()), "GET", path, &[], b"")
    };
    let found = get("archivist", "/api/v1/records?q=reg:%D0%BA%D1%96%D1%80-27").json();
    let id = found["items"][0]["record_id"].as_str().unwrap().to_owned();
    assert_eq!(get("archivist", &format!("/api/v1/records/{id}")).status, 200);
    assert_eq!(get("edms", &format!("/api/v1/records/{id}")).status, 403, "who hands in does not read");
    // Whoever has a token opens something by it; who works in sessions only has none.
    for (who, path) in [("archivist", "/api/v1/records"), ("edms", "/api/v1/nomenclature")] {
        assert_eq!(get(who, path).status, 200, "{who}");
    }
    for who in ["legal-officer", "auditor"] {
        assert!(people.join(format!("{who}.pem")).exists() && !people.join(format!("{who}.token")).exists(), "{who}");
    }
    let hand_in = |who: &str| {
        let token = std::fs::read_to_string(people.join(format!("{who}.token"))).unwrap();
        let zip = std::fs::read(demo.join("next.zip")).unwrap();
        send(address, Some(token.trim()), "POST", "/api/v1/submissions", &[ZIP], &zip).status
    };
    assert_eq!([hand_in("edms"), hand_in("edms")], [201, 200]);
    let mode = std::fs::metadata(&people).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "keys and tokens are the owner's");
    if Command::new("openssl").arg("version").output().is_err() {
        println!("skipped: no openssl: nobody signs in by a signature");
    } else {
        let nonce = send(address, None, "POST", "/api/v1/login/nonce", &[], b"").json();
        let (text, signed) = (folder.path().join("text"), folder.path().join("signed"));
        std::fs::write(&text, nonce["text"].as_str().unwrap()).unwrap();
        let mut openssl = Command::new("openssl");
        openssl.args(["cms", "-sign", "-binary", "-nodetach", "-outform", "DER", "-md", "sha256", "-cades", "-in"]);
        openssl.arg(&text).arg("-signer").arg(people.join("legal-officer.pem")).arg("-out").arg(&signed);
        assert!(openssl.status().unwrap().success());
        let cms = base64::engine::general_purpose::STANDARD.encode(std::fs::read(&signed).unwrap());
        let body = serde_json::json!({"id": nonce["id"], "cms": cms}).to_string();
        let json = [("Content-Type", "application/json"), ("Sec-Fetch-Site", "same-origin")];
        let answer = send(address, None, "POST", "/api/v1/login/signature", &json, body.as_bytes());
        assert_eq!((answer.status, answer.headers.contains_key("set-cookie")), (200, true), "{answer:?}");
    }
    assert!(service.end());
}

/// Goal: who puts documents into a drop folder does not wait for a service that looks elsewhere.
#[test]
fn a_drop_folder_that_is_none_ends_the_service_at_its_start() {
    let folder = tempfile::tempdir().unwrap();
    let shell = shell(folder.path());
    std::fs::write(folder.path().join("file"), b"").unwrap();
    for inbox in ["nowhere", "file"] {
        let args = ["serve", "--json", "--listen", "127.0.0.1:0", "--inbox", inbox];
        let (status, out) = shell.out(&args);
        let said: Value = serde_json::from_str(out.lines().last().unwrap()).unwrap();
        assert_eq!((status, said["error"]["code"].as_str()), (Some(8), Some("SRV-023")), "{out}");
    }
}
