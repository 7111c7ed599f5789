//! Patterns in Go's syntax and near it.

use fieldseal_test_support::Random;

/// A pattern and what it is tried on.
pub struct Case {
    /// The pattern. About a third of them Go refuses.
    pub pattern: String,
    /// The subjects; some are no UTF-8.
    pub subjects: Vec<Vec<u8>>,
}

/// How many subjects each pattern gets.
const SUBJECTS: usize = 8;

/// The case that `random` gives.
pub fn generate(random: &mut Random) -> Case {
    let mut generator =
        Generator { random, pattern: String::new(), sample: Vec::new(), budget: 24, fold: false };
    if generator.random.chance(85) {
        generator.alternation();
    }
    if generator.random.chance(30) {
        generator.disturb();
    }
    let Generator { pattern, sample, .. } = generator;
    let subjects = (0..SUBJECTS).map(|index| subject(random, &sample, index)).collect();
    Case { pattern, subjects }
}

/// Literals of all the kinds that the two dialects might treat differently: ASCII and not, several forms of
/// case, digits and blanks of other scripts, line ends.
#[rustfmt::skip]
const CHARACTERS: &[char] = &[
    'a', 'b', 'c', 'k', 's', 'K', 'S', 'A', '0', '1', '7', '_', '-', ' ', '\t', '\n', '\r', '\x0b', '\x0c',
    '\0', '\x7f', '&', '~', '#', '%', ':', '=', ',', '<', '>', '!', '"', '\'', '/', '@', '`', ';', '\u{85}',
    '\u{a0}', 'é', 'É', 'ß', 'ẞ', 'ſ', 'K', 'σ', 'ς', 'Σ', 'İ', 'ı', 'ǅ', '٣', '\u{2028}', '世', '😀',
    '\u{fffd}', '\u{10ffff}',
];

/// What means something to one dialect or another.
#[rustfmt::skip]
const PIECES: &[&str] = &[
    "&&", "--", "~~", "||", "[", "]", "[^", "[]", "[^]", "[[:alpha:]]", "[[:foo:]]", "[:alpha:]",
    "[[:word:]", "{", "}", "{1", "{,3}", "{2}", "{2,}", "{3,1}", "{1,2}", "{01}", "{1001}", "{1000}",
    "{ 1 }", "{0}", "{0,0}", "*", "+", "?", "*?", "++", "**", "??", "(", ")", "(?", "(?:", "(?i)", "(?s)",
    "(?m)", "(?U)", "(?x)", "(?u)", "(?R)", "(?i-s)", "(?-i)", "(?-)", "(?i-)", "(?)", "(?im:", "(?-s:",
    "(?^i:", "(?P<n>", "(?<n>", "(?<1n>", "(?P<é>", "(?P=n)", "(?=", "(?!", "(?<=", "(?<!", "(?>", "(?#c)",
    "(?|", "(?'n'", "|", "^", "$", ".", "\\A", "\\z", "\\Z", "\\G", "\\b", "\\B", "\\b{start}", "\\<",
    "\\>", "\\C", "\\K", "\\R", "\\X", "\\h", "\\N", "\\d", "\\D", "\\w", "\\W", "\\s", "\\S", "\\v", "\\V",
    "\\a", "\\e", "\\f", "\\n", "\\r", "\\t", "\\cA", "\\Q", "\\E", "\\Qa.b\\E", "\\0", "\\1", "\\8",
    "\\08", "\\12", "\\377", "\\400", "\\777", "\\x", "\\x4", "\\x41", "\\x{}", "\\x{41}", "\\x{1F600}",
    "\\x{D800}", "\\x{110000}", "\\x{0000000041}", "\\u0041", "\\u{41}", "\\U00000041", "\\pL", "\\PL",
    "\\pé", "\\p{L}", "\\p{^L}", "\\P{^L}", "\\p{Lu}", "\\p{lu}", "\\p{Greek}", "\\p{greek}", "\\p{Grek}",
    "\\p{sc=Greek}", "\\p{Letter}", "\\p{uppercase letter}", "\\p{Alphabetic}", "\\p{Any}", "\\p{ASCII}",
    "\\p{Assigned}", "\\p{Cs}", "\\p{LC}", "\\p{}", "\\p{L", "\\p", "\\_", "\\ ", "\\-", "\\]", "\\^",
    "\\é", "\\", "\\\\", "-", "a-", "-a", "z-a", "a-z", "\\d-z", "a-\\d", "+--", "!-~", "#", " ", "\n",
];

/// Escapes for one character, each with one that it matches.
#[rustfmt::skip]
const ESCAPES: &[(&str, &str)] = &[
    (r"\d", "1"), (r"\D", "x"), (r"\w", "_"), (r"\W", "é"), (r"\s", "\t"), (r"\S", "\x0b"), (".", "x"),
    (".", "é"), (r"\pL", "é"), (r"\p{Lu}", "É"), (r"\P{Ll}", "1"), (r"\p{Greek}", "σ"), (r"\pN", "٣"),
    (r"\p{^L}", "1"), (r"\p{Zs}", "\u{a0}"), (r"\p{Han}", "世"),
];

/// Escapes inside of brackets.
#[rustfmt::skip]
const CLASS_ESCAPES: &[&str] = &[
    r"\d", r"\D", r"\w", r"\W", r"\s", r"\S", r"\pL", r"\PN", r"\p{Greek}", r"\p{^Lu}",
];

/// Named classes inside of brackets.
#[rustfmt::skip]
const NAMED_CLASSES: &[&str] = &[
    "[:alnum:]", "[:^alpha:]", "[:ascii:]", "[:blank:]", "[:cntrl:]", "[:digit:]", "[:graph:]", "[:lower:]",
    "[:print:]", "[:punct:]", "[:space:]", "[:upper:]", "[:word:]", "[:xdigit:]", "[:^space:]", "[:^word:]",
];

/// Operators, each with a number of times that it allows.
#[rustfmt::skip]
const REPETITIONS: &[(&str, usize)] = &[
    ("*", 0), ("*", 2), ("+", 1), ("+", 3), ("?", 0), ("?", 1), ("*?", 1), ("+?", 1), ("??", 0), ("{2}", 2),
    ("{0}", 0), ("{1,3}", 2), ("{2,}", 3), ("{0,2}?", 1), ("{3}?", 3), ("{0,0}", 0), ("{1000}", 1000),
    ("{30,40}", 33),
];

struct Generator<'r> {
    random: &'r mut Random,
    pattern: String,
    /// A subject that the pattern matches, if no anchor or boundary is in the way.
    sample: Vec<u8>,
    /// How many more elements the pattern may get.
    budget: usize,
    /// Whether case is ignored where the generator is.
    fold: bool,
}

impl Generator<'_> {
    fn alternation(&mut self) {
        let fold = self.fold;
        let before = self.sample.len();
        self.concatenation();
        while self.random.chance(15) {
            let first = self.sample.split_off(before);
            self.pattern.push('|');
            if self.random.chance(90) {
                self.concatenation();
            }
            if self.random.chance(50) {
                self.sample.truncate(before);
                self.sample.extend_from_slice(&first);
            }
        }
        self.fold = fold;
    }

    fn concatenation(&mut self) {
        for _ in 0..self.random.between(1, 5) {
            if self.budget == 0 {
                return;
            }
            self.budget -= 1;
            let before = self.sample.len();
            let start = self.pattern.len();
            self.element();
            if self.random.chance(25) && self.pattern.len() > start {
                self.repetition(before);
            }
        }
    }

    fn element(&mut self) {
        match self.random.below(100) {
            0..40 => {
                let literal = *self.random.pick(CHARACTERS);
                self.literal(literal);
            }
            40..52 => self.class(),
            52..62 => {
                let (escape, sample) = *self.random.pick(ESCAPES);
                self.pattern.push_str(escape);
                self.sample.extend_from_slice(sample.as_bytes());
            }
            62..80 => self.group(),
            80..86 => {
                let flags = *self.random.pick(&["(?i)", "(?-i)", "(?s)", "(?m)", "(?U)", "(?ims)", "(?i-m)"]);
                self.pattern.push_str(flags);
                if flags.contains('i') {
                    self.fold = !flags.contains("-i");
                }
            }
            86..95 => {
                let assertion = *self.random.pick(&["^", "$", r"\b", r"\B", r"\A", r"\z"]);
                self.pattern.push_str(assertion);
            }
            _ => {
                let piece = *self.random.pick(PIECES);
                self.pattern.push_str(piece);
            }
        }
    }

    fn literal(&mut self, literal: char) {
        let code = u32::from(literal);
        match self.random.below(10) {
            0 if literal.is_ascii_punctuation() => self.pattern.extend(['\\', literal]),
            1 => self.pattern.push_str(&format!(r"\x{{{code:X}}}")),
            2 if code < 256 => self.pattern.push_str(&format!(r"\x{code:02x}")),
            3 if code < 512 => self.pattern.push_str(&format!(r"\{code:03o}")),
            4 => self.pattern.push_str(&format!(r"\Q{literal}\E")),
            _ => self.pattern.push(literal),
        }
        let written = match self.fold && self.random.chance(50) {
            true => literal.to_uppercase().next().unwrap_or(literal),
            false => literal,
        };
        self.sample.extend_from_slice(written.encode_utf8(&mut [0; 4]).as_bytes());
    }

    fn group(&mut self) {
        let fold = self.fold;
        let opening =
            *self.random.pick(&["(", "(?:", "(?i:", "(?s-i:", "(?m:", "(?P<name>", "(?<n_1>", "(?-i:"]);
        if opening.contains('i') {
            self.fold = !opening.contains("-i");
        }
        self.pattern.push_str(opening);
        self.alternation();
        self.pattern.push(')');
        self.fold = fold;
    }

    fn class(&mut self) {
        self.pattern.push('[');
        let negated = self.random.chance(25);
        if negated {
            self.pattern.push('^');
        }
        let mut sample = 'x';
        for _ in 0..self.random.between(1, 4) {
            match self.random.below(20) {
                0..8 => {
                    sample = *self.random.pick(CHARACTERS);
                    self.pattern.push(sample);
                }
                8..12 => {
                    let (low, high) = (*self.random.pick(CHARACTERS), *self.random.pick(CHARACTERS));
                    let (low, high) = (low.min(high), low.max(high));
                    sample = if self.random.chance(50) { low } else { high };
                    self.pattern.extend([low, '-', high]);
                }
                12..15 => {
                    let escape = *self.random.pick(CLASS_ESCAPES);
                    self.pattern.push_str(escape);
                }
                15..17 => {
                    let class = *self.random.pick(NAMED_CLASSES);
                    self.pattern.push_str(class);
                }
                17..19 => {
                    sample = *self.random.pick(&['&', '-', '~', '[', '^', '|', '\\', ']']);
                    let pieces = ["&&", "--", "~~", "[", "^", "||", r"\\", r"\]"];
                    let piece = *self.random.pick(&pieces);
                    self.pattern.push_str(piece);
                }
                _ => {
                    let piece = *self.random.pick(PIECES);
                    self.pattern.push_str(piece);
                }
            }
        }
        self.pattern.push(']');
        let sample = if negated { *self.random.pick(CHARACTERS) } else { sample };
        self.sample.extend_from_slice(sample.encode_utf8(&mut [0; 4]).as_bytes());
    }

    /// Repeats the element whose sample begins at `before`.
    fn repetition(&mut self, before: usize) {
        let (operator, times) = *self.random.pick(REPETITIONS);
        self.pattern.push_str(operator);
        let once = self.sample.split_off(before);
        // Counts of counts would make samples, and patterns, of any size.
        if once.len() * times < 10_000 {
            (0..times).for_each(|_| self.sample.extend_from_slice(&once));
        }
    }

    /// Puts pieces into the pattern, takes characters out of it, or swaps them.
    fn disturb(&mut self) {
        for _ in 0..self.random.between(1, 3) {
            let characters: Vec<char> = self.pattern.chars().collect();
            let at = self.random.below(characters.len() + 1);
            let (mut front, mut back) = (characters[..at].to_vec(), characters[at..].to_vec());
            match self.random.below(4) {
                0 if !back.is_empty() => drop(back.remove(0)),
                1 if !back.is_empty() && !front.is_empty() => {
                    let last = front.len() - 1;
                    std::mem::swap(&mut front[last], &mut back[0]);
                }
                _ => front.extend(self.random.pick(PIECES).chars()),
            }
            self.pattern = front.into_iter().chain(back).collect();
        }
    }
}

fn subject(random: &mut Random, sample: &[u8], index: usize) -> Vec<u8> {
    let mut subject = match index {
        0 => return sample.to_vec(),
        1 => return Vec::new(),
        2..5 => sample.to_vec(),
        _ => Vec::new(),
    };
    for _ in 0..random.between(1, 4) {
        let at = random.below(subject.len() + 1);
        match random.below(10) {
            0 if at < subject.len() => drop(subject.remove(at)),
            1 => subject.insert(at, *random.pick(&[0xff, 0xc3, 0xe2, 0x82, 0xed, 0xa0, 0x80, 0xf4, 0xf0])),
            2 => subject.truncate(at),
            _ => {
                let character = *random.pick(CHARACTERS);
                let at = (at..=subject.len()).find(|&at| is_boundary(&subject, at)).unwrap_or(subject.len());
                let behind = subject.split_off(at);
                subject.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                subject.extend_from_slice(&behind);
            }
        }
    }
    subject
}

/// Whether no character of `text` goes across `at`.
fn is_boundary(text: &[u8], at: usize) -> bool {
    text.get(at).is_none_or(|byte| byte & 0xC0 != 0x80)
}
