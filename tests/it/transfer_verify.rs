//! Packages of a transfer are judged by themselves.
//!
//! Goal: a package is sound only when every byte is what all its parts say; each damage and each contradiction is named
//! by its check, what cannot be judged is said to be so, and nothing made to break a reader does. Method: packages are
//! made here, one as Muragat lays them out and one as others do, without the code under test; each damage is done to
//! one of them and, where a digest would give it away, all digests above it are made to fit.

use crate::cli_json::Bench;
use base64::Engine as _;
use muragat::error::Exit;
use muragat::transfer::read::check::finding::{Check, Kind, Outcome, PackageReport};
use muragat::transfer::read::check::judge;
use muragat::transfer::read::source::{Folder, Source, Tar};
use muragat::verify::alg::DigestAlgorithm;
use serde_json::json;
use std::collections::BTreeMap;
use std::fs;
use std::io::Cursor;
use std::path::Path;

type Files = BTreeMap<String, Vec<u8>>;

/// A package that is not sealed yet: its files without manifests.
#[derive(Clone)]
struct Package {
    /// Of the E-ARK package, by paths in it.
    files: Files,
    style: Style,
}

#[derive(Clone, Copy, PartialEq)]
enum Style {
    /// As Muragat lays it out: one record, two manifests, paths as identifiers.
    Own,
    /// As others do: prefixes, capitals, percent signs, UUIDs, one manifest, embedded descriptions.
    Foreign,
}

const NAME: &str = "p-1";
const REPRESENTATION: &str = "r-1";
const DATA: &str = "representations/r-1/data/0001.txt";

fn digest(algorithm: DigestAlgorithm, bytes: &[u8]) -> String {
    hex::encode(algorithm.digest(bytes))
}

fn sha256(bytes: &[u8]) -> String {
    digest(DigestAlgorithm::Sha256, bytes)
}

fn sha512(bytes: &[u8]) -> String {
    digest(DigestAlgorithm::Sha512, bytes)
}

impl Package {
    fn new(style: Style) -> Self {
        let mut package = Self { files: Files::new(), style };
        let own = style == Style::Own;
        package.put(if own { DATA } else { "representations/r-1/data/main document.txt" }, "Бұйрық\n");
        package.put("representations/r-1/data/0002.p7s", "signature");
        package.put("metadata/descriptive/dc.xml", "<dc/>");
        package.put("schemas/s.json", "{}");
        let [document, signature] = package.data().map(|(path, bytes)| (path, bytes.to_vec()));
        package.put(
            "representations/r-1/metadata/preservation/premis.xml",
            match style {
                Style::Own => premis(&[
                    object("data/0001.txt", "Бұйрық.txt", &document.1),
                    object("data/0002.p7s", "s", &signature.1),
                ]),
                Style::Foreign => {
                    premis(&[object("uuid-1", "x", &document.1), object("none", "0002.p7s", &signature.1)])
                        .replace("<", "<p:")
                        .replace("<p:/", "</p:")
                        .replace("<p:?", "<?")
                        .replace("xmlns=", "xmlns:p=")
                }
            },
        );
        package.metses();
        package
    }

    fn put(&mut self, path: &str, content: impl AsRef<[u8]>) {
        self.files.insert(path.to_owned(), content.as_ref().to_vec());
    }

    fn data(&self) -> [(String, &[u8]); 2] {
        let mut found: Vec<(String, &[u8])> = self
            .files
            .iter()
            .filter(|(path, _)| path.contains("/data/"))
            .map(|(path, bytes)| (path["representations/r-1/".len()..].to_owned(), bytes.as_slice()))
            .collect();
        // The document first in both styles.
        found.sort_by_key(|(path, _)| path.ends_with("p7s"));
        found.try_into().unwrap()
    }

    /// Writes the METS files anew.
    fn metses(&mut self) {
        let own = self.style == Style::Own;
        let told = |bytes: &[u8]| match own {
            true => format!("SIZE=\"{}\" CHECKSUM=\"{}\" CHECKSUMTYPE=\"SHA-256\"", bytes.len(), sha256(bytes)),
            false => format!(
                "SIZE=\"{}\" CHECKSUM=\"{}\" CHECKSUMTYPE=\"SHA-512\"",
                bytes.len(),
                sha512(bytes).to_uppercase()
            ),
        };
        let md = |kind: &str, path: &str, bytes: &[u8]| {
            format!("<mdRef LOCTYPE=\"URL\" xlink:href=\"{path}\" MDTYPE=\"{kind}\" {}/>", told(bytes))
        };
        let file = |id: &str, path: &str, bytes: &[u8]| {
            let path = path.replace(' ', "%20");
            format!(
                "<file ID=\"f{id}\" OWNERID=\"uuid-{id}\" {}><FLocat LOCTYPE=\"URL\" xlink:href=\"{path}\"/></file>",
                told(bytes)
            )
        };
        let premis = "metadata/preservation/premis.xml";
        let [document, signature] = self.data();
        let inner = mets(
            REPRESENTATION,
            &format!(
                "<amdSec><digiprovMD ID=\"m1\">{}</digiprovMD></amdSec><fileSec><fileGrp USE=\"Data\">{}{}</fileGrp></fileSec>",
                md("PREMIS", premis, &self.files[&format!("representations/r-1/{premis}")]),
                file("1", &document.0, document.1),
                file("2", &signature.0, signature.1),
            ),
            own,
        );
        self.put("representations/r-1/METS.xml", inner);
        let at = |path: &str| self.files[path].as_slice();
        let root = mets(
            NAME,
            &format!(
                "<dmdSec ID=\"d1\">{}</dmdSec><fileSec><fileGrp USE=\"Schemas\">{}</fileGrp><fileGrp USE=\"Representations/r-1\">{}</fileGrp></fileSec>\
             <structMap><div><mptr LOCTYPE=\"URL\" xlink:href=\"representations/r-1/METS.xml\"/></div></structMap>",
                md("DC", "metadata/descriptive/dc.xml", at("metadata/descriptive/dc.xml")),
                file("s", "schemas/s.json", at("schemas/s.json")),
                file("r", "representations/r-1/METS.xml", at("representations/r-1/METS.xml")),
            ),
            own,
        );
        self.put("METS.xml", root);
    }

    /// The METS file of the package tells of that of the representation what it is.
    fn root_follows(&mut self, before: &[u8]) {
        let after = self.files["representations/r-1/METS.xml"].clone();
        let mut root = String::from_utf8(self.files["METS.xml"].clone()).unwrap();
        for algorithm in [DigestAlgorithm::Sha256, DigestAlgorithm::Sha512] {
            let [old, new] = [before, &after[..]].map(|bytes| digest(algorithm, bytes));
            root = root.replace(&old, &new).replace(&old.to_uppercase(), &new.to_uppercase());
        }
        let size = |bytes: &[u8]| format!("SIZE=\"{}\"", bytes.len());
        self.put("METS.xml", root.replace(&size(before), &size(&after)));
    }

    /// Changes a text in a METS or PREMIS file of the representation; all above it follows.
    fn change(&mut self, path: &str, from: &str, to: &str) {
        let path = format!("representations/r-1/{path}");
        let text = String::from_utf8(self.files[&path].clone()).unwrap();
        assert!(text.contains(from), "{from} is not in {text}");
        let before = self.files["representations/r-1/METS.xml"].clone();
        self.put(&path, text.replacen(from, to, 1));
        match path.ends_with("METS.xml") {
            true => self.root_follows(&before),
            false => self.metses(),
        }
    }

    fn change_root(&mut self, from: &str, to: &str) {
        let text = String::from_utf8(self.files["METS.xml"].clone()).unwrap();
        assert!(text.contains(from), "{from} is not in {text}");
        self.put("METS.xml", text.replacen(from, to, 1));
    }

    /// The bag, sealed.
    fn bag(&self) -> Files {
        let mut bag: Files =
            self.files.iter().map(|(path, bytes)| (format!("data/{NAME}/{path}"), bytes.clone())).collect();
        seal(&mut bag, self.style);
        bag
    }

    fn report(&self) -> PackageReport {
        judged(&self.bag())
    }
}

fn mets(objid: &str, inner: &str, is_own: bool) -> String {
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<mets xmlns=\"http://www.loc.gov/METS/\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" \
         xmlns:csip=\"https://DILCIS.eu/XML/METS/CSIPExtensionMETS\" OBJID=\"{objid}\" LABEL=\"Хаттар\">\n\
         <metsHdr CREATEDATE=\"2026-01-01T00:00:00Z\"><agent ROLE=\"CREATOR\"><name>x</name></agent></metsHdr>\n{inner}\n</mets>\n"
    );
    if is_own {
        return text;
    }
    // Prefixes everywhere.
    let text = text.replace('<', "<m:").replace("<m:/", "</m:").replace("<m:?", "<?").replace("xmlns=", "xmlns:m=");
    text.replace("xlink:", "l:").replace("xmlns:xlink=", "xmlns:l=")
}

fn object(identifier: &str, name: &str, bytes: &[u8]) -> String {
    format!(
        "<object><objectIdentifier><objectIdentifierType>t</objectIdentifierType><objectIdentifierValue>{identifier}</objectIdentifierValue>\
         </objectIdentifier><objectCharacteristics><fixity><messageDigestAlgorithm>SHA-256</messageDigestAlgorithm><messageDigest>{}</messageDigest>\
         </fixity><fixity><messageDigestAlgorithm>sha512</messageDigestAlgorithm><messageDigest>{}</messageDigest></fixity><size>{}</size>\
         </objectCharacteristics><originalName>{name}</originalName></object>",
        sha256(bytes),
        sha512(bytes),
        bytes.len(),
    )
}

fn premis(objects: &[String]) -> String {
    format!(
        "<?xml version=\"1.0\"?>\n<premis xmlns=\"http://www.loc.gov/premis/v3\" version=\"3.0\">{}</premis>\n",
        objects.concat()
    )
}

/// Writes what makes a bag of files.
fn seal(bag: &mut Files, style: Style) {
    bag.retain(|path, _| path.contains('/'));
    let payload: Vec<&Vec<u8>> =
        bag.iter().filter(|(path, _)| path.starts_with("data/")).map(|(_, bytes)| bytes).collect();
    let oxum = format!("{}.{}", payload.iter().map(|bytes| bytes.len()).sum::<usize>(), payload.len());
    let algorithms = match style {
        Style::Own => vec![("sha256", DigestAlgorithm::Sha256), ("sha512", DigestAlgorithm::Sha512)],
        Style::Foreign => vec![("sha512", DigestAlgorithm::Sha512)],
    };
    let profile = "BagIt-Profile-Identifier: urn:muragat:schema:transfer:1:bagit-profile\nInternal-Sender-Identifier: A-1\n\
                   Bag-Software-Agent: Muragat\n";
    let info = format!(
        "Source-Organization: Әкімдік\n{}Bagging-Date: 2026-01-01\nExternal-Identifier: {NAME}\nExternal-Description: a\n b\nPayload-Oxum: {oxum}\n",
        if style == Style::Own { profile } else { "" },
    );
    bag.insert("bagit.txt".into(), b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n".to_vec());
    bag.insert("bag-info.txt".into(), info.into_bytes());
    for (name, algorithm) in &algorithms {
        let lines = bag.iter().filter(|(path, _)| path.starts_with("data/"));
        let lines = lines.map(|(path, bytes)| format!("{}  {path}\n", digest(*algorithm, bytes)));
        let text: String = lines.collect();
        bag.insert(format!("manifest-{name}.txt"), text.into_bytes());
    }
    tags(bag, &algorithms);
}

/// Writes the tag manifests anew.
fn tags(bag: &mut Files, algorithms: &[(&str, DigestAlgorithm)]) {
    bag.retain(|path, _| !path.starts_with("tagmanifest-"));
    let texts: Vec<(String, String)> = algorithms
        .iter()
        .map(|(name, algorithm)| {
            let lines = bag.iter().filter(|(path, _)| !path.starts_with("data/"));
            let text = lines.map(|(path, bytes)| format!("{}  {path}\n", digest(*algorithm, bytes))).collect();
            (format!("tagmanifest-{name}.txt"), text)
        })
        .collect();
    bag.extend(texts.into_iter().map(|(name, text)| (name, text.into_bytes())));
}

const BOTH: [(&str, DigestAlgorithm); 2] = [("sha256", DigestAlgorithm::Sha256), ("sha512", DigestAlgorithm::Sha512)];

/// A header of ustar.
fn header(name: &str, size: u64, kind: u8) -> [u8; 512] {
    let mut block = [0; 512];
    let (prefix, name) = if name.len() <= 100 { ("", name) } else { name.split_at(name.find('/').unwrap()) };
    let name = if prefix.is_empty() { name } else { &name[1..] };
    let mut put = |at: usize, text: &[u8]| block[at..at + text.len()].copy_from_slice(text);
    put(0, name.as_bytes());
    put(100, b"0000644\0");
    put(108, b"0000000\0");
    put(116, b"0000000\0");
    put(124, format!("{size:011o}\0").as_bytes());
    put(136, b"00000000000\0");
    put(148, b"        ");
    put(156, &[kind]);
    put(257, b"ustar\x0000");
    put(345, prefix.as_bytes());
    sum(&mut block);
    block
}

fn sum(block: &mut [u8; 512]) {
    block[148..156].copy_from_slice(b"        ");
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
}

fn member(out: &mut Vec<u8>, name: &str, kind: u8, bytes: &[u8]) {
    out.extend(header(name, bytes.len() as u64, kind));
    out.extend(bytes);
    out.resize(out.len().next_multiple_of(512), 0);
}

fn tar(files: &Files, top: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for (path, bytes) in files {
        member(&mut out, &format!("{top}{path}"), b'0', bytes);
    }
    out.resize(out.len() + 1024, 0);
    out
}

fn of_tar(bytes: Vec<u8>) -> PackageReport {
    let source = Tar::open(Cursor::new(bytes)).unwrap();
    judge(&source, None, &mut |done, all| assert!(done <= all)).unwrap().report
}

fn judged(files: &Files) -> PackageReport {
    of_tar(tar(files, "package/"))
}

fn write(files: &Files, folder: &Path) {
    for (path, bytes) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

/// The checks that did not hold.
fn failed(report: &PackageReport) -> Vec<Check> {
    let mut checks: Vec<Check> =
        report.findings.iter().filter(|f| f.outcome == Outcome::Failed).map(|f| f.check).collect();
    checks.dedup();
    checks
}

#[track_caller]
fn is_sound(report: &PackageReport) {
    assert_eq!(report.outcome(), Outcome::Noted, "{:#?}", report.findings);
}

/// Only this check fails.
#[track_caller]
fn fails(report: &PackageReport, check: Check) {
    assert_eq!((report.outcome(), failed(report)), (Outcome::Failed, vec![check]), "{:#?}", report.findings);
}

#[track_caller]
fn is_undecided(report: &PackageReport, check: Check) {
    assert_eq!(report.outcome(), Outcome::Undecided, "{:#?}", report.findings);
    assert!(
        report.findings.iter().all(|f| f.check == check || f.outcome < Outcome::Undecided),
        "{:#?}",
        report.findings
    );
}

#[test]
fn sound_packages_of_every_form_are_whole() {
    let folder = tempfile::tempdir().unwrap();
    for (style, place) in [(Style::Own, "own"), (Style::Foreign, "foreign")] {
        let package = Package::new(style);
        let report = package.report();
        is_sound(&report);
        assert_eq!((report.kind, report.name.as_deref()), (Some(Kind::BagOfEark), Some(NAME)));
        assert_eq!(report.representations, [REPRESENTATION]);
        let proven: Vec<Check> =
            report.findings.iter().filter(|f| f.outcome == Outcome::Proven).map(|f| f.check).collect();
        assert!(
            [Check::Manifests, Check::Sum, Check::Digests, Check::References, Check::Preservation, Check::Unlisted]
                .iter()
                .all(|check| proven.contains(check)),
            "{proven:?}"
        );
        // The same as a folder, and without the folder in the tar.
        write(&package.bag(), &folder.path().join(place));
        let source = Folder::open(&folder.path().join(place)).unwrap();
        let mut seen = Vec::new();
        let of_folder = judge(&source, Some(DigestAlgorithm::Sha256), &mut |done, all| seen.push((done, all))).unwrap();
        assert_eq!(of_folder.report, report);
        assert_eq!(of_tar(tar(&package.bag(), "")), report);
        let all = report.bytes;
        assert!(seen.windows(2).all(|pair| pair[0].0 <= pair[1].0) && seen.last() == Some(&(all, all)));
        for (index, entry) in source.entries().iter().enumerate() {
            let wanted = DigestAlgorithm::Sha256.digest(&package.bag()[&*entry.path]);
            assert_eq!(of_folder.digest(DigestAlgorithm::Sha256, index), Some(&wanted[..]), "{}", entry.path);
        }

        let bare = of_tar(tar(&package.files, &format!("{NAME}/")));
        is_sound(&bare);
        assert_eq!(bare.kind, Some(Kind::Eark));
        fails(&of_tar(tar(&package.files, "other/")), Check::Structure);

        let mut plain: Files = [("data/1/data/a.txt".to_owned(), b"a".to_vec())].into();
        seal(&mut plain, style);
        let plain = judged(&plain);
        is_sound(&plain);
        assert_eq!((plain.kind, plain.name.as_deref()), (Some(Kind::Bag), Some(NAME)));
    }
    let none = of_tar(tar(&[("a/b".to_owned(), Vec::new())].into(), "x/"));
    assert_eq!((none.kind, none.outcome()), (None, Outcome::Failed));
}

/// Whichever byte of a package is changed, it is found; by two changes of each byte, one of which only turns the case of
/// a letter.
#[test]
fn every_changed_byte_is_found() {
    for style in [Style::Own, Style::Foreign] {
        let whole = tar(&Package::new(style).bag(), "p/");
        for at in 0..whole.len() {
            for flip in [0x20, 0x01] {
                let mut changed = whole.clone();
                changed[at] ^= flip;
                let report = of_tar(changed);
                assert_eq!(report.outcome(), Outcome::Failed, "byte {at}: {:#?}", report.findings);
            }
        }
    }
}

#[test]
fn a_tar_that_ends_early_is_found_wherever_it_ends() {
    let whole = tar(&Package::new(Style::Own).bag(), "p/");
    for at in (0..whole.len() / 512).flat_map(|block| [block * 512, block * 512 + 1, block * 512 + 511]) {
        let report = of_tar(whole[..at].to_vec());
        assert_eq!(report.outcome(), Outcome::Failed, "{at}");
        assert!(failed(&report).contains(&Check::Names), "{at}: {:#?}", report.findings);
    }
}

/// Zeros behind the end are how programs fill a record of a tape; anything else is not.
#[test]
fn only_zeros_stand_behind_the_end_of_a_tar() {
    let whole = tar(&Package::new(Style::Own).bag(), "p/");
    is_sound(&of_tar([&whole[..], &[0; 10240]].concat()));
    for behind in [&b"x"[..], &[0; 2 * 1024 * 1024], &whole] {
        fails(&of_tar([&whole[..], behind].concat()), Check::Names);
    }
}

#[test]
fn a_tar_has_files_and_nothing_else() {
    let bag = Package::new(Style::Own).bag();
    let with = |name: &str, kind: u8, bytes: &[u8]| {
        let mut out = Vec::new();
        member(&mut out, name, kind, bytes);
        out.extend(tar(&bag, "p/"));
        of_tar(out)
    };
    is_sound(&with("p/", b'5', b""));
    for (name, kind, bytes) in [
        ("p/link", b'2', &b""[..]),
        ("p/link", b'1', b""),
        ("p/device", b'3', b""),
        ("p/pipe", b'6', b""),
        ("p/sparse", b'S', b""),
        ("p/long", b'L', b"p/x"),
        ("p/new", b'7', b""),
        ("g", b'g', b"13 comment=x\n"),
        ("../evil", b'0', b"x"),
        ("/etc/evil", b'0', b"x"),
        ("p/../../evil", b'0', b"x"),
        ("p/data/..\\evil", b'0', b"x"),
        ("p/bagit.txt", b'0', b"x"),
        ("p/BAGIT.TXT", b'0', b"x"),
        ("p/bagit.txt/x", b'0', b"x"),
        ("q/", b'5', b""),
        ("x", b'x', b"15 size=abcdef\n"),
        ("x", b'x', b"18 linkpath=/etc\n"),
        ("x", b'x', b"25 GNU.sparse.realsize=1\n"),
        ("x", b'x', b"9 path=a\n9 path=b\n"),
        ("x", b'x', b"99 path=a\n"),
        ("x", b'x', b"0 path=a\n"),
    ] {
        let report = with(name, kind, bytes);
        assert_eq!(report.outcome(), Outcome::Failed, "{name}");
        assert!(failed(&report).contains(&Check::Names), "{name}: {:#?}", report.findings);
    }
    // A second folder at the top: then there is no folder of the package, and nothing lies at its top.
    assert_eq!(with("q/x", b'0', b"x").kind, None);
}

/// A path and a length by pax say the same as a header, for what is too long for one.
#[test]
fn pax_says_paths_and_lengths() {
    let bag = Package::new(Style::Own).bag();
    let record = |key: &str, value: &str| {
        let rest = format!(" {key}={value}\n");
        let len =
            (1..).map(|digits| rest.len() + digits).find(|len| len.to_string().len() + rest.len() == *len).unwrap();
        format!("{len}{rest}")
    };
    let made = |size: &dyn Fn(usize) -> usize| {
        let mut out = Vec::new();
        for (path, bytes) in &bag {
            let said = record("path", &format!("p/{path}"))
                + &record("mtime", "1.5")
                + &record("size", &size(bytes.len()).to_string());
            member(&mut out, "pax", b'x', said.as_bytes());
            let mut block = header("cut", 0, b'0');
            sum(&mut block);
            out.extend(block);
            out.extend(bytes);
            out.resize(out.len().next_multiple_of(512), 0);
        }
        out.resize(out.len() + 1024, 0);
        out
    };
    is_sound(&of_tar(made(&|len| len)));
    assert_eq!(of_tar(made(&|len| len + 1)).outcome(), Outcome::Failed);
    assert_eq!(of_tar(made(&|_| usize::MAX)).outcome(), Outcome::Failed);
    let mut alone = Vec::new();
    member(&mut alone, "pax", b'x', record("path", "p/a").as_bytes());
    alone.resize(alone.len() + 1024, 0);
    assert_eq!(of_tar(alone).outcome(), Outcome::Failed);
}

#[test]
fn a_bag_is_what_its_lists_say() {
    let sound = Package::new(Style::Own).bag();
    let changed = |change: &dyn Fn(&mut Files)| {
        let mut bag = sound.clone();
        change(&mut bag);
        judged(&bag)
    };
    // The manifests are written, then the payload is another.
    let at = format!("data/{NAME}/{DATA}");
    fails(&changed(&|bag| bag.get_mut(&at).unwrap()[0] ^= 1), Check::Digests);
    assert!(failed(&changed(&|bag| drop(bag.remove(&at)))).contains(&Check::Manifests));
    assert!(failed(&changed(&|bag| drop(bag.insert("data/p-1/x".into(), Vec::new())))).contains(&Check::Manifests));
    fails(&changed(&|bag| drop(bag.insert("x.txt".into(), Vec::new()))), Check::Tags);
    // Lists that fit each other, and say another thing than there is.
    let rewritten = |name: &str, rewrite: &dyn Fn(String) -> String| {
        changed(&|bag| {
            let text = String::from_utf8(bag[name].clone()).unwrap();
            let after = rewrite(text.clone());
            assert_ne!(after, text);
            bag.insert(name.to_owned(), after.into_bytes());
            tags(bag, &BOTH);
        })
    };
    let first = |text: &str| text.lines().next().unwrap().to_owned();
    let line = "0".repeat(64);
    for rewrite in [
        &(|text: String| text[first(&text).len() + 1..].to_owned()) as &dyn Fn(String) -> String,
        &|text| format!("{text}{}\n", first(&text)),
        &|text| format!("{text}{line}  data/none\n"),
        &|text| format!("{text}{line}  ../../etc/passwd\n"),
        &|text| format!("{text}{line}  /etc/passwd\n"),
        &|text| format!("{text}{line}  bagit.txt\n"),
        &|text| text.replacen("  ", " *", 1),
        &|text| text.replacen('\n', "\r\n", 1),
        &|text| text.trim_end().to_owned(),
        &|text| text.replacen(&text[..64], &line, 1),
    ] {
        let report = rewritten("manifest-sha256.txt", rewrite);
        assert!(
            failed(&report).iter().any(|check| matches!(check, Check::Manifests | Check::Digests)),
            "{:#?}",
            report.findings
        );
    }
    fails(&rewritten("bag-info.txt", &|text| text.replace("Payload-Oxum: ", "Payload-Oxum: 1")), Check::Sum);
    fails(&rewritten("bag-info.txt", &|text| text.replace("Source-Organization: ", "Contact: ")), Check::Form);
    fails(&rewritten("bagit.txt", &|text| text.replace("1.0", "1.1")), Check::Form);
    is_sound(&rewritten("bagit.txt", &|text| text.replace("1.0", "0.97")));
    let fetch = changed(&|bag| {
        bag.insert("fetch.txt".into(), b"https://example.org/a 1 data/a\n".to_vec());
        tags(bag, &BOTH);
    });
    fails(&fetch, Check::Fetch);
    // What a bag may lack; ours says that it has them.
    let foreign = |change: &dyn Fn(&mut Files)| {
        let mut bag = Package::new(Style::Foreign).bag();
        change(&mut bag);
        judged(&bag)
    };
    is_sound(&foreign(&|bag| drop(bag.remove("tagmanifest-sha512.txt"))));
    assert_eq!(failed(&foreign(&|bag| drop(bag.remove("manifest-sha512.txt")))), [Check::Manifests, Check::Tags]);
    fails(&changed(&|bag| tags(bag, &BOTH[1..])), Check::Form);
    let many = foreign(&|bag| {
        bag.extend((0..40).map(|number| (format!("manifest-x{number}.txt"), Vec::new())));
        tags(bag, &BOTH[1..]);
    });
    assert!(failed(&many).contains(&Check::Form));
    // An algorithm that is not known: its paths are looked at all the same.
    let md5 = |lines: &str| {
        foreign(&|bag| {
            bag.insert("manifest-md5.txt".into(), lines.as_bytes().to_vec());
            tags(bag, &BOTH[1..]);
        })
    };
    let all: String = Package::new(Style::Foreign)
        .bag()
        .keys()
        .filter(|path| path.starts_with("data/"))
        .map(|path| format!("{}  {path}\n", "0".repeat(32)))
        .collect();
    is_undecided(&md5(&all), Check::Manifests);
    fails(&md5(&all[first(&all).len() + 1..]), Check::Manifests);
}

/// The faults that no validator finds, in both styles, with all digests above them made to fit.
#[test]
fn contradictions_that_no_validator_finds() {
    for style in [Style::Own, Style::Foreign] {
        let changed = |change: &dyn Fn(&mut Package)| {
            let mut package = Package::new(style);
            change(&mut package);
            package.report()
        };
        let root = |from: &str, to: &str| changed(&|package| package.change_root(from, to));
        // 1. An identifier is not the folder.
        fails(&root("OBJID=\"p-1\"", "OBJID=\"p-2\""), Check::Structure);
        fails(&changed(&|package| package.change("METS.xml", "OBJID=\"r-1\"", "OBJID=\"r-2\"")), Check::Structure);
        // 2. A representation has lost its METS file.
        let report = changed(&|package| drop(package.files.remove("representations/r-1/METS.xml")));
        assert!(failed(&report).contains(&Check::Structure) && failed(&report).contains(&Check::References));
        // 3. A digest of METS is not the file's.
        let hexed = |bytes: &[u8]| if style == Style::Own { sha256(bytes) } else { sha512(bytes).to_uppercase() };
        let told = hexed(Package::new(style).data()[0].1);
        let other = told.replacen(&told[..1], if told.starts_with('0') { "1" } else { "0" }, 1);
        fails(&changed(&|package| package.change("METS.xml", &told, &other)), Check::References);
        // 4. The METS file of the package is not about that of the representation.
        let report = changed(&|package| {
            let text = String::from_utf8(package.files["representations/r-1/METS.xml"].clone()).unwrap();
            package.put("representations/r-1/METS.xml", text.replace("2026-01-01", "2026-01-02"));
        });
        fails(&report, Check::References);
        // 5. A digest of PREMIS is not the file's.
        for [told, other] in [&told.to_lowercase(), &sha256(Package::new(style).data()[1].1)].map(|told| {
            let digit = if told.starts_with('0') { "1" } else { "0" };
            [told.clone(), format!("{digit}{}", &told[1..])]
        }) {
            let report = changed(&|package| package.change("metadata/preservation/premis.xml", &told, &other));
            // Where no manifest has the algorithm, the bytes themselves contradict.
            let checks = failed(&report);
            assert!(checks == [Check::Preservation] || checks == [Check::Digests], "{:#?}", report.findings);
        }
        // What is in no list, beside, or nowhere.
        fails(&changed(&|package| package.put("schemas/more.json", "{}")), Check::Unlisted);
        let report = changed(&|package| drop(package.files.remove("schemas/s.json")));
        fails(&report, Check::References);
        let mut bag = Package::new(style).bag();
        bag.insert("data/p-2/METS.xml".into(), b"x".to_vec());
        seal(&mut bag, style);
        fails(&judged(&bag), Check::Structure);
        let mut package = Package::new(style);
        package.files.remove("METS.xml");
        fails(&package.report(), Check::Structure);
        fails(&root("ROLE=\"CREATOR\"", "ROLE=\"CREATER\""), Check::Structure);
    }
}

/// References of METS as others write them.
#[test]
fn references_are_followed_within_the_package_only() {
    let href = |to: &str| {
        let mut package = Package::new(Style::Own);
        package.change_root("xlink:href=\"schemas/s.json\"", &format!("xlink:href=\"{to}\""));
        package.report()
    };
    for same in [
        "./schemas/s.json",
        "schemas/./s.json",
        "metadata/../schemas/s.json",
        "schemas%2Fs.json",
        "file:schemas/s.json",
        "schemas/s.json#x",
        "sch&#101;mas/s.json",
    ] {
        is_sound(&href(same));
    }
    for above in ["../../bagit.txt", "/etc/passwd", "..%2F..%2Fbagit.txt", "file:///../../../bagit.txt", ""] {
        let report = href(above);
        assert_eq!(failed(&report), [Check::References, Check::Unlisted], "{above}: {:#?}", report.findings);
    }
    let outside = href("https://example.org/s.json");
    assert_eq!(failed(&outside), [Check::Unlisted]);
    let told = |from: &str, to: &str| {
        let mut package = Package::new(Style::Own);
        package.change_root(&format!("SIZE=\"2\" CHECKSUM=\"{}\" CHECKSUMTYPE=\"SHA-256\"{from}", sha256(b"{}")), to);
        package.report()
    };
    is_sound(&told("", &format!("CHECKSUM=\"{}\" CHECKSUMTYPE=\"SHA-1\"", digest(DigestAlgorithm::Sha1, b"{}"))));
    is_sound(&told(
        "",
        &format!("CHECKSUM=\"{}\" CHECKSUMTYPE=\"SHA-384\"", digest(DigestAlgorithm::Sha384, b"{}").to_uppercase()),
    ));
    fails(
        &told("", &format!("CHECKSUM=\"{}\" CHECKSUMTYPE=\"SHA-384\"", digest(DigestAlgorithm::Sha384, b"{ }"))),
        Check::Digests,
    );
    is_sound(&told("", ""));
    is_undecided(&told("", "CHECKSUM=\"00\" CHECKSUMTYPE=\"MD5\""), Check::References);
    for bad in [
        "CHECKSUM=\"00\"",
        "CHECKSUM=\"00\" CHECKSUMTYPE=\"SHA-256\"",
        "SIZE=\"3\"",
        "SIZE=\"\"",
        "CHECKSUM=\"zz\" CHECKSUMTYPE=\"SHA-256\"",
    ] {
        fails(&told("", bad), Check::References);
    }
}

#[test]
fn hostile_xml_is_not_read_on() {
    let with = |inner: &str| {
        let mut package = Package::new(Style::Own);
        package.change_root("<metsHdr", &format!("{inner}<metsHdr"));
        let began = std::time::Instant::now();
        let report = package.report();
        assert!(began.elapsed().as_secs() < 20, "{} s", began.elapsed().as_secs());
        report
    };
    let attributes: String = (0..1_000_000).map(|i| format!(" a{i}=''")).collect();
    let prefixes: String = (0..50_000).map(|i| format!(" xmlns:a{i}='urn:{i}'")).collect();
    let picture = base64::engine::general_purpose::STANDARD.encode(vec![7; 2 * 1024 * 1024]);
    for beyond in [
        "<x>".repeat(100_000),
        format!("<x{attributes}/>"),
        format!("<x y='{}'/>", "z".repeat(5_000_000)),
        format!("<dmdSec><mdWrap><binData>{picture}</binData></mdWrap></dmdSec>"),
    ] {
        let report = with(&beyond);
        assert_eq!(report.outcome(), Outcome::Undecided, "{:#?}", report.findings);
    }
    assert!(with(&format!("<x{prefixes}/>")).outcome() > Outcome::Noted);
    assert!(with("<x>&lol;</x>").outcome() > Outcome::Noted);
    fails(&with("<x>"), Check::References);
    is_sound(&with("<dmdSec ID=\"w\"><mdWrap MDTYPE=\"DC\"><xmlData><d><t>Хат</t></d></xmlData></mdWrap></dmdSec>"));
    let mut package = Package::new(Style::Own);
    let bomb = "<!DOCTYPE m [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]>\n<mets ";
    package.change_root("<mets ", bomb);
    is_undecided_anywhere(&package.report());
    // A METS file that leads to itself is read once.
    let mut package = Package::new(Style::Own);
    package.change_root("xlink:href=\"representations/r-1/METS.xml\"/></div>", "xlink:href=\"METS.xml\"/></div>");
    is_sound(&package.report());
}

#[track_caller]
fn is_undecided_anywhere(report: &PackageReport) {
    assert_eq!(report.outcome(), Outcome::Undecided, "{:#?}", report.findings);
}

#[test]
fn an_object_of_premis_leads_to_its_file_or_is_said_to_lead_nowhere() {
    let changed = |from: &str, to: &str| {
        let mut package = Package::new(Style::Own);
        package.change("metadata/preservation/premis.xml", from, to);
        package.report()
    };
    let identifier = "<objectIdentifierValue>data/0001.txt<";
    for same in ["uuid-1", "f1", "./data/0001.txt", "representations/r-1/data/0001.txt"] {
        is_sound(&changed(identifier, &format!("<objectIdentifierValue>{same}<")));
    }
    is_undecided(&changed(identifier, "<objectIdentifierValue>nobody<"), Check::Preservation);
    let located = "</originalName><storage><contentLocation><contentLocationType>t</contentLocationType>\
                   <contentLocationValue>data/0001.txt</contentLocationValue></contentLocation></storage>";
    is_sound(&changed("</originalName>", located));
    fails(&changed("<size>13</size>", "<size>14</size>"), Check::Preservation);
    fails(&changed(identifier, "<objectIdentifierValue>data/0002.p7s<"), Check::Preservation);
    is_undecided(&changed("SHA-256", "Whirlpool"), Check::Preservation);
    fails(&changed("</premis>", "<object/></premis>"), Check::Preservation);
    fails(&changed("premis/v3", "premis/v9"), Check::Preservation);
}

/// What lies in a folder is never followed out of it.
#[test]
fn links_in_a_folder_are_found_and_not_followed() {
    let place = tempfile::tempdir().unwrap();
    let secret = place.path().join("secret");
    fs::write(&secret, "secret").unwrap();
    let bag = Package::new(Style::Own).bag();
    for (number, (path, target)) in
        [("link", secret.as_path()), ("data/p-1/link", Path::new("METS.xml")), ("loop", Path::new("."))]
            .into_iter()
            .enumerate()
    {
        let folder = place.path().join(format!("with-{number}"));
        write(&bag, &folder);
        std::os::unix::fs::symlink(target, folder.join(path)).unwrap();
        let source = Folder::open(&folder).unwrap();
        assert!(source.find(path).is_none());
        fails(&judge(&source, None, &mut |_, _| {}).unwrap().report, Check::Names);
    }
    // Another file in the place of one that was listed is not read; nor is one that grew.
    let folder = place.path().join("changing");
    write(&bag, &folder);
    let source = Folder::open(&folder).unwrap();
    let at = source.find("bagit.txt").unwrap();
    fs::hard_link(folder.join("bagit.txt"), place.path().join("kept")).unwrap();
    fs::remove_file(folder.join("bagit.txt")).unwrap();
    std::os::unix::fs::symlink(&secret, folder.join("bagit.txt")).unwrap();
    assert!(source.open(at).is_err());
    fs::remove_file(folder.join("bagit.txt")).unwrap();
    fs::write(folder.join("bagit.txt"), "another").unwrap();
    assert!(source.open(at).is_err());
    fs::remove_file(folder.join("bagit.txt")).unwrap();
    fs::hard_link(place.path().join("kept"), folder.join("bagit.txt")).unwrap();
    assert!(source.open(at).is_ok());
    fs::write(folder.join("bagit.txt"), [&bag["bagit.txt"][..], b"more"].concat()).unwrap();
    assert!(judge(&source, None, &mut |_, _| {}).is_err());
}

#[test]
fn the_command_answers_by_its_exit_code() {
    let bench = Bench::empty();
    let package = Package::new(Style::Own);
    let folder = bench.path("package");
    write(&package.bag(), &folder);
    let path = folder.to_str().unwrap();
    let row = bench.line(&["verify", path], Exit::Ok, "verify-row");
    assert_eq!(
        (&row["kind"], &row["status"], &row["package"]["form"]),
        (&json!("package"), &json!("verified"), &json!("bag-eark"))
    );
    assert!(
        row["package"]["findings"].as_array().unwrap().iter().any(|f| f["check"] == "maker" && f["outcome"] == "noted")
    );
    let said = bench.run(&["verify", path, "--lang", "en"]).exits(Exit::Ok).stdout;
    assert!(said.starts_with("whole: ") && said.contains("Not checked: who made the package"), "{said}");
    let tarred = bench.file("package.tar", tar(&package.bag(), "p/"));
    bench.line(&["verify", &tarred], Exit::Ok, "verify-row");
    let nameless = bench.file("package.bin", tar(&package.bag(), "p/"));
    bench.line(&["verify", &nameless], Exit::Ok, "verify-row");
    let cut = bench.file("cut.tar", &tar(&package.bag(), "p/")[..700]);
    bench.line(&["verify", &cut], Exit::Integrity, "verify-row");
    fs::write(folder.join("data/p-1/metadata/descriptive/dc.xml"), "<db/>").unwrap();
    let row = bench.line(&["verify", path], Exit::Integrity, "verify-row");
    assert_eq!(row["status"], "failed");
    let mut unknown = package.clone();
    unknown.change_root(
        &format!("CHECKSUM=\"{}\" CHECKSUMTYPE=\"SHA-256\"", sha256(b"{}")),
        "CHECKSUM=\"00\" CHECKSUMTYPE=\"MD5\"",
    );
    let unknown = bench.file("unknown.tar", tar(&unknown.bag(), "p/"));
    assert_eq!(bench.line(&["verify", &unknown], Exit::Incomplete, "verify-row")["status"], "undecided");
    let other = bench.path("empty");
    fs::create_dir(&other).unwrap();
    let error = bench.line(&["verify", other.to_str().unwrap()], Exit::Refused, "error");
    assert_eq!(error["error"]["code"], "TRF-020");
}
