//! Certificate policies along a path (RFC 5280 §6.1, with the graph of RFC 9618 in place of the tree).
//!
//! The tree of RFC 5280 grows exponentially when each certificate maps policies to many others (CVE-2023-0464). In the
//! graph a depth has one node for a policy, whatever leads to it, so its size is at most the sum of what the
//! certificates say; the budget bounds that too.
//!
//! Qualifiers take no part in the outcome and are not carried along.

use super::budget::{Budget, BudgetError};
use crate::verify::certificate::Certificate;
use crate::verify::oid::Oid;
use std::collections::{BTreeMap, BTreeSet};

/// anyPolicy (RFC 5280 §4.2.1.4).
pub const ANY_POLICY: &str = "2.5.29.32.0";

/// What is asked of policies (RFC 5280 §6.1.1 (c), (e), (f), (g)). The default asks for nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PolicyInputs {
    /// user-initial-policy-set; empty is any-policy.
    pub acceptable: BTreeSet<Oid>,
    /// initial-explicit-policy.
    pub require_explicit: bool,
    /// initial-policy-mapping-inhibit.
    pub inhibit_mapping: bool,
    /// initial-any-policy-inhibit.
    pub inhibit_any: bool,
}

/// Why policies stop a path.
#[derive(Debug)]
pub(super) enum PolicyStop {
    /// What is wrong, and the section that says so.
    Constraint(&'static str, &'static str),
    /// The graph grows too large.
    Budget(BudgetError),
}

impl From<BudgetError> for PolicyStop {
    fn from(error: BudgetError) -> Self {
        Self::Budget(error)
    }
}

/// A policy at one depth.
#[derive(Debug, Clone)]
struct Node {
    /// The policies that satisfy it in the next certificate.
    expected: BTreeSet<Oid>,
    /// Its parents: policies of the depth above.
    parents: BTreeSet<Oid>,
}

type Level = BTreeMap<Oid, Node>;

/// The state of RFC 5280 §6.1.2 that concerns policies.
#[derive(Debug)]
pub(super) struct Policies<'a> {
    inputs: &'a PolicyInputs,
    any_policy: Oid,
    /// valid_policy_graph: a level for each certificate, below that of the anchor. Empty is NULL.
    graph: Vec<Level>,
    /// explicit_policy: certificates that may follow before a policy is needed.
    explicit: usize,
    /// policy_mapping.
    mapping: usize,
    /// inhibit_anyPolicy.
    any: usize,
}

impl<'a> Policies<'a> {
    /// RFC 5280 §6.1.2 (a), (d), (e), (f), for a path of `len` certificates below the anchor.
    pub(super) fn new(inputs: &'a PolicyInputs, len: usize) -> Self {
        let unless = |inhibited: bool| if inhibited { 0 } else { len.saturating_add(1) };
        let any_policy: Oid = ANY_POLICY.parse().expect("a constant");
        let root = Node { expected: BTreeSet::from([any_policy.clone()]), parents: BTreeSet::new() };
        Self {
            inputs,
            graph: vec![Level::from([(any_policy.clone(), root)])],
            any_policy,
            explicit: unless(inputs.require_explicit),
            mapping: unless(inputs.inhibit_mapping),
            any: unless(inputs.inhibit_any),
        }
    }

    /// RFC 5280 §6.1.3 (d), (e), (f).
    pub(super) fn take(
        &mut self,
        certificate: &Certificate,
        is_last: bool,
        budget: &mut Budget,
    ) -> Result<(), PolicyStop> {
        match &certificate.extensions.policies {
            None => self.graph.clear(),
            Some(policies) => {
                let admits_any = self.any > 0 || (!is_last && certificate.is_self_issued());
                self.grow(policies, admits_any, budget)?;
            }
        }
        if self.explicit == 0 && self.graph.is_empty() {
            return Err(PolicyStop::Constraint(
                "no policy is valid along the path, and one is required",
                "5280 §6.1.3 (f)",
            ));
        }
        Ok(())
    }

    /// RFC 9618 §5, which stands in for RFC 5280 §6.1.3 (d).
    fn grow(&mut self, policies: &[(Oid, Vec<u8>)], admits_any: bool, budget: &mut Budget) -> Result<(), PolicyStop> {
        let Some(above) = self.graph.last() else {
            return Ok(());
        };
        // Which policies of the depth above expect a policy.
        let mut expecting: BTreeMap<&Oid, BTreeSet<Oid>> = BTreeMap::new();
        for (policy, node) in above {
            for expected in &node.expected {
                expecting.entry(expected).or_default().insert(policy.clone());
            }
        }
        let mut level = Level::new();
        let mut add = |policy: &Oid, parents: BTreeSet<Oid>| -> Result<(), BudgetError> {
            budget.policy_nodes(parents.len().saturating_add(1))?;
            level.entry(policy.clone()).or_insert(Node { expected: BTreeSet::from([policy.clone()]), parents });
            Ok(())
        };
        let mut asserted: BTreeSet<&Oid> = BTreeSet::new();
        for (policy, _) in policies.iter().filter(|(policy, _)| *policy != self.any_policy) {
            // (1)(i), then (1)(ii).
            if let Some(parents) = expecting.get(policy) {
                add(policy, parents.clone())?;
                asserted.insert(policy);
            } else if above.contains_key(&self.any_policy) {
                add(policy, BTreeSet::from([self.any_policy.clone()]))?;
                asserted.insert(policy);
            }
        }
        // (2).
        if admits_any && policies.iter().any(|(policy, _)| *policy == self.any_policy) {
            for (policy, parents) in &expecting {
                if !asserted.contains(policy) {
                    add(policy, parents.clone())?;
                }
            }
        }
        self.graph.push(level);
        self.prune();
        Ok(())
    }

    /// RFC 5280 §6.1.3 (d)(3): what has no child goes, but for the lowest depth. Without a lowest depth nothing stays.
    fn prune(&mut self) {
        let mut levels = self.graph.iter_mut().rev();
        let Some(mut below) = levels.next() else {
            return;
        };
        for level in levels {
            let with_child: BTreeSet<&Oid> = below.values().flat_map(|node| &node.parents).collect();
            level.retain(|policy, _| with_child.contains(policy));
            below = level;
        }
        if self.graph.last().is_some_and(Level::is_empty) {
            self.graph.clear();
        }
    }

    /// RFC 5280 §6.1.4 (a), (b), (h), (i), (j).
    pub(super) fn prepare_next(&mut self, certificate: &Certificate, budget: &mut Budget) -> Result<(), PolicyStop> {
        let extensions = &certificate.extensions;
        let is_any = |policy: &Oid| *policy == self.any_policy;
        // (a).
        if extensions.policy_mappings.iter().any(|(issuer, subject)| is_any(issuer) || is_any(subject)) {
            return Err(PolicyStop::Constraint("anyPolicy is mapped", "5280 §6.1.4 (a)"));
        }
        self.map(&extensions.policy_mappings, budget)?;
        // (h).
        if !certificate.is_self_issued() {
            for count in [&mut self.explicit, &mut self.mapping, &mut self.any] {
                *count = count.saturating_sub(1);
            }
        }
        // (i), (j).
        let lower = |count: &mut usize, limit: Option<u32>| {
            let limit = limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
            *count = limit.min(*count);
        };
        lower(&mut self.explicit, extensions.require_explicit_policy);
        lower(&mut self.mapping, extensions.inhibit_policy_mapping);
        lower(&mut self.any, extensions.inhibit_any_policy);
        Ok(())
    }

    /// RFC 5280 §6.1.4 (b).
    fn map(&mut self, mappings: &[(Oid, Oid)], budget: &mut Budget) -> Result<(), PolicyStop> {
        let Some(level) = self.graph.last_mut() else {
            return Ok(());
        };
        let mut mapped: BTreeMap<&Oid, BTreeSet<Oid>> = BTreeMap::new();
        for (issuer, subject) in mappings {
            mapped.entry(issuer).or_default().insert(subject.clone());
        }
        let has_any = level.contains_key(&self.any_policy);
        for (policy, expected) in mapped {
            if self.mapping == 0 {
                // (b)(2).
                level.remove(policy);
                continue;
            }
            // (b)(1).
            budget.policy_nodes(expected.len())?;
            if let Some(node) = level.get_mut(policy) {
                node.expected = expected;
            } else if has_any {
                budget.policy_nodes(2)?;
                let parents = BTreeSet::from([self.any_policy.clone()]);
                level.insert(policy.clone(), Node { expected, parents });
            }
        }
        self.prune();
        Ok(())
    }

    /// RFC 5280 §6.1.5 (a), (b), (g): the user-constrained-policy-set.
    pub(super) fn wrap_up(mut self, last: &Certificate) -> Result<BTreeSet<Oid>, PolicyStop> {
        self.explicit = self.explicit.saturating_sub(1);
        if last.extensions.require_explicit_policy == Some(0) {
            self.explicit = 0;
        }
        // RFC 9618 §5: the policies in the words of the anchor's domain are the nodes right below anyPolicy.
        let mut valid: BTreeSet<Oid> = BTreeSet::new();
        for (policy, node) in self.graph.iter().flatten() {
            if *policy != self.any_policy && node.parents.contains(&self.any_policy) {
                valid.insert(policy.clone());
            }
        }
        if self.graph.last().is_some_and(|lowest| lowest.contains_key(&self.any_policy)) {
            valid.insert(self.any_policy);
        }
        let acceptable = &self.inputs.acceptable;
        let has_any = |set: &BTreeSet<Oid>| set.iter().any(|policy| *policy == ANY_POLICY);
        if !acceptable.is_empty() && !has_any(acceptable) {
            valid = match has_any(&valid) {
                true => acceptable.clone(),
                false => valid.intersection(acceptable).cloned().collect(),
            };
        }
        if self.explicit == 0 && valid.is_empty() {
            return Err(PolicyStop::Constraint("none of the policies along the path is acceptable", "5280 §6.1.5 (g)"));
        }
        Ok(valid)
    }
}
