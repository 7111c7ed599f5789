//! What the flags that several commands share come to.

use std::path::PathBuf;
use std::time::Duration;

use fieldseal_core::KeyId;
use fieldseal_keys::Address;

/// Where a command reads from.
#[derive(Debug)]
pub(crate) enum Input {
    /// From stdin.
    Stdin,
    /// From files, directories and patterns.
    Files(Vec<PathBuf>),
}

/// Where the results go.
#[derive(Debug)]
pub(crate) enum Destination {
    /// To stdout.
    Stdout,
    /// Over the input.
    InPlace,
    /// To a file.
    File(PathBuf),
    /// Below a directory.
    Directory(PathBuf),
}

/// Types of files as words; `None` where the name decides.
#[derive(Debug)]
pub(crate) struct Types {
    /// Of the input.
    pub(crate) input: Option<String>,
    /// Of the output.
    pub(crate) output: Option<String>,
}

/// Keys that the command line or the environment names.
#[derive(Debug)]
pub(crate) struct KeyChoice {
    /// The keys, of every service; none: those of the rule are used.
    pub(crate) keys: Vec<KeyId>,
    /// How many key groups are needed; 0: as the rule says.
    pub(crate) threshold: u32,
    /// Where data keys are encrypted.
    pub(crate) services: Services,
}

/// What the command line says of selection; `None` where the rule decides.
#[derive(Debug, Default)]
pub(crate) struct Selection {
    /// Suffix of keys that stay clear.
    pub(crate) unencrypted_suffix: Option<String>,
    /// Suffix of keys that are encrypted.
    pub(crate) encrypted_suffix: Option<String>,
    /// Regex of keys that stay clear.
    pub(crate) unencrypted_regex: Option<String>,
    /// Regex of keys that are encrypted.
    pub(crate) encrypted_regex: Option<String>,
    /// Regex of comments whose values stay clear.
    pub(crate) unencrypted_comment_regex: Option<String>,
    /// Regex of comments whose values are encrypted.
    pub(crate) encrypted_comment_regex: Option<String>,
    /// Whether the MAC covers only encrypted values.
    pub(crate) mac_only_encrypted: bool,
}

/// How files are opened.
#[derive(Debug)]
pub(crate) struct Decryption {
    /// Whether a MAC that does not fit is only a warning.
    pub(crate) ignore_mac: bool,
    /// Kinds of keys in the order in which they are tried; empty: the usual one.
    pub(crate) order: Vec<String>,
    /// Where data keys are decrypted.
    pub(crate) services: Services,
}

/// Where data keys are encrypted and decrypted.
#[derive(Clone, Debug)]
pub(crate) struct Services {
    /// Whether the keys of this machine are used.
    pub(crate) local: bool,
    /// Key services that are asked after them, in this order.
    pub(crate) remote: Vec<Address>,
    /// How long one key may take.
    pub(crate) limit: Duration,
}
