//! `cargo xtask test`: every test of the workspace.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::run::{self, Result};
use crate::{tools, workspace};

/// The packages whose tests run so many documents that they are built with optimisation.
const HEAVY: [&str; 3] = ["fieldseal-test-agreement", "fieldseal-test-regex", "fieldseal-test-interop"];

/// How many tests passed, failed and were left out.
#[derive(Default)]
pub(crate) struct Tally {
    passed: u64,
    failed: u64,
    ignored: u64,
}

/// Builds the tools, runs all tests, and ends with one line that sums them up.
///
/// # Errors
///
/// When a tool does not build, or a test fails.
pub(crate) fn test() -> Result<()> {
    let tools = tools::build()?;
    let mut tally = Tally::default();

    run::step("unit tests and command line tests");
    let mut light = workspace::cargo();
    light.args(["test", "--locked", "--no-fail-fast", "--workspace"]).env("FIELDSEAL_TOOLS", &tools);
    HEAVY.iter().for_each(|package| {
        light.args(["--exclude", package]);
    });
    if cfg!(windows) {
        // A program that runs cannot be replaced there, and this one does.
        light.args(["--exclude", "xtask"]);
    }
    let light = tally.count(&mut light)?;

    run::step("suites against the real sops, yaml.v3 and regexp");
    run::check(workspace::cargo().args(["build", "--locked", "--profile=suite", "--package=fieldseal"]))?;
    let mut heavy = workspace::cargo();
    heavy.args(["test", "--locked", "--no-fail-fast", "--profile=suite"]).env("FIELDSEAL_TOOLS", &tools);
    HEAVY.iter().for_each(|package| {
        heavy.args(["--package", package]);
    });
    let heavy = tally.count(&mut heavy)?;

    let Tally { passed, failed, ignored } = tally;
    println!("\n{passed} passed, {failed} failed, {ignored} skipped");
    if light && heavy && failed == 0 { Ok(()) } else { Err("not all tests passed".into()) }
}

/// Runs the tests of `publish` with the server of Vault itself in place of the small one that the other tests use.
///
/// # Errors
///
/// When it does not build, or a test fails.
pub(crate) fn vault() -> Result<()> {
    let tools = tools::build()?;
    let server = tools::server("vault", "five minutes and more, once")?.join("vault-server");
    let mut tests = workspace::cargo();
    tests.args(["test", "--locked", "--package=fieldseal", "--test=publish"]);
    run::check(tests.env("FIELDSEAL_TOOLS", tools).env("FIELDSEAL_VAULT", server))
}

impl Tally {
    /// Runs `cargo test`, shows what it prints, and adds up the closing line of each test program.
    /// Returns whether cargo was content.
    fn count(&mut self, command: &mut Command) -> Result<bool> {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let lines = BufReader::new(child.stdout.take().expect("standard output is a pipe"));
        for line in lines.split(b'\n') {
            let line = String::from_utf8_lossy(&line?).into_owned();
            println!("{line}");
            self.add(&line);
        }
        Ok(child.wait()?.success())
    }

    /// Adds a line such as `test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; ...`.
    fn add(&mut self, line: &str) {
        let Some((_, counts)) = line.strip_prefix("test result: ").and_then(|rest| rest.split_once(". "))
        else {
            return;
        };
        for count in counts.split("; ") {
            let Some((number, what)) = count.split_once(' ') else { continue };
            let Ok(number) = number.parse::<u64>() else { continue };
            match what {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.ignored += number,
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Tally;

    #[test]
    fn closing_lines_are_added_up() {
        let mut tally = Tally::default();
        for line in [
            "running 3 tests",
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s",
            "test result: FAILED. 4 passed; 2 failed; 0 ignored; 0 measured; 9 filtered out; finished in 1.20s",
        ] {
            tally.add(line);
        }
        assert_eq!((tally.passed, tally.failed, tally.ignored), (7, 2, 1));
    }
}
