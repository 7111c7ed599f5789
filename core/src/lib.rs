//! Lossless documents in the SOPS format: encrypt, decrypt, edit and inspect.
#![allow(dead_code)] // while the parts are put together

mod document;
mod edits;
mod metadata;
mod span;
mod timestamp;
mod value;
mod yaml;

pub use document::{DocumentCase, DocumentError};
pub use span::{Position, Span};
