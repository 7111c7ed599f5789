//! Changing one place of an INI text. The comments of a key go with it.

use super::Ini;
use super::parse::{IMPLICIT, whole_line};
use super::print::{key_quote, print};
use super::scan::{choose, of_sops};
use crate::document::items::Item;
use crate::document::text::write_as_text;
use crate::document::{Change, Changed, Kind, Syntax};
use crate::path::behind;
use crate::span::Span;
use crate::value::Value;

/// Makes `change`; `None` where the whole text has to be written anew.
pub(super) fn change(ini: &Ini, change: &Change<'_>) -> Option<Changed> {
    let mut changed = Changed::default();
    match change {
        Change::Replace { node, value: [Item::Scalar(value)] } => {
            if !matches!(ini.parsed.nodes[*node].kind, Kind::Scalar(_)) {
                return None;
            }
            ini.place_value(*node, value, b"", &mut changed.edits).ok()?;
        }
        Change::Append { container: 0, entry } => {
            let mut text = Vec::new();
            let items = [&[Item::Branch], *entry, &[Item::End]].concat();
            print(&items, &mut text).ok()?;
            let all = ini.text();
            changed.edits.push_with(Span::empty(all.len()), |to| {
                if !all.is_empty() {
                    if !all.ends_with(b"\n") {
                        to.extend_from_slice(ini.line_break());
                    }
                    to.extend_from_slice(ini.line_break());
                }
                to.append(&mut text);
            });
        }
        Change::Append { container, entry: [Item::Key(key), Item::Scalar(value)] } => {
            append(ini, *container, key, value, &mut changed)?;
        }
        Change::Remove { node } => remove(ini, *node, &mut changed)?,
        Change::Replace { .. } | Change::Append { .. } => return None,
    }
    Some(changed)
}

/// A key at the end of a section, aligned as the last one is.
fn append(ini: &Ini, container: usize, key: &[u8], value: &Value<'_>, changed: &mut Changed) -> Option<()> {
    let nodes = &ini.parsed.nodes;
    let text = ini.text();
    let end = behind(nodes, container) - 1;
    let last = (container + 1..end).rfind(|index| nodes[*index].kind == Kind::Key);
    let header = nodes[container - 1];
    let (place, indent, (left, sign, right)) = match last {
        Some(at) => {
            let (name, value) = (nodes[at].span, nodes[at + 1].span);
            let between = &text[name.end as usize..value.start as usize];
            // The quotes of a key are not part of its name.
            let quote = between.iter().take_while(|byte| matches!(byte, b'`' | b'"')).count();
            let blanks = |bytes: &[u8]| bytes.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
            let between = &between[quote..];
            let left = blanks(between);
            let sign = *between.get(left).filter(|sign| super::scan::DELIMITERS.contains(sign))?;
            let right = blanks(&between[left + 1..]).max(usize::from(left > 0));
            let line = super::parse::line_start(text, name.start as usize);
            let indent = blanks(&text[line..name.start as usize]);
            let width = name.range().len() + 2 * quote + left;
            (value.end as usize, indent, (if left == 0 { 0 } else { width }, sign, right))
        }
        None if header.detail == IMPLICIT => (header.span.end as usize, 0, (1, b'=', 1)),
        None => (header.span.end as usize, 0, (1, b'=', 1)),
    };
    let quote = key_quote(key);
    let mut written = Vec::new();
    match value {
        Value::Str(value) => written.extend_from_slice(value),
        value => _ = write_as_text(value, &mut written),
    }
    let style = choose(&written, of_sops(&written), b"")?;
    let implicit_first = last.is_none() && header.detail == IMPLICIT;
    let line_end = memchr::memchr(b'\n', &text[place..]).map(|at| place + at + 1);
    let at = if implicit_first { place } else { line_end.unwrap_or(text.len()) };
    changed.edits.push_with(Span::empty(at), |to| {
        if line_end.is_none() && !implicit_first {
            to.extend_from_slice(ini.line_break());
        }
        to.resize(to.len() + indent, b' ');
        let start = to.len();
        to.extend_from_slice(quote);
        to.extend_from_slice(key);
        to.extend_from_slice(quote);
        let used = to.len() - start;
        if left > 0 {
            to.resize(to.len() + left.saturating_sub(used).max(1), b' ');
        }
        to.push(sign);
        to.resize(to.len() + right, b' ');
        to.extend_from_slice(style.quote());
        to.append(&mut written);
        to.extend_from_slice(style.quote());
        if line_end.is_some() || implicit_first {
            to.extend_from_slice(ini.line_break());
        }
    });
    Some(())
}

fn remove(ini: &Ini, node: usize, changed: &mut Changed) -> Option<()> {
    let nodes = &ini.parsed.nodes;
    let text = ini.text();
    let key = nodes[node.checked_sub(1)?];
    let lines = |from: u32, to: u32| {
        let start = super::parse::line_start(text, from as usize);
        let end = to as usize;
        Span::new(start, memchr::memchr(b'\n', &text[end..]).map_or(text.len(), |at| end + at + 1))
    };
    if let Kind::Scalar(_) = nodes[node].kind {
        let own = lines(key.span.start, nodes[node].span.end);
        changed.edits.push(own, b"");
        // The comment of a key follows it.
        if let Some(comment) = nodes.get(node + 1).filter(|next| matches!(next.kind, Kind::Comment { .. })) {
            changed.comments.push(node + 1);
            for piece in ini.comment_lines(comment).pieces() {
                if piece.end as usize <= own.start as usize {
                    changed.edits.push(whole_line(text, *piece), b"");
                }
            }
        }
        return Some(());
    }
    if key.detail == IMPLICIT {
        return None;
    }
    let end = behind(nodes, node) - 1;
    let inside = &nodes[node + 1..end];
    let last = inside.iter().map(|node| node.span.end).max().unwrap_or(0).max(key.span.end);
    let mut own = lines(key.span.start, last);
    for comment in inside.iter().filter(|node| matches!(node.kind, Kind::Comment { .. })) {
        for piece in ini.comment_lines(comment).pieces() {
            let line = whole_line(text, *piece);
            own.start = own.start.min(line.start);
        }
    }
    // The empty line in front of the section goes, the one behind it stays.
    let before = &text[..own.start as usize];
    if before.ends_with(b"\n\n") {
        own.start -= 1;
    } else if before.ends_with(b"\r\n\r\n") {
        own.start -= 2;
    }
    changed.edits.push(own, b"");
    Some(())
}
