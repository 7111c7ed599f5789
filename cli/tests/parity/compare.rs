//! Running a case on both sides and holding what came out against each other.

use std::collections::{BTreeMap, BTreeSet};

use fieldseal_test_support::{CANARY, Outcome};

use crate::bench::{Bench, Place, Side};
use crate::case::{Call, Case, Expected, Left};
use crate::kind;
use crate::sealed::{Sealed, masked};

/// What came of a case.
#[derive(Default)]
pub(crate) struct Seen {
    /// Everything that is not as it must be.
    pub(crate) problems: Vec<String>,
    /// What sops did, to be read by a person who writes cases.
    pub(crate) shown: String,
}

/// What one side did.
struct Run {
    outcomes: Vec<Outcome>,
    before: BTreeMap<String, Vec<u8>>,
    after: BTreeMap<String, Vec<u8>>,
    left_over: Vec<String>,
}

/// Runs a case through both programs.
pub(crate) fn run(case: &Case, bench: &Bench) -> Seen {
    let (theirs, ours) = (side(case, bench, Side::Theirs), side(case, bench, Side::Ours));
    let mut seen = Seen::default();
    for (index, call) in case.calls.iter().enumerate() {
        let (theirs, ours) = (&theirs.outcomes[index], &ours.outcomes[index]);
        let said = format!("$ {}\n{}{}", call.line, told("sops", theirs), told("ours", ours));
        let problems = compare(call, theirs, ours, bench);
        if !problems.is_empty() {
            seen.problems.push(format!("{}\n{said}", problems.join(", ")));
        }
        seen.shown += &said;
    }
    let names: BTreeSet<_> = theirs.after.keys().chain(ours.after.keys()).collect();
    for name in names {
        let (theirs, now) = (theirs.after.get(name), ours.after.get(name));
        let expected = case.ours_files.iter().find(|(found, _)| found == name).map(|(_, left)| left);
        let problem = match expected {
            Some(left) => left_as(left, ours.before.get(name), now, bench),
            None => differ(theirs, now, bench),
        };
        if let Some(problem) = problem {
            let text = |file: Option<&Vec<u8>>| file.map_or_else(String::new, |text| lines("|", text));
            let texts = format!("sops\n{}ours\n{}", text(theirs), text(now));
            seen.problems.push(format!("file {name}: {problem}\n{texts}"));
        } else if expected.is_some() && differ(theirs, now, bench).is_none() {
            seen.problems.push(format!("file {name}: there is no difference any more"));
        }
    }
    for name in &ours.left_over {
        seen.problems.push(format!("left over: {name}"));
    }
    seen
}

fn side(case: &Case, bench: &Bench, side: Side) -> Run {
    let sandbox = bench.sandbox(case);
    let place = Place::new(&sandbox, side);
    let before = place.files();
    let root = place.root();
    let call = |call: &Call| {
        let mut outcome = Outcome::of(&mut place.command(&call.line), b"");
        outcome.stderr = outcome.stderr.replace(&root, "[ROOT]");
        if let Ok(text) = std::str::from_utf8(&outcome.stdout) {
            outcome.stdout = text.replace(&root, "[ROOT]").into_bytes();
        }
        outcome
    };
    let outcomes = case.calls.iter().map(call).collect();
    let mut after = place.files();
    for content in after.values_mut() {
        if let Ok(text) = std::str::from_utf8(content) {
            *content = text.replace(&root, "[ROOT]").into_bytes();
        }
    }
    Run { outcomes, before, after, left_over: place.left_over() }
}

/// What is wrong with the outcomes of one command line.
fn compare(call: &Call, theirs: &Outcome, ours: &Outcome, bench: &Bench) -> Vec<String> {
    let mut problems = Vec::new();
    let mut problem = |text: &str| problems.push(text.to_owned());
    let code = call.both.code.unwrap_or(0);
    if theirs.code != code {
        problem("sops ends with another exit code than the case says");
    }
    if ours.code != call.ours.code.unwrap_or(code) {
        problem("the exit code");
    }
    if call.ours.code == Some(code) {
        problem("the exit code does not differ");
    }
    let same = differ(Some(&theirs.stdout), Some(&ours.stdout), bench).is_none();
    match &call.ours.stdout {
        Some(text) if *text != terminated(&ours.stdout) => problem("standard output"),
        Some(_) if same => problem("standard output does not differ"),
        None if !same && !are_help(&theirs.stdout, &ours.stdout) => problem("standard output"),
        _ => {}
    }
    if call.both.stdout.as_ref().is_some_and(|text| *text != terminated(&theirs.stdout)) {
        problem("sops prints something else than the case says");
    }
    let kinds = [theirs, ours].map(|outcome| kind::of(&outcome.stderr));
    match &call.ours.says {
        Some(texts) if texts.is_empty() != ours.stderr.is_empty() => problem("standard error"),
        None if !kind::agree(kinds[0], kinds[1]) => problem("the kind of standard error"),
        _ => {}
    }
    let says = |expected: &Expected, outcome: &Outcome| {
        let flat = outcome.stderr.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        expected.says.iter().flatten().all(|text| flat.contains(&text.to_lowercase()))
    };
    if !says(&call.both, theirs) {
        problem("sops does not say what the case says");
    }
    if !says(if call.ours.says.is_some() { &call.ours } else { &call.both }, ours) {
        problem("what is said");
    }
    if ours.stderr.contains(CANARY) {
        problem("standard error holds a secret");
    }
    problems
}

/// Whether both are texts that explain commands and flags, which no script reads.
fn are_help(theirs: &[u8], ours: &[u8]) -> bool {
    let starts = |text: &[u8], start: &str| text.starts_with(start.as_bytes());
    ["NAME:", "Incorrect Usage"].iter().any(|start| starts(theirs, start) && starts(ours, start))
}

/// An outcome for a person, without the bulk of encrypted texts.
fn told(side: &str, outcome: &Outcome) -> String {
    let (stdout, stderr) = (lines(">", &outcome.stdout), lines("!", outcome.stderr.as_bytes()));
    format!("{side} = {}\n{stdout}{stderr}", outcome.code)
}

/// The beginning of a text, with `mark` before each line.
fn lines(mark: &str, text: &[u8]) -> String {
    let text = masked(&String::from_utf8_lossy(text));
    let line = |line: &str| format!("  {mark} {}\n", line.chars().take(150).collect::<String>());
    text.lines().take(25).map(line).collect()
}

/// Standard output with a newline at its end.
fn terminated(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text).into_owned();
    if text.is_empty() || text.ends_with('\n') { text } else { text + "\n" }
}

/// In what two texts differ, if in anything that counts.
fn differ(theirs: Option<&Vec<u8>>, ours: Option<&Vec<u8>>, bench: &Bench) -> Option<String> {
    let (theirs, ours) = match (theirs, ours) {
        (Some(theirs), Some(ours)) => (theirs, ours),
        (None, None) => return None,
        (None, Some(_)) => return Some("only here".into()),
        (Some(_), None) => return Some("not here".into()),
    };
    if theirs == ours {
        return None;
    }
    let mask = |text: &Vec<u8>| masked(&String::from_utf8_lossy(text));
    match (Sealed::of(theirs), Sealed::of(ours)) {
        (None, None) if mask(theirs) == mask(ours) => None,
        (Some(first), Some(second)) if first == second => {
            let [first, second] = [theirs, ours].map(|text| bench.read(first.kind, text));
            (first != second).then(|| {
                let [first, second] =
                    [first, second].map(|(code, text)| (code, String::from_utf8_lossy(&text).into_owned()));
                format!("sops reads something else: {first:#?} {second:#?}")
            })
        }
        (Some(first), Some(second)) => Some(format!("encrypted otherwise: {first:?} {second:?}")),
        _ => Some("the texts differ".into()),
    }
}

/// What is wrong with a file that is expected to differ.
fn left_as(left: &Left, before: Option<&Vec<u8>>, now: Option<&Vec<u8>>, bench: &Bench) -> Option<String> {
    let fits = match (left, now) {
        (Left::Absent, now) => now.is_none(),
        (Left::Unchanged, now) => now == before,
        (_, None) => false,
        (Left::Holds(text), Some(now)) => text.as_bytes() == now,
        (Left::Reads(text), Some(now)) => Sealed::of(now)
            .is_some_and(|sealed| bench.read(sealed.kind, now) == (0, text.as_bytes().to_vec())),
    };
    (!fits).then(|| "not as the case says".into())
}
