//! A run: many texts, both sides, what differs.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::constructs::{Counts, Verdict};
use crate::marks::without_inner_marks;
use crate::minimize::minimize;
use crate::oracle::{Oracle, verdict};
use crate::plan::{Item, Origin, Plan};
use crate::shapes::Shapes;

/// Texts in one question to the oracle.
const BATCH: usize = 128;

/// Edits of a walk.
const STEPS: usize = 16;

/// Disagreements that are made small and shown; more are only counted.
const SHOWN: usize = 40;

/// What a run found.
#[derive(Default)]
pub struct Outcome {
    /// The constructs of the generated texts.
    pub counts: Counts,
    /// The nodes of the mutated texts and the files.
    pub shapes: Shapes,
    /// Generated texts that the library reads.
    pub generated_read: usize,
    /// Mutated texts that the library reads.
    pub mutated_read: usize,
    /// Texts of pieces that the library reads.
    pub pieces_read: usize,
    /// Steps of walks that the library reads.
    pub steps_read: usize,
    /// Files that the library reads.
    pub samples_read: usize,
    /// Texts over which the library crashes.
    pub crashes: usize,
    /// Texts that the library reads in another way because of a byte order mark that is not at the beginning:
    /// see `docs/yaml-disagreements.md`.
    pub marks: usize,
    /// How many other texts are read in different ways.
    pub disagreements: usize,
    /// Some of them, made small.
    pub shown: Vec<Disagreement>,
}

/// A text that is read in different ways.
pub struct Disagreement {
    /// Where it comes from.
    pub origin: String,
    /// The text, as small as it can be.
    pub text: Vec<u8>,
    /// What the library makes of it.
    pub theirs: String,
    /// What we make of it.
    pub ours: String,
}

/// How what both sides make of a text compares.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Judgement {
    /// It is the same.
    Agree,
    /// It is the same but for byte order marks inside the text.
    Marks,
    /// It is not the same.
    Differ,
}

impl Plan {
    /// Compares all texts, on `threads` threads.
    pub fn run(&self, threads: usize) -> Outcome {
        let (texts, walks) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let outcome = Mutex::new(Outcome::default());
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    let mut worker = Worker { plan: self, oracle: Oracle::start(), part: Outcome::default() };
                    worker.texts(&texts);
                    worker.walks(&walks);
                    outcome.lock().expect("no thread failed").merge(worker.part);
                });
            }
        });
        let mut outcome = outcome.into_inner().expect("no thread failed");
        outcome.shown.sort_by(|one, other| (one.text.len(), &one.text).cmp(&(other.text.len(), &other.text)));
        outcome.shown.dedup_by(|one, other| one.text == other.text);
        outcome
    }

    /// What our side says, in the form of the oracle's reports.
    fn answer(&self, text: &[u8]) -> String {
        match catch_unwind(AssertUnwindSafe(|| (self.ours)(text))) {
            Ok(Ok(lines)) => format!("ok\n{lines}"),
            Ok(Err(error)) => format!("error\n{error}\n"),
            Err(_) => "crash\n".to_owned(),
        }
    }
}

/// A thread of a run.
struct Worker<'p> {
    plan: &'p Plan,
    oracle: Oracle,
    part: Outcome,
}

impl Worker<'_> {
    /// Compares texts, a batch at a time, from the number that `next` holds on.
    fn texts(&mut self, next: &AtomicUsize) {
        let count = self.plan.texts();
        while let Some(batch) = batch(next, count) {
            let items: Vec<Item> = batch.map(|at| self.plan.item(at)).collect();
            self.compare(&items);
        }
    }

    /// Goes on from texts by one edit after the other; an edit that makes the library refuse the text is
    /// taken back.
    fn walks(&mut self, next: &AtomicUsize) {
        while let Some(batch) = batch(next, self.plan.walks) {
            let mut walks: Vec<_> = batch.clone().map(|case| self.plan.walk(case)).collect();
            for _ in 0..STEPS {
                let steps: Vec<Item> = walks
                    .iter_mut()
                    .zip(batch.clone())
                    .map(|((random, text), case)| Item {
                        origin: Origin::Walk(case),
                        text: self.plan.step(random, text),
                        constructs: Vec::new(),
                    })
                    .collect();
                let verdicts = self.compare(&steps);
                for (((_, text), step), verdict) in walks.iter_mut().zip(steps).zip(verdicts) {
                    if verdict != Verdict::Refused {
                        *text = step.text;
                    }
                }
            }
        }
    }

    fn compare(&mut self, items: &[Item]) -> Vec<Verdict> {
        let texts: Vec<&[u8]> = items.iter().map(|item| item.text.as_slice()).collect();
        let reports = self.oracle.ask(&texts);
        for (item, report) in items.iter().zip(&reports) {
            self.part.count(item, report);
            let judgement = self.judge(&item.text, report);
            self.part.marks += usize::from(judgement == Judgement::Marks);
            if judgement == Judgement::Differ {
                self.part.disagreements += 1;
                if self.part.shown.len() < SHOWN {
                    let shown = self.shrink(item);
                    self.part.shown.push(shown);
                }
            }
        }
        reports.iter().map(|report| verdict(report)).collect()
    }

    /// Compares what both sides make of `text`; `report` is what the oracle says about it.
    fn judge(&mut self, text: &[u8], report: &str) -> Judgement {
        if agree(report, &self.plan.answer(text)) {
            return Judgement::Agree;
        }
        match without_inner_marks(text) {
            Some(other) if agree(&self.oracle.ask(&[&other])[0], &self.plan.answer(&other)) => {
                Judgement::Marks
            }
            _ => Judgement::Differ,
        }
    }

    fn shrink(&mut self, item: &Item) -> Disagreement {
        let text = minimize(&item.text, &mut |text| {
            let report = self.oracle.ask(&[text]).remove(0);
            self.judge(text, &report) == Judgement::Differ
        });
        Disagreement {
            origin: item.origin.to_string(),
            theirs: self.oracle.ask(&[&text]).remove(0),
            ours: self.plan.answer(&text),
            text,
        }
    }
}

impl Outcome {
    fn count(&mut self, item: &Item, report: &str) {
        let verdict = verdict(report);
        self.counts.add(&item.constructs, verdict);
        let read = usize::from(verdict != Verdict::Refused);
        match item.origin {
            Origin::Sample(_) => self.samples_read += read,
            Origin::Generated(_) => self.generated_read += read,
            Origin::Mutated(_) => self.mutated_read += read,
            Origin::Soup(_) | Origin::Order(_) => self.pieces_read += read,
            Origin::Walk(_) => self.steps_read += read,
        }
        self.crashes += usize::from(report.starts_with("panic"));
        if matches!(item.origin, Origin::Mutated(_) | Origin::Sample(_)) {
            self.shapes.add(report);
        }
    }

    fn merge(&mut self, part: Outcome) {
        self.counts.merge(&part.counts);
        self.shapes.merge(part.shapes);
        self.generated_read += part.generated_read;
        self.mutated_read += part.mutated_read;
        self.pieces_read += part.pieces_read;
        self.steps_read += part.steps_read;
        self.samples_read += part.samples_read;
        self.crashes += part.crashes;
        self.marks += part.marks;
        self.disagreements += part.disagreements;
        self.shown.extend(part.shown);
    }

    /// How many steps `walks` walks have.
    pub fn steps(walks: usize) -> usize {
        walks * STEPS
    }
}

/// The next batch of `count` things.
fn batch(next: &AtomicUsize, count: usize) -> Option<std::ops::Range<usize>> {
    let first = next.fetch_add(BATCH, Ordering::Relaxed);
    (first < count).then(|| first..(first + BATCH).min(count))
}

/// Whether both sides say the same. Errors are equal whatever they say, and where the library crashes there
/// is nothing to agree with.
fn agree(theirs: &str, ours: &str) -> bool {
    match theirs.split_once('\n') {
        Some(("panic", _)) => !ours.starts_with("crash"),
        Some(("error", _)) => ours.starts_with("error\n"),
        _ => theirs == ours,
    }
}
