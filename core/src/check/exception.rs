//! Exceptions that stand in a file: a comment `fieldseal:allow ID REASON`.

use memchr::memchr;

use super::{Finding, Kind};
use crate::span::Position;

/// What an exception begins with.
const MARK: &[u8] = b"fieldseal:allow";

/// What comments begin with, in the formats that are encrypted and in others.
const COMMENTS: [&[u8]; 8] = [b"#", b";", b"//", b"/*", b"*", b"--", b"<!--", b"%"];

/// The exceptions of a file.
///
/// An exception is a comment with the name of a [`Kind`] and a reason. One to a finding with a place
/// ([`Kind::has_place`]) stands in the line of the finding or in the one above it; any other stands anywhere in
/// the file.
#[derive(Debug, Default)]
pub struct Exceptions {
    valid: Vec<Exception>,
    problems: Vec<Finding>,
}

#[derive(Debug)]
struct Exception {
    kind: Kind,
    /// The line it stands in, and, if it has that line to itself, the first one below that is no exception.
    lines: [u32; 2],
}

impl Exceptions {
    /// The exceptions in `text`.
    pub fn of(text: &[u8]) -> Self {
        let mut exceptions = Self::default();
        if memchr::memmem::find(text, MARK).is_none() {
            return exceptions;
        }
        let mut waiting: Vec<Exception> = Vec::new();
        let (mut start, mut number) = (0, 0);
        while start < text.len() {
            let end = memchr(b'\n', &text[start..]).map_or(text.len(), |length| start + length);
            number += 1;
            let line = &text[start..end];
            let mark = memchr::memmem::find(line, MARK).filter(|mark| is_in_comment(&line[..*mark]));
            match mark {
                Some(mark) => {
                    let position = Position { line: number, column: mark as u32 + 1 };
                    match read(&line[mark + MARK.len()..]) {
                        Ok(kind) if is_alone(&line[..mark]) => {
                            waiting.push(Exception { kind, lines: [number; 2] });
                        }
                        Ok(kind) => exceptions.valid.push(Exception { kind, lines: [number; 2] }),
                        Err(problem) => {
                            let finding = Finding::new(Kind::InvalidException, problem);
                            exceptions.problems.push(finding.at(Some(position), ""));
                        }
                    }
                }
                None => {
                    for mut exception in waiting.drain(..) {
                        exception.lines[1] = number;
                        exceptions.valid.push(exception);
                    }
                }
            }
            start = end + 1;
        }
        exceptions.valid.append(&mut waiting);
        exceptions
    }

    /// Whether `finding` is allowed.
    pub fn allow(&self, finding: &Finding) -> bool {
        self.valid.iter().any(|exception| {
            let here = finding.position.is_some_and(|at| exception.lines.contains(&at.line));
            exception.kind == finding.kind && (here || !finding.kind.has_place())
        })
    }

    /// What is wrong with the exceptions themselves.
    pub fn problems(&self) -> &[Finding] {
        &self.problems
    }
}

/// Whether `text` is a comment that allows something, or means to.
pub(super) fn is_exception(text: &[u8]) -> bool {
    text.trim_ascii_start().starts_with(MARK)
}

/// Whether what follows `before` is the beginning of a comment.
fn is_in_comment(before: &[u8]) -> bool {
    let before = before.trim_ascii_end();
    COMMENTS.iter().any(|mark| before.ends_with(mark))
}

/// Whether nothing but the beginning of a comment is in `before`.
fn is_alone(before: &[u8]) -> bool {
    !before.iter().any(|byte| byte.is_ascii_alphanumeric() || !byte.is_ascii())
}

/// Reads what follows the mark.
fn read(rest: &[u8]) -> Result<Kind, String> {
    let rest = String::from_utf8_lossy(rest);
    let mut words = rest.split_whitespace().filter(|word| !matches!(*word, "-->" | "*/"));
    let Some(id) = words.next().filter(|_| rest.starts_with([' ', '\t'])) else {
        return Err("the exception does not say what it allows".to_owned());
    };
    // What stands there is not repeated: it may be anything.
    let kind = Kind::from_id(id).ok_or("the exception allows something that does not exist")?;
    match words.next() {
        Some(_) => Ok(kind),
        None => Err(format!("the exception to {id} has no reason")),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn allows(text: &str, kind: Kind, line: u32) -> bool {
        let finding = Finding::new(kind, "").at(Some(Position { line, column: 1 }), "");
        Exceptions::of(text.as_bytes()).allow(&finding)
    }

    #[test]
    fn an_exception_is_for_its_line_and_the_next() {
        let text = "a: 1\n# fieldseal:allow clear-value it is public\n# fieldseal:allow private-key a test\nb: 2\nc: 3\n";
        assert!(!allows(text, Kind::ClearValue, 1));
        assert!(allows(text, Kind::ClearValue, 4));
        assert!(allows(text, Kind::PrivateKey, 4));
        assert!(!allows(text, Kind::ClearValue, 5));
        assert!(!allows(text, Kind::ClearSecret, 4));
        let text = "a: 1 # fieldseal:allow clear-value it is public\nb: 2\n";
        assert!(allows(text, Kind::ClearValue, 1));
        assert!(!allows(text, Kind::ClearValue, 2));
    }

    #[test]
    fn an_exception_for_a_whole_file_stands_anywhere() {
        let text = "a: 1\n\n// fieldseal:allow not-encrypted an example";
        assert!(allows(text, Kind::NotEncrypted, 1));
    }

    #[test]
    fn only_comments_count() {
        for text in ["fieldseal:allow clear-value why not", "`fieldseal:allow clear-value reason`"] {
            let exceptions = Exceptions::of(text.as_bytes());
            assert!(exceptions.valid.is_empty() && exceptions.problems.is_empty(), "{text}");
        }
    }

    #[test]
    fn a_reason_is_required() {
        for (text, problem) in [
            ("# fieldseal:allow clear-value", "no reason"),
            ("<!-- fieldseal:allow clear-value -->", "no reason"),
            ("# fieldseal:allow", "does not say"),
            ("# fieldseal:allowed clear-value x", "does not say"),
            ("# fieldseal:allow everything please", "does not exist"),
        ] {
            let exceptions = Exceptions::of(text.as_bytes());
            assert!(exceptions.problems()[0].message.contains(problem), "{text}");
            assert!(!allows(text, Kind::ClearValue, 1));
        }
    }
}
