//! What is found of a package: each check with its words, and what all of them make.
//!
//! The words of checks are part of the output for programs (`schema/cli/1/verify-row`) and never change. It checks
//! nothing itself.

use crate::model::finding::{self, checks};
use crate::model::strict::words;

pub use crate::model::finding::Outcome;

/// Findings of one package that are kept; what is more is counted. Own bound: nobody reads more, and a package of
/// 160,000 files can have a fault in each.
pub const FINDINGS_MAX: usize = 1_000;

words! {
    /// Which of the three forms a package has.
    Kind {
        /// A bag with one E-ARK package in it.
        BagOfEark = "bag-eark",
        /// An E-ARK package alone.
        Eark = "eark",
        /// A bag without one.
        Bag = "bag",
    }
}

checks! {
    /// What it is read from, and the declaration of the bag.
    Form = "form", "топтаманың пішімі", "форма пакета", "form of the package";
    /// Names of files.
    Names = "names", "файл атаулары", "имена файлов", "names of files";
    /// `fetch.txt`.
    Fetch = "fetch", "топтамада жоқ файлдар", "файлы вне пакета", "files that are not in the package";
    /// The manifests of the bag: each file in each of them, nothing besides.
    Manifests = "manifests", "қаптың тізімдері", "манифесты пакета", "manifests of the bag";
    /// Tag manifests.
    Tags = "tags", "қызметтік файлдардың тізімдері", "манифесты служебных файлов", "manifests of the tag files";
    /// The sum of the payload.
    Sum = "sum", "мазмұнның жалпы көлемі", "общий объём содержимого", "sum of the payload";
    /// The bytes of each file.
    Digests = "digests", "файлдардың дайджесттері", "дайджесты файлов", "digests of the files";
    /// Folders and identifiers of the E-ARK package.
    Structure = "structure", "E-ARK топтамасының құрылымы", "структура пакета E-ARK", "structure of the E-ARK package";
    /// What METS files refer to.
    References = "references", "METS сілтемелері", "ссылки METS", "references of METS";
    /// What PREMIS files say.
    Preservation = "preservation", "PREMIS мәліметтері", "сведения PREMIS", "statements of PREMIS";
    /// Files that no METS file has.
    Unlisted = "unlisted", "METS тізіміндегі файлдар", "файлы в списках METS", "files in the lists of METS";
    /// Who made it.
    Maker = "maker", "кім жасағаны", "кем создан", "who made it";
}

/// One thing that was found: of a file of the package.
pub type Finding = finding::Finding<Check>;

/// What was found of a package.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PackageReport {
    /// What it is; none when it is no package.
    pub kind: Option<Kind>,
    /// Its identifier: that of the E-ARK package, or the one that the bag names.
    pub name: Option<String>,
    /// Its files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Names of its representations.
    pub representations: Vec<String>,
    /// In the order of the checks.
    pub findings: Vec<Finding>,
    /// Findings beyond [`FINDINGS_MAX`].
    pub more: u64,
    worst: Option<Outcome>,
}

impl PackageReport {
    /// The worst of all.
    pub fn outcome(&self) -> Outcome {
        // Nothing was found: nothing is proven.
        self.worst.unwrap_or(Outcome::Undecided)
    }

    pub(super) fn add(
        &mut self,
        check: Check,
        outcome: Outcome,
        subject: impl Into<String>,
        detail: impl Into<String>,
    ) {
        self.worst = self.worst.max(Some(outcome));
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(Finding { check, outcome, subject: subject.into(), detail: detail.into() });
        } else {
            self.more += 1;
        }
    }

    pub(super) fn failed(&mut self, check: Check, subject: impl Into<String>, detail: impl Into<String>) {
        self.add(check, Outcome::Failed, subject, detail);
    }

    pub(super) fn undecided(&mut self, check: Check, subject: impl Into<String>, detail: impl Into<String>) {
        self.add(check, Outcome::Undecided, subject, detail);
    }

    pub(super) fn noted(&mut self, check: Check, subject: impl Into<String>, detail: impl Into<String>) {
        self.add(check, Outcome::Noted, subject, detail);
    }

    /// Says of a check that it held, when nothing else was said of it but notes.
    pub(super) fn proven(&mut self, check: Check, subject: impl Into<String>, detail: impl Into<String>) {
        let is_doubted = |found: &Finding| found.check == check && found.outcome > Outcome::Noted;
        // Of what was only counted it is not known which check it was of.
        if self.more == 0 && !self.findings.iter().any(is_doubted) {
            self.add(check, Outcome::Proven, subject, detail);
        }
    }

    /// Puts the findings into the order of the checks, the worst of each first.
    pub(super) fn sort(&mut self) {
        self.findings.sort_by(|a, b| a.check.cmp(&b.check).then(b.outcome.cmp(&a.outcome)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_found_is_nothing_proven() {
        let mut report = PackageReport::default();
        assert_eq!(report.outcome(), Outcome::Undecided);
        report.noted(Check::Maker, "", "");
        assert_eq!(report.outcome(), Outcome::Noted);
        report.proven(Check::Maker, "", "");
        report.failed(Check::Sum, "", "");
        report.proven(Check::Sum, "", "");
        assert_eq!((report.outcome(), report.findings.len()), (Outcome::Failed, 3));
    }

    #[test]
    fn what_is_not_kept_is_counted() {
        let mut report = PackageReport::default();
        for _ in 0..FINDINGS_MAX + 5 {
            report.undecided(Check::Digests, "", "");
        }
        report.failed(Check::Sum, "", "");
        assert_eq!((report.findings.len(), report.more, report.outcome()), (FINDINGS_MAX, 6, Outcome::Failed));
    }
}
