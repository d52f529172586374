//! Plain text: a member of a container, or the inside of an attached signature.
//!
//! UTF-8, or UTF-16 with its mark. Other code pages are not guessed: a wrong guess is words that nobody wrote. A line
//! is a unit. It reads bytes in memory and nothing else.

use super::sink::Sink;
use crate::model::extracted::{Outcome, Reason};
use std::borrow::Cow;

/// Name and version.
pub(super) const NAME: &str = "muragat-plain/1";

/// The bytes as text; none when they are none.
pub(super) fn text(bytes: &[u8]) -> Option<Cow<'_, str>> {
    let encoding = match bytes {
        [0xff, 0xfe, ..] => Some(encoding_rs::UTF_16LE),
        [0xfe, 0xff, ..] => Some(encoding_rs::UTF_16BE),
        _ => None,
    };
    if let Some(encoding) = encoding {
        return encoding.decode_with_bom_removal(bytes).0.into();
    }
    let text = std::str::from_utf8(bytes).ok()?;
    let is_text = |c: char| !c.is_control() || matches!(c, '\t' | '\n' | '\r' | '\u{c}');
    text.chars().all(is_text).then_some(Cow::Borrowed(text))
}

/// Reads one.
pub(super) fn read(bytes: &[u8], sink: &mut Sink<'_>) -> (Outcome, Option<Reason>) {
    let Some(text) = text(bytes) else { return (Outcome::Unsupported, None) };
    sink.put_lines(None, &text);
    (Outcome::Text, None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::sink::tests::collect;

    #[test]
    fn utf_8_and_utf_16_are_read_and_nothing_is_guessed() {
        let wide: Vec<u8> = "\u{feff}Қаулы\r\nіс".encode_utf16().flat_map(u16::to_le_bytes).collect();
        for bytes in ["Қаулы\nіс".as_bytes(), "\u{feff}Қаулы\r\n\r\nіс".as_bytes(), &wide] {
            let ((outcome, _), got) = collect(|sink| read(bytes, sink));
            assert_eq!((outcome, got.texts()), (Outcome::Text, vec!["Қаулы", "іс"]));
        }
        for bytes in [b"\xcf\xf0\xe8".as_slice(), b"a\0b"] {
            assert_eq!(collect(|sink| read(bytes, sink)).0.0, Outcome::Unsupported);
        }
    }
}
