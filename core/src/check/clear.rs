//! Files that are not encrypted.

use super::kubernetes;
use super::scan::Mentions;
use super::selectors::Selectors;
use super::{Finding, Kind, Report};
use crate::document::Syntax;
use crate::file::{Format, LeafState, each_leaf, state_of};
use crate::rules::CreationRule;
use crate::selection::Selection;
use crate::span::Lines;
use crate::walk::Leaf;

/// Looks at a text without a `sops` block.
pub(super) fn check<S: Syntax>(
    document: &S,
    format: Format,
    rule: Option<&CreationRule>,
    covered: bool,
    mentions: &Mentions,
    selectors: &Selectors,
    report: &mut Report,
) {
    let lines = Lines::of(document.text());
    let selection = rule.map(|rule| selection_for(rule, format)).unwrap_or_default();
    let Some(leaves) = selectors.walk(document, &selection) else { return };
    let nodes = document.nodes();
    let state = |leaf: &Leaf| state_of(&document.value(&nodes[leaf.node as usize]));

    if mentions.token && format != Format::Binary {
        let lost = leaves.iter().position(|leaf| state(leaf) == LeafState::Token);
        if let Some(lost) = lost {
            report.encrypted = true;
            let message = "there are encrypted values, but no sops block with the keys to them";
            let finding = Finding::new(Kind::MissingMetadata, message);
            report.findings.push(place(document, &leaves, lost, &lines, finding));
            return;
        }
    }
    if covered {
        let selected = |leaf: &&Leaf| leaf.selected && state(leaf) != LeafState::Empty;
        let values = leaves.iter().filter(selected).filter(|leaf| !leaf.comment).count();
        // A value says more than the comment above it.
        let first = leaves.iter().position(|leaf| selected(&leaf) && leaf.comment == (values == 0));
        if let Some(first) = first {
            let message = match (format, values) {
                (Format::Binary, _) => "the file is in clear text, though the rule is for it".to_owned(),
                (_, 0) => "the file is in clear text, though the rule selects comments of it".to_owned(),
                (_, 1) => "the file is in clear text, though the rule selects a value of it".to_owned(),
                _ => format!("the file is in clear text, though the rule selects {values} values of it"),
            };
            let finding = Finding::new(Kind::NotEncrypted, message);
            let mut finding = place(document, &leaves, first, &lines, finding);
            if format == Format::Binary {
                finding.path.clear();
            }
            report.findings.push(finding);
            return;
        }
    }
    if mentions.kubernetes_secret && kubernetes::has_format(format) {
        kubernetes::check(document, &leaves, &lines, covered, &mut report.findings);
    }
}

/// What `rule` selects in a file of this format; of a binary file it is all.
pub(super) fn selection_for(rule: &CreationRule, format: Format) -> Selection {
    match (&rule.selection, format) {
        (Some(selection), format) if format != Format::Binary => selection.clone(),
        _ => Selection::default(),
    }
}

/// `finding` at the leaf number `index`.
fn place<S: Syntax>(document: &S, leaves: &[Leaf], index: usize, lines: &Lines, finding: Finding) -> Finding {
    let mut path = String::new();
    each_leaf(document, &leaves[index..=index], &mut |_, found| found.clone_into(&mut path));
    let node = &document.nodes()[leaves[index].node as usize];
    finding.at(Some(lines.position(node.span.start)), path)
}
