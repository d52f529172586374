//! By what officers decide: which adoptions of policies and registers are **confirmed**.
//!
//! Whoever runs the program may adopt a policy or a register, and submissions are judged by it at once. Were officers
//! judged by it too, that person could name officers of their own and destroy with them. So officers are judged by what
//! was confirmed only. An adoption of a policy or a register is confirmed when
//!   1. there was no **quorum** before it: no confirmed policy with an anchor together with confirmed registers that
//!      name two approvers, who are no administrators, for the day of an adoption or later. A quorum is for ever: what
//!      takes the approvers away again does not open the archive to everybody; or
//!   2. two approvers signed its file ([`crate::ingest::adopt`] judges that); or
//!   3. its file is the confirmed one already, so that what was adopted without confirmation can be taken back.
//!
//! All this follows from the acts of adoption in their order. The field `confirmed` of an act says what was found
//! then; an act that says that it is not confirmed never is. The index has no row of it, and the configuration no say.
//!
//! It writes nothing and judges no signature.

use super::policies::trusted;
use super::{Archive, PolicyInForce, lock};
use crate::clock::{Millis, civil_date};
use crate::error::Error;
use crate::index::rows::Adopted;
use crate::model::digest::Sha256;
use crate::model::record::ActDocument;
use crate::verify::authority::{Authorities, Authority};
use crate::verify::policy::{Policy, SignerKind};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Persons who confirm a policy or a register, each an approver. Own bound, as the least number of those who approve a
/// destruction; a constant, so that no configuration makes an adoption confirmed.
pub const CONFIRMING_PERSONS: usize = 2;

/// A policy or a register that is adopted.
pub(crate) enum Trusted {
    /// A validation policy.
    Policy(Box<Policy>),
    /// A register of authority.
    Register(Box<Authority>),
}

impl Trusted {
    fn sha256(&self) -> Sha256 {
        match self {
            Self::Policy(policy) => policy.sha256,
            Self::Register(register) => register.sha256,
        }
    }
}

/// The policy and the registers that officers are judged by.
#[derive(Debug, Clone)]
pub struct Confirmed {
    /// The policy that was confirmed last; the built-in one, which trusts nobody, while there is none.
    pub policy: PolicyInForce,
    /// Of each register the version that was confirmed last.
    pub registers: Authorities,
    /// Whether a further adoption needs signatures.
    pub has_quorum: bool,
    /// When the policy was confirmed.
    policy_since: Option<Millis>,
    /// When each register was confirmed, by its id.
    registers_since: BTreeMap<String, Millis>,
    /// The adoptions that are not confirmed.
    unconfirmed: BTreeSet<u64>,
    /// The newest adoption.
    newest: Option<u64>,
}

impl Default for Confirmed {
    fn default() -> Self {
        Self {
            policy: PolicyInForce { policy: Policy::built_in(), entry: None },
            registers: Authorities::default(),
            has_quorum: false,
            policy_since: None,
            registers_since: BTreeMap::new(),
            unconfirmed: BTreeSet::new(),
            newest: None,
        }
    }
}

impl Confirmed {
    /// Whether the adoption of this entry is confirmed.
    pub fn is_confirmed(&self, entry: u64) -> bool {
        !self.unconfirmed.contains(&entry)
    }

    /// Whether officers are judged by the file with this digest.
    pub fn decides(&self, digest: Sha256) -> bool {
        (self.policy.is_adopted() && self.policy.policy.sha256 == digest)
            || self.registers.adopted().iter().any(|register| register.sha256 == digest)
    }

    /// The newest adoption of a policy or a register.
    pub(crate) fn newest(&self) -> Option<u64> {
        self.newest
    }

    /// Whether the next adoption is confirmed without signatures when it is that of the file with this digest.
    pub(crate) fn is_free(&self, digest: Sha256) -> bool {
        !self.has_quorum || self.decides(digest)
    }

    /// When the policy was confirmed that another one takes the place of.
    pub(crate) fn policy_since(&self) -> Option<Millis> {
        self.policy_since
    }

    /// The same of a register. A new one takes the place of none; it is no older than what was confirmed last, so that
    /// one that was signed long ago and never adopted does not come in.
    pub(crate) fn register_since(&self, id: &str) -> Option<Millis> {
        self.registers_since.get(id).or(self.registers_since.values().max()).copied()
    }

    /// Takes in an adoption that `persons` approvers signed and that says of itself what was found then.
    fn adopt(&mut self, (entry, at): (u64, Millis), file: Trusted, persons: usize, said: Option<bool>) {
        let digest = file.sha256();
        self.newest = Some(entry);
        let is_signed = persons >= CONFIRMING_PERSONS;
        if said == Some(false) || !(is_signed || self.is_free(digest)) {
            self.unconfirmed.insert(entry);
            return;
        }
        // The same file again, without signatures, changes nothing: signatures made since the first time still count.
        if is_signed || !self.decides(digest) {
            match file {
                Trusted::Policy(policy) => {
                    self.policy = PolicyInForce { policy: *policy, entry: Some(entry) };
                    self.policy_since = Some(at);
                }
                Trusted::Register(register) => {
                    self.registers_since.insert(register.id.clone(), at);
                    self.registers.adopt(*register);
                }
            }
        }
        let approvers = self.registers.approvers_from(civil_date(at)).len();
        self.has_quorum |= !self.policy.policy.anchors.is_empty() && approvers >= CONFIRMING_PERSONS;
    }
}

/// How many approvers signed what an act adopted, as it says.
fn approvers(document: &ActDocument) -> usize {
    let approved = document.fields.get("approved").and_then(Value::as_array).into_iter().flatten();
    let text = |row: &Value, key: &str| row.get(key).and_then(Value::as_str).map(str::to_owned);
    let approvers = approved.filter(|row| text(row, "kind").as_deref() == Some(SignerKind::Approver.as_str()));
    approvers.filter_map(|row| text(row, "iin")).collect::<BTreeSet<_>>().len()
}

impl Archive {
    /// What officers are judged by.
    pub fn confirmed(&self) -> Result<Arc<Confirmed>, Error> {
        let mut cached = lock(&self.shared.confirmed);
        if let Some(confirmed) = cached.as_ref() {
            return Ok(confirmed.clone());
        }
        let policies = self.index().adopted(Adopted::Policy)?.into_iter().map(|entry| (entry, true));
        let registers = self.index().adopted(Adopted::Authority)?.into_iter().map(|entry| (entry, false));
        let adopted: BTreeMap<u64, bool> = policies.chain(registers).collect();
        let mut confirmed = Confirmed::default();
        for (entry, is_policy) in adopted {
            let (document, _) = self.document(entry)?;
            let file = trusted(entry, &document, is_policy)?;
            let said = document.fields.get("confirmed").and_then(Value::as_bool);
            confirmed.adopt((entry, self.leaf(entry)?.t), file, approvers(&document), said);
        }
        Ok(cached.insert(Arc::new(confirmed)).clone())
    }

    /// The adoptions in force that are not confirmed: id, version and entry of each.
    pub fn unconfirmed(&self) -> Result<Vec<(String, String, u64)>, Error> {
        let confirmed = self.confirmed()?;
        let policy = self.adopted_policies()?.pop().map(|(entry, p)| (p.id, p.version, entry));
        let mut registers: BTreeMap<String, (String, u64)> = BTreeMap::new();
        for (entry, register) in self.adopted_authorities()? {
            registers.insert(register.id, (register.version, entry));
        }
        let registers = registers.into_iter().map(|(id, (version, entry))| (id, version, entry));
        Ok(policy.into_iter().chain(registers).filter(|(_, _, entry)| !confirmed.is_confirmed(*entry)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A policy with an anchor.
    const POLICY: &str = include_str!("../../schema/policy/1/examples/valid-anchors.toml");
    const DAY: Millis = 24 * 60 * 60 * 1000;
    /// 2026-06-01.
    const T: Millis = 1_780_272_000_000;

    fn policy(version: &str) -> Trusted {
        let text = POLICY.replacen("version = \"1\"", &format!("version = \"{version}\""), 1);
        Trusted::Policy(Box::new(Policy::parse(text.as_bytes(), "p").unwrap()))
    }

    /// A register of these persons: number, kind, last day.
    fn register(id: &str, version: &str, persons: &[(u8, &str, Option<&str>)]) -> Trusted {
        let mut text = format!(
            "schema = \"muragat/authority/1\"\nid = \"{id}\"\nversion = \"{version}\"\nvalid_from = \"2026-01-01\"\n\
             title = {{ kk = \"Үлгі\", ru = \"Пример\", en = \"Example\" }}\n\
             [[body]]\nbin = \"000000000100\"\nname = \"Үлгі\"\n"
        );
        for (n, kind, to) in persons {
            let to = to.map(|to| format!("to = \"{to}\"\n")).unwrap_or_default();
            text += &format!(
                "[[person]]\niin = \"0000000000{n:02}\"\nbin = \"000000000100\"\nkind = \"{kind}\"\npost = \"Үлгі\"\n\
                 from = \"2020-01-01\"\n{to}basis = \"Үлгі\"\n"
            );
        }
        Trusted::Register(Box::new(Authority::parse(text.as_bytes(), "a").unwrap()))
    }

    fn two() -> Trusted {
        register("a", "1", &[(1, "approver", None), (2, "approver", None)])
    }

    /// What is found of adoptions one after another, each with the number of approvers who signed it.
    fn run(adoptions: Vec<(Trusted, usize)>) -> (Vec<bool>, Confirmed) {
        let mut confirmed = Confirmed::default();
        let mut found = Vec::new();
        for (entry, (file, persons)) in adoptions.into_iter().enumerate() {
            let entry = entry as u64;
            confirmed.adopt((entry, T + entry * DAY), file, persons, None);
            found.push(confirmed.is_confirmed(entry));
        }
        (found, confirmed)
    }

    #[test]
    fn an_archive_is_set_up_freely_until_two_approvers_are_named_and_never_after() {
        let own = || register("a", "2", &[(8, "approver", None), (9, "approver", None)]);
        let (found, confirmed) = run(vec![
            (policy("1"), 0),
            (register("a", "0", &[(1, "approver", None)]), 0),
            (two(), 0),
            // From here on: another version, another id, another policy, an empty one, and by one person only.
            (own(), 0),
            (register("b", "1", &[(8, "approver", None)]), 0),
            (policy("2"), 0),
            (register("a", "3", &[]), 1),
            (own(), 1),
        ]);
        assert_eq!(found, [true, true, true, false, false, false, false, false]);
        assert!(confirmed.has_quorum && confirmed.decides(two().sha256()) && confirmed.decides(policy("1").sha256()));
        assert_eq!(confirmed.registers.adopted().len(), 1, "the additional register decides nothing");
    }

    #[test]
    fn a_register_before_the_policy_does_not_lock_the_archive() {
        let (found, confirmed) = run(vec![(two(), 0), (policy("1"), 0), (policy("2"), 0)]);
        assert_eq!((found, confirmed.has_quorum), (vec![true, true, false], true));
        let built_in = || Trusted::Policy(Box::new(Policy::built_in()));
        let (found, _) = run(vec![(built_in(), 0), (two(), 0), (policy("1"), 0), (policy("2"), 0)]);
        assert_eq!(found, [true, true, true, false], "a policy without anchors lets nobody sign");
    }

    #[test]
    fn who_has_left_or_is_an_administrator_makes_no_quorum_and_approvers_of_several_registers_do() {
        let left = register("a", "1", &[(1, "approver", None), (2, "approver", Some("2026-05-01"))]);
        let administrator =
            register("a", "1", &[(1, "approver", None), (2, "approver", None), (2, "administrator", None)]);
        for (first, has_quorum) in [(left, false), (administrator, false), (two(), true)] {
            assert_eq!(run(vec![(policy("1"), 0), (first, 0)]).1.has_quorum, has_quorum);
        }
        let one = |id: &str, n| register(id, "1", &[(n, "approver", None)]);
        assert!(!run(vec![(policy("1"), 0), (one("a", 1), 0), (one("b", 1), 0)]).1.has_quorum, "one person twice");
        assert!(run(vec![(policy("1"), 0), (one("a", 1), 0), (one("b", 2), 0)]).1.has_quorum);
    }

    #[test]
    fn a_quorum_stays_when_a_confirmed_register_has_no_approvers_or_their_terms_end() {
        let ends = register("a", "1", &[(1, "approver", Some("2026-06-02")), (2, "approver", Some("2026-06-02"))]);
        let mut adoptions = vec![(policy("1"), 0), (ends, 0)];
        adoptions.extend((0..9).map(|n| (policy(&format!("0{n}")), 0)));
        assert_eq!(run(adoptions).0.iter().filter(|is| **is).count(), 2, "their terms are over, and nothing is open");
        let (found, confirmed) = run(vec![
            (policy("1"), 0),
            (two(), 0),
            (register("a", "2", &[]), 2),
            (register("a", "3", &[(8, "approver", None), (9, "approver", None)]), 0),
        ]);
        assert_eq!((found, confirmed.has_quorum), (vec![true, true, true, false], true));
    }

    #[test]
    fn what_was_confirmed_is_adopted_again_freely_and_what_it_replaced_is_not() {
        let second = || register("a", "2", &[(3, "approver", None), (4, "approver", None)]);
        let (found, confirmed) = run(vec![
            (policy("1"), 0),
            (two(), 0),
            (second(), 2),
            (register("a", "3", &[]), 0),
            (second(), 0),
            // Back to officers who have left.
            (two(), 0),
        ]);
        assert_eq!(found, [true, true, true, false, true, false]);
        assert!(confirmed.decides(second().sha256()) && !confirmed.decides(two().sha256()));
        // Nobody makes signatures old by adopting the same file again.
        assert_eq!(confirmed.register_since("a"), Some(T + 2 * DAY));
        assert_eq!(confirmed.register_since("new"), Some(T + 2 * DAY), "no older than what was confirmed last");
    }

    #[test]
    fn an_act_that_says_that_it_is_not_confirmed_never_is_and_one_that_says_so_is_not_believed() {
        let mut confirmed = Confirmed::default();
        confirmed.adopt((0, T), policy("1"), 0, Some(false));
        confirmed.adopt((1, T), policy("1"), 0, None);
        confirmed.adopt((2, T), two(), 0, Some(true));
        confirmed.adopt((3, T), policy("2"), 1, Some(true));
        assert_eq!([0, 1, 2, 3].map(|entry| confirmed.is_confirmed(entry)), [false, true, true, false]);
    }
}
