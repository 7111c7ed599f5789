//! Documents: a text, and the stream of nodes that sops would make of it.
//!
//! A format turns a text into [`Node`]s with spans, in the order in which sops walks its tree, and turns
//! tokens and values back into edits of that text. Nothing here knows keys or ciphers.

pub(crate) mod binary;
pub(crate) mod dotenv;
pub(crate) mod indent;
pub(crate) mod ini;
pub(crate) mod items;
pub(crate) mod json;
pub(crate) mod merge;
#[cfg(test)]
mod round_trip;
pub(crate) mod text;
pub(crate) mod yaml;

use std::borrow::Cow;

pub use indent::Stores;
use items::Item;

use crate::edits::Edits;
use crate::metadata::Raw;
use crate::path::Step;
use crate::span::{Position, Span};
use crate::value::Value;

/// What a node is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// Opens a branch: a YAML document, or the only one of the other formats. A branch is a map.
    Branch,
    /// Opens a map. Its items follow, then `End`.
    Map,
    /// Opens a list. Its elements follow, then `End`.
    List,
    /// Closes the innermost branch, map or list.
    End,
    /// The key of an item of a branch or map; `Map`, `List` or `Scalar` follows.
    Key,
    /// A leaf: the value of a key, or an element of a list.
    Scalar(Type),
    /// A comment that sops sees: an item of a branch or map, or an element of a list.
    Comment {
        /// It stands behind the value of the item that follows it (YAML only).
        inline: bool,
    },
}

/// The type of a leaf.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Type {
    /// `null`.
    Null,
    /// A string.
    Str,
    /// A whole number within `i64`.
    Int,
    /// Another number.
    Float,
    /// A truth value.
    Bool,
    /// A timestamp.
    Time,
}

/// One step of a document.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Node {
    /// What it is.
    pub(crate) kind: Kind,
    /// The bytes of the text that it covers: a scalar with its quotes or block header, a key, a comment
    /// with its comment character; for what opens or closes a collection a place in the text near it.
    pub(crate) span: Span,
    /// For the format's own use: an index, a style, flags.
    pub(crate) detail: u32,
}

/// What a text is read as.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Form {
    /// Clear text that is to be encrypted. Refusals that go beyond those of sops apply: duplicate keys in
    /// later documents, text after a JSON object.
    Plain,
    /// An encrypted text. Whatever sops opens is read, with warnings.
    Sealed,
}

/// How the bytes of a text stood in the file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Encoding {
    /// As they are.
    #[default]
    Utf8,
    /// UTF-16, little end first, with a byte order mark.
    Utf16Le,
    /// UTF-16, big end first, with a byte order mark.
    Utf16Be,
}

/// Why a text cannot be read as a document, or cannot be encrypted.
///
/// Neither field holds content: no value, no comment. Names of keys may appear.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{}{problem}", position_prefix(*.position))]
pub struct DocumentError {
    /// What is wrong and, where it is not obvious, what to do, in lower case and without a full stop.
    pub problem: Cow<'static, str>,
    /// Where it is wrong.
    pub position: Option<Position>,
    /// Which of sops's cases it is, for the exit code.
    pub case: DocumentCase,
}

/// The cases of a [`DocumentError`] that sops tells apart by exit code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum DocumentCase {
    /// The text is not well formed (sops: 2 when encrypting, else 1).
    Malformed,
    /// The text holds no document at all (sops: 92).
    Empty,
    /// A leaf or a key is of a kind that cannot be encrypted: an integer beyond 64 bits with sign, a key
    /// that is not a string (sops: 23 when encrypting, 25 when decrypting).
    Unsupported,
    /// The place of the metadata is taken by something else (sops: 203).
    Reserved,
    /// The value cannot be written in this format (sops: 4).
    Unwritable,
}

/// A change of a clear text that a format makes where it stands. Nodes are told by their index.
pub(crate) enum Change<'i> {
    /// The value `node` becomes another one.
    Replace {
        /// A `Scalar`, `Map` or `List`.
        node: usize,
        /// The new value.
        value: &'i [Item<'i>],
    },
    /// A collection gets one more entry, behind the last one.
    Append {
        /// A `Branch`, `Map` or `List`.
        container: usize,
        /// The value, for a branch or map with its key in front.
        entry: &'i [Item<'i>],
    },
    /// The value `node` goes, with its key if it has one.
    Remove {
        /// A `Scalar`, `Map` or `List`.
        node: usize,
    },
}

/// A change that was made.
#[derive(Default)]
pub(crate) struct Changed {
    /// The edits of the text.
    pub(crate) edits: Edits,
    /// The indices of comments that are gone with what was removed.
    pub(crate) comments: Vec<usize>,
}

/// Something that sops may read in another way than it is written.
pub(crate) struct Misread {
    /// Where it is in the text.
    pub(crate) offset: usize,
    /// What stands there.
    pub(crate) bytes: &'static [u8],
    /// What is wrong and what to do, as in [`DocumentError::problem`].
    pub(crate) problem: &'static str,
}

fn position_prefix(position: Option<Position>) -> String {
    position.map_or_else(String::new, |position| format!("{position}: "))
}

impl DocumentError {
    /// The error `problem` of `case` at `offset` of `text`.
    pub(crate) fn at(
        case: DocumentCase,
        text: &[u8],
        offset: usize,
        problem: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { problem: problem.into(), position: Some(Position::of(text, offset)), case }
    }
}

/// A place for a token: a span of the text, and what stands on either side of the token that takes its place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Frame {
    /// What is replaced.
    pub(crate) span: Span,
    /// What stands in front of the token.
    pub(crate) before: &'static [u8],
    /// What stands behind it.
    pub(crate) after: &'static [u8],
}

impl Frame {
    /// The frame in the place of `span` with `quote` on either side of the token.
    pub(crate) const fn new(span: Span, quote: &'static [u8]) -> Self {
        Self { span, before: quote, after: quote }
    }

    /// Puts `token` into the place.
    pub(crate) fn place(self, token: &[u8], edits: &mut Edits) {
        edits.push_with(self.span, |to| {
            for part in [self.before, token, self.after] {
                to.extend_from_slice(part);
            }
        });
    }
}

/// A format of documents: how a text is read, and how tokens, values and the `sops` block are written
/// into it.
///
/// Every `place_` function pushes edits of [`Syntax::text`], in any order.
pub(crate) trait Syntax: Sized + Send + Sync {
    /// Reads `source`. The `sops` block, if there is one, is taken out of the nodes.
    ///
    /// # Errors
    /// The text is not well formed, or it is larger than 2 GiB.
    fn read(source: Cow<'_, [u8]>, form: Form) -> Result<Self, DocumentError>;

    /// The same on at most `threads` threads.
    ///
    /// # Errors
    /// As [`Syntax::read`].
    fn read_on(source: Cow<'_, [u8]>, form: Form, _threads: usize) -> Result<Self, DocumentError> {
        Self::read(source, form)
    }

    /// The text that the spans of the nodes are places of: UTF-8 whatever the source was.
    fn text(&self) -> &[u8];

    /// Gives the text away and drops the rest.
    fn into_text(self) -> Vec<u8> {
        self.text().to_vec()
    }

    /// How the text stood in the file.
    fn encoding(&self) -> Encoding {
        Encoding::Utf8
    }

    /// The document in sops's order.
    fn nodes(&self) -> &[Node];

    /// The `sops` block of the first branch, as a [`Raw::Map`]; `None` if there is none.
    ///
    /// # Errors
    /// There is one and it is no mapping, or not well formed.
    fn block(&self) -> Result<Option<Raw>, DocumentError>;

    /// Where the value at `path` in the `sops` block of the first branch begins: for messages. `None` if there is
    /// no such value. Of flat formats: where the line with the value, or with the first of those below, begins.
    fn block_place(&self, path: &[Step]) -> Option<u32>;

    /// What a reader should be told: things that sops accepts in silence though something may be lost.
    fn warnings(&self) -> Vec<DocumentError> {
        Vec::new()
    }

    /// The bytes of a key, decoded. `node` is a [`Kind::Key`].
    fn key(&self, node: &Node) -> Cow<'_, [u8]>;

    /// The value of a leaf or comment, decoded. `node` is a [`Kind::Scalar`] or [`Kind::Comment`].
    fn value(&self, node: &Node) -> Value<'_>;

    /// Edits that a plain text needs before the leaves and comments for which `selected` is true can be
    /// encrypted where they stand: an alias becomes a copy, a comment that sops would lose is taken out.
    /// Afterwards the text is read again. No edit: nothing is in the way.
    ///
    /// For a node that opens a collection, `selected` tells whether a comment in it would be encrypted.
    ///
    /// # Errors
    /// The copies of aliases would be too large.
    fn prepare(&self, _selected: &dyn Fn(usize) -> bool) -> Result<Edits, DocumentError> {
        Ok(Edits::default())
    }

    /// Edits that spell a plain text in another way, so that what a sealed text would give to something else
    /// stays where it is. Asked for when a sealed text does not read back: attempt 0 first, the next one for the
    /// text that this gave. `None`: there is no further way.
    fn respell(&self, _attempt: usize) -> Option<Edits> {
        None
    }

    /// Why a plain text in which the leaves and comments with `selected` are encrypted would not read back whatever its
    /// spelling: the node that is in the way, where it is in the text, and what is wrong and what to do. `None` if nothing is known. `preparing`: it
    /// is what [`Syntax::prepare`] gave that means something else.
    fn hindrance(
        &self,
        _selected: &dyn Fn(usize) -> bool,
        _preparing: bool,
    ) -> Option<(usize, u32, &'static str)> {
        None
    }

    /// Makes `change` in a plain text and leaves all else as it is. `None` where this format does not know how; what it
    /// gives need not be right, because it is proven afterwards.
    fn change(&self, change: &Change<'_>) -> Option<Changed>;

    /// Edits that write out whatever stands for a copy of something else, so that it can be changed alone.
    fn write_out(&self) -> Option<Edits> {
        None
    }

    /// Where the token of the selected leaf or comment `nodes()[index]` of a plain text goes, if it takes the
    /// place of one span and nothing else changes. What [`Syntax::place_token`] does is then the same.
    fn frame(&self, _index: usize) -> Option<Frame> {
        None
    }

    /// The text of a comment of a plain text as sops reads it, if that is another one than its value.
    fn comment_to_sops(&self, _node: &Node) -> Option<Vec<u8>> {
        None
    }

    /// Where the text holds something that sops may read as something else than what is written there.
    fn misread(&self) -> Option<Misread> {
        None
    }

    /// Puts `token` into the place of the selected leaf or comment `nodes()[index]` of a plain text, in the
    /// style that tells later how the value stood there. The first edit that it pushes holds the token.
    fn place_token(&self, index: usize, token: &[u8], edits: &mut Edits);

    /// How the value of the leaf `nodes()[index]` of a plain text is spelled, if that spelling is another
    /// than the canonical one and may travel inside the token (`1.50`, `TRUE`).
    fn spelling(&self, _index: usize) -> Option<&[u8]> {
        None
    }

    /// Where [`Syntax::place_value`] does nothing but to replace a span by the very bytes of the value: the span and
    /// these bytes.
    fn verbatim<'v>(&self, _index: usize, _value: &'v Value<'_>) -> Option<(Span, &'v [u8])> {
        None
    }

    /// Puts `value` into the place of the token or comment `nodes()[index]` of a sealed text, in the style
    /// that the place asks for. `spelling` is the text that was inside the token; it is used where it reads
    /// back to `value`.
    ///
    /// # Errors
    /// This format cannot express the value.
    fn place_value(
        &self,
        index: usize,
        value: &Value<'_>,
        spelling: &[u8],
        edits: &mut Edits,
    ) -> Result<(), DocumentError>;

    /// Writes `block`, a [`Raw::Map`], as the `sops` block: where it is, if there is one, else where sops
    /// puts it.
    fn place_block(&self, block: &Raw, edits: &mut Edits);

    /// Removes the `sops` block, so that the text ends as it did before it was encrypted.
    fn remove_block(&self, edits: &mut Edits);

    /// How a `sops` block that this text does not have yet will be indented, where the text does not say.
    ///
    /// # Errors
    /// The indentation is one that the format does not have.
    fn indent_block(&mut self, _stores: &Stores) -> Result<(), DocumentError> {
        Ok(())
    }

    /// Prints the file that sops prints for `items`: one branch or several, each closed, indented as `stores` say.
    ///
    /// # Errors
    /// The format cannot express them, or does not have this indentation.
    fn print(items: &[Item<'_>], stores: &Stores, to: &mut Vec<u8>) -> Result<(), DocumentError>;

    /// Prints a single value that is neither a string nor a map as sops does for `--extract`.
    ///
    /// # Errors
    /// The format has no single values, cannot express this one, or does not have this indentation.
    fn print_value(items: &[Item<'_>], stores: &Stores, to: &mut Vec<u8>) -> Result<(), DocumentError>;

    /// Writes the subtree at `nodes()[index]` (a `Scalar`, `Map` or `List` of a plain text) as sops prints
    /// it for `--extract`.
    ///
    /// # Errors
    /// This format has no single values, or cannot express this one.
    #[cfg(test)]
    fn extract(&self, index: usize) -> Result<Vec<u8>, DocumentError> {
        items::extract::<Self, Self>(self, index, &Stores::default())
    }
}
