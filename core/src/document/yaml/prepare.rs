//! What a clear text needs before its values can become tokens: aliases written out, comments that sops
//! would drop taken out, and an end behind which the `sops` block can stand.

use super::place::{Columns, blanks_before, break_behind, column, comment_gap, newline, start_of};
use super::text::{pad, plain_is_sound, write_double};
use super::values::write_binary;
use super::{COPY, Expansion, Yaml, id_of};
use crate::document::{DocumentCase, DocumentError, Kind, Node};
use crate::edits::Edits;
use crate::span::Span;
use crate::yaml::{Chomping, Id, NodeKind, Style, Tag, Typed};

/// The edits, sorted by their place.
pub(super) fn prepare(yaml: &Yaml, selected: &dyn Fn(usize) -> bool) -> Result<Edits, DocumentError> {
    let mut edits = Edits::default();
    expand(yaml, selected, &mut edits)?;
    drop_lost_comments(yaml, selected, &mut edits);
    close_last_block(yaml, &mut edits);
    Ok(edits)
}

// Aliases

/// Replaces the aliases that repeat something selected, that are selected themselves, or that repeat a whole document,
/// by copies.
fn expand(yaml: &Yaml, selected: &dyn Fn(usize) -> bool, edits: &mut Edits) -> Result<(), DocumentError> {
    if yaml.expansions.is_empty() {
        return Ok(());
    }
    // How many of the nodes before each are selected.
    let mut count = 0;
    let mut sums = Vec::with_capacity(yaml.nodes.len() + 1);
    sums.push(0_u32);
    for (index, node) in yaml.nodes.iter().enumerate() {
        let leaf = matches!(node.kind, Kind::Scalar(_) | Kind::Comment { .. });
        count += u32::from(leaf && selected(index));
        sums.push(count);
    }
    let any = |nodes: &std::ops::Range<u32>| sums[nodes.end as usize] > sums[nodes.start as usize];
    let limit = copy_limit(yaml);
    let mut copied = 0;
    let mut columns = Columns::default();
    for expansion in &yaml.expansions {
        let target = yaml.anchors.binary_search_by_key(&expansion.target.0, |(id, _)| *id);
        let target = target.ok().map(|at| &yaml.anchors[at].1);
        // The map of a document gets the metadata, which nobody else is to have.
        let is_document = yaml.roots.iter().any(|root| root.root == expansion.target.0);
        if !is_document && !any(&expansion.nodes) && !target.is_some_and(any) {
            continue;
        }
        let alias = yaml.tree.node(expansion.alias);
        edits.push_with(alias.span, |to| {
            let before = to.len();
            let text = &yaml.tree.text;
            let layout = (newline(text), columns.of(text, alias.span.start as usize));
            copy(yaml, &expansion.nodes, alias.in_flow(), layout, limit - copied, to);
            copied += to.len() - before;
        });
        if copied >= limit {
            return Err(DocumentError::at(
                DocumentCase::Malformed,
                &yaml.tree.text,
                alias.span.start as usize,
                "aliases repeat too much of the document",
            ));
        }
        lift_comments(yaml, expansion, edits);
    }
    Ok(())
}

/// How many bytes of copies are enough.
pub(super) fn copy_limit(yaml: &Yaml) -> usize {
    64 * 1024 * 1024 + 16 * yaml.tree.text.len()
}

/// Appends a subtree in flow style, without anchors. A key alone is one as well. Its lines begin in column
/// `indent`: comments that are less indented than what is around would belong to that. Stops at `limit` bytes.
pub(super) fn copy(
    yaml: &Yaml,
    nodes: &std::ops::Range<u32>,
    in_flow: bool,
    (newline, indent): (&[u8], usize),
    limit: usize,
    to: &mut Vec<u8>,
) {
    let text = &yaml.tree.text;
    let begin = |to: &mut Vec<u8>| {
        if to.last() == newline.last() {
            pad(indent, to);
        }
    };
    let line = |comment: &Node, to: &mut Vec<u8>| {
        if to.last() != newline.last() {
            to.extend_from_slice(newline);
        }
        pad(indent, to);
        to.extend_from_slice(comment.span.of(text));
        to.extend_from_slice(newline);
    };
    // The closing brackets of the open collections.
    let mut open: Vec<u8> = Vec::new();
    let start = to.len();
    let nodes = &yaml.nodes[nodes.start as usize..nodes.end as usize];
    let mut index = 0;
    while index < nodes.len() && to.len() - start < limit {
        let node = &nodes[index];
        index += 1;
        match node.kind {
            Kind::Map | Kind::List | Kind::Branch => {
                let (opening, closing) = if node.kind == Kind::List { (b'[', b']') } else { (b'{', b'}') };
                let comments = nodes[index..].iter().take_while(|node| is_comment(node)).count();
                if nodes.get(index + comments).is_some_and(|node| node.kind == Kind::End) {
                    // Inside of empty brackets comments are lost.
                    nodes[index..index + comments].iter().for_each(|comment| line(comment, to));
                    index += comments;
                }
                begin(to);
                to.push(opening);
                open.push(closing);
                continue;
            }
            Kind::Comment { .. } => {
                line(node, to);
                continue;
            }
            Kind::Key => {
                begin(to);
                let id = id_of(node.detail);
                if open.is_empty() && yaml.tree.node(id).tag == Tag::Merge {
                    // A key that is an alias of this text merges nothing.
                    to.extend_from_slice(b"\"<<\"");
                } else {
                    copy_scalar(yaml, id, true, to);
                }
                if !open.is_empty() {
                    to.extend_from_slice(b": ");
                }
                continue;
            }
            Kind::End => {
                begin(to);
                to.extend(open.pop());
            }
            Kind::Scalar(_) => {
                begin(to);
                copy_scalar(yaml, id_of(node.detail), in_flow || !open.is_empty(), to);
            }
        }
        // A comma behind the last item as well, so that comments can follow any.
        if !open.is_empty() {
            to.extend_from_slice(b", ");
        }
    }
}

fn is_comment(node: &Node) -> bool {
    matches!(node.kind, Kind::Comment { .. })
}

/// Appends a scalar on one line: as it is written, where that can stand at the new place.
pub(super) fn copy_scalar(yaml: &Yaml, id: Id, flow: bool, to: &mut Vec<u8>) {
    let tree = &yaml.tree;
    let node = tree.node(id);
    let text = node.span.of(&tree.text);
    let tag = tree.properties(id).map(|properties| properties.tag).filter(|tag| !tag.is_empty());
    // Another document may not know the handle.
    let handled = tag.is_some_and(|tag| has_handle(tag.of(&tree.text)));
    let tag = tag.filter(|_| !handled);
    let tag = |to: &mut Vec<u8>| {
        if let Some(tag) = tag {
            to.extend_from_slice(tag.of(&tree.text));
            to.push(b' ');
        }
    };
    let one_line = break_behind(text, 0) == text.len();
    match node.style {
        // A tag makes a string of nothing.
        _ if node.span.is_empty() => match tree.value(id) {
            Ok(Typed::Str(_)) => to.extend_from_slice(b"\"\""),
            _ => to.extend_from_slice(b"null"),
        },
        Style::Plain
            if plain_is_sound(text, flow)
                && one_line
                && !(handled && matches!(tree.value(id), Ok(Typed::Str(_)))) =>
        {
            tag(to);
            to.extend_from_slice(text);
        }
        Style::Single | Style::Double if one_line => {
            tag(to);
            to.extend_from_slice(text);
        }
        _ if node.tag == Tag::Binary => match tree.value(id) {
            Ok(Typed::Binary(bytes)) => write_binary(&bytes, to),
            _ => to.extend_from_slice(b"null"),
        },
        _ => {
            tag(to);
            let text = tree.scalar_text(id);
            write_double(std::str::from_utf8(&text).unwrap_or_default(), true, to);
        }
    }
}

/// Whether a tag has a handle that a directive declares: `!name!`.
fn has_handle(tag: &[u8]) -> bool {
    let Some([first, rest @ ..]) = tag.strip_prefix(b"!") else { return false };
    !matches!(first, b'!' | b'<') && rest.contains(&b'!')
}

/// A comment behind an alias belongs to the item; behind the copy of a collection it would belong to that. It
/// goes above the key.
fn lift_comments(yaml: &Yaml, expansion: &Expansion, edits: &mut Edits) {
    let tree = &yaml.tree;
    let text = &tree.text;
    let key = expansion.nodes.start.checked_sub(1).map(|index| &yaml.nodes[index as usize]);
    let Some(key) = key.filter(|key| key.kind == Kind::Key && key.detail & COPY == 0 && !expansion.key)
    else {
        return;
    };
    if tree.node(expansion.target).kind == NodeKind::Scalar {
        return;
    }
    let start = start_of(tree, id_of(key.detail));
    for comment in tree.lines(tree.comments(expansion.alias).line) {
        edits.push_with(Span::empty(start), |to| {
            let newline = newline(text);
            if tree.node(expansion.alias).in_flow() {
                to.extend_from_slice(newline);
            }
            to.extend_from_slice(comment.of(text));
            to.extend_from_slice(newline);
            pad(column(text, start), to);
        });
        edits.push(comment_gap(text, *comment), b"");
    }
}

// Comments that are no nodes

/// Empties comments that sops does not see, in collections whose comments are encrypted. Their number signs
/// stay: without them, other comments around may change their owners.
fn drop_lost_comments(yaml: &Yaml, selected: &dyn Fn(usize) -> bool, edits: &mut Edits) {
    let text = &yaml.tree.text;
    if memchr::memchr(b'#', text).is_none() {
        return;
    }
    let encrypts = |index: usize| {
        matches!(yaml.nodes[index].kind, Kind::Branch | Kind::Map | Kind::List) && selected(index)
    };
    if !(0..yaml.nodes.len()).any(encrypts) {
        return;
    }
    let lost = lost_comments(yaml);
    let mut lost = lost.iter().filter(|comment| !is_bare(**comment)).peekable();
    // The collections around the place that has been reached.
    let mut around: Vec<usize> = Vec::new();
    for (index, node) in yaml.nodes.iter().enumerate() {
        if lost.peek().is_none() {
            return;
        }
        if node.detail & COPY != 0 || matches!(node.kind, Kind::Comment { .. }) {
            continue;
        }
        let reached = if node.kind == Kind::End && around.len() == 1 {
            // The end of a document: comments below its content are its own.
            yaml.nodes.get(index + 1).map_or(text.len(), |next| next.span.start as usize)
        } else {
            node.span.start as usize
        };
        while let Some(comment) = lost.next_if(|comment| (comment.start as usize) < reached) {
            // In front of the first document: in the first document.
            if selected(around.last().copied().unwrap_or(0)) {
                edits.push(Span::new(comment.start as usize + 1, comment.end as usize), b"");
            }
        }
        match node.kind {
            Kind::Branch | Kind::Map | Kind::List => around.push(index),
            Kind::End => {
                around.pop();
            }
            _ => {}
        }
    }
}

/// Whether a comment is nothing but its number sign.
fn is_bare(comment: Span) -> bool {
    comment.end == comment.start + 1
}

/// The comments of the text that are in no node.
pub(super) fn lost_comments(yaml: &Yaml) -> Vec<Span> {
    let tree = &yaml.tree;
    let text = &tree.text;
    let mut seen: Vec<u32> = yaml
        .nodes
        .iter()
        .filter(|node| matches!(node.kind, Kind::Comment { .. }))
        .map(|node| node.span.start)
        .collect();
    seen.sort_unstable();
    let mut seen = seen.into_iter().peekable();
    let mut lost = Vec::new();
    let mut at = 0;
    let mut gap = |from: &mut usize, to: usize| {
        while *from < to {
            let Some(found) = memchr::memchr(b'#', &text[*from..to]) else { break };
            let start = *from + found;
            let end = break_behind(text, start);
            while seen.next_if(|&known| (known as usize) < start).is_some() {}
            if seen.peek() != Some(&(start as u32)) {
                lost.push(Span::new(start, end));
            }
            *from = end;
        }
        *from = (*from).max(to);
    };
    let mut documents = tree.documents.iter().zip(&tree.markers).peekable();
    for (index, node) in tree.nodes.iter().enumerate() {
        let id = Id(index as u32);
        if let Some((_, markers)) = documents.next_if(|(document, _)| document.0 as usize == index) {
            gap(&mut at, markers.directives.start as usize);
            at = at.max(markers.directives.end as usize);
        }
        if let Some(properties) = tree.properties(id).filter(|_| node.kind != NodeKind::Document) {
            gap(&mut at, properties.span.start as usize);
            // Between properties there may be comments; they are not searched, as there is no anchor or
            // tag without a place of its own.
            for part in [properties.anchor, properties.tag] {
                at = at.max(part.end as usize);
            }
        }
        match (node.kind, node.style) {
            (NodeKind::Scalar, Style::Literal | Style::Folded) => {
                if let Some(block) = tree.block(id) {
                    gap(&mut at, block.header.start as usize);
                    at = at.max(block.header.end as usize);
                    gap(&mut at, block.body as usize);
                    at = at.max(node.span.end as usize);
                }
            }
            (NodeKind::Scalar | NodeKind::Alias, _) => {
                gap(&mut at, node.span.start as usize);
                at = at.max(node.span.end as usize);
            }
            _ => {}
        }
    }
    gap(&mut at, text.len());
    lost
}

// The end

/// A block scalar at the end of the text whose value depends on there being nothing behind it.
fn close_last_block(yaml: &Yaml, edits: &mut Edits) {
    let text = &yaml.tree.text;
    let Some(block) = yaml.tree.blocks.last() else { return };
    if matches!(text.last(), None | Some(b'\n' | b'\r')) || block.content_end <= block.body {
        return;
    }
    let rest = &text[block.content_end as usize..];
    if rest.is_empty() {
        if block.chomping != Chomping::Strip {
            edits.push_with(block.header, |to| {
                to.extend(block.header.of(text).iter().filter(|&&byte| byte != b'+'));
                to.push(b'-');
            });
        }
    } else if block.chomping == Chomping::Keep && rest.iter().all(u8::is_ascii_whitespace) {
        edits.push(Span::new(blanks_before(text, text.len()), text.len()), b"");
    }
}
