//! Command lines with their exact stdout, stderr and exit code: one file a case, found by walking the
//! directory `cases`. A new case needs no code.
//!
//! ```text
//! # What this case shows.
//! -- secrets.yaml --
//! password: [CANARY]
//! -- run --
//! $ fieldseal encrypt secrets.yaml
//! > a line of stdout
//! ! a line of stderr
//! = 1
//! -- expect secrets.yaml --
//! password: [CANARY]
//! -- absent other.yaml --
//! ```
//!
//! A section with a plain name writes a file; `run` runs commands; `expect` and `absent` look at files.
//! Sections are worked off in order. In commands, words are split as by a shell, words such as `NAME=x` in
//! front set variables, and `< file` at the end gives a file as stdin. `fieldseal` and `sops` are both the
//! tool, under both names. Without a line with `=` the exit code must be 0.
//!
//! `[CANARY]`, `[RECIPIENT]`, `[IDENTITY]` stand for fixed texts, `[WORK]` for the directory the commands
//! run in, `[..]` in expected lines for anything. Files without a newline at their end are marked by a
//! last line `[NO NEWLINE]`.
//!
//! In every case: a command that fails shows the canary nowhere, stderr never does, and afterwards no file
//! holds it that the case does not name.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use fieldseal_test_support::{CANARY, IDENTITY, Outcome, RECIPIENT, Sandbox, fieldseal};

#[test]
fn every_case_behaves_as_written() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut files = Vec::new();
    collect(&root, &mut files);
    files.sort();
    assert!(!files.is_empty(), "there are cases");
    let only = std::env::var("CASE").ok();
    let mut problems = Vec::new();
    for file in files {
        let name = file.strip_prefix(&root).unwrap().display().to_string();
        if only.as_ref().is_some_and(|only| !name.contains(only.as_str())) {
            continue;
        }
        if let Err(problem) = Case::read(&file).and_then(|case| case.run()) {
            problems.push(format!("=== {name}\n{problem}"));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "case") {
            files.push(path);
        }
    }
}

struct Case {
    steps: Vec<Step>,
}

enum Step {
    Write(String, String),
    Expect(String, String),
    Absent(String),
    Run(Vec<Call>),
}

#[derive(Default)]
struct Call {
    line: String,
    stdout: Vec<String>,
    stderr: Vec<String>,
    code: i32,
}

impl Case {
    fn read(path: &Path) -> Result<Self, String> {
        let text = fs::read_to_string(path).unwrap();
        let text = text
            .replace("[CANARY]", CANARY)
            .replace("[RECIPIENT]", RECIPIENT)
            .replace("[IDENTITY]", IDENTITY);
        let mut steps = Vec::new();
        let mut sections: Vec<(String, String)> = Vec::new();
        for line in text.split_inclusive('\n') {
            let header = line.trim_end().strip_prefix("-- ").and_then(|rest| rest.strip_suffix(" --"));
            match (header, sections.last_mut()) {
                (Some(header), _) => sections.push((header.to_owned(), String::new())),
                (None, Some((_, body))) if line == "[NO NEWLINE]\n" => {
                    body.pop();
                }
                (None, Some((_, body))) => body.push_str(line),
                (None, None) if line.starts_with('#') || line.trim().is_empty() => {}
                (None, None) => return Err(format!("not in a section: {line}")),
            }
        }
        for (header, body) in sections {
            steps.push(match header.split_once(' ') {
                Some(("expect", name)) => Step::Expect(name.to_owned(), body),
                Some(("absent", name)) => Step::Absent(name.to_owned()),
                Some(_) => return Err(format!("no such section: {header}")),
                None if header == "run" => Step::Run(calls(&body)?),
                None => Step::Write(header, body),
            });
        }
        Ok(Self { steps })
    }

    fn run(&self) -> Result<(), String> {
        let sandbox = Sandbox::new();
        let programs = sandbox.root().join("bin");
        fs::create_dir(&programs).unwrap();
        for name in ["fieldseal", "sops"] {
            symlink(fieldseal(), programs.join(name)).unwrap();
        }
        let mut meant = BTreeSet::new();
        for step in &self.steps {
            match step {
                Step::Write(name, text) => {
                    if text.contains(CANARY) {
                        meant.insert(format!("work/{name}"));
                    }
                    sandbox.write(name, text);
                }
                Step::Expect(name, text) => {
                    meant.insert(format!("work/{name}"));
                    let found = fs::read(sandbox.path(name)).map_err(|error| format!("{name}: {error}"))?;
                    if !matches(text, &String::from_utf8_lossy(&found)) {
                        return Err(format!("{name} holds\n{}", String::from_utf8_lossy(&found)));
                    }
                }
                Step::Absent(name) => {
                    if fs::symlink_metadata(sandbox.path(name)).is_ok() {
                        return Err(format!("{name} is there"));
                    }
                }
                Step::Run(calls) => {
                    for call in calls {
                        call.run(&sandbox, &programs)?;
                    }
                }
            }
        }
        for name in sandbox.files_with(CANARY) {
            if !meant.contains(&name) {
                return Err(format!("{name} holds the canary"));
            }
        }
        for name in sandbox.files().keys() {
            if name.contains(".fieldseal-") {
                return Err(format!("{name} is left"));
            }
        }
        Ok(())
    }
}

fn calls(body: &str) -> Result<Vec<Call>, String> {
    let mut calls: Vec<Call> = Vec::new();
    for line in body.lines().filter(|line| !line.is_empty()) {
        let rest = line.get(2..).unwrap_or_default();
        if line.starts_with("$ ") {
            calls.push(Call { line: rest.to_owned(), ..Call::default() });
            continue;
        }
        let call = calls.last_mut().ok_or_else(|| format!("no command before: {line}"))?;
        match line.chars().next() {
            Some('>') => call.stdout.push(rest.to_owned()),
            Some('!') => call.stderr.push(rest.to_owned()),
            Some('=') => call.code = rest.parse().map_err(|_| format!("no exit code: {line}"))?,
            _ => return Err(format!("neither a command nor output: {line}")),
        }
    }
    Ok(calls)
}

impl Call {
    fn run(&self, sandbox: &Sandbox, programs: &Path) -> Result<(), String> {
        let work = sandbox.work().display().to_string();
        let mut words = shlex::split(&self.line.replace("[WORK]", &work)).ok_or("open quote")?;
        let mut input = Vec::new();
        if words.len() > 2 && words[words.len() - 2] == "<" {
            input = fs::read(sandbox.path(&words[words.len() - 1])).unwrap();
            words.truncate(words.len() - 2);
        }
        let is_setting = |word: &String| {
            let name = word.split_once('=').map(|(name, _)| name).unwrap_or_default();
            !name.is_empty() && name.chars().all(|c| c.is_ascii_uppercase() || c == '_' || c.is_ascii_digit())
        };
        let settings = words.iter().take_while(|word| is_setting(word)).count();
        let program = match words[settings].as_str() {
            name @ ("fieldseal" | "sops") => programs.join(name),
            name => PathBuf::from(name),
        };
        let mut command = sandbox.command(program);
        let path = command.get_envs().find(|(name, _)| *name == "PATH").and_then(|(_, path)| path).unwrap();
        let path =
            std::env::join_paths(std::iter::once(programs.to_owned()).chain(std::env::split_paths(path)))
                .unwrap();
        command.env("PATH", path).args(&words[settings + 1..]);
        for (name, value) in words[..settings].iter().filter_map(|word| word.split_once('=')) {
            command.env(name, value);
        }
        let outcome = Outcome::of(&mut command, &input);
        let secret = outcome.stderr.contains(CANARY) || (outcome.code != 0 && outcome.mentions(CANARY));
        let stdout = String::from_utf8_lossy(&outcome.stdout).replace(&work, "[WORK]");
        let stderr = outcome.stderr.replace(&work, "[WORK]");
        let fits = |expected: &[String], found: &str| matches(&lines(expected), &terminated(found));
        if secret || outcome.code != self.code || !fits(&self.stdout, &stdout) || !fits(&self.stderr, &stderr)
        {
            let said = |mark: &str, text: &str| -> String {
                text.lines().map(|line| format!("{mark} {line}\n")).collect()
            };
            return Err(format!(
                "$ {}\n{}{}= {}\n{}",
                self.line,
                said(">", &stdout),
                said("!", &stderr),
                outcome.code,
                if secret { "the canary is out\n" } else { "" },
            ));
        }
        Ok(())
    }
}

fn lines(lines: &[String]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// `text` with a newline at the end of its last line.
fn terminated(text: &str) -> String {
    if text.is_empty() || text.ends_with('\n') { text.to_owned() } else { format!("{text}\n") }
}

/// Whether `text` is what `pattern` says, line by line; `[..]` stands for anything in a line.
fn matches(pattern: &str, text: &str) -> bool {
    let (patterns, lines): (Vec<_>, Vec<_>) = (pattern.split('\n').collect(), text.split('\n').collect());
    patterns.len() == lines.len() && patterns.iter().zip(&lines).all(|(pattern, line)| fits(pattern, line))
}

fn fits(pattern: &str, line: &str) -> bool {
    let parts: Vec<_> = pattern.split("[..]").collect();
    let [first, middle @ .., last] = parts.as_slice() else { return pattern == line };
    let Some(mut rest) = line.strip_prefix(first) else { return false };
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}
