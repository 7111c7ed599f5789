//! The `sops` block in a clear text, for people who edit keys and rules of a file along with its values.

use std::borrow::Cow;

use crate::document::binary::Binary;
use crate::document::dotenv::Dotenv;
use crate::document::ini::Ini;
use crate::document::json::Json;
use crate::document::yaml::Yaml;
use crate::document::{DocumentCase, DocumentError, Encoding, Form, Syntax};
use crate::edits::Edits;
use crate::file::error::OpenError;
use crate::file::format::Format;
use crate::metadata::{Metadata, MetadataError};
use crate::secret::Plaintext;

/// The clear text `source` with `metadata` as its `sops` block. The values stay clear, so the result is no
/// encrypted file; [`split_metadata`] takes it apart again.
///
/// # Errors
/// The text is not well formed or has a block already, or the format has no place for one beside clear
/// values: a binary file is a single value.
pub fn show_metadata(source: &[u8], format: Format, metadata: &Metadata) -> Result<Plaintext, DocumentError> {
    match format {
        Format::Yaml => show::<Yaml>(source, metadata),
        Format::Json => show::<Json>(source, metadata),
        Format::Dotenv => show::<Dotenv>(source, metadata),
        Format::Ini => show::<Ini>(source, metadata),
        Format::Binary => Err(refused("a binary file has no place for the metadata beside its clear text")),
    }
}

/// Takes the `sops` block out of a clear text: gives the text without it, and what it says.
///
/// # Errors
/// The text is not well formed, or has no block that can be understood.
pub fn split_metadata(source: &[u8], format: Format) -> Result<(Plaintext, Metadata), OpenError> {
    match format {
        Format::Yaml => split::<Yaml>(source),
        Format::Json => split::<Json>(source),
        Format::Dotenv => split::<Dotenv>(source),
        Format::Ini => split::<Ini>(source),
        Format::Binary => split::<Binary>(source),
    }
}

fn show<S: Syntax>(source: &[u8], metadata: &Metadata) -> Result<Plaintext, DocumentError> {
    let document = S::read(Cow::Borrowed(source), Form::Plain)?;
    if document.encoding() != Encoding::Utf8 {
        return Err(refused("the metadata are shown only in files in UTF-8"));
    }
    if document.block()?.is_some() {
        return Err(refused("the text has a sops block already"));
    }
    let mut edits = Edits::default();
    document.place_block(&metadata.to_raw(), &mut edits);
    Ok(Plaintext::new(edits.splice(document.text())))
}

fn split<S: Syntax>(source: &[u8]) -> Result<(Plaintext, Metadata), OpenError> {
    let document = S::read(Cow::Borrowed(source), Form::Sealed)?;
    let metadata = Metadata::from_raw(&document.block()?.ok_or(MetadataError::NotFound)?)?;
    let mut edits = Edits::default();
    document.remove_block(&mut edits);
    Ok((Plaintext::new(edits.splice(document.text())), metadata))
}

fn refused(problem: &'static str) -> DocumentError {
    DocumentError { problem: problem.into(), position: None, case: DocumentCase::Unwritable }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::metadata::{KeyGroup, KeyId, MasterKey};
    use crate::selection::Selection;
    use crate::timestamp::Timestamp;

    fn metadata() -> Metadata {
        let key = KeyId::Age { recipient: "age1example".to_owned() };
        let key = MasterKey::new(key, "wrapped\nkey\n".to_owned(), Timestamp::from_unix(0));
        let mut metadata = Metadata::new(vec![KeyGroup::new(vec![key])], Selection::default(), "3.13.3");
        metadata.mac = "mac".to_owned();
        metadata
    }

    #[test]
    fn what_is_shown_can_be_taken_apart_again() {
        for (format, text) in [
            (Format::Yaml, "# c\na: 1\nb: [x, 'y']\n"),
            (Format::Yaml, "a: 1"),
            (Format::Yaml, "a: 1\r\n---\r\nb: 2\r\n"),
            (Format::Json, "{\n  \"a\": 1\n}\n"),
            (Format::Json, "{\"a\": [1.50]}"),
            (Format::Dotenv, "A=1\n# c\nB=two"),
            (Format::Ini, "; c\n[s]\na = 1\n"),
        ] {
            let shown = show_metadata(text.as_bytes(), format, &metadata()).unwrap();
            assert!(memchr::memmem::find(shown.as_bytes(), b"age1example").is_some(), "{text}");
            let (plain, read) = split_metadata(shown.as_bytes(), format).unwrap();
            assert_eq!(plain.as_bytes(), text.as_bytes());
            assert_eq!(read.groups[0].keys()[0].enc, "wrapped\nkey\n");
        }
    }

    #[test]
    fn binary_files_have_no_place_for_it() {
        assert!(show_metadata(b"x", Format::Binary, &metadata()).is_err());
    }
}
