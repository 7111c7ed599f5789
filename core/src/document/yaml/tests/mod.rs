//! Tests of YAML documents: nodes against what sops sees, and texts through a seal without a cipher.

#![allow(clippy::unwrap_used)]

mod harness;
mod items;
