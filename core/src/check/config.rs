//! The rules themselves.

use super::{Finding, Kind};
use crate::pattern::{Pattern, Shape};
use crate::rules::{Config, RulesError};
use crate::selection::SeveralSelections;

/// How many rules the ones below are compared with.
const MOST_COMPARED: usize = 256;

/// What is wrong with the text of a `.sops.yaml`, as far as it can be said without the files that it is for; and
/// the configuration, if it can be read.
///
/// Whether rules are used at all depends on the files: [`Config::rule_for`] tells.
pub fn check_config(text: &[u8]) -> (Option<Config>, Vec<Finding>) {
    let config = match Config::parse(text) {
        Ok(config) => config,
        Err(error) => return (None, vec![of_error(&error)]),
    };
    let (errors, warnings) = config.check();
    let mut findings: Vec<Finding> = errors.iter().map(of_error).collect();
    // A key of its own at the top is where people keep anchors for the rules below.
    for warning in warnings.iter().filter(|warning| warning.path.contains(['.', '['])) {
        let kind = match &*warning.problem {
            problem if problem.starts_with("never used") => Kind::UnreachableRule,
            _ => Kind::SuspiciousConfig,
        };
        let finding = Finding::new(kind, warning.problem.to_string());
        findings.push(finding.at(Some(warning.position), warning.path.clone()));
    }
    unreachable(&config, &mut findings);
    findings.sort_by_key(|finding| finding.position);
    findings.dedup();
    (Some(config), findings)
}

/// Adds rules whose every path some rule above matches, unless they are there already.
fn unreachable(config: &Config, findings: &mut Vec<Finding>) {
    let mut above: Vec<Shape> = Vec::new();
    for rule in config.creation_rules() {
        let Ok(pattern) = Pattern::compile(rule.path_regex()) else { continue };
        let shape = pattern.shape();
        let known = |finding: &Finding| {
            finding.kind == Kind::UnreachableRule && finding.position == Some(rule.position)
        };
        if shape.is_covered_by(&above) && !findings.iter().any(known) {
            let message = "never used: rules above it match every path that its path_regex matches";
            let finding = Finding::new(Kind::UnreachableRule, message);
            findings.push(finding.at(Some(rule.position), format!("creation_rules[{}]", rule.index)));
        }
        // Each one more costs all that follow.
        if above.len() < MOST_COMPARED {
            above.push(shape);
        }
    }
}

fn of_error(error: &RulesError) -> Finding {
    let kind = if error.problem.starts_with("the pattern cannot be compiled") {
        Kind::InvalidRegex
    } else if error.problem.starts_with(&SeveralSelections.to_string()) {
        Kind::SeveralSelections
    } else {
        Kind::InvalidConfig
    };
    Finding::new(kind, error.problem.to_string()).at(error.position, error.path.clone())
}
