//! What can be seen of the leaves of a text without a key.

use crate::cipher::{PREFIX, Token};
use crate::document::Syntax;
use crate::file::{Sealed, with};
use crate::path::Trail;
use crate::select::{Mode, SelectionError, Selector};
use crate::span::{Lines, Position};
use crate::value::Value;
use crate::walk::{Leaf, walk};

/// A value or a comment of an encrypted text, as it can be seen without a key. Nulls are not among them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct SealedLeaf<'a> {
    /// Where it begins.
    pub position: Position,
    /// Its path, as `spec.users[2].password`; for a comment that of the map or list it is in, empty at the top
    /// level.
    pub path: &'a str,
    /// Whether it is a comment.
    pub comment: bool,
    /// Whether the selection of the file says that it is encrypted.
    pub selected: bool,
    /// What it holds.
    pub state: LeafState,
}

/// What a leaf holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LeafState {
    /// An empty string, which is never encrypted.
    Empty,
    /// A token of which nothing wrong can be seen without a key.
    Token,
    /// Something that begins like a token and is none; the text says what is wrong.
    Damaged(&'static str),
    /// Anything else: clear text.
    Clear,
}

impl Sealed {
    /// Shows every value and comment to `visit`, in the order of the text.
    ///
    /// ```
    /// use fieldseal_core::{Format, LeafState, Sealed};
    /// # let text = include_str!("../../tests/data/leaves.yaml");
    /// let sealed = Sealed::read(text, Format::Yaml)?;
    /// let mut clear = Vec::new();
    /// sealed.visit_leaves(&mut |leaf| {
    ///     if leaf.selected && leaf.state == LeafState::Clear {
    ///         clear.push(format!("{} at {}", leaf.path, leaf.position));
    ///     }
    /// })?;
    /// assert_eq!(clear, ["stringData.added at 4:10"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The pattern of the selection is larger than this crate allows.
    pub fn visit_leaves(&self, visit: &mut dyn FnMut(SealedLeaf<'_>)) -> Result<(), SelectionError> {
        let mut selector = Selector::new(&self.metadata.selection, Mode::Decrypt)?;
        with!(&self.document, document => {
            let leaves = walk(document, &mut selector).leaves;
            let lines = Lines::of(document.text());
            each_leaf(document, &leaves, &mut |index, path| {
                let leaf = &leaves[index];
                let node = &document.nodes()[leaf.node as usize];
                visit(SealedLeaf {
                    position: lines.position(node.span.start),
                    path,
                    comment: leaf.comment,
                    selected: leaf.selected,
                    state: state_of(&document.value(node)),
                });
            });
        });
        Ok(())
    }
}

/// Shows the number and the path of each of `leaves`, which are those of `document`, to `visit`.
pub(crate) fn each_leaf<S: Syntax>(document: &S, leaves: &[Leaf], visit: &mut dyn FnMut(usize, &str)) {
    let mut trail = Trail::default();
    let mut next = 0;
    for (at, node) in document.nodes().iter().enumerate() {
        trail.arrive(document, node);
        if leaves.get(next).is_some_and(|leaf| leaf.node as usize == at) {
            visit(next, trail.path());
            next += 1;
        }
        trail.depart(node);
    }
}

/// What a leaf with this value holds.
pub(crate) fn state_of(value: &Value<'_>) -> LeafState {
    /// What every token of sops begins with, whatever its cipher is.
    const START: &[u8] = b"ENC[";
    match value {
        Value::Null => LeafState::Empty,
        Value::Str(text) | Value::Comment(text) if text.is_empty() => LeafState::Empty,
        Value::Str(text) | Value::Comment(text) => match Token::parse(text) {
            Ok(token) => token.flaw().map_or(LeafState::Token, LeafState::Damaged),
            Err(_) if text.starts_with(PREFIX) => LeafState::Damaged(
                "it does not have the form ENC[AES256_GCM,data:...,iv:...,tag:...,type:...]",
            ),
            Err(_) if text.starts_with(START) => LeafState::Damaged("its cipher is not AES256_GCM"),
            Err(_) => LeafState::Clear,
        },
        _ => LeafState::Clear,
    }
}
