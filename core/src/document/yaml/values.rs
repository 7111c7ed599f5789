//! Values and comments back into the places of their tokens: the reverse of `tokens`.

use base64::Engine;

use super::number;
use super::place::{
    begins_line, behind_break, blanks_before, blanks_behind, column, dash_before, ends_line, line_end,
    newline, start_of,
};
use super::text::{
    Block, Printed, comment_reads_back, pad, plain_is_sound, plain_reads_back, printed_style,
    single_reads_back, trim_breaks, write_double, write_folded_lines, write_literal_lines, write_single,
};
use super::tokens::{SINGLE, parent_column, remove_tag};
use super::{COPY, Yaml, id_of};
use crate::document::{DocumentCase, DocumentError, Kind, Node};
use crate::edits::Edits;
use crate::span::Span;
use crate::value::Value;
use crate::yaml::{BlockScalar, Chomping, Id, NONE, Style, Tag, Typed, plain_value};

/// The span that is replaced by the bytes of `value` and nothing else, in the place of the token or comment number
/// `index`. Only for the commonest places; [`place`] does the same there.
pub(super) fn verbatim<'v>(yaml: &Yaml, index: usize, value: &'v Value<'_>) -> Option<(Span, &'v [u8])> {
    let node = &yaml.nodes[index];
    match (node.kind, value) {
        _ if node.detail & COPY != 0 => None,
        (Kind::Comment { .. }, Value::Comment(text)) if comment_reads_back(text) => {
            Some((Span { start: node.span.start + 1, end: node.span.end }, text))
        }
        (Kind::Scalar(_), Value::Str(text)) => {
            let leaf = yaml.tree.node(id_of(node.detail));
            let stays = leaf.style == Style::Plain && leaf.properties == NONE;
            (stays && plain_reads_back(text, leaf.in_flow())).then_some((leaf.span, text))
        }
        _ => None,
    }
}

/// Puts `value` into the place of the token or comment number `index`.
pub(super) fn place(
    yaml: &Yaml,
    index: usize,
    value: &Value<'_>,
    spelling: &[u8],
    edits: &mut Edits,
) -> Result<(), DocumentError> {
    let node = &yaml.nodes[index];
    // A copy has no place of its own; what it repeats is written where it stands.
    if node.detail & COPY != 0 {
        return Ok(());
    }
    match (node.kind, value) {
        (Kind::Comment { .. }, Value::Comment(text)) => {
            check_comment(yaml, node, text)?;
            edits.push_with(node.span, |to| {
                to.push(b'#');
                to.extend_from_slice(text);
            });
            Ok(())
        }
        (Kind::Scalar(_), Value::Comment(text)) => {
            check_comment(yaml, node, text)?;
            element(yaml, index, text, edits)
        }
        (Kind::Scalar(_), _) => {
            scalar(yaml, index, value, spelling, edits);
            Ok(())
        }
        _ => Err(unwritable(yaml, node, "the value cannot stand in a comment")),
    }
}

fn unwritable(yaml: &Yaml, node: &Node, problem: &'static str) -> DocumentError {
    DocumentError::at(DocumentCase::Unwritable, &yaml.tree.text, node.span.start as usize, problem)
}

fn check_comment(yaml: &Yaml, node: &Node, text: &[u8]) -> Result<(), DocumentError> {
    if comment_reads_back(text) {
        return Ok(());
    }
    Err(unwritable(
        yaml,
        node,
        "the comment holds a line break or a control character, which YAML cannot express",
    ))
}

// Values

/// What is known about a scalar that gets a value.
struct Place<'y> {
    yaml: &'y Yaml,
    index: usize,
    id: Id,
    /// It has a tag that makes every text of it a string.
    tagged: bool,
}

fn scalar(yaml: &Yaml, index: usize, value: &Value<'_>, spelling: &[u8], edits: &mut Edits) {
    let id = id_of(yaml.nodes[index].detail);
    let leaf = yaml.tree.node(id);
    let text = &yaml.tree.text;
    let mut tag = yaml.tree.properties(id).map(|properties| properties.tag).filter(|tag| !tag.is_empty());
    if let (Some(written), Value::Str(string)) = (tag, value)
        && leaf.in_flow()
        && leaf.style == Style::Single
        && text.get(written.start as usize..leaf.span.start as usize) == Some(SINGLE)
    {
        return edits.push_with(Span::new(written.start as usize, leaf.span.end as usize), |to| {
            quoted(string, to);
        });
    }
    if let Some(written) = tag {
        let fits = match value {
            Value::Str(string) => {
                matches!(leaf.tag, Tag::Str | Tag::Other) && std::str::from_utf8(string).is_ok()
            }
            _ => false,
        };
        if !fits {
            remove_tag(text, written, edits);
            tag = None;
        }
    }
    let place = Place { yaml, index, id, tagged: tag.is_some() };
    match (value, leaf.style) {
        (Value::Str(string), Style::Literal | Style::Folded) => place.string_in_block(string, edits),
        (_, Style::Literal | Style::Folded) => {
            place.instead_of_block(edits, |to| other(value, spelling, false, to));
        }
        (Value::Str(string), _) => edits.push_with(leaf.span, |to| place.string(string, to)),
        _ => edits.push_with(leaf.span, |to| other(value, spelling, leaf.in_flow(), to)),
    }
}

/// A value that is no string: as it was spelled, if that is known, else as sops prints it.
fn other(value: &Value<'_>, spelling: &[u8], flow: bool, to: &mut Vec<u8>) {
    // What a token holds if nobody chose a spelling. YAML files have lower case.
    let default_bool = matches!(spelling, b"True" | b"False");
    let usable = match value {
        Value::Int(_) if number::is_canonical_int(spelling) => true,
        _ => !default_bool && plain_is_sound(spelling, flow) && is_same(&plain_value(spelling), value),
    };
    if usable {
        to.extend_from_slice(spelling);
    } else {
        number::write(value, to);
    }
}

fn is_same(read: &Typed<'_>, value: &Value<'_>) -> bool {
    match (read, value) {
        (Typed::Float(one), Value::Float(other)) => {
            one.to_bits() == other.to_bits() || one.is_nan() && other.is_nan()
        }
        (Typed::Int(one), Value::Int(other)) => one == other,
        (Typed::Bool(one), Value::Bool(other)) => one == other,
        (Typed::Time(one), Value::Time(other)) => one == other,
        _ => false,
    }
}

/// Appends a string in single quotes, or, where they cannot hold it, in double quotes.
fn quoted(string: &[u8], to: &mut Vec<u8>) {
    if single_reads_back(string) {
        return write_single(string, to);
    }
    match std::str::from_utf8(string) {
        Ok(utf8) => write_double(utf8, true, to),
        Err(_) => write_binary(string, to),
    }
}

/// Appends bytes that are not UTF-8.
pub(super) fn write_binary(bytes: &[u8], to: &mut Vec<u8>) {
    to.extend_from_slice(b"!!binary ");
    let mut text = zeroize::Zeroizing::new(String::new());
    base64::engine::general_purpose::STANDARD.encode_string(bytes, &mut text);
    to.extend_from_slice(text.as_bytes());
}

impl Place<'_> {
    fn text(&self) -> &[u8] {
        &self.yaml.tree.text
    }

    /// A string into the place of a token that stands on one line.
    fn string(&self, string: &[u8], to: &mut Vec<u8>) {
        let leaf = self.yaml.tree.node(self.id);
        let Ok(utf8) = std::str::from_utf8(string) else { return write_binary(string, to) };
        let touches_comment = self.text().get(leaf.span.end as usize) == Some(&b'#');
        let plain = match leaf.style {
            Style::Single => leaf.in_flow() && !touches_comment,
            style => style != Style::Double,
        };
        if plain && self.stays_plain(string, leaf.in_flow()) {
            return to.extend_from_slice(string);
        }
        match leaf.style {
            Style::Double => write_double(utf8, true, to),
            Style::Single => quoted(string, to),
            _ => match printed_style(string) {
                Printed::Single if single_reads_back(string) => write_single(string, to),
                Printed::Literal if !leaf.in_flow() && self.write_literal(string, to) => {}
                _ => write_double(utf8, false, to),
            },
        }
    }

    fn stays_plain(&self, string: &[u8], flow: bool) -> bool {
        if self.tagged { plain_is_sound(string, flow) } else { plain_reads_back(string, flow) }
    }

    /// Writes a literal block where a plain token stands. Not if something else comes on the same line.
    fn write_literal(&self, string: &[u8], to: &mut Vec<u8>) -> bool {
        let leaf = self.yaml.tree.node(self.id);
        let text = self.text();
        let end = leaf.span.end as usize;
        let (Some(block), Some(parent)) = (Block::of(string), parent_column(self.yaml, self.index)) else {
            return false;
        };
        if !ends_line(text, end) || self.gets_comment() {
            return false;
        }
        let keyed = self.index > 0 && self.yaml.nodes[self.index - 1].kind == Kind::Key;
        let indent = literal_indent(parent, keyed, 4);
        let newline = newline(text);
        write_literal(block, string, indent, (indent - parent) as u8, newline, to);
        // The line break behind the token is the last one.
        for _ in 1..string.len() - trim_breaks(string).len() {
            to.extend_from_slice(newline);
        }
        if end == text.len() && block.tail > 0 {
            to.extend_from_slice(newline);
        }
        true
    }

    /// Whether the element in front is a comment that goes behind this one.
    fn gets_comment(&self) -> bool {
        self.index > 0 && is_inline_comment(self.yaml, self.index - 1)
    }

    /// A string into a block scalar whose only line was the token. The header stays if it can.
    fn string_in_block(&self, string: &[u8], edits: &mut Edits) {
        let text = self.text();
        let scalar = self.yaml.tree.block(self.id).expect("a block scalar is listed");
        let Some(needs) = Block::of(string).filter(|_| !scalar.is_closed_by_marker(text)) else {
            return self.instead_of_block(edits, |to| match std::str::from_utf8(string) {
                Ok(utf8) => write_double(utf8, true, to),
                Err(_) => write_binary(string, to),
            });
        };
        let indent = scalar.indent as usize;
        let parent = parent_column(self.yaml, self.index);
        let digit = match (scalar.explicit, needs.indicator, parent) {
            (true, ..) | (false, false, _) => None,
            (false, true, Some(parent)) if (1..=9).contains(&indent.saturating_sub(parent)) => {
                Some((indent - parent) as u8)
            }
            _ => {
                return self.instead_of_block(edits, |to| {
                    write_double(std::str::from_utf8(string).unwrap_or_default(), true, to);
                });
            }
        };
        let fits = matches!(
            (scalar.chomping, needs.tail),
            (Chomping::Strip, 0) | (Chomping::Clip, 1) | (Chomping::Keep, 1..)
        );
        if digit.is_some() || !fits {
            let header = scalar.header.of(text);
            edits.push_with(scalar.header, |to| {
                to.push(header[0]);
                match digit {
                    Some(digit) => to.push(b'0' + digit),
                    None => to.extend(header.iter().filter(|byte| byte.is_ascii_digit())),
                }
                to.extend(needs.chomping().filter(|_| !(fits && scalar.chomping == Chomping::Keep)));
                if fits && scalar.chomping == Chomping::Keep {
                    to.push(b'+');
                }
            });
        }
        let newline = newline(text);
        let breaks = string.len() - trim_breaks(string).len();
        let keeps = if fits { scalar.chomping == Chomping::Keep } else { needs.tail == 2 };
        let (body, content_end) = (scalar.body as usize, scalar.content_end as usize);
        let end = self.yaml.tree.node(self.id).span.end as usize;
        let end = if keeps { end.max(content_end) } else { content_end };
        edits.push_with(Span::new(body, end), |to| {
            if scalar.style_is_folded(text) {
                write_folded_lines(string, indent, newline, to);
            } else {
                write_literal_lines(string, indent, newline, to);
            }
            if keeps {
                for _ in 0..breaks {
                    to.extend_from_slice(newline);
                }
            }
        });
    }

    /// Writes something else where a block scalar stands: in the place of its header; the lines go.
    fn instead_of_block(&self, edits: &mut Edits, write: impl FnOnce(&mut Vec<u8>)) {
        let text = self.text();
        let scalar = self.yaml.tree.block(self.id).expect("a block scalar is listed");
        edits.push_with(scalar.header, write);
        let from = line_end(text, scalar.header.end as usize);
        edits.push(Span::new(from, (scalar.content_end as usize).max(from)), b"");
    }
}

/// The column of the lines of a literal block that sops would print: the next multiple of `step` for the
/// value of a key in column `parent`, and two behind a dash there.
pub(super) fn literal_indent(parent: usize, keyed: bool, step: usize) -> usize {
    if keyed { step * ((parent + step) / step) } else { parent + 2 }
}

/// Appends a literal block: header and lines, without the line breaks at the end.
pub(super) fn write_literal(
    block: Block,
    string: &[u8],
    indent: usize,
    digit: u8,
    newline: &[u8],
    to: &mut Vec<u8>,
) {
    to.push(b'|');
    if block.indicator {
        to.push(b'0' + digit);
    }
    to.extend(block.chomping());
    to.extend_from_slice(newline);
    write_literal_lines(string, indent, newline, to);
}

impl BlockScalar {
    fn style_is_folded(&self, text: &[u8]) -> bool {
        self.header.of(text).first() == Some(&b'>')
    }

    /// Whether the scalar is not what place_value expects: one line under its header.
    fn is_closed_by_marker(&self, text: &[u8]) -> bool {
        self.body as usize >= text.len() || self.indent == 0
    }
}

// Comments of lists

/// Whether the element number `index` is the token of a comment, as far as can be seen.
fn is_comment_token(yaml: &Yaml, node: &Node) -> bool {
    const TYPE: &[u8] = b",type:comment]";
    match node.kind {
        Kind::Comment { .. } => true,
        Kind::Scalar(_) => {
            let text = node.span.of(&yaml.tree.text);
            let text = match text {
                [b'\'' | b'"', inner @ .., _] => inner,
                text => text.trim_ascii_end(),
            };
            text.ends_with(TYPE)
        }
        _ => false,
    }
}

/// Whether it is one that stood behind the element that follows.
fn is_inline_comment(yaml: &Yaml, index: usize) -> bool {
    let node = &yaml.nodes[index];
    let Kind::Scalar(_) = node.kind else { return false };
    let leaf = yaml.tree.node(id_of(node.detail));
    !leaf.in_flow() && matches!(leaf.style, Style::Single | Style::Double) && is_comment_token(yaml, node)
}

/// A comment in the place of an element of a list.
fn element(yaml: &Yaml, index: usize, comment: &[u8], edits: &mut Edits) -> Result<(), DocumentError> {
    let node = &yaml.nodes[index];
    let text = &yaml.tree.text;
    let id = id_of(node.detail);
    let leaf = yaml.tree.node(id);
    if index > 0 && yaml.nodes[index - 1].kind == Kind::Key {
        return Err(unwritable(yaml, node, "the value of a key cannot be a comment"));
    }
    if leaf.in_flow() {
        return in_flow(yaml, index, comment, edits);
    }
    let start = start_of(&yaml.tree, id);
    let Some(dash) = dash_before(text, start) else {
        return Err(unwritable(yaml, node, "a comment cannot stand here"));
    };
    let end = match leaf.style {
        Style::Literal | Style::Folded => {
            yaml.tree.block(id).map_or(node.span.end, |block| block.content_end) as usize
        }
        _ => node.span.end as usize,
    };
    if is_inline_comment(yaml, index)
        && let Some(at) = inline_place(yaml, index + 1)
        && let Some(next) = dash_before(text, start_of(&yaml.tree, id_of(yaml.nodes[index + 1].detail)))
        && next > end
    {
        edits.push(Span::new(dash, next), b"");
        let blanks: &[u8] = if leaf.style == Style::Double { b"  #" } else { b" #" };
        edits.push_with(Span::empty(at), |to| {
            to.extend_from_slice(blanks);
            to.extend_from_slice(comment);
        });
        return Ok(());
    }
    let newline = newline(text);
    edits.push_with(Span::new(dash, end), |to| {
        to.push(b'#');
        to.extend_from_slice(comment);
        if only_comments_until(yaml, index) {
            // An empty list is the only one that can hold nothing but comments.
            to.extend_from_slice(newline);
            let list = column(text, dash);
            pad(if begins_line(text, dash) { list + 2 } else { list }, to);
            to.extend_from_slice(b"[]");
        } else if !ends_line(text, end) {
            to.extend_from_slice(newline);
            pad(column(text, dash), to);
        }
    });
    Ok(())
}

/// Where a comment goes that stands behind the element `index`: behind a scalar on one line, or behind the
/// header of a block. `None` if something else is there, or the element is no scalar.
fn inline_place(yaml: &Yaml, index: usize) -> Option<usize> {
    let node = yaml.nodes.get(index)?;
    let text = &yaml.tree.text;
    if !matches!(node.kind, Kind::Scalar(_)) || is_comment_token(yaml, node) || node.detail & COPY != 0 {
        return None;
    }
    let id = id_of(node.detail);
    let leaf = yaml.tree.node(id);
    let at = match leaf.style {
        Style::Literal | Style::Folded => yaml.tree.block(id)?.header.end as usize,
        _ => leaf.span.end as usize,
    };
    (ends_line(text, at) && at > 0 && !leaf.in_flow()).then_some(at)
}

/// Whether the element `index` is the last of its list, comments aside, and the list has nothing but tokens of
/// comments.
fn only_comments_until(yaml: &Yaml, index: usize) -> bool {
    let mut behind =
        yaml.nodes[index + 1..].iter().skip_while(|node| matches!(node.kind, Kind::Comment { .. }));
    if behind.next().is_none_or(|node| node.kind != Kind::End) {
        return false;
    }
    let other = yaml.nodes[..index].iter().rfind(|node| !is_comment_token(yaml, node));
    other.is_some_and(|node| node.kind == Kind::List)
}

/// A comment in the place of an element within brackets.
fn in_flow(yaml: &Yaml, index: usize, comment: &[u8], edits: &mut Edits) -> Result<(), DocumentError> {
    let node = &yaml.nodes[index];
    let text = &yaml.tree.text;
    let newline = newline(text);
    let (start, end) = (start_of(&yaml.tree, id_of(node.detail)), node.span.end as usize);
    let comma = blanks_behind(text, end);
    let behind = if text.get(comma) == Some(&b',') { comma + 1 } else { end };
    let alone = index > 0
        && yaml.nodes[index - 1].kind == Kind::List
        && yaml.nodes.get(index + 1).is_some_and(|node| node.kind == Kind::End);
    if alone {
        // Inside of empty brackets the comment would be lost.
        let list = yaml.tree.node(id_of(yaml.nodes[index - 1].detail));
        let at = list.span.start as usize;
        edits.push_with(list.span, |to| {
            if ends_line(text, list.span.end as usize) && !list.in_flow() {
                to.extend_from_slice(b"[] #");
                to.extend_from_slice(comment);
                return;
            }
            let indent = column(text, at);
            if !begins_line(text, at) {
                to.extend_from_slice(newline);
                pad(indent, to);
            }
            to.push(b'#');
            to.extend_from_slice(comment);
            to.extend_from_slice(newline);
            pad(indent, to);
            to.extend_from_slice(b"[]");
        });
        return Ok(());
    }
    let lone_line = begins_line(text, start) && ends_line(text, behind);
    let until = if ends_line(text, behind) { behind } else { blanks_behind(text, behind) };
    if yaml.tree.node(id_of(node.detail)).style == Style::Double
        && let Some(at) = inline_place_in_flow(yaml, index + 1).or_else(|| place_behind_list(yaml, index))
        && at >= until
    {
        edits.push(Span::new(start, until), b"");
        edits.push_with(Span::empty(at), |to| {
            to.extend_from_slice(b" #");
            to.extend_from_slice(comment);
        });
        return Ok(());
    }
    edits.push_with(Span::new(start, until), |to| {
        let indent = column(text, start);
        if !begins_line(text, start) {
            to.extend_from_slice(newline);
            pad(indent, to);
        }
        to.push(b'#');
        to.extend_from_slice(comment);
        if !lone_line && !ends_line(text, until) {
            to.extend_from_slice(newline);
            pad(indent, to);
        }
    });
    Ok(())
}

/// Where a comment goes that stands behind the element `index` within brackets: behind its comma, if the line
/// ends there.
fn inline_place_in_flow(yaml: &Yaml, index: usize) -> Option<usize> {
    let node = yaml.nodes.get(index).filter(|node| node.detail & COPY == 0)?;
    let text = &yaml.tree.text;
    if matches!(node.kind, Kind::End | Kind::Comment { .. }) || is_comment_token(yaml, node) {
        return None;
    }
    let end = yaml.tree.node(id_of(node.detail)).span.end as usize;
    line_end_behind_comma(text, end)
}

/// Where a comment goes that stands behind the list whose first element it is.
fn place_behind_list(yaml: &Yaml, index: usize) -> Option<usize> {
    let list =
        index.checked_sub(1).map(|before| &yaml.nodes[before]).filter(|node| node.kind == Kind::List)?;
    let list = yaml.tree.node(id_of(list.detail));
    line_end_behind_comma(&yaml.tree.text, list.span.end as usize)
}

/// The offset behind `end` and a comma, if the line ends there.
fn line_end_behind_comma(text: &[u8], end: usize) -> Option<usize> {
    let comma = blanks_behind(text, end);
    let at = if text.get(comma) == Some(&b',') { comma + 1 } else { end };
    ends_line(text, at).then_some(at)
}

/// The offset behind the line that holds `offset`, its line break included.
pub(super) fn behind_line(text: &[u8], offset: usize) -> usize {
    behind_break(text, line_end(text, offset))
}

/// The first offset of the blanks and of the line break in front of `offset`, if it begins a line.
pub(super) fn line_before(text: &[u8], offset: usize) -> usize {
    let start = blanks_before(text, offset);
    match text[..start] {
        [.., b'\r', b'\n'] => start - 2,
        [.., b'\n' | b'\r'] => start - 1,
        _ => start,
    }
}
