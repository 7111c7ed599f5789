//! Identities that were found, and what has to be done before they can be used.

use std::io::Read as _;
use std::sync::{Mutex, PoisonError};

use age::armor::ArmoredReader;
use age::secrecy::SecretString;
use age::ssh;
use age::{DecryptError, Decryptor};
use age_core::format::{FileKey, Stanza};
use fieldseal_core::keysource::{Identity, parse_identities};
use zeroize::Zeroizing;

use crate::agent::{self, Answer};
use crate::command::LONGEST;
use crate::means::Means;
use crate::plugin::PluginIdentity;
use crate::ssh::LockedSsh;

/// An identity at hand.
pub(crate) enum Held {
    /// One that age can use at once, and its recipient.
    Native(Identity, Option<String>),
    /// An SSH key that can be used at once, and its public key.
    Ssh(Box<ssh::Identity>, Option<String>),
    /// An SSH key with a passphrase.
    LockedSsh(Box<LockedSsh>),
    /// A file of identities with a passphrase.
    LockedFile(Box<LockedFile>),
    /// One that a plugin can use.
    Plugin(Box<PluginIdentity>),
}

impl Held {
    /// An identity out of a file or a variable.
    pub(crate) fn new(identity: Identity, means: &Means) -> Self {
        match identity {
            Identity::Plugin(identity) => Self::Plugin(Box::new(PluginIdentity::new(*identity, means))),
            identity => {
                let recipient = identity.recipient();
                Self::Native(identity, recipient)
            }
        }
    }

    /// Whether it can be used without asking anyone and without running anything.
    pub(crate) const fn is_quiet(&self) -> bool {
        matches!(self, Self::Native(..) | Self::Ssh(..))
    }

    /// The recipient that belongs to it, if that can be said without asking anyone.
    pub(crate) fn recipient(&self) -> Option<&str> {
        match self {
            Self::Native(_, recipient) | Self::Ssh(_, recipient) => recipient.as_deref(),
            Self::LockedSsh(locked) => Some(locked.public()),
            Self::LockedFile(_) | Self::Plugin(_) => None,
        }
    }

    /// Whether its recipient is `recipient`, to which an SSH key may add a comment.
    pub(crate) fn is_for(&self, recipient: &str) -> bool {
        let rest = self.recipient().and_then(|own| recipient.strip_prefix(own));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
    }

    /// The identity for age.
    pub(crate) fn as_age(&self) -> &(dyn age::Identity + Send + Sync) {
        match self {
            Self::Native(identity, _) => identity,
            Self::Ssh(identity, _) => &**identity,
            Self::LockedSsh(identity) => &**identity,
            Self::LockedFile(identity) => &**identity,
            Self::Plugin(identity) => &**identity,
        }
    }
}

/// Reads a text with identities: lines, or an age file that a passphrase protects.
///
/// # Errors
/// One line of it is no identity; then none counts.
pub(crate) fn parse_text(
    text: &[u8],
    location: &str,
    words: bool,
    means: &Means,
) -> Result<Vec<Held>, String> {
    if text.starts_with(b"age-encryption") || text.starts_with(b"-----BEGIN AGE") {
        return Ok(vec![Held::LockedFile(Box::new(LockedFile {
            text: text.to_owned(),
            location: location.to_owned(),
            means: means.clone(),
            opened: Mutex::default(),
        }))]);
    }
    let identities = parse_lines(text, words)
        .map_err(|error| format!("failed to parse '{location}' age identities: {error}"))?;
    Ok(identities.into_iter().map(|identity| Held::new(identity, means)).collect())
}

fn parse_lines(text: &[u8], words: bool) -> Result<Vec<Identity>, String> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    // What is no UTF-8 can stand in comments only.
    let text = Zeroizing::new(String::from_utf8_lossy(text).into_owned());
    parse_identities(&text, words).map_err(|(line, error)| format!("line {line}: {error}"))
}

/// What was found out about something locked: nothing yet, what is in it, or why it stays locked.
pub(crate) type Opened<T> = Mutex<Option<Result<T, String>>>;

/// Calls `open` the first time; then and later, `with` on what it gave.
pub(crate) fn once<T, R>(
    opened: &Opened<T>,
    open: impl FnOnce() -> Result<T, String>,
    with: impl FnOnce(&T) -> Option<Result<R, DecryptError>>,
) -> Option<Result<R, DecryptError>> {
    // Who comes meanwhile waits, and profits from the answer.
    let mut opened = opened.lock().unwrap_or_else(PoisonError::into_inner);
    match opened.get_or_insert_with(open) {
        Ok(content) => with(content),
        Err(error) => Some(Err(other(error))),
    }
}

/// An error of age with a message of our own.
fn other(message: &str) -> DecryptError {
    DecryptError::Io(std::io::Error::other(message.to_owned()))
}

/// A file of identities with a passphrase. It is asked for when nothing else has helped, and once.
pub(crate) struct LockedFile {
    text: Vec<u8>,
    location: String,
    means: Means,
    opened: Opened<Vec<Held>>,
}

impl LockedFile {
    /// The passphrase, from the agent of GnuPG or else from the person at the terminal.
    fn passphrase(&self, id: &str) -> Result<SecretString, String> {
        let location = &self.location;
        let question = format!("Enter passphrase for identity '{location}':");
        let failed = |why: &str| format!("could not read passphrase for identity '{location}'{why}");
        let why = match agent::passphrase(id, &question, &self.means) {
            Answer::Passphrase(passphrase) => return Ok(passphrase),
            Answer::Cancelled => return Err(failed(": the dialog of gpg-agent was cancelled")),
            Answer::Failed(why) => format!(": gpg-agent: {why}"),
            Answer::NoAgent => String::new(),
        };
        self.means.asking.passphrase(&question).ok_or_else(|| failed(&why))
    }

    fn open(&self) -> Result<Vec<Held>, String> {
        let failed = |why: &dyn std::fmt::Display| format!("failed to read '{}': {why}", self.location);
        let mut content = Vec::with_capacity(self.text.len());
        ArmoredReader::new(self.text.as_slice()).read_to_end(&mut content).map_err(|error| failed(&error))?;
        let decryptor = Decryptor::new_buffered(content.as_slice()).map_err(|error| failed(&error))?;
        if !decryptor.is_scrypt() {
            return Err(failed(&"it is encrypted, but not with a passphrase"));
        }
        let id = agent::cache_id(&content);
        let passphrase = self.passphrase(&id)?;
        let mut identity = age::scrypt::Identity::new(passphrase);
        // The limit of age itself is measured on the machine; this is the one of the Go implementation.
        identity.set_max_work_factor(22);
        let reader = match decryptor.decrypt(std::iter::once(&identity as &dyn age::Identity)) {
            Ok(reader) => reader,
            Err(DecryptError::DecryptionFailed | DecryptError::NoMatchingKeys) => {
                agent::forget(&id, &self.means);
                return Err(format!("incorrect passphrase for identity '{}'", self.location));
            }
            Err(error) => return Err(failed(&error)),
        };
        let mut text = Zeroizing::new(Vec::with_capacity(self.text.len()));
        reader.take(LONGEST as u64).read_to_end(&mut text).map_err(|error| failed(&error))?;
        let identities = parse_lines(&text, false).map_err(|error| failed(&error))?;
        Ok(identities.into_iter().map(|identity| Held::new(identity, &self.means)).collect())
    }
}

impl age::Identity for LockedFile {
    fn unwrap_stanza(&self, stanza: &Stanza) -> Option<Result<FileKey, DecryptError>> {
        self.unwrap_stanzas(std::slice::from_ref(stanza))
    }

    fn unwrap_stanzas(&self, stanzas: &[Stanza]) -> Option<Result<FileKey, DecryptError>> {
        once(
            &self.opened,
            || self.open(),
            |identities| {
                let mut error = None;
                for identity in identities {
                    match identity.as_age().unwrap_stanzas(stanzas) {
                        Some(Err(other)) => error = Some(Err(other)),
                        Some(key) => return Some(key),
                        None => {}
                    }
                }
                error
            },
        )
    }
}
