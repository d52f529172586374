//! Evidence records (RFC 4998): what is proven, and that nothing else is.
//!
//! Goal: every leaf of every tree is proven and no other digest is; renewals carry a proof over the end of certificates
//! and of digest algorithms; whatever is changed, left out, out of order or too late is found, and what is unknown is
//! never passed. Method: an authority made here with Ed25519, so that tokens can be of any time; and one of
//! `openssl ts` for the command and for the verifiers that are not ours (`tools/ers`).

use super::cli_json::Bench;
use super::timestamps::{SHA256, SHA512, revoked, root, stamp};
use chrono::{DateTime, Utc};
use muragat::error::Exit;
use muragat::model::digest::DigestWriter;
use muragat::verify::alg::DigestAlgorithm::{self, Sha256, Sha512};
use muragat::verify::certificate::Certificate;
use muragat::verify::der::{tag, write};
use muragat::verify::evidence::check::{ObjectDigests, Question, algorithms, verify};
use muragat::verify::evidence::record::{
    ArchiveTimeStamp, ArchiveTimeStampChain, DigestIdentifier, EvidenceRecord, hash_tree_renewal_digest, sequence_der,
};
use muragat::verify::evidence::report::{EvidenceReport, Kind, Unprotected};
use muragat::verify::evidence::tree::{HashTree, Lists, group_hash};
use muragat::verify::material::Material;
use muragat::verify::policy::Policy;
use muragat::verify::validation::Caches;
use muragat::verify::verdict::{Indication, SubIndication};
use serde_json::json;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

/// An authority whose certificate ends in 2030, and one that follows it.
const OLD: (u8, (&str, &str)) = (3, ("240101000000Z", "300101000000Z"));
const YOUNG: (u8, (&str, &str)) = (4, ("280101000000Z", "390101000000Z"));

fn day(text: &str) -> DateTime<Utc> {
    format!("{text}T00:00:00Z").parse().unwrap()
}

fn token(tsa: (u8, (&str, &str)), algorithm: DigestAlgorithm, digest: &[u8], at: &str) -> Vec<u8> {
    let identifier = if algorithm == Sha512 { SHA512 } else { SHA256 };
    stamp(tsa, (identifier, digest), day(at))
}

/// Trusts the root, and asks for no revocation data.
fn policy() -> Policy {
    let root = Arc::new(Certificate::parse(&root()).unwrap());
    let mut policy = Policy::built_in().with_anchors(&[], &[root]);
    policy.timestamp.revocation_required = false;
    policy
}

fn object(name: &str) -> ObjectDigests {
    let mut writer = DigestWriter::default();
    writer.update(name.as_bytes());
    ObjectDigests::new(name, &writer.finish())
}

fn digest(object: &ObjectDigests, algorithm: DigestAlgorithm) -> Vec<u8> {
    object.digests.iter().find(|(known, _)| *known == algorithm).unwrap().1.clone()
}

fn chain(timestamps: Vec<ArchiveTimeStamp>) -> ArchiveTimeStampChain {
    ArchiveTimeStampChain { timestamps }
}

/// One time-stamp over this.
fn record(algorithm: DigestAlgorithm, lists: Lists, token: Vec<u8>) -> EvidenceRecord {
    EvidenceRecord::new(&[algorithm], vec![chain(vec![ArchiveTimeStamp::new(lists, token)])])
}

/// What is asked, with what most tests leave as it is.
struct Asked {
    policy: Policy,
    material: Material,
    at: &'static str,
    exactly: bool,
}

impl Default for Asked {
    fn default() -> Self {
        Self { policy: policy(), material: Material::new(), at: "2027-01-01", exactly: false }
    }
}

impl Asked {
    /// Asks about a record as others get it: as bytes.
    fn of(&self, record: &EvidenceRecord, objects: &[ObjectDigests]) -> EvidenceReport {
        let read = EvidenceRecord::read(&record.to_der()).unwrap();
        assert_eq!(read, *record);
        verify(&Question {
            record: &read,
            objects,
            exactly: self.exactly,
            material: &self.material,
            policy: &self.policy,
            at: day(self.at),
            poe: &[],
            caches: &Caches::default(),
        })
    }
}

fn at(at: &'static str) -> Asked {
    Asked { at, ..Asked::default() }
}

#[track_caller]
fn says(report: &EvidenceReport, indication: Indication, sub: Option<SubIndication>) {
    assert_eq!((report.conclusion.indication, report.conclusion.sub_indication), (indication, sub), "{report:#?}");
    assert_eq!(report.proven_since.is_some(), indication == Indication::Passed);
}

#[track_caller]
fn proven(report: &EvidenceReport, since: &str) {
    says(report, Indication::Passed, None);
    assert_eq!(report.proven_since, Some(day(since)));
}

#[track_caller]
fn failed(report: &EvidenceReport, sub: SubIndication) {
    says(report, Indication::Failed, Some(sub));
}

#[track_caller]
fn open(report: &EvidenceReport, sub: SubIndication) {
    says(report, Indication::Indeterminate, Some(sub));
}

#[test]
fn every_leaf_of_trees_of_1_to_40_is_proven_and_no_other_digest() {
    let other = object("other");
    for count in 1..=40 {
        let objects: Vec<_> = (0..count).map(|i| object(&format!("{i} of {count}"))).collect();
        let leaves: Vec<_> = objects.iter().map(|object| digest(object, Sha256)).collect();
        let tree = HashTree::build(Sha256, &leaves).unwrap();
        let token = token(OLD, Sha256, tree.root(), "2026-01-01");
        for (index, own) in objects.iter().enumerate() {
            let lists = [tree.lists(index).unwrap(), tree.group_lists(index, &leaves[index..=index]).unwrap()];
            for lists in lists {
                let record = record(Sha256, lists, token.clone());
                proven(&Asked::default().of(&record, std::slice::from_ref(own)), "2026-01-01");
                failed(&Asked::default().of(&record, std::slice::from_ref(&other)), SubIndication::HashFailure);
                open(&Asked::default().of(&record, &[]), SubIndication::SignedDataNotFound);
            }
        }
    }
}

/// A group of three in a tree of five, with its stub.
fn group() -> (Vec<ObjectDigests>, ObjectDigests, EvidenceRecord, EvidenceRecord) {
    let members = ["letter", "annex", "salt"].map(object).to_vec();
    let of = |algorithm| members.iter().map(|member| digest(member, algorithm)).collect::<Vec<_>>();
    let g = group_hash(Sha256, &of(Sha256));
    let mut leaves = vec![g.clone()];
    leaves.extend((0..4).map(|i| digest(&object(&i.to_string()), Sha256)));
    let tree = HashTree::build(Sha256, &leaves).unwrap();
    let token = token(OLD, Sha256, tree.root(), "2026-01-01");
    let whole = record(Sha256, tree.group_lists(0, &of(Sha256)).unwrap(), token.clone());
    let stub = record(Sha256, tree.lists(0).unwrap(), token);
    let g =
        ObjectDigests { name: "g".to_owned(), digests: vec![(Sha256, g), (Sha512, group_hash(Sha512, &of(Sha512)))] };
    (members, g, whole, stub)
}

#[test]
fn a_group_is_proven_with_members_gone_and_exactly_only_when_whole() {
    let (members, g, whole, stub) = group();
    let exactly = Asked { exactly: true, ..Asked::default() };
    for asked in [&Asked::default(), &exactly] {
        let report = asked.of(&whole, &members);
        proven(&report, "2026-01-01");
        assert_eq!((report.other_digests, report.objects.iter().all(|object| object.found)), (0, true));
        let more = [members.clone(), vec![object("smuggled in")]].concat();
        let report = asked.of(&whole, &more);
        failed(&report, SubIndication::HashFailure);
        let found: Vec<bool> = report.objects.iter().map(|object| object.found).collect();
        assert_eq!(found, [true, true, true, false]);
    }
    let report = Asked::default().of(&whole, &members[1..]);
    proven(&report, "2026-01-01");
    assert_eq!(report.other_digests, 1);
    open(&exactly.of(&whole, &members[1..]), SubIndication::SignedDataNotFound);

    // After destruction: what was committed to as g existed, and of the content nothing is said.
    proven(&Asked::default().of(&stub, std::slice::from_ref(&g)), "2026-01-01");
    failed(&Asked::default().of(&stub, &members), SubIndication::HashFailure);
    failed(&Asked::default().of(&whole, &[g]), SubIndication::HashFailure);
}

/// The record of the group, renewed by time-stamp in 2029 and by hash tree in 2032, and renewed again in 2036.
fn renewed() -> (Vec<ObjectDigests>, EvidenceRecord) {
    let (members, _, mut record, _) = group();
    let first = record.chains[0].timestamps[0].clone();
    record.chains[0].timestamps.push(after(&first, Sha256, YOUNG, "2029-06-01"));
    renew_tree(&mut record, &members, "2032-01-01");
    let last = record.chains[1].timestamps[0].clone();
    record.chains[1].timestamps.push(after(&last, Sha512, YOUNG, "2036-01-01"));
    (members, record)
}

/// A time-stamp renewal, in a tree with that of another record.
fn after(last: &ArchiveTimeStamp, algorithm: DigestAlgorithm, tsa: (u8, (&str, &str)), at: &str) -> ArchiveTimeStamp {
    let leaves = [last.renewal_digest(algorithm), algorithm.digest(b"of another record")];
    let tree = HashTree::build(algorithm, &leaves).unwrap();
    ArchiveTimeStamp::new(tree.lists(0).unwrap(), token(tsa, algorithm, tree.root(), at))
}

/// A hash-tree renewal to SHA-512, in a tree with another record.
fn renew_tree(record: &mut EvidenceRecord, members: &[ObjectDigests], at: &str) {
    let members: Vec<_> = members
        .iter()
        .map(|member| hash_tree_renewal_digest(Sha512, &digest(member, Sha512), &record.chains))
        .collect();
    renew_tree_over(record, &members, at);
}

fn renew_tree_over(record: &mut EvidenceRecord, members: &[Vec<u8>], at: &str) {
    let tree = HashTree::build(Sha512, &[group_hash(Sha512, members), Sha512.digest(b"another")]).unwrap();
    let token = token(YOUNG, Sha512, tree.root(), at);
    record.digest_algorithms.push(DigestIdentifier::of(Sha512));
    record.chains.push(chain(vec![ArchiveTimeStamp::new(tree.group_lists(0, members).unwrap(), token)]));
}

#[test]
fn renewals_carry_a_proof_over_the_end_of_certificates_and_algorithms() {
    let (members, record) = renewed();
    let mut asked = at("2038-01-01");
    let report = asked.of(&record, &members);
    proven(&report, "2026-01-01");
    let kinds: Vec<Kind> = report.timestamps.iter().map(|stamp| stamp.kind).collect();
    let renewal = Kind::TimestampRenewal;
    assert_eq!(kinds, [Kind::Initial, renewal, Kind::HashTreeRenewal, renewal]);
    let validated: Vec<_> = report.timestamps.iter().map(|stamp| stamp.validated_at.unwrap()).collect();
    assert_eq!(validated, ["2029-06-01", "2032-01-01", "2036-01-01", "2038-01-01"].map(day));
    assert!(report.timestamps.iter().all(|stamp| stamp.authority().starts_with("CN=TSA ")));
    assert_eq!(algorithms(&record), [Sha256, Sha512]);

    // SHA-256 ends after the hash-tree renewal; one day earlier it is too late.
    let ends = |policy: &mut Policy, when| {
        policy.algorithms.iter_mut().find(|rule| rule.name == "SHA-256").unwrap().until = Some(day(when));
    };
    ends(&mut asked.policy, "2032-01-02");
    proven(&asked.of(&record, &members), "2026-01-01");
    ends(&mut asked.policy, "2031-12-31");
    let report = asked.of(&record, &members);
    open(&report, SubIndication::CryptoConstraintsFailureNoPoe);
    assert!(report.conclusion.detail.contains("chain 1, time-stamp 2"), "{}", report.conclusion);

    // Without the renewals the same record is over.
    let mut first = record.clone();
    first.chains.truncate(1);
    first.chains[0].timestamps.truncate(1);
    open(&at("2031-01-01").of(&first, &members), SubIndication::OutOfBoundsNoPoe);
    proven(&at("2029-12-31").of(&first, &members), "2026-01-01");
    // As of a time before a renewal, that renewal is not there yet.
    open(&at("2028-01-01").of(&record, &members), SubIndication::TimestampOrderFailure);
    // A member that is gone at the renewal stays proven by the others alone.
    proven(&at("2038-01-01").of(&record, &members[..1]), "2026-01-01");
}

#[test]
fn a_renewal_after_the_certificate_expired_is_too_late() {
    let (members, _, mut record, _) = group();
    let first = record.chains[0].timestamps[0].clone();
    record.chains[0].timestamps.push(after(&first, Sha256, YOUNG, "2030-01-02"));
    open(&at("2031-01-01").of(&record, &members), SubIndication::OutOfBoundsNoPoe);
}

/// A record of one object, and the digest of its chains.
fn single(name: &str) -> (ObjectDigests, EvidenceRecord, Vec<u8>) {
    let own = object(name);
    let record = record(Sha256, Lists::new(), token(OLD, Sha256, &digest(&own, Sha256), "2026-01-01"));
    let ha = Sha512.digest(&sequence_der(&record.chains));
    (own, record, ha)
}

/// RFC 4998 §5.2 by position: BouncyCastle 1.72 reads it so too.
#[test]
fn a_hash_tree_renewal_is_over_digest_and_chains_in_this_order() {
    type Way = fn(&[u8], &[u8]) -> Vec<u8>;
    let ways: [Way; 4] = [
        |h, ha| [h, ha].concat(),
        |h, ha| [ha, h].concat(),
        |h, ha| if h < ha { [h, ha].concat() } else { [ha, h].concat() },
        |h, _| h.to_vec(),
    ];
    // Where the digest is the smaller one, sorting changes nothing.
    let mut names = (0..100).map(|number| number.to_string());
    let name = names.find(|name| {
        let (own, _, ha) = single(name);
        digest(&own, Sha512) > ha
    });
    for (number, way) in ways.into_iter().enumerate() {
        let (own, mut record, ha) = single(name.as_ref().unwrap());
        renew_tree_over(&mut record, &[Sha512.digest(&way(&digest(&own, Sha512), &ha))], "2029-01-01");
        let report = at("2031-01-01").of(&record, &[own]);
        match number {
            0 => proven(&report, "2026-01-01"),
            _ => failed(&report, SubIndication::HashFailure),
        }
    }
}

#[test]
fn what_is_missing_exchanged_or_out_of_order_is_found() {
    let (members, whole) = renewed();
    let asked = at("2038-01-01");
    let change = |change: &dyn Fn(&mut EvidenceRecord)| {
        let mut record = whole.clone();
        change(&mut record);
        asked.of(&record, &members)
    };
    let hash = SubIndication::HashFailure;
    // A token in the middle, or a whole chain, is missing.
    failed(&change(&|r| drop(r.chains[0].timestamps.remove(0))), hash);
    failed(&change(&|r| drop(r.chains[0].timestamps.remove(1))), hash);
    failed(&change(&|r| drop(r.chains[1].timestamps.remove(0))), hash);
    failed(&change(&|r| drop(r.chains.remove(0))), hash);
    failed(&change(&|r| r.chains.swap(0, 1)), hash);
    failed(&change(&|r| r.chains[0].timestamps.swap(0, 1)), hash);
    failed(&change(&|r| r.chains[1].timestamps.insert(0, whole.chains[0].timestamps[1].clone())), hash);
    // Tokens over other data, also where only the middle one is: a verifier that looks at the last alone passes them.
    for (chain, index) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
        let algorithm = [Sha256, Sha512][chain];
        let other = token(YOUNG, algorithm, &algorithm.digest(b"other"), "2029-01-01");
        failed(&change(&|r| r.chains[chain].timestamps[index].token = other.clone()), hash);
    }
    // The middle token does not verify; all digests above it are made to fit.
    let mut record = whole.clone();
    let broken = &mut record.chains[0].timestamps[1];
    *broken.token.last_mut().unwrap() ^= 1;
    record.chains.truncate(1);
    renew_tree(&mut record, &members, "2032-01-01");
    let report = asked.of(&record, &members);
    failed(&report, SubIndication::SigCryptoFailure);
    assert!(report.timestamps[2].conclusion.is_passed(), "the newest is in order");

    let format = SubIndication::FormatFailure;
    failed(&change(&|r| drop(r.digest_algorithms.remove(1))), format);
    failed(&change(&|r| r.chains[0].timestamps[0].lists.as_mut().unwrap().push(Vec::new())), format);
    failed(&change(&|r| r.chains[0].timestamps[0].lists = Some(Vec::new())), format);
    failed(&change(&|r| r.chains[0].timestamps[0].token = write(tag::SEQUENCE, &[])), format);
    let short = vec![1; 31];
    failed(&change(&|r| r.chains[0].timestamps[0].lists.as_mut().unwrap()[1].push(short.clone())), format);
    // Another algorithm in the same chain.
    let mut record = whole.clone();
    let last = record.chains[1].timestamps[0].clone();
    record.chains[1].timestamps[1] = after(&last, Sha256, YOUNG, "2036-01-01");
    failed(&asked.of(&record, &members), format);
    // Times that run backwards under digests that fit.
    let mut record = whole.clone();
    record.chains[1].timestamps[1] = after(&last, Sha512, YOUNG, "2031-12-31");
    open(&asked.of(&record, &members), SubIndication::TimestampOrderFailure);
}

#[test]
fn what_is_not_known_is_never_passed() {
    let (members, whole) = renewed();
    let unknown = Asked { policy: Policy::built_in(), ..at("2038-01-01") };
    open(&unknown.of(&whole, &members), SubIndication::NoCertificateChainFound);
    let mut strict = at("2038-01-01");
    strict.policy.timestamp.revocation_required = true;
    open(&strict.of(&whole, &members), SubIndication::TryLater);

    let asked = at("2038-01-01");
    let mut few = members.clone();
    few[0].digests.truncate(1);
    open(&asked.of(&whole, &few), SubIndication::SignedDataNotFound);
    let mut encrypted = whole.clone();
    let method = write(tag::SEQUENCE, &[&[6, 3, 0x2a, 3, 4]]);
    encrypted.encryption_info = Some(write(tag::context(1), &[&method]));
    open(&asked.of(&encrypted, &members), SubIndication::SigConstraintsFailure);
    // A tree under an imprint of another algorithm is not made by the rules that are read here.
    let mut mixed = whole.clone();
    mixed.chains[0].timestamps[0].digest_algorithm = Some(DigestIdentifier::of(Sha512));
    assert!(!asked.of(&mixed, &members).conclusion.is_passed());
    // What others write: the digest algorithm by itself, attributes, cryptoInfos.
    let (members, _, mut others, _) = group();
    others.chains[0].timestamps[0].digest_algorithm = Some(DigestIdentifier::of(Sha256));
    others.chains[0].timestamps[0].attributes = Some(write(tag::context(1), &[&method]));
    others.crypto_infos = Some(write(tag::context(0), &[&method]));
    let report = Asked::default().of(&others, &members);
    proven(&report, "2026-01-01");
    assert!(report.unprotected.contains(&Unprotected::CryptoInfos));
    assert!(report.unprotected.contains(&Unprotected::Attributes));
}

/// What became known later: the authority's key was lost before the renewal proved the token.
#[test]
fn a_revocation_that_is_older_than_the_renewal_counts_although_it_is_known_later() {
    let (members, record) = renewed();
    for (since, is_proven) in [("290531000000Z", false), ("290602000000Z", true)] {
        let mut asked = at("2038-01-01");
        asked.material.add_file(&revoked(OLD.0, since, "371231000000Z", "380301000000Z")).unwrap();
        let report = asked.of(&record, &members);
        match is_proven {
            true => proven(&report, "2026-01-01"),
            false => open(&report, SubIndication::RevokedNoPoe),
        }
    }
}

#[test]
fn revocation_data_of_the_renewal_or_of_today_are_wanted_where_the_policy_wants_them() {
    let crl = |this: &str, next: &str| revoked(9, "250101000000Z", this, next);
    let asked = |at, crls: &[Vec<u8>]| {
        let mut asked = Asked { at, ..Asked::default() };
        asked.policy.timestamp.revocation_required = true;
        crls.iter().for_each(|crl| drop(asked.material.add_file(crl).unwrap()));
        asked
    };
    // The certificate of the first token has expired: only data of the time of the renewal speak of it.
    let (members, _, mut record, _) = group();
    let first = record.chains[0].timestamps[0].clone();
    record.chains[0].timestamps.push(after(&first, Sha256, YOUNG, "2029-06-01"));
    let (then, today) = (crl("290531000000Z", "290630000000Z"), crl("310601000000Z", "310701000000Z"));
    let report = asked("2031-06-15", &[then.clone(), today.clone()]).of(&record, &members);
    proven(&report, "2026-01-01");
    assert_eq!(report.timestamps[0].validated_at, Some(day("2029-06-01")));
    open(&asked("2031-06-15", &[then]).of(&record, &members), SubIndication::TryLater);
    assert!(!asked("2031-06-15", std::slice::from_ref(&today)).of(&record, &members).conclusion.is_passed());

    // It has not: data of today say that it was never revoked.
    let own = object("letter");
    let token = token(YOUNG, Sha256, &digest(&own, Sha256), "2029-01-01");
    let mut record = self::record(Sha256, Lists::new(), token);
    let first = record.chains[0].timestamps[0].clone();
    record.chains[0].timestamps.push(after(&first, Sha256, YOUNG, "2030-01-01"));
    let report = asked("2031-06-15", &[today]).of(&record, &[own]);
    proven(&report, "2029-01-01");
    assert_eq!(report.timestamps[0].validated_at, Some(day("2031-06-15")));
}

/// The places at which a change may pass: parts that no digest and no signature covers, which the report names.
#[test]
fn every_changed_byte_is_found_or_named_irrelevant() {
    let (members, mut record) = renewed();
    record.crypto_infos = Some(write(tag::context(0), &[&write(tag::SEQUENCE, &[&[6, 3, 0x2a, 3, 4]])]));
    let der = record.to_der();
    let asked = at("2038-01-01");
    let named = asked.of(&record, &members).unprotected;
    assert_eq!(named, [Unprotected::CryptoInfos, Unprotected::NewestToken]);
    let place = |part: &[u8]| der.windows(part.len()).rposition(|window| window == part).unwrap();
    let crypto_infos = record.crypto_infos.as_ref().unwrap();
    let crypto_infos = place(crypto_infos)..place(crypto_infos) + crypto_infos.len();
    let newest = &record.chains[1].timestamps[1].token;
    let newest = place(newest)..place(newest) + newest.len();
    let (mut passed, mut tried) = (0, 0);
    for index in (0..der.len()).filter(|index| index % 5 == 0 || crypto_infos.contains(index)) {
        let mut changed = der.clone();
        changed[index] ^= 1 << (index % 8);
        tried += 1;
        let Ok(read) = EvidenceRecord::read(&changed) else { continue };
        if asked.of(&read, &members).conclusion.is_passed() {
            passed += 1;
            assert!(crypto_infos.contains(&index) || newest.contains(&index), "byte {index} of {}", der.len());
        }
    }
    assert!(tried > 500 && passed > 0 && passed < tried / 20, "{passed} of {tried}");
}

/// Runs openssl in a folder; none when it is not here.
fn openssl(folder: &Path, arguments: &str) -> Option<()> {
    match Command::new("openssl").args(arguments.split(' ')).current_dir(folder).output() {
        Ok(output) => {
            assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
            Some(())
        }
        Err(e) => {
            eprintln!("skipped: openssl: {e}");
            None
        }
    }
}

const OPENSSL: &str = "\
[ca]
default_ca = own
[own]
database = index
crlnumber = number
default_md = sha256
default_crl_days = 30
[dn]
[req]
distinguished_name = dn
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
[tsa]
extendedKeyUsage = critical,timeStamping
keyUsage = critical,digitalSignature
[ts]
serial = serial
default_policy = 1.2.3.4
signer_digest = sha256
digests = sha256,sha512
ess_cert_id_alg = sha256
";

/// An authority by `openssl ts`: `root.pem`, `root.crl`, `tsa.pem`. None when openssl is not here.
fn authority(folder: &Path) -> Option<()> {
    fs::write(folder.join("ts.cnf"), OPENSSL).unwrap();
    fs::write(folder.join("index"), "").unwrap();
    fs::write(folder.join("number"), "01\n").unwrap();
    for made in [
        "req -x509 -config ts.cnf -extensions root -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout root.key \
         -out root.pem -days 3650 -subj /CN=Root",
        "req -config ts.cnf -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout tsa.key -out tsa.csr \
         -subj /CN=Authority",
        "x509 -req -in tsa.csr -CA root.pem -CAkey root.key -CAcreateserial -extfile ts.cnf -extensions tsa -days 1825 \
         -out tsa.pem",
        "ca -gencrl -config ts.cnf -cert root.pem -keyfile root.key -out root.crl",
    ] {
        openssl(folder, made)?;
    }
    Some(())
}

/// A token by `openssl ts`.
fn stamped(folder: &Path, algorithm: DigestAlgorithm, digest: &[u8]) -> Vec<u8> {
    let name = if algorithm == Sha512 { "sha512" } else { "sha256" };
    let query = format!("ts -query -digest {} -{name} -cert -no_nonce -out query", hex::encode(digest));
    openssl(folder, &query).unwrap();
    let reply = "ts -reply -config ts.cnf -section ts -queryfile query -signer tsa.pem -inkey tsa.key -token_out -out";
    openssl(folder, &format!("{reply} token")).unwrap();
    fs::read(folder.join("token")).unwrap()
}

/// Samples for verifiers that are not ours, in the folder: what `tools/ers` reads.
struct Samples<'a> {
    folder: &'a Path,
    /// Lines of `records.tsv`: what is wanted, the record, the files of the group or `SHA-256:HEX`.
    records: String,
    /// Lines of `tokens.tsv`: a token and the digest that it is over.
    tokens: String,
}

impl Samples<'_> {
    fn file(&self, name: &str, content: &[u8]) {
        fs::write(self.folder.join(name), content).unwrap();
    }

    fn record(&mut self, name: &str, record: &EvidenceRecord) {
        self.file(name, &record.to_der());
        for (chain, index, stamp) in record.timestamps() {
            let token = format!("{name}.{chain}.{index}.tst");
            self.file(&token, &stamp.token);
            let read = muragat::verify::timestamp::TimestampToken::read(&stamp.token).unwrap();
            writeln!(self.tokens, "{token}\t{}", hex::encode(&read.info.imprint)).unwrap();
        }
    }

    fn wanted(&mut self, wanted: &str, record: &str, data: &[&str]) {
        writeln!(self.records, "{wanted}\t{record}\t{}", data.join("\t")).unwrap();
    }
}

const TRUSTED: [&str; 4] = ["--tsa-anchors", "root.pem", "--material", "root.crl"];

fn ask<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["verify", "group.ers"], more, &TRUSTED].concat()
}

/// Makes records over tokens of `openssl ts`, asks the command about them, and leaves them for `tools/ers/run` in
/// `MURAGAT_ERS_SAMPLES`, when that is set.
#[test]
fn records_over_tokens_of_openssl_verify_by_the_command() {
    let bench = Bench::empty();
    let folder = bench.path("");
    if authority(&folder).is_none() {
        return;
    }
    let files = ["letter", "annex", "salt", "alone", "other"];
    for file in files {
        fs::write(folder.join(file), file).unwrap();
    }
    let objects = files.map(object);
    let of = |range: std::ops::Range<usize>, algorithm| -> Vec<Vec<u8>> {
        objects[range].iter().map(|object| digest(object, algorithm)).collect()
    };
    let (group, alone) = (of(0..3, Sha256), digest(&objects[3], Sha256));
    let g = group_hash(Sha256, &group);
    let leaves = [g.clone(), alone.clone(), Sha256.digest(b"1"), Sha256.digest(b"2"), Sha256.digest(b"3")];
    let tree = HashTree::build(Sha256, &leaves).unwrap();
    let token = stamped(&folder, Sha256, tree.root());
    let mut samples = Samples { folder: &folder, records: String::new(), tokens: String::new() };

    samples.record("group.ers", &record(Sha256, tree.group_lists(0, &group).unwrap(), token.clone()));
    samples.wanted("present", "group.ers", &["letter", "annex", "salt"]);
    samples.wanted("present", "group.ers", &["annex"]);
    samples.wanted("absent", "group.ers", &["other"]);
    samples.wanted("absent", "group.ers", &["letter", "annex", "other"]);
    samples.record("stub.ers", &record(Sha256, tree.lists(0).unwrap(), token.clone()));
    let bare = format!("SHA-256:{}", hex::encode(&g));
    samples.wanted("present", "stub.ers", &[&bare]);
    samples.wanted("absent", "stub.ers", &["letter"]);
    for (name, lists) in [
        ("alone.ers", tree.lists(1).unwrap()),
        ("alone-list.ers", tree.group_lists(1, std::slice::from_ref(&alone)).unwrap()),
    ] {
        samples.record(name, &record(Sha256, lists, token.clone()));
        samples.wanted("present", name, &["alone"]);
        samples.wanted("absent", name, &["other"]);
    }
    let only = HashTree::build(Sha256, std::slice::from_ref(&alone)).unwrap();
    let own = stamped(&folder, Sha256, only.root());
    samples.record("only.ers", &record(Sha256, only.lists(0).unwrap(), own));
    samples.wanted("present", "only.ers", &["alone"]);
    samples.wanted("absent", "only.ers", &["other"]);

    // A time-stamp renewal, and a hash-tree renewal after it.
    let mut renewed = record(Sha256, tree.group_lists(0, &group).unwrap(), token);
    let over = [renewed.chains[0].timestamps[0].renewal_digest(Sha256), Sha256.digest(b"4")];
    let second = HashTree::build(Sha256, &over).unwrap();
    let second_token = stamped(&folder, Sha256, second.root());
    renewed.chains[0].timestamps.push(ArchiveTimeStamp::new(second.lists(0).unwrap(), second_token));
    samples.record("renewed.ers", &renewed);
    samples.wanted("present", "renewed.ers", &["letter", "annex", "salt"]);
    // Joined the other way round, which RFC 4998 §5.2 does not mean.
    let ha = Sha512.digest(&sequence_der(&renewed.chains));
    let mut reversed = renewed.clone();
    let values: Vec<_> = of(0..3, Sha512).iter().map(|h| Sha512.digest(&[ha.as_slice(), h].concat())).collect();
    let token = stamped(&folder, Sha512, &group_hash(Sha512, &values));
    reversed.digest_algorithms.push(DigestIdentifier::of(Sha512));
    reversed.chains.push(chain(vec![ArchiveTimeStamp::new(vec![values], token)]));
    samples.record("reversed.ers", &reversed);
    samples.wanted("absent", "reversed.ers", &["letter", "annex", "salt"]);
    let members: Vec<_> =
        of(0..3, Sha512).iter().map(|h| hash_tree_renewal_digest(Sha512, h, &renewed.chains)).collect();
    let third = HashTree::build(Sha512, &[Sha512.digest(b"5"), group_hash(Sha512, &members)]).unwrap();
    let third_token = stamped(&folder, Sha512, third.root());
    renewed.digest_algorithms.push(DigestIdentifier::of(Sha512));
    renewed.chains.push(chain(vec![ArchiveTimeStamp::new(third.group_lists(1, &members).unwrap(), third_token)]));
    samples.record("rehashed.ers", &renewed);
    samples.wanted("present", "rehashed.ers", &["letter", "annex", "salt"]);
    samples.wanted("absent", "rehashed.ers", &["letter", "annex", "other"]);

    let (records, tokens) = (samples.records, samples.tokens);
    for line in records.lines() {
        let mut fields = line.split('\t');
        let (wanted, file) = (fields.next().unwrap(), fields.next().unwrap());
        let mut arguments = vec!["verify", file];
        for data in fields {
            arguments.extend([if data.contains(':') { "--digest" } else { "--content" }, data]);
        }
        let (exit, status) = if wanted == "present" { (Exit::Ok, "verified") } else { (Exit::Integrity, "failed") };
        let row = bench.line(&[arguments.as_slice(), &TRUSTED].concat(), exit, "verify-row");
        assert_eq!((&row["kind"], &row["status"]), (&json!("evidence-record"), &json!(status)), "{line}");
        assert_eq!(row["evidence"]["proven_since"].is_string(), wanted == "present");
        if wanted == "present" {
            let row = bench.line(&arguments, Exit::Incomplete, "verify-row");
            let sub = &row["evidence"]["conclusion"]["sub_indication"];
            assert_eq!(sub, "NO_CERTIFICATE_CHAIN_FOUND", "no anchor, no proof: {line}");
        }
    }
    bench.line(&ask(&[]), Exit::Incomplete, "verify-row");
    let whole = ["--content", "letter", "--content", "annex", "--content", "salt", "--exactly"];
    bench.line(&ask(&whole), Exit::Ok, "verify-row");
    bench.line(&ask(&[&whole[..4], &["--exactly"]].concat()), Exit::Incomplete, "verify-row");
    bench.line(&ask(&["--content", "nosuch"]), Exit::NotFound, "error");
    fs::write(folder.join("cut.ers"), &fs::read(folder.join("group.ers")).unwrap()[..200]).unwrap();
    let row = bench.line(&["verify", "cut.ers", "--content", "letter"], Exit::Integrity, "verify-row");
    assert!(row["evidence"].is_null());
    for (lang, words, part) in [
        ("kk", "бері өзгермегені дәлелденді", "ең жаңа белгінің"),
        ("ru", "Доказано", "неподписанные части"),
        ("en", "proven to be unchanged", "unsigned parts"),
    ] {
        let said = bench.run(&[&ask(&whole), ["--lang", lang].as_slice()].concat()).exits(Exit::Ok).stdout;
        assert!(said.contains(words) && said.contains(part), "{said}");
    }
    fs::write(folder.join("empty.ers"), "").unwrap();
    assert_eq!(bench.line(&["verify", "empty.ers"], Exit::Refused, "verify-row")["detail"], "the file is empty");
    let said = bench.run(&["verify", "empty.ers", "--lang", "en"]).exits(Exit::Refused).stdout;
    assert!(said.contains("The file is empty."), "{said}");
    // As of a time before the authority had its certificate, the token was not there: nothing contradicts it.
    let early = [&whole[..], &["--as-of", "2020-01-01"]].concat();
    let row = bench.line(&ask(&early), Exit::Incomplete, "verify-row");
    assert!(row["detail"].as_str().unwrap().contains("TIMESTAMP_ORDER_FAILURE"), "{row}");

    if let Some(kept) = std::env::var_os("MURAGAT_ERS_SAMPLES") {
        fs::write(folder.join("records.tsv"), records).unwrap();
        fs::write(folder.join("tokens.tsv"), tokens).unwrap();
        fs::create_dir_all(&kept).unwrap();
        for entry in fs::read_dir(&folder).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_file() && entry.path().extension().is_none_or(|end| end != "key") {
                fs::copy(entry.path(), Path::new(&kept).join(entry.file_name())).unwrap();
            }
        }
    }
}
