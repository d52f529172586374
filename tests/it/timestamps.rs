//! Time-stamps beside a signature, and signing times that are only claimed.
//!
//! Goal: a claimed day shows authority only as far as the policy says, a time-stamp over the file of the signature
//! shows it beyond that, and a time-stamp over anything else shows nothing. Method: signed submissions of the bench,
//! and a small time-stamping authority made here with Ed25519.

use super::receipt::{accepted, refused};
use super::signed::{Bench, DAY_MS, Draft, at};
use base64::Engine as _;
use chrono::{DateTime, Utc};
use ed25519_dalek::{Signer as _, SigningKey};
use muragat::access;
use muragat::archive::Archive;
use muragat::model::digest::sha256;
use muragat::model::validation::CreationBasis;
use muragat::tlog::commit::SYSTEM_ACTOR;
use muragat::verify::der::{sort_set_of, tag, write};
use sha2::Digest as _;

const ED25519: &[u8] = &[0x30, 5, 6, 3, 0x2b, 0x65, 0x70];
/// id-sha256 and id-sha512 as identifiers of algorithms.
pub(super) const SHA256: &[u8] = &[0x30, 11, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1];
pub(super) const SHA512: &[u8] = &[0x30, 11, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 3];
/// 1.2.840.113549.1: pkcs; what follows stands behind it.
const PKCS: [u8; 7] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1];
const TST_INFO: &[u8] = &[9, 16, 1, 4];
const ROOT: u8 = 1;
const TSA: u8 = 2;
/// Validity of certificates, as UTCTime.
const LONG: (&str, &str) = ("200101000000Z", "400101000000Z");

fn seq(parts: &[&[u8]]) -> Vec<u8> {
    write(tag::SEQUENCE, parts)
}

fn pkcs(behind: &[u8]) -> Vec<u8> {
    write(tag::OID, &[&PKCS, behind])
}

fn key(number: u8) -> SigningKey {
    SigningKey::from_bytes(&[number; 32])
}

fn name(number: u8) -> Vec<u8> {
    let common = [b"TSA ".as_slice(), &[b'0' + number]].concat();
    seq(&[&write(tag::SET, &[&seq(&[&[6, 3, 0x55, 4, 3], &write(tag::UTF8_STRING, &[&common])])])])
}

fn time(time: DateTime<Utc>) -> Vec<u8> {
    write(tag::GENERALIZED_TIME, &[time.format("%Y%m%d%H%M%SZ").to_string().as_bytes()])
}

fn critical(id: u8, value: &[u8]) -> Vec<u8> {
    seq(&[&[6, 3, 0x55, 0x1d, id], &[1, 1, 0xff], &write(tag::OCTET_STRING, &[value])])
}

fn certificate(subject: u8, validity: (&str, &str), extensions: &[u8]) -> Vec<u8> {
    let tbs = seq(&[
        &write(tag::context(0), &[&[2, 1, 2]]),
        &[2, 1, subject],
        ED25519,
        &name(ROOT),
        &seq(&[&write(tag::UTC_TIME, &[validity.0.as_bytes()]), &write(tag::UTC_TIME, &[validity.1.as_bytes()])]),
        &name(subject),
        &seq(&[ED25519, &write(tag::BIT_STRING, &[&[0], key(subject).verifying_key().as_bytes()])]),
        &write(tag::context(3), &[&seq(&[extensions])]),
    ]);
    let value = key(ROOT).sign(&tbs).to_bytes();
    seq(&[&tbs, ED25519, &write(tag::BIT_STRING, &[&[0], &value])])
}

pub(super) fn root() -> Vec<u8> {
    certificate(ROOT, LONG, &[critical(19, &[0x30, 3, 1, 1, 0xff]), critical(15, &[3, 2, 1, 0x06])].concat())
}

/// A CRL of the root that revokes one authority.
pub(super) fn revoked(tsa: u8, since: &str, this: &str, next: &str) -> Vec<u8> {
    let utc = |time: &str| write(tag::UTC_TIME, &[time.as_bytes()]);
    let list = seq(&[&seq(&[&[2, 1, tsa], &utc(since)])]);
    let tbs = seq(&[&[2, 1, 1], ED25519, &name(ROOT), &utc(this), &utc(next), &list]);
    let value = key(ROOT).sign(&tbs).to_bytes();
    seq(&[&tbs, ED25519, &write(tag::BIT_STRING, &[&[0], &value])])
}

/// RFC 3161 §2.4.2: a token over `bytes`.
fn token(bytes: &[u8], at: DateTime<Utc>) -> Vec<u8> {
    stamp((TSA, LONG), (SHA256, &sha256(bytes).0), at)
}

/// A token of an authority with a key of its own and this validity, over a digest.
pub(super) fn stamp(
    (tsa_key, validity): (u8, (&str, &str)),
    (algorithm, digest): (&[u8], &[u8]),
    at: DateTime<Utc>,
) -> Vec<u8> {
    let tsa = certificate(tsa_key, validity, &critical(37, &seq(&[&[6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 8]])));
    let imprint = seq(&[algorithm, &write(tag::OCTET_STRING, &[digest])]);
    let info = seq(&[&[2, 1, 1], &[6, 3, 0x2a, 3, 4], &imprint, &[2, 1, 9], &time(at)]);
    let attribute = |id: &[u8], value: &[u8]| seq(&[&pkcs(id), &write(tag::SET, &[value])]);
    let reference = seq(&[&seq(&[&seq(&[&write(tag::OCTET_STRING, &[&sha256(&tsa).0])])])]);
    let mut attributes = vec![
        attribute(&[9, 3], &pkcs(TST_INFO)),
        attribute(&[9, 4], &write(tag::OCTET_STRING, &[&sha2::Sha512::digest(&info)])),
        attribute(&[9, 16, 2, 47], &reference),
    ];
    sort_set_of(&mut attributes);
    let attributes = attributes.concat();
    let value = key(tsa_key).sign(&write(tag::SET, &[&attributes])).to_bytes();
    let signer = seq(&[
        &[2, 1, 1],
        &seq(&[&name(ROOT), &[2, 1, tsa_key]]),
        SHA512,
        &write(tag::context(0), &[&attributes]),
        ED25519,
        &write(tag::OCTET_STRING, &[&value]),
    ]);
    let content = write(tag::context(0), &[&write(tag::OCTET_STRING, &[&info])]);
    let signed = seq(&[
        &[2, 1, 3],
        &write(tag::SET, &[SHA512]),
        &seq(&[&pkcs(TST_INFO), &content]),
        &write(tag::context(0), &[&tsa]),
        &write(tag::SET, &[&signer]),
    ]);
    seq(&[&pkcs(&[7, 2]), &write(tag::context(0), &[&signed])])
}

/// The term of the official ended so many days ago.
fn left(bench: &Bench, archive: &Archive, days: u64) {
    let ended = at(bench.now() - days * DAY_MS).format("%Y-%m-%d");
    let register = bench.office.trust(bench.now()).authority;
    let post = "post = \"Бөлім басшысы\"\n";
    assert!(register.contains(post));
    let register = register.replacen("version = \"1\"", "version = \"2\"", 1);
    bench.adopt(archive, &register.replacen(post, &format!("{post}to = \"{ended}\"\n"), 1));
}

/// With a policy that has this instead of that, in a version of its own.
fn policy(bench: &Bench, archive: &Archive, version: &str, changes: &[(&str, &str)]) {
    let mut policy = bench.office.trust(bench.now()).policy;
    let version = format!("version = \"{version}\"");
    for (from, to) in changes.iter().chain(&[("version = \"2026-1\"", version.as_str())]) {
        assert!(policy.contains(from), "{from}");
        policy = policy.replacen(from, to, 1);
    }
    bench.adopt(archive, &policy);
}

/// Signed by the official, who claims to have done so many days ago.
fn claimed(bench: &Bench, number: &str, days: u64) -> Draft {
    let mut draft = bench.draft(number);
    draft.signature = Some(bench.office.official.sign_detached(&draft.main, at(bench.now() - days * DAY_MS)));
    draft
}

#[test]
fn a_claimed_day_in_an_office_that_has_ended_counts_for_as_long_as_the_policy_says() {
    let bench = Bench::new();
    let archive = bench.open();
    // Who is still in office may have signed long ago.
    accepted(&bench.take(&archive, &claimed(&bench, "1", 90)));
    left(&bench, &archive, 3);
    accepted(&bench.take(&archive, &claimed(&bench, "2", 7)));
    refused(&bench.take(&archive, &claimed(&bench, "3", 8)), "SIG-020", "main.docx.p7s");
    // A day after the end is judged as it is.
    refused(&bench.take(&archive, &claimed(&bench, "4", 1)), "SIG-006", "main.docx.p7s");
    policy(&bench, &archive, "2", &[("claim_age_max_s = 604_800", "claim_age_max_s = 691_201")]);
    accepted(&bench.take(&archive, &claimed(&bench, "5", 8)));
    policy(&bench, &archive, "3", &[("claim_age_max_s = 604_800\n", "")]);
    accepted(&bench.take(&archive, &claimed(&bench, "6", 90)));
}

#[test]
fn a_time_stamp_beside_the_signature_proves_its_time_when_it_is_over_its_bytes() {
    let bench = Bench::new();
    let archive = bench.open();
    let pem = base64::engine::general_purpose::STANDARD.encode(root());
    let anchor = format!(
        "[[timestamp_anchor]]\ngeneration = \"test\"\npem = \"\"\"\n-----BEGIN CERTIFICATE-----\n{pem}\n-----END \
         CERTIFICATE-----\n\"\"\"\n\n[[signature_anchor]]"
    );
    let changes = [("[[signature_anchor]]\ngeneration = \"demo\"", anchor + "\ngeneration = \"demo\"")];
    let mut changes: Vec<(&str, &str)> = changes.iter().map(|(from, to)| (*from, to.as_str())).collect();
    changes.push(("revocation_required = true", "revocation_required = false"));
    policy(&bench, &archive, "2", &changes);
    left(&bench, &archive, 20);
    let stamped = |number: &str, over: &dyn Fn(&Draft) -> Vec<u8>, days: u64| {
        let mut draft = claimed(&bench, number, 30);
        let token = token(&over(&draft), at(bench.now() - days * DAY_MS));
        draft.more.push(("main.docx.p7s.tst".into(), "timestamp", token));
        bench.take(&archive, &draft)
    };
    let signature = |draft: &Draft| draft.signature.clone().unwrap();
    // Over the signature, when the official was in office.
    let record = accepted(&stamped("1", &signature, 29));
    let opened = access::open(&archive, record, SYSTEM_ACTOR).unwrap();
    let validation = opened.manifest().unwrap().validation.unwrap();
    assert_eq!(validation.created_basis, CreationBasis::Proven);
    assert_eq!(validation.proven.unwrap(), at((bench.now() - 29 * DAY_MS) / 1000 * 1000));
    // Over it, after the term; over the document only; over a signature with one bit changed.
    refused(&stamped("2", &signature, 10), "SIG-006", "main.docx.p7s");
    refused(&stamped("3", &|draft| draft.main.clone(), 29), "SIG-020", "main.docx.p7s");
    let changed = |draft: &Draft| {
        let mut bytes = signature(draft);
        *bytes.last_mut().unwrap() ^= 1;
        bytes
    };
    refused(&stamped("4", &changed, 29), "SIG-020", "main.docx.p7s");
}
