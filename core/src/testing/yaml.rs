//! What our parser makes of a text, in the words of the oracle that the agreement suite holds against it.

use std::fmt::Write as _;
use std::num::NonZeroU64;

use crate::yaml::{self, Id, NodeKind, Style, Tag, Tree, Typed};

/// What is made of `source`: a line that says whether the first document decodes, then a line for each node
/// of all documents. The program `yaml-oracle` of the test tools says what the lines look like.
///
/// The text is also parsed in two halves, as large ones are.
///
/// # Errors
/// The text is refused. The error says why and where, for people.
///
/// # Panics
/// The halves make something else of it.
pub fn yaml_report(source: &[u8]) -> Result<String, String> {
    let whole = yaml::parse(source).map(|tree| report(&tree));
    if let Some(halves) = yaml::parse_in_halves(source) {
        assert!(halves.map(|tree| report(&tree)) == whole, "two threads read {source:?} as something else");
    }
    whole.map_err(|error| format!("{error:?}"))
}

fn report(tree: &Tree) -> String {
    let loads = match tree.documents.first() {
        None => "empty",
        Some(&first) if yaml::check_document(tree, first).is_ok() => "yes",
        Some(_) => "no",
    };
    let mut report = Report { tree, place: Place::new(&tree.text), out: format!("loads {loads}\n") };
    let mut open: Vec<(Id, usize)> = tree.documents.iter().rev().map(|&id| (id, 0)).collect();
    while let Some((id, depth)) = open.pop() {
        report.node(id, depth).expect("writing to a string does not fail");
        let first = open.len();
        open.extend(tree.children(id).map(|child| (child, depth + 1)));
        open[first..].reverse();
    }
    report.out
}

/// Puts a token into the place of a value of `source` that is a plain or quoted scalar of at least one byte: one of
/// them, as `choice` decides. A plain one outside of flow collections stays plain, all others get double quotes.
/// Returns the new text, and the place of the value among all nodes. Nothing if the text is refused, is
/// not UTF-8, or has no such value.
pub fn yaml_replace_value(source: &[u8], choice: u64) -> Option<(Vec<u8>, usize)> {
    let tree = yaml::parse(source).ok().filter(|tree| tree.text == source)?;
    let mut keys = vec![false; tree.nodes.len()];
    let mut values = Vec::new();
    for (index, node) in tree.nodes.iter().enumerate() {
        let id = Id(index as u32);
        if node.kind == NodeKind::Map {
            tree.children(id).step_by(2).for_each(|key| keys[key.0 as usize] = true);
        }
        let inline = matches!(node.style, Style::Plain | Style::Single | Style::Double);
        if node.kind == NodeKind::Scalar && inline && !node.span.is_empty() && !keys[index] {
            values.push(id);
        }
    }
    let count = NonZeroU64::new(values.len() as u64)?;
    let chosen = values[(choice % count) as usize];
    let node = tree.node(chosen);
    let token: &[u8] = match node.style {
        Style::Plain if !node.in_flow() => b"ENC[AES256_GCM,data:x,type:str]",
        _ => b"\"ENC[AES256_GCM,data:x,type:str]\"",
    };
    let place = node.span.range();
    // A value that begins with a colon can touch its anchor.
    let touches = tree.properties(chosen).is_some_and(|properties| properties.span.end == node.span.start);
    let blank: &[u8] = if touches { b" " } else { b"" };
    Some(([&source[..place.start], blank, token, &source[place.end..]].concat(), chosen.0 as usize))
}

struct Report<'t> {
    tree: &'t Tree,
    place: Place<'t>,
    out: String,
}

impl Report<'_> {
    fn node(&mut self, id: Id, depth: usize) -> std::fmt::Result {
        let tree = self.tree;
        let node = tree.node(id);
        let text = tree.scalar_text(id);
        let (kind, own) = match node.kind {
            NodeKind::Document => ("document", false),
            NodeKind::Map => ("map", node.style == Style::Flow),
            NodeKind::List => ("list", node.style == Style::Flow),
            NodeKind::Scalar => ("scalar", !text.is_empty() || node.style != Style::Plain),
            NodeKind::Alias => ("alias", true),
        };
        write!(self.out, "{depth} {kind}")?;
        if matches!(node.kind, NodeKind::Map | NodeKind::List | NodeKind::Scalar) {
            write!(self.out, " {} {}", style(node.style), tag(node.tag))?;
        }
        let properties = tree.properties(id);
        if own {
            let start = properties.map_or(node.span, |properties| properties.span).start;
            let (line, column) = self.place.of(start as usize);
            write!(self.out, " @{line}:{column}")?;
        }
        if let Some(anchor) =
            properties.map(|properties| properties.anchor).filter(|anchor| !anchor.is_empty())
        {
            write!(self.out, " &{}", String::from_utf8_lossy(anchor.of(&tree.text)))?;
        }
        match node.kind {
            NodeKind::Alias => write!(self.out, " *{}", node.first_child)?,
            NodeKind::Scalar => {
                self.out.push(' ');
                quote(&text, &mut self.out);
                self.out.push_str(" =");
                self.typed(id, &text)?;
            }
            _ => {}
        }
        let comments = tree.comments(id);
        for (name, lines) in [("head", comments.head), ("line", comments.line), ("foot", comments.foot)] {
            let lines: Vec<&[u8]> = tree.lines(lines).iter().map(|line| line.of(&tree.text)).collect();
            if !lines.is_empty() {
                write!(self.out, " {name}")?;
                quote(&lines.join(&b'\n'), &mut self.out);
            }
        }
        self.out.push('\n');
        Ok(())
    }

    fn typed(&mut self, id: Id, text: &[u8]) -> std::fmt::Result {
        match self.tree.value(id) {
            Err(_) | Ok(Typed::Null) => write!(self.out, "null"),
            Ok(Typed::Bool(truth)) => write!(self.out, "{truth}"),
            Ok(Typed::Int(number)) => write!(self.out, "int {number}"),
            Ok(Typed::Uint(number)) => write!(self.out, "uint {number}"),
            Ok(Typed::Float(number)) if number.is_nan() => write!(self.out, "float nan"),
            Ok(Typed::Float(number)) => write!(self.out, "float {:016x}", number.to_bits()),
            Ok(Typed::Time(time)) => write!(self.out, "time {time}"),
            Ok(Typed::Str(value)) => self.string(&value, text),
            Ok(Typed::Binary(value)) => self.string(&value, text),
        }
    }

    fn string(&mut self, value: &[u8], text: &[u8]) -> std::fmt::Result {
        self.out.push_str("str");
        if value != text {
            self.out.push(' ');
            quote(value, &mut self.out);
        }
        Ok(())
    }
}

/// Finds lines and columns of offsets that mostly grow.
struct Place<'t> {
    text: &'t [u8],
    /// How far we are: an offset, and the line and column that it has, from one, columns in characters.
    at: usize,
    line: usize,
    column: usize,
}

impl<'t> Place<'t> {
    fn new(text: &'t [u8]) -> Self {
        // A mark at the beginning takes no column.
        Self { text, at: if text.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 }, line: 1, column: 1 }
    }

    fn of(&mut self, offset: usize) -> (usize, usize) {
        if offset < self.at {
            *self = Self::new(self.text);
        }
        while self.at < offset {
            let rest = &self.text[self.at..];
            let breaks: [&[u8]; 6] =
                [b"\r\n", b"\r", b"\n", "\u{85}".as_bytes(), "\u{2028}".as_bytes(), "\u{2029}".as_bytes()];
            if let Some(found) = breaks.iter().find(|found| rest.starts_with(found)) {
                self.at += found.len();
                self.line += 1;
                self.column = 1;
            } else {
                self.at += rest.iter().skip(1).take_while(|&&byte| byte & 0xC0 == 0x80).count() + 1;
                self.column += 1;
            }
        }
        (self.line, self.column)
    }
}

/// Writes `text` in double quotes, every byte but printable ASCII as `\xHH`.
fn quote(text: &[u8], out: &mut String) {
    out.push('"');
    for &byte in text {
        if matches!(byte, b'"' | b'\\') || !(b' '..=b'~').contains(&byte) {
            write!(out, "\\x{byte:02x}").expect("writing to a string does not fail");
        } else {
            out.push(char::from(byte));
        }
    }
    out.push('"');
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
