//! The style of the pages, and the one script.
//!
//! They are in the program. Their addresses carry a digest of them, so a browser may keep them for ever.

use crate::api::problem::Problem;
use crate::model::digest::sha256;
use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};

const STYLE: &str = include_str!("assets/muragat.css");
const SIGN_IN: &str = include_str!("assets/sign-in.js");

/// The address of the style.
pub(super) fn style() -> String {
    address("muragat.css", STYLE)
}

/// The address of the script that asks NCALayer for a signature.
pub(super) fn sign_in() -> String {
    address("sign-in.js", SIGN_IN)
}

fn address(name: &str, text: &str) -> String {
    let digest = sha256(text.as_bytes()).to_string();
    format!("/assets/{name}?v={}", digest.get(..16).unwrap_or(&digest))
}

pub(super) async fn give(Path(name): Path<String>) -> Result<Response, Problem> {
    let (kind, text) = match name.as_str() {
        "muragat.css" => ("text/css; charset=utf-8", STYLE),
        "sign-in.js" => ("text/javascript; charset=utf-8", SIGN_IN),
        _ => return Err(Problem::nothing("assets")),
    };
    let kept = "public, max-age=31536000, immutable";
    Ok(([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, kept)], text).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// WCAG 2.2, relative luminance.
    fn luminance(colour: &str) -> f64 {
        let part = |at: usize| {
            let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
    }

    fn contrast(a: &str, b: &str) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn what_is_read_stands_out_in_light_and_in_dark() {
        assert!((contrast("#000000", "#ffffff") - 21.0).abs() < 0.01);
        let themes: Vec<BTreeMap<&str, &str>> = STYLE
            .split(":root {\n")
            .skip(1)
            .map(|theme| {
                let theme = theme.split('}').next().unwrap();
                theme.lines().filter_map(|line| line.trim().strip_suffix(';')?.split_once(": ")).collect()
            })
            .collect();
        assert_eq!(themes.len(), 2);
        for theme in themes {
            for (front, back) in [
                ("--ink", "--paper"),
                ("--ink", "--band"),
                ("--soft", "--paper"),
                ("--soft", "--band"),
                ("--link", "--paper"),
                ("--link", "--band"),
                ("--bad", "--paper"),
                ("--mark-ink", "--mark"),
                ("--paper", "--link"),
            ] {
                let found = contrast(theme[front], theme[back]);
                assert!(found >= 4.5, "{front} on {back}: {found:.2}");
            }
            // Edges of what is typed into (WCAG 2.2, 1.4.11).
            assert!(contrast(theme["--edge"], theme["--paper"]) >= 3.0);
        }
    }

    #[test]
    fn nothing_is_loaded_from_elsewhere() {
        for text in [STYLE, SIGN_IN] {
            assert!(!text.contains("http://") && !text.contains("https://") && !text.contains("@import"));
        }
        assert_eq!(SIGN_IN.matches("wss://").count(), 1);
        assert!(!SIGN_IN.contains("innerHTML") && !SIGN_IN.contains("eval"));
    }
}
