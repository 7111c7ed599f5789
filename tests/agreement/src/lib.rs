//! Holds our reading of YAML against the library inside sops: made-up texts, broken ones and files.

pub mod constructs;
pub mod corpus;
pub mod generate;
pub mod marks;
pub mod minimize;
pub mod mutate;
pub mod oracle;
pub mod plan;
pub mod run;
pub mod shapes;
pub mod soup;
