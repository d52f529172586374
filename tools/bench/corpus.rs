//! The corpus: documents as an office keeps them, the same bytes on every machine.
//!
//! 20,000 small documents of 2-60 KB (cards, letters, registers, receipts, signatures) and one large of 1-20 MB for
//! every hundred of them (scans, attachments). About half of the small ones and most bytes of the large ones are
//! incompressible; 3 % of the small ones repeat an earlier one. Beside the plain files, which the floor and restic
//! read, stand the submissions that the archive reads: a folder a document with a generated card, the document itself
//! as a hard link.
//!
//! Every document follows from the seed and its number alone, so threads can make them in any order. All names are made
//! up.

use crate::Fallible;
use muragat::model::card::CARD_SCHEMA;
use muragat::model::submission::{SUBMISSION_FILE, SUBMISSION_SCHEMA};
use serde_json::{Value, json};
use std::fs;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// Another number here makes other bytes: a corpus of an older program is made again.
const VERSION: u32 = 2;
const SEED: u64 = 1;
/// Small documents to one large.
const SMALL_TO_LARGE: usize = 100;
/// Of a hundred small documents, how many repeat an earlier one.
const REPEATED_PERCENT: u64 = 3;
/// Documents in one folder.
const FOLDER: usize = 1000;
const MARK: &str = "corpus.json";

/// Deterministic numbers (SplitMix64).
pub(crate) struct Numbers(u64);

impl Numbers {
    /// A stream of its own for every `stream`.
    pub(crate) fn new(stream: u64) -> Self {
        let mut numbers = Self(SEED.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ stream.wrapping_mul(0xd134_2543_de82_ef95));
        numbers.next();
        numbers
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below `bound`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// An index into something of `len` elements.
    pub(crate) fn index(&mut self, len: usize) -> usize {
        self.below(len as u64) as usize
    }

    /// In 0..1.
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    fn bytes(&mut self, out: &mut Vec<u8>, count: usize) {
        let end = out.len() + count;
        while out.len() < end {
            out.extend_from_slice(&self.next().to_le_bytes());
        }
        out.truncate(end);
    }

    fn one_of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.index(all.len())]
    }
}

const WORDS: &str = "құжат мұрағат бұйрық хаттама шешім келісім шарт есеп хат өтініш анықтама ұйым мекеме \
    бөлім басқарма қызмет мерзім сақтау қол қою күні нөмірі орындаушы жауапты тізім іс тіркеу қабылдау беру \
    жою сараптама құндылық договор документ организация приложение срок хранения архив подпись сертификат \
    дата номер исполнитель согласование акт счёт оплата поставка товар услуга распоряжение приказ протокол \
    заседание решение комиссия отчёт период квартал сумма реквизиты адрес банк уведомление регистрация \
    карточка дело опись индекс номенклатура экспертиза ценность уничтожение передача приём квитанция \
    сообщение оригинал копия выписка document record retention register receipt schedule review object \
    format metadata invoice contract annex delivery payment account balance approved pending committee \
    notice agency";
/// Of one script: the beginning of a word of two scripts folds otherwise than the word.
const SYLLABLES: &[&str] =
    &["ста", "ре", "но", "ван", "ли", "про", "ко", "ми", "тер", "ген", "дор", "қа", "ұла", "пла", "ция", "ші", "лер"];

/// Words in the proportions of office prose: few are frequent, thousands are rare.
struct Words {
    words: Vec<String>,
    cumulative: Vec<f64>,
}

impl Words {
    fn new() -> Self {
        let mut numbers = Numbers::new(u64::MAX);
        let mut words: Vec<String> = WORDS.split_whitespace().map(str::to_owned).collect();
        for _ in 0..3000 {
            let syllables = 2 + numbers.below(4);
            words.push((0..syllables).map(|_| numbers.one_of(SYLLABLES)).collect());
        }
        let mut sum = 0.0;
        let cumulative = (0..words.len()).map(|rank| {
            sum += (rank as f64 + 3.0).powf(-0.85);
            sum
        });
        let cumulative = cumulative.collect();
        Self { words, cumulative }
    }

    fn word(&self, numbers: &mut Numbers) -> &str {
        let total = self.cumulative.last().copied().unwrap_or(0.0);
        let at = numbers.unit() * total;
        &self.words[self.cumulative.partition_point(|c| *c < at).min(self.words.len() - 1)]
    }

    fn phrase(&self, numbers: &mut Numbers, count: u64) -> String {
        (0..count).map(|_| self.word(numbers)).collect::<Vec<_>>().join(" ")
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Xml,
    Json,
    Csv,
    Docx,
    Pdf,
    Signature,
    Scan,
}

/// Kinds and their shares of a hundred.
const SMALL: &[(Kind, u64)] = &[
    (Kind::Text, 15),
    (Kind::Xml, 22),
    (Kind::Json, 8),
    (Kind::Csv, 5),
    (Kind::Docx, 20),
    (Kind::Pdf, 15),
    (Kind::Signature, 15),
];
const LARGE: &[(Kind, u64)] =
    &[(Kind::Pdf, 35), (Kind::Docx, 20), (Kind::Scan, 25), (Kind::Text, 5), (Kind::Csv, 8), (Kind::Xml, 7)];

fn kind(numbers: &mut Numbers, shares: &[(Kind, u64)]) -> Kind {
    let mut at = numbers.below(100);
    for (kind, share) in shares {
        if at < *share {
            return *kind;
        }
        at -= share;
    }
    unreachable!("the shares are of a hundred")
}

/// One document.
struct Document {
    extension: &'static str,
    bytes: Vec<u8>,
}

fn make(words: &Words, numbers: &mut Numbers, kind: Kind, size: usize) -> Result<Document, zip::result::ZipError> {
    let mut out = Vec::with_capacity(size + 1024);
    let extension = match kind {
        Kind::Text => {
            prose(words, numbers, &mut out, size);
            "txt"
        }
        Kind::Xml => {
            out.extend_from_slice(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<card xmlns=\"urn:example:card\">\n");
            while out.len() < size {
                let hash = if numbers.below(7) == 0 { numbers.next() } else { 0 };
                let (id, words) = (numbers.next(), words.phrase(numbers, 4));
                let line =
                    format!("  <field id=\"{id:016x}\"><value>{words}</value><hash>{hash:064x}</hash></field>\n");
                out.extend_from_slice(line.as_bytes());
            }
            out.extend_from_slice(b"</card>\n");
            "xml"
        }
        Kind::Json => {
            out.extend_from_slice(b"{\"receipts\":[\n");
            while out.len() < size {
                let state = numbers.one_of(&["accepted", "delivered", "signed", "rejected"]);
                let (a, b, time) = (numbers.next(), numbers.next(), 1_500_000_000 + numbers.below(300_000_000));
                let words = words.phrase(numbers, 3);
                let line = format!(
                    "{{\"id\":\"{a:016x}{b:016x}\",\"ts\":{time},\"status\":\"{state}\",\"c\":\"{words}\"}},\n"
                );
                out.extend_from_slice(line.as_bytes());
            }
            out.extend_from_slice(b"{}]}\n");
            "json"
        }
        Kind::Csv => {
            while out.len() < size {
                let (id, day, month) = (numbers.below(10_000_000), 1 + numbers.below(28), 1 + numbers.below(12));
                let (sum, words) = (numbers.below(100_000_000), words.phrase(numbers, 3));
                let line = format!("{id};{day:02}.{month:02}.2026;{words};{}.{:02}\n", sum / 100, sum % 100);
                out.extend_from_slice(line.as_bytes());
            }
            "csv"
        }
        Kind::Docx => {
            out = docx(words, numbers, size)?;
            "docx"
        }
        Kind::Pdf => {
            out.extend_from_slice(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n");
            let mut object = 1;
            while out.len() < size {
                // Deflated text and JPEG pictures both look random.
                let len = (2000 + numbers.index(30_000)).min(size - out.len());
                out.extend_from_slice(
                    format!("{object} 0 obj\n<< /Filter /FlateDecode /Length {len} >>\nstream\n").as_bytes(),
                );
                numbers.bytes(&mut out, len);
                out.extend_from_slice(b"\nendstream\nendobj\n");
                object += 1;
            }
            out.extend_from_slice(format!("trailer\n<< /Size {object} /Root 1 0 R >>\n%%EOF\n").as_bytes());
            "pdf"
        }
        Kind::Signature => {
            // DER: a ContentInfo of type signedData; the rest stands for certificates and the signature.
            out.extend_from_slice(b"\x30\x82\x20\x00\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x82");
            numbers.bytes(&mut out, size.min(9000));
            "p7s"
        }
        Kind::Scan => {
            out.extend_from_slice(b"II*\0\x08\0\0\0");
            while out.len() < size {
                let white = numbers.one_of(&["\u{7f}", "~", "}", "\0"]).as_bytes()[0];
                out.resize(out.len() + 40 + numbers.index(360), white);
                let noise = 60 + numbers.index(440);
                numbers.bytes(&mut out, noise);
            }
            "tif"
        }
    };
    Ok(Document { extension, bytes: out })
}

fn prose(words: &Words, numbers: &mut Numbers, out: &mut Vec<u8>, size: usize) {
    while out.len() < size {
        let count = 6 + numbers.below(13);
        out.extend_from_slice(words.phrase(numbers, count).as_bytes());
        out.extend_from_slice(if numbers.below(8) == 0 { b".\n\n" } else { b". " });
    }
}

/// A real container: deflated text, and a picture that fills it up to `size`.
fn docx(words: &Words, numbers: &mut Numbers, size: usize) -> Result<Vec<u8>, zip::result::ZipError> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::with_capacity(size + 1024)));
    let deflated = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    zip.start_file("[Content_Types].xml", deflated)?;
    zip.write_all(&b"<Types/>".repeat(20))?;
    zip.start_file("word/document.xml", deflated)?;
    let mut text = b"<w:document>".to_vec();
    prose(words, numbers, &mut text, size.min(32_000));
    zip.write_all(&text)?;
    zip.start_file(
        "word/media/image1.jpg",
        SimpleFileOptions::default().compression_method(CompressionMethod::Stored),
    )?;
    // The text takes about a third of its length.
    let picture = size.saturating_sub(text.len() / 3 + 600);
    let mut bytes = Vec::with_capacity(picture + 8);
    numbers.bytes(&mut bytes, picture);
    zip.write_all(&bytes)?;
    Ok(zip.finish()?.into_inner())
}

fn log_uniform(low: f64, high: f64, unit: f64) -> usize {
    (low * (high / low).powf(unit)) as usize
}

/// The document numbered `number`: the small ones come first.
fn document(words: &Words, small: usize, number: usize) -> Result<Document, zip::result::ZipError> {
    let mut number = number;
    loop {
        let mut numbers = Numbers::new(number as u64);
        if number >= small {
            // Spread evenly, so that few large documents also have the sizes of many. The exponent makes 20,000 small
            // and 200 large documents about 1.47 GB.
            let unit = (number - small) as f64 * 0.618_033_988_749_895 + 0.3;
            let size = log_uniform(1e6, 20e6, unit.fract().powf(1.15));
            let kind = kind(&mut numbers, LARGE);
            return make(words, &mut numbers, kind, size);
        }
        if number > 0 && numbers.below(100) < REPEATED_PERCENT {
            number = numbers.index(number);
            continue;
        }
        let size = log_uniform(2e3, 60e3, numbers.unit());
        let kind = kind(&mut numbers, SMALL);
        return make(words, &mut numbers, kind, size);
    }
}

/// A corpus on disk.
pub(crate) struct Corpus {
    folder: PathBuf,
    /// Small documents.
    pub(crate) small: usize,
    /// All documents.
    pub(crate) documents: usize,
    /// Their bytes, without cards.
    pub(crate) bytes: u64,
    /// BLAKE3 over the BLAKE3 of every document in order: the same on every machine.
    pub(crate) digest: String,
    /// It was there already.
    pub(crate) reused: bool,
}

impl Corpus {
    /// The corpus in `folder` that was made before.
    pub(crate) fn open(folder: &Path) -> Fallible<Self> {
        let mark: Value = serde_json::from_slice(&fs::read(folder.join(MARK))?)?;
        let number = |name: &str| mark[name].as_u64().ok_or(format!("{MARK}: no {name}"));
        if number("version")? != u64::from(VERSION) {
            return Err("the corpus is of another version".into());
        }
        Ok(Self {
            folder: folder.to_owned(),
            small: usize::try_from(number("small")?)?,
            documents: usize::try_from(number("documents")?)?,
            bytes: number("bytes")?,
            digest: mark["digest"].as_str().unwrap_or_default().to_owned(),
            reused: true,
        })
    }

    /// The corpus with `small` small documents and one document of `big_bytes`: as it lies in `folder`, or made anew.
    pub(crate) fn make(folder: &Path, small: usize, big_bytes: usize, threads: usize) -> Fallible<Self> {
        let wanted = json!({"version": VERSION, "seed": SEED, "small": small, "big_bytes": big_bytes});
        if let Ok(bytes) = fs::read(folder.join(MARK)) {
            let found: Value = serde_json::from_slice(&bytes)?;
            if wanted.as_object().is_some_and(|w| w.iter().all(|(k, v)| found[k] == *v)) {
                return Self::open(folder);
            }
        }
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        let documents = small + small.div_ceil(SMALL_TO_LARGE);
        for folder_no in 0..=documents / FOLDER {
            fs::create_dir_all(folder.join("plain").join(format!("{folder_no:03}")))?;
        }
        let words = Words::new();
        let next = AtomicUsize::new(0);
        let made = std::thread::scope(|scope| -> Fallible<Vec<(usize, blake3::Hash, u64)>> {
            let (next, words) = (&next, &words);
            let workers: Vec<_> = (0..threads)
                .map(|_| {
                    scope.spawn(move || {
                        let mut made = Vec::new();
                        loop {
                            let number = next.fetch_add(1, Ordering::Relaxed);
                            if number >= documents {
                                return Fallible::Ok(made);
                            }
                            let document = document(words, small, number)?;
                            write(folder, words, number, &document)?;
                            made.push((number, blake3::hash(&document.bytes), document.bytes.len() as u64));
                        }
                    })
                })
                .collect();
            let mut made = Vec::with_capacity(documents);
            for worker in workers {
                made.extend(worker.join().expect("making documents does not panic")?);
            }
            Ok(made)
        });
        let mut made = made?;
        made.sort_unstable_by_key(|(number, _, _)| *number);
        let mut digest = blake3::Hasher::new();
        for (_, hash, _) in &made {
            digest.update(hash.as_bytes());
        }
        let bytes: u64 = made.iter().map(|(_, _, bytes)| bytes).sum();
        big(folder, &words, big_bytes)?;
        let mut mark = wanted;
        mark["documents"] = json!(documents);
        mark["bytes"] = json!(bytes);
        mark["digest"] = json!(&digest.finalize().to_hex()[..16]);
        // Written last: without it, what is there is made again.
        fs::write(folder.join(MARK), mark.to_string())?;
        Ok(Self { reused: false, ..Self::open(folder)? })
    }

    /// The plain documents.
    pub(crate) fn plain(&self) -> PathBuf {
        self.folder.join("plain")
    }

    /// The plain documents one by one, in the order of their numbers.
    pub(crate) fn plain_files(&self) -> Fallible<Vec<PathBuf>> {
        let mut files = Vec::with_capacity(self.documents);
        for folder in fs::read_dir(self.plain())? {
            for file in fs::read_dir(folder?.path())? {
                files.push(file?.path());
            }
        }
        files.sort();
        Ok(files)
    }

    /// Reads everything once, so that nobody is the first to wait for the disk.
    pub(crate) fn warm(&self) -> Fallible<()> {
        for submission in self.submissions()? {
            for entry in [submission.join("main"), submission] {
                for file in fs::read_dir(entry)? {
                    let path = file?.path();
                    if path.is_file() {
                        std::hint::black_box(fs::read(path)?);
                    }
                }
            }
        }
        Ok(())
    }

    /// The submissions, in the order of their documents' numbers.
    pub(crate) fn submissions(&self) -> Fallible<Vec<PathBuf>> {
        Ok(muragat::ingest::submissions(&self.folder.join("submissions"))?)
    }

    /// The submission with the one big document.
    pub(crate) fn big(&self) -> PathBuf {
        self.folder.join("big")
    }
}

fn write(folder: &Path, words: &Words, number: usize, document: &Document) -> Fallible<()> {
    let part = format!("{:03}", number / FOLDER);
    let name = format!("document-{number:06}.{}", document.extension);
    let plain = folder.join("plain").join(&part).join(&name);
    fs::write(&plain, &document.bytes)?;
    let target = folder.join("submissions").join(part).join(format!("{number:06}"));
    submission(&target, words, number, &name, &plain)
}

fn submission(target: &Path, words: &Words, number: usize, name: &str, document: &Path) -> Fallible<()> {
    // A stream apart from the document's, so that a repeated document has a card of its own.
    let mut numbers = Numbers::new(!(number as u64));
    let nomenclature_index = format!("{:02}-{:02}", 1 + numbers.below(5), 1 + numbers.below(20));
    let (month, day) = (1 + numbers.below(12), 1 + numbers.below(28));
    let submission = json!({
        "schema": SUBMISSION_SCHEMA,
        "agency": format!("BENCH-{}", 1 + numbers.below(4)),
        "direction": numbers.one_of(&["incoming", "outgoing", "internal"]),
        "nomenclature_index": nomenclature_index,
        "access_category": "public",
        "components": [
            {"path": "card.json", "role": "card", "media_type": "application/json"},
            {"path": format!("main/{name}"), "role": "main"},
        ],
    });
    let card = json!({
        "schema": CARD_SCHEMA,
        "document_type": numbers.one_of(&["бұйрық", "хаттама", "акт", "хат", "шарт"]),
        "document_date": format!("{}-{month:02}-{day:02}", 2023 + numbers.below(3)),
        "registration_number": format!("B-{number:06}"),
        "nomenclature_index": nomenclature_index,
        "software": {"name": "bench", "version": "1"},
        "signatures": [],
        "nature": words.phrase(&mut numbers, 3),
        "title": words.phrase(&mut numbers, 8),
        "sheets": {"document": 1 + numbers.below(20), "attachments": 0},
        "addressee_body": format!("Үлгі мекемесі {}", 1 + numbers.below(50)),
        "executor_surname": format!("Үлгібаев-{}", 1 + numbers.below(200)),
        "executor_phone": "+7 (000) 000-00-00",
        "control_mark": null,
        "filing_mark": null,
        "link": null,
        "paper_mark": "none",
    });
    fs::create_dir_all(target.join("main"))?;
    fs::write(target.join(SUBMISSION_FILE), submission.to_string())?;
    fs::write(target.join("card.json"), card.to_string())?;
    let main = target.join("main").join(name);
    // Not every file system has hard links.
    if fs::hard_link(document, &main).is_err() {
        fs::copy(document, &main)?;
    }
    Ok(())
}

/// The one document of the size that the archive admits at most, half of it compressible.
fn big(folder: &Path, words: &Words, size: usize) -> Fallible<()> {
    let number = usize::MAX / 2;
    let mut numbers = Numbers::new(number as u64);
    let mut bytes = Vec::with_capacity(size + 1024);
    prose(words, &mut numbers, &mut bytes, size / 2);
    bytes.truncate(size / 2);
    let rest = size - bytes.len();
    numbers.bytes(&mut bytes, rest);
    let plain = folder.join("big-document.bin");
    fs::write(&plain, &bytes)?;
    submission(&folder.join("big"), words, number, "big-document.bin", &plain)
}
