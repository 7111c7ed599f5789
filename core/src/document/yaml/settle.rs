//! Where comments go when the `sops` block comes behind them.
//!
//! Whom a comment belongs to depends on what follows. Below the content of a document, the key `sops` may take
//! comments that belong to something deeper, or the other way round. An empty line in front of it prevents
//! nearly all of that.

use std::borrow::Cow;

use super::Yaml;
use super::block::{has_comments_below, place};
use crate::document::{Form, Kind, Node, Syntax};
use crate::edits::Edits;
use crate::metadata::Raw;

/// What was found out about a clear text.
#[derive(Debug, Default)]
pub(super) struct Settled {
    /// For each document: whether an empty line goes in front of its block. Short means no.
    pub(super) separated: Vec<bool>,
    /// The documents in which comments change their owners nevertheless.
    pub(super) unsettled: Vec<usize>,
}

/// Finds out, once, by trying.
pub(super) fn settled(yaml: &Yaml) -> &Settled {
    yaml.settled.get_or_init(|| {
        let below =
            yaml.roots.iter().enumerate().any(|(number, root)| has_comments_below(&yaml.tree, number, root));
        if !below || yaml.form == Form::Sealed {
            return Settled::default();
        }
        let mut separated = vec![false; yaml.roots.len()];
        let mut unsettled = changed(yaml, &separated);
        if !unsettled.is_empty() {
            for &number in &unsettled {
                separated[number] = true;
            }
            unsettled = changed(yaml, &separated);
        }
        Settled { separated, unsettled }
    })
}

/// The documents that read differently with a block behind them.
fn changed(yaml: &Yaml, separated: &[bool]) -> Vec<usize> {
    let mut edits = Edits::default();
    place(yaml, &Raw::Map(vec![("version".to_owned(), Raw::Null)]), separated, &mut edits);
    let text = zeroize::Zeroizing::new(edits.splice(yaml.text()));
    let Ok(with) = Yaml::read(Cow::Borrowed(&text), Form::Sealed) else {
        return (0..yaml.roots.len()).collect();
    };
    let shape = |node: &Node| (node.kind, node.span.range().len());
    let documents = |yaml: &Yaml| -> Vec<Vec<(Kind, usize)>> {
        let mut documents = Vec::new();
        for node in &yaml.nodes {
            match node.kind {
                Kind::Branch => documents.push(Vec::new()),
                Kind::Key | Kind::Scalar(_) | Kind::Comment { .. } => {
                    documents.last_mut().into_iter().for_each(|document| document.push(shape(node)));
                }
                kind => documents.last_mut().into_iter().for_each(|document| document.push((kind, 0))),
            }
        }
        documents
    };
    let (before, after) = (documents(yaml), documents(&with));
    (0..before.len()).filter(|&number| after.get(number) != before.get(number)).collect()
}
