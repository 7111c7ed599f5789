//! What kind of message a run gave.

/// Kinds, with words by which they are told, in lower case.
const KINDS: [(&str, &[&str]); 11] = [
    ("a crash", &["goroutine 1", "panicked at"]),
    ("usage", &["incorrect usage", "flag provided but not defined", "unexpected argument", "no help topic"]),
    ("no metadata", &["metadata not found"]),
    ("the MAC", &["mac mismatch", "cannot decrypt mac", "the mac "]),
    ("the data key", &["failed to get the data key", "error getting data key"]),
    ("no change", &["file has not changed"]),
    ("the editor", &["could not run editor"]),
    ("no such path", &["error truncating tree", "key not found", "out of bounds"]),
    ("encrypted already", &["entry called 'sops'"]),
    ("a missing file", &["non-existent file", "no such file"]),
    ("the configuration", &["creation rule", "config file", "loading config"]),
];

/// The kind of a standard error: `nothing`, a kind that is told by its words, or `something`.
pub(crate) fn of(stderr: &str) -> &'static str {
    if stderr.is_empty() {
        return "nothing";
    }
    let lower = stderr.to_lowercase();
    let is = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    KINDS.iter().find(|(_, words)| is(words)).map_or("something", |(kind, _)| kind)
}

/// Whether two kinds are the same, as far as can be told.
pub(crate) fn agree(first: &str, second: &str) -> bool {
    first == second || ([first, second].contains(&"something") && ![first, second].contains(&"nothing"))
}
