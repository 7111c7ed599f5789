//! Where the identities of a user come from, and how the data key of a file is recovered with them.
//!
//! [`Identities`] looks in all the places in which sops looks, when a file needs it, and once in a run. [`recover`]
//! finds the data key of a file, [`wrap`] encrypts a new one. What a user has to be asked goes through a [`Prompt`].

mod command;
mod environment;
mod failure;
mod generate;
mod held;
mod identities;
mod prompt;
mod recover;
mod wrap;

pub use environment::{Environment, Platform};
pub use failure::{DataKeyError, GroupOutcome, GroupsError, KeyFailure};
pub use generate::{GeneratedIdentity, generate_identity};
pub use identities::Identities;
pub use prompt::{NoPrompt, Prompt};
pub use recover::{DEFAULT_ORDER, parse_order, recover};
pub use wrap::{WrapKeysError, wrap, wrap_part};
