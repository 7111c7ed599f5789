//! The text of a scalar, and the value that it stands for, from its span.

use std::borrow::Cow;

use base64::Engine as _;

use super::chars::{blank, break_width, byte, is_break, push_character};
use super::error::YamlError;
use super::resolve::{Resolved, resolve};
use super::tree::{BlockScalar, Chomping, Id, Style, Tag, Tree};
use crate::timestamp::Timestamp;

/// The value of a scalar.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Typed<'a> {
    /// `null`.
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A whole number above `i64`.
    Uint(u64),
    /// Another number.
    Float(f64),
    /// A point in time. Its offset may be a day or a little more, which RFC 3339 cannot write.
    Time(Timestamp),
    /// A string.
    Str(Cow<'a, [u8]>),
    /// What a scalar with the tag `!!binary` holds.
    Binary(Vec<u8>),
}

impl Tree {
    /// The text of a scalar: quotes and escapes undone, lines folded. Empty for other nodes.
    #[inline]
    pub(crate) fn scalar_text(&self, id: Id) -> Cow<'_, [u8]> {
        let node = self.node(id);
        if node.is_verbatim() {
            return Cow::Borrowed(node.span.of(&self.text));
        }
        self.decoded_text(id)
    }

    fn decoded_text(&self, id: Id) -> Cow<'_, [u8]> {
        let node = self.node(id);
        if node.kind != super::NodeKind::Scalar {
            return Cow::Borrowed(b"");
        }
        let text = node.span.of(&self.text);
        match node.style {
            Style::Single | Style::Double => {
                let inner = &text[1..text.len() - 1];
                let escape = if node.style == Style::Single { b'\'' } else { b'\\' };
                if memchr::memchr(escape, inner).is_none() && self.is_one_line(inner) {
                    return Cow::Borrowed(inner);
                }
                let mut to = Vec::with_capacity(inner.len());
                quoted(inner, escape, &mut to);
                Cow::Owned(to)
            }
            Style::Literal | Style::Folded => {
                let mut to = Vec::with_capacity(text.len());
                if let Some(header) = self.block(id) {
                    block(&self.text, header, node.style == Style::Folded, self.breaks.wide, &mut to);
                }
                Cow::Owned(to)
            }
            _ => {
                let mut to = Vec::with_capacity(text.len());
                plain(text, &mut to);
                Cow::Owned(to)
            }
        }
    }

    /// Whether no line break is in `text`, a part of the text.
    fn is_one_line(&self, text: &[u8]) -> bool {
        memchr::memchr(b'\n', text).is_none()
            && (!self.breaks.cr || memchr::memchr(b'\r', text).is_none())
            && (!self.breaks.wide || wide_break(text).is_none())
    }

    /// The value of a scalar: what its tag, written or not, makes of its text.
    ///
    /// # Errors
    /// The text does not go with the tag. (sops takes null for such a value where it does not refuse the
    /// whole text.)
    #[inline]
    pub(crate) fn value(&self, id: Id) -> Result<Typed<'_>, YamlError> {
        match self.node(id).tag {
            Tag::Str | Tag::Merge | Tag::Map | Tag::Seq | Tag::Other => Ok(Typed::Str(self.scalar_text(id))),
            _ => self.resolved_value(id),
        }
    }

    fn resolved_value(&self, id: Id) -> Result<Typed<'_>, YamlError> {
        let text = self.scalar_text(id);
        let node = self.node(id);
        let wrong = || YamlError::new(node.span.start as usize, "a value that its tag does not allow");
        match node.tag {
            Tag::Str | Tag::Merge | Tag::Map | Tag::Seq | Tag::Other => Ok(Typed::Str(text)),
            Tag::Binary => base64_value(&text).map(Typed::Binary).ok_or_else(wrong),
            Tag::Null | Tag::Bool | Tag::Int | Tag::Float | Tag::Timestamp => {
                match resolve(&text, node.tag == Tag::Timestamp) {
                    Some(Resolved::Int(number)) if node.tag == Tag::Float => Ok(Typed::Float(number as f64)),
                    Some(resolved) if resolved.tag() == node.tag => Ok(resolved.into()),
                    _ => Err(wrong()),
                }
            }
        }
    }
}

/// What a plain scalar with this text stands for.
pub(crate) fn plain_value(text: &[u8]) -> Typed<'_> {
    resolve(text, true).map_or(Typed::Str(Cow::Borrowed(text)), Typed::from)
}

impl From<Resolved> for Typed<'_> {
    fn from(resolved: Resolved) -> Self {
        match resolved {
            Resolved::Null => Self::Null,
            Resolved::Bool(truth) => Self::Bool(truth),
            Resolved::Int(number) => Self::Int(number),
            Resolved::Uint(number) => Self::Uint(number),
            Resolved::Float(number) => Self::Float(number),
            Resolved::Time(time) => Self::Time(time),
        }
    }
}

/// Base64 with padding; line breaks may be anywhere.
fn base64_value(text: &[u8]) -> Option<Vec<u8>> {
    let config = base64::engine::GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true);
    let engine = base64::engine::GeneralPurpose::new(&base64::alphabet::STANDARD, config);
    let text: Vec<u8> = text.iter().copied().filter(|byte| !matches!(byte, b'\n' | b'\r')).collect();
    engine.decode(text).ok()
}

/// Appends the line break at `at`, as a scalar has it: LS and PS as they are, any other as a line feed.
fn push_break(text: &[u8], at: usize, to: &mut Vec<u8>) {
    match break_width(text, at) {
        3 => to.extend_from_slice(&text[at..at + 3]),
        _ => to.push(b'\n'),
    }
}

/// Takes the line breaks at `at` and the blanks around them, and appends what they fold to. `escaped`: the
/// first break was taken before, and stands for nothing.
fn fold(text: &[u8], mut at: usize, escaped: bool, to: &mut Vec<u8>) -> usize {
    let first = to.len();
    let mut space = false;
    if !escaped {
        space = break_width(text, at) < 3;
        if !space {
            push_break(text, at, to);
        }
        at += break_width(text, at);
    }
    loop {
        if blank(byte(text, at)) {
            at += 1;
            continue;
        }
        let width = break_width(text, at);
        if width == 0 {
            break;
        }
        push_break(text, at, to);
        at += width;
    }
    if space && to.len() == first {
        to.push(b' ');
    }
    at
}

/// Appends what the plain scalar `text` is: its lines folded.
pub(super) fn plain(text: &[u8], to: &mut Vec<u8>) {
    let mut at = 0;
    while at < text.len() {
        let run = at;
        while at < text.len() && break_width(text, at) == 0 {
            at += 1;
        }
        push_trimmed(&text[run..at], to);
        if at < text.len() {
            at = fold(text, at, false, to);
        }
    }
}

/// Appends `line` without the blanks at its end.
fn push_trimmed(line: &[u8], to: &mut Vec<u8>) {
    let length = line.iter().rposition(|&byte| !blank(byte)).map_or(0, |last| last + 1);
    to.extend_from_slice(&line[..length]);
}

/// Appends what `text`, the inside of a quoted scalar, is. `escape` is the character that begins escapes.
fn quoted(text: &[u8], escape: u8, to: &mut Vec<u8>) {
    let mut at = 0;
    while at < text.len() {
        let run = at;
        while at < text.len() && text[at] != escape && break_width(text, at) == 0 {
            at += 1;
        }
        if at == text.len() {
            to.extend_from_slice(&text[run..]);
        } else if text[at] != escape {
            // Blanks before a line break are dropped, but not those that are escaped.
            push_trimmed(&text[run..at], to);
            at = fold(text, at, false, to);
        } else {
            to.extend_from_slice(&text[run..at]);
            at = if escape == b'\'' { quote(at, to) } else { unescape(text, at, to) };
        }
    }
}

/// Takes two single quotes as one.
fn quote(at: usize, to: &mut Vec<u8>) -> usize {
    to.push(b'\'');
    at + 2
}

/// Takes the escape at `at`, which is well formed, and appends what it stands for.
fn unescape(text: &[u8], at: usize, to: &mut Vec<u8>) -> usize {
    let code = |digits: usize| {
        text[at + 2..]
            .iter()
            .take(digits)
            .fold(0, |code, &byte| code << 4 | char::from(byte).to_digit(16).unwrap_or_default())
    };
    let (character, width) = match byte(text, at + 1) {
        b'0' => (0, 2),
        b'a' => (7, 2),
        b'b' => (8, 2),
        b't' | b'\t' => (9, 2),
        b'n' => (10, 2),
        b'v' => (11, 2),
        b'f' => (12, 2),
        b'r' => (13, 2),
        b'e' => (27, 2),
        b'N' => (0x85, 2),
        b'_' => (0xA0, 2),
        b'L' => (0x2028, 2),
        b'P' => (0x2029, 2),
        b'x' => (code(2), 4),
        b'u' => (code(4), 6),
        b'U' => (code(8), 10),
        itself if break_width(text, at + 1) == 0 => (u32::from(itself), 2),
        _ => return fold(text, at + 1 + break_width(text, at + 1), true, to),
    };
    push_character(to, character);
    at + width
}

/// Appends what a block scalar is.
fn block(text: &[u8], header: &BlockScalar, folded: bool, breaks_are_wide: bool, to: &mut Vec<u8>) {
    let indent = header.indent as usize;
    let mut breaks = Vec::new();
    let mut last_break: &[u8] = b"";
    let mut after_blank = false;
    let (mut at, mut column) = block_breaks(text, header.body as usize, indent, &mut breaks);
    while column == indent && at < text.len() {
        let begins_blank = blank(text[at]);
        if folded && !after_blank && !begins_blank && last_break == b"\n" {
            if breaks.is_empty() {
                to.push(b' ');
            }
        } else {
            to.extend_from_slice(last_break);
        }
        to.append(&mut breaks);
        after_blank = begins_blank;
        let start = at;
        at += if breaks_are_wide {
            (at..text.len()).find(|&at| is_break(text, at)).map(|end| end - at)
        } else {
            memchr::memchr2(b'\n', b'\r', &text[at..])
        }
        .unwrap_or(text.len() - at);
        to.extend_from_slice(&text[start..at]);
        last_break = match break_width(text, at) {
            0 => b"",
            3 => &text[at..at + 3],
            _ => b"\n",
        };
        (at, column) = block_breaks(text, at + break_width(text, at), indent, &mut breaks);
    }
    if header.chomping != Chomping::Strip {
        to.extend_from_slice(last_break);
    }
    if header.chomping == Chomping::Keep {
        to.append(&mut breaks);
    }
}

/// Where the first NEL, LS or PS is.
fn wide_break(text: &[u8]) -> Option<usize> {
    memchr::memchr2_iter(0xC2, 0xE2, text).find(|&at| break_width(text, at) > 0)
}

/// Steps over empty lines, appending their breaks to `breaks`, and the indentation of the next line. Returns
/// where that ends, and in which column.
fn block_breaks(text: &[u8], mut at: usize, indent: usize, breaks: &mut Vec<u8>) -> (usize, usize) {
    loop {
        let mut column = 0;
        while column < indent && byte(text, at) == b' ' {
            at += 1;
            column += 1;
        }
        let width = break_width(text, at);
        if width == 0 {
            return (at, column);
        }
        push_break(text, at, breaks);
        at += width;
    }
}
