//! Generated patterns, with subjects that they are likely to match. See the tests of this package for what
//! they are for.

mod generate;

pub use generate::{Case, generate};
