//! Whether two documents mean the same: the proof that every encrypted text passes before it is given out.

use std::ops::Range;

use crate::document::{Kind, Node, Syntax, Type};
use crate::value::Value;

/// What stands in the place of a node in the other document.
pub(crate) enum Expected<'a> {
    /// The very value.
    Value(Value<'a>),
    /// This token.
    Token(&'a [u8]),
}

/// A difference: the index of the node, and what differs.
pub(crate) type Difference = (usize, &'static str);

/// Whether `other` has the nodes of `one`, with the values that `expected` gives for each index of a node
/// of `one` (it is only asked for scalars and comments, in order). Where one has a token, the other may have any
/// type.
pub(crate) fn same<'a, A: Syntax, B: Syntax>(
    one: &'a A,
    other: &B,
    expected: impl FnMut(usize, &'a Node) -> Expected<'a>,
) -> Result<(), Difference> {
    same_range(one, other, 0..one.nodes().len().min(other.nodes().len()), expected)?;
    if one.nodes().len() == other.nodes().len() {
        Ok(())
    } else {
        Err((one.nodes().len().min(other.nodes().len()), "the structure differs"))
    }
}

/// Whether the two documents have nodes of the same kinds, leaves and comments being one kind.
pub(crate) fn same_shape<A: Syntax, B: Syntax>(one: &A, other: &B) -> bool {
    let shape = |kind| match kind {
        Kind::Scalar(_) | Kind::Comment { .. } => Kind::Scalar(Type::Null),
        kind => kind,
    };
    let kinds = |node: &Node| shape(node.kind);
    one.nodes().iter().map(kinds).eq(other.nodes().iter().map(kinds))
}

/// The same as [`same`] for the nodes in `range`, which both have.
pub(crate) fn same_range<'a, A: Syntax, B: Syntax>(
    one: &'a A,
    other: &B,
    range: Range<usize>,
    mut expected: impl FnMut(usize, &'a Node) -> Expected<'a>,
) -> Result<(), Difference> {
    for index in range {
        let (a, b) = (&one.nodes()[index], &other.nodes()[index]);
        match (a.kind, b.kind) {
            (Kind::Key, Kind::Key) => {
                if one.key(a) != other.key(b) {
                    return Err((index, "a key differs"));
                }
            }
            (Kind::Scalar(_) | Kind::Comment { .. }, Kind::Scalar(_) | Kind::Comment { .. }) => {
                let found = other.value(b);
                let fits = match expected(index, a) {
                    Expected::Value(value) => same_value(&value, &found),
                    Expected::Token(token) => {
                        // A block scalar ends its token with line feeds, which count for nothing.
                        matches!(&found, Value::Str(text) | Value::Comment(text)
                            if text.strip_prefix(token).is_some_and(|rest| rest.iter().all(|byte| *byte == b'\n')))
                    }
                };
                if !fits {
                    return Err((index, "a value differs"));
                }
                let comments = matches!((a.kind, b.kind), (Kind::Comment { .. }, Kind::Comment { .. }));
                if a.kind != b.kind && !comments && !one_is_text(a.kind, b.kind) {
                    return Err((index, "a comment belongs to another place"));
                }
            }
            (a, b) if a == b => {}
            _ => return Err((index, "the structure differs")),
        }
    }
    Ok(())
}

/// Whether one of two leaves is a string, as every token outside of comments is.
fn one_is_text(one: Kind, other: Kind) -> bool {
    const TEXT: Kind = Kind::Scalar(Type::Str);
    one == TEXT || other == TEXT
}

fn same_value(one: &Value<'_>, other: &Value<'_>) -> bool {
    match (one, other) {
        (Value::Float(one), Value::Float(other)) => {
            one.to_bits() == other.to_bits() || (one.is_nan() && other.is_nan())
        }
        _ => one == other,
    }
}
