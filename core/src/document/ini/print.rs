//! INI as sops prints it: keys aligned in each section, comments above what they belong to, an empty line between
//! sections.

use std::collections::HashMap;

use super::parse::DEFAULT_SECTION;
use super::scan::{DELIMITERS, begins_comment, choose, of_sops, trim};
use crate::document::items::{Item, behind};
use crate::document::text::write_as_text;
use crate::document::{DocumentCase, DocumentError};
use crate::value::Value;

/// Appends the file for `items`; the sections of all branches follow each other. A value that sops would write in
/// a way that reads as another one stands in other quotes.
///
/// # Errors
/// There is a value outside of the sections, or one that is a map or list.
pub(super) fn print(items: &[Item<'_>], to: &mut Vec<u8>) -> Result<(), DocumentError> {
    let mut at = 0;
    let mut first = true;
    let start = to.len();
    while at < items.len() {
        let Item::Key(name) = &items[at] else {
            // The bounds of a branch, or a comment between sections, which sops drops.
            at += 1;
            continue;
        };
        if !matches!(items.get(at + 1), Some(Item::Map)) {
            let name = String::from_utf8_lossy(name);
            return unwritable(format!(
                "INI has no values outside of sections, but {name} is no map; only maps can be sections"
            ));
        }
        if name.is_empty() {
            return unwritable("INI has no sections without a name".to_owned());
        }
        if to.len() > start {
            to.push(b'\n');
        }
        let end = behind(items, at + 1);
        let section = Section::read(name, &items[at + 2..end - 1])?;
        section.print(first, to);
        first = false;
        at = end;
    }
    Ok(())
}

/// The quotes around a key.
pub(super) fn key_quote(name: &[u8]) -> &'static [u8] {
    if name.iter().any(|byte| *byte == b'"' || DELIMITERS.contains(byte)) {
        b"`"
    } else if name.contains(&b'`') {
        b"\"\"\""
    } else {
        b""
    }
}

fn unwritable<T>(problem: String) -> Result<T, DocumentError> {
    Err(DocumentError { problem: problem.into(), position: None, case: DocumentCase::Unwritable })
}

struct Section<'i> {
    name: &'i [u8],
    comment: Option<&'i [u8]>,
    entries: Vec<Entry<'i>>,
}

struct Entry<'i> {
    key: &'i [u8],
    value: &'i Value<'i>,
    comment: Option<&'i [u8]>,
}

impl<'i> Section<'i> {
    fn read(name: &'i [u8], items: &'i [Item<'i>]) -> Result<Self, DocumentError> {
        let mut section = Self { name, comment: None, entries: Vec::new() };
        let mut places: HashMap<&[u8], usize> = HashMap::new();
        let mut key: &[u8] = b"";
        for (at, item) in items.iter().enumerate() {
            match item {
                Item::Key(key_name) if key_name.is_empty() => {
                    let name = String::from_utf8_lossy(name);
                    return unwritable(format!("{name}: INI has no keys without a name"));
                }
                Item::Key(name) => key = name,
                Item::Comment { text, .. } => match section.entries.last_mut() {
                    // A second one takes the place of the first.
                    Some(entry) => entry.comment = Some(text),
                    None if at == 0 => section.comment = Some(text),
                    None => {}
                },
                Item::Scalar(value) => {
                    let place = *places.entry(key).or_insert(section.entries.len());
                    match section.entries.get_mut(place) {
                        Some(entry) => entry.value = value,
                        None => section.entries.push(Entry { key, value, comment: None }),
                    }
                }
                _ => {
                    let (name, key) = (String::from_utf8_lossy(name), String::from_utf8_lossy(key));
                    return unwritable(format!("{name}.{key}: INI has no maps and lists in sections"));
                }
            }
        }
        Ok(section)
    }

    fn print(&self, first: bool, to: &mut Vec<u8>) {
        if let Some(comment) = self.comment {
            write_comment(comment, <[u8]>::to_vec, to);
        }
        if !(first && self.name.eq_ignore_ascii_case(DEFAULT_SECTION)) {
            to.push(b'[');
            to.extend_from_slice(self.name);
            to.extend_from_slice(b"]\n");
        }
        let width = |key: &[u8]| key.len() + 2 * key_quote(key).len();
        let widest = self.entries.iter().map(|entry| width(entry.key)).max().unwrap_or(0);
        let mut text = Vec::new();
        for entry in &self.entries {
            if let Some(comment) = entry.comment {
                write_comment(comment, |line| trim(line).to_vec(), to);
            }
            let quote = key_quote(entry.key);
            to.extend_from_slice(quote);
            to.extend_from_slice(entry.key);
            to.extend_from_slice(quote);
            to.resize(to.len() + widest - width(entry.key), b' ');
            to.extend_from_slice(b" = ");
            text.clear();
            match entry.value {
                Value::Str(value) => text.extend_from_slice(value),
                value => _ = write_as_text(value, &mut text),
            }
            let style = choose(&text, of_sops(&text), b"").unwrap_or_else(|| of_sops(&text));
            to.extend_from_slice(style.quote());
            to.extend_from_slice(&text);
            to.extend_from_slice(style.quote());
            to.push(b'\n');
        }
        zeroize::Zeroize::zeroize(&mut text);
    }
}

/// Appends the lines of a comment. A line that has no comment character gets one, what follows shaped by `shape`.
fn write_comment(text: &[u8], shape: impl Fn(&[u8]) -> Vec<u8>, to: &mut Vec<u8>) {
    if text.is_empty() {
        return;
    }
    for line in text.split(|byte| *byte == b'\n') {
        match line.split_first() {
            Some((&sign, rest)) if begins_comment(sign) => {
                to.push(sign);
                to.push(b' ');
                to.extend_from_slice(trim(rest));
            }
            Some(_) => {
                to.extend_from_slice(b"; ");
                to.extend_from_slice(&shape(line));
            }
            // sops crashes here.
            None => to.push(b';'),
        }
        to.push(b'\n');
    }
}
