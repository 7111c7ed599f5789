//! Encrypted files: their leaves, and their `sops` block by itself.

use super::clear::selection_for;
use super::exception::is_exception;
use super::kubernetes;
use super::recipients;
use super::scan::Mentions;
use super::selectors::Selectors;
use super::{Finding, Kind};
use crate::document::Syntax;
use crate::file::{Format, LeafState, each_leaf, state_of};
use crate::metadata::{Metadata, MetadataError};
use crate::path::{Step, parse_path};
use crate::rules::CreationRule;
use crate::span::{Lines, Position};
use crate::value::Value;

/// Looks at the encrypted text `document` with its metadata.
pub(super) fn check<S: Syntax>(
    document: &S,
    format: Format,
    metadata: &Metadata,
    rule: Option<&CreationRule>,
    mentions: &Mentions,
    selectors: &Selectors,
    findings: &mut Vec<Finding>,
) {
    let lines = Lines::of(document.text());
    let block = Block { document, lines: &lines };
    check_block(&block, metadata, findings);
    recipients::check(&block, metadata, rule, findings);
    if let Some(rule) = rule.filter(|_| format != Format::Binary) {
        compare_selection(&block, metadata, rule, findings);
    }
    check_leaves(document, format, metadata, rule, mentions, selectors, &lines, findings);
}

/// The `sops` block of a document, for places in it.
pub(super) struct Block<'a, S> {
    document: &'a S,
    lines: &'a Lines,
}

impl<S: Syntax> Block<'_, S> {
    /// Where the value at `path` in the block begins; if there is no such value, where the block begins.
    pub(super) fn place(&self, path: &[Step]) -> Option<Position> {
        let offset = self.document.block_place(path).or_else(|| self.document.block_place(&[]));
        offset.map(|offset| self.lines.position(offset))
    }

    /// Whether there is a value at `path`.
    pub(super) fn has(&self, path: &[Step]) -> bool {
        self.document.block_place(path).is_some()
    }

    /// `finding` at the field `name`.
    fn at(&self, finding: Finding, name: &str) -> Finding {
        finding.at(self.place(&[Step::Key(name.to_owned())]), format!("sops.{name}"))
    }
}

/// Where the field that `error` is about stands, and its path.
pub(super) fn place_of_error<S: Syntax>(document: &S, error: &MetadataError) -> (Option<Position>, String) {
    let field = match error {
        MetadataError::Field { field, .. } | MetadataError::Date { field } if field != "sops" => {
            field.as_str()
        }
        MetadataError::HckmsKeyId => "hckms",
        _ => "",
    };
    let lines = Lines::of(document.text());
    let block = Block { document, lines: &lines };
    let path = if field.is_empty() { "sops".to_owned() } else { format!("sops.{field}") };
    (block.place(&steps(field)), path)
}

/// The steps of a path like `key_groups[0].age[1].enc`.
fn steps(field: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    for name in field.split('.').filter(|name| !name.is_empty()) {
        let (key, indices) = name.split_at(name.find('[').unwrap_or(name.len()));
        steps.push(Step::Key(key.to_owned()));
        steps.extend(parse_path(indices).unwrap_or_default());
    }
    steps
}

/// Looks at what is neither about leaves nor about recipients.
fn check_block<S: Syntax>(block: &Block<'_, S>, metadata: &Metadata, findings: &mut Vec<Finding>) {
    if let Err(error) = metadata.check_version() {
        findings.push(block.at(Finding::new(Kind::MalformedMetadata, error.to_string()), "version"));
    }
    match metadata.mac_state() {
        LeafState::Token => {}
        LeafState::Empty => {
            findings.push(block.at(Finding::new(Kind::MissingMac, "the sops block has no mac"), "mac"));
        }
        LeafState::Damaged(flaw) => {
            findings.push(
                block.at(Finding::new(Kind::MalformedMac, format!("the MAC is no token: {flaw}")), "mac"),
            );
        }
        LeafState::Clear => {
            findings.push(block.at(Finding::new(Kind::MalformedMac, "the MAC is no token"), "mac"));
        }
    }
    let (groups, threshold) = (metadata.groups.len(), metadata.shamir_threshold);
    if groups > 1 && threshold > groups {
        let message =
            format!("{threshold} groups are needed, but there are {groups}: nobody can open the file");
        findings.push(block.at(Finding::new(Kind::MalformedMetadata, message), "shamir_threshold"));
    }
}

/// Compares what of the file is encrypted with what `rule` says.
fn compare_selection<S: Syntax>(
    block: &Block<'_, S>,
    metadata: &Metadata,
    rule: &CreationRule,
    findings: &mut Vec<Finding>,
) {
    let wanted = rule.selection.clone().unwrap_or_default();
    if metadata.selection != wanted {
        let message = format!(
            "the file has {}, but the rule has {}",
            setting(metadata.selection.name(), metadata.selection.text()),
            setting(wanted.name(), wanted.text())
        );
        findings.push(block.at(Finding::new(Kind::SelectionDiffers, message), metadata.selection.name()));
    }
    if metadata.mac_only_encrypted != rule.mac_only_encrypted {
        let (file, rule) = match metadata.mac_only_encrypted {
            true => ("only encrypted values", "all values"),
            false => ("all values", "only encrypted values"),
        };
        let message = format!("the MAC of the file covers {file}, but the rule says {rule}");
        findings.push(block.at(Finding::new(Kind::SelectionDiffers, message), "mac_only_encrypted"));
    }
}

/// A setting and its text, as in the configuration.
fn setting(name: &str, text: &str) -> String {
    format!("{name}: {text}")
}

/// Looks at each leaf.
#[allow(clippy::too_many_arguments, reason = "what is known of a file; called once")]
fn check_leaves<S: Syntax>(
    document: &S,
    format: Format,
    metadata: &Metadata,
    rule: Option<&CreationRule>,
    mentions: &Mentions,
    selectors: &Selectors,
    lines: &Lines,
    findings: &mut Vec<Finding>,
) {
    let Some(leaves) = selectors.walk(document, &metadata.selection) else {
        let message = format!("the pattern of {} is too large", metadata.selection.name());
        findings.push(Finding::new(Kind::MalformedMetadata, message).at(None, "sops"));
        return;
    };
    let of_rule = rule.map(|rule| selection_for(rule, format));
    let of_rule = of_rule
        .filter(|selection| *selection != metadata.selection && format != Format::Binary)
        .and_then(|selection| selectors.walk(document, &selection));
    let secrets = match mentions.kubernetes_secret && kubernetes::has_format(format) {
        true => kubernetes::secret_data(document),
        false => Vec::new(),
    };
    let covered = rule.is_some_and(|rule| !rule.path_regex.is_empty());
    each_leaf(document, &leaves, &mut |index, path| {
        let leaf = &leaves[index];
        let node = &document.nodes()[leaf.node as usize];
        let value = document.value(node);
        let (kind, message) = match (leaf.selected, state_of(&value)) {
            (_, LeafState::Empty) | (true, LeafState::Token) => return,
            (true, LeafState::Damaged(flaw)) => {
                (Kind::MalformedToken, format!("the token is damaged: {flaw}"))
            }
            (true, LeafState::Clear) if leaf.comment => match &value {
                Value::Comment(text) if is_exception(text) => return,
                _ => (Kind::ClearComment, "a comment that is to be encrypted is in clear text".to_owned()),
            },
            (true, LeafState::Clear) => {
                (Kind::ClearValue, "a value that is to be encrypted is in clear text".to_owned())
            }
            (false, LeafState::Token) => {
                (Kind::UnselectedToken, "an encrypted value that nothing decrypts".to_owned())
            }
            (false, LeafState::Clear | LeafState::Damaged(_)) => {
                let wanted = of_rule.as_ref().is_some_and(|leaves| leaves[index].selected);
                if wanted && !leaf.comment {
                    (Kind::ClearByRule, "a value that the rule would encrypt is in clear text".to_owned())
                } else if !leaf.comment
                    && kubernetes::is_in(&secrets, leaf.node as usize)
                    && kubernetes::is_clear(&value)
                {
                    match covered {
                        true => (
                            Kind::RuleLeavesSecretClear,
                            "a value of a Secret that neither the file nor the rule for it selects"
                                .to_owned(),
                        ),
                        false => (
                            Kind::ClearSecret,
                            "a value of a Secret in clear text, which the file does not select".to_owned(),
                        ),
                    }
                } else {
                    return;
                }
            }
        };
        findings.push(Finding::new(kind, message).at(Some(lines.position(node.span.start)), path));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_a_field_is_read() {
        let key = |name: &str| Step::Key(name.to_owned());
        assert_eq!(steps(""), []);
        assert_eq!(steps("mac"), [key("mac")]);
        assert_eq!(
            steps("key_groups[0].age[12].enc"),
            [key("key_groups"), Step::Index(0), key("age"), Step::Index(12), key("enc")]
        );
    }
}
