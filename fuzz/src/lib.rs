//! What the fuzz targets share: the same key, time and random numbers in every run, so that an input that
//! failed once fails again.

use fieldseal_core::{
    DataKey, EncryptRequest, Encrypted, Format, KeyGroup, KeyId, MasterKey, Metadata, Random, RandomError,
    Sealed, Selection, Stores, Timestamp, encrypt,
};

/// Random numbers that are the same in every run.
pub struct Counter(pub u64);

impl Random for Counter {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), RandomError> {
        for chunk in bytes.chunks_mut(8) {
            self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            chunk.copy_from_slice(&mixed.to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

/// The data key of all files.
pub fn data_key() -> DataKey {
    DataKey::from_bytes(&[7; 32]).expect("32 bytes are a data key")
}

/// Metadata of a file with these rules, for one recipient whose wrapped key nobody opens.
pub fn metadata(selection: Selection) -> Metadata {
    let recipient = "age1j8s2j57wmxw7f9dfxctv4vfjeadkg2hreez88gu0u0f09surzuksqt3qkv".to_owned();
    let key = MasterKey::new(KeyId::Age { recipient }, "wrapped\n".to_owned(), now());
    Metadata::new(vec![KeyGroup::new(vec![key])], selection, "3.13.3")
}

/// The time of all files.
pub fn now() -> Timestamp {
    Timestamp::from_unix(1_782_900_000)
}

/// Rules to encrypt by; which ones depends on the input, so that each of them sees many.
pub fn selection(source: &[u8]) -> Selection {
    match source.len() % 4 {
        0 => Selection::EncryptedRegex("a|data|^$".to_owned()),
        1 => Selection::UnencryptedCommentRegex("plain".to_owned()),
        2 => Selection::EncryptedCommentRegex("secret|#".to_owned()),
        _ => Selection::UnencryptedSuffix(Selection::DEFAULT_SUFFIX.to_owned()),
    }
}

/// What is asked of the library for one text.
pub fn request<'a>(metadata: Metadata, key: &'a DataKey, random: &'a mut Counter) -> EncryptRequest<'a> {
    EncryptRequest { data_key: key, metadata, now: now(), random, threads: 1, stores: Stores::default() }
}

/// Encrypts a text; what cannot be encrypted is no failure.
pub fn seal(source: &[u8], format: Format) -> Option<Encrypted> {
    let (key, mut random) = (data_key(), Counter(1));
    encrypt(source, format, request(metadata(selection(source)), &key, &mut random)).ok()
}

/// Encrypts a text, and when that works decrypts it again: it must be the same to the byte.
pub fn round_trip(source: &[u8], format: Format) {
    let Some(sealed) = seal(source, format) else { return };
    let opened = Sealed::read(sealed.text, format).expect("what was written is read");
    let opened = opened.open(&data_key(), 1).expect("what was written opens");
    assert!(opened.plaintext().as_bytes() == source, "another text came back");
}
