//! Texts made up construct by construct, nearly all of which the library reads.

mod block;
mod comment;
mod encode;
mod flow;
mod number;
mod refused;
mod scalar;
mod stream;

use fieldseal_test_support::Random;

pub use number::spelling;

use crate::constructs::Construct;

/// A text and what is in it.
#[derive(Clone, Debug)]
pub struct Generated {
    /// The text.
    pub text: Vec<u8>,
    /// The constructs that went into it.
    pub constructs: Vec<Construct>,
}

/// The text number `case` of a run with `seed`.
pub fn generate(seed: u64, case: u64) -> Generated {
    let mut random = Random::new(seed, case);
    let refused = random.chance(20);
    let mut writer = Writer::new(random);
    if refused {
        writer.refused();
    } else {
        writer.stream();
    }
    writer.finish()
}

/// How a text is written: what does not change from one of its nodes to the next.
#[derive(Clone, Debug)]
struct Habits {
    /// Columns by which a nested collection is indented; 0 for another number each time.
    indent: usize,
    /// Percent of the places for a comment that have one.
    comments: usize,
    /// Percent of the places for blank lines that have some.
    blanks: usize,
    /// Percent of the values that are collections.
    nesting: usize,
    /// Percent of the collections that are in flow style.
    flow: usize,
    /// Percent of the scalars that are written in an unusual way.
    odd: usize,
    /// Percent of the nodes that have a tag or an anchor.
    properties: usize,
    /// Percent of the entries that have a complex key.
    complex: usize,
    /// Levels of collections.
    depth: usize,
}

impl Habits {
    fn new(random: &mut Random) -> Self {
        Self {
            indent: random.weighted(&[(8, 2), (2, 4), (1, 1), (1, 3), (1, 7), (2, 0)]),
            comments: random.choose(&[0, 5, 15, 40, 80]),
            blanks: random.choose(&[0, 5, 20, 50]),
            nesting: random.choose(&[15, 30, 45]),
            flow: random.choose(&[5, 20, 60]),
            odd: random.choose(&[5, 25, 60]),
            properties: random.choose(&[0, 5, 25]),
            complex: random.choose(&[0, 0, 0, 10, 30]),
            depth: random.between(2, 6),
        }
    }
}

/// An anchor that was written.
#[derive(Clone, Debug)]
struct Anchored {
    name: String,
    /// Whether it is on a map that was closed before the place where we are.
    map: bool,
    /// The document in which it stands.
    document: usize,
}

/// Writes a text.
struct Writer {
    random: Random,
    habits: Habits,
    /// The text, with `\n` for each line break.
    out: String,
    constructs: Vec<Construct>,
    anchors: Vec<Anchored>,
    /// The number of the document, from 0.
    document: usize,
    /// The handle that a directive of this document declares.
    handle: Option<&'static str>,
    /// The nodes that may still be written.
    budget: usize,
    /// Makes names of keys and anchors differ.
    names: usize,
    /// How the finished text becomes bytes.
    encoding: encode::Encoding,
}

impl Writer {
    fn new(mut random: Random) -> Self {
        let habits = Habits::new(&mut random);
        let budget = random.weighted(&[(4, 6), (6, 15), (4, 30), (1, 120)]);
        let encoding = encode::Encoding::new(&mut random);
        Self {
            random,
            habits,
            out: String::new(),
            constructs: Vec::new(),
            anchors: Vec::new(),
            document: 0,
            handle: None,
            budget,
            names: 0,
            encoding,
        }
    }

    /// Notes that `construct` went into the text.
    fn note(&mut self, construct: Construct) {
        if !self.constructs.contains(&construct) {
            self.constructs.push(construct);
        }
    }

    /// Writes `text` as it is.
    fn put(&mut self, text: &str) {
        self.out.push_str(text);
    }

    /// Writes `count` blanks.
    fn pad(&mut self, count: usize) {
        self.out.extend(std::iter::repeat_n(' ', count));
    }

    /// The column that comes next, from 0.
    fn column(&self) -> usize {
        let line = self.out.rfind('\n').map_or(0, |at| at + 1);
        self.out[line..].chars().count()
    }

    /// Whether something happens that happens in `percent` of 100 cases.
    fn chance(&mut self, percent: usize) -> bool {
        self.random.chance(percent)
    }

    /// A number that no other call gives.
    fn fresh(&mut self) -> usize {
        self.names += 1;
        self.names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_is_always_the_same_text() {
        for case in 0..50 {
            assert_eq!(generate(1, case).text, generate(1, case).text);
        }
        assert_ne!(generate(1, 0).text, generate(2, 0).text);
    }
}
