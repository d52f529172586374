//! A copy from its record: signatures checked again, every part rendered or listed, sheets counted.
//!
//! The same record, terms and renderers give the same bytes. What is rendered lies in memory only, and nothing of it is
//! left behind; a crash leaves what [`crate::render`] says. It writes nothing into the archive but the reading.

use super::{COPY_SCHEMA, CopyProfile, say};
use crate::access::{self, Opened};
use crate::archive::Archive;
use crate::clock::{civil_date, rfc3339};
use crate::error::{Error, ErrorCode};
use crate::index::rows::RecordRow;
use crate::ingest::recheck::{Outcome, Rechecked, recheck};
use crate::model::canonical;
use crate::model::digest::{Sha256, sha256};
use crate::model::format::Family;
use crate::model::id::{ActorId, RecordId};
use crate::model::record::{CardField, Component, Manifest};
use crate::model::submission::{AccessCategory, Role};
use crate::model::validation::time_text;
use crate::render::child::Scratch;
use crate::render::sheet::{self, Block, Sheets};
use crate::render::{PageImage, Rendered, Way, render};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use std::path::Path;

/// What a copy is prepared for.
#[derive(Debug, Clone)]
pub struct Terms {
    /// Of which record.
    pub record: RecordId,
    /// Number of the copy in the register.
    pub number: u64,
    /// When it was prepared, in whole seconds.
    pub made: DateTime<Utc>,
    /// Who gets it.
    pub recipient: String,
    /// By which rules.
    pub profile: CopyProfile,
}

/// A copy.
pub struct Composed {
    /// The statement, canonical JSON.
    pub bytes: Vec<u8>,
    /// The same as a value.
    pub value: Value,
    /// The rendering by itself.
    pub rendering: Vec<u8>,
    /// Digests by which a paper is found again.
    pub digests: Vec<Sha256>,
    /// Code of the agency whose records office certifies.
    pub agency: String,
    pages: Vec<PageImage>,
    mark: String,
    foot: String,
}

impl Composed {
    /// What is printed.
    pub(super) fn sheets<'a>(&'a self, blocks: &'a [Block], terms: &Terms) -> Sheets<'a> {
        Sheets {
            pages: self.pages.iter().collect(),
            blocks,
            mark: &self.mark,
            foot: &self.foot,
            title: say::TITLE.kk,
            producer: PRODUCER,
            made: terms.made,
        }
    }
}

/// The program, as files say who made them.
pub(super) const PRODUCER: &str = concat!("muragat ", env!("CARGO_PKG_VERSION"));

/// The record as it may be copied.
pub(super) fn standing(archive: &Archive, record: RecordId) -> Result<RecordRow, Error> {
    let row = archive.index().record_by_id(record)?.ok_or_else(|| archive.no_record(record))?;
    if row.access() != AccessCategory::Public {
        let what = format!("access category {}", row.access().as_str());
        return Err(Error::new(ErrorCode::CpyRestricted, record.to_string(), what));
    }
    if let Some(entry) = archive.index().missing_since(record)? {
        return Err(Error::new(ErrorCode::CpyMissing, record.to_string(), format!("in search since entry {entry}")));
    }
    Ok(row)
}

/// A part of the content, as it is given out.
pub(super) struct Part<'m> {
    pub(super) component: &'m Component,
    /// The name of what is in it: of an attached CMS, its document.
    pub(super) path: &'m str,
    pub(super) family: Option<Family>,
    pub(super) sha256: Sha256,
    pub(super) size: u64,
}

fn part(component: &Component) -> Part<'_> {
    match &component.content {
        Some(inner) => Part {
            component,
            path: &inner.path,
            family: Some(inner.format.family),
            sha256: inner.sha256,
            size: inner.size,
        },
        None => Part {
            component,
            path: &component.path,
            family: component.format.as_ref().map(|format| format.family),
            sha256: component.digests.sha256,
            size: component.size,
        },
    }
}

/// The main files first, then the attachments, in the order of the record.
pub(super) fn parts(manifest: &Manifest) -> Vec<Part<'_>> {
    let of = |role: Role| manifest.components.iter().filter(move |component| component.role == role);
    of(Role::Main).chain(of(Role::Attachment)).map(part).collect()
}

/// The bytes of a part, every one checked.
pub(super) fn bytes(opened: &Opened<'_>, part: &Part<'_>) -> Result<Vec<u8>, Error> {
    let row = opened.component(&part.component.path)?;
    let mut all = Vec::new();
    let mut give = |piece: &[u8]| {
        all.extend_from_slice(piece);
        Ok(())
    };
    match &row.content {
        Some(content) => opened.content(row, content, &mut give)?,
        None => opened.whole(row, &mut give)?,
    }
    Ok(all)
}

/// Renders a part.
pub(super) fn rendered(opened: &Opened<'_>, part: &Part<'_>, way: Way, memory: &Path) -> Result<Rendered, Error> {
    let scratch = Scratch::below(memory)?;
    render(way, part.path, &bytes(opened, part)?, &scratch)
}

/// Makes a copy.
pub(super) fn compose(archive: &Archive, terms: &Terms, memory: &Path, actor: ActorId) -> Result<Composed, Error> {
    let row = standing(archive, terms.record)?;
    let opened = access::open(archive, terms.record, actor)?;
    let manifest = opened.manifest()?;
    let check = check(archive, &opened, &manifest, terms.profile)?;

    let mut pages = Vec::new();
    let (mut components, mut digests) = (Vec::new(), Vec::new());
    for part in parts(&manifest) {
        let way = part.family.and_then(Way::of);
        if way.is_none() && part.component.role == Role::Main {
            let family = part.family.map_or("unknown", Family::as_str);
            return Err(Error::new(ErrorCode::CpyFormat, part.path, format!("format {family}")));
        }
        let mut said = json!({
            "path": part.path, "role": part.component.role.as_str(), "sha256": part.sha256.to_string(),
            "size": part.size,
        });
        if let Some(way) = way {
            let done = rendered(&opened, &part, way, memory)?;
            said["first_page"] = (pages.len() + 1).into();
            said["pages"] = done.pages.len().into();
            said["renderers"] = done.by.into();
            pages.extend(done.pages);
        }
        digests.push(part.sha256);
        components.push(said);
    }
    let rendering = sheet::write(&Sheets {
        pages: pages.iter().collect(),
        blocks: &[],
        mark: say::NOT_CERTIFIED_MARK,
        foot: &terms.record.to_string(),
        title: say::RENDERING.kk,
        producer: PRODUCER,
        made: terms.made,
    })?;
    let rendering_sha256 = sha256(&rendering);
    digests.push(rendering_sha256);

    let mut value = json!({
        "schema": COPY_SCHEMA, "archive": archive.id().to_string(), "test": archive.is_test(),
        "system": system(archive), "number": terms.number, "profile": terms.profile.as_str(),
        "record": record(&row, terms.record), "recipient": terms.recipient, "made": time_text(terms.made),
        "date": civil_date(u64::try_from(terms.made.timestamp_millis()).unwrap_or_default()).to_string(),
        "check": check, "components": components,
        "rendering": {"file": super::RENDERING_FILE, "sha256": rendering_sha256.to_string(), "pages": pages.len()},
    });
    let prefix = &archive.config().paper_copy.stamp_prefix;
    value["stamp"] = say::stamp(terms.profile, &value, prefix).into();
    let mut composed = Composed {
        bytes: Vec::new(),
        value: Value::Null,
        rendering,
        digests,
        agency: row.agency.clone(),
        pages,
        mark: say::mark(terms.number),
        foot: format!("{} · {}", terms.record, system(archive)["name"].as_str().unwrap_or_default()),
    };
    value["sheets"] = sheets(&composed, &mut value, terms)?.into();
    value["confirms"] = say::confirms(&value);
    value["text"] = say::texts(&value);
    composed.bytes = canonical::to_vec(&value).expect("a copy holds texts, small numbers and nothing empty");
    composed.digests.push(sha256(&composed.bytes));
    composed.value = value;
    Ok(composed)
}

/// How many sheets it comes to: their number stands on one of them, so it is counted until it is the one that is said.
fn sheets(composed: &Composed, value: &mut Value, terms: &Terms) -> Result<usize, Error> {
    let mut said = composed.pages.len();
    for _ in 0..8 {
        value["sheets"] = said.into();
        let counted = sheet::count(&composed.sheets(&say::blocks(value, None), terms))?;
        if counted == said {
            return Ok(said);
        }
        said = counted;
    }
    Err(Error::new(ErrorCode::CpyRenderer, "PDF/A", "the number of sheets does not settle"))
}

/// The information system, as a copy must name it (N 430 cl. 37).
fn system(archive: &Archive) -> Value {
    let config = archive.config();
    let name = config
        .issuer
        .name
        .as_ref()
        .map_or_else(|| config.vkey.name.clone(), |name| format!("{name} ({})", config.vkey.name));
    json!({"name": name, "program": PRODUCER})
}

fn record(row: &RecordRow, id: RecordId) -> Value {
    let mut value = json!({
        "record_id": id.to_string(), "entry": row.entry, "accepted": rfc3339(row.accepted), "agency": row.agency,
        "kind": row.kind().as_str(),
    });
    let fields = [
        ("registration_number", CardField::RegistrationNumber),
        ("document_date", CardField::DocumentDate),
        ("document_type", CardField::DocumentType),
        ("title", CardField::Title),
    ];
    for (name, field) in fields {
        if let Some(text) = row.card_field(field).filter(|text| !text.is_empty()) {
            value[name] = text.into();
        }
    }
    value
}

/// Checks the signatures again, and says what may be said of it under the profile.
fn check(archive: &Archive, opened: &Opened<'_>, manifest: &Manifest, profile: CopyProfile) -> Result<Value, Error> {
    let undecided = |what: &str| Error::new(ErrorCode::CpyUndecided, manifest.record.to_string(), what);
    let Some(Rechecked { outcome, document }) = recheck(archive, opened, manifest)? else {
        return Err(undecided("the record has no validation"));
    };
    let verdicts = |name: &str| document.pointer(&format!("/verdicts/{name}")).and_then(Value::as_str);
    let result = match outcome {
        Outcome::Positive => "positive",
        Outcome::Negative => "negative",
        Outcome::Undecided => {
            let (signatures, authority) = (verdicts("signatures"), verdicts("authority"));
            let (signatures, authority) = (signatures.unwrap_or("unknown"), authority.unwrap_or("unknown"));
            return Err(undecided(&format!("signatures {signatures}, authority {authority}")));
        }
    };
    if result == "negative" && profile == CopyProfile::N430 {
        let what = "a signature did not pass the check that was made again";
        return Err(Error::new(ErrorCode::CpyNegative, manifest.record.to_string(), what));
    }
    let summary = |name: &str| document.pointer(&format!("/summary/{name}")).cloned().unwrap_or_default();
    Ok(json!({"result": result, "policy": summary("policy"), "signatures": signatures(&document)}))
}

/// Each signature with who made it and by which certificate. Numbers of persons stay in the archive.
fn signatures(document: &Value) -> Vec<Value> {
    let mut all = Vec::new();
    for signature in document.get("signatures").and_then(Value::as_array).into_iter().flatten() {
        let list = |value: &Value, key: &str| value.pointer(key).and_then(Value::as_array).cloned().unwrap_or_default();
        let signers = list(signature, "/signers");
        for (n, report) in list(signature, "/report/signatures").iter().enumerate() {
            let text = |value: &Value, key: &str| value.pointer(key).and_then(Value::as_str).map(str::to_owned);
            let mut said = json!({
                "component": signature["component"], "covers": signature["covers"],
                "indication": report["indication"],
            });
            let fields = [
                ("signer", text(report, "/signer/subject").as_deref().and_then(common_name)),
                ("issuer", text(report, "/signer/issuer").as_deref().and_then(common_name)),
                ("serial", text(report, "/signer/serial")),
                ("certificate", text(report, "/signer/certificate")),
                ("signed", text(report, "/claimed_signing_time")),
                ("sub_indication", text(report, "/sub_indication")),
                ("post", signers.get(n).and_then(|signer| text(signer, "/post"))),
            ];
            for (name, field) in fields {
                if let Some(field) = field {
                    said[name] = field.into();
                }
            }
            all.push(said);
        }
    }
    all
}

/// The common name in a name as RFC 4514 writes it.
pub(super) fn common_name(name: &str) -> Option<String> {
    let mut parts = vec![String::new()];
    let mut letters = name.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => {
                if let (Some(part), Some(next)) = (parts.last_mut(), letters.next()) {
                    part.push(next);
                }
            }
            ',' | '+' => parts.push(String::new()),
            _ => {
                if let Some(part) = parts.last_mut() {
                    part.push(letter);
                }
            }
        }
    }
    parts.iter().find_map(|part| part.trim_start().strip_prefix("CN=")).map(str::to_owned)
}

/// In what a copy that is made again differs from what was signed: names of fields.
pub(super) fn difference(prepared: &[u8], now: &Value) -> String {
    let before: Value = serde_json::from_slice(prepared).unwrap_or_default();
    let fields = now.as_object().into_iter().flatten().filter(|(name, value)| before.get(*name) != Some(value));
    let names: Vec<&str> = fields.map(|(name, _)| name.as_str()).filter(|name| *name != "text").collect();
    format!("not the same any more: {}", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_common_name_is_read_with_what_is_escaped_in_it() {
        assert_eq!(common_name("SERIALNUMBER=IIN1,CN=ҮЛГІ \\, БАСШЫ,C=KZ").as_deref(), Some("ҮЛГІ , БАСШЫ"));
        assert_eq!(common_name("C=KZ+CN=A\\+B").as_deref(), Some("A+B"));
        assert_eq!(common_name("O=CN"), None);
    }
}
