//! The `sops` block: what a file says about its own encryption.

mod raw;

pub(crate) use raw::Raw;
