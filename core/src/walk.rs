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
    let nodes = document.nodes();
    let mut leaves = Leaves { leaves: Vec::with_capacity(nodes.len() / 2), ..Leaves::default() };
    let mut path = Path { text: Vec::new(), stored: (0, 0), changed: true };
    // For each open collection: whether it is a list, and the length of the path before its key.
    let mut open: Vec<(bool, usize)> = Vec::new();
    let mut before_key = 0;
    let mut keyed = false;
    for (index, node) in nodes.iter().enumerate() {
        let in_list = open.last().is_some_and(|(list, _)| *list);
        match node.kind {
            Kind::Branch => {
                open.push((false, 0));
                selector.open_level();
                if selector.selects_comment(false) {
                    leaves.selected_collections.push(index as u32);
                }
            }
            Kind::Map | Kind::List => {
                open.push((node.kind == Kind::List, if keyed { before_key } else { path.text.len() }));
                keyed = false;
                selector.open_level();
                if selector.selects_comment(node.kind == Kind::List) {
                    leaves.selected_collections.push(index as u32);
                }
            }
            Kind::End => {
                selector.close_level();
                let (_, length) = open.pop().expect("every end closes a collection");
                if let Some((list, _)) = open.last() {
                    if !list {
                        path.truncate(length);
                        selector.leave_key();
                    }
                    selector.item_done();
                }
            }
            Kind::Key => {
                before_key = path.text.len();
                let key = document.key(node);
                path.push(&key);
                selector.enter_key(&key);
                keyed = true;
            }
            Kind::Scalar(kind) => {
                if kind != Type::Null {
                    let selected = selector.selects_leaf();
                    leaves.push(index, &mut path, selected, false, in_list);
                }
                if keyed {
                    path.truncate(before_key);
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
                let selected = selector.selects_comment(in_list);
                leaves.push(index, &mut path, selected, true, in_list);
            }
        }
    }
    leaves
}

impl Leaves {
    fn push(&mut self, node: usize, path: &mut Path, selected: bool, comment: bool, in_list: bool) {
        let aad = if selected { path.store(&mut self.aads) } else { (0, 0) };
        self.leaves.push(Leaf { node: node as u32, aad, selected, comment, in_list });
    }
}

/// The keys on the way to the current node, each followed by a colon.
struct Path {
    text: Vec<u8>,
    /// Where the text was stored last.
    stored: (u32, u32),
    /// Whether it has changed since.
    changed: bool,
}

impl Path {
    fn push(&mut self, key: &[u8]) {
        self.text.extend_from_slice(key);
        self.text.push(b':');
        self.changed = true;
    }

    fn truncate(&mut self, length: usize) {
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
