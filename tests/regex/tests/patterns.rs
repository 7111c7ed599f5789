//! Patterns mean to this crate what they mean to sops: what Go's `regexp` makes of them.
#![allow(clippy::print_stdout, reason = "a suite says what it did")]

use fieldseal_core::Pattern;
use fieldseal_test_regex::{Case, generate};
use fieldseal_test_support::{Oracle, Random, question, seed};

/// How many patterns a run tries; `FIELDSEAL_PATTERNS` asks for another number.
const PATTERNS: usize = 30_000;

/// How many of them are sent to the oracle at once.
const BATCH: usize = 500;

/// What became of the patterns.
#[derive(Default, Debug)]
struct Tally {
    compiled: usize,
    refused: usize,
    too_large: usize,
    matched: usize,
    unmatched: usize,
}

#[test]
fn generated_patterns_match_what_they_match_in_go() {
    let seed = seed();
    let patterns =
        std::env::var("FIELDSEAL_PATTERNS").map_or(PATTERNS, |count| count.parse().expect("a number"));
    println!("FIELDSEAL_SEED={seed} FIELDSEAL_PATTERNS={patterns}");
    let mut oracle = Oracle::start("regex-oracle");
    let mut tally = Tally::default();
    let mut differences = Vec::new();
    for batch in (0..patterns).step_by(BATCH) {
        let numbers = batch..patterns.min(batch + BATCH);
        let cases: Vec<Case> =
            numbers.clone().map(|case| generate(&mut Random::new(seed, case as u64))).collect();
        let questions: Vec<Vec<u8>> = cases
            .iter()
            .map(|case| {
                let subjects = case.subjects.iter().map(Vec::as_slice);
                question([b"match", case.pattern.as_bytes()].into_iter().chain(subjects))
            })
            .collect();
        for ((number, case), go) in numbers.zip(&cases).zip(oracle.ask(&questions)) {
            if let Some(difference) = compare(case, &go, &mut tally) {
                differences.push(format!("case {number}: {difference}"));
            }
        }
    }
    println!("{tally:?}");
    let shown = differences.iter().take(20).map(|difference| format!("\n{difference}")).collect::<String>();
    assert!(differences.is_empty(), "{} differences, among them:{shown}", differences.len());
    // The agreement means something only if both sides of each question came up.
    assert!(tally.compiled * 2 > patterns && tally.refused * 10 > patterns, "{tally:?}");
    assert!(tally.matched > patterns && tally.unmatched > patterns, "{tally:?}");
    assert!(tally.too_large * 200 < patterns, "{tally:?}");
}

/// How the answer of this crate differs from Go's.
fn compare(case: &Case, go: &[u8], tally: &mut Tally) -> Option<String> {
    let refused = go == b"e";
    match Pattern::compile(&case.pattern) {
        // A limit of this crate, and none of the syntax.
        Err(error) if !error.is_invalid() => {
            tally.too_large += 1;
            None
        }
        Err(error) => {
            tally.refused += 1;
            (!refused).then(|| format!("{:?} compiles in Go; here: {error}", case.pattern))
        }
        Ok(_) if refused => Some(format!("{:?} does not compile in Go", case.pattern)),
        Ok(pattern) => {
            tally.compiled += 1;
            let ours: Vec<u8> = case
                .subjects
                .iter()
                .map(|subject| if pattern.is_match(subject) { b'y' } else { b'n' })
                .collect();
            tally.matched += ours.iter().filter(|answer| **answer == b'y').count();
            tally.unmatched += ours.iter().filter(|answer| **answer == b'n').count();
            let at = ours.iter().zip(go).position(|(ours, go)| ours != go)?;
            let subject = String::from_utf8_lossy(&case.subjects[at]).into_owned();
            Some(format!("{:?} on {subject:?}: Go says {}", case.pattern, char::from(go[at])))
        }
    }
}
