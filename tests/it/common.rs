//! Submissions for tests of the command line, in plainly made-up words.
//!
//! Goal: a test says in one line what is special about its submission. Method: a submission that is accepted, of which
//! a test changes one field before it is written.

use muragat::cli::samples::docx::{Block, write};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

/// Path of the main file in every sample.
pub(crate) const MAIN: &str = "main.docx";

/// A DOCX with this text.
pub(crate) fn docx(text: &str) -> Vec<u8> {
    write(&[Block::Paragraph(text)], &|text| text.to_owned()).unwrap()
}

/// A DOCX of about this many bytes, of digits that no packer makes much shorter.
pub(crate) fn long_docx(seed: u64, bytes: usize) -> Vec<u8> {
    let mut numbers = muragat::testing::Sequence::new(seed);
    // Each digit is four bits, which packing finds out.
    let paragraph = |_| (0..64).map(|_| format!("{:016x}", numbers.draw())).collect::<String>();
    let paragraphs: Vec<String> = (0..bytes * 7 / 4 / 1024).map(paragraph).collect();
    let blocks: Vec<Block<'_>> = paragraphs.iter().map(|text| Block::Paragraph(text)).collect();
    write(&blocks, &|text| text.to_owned()).unwrap()
}

/// A submission that is not written yet.
pub(crate) struct Sample {
    pub(crate) submission: Value,
    pub(crate) card: Value,
    pub(crate) main: Vec<u8>,
}

impl Sample {
    /// A public record with this registration number.
    pub(crate) fn new(number: &str) -> Self {
        let submission = json!({
            "schema": "muragat/submission/1", "agency": "TEST-01", "direction": "outgoing",
            "nomenclature_index": "01-05", "access_category": "public",
            "components": [{"path": "card.json", "role": "card"}, {"path": MAIN, "role": "main"}],
        });
        let card = json!({
            "schema": "muragat/card/1", "document_type": "Хат", "document_date": "2026-01-05",
            "registration_number": number, "nomenclature_index": "01-05",
            "software": {"name": "Үлгі ЭҚАЖ", "version": "1.0"}, "signatures": [], "nature": "Сынақ",
            "title": format!("Сынақ хаты {number}"), "sheets": {"document": 1, "attachments": 0},
            "addressee_body": "Үлгі мекемесі", "executor_surname": "Үлгібаев", "executor_phone": "+7 000 000 00 00",
            "control_mark": null, "filing_mark": null, "link": null, "paper_mark": "none",
        });
        Self { submission, card, main: docx(&format!("Бұл {number} құжаты ойдан шығарылған.")) }
    }

    /// The same with restricted access.
    pub(crate) fn confidential(self) -> Self {
        self.with("access_category", json!("confidential"))
    }

    /// The same with this field of `submission.json`.
    pub(crate) fn with(mut self, field: &str, value: Value) -> Self {
        self.submission[field] = value;
        self
    }

    /// The same with this field of the card.
    pub(crate) fn card_with(mut self, field: &str, value: Value) -> Self {
        self.card[field] = value;
        self
    }

    /// The same without a field of the card.
    pub(crate) fn without(mut self, field: &str) -> Self {
        self.card.as_object_mut().unwrap().remove(field).expect("the card has the field");
        self
    }

    /// The same with this main file.
    pub(crate) fn main(mut self, bytes: Vec<u8>) -> Self {
        self.main = bytes;
        self
    }

    /// Writes the folder of the submission, and gives it.
    pub(crate) fn write(&self, into: &Path, name: &str) -> PathBuf {
        let folder = into.join(name);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("submission.json"), self.submission.to_string()).unwrap();
        fs::write(folder.join("card.json"), self.card.to_string()).unwrap();
        fs::write(folder.join(MAIN), &self.main).unwrap();
        folder
    }
}
