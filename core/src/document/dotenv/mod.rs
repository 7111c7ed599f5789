//! dotenv: lines of `KEY=value`, verbatim.
//!
//! sops knows no quotes, no `export`, no comments behind values, and no trimming: a carriage return at the end of a
//! line is part of the value. The two characters `\n` in a value stand for a line feed. The lines of the
//! `sops` block begin with `sops_` and come last.

use std::borrow::Cow;

use memchr::{memchr, memmem};
use zeroize::Zeroize as _;

use super::items::Item;
use super::text::{Text, metadata_string, replace_into, write_as_text};
use super::{Change, Changed, DocumentCase, DocumentError, Form, Frame, Kind, Node, Syntax, Type};
use crate::document::Stores;
use crate::edits::Edits;
use crate::metadata::{Raw, find_flattened, flatten, unflatten};
use crate::path::Step;
use crate::span::Span;
use crate::value::Value;

/// What the keys of the block begin with.
const PREFIX: &[u8] = b"sops_";
/// How a line feed in a value is written.
const LINE_FEED: &[u8] = b"\\n";

/// A text of `KEY=value` lines. The `detail` of a value is 1 if there is a backslash in it; that of other nodes means
/// nothing.
pub(crate) struct Dotenv {
    text: Text,
    nodes: Vec<Node>,
    block: Vec<Entry>,
    /// The lines of the block with their line feeds; neighbours are one span.
    block_lines: Vec<Span>,
    /// The carriage returns that are the whole of their lines.
    lone_returns: Vec<Span>,
}

/// A line of the block.
struct Entry {
    /// What follows `sops_`.
    name: Span,
    value: Span,
}

impl Syntax for Dotenv {
    fn read(source: Cow<'_, [u8]>, form: Form) -> Result<Self, DocumentError> {
        let mut document = Self {
            text: Text::new(source, form)?,
            nodes: Vec::new(),
            block: Vec::new(),
            block_lines: Vec::new(),
            lone_returns: Vec::new(),
        };
        document.parse()?;
        Ok(document)
    }

    fn text(&self) -> &[u8] {
        &self.text
    }

    fn into_text(self) -> Vec<u8> {
        self.text.into_bytes()
    }

    fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    fn block(&self) -> Result<Option<Raw>, DocumentError> {
        if self.block.is_empty() {
            return Ok(None);
        }
        let names: Vec<_> =
            self.block.iter().map(|entry| String::from_utf8_lossy(entry.name.of(&self.text))).collect();
        let values = self.block.iter().map(|entry| metadata_string(&decode(entry.value.of(&self.text))));
        unflatten(names.iter().map(|name| &**name).zip(values)).map(Some).map_err(|error| {
            let start = self.block[0].name.start as usize;
            DocumentError::at(DocumentCase::Malformed, &self.text, start, error.to_string())
        })
    }

    fn block_place(&self, path: &[Step]) -> Option<u32> {
        let names = self.block.iter().map(|entry| entry.name.of(&self.text));
        let place = find_flattened(names, path)?;
        // With the prefix, where the line begins.
        Some(self.block[place].name.start - PREFIX.len() as u32)
    }

    fn key(&self, node: &Node) -> Cow<'_, [u8]> {
        Cow::Borrowed(node.span.of(&self.text))
    }

    fn value(&self, node: &Node) -> Value<'_> {
        let text = node.span.of(&self.text);
        match node.kind {
            Kind::Scalar(_) if node.detail == 0 => Value::Str(Cow::Borrowed(text)),
            Kind::Scalar(_) => Value::Str(decode(text)),
            Kind::Comment { .. } => Value::Comment(Cow::Borrowed(&text[1..])),
            _ => Value::Null,
        }
    }

    /// Lines of nothing but a carriage return, as editors of some systems leave them, are no lines to sops
    /// but errors. They lose it.
    fn prepare(&self, _selected: &dyn Fn(usize) -> bool) -> Result<Edits, DocumentError> {
        let mut edits = Edits::default();
        for span in &self.lone_returns {
            edits.push(*span, b"");
        }
        Ok(edits)
    }

    fn change(&self, change: &Change<'_>) -> Option<Changed> {
        let mut changed = Changed::default();
        match change {
            Change::Replace { node, value: [Item::Scalar(value)] } => {
                self.place_value(*node, value, b"", &mut changed.edits).ok()?;
            }
            Change::Append { entry: entry @ [Item::Key(_), Item::Scalar(_)], .. } => {
                let end = self.text.len();
                let mut line = Vec::new();
                let items = [&[Item::Branch], *entry, &[Item::End]].concat();
                Self::print(&items, &Stores::default(), &mut line).ok()?;
                changed.edits.push_with(Span::empty(end), |to| {
                    if !self.text.is_empty() && !self.text.ends_with(b"\n") {
                        // The text does not end in a line feed, and does not afterwards.
                        to.push(b'\n');
                        line.pop();
                    }
                    to.extend_from_slice(&line);
                });
                line.zeroize();
            }
            Change::Remove { node } => {
                let start = self.nodes[node.checked_sub(1)?].span.start as usize;
                let end = self.nodes[*node].span.end as usize;
                changed.edits.push(Span::new(start, (end + 1).min(self.text.len())), b"");
            }
            Change::Replace { .. } | Change::Append { .. } => return None,
        }
        Some(changed)
    }

    fn frame(&self, index: usize) -> Option<Frame> {
        Some(Frame::new(self.place(index), b""))
    }

    fn place_token(&self, index: usize, token: &[u8], edits: &mut Edits) {
        edits.push(self.place(index), token);
    }

    fn verbatim<'v>(&self, index: usize, value: &'v Value<'_>) -> Option<(Span, &'v [u8])> {
        match value {
            Value::Str(text) if memchr(b'\n', text).is_none() => Some((self.place(index), text)),
            _ => None,
        }
    }

    fn place_value(
        &self,
        index: usize,
        value: &Value<'_>,
        _spelling: &[u8],
        edits: &mut Edits,
    ) -> Result<(), DocumentError> {
        let is_comment = matches!(self.nodes[index].kind, Kind::Comment { .. });
        let (Value::Str(text) | Value::Comment(text)) = value else {
            edits.push_with(self.place(index), |to| _ = write_as_text(value, to));
            return Ok(());
        };
        if matches!(value, Value::Comment(_)) && !is_comment {
            return Err(DocumentError {
                problem: "a value cannot be a comment".into(),
                position: None,
                case: DocumentCase::Unwritable,
            });
        }
        // A comment of more than one line comes from another format; each line is one of its own.
        let line_feed = if is_comment { b"\n#" } else { LINE_FEED };
        edits.push_with(self.place(index), |to| replace_into(text, b"\n", line_feed, to));
        Ok(())
    }

    fn place_block(&self, block: &Raw, edits: &mut Edits) {
        let place = self.block_lines.first().copied().unwrap_or(Span::empty(self.text.len()));
        let ends_with_line_feed = self.text.last().is_none_or(|byte| *byte == b'\n');
        let is_last = place.end as usize == self.text.len();
        edits.push_with(place, |to| {
            let is_new_line = place.start == 0 || self.text[place.start as usize - 1] == b'\n';
            if !is_new_line {
                to.push(b'\n');
            }
            flatten(block, &mut |name, text| {
                to.extend_from_slice(PREFIX);
                to.extend_from_slice(name.as_bytes());
                to.push(b'=');
                replace_into(text.as_bytes(), b"\n", LINE_FEED, to);
                to.push(b'\n');
            });
            if is_last && !ends_with_line_feed && to.last() == Some(&b'\n') {
                to.pop();
            }
        });
        for span in self.block_lines.iter().skip(1) {
            edits.push(*span, b"");
        }
    }

    fn remove_block(&self, edits: &mut Edits) {
        for span in &self.block_lines {
            let mut span = *span;
            // The text did not end with a line feed before the block was put behind it.
            if span.end as usize == self.text.len() && !self.text.ends_with(b"\n") {
                span.start = span.start.saturating_sub(1);
            }
            edits.push(span, b"");
        }
    }

    fn print(items: &[Item<'_>], _stores: &Stores, to: &mut Vec<u8>) -> Result<(), DocumentError> {
        let mut key: &[u8] = b"";
        for item in items.iter().skip(1) {
            match item {
                Item::Key(name) => key = name,
                Item::Comment { text, .. } => {
                    to.push(b'#');
                    // A comment of more than one line comes from another format; each line is one of its own.
                    replace_into(text, b"\n", b"\n#", to);
                    to.push(b'\n');
                }
                Item::Scalar(value) => {
                    to.extend_from_slice(key);
                    to.push(b'=');
                    match value {
                        Value::Str(text) => replace_into(text, b"\n", LINE_FEED, to),
                        value => _ = write_as_text(value, to),
                    }
                    to.push(b'\n');
                }
                // Further documents are dropped, as sops does.
                Item::End => break,
                Item::Branch | Item::Map | Item::List => {
                    let key = String::from_utf8_lossy(key);
                    let problem = format!("cannot use complex value in dotenv file; offending key {key}");
                    return Err(DocumentError {
                        problem: problem.into(),
                        position: None,
                        case: DocumentCase::Unwritable,
                    });
                }
            }
        }
        Ok(())
    }

    fn print_value(_items: &[Item<'_>], _stores: &Stores, _to: &mut Vec<u8>) -> Result<(), DocumentError> {
        Err(DocumentError {
            problem: "only strings can be taken out into a dotenv file".into(),
            position: None,
            case: DocumentCase::Unwritable,
        })
    }
}

impl Dotenv {
    fn parse(&mut self) -> Result<(), DocumentError> {
        let text: &[u8] = &self.text;
        let mut nodes = Vec::with_capacity(text.len() / 64 + 2);
        nodes.push(Node { kind: Kind::Branch, span: Span::default(), detail: 0 });
        let mut next = 0;
        while next < text.len() {
            let start = next;
            let end = memchr(b'\n', &text[start..]).map_or(text.len(), |length| start + length);
            next = (end + 1).min(text.len());
            let line = &text[start..end];
            match line {
                [] => continue,
                [b'#', ..] => {
                    let kind = Kind::Comment { inline: false };
                    nodes.push(Node { kind, span: Span::new(start, end), detail: 0 });
                    continue;
                }
                [b'\r'] if self.text.form() == Form::Plain => {
                    self.lone_returns.push(Span::new(start, end));
                    continue;
                }
                _ => {}
            }
            let Some(length) = memchr(b'=', line) else {
                return Err(DocumentError::at(DocumentCase::Malformed, text, start, no_entry(line)));
            };
            let (key, value) = (Span::new(start, start + length), Span::new(start + length + 1, end));
            if line.starts_with(PREFIX) && length >= PREFIX.len() {
                let name = Span::new(start + PREFIX.len(), start + length);
                self.block.push(Entry { name, value });
                match self.block_lines.last_mut() {
                    Some(last) if last.end as usize == start => last.end = next as u32,
                    _ => self.block_lines.push(Span::new(start, next)),
                }
            } else {
                nodes.push(Node { kind: Kind::Key, span: key, detail: 0 });
                let detail = u32::from(memchr(b'\\', value.of(text)).is_some());
                nodes.push(Node { kind: Kind::Scalar(Type::Str), span: value, detail });
            }
        }
        nodes.push(Node { kind: Kind::End, span: Span::empty(text.len()), detail: 0 });
        self.nodes = nodes;
        Ok(())
    }

    /// What is replaced when a value or comment is: a comment keeps its `#`.
    fn place(&self, index: usize) -> Span {
        let Node { kind, span, .. } = self.nodes[index];
        Span { start: span.start + u32::from(matches!(kind, Kind::Comment { .. })), end: span.end }
    }
}

/// Why `line` is refused.
fn no_entry(line: &[u8]) -> &'static str {
    let rest = line.strip_prefix("\u{feff}".as_bytes());
    if rest.is_some_and(|rest| rest.starts_with(b"#")) {
        return "the comment does not begin with # but with a byte order mark; remove the mark";
    }
    match line {
        b"\r" => "the line holds only a carriage return; remove it",
        [b' ' | b'\t', ..] if line.trim_ascii_start().starts_with(b"#") => {
            "a comment must begin in the first column; remove the blanks in front of #"
        }
        _ if line.trim_ascii().is_empty() => "the line holds only blanks; make it empty",
        _ => "the line has no =; expected KEY=value, # comment, or nothing",
    }
}

/// The value that is written as `text`.
fn decode(text: &[u8]) -> Cow<'_, [u8]> {
    let Some(first) = memchr(b'\\', text) else { return Cow::Borrowed(text) };
    if memmem::find(&text[first..], LINE_FEED).is_none() {
        return Cow::Borrowed(text);
    }
    let mut to = Vec::with_capacity(text.len());
    replace_into(text, LINE_FEED, b"\n", &mut to);
    Cow::Owned(to)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
