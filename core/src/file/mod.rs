//! The use cases: encrypt a text, open an encrypted one, encrypt it again after an edit.

mod annotated;
mod carry;
mod compare;
mod convert;
mod error;
mod format;
mod leaves;
mod meaning;
mod open;
mod outline;
mod plain;
mod proof;
mod request;
mod restore;
mod rotate;
mod seal;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
mod tokens;
mod variables;

use std::borrow::Cow;

pub use annotated::{show_metadata, split_metadata};
pub use convert::{Converted, Loss, convert};
pub use error::{EncryptError, OpenError};
pub use format::Format;
pub use leaves::{LeafState, SealedLeaf};
pub(crate) use leaves::{each_leaf, state_of};
pub(crate) use meaning::Meaning;
pub use request::{EncryptRequest, Encrypted, Warning};
pub use variables::{Variable, VariablesError};

use crate::document::Stores;
use crate::document::binary::Binary;
use crate::document::dotenv::Dotenv;
use crate::document::ini::Ini;
use crate::document::items::extract;
use crate::document::json::Json;
pub use crate::document::merge::MapsInLists;
use crate::document::merge::merged;
use crate::document::yaml::Yaml;
use crate::document::{DocumentError, Form, Syntax};
use crate::metadata::{Metadata, MetadataError};
use crate::path::{PathError, Step, find};
use crate::secret::{DataKey, Plaintext};
use open::{MacCheck, Opening, open};

/// Encrypts the values and comments of `source` that the rules in the request select. All other bytes stay.
///
/// The result was read again and compared with `source` before it is returned.
///
/// # Errors
/// The text is not well formed, is encrypted already, holds what cannot be encrypted, or a rule does not compile.
pub fn encrypt(
    source: impl Into<Vec<u8>>,
    format: Format,
    request: EncryptRequest<'_>,
) -> Result<Encrypted, EncryptError> {
    let source = Cow::Owned(source.into());
    match format {
        Format::Yaml => seal::seal::<Yaml>(source, request, None),
        Format::Json => seal::seal::<Json>(source, request, None),
        Format::Dotenv => seal::seal::<Dotenv>(source, request, None),
        Format::Ini => seal::seal::<Ini>(source, request, None),
        Format::Binary => seal::seal_binary(source, request, None),
    }
}

/// How many values and comments of the clear text `source` the rules of `metadata` select.
///
/// # Errors
/// The text is not well formed, or a rule does not compile.
pub fn count_selected(source: &[u8], format: Format, metadata: &Metadata) -> Result<usize, EncryptError> {
    let source = Cow::Borrowed(source);
    match format {
        Format::Yaml => plain::count_selected::<Yaml>(source, metadata),
        Format::Json => plain::count_selected::<Json>(source, metadata),
        Format::Dotenv => plain::count_selected::<Dotenv>(source, metadata),
        Format::Ini => plain::count_selected::<Ini>(source, metadata),
        Format::Binary => plain::count_selected::<Binary>(source, metadata),
    }
}

/// A document of any format.
pub(crate) enum Document {
    /// YAML.
    Yaml(Yaml),
    /// JSON.
    Json(Json),
    /// dotenv.
    Dotenv(Dotenv),
    /// INI.
    Ini(Ini),
    /// Binary.
    Binary(Binary),
}

/// Runs `$body` with `$name` bound to the document of whatever format.
macro_rules! with {
    ($document:expr, $name:ident => $body:expr) => {
        match $document {
            $crate::file::Document::Yaml($name) => $body,
            $crate::file::Document::Json($name) => $body,
            $crate::file::Document::Dotenv($name) => $body,
            $crate::file::Document::Ini($name) => $body,
            $crate::file::Document::Binary($name) => $body,
        }
    };
}
pub(crate) use with;

impl Document {
    fn read(source: Cow<'_, [u8]>, format: Format) -> Result<Self, DocumentError> {
        Self::read_as(source, format, Form::Sealed)
    }

    /// Reads `source` as a clear or an encrypted text.
    ///
    /// # Errors
    /// The text is not well formed.
    pub(crate) fn read_as(source: Cow<'_, [u8]>, format: Format, form: Form) -> Result<Self, DocumentError> {
        Self::read_on(source, format, form, 1)
    }

    /// The same on at most `threads` threads.
    fn read_on(
        source: Cow<'_, [u8]>,
        format: Format,
        form: Form,
        threads: usize,
    ) -> Result<Self, DocumentError> {
        Ok(match format {
            Format::Yaml => Self::Yaml(Yaml::read_on(source, form, threads)?),
            Format::Json => Self::Json(Json::read_on(source, form, threads)?),
            Format::Dotenv => Self::Dotenv(Dotenv::read_on(source, form, threads)?),
            Format::Ini => Self::Ini(Ini::read_on(source, form, threads)?),
            Format::Binary => Self::Binary(Binary::read_on(source, form, threads)?),
        })
    }
}

/// An encrypted text that was read but not decrypted. It tells its metadata, and what can be seen without a key.
pub struct Sealed {
    document: Document,
    metadata: Metadata,
    format: Format,
}

/// A decrypted text. It exists only after the MAC was checked, or after the caller asked in so many words to do
/// without.
pub struct Opened {
    sealed: Sealed,
    opening: Opening,
}

impl Sealed {
    /// Reads an encrypted text.
    ///
    /// # Errors
    /// The text is not well formed, or has no `sops` block that can be understood.
    pub fn read(source: impl Into<Vec<u8>>, format: Format) -> Result<Self, OpenError> {
        Self::read_on(source, format, 1)
    }

    /// The same on at most `threads` threads.
    ///
    /// # Errors
    /// As [`Sealed::read`].
    pub fn read_on(source: impl Into<Vec<u8>>, format: Format, threads: usize) -> Result<Self, OpenError> {
        let document = Document::read_on(Cow::Owned(source.into()), format, Form::Sealed, threads)?;
        let block = with!(&document, document => document.block())?;
        let metadata = Metadata::from_raw(&block.ok_or(MetadataError::NotFound)?)?;
        Ok(Self { document, metadata, format })
    }

    /// The encrypted text that was read as `document` and whose block says `metadata`.
    pub(crate) fn from_parts(document: Document, metadata: Metadata, format: Format) -> Self {
        Self { document, metadata, format }
    }

    /// What the `sops` block says.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// The format of the text.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Decrypts the values, checks the MAC over all of them, and restores the text that was encrypted.
    ///
    /// # Errors
    /// A value cannot be decrypted, or the MAC is missing or does not fit.
    pub fn open(self, data_key: &DataKey, threads: usize) -> Result<Opened, OpenError> {
        self.open_with(data_key, MacCheck::Required, threads)
    }

    /// Like [`Sealed::open`], but a MAC that is missing or does not fit is not noticed: clear values may have been
    /// changed, and values moved, added or removed, by anybody.
    ///
    /// # Errors
    /// A value cannot be decrypted.
    pub fn open_ignoring_mac(self, data_key: &DataKey, threads: usize) -> Result<Opened, OpenError> {
        self.open_with(data_key, MacCheck::Ignored, threads)
    }

    fn open_with(self, data_key: &DataKey, check: MacCheck, threads: usize) -> Result<Opened, OpenError> {
        self.metadata.check_version()?;
        let opening =
            with!(&self.document, document => open(document, &self.metadata, data_key, check, threads))?;
        Ok(Opened { sealed: self, opening })
    }
}

impl Opened {
    /// The text that was encrypted, as the bytes of the file.
    pub fn plaintext(&self) -> &Plaintext {
        self.opening.plaintext()
    }

    /// Gives the text away and drops the rest.
    pub fn into_plaintext(self) -> Plaintext {
        self.opening.into_plaintext()
    }

    /// What the `sops` block said.
    pub fn metadata(&self) -> &Metadata {
        &self.sealed.metadata
    }

    /// The format of the text.
    pub fn format(&self) -> Format {
        self.sealed.format
    }

    /// How many leaves and comments the rules of the file select.
    pub fn selected(&self) -> usize {
        self.opening.values.selected()
    }

    /// What the user should know.
    pub fn warnings(&self) -> &[Warning] {
        &self.opening.warnings
    }

    /// The value at `path` of the first document, as sops prints it: a string as its very bytes, other values in
    /// the notation of the format.
    ///
    /// # Errors
    /// The path leads nowhere, or the format has no single values.
    pub fn extract(&self, path: &[Step]) -> Result<Plaintext, ExtractError> {
        self.extract_as(path, self.sealed.format, &Stores::default())
    }

    /// Like [`Opened::extract`], in the notation of the format `to`, indented as `stores` say. A map is printed as a
    /// whole file.
    ///
    /// # Errors
    /// The path leads nowhere, or the format cannot express the value.
    pub fn extract_as(&self, path: &[Step], to: Format, stores: &Stores) -> Result<Plaintext, ExtractError> {
        let document = self.plain_document()?;
        with!(&document, document => {
            let node = find(document, path)?;
            let text = match to {
                Format::Yaml => extract::<_, Yaml>(document, node, stores),
                Format::Json => extract::<_, Json>(document, node, stores),
                Format::Dotenv => extract::<_, Dotenv>(document, node, stores),
                Format::Ini => extract::<_, Ini>(document, node, stores),
                Format::Binary => extract::<_, Binary>(document, node, stores),
            };
            Ok(Plaintext::new(text?))
        })
    }

    /// The text in the format `to`, as sops prints it, indented as `stores` say.
    ///
    /// # Errors
    /// The format cannot express it at all. What it cannot express fully is told by [`Converted::losses`].
    pub fn convert(&self, to: Format, stores: &Stores) -> Result<Converted, DocumentError> {
        let document = self.plain_document()?;
        with!(&document, document => convert::convert_document(document, to, stores))
    }

    /// All documents of the text as one object of JSON, for a store of keys and values. Of keys that are there twice
    /// the later one counts; comments are no part of it.
    ///
    /// # Errors
    /// A value or a key is no text, or a number that JSON does not have.
    pub fn merged_json(&self, maps: MapsInLists) -> Result<Plaintext, DocumentError> {
        let document = self.plain_document()?;
        with!(&document, document => merged(document, maps)).map(Plaintext::new)
    }

    fn plain_document(&self) -> Result<Document, DocumentError> {
        let source = Cow::Borrowed(self.plaintext().as_bytes());
        match self.sealed.format {
            Format::Binary => Ok(Document::Binary(Binary::read(source, Form::Plain)?)),
            format => Document::read(source, format),
        }
    }

    /// Encrypts `source`, the text after an edit. Leaves that did not change keep their tokens; the metadata of
    /// the request is used as it is, so start from that of the file.
    ///
    /// # Errors
    /// As for [`encrypt`].
    pub fn reseal(&self, source: &[u8], request: EncryptRequest<'_>) -> Result<Encrypted, EncryptError> {
        let source = Cow::Borrowed(source);
        let values = &self.opening.values;
        match &self.sealed.document {
            Document::Yaml(old) => seal::seal::<Yaml>(source, request, Some(values.carry(old))),
            Document::Json(old) => seal::seal::<Json>(source, request, Some(values.carry(old))),
            Document::Dotenv(old) => seal::seal::<Dotenv>(source, request, Some(values.carry(old))),
            Document::Ini(old) => seal::seal::<Ini>(source, request, Some(values.carry(old))),
            Document::Binary(old) => seal::seal_binary(source, request, Some(values.carry(old))),
        }
    }
}

/// Why a single value cannot be printed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExtractError {
    /// The path leads nowhere.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The format cannot print it.
    #[error(transparent)]
    Document(#[from] DocumentError),
}
