//! Kubernetes kinds whose schema closes the `sops` block: a field that is not listed there is pruned or refused by
//! the API server, so the layout field must not be written into them.

use crate::document::{Kind, Syntax};
use crate::value::Value;

/// The API groups of these kinds.
const GROUPS: [&str; 2] = ["isindir.github.com/", "addons.projectcapsule.dev/"];

/// Whether a document of the text is such a resource: `apiVersion` in one of the groups at the top level.
pub(crate) fn applies<S: Syntax>(document: &S) -> bool {
    let mut depth = 0_u32;
    let mut nodes = document.nodes().iter().peekable();
    while let Some(node) = nodes.next() {
        match node.kind {
            Kind::Branch | Kind::Map | Kind::List => depth += 1,
            Kind::End => depth = depth.saturating_sub(1),
            Kind::Key if depth == 1 && *document.key(node) == *b"apiVersion" => {
                if let Some(value) = nodes.peek()
                    && matches!(value.kind, Kind::Scalar(_))
                    && let Value::Str(text) = document.value(value)
                    && GROUPS.iter().any(|group| text.starts_with(group.as_bytes()))
                {
                    return true;
                }
            }
            _ => {}
        }
    }
    false
}
