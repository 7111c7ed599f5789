//! Places in a text.

/// A range of bytes of a document's text: `start` is the first byte, `end` the one behind the last.
///
/// Documents are at most 2 GiB, so 32 bits are enough.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Span {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset of the byte behind the last one.
    pub end: u32,
}

impl Span {
    /// The span from `start` up to, not including, `end`.
    pub(crate) const fn new(start: usize, end: usize) -> Self {
        Self { start: start as u32, end: end as u32 }
    }

    /// The empty span at `offset`.
    pub(crate) const fn empty(offset: usize) -> Self {
        Self::new(offset, offset)
    }

    /// The bytes of `text` that the span covers.
    pub(crate) fn of(self, text: &[u8]) -> &[u8] {
        &text[self.start as usize..self.end as usize]
    }

    /// The span as a range of offsets.
    pub(crate) const fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }

    /// Whether no byte is covered.
    pub(crate) const fn is_empty(self) -> bool {
        self.start == self.end
    }
}

/// A line and a column of a text, both counted from one; columns count bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Position {
    /// The line, from 1.
    pub line: u32,
    /// The column in bytes, from 1.
    pub column: u32,
}

impl Position {
    /// The position of the byte at `offset` of `text`. Line feeds end lines, and so do carriage returns
    /// that no line feed follows.
    pub fn of(text: &[u8], offset: usize) -> Self {
        let before = &text[..offset.min(text.len())];
        let mut line = 1;
        let mut start = 0;
        for at in memchr::memchr2_iter(b'\n', b'\r', before) {
            if before[at] == b'\r' && text.get(at + 1) == Some(&b'\n') {
                continue;
            }
            line += 1;
            start = at + 1;
        }
        Self { line, column: (before.len() - start) as u32 + 1 }
    }
}

impl std::fmt::Display for Position {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(to, "{}:{}", self.line, self.column)
    }
}

/// Where the lines of a text begin, so that many positions cost no more than one.
pub(crate) struct Lines {
    /// The offset of each line's first byte.
    starts: Vec<u32>,
}

impl Lines {
    /// The lines of `text`. Line feeds end lines, and so do carriage returns that no line feed follows.
    pub(crate) fn of(text: &[u8]) -> Self {
        let ends = memchr::memchr2_iter(b'\n', b'\r', text)
            .filter(|&at| text[at] == b'\n' || text.get(at + 1) != Some(&b'\n'));
        Self { starts: std::iter::once(0).chain(ends.map(|at| at as u32 + 1)).collect() }
    }

    /// The position of the byte at `offset`.
    pub(crate) fn position(&self, offset: u32) -> Position {
        let line = self.starts.partition_point(|start| *start <= offset);
        Position { line: line as u32, column: offset - self.starts[line - 1] + 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_give_the_positions_that_counting_gives() {
        for text in ["", "a", "a\nb", "\r\n\r\na\rb\n\n", "\n"] {
            let lines = Lines::of(text.as_bytes());
            for offset in 0..=text.len() {
                let counted = Position::of(text.as_bytes(), offset);
                assert_eq!(lines.position(offset as u32), counted, "{text:?} at {offset}");
            }
        }
    }
}
