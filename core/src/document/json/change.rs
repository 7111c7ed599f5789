//! Changing one place of a JSON text: what comes in is laid out like what is around it.

use super::Json;
use super::write::{SOPS_STYLE, Style, write_items};
use crate::document::items::Item;
use crate::document::{Change, Changed, Kind, Syntax};
use crate::span::Span;

/// Makes `change`; `None` if a value cannot be written.
pub(super) fn change(json: &Json, change: &Change<'_>) -> Option<Changed> {
    let mut changed = Changed::default();
    match change {
        Change::Replace { node, value } => {
            let mut text = Vec::new();
            let level = level(json, *node);
            write_items(value, &style(json), level, &mut text).ok()?;
            changed.edits.push_with(span(json, *node), |to| to.append(&mut text));
        }
        Change::Append { container, entry } => append(json, *container, entry, &mut changed)?,
        Change::Remove { node } => {
            let (entry, before, after) = neighbours(json, *node);
            let gap = match (after, before) {
                (Some(after), _) => Span { start: entry.start, end: after.start },
                (None, Some(before)) => Span { start: before.end, end: entry.end },
                (None, None) => {
                    let open = json.parsed.nodes[container_of(json, *node)];
                    let close = json.parsed.nodes[open.detail as usize];
                    Span { start: open.span.end, end: close.span.start }
                }
            };
            changed.edits.push(gap, b"");
        }
    }
    Some(changed)
}

fn append(json: &Json, container: usize, entry: &[Item<'_>], changed: &mut Changed) -> Option<()> {
    let style = style(json);
    let inside = level(json, container) + 1;
    let mut text = Vec::new();
    let (key, value) = match entry {
        [Item::Key(key), value @ ..] => (Some(key), value),
        value => (None, value),
    };
    if let Some(key) = key {
        super::write::write_string(key, super::Escapes::Go, &mut text);
        text.extend_from_slice(style.colon);
    }
    write_items(value, &style, inside, &mut text).ok()?;
    let nodes = &json.parsed.nodes;
    let close = nodes[container].detail as usize;
    let Some(last) = last_entry(json, container) else {
        let inner = Span { start: nodes[container].span.end, end: nodes[close].span.start };
        changed.edits.push_with(inner, |to| {
            style.write_break(inside, to);
            to.append(&mut text);
            style.write_break(inside - 1, to);
        });
        return Some(());
    };
    let all = json.text();
    let lead_start = all[..last.start as usize].trim_ascii_end().len();
    let lead = &all[lead_start..last.start as usize];
    changed.edits.push_with(Span::empty(last.end as usize), |to| {
        if lead.contains(&b'\n') {
            to.push(b',');
            to.extend_from_slice(lead);
        } else if style.newline.is_some() {
            to.extend_from_slice(b", ");
        } else {
            to.extend_from_slice(style.comma);
        }
        to.append(&mut text);
    });
    Some(())
}

/// How what comes in is laid out: as the members that are there, or else as sops does.
fn style(json: &Json) -> Style<'_> {
    if json.parsed.nodes.get(1).is_some_and(|node| node.kind == Kind::Key) {
        json.style()
    } else {
        Style { exact: true, ..SOPS_STYLE }
    }
}

/// The bytes of the value at `node`.
fn span(json: &Json, node: usize) -> Span {
    let nodes = &json.parsed.nodes;
    match nodes[node].kind {
        Kind::Map | Kind::List | Kind::Branch => {
            Span { start: nodes[node].span.start, end: nodes[nodes[node].detail as usize].span.end }
        }
        _ => nodes[node].span,
    }
}

/// How many collections are open around the node.
fn level(json: &Json, node: usize) -> usize {
    json.parsed.nodes[..node].iter().fold(0, |level, node| match node.kind {
        Kind::Map | Kind::List | Kind::Branch => level + 1,
        Kind::End => level - 1,
        _ => level,
    })
}

/// The index of the collection that the node is in.
fn container_of(json: &Json, node: usize) -> usize {
    let mut depth = 0_usize;
    for (index, before) in json.parsed.nodes[..node].iter().enumerate().rev() {
        match before.kind {
            Kind::End => depth += 1,
            Kind::Map | Kind::List | Kind::Branch if depth == 0 => return index,
            Kind::Map | Kind::List | Kind::Branch => depth -= 1,
            _ => {}
        }
    }
    0
}

/// The entries of a collection, keys included.
fn entries(json: &Json, container: usize) -> impl Iterator<Item = (usize, Span)> + '_ {
    let nodes = &json.parsed.nodes;
    let mut at = container + 1;
    std::iter::from_fn(move || {
        let node = nodes.get(at).filter(|node| node.kind != Kind::End)?;
        let value = if node.kind == Kind::Key { at + 1 } else { at };
        let value_span = span(json, value);
        let entry = Span { start: node.span.start, end: value_span.end };
        at = crate::path::behind(nodes, value);
        Some((value, entry))
    })
}

fn last_entry(json: &Json, container: usize) -> Option<Span> {
    entries(json, container).last().map(|(_, entry)| entry)
}

/// The entry whose value is at `node`, the one in front of it and the one behind.
fn neighbours(json: &Json, node: usize) -> (Span, Option<Span>, Option<Span>) {
    let mut before = None;
    let mut found = None;
    for (value, entry) in entries(json, container_of(json, node)) {
        if let Some(found) = found {
            return (found, before, Some(entry));
        }
        if value == node {
            found = Some(entry);
        } else {
            before = Some(entry);
        }
    }
    (found.unwrap_or_default(), before, None)
}
