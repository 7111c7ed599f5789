//! Configurations mean to this crate what they mean to sops's own loader.
//!
//! The cases lie in `testdata/config`, one file each: a title, the paths to ask for, and behind a line that
//! begins with `====` the configuration. Nothing in them says what is right: sops does, in each run. A case
//! with a line `differs` is one in which this crate refuses what sops takes; the line says why.
#![allow(clippy::print_stdout, reason = "a suite says what it did")]

use std::fs;
use std::path::{Path, PathBuf};

use fieldseal_core::{Config, CreationRule, Destination, KeyId, RulesError, Selection, path_in_rules};
use fieldseal_test_support::{Oracle, question, testdata};
use serde_json::{Value, json};

/// What is asked about a configuration.
enum Question {
    /// What a new file at this path gets.
    Creation(String),
    /// Where a file at this path is published to.
    Destination(String),
    /// How sops indents.
    Stores,
}

struct Case {
    questions: Vec<Question>,
    /// Whether this crate refuses what sops takes.
    differs: bool,
    config: Vec<u8>,
}

#[test]
fn configurations_mean_what_they_mean_to_sops() {
    let mut oracle = Oracle::start("config-oracle");
    let files = files(&testdata("config"));
    assert!(files.len() > 200, "{} cases", files.len());
    let (mut asked, mut refused, mut differences) = (0, 0, Vec::new());
    for file in files {
        let case = Case::read(&fs::read(&file).expect("the case can be read"));
        let questions: Vec<Vec<u8>> =
            case.questions.iter().map(|asked| asked.for_sops(&case.config)).collect();
        for (asked_now, answer) in case.questions.iter().zip(oracle.ask(&questions)) {
            let sops: Value = serde_json::from_slice(&answer).expect("the oracle answers in JSON");
            let ours = asked_now.answer(&case.config);
            asked += 1;
            refused += usize::from(ours.is_err());
            let agrees = match &ours {
                Err(_) => sops.get("error").is_some() != case.differs,
                Ok(ours) => !case.differs && *ours == sops,
            };
            if !agrees {
                differences.push(format!("{}: sops: {sops}, here: {ours:?}", file.display()));
            }
        }
    }
    println!("{asked} questions, {refused} refused");
    assert!(differences.is_empty(), "{} differences:\n{}", differences.len(), differences.join("\n"));
    assert!(asked > 250 && refused > 80 && refused * 2 < asked, "{asked} questions, {refused} refused");
}

impl Case {
    fn read(text: &[u8]) -> Self {
        let mark = text
            .windows(6)
            .position(|window| window == b"\n==== ")
            .expect("a line ==== begins the configuration");
        let (header, rest) = text.split_at(mark + 1);
        let end = rest.iter().position(|byte| *byte == b'\n').expect("the line ==== ends");
        let (title, config) = (&rest[..end], &rest[end + 1..]);
        let config = if title.ends_with(b"(hex)") { from_hex(config) } else { config.to_vec() };
        let mut case = Self { questions: Vec::new(), differs: false, config };
        let mut destination = false;
        for line in std::str::from_utf8(header).expect("the header is UTF-8").lines() {
            match line.split_once(": ") {
                _ if line.starts_with("# ") => {}
                Some(("rules", "destination")) => destination = true,
                Some(("rules", "stores")) => case.questions.push(Question::Stores),
                Some(("file", path)) if destination => {
                    case.questions.push(Question::Destination(path.to_owned()));
                }
                Some(("file", path)) => case.questions.push(Question::Creation(path.to_owned())),
                Some(("differs", _)) => case.differs = true,
                _ => panic!("no line of a header: {line}"),
            }
        }
        case
    }
}

impl Question {
    fn for_sops(&self, config: &[u8]) -> Vec<u8> {
        match self {
            Self::Creation(path) => question([b"creation".as_slice(), config, path.as_bytes()]),
            Self::Destination(path) => question([b"destination".as_slice(), config, path.as_bytes()]),
            Self::Stores => question([b"stores".as_slice(), config]),
        }
    }

    /// The answer of this crate, in the form of the oracle's.
    fn answer(&self, config: &[u8]) -> Result<Value, RulesError> {
        let config = Config::parse(config)?;
        let none = |problem: &'static str| RulesError {
            position: None,
            path: String::new(),
            problem: problem.into(),
        };
        match self {
            Self::Creation(path) => {
                let file = if path.starts_with('/') { path.clone() } else { format!("/folder/{path}") };
                let path = path_in_rules(b"/folder", file.as_bytes(), b'/');
                match config.rule_for(path)? {
                    Some(rule) => Ok(Value::Object(told(rule))),
                    None if config.has_creation_rules() => Err(none("no matching creation rule")),
                    None => Ok(Value::Null),
                }
            }
            Self::Destination(path) => {
                let rule = config
                    .destination_for(path.as_bytes())?
                    .ok_or_else(|| none("no matching destination"))?;
                let mut told = told(&rule.recreation_rule);
                told.insert("omit_extensions".into(), rule.omit_extensions.into());
                told.insert("destination".into(), rule.destination.as_ref().map(place).into());
                Ok(Value::Object(told))
            }
            Self::Stores => {
                let stores = config.stores();
                Ok(json!({
                    "yaml": stores.yaml_indent,
                    "json": stores.json_indent,
                    "json_binary": stores.json_binary_indent,
                }))
            }
        }
    }
}

fn told(rule: &CreationRule) -> serde_json::Map<String, Value> {
    let key = |key: &KeyId| json!({"service": key.service().name(), "name": key.to_string()});
    let groups: Vec<Value> = rule.key_groups.iter().map(|group| group.iter().map(key).collect()).collect();
    let mut told = serde_json::Map::new();
    for name in Selection::NAMES {
        let text = rule.selection.as_ref().filter(|selection| selection.name() == name).map(Selection::text);
        told.insert(name.into(), text.unwrap_or_default().into());
    }
    told.insert("groups".into(), groups.into());
    told.insert("shamir_threshold".into(), rule.shamir_threshold.into());
    told.insert("mac_only_encrypted".into(), rule.mac_only_encrypted.into());
    told
}

/// Where a file called FILE would go, as sops shows it.
fn place(destination: &Destination) -> String {
    match destination {
        Destination::S3 { bucket, prefix } => format!("s3://{bucket}/{prefix}FILE"),
        Destination::Gcs { bucket, prefix } => format!("gcs://{bucket}/{prefix}FILE"),
        Destination::Vault { address, mount, path, version: 1 } => format!("{address}/v1/{mount}{path}FILE"),
        Destination::Vault { address, mount, path, .. } => format!("{address}/v1/{mount}data/{path}FILE"),
    }
}

/// All cases below a folder, in the order of their names.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).expect("the folder of the cases can be read") {
            let path = entry.expect("the folder of the cases can be read").path();
            if path.is_dir() { open.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

fn from_hex(text: &[u8]) -> Vec<u8> {
    let digits: Vec<u32> = text.iter().filter_map(|byte| char::from(*byte).to_digit(16)).collect();
    digits.chunks_exact(2).map(|pair| (pair[0] * 16 + pair[1]) as u8).collect()
}
