//! What a validation concludes: indications and sub-indications (ETSI EN 319 102-1 §5.1.3 and tables 5 to 7).
//!
//! Every sub-indication has two texts for people, what was found and what to do, in the three languages. It decides
//! nothing: see [`validation`](super::validation).

use crate::model::strict::words;
use crate::text::{Text, text};
use std::fmt;

words! {
    /// The main status.
    Indication {
        /// The signature is valid by the policy.
        TotalPassed = "TOTAL-PASSED",
        /// What is known is not enough to say.
        Indeterminate = "INDETERMINATE",
        /// The signature is not valid.
        TotalFailed = "TOTAL-FAILED",
        /// A building block, or a time-stamp by itself, is in order.
        Passed = "PASSED",
        /// A building block, or a time-stamp by itself, is not.
        Failed = "FAILED",
    }
}

words! {
    /// Why an indication is not "passed".
    SubIndication {
        /// The object does not have the form of a signature.
        FormatFailure = "FORMAT_FAILURE",
        /// A digest does not match the signed data.
        HashFailure = "HASH_FAILURE",
        /// The value does not verify by the certificate's key.
        SigCryptoFailure = "SIG_CRYPTO_FAILURE",
        /// The certificate was revoked, and the signature is known to be later.
        Revoked = "REVOKED",
        /// The certificate had expired, and the signature is known to be later.
        Expired = "EXPIRED",
        /// The signature is known to be earlier than its certificate.
        NotYetValid = "NOT_YET_VALID",
        /// A property of the signature is not as the policy wants it.
        SigConstraintsFailure = "SIG_CONSTRAINTS_FAILURE",
        /// A certificate of the chain is not as the policy wants it.
        ChainConstraintsFailure = "CHAIN_CONSTRAINTS_FAILURE",
        /// The chain does not validate for a reason that has no name of its own.
        CertificateChainGeneralFailure = "CERTIFICATE_CHAIN_GENERAL_FAILURE",
        /// An algorithm or key length is not reliable at the time in question.
        CryptoConstraintsFailure = "CRYPTO_CONSTRAINTS_FAILURE",
        /// The policy could not be processed.
        PolicyProcessingError = "POLICY_PROCESSING_ERROR",
        /// The policy that the signature names is not at hand.
        SignaturePolicyNotAvailable = "SIGNATURE_POLICY_NOT_AVAILABLE",
        /// Time-stamps contradict each other or the signature.
        TimestampOrderFailure = "TIMESTAMP_ORDER_FAILURE",
        /// The certificate of the signer is not at hand.
        NoSigningCertificateFound = "NO_SIGNING_CERTIFICATE_FOUND",
        /// No chain leads to a trust anchor.
        NoCertificateChainFound = "NO_CERTIFICATE_CHAIN_FOUND",
        /// The same, and nothing proves that there ever was one.
        NoCertificateChainFoundNoPoe = "NO_CERTIFICATE_CHAIN_FOUND_NO_POE",
        /// Revoked, and nothing proves that the signature is older.
        RevokedNoPoe = "REVOKED_NO_POE",
        /// A CA of the chain is revoked, and nothing proves that the signature is older.
        RevokedCaNoPoe = "REVOKED_CA_NO_POE",
        /// Outside the certificate's validity, and nothing proves that the signature was made within it.
        OutOfBoundsNoPoe = "OUT_OF_BOUNDS_NO_POE",
        /// The same, but the certificate is known not to be revoked.
        OutOfBoundsNotRevoked = "OUT_OF_BOUNDS_NOT_REVOKED",
        /// The revocation data come from outside the validity of their signer.
        RevocationOutOfBoundsNoPoe = "REVOCATION_OUT_OF_BOUNDS_NO_POE",
        /// An algorithm is not reliable any more, and nothing proves that the signature is older.
        CryptoConstraintsFailureNoPoe = "CRYPTO_CONSTRAINTS_FAILURE_NO_POE",
        /// A proof of existence is missing.
        NoPoe = "NO_POE",
        /// More or fresher material may turn the verdict.
        TryLater = "TRY_LATER",
        /// What was signed is not at hand.
        SignedDataNotFound = "SIGNED_DATA_NOT_FOUND",
    }
}

/// A conclusion with what led to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conclusion {
    /// The status.
    pub indication: Indication,
    /// Why, unless passed.
    pub sub_indication: Option<SubIndication>,
    /// What was found, in technical English, for an engineer; a person reads the text of the sub-indication.
    pub detail: String,
}

impl Conclusion {
    /// A conclusion that needs no reason.
    pub fn passed(indication: Indication, detail: impl Into<String>) -> Self {
        Self { indication, sub_indication: None, detail: detail.into() }
    }

    /// What is known does not suffice.
    pub fn indeterminate(sub_indication: SubIndication, detail: impl Into<String>) -> Self {
        Self { indication: Indication::Indeterminate, sub_indication: Some(sub_indication), detail: detail.into() }
    }

    /// It is not valid.
    pub fn failed(sub_indication: SubIndication, detail: impl Into<String>) -> Self {
        Self { indication: Indication::TotalFailed, sub_indication: Some(sub_indication), detail: detail.into() }
    }

    /// Whether the thing is in order.
    pub fn is_passed(&self) -> bool {
        matches!(self.indication, Indication::TotalPassed | Indication::Passed)
    }

    /// The words of a time-stamp by itself: PASSED and FAILED (EN 319 102-1 §5.4).
    pub(crate) fn of_building_block(mut self) -> Self {
        self.indication = match self.indication {
            Indication::TotalPassed => Indication::Passed,
            Indication::TotalFailed => Indication::Failed,
            other => other,
        };
        self
    }
}

/// `INDETERMINATE/TRY_LATER (no revocation data)`.
impl fmt::Display for Conclusion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.indication)?;
        if let Some(sub) = self.sub_indication {
            write!(f, "/{sub}")?;
        }
        if self.detail.is_empty() { Ok(()) } else { write!(f, " ({})", self.detail) }
    }
}

impl Indication {
    /// How bad it is: passed 0, indeterminate 1, failed 2.
    pub fn rank(self) -> u8 {
        match self {
            Self::TotalPassed | Self::Passed => 0,
            Self::Indeterminate => 1,
            Self::TotalFailed | Self::Failed => 2,
        }
    }

    /// The verdict in words.
    pub fn text(self) -> Text {
        match self {
            Self::TotalPassed => text("ЭЦҚ жарамды", "ЭЦП действительна", "the signature is valid"),
            Self::Indeterminate => text(
                "нәтижесі анықталмады: бары шешім шығаруға жеткіліксіз",
                "результат не определён: имеющегося недостаточно для вывода",
                "indeterminate: what is at hand is not enough to say",
            ),
            Self::TotalFailed => text("ЭЦҚ жарамсыз", "ЭЦП недействительна", "the signature is not valid"),
            Self::Passed => text("уақыт белгісі жарамды", "метка времени действительна", "the time-stamp is valid"),
            Self::Failed => {
                text("уақыт белгісі жарамсыз", "метка времени недействительна", "the time-stamp is not valid")
            }
        }
    }
}

impl SubIndication {
    /// What was found.
    pub fn text(self) -> Text {
        match self {
            Self::FormatFailure => text(
                "файлдың құрылымы қолтаңбаның пішіміне сай емес",
                "строение файла не отвечает формату подписи",
                "the file does not have the form of a signature",
            ),
            Self::HashFailure => text(
                "мазмұны қол қойылған мазмұнға сәйкес келмейді: құжат өзгертілген немесе бұл басқа құжат",
                "содержание не совпадает с подписанным: документ изменён или это другой документ",
                "the content is not what was signed: it was changed, or it is another document",
            ),
            Self::SigCryptoFailure => text(
                "қолтаңба тіркеу куәлігінің ашық кілтімен расталмайды: қолтаңба немесе оның деректері өзгертілген",
                "подпись не подтверждается открытым ключом регистрационного свидетельства: она или её данные изменены",
                "the signature does not verify by the key of the certificate: it or its data were changed",
            ),
            Self::Revoked => text(
                "тіркеу куәлігі қайтарып алынған, ал қол одан кейін қойылған",
                "регистрационное свидетельство отозвано, а подпись поставлена позже",
                "the certificate was revoked, and the signature was made later",
            ),
            Self::Expired => text(
                "тіркеу куәлігінің мерзімі өткен, ал қол одан кейін қойылған",
                "срок регистрационного свидетельства истёк, а подпись поставлена позже",
                "the certificate had expired, and the signature was made later",
            ),
            Self::NotYetValid => text(
                "қол тіркеу куәлігі күшіне енгенге дейін қойылған",
                "подпись поставлена до начала действия регистрационного свидетельства",
                "the signature was made before its certificate became valid",
            ),
            Self::SigConstraintsFailure => text(
                "қолтаңбаның қасиеттері тексеру саясатының талаптарына сай емес",
                "свойства подписи не отвечают требованиям политики проверки",
                "a property of the signature is not as the validation policy wants it",
            ),
            Self::ChainConstraintsFailure => text(
                "тіркеу куәлігі саясат талаптарына сай емес (мысалы, құжатқа қол қоюға арналмаған)",
                "регистрационное свидетельство не отвечает требованиям политики (например, не предназначено для \
                 подписания документов)",
                "a certificate is not as the policy wants it (for example, it is not for signing documents)",
            ),
            Self::CertificateChainGeneralFailure => text(
                "тіркеу куәліктерінің тізбегі тексеруден өтпеді",
                "цепочка регистрационных свидетельств не прошла проверку",
                "the chain of certificates does not validate",
            ),
            Self::CryptoConstraintsFailure => text(
                "криптографиялық алгоритм немесе кілт ұзындығы саясат бойынша сенімді емес не қолдау таппайды",
                "криптографический алгоритм или длина ключа по политике ненадёжны либо не поддерживаются",
                "an algorithm or key length is not reliable by the policy, or is not supported",
            ),
            Self::PolicyProcessingError => text(
                "тексеру саясатын қолдану мүмкін болмады",
                "политику проверки не удалось применить",
                "the validation policy could not be processed",
            ),
            Self::SignaturePolicyNotAvailable => text(
                "қолтаңбада аталған қол қою саясаты қолда жоқ",
                "политика подписания, названная в подписи, недоступна",
                "the policy that the signature names is not at hand",
            ),
            Self::TimestampOrderFailure => text(
                "уақыт белгілері бір-біріне немесе қолтаңбаға қайшы келеді",
                "метки времени противоречат друг другу или подписи",
                "time-stamps contradict each other or the signature",
            ),
            Self::NoSigningCertificateFound => text(
                "қол қойған адамның тіркеу куәлігі табылмады",
                "регистрационное свидетельство подписавшего не найдено",
                "the certificate of the signer is not at hand",
            ),
            Self::NoCertificateChainFound => text(
                "тіркеу куәлігінен сенім білдірілген куәландырушы орталыққа дейінгі тізбек табылмады",
                "не найдена цепочка от регистрационного свидетельства до доверенного удостоверяющего центра",
                "no chain leads from the certificate to a trusted certification authority",
            ),
            Self::NoCertificateChainFoundNoPoe => text(
                "сенім білдірілген куәландырушы орталыққа дейінгі тізбек табылмады, бұрын болғаны да дәлелденбеген",
                "цепочка до доверенного удостоверяющего центра не найдена, и нет доказательства, что она была",
                "no chain leads to a trusted certification authority, and nothing proves that there was one",
            ),
            Self::RevokedNoPoe => text(
                "тіркеу куәлігі қайтарып алынған, ал қолдың одан бұрын қойылғаны дәлелденбеген",
                "регистрационное свидетельство отозвано, и не доказано, что подпись поставлена раньше",
                "the certificate is revoked, and nothing proves that the signature is older",
            ),
            Self::RevokedCaNoPoe => text(
                "куәландырушы орталықтың куәлігі қайтарып алынған, ал қолдың одан бұрын қойылғаны дәлелденбеген",
                "свидетельство удостоверяющего центра отозвано, и не доказано, что подпись поставлена раньше",
                "a certificate of the authority is revoked, and nothing proves that the signature is older",
            ),
            Self::OutOfBoundsNoPoe => text(
                "тексеру уақыты тіркеу куәлігінің мерзімінен тыс, ал қолдың сол мерзімде қойылғаны дәлелденбеген",
                "регистрационное свидетельство вне срока действия, и не доказано, что подпись поставлена в этот срок",
                "the certificate is outside its validity, and nothing proves that the signature was made within it",
            ),
            Self::OutOfBoundsNotRevoked => text(
                "тіркеу куәлігінің мерзімі өткен (қайтарып алынбаған), қолдың мерзім ішінде қойылғаны дәлелденбеген",
                "срок свидетельства истёк (оно не отзывалось), и не доказано, что подпись поставлена в этот срок",
                "the certificate has expired without being revoked, and nothing proves that the signature is older",
            ),
            Self::RevocationOutOfBoundsNoPoe => text(
                "қайтарып алу деректеріне қол қойған куәліктің мерзімі өткен, олардың бұрын болғаны дәлелденбеген",
                "срок свидетельства, подписавшего данные об отзыве, истёк, и не доказано, что они старше",
                "the certificate that signed the revocation data has expired, and nothing proves that they are older",
            ),
            Self::CryptoConstraintsFailureNoPoe => text(
                "криптографиялық алгоритм енді сенімді емес, ал қолдың бұрын қойылғаны дәлелденбеген",
                "криптографический алгоритм больше не надёжен, и не доказано, что подпись поставлена раньше",
                "an algorithm is no longer reliable, and nothing proves that the signature is older",
            ),
            Self::NoPoe => text(
                "қажетті нәрсенің белгілі бір уақытта болғаны дәлелденбеген",
                "не доказано, что нужное существовало в нужное время",
                "a proof of existence is missing",
            ),
            Self::TryLater => text(
                "тіркеу куәлігінің қайтарып алынған-алынбағаны белгісіз: деректер жоқ, ескірген немесе куәлік уақытша \
                 тоқтатылған",
                "неизвестно, отозвано ли регистрационное свидетельство: данных нет, они устарели или действие \
                 приостановлено",
                "whether the certificate is revoked is not known: there are no data, they are old, or it is on hold",
            ),
            Self::SignedDataNotFound => text(
                "қол қойылған құжаттың өзі берілмеген",
                "сам подписанный документ не предоставлен",
                "what was signed is not at hand",
            ),
        }
    }

    /// What whoever received it can do.
    pub fn advice(self) -> Text {
        match self {
            Self::FormatFailure | Self::HashFailure | Self::SigCryptoFailure => text(
                "Жіберушіден құжатты қолтаңбасымен бірге қайта сұратыңыз.",
                "Запросите у отправителя документ вместе с подписью ещё раз.",
                "Ask the sender for the document and its signature again.",
            ),
            Self::Revoked
            | Self::Expired
            | Self::NotYetValid
            | Self::ChainConstraintsFailure
            | Self::TimestampOrderFailure
            | Self::CryptoConstraintsFailure => text(
                "Құжатқа жарамды, қол қоюға арналған тіркеу куәлігімен қайта қол қойылуы тиіс.",
                "Документ следует подписать заново действующим регистрационным свидетельством для подписи.",
                "The document has to be signed again with a valid certificate that is for signing.",
            ),
            Self::SigConstraintsFailure => text(
                "Қолтаңбаны осы саясат қабылдайтын пішімде қайта жасату керек.",
                "Подпись следует сделать заново в виде, который принимает эта политика.",
                "The signature has to be made again in a form that this policy accepts.",
            ),
            Self::CertificateChainGeneralFailure | Self::PolicyProcessingError | Self::SignaturePolicyNotAvailable => {
                text(
                    "Толық есепті әкімшіге көрсетіңіз.",
                    "Покажите подробный отчёт администратору.",
                    "Show the full report to the administrator.",
                )
            }
            Self::NoSigningCertificateFound => text(
                "Қол қойған адамның тіркеу куәлігін сұратып, тексеру материалына қосыңыз.",
                "Запросите регистрационное свидетельство подписавшего и добавьте его к материалам проверки.",
                "Ask for the certificate of the signer and add it to the material.",
            ),
            Self::NoCertificateChainFound | Self::NoCertificateChainFoundNoPoe => text(
                "Аралық куәліктерді тексеру материалына қосыңыз; куәландырушы орталық сенім тізімінде жоқ болса, \
                 құжатқа тізімдегі орталықтың куәлігімен қайта қол қойылуы тиіс.",
                "Добавьте промежуточные свидетельства к материалам проверки; если удостоверяющего центра нет в списке \
                 доверия, документ следует подписать свидетельством центра из списка.",
                "Add the intermediate certificates to the material; if the authority is not on the trust list, the \
                 document has to be signed with a certificate of one that is.",
            ),
            Self::RevokedNoPoe
            | Self::RevokedCaNoPoe
            | Self::OutOfBoundsNoPoe
            | Self::OutOfBoundsNotRevoked
            | Self::RevocationOutOfBoundsNoPoe
            | Self::CryptoConstraintsFailureNoPoe
            | Self::NoPoe => text(
                "Қолдың бұрын қойылғанын дәлелдейтін уақыт белгісін сұратыңыз; ол болмаса, құжатқа қайта қол қойылуы \
                 тиіс.",
                "Запросите метку времени, доказывающую, что подпись поставлена раньше; если её нет, документ следует \
                 подписать заново.",
                "Ask for a time-stamp that proves the signature to be older; without one the document has to be signed \
                 again.",
            ),
            Self::TryLater => text(
                "Жаңа CRL немесе OCSP жауабын тексеру материалына қосып, тексеруді қайталаңыз.",
                "Добавьте к материалам проверки свежий CRL или ответ OCSP и повторите проверку.",
                "Add a fresh CRL or OCSP answer to the material and validate again.",
            ),
            Self::SignedDataNotFound => text(
                "Қол қойылған файлды қолтаңбамен бірге беріңіз.",
                "Предоставьте подписанный файл вместе с подписью.",
                "Give the signed file together with the signature.",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Lang;

    #[test]
    fn every_sub_indication_has_its_own_text_and_an_advice_in_each_language() {
        for lang in [Lang::Kk, Lang::Ru, Lang::En] {
            let mut texts: Vec<&str> = SubIndication::ALL.iter().map(|s| s.text().get(lang)).collect();
            assert!(texts.iter().all(|t| !t.is_empty() && !t.ends_with('.') && !t.contains("  ")));
            assert!(SubIndication::ALL.iter().all(|s| s.advice().get(lang).ends_with('.')));
            texts.sort_unstable();
            texts.dedup();
            assert_eq!(texts.len(), SubIndication::ALL.len());
        }
    }

    #[test]
    fn a_conclusion_is_written_with_its_reason() {
        let c = Conclusion::indeterminate(SubIndication::TryLater, "no revocation data");
        assert_eq!(c.to_string(), "INDETERMINATE/TRY_LATER (no revocation data)");
        assert!(!c.is_passed());
        let c = Conclusion::passed(Indication::TotalPassed, "");
        assert_eq!(c.to_string(), "TOTAL-PASSED");
        assert_eq!(c.of_building_block().indication, Indication::Passed);
    }
}
