//! Makes submissions from a folder of documents, so that anybody can try the archive on documents of their own.
//!
//! `cargo run --release --features tools --bin submissions -- FOLDER OUT [--agency CODE] [--date YYYY-MM-DD] [--index INDEX]
//! [--texts] [--zip]`
//!
//! Every document of FOLDER, at any depth, becomes one submission in OUT, as the profile n430 wants it (N 430 cl. 8): a
//! DOC or DOCX is the main file; a file of another format of that clause is an attachment to a generated cover. The card
//! and the cover are plainly made up; the registration number follows from the path of the file, so the same folder gives
//! the same submissions. With `--texts`, other files that are text become the text of a generated DOCX. What is left out
//! is named on stderr: links, what is no regular file, and what has no extension of clause 8.

use clap::Parser;
use muragat::cli::samples::docx::{self, Block};
use muragat::model::card::CARD_SCHEMA;
use muragat::model::path;
use muragat::model::submission::{SUBMISSION_FILE, SUBMISSION_SCHEMA};
use serde_json::{Value, json};
use std::error::Error;
use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// Extensions of the formats that a main file may have (N 430 cl. 8).
const MAIN: [&str; 2] = ["doc", "docx"];
/// Extensions of the other formats that an attachment may have.
const ATTACHMENT: [&str; 12] = ["pdf", "tiff", "tif", "jpeg", "jpg", "rtf", "xls", "xlsx", "ppt", "pptx", "rar", "zip"];

/// Make one submission from each document of a folder.
#[derive(Debug, Parser)]
struct Arguments {
    /// The folder with the documents.
    folder: PathBuf,
    /// Where the submissions go; made when it is not there.
    out: PathBuf,
    /// Code of the agency.
    #[arg(long, default_value = "DEMO")]
    agency: String,
    /// Date of every document.
    #[arg(long, default_value = "2026-01-05")]
    date: chrono::NaiveDate,
    /// Index in the nomenclature of files.
    #[arg(long, default_value = "01-01")]
    index: String,
    /// Make a DOCX of each file that is text, too.
    #[arg(long)]
    texts: bool,
    /// Make ZIP files instead of folders.
    #[arg(long)]
    zip: bool,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    let mut files = Vec::new();
    let mut left_out = Vec::new();
    list(&arguments.folder, &mut files, &mut left_out)?;
    files.sort();
    fs::create_dir_all(&arguments.out)?;
    let mut made = 0;
    for (i, path) in files.iter().enumerate() {
        let failed = |error: Box<dyn Error>| format!("{}: {error}", path.display());
        match content(&arguments, path).map_err(failed)? {
            Some(content) => {
                make(&arguments, path, content, i + 1).map_err(failed)?;
                made += 1;
            }
            None => writeln!(io::stderr(), "left out, no format of N 430 clause 8: {}", path.display())?,
        }
    }
    for path in &left_out {
        writeln!(io::stderr(), "left out, no regular file: {}", path.display())?;
    }
    writeln!(io::stdout(), "{made} submissions in {}", arguments.out.display())?;
    Ok(())
}

fn list(folder: &Path, files: &mut Vec<PathBuf>, left_out: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            list(&entry.path(), files, left_out)?;
        } else if kind.is_file() {
            files.push(entry.path());
        } else {
            left_out.push(entry.path());
        }
    }
    Ok(())
}

/// Main files and attachments of one submission.
struct File {
    path: String,
    role: &'static str,
    bytes: Bytes,
}

enum Bytes {
    Made(Vec<u8>),
    Of(PathBuf),
}

impl Bytes {
    fn copy_to(&self, out: &mut impl Write) -> io::Result<()> {
        match self {
            Bytes::Made(bytes) => out.write_all(bytes),
            Bytes::Of(path) => io::copy(&mut fs::File::open(path)?, out).map(drop),
        }
    }
}

/// What `source` becomes; none when it is left out.
fn content(arguments: &Arguments, source: &Path) -> Result<Option<Vec<File>>, Box<dyn Error>> {
    let extension = source.extension().and_then(|e| e.to_str()).unwrap_or_default().to_lowercase();
    // In a folder of its own the document can have any name, `card.json` too.
    let name = source.file_name().and_then(|name| name.to_str()).filter(|name| path::check(name).is_ok());
    let name = name.map_or_else(|| format!("document.{extension}"), str::to_owned);
    let file = |path, role, bytes| File { path, role, bytes };
    let of_source = Bytes::Of(source.to_owned());
    Ok(if MAIN.contains(&extension.as_str()) {
        Some(vec![file(format!("main/{name}"), "main", of_source)])
    } else if ATTACHMENT.contains(&extension.as_str()) {
        let about = format!("Үлгі: құжаттың өзі қосымшада, {name}.");
        let cover = docx::write(&[Block::Heading("ІЛЕСПЕ ХАТ"), Block::Paragraph(&about)], &plain)?;
        let attachment = file(format!("attachment/{name}"), "attachment", of_source);
        Some(vec![file("main/cover.docx".to_owned(), "main", Bytes::Made(cover)), attachment])
    } else if arguments.texts
        && let Ok(text) = String::from_utf8(fs::read(source)?)
    {
        let lines: Vec<Block<'_>> = text.lines().map(Block::Paragraph).collect();
        let document = Bytes::Made(docx::write(&lines, &plain)?);
        Some(vec![file(format!("main/{name}.docx"), "main", document)])
    } else {
        None
    })
}

/// A text without control characters, which XML and the card do not admit.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn make(arguments: &Arguments, source: &Path, content: Vec<File>, number: usize) -> Result<(), Box<dyn Error>> {
    let relative = source.strip_prefix(&arguments.folder)?.to_string_lossy().into_owned();
    let registration_number = registration_number(&relative, number);
    let attachments = content.iter().filter(|file| file.role == "attachment").count();
    let card = card(arguments, &registration_number, &relative, attachments);
    let mut components = vec![json!({"path": "card.json", "role": "card", "media_type": "application/json"})];
    components.extend(content.iter().map(|file| json!({"path": file.path, "role": file.role})));
    let submission = json!({
        "schema": SUBMISSION_SCHEMA,
        "agency": arguments.agency,
        "direction": "internal",
        "nomenclature_index": arguments.index,
        "access_category": "public",
        "components": components,
    });
    let mut files = Vec::new();
    for (name, value) in [(SUBMISSION_FILE, &submission), ("card.json", &card)] {
        files.push((name.to_owned(), Bytes::Made(text(value)?)));
    }
    files.extend(content.into_iter().map(|file| (file.path, file.bytes)));
    let target = arguments.out.join(&registration_number);
    let written = if arguments.zip { write_zip(&target, &files) } else { write_folder(&target, &files) };
    Ok(written?)
}

/// Unique by the counter, and telling documents of one folder apart when files are added: `000017-9f86d081`.
fn registration_number(relative: &str, number: usize) -> String {
    let digest = blake3::hash(relative.as_bytes());
    format!("{number:06}-{}", &digest.to_hex()[..8])
}

fn card(arguments: &Arguments, registration_number: &str, relative: &str, attachments: usize) -> Value {
    let title: String = plain(relative).chars().take(1000).collect();
    json!({
        "schema": CARD_SCHEMA,
        "document_type": "Үлгі құжат",
        "document_date": arguments.date.to_string(),
        "registration_number": registration_number,
        "nomenclature_index": arguments.index,
        "software": {"name": "submissions (үлгі жасаушы)", "version": env!("CARGO_PKG_VERSION")},
        "signatures": [],
        "nature": "Мұрағатты сынап көру",
        "title": format!("Үлгі: {title}"),
        "sheets": {"document": 1, "attachments": attachments},
        "addressee_body": "Үлгі мекемесі",
        "executor_surname": "Үлгібаев",
        "executor_phone": "+7 (000) 000-00-00",
        "control_mark": null,
        "filing_mark": null,
        "link": null,
        "paper_mark": "none",
    })
}

fn text(value: &Value) -> Result<Vec<u8>, serde_json::Error> {
    let mut bytes = serde_json::to_vec_pretty(value)?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn write_folder(target: &Path, files: &[(String, Bytes)]) -> io::Result<()> {
    for (name, bytes) in files {
        let path = target.join(name);
        fs::create_dir_all(path.parent().unwrap_or(target))?;
        bytes.copy_to(&mut fs::File::create(path)?)?;
    }
    Ok(())
}

fn write_zip(target: &Path, files: &[(String, Bytes)]) -> io::Result<()> {
    let mut zip = ZipWriter::new(BufWriter::new(fs::File::create(target.with_extension("zip"))?));
    for (name, bytes) in files {
        zip.start_file(name, SimpleFileOptions::default())?;
        bytes.copy_to(&mut zip)?;
    }
    zip.finish()?.flush()
}
