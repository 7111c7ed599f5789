//! Made-up documents, paths and values: after our `set` and `unset` sops reads the values that it has after its own,
//! and all comments are there; what is not part of the change keeps its bytes unless the format allows no other way.
#![allow(clippy::print_stdout, reason = "a suite says what it did")]

use std::collections::BTreeMap;

use fieldseal_core::edit::{self, Beyond, NewValue};
use fieldseal_core::{Format, Step, Stores};
use fieldseal_test_interop::{
    Answer, Differences, Leaf, Run, Sops, format_name, generate, look, report, set, unset,
};
use fieldseal_test_support::Random;
use serde_json::{Value, json};

/// How many documents a run has; `FIELDSEAL_DOCUMENTS` asks for another number.
const DOCUMENTS: u64 = 4_000;

/// How many of them are worked on at once.
const BATCH: u64 = 200;

/// Strings that are easily read back as something else.
const TRAPS: &[&str] = &[
    "",
    "a",
    "true",
    "1e3",
    "~",
    "null",
    "0x1F",
    "017",
    "2020-01-02",
    "12:30",
    "y",
    "a\nb\n",
    "\n\n",
    " lead",
    "trail ",
    "a: b",
    "a #b",
    "#",
    "- x",
    "[x]",
    "{x}",
    "'q'",
    "\"q\"",
    "é",
    "😀",
    "\u{7}",
    "\r\n",
    "\u{2028}",
    "\u{feff}",
    "back\\slash",
    "x\\ny",
    "ENC[x]",
    "*a",
    "&a",
    "!t",
    "%",
    "@",
    "`",
    "=",
    "<<",
    ";c",
    "%(x)s",
    "a\n b\n  c",
    "line\n\n\nline",
    "-",
    "?",
    ":",
    "key=value",
];

struct Case {
    number: u64,
    format: Format,
    text: Vec<u8>,
    path: Vec<Step>,
    json: String,
    value: Option<Value>,
}

#[derive(Default)]
struct Tally {
    spliced: u64,
    /// Of the documents that were changed in one place: their bytes, and those in front of and behind the change.
    bytes: usize,
    kept: usize,
    reprinted: BTreeMap<&'static str, u64>,
    refused: u64,
    stricter: BTreeMap<String, u64>,
    differences: Differences,
}

#[test]
fn sops_reads_after_our_edits_what_it_has_after_its_own() {
    let run = Run::of(DOCUMENTS);
    let mut sops = Sops::start();
    let mut tally = Tally::default();
    for batch in run.batches(BATCH) {
        let documents: Vec<_> = batch.map(|case| (case, generate(run.seed, case))).collect();
        let questions: Vec<_> =
            documents.iter().map(|(_, document)| look(document.format, &document.text)).collect();
        let cases: Vec<Case> = documents
            .into_iter()
            .zip(sops.ask(&questions))
            .filter_map(|((number, document), answer)| {
                let mut random = Random::new(run.seed ^ 0x5e7, number);
                let path = path(&answer.ok()?.leaves, &mut random)?;
                let value = random.chance(70).then(|| value(&mut random, 2));
                let json = path_as_json(&path);
                Some(Case { number, format: document.format, text: document.text, path, json, value })
            })
            .collect();
        let questions: Vec<_> = cases
            .iter()
            .map(|case| match &case.value {
                Some(value) => set(case.format, &case.text, &case.json, &value.to_string()),
                None => unset(case.format, &case.text, &case.json),
            })
            .collect();
        let theirs = sops.ask(&questions);
        let ours: Vec<_> = cases.iter().map(edited).collect();
        // What sops prints is read as well: formats that have only strings turn numbers into such.
        let questions: Vec<_> = cases
            .iter()
            .zip(ours.iter().zip(&theirs))
            .flat_map(|(case, (ours, theirs))| {
                let texts = [
                    ours.as_ref().map_or(&b""[..], |(text, _)| text),
                    theirs.as_ref().map_or(&b""[..], |read| &read.text),
                ];
                texts.map(|text| look(case.format, text))
            })
            .collect();
        let read = sops.ask(&questions);
        for ((case, ours), (theirs, read)) in cases.iter().zip(&ours).zip(theirs.iter().zip(read.chunks(2))) {
            tally.add(case, ours, theirs, &read[0], &read[1]);
        }
    }
    println!(
        "spliced {}, printed anew {:?}, refused by both {}, only by us {:#?}",
        tally.spliced, tally.reprinted, tally.refused, tally.stricter
    );
    assert!(tally.differences.is_empty(), "{}", report(tally.differences));
    println!("of {} bytes {} stayed", tally.bytes, tally.kept);
    assert!(tally.spliced > run.count / 3, "most of it was compared");
    assert!(tally.kept * 10 > tally.bytes * 8, "most of each text stays");
}

fn edited(case: &Case) -> Result<(Vec<u8>, bool), String> {
    let edited = match &case.value {
        Some(value) => {
            let value =
                NewValue::from_json(value.to_string().as_bytes()).map_err(|error| error.to_string())?;
            edit::set(&case.text, case.format, &case.path, &value, Beyond::Append, &Stores::default())
        }
        None => edit::unset(&case.text, case.format, &case.path, &Stores::default()),
    };
    let edited = edited.map_err(|error| error.to_string())?;
    Ok((edited.text.as_bytes().to_vec(), edited.reprinted))
}

impl Tally {
    fn add(
        &mut self,
        case: &Case,
        ours: &Result<(Vec<u8>, bool), String>,
        theirs: &Answer,
        read: &Answer,
        printed: &Answer,
    ) {
        let format = format_name(case.format);
        let what = if case.value.is_some() { "set" } else { "unset" };
        let mut differ = |kind: &str, detail: String| {
            let value = case.value.as_ref().map(ToString::to_string).unwrap_or_default();
            let report = format!(
                "case {}: {what} {} {value}\n{}\n---- {detail}",
                case.number,
                case.json,
                String::from_utf8_lossy(&case.text)
            );
            self.differences
                .entry(format!("{format}, {what}: {kind}"))
                .or_default()
                .push((case.text.len(), report));
        };
        match (ours, theirs) {
            (Err(_), Err(_)) => self.refused += 1,
            (Ok((text, reprinted)), Ok(theirs)) => {
                let shown = String::from_utf8_lossy(text);
                let Ok(read) = read else {
                    return differ("sops cannot read ours", shown.into_owned());
                };
                let flat = matches!(case.format, Format::Dotenv | Format::Ini | Format::Binary);
                let yours = match printed {
                    Ok(printed) if flat || *reprinted => values(&printed.leaves),
                    _ => values(&theirs.leaves),
                };
                let mine = values(&read.leaves);
                // What sops prints loses quotes and keys in INI.
                let as_text = case.format == Format::Ini && texts(&mine) == texts(&values(&theirs.leaves));
                if mine != yours && !as_text {
                    return differ("other values", format!("{shown}\n{mine:#?}\n{yours:#?}"));
                }
                if *reprinted {
                    *self.reprinted.entry(format).or_default() += 1;
                    if std::env::var_os("FIELDSEAL_SHOW").is_some() {
                        println!(
                            "printed anew: case {}: {what} {} {:?}\n{}\n----\n",
                            case.number,
                            case.json,
                            case.value,
                            String::from_utf8_lossy(&case.text)
                        );
                    }
                } else {
                    self.spliced += 1;
                    self.kept += kept_bytes(&case.text, text);
                    self.bytes += case.text.len();
                }
            }
            // Comments with nothing in them make its library for INI crash.
            (Ok(_), Err(refusal)) if case.format == Format::Ini && refusal.step == "crash" => {
                *self.stricter.entry("ini: sops crashes".to_owned()).or_default() += 1;
            }
            (Ok((text, _)), Err(refusal)) => {
                differ(
                    &format!(
                        "only sops refuses: {} {}",
                        refusal.step,
                        refusal.message.chars().take(50).collect::<String>()
                    ),
                    String::from_utf8_lossy(text).into_owned(),
                );
            }
            (Err(problem), Ok(theirs)) => {
                let problem = problem.rsplit(": ").next().unwrap_or_default();
                let flat = matches!(case.format, Format::Dotenv | Format::Ini);
                if flat && problem.contains("would not read back")
                    || STRICTER.iter().any(|known| problem.contains(known))
                {
                    *self.stricter.entry(format!("{format}: {problem}")).or_default() += 1;
                } else {
                    differ(&format!("only we refuse: {problem}"), format!("{:#?}", values(&theirs.leaves)));
                }
            }
        }
    }
}

/// Why we refuse what sops takes.
const STRICTER: [&str; 12] = [
    // A key that JSON has twice is found at its first place.
    "but tree part is not",
    "a binary file",
    "without data",
    "there is text behind the object",
    "a key that the mapping has already",
    "a value that its tag does not allow",
    "the key is not a string",
    "the number is above 9223372036854775807",
    "the document is not a map",
    "the offset of the timestamp",
    "INI has no maps and lists in sections",
    "has no null",
];

/// How many bytes at the beginning and at the end are the same.
fn kept_bytes(before: &[u8], after: &[u8]) -> usize {
    let front = before.iter().zip(after).take_while(|(one, other)| one == other).count();
    let back = before[front..].iter().rev().zip(after[front..].iter().rev());
    front + back.take_while(|(one, other)| one == other).count()
}

/// A path to something in the first document, or beside it.
fn path(leaves: &[Leaf], random: &mut Random) -> Option<Vec<Step>> {
    let candidates: Vec<&Leaf> =
        leaves.iter().filter(|leaf| leaf.place.starts_with("0.") && leaf.kind != "comment").collect();
    if candidates.is_empty() {
        return Some(vec![Step::Key("new".to_owned())]);
    }
    let leaf = candidates[random.below(candidates.len())];
    // sops counts the comments of a list as its elements.
    if leaves.iter().any(|other| {
        other.place.ends_with("[]#") && leaf.place.starts_with(&other.place[..other.place.len() - 3])
    }) {
        return None;
    }
    let mut steps = steps(&leaf.place[1..])?;
    let length = 1 + random.below(steps.len());
    if random.chance(40) {
        steps.truncate(length);
    }
    match random.below(10) {
        0 | 1 => {
            let last = steps.pop()?;
            steps.push(match last {
                Step::Key(_) => {
                    Step::Key((*random.pick(&["new", "é k", "a: b", "n1", "x.y", "true"])).to_owned())
                }
                Step::Index(_) => Step::Index(99),
            });
        }
        2 => {
            steps.push(Step::Key("deeper".to_owned()));
            if random.chance(50) {
                steps.push(Step::Index(0));
            }
        }
        _ => {}
    }
    Some(steps)
}

/// Reads the way to a leaf.
fn steps(mut place: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    while !place.is_empty() {
        if let Some(rest) = place.strip_prefix('[') {
            let (number, rest) = rest.split_once(']')?;
            steps.push(Step::Index(number.parse().ok()?));
            place = rest;
        } else {
            let rest = place.strip_prefix('.')?;
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            let mut bytes = Vec::new();
            let mut name = rest[..end].bytes();
            while let Some(byte) = name.next() {
                if byte == b'\\' {
                    name.next();
                    let digits = [name.next()?, name.next()?];
                    bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
                } else {
                    bytes.push(byte);
                }
            }
            steps.push(Step::Key(String::from_utf8(bytes).ok()?));
            place = &rest[end..];
        }
    }
    Some(steps)
}

fn path_as_json(path: &[Step]) -> String {
    let steps: Vec<Value> = path
        .iter()
        .map(|step| match step {
            Step::Key(key) => json!(key),
            Step::Index(index) => json!(index),
        })
        .collect();
    Value::Array(steps).to_string()
}

fn value(random: &mut Random, depth: u32) -> Value {
    match random.below(if depth == 0 { 10 } else { 14 }) {
        0 => Value::Null,
        1 => json!(random.chance(50)),
        2 => json!(random.below(1000) as i64 - 500),
        3 => json!(*random.pick(&[1.5, -0.25, 1e21, 1e-7, 5.0, 1e6, 0.1])),
        4..10 => json!(*random.pick(TRAPS)),
        10 | 11 => (0..random.below(4)).map(|_| value(random, depth - 1)).collect(),
        _ => {
            let keys = ["k", "é", "a: b", "true", "x y", "1"];
            let count = random.below(4);
            Value::Object((0..count).map(|at| (keys[at].to_owned(), value(random, depth - 1))).collect())
        }
    }
}

fn values(leaves: &[Leaf]) -> Vec<String> {
    leaves
        .iter()
        .filter(|leaf| leaf.kind != "comment")
        .map(|leaf| format!("{} {} {}", leaf.place, leaf.kind, leaf.value))
        .collect()
}

/// Numbers and truth values as strings, without empty sections: one is always there, and one with nothing but
/// comments in it shows as none.
fn texts(values: &[String]) -> Vec<String> {
    let texts = values.iter().filter(|value| !value.ends_with(" map ")).map(|value| {
        let (place, rest) = value.split_once(' ').expect("a value has three parts");
        let (kind, text) = rest.split_once(' ').expect("a value has three parts");
        let text = match kind {
            "float" => {
                let number = f64::from_bits(u64::from_str_radix(text, 16).expect("the bits of a number"));
                match number.abs() {
                    1e21.. => "1E+21".to_owned(),
                    1e6.. => "1E+06".to_owned(),
                    1e-7 => "1E-07".to_owned(),
                    _ => format!("{number:?}"),
                }
            }
            "int" => text.to_owned(),
            _ => return format!("{place} {text}"),
        };
        let escaped: String =
            text.chars()
                .map(|c| {
                    if c.is_ascii_alphanumeric() { c.to_string() } else { format!("\\x{:02x}", u32::from(c)) }
                })
                .collect();
        format!("{place} {escaped}")
    });
    texts.collect()
}
