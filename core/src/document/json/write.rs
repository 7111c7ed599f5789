//! Writing JSON: the `sops` member in the style of its file, and subtrees as sops prints them.

use std::io::Write as _;

use super::parse::as_int;
use super::string::{self, Escapes};
use crate::document::items::Item;
use crate::document::{DocumentCase, DocumentError};
use crate::float;
use crate::metadata::Raw;
use crate::value::Value;

/// How the members of a file are laid out.
pub(super) struct Style<'a> {
    /// The line break between members; `None` if they stand on one line.
    pub(super) newline: Option<&'a [u8]>,
    /// What stands in front of the closing brace of the outermost object.
    pub(super) base: &'a [u8],
    /// What each level adds to it.
    pub(super) unit: &'a [u8],
    /// The colon and the blanks around it.
    pub(super) colon: &'a [u8],
    /// The comma between members on one line, and the blanks around it.
    pub(super) comma: &'a [u8],
    /// Whether whole numbers that are not of a whole type are written with a point.
    pub(super) exact: bool,
}

/// As sops writes files.
pub(super) const SOPS_STYLE: Style<'static> =
    Style { newline: Some(b"\n"), base: b"", unit: b"\t", colon: b": ", comma: b",", exact: false };

impl Style<'_> {
    /// Begins a line of the level `level`, if members stand on lines of their own.
    pub(super) fn write_break(&self, level: usize, to: &mut Vec<u8>) {
        if let Some(newline) = self.newline {
            to.extend_from_slice(newline);
            to.extend_from_slice(self.base);
            for _ in 0..level {
                to.extend_from_slice(self.unit);
            }
        }
    }

    /// Appends `value` of the metadata, which stands on the level `level`, to `to`.
    ///
    /// Metadata are nested no deeper than [`super::MAX_BLOCK_DEPTH`].
    pub(super) fn write(&self, value: &Raw, level: usize, to: &mut Vec<u8>) {
        match value {
            Raw::Null => to.extend_from_slice(b"null"),
            Raw::Bool(true) => to.extend_from_slice(b"true"),
            Raw::Bool(false) => to.extend_from_slice(b"false"),
            Raw::Int(number) => write!(to, "{number}").expect("a `Vec` takes all bytes"),
            Raw::Float(number) if number.is_finite() => write_float(*number, to),
            Raw::Float(_) => to.extend_from_slice(b"null"),
            Raw::Str(text) | Raw::Time(text) => write_string(text.as_bytes(), Escapes::Go, to),
            Raw::List(elements) => {
                to.push(b'[');
                for (index, element) in elements.iter().enumerate() {
                    self.write_separator(index, level + 1, to);
                    self.write(element, level + 1, to);
                }
                if !elements.is_empty() {
                    self.write_break(level, to);
                }
                to.push(b']');
            }
            Raw::Map(items) => {
                to.push(b'{');
                for (index, (key, item)) in items.iter().enumerate() {
                    self.write_separator(index, level + 1, to);
                    write_string(key.as_bytes(), Escapes::Go, to);
                    // Flux looks for `"mac": "ENC[` to tell whether a file is encrypted.
                    to.extend_from_slice(if key == "mac" { b": " } else { self.colon });
                    self.write(item, level + 1, to);
                }
                if !items.is_empty() {
                    self.write_break(level, to);
                }
                to.push(b'}');
            }
        }
    }

    /// What stands in front of the member or element `index` of a collection.
    fn write_separator(&self, index: usize, level: usize, to: &mut Vec<u8>) {
        if self.newline.is_some() {
            if index > 0 {
                to.push(b',');
            }
            self.write_break(level, to);
        } else if index > 0 {
            to.extend_from_slice(self.comma);
        }
    }
}

/// Appends `value` as JSON writes it; strings with `escapes`.
///
/// # Errors
/// It is not a finite number, or a comment.
pub(super) fn write_value(
    value: &Value<'_>,
    escapes: Escapes,
    to: &mut Vec<u8>,
) -> Result<(), DocumentError> {
    let unwritable = |problem| DocumentError { problem, position: None, case: DocumentCase::Unwritable };
    match value {
        Value::Null => to.extend_from_slice(b"null"),
        Value::Bool(true) => to.extend_from_slice(b"true"),
        Value::Bool(false) => to.extend_from_slice(b"false"),
        Value::Int(number) => write!(to, "{number}").expect("a `Vec` takes all bytes"),
        Value::Float(number) if number.is_finite() => write_float(*number, to),
        Value::Float(_) => {
            return Err(unwritable("JSON has no infinite numbers and nothing that is no number".into()));
        }
        Value::Str(text) => write_string(text, escapes, to),
        Value::Time(time) => {
            to.push(b'"');
            time.write(to);
            to.push(b'"');
        }
        Value::Comment(_) => return Err(unwritable("JSON has no comments".into())),
    }
    Ok(())
}

/// Appends the string literal of `text`.
pub(super) fn write_string(text: &[u8], escapes: Escapes, to: &mut Vec<u8>) {
    to.push(b'"');
    string::write(text, escapes, to);
    to.push(b'"');
}

/// Appends the finite number `number` as Go writes it: with an exponent only if it is very large or small.
pub(super) fn write_float(number: f64, to: &mut Vec<u8>) {
    let size = number.abs();
    if size != 0.0 && !(1e-6..1e21).contains(&size) {
        let start = to.len();
        write!(to, "{number:e}").expect("a `Vec` takes all bytes");
        let sign = start + to[start..].iter().position(|byte| *byte == b'e').expect("an exponent") + 1;
        if to[sign] != b'-' {
            to.insert(sign, b'+');
        }
    } else {
        float::write(number, to);
    }
}

/// As Go writes values that nobody is meant to read.
const COMPACT: Style<'static> =
    Style { newline: None, base: b"", unit: b"", colon: b":", comma: b",", exact: false };

/// Appends the value that begins `items` on one line without blanks.
///
/// # Errors
/// A value cannot be written.
pub(in crate::document) fn write_compact(items: &[Item<'_>], to: &mut Vec<u8>) -> Result<(), DocumentError> {
    write_items(items, &COMPACT, 0, to)
}

/// Appends the value that begins `items` in the given style, its closing bracket on the level `level`. Comments
/// are left out.
///
/// # Errors
/// A value cannot be written.
pub(super) fn write_items(
    items: &[Item<'_>],
    style: &Style<'_>,
    level: usize,
    to: &mut Vec<u8>,
) -> Result<(), DocumentError> {
    let mut open: Vec<u8> = Vec::new();
    let mut after_key = false;
    let mut is_first = true;
    for item in items {
        match item {
            Item::Comment { .. } => continue,
            Item::End => {
                let Some(bracket) = open.pop() else { break };
                if !is_first {
                    style.write_break(level + open.len(), to);
                }
                to.push(bracket);
                is_first = false;
            }
            item => {
                if !after_key && !open.is_empty() {
                    style.write_separator(usize::from(!is_first), level + open.len(), to);
                }
                after_key = false;
                is_first = item.opens();
                match item {
                    Item::Key(key) => {
                        after_key = true;
                        write_string(key, Escapes::Go, to);
                        to.extend_from_slice(style.colon);
                    }
                    Item::Scalar(value) => {
                        let start = to.len();
                        write_value(value, Escapes::Go, to)?;
                        if style.exact && matches!(value, Value::Float(_)) && as_int(&to[start..]).is_some() {
                            to.extend_from_slice(b".0");
                        }
                    }
                    Item::List => {
                        to.push(b'[');
                        open.push(b']');
                    }
                    _ => {
                        to.push(b'{');
                        open.push(b'}');
                    }
                }
            }
        }
        if open.is_empty() && !after_key {
            break;
        }
    }
    Ok(())
}
