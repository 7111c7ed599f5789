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
