//! Forms and what is printed by them as documents.
//!
//! The same that goes onto the paper, as data; with a filled form nothing is hidden here, whoever fills it leaves out
//! what is not for who gets it. It decides nothing.

use crate::disposition::forms::Held;
use crate::model::form::{Filled, Form};
use crate::text::Lang;
use serde_json::{Value, json};

/// What a form says of itself.
pub(crate) fn form_facts(form: &Form) -> Value {
    json!({
        "id": form.id.as_str(), "edition": form.edition, "source": form.source, "status": form.status.as_str(),
        "sha256": form.sha256.to_string(),
    })
}

/// What is printed by a form.
pub(crate) fn form_print(held: &Held, filled: &Filled, lang: Lang) -> Value {
    json!({
        "form": form_facts(&held.form), "entry": held.entry, "lang": if lang == Lang::Ru { "ru" } else { "kk" },
        "title": held.form.title.get(lang), "values": filled.values, "rows": filled.rows,
    })
}
