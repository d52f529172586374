//! What the blocks found about one signature, and the conclusion from it.
//!
//! The order of the blocks is the order of importance, with one exception: what is TOTAL-FAILED outweighs what is
//! INDETERMINATE, because nothing that may still come can turn it.

use super::super::report::{Check, Outcome};
use super::super::verdict::{Conclusion, Indication};
use crate::model::missing::Missing;

/// The checks that were made, and what they found wrong.
#[derive(Debug, Default)]
pub(super) struct Findings {
    checks: Vec<Check>,
    problems: Vec<Conclusion>,
    /// What was missing.
    pub(super) missing: Vec<Missing>,
}

impl Findings {
    /// In order.
    pub(super) fn ok(&mut self, block: &'static str, name: &'static str, detail: impl Into<String>) {
        self.checks.push(Check { block, name, outcome: Outcome::Ok, detail: detail.into() });
    }

    /// Not as it should be, without effect on the verdict.
    pub(super) fn warn(&mut self, block: &'static str, name: &'static str, detail: impl Into<String>) {
        self.checks.push(Check { block, name, outcome: Outcome::Warn, detail: detail.into() });
    }

    /// Wrong, with the conclusion that follows when nothing outweighs it.
    pub(super) fn fail(&mut self, block: &'static str, name: &'static str, conclusion: Conclusion) {
        self.checks.push(Check { block, name, outcome: Outcome::Fail, detail: conclusion.detail.clone() });
        self.problems.push(conclusion);
    }

    /// The conclusion of all, and the checks.
    pub(super) fn conclude(self) -> (Conclusion, Vec<Check>) {
        let failed = self.problems.iter().find(|problem| problem.indication == Indication::TotalFailed);
        let conclusion = failed.or(self.problems.first()).cloned();
        (conclusion.unwrap_or_else(|| Conclusion::passed(Indication::TotalPassed, "")), self.checks)
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::verdict::SubIndication;
    use super::*;

    #[test]
    fn the_first_problem_decides_unless_a_later_one_is_final() {
        let try_later = || Conclusion::indeterminate(SubIndication::TryLater, "a");
        let mut findings = Findings::default();
        findings.ok("format", "object", "");
        findings.warn("acceptance", "attributes", "");
        findings.fail("x509", "revocation", try_later());
        findings.fail("x509", "dates", Conclusion::indeterminate(SubIndication::OutOfBoundsNoPoe, "b"));
        let (conclusion, checks) = findings.conclude();
        assert_eq!((conclusion, checks.len()), (try_later(), 4));

        let mut findings = Findings::default();
        findings.fail("x509", "revocation", try_later());
        findings.fail("crypto", "signature", Conclusion::failed(SubIndication::SigCryptoFailure, "c"));
        assert_eq!(findings.conclude().0.sub_indication, Some(SubIndication::SigCryptoFailure));
        assert!(Findings::default().conclude().0.is_passed());
    }
}
