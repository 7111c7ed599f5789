//! The same command lines through the real `sops` and through the tool under that name.
//!
//! The cases are the text files in `cases`, found by walking; `case.rs` describes how they are written, and
//! `fixtures.txt` holds the files that they share, encrypted once by the real `sops`. Each command line must
//! end with the same exit code, the same standard output and the same kind of standard error, and leave the
//! same files behind: an encrypted one counts as the same when `sops` reads the same from it, the same
//! leaves of it are encrypted, and it is for the same keys.
//!
//! Where the two differ on purpose, the case says what is expected here and names a row of
//! `docs/differences-from-sops.md`; each row of that page names a case or a test that shows it.
//!
//! To write a case: `PARITY_CASE=part-of-a-name` runs some, `PARITY_CASES=folder` those of another folder, and
//! `PARITY_SHOW=1` prints what both did in each case that ran.
#![cfg(target_os = "linux")] // The cases use tools in their GNU form.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bench;
mod case;
mod compare;
mod kind;
mod page;
mod sealed;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use bench::Bench;
use case::Case;

/// How many command lines there are at least, so that none gets lost.
const COMMAND_LINES: usize = 400;

#[test]
fn both_do_the_same_but_for_the_listed_differences() {
    let only = std::env::var("PARITY_CASE").unwrap_or_default();
    let show = std::env::var_os("PARITY_SHOW").is_some();
    let cases: Vec<_> = all_cases().into_iter().filter(|case| case.title().contains(&only)).collect();
    let bench = Bench::new();
    let (next, problems) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let seen = compare::run(case, &bench);
                    let mut text = if show { seen.shown } else { String::new() };
                    text.extend(seen.problems.iter().map(|problem| format!("- {problem}\n")));
                    if !text.is_empty() {
                        problems.lock().unwrap().insert(case.title(), text);
                    }
                }
            });
        }
    });
    let problems = problems.into_inner().unwrap();
    let text: String = problems.iter().map(|(title, text)| format!("=== {title}\n{text}")).collect();
    assert!(problems.is_empty(), "{} of {} cases:\n{text}", problems.len(), cases.len());
}

#[test]
fn the_cases_are_many_and_their_names_are_different() {
    let cases = all_cases();
    let names: BTreeSet<_> = cases.iter().map(|case| &case.name).collect();
    assert_eq!(names.len(), cases.len(), "two cases have one name");
    let lines: usize = cases.iter().map(|case| case.calls.len()).sum();
    assert!(lines >= COMMAND_LINES, "there are {lines} command lines");
}

#[test]
fn each_listed_difference_is_shown_by_a_case_or_a_test() {
    page::check(&all_cases());
}

/// Every case, in the order of the names of their files.
fn all_cases() -> Vec<Case> {
    let folder = std::env::var_os("PARITY_CASES").map_or_else(|| folder().join("cases"), PathBuf::from);
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let read = |file: &PathBuf| {
        let group = file.file_stem().unwrap().to_string_lossy().into_owned();
        case::read(&group, &std::fs::read_to_string(file).unwrap())
    };
    files.iter().filter(|file| file.extension().is_some_and(|found| found == "txt")).flat_map(read).collect()
}

/// The folder of this suite.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/parity")
}
