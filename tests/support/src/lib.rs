//! What the black-box suites share: finding the programs under test, running them in an environment that
//! holds nothing of the person's own, and looking at what they left behind.
#![allow(clippy::unwrap_used, reason = "a test helper fails its test by panicking")]

mod case;
mod oracle;
mod outcome;
mod programs;
mod random;
mod sandbox;

pub use case::{Case, cases, shape};
pub use oracle::{Oracle, push_field, question};
pub use outcome::Outcome;
pub use programs::{fieldseal, root, testdata, tool, tools};
pub use random::{Random, seed};
pub use sandbox::Sandbox;

/// A text that stands for a secret. A test that puts it into a plaintext can show that no output, no message
/// and no leftover file holds it.
pub const CANARY: &str = "canary-7f3a91c4";

/// An age identity that protects nothing, for tests.
pub const IDENTITY: &str = "AGE-SECRET-KEY-15363ZDQCXJ8F8ZU6SCYCFW0VKZ0JT6ZMSJ2LDY8NY85GRFZ7SVPSLFPE35";

/// The recipient of [`IDENTITY`].
pub const RECIPIENT: &str = "age1j8s2j57wmxw7f9dfxctv4vfjeadkg2hreez88gu0u0f09surzuksqt3qkv";
