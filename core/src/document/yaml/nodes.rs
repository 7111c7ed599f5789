//! From the tree of a YAML text to the nodes that sops walks.
//!
//! sops keeps comments as items of maps and elements of lists, expands aliases, and leaves merge keys alone.
//! The order is its order: comments above and behind a key come before it, those behind a scalar as well
//! (marked as inline), those below come after the value. Comments of a collection that is the value of a key
//! go inside; those of a collection that is an element of a list stay outside.

use super::{COPY, DocumentRoot, Expansion, LISTED, MOST, OWN};
use crate::document::{DocumentCase, DocumentError, Form, Kind, Node, Type};
use crate::span::Span;
use crate::yaml::{Id, NONE, NodeKind, Tag, Tree, Typed, YamlError, check_document, check_duplicates};

/// The name of the metadata in every document.
pub(super) const SOPS: &[u8] = b"sops";

/// Nodes that the expansion of aliases may add to a text of any size. A document that sops accepts may grow
/// by about this much, however small it is.
const MOST_COPIES: usize = 4_000_000;

/// What reading a tree gives.
#[derive(Default)]
pub(super) struct Reading {
    /// The nodes of all documents.
    pub(super) nodes: Vec<Node>,
    /// Each document's root and its `sops` key.
    pub(super) roots: Vec<DocumentRoot>,
    /// The aliases that stand in the text, in its order.
    pub(super) expansions: Vec<Expansion>,
    /// The nodes with anchors, in the order of the text: its id, and its nodes.
    pub(super) anchors: Vec<(u32, std::ops::Range<u32>)>,
    /// Things that sops accepts in silence.
    pub(super) warnings: Vec<DocumentError>,
}

/// How many nodes a tree has whose check is worth a thread.
const LARGE: usize = 20_000;

/// Turns `tree` into nodes, on at most `threads` threads.
///
/// # Errors
/// A document is no map, a key is no string, an integer is too large, aliases expand without limit, or, for
/// [`Form::Plain`], a later document has what sops would refuse in the first one.
pub(super) fn read(tree: &Tree, form: Form, threads: usize) -> Result<Reading, DocumentError> {
    if tree.nodes.len() > MOST {
        return Err(DocumentError {
            problem: "the text has too many nodes".into(),
            position: None,
            case: DocumentCase::Malformed,
        });
    }
    let mut reader = Reader {
        tree,
        form,
        out: Reading {
            nodes: Vec::with_capacity(tree.nodes.len() + tree.nodes.len() / 4),
            ..Reading::default()
        },
        frames: Vec::new(),
        copying: 0,
        copies: 0,
        most_copies: MOST_COPIES.max(tree.nodes.len()),
    };
    match tree.documents[..] {
        // Without anchors nothing is repeated, so that the nodes can be made before it is known that they may be.
        [document] if threads > 1 && tree.nodes.len() >= LARGE && tree.properties.is_empty() => {
            let (checked, read) = std::thread::scope(|scope| {
                let check = scope.spawn(|| check_document(tree, document));
                let read = reader.document(document, true);
                (check.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), read)
            });
            checked.map_err(|error| malformed(&tree.text, error))?;
            read?;
        }
        _ => tree.documents.iter().try_for_each(|&document| reader.document(document, false))?,
    }
    Ok(reader.out)
}

/// The error that sops would report as not well formed.
pub(super) fn malformed(text: &[u8], error: YamlError) -> DocumentError {
    let mut problem: std::borrow::Cow<'static, str> = error.problem.into();
    if let Some(other) = error.other {
        problem = format!("{problem} (see {})", crate::span::Position::of(text, other as usize)).into();
    }
    DocumentError::at(DocumentCase::Malformed, text, error.offset as usize, problem)
}

/// The node itself, or what an alias stands for.
pub(super) fn target(tree: &Tree, id: Id) -> Id {
    let node = tree.node(id);
    if node.kind == NodeKind::Alias { Id(node.first_child) } else { id }
}

/// A collection whose items are being read.
struct Frame {
    id: Id,
    kind: NodeKind,
    /// The next key or element.
    next: u32,
    /// The item that was read last, whose comments below are due: the key of a map's item.
    key: u32,
    /// Its value, or the element of a list.
    value: u32,
    /// The collection's own comments belong to the list around it.
    handled: bool,
    /// It is the root of a document.
    root: bool,
    /// Its nodes end a copy made for an alias.
    copy: bool,
    /// Index of what has to learn where the nodes end: an expansion or, of other nodes, an anchor; or `NONE`.
    ends: u32,
}

struct Reader<'t> {
    tree: &'t Tree,
    form: Form,
    out: Reading,
    frames: Vec<Frame>,
    /// How many aliases deep the reader is.
    copying: u32,
    copies: usize,
    most_copies: usize,
}

impl Reader<'_> {
    /// Reads a document. `checked`: somebody else checks it.
    fn document(&mut self, document: Id, checked: bool) -> Result<(), DocumentError> {
        let node = *self.tree.node(document);
        let comments = self.tree.comments(document);
        let first = self.out.roots.is_empty();
        self.push(Kind::Branch, Span::empty(node.span.start as usize), document.0)?;
        self.comments(comments.head, document.0, false)?;
        self.comments(comments.line, document.0, false)?;
        let root = node.first_child;
        self.out.roots.push(DocumentRoot { document: document.0, root, key: NONE, value: NONE });
        if root != NONE {
            let root = Id(root);
            if first && !checked {
                check_document(self.tree, document).map_err(|error| malformed(&self.tree.text, error))?;
            } else if !first && let Err(error) = check_duplicates(self.tree, document) {
                let error = malformed(&self.tree.text, error);
                if self.form == Form::Plain {
                    return Err(error);
                }
                self.out.warnings.push(error);
            }
            self.root(root)?;
        }
        self.comments(comments.foot, document.0, false)?;
        self.push(Kind::End, Span::empty(node.span.end as usize), document.0)
    }

    fn root(&mut self, root: Id) -> Result<(), DocumentError> {
        let node = *self.tree.node(root);
        let comments = self.tree.comments(root);
        match node.kind {
            NodeKind::Map => {
                self.anchor(root);
                self.comments(comments.head, root.0, false)?;
                self.comments(comments.line, root.0, false)?;
                self.open(root, false, true, false, NONE);
                self.run()?;
                // A root's comments below it are inside it as well: a branch is a map.
                self.comments(comments.foot, root.0, false)
            }
            NodeKind::Scalar if self.is_null(root) => {
                self.comments(comments.head, root.0, false)?;
                self.comments(comments.line, root.0, false)
            }
            NodeKind::Alias => Err(self.error(
                DocumentCase::Malformed,
                root,
                "the document is an alias; write out what it repeats",
            )),
            _ => Err(self.error(
                DocumentCase::Malformed,
                root,
                "the document is not a map of keys and values, which is all that can be encrypted",
            )),
        }
    }

    /// Goes on until all frames are done.
    fn run(&mut self) -> Result<(), DocumentError> {
        while let Some(frame) = self.frames.last_mut() {
            let (id, kind) = (frame.id, frame.kind);
            let (key, value) = (frame.key, frame.value);
            let next = frame.next;
            frame.key = NONE;
            frame.value = NONE;
            if value != NONE {
                let value = Id(value);
                if kind == NodeKind::List || self.is_leaf(value) {
                    let owner = if kind == NodeKind::List { value.0 | LISTED } else { id.0 };
                    self.comments(self.tree.comments(value).foot, owner, false)?;
                }
                if key != NONE {
                    self.comments(self.tree.comments(Id(key)).foot, id.0, false)?;
                }
            }
            if next == NONE {
                self.close()?;
            } else if kind == NodeKind::List {
                self.element(Id(next))?;
            } else {
                self.item(id, Id(next))?;
            }
        }
        Ok(())
    }

    fn element(&mut self, element: Id) -> Result<(), DocumentError> {
        let frame = self.frames.last_mut().expect("the list's frame is open");
        frame.next = self.tree.node(element).next;
        frame.value = element.0;
        let comments = self.tree.comments(element);
        self.comments(comments.head, element.0 | LISTED, false)?;
        self.comments(comments.line, element.0 | LISTED, true)?;
        self.value(element, true)
    }

    fn item(&mut self, map: Id, key: Id) -> Result<(), DocumentError> {
        let value = Id(self.tree.node(key).next);
        let frame = self.frames.last_mut().expect("the map's frame is open");
        frame.next = self.tree.node(value).next;
        frame.key = key.0;
        frame.value = value.0;
        let root = frame.root;
        let comments = self.tree.comments(key);
        self.comments(comments.head, map.0, false)?;
        self.comments(comments.line, map.0, false)?;
        let leaf = self.is_leaf(value);
        if leaf {
            let comments = self.tree.comments(value);
            self.comments(comments.head, map.0, false)?;
            self.comments(comments.line, map.0, true)?;
        }
        let target = self.target(key);
        if root
            && self.tree.scalar_text(target).as_ref() == SOPS
            && self.tree.node(target).kind == NodeKind::Scalar
        {
            return self.metadata(key, value);
        }
        self.key(key, target)?;
        self.value(value, leaf)
    }

    /// The `sops` key of a document is no node.
    fn metadata(&mut self, key: Id, value: Id) -> Result<(), DocumentError> {
        let root = self.out.roots.last_mut().expect("the document is known");
        if root.key == NONE {
            root.key = key.0;
            root.value = value.0;
        }
        if self.form == Form::Plain && self.out.roots.len() > 1 && self.out.roots[0].key == NONE {
            return Err(self.error(
                DocumentCase::Unwritable,
                key,
                "the key sops is reserved for the metadata; rename it before the file is encrypted",
            ));
        }
        Ok(())
    }

    fn key(&mut self, key: Id, target: Id) -> Result<(), DocumentError> {
        let node = self.tree.node(target);
        let is_string = node.kind == NodeKind::Scalar
            && matches!(
                node.tag,
                // The tag of a collection on a scalar makes a string of it.
                Tag::Str | Tag::Merge | Tag::Binary | Tag::Map | Tag::Seq | Tag::Other
            );
        if !is_string {
            return Err(self.error(
                DocumentCase::Unsupported,
                key,
                "the key is not a string; put it in quotes if it is meant to be one",
            ));
        }
        let index = self.out.nodes.len() as u32;
        if key != target {
            if self.copying == 0 {
                self.out.expansions.push(Expansion {
                    alias: key,
                    target,
                    nodes: index..index + 1,
                    key: true,
                });
            }
            return self.push(Kind::Key, node.span, target.0 | COPY);
        }
        if self.copying == 0 && self.has_anchor(key) {
            self.out.anchors.push((key.0, index..index + 1));
        }
        let span = node.span;
        self.push(Kind::Key, span, key.0)
    }

    /// The value of a key or an element of a list.
    fn value(&mut self, id: Id, handled: bool) -> Result<(), DocumentError> {
        let target = self.target(id);
        let start = self.out.nodes.len() as u32;
        let copy = target != id;
        if copy {
            let (alias, anchored) = (self.tree.node(id).span, self.tree.node(target).span);
            if anchored.start <= alias.start && alias.start < anchored.end {
                return Err(self.error(
                    DocumentCase::Malformed,
                    id,
                    "the alias stands inside what it repeats",
                ));
            }
            if self.copying == 0 {
                self.out.expansions.push(Expansion { alias: id, target, nodes: start..start, key: false });
            }
            self.copying += 1;
        }
        let ends = match copy {
            true if self.copying == 1 => self.out.expansions.len() as u32 - 1,
            false if self.copying == 0 && self.has_anchor(id) => {
                self.out.anchors.push((id.0, start..start));
                self.out.anchors.len() as u32 - 1
            }
            _ => NONE,
        };
        let node = *self.tree.node(target);
        match node.kind {
            NodeKind::Map | NodeKind::List => {
                let handled = handled && !copy;
                let list = node.kind == NodeKind::List;
                let kind = if list { Kind::List } else { Kind::Map };
                self.push(kind, Span::empty(node.span.start as usize), target.0)?;
                if !handled {
                    let own = target.0 | if list { OWN } else { 0 };
                    let comments = self.tree.comments(target);
                    self.comments(comments.head, own, false)?;
                    self.comments(comments.line, own, false)?;
                }
                self.open(target, handled, false, copy, ends);
                Ok(())
            }
            _ => {
                let kind = Kind::Scalar(self.leaf(target)?);
                self.push(kind, node.span, target.0)?;
                self.end(copy, ends);
                Ok(())
            }
        }
    }

    fn open(&mut self, id: Id, handled: bool, root: bool, copy: bool, ends: u32) {
        let node = self.tree.node(id);
        self.frames.push(Frame {
            id,
            kind: node.kind,
            next: node.first_child,
            key: NONE,
            value: NONE,
            handled,
            root,
            copy,
            ends,
        });
    }

    fn close(&mut self) -> Result<(), DocumentError> {
        let frame = self.frames.pop().expect("a frame is open");
        if frame.root {
            return Ok(());
        }
        let node = self.tree.node(frame.id);
        let end = Span::empty(node.span.end as usize);
        if !frame.handled {
            let own = frame.id.0 | if frame.kind == NodeKind::List { OWN } else { 0 };
            self.comments(self.tree.comments(frame.id).foot, own, false)?;
        }
        self.push(Kind::End, end, frame.id.0)?;
        self.end(frame.copy, frame.ends);
        Ok(())
    }

    /// Notes that the nodes of an alias or of an anchored value are complete.
    fn end(&mut self, copy: bool, ends: u32) {
        let here = self.out.nodes.len() as u32;
        if ends != NONE {
            if copy {
                self.out.expansions[ends as usize].nodes.end = here;
            } else {
                self.out.anchors[ends as usize].1.end = here;
            }
        }
        if copy {
            self.copying -= 1;
        }
    }

    fn anchor(&mut self, id: Id) {
        if self.has_anchor(id) {
            // Nothing can repeat a root: an alias to it would stand inside it.
            let here = self.out.nodes.len() as u32;
            self.out.anchors.push((id.0, here..here));
        }
    }

    fn comments(&mut self, range: (u32, u32), detail: u32, inline: bool) -> Result<(), DocumentError> {
        for at in range.0..range.1 {
            self.push(Kind::Comment { inline }, self.tree.comment_lines[at as usize], detail)?;
        }
        Ok(())
    }

    fn push(&mut self, kind: Kind, span: Span, detail: u32) -> Result<(), DocumentError> {
        let copy = self.copying > 0 || detail & COPY != 0;
        if copy {
            self.copies += 1;
            if self.copies > self.most_copies {
                return Err(DocumentError::at(
                    DocumentCase::Malformed,
                    &self.tree.text,
                    span.start as usize,
                    "aliases repeat too much of the document",
                ));
            }
        }
        self.out.nodes.push(Node { kind, span, detail: detail | if copy { COPY } else { 0 } });
        Ok(())
    }

    fn leaf(&self, id: Id) -> Result<Type, DocumentError> {
        let node = self.tree.node(id);
        let written = self.tree.properties(id).is_some_and(|properties| !properties.tag.is_empty());
        let digits = node.span.end - node.span.start;
        match node.tag {
            Tag::Str | Tag::Merge => return Ok(Type::Str),
            _ if written => {}
            Tag::Null => return Ok(Type::Null),
            Tag::Bool => return Ok(Type::Bool),
            Tag::Float => return Ok(Type::Float),
            // Without an offset.
            Tag::Timestamp if digits <= 10 => return Ok(Type::Time),
            // Too short for 0x8000000000000000.
            Tag::Int if digits < 18 => return Ok(Type::Int),
            _ => {}
        }
        match self.tree.value(id) {
            Ok(Typed::Null) => Ok(Type::Null),
            Ok(Typed::Str(_) | Typed::Binary(_)) => Ok(Type::Str),
            Ok(Typed::Int(_)) => Ok(Type::Int),
            Ok(Typed::Float(_)) => Ok(Type::Float),
            Ok(Typed::Bool(_)) => Ok(Type::Bool),
            // In an encrypted file it is clear, and sops reads it.
            Ok(Typed::Time(time)) if time.offset.abs() < 24 * 60 * 60 || self.form == Form::Sealed => {
                Ok(Type::Time)
            }
            Ok(Typed::Time(_)) => Err(self.error(
                DocumentCase::Unsupported,
                id,
                "the offset of the timestamp is a day or more; put it in quotes if it may be a string",
            )),
            Ok(Typed::Uint(_)) => Err(self.error(
                DocumentCase::Unsupported,
                id,
                "the number is above 9223372036854775807; put it in quotes if it may be a string",
            )),
            // sops ignores the error where it meets it, and goes on with nothing.
            Err(_) if self.form == Form::Sealed => Ok(Type::Null),
            Err(error) => Err(malformed(&self.tree.text, error)),
        }
    }

    fn is_null(&self, id: Id) -> bool {
        self.tree.node(id).tag == Tag::Null
    }

    /// Whether sops treats the comments of a value as those of the item.
    fn is_leaf(&self, id: Id) -> bool {
        matches!(self.tree.node(id).kind, NodeKind::Scalar | NodeKind::Alias)
    }

    fn has_anchor(&self, id: Id) -> bool {
        self.tree.properties(id).is_some_and(|properties| !properties.anchor.is_empty())
    }

    /// The node itself, or what an alias stands for.
    fn target(&self, id: Id) -> Id {
        target(self.tree, id)
    }

    fn error(&self, case: DocumentCase, id: Id, problem: &'static str) -> DocumentError {
        DocumentError::at(case, &self.tree.text, self.tree.node(id).span.start as usize, problem)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::fmt::Write as _;

    use super::*;
    use crate::yaml::parse;

    #[test]
    fn several_threads_read_and_refuse_what_one_does() {
        let mut text = String::new();
        for number in 0..LARGE / 2 {
            writeln!(text, "key_{number}: {number}").unwrap();
        }
        let (again, huge) = ("key_7: 1\n", "huge: 18446744073709551615\n");
        for (end, problem) in [
            ("", None),
            (again, Some("a key that the mapping has already")),
            (huge, Some("")),
            (&[again, huge].concat(), Some("a key that the mapping has already")),
            (&[huge, again].concat(), Some("a key that the mapping has already")),
        ] {
            let tree = parse(format!("{text}{end}").as_bytes()).unwrap();
            let [one, two] = [1, 2].map(|threads| read(&tree, Form::Plain, threads));
            assert_eq!(one.is_err(), problem.is_some(), "{end}");
            match (one, two) {
                (Ok(one), Ok(two)) => assert_eq!(one.nodes, two.nodes),
                (Err(one), Err(two)) => {
                    assert_eq!(one, two);
                    assert!(one.to_string().contains(problem.unwrap()), "{one}");
                }
                _ => panic!("they differ about {end}"),
            }
        }
    }
}
