//! JSON.
//!
//! White space, the spelling of numbers, escapes and the order of keys are the text's own and stay. The
//! `sops` block is the last member of the outermost object.

mod change;
mod parse;
mod string;
mod write;

use std::borrow::Cow;

use super::indent;
use super::items::Item;
use super::text::{Text, metadata_string};
use super::{Change, Changed, DocumentCase, DocumentError, Form, Frame, Kind, Node, Syntax, Type};
use crate::document::Stores;
use crate::edits::Edits;
use crate::metadata::Raw;
use crate::path::{Step, find_in};
use crate::span::Span;
use crate::value::Value;
use parse::{Parsed, as_float, as_int, number_length};
use string::Escapes;
pub(super) use write::write_compact;
use write::{SOPS_STYLE, Style, write_items};

/// How deep the `sops` block may be nested. What sops writes has five levels.
const MAX_BLOCK_DEPTH: usize = 64;

/// A JSON object.
///
/// The `detail` of a string or key is 1 if there are escapes in it, or bytes that are not UTF-8; that of a map or list is the index of
/// its end.
pub(crate) struct Json {
    text: Text,
    parsed: Parsed,
    warnings: Vec<DocumentError>,
    /// Elements of lists that hold the token of a comment, with what has to go when it is dropped.
    comments: Vec<(u32, Span)>,
}

impl Syntax for Json {
    fn read(source: Cow<'_, [u8]>, form: Form) -> Result<Self, DocumentError> {
        let mut text = Text::new(source, form)?;
        let parsed = parse::parse(&text, form)?;
        let mut warnings = Vec::new();
        let end = parsed.root.end as usize;
        if parsed.truncated {
            warnings.push(DocumentError::at(
                DocumentCase::Malformed,
                &text,
                text.len(),
                "the text ends inside the object; the unfinished member is ignored",
            ));
            text.replace_end(parsed.last_end as usize, b"}");
        } else if let Some(garbage) = text[end..].iter().position(|byte| !byte.is_ascii_whitespace()) {
            warnings.push(DocumentError::at(
                DocumentCase::Malformed,
                &text,
                end + garbage,
                "text behind the object is ignored",
            ));
            text.replace_end(end + garbage, b"");
        }
        let comments = if form == Form::Sealed { comments(&text, &parsed.nodes) } else { Vec::new() };
        Ok(Self { text, parsed, warnings, comments })
    }

    fn text(&self) -> &[u8] {
        &self.text
    }

    fn into_text(self) -> Vec<u8> {
        self.text.into_bytes()
    }

    fn nodes(&self) -> &[Node] {
        &self.parsed.nodes
    }

    fn block(&self) -> Result<Option<Raw>, DocumentError> {
        let Some(block) = &self.parsed.block else { return Ok(None) };
        if let Some(second) = self.parsed.second_block {
            return Err(DocumentError::at(
                DocumentCase::Malformed,
                &self.text,
                second as usize,
                "there is a second sops entry; remove one of the two",
            ));
        }
        if block.nodes[0].kind != Kind::Map {
            return Err(DocumentError::at(
                match self.text.form() {
                    Form::Plain => DocumentCase::Reserved,
                    Form::Sealed => DocumentCase::Malformed,
                },
                &self.text,
                block.value.start as usize,
                "the sops entry is no object",
            ));
        }
        self.raw(&block.nodes).map(Some)
    }

    fn block_place(&self, path: &[Step]) -> Option<u32> {
        let block = self.parsed.block.as_ref()?;
        if path.is_empty() {
            return Some(block.key.start);
        }
        let at = find_in(&block.nodes, path, &|key, name| *self.key(key) == *name.as_bytes()).ok()?;
        Some(block.nodes[at].span.start)
    }

    fn warnings(&self) -> Vec<DocumentError> {
        self.warnings.clone()
    }

    fn key(&self, node: &Node) -> Cow<'_, [u8]> {
        literal(node.span.of(&self.text), node.detail)
    }

    fn value(&self, node: &Node) -> Value<'_> {
        let text = node.span.of(&self.text);
        match node.kind {
            Kind::Scalar(Type::Str) => Value::Str(literal(text, node.detail)),
            Kind::Scalar(Type::Bool) => Value::Bool(text == b"true"),
            Kind::Scalar(Type::Int) => Value::Int(as_int(text).expect("the parser made sure of it")),
            Kind::Scalar(Type::Float) => Value::Float(as_float(text).expect("the parser made sure of it")),
            _ => Value::Null,
        }
    }

    fn change(&self, change: &Change<'_>) -> Option<Changed> {
        change::change(self, change)
    }

    fn frame(&self, index: usize) -> Option<Frame> {
        Some(self.quotes(index))
    }

    fn place_token(&self, index: usize, token: &[u8], edits: &mut Edits) {
        self.quotes(index).place(token, edits);
    }

    fn spelling(&self, index: usize) -> Option<&[u8]> {
        let node = &self.parsed.nodes[index];
        if !matches!(node.kind, Kind::Scalar(Type::Int | Type::Float)) {
            return None;
        }
        let text = node.span.of(&self.text);
        let mut canonical = Vec::new();
        self.value(node).write_bytes(&mut canonical);
        (canonical != text).then_some(text)
    }

    fn place_value(
        &self,
        index: usize,
        value: &Value<'_>,
        spelling: &[u8],
        edits: &mut Edits,
    ) -> Result<(), DocumentError> {
        let span = self.parsed.nodes[index].span;
        if matches!(value, Value::Comment(_))
            && let Ok(at) = self.comments.binary_search_by_key(&(index as u32), |(index, _)| *index)
        {
            edits.push(self.comments[at].1, b"");
            return Ok(());
        }
        if spells(spelling, value) {
            edits.push(span, spelling);
            return Ok(());
        }
        if matches!(value, Value::Float(number) if *number == 0.0 && number.is_sign_negative()) {
            // sops writes -0, which reads as the integer zero.
            edits.push(span, b"-0.0");
            return Ok(());
        }
        let mut written = Ok(());
        edits.push_with(span, |to| written = write::write_value(value, Escapes::Few, to));
        written
    }

    fn place_block(&self, block: &Raw, edits: &mut Edits) {
        let style = self.style();
        if let Some(member) = &self.parsed.block {
            edits.push_with(member.value, |to| style.write(block, 1, to));
            return;
        }
        let root = self.parsed.root.range();
        let last_end = self.parsed.last_end as usize;
        let is_empty = last_end == root.start + 1;
        edits.push_with(Span::empty(last_end), |to| {
            if is_empty && root.end - root.start == 2 {
                write_member_block(block, to);
                SOPS_STYLE.write_break(0, to);
                return;
            }
            if !is_empty {
                to.extend_from_slice(&self.root_separator(&style));
            }
            to.extend_from_slice(b"\"sops\"");
            to.extend_from_slice(style.colon);
            style.write(block, 1, to);
        });
    }

    fn remove_block(&self, edits: &mut Edits) {
        let Some(member) = &self.parsed.block else { return };
        let root = self.parsed.root.range();
        let (start, end) = match (member.before, member.after) {
            (Some(before), _) => (before as usize, member.value.end as usize),
            (None, Some(after)) => (member.key.start as usize, after as usize),
            // Written by `place_block` into an object with nothing but white space in it.
            (None, None) if member.key.start as usize == root.start + 1 => {
                (root.start + 1, member.value.end as usize)
            }
            (None, None) => (root.start + 1, root.end - 1),
        };
        edits.push(Span::new(start, end), b"");
    }

    fn print(items: &[Item<'_>], stores: &Stores, to: &mut Vec<u8>) -> Result<(), DocumentError> {
        // Further documents are dropped, as sops does.
        let unit = indent::json(stores.json_indent)?;
        write_items(items, &Style { unit: &unit, ..SOPS_STYLE }, 0, to)?;
        to.push(b'\n');
        Ok(())
    }

    fn print_value(items: &[Item<'_>], stores: &Stores, to: &mut Vec<u8>) -> Result<(), DocumentError> {
        let unit = indent::json(stores.json_indent)?;
        write_items(items, &Style { unit: &unit, ..SOPS_STYLE }, 0, to)
    }
}

impl Json {
    /// The place of a token, which needs no escapes.
    fn quotes(&self, index: usize) -> Frame {
        Frame::new(self.parsed.nodes[index].span, b"\"")
    }

    /// The span of the value of the first member of the outermost object named `name` that is not the
    /// block, and the index of its node.
    pub(super) fn member(&self, name: &[u8]) -> Option<usize> {
        let nodes = &self.parsed.nodes;
        let mut index = 1;
        while nodes.get(index)?.kind == Kind::Key {
            if *self.key(&nodes[index]) == *name {
                return Some(index + 1);
            }
            index += 1;
            if matches!(nodes[index].kind, Kind::Map | Kind::List) {
                index = nodes[index].detail as usize;
            }
            index += 1;
        }
        None
    }

    /// The nodes of the block as a tree.
    fn raw(&self, nodes: &[Node]) -> Result<Raw, DocumentError> {
        let mut open: Vec<(String, Raw)> = Vec::new();
        let mut key = String::new();
        for node in nodes {
            let value = match node.kind {
                Kind::Key => {
                    key = metadata_string(&self.key(node));
                    continue;
                }
                Kind::Branch | Kind::Map | Kind::List => {
                    if open.len() == MAX_BLOCK_DEPTH {
                        return Err(DocumentError::at(
                            DocumentCase::Malformed,
                            &self.text,
                            node.span.start as usize,
                            "the sops entry is nested too deeply",
                        ));
                    }
                    let empty =
                        if node.kind == Kind::List { Raw::List(Vec::new()) } else { Raw::Map(Vec::new()) };
                    open.push((std::mem::take(&mut key), empty));
                    continue;
                }
                Kind::End => {
                    let (name, value) = open.pop().expect("each end has a beginning");
                    key = name;
                    value
                }
                Kind::Scalar(_) | Kind::Comment { .. } => match self.value(node) {
                    Value::Bool(value) => Raw::Bool(value),
                    Value::Int(number) => Raw::Int(number),
                    Value::Float(number) => Raw::Float(number),
                    Value::Str(text) => Raw::Str(metadata_string(&text)),
                    Value::Null | Value::Time(_) | Value::Comment(_) => Raw::Null,
                },
            };
            match open.last_mut() {
                Some((_, Raw::Map(items))) => items.push((std::mem::take(&mut key), value)),
                Some((_, Raw::List(elements))) => elements.push(value),
                _ => return Ok(value),
            }
        }
        Ok(Raw::Null)
    }

    /// How the members of the outermost object are laid out.
    fn style(&self) -> Style<'_> {
        let text: &[u8] = &self.text;
        let root = self.parsed.root.range();
        let nodes = &self.parsed.nodes;
        let block = self.parsed.block.as_ref();
        let first_in_nodes = nodes.get(1).filter(|node| node.kind == Kind::Key);
        let first = match (first_in_nodes, block) {
            (Some(key), Some(block)) if block.key.start < key.span.start => block.key,
            (Some(key), _) => key.span,
            (None, Some(block)) => block.key,
            // An object with nothing in it, or only white space.
            (None, None) => {
                return Style {
                    newline: None,
                    base: b"",
                    unit: b"",
                    colon: b": ",
                    comma: b", ",
                    exact: true,
                };
            }
        };
        let colon = blanks_around(&text[first.end as usize..], b':').unwrap_or(b": ");
        let lead = &text[root.start + 1..first.start as usize];
        let Some((newline, indentation)) = last_line(lead) else {
            let separator = self.parsed.separator.of(text);
            let comma: &[u8] = match blanks_around(separator, b',') {
                Some(comma) => comma,
                None if colon.len() > 1 => b", ",
                None => b",",
            };
            return Style { newline: None, base: b"", unit: b"", colon, comma, exact: true };
        };
        let tail = &text[self.parsed.last_end as usize..root.end - 1];
        let base = last_line(tail).map_or(&b""[..], |(_, base)| base);
        let (base, unit) = match indentation.strip_prefix(base) {
            Some(unit) => (base, unit),
            None => (&b""[..], indentation),
        };
        Style { newline: Some(newline), base, unit, colon, comma: b",", exact: true }
    }

    /// What goes between the last member and the `sops` member behind it.
    fn root_separator(&self, style: &Style<'_>) -> Vec<u8> {
        let separator = self.parsed.separator.of(&self.text);
        if style.newline.is_some() {
            let mut to = vec![b','];
            style.write_break(1, &mut to);
            to
        } else if separator.is_empty() {
            style.comma.to_vec()
        } else {
            separator.to_vec()
        }
    }
}

/// Appends the `sops` member as sops prints it into the wrapper of a binary file, with the line break and the
/// indentation in front of it.
pub(super) fn write_member_block(block: &Raw, to: &mut Vec<u8>) {
    SOPS_STYLE.write_break(1, to);
    to.extend_from_slice(b"\"sops\": ");
    SOPS_STYLE.write(block, 1, to);
}

/// What the string literal `literal` says, `detail` being that of its node.
fn literal(literal: &[u8], detail: u32) -> Cow<'_, [u8]> {
    if detail == 0 { Cow::Borrowed(&literal[1..literal.len() - 1]) } else { decode_literal(literal) }
}

/// What the string literal `literal` says.
fn decode_literal(literal: &[u8]) -> Cow<'_, [u8]> {
    string::decode(&literal[1..literal.len() - 1])
}

/// Whether `spelling` is a JSON number that reads as `value`.
fn spells(spelling: &[u8], value: &Value<'_>) -> bool {
    if number_length(spelling) != Some(spelling.len()) {
        return false;
    }
    match value {
        Value::Int(number) => as_int(spelling) == Some(*number),
        Value::Float(number) => {
            as_int(spelling).is_none()
                && as_float(spelling).is_some_and(|spelled| spelled.to_bits() == number.to_bits())
        }
        _ => false,
    }
}

/// The first `sign` of `text` with the blanks around it, if nothing but blanks is in front of it and no
/// line ends in between.
fn blanks_around(text: &[u8], sign: u8) -> Option<&[u8]> {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let before = text.iter().take_while(|byte| is_blank(byte)).count();
    if text.get(before) != Some(&sign) {
        return None;
    }
    let after = text[before + 1..].iter().take_while(|byte| is_blank(byte)).count();
    Some(&text[..before + 1 + after])
}

/// The last line break of `blanks` and what stands behind it.
fn last_line(blanks: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = blanks.iter().rposition(|byte| *byte == b'\n')?;
    let start = at - usize::from(at > 0 && blanks[at - 1] == b'\r');
    Some((&blanks[start..=at], &blanks[at + 1..]))
}

/// The elements of lists that hold the token of a comment: sops drops them when it opens a file that was
/// YAML before. Each with the span that has to go: with the comma in front of it if an element that
/// stays is in front, else with the one behind.
fn comments(text: &[u8], nodes: &[Node]) -> Vec<(u32, Span)> {
    const TYPE: &[u8] = b",type:comment]";
    let has_list = nodes.iter().any(|node| node.kind == Kind::List);
    if !has_list || memchr::memmem::find(text, TYPE).is_none() {
        return Vec::new();
    }
    let mut found = Vec::new();
    // For each open collection: whether it is a list, whether an element stays, the end of the last one.
    let mut open: Vec<(bool, bool, u32)> = Vec::new();
    for (index, node) in nodes.iter().enumerate() {
        let start = node.span.start;
        match node.kind {
            Kind::Branch | Kind::Map => open.push((false, false, 0)),
            Kind::List => open.push((true, false, 0)),
            Kind::Key | Kind::Comment { .. } => {}
            Kind::End | Kind::Scalar(_) => {
                if node.kind == Kind::End {
                    open.pop();
                }
                let Some((true, stays, last_end)) = open.last_mut() else { continue };
                let literal = node.span.of(text);
                let is_comment = node.kind == Kind::Scalar(Type::Str)
                    && literal.starts_with(b"\"ENC[")
                    && memchr::memrchr(b']', literal)
                        .is_some_and(|bracket| literal[..=bracket].ends_with(TYPE));
                if !is_comment {
                    *stays = true;
                } else if *stays {
                    found.push((index as u32, Span { start: *last_end, end: node.span.end }));
                } else {
                    let next = nodes[index + 1];
                    let end = if next.kind == Kind::End { node.span.end } else { next.span.start };
                    found.push((index as u32, Span { start, end }));
                }
                *last_end = node.span.end;
            }
        }
    }
    found
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
