//! Why a text cannot be changed at a path.

use crate::document::DocumentError;
use crate::path::PathError;

/// Why a text cannot be changed at a path. No variant holds content; paths name keys.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EditError {
    /// The text cannot be read, or the format cannot hold the value.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The path leads nowhere, or does not fit the tree.
    #[error(transparent)]
    Path(#[from] PathError),
    /// There is a value on the way that holds no other values.
    #[error("{path}: this is a single value; there is nothing inside of it")]
    Scalar {
        /// Where it is.
        path: String,
    },
    /// The name is that of the metadata.
    #[error("the name {name} belongs to the metadata")]
    Reserved {
        /// The name.
        name: String,
    },
    /// The changed text would not read back as what was asked for.
    #[error("{path}: the changed text would not read back as what was asked for")]
    WouldNotReadBack {
        /// Where the change is.
        path: String,
    },
}
