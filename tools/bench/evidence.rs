//! One time-stamp over many generated records, and the evidence of some of them.
//!
//! On the archive of `testing::many`. The authority is the demonstration's (ECDSA P-256), in this process: what is
//! measured is the tree, the maps of heads, the act, and making and checking evidence records, not a network.
//!
//! Making and verifying are measured for each record twice: beside others of its batch, with what they share at hand,
//! and alone, as whoever asks for one record, or is given one file, does it. Their floor is one verification of a
//! signature; a token has two and its chain, so the ratio says how much all the rest costs.

use crate::Fallible;
use crate::measure::{Times, peak_memory_mb};
use crate::signatures::floors;
use crate::steps::{Places, open_archive};
use chrono::TimeDelta;
use muragat::access;
use muragat::cli::samples::signer::{Root, Validity};
use muragat::cli::samples::stamper::Stamper;
use muragat::clock::utc;
use muragat::evidence::heads;
use muragat::evidence::record::{Maker, Object, batch_of, commitments};
use muragat::evidence::stamp::{self, Request};
use muragat::ingest::adopt::adopt;
use muragat::model::digest::Digests;
use muragat::model::id::RecordId;
use muragat::tlog::commit::SYSTEM_ACTOR;
use muragat::verify::evidence::check::{self, ObjectDigests};
use muragat::verify::evidence::record::EvidenceRecord;
use muragat::verify::material::Material;
use muragat::verify::validation::Caches;
use serde_json::{Value, json};
use std::hint::black_box;
use std::time::Instant;

/// Records whose evidence is asked for.
const ASKED: usize = 200;

/// Milliseconds that making one record's evidence may take, and verifying it.
const MAKE_MS_MAX: f64 = 1.0;
const VERIFY_MS_MAX: f64 = 50.0;

/// Stamps everything, and asks for the evidence of some records.
pub(crate) fn evidence(places: &Places) -> Fallible<Value> {
    let archive = open_archive(&places.many())?;
    let now = utc(archive.now());
    let validity = Validity { from: now - TimeDelta::days(1), until: now + TimeDelta::days(1000) };
    let mut random = |buffer: &mut [u8]| muragat::random::fill(buffer);
    let root = Root::new("ҮЛГІ ТҮБІР", validity, &mut random)?;
    let stamper = Stamper::new(&root, "ҮЛГІ УАҚЫТ", validity, &mut random)?;
    let default = include_str!("../../schema/policy/1/default.toml").replacen("muragat-default", "muragat-bench", 1);
    let pem = root.certificate_pem();
    let anchor = |table: &str| format!("\n[[{table}]]\ngeneration = \"bench\"\npem = \"\"\"\n{pem}\"\"\"\n");
    let policy = std::env::temp_dir().join(format!("muragat-bench-policy-{}.toml", std::process::id()));
    std::fs::write(&policy, format!("{default}{}{}", anchor("signature_anchor"), anchor("timestamp_anchor")))?;
    let adopted = adopt(&archive, &policy, SYSTEM_ACTOR);
    std::fs::remove_file(&policy)?;
    adopted?;
    let mut material = Material::new();
    material.add_file(&root.crl(1, Validity { from: now, until: now + TimeDelta::days(30) }, &[]))?;

    let timed = |begun: Instant| begun.elapsed().as_secs_f64();
    let begun = Instant::now();
    heads::map(&archive, SYSTEM_ACTOR)?;
    let map_s = timed(begun);
    let begun = Instant::now();
    let batch = stamp::next(&archive, SYSTEM_ACTOR)?.ok_or("nothing to stamp")?;
    let batch_s = timed(begun);
    let begun = Instant::now();
    let request = Request::of(&batch, false);
    let answer = stamper.answer(&request.to_der(), utc(archive.now())).map_err(|e| e.to_string())?;
    let checked = request.check(&archive, &answer, "bench", &material)?;
    stamp::keep(&archive, &batch, &[checked], SYSTEM_ACTOR)?;
    let keep_s = timed(begun);

    let mut records: Vec<RecordId> = Vec::new();
    let total = archive.index_meta().records;
    let step = (total as usize / ASKED).max(1);
    for number in (0..total).step_by(step) {
        records.extend(archive.index().record(number)?.map(|row| row.id()));
    }
    let policy = archive.validation_policy()?;
    let caches = Caches::default();
    let [mut making, mut making_alone, mut proving, mut verifying, mut verifying_alone] =
        [(); 5].map(|()| Times::default());
    let (mut bytes, mut failed) = (0usize, 0usize);
    for id in &records {
        let members = access::open(&archive, *id, SYSTEM_ACTOR)?.manifest()?.members();
        let Some(Object::Stub { entry, .. }) = commitments(&archive, *id)?.pop() else { continue };
        let stamped = batch_of(&archive, entry)?.ok_or("not stamped")?;
        let object = Object::group(entry, &members);
        let mut maker = making_alone.take(|| {
            let mut maker = Maker::new(&archive)?;
            let made = maker.evidence(&stamped, &object)?;
            black_box(made.iter().map(|one| one.record.to_der().len()).sum::<usize>());
            Ok(maker)
        })?;
        // The batch is opened once for however many records are asked for.
        let der = making.take(|| Ok(maker.evidence(&stamped, &object)?.first().map(|one| one.record.to_der())))?;
        let der = der.ok_or("no evidence")?;
        bytes += der.len();
        let record = &EvidenceRecord::read(&der)?;
        let objects: Vec<ObjectDigests> = members
            .iter()
            .map(|m| ObjectDigests::new(m.path.clone(), &Digests { sha256: m.sha256, sha512: m.sha512 }))
            .collect();
        let question = check::Question {
            record,
            objects: &objects,
            exactly: true,
            material: &material,
            policy: &policy.policy,
            at: utc(archive.now()),
            poe: &[],
            caches: &caches,
        };
        let alone = verifying_alone.take(|| {
            let (record, caches) = (&EvidenceRecord::read(&der)?, &Caches::default());
            Ok(check::verify(&check::Question { record, caches, ..question }))
        })?;
        let report = verifying.take(|| Ok(check::verify(&question)))?;
        failed += usize::from(!report.conclusion.is_passed() || alone.conclusion != report.conclusion);
    }
    if let Some(id) = records.first() {
        proving.take(|| {
            Ok(black_box(heads::Maps::before(&archive, u64::MAX)?.and_then(|maps| maps.prove(*id))).is_some())
        })?;
    }
    if failed > 0 {
        return Err(format!("{failed} of {} evidence records do not verify", records.len()).into());
    }
    archive.close()?;
    let keys = std::env::temp_dir().join(format!("muragat-bench-keys-{}", std::process::id()));
    std::fs::create_dir(&keys)?;
    let floors = floors(&keys);
    std::fs::remove_dir_all(&keys)?;
    let [rsa_ms, ecdsa_ms, ed25519_ms] = floors?;
    let ms = |times: &Times| times.quantile(0.5) / 1e3;
    Ok(json!({
        "records": total, "map_s": map_s, "batch_s": batch_s, "keep_s": keep_s, "asked": records.len(),
        "make_ms": ms(&making), "make_alone_ms": ms(&making_alone), "make_ms_wanted": MAKE_MS_MAX,
        "verify_ms": ms(&verifying), "verify_alone_ms": ms(&verifying_alone), "verify_ms_wanted": VERIFY_MS_MAX,
        "floor_ms": {"rsa_2048": rsa_ms, "ecdsa_p256": ecdsa_ms, "ed25519": ed25519_ms},
        "make_to_ed25519": ms(&making) / ed25519_ms, "verify_to_ecdsa": ms(&verifying_alone) / ecdsa_ms,
        "verify_to_rsa": ms(&verifying_alone) / rsa_ms, "verify_to_ed25519": ms(&verifying_alone) / ed25519_ms,
        "prove_heads_ms": ms(&proving),
        "bytes": bytes / records.len().max(1), "peak_mb": peak_memory_mb("self")?,
    }))
}
