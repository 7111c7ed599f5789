//! The tree of a YAML text.

use super::source::Breaks;
use crate::document::Encoding;
use crate::span::Span;

/// The index of a node in its [`Tree`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Id(pub(crate) u32);

/// A parsed YAML text. Nodes lie in the order of the text, each before its children.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    /// The text as UTF-8; all spans are places of it. A byte order mark at its beginning is part of it.
    pub(crate) text: Vec<u8>,
    /// All nodes.
    pub(crate) nodes: Vec<TreeNode>,
    /// The documents in order: indices of nodes of kind [`NodeKind::Document`].
    pub(crate) documents: Vec<Id>,
    /// What [`TreeNode::properties`] points at.
    pub(crate) properties: Vec<Properties>,
    /// What [`TreeNode::comments`] points at.
    pub(crate) comments: Vec<Comments>,
    /// The lines of comments that the ranges in [`Comments`] select: each from its `#` to the end of the line,
    /// without the line break.
    pub(crate) comment_lines: Vec<Span>,
    /// How the text stood in the file. For UTF-16 the byte order mark is not part of the text.
    pub(crate) encoding: Encoding,
    /// For each of [`Tree::documents`]: its markers.
    pub(crate) markers: Vec<Markers>,
    /// The block scalars, in the order of the text.
    pub(crate) blocks: Vec<BlockScalar>,
    /// What kinds of line breaks the text has.
    pub(super) breaks: Breaks,
}

/// The markers of a document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Markers {
    /// The directives before `---`, from the first `%` to the end of the last one; empty if there are none.
    pub(crate) directives: Span,
    /// `---`, or empty where the content begins without.
    pub(crate) start: Span,
    /// `...`, or empty where the document ends: at the next marker, directive or the end of the text.
    pub(crate) end: Span,
}

/// How a block scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BlockScalar {
    /// The index of its node.
    pub(crate) node: u32,
    /// `|` or `>` with the indicators behind it, without a comment.
    pub(crate) header: Span,
    /// Where the line below the header begins.
    pub(crate) body: u32,
    /// The end of the last line with content, its line break not included; the same as `body` if there is
    /// none.
    pub(crate) content_end: u32,
    /// How many columns the content is indented.
    pub(crate) indent: u32,
    /// Whether the header says how deep.
    pub(crate) explicit: bool,
    /// What becomes of the line breaks at the end.
    pub(crate) chomping: Chomping,
}

/// What becomes of the line breaks at the end of a block scalar.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Chomping {
    /// One stays, if there is one.
    Clip,
    /// `-`: none stays.
    Strip,
    /// `+`: all stay.
    Keep,
}

/// What kind of node it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum NodeKind {
    /// A document; its only child is the root, if it has one.
    Document,
    /// A mapping; its children are key, value, key, value.
    Map,
    /// A sequence.
    List,
    /// A scalar.
    Scalar,
    /// An alias; [`TreeNode::first_child`] is the node with the anchor.
    Alias,
}

/// How a node is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Style {
    /// A plain scalar, or nothing at all (an empty span).
    Plain,
    /// `'...'`
    Single,
    /// `"..."`
    Double,
    /// `|`
    Literal,
    /// `>`
    Folded,
    /// A collection in block style.
    Block,
    /// A collection in flow style.
    Flow,
}

/// The tag of a node: the one written, in its short form, or the one that its text resolves to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Tag {
    /// `!!null`
    Null,
    /// `!!bool`
    Bool,
    /// `!!int`, within `i64` or `u64`
    Int,
    /// `!!float`
    Float,
    /// `!!timestamp`
    Timestamp,
    /// `!!str`
    Str,
    /// `!!binary`
    Binary,
    /// `!!merge`
    Merge,
    /// `!!map`
    Map,
    /// `!!seq`
    Seq,
    /// Any other; the text is in the properties.
    Other,
}

/// In [`TreeNode::flags`]: it is inside a flow collection.
pub(super) const IN_FLOW: u8 = 1;
/// In [`TreeNode::flags`]: its text is its span, byte for byte.
pub(super) const VERBATIM: u8 = 2;

/// A node of the tree.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TreeNode {
    /// What it is.
    pub(crate) kind: NodeKind,
    /// How it is written.
    pub(crate) style: Style,
    /// Its tag; an alias has that of its target.
    pub(crate) tag: Tag,
    /// [`IN_FLOW`] and [`VERBATIM`].
    pub(super) flags: u8,
    /// Scalar: the text with its quotes; a block scalar from its indicator to the end of its last line with
    /// content, the line break included, or with `+` to the end of the empty lines below; an empty scalar where
    /// its value would begin, behind what is before it. Flow
    /// collection: with its brackets; `key: value` as an element of a flow sequence is a mapping without.
    /// Block collection: from its first key or dash, or `?`, to the end of its last node. Alias: `*name`.
    /// Document: where its content begins, with properties, and where it ends. Properties are not part of it
    /// but for the document.
    pub(crate) span: Span,
    /// The first child, or the target of an alias; [`NONE`] if there is none.
    pub(crate) first_child: u32,
    /// The next node of the same parent; [`NONE`] if there is none.
    pub(crate) next: u32,
    /// Index into [`Tree::properties`], or [`NONE`].
    pub(crate) properties: u32,
    /// Index into [`Tree::comments`], or [`NONE`].
    pub(crate) comments: u32,
}

impl TreeNode {
    /// Whether it is inside a flow collection.
    pub(crate) const fn in_flow(&self) -> bool {
        self.flags & IN_FLOW != 0
    }

    /// Whether its text is its span, byte for byte. Of a scalar in quotes it is not told.
    #[inline]
    pub(super) const fn is_verbatim(&self) -> bool {
        self.flags & VERBATIM != 0
    }
}

/// No node, no properties, no comments.
pub(crate) const NONE: u32 = u32::MAX;

/// The properties of a node.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Properties {
    /// From the first of them to the end of the last.
    pub(crate) span: Span,
    /// The name of the anchor, without `&`; empty if there is none.
    pub(crate) anchor: Span,
    /// The tag as written, with its `!`; empty if there is none.
    pub(crate) tag: Span,
}

/// The comments that belong to a node, as go-yaml gives them to it. Ranges of [`Tree::comment_lines`].
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Comments {
    /// Above it.
    pub(crate) head: (u32, u32),
    /// Behind it.
    pub(crate) line: (u32, u32),
    /// Below it.
    pub(crate) foot: (u32, u32),
}

impl Tree {
    /// The node with the index `id`.
    pub(crate) fn node(&self, id: Id) -> &TreeNode {
        &self.nodes[id.0 as usize]
    }

    /// The children of a node, not those of an alias's target.
    pub(crate) fn children(&self, id: Id) -> impl Iterator<Item = Id> + '_ {
        let node = self.node(id);
        let mut next = if node.kind == NodeKind::Alias { NONE } else { node.first_child };
        std::iter::from_fn(move || {
            (next != NONE).then(|| {
                let id = Id(next);
                next = self.node(id).next;
                id
            })
        })
    }

    /// The properties of a node.
    pub(crate) fn properties(&self, id: Id) -> Option<&Properties> {
        self.properties.get(self.node(id).properties as usize)
    }

    /// The span of a node, from its properties on if it has any.
    pub(super) fn span_with_properties(&self, id: Id) -> Span {
        let Span { start, end } = self.node(id).span;
        Span { start: self.properties(id).map_or(start, |properties| properties.span.start), end }
    }

    /// Whether all of the text is ASCII.
    pub(crate) const fn is_ascii(&self) -> bool {
        !self.breaks.high
    }

    /// The comments of a node.
    pub(crate) fn comments(&self, id: Id) -> Comments {
        self.comments.get(self.node(id).comments as usize).copied().unwrap_or_default()
    }

    /// How a block scalar is written; `None` for any other node.
    pub(crate) fn block(&self, id: Id) -> Option<&BlockScalar> {
        let index = self.blocks.binary_search_by_key(&id.0, |block| block.node).ok()?;
        self.blocks.get(index)
    }

    /// The lines that a range of [`Comments`] selects.
    pub(crate) fn lines(&self, range: (u32, u32)) -> &[Span] {
        &self.comment_lines[range.0 as usize..range.1 as usize]
    }
}
