//! YAML in the dialect of the library inside sops (go.yaml.in/yaml/v3): text in, tree with spans out.
//!
//! The tree is what that library makes of the text: kinds, tags, values, anchors, and for each node the
//! comments that it gives it (head, line, foot).

mod tree;

pub(crate) use tree::{Comments, Id, NONE, NodeKind, Properties, Style, Tag, Tree, TreeNode};
