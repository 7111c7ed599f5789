//! Encrypting and decrypting single values.

use subtle::ConstantTimeEq;
use zeroize::Zeroize;

use crate::random::NONCE;
use crate::secret::{DataKey, reserve_and_wipe};

mod base64;
mod gcm;
mod token;

use self::base64::encoded_length;
use gcm::{Gcm, TAG};
pub use token::TokenError;
pub(crate) use token::{PREFIX, Token};

/// A data key, ready to encrypt and decrypt. Threads share it.
pub(crate) struct Cipher(Gcm);

/// Why a token cannot be decrypted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CipherError {
    /// A field of the token is no base64.
    #[error("the token is damaged: its {field} is no base64")]
    Base64 {
        /// Which field: `data`, `iv` or `tag`.
        field: &'static str,
    },
    /// The nonce is empty.
    #[error("the token is damaged: its iv is empty")]
    Nonce,
    /// The tag does not fit: the value or its place in the document has changed, or the key is another one.
    #[error(
        "the value does not belong here: it was changed, moved from another key, or encrypted with another data key"
    )]
    Authentication,
}

/// How much of a long ciphertext is handled at a time, in characters of base64: it fits into the processor's
/// cache, and stands for whole blocks of the cipher.
const CHUNK: usize = 1 << 16;

impl Cipher {
    /// Expands `key`.
    pub(crate) fn new(key: &DataKey) -> Self {
        Self(Gcm::new(key))
    }

    /// Appends the token of `plaintext` to `to`. `kind` is the name of the value's type. A nonce is used for one
    /// token only.
    pub(crate) fn encrypt_token(
        &self,
        plaintext: &[u8],
        aad: &[u8],
        nonce: &[u8; NONCE],
        kind: &str,
        to: &mut Vec<u8>,
    ) {
        let start = to.len();
        to.resize(start + token_length(plaintext.len(), kind), 0);
        self.write_token(plaintext, aad, nonce, kind, &mut to[start..]);
    }

    /// Writes the token of `plaintext` to `to`, which has its [`token_length`].
    pub(crate) fn write_token(
        &self,
        plaintext: &[u8],
        aad: &[u8],
        nonce: &[u8; NONCE],
        kind: &str,
        to: &mut [u8],
    ) {
        let mut to = Writer(to);
        to.put(PREFIX);
        let mut message = self.0.message(nonce, aad);
        // Parts of the plaintext are whole blocks and give base64 without padding, the last one excepted.
        if plaintext.len() <= 192 {
            encrypt_parts::<192>(&mut message, plaintext, &mut to);
        } else {
            encrypt_parts::<6144>(&mut message, plaintext, &mut to);
        }
        to.put(token::IV);
        to.encode(nonce);
        to.put(token::TAG);
        to.encode(&message.tag());
        to.put(token::TYPE);
        to.put(kind.as_bytes());
        to.put(b"]");
    }

    /// Appends the plaintext of `token` to `out`, wiping what it leaves behind if it has to move `out`.
    ///
    /// # Errors
    /// The token is damaged, or not made for `aad` with this key. `out` is then as it was.
    pub(crate) fn decrypt_token(
        &self,
        token: &Token<'_>,
        aad: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), CipherError> {
        self.decrypt_with(token, aad, out, &mut |_| {})
    }

    /// As [`Self::decrypt_token`], and shows each part of the plaintext to `on_part` as soon as it is there.
    ///
    /// What `on_part` sees is not verified; it may be hashed, nothing else. If an error follows it was none.
    ///
    /// # Errors
    /// As [`Self::decrypt_token`].
    pub(crate) fn decrypt_with(
        &self,
        token: &Token<'_>,
        aad: &[u8],
        out: &mut Vec<u8>,
        on_part: &mut dyn FnMut(&[u8]),
    ) -> Result<(), CipherError> {
        let start = out.len();
        reserve_and_wipe(out, token.longest_plaintext() + 3);
        let done = self.decrypt_into(token, aad, out, on_part);
        if done.is_err() {
            out[start..].zeroize();
            out.truncate(start);
        }
        done
    }

    fn decrypt_into(
        &self,
        token: &Token<'_>,
        aad: &[u8],
        out: &mut Vec<u8>,
        on_part: &mut dyn FnMut(&[u8]),
    ) -> Result<(), CipherError> {
        let mut short = [0; 48];
        let long;
        let nonce = match decode_short(token.nonce, &mut short) {
            Some(nonce) => nonce,
            None => {
                long = decode_any(token.nonce, "iv")?;
                &long
            }
        };
        if nonce.is_empty() {
            return Err(CipherError::Nonce);
        }
        let mut message = self.0.message(nonce, aad);

        let mut short = [0; 48];
        let fits = matches!(decode_short(token.tag, &mut short), Some(tag) if tag.len() == TAG);
        let (expected, start) = ([0; TAG], out.len());
        if !fits || memchr::memchr(b'\r', token.data).is_some() {
            // What counts is data and tag together, wherever the one ends and the other begins.
            out.append(&mut decode_any(token.data, "data")?);
            out.append(&mut decode_any(token.tag, "tag")?);
            let length = (out.len() - start).checked_sub(TAG).ok_or(CipherError::Authentication)?;
            let mut expected = expected;
            expected.copy_from_slice(&out[start + length..]);
            out.truncate(start + length);
            message.decrypt(&mut out[start..]);
            on_part(&out[start..]);
            return verify(message, &expected);
        }
        for part in token.data.chunks(CHUNK) {
            let from = out.len();
            let whole = part.len() / 4 * 3;
            out.resize(from + whole + 3, 0);
            let length = base64::decode(part, &mut out[from..])
                // Padding ends the data.
                .filter(|&length| {
                    length == whole || std::ptr::eq(part.as_ptr_range().end, token.data.as_ptr_range().end)
                })
                .ok_or(CipherError::Base64 { field: "data" })?;
            out.truncate(from + length);
            message.decrypt(&mut out[from..]);
            on_part(&out[from..]);
        }
        let mut expected = expected;
        expected.copy_from_slice(&short[..TAG]);
        verify(message, &expected)
    }
}

/// How long the token of a plaintext of `length` bytes of the type `kind` is.
pub(crate) const fn token_length(length: usize, kind: &str) -> usize {
    let fields = encoded_length(length) + encoded_length(NONCE) + encoded_length(TAG) + kind.len();
    fields + PREFIX.len() + token::IV.len() + token::TAG.len() + token::TYPE.len() + 1
}

/// The most bytes that the plaintext of a token of `length` bytes has, if its nonce has the usual length.
pub(crate) const fn longest_plaintext(length: usize) -> usize {
    length.saturating_sub(token_length(0, "")) / 4 * 3 + 3
}

/// How many bytes more than its plaintext a token needs, at most, while it is decrypted.
pub(crate) const SPARE: usize = 64;

/// Encrypts `plaintext` in parts of `N` bytes and writes their base64.
fn encrypt_parts<const N: usize>(message: &mut gcm::Message<'_>, plaintext: &[u8], to: &mut Writer<'_>) {
    const { assert!(N.is_multiple_of(48)) };
    let mut part = [0; N];
    for chunk in plaintext.chunks(N) {
        let part = &mut part[..chunk.len()];
        part.copy_from_slice(chunk);
        message.encrypt(part);
        to.encode(part);
    }
}

/// Room of the right size, which is filled from its beginning.
struct Writer<'a>(&'a mut [u8]);

impl Writer<'_> {
    fn put(&mut self, bytes: &[u8]) {
        self.take(bytes.len()).copy_from_slice(bytes);
    }

    /// Writes the base64 of `bytes`.
    fn encode(&mut self, bytes: &[u8]) {
        let room = self.take(encoded_length(bytes.len()));
        base64::encode(bytes, room);
    }

    /// The next `length` bytes of the room.
    fn take(&mut self, length: usize) -> &mut [u8] {
        let (taken, rest) = std::mem::take(&mut self.0).split_at_mut(length);
        self.0 = rest;
        taken
    }
}

/// The bytes that a short and ordinary field stands for.
fn decode_short<'a>(field: &[u8], to: &'a mut [u8; 48]) -> Option<&'a [u8]> {
    if field.len() > 64 {
        return None;
    }
    let length = base64::decode(field, to)?;
    Some(&to[..length])
}

/// The bytes that a field stands for. Carriage returns do not count; line feeds cannot occur.
fn decode_any(field: &[u8], name: &'static str) -> Result<Vec<u8>, CipherError> {
    let clean: Vec<u8> = field.iter().copied().filter(|&byte| byte != b'\r').collect();
    base64::decode_to_vec(&clean).ok_or(CipherError::Base64 { field: name })
}

/// Whether the message's tag is `expected`, in a time that does not depend on where they differ.
fn verify(message: gcm::Message<'_>, expected: &[u8; TAG]) -> Result<(), CipherError> {
    if message.tag().ct_eq(expected).into() { Ok(()) } else { Err(CipherError::Authentication) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::value::Value;

    fn cipher() -> Cipher {
        let bytes: Vec<u8> = (0..32).collect();
        Cipher::new(&DataKey::from_bytes(&bytes).unwrap())
    }

    fn open(text: &str, aad: &str) -> Result<Vec<u8>, CipherError> {
        let mut out = b"before".to_vec();
        let done = cipher().decrypt_token(&Token::parse(text.as_bytes()).unwrap(), aad.as_bytes(), &mut out);
        match done {
            Ok(()) => Ok(out.split_off(6)),
            Err(error) => {
                assert_eq!(out, b"before");
                Err(error)
            }
        }
    }

    fn encoded(bytes: &[u8]) -> String {
        let mut text = vec![0; encoded_length(bytes.len())];
        base64::encode(bytes, &mut text);
        String::from_utf8(text).unwrap()
    }

    fn seal(plaintext: &[u8], aad: &str, nonce: &[u8; NONCE], kind: &str) -> String {
        let mut to = Vec::new();
        cipher().encrypt_token(plaintext, aad.as_bytes(), nonce, kind, &mut to);
        String::from_utf8(to).unwrap()
    }

    /// Made by sops 3.13 with the data key 00 01 .. 1f.
    const VECTORS: &[(&str, &str, &[u8])] = &[
        (
            "a:",
            "ENC[AES256_GCM,data:aaEk1xA=,iv:eWv16kALH5MNemA67WUjXs/VuDA+RKrcUPuLSzYod/0=,tag:dnasYY3ghwBSvm7fHCumOA==,type:str]",
            b"hello",
        ),
        (
            "a:b:",
            "ENC[AES256_GCM,data:R30jTqM=,iv:n2N9zEOS7JkpuSh4EmrrWK1UyPkPero/A+3Yj4d+UAQ=,tag:sXr8Zd9NHZ2gnsYd4wx58w==,type:str]",
            b"hello",
        ),
        (
            "l:",
            "ENC[AES256_GCM,data:eSuK,iv:jT5AyDOWbAHRbzredOJIi6v0IiHE0cbhgqPKb73fCVM=,tag:lfkoLXUB0gOlCQ2jcTx5oA==,type:str]",
            b"x\ny",
        ),
        (
            "n:",
            "ENC[AES256_GCM,data:Qfo=,iv:E15Hsd4tt4+buydY9zr5ViGkBcmPrQUrmXUOD4yjs6U=,tag:CviSEnLlqB2n5tPPE7Ycwg==,type:int]",
            b"42",
        ),
        (
            "n:",
            "ENC[AES256_GCM,data:bsw=,iv:vYid2jxi2nCKSBbtRC6ONxhn/Rxk6s1CB6mp9wQce4g=,tag:Hork5o+za/8YdO2AMDZsqQ==,type:int]",
            b"-7",
        ),
        (
            "f:",
            "ENC[AES256_GCM,data:qxw7,iv:i/5L/Y+ncLwRPgayqOlzz7RoKH1kGi4PMSZrEfltLMc=,tag:q2BhYkBihGOyO8vdtGecDw==,type:float]",
            b"1.5",
        ),
        (
            "f:",
            "ENC[AES256_GCM,data:4bFRVXIyCcEbecm4Xm7kqDT4YtmOJw==,iv:8ovKEFBu86zko40aIjeNfUABmMgMjdlG0T6xxufGlfA=,tag:mUq75acolfehRYVDTzS3kQ==,type:float]",
            b"1000000000000000000000",
        ),
        (
            "f:",
            "ENC[AES256_GCM,data:YpKb5n50NNV6,iv:ZhpbTiauPHnVO4MPRqLm/auLeO2GMV9Ff6OjE3DXVj8=,tag:1quHLTVRFUZJf62zg7QOIg==,type:float]",
            b"0.0000001",
        ),
        (
            "b:",
            "ENC[AES256_GCM,data:PEG70Q==,iv:3679+xw8wPbMhj7s+AK4v8jDymOOlZ698sWZf7xLiko=,tag:Q0KJGNWQ4PLhXcFhfu+SSg==,type:bool]",
            b"True",
        ),
        (
            "t:",
            "ENC[AES256_GCM,data:0ELeStAQn/iBtLpXBu+Ykksnu8djcWk5wUb6,iv:+8Cu9YMt4aC3QbMLdmtdBeD5ZIr9R15WRoR/6mMI4xo=,tag:LNoZ7xPyNLaJ6ZccOLnYrw==,type:time]",
            b"2020-01-02T03:04:05.5+02:00",
        ),
        (
            ":",
            "ENC[AES256_GCM,data:UUGrj9rPWP/81g==,iv:EvAgc5Eqc6EVGjhnOtfAjD1ZlGusAgxfiR0rebQis/Y=,tag:jiB5UQlOgzG6xmcuHIYmkA==,type:comment]",
            b" a comment",
        ),
        (
            "m:",
            "ENC[AES256_GCM,data:/7rqMQzhyw==,iv:1DTOyUymhZp694RyEZXyg2w2UAgb+2dmI2+KxwjMA9s=,tag:ef54vpwuEH/lHHu9kYLb6A==,type:comment]",
            b" nested",
        ),
        (
            "u:",
            "ENC[AES256_GCM,data:WtkA,iv:fU48CPLtYA1NnREHKn761S/Pj4xy4KR76kIUGdlx2FY=,tag:daaqmXKLo3p/iuVmVCAJvA==,type:str]",
            b"\xc3\xa9\0",
        ),
        (
            "2021-01-01T00:00:00Z",
            "ENC[AES256_GCM,data:ST71,iv:zXyetytArS6dsWfHzcGMXlJFthF6rondI0BHVm9jwqI=,tag:xJrMqLDcllHd01joveD1kA==,type:str]",
            b"ABC",
        ),
    ];

    #[test]
    fn tokens_of_sops() {
        for (aad, text, plaintext) in VECTORS {
            assert_eq!(open(text, aad).unwrap(), *plaintext, "{text}");
            let token = Token::parse(text.as_bytes()).unwrap();
            assert_eq!(Value::parse(token.kind(), plaintext).unwrap().tag(), Some(token.kind()));
            let nonce = base64::decode_to_vec(token.nonce).unwrap().try_into().unwrap();
            assert_eq!(seal(plaintext, aad, &nonce, token.kind()), *text);
        }
    }

    #[test]
    fn changes_are_noticed() {
        let (aad, text, _) = VECTORS[0];
        assert_eq!(open(text, "b:"), Err(CipherError::Authentication));
        for (from, to) in [("aaEk", "aaEl"), ("eWv1", "eWv0"), ("dnas", "dnat")] {
            assert_eq!(open(&text.replace(from, to), aad), Err(CipherError::Authentication));
        }
        // Shorter and longer tags.
        assert_eq!(open(&text.replace("HCumOA==", "HCum"), aad), Err(CipherError::Authentication));
        assert_eq!(
            open("ENC[AES256_GCM,data:aaEk,iv:AA==,tag:AA==,type:str]", aad),
            Err(CipherError::Authentication)
        );
        // The type is not part of what is authenticated.
        assert_eq!(open(&text.replace("type:str", "type:int"), aad).unwrap(), b"hello");
    }

    #[test]
    fn latitude_of_sops() {
        let (aad, text, _) = VECTORS[0];
        for text in [
            // Bits behind the last byte, carriage returns, another split of data and tag, text behind the token.
            text.replace("aaEk1xA=", "aaEk1xD="),
            text.replace("OA==", "OD=="),
            text.replace("aaEk1xA=", "a\raEk\r1xA=\r"),
            text.replace("eWv1", "\reWv1"),
            text.replace("dnas", "d\rnas"),
            format!("{text}] more\nand more"),
            {
                let mut bytes = base64::decode_to_vec(b"aaEk1xA=").unwrap();
                bytes.extend(base64::decode_to_vec(b"dnasYY3ghwBSvm7fHCumOA==").unwrap());
                let (data, tag) = bytes.split_at(2);
                text.replace("aaEk1xA=", &encoded(data)).replace("dnasYY3ghwBSvm7fHCumOA==", &encoded(tag))
            },
        ] {
            assert_eq!(open(&text, aad).unwrap(), b"hello", "{text:?}");
        }
    }

    #[test]
    fn damaged_base64_is_named() {
        let (aad, text, _) = VECTORS[0];
        for (from, to, field) in [
            ("aaEk1xA=", "aaEk1xA", "data"),
            ("aaEk1xA=", "aaE*1xA=", "data"),
            ("aaEk1xA=", "aa==1xA=", "data"),
            ("aaEk1xA=", "aaEk1xA=\r*", "data"),
            ("d/0=", "d/0", "iv"),
            ("OA==", "OA=", "tag"),
        ] {
            let text = text.replace(from, to);
            assert_eq!(open(&text, aad), Err(CipherError::Base64 { field }), "{text:?}");
        }
        let text = "ENC[AES256_GCM,data:aaEk,iv:\r,tag:dnasYY3ghwBSvm7fHCumOA==,type:str]";
        assert_eq!(open(text, aad), Err(CipherError::Nonce));
    }

    #[test]
    fn long_values_come_back_in_parts() {
        for length in [0_usize, 191, 192, 193, 6143, 6144, 6145, 49151, 49152, 49153, 200_000] {
            let plaintext: Vec<u8> = (0..length).map(|byte| ((byte * 31) >> 3) as u8).collect();
            let text = seal(&plaintext, "k:", &[7; NONCE], "str");
            if length == 0 {
                // sops has no token for the empty string.
                assert_eq!(Token::parse(text.as_bytes()), Err(TokenError));
                continue;
            }
            assert_eq!(open(&text, "k:").unwrap(), plaintext);
            let (mut out, mut seen, mut parts) = (Vec::new(), Vec::new(), 0);
            let token = Token::parse(text.as_bytes()).unwrap();
            let mut on_part = |part: &[u8]| {
                parts += 1;
                seen.extend_from_slice(part);
            };
            cipher().decrypt_with(&token, b"k:", &mut out, &mut on_part).unwrap();
            assert_eq!(seen, plaintext);
            assert_eq!(parts, length.div_ceil(49152));
        }
    }

    #[test]
    fn padding_within_long_data_ends_it() {
        let text = seal(&[7; 100_000], "k:", &[7; NONCE], "str");
        let mut bytes = text.into_bytes();
        let at = PREFIX.len() + CHUNK;
        bytes[at - 2..at].copy_from_slice(b"==");
        let text = String::from_utf8(bytes).unwrap();
        assert_eq!(open(&text, "k:"), Err(CipherError::Base64 { field: "data" }));
    }

    #[test]
    fn smaller_keys_are_read() {
        for length in [16, 24] {
            let cipher = Cipher::new(&DataKey::from_bytes(&vec![1; length]).unwrap());
            let (mut token, mut out) = (Vec::new(), Vec::new());
            cipher.encrypt_token(b"x", b"a:", &[2; NONCE], "str", &mut token);
            cipher.decrypt_token(&Token::parse(&token).unwrap(), b"a:", &mut out).unwrap();
            assert_eq!(out, b"x");
        }
    }
}
