//! String literals: what they say, and how to write them.

use std::borrow::Cow;

/// How a string is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Escapes {
    /// Only what must be escaped.
    Few,
    /// As Go does: `<`, `>`, `&` and the line separators of Unicode, too.
    Go,
}

/// What the inside of a well-formed string literal says. What is not UTF-8 is replaced, byte for byte, by
/// U+FFFD, and so is half of a surrogate pair.
pub(super) fn decode(inner: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr(b'\\', inner).is_none() && std::str::from_utf8(inner).is_ok() {
        return Cow::Borrowed(inner);
    }
    let mut to = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        repair(&rest[..at], &mut to);
        rest = &rest[at + 1..];
        let Some((&kind, after)) = rest.split_first() else { break };
        rest = after;
        let plain = match kind {
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                rest = decode_unicode(rest, &mut to);
                continue;
            }
            other => other,
        };
        to.push(plain);
    }
    repair(rest, &mut to);
    Cow::Owned(to)
}

/// Appends `text` to `to` as the inside of a string literal.
pub(super) fn write(text: &[u8], escapes: Escapes, to: &mut Vec<u8>) {
    to.reserve(text.len());
    let mut done = 0;
    let mut at = 0;
    while at < text.len() {
        let byte = text[at];
        let length = match byte {
            b'"' | b'\\' | 0..=0x1f => 1,
            b'<' | b'>' | b'&' if escapes == Escapes::Go => 1,
            // U+2028 and U+2029.
            0xe2 if escapes == Escapes::Go
                && text.get(at + 1) == Some(&0x80)
                && matches!(text.get(at + 2), Some(0xa8 | 0xa9)) =>
            {
                3
            }
            _ => {
                at += 1;
                continue;
            }
        };
        repair_as(&text[done..at], escapes, to);
        match byte {
            b'"' | b'\\' => to.extend_from_slice(&[b'\\', byte]),
            8 => to.extend_from_slice(b"\\b"),
            12 => to.extend_from_slice(b"\\f"),
            b'\n' => to.extend_from_slice(b"\\n"),
            b'\r' => to.extend_from_slice(b"\\r"),
            b'\t' => to.extend_from_slice(b"\\t"),
            0xe2 => to.extend_from_slice(if text[at + 2] == 0xa8 { b"\\u2028" } else { b"\\u2029" }),
            _ => {
                const HEX: &[u8; 16] = b"0123456789abcdef";
                to.extend_from_slice(b"\\u00");
                to.extend_from_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
            }
        }
        at += length;
        done = at;
    }
    repair_as(&text[done..], escapes, to);
}

/// Appends `text` to `to`, each byte that is not part of UTF-8 replaced by U+FFFD.
fn repair(text: &[u8], to: &mut Vec<u8>) {
    repair_as(text, Escapes::Few, to);
}

/// The same; Go writes the replacement as an escape.
fn repair_as(mut text: &[u8], escapes: Escapes, to: &mut Vec<u8>) {
    let replacement: &[u8] = if escapes == Escapes::Go { b"\\ufffd" } else { "\u{fffd}".as_bytes() };
    loop {
        match std::str::from_utf8(text) {
            Ok(_) => return to.extend_from_slice(text),
            Err(error) => {
                let (good, bad) = text.split_at(error.valid_up_to());
                to.extend_from_slice(good);
                to.extend_from_slice(replacement);
                text = &bad[1..];
            }
        }
    }
}

/// Appends what `\u` in front of `rest` stands for to `to`, and gives back what follows it.
fn decode_unicode<'a>(rest: &'a [u8], to: &mut Vec<u8>) -> &'a [u8] {
    let Some((first, after)) = hex(rest) else { return rest };
    let mut rest = after;
    let mut code = first;
    if (0xd800..0xdc00).contains(&first)
        && let Some((second, after)) = rest.strip_prefix(b"\\u").and_then(hex)
        && (0xdc00..0xe000).contains(&second)
    {
        code = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        rest = after;
    }
    let character = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
    to.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    rest
}

/// The number that four hexadecimal digits at the front of `text` stand for, and what follows them.
fn hex(text: &[u8]) -> Option<(u32, &[u8])> {
    let (digits, rest) = text.split_at_checked(4)?;
    let mut code = 0;
    for digit in digits {
        code = code << 4 | char::from(*digit).to_digit(16)?;
    }
    Some((code, rest))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn decoded(inner: &str) -> String {
        String::from_utf8(decode(inner.as_bytes()).into_owned()).unwrap()
    }

    fn written(text: &[u8], escapes: Escapes) -> String {
        let mut to = Vec::new();
        write(text, escapes, &mut to);
        String::from_utf8(to).unwrap()
    }

    #[test]
    fn escapes_are_decoded() {
        assert_eq!(decoded(r#"a\"\\\/\b\f\n\r\t\u00e9\u20AC"#), "a\"\\/\u{8}\u{c}\n\r\t\u{e9}\u{20ac}");
        assert_eq!(decoded(r"\ud83d\ude00!"), "\u{1f600}!");
    }

    #[test]
    fn lone_surrogates_become_replacement_characters() {
        assert_eq!(decoded(r"\ud83d"), "\u{fffd}");
        assert_eq!(decoded(r"\ude00\ud83d"), "\u{fffd}\u{fffd}");
        assert_eq!(decoded(r"\ud83d\u0041"), "\u{fffd}A");
        assert_eq!(decoded(r"\ud83d\n"), "\u{fffd}\n");
    }

    #[test]
    fn each_byte_that_is_not_utf8_becomes_a_replacement_character() {
        assert_eq!(decode(b"a\xe2\x82x\xff"), "a\u{fffd}\u{fffd}x\u{fffd}".as_bytes());
        assert_eq!(decode(b"\xed\xa0\x80\\n"), "\u{fffd}\u{fffd}\u{fffd}\n".as_bytes());
        assert!(matches!(decode("é".as_bytes()), Cow::Borrowed(_)));
    }

    #[test]
    fn strings_are_written_with_few_escapes_or_as_go_does() {
        let text = "\"\\/<&>\u{2028}\u{2029}\u{7f}é\0\u{1f}\n\r\t\u{8}\u{c}".as_bytes();
        assert_eq!(
            written(text, Escapes::Few),
            "\\\"\\\\/<&>\u{2028}\u{2029}\u{7f}é\\u0000\\u001f\\n\\r\\t\\b\\f"
        );
        assert_eq!(
            written(text, Escapes::Go),
            "\\\"\\\\/\\u003c\\u0026\\u003e\\u2028\\u2029\u{7f}é\\u0000\\u001f\\n\\r\\t\\b\\f"
        );
        assert_eq!(written(b"a\xff", Escapes::Few), "a\u{fffd}");
        assert_eq!(written(b"a\xff", Escapes::Go), "a\\ufffd");
    }
}
