//! Why a `sops` block cannot be understood.

use crate::selection::SeveralSelections;

/// Why a `sops` block cannot be understood. The names of fields may appear, their values do not.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MetadataError {
    /// There is no `sops` block.
    #[error("sops metadata not found: the file is not encrypted, or its sops block was removed")]
    NotFound,
    /// A field is of a type that cannot be converted.
    #[error("the field {field} in the sops metadata must be {expected}, but it is {found}")]
    Field {
        /// The field, with the list that it is in.
        field: String,
        /// What it should be.
        expected: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// A date is not RFC 3339.
    #[error("the field {field} in the sops metadata is no date and time like 2026-01-31T10:20:30Z")]
    Date {
        /// The field, with the list that it is in.
        field: String,
    },
    /// More than one of the selection settings is set.
    #[error("{0} in the same file")]
    Selection(#[from] SeveralSelections),
    /// The block names no key.
    #[error("no keys found in file: its sops block names no key that could decrypt it")]
    NoKeys,
    /// A key id of the HuaweiCloud key service has another form.
    #[error("invalid key ID format in the sops metadata: expected 'region:key-uuid' in the list hckms")]
    HckmsKeyId,
    /// The version is missing.
    #[error("the sops metadata have no version: version string empty")]
    NoVersion,
    /// The version is no version.
    #[error("the version in the sops metadata is none: expected three numbers like 3.9.4")]
    Version,
}
