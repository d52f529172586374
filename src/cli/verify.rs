//! `muragat verify FILE...`: what a bundle, a package, an answer, a certificate of destruction or of a release, a
//! signed act, a proof of inclusion or an evidence record is, and whether it verifies; without an archive.
//!
//! A bundle is taken apart by [`check`]. A receipt or notice verifies by the CMS of a records officer over its bytes, a
//! confirmation by the archive's Ed25519 signature. Whether the officer had the authority is the archive's to say
//! (`receipt sign` asked its registers): here
//! the trust anchors that are given decide, and the output says so: anybody with a certificate under them can sign.
//! A certificate verifies by the key of the archive's journal, which must come from elsewhere. A proof
//! of inclusion verifies with its entry by a trust policy: who verifies says which logs and witnesses he believes.
//! An evidence record is judged by its time-stamps and the data that are given:
//! [`evidence_record`](super::evidence_record). A package of a transfer, a folder or a tar, is judged by itself:
//! [`verify_package`](super::verify_package).

use super::evidence_record::{Compared, FoundRecord};
use super::validate::Validate;
use super::{Common, disposal, material, read_up_to, transfer, verify_package};
use crate::disposition::certificate::{self, CERTIFICATE_BYTES_MAX, Certificate};
use crate::error::{Error, ErrorCode, Exit};
use crate::inquiry::answer;
use crate::inquiry::bundle::check::{Asked as BundleAsked, check};
use crate::inquiry::bundle::finding::{Check, Finding, Outcome};
use crate::limits::ENTRY_BYTES_MAX;
use crate::model::answer::{ANSWER_BYTES_MAX, Answer, AnswerError, Confirmation};
use crate::model::strict::shown;
use crate::text::{Lang, TECHNICAL, Text, text};
use crate::tlog::checkpoint::{Checkpoint, VerifierKey};
use crate::tlog::proof::{InclusionProof, PROOF_BYTES_MAX, PROOF_HEAD, ProofError};
use crate::tlog::trust::{NotValid, TRUST_BYTES_MAX, TrustPolicy};
use crate::transfer::certificate as release;
use crate::verify::der::tag;
use crate::verify::evidence::report::EvidenceReport;
use crate::verify::limits::EVIDENCE_BYTES_MAX;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use std::ffi::OsString;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// Arguments of `verify`.
#[derive(clap::Args)]
pub(super) struct Verify {
    /// Evidence bundles, answers of an archive (receipt.json, notice.json, confirmation.json), certificates of
    /// destruction and of a release, what officers signed (answer.json, statements, acts), proofs of inclusion,
    /// evidence records (RFC 4998), and packages of a transfer: folders or .tar files (BagIt, E-ARK).
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The signature, for one FILE; FILE.p7s, or confirmation.sig beside confirmation.json, when not given.
    #[arg(long, value_name = "FILE")]
    signature: Option<PathBuf>,
    /// Key of the archive for confirmations: PEM file, or 64 hexadecimal digits; answer-key.pem beside FILE when not
    /// given.
    #[arg(long, value_name = "FILE|HEX")]
    key: Option<String>,
    /// Verifier key of the archive's journal, for bundles and certificates: as `log checkpoint --vkey`
    /// prints it, or a file that has it.
    #[arg(long, value_name = "VKEY|FILE")]
    vkey: Option<String>,
    /// Verifier key of the journal of an archive that handed records of a bundle over, as it is had from that archive;
    /// once for each. Without it what that archive proves of them is not known.
    #[arg(long, value_name = "VKEY|FILE")]
    sender_vkey: Vec<String>,
    /// The entry of a proof of inclusion (.tlog-proof), byte for byte.
    #[arg(long, value_name = "FILE")]
    entry: Option<PathBuf>,
    /// The trust policy for bundles and proofs of inclusion (C2SP tlog-policy): logs, witnesses and quorum; with --vkey
    /// it need not name the log.
    #[arg(long, value_name = "POLICY")]
    trust: Option<PathBuf>,
    /// Certificates trusted for signatures, in place of those of the policy: files or folders.
    #[arg(long, value_name = "PATH")]
    anchors: Vec<PathBuf>,
    /// Certificates trusted for time-stamps, in place of those of the policy: files or folders.
    #[arg(long, value_name = "PATH")]
    tsa_anchors: Vec<PathBuf>,
    /// Certificates, CRLs and OCSP answers to look at: files or folders.
    #[arg(long, value_name = "PATH")]
    material: Vec<PathBuf>,
    /// The validation policy; the built-in one, which trusts nobody, when not given.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// A bundle must be of this time or later, as RFC 3339 or YYYY-MM-DD: an older one says nothing of what came since.
    #[arg(long, value_name = "TIME", value_parser = super::validate::parse_time)]
    not_before: Option<DateTime<Utc>>,
    /// As of when, as RFC 3339 or YYYY-MM-DD (its first second, UTC); now when not given.
    #[arg(long, value_name = "TIME", value_parser = super::validate::parse_time)]
    as_of: Option<DateTime<Utc>>,
    #[command(flatten)]
    compared: Compared,
}

const RECEIPT: Text = text("хабарлама-түбіртек", "уведомление-квитанция", "notice-receipt");
const NOTICE: Text = text("«қабылданбады» хабарламасы", "уведомление «не принято»", "notice of refusal");
const CONFIRMATION: Text = text("жүйелік растау", "системное подтверждение", "system confirmation");
const CERTIFICATE: Text = text("жою туралы сертификат", "сертификат об уничтожении", "certificate of destruction");
const PROOF: Text = text("журналға енгендігінің дәлелі", "доказательство включения в журнал", "proof of inclusion");
const NO_TRUST: Text = text(
    "Жазба мен сенім саясаты қажет: --entry және --trust беріңіз",
    "Нужны запись и политика доверия: дайте --entry и --trust",
    "The entry and a trust policy are wanted: give --entry and --trust",
);
const TOO_FEW: Text = text(
    "Дәлел дұрыс, бірақ саясат сұраған куәгерлердің қолы жетіспейді",
    "Доказательство верно, но не хватает подписей свидетелей, которых требует политика",
    "The proof is right, and cosignatures of witnesses that the policy asks for are missing",
);
const NO_SUCH_LOG: Text =
    text("Саясат бұл журналды білмейді", "Политика не знает этого журнала", "The policy does not know this log");
const WRONG_PROOF: Text = text(
    "Дәлел бұл жазбанікі емес, өзгертілген немесе бүлінген.",
    "Доказательство не этой записи, изменено или испорчено.",
    "The proof is not of this entry, or was changed or damaged.",
);
const BUNDLE: Text = text("дәлелдер жинағы", "пакет доказательств", "evidence bundle");
const NOBODY_TRUSTED: Text = text(
    "Кімге сенетініңізді айтыңыз: журнал кілті --vkey немесе --trust арқылы, уақыт белгілері мен қолтаңбалар --policy \
     немесе --tsa-anchors мен --anchors арқылы. Оларды жинақтан емес, архивтің өзінен алыңыз.",
    "Скажите, кому верите: ключ журнала через --vkey или --trust, метки времени и подписи через --policy или \
     --tsa-anchors и --anchors. Берите их не из пакета, а у самого архива.",
    "Say whom you believe: the key of the journal with --vkey or --trust, time-stamps and signatures with --policy or \
     --tsa-anchors and --anchors. Take them from the archive itself and not from the bundle.",
);
const NO_SENDER: Text = text(
    "Құжатты басқа архив тапсырған: сол архив журналының тексеру кілтін өзінен алып, --sender-vkey арқылы беріңіз.",
    "Документ передал другой архив: получите у него самого ключ проверки его журнала и дайте через --sender-vkey.",
    "Another archive handed the record over: ask it for the verifier key of its journal, give it with --sender-vkey.",
);
const INQUIRY_ANSWER: (Text, &str) =
    (text("сұрау салуға жауап", "ответ на запрос", "answer to an inquiry"), "inquiry-answer");
const ACT: (Text, &str) = (text("лауазымды тұлғаның актісі", "акт должностного лица", "act of an officer"), "act");
/// What officers sign outside, by its schema.
const ACTS: &[&str] = &[
    "muragat/decommission/1",
    "muragat/disposal-statement/1",
    "muragat/plan/1",
    "muragat/presence/1",
    "muragat/refiling/1",
    "muragat/rules-act/1",
    "muragat/shortening/1",
    "muragat/spill-act/1",
];
/// Bytes of an act that are read. Own bound: an answer that names 10,000 records.
const ACT_BYTES_MAX: usize = 64 * 1024 * 1024;
const EVIDENCE_RECORD: Text = text("дәлелдемелік жазба", "доказательственная запись", "evidence record");
const NOT_FOR_THIS: Text = text(
    "--content, --digest және --exactly дәлелдемелік жазбаға ғана қатысты.",
    "--content, --digest и --exactly относятся только к доказательственной записи.",
    "--content, --digest and --exactly are for evidence records only.",
);
const VERIFIES: Text = text("расталды", "подтверждено", "verifies");
const WHOLE: Text = text("бүтін", "цел", "whole");
const PACKAGE: Text = text("тапсыру топтамасы", "пакет передачи", "package of a transfer");
const SIGNATURE_VERIFIES: Text = text("қолтаңбасы расталды", "подпись подтверждена", "the signature verifies");
const SIGNER_NOT_ASKED: Text = text(
    "Тексерілген жоқ: қол қоюшы архивтің құжаттамалық қамтамасыз ету бөлімшесінің қызметкері ме. Оны архивтен сұраңыз.",
    "Не проверено: сотрудник ли это службы документационного обеспечения архива. Спросите об этом архив.",
    "Not checked: whether the signer is an officer of the archive's records office. Ask the archive.",
);
const FAILS: Text = text("РАСТАЛМАДЫ", "НЕ ПОДТВЕРЖДЕНО", "DOES NOT VERIFY");
const UNDECIDED: Text = text("әзірге расталмайды", "пока не подтверждается", "cannot be verified yet");
const NOTED: Text = text("ескеріледі", "к сведению", "for information");
const NOT_SIGNED: Text = text(
    "қолтаңба файлы жоқ: құжат дайындалған, бірақ берілген жоқ",
    "файла подписи нет: документ подготовлен, но не выдан",
    "there is no signature: it was prepared and is not issued",
);
const KEY_BESIDE: Text = text(
    "Кілт жауаппен бірге келген: ол тек бүтіндікті көрсетеді. Архивтен алынған кілтті --key арқылы беріңіз.",
    "Ключ пришёл вместе с ответом: он показывает только целостность. Дайте ключ, полученный от архива, через --key.",
    "The key came with the answer: it shows integrity only. Give a key that you have from the archive with --key.",
);
const NO_KEY: Text = text("кілт жоқ: --key беріңіз", "ключа нет: дайте --key", "there is no key: give --key");
const NO_VKEY: Text = text(
    "Архив журналының тексеру кілті қажет: оны архивтен алып, --vkey арқылы беріңіз. Журналдың аты",
    "Нужен ключ проверки журнала архива: получите его от архива и дайте через --vkey. Имя журнала",
    "The verifier key of the archive's journal is wanted: ask the archive for it, give it with --vkey. The journal",
);
const OTHER_CERTIFICATE: Text = text(
    "Сертификат өзгертілген немесе бүлінген, не бұл кілттің архивінікі емес.",
    "Сертификат изменён или испорчен, либо он не архива с этим ключом.",
    "The certificate was changed or damaged, or is not of the archive with this key.",
);
const NO_ANSWER: Text = text("архивтің жауабы емес", "не ответ архива", "no answer of an archive");
const CHANGED: Text = text(
    "Архив жауабының түрі бар, бірақ мазмұны өзгертілген немесе бүлінген: архив мұндай жауап жазбайды.",
    "Имеет вид ответа архива, но содержание изменено или испорчено: архив так не пишет.",
    "It has the form of an answer and was changed or damaged: no archive writes it so.",
);
const OTHER_KEY: Text = text(
    "Растау басқа кілтпен берілген: ол осы архивтікі емес немесе өзгертілген.",
    "Подтверждение дано другим ключом: оно не этого архива или изменено.",
    "The confirmation names another key: it is not of this archive, or was changed.",
);
const OTHER_BYTES: Text = text(
    "Архивтің қолтаңбасы бұл растауға сай келмейді: растау өзгертілген немесе қолтаңба басқа растаудікі.",
    "Подпись архива не соответствует этому подтверждению: оно изменено, или подпись другого подтверждения.",
    "The signature of the archive does not fit: the confirmation was changed, or the signature is of another one.",
);

const EMPTY: Text = text("Файл бос.", "Файл пуст.", "The file is empty.");

/// How a certificate begins: the first key of its canonical JSON. No answer begins so.
const CERTIFICATE_HEAD: &[u8] = b"{\"checkpoint\":\"";

/// How DER of an evidence record begins: a SEQUENCE, longer than 127 octets. Everything else here is JSON.
const EVIDENCE_HEAD: &[u8] = &[tag::SEQUENCE];

/// How a bundle begins: the header of its first member.
const BUNDLE_HEAD: &[u8] = b"PK\x03\x04";

/// Where its end record begins, from the end, and how.
const BUNDLE_END: (i64, &[u8]) = (-22, b"PK\x05\x06");

/// Whether a file is a bundle, or was one: one changed byte at its beginning must not make something else of it.
fn is_bundle(path: &Path, head: &[u8]) -> Result<bool, Error> {
    if head.starts_with(BUNDLE_HEAD) || path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("zip")) {
        return Ok(true);
    }
    let mut end = [0; 4];
    let mut file =
        File::open(path).map_err(|e| Error::caused(ErrorCode::IngReadFailed, path.display().to_string(), e))?;
    // What is shorter has no such end.
    let read = file.seek(SeekFrom::End(BUNDLE_END.0)).and_then(|_| file.read_exact(&mut end));
    Ok(read.is_ok() && end == BUNDLE_END.1)
}

/// What was found of one file.
struct Found {
    kind: Option<Text>,
    word: &'static str,
    exit: Exit,
    /// What was found, in the words of the report or of the reader.
    detail: String,
    /// The same for people, line by line; without them the detail is printed.
    lines: Vec<String>,
    /// Subjects of the certificates that signed.
    signers: Vec<String>,
    /// Where the key of a confirmation or certificate came from.
    key: Option<&'static str>,
    /// What a certificate of destruction says.
    certificate: Option<Box<Certificate>>,
    /// What a certificate of a release says.
    release: Option<Box<release::Certificate>>,
    /// The report about an evidence record, for programs.
    evidence: Option<Value>,
    /// What was found of a bundle, for programs.
    bundle: Option<Value>,
    /// What was found of a package, for programs.
    package: Option<Value>,
    /// Whether a person signs it: who that may be is not known here.
    is_by_person: bool,
}

impl Found {
    fn of(exit: Exit) -> Self {
        Self {
            kind: None,
            word: "unknown",
            exit,
            detail: String::new(),
            lines: Vec::new(),
            signers: Vec::new(),
            key: None,
            certificate: None,
            release: None,
            evidence: None,
            bundle: None,
            package: None,
            is_by_person: false,
        }
    }

    fn of_record(found: FoundRecord) -> Self {
        let authorities = found.report.iter().flat_map(|report| &report.timestamps).map(|stamp| stamp.authority());
        Self {
            kind: Some(EVIDENCE_RECORD),
            word: "evidence-record",
            detail: found.detail,
            signers: authorities.filter(|name| !name.is_empty()).map(str::to_owned).collect(),
            evidence: found.report.as_ref().map(EvidenceReport::to_value),
            lines: found.lines,
            ..Self::of(found.exit)
        }
    }

    fn of_package(found: verify_package::FoundPackage) -> Self {
        Self {
            kind: Some(PACKAGE),
            word: "package",
            detail: found.detail,
            lines: found.lines,
            package: Some(found.value),
            ..Self::of(found.exit)
        }
    }

    fn no_certificate(fault: &certificate::Fault, lang: Lang) -> Self {
        let technical = format!("{}: {fault}", TECHNICAL.get(lang));
        let lines = vec![OTHER_CERTIFICATE.get(lang).to_owned(), technical];
        Self { detail: fault.to_string(), lines, ..Self::of(Exit::Integrity) }
    }

    fn saying(exit: Exit, what: &str) -> Self {
        Self { lines: vec![what.to_owned()], ..Self::of(exit) }
    }

    /// What makes an answer none that verifies.
    fn refused(error: &AnswerError, lang: Lang) -> Self {
        let why = match error {
            AnswerError::Key => Some(OTHER_KEY),
            AnswerError::Signature => Some(OTHER_BYTES),
            AnswerError::TooLarge { .. } | AnswerError::NotJson(_) | AnswerError::Schema(_) => None,
            _ => Some(CHANGED),
        };
        let technical = format!("{}: {error}", TECHNICAL.get(lang));
        let lines = why.map(|why| why.get(lang).to_owned()).into_iter().chain([technical]).collect();
        // What has the form of an answer was changed; anything else is none.
        let exit = if why.is_some() { Exit::Integrity } else { Exit::Refused };
        Self { detail: error.to_string(), lines, ..Self::of(exit) }
    }
}

impl Verify {
    pub(super) fn run(self, common: &Common) -> Result<Exit, Error> {
        let mut exit = Exit::Ok;
        for path in &self.files {
            let found = self.verify(path, common)?;
            let name = shown(&path.to_string_lossy());
            let kind = found.kind.unwrap_or(NO_ANSWER).get(common.lang());
            if common.json() {
                common.print_json(&json!({
                    "file": name, "kind": found.word, "status": status(found.exit), "detail": found.detail,
                    "signers": found.signers, "key": found.key, "evidence": found.evidence,
                    "bundle": found.bundle, "package": found.package,
                }));
            } else {
                let verdict = match found.exit {
                    Exit::Ok if found.is_by_person => SIGNATURE_VERIFIES,
                    Exit::Ok if found.package.is_some() => WHOLE,
                    Exit::Ok => VERIFIES,
                    Exit::Incomplete => UNDECIDED,
                    _ => FAILS,
                };
                out!("{}: {name} · {kind}", verdict.get(common.lang()));
                for line in &found.lines {
                    out!("  {}", shown(line));
                }
                if let Some(certificate) = &found.certificate {
                    disposal::print_certificate(certificate, common.lang());
                } else if let Some(certificate) = &found.release {
                    transfer::certificate::print(certificate, common.lang());
                } else if found.lines.is_empty() {
                    out!("  {}: {}", TECHNICAL.get(common.lang()), shown(&found.detail));
                }
            }
            // What is wrong weighs more than what is not known yet.
            if !matches!(exit, Exit::Refused | Exit::Integrity) && found.exit != Exit::Ok {
                exit = found.exit;
            }
        }
        Ok(exit)
    }

    fn verify(&self, path: &Path, common: &Common) -> Result<Found, Error> {
        if path.is_dir() {
            return Ok(Found::of_package(verify_package::folder(path, common)?));
        }
        // What is longer is no answer, and decoding says so.
        let bytes = read_up_to(path, ANSWER_BYTES_MAX)?;
        if verify_package::is_tar(path, &bytes) {
            return Ok(Found::of_package(verify_package::tar(path, common)?));
        }
        if is_bundle(path, &bytes)? {
            return Ok(Found { kind: Some(BUNDLE), word: "bundle", ..self.bundle(path, common)? });
        }
        if let Some(rest) = bytes.strip_prefix(CERTIFICATE_HEAD) {
            let found = self.certificate(path, rest, common.lang())?;
            return Ok(Found { kind: Some(found.kind.unwrap_or(CERTIFICATE)), word: "certificate", ..found });
        }
        if bytes.starts_with(PROOF_HEAD.as_bytes()) {
            return Ok(Found { kind: Some(PROOF), word: "proof", ..self.proof(path, common.lang())? });
        }
        if bytes.is_empty() {
            let found = Found::saying(Exit::Refused, EMPTY.get(common.lang()));
            return Ok(Found { detail: "the file is empty".to_owned(), ..found });
        }
        if bytes.starts_with(EVIDENCE_HEAD) {
            let found = self.compared.check(&read_up_to(path, EVIDENCE_BYTES_MAX)?, &self.asked(None), common)?;
            return Ok(Found::of_record(found));
        }
        if self.compared.is_given() {
            common.say(NOT_FOR_THIS.get(common.lang()));
        }
        if let Some((kind, word)) = act_of(path)? {
            return Ok(Found { kind: Some(kind), word, ..self.act(path, word, common)? });
        }
        let answer = match Answer::decode(&bytes) {
            Ok(answer) => answer,
            Err(e) => return Ok(Found::refused(&e, common.lang())),
        };
        let (kind, word) = match &answer {
            Answer::Receipt(_) => (RECEIPT, "receipt"),
            Answer::Notice(_) => (NOTICE, "notice"),
            Answer::Confirmation(_) => (CONFIRMATION, "confirmation"),
        };
        let found = match &answer {
            Answer::Confirmation(_) => self.confirmation(path, &bytes, common)?,
            Answer::Receipt(_) | Answer::Notice(_) => self.signed(path, common)?,
        };
        Ok(Found { kind: Some(kind), word, ..found })
    }

    /// What an officer signed for the archive: by the signature beside it; of an answer to an inquiry also that its
    /// text is what its fields say.
    fn act(&self, path: &Path, word: &str, common: &Common) -> Result<Found, Error> {
        if word == INQUIRY_ANSWER.1
            && let Err(what) = answer::check(&read_up_to(path, ACT_BYTES_MAX)?)
        {
            let lines =
                vec![CHANGED.get(common.lang()).to_owned(), format!("{}: {what}", TECHNICAL.get(common.lang()))];
            return Ok(Found { detail: what, lines, ..Found::of(Exit::Integrity) });
        }
        self.signed(path, common)
    }

    /// The question to validation; `content` is what was signed.
    fn asked(&self, content: Option<&Path>) -> Validate {
        Validate {
            files: Vec::new(),
            record: None,
            output: None,
            content: content.map(Path::to_owned),
            anchors: self.anchors.clone(),
            tsa_anchors: self.tsa_anchors.clone(),
            material: self.material.clone(),
            policy: self.policy.clone(),
            as_of: self.as_of,
        }
    }

    /// A certificate of destruction or of a release: the entries of the journal that it carries. `rest` is what follows
    /// its head.
    fn certificate(&self, path: &Path, rest: &[u8], lang: Lang) -> Result<Found, Error> {
        let Some(given) = &self.vkey else {
            // A checkpoint begins with the name of the journal (C2SP tlog-checkpoint).
            let origin = rest.split(|byte| matches!(byte, b'\\' | b'"')).next().unwrap_or_default();
            let origin: String = String::from_utf8_lossy(origin).chars().take(ORIGIN_CHARS_MAX).collect();
            let found = Found::saying(Exit::Incomplete, &format!("{}: {origin}", NO_VKEY.get(lang)));
            let is_release = release::is_claimed(&read_up_to(path, CERTIFICATE_BYTES_MAX)?);
            let kind = is_release.then_some(transfer::certificate::CERTIFICATE);
            return Ok(Found { kind, detail: format!("no key of {origin} is given"), ..found });
        };
        let key = vkey_of(given)?;
        let bytes = read_up_to(path, CERTIFICATE_BYTES_MAX)?;
        if release::is_claimed(&bytes) {
            return Ok(Found { key: Some("given"), ..released(&bytes, &key, lang) });
        }
        let found = match certificate::verify(&bytes, &key) {
            Ok(certificate) => {
                let (files, records) = certificate.counts();
                let state = if certificate.completed.is_some() { "completed" } else { "executed, not yet complete" };
                let detail = format!("{}: {state}; {files} files, {records} records", certificate.origin);
                Found { detail, certificate: Some(Box::new(certificate)), ..Found::of(Exit::Ok) }
            }
            Err(fault) => Found::no_certificate(&fault, lang),
        };
        Ok(Found { key: Some("given"), ..found })
    }

    /// A proof of inclusion, by the trust policy of who verifies. Too few witnesses or an unknown log is no proof, and
    /// no sign of a forgery.
    fn proof(&self, path: &Path, lang: Lang) -> Result<Found, Error> {
        let (Some(entry), Some(trust)) = (&self.entry, &self.trust) else {
            let found = Found::saying(Exit::Incomplete, NO_TRUST.get(lang));
            return Ok(Found { detail: "no --entry or no --trust".to_owned(), ..found });
        };
        let policy = trust_of(trust)?;
        let own = self.vkey.as_deref().map(vkey_of).transpose()?;
        let (entry, bytes) = (read_up_to(entry, ENTRY_BYTES_MAX)?, read_up_to(path, PROOF_BYTES_MAX)?);
        let verified = InclusionProof::parse(&String::from_utf8_lossy(&bytes))
            .and_then(|proof| Ok((proof.index, proof.verify(&entry, &policy, own.as_ref())?)));
        let found = match verified {
            Ok((index, judged)) => {
                let by = policy.witnesses.iter().zip(&judged.times);
                let by = by.filter_map(|(witness, time)| Some((witness.name.clone(), (*time)?)));
                let said: Vec<String> = by.clone().map(|(name, time)| format!("{name} {time}")).collect();
                let missing = judged.missing.iter().map(|(name, signed, of)| format!("{name} {signed}/{of}"));
                let missing: Vec<String> = missing.collect();
                let Checkpoint { origin, size, .. } = &judged.checkpoint;
                let detail = format!(
                    "{origin}: entry {index} of {size}; signed: {}; missing: {}",
                    said.join(", "),
                    missing.join(", ")
                );
                let signers = by.map(|(name, _)| name).collect();
                match judged.is_met {
                    true => Found { detail, signers, ..Found::of(Exit::Ok) },
                    false => Found { detail, signers, ..Found::saying(Exit::Incomplete, TOO_FEW.get(lang)) },
                }
            }
            Err(e @ ProofError::Checkpoint(NotValid::Log(_))) => {
                Found { detail: e.to_string(), ..Found::saying(Exit::Incomplete, NO_SUCH_LOG.get(lang)) }
            }
            Err(e) => Found { detail: e.to_string(), ..Found::saying(Exit::Integrity, WRONG_PROOF.get(lang)) },
        };
        Ok(Found { key: Some("given"), ..found })
    }

    /// A receipt or notice: the officer's CMS over its bytes.
    fn signed(&self, path: &Path, common: &Common) -> Result<Found, Error> {
        let signature = self.signature.clone().unwrap_or_else(|| added(path, ".p7s"));
        if self.signature.is_none() && !signature.is_file() {
            return Ok(Found::saying(Exit::Incomplete, NOT_SIGNED.get(common.lang())));
        }
        let Some(report) = self.asked(Some(path)).report(common, &signature)? else {
            let what = "the policy is refused";
            return Err(Error::new(ErrorCode::PolMalformed, "--policy", what));
        };
        let conclusion = report.conclusion();
        let sub = conclusion.sub_indication.map(|sub| format!("/{sub}")).unwrap_or_default();
        let detail = format!("{}{sub} {}", conclusion.indication, conclusion.detail).trim_end().to_owned();
        let exit = match conclusion.indication.rank() {
            0 => Exit::Ok,
            1 => Exit::Incomplete,
            _ => Exit::Integrity,
        };
        let text = report.text(common.lang());
        let not_asked = (exit == Exit::Ok).then(|| SIGNER_NOT_ASKED.get(common.lang()));
        let lines = not_asked.into_iter().chain(text.lines().map(str::trim_start)).map(str::to_owned).collect();
        let signers = report.signatures.iter().map(|s| s.signer.subject.clone()).filter(|s| !s.is_empty()).collect();
        Ok(Found { detail, lines, signers, is_by_person: true, ..Found::of(exit) })
    }

    /// A bundle for an inquiry.
    fn bundle(&self, path: &Path, common: &Common) -> Result<Found, Error> {
        let lang = common.lang();
        let asked = self.asked(None);
        let Some(policy) = asked.policy(common)? else {
            return Err(Error::new(ErrorCode::PolMalformed, "--policy", "the policy is refused"));
        };
        let trust = self.trust.as_deref().map(trust_of).transpose()?;
        let own = self.vkey.as_deref().map(vkey_of).transpose()?;
        let senders: Vec<VerifierKey> = self.sender_vkey.iter().map(|key| vkey_of(key)).collect::<Result<_, _>>()?;
        let name = shown(&path.to_string_lossy());
        let failed = |e| Error::caused(ErrorCode::IngReadFailed, name.clone(), e);
        let file = File::open(path).map_err(failed)?;
        let len = file.metadata().map_err(failed)?.len();
        let report = check(
            file,
            len,
            &BundleAsked {
                trust: trust.as_ref(),
                own: own.as_ref(),
                senders: &senders,
                policy: &policy,
                material: &material::read(&self.material, common)?,
                at: asked.at(),
                not_before: self.not_before,
            },
        )
        .map_err(failed)?;
        let exit = exit_of(report.outcome());
        let line = |one: &Finding| {
            let outcome = word_of(one.outcome).get(lang);
            format!("{outcome}: {} · {} · {}", one.check.text().get(lang), one.subject, one.detail)
        };
        let mut lines: Vec<String> = report.findings.iter().map(line).collect();
        if exit == Exit::Incomplete && (trust.is_none() && own.is_none() || self.is_nobody_trusted()) {
            lines.push(NOBODY_TRUSTED.get(lang).to_owned());
        }
        let is_untold = |one: &Finding| one.check == Check::Provenance && one.outcome == Outcome::Undecided;
        if senders.is_empty() && report.findings.iter().any(is_untold) {
            lines.push(NO_SENDER.get(lang).to_owned());
        }
        let finding = |one: &Finding| {
            json!({
                "check": one.check.as_str(), "outcome": one.outcome.as_str(), "subject": one.subject,
                "detail": one.detail,
            })
        };
        let value = json!({
            "origin": report.origin, "records": report.records.iter().map(ToString::to_string).collect::<Value>(),
            "findings": report.findings.iter().map(finding).collect::<Value>(),
        });
        let worst = report.findings.iter().max_by_key(|one| one.outcome).map(|one| one.detail.clone());
        Ok(Found { detail: worst.unwrap_or_default(), lines, bundle: Some(value), ..Found::of(exit) })
    }

    fn is_nobody_trusted(&self) -> bool {
        self.policy.is_none() && self.tsa_anchors.is_empty() && self.anchors.is_empty()
    }

    /// A confirmation: the archive's own signature.
    fn confirmation(&self, path: &Path, bytes: &[u8], common: &Common) -> Result<Found, Error> {
        let signature = self.signature.clone().unwrap_or_else(|| path.with_extension("sig"));
        if self.signature.is_none() && !signature.is_file() {
            return Ok(Found::saying(Exit::Incomplete, NOT_SIGNED.get(common.lang())));
        }
        let beside = path.with_file_name(crate::ingest::receipt::ANSWER_KEY_FILE);
        let (key, from) = match &self.key {
            Some(given) => (key_of(given)?, "given"),
            None if beside.is_file() => {
                common.say(KEY_BESIDE.get(common.lang()));
                (key_of(&beside.to_string_lossy())?, "beside")
            }
            None => return Ok(Found::saying(Exit::Incomplete, NO_KEY.get(common.lang()))),
        };
        Ok(match Confirmation::verify(bytes, &read_up_to(&signature, ANSWER_BYTES_MAX)?, &key) {
            Ok(found) => {
                let status = found.outcome.status();
                let detail = format!("{}: {status}", found.archive.origin);
                let lines = vec![format!("{}: {}", found.archive.origin, status.text().get(common.lang()))];
                Found { detail, lines, key: Some(from), ..Found::of(Exit::Ok) }
            }
            Err(e) => Found { key: Some(from), ..Found::refused(&e, common.lang()) },
        })
    }
}

/// A certificate of a release.
fn released(bytes: &[u8], key: &VerifierKey, lang: Lang) -> Found {
    let kind = Some(transfer::certificate::CERTIFICATE);
    match release::verify(bytes, key) {
        Ok(certificate) => {
            let (files, records) = certificate.counts();
            let state = if certificate.closed.is_some() { "closed" } else { "released, not yet closed" };
            let detail = format!("{}: {state}; {files} files, {records} records", certificate.origin);
            Found { kind, detail, release: Some(Box::new(certificate)), ..Found::of(Exit::Ok) }
        }
        Err(fault) => Found { kind, ..Found::no_certificate(&fault, lang) },
    }
}

/// With what the program ends.
pub(super) fn exit_of(outcome: Outcome) -> Exit {
    match outcome {
        Outcome::Proven | Outcome::Noted => Exit::Ok,
        Outcome::Undecided => Exit::Incomplete,
        Outcome::Failed => Exit::Integrity,
    }
}

/// How a check came out, for people.
pub(super) fn word_of(outcome: Outcome) -> Text {
    match outcome {
        Outcome::Proven => VERIFIES,
        Outcome::Noted => NOTED,
        Outcome::Undecided => UNDECIDED,
        Outcome::Failed => FAILS,
    }
}

fn status(exit: Exit) -> &'static str {
    match exit {
        Exit::Ok => "verified",
        Exit::Incomplete => "undecided",
        _ => "failed",
    }
}

/// The path with an ending more.
fn added(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    name.into()
}

/// DER before the 32 bytes of an Ed25519 public key (RFC 8410 §4).
const SPKI_HEAD: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// A public key: its 64 digits, or the PEM file that has it.
fn key_of(given: &str) -> Result<[u8; 32], Error> {
    let mut key = [0; 32];
    if hex::decode_to_slice(given, &mut key).is_ok() {
        return Ok(key);
    }
    let text = String::from_utf8_lossy(&read_up_to(Path::new(given), ANSWER_BYTES_MAX)?).into_owned();
    let body: String = text.lines().filter(|line| !line.starts_with("-----")).map(str::trim).collect();
    let der = STANDARD.decode(body).unwrap_or_default();
    let key = der.strip_prefix(SPKI_HEAD.as_slice()).and_then(|key| <[u8; 32]>::try_from(key).ok());
    key.ok_or_else(|| Error::new(ErrorCode::CliKey, shown(given), "no Ed25519 public key"))
}

/// What an officer signs for an archive, by the `schema` field of its JSON. One that is in no list here is none.
fn act_of(path: &Path) -> Result<Option<(Text, &'static str)>, Error> {
    let value: Option<Value> = serde_json::from_slice(&read_up_to(path, ACT_BYTES_MAX)?).ok();
    let schema = value.as_ref().and_then(|value| value.get("schema")?.as_str());
    Ok(match schema {
        Some(schema) if answer::is_answer(schema) => Some(INQUIRY_ANSWER),
        Some(schema) if ACTS.contains(&schema) => Some(ACT),
        _ => None,
    })
}

/// Characters of the name of a journal that are printed before it is checked. C2SP signed-note bounds it so.
const ORIGIN_CHARS_MAX: usize = 255;

/// The trust policy in a file.
fn trust_of(path: &Path) -> Result<TrustPolicy, Error> {
    TrustPolicy::parse(&read_up_to(path, TRUST_BYTES_MAX)?).map_err(|faults| {
        let at = faults.first().map_or(0, |fault| fault.line);
        let what = faults.into_iter().next().map(|fault| fault.what).unwrap_or_default();
        Error::new(ErrorCode::WitPolicy, format!("{}:{at}", shown(&path.to_string_lossy())), what)
    })
}

/// A verifier key: its text, or the file that has it.
fn vkey_of(given: &str) -> Result<VerifierKey, Error> {
    let path = Path::new(given);
    let text = match path.is_file() {
        true => String::from_utf8_lossy(&read_up_to(path, ANSWER_BYTES_MAX)?).into_owned(),
        false => given.to_owned(),
    };
    text.trim().parse().map_err(|_| Error::new(ErrorCode::CliKey, shown(given), "no verifier key of a journal"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_its_digits_or_a_pem_file() {
        let key = [7; 32];
        assert_eq!(key_of(&hex::encode(key)).unwrap(), key);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.pem");
        let pem =
            |der: &[u8]| format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(der));
        std::fs::write(&path, pem(&[SPKI_HEAD.as_slice(), &key].concat())).unwrap();
        assert_eq!(key_of(path.to_str().unwrap()).unwrap(), key);
        for der in [key.to_vec(), [SPKI_HEAD.as_slice(), &key, &[0]].concat(), Vec::new()] {
            std::fs::write(&path, pem(&der)).unwrap();
            assert!(key_of(path.to_str().unwrap()).is_err());
        }
    }
}
