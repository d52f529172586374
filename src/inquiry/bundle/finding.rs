//! What was found of a bundle: each check with its outcome and its words in three languages, and what all of them make.
//!
//! The words of checks and outcomes are part of the output for programs (`schema/cli/1/verify-row`) and never change.
//! It checks nothing itself.

use crate::model::finding::{self, checks};
use crate::model::id::RecordId;

pub use crate::model::finding::Outcome;

checks! {
    /// The form of the file.
    Container = "container", "файлдың пішімі", "форма файла", "form of the file";
    /// The list of digests.
    Sums = "sums", "дайджесттер тізімі", "список дайджестов", "list of digests";
    /// The checkpoint and its log.
    Log = "log", "журналдың қолтаңбасы", "подпись журнала", "signature of the journal";
    /// Cosignatures.
    Witnesses = "witnesses", "куәгерлер", "свидетели", "witnesses";
    /// Lines of a note that nobody asked for.
    Lines = "lines", "белгісіз кілттердің жолдары ескерілмеді", "строки неизвестных ключей не учтены",
        "lines of unknown keys do not count";
    /// Entries with their proofs.
    Entries = "entries", "журнал жазбалары", "записи журнала", "entries of the journal";
    /// The act of the bundle.
    Commitment = "commitment", "журнал осы жинақтың әр байтына міндеттенеді", "журнал закрепляет каждый байт пакета",
        "the journal commits to each byte of the bundle";
    /// How old the bundle is.
    Time = "time", "жинақтың уақыты", "время пакета", "time of the bundle";
    /// All entries of the custody of a record.
    Custody = "custody", "құжатпен жасалған әрекеттердің бәрі", "все действия с документом",
        "every act of custody of the record";
    /// Entries that were lost, by the archive's own word.
    Lost = "lost", "жоғалған жазбалар", "утраченные записи", "lost entries";
    /// Readings.
    Readings = "readings", "оқулар", "чтения", "readings";
    /// The contents of a record.
    Content = "content", "құжаттың мазмұны", "содержание документа", "content of the record";
    /// An evidence record.
    Evidence = "evidence", "уақыт дәлелі", "доказательство времени", "evidence of time";
    /// Evidence for the journal.
    Stamped = "stamped", "журналдың уақыт дәлелі", "доказательство времени журнала", "evidence of time of the journal";
    /// A signature in a record.
    Signature = "signature", "құжаттың қолтаңбасы", "подпись документа", "signature of the record";
    /// What the archives that had the record before prove.
    Provenance = "provenance", "құжатты тапсырған архивтің дәлелдері", "доказательства передавшего архива",
        "proofs of the archive that handed it over";
    /// What the archive says.
    Report = "report", "архивтің есебі", "отчёт архива", "report of the archive";
    /// Material that is none.
    Material = "material", "тексеру материалы", "материал проверки", "validation material";
}

/// One thing that was checked: of a member, a record, an entry.
pub type Finding = finding::Finding<Check>;

/// What was found of a bundle.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BundleReport {
    /// In the order of the checks.
    pub findings: Vec<Finding>,
    /// The name of the log, when the checkpoint can be read.
    pub origin: Option<String>,
    /// The records.
    pub records: Vec<RecordId>,
}

impl BundleReport {
    /// The worst of all.
    pub fn outcome(&self) -> Outcome {
        let worst = self.findings.iter().map(|finding| finding.outcome).max();
        // Nothing was found: nothing is proven.
        worst.unwrap_or(Outcome::Undecided)
    }

    pub(super) fn add(
        &mut self,
        check: Check,
        outcome: Outcome,
        subject: impl Into<String>,
        detail: impl Into<String>,
    ) {
        self.findings.push(Finding { check, outcome, subject: subject.into(), detail: detail.into() });
    }
}
