//! An archive that is served, and a client that sends exactly what it is told.

use super::confirmed::row;
use super::signed::{Bench, Draft, register_with_disposal};
use muragat::api::{Options, Server, TlsFiles};
use muragat::archive::{Archive, Holder, Slot};
use muragat::model::iin::Iin;
use muragat::text::Lang;
use muragat::tlog::commit::SYSTEM_ACTOR;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// What the services of all tests have logged.
static LOG: Mutex<Vec<Value>> = Mutex::new(Vec::new());

/// The line of the log about the request that was answered so.
pub(crate) fn logged(answer: &Answer) -> Value {
    let id = &answer.headers["x-request-id"];
    let log = LOG.lock().unwrap();
    log.iter().rev().find(|line| line["request_id"] == *id).unwrap_or_else(|| panic!("not logged: {answer:?}")).clone()
}

/// What came back.
#[derive(Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

/// The beginning of the body is enough to see what went wrong.
impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let body = String::from_utf8_lossy(&self.body[..self.body.len().min(600)]);
        write!(f, "{} {:?} {body}", self.status, self.headers)
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&self.body)))
    }

    /// The code of a problem.
    pub(crate) fn code(&self) -> String {
        assert_eq!(self.headers["content-type"], "application/problem+json", "{self:?}");
        self.json()["code"].as_str().unwrap().to_owned()
    }
}

/// An archive that is served, with tokens of accounts in several offices.
pub(crate) struct Served {
    pub(crate) bench: Bench,
    pub(crate) address: SocketAddr,
    pub(crate) tokens: BTreeMap<&'static str, String>,
    stop: &'static AtomicBool,
    slot: Arc<Slot>,
    thread: Option<JoinHandle<()>>,
    inbox: Option<PathBuf>,
    tls: Option<TlsFiles>,
}

/// Accounts of the served archive: name, IIN (none: a machine), office, categories.
pub(crate) const STAFF: [(&str, Option<&str>, &str); 6] = [
    ("archivist", Some("000000000021"), "archivist"),
    ("public-only", Some("000000000023"), "archivist"),
    ("other-agency", Some("000000000022"), "archivist"),
    ("admin", Some("000000000015"), "administrator"),
    ("edms", None, "clerk"),
    ("nobody", Some("000000000029"), "-"),
];

/// Every action, for tokens that are not what a test is about.
pub(crate) fn all_scopes() -> BTreeSet<&'static str> {
    let actions = muragat::access::rights::Action::ALL.iter();
    actions.filter(|action| !action.is_decision()).map(|action| action.as_str()).collect()
}

impl Served {
    /// An archive with its staff and nothing else.
    pub(crate) fn new() -> Self {
        Self::with(None)
    }

    /// The same with a drop folder.
    pub(crate) fn with(inbox: Option<&str>) -> Self {
        Self::built(Bench::bare(), inbox, "", |_, _| {}, |_| None)
    }

    /// The same over TLS, with what is made of the office of the bench.
    pub(crate) fn with_tls(inbox: Option<&str>, tls: impl FnOnce(&Bench) -> Option<TlsFiles>) -> Self {
        Self::built(Bench::bare(), inbox, "", |_, _| {}, tls)
    }

    /// An archive of this bench with more people than its staff, by rows of the register; `first` is done before they
    /// are in it.
    pub(crate) fn of(bench: Bench, rows: &str, first: impl FnOnce(&Bench, &Archive)) -> Self {
        Self::built(bench, None, rows, first, |_| None)
    }

    /// An archive with these rows of the register more.
    pub(crate) fn with_rows(rows: &str) -> Self {
        Self::built(Bench::bare(), None, rows, |_, _| {}, |_| None)
    }

    fn built(
        bench: Bench,
        inbox: Option<&str>,
        rows: &str,
        first: impl FnOnce(&Bench, &Archive),
        tls: impl FnOnce(&Bench) -> Option<TlsFiles>,
    ) -> Self {
        let (bench, archive, trust) = bench.trusting();
        bench.share(&archive, &trust.crl);
        first(&bench, &archive);
        let register = register_with_disposal(&trust.authority)
            + &row("000000000021", "archivist")
            + "access = [\"public\", \"confidential\"]\n"
            + &row("000000000023", "archivist")
            + "\n[[body]]\nbin = \"000000000900\"\nagency = \"OTHER-01\"\nname = \"Басқа үлгі\"\n"
            + &row("000000000022", "archivist").replace("000000000100", "000000000900")
            + "\n[[service]]\nname = \"edms\"\nbin = \"000000000100\"\nkind = \"clerk\"\nfrom = \"2020-01-01\"\n\
               basis = \"Үлгі бұйрық\"\n"
            + rows;
        bench.adopt(&archive, &register);
        let mut tokens = BTreeMap::new();
        for (name, iin, _) in STAFF {
            let holder = iin.map_or(Holder::Service(name.into()), |iin| Holder::Person(Iin::parse(iin).unwrap()));
            archive.open_account(name, &holder, None, SYSTEM_ACTOR).unwrap();
            // A person's token is their own to issue.
            let own = archive.actor(name).unwrap();
            let until = archive.today() + chrono::Days::new(9);
            let (_, token, _) = archive.issue_token(name, &all_scopes(), until, own).unwrap();
            tokens.insert(name, token);
        }
        archive.close().unwrap();
        let inbox = inbox.map(|name| bench.folder.path().join(name));
        inbox.iter().for_each(|folder| std::fs::create_dir_all(folder).unwrap());
        let tls = tls(&bench);
        let (address, stop, slot, thread) = start(&bench, inbox.clone(), tls.clone());
        Self { bench, address, tokens, stop, slot, thread: Some(thread), inbox, tls }
    }

    /// Ends the service and begins it again.
    pub(crate) fn restart(&mut self) {
        self.end();
        let (address, stop, slot, thread) = start(&self.bench, self.inbox.clone(), self.tls.clone());
        (self.address, self.stop, self.slot, self.thread) = (address, stop, slot, Some(thread));
    }

    /// Ends the service.
    pub(crate) fn end(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
            self.slot.close().unwrap();
        }
    }

    pub(crate) fn archive(&self) -> Arc<Archive> {
        self.slot.get().unwrap()
    }

    /// Takes the archive from everybody, as long as the answer is there.
    pub(crate) fn alone(&self) -> muragat::archive::Alone<'_> {
        self.slot.alone().unwrap()
    }

    /// Sends a request of an account; none: nobody is signed in.
    pub(crate) fn send(
        &self,
        who: Option<&str>,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        send(self.address, self.tokens.get(who.unwrap_or_default()).map(String::as_str), method, path, headers, body)
    }

    pub(crate) fn get(&self, who: &str, path: &str) -> Answer {
        self.send(Some(who), "GET", path, &[], b"")
    }

    /// A submission as it is sent.
    pub(crate) fn zip(&self, draft: &Draft) -> Vec<u8> {
        zip(&draft.write(&self.bench.office, self.bench.folder.path(), self.bench.now()))
    }

    /// Hands a submission in and gives the id of its record.
    pub(crate) fn hand_in(&self, draft: &Draft) -> String {
        let answer = self.send(Some("edms"), "POST", "/api/v1/submissions", &[ZIP], &self.zip(draft));
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.json()["answer"]["record_id"].as_str().unwrap().to_owned()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.end();
    }
}

pub(crate) const ZIP: (&str, &str) = ("Content-Type", "application/zip");

type Started = (SocketAddr, &'static AtomicBool, Arc<Slot>, JoinHandle<()>);

fn start(bench: &Bench, inbox: Option<PathBuf>, tls: Option<TlsFiles>) -> Started {
    let slot = Arc::new(Slot::open(&bench.root(), bench.clock.clone()).unwrap());
    // A flag that the service may look at as long as the process is there.
    let stop: &'static AtomicBool = Box::leak(Box::default());
    let options = Options {
        listen: "127.0.0.1:0",
        tls,
        metrics: None,
        inbox,
        pages: Some(muragat::web::pages()),
        lang: Lang::En,
        readers: 0,
        stop,
        log: |line| LOG.lock().unwrap().push(line.clone()),
    };
    let server = Server::bind(slot.clone(), &options).unwrap();
    let address = server.addresses()[0];
    (address, stop, slot, std::thread::spawn(move || server.run()))
}

/// The files of a folder as a ZIP file.
pub(crate) fn zip(folder: &Path) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for file in files {
        zip.start_file(file.file_name().unwrap().to_str().unwrap(), zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(&std::fs::read(&file).unwrap()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream
}

/// The head of a request.
pub(crate) fn head(token: Option<&str>, method: &str, path: &str, headers: &[(&str, &str)]) -> String {
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: archive\r\nConnection: close\r\n");
    if let Some(token) = token {
        head += &format!("Authorization: Bearer {token}\r\n");
    }
    headers.iter().for_each(|(name, value)| head += &format!("{name}: {value}\r\n"));
    head + "\r\n"
}

pub(crate) fn send(
    address: SocketAddr,
    token: Option<&str>,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Answer {
    let length = body.len().to_string();
    let mut headers = headers.to_vec();
    if !body.is_empty() || matches!(method, "POST" | "PATCH") {
        headers.push(("Content-Length", &length));
    }
    let mut stream = connect(address);
    stream.write_all(head(token, method, path, &headers).as_bytes()).unwrap();
    // Who is refused before the body may find the connection closed.
    let _ = stream.write_all(body);
    read(&mut stream)
}

/// Reads an answer to its end.
pub(crate) fn read(stream: &mut impl Read) -> Answer {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    let split = bytes.windows(4).position(|w| w == b"\r\n\r\n").unwrap_or_else(|| panic!("no answer: {bytes:?}"));
    let text = std::str::from_utf8(&bytes[..split]).unwrap();
    let mut lines = text.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let pair = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()));
    let headers: BTreeMap<String, String> = lines.filter_map(pair).collect();
    let mut body = bytes[split + 4..].to_vec();
    if headers.get("transfer-encoding").is_some_and(|encoding| encoding == "chunked") {
        body = dechunked(&body);
    }
    Answer { status, headers, body }
}

fn dechunked(mut bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    while let Some(at) = bytes.windows(2).position(|w| w == b"\r\n") {
        let len = usize::from_str_radix(std::str::from_utf8(&bytes[..at]).unwrap(), 16).unwrap();
        out.extend_from_slice(&bytes[at + 2..at + 2 + len]);
        bytes = &bytes[(at + 4 + len).min(bytes.len())..];
        if len == 0 {
            break;
        }
    }
    out
}
