//! What is made of a text, in the words of the oracle that the tests hold against it.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::check::check_document;
use super::decode::Typed;
use super::tree::{Id, NodeKind, Properties, Style, Tag, Tree};

/// The report on `source`: a line that says whether the first document can be decoded, then a line for each
/// node.
///
/// # Errors
/// The text is refused; the error says why and where.
pub fn report(source: &[u8]) -> Result<String, String> {
    let tree = super::parse(source).map_err(|error| format!("{error} at {}", error.offset))?;
    let mut out = String::new();
    let loads = match tree.documents.first() {
        None => "empty",
        Some(&first) if check_document(&tree, first).is_ok() => "yes",
        Some(_) => "no",
    };
    let _ = writeln!(out, "loads {loads}");
    let mut stack: Vec<(Id, usize)> = tree.documents.iter().rev().map(|&id| (id, 0)).collect();
    while let Some((id, depth)) = stack.pop() {
        line(&tree, id, depth, &mut out);
        let children = stack.len();
        stack.extend(tree.children(id).map(|child| (child, depth + 1)));
        stack[children..].reverse();
    }
    Ok(out)
}

fn line(tree: &Tree, id: Id, depth: usize, out: &mut String) {
    let node = tree.node(id);
    let kind = match node.kind {
        NodeKind::Document => "document",
        NodeKind::Map => "map",
        NodeKind::List => "list",
        NodeKind::Scalar => "scalar",
        NodeKind::Alias => "alias",
    };
    let _ = write!(out, "{depth} {kind}");
    if matches!(node.kind, NodeKind::Map | NodeKind::List | NodeKind::Scalar) {
        let _ = write!(out, " {} {}", style(node.style), tag(node.tag));
    }
    let text = tree.scalar_text(id);
    let placed = match node.kind {
        NodeKind::Alias => true,
        NodeKind::Scalar => !text.is_empty() || node.style != Style::Plain,
        _ => node.style == Style::Flow,
    };
    let properties = tree.properties(id);
    if placed {
        let start = properties.map_or(node.span, |properties| properties.span).start as usize;
        let (line, column) = position(&tree.text, start);
        let _ = write!(out, " @{line}:{column}");
    }
    if let Some(Properties { anchor, .. }) = properties.filter(|properties| !properties.anchor.is_empty()) {
        let _ = write!(out, " &{}", String::from_utf8_lossy(anchor.of(&tree.text)));
    }
    match node.kind {
        NodeKind::Alias => {
            let _ = write!(out, " *{}", node.first_child);
        }
        NodeKind::Scalar => {
            quote(&text, out);
            typed(tree, id, &text, out);
        }
        _ => {}
    }
    let comments = tree.comments(id);
    for (name, lines) in [("head", comments.head), ("line", comments.line), ("foot", comments.foot)] {
        let lines: Vec<&[u8]> = tree.lines(lines).iter().map(|line| line.of(&tree.text)).collect();
        if !lines.is_empty() {
            let _ = write!(out, " {name}");
            out.push_str(quoted(&lines.join(&b'\n')).trim_start());
        }
    }
    out.push('\n');
}

/// Line and column in characters, from one, with all breaks of the dialect.
fn position(text: &[u8], offset: usize) -> (usize, usize) {
    let mut line = 1;
    let mut start = if text.starts_with(super::source::MARK) { super::source::MARK.len() } else { 0 };
    let mut at = start;
    while at < offset {
        match super::chars::break_width(text, at) {
            0 => at += 1,
            width => {
                at += width;
                line += 1;
                start = at;
            }
        }
    }
    (line, super::chars::characters(&text[start..offset]) + 1)
}

fn typed(tree: &Tree, id: Id, text: &[u8], out: &mut String) {
    let _ = match tree.value(id) {
        Err(_) | Ok(Typed::Null) => write!(out, " =null"),
        Ok(Typed::Bool(truth)) => write!(out, " ={truth}"),
        Ok(Typed::Int(number)) => write!(out, " =int {number}"),
        Ok(Typed::Uint(number)) => write!(out, " =uint {number}"),
        Ok(Typed::Float(number)) if number.is_nan() => write!(out, " =float nan"),
        Ok(Typed::Float(number)) => write!(out, " =float {:016x}", number.to_bits()),
        Ok(Typed::Time(time)) => write!(out, " =time {time}"),
        Ok(Typed::Str(value)) => string(&value, text, out),
        Ok(Typed::Binary(value)) => string(&value, text, out),
    };
}

fn string(value: &[u8], text: &[u8], out: &mut String) -> std::fmt::Result {
    let shown = if value == text { Cow::Borrowed("") } else { Cow::Owned(quoted(value)) };
    write!(out, " =str{shown}")
}

fn quote(text: &[u8], out: &mut String) {
    out.push_str(&quoted(text));
}

fn quoted(text: &[u8]) -> String {
    let mut out = String::from(" \"");
    for &byte in text {
        if matches!(byte, b'"' | b'\\') || !(b' '..=b'~').contains(&byte) {
            let _ = write!(out, "\\x{byte:02x}");
        } else {
            out.push(char::from(byte));
        }
    }
    out.push('"');
    out
}

const fn style(style: Style) -> &'static str {
    match style {
        Style::Plain => "plain",
        Style::Single => "single",
        Style::Double => "double",
        Style::Literal => "literal",
        Style::Folded => "folded",
        Style::Block => "block",
        Style::Flow => "flow",
    }
}

const fn tag(tag: Tag) -> &'static str {
    match tag {
        Tag::Null => "!!null",
        Tag::Bool => "!!bool",
        Tag::Int => "!!int",
        Tag::Float => "!!float",
        Tag::Timestamp => "!!timestamp",
        Tag::Str => "!!str",
        Tag::Binary => "!!binary",
        Tag::Merge => "!!merge",
        Tag::Map => "!!map",
        Tag::Seq => "!!seq",
        Tag::Other => "other",
    }
}
