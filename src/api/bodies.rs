//! Bodies of acts that only the service has: for its description.
//!
//! One function for each resource: what they say is large, and the macro that writes it down has a bound.

use crate::disposition::refile::REFILED_MAX;
use crate::filing::files::ENTERED_MAX;
use crate::ingest::amend::LATE_ROLES;
use crate::model::submission::Role;
use crate::transfer::select::{FILES_MAX, Reason};
use serde_json::{Map, Value, json};

/// Their schemas by name.
pub(super) fn own() -> Map<String, Value> {
    let all = [files(), splitting(), records(), receipts(), disposal(), transfers(), adoption(), copies(), tokens()];
    all.into_iter().filter_map(|one| one.as_object().cloned()).flatten().collect()
}

fn base64() -> Value {
    json!({"type": "string", "contentEncoding": "base64"})
}

fn material() -> Value {
    json!({
        "description": "Certificates, CRLs and OCSP answers, beside those of the archive.",
        "type": "array", "maxItems": 256, "items": base64(),
    })
}

/// About files.
fn files() -> Value {
    let text = json!({"type": "string", "minLength": 1});
    let id = json!({"type": "string", "pattern": "^[0-9a-f]{32}$"});
    let attributes = json!({
        "description": "Attributes that rules ask for.", "type": "object",
        "additionalProperties": {"type": "string"},
    });
    json!({
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
    })
}

/// About what leaves a file.
fn splitting() -> Value {
    let text = json!({"type": "string", "minLength": 1});
    let id = json!({"type": "string", "pattern": "^[0-9a-f]{32}$"});
    let body = |required: &[&str], properties: Value| {
        let mut body = json!({"type": "object", "additionalProperties": false, "required": required});
        body["properties"] = properties;
        body
    };
    let records = |max: usize| json!({"type": "array", "minItems": 1, "maxItems": max, "items": id});
    json!({
        "FileSplitting": body(&["records", "reason"], json!({"records": records(ENTERED_MAX), "reason": text})),
        "FileShortening": body(&["reason"], json!({"reason": text})),
        "FileRefiling": body(&["to", "records", "reason"], json!({
            "to": {"description": "The open file that they go into.", "type": "string", "pattern": "^[0-9a-f]{32}$"},
            "records": records(REFILED_MAX), "reason": text,
        })),
    })
}

/// About records.
fn records() -> Value {
    let text = json!({"type": "string", "minLength": 1});
    let text_or_none = json!({"type": ["string", "null"]});
    let base64 = base64();
    json!({
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
    })
}

/// About receipts.
fn receipts() -> Value {
    let (base64, material) = (base64(), material());
    json!({
        "ReceiptSigning": {
            "description": "The signature of a records officer over exactly the bytes of the receipt or notice.",
            "type": "object",
            "additionalProperties": false,
            "required": ["cms"],
            "properties": {"cms": base64, "material": material},
        },
    })
}

/// About plans of destruction.
fn disposal() -> Value {
    let text = json!({"type": "string", "minLength": 1});
    let id = json!({"type": "string", "pattern": "^[0-9a-f]{32}$"});
    let (base64, material) = (base64(), material());
    json!({
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
    })
}

/// About transfers, of who hands over and of who receives.
fn transfers() -> Value {
    let text = json!({"type": "string", "minLength": 1});
    let id = json!({"type": "string", "pattern": "^[0-9a-f]{32}$"});
    let (base64, material) = (base64(), material());
    let signatures = json!({"type": "array", "maxItems": 16, "items": base64});
    let body = |required: &[&str], properties: Value| {
        let mut body = json!({"type": "object", "additionalProperties": false, "required": required});
        body["properties"] = properties;
        body
    };
    let or_job = json!([{"$ref": "#/components/schemas/TransferAnswer"}, {"$ref": "#/components/schemas/Job"}]);
    json!({
        "TransferSelecting": body(&["to", "reason", "basis", "files"], json!({
            "to": {"description": "Name of the other archive.", "type": "string", "minLength": 1},
            "reason": {"enum": Reason::ALL.iter().map(|reason| reason.as_str()).collect::<Vec<_>>()},
            "basis": {"description": "The order or agreement by which they go.", "type": "string", "minLength": 1},
            "files": {"type": "array", "minItems": 1, "maxItems": FILES_MAX, "items": id},
        })),
        "TransferPacking": body(&[], json!({
            "form": {"description": "bag when not given.", "enum": ["bag", "eark", "plain", null]},
        })),
        "TransferSigning": body(&["signatures"], json!({"signatures": signatures, "material": material})),
        "TransferTaking": body(&["answer"], json!({
            "answer": {"description": "`schema/transfer-answer/1`, the bytes that the other archive gave.",
                       "type": "string", "contentEncoding": "base64"},
            "material": material,
        })),
        "TransferCancelling": body(&["reason"], json!({"reason": text})),
        "TransferAnswerOrJob": {"oneOf": or_job},
        "AccessionSigning": body(&["reply_signatures", "act_signatures"], json!({
            "reply_signatures": signatures, "act_signatures": signatures, "material": material,
        })),
    })
}

/// About nomenclatures and lists of periods.
fn adoption() -> Value {
    let text = json!({"type": "string", "minLength": 1});
    let (base64, material) = (base64(), material());
    json!({
        "NomenclatureAdopting": {
            "description": "A nomenclature: `schema/nomenclature/1`, TOML.",
            "type": "object",
            "additionalProperties": false,
            "required": ["content"],
            "properties": {"content": base64},
        },
        "RulesAdopting": {
            "description": "A list of periods (`schema/retention/1`, TOML), the act about it, and signatures over it.",
            "type": "object",
            "additionalProperties": false,
            "required": ["list", "document", "signatures"],
            "properties": {
                "list": base64, "document": base64,
                "signatures": {"type": "array", "maxItems": 16, "items": base64},
                "material": material,
            },
        },
        "RulesAct": {
            "description": "What an act about a list is to say.",
            "type": "object",
            "additionalProperties": false,
            "required": ["list", "agency", "reason"],
            "properties": {
                "list": base64, "agency": text,
                "date": {"description": "Today when not given.", "type": ["string", "null"], "format": "date"},
                "shortens": {"description": "Whether it may shorten terms.", "type": "boolean"},
                "reason": text,
            },
        },
    })
}

/// About copies on paper.
fn copies() -> Value {
    let id = json!({"type": "string", "pattern": "^[0-9a-f]{32}$"});
    let digest = json!({"type": "string", "pattern": "^[0-9a-f]{64}$"});
    let number = json!({"type": "integer", "minimum": 1});
    json!({
        "PaperCopyPreparing": {
            "type": "object",
            "additionalProperties": false,
            "required": ["recipient"],
            "properties": {
                "recipient": {"description": "Who gets it; kept with it and printed on it.",
                              "type": "string", "minLength": 1},
                "profile": {"description": "n430 when not given: it has no stamp for a negative check.",
                            "enum": ["n430", "akimat", null]},
            },
        },
        "PaperCopyPrepared": {
            "description": "The statement of a copy, and what it says. Signing `document` is the confirmation.",
            "type": "object",
            "additionalProperties": false,
            "required": [
                "status", "record_id", "number", "sheets", "result", "sha256", "rendering", "copy", "document",
            ],
            "properties": {
                "status": {"const": "prepared"}, "record_id": id, "number": number, "sheets": number,
                "result": {"enum": ["positive", "negative"]},
                "sha256": digest, "rendering": digest,
                "copy": {"description": "The statement (schema/paper-copy/1).", "type": "object"},
                "document": base64(),
            },
        },
        "PaperCopyStatement": {
            "type": "object",
            "additionalProperties": false,
            "required": ["document"],
            "properties": {"document": base64()},
        },
        "PaperCopyOrJob": {
            "oneOf": [
                {"$ref": "#/components/schemas/PaperCopy"}, {"$ref": "#/components/schemas/PaperCopyPrepared"},
                {"$ref": "#/components/schemas/Job"},
            ],
        },
    })
}

/// About tokens.
fn tokens() -> Value {
    json!({
        "TokenIssuing": {
            "description": "What a token is for, by the actions of docs/rights.md that a token of the caller opens.",
            "type": "object",
            "additionalProperties": false,
            "required": ["scopes", "until"],
            "properties": {
                "scopes": {"type": "array", "minItems": 1, "items": {"type": "string", "minLength": 1}},
                "until": {"description": "Its last day, 366 days ahead at most.", "type": "string", "format": "date"},
            },
        },
        "TokenRevoking": {
            "type": "object",
            "additionalProperties": false,
            "required": ["reason"],
            "properties": {"reason": {"type": "string", "minLength": 1}},
        },
    })
}
