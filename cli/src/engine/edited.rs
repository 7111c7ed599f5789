//! Opened files with single values changed, encrypted again.

use std::borrow::Cow;

use fieldseal_core::edit::{Beyond, EditError, NewValue, set, unset};
use fieldseal_core::{DataKey, DocumentCase, EncryptRequest, Format, Opened, PathError, Plaintext, Step};

use super::convert::check_losses;
use super::{Sealed, SystemRandom, failures, now};
use crate::exit::Exit;
use crate::report::{Failure, Warning, harmless};
use crate::role::Role;

/// A change of the clear text.
pub(crate) enum Edit<'a> {
    /// A value is set.
    Set(&'a [Step], NewValue),
    /// A value is removed.
    Unset(&'a [Step]),
}

/// The opened file after `edits`, encrypted again as a file in the format `to`. Values that do not change keep their
/// ciphertext. If `idempotent`, what is missing need not be removed, and `None` stands for a file that stays as it is.
///
/// # Errors
/// A path does not fit the document, or the format cannot hold the value.
pub(crate) fn edited(
    opened: &Opened,
    data_key: &DataKey,
    edits: &[Edit<'_>],
    to: Format,
    idempotent: bool,
    role: Role,
) -> Result<Option<Sealed>, Failure> {
    let format = opened.format();
    // sops appends, whatever the number is.
    let beyond = if role == Role::Sops { Beyond::Append } else { Beyond::Refuse };
    let mut text: Option<Plaintext> = None;
    let (mut changed, mut reprinted) = (false, false);
    for edit in edits {
        let source = text.as_ref().unwrap_or(opened.plaintext()).as_bytes();
        let done = match edit {
            Edit::Set(path, value) => set(source, format, path, value, beyond),
            Edit::Unset(path) => match unset(source, format, path) {
                Err(EditError::Path(PathError::NotFound(_) | PathError::OutOfBounds(_))) if idempotent => {
                    continue;
                }
                done => done,
            },
        };
        let done = done.map_err(|error| of_edit(&error, edit))?;
        changed |= done.changed;
        reprinted |= done.reprinted;
        text = Some(done.text);
    }
    if idempotent && !changed {
        return Ok(None);
    }
    let source = text.as_ref().unwrap_or(opened.plaintext()).as_bytes();
    let metadata = opened.metadata().clone();
    let request = EncryptRequest { data_key, metadata, now: now(), random: &mut SystemRandom, threads: 1 };
    let mut lost = None;
    let sealed = if to == format {
        opened.reseal(source, request)
    } else {
        let converted =
            fieldseal_core::convert(source, format, to).map_err(|error| failures::of_encrypt(&error))?;
        lost = check_losses(&converted, format)?;
        converted.encrypt(request)
    };
    let mut sealed = sealed.map(Sealed::from).map_err(|error| failures::of_encrypt(&error))?;
    sealed.warnings.extend(lost);
    if reprinted {
        sealed.warnings.push(
            Warning::new(
                "the file could not be changed in that one place, so its layout is that of sops now",
            )
            .hint("the values are right; to keep the layout, restore the file and change it with `edit`"),
        );
    }
    Ok(Some(sealed))
}

fn of_edit(error: &EditError, edit: &Edit<'_>) -> Failure {
    let not_there = match edit {
        Edit::Set(..) => Exit::InvalidPathOrValue,
        Edit::Unset(_) => Exit::Other,
    };
    match error {
        EditError::Document(error) if error.case == DocumentCase::Unwritable => {
            failures::of_unrenderable(error)
        }
        EditError::Document(error) => failures::of_unrenderable(error).code(Exit::Other),
        EditError::Path(error) => {
            let failure = Failure::new(not_there, harmless(&error.to_string()));
            match (error, edit) {
                (PathError::OutOfBounds(_), Edit::Set(..)) => {
                    failure.hint("the position behind the last element appends; there may be no gap")
                }
                (PathError::NotFound(_) | PathError::OutOfBounds(_), Edit::Unset(_)) => {
                    failure.hint("with --idempotent this is no error")
                }
                _ => failure,
            }
        }
        EditError::Scalar { path } => {
            Failure::new(Exit::Other, "this is a single value; there is nothing inside of it").tree(path)
        }
        EditError::Reserved { .. } => Failure::new(Exit::AlreadyEncrypted, Cow::from(error.to_string())),
        EditError::WouldNotReadBack { path } => Failure::new(
            Exit::Unrenderable,
            "this format cannot hold the value so that it reads back as the same",
        )
        .tree(path)
        .hint("nothing was written"),
        _ => Failure::new(Exit::Other, error.to_string()),
    }
}
