//! A finding in its file.

use fieldseal_core::Position;
use fieldseal_core::check::Finding;

/// A finding, the file that it is in, and the rule that is for the file.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    /// What is wrong, and where in the file. Columns count bytes.
    pub(crate) finding: Finding,
    /// The file, from the root of the repository, with `/`.
    pub(crate) file: String,
    /// The column in characters, from 1; 0 without a position.
    pub(crate) column: u32,
    /// The rule, if there is one.
    pub(crate) rule: Option<RulePlace>,
}

/// Where a rule stands.
#[derive(Clone, Debug)]
pub(crate) struct RulePlace {
    /// The configuration, from the root of the repository.
    pub(crate) config: String,
    /// The line in which it begins.
    pub(crate) line: u32,
    /// Its number, from 0, as in `creation_rules[0]`.
    pub(crate) index: usize,
}

impl Found {
    /// The line, from 1; 1 for what is about the file as a whole.
    pub(crate) fn line(&self) -> u32 {
        self.finding.position.map_or(1, |position| position.line)
    }

    /// The column in characters, from 1.
    pub(crate) fn column(&self) -> u32 {
        self.column.max(1)
    }

    /// The message with the path in front.
    pub(crate) fn message(&self) -> String {
        let Finding { path, message, .. } = &self.finding;
        if path.is_empty() { message.clone() } else { format!("{path}: {message}") }
    }
}

/// The column of `position` in characters, where columns of `text` count bytes.
pub(crate) fn characters(text: &[u8], position: Option<Position>) -> u32 {
    let Some(Position { line, column }) = position else { return 0 };
    let is_end = |at: &usize| text[*at] == b'\n' || text.get(at + 1) != Some(&b'\n');
    let ends = memchr::memchr2_iter(b'\n', b'\r', text).filter(is_end);
    let start = match line {
        0 | 1 => 0,
        line => ends.map(|at| at + 1).nth(line as usize - 2).unwrap_or(text.len()),
    };
    let before = text.get(start..start + column as usize - 1);
    before.and_then(|before| str::from_utf8(before).ok()).map_or(column, |before| {
        // A mark at the beginning of a text is no character of it.
        before.trim_start_matches('\u{feff}').chars().count() as u32 + 1
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_characters() {
        let text = "a: 1\r\nü: \u{1f600} x\ry: ß b".as_bytes();
        let at = |line, column| characters(text, Some(Position { line, column }));
        assert_eq!(at(1, 4), 4);
        assert_eq!(at(2, 10), 6);
        assert_eq!(at(3, 7), 6);
        assert_eq!(at(9, 7), 7);
        assert_eq!(characters(text, None), 0);
        assert_eq!(characters("\u{feff}a: 1".as_bytes(), Some(Position { line: 1, column: 7 })), 4);
    }
}
