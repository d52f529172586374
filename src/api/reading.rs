//! Reading what a request asks for; where it is not as it must be, the field and what was expected in words of the
//! archive.
//!
//! What the parsers below say is written for who programs with them: it is read for what it is about, and never
//! repeated. Nothing of a value that was sent comes back, and of a name that is no field a bounded part.

use super::problem::Problem;
use crate::model::strict::shown;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

const NUMBER: &str = "a whole number is expected";
const DAY: &str = "a day is expected, YYYY-MM-DD";
const YES_OR_NO: &str = "true or false is expected";
const BASE64: &str = "base64 is expected (RFC 4648 §4)";
const OTHER: &str = "it is not as the description asks for (/api/v1/openapi.json)";

/// What [`Base64`](super::signed::Base64) says of a text that is none.
pub(super) const NO_BASE64: &str = "no base64";

/// A JSON document.
pub(super) fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let mut from = serde_json::Deserializer::from_slice(body);
    let malformed =
        |e: &serde_json::Error| Problem::request("body", format!("no JSON: line {}, column {}", e.line(), e.column()));
    let read = serde_path_to_error::deserialize(&mut from).map_err(|e| match e.inner().classify() {
        Category::Data => {
            let said = e.inner().to_string();
            let said = said.rsplit_once(" at line ").map_or(said.as_str(), |(said, _)| said);
            fault("body", &e.path().to_string(), said)
        }
        _ => malformed(e.inner()),
    })?;
    from.end().map_err(|e| malformed(&e))?;
    Ok(read)
}

/// Parameters of the query that were not read, by what the framework says of them.
pub(super) fn query(said: &str) -> Problem {
    let said = said.strip_prefix("Failed to deserialize query string: ").unwrap_or(said);
    let is_name = |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    match said.split_once(": ").filter(|(name, _)| is_name(name)) {
        Some((name, said)) => fault("query", name, said),
        None => fault("query", "", said),
    }
}

/// A field at a path in `whole` that is not as it must be.
fn fault(whole: &str, path: &str, said: &str) -> Problem {
    // Where a name is read and no field yet, the path ends in what it does not know.
    let path = path.trim_end_matches(['?', '.']);
    let field = |start: &str| said.strip_prefix(start).and_then(|rest| rest.split_once('`'));
    let within = |name: &str| {
        let around = path.strip_suffix(name).map_or(path, |rest| rest.trim_end_matches('.'));
        if around.is_empty() { shown(name) } else { shown(&format!("{around}.{name}")) }
    };
    if let Some((name, _)) = field("missing field `") {
        return Problem::request(within(name), "it is missing");
    }
    if let Some((name, _)) = field("duplicate field `") {
        return Problem::request(within(name), "it stands twice");
    }
    if let Some((name, rest)) = field("unknown field `") {
        let known: Vec<&str> = rest.split('`').skip(1).step_by(2).collect();
        let known = if known.is_empty() { String::new() } else { format!("; there are {}", known.join(", ")) };
        return Problem::request(within(name), format!("there is no such field{known}"));
    }
    let place = if path.is_empty() { whole.to_owned() } else { shown(path) };
    Problem::request(place, expected(said))
}

/// What was expected where something else came.
fn expected(said: &str) -> &'static str {
    let wanted = said.rsplit_once(", expected ").map(|(_, wanted)| wanted);
    match wanted {
        Some("u16") => "a whole number from 0 to 65535 is expected",
        Some("u32") => "a whole number from 0 to 4294967295 is expected",
        Some("u8" | "u64" | "usize" | "i8" | "i16" | "i32" | "i64" | "isize") => NUMBER,
        Some("a boolean") => YES_OR_NO,
        Some("a string" | "a borrowed string" | "string or map") => "a text is expected",
        Some("a formatted date string") => DAY,
        Some(wanted) if wanted.starts_with("a sequence") => "a list is expected",
        Some(wanted) if wanted.starts_with("struct") || wanted.starts_with("a map") => "an object is expected",
        Some(_) => OTHER,
        None if said == NO_BASE64 => BASE64,
        None => match said {
            "invalid digit found in string"
            | "number too large to fit in target type"
            | "number too small to fit in target type"
            | "cannot parse integer from empty string" => NUMBER,
            "provided string was not `true` or `false`" => YES_OR_NO,
            "premature end of input"
            | "trailing input"
            | "input contains invalid characters"
            | "input is out of range"
            | "no possible date and time matching input"
            | "input is not enough for unique date and time" => DAY,
            _ => OTHER,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::signed::Base64;
    use super::*;
    use axum::extract::Query;
    use chrono::NaiveDate;
    use serde::Deserialize;
    use std::collections::BTreeMap;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "what is read is not looked at")]
    struct Whole {
        text: String,
        #[serde(default)]
        texts: Vec<String>,
        day: Option<NaiveDate>,
        year: Option<u16>,
        all: Option<bool>,
        bytes: Option<Base64>,
        inner: Option<Inner>,
        #[serde(default)]
        named: BTreeMap<String, String>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "what is read is not looked at")]
    struct Inner {
        number: String,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "what is read is not looked at")]
    struct Asked {
        q: String,
        limit: Option<u32>,
        day: Option<NaiveDate>,
        all: Option<bool>,
    }

    /// Goal: every fault names its field and what was expected, in no words of a parser, and repeats no value.
    #[test]
    fn faults_of_a_document_are_told_in_own_words() {
        const TEXT: &str = "a text is expected";
        for (sent, subject, what) in [
            ("", "body", "no JSON: line 1, column 0"),
            ("{\"text\": }", "body", "no JSON: line 1, column 10"),
            ("{\"text\": \"SECRET\"} x", "body", "no JSON: line 1, column 20"),
            ("[]", "body", "an object is expected"),
            ("{}", "text", "it is missing"),
            ("{\"text\": 7}", "text", TEXT),
            ("{\"text\": \"SECRET\", \"text\": \"\"}", "text", "it stands twice"),
            ("{\"text\": \"\", \"texts\": \"SECRET\"}", "texts", "a list is expected"),
            ("{\"text\": \"\", \"texts\": [\"\", 7]}", "texts[1]", TEXT),
            ("{\"text\": \"\", \"day\": \"SECRET\"}", "day", DAY),
            ("{\"text\": \"\", \"day\": \"2026-02-31\"}", "day", DAY),
            ("{\"text\": \"\", \"day\": 7}", "day", DAY),
            ("{\"text\": \"\", \"year\": 70000}", "year", "a whole number from 0 to 65535 is expected"),
            ("{\"text\": \"\", \"year\": \"SECRET\"}", "year", "a whole number from 0 to 65535 is expected"),
            ("{\"text\": \"\", \"all\": \"SECRET\"}", "all", YES_OR_NO),
            ("{\"text\": \"\", \"bytes\": \"SECRET\"}", "bytes", BASE64),
            ("{\"text\": \"\", \"inner\": {}}", "inner.number", "it is missing"),
            ("{\"text\": \"\", \"inner\": {\"number\": 7}}", "inner.number", TEXT),
            ("{\"text\": \"\", \"inner\": {\"x\": 7}}", "inner.x", "there is no such field; there are number"),
            ("{\"text\": \"\", \"named\": {\"x\": 7}}", "named.x", TEXT),
        ] {
            let problem = json::<Whole>(sent.as_bytes()).unwrap_err();
            assert_eq!((problem.subject.as_str(), problem.what.as_str()), (subject, what), "{sent}");
        }
        let problem = json::<Whole>(b"{\"texts \\u202e\": 1}").unwrap_err();
        assert!(!problem.subject.contains('\u{202e}') && problem.what.contains("there are text, texts, day"));
        assert!(json::<Whole>(b" {\"text\": \"\"} \n").is_ok());
    }

    #[test]
    fn faults_of_a_query_are_told_in_own_words() {
        for (sent, subject, what) in [
            ("", "q", "it is missing"),
            ("q=a&limit=SECRET", "limit", NUMBER),
            ("q=a&limit=99999999999", "limit", NUMBER),
            ("q=a&limit=", "limit", NUMBER),
            ("q=a&day=SECRET", "day", DAY),
            ("q=a&all=SECRET", "all", YES_OR_NO),
            ("q=a&q=b", "q", "it stands twice"),
            ("q=a&x=1", "x", "there is no such field; there are q, limit, day, all"),
        ] {
            let uri = format!("http://a/?{sent}").parse().unwrap();
            let problem = query(&Query::<Asked>::try_from_uri(&uri).unwrap_err().body_text());
            assert_eq!((problem.subject.as_str(), problem.what.as_str()), (subject, what), "{sent}");
        }
    }
}
