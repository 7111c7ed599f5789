//! Clear text in another format than its file has.

use fieldseal_core::{Converted, EncryptRequest, Format, Loss, Opened, Plaintext, Stores};

use super::{Recipe, Sealed, SystemRandom, failures, now, seal};
use crate::exit::Exit;
use crate::io::Bytes;
use crate::report::{Failure, Warning};
use crate::role::Role;

/// The clear text of an opened file, in some format.
pub(crate) enum Text<'o> {
    /// That of the file, byte for byte what was encrypted.
    Same(&'o Plaintext),
    /// As sops prints it in another format.
    Converted(Plaintext),
}

impl Text<'_> {
    /// The bytes.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Same(text) => text.as_bytes(),
            Self::Converted(text) => text.as_bytes(),
        }
    }
}

/// The text of `opened` in the format `to`, for which `stores` is asked if it is another one. What the format cannot hold is an error, under the name `sops` a
/// warning: there scripts get what sops gives them. Comments may be dropped.
///
/// # Errors
/// The format cannot express the text, or `stores` fails.
pub(crate) fn text_in<'o>(
    opened: &'o Opened,
    to: Format,
    role: Role,
    stores: impl FnOnce() -> Result<Stores, Failure>,
) -> Result<(Text<'o>, Vec<Warning>), Failure> {
    if opened.format() == to {
        return Ok((Text::Same(opened.plaintext()), Vec::new()));
    }
    let converted = opened.convert(to, &stores()?).map_err(|error| failures::of_unrenderable(&error))?;
    let mut warnings = Vec::new();
    for loss in converted.losses().iter().filter(|loss| loss.is_data()) {
        match role {
            Role::Own => return Err(lost(loss, opened.format(), to)),
            Role::Sops => warnings.push(Warning::new(loss.to_string())),
        }
    }
    Ok((Text::Converted(converted.into_text()), warnings))
}

/// Encrypts `source`, a text in the format `from`, as a file in the format `to`.
///
/// # Errors
/// The text cannot be encrypted, the data key not for all keys, or `to` cannot hold all data: sops would write a file
/// that it cannot decrypt.
pub(crate) fn seal_as(
    source: Bytes,
    (from, to): (Format, Format),
    recipe: &Recipe,
    threads: usize,
) -> Result<Sealed, Failure> {
    if from == to {
        return seal(source, from, recipe, threads);
    }
    let converted = fieldseal_core::convert(&source, from, to, &recipe.stores)
        .map_err(|error| failures::of_encrypt(&error))?;
    drop(source);
    let comments = check_losses(&converted, from)?;
    // What sops does not ask of a binary file, it does not ask of what was one.
    let (data_key, metadata) = recipe.prepare(if from == Format::Binary { from } else { to })?;
    let stores = recipe.stores;
    let request = EncryptRequest {
        data_key: &data_key,
        metadata,
        now: now(),
        random: &mut SystemRandom,
        threads,
        stores,
    };
    let mut sealed =
        converted.encrypt(request).map(Sealed::from).map_err(|error| failures::of_encrypt(&error))?;
    sealed.warnings.extend(comments);
    Ok(sealed)
}

/// What is to be said of the loss of comments when `converted` is encrypted.
///
/// # Errors
/// Data would be lost.
pub(crate) fn check_losses(converted: &Converted, from: Format) -> Result<Option<Warning>, Failure> {
    let mut comments = None;
    for loss in converted.losses() {
        if loss.is_data() {
            return Err(lost(loss, from, converted.format()));
        }
        comments = Some(Warning::new(loss.to_string()));
    }
    Ok(comments)
}

fn lost(loss: &Loss, from: Format, to: Format) -> Failure {
    Failure::new(Exit::Unrenderable, format!("cannot convert {} to {}: {loss}", from.name(), to.name()))
        .hint("choose another --output-type")
}
