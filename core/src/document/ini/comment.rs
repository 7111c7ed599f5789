//! Comments, which to sops are one text each, however many lines they have.
//!
//! The token of a comment stands behind the characters that sops takes off, so that these stay. If the lines do
//! not follow each other directly, those behind the first keep only their character, as a sign that there was a
//! line: sops ignores what stands behind a token.
//!
//! Lines that hold nothing but the character, in front of the first that holds something, are not part of the
//! text that is encrypted: sops cannot write a comment with an empty first line and would crash. The line behind
//! them keeps all that is taken off, and one character more to show where that ends.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::scan::{begins_comment, comment_prefix, is_bare, trim_start};
use super::{Ini, token_of};
use crate::document::{Form, Node};
use crate::edits::Edits;
use crate::span::Span;

/// The lines of a comment.
pub(super) struct Lines<'a> {
    text: &'a [u8],
    pieces: &'a [Span],
    /// How many of them stand above the key, if one stands behind its value.
    above: usize,
}

impl Ini {
    /// The lines of the comment `node`.
    pub(super) fn comment_lines(&self, node: &Node) -> Lines<'_> {
        let comment = self.parsed.comments[node.detail as usize];
        let pieces = &self.parsed.pieces[comment.first as usize..comment.end as usize];
        let above = pieces.len() - usize::from(comment.behind_value && pieces.len() > 1);
        Lines { text: &self.text, pieces, above }
    }

    /// The text of the comment `node`.
    pub(super) fn comment(&self, node: &Node) -> Cow<'_, [u8]> {
        let lines = self.comment_lines(node);
        if self.text.form() == Form::Sealed
            && let Some(token) = token_of(lines.behind_prefix(0))
            && lines.are_bare_from(1)
        {
            return Cow::Borrowed(token);
        }
        lines.value()
    }

    /// Puts a token in the place of the comment `node`.
    pub(super) fn place_comment_token(&self, node: &Node, token: &[u8], edits: &mut Edits) {
        let lines = self.comment_lines(node);
        if lines.follow_directly(0) && lines.skipped() == 0 {
            edits.push(lines.span(lines.pieces.len()), token);
            return;
        }
        let skipped = lines.skipped();
        lines.replace(edits, |index, line, to| {
            if index == 0 {
                to.extend_from_slice(token);
            } else {
                let kept = match index.cmp(&skipped) {
                    Ordering::Less => line.len(),
                    Ordering::Equal => comment_prefix(line),
                    Ordering::Greater => 0,
                };
                to.extend_from_slice(&line[..kept]);
                if index >= skipped {
                    to.push(line[0]);
                }
            }
            if index + 1 < lines.pieces.len() && line.ends_with(b"\r") {
                to.push(b'\r');
            }
        });
    }

    /// Puts the text of a comment in the place of its token in the comment `node`.
    pub(super) fn place_comment(&self, node: &Node, text: &[u8], edits: &mut Edits) {
        let lines = self.comment_lines(node);
        let count = lines.pieces.len();
        let parts: Vec<&[u8]> = text.split(|byte| *byte == b'\n').collect();
        if count == 1 || parts.len() > count || !lines.are_bare_from(1) {
            // As sops wrote it: one line for all. What stands in lines of its own is somebody's and stays.
            let line = lines.line(0);
            let mut span = lines.span(1);
            // A text that begins like the prefix would lose that; the other character does not take it off.
            let is_ambiguous = text.first() == line.first();
            if is_ambiguous {
                span.start = lines.pieces[0].start;
            }
            edits.push_with(span, |to| {
                if is_ambiguous {
                    let other = if line[0] == b';' { b'#' } else { b';' };
                    let prefix = line[..comment_prefix(line)].iter();
                    to.extend(prefix.map(|byte| if *byte == line[0] { other } else { *byte }));
                }
                for (index, part) in parts.iter().enumerate() {
                    if index > 0 {
                        to.push(b'\n');
                        write_line(part, to);
                    } else {
                        to.extend_from_slice(part);
                    }
                }
            });
            return;
        }
        let skipped = count - parts.len();
        lines.replace(edits, |index, line, to| match index.checked_sub(skipped) {
            None if index == 0 => {}
            None => to.extend_from_slice(line),
            Some(0) => {
                if index > 0 {
                    // All but the character that was put behind the prefix.
                    to.extend_from_slice(&line[..comment_prefix(line) - 1]);
                }
                to.extend_from_slice(parts[0]);
            }
            Some(part) => write_line(parts[part], to),
        });
    }
}

impl<'a> Lines<'a> {
    /// Where the lines are.
    pub(super) fn pieces(&self) -> &'a [Span] {
        self.pieces
    }

    /// How many lines at the beginning hold nothing while a later one does, or is the last.
    pub(super) fn skipped(&self) -> usize {
        let last = self.pieces.len() - 1;
        self.pieces[..last].iter().take_while(|piece| is_bare(piece.of(self.text))).count()
    }

    /// The text of the comment.
    pub(super) fn value(&self) -> Cow<'a, [u8]> {
        let skipped = self.skipped();
        let first = self.behind_prefix(skipped);
        if skipped + 1 == self.pieces.len() {
            return Cow::Borrowed(first);
        }
        let last = self.pieces[self.pieces.len() - 1];
        if self.follow_directly(skipped) {
            let end = last.end as usize;
            let start = self.pieces[skipped].end as usize - first.len();
            return Cow::Borrowed(&self.text[start..end]);
        }
        let mut value = first.to_vec();
        for piece in &self.pieces[skipped + 1..] {
            value.push(b'\n');
            value.extend_from_slice(piece.of(self.text));
        }
        Cow::Owned(value)
    }

    /// The text that sops makes of the comment, if that is another: with the empty lines that it begins with.
    pub(super) fn value_to_sops(&self) -> Option<Vec<u8>> {
        if self.skipped() == 0 {
            return None;
        }
        let mut value = self.behind_prefix(0).to_vec();
        for piece in &self.pieces[1..] {
            value.push(b'\n');
            value.extend_from_slice(piece.of(self.text));
        }
        Some(value)
    }

    /// The first `count` lines, all but what sops takes off the first one.
    fn span(&self, count: usize) -> Span {
        let first = self.pieces[0];
        let prefix = comment_prefix(first.of(self.text)) as u32;
        Span { start: first.start + prefix, end: self.pieces[count - 1].end }
    }

    /// Replaces each line by what `write` appends for its index and bytes; of the first one only what is
    /// behind its prefix. What is between the lines stays.
    fn replace(&self, edits: &mut Edits, write: impl Fn(usize, &[u8], &mut Vec<u8>)) {
        edits.push_with(self.span(self.above), |to| {
            for index in 0..self.above {
                if index > 0 {
                    to.extend_from_slice(self.gap(index));
                }
                write(index, self.line(index), to);
            }
        });
        for index in self.above..self.pieces.len() {
            edits.push_with(self.pieces[index], |to| write(index, self.line(index), to));
        }
    }

    fn line(&self, index: usize) -> &'a [u8] {
        self.pieces[index].of(self.text)
    }

    /// The line without what sops takes off the first one.
    fn behind_prefix(&self, index: usize) -> &'a [u8] {
        let line = self.line(index);
        &line[comment_prefix(line)..]
    }

    /// What is between a line and the one before it.
    fn gap(&self, index: usize) -> &'a [u8] {
        &self.text[self.pieces[index - 1].end as usize..self.pieces[index].start as usize]
    }

    /// Whether the lines from `first` on are neighbours without indentation.
    fn follow_directly(&self, first: usize) -> bool {
        (first + 1..self.pieces.len()).all(|index| self.gap(index) == b"\n")
    }

    /// Whether the lines from `first` on hold nothing.
    fn are_bare_from(&self, first: usize) -> bool {
        self.pieces[first..].iter().all(|piece| {
            let line = piece.of(self.text);
            is_bare(line.strip_suffix(b"\r").unwrap_or(line))
        })
    }
}

/// Appends a line of a comment behind its first, as a comment even if it does not look like one.
fn write_line(line: &[u8], to: &mut Vec<u8>) {
    if !trim_start(line).first().is_some_and(|byte| begins_comment(*byte)) {
        to.extend_from_slice(b"; ");
    }
    to.extend_from_slice(line);
}
