//! SSH private keys as age identities.

mod pem;

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use age::secrecy::ExposeSecret as _;
use age::{DecryptError, ssh};
use age_core::format::{FileKey, Stanza};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use sha2::{Digest as _, Sha256};

use self::pem::{Block, Closed};
use crate::held::{Held, Opened, once};
use crate::program::message;
use crate::prompt::Asking;

/// Reads an SSH private key, which stands in the file `path` unless a program printed it. Nobody is asked for the
/// passphrase of one that was printed: the program could have done that.
///
/// # Errors
/// It is none that age can use. The message says what to do.
pub(crate) fn parse(
    text: &[u8],
    location: &str,
    path: Option<&Path>,
    asking: &Asking,
) -> Result<Held, String> {
    let malformed = |why: &str| format!("malformed SSH identity in \"{location}\": {why}");
    let unsupported = || format!("unsupported SSH identity type in \"{location}\": use ed25519 or RSA");
    let lock = |public: Result<ssh::Recipient, String>, key| match path {
        Some(_) => Ok(Held::LockedSsh(Box::new(LockedSsh::new(&public?, key, location, asking)))),
        None => {
            Err("the SSH key that it prints is protected by a passphrase, which is unsupported".to_owned())
        }
    };
    let none = || malformed("it is no private key of OpenSSH, PKCS#1 or PKCS#8");
    let block = Block::find(text).ok_or_else(none)?;
    match block.label.as_str() {
        // The public key is encrypted, too.
        pem::RSA if block.is_encrypted() => {
            return lock(public_key(path.unwrap_or(Path::new("")), location), LockedKey::Pem(block));
        }
        pem::OPENSSH | pem::RSA | pem::PKCS8 => {}
        "EC PRIVATE KEY" | "DSA PRIVATE KEY" => return Err(unsupported()),
        "ENCRYPTED PRIVATE KEY" => {
            return Err(format!(
                "unsupported SSH identity in \"{location}\": it is PKCS#8 with a passphrase; convert it with \
                 ssh-keygen -p"
            ));
        }
        _ => return Err(none()),
    }
    let identity = block
        .identity()
        .ok_or_else(|| malformed("it is damaged, or of a kind other than ed25519 and RSA"))?;
    let public = ssh::Recipient::try_from(identity.clone());
    match identity {
        ssh::Identity::Unencrypted(_) => {
            Ok(Held::Ssh(Box::new(identity), public.ok().map(|public| public.to_string())))
        }
        ssh::Identity::Encrypted(key) => {
            lock(public.map_err(|_| unsupported()), LockedKey::OpenSsh(Box::new(key)))
        }
        ssh::Identity::Unsupported(_) => Err(unsupported()),
    }
}

/// The public key that belongs to the private key in the file `path`, out of the file beside it.
fn public_key(path: &Path, location: &str) -> Result<ssh::Recipient, String> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".pub");
    let beside = PathBuf::from(beside);
    let failed = |why: &str| {
        format!(
            "failed to obtain public \"{}\" key for \"{location}\" SSH key: {why}; make it with ssh-keygen -y",
            beside.display()
        )
    };
    let text = crate::identities::read(&beside).map_err(|error| failed(&message(&error)))?;
    let text = String::from_utf8_lossy(&text);
    let line = text.lines().map(str::trim).find(|line| line.starts_with("ssh-"));
    line.and_then(|line| line.parse().ok()).ok_or_else(|| failed("it holds no key of ed25519 or RSA"))
}

/// An SSH key with a passphrase. It is asked for when a file is encrypted to this key, and once.
pub(crate) struct LockedSsh {
    kind: &'static str,
    /// What tells in a file that it is encrypted to this key.
    tag: String,
    public: String,
    key: LockedKey,
    location: String,
    asking: Asking,
    opened: Opened<ssh::Identity>,
}

/// A key in the text that protects it.
enum LockedKey {
    /// That of OpenSSH.
    OpenSsh(Box<ssh::EncryptedKey>),
    /// PEM.
    Pem(Block),
}

impl LockedSsh {
    fn new(public: &ssh::Recipient, key: LockedKey, location: &str, asking: &Asking) -> Self {
        let (kind, bytes) = match public {
            ssh::Recipient::SshRsa(bytes, _) => ("ssh-rsa", bytes),
            ssh::Recipient::SshEd25519(bytes, _) => ("ssh-ed25519", bytes),
        };
        Self {
            kind,
            tag: BASE64_STANDARD_NO_PAD.encode(&Sha256::digest(bytes)[..4]),
            public: public.to_string(),
            key,
            location: location.to_owned(),
            asking: asking.clone(),
            opened: Mutex::default(),
        }
    }

    /// Its public key.
    pub(crate) fn public(&self) -> &str {
        &self.public
    }

    fn open(&self) -> Result<ssh::Identity, String> {
        let location = &self.location;
        let question = format!("Enter passphrase for \"{location}\":");
        let passphrase = self
            .asking
            .passphrase(&question)
            .ok_or_else(|| format!("could not read passphrase for \"{location}\""))?;
        let incorrect = || format!("incorrect passphrase for \"{location}\"");
        match &self.key {
            LockedKey::OpenSsh(key) => match key.decrypt(passphrase) {
                Ok(key) => Ok(key.into()),
                Err(DecryptError::KeyDecryptionFailed) => Err(incorrect()),
                Err(error) => Err(format!("could not decrypt \"{location}\": {error}")),
            },
            LockedKey::Pem(block) => {
                let identity =
                    block.decrypt(passphrase.expose_secret().as_bytes()).map_err(|closed| match closed {
                        Closed::Passphrase => incorrect(),
                        Closed::Block => format!("could not decrypt \"{location}\": it is damaged"),
                    })?;
                let public = ssh::Recipient::try_from(identity.clone()).map(|public| public.to_string());
                if public.is_ok_and(|public| public == self.public) {
                    return Ok(identity);
                }
                Err(format!("\"{location}\" does not belong to the public key beside it"))
            }
        }
    }
}

impl age::Identity for LockedSsh {
    fn unwrap_stanza(&self, stanza: &Stanza) -> Option<Result<FileKey, DecryptError>> {
        if stanza.tag != self.kind || stanza.args.first() != Some(&self.tag) {
            return None;
        }
        once(&self.opened, || self.open(), |identity| identity.unwrap_stanza(stanza))
    }
}
