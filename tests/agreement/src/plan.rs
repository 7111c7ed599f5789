//! Which texts a run compares.

use fieldseal_test_support::Random;

use crate::constructs::Construct;
use crate::corpus::Sample;
use crate::generate::{Generated, generate};
use crate::mutate::{edit, mutate};
use crate::soup::{order, orders, soup};

/// Longest text that others are made from.
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
    /// How many texts to change edit by edit, as long as the library reads them.
    pub walks: usize,
    /// Files.
    pub samples: Vec<Sample>,
    /// Our side: the same lines as the oracle's report has behind `ok`, or an error.
    pub ours: fn(&[u8]) -> Result<String, String>,
}

/// A text of a run.
pub(crate) struct Item {
    /// Where it comes from.
    pub(crate) origin: Origin,
    /// The text.
    pub(crate) text: Vec<u8>,
    /// What went into it, if it was generated.
    pub(crate) constructs: Vec<Construct>,
}

/// Where a text comes from.
#[derive(Clone, Debug)]
pub(crate) enum Origin {
    /// A file.
    Sample(String),
    /// The generator.
    Generated(usize),
    /// A mutation.
    Mutated(usize),
    /// Pieces at random.
    Soup(usize),
    /// Pieces in one order of all.
    Order(usize),
    /// A step of a walk.
    Walk(usize),
}

impl std::fmt::Display for Origin {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Origin::Sample(name) => write!(to, "file {name}"),
            Origin::Generated(case) => write!(to, "generated text {case}"),
            Origin::Mutated(case) => write!(to, "mutated text {case}"),
            Origin::Soup(case) => write!(to, "random text {case}"),
            Origin::Order(case) => write!(to, "ordered text {case}"),
            Origin::Walk(case) => write!(to, "walk {case}"),
        }
    }
}

impl Plan {
    /// How many texts there are, the walks not counted.
    pub(crate) fn texts(&self) -> usize {
        self.samples.len() + self.generated + self.mutated + self.soups + orders(self.pieces)
    }

    /// The text number `at`.
    pub(crate) fn item(&self, at: usize) -> Item {
        let plain = |origin, text| Item { origin, text, constructs: Vec::new() };
        let mut case = at;
        if let Some(sample) = self.samples.get(case) {
            return plain(Origin::Sample(sample.name.clone()), sample.text.clone());
        }
        case -= self.samples.len();
        if case < self.generated {
            let Generated { text, constructs } = generate(self.seed, case as u64);
            return Item { origin: Origin::Generated(case), text, constructs };
        }
        case -= self.generated;
        if case < self.mutated {
            return plain(Origin::Mutated(case), self.mutated(case));
        }
        case -= self.mutated;
        if case < self.soups {
            return plain(Origin::Soup(case), soup(self.seed, case as u64));
        }
        case -= self.soups;
        plain(Origin::Order(case), order(self.pieces, case))
    }

    /// The beginning of a walk, and the numbers that decide its steps.
    pub(crate) fn walk(&self, case: usize) -> (Random, Vec<u8>) {
        let mut random = Random::new(self.seed, (1 << 61) + case as u64);
        let text = self.base(&mut random);
        (random, text)
    }

    /// The next step from `text`.
    pub(crate) fn step(&self, random: &mut Random, text: &[u8]) -> Vec<u8> {
        let other = self.base(random);
        let mut text = text.to_vec();
        edit(random, &mut text, &other);
        text.truncate(LONGEST_BASE);
        text
    }

    fn mutated(&self, case: usize) -> Vec<u8> {
        let mut random = Random::new(self.seed, u64::MAX - case as u64);
        let base = self.base(&mut random);
        let other = self.base(&mut random);
        mutate(&mut random, &base, &other)
    }

    /// A text to make others from: a file or a generated one.
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
}
