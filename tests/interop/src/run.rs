//! What the suites over made-up documents share: which documents a run takes, and how it tells what differs.

use std::collections::BTreeMap;
use std::ops::Range;

use fieldseal_test_support::seed;

/// The documents of a run.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// The seed that they are made with.
    pub seed: u64,
    /// The number of the first one.
    pub first: u64,
    /// How many there are.
    pub count: u64,
}

impl Run {
    /// `count` documents from the first one on, unless `FIELDSEAL_SEED`, `FIELDSEAL_FIRST` and `FIELDSEAL_DOCUMENTS` ask
    /// for others. Prints what it is, so that it can be asked for again.
    ///
    /// # Panics
    /// One of the variables holds something else than a number.
    #[allow(clippy::print_stdout, reason = "a suite says what it does")]
    pub fn of(count: u64) -> Self {
        let number =
            |name, usual| std::env::var(name).map_or(usual, |number| number.parse().expect("a number"));
        let (seed, first, count) =
            (seed(), number("FIELDSEAL_FIRST", 0), number("FIELDSEAL_DOCUMENTS", count));
        println!("FIELDSEAL_SEED={seed} FIELDSEAL_FIRST={first} FIELDSEAL_DOCUMENTS={count}");
        Self { seed, first, count }
    }

    /// The numbers of the documents.
    pub fn cases(&self) -> Range<u64> {
        self.first..self.first + self.count
    }

    /// The same, so many at once.
    pub fn batches(&self, size: u64) -> impl Iterator<Item = Range<u64>> {
        let Range { start, end } = self.cases();
        (start..end).step_by(size as usize).map(move |first| first..(first + size).min(end))
    }
}

/// What differs, by its kind: the length of each document, and the report about it.
pub type Differences = BTreeMap<String, Vec<(usize, String)>>;

/// How often each kind occurred, and the shortest documents in which it did.
pub fn report(differences: Differences) -> String {
    let mut told = String::new();
    for (kind, mut reports) in differences {
        reports.sort();
        told.push_str(&format!("\n==== {kind}: {} times\n", reports.len()));
        reports.into_iter().take(4).for_each(|(_, report)| told.push_str(&format!("{report}\n\n")));
    }
    told
}
