//! Tokens into the places of values and comments.
//!
//! The style of a token says later how the value stood there. In block context a plain scalar gives a plain
//! token; within brackets, where a token cannot stand plain, one in single quotes, and a scalar in single
//! quotes one with the tag `!` as well. A block scalar keeps its header and holds the token as its only line.
//!
//! A comment in a map stays a comment. One in a list becomes an element, as sops has it: plain if it had a
//! line of its own; in quotes if it stood behind the element that follows, single ones after one blank, double
//! ones after two. Within brackets it is single ones for a line of its own, double ones behind the element.

use super::place::{
    MOST_LINES, begins_line, blanks_before, blanks_behind, column, comment_gap, dash_before, ends_line,
    follows_break, newline, start_of,
};
use super::text::pad;
use super::{COPY, LISTED, OWN, Yaml, id_of};
use crate::document::{Frame, Kind, Node};
use crate::edits::Edits;
use crate::span::Span;
use crate::yaml::{Id, NONE, Style, Tag};

/// In front of a token within brackets in the place of a scalar in single quotes: the tag that changes nothing.
/// Single quotes alone stand for a plain scalar there.
pub(super) const SINGLE: &[u8] = b"! ";

/// The place of the token of the leaf or comment number `index`, where it is a single span.
pub(super) fn frame(yaml: &Yaml, index: usize) -> Option<Frame> {
    let node = &yaml.nodes[index];
    match node.kind {
        _ if node.detail & COPY != 0 => None,
        Kind::Comment { .. } if node.detail & (LISTED | OWN) == 0 => {
            Some(Frame { span: node.span, before: b"#", after: b"" })
        }
        Kind::Scalar(_) => {
            let leaf = yaml.tree.node(id_of(node.detail));
            // With properties there is more to change.
            if leaf.properties != NONE {
                return None;
            }
            match leaf.style {
                Style::Double => Some(Frame::new(leaf.span, b"\"")),
                Style::Single if leaf.in_flow() => {
                    Some(Frame { span: leaf.span, before: b"! '", after: b"'" })
                }
                Style::Single => Some(Frame::new(leaf.span, b"'")),
                Style::Literal | Style::Folded => None,
                _ => Some(Frame::new(leaf.span, if leaf.in_flow() { b"'" } else { b"" })),
            }
        }
        _ => None,
    }
}

/// Puts `token` into the place of the leaf or comment number `index`.
pub(super) fn place(yaml: &Yaml, index: usize, token: &[u8], edits: &mut Edits) {
    let node = &yaml.nodes[index];
    let token = token.trim_ascii_end();
    if let Some(frame) = frame(yaml, index) {
        return frame.place(token, edits);
    }
    match node.kind {
        // A copy has no place. Nothing is there to be found later, so the text is not given out.
        _ if node.detail & COPY != 0 => edits.push(Span::empty(node.span.end as usize), token),
        Kind::Comment { inline } => element(yaml, index, inline, token, edits),
        _ => scalar(yaml, node, token, edits),
    }
}

fn scalar(yaml: &Yaml, node: &Node, token: &[u8], edits: &mut Edits) {
    let id = id_of(node.detail);
    let tree = &yaml.tree;
    let leaf = tree.node(id);
    // The tag would make the token something else than a string. It goes, with the blanks behind it.
    let tag = tree.properties(id).map(|properties| properties.tag).filter(|tag| !tag.is_empty());
    let tag = tag.filter(|_| !matches!(leaf.tag, Tag::Str | Tag::Other));
    let tagged = tree.properties(id).is_some_and(|properties| !properties.tag.is_empty());
    let mut mark: &[u8] = b"";
    let quote: &[u8] = match leaf.style {
        Style::Double => b"\"",
        Style::Single if leaf.in_flow() && !tagged => {
            mark = SINGLE;
            b"'"
        }
        Style::Single => b"'",
        Style::Literal | Style::Folded => {
            block(yaml, id, token, edits);
            if let Some(tag) = tag {
                remove_tag(&tree.text, tag, edits);
            }
            return;
        }
        _ if leaf.in_flow() => b"'",
        _ => b"",
    };
    let mut span = leaf.span;
    let mut kept = Span::empty(0);
    // `&a:b` is an anchor and a value, until the value changes.
    let touches = tree.properties(id).is_some_and(|properties| properties.span.end == span.start);
    let blank: &[u8] = if touches { b" " } else { b"" };
    if let Some(tag) = tag {
        kept = Span::new(blanks_behind(&tree.text, tag.end as usize), span.start as usize);
        span.start = tag.start;
    }
    edits.push_with(span, |to| {
        to.extend_from_slice(kept.of(&tree.text));
        for part in [blank, mark, quote, token, quote] {
            to.extend_from_slice(part);
        }
    });
}

/// Removes a tag and the blanks behind it.
pub(super) fn remove_tag(text: &[u8], tag: Span, edits: &mut Edits) {
    edits.push(Span::new(tag.start as usize, blanks_behind(text, tag.end as usize)), b"");
}

/// A block scalar's content becomes one line.
fn block(yaml: &Yaml, id: Id, token: &[u8], edits: &mut Edits) {
    let text = &yaml.tree.text;
    let block = yaml.tree.block(id).expect("a block scalar is listed");
    let (body, end) = (block.body as usize, block.content_end as usize);
    edits.push_with(Span::new(body, end), |to| {
        if !follows_break(text, body) {
            to.extend_from_slice(newline(text));
        }
        pad(block.indent as usize, to);
        to.extend_from_slice(token);
        // Only line breaks: the first of them was the value's, and ends the token's line now.
        if body == end {
            to.extend_from_slice(newline(text));
        }
    });
}

/// A comment of a list becomes an element.
fn element(yaml: &Yaml, index: usize, inline: bool, token: &[u8], edits: &mut Edits) {
    let node = &yaml.nodes[index];
    let tree = &yaml.tree;
    let owner = id_of(node.detail);
    if node.detail & OWN != 0 && tree.node(owner).style == Style::Flow {
        return own_of_flow(yaml, index, owner, token, edits);
    }
    if node.detail & OWN == 0 && in_brackets(yaml, owner) {
        return in_flow(yaml, node, owner, token, edits);
    }
    let text = &tree.text;
    let dash = if node.detail & OWN != 0 {
        Some(tree.node(owner).span.start as usize)
    } else {
        dash_before(text, start_of(tree, owner))
    };
    let Some(dash) = dash else {
        // Not to be expected. The token is no element, which the reading afterwards finds.
        return edits.push(node.span, token);
    };
    let start = node.span.start as usize;
    if inline || (dash < start && node.span.end as usize <= start_of(tree, owner) && node.detail & OWN == 0) {
        // Behind the dash of its element: the token takes the place in front of that dash.
        let quote: &[u8] = match start - blanks_before(text, start) {
            _ if !inline => b"",
            1 => b"'",
            2 => b"\"",
            _ => b"",
        };
        edits.push_with(Span::empty(dash), |to| {
            to.extend_from_slice(b"- ");
            for part in [quote, token, quote] {
                to.extend_from_slice(part);
            }
            to.extend_from_slice(newline(text));
            pad(column(text, dash), to);
        });
        return edits.push(comment_gap(text, node.span), b"");
    }
    let indent = column(text, dash);
    if begins_line(text, start) {
        edits.push_with(Span::new(blanks_before(text, start), node.span.end as usize), |to| {
            pad(indent, to);
            to.extend_from_slice(b"- ");
            to.extend_from_slice(token);
        });
    } else if column(text, start) == indent {
        edits.push_with(node.span, |to| {
            to.extend_from_slice(b"- ");
            to.extend_from_slice(token);
        });
    } else {
        edits.push_with(Span::new(blanks_before(text, start), node.span.end as usize), |to| {
            to.extend_from_slice(newline(text));
            pad(indent, to);
            to.extend_from_slice(b"- ");
            to.extend_from_slice(token);
        });
    }
}

/// Whether an element of a list stands within brackets.
fn in_brackets(yaml: &Yaml, element: Id) -> bool {
    yaml.tree.node(element).in_flow()
}

/// A comment of an element within brackets.
fn in_flow(yaml: &Yaml, node: &Node, owner: Id, token: &[u8], edits: &mut Edits) {
    let text = &yaml.tree.text;
    let (start, end) = (node.span.start as usize, node.span.end as usize);
    let before = start_of(&yaml.tree, owner);
    let foot = start >= yaml.tree.node(owner).span.end as usize && begins_line(text, start);
    if begins_line(text, start) && follows_separator(text, start) && ends_line(text, end) {
        // On a line of its own, and the element in front of it has its comma.
        return edits.push_with(node.span, |to| {
            quoted(token, to);
            to.push(b',');
        });
    }
    if foot {
        edits.push_with(Span::empty(yaml.tree.node(owner).span.end as usize), |to| {
            to.extend_from_slice(b", ");
            quoted(token, to);
        });
    } else if node.kind == (Kind::Comment { inline: true }) {
        edits.push_with(Span::empty(before), |to| {
            for part in [b"\"", token, b"\", "] {
                to.extend_from_slice(part);
            }
        });
    } else {
        edits.push_with(Span::empty(before), |to| {
            quoted(token, to);
            to.extend_from_slice(b", ");
        });
    }
    edits.push(comment_gap(text, node.span), b"");
}

/// A comment above or behind the brackets of a list: it is the list's first element, or, below, its last.
fn own_of_flow(yaml: &Yaml, index: usize, list: Id, token: &[u8], edits: &mut Edits) {
    let node = &yaml.nodes[index];
    let text = &yaml.tree.text;
    let span = yaml.tree.node(list).span;
    let start = node.span.start as usize;
    let last = start >= span.end as usize && begins_line(text, start);
    let at = if last { span.end as usize - 1 } else { span.start as usize + 1 };
    // Behind the brackets: double quotes, as behind an element.
    let quote: &[u8] = if start >= span.end as usize && !last { b"\"" } else { b"'" };
    edits.push_with(Span::empty(at), |to| {
        if last && !follows_separator(text, at) {
            to.extend_from_slice(b", ");
        }
        for part in [quote, token, quote] {
            to.extend_from_slice(part);
        }
        if !last {
            to.extend_from_slice(b", ");
        }
    });
    edits.push(comment_gap(text, node.span), b"");
}

fn quoted(token: &[u8], to: &mut Vec<u8>) {
    to.push(b'\'');
    to.extend_from_slice(token);
    to.push(b'\'');
}

/// Whether the last thing before `offset`, blanks, line breaks and comment lines aside, is a comma or an
/// opening bracket.
fn follows_separator(text: &[u8], offset: usize) -> bool {
    let mut end = offset;
    let mut lines = 0;
    while end > 0 && lines < MOST_LINES {
        match text[end - 1] {
            b' ' | b'\t' => end -= 1,
            b'\n' | b'\r' => {
                lines += 1;
                end -= 1;
                let start = super::place::line_start(text, end);
                if text[blanks_behind(text, start)..end].first() == Some(&b'#') {
                    end = start;
                }
            }
            byte => return matches!(byte, b',' | b'[' | b'{'),
        }
    }
    false
}

/// The column in which the collection with the element or value `id` begins: that of its keys or dashes. The
/// node before `index` in the stream is its key, if it has one.
pub(super) fn parent_column(yaml: &Yaml, index: usize) -> Option<usize> {
    let tree = &yaml.tree;
    let id = id_of(yaml.nodes[index].detail);
    let key = yaml.nodes[..index].last().filter(|node| node.kind == Kind::Key);
    if let Some(key) = key {
        let start = start_of(tree, id_of(key.detail));
        let indicator = blanks_before(&tree.text, start);
        // Behind `? ` the column is that of the indicator.
        if indicator > 0
            && indicator < start
            && tree.text[indicator - 1] == b'?'
            && begins_line(&tree.text, indicator - 1)
        {
            return Some(column(&tree.text, indicator - 1));
        }
        return (key.detail & COPY == 0).then(|| column(&tree.text, start));
    }
    if tree.node(id).in_flow() {
        return None;
    }
    dash_before(&tree.text, start_of(tree, id)).map(|dash| column(&tree.text, dash))
}
