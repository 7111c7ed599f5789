//! Classes of characters, as the dialect has them. Past the end of the text every byte reads as zero, which
//! no text contains.

/// The byte at `at`, or zero past the end.
#[inline(always)]
pub(crate) fn byte(text: &[u8], at: usize) -> u8 {
    match text.get(at) {
        Some(byte) => *byte,
        None => 0,
    }
}

/// A space or a tab.
#[inline(always)]
pub(crate) const fn blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

/// A letter, a digit, `_` or `-`: what names of anchors and handles consist of.
#[inline(always)]
pub(crate) const fn word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

/// Whether a line break begins at `at`: CR, LF, NEL, LS or PS.
#[inline(always)]
pub(crate) fn is_break(text: &[u8], at: usize) -> bool {
    match byte(text, at) {
        b'\n' | b'\r' => true,
        0xC2 | 0xE2 => wide_break(text, at) != 0,
        _ => false,
    }
}

/// Whether a line break begins at `at`, or the text ends there.
#[inline(always)]
pub(crate) fn is_break_or_end(text: &[u8], at: usize) -> bool {
    at >= text.len() || is_break(text, at)
}

/// Whether a blank or a line break is at `at`, or the text ends there.
#[inline(always)]
pub(crate) fn is_blank_or_end(text: &[u8], at: usize) -> bool {
    at >= text.len() || blank(text[at]) || is_break(text, at)
}

/// How many bytes the line break at `at` takes, CR LF being one; zero if there is none.
#[inline(always)]
pub(crate) fn break_width(text: &[u8], at: usize) -> usize {
    match byte(text, at) {
        b'\n' => 1,
        b'\r' => 1 + usize::from(byte(text, at + 1) == b'\n'),
        0xC2 | 0xE2 => wide_break(text, at),
        _ => 0,
    }
}

/// How many bytes the line break of more than one byte at `at` takes: NEL two, LS and PS three.
#[inline(never)]
fn wide_break(text: &[u8], at: usize) -> usize {
    match (byte(text, at), byte(text, at + 1), byte(text, at + 2)) {
        (0xC2, 0x85, _) => 2,
        (0xE2, 0x80, 0xA8 | 0xA9) => 3,
        _ => 0,
    }
}

/// Whether `at`, the beginning of a line, holds `---` or `...` and then a blank or the end of the line.
#[inline(always)]
pub(crate) fn is_document_marker(text: &[u8], at: usize) -> bool {
    let first = byte(text, at);
    (first == b'-' || first == b'.')
        && byte(text, at + 1) == first
        && byte(text, at + 2) == first
        && is_blank_or_end(text, at + 3)
}

/// The number of characters of UTF-8 text.
pub(crate) fn characters(text: &[u8]) -> usize {
    text.len() - continuations(text)
}

/// The number of bytes that continue a character.
pub(crate) fn continuations(text: &[u8]) -> usize {
    text.iter().filter(|&&byte| byte & 0xC0 == 0x80).count()
}

/// Appends the character with the number `code` as UTF-8.
pub(crate) fn push_character(to: &mut Vec<u8>, code: u32) {
    let character = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
    to.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
}
