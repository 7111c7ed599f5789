//! How strings are spelled: in which styles a string can stand, and its text in each of them.
//!
//! Two questions are kept apart: what reads back as the same string ([`plain_reads_back`],
//! [`single_reads_back`], [`Block`]), and what sops would print ([`printed_style`]). A place that already has
//! a style keeps it as long as the first answer allows.

use crate::yaml::{Tag, plain_tag};

/// A style that a string is printed in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Printed {
    /// As it is.
    Plain,
    /// `'...'`
    Single,
    /// `"..."`
    Double,
    /// A literal block.
    Literal,
    /// `!!binary` and base64, for what is not UTF-8.
    Binary,
}

/// Whether a character is a line break to the YAML library: LF, CR, NEL, LS, PS.
const fn is_break(character: char) -> bool {
    matches!(character, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Whether a character may stand in a YAML text at all. (A byte order mark may, but not everywhere: it is
/// treated as one that may not.)
const fn is_readable(character: char) -> bool {
    matches!(character,
        '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{A0}'..='\u{FEFE}' | '\u{FF00}'..='\u{FFFD}'
            | '\u{10000}'..)
}

/// Whether sops writes a character as it is.
const fn is_printable(character: char) -> bool {
    matches!(character,
        '\n' | ' '..='~' | '\u{A0}'..='\u{FEFE}' | '\u{FF00}'..='\u{FFFD}')
}

/// Whether `text`, written as it is behind a key or dash (or, if `flow`, within brackets), reads back as this
/// very string.
pub(super) fn plain_reads_back(text: &[u8], flow: bool) -> bool {
    plain_is_sound(text, flow) && matches!(plain_tag(text), Tag::Str | Tag::Merge)
}

/// Whether `text` is read as one plain scalar and nothing else, of whatever type.
pub(super) fn plain_is_sound(text: &[u8], flow: bool) -> bool {
    let (Some(&first), Some(&last)) = (text.first(), text.last()) else { return false };
    if matches!(last, b' ' | b'\t' | b':') {
        return false;
    }
    match first {
        b' ' | b'\t' | b',' | b'[' | b']' | b'{' | b'}' | b'#' | b'&' | b'*' | b'!' | b'|' | b'>' | b'\''
        | b'"' | b'%' | b'@' | b'`' => return false,
        b'-' if matches!(text.get(1), None | Some(b' ' | b'\t')) => return false,
        b'?' | b':' if flow || matches!(text.get(1), None | Some(b' ' | b'\t')) => return false,
        b'-' | b'.' if text.starts_with(b"---") || text.starts_with(b"...") => return false,
        _ => {}
    }
    let mut ascii = true;
    let mut at = 0;
    while let Some(length) = text[at..].iter().position(|&byte| LOOKS[byte as usize]) {
        at += length;
        match text[at] {
            b':' if matches!(text.get(at + 1), Some(b' ' | b'\t')) => return false,
            b'#' if at == 0 || matches!(text[at - 1], b' ' | b'\t') => return false,
            b',' | b'?' | b'[' | b']' | b'{' | b'}' if flow => return false,
            b' '..=b'~' => {}
            0x80.. => ascii = false,
            _ => return false,
        }
        at += 1;
    }
    ascii || all_in_one_line(text)
}

/// The bytes of a plain scalar that call for a look: what may end it, what is a control character, what is not ASCII.
static LOOKS: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        let plain = byte as u8 == b'\t' || (b' ' <= byte as u8 && byte as u8 <= b'~');
        table[byte] = !plain || matches!(byte as u8, b':' | b'#' | b',' | b'?' | b'[' | b']' | b'{' | b'}');
        byte += 1;
    }
    table
};

/// Whether `text` can stand between single quotes on one line.
pub(super) fn single_reads_back(text: &[u8]) -> bool {
    all_in_one_line(text)
}

/// UTF-8 without line breaks and without characters that need an escape.
fn all_in_one_line(text: &[u8]) -> bool {
    std::str::from_utf8(text)
        .is_ok_and(|text| text.chars().all(|character| is_readable(character) && !is_break(character)))
}

/// Whether `text` can be a comment behind its `#`. A byte order mark can be in one, as sops prints it there.
pub(super) fn comment_reads_back(text: &[u8]) -> bool {
    const MARK: char = '\u{FEFF}';
    std::str::from_utf8(text)
        .is_ok_and(|text| text.chars().all(|c| c == MARK || (is_readable(c) && !is_break(c))))
}

/// Appends `text` in single quotes.
pub(super) fn write_single(text: &[u8], to: &mut Vec<u8>) {
    to.push(b'\'');
    for part in text.split_inclusive(|&byte| byte == b'\'') {
        to.extend_from_slice(part);
        if part.ends_with(b"'") {
            to.push(b'\'');
        }
    }
    to.push(b'\'');
}

/// Appends `text`, which is UTF-8, in double quotes on one line. What sops escapes is escaped, except that
/// characters above U+FFFF are left as they are if `astral`.
pub(super) fn write_double(text: &str, astral: bool, to: &mut Vec<u8>) {
    to.push(b'"');
    let mut plain = 0;
    for (at, character) in text.char_indices() {
        let escape: &[u8] = match character {
            '"' => b"\\\"",
            '\\' => b"\\\\",
            ' '..='~' => continue,
            '\0' => b"\\0",
            '\x07' => b"\\a",
            '\x08' => b"\\b",
            '\t' => b"\\t",
            '\n' => b"\\n",
            '\x0B' => b"\\v",
            '\x0C' => b"\\f",
            '\r' => b"\\r",
            '\x1B' => b"\\e",
            '\u{85}' => b"\\N",
            '\u{2028}' => b"\\L",
            '\u{2029}' => b"\\P",
            '\u{10000}'.. if astral => continue,
            other if is_printable(other) => continue,
            _ => b"",
        };
        to.extend_from_slice(&text.as_bytes()[plain..at]);
        plain = at + character.len_utf8();
        if escape.is_empty() {
            write_numbered(u32::from(character), to);
        } else {
            to.extend_from_slice(escape);
        }
    }
    to.extend_from_slice(&text.as_bytes()[plain..]);
    to.push(b'"');
}

/// The shortest escape with a number.
fn write_numbered(code: u32, to: &mut Vec<u8>) {
    let (letter, digits) = match code {
        0..=0xFF => (b'x', 2),
        0x100..=0xFFFF => (b'u', 4),
        _ => (b'U', 8),
    };
    to.extend([b'\\', letter]);
    for digit in (0..digits).rev() {
        to.push(b"0123456789ABCDEF"[(code >> (4 * digit)) as usize & 15]);
    }
}

/// The style in which sops prints `text` in block style.
pub(super) fn printed_style(text: &[u8]) -> Printed {
    let Ok(string) = std::str::from_utf8(text) else { return Printed::Binary };
    let looks = Looks::of(string);
    if text.contains(&b'\n') {
        return if looks.literal { Printed::Literal } else { Printed::Double };
    }
    if plain_tag(text) != Tag::Str || is_base_60(text) || is_old_bool(text) {
        return Printed::Double;
    }
    match looks {
        Looks { plain: true, .. } => Printed::Plain,
        Looks { single: true, .. } => Printed::Single,
        _ => Printed::Double,
    }
}

/// Which styles the printer of sops allows for a string.
struct Looks {
    plain: bool,
    single: bool,
    literal: bool,
}

impl Looks {
    /// Looks at every character once, with its neighbours.
    fn of(text: &str) -> Self {
        if text.is_empty() {
            return Self { plain: true, single: true, literal: false };
        }
        let mut indicators = text.starts_with("---") || text.starts_with("...");
        let mut breaks = false;
        let mut special = false;
        let mut tabs = false;
        let mut space_before_break = false;
        let mut space_after_break = false;
        let mut before = None;
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            let followed_by_blank = matches!(characters.peek(), None | Some(' ' | '\t'));
            let preceded_by_blank = before.is_none_or(|c| matches!(c, ' ' | '\t' | '\0') || is_break(c));
            indicators |= match character {
                '#' if before.is_none() || preceded_by_blank => true,
                ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`' => {
                    before.is_none()
                }
                '?' | '-' => before.is_none() && followed_by_blank,
                ':' => followed_by_blank,
                _ => false,
            };
            if character == '\t' {
                tabs = true;
            } else if !is_printable(character) {
                special = true;
            }
            if character == ' ' {
                space_after_break |= before.is_some_and(is_break);
            } else if is_break(character) {
                breaks = true;
                space_before_break |= before == Some(' ');
            }
            before = Some(character);
        }
        let first = text.chars().next();
        let edge = |character: Option<char>| character.is_some_and(|c| c == ' ' || is_break(c));
        let single = !(space_after_break || space_before_break || tabs || special);
        Self {
            plain: single && !(indicators || breaks || edge(first) || edge(before)),
            single,
            literal: !(before == Some(' ') || space_before_break || special),
        }
    }
}

/// Whether YAML 1.1 reads `text` as a number of minutes or hours: `12:30`.
fn is_base_60(text: &[u8]) -> bool {
    let digits = text.strip_prefix(b"-").or_else(|| text.strip_prefix(b"+")).unwrap_or(text);
    let mut parts = digits.split(|&byte| byte == b':');
    let Some([first, rest @ ..]) = parts.next() else { return false };
    if !first.is_ascii_digit() || !rest.iter().all(|byte| byte.is_ascii_digit() || *byte == b'_') {
        return false;
    }
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return false;
    }
    while let Some(part) = parts.next() {
        let mut whole = part;
        if parts.peek().is_none()
            && let Some(point) = part.iter().position(|&byte| byte == b'.')
        {
            whole = &part[..point];
            if !part[point + 1..].iter().all(|byte| byte.is_ascii_digit() || *byte == b'_') {
                return false;
            }
        }
        match whole {
            [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9'] => {}
            _ => return false,
        }
    }
    true
}

/// Whether YAML 1.1 reads `text` as a truth value that later versions read as a string.
const fn is_old_bool(text: &[u8]) -> bool {
    matches!(
        text,
        b"y" | b"Y"
            | b"yes"
            | b"Yes"
            | b"YES"
            | b"on"
            | b"On"
            | b"ON"
            | b"n"
            | b"N"
            | b"no"
            | b"No"
            | b"NO"
            | b"off"
            | b"Off"
            | b"OFF"
    )
}

/// How a block scalar has to be written so that it holds a certain string.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Block {
    /// Its header needs an indentation indicator, because the reader could not find out the indentation by
    /// itself.
    pub(super) indicator: bool,
    /// How many line breaks end the string: 0, 1, or 2 for more (and for nothing but a line break).
    pub(super) tail: u8,
}

impl Block {
    /// The block that holds `text`, or `None` if no block can.
    pub(super) fn of(text: &[u8]) -> Option<Self> {
        let string = std::str::from_utf8(text).ok()?;
        let fits = |c: char| c == '\n' || (is_readable(c) && !is_break(c));
        if text.is_empty() || !string.chars().all(fits) {
            return None;
        }
        let content = text.iter().position(|&byte| byte != b'\n');
        let tail = text.iter().rev().take_while(|&&byte| byte == b'\n').take(2).count() as u8;
        Some(Self {
            indicator: content.is_some_and(|at| matches!(text[at], b' ' | b'\t')),
            tail: if content.is_none() { 2 } else { tail },
        })
    }

    /// The chomping indicator that keeps exactly the line breaks at the end.
    pub(super) const fn chomping(self) -> Option<u8> {
        match self.tail {
            0 => Some(b'-'),
            1 => None,
            _ => Some(b'+'),
        }
    }
}

/// Appends the lines of `text` as those of a literal block, each but empty ones behind `indent` blanks, with
/// `newline` between them and none at the end: line breaks that end `text` are left to the caller.
pub(super) fn write_literal_lines(text: &[u8], indent: usize, newline: &[u8], to: &mut Vec<u8>) {
    for (at, line) in trim_breaks(text).split(|&byte| byte == b'\n').enumerate() {
        if at > 0 {
            to.extend_from_slice(newline);
        }
        write_line(line, indent, to);
    }
}

/// The same as those of a folded block: where the reader turns a line break into a blank, there are two.
pub(super) fn write_folded_lines(text: &[u8], indent: usize, newline: &[u8], to: &mut Vec<u8>) {
    let blank = |line: &[u8]| matches!(line.first(), Some(b' ' | b'\t'));
    // The last line with content, and whether it is more indented than the block.
    let mut before: Option<bool> = None;
    for (at, line) in trim_breaks(text).split(|&byte| byte == b'\n').enumerate() {
        if at > 0 {
            to.extend_from_slice(newline);
        }
        if line.is_empty() {
            continue;
        }
        if before == Some(false) && !blank(line) {
            to.extend_from_slice(newline);
        }
        before = Some(blank(line));
        write_line(line, indent, to);
    }
}

fn write_line(line: &[u8], indent: usize, to: &mut Vec<u8>) {
    if !line.is_empty() {
        pad(indent, to);
        to.extend_from_slice(line);
    }
}

/// Appends `count` blanks.
pub(super) fn pad(count: usize, to: &mut Vec<u8>) {
    to.resize(to.len() + count, b' ');
}

/// `text` without the line feeds at its end.
pub(super) fn trim_breaks(text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|&byte| byte != b'\n').map_or(0, |at| at + 1);
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sops_prints_strings_in_these_styles() {
        for (text, style) in [
            ("hello", Printed::Plain),
            ("", Printed::Double),
            ("true", Printed::Double),
            ("yes", Printed::Double),
            ("12:30", Printed::Double),
            ("12:60", Printed::Plain),
            ("1:2:3.5", Printed::Double),
            ("2020-01-01", Printed::Double),
            ("0x1", Printed::Double),
            ("a: b", Printed::Single),
            ("a #b", Printed::Single),
            ("a#b", Printed::Plain),
            ("-", Printed::Single),
            ("-a", Printed::Plain),
            ("- a", Printed::Single),
            (" a", Printed::Single),
            ("a ", Printed::Single),
            ("@a", Printed::Single),
            ("a\tb", Printed::Double),
            ("\u{1F600}", Printed::Double),
            ("\u{A0}", Printed::Plain),
            ("a\nb", Printed::Literal),
            ("a \nb", Printed::Double),
            ("a\nb ", Printed::Double),
            ("a\n b", Printed::Literal),
            ("\u{1F600}\n", Printed::Double),
            ("a\r\nb", Printed::Double),
            ("\n", Printed::Literal),
        ] {
            assert_eq!(printed_style(text.as_bytes()), style, "{text:?}");
        }
        assert_eq!(printed_style(b"\xFF"), Printed::Binary);
    }

    #[test]
    fn plain_scalars_that_read_back() {
        for (text, block, flow) in [
            ("hello", true, true),
            ("yes", true, true),
            ("12:30", true, true),
            ("http://x/?a", true, false),
            ("a, b", true, false),
            ("[a", false, false),
            ("a: b", false, false),
            ("a:", false, false),
            ("-", false, false),
            ("-a", true, true),
            ("?a", true, false),
            ("5", false, false),
            ("", false, false),
            ("a\nb", false, false),
            ("a\u{85}b", false, false),
            ("\u{1F600}", true, true),
            ("a\tb", true, true),
            ("\u{7}", false, false),
            ("a\u{FEFF}", false, false),
            ("--- a", false, false),
        ] {
            assert_eq!(plain_reads_back(text.as_bytes(), false), block, "{text:?}");
            assert_eq!(plain_reads_back(text.as_bytes(), true), flow, "{text:?} in flow");
        }
    }

    #[test]
    fn double_quotes_escape_as_sops_does() {
        let mut to = Vec::new();
        write_double("a\"\\\0\u{7}\t\n\r\u{1B}\u{1}\u{85}\u{2028}\u{FEFF}\u{1F600}é", false, &mut to);
        assert_eq!(String::from_utf8_lossy(&to), r#""a\"\\\0\a\t\n\r\e\x01\N\L\uFEFF\U0001F600é""#);
        to.clear();
        write_double("\u{1F600}", true, &mut to);
        assert_eq!(String::from_utf8_lossy(&to), "\"\u{1F600}\"");
    }

    #[test]
    fn blocks_say_what_they_need() {
        for (text, indicator, tail) in [
            ("a", false, 0),
            ("a\n", false, 1),
            ("a\n\n\n", false, 2),
            ("\n", false, 2),
            ("\n a", true, 0),
            ("\ta\n", true, 1),
        ] {
            assert_eq!(Block::of(text.as_bytes()), Some(Block { indicator, tail }), "{text:?}");
        }
        for text in ["", "a\rb", "a\u{2028}b", "a\u{0}"] {
            assert_eq!(Block::of(text.as_bytes()), None, "{text:?}");
        }
    }

    #[test]
    fn folded_lines_are_spread_apart() {
        for (text, folded) in [
            ("a\nb", "  a\n\n  b"),
            ("a\n\nb\n", "  a\n\n\n  b"),
            ("a\n b\nc", "  a\n   b\n  c"),
            ("\na", "\n  a"),
            ("a\n\n b", "  a\n\n   b"),
        ] {
            let mut to = Vec::new();
            write_folded_lines(text.as_bytes(), 2, b"\n", &mut to);
            assert_eq!(String::from_utf8_lossy(&to), folded, "{text:?}");
        }
    }
}
