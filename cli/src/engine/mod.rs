//! The seam between the commands and the libraries: rules, keys and documents come together here.

mod configs;
mod convert;
mod draft;
mod example;
mod failures;
mod keyring;
mod recipe;

use std::time::{SystemTime, UNIX_EPOCH};

use fieldseal_core::{EncryptRequest, Encrypted, MetadataError, OpenError, Random, RandomError, Timestamp};
pub(crate) use fieldseal_core::{Format, Opened};

pub(crate) use configs::Configs;
pub(crate) use convert::{seal_as, text_in};
pub(crate) use draft::Draft;
pub(crate) use failures::of_extract as failure_of_extract;
pub(crate) use keyring::{
    Keyring, check_recipient, default_identity_file, generate_identity, own_recipients,
};
pub(crate) use recipe::Recipe;

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
    let request =
        EncryptRequest { data_key: &data_key, metadata, now: now(), random: &mut SystemRandom, threads };
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

/// Whether `source` is an encrypted text, or was one before it was damaged.
pub(crate) fn was_sealed(source: &[u8], format: Format) -> bool {
    is_sealed(source, format) || (mentions(source, b"sops") && mentions(source, b"ENC[AES256_GCM,data:"))
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

/// The random numbers of the system.
struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), RandomError> {
        getrandom::fill(bytes).map_err(|_| RandomError)
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
