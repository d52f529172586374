//! Canonical JSON: one text for one value, so that a digest of it means something.
//!
//! RFC 8785 restricted to what we write: objects, arrays, strings, booleans and integers within ±(2^53-1); no null, no
//! fractions. Keys are sorted by UTF-16 code units as the RFC demands, there is no white space, and strings use the
//! shortest escapes. A court can read it; a program in any language can make it again.

use serde_json::Value;
use std::cmp::Ordering;

/// A value that canonical JSON of this archive does not admit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CanonicalError {
    /// A fraction, or an integer outside ±(2^53-1).
    #[error("number {0} is not an integer within 53 bits")]
    Number(String),
    /// A null: leave the key out instead.
    #[error("null is not admitted")]
    Null,
}

/// Writes `value` in canonical form.
pub fn to_vec(value: &Value) -> Result<Vec<u8>, CanonicalError> {
    let mut out = Vec::with_capacity(1024);
    write(value, &mut out)?;
    Ok(out)
}

/// Leaves out what is not known: canonical JSON has no nulls.
pub fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, value| !value.is_null());
            fields.values_mut().for_each(drop_nulls);
        }
        Value::Array(values) => values.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}

/// What stands in a field, for people: a text as it is, a number in digits, nothing for what is not there.
pub(crate) fn said(value: &Value, key: &str) -> String {
    match value.get(key) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

/// The largest integer that every JSON reader keeps exact (RFC 8785 §3.2.2.3, IEEE 754 doubles).
const INTEGER_MAX: i64 = (1 << 53) - 1;

fn write(value: &Value, out: &mut Vec<u8>) -> Result<(), CanonicalError> {
    match value {
        Value::Null => return Err(CanonicalError::Null),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(n) => match n.as_i64() {
            Some(i) if (-INTEGER_MAX..=INTEGER_MAX).contains(&i) => out.extend_from_slice(i.to_string().as_bytes()),
            _ => return Err(CanonicalError::Number(n.to_string())),
        },
        Value::String(s) => string(s, out),
        Value::Array(items) => {
            out.push(b'[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                write(item, out)?;
            }
            out.push(b']');
        }
        Value::Object(map) => {
            let mut members: Vec<(&String, &Value)> = map.iter().collect();
            members.sort_by(|(a, _), (b, _)| by_units(a, b));
            out.push(b'{');
            for (i, (key, value)) in members.into_iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                string(key, out);
                out.push(b':');
                write(value, out)?;
            }
            out.push(b'}');
        }
    }
    Ok(())
}

/// RFC 8785 §3.2.3: keys go by their UTF-16 code units, and of ASCII by its bytes, which is quicker.
fn by_units(a: &str, b: &str) -> Ordering {
    if a.is_ascii() && b.is_ascii() { a.cmp(b) } else { a.encode_utf16().cmp(b.encode_utf16()) }
}

// RFC 8785 §3.2.2.2: only the quote, the backslash and control characters are escaped.
fn string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    // Everything that is escaped is one byte of UTF-8, so what stands between goes over as it is.
    let mut rest = text.as_bytes();
    while let Some(at) = rest.iter().position(|b| *b < b' ' || matches!(b, b'"' | b'\\')) {
        out.extend_from_slice(&rest[..at]);
        match rest[at] {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            0x08 => out.extend_from_slice(b"\\b"),
            b'\t' => out.extend_from_slice(b"\\t"),
            b'\n' => out.extend_from_slice(b"\\n"),
            0x0c => out.extend_from_slice(b"\\f"),
            b'\r' => out.extend_from_slice(b"\\r"),
            control => out.extend_from_slice(format!("\\u{control:04x}").as_bytes()),
        }
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn one_text_for_one_value() {
        let v = json!({"b": [1, true, "қ\n\u{1}"], "a": {"z": "\"", "y": -5}});
        assert_eq!(to_vec(&v).unwrap(), "{\"a\":{\"y\":-5,\"z\":\"\\\"\"},\"b\":[1,true,\"қ\\n\\u0001\"]}".as_bytes());
        // Keys by UTF-16 units: U+10000 (D800 DC00) sorts before U+FF5E.
        let v = json!({"\u{ff5e}": 1, "\u{10000}": 2});
        assert_eq!(to_vec(&v).unwrap(), "{\"\u{10000}\":2,\"\u{ff5e}\":1}".as_bytes());
    }

    #[test]
    fn fractions_nulls_and_wide_integers_are_refused() {
        assert!(to_vec(&json!({"a": 1.5})).is_err());
        assert!(to_vec(&json!(null)).is_err());
        assert!(to_vec(&json!(9_007_199_254_740_992_i64)).is_err());
        assert!(to_vec(&json!(9_007_199_254_740_991_i64)).is_ok());
    }
}
