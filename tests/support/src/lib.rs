//! What the suites share.

mod random;

pub use random::{Random, seed};
