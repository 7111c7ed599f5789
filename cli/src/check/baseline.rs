//! Findings that are known: a file that a repository starts with, so that only new ones count.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use super::Found;
use crate::exit::Exit;
use crate::io::{self, Access};
use crate::report::Failure;

/// The version of the file.
const VERSION: u64 = 1;

/// What tells a finding from others: its kind, its file, its path in it, and the recipient that it is about. Not the
/// line, which changes with everything above it.
type Key = (String, String, String, String);

/// Known findings, and how many there are of each.
#[derive(Debug, Default)]
pub(crate) struct Baseline {
    known: BTreeMap<Key, u64>,
}

impl Baseline {
    /// The findings that are listed in the file at `path`.
    ///
    /// # Errors
    /// It cannot be read, or is no such list.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let text = io::read_file(path).map_err(|failure| failure.code(Exit::Unreadable))?;
        let broken = |what: &str| {
            Failure::new(Exit::Unreadable, format!("this is no baseline: {what}"))
                .hint("write a new one with --write-baseline")
                .file(path)
        };
        let value: Value = serde_json::from_slice(&text)
            .map_err(|error| broken(&format!("no JSON at {}:{}", error.line(), error.column())))?;
        if value["version"].as_u64() != Some(VERSION) {
            return Err(broken("it has another version"));
        }
        let list = value["findings"].as_array().ok_or_else(|| broken("it has no findings"))?;
        let mut baseline = Self::default();
        for entry in list {
            let field = |name: &str| match &entry[name] {
                Value::Null => Some(String::new()),
                value => value.as_str().map(str::to_owned),
            };
            let (Some(id), Some(file), Some(tree), Some(recipient)) =
                (field("id"), field("file"), field("path"), field("recipient"))
            else {
                return Err(broken("a field of a finding is no string"));
            };
            let count = entry["count"].as_u64().unwrap_or(1);
            *baseline.known.entry((id, file, tree, recipient)).or_default() += count;
        }
        Ok(baseline)
    }

    /// Writes `findings` to the file at `path`, over what is there.
    ///
    /// # Errors
    /// It cannot be written.
    pub(crate) fn write(findings: &[Found], path: &Path) -> Result<(), Failure> {
        let mut counts: BTreeMap<Key, u64> = BTreeMap::new();
        for found in findings {
            *counts.entry(key(found)).or_default() += 1;
        }
        let list = counts.into_iter().map(|((id, file, tree, recipient), count)| {
            let mut entry = json!({ "id": id, "file": file, "path": tree });
            if !recipient.is_empty() {
                entry["recipient"] = recipient.into();
            }
            if count > 1 {
                entry["count"] = count.into();
            }
            entry
        });
        let value = json!({ "version": VERSION, "findings": list.collect::<Vec<_>>() });
        io::create(path, format!("{value:#}\n").as_bytes(), Access::Shared)
    }

    /// Takes the findings out that are known, each as often as it is listed, and says how many there were.
    pub(crate) fn take_from(mut self, findings: &mut Vec<Found>) -> usize {
        let before = findings.len();
        findings.retain(|found| match self.known.get_mut(&key(found)) {
            Some(count) if *count > 0 => {
                *count -= 1;
                false
            }
            _ => true,
        });
        before - findings.len()
    }

    /// A short text that stays the same for a finding as long as it is not mended: 16 digits.
    pub(crate) fn fingerprint(found: &Found) -> String {
        let (id, file, path, recipient) = key(found);
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        for part in [id, file, path, recipient] {
            for byte in part.bytes().chain([0]) {
                // FNV-1a: nothing here needs protection from somebody who looks for collisions.
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
        }
        format!("{hash:016x}")
    }
}

fn key(found: &Found) -> Key {
    let finding = &found.finding;
    let recipient = finding.recipient.clone().unwrap_or_default();
    (finding.kind.id().to_owned(), found.file.clone(), finding.path.clone(), recipient)
}
