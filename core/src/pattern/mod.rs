//! Regular expressions in the syntax of sops's rules: RE2 as Go's `regexp` package reads it.
//!
//! The `regex` crate reads much the same syntax, but not the same: [`translate`] reads a pattern by Go's
//! rules and writes one for the crate in which nothing is left to interpretation. Patterns are only ever
//! searched for anywhere in a subject, so greediness and captures have no meaning and are dropped.

mod class;
mod cover;
mod translate;

use std::borrow::Cow;

pub(crate) use cover::Shape;
use regex::{Regex, RegexBuilder};

/// The longest pattern that is accepted, in bytes.
const MAX_LENGTH: usize = 256 << 10;

/// The most memory that a compiled pattern may take, in bytes.
const MAX_COMPILED: usize = 32 << 20;

/// A compiled pattern of a rule.
///
/// Memory is bounded, and so is time: a search takes time linear in the length of the subject whatever the
/// pattern is.
#[derive(Clone, Debug)]
pub struct Pattern {
    regex: Regex,
}

impl Pattern {
    /// Compiles `pattern`, in Go's syntax.
    ///
    /// # Errors
    /// Go would not compile the pattern either, or it is larger than this crate allows
    /// ([`PatternProblem::TooLarge`]).
    pub fn compile(pattern: &str) -> Result<Self, PatternError> {
        let too_large = PatternError { problem: PatternProblem::TooLarge, offset: 0 };
        if pattern.len() > MAX_LENGTH {
            return Err(too_large);
        }
        let translated = translate::translate(pattern)?;
        let regex = RegexBuilder::new(&translated)
            .size_limit(MAX_COMPILED)
            .nest_limit(translate::MAX_NEST)
            .build()
            .map_err(|error| {
                debug_assert!(
                    matches!(error, regex::Error::CompiledTooBig(_)),
                    "the translation of a pattern is well formed"
                );
                too_large
            })?;
        Ok(Self { regex })
    }

    /// Whether the pattern matches anywhere in `subject`.
    ///
    /// As in Go, each byte of `subject` that is no part of valid UTF-8 counts as one U+FFFD.
    pub fn is_match(&self, subject: &[u8]) -> bool {
        match replace_invalid(subject) {
            Cow::Borrowed(subject) => self.regex.is_match(subject),
            Cow::Owned(subject) => self.regex.is_match(&zeroize::Zeroizing::new(subject)),
        }
    }
}

/// `subject` with every byte that is no part of valid UTF-8 replaced by U+FFFD.
fn replace_invalid(subject: &[u8]) -> Cow<'_, str> {
    if let Ok(subject) = str::from_utf8(subject) {
        return Cow::Borrowed(subject);
    }
    // Room for the worst case, so that no copy is left behind by growing.
    let mut replaced = String::with_capacity(3 * subject.len());
    for chunk in subject.utf8_chunks() {
        replaced.push_str(chunk.valid());
        replaced.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    Cow::Owned(replaced)
}

/// Why a pattern does not compile, and where. The pattern itself is not repeated.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{problem} (byte {} of the pattern)", .offset + 1)]
pub struct PatternError {
    /// What is wrong.
    pub problem: PatternProblem,
    /// Where it is wrong: the offset of a byte of the pattern, from 0.
    pub offset: usize,
}

impl PatternError {
    /// Whether Go, and so sops, refuses the pattern as well. Otherwise it is a limit of this crate.
    pub fn is_invalid(&self) -> bool {
        self.problem != PatternProblem::TooLarge
    }
}

/// What can be wrong with a pattern.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PatternProblem {
    /// A group is not closed.
    #[error("missing closing )")]
    MissingParen,
    /// A `)` closes nothing.
    #[error("unexpected )")]
    UnexpectedParen,
    /// A character class is not closed.
    #[error("missing closing ]")]
    MissingBracket,
    /// A range of a character class runs backwards, or the name of a class is not known.
    #[error("invalid character class or range")]
    InvalidClass,
    /// A backslash and a character that mean nothing together; backreferences are among them.
    #[error("invalid escape sequence")]
    InvalidEscape,
    /// The pattern ends with a backslash.
    #[error("trailing backslash")]
    TrailingBackslash,
    /// A repetition follows a repetition: `a**`, `a{2}{3}`.
    #[error("a repetition of a repetition needs a group between the two")]
    NestedRepetition,
    /// A repetition has nothing in front of it.
    #[error("a repetition with nothing to repeat")]
    MissingRepetitionArgument,
    /// A count above 1000, also by several counts multiplied, or counts in the wrong order.
    #[error("invalid repeat count: at most 1000, nested ones multiplied, and the smaller first")]
    RepetitionCount,
    /// A `(?` that opens no group known to Go; look-around is among them.
    #[error("invalid or unsupported group: look-around, for instance, does not exist in this syntax")]
    InvalidGroup,
    /// The name of a group holds other characters than letters, digits and `_`, or does not end.
    #[error("invalid name of a group")]
    InvalidGroupName,
    /// The pattern, or what it compiles to, is larger than this crate allows. sops might read it.
    #[error("the pattern is too large")]
    TooLarge,
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn matches(pattern: &str, subject: &[u8]) -> bool {
        Pattern::compile(pattern).unwrap().is_match(subject)
    }

    fn problem(pattern: &str) -> PatternProblem {
        Pattern::compile(pattern).unwrap_err().problem
    }

    #[test]
    fn patterns_are_searched_for_anywhere() {
        assert!(matches("data", b"stringData_data"));
        assert!(!matches("^data$", b"stringData"));
        assert!(matches("^(data|stringData)$", b"stringData"));
        assert!(matches("", b""));
    }

    #[test]
    fn perl_classes_and_word_boundaries_are_ascii() {
        assert!(!matches(r"\d", "٣".as_bytes()));
        assert!(!matches(r"\w", "é".as_bytes()));
        assert!(!matches(r"\s", "\u{a0}".as_bytes()));
        assert!(!matches(r"\s", b"\x0b"), "vertical tab is in [[:space:]] only");
        assert!(matches(r"[[:space:]]", b"\x0b"));
        assert!(matches(r"\bx", "éx".as_bytes()));
        assert!(!matches(r"\Bx", "éx".as_bytes()));
        assert!(!matches(r"^a\B", "aé".as_bytes()));
        assert!(!matches(r"\B", "aéb".as_bytes()), "inside of a character is no position");
        assert!(matches(r"\W", "é".as_bytes()));
    }

    #[test]
    fn dot_and_anchors() {
        assert!(!matches("^.$", b"\n"));
        assert!(matches("(?s)^.$", b"\n"));
        assert!(matches("^[^a]$", b"\n"));
        assert!(!matches("a$", b"a\n"), "$ is the end of the text");
        assert!(matches("(?m)a$", b"a\n"));
        assert!(matches("(?m:^b)", b"a\nb"));
        assert!(!matches("^b", b"a\nb"));
        assert!(matches(r"\Aa\z", b"a"));
        assert_eq!(problem(r"a\Z"), PatternProblem::InvalidEscape);
    }

    #[test]
    fn set_operators_of_other_dialects_are_literal_in_classes() {
        assert!(matches("^[a&&b]+$", b"a&b"));
        assert!(matches("^[+--c]+$", b",c"), "a range from + to -, and c");
        assert!(matches("^[a~~b]+$", b"a~b"));
        assert!(matches("^[[a]+$", b"[a"));
        assert!(matches("^[[a]]$", b"a]"));
        assert!(matches("^[]a]+$", b"a]"));
        assert!(matches("^[^]a]$", b"b"));
        assert!(matches(r"^[\d-z]+$", b"1-z"));
        assert_eq!(problem(r"[a-\d]"), PatternProblem::InvalidEscape);
        assert_eq!(problem("[b-a]"), PatternProblem::InvalidClass);
        assert_eq!(problem("[]"), PatternProblem::MissingBracket);
        assert_eq!(problem("[[:foo:]]"), PatternProblem::InvalidClass);
    }

    #[test]
    fn braces_that_are_no_count_are_literal() {
        assert!(matches("^{$", b"{"));
        assert!(matches("^a{,2}$", b"a{,2}"));
        assert!(matches("^a{01}$", b"a{01}"));
        assert!(matches("^a{$", b"a{"));
        assert!(matches("^a{2,}$", b"aaa"));
        assert!(matches("^x}$", b"x}"));
        assert!(matches("^a{0}$", b""));
    }

    #[test]
    fn counts_are_limited_to_a_thousand() {
        assert!(matches("^a{1000}$", &[b'a'; 1000]));
        for pattern in ["a{1001}", "a{2,1}", "(a{100}){11}", "a{99999999999999999999}", "((a{2}b){20}){26}"] {
            assert_eq!(problem(pattern), PatternProblem::RepetitionCount, "{pattern}");
        }
        assert!(matches("((a{1000}){0}){1000}", b""));
        assert!(matches("((a{500})?b|c{3}){2}", b"bb"));
    }

    #[test]
    fn repetitions_do_not_stack() {
        for pattern in ["a**", "a*+", "a{2}{3}", "a*??", "a{2}*"] {
            assert_eq!(problem(pattern), PatternProblem::NestedRepetition, "{pattern}");
        }
        for pattern in ["*", "(*)", "a|*", "(?i)*", "^(?:+)"] {
            assert_eq!(problem(pattern), PatternProblem::MissingRepetitionArgument, "{pattern}");
        }
        assert!(matches("^a*?$", b"aa"));
        assert!(matches("^a(?i)*b$", b"aaB"), "flags alone are nothing that could be repeated");
        assert!(matches("^a{2}(?i)*$", b"aaaa"));
        assert!(!matches("^a{2}(?i)*$", b"aaa"));
        assert!(matches("^*a", b"a"));
    }

    #[test]
    fn escapes() {
        assert!(matches(r"^\x41\x{1F600}\101\0\n\t\a\f\v\r$", "A😀A\0\n\t\x07\x0c\x0b\r".as_bytes()));
        assert!(matches(r"^\_\ \/\-$", b"_ /-"));
        assert!(matches(r"^\Qa.b*\E*$", b"a.b***"));
        assert!(matches(r"^\Qa.b", b"a.bc"));
        assert!(!matches(r"\x{D800}", b"\xed\xa0\x80"));
        for pattern in
            [r"\1", r"\8", r"\x{}", r"\x{110000}", r"\xg1", r"\C", r"\E", r"\y", r"\é", r"[\b]", r"\R"]
        {
            assert_eq!(problem(pattern), PatternProblem::InvalidEscape, "{pattern}");
        }
        assert_eq!(problem(r"a\"), PatternProblem::TrailingBackslash);
    }

    #[test]
    fn groups_and_flags() {
        assert!(matches("^(?P<a>x)(?<a>y)(?:z)$", b"xyz"));
        assert!(matches("^(?i:A)a$", b"aa"));
        assert!(!matches("^(?i:A)a$", b"aA"));
        assert!(matches("^(?:a(?i)b|c)d$", b"Cd"));
        assert!(!matches("^(?:a(?i)b|c)d$", b"CD"));
        assert!(matches("(?iiU)a+?", b"A"));
        assert!(matches("(?i-i)a", b"a"));
        for pattern in ["(?=a)", "(?!a)", "(?x)a", "(?-)", "(?i-:a)", "(?", "(?i", "(?#a)", "(?>a)", "(?P=a)"]
        {
            assert_eq!(problem(pattern), PatternProblem::InvalidGroup, "{pattern}");
        }
        for pattern in ["(?<=a)", "(?<!a)", "(?P<a", "(?<>a)", "(?<a-b>c)"] {
            assert_eq!(problem(pattern), PatternProblem::InvalidGroupName, "{pattern}");
        }
        assert_eq!(problem("(a"), PatternProblem::MissingParen);
        assert_eq!(problem("a)"), PatternProblem::UnexpectedParen);
    }

    #[test]
    fn case_folding_is_that_of_unicode() {
        assert!(matches("(?i)^k$", "\u{212a}".as_bytes()));
        assert!(matches("(?i)^ǅ$", "Ǆ".as_bytes()), "three neighbours");
        assert!(matches("(?i)^[a-s]$", "ſ".as_bytes()));
        assert!(matches(r"(?i)^\w$", "ſ".as_bytes()));
        assert!(!matches(r"(?i)^\W$", "ſ".as_bytes()));
        assert!(!matches(r"(?i)^[^s]$", "ſ".as_bytes()));
        assert!(matches(r"(?i)^\p{Lu}$", b"a"));
        assert!(!matches(r"(?i)^\P{Lu}$", b"a"));
        assert!(matches(r"(?i)^[[:^upper:]]$", b"1"));
        assert!(!matches(r"(?i)^[[:^upper:]]$", b"a"));
    }

    #[test]
    fn named_classes() {
        assert!(matches(r"^\pL\p{Greek}\p{^Lu}\PL[\pN_]$", "éαa1_".as_bytes()));
        assert!(matches(r"^\p{uppercase letter}\p{Old_Italic}$", "A\u{10300}".as_bytes()));
        assert!(!matches(r"\p{Cs}|\P{Any}", "a\u{10ffff}".as_bytes()));
        for pattern in
            [r"\p", r"\p{}", r"\p{Grek}", r"\p{L", r"\pé", r"\p{Alphabetic}", r"\p{sc=Greek}", r"[\p{L]"]
        {
            assert_eq!(problem(pattern), PatternProblem::InvalidClass, "{pattern}");
        }
    }

    #[test]
    fn bytes_that_are_not_utf8_are_replacement_characters() {
        assert!(matches("^..a$", b"\xe2\x82a"));
        assert!(matches(r"^\x{FFFD}$", b"\xff"));
        assert!(matches(r"^[^a]$", b"\xff"));
        assert!(!matches("ÿ", b"\xff"));
    }

    #[test]
    fn the_size_is_bounded() {
        let too_large = PatternProblem::TooLarge;
        assert_eq!(problem(&"a".repeat(MAX_LENGTH + 1)), too_large);
        assert_eq!(problem(&"(".repeat(100_000)), too_large);
        assert_eq!(problem(&r"(?i)\pL".repeat(30_000)), too_large);
        assert_eq!(problem(&r"\pL{1000}".repeat(10)), too_large);
        assert_eq!(problem(&format!("a{}", "*(?i)".repeat(40_000))), too_large);
        assert!(matches(&format!("{}a{}", "(".repeat(100), ")*".repeat(100)), b""));
        assert!(Pattern::compile(&"(?:ab|cd)?".repeat(5_000)).is_ok());
    }

    #[test]
    fn errors_name_the_place() {
        let error = Pattern::compile("ab(?=c)").unwrap_err();
        assert_eq!(error.offset, 2);
        assert!(error.is_invalid());
        assert!(error.to_string().ends_with("(byte 3 of the pattern)"), "{error}");
    }
}
