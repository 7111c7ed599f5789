//! JSON of our own: all that is known of each finding. `docs/commands/check.md` describes it.

use serde_json::{Value, json};

use super::{Summary, pretty};
use crate::check::Found;

/// The version of the form. It changes when a field goes or gets another meaning.
const VERSION: u32 = 1;

/// The findings and the summary.
pub(super) fn render(findings: &[Found], summary: &Summary) -> String {
    let encrypted = summary.files.iter().filter(|(_, encrypted)| *encrypted).count();
    pretty(&json!({
        "version": VERSION,
        "findings": findings.iter().map(finding).collect::<Vec<_>>(),
        "summary": {
            "files": summary.files.len(),
            "encrypted": encrypted,
            "findings": findings.len(),
            "allowed": summary.allowed,
            "baseline": summary.known,
            "ignored": summary.ignored,
            "opened": summary.decrypted.map(|decrypted| decrypted.opened),
            "locked": summary.decrypted.map(|decrypted| decrypted.locked),
        },
    }))
}

fn finding(found: &Found) -> Value {
    let finding = &found.finding;
    json!({
        "id": finding.kind.id(),
        "severity": finding.kind.severity().name(),
        "file": found.file,
        "line": finding.position.map(|position| position.line),
        "column": finding.position.map(|_| found.column()),
        "path": finding.path,
        "message": finding.message,
        "recipient": finding.recipient,
        "rule": found.rule.as_ref().map(|rule| json!({
            "config": rule.config,
            "line": rule.line,
            "index": rule.index,
        })),
        "remedy": finding.kind.remedy(),
    })
}
