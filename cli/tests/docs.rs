//! The examples in `docs/commands/*.md`, run against the built tool: one sandbox for each page, its blocks in their order.
//!
//! A fenced block with the word `console` holds commands and what they print, as a terminal shows it:
//!
//! ````text
//! ```console
//! $ fieldseal filestatus secrets.yaml
//! {"encrypted":true}
//! ```
//! ````
//!
//! A line that begins with `$ ` is a command; lines behind it that begin with `> ` continue it, as those of a here
//! document do. It runs in `sh`, so it may have pipes and variables, and it must end with 0 (`|| true` behind one that is
//! meant to fail, or `; echo $?`). The lines up to the next command are what it prints, errors included. `...` in a line
//! stands for anything, a line that is `...` for any lines. Without any line the output is not looked at.
//!
//! What a page needs but should not show stands in a comment before the block:
//!
//! ```text
//! <!-- file secrets.yaml
//! password: x
//! -->
//! <!-- run
//! fieldseal encrypt -i secrets.yaml
//! -->
//! ```
//!
//! In every sandbox `$ALICE` and `$BOB` are two recipients of age. The identity of Alice is in its usual place, that of
//! Bob in the file `$BOB_KEY`. `fieldseal` and `sops` are the tool under both names, `age-keygen` and the like are there.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::os::unix::fs::symlink;

use fieldseal_test_support::{IDENTITY, Outcome, RECIPIENT, Sandbox, fieldseal, root, testdata};

/// A second recipient. Its identity is in [`bob_key`].
const BOB: &str = "age1ys4npv0tz4q9c5lyhskpkf4x8daluu7p6xrlf4vz5ptk55p6zgpqks6adm";

/// The file with the identity of [`BOB`].
fn bob_key() -> std::path::PathBuf {
    testdata("vectors/keys/bob.txt")
}

#[test]
fn the_examples_of_every_page_do_what_they_show() {
    let mut pages: Vec<_> =
        fs::read_dir(root().join("docs/commands")).unwrap().map(|entry| entry.unwrap().path()).collect();
    pages.retain(|page| page.extension().is_some_and(|extension| extension == "md"));
    pages.sort();
    assert!(!pages.is_empty(), "there are pages");
    let only = std::env::var("PAGE").ok();
    let mut problems = Vec::new();
    for page in pages {
        let name = page.file_name().unwrap().to_string_lossy().into_owned();
        if only.as_ref().is_some_and(|only| !name.contains(only.as_str())) {
            continue;
        }
        if let Err(problem) = run(&fs::read_to_string(&page).unwrap()) {
            problems.push(format!("=== docs/commands/{name}\n{problem}"));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// Works off a page.
fn run(page: &str) -> Result<(), String> {
    let sandbox = Sandbox::new();
    let programs = sandbox.root().join("bin");
    fs::create_dir(&programs).unwrap();
    for name in ["fieldseal", "sops"] {
        symlink(fieldseal(), programs.join(name)).unwrap();
    }
    sandbox.install_identity(IDENTITY);
    let place = Place { sandbox, programs };
    let mut commands = 0;
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let mut until = |end: &str| -> Vec<&str> { lines.by_ref().take_while(|line| *line != end).collect() };
        if let Some(name) = line.strip_prefix("<!-- file ") {
            let text: String = until("-->").iter().map(|line| format!("{line}\n")).collect();
            let text = text.replace("$ALICE", RECIPIENT).replace("$BOB", BOB);
            place.sandbox.write(name, text);
        } else if line == "<!-- run" {
            place.run(&until("-->").join("\n"))?;
        } else if line == "```console" {
            for (command, expected) in calls(&until("```"))? {
                let printed = place.run(&command)?;
                let printed: Vec<&str> = printed.lines().collect();
                if !expected.is_empty() && !fits(&expected, &printed) {
                    return Err(format!(
                        "$ {command}\n{}\nis not\n{}",
                        printed.join("\n"),
                        expected.join("\n")
                    ));
                }
                commands += 1;
            }
        }
    }
    if commands == 0 { Err("the page has no example".to_owned()) } else { Ok(()) }
}

/// The commands of a block, each with the lines that it is to print.
fn calls<'a>(block: &[&'a str]) -> Result<Vec<(String, Vec<&'a str>)>, String> {
    let mut calls: Vec<(String, Vec<&str>)> = Vec::new();
    for line in block {
        match (line.strip_prefix("$ "), line.strip_prefix("> "), calls.last_mut()) {
            (Some(command), ..) => calls.push((command.to_owned(), Vec::new())),
            (None, Some(more), Some((command, printed))) if printed.is_empty() => {
                command.push('\n');
                command.push_str(more);
            }
            (None, _, Some((_, printed))) => printed.push(line),
            (None, _, None) => return Err(format!("no command before: {line}")),
        }
    }
    // An empty line between two commands is for the eye.
    for (_, printed) in &mut calls {
        while printed.last().is_some_and(|line| line.is_empty()) {
            printed.pop();
        }
    }
    Ok(calls)
}

/// Where the commands of a page run.
struct Place {
    sandbox: Sandbox,
    programs: std::path::PathBuf,
}

impl Place {
    /// Runs a command and returns what it prints.
    fn run(&self, command: &str) -> Result<String, String> {
        // On lines of its own, as a here document may end it.
        let mut shell = self.sandbox.command("sh");
        let path = shell.get_envs().find(|(name, _)| *name == "PATH").and_then(|(_, path)| path).unwrap();
        let own = std::iter::once(self.programs.clone());
        let path = std::env::join_paths(own.chain(std::env::split_paths(path))).unwrap();
        shell.args(["-c", &format!("{{\n{command}\n}} 2>&1")]).env("PATH", path);
        shell.env("ALICE", RECIPIENT).env("BOB", BOB).env("BOB_KEY", bob_key());
        let outcome = Outcome::of(&mut shell, b"");
        if outcome.code == 0 {
            return Ok(String::from_utf8_lossy(&outcome.stdout).into_owned());
        }
        Err(format!("$ {command}\n{outcome}"))
    }
}

/// Whether `lines` are what `pattern` says. A line `...` stands for any number of lines.
fn fits(pattern: &[&str], lines: &[&str]) -> bool {
    match pattern.split_first() {
        None => lines.is_empty(),
        Some((&"...", rest)) => (0..=lines.len()).any(|skipped| fits(rest, &lines[skipped..])),
        Some((first, rest)) => match lines.split_first() {
            Some((line, more)) => line_fits(first, line.trim_end()) && fits(rest, more),
            None => false,
        },
    }
}

/// Whether `line` is what `pattern` says. `...` stands for anything.
fn line_fits(pattern: &str, line: &str) -> bool {
    let parts: Vec<_> = pattern.trim_end().split("...").collect();
    let [first, middle @ .., last] = parts.as_slice() else { return pattern.trim_end() == line };
    let Some(mut rest) = line.strip_prefix(first) else { return false };
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.len() >= last.len() && rest.ends_with(last)
}

#[test]
fn patterns_stand_for_what_they_say() {
    assert!(fits(&["a", "...", "c..."], &["a", "b", "b", "cd"]));
    assert!(fits(&["a", "..."], &["a"]));
    assert!(!fits(&["a", "c"], &["a", "b", "c"]));
    assert!(!fits(&["a"], &[]));
    assert!(line_fits("x ... z", "x y z") && !line_fits("x ... z", "x y"));
}
