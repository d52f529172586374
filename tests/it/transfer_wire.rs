//! A package over the network: two programs, two archives, mutual TLS, and lines that break.
//!
//! Goal: what the sender sealed is what the receiver takes in, once, wherever the line was cut and whichever side was
//! killed; nothing that the other side has is sent again; and nobody delivers for another archive, sees what is not
//! theirs, or leaves something behind that was refused. Method: the real program on both sides, a proxy between them that cuts and
//! stalls at offsets of a printed seed, SIGKILL, and a limit on the size of files in the place of a full disk.

use super::cli_json::check;
use super::disposal::Due;
use super::evidence::policy;
use super::signed::{AGENCY, Bench, DAY_MS, at, register_with_disposal};
use super::transfer::Sender;
use super::transfer_release::{Two, sealed};
use muragat::access;
use muragat::archive::{Archive, Holder};
use muragat::cli::samples::signer::Signer;
use muragat::clock::{Clock, SystemClock, civil_date};
use muragat::error::{Error, ErrorCode};
use muragat::model::digest::{Sha256, sha256};
use muragat::model::id::RecordId;
use muragat::model::party::Party;
use muragat::tlog::commit::SYSTEM_ACTOR;
use muragat::transfer::accession::respond::{Signed, reply};
use muragat::transfer::accession::{Stage, all};
use muragat::transfer::approve;
use muragat::transfer::case::{Case, Stage as Sending};
use muragat::transfer::list::draw_up;
use muragat::transfer::party::{Adoption, adopt};
use muragat::transfer::reply::Outcome;
use muragat::transfer::select::Reason;
use muragat::transfer::send::send_over;
use muragat::transfer::take::{Taken, sign};
use muragat::verify::material::Material;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde_json::Value;
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_muragat");
const BIN: &str = "000000000100";

/// A sealed transfer at one archive, another archive that knows it, and files by which both are known on the network.
pub(crate) struct World {
    pub(crate) sender: Sender,
    pub(crate) transfer: RecordId,
    pub(crate) folder: TempDir,
    pub(crate) receiver: Bench,
    pub(crate) digest: Sha256,
    /// The tar of the package.
    pub(crate) tar: Vec<u8>,
    /// A token of the machine that sends.
    token: String,
}

/// Files of authorities, of the service, and of machines.
pub(crate) fn certificates(folder: &Path) {
    let openssl = |arguments: &str| {
        let done = Command::new("openssl").args(arguments.split(' ')).current_dir(folder).output();
        let done = done.expect("openssl is needed here");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    };
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
    for name in ["root", "other", "sender-1", "sender-2", "clerk", "stranger"] {
        openssl(&format!("req -x509 {key} -keyout {name}.key -out {name}.pem -days 2 -subj /CN={name}"));
    }
    openssl(&format!("req {key} -keyout server.key -out server.csr -subj /CN=localhost"));
    std::fs::write(folder.join("server.ext"), "subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n").unwrap();
    openssl(
        "x509 -req -in server.csr -CA root.pem -CAkey root.key -set_serial 7 -days 2 -extfile server.ext -out server.pem",
    );
}

/// Rows of machines, and of an officer who receives.
fn rows() -> String {
    let machine = |name: &str, kind: &str| {
        format!(
            "\n[[service]]\nname = \"{name}\"\nbin = \"{BIN}\"\nkind = \"{kind}\"\nfrom = \"2020-01-01\"\n\
             basis = \"Үлгі бұйрық № 8\"\n"
        )
    };
    let officer = format!(
        "\n[[person]]\niin = \"000000000003\"\nbin = \"{BIN}\"\nkind = \"state_archive_receiver\"\n\
         post = \"Қабылдаушы\"\nfrom = \"2020-01-01\"\nbasis = \"Үлгі бұйрық № 6\"\n"
    );
    officer
        + &[("sender-1", "sender"), ("sender-2", "sender"), ("sender-3", "sender"), ("clerk", "clerk")]
            .map(|(name, kind)| machine(name, kind))
            .concat()
}

/// The file about an archive that hands over.
pub(crate) fn sender_file(id: &str, of: &Archive, archive: &str, date: &str) -> String {
    let (vkey, key) = (of.config().vkey.clone(), hex::encode(of.answer_key().unwrap().public()));
    format!(
        "schema = \"muragat/party/1\"\nid = \"{id}\"\nagency = \"{AGENCY}\"\nkind = \"sender\"\nbin = \"{BIN}\"\n\
         archive = \"{archive}\"\nvkey = \"{vkey}\"\nanswer_key = \"{key}\"\nbasis = \"Үлгі келісім № 2\"\n\
         date = \"{date}\"\ntitle = {{ kk = \"Үлгі архив\", ru = \"Архив (пример)\", en = \"Archive (sample)\" }}\n"
    )
}

/// The tar of the package; nothing says that it was sent.
fn tar(two: &Two) -> Vec<u8> {
    let mut bytes = Vec::new();
    let sent = send_over(&two.archive, two.transfer, SYSTEM_ACTOR, &mut |_, _| {}, &mut |parcel| {
        parcel.write(&mut bytes, &mut |_, _| {})?;
        assert_eq!(bytes.len() as u64, parcel.len);
        Err(Error::new(ErrorCode::NetNoAnswer, "test", "not sent"))
    });
    assert_eq!(sent.unwrap_err().code, ErrorCode::NetNoAnswer);
    bytes
}

impl World {
    pub(crate) fn new() -> Self {
        Self::holding(0)
    }

    /// The same with a document of about this many bytes in each record.
    pub(crate) fn holding(bytes: usize) -> Self {
        // A minute ago: what is signed by the moved clock is never later than the program's.
        let now = SystemClock.now() - 60_000;
        let start = now - 1100 * DAY_MS;
        let due = Due::closed_with(Bench::bare_at(start), &["3", "3"], &|n, bench, draft| {
            if bytes > 0 {
                draft.main = super::common::long_docx(n as u64, bytes);
                draft.signature = Some(bench.office.official.sign_detached(&draft.main, at(bench.now() - 120_000)));
                let digest = sha256(&draft.main).to_string();
                draft.card["documents"] = serde_json::json!([{"path": "main.docx", "sha256": digest}]);
            }
        });
        due.go_to(&civil_date(now).to_string());
        let (year, today) = (u16::try_from(chrono::Datelike::year(&civil_date(now)) - 1).unwrap(), due.today());
        let (sender, archive) = Sender::of(due, year, &today.to_string());
        let (receiver, state, trust) = Bench::bare_at(start).trusting();
        receiver.later(sender.due.bench.now() - receiver.now());
        receiver.share(&state, &receiver.office.crl(receiver.now(), &[]));
        receiver.adopt(&state, &policy(&receiver));
        receiver.adopt(&state, &(register_with_disposal(&trust.authority) + &rows()));
        receiver.later(2_000);
        let another = "00000000000000000000000000000007";
        for (id, of) in [("sender-1", archive.id().to_string()), ("sender-2", another.to_owned())] {
            let file = sender_file(id, &archive, &of, &today.to_string());
            let party = Party::parse(file.as_bytes(), "party.toml").unwrap();
            let who = [&receiver.office.approvers[0], &receiver.office.commission[0]];
            let signatures = who.map(|who| who.sign_detached(file.as_bytes(), at(receiver.now())));
            let adopted = adopt(&state, (&party, file.as_bytes()), &signatures, &Material::default(), SYSTEM_ACTOR);
            assert!(matches!(adopted, Ok(Adoption::Done(_))), "{adopted:?}");
        }
        let folder = tempfile::tempdir().unwrap();
        certificates(folder.path());
        for name in ["sender-1", "sender-2", "sender-3", "clerk"] {
            state.open_account(name, &Holder::Service(name.into()), None, SYSTEM_ACTOR).unwrap();
            if name != "sender-3" {
                let der = CertificateDer::from_pem_file(folder.path().join(format!("{name}.pem"))).unwrap();
                state.bind_certificate(name, sha256(&der), SYSTEM_ACTOR).unwrap();
            }
        }
        let file = super::transfer::party_file(&archive, &today.to_string(), "state_archive")
            .replace(&"09".repeat(32), &hex::encode(state.answer_key().unwrap().public()))
            .replace("00000000000000000000000000000001", &state.id().to_string())
            .replace("000000000200", BIN);
        let theirs = state.config().vkey.to_string();
        let line = file.lines().find(|line| line.starts_with("vkey")).unwrap().to_owned();
        let file = file.replace(&line, &format!("vkey = \"{theirs}\""));
        let office = &sender.due.bench.office;
        sender.adopt(&archive, &file, &[&office.approvers[0], &office.commission[0]]).unwrap();
        let transfer = sender.select(&archive, Reason::Early, &[sender.file(0), sender.file(1)]).unwrap();
        let (list, _) = draw_up(&archive, transfer, SYSTEM_ACTOR).unwrap();
        let approved = sender.approve(&archive, transfer, &list.encode(), &[&office.commission[0]]).unwrap();
        assert!(matches!(approved, approve::Signed::Done(_)), "{approved:?}");
        let own = state.actor("sender-1").unwrap();
        let until = state.today() + chrono::Days::new(9);
        let token = state.issue_token("sender-1", &super::served::all_scopes(), until, own).unwrap().1;
        let two = Two { sender, archive, state, transfer, folder };
        two.ready();
        let digest = sealed(two.prepare().unwrap()).digest;
        let tar = tar(&two);
        let Two { sender, archive, state, transfer, folder } = two;
        archive.close().unwrap();
        state.close().unwrap();
        Self { sender, transfer, folder, receiver, digest, tar, token }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The command that sends, through a place.
    pub(crate) fn send(&self, port: u16, ca: &str) -> Command {
        self.command("send", port, ca)
    }

    pub(crate) fn command(&self, what: &str, port: u16, ca: &str) -> Command {
        let mut command = Command::new(PROGRAM);
        let (to, id) = (format!("https://localhost:{port}/"), self.transfer.to_string());
        command.args(["transfer", what, &id, "--json", "--to", &to, "--archive"]);
        command.arg(self.sender.due.bench.root()).arg("--certificate").arg(self.path("sender-1.pem"));
        command.arg("--key").arg(self.path("sender-1.key")).arg("--ca").arg(self.path(&format!("{ca}.pem")));
        command.env("MURAGAT_LANG", "en").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// What became of it at the receiver: one accession, and every byte that was sent.
    pub(crate) fn arrived(&self) {
        let state = self.receiver.open();
        let accessions = all(&state).unwrap();
        assert_eq!(accessions.len(), 1);
        let accession = &accessions[0];
        assert_eq!((accession.digest, accession.stage()), (self.digest, Stage::Checked));
        let rows = accession.documents(&state).unwrap().unwrap().0.rows;
        let archive = self.sender.due.bench.open();
        for row in &rows {
            assert!(matches!(row.outcome, Outcome::Accepted | Outcome::AcceptedWithRemark), "{row:?}");
            let main = |archive: &Archive, id| {
                let opened = access::open(archive, id, SYSTEM_ACTOR).unwrap();
                let found = opened.manifest().unwrap().components.iter().position(|c| c.path == "main.docx");
                assert!(found.is_some());
                opened.read(opened.component("main.docx").unwrap()).unwrap()
            };
            assert_eq!(main(&state, row.reference.unwrap()), main(&archive, row.record.parse().unwrap()));
        }
        assert_eq!(rows.len(), 2);
        let case = Case::read(&archive, self.transfer).unwrap();
        assert_eq!((case.stage(), case.row.sent.len()), (Sending::Delivered, 1), "sent is said once");
        archive.close().unwrap();
        state.close().unwrap();
    }
}

pub(crate) fn said(output: &std::process::Output) -> Value {
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().last().unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"))
}

/// The program that serves the receiver.
pub(crate) struct Service {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Service {
    pub(crate) fn start(world: &World) -> Self {
        Self::limited(world, "unlimited")
    }

    /// With a limit on the size of its files, in blocks of the shell; writing beyond is an error and no signal.
    pub(crate) fn limited(world: &World, blocks: &str) -> Self {
        let mut command = Command::new("bash");
        command.args(["-c", "trap '' XFSZ; ulimit -f \"$0\"; exec \"$@\"", blocks, PROGRAM]);
        command.args(["serve", "--json", "--readers", "0", "--listen", "127.0.0.1:0", "--archive"]);
        command.arg(world.receiver.root()).arg("--tls-cert").arg(world.path("server.pem"));
        command.arg("--tls-key").arg(world.path("server.key"));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let value: Value = serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line}"));
        Self { child, address: value["addresses"][0].as_str().unwrap().parse().unwrap() }
    }

    /// SIGKILL.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub(crate) fn end(mut self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the proxy does with a connection after so many bytes from the sender.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fault {
    /// Cuts it, on both sides.
    Cut(u64),
    /// Says nothing more until it is let go, and then cuts it.
    Stall(u64),
}

/// Stands between sender and receiver.
pub(crate) struct Proxy {
    pub(crate) port: u16,
    to: Arc<Mutex<SocketAddr>>,
    faults: Arc<Mutex<VecDeque<Fault>>>,
    /// Bytes that came from the sender and went on.
    pub(crate) passed: Arc<AtomicU64>,
    /// 1: one stalls; 2: it may be cut.
    stalled: Arc<AtomicU64>,
}

impl Proxy {
    pub(crate) fn new(to: SocketAddr, faults: &[Fault]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = Self {
            port: listener.local_addr().unwrap().port(),
            to: Arc::new(Mutex::new(to)),
            faults: Arc::new(Mutex::new(faults.iter().copied().collect())),
            passed: Arc::default(),
            stalled: Arc::default(),
        };
        let (to, faults) = (proxy.to.clone(), proxy.faults.clone());
        let (passed, stalled) = (proxy.passed.clone(), proxy.stalled.clone());
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(server) = TcpStream::connect(*to.lock().unwrap()) else { continue };
                let (faults, passed, stalled) = (faults.clone(), passed.clone(), stalled.clone());
                std::thread::spawn(move || Self::pass(&client, &server, &faults, &passed, &stalled));
            }
        });
        proxy
    }

    fn pass(
        client: &TcpStream,
        server: &TcpStream,
        faults: &Mutex<VecDeque<Fault>>,
        passed: &AtomicU64,
        stalled: &AtomicU64,
    ) {
        let back = (server.try_clone().unwrap(), client.try_clone().unwrap());
        std::thread::spawn(move || {
            let (mut from, mut to) = back;
            let _ = std::io::copy(&mut from, &mut to);
            let _ = to.shutdown(Shutdown::Both);
        });
        let (mut from, mut to) = (client, server);
        let (mut buffer, mut count) = ([0; 4096], 0);
        loop {
            let read = from.read(&mut buffer).unwrap_or(0);
            if read == 0 {
                break;
            }
            let next = faults.lock().unwrap().front().copied();
            let until = match next {
                Some(Fault::Cut(at) | Fault::Stall(at)) => at,
                None => u64::MAX,
            };
            let goes = usize::try_from(until.saturating_sub(count)).unwrap_or(usize::MAX).min(read);
            if to.write_all(&buffer[..goes]).is_err() {
                break;
            }
            count += goes as u64;
            passed.fetch_add(goes as u64, Ordering::SeqCst);
            if goes < read {
                faults.lock().unwrap().pop_front();
                if let Some(Fault::Stall(_)) = next {
                    stalled.store(1, Ordering::SeqCst);
                    while stalled.load(Ordering::SeqCst) == 1 {
                        std::thread::sleep(Duration::from_millis(10));
                    }
                }
                break;
            }
        }
        let _ = client.shutdown(Shutdown::Both);
        let _ = server.shutdown(Shutdown::Both);
    }

    pub(crate) fn wait_stall(&self) {
        let begun = Instant::now();
        while self.stalled.load(Ordering::SeqCst) != 1 {
            assert!(begun.elapsed() < Duration::from_secs(120), "nothing stalled");
            std::thread::sleep(Duration::from_millis(10));
        }
        // What went through before is at the other side, or in its buffers.
        std::thread::sleep(Duration::from_millis(300));
    }
}

/// Numbers of a seed (SplitMix64).
pub(crate) fn numbers(mut seed: u64) -> impl FnMut(u64, u64) -> u64 {
    move |from, to| {
        seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = seed;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        from + (z ^ (z >> 31)) % (to - from)
    }
}

#[test]
fn a_package_is_there_whole_however_often_its_line_was_cut_and_both_sign_over_it() {
    let world = World::new();
    let len = world.tar.len() as u64;
    let service = Service::start(&world);
    let seed = SystemClock.now();
    let mut number = numbers(seed);
    // In handshakes, in heads and in the package; the longest ones last, so that some of them are inside it.
    let mut at: Vec<u64> = (0..9).map(|n| if n < 3 { number(1, 4_000) } else { number(4_000, len) }).collect();
    at.sort_unstable();
    println!("seed {seed}: {len} bytes, cut at {at:?}");
    let proxy = Proxy::new(service.address, &at.iter().map(|at| Fault::Cut(*at)).collect::<Vec<_>>());
    // Under another authority nothing is asked: it tries for a while, and gets nowhere.
    let mut wrong = world.send(service.address.port(), "other").spawn().unwrap();
    std::thread::sleep(Duration::from_secs(3));
    assert!(wrong.try_wait().unwrap().is_none(), "it is not given up at once, and has not succeeded");
    wrong.kill().unwrap();
    wrong.wait().unwrap();
    let spool = || std::fs::read_dir(world.receiver.root().join("spool")).into_iter().flatten().flatten();
    let uploads = || spool().filter(|file| file.file_name().to_string_lossy().starts_with("up-")).count();
    assert_eq!(uploads(), 0, "nothing was begun");

    let sent = world.send(proxy.port, "root").output().unwrap();
    assert!(sent.status.success(), "{} {}", said(&sent), String::from_utf8_lossy(&sent.stderr));
    assert_eq!(said(&sent)["status"], "delivered");
    check("transfer-answer", &said(&sent));
    assert!(proxy.faults.lock().unwrap().len() < at.len(), "some cuts were met");
    println!("{} of {} cuts were met", at.len() - proxy.faults.lock().unwrap().len(), at.len());
    // There is no reply yet; nothing stays of the upload.
    let waiting = world.command("exchange", service.address.port(), "root").output().unwrap();
    assert_eq!(said(&waiting)["status"], "waiting");
    check("transfer-answer", &said(&waiting));
    service.end();
    assert_eq!(uploads(), 0, "nothing stays of the upload");
    world.arrived();

    // An officer there signs; the reply is fetched, the act signed here and brought back.
    let catch_up = |bench: &Bench| bench.later((SystemClock.now() - bench.now()) + 1_000);
    catch_up(&world.receiver);
    let state = world.receiver.open();
    let accession = all(&state).unwrap().remove(0);
    let (answer, act) = accession.documents(&state).unwrap().unwrap();
    let over = |who: &Signer, bytes: &[u8]| vec![who.sign_detached(bytes, at_of(&world.receiver))];
    let officer = &world.receiver.office.stranger;
    let (over_reply, over_act) = (over(officer, &answer.encode()), over(officer, &act.encode()));
    let signed = reply(&state, accession.id, (&over_reply, &over_act), &Material::default(), SYSTEM_ACTOR).unwrap();
    assert!(matches!(signed, Signed::Done(_)), "{signed:?}");
    state.close().unwrap();
    std::thread::sleep(Duration::from_millis(2_100));
    let service = Service::start(&world);
    let exchange = || world.command("exchange", service.address.port(), "root").output().unwrap();
    let fetched = exchange();
    assert_eq!(said(&fetched)["status"], "replied", "{}", String::from_utf8_lossy(&fetched.stderr));
    check("transfer-answer", &said(&fetched));
    let bench = &world.sender.due.bench;
    catch_up(bench);
    let archive = bench.open();
    let act = Case::read(&archive, world.transfer).unwrap().replied(&archive).unwrap().act.encode();
    let signature = vec![bench.office.approvers[0].sign_detached(&act, at_of(bench))];
    let signed = sign(&archive, world.transfer, &signature, &Material::default(), SYSTEM_ACTOR).unwrap();
    assert!(matches!(signed, Taken::Done(_)), "{signed:?}");
    archive.close().unwrap();
    std::thread::sleep(Duration::from_millis(4_000));
    for _ in 0..2 {
        let brought = world.command("exchange", service.address.port(), "root").output().unwrap();
        assert_eq!(said(&brought)["status"], "brought", "{}", String::from_utf8_lossy(&brought.stderr));
        check("transfer-answer", &said(&brought));
    }
    service.end();
    let state = world.receiver.open();
    assert_eq!(all(&state).unwrap()[0].stage(), Stage::Agreed);
    state.close().unwrap();
}

fn at_of(bench: &Bench) -> chrono::DateTime<chrono::Utc> {
    at(bench.now())
}

#[test]
fn either_side_is_killed_in_the_middle_and_goes_on() {
    let world = World::new();
    let len = world.tar.len() as u64;
    let seed = SystemClock.now();
    let mut number = numbers(seed);
    // What is left after the first is more than the second takes.
    let [first, second] = [number(len / 2, len * 5 / 8), number(len / 4, len / 3)];
    println!("seed {seed}: {len} bytes, the sender is killed at {first}, the receiver at {second} more");
    let service = Service::start(&world);
    let proxy = Proxy::new(service.address, &[Fault::Stall(first)]);
    let mut sender = world.send(proxy.port, "root").spawn().unwrap();
    proxy.wait_stall();
    sender.kill().unwrap();
    sender.wait().unwrap();
    proxy.stalled.store(2, Ordering::SeqCst);

    // The second sender has what is left to send, and the receiver is killed under it.
    let before = proxy.passed.load(Ordering::SeqCst);
    proxy.faults.lock().unwrap().push_back(Fault::Stall(second));
    let sender = world.send(proxy.port, "root").spawn().unwrap();
    proxy.wait_stall();
    service.kill();
    let service = Service::start(&world);
    *proxy.to.lock().unwrap() = service.address;
    proxy.stalled.store(2, Ordering::SeqCst);
    let sent = sender.wait_with_output().unwrap();
    assert!(sent.status.success(), "{} {}", said(&sent), String::from_utf8_lossy(&sent.stderr));
    let after = proxy.passed.load(Ordering::SeqCst) - before;
    println!("{after} bytes after the sender was killed");
    assert!(after < len, "what was there was not sent again: {after} of {len}");
    // The same again is the same entry, and nothing is sent.
    let again = world.send(service.address.port(), "root").output().unwrap();
    assert_ne!(said(&again)["status"], "refused");
    service.end();
    world.arrived();
}

/// A client that does what it is told.
struct Client {
    agent: ureq::Agent,
    base: String,
}

impl Client {
    fn new(world: &World, address: SocketAddr, shown: Option<&str>) -> Self {
        use ureq::tls::{Certificate, ClientCert, PrivateKey, RootCerts, TlsConfig};
        let read = |name: &str| std::fs::read(world.path(name)).unwrap();
        let cert = shown.map(|name| {
            let certificate = Certificate::from_pem(&read(&format!("{name}.pem"))).unwrap();
            ClientCert::new_with_certs(&[certificate], PrivateKey::from_pem(&read(&format!("{name}.key"))).unwrap())
        });
        let roots = vec![Certificate::from_pem(&read("root.pem")).unwrap()];
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::Specific(Arc::new(roots)))
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .client_cert(cert)
            .build();
        let config = ureq::Agent::config_builder().http_status_as_error(false).tls_config(tls);
        Self { agent: config.build().into(), base: format!("https://localhost:{}", address.port()) }
    }

    /// Status, code, `Location` or `Upload-Offset`, and the body.
    fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], sent: &[u8]) -> (u16, String, String, Value) {
        let mut request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.base));
        for (name, value) in [&[("Tus-Resumable", "1.0.0")], headers].concat() {
            request = request.header(name, value);
        }
        let mut answer = match method {
            "GET" | "HEAD" => self.agent.run(request.body(()).unwrap()).unwrap(),
            _ => self.agent.run(request.body(sent).unwrap()).unwrap(),
        };
        let header = |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        let found = header("location").or_else(|| header("upload-offset")).unwrap_or_default();
        let status = answer.status().as_u16();
        let body: Value = serde_json::from_slice(&answer.body_mut().read_to_vec().unwrap()).unwrap_or_default();
        (status, body["code"].as_str().unwrap_or_default().to_owned(), found, body)
    }

    fn begin(&self, digest: &str, len: u64) -> (u16, String, String) {
        use base64::Engine;
        let metadata = format!("digest {}", base64::engine::general_purpose::STANDARD.encode(digest));
        let headers = [("Upload-Length", &*len.to_string()), ("Upload-Metadata", &metadata)];
        let (status, code, location, _) = self.ask("POST", "/api/v1/accessions/deliveries", &headers, b"");
        (status, code, location)
    }

    fn put(&self, path: &str, offset: u64, part: &[u8]) -> (u16, String, String) {
        let headers = [("Upload-Offset", &*offset.to_string()), ("Content-Type", "application/offset+octet-stream")];
        let (status, code, offset, _) = self.ask("PATCH", path, &headers, part);
        (status, code, offset)
    }

    /// Delivers all of it and has it taken in.
    fn deliver(&self, digest: &str, bytes: &[u8]) -> (String, u16, String, Value) {
        let (status, _, path) = self.begin(digest, bytes.len() as u64);
        assert_eq!(status, 201);
        assert_eq!(self.put(&path, 0, bytes).0, 204);
        let (status, code, _, body) = self.ask("POST", &format!("{path}/accession"), &[], b"");
        (path, status, code, body)
    }
}

#[test]
fn nobody_delivers_for_another_archive_or_sees_what_is_not_theirs() {
    let world = World::new();
    let tar = world.tar.clone();
    let service = Service::start(&world);
    let client = |shown| Client::new(&world, service.address, shown);
    let digest = world.digest.to_string();
    let size = || {
        let checkpoint = client(None).agent.get(format!("{}/tlog/checkpoint", client(None).base)).call().unwrap();
        let text = checkpoint.into_body().read_to_string().unwrap();
        text.lines().nth(1).unwrap().parse::<u64>().unwrap()
    };
    // An account that comes for the first time gets its pseudonym, which is an entry and no part of what it brings.
    for name in ["clerk", "sender-1", "sender-2"] {
        client(Some(name)).ask("GET", "/api/v1/me", &[], b"");
    }
    let before = size();
    let len = tar.len() as u64;
    // No certificate, one that nobody bound, another office; a machine's token is not its certificate.
    for (shown, wanted) in [(None, (401, "SRV-001")), (Some("stranger"), (401, "")), (Some("clerk"), (403, "ACC-005"))]
    {
        let (status, code, _) = client(shown).begin(&digest, len);
        assert_eq!(status, wanted.0, "{shown:?} {code}");
        assert!(wanted.0 == 401 || code == wanted.1, "{shown:?} {code}");
    }
    let bearer = format!("Bearer {}", world.token);
    let path = format!("/api/v1/accessions/{digest}");
    let (status, code, ..) = client(None).ask("GET", &path, &[("Authorization", &bearer)], b"");
    assert_eq!((status, code.as_str()), (403, "ACC-006"));
    // Announced as something else, damaged, and by the machine of another archive: refused, and nothing is left.
    let (one, two) = (client(Some("sender-1")), client(Some("sender-2")));
    let mut damaged = tar.clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    let none = "0".repeat(64);
    for (who, name, bytes, wanted) in [
        (&one, &none, &tar, (400, "SRV-015")),
        (&one, &digest, &damaged, (422, "TRF-031")),
        (&two, &digest, &tar, (422, "TRF-033")),
    ] {
        let (path, status, code, body) = who.deliver(name, bytes);
        assert_eq!((status, code.as_str()), wanted, "{body}");
        assert!(!body.to_string().contains("sender-1"), "{body}");
        assert_eq!(who.ask("HEAD", &path, &[], b"").0, 404, "nothing of it is left");
    }
    assert_eq!(size(), before, "and nothing is stored");
    // What one has begun is nothing for another; begun again it is the same one.
    let (_, _, path) = one.begin(&digest, len);
    assert_eq!(one.put(&path, 0, &tar[..1000]).0, 204);
    assert_eq!(one.begin(&digest, len), (200, String::new(), path.clone()));
    assert_eq!(two.ask("HEAD", &path, &[], b"").0, 404);
    assert_eq!(two.put(&path, 1000, &tar[1000..]).1, "SRV-017");
    assert_eq!(two.ask("POST", &format!("{path}/accession"), &[], b"").1, "SRV-017");
    assert_eq!(two.ask("DELETE", &path, &[], b"").1, "SRV-017");
    assert_eq!(one.put(&path, 5, &tar[5..]).1, "SRV-018");
    assert_eq!(one.ask("POST", &format!("{path}/accession"), &[], b"").1, "SRV-018", "not whole");
    assert_eq!(one.put(&path, 1000, &tar[1000..]), (204, String::new(), len.to_string()));
    let (status, _, _, accession) = one.ask("POST", &format!("{path}/accession"), &[], b"");
    assert_eq!((status, accession["stage"].as_str()), (200, Some("checked")), "{accession}");
    // An accession is there for its own archive, by id and by digest; for another it is like none.
    let id = accession["accession_id"].as_str().unwrap().to_owned();
    for name in [&id, &digest] {
        for (method, end, wanted) in
            [("GET", "", 200), ("GET", "/receipt", 200), ("GET", "/reply", 409), ("POST", "/act", 422)]
        {
            let ask = |who: &Client, name: &str| {
                let (status, code, _, mut body) =
                    who.ask(method, &format!("/api/v1/accessions/{name}{end}"), &[], b"{}");
                body["request_id"] = Value::Null;
                (status, code, body)
            };
            assert_eq!(ask(&one, name).0, wanted, "{end}");
            let never = if name == &id { "0".repeat(32) } else { none.clone() };
            assert_eq!(ask(&two, name), ask(&two, &never), "{end}");
            assert_eq!(ask(&two, name).1, "TRF-034");
        }
    }
    // What is there already is told to no other archive.
    let (_, status, code, body) = two.deliver(&digest, &tar);
    assert_eq!((status, code.as_str()), (422, "TRF-033"));
    assert!(!body.to_string().contains("sender-1"), "{body}");
    service.end();
}

#[test]
fn a_receiver_without_room_says_so_and_goes_on_when_there_is() {
    let world = World::new();
    // 24 MiB.
    let service = Service::limited(&world, "24576");
    let part = vec![7; 4 << 20];
    let (len, digest) = (40 << 20, "1".repeat(64));
    let client = Client::new(&world, service.address, Some("sender-1"));
    let (status, _, path) = client.begin(&digest, len);
    assert_eq!(status, 201);
    let mut at = 0;
    let refused = loop {
        let (status, code, offset) = client.put(&path, at, &part);
        if status != 204 {
            break (status, code);
        }
        at = offset.parse().unwrap();
        assert!(at < len);
    };
    assert_eq!(refused, (507, "STO-004".to_owned()));
    let head = |client: &Client| client.ask("HEAD", &path, &[], b"").2.parse::<u64>().unwrap();
    let there = head(&client);
    assert!(there >= at && there < 24 << 20, "{at} {there}");
    assert_eq!(client.put(&path, there, &part).0, 507, "still");
    service.kill();
    let service = Service::start(&world);
    let client = Client::new(&world, service.address, Some("sender-1"));
    let mut at = head(&client);
    assert!(at >= there);
    while at < len {
        let end = part.len().min(usize::try_from(len - at).unwrap());
        let (status, _, offset) = client.put(&path, at, &part[..end]);
        assert_eq!(status, 204);
        at = offset.parse().unwrap();
    }
    // It is no package, and all of it is there: that is found out, and nothing is left.
    assert_eq!(client.ask("POST", &format!("{path}/accession"), &[], b"").1, "SRV-015");
    assert_eq!(client.ask("HEAD", &path, &[], b"").0, 404);
    service.end();
}
