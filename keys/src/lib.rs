//! Where the keys of a user are, and how the data key of a file is encrypted for keys and recovered with them.
//!
//! [`KeyServices`] are the places where that is done: this machine, with the age identities that [`Identities`] finds
//! where sops looks for them and with the program `gpg`; and key services elsewhere. [`recover`] finds the data key of a
//! file, [`wrap`] encrypts a new one. What a user has to be asked goes through a [`Prompt`].

mod agent;
mod attempt;
#[cfg(feature = "cloud")]
pub mod cloud;
mod command;
mod conversation;
mod environment;
mod failure;
mod generate;
mod gpg;
mod held;
mod identities;
mod means;
mod plugin;
mod program;
mod prompt;
mod recover;
mod remote;
mod services;
mod ssh;
mod wrap;

pub use environment::{Environment, Platform};
pub use failure::{DataKeyError, GroupOutcome, GroupsError, KeyFailure};
pub use generate::{GeneratedIdentity, generate_identity};
pub use identities::{Identities, Place, PlaceContent};
pub use program::{DEFAULT_LIMIT, Guard, NoGuard};
pub use prompt::{NoPrompt, Prompt};
pub use recover::{Recovered, parse_order, recover, recover_with_shares};
pub use remote::{Address, AddressError, Doorkeeper, KeyRequest, Listener, serve};
pub use services::{KeyServices, Settings};
pub use wrap::{WrapKeysError, wrap, wrap_for_each, wrap_part};
