//! Nodes into a tree.

use std::collections::HashMap;

use super::error::YamlError;
use super::tree::{
    Comments, IN_FLOW, Id, Markers, NONE, NodeKind, Properties, Style, Tag, Tree, TreeNode, VERBATIM,
};
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

/// The index of the first node behind a seam: the mapping and its document come before.
const FIRST: u32 = 2;

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

    /// A builder for what is behind `seam`, where a key of the mapping begins that is the document. That mapping and
    /// its document are the first two nodes, in the place of those in front of the seam.
    pub(super) fn behind_seam(text: &'a [u8], seam: usize) -> Self {
        let mut builder = Self::new(&text[seam..]);
        builder.text = text;
        builder.open_document(seam, Markers::default(), (0, 0));
        builder.open(NodeKind::Map, Style::Block, None, None, seam);
        builder
    }

    /// Whether the next node is a key, but not the first one, of a block mapping that is the document.
    pub(super) fn is_at_seam(&self) -> bool {
        let [_, map] = self.frames.as_slice() else { return false };
        map.map && !map.flow && !map.value_next && map.last != NONE
    }

    /// Appends what `second`, made by [`Builder::behind_seam`] for where this one stands, has built of all the rest.
    /// Its comments are behind `lines` other lines now. Returns what was added to the indices of its nodes. `None`,
    /// and nothing is done, if its first key has a comment, which may belong to the key in front.
    pub(super) fn append(&mut self, second: Self, lines: u32) -> Option<u32> {
        let from = second.tree;
        let tree = &mut self.tree;
        let first = from.nodes.get(FIRST as usize).filter(|first| first.comments == NONE)?;
        debug_assert_eq!(first.kind, NodeKind::Scalar, "the seam is in front of a key");
        let [document, map] = self.frames.as_slice() else { return None };
        let (document, map, last) = (document.node, map.node, map.last);
        let offset = tree.nodes.len() as u32 - FIRST;
        let (properties, comments) = (tree.properties.len() as u32, tree.comments.len() as u32);
        let moved = |index: u32, by: u32| if index == NONE { NONE } else { index + by };
        tree.nodes.extend(from.nodes[FIRST as usize..].iter().map(|node| TreeNode {
            first_child: moved(node.first_child, offset),
            next: moved(node.next, offset),
            properties: moved(node.properties, properties),
            comments: moved(node.comments, comments),
            ..*node
        }));
        tree.nodes[last as usize].next = FIRST + offset;
        tree.properties.extend_from_slice(&from.properties);
        let behind =
            |range: (u32, u32)| if is_empty(range) { range } else { (range.0 + lines, range.1 + lines) };
        let moved = |from: Comments| Comments {
            head: behind(from.head),
            line: behind(from.line),
            foot: behind(from.foot),
        };
        tree.comments.extend(from.comments.iter().copied().map(moved));
        tree.documents.extend(from.documents[1..].iter().map(|id| Id(id.0 + offset)));
        let marker = from.markers[0].end;
        tree.markers.last_mut().expect("a document is open").end = marker;
        tree.markers.extend_from_slice(&from.markers[1..]);
        // The mapping and its document end where the second builder ended them.
        tree.nodes[map as usize].span.end = from.nodes[1].span.end;
        let (start, end) = (tree.span_with_properties(Id(map)).start, from.nodes[1].span.end);
        tree.nodes[document as usize].span = Span { start, end };
        for (node, end) in [(map, 1), (document, 0)] {
            let Comments { line, foot, .. } = moved(from.comments(Id(end)));
            let head = self.tree.comments(Id(node)).head;
            self.set_comments(node, Comments { head, line, foot });
        }
        self.frames.clear();
        Some(offset)
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
        if frame.last != NONE {
            self.tree.nodes[frame.node as usize].span = self.tree.span_with_properties(Id(frame.last));
        }
        let comments = Comments { foot, ..self.tree.comments(Id(frame.node)) };
        self.set_comments(frame.node, comments);
    }

    /// A scalar. `folded`: it is a plain one of more than one line.
    #[inline]
    pub(super) fn scalar(
        &mut self,
        span: Span,
        (style, folded): (Style, bool),
        tag: Tag,
        written: Option<Written>,
        comments: Comments,
    ) -> u32 {
        let node = self.push(NodeKind::Scalar, style, tag, span);
        if style == Style::Plain && !folded {
            self.tree.nodes[node as usize].flags |= VERBATIM;
        }
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
        let mut flags = 0;
        if let Some(frame) = self.frames.last_mut() {
            flags = if frame.flow { IN_FLOW } else { 0 };
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
            flags,
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
