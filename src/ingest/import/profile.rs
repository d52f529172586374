//! The profile of an import: what the columns of a table mean, and which doubts about a holding are kept.
//!
//! A [`Profile`] is one version of a TOML file (`schema/import/1`; docs/import.md has every key). It is read strictly,
//! every fault with its place, and what it gives to cards is judged beside it (`judge`); its digest stands in every
//! record that was taken in by it. It reads no file and no clock.
//!
//! Invariants of [`Profile`]
//!   - It has a term: an approval that nobody remembers takes nothing in.
//!   - Number and date of a document, and of its original receipt, come from the table and never from a default.

use crate::error::{ErrorCode, Refusal};
use crate::limits::{TEXT_LONG_CHARS_MAX, TEXT_SHORT_CHARS_MAX};
use crate::model::digest::{Sha256, sha256};
use crate::model::document::{document, required_date, section};
use crate::model::strict::{Faults, Fields, malformed, text_of, words};
use chrono::NaiveDate;
use serde_json::Value;
use std::collections::BTreeMap;

/// The value of a profile's `schema` field.
pub const IMPORT_SCHEMA: &str = "muragat/import/1";
/// Bytes of one profile. Own bound: some thousand coded values.
pub const PROFILE_BYTES_MAX: usize = 1024 * 1024;
/// Days from the first to the last day of use: a leap year. Own bound: an approval is for a piece of work.
pub const TERM_DAYS_MAX: i64 = 366;
/// Columns that are passed over. Own bound: a spreadsheet of an office has fewer.
const IGNORED_MAX: usize = 256;

words! {
    /// What a column of the table, or a default, gives: a field of the submission, of the card, or of the original
    /// receipt.
    Field {
        /// Of the card.
        RegistrationNumber = "registration_number",
        /// Of the card.
        DocumentDate = "document_date",
        /// Of the card.
        DocumentType = "document_type",
        /// Of the card.
        Title = "title",
        /// Of the card and of the submission.
        NomenclatureIndex = "nomenclature_index",
        /// Of the submission.
        Profile = "profile",
        /// Of the submission.
        Kind = "kind",
        /// Of the submission.
        Direction = "direction",
        /// Of the submission.
        AccessCategory = "access_category",
        /// Of the submission.
        File = "file",
        /// Of who certified a scanned copy.
        CertifierRole = "certifier_role",
        /// The same.
        CertifierPost = "certifier_post",
        /// The same.
        CertifierSurname = "certifier_surname",
        /// Of the card.
        Nature = "nature",
        /// Of the card.
        SheetsDocument = "sheets_document",
        /// Of the card.
        SheetsAttachments = "sheets_attachments",
        /// Of the card.
        AddresseeBody = "addressee_body",
        /// Of the card.
        AddresseePost = "addressee_post",
        /// Of the card.
        AddresseeSurname = "addressee_surname",
        /// Of the card.
        ExecutorSurname = "executor_surname",
        /// Of the card.
        ExecutorPhone = "executor_phone",
        /// Of the card.
        ControlMark = "control_mark",
        /// Of the card.
        FilingMark = "filing_mark",
        /// Of the card.
        LinkNumber = "link_number",
        /// Of the card.
        LinkDate = "link_date",
        /// Of the card.
        PaperMark = "paper_mark",
        /// Of the card.
        SenderBody = "sender_body",
        /// Of the card.
        Place = "place",
        /// When the old system received it.
        ReceiptDate = "receipt_date",
        /// Under which number.
        ReceiptNumber = "receipt_number",
    }
}

impl Field {
    /// Fields that a table must have as columns: what names one document is never a default.
    pub const OF_TABLE: [Field; 4] =
        [Field::RegistrationNumber, Field::DocumentDate, Field::ReceiptDate, Field::ReceiptNumber];
    /// Fields that need a column or a default: nothing is taken in without them.
    pub const ALWAYS: [Field; 5] =
        [Field::DocumentType, Field::NomenclatureIndex, Field::Profile, Field::Direction, Field::AccessCategory];

    /// Whether its value is a date, written as the profile says.
    pub fn is_date(self) -> bool {
        matches!(self, Field::DocumentDate | Field::LinkDate | Field::ReceiptDate)
    }
}

words! {
    /// What a column of file names gives.
    FileColumn {
        /// Files of the main content.
        Main = "main",
        /// Attachments.
        Attachment = "attachment",
        /// Signatures, each with what it covers: `хат.p7s>хат.docx`.
        Signature = "signature",
        /// The card, when the old system has one of `schema/card/1`; it is kept byte for byte.
        Card = "card",
        /// Certificates.
        Certificate = "certificate",
        /// CRLs and OCSP answers.
        Revocation = "revocation",
        /// Time-stamp tokens, each with what it covers.
        Timestamp = "timestamp",
        /// Receipts of sending or registration.
        Receipt = "receipt",
    }
}

words! {
    /// How a date is written in the table.
    DateFormat {
        /// ISO 8601.
        Iso = "YYYY-MM-DD",
        /// As papers have it.
        Points = "DD.MM.YYYY",
        /// With strokes, day first.
        Strokes = "DD/MM/YYYY",
    }
}

impl DateFormat {
    /// The date in `text`.
    pub fn read(self, text: &str) -> Option<NaiveDate> {
        let form = match self {
            DateFormat::Iso => "%Y-%m-%d",
            DateFormat::Points => "%d.%m.%Y",
            DateFormat::Strokes => "%d/%m/%Y",
        };
        let date = NaiveDate::parse_from_str(text, form).ok()?;
        // The library reads "5.3.19" too, and nobody knows of which century that is.
        (date.format(form).to_string() == text).then_some(date)
    }
}

/// Which doubts about an imported document are kept with it. What is not kept refuses its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// A signature that the policy asks for is not there, or none is.
    pub unsigned: bool,
    /// A signature cannot be proven today: expired, revoked, out of the trust list, by an unknown signer, or material
    /// is missing.
    pub unproven: bool,
    /// A signature does not hold: the document is not the one that was signed.
    pub failed: bool,
    /// Files in formats that the regulation does not list.
    pub formats: bool,
    /// Who signed is not known here to have had authority, or signed in another order, whatever `unproven` says: what
    /// another archive took in was judged by registers of its own.
    pub signers: bool,
}

impl Keep {
    /// Every doubt.
    pub const ALL: Self = Self { unsigned: true, unproven: true, failed: true, formats: true, signers: true };

    /// Whether this doubt about the signatures is kept.
    pub fn signature(&self, code: ErrorCode) -> bool {
        match code {
            ErrorCode::SigMissing | ErrorCode::SigOfficeMissing | ErrorCode::SigCardDocument => self.unsigned,
            ErrorCode::SigUnproven | ErrorCode::SigWaiting | ErrorCode::SigCovers => self.unproven,
            ErrorCode::SigClaimOld | ErrorCode::SigNoAuthority | ErrorCode::SigSignerUnknown | ErrorCode::SigOrder => {
                self.unproven || self.signers
            }
            ErrorCode::SigFailed => self.failed,
            _ => false,
        }
    }

    /// Whether this finding about a format is kept. What is hostile is refused in an import too.
    pub fn format(&self, code: ErrorCode) -> bool {
        self.formats && matches!(code, ErrorCode::FmtUnknown | ErrorCode::FmtNotAdmitted | ErrorCode::FmtMismatch)
    }
}

/// A checked profile.
#[derive(Debug, Clone)]
pub struct Profile {
    /// Its name, the same in all versions.
    pub id: String,
    /// Its version.
    pub version: String,
    /// First day on which it may be used.
    pub date: NaiveDate,
    /// Last day.
    pub until: NaiveDate,
    /// Code of the agency whose holding it is.
    pub agency: String,
    /// Name of the system that it comes from.
    pub system: String,
    /// The act by which the holding is taken over.
    pub basis: String,
    /// First and last date of its documents.
    pub period: (NaiveDate, NaiveDate),
    /// Between two cells.
    pub delimiter: u8,
    /// Between two file names in one cell.
    pub list_separator: char,
    /// How dates are written.
    pub date_format: DateFormat,
    /// Columns that are passed over.
    pub ignored: Vec<String>,
    /// The column of each field.
    pub columns: BTreeMap<Field, String>,
    /// The column of each kind of file.
    pub files: BTreeMap<FileColumn, String>,
    /// What a field has when its cell is blank, or it has no column.
    pub defaults: BTreeMap<Field, String>,
    /// What the codes in a column stand for.
    pub values: BTreeMap<Field, BTreeMap<String, String>>,
    /// Which doubts are kept.
    pub keep: Keep,
    /// SHA-256 of the file.
    pub sha256: Sha256,
}

impl Profile {
    /// Reads a profile from the file that messages call `name`.
    ///
    /// # Errors
    ///
    /// A [`Refusal`] about every fault, as `profile.toml#/columns/title`; also about what would refuse every row.
    pub fn parse(bytes: &[u8], name: &str) -> Result<Self, Vec<Refusal>> {
        let profile = Self::form(bytes, name)?;
        let faults = super::judge::faults(&profile, name);
        if faults.is_empty() { Ok(profile) } else { Err(faults) }
    }

    /// Reads a profile that was adopted. What it gives is not judged again: rules of cards change, and what was adopted
    /// must stay readable.
    pub(super) fn held(bytes: &[u8]) -> Result<Self, Vec<Refusal>> {
        Self::form(bytes, "adopted")
    }

    fn form(bytes: &[u8], name: &str) -> Result<Self, Vec<Refusal>> {
        // What is missing or malformed is said by the detail; the file is what is refused.
        let malformed = |faults: Vec<Refusal>| -> Vec<Refusal> {
            faults.into_iter().map(|r| Refusal { code: ErrorCode::ImpProfile, ..r }).collect()
        };
        let value = document(bytes, name, PROFILE_BYTES_MAX).map_err(malformed)?;
        let mut faults = Faults::default();
        let profile = Fields::of(value, format!("{name}#"), &mut faults).and_then(profile);
        faults.result(profile.map(|profile| Self { sha256: sha256(bytes), ..profile })).map_err(malformed)
    }

    /// Whether it may be used on `day`.
    pub fn in_term(&self, day: NaiveDate) -> bool {
        (self.date..=self.until).contains(&day)
    }
}

fn profile(mut fields: Fields) -> Option<Profile> {
    fields.schema(IMPORT_SCHEMA);
    let [id, version, agency] = ["id", "version", "agency"].map(|key| fields.text(key, TEXT_SHORT_CHARS_MAX));
    let system = fields.text("system", TEXT_SHORT_CHARS_MAX);
    let basis = fields.text("basis", TEXT_LONG_CHARS_MAX);
    let (date, until) = (required_date(&mut fields, "date"), required_date(&mut fields, "until"));
    if let (Some(date), Some(until)) = (date, until)
        && !(0..=TERM_DAYS_MAX).contains(&(until - date).num_days())
    {
        let what = format!("a term of at most {TERM_DAYS_MAX} days that begins with `date`");
        fields.fault(ErrorCode::IngFieldMalformed, "until", what);
    }
    let period = section(&mut fields, "period", |mut inner| {
        let (from, to) = (required_date(&mut inner, "from"), required_date(&mut inner, "to"));
        if from.zip(to).is_some_and(|(from, to)| to < from) {
            inner.fault(ErrorCode::IngFieldMalformed, "to", "the period ends before it begins");
        }
        inner.end();
        from.zip(to)
    });
    let table = section(&mut fields, "table", |mut inner| {
        let delimiter = one_of(&mut inner, "delimiter", &[",", ";", "\t"]);
        let list_separator = one_of(&mut inner, "list_separator", &["|", ";", ","]);
        let date_format = inner.word("date_format", DateFormat::parse, DateFormat::KNOWN);
        let ignored = match inner.optional("ignore") {
            None => Some(Vec::new()),
            Some(value) => inner.texts("ignore", value, IGNORED_MAX, TEXT_SHORT_CHARS_MAX),
        };
        inner.end();
        Some((delimiter?, list_separator?, date_format?, ignored?))
    });
    let columns = section(&mut fields, "columns", |inner| texts(inner, Field::ALL, Field::as_str, &Field::OF_TABLE));
    let files =
        section(&mut fields, "files", |inner| texts(inner, FileColumn::ALL, FileColumn::as_str, &[FileColumn::Main]));
    let defaults = section(&mut fields, "defaults", |inner| {
        let may: Vec<Field> = Field::ALL.iter().copied().filter(|field| !Field::OF_TABLE.contains(field)).collect();
        texts(inner, &may, Field::as_str, &[])
    });
    let values = match fields.optional("values") {
        None => Some(BTreeMap::new()),
        Some(value) => fields.inner("values", value).and_then(values),
    };
    let keep = section(&mut fields, "keep", |mut inner| {
        let [unsigned, unproven] = ["unsigned", "unproven"].map(|key| {
            let value = inner.required(key)?;
            flag(&mut inner, key, value)
        });
        let [failed, formats] = ["failed", "formats"].map(|key| match inner.optional(key) {
            None => Some(false),
            Some(value) => flag(&mut inner, key, value),
        });
        inner.end();
        Some(Keep { unsigned: unsigned?, unproven: unproven?, failed: failed?, formats: formats?, signers: unproven? })
    });
    if let (Some(columns), Some(defaults)) = (&columns, &defaults) {
        for field in Field::ALWAYS.iter().filter(|f| !columns.contains_key(f) && !defaults.contains_key(f)) {
            let what = format!("{field} has neither a column nor a default");
            fields.fault(ErrorCode::IngFieldMissing, "defaults", what);
        }
    }
    fields.end();
    let (delimiter, list_separator, date_format, ignored) = table?;
    Some(Profile {
        id: id?,
        version: version?,
        date: date?,
        until: until?,
        agency: agency?,
        system: system?,
        basis: basis?,
        period: period?,
        delimiter: u8::try_from(delimiter).ok()?,
        list_separator,
        date_format,
        ignored,
        columns: columns?,
        files: files?,
        defaults: defaults?,
        values: values?,
        keep: keep?,
        sha256: sha256(b""),
    })
}

/// One of these signs.
fn one_of(fields: &mut Fields, key: &str, known: &[&str]) -> Option<char> {
    let value = fields.required(key)?;
    let sign = value.as_str().filter(|text| known.contains(text)).and_then(|text| text.chars().next());
    fields.read(key, value, |value, at| sign.ok_or_else(|| malformed(at, &format!("one of {known:?}"), &value)))
}

fn flag(fields: &mut Fields, key: &str, value: Value) -> Option<bool> {
    fields.read(key, value, |value, at| value.as_bool().ok_or_else(|| malformed(at, "true or false", &value)))
}

/// A table of texts whose keys are words; some must be there.
fn texts<T: Copy + Ord>(
    mut fields: Fields,
    known: &[T],
    word: fn(T) -> &'static str,
    must: &[T],
) -> Option<BTreeMap<T, String>> {
    let mut found = BTreeMap::new();
    let mut whole = true;
    for one in known {
        let text = match must.contains(one) {
            true => fields.text(word(*one), TEXT_LONG_CHARS_MAX).map(Some),
            false => fields.text_if_any(word(*one), TEXT_LONG_CHARS_MAX),
        };
        match text {
            Some(text) => found.extend(text.map(|text| (*one, text))),
            None => whole = false,
        }
    }
    fields.end();
    whole.then_some(found)
}

/// What codes stand for, by field.
fn values(mut fields: Fields) -> Option<BTreeMap<Field, BTreeMap<String, String>>> {
    let mut found = BTreeMap::new();
    let mut whole = true;
    for field in Field::ALL.iter().filter(|field| !Field::OF_TABLE.contains(field)) {
        let Some(value) = fields.optional(field.as_str()) else { continue };
        let codes = fields.read(field.as_str(), value, |value, at| {
            let Value::Object(codes) = value else { return Err(malformed(at, "a table of codes", &value)) };
            let code = |(code, value)| Ok((code, text_of(value, at.clone(), TEXT_LONG_CHARS_MAX)?));
            codes.into_iter().map(code).collect::<Result<BTreeMap<_, _>, _>>()
        });
        match codes {
            Some(codes) => drop(found.insert(*field, codes)),
            None => whole = false,
        }
    }
    fields.end();
    whole.then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_date_has_one_text() {
        let date = NaiveDate::from_ymd_opt(2019, 3, 5);
        for (format, text) in
            [(DateFormat::Iso, "2019-03-05"), (DateFormat::Points, "05.03.2019"), (DateFormat::Strokes, "05/03/2019")]
        {
            assert_eq!(format.read(text), date, "{text}");
        }
        for text in ["5.3.2019", "05.03.19", "05.03.2019 10:00", "2019-03-05", "31.02.2019", ""] {
            assert_eq!(DateFormat::Points.read(text), None, "{text}");
        }
    }

    #[test]
    fn only_doubts_about_signatures_are_ever_kept() {
        let all = Keep::ALL;
        for code in ErrorCode::ALL.iter().filter(|code| all.signature(**code)) {
            assert!(code.as_str().starts_with("SIG-"), "{code}");
        }
        for code in [ErrorCode::IngPrivateKey, ErrorCode::IngCardDisagrees, ErrorCode::IngSecrecyMark] {
            assert!(!all.signature(code) && !all.format(code), "{code}");
        }
        assert!(!all.format(ErrorCode::FmtBomb) && !all.format(ErrorCode::FmtPolyglot));
    }
}
