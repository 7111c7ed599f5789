//! The one walk over a document, for both directions: which leaves there are, what each is bound to, and
//! whether the rules select it.

use crate::document::{Kind, Syntax, Type};
use crate::select::Selector;
use crate::value::Value;

/// A leaf or a comment of a document.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Leaf {
    /// Its index among the nodes.
    pub(crate) node: u32,
    /// Where its additional authenticated data is in [`Leaves`].
    aad: (u32, u32),
    /// Whether the rules encrypt it.
    pub(crate) selected: bool,
    /// Whether it is a comment, as the document shows it.
    pub(crate) comment: bool,
    /// Whether it is an element of a list.
    pub(crate) in_list: bool,
}

/// The leaves and comments of a document in its order. Nulls are not among them: they are neither encrypted
/// nor hashed.
#[derive(Default)]
pub(crate) struct Leaves {
    /// The leaves.
    pub(crate) leaves: Vec<Leaf>,
    /// The nodes that open the branches, maps and lists in which a comment would be encrypted.
    pub(crate) selected_collections: Vec<u32>,
    aads: Vec<u8>,
}

impl Leaves {
    /// The additional authenticated data of a leaf: the keys on its path, each followed by a colon. List
    /// positions are no part of it; a comment has that of the collection it is in; at the top it is one colon.
    pub(crate) fn aad(&self, leaf: &Leaf) -> &[u8] {
        &self.aads[leaf.aad.0 as usize..leaf.aad.1 as usize]
    }

    /// How many leaves and comments are selected.
    pub(crate) fn selected(&self) -> usize {
        self.leaves.iter().filter(|leaf| leaf.selected).count()
    }
}

/// Walks `document` and lets `selector` decide.
pub(crate) fn walk<S: Syntax>(document: &S, selector: &mut Selector) -> Leaves {
    let leaves = Leaves { leaves: Vec::with_capacity(document.nodes().len() / 2), ..Leaves::default() };
    let path = Path { text: Vec::new(), lengths: Vec::new(), stored: (0, 0), changed: true };
    let mut collector = Collector { leaves, path };
    walk_with(document, selector, &mut collector);
    collector.leaves
}

/// A leaf or a comment that the walk comes to, as in [`Leaf`].
#[derive(Clone, Copy)]
pub(crate) struct Seen {
    /// Its index among the nodes.
    pub(crate) node: u32,
    /// Whether the rules encrypt it.
    pub(crate) selected: bool,
    comment: bool,
    in_list: bool,
}

/// What is told of a walk.
pub(crate) trait Visitor {
    /// The walk comes to a leaf or comment.
    fn leaf(&mut self, leaf: Seen);
    /// The path grows by a key.
    fn enter(&mut self, _key: &[u8]) {}
    /// The path ends before its last key.
    fn leave(&mut self) {}
    /// A collection begins in which a comment would be encrypted.
    fn selected_collection(&mut self, _node: u32) {}
}

/// Walks `document`, lets `selector` decide, and tells `visitor`.
pub(crate) fn walk_with<S: Syntax>(document: &S, selector: &mut Selector, visitor: &mut impl Visitor) {
    // For each open collection: whether it is a list, and whether it is the value of a key.
    let mut open: Vec<(bool, bool)> = Vec::new();
    let mut keyed = false;
    for (index, node) in document.nodes().iter().enumerate() {
        let in_list = open.last().is_some_and(|(list, _)| *list);
        let mut seen = Seen { node: index as u32, selected: false, comment: false, in_list };
        match node.kind {
            Kind::Branch | Kind::Map | Kind::List => {
                let list = node.kind == Kind::List;
                open.push((list, std::mem::take(&mut keyed)));
                selector.open_level();
                if selector.selects_comment(list) {
                    visitor.selected_collection(seen.node);
                }
            }
            Kind::End => {
                selector.close_level();
                let (_, keyed) = open.pop().expect("every end closes a collection");
                if keyed {
                    visitor.leave();
                    selector.leave_key();
                }
                if !open.is_empty() {
                    selector.item_done();
                }
            }
            Kind::Key => {
                let key = document.key(node);
                visitor.enter(&key);
                selector.enter_key(&key);
                keyed = true;
            }
            Kind::Scalar(kind) => {
                if kind != Type::Null {
                    seen.selected = selector.selects_leaf();
                    visitor.leaf(seen);
                }
                if keyed {
                    visitor.leave();
                    selector.leave_key();
                    keyed = false;
                }
                selector.item_done();
            }
            Kind::Comment { .. } => {
                if selector.reads_comments()
                    && let Value::Comment(text) = document.value(node)
                {
                    selector.comment(&text);
                }
                seen.selected = selector.selects_comment(in_list);
                seen.comment = true;
                visitor.leaf(seen);
            }
        }
    }
}

/// Keeps all leaves with their additional data.
struct Collector {
    leaves: Leaves,
    path: Path,
}

impl Visitor for Collector {
    fn leaf(&mut self, Seen { node, selected, comment, in_list }: Seen) {
        let aad = if selected { self.path.store(&mut self.leaves.aads) } else { (0, 0) };
        self.leaves.leaves.push(Leaf { node, aad, selected, comment, in_list });
    }

    fn enter(&mut self, key: &[u8]) {
        self.path.enter(key);
    }

    fn leave(&mut self) {
        self.path.leave();
    }

    fn selected_collection(&mut self, node: u32) {
        self.leaves.selected_collections.push(node);
    }
}

/// The keys on the way to the current node, each followed by a colon.
struct Path {
    text: Vec<u8>,
    /// How long the text was before each of the keys.
    lengths: Vec<usize>,
    /// Where the text was stored last.
    stored: (u32, u32),
    /// Whether it has changed since.
    changed: bool,
}

impl Path {
    fn enter(&mut self, key: &[u8]) {
        self.lengths.push(self.text.len());
        self.text.extend_from_slice(key);
        self.text.push(b':');
        self.changed = true;
    }

    fn leave(&mut self) {
        let length = self.lengths.pop().expect("a key is left after it was entered");
        self.text.truncate(length);
        self.changed = true;
    }

    fn store(&mut self, to: &mut Vec<u8>) -> (u32, u32) {
        if self.changed {
            let start = to.len() as u32;
            if self.text.is_empty() {
                to.push(b':');
            } else {
                to.extend_from_slice(&self.text);
            }
            self.stored = (start, to.len() as u32);
            self.changed = false;
        }
        self.stored
    }
}
