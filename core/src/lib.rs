//! Lossless documents in the SOPS format: encrypt, decrypt, edit and inspect.

pub mod check;
mod cipher;
mod closed_schema;
mod diff;
mod document;
pub mod edit;
mod edits;
mod file;
mod float;
pub mod keysource;
mod layout;
mod mac;
mod metadata;
mod parallel;
mod path;
mod pattern;
mod random;
mod recipient;
mod rules;
mod secret;
mod select;
mod selection;
pub mod shamir;
mod span;
#[cfg(feature = "testing")]
pub mod testing;
mod timestamp;
mod value;
mod walk;
mod yaml;

pub use cipher::{CipherError, TokenError};
pub use document::{DocumentCase, DocumentError, Stores};
pub use file::{
    Converted, EncryptError, EncryptRequest, Encrypted, ExtractError, Format, LeafState, Loss, MapsInLists,
    OpenError, Opened, Sealed, SealedLeaf, Variable, VariablesError, Warning, convert, count_selected,
    encrypt, show_metadata, split_metadata,
};
pub use metadata::{GroupDifference, KeyGroup, KeyId, MasterKey, Metadata, MetadataError, Service};
pub use path::{PathError, Step, describe_path, parse_path};
pub use pattern::{Pattern, PatternError, PatternProblem};
pub use random::{Random, RandomError};
pub use recipient::{Recipient, RecipientError};
pub use rules::{
    Config, CreationRule, Destination, DestinationRule, KeyTextError, RuleOutline, RulesError, RulesWarning,
    names_audit_backends, parse_keys, path_in_rules,
};
pub use secret::{DataKey, DataKeyLength, Plaintext};
pub use select::SelectionError;
pub use selection::{Selection, SeveralSelections};
pub use span::{Position, Span};
pub use timestamp::Timestamp;
pub use value::ParseError;
