//! PREMIS 3.0, of a record and of the package: what each file is and how it is checked, and what was done, by whom.
//!
//! The events of a record are the entries of its custody, each with the word of its act and its number in the
//! journal; an acceptance is also the check of the signatures and the identification of formats that it was. Event
//! types are those of the Library of Congress where one fits, else the word of the act. An object of type `file` has
//! its path in the folder of the record as its identifier, and the name that it had as `originalName`.
//!
//! The order of elements is that of the schema (premis-v3-0.xsd). Agents are pseudonyms, as in the journal.

use super::markup::{element, escaped};
use super::output::Told;
use super::record::{Contents, Entry, Placed};
use super::write::{Party, Plan};
use crate::clock::rfc3339;
use crate::model::amendment::AmendmentKind;
use crate::model::format::Identification;
use crate::model::record::CardField;
use crate::model::submission::Role;
use crate::tlog::leaf::ActKind;
use crate::transfer::layout::identifier;
use std::collections::BTreeSet;
use std::fmt::Write;

/// The schema's namespace.
const NAMESPACE: &str = "http://www.loc.gov/premis/v3";
/// The agent that is this program.
const PROGRAM: &str = "muragat";

fn identified(what: &str, kind: &str, value: &str) -> String {
    let value = element(&format!("{what}IdentifierValue"), value);
    format!("<{what}Identifier>{}{value}</{what}Identifier>", element(&format!("{what}IdentifierType"), kind))
}

fn whole(objects: &str, events: &str, agents: &str, rights: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<premis xmlns=\"{NAMESPACE}\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" version=\"3.0\">\n{objects}{events}{agents}{rights}\
         </premis>\n"
    )
}

/// The PREMIS file of a record, whose components were written as `told`, in their order.
pub fn record(contents: &Contents<'_>, told: &[Told], plan: &Plan) -> String {
    let id = contents.manifest.record.to_string();
    let mut objects = representation(&id, contents);
    for (placed, told) in contents.components.iter().zip(told) {
        objects.push_str(&file(contents, placed, told));
    }
    let mut events = String::new();
    let mut actors = BTreeSet::new();
    for entry in &contents.custody {
        actors.insert(entry.leaf.actor.to_string());
        for one in events_of(contents, entry) {
            events.push_str(&event(&one, &entry.leaf.actor.to_string(), &id));
        }
    }
    let mut agents: String = actors.iter().map(|actor| agent(identifier::ACTOR, actor, "actor", None)).collect();
    agents.push_str(&program(plan));
    whole(&objects, &events, &agents, &rights(contents, &id))
}

fn representation(id: &str, contents: &Contents<'_>) -> String {
    let mut text = format!("<object xsi:type=\"representation\">{}", identified("object", identifier::RECORD, id));
    if let Some(title) = contents.card_field(CardField::Title) {
        text.push_str(&element("originalName", title));
    }
    for placed in &contents.components {
        text.push_str(&relationship("structural", "has part", &placed.file));
    }
    text.push_str("</object>\n");
    text
}

fn relationship(kind: &str, sub: &str, path: &str) -> String {
    format!(
        "<relationship>{}{}{}</relationship>",
        element("relationshipType", kind),
        element("relationshipSubType", sub),
        identified("relatedObject", identifier::PATH, path)
    )
}

fn file(contents: &Contents<'_>, placed: &Placed, told: &Told) -> String {
    let c = &placed.component;
    let mut text = format!("<object xsi:type=\"file\">{}", identified("object", identifier::PATH, &placed.file));
    text.push_str("<objectCharacteristics><compositionLevel>0</compositionLevel>");
    for (name, digest) in [("SHA-256", told.digests.sha256.to_string()), ("SHA-512", told.digests.sha512.to_string())] {
        let (name, digest) = (element("messageDigestAlgorithm", name), element("messageDigest", &digest));
        let _ = write!(text, "<fixity>{name}{digest}</fixity>");
    }
    text.push_str(&element("size", &told.size.to_string()));
    text.push_str(&format(c.format.as_ref()));
    if c.role == Role::Main
        && let Some(software) = contents.card_field(CardField::Software)
    {
        let name = element("creatingApplicationName", software);
        let _ = write!(text, "<creatingApplication>{name}</creatingApplication>");
    }
    text.push_str("</objectCharacteristics>");
    text.push_str(&element("originalName", &c.path));
    let file_of = |path: &String| contents.components.iter().find(|other| other.component.path == *path);
    for covered in c.covers.iter().filter_map(file_of) {
        text.push_str(&relationship("reference", "is signature of", &covered.file));
    }
    if let Some(source) = c.derived.as_ref().and_then(|derived| file_of(&derived.source)) {
        text.push_str(&relationship("derivation", "has source", &source.file));
    }
    text.push_str("</object>\n");
    text
}

fn format(found: Option<&Identification>) -> String {
    let name = found.map(|found| found.name.as_str()).filter(|name| !name.is_empty()).unwrap_or("unknown");
    let mut text = format!("<format><formatDesignation>{}", element("formatName", name));
    if let Some(version) = found.map(|found| found.version.as_str()).filter(|version| !version.is_empty()) {
        text.push_str(&element("formatVersion", version));
    }
    text.push_str("</formatDesignation>");
    if let Some(puid) = found.and_then(|found| found.puid.as_deref()) {
        let _ = write!(
            text,
            "<formatRegistry>{}{}</formatRegistry>",
            element("formatRegistryName", "PRONOM"),
            element("formatRegistryKey", puid)
        );
    }
    text.push_str("</format>");
    text
}

struct Event {
    id: (&'static str, String),
    kind: String,
    time: String,
    detail: String,
    outcome: Option<String>,
}

/// What an entry of the custody was, as PREMIS tells it.
fn events_of(contents: &Contents<'_>, entry: &Entry) -> Vec<Event> {
    let act = entry.leaf.act;
    let time = rfc3339(entry.leaf.t);
    let of = entry.leaf.of.map(|of| format!(" {of}")).unwrap_or_default();
    let added = contents.amendments.iter().find(|(index, ..)| *index == entry.index).map(|(_, _, a)| a);
    let kind = match act {
        ActKind::RecordAccepted => "ingestion",
        ActKind::RecordAmended => match added.map(|added| added.kind) {
            Some(AmendmentKind::CardCorrected) => "metadata modification",
            Some(AmendmentKind::FormatsIdentified) => "format identification",
            _ => "modification",
        },
        ActKind::HoldCovers | ActKind::HoldUncovers => "policy assignment",
        ActKind::PresenceChecked | ActKind::RecordMissing | ActKind::RecordFound => "fixity check",
        other => other.as_str(),
    };
    let detail = match added {
        Some(added) => format!("{} {}{of}", act.as_str(), added.kind.as_str()),
        None => format!("{}{of}", act.as_str()),
    };
    let one = Event {
        id: (identifier::ENTRY, entry.index.to_string()),
        kind: kind.to_owned(),
        time: time.clone(),
        detail,
        outcome: None,
    };
    let mut events = vec![one];
    if act == ActKind::RecordAccepted {
        let beside = |name: &str, kind: &str, outcome: Option<String>| Event {
            id: (identifier::EVENT, format!("{}-{name}", entry.index)),
            kind: kind.to_owned(),
            time: time.clone(),
            detail: act.as_str().to_owned(),
            outcome,
        };
        if let Some(validation) = &contents.manifest.validation {
            let verdict = validation.verdict.as_str().to_owned();
            events.push(beside("validation", "digital signature validation", Some(verdict)));
        }
        if contents.manifest.identifier.is_some() {
            events.push(beside("formats", "format identification", contents.manifest.identifier.clone()));
        }
    }
    events
}

fn event(one: &Event, actor: &str, record: &str) -> String {
    let (kind, id) = &one.id;
    let mut text = format!("<event>{}", identified("event", kind, id));
    text.push_str(&element("eventType", &one.kind));
    text.push_str(&element("eventDateTime", &one.time));
    let detail = element("eventDetail", &one.detail);
    let _ = write!(text, "<eventDetailInformation>{detail}</eventDetailInformation>");
    if let Some(outcome) = &one.outcome {
        let outcome = element("eventOutcome", outcome);
        let _ = write!(text, "<eventOutcomeInformation>{outcome}</eventOutcomeInformation>");
    }
    text.push_str(&identified("linkingAgent", identifier::ACTOR, actor));
    text.push_str(&identified("linkingObject", identifier::RECORD, record));
    text.push_str("</event>\n");
    text
}

fn agent(kind: &str, id: &str, what: &str, version: Option<&str>) -> String {
    let version = version.map(|version| element("agentVersion", version)).unwrap_or_default();
    let id = identified("agent", kind, id);
    format!("<agent>{id}{}{version}</agent>\n", element("agentType", what))
}

fn program(plan: &Plan) -> String {
    agent(identifier::SOFTWARE, PROGRAM, "software", Some(&plan.software))
}

/// Who may see it.
fn rights(contents: &Contents<'_>, record: &str) -> String {
    let access = contents.manifest.access_category.as_str();
    format!(
        "<rights><rightsStatement>{}{}<otherRightsInformation>{}{}</otherRightsInformation><rightsGranted>{}{}\
         </rightsGranted>{}</rightsStatement></rights>\n",
        identified("rightsStatement", identifier::RIGHTS, &format!("{record}-access")),
        element("rightsBasis", "other"),
        element("otherRightsBasis", "access category"),
        element("otherRightsNote", access),
        element("act", "disseminate"),
        element("restriction", access),
        identified("linkingObject", identifier::RECORD, record),
    )
}

/// The PREMIS file of the package. Which records are in it is for METS and the inventory to say.
pub fn package(name: &str, plan: &Plan) -> String {
    let objects = format!(
        "<object xsi:type=\"intellectualEntity\">{}</object>\n",
        identified("object", identifier::PACKAGE, name)
    );
    let party = |one: &Party, id: &str| {
        let name = element("agentName", &one.name);
        format!("<agent>{}{name}{}</agent>\n", identified("agent", "code", id), element("agentType", "organization"))
    };
    let event = format!(
        "<event>{}{}{}<eventDetailInformation>{}</eventDetailInformation>{}{}</event>\n",
        identified("event", identifier::EVENT, &format!("{name}-creation")),
        element("eventType", "information package creation"),
        element("eventDateTime", &rfc3339(plan.time)),
        element("eventDetail", &plan.reason),
        identified("linkingAgent", identifier::SOFTWARE, PROGRAM),
        identified("linkingObject", identifier::PACKAGE, name),
    );
    let agents = [program(plan), party(&plan.from, &plan.from.code), party(&plan.to, &plan.to.code)].concat();
    whole(&objects, &event, &agents, "")
}

/// Dublin Core of a record: what a program shows that reads nothing else.
pub fn record_dc(contents: &Contents<'_>) -> String {
    let field = |field| contents.card_field(field).filter(|value| !value.is_empty());
    let mut text = String::new();
    for (name, value) in [
        ("title", field(CardField::Title)),
        ("identifier", field(CardField::RegistrationNumber)),
        ("date", field(CardField::DocumentDate)),
        ("type", field(CardField::DocumentType)),
        ("creator", field(CardField::SenderBody)),
        ("description", field(CardField::Nature)),
        ("rights", Some(contents.manifest.access_category.as_str())),
    ] {
        text.extend(value.map(|value| element(name, value)));
    }
    dublin_core(&contents.manifest.record.to_string(), &text)
}

/// Dublin Core of the package.
pub fn package_dc(name: &str, plan: &Plan) -> String {
    let text = [element("title", &plan.title), element("publisher", &plan.from.name)].concat();
    dublin_core(name, &text)
}

fn dublin_core(id: &str, elements: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<dc xmlns=\"http://purl.org/dc/elements/1.1/\"><identifier>{}\
         </identifier>{elements}</dc>\n",
        escaped(id)
    )
}
