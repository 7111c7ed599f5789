//! Replacements in a text, collected first and spliced once.

use crate::span::Span;

/// Replacements of spans of one text, each by bytes that are kept in one buffer.
///
/// Edits are pushed in the order of the text and do not overlap; of edits at the same place the first
/// pushed comes first.
#[derive(Default)]
pub(crate) struct Edits {
    bytes: Vec<u8>,
    edits: Vec<Edit>,
}

#[derive(Clone, Copy)]
struct Edit {
    span: Span,
    /// Where the replacement ends in `bytes`; it begins where the one before ends.
    end: u32,
}

impl Edits {
    /// Replaces `span` by what `write` appends to the buffer that it is given.
    pub(crate) fn push_with(&mut self, span: Span, write: impl FnOnce(&mut Vec<u8>)) {
        debug_assert!(self.edits.last().is_none_or(|last| last.span.end <= span.start));
        write(&mut self.bytes);
        self.edits.push(Edit { span, end: self.bytes.len() as u32 });
    }

    /// Replaces `span` by `bytes`.
    pub(crate) fn push(&mut self, span: Span, bytes: &[u8]) {
        self.push_with(span, |to| to.extend_from_slice(bytes));
    }

    /// Whether there is no edit.
    pub(crate) fn is_empty(&self) -> bool {
        self.edits.is_empty()
    }

    /// Each edit: the span that is replaced, and by what.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Span, &[u8])> {
        let mut start = 0;
        self.edits.iter().map(move |edit| {
            let bytes = &self.bytes[start..edit.end as usize];
            start = edit.end as usize;
            (edit.span, bytes)
        })
    }

    /// Appends the part `part` of `text` to `to`, with the edits made. Edits outside `part` must not be
    /// among them.
    pub(crate) fn splice_part(&self, text: &[u8], part: Span, to: &mut Vec<u8>) {
        let mut at = part.start as usize;
        for (span, bytes) in self.iter() {
            to.extend_from_slice(&text[at..span.start as usize]);
            to.extend_from_slice(bytes);
            at = span.end as usize;
        }
        to.extend_from_slice(&text[at..part.end as usize]);
    }

    /// `text` with the edits made.
    pub(crate) fn splice(&self, text: &[u8]) -> Vec<u8> {
        let mut to = Vec::with_capacity(text.len() + self.bytes.len());
        self.splice_part(text, Span::new(0, text.len()), &mut to);
        to
    }
}

impl Drop for Edits {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.bytes);
    }
}
