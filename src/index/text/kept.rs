//! The texts of components, kept so that no document is read twice.
//!
//! A text is sealed under a key that follows from its **record's** key: when that key is erased, nobody reads the text
//! any more, whatever becomes of the file it lies in. So it outlives the generations of the index, and a full-text
//! index that is built anew takes its texts from here.
//!
//! Invariants
//!   - No text and no word of one is in clear here; keys are ids, which name nobody.
//!   - A text is that of its component or it is none: one that does not open is taken from the document again.
//!
//! | key | value |
//! |---|---|
//! | record id 16, object id 24 | nonce 12, AES-256-GCM of zstd of JSON, bound to the key |
//!
//! What a crash leaves: some texts fewer, which are taken again.

use crate::index::IndexError;
use crate::index::kv::{Change, Kv, after};
use crate::index::redb::RedbKv;
use crate::model::extracted::{Extracted, Member, Outcome, Reason, Unit};
use crate::model::id::RecordId;
use crate::store::format::OwnerKey;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use zeroize::Zeroizing;

/// Level of zstd: text is small, and is read whole.
const LEVEL: i32 = 3;
/// Bytes of one text when it is opened: several times what extraction gives.
const PLAIN_BYTES_MAX: usize = 256 << 20;

/// The texts.
pub struct Kept {
    kv: RedbKv,
}

fn cipher(key: &OwnerKey, object: &[u8; 24]) -> LessSafeKey {
    let mut material = Zeroizing::new(key.0.to_vec());
    material.extend_from_slice(object);
    let key = Zeroizing::new(blake3::derive_key("muragat 2026 text of a component v1", &material));
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key.as_slice()).expect("a key of 32 bytes"))
}

fn place(record: RecordId, object: &[u8; 24]) -> Vec<u8> {
    [&record.0[..], &object[..]].concat()
}

impl Kept {
    /// Opens the texts in `folder`; makes it when there is none.
    pub fn open(folder: &Path) -> Result<Self, IndexError> {
        Ok(Self { kv: RedbKv::open(folder)? })
    }

    /// The text of a component; none when there is none, or it does not open.
    pub fn get(&self, key: &OwnerKey, record: RecordId, object: &[u8; 24]) -> Result<Option<Extracted>, IndexError> {
        let place = place(record, object);
        let Some(mut sealed) = self.kv.get(&place)? else { return Ok(None) };
        let Some((nonce, _)) = sealed.split_first_chunk::<NONCE_LEN>() else { return Ok(None) };
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let sealed = &mut sealed[NONCE_LEN..];
        let Ok(packed) = cipher(key, object).open_in_place(nonce, Aad::from(&place), sealed) else { return Ok(None) };
        let plain = zstd::bulk::decompress(packed, PLAIN_BYTES_MAX).ok();
        let value = plain.and_then(|plain| serde_json::from_slice::<Value>(&plain).ok());
        Ok(value.and_then(|value| read(&value)))
    }

    /// Keeps the text of a component.
    pub fn put(&self, key: &OwnerKey, record: RecordId, object: &[u8; 24], text: &Extracted) -> Result<(), IndexError> {
        let place = place(record, object);
        let plain = Zeroizing::new(value(text).to_string().into_bytes());
        let failed = |e: std::io::Error| IndexError::Engine(e.to_string());
        let mut packed = zstd::bulk::compress(&plain, LEVEL).map_err(failed)?;
        let nonce: [u8; NONCE_LEN] = crate::random::bytes();
        cipher(key, object)
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(&place), &mut packed)
            .map_err(|_| IndexError::Engine("a text is longer than AES-GCM seals".into()))?;
        let mut sealed = nonce.to_vec();
        sealed.append(&mut packed);
        self.kv.apply(vec![(place, Some(sealed))])
    }

    /// Removes the texts of a record.
    pub fn remove(&self, record: RecordId) -> Result<(), IndexError> {
        let mut gone: Vec<Change> = Vec::new();
        self.kv.range(&record.0, &after(&record.0), false, &mut |key, _| {
            gone.push((key.to_vec(), None));
            Ok(true)
        })?;
        if gone.is_empty() { Ok(()) } else { self.kv.apply(gone) }
    }

    /// Makes what was kept durable.
    pub fn flush(&self) -> Result<(), IndexError> {
        self.kv.flush()
    }

    /// The records that have a text here.
    pub fn records(&self) -> Result<Vec<RecordId>, IndexError> {
        let mut records: Vec<RecordId> = Vec::new();
        self.kv.range(&[0; 16], &[u8::MAX; 41], false, &mut |key, _| {
            let record = key.first_chunk::<16>().map(|id| RecordId(*id));
            records.extend(record.filter(|record| records.last() != Some(record)));
            Ok(true)
        })?;
        Ok(records)
    }
}

fn value(text: &Extracted) -> Value {
    let unit = |unit: &Unit| json!([unit.path.as_deref(), unit.page, unit.text]);
    let member = |m: &Member| json!([&*m.path, m.outcome.as_str(), m.reason.map(|reason| reason.as_str())]);
    json!({
        "outcome": text.outcome.as_str(), "reason": text.reason.map(|reason| reason.as_str()),
        "extractor": text.extractor, "cut": text.cut, "units": text.units.iter().map(unit).collect::<Vec<_>>(),
        "members": text.members.iter().map(member).collect::<Vec<_>>(),
    })
}

fn read(value: &Value) -> Option<Extracted> {
    let reason = |value: &Value| match value {
        Value::Null => Some(None),
        value => Some(Some(Reason::parse(value.as_str()?)?)),
    };
    // Units of one member stand together and share its path.
    let mut last: Option<Arc<str>> = None;
    let mut unit = |value: &Value| {
        let path = match value.get(0)? {
            Value::Null => None,
            path => {
                let path = path.as_str()?;
                if last.as_deref() != Some(path) {
                    last = Some(path.into());
                }
                last.clone()
            }
        };
        let page = match value.get(1)? {
            Value::Null => None,
            page => Some(u32::try_from(page.as_u64()?).ok()?),
        };
        Some(Unit { path, page, text: value.get(2)?.as_str()?.to_owned() })
    };
    let member = |value: &Value| {
        let outcome = Outcome::parse(value.get(1)?.as_str()?)?;
        Some(Member { path: value.get(0)?.as_str()?.into(), outcome, reason: reason(value.get(2)?)? })
    };
    Some(Extracted {
        outcome: Outcome::parse(value.get("outcome")?.as_str()?)?,
        reason: reason(value.get("reason")?)?,
        extractor: value.get("extractor")?.as_str()?.to_owned(),
        units: value.get("units")?.as_array()?.iter().map(&mut unit).collect::<Option<_>>()?,
        members: value.get("members")?.as_array()?.iter().map(member).collect::<Option<_>>()?,
        cut: value.get("cut")?.as_bool()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORD: RecordId = RecordId([1; 16]);
    const OBJECT: [u8; 24] = [2; 24];

    fn text() -> Extracted {
        let unit = |path: Option<&str>, page, text: &str| Unit { path: path.map(Into::into), page, text: text.into() };
        Extracted {
            units: vec![unit(None, None, "Құпия сөз"), unit(Some("a.zip/b.docx"), Some(3), "тағы")],
            members: vec![Member { path: "a.zip/c.rar".into(), outcome: Outcome::Encrypted, reason: None }],
            cut: true,
            ..Extracted::bare(Outcome::Limit, Some(Reason::Time), "example 1")
        }
    }

    #[test]
    fn a_text_opens_under_the_key_of_its_record_and_at_its_own_place_only() {
        let folder = tempfile::tempdir().unwrap();
        let (key, other) = (OwnerKey([3; 32]), OwnerKey([4; 32]));
        {
            let kept = Kept::open(folder.path()).unwrap();
            kept.put(&key, RECORD, &OBJECT, &text()).unwrap();
            kept.flush().unwrap();
        }
        let kept = Kept::open(folder.path()).unwrap();
        assert_eq!(kept.get(&key, RECORD, &OBJECT).unwrap(), Some(text()));
        assert_eq!(kept.get(&other, RECORD, &OBJECT).unwrap(), None, "the key of another record");
        let moved = place(RecordId([9; 16]), &OBJECT);
        let sealed = kept.kv.get(&place(RECORD, &OBJECT)).unwrap();
        kept.kv.apply(vec![(moved, sealed)]).unwrap();
        assert_eq!(kept.get(&key, RecordId([9; 16]), &OBJECT).unwrap(), None, "moved");
        assert_eq!(kept.records().unwrap(), [RECORD, RecordId([9; 16])]);
        kept.remove(RECORD).unwrap();
        assert_eq!(kept.get(&key, RECORD, &OBJECT).unwrap(), None);
        drop(kept);
        let raw = std::fs::read(folder.path().join("index.redb")).unwrap();
        assert!(memchr::memmem::find(&raw, "Құпия".as_bytes()).is_none(), "no text in clear");
    }
}
