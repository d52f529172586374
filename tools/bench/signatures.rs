//! Verification of one signature, each algorithm that real signatures use, beside `openssl speed` where it knows it.
//!
//! Keys and signatures are made at the start: by the program `openssl`, and for GOST by the signer for tests (feature
//! `testing`). Ours and the peer alternate, and both count CPU time: `openssl speed` does so by itself. A key is read
//! once, as there.

use crate::Fallible;
use crate::measure::{cpu_seconds, median};
use crate::report::Report;
use muragat::verify::alg::{Message, PublicKey, SignatureAlgorithm, verify};
use muragat::verify::der::{tag, write};
use std::path::Path;
use std::process::Command;

/// What is signed: of the size of signed attributes.
const MESSAGE: [u8; 300] = [0x5a; 300];
/// Verifications between two looks at the clock, which counts in hundredths of a second.
const BATCH: u32 = 100;

/// An algorithm, and how `openssl speed` calls it.
struct Kind {
    name: &'static str,
    /// Arguments of `openssl genpkey`.
    key: &'static [&'static str],
    /// Arguments of the signing command.
    sign: &'static [&'static str],
    /// The identifier of the signature: content octets of its OID, and parameters.
    identifier: (&'static [u8], &'static [u8]),
    /// Argument of `openssl speed`, and how the line of its result begins: kind and bits.
    peer: (&'static str, &'static str, &'static str),
    /// What is asked of ours / openssl.
    target: &'static str,
}

const SHA256_RSA: (&[u8], &[u8]) = (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11], &[tag::NULL, 0]);
const DGST_SHA256: &[&str] = &["dgst", "-sha256", "-sign"];

const KINDS: [Kind; 5] = [
    Kind {
        name: "RSA-2048, SHA-256",
        key: &["RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
        sign: DGST_SHA256,
        identifier: SHA256_RSA,
        peer: ("rsa2048", "+F2", "2048"),
        target: ">= 0.5",
    },
    Kind {
        name: "RSA-4096, SHA-256",
        key: &["RSA", "-pkeyopt", "rsa_keygen_bits:4096"],
        sign: DGST_SHA256,
        identifier: SHA256_RSA,
        peer: ("rsa4096", "+F2", "4096"),
        target: "",
    },
    Kind {
        name: "ECDSA P-256, SHA-256",
        key: &["EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
        sign: DGST_SHA256,
        identifier: (&[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2], &[]),
        peer: ("ecdsap256", "+F4", "256"),
        target: ">= 0.5",
    },
    Kind {
        name: "ECDSA P-384, SHA-384",
        key: &["EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
        sign: &["dgst", "-sha384", "-sign"],
        identifier: (&[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3], &[]),
        peer: ("ecdsap384", "+F4", "384"),
        target: "",
    },
    Kind {
        name: "Ed25519",
        key: &["ED25519"],
        sign: &["pkeyutl", "-sign", "-rawin", "-inkey"],
        identifier: (&[0x2b, 0x65, 0x70], &[]),
        peer: ("ed25519", "+F6", "253"),
        target: "",
    },
];

/// A signature that can be verified again and again.
struct Signed {
    key: PublicKey,
    algorithm: SignatureAlgorithm,
    value: Vec<u8>,
}

impl Signed {
    fn new(spki: &[u8], identifier: &[u8], value: Vec<u8>) -> Fallible<Self> {
        let algorithm = SignatureAlgorithm::of_identifier(identifier, None)?;
        Ok(Self { key: PublicKey::of_spki(spki)?, algorithm, value })
    }

    /// Verifications in a second of CPU time, measured over `seconds`.
    fn rate(&self, seconds: f64) -> Fallible<f64> {
        let (begun, _) = cpu_seconds()?;
        let mut done = 0;
        loop {
            for _ in 0..BATCH {
                verify(&self.key, &self.algorithm, Message::Bytes(&MESSAGE), &self.value)?;
            }
            done += BATCH;
            let spent = cpu_seconds()?.0 - begun;
            if spent >= seconds {
                return Ok(f64::from(done) / spent);
            }
        }
    }
}

/// Measures everything and puts it into the report. `folder` is for keys and goes with whatever else is in it.
pub(crate) fn measure(report: &mut Report, folder: &Path, rounds: usize, smoke: bool) -> Fallible<()> {
    // openssl measures whole seconds.
    let seconds = if smoke { 0.1 } else { 1.0 };
    report.section("verification of one signature (CPU time of one core, medians)");
    match openssl(Command::new("openssl").arg("version")) {
        Ok(version) => {
            beside_openssl(report, folder, rounds, seconds)?;
            report.section(&format!("  beside {}", String::from_utf8_lossy(&version).trim()));
        }
        Err(why) => report.section(&format!("  RSA, ECDSA and Ed25519 are left out: no openssl ({why})")),
    }
    gost(report, rounds, seconds)
}

fn beside_openssl(report: &mut Report, folder: &Path, rounds: usize, seconds: f64) -> Fallible<()> {
    let signed: Vec<Signed> = KINDS.iter().map(|kind| made_by_openssl(kind, folder)).collect::<Fallible<_>>()?;
    let mut rates = vec![(Vec::new(), Vec::new()); KINDS.len()];
    for _ in 0..rounds {
        for ((kind, signed), (ours, peer)) in KINDS.iter().zip(&signed).zip(&mut rates) {
            ours.push(signed.rate(seconds)?);
            peer.push(openssl_speed(kind)?);
        }
    }
    let row = |(kind, (ours, peer)): (&Kind, &(Vec<f64>, Vec<f64>))| {
        let (ours, peer) = (median(ours), median(peer));
        (kind.name.to_owned(), vec![1e6 / ours, ours, peer])
    };
    let rows: Vec<(String, Vec<f64>)> = KINDS.iter().zip(&rates).map(row).collect();
    report.table(&["us", "ours/s", "openssl/s"], &rows);
    for (kind, (ours, peer)) in KINDS.iter().zip(&rates) {
        let ratios: Vec<f64> = ours.iter().zip(peer).map(|(ours, peer)| ours / peer).collect();
        report.value(&format!("{}, ours / openssl", kind.name), median(&ratios), "x", kind.target)?;
    }
    Ok(())
}

/// CPU milliseconds of one verification by RSA-2048, ECDSA P-256 and Ed25519: the floor of whatever verifies signatures.
pub(crate) fn floors(folder: &Path) -> Fallible<[f64; 3]> {
    let one_ms = |place: usize| -> Fallible<f64> { Ok(1e3 / made_by_openssl(&KINDS[place], folder)?.rate(0.5)?) };
    Ok([one_ms(0)?, one_ms(2)?, one_ms(4)?])
}

fn made_by_openssl(kind: &Kind, folder: &Path) -> Fallible<Signed> {
    let path = |name: &str| folder.join(format!("{}-{name}", kind.peer.0));
    let (key, message) = (path("key.pem"), path("message"));
    std::fs::write(&message, MESSAGE)?;
    openssl(Command::new("openssl").args(["genpkey", "-algorithm"]).args(kind.key).arg("-out").arg(&key))?;
    let spki = openssl(Command::new("openssl").args(["pkey", "-pubout", "-outform", "DER", "-in"]).arg(&key))?;
    let mut sign = Command::new("openssl");
    sign.args(kind.sign).arg(&key);
    if kind.sign.contains(&"pkeyutl") {
        sign.arg("-in");
    }
    let value = openssl(sign.arg(&message))?;
    let (oid, parameters) = kind.identifier;
    Signed::new(&spki, &write(tag::SEQUENCE, &[&write(tag::OID, &[oid]), parameters]), value)
}

/// Verifications in a second by `openssl speed`.
fn openssl_speed(kind: &Kind) -> Fallible<f64> {
    let (argument, line, bits) = kind.peer;
    let output = openssl(Command::new("openssl").args(["speed", "-seconds", "1", "-mr", argument]))?;
    let text = String::from_utf8(output)?;
    // +F2:2:2048:signatures a second:verifications a second; Ed25519 has its name in between.
    let mut results = text.lines().map(|l| l.trim().split(':').collect::<Vec<_>>());
    let result = results.find(|fields| fields.first() == Some(&line) && fields.get(2) == Some(&bits));
    let rate = result.as_ref().and_then(|fields| fields.last()).and_then(|rate| rate.parse::<f64>().ok());
    rate.filter(|rate| *rate > 0.0).ok_or_else(|| format!("openssl speed {argument} gave no figure: {text}").into())
}

/// Runs it and gives what it printed.
pub(crate) fn openssl(command: &mut Command) -> Fallible<Vec<u8>> {
    let output = command.output()?;
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(format!("{command:?} ended with {}: {why}", output.status).into());
    }
    Ok(output.stdout)
}

#[cfg(feature = "testing")]
fn gost(report: &mut Report, rounds: usize, seconds: f64) -> Fallible<()> {
    use muragat::verify::alg::gost::{Family, test_signer::TestSigner};
    let kinds = [
        ("GOST 34.310-2004", Family::Kz2004, "1.2.398.3.10.1.1.1.1.1", 32, "<= 0.6"),
        ("GOST 34.10-2015, 256 bits", Family::Kz2015Of256, "1.2.398.3.10.1.1.2.1.1", 32, "<= 0.6"),
        ("GOST 34.10-2015, 512 bits", Family::Kz2015Of512, "1.2.398.3.10.1.1.2.2.1", 64, "<= 1.2"),
    ];
    for (name, family, curve, octets, target) in kinds {
        let signer = TestSigner::new(family, curve, &vec![0x35; octets]);
        let identifier = signer.signature_algorithm();
        let digest = SignatureAlgorithm::of_identifier(&identifier, None)?.digest().ok_or("no digest")?;
        let value = signer.sign(&digest.digest(&MESSAGE), &vec![0x53; octets]);
        let signed = Signed::new(&signer.spki(), &identifier, value)?;
        let rates: Vec<f64> = (0..rounds).map(|_| signed.rate(seconds)).collect::<Fallible<_>>()?;
        report.value(name, 1e3 / median(&rates), "ms", target)?;
    }
    Ok(())
}

#[cfg(not(feature = "testing"))]
fn gost(report: &mut Report, _rounds: usize, _seconds: f64) -> Fallible<()> {
    report.section("  built without the feature testing, which has the signer: GOST is left out");
    Ok(())
}
