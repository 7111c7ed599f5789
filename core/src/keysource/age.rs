//! Wrapping a part of the data key as an age file, and unwrapping it.

use std::cell::RefCell;
use std::io::{self, BufRead, Read, Write};

use age::armor::{ArmoredReader, ArmoredWriter, Format};
use age::{DecryptError, Decryptor, Encryptor};
use age_core::format::{FileKey, Stanza};
use zeroize::Zeroizing;

use crate::recipient::Recipient;

/// The longest age file that is read, in characters. A recipient takes about a hundred; sops writes one to a file.
pub const LONGEST: usize = 2 << 20;

/// The most bytes that a part of a data key has.
const LONGEST_PART: usize = 64;

/// Why a part of the data key cannot be wrapped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WrapError {
    /// The recipient belongs to a plugin, which has to be run.
    #[error("the recipient needs the age plugin {0}")]
    NeedsPlugin(String),
    /// age, or a plugin, refused.
    #[error("failed to encrypt the data key with age: {0}")]
    Age(#[source] age::EncryptError),
}

/// Why a part of the data key cannot be unwrapped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UnwrapError {
    /// The file is longer than any that wraps a data key.
    #[error("the age file is longer than {LONGEST} characters, so it does not wrap a data key")]
    TooLong,
    /// The file is damaged before its content begins.
    #[error("the age file is damaged: {0}")]
    Malformed(String),
    /// None of the identities fits.
    #[error("identity did not match any of the recipients")]
    NoMatch,
    /// No identity unwrapped it, and some failed: these are their messages.
    #[error("{}", .0.join("; "))]
    Identities(Vec<String>),
    /// What an identity unwrapped does not fit what follows it.
    #[error("the age file is damaged, or was not made for the identity that opens it: {0}")]
    Content(String),
}

/// Wraps `part`, the data key or a share of it, for `recipient`, in armor.
///
/// age makes up its own random numbers here.
///
/// # Errors
/// The recipient needs a plugin.
pub fn wrap(part: &[u8], recipient: &Recipient) -> Result<String, WrapError> {
    match (recipient.native(), recipient.plugin()) {
        (Some(native), _) => wrap_with(part, native),
        (None, plugin) => {
            Err(WrapError::NeedsPlugin(plugin.map_or_else(String::new, |plugin| plugin.plugin().to_owned())))
        }
    }
}

/// Wraps `part` for whatever `recipient` is, such as a running plugin.
///
/// # Errors
/// The recipient refuses.
pub fn wrap_with(part: &[u8], recipient: &dyn age::Recipient) -> Result<String, WrapError> {
    let encryptor = Encryptor::with_recipients(std::iter::once(recipient)).map_err(WrapError::Age)?;
    let write = || -> io::Result<Vec<u8>> {
        let armor = ArmoredWriter::wrap_output(Vec::new(), Format::AsciiArmor)?;
        let mut writer = encryptor.wrap_output(armor)?;
        writer.write_all(part)?;
        writer.finish()?.finish()
    };
    let bytes = write().map_err(|error| WrapError::Age(error.into()))?;
    let mut text = String::from_utf8(bytes).expect("armor is ASCII");
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Ok(text)
}

/// Unwraps a part of the data key with the first of `identities` that can.
///
/// The cost grows with the number of recipients in the file times that of the identities.
///
/// # Errors
/// The file is damaged or absurdly long, or no identity fits.
pub fn unwrap(enc: &str, identities: &[&dyn age::Identity]) -> Result<Zeroizing<Vec<u8>>, UnwrapError> {
    if enc.len() > LONGEST {
        return Err(UnwrapError::TooLong);
    }
    let malformed = |error: &dyn std::fmt::Display| UnwrapError::Malformed(one_line(error));
    let mut file = Vec::with_capacity(enc.len() / 4 * 3);
    ArmoredReader::new(enc.trim_ascii().as_bytes())
        .read_to_end(&mut file)
        .map_err(|error| malformed(&error))?;
    let decryptor = Decryptor::new_buffered(HeaderFirst::new(&file)).map_err(|error| match error {
        // age says so of every header that it cannot parse.
        DecryptError::UnknownFormat if file.starts_with(b"age-encryption.org/v1\n") => {
            malformed(&DecryptError::InvalidHeader)
        }
        error => malformed(&error),
    })?;
    let each = Each { identities, errors: RefCell::default() };
    let opened = decryptor.decrypt(std::iter::once(&each as &dyn age::Identity));
    let reader = match opened {
        Ok(reader) => reader,
        Err(DecryptError::NoMatchingKeys) => {
            let errors = each.errors.into_inner();
            return Err(if errors.is_empty() {
                UnwrapError::NoMatch
            } else {
                UnwrapError::Identities(errors)
            });
        }
        Err(error) => return Err(UnwrapError::Content(one_line(&error))),
    };
    let mut part = Zeroizing::new(Vec::with_capacity(LONGEST_PART + 1));
    reader
        .take(LONGEST_PART as u64 + 1)
        .read_to_end(&mut part)
        .map_err(|error| UnwrapError::Content(one_line(&error)))?;
    if part.len() > LONGEST_PART {
        return Err(UnwrapError::Content("its content is too long for a data key".to_owned()));
    }
    Ok(part)
}

/// The identities as one. What one of them complains about does not keep the next from trying.
struct Each<'a> {
    identities: &'a [&'a dyn age::Identity],
    errors: RefCell<Vec<String>>,
}

impl age::Identity for Each<'_> {
    fn unwrap_stanza(&self, stanza: &Stanza) -> Option<Result<FileKey, DecryptError>> {
        self.unwrap_stanzas(std::slice::from_ref(stanza))
    }

    fn unwrap_stanzas(&self, stanzas: &[Stanza]) -> Option<Result<FileKey, DecryptError>> {
        for identity in self.identities {
            match identity.unwrap_stanzas(stanzas) {
                Some(Ok(key)) => return Some(Ok(key)),
                Some(Err(error)) => self.errors.borrow_mut().push(one_line(&error)),
                None => {}
            }
        }
        None
    }
}

/// A message on one line and without the marks that age puts around names.
fn one_line(error: &dyn std::fmt::Display) -> String {
    let text = error.to_string().replace(['\u{2068}', '\u{2069}'], "");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// An age file whose header is given to age in one go.
///
/// age reads a header line by line and parses all of it again after each, which takes hours for one with ten
/// thousand recipients.
struct HeaderFirst<'a> {
    header: &'a [u8],
    rest: &'a [u8],
}

impl<'a> HeaderFirst<'a> {
    fn new(file: &'a [u8]) -> Self {
        // The header ends with the line that begins with three dashes; no other line of it does.
        let mac = memchr::memmem::find(file, b"\n---").map_or(file.len(), |at| at + 1);
        let end = memchr::memchr(b'\n', &file[mac..]).map_or(file.len(), |at| mac + at + 1);
        let (header, rest) = file.split_at(end);
        Self { header, rest }
    }
}

impl Read for HeaderFirst<'_> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let length = self.fill_buf()?.read(to)?;
        self.consume(length);
        Ok(length)
    }
}

impl BufRead for HeaderFirst<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        Ok(if self.header.is_empty() { self.rest } else { self.header })
    }

    fn consume(&mut self, length: usize) {
        let from = if self.header.is_empty() { &mut self.rest } else { &mut self.header };
        *from = &from[length..];
    }

    fn read_until(&mut self, byte: u8, to: &mut Vec<u8>) -> io::Result<usize> {
        if !self.header.is_empty() {
            to.extend_from_slice(self.header);
            return Ok(std::mem::take(&mut self.header).len());
        }
        self.rest.read_until(byte, to)
    }
}
