//! Checking a repository: which files there are, which rule is for each, and how findings are told.
//!
//! What can be wrong with a file or with rules is the business of [`fieldseal_core::check`].

mod baseline;
mod finding;
mod format;
mod git;
mod ignored;
mod rules;
mod tree;

pub(crate) use baseline::Baseline;
pub(crate) use finding::{Found, characters};
pub(crate) use format::{Decrypted, OutputFormat, Summary};
pub(crate) use rules::{Rules, name, nearest_config};
pub(crate) use tree::{Item, Lookup, Scope, Tree};
