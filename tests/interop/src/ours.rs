//! This project's library, as the commands use it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use fieldseal_core::{
    DataKey, EncryptRequest, Format, KeyGroup, KeyId, MasterKey, Metadata, RandomError, Sealed, Stores,
    Timestamp, encrypt,
};
use fieldseal_test_support::{RECIPIENT, Random};

use crate::generate::Document;

/// What stands in the files for the wrapped data key, which nobody unwraps: age makes another one of another length
/// each time, and where things are in a file should not depend on that.
const ENC: &str = "-----BEGIN AGE ENCRYPTED FILE-----\n\
    YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IFgyNTUxOSBJR1FLeDNqY2x4ZE5uVmxE\n\
    bGVhYlV4TXFuYkRHaGtVdG1HSnFtTEZ2T1FVCkJ6bVNXQXp1YWxKa3dZVG1iUlZq\n\
    -----END AGE ENCRYPTED FILE-----\n";

/// A data key.
pub struct Vault {
    key: DataKey,
    now: Timestamp,
}

/// What was asked, or why not: an error, or `panic`.
pub type Outcome<T> = Result<T, String>;

impl Vault {
    /// A data key that `seed` decides.
    pub fn new(seed: u64) -> Self {
        let key =
            DataKey::generate(&mut Numbers(Random::new(seed, u64::MAX))).expect("there are always numbers");
        Self { key, now: Timestamp::parse(b"2026-01-02T03:04:05Z").expect("a time") }
    }

    /// The data key.
    pub fn key(&self) -> &[u8] {
        self.key.expose()
    }

    /// Whom the data key is wrapped for.
    pub fn recipient(&self) -> &'static str {
        RECIPIENT
    }

    /// What the files say about the wrapped data key.
    pub fn enc(&self) -> &'static str {
        ENC
    }

    /// Encrypts a document.
    ///
    /// # Errors
    /// It is refused.
    pub fn seal(&self, document: &Document, case: u64) -> Outcome<Vec<u8>> {
        let id = KeyId::Age { recipient: RECIPIENT.to_owned() };
        let groups = vec![KeyGroup::new(vec![MasterKey::new(id, ENC.to_owned(), self.now)])];
        let mut metadata = match document.format {
            Format::Binary => Metadata::without_selection(groups, "3.13.3"),
            _ => Metadata::new(groups, document.selection.clone(), "3.13.3"),
        };
        metadata.mac_only_encrypted = document.mac_only_encrypted;
        let mut numbers = Numbers(Random::new(case, 1));
        guarded(|| {
            let request = EncryptRequest {
                data_key: &self.key,
                metadata,
                now: self.now,
                random: &mut numbers,
                threads: 1,
                stores: Stores::default(),
            };
            Ok(encrypt(document.text.clone(), document.format, request)
                .map_err(|error| error.to_string())?
                .text)
        })
    }

    /// Decrypts a file.
    ///
    /// # Errors
    /// It cannot be opened.
    pub fn open(&self, format: Format, sealed: &[u8]) -> Outcome<Vec<u8>> {
        guarded(|| {
            let sealed = Sealed::read(sealed, format).map_err(|error| error.to_string())?;
            let opened = sealed.open(&self.key, 1).map_err(|error| error.to_string())?;
            Ok(opened.plaintext().as_bytes().to_vec())
        })
    }
}

/// Does something that must not panic; if it does, that becomes the outcome.
fn guarded<T>(work: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err("panic".to_owned()))
}

/// The name of a format in the questions to sops.
pub fn format_name(format: Format) -> &'static str {
    match format {
        Format::Yaml => "yaml",
        Format::Json => "json",
        Format::Dotenv => "dotenv",
        Format::Ini => "ini",
        Format::Binary => "binary",
    }
}

/// Numbers that can be had again, for nonces that protect nothing.
struct Numbers(Random);

impl fieldseal_core::Random for Numbers {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), RandomError> {
        self.0.fill(bytes);
        Ok(())
    }
}
