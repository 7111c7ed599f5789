//! Opened files with single values changed, encrypted again.

use std::borrow::Cow;

use fieldseal_core::edit::{Beyond, EditError, NewValue, set, unset};
use fieldseal_core::{
    DataKey, DocumentCase, EncryptRequest, Format, Opened, PathError, Plaintext, Step, Stores,
};

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

/// How a file is edited.
pub(crate) struct Editing<'a> {
    /// The format of the result.
    pub(crate) to: Format,
    /// What is missing need not be removed, and a file in which nothing changes is not written.
    pub(crate) idempotent: bool,
    /// The name under which the tool runs.
    pub(crate) role: Role,
    /// How a text is indented that has to be printed anew; asked only then.
    pub(crate) stores: &'a dyn Fn() -> Result<Stores, Failure>,
}

/// The opened file after `edits`, encrypted again. Values that do not change keep their ciphertext. `None` stands for a
/// file that stays as it is, if `editing` is idempotent.
///
/// # Errors
/// A path does not fit the document, or the format cannot hold the value.
pub(crate) fn edited(
    opened: &Opened,
    data_key: &DataKey,
    edits: &[Edit<'_>],
    editing: &Editing<'_>,
) -> Result<Option<Sealed>, Failure> {
    let Editing { to, idempotent, role, stores } = *editing;
    let format = opened.format();
    // sops appends, whatever the number is.
    let beyond = if role == Role::Sops { Beyond::Append } else { Beyond::Refuse };
    let mut text: Option<Plaintext> = None;
    let (mut changed, mut reprinted) = (false, false);
    let mut indented: Option<Stores> = None;
    for edit in edits {
        let source = text.as_ref().unwrap_or(opened.plaintext()).as_bytes();
        let made = |stores: &Stores| match edit {
            Edit::Set(path, value) => set(source, format, path, value, beyond, stores),
            Edit::Unset(path) => unset(source, format, path, stores),
        };
        let mut done = match made(&indented.unwrap_or_default()) {
            Err(EditError::Path(PathError::NotFound(_) | PathError::OutOfBounds(_)))
                if idempotent && matches!(edit, Edit::Unset(_)) =>
            {
                continue;
            }
            done => done.map_err(|error| of_edit(&error, edit))?,
        };
        if done.reprinted && indented.is_none() {
            let stores = *indented.insert(stores()?);
            if stores != Stores::default() {
                done = made(&stores).map_err(|error| of_edit(&error, edit))?;
            }
        }
        changed |= done.changed;
        reprinted |= done.reprinted;
        text = Some(done.text);
    }
    if idempotent && !changed {
        return Ok(None);
    }
    let source = text.as_ref().unwrap_or(opened.plaintext()).as_bytes();
    let metadata = opened.metadata().clone();
    let stores = match indented {
        Some(stores) => stores,
        None if to != format || format == Format::Binary => stores()?,
        None => Stores::default(),
    };
    let (random, now) = (&mut SystemRandom, now());
    let request = EncryptRequest { data_key, metadata, now, random, threads: 1, stores };
    let mut lost = None;
    let sealed = if to == format {
        opened.reseal(source, request)
    } else {
        let converted = fieldseal_core::convert(source, format, to, &stores)
            .map_err(|error| failures::of_encrypt(&error))?;
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
