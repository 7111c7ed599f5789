//! Whether two documents mean the same to somebody who reads both in one format: the proof for texts that were
//! printed anew or edited. Comments do not count, and what a format cannot tell apart is the same.

use std::borrow::Cow;

use crate::document::items::{Item, behind};
use crate::document::text::write_as_text;
use crate::file::format::Format;
use crate::value::Value;

/// What a reader of `format` gets from items.
pub(crate) struct Meaning<'i> {
    format: Format,
    /// The items that count, with their index.
    items: Vec<(usize, &'i Item<'i>)>,
    /// Whether a whole number with a point is another than one without.
    strict: bool,
}

impl<'i> Meaning<'i> {
    /// What a reader of `format` gets from `items`, whatever format they come from.
    pub(crate) fn new(items: &'i [Item<'i>], format: Format) -> Self {
        let one_branch = matches!(format, Format::Json | Format::Dotenv | Format::Binary);
        let end = if one_branch { behind(items, 0) } else { items.len() };
        let mut counted: Vec<_> =
            items[..end].iter().enumerate().filter(|(_, item)| !item.is_comment()).collect();
        match format {
            Format::Ini => {
                // The sections of all branches follow each other, and there always is a first one.
                let mut depth = 0_usize;
                counted.retain(|(_, item)| {
                    depth += usize::from(item.opens());
                    let bound = depth <= 1 && matches!(item, Item::Branch | Item::End);
                    depth -= usize::from(matches!(item, Item::End));
                    !bound
                });
                let is_default = |item: &Item<'_>| matches!(item, Item::Key(name) if **name == *b"DEFAULT");
                if let [(_, name), (_, Item::Map), (_, Item::End), ..] = counted.as_slice()
                    && is_default(name)
                {
                    counted.drain(..3);
                }
            }
            Format::Binary => {
                let data = counted
                    .windows(2)
                    .position(|pair| matches!(pair[0].1, Item::Key(name) if **name == *b"data"));
                if let Some(at) = data.filter(|_| counted.len() == 4) {
                    counted = counted[at..at + 2].to_vec();
                }
            }
            _ => {}
        }
        Self { format, items: counted, strict: false }
    }

    /// What a reader of `format` gets from a part of a document.
    pub(crate) fn part(items: &'i [Item<'i>], format: Format) -> Self {
        let items = items.iter().enumerate().filter(|(_, item)| !item.is_comment()).collect();
        Self { format, items, strict: false }
    }

    /// The same, and a whole number with a point is another than one without.
    pub(crate) fn strict(mut self) -> Self {
        self.strict = true;
        self
    }

    /// Whether `other` is the same.
    ///
    /// # Errors
    /// It is not: the index of the item at which they differ.
    pub(crate) fn same(&self, other: &Meaning<'_>) -> Result<(), usize> {
        for (at, (index, item)) in self.items.iter().enumerate() {
            let same = match (item, other.items.get(at).map(|(_, item)| *item)) {
                (Item::Branch, Some(Item::Branch))
                | (Item::Map, Some(Item::Map))
                | (Item::List, Some(Item::List))
                | (Item::End, Some(Item::End)) => true,
                (Item::Key(one), Some(Item::Key(other))) => one == other,
                (Item::Scalar(one), Some(Item::Scalar(other))) => self.same_value(one, other),
                _ => false,
            };
            if !same {
                return Err(*index);
            }
        }
        if self.items.len() == other.items.len() { Ok(()) } else { Err(0) }
    }

    fn same_value(&self, one: &Value<'_>, other: &Value<'_>) -> bool {
        match (one, other) {
            (Value::Float(one), Value::Float(other)) => {
                one.to_bits() == other.to_bits() || (one.is_nan() && other.is_nan())
            }
            // Formats print a whole number without a point.
            (Value::Float(float), Value::Int(int)) | (Value::Int(int), Value::Float(float))
                if !self.strict =>
            {
                *float == *int as f64 && float.to_bits() == (*int as f64).to_bits()
            }
            (one, other) if one == other => true,
            (one, other) => matches!(
                (self.as_text(one), self.as_text(other)),
                (Some(one), Some(other)) if one == other
            ),
        }
    }

    /// The text that stands for `value` in the format, if it has only texts for it.
    fn as_text<'v>(&self, value: &'v Value<'_>) -> Option<Cow<'v, [u8]>> {
        match (self.format, value) {
            (_, Value::Str(text)) => Some(Cow::Borrowed(text)),
            (Format::Json, Value::Time(_)) => {
                let mut text = Vec::new();
                value.write_bytes(&mut text);
                Some(Cow::Owned(text))
            }
            (Format::Dotenv | Format::Ini, value) => {
                let mut text = Vec::new();
                write_as_text(value, &mut text).then_some(Cow::Owned(text))
            }
            _ => None,
        }
    }
}

/// For each of the items `read`, which mean the same as `meant` in the format `format`, the value that is meant if
/// it is of another type.
pub(crate) fn types(meant: &Meaning<'_>, read: &[Item<'_>], format: Format) -> Vec<Option<Value<'static>>> {
    let mut types = Vec::new();
    let read_meaning = Meaning::new(read, format);
    for ((_, one), (index, other)) in meant.items.iter().zip(&read_meaning.items) {
        let (Item::Scalar(one), Item::Scalar(other)) = (one, other) else { continue };
        let value = match (one, other) {
            (Value::Int(number), Value::Str(_)) => Value::Int(*number),
            (Value::Float(number), Value::Str(_) | Value::Int(_)) => Value::Float(*number),
            (Value::Bool(truth), Value::Str(_)) => Value::Bool(*truth),
            (Value::Time(time), Value::Str(_)) => Value::Time(*time),
            _ => continue,
        };
        types.resize_with(read.len(), || None);
        types[*index] = Some(value);
    }
    types
}
