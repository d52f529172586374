//! The people of the demonstration: offices of the made-up agency in which somebody can ask the archive for something.
//!
//! Their keys are written down, so that who looks at the demonstration can sign in as each of them. Nothing of a real
//! archive does that: there a key never leaves its owner.

use super::signer::{Holder, Random, Root, Validity};
use super::trust::Person;
use super::{AGENCY, BIN, EMPLOYEE, LEGAL_ENTITY};
use std::fmt::Write as _;
use std::io;

/// Name of the machine that hands documents in; its office is in a row of its own.
pub const MACHINE: &str = "edms";

/// Somebody who can sign in.
#[derive(Debug, Clone)]
pub struct Member {
    /// Name of the account.
    pub account: &'static str,
    /// The person's number; made up.
    pub iin: &'static str,
    /// Certificate and private key (RFC 7468), for `openssl cms -sign`.
    pub pem: String,
}

/// Account, number, name, office, post.
const MEMBERS: [(&str, &str, &str, &str, &str); 3] = [
    ("archivist", "000000000003", "ҮЛГІ МҰРАҒАТШЫ", "archivist", "Мұрағатшы"),
    ("legal-officer", "000000000004", "ҮЛГІ ЗАҢГЕР", "legal_officer", "Заңгер"),
    ("auditor", "000000000005", "ҮЛГІ АУДИТОР", "auditor", "Аудитор"),
];

fn holder(iin: &'static str, common_name: &'static str) -> Holder<'static> {
    Holder { common_name, iin: Some(iin), bin: Some(BIN), roles: &[LEGAL_ENTITY, EMPLOYEE] }
}

/// Their rows of the register: everybody but the auditor, who needs none, reaches what is about persons too.
pub(super) fn rows() -> String {
    let mut rows = String::new();
    for (_, iin, name, office, post) in MEMBERS {
        rows += &Person { holder: holder(iin, name), office, post }.row();
        if office != "auditor" {
            rows += "access = [\"public\", \"confidential\"]\n";
        }
    }
    let _ = write!(
        rows,
        "\n[[service]]\nname = \"{MACHINE}\"\nbin = \"{BIN}\"\nkind = \"clerk\"\nfrom = \"2020-01-01\"\n\
         basis = \"{AGENCY}, Үлгі бұйрық № 2\"\n"
    );
    rows
}

/// Makes the keys and certificates of everybody.
pub(super) fn issue(root: &Root, validity: Validity, random: Random<'_>) -> io::Result<Vec<Member>> {
    let member = |(account, iin, name, _, _): (&'static str, &'static str, &'static str, &str, &str)| {
        Ok(Member { account, iin, pem: root.issue_written(&holder(iin, name), validity, random)? })
    };
    MEMBERS.into_iter().map(member).collect()
}
