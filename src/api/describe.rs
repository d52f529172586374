//! The description of the service (OpenAPI 3.1), made from the code of its handlers.
//!
//! The documents of answers are those of the command line: their schemas are taken from `schema/cli/1` as they stand,
//! and what every path answers when it is not done is added to all. A test compares the description with the file that
//! is committed, `schema/api/1/openapi.json`.

use super::page::LIMIT;
use super::{bodies, documents};
use crate::limits::PAGE_ROWS_MAX;
use serde_json::{Map, Value, json};
use utoipa::openapi::{OpenApi, Ref, RefOr, Schema};

/// Documents of answers, with the schemas of the command line; each is also there as a page of a list.
const DOCUMENTS: &[(&str, &str)] = &[
    ("Record", include_str!("../../schema/cli/1/show.schema.json")),
    ("RecordRow", include_str!("../../schema/cli/1/search-row.schema.json")),
    ("RecordAnswer", include_str!("../../schema/cli/1/record-answer.schema.json")),
    ("FoundRecord", include_str!("../../schema/cli/1/search-text-row.schema.json")),
    ("SubmissionAnswer", include_str!("../../schema/cli/1/ingest-answer.schema.json")),
    ("FileRow", include_str!("../../schema/cli/1/file-row.schema.json")),
    ("HandedOver", include_str!("../../schema/cli/1/handed-over.schema.json")),
    ("DestroyedFile", include_str!("../../schema/cli/1/destroyed-row.schema.json")),
    ("FileRecord", include_str!("../../schema/cli/1/file-record.schema.json")),
    ("FileFilled", include_str!("../../schema/cli/1/file-added.schema.json")),
    ("Why", include_str!("../../schema/cli/1/why.schema.json")),
    ("DueRow", include_str!("../../schema/cli/1/due-row.schema.json")),
    ("RulesRow", include_str!("../../schema/cli/1/rules-row.schema.json")),
    ("RulesAnswer", include_str!("../../schema/cli/1/rules-answer.schema.json")),
    ("NomenclatureAnswer", include_str!("../../schema/cli/1/nomenclature-answer.schema.json")),
    ("NomenclatureRow", include_str!("../../schema/cli/1/nomenclature-row.schema.json")),
    ("Hold", include_str!("../../schema/cli/1/hold-row.schema.json")),
    ("HoldAnswer", include_str!("../../schema/cli/1/hold-answer.schema.json")),
    ("ReceiptRow", include_str!("../../schema/cli/1/receipt-row.schema.json")),
    ("Receipt", include_str!("../../schema/cli/1/receipt-show.schema.json")),
    ("ReceiptAnswer", include_str!("../../schema/cli/1/receipt-answer.schema.json")),
    ("InquiryRow", include_str!("../../schema/cli/1/inquiry-row.schema.json")),
    ("Inquiry", include_str!("../../schema/cli/1/inquiry-show.schema.json")),
    ("FormPrint", include_str!("../../schema/cli/1/form-print.schema.json")),
    ("PaperCopy", include_str!("../../schema/cli/1/copy-row.schema.json")),
    ("PaperCopyAnswer", include_str!("../../schema/cli/1/paper-copy.schema.json")),
    ("DisposalAnswer", include_str!("../../schema/cli/1/disposal-answer.schema.json")),
    ("DisposalExecuted", include_str!("../../schema/cli/1/disposal-execute.schema.json")),
    ("InquiryAct", include_str!("../../schema/cli/1/inquiry-answer.schema.json")),
    ("InquirySearch", include_str!("../../schema/cli/1/inquiry-search.schema.json")),
    ("InquiryGiven", include_str!("../../schema/cli/1/inquiry-given.schema.json")),
    ("InquiryBundle", include_str!("../../schema/cli/1/inquiry-bundle.schema.json")),
    ("DisposalPlan", include_str!("../../schema/cli/1/disposal-plan.schema.json")),
    ("Accession", include_str!("../../schema/cli/1/accession-row.schema.json")),
    ("AccessionAnswer", include_str!("../../schema/cli/1/accession-answer.schema.json")),
    ("Transfer", include_str!("../../schema/cli/1/transfer-row.schema.json")),
    ("TransferAnswer", include_str!("../../schema/cli/1/transfer-answer.schema.json")),
    ("Party", include_str!("../../schema/cli/1/party-row.schema.json")),
    ("Token", include_str!("../../schema/cli/1/token-row.schema.json")),
];

/// Declares names of documents for the descriptions of handlers; their schemas are put in by [`describe`].
macro_rules! named {
    ($($name:ident)*) => {$(
        pub(crate) struct $name;
        impl utoipa::PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                RefOr::Ref(Ref::from_schema_name(stringify!($name)))
            }
        }
        impl utoipa::ToSchema for $name {}
    )*};
}

named! { Record RecordPage SearchPage Job Health Me Taken TakenOrJob }
named! { FileRow FilePage FileRecordPage Why DueRowPage RulesRowPage NomenclatureRowPage Nomenclature }
named! { Hold HoldPage HoldAnswer HoldPlacing HoldLifting TrailEntryPage ReceiptRowPage ReceiptWhole }
named! { InquiryRowPage Inquiry FormPrint DisposalPlanPage DisposalPlan }
named! { ReceiptAnswer ReceiptSigning }
named! { DisposalAnswer DisposalExecutedOrJob DisposalDrawing DisposalStatement DisposalCancelling SignedStatement }
named! { FileOpening FileFilling FileFilled FileClosing FileReopening FileReclassifying FileEvent }
named! { FileSplitting FileShortening FileRefiling }
named! { RecordAnswer ComponentAdding CardCorrecting }
named! { NomenclatureAdopting NomenclatureAnswer RulesAct RulesAdopting RulesAnswer }
named! { InquiryAct InquirySearch InquiryGiven InquiryBundle InquiryBundleOrJob }
named! { InquiryOpening InquiryQuery InquiryTargets InquirySigning InquiryClosing InquiryBundling }
named! { LoginNonceText LoginSignature LoginPassword Entered SessionPage }
named! { Token TokenPage TokenIssuing TokenRevoking }
named! { PaperCopy PaperCopyPage PaperCopyAnswer PaperCopyOrJob }
named! { Accession AccessionPage AccessionRecordPage AccessionAnswer AccessionSigning AccessionOrJob }
named! { Transfer TransferPage TransferAnswer TransferAnswerOrJob Party PartyPage }
named! { TransferSelecting TransferPacking TransferSigning TransferTaking TransferCancelling }
named! { PaperCopyPreparing PaperCopyPrepared PaperCopyStatement }
#[cfg(feature = "oidc")]
named! { LogoutToken }

/// A document that only the service has.
fn own() -> Map<String, Value> {
    let text = json!({"type": "string"});
    let id = json!({"type": "string", "pattern": "^[0-9a-f]{32}$"});
    let own = json!({
        "Problem": {
            "description": "Problem details (RFC 9457). `code` is stable; docs/errors.md says what it means.",
            "type": "object",
            "required": ["type", "code", "status", "title", "request_id"],
            "properties": {
                "type": {"type": "string", "pattern": "^urn:muragat:error:[A-Z]{3}-[0-9]{3}$"},
                "code": {"type": "string", "pattern": "^[A-Z]{3}-[0-9]{3}$"},
                "status": {"type": "integer", "minimum": 400, "maximum": 599},
                "title": text, "detail": text, "subject": text, "technical": text, "request_id": text,
            },
        },
        "Job": {
            "description": "Something that takes longer than an answer may. It is remembered while the service runs.",
            "type": "object",
            "additionalProperties": false,
            "required": ["job_id", "kind", "state", "begun", "done", "all", "result"],
            "properties": {
                "job_id": id, "kind": text, "begun": {"type": "string", "format": "date-time"},
                "state": {"enum": ["running", "done", "refused", "failed"]},
                "done": {"type": "integer", "minimum": 0}, "all": {"type": "integer", "minimum": 0},
                "result": {"description": "The document of what was done; null while it runs."},
            },
        },
        "Taken": {
            "description": "What became of a submission, and the files that the sender gets.",
            "type": "object",
            "additionalProperties": false,
            "required": ["answer", "files"],
            "properties": {
                "answer": {"$ref": "#/components/schemas/SubmissionAnswer"},
                "files": {"type": "array", "items": {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["name", "base64"],
                    "properties": {"name": text, "base64": {"type": "string", "contentEncoding": "base64"}},
                }},
            },
        },
        "AccessionOrJob": {
            "oneOf": [{"$ref": "#/components/schemas/Accession"}, {"$ref": "#/components/schemas/Job"}],
        },
        "TakenOrJob": {
            "oneOf": [{"$ref": "#/components/schemas/Taken"}, {"$ref": "#/components/schemas/Job"}],
        },
        "SearchPage": {
            "type": "object",
            "additionalProperties": false,
            "required": ["items", "next", "total", "all_words", "lag", "counts"],
            "properties": {
                "items": {"type": "array", "items": {"$ref": "#/components/schemas/FoundRecord"}},
                "next": {"type": ["string", "null"]},
                "total": {"description": "Records found.", "type": "integer", "minimum": 0},
                "all_words": {"description": "Of them, those with all words.", "type": "integer", "minimum": 0},
                "lag": {"description": "Entries whose words come later.", "type": "integer", "minimum": 0},
                "counts": {
                    "type": "object",
                    "required": ["agency", "access", "kind", "direction", "year"],
                    "additionalProperties": {"type": "object", "additionalProperties": {"type": "integer"}},
                },
            },
        },
        "LoginNonceText": {
            "description": "What is to be signed to sign in: exactly these bytes, once, within five minutes.",
            "type": "object",
            "additionalProperties": false,
            "required": ["id", "text"],
            "properties": {"id": text, "text": text},
        },
        "LoginSignature": {
            "type": "object",
            "additionalProperties": false,
            "required": ["id", "cms"],
            "properties": {"id": text, "cms": {"type": "string", "contentEncoding": "base64"}},
        },
        "LoginPassword": {
            "type": "object",
            "additionalProperties": false,
            "required": ["account", "password"],
            "properties": {"account": text, "password": text},
        },
        "Entered": {
            "description": "A session: its cookie is set, and ends no later than `until`.",
            "type": "object",
            "additionalProperties": false,
            "required": ["account", "means", "until"],
            "properties": {"account": text, "means": text, "until": {"type": "string", "format": "date-time"}},
        },
        "Session": {
            "description": "A session of the caller. `until` is when it ends if no request comes any more.",
            "type": "object",
            "additionalProperties": false,
            "required": ["session_id", "means", "begun", "used", "until", "current"],
            "properties": {
                "session_id": id, "means": {"enum": ["signature", "password", "oidc"]},
                "begun": {"type": "string", "format": "date-time"},
                "used": {"type": "string", "format": "date-time"},
                "until": {"type": "string", "format": "date-time"},
                "current": {"description": "Whether it is the one that asks.", "type": "boolean"},
            },
        },
        "Health": {
            "type": "object",
            "additionalProperties": false,
            "required": ["status"],
            "properties": {"status": {"enum": ["ok", "ending", "away"]}},
        },
        "Me": {
            "description": "Who the archive takes the caller for.",
            "type": "object",
            "additionalProperties": false,
            "required": ["account", "actor", "means", "administrator", "roles"],
            "properties": {
                "account": text, "actor": {"type": "string", "pattern": "^[0-9a-f]{16}$"}, "means": text,
                "administrator": {"type": "boolean"},
                "roles": {"type": "array", "items": {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["role", "agency", "access", "until"],
                    "properties": {
                        "role": text, "agency": {"type": ["string", "null"]},
                        "access": {"type": "array", "items": text},
                        "until": {"type": ["string", "null"], "format": "date"},
                    },
                }},
            },
        },
    });
    own.as_object().cloned().unwrap_or_default()
}

/// The whole description.
pub(crate) fn describe(api: &OpenApi) -> Value {
    let mut value = serde_json::to_value(api).unwrap_or_default();
    let mut schemas = Map::new();
    for (name, text) in DOCUMENTS {
        let schema: Value = serde_json::from_str(text).unwrap_or_default();
        schemas.insert((*name).to_owned(), as_component(schema, name));
        schemas.insert(format!("{name}Page"), page_of(name));
    }
    let nomenclature = schemas.get("NomenclatureRow").cloned().unwrap_or_default();
    schemas.insert("Nomenclature".to_owned(), documents::nomenclature(nomenclature));
    for (name, change) in
        [("InquiryGiven", documents::given as fn(Value) -> Value), ("InquiryBundle", documents::bundle)]
    {
        let whole = change(schemas.get(name).cloned().unwrap_or_default());
        schemas.insert(name.to_owned(), whole);
    }
    for name in ["TrailEntry", "Session"] {
        schemas.insert(format!("{name}Page"), page_of(name));
    }
    schemas.extend(own());
    schemas.extend(documents::own());
    schemas.extend(bodies::own());
    #[cfg(feature = "oidc")]
    schemas.insert(
        "LogoutToken".to_owned(),
        json!({"type": "object", "required": ["logout_token"], "properties": {"logout_token": {"type": "string"}}}),
    );
    value["info"] = json!({
        "title": "Muragat", "version": "1",
        "description": "Long-term electronic archive of signed documents. Answers are the documents that the command \
                        line prints with --json. Texts come in Kazakh, Russian or English by Accept-Language.",
        "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    });
    value["components"]["schemas"] = Value::Object(schemas);
    value["components"]["securitySchemes"] = json!({
        "token": {"type": "http", "scheme": "bearer"},
        "session": {"type": "apiKey", "in": "cookie", "name": "__Host-muragat"},
        "certificate": {"type": "mutualTLS"},
    });
    value["security"] = json!([{"token": []}, {"session": []}, {"certificate": []}]);
    let problem = json!({
        "description": "Not done",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    });
    for path in value["paths"].as_object_mut().into_iter().flat_map(Map::values_mut) {
        for operation in path.as_object_mut().into_iter().flat_map(Map::values_mut) {
            // Where a document says that something was refused, a fault of the request itself is a problem all the
            // same.
            let told = operation["responses"].as_object_mut().into_iter().flatten();
            for (_, told) in told.filter(|(status, _)| status.starts_with('4')) {
                if let Some(content) = told.get_mut("content").and_then(Value::as_object_mut) {
                    content.extend(problem["content"].as_object().cloned().unwrap_or_default());
                }
            }
            for status in ["4XX", "5XX"] {
                operation["responses"][status] = problem.clone();
            }
            let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten();
            for limit in parameters.filter(|one| one["in"] == "query" && one["name"] == "limit") {
                // Said where it is held.
                limit["schema"]["minimum"] = 1.into();
                limit["schema"]["maximum"] = PAGE_ROWS_MAX.into();
                limit["schema"]["default"] = LIMIT.into();
            }
        }
    }
    value
}

/// A schema as a component: without an identity of its own, its definitions found from where it stands now.
fn as_component(mut schema: Value, name: &str) -> Value {
    if let Some(object) = schema.as_object_mut() {
        object.remove("$schema");
        object.remove("$id");
    }
    let text = schema.to_string().replace("\"#/$defs/", &format!("\"#/components/schemas/{name}/$defs/"));
    serde_json::from_str(&text).unwrap_or_default()
}

fn page_of(name: &str) -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["items", "next"],
        "properties": {
            "items": {"type": "array", "items": {"$ref": format!("#/components/schemas/{name}")}},
            "next": {"description": "`after` of the next page; null on the last.", "type": ["string", "null"]},
        },
    })
}
