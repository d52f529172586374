//! Writing XML: elements and attributes whose values are escaped, and a place in the file that others can read.
//!
//! Whatever a document was called may come here. `&`, `<`, `>`, `"` are escaped; tab, line feed and carriage return
//! are written as references, because a reader would make spaces of them; what XML 1.0 cannot hold at all (§2.2: most
//! control characters, U+FFFE, U+FFFF) stands as U+FFFD, and the true value is in `record.json`.
//!
//! It reads nothing, and knows neither METS nor PREMIS.

use std::io::{self, Write};

/// How much `lxml` reads of a file at once (`__ITERPARSE_CHUNK_SIZE`).
const PIECE_BYTES: u64 = 32 * 1024;

/// A text as it stands between tags and in attributes alike.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' => out.push_str("&#9;"),
            '\n' => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// `<name>text</name>`.
pub fn element(name: &str, text: &str) -> String {
    format!("<{name}>{}</{name}>", escaped(text))
}

/// ` name="text"`.
pub fn attribute(name: &str, text: &str) -> String {
    format!(" {name}=\"{}\"", escaped(text))
}

/// Writes a file of XML, and knows where in it it is.
pub struct Markup<W> {
    out: W,
    at: u64,
}

impl<W: Write> Markup<W> {
    /// Begins with the XML declaration.
    pub fn new(out: W) -> io::Result<Self> {
        let mut markup = Self { out, at: 0 };
        markup.put("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")?;
        Ok(markup)
    }

    /// Writes markup that is ready.
    pub fn put(&mut self, markup: &str) -> io::Result<()> {
        self.at += markup.len() as u64;
        self.out.write_all(markup.as_bytes())
    }

    /// The same of what must not stand across two pieces of a reader. eark-validator 1.1.3 parses METS in pieces and
    /// looks for `FLocat` as soon as it has seen the start of `file`: where a piece ends between the two it fails. So
    /// none does: spaces stand before it instead.
    pub fn put_whole(&mut self, markup: &str) -> io::Result<()> {
        let left = PIECE_BYTES - self.at % PIECE_BYTES;
        if markup.len() as u64 > left {
            self.put(&" ".repeat(usize::try_from(left).unwrap_or_default()))?;
        }
        self.put(markup)
    }

    /// What it was written to.
    pub fn finish(self) -> W {
        self.out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_taken_for_markup_and_what_cannot_stand_is_seen() {
        assert_eq!(escaped("a&b<c>\"d\" 'e' Қ\u{301}"), "a&amp;b&lt;c&gt;&quot;d&quot; 'e' Қ\u{301}");
        assert_eq!(escaped("\0\u{1}\u{8}\u{b}\u{1f}\u{fffe}\u{ffff}"), "\u{fffd}".repeat(7));
        assert_eq!(escaped("\t\n\r\u{7f}\u{85}\u{10ffff}"), "&#9;&#10;&#13;\u{7f}\u{85}\u{10ffff}");
        assert_eq!(element("a", "<b/>"), "<a>&lt;b/&gt;</a>");
        assert_eq!(attribute("a", "\"/><x b=\""), " a=\"&quot;/&gt;&lt;x b=&quot;\"");
    }

    #[test]
    fn what_is_whole_stands_in_one_piece() {
        let mut markup = Markup::new(Vec::new()).unwrap();
        let file = format!("<file>{}</file>", "x".repeat(700));
        for _ in 0..200 {
            markup.put_whole(&file).unwrap();
        }
        let text = String::from_utf8(markup.finish()).unwrap();
        let places: Vec<usize> = text.match_indices("<file>").map(|(at, _)| at).collect();
        assert_eq!(places.len(), 200);
        for at in places {
            assert_eq!(at / 32768, (at + file.len() - 1) / 32768, "{at}");
        }
        assert!(text.contains(">  "), "there was something to fill up");
    }
}
