//! YAML as a document: the tree of the text becomes the nodes that sops walks, and tokens, values and the
//! `sops` block become edits of the text.

mod block;
mod change;
mod hindrance;
mod marks;
mod nodes;
mod number;
mod place;
mod prepare;
mod print;
mod respell;
mod text;
mod tokens;
mod values;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::ops::Range;

use super::indent;
use super::items::Item;
use super::{
    Change, Changed, DocumentCase, DocumentError, Encoding, Form, Frame, Kind, Misread, Node, Syntax,
};
use crate::document::Stores;
use crate::edits::Edits;
use crate::metadata::Raw;
use crate::path::Step;
use crate::secret::wipe;
use crate::span::Span;
use crate::value::Value;
use crate::yaml::{Id, Style, Tag, Tree, Typed, parse_owned};

/// In [`Node::detail`]: the node was made for an alias. Its span is a place in what the alias repeats.
const COPY: u32 = 1 << 31;
/// In [`Node::detail`] of a comment: it is an element of a list, and stands at the element with this id.
const LISTED: u32 = 1 << 30;
/// In [`Node::detail`] of a comment: it is an element of the list with this id.
const OWN: u32 = 1 << 29;
/// How many nodes a tree may have, so that their ids leave room for the flags.
const MOST: usize = OWN as usize;

/// The id of the tree's node in [`Node::detail`]. For a comment in a map it is the map.
const fn id_of(detail: u32) -> Id {
    Id(detail & (OWN - 1))
}

/// A YAML text, one document or several.
pub(crate) struct Yaml {
    tree: Tree,
    form: Form,
    nodes: Vec<Node>,
    roots: Vec<DocumentRoot>,
    expansions: Vec<Expansion>,
    anchors: Vec<(u32, Range<u32>)>,
    warnings: Vec<DocumentError>,
    /// The blanks of one level of a `sops` block that the text does not have yet.
    block_step: usize,
}

/// A document of the text. Ids of nodes; `NONE` for what there is not.
#[derive(Clone, Copy, Debug)]
struct DocumentRoot {
    /// The document.
    document: u32,
    /// What is in it: a map, or null.
    root: u32,
    /// The `sops` key and its value.
    key: u32,
    value: u32,
}

/// An alias that stands in the text.
#[derive(Clone, Debug)]
struct Expansion {
    alias: Id,
    /// What it repeats.
    target: Id,
    /// The nodes that were made for it.
    nodes: Range<u32>,
    /// It is a key.
    key: bool,
}

impl Drop for Yaml {
    fn drop(&mut self) {
        if self.form == Form::Plain {
            wipe(&mut self.tree.text);
        }
    }
}

impl Syntax for Yaml {
    fn read(source: Cow<'_, [u8]>, form: Form) -> Result<Self, DocumentError> {
        Self::read_on(source, form, 1)
    }

    fn read_on(source: Cow<'_, [u8]>, form: Form, threads: usize) -> Result<Self, DocumentError> {
        let is_empty = source.is_empty();
        let tree = parse_owned(source.into_owned(), threads).map_err(|(error, mut source)| {
            let error = nodes::malformed(&source, error);
            if form == Form::Plain {
                wipe(&mut source);
            }
            error
        })?;
        if tree.documents.is_empty() && !is_empty {
            return Err(DocumentError {
                problem: "the text holds nothing but comments or blanks; write {} for an empty document"
                    .into(),
                position: None,
                case: DocumentCase::Malformed,
            });
        }
        let reading = nodes::read(&tree, form, threads)?;
        Ok(Self {
            tree,
            form,
            nodes: reading.nodes,
            roots: reading.roots,
            expansions: reading.expansions,
            anchors: reading.anchors,
            warnings: reading.warnings,
            block_step: block::STEP,
        })
    }

    fn text(&self) -> &[u8] {
        &self.tree.text
    }

    fn into_text(mut self) -> Vec<u8> {
        std::mem::take(&mut self.tree.text)
    }

    fn encoding(&self) -> Encoding {
        self.tree.encoding
    }

    fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    fn block(&self) -> Result<Option<Raw>, DocumentError> {
        block::read(self)
    }

    fn block_place(&self, path: &[Step]) -> Option<u32> {
        block::find(self, path)
    }

    fn warnings(&self) -> Vec<DocumentError> {
        self.warnings.clone()
    }

    fn key(&self, node: &Node) -> Cow<'_, [u8]> {
        let id = id_of(node.detail);
        match self.tree.node(id).tag {
            Tag::Binary => match self.tree.value(id) {
                Ok(Typed::Binary(bytes)) => Cow::Owned(bytes),
                _ => Cow::Borrowed(b""),
            },
            _ => self.tree.scalar_text(id),
        }
    }

    fn value(&self, node: &Node) -> Value<'_> {
        if let Kind::Comment { .. } = node.kind {
            return Value::Comment(Cow::Borrowed(&node.span.of(&self.tree.text)[1..]));
        }
        match self.tree.value(id_of(node.detail)) {
            Ok(Typed::Str(text)) => Value::Str(text),
            Ok(Typed::Int(number)) => Value::Int(number),
            Ok(Typed::Float(number)) => Value::Float(number),
            Ok(Typed::Bool(truth)) => Value::Bool(truth),
            Ok(Typed::Time(time)) => Value::Time(time),
            Ok(Typed::Binary(bytes)) => Value::Str(Cow::Owned(bytes)),
            Ok(Typed::Null | Typed::Uint(_)) | Err(_) => Value::Null,
        }
    }

    fn prepare(&self, selected: &dyn Fn(usize) -> bool) -> Result<Edits, DocumentError> {
        prepare::prepare(self, selected)
    }

    fn hindrance(
        &self,
        selected: &dyn Fn(usize) -> bool,
        preparing: bool,
    ) -> Option<(usize, u32, &'static str)> {
        hindrance::find(self, selected, preparing)
    }

    fn respell(&self, attempt: usize) -> Option<Edits> {
        respell::respell(self, attempt)
    }

    fn change(&self, change: &Change<'_>) -> Option<Changed> {
        change::change(self, change)
    }

    fn write_out(&self) -> Option<Edits> {
        self.prepare(&|index| self.nodes[index].detail & COPY != 0).ok()
    }

    fn frame(&self, index: usize) -> Option<Frame> {
        tokens::frame(self, index)
    }

    fn misread(&self) -> Option<Misread> {
        let mark = if self.tree.is_ascii() { None } else { marks::stumbling_block(&self.tree.text) };
        mark.map(|offset| Misread {
            offset,
            bytes: marks::MARK,
            problem: "a byte order mark (U+FEFF) stands where sops may leave out characters; remove it, or write \
                      \\uFEFF in double quotes",
        })
    }

    fn place_token(&self, index: usize, token: &[u8], edits: &mut Edits) {
        tokens::place(self, index, token, edits);
    }

    fn spelling(&self, index: usize) -> Option<&[u8]> {
        let node = &self.nodes[index];
        let Kind::Scalar(kind) = node.kind else { return None };
        let text = node.span.of(&self.tree.text);
        let spelled_otherwise = match kind {
            super::Type::Int => !number::is_canonical_int(text),
            super::Type::Bool => !matches!(text, b"true" | b"false"),
            super::Type::Float | super::Type::Time => true,
            super::Type::Null | super::Type::Str => false,
        };
        (spelled_otherwise && self.tree.node(id_of(node.detail)).style == Style::Plain).then_some(text)
    }

    fn verbatim<'v>(&self, index: usize, value: &'v Value<'_>) -> Option<(Span, &'v [u8])> {
        values::verbatim(self, index, value)
    }

    fn place_value(
        &self,
        index: usize,
        value: &Value<'_>,
        spelling: &[u8],
        edits: &mut Edits,
    ) -> Result<(), DocumentError> {
        values::place(self, index, value, spelling, edits)
    }

    fn place_block(&self, block: &Raw, edits: &mut Edits) {
        block::place(self, block, edits);
    }

    fn remove_block(&self, edits: &mut Edits) {
        block::remove(self, edits);
    }

    fn indent_block(&mut self, stores: &Stores) -> Result<(), DocumentError> {
        self.block_step = indent::yaml(stores)?;
        Ok(())
    }

    fn print(items: &[Item<'_>], stores: &Stores, to: &mut Vec<u8>) -> Result<(), DocumentError> {
        print::documents(items, print::Indents::of_sops(indent::yaml(stores)?), to);
        Ok(())
    }

    fn print_value(items: &[Item<'_>], _stores: &Stores, to: &mut Vec<u8>) -> Result<(), DocumentError> {
        print::value(items, to);
        Ok(())
    }
}
