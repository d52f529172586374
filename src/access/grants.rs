//! What an account may do: from the registers of persons, and from permits of the reading room.
//!
//! Rights come from the **confirmed** registers ([`crate::archive::Confirmed`]) once there are any: whoever runs the
//! program can adopt others, and nobody gets a right by those. What a later version of a register takes away is gone
//! at once, though nobody confirmed it, like with approvals. Who is an administrator in any register, confirmed or in
//! force, is one.
//!
//! It decides nothing: see [`super::rights`]. It authenticates nobody: see [`super::login`].

use super::rights::{Grant, Role};
use crate::archive::{Account, Archive, Holder};
use crate::error::Error;
use crate::model::submission::AccessCategory;
use crate::verify::authority::{Authorities, Authority};
use crate::verify::policy::SignerKind;
use chrono::NaiveDate;
use std::collections::BTreeSet;

/// The role of an office; an official who signs documents has none here.
pub fn role_of(kind: SignerKind) -> Option<Role> {
    match kind {
        SignerKind::Official => None,
        SignerKind::RecordsOffice => Some(Role::RecordsOfficer),
        SignerKind::Commission => Some(Role::Commission),
        SignerKind::Approver => Some(Role::Approver),
        SignerKind::PostOperator => Some(Role::PostOperator),
        SignerKind::Administrator => Some(Role::Administrator),
        SignerKind::Clerk => Some(Role::Clerk),
        SignerKind::Archivist => Some(Role::Archivist),
        SignerKind::StateArchiveReceiver => Some(Role::StateArchiveReceiver),
        SignerKind::Sender => Some(Role::Sender),
        SignerKind::LegalOfficer => Some(Role::LegalOfficer),
        SignerKind::Auditor => Some(Role::Auditor),
    }
}

/// A row of a register, of a person or a machine.
#[derive(Clone)]
struct Row<'a> {
    bin: &'a str,
    kind: SignerKind,
    from: NaiveDate,
    until: Option<NaiveDate>,
    access: &'a BTreeSet<AccessCategory>,
}

/// The rows about whoever holds an account.
fn rows<'a>(register: &'a Authority, holder: &'a Holder) -> Vec<Row<'a>> {
    match holder {
        Holder::Person(iin) => register
            .persons_of(iin.digits())
            .map(|p| Row { bin: &p.bin, kind: p.kind, from: p.from, until: p.to, access: &p.access })
            .collect(),
        Holder::Service(name) => register
            .services
            .iter()
            .filter(|service| service.name == *name)
            .map(|s| Row { bin: &s.bin, kind: s.kind, from: s.from, until: s.to, access: &s.access })
            .collect(),
        Holder::Bootstrap => Vec::new(),
    }
}

/// What an account has: a grant for each row about its holder and agency of the row's body, and for each permit.
pub fn grants_of(archive: &Archive, account: &Account) -> Result<Vec<Grant>, Error> {
    let (confirmed, in_force) = (archive.confirmed()?, archive.authorities()?);
    let decides = if confirmed.registers.adopted().is_empty() { &*in_force } else { &confirmed.registers };
    let mut grants = by_registers(decides, &in_force, &account.holder);
    let accounts = archive.accounts()?;
    let permits = accounts.permits().filter(|permit| permit.account == account.name && permit.ended.is_none());
    grants.extend(permits.map(|permit| Grant {
        role: Role::Reader,
        agency: None,
        access: permit.access.clone(),
        records: Some(permit.records.clone()),
        from: permit.from,
        until: Some(permit.until),
    }));
    if account.holder == Holder::Bootstrap {
        let access = BTreeSet::new();
        let from = NaiveDate::MIN;
        grants.push(Grant { role: Role::Administrator, agency: None, access, records: None, from, until: None });
    }
    Ok(grants)
}

/// Grants by the registers that decide; those in force only take away.
fn by_registers(decides: &Authorities, in_force: &Authorities, holder: &Holder) -> Vec<Grant> {
    let mut grants = Vec::new();
    for register in decides.adopted() {
        let later = in_force.adopted().iter().find(|later| later.id == register.id && later.sha256 != register.sha256);
        for row in rows(register, holder) {
            let Some(role) = role_of(row.kind) else { continue };
            let later_rows = later.map(|later| rows(later, holder));
            let same = |other: &Row<'_>| other.bin == row.bin && other.kind == row.kind;
            let terms: Vec<Row<'_>> = match later_rows {
                None => vec![row.clone()],
                Some(later) => later.into_iter().filter(same).collect(),
            };
            let agencies = register.agencies_of(row.bin);
            let agencies = if agencies.is_empty() { vec![None] } else { agencies.into_iter().map(Some).collect() };
            for (agency, term) in agencies.iter().flat_map(|agency| terms.iter().map(move |term| (agency, term))) {
                let until = [row.until, term.until].into_iter().flatten().min();
                grants.push(Grant {
                    role,
                    agency: agency.map(str::to_owned),
                    access: row.access.intersection(term.access).copied().collect(),
                    records: None,
                    from: row.from.max(term.from),
                    until,
                });
            }
        }
    }
    grants
}

/// Whether the holder of an account runs the program on a day.
pub fn is_administrator(archive: &Archive, account: &Account, day: NaiveDate) -> Result<bool, Error> {
    let (confirmed, in_force) = (archive.confirmed()?, archive.authorities()?);
    Ok([&confirmed.registers, &*in_force].into_iter().any(|registers| match &account.holder {
        Holder::Person(iin) => registers.is_administrator(iin.digits(), day),
        Holder::Service(name) => registers.is_administrating_service(name, day),
        Holder::Bootstrap => true,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::iin::Iin;

    fn register(version: &str, agency: &str, rows: &[(&str, &str, &str)]) -> Authority {
        let mut text = format!(
            "schema = \"muragat/authority/1\"\nid = \"a\"\nversion = \"{version}\"\nvalid_from = \"2026-01-01\"\n\
             title = {{ kk = \"Үлгі\", ru = \"Пример\", en = \"Example\" }}\n\
             [[body]]\nbin = \"000000000100\"\nname = \"Үлгі\"\n{agency}"
        );
        for (kind, from, access) in rows {
            text += &format!(
                "[[person]]\niin = \"000000000001\"\nbin = \"000000000100\"\nkind = \"{kind}\"\npost = \"Үлгі\"\n\
                 from = \"{from}\"\nbasis = \"Үлгі\"\n{access}"
            );
        }
        Authority::parse(text.as_bytes(), "a").unwrap()
    }

    fn adopted(register: Authority) -> Authorities {
        let mut authorities = Authorities::default();
        authorities.adopt(register);
        authorities
    }

    fn holder() -> Holder {
        Holder::Person(Iin::parse("000000000001").unwrap())
    }

    const AGENCY: &str = "agency = \"DEMO\"\n";
    const BOTH: &str = "access = [\"public\", \"confidential\"]\n";

    #[test]
    fn a_later_version_takes_away_and_gives_nothing() {
        use AccessCategory::{Confidential, Public};
        let confirmed = || adopted(register("1", AGENCY, &[("archivist", "2026-01-01", BOTH)]));
        let with =
            |rows: &[(&str, &str, &str)]| by_registers(&confirmed(), &adopted(register("2", AGENCY, rows)), &holder());
        let alone = by_registers(&confirmed(), &confirmed(), &holder());
        assert_eq!(alone.len(), 1);
        assert_eq!((alone[0].role, alone[0].agency.as_deref()), (Role::Archivist, Some("DEMO")));
        assert_eq!(alone[0].access, BTreeSet::from([Public, Confidential]));
        assert!(with(&[]).is_empty(), "whom it leaves out has lost the office");
        assert!(with(&[("legal_officer", "2026-01-01", BOTH)]).is_empty());
        let narrower = with(&[("archivist", "2026-02-01", "")]);
        assert_eq!(narrower[0].access, BTreeSet::from([Public]));
        assert_eq!(narrower[0].from.to_string(), "2026-02-01");
        let wider = "access = [\"public\", \"confidential\", \"official_use\"]\n";
        assert_eq!(with(&[("archivist", "2025-01-01", wider)]), alone, "what it adds nobody confirmed");
    }

    #[test]
    fn a_body_that_is_no_agency_here_gives_a_grant_for_none_and_an_official_none_at_all() {
        let of_none = adopted(register("1", "", &[("archivist", "2026-01-01", ""), ("official", "2026-01-01", "")]));
        let grants = by_registers(&of_none, &of_none, &holder());
        assert_eq!(grants.iter().map(|g| (g.role, g.agency.clone())).collect::<Vec<_>>(), [(Role::Archivist, None)]);
        assert_eq!(by_registers(&of_none, &of_none, &Holder::Service("000000000001".into())), []);
    }
}
