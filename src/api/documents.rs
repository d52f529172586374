//! Documents that only the service has, of the resources beside records: for its description.
//!
//! They name the documents of the command line where there are any.

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
    let own = json!({
        "RecordPage": {
            "type": "object",
            "additionalProperties": false,
            "required": ["items", "next"],
            "properties": {
                "items": {"type": "array", "items": {"oneOf": [
                    {"$ref": "#/components/schemas/RecordRow"}, {"$ref": "#/components/schemas/HandedOver"},
                ]}},
                "next": next,
            },
        },
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
        "AccessionRecordPage": {
            "type": "object",
            "additionalProperties": false,
            "required": ["items", "next"],
            "properties": {
                "items": {"type": "array", "items": {"$ref": "#/components/schemas/Accession/$defs/record"}},
                "next": next,
            },
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
    own.as_object().cloned().unwrap_or_default()
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
