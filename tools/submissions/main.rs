//! Makes submissions from a folder of plain files, so that anybody can try the archive on documents of their own.
//!
//! `cargo run --release --features tools --bin submissions -- FOLDER OUT [--agency CODE] [--date YYYY-MM-DD] [--index INDEX]
//! [--zip]`
//!
//! Every file of FOLDER, at any depth, becomes the main file of one submission in OUT, with a generated card. All
//! values of the card are plainly made up; the registration number follows from the path of the file, so the same
//! folder gives the same submissions. Links, and what is no regular file, are left out and named.

use clap::Parser;
use muragat::model::card::CARD_SCHEMA;
use muragat::model::submission::{SUBMISSION_FILE, SUBMISSION_SCHEMA, check_path};
use serde_json::{Value, json};
use std::error::Error;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// Make one submission from each plain file of a folder.
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
    for (i, path) in files.iter().enumerate() {
        make(&arguments, path, i + 1).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    for path in &left_out {
        writeln!(io::stderr(), "left out, no regular file: {}", path.display())?;
    }
    writeln!(io::stdout(), "{} submissions in {}", files.len(), arguments.out.display())?;
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

fn make(arguments: &Arguments, source: &Path, number: usize) -> Result<(), Box<dyn Error>> {
    let relative = source.strip_prefix(&arguments.folder)?.to_string_lossy().into_owned();
    let registration_number = registration_number(&relative, number);
    // In a folder of its own the document can have any name, `card.json` too.
    let name = source.file_name().and_then(|name| name.to_str()).filter(|name| check_path(name).is_ok());
    let main = format!("main/{}", name.unwrap_or("document"));
    let submission = json!({
        "schema": SUBMISSION_SCHEMA,
        "agency": arguments.agency,
        "direction": "internal",
        "nomenclature_index": arguments.index,
        "access_category": "public",
        "components": [
            {"path": "card.json", "role": "card", "media_type": "application/json"},
            {"path": main, "role": "main"},
        ],
    });
    let card = card(arguments, &registration_number, &relative);
    let target = arguments.out.join(&registration_number);
    if arguments.zip {
        write_zip(&target, &submission, &card, &main, source)
    } else {
        write_folder(&target, &submission, &card, &main, source)
    }
}

/// Unique by the counter, and telling documents of one folder apart when files are added: `000017-9f86d081`.
fn registration_number(relative: &str, number: usize) -> String {
    let digest = blake3::hash(relative.as_bytes());
    format!("{number:06}-{}", &digest.to_hex()[..8])
}

fn card(arguments: &Arguments, registration_number: &str, relative: &str) -> Value {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    let title: String = relative.chars().map(plain).take(1000).collect();
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
        "sheets": {"document": 1, "attachments": 0},
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

fn write_folder(
    target: &Path,
    submission: &Value,
    card: &Value,
    main: &str,
    source: &Path,
) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(target.join("main"))?;
    fs::write(target.join(SUBMISSION_FILE), text(submission)?)?;
    fs::write(target.join("card.json"), text(card)?)?;
    io::copy(&mut File::open(source)?, &mut File::create(target.join(main))?)?;
    Ok(())
}

fn write_zip(target: &Path, submission: &Value, card: &Value, main: &str, source: &Path) -> Result<(), Box<dyn Error>> {
    let mut zip = ZipWriter::new(BufWriter::new(File::create(target.with_extension("zip"))?));
    let options = SimpleFileOptions::default();
    for (name, value) in [(SUBMISSION_FILE, submission), ("card.json", card)] {
        zip.start_file(name, options)?;
        zip.write_all(&text(value)?)?;
    }
    zip.start_file(main, options)?;
    io::copy(&mut File::open(source)?, &mut zip)?;
    zip.finish()?.flush()?;
    Ok(())
}
