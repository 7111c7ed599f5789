//! The proof that every encrypted text passes before it is given out: it is read again as a decryption would, and
//! compared with what was encrypted.

use std::ops::Range;

use crate::document::{Node, Syntax};
use crate::edits::Edits;
use crate::file::compare::{Difference, Expected, same, same_range, same_shape};
use crate::file::error::EncryptError;
use crate::file::outline::{Outline, Region};
use crate::file::plain::{Plain, is_empty};
use crate::file::tokens::Placed;
use crate::metadata::Metadata;
use crate::parallel;
use crate::path::describe;
use crate::select::{Mode, SelectionError, Selector};
use crate::span::Span;
use crate::walk::{Leaf, Seen, Visitor, walk_with};

/// A clear text, and what it became.
pub(crate) struct Proof<'a, S> {
    /// The clear text.
    pub(crate) plain: &'a Plain<S>,
    /// The sealed text, read again.
    pub(crate) sealed: &'a S,
    /// Where the tokens are in it.
    pub(crate) placed: &'a [Placed],
    /// What its block says.
    pub(crate) metadata: &'a Metadata,
    /// How many threads may work.
    pub(crate) threads: usize,
}

/// What a part of the proof found.
enum Found {
    Same(Result<(), Difference>),
    Selection(Result<Option<Difference>, SelectionError>),
    Metadata(Result<(), EncryptError>),
    Restored(bool),
}

impl<S: Syntax> Proof<'_, S> {
    /// Compares nodes, clear values, tokens, selection and metadata. With the outline of the sealed text, also
    /// tells whether decryption gives the clear text again byte for byte; `false` if that is not certain.
    ///
    /// # Errors
    /// The sealed text says something else.
    pub(crate) fn check(&self, outline: Option<&Outline>) -> Result<bool, EncryptError> {
        let plain = &self.plain.document;
        let fail = |(index, what)| EncryptError::WouldNotReadBack { path: describe(plain, index), what };
        if !same_shape(plain, self.sealed) {
            let expected = |node: usize, shown| self.expected(node, shown, self.token(node));
            return Err(
                same(plain, self.sealed, expected).map_or_else(fail, |()| fail((0, "the structure differs")))
            );
        }
        let ranges = parallel::pieces(plain.nodes().len(), self.threads);
        let mut block = Edits::default();
        self.sealed.remove_block(&mut block);
        let regions = outline.map_or(&[][..], |outline| &outline.regions);
        let count = 3 + ranges.len() + regions.len();
        let found = parallel::run(count, self.threads, |job| match job {
            0 => Found::Selection(self.selection()),
            1 => Found::Metadata(check_block(self.sealed, self.metadata)),
            2 => Found::Restored(outline.is_some_and(|outline| self.restores_end(outline, &block))),
            _ => match ranges.get(job - 3) {
                Some(range) => Found::Same(self.same(range.clone())),
                None => {
                    Found::Restored(self.restores(&regions[job - 3 - ranges.len()], &block).unwrap_or(false))
                }
            },
        });
        let (mut first, mut selection, mut metadata, mut restored) = (None, None, Ok(()), true);
        for found in found {
            match found {
                Found::Same(result) => first = first.or(result.err()),
                Found::Selection(result) => selection = result?,
                Found::Metadata(result) => metadata = result,
                Found::Restored(fits) => restored &= fits,
            }
        }
        if let Some(difference) = first {
            return Err(fail(difference));
        }
        metadata?;
        selection.map_or(Ok(restored), |difference| Err(fail(difference)))
    }

    /// The token of a node.
    fn token(&self, node: usize) -> Option<&Placed> {
        let index = self.placed.binary_search_by_key(&(node as u32), |placed| placed.node).ok()?;
        self.placed.get(index)
    }

    fn expected<'s>(&'s self, _node: usize, shown: &'s Node, token: Option<&Placed>) -> Expected<'s> {
        match token {
            None => Expected::Value(self.plain.document.value(shown)),
            Some(token) => {
                Expected::Token(&self.sealed.text()[token.start as usize..][..token.length as usize])
            }
        }
    }

    fn same(&self, range: Range<usize>) -> Result<(), Difference> {
        let mut left =
            &self.placed[self.placed.partition_point(|placed| (placed.node as usize) < range.start)..];
        same_range(&self.plain.document, self.sealed, range, |node, shown| match left.split_first() {
            Some((token, rest)) if token.node as usize == node => {
                left = rest;
                self.expected(node, shown, Some(token))
            }
            _ => self.expected(node, shown, None),
        })
    }

    /// The first leaf that a decryption would select and the encryption did not, or the other way round.
    fn selection(&self) -> Result<Option<Difference>, SelectionError> {
        let mut selector = Selector::new(&self.metadata.selection, Mode::Decrypt)?;
        let clear = self.plain.leaves.leaves.iter();
        let mut comparison = Comparison { document: &self.plain.document, clear, different: None };
        walk_with(self.sealed, &mut selector, &mut comparison);
        Ok(comparison.different.map(|node| (node as usize, "the rules would select something else")))
    }

    /// Whether decryption turns a region of the sealed text into the clear text that it was made from. `None`
    /// where it cannot be told from the region alone.
    fn restores(&self, region: &Region, block: &Edits) -> Option<bool> {
        let sealed = self.sealed.text();
        let mut clear = &self.plain.untouched()?[region.clear.clone()];
        let mut at = region.sealed.start;
        let mut step = |span: Span, bytes: &[u8]| -> Option<()> {
            let kept = sealed.get(at..span.start as usize)?;
            clear = clear.strip_prefix(kept)?.strip_prefix(bytes)?;
            at = span.end as usize;
            Some(())
        };
        let inside = |span: Span| region.sealed.contains(&(span.start as usize));
        let mut removed = block.iter().filter(|(span, _)| inside(*span)).peekable();
        let mut edits = Edits::default();
        for leaf in self.plain.leaves.leaves[region.leaves.clone()].iter().filter(|leaf| leaf.selected) {
            let Some((value, spelling)) = self.plain.spelled(leaf) else { continue };
            let node = leaf.node as usize;
            let verbatim = self.sealed.verbatim(node, &value);
            edits.clear();
            if verbatim.is_none() {
                self.sealed.place_value(node, &value, &spelling, &mut edits).ok()?;
            }
            for (span, bytes) in verbatim.into_iter().chain(edits.iter()) {
                while let Some((span, bytes)) = removed.next_if(|(other, _)| other.start < span.start) {
                    step(span, bytes)?;
                }
                step(span, bytes)?;
            }
        }
        for (span, bytes) in removed {
            step(span, bytes)?;
        }
        Some(clear == sealed.get(at..region.sealed.end)?)
    }

    /// The same for what is behind the last token.
    fn restores_end(&self, outline: &Outline, block: &Edits) -> bool {
        let (clear, sealed) = outline.end();
        let Some(source) = self.plain.untouched() else { return false };
        let mut at = sealed;
        let mut left = source.get(clear..);
        for (span, bytes) in block.iter().filter(|(span, _)| span.start as usize >= sealed) {
            let kept = self.sealed.text().get(at..span.start as usize);
            left = left.zip(kept).and_then(|(left, kept)| left.strip_prefix(kept)?.strip_prefix(bytes));
            at = span.end as usize;
        }
        left.is_some() && left == self.sealed.text().get(at..)
    }
}

/// Compares the leaves that a walk comes to with those of the clear text.
struct Comparison<'a, S> {
    document: &'a S,
    /// Those that are left.
    clear: std::slice::Iter<'a, Leaf>,
    /// The node of the first one that is not in the same place, or not selected in the same way.
    different: Option<u32>,
}

impl<S: Syntax> Visitor for Comparison<'_, S> {
    fn leaf(&mut self, sealed: Seen) {
        if let Some(clear) = self.clear.next()
            && (clear.node, clear.selected) != (sealed.node, sealed.selected)
            && !is_empty(self.document, clear)
        {
            self.different.get_or_insert(clear.node);
        }
    }
}

/// The block of a sealed text must say what `metadata` says. In flat formats everything is read as text, so the
/// meaning is compared and not the raw values.
///
/// # Errors
/// It says something else.
pub(crate) fn check_block<S: Syntax>(sealed: &S, metadata: &Metadata) -> Result<(), EncryptError> {
    let read = sealed.block().ok().flatten().and_then(|raw| Metadata::from_raw(&raw).ok());
    if read.is_some_and(|read| read == *metadata) {
        return Ok(());
    }
    Err(EncryptError::WouldNotReadBack { path: "sops".to_owned(), what: "the metadata differs" })
}
