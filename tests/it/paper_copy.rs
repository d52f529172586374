//! A paper copy is certified only whole, by who may, after a check of that moment, and finds its record again.
//!
//! Goal: what is printed has the five parts of N 430 cl. 37 and the triangle of cl. 35, says as many sheets as it has,
//! and is what the officer signed; nobody gets a positive stamp out of a record that is restricted, tampered with, in
//! doubt or only half rendered. Method: real signatures on an archive with a clock that is moved; scans that the program
//! renders itself; PDF and DOCX where poppler and LibreOffice are installed, which the test says when they are not.

use super::bed::accepted;
use super::common::docx;
use super::disposal::Hunt;
use super::signed::{AGENCY, Bench, DAY_MS, at};
use muragat::archive::Archive;
use muragat::cli::samples::signer::{Revocation, Signer};
use muragat::error::{Error, ErrorCode, Exit};
use muragat::index::query::Query;
use muragat::ingest::Intake;
use muragat::ingest::spill::unsigned as spill;
use muragat::inquiry::copy::extract::extract;
use muragat::inquiry::copy::say::State;
use muragat::inquiry::copy::{
    Certified, CopyProfile, Given, Prepared, certify, check_rendering, give, prepare, register,
};
use muragat::model::digest::sha256;
use muragat::model::id::RecordId;
use muragat::model::validation::time_text;
use muragat::render::sheet::{self, Block, PLAIN, Sheets};
use muragat::tlog::commit::SYSTEM_ACTOR;
use muragat::tlog::leaf::{ActKind, Leaf};
use muragat::verify::material::Material;
use serde_json::json;
use std::io::Cursor;
use std::path::Path;
use std::process::{Command, Stdio};
use tiff::encoder::{TiffEncoder, colortype};

/// All nine letters that Russian has not, in one line.
const LETTERS: &str = "әғқңөұүһі";

/// A scan of two pages: a black frame on white.
fn scan() -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::new(&mut file).unwrap();
    for _ in 0..2 {
        let frame = |x: u32, y: u32| (10..90).contains(&x) && (10..130).contains(&y) && !(15..85).contains(&x);
        let points: Vec<u8> = (0..140).flat_map(|y| (0..100).map(move |x| if frame(x, y) { 0 } else { 255 })).collect();
        encoder.write_image::<colortype::Gray8>(100, 140, &points).unwrap();
    }
    file.into_inner()
}

/// A PDF of one page with this text.
fn pdf(text: &str) -> Vec<u8> {
    let blocks = [Block::Text(PLAIN, text.to_owned())];
    let made = at(0);
    sheet::write(&Sheets { pages: vec![], blocks: &blocks, mark: "", foot: "", title: "", producer: "", made }).unwrap()
}

/// An archive with records of scans, signed by an official, their cards by the records office.
pub(crate) struct Desk {
    pub(crate) bench: Bench,
    memory: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        Self { bench: Bench::new(), memory: tempfile::tempdir().unwrap() }
    }

    /// On a bench that trusts nobody yet.
    pub(crate) fn of(bench: Bench) -> Self {
        let (bench, archive, trust) = bench.trusting();
        bench.share(&archive, &trust.crl);
        archive.close().unwrap();
        Self { bench, memory: tempfile::tempdir().unwrap() }
    }

    /// Takes a record in; the first file is the main one.
    fn take(&self, archive: &Archive, number: &str, files: &[(&str, Vec<u8>)], access: &str) -> RecordId {
        take(&self.bench, archive, number, files, access)
    }

    /// A record that this program renders by itself: a scan, and what cannot be printed.
    pub(crate) fn scanned(&self, archive: &Archive, number: &str) -> RecordId {
        scanned(&self.bench, archive, number, "public")
    }

    fn prepare(&self, archive: &Archive, record: RecordId, profile: CopyProfile) -> Result<Prepared, Error> {
        prepare(archive, record, ("Азамат, Жиһан көшесі 1", profile), self.memory.path(), SYSTEM_ACTOR)
    }

    fn n430(&self, archive: &Archive, record: RecordId) -> Result<Prepared, Error> {
        self.prepare(archive, record, CopyProfile::N430)
    }

    fn certify(&self, archive: &Archive, record: RecordId, bytes: &[u8], who: &Signer) -> Result<Certified, Error> {
        self.bench.later(2_000);
        let signature = who.sign_detached(bytes, at(self.bench.now()));
        let extra = Material::default();
        certify(archive, record, bytes, (&[signature], &extra), self.memory.path(), SYSTEM_ACTOR)
    }

    /// A certified copy of a record.
    fn issued(&self, archive: &Archive, record: RecordId) -> Given {
        let prepared = self.n430(archive, record).unwrap();
        done(self.certify(archive, record, &prepared.bytes, &self.bench.office.clerk))
    }

    fn revoke_official(&self, archive: &Archive) {
        let official = &self.bench.office.official;
        self.bench.later(60_000);
        let revocation = Revocation { signer: official, at: at(self.bench.now() - 30 * DAY_MS), reason: 1 };
        self.bench.share(archive, &self.bench.office.crl(self.bench.now(), &[revocation]));
    }
}

/// Takes a record in; the first file is the main one.
fn take(bench: &Bench, archive: &Archive, number: &str, files: &[(&str, Vec<u8>)], access: &str) -> RecordId {
    let (office, now) = (&bench.office, bench.now());
    let folder = bench.folder.path().join(number.replace('/', "-"));
    std::fs::create_dir_all(&folder).unwrap();
    let signature = |name: &str| format!("{name}.p7s");
    let card = json!({
        "schema": "muragat/card/1", "document_type": "Хат", "registration_number": number,
        "document_date": at(now).format("%Y-%m-%d").to_string(), "nomenclature_index": "01-05",
        "software": {"name": "Үлгі ЭҚАЖ", "version": "1.0"},
        "signatures": files.iter().map(|(name, _)| signature(name)).collect::<Vec<_>>(),
        "documents": files.iter().map(|(name, bytes)| json!({"path": name, "sha256": sha256(bytes).to_string()}))
            .collect::<Vec<_>>(),
        "nature": "Сынақ", "title": format!("Жиһан туралы хат {LETTERS}"),
        "sheets": {"document": 1, "attachments": files.len() - 1},
        "addressee_body": "Үлгі мекемесі", "executor_surname": "Үлгібаев", "executor_phone": "+7 000 000 00 00",
        "control_mark": null, "filing_mark": null, "link": null, "paper_mark": "none",
    });
    let card = card.to_string().into_bytes();
    let mut components = vec![
        json!({"path": "card.json", "role": "card"}),
        json!({"path": "card.json.p7s", "role": "signature", "covers": ["card.json"]}),
    ];
    let mut all = vec![("card.json".to_owned(), card.clone())];
    all.push(("card.json.p7s".to_owned(), office.clerk.sign_detached(&card, at(now))));
    for (n, (name, bytes)) in files.iter().enumerate() {
        components.push(json!({"path": name, "role": if n == 0 { "main" } else { "attachment" }}));
        components.push(json!({"path": signature(name), "role": "signature", "covers": [name]}));
        all.push(((*name).to_owned(), bytes.clone()));
        all.push((signature(name), office.official.sign_detached(bytes, at(now - 120_000))));
    }
    let is_office = files[0].0.ends_with(".docx");
    let mut description = json!({
        "schema": "muragat/submission/1", "agency": AGENCY, "direction": "outgoing", "nomenclature_index": "01-05",
        "access_category": access, "components": components,
    });
    if !is_office {
        description["kind"] = "scanned_copy".into();
        description["certified_by"] = json!({"role": "records_officer", "post": "Маман", "surname": "Үлгібаев"});
    }
    std::fs::write(folder.join("submission.json"), description.to_string()).unwrap();
    all.iter().for_each(|(name, bytes)| std::fs::write(folder.join(name), bytes).unwrap());
    let record = accepted(&Intake::new(archive, SYSTEM_ACTOR).take(&folder)).unwrap();
    archive.wait_index().unwrap();
    record
}

/// A record that this program renders by itself: a scan, and what cannot be printed.
pub(crate) fn scanned(bench: &Bench, archive: &Archive, number: &str, access: &str) -> RecordId {
    take(bench, archive, number, &[("main.tiff", scan()), ("table.zip", zip())], access)
}

/// A small ZIP file.
fn zip() -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("a.txt", zip::write::SimpleFileOptions::default()).unwrap();
    std::io::Write::write_all(&mut zip, b"text").unwrap();
    zip.finish().unwrap().into_inner()
}

fn done(certified: Result<Certified, Error>) -> Given {
    match certified.unwrap() {
        Certified::Done(given) => *given,
        Certified::Refused(reasons) => panic!("refused: {reasons:?}"),
    }
}

fn refused(certified: Result<Certified, Error>, what: &str) {
    let Certified::Refused(reasons) = certified.unwrap() else { panic!("certified: {what}") };
    assert!(reasons.iter().all(|reason| reason.code == ErrorCode::CpySigned), "{what}: {reasons:?}");
}

fn code<T>(result: Result<T, Error>) -> Option<ErrorCode> {
    result.err().map(|e| e.code)
}

/// Pages of a file that this program wrote.
fn pages(file: &[u8]) -> usize {
    memchr::memmem::find_iter(file, b"/Type /Page\n").count() + memchr::memmem::find_iter(file, b"/Type/Page/").count()
}

fn has(program: &str) -> bool {
    Command::new(program).arg("-v").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

/// What a program prints of a file.
fn printed(program: &str, arguments: &[&str], file: &Path) -> Vec<u8> {
    let out = Command::new(program).args(arguments).arg(file).arg("-").output().unwrap();
    assert!(out.status.success(), "{program}: {}", String::from_utf8_lossy(&out.stderr));
    out.stdout
}

/// The text of a PDF, when there is a program that reads it.
fn text_of(desk: &Desk, file: &[u8]) -> Option<String> {
    if !has("pdftotext") {
        eprintln!("WITHOUT: what stands on a paper copy is not read: pdftotext is not installed");
        return None;
    }
    let path = desk.bench.folder.path().join("read.pdf");
    std::fs::write(&path, file).unwrap();
    Some(String::from_utf8(printed("pdftotext", &["-layout"], &path)).unwrap())
}

#[test]
fn a_copy_has_its_five_parts_and_is_what_was_signed() {
    let desk = Desk::new();
    let archive = desk.bench.open();
    let record = desk.scanned(&archive, "01-05/1");
    let before = archive.head().size;
    let prepared = desk.n430(&archive, record).unwrap();
    assert_eq!(archive.head().size, before, "a preparation leaves nothing");
    assert_eq!(pages(&prepared.rendering), 2);
    let confirms = prepared.value["confirms"]["ru"].as_str().unwrap();
    assert!(confirms.contains("кроме частей, указанных как «не печатается»"), "{confirms}");
    assert_eq!(prepared.value["rendering"]["sha256"], sha256(&prepared.rendering).to_string());
    assert_eq!(desk.n430(&archive, record).unwrap().bytes, prepared.bytes, "the same again at the same time");

    let given = done(desk.certify(&archive, record, &prepared.bytes, &desk.bench.office.clerk));
    assert_eq!((given.issued.number, given.issued.entry, archive.head().size), (1, before, before + 1));
    let sheets = given.issued.sheets().unwrap();
    assert_eq!((pages(&given.paper) as u64, &prepared.value["sheets"]), (sheets, &sheets.into()));
    assert!(sheets > 2);
    let leaf = archive.leaf(given.issued.entry).unwrap();
    assert_eq!((leaf.act, leaf.rec), (ActKind::CopyCertified, Some(record)));
    // Given out again it has the same bytes, and so has the same signature taken in again.
    assert_eq!(give(&archive, 1).unwrap().paper, given.paper);
    let take = |signatures: &[Vec<u8>]| {
        certify(&archive, record, &prepared.bytes, (signatures, &Material::default()), desk.memory.path(), SYSTEM_ACTOR)
    };
    let again = done(take(std::slice::from_ref(&given.signature)));
    assert_eq!((again.paper, archive.head().size), (given.paper.clone(), before + 1));
    // Another file certifies nothing, be it none or a later signature of the same officer.
    let later = desk.bench.office.clerk.sign_detached(&prepared.bytes, at(desk.bench.now() + 5_000));
    refused(take(&[b"no signature".to_vec()]), "any file");
    refused(take(&[given.signature.clone(), later.clone()]), "one of two");
    refused(take(&[later]), "a later signature");
    refused(take(&[]), "none");
    assert_eq!(archive.head().size, before + 1);

    let Some(text) = text_of(&desk, &given.paper) else { return };
    let one_line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let config = archive.config();
    for part in [
        "Электрондық құжаттың көшірмесі",
        "ЭЦҚ ТЕКСЕРУ НӘТИЖЕЛЕРІ",
        "ОҢ / ПОЛОЖИТЕЛЬНЫЙ",
        "ҮЛГІ БАСШЫ, Бөлім басшысы",
        "TOTAL-PASSED",
        &config.vkey.name,
        prepared.value["date"].as_str().unwrap(),
        "электрондық құжат.",
        "напечатан полностью, кроме частей, указанных ниже",
        "ҮЛГІ КЕҢСЕ",
        "Кеңсе маманы",
        &record.to_string(),
        "Азамат, Жиһан көшесі 1",
        &format!("{sheets}/{sheets}"),
    ] {
        assert!(one_line.contains(part), "{part}: {one_line}");
    }
    // Its spaces are not to be broken, and readers of PDF leave them out.
    assert!(one_line.replace([' ', '\u{a0}'], "").contains("***"), "{one_line}");
    for word in "Электрондық құжаттың көшірмесі дұрыс. ЭЦҚ тексеру рәсімінің оң нәтижесі анықталды.".split(' ')
    {
        assert!(one_line.contains(word), "{word}");
    }
    for letter in LETTERS.chars() {
        assert!(text.contains(letter), "{letter}");
    }
    // Not a number of a person.
    assert!(!text.contains("000000000001") && !text.contains("000000000002"), "{text}");
    for digest in [sha256(&scan()), sha256(&zip()), sha256(&prepared.rendering)] {
        assert!(one_line.replace(' ', "").contains(&digest.to_string()), "{digest}: {one_line}");
    }
    let bare = text_of(&desk, &prepared.rendering).unwrap();
    assert!(bare.contains("КУӘЛАНДЫРЫЛМАҒАН") && !bare.contains("дұрыс"), "{bare}");
}

#[test]
fn a_picture_of_the_copy_shows_a_triangle_and_the_font_is_in_the_file() {
    let desk = Desk::new();
    let archive = desk.bench.open();
    let record = desk.scanned(&archive, "01-05/1");
    let given = desk.issued(&archive, record);
    if !has("pdftoppm") {
        eprintln!("WITHOUT: no picture of a paper copy is looked at: pdftoppm is not installed");
        return;
    }
    let path = desk.bench.folder.path().join("copy.pdf");
    std::fs::write(&path, &given.paper).unwrap();
    let last = given.issued.sheets().unwrap().to_string();
    let out =
        Command::new("pdftoppm").args(["-r", "50", "-gray", "-f", &last, "-l", &last]).arg(&path).output().unwrap();
    let picture = out.stdout;
    let header = picture.windows(4).position(|w| w == b"255\n").unwrap() + 4;
    let words: Vec<usize> =
        String::from_utf8_lossy(&picture[..header]).split_whitespace().skip(1).map(|n| n.parse().unwrap()).collect();
    let (width, points) = (words[0], &picture[header..]);
    // A base: the longest dark line that does not go to the edges. Above it the sides come nearer to each other.
    let dark = |x: usize, y: usize| points[y * width + x] < 150;
    let longest = |y: usize| {
        let mut runs = vec![(0, 0)];
        for x in 0..width {
            if dark(x, y) {
                runs.last_mut().unwrap().1 += 1;
            } else {
                runs.push((x + 1, 0));
            }
        }
        runs.into_iter().max_by_key(|(_, length)| *length).unwrap()
    };
    let triangle = (0..words[1]).rev().find_map(|y| {
        let (left, length) = longest(y);
        let (middle, height) = (left + length / 2, length * 90 / 104);
        let is_base = (150..250).contains(&length) && y > height;
        let sides = |up: usize| {
            let (near, far) = (left + length * up / height / 2, left + length - length * up / height / 2);
            let is_dark = |x: usize| (x.saturating_sub(2)..=x + 2).any(|x| dark(x, y - up));
            is_dark(near) && is_dark(far)
        };
        (is_base && (height / 8..height * 7 / 8).all(sides)).then_some((middle, y))
    });
    assert!(triangle.is_some(), "no triangle on sheet {last}");
    let fonts = String::from_utf8(Command::new("pdffonts").arg(&path).output().unwrap().stdout).unwrap();
    let fonts: Vec<&str> = fonts.lines().skip(2).collect();
    assert!(
        !fonts.is_empty() && fonts.iter().all(|font| font.contains("DejaVuSans") && font.contains(" yes yes ")),
        "{fonts:?}"
    );
}

#[test]
fn copies_have_different_numbers_and_what_stands_on_a_paper_finds_its_record() {
    let desk = Desk::new();
    let archive = desk.bench.open();
    let [first, second] = ["01-05/1", "01-05/2"].map(|number| desk.scanned(&archive, number));
    let waiting = desk.n430(&archive, second).unwrap();
    let one = desk.issued(&archive, first);
    // Prepared before, and its number went to another copy.
    let late = desk.certify(&archive, second, &waiting.bytes, &desk.bench.office.clerk);
    assert_eq!(code(late), Some(ErrorCode::CpyNumber));
    let two = desk.issued(&archive, second);
    let three = desk.issued(&archive, first);
    assert_eq!([one.issued.number, two.issued.number, three.issued.number], [1, 2, 3]);
    assert_ne!(one.paper, three.paper);
    archive.close().unwrap();

    // After a restart with a new index too.
    muragat::archive::forget_index(&desk.bench.root()).unwrap();
    let archive = desk.bench.open();
    let found = |digest| {
        let copies = register::with_digest(&archive, digest).unwrap();
        copies.iter().map(|copy| (copy.number, copy.record)).collect::<Vec<_>>()
    };
    assert_eq!(found(two.issued.sha256().unwrap()), [(2, second)]);
    assert_eq!(found(sha256(&two.bytes)), [(2, second)]);
    assert_eq!(found(sha256(b"nothing")), []);
    assert_eq!(found(sha256(&scan())), [(1, first), (2, second), (3, first)], "both have the same scan");
    let mut records = Vec::new();
    let query = Query::parse(&format!("sha256:{}", sha256(&scan()))).unwrap();
    archive
        .index()
        .search(&query, None, &mut |_, row| {
            records.push(row.id());
            true
        })
        .unwrap();
    records.sort();
    let mut both = vec![first, second];
    both.sort();
    assert_eq!(records, both);
    assert_eq!(register::find(&archive, 2).unwrap().certifier().unwrap().post, "Кеңсе маманы");
    assert_eq!(register::list(&archive, Some(2026)).unwrap().len(), 3);
    assert_eq!(register::list(&archive, Some(2025)).unwrap().len(), 0);
    for number in [0, 4, u64::MAX] {
        assert_eq!(code(give(&archive, number)), Some(ErrorCode::CpyUnknown), "{number}");
    }
}

#[test]
fn only_a_records_officer_or_a_post_operator_certifies_and_only_what_was_prepared() {
    let desk = Desk::new();
    let archive = desk.bench.open();
    let record = desk.scanned(&archive, "01-05/1");
    let prepared = desk.n430(&archive, record).unwrap();
    assert_eq!(code(check_rendering(&prepared.bytes, sha256(&prepared.rendering))), None);
    assert_eq!(code(check_rendering(&prepared.bytes, sha256(b"another"))), Some(ErrorCode::CpyChanged));
    let office = &desk.bench.office;
    let before = archive.head().size;
    for (who, what) in
        [(&office.official, "an official"), (&office.stranger, "a stranger"), (&office.foreign, "untrusted")]
    {
        refused(desk.certify(&archive, record, &prepared.bytes, who), what);
    }
    let nobody =
        certify(&archive, record, &prepared.bytes, (&[], &Material::default()), desk.memory.path(), SYSTEM_ACTOR);
    refused(nobody, "nobody");
    let other = office.clerk.sign_detached(b"something else", at(desk.bench.now()));
    let over_other =
        certify(&archive, record, &prepared.bytes, (&[other], &Material::default()), desk.memory.path(), SYSTEM_ACTOR);
    refused(over_other, "over something else");

    // What the officer signs is what the archive makes: nothing of the file is believed.
    let text = String::from_utf8(prepared.bytes.clone()).unwrap();
    let rendering = sha256(&prepared.rendering).to_string();
    let made = prepared.value["made"].as_str().unwrap();
    for (from, to, wanted) in [
        (rendering.as_str(), "0".repeat(64), ErrorCode::CpyChanged),
        ("\"sheets\":", "\"sheets\":1".to_owned(), ErrorCode::CpyChanged),
        ("дұрыс", "бұрыс".to_owned(), ErrorCode::CpyChanged),
        ("\"number\":1", "\"number\":2".to_owned(), ErrorCode::CpyNumber),
        ("\"schema\"", " \"schema\"".to_owned(), ErrorCode::CpyPrepared),
        (made, time_text(at(desk.bench.now() + DAY_MS)), ErrorCode::CpyPrepared),
        (record.to_string().as_str(), RecordId([7; 16]).to_string(), ErrorCode::CpyPrepared),
    ] {
        assert!(text.contains(from), "{from}");
        let changed = text.replace(from, &to);
        let taken = desk.certify(&archive, record, changed.as_bytes(), &office.clerk);
        assert_eq!(code(taken), Some(wanted), "{from} -> {to}");
    }
    assert_eq!(archive.head().size, before, "what was refused left nothing");

    // The post operator of a body that is no agency here (N 430 cl. 36).
    let operator = &office.sender[1];
    refused(desk.certify(&archive, record, &prepared.bytes, operator), "in no register");
    let trust = office.trust(desk.bench.now());
    let register = format!(
        "{}\n[[body]]\nbin = \"000000000200\"\nname = \"Үлгі пошта\"\n\n[[person]]\niin = \"000000000005\"\n\
         bin = \"000000000200\"\nkind = \"post_operator\"\npost = \"Оператор\"\nfrom = \"2020-01-01\"\n\
         basis = \"Үлгі бұйрық № 9\"\n",
        trust.authority.replacen("version = \"1\"", "version = \"2\"", 1)
    );
    desk.bench.adopt(&archive, &register);
    let prepared = desk.n430(&archive, record).unwrap();
    let given = done(desk.certify(&archive, record, &prepared.bytes, operator));
    assert_eq!(given.issued.certifier().unwrap().kind.as_str(), "post_operator");

    let old = desk.n430(&archive, record).unwrap();
    desk.bench.later(4 * DAY_MS);
    assert_eq!(code(desk.certify(&archive, record, &old.bytes, &office.clerk)), Some(ErrorCode::CpyPrepared));
}

#[test]
fn the_check_is_made_again_and_a_negative_one_has_no_stamp_or_the_negative_one() {
    let desk = Desk::new();
    let archive = desk.bench.open();
    let record = desk.scanned(&archive, "01-05/1");
    let positive = desk.prepare(&archive, record, CopyProfile::Akimat).unwrap();
    let stamp = "Электрондық құжаттың көшiрмесi дұрыс. ЭЦҚ тексерісінің оң нәтижесі анықталды";
    assert_eq!(positive.value["stamp"], stamp);
    assert_eq!(desk.n430(&archive, record).unwrap().value["check"]["result"], "positive");

    // Revoked since before the signing: what was valid at receipt is not any more.
    desk.revoke_official(&archive);
    let n430 = desk.n430(&archive, record);
    assert_eq!(code(n430), Some(ErrorCode::CpyNegative));
    let clerk = &desk.bench.office.clerk;
    let prepared_before = desk.certify(&archive, record, &positive.bytes, clerk);
    assert_eq!(code(prepared_before), Some(ErrorCode::CpyChanged), "no positive stamp for what was prepared before");
    let negative = desk.prepare(&archive, record, CopyProfile::Akimat).unwrap();
    let stamp = "Электрондық құжаттың көшiрмесi дұрыс емес. ЭЦҚ тексерісінің теріс нәтижесі анықталды";
    assert_eq!((&negative.value["stamp"], &negative.value["check"]["result"]), (&stamp.into(), &"negative".into()));
    let given = done(desk.certify(&archive, record, &negative.bytes, clerk));
    if let Some(text) = text_of(&desk, &given.paper) {
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(line.contains("ТЕРІС / ОТРИЦАТЕЛЬНЫЙ") && line.contains("REVOKED_NO_POE"), "{line}");
        let is_whole = |line: &str| line.replace([' ', '\u{a0}'], "").contains("дұрысемес.");
        assert!(text.lines().any(is_whole), "not parted: {text}");
        assert!(line.contains("көшiрмесi") && line.contains("теріс") && !line.contains("* * *"), "{line}");
    }
    // A print that is not certified there is all the same.
    let print = extract(&archive, record, desk.memory.path(), SYSTEM_ACTOR).unwrap();
    let states: Vec<State> = print.parts.iter().map(|(_, _, state)| *state).collect();
    assert_eq!((states, pages(&print.pdf)), (vec![State::Rendered, State::Listed], print.sheets));
    if let Some(text) = text_of(&desk, &print.pdf) {
        assert!(text.contains("КУӘЛАНДЫРЫЛМАҒАН") && !text.contains("дұрыс"), "{text}");
    }
}

#[test]
fn a_check_without_a_result_gives_neither_stamp() {
    let desk = Desk::new();
    let archive = desk.bench.open();
    let record = desk.scanned(&archive, "01-05/1");
    let authority = desk.bench.office.trust(desk.bench.now()).authority;
    // The official is in no register of authority any more: who signed is not shown to have had the right to.
    let without = authority.replacen("version = \"1\"", "version = \"2\"", 1).replace("000000000001", "000000000003");
    desk.bench.adopt(&archive, &without);
    for profile in [CopyProfile::N430, CopyProfile::Akimat] {
        let prepared = desk.prepare(&archive, record, profile);
        assert_eq!(code(prepared), Some(ErrorCode::CpyUndecided), "{profile:?}");
    }
}

#[test]
fn restricted_and_tampered_records_and_what_has_no_pages_are_refused() {
    let desk = Desk::new();
    let archive = desk.bench.open();
    let secret = desk.take(&archive, "01-05/1", &[("main.tiff", scan())], "confidential");
    let size = archive.head().size;
    let refused = desk.n430(&archive, secret);
    assert_eq!(refused.as_ref().err().map(|e| e.code.exit()), Some(Exit::Denied));
    assert_eq!(code(refused), Some(ErrorCode::CpyRestricted));
    assert_eq!(code(extract(&archive, secret, desk.memory.path(), SYSTEM_ACTOR)), Some(ErrorCode::CpyRestricted));
    assert_eq!(archive.head().size, size, "it was not read");
    assert_eq!(code(desk.n430(&archive, RecordId([7; 16]))), Some(ErrorCode::ArcNoRecord));

    // A scan in 16 bits is none that the program reads whole.
    let mut deep = Cursor::new(Vec::new());
    TiffEncoder::new(&mut deep).unwrap().write_image::<colortype::Gray16>(20, 20, &[9; 400]).unwrap();
    let files = [("main.tiff", scan()), ("more.tiff", deep.into_inner())];
    let broken = desk.take(&archive, "01-05/2", &files, "public");
    assert_eq!(code(desk.n430(&archive, broken)), Some(ErrorCode::CpyRenderer));
    assert_eq!(
        code(prepare(&archive, broken, (" ", CopyProfile::N430), desk.memory.path(), SYSTEM_ACTOR)),
        Some(ErrorCode::FilText)
    );

    let record = desk.scanned(&archive, "01-05/3");
    let prepared = desk.n430(&archive, record).unwrap();
    archive.close().unwrap();
    // One byte of the newest record on the disk.
    let store = desk.bench.root().join("store");
    let mut segments: Vec<_> = std::fs::read_dir(&store).unwrap().map(|entry| entry.unwrap().path()).collect();
    segments.sort();
    let segment = segments.iter().rfind(|path| path.is_file()).unwrap();
    let mut bytes = std::fs::read(segment).unwrap();
    let archive = desk.bench.open();
    let opened = muragat::access::open(&archive, record, SYSTEM_ACTOR).unwrap();
    let place = opened.component("main.tiff").unwrap().stored.frames[0];
    drop(opened);
    bytes[usize::try_from(place.offset).unwrap() + 200] ^= 1;
    std::fs::write(segment, &bytes).unwrap();
    for tampered in [
        code(desk.n430(&archive, record)),
        code(desk.certify(&archive, record, &prepared.bytes, &desk.bench.office.clerk)),
    ] {
        assert_eq!(tampered.map(|code| code.exit()), Some(Exit::Integrity), "{tampered:?}");
    }
    assert_eq!(register::list(&archive, None).unwrap().len(), 0);
}

#[test]
fn what_is_said_of_a_copy_goes_with_its_record_and_its_number_stays() {
    let desk = Desk::new();
    let archive = desk.bench.open();
    let [first, second] = ["01-05/1", "01-05/2"].map(|number| desk.scanned(&archive, number));
    let (one, two) = (desk.issued(&archive, first), desk.issued(&archive, second));
    spill(&archive, first, SYSTEM_ACTOR).unwrap();
    archive.close().unwrap();
    let archive = desk.bench.open();
    let copies = register::list(&archive, None).unwrap();
    let said: Vec<_> = copies.iter().map(|copy| (copy.number, copy.record, copy.document.is_some())).collect();
    assert_eq!(said, [(1, first, false), (2, second, true)]);
    assert_eq!(code(give(&archive, 1)), code(desk.n430(&archive, first)), "as of the record itself");
    assert_eq!(code(give(&archive, 1)).map(|code| code.exit()), Some(Exit::NotFound));
    assert_eq!(give(&archive, 2).unwrap().paper, two.paper);
    assert_eq!(register::with_digest(&archive, sha256(&one.bytes)).unwrap().len(), 0);
    // The next number is not one that was given out.
    assert_eq!(desk.issued(&archive, second).issued.number, 3);
    let log = archive.log().unwrap();
    let certified =
        (0..log.size()).filter(|n| Leaf::decode(*n, &log.entry(*n).unwrap()).unwrap().act == ActKind::CopyCertified);
    assert_eq!(certified.count(), 3);
    archive.close().unwrap();
    let hunt = Hunt::new(&["Жиһан көшесі"]);
    hunt.assert_nothing(&desk.bench.root(), "the register of copies");
}

#[test]
fn a_renderer_that_is_not_there_is_named_with_what_brings_it() {
    let desk = Desk::new();
    let scratch = muragat::render::child::Scratch::below(desk.memory.path()).unwrap();
    let absent = muragat::render::child::run("no-such-renderer", &[], &scratch, "no-such-package").unwrap_err();
    assert_eq!((absent.code, absent.code.exit()), (ErrorCode::CpyNoRenderer, Exit::Configuration));
    assert!(absent.to_string().contains("no-such-package"), "{absent}");
    let nowhere = prepare_nowhere(&desk);
    assert_eq!(nowhere, Some(ErrorCode::CpyScratch));
}

/// A PDF where there is no folder in memory.
fn prepare_nowhere(desk: &Desk) -> Option<ErrorCode> {
    let archive = desk.bench.open();
    let record = desk.take(&archive, "01-05/9", &[("main.tiff", scan()), ("more.pdf", pdf("Хат"))], "public");
    let nowhere = desk.memory.path().join("nowhere");
    code(prepare(&archive, record, ("Азамат", CopyProfile::N430), &nowhere, SYSTEM_ACTOR))
}

#[test]
fn pdf_is_rendered_page_by_page_and_one_that_is_damaged_is_not() {
    if !has("pdftoppm") {
        eprintln!("WITHOUT: no PDF is rendered for a paper copy: pdftoppm is not installed");
        return;
    }
    let desk = Desk::new();
    let archive = desk.bench.open();
    let text = format!("Қосымшаның мәтіні {LETTERS}");
    let record = desk.take(&archive, "01-05/1", &[("main.tiff", scan()), ("more.pdf", pdf(&text))], "public");
    let given = desk.issued(&archive, record);
    let value: serde_json::Value = serde_json::from_slice(&given.bytes).unwrap();
    let part = &value["components"][1];
    assert_eq!((&part["first_page"], &part["pages"]), (&3.into(), &1.into()));
    assert!(part["renderers"][0].as_str().unwrap().starts_with("pdftoppm "), "{part}");
    let found = text_of(&desk, &given.paper).unwrap();
    assert!(found.contains(&format!("мәтіні {LETTERS}")) || found.contains(LETTERS), "{found}");
    assert_eq!(std::fs::read_dir(desk.memory.path()).unwrap().count(), 0, "nothing is left in memory");

    // What stands on its page cannot be read any more.
    let mut damaged = pdf(&text);
    let streams: Vec<usize> = memchr::memmem::find_iter(&damaged, b"\nstream\n").collect();
    streams.iter().for_each(|at| damaged[at + 8..at + 24].fill(0));
    let broken = desk.take(&archive, "01-05/2", &[("main.tiff", scan()), ("more.pdf", damaged)], "public");
    assert_eq!(code(desk.n430(&archive, broken)), Some(ErrorCode::CpyRenderer));
}

#[test]
fn a_word_document_is_rendered_by_libreoffice_or_printed_as_text_without_a_stamp() {
    let desk = Desk::new();
    let archive = desk.bench.open();
    let text = format!("Хаттың мәтіні: {LETTERS}.");
    let record = desk.take(&archive, "01-05/1", &[("main.docx", docx(&text))], "public");
    if !has("soffice") || !has("pdftoppm") {
        eprintln!("WITHOUT: no DOCX is rendered for a paper copy: LibreOffice or pdftoppm is not installed");
        assert_eq!(code(desk.n430(&archive, record)), Some(ErrorCode::CpyNoRenderer));
        let print = extract(&archive, record, desk.memory.path(), SYSTEM_ACTOR).unwrap();
        assert_eq!(print.parts[0].2, State::TextOnly);
        return;
    }
    let given = desk.issued(&archive, record);
    let value: serde_json::Value = serde_json::from_slice(&given.bytes).unwrap();
    let renderers = value["components"][0]["renderers"].as_array().unwrap();
    assert!(renderers[0].as_str().unwrap().starts_with("LibreOffice "), "{renderers:?}");
    let found = text_of(&desk, &given.paper).unwrap();
    assert!(found.contains(LETTERS), "{found}");
    assert_eq!(std::fs::read_dir(desk.memory.path()).unwrap().count(), 0, "nothing is left in memory");
}
