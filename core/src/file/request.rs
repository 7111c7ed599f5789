//! What encrypting needs from outside, and what it gives.

use crate::document::Stores;
use crate::metadata::Metadata;
use crate::random::Random;
use crate::secret::DataKey;
use crate::timestamp::Timestamp;

/// What is needed to encrypt a text.
pub struct EncryptRequest<'a> {
    /// The data key.
    pub data_key: &'a DataKey,
    /// What the `sops` block will say: the key groups with the data key wrapped for each key, the selection
    /// rules, the version. The MAC, the date and the layout field are filled in.
    pub metadata: Metadata,
    /// The time for `lastmodified`; whole seconds are kept.
    pub now: Timestamp,
    /// Where the nonces come from.
    pub random: &'a mut dyn Random,
    /// How many threads may work on this file.
    pub threads: usize,
    /// How what is printed anew is indented: the `sops` block of a YAML file, and the JSON around a binary one. All
    /// else keeps the indentation of the text.
    pub stores: Stores,
}

/// A text that was encrypted.
#[derive(Debug)]
pub struct Encrypted {
    /// The bytes of the encrypted file.
    pub text: Vec<u8>,
    /// How many values and comments the rules selected. None deserves a warning.
    pub selected: usize,
    /// What the user should know.
    pub warnings: Vec<Warning>,
}

/// Something that the user should know though it is no error. Holds no content.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Warning {
    /// What it is.
    pub message: String,
}

impl std::fmt::Display for Warning {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        to.write_str(&self.message)
    }
}
