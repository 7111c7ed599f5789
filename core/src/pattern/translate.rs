//! From Go's syntax to that of the `regex` crate.

use super::class::{self, Class};
use super::{PatternError, PatternProblem};

/// How deep groups may nest. Go allows 1000, which needs more stack than a library should take for granted.
const MAX_GROUPS: usize = 128;

/// How often one repetition may be wrapped by another without a group, as in `a*(?i)*`.
const MAX_WRAPS: u8 = 20;

/// The longest translation, in bytes.
const MAX_TRANSLATION: usize = 2 << 20;

/// How many Unicode classes (`\pL`) a pattern may name.
const MAX_UNICODE_CLASSES: u32 = 1000;

/// The nesting that the `regex` crate has to allow for a translation: a group may hold an alternation of
/// concatenations of repetitions.
pub(super) const MAX_NEST: u32 = 8 * MAX_GROUPS as u32;

/// Writes `pattern`, read by Go's rules, as a pattern of the `regex` crate that matches in the same subjects.
pub(super) fn translate(pattern: &str) -> Result<String, PatternError> {
    let mut translator = Translator {
        pattern,
        at: 0,
        flags: Flags::default(),
        out: String::with_capacity(pattern.len() * 2),
        groups: Vec::new(),
        atom: None,
        repeated: false,
        product: 1,
        unicode_classes: 0,
    };
    translator.run()?;
    Ok(translator.out)
}

/// The flags that change what matches. `U` swaps greedy and lazy repetitions and has no effect on that.
#[derive(Clone, Copy, Default)]
struct Flags {
    /// `i`
    fold: bool,
    /// `m`
    multi_line: bool,
    /// `s`
    dot_newline: bool,
}

/// A group that is open.
struct Group {
    /// The flags to come back to at its end.
    flags: Flags,
    /// Where it begins in the translation.
    start: usize,
    /// The product of counts outside of it, so far.
    product: u32,
}

/// What a repetition that comes next would repeat.
#[derive(Clone, Copy)]
struct Atom {
    /// Where it begins in the translation.
    start: usize,
    /// The largest product of nested counts inside of it.
    product: u32,
    /// How many repetitions it carries already.
    repetitions: u8,
}

struct Translator<'p> {
    pattern: &'p str,
    /// The place of the next character in `pattern`.
    at: usize,
    flags: Flags,
    out: String,
    groups: Vec<Group>,
    atom: Option<Atom>,
    /// Whether a repetition stands right in front of `at`.
    repeated: bool,
    /// The largest product of nested counts in the innermost open group.
    product: u32,
    unicode_classes: u32,
}

type Step = Result<(), PatternError>;

impl Translator<'_> {
    fn run(&mut self) -> Step {
        while let Some(next) = self.peek() {
            let mut repeated = false;
            match next {
                '(' => self.open_group()?,
                ')' => self.close_group()?,
                '|' => {
                    self.at += 1;
                    self.out.push('|');
                    self.end_atom();
                }
                '*' | '+' | '?' => {
                    let start = self.at;
                    self.at += 1;
                    self.repeat(start, if next == '+' { 1 } else { 0 }, (next == '?').then_some(1))?;
                    repeated = true;
                }
                '{' => match self.counts() {
                    Some(counts) => {
                        self.repeat_counted(counts)?;
                        repeated = true;
                    }
                    None => {
                        self.at += 1;
                        self.literal('{');
                    }
                },
                '[' => self.bracketed_class()?,
                '\\' => self.escape()?,
                '^' if self.flags.multi_line => self.assertion(1, "(?m:^)"),
                '^' => self.assertion(1, r"\A"),
                '$' if self.flags.multi_line => self.assertion(1, "(?m:$)"),
                '$' => self.assertion(1, r"\z"),
                '.' => self.assertion(1, if self.flags.dot_newline { "(?s:.)" } else { r"[^\n]" }),
                literal => {
                    self.at += literal.len_utf8();
                    self.literal(literal);
                }
            }
            self.repeated = repeated;
            if self.out.len() > MAX_TRANSLATION {
                return self.fail(0, PatternProblem::TooLarge);
            }
        }
        match self.groups.is_empty() {
            true => Ok(()),
            false => self.fail(self.at, PatternProblem::MissingParen),
        }
    }

    fn fail<T>(&self, offset: usize, problem: PatternProblem) -> Result<T, PatternError> {
        Err(PatternError { problem, offset })
    }

    /// What is left of the pattern.
    fn rest(&self) -> &str {
        &self.pattern[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Takes the next character.
    fn take(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    /// Notes that something begins here that can be repeated.
    fn begin_atom(&mut self) {
        self.end_atom();
        self.atom = Some(Atom { start: self.out.len(), product: 1, repetitions: 0 });
    }

    /// Notes that nothing can be repeated here.
    fn end_atom(&mut self) {
        if let Some(atom) = self.atom.take() {
            self.product = self.product.max(atom.product);
        }
    }

    /// Writes `translation` for an element of `length` bytes.
    fn assertion(&mut self, length: usize, translation: &str) {
        self.at += length;
        self.begin_atom();
        self.out.push_str(translation);
    }

    fn literal(&mut self, literal: char) {
        self.begin_atom();
        class::write_literal(literal, self.flags.fold, &mut self.out);
    }

    // Groups.

    fn open_group(&mut self) -> Step {
        let start = self.at;
        let outer = self.flags;
        if !self.rest().starts_with("(?") {
            self.at += 1;
        } else if self.opens_named_group() {
            self.group_name()?;
        } else if !self.group_flags()? {
            return Ok(());
        }
        if self.groups.len() == MAX_GROUPS {
            return self.fail(start, PatternProblem::TooLarge);
        }
        self.end_atom();
        self.groups.push(Group { flags: outer, start: self.out.len(), product: self.product });
        self.out.push_str("(?:");
        self.product = 1;
        Ok(())
    }

    fn close_group(&mut self) -> Step {
        let Some(group) = self.groups.pop() else {
            return self.fail(self.at, PatternProblem::UnexpectedParen);
        };
        self.at += 1;
        self.out.push(')');
        self.flags = group.flags;
        self.end_atom();
        self.atom = Some(Atom { start: group.start, product: self.product, repetitions: 0 });
        self.product = group.product;
        Ok(())
    }

    /// Whether `(?P<` or `(?<` comes next, with at least one character behind it.
    fn opens_named_group(&self) -> bool {
        let rest = self.rest();
        rest.len() > 3 && rest.starts_with("(?<") || rest.len() > 4 && rest.starts_with("(?P<")
    }

    /// Takes `(?P<name>` or `(?<name>`.
    fn group_name(&mut self) -> Step {
        let rest = self.rest();
        let start = if rest.starts_with("(?<") { 3 } else { 4 };
        let name = rest.find('>').and_then(|end| rest.get(start..end));
        match name {
            Some(name)
                if !name.is_empty() && name.bytes().all(|c| c == b'_' || c.is_ascii_alphanumeric()) =>
            {
                self.at += start + name.len() + 1;
                Ok(())
            }
            _ => self.fail(self.at, PatternProblem::InvalidGroupName),
        }
    }

    /// Takes `(?flags:` (true) or `(?flags)` (false) and applies the flags.
    fn group_flags(&mut self) -> Result<bool, PatternError> {
        let start = self.at;
        self.at += 2;
        let mut flags = self.flags;
        let mut on = true;
        let mut named = false;
        while let Some(next) = self.take() {
            match next {
                'i' => flags.fold = on,
                'm' => flags.multi_line = on,
                's' => flags.dot_newline = on,
                'U' => {}
                '-' if on => on = false,
                ':' | ')' if on || named => {
                    self.flags = flags;
                    return Ok(next == ':');
                }
                _ => break,
            }
            named = next != '-';
        }
        self.fail(start, PatternProblem::InvalidGroup)
    }

    // Repetitions.

    /// Reads `{min}`, `{min,}` or `{min,max}` without taking it: the counts and its length. `None` if it is
    /// something else; Go reads the brace as a character then.
    fn counts(&self) -> Option<(Counts, usize)> {
        let rest = &self.rest().as_bytes()[1..];
        let (min, mut length) = number(rest)?;
        let max = match rest.get(length)? {
            b',' => {
                length += 1;
                match rest.get(length)? {
                    b'}' => None,
                    _ => {
                        let (max, digits) = number(&rest[length..])?;
                        length += digits;
                        Some(max)
                    }
                }
            }
            _ => Some(min),
        };
        (rest.get(length)? == &b'}').then_some((Counts { min, max }, length + 2))
    }

    fn repeat_counted(&mut self, (Counts { min, max }, length): (Counts, usize)) -> Step {
        let start = self.at;
        self.at += length;
        if min > 1000 || max.is_some_and(|max| max > 1000 || max < min) {
            return self.fail(start, PatternProblem::RepetitionCount);
        }
        self.repeat(start, min, max)
    }

    /// Repeats the atom. The operator, already taken, begins at `start`; a `?` behind it is taken here.
    fn repeat(&mut self, start: usize, min: u32, max: Option<u32>) -> Step {
        if self.peek() == Some('?') {
            self.at += 1;
        }
        if self.repeated {
            return self.fail(start, PatternProblem::NestedRepetition);
        }
        let Some(atom) = self.atom.as_mut() else {
            return self.fail(start, PatternProblem::MissingRepetitionArgument);
        };
        // Go multiplies the counts of nested repetitions that are written with braces; what is repeated
        // zero times does not count.
        let count = max.unwrap_or(min);
        if max == Some(0) {
            atom.product = 1;
        } else {
            atom.product *= count.max(1);
        }
        if (min >= 2 || count >= 2) && atom.product > 1000 {
            return self.fail(start, PatternProblem::RepetitionCount);
        }
        if atom.repetitions > 0 {
            self.out.insert_str(atom.start, "(?:");
            self.out.push(')');
        }
        atom.repetitions += 1;
        if atom.repetitions > MAX_WRAPS {
            return self.fail(start, PatternProblem::TooLarge);
        }
        match (min, max) {
            (0, None) => self.out.push('*'),
            (1, None) => self.out.push('+'),
            (0, Some(1)) => self.out.push('?'),
            (min, None) => self.out.push_str(&format!("{{{min},}}")),
            (min, Some(max)) => self.out.push_str(&format!("{{{min},{max}}}")),
        }
        Ok(())
    }

    // Escapes.

    fn escape(&mut self) -> Step {
        match self.rest().as_bytes().get(1) {
            Some(b'A') => self.assertion(2, r"\A"),
            Some(b'z') => self.assertion(2, r"\z"),
            Some(b'b') => self.assertion(2, r"(?-u:\b)"),
            Some(b'B') => self.assertion(2, r"(?-u:\B)"),
            Some(b'Q') => self.quoted(),
            _ => {
                if let Some(class) = self.class_escape()? {
                    self.begin_atom();
                    class.write(self.flags.fold, &mut self.out);
                } else {
                    match char::from_u32(self.escaped_character()?) {
                        Some(literal) => self.literal(literal),
                        None => self.assertion(0, class::NOTHING),
                    }
                }
            }
        }
        Ok(())
    }

    /// Takes `\Q...\E`, or `\Q...` to the end of the pattern.
    fn quoted(&mut self) {
        self.at += 2;
        let rest = &self.pattern[self.at..];
        let (quoted, length) = match rest.find(r"\E") {
            Some(end) => (&rest[..end], end + 2),
            None => (rest, rest.len()),
        };
        self.at += length;
        for literal in quoted.chars() {
            self.literal(literal);
        }
    }

    /// Takes `\d` and its like, or `\pL` and its like; `None` if something else comes next.
    fn class_escape(&mut self) -> Result<Option<Class>, PatternError> {
        let rest = self.rest();
        let Some(kind) = rest.strip_prefix('\\').and_then(|rest| rest.chars().next()) else {
            return Ok(None);
        };
        if let Some(class) = Class::perl(kind) {
            self.at += 2;
            return Ok(Some(class));
        }
        if !matches!(kind, 'p' | 'P') {
            return Ok(None);
        }
        let start = self.at;
        let invalid = PatternError { problem: PatternProblem::InvalidClass, offset: start };
        let name = &rest[2..];
        let (name, length) = match name.strip_prefix('{') {
            Some(name) => {
                let end = name.find('}').ok_or(invalid)?;
                (&name[..end], end + 4)
            }
            None => {
                let length = name.chars().next().ok_or(invalid)?.len_utf8();
                (&name[..length], length + 2)
            }
        };
        let class = Class::unicode(name, kind == 'P').ok_or(invalid)?;
        self.at += length;
        self.unicode_classes += 1;
        match self.unicode_classes > MAX_UNICODE_CLASSES {
            true => self.fail(start, PatternProblem::TooLarge),
            false => Ok(Some(class)),
        }
    }

    /// Takes a backslash and what belongs to it, and gives the code point that they stand for. It may be a
    /// surrogate, which no text holds.
    fn escaped_character(&mut self) -> Result<u32, PatternError> {
        let start = self.at;
        self.at += 1;
        let Some(kind) = self.take() else {
            return self.fail(start, PatternProblem::TrailingBackslash);
        };
        let code = match kind {
            'a' => Some(0x07),
            'f' => Some(0x0c),
            'n' => Some(0x0a),
            'r' => Some(0x0d),
            't' => Some(0x09),
            'v' => Some(0x0b),
            '0' => Some(self.octal(0)),
            // A single digit would be a reference to a group.
            '1'..='7' if matches!(self.peek(), Some('0'..='7')) => Some(self.octal(kind as u32 - '0' as u32)),
            'x' => self.hexadecimal(),
            punctuation if punctuation.is_ascii() && !punctuation.is_ascii_alphanumeric() => {
                Some(u32::from(punctuation))
            }
            _ => None,
        };
        match code {
            Some(code) => Ok(code),
            None => self.fail(start, PatternProblem::InvalidEscape),
        }
    }

    /// Takes up to two octal digits that follow a first one with the value `code`.
    fn octal(&mut self, mut code: u32) -> u32 {
        for _ in 0..2 {
            match self.peek() {
                Some(digit @ '0'..='7') => code = code * 8 + (digit as u32 - '0' as u32),
                _ => break,
            }
            self.at += 1;
        }
        code
    }

    /// Takes what follows `\x`: two digits, or any number of them in braces.
    fn hexadecimal(&mut self) -> Option<u32> {
        let first = self.take()?;
        if first != '{' {
            return Some(first.to_digit(16)? * 16 + self.take()?.to_digit(16)?);
        }
        let mut code = self.take()?.to_digit(16)?;
        loop {
            match self.take()? {
                '}' => return Some(code),
                digit => code = code * 16 + digit.to_digit(16)?,
            }
            if code > u32::from(char::MAX) {
                return None;
            }
        }
    }

    // Bracketed classes.

    fn bracketed_class(&mut self) -> Step {
        let start = self.at;
        self.at += 1;
        self.begin_atom();
        self.out.push('[');
        if self.peek() == Some('^') {
            self.at += 1;
            self.out.push('^');
        }
        let mut first = true;
        loop {
            match self.peek() {
                None => return self.fail(start, PatternProblem::MissingBracket),
                Some(']') if !first => break,
                Some(_) => {}
            }
            first = false;
            let class = match self.posix_class()? {
                Some(class) => Some(class),
                None => self.class_escape()?,
            };
            let class = match class {
                Some(class) => class,
                None => self.class_range(start)?,
            };
            class.write(self.flags.fold, &mut self.out);
            if self.out.len() > MAX_TRANSLATION {
                return self.fail(start, PatternProblem::TooLarge);
            }
        }
        self.at += 1;
        self.out.push(']');
        Ok(())
    }

    /// Takes `[:name:]`; `None` if something else comes next.
    fn posix_class(&mut self) -> Result<Option<Class>, PatternError> {
        let Some(rest) = self.rest().strip_prefix("[:") else {
            return Ok(None);
        };
        let Some(end) = rest.find(":]") else {
            return Ok(None);
        };
        match Class::posix(&rest[..end]) {
            Some(class) => {
                self.at += end + 4;
                Ok(Some(class))
            }
            None => self.fail(self.at, PatternProblem::InvalidClass),
        }
    }

    /// Takes a character or a range of a class that begins at `class`.
    fn class_range(&mut self, class: usize) -> Result<Class, PatternError> {
        let start = self.at;
        let low = self.class_character(class)?;
        let mut high = low;
        let rest = self.rest().as_bytes();
        if rest.len() >= 2 && rest[0] == b'-' && rest[1] != b']' {
            self.at += 1;
            high = self.class_character(class)?;
            if high < low {
                return self.fail(start, PatternProblem::InvalidClass);
            }
        }
        Ok(Class::range(low, high))
    }

    fn class_character(&mut self, class: usize) -> Result<u32, PatternError> {
        match self.peek() {
            None => self.fail(class, PatternProblem::MissingBracket),
            Some('\\') => self.escaped_character(),
            Some(literal) => {
                self.at += literal.len_utf8();
                Ok(u32::from(literal))
            }
        }
    }
}

/// How often something is repeated; no `max` means any number of times.
#[derive(Clone, Copy)]
struct Counts {
    min: u32,
    max: Option<u32>,
}

/// The decimal number at the beginning of `text`, at most a little above 1000, and its length. Go does not
/// take numbers with leading zeros.
fn number(text: &[u8]) -> Option<(u32, usize)> {
    let length = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if length == 0 || length > 1 && text[0] == b'0' {
        return None;
    }
    let value =
        text[..length].iter().fold(0, |value: u32, digit| (value * 10 + u32::from(digit - b'0')).min(10_000));
    Some((value, length))
}
