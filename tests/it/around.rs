//! No way around: whatever is tried in whatever order, what is held or not due stays, bytes and keys.
//!
//! Goal: the one lawful way is the only way. Method: random steps on an archive with real signatures (holds, clock,
//! refiling, other items, events, plans, statements by right and wrong persons, execution, spilling, compaction, opening
//! again). Before each step a model says of every record whether it may go by that step; afterwards every other record
//! must read back byte for byte. The steps must also reach what they are about.

use super::bed::accepted;
use super::confirmed::row;
use super::disposal::{Due, placing};
use super::signed::{AGENCY, DAY_MS};
use muragat::access;
use muragat::archive::Archive;
use muragat::disposition::case::{Case, Stage};
use muragat::disposition::destroy::{self, Executed};
use muragat::disposition::plan::Plan;
use muragat::disposition::propose::draft;
use muragat::disposition::sign::{Taken, cancel, take};
use muragat::disposition::statement::{StatementKind, Verdict};
use muragat::filing::due::why;
use muragat::filing::files;
use muragat::filing::holds;
use muragat::index::filing::HoldTarget;
use muragat::ingest::spill::{Ground, SpillAct, Spilled, spill};
use muragat::model::id::RecordId;
use muragat::retention::Status;
use muragat::testing::Sequence;
use muragat::tlog::commit::SYSTEM_ACTOR;
use muragat::verify::material::Material;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;

/// What the steps reached, over all seeds.
#[derive(Debug, Default)]
struct Reached {
    destroyed: usize,
    spilled: usize,
    held: usize,
    refused: usize,
    back: usize,
}

struct Walk {
    due: Due,
    draw: Sequence,
    content: BTreeMap<RecordId, Vec<u8>>,
    plans: Vec<Plan>,
    holds: Vec<RecordId>,
    /// Statements that the right person signed, by plan.
    approvals: BTreeMap<RecordId, BTreeSet<&'static str>>,
    /// Files that a member of the commission spoke for.
    kept: BTreeSet<(RecordId, u32)>,
}

/// What a record may lose by a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Standing {
    is_due: bool,
    is_held: bool,
}

fn main_of(archive: &Archive, record: RecordId) -> Option<Vec<u8>> {
    let opened = access::open(archive, record, SYSTEM_ACTOR).ok()?;
    opened.read(opened.component("main.docx").ok()?).ok()
}

impl Walk {
    fn new(seed: u64) -> Self {
        let due = Due::of(&["1", "1", "2", "3"]);
        let archive = due.bench.open();
        let mut content: BTreeMap<RecordId, Vec<u8>> =
            due.files.iter().map(|(_, record)| (*record, main_of(&archive, *record).unwrap())).collect();
        // One that is in no file.
        let loose = accepted(&due.bench.take(&archive, &due.bench.draft("99/1"))).unwrap();
        content.insert(loose, main_of(&archive, loose).unwrap());
        // Whoever runs the program adopts a register in which a stranger has every office.
        let kinds = ["official", "records_office", "commission", "approver"];
        let rows: String = kinds.iter().map(|kind| row("000000000003", kind)).collect();
        let trust = due.bench.office.trust(due.bench.now());
        due.bench.adopt(&archive, &(trust.authority.replacen("id = \"muragat-demo\"", "id = \"own\"", 1) + &rows));
        archive.close().unwrap();
        Self {
            due,
            draw: Sequence::new(seed),
            content,
            plans: Vec::new(),
            holds: Vec::new(),
            approvals: BTreeMap::new(),
            kept: BTreeSet::new(),
        }
    }

    fn any<T: Clone>(&mut self, of: &[T]) -> Option<T> {
        if of.is_empty() { None } else { of.get(self.draw.len_to(of.len() - 1)).cloned() }
    }

    fn standing(&self, archive: &Archive, record: RecordId) -> Standing {
        // As of tomorrow's day too: what is due on the confirmed day is due on the clock's.
        let decision = why(archive, record, self.due.today()).unwrap().1;
        Standing { is_due: decision.status == Status::Due, is_held: !decision.holds.is_empty() }
    }

    fn step(&mut self, reached: &mut Reached) {
        let archive = self.due.bench.open();
        let living: Vec<RecordId> = self.content.keys().copied().collect();
        let before: BTreeMap<RecordId, Standing> =
            living.iter().map(|record| (*record, self.standing(&archive, *record))).collect();
        reached.held += before.values().filter(|standing| standing.is_held).count();
        let (what, may_go) = self.act(&archive, &living, &before, reached);
        archive.close().unwrap();
        let archive = self.due.bench.open();
        for record in living {
            match main_of(&archive, record) {
                Some(bytes) => assert_eq!(bytes, self.content[&record], "{what}: other bytes of {record}"),
                None => {
                    assert!(may_go.contains(&record), "{what}: {record} is gone, {:?}", before[&record]);
                    self.content.remove(&record);
                }
            }
        }
        archive.close().unwrap();
    }

    /// Does something, and says by which records it may be survived no more.
    fn act(
        &mut self,
        archive: &Archive,
        living: &[RecordId],
        before: &BTreeMap<RecordId, Standing>,
        reached: &mut Reached,
    ) -> (String, BTreeSet<RecordId>) {
        let none = BTreeSet::new();
        let (files, record) = (self.due.files.clone(), self.any(living));
        let Some(file) = self.any(&files).map(|(file, _)| file) else { return ("nothing".into(), none) };
        let draw = self.draw.below(28);
        match draw {
            0 if self.draw.below(2) == 0 => {
                let target = if self.draw.below(2) == 0 {
                    HoldTarget::File(file.0)
                } else {
                    HoldTarget::Record(record.unwrap_or(file).0)
                };
                let placed = holds::place(archive, &placing(), &[target], SYSTEM_ACTOR);
                self.holds.extend(placed.ok().map(|(hold, _)| hold));
                ("a hold".into(), none)
            }
            1 | 2 => {
                let holds = self.holds.clone();
                if let Some(hold) = self.any(&holds) {
                    let _ = holds::lift(archive, hold, "Үлгі", SYSTEM_ACTOR);
                }
                ("lifting".into(), none)
            }
            3 | 4 => {
                let days = 1 + self.draw.below(12);
                self.due.bench.later(days * DAY_MS);
                self.due.fresh(archive);
                (format!("{days} days on"), none)
            }
            5 => {
                // Behind the journal for as long as the step that follows takes.
                self.due.bench.clock.0.fetch_sub(DAY_MS / 2, Ordering::SeqCst);
                reached.back += 1;
                let plans = self.plans.clone();
                if let Some(plan) = self.any(&plans) {
                    let executed = self.due.execute(archive, &plan);
                    assert!(!matches!(executed, Ok(Executed::Done { .. })), "by a clock that was set back");
                }
                self.due.bench.later(DAY_MS / 2);
                ("the clock set back".into(), none)
            }
            6 if self.draw.below(3) == 0 => {
                let other = self.any(&files).map(|(file, _)| file).unwrap_or(file);
                let _ = files::reopen(archive, file, "Үлгі", SYSTEM_ACTOR);
                let _ = files::enter(archive, file, &[record.unwrap_or(other)], Some("Үлгі"), SYSTEM_ACTOR);
                ("refiling".into(), none)
            }
            7 => {
                let _ = files::close(archive, file, self.due.today(), SYSTEM_ACTOR);
                ("closing".into(), none)
            }
            8 if self.draw.below(3) == 0 => {
                let item = format!("LIST/{}", 1 + self.draw.below(3)).parse().ok();
                let _ = files::reclassify(archive, file, item, BTreeMap::new(), "Үлгі", SYSTEM_ACTOR);
                ("another item".into(), none)
            }
            9 => {
                let _ = files::event(archive, file, "replaced", self.due.today(), Some("Үлгі"), SYSTEM_ACTOR);
                ("an event".into(), none)
            }
            10 | 11 => {
                // One that is cancelled makes room for the next.
                self.plans.extend(draft(archive, &self.due.asked(), SYSTEM_ACTOR));
                ("a plan".into(), none)
            }
            12..=15 | 22..=27 => (self.sign(archive, reached), none),
            16 => {
                let plans = self.plans.clone();
                if let Some(plan) = self.any(&plans).filter(|_| self.draw.below(4) == 0) {
                    let _ = cancel(archive, plan.id, "Үлгі", SYSTEM_ACTOR);
                }
                ("cancelling".into(), none)
            }
            17..=19 => self.execute(archive, before, reached),
            20 => self.spill(archive, record, before, reached),
            _ => {
                let plans = self.plans.clone();
                if let Some(plan) = self.any(&plans) {
                    let _ = destroy::complete(archive, plan.id, SYSTEM_ACTOR);
                }
                ("completing".into(), none)
            }
        }
    }

    /// The next statement of a plan, by the right person or not.
    fn sign(&mut self, archive: &Archive, reached: &mut Reached) -> String {
        let plans = self.plans.clone();
        let Some(plan) = plans.last().cloned() else { return "no plan".into() };
        let stage = Case::read(archive, plan.id).unwrap().stage(archive);
        let kind = match (stage, self.draw.below(6)) {
            (_, 0) => StatementKind::Approve,
            (Stage::Drafted, _) => StatementKind::Propose,
            (Stage::Proposed, _) => StatementKind::Review,
            (_, 1) => StatementKind::Review,
            _ => StatementKind::Approve,
        };
        let people = [
            ("000000000002", &self.due.bench.office.clerk, Some(StatementKind::Propose)),
            ("000000000011", &self.due.bench.office.commission[0], Some(StatementKind::Review)),
            ("000000000012", &self.due.bench.office.commission[1], Some(StatementKind::Review)),
            ("000000000013", &self.due.bench.office.approvers[0], Some(StatementKind::Approve)),
            ("000000000014", &self.due.bench.office.approvers[1], Some(StatementKind::Approve)),
            ("000000000015", &self.due.bench.office.administrator, None),
            ("000000000003", &self.due.bench.office.stranger, None),
        ];
        let right: Vec<usize> = (0..people.len()).filter(|at| people[*at].2 == Some(kind)).collect();
        let at = match self.draw.below(5) {
            0 => self.draw.len_to(people.len() - 1),
            _ => right[self.draw.len_to(right.len() - 1)],
        };
        let (iin, who, office) = people[at];
        let mut statement = self.due.statement(kind, &plan, Some(iin));
        let keeps = if kind == StatementKind::Review && self.draw.below(3) == 0 {
            let number = plan.items[self.draw.len_to(plan.items.len() - 1)].number;
            let day = self.due.today().checked_add_days(chrono::Days::new(400)).unwrap();
            let verdict = [Verdict::Forever, Verdict::Extend(day)][self.draw.len_to(1)].clone();
            statement.verdicts.insert(number, (verdict, Some("Үлгі".into())));
            Some((plan.id, number))
        } else {
            None
        };
        self.due.bench.later(2_000);
        let toml = statement.to_toml(&plan);
        let signature = self.due.signed(who, toml.as_bytes());
        let taken = take(archive, toml.as_bytes(), &[signature], &Material::default(), SYSTEM_ACTOR);
        match taken {
            Ok(Taken::Done { .. }) => {
                assert_eq!(office, Some(kind), "taken in from {iin}, who may not");
                self.kept.extend(keeps);
                self.approvals.entry(plan.id).or_default().insert(iin);
            }
            _ => reached.refused += 1,
        }
        format!("{kind} by {iin}")
    }

    fn execute(
        &mut self,
        archive: &Archive,
        before: &BTreeMap<RecordId, Standing>,
        reached: &mut Reached,
    ) -> (String, BTreeSet<RecordId>) {
        let plans = self.plans.clone();
        let plan = if self.draw.below(3) == 0 { self.any(&plans) } else { plans.last().cloned() };
        let Some(plan) = plan else { return ("no plan".into(), BTreeSet::new()) };
        let case = Case::read(archive, plan.id).unwrap();
        let signed = self.approvals.get(&plan.id).cloned().unwrap_or_default();
        let is_approved = ["000000000002", "000000000013", "000000000014"].iter().all(|iin| signed.contains(iin))
            && (signed.contains("000000000011") || signed.contains("000000000012"))
            && case.row.cancelled.is_none()
            && case.row.executed.is_none();
        let last = case.approvals.iter().map(|signed| signed.at).max().unwrap_or(u64::MAX);
        let is_cool = self.due.bench.now().saturating_sub(last) > 6 * DAY_MS;
        let items = plan.items.iter().filter(|item| !self.kept.contains(&(plan.id, item.number)));
        let lawful: BTreeSet<RecordId> = items
            .flat_map(|item| &item.records)
            .copied()
            .filter(|record| before.get(record).is_some_and(|standing| standing.is_due && !standing.is_held))
            .filter(|_| is_approved && is_cool)
            .collect();
        match self.due.execute(archive, &plan) {
            Ok(Executed::Done { destroyed, .. }) => reached.destroyed += destroyed.len(),
            _ => reached.refused += 1,
        }
        (format!("execution, approved: {is_approved}, cool: {is_cool}"), lawful)
    }

    fn spill(
        &mut self,
        archive: &Archive,
        record: Option<RecordId>,
        before: &BTreeMap<RecordId, Standing>,
        reached: &mut Reached,
    ) -> (String, BTreeSet<RecordId>) {
        let Some(record) = record else { return ("nothing to spill".into(), BTreeSet::new()) };
        let of = self.draw.below(6) == 0;
        let act = SpillAct { agency: AGENCY.into(), date: self.due.today(), record, ground: Ground::WrongIntake };
        let toml = act.to_toml();
        let office = &self.due.bench.office;
        let signers = match (of, self.draw.below(3)) {
            (true, _) => vec![&office.official, &office.clerk],
            (_, 0) => vec![&office.official],
            (_, 1) => vec![&office.approvers[0], &office.approvers[1]],
            _ => vec![&office.clerk, &office.stranger],
        };
        self.due.bench.later(2_000);
        let signatures: Vec<Vec<u8>> = signers.iter().map(|who| self.due.signed(who, toml.as_bytes())).collect();
        let spilled = spill(archive, record, toml.as_bytes(), &signatures, &Material::default(), SYSTEM_ACTOR);
        let is_lawful = of && !before[&record].is_held;
        match spilled {
            Ok(Spilled::Done(_)) => reached.spilled += 1,
            _ => reached.refused += 1,
        }
        (format!("spilling, lawful: {is_lawful}"), is_lawful.then_some(record).into_iter().collect())
    }
}

#[test]
fn what_is_held_or_not_due_stays_whatever_is_tried() {
    let mut reached = Reached::default();
    for seed in 0..8 {
        println!("seed {seed}");
        let mut walk = Walk::new(seed);
        for _ in 0..60 {
            walk.step(&mut reached);
        }
        walk.due.bench.open().compact(SYSTEM_ACTOR).unwrap();
        let archive = walk.due.bench.open();
        for (record, bytes) in &walk.content {
            assert_eq!(main_of(&archive, *record).as_ref(), Some(bytes), "after compaction");
        }
    }
    println!("{reached:?}");
    let Reached { destroyed, spilled, held, refused, back } = reached;
    assert!(destroyed > 0 && spilled > 0 && held > 0 && refused > 0 && back > 0, "not everything was reached");
}
