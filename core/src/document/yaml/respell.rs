//! Other spellings of a clear text, for when a sealed one does not read back.
//!
//! Whom a comment belongs to depends on what surrounds it. Where a comment becomes an element of a list, or where
//! the key `sops` comes behind comments, other comments may change their owners. Then they move to where they
//! belong, step by step: first the comments that sops does not see go altogether, then nulls within brackets are written
//! out, an empty line comes in front of `sops`, then every comment next to its owner, and in the end all that has comments stands within brackets, where owners are sure. What this changes is for the
//! layout field to carry.

use super::block::document_end;
use super::place::{
    begins_line, blanks_before, blanks_behind, collection_column, column, comment_gap, dash_before,
    follows_break, line_end, line_start, newline, start_of,
};
use super::prepare::{copy, copy_limit, copy_scalar, lost_comments};
use super::text::pad;
use super::{COPY, DocumentRoot, OWN, Yaml, id_of};
use crate::document::{Kind, Node, Type};
use crate::edits::Edits;
use crate::span::Span;
use crate::yaml::{Id, NONE, NodeKind, Style};

/// The edits of the attempt with this number; `None` behind the last one.
pub(super) fn respell(yaml: &Yaml, attempt: usize) -> Option<Edits> {
    let mut edits = Edits::default();
    match attempt {
        0 => drop_lost_comments(yaml, &mut edits),
        1 => fill(yaml, &mut edits),
        2 => separate(yaml, &mut edits),
        3 => settle(yaml, &mut edits),
        4 | 5 => edits.push_with(Span::new(0, yaml.tree.text.len()), |to| rebuild(yaml, attempt == 5, to)),
        _ => return None,
    }
    Some(edits)
}

/// Removes the comments that sops does not see.
fn drop_lost_comments(yaml: &Yaml, edits: &mut Edits) {
    if memchr::memchr(b'#', &yaml.tree.text).is_some() {
        for comment in lost_comments(yaml) {
            edits.push(comment_gap(&yaml.tree.text, comment), b"");
        }
    }
}

/// Writes out the nulls within brackets of which nothing is written: a comment behind one belongs to what follows.
fn fill(yaml: &Yaml, edits: &mut Edits) {
    let tree = &yaml.tree;
    for pair in yaml.nodes.windows(2) {
        let [key, value] = pair else { return };
        let written = key.detail & COPY == 0 && value.detail & COPY == 0;
        if key.kind != Kind::Key || value.kind != Kind::Scalar(Type::Null) || !written {
            continue;
        }
        let (key, value) = (tree.node(id_of(key.detail)), id_of(value.detail));
        let node = tree.node(value);
        if node.in_flow() && node.span.is_empty() && tree.properties(value).is_none() {
            let key_end = key.span.end as usize;
            let colon = blanks_behind(&tree.text, key_end);
            if tree.text.get(colon) == Some(&b':') {
                edits.push(Span::empty(colon + 1), b" null");
            } else {
                edits.push(Span::empty(key_end), b": null");
            }
        }
    }
}

/// An empty line behind the comments that end a document.
fn separate(yaml: &Yaml, edits: &mut Edits) {
    let text = &yaml.tree.text;
    for number in 0..yaml.roots.len() {
        let end = document_end(&yaml.tree, number);
        let last = super::values::line_before(text, end);
        let line = line_start(text, last);
        if line < end && text.get(blanks_behind(text, line)) == Some(&b'#') {
            edits.push_with(Span::empty(end), |to| {
                if !follows_break(text, end) {
                    to.extend_from_slice(newline(text));
                }
                to.extend_from_slice(newline(text));
            });
        }
    }
}

/// Every comment on a line of its own goes to the column of its collection, and, if it stands somewhere else
/// than in front of what it precedes, there.
fn settle(yaml: &Yaml, edits: &mut Edits) {
    // The nodes that opened the collections around.
    let mut open: Vec<&Node> = Vec::new();
    // Where the last key or scalar ended.
    let mut behind = 0;
    let mut next = 0;
    for (index, node) in yaml.nodes.iter().enumerate() {
        match node.kind {
            Kind::Branch | Kind::Map | Kind::List => open.push(node),
            Kind::End => {
                open.pop();
            }
            Kind::Key | Kind::Scalar(_) if node.detail & COPY == 0 => behind = node.span.end as usize,
            Kind::Comment { inline: false } if node.detail & COPY == 0 => {
                next = next.max(index);
                while matches!(yaml.nodes[next].kind, Kind::Comment { .. }) {
                    next += 1;
                }
                let around = open.last().expect("a comment is in a collection");
                comment(yaml, node, around, &yaml.nodes[next], behind, edits);
            }
            _ => {}
        }
    }
}

/// Moves one comment in `around`, with `next` behind it in the stream, if it has to move.
fn comment(yaml: &Yaml, node: &Node, around: &Node, next: &Node, behind: usize, edits: &mut Edits) {
    let tree = &yaml.tree;
    let text = &tree.text;
    let start = node.span.start as usize;
    let Some(indent) = column_in(yaml, around) else { return };
    let next_start = match next.kind {
        _ if next.detail & COPY != 0 => None,
        Kind::Key => Some(start_of(tree, id_of(next.detail))),
        Kind::Scalar(_) | Kind::Map | Kind::List => dash_before(text, start_of(tree, id_of(next.detail))),
        _ => None,
    };
    let in_place = start >= behind && next_start.is_none_or(|next| start < next);
    let blanks = Span::new(blanks_before(text, start), start);
    if in_place {
        if begins_line(text, start) && column(text, start) != indent {
            edits.push_with(blanks, |to| pad(indent, to));
        }
        return;
    }
    if let Some(at) = next_start {
        edits.push_with(Span::empty(at), |to| {
            to.extend_from_slice(node.span.of(text));
            to.extend_from_slice(newline(text));
            pad(column(text, at), to);
        });
    } else if next.kind == Kind::End {
        let begins = follows_break(text, behind);
        let at = if begins { behind } else { line_end(text, behind) };
        edits.push_with(Span::empty(at), |to| {
            if !begins {
                to.extend_from_slice(newline(text));
            }
            pad(indent, to);
            to.extend_from_slice(node.span.of(text));
            if begins {
                to.extend_from_slice(newline(text));
            }
        });
    } else {
        return;
    }
    edits.push(comment_gap(text, node.span), b"");
}

/// The column of what is in a collection in block style.
fn column_in(yaml: &Yaml, around: &Node) -> Option<usize> {
    if around.kind == Kind::Branch {
        let number = yaml.roots.iter().rposition(|root| root.document <= around.detail)?;
        let root = yaml.roots[number].root;
        let id = Id(root);
        let is_map = root != NONE && yaml.tree.node(id).kind == NodeKind::Map;
        return Some(if is_map { collection_column(&yaml.tree, id) } else { 0 });
    }
    let id = id_of(around.detail & !OWN);
    (around.detail & COPY == 0 && yaml.tree.node(id).style == Style::Block)
        .then(|| collection_column(&yaml.tree, id))
}

/// The whole text again, with values that have comments in flow style. Documents that are in it as they are written, or
/// with `all` as any other value.
fn rebuild(yaml: &Yaml, all: bool, to: &mut Vec<u8>) {
    let text = &yaml.tree.text;
    // Carriage returns make the library lose comments within brackets.
    let newline = b"\n";
    let mut at = 0;
    for (number, root) in yaml.roots.iter().enumerate() {
        let markers = yaml.tree.markers[number];
        if !markers.directives.is_empty() {
            if number > 0 {
                to.extend_from_slice(b"...");
                to.extend_from_slice(newline);
            }
            to.extend_from_slice(markers.directives.of(text));
            to.extend_from_slice(newline);
        }
        if number > 0 || !markers.start.is_empty() {
            to.extend_from_slice(b"---");
            to.extend_from_slice(newline);
        }
        at = document(yaml, root, at, all, to);
    }
}

/// Appends the document that opens at the node `at`. Returns the node behind it.
fn document(yaml: &Yaml, root: &DocumentRoot, at: usize, all: bool, to: &mut Vec<u8>) -> usize {
    let tree = &yaml.tree;
    let text = &tree.text;
    let newline = b"\n";
    let length = subtree(yaml, at);
    let behind = at + length;
    let own = |node: &Node| node.detail & COPY == 0 && node.span.start >= tree.node(Id(root.root)).span.start;
    if root.root != NONE && tree.node(Id(root.root)).style == Style::Flow {
        if all {
            let limit = copy_limit(yaml).saturating_sub(to.len());
            copy(yaml, &(at as u32..behind as u32), true, (newline, 1), limit, to);
            to.extend_from_slice(newline);
            return behind;
        }
        // Comments in front of it are not part of its text; those inside are.
        for comment in
            yaml.nodes[at + 1..].iter().take_while(|node| matches!(node.kind, Kind::Comment { .. }))
        {
            if !own(comment) {
                push_line(comment.span.of(text), newline, to);
            }
        }
        push_line(tree.node(Id(root.root)).span.of(text), newline, to);
        return behind;
    }
    let mut inline = Vec::new();
    let mut index = at + 1;
    while index < behind - 1 {
        let node = &yaml.nodes[index];
        match node.kind {
            Kind::Comment { inline: true } => inline.push(node.span),
            Kind::Comment { .. } => push_line(node.span.of(text), newline, to),
            _ => {
                copy_scalar(yaml, id_of(node.detail), true, to);
                to.extend_from_slice(b": ");
                let value = index + 1..index + 1 + subtree(yaml, index + 1);
                let limit = copy_limit(yaml).saturating_sub(to.len());
                copy(yaml, &(value.start as u32..value.end as u32), false, (newline, 4), limit, to);
                for comment in inline.drain(..) {
                    to.push(b' ');
                    push_line(comment.of(text), b"", to);
                }
                to.extend_from_slice(newline);
                index = value.end - 1;
            }
        }
        index += 1;
    }
    behind
}

fn push_line(line: &[u8], newline: &[u8], to: &mut Vec<u8>) {
    to.extend_from_slice(line);
    to.extend_from_slice(newline);
}

/// How many nodes the value or collection at `index` takes.
fn subtree(yaml: &Yaml, index: usize) -> usize {
    let mut depth = 0_usize;
    for (length, node) in yaml.nodes[index..].iter().enumerate() {
        match node.kind {
            Kind::Branch | Kind::Map | Kind::List => depth += 1,
            Kind::End => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return length + 1;
        }
    }
    yaml.nodes.len() - index
}
