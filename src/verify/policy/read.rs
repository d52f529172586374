//! Reading a policy: TOML in, a checked [`Policy`] or every fault with its place out.
//!
//! A place is a JSON pointer into the file as data, entries counted from 0: `policy.toml#/signature_anchor/0/pem`. The
//! refusals have the codes of strict reading; whoever tells a person gives them the code of the policy.
//!
//! What a schema can say is in `schema/policy/1`; what it cannot (two rules for one key, cases without a requirement)
//! is refused here.

use super::{
    AlgorithmRule, Anchor, AuthorityDecisions, DIGESTS, Decision, FAILED, KEY_KINDS, Policy, ReceiptRules, Requirement,
    RevocationRules, Roles, SignerKind, SignerRules, TimestampRules, WaitingRules,
};
use crate::error::{ErrorCode, Refusal};
use crate::limits::{TEXT_LONG_CHARS_MAX, TEXT_SHORT_CHARS_MAX};
use crate::model::digest::sha256;
use crate::model::document::{date_if_any, document, flag, required_date, section, tables, title};
use crate::model::strict::{Faults, Fields, array_of, malformed};
use crate::model::submission::{Direction, Kind, Profile};
use crate::verify::certificate::{Certificate, KeyUsage};
use crate::verify::oid::Oid;
use crate::verify::verdict::SubIndication;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, NaiveDateTime, NaiveTime, Utc};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The value of a policy's `schema` field.
pub const POLICY_SCHEMA: &str = "muragat/policy/1";
/// Bytes of one policy. Own bound: the anchors below with certificates of ordinary size.
pub const POLICY_BYTES_MAX: usize = 1024 * 1024;
/// Trust anchors for one purpose. Own bound: a country has some dozens, with all generations.
pub const ANCHORS_MAX: usize = 256;
/// Rules of one list. Own bound: every algorithm that is known, in several lengths.
const RULES_MAX: usize = 64;
/// Identifiers of one list. Own bound.
const OIDS_MAX: usize = 64;
/// Signatures that a file may need. Own bound: more are a slip of the pen.
const SIGNATURES_MAX: u32 = 16;
/// A year, for what is counted in seconds: older revocation data say nothing. Own bound.
const SECONDS_MAX: u32 = 366 * 86_400;
/// A year of days. Own bound.
const DAYS_MAX: u32 = 366;
/// Hours of a year.
const HOURS_MAX: u32 = 8784;
/// A day of seconds: clocks that differ more are wrong. Own bound.
const SKEW_S_MAX: u32 = 86_400;

/// The default policy of the project, which trusts nobody.
const BUILT_IN: &str = include_str!("../../../schema/policy/1/default.toml");

impl Policy {
    /// Reads a policy from the file that messages call `name`.
    ///
    /// # Errors
    ///
    /// A [`Refusal`] about every fault, as `policy.toml#/key/2/until`.
    pub fn parse(bytes: &[u8], name: &str) -> Result<Self, Vec<Refusal>> {
        let value = document(bytes, name, POLICY_BYTES_MAX)?;
        let mut faults = Faults::default();
        let policy = Fields::of(value, format!("{name}#"), &mut faults).and_then(policy);
        faults.result(policy.map(|policy| Self { sha256: sha256(bytes), ..policy }))
    }

    /// The default policy of the project. It has no trust anchors, so nothing passes by it.
    pub fn built_in() -> Self {
        Self::parse(Self::built_in_file(), "default.toml").expect("a test reads the file that is built in")
    }

    /// The file that it is read from.
    pub fn built_in_file() -> &'static [u8] {
        BUILT_IN.as_bytes()
    }
}

fn policy(mut fields: Fields) -> Option<Policy> {
    fields.schema(POLICY_SCHEMA);
    let id = fields.text("id", TEXT_SHORT_CHARS_MAX);
    let version = fields.text("version", TEXT_SHORT_CHARS_MAX);
    let valid_from = required_date(&mut fields, "valid_from");
    let title = section(&mut fields, "title", title);
    let anchors = anchors(&mut fields, "signature_anchor");
    let tsa_anchors = self::anchors(&mut fields, "timestamp_anchor");
    let algorithms = algorithms(&mut fields);
    let signer = section(&mut fields, "signer", signer);
    let roles = section(&mut fields, "roles", |mut inner| {
        let (official, records_office) = (oids(&mut inner, "official"), oids(&mut inner, "records_office"));
        inner.end();
        Some(Roles { official: official?, records_office: records_office? })
    });
    let requirements = requirements(&mut fields);
    let revocation = section(&mut fields, "revocation", |mut inner| {
        let required = flag(&mut inner, "required");
        let [crl, ocsp] = ["crl_age_max_s", "ocsp_age_max_s"].map(|key| inner.number(key, 1, SECONDS_MAX));
        inner.end();
        Some(RevocationRules { required: required?, crl_age_max_s: crl?, ocsp_age_max_s: ocsp? })
    });
    let timestamp = section(&mut fields, "timestamp", |mut inner| {
        let [before, revocation] = ["before_expiry", "revocation_required"].map(|key| flag(&mut inner, key));
        let delay_max_s = number_if_any(&mut inner, "delay_max_s", 1, SECONDS_MAX);
        inner.end();
        Some(TimestampRules { before_expiry: before?, revocation_required: revocation?, delay_max_s: delay_max_s? })
    });
    let receipt = section(&mut fields, "receipt", |mut inner| {
        let clock_skew_max_s = inner.number("clock_skew_max_s", 0, SKEW_S_MAX);
        let claim_age_max_s = number_if_any(&mut inner, "claim_age_max_s", 1, SECONDS_MAX);
        let deadline_working_days = inner.number("deadline_working_days", 1, DAYS_MAX);
        inner.end();
        Some(ReceiptRules {
            clock_skew_max_s: clock_skew_max_s?,
            claim_age_max_s: claim_age_max_s?,
            deadline_working_days: deadline_working_days?,
        })
    });
    let waiting = section(&mut fields, "waiting", |mut inner| {
        let term_days = inner.number("term_days", 1, DAYS_MAX);
        // Without effect: nothing is tried again by itself. What was adopted with this key is read for ever.
        let retry_hours = number_if_any(&mut inner, "retry_hours", 1, HOURS_MAX);
        inner.end();
        retry_hours.and(Some(WaitingRules { term_days: term_days? }))
    });
    let decisions = section(&mut fields, "decisions", decisions);
    let authority = section(&mut fields, "authority", authority);
    fields.end();
    Some(Policy {
        id: id?,
        version: version?,
        title: title?,
        valid_from: valid_from?,
        sha256: sha256(b""),
        anchors: anchors?,
        tsa_anchors: tsa_anchors?,
        algorithms: algorithms?,
        signer: signer?,
        roles: roles?,
        requirements: requirements?,
        revocation: revocation?,
        timestamp: timestamp?,
        receipt: receipt?,
        waiting: waiting?,
        decisions: decisions?,
        authority: authority?,
    })
}

/// True or false; what is not said is not asked for.
fn flag_if_any(fields: &mut Fields, key: &str) -> Option<bool> {
    let Some(value) = fields.optional(key) else { return Some(false) };
    fields.read(key, value, |value, at| value.as_bool().ok_or_else(|| malformed(at, "true or false", &value)))
}

fn number_if_any(fields: &mut Fields, key: &str, min: u32, max: u32) -> Option<Option<u32>> {
    let Some(value) = fields.optional(key) else { return Some(None) };
    let number = value.as_u64().and_then(|n| u32::try_from(n).ok()).filter(|n| (min..=max).contains(n));
    let wanted = format!("a whole number from {min} to {max}");
    fields.read(key, value, |value, at| number.map(Some).ok_or_else(|| malformed(at, &wanted, &value)))
}

fn time_if_any(fields: &mut Fields, key: &str) -> Option<Option<DateTime<Utc>>> {
    const FORM: &str = "%Y-%m-%dT%H:%M:%SZ";
    let Some(value) = fields.optional(key) else { return Some(None) };
    // One time has one text, as with days.
    let read = |text: &str| {
        let time = NaiveDateTime::parse_from_str(text, FORM).ok()?.and_utc();
        (time.format(FORM).to_string() == text).then_some(time)
    };
    let wanted = "a time in UTC, written YYYY-MM-DDThh:mm:ssZ";
    fields.read(key, value, |value, at| {
        value.as_str().and_then(read).map(Some).ok_or_else(|| malformed(at, wanted, &value))
    })
}

/// A list of identifiers, each once; it must be there and may be empty.
pub(in crate::verify) fn oids(fields: &mut Fields, key: &str) -> Option<Vec<Oid>> {
    let value = fields.required(key)?;
    oids_of(fields, key, value)
}

/// The identifiers in `value`, each once.
pub(in crate::verify) fn oids_of(fields: &mut Fields, key: &str, value: Value) -> Option<Vec<Oid>> {
    let parse = |text: &str| text.parse::<Oid>().ok();
    list(fields, key, value, OIDS_MAX, parse, "an object identifier in dotted form")
}

/// A list of words, each once; it must be there.
fn words<T: Copy + PartialEq>(
    fields: &mut Fields,
    key: &str,
    parse: impl Fn(&str) -> Option<T>,
    known: &str,
) -> Option<Vec<T>> {
    let value = fields.required(key)?;
    list(fields, key, value, OIDS_MAX, parse, &format!("one of {known}"))
}

/// The same, of at least one word.
fn some<T: Copy + PartialEq>(
    fields: &mut Fields,
    key: &str,
    parse: impl Fn(&str) -> Option<T>,
    known: &str,
) -> Option<Vec<T>> {
    let words = words(fields, key, parse, known)?;
    if words.is_empty() {
        fields.fault(ErrorCode::IngFieldMalformed, key, "the list is empty");
        return None;
    }
    Some(words)
}

fn list<T: PartialEq>(
    fields: &mut Fields,
    key: &str,
    value: Value,
    items_max: usize,
    parse: impl Fn(&str) -> Option<T>,
    wanted: &str,
) -> Option<Vec<T>> {
    let items = fields.read(key, value, |value, at| array_of(value, at, items_max))?;
    let mut read = Vec::with_capacity(items.len());
    let mut whole = true;
    for (i, item) in items.into_iter().enumerate() {
        match item.as_str().and_then(&parse) {
            Some(one) if !read.contains(&one) => read.push(one),
            found => {
                let wanted = if found.is_some() { "each value once" } else { wanted };
                fields.read::<T>(key, item, |item, at| Err(malformed(format!("{at}/{i}"), wanted, &item)));
                whole = false;
            }
        }
    }
    whole.then_some(read)
}

fn anchors(fields: &mut Fields, key: &str) -> Option<Vec<Anchor>> {
    let anchors = tables(fields, key, ANCHORS_MAX, anchor)?;
    let mut seen = BTreeSet::new();
    let mut whole = true;
    for (i, anchor) in anchors.iter().enumerate() {
        if !seen.insert(anchor.certificate.sha256) {
            fault_at(fields, key, i, "the certificate of another anchor");
            whole = false;
        }
    }
    whole.then_some(anchors)
}

/// Notes a fault of entry `i` of the array `key`.
pub(in crate::verify) fn fault_at(fields: &mut Fields, key: &str, i: usize, detail: &str) {
    let refusal = |_, at| Err(Refusal::new(ErrorCode::IngFieldMalformed, format!("{at}/{i}"), detail));
    fields.read::<()>(key, Value::Null, refusal);
}

fn anchor(mut fields: Fields) -> Option<Anchor> {
    let generation = fields.text("generation", TEXT_SHORT_CHARS_MAX);
    let [from, until] = ["trusted_from", "trusted_until"].map(|key| time_if_any(&mut fields, key));
    let certificate = fields.required("pem").and_then(|value| fields.read("pem", value, certificate));
    if from.flatten().zip(until.flatten()).is_some_and(|(from, until)| until <= from) {
        fields.fault(ErrorCode::IngFieldMalformed, "trusted_until", "trust ends before it begins");
    }
    fields.end();
    Some(Anchor {
        certificate: Arc::new(certificate?),
        generation: generation?,
        trusted_from: from?,
        trusted_until: until?,
    })
}

/// One certificate as PEM (RFC 7468 §5.1), and nothing else.
fn certificate(value: Value, at: String) -> Result<Certificate, Refusal> {
    let wrong = |at: String, detail: String| Refusal::new(ErrorCode::IngFieldMalformed, at, detail);
    let Value::String(text) = &value else { return Err(malformed(at, "a text", &value)) };
    let body = text.trim().strip_prefix("-----BEGIN CERTIFICATE-----");
    let Some(body) = body.and_then(|text| text.strip_suffix("-----END CERTIFICATE-----")) else {
        return Err(wrong(at, "wanted one certificate between BEGIN CERTIFICATE and END CERTIFICATE".to_owned()));
    };
    let digits: String = body.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let der = match STANDARD.decode(digits) {
        Ok(der) => der,
        Err(error) => return Err(wrong(at, format!("not base64: {error}"))),
    };
    Certificate::parse(&der).map_err(|error| wrong(at, error.to_string()))
}

fn algorithms(fields: &mut Fields) -> Option<Vec<AlgorithmRule>> {
    let digests = tables(fields, "digest", RULES_MAX, |mut inner| {
        let name = name(&mut inner, "name", &DIGESTS);
        let (until, source) = (end(&mut inner), inner.text("source", TEXT_LONG_CHARS_MAX));
        inner.end();
        Some(AlgorithmRule { name: name?, bits_min: 0, until: until?, source: source? })
    });
    let keys = tables(fields, "key", RULES_MAX, |mut inner| {
        let name = name(&mut inner, "kind", &KEY_KINDS);
        let bits_min = inner.number("bits_min", 1, 65_536);
        let (until, source) = (end(&mut inner), inner.text("source", TEXT_LONG_CHARS_MAX));
        inner.end();
        Some(AlgorithmRule { name: name?, bits_min: bits_min?, until: until?, source: source? })
    });
    let (digests, keys) = (digests?, keys?);
    let mut whole = true;
    for (key, rules) in [("digest", &digests), ("key", &keys)] {
        for (i, rule) in rules.iter().enumerate() {
            let same = || rules.iter().take(i).filter(|other| other.name == rule.name);
            // Without an end is later than any end.
            let ends = |rule: &AlgorithmRule| rule.until.unwrap_or(DateTime::<Utc>::MAX_UTC);
            let weaker = |a: &AlgorithmRule, b: &AlgorithmRule| a.bits_min < b.bits_min && ends(a) > ends(b);
            if same().any(|other| other.bits_min == rule.bits_min) {
                fault_at(fields, key, i, "a second rule for the same algorithm");
                whole = false;
            } else if same().any(|other| weaker(other, rule) || weaker(rule, other)) {
                fault_at(fields, key, i, "a shorter key would be reliable for longer than a longer one");
                whole = false;
            }
        }
    }
    whole.then(|| digests.into_iter().chain(keys).collect())
}

fn name(fields: &mut Fields, key: &str, known: &[&'static str]) -> Option<String> {
    let value = fields.required(key)?;
    let list: String = known.iter().map(|name| format!("{name:?} ")).collect();
    fields.read(key, value, |value, at| {
        let found = value.as_str().filter(|text| known.contains(text)).map(str::to_owned);
        found.ok_or_else(|| malformed(at, &format!("one of {list}"), &value))
    })
}

/// The end of an algorithm: the first moment of a day.
fn end(fields: &mut Fields) -> Option<Option<DateTime<Utc>>> {
    Some(date_if_any(fields, "until")?.map(|day| day.and_time(NaiveTime::MIN).and_utc()))
}

fn signer(mut fields: Fields) -> Option<SignerRules> {
    let bit = |word: &str| match word {
        "digitalSignature" => Some(KeyUsage::DIGITAL_SIGNATURE),
        "nonRepudiation" => Some(KeyUsage::NON_REPUDIATION),
        _ => None,
    };
    let bits = some(&mut fields, "key_usage_any", bit, "\"digitalSignature\" \"nonRepudiation\" ");
    let extended_key_usage_any = oids(&mut fields, "extended_key_usage_any");
    let policies = oids(&mut fields, "policies");
    let signed_attributes_required = flag_if_any(&mut fields, "signed_attributes_required");
    fields.end();
    Some(SignerRules {
        signed_attributes_required: signed_attributes_required?,
        key_usage_any: bits?.into_iter().fold(0, |all, bit| all | bit),
        extended_key_usage_any: extended_key_usage_any?,
        policies: policies?,
    })
}

fn requirements(fields: &mut Fields) -> Option<Vec<Requirement>> {
    let requirements = tables(fields, "requirement", RULES_MAX, requirement)?;
    if requirements.is_empty() {
        fields.fault(ErrorCode::IngFieldMissing, "requirement", "field is missing");
        return None;
    }
    let mut whole = true;
    for (profile, direction, kind) in cases() {
        let mut found = (0..).zip(&requirements).filter(|(_, r)| r.is_for(profile, direction, kind));
        let case = format!("{profile} {direction} {kind}");
        match (found.next(), found.next()) {
            (Some(_), None) => continue,
            (None, _) => {
                fields.fault(ErrorCode::IngFieldMalformed, "requirement", format!("nothing is said of {case}"))
            }
            (_, Some((i, _))) => fault_at(fields, "requirement", i, &format!("a second requirement for {case}")),
        }
        whole = false;
    }
    whole.then_some(requirements)
}

/// Every profile, direction and kind.
fn cases() -> impl Iterator<Item = (Profile, Direction, Kind)> {
    let directions = |profile| Direction::ALL.iter().map(move |direction| (profile, *direction));
    let pairs = Profile::ALL.iter().flat_map(move |profile| directions(*profile));
    pairs.flat_map(|(profile, direction)| Kind::SUBMITTED.iter().map(move |kind| (profile, direction, *kind)))
}

fn requirement(mut fields: Fields) -> Option<Requirement> {
    let profiles = some(&mut fields, "profiles", Profile::parse, Profile::KNOWN);
    let directions = some(&mut fields, "directions", Direction::parse, Direction::KNOWN);
    let kinds = some(&mut fields, "kinds", Kind::parse_submitted, Kind::SUBMITTED_KNOWN);
    let content = signers(&mut fields, "content_min", "content_signers");
    let card = signers(&mut fields, "card_min", "card_signers");
    let card_not_before_content = flag(&mut fields, "card_not_before_content");
    let source = fields.text("source", TEXT_LONG_CHARS_MAX);
    fields.end();
    let ((content_min, content_signers), (card_min, card_signers)) = (content?, card?);
    Some(Requirement {
        profiles: profiles?.into_iter().collect(),
        directions: directions?.into_iter().collect(),
        kinds: kinds?.into_iter().collect(),
        content_min,
        content_signers,
        card_min,
        card_signers,
        card_not_before_content: card_not_before_content?,
        source: source?,
    })
}

/// How many signatures of whom; somebody must be named when there is to be one.
fn signers(fields: &mut Fields, min_key: &str, signers_key: &str) -> Option<(u32, BTreeSet<SignerKind>)> {
    let min = fields.number(min_key, 0, SIGNATURES_MAX);
    let signers = words(fields, signers_key, SignerKind::parse_of_documents, "\"official\" \"records_office\" ");
    let (min, signers) = (min?, signers?);
    if (min == 0) != signers.is_empty() {
        let detail = format!("{min_key} is {min}, and {} are named", signers.len());
        fields.fault(ErrorCode::IngFieldMalformed, signers_key, detail);
        return None;
    }
    Some((min, signers.into_iter().collect()))
}

fn decisions(mut fields: Fields) -> Option<BTreeMap<SubIndication, Decision>> {
    let mut decisions = BTreeMap::new();
    for sub_indication in SubIndication::ALL {
        let key = sub_indication.as_str();
        let Some(decision) = fields.word(key, Decision::parse, Decision::KNOWN) else { continue };
        if decision != Decision::Refuse && FAILED.contains(sub_indication) {
            fields.fault(ErrorCode::IngFieldMalformed, key, "TOTAL-FAILED is refused");
        } else if decision == Decision::WaitForIssuer && *sub_indication != SubIndication::NoCertificateChainFound {
            fields.fault(ErrorCode::IngFieldMalformed, key, "wait_for_issuer is for NO_CERTIFICATE_CHAIN_FOUND");
        }
        decisions.insert(*sub_indication, decision);
    }
    fields.end();
    (decisions.len() == SubIndication::ALL.len()).then_some(decisions)
}

fn authority(mut fields: Fields) -> Option<AuthorityDecisions> {
    let plain = |word: &str| Decision::parse(word).filter(|decision| *decision != Decision::WaitForIssuer);
    let mut decision = |key: &str| {
        let value = fields.required(key)?;
        fields.read(key, value, |value, at| {
            value.as_str().and_then(plain).ok_or_else(|| malformed(at, "one of \"refuse\" \"wait\" ", &value))
        })
    };
    let unknown = decision("unknown");
    let out_of_term = decision("out_of_term");
    let wrong_body = decision("wrong_body");
    let wrong_kind = decision("wrong_kind");
    let wrong_role = decision("wrong_role");
    fields.end();
    Some(AuthorityDecisions {
        unknown: unknown?,
        out_of_term: out_of_term?,
        wrong_body: wrong_body?,
        wrong_kind: wrong_kind?,
        wrong_role: wrong_role?,
    })
}
