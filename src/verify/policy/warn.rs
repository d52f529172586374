//! What a person should look at in a policy or a register that is well formed: `muragat policy check` prints it.
//!
//! A warning refuses nothing. It names a place in the file, as refusals do, and never a person.

use super::{Decision, KEY_KINDS, Policy, Reliability, SignerKind};
use crate::text::{Text, text};
use crate::verify::authority::Authority;
use crate::verify::verdict::SubIndication;
use chrono::{DateTime, Utc};

/// Something to look at.
#[derive(Debug, Clone)]
pub struct Warning {
    /// What it is: stable, lower case with `-`.
    pub name: &'static str,
    /// Where it stands: `/signature_anchor/0`; or what it is about.
    pub subject: String,
    /// What it means.
    pub text: Text,
}

/// INDETERMINATE that later material can turn: to wait for it makes sense.
const TURNED_BY_MATERIAL: [SubIndication; 6] = [
    SubIndication::NoSigningCertificateFound,
    SubIndication::NoCertificateChainFound,
    SubIndication::RevocationOutOfBoundsNoPoe,
    SubIndication::SignaturePolicyNotAvailable,
    SubIndication::TryLater,
    SubIndication::PolicyProcessingError,
];

const NO_SIGNATURE_ANCHORS: Text = text(
    "қолтаңбалар үшін сенім тірегі жоқ: ешбір қолтаңба өтпейді",
    "нет якорей доверия для подписей: ни одна подпись не пройдёт",
    "no trust anchors for signatures: no signature passes",
);
const NO_TIMESTAMP_ANCHORS: Text = text(
    "уақыт белгілері үшін сенім тірегі жоқ: уақыт белгісі ештеңені дәлелдемейді",
    "нет якорей доверия для меток времени: метка времени ничего не доказывает",
    "no trust anchors for time-stamps: a time-stamp proves nothing",
);
const EXPIRED: Text = text(
    "тіректің сертификатының мерзімі өткен; ескі қолтаңбалар үшін ғана қалдырыңыз",
    "срок сертификата якоря истёк; оставьте его только ради старых подписей",
    "the anchor's certificate has expired; keep it for old signatures only",
);
const WITHDRAWN: Text =
    text("бұл тірекке сенім аяқталған", "доверие этому якорю прекращено", "the anchor is not trusted any more");
const NO_CA: Text = text(
    "тірек куәландырушы орталықтың сертификаты емес",
    "якорь не является сертификатом удостоверяющего центра",
    "the anchor is no certificate of a certification authority",
);
const ENDED: Text = text(
    "алгоритмнің мерзімі өткен: бұрын болғаны дәлелденген қолтаңба ғана өтеді",
    "срок алгоритма истёк: пройдёт только подпись с доказанным более ранним существованием",
    "the algorithm's time is over: only a signature that is proven to be older passes",
);
const UNRULED: Text = text(
    "бұл кілт түрі үшін ереже жоқ: ешқашан сенімді емес",
    "для этого вида ключей нет правила: он никогда не надёжен",
    "there is no rule for this kind of key: it is not reliable at any time",
);
const WAITS_IN_VAIN: Text = text(
    "ешқандай материал өзгерте алмайтын нәтиже үшін күту белгіленген",
    "назначено ожидание там, где никакой материал ничего не изменит",
    "the policy waits where no material can turn the verdict",
);
const NOTHING_NEEDED: Text = text(
    "бұл құжаттарға ешқандай қолтаңба талап етілмейді",
    "для этих документов не требуется ни одной подписи",
    "these documents need no signature at all",
);
const ANY_ROLE: Text = text(
    "кез келген рөлдегі сертификат қабылданады",
    "принимается сертификат с любой ролью",
    "a certificate with any role is accepted",
);
const ANY_CLAIM: Text = text(
    "қол қойылған күні тек мәлімделсе де, қаншалықты ескі болса да қабылданады: қызметтен кеткен адам бұрынғы күнмен \
     қол қоя алады",
    "принимается сколь угодно давняя дата подписи, которая только заявлена: ушедший с должности может подписать задним \
     числом",
    "a signing time that is only claimed is believed however old it is: who left office can sign with an earlier day",
);
const NO_ATTRIBUTES: Text = text(
    "қол қойылған атрибуттары жоқ қолтаңба қабылданады",
    "принимается подпись без подписанных атрибутов",
    "a signature without signed attributes is accepted",
);
const NOBODY: Text = text(
    "бұл қызметте тізілімде бүгін ешкім жоқ: құжаттар күтіп қалады",
    "в этой роли в реестре сегодня никого нет: документы будут ждать",
    "nobody is in this office in the register today: documents will wait",
);
const ODD_NUMBER: Text = text(
    "бақылау цифры сай емес: қате терілген немесе сынақ нөмірі",
    "контрольная цифра не сходится: опечатка или тестовый номер",
    "the control digit does not hold: a slip of the pen, or a number made for tests",
);

impl Policy {
    /// What a person should look at, at a time.
    pub fn warnings(&self, at: DateTime<Utc>) -> Vec<Warning> {
        let mut warnings = Vec::new();
        let mut warn = |name, subject: String, text| warnings.push(Warning { name, subject, text });
        for (key, anchors, none) in [
            ("signature_anchor", &self.anchors, NO_SIGNATURE_ANCHORS),
            ("timestamp_anchor", &self.tsa_anchors, NO_TIMESTAMP_ANCHORS),
        ] {
            if anchors.is_empty() {
                warn("no-anchors", format!("/{key}"), none);
            }
            for (i, anchor) in anchors.iter().enumerate() {
                let place = || format!("/{key}/{i}");
                let certificate = &anchor.certificate;
                if certificate.not_after < at {
                    warn("anchor-expired", place(), EXPIRED);
                }
                if anchor.trusted_until.is_some_and(|until| until <= at) {
                    warn("anchor-withdrawn", place(), WITHDRAWN);
                }
                // Before version 3 no certificate could say so.
                let is_ca = certificate.extensions.basic_constraints.is_some_and(|constraints| constraints.ca);
                if certificate.version == 3 && !is_ca {
                    warn("anchor-no-ca", place(), NO_CA);
                }
            }
        }
        for rule in &self.algorithms {
            if let Reliability::Ended { .. } = self.reliability(&rule.name, rule.bits_min, at) {
                let bits = if rule.bits_min == 0 { String::new() } else { format!(" {}", rule.bits_min) };
                warn("algorithm-ended", format!("{}{bits}", rule.name), ENDED);
            }
        }
        for kind in KEY_KINDS {
            if self.algorithms.iter().all(|rule| rule.name != kind) {
                warn("algorithm-without-rule", kind.to_owned(), UNRULED);
            }
        }
        for (sub_indication, decision) in &self.decisions {
            if *decision != Decision::Refuse && !TURNED_BY_MATERIAL.contains(sub_indication) {
                warn("waits-in-vain", format!("/decisions/{sub_indication}"), WAITS_IN_VAIN);
            }
        }
        for (i, requirement) in self.requirements.iter().enumerate() {
            if requirement.content_min == 0 && requirement.card_min == 0 {
                warn("nothing-needed", format!("/requirement/{i}"), NOTHING_NEEDED);
            }
        }
        if !self.signer.signed_attributes_required {
            warn("no-signed-attributes", "/signer".to_owned(), NO_ATTRIBUTES);
        }
        if self.receipt.claim_age_max_s.is_none() {
            warn("any-claimed-time", "/receipt".to_owned(), ANY_CLAIM);
        }
        for kind in SignerKind::OF_DOCUMENTS {
            if self.roles(*kind).is_empty() {
                warn("any-role", format!("/roles/{kind}"), ANY_ROLE);
            }
        }
        warnings
    }

    /// What a person should look at when the policy is used with these registers: an office with nobody in it.
    pub fn warnings_with(&self, registers: &[Authority], at: DateTime<Utc>) -> Vec<Warning> {
        let day = at.date_naive();
        let needed = |kind: &&SignerKind| {
            let asks = |r: &super::Requirement| r.content_signers.contains(*kind) || r.card_signers.contains(*kind);
            self.requirements.iter().any(asks)
        };
        let is_held = |kind: &SignerKind| {
            let mut persons = registers.iter().flat_map(|register| &register.persons);
            persons.any(|p| p.kind == *kind && p.is_in_office(day))
        };
        let empty = SignerKind::OF_DOCUMENTS.iter().filter(needed).filter(|kind| !is_held(kind));
        empty.map(|kind| Warning { name: "office-empty", subject: kind.to_string(), text: NOBODY }).collect()
    }
}

impl Authority {
    /// What a person should look at.
    pub fn warnings(&self) -> Vec<Warning> {
        let odd = |odd: crate::verify::authority::OddNumber| Warning {
            name: "odd-number",
            subject: odd.place,
            text: ODD_NUMBER,
        };
        self.odd_numbers().into_iter().map(odd).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::policy::Roles;
    use std::collections::BTreeSet;

    fn names(warnings: &[Warning]) -> Vec<(&'static str, &str)> {
        warnings.iter().map(|warning| (warning.name, warning.subject.as_str())).collect()
    }

    #[test]
    fn the_built_in_policy_warns_of_its_missing_anchors_and_of_what_has_ended() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let policy = Policy::built_in();
        let found = policy.warnings(at("2026-11-22T00:00:00Z"));
        let ended = ["SHA-1", "GOST R 34.11-94", "RSA 786", "RSA 1024", "ECDSA 160", "ECDSA 224"];
        let mut wanted = vec![("no-anchors", "/signature_anchor"), ("no-anchors", "/timestamp_anchor")];
        wanted.extend(ended.map(|name| ("algorithm-ended", name)));
        assert_eq!(names(&found), wanted);
        let later = policy.warnings(at("2029-01-01T00:00:00Z"));
        assert!(names(&later).contains(&("algorithm-ended", "RSA 1900")));
        assert_eq!(policy.warnings(at("2000-01-01T00:00:00Z")).len(), 2);
    }

    #[test]
    fn each_slip_has_its_warning() {
        let at = "2026-11-22T00:00:00Z".parse().unwrap();
        let before: BTreeSet<_> = Policy::built_in().warnings(at).into_iter().map(|w| (w.name, w.subject)).collect();
        let added = |change: fn(&mut Policy)| -> Vec<(&'static str, String)> {
            let mut policy = Policy::built_in();
            change(&mut policy);
            let found = policy.warnings(at).into_iter().map(|w| (w.name, w.subject));
            found.filter(|warning| !before.contains(warning)).collect()
        };
        let one = |name, subject: &str| vec![(name, subject.to_owned())];
        let waits = added(|p| p.decisions.extend([(SubIndication::RevokedNoPoe, Decision::Wait)]));
        assert_eq!(waits, one("waits-in-vain", "/decisions/REVOKED_NO_POE"));
        assert_eq!(added(|p| p.decisions.extend([(SubIndication::TryLater, Decision::Refuse)])), vec![]);
        let nothing = added(|p| (p.requirements[2].content_min, p.requirements[2].card_min) = (0, 0));
        assert_eq!(nothing, one("nothing-needed", "/requirement/2"));
        assert_eq!(
            added(|p| p.roles = Roles { official: vec![], ..p.roles.clone() }),
            one("any-role", "/roles/official")
        );
        let no_rule = added(|p| p.algorithms.retain(|rule| rule.name != "Ed25519"));
        assert_eq!(no_rule, one("algorithm-without-rule", "Ed25519"));
        let without = added(|p| p.signer.signed_attributes_required = false);
        assert_eq!(without, one("no-signed-attributes", "/signer"));
        assert_eq!(added(|p| p.receipt.claim_age_max_s = None), one("any-claimed-time", "/receipt"));
        let offices = Policy::built_in().warnings_with(&[], at);
        assert_eq!(names(&offices), [("office-empty", "official"), ("office-empty", "records_office")]);
    }
}
