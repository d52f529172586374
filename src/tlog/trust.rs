//! Trust policies of logs: which logs and witnesses are known, and how many witnesses are enough (C2SP tlog-policy).
//!
//! A policy is read strictly: every fault is named by its line, and a policy with a fault is none.
//! [`TrustPolicy::judge`] is a pure function of a note and says which witnesses signed, when, and what the quorum
//! lacks. A witness whose key has a type that this program cannot check is a fault: to leave it out silently would
//! make the quorum another one.

use super::checkpoint::{Checkpoint, VerifierKey};
use super::cosignature::WitnessKey;
use super::note::{BadSignature, Note};
use crate::model::digest::{Sha256, sha256};
use std::collections::{HashMap, HashSet};

/// Longest policy file. Own bound: 32 of everything, which tlog-policy asks for, have 10 KiB.
pub const TRUST_BYTES_MAX: usize = 256 * 1024;
/// Logs, witnesses and groups of a policy, each. Own bound: eight times what tlog-policy asks for.
const DEFINED_MAX: usize = 256;

/// A log of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedLog {
    /// Its key; the name of the key is its origin.
    pub key: VerifierKey,
    /// Where it is.
    pub url: Option<String>,
}

/// A witness of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedWitness {
    /// Its name in this policy.
    pub name: String,
    /// Its key.
    pub key: WitnessKey,
    /// Its submission prefix (C2SP tlog-witness).
    pub url: Option<String>,
}

/// A witness or a group, by its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Member {
    Witness(usize),
    Group(usize),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Group {
    name: String,
    needed: usize,
    members: Vec<Member>,
}

/// A policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustPolicy {
    /// Logs that it knows.
    pub logs: Vec<TrustedLog>,
    /// Witnesses that it knows.
    pub witnesses: Vec<TrustedWitness>,
    groups: Vec<Group>,
    /// None: no witness is asked for.
    quorum: Option<Member>,
    /// Digest of the file.
    pub sha256: Sha256,
}

/// What is wrong with a policy file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The line, from 1.
    pub line: usize,
    /// What, in technical English.
    pub what: String,
}

/// Why a note is no checkpoint that a policy can judge.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotValid {
    /// It has not the form of a signed checkpoint.
    #[error("it is no signed checkpoint")]
    Form,
    /// No log of the policy signed it.
    #[error("no known log of the name {0} signed it")]
    Log(String),
    /// A known key's line does not verify.
    #[error(transparent)]
    Signature(#[from] BadSignature),
}

/// What a policy says of a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// The checkpoint.
    pub checkpoint: Checkpoint,
    /// Of each witness of the policy the second at which it signed.
    pub times: Vec<Option<u64>>,
    /// Whether enough of them did.
    pub is_met: bool,
    /// Groups and witnesses of the quorum that lack something: name, how many signed, how many must.
    pub missing: Vec<(String, usize, usize)>,
}

impl TrustPolicy {
    /// Reads a policy, or gives every fault with its line.
    pub fn parse(file: &[u8]) -> Result<Self, Vec<Fault>> {
        let mut reader = Reader::default();
        if file.len() > TRUST_BYTES_MAX {
            return Err(vec![Fault { line: 1, what: format!("the file has more than {TRUST_BYTES_MAX} bytes") }]);
        }
        let mut lines: Vec<&[u8]> = file.split(|byte| *byte == b'\n').collect();
        let last = lines.pop().unwrap_or_default();
        if !last.is_empty() {
            reader.fault(lines.len() + 1, "the line does not end in a line break");
        }
        for (line, bytes) in (1..).zip(&lines) {
            if let Err(what) = reader.line(bytes) {
                reader.fault(line, what);
            }
        }
        if reader.quorum.is_none() && reader.faults.is_empty() {
            reader.fault(lines.len().max(1), "the policy has no quorum line");
        }
        match reader.quorum {
            Some(quorum) if reader.faults.is_empty() => Ok(Self {
                logs: reader.logs,
                witnesses: reader.witnesses,
                groups: reader.groups,
                quorum,
                sha256: sha256(file),
            }),
            _ => Err(reader.faults),
        }
    }

    /// Judges a note. A policy without logs takes the log from elsewhere: `own`.
    pub fn judge(&self, note: &[u8], own: Option<&VerifierKey>) -> Result<Judgement, NotValid> {
        let note = Note::read(note).ok_or(NotValid::Form)?;
        let checkpoint = Checkpoint::parse(note.text).ok_or(NotValid::Form)?;
        let mut is_signed = false;
        let logs = self.logs.iter().map(|log| &log.key).chain(own);
        for key in logs.filter(|key| key.name == checkpoint.origin) {
            is_signed |= key.signatures_on(&note)? > 0;
        }
        if !is_signed {
            return Err(NotValid::Log(checkpoint.origin));
        }
        let times = self.witnesses.iter().map(|witness| witness.key.time_on(&note));
        let times = times.collect::<Result<Vec<_>, _>>()?;
        let mut missing = Vec::new();
        let is_met = self.quorum.is_none_or(|quorum| self.is_witnessed(quorum, &times, &mut missing));
        if is_met {
            missing.clear();
        }
        Ok(Judgement { checkpoint, times, is_met, missing })
    }

    /// The name of the quorum; none when no witness is asked for.
    pub fn quorum(&self) -> Option<&str> {
        self.quorum.map(|member| self.name(member))
    }

    /// The witness with this name in the policy.
    pub fn witness(&self, name: &str) -> Option<&TrustedWitness> {
        self.witnesses.iter().find(|witness| witness.name == name)
    }

    fn name(&self, member: Member) -> &str {
        match member {
            Member::Witness(at) => &self.witnesses[at].name,
            Member::Group(at) => &self.groups[at].name,
        }
    }

    /// A member refers to what stands before it, so this ends.
    fn is_witnessed(&self, member: Member, times: &[Option<u64>], missing: &mut Vec<(String, usize, usize)>) -> bool {
        let (signed, needed) = match member {
            Member::Witness(at) => (usize::from(times[at].is_some()), 1),
            Member::Group(at) => {
                let group = &self.groups[at];
                let mut below = Vec::new();
                let signed = group.members.iter().filter(|m| self.is_witnessed(**m, times, &mut below)).count();
                if signed < group.needed {
                    missing.append(&mut below);
                }
                (signed, group.needed)
            }
        };
        if signed < needed {
            missing.push((self.name(member).to_owned(), signed, needed));
        }
        signed >= needed
    }
}

#[derive(Default)]
struct Reader {
    logs: Vec<TrustedLog>,
    witnesses: Vec<TrustedWitness>,
    groups: Vec<Group>,
    names: HashMap<String, Member>,
    /// Names that are members of a group already.
    taken: HashSet<String>,
    quorum: Option<Option<Member>>,
    faults: Vec<Fault>,
}

impl Reader {
    fn fault(&mut self, line: usize, what: impl Into<String>) {
        self.faults.push(Fault { line, what: what.into() });
    }

    fn line(&mut self, bytes: &[u8]) -> Result<(), String> {
        if let Some(byte) = bytes.iter().find(|byte| **byte < 0x20 && **byte != b'\t' || **byte == 0x7f) {
            return Err(format!("the byte {byte:#04x} may not stand in a policy"));
        }
        let mut items = bytes.split(|byte| matches!(byte, b' ' | b'\t')).filter(|item| !item.is_empty());
        let Some(first) = items.next().filter(|item| !item.starts_with(b"#")) else { return Ok(()) };
        // Names may be any octets for the specification; this program takes those that are UTF-8.
        let items: Result<Vec<&str>, _> = items.map(std::str::from_utf8).collect();
        let items = items.map_err(|_| "an item is not UTF-8")?;
        match (first, items.as_slice()) {
            (b"log", [vkey]) => self.log(vkey, None),
            (b"log", [vkey, url]) => self.log(vkey, Some(url)),
            (b"witness", [name, vkey]) => self.witness(name, vkey, None),
            (b"witness", [name, vkey, url]) => self.witness(name, vkey, Some(url)),
            (b"group", [name, needed, members @ ..]) if !members.is_empty() => self.group(name, needed, members),
            (b"quorum", [name]) => self.quorum(name),
            (b"log" | b"witness" | b"group" | b"quorum", _) => {
                Err("it has not as many items as such a line has".to_owned())
            }
            _ => Err("it begins with none of log, witness, group, quorum".to_owned()),
        }
    }

    fn log(&mut self, vkey: &str, url: Option<&str>) -> Result<(), String> {
        let key: VerifierKey = vkey.parse().map_err(|e| format!("{e}"))?;
        if self.logs.iter().any(|log| log.key.public == key.public) {
            return Err("this public key is that of another log".to_owned());
        }
        check_room(self.logs.len())?;
        self.logs.push(TrustedLog { key, url: url.map(str::to_owned) });
        Ok(())
    }

    fn witness(&mut self, name: &str, vkey: &str, url: Option<&str>) -> Result<(), String> {
        let key: WitnessKey = vkey.parse().map_err(|e| format!("{e}"))?;
        if self.witnesses.iter().any(|witness| witness.key.public == key.public) {
            return Err("this public key is that of another witness".to_owned());
        }
        check_room(self.witnesses.len())?;
        self.define(name, Member::Witness(self.witnesses.len()))?;
        self.witnesses.push(TrustedWitness { name: name.to_owned(), key, url: url.map(str::to_owned) });
        Ok(())
    }

    fn group(&mut self, name: &str, needed: &str, members: &[&str]) -> Result<(), String> {
        let needed = match needed {
            "all" => members.len(),
            "any" => 1,
            number => number
                .parse()
                .ok()
                .filter(|k| !number.starts_with('+') && (1..=members.len()).contains(k))
                .ok_or_else(|| format!("{number} is not all, any, or a number from 1 to {}", members.len()))?,
        };
        let mut found = Vec::new();
        for member in members {
            found.push(*self.names.get(*member).ok_or_else(|| format!("{member} is not defined before this line"))?);
            if !self.taken.insert((*member).to_owned()) {
                return Err(format!("{member} is a member already: it may count only once"));
            }
        }
        check_room(self.groups.len())?;
        self.define(name, Member::Group(self.groups.len()))?;
        self.groups.push(Group { name: name.to_owned(), needed, members: found });
        Ok(())
    }

    fn quorum(&mut self, name: &str) -> Result<(), String> {
        let quorum = match name {
            "none" => None,
            name => Some(*self.names.get(name).ok_or_else(|| format!("{name} is not defined before this line"))?),
        };
        match self.quorum.replace(quorum) {
            None => Ok(()),
            Some(_) => Err("the policy has a quorum line already".to_owned()),
        }
    }

    fn define(&mut self, name: &str, member: Member) -> Result<(), String> {
        if name == "none" || self.names.contains_key(name) {
            return Err(format!("the name {name} is taken"));
        }
        self.names.insert(name.to_owned(), member);
        Ok(())
    }
}

fn check_room(defined: usize) -> Result<(), String> {
    if defined < DEFINED_MAX { Ok(()) } else { Err(format!("more than {DEFINED_MAX} of a kind")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tlog::checkpoint::LogSigner;
    use crate::tlog::cosignature::Cosigner;
    use crate::tlog::tree::empty_root;

    fn log() -> LogSigner {
        LogSigner::new("example.org/log", &[99; 32])
    }

    fn cosigner(i: u8) -> Cosigner {
        Cosigner::new(&format!("w{i}"), &[i; 32]).unwrap()
    }

    /// The example of tlog-policy: two of three X and one of three Y.
    fn example() -> String {
        let mut text = format!("# example\n\n\tlog {} http://log.example/\n", log().verifier());
        for i in 1..=6 {
            text += &format!("witness {i} {}\n", cosigner(i).verifier());
        }
        text + "group X 2 1 2 3\ngroup Y any 4 5 6\ngroup XY all X Y\nquorum XY\n"
    }

    fn note(signers: &[u8]) -> String {
        let checkpoint = Checkpoint { origin: "example.org/log".into(), size: 3, root: empty_root() };
        let lines = signers.iter().map(|i| cosigner(*i).cosign(&checkpoint, 100 + u64::from(*i)));
        log().sign(3, empty_root()).unwrap() + &lines.collect::<String>()
    }

    #[test]
    fn a_quorum_is_met_exactly_by_the_sets_that_the_example_names() {
        let policy = TrustPolicy::parse(example().as_bytes()).unwrap();
        for set in 0u8..64 {
            let signers: Vec<u8> = (1..=6).filter(|i| set >> (i - 1) & 1 == 1).collect();
            let judged = policy.judge(note(&signers).as_bytes(), None).unwrap();
            let met = (set & 0b111).count_ones() >= 2 && set & 0b11_1000 != 0;
            assert_eq!((judged.is_met, judged.missing.is_empty()), (met, met), "{signers:?}");
            let times: Vec<Option<u64>> = (1..=6).map(|i| signers.contains(&i).then(|| 100 + u64::from(i))).collect();
            assert_eq!(judged.times, times);
        }
        let judged = policy.judge(note(&[1, 4]).as_bytes(), None).unwrap();
        let missing = [("2", 0, 1), ("3", 0, 1), ("X", 1, 2), ("XY", 1, 2)];
        assert_eq!(judged.missing, missing.map(|(name, signed, needed)| (name.to_owned(), signed, needed)));
    }

    #[test]
    fn unknown_lines_are_ignored_and_a_wrong_line_of_a_known_witness_rejects_the_note() {
        let policy = TrustPolicy::parse(example().as_bytes()).unwrap();
        let stranger = note(&[1, 2, 4, 9]);
        assert!(policy.judge(stranger.as_bytes(), None).unwrap().is_met);
        let other = Checkpoint { origin: "example.org/log".into(), size: 4, root: empty_root() };
        let forged = note(&[1, 2, 4]) + &cosigner(5).cosign(&other, 7);
        assert_eq!(policy.judge(forged.as_bytes(), None), Err(NotValid::Signature(BadSignature { name: "w5".into() })));
        let alien = LogSigner::new("example.org/log", &[98; 32]).sign(3, empty_root()).unwrap();
        assert_eq!(policy.judge(alien.as_bytes(), None), Err(NotValid::Log("example.org/log".into())));
        assert_eq!(policy.judge(b"quorum none\n", None), Err(NotValid::Form));
    }

    #[test]
    fn a_policy_may_ask_for_no_witness_or_for_one() {
        let own = log();
        let none = TrustPolicy::parse(b"quorum none\n").unwrap();
        assert!(none.judge(note(&[]).as_bytes(), Some(own.verifier())).unwrap().is_met);
        assert!(none.judge(note(&[]).as_bytes(), None).is_err(), "a log must be known from somewhere");
        let one = format!("witness a {}\nquorum a\n", cosigner(1).verifier());
        let one = TrustPolicy::parse(one.as_bytes()).unwrap();
        assert!(!one.judge(note(&[2]).as_bytes(), Some(own.verifier())).unwrap().is_met);
        assert!(one.judge(note(&[1]).as_bytes(), Some(own.verifier())).unwrap().is_met);
    }

    #[test]
    fn every_fault_is_named_by_its_line() {
        let [a, b] = [1, 2].map(|i| cosigner(i).verifier().to_string());
        let renamed = Cosigner::new("other", &[1; 32]).unwrap().verifier().to_string();
        let log = log().verifier().to_string();
        let cases = [
            ("quorum none", 1),
            ("", 1),
            ("# only a comment\n", 1),
            ("quorum none\nquorum none\n", 2),
            ("quorum a\n", 1),
            (&format!("quorum a\nwitness a {a}\n"), 1),
            (&format!("witness none {a}\nquorum none\n"), 1),
            (&format!("witness a {a}\nwitness a {b}\nquorum a\n"), 2),
            (&format!("witness a {a}\nwitness b {renamed}\nquorum a\n"), 2),
            (&format!("witness a {log}\nquorum none\n"), 1),
            (&format!("log {a}\nquorum none\n"), 1),
            (&format!("log {log}\nlog {log}\nquorum none\n"), 2),
            (&format!("witness a {a} http://x/ more\nquorum a\n"), 1),
            (&format!("witness a {a}\ngroup g all\nquorum g\n"), 2),
            (&format!("witness a {a}\ngroup g 2 a\nquorum g\n"), 2),
            (&format!("witness a {a}\ngroup g 0 a\nquorum g\n"), 2),
            (&format!("witness a {a}\ngroup g any none\nquorum g\n"), 2),
            (&format!("witness a {a}\ngroup g any a\ngroup h any a\nquorum g\n"), 3),
            (&format!("witness a {a}\ngroup a any a\nquorum a\n"), 2),
            ("mirror x\nquorum none\n", 1),
            ("quorum none\r\n", 1),
        ];
        for (text, line) in cases {
            let faults = TrustPolicy::parse(text.as_bytes()).unwrap_err();
            assert_eq!(faults[0].line, line, "{text:?}: {faults:?}");
        }
        let several = TrustPolicy::parse(b"log x\nwitness y z\nquorum none\n").unwrap_err();
        assert_eq!(several.iter().map(|fault| fault.line).collect::<Vec<_>>(), [1, 2]);
    }
}
