//! INI, as the library reads it that sops uses.
//!
//! Sections hold keys; a comment belongs to the key or header below it, or to the value in front of it, and
//! follows that key in sops's order. A token stands in the quotes of its value. The `sops` block is the last
//! section.

mod change;
mod comment;
mod parse;
mod prepare;
mod print;
mod scan;

use std::borrow::Cow;

use memchr::{memchr, memrchr};

use super::items::Item;
use super::json::write_compact;
use super::text::{Text, metadata_string, replace_into, write_as_text};
use super::{Change, Changed, DocumentCase, DocumentError, Form, Frame, Kind, Node, Syntax};
use crate::document::Stores;
use crate::edits::Edits;
use crate::metadata::{Raw, find_flattened, flatten, unflatten};
use crate::path::Step;
use crate::span::Span;
use crate::value::Value;
use parse::{BLOCK_SECTION, DEFAULT_SECTION, IMPLICIT, Parsed, numbered};
use scan::{Style, choose, find_comment, trim, trim_end};

/// A text of sections with `key = value` lines.
pub(crate) struct Ini {
    text: Text,
    parsed: Parsed,
}

impl Syntax for Ini {
    fn read(source: Cow<'_, [u8]>, form: Form) -> Result<Self, DocumentError> {
        let text = Text::new(source, form)?;
        let parsed = parse::parse(&text)?;
        Ok(Self { text, parsed })
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
        let error = |offset: u32, problem: Cow<'static, str>| {
            DocumentError::at(DocumentCase::Malformed, &self.text, offset as usize, problem)
        };
        if let Some(second) = self.parsed.second_block {
            return Err(error(second, "there is a second section [sops]; remove one of the two".into()));
        }
        let names: Vec<String> =
            block.entries.iter().map(|(key, _)| metadata_string(&self.key(key))).collect();
        let texts = block.entries.iter().map(|(_, value)| {
            let mut text = Vec::new();
            // Some versions of sops wrote line feeds as they are, in quotes over several lines.
            replace_into(&self.scalar(value), b"\\n", b"\n", &mut text);
            metadata_string(&text)
        });
        let raw = unflatten(names.iter().map(String::as_str).zip(texts));
        raw.map(Some).map_err(|problem| error(block.start, problem.to_string().into()))
    }

    fn block_place(&self, path: &[Step]) -> Option<u32> {
        let block = self.parsed.block.as_ref()?;
        if path.is_empty() {
            return Some(block.start);
        }
        let names: Vec<_> = block.entries.iter().map(|(key, _)| self.key(key)).collect();
        let place = find_flattened(names.iter().map(|name| &**name), path)?;
        Some(block.entries[place].0.span.start)
    }

    fn key(&self, node: &Node) -> Cow<'_, [u8]> {
        match node.detail {
            0 => Cow::Borrowed(node.span.of(&self.text)),
            IMPLICIT => Cow::Borrowed(DEFAULT_SECTION),
            number => Cow::Owned(numbered(number)),
        }
    }

    fn comment_to_sops(&self, node: &Node) -> Option<Vec<u8>> {
        self.comment_lines(node).value_to_sops()
    }

    fn value(&self, node: &Node) -> Value<'_> {
        match node.kind {
            Kind::Scalar(_) => {
                let text = self.scalar(node);
                match (&text, self.text.form()) {
                    // `place_token` puts a line break behind a token whose value had several lines.
                    (Cow::Borrowed(bytes), Form::Sealed) if bytes.ends_with(b"\n") => {
                        Value::Str(Cow::Borrowed(token_of(bytes).unwrap_or(bytes)))
                    }
                    _ => Value::Str(text),
                }
            }
            Kind::Comment { .. } => Value::Comment(self.comment(node)),
            _ => Value::Null,
        }
    }

    fn prepare(&self, selected: &dyn Fn(usize) -> bool) -> Result<Edits, DocumentError> {
        self.prepared(selected)
    }

    fn change(&self, change: &Change<'_>) -> Option<Changed> {
        change::change(self, change)
    }

    fn frame(&self, index: usize) -> Option<Frame> {
        let node = &self.parsed.nodes[index];
        let quote = Style::from_code(node.detail).quote();
        let is_one_line = || quote.is_empty() || memchr(b'\n', node.span.of(&self.text)).is_none();
        (matches!(node.kind, Kind::Scalar(_)) && is_one_line()).then(|| Frame::new(node.span, quote))
    }

    fn place_token(&self, index: usize, token: &[u8], edits: &mut Edits) {
        if let Some(frame) = self.frame(index) {
            return frame.place(token, edits);
        }
        let node = &self.parsed.nodes[index];
        if matches!(node.kind, Kind::Comment { .. }) {
            self.place_comment_token(node, token, edits);
            return;
        }
        let quote = Style::from_code(node.detail).quote();
        let has_comment = || find_comment(self.rest_of_line(node)).is_some();
        edits.push_with(node.span, |to| {
            to.extend_from_slice(quote);
            to.extend_from_slice(token);
            // The library sees a comment behind the quotes only if there is more than one line in them.
            if has_comment() {
                to.extend_from_slice(self.line_break());
            }
            to.extend_from_slice(quote);
        });
    }

    fn verbatim<'v>(&self, index: usize, value: &'v Value<'_>) -> Option<(Span, &'v [u8])> {
        let node = &self.parsed.nodes[index];
        let (Kind::Scalar(_), Value::Str(text)) = (node.kind, value) else { return None };
        let style = Style::from_code(node.detail);
        let quote = style.quote().len();
        let inner = Span::new(node.span.start as usize + quote, node.span.end as usize - quote);
        // The style that is there comes first, as in `choose`.
        style.fits(text, self.rest_of_line(node)).then_some((inner, text))
    }

    fn place_value(
        &self,
        index: usize,
        value: &Value<'_>,
        _spelling: &[u8],
        edits: &mut Edits,
    ) -> Result<(), DocumentError> {
        let node = &self.parsed.nodes[index];
        let unwritable = |problem: &'static str| {
            let start = node.span.start as usize;
            Err(DocumentError::at(DocumentCase::Unwritable, &self.text, start, problem))
        };
        let mut written = Vec::new();
        let text: &[u8] = match value {
            Value::Comment(text) | Value::Str(text) if matches!(node.kind, Kind::Comment { .. }) => {
                self.place_comment(node, text, edits);
                return Ok(());
            }
            Value::Comment(_) => return unwritable("a value cannot be a comment"),
            Value::Str(text) => text,
            _ => {
                write_as_text(value, &mut written);
                &written
            }
        };
        let Some(style) = choose(text, Style::from_code(node.detail), self.rest_of_line(node)) else {
            return unwritable("INI has no quotes that can stand around this value");
        };
        edits.push_with(node.span, |to| {
            to.extend_from_slice(style.quote());
            to.extend_from_slice(text);
            to.extend_from_slice(style.quote());
        });
        Ok(())
    }

    fn place_block(&self, block: &Raw, edits: &mut Edits) {
        let text: &[u8] = &self.text;
        let line_break = match &self.parsed.block {
            Some(old) if text[..old.body as usize].ends_with(b"\r\n") => b"\r\n",
            Some(_) => &b"\n"[..],
            None => self.line_break(),
        };
        let (place, ends_in_break) = match &self.parsed.block {
            Some(old) => (Span { start: old.body, end: old.end }, text[..old.end as usize].ends_with(b"\n")),
            None => (Span::empty(text.len()), text.is_empty() || text.ends_with(b"\n")),
        };
        edits.push_with(place, |to| {
            if self.parsed.block.is_none() {
                if !ends_in_break {
                    to.extend_from_slice(line_break);
                }
                if !text.is_empty() {
                    to.extend_from_slice(line_break);
                }
                to.push(b'[');
                to.extend_from_slice(BLOCK_SECTION);
                to.push(b']');
                to.extend_from_slice(line_break);
            } else if !text[..place.start as usize].ends_with(b"\n") {
                to.extend_from_slice(line_break);
            }
            write_entries(block, line_break, to);
            if !ends_in_break {
                to.truncate(to.len() - line_break.len());
            }
        });
    }

    fn remove_block(&self, edits: &mut Edits) {
        let Some(block) = &self.parsed.block else { return };
        let text: &[u8] = &self.text;
        let mut start = block.start as usize;
        // The blank line in front, and the line break that the text did not end with.
        let before = without_line_break(&text[..start]);
        if before.is_empty() || before.ends_with(b"\n") || !text.ends_with(b"\n") {
            start = before.len();
        }
        if block.end as usize == text.len() && !text.ends_with(b"\n") {
            start = without_line_break(&text[..start]).len();
        }
        edits.push(Span::new(start, block.end as usize), b"");
    }

    fn print(items: &[Item<'_>], _stores: &Stores, to: &mut Vec<u8>) -> Result<(), DocumentError> {
        print::print(items, to)
    }

    fn print_value(items: &[Item<'_>], _stores: &Stores, to: &mut Vec<u8>) -> Result<(), DocumentError> {
        write_compact(items, to)
    }
}

impl Ini {
    /// The value that a scalar has.
    fn scalar(&self, node: &Node) -> Cow<'_, [u8]> {
        let text = node.span.of(&self.text);
        let style = Style::from_code(node.detail);
        if style != Style::Continued {
            let quote = style.quote().len();
            return Cow::Borrowed(&text[quote..text.len() - quote]);
        }
        let mut value = Vec::with_capacity(text.len());
        for (index, line) in text.split(|byte| *byte == b'\n').enumerate() {
            let line = if index == 0 { trim_end(line) } else { trim(line) };
            value.extend_from_slice(line.strip_suffix(b"\\").unwrap_or(line));
        }
        Cow::Owned(value)
    }

    /// What follows a value on its last line.
    fn rest_of_line(&self, node: &Node) -> &[u8] {
        let rest = &self.text[node.span.end as usize..];
        &rest[..memchr(b'\n', rest).unwrap_or(rest.len())]
    }

    /// How lines end: as the first one does.
    fn line_break(&self) -> &'static [u8] {
        match memchr(b'\n', &self.text) {
            Some(at) if self.text[..at].ends_with(b"\r") => b"\r\n",
            _ => b"\n",
        }
    }
}

/// The token that `text` is, if nothing but white space follows it.
fn token_of(text: &[u8]) -> Option<&[u8]> {
    let end = memrchr(b']', text).filter(|_| text.starts_with(b"ENC[AES256_GCM,"))? + 1;
    trim(&text[end..]).is_empty().then(|| &text[..end])
}

/// `text` without the line break at its end.
fn without_line_break(text: &[u8]) -> &[u8] {
    let Some(text) = text.strip_suffix(b"\n") else { return text };
    text.strip_suffix(b"\r").unwrap_or(text)
}

/// Appends the lines of `block` to `to`, aligned as sops aligns them.
fn write_entries(block: &Raw, line_break: &[u8], to: &mut Vec<u8>) {
    let mut entries = Vec::new();
    flatten(block, &mut |name, text| {
        let quote = print::key_quote(name.as_bytes());
        let mut written = Vec::new();
        replace_into(text.as_bytes(), b"\n", b"\\n", &mut written);
        entries.push(([quote, name.as_bytes(), quote].concat(), written));
    });
    let width = entries.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (name, text) in entries {
        to.extend_from_slice(&name);
        to.resize(to.len() + width - name.len(), b' ');
        to.extend_from_slice(b" = ");
        let quote = choose(&text, Style::Bare, b"").unwrap_or(Style::Bare).quote();
        to.extend_from_slice(quote);
        to.extend_from_slice(&text);
        to.extend_from_slice(quote);
        to.extend_from_slice(line_break);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
