//! The dialect, fact by fact. What a text is read as is shown in a notation of one line.

mod comments;
mod dialect;
mod documents;
mod hostile;
mod refusals;
mod scalars;
mod spans;

use super::*;
use crate::document::Encoding;
use crate::span::Span;
use crate::timestamp::Timestamp;

/// What `source` is read as: documents separated by ` --- `, mappings as `{k: v, ...}`, lists as `[v, ...]`,
/// scalars as text between the characters that their style begins with (plain ones between none), aliases as
/// `*index`; before a node `&anchor` and `!tag` if these are written, behind it `(head|line|foot)` if it has
/// comments.
fn show(source: &str) -> String {
    show_tree(&parse(source.as_bytes()).unwrap_or_else(|error| panic!("{source:?}: {error:?}")))
}

fn show_tree(tree: &Tree) -> String {
    let documents: Vec<String> = tree
        .documents
        .iter()
        .map(|&id| {
            let root = tree.children(id).next().map_or_else(String::new, |root| show_node(tree, root));
            root + &show_comments(tree, id)
        })
        .collect();
    documents.join(" --- ")
}

fn show_node(tree: &Tree, id: Id) -> String {
    let node = tree.node(id);
    let text = |span: Span| String::from_utf8_lossy(span.of(&tree.text)).into_owned();
    let mut shown = String::new();
    if let Some(properties) = tree.properties(id) {
        if !properties.anchor.is_empty() {
            shown += &format!("&{} ", text(properties.anchor));
        }
        if !properties.tag.is_empty() {
            shown += &format!("{} ", text(properties.tag));
        }
    }
    let children: Vec<String> = tree.children(id).map(|child| show_node(tree, child)).collect();
    match node.kind {
        NodeKind::Document => {}
        NodeKind::Alias => shown += &format!("*{}", node.first_child),
        NodeKind::List => shown += &format!("[{}]", children.join(", ")),
        NodeKind::Map => {
            let pairs: Vec<String> = children.chunks(2).map(|pair| pair.join(": ")).collect();
            shown += &format!("{{{}}}", pairs.join(", "));
        }
        NodeKind::Scalar => {
            let value = tree.scalar_text(id);
            let value = String::from_utf8_lossy(&value);
            let quote = match node.style {
                Style::Single => "'",
                Style::Double => "\"",
                Style::Literal => "|",
                Style::Folded => ">",
                _ => "",
            };
            shown += &format!("{quote}{value}{quote}");
        }
    }
    shown + &show_comments(tree, id)
}

fn show_comments(tree: &Tree, id: Id) -> String {
    let comments = tree.comments(id);
    let sides = [comments.head, comments.line, comments.foot].map(|lines| {
        let lines = tree.lines(lines).iter();
        lines.map(|line| String::from_utf8_lossy(line.of(&tree.text))).collect::<Vec<_>>().join("")
    });
    if sides.iter().all(String::is_empty) { String::new() } else { format!("({})", sides.join("|")) }
}

/// The value of the only entry of the mapping that `source` is.
fn value(source: &str) -> Typed<'static> {
    let tree = parse(source.as_bytes()).unwrap_or_else(|error| panic!("{source:?}: {error:?}"));
    let root = tree.children(tree.documents[0]).next().expect("a root");
    let id = tree.children(root).nth(1).expect("a value");
    match tree.value(id).unwrap_or_else(|error| panic!("{source:?}: {error:?}")) {
        Typed::Str(text) => Typed::Str(text.into_owned().into()),
        Typed::Null => Typed::Null,
        Typed::Bool(truth) => Typed::Bool(truth),
        Typed::Int(number) => Typed::Int(number),
        Typed::Uint(number) => Typed::Uint(number),
        Typed::Float(number) => Typed::Float(number),
        Typed::Time(time) => Typed::Time(time),
        Typed::Binary(bytes) => Typed::Binary(bytes),
    }
}

fn string(text: &str) -> Typed<'static> {
    Typed::Str(text.as_bytes().to_vec().into())
}

fn refused(source: &[u8]) -> bool {
    parse(source).is_err()
}

fn loads(source: &str) -> bool {
    let tree = parse(source.as_bytes()).unwrap_or_else(|error| panic!("{source:?}: {error:?}"));
    check_document(&tree, tree.documents[0]).is_ok()
}
