//! Pages of lists by keyset: a page goes on after the last thing of the one before, whatever came in meanwhile.
//!
//! A cursor is opaque and signed, and bound to the question: one of another question, or of before a restart, is
//! refused (`SRV-004`), never answered with something else.

use super::problem::Problem;
use super::service::Service;
use crate::limits::PAGE_ROWS_MAX;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::IntoParams;

/// Things on a page when nothing is said.
pub(crate) const LIMIT: usize = 50;
/// Bytes of the signature of a cursor.
const MAC_BYTES: usize = 16;

/// Parameters of a list that is asked for nothing but its pages.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageParams {
    /// The cursor of the page before.
    #[param(max_length = 200)]
    after: Option<String>,
    /// How many on the page.
    limit: Option<u32>,
}

impl PageParams {
    /// As [`listed`] takes them.
    pub(crate) fn paging(&self) -> (Option<&str>, Option<u32>) {
        (self.after.as_deref(), self.limit)
    }
}

/// How many things are wanted on the page.
pub(crate) fn limit(wanted: Option<u32>) -> Result<usize, Problem> {
    match wanted.map_or(LIMIT, |wanted| wanted as usize) {
        limit @ 1..=PAGE_ROWS_MAX => Ok(limit),
        _ => Err(Problem::request("limit", format!("1 to {PAGE_ROWS_MAX}"))),
    }
}

/// A page as it is sent.
pub(crate) fn page(items: Vec<Value>, next: Option<String>) -> Value {
    json!({"items": items, "next": next})
}

/// Writes the place after which the next page of `question` begins.
pub(crate) fn cursor(service: &Service, question: &str, place: &[u8]) -> String {
    let mut bytes = place.to_vec();
    bytes.extend_from_slice(&mac(service, question, place));
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads what [`cursor`] wrote for the same question.
pub(crate) fn place(service: &Service, question: &str, after: &str) -> Result<Vec<u8>, Problem> {
    let wrong = || Problem::request("after", "not a cursor of this list, or the service was restarted since");
    let bytes = URL_SAFE_NO_PAD.decode(after).map_err(|_| wrong())?;
    let (place, found) = bytes.split_last_chunk::<MAC_BYTES>().ok_or_else(wrong)?;
    let wanted = mac(service, question, place);
    if constant_time_eq(&wanted, found) { Ok(place.to_vec()) } else { Err(wrong()) }
}

fn constant_time_eq(a: &[u8; MAC_BYTES], b: &[u8; MAC_BYTES]) -> bool {
    a.iter().zip(b).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}

fn mac(service: &Service, question: &str, place: &[u8]) -> [u8; MAC_BYTES] {
    let mut hasher = blake3::Hasher::new_keyed(&service.cursor_key);
    hasher.update(&(question.len() as u64).to_le_bytes());
    hasher.update(question.as_bytes());
    hasher.update(place);
    let mut mac = [0; MAC_BYTES];
    mac.copy_from_slice(&hasher.finalize().as_bytes()[..MAC_BYTES]);
    mac
}

/// The page of a list that is gathered whole: things with keys by which they stand. Only those on the page are written
/// down; one that went meanwhile is left out.
pub(crate) fn listed<T>(
    service: &Service,
    question: &str,
    (after, wanted): (Option<&str>, Option<u32>),
    mut things: Vec<(Vec<u8>, T)>,
    mut write: impl FnMut(T) -> Result<Option<Value>, Problem>,
) -> Result<Value, Problem> {
    let limit = limit(wanted)?;
    let after = after.map(|after| place(service, question, after)).transpose()?;
    things.sort_by(|(a, _), (b, _)| a.cmp(b));
    let begin = after.map_or(0, |after| things.partition_point(|(key, _)| *key <= after));
    let more = things.len() - begin > limit;
    let (mut items, mut last) = (Vec::new(), None);
    for (key, thing) in things.into_iter().skip(begin).take(limit) {
        items.extend(write(thing)?);
        last = Some(key);
    }
    let next = last.filter(|_| more).map(|key| cursor(service, question, &key));
    Ok(page(items, next))
}

/// The key by which files stand: agency, year, index, volume. No code and no index has a byte 0.
pub(crate) fn file_key((agency, year, index, volume): (&str, u16, &str, u16)) -> Vec<u8> {
    let parts = [agency.as_bytes(), &[0], &year.to_be_bytes(), index.as_bytes(), &[0], &volume.to_be_bytes()];
    parts.concat()
}
