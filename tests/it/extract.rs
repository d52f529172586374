//! The text of documents, through the real limited process.
//!
//! Goal: text comes out whole, in Kazakh above all; no document, however it was made, harms who asks or the document
//! behind it. Method: documents that the project makes itself; and where `../shared/corpus` lies beside the project all
//! of it, with a document between whose text must come every time; the words of the Kazakh files are compared with the
//! texts they were made from (`../shared/seeds`). A process is killed at its work.

use super::common::docx;
use chrono::{DateTime, Utc};
use muragat::cli::samples::write_samples;
use muragat::extract::{Extractors, Settings};
use muragat::ingest::identify::identify;
use muragat::model::extracted::{Extracted, Member, Outcome, Reason, UNIT_BYTES_MAX};
use muragat::model::format::Family;
use muragat::testing::Sequence;
use std::collections::BTreeMap;
use std::io::{Cursor, Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use zip::write::SimpleFileOptions;

fn pool() -> Extractors {
    pool_of(1)
}

fn pool_of(children: usize) -> Extractors {
    Extractors::new(Settings { program: env!("CARGO_BIN_EXE_muragat").into(), children, ..Settings::default() })
}

/// The text of content, by what intake says it is.
fn text_of(pool: &Extractors, bytes: &[u8]) -> Extracted {
    let family = identify(&mut Cursor::new(bytes), bytes.len() as u64, None).unwrap().family;
    pool.extract(family, "document", &mut &*bytes, bytes.len() as u64).unwrap()
}

fn words(text: &str) -> Vec<String> {
    let parts = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    parts.map(str::to_lowercase).collect()
}

fn words_of(extracted: &Extracted) -> Vec<String> {
    extracted.units.iter().flat_map(|unit| words(&unit.text)).collect()
}

/// Which share of `wanted` is in `found`, each word as often as it is there.
fn recall(wanted: &[String], found: &[String]) -> f64 {
    let mut left: BTreeMap<&str, usize> = BTreeMap::new();
    for word in found {
        *left.entry(word).or_default() += 1;
    }
    let mut hits = 0;
    for word in wanted {
        if let Some(count) = left.get_mut(word.as_str()).filter(|count| **count > 0) {
            *count -= 1;
            hits += 1;
        }
    }
    f64::from(hits) / wanted.len() as f64
}

/// What stands in these elements of an XML text, one after the other.
fn between(xml: &str, element: &str) -> String {
    let mut texts = Vec::new();
    for part in xml.split(&format!("<{element}")).skip(1) {
        // Another element may begin with the same letters.
        if part.starts_with(['>', ' '])
            && let Some((_, text)) = part.split_once('>')
        {
            texts.push(text.split('<').next().unwrap_or_default());
        }
    }
    texts.join(" ").replace("&quot;", "\"").replace("&amp;", "&")
}

const CANARY: &str = "Бұл құжаттың мәтіні әрқашан шығуы тиіс";

/// A document that must come out whole, whatever was read before it.
fn assert_sound(pool: &Extractors, canary: &[u8], behind: &str) {
    let extracted = text_of(pool, canary);
    assert_eq!(extracted.outcome, Outcome::Text, "behind {behind}: {extracted:?}");
    assert_eq!(extracted.units[0].text, CANARY, "behind {behind}");
}

fn zip_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn documents_of_the_project_come_out_whole() {
    let pool = pool();
    let dir = tempfile::tempdir().unwrap();
    let now: DateTime<Utc> = "2026-03-05T05:00:00Z".parse().unwrap();
    let mut numbers = Sequence::new(7);
    let samples = write_samples(dir.path(), now, &mut |buffer| {
        let noise = numbers.noise(buffer.len());
        buffer.copy_from_slice(&noise);
    })
    .unwrap();
    let (mut docx_files, mut pdf_files) = (0, 0);
    for sample in &samples.submissions {
        for entry in std::fs::read_dir(&sample.path).unwrap() {
            let path = entry.unwrap().path();
            let bytes = std::fs::read(&path).unwrap();
            match path.extension().and_then(|ending| ending.to_str()) {
                Some("docx") => {
                    let extracted = text_of(&pool, &bytes);
                    assert_eq!(extracted.outcome, Outcome::Text, "{}", path.display());
                    // Another reader of the same bytes: the text between the marks of the main part.
                    let mut xml = String::new();
                    let mut package = zip::ZipArchive::new(Cursor::new(&bytes)).unwrap();
                    package.by_name("word/document.xml").unwrap().read_to_string(&mut xml).unwrap();
                    let text = between(&xml, "w:t");
                    let found = words_of(&extracted);
                    assert!(!found.is_empty() && recall(&words(&text), &found) > 0.999, "{}", path.display());
                    docx_files += 1;
                }
                Some("pdf") => {
                    let extracted = text_of(&pool, &bytes);
                    assert_eq!(extracted.outcome, Outcome::Text, "{}", path.display());
                    assert!(extracted.units.iter().all(|unit| unit.page.is_some()));
                    // Something may stand before a PDF.
                    let behind = [b"something else\n".as_slice(), &bytes].concat();
                    assert_eq!(text_of(&pool, &behind), extracted);
                    pdf_files += 1;
                }
                _ => {}
            }
        }
    }
    assert!(docx_files >= 3 && pdf_files >= 1, "{docx_files} DOCX, {pdf_files} PDF");
    assert_eq!(pool.started(), 1, "one process for all");
}

#[test]
fn every_kind_of_content_has_its_outcome() {
    let pool = pool();
    let rtf = "{\\rtf1\\ansi\\ansicpg1251\\uc1 \\u1178?аулы\\par}".replace("аулы", "\\'e0\\'f3\\'eb\\'fb");
    let (document, long) = (docx(CANARY), docx(&"ұзақ сөйлем ".repeat(2_000)));
    let texts = |extracted: &Extracted| -> Vec<String> { extracted.units.iter().map(|u| u.text.clone()).collect() };
    assert_eq!(texts(&text_of(&pool, rtf.as_bytes())), ["Қаулы"]);
    let extracted = text_of(&pool, &long);
    assert!(extracted.units.len() > 1 && extracted.units.iter().all(|unit| unit.text.len() <= UNIT_BYTES_MAX));
    assert_eq!(recall(&words(&"ұзақ сөйлем ".repeat(2_000)), &words_of(&extracted)), 1.0);
    let inner = zip_of(&[("терең.rtf", rtf.as_bytes())]);
    let extracted = text_of(&pool, &zip_of(&[("қаулы.bin", &document), ("қап.zip", &inner), ("x", &[0, 1])]));
    let found: Vec<(&str, &str)> =
        extracted.units.iter().map(|u| (u.path.as_deref().unwrap(), u.text.as_str())).collect();
    assert_eq!(found, [("қаулы.bin", CANARY), ("қап.zip/терең.rtf", "Қаулы")]);
    assert_eq!((extracted.members.len(), extracted.members[0].outcome), (1, Outcome::Unsupported));
    for (bytes, outcome) in [
        (b"\xff\xd8\xff\xe0\0\x10JFIF\0".as_slice(), Outcome::NoTextLayer),
        (b"II\x2a\0\x08\0\0\0\0\0", Outcome::NoTextLayer),
        (b"\0\x01\x02\x03", Outcome::Unsupported),
        (b"{\"a\": 1}", Outcome::Unsupported),
        (b"%PDF-1.4\nno body at all", Outcome::Failed),
        (&document[..document.len() / 2], Outcome::Failed),
    ] {
        let extracted = text_of(&pool, bytes);
        assert!(extracted.outcome == outcome && extracted.units.is_empty(), "{:?} of {extracted:?}", &bytes[..8]);
    }
    // A damaged document is an answer and costs no process.
    assert_eq!(pool.started(), 1);
    let again = pool_of(1);
    assert_eq!(text_of(&again, &document), text_of(&pool, &document), "same bytes, same text");
}

#[test]
fn bombs_end_soon_and_in_a_limit() {
    let pool = pool();
    let canary = docx(CANARY);
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    // All of a sound document but its main part.
    let mut sound = zip::ZipArchive::new(Cursor::new(&canary)).unwrap();
    for index in 0..sound.len() {
        let file = sound.by_index_raw(index).unwrap();
        if file.name().unwrap() != "word/document.xml" {
            writer.raw_copy_file(file).unwrap();
        }
    }
    writer.start_file("word/document.xml", SimpleFileOptions::default()).unwrap();
    let namespace = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
    write!(writer, "<w:document xmlns:w=\"{namespace}\"><w:body><w:p><w:r><w:t>").unwrap();
    let block = vec![b'a'; 1024 * 1024];
    (0..200).for_each(|_| writer.write_all(&block).unwrap());
    writer.write_all(b"</w:t></w:r></w:p></w:body></w:document>").unwrap();
    let docx_bomb = writer.finish().unwrap().into_inner();
    let blanks = vec![b' '; 64 * 1024 * 1024];
    let mut nested = zip_of(&[("a.txt", &blanks)]);
    for _ in 0..5 {
        nested = zip_of(&[("1.zip", &nested), ("2.zip", &nested)]);
    }
    let deep = format!("{{\\rtf1 {}", "{\\b ".repeat(4_000_000));
    let rtf = format!("{{\\rtf1 {}}}", "\\par a".repeat(4_000_000));
    for (name, bytes, expected) in [
        ("docx", docx_bomb.as_slice(), Some(Reason::Unpacked)),
        ("flat", &zip_of(&[("a.txt", &blanks)]), Some(Reason::Unpacked)),
        ("nested", &nested, Some(Reason::Nesting)),
        ("deep rtf", deep.as_bytes(), None),
        ("many paragraphs", rtf.as_bytes(), None),
    ] {
        let from = Instant::now();
        let family = if bytes[0] == b'P' { sniff_zip(name) } else { Family::Rtf };
        let extracted = pool.extract(family, name, &mut &*bytes, bytes.len() as u64).unwrap();
        let took = from.elapsed();
        assert!(took < Duration::from_secs(15), "{name} took {took:?}");
        assert!(extracted.cut, "{name}: {:?}", (extracted.outcome, extracted.reason));
        if let Some(reason) = expected {
            assert_eq!((extracted.outcome, extracted.reason), (Outcome::Limit, Some(reason)), "{name}");
        }
        assert_sound(&pool, &canary, name);
    }
}

fn sniff_zip(name: &str) -> Family {
    if name == "docx" { Family::Docx } else { Family::Zip }
}

/// Kills a process when some of the document has been sent.
struct Killing {
    process: Option<u32>,
    sent: u64,
}

impl Read for Killing {
    fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
        if self.sent > 200_000
            && let Some(process) = self.process.take()
        {
            assert!(Command::new("kill").args(["-KILL", &process.to_string()]).status().unwrap().success());
        }
        to.fill(b' ');
        self.sent += to.len() as u64;
        Ok(to.len())
    }
}

#[test]
fn a_process_that_is_killed_costs_its_document_only() {
    let (pool, canary) = (pool(), docx(CANARY));
    assert_sound(&pool, &canary, "nothing");
    let first = pool.waiting();
    assert_eq!(first.len(), 1);
    let mut source = Killing { process: Some(first[0]), sent: 0 };
    let extracted = pool.extract(Family::Rtf, "killed", &mut source, 4_000_000).unwrap();
    assert_eq!((extracted.outcome, extracted.reason), (Outcome::Failed, Some(Reason::Died)));
    assert!(pool.waiting().is_empty());
    assert_sound(&pool, &canary, "a killed process");
    // One that is killed while it waits is noticed before the next document.
    let second = pool.waiting();
    assert_ne!(first, second);
    assert!(Command::new("kill").args(["-KILL", &second[0].to_string()]).status().unwrap().success());
    std::thread::sleep(Duration::from_millis(100));
    assert_sound(&pool, &canary, "one killed while it waited");
    assert_eq!(pool.started(), 3);
    // Nothing stays behind the pool.
    let last = pool.waiting()[0];
    drop(pool);
    assert!(!Path::new("/proc").join(last.to_string()).exists());
}

#[test]
fn a_process_is_replaced_after_its_documents() {
    let program: PathBuf = env!("CARGO_BIN_EXE_muragat").into();
    let pool = Extractors::new(Settings { program, documents: 3, ..Settings::default() });
    let canary = docx(CANARY);
    for round in 0..7 {
        assert_sound(&pool, &canary, &round.to_string());
    }
    assert_eq!(pool.started(), 3);
}

#[test]
fn documents_are_read_side_by_side() {
    let (pool, canary) = (pool_of(2), docx(CANARY));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..10).for_each(|round| assert_sound(&pool, &canary, &round.to_string())));
        }
    });
    assert!((1..=2).contains(&pool.started()), "{}", pool.started());
}

/// What the system says of the process: limits, environment, folder; and what it cannot do any more.
#[test]
fn the_process_is_confined() {
    let pool = pool();
    let level = pool.confinement().unwrap();
    eprintln!("confined by: {level}");
    let process = Path::new("/proc").join(pool.waiting()[0].to_string());
    let limits = std::fs::read_to_string(process.join("limits")).unwrap();
    for (name, value) in [
        ("Max address space", "1073741824"),
        ("Max core file size", "0"),
        ("Max file size", "0"),
        ("Max open files", "16"),
    ] {
        let line = limits.lines().find(|line| line.starts_with(name)).unwrap();
        let values: Vec<&str> = line[name.len()..].split_whitespace().take(2).collect();
        assert_eq!(values, [value, value], "{line}");
    }
    let environment = std::fs::read(process.join("environ")).unwrap();
    let mut environment: Vec<&[u8]> = environment.split(|b| *b == 0).filter(|part| !part.is_empty()).collect();
    environment.sort();
    assert_eq!(
        environment,
        [b"MALLOC_ARENA_MAX=1".as_slice(), b"MIMALLOC_ARENA_RESERVE=64MiB", b"RAYON_NUM_THREADS=1"]
    );
    assert_eq!(std::fs::read_link(process.join("cwd")).unwrap(), Path::new("/"));
    // Three pipes or `/dev/null`, and what this test was started with and did not open itself.
    let descriptors = |process: &Path| -> BTreeMap<u32, PathBuf> {
        let entries = std::fs::read_dir(process.join("fd")).unwrap().map(|entry| entry.unwrap());
        let number = |entry: &std::fs::DirEntry| entry.file_name().to_str().unwrap().parse().unwrap();
        entries.filter_map(|entry| Some((number(&entry), std::fs::read_link(entry.path()).ok()?))).collect()
    };
    let _ours = std::fs::File::open(env!("CARGO_MANIFEST_PATH")).unwrap();
    let (ours, its) = (descriptors(Path::new("/proc/self")), descriptors(&process));
    assert!(its[&0].to_string_lossy().starts_with("pipe:") && its[&1].to_string_lossy().starts_with("pipe:"));
    assert_eq!(its[&2], Path::new("/dev/null"));
    for (number, target) in its.range(3..) {
        assert_eq!(ours.get(number), Some(target), "{its:?}");
        assert_ne!(target, Path::new(env!("CARGO_MANIFEST_PATH")));
    }
    if level.contains("landlock ") && !level.contains("no landlock") {
        let status = std::fs::read_to_string(process.join("status")).unwrap();
        assert!(status.contains("NoNewPrivs:\t1"), "{status}");
    }
}

struct Entry {
    file: String,
    format: String,
    class: String,
    lang: String,
    bytes: Vec<u8>,
}

fn corpus() -> Option<Vec<Entry>> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let Ok(manifest) = std::fs::read_to_string(corpus.join("manifest.tsv")) else {
        eprintln!("SKIPPED: ../shared/corpus is not here; documents of the project are tried everywhere");
        return None;
    };
    let entry = |line: &str| {
        let fields: Vec<&str> = line.split('\t').collect();
        let bytes = std::fs::read(corpus.join("files").join(fields[0])).unwrap();
        let [file, format, class, lang] = [0, 1, 7, 8].map(|n| fields[n].to_owned());
        Entry { file, format, class, lang, bytes }
    };
    Some(manifest.lines().skip(1).map(entry).collect())
}

#[test]
fn no_document_of_the_corpus_harms_another() {
    let Some(entries) = corpus() else { return };
    let (pool, canary) = (pool(), docx(CANARY));
    let mut outcomes: BTreeMap<(String, String), usize> = BTreeMap::new();
    let (mut wrong, mut peak, mut slowest) = (Vec::new(), 0, Duration::ZERO);
    for entry in &entries {
        let from = Instant::now();
        let extracted = text_of(&pool, &entry.bytes);
        let took = from.elapsed();
        slowest = slowest.max(took);
        peak = peak.max(pool.waiting().first().map_or(0, |process| peak_kib(*process)));
        assert_sound(&pool, &canary, &entry.file);
        let said = match extracted.reason {
            Some(reason) => format!("{} ({reason})", extracted.outcome),
            None => extracted.outcome.to_string(),
        };
        eprintln!(
            "{:>6} units {said:<20} {:>5} ms {} {}",
            extracted.units.len(),
            took.as_millis(),
            entry.class,
            entry.file
        );
        *outcomes.entry((entry.format.clone(), said.clone())).or_default() += 1;
        let right = match (entry.class.as_str(), entry.format.as_str()) {
            (_, "JPEG" | "TIFF") => extracted.outcome == Outcome::NoTextLayer,
            ("bomb", _) => extracted.outcome == Outcome::Limit || extracted.cut,
            // Of a ZIP file members are, and the others are read.
            ("encrypted", _) => {
                let is_member = |member: &Member| member.outcome == Outcome::Encrypted;
                extracted.outcome == Outcome::Encrypted || extracted.members.iter().any(is_member)
            }
            ("ok", _) if entry.lang == "kk" => extracted.outcome == Outcome::Text && !extracted.cut,
            _ => true,
        };
        if !right || took > Duration::from_secs(15) {
            wrong.push(format!("{}: {said}, {took:?}", entry.file));
        }
    }
    for ((format, outcome), count) in &outcomes {
        eprintln!("{format}\t{outcome}\t{count}");
    }
    eprintln!("peak {peak} KiB, slowest {slowest:?}, {} processes", pool.started());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The most memory that a process has had.
fn peak_kib(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// The part of a seed that a document was made from: from its first line that is in the document to the last.
fn part_of_seed(seed: &str, found: &[String]) -> Vec<String> {
    let text = format!(" {} ", found.join(" "));
    let lines: Vec<Vec<String>> = seed.lines().map(words).filter(|line| !line.is_empty()).collect();
    let is_there = |line: &Vec<String>| line.len() > 5 && text.contains(&format!(" {} ", line.join(" ")));
    let (first, last) = (lines.iter().position(is_there), lines.iter().rposition(is_there));
    lines[first.unwrap_or(0)..=last.unwrap_or(0)].concat()
}

/// What is in a document, found another way: in the text it was made from, or, where it has only parts of that, in its
/// own bytes.
fn wanted(entry: &Entry, seed: &str, found: &[String]) -> Vec<String> {
    match entry.format.as_str() {
        "XLSX" | "PPTX" => {
            let mut package = zip::ZipArchive::new(Cursor::new(&entry.bytes)).unwrap();
            let mut all = String::new();
            for index in 0..package.len() {
                let mut file = package.by_index(index).unwrap();
                let name = file.name().unwrap().to_string();
                let mut xml = String::new();
                if name == "xl/sharedStrings.xml" || (name.starts_with("ppt/slides/slide") && name.ends_with(".xml")) {
                    file.read_to_string(&mut xml).unwrap();
                    let element = if name.starts_with("xl") { "t" } else { "a:t" };
                    all += &between(&xml, element);
                    all.push(' ');
                }
            }
            words(&all)
        }
        "PPT" => {
            // Texts are UTF-16 (MS-PPT §2.9.42); each word once, because it keeps some twice.
            let units: Vec<u16> = entry.bytes.as_chunks::<2>().0.iter().map(|two| u16::from_le_bytes(*two)).collect();
            let is_text =
                |unit: &u16| matches!(unit, 0x20..0x7f | 0xab | 0xbb | 0x400..0x530 | 0x2010..0x2027 | 0x2116);
            let runs = units.split(|unit| !is_text(unit)).filter(|run| run.len() > 12);
            let text: Vec<String> = runs.map(String::from_utf16_lossy).collect();
            let cyrillic = |word: &String| word.chars().any(|c| matches!(c, '\u{400}'..'\u{530}'));
            let mut once: Vec<String> = words(&text.join(" ")).into_iter().filter(cyrillic).collect();
            once.sort();
            once.dedup();
            once
        }
        _ => part_of_seed(seed, found),
    }
}

#[test]
fn kazakh_words_come_out_whole() {
    let Some(entries) = corpus() else { return };
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/seeds");
    let Ok(folder) = std::fs::read_dir(seeds) else {
        eprintln!("SKIPPED: ../shared/seeds is not here");
        return;
    };
    let mut seeds: Vec<PathBuf> = folder.map(|entry| entry.unwrap().path()).collect();
    seeds.sort();
    let pool = pool();
    let mut formats: BTreeMap<&str, usize> = BTreeMap::new();
    let mut sizes: BTreeMap<&str, Vec<(String, usize)>> = BTreeMap::new();
    let mut low = Vec::new();
    for entry in entries.iter().filter(|entry| entry.file.contains("-kk-d0") && entry.class == "ok") {
        if matches!(entry.format.as_str(), "TIFF" | "JPEG") {
            continue;
        }
        let part = entry.file.split('-').nth(2).unwrap();
        let seed = std::fs::read_to_string(&seeds[part[1..4].parse::<usize>().unwrap()]).unwrap();
        let found = words_of(&text_of(&pool, &entry.bytes));
        let wanted = wanted(entry, &seed, &found);
        let share = recall(&wanted, &found);
        eprintln!("{share:.4} of {:>5} words, {:>5} found: {}", wanted.len(), found.len(), entry.file);
        if share < 0.99 || wanted.len() < 100 {
            low.push(format!("{}: {share:.4} of {}", entry.file, wanted.len()));
        }
        *formats.entry(&entry.format).or_default() += 1;
        if matches!(entry.format.as_str(), "DOC" | "DOCX" | "RTF" | "PDF") {
            sizes.entry(part).or_default().push((entry.file.clone(), wanted.len()));
        }
    }
    assert!(low.is_empty(), "{}", low.join("\n"));
    let expected = ["DOC", "DOCX", "PDF", "PPT", "PPTX", "RTF", "XLS", "XLSX"];
    assert_eq!(formats.keys().copied().collect::<Vec<_>>(), expected);
    // All text documents of one text hold the same part of it: nothing is missing at its ends either.
    for (part, sizes) in sizes {
        let (least, most) = (sizes.iter().map(|s| s.1).min().unwrap(), sizes.iter().map(|s| s.1).max().unwrap());
        assert!(least * 100 >= most * 99, "{part}: {sizes:?}");
    }
}

/// How fast: `cargo test --release --test it extract::speed -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement, and says nothing in a build for tests"]
fn speed() {
    let Some(entries) = corpus() else { return };
    for format in ["DOC", "DOCX", "RTF", "PDF", "XLS", "XLSX", "PPT", "PPTX", "RAR", "ZIP"] {
        let files: Vec<&Entry> = entries.iter().filter(|e| e.format == format && e.class == "ok").collect();
        let pool = pool();
        pool.confinement().unwrap();
        let (from, mut count, mut bytes) = (Instant::now(), 0u32, 0);
        while from.elapsed() < Duration::from_secs(3) {
            for file in &files {
                text_of(&pool, &file.bytes);
                (count, bytes) = (count + 1, bytes + file.bytes.len());
            }
        }
        let (per_s, mb) = (f64::from(count) / from.elapsed().as_secs_f64(), bytes as f64 / 1e6);
        let mb_s = mb / from.elapsed().as_secs_f64();
        eprintln!("{format}\t{} files\t{per_s:.0} documents/s\t{mb_s:.1} MB/s", files.len());
    }
    let (from, rounds) = (Instant::now(), 20);
    (0..rounds).for_each(|_| drop(pool().confinement().unwrap()));
    eprintln!("a process starts in {:?}", from.elapsed() / rounds);
}
