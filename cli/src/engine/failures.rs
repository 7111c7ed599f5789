//! What the library's errors mean to a user: exit code, place, remedy.

use fieldseal_core::{DocumentCase, DocumentError, EncryptError, ExtractError, MetadataError, OpenError};

use crate::exit::Exit;
use crate::report::{Failure, Warning};

/// The failure of encrypting a file.
pub(crate) fn of_encrypt(error: &EncryptError) -> Failure {
    match error {
        EncryptError::Document(error) => of_document(error, Exit::Unreadable, Exit::Encryption),
        EncryptError::AlreadyEncrypted => already_encrypted(error.to_string()),
        EncryptError::Empty => empty(),
        EncryptError::Selection(error) => Failure::new(Exit::Other, error.to_string())
            .hint("correct the pattern; the syntax is that of Go's regular expressions"),
        EncryptError::CommentMatches { path } => Failure::new(
            Exit::Encryption,
            "the encrypted form of this comment would match unencrypted_comment_regex",
        )
        .tree(path)
        .hint("choose a pattern that base64 text cannot match by chance"),
        EncryptError::WouldNotReadBack { path, what } => Failure::new(
            Exit::Encryption,
            format!("the encrypted file would not read back as what was encrypted: {what}"),
        )
        .tree(path)
        .hint("nothing was written; this is a defect of the program: please report it"),
        EncryptError::ClosedSchema { position } => Failure::new(
            Exit::Encryption,
            "this spelling can be kept only in a field that the schema of the resource refuses",
        )
        .position(Some(*position))
        .hint("write the value in its plain form, in quotes if in doubt"),
        _ => Failure::new(Exit::Encryption, error.to_string()),
    }
}

/// The failure of opening an encrypted file.
pub(crate) fn of_open(error: &OpenError) -> Failure {
    match error {
        OpenError::Document(error) => of_document(error, Exit::Other, Exit::Decryption),
        OpenError::Metadata(error) => of_metadata(error),
        OpenError::Value { position, path, cause } => {
            Failure::new(Exit::Decryption, cause.as_ref()).position(Some(*position)).tree(path).hint(
                "the value, its key or its place in the tree was changed after it was encrypted; restore it",
            )
        }
        OpenError::Unwritable(error) => of_document(error, Exit::Unrenderable, Exit::Unrenderable),
        OpenError::MacMissing | OpenError::MacUndecryptable(_) | OpenError::MacMismatch => {
            Failure::new(Exit::Mac, error.to_string()).hint(
                "restore the file from a commit that is known to be good; --ignore-mac opens it as it is",
            )
        }
        _ => Failure::new(Exit::Other, error.to_string()),
    }
}

/// The failure of looking for a single value.
pub(crate) fn of_extract(error: &ExtractError) -> Failure {
    match error {
        ExtractError::Path(error) => Failure::new(Exit::Other, format!("error truncating tree: {error}")),
        ExtractError::Document(error) => of_document(error, Exit::Unrenderable, Exit::Unrenderable),
        _ => Failure::new(Exit::Unrenderable, error.to_string()),
    }
}

/// The failure of writing a text in another format.
pub(crate) fn of_unrenderable(error: &DocumentError) -> Failure {
    of_document(error, Exit::Unrenderable, Exit::Unrenderable)
}

/// Something that the library wants the user to know.
pub(crate) fn warnings(warnings: &[fieldseal_core::Warning]) -> Vec<Warning> {
    warnings.iter().map(|warning| Warning::new(warning.to_string())).collect()
}

fn of_metadata(error: &MetadataError) -> Failure {
    match error {
        MetadataError::NoVersion | MetadataError::Version => Failure::new(Exit::Other, error.to_string())
            .hint("restore the sops block of the file from a commit that is known to be good"),
        MetadataError::NotFound => Failure::new(Exit::Other, error.to_string()),
        _ => Failure::new(Exit::Other, error.to_string()).hint("restore the sops block of the file"),
    }
}

fn of_document(error: &DocumentError, malformed: Exit, unsupported: Exit) -> Failure {
    let exit = match error.case {
        DocumentCase::Empty => return empty(),
        DocumentCase::Reserved => return already_encrypted(error.problem.clone()).position(error.position),
        DocumentCase::Unsupported => unsupported,
        DocumentCase::Unwritable => Exit::Unrenderable,
        _ => malformed,
    };
    Failure::new(exit, error.problem.clone()).position(error.position)
}

fn empty() -> Failure {
    Failure::new(Exit::NoDocument, "the file holds no document; it must contain at least one")
}

fn already_encrypted(message: impl Into<String>) -> Failure {
    Failure::new(Exit::AlreadyEncrypted, message).hint(
        "it is probably encrypted already: change it with `edit`; if it is clear text, rename that entry",
    )
}
