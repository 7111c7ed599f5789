//! Why a leaf is encrypted, or is not.

use std::borrow::Cow;

use super::scan::{Mentions, is_wrapper};
use crate::document::{Form, Kind, Syntax};
use crate::file::{Document, Format, LeafState, OpenError, state_of, with};
use crate::path::Trail;
use crate::select::{Mode, Selector};
use crate::selection::Selection;
use crate::span::{Lines, Position};
use crate::walk::walk;

/// A leaf, and what a selection says of it.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Explained<'a> {
    /// Where it begins.
    pub position: Position,
    /// Its path; for a comment that of the map or list it is in.
    pub path: &'a str,
    /// Whether it is a comment.
    pub comment: bool,
    /// Whether the selection encrypts it.
    pub selected: bool,
    /// What it holds.
    pub state: LeafState,
    /// Why it is encrypted or clear.
    pub reason: Reason,
}

/// Why a selection encrypts a leaf or leaves it clear.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reason {
    /// The rule selects everything.
    Everything,
    /// This key on the way to the leaf is one that the rule looks for.
    Key(String),
    /// No key on the way to the leaf is one that the rule looks for.
    NoKey,
    /// The rule looks for comments: one above the leaf matches, or none does.
    Comments,
}

/// Shows every value and comment of a text, clear or encrypted, to `visit`, with what `selection` says of it and why.
///
/// # Errors
/// The text is not well formed, or the pattern of the selection does not compile.
pub fn explain(
    text: &[u8],
    format: Format,
    selection: &Selection,
    visit: &mut dyn FnMut(&Explained<'_>),
) -> Result<(), OpenError> {
    let mentions = Mentions::of(text);
    let sealed = mentions.may_be_sealed() && (format != Format::Binary || is_wrapper(text));
    let form = if sealed { Form::Sealed } else { Form::Plain };
    let mut selector = Selector::new(selection, Mode::Encrypt)?;
    let document = Document::read_as(Cow::Borrowed(text), format, form)?;
    with!(&document, document => show(document, selection, &mut selector, visit));
    Ok(())
}

fn show<S: Syntax>(
    document: &S,
    selection: &Selection,
    selector: &mut Selector,
    visit: &mut dyn FnMut(&Explained<'_>),
) {
    let leaves = walk(document, selector).leaves;
    let lines = Lines::of(document.text());
    let mut trail = Trail::default();
    // The keys on the way, each with the length of the path behind it.
    let mut keys: Vec<(usize, Cow<'_, [u8]>)> = Vec::new();
    let mut next = 0;
    for (at, node) in document.nodes().iter().enumerate() {
        trail.arrive(document, node);
        if node.kind == Kind::Key {
            keys.push((trail.path().len(), document.key(node)));
        }
        if let Some(leaf) = leaves.get(next).filter(|leaf| leaf.node as usize == at) {
            next += 1;
            let reason = if selection.text().is_empty() {
                Reason::Everything
            } else if selector.reads_comments() {
                Reason::Comments
            } else {
                let found = keys.iter().find(|(_, key)| selector.looks_for(key));
                found.map_or(Reason::NoKey, |(_, key)| Reason::Key(String::from_utf8_lossy(key).into_owned()))
            };
            visit(&Explained {
                position: lines.position(node.span.start),
                path: trail.path(),
                comment: leaf.comment,
                selected: leaf.selected,
                state: state_of(&document.value(node)),
                reason,
            });
        }
        trail.depart(node);
        while keys.last().is_some_and(|(length, _)| *length > trail.path().len()) {
            keys.pop();
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn reasons(text: &str, selection: &Selection) -> Vec<String> {
        let mut found = Vec::new();
        explain(text.as_bytes(), Format::Yaml, selection, &mut |leaf| {
            let mark = if leaf.selected { '+' } else { '-' };
            let reason = match &leaf.reason {
                Reason::Everything => "all".to_owned(),
                Reason::Key(key) => key.clone(),
                Reason::NoKey => "none".to_owned(),
                Reason::Comments => "comments".to_owned(),
            };
            found.push(format!("{}{mark} {reason}", leaf.path));
        })
        .unwrap();
        found
    }

    #[test]
    fn the_first_key_that_matches_is_the_reason() {
        let text = "a: 1\ndata:\n  x: {data: 2}\n  y: [3]\nz: 4\n";
        let expected = ["a- none", "data.x.data+ data", "data.y[0]+ data", "z- none"];
        assert_eq!(reasons(text, &Selection::EncryptedRegex("^data$".into())), expected);
        let expected = ["a+ none", "data.x.data- data", "data.y[0]- data", "z+ none"];
        assert_eq!(reasons(text, &Selection::UnencryptedSuffix("ta".into())), expected);
        assert_eq!(reasons("a: 1\n", &Selection::EncryptedSuffix(String::new())), ["a+ all"]);
        let comments = Selection::EncryptedCommentRegex("secret".into());
        assert_eq!(reasons("a: 1\n# secret\nb: 2\n", &comments)[0], "a- comments");
    }
}
