//! How good full-text search is: asks questions whose answers people have judged, and prints what it found.
//!
//! `cargo run --features tools,testing --bin relevance -- --queries FILE --texts DIR [--recall 0.9] [--mrr 0.95]`
//!
//! FILE has the columns of `queries.tsv` (id, split, lang, kind, query, expected `text:paragraph` list); a text is a file
//! of DIR whose name begins with the name in the list and `_`, or is it with `.txt`. Index, analysis and questions are
//! those of the archive (`testing::relevance`). Exit 1 when a mean over all questions is below its bar.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program that prints")]

use clap::Parser;
use muragat::testing::relevance::{self, Means, Outcome};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Parser)]
struct Arguments {
    /// Questions with their expected paragraphs.
    #[arg(long)]
    queries: PathBuf,
    /// Folder of texts.
    #[arg(long)]
    texts: PathBuf,
    /// Least mean recall among the first ten.
    #[arg(long, default_value_t = 0.0)]
    recall: f64,
    /// Least mean reciprocal rank.
    #[arg(long, default_value_t = 0.0)]
    mrr: f64,
    /// Print what was missed and what stood in its place.
    #[arg(long)]
    missed: bool,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(e) => {
            eprintln!("relevance: {e}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<bool, Box<dyn std::error::Error>> {
    let questions = relevance::questions(&std::fs::read_to_string(&arguments.queries)?)?;
    let texts = texts(&arguments.texts)?;
    for (text, paragraph) in questions.iter().flat_map(|question| &question.expected) {
        let known = texts.get(text).is_some_and(|t| relevance::paragraphs(t).any(|(number, _)| number == *paragraph));
        if !known {
            return Err(format!("there is no paragraph {text}:{paragraph}").into());
        }
    }
    let outcomes = relevance::ask(&texts, &questions)?;
    println!("{:6} {:8} {:10} {:>6} {:>6} {:>6}  query", "id", "split", "kind", "R@10", "RR", "found");
    for outcome in &outcomes {
        let Outcome { question, recall, reciprocal_rank, found, total } = outcome;
        let (id, split, kind) = (&question.id, &question.split, &question.kind);
        println!("{id:6} {split:8} {kind:10} {recall:6.3} {reciprocal_rank:6.3} {total:6}  {}", question.query);
        if arguments.missed && *recall < 1.0 {
            let list = |places: Vec<&(String, u32)>| {
                places.iter().map(|(text, number)| format!("{text}:{number}")).collect::<Vec<_>>().join(" ")
            };
            println!(
                "       missed {}",
                list(question.expected.iter().filter(|place| !found.contains(place)).collect())
            );
            println!("       found  {}", list(found.iter().collect()));
        }
    }
    let splits: BTreeSet<&str> = outcomes.iter().map(|outcome| outcome.question.split.as_str()).collect();
    for split in splits {
        print(split, relevance::means(outcomes.iter().filter(|outcome| outcome.question.split == split)));
    }
    let all = relevance::means(&outcomes);
    print("all", all);
    Ok(all.recall >= arguments.recall && all.mrr >= arguments.mrr)
}

fn print(name: &str, means: Means) {
    println!("{name}: {} questions, recall@10 {:.3}, MRR {:.3}", means.questions, means.recall, means.mrr);
}

fn texts(folder: &Path) -> Result<BTreeMap<String, String>, Box<dyn std::error::Error>> {
    let mut texts = BTreeMap::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let Some(stem) = name.strip_suffix(".txt") else { continue };
        let name = stem.split_once('_').map_or(stem, |(name, _)| name).to_owned();
        texts.insert(name, std::fs::read_to_string(&path)?);
    }
    Ok(texts)
}
