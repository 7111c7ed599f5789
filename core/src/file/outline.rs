//! Tokens written straight to where they stand in the sealed text, by several threads.
//!
//! How long a token is follows from its value. Where each of them takes the place of one span, and these follow one
//! another, the place of everything is known before anything is encrypted.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use crate::cipher::token_length;
use crate::document::Syntax;
use crate::file::error::EncryptError;
use crate::file::plain::Plain;
use crate::file::tokens::{Placed, Work};
use crate::parallel;
use crate::random::NONCE;

/// What a sealed text will look like up to its last token.
pub(crate) struct Outline {
    /// Its parts, in order and without gaps.
    pub(crate) regions: Vec<Region>,
}

/// A part of a sealed text: some leaves, with the clear text in front of each.
pub(crate) struct Region {
    /// The leaves.
    pub(crate) leaves: Range<usize>,
    /// The number of their first nonce.
    first_nonce: usize,
    /// What it comes from, in the clear text.
    pub(crate) clear: Range<usize>,
    /// Where it is in the sealed text.
    pub(crate) sealed: Range<usize>,
}

/// What some leaves take.
#[derive(Default)]
struct Extent {
    /// How many of them are selected, with or without a token.
    nonces: usize,
    /// From the beginning of the first span that is replaced to the end of the last one. `None` if there is none.
    spans: Option<Range<usize>>,
    /// How many bytes come to it.
    more: isize,
}

impl Outline {
    /// The outline of `plain` in its sealed form. `None` where a token is more than one edit, or out of order.
    pub(crate) fn of<S: Syntax>(plain: &Plain<S>, threads: usize) -> Option<Self> {
        let pieces = parallel::pieces(plain.leaves.leaves.len(), threads);
        let extents = parallel::run(pieces.len(), threads, |piece| extent(plain, pieces[piece].clone()));
        let mut regions = Vec::with_capacity(pieces.len());
        let (mut nonces, mut clear, mut sealed) = (0, 0, 0);
        for (leaves, extent) in pieces.into_iter().zip(extents) {
            let extent = extent?;
            if let Some(spans) = extent.spans {
                if spans.start < clear {
                    return None;
                }
                let end = (sealed + spans.end - clear).checked_add_signed(extent.more)?;
                regions.push(Region {
                    leaves,
                    first_nonce: nonces,
                    clear: clear..spans.end,
                    sealed: sealed..end,
                });
                (clear, sealed) = (spans.end, end);
            }
            nonces += extent.nonces;
        }
        (sealed <= i32::MAX as usize).then_some(Self { regions })
    }

    /// Where the last token ends, in the clear text and in the sealed one.
    pub(crate) fn end(&self) -> (usize, usize) {
        self.regions.last().map_or((0, 0), |region| (region.clear.end, region.sealed.end))
    }

    /// Writes all regions into `text`, and does `beside` in the meantime. Returns what it gives, and the places of
    /// the tokens in order.
    pub(crate) fn write<S: Syntax, T: Send>(
        &self,
        work: &Work<'_, S>,
        nonces: &[u8],
        mut text: &mut [u8],
        threads: usize,
        beside: impl Fn() -> T + Sync,
    ) -> Result<(T, Vec<Placed>), EncryptError> {
        let mut rooms = Vec::with_capacity(self.regions.len());
        for region in &self.regions {
            let (room, rest) = text.split_at_mut(region.sealed.len());
            rooms.push(Mutex::new(room));
            text = rest;
        }
        enum Done<T> {
            Beside(T),
            Tokens(Result<Vec<Placed>, EncryptError>),
        }
        // What is done beside is one long chain, so it is begun first and the tokens fill the other threads.
        let done = parallel::run(self.regions.len() + 1, threads, |job| match job {
            0 => Done::Beside(beside()),
            _ => {
                let region = &self.regions[job - 1];
                let mut room = rooms[job - 1].lock().unwrap_or_else(PoisonError::into_inner);
                Done::Tokens(work.write(region, &nonces[region.first_nonce * NONCE..], &mut room))
            }
        });
        let (mut result, mut placed) = (None, Vec::new());
        for done in done {
            match done {
                Done::Beside(value) => result = Some(value),
                Done::Tokens(tokens) if placed.is_empty() => placed = tokens?,
                Done::Tokens(tokens) => placed.extend(tokens?),
            }
        }
        Ok((result.expect("the first job gives it"), placed))
    }
}

fn extent<S: Syntax>(plain: &Plain<S>, range: Range<usize>) -> Option<Extent> {
    let mut extent = Extent::default();
    for leaf in plain.leaves.leaves[range].iter().filter(|leaf| leaf.selected) {
        extent.nonces += 1;
        let Some((value, spelling)) = plain.spelled(leaf) else { continue };
        let frame = plain.document.frame(leaf.node as usize)?;
        let span = frame.span.range();
        let length = token_length(spelling.len(), value.tag()?) + frame.before.len() + frame.after.len();
        extent.more += length as isize - span.len() as isize;
        let start = extent.spans.as_ref().map_or(span.start, |spans| spans.start);
        if extent.spans.is_some_and(|spans| span.start < spans.end) {
            return None;
        }
        extent.spans = Some(start..span.end);
    }
    Some(extent)
}

impl<S: Syntax> Work<'_, S> {
    /// Writes a region into `room`, which has its size. `nonces` are those of its leaves.
    fn write(&self, region: &Region, nonces: &[u8], room: &mut [u8]) -> Result<Vec<Placed>, EncryptError> {
        let plain = self.plain;
        let text = plain.document.text();
        let mut nonces = nonces.chunks_exact(NONCE);
        let mut placed = Vec::with_capacity(region.leaves.len());
        let (mut from, mut to) = (region.clear.start, 0);
        let put = |room: &mut [u8], to: &mut usize, bytes: &[u8]| {
            room[*to..*to + bytes.len()].copy_from_slice(bytes);
            *to += bytes.len();
        };
        for leaf in plain.leaves.leaves[region.leaves.clone()].iter().filter(|leaf| leaf.selected) {
            let nonce = nonces.next().expect("there is a nonce for each selected leaf");
            let Some((value, spelling)) = plain.spelled(leaf) else { continue };
            let frame = plain.document.frame(leaf.node as usize).expect("the outline was made from it");
            put(room, &mut to, &text[from..frame.span.start as usize]);
            put(room, &mut to, frame.before);
            let tag = value.tag().expect("only null has no tag");
            let start = to;
            to += token_length(spelling.len(), tag);
            let nonce = nonce.first_chunk().expect("chunks have this length");
            self.cipher.write_token(&spelling, plain.leaves.aad(leaf), nonce, tag, &mut room[start..to]);
            if leaf.comment {
                self.check_comment(leaf.node as usize, &room[start..to])?;
            }
            placed.push(Placed {
                node: leaf.node,
                start: (region.sealed.start + start) as u32,
                length: (to - start) as u32,
            });
            put(room, &mut to, frame.after);
            from = frame.span.end as usize;
        }
        debug_assert_eq!(to, room.len(), "the outline said how long it is");
        Ok(placed)
    }
}
