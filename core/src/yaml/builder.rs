//! Nodes into a tree.

use std::collections::HashMap;

use super::error::YamlError;
use super::tree::{Comments, Id, Markers, NONE, NodeKind, Properties, Style, Tag, Tree, TreeNode};
use crate::span::Span;

/// The properties of a node as written.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Written {
    /// Where the first begins.
    pub(super) start: u32,
    /// Where the last ends.
    pub(super) end: u32,
    /// The name of the anchor.
    pub(super) anchor: Span,
    /// The tag as written.
    pub(super) raw_tag: Span,
    /// The tag that it stands for; `None` if there is none, or only `!`.
    pub(super) tag: Option<Tag>,
}

/// A collection, or document, that is not complete.
struct Frame {
    node: u32,
    /// Its last child so far.
    last: u32,
    /// Mapping: the last key.
    key: u32,
    /// Mapping: a value comes next.
    value_next: bool,
    map: bool,
    flow: bool,
}

/// Puts a tree together.
pub(super) struct Builder<'a> {
    text: &'a [u8],
    tree: Tree,
    frames: Vec<Frame>,
    anchors: HashMap<&'a [u8], u32>,
}

impl<'a> Builder<'a> {
    /// A builder for the tree of `text`.
    pub(super) fn new(text: &'a [u8]) -> Self {
        let mut tree = Tree::default();
        tree.nodes.reserve(text.len() / 24 + 16);
        Self { text, tree, frames: Vec::new(), anchors: HashMap::new() }
    }

    /// The tree, without its text and what the scanner found.
    pub(super) fn finish(self) -> Tree {
        self.tree
    }

    /// Begins a document at `start` with the comment `head`.
    pub(super) fn open_document(&mut self, start: usize, markers: Markers, head: (u32, u32)) {
        let node = self.push(NodeKind::Document, Style::Block, Tag::Other, Span::empty(start));
        self.tree.documents.push(Id(node));
        self.tree.markers.push(markers);
        self.frames.push(Frame { node, last: NONE, key: NONE, value_next: false, map: false, flow: false });
        self.set_head(head);
    }

    /// Ends the document before `marker`.
    pub(super) fn close_document(&mut self, marker: Span, foot: (u32, u32)) {
        if let Some(markers) = self.tree.markers.last_mut() {
            markers.end = marker;
        }
        let frame = self.frames.pop().expect("a document is open");
        if let Some(root) = self.tree.nodes.get(frame.last as usize) {
            let properties = self.tree.properties.get(root.properties as usize);
            let start = properties.map_or(root.span.start, |properties| properties.span.start);
            let end = root.span.end;
            self.tree.nodes[frame.node as usize].span = Span { start, end };
        }
        let comments = Comments { foot, ..self.tree.comments(Id(frame.node)) };
        self.set_comments(frame.node, comments);
    }

    /// A scalar.
    #[inline]
    pub(super) fn scalar(
        &mut self,
        span: Span,
        style: Style,
        tag: Tag,
        written: Option<Written>,
        comments: Comments,
    ) -> u32 {
        let node = self.push(NodeKind::Scalar, style, tag, span);
        if let Some(written) = written {
            self.set_properties(node, written);
        }
        self.set_comments(node, comments);
        self.complete(node);
        node
    }

    /// The alias `*name` at `span`.
    pub(super) fn alias(&mut self, span: Span, comments: Comments) -> Result<(), YamlError> {
        let name = &span.of(self.text)[1..];
        let Some(&target) = self.anchors.get(name) else {
            return Err(YamlError::new(span.start as usize, "an alias of an anchor that does not exist"));
        };
        let tag = self.tree.nodes[target as usize].tag;
        let node = self.push(NodeKind::Alias, Style::Plain, tag, span);
        self.tree.nodes[node as usize].first_child = target;
        self.set_comments(node, comments);
        self.complete(node);
        Ok(())
    }

    /// Begins a collection at `start`, its properties left out.
    pub(super) fn open(
        &mut self,
        kind: NodeKind,
        style: Style,
        tag: Option<Tag>,
        written: Option<Written>,
        start: usize,
    ) {
        let map = kind == NodeKind::Map;
        let tag = tag.unwrap_or(if map { Tag::Map } else { Tag::Seq });
        let node = self.push(kind, style, tag, Span::empty(start));
        if let Some(written) = written {
            self.set_properties(node, written);
        }
        let flow = style == Style::Flow;
        self.frames.push(Frame { node, last: NONE, key: NONE, value_next: false, map, flow });
    }

    /// Gives the collection or document begun last the comment `head`.
    pub(super) fn set_head(&mut self, head: (u32, u32)) {
        if let Some(frame) = self.frames.last() {
            self.set_comments(frame.node, Comments { head, ..Comments::default() });
        }
    }

    /// Ends the collection at `end`. Of `comments` the line and the foot count.
    pub(super) fn close(&mut self, end: usize, comments: Comments) {
        let frame = self.frames.pop().expect("a collection is open");
        self.tree.nodes[frame.node as usize].span.end = end as u32;
        let Comments { line, mut foot, .. } = comments;
        if frame.map && !frame.flow && !is_empty(foot) && frame.key != NONE {
            self.set_foot(frame.key, foot);
            foot = (0, 0);
        }
        let head = self.tree.comments(Id(frame.node)).head;
        self.set_comments(frame.node, Comments { head, line, foot });
        self.complete(frame.node);
    }

    #[inline]
    fn push(&mut self, kind: NodeKind, style: Style, tag: Tag, span: Span) -> u32 {
        let node = self.tree.nodes.len() as u32;
        let mut in_flow = false;
        if let Some(frame) = self.frames.last_mut() {
            in_flow = frame.flow;
            match frame.last {
                NONE => self.tree.nodes[frame.node as usize].first_child = node,
                last => self.tree.nodes[last as usize].next = node,
            }
            frame.last = node;
        }
        self.tree.nodes.push(TreeNode {
            kind,
            style,
            tag,
            in_flow,
            span,
            first_child: NONE,
            next: NONE,
            properties: NONE,
            comments: NONE,
        });
        node
    }

    /// The foot of a key in a block mapping belongs to the key before; that of a value to its key.
    #[inline]
    fn complete(&mut self, node: u32) {
        let Some(frame) = self.frames.last_mut().filter(|frame| frame.map) else { return };
        let key = frame.key;
        frame.value_next = !frame.value_next;
        if frame.value_next {
            frame.key = node;
        }
        let takes = if frame.value_next { !frame.flow && key != NONE } else { true };
        if self.tree.nodes[node as usize].comments == NONE || !takes {
            return;
        }
        let is_key = frame.value_next;
        let foot = self.tree.comments(Id(node)).foot;
        if !is_empty(foot) && (is_key || is_empty(self.tree.comments(Id(key)).foot)) {
            self.set_foot(key, foot);
            self.set_foot(node, (0, 0));
        }
    }

    fn set_foot(&mut self, node: u32, foot: (u32, u32)) {
        let comments = Comments { foot, ..self.tree.comments(Id(node)) };
        self.set_comments(node, comments);
    }

    #[inline]
    fn set_comments(&mut self, node: u32, comments: Comments) {
        let place = &mut self.tree.nodes[node as usize].comments;
        if *place != NONE {
            self.tree.comments[*place as usize] = comments;
        } else if !(is_empty(comments.head) && is_empty(comments.line) && is_empty(comments.foot)) {
            *place = self.tree.comments.len() as u32;
            self.tree.comments.push(comments);
        }
    }

    fn set_properties(&mut self, node: u32, written: Written) {
        let Written { start, end, anchor, raw_tag, .. } = written;
        self.tree.nodes[node as usize].properties = self.tree.properties.len() as u32;
        self.tree.properties.push(Properties { span: Span { start, end }, anchor, tag: raw_tag });
        if !anchor.is_empty() {
            self.anchors.insert(anchor.of(self.text), node);
        }
    }
}

const fn is_empty(lines: (u32, u32)) -> bool {
    lines.0 == lines.1
}
