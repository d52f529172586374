//! A record as it goes into a package: everything that belongs to it, and `record.json`, which says what it is.
//!
//! `record.json` (`schema/transfer/1/record`) is the archive's word about the record: card, files with the names that
//! they had, signatures, file, term, holds, papers, history. What proves it stands beside it: every group's metadata
//! and salt with evidence, and the entries with their proofs. It names no officer: actors are pseudonyms, as in the
//! journal.
//!
//! It says nothing of the package that it is in: what is said of a record is true in any package of that day.
//!
//! Invariants
//!   - Every component of the manifest and of the amendments is in it, or it is an error: the commitment of a group
//!     can be checked only with all of its members.

use super::past::{Past, holds_of, not_ready};
use crate::access::{Opened, open_handed};
use crate::clock::rfc3339;
use crate::error::Error;
use crate::evidence::group::{Group, groups};
use crate::evidence::record::Evidence;
use crate::filing::cite;
use crate::filing::files::File;
use crate::index::filing::{Day, RulingRow, StateRow, date};
use crate::index::fonds::PaperRow;
use crate::model::amendment::Amendment;
use crate::model::canonical;
use crate::model::classifier::CodeUsed;
use crate::model::format::{Finding, Identification};
use crate::model::id::RecordId;
use crate::model::import::Imported;
use crate::model::path::VALIDATION_PATH;
use crate::model::record::{CardField, Component, Flag, Manifest};
use crate::model::submission::Role;
use crate::model::transferred::Transferred;
use crate::model::validation::time_text;
use crate::retention::{Decision, Reason};
use crate::text::Lang;
use crate::tlog::heads::HeadProof;
use crate::tlog::leaf::{ActKind, Leaf};
use crate::transfer::layout;
use serde_json::{Map, Value, json};

/// A component with the file that it is in the package.
pub struct Placed {
    /// The file, relative to the folder of the record.
    pub file: String,
    /// Which part of the record brought it: 0 the acceptance, n the nth amendment.
    pub part: usize,
    /// The component.
    pub component: Component,
}

/// A group with its evidence.
pub struct Proven {
    /// The group.
    pub group: Group,
    /// Evidence for it, one for each time-stamp.
    pub evidence: Vec<Evidence>,
}

/// An entry of the record's custody.
pub struct Entry {
    /// Its place in the journal.
    pub index: u64,
    /// What it says.
    pub leaf: Leaf,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// A record with everything that goes with it.
pub struct Contents<'a> {
    /// The record, opened.
    pub opened: Opened<'a>,
    /// Its manifest.
    pub manifest: Manifest,
    /// What was added, oldest first, each with its entry.
    pub amendments: Vec<(u64, Leaf, Amendment)>,
    /// Every component, in the order of their numbers.
    pub components: Vec<Placed>,
    /// Every group.
    pub groups: Vec<Proven>,
    /// What was done with it, oldest first.
    pub custody: Vec<Entry>,
    /// The heads of custody and readings.
    pub heads: [HeadProof; 2],
    /// What is said of it: `record.json`.
    pub said: Value,
}

impl<'a> Contents<'a> {
    /// Reads a record as it was.
    pub(super) fn read(past: &mut Past<'a>, id: RecordId) -> Result<Self, Error> {
        let mut opened = open_handed(past.archive, id)?;
        if opened.row.entry >= past.cut {
            return Err(not_ready(id, "it was accepted behind the map of heads"));
        }
        let behind = || not_ready(id, "the map of heads does not have it");
        let (custody, readings) = past.maps.prove(id).ok_or_else(behind)?;
        // What came since is not in the package, so nobody here sees it.
        let cut = past.cut;
        opened.row.parts.retain(|part| part.entry < cut);
        let last = u32::try_from(opened.row.parts.len()).unwrap_or(u32::MAX);
        opened.row.components.retain(|component| component.part <= last);
        let manifest = opened.manifest()?;
        let mut amendments = Vec::new();
        for part in &opened.row.parts {
            let (leaf, amendment) = opened.amendment(part)?;
            amendments.push((part.entry, leaf, amendment));
        }
        let later = (1..).zip(&amendments).flat_map(|(part, (_, _, a))| a.components.iter().map(move |c| (part, c)));
        let all = manifest.components.iter().map(|component| (0, component)).chain(later);
        let placed = |(number, (part, component)): (usize, (usize, &Component))| Placed {
            file: layout::component(number, &component.path),
            part,
            component: component.clone(),
        };
        let components: Vec<Placed> = (1..).zip(all).map(placed).collect();
        let mut proven = Vec::new();
        for group in groups(&opened, cut)? {
            let missing = || not_ready(id, format!("entry {} has no time-stamp", group.entry));
            let (stamped, evidence) = past.maker.of_group(&group)?.ok_or_else(missing)?;
            past.stamped.insert(stamped.entry, stamped);
            proven.push(Proven { group, evidence });
        }
        let entries = past.chain(id, custody.head.newest)?;
        let entry = |(index, leaf, bytes)| Entry { index, leaf, bytes };
        let mut contents = Self {
            opened,
            manifest,
            amendments,
            components,
            groups: proven,
            custody: entries.into_iter().map(entry).collect(),
            heads: [custody, readings],
            said: Value::Null,
        };
        if let Some(validation) = &contents.manifest.validation {
            past.material.extend(&validation.material);
            past.policies.insert(validation.policy);
        }
        let mut said = contents.value(past)?;
        canonical::drop_nulls(&mut said);
        contents.said = said;
        Ok(contents)
    }

    /// The newest card.
    pub fn card(&self) -> &[(CardField, String)] {
        let corrected = self.amendments.iter().rev().find_map(|(_, _, amendment)| amendment.card.as_ref());
        corrected.unwrap_or(&self.manifest.card)
    }

    /// One field of the newest card.
    pub fn card_field(&self, wanted: CardField) -> Option<&str> {
        self.card().iter().find(|(field, _)| *field == wanted).map(|(_, value)| value.as_str())
    }

    /// The lines of `proofs.jsonl`: entries, then the two heads.
    pub(super) fn proofs(&self, past: &Past<'_>) -> Result<String, Error> {
        let mut lines = String::new();
        for entry in &self.custody {
            lines.push_str(&past.proof_line(entry.index, &entry.bytes)?);
        }
        for head in &self.heads {
            lines.push_str(&format!("{}\n", json!({"head": head.chain.as_str(), "proof": head.to_text()})));
        }
        Ok(lines)
    }

    fn value(&self, past: &mut Past<'_>) -> Result<Value, Error> {
        let manifest = &self.manifest;
        let row = &self.opened.row;
        let certified = manifest.certified_by.as_ref();
        let certified = certified.map(|c| json!({"role": c.role.as_str(), "post": c.post, "surname": c.surname}));
        let (file, retention) = self.filing(past)?;
        Ok(json!({
            "schema": layout::RECORD_SCHEMA,
            "record_id": manifest.record.to_string(),
            "archive": past.archive.id().to_string(),
            "agency": manifest.agency,
            "profile": manifest.profile.as_str(),
            "kind": manifest.kind.as_str(),
            "direction": manifest.direction.as_str(),
            "access_category": manifest.access_category.as_str(),
            "certified_by": certified,
            "nomenclature_index": manifest.nomenclature_index,
            "file": manifest.file,
            "codes": manifest.codes.iter().map(code).collect::<Value>(),
            "flags": flags(&manifest.flags),
            "identifier": manifest.identifier,
            "imported": manifest.imported.as_ref().map(Imported::value),
            "transferred": manifest.transferred.as_ref().map(Transferred::value),
            "accepted": {"entry": row.entry, "time": rfc3339(row.accepted)},
            "card": card(self.card()),
            "first_card": self.amendments.iter().any(|(_, _, a)| a.card.is_some()).then(|| card(&manifest.card)),
            "components": self.components.iter().map(component).collect::<Value>(),
            "amendments": self.amendments(),
            "groups": self.groups(past)?,
            "signatures": manifest.validation.as_ref().map_or("not_validated", |v| v.verdict.as_str()),
            "validation": manifest.validation.as_ref().map(|validation| validation.value()),
            "certificates": self.certificates()?,
            "receipt": self.receipt(),
            "filed": file,
            "retention": retention,
            "holds": self.holds(past)?,
            "papers": papers(&row.papers, past.cut),
            "history": self.history(),
            "readings": self.heads[1].head.count,
        }))
    }

    fn amendments(&self) -> Value {
        let one = |(part, (entry, leaf, a)): (usize, &(u64, Leaf, Amendment))| {
            json!({
                "part": part, "entry": entry, "time": rfc3339(leaf.t), "kind": a.kind.as_str(), "reason": a.reason,
                "card": a.card.as_ref().map(|fields| card(fields)), "flags": flags(&a.flags),
                "identifier": a.identifier,
                "formats": a.formats.iter().map(|(path, f)| json!({"path": path, "format": format(f)}))
                    .collect::<Value>(),
            })
        };
        (1..).zip(&self.amendments).map(one).collect()
    }

    fn groups(&self, past: &mut Past<'_>) -> Result<Value, Error> {
        let mut said = Vec::new();
        for Proven { group, evidence } in &self.groups {
            let evidence = (1..).zip(evidence).map(|(number, one)| {
                json!({
                    "file": layout::evidence(group.entry, number), "time": time_text(one.time),
                    "authority": one.authority,
                })
            });
            let mut value = past.when(group.entry)?;
            value["folder"] = layout::group_file(group.entry, "").into();
            value["evidence"] = evidence.collect();
            said.push(value);
        }
        Ok(said.into())
    }

    /// What the validation at receipt says of the certificates of signers: until when each is good, above all.
    fn certificates(&self) -> Result<Value, Error> {
        let report = self.opened.validation()?.unwrap_or_default();
        let list = |value: &Value, key: &str| value.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
        let mut said: Vec<Value> = Vec::new();
        for object in list(&report, "signatures") {
            let Some(of) = object.get("report") else { continue };
            for signature in list(of, "signatures") {
                let signer = signature.get("signer").cloned().unwrap_or_default();
                let field = |key: &str| signer.get(key).cloned().unwrap_or_default();
                let one = json!({
                    "component": object.get("component"), "covers": object.get("covers"),
                    "sha256": field("certificate"), "subject": field("subject"), "issuer": field("issuer"),
                    "serial": field("serial"), "not_before": field("not_before"), "not_after": field("not_after"),
                    "indication": signature.get("indication"), "revocation": signature.get("revocation"),
                });
                said.push(one);
            }
        }
        Ok(said.into())
    }

    /// The archive's own receipt, by the files that it is.
    fn receipt(&self) -> Value {
        let issued = self.components.iter().filter(|placed| placed.component.role == Role::Issued);
        let files: Value = issued.map(|placed| placed.file.clone()).collect();
        let report = self.components.iter().find(|placed| placed.component.path == VALIDATION_PATH);
        json!({"files": files, "validation": report.map(|placed| placed.file.clone())})
    }

    /// The file that it is in, and its term by what was in force.
    fn filing(&self, past: &mut Past<'_>) -> Result<(Value, Value), Error> {
        let (row, id) = (&self.opened.row, self.opened.row.id());
        let filings = self.custody.iter().filter(|entry| entry.leaf.act == ActKind::RecordFiled);
        let into = filings.filter_map(|entry| entry.leaf.of).next_back();
        if row.filed.map(RecordId) != into {
            return Err(not_ready(id, "it was put into another file"));
        }
        let (value, decision) = match into {
            None => {
                let mut decision = Decision::unfiled(past.day());
                let mut held = Vec::new();
                for hold in holds_of(self.custody.iter().map(|entry| &entry.leaf)) {
                    if past.hold(hold)?.get("lifted").is_none() {
                        held.push(hold);
                    }
                }
                decision.holds = held.into_iter().map(|hold| (hold, Some(id))).collect();
                decision.reasons.extend(decision.holds.iter().map(|(hold, on)| Reason::Hold(*hold, *on)));
                (Value::Null, decision)
            }
            Some(file) => {
                let filed = past.file(file)?;
                if let Some(listed) = filed.file.row.listed {
                    past.inventories.insert(RecordId(listed.inventory));
                }
                let decision = past.basis.judge().decide(&filed.file, past.day());
                let mut value = file_value(past, &filed.file)?;
                value["number"] = row.number_in_file.into();
                value["citation"] = cite::of(&filed.file, row).map(|citation| citation.to_string()).into();
                (value, decision)
            }
        };
        for by in decision.by.iter().chain(decision.reasons.iter().filter_map(|reason| match reason {
            Reason::Rule(by) => Some(by),
            _ => None,
        })) {
            past.lists.insert(by.adopted);
        }
        let texts: Map<String, Value> =
            Lang::ALL.iter().map(|(name, lang)| ((*name).to_owned(), decision.sentences(*lang).into())).collect();
        Ok((value, json!({"decision": decision.value(), "text": texts})))
    }

    /// Every hold that ever kept it, by itself or with its file.
    fn holds(&self, past: &mut Past<'_>) -> Result<Value, Error> {
        let mut said = Vec::new();
        let own = holds_of(self.custody.iter().map(|entry| &entry.leaf));
        let of_file = match self.opened.row.filed {
            Some(file) => past.file(RecordId(file))?.holds,
            None => Vec::new(),
        };
        for (hold, on) in own.into_iter().map(|h| (h, "record")).chain(of_file.into_iter().map(|h| (h, "file"))) {
            let mut value = past.hold(hold)?;
            value["on"] = on.into();
            said.push(value);
        }
        Ok(said.into())
    }

    fn history(&self) -> Value {
        let one = |entry: &Entry| {
            json!({
                "entry": entry.index, "time": rfc3339(entry.leaf.t), "act": entry.leaf.act.as_str(),
                "actor": entry.leaf.actor.to_string(), "of": entry.leaf.of.map(|of| of.to_string()),
            })
        };
        self.custody.iter().map(one).collect()
    }
}

fn card(fields: &[(CardField, String)]) -> Value {
    let one = |(field, value): &(CardField, String)| (field.as_str().to_owned(), Value::from(value.clone()));
    fields.iter().map(one).collect::<Map<_, _>>().into()
}

fn code(c: &CodeUsed) -> Value {
    json!({"field": c.field, "code": c.code, "classifier": c.classifier, "edition": c.edition})
}

fn flags(flags: &[Flag]) -> Value {
    flags.iter().map(|flag| json!({"code": flag.code.as_str(), "subject": flag.subject})).collect()
}

fn format(f: &Identification) -> Value {
    let finding = |f: &Finding| json!({"code": f.code.as_str(), "place": f.place, "detail": f.detail});
    json!({
        "puid": f.puid, "family": f.family.as_str(), "name": f.name, "version": f.version, "basis": f.basis.as_str(),
        "findings": f.findings.iter().map(finding).collect::<Value>(),
    })
}

fn component(placed: &Placed) -> Value {
    let c = &placed.component;
    let content = c.content.as_ref().map(|content| {
        json!({
            "path": content.path, "size": content.size, "sha256": content.sha256.to_string(),
            "format": format(&content.format),
        })
    });
    json!({
        "file": placed.file, "path": c.path, "role": c.role.as_str(), "part": placed.part, "covers": c.covers,
        "size": c.size, "sha256": c.digests.sha256.to_string(), "sha512": c.digests.sha512.to_string(),
        "media_type": c.media_type, "format": c.format.as_ref().map(format), "content": content,
        "source": c.derived.as_ref().map(|d| &d.source), "tool": c.derived.as_ref().map(|d| &d.tool),
    })
}

fn file_value(past: &mut Past<'_>, file: &File) -> Result<Value, Error> {
    let row = &file.row;
    let on = |day: Option<Day>| day.and_then(date).map(|date| date.to_string());
    let mut states = Vec::new();
    for state in &row.states {
        states.push(state_value(past, state)?);
    }
    let mut rulings = Vec::new();
    for (entry, ruling) in &row.rulings {
        let mut value = past.when(*entry)?;
        let (word, day) = match ruling {
            RulingRow::Forever => ("forever", None),
            RulingRow::NotBefore(day) => ("not_before", Some(*day)),
            RulingRow::NotNeeded(day) => ("not_needed", Some(*day)),
        };
        value["ruling"] = word.into();
        value["date"] = on(day).into();
        rulings.push(value);
    }
    let mut unit = Value::Null;
    if let Some(listed) = row.listed {
        let inventory = RecordId(listed.inventory);
        let row = past.archive.index().unit(inventory, listed.unit)?;
        let gone = || not_ready(file.id, "its inventory does not list it");
        unit = row.ok_or_else(gone)?.unit(listed.unit).value();
        unit["fonds"] = listed.fonds.into();
        unit["inventory"] = listed.number.into();
        unit["inventory_id"] = inventory.to_string().into();
    }
    Ok(json!({
        "file_id": file.id.to_string(), "agency": row.agency, "index": row.index, "year": row.year,
        "volume": row.volume, "title": row.title, "form": row.form, "documents": row.documents,
        "oldest": on(row.oldest), "newest": on(row.newest), "has_undated": row.has_undated,
        "part_of": row.part_of.map(|of| RecordId(of).to_string()), "states": states, "rulings": rulings,
        "unit": unit,
    }))
}

fn state_value(past: &mut Past<'_>, state: &StateRow) -> Result<Value, Error> {
    let mut value = past.when(state.entry)?;
    value["closed"] = state.closed.and_then(date).map(|date| date.to_string()).into();
    value["item"] = state.item.as_ref().map_or(Value::Null, |(list, item)| json!({"list": list, "item": item}));
    value["attributes"] = state.attributes.iter().map(|(k, v)| (k.clone(), Value::from(v.clone()))).collect();
    let event = |(name, day): (&String, &Day)| Some((name.clone(), Value::from(date(*day)?.to_string())));
    value["events"] = state.events.iter().filter_map(event).collect();
    value["is_shortening"] = state.is_shortening.into();
    Ok(value)
}

fn papers(papers: &[PaperRow], cut: u64) -> Value {
    let paper = |paper: &PaperRow| {
        let places = paper.places.iter().filter(|place| place.entry < cut).map(|place| {
            json!({
                "entry": place.entry, "time": rfc3339(place.t), "place": place.place, "custodian": place.custodian,
                "reason": place.reason,
            })
        });
        let places: Vec<Value> = places.collect();
        // One that was noted since is not there yet.
        let is_known = !places.is_empty();
        is_known.then(
            || json!({"number": paper.number, "kind": paper.kind().as_str(), "sheets": paper.sheets, "places": places}),
        )
    };
    papers.iter().filter_map(paper).collect()
}
