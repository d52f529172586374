//! What tests share: a medium that fails on demand and a repeatable sequence of numbers.
//!
//! Compiled for tests only (feature `testing`). It contains no assertion about the archive: those stand in the tests.

pub mod fault;
pub mod hostile;
pub mod index;
pub mod many;
pub mod relevance;

pub use fault::{Failure, FaultDisk, FaultPlan};
pub use index::MemoryIndex;

/// A repeatable sequence of numbers (SplitMix64), so that a failing test prints its seed and is run again. No key comes
/// from it.
#[derive(Debug, Clone)]
pub struct Sequence(u64);

impl Sequence {
    /// The sequence of `seed`.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `end`, which is not 0.
    pub fn below(&mut self, end: u64) -> u64 {
        self.draw() % end
    }

    /// A length from 0 to `max`, both included.
    pub fn len_to(&mut self, max: usize) -> usize {
        usize::try_from(self.below(max as u64 + 1)).expect("not above a length")
    }

    /// Bytes that do not shrink.
    pub fn noise(&mut self, len: usize) -> Vec<u8> {
        let mut out: Vec<u8> =
            std::iter::repeat_with(|| self.draw().to_le_bytes()).take(len.div_ceil(8)).flatten().collect();
        out.truncate(len);
        out
    }

    /// Bytes that shrink: a few words in changing order.
    pub fn text(&mut self, len: usize) -> Vec<u8> {
        const WORDS: [&str; 6] = ["құжат ", "archive ", "іс ", "номенклатура ", "2026 ", "register "];
        let mut out = Vec::with_capacity(len + 32);
        while out.len() < len {
            let word = usize::try_from(self.below(WORDS.len() as u64)).expect("a short list");
            out.extend_from_slice(WORDS[word].as_bytes());
        }
        out.truncate(len);
        out
    }
}

/// The card of made-up document `number`, complete and valid.
pub fn card(number: u32) -> serde_json::Value {
    serde_json::json!({
        "schema": "muragat/card/1", "document_type": "Хат", "document_date": "2026-01-05",
        "registration_number": format!("{number}-қ"), "nomenclature_index": "01-02",
        "software": {"name": "Үлгі", "version": "1"}, "signatures": [], "nature": "Сынақ",
        "title": format!("Үлгі құжат {number}"), "sheets": {"document": 1, "attachments": 0},
        "addressee_body": "Үлгі мекемесі", "executor_surname": "Үлгіев", "executor_phone": "+7 000 000 00 01",
        "control_mark": null, "filing_mark": null, "link": null, "paper_mark": "none",
    })
}
