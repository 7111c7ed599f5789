//! The code quality report of GitLab: the part of Code Climate's form that it reads.

use fieldseal_core::check::Severity;
use serde_json::{Value, json};

use super::pretty;
use crate::check::{Baseline, Found};

/// The findings.
pub(super) fn render(findings: &[Found]) -> String {
    // GitLab shows one of several with the same fingerprint.
    let mut seen = std::collections::HashMap::new();
    let issues = findings.iter().map(|found| {
        let fingerprint = Baseline::fingerprint(found);
        let number = seen.entry(fingerprint.clone()).and_modify(|number| *number += 1).or_insert(0);
        issue(found, &if *number == 0 { fingerprint } else { format!("{fingerprint}-{number}") })
    });
    pretty(&Value::Array(issues.collect()))
}

fn issue(found: &Found, fingerprint: &str) -> Value {
    let kind = found.finding.kind;
    json!({
        "type": "issue",
        "check_name": kind.id(),
        "description": format!("{} ({})", found.message(), kind.remedy()),
        "categories": ["Security"],
        "severity": match kind.severity() {
            Severity::Error => "critical",
            Severity::Warning => "minor",
        },
        "fingerprint": fingerprint,
        "location": {
            "path": found.file,
            "lines": { "begin": found.line() },
        },
    })
}
