//! All documents of a file as one object of JSON, as a store of keys and values takes it.

use std::borrow::Cow;
use std::collections::HashMap;

use super::items::{Item, behind, items};
use super::json::write_compact;
use super::{DocumentCase, DocumentError, Syntax};
use crate::path::describe;
use crate::value::Value;

/// How maps inside of lists are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MapsInLists {
    /// As what they are.
    Objects,
    /// As sops does: as a list of objects, each with a `Key` and a `Value`. Maps in them are written in the same way.
    Pairs,
}

/// What is open at some point of the result.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Frame {
    /// The object of everything; the number is that of the map.
    Branch,
    Map(usize),
    List,
    /// A map that is written as pairs.
    Pairs(usize),
}

/// All documents of `document` in one object: of keys that are there twice the later one counts. Comments are no part of it.
///
/// # Errors
/// A value or a key is no text, or a number that JSON does not have.
pub(crate) fn merged<S: Syntax>(document: &S, maps: MapsInLists) -> Result<Vec<u8>, DocumentError> {
    let all = items(document);
    if let Some(at) = all.iter().position(is_no_text) {
        return Err(DocumentError {
            problem: format!("{}: this is no text (UTF-8)", describe(document, at)).into(),
            position: None,
            case: DocumentCase::Unwritable,
        });
    }
    let merged = merge(&all, maps);
    let mut text = Vec::with_capacity(document.text().len() * 2 + 64);
    match write_compact(&merged, &mut text) {
        Ok(()) => Ok(text),
        Err(error) => {
            crate::secret::wipe(&mut text);
            Err(error)
        }
    }
}

fn merge<'a>(all: &[Item<'a>], maps: MapsInLists) -> Vec<Item<'a>> {
    let last = last_keys(all);
    let mut merged = vec![Item::Map];
    let mut frames: Vec<Frame> = Vec::new();
    let mut next_map = 1;
    let mut at = 0;
    while let Some(item) = all.get(at) {
        let map = match frames.last() {
            Some(Frame::Map(map) | Frame::Pairs(map)) => *map,
            _ => 0,
        };
        let pairs = matches!(frames.last(), Some(Frame::Pairs(_)));
        let in_list = pairs || matches!(frames.last(), Some(Frame::List));
        match item {
            Item::Comment { .. } => {}
            Item::Branch => frames.push(Frame::Branch),
            Item::Key(key) if last[&(map, key.as_ref())] != at => {
                next_map += all[at..behind(all, at)].iter().filter(|item| matches!(item, Item::Map)).count();
                at = behind(all, at);
                continue;
            }
            Item::Key(key) if pairs => {
                let name = |name: &'static [u8]| Item::Key(Cow::Borrowed(name));
                merged.extend([
                    Item::Map,
                    name(b"Key"),
                    Item::Scalar(Value::Str(key.clone())),
                    name(b"Value"),
                ]);
            }
            Item::Key(_) => merged.push(item.clone()),
            Item::Scalar(_) => {
                merged.push(item.clone());
                close_pair(frames.last(), &mut merged);
            }
            Item::List => {
                merged.push(Item::List);
                frames.push(Frame::List);
            }
            Item::Map => {
                let as_pairs = maps == MapsInLists::Pairs && in_list;
                merged.push(if as_pairs { Item::List } else { Item::Map });
                frames.push(if as_pairs { Frame::Pairs(next_map) } else { Frame::Map(next_map) });
                next_map += 1;
            }
            Item::End => {
                if frames.pop() != Some(Frame::Branch) {
                    merged.push(Item::End);
                    close_pair(frames.last(), &mut merged);
                }
            }
        }
        at += 1;
    }
    merged.push(Item::End);
    merged
}

/// Closes the object of a pair behind its value.
fn close_pair(frame: Option<&Frame>, merged: &mut Vec<Item<'_>>) {
    if matches!(frame, Some(Frame::Pairs(_))) {
        merged.push(Item::End);
    }
}

/// Where each key of each map is for the last time. The documents are one map, number 0; the others are numbered in
/// their order.
fn last_keys<'i>(all: &'i [Item<'_>]) -> HashMap<(usize, &'i [u8]), usize> {
    let mut last = HashMap::new();
    let mut open = Vec::new();
    let mut next_map = 1;
    for (at, item) in all.iter().enumerate() {
        match item {
            Item::Branch => open.push(0),
            Item::Map => {
                open.push(next_map);
                next_map += 1;
            }
            // No key stands in it.
            Item::List => open.push(0),
            Item::End => drop(open.pop()),
            Item::Key(key) => {
                last.insert((open.last().copied().unwrap_or(0), key.as_ref()), at);
            }
            _ => {}
        }
    }
    last
}

fn is_no_text(item: &Item<'_>) -> bool {
    match item {
        Item::Key(text) | Item::Scalar(Value::Str(text)) => std::str::from_utf8(text).is_err(),
        _ => false,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::document::Form;
    use crate::document::binary::Binary;
    use crate::document::json::Json;
    use crate::document::yaml::Yaml;

    fn of<S: Syntax>(text: &[u8], maps: MapsInLists) -> String {
        let document = S::read(Cow::Borrowed(text), Form::Plain).unwrap();
        match merged(&document, maps) {
            Ok(text) => String::from_utf8(text).unwrap(),
            Err(error) => error.problem.into_owned(),
        }
    }

    #[test]
    fn documents_are_merged_and_later_keys_count() {
        let text =
            b"a: {x: 1, y: 2}\nb: 1.0\n# c\n---\na: {z: [1, {k: v, n: {m: 1}}, []]}\nc: ~ # d\nd: 1e21\n";
        assert_eq!(
            of::<Yaml>(text, MapsInLists::Objects),
            r#"{"b":1,"a":{"z":[1,{"k":"v","n":{"m":1}},[]]},"c":null,"d":1e+21}"#
        );
        assert_eq!(
            of::<Yaml>(text, MapsInLists::Pairs),
            r#"{"b":1,"a":{"z":[1,[{"Key":"k","Value":"v"},{"Key":"n","Value":[{"Key":"m","Value":1}]}],[]]},"c":null,"d":1e+21}"#
        );
    }

    #[test]
    fn a_key_twice_in_an_inner_map_counts_once() {
        let text = br#"{"a":{"b":{"c":1},"b":2},"d":{"e":{"f":1},"e":{"f":2}},"g":{"f":3}}"#;
        let merged = of::<Json>(text, MapsInLists::Objects);
        assert_eq!(merged, r#"{"a":{"b":2},"d":{"e":{"f":2}},"g":{"f":3}}"#);
    }

    #[test]
    fn a_file_without_text_cannot_be_held() {
        assert_eq!(of::<Binary>(b"x\n", MapsInLists::Objects), "{\"data\":\"x\\n\"}");
        assert!(of::<Binary>(b"\xff", MapsInLists::Objects).contains("no text"));
    }

    #[test]
    fn deep_nesting_needs_no_stack() {
        let text = "[".repeat(9_000) + &"]".repeat(9_000);
        let text = format!("{{\"a\":{text}}}");
        assert_eq!(of::<Json>(text.as_bytes(), MapsInLists::Pairs), text);
    }
}
