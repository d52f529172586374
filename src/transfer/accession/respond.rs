//! What officers sign about an accession: here the reply and the act, then at the other archive the act again.
//!
//! Signatures are over exactly the bytes of `reply.json` and `act.json`. The answer that carries them is signed by the
//! archive's answer key and kept, so that it is the same however often it is asked for.
//!
//! A crash leaves a signature taken in or not.

use super::{AGREED_FILE, ANSWER_FILE, Accession, Stage};
use crate::archive::{ActOwner, Archive};
use crate::clock::civil_date;
use crate::error::{Error, ErrorCode, Refusal};
use crate::ingest::approval::{Approval, Approved, Asked, Sealed, approve, files, keep_material};
use crate::model::digest::sha256;
use crate::model::id::{ActorId, RecordId};
use crate::tlog::commit::Act as LogAct;
use crate::tlog::leaf::ActKind;
use crate::transfer::act::ACT_FILE;
use crate::transfer::answer::{Answer, AnswerKind};
use crate::transfer::counterpart::officer;
use crate::transfer::reply::REPLY_FILE;
use crate::verify::material::Material;
use crate::verify::policy::SignerKind;
use serde_json::{Map, Value};

/// In which offices the reply and the act are signed.
const OFFICES: &[SignerKind] = &[SignerKind::StateArchiveReceiver, SignerKind::Approver];
/// How the sender's signatures over the act are called in its answer.
const OF_SENDER: &str = "act-sender-";

/// What became of signatures.
#[derive(Debug)]
pub enum Signed {
    /// Taken in, as this entry of the journal.
    Done(u64),
    /// They were taken in before, as this entry.
    Held(u64),
    /// Refused with reasons, never none.
    Refused(Vec<Refusal>),
}

/// Takes in the signatures of officers over the reply and over the act. With those of another time the first ones stay.
pub fn reply(
    archive: &Archive,
    id: RecordId,
    (over_reply, over_act): (&[Vec<u8>], &[Vec<u8>]),
    extra: &Material,
    actor: ActorId,
) -> Result<Signed, Error> {
    let _turn = archive.turn("accession", id);
    let accession = Accession::read(archive, id)?;
    if let Some(entry) = accession.row.replied {
        return Ok(Signed::Held(entry));
    }
    accession.check_stage(Stage::Checked)?;
    let none = || Error::new(ErrorCode::TrfAccessionStage, id.to_string(), "it is not checked");
    let (reply, act) = accession.documents(archive)?.ok_or_else(none)?;
    let drawn_up = archive.leaf(accession.row.checked.unwrap_or_default())?.t;
    let (mut sealed, mut fields, mut refusals) = (Vec::new(), Map::new(), Vec::new());
    let mut approvals: Vec<Approval> = Vec::new();
    let mut answered = Vec::new();
    for (name, bytes, signatures) in [(REPLY_FILE, reply.encode(), over_reply), (ACT_FILE, act.encode(), over_act)] {
        let asked = Asked {
            file: &bytes,
            agency: &accession.agency,
            date: civil_date(drawn_up),
            // Nobody signs what is not drawn up yet.
            replaced: Some(drawn_up),
            kinds: OFFICES,
            offices: &[],
            persons: 1,
            code: ErrorCode::TrfReplySigned,
        };
        let approved: Approved = match approve(archive, &asked, signatures, extra)? {
            Ok(approved) => approved,
            Err(found) => {
                let named = found.into_iter().map(|one| Refusal { subject: format!("{name}: {}", one.subject), ..one });
                refusals.extend(named);
                continue;
            }
        };
        keep_material(archive, signatures, &approved, extra, actor)?;
        let stem = name.trim_end_matches(".json");
        for (file, bytes) in files(archive, signatures, &approved, extra) {
            // Material is the same for both.
            let own = match file.split_once('-') {
                Some(("signature", number)) => format!("{stem}-{number}"),
                Some(("report", number)) => format!("{stem}-report-{number}"),
                _ if name == ACT_FILE => continue,
                _ => file,
            };
            if own.ends_with(".p7s") {
                answered.push((own.clone(), bytes.clone()));
            }
            sealed.push((own, bytes));
        }
        fields.extend(approved.fields());
        approvals.extend(approved.approvals);
        answered.push((name.to_owned(), bytes.clone()));
        sealed.push((name.to_owned(), bytes));
    }
    if !refusals.is_empty() {
        return Ok(Signed::Refused(refusals));
    }
    answered.sort();
    let answer = Answer {
        kind: AnswerKind::Reply,
        by: archive.id(),
        to: accession.party.party.archive,
        package: accession.package.clone(),
        digest: accession.digest,
        transfer: accession.transfer,
        accession: id,
        time: archive.now(),
        files: answered,
    };
    sealed.push((ANSWER_FILE.to_owned(), answer.sign(&*archive.answer_key()?)));
    fields.insert("approved".into(), approvals.iter().map(Approval::value).collect());
    fields.insert("sha256".into(), sha256(&reply.encode()).to_string().into());
    commit(archive, &accession, ActKind::AccessionReplied, (fields, sealed), actor).map(Signed::Done)
}

/// Takes in the other archive's answer with its officer's signature over the act.
pub fn agree(
    archive: &Archive,
    id: RecordId,
    answer: &[u8],
    extra: &Material,
    actor: ActorId,
) -> Result<Signed, Error> {
    let _turn = archive.turn("accession", id);
    let accession = Accession::read(archive, id)?;
    let party = &accession.party.party;
    if let Some(entry) = accession.row.agreed {
        let held = accession.file(archive, entry, AGREED_FILE)?;
        if held == answer {
            return Ok(Signed::Held(entry));
        }
    }
    let wrong = |what: &str| Error::new(ErrorCode::TrfAnswer, id.to_string(), what);
    let read = Answer::verify(answer, &party.answer_key).map_err(|e| wrong(&e.to_string()))?;
    let between = (party.archive, archive.id());
    let is_about = read.about(between, &accession.package, accession.digest)
        && (read.accession, read.transfer) == (id, accession.transfer);
    if read.kind != AnswerKind::Act || !is_about {
        return Err(wrong("it is about something else"));
    }
    accession.check_stage(Stage::Replied)?;
    let none = || Error::new(ErrorCode::TrfAccessionStage, id.to_string(), "it is not checked");
    let (_, act) = accession.documents(archive)?.ok_or_else(none)?;
    let act = act.encode();
    if read.file(ACT_FILE) != Some(act.as_slice()) {
        return Err(wrong("it has another act"));
    }
    let mut sealed = vec![(AGREED_FILE.to_owned(), answer.to_vec())];
    let mut refusals = Vec::new();
    for (name, signature) in read.files.iter().filter(|(name, _)| name != ACT_FILE) {
        let Some(number) = name.strip_prefix(OF_SENDER).and_then(|name| name.strip_suffix(".p7s")) else {
            return Err(wrong("it has a file that nobody knows"));
        };
        match officer(archive, party, &act, signature, extra)? {
            Ok(report) => sealed.push((format!("report-{number}.json"), report.encode())),
            Err(refusal) => refusals.push(refusal),
        }
    }
    if sealed.len() == 1 && refusals.is_empty() {
        return Err(wrong("nobody signed the act"));
    }
    if !refusals.is_empty() {
        return Ok(Signed::Refused(refusals));
    }
    let fields = Map::from_iter([("sha256".to_owned(), Value::from(sha256(answer).to_string()))]);
    commit(archive, &accession, ActKind::AccessionAgreed, (fields, sealed), actor).map(Signed::Done)
}

fn commit(
    archive: &Archive,
    accession: &Accession,
    kind: ActKind,
    (fields, files): Sealed,
    actor: ActorId,
) -> Result<u64, Error> {
    let committed = archive.commit_together_deciding(|| {
        if archive.index().accession(accession.id)?.as_ref() != Some(&accession.row) {
            let what = "something was done with it meanwhile";
            return Err(Error::new(ErrorCode::TrfAccessionStage, accession.id.to_string(), what));
        }
        let (act, payload, session) =
            archive.seal_files(LogAct::new(kind, actor), ActOwner::Known(accession.id), fields, files)?;
        Ok((vec![(act, payload)], vec![session]))
    })?;
    Ok(committed[0].index)
}
