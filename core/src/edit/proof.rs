//! Whether a changed text says what it should.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use crate::document::items::Item;
use crate::file::{Format, Meaning};

/// Whether `read` has the values of `intended` with their types, and its comments in the same collections.
pub(super) fn same(read: &[Item<'_>], intended: &[Item<'_>], format: Format) -> bool {
    Meaning::new(intended, format).strict().same(&Meaning::new(read, format)).is_ok()
        && comments(read) == comments(intended)
}

/// Whether `read` has the values of `intended` as sops prints them: comments do not count, nor whether a whole number
/// has a point.
pub(super) fn means(read: &[Item<'_>], intended: &[Item<'_>], format: Format) -> bool {
    Meaning::new(intended, format).same(&Meaning::new(read, format)).is_ok()
}

/// The comments with what stands for the keys on the way to them, sorted: where among the entries of its collection a
/// comment stands decides nothing.
fn comments<'i>(items: &'i [Item<'_>]) -> Vec<(u64, &'i [u8])> {
    let mut found = Vec::new();
    if !items.iter().any(Item::is_comment) {
        return found;
    }
    let mut open: Vec<u64> = Vec::new();
    let mut name: &[u8] = b"";
    for item in items {
        match item {
            Item::Branch | Item::Map | Item::List => {
                let mut hasher = DefaultHasher::new();
                (open.last(), name).hash(&mut hasher);
                open.push(hasher.finish());
                name = b"";
            }
            Item::End => _ = open.pop(),
            Item::Key(key) => name = key,
            Item::Scalar(_) => name = b"",
            Item::Comment { text, .. } => found.push((open.last().copied().unwrap_or(0), &**text)),
        }
    }
    found.sort_unstable();
    found
}
