//! YAML as sops prints it, in its own style whatever a source looked like; and parts of a document in the
//! indentation of what is around them.

use super::number;
use super::text::{
    Block, Printed, pad, plain_reads_back, printed_style, single_reads_back, write_double, write_single,
};
use super::values::{literal_indent, write_binary, write_literal};
use crate::document::items::{Item, behind};
use crate::value::Value;

/// Keys above this length are printed behind a question mark.
const LONGEST_KEY: usize = 128;

/// How deep what is nested is indented.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Indents {
    /// How many columns a map is deeper than the key that holds it.
    pub(super) map: usize,
    /// How many columns a list is deeper than the key that holds it.
    pub(super) list: usize,
    /// Whether the columns below a key are multiples of the step, as sops has it.
    pub(super) rounded: bool,
}

impl Indents {
    /// As sops indents by `step` columns.
    pub(super) const fn of_sops(step: usize) -> Self {
        Self { map: step, list: step, rounded: true }
    }

    /// The column of what is in the value of the key (if `keyed`) or of the dash in column `parent`.
    fn inside(self, parent: usize, keyed: bool, list: bool) -> usize {
        match (keyed, self.rounded) {
            (false, _) => parent + 2,
            (true, true) => literal_indent(parent, true, self.map),
            (true, false) => parent + if list { self.list } else { self.map },
        }
    }

    /// The column of the lines of a block scalar.
    fn of_lines(self, parent: usize, keyed: bool) -> usize {
        self.inside(parent, keyed, false)
    }
}

/// Appends the file for `items`: its branches with `---` between them.
pub(super) fn documents(items: &[Item<'_>], indents: Indents, to: &mut Vec<u8>) {
    let mut at = 0;
    while at < items.len() {
        if at > 0 {
            to.extend_from_slice(b"---\n");
        }
        let end = behind(items, at);
        collection(&items[at..end], indents, to);
        at = end;
    }
}

/// Appends a single value that is no string: a scalar, or a list from column 0.
pub(super) fn value(items: &[Item<'_>], to: &mut Vec<u8>) {
    match items.first() {
        Some(Item::Scalar(value)) => {
            scalar_on_one_line(value, to);
            to.push(b'\n');
        }
        // Whatever the configuration says.
        Some(_) => collection(items, Indents::of_sops(4), to),
        None => {}
    }
}

/// Appends what stands behind the colon of a key in column `column`, from the blank or line break on to the end of
/// the last line: the value that `items` begin with.
pub(super) fn behind_key(items: &[Item<'_>], column: usize, indents: Indents, to: &mut Vec<u8>) {
    let mut printer = Printer::new(items, indents, to);
    printer.keyed = true;
    printer.run(column);
}

/// Appends an element of a list whose dash is in column `column`, from the dash on.
pub(super) fn element(items: &[Item<'_>], column: usize, indents: Indents, to: &mut Vec<u8>) {
    let mut printer = Printer::new(items, indents, to);
    printer.fresh = true;
    printer.run(column);
}

/// Appends an entry of a map whose key is in column `column`, from the key on: the key and the value that `items`
/// begin with.
pub(super) fn entry(items: &[Item<'_>], column: usize, indents: Indents, to: &mut Vec<u8>) {
    let mut printer = Printer::new(items, indents, to);
    printer.fresh = true;
    printer.run(column);
}

/// Appends a value, or a key with its value, on one line as it can stand within brackets. Comments are left out.
pub(super) fn flow(items: &[Item<'_>], to: &mut Vec<u8>) {
    let mut open: Vec<u8> = Vec::new();
    let mut first = true;
    let mut keyed = false;
    for item in items {
        match item {
            Item::Comment { .. } => continue,
            Item::End => {
                let Some(bracket) = open.pop() else { break };
                to.push(bracket);
                first = false;
            }
            item => {
                if !open.is_empty() && !first && !keyed {
                    to.extend_from_slice(b", ");
                }
                keyed = false;
                first = item.opens();
                match item {
                    Item::Key(key) => {
                        string_in_flow(key, to);
                        to.extend_from_slice(b": ");
                        keyed = true;
                    }
                    Item::Scalar(Value::Str(text)) => string_in_flow(text, to),
                    Item::Scalar(value) => {
                        let start = to.len();
                        number::write(value, to);
                        keep_fraction(value, start, to);
                    }
                    Item::List => {
                        to.push(b'[');
                        open.push(b']');
                    }
                    _ => {
                        to.push(b'{');
                        open.push(b'}');
                    }
                }
            }
        }
        if open.is_empty() && !keyed {
            break;
        }
    }
}

/// Gives the number that was written from `start` on a point, if it would be read as a whole one and is none.
fn keep_fraction(value: &Value<'_>, start: usize, to: &mut Vec<u8>) {
    if matches!(value, Value::Float(_)) && number::is_canonical_int(&to[start..]) {
        to.extend_from_slice(b".0");
    }
}

fn string_in_flow(text: &[u8], to: &mut Vec<u8>) {
    match std::str::from_utf8(text) {
        Ok(_) if printed_style(text) == Printed::Plain && plain_reads_back(text, true) => {
            to.extend_from_slice(text);
        }
        Ok(utf8) => write_double(utf8, true, to),
        Err(_) => write_binary(text, to),
    }
}

/// Appends the collection that `items` are, from column 0.
fn collection(items: &[Item<'_>], indents: Indents, to: &mut Vec<u8>) {
    let mut printer = Printer::new(items, indents, to);
    let mut at = 0;
    let is_list = matches!(items[0], Item::List);
    if items[1..].iter().find(|item| !item.is_comment()).is_none_or(|item| matches!(item, Item::End)) {
        while let Some(comment) = items.get(at + 1).filter(|item| item.is_comment()) {
            printer.comment_line(comment, 0);
            at += 1;
        }
        return printer.to.extend_from_slice(if is_list { b"[]\n" } else { b"{}\n" });
    }
    printer.levels.push(Level { indent: 0, heads: Vec::new(), inlines: Vec::new() });
    while !printer.levels.is_empty() && at + 1 < items.len() {
        at += 1;
        at += printer.step(at);
    }
}

/// An open collection.
struct Level<'i> {
    indent: usize,
    /// Comments that come above the next item.
    heads: Vec<&'i Item<'i>>,
    /// Comments that come behind it.
    inlines: Vec<&'i Item<'i>>,
}

struct Printer<'i, 't> {
    items: &'i [Item<'i>],
    indents: Indents,
    to: &'t mut Vec<u8>,
    levels: Vec<Level<'i>>,
    /// A key has been printed, and its value comes.
    keyed: bool,
    /// The key stands behind a question mark.
    marked: bool,
    /// The line has begun with dashes, up to the column in which the next item begins.
    fresh: bool,
    /// Comments behind a collection, which come behind the next scalar.
    late: Vec<&'i Item<'i>>,
}

impl<'i, 't> Printer<'i, 't> {
    fn new(items: &'i [Item<'i>], indents: Indents, to: &'t mut Vec<u8>) -> Self {
        Self {
            items,
            indents,
            to,
            levels: Vec::new(),
            keyed: false,
            marked: false,
            fresh: false,
            late: Vec::new(),
        }
    }

    /// Prints all items as those of a collection in column `column`.
    fn run(&mut self, column: usize) {
        self.levels.push(Level { indent: column, heads: Vec::new(), inlines: Vec::new() });
        let mut at = 0;
        while at < self.items.len() {
            at += 1 + self.step(at);
        }
    }

    /// Prints the item `at`. Returns how many items behind it are done with as well.
    fn step(&mut self, at: usize) -> usize {
        let item = &self.items[at];
        let level = self.levels.last_mut().expect("the caller stops at the last end");
        match item {
            Item::Comment { inline: true, .. } => level.inlines.push(item),
            Item::Comment { .. } => level.heads.push(item),
            Item::Key(key) => {
                let indent = level.indent;
                self.heads(indent);
                self.begin_line(indent);
                self.key(key, indent);
                self.keyed = true;
            }
            Item::Scalar(value) => {
                let (indent, keyed) = self.lead();
                self.scalar(value, indent, keyed);
            }
            Item::End => {
                let level = self.levels.pop().expect("there is a level");
                self.fresh = false;
                for comment in level.heads.iter().chain(&level.inlines) {
                    self.comment_line(comment, level.indent);
                }
            }
            _ => return self.open(at),
        }
        0
    }

    /// What comes before a value: nothing behind a key, else the comments above and the dash. Returns the
    /// column of the key or dash, and whether it is a key.
    fn lead(&mut self) -> (usize, bool) {
        let indent = self.levels.last().map_or(0, |level| level.indent);
        let keyed = std::mem::take(&mut self.keyed);
        if !keyed {
            self.heads(indent);
            self.begin_line(indent);
            self.to.push(b'-');
        }
        self.to.push(b' ');
        (indent, keyed)
    }

    fn open(&mut self, at: usize) -> usize {
        let items = self.items;
        let list = matches!(items[at], Item::List);
        let comments = items[at + 1..].iter().take_while(|item| item.is_comment()).count();
        let behind = &items[at + 1..at + 1 + comments];
        let is_empty = matches!(items.get(at + 1 + comments), None | Some(Item::End));
        let keyed = self.keyed;
        let is_head = |item: &&Item<'_>| matches!(item, Item::Comment { inline: false, .. });
        let heads = behind.iter().filter(|item| is_empty || is_head(item));
        let mut done = 0;
        if !keyed {
            // Above the dash, not between it and the first item.
            let level = self.levels.last_mut().expect("a value is in a collection");
            level.heads.extend(heads.clone());
            done = behind.iter().take_while(is_head).count();
        }
        let (indent, _) = self.lead();
        let inlines =
            self.levels.last_mut().map(|level| std::mem::take(&mut level.inlines)).unwrap_or_default();
        if is_empty {
            match (list, keyed && comments > 0) {
                (false, true) => {
                    self.to.extend_from_slice(b"{\n");
                    for comment in behind {
                        self.comment_line(comment, self.indents.inside(indent, true, false));
                    }
                    self.to.push(b'}');
                }
                (false, false) => self.to.extend_from_slice(b"{}"),
                (true, _) => self.to.extend_from_slice(b"[]"),
            }
            self.inlines(&inlines, indent);
            if list && keyed {
                for comment in behind {
                    self.comment_line(comment, indent);
                }
            }
            return comments + 1;
        }
        self.late = inlines;
        let indent = if keyed {
            // Not a blank at the end of the line.
            self.to.pop();
            let inside = self.indents.inside(indent, true, list);
            if self.marked {
                pad(inside.saturating_sub(indent + 1), self.to);
                self.fresh = true;
            } else {
                self.to.push(b'\n');
            }
            inside
        } else {
            self.fresh = true;
            indent + 2
        };
        self.levels.push(Level { indent, heads: Vec::new(), inlines: Vec::new() });
        done
    }

    fn heads(&mut self, indent: usize) {
        let heads = self.levels.last_mut().map(|level| std::mem::take(&mut level.heads)).unwrap_or_default();
        for comment in heads {
            self.comment_line(comment, indent);
        }
    }

    fn begin_line(&mut self, indent: usize) {
        if !std::mem::take(&mut self.fresh) {
            pad(indent, self.to);
        }
    }

    fn comment_line(&mut self, comment: &Item<'_>, indent: usize) {
        self.begin_line(indent);
        self.comment(comment, indent);
        self.to.push(b'\n');
    }

    /// A comment without the end of its line. Further lines, which it has only if it comes from another format,
    /// get a sign if they have none.
    fn comment(&mut self, comment: &Item<'_>, indent: usize) {
        let Item::Comment { text, .. } = comment else { return };
        for (at, line) in text.split(|byte| *byte == b'\n').enumerate() {
            // A carriage return would end the line as well.
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if at > 0 {
                self.to.push(b'\n');
                if line.is_empty() {
                    continue;
                }
                pad(indent, self.to);
            }
            match line.first() {
                _ if at == 0 => self.to.push(b'#'),
                Some(b'#') => {}
                _ => self.to.extend_from_slice(b"# "),
            }
            self.to.extend_from_slice(line);
        }
    }

    /// The comments behind a value, and the end of its line.
    fn inlines(&mut self, comments: &[&Item<'_>], indent: usize) {
        for (at, comment) in comments.iter().enumerate() {
            if at == 0 {
                self.to.push(b' ');
            } else {
                pad(indent, self.to);
            }
            self.comment(comment, indent);
            if at + 1 < comments.len() {
                self.to.push(b'\n');
            }
        }
        self.to.push(b'\n');
    }

    fn key(&mut self, key: &[u8], indent: usize) {
        self.marked = key.len() > LONGEST_KEY || memchr::memchr2(b'\n', b'\r', key).is_some();
        if self.marked {
            self.to.extend_from_slice(b"? ");
            match (printed_style(key), Block::of(key)) {
                (Printed::Literal, Some(block)) => self.literal(block, key, indent, true, &[]),
                _ => {
                    string(key, self.to);
                    self.to.push(b'\n');
                }
            }
            pad(indent, self.to);
        } else {
            string(key, self.to);
        }
        self.to.push(b':');
    }

    /// A literal block with its header and all its line breaks.
    fn literal(&mut self, mut block: Block, text: &[u8], indent: usize, keyed: bool, inlines: &[&Item<'_>]) {
        // sops says how deep also where a reader could find out.
        block.indicator |= matches!(text.first(), Some(b' ' | b'\n'));
        let deeper = self.indents.of_lines(indent, keyed);
        let mut lines = Vec::new();
        write_literal(block, text, deeper, (deeper - indent) as u8, b"\n", &mut lines);
        let header = memchr::memchr(b'\n', &lines).unwrap_or(lines.len());
        self.to.extend_from_slice(&lines[..header]);
        self.inlines(inlines, indent);
        self.to.extend_from_slice(lines.get(header + 1..).unwrap_or_default());
        let breaks = text.iter().rev().take_while(|&&byte| byte == b'\n').count();
        for _ in 0..breaks.max(1) {
            self.to.push(b'\n');
        }
        zeroize::Zeroize::zeroize(&mut lines);
    }

    /// What is not UTF-8, in base64: in lines of 70 if it is longer.
    fn binary(&mut self, bytes: &[u8], indent: usize, keyed: bool) {
        let start = self.to.len();
        write_binary(bytes, self.to);
        const HEAD: usize = b"!!binary ".len();
        let digits = self.to.split_off((start + HEAD).min(self.to.len()));
        if digits.len() <= 70 {
            self.to.extend_from_slice(&digits);
            return;
        }
        self.to.push(b'|');
        for line in digits.chunks(70) {
            self.to.push(b'\n');
            pad(self.indents.of_lines(indent, keyed), self.to);
            self.to.extend_from_slice(line);
        }
    }

    fn scalar(&mut self, value: &Value<'_>, indent: usize, keyed: bool) {
        let mut inlines =
            self.levels.last_mut().map(|level| std::mem::take(&mut level.inlines)).unwrap_or_default();
        let late = std::mem::take(&mut self.late);
        if inlines.is_empty() {
            inlines = late;
        }
        match value {
            Value::Str(text) => match (printed_style(text), Block::of(text)) {
                (Printed::Literal, Some(block)) if self.indents.of_lines(indent, keyed) - indent < 10 => {
                    return self.literal(block, text, indent, keyed, &inlines);
                }
                (Printed::Binary, _) => self.binary(text, indent, keyed),
                _ => string(text, self.to),
            },
            value => {
                let start = self.to.len();
                scalar_on_one_line(value, self.to);
                if !self.indents.rounded {
                    keep_fraction(value, start, self.to);
                }
            }
        }
        self.inlines(&inlines, indent);
    }
}

fn scalar_on_one_line(value: &Value<'_>, to: &mut Vec<u8>) {
    match value {
        Value::Str(text) => string(text, to),
        value => number::write(value, to),
    }
}

/// A string on one line.
fn string(text: &[u8], to: &mut Vec<u8>) {
    let Ok(utf8) = std::str::from_utf8(text) else { return write_binary(text, to) };
    match printed_style(text) {
        _ if text == b"<<" => to.extend_from_slice(b"!!merge <<"),
        Printed::Plain => to.extend_from_slice(text),
        Printed::Single if single_reads_back(text) => write_single(text, to),
        _ => write_double(utf8, false, to),
    }
}
