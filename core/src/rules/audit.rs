//! The audit log of sops: a file that names data bases, into which sops writes what it encrypts and decrypts.

use super::decode::Decoder;
use super::error::{Path, RulesError};
use super::{parse_tree, root_of};

/// Whether the text of an audit configuration names a data base to write to: whether the list `backends.postgres` has
/// an entry.
///
/// # Errors
/// The text is no YAML, or these fields have other types.
pub fn names_audit_backends(text: &[u8]) -> Result<bool, RulesError> {
    let tree = parse_tree(text)?;
    let mut decoder = Decoder::new(&tree);
    let Some(root) = root_of(&tree) else { return Ok(false) };
    let [backends] = decoder.fields(root, &Path::Root, ["backends"])?;
    let path = Path::Key(&Path::Root, "backends");
    let Some(backends) = backends else { return Ok(false) };
    let [postgres] = decoder.fields(backends, &path, ["postgres"])?;
    let list = decoder.list(postgres, &Path::Key(&path, "postgres"))?;
    Ok(list.is_some_and(|list| !list.is_empty()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_list_with_an_entry_counts() {
        for (text, expected) in [
            ("backends:\n  postgres:\n    - connection_string: \"postgres://x\"\n", true),
            ("backends: {postgres: [{}]}", true),
            ("backends: {postgres: []}", false),
            ("backends: {postgres: null}", false),
            ("backends: {}", false),
            ("backends:", false),
            ("other: 1", false),
            ("", false),
            ("# nothing\n", false),
        ] {
            assert_eq!(names_audit_backends(text.as_bytes()).ok(), Some(expected), "{text}");
        }
        for text in ["backends: [", "backends: 1", "backends: {postgres: x}", "- 1"] {
            assert!(names_audit_backends(text.as_bytes()).is_err(), "{text}");
        }
    }
}
