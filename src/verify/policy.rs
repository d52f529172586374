//! The validation policy as data: what is trusted, until when, what a record needs, and what becomes of a verdict.
//!
//! A [`Policy`] is one version of a TOML file (`schema/policy/1`; docs/policy.md has every key). [`Policy::parse`]
//! reads it strictly and names every fault; there are no hidden defaults, so the digest of the file, which stands in
//! every report, says all that was asked for. [`Policy::built_in`] is the policy of the project: it trusts nobody.
//!
//! Invariants of [`Policy`]
//!   - Every sub-indication has a decision, and what is TOTAL-FAILED is refused.
//!   - Every profile, direction and kind of submission has exactly one requirement.
//!   - An algorithm without a rule is not reliable at any time.
//!
//! It reads no file and no clock, and judges no signature: validation asks it, and intake acts by it.

mod read;
mod warn;

use super::certificate::Certificate;
use super::oid::Oid;
use super::verdict::SubIndication;
use crate::model::digest::{Sha256, sha256_parts};
use crate::model::profile::Title;
use crate::model::strict::words;
use crate::model::submission::{Direction, Kind, Profile};
use crate::text::{Text, text};
use chrono::{DateTime, NaiveDate, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use read::{ANCHORS_MAX, POLICY_BYTES_MAX, POLICY_SCHEMA};
pub(in crate::verify) use read::{fault_at, oids_of};
pub use warn::Warning;

/// A checked policy.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Its name, the same in all versions.
    pub id: String,
    /// Its version.
    pub version: String,
    /// Its title.
    pub title: Title,
    /// First day on which it is meant to be used.
    pub valid_from: NaiveDate,
    /// SHA-256 of the file: it stands in every report. [`Policy::with_anchors`] says what it is with other anchors.
    pub sha256: Sha256,
    /// What is trusted for signatures.
    pub anchors: Vec<Anchor>,
    /// What is trusted for time-stamps: a set of its own (a test signer may carry a token of the real authority).
    pub tsa_anchors: Vec<Anchor>,
    /// Until when algorithms are reliable.
    pub algorithms: Vec<AlgorithmRule>,
    /// Certificates of signers.
    pub signer: SignerRules,
    /// Identifiers of roles, one of which the certificate of a signer must have.
    pub roles: Roles,
    /// Which signatures a record needs.
    pub requirements: Vec<Requirement>,
    /// Revocation data.
    pub revocation: RevocationRules,
    /// Time-stamps.
    pub timestamp: TimestampRules,
    /// Receipt.
    pub receipt: ReceiptRules,
    /// Documents that wait.
    pub waiting: WaitingRules,
    /// What becomes of each indication at receipt.
    pub decisions: BTreeMap<SubIndication, Decision>,
    /// What becomes of a signer whose authority is not shown.
    pub authority: AuthorityDecisions,
}

/// A trust anchor with the time of its trust.
#[derive(Debug, Clone)]
pub struct Anchor {
    /// The certificate; only name, key and validity count.
    pub certificate: Arc<Certificate>,
    /// Which generation it is of: `NCA GOST 2022`.
    pub generation: String,
    /// Trusted for signatures from then on, when limited.
    pub trusted_from: Option<DateTime<Utc>>,
    /// Trusted before this time, when limited.
    pub trusted_until: Option<DateTime<Utc>>,
}

/// Until when an algorithm is reliable. An algorithm without a rule is not reliable at any time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlgorithmRule {
    /// One of [`DIGESTS`] or of [`KEY_KINDS`].
    pub name: String,
    /// For keys of at least so many bits, up to the next rule of the same name; 0 for a digest.
    pub bits_min: u32,
    /// Reliable before this time; for ever without one.
    pub until: Option<DateTime<Utc>>,
    /// Where the date comes from.
    pub source: String,
}

/// Names of digests, as `alg::DigestAlgorithm::name` says them.
pub const DIGESTS: [&str; 9] = [
    "SHA-1",
    "SHA-224",
    "SHA-256",
    "SHA-384",
    "SHA-512",
    "GOST 34.311-95",
    "GOST R 34.11-94",
    "Streebog-256",
    "Streebog-512",
];

/// Kinds of keys, as `alg::PublicKey::kind` says them.
pub const KEY_KINDS: [&str; 6] = ["RSA", "ECDSA", "Ed25519", "GOST34310", "GOST3410-2015", "GOST3410-2012"];

/// Whether an algorithm is reliable at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reliability {
    /// It is, until then; without an end when the policy names none.
    Reliable {
        /// The first moment at which it will not be.
        until: Option<DateTime<Utc>>,
    },
    /// It is not any more.
    Ended {
        /// Since then.
        when: DateTime<Utc>,
    },
    /// The policy has no rule for it: not reliable at any time.
    Unknown,
}

impl Reliability {
    /// The first moment at which it is not reliable any more, to come or past; none when the policy names none.
    pub fn end(self) -> Option<DateTime<Utc>> {
        match self {
            Self::Reliable { until } => until,
            Self::Ended { when } => Some(when),
            Self::Unknown => None,
        }
    }
}

/// What the certificate of a signer must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignerRules {
    /// Whether a signature without signed attributes is refused (EN 319 122-1 §6.3).
    pub signed_attributes_required: bool,
    /// Bits of keyUsage of which one must be set (`KeyUsage`), when the extension is there.
    pub key_usage_any: u16,
    /// One of these must be in extendedKeyUsage, when the extension is there; empty asks for nothing.
    pub extended_key_usage_any: Vec<Oid>,
    /// Acceptable certificate policies; empty accepts any.
    pub policies: Vec<Oid>,
}

words! {
    /// In which office somebody signs (N 430 cl. 16, 41; appraisal and destruction: docs/disposal.md).
    SignerKind {
        /// The official who signs the document.
        Official = "official",
        /// The officer of the records office who signs the card.
        RecordsOffice = "records_office",
        /// A member of the expert commission, who reviews what is to be destroyed.
        Commission = "commission",
        /// Who approves the destruction of records.
        Approver = "approver",
        /// The operator of a post office, who certifies paper copies (N 430 cl. 36).
        PostOperator = "post_operator",
        /// Who runs the archive's program: signs nothing, and approves nothing in any other office.
        Administrator = "administrator",
        /// Who submits documents; signs nothing here.
        Clerk = "clerk",
        /// The archivist; signs nothing here.
        Archivist = "archivist",
        /// Who receives transfers for a state archive: signs the reply and the act of what it takes in, and nothing
        /// else.
        StateArchiveReceiver = "state_archive_receiver",
        /// A machine of another archive, by the name of that archive's party; signs nothing here.
        Sender = "sender",
        /// Who answers authorities; signs nothing here.
        LegalOfficer = "legal_officer",
        /// Who looks at what was done; signs nothing here.
        Auditor = "auditor",
    }
}

impl SignerKind {
    /// The offices whose signatures documents and their cards carry.
    pub const OF_DOCUMENTS: &'static [Self] = &[Self::Official, Self::RecordsOffice];
    /// The offices that a machine may hold: nothing in them has to be decided by a person.
    pub const OF_SERVICES: &'static [Self] = &[
        Self::Clerk,
        Self::RecordsOffice,
        Self::Archivist,
        Self::StateArchiveReceiver,
        Self::Sender,
        Self::Administrator,
    ];

    /// The office of document signatures that this word names.
    pub fn parse_of_documents(word: &str) -> Option<Self> {
        Self::parse(word).filter(|kind| Self::OF_DOCUMENTS.contains(kind))
    }

    /// The office in words.
    pub fn text(self) -> Text {
        match self {
            Self::Official => text("лауазымды адам", "должностное лицо", "official"),
            Self::RecordsOffice => text(
                "құжаттамалық қамтамасыз ету қызметкері",
                "сотрудник службы документационного обеспечения",
                "records officer",
            ),
            Self::Commission => {
                text("сараптау комиссиясының мүшесі", "член экспертной комиссии", "member of the expert commission")
            }
            Self::PostOperator => text("пошта операторы", "почтовый оператор", "post operator"),
            Self::Approver => text("жоюды бекітетін тұлға", "утверждающий уничтожение", "approver of destruction"),
            Self::Administrator => text("жүйе әкімшісі", "администратор системы", "administrator of the system"),
            Self::Clerk => text("тіркеуші", "регистратор", "clerk"),
            Self::Archivist => text("мұрағатшы", "архивист", "archivist"),
            Self::StateArchiveReceiver => text(
                "мемлекеттік мұрағаттың қабылдаушысы",
                "принимающий от государственного архива",
                "receiver of a state archive",
            ),
            Self::Sender => text("басқа архивтің жүйесі", "система другого архива", "system of another archive"),
            Self::LegalOfficer => text("заңгер", "юрист", "legal officer"),
            Self::Auditor => text("аудитор", "аудитор", "auditor"),
        }
    }
}

/// Identifiers of roles (extendedKeyUsage, 1.2.398.3.3.4.*) by office.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Roles {
    /// For an official; empty accepts any certificate.
    pub official: Vec<Oid>,
    /// For the records office; empty accepts any certificate.
    pub records_office: Vec<Oid>,
}

/// Which signatures records of some kinds need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// For submissions of these profiles,
    pub profiles: BTreeSet<Profile>,
    /// these directions
    pub directions: BTreeSet<Direction>,
    /// and these kinds.
    pub kinds: BTreeSet<Kind>,
    /// How many signatures each main file and each attachment needs.
    pub content_min: u32,
    /// In which offices they may be made.
    pub content_signers: BTreeSet<SignerKind>,
    /// How many signatures the card needs.
    pub card_min: u32,
    /// In which offices they may be made.
    pub card_signers: BTreeSet<SignerKind>,
    /// Whether the card's signature must not be earlier than those of the content.
    pub card_not_before_content: bool,
    /// Where the rule comes from.
    pub source: String,
}

/// What is asked of revocation data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RevocationRules {
    /// Whether every certificate below an anchor needs them.
    pub required: bool,
    /// How old a CRL may be at the time in question, in seconds, when it has no nextUpdate.
    pub crl_age_max_s: u32,
    /// How old an OCSP answer may be at the time in question, in seconds, when it has no nextUpdate.
    pub ocsp_age_max_s: u32,
}

/// What is asked of time-stamps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimestampRules {
    /// Whether the certificate of the signer must have been valid at the best signature time.
    pub before_expiry: bool,
    /// Whether the authorities' certificates need revocation data.
    pub revocation_required: bool,
    /// How much later the first time-stamp may be than the claimed signing time, in seconds.
    pub delay_max_s: Option<u32>,
}

/// What is asked at receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReceiptRules {
    /// How far the claimed signing time may lie after the time of receipt, in seconds: clocks differ.
    pub clock_skew_max_s: u32,
    /// How old a signing time may be that is only claimed, at receipt, in seconds: with an older one the signer must
    /// have authority at receipt too. Without it any claim is believed.
    pub claim_age_max_s: Option<u32>,
    /// Within how many working days a receipt or a notice must be signed (N 430 cl. 18, 19).
    pub deadline_working_days: u32,
}

/// How long a document waits for material.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaitingRules {
    /// Days after receipt; then a person decides.
    pub term_days: u32,
}

words! {
    /// What becomes of a document at receipt.
    Decision {
        /// Nothing that may still come can turn it: refused.
        Refuse = "refuse",
        /// Later material can turn it: waiting.
        Wait = "wait",
        /// Waiting while a certificate of the chain is missing; refused when the chain is whole and ends outside the
        /// anchors. Only for NO_CERTIFICATE_CHAIN_FOUND, which says both.
        WaitForIssuer = "wait_for_issuer",
    }
}

/// What becomes of a signer whose authority is not shown (N 430 cl. 15 (3)). None of them is ever accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuthorityDecisions {
    /// Nobody in the register.
    pub unknown: Decision,
    /// In the register, for another time.
    pub out_of_term: Decision,
    /// Of another body.
    pub wrong_body: Decision,
    /// In another office.
    pub wrong_kind: Decision,
    /// The certificate has none of the roles that are asked for.
    pub wrong_role: Decision,
}

/// The sub-indications of TOTAL-FAILED (EN 319 102-1 table 5): nothing turns them, so no policy can let them wait.
pub const FAILED: [SubIndication; 6] = [
    SubIndication::FormatFailure,
    SubIndication::HashFailure,
    SubIndication::SigCryptoFailure,
    SubIndication::Revoked,
    SubIndication::Expired,
    SubIndication::NotYetValid,
];

impl Decision {
    /// Whether the document waits; `chain_ends` is whether the chain of the signer reaches a self-issued certificate.
    pub fn waits(self, chain_ends: bool) -> bool {
        match self {
            Decision::Refuse => false,
            Decision::Wait => true,
            Decision::WaitForIssuer => !chain_ends,
        }
    }
}

impl Policy {
    /// The same policy with other trust anchors, in place of its own: for the command line.
    ///
    /// Its digest is then that of the file's digest and of the digests of all anchors, so that a report still says
    /// everything that was asked for; `+anchors` in the version says so to a person.
    pub fn with_anchors(mut self, signature: &[Arc<Certificate>], timestamp: &[Arc<Certificate>]) -> Self {
        let sorted = |certificates: &[Arc<Certificate>]| -> BTreeMap<Sha256, Arc<Certificate>> {
            certificates.iter().map(|c| (c.sha256, c.clone())).collect()
        };
        let (signature, timestamp) = (sorted(signature), sorted(timestamp));
        let mut named = self.sha256.0.to_vec();
        for (mark, set) in [(b's', &signature), (b't', &timestamp)] {
            for digest in set.keys() {
                named.push(mark);
                named.extend(digest.0);
            }
        }
        self.sha256 = sha256_parts(&[b"muragat/policy/anchors\n", &named]);
        self.version.push_str("+anchors");
        let anchor = |certificate: Arc<Certificate>| Anchor {
            certificate,
            generation: "given".to_owned(),
            trusted_from: None,
            trusted_until: None,
        };
        self.anchors = signature.into_values().map(anchor).collect();
        self.tsa_anchors = timestamp.into_values().map(anchor).collect();
        self
    }

    /// Whether the algorithm `name`, with a key of `bits` (0 for a digest), is reliable at a time.
    pub fn reliability(&self, name: &str, bits: u32, at: DateTime<Utc>) -> Reliability {
        let rules = self.algorithms.iter().filter(|rule| rule.name == name && rule.bits_min <= bits);
        match rules.max_by_key(|rule| rule.bits_min) {
            None => Reliability::Unknown,
            Some(AlgorithmRule { until: Some(when), .. }) if *when <= at => Reliability::Ended { when: *when },
            Some(rule) => Reliability::Reliable { until: rule.until },
        }
    }

    /// What becomes of a document with this sub-indication.
    pub fn decision(&self, sub_indication: SubIndication) -> Decision {
        // What has no decision cannot be let in.
        self.decisions.get(&sub_indication).copied().unwrap_or(Decision::Refuse)
    }

    /// The roles of which the certificate of a signer must have one; none is asked for when empty.
    pub fn roles(&self, kind: SignerKind) -> &[Oid] {
        match kind {
            SignerKind::Official => &self.roles.official,
            SignerKind::RecordsOffice => &self.roles.records_office,
            // Their certificates are those of employees of any role; the register says who they are.
            SignerKind::Commission
            | SignerKind::Approver
            | SignerKind::PostOperator
            | SignerKind::Administrator
            | SignerKind::Clerk
            | SignerKind::Archivist
            | SignerKind::StateArchiveReceiver
            | SignerKind::Sender
            | SignerKind::LegalOfficer
            | SignerKind::Auditor => &[],
        }
    }

    /// Whether a certificate with the roles `found` may sign in the office `kind`.
    pub fn role_accepted(&self, kind: SignerKind, found: &[Oid]) -> bool {
        let wanted = self.roles(kind);
        wanted.is_empty() || found.iter().any(|role| wanted.contains(role))
    }

    /// The signatures that a submission needs.
    pub fn requirement(&self, profile: Profile, direction: Direction, kind: Kind) -> Option<&Requirement> {
        self.requirements.iter().find(|r| r.is_for(profile, direction, kind))
    }
}

impl Requirement {
    /// Whether it speaks of such a submission.
    pub fn is_for(&self, profile: Profile, direction: Direction, kind: Kind) -> bool {
        self.profiles.contains(&profile) && self.directions.contains(&direction) && self.kinds.contains(&kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorCode;

    const DEFAULT: &str = include_str!("../../schema/policy/1/default.toml");

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    /// The default policy with one thing replaced.
    fn with(from: &str, to: &str) -> String {
        assert!(DEFAULT.contains(from), "{from:?} is there");
        DEFAULT.replacen(from, to, 1)
    }

    #[track_caller]
    fn refused(text: &str, wanted: &[(ErrorCode, &str)]) {
        let found: Vec<_> = match Policy::parse(text.as_bytes(), "p.toml") {
            Ok(_) => panic!("it was read"),
            Err(refusals) => refusals.into_iter().map(|r| (r.code, r.subject)).collect(),
        };
        let wanted: Vec<_> = wanted.iter().map(|(code, at)| (*code, format!("p.toml#{at}"))).collect();
        assert_eq!(found, wanted);
    }

    /// A certificate whose signature nobody checks: enough for an anchor.
    fn certificate(seed: u8) -> Vec<u8> {
        let tlv = |tag: u8, parts: &[&[u8]]| -> Vec<u8> {
            let content = parts.concat();
            let length = u8::try_from(content.len()).unwrap();
            let header = if length < 0x80 { vec![tag, length] } else { vec![tag, 0x81, length] };
            [header, content].concat()
        };
        let algorithm = tlv(0x30, &[&[6, 3, 0x2b, 0x65, 0x70]]);
        let name = tlv(0x30, &[&tlv(0x31, &[&tlv(0x30, &[&[6, 3, 0x55, 4, 3], &tlv(0x0c, &[b"ROOT"])])])]);
        let validity = tlv(0x30, &[&tlv(0x17, &[b"200101000000Z"]), &tlv(0x17, &[b"300101000000Z"])]);
        let key = tlv(0x30, &[&algorithm, &tlv(0x03, &[&[0], &[seed; 32]])]);
        let parts = [&[0xa0, 3, 2, 1, 2][..], &[2, 1, 1], &algorithm, &name, &validity, &name, &key];
        tlv(0x30, &[&tlv(0x30, &parts), &algorithm, &tlv(0x03, &[&[0], &[0; 64]])])
    }

    fn pem(der: &[u8]) -> String {
        use base64::Engine;
        let text = base64::engine::general_purpose::STANDARD.encode(der);
        let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
        format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
    }

    fn anchor(purpose: &str, seed: u8, more: &str) -> String {
        format!("\n[[{purpose}]]\ngeneration = \"ROOT\"\n{more}\npem = \"\"\"\n{}\"\"\"\n", pem(&certificate(seed)))
    }

    #[test]
    fn the_built_in_policy_trusts_nobody_and_decides_everything() {
        let policy = Policy::built_in();
        assert!(policy.anchors.is_empty() && policy.tsa_anchors.is_empty());
        assert_eq!(policy.sha256, crate::model::digest::sha256(DEFAULT.as_bytes()));
        for sub_indication in SubIndication::ALL {
            assert!(policy.decisions.contains_key(sub_indication), "{sub_indication}");
            let failed = FAILED.contains(sub_indication);
            assert!(!failed || policy.decision(*sub_indication) == Decision::Refuse, "{sub_indication}");
        }
        for profile in Profile::ALL {
            for direction in Direction::ALL {
                for kind in Kind::SUBMITTED {
                    assert!(policy.requirement(*profile, *direction, *kind).is_some(), "{profile} {direction} {kind}");
                }
            }
        }
        for name in DIGESTS.iter().chain(&KEY_KINDS) {
            assert!(policy.algorithms.iter().any(|rule| rule.name == *name), "{name}");
        }
    }

    #[test]
    fn what_material_can_turn_waits_and_nothing_else() {
        use SubIndication::*;
        let policy = Policy::built_in();
        let waiting = [NoSigningCertificateFound, RevocationOutOfBoundsNoPoe, SignaturePolicyNotAvailable, TryLater];
        for sub_indication in SubIndication::ALL {
            let wanted = match sub_indication {
                NoCertificateChainFound => Decision::WaitForIssuer,
                PolicyProcessingError => Decision::Wait,
                _ if waiting.contains(sub_indication) => Decision::Wait,
                _ => Decision::Refuse,
            };
            assert_eq!(policy.decision(*sub_indication), wanted, "{sub_indication}");
        }
        // The issuer is missing: it may come. The chain is whole and ends elsewhere: nothing helps.
        assert!(Decision::WaitForIssuer.waits(false) && !Decision::WaitForIssuer.waits(true));
        for chain_ends in [false, true] {
            assert!(Decision::Wait.waits(chain_ends) && !Decision::Refuse.waits(chain_ends));
        }
    }

    #[test]
    fn an_algorithm_is_reliable_before_its_end_and_by_its_length() {
        use Reliability::*;
        let policy = Policy::built_in();
        let (end, before) = (at("2029-01-01T00:00:00Z"), at("2028-12-31T23:59:59Z"));
        let reliability = |name, bits, at| policy.reliability(name, bits, at);
        assert_eq!(reliability("RSA", 2048, before), Reliable { until: Some(end) });
        assert_eq!(reliability("RSA", 2048, end), Ended { when: end });
        assert_eq!(reliability("RSA", 1900, before), Reliable { until: Some(end) });
        assert_eq!(reliability("RSA", 1899, before), Ended { when: at("2019-10-01T00:00:00Z") });
        assert_eq!(
            reliability("RSA", 1023, at("2010-07-31T23:59:59Z")),
            Reliable { until: Some(at("2010-08-01T00:00:00Z")) }
        );
        assert_eq!(reliability("RSA", 785, at("1999-01-01T00:00:00Z")), Unknown);
        assert_eq!(reliability("SHA-1", 0, at("2012-08-01T00:00:00Z")), Ended { when: at("2012-08-01T00:00:00Z") });
        assert_eq!(reliability("ECDSA", 521, at("2999-01-01T00:00:00Z")), Reliable { until: None });
        assert_eq!(reliability("GOST34310", 256, before), Reliable { until: Some(end) });
        for unknown in ["MD5", "DSA", "rsa", ""] {
            assert_eq!(reliability(unknown, 4096, before), Unknown, "{unknown}");
        }
    }

    #[test]
    fn roles_belong_to_an_office() {
        let policy = Policy::built_in();
        let oid = |text: &str| text.parse::<Oid>().unwrap();
        let entity = oid("1.2.398.3.3.4.1.2");
        let head = [entity.clone(), oid("1.2.398.3.3.4.1.2.1")];
        let employee = [entity, oid("1.2.398.3.3.4.1.2.5")];
        let person = [oid("1.2.398.3.3.4.1.1")];
        assert!(policy.role_accepted(SignerKind::Official, &head));
        assert!(!policy.role_accepted(SignerKind::Official, &employee));
        assert!(policy.role_accepted(SignerKind::RecordsOffice, &employee));
        for kind in SignerKind::OF_DOCUMENTS {
            assert!(!policy.role_accepted(*kind, &person) && !policy.role_accepted(*kind, &[]), "{kind}");
        }
        let any = Policy { roles: Roles::default(), ..policy };
        assert!(any.role_accepted(SignerKind::Official, &[]));
    }

    #[test]
    fn a_record_needs_the_signatures_of_its_profile() {
        let policy = Policy::built_in();
        let needs = |profile, kind| policy.requirement(profile, Direction::Incoming, kind).unwrap();
        let original = needs(Profile::N430, Kind::ElectronicOriginal);
        assert_eq!((original.content_min, original.card_min, original.card_not_before_content), (1, 1, true));
        assert_eq!(original.content_signers, BTreeSet::from([SignerKind::Official]));
        assert_eq!(original.card_signers, BTreeSet::from([SignerKind::RecordsOffice]));
        assert!(needs(Profile::Akimat, Kind::ScannedCopy).content_signers.contains(&SignerKind::RecordsOffice));
        assert_eq!(needs(Profile::Organization, Kind::ElectronicOriginal).card_min, 0);
    }

    #[test]
    fn anchors_of_the_two_purposes_are_two_sets() {
        let text = format!(
            "{DEFAULT}{}{}{}",
            anchor(
                "signature_anchor",
                1,
                "trusted_from = \"2022-07-01T00:00:00Z\"\ntrusted_until = 2032-07-01T00:00:00Z"
            ),
            anchor("signature_anchor", 2, ""),
            anchor("timestamp_anchor", 1, ""),
        );
        let policy = Policy::parse(text.as_bytes(), "p.toml").unwrap();
        assert_eq!((policy.anchors.len(), policy.tsa_anchors.len()), (2, 1));
        assert_eq!(policy.anchors[0].trusted_from, Some(at("2022-07-01T00:00:00Z")));
        assert_eq!(policy.anchors[0].trusted_until, Some(at("2032-07-01T00:00:00Z")), "a native time is the same");
        assert_eq!(policy.anchors[0].certificate.der, certificate(1));
        assert_eq!(policy.anchors[1].trusted_from, None);
    }

    #[test]
    fn an_anchor_that_is_none_is_refused() {
        use ErrorCode::IngFieldMalformed as Malformed;
        let refused_with =
            |anchors: String, wanted: &[(ErrorCode, &str)]| refused(&format!("{DEFAULT}{anchors}"), wanted);
        let good = anchor("timestamp_anchor", 1, "");
        let bad = |from: &str, to: &str| good.replacen(from, to, 1);
        let place = "/timestamp_anchor/0";
        let at_pem = format!("{place}/pem");
        refused_with(bad("BEGIN CERTIFICATE", "BEGIN PRIVATE KEY"), &[(Malformed, &at_pem)]);
        refused_with(bad("-----END CERTIFICATE-----\n", ""), &[(Malformed, &at_pem)]);
        for first in ["!", "", "MM"] {
            refused_with(bad("\nM", &format!("\n{first}")), &[(Malformed, &at_pem)]);
        }
        let twice = pem(&certificate(1)).repeat(2);
        refused_with(bad(&pem(&certificate(1)), &twice), &[(Malformed, &at_pem)]);
        refused_with(bad("generation = \"ROOT\"", ""), &[(ErrorCode::IngFieldMissing, &format!("{place}/generation"))]);
        refused_with(
            bad("pem =", "pen ="),
            &[(ErrorCode::IngFieldMissing, &at_pem), (ErrorCode::IngKeyUnknown, &format!("{place}/pen"))],
        );
        refused_with(good.repeat(2), &[(Malformed, "/timestamp_anchor/1")]);
        for (term, key) in [
            ("trusted_from = \"2022-07-01\"", "trusted_from"),
            ("trusted_from = \"2022-07-01T00:00:00+05:00\"", "trusted_from"),
            ("trusted_from = 2022", "trusted_from"),
            ("trusted_from = \"2022-07-01T00:00:00Z\"\ntrusted_until = \"2022-07-01T00:00:00Z\"", "trusted_until"),
        ] {
            refused_with(anchor("timestamp_anchor", 1, term), &[(Malformed, &format!("{place}/{key}"))]);
        }
        for cut in 0..certificate(1).len() {
            let text = format!("{DEFAULT}{}", good.replace(&pem(&certificate(1)), &pem(&certificate(1)[..cut])));
            refused(&text, &[(Malformed, &at_pem)]);
        }
    }

    #[test]
    fn anchors_from_the_command_line_show_in_the_digest() {
        let parse = |seed: u8| Arc::new(Certificate::parse(&certificate(seed)).unwrap());
        let of = |signature: &[u8], timestamp: &[u8]| {
            let anchors = |seeds: &[u8]| seeds.iter().map(|seed| parse(*seed)).collect::<Vec<_>>();
            Policy::built_in().with_anchors(&anchors(signature), &anchors(timestamp))
        };
        assert_eq!(of(&[1, 2], &[]).sha256, of(&[2, 1, 2], &[]).sha256, "a set");
        let digests = [of(&[], &[]), of(&[1], &[]), of(&[], &[1]), of(&[1, 2], &[]), of(&[1], &[2]), of(&[2], &[1])];
        let distinct: BTreeSet<Sha256> = digests.iter().map(|policy| policy.sha256).collect();
        assert_eq!(distinct.len(), digests.len());
        assert!(!distinct.contains(&Policy::built_in().sha256));
        assert_eq!(digests[1].version, "2026-1+anchors");
        assert_eq!((digests[4].anchors.len(), digests[4].tsa_anchors.len()), (1, 1));
    }

    #[test]
    fn every_key_is_needed_or_documented_as_optional() {
        let data: toml::Table = DEFAULT.parse().unwrap();
        let text = |table: &toml::Table| toml::to_string(table).unwrap();
        assert!(Policy::parse(text(&data).as_bytes(), "p.toml").is_ok());
        for key in data.keys().filter(|key| !["digest", "key"].contains(&key.as_str())) {
            let mut less = data.clone();
            less.remove(key);
            refused(&text(&less), &[(ErrorCode::IngFieldMissing, &format!("/{key}"))]);
            let toml::Value::Table(section) = &data[key] else { continue };
            for inner in section.keys() {
                let mut less = data.clone();
                less[key].as_table_mut().unwrap().remove(inner);
                // These ask for nothing when they are absent, as docs/policy.md says.
                if ["signed_attributes_required", "claim_age_max_s"].contains(&inner.as_str()) {
                    let policy = Policy::parse(text(&less).as_bytes(), "p.toml").unwrap();
                    let asks = (policy.signer.signed_attributes_required, policy.receipt.claim_age_max_s.is_some());
                    assert_eq!(asks, (inner != "signed_attributes_required", inner != "claim_age_max_s"));
                    continue;
                }
                refused(&text(&less), &[(ErrorCode::IngFieldMissing, &format!("/{key}/{inner}"))]);
            }
        }
        for (key, inner) in data.iter().filter(|(_, value)| value.is_table()) {
            assert!(!inner.as_table().unwrap().contains_key("note"));
            let mut more = data.clone();
            more[key].as_table_mut().unwrap().insert("note".into(), "x".into());
            refused(&text(&more), &[(ErrorCode::IngKeyUnknown, &format!("/{key}/note"))]);
        }
        refused(&format!("note = 1\n{DEFAULT}"), &[(ErrorCode::IngKeyUnknown, "/note")]);
    }

    #[test]
    fn values_out_of_their_bounds_are_refused_with_their_place() {
        use ErrorCode::IngFieldMalformed as Malformed;
        for (from, to, place) in [
            ("muragat/policy/1", "muragat/policy/2", "/schema"),
            ("valid_from = \"2026-01-01\"", "valid_from = \"2026-1-1\"", "/valid_from"),
            ("id = \"muragat-default\"", "id = \" \"", "/id"),
            ("name = \"SHA-1\"", "name = \"SHA1\"", "/digest/0/name"),
            ("name = \"SHA-1\"", "name = \"RSA\"", "/digest/0/name"),
            ("name = \"SHA-224\"", "name = \"SHA-1\"", "/digest/1"),
            ("until = \"2012-08-01\"", "until = \"2012-08\"", "/digest/0/until"),
            ("kind = \"RSA\"", "kind = \"DSA\"", "/key/0/kind"),
            ("bits_min = 786", "bits_min = 0", "/key/0/bits_min"),
            ("bits_min = 786", "bits_min = 1024", "/key/1"),
            ("until = \"2010-08-01\"", "until = \"2020-08-01\"", "/key/1"),
            ("\"digitalSignature\", ", "\"keyCertSign\", ", "/signer/key_usage_any/0"),
            ("[\"digitalSignature\", \"nonRepudiation\"]", "[]", "/signer/key_usage_any"),
            ("\"1.3.6.1.5.5.7.3.36\"", "\"documentSigning\"", "/signer/extended_key_usage_any/1"),
            ("\"1.3.6.1.5.5.7.3.36\"", "\"1.3.6.1.5.5.7.3.4\"", "/signer/extended_key_usage_any/1"),
            ("policies = []", "policies = \"\"", "/signer/policies"),
            ("profiles = [\"n430\", \"akimat\"]", "profiles = [\"n430\", \"x\"]", "/requirement/0/profiles/1"),
            ("profiles = [\"organization\"]", "profiles = []", "/requirement/2/profiles"),
            ("content_min = 1", "content_min = 17", "/requirement/0/content_min"),
            ("content_signers = [\"official\"]", "content_signers = []", "/requirement/0/content_signers"),
            ("content_signers = [\"official\"]", "content_signers = [\"head\"]", "/requirement/0/content_signers/0"),
            ("card_signers = []", "card_signers = [\"official\"]", "/requirement/2/card_signers"),
            (
                "signed_attributes_required = true",
                "signed_attributes_required = 1",
                "/signer/signed_attributes_required",
            ),
            ("\nrequired = true", "\nrequired = \"yes\"", "/revocation/required"),
            ("claim_age_max_s = 604_800", "claim_age_max_s = 0", "/receipt/claim_age_max_s"),
            ("ocsp_age_max_s = 86_400", "ocsp_age_max_s = 0", "/revocation/ocsp_age_max_s"),
            ("ocsp_age_max_s = 86_400", "ocsp_age_max_s = 1.5", "/revocation/ocsp_age_max_s"),
            ("before_expiry = true", "before_expiry = true\ndelay_max_s = -1", "/timestamp/delay_max_s"),
            ("clock_skew_max_s = 300", "clock_skew_max_s = 86_401", "/receipt/clock_skew_max_s"),
            ("deadline_working_days = 1", "deadline_working_days = 0", "/receipt/deadline_working_days"),
            ("term_days = 30", "term_days = 367", "/waiting/term_days"),
            ("term_days = 30", "term_days = nan", "/waiting/term_days"),
            ("term_days = 30", "term_days = 30\nretry_hours = 8785", "/waiting/retry_hours"),
            ("HASH_FAILURE = \"refuse\"", "HASH_FAILURE = \"wait\"", "/decisions/HASH_FAILURE"),
            ("HASH_FAILURE = \"refuse\"", "HASH_FAILURE = \"accept\"", "/decisions/HASH_FAILURE"),
            ("TRY_LATER = \"wait\"", "TRY_LATER = \"wait_for_issuer\"", "/decisions/TRY_LATER"),
            ("wrong_role = \"refuse\"", "wrong_role = \"accept\"", "/authority/wrong_role"),
            ("wrong_role = \"refuse\"", "wrong_role = \"wait_for_issuer\"", "/authority/wrong_role"),
        ] {
            refused(&with(from, to), &[(Malformed, place)]);
        }
    }

    #[test]
    fn every_case_has_exactly_one_requirement() {
        use ErrorCode::IngFieldMalformed as Malformed;
        refused(
            &with("profiles = [\"organization\"]", "profiles = [\"organization\", \"akimat\"]"),
            &[(Malformed, "/requirement/2"); 6],
        );
        refused(
            &with("kinds = [\"scanned_copy\"]", "kinds = [\"scanned_copy\", \"electronic_original\"]"),
            &[(Malformed, "/requirement/1"); 6],
        );
        let less = with(
            "directions = [\"incoming\", \"outgoing\", \"internal\"]",
            "directions = [\"incoming\", \"internal\"]",
        );
        refused(&less, &[(Malformed, "/requirement"); 2]);
    }

    #[test]
    fn a_policy_with_the_key_that_does_nothing_is_still_read() {
        let old = DEFAULT.replacen("term_days = 30", "term_days = 30\nretry_hours = 24", 1);
        assert_eq!(Policy::parse(old.as_bytes(), "p.toml").unwrap().waiting.term_days, 30);
    }

    #[test]
    fn what_is_no_toml_is_refused_by_its_line_and_not_by_its_text() {
        let parse = |bytes: &[u8]| Policy::parse(bytes, "p.toml").unwrap_err();
        let twice = format!("{DEFAULT}\n[waiting]\nterm_days = 1\n");
        for (bytes, line) in [(b"id = 123456789011x".as_slice(), "line 1"), (b"a = 1\nb == 2", "line 2")] {
            let refusals = parse(bytes);
            assert_eq!(refusals.len(), 1);
            assert!(refusals[0].detail.ends_with(line), "{}", refusals[0].detail);
            assert!(!refusals[0].to_string().contains("123456"), "{}", refusals[0]);
        }
        assert_eq!(parse(twice.as_bytes())[0].subject, "p.toml", "a repeated key");
        assert_eq!(parse(b"\xff")[0].detail, "not UTF-8");
        assert_eq!(parse(&vec![b'#'; POLICY_BYTES_MAX + 1]).len(), 1);
        assert!(parse(&vec![b'#'; POLICY_BYTES_MAX]).len() > 1, "an empty file lacks everything");
    }

    #[test]
    fn a_cut_file_is_refused() {
        let last = DEFAULT.trim_end().len();
        // A cut is never a shorter policy; every seventh place is tried.
        for cut in (0..last).filter(|cut| DEFAULT.is_char_boundary(*cut)).step_by(7) {
            assert!(Policy::parse(&DEFAULT.as_bytes()[..cut], "p.toml").is_err(), "{cut}");
        }
        assert!(Policy::parse(&DEFAULT.as_bytes()[..last], "p.toml").is_ok());
    }
}
