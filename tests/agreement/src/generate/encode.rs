//! From characters to bytes: line breaks, byte order marks, UTF-16.

use fieldseal_test_support::Random;

use super::{Generated, Writer};
use crate::constructs::Construct;

/// Stands for bytes that are no characters: a character of the private areas that nothing else uses.
pub(super) const INVALID: &str = "\u{10fff0}";

/// How a text becomes bytes.
#[derive(Clone, Debug)]
pub(super) struct Encoding {
    breaks: Breaks,
    mark: bool,
    units: Units,
    /// Percent of the lines that end in another way than the rest.
    mixed: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Breaks {
    Lf,
    Crlf,
    Cr,
    Nel,
    Ls,
    Ps,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Units {
    Utf8,
    Utf16Le,
    Utf16Be,
}

impl Encoding {
    pub(super) fn new(random: &mut Random) -> Self {
        Self {
            breaks: random.weighted(&[
                (80, Breaks::Lf),
                (12, Breaks::Crlf),
                (2, Breaks::Cr),
                (1, Breaks::Nel),
                (1, Breaks::Ls),
                (1, Breaks::Ps),
            ]),
            mark: random.chance(4),
            units: random.weighted(&[(94, Units::Utf8), (2, Units::Utf16Le), (2, Units::Utf16Be)]),
            mixed: random.weighted(&[(92, 0), (8, 30)]),
        }
    }
}

impl Breaks {
    fn text(self) -> &'static str {
        match self {
            Breaks::Lf => "\n",
            Breaks::Crlf => "\r\n",
            Breaks::Cr => "\r",
            Breaks::Nel => "\u{85}",
            Breaks::Ls => "\u{2028}",
            Breaks::Ps => "\u{2029}",
        }
    }

    fn construct(self) -> Option<Construct> {
        match self {
            Breaks::Lf => None,
            Breaks::Crlf => Some(Construct::BreakCrlf),
            Breaks::Cr => Some(Construct::BreakCr),
            Breaks::Nel => Some(Construct::BreakNel),
            Breaks::Ls => Some(Construct::BreakLs),
            Breaks::Ps => Some(Construct::BreakPs),
        }
    }
}

impl Writer {
    /// The text as bytes.
    pub(super) fn finish(mut self) -> Generated {
        let encoding = self.encoding.clone();
        let mut text = String::with_capacity(self.out.len() + 8);
        if encoding.mark || encoding.units != Units::Utf8 {
            text.push('\u{feff}');
        }
        let out = std::mem::take(&mut self.out);
        if !out.is_ascii() {
            self.note(Construct::Unicode);
        }
        if out.chars().any(|character| character > '\u{ffff}') {
            self.note(Construct::UnicodeAstral);
        }
        if out.len() > 2048 {
            self.note(Construct::LargeText);
        }
        if !out.is_empty() && !out.ends_with('\n') {
            self.note(Construct::BreakMissing);
        }
        for character in out.chars() {
            if character != '\n' {
                text.push(character);
                continue;
            }
            let breaks = if self.chance(encoding.mixed) {
                self.random.choose(&[
                    Breaks::Lf,
                    Breaks::Crlf,
                    Breaks::Cr,
                    Breaks::Nel,
                    Breaks::Ls,
                    Breaks::Ps,
                ])
            } else {
                encoding.breaks
            };
            if let Some(construct) = breaks.construct() {
                self.note(construct);
            }
            text.push_str(breaks.text());
        }
        if encoding.mark && encoding.units == Units::Utf8 {
            self.note(Construct::Bom);
        }
        let text = match encoding.units {
            Units::Utf8 => self.bytes(&text),
            Units::Utf16Le => {
                self.note(Construct::Utf16Le);
                self.units(&text).into_iter().flat_map(u16::to_le_bytes).collect()
            }
            Units::Utf16Be => {
                self.note(Construct::Utf16Be);
                self.units(&text).into_iter().flat_map(u16::to_be_bytes).collect()
            }
        };
        Generated { text, constructs: self.constructs }
    }

    fn bytes(&mut self, text: &str) -> Vec<u8> {
        let Some((before, behind)) = text.split_once(INVALID) else { return text.as_bytes().to_vec() };
        let invalid: &[u8] = self.random.choose(&[
            b"\xff".as_slice(),
            b"\x80",
            b"\xc3 ",
            b"\xc0\xaf",
            b"\xe0\x80\xaf",
            b"\xe2\x82",
            b"\xed\xa0\x80",
            b"\xf0\x80\x80\xaf",
            b"\xf4\x90\x80\x80",
            b"\xf8\x88\x80\x80\x80",
        ]);
        [before.as_bytes(), invalid, behind.as_bytes()].concat()
    }

    fn units(&mut self, text: &str) -> Vec<u16> {
        let Some((before, behind)) = text.split_once(INVALID) else { return text.encode_utf16().collect() };
        let invalid: &[u16] =
            self.random.choose(&[[0xd800, 0x20].as_slice(), &[0xdc00], &[0xd83d, 0xd83d], &[0xdfff, 0xd800]]);
        before.encode_utf16().chain(invalid.iter().copied()).chain(behind.encode_utf16()).collect()
    }

    /// Makes the text plain UTF-8 with line feeds, for constructs that need it.
    pub(super) fn plain_bytes(&mut self) {
        self.encoding = Encoding { breaks: Breaks::Lf, mark: false, units: Units::Utf8, mixed: 0 };
    }

    /// Makes the text UTF-16.
    pub(super) fn utf16(&mut self) {
        self.encoding.units = self.random.choose(&[Units::Utf16Le, Units::Utf16Be]);
    }
}
