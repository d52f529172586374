//! HTML that is escaped by construction: text and values go in through functions that escape, and nothing else does.
//!
//! Names of elements and attributes are of the program. A link leads to a path of this service or nowhere. Characters
//! that nobody sees, or that turn the direction of what is around them, are written out.
//!
//! It knows nothing of pages.

use crate::model::strict::is_unprintable;
pub(super) use crate::model::url::encoded;

/// Attributes: a name of the program, and any value.
pub(super) type Attributes<'a> = &'a [(&'static str, &'a str)];

/// A page, or a part of one, while it is written.
#[derive(Debug, Default)]
pub(super) struct Html {
    out: String,
}

/// Attributes that lead somewhere.
const LINKS: [&str; 3] = ["href", "src", "action"];

impl Html {
    /// An element with what is in it.
    pub(super) fn el(&mut self, tag: &'static str, attributes: Attributes<'_>, inside: impl FnOnce(&mut Self)) {
        self.open(tag, attributes);
        inside(self);
        self.out.push_str("</");
        self.out.push_str(tag);
        self.out.push_str(">\n");
    }

    /// An element with nothing but text in it.
    pub(super) fn say(&mut self, tag: &'static str, attributes: Attributes<'_>, text: &str) {
        self.open(tag, attributes);
        self.text(text);
        self.out.push_str("</");
        self.out.push_str(tag);
        self.out.push('>');
    }

    /// An element that holds nothing.
    pub(super) fn open(&mut self, tag: &'static str, attributes: Attributes<'_>) {
        self.out.push('<');
        self.out.push_str(tag);
        for (name, value) in attributes {
            self.out.push(' ');
            self.out.push_str(name);
            self.out.push_str("=\"");
            let is_lost = LINKS.contains(name) && !is_local(value);
            self.escape(if is_lost { "#" } else { value });
            self.out.push('"');
        }
        self.out.push('>');
    }

    /// Text.
    pub(super) fn text(&mut self, text: &str) {
        self.escape(text);
    }

    fn escape(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '"' => self.out.push_str("&quot;"),
                '\'' => self.out.push_str("&#39;"),
                '\n' => self.out.push('\n'),
                c if is_unprintable(c) => self.out.extend(c.escape_default()),
                c => self.out.push(c),
            }
        }
    }

    /// The document.
    pub(super) fn finish(self) -> String {
        format!("<!doctype html>\n{}", self.out)
    }
}

/// Whether a link leads to a path of this service: browsers take `//host` and `/\host` for other places.
pub(super) fn is_local(link: &str) -> bool {
    let is_path = link.starts_with('/') && !link.starts_with("//");
    (is_path || link.starts_with('#')) && !link.contains('\\') && !link.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Html)) -> String {
        let mut html = Html::default();
        write(&mut html);
        html.out
    }

    #[test]
    fn text_and_values_are_escaped() {
        let foreign = "<script>'\"&\u{202e}\0";
        let escaped = "&lt;script&gt;&#39;&quot;&amp;\\u{202e}\\u{0}";
        assert_eq!(written(|html| html.say("p", &[], foreign)), format!("<p>{escaped}</p>"));
        let attribute = written(|html| html.say("p", &[("title", foreign)], "ә\nб"));
        assert_eq!(attribute, format!("<p title=\"{escaped}\">ә\nб</p>"));
    }

    #[test]
    fn a_link_leads_to_this_service_or_nowhere() {
        for link in ["/", "/a?b=c#d", "#main"] {
            assert!(is_local(link), "{link}");
        }
        for link in ["", "a", "//a", "/\\a", "\\a", "http://a", "javascript:a", " /a", "/a\nb", "/\ta"] {
            assert!(!is_local(link), "{link}");
            assert_eq!(written(|html| html.open("a", &[("href", link)])), "<a href=\"#\">", "{link}");
        }
        assert_eq!(encoded("a b&ә="), "a%20b%26%D3%99%3D");
    }
}
