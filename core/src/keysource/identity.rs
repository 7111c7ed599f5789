//! Secret keys of age, as lines of text.

use age::DecryptError;
use age_core::format::{FileKey, Stanza};

use super::hybrid;

/// A secret key of age.
pub enum Identity {
    /// The usual one.
    X25519(Box<age::x25519::Identity>),
    /// One that quantum computers do not break.
    Hybrid(Box<hybrid::Identity>),
    /// One that a plugin can use, which is a program to be run.
    Plugin(Box<age::plugin::Identity>),
}

/// The text is no secret key of age. The text itself is not part of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// It does not begin as one.
    #[error(
        "unknown identity type: expected AGE-SECRET-KEY-1, AGE-SECRET-KEY-PQ-1 or AGE-PLUGIN- at the beginning of the line"
    )]
    Unknown,
    /// It begins as one.
    #[error("malformed secret key: it was cut off or mistyped")]
    Malformed,
}

impl Identity {
    /// Reads one secret key, without blanks around it.
    ///
    /// # Errors
    /// It is none.
    pub fn parse(text: &str) -> Result<Self, IdentityError> {
        let malformed = |_| IdentityError::Malformed;
        Ok(if text.starts_with("AGE-PLUGIN-") {
            Self::Plugin(Box::new(text.parse().map_err(malformed)?))
        } else if text.starts_with("AGE-SECRET-KEY-PQ-1") {
            Self::Hybrid(Box::new(hybrid::Identity::parse(text).ok_or(IdentityError::Malformed)?))
        } else if text.starts_with("AGE-SECRET-KEY-1") {
            Self::X25519(Box::new(text.parse().map_err(malformed)?))
        } else {
            return Err(IdentityError::Unknown);
        })
    }

    /// The recipient that belongs to the secret key; `None` if only a plugin knows it.
    pub fn recipient(&self) -> Option<String> {
        match self {
            Self::X25519(identity) => Some(identity.to_public().to_string()),
            Self::Hybrid(identity) => Some(identity.recipient().to_string()),
            Self::Plugin(_) => None,
        }
    }
}

/// A plugin's identity unwraps nothing by itself.
impl age::Identity for Identity {
    fn unwrap_stanza(&self, stanza: &Stanza) -> Option<Result<FileKey, DecryptError>> {
        match self {
            Self::X25519(identity) => identity.unwrap_stanza(stanza),
            Self::Hybrid(identity) => identity.unwrap_stanza(stanza),
            Self::Plugin(_) => None,
        }
    }
}

/// Reads the secret keys in `text`, one in a line. Empty lines and lines that begin with `#` do not count; with
/// `words`, neither do blanks, and there may be several keys in a line.
///
/// # Errors
/// One of them is none: then all of `text` counts for nothing. The number is that of the line, from 1.
pub fn parse_identities(text: &str, words: bool) -> Result<Vec<Identity>, (usize, IdentityError)> {
    let mut identities = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let mut add = |text: &str| {
            identities.push(Identity::parse(text).map_err(|error| (index + 1, error))?);
            Ok(())
        };
        if words {
            line.split_whitespace().try_for_each(add)?;
        } else {
            add(line)?;
        }
    }
    Ok(identities)
}
