//! The values of a clear text with the places where they stand: what a program that tests edits compares.

use std::borrow::Cow;

use crate::document::{Form, Kind, Node, Syntax};
use crate::file::{Document, Format, with};
use crate::path::Step;
use crate::span::Span;
use crate::value::Value;

/// A value of a clear text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlainLeaf {
    /// The number of the document that it is in, from 0.
    pub document: usize,
    /// The way to it from the top of its document. Keys that are not UTF-8 are shown with replacement characters.
    pub path: Vec<Step>,
    /// The bytes of the text between what stands in front of the value and what stands behind it: its own, and the
    /// signs, blanks and line breaks around it.
    pub room: Span,
    /// Its type and its bytes.
    pub value: (Option<&'static str>, Vec<u8>),
}

/// The values of a clear text in their order, without comments; `None` if it is not well formed.
pub fn plain_leaves(text: &[u8], format: Format) -> Option<Vec<PlainLeaf>> {
    let document = Document::read_as(Cow::Borrowed(text), format, Form::Plain).ok()?;
    Some(with!(&document, document => leaves(document)))
}

fn leaves<S: Syntax>(document: &S) -> Vec<PlainLeaf> {
    let nodes = document.nodes();
    let mut places: Vec<Span> = nodes.iter().filter(|node| has_text(node)).map(|node| node.span).collect();
    places.sort_unstable_by_key(|span| (span.start, span.end));
    let mut found = Vec::new();
    let mut number = 0;
    // For each open collection the position of the next element, if it is a list.
    let mut open: Vec<Option<usize>> = Vec::new();
    let mut path: Vec<Step> = Vec::new();
    for node in nodes {
        if matches!(node.kind, Kind::Map | Kind::List | Kind::Scalar(_))
            && let Some(Some(next)) = open.last_mut()
        {
            path.push(Step::Index(*next));
            *next += 1;
        }
        match node.kind {
            Kind::Branch => open.push(None),
            Kind::Map => open.push(None),
            Kind::List => open.push(Some(0)),
            Kind::Key => path.push(Step::Key(String::from_utf8_lossy(&document.key(node)).into_owned())),
            Kind::Comment { .. } => {}
            Kind::Scalar(_) => {
                let value = document.value(node);
                let mut bytes = Vec::new();
                if value != Value::Null {
                    value.write_bytes(&mut bytes);
                }
                let (path_of, room) = (path.clone(), room(node.span, &places, document.text().len()));
                found.push(PlainLeaf { document: number, path: path_of, room, value: (value.tag(), bytes) });
                path.pop();
            }
            Kind::End => {
                open.pop();
                path.pop();
                number += usize::from(open.is_empty());
            }
        }
    }
    found
}

fn has_text(node: &Node) -> bool {
    matches!(node.kind, Kind::Key | Kind::Scalar(_) | Kind::Comment { .. })
}

/// From the end of what stands in front of `own` to the beginning of what stands behind it.
fn room(own: Span, places: &[Span], length: usize) -> Span {
    let behind = places.partition_point(|place| place.start < own.end.max(own.start + 1));
    let end = places.get(behind).map_or(length, |place| place.start as usize);
    let before = places.partition_point(|place| (place.start, place.end) < (own.start, own.end));
    let start = before.checked_sub(1).map_or(0, |at| places[at].end as usize);
    Span::new(start.min(own.start as usize), end.max(own.end as usize))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn values_have_ways_and_room() {
        let text = "a: 1 # c\nl:\n- x\n- k: y\n---\nb: z\n";
        let found = plain_leaves(text.as_bytes(), Format::Yaml).unwrap();
        let shown: Vec<_> = found
            .iter()
            .map(|leaf| {
                let way = crate::path::describe_path(&leaf.path);
                format!("{} {way} {:?}", leaf.document, &text[leaf.room.range()])
            })
            .collect();
        let expected =
            ["0 a \": 1 \"", "0 l[0] \":\\n- x\\n- \"", "0 l[1].k \": y\\n---\\n\"", "1 b \": z\\n\""];
        assert_eq!(shown, expected);
        assert_eq!(found[0].value, (Some("int"), b"1".to_vec()));
        assert!(plain_leaves(b"{", Format::Json).is_none());
    }
}
