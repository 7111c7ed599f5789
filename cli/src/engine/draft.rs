//! A text that is being edited, on its way back into an encrypted file.

use std::sync::Arc;

use fieldseal_core::{DataKey, EncryptRequest, Format, KeyGroup, Metadata, Opened, Stores};
use fieldseal_keys::KeyServices;

use super::example::example;
use super::recipe::Recipe;
use super::{Sealed, SystemRandom, VERSION, failures, keyring, now};
use crate::exit::Exit;
use crate::io::Bytes;
use crate::report::Failure;

/// What is edited, and the keys to encrypt it with.
pub(crate) enum Draft {
    /// A file that was opened.
    Existing {
        /// What it held.
        opened: Box<Opened>,
        /// Its data key, which stays.
        data_key: DataKey,
        /// Where the data key is encrypted for keys that are added.
        services: Arc<KeyServices>,
        /// How what is printed anew is indented.
        stores: Stores,
    },
    /// A file that is not there yet.
    New {
        /// Its format.
        format: Format,
        /// What its metadata will say.
        metadata: Box<Metadata>,
        /// Its data key.
        data_key: DataKey,
        /// Where the data key is encrypted for keys that are added.
        services: Arc<KeyServices>,
        /// How what is printed anew is indented.
        stores: Stores,
    },
}

impl Draft {
    /// A new file. Its data key is encrypted now, so that nothing can fail for the keys after the edit.
    ///
    /// # Errors
    /// The data key cannot be encrypted for one of the keys.
    pub(crate) fn new(format: Format, recipe: &Recipe) -> Result<Self, Failure> {
        let (data_key, metadata) = recipe.prepare(format)?;
        let services = Arc::clone(&recipe.services);
        let stores = recipe.stores;
        Ok(Self::New { format, metadata: Box::new(metadata), data_key, services, stores })
    }

    /// The text to edit, with the `sops` block if `metadata` asks for it.
    ///
    /// # Errors
    /// The format has no place for the block.
    pub(crate) fn text(&self, metadata: bool) -> Result<Bytes, Failure> {
        let indented;
        let (text, block) = match self {
            Self::Existing { opened, .. } => (opened.plaintext().as_bytes(), opened.metadata()),
            Self::New { format, metadata, stores, .. } if *stores == Stores::default() => {
                (example(*format).as_bytes(), &**metadata)
            }
            Self::New { format, metadata, stores, .. } => {
                indented = fieldseal_core::convert(example(*format).as_bytes(), *format, *format, stores)
                    .map_err(|error| failures::of_encrypt(&error))?;
                (indented.text(), &**metadata)
            }
        };
        if !metadata {
            return Ok(Bytes::new(text.to_vec()));
        }
        fieldseal_core::show_metadata(text, self.format(), block)
            .map(|text| Bytes::new(text.into_bytes()))
            .map_err(|error| failures::of_open(&error.into()))
    }

    /// Encrypts the text after the edit. What did not change keeps its ciphertext. With `metadata`, the
    /// text has a `sops` block, which counts instead of that of the file; the data key is encrypted for
    /// keys that were added to it.
    ///
    /// # Errors
    /// The text is not well formed, or cannot be encrypted.
    pub(crate) fn seal(&self, text: &[u8], metadata: bool) -> Result<Sealed, Failure> {
        if !metadata {
            let metadata = match self {
                Self::Existing { opened, .. } => opened.metadata(),
                Self::New { metadata, .. } => metadata,
            };
            return self.seal_with(text, metadata.clone());
        }
        let split = fieldseal_core::split_metadata(text, self.format());
        let (text, mut metadata) = split.map_err(|error| failures::of_open(&error).code(Exit::Unreadable))?;
        self.add_keys(&mut metadata)?;
        self.seal_with(text.as_bytes(), metadata)
    }

    fn seal_with(&self, text: &[u8], mut metadata: Metadata) -> Result<Sealed, Failure> {
        metadata.raise_version(VERSION);
        let (random, now, threads) = (&mut SystemRandom, now(), 1);
        let data_key = self.data_key();
        let (Self::Existing { stores, .. } | Self::New { stores, .. }) = self;
        let stores = *stores;
        let request = EncryptRequest { data_key, metadata, now, random, threads, stores };
        let sealed = match self {
            Self::Existing { opened, .. } => opened.reseal(text, request),
            Self::New { format, .. } => fieldseal_core::encrypt(text, *format, request),
        };
        sealed.map(Sealed::from).map_err(|error| failures::of_encrypt(&error))
    }

    /// Encrypts the data key for the keys that have no `enc` yet.
    fn add_keys(&self, metadata: &mut Metadata) -> Result<(), Failure> {
        let several = metadata.groups.len() > 1;
        for key in metadata.groups.iter_mut().flat_map(KeyGroup::keys_mut).filter(|key| key.enc.is_empty()) {
            if several {
                return Err(Failure::new(
                    Exit::Other,
                    "keys cannot be added to a file with several key groups in the editor",
                ));
            }
            key.enc = keyring::wrap_for(&key.id, self.data_key().expose(), self.services())?;
        }
        Ok(())
    }

    fn format(&self) -> Format {
        match self {
            Self::Existing { opened, .. } => opened.format(),
            Self::New { format, .. } => *format,
        }
    }

    fn services(&self) -> &KeyServices {
        match self {
            Self::Existing { services, .. } | Self::New { services, .. } => services,
        }
    }

    fn data_key(&self) -> &DataKey {
        match self {
            Self::Existing { data_key, .. } | Self::New { data_key, .. } => data_key,
        }
    }
}
