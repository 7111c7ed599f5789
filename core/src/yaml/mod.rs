//! YAML in the dialect of the library inside sops (go.yaml.in/yaml/v3): text in, tree with spans out.
//!
//! The tree is what that library makes of the text: kinds, tags, values, anchors, and for each node the
//! comments that it gives it (head, line, foot).

mod attach;
mod builder;
mod chars;
mod check;
mod decode;
mod error;
mod halves;
mod parser;
mod plainly;
mod resolve;
mod scanner;
mod source;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
mod tree;

use std::borrow::Cow;

use crate::secret::wipe;

#[allow(unused_imports)] // while the document layer is put together
pub(crate) use check::{check_document, check_duplicates};
#[allow(unused_imports)] // while the document layer is put together
pub(crate) use decode::Typed;
#[allow(unused_imports)] // while the document layer is put together
pub(crate) use decode::plain_value;
#[allow(unused_imports)] // while the document layer is put together
pub(crate) use error::YamlError;
pub(crate) use resolve::tag as plain_tag;
#[allow(unused_imports)] // while the document layer is put together
pub(crate) use tree::{
    BlockScalar, Chomping, Comments, Id, Markers, NONE, NodeKind, Properties, Style, Tag, Tree, TreeNode,
};

/// Reads a YAML text: UTF-8, or UTF-16 with a byte order mark.
///
/// # Errors
/// The library would refuse a document of the text. Documents that it reads but cannot decode, as those with
/// duplicate keys, are not refused here.
pub(crate) fn parse<'a>(source: impl Into<Cow<'a, [u8]>>) -> Result<Tree, YamlError> {
    parse_owned(source.into().into_owned(), 1).map_err(|(error, _)| error)
}

/// Parses `source` in two halves although it is small. `None` if there is no line for the second one to begin with.
#[cfg(feature = "testing")]
pub(crate) fn parse_in_halves(source: &[u8]) -> Option<Result<Tree, YamlError>> {
    let decoded = source::decode(source, 1).ok()?;
    let seam = halves::find_seam(&decoded)?;
    let parsed = halves::parse_at(&decoded, seam);
    Some(parsed.map(|tree| Tree { text: decoded.text.to_vec(), ..tree }))
}

/// The same as [`parse`] for a text that the tree takes, on at most `threads` threads. With an error it comes back.
///
/// # Errors
/// As [`parse`].
pub(crate) fn parse_owned(mut source: Vec<u8>, threads: usize) -> Result<Tree, (YamlError, Vec<u8>)> {
    let decoded = match source::decode(&source, threads) {
        Ok(decoded) => decoded,
        Err(error) => return Err((error, source)),
    };
    match halves::parse(&decoded, threads) {
        Ok(mut tree) => {
            tree.text = match decoded.text {
                Cow::Borrowed(_) => source,
                Cow::Owned(text) => {
                    wipe(&mut source);
                    text
                }
            };
            Ok(tree)
        }
        Err(error) => Err((error, source)),
    }
}
