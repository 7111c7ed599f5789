//! What the INI library inside sops takes for blanks, comments and quotes.

use memchr::{memchr, memchr2, memmem};

/// The characters that end a key.
pub(super) const DELIMITERS: [u8; 2] = *b"=:";

/// `text` without white space at its beginning, as Unicode knows it.
pub(super) fn trim_start(mut text: &[u8]) -> &[u8] {
    loop {
        let length = match text {
            [b' ' | b'\t'..=b'\r', ..] => 1,
            [0xc2, 0x85 | 0xa0, ..] => 2,
            [0xe1..=0xe3, _, _, ..] if is_wide_blank(&text[..3]) => 3,
            _ => return text,
        };
        text = &text[length..];
    }
}

/// `text` without white space at its end, as Unicode knows it.
pub(super) fn trim_end(mut text: &[u8]) -> &[u8] {
    loop {
        let length = match text {
            [.., b' ' | b'\t'..=b'\r'] => 1,
            [.., 0xc2, 0x85 | 0xa0] => 2,
            [.., 0xe1..=0xe3, _, _] if is_wide_blank(&text[text.len() - 3..]) => 3,
            _ => return text,
        };
        text = &text[..text.len() - length];
    }
}

/// `text` without white space on either side.
pub(super) fn trim(text: &[u8]) -> &[u8] {
    trim_end(trim_start(text))
}

/// Whether these three bytes are a blank: U+1680, U+2000 to U+200A, U+2028, U+2029, U+202F, U+205F, U+3000.
fn is_wide_blank(character: &[u8]) -> bool {
    matches!(
        character,
        [0xe1, 0x9a, 0x80]
            | [0xe2, 0x80, 0x80..=0x8a | 0xa8 | 0xa9 | 0xaf]
            | [0xe2, 0x81, 0x9f]
            | [0xe3, 0x80, 0x80]
    )
}

/// Whether `byte` begins a comment.
pub(super) fn begins_comment(byte: u8) -> bool {
    matches!(byte, b'#' | b';')
}

/// Where a comment begins in `text`.
pub(super) fn find_comment(text: &[u8]) -> Option<usize> {
    memchr2(b'#', b';', text)
}

/// How long the beginning of a comment is that sops takes off: its character and blanks, in any mixture.
pub(super) fn comment_prefix(piece: &[u8]) -> usize {
    match piece.first() {
        Some(&sign) if begins_comment(sign) => {
            piece.iter().take_while(|byte| **byte == sign || **byte == b' ').count()
        }
        _ => 0,
    }
}

/// Whether nothing is left of a line of a comment when sops takes its prefix off.
pub(super) fn is_bare(piece: &[u8]) -> bool {
    comment_prefix(piece) == piece.len()
}

/// How a value is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Style {
    /// As it is.
    Bare,
    /// `"..."`
    Double,
    /// `'...'`
    Single,
    /// `` `...` ``, perhaps over several lines.
    Backtick,
    /// `"""..."""`, perhaps over several lines.
    Triple,
    /// As it is, over several lines, all but the last ending in a backslash.
    Continued,
}

impl Style {
    /// What stands in front of the value and behind it.
    pub(super) const fn quote(self) -> &'static [u8] {
        match self {
            Self::Bare | Self::Continued => b"",
            Self::Double => b"\"",
            Self::Single => b"'",
            Self::Backtick => b"`",
            Self::Triple => b"\"\"\"",
        }
    }

    /// The style as the detail of a node.
    pub(super) const fn code(self) -> u32 {
        self as u32
    }

    /// The style with this code.
    pub(super) const fn from_code(code: u32) -> Self {
        match code {
            1 => Self::Double,
            2 => Self::Single,
            3 => Self::Backtick,
            4 => Self::Triple,
            5 => Self::Continued,
            _ => Self::Bare,
        }
    }

    /// Whether `value`, written in this style with `rest` behind it on its last line, is read as `value`, and
    /// a comment in `rest` as a comment.
    pub(super) fn fits(self, value: &[u8], rest: &[u8]) -> bool {
        let is_line = memchr(b'\n', value).is_none();
        match self {
            Self::Bare => {
                is_line
                    && find_comment(value).is_none()
                    && trim(value).len() == value.len()
                    && !(value.ends_with(b"\\") && trim(rest).is_empty())
                    && !value.starts_with(b"`")
                    && !value.starts_with(b"\"\"\"")
                    && !is_wrapped(value, b'"')
                    && !is_wrapped(value, b'\'')
            }
            Self::Double | Self::Single => {
                is_line && find_comment(value).is_none() && memchr(self.quote()[0], value).is_none()
            }
            // The last quote on a line counts, so the last line of the value may hold more of them. Only
            // behind a value of several lines a comment is seen.
            Self::Backtick | Self::Triple => {
                memmem::find(rest, self.quote()).is_none()
                    && if is_line { find_comment(rest).is_none() } else { !ends_in_backslash(rest) }
                    && self.stays_open(value)
            }
            Self::Continued => false,
        }
    }

    /// Whether no line of `value` but the last one closes the quotes. A quote does not count if a backslash ends
    /// its line, except on the first line.
    fn stays_open(self, value: &[u8]) -> bool {
        let last_line = memchr::memrchr(b'\n', value).map_or(0, |at| at + 1);
        let lines = value[..last_line].split(|byte| *byte == b'\n');
        lines.enumerate().all(|(index, line)| match memmem::rfind(line, self.quote()) {
            Some(at) => index > 0 && ends_in_backslash(&line[at + self.quote().len()..]),
            None => true,
        })
    }
}

/// Whether the last character of `text` that is no blank is a backslash.
fn ends_in_backslash(text: &[u8]) -> bool {
    trim_end(text).ends_with(b"\\")
}

/// The style in which `value` is read as it is, with `rest` behind it on its line: `preferred` if it is one, else
/// the one that sops takes, else any. Comments in `rest` are given up if there is no other way.
pub(super) fn choose(value: &[u8], preferred: Style, rest: &[u8]) -> Option<Style> {
    let of_sops = of_sops(value);
    let candidates =
        [preferred, of_sops, Style::Bare, Style::Double, Style::Single, Style::Backtick, Style::Triple];
    let find = |rest: &[u8]| candidates.into_iter().find(|style| style.fits(value, rest));
    find(rest).or_else(|| find(&rest[..find_comment(rest)?]))
}

/// The style in which sops writes `value`.
pub(super) fn of_sops(value: &[u8]) -> Style {
    if memchr2(b'\n', b'`', value).is_some() {
        Style::Triple
    } else if find_comment(value).is_some() {
        Style::Backtick
    } else if trim(value).len() != value.len() {
        Style::Double
    } else {
        Style::Bare
    }
}

/// Whether `text` is in quotes of the kind `quote` with no other such quote inside. They would be taken off.
pub(super) fn is_wrapped(text: &[u8], quote: u8) -> bool {
    text.len() >= 2 && text[0] == quote && memchr(quote, &text[1..]) == Some(text.len() - 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_are_those_of_unicode() {
        assert_eq!(trim("\u{a0}\u{2003}\t x y\u{3000}\r\n\u{85}".as_bytes()), b"x y");
        assert_eq!(trim("\u{200b}x".as_bytes()), "\u{200b}x".as_bytes());
        assert_eq!(trim(b"\xe2\x80"), b"\xe2\x80");
        assert_eq!(trim(b""), b"");
    }

    #[test]
    fn a_prefix_of_a_comment_is_its_character_and_blanks() {
        assert_eq!(comment_prefix(b"; ;; a"), 5);
        assert_eq!(comment_prefix(b"#a"), 1);
        assert_eq!(comment_prefix(b"#; a"), 1);
        assert_eq!(comment_prefix(b";\ta"), 1);
        assert_eq!(comment_prefix(b";;"), 2);
    }

    #[test]
    fn a_style_is_chosen_in_which_the_value_survives() {
        for (value, style) in [
            ("plain text", Style::Bare),
            ("a#b", Style::Backtick),
            ("a`b", Style::Bare),
            ("a\nb", Style::Triple),
            (" a", Style::Double),
            ("a\\", Style::Double),
            ("\"a\"", Style::Single),
            ("'a'", Style::Double),
            ("`a`", Style::Triple),
            ("\"\"\"", Style::Single),
            ("\"a'\"b", Style::Bare),
            ("\"\"\"a\nb", Style::Backtick),
            ("a\n\"\"\"b", Style::Triple),
            ("a\n\"\"\"`\\ \nb", Style::Triple),
        ] {
            assert_eq!(choose(value.as_bytes(), Style::Bare, b""), Some(style), "{value:?}");
        }
        assert_eq!(choose(b"`\"\"\"\n", Style::Bare, b""), None);
        assert_eq!(choose(b"x", Style::Single, b" ; c"), Some(Style::Single));
        assert_eq!(choose(b"x", Style::Backtick, b" ; c"), Some(Style::Bare));
        assert_eq!(choose(b"x\\", Style::Bare, b"; c"), Some(Style::Bare));
        assert_eq!(choose(b"x#", Style::Bare, b" ; c"), Some(Style::Backtick));
    }
}
