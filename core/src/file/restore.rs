//! From a sealed text and the values of its tokens to the text that was encrypted.

use std::borrow::Cow;
use std::ops::Range;

use crate::document::{DocumentError, Form, Node, Syntax};
use crate::edits::{Edits, splice};
use crate::file::compare::{Expected, same};
use crate::layout;
use crate::parallel;
use crate::secret::{Plaintext, reserve_and_wipe};
use crate::span::Span;
use crate::value::Value;
use crate::walk::Leaves;

/// The value of a token and the text that was inside it.
pub(crate) type Spelled<'a> = (Value<'a>, Cow<'a, [u8]>);

/// The text that was encrypted: each selected leaf of a sealed document gets the value that `value_of` returns for its
/// index among the leaves (`None`: it stays as it is), and the edits `block` take the `sops` block away. The layout
/// field is not looked at. Does `beside` in the meantime, and returns what it gives as well.
pub(crate) fn restore<'a, S: Syntax, T: Send>(
    sealed: &S,
    leaves: &Leaves,
    block: &Edits,
    threads: usize,
    value_of: impl Fn(usize) -> Option<Spelled<'a>> + Sync,
    beside: impl Fn() -> T + Sync,
) -> (T, Result<Plaintext, DocumentError>) {
    enum Done<T> {
        Beside(T),
        Part(Result<Option<Part>, DocumentError>),
    }
    let pieces = parallel::pieces(leaves.leaves.len(), threads);
    let done = parallel::run(pieces.len() + 1, threads, |job| match job {
        0 => Done::Beside(beside()),
        _ => Done::Part(part(sealed, leaves, pieces[job - 1].clone(), &value_of)),
    });
    let mut result = None;
    let mut parts = Vec::with_capacity(pieces.len());
    for done in done {
        match done {
            Done::Beside(value) => result = Some(value),
            Done::Part(part) => parts.push(part),
        }
    }
    let parts = parts.into_iter().collect::<Result<Option<Vec<Part>>, DocumentError>>();
    let text = parts.and_then(|parts| match parts.and_then(|parts| joined(sealed.text(), &parts, block)) {
        Some(text) => Ok(text),
        None => restoring(sealed, leaves, threads, value_of).map(|edits| restored(sealed, &edits)),
    });
    (result.expect("the first job gives it"), text)
}

/// A part of the restored text: some leaves, and what is between them.
#[derive(Default)]
struct Part {
    text: Plaintext,
    /// What it was made from, from the first edit to the last. `None` if there is none.
    from: Option<Span>,
}

/// Restores the leaves in `range`. `None` if the edits do not come in order.
fn part<'a, S: Syntax>(
    sealed: &S,
    leaves: &Leaves,
    range: Range<usize>,
    value_of: &impl Fn(usize) -> Option<Spelled<'a>>,
) -> Result<Option<Part>, DocumentError> {
    let mut part = Part::default();
    let mut edits = Edits::default();
    let mut selected = range.filter(|index| leaves.leaves[*index].selected).peekable();
    if let Some(first) = selected.peek() {
        // A value is shorter than a quarter of its token, most often.
        let start = sealed.nodes()[leaves.leaves[*first].node as usize].span.start as usize;
        let share = (sealed.text().len() - start) / leaves.leaves.len().max(1);
        part.text.buffer().reserve(share * selected.size_hint().1.unwrap_or(0) / 4);
    }
    for index in selected {
        let Some((value, spelling)) = value_of(index) else { continue };
        let node = leaves.leaves[index].node as usize;
        let verbatim = sealed.verbatim(node, &value);
        edits.clear();
        if verbatim.is_none() {
            sealed.place_value(node, &value, &spelling, &mut edits)?;
        }
        for (span, bytes) in verbatim.into_iter().chain(edits.iter()) {
            let from = part.from.get_or_insert(Span::empty(span.start as usize));
            let Some(kept) = sealed.text().get(from.end as usize..span.start as usize) else {
                return Ok(None);
            };
            from.end = span.end;
            let text = part.text.buffer();
            reserve_and_wipe(text, kept.len() + bytes.len());
            text.extend_from_slice(kept);
            text.extend_from_slice(bytes);
        }
    }
    Ok(Some(part))
}

/// All parts in one text. `None` if one is in the way of another, or of the block.
fn joined(sealed: &[u8], parts: &[Part], block: &Edits) -> Option<Plaintext> {
    let written = parts.iter().filter_map(|part| Some((part.from?, part.text.as_bytes())));
    let mut edits: Vec<(Span, &[u8])> = written.chain(block.iter()).collect();
    edits.sort_by_key(|(span, _)| span.start);
    let removed: usize = edits.iter().map(|(span, _)| span.range().len()).sum();
    let added: usize = edits.iter().map(|(_, bytes)| bytes.len()).sum();
    let mut text = Plaintext::default();
    text.buffer().reserve_exact((sealed.len() + added).checked_sub(removed)?);
    let mut at = 0;
    for (span, bytes) in edits {
        text.buffer().extend_from_slice(sealed.get(at..span.start as usize)?);
        text.buffer().extend_from_slice(bytes);
        at = span.end as usize;
    }
    text.buffer().extend_from_slice(sealed.get(at..)?);
    Some(text)
}

/// The edits that turn a sealed document into the text that was encrypted: each selected leaf gets the value that
/// `value_of` returns for its index among the leaves (`None`: it stays as it is), and the `sops` block goes. The
/// layout field is not looked at.
pub(crate) fn restoring<'a, S: Syntax>(
    sealed: &S,
    leaves: &Leaves,
    threads: usize,
    value_of: impl Fn(usize) -> Option<Spelled<'a>> + Sync,
) -> Result<Vec<Edits>, DocumentError> {
    let pieces = parallel::pieces(leaves.leaves.len(), threads);
    let parts = parallel::run(pieces.len(), threads, |piece| {
        let mut edits = Edits::default();
        for index in pieces[piece].clone() {
            let leaf = &leaves.leaves[index];
            if leaf.selected
                && let Some((value, spelling)) = value_of(index)
            {
                sealed.place_value(leaf.node as usize, &value, &spelling, &mut edits)?;
            }
        }
        Ok(edits)
    });
    let mut parts = parts.into_iter().collect::<Result<Vec<Edits>, DocumentError>>()?;
    let mut block = Edits::default();
    sealed.remove_block(&mut block);
    parts.push(block);
    Ok(parts)
}

/// The text that the edits of [`restoring`] give.
pub(crate) fn restored<S: Syntax>(sealed: &S, edits: &[Edits]) -> Plaintext {
    Plaintext::new(splice(sealed.text(), edits))
}

/// Repairs `restored` with an encoded layout and returns the bytes of the file. `None` if the layout does not
/// belong to that text, or if the result does not read back to the values of the tokens.
pub(crate) fn repair<'a, S: Syntax>(
    sealed: &'a S,
    leaves: &Leaves,
    restored: &[u8],
    encoded: &[u8],
    value_of: impl Fn(usize) -> Option<Spelled<'a>>,
) -> Option<Plaintext> {
    let (text, encoding) = layout::apply(encoded, restored)?;
    let mut bytes = layout::file_bytes(&text, encoding);
    let again = S::read(Cow::Borrowed(&bytes), Form::Plain).ok()?;
    let mut by_node = vec![u32::MAX; sealed.nodes().len()];
    for (index, leaf) in leaves.leaves.iter().enumerate().filter(|(_, leaf)| leaf.selected) {
        by_node[leaf.node as usize] = index as u32;
    }
    let expected = |node: usize, shown: &'a Node| {
        let spelled = match by_node[node] {
            u32::MAX => None,
            index => value_of(index as usize),
        };
        Expected::Value(spelled.map_or_else(|| sealed.value(shown), |(value, _)| value))
    };
    same(sealed, &again, expected).ok()?;
    Some(Plaintext::new(std::mem::take(&mut *bytes)))
}
