//! What a document says, apart from its text: the nodes with their keys, values and comments. It is what formats
//! print when they print a whole file, and what two documents of different formats are compared by.

use std::borrow::Cow;

use super::{DocumentError, Kind, Node, Syntax};
use crate::document::Stores;
use crate::value::Value;

/// One step of a document.
#[derive(Clone)]
pub(crate) enum Item<'a> {
    /// Opens a branch: a YAML document, or the only one of the other formats.
    Branch,
    /// Opens a map.
    Map,
    /// Opens a list.
    List,
    /// Closes the innermost branch, map or list.
    End,
    /// The key of the value that follows.
    Key(Cow<'a, [u8]>),
    /// A leaf. It is never [`Value::Comment`].
    Scalar(Value<'a>),
    /// A comment.
    Comment {
        /// The text behind the comment character.
        text: Cow<'a, [u8]>,
        /// It stands behind the value of the item that follows it (YAML only).
        inline: bool,
    },
}

impl Item<'_> {
    /// Whether it is a comment.
    pub(crate) const fn is_comment(&self) -> bool {
        matches!(self, Self::Comment { .. })
    }

    /// Whether it opens a branch, map or list.
    pub(crate) const fn opens(&self) -> bool {
        matches!(self, Self::Branch | Self::Map | Self::List)
    }

    /// The same, independent of any text.
    pub(crate) fn into_owned(self) -> Item<'static> {
        let owned = |text: Cow<'_, [u8]>| Cow::Owned(text.into_owned());
        match self {
            Self::Branch => Item::Branch,
            Self::Map => Item::Map,
            Self::List => Item::List,
            Self::End => Item::End,
            Self::Key(key) => Item::Key(owned(key)),
            Self::Comment { text, inline } => Item::Comment { text: owned(text), inline },
            Self::Scalar(value) => Item::Scalar(match value {
                Value::Null => Value::Null,
                Value::Str(text) => Value::Str(owned(text)),
                Value::Int(number) => Value::Int(number),
                Value::Float(number) => Value::Float(number),
                Value::Bool(truth) => Value::Bool(truth),
                Value::Time(time) => Value::Time(time),
                Value::Comment(text) => Value::Comment(owned(text)),
            }),
        }
    }
}

/// The items of the whole `document`, one for each of its nodes.
pub(crate) fn items<S: Syntax>(document: &S) -> Vec<Item<'_>> {
    document.nodes().iter().map(|node| item(document, node)).collect()
}

/// What the node `node` of `document` says.
pub(crate) fn item<'a, S: Syntax>(document: &'a S, node: &Node) -> Item<'a> {
    match node.kind {
        Kind::Branch => Item::Branch,
        Kind::Map => Item::Map,
        Kind::List => Item::List,
        Kind::End => Item::End,
        Kind::Key => Item::Key(document.key(node)),
        Kind::Scalar(_) => match document.value(node) {
            Value::Comment(text) => Item::Comment { text, inline: false },
            value => Item::Scalar(value),
        },
        Kind::Comment { inline } => match document.value(node) {
            Value::Comment(text) => Item::Comment { text, inline },
            value => Item::Scalar(value),
        },
    }
}

/// The index behind the value that begins at `items[at]`.
pub(crate) fn behind(items: &[Item<'_>], at: usize) -> usize {
    let mut depth = 0_usize;
    let mut next = at;
    while let Some(item) = items.get(next) {
        next += 1;
        match item {
            Item::Branch | Item::Map | Item::List => depth += 1,
            Item::End => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 && !matches!(item, Item::Key(_)) {
            break;
        }
    }
    next
}

/// Writes the subtree at `nodes()[index]` of `document` (a `Scalar`, `Map` or `List`) as sops prints it for
/// `--extract` in the format `T`: a string as its very bytes, a map as a file in which it is the first document, indented
/// as `stores` say.
///
/// # Errors
/// The format has no single values, or cannot express this one.
pub(crate) fn extract<S: Syntax, T: Syntax>(
    document: &S,
    index: usize,
    stores: &Stores,
) -> Result<Vec<u8>, DocumentError> {
    let nodes = document.nodes();
    let mut to = Vec::new();
    let mut part: Vec<Item<'_>> =
        nodes[index..crate::path::behind(nodes, index)].iter().map(|node| item(document, node)).collect();
    match part.first() {
        Some(Item::Scalar(Value::Str(text))) => to.extend_from_slice(text),
        Some(Item::Map | Item::Branch) => {
            part[0] = Item::Branch;
            let branches = nodes.iter().enumerate().filter(|(_, node)| node.kind == Kind::Branch);
            if let Some((second, _)) = branches.skip(1).find(|(at, _)| *at > index) {
                part.extend(nodes[second..].iter().map(|node| item(document, node)));
            }
            T::print(&part, stores, &mut to)?;
        }
        _ => T::print_value(&part, stores, &mut to)?,
    }
    Ok(to)
}
