//! Paths over certificates that are made on the spot: what PKITS does not ask, and what an attacker would.
//!
//! Every accepted path has its near miss beside it. PKITS itself is `tests/it/pkits.rs`.

use super::made::{
    Made, alt_names, basic, extended_key_usage, extension, general, key_usage, mappings, name_constraints, policies,
    policy,
};
use super::*;
use crate::verify::alg::AlgorithmError;
use crate::verify::certificate::KeyUsage;
use crate::verify::der::{tag, write};
use crate::verify::limits::{NAME_COMPARISONS_MAX, PATH_CERTIFICATES_MAX, PATH_SIGNATURES_MAX, POLICY_NODES_MAX};

const ROOT: (&str, u8) = ("Root", 1);
const CA: (&str, u8) = ("CA", 2);
const LEAF: (&str, u8) = ("Leaf", 3);

fn root() -> Arc<Certificate> {
    Made::ca(ROOT, ROOT).certificate()
}

/// A question with usual answers to what it leaves open.
struct Asked<'a> {
    at: Option<&'a str>,
    policies: PolicyInputs,
    purpose: Purpose<'a>,
    cache: SignatureCache,
}

impl Default for Asked<'_> {
    fn default() -> Self {
        Self {
            at: Some("2025-01-01T00:00:00Z"),
            policies: PolicyInputs::default(),
            purpose: Purpose::Any,
            cache: SignatureCache::default(),
        }
    }
}

impl Asked<'_> {
    fn build(&self, leaf: &Arc<Certificate>, pool: &[Arc<Certificate>]) -> Result<Path, PathError> {
        self.with(&[root()], pool, |inputs| build(leaf, inputs, &mut Budget::default()))
    }

    fn with<T>(
        &self,
        anchors: &[Arc<Certificate>],
        pool: &[Arc<Certificate>],
        ask: impl FnOnce(&PathInputs<'_>) -> T,
    ) -> T {
        let (anchors, pool) = (Pool::new(anchors.iter().cloned()), Pool::new(pool.iter().cloned()));
        ask(&PathInputs {
            anchors: &anchors,
            pool: &pool,
            at: self.at.map(|at| at.parse().unwrap()),
            policies: &self.policies,
            purpose: self.purpose,
            cache: &self.cache,
        })
    }
}

fn build_with(leaf: &Made, cas: &[Made]) -> Result<Path, PathError> {
    let cas: Vec<Arc<Certificate>> = cas.iter().map(Made::certificate).collect();
    Asked::default().build(&leaf.certificate(), &cas)
}

fn constraint(result: Result<Path, PathError>) -> Constraint {
    match result {
        Err(PathError::Constraint { what, .. }) => what,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_path_is_found_whatever_the_order_and_the_company() {
    let (ca, leaf) = (Made::ca(CA, ROOT).certificate(), Made::new(LEAF, CA).certificate());
    let strangers = [
        Made::ca(("CA", 9), ("Nobody", 9)).certificate(),
        Made::ca(("CA", 8), ROOT).certificate(),
        Made::ca(("Other", 7), ROOT).certificate(),
    ];
    let mut pool = vec![Arc::clone(&ca), root(), Arc::clone(&leaf)];
    pool.extend(strangers);
    let asked = Asked::default();
    let path = asked.build(&leaf, &pool).unwrap();
    let digests: Vec<_> = path.certificates().iter().map(|c| c.sha256).collect();
    assert_eq!(digests, [leaf.sha256, ca.sha256, root().sha256]);
    pool.reverse();
    let again = asked.build(&leaf, &pool).unwrap();
    assert_eq!(again.certificates(), path.certificates());
}

#[test]
fn an_anchor_is_a_path_by_itself() {
    let path = Asked::default().build(&root(), &[]).unwrap();
    assert_eq!(path.certificates().len(), 1);
    // The same name and key in another certificate is under the anchor, not the anchor.
    let mut twin = Made::ca(ROOT, ROOT);
    twin.serial = 2;
    assert!(Asked::default().build(&twin.certificate(), &[]).is_err());
}

#[test]
fn validity_holds_to_the_second_and_only_when_a_time_is_given() {
    let (ca, leaf) = (Made::ca(CA, ROOT).certificate(), Made::new(LEAF, CA).certificate());
    let at = |at| Asked { at, ..Asked::default() }.build(&leaf, std::slice::from_ref(&ca));
    assert!(at(Some("2020-01-01T00:00:00Z")).is_ok());
    assert!(at(Some("2029-12-31T23:59:59Z")).is_ok());
    assert!(at(None).is_ok());
    match at(Some("2019-12-31T23:59:59Z")) {
        Err(PathError::NotYetValid { not_before, at, .. }) => assert!(at < not_before),
        other => panic!("{other:?}"),
    }
    assert!(matches!(at(Some("2030-01-01T00:00:00Z")), Err(PathError::Expired { .. })));

    let mut early = Made::new(LEAF, CA);
    early.validity[1] = "241231235959Z";
    let early = early.certificate();
    match Asked::default().build(&early, &[ca]) {
        Err(PathError::Expired { certificate, .. }) => assert_eq!(certificate, early.sha256),
        other => panic!("{other:?}"),
    }
}

#[test]
fn right_names_with_foreign_keys_lead_nowhere() {
    let leaf = Made::new(LEAF, ("CA", 9)).certificate();
    match Asked::default().build(&leaf, &[Made::ca(CA, ROOT).certificate()]) {
        Err(PathError::Signature { certificate, source, .. }) => {
            assert_eq!((certificate, source), (leaf.sha256, AlgorithmError::Signature));
        }
        other => panic!("{other:?}"),
    }
    let foreign_root = Made::ca(CA, ("Root", 9)).certificate();
    let leaf = Made::new(LEAF, CA).certificate();
    match Asked::default().build(&leaf, std::slice::from_ref(&foreign_root)) {
        Err(PathError::Signature { certificate, .. }) => assert_eq!(certificate, foreign_root.sha256),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_missing_issuer_is_named_by_the_certificate_that_lacks_it() {
    let leaf = Made::new(LEAF, CA).certificate();
    assert_eq!(Asked::default().build(&leaf, &[]).unwrap_err(), PathError::NoChain { certificate: leaf.sha256 });
    let ca = Made::ca(CA, ("Nobody", 9)).certificate();
    let error = Asked::default().build(&leaf, std::slice::from_ref(&ca)).unwrap_err();
    assert_eq!(error, PathError::NoChain { certificate: ca.sha256 });
}

#[test]
fn who_is_no_ca_issues_nothing() {
    let leaf = Made::new(LEAF, CA);
    for (ca, expected) in [
        (Made::new(CA, ROOT), Constraint::NotCa),
        (Made::new(CA, ROOT).with(basic(false, None)).with(key_usage(&[0x04])), Constraint::NotCa),
        (
            Made::new(CA, ROOT).with(basic(true, None)).with(key_usage(&[0x80])),
            Constraint::KeyUsage { found: KeyUsage::DIGITAL_SIGNATURE, wanted: KeyUsage::KEY_CERT_SIGN },
        ),
    ] {
        assert_eq!(constraint(build_with(&leaf, &[ca])), expected);
    }
    // Without keyUsage a CA may sign whatever it likes.
    assert!(build_with(&leaf, &[Made::new(CA, ROOT).with(basic(true, None))]).is_ok());
}

#[test]
fn path_length_counts_cas_that_are_not_self_issued() {
    let low = ("Low", 4);
    let leaf = Made::new(LEAF, low);
    let with = |path_len| {
        let ca = Made::new(CA, ROOT).with(basic(true, Some(path_len)));
        build_with(&leaf, &[ca, Made::ca(low, CA)])
    };
    assert!(with(1).is_ok());
    assert!(matches!(constraint(with(0)), Constraint::PathLength { allowed: 0, .. }));
    // A new key of the same CA is self-issued and does not count.
    let old = Made::new(CA, ROOT).with(basic(true, Some(0)));
    let new = Made::ca(("CA", 5), CA);
    assert!(build_with(&Made::new(LEAF, ("CA", 5)), &[old, new]).is_ok());
}

#[test]
fn what_is_critical_and_not_understood_refuses_the_path() {
    let cas = [Made::ca(CA, ROOT)];
    assert!(build_with(&Made::new(LEAF, CA).with(extension(99, false, &[5, 0])), &cas).is_ok());
    let unknown = constraint(build_with(&Made::new(LEAF, CA).with(extension(99, true, &[5, 0])), &cas));
    assert_eq!(unknown, Constraint::UnknownCritical("2.5.29.99".parse().unwrap()));
    let twice = Made::new(LEAF, CA).with(basic(false, None)).with(basic(false, None));
    assert!(matches!(constraint(build_with(&twice, &cas)), Constraint::Malformed(_, "stands twice")));
    let malformed = Made::new(LEAF, CA).with(extension(15, false, &[5, 0]));
    assert!(matches!(constraint(build_with(&malformed, &cas)), Constraint::Malformed(..)));
    // A hint that is malformed says nothing, and harms nothing.
    assert!(build_with(&Made::new(LEAF, CA).with(extension(35, false, &[5, 0])), &cas).is_ok());
    assert!(build_with(&Made::new(LEAF, CA).with(extension(35, true, &[5, 0])), &cas).is_err());
}

#[test]
fn a_line_break_in_a_url_harms_nothing() {
    let url = general(0x86, b"http://example.kz/nca.crl\nURL=http://example.kz/other.crl");
    let points = write(tag::SEQUENCE, &[&write(tag::SEQUENCE, &[&write(0xa0, &[&write(0xa0, &[&url])])])]);
    let ca = Made::ca(CA, ROOT).with(extension(31, false, &points));
    assert_eq!(ca.certificate().extensions.crl_distribution_points.len(), 1);
    assert!(build_with(&Made::new(LEAF, CA), &[ca]).is_ok());
}

#[test]
fn the_purpose_of_a_leaf_is_asked_for() {
    let mail: Oid = "1.3.6.1.5.5.7.3.4".parse().unwrap();
    let purposes = [mail];
    let signing = Purpose::Signing {
        key_usage_any: KeyUsage::DIGITAL_SIGNATURE | KeyUsage::NON_REPUDIATION,
        extended_key_usage_any: &purposes,
    };
    let cas = [Made::ca(CA, ROOT).certificate()];
    let ask = |purpose, leaf: Made| Asked { purpose, ..Asked::default() }.build(&leaf.certificate(), &cas);
    let leaf = || Made::new(LEAF, CA);
    for (purpose, leaf, is_ok) in [
        (signing, leaf(), true),
        (signing, leaf().with(extended_key_usage(false, &[4])).with(key_usage(&[0xc0])), true),
        // Authentication only, and encryption only.
        (signing, leaf().with(extended_key_usage(false, &[2])).with(key_usage(&[0xc0])), false),
        (signing, leaf().with(key_usage(&[0x20])), false),
        (Purpose::TimeStamping, leaf().with(extended_key_usage(true, &[8])), true),
        (Purpose::TimeStamping, leaf().with(extended_key_usage(false, &[8])), false),
        (Purpose::TimeStamping, leaf().with(extended_key_usage(true, &[8, 4])), false),
        (Purpose::TimeStamping, leaf(), false),
        (Purpose::OcspSigning, leaf().with(extended_key_usage(false, &[9])), true),
        (Purpose::OcspSigning, leaf(), false),
        (Purpose::CrlSigning, leaf().with(key_usage(&[0x02])), true),
        (Purpose::CrlSigning, leaf().with(key_usage(&[0x80])), false),
    ] {
        let shown = format!("{purpose:?} {:?}", leaf.extensions);
        assert_eq!(ask(purpose, leaf).is_ok(), is_ok, "{shown}");
    }
    // A CA for web servers does not make signers; where nothing is asked for, it makes what it likes.
    let web = [Made::ca(CA, ROOT).with(extended_key_usage(false, &[1])).certificate()];
    let ask = |purpose| Asked { purpose, ..Asked::default() }.build(&leaf().certificate(), &web);
    assert!(matches!(constraint(ask(signing)), Constraint::ExtendedKeyUsage { .. }));
    assert!(ask(Purpose::Any).is_ok());
}

#[test]
fn names_outside_the_constraints_refuse_the_path() {
    let dns = |host: &str| general(0x82, host.as_bytes());
    let ca = |kind, base| [Made::ca(CA, ROOT).with(name_constraints(kind, &[base]))];
    let leaf = |name| Made::new(LEAF, CA).with(alt_names(&[name]));
    assert!(build_with(&leaf(dns("a.example.kz")), &ca(0, dns("example.kz"))).is_ok());
    let outside = constraint(build_with(&leaf(dns("a.example.com")), &ca(0, dns("example.kz"))));
    assert_eq!(
        outside,
        Constraint::Name { name: "a.example.com".to_owned(), what: "a name outside the permitted subtrees" }
    );
    assert!(build_with(&leaf(dns("a.example.kz")), &ca(1, dns("example.kz"))).is_err());
    // A form that nobody understands is refused when it is constrained, and only then.
    let other = general(0xa0, &[&[6, 1, 0x2a][..], &write(0xa0, &[&[5, 0]])].concat());
    assert!(build_with(&leaf(other.clone()), &ca(0, dns("example.kz"))).is_ok());
    assert!(build_with(&leaf(other.clone()), &ca(1, other)).is_err());
}

#[test]
fn constraints_and_names_without_end_use_up_the_budget() {
    let dns = |number: usize| general(0x82, format!("h{number}.kz").as_bytes());
    let bases: Vec<Vec<u8>> = (0..1000).map(dns).collect();
    let ask = |count: usize| {
        let names: Vec<Vec<u8>> = (0..count).map(dns).collect();
        let ca = Made::ca(CA, ROOT).with(name_constraints(0, &bases));
        build_with(&Made::new(LEAF, CA).with(alt_names(&names)), &[ca])
    };
    // The subject is a name too.
    let admitted = NAME_COMPARISONS_MAX / bases.len() - 1;
    assert!(ask(admitted).is_ok());
    match ask(admitted + 1) {
        Err(PathError::Budget(error)) => assert_eq!((error.limit, error.wanted), (250_000, 251_000)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn policies_are_followed_and_mapped() {
    let asked = |acceptable: u16| {
        let oid: Oid = format!("2.999.{acceptable}").parse().unwrap();
        PolicyInputs { acceptable: [oid].into(), require_explicit: true, ..PolicyInputs::default() }
    };
    let ca = Made::ca(CA, ROOT).with(policies(&[policy(1)])).with(mappings(&[(policy(1), policy(2))])).certificate();
    let leaf = Made::new(LEAF, CA).with(policies(&[policy(2)])).certificate();
    let ask = |policies| Asked { policies, ..Asked::default() }.build(&leaf, std::slice::from_ref(&ca));
    let found = ask(asked(1)).unwrap();
    assert_eq!(found.policies().iter().map(Oid::as_str).collect::<Vec<_>>(), ["2.999.1"]);
    // The policy counts by its name in the anchor's domain.
    assert!(matches!(constraint(ask(asked(2))), Constraint::Policy(_)));
    let inhibited = PolicyInputs { inhibit_mapping: true, ..asked(1) };
    assert!(matches!(constraint(ask(inhibited)), Constraint::Policy(_)));
}

#[test]
fn policies_that_double_at_every_step_stay_a_small_graph() {
    // CVE-2023-0464: each CA maps each of two policies to both, and the tree of RFC 5280 has 2^n leaves.
    let both = [policy(1), policy(2)];
    let pairs: Vec<_> = both.iter().flat_map(|a| both.iter().map(|b| (a.clone(), b.clone()))).collect();
    let names: Vec<String> = (0..PATH_CERTIFICATES_MAX - 2).map(|n| format!("CA {n}")).collect();
    let mut issuer = ROOT;
    let mut cas = Vec::new();
    for (name, key) in names.iter().zip(10..) {
        cas.push(Made::ca((name, key), issuer).with(policies(&both)).with(mappings(&pairs)));
        issuer = (name, key);
    }
    let path = build_with(&Made::new(LEAF, issuer).with(policies(&both)), &cas).unwrap();
    assert_eq!((path.certificates().len(), path.policies().len()), (PATH_CERTIFICATES_MAX, 2));
}

#[test]
fn policies_without_end_use_up_the_budget() {
    let count = u16::try_from(POLICY_NODES_MAX / 2).unwrap();
    let ask = |count: u16| {
        let all: Vec<Vec<u8>> = (0..count).map(policy).collect();
        let ca = Made::ca(CA, ROOT).with(policies(&all));
        build_with(&Made::new(LEAF, CA).with(policies(&[policy(1)])), &[ca])
    };
    // Each policy is a node with one link.
    assert!(ask(count - 1).is_ok());
    match ask(count + 1) {
        Err(PathError::Budget(error)) => assert_eq!(error.limit, POLICY_NODES_MAX),
        other => panic!("{other:?}"),
    }
}

/// Every key of `keys` certifies every other under one name.
fn bush(keys: std::ops::Range<u8>) -> Vec<Arc<Certificate>> {
    let pairs = keys.clone().flat_map(|a| keys.clone().map(move |b| (a, b))).filter(|(a, b)| a != b);
    pairs.map(|(a, b)| Made::ca(("Bush", a), ("Bush", b)).certificate()).collect()
}

#[test]
fn a_bush_of_cross_certificates_uses_up_the_budget_with_a_warm_cache_too() {
    let leaf = Made::new(LEAF, ("Bush", 20)).certificate();
    let pool = bush(20..32);
    let asked = Asked::default();
    for _ in 0..2 {
        match asked.build(&leaf, &pool) {
            Err(PathError::Budget(error)) => {
                assert_eq!((error.limit, error.wanted), (PATH_SIGNATURES_MAX, PATH_SIGNATURES_MAX + 1));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn certificates_in_a_circle_come_to_an_end() {
    let leaf = Made::new(LEAF, ("Bush", 20)).certificate();
    assert!(matches!(Asked::default().build(&leaf, &bush(20..23)), Err(PathError::Signature { .. })));
    let circle = [Made::ca(CA, ("B", 5)).certificate(), Made::ca(("B", 5), CA).certificate()];
    let leaf = Made::new(LEAF, CA).certificate();
    assert!(matches!(Asked::default().build(&leaf, &circle), Err(PathError::NoChain { .. })));
}

#[test]
fn every_chain_is_given_once() {
    // Two certificates of one CA, and two anchors with the root's key.
    let mut other = Made::ca(CA, ROOT);
    other.serial = 2;
    let pool = [Made::ca(CA, ROOT).certificate(), other.certificate()];
    let mut other_root = Made::ca(ROOT, ROOT);
    other_root.serial = 2;
    let anchors = [root(), other_root.certificate()];
    let leaf = Made::new(LEAF, CA).certificate();
    Asked::default().with(&anchors, &pool, |inputs| {
        let mut chains = Chains::new(&leaf, inputs);
        let mut found = std::collections::BTreeSet::new();
        while let Some(chain) = chains.next(&mut Budget::default()).unwrap() {
            assert!(found.insert(chain.iter().map(|c| c.sha256).collect::<Vec<_>>()));
            assert!(validate(&chain, inputs, &mut Budget::default()).is_ok());
        }
        assert_eq!(found.len(), 4);
    });
}

#[test]
fn a_path_has_its_greatest_length_and_not_one_more() {
    let ask = |length: usize| {
        let names: Vec<String> = (0..length - 2).map(|n| format!("CA {n}")).collect();
        let mut issuer = ROOT;
        let mut cas = Vec::new();
        for (name, key) in names.iter().zip(10..) {
            cas.push(Made::ca((name, key), issuer));
            issuer = (name, key);
        }
        build_with(&Made::new(LEAF, issuer), &cas)
    };
    assert_eq!(ask(PATH_CERTIFICATES_MAX).unwrap().certificates().len(), PATH_CERTIFICATES_MAX);
    let one_more = constraint(ask(PATH_CERTIFICATES_MAX + 1));
    assert_eq!(one_more, Constraint::Length { found: PATH_CERTIFICATES_MAX + 1, allowed: PATH_CERTIFICATES_MAX });
}

#[test]
fn a_chain_that_does_not_hold_together_is_refused() {
    let (ca, leaf) = (Made::ca(CA, ROOT).certificate(), Made::new(LEAF, CA).certificate());
    Asked::default().with(&[], &[], |inputs| {
        let ask = |chain: &[&Arc<Certificate>]| {
            let chain: Vec<Arc<Certificate>> = chain.iter().map(|link| Arc::clone(link)).collect();
            validate(&chain, inputs, &mut Budget::default())
        };
        assert!(ask(&[&leaf, &ca, &root()]).is_ok());
        assert!(matches!(ask(&[&leaf, &root()]), Err(PathError::Signature { .. })));
        assert!(matches!(ask(&[&ca, &leaf, &root()]), Err(PathError::Signature { .. })));
        // The key of the CA under another name.
        let renamed = Made::ca(("Renamed", CA.1), ROOT).certificate();
        assert_eq!(constraint(ask(&[&leaf, &renamed, &root()])), Constraint::NameChaining);
    });
}
