//! A run: many texts, both sides, what differs.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use fieldseal_test_support::Random;

use crate::constructs::{Construct, Counts, Verdict};
use crate::corpus::Sample;
use crate::generate::{Generated, generate};
use crate::minimize::minimize;
use crate::mutate::mutate;
use crate::oracle::{Oracle, verdict};
use crate::shapes::Shapes;
use crate::soup::{order, orders, soup};

/// Texts in one question to the oracle.
const BATCH: usize = 128;

/// Disagreements that are made small and shown; more are only counted.
const SHOWN: usize = 40;

/// Longest text that mutated ones are made from.
const LONGEST_BASE: usize = 20_000;

/// What to compare.
pub struct Plan {
    /// Decides all texts.
    pub seed: u64,
    /// How many texts to generate.
    pub generated: usize,
    /// How many texts to make by mutation.
    pub mutated: usize,
    /// How many texts to make of pieces at random.
    pub soups: usize,
    /// Every text of this many pieces is compared as well.
    pub pieces: u32,
    /// Files.
    pub samples: Vec<Sample>,
    /// Our side: the same lines as the oracle's report has behind `ok`, or an error.
    pub ours: fn(&[u8]) -> Result<String, String>,
}

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
    pub soups_read: usize,
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

/// A text of a run.
struct Item {
    origin: Origin,
    text: Vec<u8>,
    constructs: Vec<Construct>,
}

#[derive(Clone, Debug)]
enum Origin {
    Sample(String),
    Generated(usize),
    Mutated(usize),
    Soup(usize),
    Order(usize),
}

impl Plan {
    /// How many texts there are.
    pub fn texts(&self) -> usize {
        self.samples.len() + self.generated + self.mutated + self.soups + orders(self.pieces)
    }

    /// Compares all texts, on `threads` threads.
    pub fn run(&self, threads: usize) -> Outcome {
        let next = AtomicUsize::new(0);
        let outcome = Mutex::new(Outcome::default());
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| self.work(&next, &outcome));
            }
        });
        let mut outcome = outcome.into_inner().expect("no thread failed");
        outcome.shown.sort_by(|one, other| (one.text.len(), &one.text).cmp(&(other.text.len(), &other.text)));
        outcome.shown.dedup_by(|one, other| one.text == other.text);
        outcome
    }

    fn work(&self, next: &AtomicUsize, outcome: &Mutex<Outcome>) {
        let mut oracle = Oracle::start();
        let mut part = Outcome::default();
        loop {
            let first = next.fetch_add(BATCH, Ordering::Relaxed);
            if first >= self.texts() {
                break;
            }
            let items: Vec<Item> =
                (first..(first + BATCH).min(self.texts())).map(|at| self.item(at)).collect();
            let texts: Vec<&[u8]> = items.iter().map(|item| item.text.as_slice()).collect();
            let reports = oracle.ask(&texts);
            for (item, report) in items.iter().zip(&reports) {
                part.count(item, report);
                let judgement = self.judge(&mut oracle, &item.text, report);
                part.marks += usize::from(judgement == Judgement::Marks);
                if judgement == Judgement::Differ {
                    part.disagreements += 1;
                    if outcome.lock().expect("no thread failed").shown.len() < SHOWN {
                        let shown = self.shrink(&mut oracle, item);
                        outcome.lock().expect("no thread failed").shown.push(shown);
                    }
                }
            }
        }
        outcome.lock().expect("no thread failed").merge(part);
    }

    fn item(&self, at: usize) -> Item {
        let files = self.samples.len();
        if at < files {
            let sample = &self.samples[at];
            return Item {
                origin: Origin::Sample(sample.name.clone()),
                text: sample.text.clone(),
                constructs: Vec::new(),
            };
        }
        let case = at - files;
        if case < self.generated {
            let Generated { text, constructs } = generate(self.seed, case as u64);
            return Item { origin: Origin::Generated(case), text, constructs };
        }
        let case = case - self.generated;
        if case < self.mutated {
            return Item { origin: Origin::Mutated(case), text: self.mutated(case), constructs: Vec::new() };
        }
        let case = case - self.mutated;
        if case < self.soups {
            return Item {
                origin: Origin::Soup(case),
                text: soup(self.seed, case as u64),
                constructs: Vec::new(),
            };
        }
        let case = case - self.soups;
        Item { origin: Origin::Order(case), text: order(self.pieces, case), constructs: Vec::new() }
    }

    fn mutated(&self, case: usize) -> Vec<u8> {
        let mut random = Random::new(self.seed, u64::MAX - case as u64);
        let base = self.base(&mut random);
        let other = self.base(&mut random);
        mutate(&mut random, &base, &other)
    }

    /// A text for mutation: a file or a generated one.
    fn base(&self, random: &mut Random) -> Vec<u8> {
        if !self.samples.is_empty() && random.chance(40) {
            let sample = random.pick(&self.samples);
            if sample.text.len() <= LONGEST_BASE {
                return sample.text.clone();
            }
        }
        loop {
            // Apart from the generated texts of the same run.
            let case = (1 << 40) + random.below(1 << 30) as u64;
            let text = generate(self.seed, case).text;
            if text.len() <= LONGEST_BASE {
                return text;
            }
        }
    }

    /// Compares what both sides make of `text`; `report` is what the oracle says about it.
    fn judge(&self, oracle: &mut Oracle, text: &[u8], report: &str) -> Judgement {
        if agree(report, &self.answer(text)) {
            return Judgement::Agree;
        }
        match without_inner_marks(text) {
            Some(other) if agree(&oracle.ask(&[&other])[0], &self.answer(&other)) => Judgement::Marks,
            _ => Judgement::Differ,
        }
    }

    /// What our side says, in the form of the oracle's reports.
    fn answer(&self, text: &[u8]) -> String {
        match catch_unwind(AssertUnwindSafe(|| (self.ours)(text))) {
            Ok(Ok(lines)) => format!("ok\n{lines}"),
            Ok(Err(error)) => format!("error\n{error}\n"),
            Err(_) => "crash\n".to_owned(),
        }
    }

    fn shrink(&self, oracle: &mut Oracle, item: &Item) -> Disagreement {
        let text = minimize(&item.text, &mut |text| {
            let report = oracle.ask(&[text]).remove(0);
            self.judge(oracle, text, &report) == Judgement::Differ
        });
        Disagreement {
            origin: match &item.origin {
                Origin::Sample(name) => format!("file {name}"),
                Origin::Generated(case) => format!("generated text {case}"),
                Origin::Mutated(case) => format!("mutated text {case}"),
                Origin::Soup(case) => format!("random text {case}"),
                Origin::Order(case) => format!("text {case} of {} pieces", self.pieces),
            },
            theirs: oracle.ask(&[&text]).remove(0),
            ours: self.answer(&text),
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
            Origin::Soup(_) | Origin::Order(_) => self.soups_read += read,
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
        self.soups_read += part.soups_read;
        self.samples_read += part.samples_read;
        self.crashes += part.crashes;
        self.marks += part.marks;
        self.disagreements += part.disagreements;
        self.shown.extend(part.shown);
    }
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

/// The text with U+FEFE, a character without any meaning, in the place of each byte order mark that is not at the
/// beginning; nothing if there is none.
fn without_inner_marks(text: &[u8]) -> Option<Vec<u8>> {
    let (mark, other): (&[u8], &[u8]) = match text {
        [0xFF, 0xFE, ..] => (&[0xFF, 0xFE], &[0xFE, 0xFE]),
        [0xFE, 0xFF, ..] => (&[0xFE, 0xFF], &[0xFE, 0xFE]),
        _ => (b"\xEF\xBB\xBF", b"\xEF\xBB\xBE"),
    };
    // In UTF-16 a mark begins at an even place.
    let step = if mark.len() == 2 { 2 } else { 1 };
    let mut changed = text.to_vec();
    let mut any = false;
    for at in (step..text.len()).step_by(step) {
        if text[at..].starts_with(mark) {
            changed[at..at + mark.len()].copy_from_slice(other);
            any = true;
        }
    }
    any.then_some(changed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_inside_a_text_become_another_character() {
        let changed = |text: &str| {
            without_inner_marks(text.as_bytes()).map(|text| String::from_utf8(text).expect("still UTF-8"))
        };
        assert_eq!(changed("\u{feff}a\u{feff}b").as_deref(), Some("\u{feff}a\u{fefe}b"));
        assert_eq!(changed("\u{feff}\u{feff}").as_deref(), Some("\u{feff}\u{fefe}"));
        assert_eq!(changed("\u{feff}a"), None);
        let wide = b"\xFF\xFE\x61\xFF\xFE\x61\xFF\xFE";
        assert_eq!(
            without_inner_marks(wide).as_deref(),
            Some(b"\xFF\xFE\x61\xFF\xFE\x61\xFE\xFE".as_slice())
        );
    }
}
