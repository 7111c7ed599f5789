//! What is wrong with a configuration, and where.

use std::borrow::Cow;
use std::fmt;

use crate::span::Position;

/// Why a configuration, or a rule of it, cannot be used.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{}{}{problem}", Prefix(.position), Prefix(.path))]
pub struct RulesError {
    /// Where it is wrong. Callers put the name of the file in front.
    pub position: Option<Position>,
    /// The place in the tree, as `creation_rules[0].age`; empty at the root.
    pub path: String,
    /// What is wrong and what to do, in lower case and without a full stop.
    pub problem: Cow<'static, str>,
}

/// Something in a configuration that is no error to sops but hardly meant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RulesWarning {
    /// Where it is.
    pub position: Position,
    /// The place in the tree, as `creation_rules[0].age`.
    pub path: String,
    /// What it is, in lower case and without a full stop.
    pub problem: Cow<'static, str>,
}

impl fmt::Display for RulesWarning {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{}: {}{}", self.position, Prefix(&self.path), self.problem)
    }
}

/// What stands in front of a message: something and a colon, or nothing.
struct Prefix<'a, T>(&'a T);

impl fmt::Display for Prefix<'_, Option<Position>> {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |position| write!(to, "{position}: "))
    }
}

impl fmt::Display for Prefix<'_, String> {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { Ok(()) } else { write!(to, "{}: ", self.0) }
    }
}

/// A way from the root of a configuration to a place in it.
#[derive(Clone, Copy)]
pub(super) enum Path<'a> {
    /// The root.
    Root,
    /// The value of a key.
    Key(&'a Path<'a>, &'a str),
    /// An element of a list.
    Index(&'a Path<'a>, usize),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Key(Self::Root, key) => to.write_str(key),
            Self::Key(above, key) => write!(to, "{above}.{key}"),
            Self::Index(above, index) => write!(to, "{above}[{index}]"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_begin_with_the_place() {
        let root = Path::Key(&Path::Root, "creation_rules");
        let path = Path::Key(&Path::Index(&root, 2), "age").to_string();
        let position = Position { line: 3, column: 5 };
        let error = RulesError { position: Some(position), path, problem: "no list".into() };
        assert_eq!(error.to_string(), "3:5: creation_rules[2].age: no list");
        let error = RulesError { position: None, path: Path::Root.to_string(), problem: "no list".into() };
        assert_eq!(error.to_string(), "no list");
    }
}
