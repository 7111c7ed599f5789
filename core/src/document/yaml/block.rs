//! The `sops` block: reading it, and writing and removing it in every document.
//!
//! In a document in block style it is the last key, printed as sops prints it. In one in flow style it is the
//! last member of the outermost braces, on one line.

use super::number;
use super::place::{
    begins_line, blanks_before, blanks_behind, break_behind, collection_column, column, follows_break,
    line_start, newline, start_of,
};
use super::text::{Block, Printed, pad, printed_style, write_double, write_single};
use super::values::{behind_line, line_before, literal_indent, write_literal};
use super::{DocumentRoot, Yaml};
use crate::document::{DocumentCase, DocumentError, Form};
use crate::edits::Edits;
use crate::metadata::Raw;
use crate::path::Step;
use crate::span::Span;
use crate::yaml::{Id, NONE, NodeKind, Style, Tree, Typed};

/// How deep the block may be nested. sops's own is at most six deep.
const DEEPEST: usize = 64;
/// How many values the block may have, with aliases expanded.
const MOST: usize = 4_000_000;
/// The indentation of sops.
pub(super) const STEP: usize = 4;

// Reading

/// The `sops` block of the first document.
pub(super) fn read(yaml: &Yaml) -> Result<Option<Raw>, DocumentError> {
    let Some(root) = yaml.roots.first().filter(|root| root.key != NONE) else { return Ok(None) };
    let tree = &yaml.tree;
    let mut budget = MOST;
    let fail = |id: u32, case, problem: &'static str| {
        DocumentError::at(case, &tree.text, tree.node(Id(id)).span.start as usize, problem)
    };
    let case = if yaml.form == Form::Plain { DocumentCase::Reserved } else { DocumentCase::Malformed };
    match raw(tree, Id(root.value), 0, &mut budget) {
        Some(raw @ Raw::Map(_)) => Ok(Some(raw)),
        Some(_) => Err(fail(root.key, case, "the sops entry is not a mapping")),
        None => Err(fail(root.key, case, "the sops entry is nested too deeply, or too large")),
    }
}

/// Where the value at `path` in the block of the first document begins.
pub(super) fn find(yaml: &Yaml, path: &[Step]) -> Option<u32> {
    let tree = &yaml.tree;
    let root = yaml.roots.first().filter(|root| root.key != NONE)?;
    if path.is_empty() {
        return Some(tree.node(Id(root.key)).span.start);
    }
    let mut at = Id(root.value);
    for step in path {
        let map = super::nodes::target(tree, at);
        at = match (step, tree.node(map).kind) {
            (Step::Index(index), NodeKind::List) => tree.children(map).nth(*index)?,
            (Step::Key(name), NodeKind::Map) => {
                let mut items = tree.children(map);
                loop {
                    let (key, value) = (items.next()?, items.next()?);
                    if *tree.scalar_text(super::nodes::target(tree, key)) == *name.as_bytes() {
                        break value;
                    }
                }
            }
            _ => return None,
        };
    }
    Some(tree.node(at).span.start)
}

/// A subtree as plain data. `None` if it is too deep or too large. The depth is bounded, so this may recurse.
fn raw(tree: &Tree, id: Id, depth: usize, budget: &mut usize) -> Option<Raw> {
    *budget = budget.checked_sub(1)?;
    if depth > DEEPEST {
        return None;
    }
    let node = tree.node(id);
    Some(match node.kind {
        NodeKind::Alias => raw(tree, Id(node.first_child), depth + 1, budget)?,
        NodeKind::List => Raw::List(
            tree.children(id).map(|child| raw(tree, child, depth + 1, budget)).collect::<Option<_>>()?,
        ),
        NodeKind::Map => {
            let mut items = Vec::new();
            let mut children = tree.children(id);
            while let (Some(key), Some(value)) = (children.next(), children.next()) {
                let target = super::nodes::target(tree, key);
                items.push((string(&tree.scalar_text(target)), raw(tree, value, depth + 1, budget)?));
            }
            Raw::Map(items)
        }
        _ => match tree.value(id).ok() {
            None | Some(Typed::Null) => Raw::Null,
            Some(Typed::Bool(truth)) => Raw::Bool(truth),
            Some(Typed::Int(number)) => Raw::Int(number),
            Some(Typed::Uint(number)) => Raw::Float(number as f64),
            Some(Typed::Float(number)) => Raw::Float(number),
            Some(Typed::Time(_)) => Raw::Time(string(&tree.scalar_text(id))),
            Some(Typed::Str(text)) => Raw::Str(string(&text)),
            Some(Typed::Binary(bytes)) => Raw::Str(string(&bytes)),
        },
    })
}

fn string(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}

// Writing

/// Writes `block` into every document.
pub(super) fn place(yaml: &Yaml, block: &Raw, edits: &mut Edits) {
    for (number, root) in yaml.roots.iter().enumerate() {
        if root.key != NONE {
            rewrite(yaml, root, block, edits);
        } else if is_flow_map(&yaml.tree, root.root) {
            insert_member(yaml, Id(root.root), block, edits);
        } else {
            insert_key(yaml, number, root, block, edits);
        }
    }
}

fn is_flow_map(tree: &Tree, root: u32) -> bool {
    root != NONE && tree.node(Id(root)).kind == NodeKind::Map && tree.node(Id(root)).style == Style::Flow
}

/// In place of the block that is there, in its indentation.
fn rewrite(yaml: &Yaml, root: &DocumentRoot, block: &Raw, edits: &mut Edits) {
    let tree = &yaml.tree;
    let text = &tree.text;
    let node = tree.node(Id(root.value));
    let base = column(text, start_of(tree, Id(root.key)));
    let indent = collection_column(tree, Id(root.value));
    if node.kind == NodeKind::Map && node.style == Style::Block && indent > base && node.first_child != NONE {
        let printer = Printer { base, step: indent - base, newline: newline(text) };
        let ends_in_break = node.span.end > 0 && matches!(text[node.span.end as usize - 1], b'\n' | b'\r');
        return edits.push_with(Span::new(start_of(tree, Id(root.value)), node.span.end as usize), |to| {
            printer.entries(block, printer.step, true, to);
            if !ends_in_break {
                trim_newline(to);
            }
        });
    }
    edits.push_with(node.span, |to| {
        if node.span.is_empty() {
            to.push(b' ');
        }
        write_flow(block, to);
    });
}

fn trim_newline(to: &mut Vec<u8>) {
    while matches!(to.last(), Some(b'\n' | b'\r')) {
        to.pop();
    }
}

/// As the last member of the outermost braces.
fn insert_member(yaml: &Yaml, root: Id, block: &Raw, edits: &mut Edits) {
    let text = &yaml.tree.text;
    let node = yaml.tree.node(root);
    let brace = node.span.end as usize - 1;
    let last = yaml.tree.children(root).last().map(|last| yaml.tree.node(last).span);
    let write = |before: &'static [u8], behind: &'static [u8], to: &mut Vec<u8>| {
        to.extend_from_slice(before);
        to.extend_from_slice(b"\"sops\": ");
        write_flow(block, to);
        to.extend_from_slice(behind);
    };
    let Some(last) = last else {
        return edits.push_with(Span::empty(node.span.start as usize + 1), |to| write(b"", b"", to));
    };
    // Behind the last member, unless a comment there would end up behind the block, or the comma is there.
    let (open, last) = (last.is_empty(), last.end as usize);
    let gap = &text[last..brace];
    match gap.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r')) {
        None if open => edits.push_with(Span::empty(brace), |to| write(b", ", b"", to)),
        None => edits.push_with(Span::empty(last), |to| write(b", ", b"", to)),
        Some(at) if gap[at] == b',' && memchr::memchr(b'#', gap).is_none() => {
            edits.push_with(Span::empty(last + at + 1), |to| write(b" ", b",", to));
        }
        Some(_) if last_separator(gap) => edits.push_with(Span::empty(brace), |to| write(b" ", b",", to)),
        Some(_) => edits.push_with(Span::empty(brace), |to| write(b", ", b"", to)),
    }
}

/// Whether there is a comma in what follows the last member: outside of comments.
fn last_separator(gap: &[u8]) -> bool {
    let mut at = 0;
    while let Some(found) = memchr::memchr2(b',', b'#', &gap[at..]) {
        if gap[at + found] == b',' {
            return true;
        }
        at = break_behind(gap, at + found);
    }
    false
}

/// As the last key of a document in block style, or of one that holds nothing.
fn insert_key(yaml: &Yaml, number: usize, root: &DocumentRoot, block: &Raw, edits: &mut Edits) {
    let tree = &yaml.tree;
    let text = &tree.text;
    let newline = newline(text);
    let mut base = 0;
    if root.root != NONE {
        let node = tree.node(Id(root.root));
        match node.kind {
            NodeKind::Map => base = collection_column(tree, Id(root.root)),
            // A null that is written out: nothing can stand beside it.
            _ => {
                let start = tree
                    .properties(Id(root.root))
                    .map_or(node.span.start, |written| written.span.start.min(node.span.start));
                if start < node.span.end {
                    // With the blanks behind it: a tab cannot begin a line.
                    let end = blanks_behind(text, node.span.end as usize);
                    edits.push(Span::new(start as usize, end), b"");
                }
            }
        }
    }
    let end = document_end(tree, number);
    let open_ended = !follows_break(text, end);
    let printer = Printer { base, step: yaml.block_step, newline };
    edits.push_with(Span::empty(end), |to| {
        if open_ended {
            to.extend_from_slice(newline);
        }
        pad(base, to);
        to.extend_from_slice(b"sops:");
        match block {
            Raw::Map(entries) if !entries.is_empty() => {
                to.extend_from_slice(newline);
                printer.entries(block, printer.step, false, to);
            }
            _ => {
                to.push(b' ');
                write_flow(block, to);
                to.extend_from_slice(newline);
            }
        }
        if open_ended {
            trim_newline(to);
        }
    });
}

/// Where a document ends: the next marker or directive, or the end of the text.
pub(super) fn document_end(tree: &Tree, number: usize) -> usize {
    tree.markers.get(number).map_or(tree.text.len(), |markers| markers.end.start as usize)
}

// Removing

/// Removes the block from every document.
pub(super) fn remove(yaml: &Yaml, edits: &mut Edits) {
    for (number, root) in yaml.roots.iter().enumerate().filter(|(_, root)| root.key != NONE) {
        if is_flow_map(&yaml.tree, root.root) {
            remove_member(yaml, root, edits);
        } else {
            remove_key(yaml, number, root, edits);
        }
    }
}

fn remove_key(yaml: &Yaml, number: usize, root: &DocumentRoot, edits: &mut Edits) {
    let tree = &yaml.tree;
    let text = &tree.text;
    let node = tree.node(Id(root.value));
    let key = tree.node(Id(root.key)).span;
    let mut start = blanks_before(text, start_of(tree, Id(root.key)));
    let value_end = (node.span.end.max(key.end)) as usize;
    let end = if value_end > 0 && matches!(text[value_end - 1], b'\n' | b'\r') {
        value_end
    } else {
        behind_line(text, value_end)
    };
    let only = tree.node(Id(root.root)).first_child == root.key && tree.node(Id(root.value)).next == NONE;
    if start > 0 && matches!(text[start - 1], b'\n' | b'\r') {
        let above = line_before(text, start);
        // The empty line that keeps a comment from becoming the block's. In a block scalar it is part of the value.
        let behind = tree.blocks.partition_point(|block| block.body as usize <= above);
        let scalar = tree.blocks[..behind].last().map(|block| tree.node(Id(block.node)).span.end as usize);
        if begins_line(text, above) && above > 0 && !only && scalar.is_none_or(|end| end <= above) {
            let comment = line_before(text, above);
            let line = line_start(text, comment);
            if text.get(blanks_behind(text, line)) == Some(&b'#') {
                start = above;
            }
        }
        if end == text.len() && !matches!(text[end - 1], b'\n' | b'\r') {
            start = line_before(text, start);
        }
    }
    // Comments behind the key, where sops puts those that belong to what is in front of it: each gets its line.
    for comment in comments_of(tree, root) {
        if (comment.start as usize) < start || comment.end as usize >= end {
            continue;
        }
        let before = Span::new(start, comment.start as usize);
        edits.push_with(before, |to| pad(collection_column(tree, Id(root.root)), to));
        edits.push_with(Span::empty(comment.end as usize), |to| to.extend_from_slice(newline(text)));
        start = comment.end as usize;
    }
    edits.push_with(Span::new(start, end), |to| {
        // A document cannot become nothing, unless it says that it is there and holds no comments, which would
        // become those of another.
        let marked = tree.markers.get(number).is_some_and(|markers| !markers.start.is_empty());
        if only && (!marked || has_comments(tree, root)) {
            to.extend_from_slice(b"{}");
            if matches!(text[end - 1], b'\n' | b'\r') {
                to.extend_from_slice(newline(text));
            }
        }
    });
}

/// The comments at the `sops` key that are items of the document.
fn comments_of<'t>(tree: &'t Tree, root: &DocumentRoot) -> impl Iterator<Item = &'t Span> {
    let key = tree.comments(Id(root.key));
    let value = tree.comments(Id(root.value));
    let leaf = matches!(tree.node(Id(root.value)).kind, NodeKind::Scalar | NodeKind::Alias);
    let of_value = [value.head, value.line, value.foot].into_iter().filter(move |_| leaf);
    [key.line].into_iter().chain(of_value).chain([key.foot]).flat_map(|range| tree.lines(range))
}

/// Whether a document whose only key is `sops` has comments.
fn has_comments(tree: &Tree, root: &DocumentRoot) -> bool {
    let owners = [root.document, root.root, root.key].map(|id| tree.comments(Id(id)));
    owners.iter().any(|own| [own.head, own.line, own.foot].iter().any(|range| range.0 < range.1))
}

fn remove_member(yaml: &Yaml, root: &DocumentRoot, edits: &mut Edits) {
    let tree = &yaml.tree;
    let text = &tree.text;
    let key = start_of(tree, Id(root.key));
    let end = tree.node(Id(root.value)).span.end as usize;
    let first = tree.node(Id(root.root)).first_child == root.key;
    let behind = blanks_behind(text, end);
    let followed = text.get(behind) == Some(&b',');
    let span = match (first, followed) {
        (true, false) => Span::new(key, end),
        // In front of other members.
        (true, true) => Span::new(key, blanks_behind(text, behind + 1)),
        (false, true) => Span::new(blanks_before(text, key), behind + 1),
        (false, false) => {
            let before = text[..key].iter().rposition(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
            Span::new(before.filter(|&at| text[at] == b',').unwrap_or(key), end)
        }
    };
    edits.push(span, b"");
}

// Printing

/// Prints plain data as sops does, in block style.
struct Printer {
    /// The column of the `sops` key.
    base: usize,
    /// The indentation of one level.
    step: usize,
    newline: &'static [u8],
}

impl Printer {
    /// The entries of a map or list, `indent` columns behind the base. If `begun`, the first line has been.
    fn entries(&self, data: &Raw, indent: usize, mut begun: bool, to: &mut Vec<u8>) {
        let mut begin = |to: &mut Vec<u8>| {
            if !std::mem::take(&mut begun) {
                pad(self.base + indent, to);
            }
        };
        match data {
            Raw::Map(entries) => {
                for (key, value) in entries {
                    begin(to);
                    self.string(key, None, to);
                    to.push(b':');
                    self.value(value, indent, true, to);
                }
            }
            Raw::List(elements) => {
                for element in elements {
                    begin(to);
                    to.push(b'-');
                    self.value(element, indent, false, to);
                }
            }
            _ => {}
        }
    }

    /// What follows a key or a dash in column `indent`, with the line break behind it.
    fn value(&self, value: &Raw, indent: usize, keyed: bool, to: &mut Vec<u8>) {
        let is_empty = match value {
            Raw::Map(entries) => entries.is_empty(),
            Raw::List(elements) => elements.is_empty(),
            Raw::Str(text) => {
                to.push(b' ');
                self.string(text, Some((indent, keyed)), to);
                return to.extend_from_slice(self.newline);
            }
            _ => true,
        };
        if is_empty {
            to.push(b' ');
            write_flow(value, to);
            to.extend_from_slice(self.newline);
        } else if keyed {
            to.extend_from_slice(self.newline);
            self.entries(value, literal_indent(indent, true, self.step), false, to);
        } else {
            to.push(b' ');
            self.entries(value, indent + 2, true, to);
        }
    }

    /// A string, as a block if it has several lines and stands behind a key or dash.
    fn string(&self, text: &str, behind: Option<(usize, bool)>, to: &mut Vec<u8>) {
        match (printed_style(text.as_bytes()), behind) {
            (Printed::Plain, _) => to.extend_from_slice(text.as_bytes()),
            (Printed::Single, _) => write_single(text.as_bytes(), to),
            (Printed::Literal, Some((indent, keyed))) => match Block::of(text.as_bytes()) {
                Some(block) => {
                    let deeper = literal_indent(indent, keyed, self.step);
                    let lines = self.base + deeper;
                    write_literal(block, text.as_bytes(), lines, (deeper - indent) as u8, self.newline, to);
                    // One line break is written behind every value.
                    let breaks = text.len() - text.trim_end_matches('\n').len();
                    for _ in 1..breaks {
                        to.extend_from_slice(self.newline);
                    }
                }
                None => write_double(text, false, to),
            },
            _ => write_double(text, false, to),
        }
    }
}

/// Appends plain data in flow style on one line, strings in double quotes.
fn write_flow(data: &Raw, to: &mut Vec<u8>) {
    match data {
        Raw::Null => to.extend_from_slice(b"null"),
        Raw::Bool(truth) => to.extend_from_slice(if *truth { b"true" } else { b"false" }),
        Raw::Int(value) => number::write(&crate::value::Value::Int(*value), to),
        Raw::Float(value) => number::write(&crate::value::Value::Float(*value), to),
        Raw::Str(text) => write_double(text, false, to),
        Raw::Time(text) => to.extend_from_slice(text.as_bytes()),
        Raw::List(elements) => {
            to.push(b'[');
            for (at, element) in elements.iter().enumerate() {
                if at > 0 {
                    to.extend_from_slice(b", ");
                }
                write_flow(element, to);
            }
            to.push(b']');
        }
        Raw::Map(entries) => {
            to.push(b'{');
            for (at, (key, value)) in entries.iter().enumerate() {
                if at > 0 {
                    to.extend_from_slice(b", ");
                }
                write_double(key, false, to);
                to.extend_from_slice(b": ");
                write_flow(value, to);
            }
            to.push(b'}');
        }
    }
}
