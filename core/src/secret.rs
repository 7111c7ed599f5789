//! Secrets in memory: wiped when they are dropped, and never printed.

use std::fmt;

use zerocopy::FromBytes as _;
use zeroize::Zeroize;

use crate::random::{Random, RandomError};

/// The key that encrypts the values of a file.
///
/// New ones have 32 bytes (AES-256). Files may hold keys of 16 or 24 bytes; these are read too.
pub struct DataKey(Box<[u8]>);

/// The bytes are no data key: there are not 16, 24 or 32 of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the data key has {length} bytes instead of 32")]
pub struct DataKeyLength {
    /// How many bytes there are.
    pub length: usize,
}

impl DataKey {
    /// The number of bytes of a new data key.
    pub const LENGTH: usize = 32;

    /// A new data key.
    ///
    /// # Errors
    /// `random` gives no bytes.
    pub fn generate(random: &mut dyn Random) -> Result<Self, RandomError> {
        let mut key = Self(vec![0; Self::LENGTH].into_boxed_slice());
        random.fill(&mut key.0)?;
        Ok(key)
    }

    /// The data key with the bytes `bytes`, which are copied.
    ///
    /// # Errors
    /// There are not 16, 24 or 32 of them.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DataKeyLength> {
        match bytes.len() {
            16 | 24 | 32 => Ok(Self(bytes.into())),
            length => Err(DataKeyLength { length }),
        }
    }

    /// The bytes, for wrapping them; whoever copies them wipes the copy.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for DataKey {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("DataKey(..)")
    }
}

/// Decrypted text.
#[derive(Default)]
pub struct Plaintext(Vec<u8>);

impl Plaintext {
    /// Takes charge of `bytes`.
    pub const fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The text.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Gives the bytes away; whoever takes them wipes them.
    pub fn into_bytes(mut self) -> Vec<u8> {
        std::mem::take(&mut self.0)
    }

    /// The buffer, to be written to.
    ///
    /// When a `Vec` grows, what it held stays behind in freed memory: reserve first what will be needed.
    pub fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.0
    }
}

impl From<Vec<u8>> for Plaintext {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl AsRef<[u8]> for Plaintext {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Plaintext {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}

impl fmt::Debug for Plaintext {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("Plaintext(..)")
    }
}

/// Wipes all of `buffer`, and empties it. What `Zeroize` does, byte for byte and twice, in words of eight bytes.
pub(crate) fn wipe(buffer: &mut Vec<u8>) {
    buffer.resize(buffer.capacity(), 0);
    let aligned = buffer.as_ptr().align_offset(size_of::<u64>()).min(buffer.len());
    let (head, rest) = buffer.split_at_mut(aligned);
    let (words, tail) = rest.split_at_mut(rest.len() - rest.len() % size_of::<u64>());
    head.zeroize();
    match <[u64]>::mut_from_bytes(words) {
        Ok(words) => words.zeroize(),
        // Nothing is left between head and tail, so there is no place to be aligned.
        Err(error) => error.into_src().zeroize(),
    }
    tail.zeroize();
    buffer.clear();
}

/// Makes room for `more` bytes in `buffer`. Where it has to move, the memory that it leaves is wiped, and the new one
/// is at least twice as large.
pub(crate) fn reserve_and_wipe(buffer: &mut Vec<u8>, more: usize) {
    if buffer.capacity() - buffer.len() < more {
        let mut larger = Vec::with_capacity((buffer.len() + more).max(2 * buffer.capacity()));
        larger.extend_from_slice(buffer);
        wipe(buffer);
        *buffer = larger;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::random::tests::Counter;

    #[test]
    fn data_keys_have_the_lengths_of_aes() {
        for length in 0..64 {
            let made = DataKey::from_bytes(&vec![7; length]);
            assert_eq!(made.is_ok(), matches!(length, 16 | 24 | 32), "{length}");
            if let Err(error) = made {
                assert_eq!(error, DataKeyLength { length });
            }
        }
        assert_eq!(DataKey::generate(&mut Counter(1)).unwrap().expose().len(), 32);
    }

    #[test]
    fn debug_output_holds_no_content() {
        let key = DataKey::from_bytes(&[0x41; 32]).unwrap();
        assert_eq!(format!("{key:?}"), "DataKey(..)");
        assert_eq!(format!("{:?}", Plaintext::new(b"hello".to_vec())), "Plaintext(..)");
    }

    #[test]
    fn buffers_grow_and_keep_what_they_hold() {
        let mut buffer = b"abc".to_vec();
        reserve_and_wipe(&mut buffer, 1000);
        assert_eq!(buffer, b"abc");
        assert!(buffer.capacity() >= 1003);
        let before = buffer.as_ptr();
        reserve_and_wipe(&mut buffer, 1000);
        assert_eq!(buffer.as_ptr(), before);
    }

    #[test]
    fn wiping_empties_buffers_of_any_length_and_keeps_their_room() {
        for length in [0, 1, 7, 8, 9, 63, 64, 1000] {
            let mut buffer = vec![0xAA; length + 50];
            buffer.truncate(length);
            let capacity = buffer.capacity();
            wipe(&mut buffer);
            assert!(buffer.is_empty());
            assert_eq!(buffer.capacity(), capacity);
        }
    }

    #[test]
    fn plaintext_can_be_taken() {
        let mut text = Plaintext::default();
        text.buffer().extend_from_slice(b"abc");
        assert_eq!(text.as_bytes(), b"abc");
        assert_eq!(text.into_bytes(), b"abc");
    }
}
