//! Why a file cannot be encrypted or opened.

use std::borrow::Cow;

use crate::document::DocumentError;
use crate::metadata::MetadataError;
use crate::random::RandomError;
use crate::select::SelectionError;
use crate::span::Position;

/// Why a text cannot be encrypted. No variant holds content; paths name keys.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EncryptError {
    /// The text cannot be read, or holds something that cannot be encrypted.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The text has a `sops` entry already: it is encrypted, or the name is taken.
    #[error("the file already has a top-level entry called 'sops', or entries that start with 'sops_'")]
    AlreadyEncrypted,
    /// The text holds no document.
    #[error("the file holds no document")]
    Empty,
    /// A pattern of the selection rules does not compile. sops would encrypt nothing.
    #[error(transparent)]
    Selection(#[from] SelectionError),
    /// The text of an encrypted comment would match the rule that keeps comments clear.
    #[error("{path}: the encrypted form of this comment would match unencrypted_comment_regex")]
    CommentMatches {
        /// Where the comment is.
        path: String,
    },
    /// The random source failed.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// What was written would not read back as what was encrypted, so it is not given out.
    #[error("{path}: the encrypted file would not read back as what was encrypted: {what}")]
    WouldNotReadBack {
        /// Where the difference is.
        path: String,
        /// What differs.
        what: &'static str,
    },
    /// A resource with a closed schema at `sops` would need the layout field.
    #[error("{position}: this spelling can be kept only in a field that the schema of the resource refuses")]
    ClosedSchema {
        /// Where the first such spelling is.
        position: Position,
    },
}

/// Why an encrypted text cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The text cannot be read.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// It has no `sops` block, or one that cannot be understood.
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    /// The pattern of its selection rule is larger than this crate allows.
    #[error(transparent)]
    Selection(#[from] SelectionError),
    /// A value cannot be decrypted.
    #[error("{position}: {path}: {cause}")]
    Value {
        /// Where it is.
        position: Position,
        /// Its path.
        path: String,
        /// Why, without content.
        cause: Cow<'static, str>,
    },
    /// The decrypted values cannot be written in the format of the file.
    #[error("{0}")]
    Unwritable(DocumentError),
    /// The file has no MAC.
    #[error("MAC mismatch: the file has no MAC")]
    MacMissing,
    /// The MAC cannot be decrypted: it, or `lastmodified`, was changed.
    #[error("cannot decrypt the MAC; it or lastmodified was changed: {0}")]
    MacUndecryptable(Cow<'static, str>),
    /// The MAC is that of other values: values, clear ones among them, were changed, added, removed or moved.
    #[error("MAC mismatch: values were changed, added, removed or moved since the file was encrypted")]
    MacMismatch,
}
