//! Which comments the next node gets.

use std::collections::VecDeque;

use super::scanner::{Comment, CommentKind, Token, TokenKind};
use super::tree::Comments;
use crate::span::Span;

/// A range of lines of comments.
type Lines = (u32, u32);

/// Comments that stand before, at or behind a token that has been read, and have no node yet.
#[derive(Default)]
pub(super) struct Attach {
    head: Vec<Lines>,
    line: Vec<Lines>,
    foot: Vec<Lines>,
    /// What stood above the dash of an entry that is a block collection itself.
    stem: Vec<Lines>,
}

impl Attach {
    /// Whether the next node gets no comment.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.head.is_empty() && self.line.is_empty() && self.foot.is_empty() && self.stem.is_empty()
    }

    /// Takes those of `comments` that count for `token`, in order. The end of a block collection has nothing
    /// above it, so that a comment there, and all behind, wait for the next token.
    pub(super) fn collect(&mut self, comments: &mut VecDeque<Comment>, token: Token) {
        while let Some(&comment) = comments.front() {
            if token.start < comment.token {
                break;
            }
            match comment.kind {
                CommentKind::Head if token.kind == TokenKind::BlockEnd => break,
                CommentKind::Head => self.head.push(comment.lines),
                CommentKind::Line => self.line.push(comment.lines),
                CommentKind::Foot => self.foot.push(comment.lines),
            }
            comments.pop_front();
        }
    }

    /// The comments for the node that is made now.
    #[inline]
    pub(super) fn take(&mut self, lines: &mut Vec<Span>) -> Comments {
        if self.is_empty() {
            return Comments::default();
        }
        self.stem.clear();
        Comments {
            head: join(self.head.drain(..), lines),
            line: join(self.line.drain(..), lines),
            foot: join(self.foot.drain(..), lines),
        }
    }

    /// How many comments wait to be a head.
    pub(super) fn heads(&self) -> usize {
        self.head.len()
    }

    /// Puts the first `count` comments that wait to be a head aside, as those of a nested block collection.
    pub(super) fn split_stem(&mut self, count: usize) {
        self.stem.clear();
        self.stem.extend(self.head.drain(..count));
    }

    /// What was put aside.
    pub(super) fn take_stem(&mut self, lines: &mut Vec<Span>) -> Lines {
        join(self.stem.drain(..), lines)
    }

    /// Takes the comments above the first node that belong to the document: those above the last empty line.
    /// `gaps` tells behind which lines there is one.
    pub(super) fn split_document_head(&mut self, gaps: &[bool]) -> Vec<Lines> {
        for (index, &(start, end)) in self.head.iter().enumerate().rev() {
            let Some(last) = (start..end).rev().find(|&line| gaps[line as usize]) else { continue };
            let mut head: Vec<_> = self.head.drain(..=index).collect();
            head[index].1 = last + 1;
            if last + 1 < end {
                self.head.insert(0, (last + 1, end));
            }
            return head;
        }
        Vec::new()
    }
}

/// One range of `lines` that holds what `parts` hold: itself, or a copy at the end.
pub(super) fn join(parts: impl IntoIterator<Item = Lines>, lines: &mut Vec<Span>) -> Lines {
    let mut parts = parts.into_iter();
    let Some(mut joined) = parts.next() else { return (0, 0) };
    for part in parts {
        if part.0 != joined.1 {
            if joined.1 as usize != lines.len() {
                let start = lines.len() as u32;
                lines.extend_from_within(joined.0 as usize..joined.1 as usize);
                joined = (start, lines.len() as u32);
            }
            lines.extend_from_within(part.0 as usize..part.1 as usize);
            joined.1 = lines.len() as u32;
        } else {
            joined.1 = part.1;
        }
    }
    joined
}
