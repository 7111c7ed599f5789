//! Binary: any bytes as one value, wrapped in JSON when it is encrypted.
//!
//! To sops the clear text is an object with the one member `data`. The wrapper is laid out as sops prints it.

use std::borrow::Cow;

use super::items::{Item, behind};
use super::json::{Json, write_member_block};
use super::text::Text;
use super::{Change, Changed, DocumentCase, DocumentError, Form, Frame, Kind, Node, Syntax, Type};
use crate::document::Stores;
use crate::edits::Edits;
use crate::metadata::Raw;
use crate::path::Step;
use crate::span::Span;
use crate::value::Value;

/// The key of the only value.
const KEY: &[u8] = b"data";
/// How a wrapper begins, up to the value.
const HEAD: &[u8] = b"{\n\t\"data\": \"";
/// The index of the only value of a clear text.
const VALUE: usize = 2;

/// Any bytes, clear or in their wrapper.
pub(crate) struct Binary {
    inner: Inner,
}

enum Inner {
    Plain {
        text: Text,
        nodes: [Node; 4],
    },
    Sealed {
        json: Json,
        /// The index of the value of `data`.
        data: usize,
    },
}

impl Syntax for Binary {
    fn read(source: Cow<'_, [u8]>, form: Form) -> Result<Self, DocumentError> {
        let inner = match form {
            Form::Plain => {
                let text = Text::new(source, form)?;
                let whole = Span::new(0, text.len());
                let node = |kind, span| Node { kind, span, detail: 0 };
                let nodes = [
                    node(Kind::Branch, Span::default()),
                    node(Kind::Key, Span::default()),
                    node(Kind::Scalar(Type::Str), whole),
                    node(Kind::End, Span::empty(text.len())),
                ];
                Inner::Plain { text, nodes }
            }
            Form::Sealed => {
                let json = Json::read(source, form)?;
                let data = json
                    .member(KEY)
                    .filter(|index| json.nodes()[*index].kind == Kind::Scalar(Type::Str))
                    .ok_or_else(|| no_data(&json))?;
                Inner::Sealed { json, data }
            }
        };
        Ok(Self { inner })
    }

    fn text(&self) -> &[u8] {
        match &self.inner {
            Inner::Plain { text, .. } => text,
            Inner::Sealed { json, .. } => json.text(),
        }
    }

    fn into_text(self) -> Vec<u8> {
        match self.inner {
            Inner::Plain { text, .. } => text.into_bytes(),
            Inner::Sealed { json, .. } => json.into_text(),
        }
    }

    fn nodes(&self) -> &[Node] {
        match &self.inner {
            Inner::Plain { nodes, .. } => nodes,
            Inner::Sealed { json, .. } => json.nodes(),
        }
    }

    /// Of a clear text: the block of what it is the encrypted form of. sops would wrap it a second time in
    /// silence.
    fn block(&self) -> Result<Option<Raw>, DocumentError> {
        match &self.inner {
            Inner::Plain { text, .. } => Ok(wrapped_block(text)),
            Inner::Sealed { json, .. } => json.block(),
        }
    }

    fn block_place(&self, path: &[Step]) -> Option<u32> {
        match &self.inner {
            Inner::Plain { .. } => None,
            Inner::Sealed { json, .. } => json.block_place(path),
        }
    }

    fn warnings(&self) -> Vec<DocumentError> {
        match &self.inner {
            Inner::Plain { .. } => Vec::new(),
            Inner::Sealed { json, .. } => json.warnings(),
        }
    }

    fn key(&self, node: &Node) -> Cow<'_, [u8]> {
        match &self.inner {
            Inner::Plain { .. } => Cow::Borrowed(KEY),
            Inner::Sealed { json, .. } => json.key(node),
        }
    }

    fn value(&self, node: &Node) -> Value<'_> {
        match &self.inner {
            Inner::Plain { text, .. } => match node.kind {
                Kind::Scalar(_) => Value::Str(Cow::Borrowed(text)),
                _ => Value::Null,
            },
            Inner::Sealed { json, .. } => json.value(node),
        }
    }

    fn prepare(&self, selected: &dyn Fn(usize) -> bool) -> Result<Edits, DocumentError> {
        if !self.text().is_empty() && !selected(VALUE) {
            return Err(DocumentError {
                problem:
                    "a binary file can only be encrypted as a whole; remove the rules that select fields"
                        .into(),
                position: None,
                case: DocumentCase::Unwritable,
            });
        }
        Ok(Edits::default())
    }

    fn change(&self, change: &Change<'_>) -> Option<Changed> {
        let Change::Replace { node: VALUE, value: [Item::Scalar(Value::Str(text))] } = change else {
            return None;
        };
        let mut changed = Changed::default();
        changed.edits.push(Span::new(0, self.text().len()), text);
        Some(changed)
    }

    fn frame(&self, index: usize) -> Option<Frame> {
        match &self.inner {
            Inner::Plain { text, .. } => {
                Some(Frame { span: Span::new(0, text.len()), before: HEAD, after: b"\"" })
            }
            Inner::Sealed { json, .. } => json.frame(index),
        }
    }

    fn place_token(&self, index: usize, token: &[u8], edits: &mut Edits) {
        if let Some(frame) = self.frame(index) {
            frame.place(token, edits);
        }
    }

    fn verbatim<'v>(&self, index: usize, value: &'v Value<'_>) -> Option<(Span, &'v [u8])> {
        match (&self.inner, value) {
            (Inner::Sealed { json, data }, Value::Str(bytes)) if index == *data => {
                Some((json.nodes()[index].span, bytes))
            }
            _ => None,
        }
    }

    fn place_value(
        &self,
        index: usize,
        value: &Value<'_>,
        spelling: &[u8],
        edits: &mut Edits,
    ) -> Result<(), DocumentError> {
        let Inner::Sealed { json, data } = &self.inner else { return Ok(()) };
        if index != *data {
            // sops ignores other members, so they vanish with the wrapper; what they hold must be readable.
            return json.place_value(index, value, spelling, &mut Edits::default());
        }
        let Value::Str(bytes) = value else {
            return Err(no_data(json));
        };
        let span = json.nodes()[index].span;
        edits.push(span, bytes);
        // A second edit tells that this place has no style of its own that could be kept.
        edits.push(Span::empty(span.end as usize), b"");
        Ok(())
    }

    fn place_block(&self, block: &Raw, edits: &mut Edits) {
        match &self.inner {
            Inner::Plain { text, .. } => edits.push_with(Span::empty(text.len()), |to| {
                if text.is_empty() {
                    to.extend_from_slice(HEAD);
                    to.push(b'"');
                }
                to.push(b',');
                write_member_block(block, to);
                to.extend_from_slice(b"\n}\n");
            }),
            Inner::Sealed { json, .. } => json.place_block(block, edits),
        }
    }

    fn remove_block(&self, edits: &mut Edits) {
        let Inner::Sealed { json, data } = &self.inner else { return };
        let node = json.nodes()[*data];
        edits.push(Span::new(0, node.span.start as usize), b"");
        if let Value::Str(text) = json.value(&node)
            && !text.starts_with(b"ENC[AES256_GCM,")
        {
            edits.push(node.span, &text);
        }
        edits.push(Span::new(node.span.end as usize, json.text().len()), b"");
    }

    fn print(items: &[Item<'_>], _stores: &Stores, to: &mut Vec<u8>) -> Result<(), DocumentError> {
        let unwritable = |problem: &'static str| {
            Err(DocumentError { problem: problem.into(), position: None, case: DocumentCase::Unwritable })
        };
        if items.iter().filter(|item| matches!(item, Item::Branch)).count() != 1 {
            return unwritable("a binary file cannot hold several documents");
        }
        let mut at = 1;
        while at < items.len() {
            match (&items[at], items.get(at + 1)) {
                (Item::Key(key), Some(Item::Scalar(Value::Str(text)))) if **key == *KEY => {
                    to.extend_from_slice(text);
                    return Ok(());
                }
                (Item::Key(key), _) if **key == *KEY => {
                    return unwritable("a binary file can only hold a string named data, but data is none");
                }
                _ => at = behind(items, at),
            }
        }
        unwritable(
            "there is no string named data, so this is no binary file; if it is of another format, name it",
        )
    }

    fn print_value(_items: &[Item<'_>], _stores: &Stores, _to: &mut Vec<u8>) -> Result<(), DocumentError> {
        Err(DocumentError {
            problem: "a binary file has no parts, so there is no single value to extract".into(),
            position: None,
            case: DocumentCase::Unwritable,
        })
    }
}

/// The block inside `text`, if it is an encrypted binary file.
fn wrapped_block(text: &[u8]) -> Option<Raw> {
    if !text.trim_ascii_start().starts_with(b"{") || memchr::memmem::find(text, b"\"sops\"").is_none() {
        return None;
    }
    let json = Json::read(Cow::Borrowed(text), Form::Sealed).ok()?;
    json.member(KEY)?;
    match json.block() {
        Ok(Some(Raw::Map(items))) if items.iter().any(|(key, _)| key.eq_ignore_ascii_case("mac")) => {
            Some(Raw::Map(items))
        }
        _ => None,
    }
}

fn no_data(json: &Json) -> DocumentError {
    DocumentError::at(
        DocumentCase::Unwritable,
        json.text(),
        json.nodes()[0].span.start as usize,
        "there is no string named data, so this is no encrypted binary file; if it is of another format, name it",
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
