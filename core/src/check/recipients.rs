//! Who can open a file, and who should be able to.

use std::collections::HashMap;

use super::sealed::Block;
use super::{Finding, Kind};
use crate::document::Syntax;
use crate::metadata::{KeyGroup, KeyId, Metadata, Service};
use crate::path::Step;
use crate::rules::CreationRule;

/// Looks at the keys of a file by themselves, and compares them with those of its rule.
pub(super) fn check<S: Syntax>(
    block: &Block<'_, S>,
    metadata: &Metadata,
    rule: Option<&CreationRule>,
    findings: &mut Vec<Finding>,
) {
    let entries = entries(block, &metadata.groups);
    for (group, keys) in metadata.groups.iter().zip(&entries) {
        let mut seen: HashMap<(Service, String), &str> = HashMap::new();
        for (key, entry) in group.keys().iter().zip(keys) {
            let name = key.id.to_string();
            if key.enc.trim().is_empty() {
                let message = "the entry has no enc, so that its key cannot open the file";
                findings.push(entry.finding(block, Kind::MissingEnc, message).about(&*name));
            } else if key.service() == Service::Age && !is_armored(&key.enc) {
                let message = "the enc of the entry is no age file in armor";
                findings.push(entry.finding(block, Kind::MalformedMetadata, message).about(&*name));
            }
            if let Some(first) = seen.insert((key.service(), name.clone()), &entry.path) {
                let message = format!("the key is already at {first}");
                findings.push(entry.finding(block, Kind::DuplicateRecipient, message).about(name));
            }
        }
    }
    if let Some(rule) = rule {
        compare(block, metadata, rule, &entries, findings);
    }
}

/// An entry of the `sops` block.
struct Entry {
    steps: Vec<Step>,
    path: String,
}

impl Entry {
    fn finding<S: Syntax>(&self, block: &Block<'_, S>, kind: Kind, message: impl Into<String>) -> Finding {
        Finding::new(kind, message).at(block.place(&self.steps), self.path.clone())
    }
}

/// Where the entry of each key of each group stands.
fn entries<S: Syntax>(block: &Block<'_, S>, groups: &[KeyGroup]) -> Vec<Vec<Entry>> {
    let key = |name: &str| Step::Key(name.to_owned());
    let mut all = Vec::with_capacity(groups.len());
    for (number, group) in groups.iter().enumerate() {
        let mut counts = [0_usize; Service::ALL.len()];
        let mut entries = Vec::with_capacity(group.keys().len());
        for master in group.keys() {
            let service = master.service();
            let index = &mut counts[service as usize];
            let own = [key(service.name()), Step::Index(*index)];
            let path = format!("{}[{index}]", service.name());
            // A single group may stand in `key_groups` as well.
            entries.push(if groups.len() == 1 && block.has(&own[..1]) {
                Entry { steps: own.to_vec(), path: format!("sops.{path}") }
            } else {
                let steps = [key("key_groups"), Step::Index(number)].into_iter().chain(own).collect();
                Entry { steps, path: format!("sops.key_groups[{number}].{path}") }
            });
            *index += 1;
        }
        all.push(entries);
    }
    all
}

/// Compares the keys of a file with those of `rule`, as `updatekeys` does.
fn compare<S: Syntax>(
    block: &Block<'_, S>,
    metadata: &Metadata,
    rule: &CreationRule,
    entries: &[Vec<Entry>],
    findings: &mut Vec<Finding>,
) {
    if rule.key_groups.iter().all(Vec::is_empty) {
        // Nothing can be encrypted by this rule; that is said of the rule.
        return;
    }
    let differences = metadata.differences(&rule.key_groups);
    let top = |kind, message: String| Finding::new(kind, message).at(block.place(&[]), "sops");
    let has = |keys: &[KeyId], key: &KeyId| keys.iter().any(|other| other.is_same_key(key));
    let mut moved = false;
    for (place, group) in differences.iter().enumerate() {
        for key in &group.added {
            if differences.iter().any(|other| has(&other.removed, key) || has(&other.common, key)) {
                moved = true;
            } else if !differences[..place].iter().any(|other| has(&other.added, key)) {
                let message = format!("{key} is in the rule, but cannot open the file");
                findings.push(top(Kind::MissingRecipient, message).about(key.to_string()));
            }
        }
        for key in &group.removed {
            if differences.iter().any(|other| has(&other.added, key) || has(&other.common, key)) {
                moved = true;
                continue;
            }
            let keys = metadata.groups[place].ids();
            let entry = keys.zip(&entries[place]).find(|(other, _)| other.is_same_key(key));
            if let Some((_, entry)) = entry {
                let message = format!("{key} can open the file, but is not in the rule");
                let finding = entry.finding(block, Kind::UnexpectedRecipient, message);
                findings.push(finding.about(key.to_string()));
            }
        }
    }
    let (groups, wanted) = (metadata.groups.len(), rule.key_groups.len());
    if moved || groups != wanted {
        let message = format!(
            "the file has {}, the rule {}{}",
            count(groups),
            count(wanted),
            if moved { ", and keys are in other groups" } else { "" }
        );
        findings.push(top(Kind::GroupsDiffer, message));
    }
    let (file, rule) = (needed(metadata.shamir_threshold, groups), needed(rule.shamir_threshold, wanted));
    if groups > 1 && wanted > 1 && file != rule {
        let steps = [Step::Key("shamir_threshold".to_owned())];
        let message = format!("the file needs {file} key groups, the rule says {rule}");
        let finding = Finding::new(Kind::ThresholdDiffers, message);
        findings.push(finding.at(block.place(&steps), "sops.shamir_threshold"));
    }
}

fn count(groups: usize) -> String {
    if groups == 1 { "1 key group".to_owned() } else { format!("{groups} key groups") }
}

/// How many of `groups` are needed.
fn needed(threshold: usize, groups: usize) -> usize {
    match (threshold, groups) {
        (_, 0 | 1) => 1,
        (0, groups) => groups,
        (threshold, _) => threshold,
    }
}

/// Whether `enc` is an age file in armor, as far as its first and last lines say.
fn is_armored(enc: &str) -> bool {
    let enc = enc.trim();
    enc.starts_with("-----BEGIN AGE ENCRYPTED FILE-----") && enc.ends_with("-----END AGE ENCRYPTED FILE-----")
}
