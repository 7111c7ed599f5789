//! How a file is to be encrypted: for which keys, and what of it.

use std::sync::Arc;

use fieldseal_core::{DataKey, Format, KeyGroup, KeyId, Metadata, Selection, Stores};
use fieldseal_keys::KeyServices;

use super::{SystemRandom, VERSION, failures, keyring};
use crate::exit::Exit;
use crate::report::{Failure, Warning};

/// What rule and command line together say of a file.
pub(crate) struct Recipe {
    /// Where data keys are encrypted.
    pub(super) services: Arc<KeyServices>,
    /// The groups of keys.
    pub(super) groups: Vec<Vec<KeyId>>,
    /// How many groups are needed; 0: all.
    pub(super) threshold: usize,
    /// What is encrypted, if anything says so.
    pub(super) selection: Option<Selection>,
    /// Whether the MAC covers only what is encrypted.
    pub(super) mac_only_encrypted: bool,
    /// How what is printed anew is indented.
    pub(super) stores: Stores,
}

impl Recipe {
    /// A new data key, and metadata with that key encrypted for every key.
    ///
    /// # Errors
    /// There is no key, or the data key cannot be encrypted for one.
    pub(super) fn prepare(&self, format: Format) -> Result<(DataKey, Metadata), Failure> {
        let data_key = DataKey::generate(&mut SystemRandom)
            .map_err(|error| Failure::new(Exit::Other, error.to_string()))?;
        let (groups, threshold) = keyring::wrap(&data_key, &self.groups, self.threshold, &self.services)?;
        let mut metadata = self.metadata(format, groups);
        metadata.shamir_threshold = threshold;
        Ok((data_key, metadata))
    }

    /// How many values and comments of the clear text `source` would be encrypted.
    ///
    /// # Errors
    /// The text is not well formed, or the selection has a broken pattern.
    pub(crate) fn count_selected(&self, source: &[u8], format: Format) -> Result<usize, Failure> {
        let metadata = self.metadata(format, Vec::new());
        fieldseal_core::count_selected(source, format, &metadata)
            .map_err(|error| failures::of_encrypt(&error))
    }

    /// What the user should know before a file of this format is encrypted.
    pub(crate) fn warnings(&self, format: Format) -> Vec<Warning> {
        match &self.selection {
            Some(selection) if format == Format::Binary => {
                vec![Warning::new(format!(
                    "{} is ignored: a binary file is encrypted as a whole",
                    selection.name()
                ))]
            }
            _ => Vec::new(),
        }
    }

    /// What the user should know when nothing was selected.
    pub(crate) fn nothing_selected(&self) -> Warning {
        let selection = self.selection.clone().unwrap_or_default();
        Warning::new("no value was encrypted: everything in the file is in clear text").hint(format!(
            "the selection is {}: {}",
            selection.name(),
            selection.text()
        ))
    }

    fn metadata(&self, format: Format, groups: Vec<KeyGroup>) -> Metadata {
        let mut metadata = if format == Format::Binary {
            Metadata::without_selection(groups, VERSION)
        } else {
            Metadata::new(groups, self.selection.clone().unwrap_or_default(), VERSION)
        };
        metadata.mac_only_encrypted = self.mac_only_encrypted;
        metadata
    }
}
