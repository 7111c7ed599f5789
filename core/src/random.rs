//! Randomness, which the caller brings.

use zeroize::Zeroize;

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

/// Nonces, asked for many at a time.
pub(crate) struct Nonces<'a> {
    source: &'a mut dyn Random,
    bytes: Box<[u8; NONCE * BATCH]>,
    /// How many bytes of `bytes` have been given out.
    used: usize,
}

/// How many nonces are asked for at once.
const BATCH: usize = 128;

impl<'a> Nonces<'a> {
    /// Nonces from `source`.
    pub(crate) fn new(source: &'a mut dyn Random) -> Self {
        Self { source, bytes: Box::new([0; NONCE * BATCH]), used: NONCE * BATCH }
    }

    /// The next nonce.
    ///
    /// # Errors
    /// The source gives no bytes.
    pub(crate) fn next(&mut self) -> Result<&[u8; NONCE], RandomError> {
        if self.used == self.bytes.len() {
            self.source.fill(&mut self.bytes[..])?;
            self.used = 0;
        }
        let at = self.used;
        self.used += NONCE;
        Ok(self.bytes[at..].first_chunk().expect("the batch is a multiple of the length of a nonce"))
    }
}

impl Drop for Nonces<'_> {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
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

    #[test]
    fn nonces_differ_within_and_across_batches() {
        let mut source = Counter(7);
        let mut nonces = Nonces::new(&mut source);
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..3 * BATCH + 1 {
            assert!(seen.insert(*nonces.next().unwrap()));
        }
    }

    #[test]
    fn failing_source_gives_no_nonce() {
        struct Broken;
        impl Random for Broken {
            fn fill(&mut self, _: &mut [u8]) -> Result<(), RandomError> {
                Err(RandomError)
            }
        }
        let mut source = Broken;
        let mut nonces = Nonces::new(&mut source);
        assert_eq!(nonces.next(), Err(RandomError));
        assert_eq!(nonces.next(), Err(RandomError));
    }
}
