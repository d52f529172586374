//! What an archive must trust to take in what the demonstration keys signed: policy, register of signers, CRL.
//!
//! The policy is the project's own with one anchor added, so that the demonstration shows what a real one would do.

use super::signer::{Holder, Revocation, Root, Validity};
use std::fmt::Write as _;

/// The policy of the project, without anchors.
const POLICY: &str = include_str!("../../../schema/policy/1/default.toml");

/// The titles of the project's policy, and those of the demonstration's, which has an anchor.
const TITLES: [(&str, &str); 3] = [
    (
        "Muragat жобасының қолтаңбаларды тексеру саясаты (сенім тіректерінсіз)",
        "Көрсетілім саясаты: сенім тірегі осы сәтте жасалған",
    ),
    (
        "Политика проверки подписей проекта Muragat (без якорей доверия)",
        "Политика показа: якорь доверия создан только что",
    ),
    (
        "Validation policy of the Muragat project (without trust anchors)",
        "Policy of the demonstration: its trust anchor was made on the spot",
    ),
];

/// What belongs to the demonstration keys.
#[derive(Debug, Clone)]
pub struct Trust {
    /// The policy, TOML.
    pub policy: String,
    /// The register of signers, TOML.
    pub authority: String,
    /// The certificate of the root, PEM.
    pub root: String,
    /// The CRL of the root, DER.
    pub crl: Vec<u8>,
}

/// Who signs in which office.
#[derive(Debug, Clone, Copy)]
pub struct Person<'a> {
    /// The holder of the certificate, with both numbers.
    pub holder: Holder<'a>,
    /// As the register names it, `official` for one.
    pub office: &'a str,
    /// The post.
    pub post: &'a str,
}

impl Person<'_> {
    /// The row of the register that names them.
    pub(super) fn row(&self) -> String {
        let (iin, bin) = (self.holder.iin.unwrap_or_default(), self.holder.bin.unwrap_or_default());
        let (office, post) = (self.office, self.post);
        format!(
            "\n[[person]]\niin = \"{iin}\"\nbin = \"{bin}\"\nkind = \"{office}\"\npost = \"{post}\"\n\
             from = \"2020-01-01\"\nbasis = \"Үлгі бұйрық № 1\"\n"
        )
    }
}

impl Trust {
    /// What trusts `root` and knows `persons` of the agency `agency`.
    pub fn new(root: &Root, agency: &str, persons: &[Person<'_>], crl: Validity, revoked: &[Revocation<'_>]) -> Trust {
        let named = POLICY.replacen("id = \"muragat-default\"", "id = \"muragat-demo\"", 1);
        let named = TITLES.iter().fold(named, |policy, (of, with)| policy.replacen(of, with, 1));
        let pem = root.certificate_pem();
        let policy = format!("{named}\n[[signature_anchor]]\ngeneration = \"demo\"\npem = \"\"\"\n{pem}\"\"\"\n");
        let mut authority = String::from(
            "schema = \"muragat/authority/1\"\nid = \"muragat-demo\"\nversion = \"1\"\nvalid_from = \"2026-01-01\"\n\
             title = { kk = \"Үлгі\", ru = \"Пример\", en = \"Example\" }\n",
        );
        let mut bodies: Vec<&str> = persons.iter().filter_map(|p| p.holder.bin).collect();
        bodies.dedup();
        for bin in bodies {
            let _ = write!(authority, "\n[[body]]\nbin = \"{bin}\"\nagency = \"{agency}\"\nname = \"Үлгі мекемесі\"\n");
        }
        persons.iter().for_each(|person| authority += &person.row());
        Trust { policy, authority, root: pem, crl: root.crl(1, crl, revoked) }
    }
}
