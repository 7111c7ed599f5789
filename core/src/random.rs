//! Randomness, which the caller brings.

/// A source of bytes that nobody can predict: the operating system's generator, or one seeded from it.
pub trait Random {
    /// Fills `bytes`.
    ///
    /// # Errors
    /// The source gives none. What `bytes` then hold must not be used.
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), RandomError>;
}

/// The source of randomness gives none.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the system gives no random numbers")]
pub struct RandomError;

/// The number of bytes of a nonce that is written; other lengths are only read.
pub(crate) const NONCE: usize = 32;

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Counts up, so that tests are the same every time.
    pub(crate) struct Counter(pub(crate) u64);

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
}
