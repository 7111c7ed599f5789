//! What of a source the style of scalars and the spelling inside tokens cannot carry: the difference between
//! the text that decryption gives by itself and the text that was encrypted.
//!
//! It travels encrypted in the field `fieldseal_layout` of the `sops` block, which sops ignores. It counts only
//! for the very text that it was made for, which a digest tells, and the caller checks that the repaired text
//! reads back to the values of the tokens.

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::diff::changes;
use crate::document::Encoding;

/// The version of the encoding below.
const VERSION: u8 = 1;
/// How many bytes of the SHA-256 of the text are kept.
const DIGEST: usize = 16;

/// The difference from the text `restored` to the text `source`, encoded: version, encoding of the file, digest of
/// `restored`, then for each change the number of bytes that are kept before it, the number of bytes removed, the
/// number of bytes inserted (LEB128 each), and these bytes.
pub(crate) fn encode(restored: &[u8], source: &[u8], encoding: Encoding) -> Zeroizing<Vec<u8>> {
    let mut to = Zeroizing::new(vec![
        VERSION,
        match encoding {
            Encoding::Utf8 => 0,
            Encoding::Utf16Le => 1,
            Encoding::Utf16Be => 2,
        },
    ]);
    to.extend_from_slice(&digest(restored));
    let mut kept_from = 0;
    for (removed, added) in changes(restored, source) {
        push_number(&mut to, removed.start - kept_from);
        push_number(&mut to, removed.len());
        push_number(&mut to, added.len());
        to.extend_from_slice(&source[added]);
        kept_from = removed.end;
    }
    to
}

/// Repairs `restored` with an encoded difference. `None` if the difference was made for another text, or is not
/// well formed.
pub(crate) fn apply(encoded: &[u8], restored: &[u8]) -> Option<(Zeroizing<Vec<u8>>, Encoding)> {
    let (head, mut rest) = encoded.split_at_checked(2 + DIGEST)?;
    let encoding = match (head[0], head[1]) {
        (VERSION, 0) => Encoding::Utf8,
        (VERSION, 1) => Encoding::Utf16Le,
        (VERSION, 2) => Encoding::Utf16Be,
        _ => return None,
    };
    if head[2..] != digest(restored) {
        return None;
    }
    let mut text = Zeroizing::new(Vec::with_capacity(restored.len() + rest.len()));
    let mut left = restored;
    while !rest.is_empty() {
        let (kept, behind) = left.split_at_checked(take_number(&mut rest)?)?;
        let (_, behind) = behind.split_at_checked(take_number(&mut rest)?)?;
        let length = take_number(&mut rest)?;
        let (added, more) = rest.split_at_checked(length)?;
        text.extend_from_slice(kept);
        text.extend_from_slice(added);
        left = behind;
        rest = more;
    }
    text.extend_from_slice(left);
    Some((text, encoding))
}

/// The bytes of the file for a text in the given encoding. The mark of UTF-16 is not part of the text.
pub(crate) fn file_bytes(text: &[u8], encoding: Encoding) -> Zeroizing<Vec<u8>> {
    let bytes_of = match encoding {
        Encoding::Utf8 => return Zeroizing::new(text.to_vec()),
        Encoding::Utf16Le => u16::to_le_bytes,
        Encoding::Utf16Be => u16::to_be_bytes,
    };
    let text = String::from_utf8_lossy(text);
    // Nothing is left in freed memory when the buffer need not grow.
    let mut bytes = Zeroizing::new(Vec::with_capacity(2 + 2 * text.len()));
    for unit in std::iter::once(0xFEFF).chain(text.encode_utf16()) {
        bytes.extend_from_slice(&bytes_of(unit));
    }
    bytes
}

fn digest(text: &[u8]) -> [u8; DIGEST] {
    let mut digest = [0; DIGEST];
    digest.copy_from_slice(&Sha256::digest(text)[..DIGEST]);
    digest
}

fn push_number(to: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        to.push(number as u8 | 0x80);
        number >>= 7;
    }
    to.push(number as u8);
}

fn take_number(from: &mut &[u8]) -> Option<usize> {
    let mut number = 0_u64;
    for shift in (0..35).step_by(7) {
        let (first, rest) = from.split_first()?;
        *from = rest;
        number |= u64::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            return usize::try_from(number).ok();
        }
    }
    None
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_difference_repairs_exactly_its_own_text() {
        for (restored, source) in [
            ("a: 31\nb: x\n", "a: 0x1F\nb: x\n"),
            ("", "# only\n"),
            ("same", "same"),
            ("one two three", "two  three four"),
            ("abc", ""),
        ] {
            let encoded = encode(restored.as_bytes(), source.as_bytes(), Encoding::Utf16Be);
            let (text, encoding) = apply(&encoded, restored.as_bytes()).unwrap();
            assert_eq!((text.as_slice(), encoding), (source.as_bytes(), Encoding::Utf16Be));
            assert!(apply(&encoded, format!("{restored}.").as_bytes()).is_none());
            for length in 0..encoded.len() {
                let _ = apply(&encoded[..length], restored.as_bytes());
            }
        }
    }

    #[test]
    fn utf16_begins_with_its_mark() {
        assert_eq!(*file_bytes("a\u{1F600}".as_bytes(), Encoding::Utf16Le), b"\xFF\xFEa\0\x3D\xD8\x00\xDE");
        assert_eq!(*file_bytes("a".as_bytes(), Encoding::Utf16Be), b"\xFE\xFF\0a");
        assert_eq!(*file_bytes(b"a", Encoding::Utf8), b"a");
    }

    #[test]
    fn a_small_change_in_a_long_line_costs_little() {
        let restored = "x y ".repeat(10_000) + "31" + &" z".repeat(10_000);
        let source = restored.replace("31", "0x1F");
        assert!(encode(restored.as_bytes(), source.as_bytes(), Encoding::Utf8).len() < 40);
    }
}
