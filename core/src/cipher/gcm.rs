//! AES-GCM with nonces of any length (NIST SP 800-38D), over the parts of it that RustCrypto offers.
//!
//! The crate `aes-gcm` fixes the length of nonces when the program is compiled; sops writes nonces of 32
//! bytes and reads any.

use aes::cipher::BlockCipherEncrypt;
use aes::{Aes128Enc, Aes192Enc, Aes256Enc, Block};
use ghash::GHash;
use ghash::universal_hash::{KeyInit, UniversalHash};

use crate::secret::DataKey;

/// The length of a tag in bytes.
pub(super) const TAG: usize = 16;

/// A key, with everything that depends on it alone computed.
pub(super) struct Gcm {
    aes: Aes,
    /// The hash before its first block.
    hash: GHash,
}

enum Aes {
    Key128(Box<Aes128Enc>),
    Key192(Box<Aes192Enc>),
    Key256(Box<Aes256Enc>),
}

impl Gcm {
    /// Expands `key`.
    pub(super) fn new(key: &DataKey) -> Self {
        let key = key.expose();
        let aes = if let Ok(aes) = Aes256Enc::new_from_slice(key) {
            Aes::Key256(Box::new(aes))
        } else if let Ok(aes) = Aes192Enc::new_from_slice(key) {
            Aes::Key192(Box::new(aes))
        } else {
            Aes::Key128(Box::new(Aes128Enc::new_from_slice(key).expect("data keys have a length of AES")))
        };
        let mut subkey = [Block::default()];
        aes.encrypt(&mut subkey);
        let hash = GHash::new(&subkey[0]);
        zeroize::Zeroize::zeroize(subkey[0].as_mut_slice());
        Self { aes, hash }
    }

    /// Begins a message with `nonce`, which is not empty, and the additional data `aad`.
    pub(super) fn message(&self, nonce: &[u8], aad: &[u8]) -> Message<'_> {
        let start = self.counter_block(nonce);
        let counter = u32::from_be_bytes([start[12], start[13], start[14], start[15]]);
        let mut blocks = [start; FIRST];
        count(&mut blocks, counter);
        self.aes.encrypt(&mut blocks);
        let mut hash = self.hash.clone();
        hash.update_padded(aad);
        Message {
            gcm: self,
            hash,
            aad: aad.len() as u64,
            length: 0,
            start,
            counter: counter.wrapping_add(FIRST as u32),
            blocks,
            used: 1,
        }
    }

    /// The first counter block of a message.
    fn counter_block(&self, nonce: &[u8]) -> Block {
        if let Ok(nonce) = <&[u8; 12]>::try_from(nonce) {
            let mut block = Block::default();
            block[..12].copy_from_slice(nonce);
            block[15] = 1;
            return block;
        }
        let mut hash = self.hash.clone();
        hash.update_padded(nonce);
        hash.update(&[lengths(0, nonce.len() as u64)]);
        hash.finalize()
    }
}

impl Aes {
    fn encrypt(&self, blocks: &mut [Block]) {
        match self {
            Self::Key128(aes) => aes.encrypt_blocks(blocks),
            Self::Key192(aes) => aes.encrypt_blocks(blocks),
            Self::Key256(aes) => aes.encrypt_blocks(blocks),
        }
    }
}

/// How many blocks of the key stream are made when a message begins: as many as cost no more than one.
const FIRST: usize = 8;

/// How many blocks of the key stream are made at a time later on.
const BATCH: usize = 64;

/// A message that is being encrypted or decrypted.
///
/// The chunks that are given to it, the last one excepted, have multiples of 16 bytes.
pub(super) struct Message<'a> {
    gcm: &'a Gcm,
    hash: GHash,
    /// Bytes of additional data.
    aad: u64,
    /// Bytes of the message so far.
    length: u64,
    /// The first counter block.
    start: Block,
    /// The counter of the next block of the key stream that is not yet in `blocks`.
    counter: u32,
    /// The first block masks the tag; the others begin the key stream.
    blocks: [Block; FIRST],
    /// How many of `blocks` have been used, the first included.
    used: usize,
}

impl Message<'_> {
    /// Encrypts the next part of the message in place.
    pub(super) fn encrypt(&mut self, part: &mut [u8]) {
        self.apply(part);
        self.hash.update_padded(part);
    }

    /// Decrypts the next part of the message in place. Nothing is known about it before [`Self::tag`].
    pub(super) fn decrypt(&mut self, part: &mut [u8]) {
        self.hash.update_padded(part);
        self.apply(part);
    }

    /// The tag of the whole message.
    pub(super) fn tag(mut self) -> [u8; TAG] {
        self.hash.update(&[lengths(self.aad, self.length)]);
        let mut tag = self.hash.finalize().into();
        xor(&mut tag, &self.blocks[0]);
        tag
    }

    /// Applies the key stream to the next part of the message.
    fn apply(&mut self, part: &mut [u8]) {
        debug_assert_eq!(self.length % 16, 0, "only the last part may end within a block");
        self.length += part.len() as u64;
        let ready = &self.blocks[self.used..];
        let (head, rest) = part.split_at_mut(part.len().min(ready.len() * 16));
        self.used += head.len().div_ceil(16);
        xor_all(head, ready);
        if rest.is_empty() {
            return;
        }
        let mut blocks = [self.start; BATCH];
        for chunk in rest.chunks_mut(BATCH * 16) {
            let blocks = &mut blocks[..chunk.len().div_ceil(16)];
            blocks.fill(self.start);
            count(blocks, self.counter);
            self.counter = self.counter.wrapping_add(blocks.len() as u32);
            self.gcm.aes.encrypt(blocks);
            xor_all(chunk, blocks);
        }
    }
}

/// The block that closes a hash: two lengths in bits.
fn lengths(first: u64, second: u64) -> Block {
    let mut block = Block::default();
    block[..8].copy_from_slice(&(first * 8).to_be_bytes());
    block[8..].copy_from_slice(&(second * 8).to_be_bytes());
    block
}

/// Writes counters from `counter` on into the ends of `blocks`.
fn count(blocks: &mut [Block], mut counter: u32) {
    for block in blocks {
        block[12..].copy_from_slice(&counter.to_be_bytes());
        counter = counter.wrapping_add(1);
    }
}

fn xor_all(data: &mut [u8], stream: &[Block]) {
    let (whole, rest) = data.as_chunks_mut();
    for (data, stream) in whole.iter_mut().zip(stream) {
        xor(data, stream);
    }
    if let Some(stream) = stream.get(whole.len()) {
        rest.iter_mut().zip(stream).for_each(|(data, stream)| *data ^= stream);
    }
}

fn xor(data: &mut [u8; 16], stream: &Block) {
    *data = (u128::from_ne_bytes(*data) ^ u128::from_ne_bytes((*stream).into())).to_ne_bytes();
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use aes_gcm::aead::consts::{U1, U12, U13, U16, U32, U60};
    use aes_gcm::aead::{AeadInOut, KeyInit as _};

    use super::*;

    fn hex(text: &str) -> Vec<u8> {
        let digits: Vec<u8> = text.chars().filter_map(|c| c.to_digit(16)).map(|digit| digit as u8).collect();
        digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
    }

    fn seal(key: &[u8], nonce: &[u8], aad: &[u8], plaintext: &[u8]) -> (Vec<u8>, [u8; TAG]) {
        let gcm = Gcm::new(&DataKey::from_bytes(key).unwrap());
        let mut data = plaintext.to_vec();
        let mut message = gcm.message(nonce, aad);
        message.encrypt(&mut data);
        (data, message.tag())
    }

    /// The test cases of McGrew and Viega's specification of GCM: each key size with nonces of 12, 8 and 60 bytes.
    #[test]
    fn cases_of_the_specification() {
        const PLAINTEXT: &str = "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72\
                                 1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255";
        const AAD: &str = "feedfacedeadbeeffeedfacedeadbeefabaddad2";
        const KEY: &str = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308";
        const N12: &str = "cafebabefacedbaddecaf888";
        const N8: &str = "cafebabefacedbad";
        const N60: &str = "9313225df88406e555909c5aff5269aa6a7a9538534f7da1e4c303d2a318a728\
                           c3c0c95156809539fcf0e2429a6b525416aedbf5a0de6a57a637b39b";
        for (key, nonce, aad, length, ciphertext, tag) in [
            ("00".repeat(16), "00".repeat(12), "", 0, "", "58e2fccefa7e3061367f1d57a4e7455a"),
            ("00".repeat(24), "00".repeat(12), "", 0, "", "cd33b28ac773f74ba00ed1f312572435"),
            ("00".repeat(32), "00".repeat(12), "", 0, "", "530f8afbc74536b9a963b4f1c4cb738b"),
            (
                KEY[..32].into(),
                N12.into(),
                AAD,
                60,
                "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e\
                 21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091",
                "5bc94fbc3221a5db94fae95ae7121a47",
            ),
            (
                KEY[..32].into(),
                N8.into(),
                AAD,
                60,
                "61353b4c2806934a777ff51fa22a4755699b2a714fcdc6f83766e5f97b6c7423\
                 73806900e49f24b22b097544d4896b424989b5e1ebac0f07c23f4598",
                "3612d2e79e3b0785561be14aaca2fccb",
            ),
            (
                KEY[..32].into(),
                N60.into(),
                AAD,
                60,
                "8ce24998625615b603a033aca13fb894be9112a5c3a211a8ba262a3cca7e2ca7\
                 01e4a9a4fba43c90ccdcb281d48c7c6fd62875d2aca417034c34aee5",
                "619cc5aefffe0bfa462af43c1699d050",
            ),
            (
                KEY[..48].into(),
                N60.into(),
                AAD,
                60,
                "d27e88681ce3243c4830165a8fdcf9ff1de9a1d8e6b447ef6ef7b79828666e45\
                 81e79012af34ddd9e2f037589b292db3e67c036745fa22e7e9b7373b",
                "dcf566ff291c25bbb8568fc3d376a6d9",
            ),
            (
                KEY.into(),
                N12.into(),
                "",
                64,
                "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa\
                 8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad",
                "b094dac5d93471bdec1a502270e3cc6c",
            ),
            (
                KEY.into(),
                N60.into(),
                AAD,
                60,
                "5a8def2f0c9e53f1f75d7853659e2a20eeb2b22aafde6419a058ab4f6f746bf4\
                 0fc0c3b780f244452da3ebf1c5d82cdea2418997200ef82e44ae7e3f",
                "a44a8266ee1c8eb0c8b5d4cf5ae9f19a",
            ),
        ] {
            let sealed = seal(&hex(&key), &hex(&nonce), &hex(aad), &hex(PLAINTEXT)[..length]);
            assert_eq!(sealed.0, hex(ciphertext), "{key} {nonce}");
            assert_eq!(sealed.1.to_vec(), hex(tag), "{key} {nonce}");
        }
    }

    macro_rules! agrees {
        ($aes:ty, $key:expr, $size:ty, $length:expr) => {{
            let key = [0x5a; $key];
            let nonce: Vec<u8> = (0..$length).map(|byte| byte as u8 ^ 0xa5).collect();
            let other = aes_gcm::AesGcm::<$aes, $size>::new_from_slice(&key).unwrap();
            for length in [0, 1, 15, 16, 17, 111, 112, 113, 127, 128, 1024, 1135, 1136, 1137, 5000] {
                let plaintext: Vec<u8> = (0..length).map(|byte| (byte * 7) as u8).collect();
                let aad = &plaintext[..length.min(37)];
                let mut expected = plaintext.clone();
                let tag = other
                    .encrypt_inout_detached(
                        nonce.as_slice().try_into().unwrap(),
                        aad,
                        expected.as_mut_slice().into(),
                    )
                    .unwrap();
                let (sealed, sealed_tag) = seal(&key, &nonce, aad, &plaintext);
                assert_eq!(sealed, expected);
                assert_eq!(sealed_tag.as_slice(), tag.as_slice());
            }
        }};
    }

    #[test]
    fn agrees_with_aes_gcm() {
        agrees!(aes::Aes256, 32, U1, 1);
        agrees!(aes::Aes256, 32, U12, 12);
        agrees!(aes::Aes256, 32, U13, 13);
        agrees!(aes::Aes256, 32, U16, 16);
        agrees!(aes::Aes256, 32, U32, 32);
        agrees!(aes::Aes256, 32, U60, 60);
        agrees!(aes::Aes192, 24, U32, 32);
        agrees!(aes::Aes128, 16, U32, 32);
    }

    #[test]
    fn counter_wraps_at_32_bits() {
        let gcm = Gcm::new(&DataKey::from_bytes(&[3; 32]).unwrap());
        let mut blocks = [Block::default(); 3];
        count(&mut blocks, u32::MAX - 1);
        assert_eq!(blocks[2][12..], [0; 4]);
        assert_eq!(blocks[2][..12], [0; 12]);
        // A message whose counter begins just below the wrap, in the first blocks and in a later batch.
        let mut message = gcm.message(&[1; 12], b"");
        message.counter = u32::MAX - 3;
        let mut data = [0; 2048];
        message.apply(&mut data);
        let mut expected = [message.start; 8];
        count(&mut expected, u32::MAX - 3);
        gcm.aes.encrypt(&mut expected);
        assert_eq!(data[112..112 + 128], *expected.iter().flatten().copied().collect::<Vec<u8>>());
    }

    #[test]
    fn parts_make_the_same_message() {
        let key = DataKey::from_bytes(&[9; 32]).unwrap();
        let gcm = Gcm::new(&key);
        let plaintext: Vec<u8> = (0..3000).map(|byte| byte as u8).collect();
        let (whole, tag) = seal(&[9; 32], &[4; 32], b"a:", &plaintext);
        for size in [16, 48, 112, 128, 1024, 2048] {
            let mut message = gcm.message(&[4; 32], b"a:");
            let mut data = plaintext.clone();
            data.chunks_mut(size).for_each(|part| message.encrypt(part));
            assert_eq!(data, whole);
            assert_eq!(message.tag(), tag);
            let mut message = gcm.message(&[4; 32], b"a:");
            data.chunks_mut(size).for_each(|part| message.decrypt(part));
            assert_eq!(data, plaintext);
            assert_eq!(message.tag(), tag);
        }
    }
}
