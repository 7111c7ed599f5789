//! Base64, standard and with padding, at the speed that tokens need.
//!
//! The crate `base64` says what is well formed: it decodes the last four characters, and whatever is not plain
//! base64. Ciphertexts, nonces and tags are no secrets, so they may choose what is looked up in a table.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};

/// As in Go, what the last character says beyond the last byte is ignored.
const ENGINE: GeneralPurpose =
    GeneralPurpose::new(&STANDARD, GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true));

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The two characters that stand for twelve bits. (Not a constant, which would be copied.)
static PAIRS: [[u8; 2]; 4096] = {
    let mut table = [[0; 2]; 4096];
    let mut bits = 0;
    while bits < table.len() {
        table[bits] = [ALPHABET[bits >> 6], ALPHABET[bits & 63]];
        bits += 1;
    }
    table
};

/// The six bits that a character stands for; [`INVALID`] if it is none of the alphabet.
static BITS: [u8; 256] = {
    let mut table = [INVALID; 256];
    let mut bits = 0;
    while bits < ALPHABET.len() {
        table[ALPHABET[bits] as usize] = bits as u8;
        bits += 1;
    }
    table
};
const INVALID: u8 = 0x80;

/// How many characters stand for `length` bytes.
pub(super) const fn encoded_length(length: usize) -> usize {
    length.div_ceil(3) * 4
}

/// Writes the base64 of `bytes` to `to`, which has room for exactly that.
pub(super) fn encode(bytes: &[u8], to: &mut [u8]) {
    let (triples, rest) = bytes.as_chunks::<3>();
    let (quads, _) = to.as_chunks_mut::<4>();
    for (&[one, two, three], quad) in triples.iter().zip(quads.iter_mut()) {
        let [first, second] = PAIRS[usize::from(one) << 4 | usize::from(two) >> 4];
        let [third, fourth] = PAIRS[usize::from(two & 15) << 8 | usize::from(three)];
        *quad = [first, second, third, fourth];
    }
    let (one, two) = match *rest {
        [one] => (one, None),
        [one, two] => (one, Some(two)),
        _ => return,
    };
    let [first, second] = PAIRS[usize::from(one) << 4 | usize::from(two.unwrap_or(0)) >> 4];
    let third = two.map_or(b'=', |two| PAIRS[usize::from(two & 15) << 8][0]);
    quads[triples.len()] = [first, second, third, b'='];
}

/// Writes what `text` stands for to the beginning of `to`, and returns how much that is. `None` if it is not well
/// formed, or if there is no room; what `to` then holds means nothing.
pub(super) fn decode(text: &[u8], to: &mut [u8]) -> Option<usize> {
    let (quads, rest) = text.as_chunks::<4>();
    let Some((last, quads)) = quads.split_last().filter(|_| rest.is_empty()) else {
        return ENGINE.decode_slice(text, to).ok();
    };
    let (head, tail) = to.split_at_mut_checked(3 * quads.len())?;
    let mut invalid = 0;
    for (quad, triple) in quads.iter().zip(head.as_chunks_mut::<3>().0) {
        let [first, second, third, fourth] = quad.map(|character| BITS[usize::from(character)]);
        invalid |= first | second | third | fourth;
        *triple = [first << 2 | second >> 4, second << 4 | third >> 2, third << 6 | fourth];
    }
    if invalid & INVALID != 0 {
        return None;
    }
    ENGINE.decode_slice(last, tail).ok().map(|length| head.len() + length)
}

/// What `text` stands for. `None` if it is not well formed.
pub(super) fn decode_to_vec(text: &[u8]) -> Option<Vec<u8>> {
    ENGINE.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_crate() {
        let bytes: Vec<u8> = (0..300_u32).map(|number| ((number * 73) >> 2) as u8).collect();
        for length in 0..bytes.len() {
            let bytes = &bytes[..length];
            let mut text = vec![0; encoded_length(length)];
            encode(bytes, &mut text);
            assert_eq!(text, ENGINE.encode(bytes).into_bytes());
            let mut back = vec![0; length + 2];
            assert_eq!(decode(&text, &mut back), Some(length));
            assert_eq!(back[..length], *bytes);
        }
    }

    #[test]
    fn every_character_means_what_it_means_to_the_crate() {
        for place in 0..8 {
            for character in 0..=255 {
                let mut text = *b"QUJDREVG";
                text[place] = character;
                let mut to = [0; 8];
                let length = decode(&text, &mut to);
                assert_eq!(length.map(|length| to[..length].to_vec()), ENGINE.decode(text).ok(), "{text:?}");
            }
        }
        for text in ["", "A", "AA", "AAA", "AAA=A", "AA==AAAA", "AAAAA", "====", "AAAAAA=A", "AB=="] {
            let mut to = [0; 8];
            let length = decode(text.as_bytes(), &mut to);
            assert_eq!(length.map(|length| to[..length].to_vec()), ENGINE.decode(text).ok(), "{text}");
        }
    }

    #[test]
    fn too_little_room_is_no_panic() {
        for room in 0..6 {
            assert_eq!(decode(b"QUJDREVG", &mut [0; 6][..room]), None);
        }
    }
}
