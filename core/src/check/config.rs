//! The rules themselves.

use super::{Finding, Kind};
use crate::rules::{Config, RulesError};
use crate::selection::SeveralSelections;

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
    findings.sort_by_key(|finding| finding.position);
    findings.dedup();
    (Some(config), findings)
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
