//! Documents that only the service has, of the resources beside records: for its description.
//!
//! They name the documents of the command line where there are any.

use crate::ingest::amend::LATE_ROLES;
use crate::model::submission::Role;
use serde_json::{Map, Value, json};

/// Their schemas by name.
pub(super) fn own() -> Map<String, Value> {
    let text = json!({"type": "string", "minLength": 1});
    let text_or_none = json!({"type": ["string", "null"]});
    let id = json!({"type": "string", "pattern": "^[0-9a-f]{32}$"});
    let id_or_none = json!({"type": ["string", "null"], "pattern": "^[0-9a-f]{32}$"});
    let next = json!({
        "description": "The parameter `after` of the next page; null on the last.", "type": ["string", "null"],
    });
    let attributes = json!({
        "description": "Attributes that rules ask for.", "type": "object",
        "additionalProperties": {"type": "string"},
    });
    let base64 = json!({"type": "string", "contentEncoding": "base64"});
    let material = json!({
        "description": "Certificates, CRLs and OCSP answers, beside those of the archive.",
        "type": "array", "maxItems": 256, "items": base64,
    });
    let own = json!({
        "FilePage": {
            "type": "object",
            "additionalProperties": false,
            "required": ["items", "next"],
            "properties": {
                "items": {"type": "array", "items": {"oneOf": [
                    {"$ref": "#/components/schemas/FileRow"}, {"$ref": "#/components/schemas/DestroyedFile"},
                ]}},
                "next": next,
            },
        },
        "FileOpening": {
            "type": "object",
            "additionalProperties": false,
            "required": ["agency", "index", "year"],
            "properties": {
                "agency": text,
                "index": {"description": "In the nomenclature.", "type": "string", "minLength": 1},
                "year": {"type": "integer", "minimum": 0},
                "volume": {"description": "The next one when not given.", "type": ["integer", "null"], "minimum": 1},
                "title": {"description": "That of the nomenclature when not given.", "type": ["string", "null"]},
                "item": {"description": "What it is kept by, LIST/ITEM; what the nomenclature says when not given.",
                         "type": ["string", "null"]},
                "attributes": attributes,
            },
        },
        "FileFilling": {
            "type": "object",
            "additionalProperties": false,
            "required": ["records"],
            "properties": {
                "records": {"type": "array", "items": id},
                "reason": {"description": "Why records that are in another file are moved.",
                           "type": ["string", "null"]},
            },
        },
        "FileClosing": {
            "type": "object",
            "additionalProperties": false,
            "required": ["date"],
            "properties": {"date": {"description": "When its last document was dealt with.",
                                    "type": "string", "format": "date"}},
        },
        "FileReopening": {
            "type": "object",
            "additionalProperties": false,
            "required": ["reason"],
            "properties": {"reason": text},
        },
        "FileReclassifying": {
            "type": "object",
            "additionalProperties": false,
            "required": ["reason"],
            "properties": {
                "item": {"description": "LIST/ITEM.", "type": ["string", "null"]},
                "attributes": attributes, "reason": text,
            },
        },
        "FileEvent": {
            "type": "object",
            "additionalProperties": false,
            "required": ["event", "date"],
            "properties": {
                "event": {"description": "As the rule names it.", "type": "string", "pattern": "^[a-z0-9_]{1,64}$"},
                "date": {"type": "string", "format": "date"},
                "reason": {"description": "Why a day that was recorded before is corrected.",
                           "type": ["string", "null"]},
            },
        },
        "ComponentAdding": {
            "description": "A late component. A representation names what it was made from, and by which tool.",
            "type": "object",
            "additionalProperties": false,
            "required": ["path", "role", "content"],
            "properties": {
                "path": {"description": "Its path in the record.", "type": "string", "minLength": 1},
                "role": {"enum": LATE_ROLES.map(Role::as_str)},
                "content": base64,
                "covers": {"description": "Of a signature or a time-stamp: paths of components.",
                           "type": "array", "items": text},
                "source": text_or_none, "tool": text_or_none,
                "reason": {"description": "Why it comes now.", "type": ["string", "null"]},
            },
        },
        "CardCorrecting": {
            "description": "The corrected card, whole, and why it is corrected.",
            "type": "object",
            "additionalProperties": false,
            "required": ["content", "reason"],
            "properties": {"content": base64, "reason": text},
        },
        "HoldPlacing": {
            "description": "What a hold is placed on, who asks for it, why, and by which law.",
            "type": "object",
            "additionalProperties": false,
            "required": ["owner", "reason", "basis"],
            "properties": {
                "records": {"type": "array", "items": id},
                "files": {"description": "Each with all its records, also later ones.", "type": "array", "items": id},
                "query": {"description": "All records that it finds now and that the caller may list.",
                          "type": ["string", "null"]},
                "owner": text, "reason": text, "basis": text,
                "review": {"description": "When somebody should look whether it is still needed.",
                           "type": ["string", "null"], "format": "date"},
            },
        },
        "HoldLifting": {
            "type": "object",
            "additionalProperties": false,
            "required": ["reason"],
            "properties": {"reason": text},
        },
        "InquiryOpening": {
            "description": "Who asks, what for, by which law, and when it is to be answered.",
            "type": "object",
            "additionalProperties": false,
            "required": ["authority", "case", "basis", "requester", "due"],
            "properties": {
                "authority": text, "case": text, "basis": text, "requester": text,
                "due": {"type": "string", "format": "date"},
                "agency": {"description": "Whose records office answers; left out by who works for one agency only.",
                           "type": ["string", "null"]},
            },
        },
        "InquiryQuery": {
            "type": "object",
            "additionalProperties": false,
            "required": ["query"],
            "properties": {"query": {"description": "A query of cards, or a citation.", "type": "string",
                                     "minLength": 1}},
        },
        "InquiryTargets": {
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "records": {"type": "array", "items": id},
                "files": {"description": "Each with all its records, also later ones.", "type": "array", "items": id},
            },
        },
        "InquirySigning": {
            "description": "Detached CMS over exactly the bytes of answer.json, and what proves them.",
            "type": "object",
            "additionalProperties": false,
            "required": ["signatures"],
            "properties": {
                "signatures": {"type": "array", "items": {"type": "string", "contentEncoding": "base64"}},
                "material": {"description": "Certificates, CRLs and OCSP answers beside those of the archive.",
                             "type": "array", "items": {"type": "string", "contentEncoding": "base64"}},
            },
        },
        "InquiryClosing": {
            "type": "object",
            "additionalProperties": false,
            "required": ["outcome"],
            "properties": {
                "outcome": text,
                "without_answer": {"description": "Why it ends without an answer to all that was searched and taken.",
                                   "type": ["string", "null"]},
            },
        },
        "InquiryBundling": {
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "records": {"description": "All that are under the inquiry when none is named.",
                            "type": "array", "items": id},
                "readings": {"description": "What `[inquiry] readings` says when left out.",
                             "enum": ["own", "all", "count", null]},
            },
        },
        "InquiryBundleOrJob": {
            "oneOf": [{"$ref": "#/components/schemas/InquiryBundle"}, {"$ref": "#/components/schemas/Job"}],
        },
    });
    // In two parts, because the macro goes no deeper.
    let more = json!({
        "ReceiptWhole": {
            "description": "A receipt or notice, its text, and its files: what is to be signed, and its signature.",
            "type": "object",
            "additionalProperties": false,
            "required": ["receipt", "text", "files"],
            "properties": {
                "receipt": {"$ref": "#/components/schemas/Receipt"},
                "text": text_or_none,
                "files": {"type": "array", "minItems": 1, "maxItems": 2, "items": {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["name", "base64"],
                    "properties": {"name": text, "base64": {"type": "string", "contentEncoding": "base64"}},
                }},
            },
        },
        "ReceiptSigning": {
            "description": "The signature of a records officer over exactly the bytes of the receipt or notice.",
            "type": "object",
            "additionalProperties": false,
            "required": ["cms"],
            "properties": {"cms": base64, "material": material},
        },
        "DisposalDrawing": {
            "description": "What a plan is drawn up of: all that is due of the agency, or these files.",
            "type": "object",
            "additionalProperties": false,
            "required": ["agency"],
            "properties": {
                "agency": text,
                "files": {"type": "array", "items": id},
                "number": {"description": "Of the act of selection; the next one of the year when not given.",
                           "type": ["string", "null"]},
                "minutes": {
                    "description": "The minutes of the expert commission.",
                    "type": ["object", "null"],
                    "additionalProperties": false,
                    "required": ["number", "date", "content"],
                    "properties": {"number": text, "date": {"type": "string", "format": "date"}, "content": base64},
                },
            },
        },
        "DisposalStatement": {
            "description": "What a statement about a plan is to say.",
            "type": "object",
            "additionalProperties": false,
            "required": ["act"],
            "properties": {
                "act": {"enum": ["propose", "review", "approve", "confirm_date"]},
                "person": {"description": "Number (IIN) of who signs it; who asks, when not given.",
                           "type": ["string", "null"], "pattern": "^[0-9]{12}$"},
                "verdicts": {"description": "Of a review, on files by their numbers in the plan.",
                             "type": "array", "items": {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["number", "verdict"],
                    "properties": {
                        "number": {"type": "integer", "minimum": 1},
                        "verdict": {"enum": ["destroy", "forever", "extend", "reclassify"]},
                        "until": {"description": "Of `extend`.", "type": ["string", "null"], "format": "date"},
                        "item": {"description": "Of `reclassify`, LIST/ITEM.", "type": ["string", "null"]},
                        "reason": {"description": "Why a file is kept.", "type": ["string", "null"]},
                    },
                }},
                "rest": {"description": "All files without a verdict may be destroyed.", "type": "boolean"},
            },
        },
        "SignedStatement": {
            "description": "A statement, and signatures over exactly its bytes (CMS).",
            "type": "object",
            "additionalProperties": false,
            "required": ["document", "signatures"],
            "properties": {
                "document": base64,
                "signatures": {"type": "array", "maxItems": 16, "items": base64},
                "material": material,
            },
        },
        "DisposalCancelling": {
            "type": "object",
            "additionalProperties": false,
            "required": ["reason"],
            "properties": {"reason": text},
        },
        "DisposalExecutedOrJob": {
            "oneOf": [
                {"$ref": "#/components/schemas/DisposalExecuted"}, {"$ref": "#/components/schemas/DisposalAnswer"},
                {"$ref": "#/components/schemas/Job"},
            ],
        },
        "TrailEntry": {
            "description": "An entry of the journal with the account behind its pseudonym.",
            "type": "object",
            "additionalProperties": false,
            "required": ["entry", "time", "act", "actor", "account", "about", "of", "agencies", "purpose", "rule"],
            "properties": {
                "entry": {"type": "integer", "minimum": 0}, "time": {"type": "string", "format": "date-time"},
                "act": text, "actor": {"type": "string", "pattern": "^[0-9a-f]{16}$"}, "account": text_or_none,
                "about": {"description": "The record, file, hold, inquiry, plan or register.",
                          "type": id_or_none["type"], "pattern": id_or_none["pattern"]},
                "of": id_or_none,
                "agencies": {"type": "array", "items": text},
                "purpose": {"description": "Of a reading: what for.", "type": ["string", "null"]},
                "rule": {"description": "Of a reading: by which rule.", "type": ["string", "null"]},
            },
        },
    });
    [own, more].into_iter().filter_map(|part| part.as_object().cloned()).flatten().collect()
}

/// An answer with its files in it, where the command line has written them.
pub(super) fn given(mut given: Value) -> Value {
    let text = json!({"type": "string", "minLength": 1});
    given["properties"]["files"] = json!({"type": "array", "minItems": 4, "items": {
        "type": "object",
        "additionalProperties": false,
        "required": ["name", "base64"],
        "properties": {"name": text, "base64": {"type": "string", "contentEncoding": "base64"}},
    }});
    given
}

/// A bundle with where its bytes are, where the command line has written them.
pub(super) fn bundle(mut bundle: Value) -> Value {
    if let Some(properties) = bundle["properties"].as_object_mut() {
        properties.remove("file");
    }
    bundle["properties"]["content"] = json!({"description": "Where the bytes are.", "type": "string", "minLength": 1});
    bundle["properties"]["bytes"] = json!({"type": "integer", "minimum": 1});
    bundle["properties"]["sha256"] = json!({
        "description": "Of the bytes under the checkpoint of `size`.", "type": "string", "pattern": "^[0-9a-f]{64}$",
    });
    if let Some(required) = bundle["required"].as_array_mut() {
        required.retain(|name| name != "file");
        required.extend(["content", "bytes", "sha256"].map(Value::from));
    }
    bundle
}

/// A nomenclature with its files: the document of a list, and the rows.
pub(super) fn nomenclature(mut row: Value) -> Value {
    let text = json!({"type": "string", "minLength": 1});
    row["title"] = "A nomenclature with its files".into();
    row["properties"]["rows"] = json!({"type": "array", "minItems": 1, "items": {
        "type": "object",
        "additionalProperties": false,
        "required": ["index", "title", "item", "form", "note"],
        "properties": {
            "index": text, "title": text, "note": {"type": ["string", "null"]},
            "item": {"description": "What it is kept by, LIST/ITEM.", "type": ["string", "null"]},
            "form": {"enum": ["electronic", "paper", "mixed"]},
        },
    }});
    if let Some(required) = row["required"].as_array_mut() {
        required.push("rows".into());
    }
    row
}
