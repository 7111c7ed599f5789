//! Changing one place of a YAML text: what comes in has the indentation and the brackets of what is around it.

use super::place::{
    MOST_LINES, begins_line, behind_break, blanks_before, blanks_behind, collection_column, column,
    dash_before, ends_line, follows_break, line_end, newline, start_of,
};
use super::print::{self, Indents};
use super::text::pad;
use super::values::{behind_line, line_before};
use super::{COPY, Yaml, id_of};
use crate::document::items::Item;
use crate::document::{Change, Changed, Kind};
use crate::path::behind;
use crate::span::Span;
use crate::yaml::{Id, NONE, NodeKind, Style};

/// Makes `change`; `None` where the place is part of a copy, or written in a way that cannot be changed alone.
pub(super) fn change(yaml: &Yaml, change: &Change<'_>) -> Option<Changed> {
    let mut editor = Editor { yaml, text: &yaml.tree.text, changed: Changed::default() };
    match change {
        Change::Replace { node, value } => editor.replace(*node, value)?,
        Change::Append { container, entry } => editor.append(*container, entry)?,
        Change::Remove { node } => editor.remove(*node)?,
    }
    Some(editor.changed)
}

struct Editor<'y> {
    yaml: &'y Yaml,
    text: &'y [u8],
    changed: Changed,
}

/// Where an entry of a block collection is.
struct Entry {
    /// The column of its key or dash.
    column: usize,
    /// Where the key or dash begins.
    start: usize,
    /// The offset behind the colon or dash.
    after: usize,
    /// Whether it has a key.
    keyed: bool,
}

impl Editor<'_> {
    // Replacing

    fn replace(&mut self, node: usize, value: &[Item<'_>]) -> Option<()> {
        let id = self.site(node)?;
        let old = *self.yaml.tree.node(id);
        let start = start_of(&self.yaml.tree, id);
        if old.in_flow() {
            let span = Span::new(start, old.span.end as usize);
            let mut text = Vec::new();
            if span.range().is_empty() {
                let keyed = node > 0 && self.yaml.nodes[node - 1].kind == Kind::Key;
                let colon = self.text[..blanks_before(self.text, start)].ends_with(b":");
                text.extend_from_slice(match (colon, keyed) {
                    (true, _) => b" ",
                    (false, true) => b": ",
                    (false, false) => return None,
                });
            }
            print::flow(value, &mut text);
            self.changed.edits.push_with(span, |to| to.append(&mut text));
            return Some(());
        }
        let entry = self.entry(node, id)?;
        let mut head = Vec::new();
        self.print_value(value, &entry, &mut head);
        let break_at = memchr::memchr(b'\n', &head).unwrap_or(head.len());
        let mut body = head.split_off(break_at);
        body.drain(..body.len().min(1));
        let extent = self.extent(node, id);
        let same_line = line_end(self.text, entry.after) >= start;
        let (first, lines) = match old.style {
            Style::Literal | Style::Folded if same_line => {
                let block = self.yaml.tree.block(id)?;
                (start..block.header.end as usize, block.body as usize..old.span.end as usize)
            }
            _ if same_line => {
                let end = if follows_break(self.text, extent) && extent > start {
                    line_before(self.text, extent)
                } else {
                    extent
                };
                (start..end, 0..0)
            }
            _ => {
                let below = behind_line(self.text, entry.after);
                let end =
                    if follows_break(self.text, extent) { extent } else { behind_line(self.text, extent) };
                (entry.after..entry.after, below..end)
            }
        };
        // Blanks in front of a value that stays on its line stay as well.
        let keeps_blanks = same_line && body.is_empty() && first.start > entry.after && head.len() > 1;
        let from = if keeps_blanks { first.start } else { entry.after };
        let head = &head[usize::from(keeps_blanks)..];
        self.changed.edits.push(Span::new(from, first.end), head);
        if lines.is_empty() {
            self.insert_lines(first.end, &body);
        } else {
            let body = self.with_newlines(&body);
            let ends = self.text[..lines.end].ends_with(b"\n") || self.text[..lines.end].ends_with(b"\r");
            let body = if ends { &body[..] } else { body.trim_ascii_end() };
            self.changed.edits.push(Span::new(lines.start, lines.end), body);
        }
        Some(())
    }

    /// What stands behind the colon or dash of `entry`.
    fn print_value(&self, value: &[Item<'_>], entry: &Entry, to: &mut Vec<u8>) {
        let indents = self.indents();
        if entry.keyed {
            print::behind_key(value, entry.column, indents, to);
        } else {
            print::element(value, entry.column, indents, to);
            to.remove(0);
        }
    }

    // Appending

    fn append(&mut self, container: usize, entry: &[Item<'_>]) -> Option<()> {
        let node = &self.yaml.nodes[container];
        if node.detail & COPY != 0 {
            return None;
        }
        let id = if node.kind == Kind::Branch {
            let root = self.yaml.roots.first()?.root;
            if root == NONE {
                return self.append_to_nothing(container, entry);
            }
            Id(root)
        } else {
            id_of(node.detail)
        };
        let tree = &self.yaml.tree;
        let collection = *tree.node(id);
        if !matches!(collection.kind, NodeKind::Map | NodeKind::List) {
            return (collection.span.range().is_empty())
                .then_some(())
                .and_then(|()| self.append_to_nothing(container, entry));
        }
        if collection.style == Style::Flow {
            return self.append_in_flow(container, id, entry);
        }
        let column = collection_column(tree, id);
        let place = self.end_of_lines(self.extent(container, id));
        let mut text = Vec::new();
        pad(column, &mut text);
        match collection.kind {
            NodeKind::List => print::element(entry, column, self.indents(), &mut text),
            _ => print::entry(entry, column, self.indents(), &mut text),
        }
        self.insert_at(place, &text);
        Some(())
    }

    /// Into a document with nothing in it but comments.
    fn append_to_nothing(&mut self, container: usize, entry: &[Item<'_>]) -> Option<()> {
        let end = self.yaml.nodes[behind(&self.yaml.nodes, container) - 1].span.end as usize;
        let mut text = Vec::new();
        print::entry(entry, 0, self.indents(), &mut text);
        self.insert_at(end, &text);
        Some(())
    }

    fn append_in_flow(&mut self, container: usize, id: Id, entry: &[Item<'_>]) -> Option<()> {
        let collection = *self.yaml.tree.node(id);
        let span = collection.span;
        let is_map = collection.kind == NodeKind::Map;
        if !matches!(self.text[span.start as usize], b'{' | b'[') {
            return None;
        }
        let nodes = &self.yaml.nodes;
        let end = behind(&self.yaml.nodes, container) - 1;
        let last = self.children(container).last();
        let Some(last) = last else {
            let alone =
                begins_line(self.text, span.start as usize) && ends_line(self.text, span.end as usize);
            if end > container + 1 || nodes[container].kind == Kind::Branch && !alone {
                // Beside comments or behind a marker it stays within its brackets.
                let closing = span.end as usize - 1;
                let mut text = Vec::new();
                print::flow(entry, &mut text);
                self.changed.edits.push(Span::empty(closing), &text);
                return Some(());
            }
            if nodes[container].kind == Kind::Branch {
                let mut text = Vec::new();
                print::entry(entry, column(self.text, span.start as usize), self.indents(), &mut text);
                text.pop();
                let text = self.with_newlines(&text);
                self.changed.edits.push(span, &text);
                return Some(());
            }
            let opening = if is_map { Item::Map } else { Item::List };
            let value: Vec<Item<'_>> =
                std::iter::once(opening).chain(entry.iter().cloned()).chain([Item::End]).collect();
            return self.replace(container, &value);
        };
        let value = self.site(last)?;
        let keyed = nodes[last - 1].kind == Kind::Key;
        let start = if keyed {
            start_of(&self.yaml.tree, id_of(nodes[last - 1].detail))
        } else {
            start_of(&self.yaml.tree, value)
        };
        let end = self.yaml.tree.node(value).span.end as usize;
        let comma = blanks_behind(self.text, end);
        let trailing = self.text.get(comma) == Some(&b',');
        let mut text = Vec::new();
        print::flow(entry, &mut text);
        let behind_comma = if trailing { comma + 1 } else { end };
        let rest = blanks_behind(self.text, behind_comma);
        let own_line = begins_line(self.text, start)
            && (ends_line(self.text, behind_comma) || self.text.get(rest) == Some(&b'#'));
        if own_line {
            if !trailing {
                self.changed.edits.push(Span::empty(end), b",");
            }
            let place = line_end(self.text, behind_comma);
            let column = column(self.text, start);
            let newline = newline(self.text);
            self.changed.edits.push_with(Span::empty(place), |to| {
                to.extend_from_slice(newline);
                pad(column, to);
                to.append(&mut text);
                if trailing {
                    to.push(b',');
                }
            });
        } else {
            self.changed.edits.push_with(Span::empty(behind_comma), |to| {
                to.extend_from_slice(if trailing { b" " } else { b", " });
                to.append(&mut text);
            });
        }
        Some(())
    }

    // Removing

    fn remove(&mut self, node: usize) -> Option<()> {
        let id = self.site(node)?;
        let container = self.container_of(node);
        if self.yaml.nodes[container].detail & COPY != 0 {
            return None;
        }
        let siblings: Vec<usize> = self.children(container).collect();
        let at = siblings.iter().position(|&sibling| sibling == node)?;
        let keyed = self.yaml.nodes[node - 1].kind == Kind::Key;
        let first_node = if keyed { node - 1 } else { node };
        let in_flow = match keyed {
            true => self.yaml.tree.node(id_of(self.yaml.nodes[first_node].detail)).in_flow(),
            false => self.yaml.tree.node(id).in_flow(),
        };
        if siblings.len() == 1 {
            return self.remove_only(node, id, container, in_flow);
        }
        if in_flow {
            return self.remove_in_flow(node, id, at, &siblings);
        }
        let entry = self.entry(node, id)?;
        let start = self.before_mark(entry.start);
        let end = self.end_of_entry(node, id, &entry);
        if begins_line(self.text, start) {
            let own = self.own_lines(start, end);
            self.changed.edits.push(own, b"");
            self.drop_comments(first_node, entry.start, own.end as usize);
            return Some(());
        }
        // Behind a dash: what follows moves up.
        let next = *siblings.get(at + 1)?;
        let next_id = self.site(next)?;
        let next_entry = self.entry(next, next_id)?;
        self.drop_comments(first_node, entry.start, end);
        let between = behind(&self.yaml.nodes, node)..next;
        let next_start = self.yaml.nodes[between]
            .iter()
            .filter(|node| matches!(node.kind, Kind::Comment { inline: false }))
            .map(|comment| comment.span.start as usize)
            .filter(|&comment| comment >= end)
            .min()
            .unwrap_or(usize::MAX)
            .min(self.before_mark(next_entry.start));
        self.changed.edits.push(Span::new(start, next_start), b"");
        Some(())
    }

    /// The last entry of its collection, which stays as an empty one.
    fn remove_only(&mut self, node: usize, id: Id, container: usize, in_flow: bool) -> Option<()> {
        let nodes = &self.yaml.nodes;
        let keyed = nodes[node - 1].kind == Kind::Key;
        let first_node = if keyed { node - 1 } else { node };
        let is_list = nodes[container].kind == Kind::List;
        let empty: &[u8] = if is_list { b"[]" } else { b"{}" };
        let is_root = nodes[container].kind == Kind::Branch;
        let comments = nodes[container + 1..behind(&self.yaml.nodes, container) - 1]
            .iter()
            .enumerate()
            .filter(|(at, other)| {
                let index = container + 1 + at;
                matches!(other.kind, Kind::Comment { .. })
                    && (index < first_node || index >= behind(&self.yaml.nodes, node))
            });
        let own_start = start_of(&self.yaml.tree, if keyed { id_of(nodes[first_node].detail) } else { id });
        let left = comments.filter(|(_, comment)| (comment.span.start as usize) < own_start).count();
        let all: usize = nodes[container + 1..behind(&self.yaml.nodes, container) - 1]
            .iter()
            .enumerate()
            .filter(|(at, other)| {
                let index = container + 1 + at;
                matches!(other.kind, Kind::Comment { .. })
                    && (index < first_node || index >= behind(&self.yaml.nodes, node))
            })
            .count();
        let collection =
            if is_root { Id(self.yaml.roots.first()?.root) } else { id_of(nodes[container].detail) };
        if self.yaml.tree.node(collection).style == Style::Flow {
            if !matches!(self.text[self.yaml.tree.node(collection).span.start as usize], b'{' | b'[') {
                return None;
            }
            if all > 0 {
                // The comments stay within the brackets.
                let first = if keyed { id_of(nodes[first_node].detail) } else { id };
                let start = start_of(&self.yaml.tree, first);
                let end = self.yaml.tree.node(id).span.end as usize;
                let comma = blanks_behind(self.text, end);
                let end = if self.text.get(comma) == Some(&b',') { comma + 1 } else { end };
                self.changed.edits.push(Span::new(start, end), b"");
                return Some(());
            }
            self.changed.edits.push(self.yaml.tree.node(collection).span, empty);
            return Some(());
        }
        if in_flow {
            return None;
        }
        let entry = self.entry(node, id)?;
        let start = self.before_mark(entry.start);
        let end = self.end_of_entry(node, id, &entry);
        let own = self.own_lines(start, end);
        let comments_before = self.changed.comments.len();
        self.drop_comments(first_node, entry.start, own.end as usize);
        let all = all - (self.changed.comments.len() - comments_before);
        if all == 0 && !is_root {
            let items = if is_list { [Item::List, Item::End] } else { [Item::Map, Item::End] };
            return self.replace(container, &items);
        }
        if !begins_line(self.text, start) {
            return None;
        }
        let newline = newline(self.text);
        let ends = own.end as usize > 0 && follows_break(self.text, own.end as usize);
        let line = |to: &mut Vec<u8>| {
            pad(entry.column, to);
            to.extend_from_slice(empty);
        };
        if left == all {
            let begins = follows_break(self.text, own.start as usize);
            self.changed.edits.push_with(own, |to| {
                if !begins {
                    to.extend_from_slice(newline);
                }
                line(to);
                if ends {
                    to.extend_from_slice(newline);
                }
            });
        } else {
            // Comments are below: behind the brackets they would belong to what follows.
            let below = self.end_of_lines(self.extent(container, collection));
            self.changed.edits.push(own, b"");
            self.changed.edits.push_with(Span::empty(below), |to| {
                if !follows_break(self.text, below) {
                    to.extend_from_slice(newline);
                }
                line(to);
                to.extend_from_slice(newline);
            });
        }
        Some(())
    }

    fn remove_in_flow(&mut self, node: usize, id: Id, at: usize, siblings: &[usize]) -> Option<()> {
        let bounds = |node: usize| -> Option<(usize, usize)> {
            let id = self.site(node)?;
            let keyed = self.yaml.nodes[node - 1].kind == Kind::Key;
            let first = if keyed { id_of(self.yaml.nodes[node - 1].detail) } else { id };
            Some((start_of(&self.yaml.tree, first), self.yaml.tree.node(id).span.end as usize))
        };
        let _ = id;
        let (start, end) = bounds(node)?;
        let keyed = self.yaml.nodes[node - 1].kind == Kind::Key;
        let first_node = if keyed { node - 1 } else { node };
        let comma = blanks_behind(self.text, end);
        let behind_comma = (self.text.get(comma) == Some(&b',')).then_some(comma + 1);
        let rest = behind_comma.unwrap_or(end);
        let rest_is_own =
            ends_line(self.text, rest) || self.text.get(blanks_behind(self.text, rest)) == Some(&b'#');
        let own_line = begins_line(self.text, start) && rest_is_own;
        if own_line {
            if behind_comma.is_none() {
                let (_, before) = bounds(*siblings.get(at.checked_sub(1)?)?)?;
                let comma = blanks_behind(self.text, before);
                if self.text.get(comma) != Some(&b',') {
                    return None;
                }
                self.changed.edits.push(Span::new(comma, comma + 1), b"");
            }
            let own = self.own_lines(start, rest);
            self.changed.edits.push(own, b"");
            self.drop_comments(first_node, start, own.end as usize);
            return Some(());
        }
        let span = match (siblings.get(at + 1), at.checked_sub(1).map(|before| siblings[before])) {
            (Some(&next), _) => {
                let next = self.yaml.nodes[next - 1]
                    .kind
                    .eq(&Kind::Key)
                    .then_some(next - 1)
                    .map_or_else(|| bounds(next), |_| bounds(next))?;
                Span::new(start, next.0)
            }
            (None, Some(before)) => Span::new(bounds(before)?.1, end),
            (None, None) => return None,
        };
        self.changed.edits.push(span, b"");
        Some(())
    }

    // Places

    /// The node of the tree that stands in the text for the value `node`: itself, or the alias. `None` if it is inside
    /// of a copy.
    fn site(&self, node: usize) -> Option<Id> {
        let detail = self.yaml.nodes[node].detail;
        if detail & COPY == 0 {
            return Some(id_of(detail));
        }
        let expansions = &self.yaml.expansions;
        let found =
            expansions.iter().find(|expansion| expansion.nodes.start as usize == node && !expansion.key)?;
        Some(found.alias)
    }

    /// The entry of a block collection whose value is `node`.
    fn entry(&self, node: usize, id: Id) -> Option<Entry> {
        let tree = &self.yaml.tree;
        let before = node.checked_sub(1).map(|before| self.yaml.nodes[before]);
        if let Some(key) = before.filter(|before| before.kind == Kind::Key) {
            if key.detail & COPY != 0 {
                return None;
            }
            let key = id_of(key.detail);
            let key_start = start_of(tree, key);
            let start = self.before_mark(key_start);
            let key_end = tree.node(key).span.end as usize;
            let mut colon = blanks_behind(self.text, key_end);
            if start != key_start {
                // The colon begins a line of its own, behind lines with nothing in them but comments.
                colon = blanks_behind(self.text, self.end_of_lines(key_end));
                for _ in 0..MOST_LINES {
                    match self.text.get(colon) {
                        Some(b'#' | b'\n' | b'\r') => {
                            colon = blanks_behind(self.text, behind_line(self.text, colon));
                        }
                        _ => break,
                    }
                }
                if column(self.text, colon) != column(self.text, start) {
                    return None;
                }
            }
            if self.text.get(colon) != Some(&b':') {
                return None;
            }
            return Some(Entry { column: column(self.text, start), start, after: colon + 1, keyed: true });
        }
        let dash = dash_before(self.text, start_of(tree, id))?;
        Some(Entry { column: column(self.text, dash), start: dash, after: dash + 1, keyed: false })
    }

    /// Where the question mark in front of a key is, or the key itself.
    fn before_mark(&self, start: usize) -> usize {
        let blanks = blanks_before(self.text, start);
        let is_mark = blanks < start && blanks > 0 && self.text[blanks - 1] == b'?';
        if is_mark && matches!(self.text.get(blanks.wrapping_sub(2)), None | Some(b' ' | b'\n' | b'\r')) {
            blanks - 1
        } else {
            start
        }
    }

    /// The end of the value at `node`, with the comments that are inside of it.
    fn extent(&self, node: usize, id: Id) -> usize {
        let end = behind(&self.yaml.nodes, node);
        let comments = self.yaml.nodes[node..end]
            .iter()
            .filter(|node| matches!(node.kind, Kind::Comment { .. }) && !self.is_copied(node.span))
            .map(|node| node.span.end);
        comments.max().unwrap_or(0).max(self.yaml.tree.node(id).span.end) as usize
    }

    /// Whether a comment is part of what an alias repeats. Its place is then elsewhere in the text.
    fn is_copied(&self, comment: Span) -> bool {
        self.yaml.expansions.iter().any(|expansion| {
            let target = self.yaml.tree.node(expansion.target).span;
            target.start <= comment.start && comment.end <= target.end
        })
    }

    /// The end of an entry, with the comment behind it.
    fn end_of_entry(&self, node: usize, id: Id, entry: &Entry) -> usize {
        let value = if self.yaml.tree.node(id).kind == NodeKind::Alias {
            self.yaml.tree.node(id).span.end as usize
        } else {
            self.extent(node, id)
        };
        value.max(entry.after)
    }

    /// Behind the line in which something ends at `end`.
    fn end_of_lines(&self, end: usize) -> usize {
        if follows_break(self.text, end) { end } else { behind_line(self.text, end) }
    }

    /// The lines from the one that begins with `start` to the one that holds `end`. If the text ends without a line
    /// break, it does so afterwards.
    fn own_lines(&self, start: usize, end: usize) -> Span {
        let end = self.end_of_lines(end);
        if end == self.text.len() && !follows_break(self.text, end) {
            return Span::new(line_before(self.text, start), end);
        }
        Span::new(blanks_before(self.text, start), end)
    }

    /// Notes the comments in front of the node `first` that stand in the text between `start` and `end`.
    fn drop_comments(&mut self, first: usize, start: usize, end: usize) {
        for index in (0..first).rev() {
            let node = &self.yaml.nodes[index];
            if !matches!(node.kind, Kind::Comment { .. }) {
                break;
            }
            let at = node.span.start as usize;
            if start <= at && at < end {
                self.changed.comments.push(index);
            }
        }
    }

    /// The index of the collection that holds `node`.
    fn container_of(&self, node: usize) -> usize {
        let mut depth = 0_usize;
        for (index, before) in self.yaml.nodes[..node].iter().enumerate().rev() {
            match before.kind {
                Kind::End => depth += 1,
                Kind::Map | Kind::List | Kind::Branch if depth == 0 => return index,
                Kind::Map | Kind::List | Kind::Branch => depth -= 1,
                _ => {}
            }
        }
        0
    }

    /// The values of a collection.
    fn children(&self, container: usize) -> impl Iterator<Item = usize> + '_ {
        let nodes = &self.yaml.nodes;
        let mut at = container + 1;
        std::iter::from_fn(move || {
            while matches!(nodes.get(at)?.kind, Kind::Comment { .. } | Kind::Key) {
                at += 1;
            }
            let value = at;
            if nodes[value].kind == Kind::End {
                return None;
            }
            at = behind(&self.yaml.nodes, value);
            Some(value)
        })
    }

    // Writing

    /// How the text indents: as its first nested map and list do.
    fn indents(&self) -> Indents {
        let tree = &self.yaml.tree;
        let (mut map, mut list) = (None, None);
        for pair in self.yaml.nodes.windows(2) {
            let [key, value] = pair else { break };
            let found = match value.kind {
                Kind::Map => &mut map,
                Kind::List => &mut list,
                _ => continue,
            };
            if found.is_some() || key.kind != Kind::Key || (key.detail | value.detail) & COPY != 0 {
                continue;
            }
            let id = id_of(value.detail);
            let node = tree.node(id);
            if node.style == Style::Block && node.first_child != NONE {
                let outer = column(self.text, start_of(tree, id_of(key.detail)));
                *found = collection_column(tree, id).checked_sub(outer);
            }
            if map.is_some() && list.is_some() {
                break;
            }
        }
        let map = map.filter(|&step| step > 0);
        Indents {
            map: map.or(list.filter(|&step| step > 0)).unwrap_or(4),
            list: list.or(map).unwrap_or(4),
            rounded: false,
        }
    }

    /// Inserts lines behind the line that holds `offset`.
    fn insert_lines(&mut self, offset: usize, lines: &[u8]) {
        if !lines.is_empty() {
            let end = line_end(self.text, offset);
            self.insert_at(behind_break(self.text, end), lines);
        }
    }

    /// Inserts lines at `place`, where a line begins or the text ends. If it ends without a line break, it does so
    /// afterwards.
    fn insert_at(&mut self, place: usize, lines: &[u8]) {
        let mut lines = self.with_newlines(lines);
        let newline = newline(self.text);
        let open = place > 0 && !follows_break(self.text, place);
        if open {
            lines.truncate(lines.len() - newline.len().min(lines.len()));
        }
        self.changed.edits.push_with(Span::empty(place), |to| {
            if open {
                to.extend_from_slice(newline);
            }
            to.extend_from_slice(&lines);
        });
    }

    fn with_newlines(&self, lines: &[u8]) -> Vec<u8> {
        let newline = newline(self.text);
        if newline == b"\n" {
            return lines.to_vec();
        }
        let mut to = Vec::with_capacity(lines.len() + lines.len() / 8);
        for line in lines.split_inclusive(|&byte| byte == b'\n') {
            match line.strip_suffix(b"\n") {
                Some(line) => {
                    to.extend_from_slice(line);
                    to.extend_from_slice(newline);
                }
                None => to.extend_from_slice(line),
            }
        }
        to
    }
}
