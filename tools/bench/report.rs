//! Figures for people and for programs.

use crate::Fallible;
use serde_json::{Value, json};
use std::io::Write;

/// A figure of a step's line; a missing one is an error, so that a bench that lost an output does not pass.
pub(crate) fn figure(line: &Value, name: &str) -> Fallible<f64> {
    let value = line[name].as_f64().filter(|v| v.is_finite());
    value.ok_or_else(|| format!("the step gave no {name}: {line}").into())
}

/// 20,200 for large numbers, 3.14 for small ones.
pub(crate) fn text(value: f64) -> String {
    let decimals = match value.abs() {
        v if v >= 100.0 => 0,
        v if v >= 10.0 => 1,
        v if v >= 0.01 || v == 0.0 => 2,
        _ => 4,
    };
    let plain = format!("{value:.decimals$}");
    let (whole, fraction) = plain.split_once('.').map_or((plain.as_str(), None), |(w, f)| (w, Some(f)));
    let mut out = String::new();
    for (at, digit) in whole.char_indices() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) && !out.ends_with('-') {
            out.push(',');
        }
        out.push(digit);
    }
    fraction.map_or(out.clone(), |f| format!("{out}.{f}"))
}

/// Collects what was measured and writes it out at the end; JSON lines go out at once.
pub(crate) struct Report {
    json: bool,
    lines: Vec<String>,
}

impl Report {
    /// An empty report.
    pub(crate) fn new(json: bool) -> Self {
        Self { json, lines: Vec::new() }
    }

    /// A step's own line, for programs.
    pub(crate) fn line(&self, step: &str, round: usize, line: &Value) -> Fallible<()> {
        if self.json {
            let mut line = line.clone();
            line["step"] = json!(step);
            line["round"] = json!(round);
            writeln!(std::io::stdout(), "{line}")?;
        }
        Ok(())
    }

    /// A heading.
    pub(crate) fn section(&mut self, title: &str) {
        self.lines.push(String::new());
        self.lines.push(title.to_owned());
    }

    /// A table: the first row is its head, the first column its names.
    pub(crate) fn table(&mut self, head: &[&str], rows: &[(String, Vec<f64>)]) {
        let name_width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0).max(24);
        let cells: Vec<Vec<String>> = rows
            .iter()
            .map(|(_, v)| v.iter().map(|v| if v.is_nan() { "-".into() } else { text(*v) }).collect())
            .collect();
        let width = |column: usize| {
            let widest = cells.iter().filter_map(|row| row.get(column)).map(String::len).max().unwrap_or(0);
            widest.max(head[column].chars().count()) + 2
        };
        let mut line = format!("  {:name_width$}", "");
        for (column, title) in head.iter().enumerate() {
            line.push_str(&format!("{title:>0$}", width(column)));
        }
        self.lines.push(line);
        for ((name, _), row) in rows.iter().zip(&cells) {
            let mut line = format!("  {name:name_width$}");
            for (column, cell) in row.iter().enumerate() {
                line.push_str(&format!("{cell:>0$}", width(column)));
            }
            self.lines.push(line);
        }
    }

    /// One figure with the target it is held against, if there is one.
    pub(crate) fn value(&mut self, name: &str, value: f64, unit: &str, target: &str) -> Fallible<()> {
        let shown = format!("{} {unit}", text(value));
        let target_text = if target.is_empty() { String::new() } else { format!("  target {target}") };
        self.lines.push(format!("  {name:48}{shown:>16}{target_text}"));
        if self.json {
            let line = json!({"figure": name, "value": value, "unit": unit, "target": target});
            writeln!(std::io::stdout(), "{line}")?;
        }
        Ok(())
    }

    /// Writes the tables: to standard output, or beside it when that has the JSON lines.
    pub(crate) fn print(&self) -> std::io::Result<()> {
        let text = self.lines.join("\n");
        if self.json { writeln!(std::io::stderr(), "{text}") } else { writeln!(std::io::stdout(), "{text}") }
    }
}
