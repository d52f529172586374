//! What comes from outside is read, or refused, and never stops the archive.
//!
//! Goal: every reader of [`muragat::verify`] survives any bytes, and reads every whole object that other programs make,
//! to the last byte. Method: objects of made-up parts, the vectors and the generated cases where they are present; each
//! is read whole, cut at every byte, and changed at random. [`readers_survive`] is one call for any bytes, so that a
//! coverage-guided fuzzer can call it too.

use super::vectors::generated;
use muragat::model::cms as place;
use muragat::testing::Sequence;
use muragat::verify::alg::{DigestAlgorithm, PublicKey, SignatureAlgorithm};
use muragat::verify::certificate::Certificate;
use muragat::verify::cms::attributes::COUNTERSIGNATURE;
use muragat::verify::cms::{Attributes, Content, RevocationInfo, SignedData, SignerInfo, without_content};
use muragat::verify::crl::Crl;
use muragat::verify::der::{self, Reader, tag};
use muragat::verify::material::Material;
use muragat::verify::name;
use muragat::verify::ocsp::OcspResponse;
use muragat::verify::timestamp::{TimestampError, TimestampToken};
use muragat::verify::wrap;
use std::env;
use std::fs;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Gives any bytes to every reader, and to whatever reads what the first ones found. A panic is a failure; so is a part
/// that is not where it should be.
pub(crate) fn readers_survive(bytes: &[u8]) {
    for reader in [Reader::der(bytes), Reader::ber(bytes)] {
        let mut joined = Vec::new();
        if walk(reader, &mut joined).is_ok() {
            assert!(joined == bytes, "elements joined are the bytes");
        }
    }
    if let Ok(element) = Reader::ber(bytes).read() {
        let _ = (element.oid(), element.u64(), element.boolean(), element.bit_string(), element.octets());
        let _ = (element.time(), element.time_with_fraction(), element.to_der());
    }
    if let Ok(signed) = SignedData::read(bytes) {
        signed_data_survives(&signed);
    }
    if let Ok(Some(outline)) = without_content(&mut Cursor::new(bytes)) {
        let _ = outline.signed_data();
    }
    if let Ok(token) = TimestampToken::read(bytes) {
        assert_eq!(token.signed_data().signers.len(), 1);
    }
    if let Ok(blocks) = wrap::unwrap(bytes) {
        for block in blocks.iter().filter(|block| block.bytes != bytes).take(4) {
            let _ = SignedData::read(&block.bytes);
        }
    }
    material_survives(bytes);
}

/// The same for what is signed by authorities, and for keys and names, which are taken from it.
fn material_survives(bytes: &[u8]) {
    if let Ok(certificate) = Certificate::parse(bytes) {
        // Whatever key it has is given a signature to verify.
        let _ = (certificate.public_key(), certificate.signed_with(), certificate.verify_signed_by(&certificate));
        let _ = (name::rfc4514(certificate.subject_der()), certificate.is_self_issued());
    }
    if let Ok(crl) = Crl::parse(bytes) {
        let listed = crl.entries().filter(|entry| crl.find(entry.serial).next().is_some()).count();
        assert_eq!(listed, crl.len(), "every entry is found");
    }
    if let Ok(response) = OcspResponse::parse(bytes) {
        let _ = (response.tbs_der(), response.signature_octets());
    }
    let _ = Material::new().add_file(bytes);
    let _ = (PublicKey::of_spki(bytes), SignatureAlgorithm::of_identifier(bytes, None));
    let _ = (DigestAlgorithm::of_identifier(bytes), name::rfc4514(bytes), name::names_match(bytes, bytes));
}

fn walk(mut reader: Reader<'_>, joined: &mut Vec<u8>) -> Result<(), der::DerError> {
    while !reader.is_empty() {
        let element = reader.read()?;
        if element.tag & 0x20 == 0 {
            joined.extend_from_slice(element.raw);
            continue;
        }
        joined.extend_from_slice(element.header());
        walk(element.reader(), joined)?;
        joined.extend_from_slice(element.footer());
    }
    Ok(())
}

fn signed_data_survives(signed: &SignedData<'_>) {
    assert!(signed.parts().concat() == signed.raw, "parts joined are the object");
    for signer in &signed.signers {
        signer_survives(signer);
    }
}

fn signer_survives(signer: &SignerInfo<'_>) {
    assert!(signer.parts().concat() == signer.raw, "parts joined are the signer");
    signer.faults();
    let _ = (signer.digest_algorithm.to_der(), signer.signature_algorithm.to_der());
    for attributes in [&signer.signed, &signer.unsigned].into_iter().flatten() {
        assert!(attributes.parts().concat() == attributes.raw, "parts joined are the attributes");
        let _ = (attributes.der_set(), attributes.stored_set(), attributes.is_sorted());
        attributes_survive(attributes);
    }
}

fn attributes_survive(attributes: &Attributes<'_>) {
    let _ = (attributes.content_type(), attributes.message_digest(), attributes.signing_time());
    let _ = (attributes.signing_certificate(), attributes.signing_certificate_v2(), attributes.signature_policy());
    let _ = (attributes.certificate_values(), attributes.revocation_values(), attributes.hash_index());
    let _ = attributes.countersignatures();
    for token in attributes.signature_timestamps().into_iter().chain(attributes.archive_timestamps_v3()) {
        let _ = TimestampToken::read(token);
    }
}

/// The folder of other people's vectors; none where it is absent.
fn vectors() -> Option<PathBuf> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/vectors"));
    if !folder.is_dir() {
        eprintln!("skipped: {} is not there", folder.display());
        return None;
    }
    Some(folder.to_owned())
}

/// Files below a folder whose path ends with one of these, in a fixed order.
fn files(folder: &Path, ends: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if ends.iter().any(|end| path.to_string_lossy().ends_with(end)) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Signatures of other programs: a name and the bytes. The one that was cut on purpose is not among them.
fn signatures() -> Vec<(String, Vec<u8>)> {
    let folders = [vectors(), generated()].into_iter().flatten();
    let paths = folders.flat_map(|folder| files(&folder, &[".p7s"]));
    let whole = paths.filter(|path| !path.ends_with("truncated.p7s"));
    whole.map(|path| (path.display().to_string(), fs::read(path).unwrap())).collect()
}

/// Time-stamps of other programs, bare and in answers.
fn timestamps() -> Vec<(String, Vec<u8>)> {
    let folders = [vectors(), generated()].into_iter().flatten();
    let paths = folders.flat_map(|folder| files(&folder, &[".tsr", "tsp_token.bin", "tsp_response.bin"]));
    paths.map(|path| (path.display().to_string(), fs::read(path).unwrap())).collect()
}

/// Certificates, CRLs and OCSP answers of other programs.
fn material() -> Vec<(String, Vec<u8>)> {
    let folders = [vectors().map(|folder| folder.join("kz-ncanode")), generated()].into_iter().flatten();
    let ends = [".cer", ".crt", ".crl", ".ocsp", ".pem", "_2004.bin", "_2015.bin", "_revoked.bin"];
    let paths = folders.flat_map(|folder| files(&folder, &ends));
    paths.map(|path| (path.display().to_string(), fs::read(path).unwrap())).collect()
}

#[test]
fn signatures_of_other_programs_are_read_to_the_last_byte() {
    let all = signatures();
    let mut unsorted = 0;
    for (name, bytes) in &all {
        let signed = SignedData::read(bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(signed.trailing, 0, "{name}");
        assert!(signed.parts().concat() == *bytes, "{name}");
        assert!(!signed.signers.is_empty(), "{name}");
        for signer in &signed.signers {
            assert!(signer.parts().concat() == signer.raw, "{name}");
            assert_eq!(signer.faults(), [], "{name}");
            let attributes = signer.signed.as_ref().unwrap();
            assert!(attributes.parts().concat() == attributes.raw, "{name}");
            assert_eq!(attributes.content_type().unwrap().unwrap(), signed.content_type, "{name}");
            assert!(attributes.message_digest().unwrap().is_some(), "{name}");
            attributes.signing_time().unwrap();
            let (v1, v2) = (attributes.signing_certificate().unwrap(), attributes.signing_certificate_v2().unwrap());
            assert!(v1.iter().chain(&v2).all(|ids| !ids.is_empty()), "{name}");
            unsorted += usize::from(!attributes.is_sorted());
            assert_eq!(attributes.is_sorted(), attributes.der_set().unwrap() == attributes.stored_set(), "{name}");
            for token in signer.unsigned.iter().flat_map(Attributes::signature_timestamps) {
                TimestampToken::read(token).unwrap_or_else(|error| panic!("{name}: {error}"));
            }
        }
    }
    eprintln!("{} signatures, {unsorted} signers with attributes out of order", all.len());
}

#[test]
fn timestamps_of_other_programs_are_read() {
    let all = timestamps();
    for (name, bytes) in &all {
        let token = TimestampToken::read(bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(token.trailing, 0, "{name}");
        let signed = token.signed_data();
        let attributes = signed.signers[0].signed.as_ref().unwrap();
        assert_eq!(signed.signers[0].faults(), [], "{name}");
        // RFC 3161 §2.4.1: the token names the certificate of its authority.
        let (v1, v2) = (attributes.signing_certificate().unwrap(), attributes.signing_certificate_v2().unwrap());
        assert!(v1.is_some() || v2.is_some(), "{name}");
        assert!(bytes.ends_with(&token.bytes), "{name}");
    }
    eprintln!("{} time-stamps", all.len());
}

#[test]
fn a_content_left_out_changes_no_signer() {
    for (name, bytes) in signatures() {
        let whole = SignedData::read(&bytes).unwrap();
        let outline = without_content(&mut Cursor::new(&bytes)).unwrap().unwrap();
        let small = outline.signed_data().unwrap();
        let raw = |signed: &SignedData<'_>| signed.signers.iter().map(|s| s.raw.to_vec()).collect::<Vec<_>>();
        assert!(raw(&small) == raw(&whole), "{name}");
        assert!(small.certificates == whole.certificates && small.revocations == whole.revocations, "{name}");
        match (&whole.content, &outline.content) {
            (Content::Absent, place::Content::Detached) => assert_eq!(small.content, Content::Absent, "{name}"),
            (Content::Octets(octets), place::Content::Attached { pieces, .. }) => {
                assert_eq!(small.content, Content::LeftOut, "{name}");
                let mut streamed = Vec::new();
                pieces.reader(Cursor::new(&bytes)).read_to_end(&mut streamed).unwrap();
                assert!(streamed == **octets, "{name}");
            }
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn objects_cut_at_any_byte_are_refused() {
    for (name, bytes) in signatures() {
        for len in 0..bytes.len() {
            assert!(SignedData::read(&bytes[..len]).is_err(), "{name}: {len} bytes");
            // An object whose head says nothing yet is none; later it is damaged.
            assert!(!matches!(without_content(&mut Cursor::new(&bytes[..len])), Ok(Some(_))), "{name}: {len} bytes");
        }
    }
    for (name, bytes) in timestamps() {
        for len in 0..bytes.len() {
            let error = TimestampToken::read(&bytes[..len]).unwrap_err();
            assert!(matches!(error, TimestampError::Der(_) | TimestampError::Cms(_)), "{name}: {len} bytes: {error}");
        }
    }
}

fn oid(content: &[u8]) -> Vec<u8> {
    der::write(tag::OID, &[content])
}

fn seq(parts: &[&[u8]]) -> Vec<u8> {
    der::write(tag::SEQUENCE, parts)
}

/// 1.2.840.113549.1.9, the arc of attributes.
const ATTRIBUTE_ARC: [u8; 8] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 9];

/// An attribute of PKCS #9 with one value.
fn attribute(arc: &[u8], value: &[u8]) -> Vec<u8> {
    seq(&[&oid(&[&ATTRIBUTE_ARC, arc].concat()), &der::write(tag::SET, &[value])])
}

/// A SignedData of made-up parts, with every attribute that is looked into.
fn made_up(is_open: bool, content_type: &[u8], content: &[u8]) -> Vec<u8> {
    let form = |tag: u8, parts: &[&[u8]]| {
        if is_open { [&[tag, 0x80], parts.concat().as_slice(), &[0, 0]].concat() } else { der::write(tag, parts) }
    };
    let octets = |bytes: &[u8]| der::write(tag::OCTET_STRING, &[bytes]);
    let sha256 = seq(&[&oid(&[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1]), &[5, 0]]);
    let ids = seq(&[&seq(&[&seq(&[&octets(&[1; 32]), &seq(&[&seq(&[]), &[2, 1, 9]])])])]);
    let list = |tag| der::write(tag, &[&seq(&[&seq(&[&[2, 1, 1]])])]);
    let index = seq(&[&sha256, &seq(&[&octets(&[1])]), &seq(&[]), &seq(&[])]);
    let signed = [
        attribute(&[3], &oid(content_type)),
        attribute(&[4], &octets(&[7; 32])),
        attribute(&[5], &der::write(tag::UTC_TIME, &[b"250301100000Z"])),
        attribute(&[16, 2, 47], &ids),
        attribute(&[16, 2, 15], &seq(&[&oid(&[0x2a, 3]), &seq(&[&sha256, &octets(&[1])])])),
    ]
    .concat();
    let signer = |unsigned: &[u8]| {
        form(
            tag::SEQUENCE,
            &[
                &[2, 1, 1],
                &seq(&[&seq(&[]), &[2, 1, 5]]),
                &sha256,
                &form(tag::context(0), &[&signed]),
                &sha256,
                &octets(&[9; 16]),
                unsigned,
            ],
        )
    };
    let unsigned = [
        attribute(&[6], &signer(&[])),
        attribute(&[16, 2, 23], &list(tag::SEQUENCE)),
        attribute(&[16, 2, 24], &seq(&[&list(tag::context(0)), &list(tag::context(1))])),
        seq(&[&oid(&[0x04, 0, 0x81, 0x95, 0x32, 1, 5]), &der::write(tag::SET, &[&index])]),
    ]
    .concat();
    let content = if content.is_empty() { Vec::new() } else { form(tag::context(0), &[content]) };
    let other = der::write(tag::context(1), &[&oid(&[0x2b, 6, 1, 5, 5, 7, 16, 2]), &seq(&[&[10, 1, 0]])]);
    let signed = form(
        tag::SEQUENCE,
        &[
            &[2, 1, 3],
            &form(tag::SET, &[&sha256]),
            &form(tag::SEQUENCE, &[&oid(content_type), &content]),
            &form(tag::context(0), &[&seq(&[&seq(&[])]), &[0xa1, 0]]),
            &form(tag::context(1), &[&seq(&[&seq(&[])]), &other]),
            &form(tag::SET, &[&signer(&form(tag::context(1), &[&unsigned]))]),
        ],
    );
    let kind = oid(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 7, 2]);
    form(tag::SEQUENCE, &[&kind, &form(tag::context(0), &[&signed])])
}

const DATA: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 7, 1];
const TST_INFO: [u8; 11] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 9, 16, 1, 4];

/// A certificate, a CRL and an OCSP answer of made-up parts, with an Ed25519 key and signatures of nobody.
fn made_up_material() -> [Vec<u8>; 3] {
    let octets = |bytes: &[u8]| der::write(tag::OCTET_STRING, &[bytes]);
    let explicit = |number, parts: &[&[u8]]| der::write(tag::context(number), parts);
    let extension = |arc, value: &[u8]| seq(&[&oid(&[0x55, 0x1d, arc]), &octets(value)]);
    let time = |text: &str| der::write(tag::GENERALIZED_TIME, &[text.as_bytes()]);
    let name = seq(&[&der::write(
        tag::SET,
        &[&seq(&[&oid(&[0x55, 4, 3]), &der::write(tag::UTF8_STRING, &["ТЕСТОВ ТЕСТ".as_bytes()])])],
    )]);
    let ed25519 = seq(&[&oid(&[0x2b, 0x65, 0x70])]);
    let signature = der::write(tag::BIT_STRING, &[&[0], &[3; 64]]);
    let signed = |tbs: &[u8]| seq(&[tbs, &ed25519, &signature]);

    let uri = der::write(tag::context_primitive(6), &[b"http://crl.example/1.crl"]);
    let point = seq(&[&explicit(0, &[&explicit(0, &[&uri])])]);
    let directory = explicit(4, &[&name]);
    let extensions = [
        extension(14, &octets(&[1; 20])),
        extension(15, &[3, 2, 1, 6]),
        extension(17, &seq(&[&directory, &uri])),
        extension(19, &seq(&[&[1, 1, 0xff], &[2, 1, 3]])),
        extension(30, &seq(&[&explicit(0, &[&seq(&[&directory])])])),
        extension(31, &seq(&[&point])),
        extension(32, &seq(&[&seq(&[&oid(&[0x2a, 3])])])),
        extension(33, &seq(&[&seq(&[&oid(&[0x2a, 3]), &oid(&[0x2a, 4])])])),
        extension(35, &seq(&[&der::write(tag::context_primitive(0), &[&[1; 20]])])),
        extension(36, &seq(&[&[0x80, 1, 0]])),
        extension(37, &seq(&[&oid(&[0x2b, 6, 1, 5, 5, 7, 3, 4])])),
    ]
    .concat();
    // RFC 8032 §5.1: the base point, since not every number is a point.
    let key = [&[0x58][..], &[0x66; 31]].concat();
    let spki = seq(&[&ed25519, &der::write(tag::BIT_STRING, &[&[0], &key])]);
    let validity = seq(&[&time("20250101000000Z"), &time("20300101000000Z")]);
    let certificate = signed(&seq(&[
        &explicit(0, &[&[2, 1, 2]]),
        &[2, 2, 0x12, 0x34],
        &ed25519,
        &name,
        &validity,
        &name,
        &spki,
        &explicit(3, &[&seq(&[&extensions])]),
    ]));

    let entry = |serial, extensions: &[u8]| seq(&[&[2, 1, serial], &time("20250201000000Z"), extensions]);
    let reason = seq(&[&extension(21, &[tag::ENUMERATED, 1, 6])]);
    let issuer = seq(&[&extension(29, &seq(&[&directory]))]);
    let crl = signed(&seq(&[
        &[2, 1, 1],
        &ed25519,
        &name,
        &time("20250301000000Z"),
        &time("20250401000000Z"),
        &seq(&[&entry(5, &reason), &entry(3, &[]), &entry(4, &issuer), &entry(5, &[])]),
        &explicit(0, &[&seq(&[&extension(20, &[2, 1, 7]), &extension(28, &seq(&[&[0x84, 1, 0xff]]))])]),
    ]));

    let sha1 = seq(&[&oid(&[0x2b, 14, 3, 2, 26]), &[5, 0]]);
    let id = seq(&[&sha1, &octets(&[1; 20]), &octets(&[2; 20]), &[2, 1, 5]]);
    let answer = seq(&[&id, &[0x80, 0], &time("20250301000000Z"), &explicit(0, &[&time("20250302000000Z")])]);
    let tbs = seq(&[&explicit(1, &[&name]), &time("20250301000000Z"), &seq(&[&answer])]);
    let basic = seq(&[&tbs, &ed25519, &signature, &explicit(0, &[&seq(&[&certificate])])]);
    let kind = oid(&[0x2b, 6, 1, 5, 5, 7, 48, 1, 1]);
    let response = seq(&[&[tag::ENUMERATED, 1, 0], &explicit(0, &[&seq(&[&kind, &octets(&basic)])])]);
    [certificate, crl, response]
}

/// Whole objects of every kind that is read, made here.
fn seeds() -> Vec<Vec<u8>> {
    let octets = |bytes: &[u8]| der::write(tag::OCTET_STRING, &[bytes]);
    let sha256 = seq(&[&oid(&[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1])]);
    let time = der::write(tag::GENERALIZED_TIME, &[b"20250301100500.25Z"]);
    let imprint = seq(&[&sha256, &octets(&[7; 32])]);
    let info = seq(&[
        &[2, 1, 1],
        &oid(&[0x2a, 3]),
        &imprint,
        &[2, 1, 9],
        &time,
        &seq(&[&[2, 1, 1], &[0x80, 1, 5]]),
        &[1, 1, 0xff],
        &[2, 1, 7],
        &der::write(tag::context(0), &[&[0x82, 1, 65]]),
    ]);
    let pieces = [&[0x24, 0x80][..], &octets(b"te"), &octets(b"xt"), &[0, 0]].concat();
    let token = made_up(false, &TST_INFO, &octets(&info));
    let signature = made_up(false, &DATA, &octets(b"text"));
    let base64 = |bytes: &[u8]| {
        use base64::Engine;
        base64::engine::general_purpose::STANDARD.encode(bytes)
    };
    let pem = format!("-----BEGIN CMS-----\n{}\n-----END CMS-----\n", base64(&signature));
    let [certificate, crl, response] = made_up_material();
    vec![
        certificate,
        crl,
        response,
        base64(&signature).into_bytes(),
        [pem.as_str(), &pem.replace("CMS", "CERTIFICATE")].concat().into_bytes(),
        made_up(true, &DATA, &pieces),
        made_up(true, &DATA, &[]),
        made_up(true, &TST_INFO, &octets(&info)),
        seq(&[&seq(&[&[2, 1, 0]]), &token]),
        token,
        signature,
    ]
}

#[test]
fn made_up_objects_are_whole() {
    let [certificate, crl, response] = made_up_material();
    let parsed = Certificate::parse(&certificate).unwrap();
    assert_eq!((&parsed.extensions.malformed[..], &parsed.extensions.unknown_critical[..]), (&[][..], &[][..]));
    parsed.public_key().unwrap();
    assert_eq!(Crl::parse(&crl).unwrap().len(), 4);
    assert_eq!(OcspResponse::parse(&response).unwrap().answers.len(), 1);
    for bytes in seeds().iter().skip(5) {
        readers_survive(bytes);
        if let Ok(token) = TimestampToken::read(bytes) {
            assert_eq!(token.info.imprint, [7; 32]);
            continue;
        }
        let signed = SignedData::read(bytes).unwrap();
        assert!(matches!(signed.revocations[..], [RevocationInfo::Crl(_), RevocationInfo::OcspResponse(_)]));
        let signer = &signed.signers[0];
        assert_eq!(signer.faults(), []);
        let (signed, unsigned) = (signer.signed.as_ref().unwrap(), signer.unsigned.as_ref().unwrap());
        assert!(signed.signing_certificate_v2().unwrap().is_some() && signed.signature_policy().unwrap().is_some());
        assert_eq!(unsigned.certificate_values().unwrap().len(), 1);
        assert_eq!(unsigned.revocation_values().unwrap().basic_ocsp_responses.len(), 1);
        assert!(unsigned.hash_index().unwrap().is_some() && unsigned.has(COUNTERSIGNATURE));
        assert_eq!(unsigned.countersignatures().unwrap().len(), 1);
    }
}

/// One to four random changes: bits, lengths and tags that hurt, bytes lost, added, or taken from elsewhere.
fn change(bytes: &mut Vec<u8>, draw: &mut Sequence) {
    const HURTFUL: [u8; 14] = [0, 0x80, 0x81, 0x82, 0x84, 0x88, 0xff, 0x02, 0x04, 0x06, 0x24, 0x30, 0x31, 0xa0];
    for _ in 0..=draw.len_to(3) {
        let Some(last) = bytes.len().checked_sub(1) else { return };
        let at = draw.len_to(last);
        match draw.below(7) {
            0 => bytes[at] ^= 1 << draw.below(8),
            1 => bytes[at] = HURTFUL[draw.len_to(HURTFUL.len() - 1)],
            2 => drop(bytes.remove(at)),
            3 => bytes.insert(at, u8::try_from(draw.below(256)).unwrap()),
            4 => bytes.truncate(at),
            _ => {
                // A run of the object in another place: whole elements out of place among them.
                let from = draw.len_to(last);
                let run = bytes[from..bytes.len().min(from + draw.len_to(64))].to_vec();
                bytes.splice(at..at, run);
            }
        }
    }
}

// Goal: no bytes cause a panic or endless work. Method: whole objects changed at random for some seconds; each round is
// one seed, which the message names. The time of one reading is bounded loosely: the exact bound on work is a unit test
// of `der`.
#[test]
fn readers_survive_changed_objects() {
    const ROUNDS: u64 = 200_000;
    const TIME: Duration = Duration::from_secs(10);
    let mut seeds = seeds();
    // A few of each kind keep the share of the made-up ones.
    for all in [signatures(), timestamps(), material()] {
        seeds.extend(all.into_iter().map(|(_, bytes)| bytes).filter(|bytes| bytes.len() < 8000).step_by(7).take(6));
    }
    let began = Instant::now();
    let mut rounds = 0;
    while rounds < ROUNDS && began.elapsed() < TIME {
        let mut draw = Sequence::new(rounds);
        let mut bytes = seeds[draw.len_to(seeds.len() - 1)].clone();
        change(&mut bytes, &mut draw);
        let start = Instant::now();
        if std::panic::catch_unwind(|| readers_survive(&bytes)).is_err() {
            panic!("seed {rounds}: {}", hex::encode(&bytes));
        }
        assert!(start.elapsed() < Duration::from_secs(5), "seed {rounds} takes too long");
        rounds += 1;
    }
    eprintln!("{rounds} changed objects, the seeds from 0");
}

// Goal: shapes that were costly for other readers are cheap here. Method: a megabyte of each.
#[test]
fn readers_survive_hostile_shapes() {
    const LEN: usize = 1 << 20;
    let head = &made_up(true, &DATA, &[])[..60];
    for unit in [
        &[0x30, 0x80][..],
        &[0x24, 0x80],
        &[0xa0, 0x80],
        &[5, 0],
        &[0x30, 0],
        &[0, 0],
        &[0x30, 0x84, 0, 0, 0, 0],
        &[0x06, 0x7f],
        &[0xff],
        b"MIIB",
        b"-----BEGIN CMS-----",
        b"-----BEGIN CMS----------END CMS-----",
        b"-",
    ] {
        let run = unit.repeat(LEN / unit.len());
        for bytes in [run.clone(), [head, &run].concat(), seq(&[&run]), [&[0x30, 0x80], &run[..]].concat()] {
            let start = Instant::now();
            readers_survive(&bytes);
            assert!(start.elapsed() < Duration::from_secs(20), "{unit:?}");
        }
    }
}
