//! What is surprising about sops, fact by fact, checked against the real one in the directions that matter:
//! files that it writes mean the same here, and files that are written here mean the same to it.
//!
//! The numbers in front of the tests are those of the list of facts that this project keeps.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bench;
mod cipher;
mod command;
mod defects;
mod flat;
mod json;
mod metadata;
mod selection;
mod yaml;
