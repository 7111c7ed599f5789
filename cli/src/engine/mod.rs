//! The seam between the commands and the libraries: rules, keys and documents come together here.

mod configs;
mod convert;
mod draft;
mod edited;
mod example;
mod failures;
mod keyring;
#[cfg(feature = "publish")]
mod publication;
mod recipe;
mod rekey;
mod variables;

use std::time::{SystemTime, UNIX_EPOCH};

use fieldseal_core::{
    DocumentCase, EncryptRequest, Encrypted, Metadata, MetadataError, OpenError, Random, RandomError,
    Timestamp,
};
pub(crate) use fieldseal_core::{Format, Opened, Stores};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};

pub(crate) use configs::{Configs, MOST_LEVELS as MOST_CONFIG_LEVELS, NAME as CONFIG_NAME, absolute};
pub(crate) use convert::{seal_as, text_in};
pub(crate) use draft::Draft;
pub(crate) use edited::{Edit, Editing, edited};
pub(crate) use failures::of_extract as failure_of_extract;
pub(crate) use keyring::services as key_services;
pub(crate) use keyring::{
    Keyring, check_recipient, default_identity_file, generate_identity, own_recipients, places,
};
#[cfg(feature = "publish")]
pub(crate) use publication::{Publication, check_sealed, values};
pub(crate) use recipe::Recipe;
pub(crate) use rekey::{Access, Change, Rotation, rewrap, rotate};
pub(crate) use variables::variables;

use crate::io::Bytes;
use crate::report::{Failure, Warning};

/// The version of sops whose format is written.
const VERSION: &str = "3.13.3";

/// An encrypted text.
pub(crate) struct Sealed {
    /// Its bytes.
    pub(crate) text: Vec<u8>,
    /// How many values and comments are encrypted.
    pub(crate) selected: usize,
    /// What the user should know.
    pub(crate) warnings: Vec<Warning>,
}

/// Encrypts `source` as `recipe` says, on at most `threads` threads.
///
/// # Errors
/// The text cannot be encrypted, or the data key not for all keys.
pub(crate) fn seal(
    source: Bytes,
    format: Format,
    recipe: &Recipe,
    threads: usize,
) -> Result<Sealed, Failure> {
    let (data_key, metadata) = recipe.prepare(format)?;
    let stores = recipe.stores;
    let request = EncryptRequest {
        data_key: &data_key,
        metadata,
        now: now(),
        random: &mut SystemRandom,
        threads,
        stores,
    };
    let sealed = fieldseal_core::encrypt(owned(source), format, request);
    sealed.map(Sealed::from).map_err(|error| failures::of_encrypt(&error))
}

/// Whether `source` is an encrypted text, even one that cannot be opened.
pub(crate) fn is_sealed(source: &[u8], format: Format) -> bool {
    mentions(source, b"sops")
        && match fieldseal_core::Sealed::read(source, format) {
            Ok(_) => true,
            Err(OpenError::Metadata(error)) => error != MetadataError::NotFound,
            Err(_) => false,
        }
}

/// What `sops filestatus` says of a text: whether it is encrypted, with a version and a MAC.
///
/// # Errors
/// The text is not well formed, or its `sops` block cannot be understood. Bytes that are no JSON are no error with
/// `any_bytes`, where they are a binary file.
pub(crate) fn file_status(source: Bytes, format: Format, any_bytes: bool) -> Result<bool, Failure> {
    // An encrypted binary file is JSON; whether it holds its data does not count here.
    let binary = format == Format::Binary;
    let format = if binary { Format::Json } else { format };
    match fieldseal_core::Sealed::read(owned(source), format) {
        Ok(sealed) => Ok(!sealed.metadata().version.is_empty() && sealed.metadata().has_mac()),
        Err(OpenError::Metadata(MetadataError::NotFound)) => Ok(false),
        Err(OpenError::Document(error)) if error.case == DocumentCase::Empty => Ok(false),
        Err(OpenError::Document(_)) if binary && any_bytes => Ok(false),
        Err(error) => Err(failures::of_open(&error)),
    }
}

/// Reads an encrypted text.
///
/// # Errors
/// It is none.
pub(crate) fn read(source: Bytes, format: Format) -> Result<fieldseal_core::Sealed, Failure> {
    fieldseal_core::Sealed::read(owned(source), format).map_err(|error| failures::of_open(&error))
}

/// The metadata of an encrypted text.
///
/// # Errors
/// The text is not an encrypted one.
pub(crate) fn metadata(source: &[u8], format: Format) -> Result<Metadata, Failure> {
    let sealed = fieldseal_core::Sealed::read(source, format).map_err(|error| failures::of_open(&error))?;
    Ok(sealed.metadata().clone())
}

/// Whether `source` is an encrypted text, or was one before it was damaged.
pub(crate) fn was_sealed(source: &[u8], format: Format) -> bool {
    is_sealed(source, format) || (mentions(source, b"sops") && mentions(source, b"ENC[AES256_GCM,data:"))
}

/// Whether `source` is a well-formed text that has nothing encrypted in it; of binary files, any such bytes. A file
/// that holds nothing at all may have been cut off, and is none.
pub(crate) fn is_clear(source: &[u8], format: Format) -> bool {
    !source.trim_ascii().is_empty()
        && !mentions(source, b"ENC[")
        && (format == Format::Binary
            || matches!(
                fieldseal_core::Sealed::read(source, format),
                Err(OpenError::Metadata(MetadataError::NotFound))
            ))
}

impl From<Encrypted> for Sealed {
    fn from(encrypted: Encrypted) -> Self {
        Self {
            text: encrypted.text,
            selected: encrypted.selected,
            warnings: failures::warnings(&encrypted.warnings),
        }
    }
}

/// The random numbers of the system. Where many are asked for at once, as the nonces of a file, the system gives a
/// seed, and ChaCha20 makes them of it several times faster.
struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), RandomError> {
        /// The system takes as long for fewer bytes.
        const MANY: usize = 1024;
        if bytes.len() < MANY {
            return getrandom::fill(bytes).map_err(|_| RandomError);
        }
        let mut seed = zeroize::Zeroizing::new([0; 32]);
        getrandom::fill(&mut *seed).map_err(|_| RandomError)?;
        ChaCha20Rng::from_seed(*seed).fill_bytes(bytes);
        Ok(())
    }
}

/// The current time.
fn now() -> Timestamp {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    Timestamp::from_unix(i64::try_from(seconds).unwrap_or(i64::MAX))
}

/// Takes the bytes out; whoever gets them wipes them.
fn owned(mut bytes: Bytes) -> Vec<u8> {
    std::mem::take(&mut *bytes)
}

fn mentions(text: &[u8], part: &[u8]) -> bool {
    memchr::memmem::find(text, part).is_some()
}
