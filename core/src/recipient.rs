//! Recipients of age: whom a data key can be encrypted to.

use age::ssh::ParseRecipientKeyError;

use crate::keysource::HybridRecipient;

/// A recipient of age, as a rule or a file names it.
#[derive(Clone)]
pub struct Recipient {
    text: String,
    kind: Kind,
}

#[derive(Clone)]
enum Kind {
    /// `age1...`
    X25519(age::x25519::Recipient),
    /// `age1pq1...`
    Hybrid(Box<HybridRecipient>),
    /// `age1tag1...`: a hardware key that needs no plugin for encrypting.
    Tag(age::tag::Recipient),
    /// `age1tagpq1...`
    TagPq(Box<age::tagpq::Recipient>),
    /// `ssh-ed25519 ...` or `ssh-rsa ...`
    Ssh(age::ssh::Recipient),
    /// `age1NAME1...`: for the program `age-plugin-NAME`.
    Plugin(age::plugin::Recipient),
}

/// Why a text is no recipient.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecipientError {
    /// It does not begin as one.
    #[error("failed to parse input, unknown recipient type: {0}")]
    Unknown(String),
    /// It is a secret key.
    #[error(
        "failed to parse input, this is a secret key and no recipient: name its public counterpart, which begins with \
         age1, and replace the secret key if others may have seen it"
    )]
    Secret,
    /// It begins with `age1`.
    #[error("failed to parse input as Bech32-encoded age public key: malformed recipient {0}")]
    Age(String),
    /// It begins with `age1`, and there is another `1` later.
    #[error("failed to parse input as age key from age plugin: malformed recipient {0}")]
    Plugin(String),
    /// It begins with `ssh-`.
    #[error("failed to parse input as age-ssh public key: {0}")]
    Ssh(&'static str),
}

impl Recipient {
    /// Reads a recipient; blanks around it do not matter.
    ///
    /// # Errors
    /// It is none.
    pub fn parse(text: &str) -> Result<Self, RecipientError> {
        let text = text.trim();
        let malformed = |_| RecipientError::Age(quoted(text));
        let kind = if looks_secret(text) {
            return Err(RecipientError::Secret);
        } else if text.starts_with("age1pq1") {
            Kind::Hybrid(Box::new(HybridRecipient::parse(text).ok_or(()).map_err(malformed)?))
        } else if text.starts_with("age1tag1") {
            Kind::Tag(text.parse().map_err(drop).map_err(malformed)?)
        } else if text.starts_with("age1tagpq1") {
            Kind::TagPq(Box::new(text.parse().map_err(drop).map_err(malformed)?))
        } else if text.strip_prefix("age1").is_some_and(|rest| rest.contains('1')) {
            Kind::Plugin(text.parse().map_err(|_| RecipientError::Plugin(quoted(text)))?)
        } else if text.starts_with("age1") {
            Kind::X25519(text.parse().map_err(drop).map_err(malformed)?)
        } else if text.starts_with("ssh-") {
            Kind::Ssh(text.parse().map_err(|error| RecipientError::Ssh(ssh_problem(&error)))?)
        } else {
            return Err(RecipientError::Unknown(quoted(text)));
        };
        Ok(Self { text: text.to_owned(), kind })
    }

    /// Reads recipients between commas; no text is no recipient.
    ///
    /// # Errors
    /// One of them is none, or empty.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, RecipientError> {
        if text.is_empty() { Ok(Vec::new()) } else { text.split(',').map(Self::parse).collect() }
    }

    /// The recipient as it was written, without blanks around it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The plugin's recipient, if wrapping needs a plugin.
    pub const fn plugin(&self) -> Option<&age::plugin::Recipient> {
        match &self.kind {
            Kind::Plugin(recipient) => Some(recipient),
            _ => None,
        }
    }

    /// The recipient for age; `None` if wrapping needs a plugin.
    pub(crate) fn native(&self) -> Option<&dyn age::Recipient> {
        Some(match &self.kind {
            Kind::X25519(recipient) => recipient,
            Kind::Hybrid(recipient) => &**recipient,
            Kind::Tag(recipient) => recipient,
            Kind::TagPq(recipient) => &**recipient,
            Kind::Ssh(recipient) => recipient,
            Kind::Plugin(_) => return None,
        })
    }
}

impl std::fmt::Debug for Recipient {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        to.debug_tuple("Recipient").field(&self.text).finish()
    }
}

/// Whether someone put a secret key in the place of a recipient.
fn looks_secret(text: &str) -> bool {
    let start: String = text.chars().take(40).collect::<String>().to_ascii_uppercase();
    ["AGE-SECRET-KEY-", "AGE-PLUGIN-", "PRIVATE KEY"].iter().any(|mark| start.contains(mark))
}

/// A text for a message, shortened.
fn quoted(text: &str) -> String {
    let mut start: String = text.chars().take(80).collect();
    if start.len() < text.len() {
        start.push_str("...");
    }
    format!("{start:?}")
}

const fn ssh_problem(error: &ParseRecipientKeyError) -> &'static str {
    match error {
        ParseRecipientKeyError::RsaModulusTooSmall => "the RSA key has less than 2048 bits",
        ParseRecipientKeyError::RsaModulusTooLarge => "the RSA key is too large",
        ParseRecipientKeyError::Unsupported(_) | ParseRecipientKeyError::Ignore => {
            "only ssh-ed25519 and ssh-rsa keys can be encrypted to"
        }
        _ => "malformed SSH recipient",
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const X25519: &str = "age1j0w49enflpgekldxtstytr08qwt55sxg5x8aj5wm4yl990t6x3ps0vzy95";
    const ED25519: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHsKLqeplhpW+uObz5dvMgjz1OxfM/XXUB+VHtZ6isGN alice@rust";

    #[test]
    fn kinds() {
        let kind = |text: &str| Recipient::parse(text).unwrap().kind;
        assert!(matches!(kind(X25519), Kind::X25519(_)));
        assert!(matches!(kind(ED25519), Kind::Ssh(_)));
        assert!(matches!(
            kind("age1yubikey1q2w7u3vpya839jxxuq8g0sedh3d740d4xvn639sqhr95ejj8vu3hyfumptt"),
            Kind::Plugin(_)
        ));
        let recipient = Recipient::parse(&format!(" {ED25519}\n")).unwrap();
        assert_eq!(recipient.as_str(), ED25519);
        assert!(recipient.plugin().is_none() && recipient.native().is_some());
    }

    #[test]
    fn what_is_none_is_refused() {
        for (text, part) in [
            ("foo", "unknown recipient type: \"foo\""),
            ("", "unknown recipient type: \"\""),
            ("AGE1J0W49", "unknown recipient type"),
            ("age1bad", "as Bech32-encoded age public key: malformed recipient \"age1bad\""),
            ("age1pq1bad", "as Bech32-encoded age public key"),
            ("age1tag1bad", "as Bech32-encoded age public key"),
            ("age1yubikey1bad", "as age key from age plugin"),
            ("ssh-ed25519 bad", "as age-ssh public key: malformed SSH recipient"),
            ("ssh-dss AAAAB3NzaC1kc3M=", "as age-ssh public key"),
        ] {
            let message = Recipient::parse(text).unwrap_err().to_string();
            assert!(message.contains(part), "{message}");
        }
        let long = Recipient::parse(&"é".repeat(1000)).unwrap_err().to_string();
        assert!(long.chars().count() < 200, "{long}");
    }

    #[test]
    fn secrets_are_not_repeated() {
        for text in [
            "AGE-SECRET-KEY-1WYJ2N4FMSS3ZXWTKP9VAD3JS4HWR47LKKZ2DCHPFX6J2S0ESVD8S9CZ0H8",
            "age-secret-key-1wyj2n4fmss3zxwtkp9vad3js4hwr47lkkz2dchpfx6j2s0esvd8s9cz0h8",
            "-----BEGIN OPENSSH PRIVATE KEY-----\nWYJ2N4",
        ] {
            let message = Recipient::parse(text).unwrap_err().to_string();
            assert!(!message.to_uppercase().contains("WYJ2N4"), "{message}");
        }
    }

    #[test]
    fn lists() {
        assert!(Recipient::parse_list("").unwrap().is_empty());
        let both = Recipient::parse_list(&format!("{X25519}, {ED25519}")).unwrap();
        assert_eq!(both.iter().map(Recipient::as_str).collect::<Vec<_>>(), [X25519, ED25519]);
        assert!(Recipient::parse_list(&format!("{X25519},")).is_err());
    }
}
