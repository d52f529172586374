//! The record: its metadata file, its manifest, and the salted group commitment that the journal holds.
//!
//! The *metadata file* is canonical JSON of what the record is and of which components it consists; it is a member of
//! the group like every component. The *manifest* is the metadata with the salt and the list of stored objects, sealed
//! in the store. `docs/format.md` §5.

use super::canonical;
use super::card::Card;
use super::classifier::CodeUsed;
use super::digest::{Address, Digests, Sha256, Sha512, sha256_parts, sha512_parts};
use super::format::Identification;
use super::id::{ObjectId, RecordId};
use super::import::Imported;
use super::strict::words;
use super::submission::{
    AccessCategory, Certifier, CertifierRole, Derivation, Direction, Kind, Profile, Role, Submission,
};
use super::transferred::Transferred;
use super::validation::Validation;
use crate::error::ErrorCode;
use serde_json::{Map, Value, json};

words! {
    /// A field of the card, flattened: what search and display go by (N 430 cl. 8; `docs/format.md` §5.1).
    CardField {
        /// 1.
        DocumentType = "document_type",
        /// 2, ISO 8601.
        DocumentDate = "document_date",
        /// 3.
        RegistrationNumber = "registration_number",
        /// 4.
        NomenclatureIndex = "nomenclature_index",
        /// 5: name and version.
        Software = "software",
        /// 6: paths of the signatures, one a line.
        Signatures = "signatures",
        /// 7.
        Nature = "nature",
        /// 8.
        Title = "title",
        /// 9, of the document.
        SheetsDocument = "sheets_document",
        /// 9, of the attachments.
        SheetsAttachments = "sheets_attachments",
        /// 10.
        AddresseeBody = "addressee_body",
        /// 11.
        AddresseePost = "addressee_post",
        /// 12.
        AddresseeSurname = "addressee_surname",
        /// 13.
        ExecutorSurname = "executor_surname",
        /// 14.
        ExecutorPhone = "executor_phone",
        /// 15.
        ControlMark = "control_mark",
        /// 16.
        FilingMark = "filing_mark",
        /// 17, the number.
        LinkNumber = "link_number",
        /// 17, the date, ISO 8601.
        LinkDate = "link_date",
        /// 18.
        PaperMark = "paper_mark",
        /// Akimat regulation, section 2: the sending body.
        SenderBody = "sender_body",
        /// The same: place where the document was made.
        Place = "place",
    }
}

/// The card's fields that have a value, in the order of the regulation.
pub fn card_fields(card: &Card) -> Vec<(CardField, String)> {
    let c = card.clone();
    let fields = [
        (CardField::DocumentType, Some(c.document_type)),
        (CardField::DocumentDate, Some(c.document_date.to_string())),
        (CardField::RegistrationNumber, Some(c.registration_number)),
        (CardField::NomenclatureIndex, Some(c.nomenclature_index)),
        (CardField::Software, Some(format!("{} {}", c.software.name, c.software.version))),
        (CardField::Signatures, (!c.signatures.is_empty()).then(|| c.signatures.join("\n"))),
        (CardField::Nature, c.nature),
        (CardField::Title, c.title),
        (CardField::SheetsDocument, c.sheets.map(|s| s.document.to_string())),
        (CardField::SheetsAttachments, c.sheets.map(|s| s.attachments.to_string())),
        (CardField::AddresseeBody, c.addressee_body),
        (CardField::AddresseePost, c.addressee_post),
        (CardField::AddresseeSurname, c.addressee_surname),
        (CardField::ExecutorSurname, c.executor_surname),
        (CardField::ExecutorPhone, c.executor_phone),
        (CardField::ControlMark, c.control_mark),
        (CardField::FilingMark, c.filing_mark),
        (CardField::LinkNumber, c.link.as_ref().map(|l| l.number.clone())),
        (CardField::LinkDate, c.link.as_ref().map(|l| l.date.to_string())),
        (CardField::PaperMark, c.paper_mark.map(|mark| mark.as_str().to_owned())),
        (CardField::SenderBody, c.sender_body),
        (CardField::Place, c.place),
    ];
    fields.into_iter().filter_map(|(field, value)| value.map(|v| (field, v))).collect()
}

/// One component as the record holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// Path inside the submission.
    pub path: String,
    /// Its part in the record.
    pub role: Role,
    /// What a signature or time-stamp covers.
    pub covers: Vec<String>,
    /// The Producer's claim of its media type.
    pub media_type: Option<String>,
    /// Length in bytes.
    pub size: u64,
    /// Digests of its bytes.
    pub digests: Digests,
    /// The stored object.
    pub object: ObjectId,
    /// BLAKE3 of the stored bytes.
    pub address: Address,
    /// What identification found at acceptance; none in a manifest of version 1.
    pub format: Option<Identification>,
    /// The content that an attached CMS carries.
    pub content: Option<InnerContent>,
    /// Where a representation comes from.
    pub derived: Option<Derivation>,
}

/// The document inside an attached CMS (RFC 5652 §5.2): no object of its own, but given out beside its envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InnerContent {
    /// The name it is given out under.
    pub path: String,
    /// Length in bytes.
    pub size: u64,
    /// Digest of its bytes.
    pub sha256: Sha256,
    /// What identification found.
    pub format: Identification,
}

impl Component {
    /// What is said of the component in the metadata file.
    pub(super) fn value(&self) -> Value {
        let mut map = Map::new();
        map.insert("path".into(), self.path.clone().into());
        map.insert("role".into(), self.role.as_str().into());
        map.insert("size".into(), self.size.into());
        map.insert("sha256".into(), self.digests.sha256.to_string().into());
        map.insert("sha512".into(), self.digests.sha512.to_string().into());
        if !self.covers.is_empty() {
            map.insert("covers".into(), self.covers.clone().into());
        }
        if let Some(media_type) = &self.media_type {
            map.insert("media_type".into(), media_type.clone().into());
        }
        if let Some(format) = &self.format {
            map.insert("format".into(), format.value());
        }
        if let Some(content) = &self.content {
            let value = json!({
                "format": content.format.value(), "path": content.path, "sha256": content.sha256.to_string(),
                "size": content.size,
            });
            map.insert("content".into(), value);
        }
        if let Some(derived) = &self.derived {
            map.insert("source".into(), derived.source.clone().into());
            map.insert("tool".into(), derived.tool.clone().into());
        }
        Value::Object(map)
    }

    /// Where it is stored.
    pub(super) fn object_value(&self) -> Value {
        json!({"address": self.address.to_string(), "object": self.object.to_string()})
    }

    pub(super) fn of_values(described: &Value, stored: &Value) -> Option<Self> {
        let content = |c: &Value| {
            Some(InnerContent {
                path: text(c, "path")?.to_owned(),
                size: c.get("size")?.as_u64()?,
                sha256: text(c, "sha256")?.parse().ok()?,
                format: Identification::of_value(c.get("format")?)?,
            })
        };
        let derived = match (text(described, "source"), text(described, "tool")) {
            (Some(source), Some(tool)) => Some(Derivation { source: source.to_owned(), tool: tool.to_owned() }),
            _ => None,
        };
        Some(Self {
            path: text(described, "path")?.to_owned(),
            role: Role::parse(text(described, "role")?)?,
            covers: match described.get("covers") {
                None => Vec::new(),
                Some(v) => v.as_array()?.iter().map(|p| p.as_str().map(str::to_owned)).collect::<Option<_>>()?,
            },
            media_type: text(described, "media_type").map(str::to_owned),
            size: described.get("size")?.as_u64()?,
            digests: Digests {
                sha256: text(described, "sha256")?.parse().ok()?,
                sha512: text(described, "sha512")?.parse().ok()?,
            },
            object: text(stored, "object")?.parse().ok()?,
            address: text(stored, "address")?.parse().ok()?,
            format: described.get("format").map(|f| Identification::of_value(f).ok_or(())).transpose().ok()?,
            content: described.get("content").map(|c| content(c).ok_or(())).transpose().ok()?,
            derived,
        })
    }
}

pub(super) fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key)?.as_str()
}

/// The components of a manifest or amendment, from what is said of them and where they are stored.
pub(super) fn components_of(described: &Value, objects: &Value) -> Option<Vec<Component>> {
    let (described, objects) = (described.as_array()?, objects.as_array()?);
    if described.len() != objects.len() {
        return None;
    }
    described.iter().zip(objects).map(|(d, o)| Component::of_values(d, o)).collect()
}

/// The card's fields as an object.
pub(super) fn card_value(card: &[(CardField, String)]) -> Value {
    card.iter()
        .map(|(field, value)| (field.as_str().to_owned(), Value::from(value.clone())))
        .collect::<Map<_, _>>()
        .into()
}

pub(super) fn card_of(value: &Value) -> Option<Vec<(CardField, String)>> {
    let card = value.as_object()?;
    let field = |field: &CardField| Some((*field, card.get(field.as_str())?.as_str()?.to_owned()));
    Some(CardField::ALL.iter().filter_map(field).collect())
}

fn code_value(c: &CodeUsed) -> Value {
    json!({"classifier": c.classifier, "code": c.code, "edition": c.edition, "field": c.field})
}

/// Something that made intake look twice, and that stays with the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flag {
    /// What.
    pub code: ErrorCode,
    /// The field or file name it is about.
    pub subject: String,
}

pub(super) fn flags_value(flags: &[Flag]) -> Value {
    flags.iter().map(|f| json!({"code": f.code.as_str(), "subject": f.subject})).collect()
}

pub(super) fn flags_of(value: Option<&Value>) -> Option<Vec<Flag>> {
    let flag = |f: &Value| {
        let code = ErrorCode::parse(text(f, "code")?)?;
        Some(Flag { code, subject: text(f, "subject")?.to_owned() })
    };
    value.map_or(Some(Vec::new()), |list| list.as_array()?.iter().map(flag).collect())
}

/// What a record is and holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// The record.
    pub record: RecordId,
    /// The rules it was taken in by.
    pub profile: Profile,
    /// Code of the agency.
    pub agency: String,
    /// Whether it is an original or the copy of a paper document.
    pub kind: Kind,
    /// Who certified the copy.
    pub certified_by: Option<Certifier>,
    /// Codes of classifiers, with the edition of the day.
    pub codes: Vec<CodeUsed>,
    /// Which way the document went.
    pub direction: Direction,
    /// Index in the nomenclature.
    pub nomenclature_index: String,
    /// The file (іс), if known.
    pub file: Option<String>,
    /// Who may see it.
    pub access_category: AccessCategory,
    /// The card's fields.
    pub card: Vec<(CardField, String)>,
    /// The components, in the order of the submission.
    pub components: Vec<Component>,
    /// Flags that are not about the format of one component.
    pub flags: Vec<Flag>,
    /// Name, version and PRONOM edition of what identified the formats; none in a manifest of version 1.
    pub identifier: Option<String>,
    /// What the validation of the signatures found at receipt; none in a manifest of version 1 or 2.
    pub validation: Option<Validation>,
    /// Where a record of an imported holding came from; never without `validation`.
    pub imported: Option<Imported>,
    /// Where a record that another archive handed over came from; never without `validation`.
    pub transferred: Option<Transferred>,
    /// The record's secret salt.
    pub salt: [u8; 32],
}

/// A manifest that does not have its form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("manifest: {0}")]
pub struct ManifestError(pub String);

/// The canonical form also bounds the numbers, so that encoding what was read cannot fail.
pub(super) fn check_canonical(value: &Value, bytes: &[u8]) -> Result<(), ManifestError> {
    match canonical::to_vec(value) {
        Ok(canonical) if canonical == bytes => Ok(()),
        Ok(_) => Err(ManifestError("not in canonical form".into())),
        Err(e) => Err(ManifestError(e.to_string())),
    }
}

/// The salt file, a member of every group: 16 bytes of text and 32 random bytes.
pub fn salt_file(salt: &[u8; 32]) -> Vec<u8> {
    [b"evidence-salt/1\n".as_slice(), salt].concat()
}

/// The salt of a manifest or amendment.
pub(super) fn salt_of(value: &Value) -> Option<[u8; 32]> {
    let mut salt = [0; 32];
    hex::decode_to_slice(text(value, "salt")?, &mut salt).ok()?;
    Some(salt)
}

/// A member of a group: a component, the metadata file or the salt file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its path; [`METADATA_MEMBER`] and [`SALT_MEMBER`] for the two that are no components.
    pub path: String,
    /// SHA-256 of its bytes.
    pub sha256: Sha256,
    /// SHA-512 of its bytes.
    pub sha512: Sha512,
}

/// The metadata file among the members of a group. No component has a path that ends so.
pub const METADATA_MEMBER: &str = "metadata/";
/// The salt file among them.
pub const SALT_MEMBER: &str = "salt/";

/// The members of a group.
pub(super) fn members(components: &[Component], metadata: &[u8], salt: &[u8; 32]) -> Vec<Member> {
    let component = |c: &Component| Member { path: c.path.clone(), sha256: c.digests.sha256, sha512: c.digests.sha512 };
    let file = |path: &str, bytes: &[u8]| Member {
        path: path.to_owned(),
        sha256: sha256_parts(&[bytes]),
        sha512: sha512_parts(&[bytes]),
    };
    let files = [file(METADATA_MEMBER, metadata), file(SALT_MEMBER, &salt_file(salt))];
    components.iter().map(component).chain(files).collect()
}

/// The salted group commitment: the digest over the members' digests in ascending binary order (RFC 4998 §4.2).
///
/// Members are every component, the metadata file and the salt file. It hides its members while the salt is secret,
/// and it is at the same time the leaf of an evidence record.
pub(super) fn group(components: &[Component], metadata: &[u8], salt: &[u8; 32]) -> (Sha256, Sha512) {
    let members = members(components, metadata, salt);
    let mut h256: Vec<Sha256> = members.iter().map(|member| member.sha256).collect();
    let mut h512: Vec<Sha512> = members.iter().map(|member| member.sha512).collect();
    h256.sort_unstable();
    h512.sort_unstable();
    let g256 = sha256_parts(&h256.iter().map(|h| h.0.as_slice()).collect::<Vec<_>>());
    let g512 = sha512_parts(&h512.iter().map(|h| h.0.as_slice()).collect::<Vec<_>>());
    (g256, g512)
}

impl Manifest {
    /// A manifest of what `submission` describes, without components yet.
    pub fn new(
        record: RecordId,
        submission: &Submission,
        card: &Card,
        codes: Vec<CodeUsed>,
        identifier: String,
    ) -> Self {
        Self {
            record,
            profile: submission.profile,
            kind: submission.kind,
            certified_by: submission.certified_by.clone(),
            codes,
            agency: submission.agency.clone(),
            direction: submission.direction,
            nomenclature_index: submission.nomenclature_index.clone(),
            file: submission.file.clone(),
            access_category: submission.access_category,
            card: card_fields(card),
            components: Vec::with_capacity(submission.components.len()),
            flags: Vec::new(),
            identifier: Some(identifier),
            validation: None,
            imported: None,
            transferred: None,
            salt: crate::random::bytes(),
        }
    }

    /// The metadata file.
    pub fn metadata(&self) -> Vec<u8> {
        canonical::to_vec(&self.metadata_value()).expect("metadata holds strings and sizes")
    }

    fn metadata_value(&self) -> Value {
        let mut map = Map::new();
        map.insert("schema".into(), format!("muragat/record/{}", self.version()).into());
        map.insert("record_id".into(), self.record.to_string().into());
        map.insert("profile".into(), self.profile.as_str().into());
        map.insert("agency".into(), self.agency.clone().into());
        map.insert("direction".into(), self.direction.as_str().into());
        map.insert("nomenclature_index".into(), self.nomenclature_index.clone().into());
        map.insert("access_category".into(), self.access_category.as_str().into());
        if let Some(file) = &self.file {
            map.insert("file".into(), file.clone().into());
        }
        if let Some(identifier) = &self.identifier {
            map.insert("identifier".into(), identifier.clone().into());
            map.insert("kind".into(), self.kind.as_str().into());
        }
        if let Some(c) = &self.certified_by {
            let mut certifier = json!({"role": c.role.as_str(), "surname": c.surname});
            if let Some(post) = &c.post {
                certifier["post"] = post.clone().into();
            }
            map.insert("certified_by".into(), certifier);
        }
        if !self.codes.is_empty() {
            map.insert("codes".into(), self.codes.iter().map(code_value).collect());
        }
        if !self.flags.is_empty() {
            map.insert("flags".into(), flags_value(&self.flags));
        }
        if let Some(validation) = &self.validation {
            map.insert("validation".into(), validation.value());
            if let Some(imported) = &self.imported {
                map.insert("imported".into(), imported.value());
            }
            if let Some(transferred) = &self.transferred {
                map.insert("transferred".into(), transferred.value());
            }
        }
        map.insert("card".into(), card_value(&self.card));
        map.insert("components".into(), self.components.iter().map(Component::value).collect());
        Value::Object(map)
    }

    /// Version of the manifest: 2 since formats are identified, 3 since signatures are validated.
    fn version(&self) -> u8 {
        match (&self.identifier, &self.validation) {
            (None, _) => 1,
            (Some(_), None) => 2,
            (Some(_), Some(_)) => 3,
        }
    }

    /// The manifest's bytes, as sealed in the store.
    pub fn encode(&self) -> Vec<u8> {
        canonical::to_vec(&self.value()).expect("a manifest holds strings and sizes")
    }

    fn value(&self) -> Value {
        json!({
            "objects": self.components.iter().map(Component::object_value).collect::<Vec<_>>(),
            "record": self.metadata_value(),
            "salt": hex::encode(self.salt),
            "v": self.version(),
        })
    }

    /// Reads a manifest.
    pub fn decode(bytes: &[u8]) -> Result<Self, ManifestError> {
        let value: Value = serde_json::from_slice(bytes).map_err(|e| ManifestError(e.to_string()))?;
        check_canonical(&value, bytes)?;
        let manifest = Self::of_value(&value).ok_or_else(|| ManifestError("a field is missing or malformed".into()))?;
        // Anything that this program would not write again is not believed.
        if manifest.value() == value { Ok(manifest) } else { Err(ManifestError("has unknown fields".into())) }
    }

    fn of_value(value: &Value) -> Option<Self> {
        let record = value.get("record")?;
        let certifier = |c: &Value| {
            Some(Certifier {
                role: CertifierRole::parse(text(c, "role")?)?,
                post: text(c, "post").map(str::to_owned),
                surname: text(c, "surname")?.to_owned(),
            })
        };
        let code = |c: &Value| {
            Some(CodeUsed {
                field: text(c, "field")?.to_owned(),
                code: text(c, "code")?.to_owned(),
                classifier: text(c, "classifier")?.to_owned(),
                edition: text(c, "edition")?.to_owned(),
            })
        };
        Some(Self {
            record: text(record, "record_id")?.parse().ok()?,
            profile: Profile::parse(text(record, "profile")?)?,
            // Version 1 knew electronic originals only.
            kind: match text(record, "kind") {
                None => Kind::ElectronicOriginal,
                Some(kind) => Kind::parse(kind)?,
            },
            certified_by: match record.get("certified_by") {
                None => None,
                Some(c) => Some(certifier(c)?),
            },
            codes: match record.get("codes") {
                None => Vec::new(),
                Some(list) => list.as_array()?.iter().map(code).collect::<Option<_>>()?,
            },
            agency: text(record, "agency")?.to_owned(),
            direction: Direction::parse(text(record, "direction")?)?,
            nomenclature_index: text(record, "nomenclature_index")?.to_owned(),
            file: text(record, "file").map(str::to_owned),
            access_category: AccessCategory::parse(text(record, "access_category")?)?,
            card: card_of(record.get("card")?)?,
            components: components_of(record.get("components")?, value.get("objects")?)?,
            flags: flags_of(record.get("flags"))?,
            identifier: text(record, "identifier").map(str::to_owned),
            validation: match record.get("validation") {
                None => None,
                Some(v) => Some(Validation::of_value(v)?),
            },
            imported: match record.get("imported") {
                None => None,
                Some(i) => Some(Imported::of_value(i)?),
            },
            transferred: match record.get("transferred") {
                None => None,
                Some(t) => Some(Transferred::of_value(t)?),
            },
            salt: salt_of(value)?,
        })
    }

    /// The salted group commitment.
    pub fn group(&self) -> (Sha256, Sha512) {
        group(&self.components, &self.metadata(), &self.salt)
    }

    /// What the commitment is over.
    pub fn members(&self) -> Vec<Member> {
        members(&self.components, &self.metadata(), &self.salt)
    }

    /// The salt file.
    pub fn salt_file(&self) -> Vec<u8> {
        salt_file(&self.salt)
    }

    /// One field of the card.
    pub fn card_field(&self, wanted: CardField) -> Option<&str> {
        self.card.iter().find(|(field, _)| *field == wanted).map(|(_, value)| value.as_str())
    }

    /// Whether it was taken in with doubts that a submission is refused for: it came from another system or archive.
    pub fn keeps_doubts(&self) -> bool {
        self.imported.is_some() || self.transferred.is_some()
    }

    /// Bytes of all components.
    pub fn size(&self) -> u64 {
        self.components.iter().map(|c| c.size).sum()
    }
}

/// An act document: what a person wrote or what names a person, sealed under its owner's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActDocument {
    /// The document's fields; `kind` says which act it belongs to.
    pub fields: Map<String, Value>,
    salt: [u8; 32],
}

impl ActDocument {
    /// A document with a new salt.
    pub fn new(fields: Map<String, Value>) -> Self {
        Self { fields, salt: crate::random::bytes() }
    }

    /// Its bytes; SHA-256 of them is the commitment in the log, hiding because of the salt.
    pub fn encode(&self) -> Vec<u8> {
        let mut map = self.fields.clone();
        map.insert("salt".into(), hex::encode(self.salt).into());
        map.insert("v".into(), 1.into());
        canonical::to_vec(&Value::Object(map)).expect("act documents hold strings and small integers")
    }

    /// Reads an act document.
    pub fn decode(bytes: &[u8]) -> Result<Self, ManifestError> {
        let value: Value = serde_json::from_slice(bytes).map_err(|e| ManifestError(e.to_string()))?;
        check_canonical(&value, bytes)?;
        let Value::Object(mut fields) = value else { return Err(ManifestError("not an object".into())) };
        let mut salt = [0; 32];
        let text = fields.remove("salt");
        let decoded = text.as_ref().and_then(Value::as_str).map(|s| hex::decode_to_slice(s, &mut salt));
        if decoded != Some(Ok(())) || fields.remove("v") != Some(1.into()) {
            return Err(ManifestError("no salt, or a version this program does not know".into()));
        }
        Ok(Self { fields, salt })
    }

    /// A text field.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.fields.get(key)?.as_str()
    }

    /// Lists the files that come with the act, as [`Self::files`] reads them.
    pub fn set_files(&mut self, files: &[ActFile]) {
        let file = |f: &ActFile| {
            json!({"address": f.address.to_string(), "name": f.name, "object": f.object.to_string(),
                "sha256": f.sha256.to_string(), "size": f.size})
        };
        self.fields.insert("files".into(), files.iter().map(file).collect());
    }

    /// The files that came with the act. One that is not listed as it must be is none.
    pub fn files(&self) -> Vec<ActFile> {
        let file = |f: &Value| {
            Some(ActFile {
                name: text(f, "name")?.to_owned(),
                size: f.get("size")?.as_u64()?,
                sha256: text(f, "sha256")?.parse().ok()?,
                object: text(f, "object")?.parse().ok()?,
                address: text(f, "address")?.parse().ok()?,
            })
        };
        self.fields.get("files").and_then(Value::as_array).into_iter().flatten().filter_map(file).collect()
    }
}

/// A file that came with an act: an object of its own under the same key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActFile {
    /// Its name.
    pub name: String,
    /// Length in bytes.
    pub size: u64,
    /// Digest of its bytes.
    pub sha256: Sha256,
    /// The stored object.
    pub object: ObjectId,
    /// BLAKE3 of the stored bytes.
    pub address: Address,
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::model::digest::{DigestWriter, sha256};

    /// A small made-up manifest.
    pub(crate) fn sample() -> Manifest {
        let digests = |b: &[u8]| {
            let mut w = DigestWriter::default();
            w.update(b);
            w.finish()
        };
        Manifest {
            record: RecordId([1; 16]),
            profile: Profile::N430,
            kind: Kind::ElectronicOriginal,
            certified_by: None,
            codes: vec![],
            agency: "DEMO-01".into(),
            direction: Direction::Incoming,
            nomenclature_index: "01-02".into(),
            file: None,
            access_category: AccessCategory::Public,
            card: vec![
                (CardField::DocumentType, "Бұйрық".into()),
                (CardField::DocumentDate, "2026-01-05".into()),
                (CardField::RegistrationNumber, "15-қ".into()),
                (CardField::Title, "Үлгі құжат".into()),
            ],
            components: vec![Component {
                path: "main.docx".into(),
                role: Role::Main,
                covers: vec![],
                media_type: None,
                size: 3,
                digests: digests(b"abc"),
                object: ObjectId([2; 24]),
                address: Address([3; 32]),
                format: None,
                content: None,
                derived: None,
            }],
            flags: vec![],
            identifier: None,
            validation: None,
            imported: None,
            transferred: None,
            salt: [4; 32],
        }
    }

    #[test]
    fn a_manifest_decodes_to_itself_only() {
        let manifest = sample();
        let bytes = manifest.encode();
        assert_eq!(Manifest::decode(&bytes).unwrap(), manifest);
        let text = String::from_utf8(bytes).unwrap();
        assert!(Manifest::decode(text.replace("\"v\":1", "\"v\":2").as_bytes()).is_err());
        assert!(Manifest::decode(text.replace("\"role\":\"main\"", "\"role\":\"mein\"").as_bytes()).is_err());
        assert!(Manifest::decode(format!(" {text}").as_bytes()).is_err());
        assert!(Manifest::decode(text.replace("\"size\":3", "\"size\":9007199254740992").as_bytes()).is_err());
    }

    #[test]
    fn the_group_is_what_sort_and_sha256sum_make() {
        let manifest = sample();
        let mut members = [
            sha256(b"abc").0,
            sha256(&manifest.metadata()).0,
            sha256(&[b"evidence-salt/1\n".as_slice(), &[4; 32]].concat()).0,
        ];
        members.sort();
        assert_eq!(manifest.group().0, sha256(&members.concat()));
        let mut other = manifest.clone();
        other.salt = [5; 32];
        assert_ne!(other.group(), manifest.group(), "the salt hides the members");
    }

    #[test]
    fn act_documents_decode_to_themselves() {
        let document = ActDocument::new(json!({"kind": "account.added", "name": "кеңсе"}).as_object().unwrap().clone());
        assert_eq!(ActDocument::decode(&document.encode()).unwrap(), document);
        let text = String::from_utf8(document.encode()).unwrap();
        assert!(ActDocument::decode(text.replace("\"v\":1", "\"v\":1.0").as_bytes()).is_err());
        assert!(ActDocument::decode(text.replace("\"account.added\"", "null").as_bytes()).is_err());
        assert_ne!(ActDocument::new(document.fields.clone()).encode(), document.encode(), "each has its own salt");
    }
}
