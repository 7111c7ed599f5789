//! Wrapping the data key, and recovering it, with keys that are at hand in the process.

pub mod age;
mod hybrid;
mod identity;

pub use hybrid::{Identity as HybridIdentity, Recipient as HybridRecipient};
pub use identity::{Identity, IdentityError, parse_identities};

#[cfg(test)]
mod tests;
