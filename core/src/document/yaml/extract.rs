//! Single values as sops prints them: in its own style, whatever the source looked like.

use super::Yaml;
use super::number;
use super::text::{Block, Printed, pad, printed_style, single_reads_back, write_double, write_single};
use super::values::{literal_indent, write_binary, write_literal};
use crate::document::{Kind, Node, Syntax};
use crate::value::Value;

/// The indentation of sops.
const STEP: usize = 4;
/// Keys above this length are printed behind a question mark.
const LONGEST_KEY: usize = 128;

/// The subtree at `index`: a string as it is, other scalars and lists in YAML, a map as a file in which it is
/// the first document.
pub(super) fn extract(yaml: &Yaml, index: usize) -> Vec<u8> {
    let mut to = Vec::new();
    let node = &yaml.nodes[index];
    match node.kind {
        Kind::Scalar(_) => match yaml.value(node) {
            Value::Str(text) => to.extend_from_slice(&text),
            value => {
                number::write(&value, &mut to);
                to.push(b'\n');
            }
        },
        Kind::List => print(yaml, index, &mut to),
        _ => {
            print(yaml, index, &mut to);
            let branches = yaml.nodes.iter().enumerate().filter(|(_, node)| node.kind == Kind::Branch);
            for (branch, _) in branches.skip(1) {
                to.extend_from_slice(b"---\n");
                print(yaml, branch, &mut to);
            }
        }
    }
    to
}

/// Prints the collection that opens at `index`, from column 0.
fn print(yaml: &Yaml, index: usize, to: &mut Vec<u8>) {
    let mut printer = Printer { yaml, to, levels: Vec::new(), keyed: false, fresh: false, late: Vec::new() };
    let mut at = index;
    let is_list = yaml.nodes[index].kind == Kind::List;
    if yaml.nodes[at + 1..].iter().find(|node| !is_comment(node)).is_none_or(|node| node.kind == Kind::End) {
        while let Some(comment) = yaml.nodes.get(at + 1).filter(|node| is_comment(node)) {
            printer.comment_line(comment, 0);
            at += 1;
        }
        return printer.to.extend_from_slice(if is_list { b"[]\n" } else { b"{}\n" });
    }
    printer.levels.push(Level { indent: 0, heads: Vec::new(), inlines: Vec::new() });
    while !printer.levels.is_empty() {
        at += 1;
        at += printer.step(at);
    }
}

fn is_comment(node: &Node) -> bool {
    matches!(node.kind, Kind::Comment { .. })
}

/// An open collection.
struct Level<'y> {
    indent: usize,
    /// Comments that come above the next item.
    heads: Vec<&'y Node>,
    /// Comments that come behind it.
    inlines: Vec<&'y Node>,
}

struct Printer<'y, 't> {
    yaml: &'y Yaml,
    to: &'t mut Vec<u8>,
    levels: Vec<Level<'y>>,
    /// A key has been printed, and its value comes.
    keyed: bool,
    /// The line has begun with dashes, up to the column in which the next item begins.
    fresh: bool,
    /// Comments behind a collection, which come behind the next scalar.
    late: Vec<&'y Node>,
}

impl<'y> Printer<'y, '_> {
    /// Prints the node `at`. Returns how many nodes behind it are done with as well.
    fn step(&mut self, at: usize) -> usize {
        let node = &self.yaml.nodes[at];
        let level = self.levels.last_mut().expect("the caller stops at the last end");
        match node.kind {
            Kind::Comment { inline: true } => level.inlines.push(node),
            Kind::Comment { .. } => level.heads.push(node),
            Kind::Key => {
                let indent = level.indent;
                self.heads(indent);
                self.begin_line(indent);
                self.key(node, indent);
                self.keyed = true;
            }
            Kind::Scalar(_) => {
                let (indent, keyed) = self.lead();
                self.scalar(node, indent, keyed);
            }
            Kind::End => {
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
        let nodes = &self.yaml.nodes;
        let list = nodes[at].kind == Kind::List;
        let comments = nodes[at + 1..].iter().take_while(|node| is_comment(node)).count();
        let behind = &nodes[at + 1..at + 1 + comments];
        let is_empty = nodes[at + 1 + comments].kind == Kind::End;
        let keyed = self.keyed;
        let heads = behind.iter().filter(|node| is_empty || node.kind == Kind::Comment { inline: false });
        let mut done = 0;
        if !keyed {
            // Above the dash, not between it and the first item.
            let level = self.levels.last_mut().expect("a value is in a collection");
            level.heads.extend(heads.clone());
            done = behind.iter().take_while(|node| node.kind == Kind::Comment { inline: false }).count();
        }
        let (indent, _) = self.lead();
        let inlines =
            self.levels.last_mut().map(|level| std::mem::take(&mut level.inlines)).unwrap_or_default();
        if is_empty {
            match (list, keyed && comments > 0) {
                (false, true) => {
                    self.to.extend_from_slice(b"{\n");
                    for comment in behind {
                        self.comment_line(comment, literal_indent(indent, true, STEP));
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
            self.to.push(b'\n');
            literal_indent(indent, true, STEP)
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

    fn comment_line(&mut self, comment: &Node, indent: usize) {
        self.begin_line(indent);
        self.comment(comment);
        self.to.push(b'\n');
    }

    fn comment(&mut self, comment: &Node) {
        self.to.extend_from_slice(comment.span.of(self.yaml.text()));
    }

    /// The comments behind a value, and the end of its line.
    fn inlines(&mut self, comments: &[&Node], indent: usize) {
        for (at, comment) in comments.iter().enumerate() {
            if at == 0 {
                self.to.push(b' ');
            } else {
                pad(indent, self.to);
            }
            self.comment(comment);
            if at + 1 < comments.len() {
                self.to.push(b'\n');
            }
        }
        self.to.push(b'\n');
    }

    fn key(&mut self, node: &Node, indent: usize) {
        let key = self.yaml.key(node);
        let long = key.len() > LONGEST_KEY;
        if long {
            self.to.extend_from_slice(b"? ");
        }
        string(&key, self.to);
        if long {
            self.to.push(b'\n');
            pad(indent, self.to);
        }
        self.to.push(b':');
    }

    fn scalar(&mut self, node: &Node, indent: usize, keyed: bool) {
        let mut inlines =
            self.levels.last_mut().map(|level| std::mem::take(&mut level.inlines)).unwrap_or_default();
        let late = std::mem::take(&mut self.late);
        if inlines.is_empty() {
            inlines = late;
        }
        match self.yaml.value(node) {
            Value::Str(text) => {
                if let (Printed::Literal, Some(block)) = (printed_style(&text), Block::of(&text)) {
                    let deeper = literal_indent(indent, keyed, STEP);
                    let mut lines = Vec::new();
                    write_literal(block, &text, deeper, (deeper - indent) as u8, b"\n", &mut lines);
                    let header = memchr::memchr(b'\n', &lines).unwrap_or(lines.len());
                    self.to.extend_from_slice(&lines[..header]);
                    self.inlines(&inlines, indent);
                    self.to.extend_from_slice(lines.get(header + 1..).unwrap_or_default());
                    let breaks = text.iter().rev().take_while(|&&byte| byte == b'\n').count();
                    for _ in 0..breaks.max(1) {
                        self.to.push(b'\n');
                    }
                    zeroize::Zeroize::zeroize(&mut lines);
                    return;
                }
                string(&text, self.to);
            }
            value => number::write(&value, self.to),
        }
        self.inlines(&inlines, indent);
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
