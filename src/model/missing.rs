//! What the validation of a signature lacked: a certificate, or word of what became of one.
//!
//! Named so that an officer can fetch it: by the names, the serial number and the key identifier that the certificates
//! themselves state, with the addresses that they give. It is kept with a submission that waits, and is no part of a
//! report: what is missing today says nothing of the signature.
//!
//! It judges nothing and fetches nothing; the names come from certificates and are made fit for a terminal where they
//! are printed.

use super::strict::shown;
use crate::clock::local_text;
use crate::text::{Lang, Text, text};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value};

/// One thing that is missing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Missing {
    /// What it is.
    pub what: Wanted,
    /// The issuer of the certificate in question, as RFC 4514 writes it.
    pub issuer: Option<String>,
    /// The subject of the certificate in question.
    pub subject: Option<String>,
    /// Its serial number, hexadecimal.
    pub serial: Option<String>,
    /// Key identifier, hexadecimal: of a missing certificate its own, else that of the issuer.
    pub key_id: Option<String>,
    /// Where it may be had, as the certificate says.
    pub urls: Vec<String>,
}

/// What is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wanted {
    /// The certificate itself.
    Certificate,
    /// A CRL or an OCSP answer about it.
    Revocation {
        /// Its nextUpdate is not before this,
        valid_at: DateTime<Utc>,
        /// or, when it has none, its thisUpdate is not before this.
        issued_from: DateTime<Utc>,
    },
}

const CERTIFICATE: Text = text("тіркеу куәлігі", "регистрационное свидетельство", "certificate");
const REVOCATION: Text = text("CRL немесе OCSP жауабы", "CRL или ответ OCSP", "CRL or OCSP answer");
const ISSUER: Text = text("шығарушы", "издатель", "issuer");
const SUBJECT: Text = text("иесі", "владелец", "subject");
const ABOUT: Text = text("тіркеу куәлігі туралы", "о свидетельстве", "about the certificate");
const SERIAL: Text = text("сериялық нөмірі", "серийный номер", "serial number");
const KEY_ID: Text = text("кілт идентификаторы", "идентификатор ключа", "key identifier");
const ISSUER_KEY_ID: Text =
    text("шығарушы кілтінің идентификаторы", "идентификатор ключа издателя", "key identifier of the issuer");
const VALID_AT: Text = text("nextUpdate мынадан ерте емес", "nextUpdate не раньше", "nextUpdate not before");
const ISSUED_FROM: Text = text(
    "ол жоқ болса, thisUpdate мынадан ерте емес",
    "если его нет, thisUpdate не раньше",
    "without one, thisUpdate not before",
);
const WHERE: Text = text("мекенжайы", "адрес", "address");

impl Missing {
    /// One line for people.
    pub fn text(&self, lang: Lang) -> String {
        let mut parts = Vec::new();
        let mut part = |label: Text, value: &Option<String>| {
            parts.extend(value.as_ref().map(|value| format!("{}: {}", label.get(lang), shown(value))));
        };
        let (what, key_id) = match self.what {
            Wanted::Certificate => (CERTIFICATE, KEY_ID),
            Wanted::Revocation { .. } => (REVOCATION, ISSUER_KEY_ID),
        };
        match self.what {
            Wanted::Certificate => {
                part(SUBJECT, &self.subject);
                part(ISSUER, &self.issuer);
            }
            Wanted::Revocation { .. } => {
                part(ISSUER, &self.issuer);
                part(ABOUT, &self.subject);
            }
        }
        part(SERIAL, &self.serial);
        part(key_id, &self.key_id);
        if let Wanted::Revocation { valid_at, issued_from } = self.what {
            part(VALID_AT, &Some(local(valid_at)));
            part(ISSUED_FROM, &Some(local(issued_from)));
        }
        if !self.urls.is_empty() {
            part(WHERE, &Some(self.urls.join(" ")));
        }
        format!("{} · {}", what.get(lang), parts.join(" · "))
    }

    /// The same for programs, and as it is kept.
    pub fn value(&self) -> Value {
        let mut map = Map::new();
        let mut set = |key: &str, value: Option<Value>| drop(value.map(|value| map.insert(key.to_owned(), value)));
        let (kind, times) = match self.what {
            Wanted::Certificate => ("certificate", None),
            Wanted::Revocation { valid_at, issued_from } => ("revocation", Some((valid_at, issued_from))),
        };
        set("kind", Some(kind.into()));
        for (key, value) in
            [("issuer", &self.issuer), ("subject", &self.subject), ("serial", &self.serial), ("key_id", &self.key_id)]
        {
            set(key, value.clone().map(Value::from));
        }
        set("urls", Some(self.urls.clone().into()));
        let time = |time: DateTime<Utc>| Value::from(time.to_rfc3339_opts(SecondsFormat::Secs, true));
        set("valid_at", times.map(|(valid_at, _)| time(valid_at)));
        set("issued_from", times.map(|(_, issued_from)| time(issued_from)));
        map.into()
    }

    /// Reads what [`Self::value`] writes; none for anything else.
    pub fn of_value(value: &Value) -> Option<Self> {
        let text = |key: &str| value.get(key).and_then(Value::as_str);
        let time = |key: &str| text(key)?.parse().ok();
        let what = match text("kind")? {
            "certificate" => Wanted::Certificate,
            "revocation" => Wanted::Revocation { valid_at: time("valid_at")?, issued_from: time("issued_from")? },
            _ => return None,
        };
        let urls = value.get("urls").and_then(Value::as_array).into_iter().flatten();
        let [issuer, subject, serial, key_id] =
            ["issuer", "subject", "serial", "key_id"].map(|key| text(key).map(str::to_owned));
        let urls = urls.filter_map(Value::as_str).map(str::to_owned).collect();
        Some(Self { what, issuer, subject, serial, key_id, urls })
    }
}

fn local(time: DateTime<Utc>) -> String {
    local_text(u64::try_from(time.timestamp_millis()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_what_was_missing() {
        let time = "2025-05-01T12:00:00Z".parse().unwrap();
        let one = |what| Missing {
            what,
            issuer: Some("CN=TEST CA".into()),
            subject: Some("CN=ТЕСТОВ ТЕСТ".into()),
            serial: Some("01ff".into()),
            key_id: None,
            urls: vec!["http://ca.example/a.crl".into()],
        };
        let all = [Wanted::Certificate, Wanted::Revocation { valid_at: time, issued_from: time }].map(one);
        for one in all {
            assert_eq!(Missing::of_value(&one.value()), Some(one.clone()));
            for lang in [Lang::Kk, Lang::Ru, Lang::En] {
                let text = one.text(lang);
                assert!(["CN=TEST CA", "01ff", "http://ca.example/a.crl"].iter().all(|w| text.contains(w)), "{text}");
            }
            let mut value = one.value();
            value["kind"] = "x".into();
            assert_eq!(Missing::of_value(&value), None);
        }
    }
}
