//! Taking a bundle apart as a stranger does: without an archive, by the log policy and the validation policy that the
//! stranger brings.
//!
//! Everything follows from the checkpoint, which a log that is trusted signed: entries are in the journal, the entry
//! `inquiry.bundled` commits to every byte outside `proof/`, entries of a record commit to its contents, and the heads
//! show that no entry of its custody is left out. Evidence records and signatures are validated anew.
//!
//! Invariants
//!   - What contradicts is [`Outcome::Failed`]; what is not known or not trusted is [`Outcome::Undecided`]; nothing is
//!     passed over for want of knowledge.
//!   - Each byte of a bundle is read: it is committed to, proves something, or is named as irrelevant.
//!   - Nothing in the bundle decides who is trusted.
//!
//! It reads the file, and nothing else; it writes nothing and asks no clock.

use super::asic::{self, ASIC_E, MIMETYPE, evidence_name, manifest_name, place_of};
use super::finding::{BundleReport, Check, Outcome};
use super::provenance::{self, Claim, Held};
use super::{
    CHECKPOINT, CONSISTENCY, LOG_POLICY, MATERIAL, PROOF, RECORDS_MAX, REPORT, STAMPED, SUMS, container_of, entry_file,
    head_file, sums,
};
use crate::clock::utc;
use crate::config::Readings;
use crate::model::container::{ContainerError, Entry, read};
use crate::model::digest::{Digests, Sha256, Sha512, sha256, sha512_parts};
use crate::model::id::RecordId;
use crate::model::record::{ActDocument, METADATA_MEMBER, Member, SALT_MEMBER};
use crate::model::submission::Role;
use crate::model::validation::{SignatureVerdict, time_text};
use crate::tlog::checkpoint::{Checkpoint, VerifierKey};
use crate::tlog::heads::HeadProof;
use crate::tlog::leaf::{ActKind, Chain, Heads, Leaf};
use crate::tlog::note::Note;
use crate::tlog::proof::{InclusionProof, is_included};
use crate::tlog::tree::verify_consistency;
use crate::tlog::trust::{NotValid, TrustPolicy};
use crate::verify::alg::DigestAlgorithm;
use crate::verify::evidence::check::{ObjectDigests, Question as EvidenceQuestion, verify};
use crate::verify::evidence::record::EvidenceRecord;
use crate::verify::material::Material;
use crate::verify::policy::Policy;
use crate::verify::report::{PoeSource, ProofOfExistence};
use crate::verify::validation::{self, Caches, Content, ContentError, HEAD_BYTES, Question};
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read, Seek, SeekFrom};

/// Members that are read whole have at most so many bytes; originals are read as streams. Own bound: a large CRL.
const SMALL_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// What a stranger asks.
pub struct Asked<'a> {
    /// Which logs and witnesses are believed; none: nobody said.
    pub trust: Option<&'a TrustPolicy>,
    /// A log that is believed beside those of the policy.
    pub own: Option<&'a VerifierKey>,
    /// Journals of archives that handed records over, which are believed of these records.
    pub senders: &'a [VerifierKey],
    /// Who is trusted for signatures and time-stamps.
    pub policy: &'a Policy,
    /// Certificates and revocation data beside those in the bundle.
    pub material: &'a Material,
    /// As of when.
    pub at: DateTime<Utc>,
    /// The bundle must be of this time or later.
    pub not_before: Option<DateTime<Utc>>,
}

/// A reason why something is not so.
struct Fault(Check, String, String);

fn fault<T>(check: Check, subject: impl Into<String>, what: impl Into<String>) -> Result<T, Fault> {
    Err(Fault(check, subject.into(), what.into()))
}

/// Checks a bundle of `len` bytes.
///
/// # Errors
///
/// When the file cannot be read.
pub fn check<F: Read + Seek>(file: F, len: u64, asked: &Asked<'_>) -> io::Result<BundleReport> {
    let mut report = BundleReport::default();
    let file = RefCell::new(file);
    let members = match read(&mut *file.borrow_mut(), 0, len) {
        Ok(members) => members,
        Err(ContainerError::Io(e)) => return Err(e),
        Err(e) => {
            report.add(Check::Container, Outcome::Failed, "bundle", e.to_string());
            return Ok(report);
        }
    };
    if !members.is_sorted_by(|a, b| a.name < b.name) {
        report.add(Check::Container, Outcome::Failed, "bundle", "members in another order");
        return Ok(report);
    }
    let members = members.into_iter().map(|entry| (entry.name.clone(), entry)).collect();
    let bundle = Bundle { file: &file, members, failed: RefCell::new(None) };
    if let Err(Fault(check, subject, what)) = bundle.check(asked, &mut report) {
        report.add(check, Outcome::Failed, subject, what);
    }
    match bundle.failed.into_inner() {
        Some(e) => Err(e),
        None => Ok(report),
    }
}

struct Bundle<'f, F> {
    file: &'f RefCell<F>,
    members: BTreeMap<String, Entry>,
    /// The first failure of the medium.
    failed: RefCell<Option<io::Error>>,
}

/// Entries that are proven, and the checkpoint that they are under.
struct Journal {
    checkpoint: Checkpoint,
    leaves: BTreeMap<u64, Leaf>,
}

/// A group with the time at which it is proven to have existed.
struct ProvenGroup {
    components: Vec<Component>,
    /// The archive itself said at receipt that not every signature is valid.
    is_doubtful: bool,
    /// What its metadata file says of another archive from which it came.
    transferred: Option<Value>,
    since: Option<DateTime<Utc>>,
}

/// What the metadata file says of a component.
struct Component {
    path: String,
    role: Role,
    covers: Vec<String>,
    sha512: Sha512,
    entry: Entry,
}

impl<F: Read + Seek> Bundle<'_, F> {
    fn check(&self, asked: &Asked<'_>, report: &mut BundleReport) -> Result<(), Fault> {
        self.sums(report)?;
        let journal = self.journal(asked, report)?;
        let (bundled, records, promised) = self.commitment(&journal, report)?;
        report.records.clone_from(&records);
        if let Some(not_before) = asked.not_before {
            let time = utc(journal.leaves[&bundled].t);
            let outcome = if time < not_before { Outcome::Undecided } else { Outcome::Proven };
            report.add(Check::Time, outcome, bundled.to_string(), time_text(time));
        }
        self.chains(&journal, (bundled, &records, promised), report)?;
        let material = self.material(asked, report);
        let caches = Caches::default();
        for record in &records {
            let groups = self.record(*record, &journal, (asked, &material, &caches), report)?;
            self.signatures(*record, &groups, (asked, &material, &caches), report);
            self.provenance(*record, &groups, (asked, &material, &caches), report);
            self.said(*record, &journal, report)?;
        }
        self.stamped(&journal, (asked, &material, &caches), report)?;
        self.nothing_else(&records, &journal)
    }

    /// The bytes of a member that is small.
    fn bytes(&self, name: &str) -> Option<Vec<u8>> {
        self.members.get(name).and_then(|entry| self.bytes_of(entry))
    }

    fn bytes_of(&self, entry: &Entry) -> Option<Vec<u8>> {
        if entry.len > SMALL_BYTES_MAX {
            return None;
        }
        let mut bytes = Vec::new();
        let mut file = self.file.borrow_mut();
        let read =
            file.seek(SeekFrom::Start(entry.at)).and_then(|_| (&mut *file).take(entry.len).read_to_end(&mut bytes));
        match read {
            Ok(_) => Some(bytes),
            Err(e) => {
                self.failed.borrow_mut().get_or_insert(e);
                None
            }
        }
    }

    fn sha512(&self, entry: &Entry) -> Option<Sha512> {
        let digest = Stream { bundle: self, entry }.digest(DigestAlgorithm::Sha512);
        match digest {
            Ok(digest) => Sha512::from_slice(&digest),
            Err(ContentError(e)) => {
                self.failed.borrow_mut().get_or_insert(e);
                None
            }
        }
    }

    fn needed(&self, check: Check, name: &str) -> Result<Vec<u8>, Fault> {
        match self.bytes(name) {
            Some(bytes) => Ok(bytes),
            None => fault(check, name, "it is missing, or too large"),
        }
    }

    fn text(&self, check: Check, name: &str) -> Result<String, Fault> {
        String::from_utf8(self.needed(check, name)?).or_else(|_| fault(check, name, "it is not text"))
    }

    /// Every member outside `proof/` has its digest in the list, and the list has nothing else.
    fn sums(&self, report: &mut BundleReport) -> Result<(), Fault> {
        let listed = self.text(Check::Sums, SUMS)?;
        let found: BTreeMap<String, Sha256> =
            self.members.iter().map(|(name, entry)| (name.clone(), entry.sha256)).collect();
        if listed != sums(&found) {
            let lines: BTreeSet<&str> = listed.lines().collect();
            let expected = sums(&found);
            let other = expected.lines().find(|line| !lines.contains(line));
            let name = other.and_then(|line| line.split_once("  ")).map_or(SUMS, |(_, name)| name);
            return fault(Check::Sums, name, "its digest is not in the list, or the list has something else");
        }
        report.add(Check::Sums, Outcome::Proven, SUMS, format!("{} members", listed.lines().count()));
        Ok(())
    }

    /// The checkpoint, and the entries under it.
    fn journal(&self, asked: &Asked<'_>, report: &mut BundleReport) -> Result<Journal, Fault> {
        let note = self.text(Check::Log, CHECKPOINT)?;
        let Some(read) = Note::read(note.as_bytes()) else { return fault(Check::Log, CHECKPOINT, "no signed note") };
        let Some(checkpoint) = Checkpoint::parse(read.text) else {
            return fault(Check::Log, CHECKPOINT, "no checkpoint");
        };
        report.origin = Some(checkpoint.origin.clone());
        // What came in the bundle says whether it agrees with itself, and never who is believed.
        let own_policy = TrustPolicy::parse(&self.needed(Check::Log, LOG_POLICY)?);
        let Ok(own_policy) = own_policy else { return fault(Check::Log, LOG_POLICY, "no policy") };
        let said: Option<Value> = self.bytes(REPORT).and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let vkey = said.and_then(|said| said.get("vkey")?.as_str()?.parse::<VerifierKey>().ok());
        if let Err(e) = own_policy.judge(note.as_bytes(), vkey.as_ref()) {
            return fault(Check::Log, CHECKPOINT, format!("by the bundle's own keys: {e}"));
        }
        let known = |name: &str, id: [u8; 4]| {
            let policies = [Some(&own_policy), asked.trust].into_iter().flatten();
            let logs = policies.clone().flat_map(|policy| policy.logs.iter().map(|log| &log.key));
            logs.chain(vkey.as_ref()).chain(asked.own).any(|key| key.name == name && key.id() == id)
                || policies
                    .flat_map(|policy| &policy.witnesses)
                    .any(|witness| witness.key.name == name && witness.key.id() == id)
        };
        for line in read.lines.iter().filter(|line| !known(line.name, line.id)) {
            report.add(Check::Lines, Outcome::Noted, CHECKPOINT, format!("{} {}", line.name, hex::encode(line.id)));
        }
        let empty = TrustPolicy::parse(b"quorum none\n").expect("it is a policy");
        let trust = asked.trust.unwrap_or(&empty);
        match trust.judge(note.as_bytes(), asked.own) {
            Ok(judged) => {
                let detail = format!("{} entries, root {}", checkpoint.size, checkpoint.root);
                report.add(Check::Log, Outcome::Proven, checkpoint.origin.clone(), detail);
                let signed: Vec<String> = trust
                    .witnesses
                    .iter()
                    .zip(&judged.times)
                    .filter_map(|(witness, time)| {
                        let time = i64::try_from((*time)?).ok().and_then(|s| DateTime::from_timestamp(s, 0))?;
                        Some(format!("{} {}", witness.name, time_text(time)))
                    })
                    .collect();
                if trust.quorum().is_none() {
                    report.add(Check::Witnesses, Outcome::Noted, "none", "the policy asks for no witness");
                } else if judged.is_met {
                    report.add(Check::Witnesses, Outcome::Proven, trust.quorum().unwrap_or("none"), signed.join(", "));
                } else {
                    let lacks = judged.missing.iter().map(|(name, signed, needed)| format!("{name} {signed}/{needed}"));
                    let lacks = lacks.collect::<Vec<_>>().join(", ");
                    report.add(Check::Witnesses, Outcome::Undecided, trust.quorum().unwrap_or_default(), lacks);
                }
            }
            Err(NotValid::Log(name)) => {
                let keys = vkey.map(|key| key.to_string()).unwrap_or_default();
                report.add(Check::Log, Outcome::Undecided, name, format!("nobody said to believe it; it names {keys}"));
            }
            Err(e) => return fault(Check::Log, CHECKPOINT, e.to_string()),
        }
        let mut leaves = BTreeMap::new();
        for name in self.members.keys().filter(|name| name.starts_with(PROOF) && name.ends_with(".entry")) {
            let index = name.strip_prefix(PROOF).and_then(|name| name.strip_suffix(".entry"));
            let Some(index) =
                index.and_then(|index| index.parse::<u64>().ok()).filter(|n| entry_file(*n, "entry") == *name)
            else {
                return fault(Check::Entries, name, "no number of an entry");
            };
            let bytes = self.needed(Check::Entries, name)?;
            let proof_name = entry_file(index, "tlog-proof");
            let text = self.text(Check::Entries, &proof_name)?;
            let proof = InclusionProof::parse(&text).or_else(|e| fault(Check::Entries, &proof_name, e.to_string()))?;
            if proof.encode() != text || proof.index != index || proof.note != note {
                return fault(Check::Entries, proof_name, "a proof of something else, or in another form");
            }
            if !is_included(&checkpoint, index, &bytes, &proof.hashes) {
                return fault(Check::Entries, name, "it is not in the journal");
            }
            let leaf = Leaf::decode(index, &bytes).or_else(|e| fault(Check::Entries, name, e.to_string()))?;
            leaves.insert(index, leaf);
        }
        report.add(Check::Entries, Outcome::Proven, checkpoint.origin.clone(), leaves.len().to_string());
        Ok(Journal { checkpoint, leaves })
    }

    /// The act of the bundle commits to the list of digests. Gives its entry, its records and which readings it shows.
    fn commitment(
        &self,
        journal: &Journal,
        report: &mut BundleReport,
    ) -> Result<(u64, Vec<RecordId>, Option<Readings>), Fault> {
        let mut acts = journal.leaves.iter().filter(|(_, leaf)| leaf.act == ActKind::InquiryBundled);
        let (Some((index, leaf)), None) = (acts.next(), acts.next()) else {
            return fault(Check::Commitment, PROOF, "not one entry inquiry.bundled");
        };
        let name = entry_file(*index, "document");
        let bytes = self.needed(Check::Commitment, &name)?;
        if Some(sha256(&bytes)) != leaf.doc {
            return fault(Check::Commitment, name, "not the document that the entry commits to");
        }
        let document = ActDocument::decode(&bytes).or_else(|e| fault(Check::Commitment, &name, e.to_string()))?;
        let sums = self.members.get(SUMS).map(|entry| entry.sha256.to_string());
        if document.text("sums_sha256") != sums.as_deref() {
            return fault(Check::Commitment, SUMS, "not the list that the act commits to");
        }
        let records = document.fields.get("records").and_then(Value::as_array).into_iter().flatten();
        let records: Option<Vec<RecordId>> = records.map(|id| id.as_str()?.parse().ok()).collect();
        let is_said = |records: &Vec<RecordId>| {
            !records.is_empty() && records.len() <= RECORDS_MAX && records.is_sorted_by(|a, b| a < b)
        };
        let Some(records) = records.filter(is_said) else {
            return fault(Check::Commitment, name, "no list of records");
        };
        report.add(Check::Commitment, Outcome::Proven, index.to_string(), time_text(utc(leaf.t)));
        Ok((*index, records, document.text("readings").and_then(Readings::parse)))
    }

    /// No entry of the custody of a record is left out, and how many readings there are.
    fn chains(
        &self,
        journal: &Journal,
        (bundled, records, promised): (u64, &[RecordId], Option<Readings>),
        report: &mut BundleReport,
    ) -> Result<(), Fault> {
        let mut maps = journal.leaves.iter().filter(|(_, leaf)| leaf.act == ActKind::HeadsMapped);
        let (Some((mapped, leaf)), None) = (maps.next(), maps.next()) else {
            return fault(Check::Custody, PROOF, "not one entry heads.mapped");
        };
        let Some(heads) = leaf.heads.filter(|_| *mapped > bundled) else {
            return fault(Check::Custody, mapped.to_string(), "the map of heads is older than the bundle");
        };
        let mut shown = BTreeSet::from([bundled, *mapped]);
        for (index, leaf) in &journal.leaves {
            let Some(log) = &leaf.log else { continue };
            shown.insert(*index);
            let lost = log.size.saturating_sub(*index);
            let detail = format!("{lost} entries that {} signed are lost; what was in them nobody knows", log.was.name);
            report.add(Check::Lost, Outcome::Undecided, index.to_string(), detail);
        }
        self.all_losses_are_shown(journal)?;
        for record in records {
            let custody = self.chain((*record, Chain::Custody), &heads, journal)?;
            let Chained { shown: entries, count, is_whole: true } = custody else {
                return fault(Check::Custody, record.to_string(), "an entry of its custody is missing");
            };
            shown.extend(&entries);
            let detail = format!("{count} entries, none left out before entry {mapped}");
            report.add(Check::Custody, Outcome::Proven, record.to_string(), detail);
            let readings = self.chain((*record, Chain::Reading), &heads, journal)?;
            let is_as_promised = match promised {
                Some(Readings::All) => readings.is_whole,
                Some(Readings::Count) => readings.shown.is_empty(),
                // Which of them are of this inquiry only who shows them knows.
                Some(Readings::Own) => true,
                None => false,
            };
            if !is_as_promised {
                return fault(Check::Readings, record.to_string(), "not the readings that the act promises");
            }
            let detail = format!("{} in all, {} shown", readings.count, readings.shown.len());
            shown.extend(&readings.shown);
            report.add(Check::Readings, Outcome::Proven, record.to_string(), detail);
        }
        match journal.leaves.keys().find(|index| !shown.contains(index)) {
            Some(index) => fault(Check::Entries, index.to_string(), "it belongs to no record of the bundle"),
            None => Ok(()),
        }
    }

    /// Each loss that the archive named when it made the bundle has its entry here: it is not left out afterwards.
    fn all_losses_are_shown(&self, journal: &Journal) -> Result<(), Fault> {
        let said: Option<Value> = self.bytes(REPORT).and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let missing = said.as_ref().and_then(|said| said.get("missing")?.as_array()).into_iter().flatten();
        let lost = missing.filter(|one| one.get("what").and_then(Value::as_str) == Some("lost")).count();
        let shown = journal.leaves.values().filter(|leaf| leaf.log.is_some()).count();
        if shown < lost { fault(Check::Lost, REPORT, "an entry log.succeeded is missing") } else { Ok(()) }
    }

    fn chain(&self, (record, chain): (RecordId, Chain), heads: &Heads, journal: &Journal) -> Result<Chained, Fault> {
        let name = head_file(record, chain.as_str());
        let check = if chain == Chain::Custody { Check::Custody } else { Check::Readings };
        let proof = HeadProof::parse(&self.text(check, &name)?);
        let Some(proof) = proof.filter(|proof| (proof.owner, proof.chain) == (record, chain) && proof.holds(heads))
        else {
            return fault(check, name, "it does not hold under the map of heads");
        };
        let is_of = |leaf: &Leaf| leaf.rec == Some(record) && leaf.act.chain() == chain;
        let of_it = journal.leaves.iter().filter(|(index, leaf)| is_of(leaf) && Some(**index) <= proof.head.newest);
        let shown: BTreeSet<u64> = of_it.map(|(index, _)| *index).collect();
        let (mut walked, mut next) = (0, proof.head.newest);
        while let Some(leaf) = next.filter(|index| shown.contains(index)).map(|index| (index, &journal.leaves[&index]))
        {
            walked += 1;
            next = leaf.1.prev.filter(|prev| *prev < leaf.0);
        }
        Ok(Chained { is_whole: next.is_none() && walked == proof.head.count, shown, count: proof.head.count })
    }

    /// Certificates and revocation data in the bundle, and those that were given.
    fn material(&self, asked: &Asked<'_>, report: &mut BundleReport) -> Material {
        let mut material = asked.material.clone();
        for name in self.members.keys().filter(|name| name.starts_with(MATERIAL)) {
            if self.bytes(name).is_none_or(|bytes| material.add_file(&bytes).is_err()) {
                report.add(Check::Material, Outcome::Noted, name, "it cannot be read");
            }
        }
        material
    }

    /// The contents of a record follow from its entries, and existed when its evidence says.
    fn record(
        &self,
        record: RecordId,
        journal: &Journal,
        (asked, material, caches): (&Asked<'_>, &Material, &Caches),
        report: &mut BundleReport,
    ) -> Result<Vec<ProvenGroup>, Fault> {
        let name = container_of(record);
        let outer = match self.members.get(&name) {
            Some(entry) => entry.clone(),
            None => return fault(Check::Content, name, "it is missing"),
        };
        let inner = match read(&mut *self.file.borrow_mut(), outer.at, outer.len) {
            Ok(inner) => inner,
            Err(e) => return fault(Check::Content, name, e.to_string()),
        };
        let is_first = inner
            .split_first()
            .is_some_and(|(first, rest)| first.name == MIMETYPE && rest.is_sorted_by(|a, b| a.name < b.name));
        let inner: BTreeMap<String, Entry> = inner.into_iter().map(|entry| (entry.name.clone(), entry)).collect();
        if !is_first || inner.get(MIMETYPE).and_then(|entry| self.bytes_of(entry)).as_deref() != Some(ASIC_E) {
            return fault(Check::Content, name, "no ASiC-E container");
        }
        let mut placed = BTreeSet::from([MIMETYPE.to_owned()]);
        let mut groups = Vec::new();
        let is_group = |leaf: &&Leaf| leaf.rec == Some(record) && leaf.g256.is_some();
        let entries = journal.leaves.iter().filter(|(_, leaf)| is_group(leaf));
        for (index, leaf) in entries {
            let group = self.group((*index, leaf), &inner, &mut placed)?;
            let since =
                self.evidence((record, *index, &group), &inner, &mut placed, (asked, material, caches), report)?;
            if since.is_none() {
                let detail = "no evidence record in the bundle verifies for it";
                report.add(Check::Evidence, Outcome::Undecided, format!("{record} #{index}"), detail);
            }
            let is_doubtful = group.is_doubtful;
            let Group { components, transferred, .. } = group;
            groups.push(ProvenGroup { components, is_doubtful, transferred, since });
        }
        if let Some(other) = inner.keys().find(|member| !placed.contains(*member)) {
            return fault(Check::Content, format!("{name}: {other}"), "no entry commits to it");
        }
        if groups.is_empty() {
            return fault(Check::Content, name, "no entry commits to anything");
        }
        let files: usize = groups.iter().map(|group| group.components.len()).sum();
        let detail = format!("{files} files in {} groups, as the journal commits to them", groups.len());
        report.add(Check::Content, Outcome::Proven, record.to_string(), detail);
        Ok(groups)
    }

    /// What an entry committed to is there, byte for byte.
    fn group(
        &self,
        (index, leaf): (u64, &Leaf),
        inner: &BTreeMap<String, Entry>,
        placed: &mut BTreeSet<String>,
    ) -> Result<Group, Fault> {
        let missing = |place: &str| Fault(Check::Content, place.to_owned(), "it is missing".to_owned());
        let file = |place: &str| inner.get(place).and_then(|entry| self.bytes_of(entry)).ok_or_else(|| missing(place));
        let metadata_place = place_of(index, METADATA_MEMBER);
        let (metadata, salt) = (file(&metadata_place)?, file(&place_of(index, SALT_MEMBER))?);
        let malformed = || Fault(Check::Content, metadata_place.clone(), "no metadata of a record".to_owned());
        let value: Value = serde_json::from_slice(&metadata).map_err(|_| malformed())?;
        let mut components = Vec::new();
        let mut members = vec![
            Member { path: METADATA_MEMBER.to_owned(), sha256: sha256(&metadata), sha512: sha512_parts(&[&metadata]) },
            Member { path: SALT_MEMBER.to_owned(), sha256: sha256(&salt), sha512: sha512_parts(&[&salt]) },
        ];
        for one in value.get("components").and_then(Value::as_array).into_iter().flatten() {
            let text = |key: &str| one.get(key).and_then(Value::as_str);
            let path = text("path").ok_or_else(malformed)?.to_owned();
            let role = text("role").and_then(Role::parse).ok_or_else(malformed)?;
            let covers = one.get("covers").and_then(Value::as_array).into_iter().flatten();
            let covers = covers.filter_map(|path| path.as_str().map(str::to_owned)).collect();
            let place = place_of(index, &path);
            let entry = inner.get(&place).ok_or_else(|| missing(&place))?.clone();
            let sha512 = self.sha512(&entry).ok_or_else(|| missing(&place))?;
            members.push(Member { path: path.clone(), sha256: entry.sha256, sha512 });
            components.push(Component { path, role, covers, sha512, entry });
        }
        placed.extend(members.iter().map(|member| place_of(index, &member.path)));
        // Both digests: the second is what is left when the first is broken.
        let (mut first, mut second): (Vec<_>, Vec<_>) = members.iter().map(|one| (one.sha256.0, one.sha512.0)).unzip();
        first.sort_unstable();
        second.sort_unstable();
        let (first, second) = (sha256(first.as_flattened()), sha512_parts(&[second.as_flattened()]));
        if leaf.g256 != Some(first) || leaf.g512 != Some(second) {
            return fault(Check::Content, format!("group-{index}"), "not what the entry commits to");
        }
        let verdict = value.pointer("/validation/verdict").and_then(Value::as_str);
        let is_doubtful = verdict.is_some_and(|verdict| verdict != SignatureVerdict::Valid.as_str());
        let transferred = value.get("transferred").cloned();
        Ok(Group { members, components, is_doubtful, transferred })
    }

    /// Since when a group is proven to exist: the earliest that an evidence record of it shows.
    fn evidence(
        &self,
        (record, index, group): (RecordId, u64, &Group),
        inner: &BTreeMap<String, Entry>,
        placed: &mut BTreeSet<String>,
        (asked, material, caches): (&Asked<'_>, &Material, &Caches),
        report: &mut BundleReport,
    ) -> Result<Option<DateTime<Utc>>, Fault> {
        let mut since: Option<DateTime<Utc>> = None;
        for number in 1.. {
            let name = evidence_name(index, number);
            let Some(bytes) = inner.get(&name).and_then(|entry| self.bytes_of(entry)) else { break };
            let xml_name = manifest_name(index, number);
            let xml = inner.get(&xml_name).and_then(|entry| self.bytes_of(entry));
            if xml != Some(asic::manifest(index, number, &group.members).into_bytes()) {
                return fault(Check::Evidence, xml_name, "it does not list the group as it is");
            }
            placed.extend([name.clone(), xml_name]);
            let digests = |member: &Member| ObjectDigests {
                name: place_of(index, &member.path),
                digests: vec![
                    (DigestAlgorithm::Sha256, member.sha256.0.to_vec()),
                    (DigestAlgorithm::Sha512, member.sha512.0.to_vec()),
                ],
            };
            let objects: Vec<ObjectDigests> = group.members.iter().map(digests).collect();
            let subject = format!("{record}: {name}");
            let time = prove(&subject, &bytes, &objects, (asked, material, caches), Check::Evidence, report);
            since = since.into_iter().chain(time).min();
        }
        Ok(since)
    }

    /// Validates the signatures of a record anew, as of now, with what its evidence proves.
    fn signatures(
        &self,
        record: RecordId,
        groups: &[ProvenGroup],
        (asked, material, caches): (&Asked<'_>, &Material, &Caches),
        report: &mut BundleReport,
    ) {
        let mut material = material.clone();
        let was_doubtful = groups.iter().any(|group| group.is_doubtful);
        let components = || groups.iter().flat_map(|group| group.components.iter().map(|one| (one, group.since)));
        for (one, _) in components().filter(|(one, _)| matches!(one.role, Role::Certificate | Role::Revocation)) {
            if let Some(bytes) = self.bytes_of(&one.entry) {
                // What is no material proves nothing; the content is committed to either way.
                let _ = material.add_file(&bytes);
            }
        }
        for (one, since) in components().filter(|(one, _)| one.role == Role::Signature) {
            let subject = format!("{record}: {}", one.path);
            let Some(object) = self.bytes_of(&one.entry) else {
                report.add(Check::Signature, Outcome::Undecided, subject, "too large to be validated here");
                continue;
            };
            let mut covered: Vec<Option<&Component>> = Vec::new();
            for path in &one.covers {
                covered.push(components().map(|(component, _)| component).find(|component| component.path == *path));
            }
            if covered.is_empty() {
                covered.push(None);
            }
            for content in covered {
                let content = content.map(|component| Stream { bundle: self, entry: &component.entry });
                let poe = since.map(|time| ProofOfExistence {
                    object: one.entry.sha256,
                    time,
                    source: PoeSource::EvidenceRecord,
                });
                let validated = validation::validate(&Question {
                    object: &object,
                    object_digest: None,
                    content: content.as_ref().map(|content| content as &dyn Content),
                    material: &material,
                    policy: asked.policy,
                    at: asked.at,
                    poe: poe.as_slice(),
                    caches,
                });
                let Ok(validated) = validated else {
                    report.add(Check::Signature, Outcome::Undecided, subject.clone(), "the content cannot be read");
                    continue;
                };
                let outcome = match validated.conclusion().indication.rank() {
                    0 => Outcome::Proven,
                    1 => Outcome::Undecided,
                    // A record of doubtful signatures is kept as that: nobody changed it, and it proves no signature.
                    _ if was_doubtful => Outcome::Undecided,
                    _ => Outcome::Failed,
                };
                let signers: Vec<&str> = validated.signatures.iter().map(|one| one.signer.subject.as_str()).collect();
                let detail = format!("{} {}", validated.conclusion(), signers.join("; "));
                report.add(Check::Signature, outcome, subject.clone(), detail);
            }
        }
    }

    /// What the archives that had the record before prove of it.
    fn provenance(
        &self,
        record: RecordId,
        groups: &[ProvenGroup],
        given: (&Asked<'_>, &Material, &Caches),
        report: &mut BundleReport,
    ) {
        let Some(first) = groups.first() else { return };
        let said = &first.transferred;
        let (transferred, tar) = match (said, first.components.iter().find(|one| one.role == Role::Provenance)) {
            (None, None) => return,
            (Some(transferred), Some(tar)) => (transferred, tar),
            _ => {
                let what = "it came from another archive, and what proves that is not there, or the other way about";
                report.add(Check::Provenance, Outcome::Failed, record.to_string(), what);
                return;
            }
        };
        let Some(bytes) = self.bytes_of(&tar.entry) else {
            let subject = format!("{record}: {}", tar.path);
            report.add(Check::Provenance, Outcome::Undecided, subject, "too large to be checked here");
            return;
        };
        let held = |one: &Component| Held {
            path: one.path.clone(),
            role: one.role,
            len: one.entry.len,
            digests: Digests { sha256: one.entry.sha256, sha512: one.sha512 },
        };
        let held: Vec<Held> = first.components.iter().map(held).collect();
        provenance::check(&Claim { record, transferred, tar: &bytes, held: &held }, given, report);
    }

    /// The report about a record names the custody that the journal proves.
    fn said(&self, record: RecordId, journal: &Journal, report: &mut BundleReport) -> Result<(), Fault> {
        let name = format!("records/{record}/report.json");
        let value: Value = match serde_json::from_slice(&self.needed(Check::Report, &name)?) {
            Ok(value) => value,
            Err(_) => return fault(Check::Report, name, "not JSON"),
        };
        let custody = value.get("custody").and_then(Value::as_array).into_iter().flatten();
        for one in custody {
            let index = one.get("entry").and_then(Value::as_u64);
            let leaf = index.and_then(|index| journal.leaves.get(&index)).filter(|leaf| leaf.rec == Some(record));
            let act = one.get("act").and_then(Value::as_str);
            if leaf.map(|leaf| leaf.act.as_str()) != act.filter(|_| leaf.is_some()) || act.is_none() {
                return fault(Check::Report, name, "it names an act that the journal does not have");
            }
        }
        report.add(Check::Report, Outcome::Proven, name, "it names the acts that the journal has");
        Ok(())
    }

    /// The stamped checkpoint is of this journal, and its evidence verifies.
    fn stamped(
        &self,
        journal: &Journal,
        (asked, material, caches): (&Asked<'_>, &Material, &Caches),
        report: &mut BundleReport,
    ) -> Result<(), Fault> {
        let Some(note) = self.bytes(STAMPED) else {
            report.add(Check::Stamped, Outcome::Undecided, STAMPED, "the journal was not stamped yet");
            return Ok(());
        };
        let checkpoint = Note::read(&note).and_then(|note| Checkpoint::parse(note.text));
        // A journal may have had another name then: it is the same when the tree is.
        let Some(stamped) = checkpoint else { return fault(Check::Stamped, STAMPED, "no checkpoint") };
        let hashes: Option<Vec<Sha256>> =
            self.text(Check::Stamped, CONSISTENCY)?.lines().map(|line| line.parse().ok()).collect();
        let now = &journal.checkpoint;
        let text = hashes.iter().flatten().map(|hash| format!("{hash}\n")).collect::<String>();
        let is_one =
            hashes.is_some_and(|hashes| verify_consistency(stamped.size, stamped.root, now.size, now.root, &hashes));
        if !is_one || self.bytes(CONSISTENCY) != Some(text.into_bytes()) {
            return fault(Check::Stamped, CONSISTENCY, "the stamped checkpoint is not of the same journal");
        }
        let digests = vec![
            (DigestAlgorithm::Sha256, sha256(&note).0.to_vec()),
            (DigestAlgorithm::Sha512, sha512_parts(&[&note]).0.to_vec()),
        ];
        let objects = [ObjectDigests { name: STAMPED.to_owned(), digests }];
        for number in 1.. {
            let name = format!("{STAMPED}-{number}.ers");
            let Some(bytes) = self.bytes(&name) else { break };
            prove(&name, &bytes, &objects, (asked, material, caches), Check::Stamped, report);
        }
        if !report.findings.iter().any(|one| one.check == Check::Stamped && one.outcome == Outcome::Proven) {
            report.add(Check::Stamped, Outcome::Undecided, STAMPED, "no evidence record of it verifies");
        }
        Ok(())
    }

    /// Nothing stands in `proof/` that proves nothing.
    fn nothing_else(&self, records: &[RecordId], journal: &Journal) -> Result<(), Fault> {
        let mut known: BTreeSet<String> = BTreeSet::from([CHECKPOINT.to_owned()]);
        if self.members.contains_key(STAMPED) {
            known.insert(CONSISTENCY.to_owned());
        }
        for (index, leaf) in &journal.leaves {
            known.extend([entry_file(*index, "entry"), entry_file(*index, "tlog-proof")]);
            if leaf.act == ActKind::InquiryBundled {
                known.insert(entry_file(*index, "document"));
            }
        }
        for record in records {
            known.extend([Chain::Custody, Chain::Reading].map(|chain| head_file(*record, chain.as_str())));
        }
        match self.members.keys().find(|name| name.starts_with(PROOF) && !known.contains(*name)) {
            Some(name) => fault(Check::Entries, name, "it proves nothing"),
            None => Ok(()),
        }
    }
}

/// What of a chain the bundle has.
struct Chained {
    shown: BTreeSet<u64>,
    count: u64,
    is_whole: bool,
}

/// What an entry committed to.
struct Group {
    members: Vec<Member>,
    components: Vec<Component>,
    is_doubtful: bool,
    transferred: Option<Value>,
}

/// Judges an evidence record; gives since when it proves existence.
pub(super) fn prove(
    name: &str,
    bytes: &[u8],
    objects: &[ObjectDigests],
    (asked, material, caches): (&Asked<'_>, &Material, &Caches),
    check: Check,
    report: &mut BundleReport,
) -> Option<DateTime<Utc>> {
    let record = match EvidenceRecord::read(bytes) {
        Ok(record) => record,
        Err(e) => {
            report.add(check, Outcome::Failed, name, e.to_string());
            return None;
        }
    };
    let (policy, at) = (asked.policy, asked.at);
    let found =
        verify(&EvidenceQuestion { record: &record, objects, exactly: true, material, policy, at, poe: &[], caches });
    let outcome = match found.conclusion.indication.rank() {
        0 => Outcome::Proven,
        1 => Outcome::Undecided,
        _ => Outcome::Failed,
    };
    let detail = match found.proven_since {
        Some(since) => format!("unchanged since {}", time_text(since)),
        None => found.conclusion.to_string(),
    };
    report.add(check, outcome, name, detail);
    found.proven_since
}

/// A component that is read when it is asked for.
struct Stream<'a, 'f, F> {
    bundle: &'a Bundle<'f, F>,
    entry: &'a Entry,
}

impl<F: Read + Seek> Content for Stream<'_, '_, F> {
    fn digest(&self, algorithm: DigestAlgorithm) -> Result<Vec<u8>, ContentError> {
        let mut hasher = algorithm.hasher();
        let mut file = self.bundle.file.borrow_mut();
        file.seek(SeekFrom::Start(self.entry.at))?;
        let mut rest = (&mut *file).take(self.entry.len);
        let mut piece = vec![0; 1 << 16];
        loop {
            let n = rest.read(&mut piece)?;
            if n == 0 {
                return Ok(hasher.finish());
            }
            hasher.update(&piece[..n]);
        }
    }

    fn bytes(&self) -> Option<&[u8]> {
        None
    }

    fn head(&self) -> Result<Vec<u8>, ContentError> {
        let mut file = self.bundle.file.borrow_mut();
        file.seek(SeekFrom::Start(self.entry.at))?;
        let mut head = Vec::new();
        (&mut *file).take(self.entry.len.min(HEAD_BYTES as u64)).read_to_end(&mut head)?;
        Ok(head)
    }
}
