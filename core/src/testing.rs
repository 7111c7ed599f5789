//! Ways in for the suites that hold parts of this library against the libraries inside sops. Not part of
//! the interface: present only with the feature `testing`.

mod leaves;
mod yaml;

pub use leaves::{PlainLeaf, plain_leaves};
pub use yaml::{yaml_replace_value, yaml_report};
