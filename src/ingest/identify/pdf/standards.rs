//! Versions of PDF and the standards that build on them, with their identifiers in PRONOM (ISO 32000-1 and -2,
//! ISO 19005, 14289, 15930 and 24517).
//!
//! A standard is claimed by metadata or by the document information. What metadata claim is believed when the version
//! of the file is one that the standard builds on; whether the file keeps to it is not looked at.

use super::super::{Format, Look};
use super::lexer::{Short, short};
use crate::error::ErrorCode::FmtOdd;
use crate::model::format::{Basis, Family};
use memchr::memmem;

/// A standard that metadata claim conformance to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Claim {
    /// PDF/A: part, and level of conformance as a capital letter or zero (ISO 19005).
    Archive(u8, u8),
    /// Another standard: its place in [`STANDARDS`].
    Standard(usize),
}

impl Claim {
    /// What metadata claim; the first standard that is found in them.
    pub(super) fn read(xmp: &[u8]) -> Option<Self> {
        if let Some([part]) = property(xmp, b"pdfaid:part") {
            let level = match property(xmp, b"pdfaid:conformance") {
                Some([level]) => level.to_ascii_uppercase(),
                _ => 0,
            };
            return Some(Self::Archive(*part, level));
        }
        let place = STANDARDS.iter().position(|(key, value, _)| property(xmp, key) == Some(value))?;
        Some(Self::Standard(place))
    }
}

/// The value of an XMP property, as an attribute or as an element.
fn property<'x>(xmp: &'x [u8], name: &[u8]) -> Option<&'x [u8]> {
    memmem::find_iter(xmp, name).find_map(|hit| {
        let after = xmp[hit + name.len()..].trim_ascii_start();
        let (value, ends): (&[u8], &[u8]) = match after {
            [b'>', value @ ..] => (value, b"<"),
            [b'=', quoted @ ..] => match quoted.trim_ascii_start() {
                [quote @ (b'"' | b'\''), value @ ..] => (value, std::slice::from_ref(quote)),
                _ => return None,
            },
            _ => return None,
        };
        let end = value.iter().take(64).position(|byte| ends.contains(byte))?;
        Some(value[..end].trim_ascii())
    })
}

const fn pdf(puid: &'static str, name: &'static str, version: &'static str) -> Format {
    Format { family: Family::Pdf, puid: Some(puid), name, version, basis: Basis::Signature }
}

const NAME_1_0: &str = "Acrobat PDF 1.0 - Portable Document Format";
const NAME_1_1: &str = "Acrobat PDF 1.1 - Portable Document Format";
const NAME_1_2: &str = "Acrobat PDF 1.2 - Portable Document Format";
const NAME_1_3: &str = "Acrobat PDF 1.3 - Portable Document Format";
const NAME_1_4: &str = "Acrobat PDF 1.4 - Portable Document Format";
const NAME_1_5: &str = "Acrobat PDF 1.5 - Portable Document Format";
const NAME_1_6: &str = "Acrobat PDF 1.6 - Portable Document Format";
const NAME_1_7: &str = "Acrobat PDF 1.7 - Portable Document Format";
const NAME_A: &str = "Acrobat PDF/A - Portable Document Format";
const NAME_UA: &str = "PDF/UA Portable Document Format";

/// Versions of plain PDF.
const VERSIONS: [((u8, u8), Format); 9] = [
    ((1, 0), pdf("fmt/14", NAME_1_0, "1.0")),
    ((1, 1), pdf("fmt/15", NAME_1_1, "1.1")),
    ((1, 2), pdf("fmt/16", NAME_1_2, "1.2")),
    ((1, 3), pdf("fmt/17", NAME_1_3, "1.3")),
    ((1, 4), pdf("fmt/18", NAME_1_4, "1.4")),
    ((1, 5), pdf("fmt/19", NAME_1_5, "1.5")),
    ((1, 6), pdf("fmt/20", NAME_1_6, "1.6")),
    ((1, 7), pdf("fmt/276", NAME_1_7, "1.7")),
    ((2, 0), pdf("fmt/1129", "PDF 2.0 - Portable Document Format", "2.0")),
];

/// PDF/A by part and level, with the major version of PDF that the part builds on.
const ARCHIVE: [(u8, u8, u8, Format); 11] = [
    (b'1', b'A', 1, pdf("fmt/95", NAME_A, "1a")),
    (b'1', b'B', 1, pdf("fmt/354", NAME_A, "1b")),
    (b'2', b'A', 1, pdf("fmt/476", NAME_A, "2a")),
    (b'2', b'B', 1, pdf("fmt/477", NAME_A, "2b")),
    (b'2', b'U', 1, pdf("fmt/478", NAME_A, "2u")),
    (b'3', b'A', 1, pdf("fmt/479", NAME_A, "3a")),
    (b'3', b'B', 1, pdf("fmt/480", NAME_A, "3b")),
    (b'3', b'U', 1, pdf("fmt/481", NAME_A, "3u")),
    (b'4', 0, 2, pdf("fmt/1910", NAME_A, "4")),
    (b'4', b'E', 2, pdf("fmt/1911", NAME_A, "4e")),
    (b'4', b'F', 2, pdf("fmt/1912", NAME_A, "4f")),
];

/// A property, its value and the format.
type Standard = (&'static [u8], &'static [u8], Format);

/// Other standards that metadata claim.
const STANDARDS: [Standard; 8] = [
    (b"pdfxid:GTS_PDFXVersion", b"PDF/X-4", pdf("fmt/488", NAME_X4, "")),
    (b"pdfxid:GTS_PDFXVersion", b"PDF/X-4p", pdf("fmt/489", NAME_X4P, "")),
    (b"pdfxid:GTS_PDFXVersion", b"PDF/X-5g", pdf("fmt/490", NAME_X5G, "")),
    (b"pdfxid:GTS_PDFXVersion", b"PDF/X-5pg", pdf("fmt/491", NAME_X5PG, "")),
    (b"pdfxid:GTS_PDFXVersion", b"PDF/X-5n", pdf("fmt/492", NAME_X5N, "")),
    (b"pdfe:ISO_PDFEVersion", b"PDF/E-1", pdf("fmt/493", NAME_E, "")),
    (b"pdfuaid:part", b"1", pdf("fmt/2050", NAME_UA, "1")),
    (b"pdfuaid:part", b"2", pdf("fmt/2052", NAME_UA, "2")),
];
const NAME_X4: &str = "Acrobat PDF/X - Portable Document Format - Exchange PDF/X-4";
const NAME_X4P: &str = "Acrobat PDF/X - Portable Document Format - Exchange PDF/X-4p";
const NAME_X5G: &str = "Acrobat PDF/X - Portable Document Format - Exchange PDF/X-5g";
const NAME_X5PG: &str = "Acrobat PDF/X - Portable Document Format - Exchange PDF/X-5pg";
const NAME_X5N: &str = "Acrobat PDF/X - Portable Document Format - Exchange PDF/X-5n";
const NAME_E: &str = "Acrobat PDF/E - Portable Document Format for Engineering PDF/E-1";

/// Standards that the document information claims; the more exact first.
const EXCHANGE: [(&[u8], Format); 7] = [
    (b"PDF/X-1a:2001", pdf("fmt/157", "Acrobat PDF/X - Portable Document Format - Exchange 1a:2001", "")),
    (b"PDF/X-1a:2003", pdf("fmt/146", "Acrobat PDF/X - Portable Document Format - Exchange 1a:2003", "")),
    (b"PDF/X-2:2003", pdf("fmt/147", "Acrobat PDF/X - Portable Document Format - Exchange 2:2003", "")),
    (b"PDF/X-3:2002", pdf("fmt/158", "Acrobat PDF/X - Portable Document Format - Exchange 3:2002", "")),
    (b"PDF/X-3:2003", pdf("fmt/148", "Acrobat PDF/X - Portable Document Format - Exchange 3:2003", "")),
    (b"PDF/X-1:2001", pdf("fmt/145", "Acrobat PDF/X - Portable Document Format - Exchange 1:2001", "")),
    (b"CGATS.12/1-1999", pdf("fmt/144", "Acrobat PDF/X - Portable Document Format - Exchange 1:1999", "")),
];

const PORTFOLIO: Format = pdf("fmt/1451", "PDF Portfolio", "1.7");

/// A PDF of a version that PRONOM does not know.
const NO_VERSION: Format =
    Format { family: Family::Pdf, puid: None, name: "Portable Document Format", version: "", basis: Basis::Signature };

/// The format: a standard that is claimed, otherwise the version.
///
/// `exchange` are the values of the document information that could name one.
pub(super) fn format(
    version: Option<(u8, u8)>,
    claim: Option<Claim>,
    exchange: &[Short],
    is_portfolio: bool,
    look: &mut Look,
) -> Format {
    let plain = VERSIONS.iter().find(|(known, _)| Some(*known) == version).map(|(_, format)| *format);
    if plain.is_none() {
        look.find(FmtOdd, "", "the version in the header is not known");
    }
    let major = version.map_or(0, |(major, _)| major);
    let claimed = match claim {
        Some(Claim::Archive(part, level)) => {
            let exact = ARCHIVE.iter().find(|one| (one.0, one.1, one.2) == (part, level, major));
            exact.map(|one| one.3)
        }
        // PDF/UA-1 is written on PDF 1.7, PDF/UA-2 on PDF 2.0 (ISO 14289); PRONOM knows no other.
        Some(Claim::Standard(place)) => STANDARDS.get(place).map(|one| one.2).filter(|format| match format.puid {
            Some("fmt/2050") => version == Some((1, 7)),
            Some("fmt/2052") => version == Some((2, 0)),
            _ => major == 1,
        }),
        None => None,
    };
    let exchanged = EXCHANGE.iter().find(|(text, _)| exchange.contains(&short(text))).map(|(_, format)| *format);
    let portfolio = (is_portfolio && version == Some((1, 7))).then_some(PORTFOLIO);
    claimed.or(exchanged).or(portfolio).or(plain).unwrap_or(NO_VERSION)
}

#[cfg(test)]
mod tests {
    use super::super::tests::made::{PAGE, PAGES, assert_codes, deflate, document, file, look_at, puid, stream};
    use super::NO_VERSION;
    use crate::error::ErrorCode::{FmtEmbedded, FmtOdd};

    #[test]
    fn a_sound_file_has_its_version_and_no_finding() {
        let versions = ["1.0", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7", "2.0"];
        let puids = ["14", "15", "16", "17", "18", "19", "20", "276", "1129"];
        for (version, number) in versions.iter().zip(puids) {
            let bytes = file(version, &["<</Type/Catalog/Pages 2 0 R>>".into(), PAGES.into(), PAGE.into()], "");
            assert_codes(&bytes, &[]);
            assert_eq!(puid(&bytes), Some(format!("fmt/{number}").as_str()));
        }
        let odd = file("1.9", &["<</Type/Catalog/Pages 2 0 R>>".into()], "");
        assert_codes(&odd, &[FmtOdd]);
        assert_eq!(look_at(&odd).format, Some(NO_VERSION));
    }

    #[test]
    fn metadata_claim_a_standard() {
        let claim = |version: &str, pack: bool, xmp: &str| {
            let data = if pack { deflate(xmp.as_bytes()) } else { xmp.into() };
            let entries = if pack { "/Type/Metadata/Filter/FlateDecode" } else { "/Type/Metadata" };
            let catalog = "<</Type/Catalog/Pages 2 0 R/Metadata 4 0 R>>".into();
            let bytes = file(version, &[catalog, PAGES.into(), PAGE.into(), stream(entries, &data)], "");
            puid(&bytes)
        };
        let element = "<pdfaid:part>1</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>";
        for pack in [false, true] {
            assert_eq!(claim("1.4", pack, element), Some("fmt/354"));
            assert_eq!(claim("1.7", pack, "pdfaid:part='3' pdfaid:conformance = \"U\""), Some("fmt/481"));
            assert_eq!(claim("2.0", pack, "pdfaid:part='4' pdfaid:rev='2020'"), Some("fmt/1910"));
            assert_eq!(claim("2.0", pack, "pdfaid:part='4' pdfaid:conformance='F'"), Some("fmt/1912"));
            assert_eq!(claim("1.7", pack, "<pdfuaid:part>1</pdfuaid:part>"), Some("fmt/2050"));
            assert_eq!(
                claim("1.6", pack, "<pdfxid:GTS_PDFXVersion>PDF/X-4p</pdfxid:GTS_PDFXVersion>"),
                Some("fmt/489")
            );
        }
        // A part of another version, a part that is not there, a name that only begins alike.
        assert_eq!(claim("1.7", false, "pdfaid:part='4'"), Some("fmt/276"));
        assert_eq!(claim("1.4", false, "pdfaid:part='9' pdfaid:conformance='B'"), Some("fmt/18"));
        assert_eq!(claim("1.4", false, "pdfaid:partial='1' pdfaid:conformance='B'"), Some("fmt/18"));
        assert_eq!(claim("1.6", false, "<pdfuaid:part>1</pdfuaid:part>"), Some("fmt/20"));
    }

    #[test]
    fn document_information_and_collections_tell_a_standard() {
        let info = b"<</GTS_PDFXVersion(PDF/X-1:2001)/GTS_PDFXConformance(PDF/X-1a:2001)>>".to_vec();
        assert_eq!(puid(&document("", &[info])), Some("fmt/157"));
        let portfolio = document("/Version/1.7/Collection<</View/D>>", &[]);
        assert_eq!(puid(&portfolio), Some("fmt/1451"));
        assert_codes(&portfolio, &[FmtEmbedded]);
    }
}
