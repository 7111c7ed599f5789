//! Replacements in a text, collected first and spliced once.

use crate::secret::wipe;
use crate::span::Span;

/// Replacements of spans of one text, each by bytes that are kept in one buffer.
///
/// Edits do not overlap. Of edits at the same place the first pushed comes first. The buffer is wiped when it
/// is dropped, because replacements may be plaintext.
#[derive(Default)]
pub(crate) struct Edits {
    bytes: Vec<u8>,
    edits: Vec<Edit>,
}

#[derive(Clone, Copy)]
struct Edit {
    span: Span,
    start: u32,
    end: u32,
}

impl Edits {
    /// Replaces `span` by what `write` appends to the buffer that it is given.
    pub(crate) fn push_with(&mut self, span: Span, write: impl FnOnce(&mut Vec<u8>)) {
        let start = self.bytes.len() as u32;
        write(&mut self.bytes);
        self.edits.push(Edit { span, start, end: self.bytes.len() as u32 });
    }

    /// Replaces `span` by `bytes`.
    pub(crate) fn push(&mut self, span: Span, bytes: &[u8]) {
        self.push_with(span, |to| to.extend_from_slice(bytes));
    }

    /// Whether there is no edit.
    pub(crate) fn is_empty(&self) -> bool {
        self.edits.is_empty()
    }

    /// How many edits there are.
    pub(crate) fn len(&self) -> usize {
        self.edits.len()
    }

    /// The edit number `index`, in the order of pushing: the span that it replaces, and by what.
    pub(crate) fn get(&self, index: usize) -> (Span, &[u8]) {
        let edit = self.edits[index];
        (edit.span, &self.bytes[edit.start as usize..edit.end as usize])
    }

    /// The edits in the order of pushing.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Span, &[u8])> {
        (0..self.edits.len()).map(|index| self.get(index))
    }

    /// Replaces the bytes of the edit that was pushed last.
    pub(crate) fn replace_last(&mut self, bytes: &[u8]) {
        if let Some(last) = self.edits.last_mut() {
            self.bytes.truncate(last.start as usize);
            self.bytes.extend_from_slice(bytes);
            last.end = self.bytes.len() as u32;
        }
    }

    /// Forgets all edits; what they held is wiped later.
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.edits.clear();
    }

    /// Makes room for `bytes` more bytes in `edits` more edits.
    pub(crate) fn reserve(&mut self, edits: usize, bytes: usize) {
        self.edits.reserve(edits);
        self.bytes.reserve(bytes);
    }

    /// `text` with the edits made.
    pub(crate) fn splice(&self, text: &[u8]) -> Vec<u8> {
        splice(text, std::slice::from_ref(self))
    }
}

impl Drop for Edits {
    fn drop(&mut self) {
        wipe(&mut self.bytes);
    }
}

/// `text` with all edits of `parts` made. Edits may be in any order; they are sorted by place where they are not.
pub(crate) fn splice(text: &[u8], parts: &[Edits]) -> Vec<u8> {
    splice_with(text, parts, |_, _, _| {})
}

/// Like [`splice`], and tells for each edit, by the numbers of its part and in its part, at which offset of the
/// new text its bytes begin.
pub(crate) fn splice_with(
    text: &[u8],
    parts: &[Edits],
    mut placed: impl FnMut(usize, usize, usize),
) -> Vec<u8> {
    let mut to = Vec::with_capacity(length(text, parts));
    for_each_piece(text, 0, parts, |bytes, edit| {
        if let Some((part, number)) = edit {
            placed(part, number, to.len());
        }
        to.extend_from_slice(bytes);
    });
    to
}

/// Whether `text` with all edits of `parts` made is `expected`, without making it.
pub(crate) fn splices_to(text: &[u8], parts: &[Edits], expected: &[u8]) -> bool {
    let mut left = Some(expected);
    for_each_piece(text, 0, parts, |bytes, _| left = left.and_then(|left| left.strip_prefix(bytes)));
    left.is_some_and(<[u8]>::is_empty)
}

/// Appends what `text` is from `from` on, with `edits` made, to `to`. No edit begins before `from`.
pub(crate) fn splice_rest(text: &[u8], from: usize, edits: &Edits, to: &mut Vec<u8>) {
    for_each_piece(text, from, std::slice::from_ref(edits), |bytes, _| to.extend_from_slice(bytes));
}

/// Shows the pieces of the new text from the offset `from` of the old one on in order, and for those that an edit
/// brings its numbers.
fn for_each_piece(
    text: &[u8],
    from: usize,
    parts: &[Edits],
    mut show: impl FnMut(&[u8], Option<(usize, usize)>),
) {
    let mut all: Vec<(Span, u32, u32)> = Vec::with_capacity(parts.iter().map(Edits::len).sum());
    for (part, edits) in parts.iter().enumerate() {
        all.extend(
            edits.edits.iter().enumerate().map(|(number, edit)| (edit.span, part as u32, number as u32)),
        );
    }
    if !all.is_sorted_by_key(|(span, ..)| span.start) {
        all.sort_by_key(|(span, ..)| span.start);
    }
    let mut at = from;
    for (span, part, number) in all {
        show(&text[at..(span.start as usize).max(at)], None);
        show(parts[part as usize].get(number as usize).1, Some((part as usize, number as usize)));
        at = (span.end as usize).max(at);
    }
    show(&text[at..], None);
}

fn length(text: &[u8], parts: &[Edits]) -> usize {
    let edits = parts.iter().flat_map(Edits::iter);
    edits.fold(text.len(), |length, (span, bytes)| (length + bytes.len()).saturating_sub(span.range().len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_made_by_place_and_equal_places_in_the_order_of_pushing() {
        let mut late = Edits::default();
        late.push(Span::new(4, 6), b"EF");
        late.push(Span::new(2, 2), b"1");
        let mut early = Edits::default();
        early.push(Span::new(0, 1), b"");
        early.push(Span::new(2, 2), b"2");
        let parts = [late, early];
        let mut places = Vec::new();
        let text = splice_with(b"abcdefg", &parts, |part, number, at| places.push((part, number, at)));
        assert_eq!(text, b"b12cdEFg");
        assert_eq!(places, [(1, 0, 0), (0, 1, 1), (1, 1, 2), (0, 0, 5)]);
        assert!(splices_to(b"abcdefg", &parts, b"b12cdEFg"));
        for other in [&b"b12cdEFgh"[..], b"b12cdEF", b"b12cdEF_", b""] {
            assert!(!splices_to(b"abcdefg", &parts, other));
        }
    }
}
