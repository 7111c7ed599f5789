//! The places that our parser gives to values are where the library inside sops reads them: another text put
//! there changes that value and nothing else.

use fieldseal_core::testing::yaml_replace_value;
use fieldseal_test_agreement::corpus::samples;
use fieldseal_test_agreement::generate::generate;
use fieldseal_test_agreement::mutate::mutate;
use fieldseal_test_agreement::oracle::Oracle;
use fieldseal_test_support::{Random, seed};

/// How many texts are changed.
const TEXTS: u64 = 30_000;

/// Texts in one question to the oracle.
const BATCH: usize = 128;

/// A text before and after a value was replaced.
struct Change {
    before: Vec<u8>,
    after: Vec<u8>,
    /// The place of the value among the nodes.
    value: usize,
}

#[test]
fn a_value_that_is_replaced_changes_alone() {
    let seed = seed();
    let samples = samples();
    let mut oracle = Oracle::start();
    let mut changes = Vec::new();
    let mut changed = 0;
    for case in 0..TEXTS {
        let mut random = Random::new(seed, (1 << 50) + case);
        let text = match random.below(3) {
            0 => generate(seed, (1 << 50) + case).text,
            1 => mutate(&mut random, &generate(seed, (1 << 50) + case).text, b""),
            _ => random.pick(&samples).text.clone(),
        };
        if let Some((after, value)) = yaml_replace_value(&text, random.next()) {
            changes.push(Change { before: text, after, value });
            changed += 1;
        }
        if changes.len() == BATCH || case + 1 == TEXTS {
            check(&mut oracle, &changes, seed);
            changes.clear();
        }
    }
    assert!(changed > TEXTS / 2, "enough texts have a value to replace: {changed}");
}

fn check(oracle: &mut Oracle, changes: &[Change], seed: u64) {
    let texts: Vec<&[u8]> = changes.iter().flat_map(|change| [&*change.before, &*change.after]).collect();
    for (change, reports) in changes.iter().zip(oracle.ask(&texts).chunks(2)) {
        let (before, after) = (nodes(&reports[0]), nodes(&reports[1]));
        let restyled = before.get(change.value).is_some_and(|line| line.contains(" scalar plain "))
            && after.get(change.value).is_some_and(|line| line.contains(" scalar double "));
        // The library takes a comment behind a value that begins with a colon for one behind the colon of a key.
        let colon = change.before.get(equal_bytes(change)) == Some(&b':');
        let same = before.len() == after.len()
            && before.iter().zip(&after).enumerate().all(|(node, (one, other))| {
                let comments_only = node == change.value;
                let ((one, above), (other, below)) = (split(one), split(other));
                // A plain scalar takes the line breaks behind it along, quotes do not, and that can make a comment
                // the foot of something else.
                (comments_only || one == other) && (restyled || colon || above == below)
            });
        assert!(
            same || marks(&change.before) || first_line_grew(change),
            "a value was replaced (FIELDSEAL_SEED={seed}):\n{}\n{}\n{}\n{}",
            change.before.escape_ascii(),
            change.after.escape_ascii(),
            reports[0],
            reports[1]
        );
    }
}

/// The lines of a report that are nodes, without the places.
fn nodes(report: &str) -> Vec<String> {
    let place = |word: &&str| !word.starts_with('@');
    report.lines().skip(2).map(|line| line.split(' ').filter(place).collect::<Vec<_>>().join(" ")).collect()
}

/// A node and its comments.
fn split(line: &str) -> (&str, &str) {
    let comments = ["head", "line", "foot"].iter().filter_map(|side| line.find(&format!(" {side}\"#"))).min();
    line.split_at(comments.unwrap_or(line.len()))
}

/// How many bytes there are before the first that differs: in most cases where the value begins.
fn equal_bytes(change: &Change) -> usize {
    change.before.iter().zip(&change.after).take_while(|(one, other)| one == other).count()
}

/// Whether lines below the first one became part of it: the library takes a comment below the first line
/// for something else than one further down.
fn first_line_grew(change: &Change) -> bool {
    let same = equal_bytes(change);
    let is_break = |character: &char| matches!(character, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}');
    let breaks = |text: &[u8]| String::from_utf8_lossy(text).chars().filter(is_break).count();
    breaks(&change.before[..same]) == 0 && breaks(&change.before) != breaks(&change.after)
}

/// Whether a byte order mark inside the text may change how the library reads it: see
/// `docs/yaml-disagreements.md`.
fn marks(text: &[u8]) -> bool {
    text.windows(3).skip(1).any(|window| window == b"\xEF\xBB\xBF")
}
