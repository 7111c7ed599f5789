//! What has to change in a text to make another one of it.
//!
//! The changes are small where the texts are alike, and finding them takes time that grows with the texts and no faster,
//! whatever they are: words that each text has once hold the two against each other, and between them only as many words
//! are compared at a time as fit into a window.

use std::collections::HashMap;
use std::ops::Range;

use imara_diff::{Algorithm, Diff, InternedInput};

/// How many words of each text are compared at a time. The time for a word is at worst proportional to it.
const WINDOW: usize = 256;

/// A range of the old text, and the range of the new one that takes its place.
pub(crate) type Change = (Range<usize>, Range<usize>);

/// The changes that make `new` of `old`, in bytes, in the order of the texts. Changes do not overlap, and what lies between
/// them is the same in both texts.
pub(crate) fn changes(old: &[u8], new: &[u8]) -> Vec<Change> {
    let prefix = common(old.iter().zip(new));
    let (old, new) = (&old[prefix..], &new[prefix..]);
    let suffix = common(old.iter().rev().zip(new.iter().rev()));
    let (old, new) = (&old[..old.len() - suffix], &new[..new.len() - suffix]);
    let (old, new) = (words(old), words(new));
    let mut changes = Changes { old: &old, new: &new, found: Vec::new() };
    let mut from = (0, 0);
    for to in anchors(&old, &new).into_iter().chain([(old.len(), new.len())]) {
        changes.between(from, to);
        from = to;
    }
    let (old_starts, new_starts) = (starts(&old, prefix), starts(&new, prefix));
    let bytes = |words: Range<usize>, starts: &[usize]| starts[words.start]..starts[words.end];
    changes.found.into_iter().map(|(old, new)| (bytes(old, &old_starts), bytes(new, &new_starts))).collect()
}

/// The changes found so far, in words.
struct Changes<'a> {
    old: &'a [&'a [u8]],
    new: &'a [&'a [u8]],
    found: Vec<Change>,
}

impl Changes<'_> {
    /// Adds the changes of the words from one pair of places to another one.
    fn between(&mut self, from: (usize, usize), to: (usize, usize)) {
        let same = common(self.old[from.0..to.0].iter().rev().zip(self.new[from.1..to.1].iter().rev()));
        let end = (to.0 - same, to.1 - same);
        let mut at = from;
        loop {
            let same = common(self.old[at.0..end.0].iter().zip(&self.new[at.1..end.1]));
            at = (at.0 + same, at.1 + same);
            if at.0 == end.0 || at.1 == end.1 {
                return self.add(at, end);
            }
            at = self.within_window(at, end);
        }
    }

    /// Adds the changes from `at` on that a window shows, and returns a place behind them. It is at least half a window
    /// ahead, or what follows it is the same in both texts for so long.
    fn within_window(&mut self, at: (usize, usize), end: (usize, usize)) -> (usize, usize) {
        let window = ((end.0 - at.0).min(WINDOW), (end.1 - at.1).min(WINDOW));
        let last = (at.0 + window.0, at.1 + window.1) == end;
        // To what the words near the end of a window belong shows only in the next one.
        let limit = if last { window } else { (window.0 - window.0 / 4, window.1 - window.1 / 4) };
        let limit = (at.0 + limit.0, at.1 + limit.1);
        let mut input = InternedInput::default();
        input.update_before(self.old[at.0..at.0 + window.0].iter().copied());
        input.update_after(self.new[at.1..at.1 + window.1].iter().copied());
        let mut reached = at;
        for hunk in Diff::compute(Algorithm::Histogram, &input).hunks() {
            let from = (at.0 + hunk.before.start as usize, at.1 + hunk.after.start as usize);
            let to = (at.0 + hunk.before.end as usize, at.1 + hunk.after.end as usize);
            if to.0 > limit.0 || to.1 > limit.1 {
                if from.0 - at.0 + from.1 - at.1 < WINDOW / 2 {
                    // Nothing in the window is alike. It is taken as a whole, so that there is an end.
                    reached = (from.0.max(limit.0), from.1.max(limit.1));
                    self.add(from, reached);
                }
                break;
            }
            self.add(from, to);
            reached = to;
        }
        reached
    }

    fn add(&mut self, from: (usize, usize), to: (usize, usize)) {
        match self.found.last_mut() {
            _ if from == to => {}
            Some((old, new)) if (old.end, new.end) == from => (old.end, new.end) = to,
            _ => self.found.push((from.0..to.0, from.1..to.1)),
        }
    }
}

/// The places of words that both texts have, each of them once: as many as stand in the same order in both.
fn anchors(old: &[&[u8]], new: &[&[u8]]) -> Vec<(usize, usize)> {
    // What stands between words stands there often, and is most of what there is.
    let counts = |(_, word): &(usize, &&[u8])| is_word(&word[0]);
    let mut places: HashMap<&[u8], (Place, Place)> = HashMap::new();
    for (index, word) in old.iter().enumerate().filter(counts) {
        places.entry(word).or_default().0.see(index);
    }
    for (index, word) in new.iter().enumerate().filter(counts) {
        // What the old text has not is no anchor.
        if let Some((_, place)) = places.get_mut(word) {
            place.see(index);
        }
    }
    let mut pairs: Vec<(usize, usize)> = places
        .into_values()
        .filter_map(|places| match places {
            (Place::Once(old), Place::Once(new)) => Some((old, new)),
            _ => None,
        })
        .collect();
    pairs.sort_unstable();
    longest_rising(&pairs)
}

/// Where a text has a word.
#[derive(Clone, Copy, Default)]
enum Place {
    #[default]
    Nowhere,
    Once(usize),
    Often,
}

impl Place {
    fn see(&mut self, index: usize) {
        *self = if matches!(self, Self::Nowhere) { Self::Once(index) } else { Self::Often };
    }
}

/// As many as possible of `pairs`, which rise in the first number, so that they rise in the second one too.
fn longest_rising(pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    // For each length the pair with the smallest second number that ends a row of that length; for each pair the one
    // before it in such a row.
    let (mut ends, mut before): (Vec<usize>, Vec<Option<usize>>) =
        (Vec::new(), Vec::with_capacity(pairs.len()));
    for (index, (_, second)) in pairs.iter().enumerate() {
        let length = ends.partition_point(|end: &usize| pairs[*end].1 < *second);
        before.push(length.checked_sub(1).map(|shorter| ends[shorter]));
        if length == ends.len() {
            ends.push(index);
        } else {
            ends[length] = index;
        }
    }
    let mut row: Vec<_> = std::iter::successors(ends.last().copied(), |index| before[*index])
        .map(|index| pairs[index])
        .collect();
    row.reverse();
    row
}

/// Splits a text into words and single other bytes, so that a change costs a few bytes and not its line.
fn words(text: &[u8]) -> Vec<&[u8]> {
    text.chunk_by(|one, next| is_word(one) && is_word(next)).collect()
}

/// Whether a byte is one of a word, and not one that stands between words.
fn is_word(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || *byte >= 0x80
}

/// The offsets at which words begin that stand one behind the other from `start` on, and where the last one ends.
fn starts(words: &[&[u8]], start: usize) -> Vec<usize> {
    let mut starts = Vec::with_capacity(words.len() + 1);
    starts.push(start);
    starts.extend(words.iter().scan(start, |at, word| {
        *at += word.len();
        Some(*at)
    }));
    starts
}

/// How many pairs are of two equal things before the first that is not.
fn common<T: PartialEq>(pairs: impl Iterator<Item = (T, T)>) -> usize {
    pairs.take_while(|(one, other)| one == other).count()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// Makes the new text of the old one; returns how many bytes of it are new, and how many changes there are.
    fn check(old: &str, new: &str) -> (usize, usize) {
        let changes = changes(old.as_bytes(), new.as_bytes());
        let (mut made, mut at) = (String::new(), 0);
        for (removed, added) in &changes {
            assert!(removed.start >= at, "{changes:?}");
            made += &old[at..removed.start];
            made += &new[added.clone()];
            at = removed.end;
        }
        made += &old[at..];
        assert!(made == new, "{old:?} {new:?} {changes:?}");
        (changes.iter().map(|(_, added)| added.len()).sum(), changes.len())
    }

    #[test]
    fn changes_make_the_new_text() {
        for (old, new, cost) in [
            ("", "", (0, 0)),
            ("same", "same", (0, 0)),
            ("", "all", (3, 1)),
            ("all", "", (0, 1)),
            ("a b c", "a c", (0, 1)),
            ("a: 31\nb: x\n", "a: 0x1F\nb: x\n", (4, 1)),
            // What occurs once stays where it is, also where that costs more.
            ("a a a a b", "b a a a a", (8, 2)),
            ("x: 1\ny: 2\n", "y: 2\nx: 1\n", (5, 2)),
        ] {
            assert_eq!(check(old, new), cost, "{old:?} {new:?}");
        }
    }

    #[test]
    fn random_texts_are_made_whatever_they_are() {
        let mut state = 1_u64;
        let mut random = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        for case in 0..60 {
            // Few different words, and many; short texts, and such as fill several windows.
            let (kinds, length) = ([2, 5, 40, 5000][case % 4], random(if case % 3 == 0 { 2000 } else { 30 }));
            let old: Vec<u64> = (0..length).map(|_| random(kinds)).collect();
            let mut new = Vec::new();
            for word in &old {
                match random(8) {
                    0 => {}
                    1 => new.push(random(kinds)),
                    2 => new.extend((0..random(300)).map(|_| random(kinds))),
                    _ => new.push(*word),
                }
            }
            let text = |words: &[u64]| words.iter().map(|word| format!("w{word} ")).collect::<String>();
            check(&text(&old), &text(&new));
            check(&text(&new), &text(&old));
        }
    }

    #[test]
    fn many_small_changes_stay_small() {
        let text = |line: &dyn Fn(usize) -> String| (0..10_000).map(line).collect::<String>();
        let cost = |old: &str, new: &str| check(old, new).0;
        // Keys that occur once, values that repeat.
        assert_eq!(cost(&text(&|n| format!("a{n}: 31\n")), &text(&|n| format!("a{n}: 0x1F\n"))), 4 * 10_000);
        // Nothing that occurs once.
        assert_eq!(cost(&text(&|_| "- 31\n".into()), &text(&|_| "- 0x1F\n".into())), 4 * 10_000);
        assert_eq!(cost(&text(&|_| "- x\n".into()), &text(&|_| "- *a\n".into())), 2 * 10_000);
        // Something long that the new text has not.
        let long = "p: q\n".repeat(5_000);
        let old = format!("{}a: {long}{}", "x: 1\n".repeat(900), "y: 2\n".repeat(900));
        let new = format!("{}a: *b\n{}", "x: 1\n".repeat(900), "y: 2\n".repeat(900));
        assert!(cost(&old, &new) < 20);
    }

    #[test]
    fn texts_that_are_not_alike_come_to_an_end() {
        let one: String = (0..40_000).map(|n| if n % 3 == 0 { "a " } else { "b " }).collect();
        let other: String = (0..40_000).map(|n| if n % 7 == 0 { "b, " } else { "a- " }).collect();
        check(&one, &other);
    }
}
