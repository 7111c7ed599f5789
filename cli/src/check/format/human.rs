//! For people: a line for each finding, what to do, and a summary.

use fieldseal_core::check::{Kind, Severity};

use super::Summary;
use crate::check::Found;
use crate::report::harmless;

/// The findings and the summary, which `quiet` leaves out.
pub(super) fn render(findings: &[Found], summary: &Summary, quiet: bool) -> String {
    let mut text = String::new();
    for found in findings {
        let kind = found.finding.kind;
        let place = match found.finding.position {
            Some(position) => format!("{}:{position}", harmless(&found.file)),
            None => harmless(&found.file),
        };
        let message = harmless(&found.message());
        text += &format!("{place}: {}: {message} [{}]\n", kind.severity().name(), kind.id());
        if let Some(rule) = &found.rule {
            let config = harmless(&rule.config);
            text += &format!("    rule: {config}:{} (creation_rules[{}])\n", rule.line, rule.index);
        }
    }
    // What to do is said once for each kind.
    let mut kinds: Vec<Kind> = findings.iter().map(|found| found.finding.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    if !kinds.is_empty() {
        text += "\nWhat to do:\n";
    }
    for kind in kinds {
        text += &format!("  {}: {}\n", kind.id(), kind.remedy());
    }
    if !quiet {
        if !findings.is_empty() {
            text.push('\n');
        }
        text += &sentence(findings, summary);
    }
    text
}

fn sentence(findings: &[Found], summary: &Summary) -> String {
    let count = |number: usize, one: &str, many: &str| match number {
        1 => format!("1 {one}"),
        number => format!("{number} {many}"),
    };
    let encrypted = summary.files.iter().filter(|(_, encrypted)| *encrypted).count();
    let mut text =
        format!("checked {}, {encrypted} encrypted: ", count(summary.files.len(), "file", "files"));
    let errors = findings.iter().filter(|found| found.finding.kind.severity() == Severity::Error).count();
    text += &match (errors, findings.len() - errors) {
        (0, 0) => "nothing found".to_owned(),
        (errors, warnings) => {
            format!("{}, {}", count(errors, "error", "errors"), count(warnings, "warning", "warnings"))
        }
    };
    for (number, what) in [(summary.allowed, "allowed in their files"), (summary.known, "in the baseline")] {
        if number > 0 {
            text += &format!(", {} {what}", count(number, "finding", "findings"));
        }
    }
    if summary.ignored > 0 {
        text += &format!(", {} ignored", count(summary.ignored, "file", "files"));
    }
    if let Some(decrypted) = summary.decrypted {
        text += &format!("\nopened {}", count(decrypted.opened, "file", "files"));
        if decrypted.locked > 0 {
            text += &format!("; no key at hand opens {} more", decrypted.locked);
        }
    }
    text.push('\n');
    text
}
