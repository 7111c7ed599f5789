//! From the bytes of a file to UTF-8 text that holds allowed characters only.

use std::borrow::Cow;

use super::chars::push_character;
use super::error::YamlError;
use crate::document::Encoding;
use crate::parallel;

/// The largest text, in bytes.
const LARGEST: usize = i32::MAX as usize;

/// The byte order mark in UTF-8.
pub(super) const MARK: &[u8] = b"\xEF\xBB\xBF";

/// A decoded source.
pub(super) struct Source<'a> {
    /// The text as UTF-8. A byte order mark is part of it if the source was UTF-8.
    pub(super) text: Cow<'a, [u8]>,
    /// How it stood in the file.
    pub(super) encoding: Encoding,
    /// What kinds of line breaks there are.
    pub(super) breaks: Breaks,
}

/// What a text has that most have not: kinds of line breaks, and characters beyond ASCII.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Breaks {
    /// There is a CR somewhere.
    pub(super) cr: bool,
    /// There is a NEL, LS or PS somewhere.
    pub(super) wide: bool,
    /// There is a character beyond ASCII somewhere.
    pub(super) high: bool,
}

/// Decodes `source`, on at most `threads` threads: UTF-16 if it begins with a byte order mark of it, else UTF-8.
///
/// # Errors
/// It is larger than 2 GiB, not well formed, begins with two byte order marks, or contains characters that
/// YAML forbids: control characters
/// but tab, line feed, carriage return and NEL, and U+FFFE and U+FFFF.
pub(super) fn decode(source: &[u8], threads: usize) -> Result<Source<'_>, YamlError> {
    if source.len() > LARGEST {
        return Err(YamlError::new(0, "the text is larger than 2 GiB"));
    }
    let (text, encoding): (Cow<'_, [u8]>, _) = match source.get(..2) {
        Some([0xFF, 0xFE]) => (utf16(&source[2..], u16::from_le_bytes)?.into(), Encoding::Utf16Le),
        Some([0xFE, 0xFF]) => (utf16(&source[2..], u16::from_be_bytes)?.into(), Encoding::Utf16Be),
        _ => (source.into(), Encoding::Utf8),
    };
    let second = if encoding == Encoding::Utf8 { MARK.len() } else { 0 };
    if text.starts_with(MARK) && text[second..].starts_with(MARK) {
        // The library would leave out the first character of each of the next lines.
        return Err(YamlError::new(second, "a second byte order mark; remove it"));
    }
    let breaks = check_on(&text, threads)?;
    Ok(Source { text, encoding, breaks })
}

fn utf16(units: &[u8], unit: fn([u8; 2]) -> u16) -> Result<Vec<u8>, YamlError> {
    let mut text = Vec::with_capacity(units.len() / 2 + units.len() / 8);
    let (units, rest) = units.as_chunks::<2>();
    let mut offset = 2;
    for decoded in char::decode_utf16(units.iter().map(|bytes| unit(*bytes))) {
        let character = decoded.map_err(|_| YamlError::new(offset, "half of a UTF-16 surrogate pair"))?;
        offset += 2 * character.len_utf16();
        push_character(&mut text, u32::from(character));
        if text.len() > LARGEST {
            return Err(YamlError::new(offset, "the text is larger than 2 GiB"));
        }
    }
    if !rest.is_empty() {
        return Err(YamlError::new(offset, "half of a UTF-16 character at the end"));
    }
    Ok(text)
}

/// The same as [`check`], on at most `threads` threads.
fn check_on(text: &[u8], threads: usize) -> Result<Breaks, YamlError> {
    /// How many bytes are worth a thread.
    const PIECE: usize = 1 << 20;
    let count = (text.len() / PIECE).clamp(1, threads.max(1));
    // Between characters, if there are any.
    let cut = |piece: usize| {
        let at = text.len() * piece / count;
        at + text[at..].iter().take(3).take_while(|byte| **byte & 0xC0 == 0x80).count()
    };
    let checked = parallel::run(count, threads, |piece| check(&text[cut(piece)..cut(piece + 1)]));
    match checked.into_iter().collect::<Result<Vec<Breaks>, YamlError>>() {
        Ok(all) => Ok(Breaks {
            cr: all.iter().any(|one| one.cr),
            wide: all.iter().any(|one| one.wide),
            high: all.iter().any(|one| one.high),
        }),
        // Which error it is, and where, the whole text says.
        Err(_) => check(text),
    }
}

/// Checks that `text` is UTF-8 and that every character of it is allowed.
fn check(text: &[u8]) -> Result<Breaks, YamlError> {
    let (mut high, mut forbidden, mut cr) = (0, 0, 0);
    for &byte in text {
        high |= byte & 0x80;
        cr |= u8::from(byte == b'\r');
        forbidden |= u8::from(is_forbidden(byte));
    }
    if high != 0
        && let Err(error) = std::str::from_utf8(text)
    {
        return Err(YamlError::new(error.valid_up_to(), "not UTF-8"));
    }
    let control = |at| YamlError::new(at, "control characters are not allowed");
    if forbidden != 0
        && let Some(at) = text.iter().position(|&byte| is_forbidden(byte))
    {
        return Err(control(at));
    }
    let mut wide = false;
    if high != 0 {
        for at in memchr::memchr3_iter(0xC2, 0xE2, 0xEF, text) {
            match text[at..] {
                [0xC2, 0x85, ..] | [0xE2, 0x80, 0xA8 | 0xA9, ..] => wide = true,
                [0xC2, 0x80..=0x9F, ..] | [0xEF, 0xBF, 0xBE | 0xBF, ..] => return Err(control(at)),
                _ => {}
            }
        }
    }
    Ok(Breaks { cr: cr != 0, wide, high: high != 0 })
}

/// Whether the byte is a control character that no text may have.
const fn is_forbidden(byte: u8) -> bool {
    (byte < b' ') & (byte != b'\n') & (byte != b'\t') & (byte != b'\r') | (byte == 0x7F)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn text(source: &[u8]) -> Option<Vec<u8>> {
        decode(source, 1).ok().map(|source| source.text.into_owned())
    }

    #[test]
    fn utf8_stays_with_its_mark() {
        assert_eq!(text(b"\xEF\xBB\xBFa: \xC3\xA9\n").unwrap(), b"\xEF\xBB\xBFa: \xC3\xA9\n");
    }

    #[test]
    fn utf16_is_decoded_without_its_mark() {
        let source = decode(b"\xFF\xFEa\0:\0 \0\x3D\xD8\x00\xDE", 1).unwrap();
        assert_eq!((&*source.text, source.encoding), ("a: \u{1F600}".as_bytes(), Encoding::Utf16Le));
        let source = decode(b"\xFE\xFF\0a\0:", 1).unwrap();
        assert_eq!((&*source.text, source.encoding), (&b"a:"[..], Encoding::Utf16Be));
    }

    #[test]
    fn broken_encodings_are_refused() {
        for source in [
            &b"\xFF"[..],
            b"a\xC3",
            b"\xED\xA0\x80",
            b"\xC0\x80",
            b"\xF4\x90\x80\x80",
            b"\xF8\x80\x80\x80\x80",
            b"\xFF\xFEa",
            b"\xFF\xFE\x00\xDC",
            b"\xFF\xFE\x3D\xD8a\0",
        ] {
            assert_eq!(text(source), None, "{source:?}");
            assert_eq!(text(&[&b"x".repeat(100), source].concat()[..]).filter(|_| source[0] != 0xFF), None);
        }
    }

    #[test]
    fn control_characters_are_refused_wherever_they_are() {
        for bad in ["\0", "\x01", "\x0B", "\x1F", "\x7F", "\u{80}", "\u{9F}", "\u{FFFE}", "\u{FFFF}"] {
            for before in [0, 1, 63, 64, 65, 130] {
                let source = format!("{}{bad}{}", "x".repeat(before), "y".repeat(70));
                assert_eq!(text(source.as_bytes()), None, "{bad:?} behind {before}");
            }
        }
        for good in ["\t", "\n", "\r", "\u{85}", "\u{A0}", "\u{FFFD}", "\u{1FFFE}", "\u{10FFFF}"] {
            assert!(text(good.repeat(99).as_bytes()).is_some(), "{good:?}");
        }
    }

    #[test]
    fn line_breaks_are_noticed() {
        let breaks = |source: &str| check(source.as_bytes()).unwrap();
        assert_eq!(breaks(&"a\n".repeat(99)), Breaks::default());
        assert!(breaks(&format!("{}\r", "a".repeat(70))).cr && breaks(&format!("\r{}", "a".repeat(70))).cr);
        assert!(breaks("\u{85}").wide && breaks("\u{2028}").wide && breaks("\u{2029}").wide);
        assert!(!breaks("\u{2027}").wide);
    }
}
