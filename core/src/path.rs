//! Paths of a document's tree, for messages and for `--extract`.

use std::fmt::Write as _;

use crate::document::{Kind, Node, Syntax};

/// One step of a path.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// The key of a map.
    Key(String),
    /// A position in a list, from 0.
    Index(usize),
}

/// Why a text is no path, or a path leads nowhere. Named as sops names it.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PathError {
    /// A component without its closing bracket.
    #[error("component {0} doesn't end with ]")]
    Unclosed(String),
    /// A component that is neither quoted nor a number.
    #[error("component {0} is neither a quoted key nor a number that is not negative")]
    NotANumber(String),
    /// The path has no component.
    #[error("the path is empty; write it like '[\"key\"][0]'")]
    Empty,
    /// A key that the map does not have.
    #[error("component ['{0}'] not found")]
    NotFound(String),
    /// A position behind the end of the list.
    #[error("component [{0}] accesses out of bounds")]
    OutOfBounds(usize),
    /// A position in something that is no list.
    #[error("component [{0}] is integer, but tree part is not a slice")]
    NotAList(usize),
    /// A key of something that is no map.
    #[error("component ['{0}'] is a key, but tree part is not a map")]
    NotAMap(String),
}

/// Reads a path as sops writes it, `["a"]["b"][0]`: keys are taken verbatim between the first and the last
/// character inside the brackets, numbers count from 0.
///
/// # Errors
/// The text is no such path.
pub fn parse_path(text: &str) -> Result<Vec<Step>, PathError> {
    let mut steps = Vec::new();
    for piece in text.split('[').filter(|piece| !piece.is_empty()) {
        let Some(inner) = piece.strip_suffix(']') else {
            return Err(PathError::Unclosed(piece.to_owned()));
        };
        if inner.starts_with(['"', '\'']) {
            let mut key = inner.chars();
            key.next();
            key.next_back();
            steps.push(Step::Key(key.as_str().to_owned()));
        } else {
            let number = inner.strip_prefix('+').unwrap_or(inner).parse();
            steps.push(Step::Index(number.map_err(|_| PathError::NotANumber(inner.to_owned()))?));
        }
    }
    if steps.is_empty() { Err(PathError::Empty) } else { Ok(steps) }
}

/// The node that `path` leads to in the first branch: a `Scalar`, `Map` or `List`.
pub(crate) fn find<S: Syntax>(document: &S, path: &[Step]) -> Result<usize, PathError> {
    find_in(document.nodes(), path, &|key, name| *document.key(key) == *name.as_bytes())
}

/// As [`find`], among `nodes`, of which the first one opens the branch or map that `path` begins in. `is_key`
/// tells whether a key has a name.
pub(crate) fn find_in(
    nodes: &[Node],
    path: &[Step],
    is_key: &dyn Fn(&Node, &str) -> bool,
) -> Result<usize, PathError> {
    let mut at = 0;
    for step in path {
        let kind = nodes.get(at).map(|node| node.kind);
        let inside = at + 1;
        at = match (step, kind) {
            (Step::Key(key), Some(Kind::Branch | Kind::Map)) => {
                find_key(nodes, inside, key, is_key).ok_or_else(|| PathError::NotFound(key.clone()))?
            }
            (Step::Key(key), _) => return Err(PathError::NotAMap(key.clone())),
            (Step::Index(index), Some(Kind::List)) => {
                find_element(nodes, inside, *index).ok_or(PathError::OutOfBounds(*index))?
            }
            (Step::Index(index), _) => return Err(PathError::NotAList(*index)),
        };
    }
    Ok(at)
}

/// The index of the value of the key `key` of the collection whose first item is at `at`.
pub(crate) fn find_key(
    nodes: &[Node],
    mut at: usize,
    key: &str,
    is_key: &dyn Fn(&Node, &str) -> bool,
) -> Option<usize> {
    loop {
        let node = nodes.get(at)?;
        match node.kind {
            Kind::End => return None,
            Kind::Key if is_key(node, key) => return Some(at + 1),
            Kind::Key => at = behind(nodes, at + 1),
            _ => at += 1,
        }
    }
}

/// The index of the element number `index` of the list whose first item is at `at`. Comments do not count.
pub(crate) fn find_element(nodes: &[Node], mut at: usize, index: usize) -> Option<usize> {
    let mut left = index;
    loop {
        match nodes.get(at)?.kind {
            Kind::End => return None,
            Kind::Comment { .. } => at += 1,
            _ if left == 0 => return Some(at),
            _ => {
                left -= 1;
                at = behind(nodes, at);
            }
        }
    }
}

/// The index behind the value that begins at `at`.
pub(crate) fn behind(nodes: &[Node], at: usize) -> usize {
    let mut depth = 0_usize;
    let mut next = at;
    while let Some(node) = nodes.get(next) {
        next += 1;
        match node.kind {
            Kind::Branch | Kind::Map | Kind::List => depth += 1,
            Kind::End => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 && node.kind != Kind::Key {
            break;
        }
    }
    next
}

/// The path of the node `index` as a person would write it, `spec.users[2].password`; keys that hold other
/// characters than letters, digits, `-` and `_` are quoted. Costs one pass over the nodes, so it is for messages.
pub(crate) fn describe<S: Syntax>(document: &S, index: usize) -> String {
    let mut trail = Trail::default();
    for (at, node) in document.nodes().iter().enumerate() {
        trail.arrive(document, node);
        if at == index {
            break;
        }
        trail.depart(node);
    }
    if trail.text.is_empty() { "the top level".to_owned() } else { trail.text }
}

/// The path of each node in turn, along one pass over all nodes of a document: [`Trail::arrive`] at a node,
/// read [`Trail::path`], [`Trail::depart`] from it.
#[derive(Default)]
pub(crate) struct Trail {
    /// For each open collection: the next position if it is a list, and the length of the text before it.
    open: Vec<(Option<usize>, usize)>,
    text: String,
    /// The length of the text before the key that the next node belongs to.
    keyed: Option<usize>,
    /// The length of the text before what the current node adds.
    before: usize,
}

impl Trail {
    /// Comes to `node`, the one behind the last.
    pub(crate) fn arrive<S: Syntax>(&mut self, document: &S, node: &Node) {
        self.before = self.keyed.take().unwrap_or(self.text.len());
        match node.kind {
            Kind::Key => {
                self.keyed = Some(self.text.len());
                push_key(&mut self.text, &document.key(node));
            }
            Kind::Map | Kind::List | Kind::Scalar(_) => {
                if let Some((Some(next), _)) = self.open.last_mut() {
                    let _ = write!(self.text, "[{next}]");
                    *next += 1;
                }
            }
            Kind::Branch | Kind::End | Kind::Comment { .. } => {}
        }
    }

    /// The path of the current node, as [`describe`] writes it; that of a comment is the path of what it is in.
    /// Empty at the top level.
    pub(crate) fn path(&self) -> &str {
        &self.text
    }

    /// Leaves `node`.
    pub(crate) fn depart(&mut self, node: &Node) {
        match node.kind {
            Kind::Branch => self.open.push((None, 0)),
            Kind::Map => self.open.push((None, self.before)),
            Kind::List => self.open.push((Some(0), self.before)),
            Kind::End => self.text.truncate(self.open.pop().map_or(0, |(_, length)| length)),
            Kind::Scalar(_) => self.text.truncate(self.before),
            Kind::Comment { .. } | Kind::Key => {}
        }
    }
}

/// A path as messages write it, `spec.users[2].password`: the other form of [`parse_path`].
pub fn describe_path(path: &[Step]) -> String {
    let mut text = String::new();
    for step in path {
        match step {
            Step::Key(key) => push_key(&mut text, key.as_bytes()),
            Step::Index(index) => {
                let _ = write!(text, "[{index}]");
            }
        }
    }
    text
}

fn push_key(text: &mut String, key: &[u8]) {
    let key = String::from_utf8_lossy(key);
    let simple = !key.is_empty()
        && key.chars().all(|character| character.is_alphanumeric() || matches!(character, '-' | '_'));
    if simple {
        if !text.is_empty() {
            text.push('.');
        }
        text.push_str(&key);
    } else {
        let _ = write!(text, "[{key:?}]");
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_as_sops_reads_them() {
        assert_eq!(
            parse_path("[\"a\"]['b:c'][12]"),
            Ok(vec![Step::Key("a".into()), Step::Key("b:c".into()), Step::Index(12)])
        );
        assert_eq!(parse_path("a"), Err(PathError::Unclosed("a".into())));
        assert_eq!(parse_path("[a]"), Err(PathError::NotANumber("a".into())));
        assert_eq!(parse_path("[-1]"), Err(PathError::NotANumber("-1".into())));
        assert_eq!(parse_path("[]"), Err(PathError::NotANumber(String::new())));
        assert_eq!(parse_path(""), Err(PathError::Empty));
        assert_eq!(parse_path("[\"é\"]"), Ok(vec![Step::Key("é".into())]));
        assert_eq!(parse_path("[\"]"), Ok(vec![Step::Key(String::new())]));
        let described = |text| describe_path(&parse_path(text).unwrap());
        assert_eq!(described("[\"spec\"][\"a b\"][2][\"c\"]"), "spec[\"a b\"][2].c");
    }
}
