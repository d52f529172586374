//! Reading a list of retention periods: TOML in, a checked [`RuleList`] or every fault with its line out.
//!
//! What a schema can say is in `schema/retention/1`; what it cannot (an item that stands twice, a term without an end
//! inside another, examples whose dates contradict each other) is refused here. `docs/retention.md` has every key.
//!
//! It reads no file: the caller has the bytes. It does not run the examples: [`super::example`] does.

use super::rule::{Example, Note, Period, Rule, RuleList, Source, Start, Term, Then, Variant};
use crate::error::{ErrorCode, Refusal};
use crate::limits::{TEXT_LONG_CHARS_MAX, TEXT_SHORT_CHARS_MAX};
use crate::model::calendar::CalendarStatus;
use crate::model::digest::sha256;
use crate::model::document::{self, date_if_any, required_date, section, tables, title};
use crate::model::strict::{Fields, date_of, malformed, text_of, words};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The value of a list's `schema` field.
pub const RETENTION_SCHEMA: &str = "muragat/retention/1";
/// Bytes of one list. Own bound: some thousand items with kinds in three languages and examples.
pub const LIST_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Items of one list. Own bound: typical lists of the state have about a thousand.
const RULES_MAX: usize = 5_000;
/// Special cases of one item. Own bound.
const VARIANTS_MAX: usize = 32;
/// Remarks of one item. Own bound.
const NOTES_MAX: usize = 16;
/// Examples of one item. Own bound.
const EXAMPLES_MAX: usize = 64;
/// Years of a term. Own bound: what is kept longer is kept for ever.
const YEARS_MAX: u32 = 999;
/// Terms of which the longest counts. Own bound.
const TERMS_MAX: usize = 8;
/// Terms inside one another. Own bound: a condition on the longest of several.
const DEPTH_MAX: usize = 3;
/// Events of a condition or of an example, and attributes of an example. Own bound.
const NAMES_MAX: usize = 16;
/// Characters of the name of an event or of an attribute. Own bound.
const NAME_CHARS_MAX: usize = 64;
/// What stands behind the name of the event that ends another: `dispute` and `dispute_ended`.
pub const ENDED: &str = "_ended";

words! {
    /// The code word of a term.
    TermWord {
        /// For ever.
        Permanent = "permanent",
        /// A number of years.
        Years = "years",
        /// Until a person says that the documents are not needed any more.
        UntilNeeded = "until_needed",
        /// Years after the event `replaced`.
        UntilReplaced = "until_replaced",
        /// Years after an event.
        AfterEvent = "after_event",
        /// Years that depend on the dates of the documents.
        ByCreation = "by_creation",
        /// The longest of several.
        LongerOf = "longer_of",
        /// Only when events happened or did not.
        Conditional = "conditional",
        /// That of the document that it belongs to.
        AsDocument = "as_document",
    }
}

impl TermWord {
    /// The keys that a term of this word has beside `term`.
    fn keys(self) -> &'static [&'static str] {
        match self {
            TermWord::Permanent | TermWord::AsDocument => &[],
            TermWord::Years | TermWord::UntilReplaced => &["years"],
            TermWord::UntilNeeded => &["at_least"],
            TermWord::AfterEvent => &["event", "years"],
            TermWord::ByCreation => &["before", "earlier", "later"],
            TermWord::LongerOf => &["longer_of"],
            TermWord::Conditional => &["needs", "without", "inner"],
        }
    }

    /// Whether it can come to an end by itself or by a person.
    fn ends(self) -> bool {
        !matches!(self, TermWord::Permanent | TermWord::AsDocument)
    }
}

words! {
    /// From when years are counted.
    StartWord {
        /// 1 January of the year after closing; the day of the event.
        Usual = "usual",
        /// The day after closing.
        DayAfterClosing = "day_after_closing",
        /// 1 January of the year after the event.
        YearAfterEvent = "year_after_event",
    }
}

words! {
    /// What becomes of documents whose term is over.
    ThenWord {
        /// They may be selected for destruction.
        Destroy = "destroy",
        /// A commission decides.
        Expert = "expert",
    }
}

impl Term {
    /// Its code word.
    pub fn word(&self) -> TermWord {
        match self {
            Term::Permanent => TermWord::Permanent,
            Term::Years(_) => TermWord::Years,
            Term::UntilNeeded { .. } => TermWord::UntilNeeded,
            Term::UntilReplaced { .. } => TermWord::UntilReplaced,
            Term::AfterEvent { .. } => TermWord::AfterEvent,
            Term::ByCreation { .. } => TermWord::ByCreation,
            Term::LongerOf(_) => TermWord::LongerOf,
            Term::Conditional { .. } => TermWord::Conditional,
            Term::AsDocument => TermWord::AsDocument,
        }
    }

    /// Whether `is` holds of this term or of one inside it.
    fn any(&self, is: fn(TermWord) -> bool) -> bool {
        match self {
            Term::LongerOf(terms) => terms.iter().any(|term| term.any(is)),
            Term::Conditional { term, .. } => term.any(is),
            term => is(term.word()),
        }
    }
}

impl Start {
    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Start::Usual => StartWord::Usual.as_str(),
            Start::DayAfterClosing => StartWord::DayAfterClosing.as_str(),
            Start::YearAfterEvent => StartWord::YearAfterEvent.as_str(),
        }
    }
}

impl Then {
    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Then::Destroy => ThenWord::Destroy.as_str(),
            Then::Expert => ThenWord::Expert.as_str(),
        }
    }
}

impl RuleList {
    /// Reads a list from the file that messages call `name`.
    ///
    /// # Errors
    ///
    /// A [`Refusal`] about every fault, as `list.toml#/rule/16/years (line 211)`; items are counted from 0.
    pub fn parse(bytes: &[u8], name: &str) -> Result<Self, Vec<Refusal>> {
        let list = document::parse(bytes, name, LIST_BYTES_MAX, ErrorCode::RetMalformed, list)?;
        Ok(Self { sha256: sha256(bytes), ..list })
    }
}

fn list(mut fields: Fields) -> Option<RuleList> {
    fields.schema(RETENTION_SCHEMA);
    let [id, edition] = ["id", "edition"].map(|key| name(&mut fields, key));
    let title = section(&mut fields, "title", title);
    let [instrument, authority] = ["instrument", "authority"].map(|key| fields.text(key, TEXT_LONG_CHARS_MAX));
    let valid_from = required_date(&mut fields, "valid_from");
    let status = fields.word("status", CalendarStatus::parse, CalendarStatus::KNOWN);
    let rules = rules(&mut fields);
    fields.end();
    Some(RuleList {
        id: id?,
        edition: edition?,
        title: title?,
        instrument: instrument?,
        authority: authority?,
        valid_from: valid_from?,
        status: status?,
        rules: rules?,
        sha256: sha256(b""),
    })
}

/// The rules by item; a list has one at least, and an item stands once, also as that of a variant.
fn rules(fields: &mut Fields) -> Option<BTreeMap<String, Rule>> {
    // Without it there is no list, and the fault is that of the key.
    let value = fields.required("rule")?;
    let items = fields.read("rule", value, |value, at| match value {
        Value::Array(items) if (1..=RULES_MAX).contains(&items.len()) => Ok(items),
        other => Err(malformed(at, &format!("from 1 to {RULES_MAX} tables"), &other)),
    })?;
    let mut rules = BTreeMap::new();
    let mut held: BTreeSet<String> = BTreeSet::new();
    let mut whole = true;
    for (i, item) in items.into_iter().enumerate() {
        let Some(rule) = fields.item(&format!("rule/{i}"), item).and_then(rule) else {
            whole = false;
            continue;
        };
        let of_variants = rule.variants.iter().enumerate().filter_map(|(n, variant)| {
            let place = format!("/{i}/variant/{n}");
            variant.item.clone().map(|item| (place, item))
        });
        for (place, item) in std::iter::once((format!("/{i}"), rule.item.clone())).chain(of_variants) {
            if !held.insert(item) {
                whole = false;
                fields.read::<()>("rule", Value::Null, |_, at| {
                    let at = format!("{at}{place}/item");
                    Err(Refusal::new(ErrorCode::IngFieldMalformed, at, "the item stands twice in the list"))
                });
            }
        }
        rules.insert(rule.item.clone(), rule);
    }
    whole.then_some(rules)
}

fn rule(mut fields: Fields) -> Option<Rule> {
    let item = name(&mut fields, "item");
    let kind = section(&mut fields, "kind", title);
    let period = period(&mut fields);
    let variants = tables(&mut fields, "variant", VARIANTS_MAX, variant);
    if let Some(variants) = &variants {
        let mut cases = BTreeSet::new();
        for (i, v) in variants.iter().enumerate() {
            if !cases.insert((&v.attribute, &v.value)) {
                let what = format!("case {i} of the item is never reached: the same attribute and value stand before");
                fields.fault(ErrorCode::IngFieldMalformed, "variant", what);
            }
        }
    }
    let notes = tables(&mut fields, "note", NOTES_MAX, |inner| Some(Note { text: title(inner)? }));
    let source = section(&mut fields, "source", |mut inner| {
        let place = inner.text("place", TEXT_LONG_CHARS_MAX);
        let confidence = inner.text("confidence", TEXT_SHORT_CHARS_MAX);
        inner.end();
        Some(Source { place: place?, confidence: confidence? })
    });
    let examples = tables(&mut fields, "example", EXAMPLES_MAX, example);
    fields.end();
    Some(Rule {
        item: item?,
        kind: kind?,
        period: period?,
        variants: variants?,
        notes: notes?,
        source: source?,
        examples: examples?,
    })
}

fn variant(mut fields: Fields) -> Option<Variant> {
    let item = match fields.optional("item") {
        None => Some(None),
        Some(value) => name_of(&mut fields, "item", value).map(Some),
    };
    let attribute = word_name(&mut fields, "attribute");
    let value = name(&mut fields, "value");
    let period = period(&mut fields);
    fields.end();
    Some(Variant { item: item?, attribute: attribute?, value: value?, period: period? })
}

/// Term, start and what then. They stand beside the other keys of a rule or a variant.
fn period(fields: &mut Fields) -> Option<Period> {
    let word = fields.word("term", TermWord::parse, TermWord::KNOWN);
    let Some(word) = word else {
        // One fault is enough: which keys belong to the term cannot be said.
        let keys = TermWord::ALL.iter().flat_map(|word| word.keys());
        keys.chain(&["start", "then"]).for_each(|key| drop(fields.optional(key)));
        return None;
    };
    let read = term(fields, word, 1);
    let (start, then) = if word.ends() {
        let start = fields.word_or("start", StartWord::parse, StartWord::KNOWN, StartWord::Usual);
        (start, fields.word("then", ThenWord::parse, ThenWord::KNOWN))
    } else {
        let superfluous = superfluous(fields, &["start", "then"], word);
        // What never ends goes to nobody but a commission.
        (superfluous.map(|()| StartWord::Usual), Some(ThenWord::Expert))
    };
    let (term, start, then) = (read?, start?, then?);
    let after_event = |word| matches!(word, TermWord::UntilReplaced | TermWord::AfterEvent);
    let after_closing = |word| matches!(word, TermWord::Years | TermWord::UntilNeeded | TermWord::ByCreation);
    let (fits, start) = match start {
        StartWord::Usual => (true, Start::Usual),
        StartWord::DayAfterClosing => (term.any(after_closing), Start::DayAfterClosing),
        StartWord::YearAfterEvent => (term.any(after_event), Start::YearAfterEvent),
    };
    if !fits {
        fields.fault(ErrorCode::IngFieldMalformed, "start", format!("does not go with the term \"{word}\""));
        return None;
    }
    let then = match then {
        ThenWord::Destroy => Then::Destroy,
        ThenWord::Expert => Then::Expert,
    };
    Some(Period { term, start, then })
}

/// Refuses keys that the term does not have.
fn superfluous(fields: &mut Fields, keys: &[&str], word: TermWord) -> Option<()> {
    let mut whole = true;
    for key in keys {
        if fields.optional(key).is_some() {
            fields.fault(ErrorCode::IngKeyUnknown, key, format!("does not go with the term \"{word}\""));
            whole = false;
        }
    }
    whole.then_some(())
}

/// The term of this word, with its keys and no others.
fn term(fields: &mut Fields, word: TermWord, depth: usize) -> Option<Term> {
    let foreign: BTreeSet<&str> = TermWord::ALL.iter().flat_map(|word| word.keys()).copied().collect();
    let foreign: Vec<&str> = foreign.into_iter().filter(|key| !word.keys().contains(key)).collect();
    let superfluous = superfluous(fields, &foreign, word);
    let read = match word {
        TermWord::Permanent => Some(Term::Permanent),
        TermWord::AsDocument => Some(Term::AsDocument),
        TermWord::Years => fields.number("years", 1, YEARS_MAX).map(Term::Years),
        TermWord::UntilNeeded => {
            let at_least = fields.number("at_least", 0, YEARS_MAX);
            at_least.map(|at_least| Term::UntilNeeded { at_least })
        }
        TermWord::UntilReplaced => fields.number("years", 0, YEARS_MAX).map(|years| Term::UntilReplaced { years }),
        TermWord::AfterEvent => {
            let (event, years) = (word_name(fields, "event"), fields.number("years", 0, YEARS_MAX));
            event.zip(years).map(|(event, years)| Term::AfterEvent { event, years })
        }
        TermWord::ByCreation => by_creation(fields),
        TermWord::LongerOf => longer_of(fields, depth),
        TermWord::Conditional => conditional(fields, depth),
    };
    superfluous.and(read)
}

fn by_creation(fields: &mut Fields) -> Option<Term> {
    let before = required_date(fields, "before");
    let [earlier, later] = ["earlier", "later"].map(|key| fields.number(key, 1, YEARS_MAX));
    let (earlier, later) = (earlier?, later?);
    // A file with documents from both sides of the date is kept `earlier` years: that must be the longer term.
    if earlier <= later {
        let what = "not longer than `later`: one old document would shorten the term of a file";
        fields.fault(ErrorCode::IngFieldMalformed, "earlier", what);
        return None;
    }
    Some(Term::ByCreation { before: before?, earlier, later })
}

fn longer_of(fields: &mut Fields, depth: usize) -> Option<Term> {
    let value = fields.required("longer_of")?;
    let items = fields.read("longer_of", value, |value, at| match value {
        Value::Array(items) if (2..=TERMS_MAX).contains(&items.len()) => Ok(items),
        other => Err(malformed(at, &format!("from 2 to {TERMS_MAX} terms"), &other)),
    })?;
    let inner = |(i, item)| fields.item(&format!("longer_of/{i}"), item).and_then(|inner| inner_term(inner, depth));
    let terms: Vec<Option<Term>> = items.into_iter().enumerate().map(inner).collect();
    terms.into_iter().collect::<Option<Vec<Term>>>().map(Term::LongerOf)
}

fn conditional(fields: &mut Fields, depth: usize) -> Option<Term> {
    let [needs, without] = ["needs", "without"].map(|key| {
        let Some(value) = fields.optional(key) else { return Some(Vec::new()) };
        let events = fields.texts(key, value, NAMES_MAX, NAME_CHARS_MAX)?;
        let mut seen = BTreeSet::new();
        let fault = events.iter().find_map(|event| match event {
            event if !is_name(event) => Some(NAME_WANTED),
            event if !seen.insert(event) => Some("an event is named twice"),
            event if key == "without" && event.ends_with(ENDED) => Some("the event that ends another is no obstacle"),
            _ => None,
        });
        match fault {
            Some(fault) => {
                fields.fault(ErrorCode::IngFieldMalformed, key, fault);
                None
            }
            None => Some(events),
        }
    });
    let term = section(fields, "inner", |inner| inner_term(inner, depth));
    let (needs, without, term) = (needs?, without?, term?);
    let fault = if needs.is_empty() && without.is_empty() {
        "a condition names an event in `needs` or in `without`"
    } else if needs.iter().any(|event| without.contains(event)) {
        "an event is both needed and an obstacle"
    } else {
        return Some(Term::Conditional { needs, without, term: Box::new(term) });
    };
    fields.fault(ErrorCode::IngFieldMalformed, "needs", fault);
    None
}

/// A term inside another. It ends: the longest of several of which one never ends is that one.
fn inner_term(mut fields: Fields, depth: usize) -> Option<Term> {
    let word = fields.word("term", TermWord::parse, TermWord::KNOWN)?;
    if !word.ends() || (depth >= DEPTH_MAX && matches!(word, TermWord::LongerOf | TermWord::Conditional)) {
        let what = format!("\"{word}\" cannot stand inside another term here");
        fields.fault(ErrorCode::IngFieldMalformed, "term", what);
        return None;
    }
    let term = term(&mut fields, word, depth + 1);
    fields.end();
    term
}

fn example(mut fields: Fields) -> Option<Example> {
    let [oldest, newest, closed, due] = ["oldest", "newest", "closed", "due"].map(|key| date_if_any(&mut fields, key));
    let attributes = by_name(&mut fields, "attributes", |value, at| text_of(value, at, TEXT_SHORT_CHARS_MAX));
    let events = by_name(&mut fields, "events", |value, at| date_of(&value, at));
    let (oldest, newest, closed, due) = (oldest?, newest?, closed?, due?);
    let (key, fault) = if oldest.is_some() != newest.is_some() {
        ("oldest", "the dates of the documents are known or not: `oldest` and `newest` stand together")
    } else if oldest > newest {
        ("newest", "lies before `oldest`")
    } else if closed.is_some() && oldest > closed {
        ("closed", "the file was closed before its first document was made")
    } else if due.is_some() && closed.is_none() {
        ("due", "an open file is never due")
    } else if due.is_some() && oldest.is_none() {
        ("due", "a file whose documents have no known date is never due")
    } else if due.is_some() && (due < closed || due < newest) {
        ("due", "lies before the end of the file")
    } else {
        fields.end();
        return Some(Example { oldest, newest, closed, attributes: attributes?, events: events?, due });
    };
    fields.fault(ErrorCode::IngFieldMalformed, key, fault);
    fields.end();
    None
}

/// A table of values by names; none when it is missing.
fn by_name<T>(
    fields: &mut Fields,
    key: &str,
    read: fn(Value, String) -> Result<T, Refusal>,
) -> Option<BTreeMap<String, T>> {
    let Some(value) = fields.optional(key) else { return Some(BTreeMap::new()) };
    fields.read(key, value, |value, at| match value {
        Value::Object(map) if map.len() <= NAMES_MAX => {
            let entry = |(name, value): (String, Value)| {
                if !is_name(&name) {
                    return Err(Refusal::new(ErrorCode::IngFieldMalformed, at.clone(), NAME_WANTED));
                }
                let at = format!("{at}/{name}");
                Ok((name, read(value, at)?))
            };
            map.into_iter().map(entry).collect()
        }
        other => Err(malformed(at, &format!("a table of at most {NAMES_MAX} entries"), &other)),
    })
}

const NAME_WANTED: &str =
    "a name has small Latin letters, digits and _, and begins with a letter; at most 64 characters";

/// Whether it can be the name of an event or of an attribute.
pub fn is_name(name: &str) -> bool {
    name.len() <= NAME_CHARS_MAX
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// The name of an event or of an attribute.
fn word_name(fields: &mut Fields, key: &str) -> Option<String> {
    let value = fields.required(key)?;
    fields.read(key, value, |value, at| match value.as_str() {
        Some(name) if is_name(name) => Ok(name.to_owned()),
        _ => Err(Refusal::new(ErrorCode::IngFieldMalformed, at, NAME_WANTED)),
    })
}

/// A text that is compared byte for byte.
fn name(fields: &mut Fields, key: &str) -> Option<String> {
    let value = fields.required(key)?;
    name_of(fields, key, value)
}

fn name_of(fields: &mut Fields, key: &str, value: Value) -> Option<String> {
    fields.read(key, value, |value, at| {
        let text = text_of(value, at.clone(), TEXT_SHORT_CHARS_MAX)?;
        match text.trim() == text {
            true => Ok(text),
            false => Err(Refusal::new(ErrorCode::IngFieldMalformed, at, "begins or ends with a blank")),
        }
    })
}
