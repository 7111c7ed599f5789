//! The cases in `testdata/vectors`: each runs the tool, and the real `sops` beside it.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use fieldseal_test_support::{CANARY, Case, Outcome, Sandbox, cases, fieldseal, shape, testdata, tool};

#[test]
fn every_vector_comes_out_as_it_says() {
    let folder = testdata("vectors");
    let paths = cases(&folder);
    assert!(paths.len() > 300, "only {} cases found", paths.len());
    let (next, failures) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(path) = paths.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let problems = run(path);
                    if !problems.is_empty() {
                        let name = path.strip_prefix(&folder).unwrap().display().to_string();
                        failures.lock().unwrap().insert(name, problems);
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    let report = failures.iter().fold(String::new(), |mut report, (name, problems)| {
        let _ = write!(report, "\n{name}\n{problems}");
        report
    });
    assert!(failures.is_empty(), "{} of {} cases failed:\n{report}", failures.len(), paths.len());
}

/// Runs one case and tells what is not as it says; nothing when all is.
fn run(path: &Path) -> String {
    let case = Case::read(&fs::read(path).unwrap());
    let mut problems = String::new();
    let mut expect = |holds: bool, what: &str| {
        if !holds {
            let _ = writeln!(problems, "  {what}");
        }
    };

    let (sandbox, outcome) = start(&case, &fieldseal());
    let said = format!("\n{outcome}").replace('\n', "\n    | ");
    expect(outcome.code == case.exit, &format!("exit code {} instead of {}{said}", outcome.code, case.exit));
    for text in &case.stderr {
        expect(outcome.stderr.contains(text.as_str()), &format!("standard error lacks {text:?}{said}"));
    }
    if let Some(stdout) = &case.stdout {
        expect(outcome.stdout == *stdout, &format!("another standard output{said}"));
    }
    if let Some(expected) = &case.shape {
        expect(shape(&outcome.stdout) == *expected, &format!("an output of another shape{said}"));
    }
    let left: BTreeMap<String, Vec<u8>> = sandbox
        .files()
        .into_iter()
        .filter_map(|(name, content)| Some((name.strip_prefix("work/")?.to_owned(), content)))
        .collect();
    for (name, content) in &case.after {
        expect(left.get(name) == Some(content), &format!("{name} is not as expected afterwards"));
    }
    if case.exit != 0 {
        let before: BTreeMap<_, _> = case.files.iter().cloned().collect();
        expect(left == before, "the failure left a file, or changed one");
        expect(!outcome.mentions(CANARY), &format!("a message holds a secret{said}"));
        expect(outcome.stdout.is_empty(), &format!("the failure wrote to standard output{said}"));
    }

    if let Some(exit) = case.sops {
        let (_, outcome) = start(&case, &tool("sops"));
        expect(
            outcome.code == exit,
            &format!("sops: exit code {} instead of {exit}\n{outcome}", outcome.code),
        );
    }
    problems
}

/// Lays a case out in a folder of its own and runs a program on it.
fn start(case: &Case, program: &Path) -> (Sandbox, Outcome) {
    let sandbox = Sandbox::new();
    for (name, content) in &case.files {
        sandbox.write(name, content);
    }
    if !case.keys.is_empty() {
        let key =
            |name: &String| fs::read_to_string(testdata("vectors/keys").join(format!("{name}.txt"))).unwrap();
        sandbox.install_identity(&case.keys.iter().map(key).collect::<String>());
    }
    let mut command = sandbox.command(program);
    command.args(&case.run).envs(case.env.iter().map(|(name, value)| (name, value)));
    let outcome = Outcome::of(&mut command, &case.stdin);
    (sandbox, outcome)
}
