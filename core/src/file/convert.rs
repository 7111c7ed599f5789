//! From one format to another: the clear text that sops prints for the same tree, with what it would lose.

use std::borrow::Cow;

use zeroize::Zeroizing;

use crate::document::Stores;
use crate::document::binary::Binary;
use crate::document::dotenv::Dotenv;
use crate::document::ini::Ini;
use crate::document::items::{Item, items};
use crate::document::json::Json;
use crate::document::yaml::Yaml;
use crate::document::{DocumentError, Form, Syntax};
use crate::file::error::EncryptError;
use crate::file::format::Format;
use crate::file::meaning::{self, Meaning};
use crate::file::request::{EncryptRequest, Encrypted};
use crate::file::seal;
use crate::path::describe;
use crate::secret::Plaintext;
use crate::value::Value;

/// A clear text in another format than it came in.
///
/// What the format cannot express is found by reading the text again and comparing it; see [`Converted::losses`].
pub struct Converted {
    text: Zeroizing<Vec<u8>>,
    format: Format,
    losses: Vec<Loss>,
    /// For each node of the new text the value that it had, where the new format has another type for it.
    types: Vec<Option<Value<'static>>>,
}

/// What is lost when a text is converted. Holds no content; paths name keys.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Loss {
    /// The format holds one document, and there are more.
    #[error("{format} holds one document only; the other {} would be lost", count - 1)]
    Documents {
        /// How many there are.
        count: usize,
        /// The name of the format.
        format: &'static str,
    },
    /// The format has no null; it would become the text `<nil>`.
    #[error("{path}: {format} has no null; it would become the text <nil>")]
    Null {
        /// Where it is.
        path: String,
        /// The name of the format.
        format: &'static str,
    },
    /// The value, or the key, would be read back as another one.
    #[error("{path}: this cannot be written in {format} so that it reads back as the same")]
    Changed {
        /// Where it is.
        path: String,
        /// The name of the format.
        format: &'static str,
    },
    /// Comments are dropped. Nothing else is lost with them.
    #[error("{format} cannot hold all comments; some are dropped")]
    Comments {
        /// The name of the format.
        format: &'static str,
    },
}

impl Loss {
    /// Whether data would be lost, and not only comments.
    pub const fn is_data(&self) -> bool {
        !matches!(self, Self::Comments { .. })
    }
}

/// Converts the clear text `source`, which is to be encrypted. The new text is indented as `stores` say.
///
/// # Errors
/// The text is not well formed, is encrypted already, or cannot be expressed in the format `to` at all.
pub fn convert(source: &[u8], from: Format, to: Format, stores: &Stores) -> Result<Converted, EncryptError> {
    match from {
        Format::Yaml => convert_plain::<Yaml>(source, to, stores),
        Format::Json => convert_plain::<Json>(source, to, stores),
        Format::Dotenv => convert_plain::<Dotenv>(source, to, stores),
        Format::Ini => convert_plain::<Ini>(source, to, stores),
        Format::Binary => convert_plain::<Binary>(source, to, stores),
    }
}

fn convert_plain<S: Syntax>(source: &[u8], to: Format, stores: &Stores) -> Result<Converted, EncryptError> {
    let document = S::read(Cow::Borrowed(source), Form::Plain)?;
    if !matches!(document.block(), Ok(None)) {
        return Err(EncryptError::AlreadyEncrypted);
    }
    if document.nodes().is_empty() {
        return Err(EncryptError::Empty);
    }
    Ok(convert_document(&document, to, stores)?)
}

/// The text of `document` in the format `to`.
///
/// # Errors
/// It cannot be expressed in it.
pub(crate) fn convert_document<S: Syntax>(
    document: &S,
    to: Format,
    stores: &Stores,
) -> Result<Converted, DocumentError> {
    match to {
        Format::Yaml => into::<S, Yaml>(document, to, stores),
        Format::Json => into::<S, Json>(document, to, stores),
        Format::Dotenv => into::<S, Dotenv>(document, to, stores),
        Format::Ini => into::<S, Ini>(document, to, stores),
        Format::Binary => into::<S, Binary>(document, to, stores),
    }
}

fn into<S: Syntax, T: Syntax>(document: &S, to: Format, stores: &Stores) -> Result<Converted, DocumentError> {
    let format = to.name();
    let all = items(document);
    let mut text = Zeroizing::new(Vec::with_capacity(document.text().len() * 2));
    T::print(&all, stores, &mut text)?;
    let mut losses = Vec::new();
    let count = all.iter().filter(|item| matches!(item, Item::Branch)).count();
    if count > 1 && matches!(to, Format::Json | Format::Dotenv) {
        losses.push(Loss::Documents { count, format });
    }
    if matches!(to, Format::Dotenv | Format::Ini) {
        let null = all.iter().position(|item| matches!(item, Item::Scalar(Value::Null)));
        losses.extend(null.map(|index| Loss::Null { path: describe(document, index), format }));
    }
    let expected = Meaning::new(&all, to);
    let changed = |index: usize| Loss::Changed { path: describe(document, index), format };
    let mut types = Vec::new();
    match T::read(Cow::Borrowed(&text), Form::Plain) {
        Err(_) => losses.push(changed(0)),
        Ok(again) => {
            let read = items(&again);
            match expected.same(&Meaning::new(&read, to)) {
                Err(index) => losses.push(changed(index)),
                Ok(()) if losses.is_empty() => types = meaning::types(&expected, &read, to),
                Ok(()) => {}
            }
            let comments = |items: &[Item<'_>]| items.iter().filter(|item| item.is_comment()).count();
            if comments(&all) > comments(&read) {
                losses.push(Loss::Comments { format });
            }
        }
    }
    Ok(Converted { text, format: to, losses, types })
}

impl Converted {
    /// The text.
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// Gives the text away and drops the rest.
    pub fn into_text(mut self) -> Plaintext {
        Plaintext::new(std::mem::take(&mut *self.text))
    }

    /// The format of the text.
    pub fn format(&self) -> Format {
        self.format
    }

    /// What is lost: sops loses it, too, and does not say so.
    pub fn losses(&self) -> &[Loss] {
        &self.losses
    }

    /// Encrypts the text. Values keep the types that they had before, also where the format has none: sops reads an
    /// integer from an encrypted dotenv file as an integer.
    ///
    /// # Errors
    /// As for [`crate::encrypt`].
    pub fn encrypt(self, request: EncryptRequest<'_>) -> Result<Encrypted, EncryptError> {
        let Self { mut text, format, types, .. } = self;
        let source = Cow::Owned(std::mem::take(&mut *text));
        match format {
            Format::Yaml => seal::seal_typed::<Yaml>(source, request, None, types),
            Format::Json => seal::seal_typed::<Json>(source, request, None, types),
            Format::Dotenv => seal::seal_typed::<Dotenv>(source, request, None, types),
            Format::Ini => seal::seal_typed::<Ini>(source, request, None, types),
            Format::Binary => seal::seal_binary(source, request, None),
        }
    }
}
