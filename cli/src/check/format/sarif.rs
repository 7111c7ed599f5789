//! SARIF 2.1.0 (OASIS): one run, with a rule for each kind of finding.

use fieldseal_core::check::{Kind, Severity};
use serde_json::{Value, json};

use super::{pretty, uri};
use crate::check::{Baseline, Found};

/// The findings.
pub(super) fn render(findings: &[Found]) -> String {
    pretty(&json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {
                "driver": {
                    "name": "fieldseal",
                    "version": env!("CARGO_PKG_VERSION"),
                    "semanticVersion": env!("CARGO_PKG_VERSION"),
                    "rules": Kind::ALL.iter().map(|kind| rule(*kind)).collect::<Vec<_>>(),
                },
            },
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": { "ROOT": { "description": { "text": "The root of the repository" } } },
            "results": findings.iter().map(result).collect::<Vec<_>>(),
        }],
    }))
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn rule(kind: Kind) -> Value {
    let sentence = |text: &str| {
        let mut letters = text.chars();
        let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
        format!("{first}{}.", letters.as_str())
    };
    json!({
        "id": kind.id(),
        "shortDescription": { "text": sentence(kind.title()) },
        "help": { "text": sentence(kind.remedy()) },
        "defaultConfiguration": { "level": level(kind.severity()) },
        "properties": { "tags": ["security", "secrets"] },
    })
}

fn result(found: &Found) -> Value {
    let finding = &found.finding;
    let mut location = json!({
        "physicalLocation": {
            "artifactLocation": { "uri": uri(&found.file), "uriBaseId": "ROOT" },
            "region": { "startLine": found.line(), "startColumn": found.column() },
        },
    });
    if !finding.path.is_empty() {
        location["logicalLocations"] = json!([{ "fullyQualifiedName": finding.path }]);
    }
    let mut result = json!({
        "ruleId": finding.kind.id(),
        "ruleIndex": Kind::ALL.iter().position(|kind| *kind == finding.kind),
        "level": level(finding.kind.severity()),
        "message": { "text": format!("{}. {}", found.message(), finding.kind.remedy()) },
        "locations": [location],
        "partialFingerprints": { "fieldseal/v1": Baseline::fingerprint(found) },
    });
    if let Some(rule) = &found.rule {
        result["relatedLocations"] = json!([{
            "id": 0,
            "message": { "text": format!("creation_rules[{}]", rule.index) },
            "physicalLocation": {
                "artifactLocation": { "uri": uri(&rule.config), "uriBaseId": "ROOT" },
                "region": { "startLine": rule.line },
            },
        }]);
    }
    result
}
