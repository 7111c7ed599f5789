//! The project's tasks: `cargo xtask TASK`.
//!
//! Each task prepares what it needs by itself, so that on a machine with Rust, Go and a C compiler every
//! one of them works in a fresh clone. A task that lacks a tool fails and says which.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a task talks to the person who started it")]

mod demo;
mod deny;
mod dist;
#[cfg(unix)]
mod figures;
mod files;
mod fuzz;
mod release;
mod run;
mod suite;
mod tools;
mod workspace;

use std::process::ExitCode;

use run::Result;

/// What `cargo xtask` prints when it is called without a task it knows.
const USAGE: &str = "\
usage: cargo xtask TASK

  demo             show the main job on a copy of the example repository
  test             run all tests
  deny             check the licences and sources of dependencies
  dist             build the files of a release
  figures          measure the tool beside sops, for docs/benchmarks.md
  fuzz [SECONDS]   run every fuzz target
  tools            build the Go tools that the tests need, and print the folder they are in
  vault            run the tests of `publish` against a real Vault, which takes minutes to build
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (task, rest) = match arguments.split_first() {
        Some((task, rest)) => (task.as_str(), rest),
        None => ("", [].as_slice()),
    };
    match dispatch(task, rest) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xtask {task}: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs one task with the arguments after its name.
fn dispatch(task: &str, arguments: &[String]) -> Result<ExitCode> {
    match task {
        "demo" => demo::demo()?,
        "deny" => deny::deny()?,
        #[cfg(unix)]
        "figures" => figures::figures()?,
        #[cfg(unix)]
        "measure" => figures::measure::measure(arguments)?,
        "dist" => dist::dist()?,
        "fuzz" => fuzz::fuzz(fuzz::Length::parse(arguments)?)?,
        "replace" => demo::editor(arguments)?,
        "test" => suite::test()?,
        "vault" => suite::vault()?,
        "tools" => println!("{}", tools::build()?.display()),
        _ => {
            eprint!("{USAGE}");
            return Ok(ExitCode::from(2));
        }
    }
    Ok(ExitCode::SUCCESS)
}
