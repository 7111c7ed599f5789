//! The value that is put into a text.

use std::borrow::Cow;

use zeroize::Zeroize;

use crate::document::items::{Item, item};
use crate::document::json::Json;
use crate::document::{Form, Kind, Syntax};
use crate::value::Value;

/// A value that is put into a text: any that JSON knows. It is wiped when it is dropped.
pub struct NewValue {
    items: Vec<Item<'static>>,
}

/// A text is not one JSON value. Holds no content.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the value is not valid JSON")]
pub struct NewValueError;

impl NewValue {
    /// Reads one JSON value. Whole numbers of 64 bits stay whole numbers, others have a fraction.
    ///
    /// # Errors
    /// The text is not exactly one JSON value.
    pub fn from_json(text: &[u8]) -> Result<Self, NewValueError> {
        let mut wrapped = zeroize::Zeroizing::new(Vec::with_capacity(text.len() + 6));
        wrapped.extend_from_slice(b"{\"v\":");
        wrapped.extend_from_slice(text);
        wrapped.extend_from_slice(b"}");
        let json = Json::read(Cow::Borrowed(&wrapped), Form::Plain).map_err(|_| NewValueError)?;
        let nodes = json.nodes();
        let keys_at_top = {
            let end = nodes.len() - 1;
            nodes.len() > 3 && crate::path::behind(nodes, 2) == end && nodes[1].kind == Kind::Key
        };
        if !keys_at_top || !matches!(json.block(), Ok(None)) {
            return Err(NewValueError);
        }
        let items = nodes[2..nodes.len() - 1].iter().map(|node| item(&json, node).into_owned()).collect();
        Ok(Self { items })
    }

    /// The value as items.
    pub(crate) fn items(&self) -> &[Item<'static>] {
        &self.items
    }
}

impl Drop for NewValue {
    fn drop(&mut self) {
        for item in &mut self.items {
            if let Item::Scalar(Value::Str(text)) = item
                && let Cow::Owned(text) = text
            {
                text.zeroize();
            }
        }
    }
}
