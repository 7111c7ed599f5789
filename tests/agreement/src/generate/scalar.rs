//! Scalars of every style.

use super::Writer;
use crate::constructs::Construct;

/// Where a scalar stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// The column that further lines have to be right of; -1 at the root.
    pub(super) parent: isize,
    /// Inside a flow collection.
    pub(super) flow: bool,
    /// A simple key: one line only.
    pub(super) key: bool,
}

const WORDS: &[&str] = &[
    "alpha",
    "beta",
    "gamma",
    "delta",
    "password",
    "host",
    "port",
    "url",
    "token",
    "x",
    "y",
    "z",
    "a",
    "b",
    "c1",
    "v2",
    "db",
    "user",
    "name",
    "data",
    "stringData",
    "kind",
    "Secret",
    "it",
    "is",
    "s3cret",
    "true",
    "null",
    "12",
    "0",
];

impl Writer {
    /// A scalar in flow style: plain or quoted.
    pub(super) fn flow_scalar(&mut self, place: Place) {
        let style = self.random.weighted(&[(6, 0), (2, 1), (3, 2)]);
        match style {
            0 => self.plain(place),
            1 => self.single(place),
            _ => self.double(place),
        }
    }

    /// A word of letters and digits.
    pub(super) fn word(&mut self) -> &'static str {
        self.random.choose(WORDS)
    }

    fn plain(&mut self, place: Place) {
        if !place.key && self.chance(30) || place.key && self.chance(self.habits.odd / 8) {
            let text = self.spelling();
            if place.key {
                self.note(Construct::TypedKey);
            }
            self.put(&text);
            return;
        }
        let mut words = self.random.weighted(&[(6, 1), (3, 2), (2, 3), (1, 6)]);
        if place.key {
            words = words.min(2);
        }
        for at in 0..words {
            if at > 0 {
                self.between_words(place);
            }
            let word = self.plain_word(place, at == 0);
            self.put(&word);
        }
    }

    /// What separates two words of a plain scalar.
    fn between_words(&mut self, place: Place) {
        if !place.key && self.chance(self.habits.odd / 4) {
            self.note(Construct::PlainLines);
            self.line_inside(place);
        } else {
            let blanks = self.random.choose(&[" ", " ", " ", " ", "  ", "\t", " \t "]);
            self.put(blanks);
        }
    }

    /// A line break and the indentation of the next line of a scalar of several lines.
    fn line_inside(&mut self, place: Place) {
        if self.chance(15) {
            let blanks = self.random.choose(&[" ", "\t", "  "]);
            self.put(blanks);
        }
        self.put("\n");
        while self.chance(self.habits.blanks / 3) {
            self.note(Construct::BlankLines);
            if self.chance(20) {
                let blanks = self.random.between(0, 4);
                self.pad(blanks);
            }
            self.put("\n");
        }
        let least = (place.parent + 1).max(0) as usize;
        let more = self.random.below(4);
        self.pad(least + more);
        if self.chance(4) {
            self.note(Construct::TabBetween);
            self.put("\t");
        }
    }

    fn plain_word(&mut self, place: Place, first: bool) -> String {
        if !self.chance(self.habits.odd) {
            return self.word().to_owned();
        }
        let mut word = String::new();
        if first {
            // What a plain scalar may begin with though it is an indicator.
            let starts: &[&str] = if place.flow {
                &["-a", "-", "--a", "=", "<", "(", "/", "."]
            } else {
                &["-a", "?a", ":a", "--a", "::", "<", "(", "/", "."]
            };
            let start = if self.chance(40) { self.random.choose(starts) } else { self.random.choose(WORDS) };
            word.push_str(start);
            if start == "-" {
                word.push('1');
            }
        }
        for _ in 0..self.random.between(1, 5) {
            let piece = self.random.weighted(&[
                (8, "a"),
                (2, "#"),
                (2, ":a"),
                (2, "'"),
                (2, "\""),
                (2, "-"),
                (1, "&"),
                (1, "*"),
                (1, "!"),
                (1, "|"),
                (1, ">"),
                (1, "%"),
                (1, "@"),
                (1, "`"),
                (1, "\\"),
                (1, "~"),
                (1, "="),
                (1, "/"),
                (1, "$"),
                (1, ".."),
                (2, "é"),
                (1, "ß"),
                (1, "€"),
                (1, "日本"),
                (1, "\u{1F600}"),
                (1, "\u{a0}"),
                (1, "\u{200b}"),
                (1, "\u{feff}"),
                (1, "\u{fffd}"),
                (1, "\u{e000}"),
                (1, ","),
                (1, "?"),
                (1, "["),
                (1, "]"),
                (1, "{"),
                (1, "}"),
            ]);
            let brackets = matches!(piece, "," | "?" | "[" | "]" | "{" | "}");
            if place.flow && brackets || word.is_empty() && piece == "#" {
                word.push('b');
            } else {
                self.note(Construct::PlainIndicators);
                word.push_str(piece);
            }
        }
        if word.ends_with(':') {
            word.push('a');
        }
        word
    }

    fn single(&mut self, place: Place) {
        self.note(Construct::Single);
        self.put("'");
        for _ in 0..self.random.below(5) {
            if self.quoted_break(place) {
                self.note(Construct::SingleLines);
                continue;
            }
            let piece = self.random.choose(&[
                "a",
                "b c",
                " ",
                "''",
                "\"",
                "\\",
                ": ",
                " #x",
                "# ",
                "{",
                "]",
                ",",
                "é",
                "\u{1F600}",
                "\t",
                "&a",
                "*b",
                "!c",
                "1",
                "true",
                "---",
                "...",
                "%",
                "\u{a0}",
                "- ",
                "? ",
            ]);
            self.put(piece);
        }
        self.put("'");
    }

    fn double(&mut self, place: Place) {
        self.note(Construct::Double);
        self.put("\"");
        for _ in 0..self.random.below(6) {
            if self.quoted_break(place) {
                self.note(Construct::DoubleLines);
                continue;
            }
            match self.random.weighted(&[(8, 0), (3, 1), (2, 2), (1, 3)]) {
                0 => {
                    let piece = self.random.choose(&[
                        "a",
                        "b c",
                        " ",
                        "'",
                        "''",
                        ": ",
                        " #x",
                        "# ",
                        "{",
                        "]",
                        ",",
                        "é",
                        "\u{1F600}",
                        "\t",
                        "&a",
                        "*b",
                        "!c",
                        "1",
                        "true",
                        "---",
                        "...",
                        "%",
                        "\u{a0}",
                        "- ",
                        "? ",
                    ]);
                    self.put(piece);
                }
                1 => {
                    self.note(Construct::EscapeLetter);
                    let piece = self.random.choose(&[
                        "\\0", "\\a", "\\b", "\\t", "\\\t", "\\n", "\\v", "\\f", "\\r", "\\e", "\\ ", "\\\"",
                        "\\\\", "\\N", "\\_", "\\L", "\\P",
                    ]);
                    self.put(piece);
                }
                2 => {
                    self.note(Construct::EscapeHex);
                    let piece = self.hex_escape();
                    self.put(&piece);
                }
                _ => {
                    self.note(Construct::EscapeSingle);
                    self.put("\\'");
                }
            }
        }
        if !place.key && self.chance(self.habits.odd / 6) {
            self.note(Construct::DoubleFolded);
            self.put("fold\\\n");
            let blanks = self
                .random
                .between((place.parent + 1).max(0) as usize, 6 + (place.parent + 1).max(0) as usize);
            self.pad(blanks);
            self.put(" ed");
        }
        self.put("\"");
    }

    fn hex_escape(&mut self) -> String {
        let character = loop {
            let number = match self.random.below(4) {
                0 => self.random.below(0x80),
                1 => self.random.below(0x800),
                2 => self.random.below(0x1_0000),
                _ => self.random.below(0x11_0000),
            };
            if let Some(character) = char::from_u32(number as u32) {
                break u32::from(character);
            }
        };
        let text = if character < 0x100 && self.chance(70) {
            format!("\\x{character:02x}")
        } else if character < 0x1_0000 && self.chance(70) {
            format!("\\u{character:04x}")
        } else {
            format!("\\U{character:08x}")
        };
        if self.chance(30) { format!("{}{}", &text[..2], text[2..].to_uppercase()) } else { text }
    }

    /// Perhaps a line break in quotes.
    fn quoted_break(&mut self, place: Place) -> bool {
        if place.key || !self.chance(self.habits.odd / 4) {
            return false;
        }
        if self.chance(25) && place.parent >= 0 {
            self.note(Construct::QuotesDedented);
            self.put("\n");
            let column = self.random.between(0, place.parent as usize);
            self.pad(column);
            self.put("q");
        } else {
            self.line_inside(place);
        }
        true
    }

    /// A block scalar, from its indicator to the end of its last line. What follows begins a line.
    pub(super) fn block_scalar(&mut self, parent: isize) {
        let literal = self.chance(60);
        self.note(if literal { Construct::Literal } else { Construct::Folded });
        self.put(if literal { "|" } else { ">" });
        let base = parent.max(0) as usize;
        let mut indent = (parent + 1).max(1) as usize + self.random.below(4);
        let given = self.chance(20);
        let digit = indent - base;
        let chomp = self.random.weighted(&[(5, ""), (3, "-"), (3, "+")]);
        let given_text = if given && (1..=9).contains(&digit) { digit.to_string() } else { String::new() };
        if given_text.is_empty() {
            indent = indent.max(1);
        } else {
            self.note(Construct::BlockIndented);
        }
        if chomp == "-" {
            self.note(Construct::BlockStrip);
        } else if chomp == "+" {
            self.note(Construct::BlockKeep);
        }
        let header =
            if self.chance(50) { format!("{given_text}{chomp}") } else { format!("{chomp}{given_text}") };
        self.put(&header);
        self.block_header_end();
        self.block_lines(indent, !given_text.is_empty());
    }

    fn block_header_end(&mut self) {
        if self.chance(self.habits.comments / 2) {
            if self.chance(30) {
                self.note(Construct::BlockCommentTouches);
            } else {
                let blanks = self.random.choose(&[" ", "  ", "\t"]);
                self.put(blanks);
            }
            self.note(Construct::BlockComment);
            self.comment_text();
        } else if self.chance(8) {
            self.note(Construct::TrailingBlanks);
            let blanks = self.random.choose(&[" ", "\t", "   "]);
            self.put(blanks);
        }
        self.put("\n");
    }

    fn block_lines(&mut self, indent: usize, given: bool) {
        let lines = self.random.weighted(&[(1, 0), (5, 1), (4, 2), (3, 4), (1, 9)]);
        if lines == 0 {
            self.note(Construct::BlockEmpty);
        } else if self.chance(10) {
            self.note(Construct::BlockBlankFirst);
            for _ in 0..self.random.between(1, 3) {
                let blanks = if self.chance(50) { 0 } else { self.random.below(indent + 1) };
                self.pad(blanks);
                self.put("\n");
            }
        }
        for line in 0..lines {
            if line > 0 && self.chance(15) {
                let blanks = if self.chance(60) { 0 } else { self.random.below(indent + 3) };
                self.pad(blanks);
                self.put("\n");
                continue;
            }
            self.pad(indent);
            if (line > 0 || given) && self.chance(15) {
                self.note(Construct::BlockMoreIndented);
                let more = self.random.choose(&[" ", "  ", "\t", "    "]);
                self.put(more);
            }
            let text = self.random.choose(&[
                "text",
                "two words",
                "# no comment",
                "key: value",
                "- item",
                "é \u{1F600}",
                "a\tb",
                "trailing ",
                "%no",
                "'",
                "\"",
                "[",
                "{",
                "-----BEGIN-----",
                "&a *b",
                "\u{feff}",
                "?",
                "x #y",
            ]);
            self.put(text);
            self.put("\n");
        }
        // Lines behind the last one belong to the scalar, or not.
        while self.chance(self.habits.blanks / 2) {
            self.note(Construct::BlankLines);
            if self.chance(15) {
                let blanks = self.random.below(indent + 1);
                self.pad(blanks);
            }
            self.put("\n");
        }
    }
}
