//! `check` over small repositories: each kind of finding, each source of files, each form of output. Every clear text
//! holds a marked word, which no output may show.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod exceptions;
mod fleet;
mod formats;
mod git;
mod kinds;
mod repository;
mod schema;
