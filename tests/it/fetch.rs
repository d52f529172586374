//! Fetching goes only where it is allowed, keeps only what an authority signed, and helps what waits.
//!
//! Goal: switched off nothing is asked; switched on, no address in a certificate, no redirect and no answer of a server
//! makes the archive ask elsewhere, wait for ever or keep a forgery. Method: servers on this machine that write down
//! what they are asked, and answer well or badly. OCSP answers are made by `openssl ocsp`, chains by `openssl`.

use super::signed::{Bench, at};
use muragat::archive::{Archive, NewMaterial};
use muragat::cli::samples::signer::Addresses;
use muragat::clock::{Clock, SystemClock};
use muragat::error::ErrorCode;
use muragat::fetch::{Fetched, Options, Outcome, Purpose, Timeouts, fetch};
use muragat::ingest::share::{NotShared, add_shared};
use muragat::ingest::{Status, waiting};
use muragat::model::material::SharedKind;
use muragat::tlog::commit::SYSTEM_ACTOR;
use muragat::verify::certificate::Certificate;
use muragat::verify::crl::Crl;
use muragat::verify::der::{tag, write};
use muragat::verify::material::Material;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// What a server does with a request.
pub(crate) enum Reply {
    Body(Vec<u8>),
    NotFound,
    To(String),
    /// Nothing, and the connection stays.
    Silence,
    /// One byte after another, never the last.
    Drip,
    /// A body without an end, as fast as it is taken.
    Endless,
}

/// Files of a server by path.
type Files = Vec<(&'static str, Vec<u8>)>;

pub(crate) struct Server {
    url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub(crate) fn new(answer: impl Fn(&str, &[u8]) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (noted, answer) = (asked.clone(), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (noted, answer) = (noted.clone(), answer.clone());
                std::thread::spawn(move || serve(stream, &noted, &*answer));
            }
        });
        Self { url, asked }
    }

    /// With these files.
    fn of(files: Files) -> Self {
        Self::new(move |path, _| {
            files.iter().find(|(name, _)| *name == path).map_or(Reply::NotFound, |(_, body)| Reply::Body(body.clone()))
        })
    }

    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// Paths that were asked for, in order.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn serve(mut stream: TcpStream, asked: &Mutex<Vec<String>>, answer: &dyn Fn(&str, &[u8]) -> Reply) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).unwrap_or(0) == 0 {
            return;
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let path = head.split(' ').nth(1).unwrap().to_owned();
    asked.lock().unwrap().push(path.clone());
    let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).unwrap();
    // The client may have gone away: that is what some tests are about.
    let _ = match answer(&path, &body) {
        Reply::Body(body) => write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len())
            .and_then(|()| stream.write_all(&body)),
        Reply::NotFound => write!(stream, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
        Reply::To(place) => write!(stream, "HTTP/1.1 302 Found\r\nLocation: {place}\r\nContent-Length: 0\r\n\r\n"),
        Reply::Silence => stream.read(&mut byte).map(drop),
        Reply::Drip => {
            let head = write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
            head.and_then(|()| {
                loop {
                    std::thread::sleep(Duration::from_millis(20));
                    stream.write_all(b"0")?;
                }
            })
        }
        Reply::Endless => {
            let head = write!(stream, "HTTP/1.1 200 OK\r\n\r\n");
            head.and_then(|()| {
                loop {
                    stream.write_all(&[0; 65536])?;
                }
            })
        }
    };
}

/// An archive that trusts the office and has no CRL, which may fetch from these addresses.
fn bench(addresses: impl FnOnce(&mut Bench), allowed: &[&str]) -> Bench {
    let mut bench = Bench::bare();
    addresses(&mut bench);
    let trust = bench.office.trust(bench.now());
    let archive = bench.open();
    bench.adopt(&archive, &trust.policy);
    bench.adopt(&archive, &trust.authority);
    archive.close().unwrap();
    allow(&bench, allowed);
    bench
}

fn allow(bench: &Bench, allowed: &[&str]) {
    let path = bench.root().join("muragat.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let more = if allowed.is_empty() { String::new() } else { format!("\n[material]\nfetch = {allowed:?}\n") };
    std::fs::write(&path, text + &more).unwrap();
}

/// Timeouts that a test can wait for.
const SHORT: Timeouts = Timeouts { connect: Duration::from_secs(2), whole: Duration::from_secs(2) };

fn run_with(archive: &Archive, named: &[String], ocsp: bool) -> Result<(Vec<Fetched>, Material), ErrorCode> {
    let stop = AtomicBool::new(false);
    let options = Options { actor: Some(SYSTEM_ACTOR), named, ocsp, timeouts: SHORT, stop: &stop };
    let mut rows = Vec::new();
    let answers = fetch(archive, &options, &mut |row| rows.push(row.clone())).map_err(|e| e.code)?;
    Ok((rows, answers))
}

fn run(archive: &Archive, named: &[&str]) -> Result<Vec<Fetched>, ErrorCode> {
    let named: Vec<String> = named.iter().map(|url| (*url).to_owned()).collect();
    run_with(archive, &named, false).map(|(rows, _)| rows)
}

fn outcomes(rows: &[Fetched]) -> Vec<(&str, Outcome, Option<ErrorCode>)> {
    rows.iter().map(|row| (row.url.as_str(), row.outcome, row.code)).collect()
}

fn crls(archive: &Archive) -> usize {
    archive.material().unwrap().crls().len()
}

/// Tries what waits again, and gives how many were accepted.
fn retried(archive: &Archive, extra: &Material) -> usize {
    let ids = archive.all_waiting().unwrap();
    let mut accepted = 0;
    waiting::retry(archive, &ids, Some(extra), SYSTEM_ACTOR, &mut |tried| {
        accepted += usize::from(matches!(tried.answered.status, Status::Accepted { .. }));
    })
    .unwrap();
    accepted
}

fn waits(bench: &Bench, archive: &Archive, number: &str) {
    let answered = bench.take(archive, &bench.draft(number));
    assert!(matches!(answered.status, Status::Waiting { .. }), "it lacks material");
}

#[test]
fn switched_off_nothing_is_asked_and_on_only_by_this_command() {
    let server = Server::of(vec![]);
    let addresses = |bench: &mut Bench| {
        let all = |path| Some(server.at(path));
        let addresses = Addresses { crl: all("/a.crl"), delta: all("/d.crl"), ocsp: all("/o"), issuer: all("/i.cer") };
        bench.office.publish_at(bench.now(), addresses);
    };
    let off = bench(addresses, &[]);
    let archive = off.open();
    waits(&off, &archive, "1");
    assert_eq!(run(&archive, &[]), Err(ErrorCode::NetOff));
    assert_eq!(run(&archive, &[&server.at("/a.crl")]), Err(ErrorCode::NetOff));
    archive.close().unwrap();

    let on = bench(addresses, &[&server.at("/")]);
    let archive = on.open();
    waits(&on, &archive, "1");
    assert_eq!(retried(&archive, &Material::new()), 0);
    let stop = AtomicBool::new(false);
    let options = Options { actor: None, named: &[server.at("/n.crl")], ocsp: true, timeouts: SHORT, stop: &stop };
    let mut planned = Vec::new();
    fetch(&archive, &options, &mut |row| planned.push((row.url.replace(&server.url, ""), row.outcome))).unwrap();
    let plan = ["/n.crl", "/a.crl", "/d.crl", "/o", "/o"].map(|path| (path.to_owned(), Outcome::Planned));
    assert_eq!(planned, plan, "a dry run says what it would ask; two people signed");
    archive.close().unwrap();
    assert_eq!(server.asked(), [""; 0]);
}

#[test]
fn what_is_not_allowed_is_never_asked() {
    let server = Server::of(vec![]);
    let host = server.url.strip_prefix("http://").unwrap().to_owned();
    let outside = server.at("/outside/a.crl");
    let bench = bench(
        |bench| {
            let crl = Some(outside.clone());
            let delta = Some(format!("{}\nURL={outside}", server.at("/lists/d.crl")));
            bench.office.publish_at(bench.now(), Addresses { crl, delta, ..Addresses::default() });
        },
        &[&server.at("/lists/")],
    );
    let archive = bench.open();
    for (url, code) in [
        (outside.clone(), ErrorCode::NetNotAllowed),
        (server.at("/listsX/a.crl"), ErrorCode::NetNotAllowed),
        (server.at("/"), ErrorCode::NetNotAllowed),
        (format!("http://{host}.evil.example/lists/a.crl"), ErrorCode::NetAddress),
        ("http://127.0.0.1.evil.example/lists/a.crl".to_owned(), ErrorCode::NetNotAllowed),
        ("http://localhost/lists/a.crl".to_owned(), ErrorCode::NetNotAllowed),
        (format!("http://{host}@127.0.0.2/lists/a.crl"), ErrorCode::NetAddress),
        (format!("http://allowed@{host}/lists/a.crl"), ErrorCode::NetAddress),
        (server.at("/lists/../outside/a.crl"), ErrorCode::NetAddress),
        (server.at("/lists/%2e%2e/outside/a.crl"), ErrorCode::NetAddress),
        (server.at("/lists/..%2foutside/a.crl"), ErrorCode::NetAddress),
        (format!("https://{host}/lists/a.crl"), ErrorCode::NetAddress),
        ("file:///etc/passwd".to_owned(), ErrorCode::NetAddress),
    ] {
        let rows = run(&archive, &[&url]).unwrap();
        assert_eq!(outcomes(&rows), [(url.as_str(), Outcome::NotAllowed, Some(code))]);
    }
    assert_eq!(server.asked(), [""; 0]);
    // One mistake does not keep the others from being fetched.
    let lists = server.at("/lists/absent.crl");
    let rows = run(&archive, &["https://example/a.crl", &lists]).unwrap();
    let codes: Vec<_> = rows.iter().map(|row| row.code).collect();
    assert_eq!(codes, [Some(ErrorCode::NetAddress), Some(ErrorCode::NetNoAnswer)]);
    assert_eq!(server.asked(), ["/lists/absent.crl"]);
    // The same addresses in certificates are said and passed over.
    waits(&bench, &archive, "1");
    let rows = run(&archive, &[]).unwrap();
    let found: Vec<_> = rows.iter().map(|row| (row.outcome, row.code.unwrap())).collect();
    assert_eq!(found, [(Outcome::NotAllowed, ErrorCode::NetNotAllowed), (Outcome::NotAllowed, ErrorCode::NetAddress)]);
    assert_eq!(server.asked(), ["/lists/absent.crl"]);
}

#[test]
fn a_redirect_is_not_followed() {
    let elsewhere = Server::of(vec![]);
    let away = elsewhere.at("/a.crl");
    let server = Server::new(move |path, _| match path {
        "/lists/away.crl" => Reply::To(away.clone()),
        _ => Reply::To("/outside/a.crl".to_owned()),
    });
    let bench = bench(|_| {}, &[&server.at("/lists/")]);
    let archive = bench.open();
    for path in ["/lists/away.crl", "/lists/near.crl"] {
        let url = server.at(path);
        let rows = run(&archive, &[&url]).unwrap();
        assert_eq!(outcomes(&rows), [(url.as_str(), Outcome::Failed, Some(ErrorCode::NetNoAnswer))]);
    }
    assert_eq!(server.asked(), ["/lists/away.crl", "/lists/near.crl"]);
    assert_eq!(elsewhere.asked(), [""; 0]);
}

#[test]
fn no_server_holds_the_archive_up_or_fills_its_memory() {
    let server = Server::new(|path, _| match path {
        "/silence" => Reply::Silence,
        "/drip" => Reply::Drip,
        _ => Reply::Endless,
    });
    let ocsp = Some(server.at("/endless"));
    let bench = bench(
        |bench| bench.office.publish_at(bench.now(), Addresses { ocsp, ..Addresses::default() }),
        &[&server.at("/")],
    );
    let archive = bench.open();
    waits(&bench, &archive, "1");
    // Nobody listens at a port that was closed.
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    allow_more(&bench, &format!("http://{closed}/"));
    archive.close().unwrap();
    let archive = bench.open();
    let named = [server.at("/silence"), server.at("/drip"), format!("http://{closed}/")];
    let begun = Instant::now();
    let (rows, answers) = run_with(&archive, &named, true).unwrap();
    assert!(begun.elapsed() < Duration::from_secs(30));
    let codes: Vec<_> = rows.iter().map(|row| row.code.unwrap()).collect();
    let (slow, long) = (ErrorCode::NetNoAnswer, ErrorCode::NetTooLong);
    assert_eq!(codes, [slow, slow, slow, long, long], "{rows:?}");
    assert_eq!(answers.ocsp_responses().len(), 0);
}

fn allow_more(bench: &Bench, prefix: &str) {
    let path = bench.root().join("muragat.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let more = format!("fetch = [{prefix:?}, ");
    std::fs::write(&path, text.replacen("fetch = [", &more, 1)).unwrap();
}

#[test]
fn a_list_that_an_authority_signed_is_kept_with_its_address_and_ends_the_waiting() {
    let office = Bench::bare();
    let (now, root) = (office.now(), &office.office.root);
    let forged = {
        // The right name, another key.
        let mut random = |buffer: &mut [u8]| buffer.fill(77);
        let validity = muragat::cli::samples::signer::Validity { from: at(now - 1000), until: at(now + 1_000_000) };
        let stranger = muragat::cli::samples::signer::Root::new("ҮЛГІ ТҮБІР", validity, &mut random).unwrap();
        stranger.crl(9, validity, &[])
    };
    let good = office.office.crl(now, &[]);
    let older = office.office.crl(now - 3_600_000, &[]);
    let certificate = root.certificate_pem().into_bytes();
    let files = vec![("/good.crl", good), ("/forged.crl", forged), ("/older.crl", older), ("/root.cer", certificate)];
    let server = Server::of(files.into_iter().chain([("/page", b"<html>".to_vec())]).collect());
    let addresses = Addresses { crl: Some(server.at("/good.crl")), ..Addresses::default() };
    let bench = bench(|bench| bench.office.publish_at(bench.now(), addresses), &[&server.at("/")]);
    let archive = bench.open();
    for path in ["/forged.crl", "/page", "/absent.crl"] {
        let rows = run(&archive, &[&server.at(path)]).unwrap();
        let code = if path == "/absent.crl" { ErrorCode::NetNoAnswer } else { ErrorCode::NetUseless };
        assert_eq!(outcomes(&rows), [(server.at(path).as_str(), Outcome::Failed, Some(code))]);
        assert_eq!(crls(&archive), 0);
    }
    waits(&bench, &archive, "1");
    let url = server.at("/good.crl");
    assert_eq!(outcomes(&run(&archive, &[]).unwrap()), [(url.as_str(), Outcome::Added, None)]);
    // Once more, and one that is older.
    let again = run(&archive, &[&server.at("/older.crl")]).unwrap();
    let older = server.at("/older.crl");
    assert_eq!(outcomes(&again), [(older.as_str(), Outcome::Older, None), (url.as_str(), Outcome::Kept, None)]);
    assert_eq!(crls(&archive), 1);
    // The anchor itself may be kept too.
    let rows = run(&archive, &[&server.at("/root.cer")]).unwrap();
    assert_eq!((rows[0].purpose, rows[0].outcome), (Purpose::Named, Outcome::Added));

    assert_eq!(retried(&archive, &Material::new()), 1);
    let entries = archive.index().material().unwrap();
    let source = |entry| archive.material_source(entry).unwrap().unwrap().replace(&server.url, "");
    let mut sources: Vec<String> = entries.iter().map(|(_, row)| source(row.entry)).collect();
    sources.sort();
    assert_eq!(sources, ["/good.crl", "/root.cer"]);
}

/// Runs openssl; none when it is not here.
fn openssl(folder: &Path, arguments: &[&str]) -> Option<()> {
    match Command::new("openssl").args(arguments).current_dir(folder).output() {
        Ok(output) => {
            assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
            Some(())
        }
        Err(e) => {
            eprintln!("skipped: openssl: {e}");
            None
        }
    }
}

/// The key of the office's root, which a test draws as ones (RFC 5915).
fn root_key() -> String {
    let curve = write(tag::OID, &[&[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7]]);
    let fields =
        [write(tag::INTEGER, &[&[1]]), write(tag::OCTET_STRING, &[&[1; 32]]), write(tag::context(0), &[&curve])];
    let der = write(tag::SEQUENCE, &[&fields.concat()]);
    use base64::Engine;
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    format!("-----BEGIN EC PRIVATE KEY-----\n{text}\n-----END EC PRIVATE KEY-----\n")
}

/// The bench's clock at the time that openssl works at.
pub(crate) fn present(bench: &Bench) {
    bench.later(SystemClock.now() - bench.now());
}

#[test]
fn openssl_answers_about_the_signers_of_what_waits() {
    let folder = tempfile::tempdir().unwrap();
    if openssl(folder.path(), &["version"]).is_none() {
        return;
    }
    let at_work = folder.path().to_owned();
    let server = Server::new(move |path, body| {
        if path != "/ocsp" {
            return Reply::NotFound;
        }
        std::fs::write(at_work.join("request"), body).unwrap();
        let answer = [
            "ocsp", "-index", "index", "-CA", "root.pem", "-rsigner", "root.pem", "-rkey", "root.key", "-reqin",
            "request", "-respout", "answer",
        ];
        openssl(&at_work, &answer).unwrap();
        Reply::Body(std::fs::read(at_work.join("answer")).unwrap())
    });
    let ocsp = Some(server.at("/ocsp"));
    let bench = bench(
        |bench| {
            present(bench);
            bench.office.publish_at(bench.now(), Addresses { ocsp, ..Addresses::default() });
        },
        &[&server.at("/")],
    );
    let office = &bench.office;
    let row = |signer: &muragat::cli::samples::signer::Signer| {
        let serial = hex::encode_upper(Certificate::parse(signer.certificate()).unwrap().serial);
        format!("V\t490101000000Z\t\t{serial}\tunknown\t/CN={serial}\n")
    };
    std::fs::write(folder.path().join("index"), row(&office.official) + &row(&office.clerk)).unwrap();
    std::fs::write(folder.path().join("root.pem"), office.root.certificate_pem()).unwrap();
    std::fs::write(folder.path().join("root.key"), root_key()).unwrap();

    let archive = bench.open();
    waits(&bench, &archive, "1");
    // Nobody takes the answers: nobody is asked.
    let (rows, none) = run_with(&archive, &[], false).unwrap();
    assert_eq!((rows.len(), none.ocsp_responses().len(), server.asked().len()), (0, 0, 0));
    let (rows, answers) = run_with(&archive, &[], true).unwrap();
    assert_eq!(rows.iter().map(|r| r.outcome).collect::<Vec<_>>(), [Outcome::Answered; 2], "{rows:?}");
    assert_eq!(answers.ocsp_responses().len(), 2);
    assert_eq!(archive.index().material().unwrap().len(), 0, "answers name people and are not shared");
    // Openssl's clock runs on while the bench's stands.
    bench.later(120_000);
    assert_eq!(retried(&archive, &Material::new()), 0);
    assert_eq!(retried(&archive, &answers), 1);
}

/// Makes another root above the office's, by openssl at its present: `above.pem`, `above.crl`, and the certificate of
/// the office's root below it, `below.cer`, with `more` extensions. None when openssl is not here.
pub(crate) fn another_root(path: &Path, bench: &Bench, more: &str) -> Option<()> {
    let own = pem(&bench.office.root.certificate_pem());
    let key_id = hex::encode_upper(own.extensions.subject_key_id.clone().unwrap());
    let extensions = format!(
        "basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier={key_id}\n\
         {more}"
    );
    std::fs::write(path.join("below.key"), root_key()).unwrap();
    std::fs::write(path.join("below.ext"), extensions).unwrap();
    std::fs::write(path.join("index"), "").unwrap();
    let ca = "[ca]\ndefault_ca=d\n[d]\ndatabase=index\ndefault_md=sha256\ndefault_crl_days=30\n";
    std::fs::write(path.join("ca.cnf"), ca).unwrap();
    let curve = "ec_paramgen_curve:prime256v1";
    for step in [
        "req -x509 -newkey ec -pkeyopt CURVE -nodes -keyout above.key -out above.pem -days 3000 -subj /CN=ABOVE",
        "req -new -utf8 -key below.key -out below.csr -subj /CN=NAME",
        "x509 -req -in below.csr -CA above.pem -CAkey above.key -set_serial 7 -days 2000 -extfile below.ext \
         -outform DER -out below.cer",
        "ca -gencrl -config ca.cnf -keyfile above.key -cert above.pem -out above.crl",
    ] {
        let arguments: Vec<String> =
            step.split_whitespace().map(|a| a.replace("CURVE", curve).replace("NAME", "ҮЛГІ ТҮБІР")).collect();
        openssl(path, &arguments.iter().map(String::as_str).collect::<Vec<_>>())?;
    }
    Some(())
}

#[test]
fn a_missing_issuer_is_found_with_the_lists_above_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    if openssl(path, &["version"]).is_none() {
        return;
    }
    let files: Arc<Mutex<Files>> = Arc::default();
    let served = files.clone();
    let server = Server::new(move |path, _| {
        let files = served.lock().unwrap();
        files.iter().find(|(name, _)| *name == path).map_or(Reply::NotFound, |(_, body)| Reply::Body(body.clone()))
    });
    let mut bench = Bench::bare();
    present(&bench);
    let now = bench.now();
    let url = |path: &str| Some(server.at(path));
    let addresses = Addresses { crl: url("/below.crl"), issuer: url("/below.cer"), ..Addresses::default() };
    bench.office.publish_at(now, addresses);

    // Above the office's root stands another one, which alone is an anchor.
    let named = format!("crlDistributionPoints=URI:{}\n", server.at("/above.crl"));
    another_root(path, &bench, &named).unwrap();
    let own = pem(&bench.office.root.certificate_pem());
    let read = |name: &str| std::fs::read(path.join(name)).unwrap();
    bench.later(120_000);
    *files.lock().unwrap() = vec![
        ("/below.cer", read("below.cer")),
        ("/below.crl", bench.office.crl(now, &[])),
        ("/above.crl", read("above.crl")),
        ("/stray.cer", own.der.clone()),
    ];
    let above = String::from_utf8(read("above.pem")).unwrap();
    let trust = bench.office.trust(now);
    let archive = bench.open();
    bench.adopt(&archive, &trust.policy.replace(&bench.office.root.certificate_pem(), &above));
    bench.adopt(&archive, &trust.authority);
    archive.close().unwrap();
    allow(&bench, &[&server.at("/")]);

    let archive = bench.open();
    waits(&bench, &archive, "1");
    let stray = server.at("/stray.cer");
    let (rows, _) = run_with(&archive, std::slice::from_ref(&stray), false).unwrap();
    let found: Vec<_> = rows.iter().map(|r| (r.url.replace(&server.url, ""), r.outcome)).collect();
    let expected = [
        ("/stray.cer", Outcome::Failed),
        ("/below.cer", Outcome::Added),
        ("/below.crl", Outcome::Added),
        ("/above.crl", Outcome::Added),
    ];
    let mut sorted = found.clone();
    sorted[2..].sort();
    let mut wanted = expected.map(|(path, outcome)| (path.to_owned(), outcome));
    wanted[2..].sort();
    assert_eq!(sorted, wanted, "{rows:?}");
    assert_eq!(retried(&archive, &Material::new()), 1);
}

fn pem(text: &str) -> Arc<Certificate> {
    let mut material = Material::new();
    material.add_file(text.as_bytes()).unwrap();
    material.certificates().next().unwrap().clone()
}

#[test]
fn a_list_under_the_name_of_a_ca_by_another_key_does_not_replace_the_right_one() {
    let files: Arc<Mutex<Files>> = Arc::default();
    let served = files.clone();
    let server = Server::new(move |path, _| {
        let files = served.lock().unwrap();
        files.iter().find(|(name, _)| *name == path).map_or(Reply::NotFound, |(_, body)| Reply::Body(body.clone()))
    });
    let bench = bench(|_| {}, &[&server.at("/")]);
    let now = bench.now();
    let validity = |from, until| muragat::cli::samples::signer::Validity { from: at(from), until: at(until) };
    let mut random = |buffer: &mut [u8]| buffer.fill(77);
    let long = validity(now - 1000, now + 100_000_000);
    let fake = muragat::cli::samples::signer::Root::new("ҮЛГІ ТҮБІР", long, &mut random).unwrap();
    let fake_crl = fake.crl(9, validity(now + 1000, now + 100_000_000), &[]);
    let good = bench.office.crl(now, &[]);
    let early = bench.office.crl(now + 86_400_000, &[]);
    *files.lock().unwrap() = vec![("/good.crl", good.clone()), ("/fake.crl", fake_crl.clone()), ("/early.crl", early)];
    let archive = bench.open();

    // Its certificate may be kept: it leads nowhere, so the list is not.
    let mut offered = Material::new();
    offered.add_file(fake.certificate_pem().as_bytes()).unwrap();
    offered.add_file(&fake_crl).unwrap();
    let shared = add_shared(&archive, &offered, SYSTEM_ACTOR).unwrap();
    assert_eq!((shared.added, shared.left_for(NotShared::NoIssuer)), (1, 1));
    let again = add_shared(&archive, &offered, SYSTEM_ACTOR).unwrap();
    assert_eq!((again.kept, again.left_for(NotShared::NoIssuer)), (1, 1), "being kept makes it no issuer");
    let useless = Some(ErrorCode::NetUseless);
    for path in ["/fake.crl", "/early.crl"] {
        let url = server.at(path);
        let rows = run(&archive, &[&url]).unwrap();
        assert_eq!(outcomes(&rows), [(url.as_str(), Outcome::Failed, useless)]);
        assert_eq!(crls(&archive), 0);
    }
    // Even one that an archive of before has kept is none of the right CA's.
    let held = Crl::parse(&fake_crl).unwrap();
    let made = held.this_update.timestamp();
    let new = NewMaterial { kind: SharedKind::Crl, der: held.der(), issuer: held.issuer_der(), made, source: None };
    archive.add_material(new, SYSTEM_ACTOR).unwrap().unwrap();
    let url = server.at("/good.crl");
    assert_eq!(outcomes(&run(&archive, &[&url]).unwrap()), [(url.as_str(), Outcome::Added, None)]);
    // A list of a time to come is not taken from a file either.
    let mut offered = Material::new();
    offered.add_file(&bench.office.crl(now + 86_400_000, &[])).unwrap();
    let shared = add_shared(&archive, &offered, SYSTEM_ACTOR).unwrap();
    assert_eq!((shared.added, shared.left_for(NotShared::NotYet)), (0, 1));
}
