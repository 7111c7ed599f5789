//! Comments: which are found, and after which place of the text they count.
//!
//! A comment behind something on its line is a *line* comment. Lines of comments before something are its
//! *head*. A part of them is a *foot* of what comes before: if an empty line follows directly below it, if
//! it stands at another indentation than what comes, or if it is the last thing in a flow collection.

use std::collections::{HashMap, VecDeque};

use super::{Mark, Scanner, TokenKind};
use crate::span::Span;
use crate::yaml::chars::{blank, break_width, byte, continuations, is_break, is_break_or_end};

/// How many blanks and empty lines are looked through for a comment.
const FARTHEST: usize = 512;

/// Which side of something a comment is on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::yaml) enum CommentKind {
    /// Above.
    Head,
    /// Behind.
    Line,
    /// Below.
    Foot,
}

/// A comment that has not been given to a token yet.
#[derive(Clone, Copy, Debug)]
pub(in crate::yaml) struct Comment {
    /// Its side.
    pub(in crate::yaml) kind: CommentKind,
    /// It is given to the first token read that begins here or later.
    pub(in crate::yaml) token: u32,
    /// Range of [`Scanner::comment_lines`].
    pub(in crate::yaml) lines: (u32, u32),
    /// Where its first `#` is.
    start: u32,
    line: i64,
    /// The column of its first `#`, counted from one; of a line comment not used.
    column: i64,
    /// Where the search that found it began.
    scan: i64,
    /// Where that search was when it ended this comment.
    end: i64,
}

/// The comments, counted from the back of the queue, that follow each other without anything between.
pub(super) struct Chain {
    first: usize,
    /// For long ones: the earliest comment at each column.
    columns: Option<HashMap<i64, u32>>,
}

impl Chain {
    /// The offset of the earliest comment of the chain that is at `column`, counted from one.
    pub(super) fn earliest(&self, comments: &VecDeque<Comment>, column: i64) -> Option<usize> {
        let start = match &self.columns {
            Some(columns) => columns.get(&column).copied(),
            None => {
                comments.range(self.first..).find(|comment| comment.column == column).map(|found| found.start)
            }
        };
        start.map(|start| start as usize)
    }
}

impl Scanner<'_> {
    /// The comments at the end of the queue that were found from `from` on.
    pub(super) fn comment_chain(&self, from: usize) -> Chain {
        // One character before.
        let mut stop = from as i64 - 1;
        while stop > 0 && byte(self.text, stop as usize) & 0xC0 == 0x80 {
            stop -= 1;
        }
        let mut first = self.comments.len();
        while let Some(comment) = first.checked_sub(1).map(|last| &self.comments[last]) {
            if comment.kind == CommentKind::Line || comment.end < stop {
                break;
            }
            stop = comment.scan;
            first -= 1;
        }
        let long = self.comments.len() - first > 8;
        let columns = long.then(|| {
            self.comments.range(first..).rev().map(|comment| (comment.column, comment.start)).collect()
        });
        Chain { first, columns }
    }

    /// Steps over blanks, comments and line breaks.
    pub(super) fn skip_to_token(&mut self) {
        let from = self.mark();
        loop {
            while self.byte(0) == b' '
                || (self.byte(0) == b'\t' && (self.flow_level > 0 || !self.simple_key_allowed))
            {
                self.at += 1;
            }
            if !self.comments.is_empty() {
                self.lift_line_comment();
            }
            if self.byte(0) == b'#' {
                self.scan_comments(from);
            }
            let width = break_width(self.text, self.at);
            if width == 0 {
                break;
            }
            self.skip_break(width);
            if self.flow_level == 0 {
                self.simple_key_allowed = true;
            }
        }
    }

    /// Makes a line comment that stands before the first dash of a nested sequence a head comment.
    fn lift_line_comment(&mut self) {
        let count = self.tokens.len();
        if count < 2
            || self.tokens[count - 2].kind != TokenKind::BlockSequenceStart
            || self.tokens[count - 1].kind != TokenKind::BlockEntry
            || is_break(self.text, self.at)
        {
            return;
        }
        let (offset, line) = (self.at as u32, self.line);
        if let Some(comment) = self.comments.back_mut().filter(|last| last.kind == CommentKind::Line) {
            comment.kind = CommentKind::Head;
            if comment.line == line - 1 {
                comment.token = offset;
            }
        }
    }

    /// Looks for a comment behind the token just fetched, on the same line; it counts from `token` on.
    #[inline]
    pub(super) fn scan_line_comment(&mut self, token: usize) {
        if self.newlines > 0 {
            return;
        }
        let mut ahead = 0;
        while ahead < FARTHEST && blank(self.byte(ahead)) {
            ahead += 1;
        }
        if ahead == FARTHEST || self.byte(ahead) != b'#' {
            return;
        }
        let first = self.comment_lines.len() as u32;
        let start = self.at + ahead;
        self.at = start;
        self.take_comment_line();
        self.comments.push_back(Comment {
            kind: CommentKind::Line,
            token: token as u32,
            lines: (first, first + 1),
            start: start as u32,
            line: self.line,
            column: 0,
            scan: 0,
            end: 0,
        });
    }

    /// Takes the comment that begins here up to the end of its line.
    fn take_comment_line(&mut self) {
        let start = self.at;
        self.at = self.line_end(start);
        self.newlines = 0;
        if self.at == self.text.len() {
            // No break follows that would begin another line.
            self.line_start += continuations(&self.text[start..]);
        }
        self.comment_lines.push(Span::new(start, self.at));
        self.gaps.push(false);
    }

    /// Where the line that `from` is in ends, its break not included.
    #[inline]
    pub(super) fn line_end(&self, from: usize) -> usize {
        let rest = &self.text[from..];
        let length = if self.breaks.wide {
            (0..rest.len()).find(|&at| is_break(rest, at))
        } else if self.breaks.cr {
            memchr::memchr2(b'\n', b'\r', rest)
        } else {
            memchr::memchr(b'\n', rest)
        };
        from + length.unwrap_or(rest.len())
    }

    /// Takes the lines of comments ahead, up to the next token or to far more blanks than usual. `from` is
    /// where the search for the next token began.
    fn scan_comments(&mut self, from: Mark) {
        let count = self.tokens.len();
        let mut last = self.tokens[count - 1];
        if last.kind == TokenKind::FlowEntry && count > 1 {
            last = self.tokens[count - 2];
        }
        let mut comment = Pending {
            scan: from.offset,
            token: last.start as usize,
            first: self.comment_lines.len(),
            start: Mark::default(),
        };
        let mut indent = self.indent.max(0);
        let mut after_empty = false;
        let mut first_empty = self.newlines <= 1;
        let (mut line, mut column) = (self.line, self.column());
        // A comment must begin on this line to be a foot of what is before it.
        let mut foot_line = -1;
        if from.line > 0 {
            foot_line = self.line - self.newlines + 1;
            if self.newlines == 0 && column > 1 {
                foot_line += 1;
            }
        }

        let mut ahead = 0;
        while ahead < FARTHEST {
            column += 1;
            let at = self.at + ahead;
            let next = byte(self.text, at);
            if blank(next) {
                ahead += 1;
                continue;
            }
            let text = self.comment_lines.len() > comment.first;
            let closing = self.flow_level > 0 && (next == b']' || next == b'}');
            if closing || is_break_or_end(self.text, at) {
                if closing || !after_empty {
                    let outside = comment.start.column - 1 < indent;
                    let near = comment.start.line == foot_line && last.kind != TokenKind::Value;
                    if closing || first_empty && (near || outside) {
                        if text {
                            if outside {
                                comment.token = comment.start.offset;
                            }
                            self.push_foot(&mut comment, at);
                        }
                    } else if text && at < self.text.len() {
                        self.mark_gap();
                    }
                }
                if !is_break(self.text, at) {
                    break;
                }
                first_empty = false;
                after_empty = true;
                column = 0;
                line += 1;
                ahead += 1;
                continue;
            }
            if text && column - 1 < indent && column != comment.start.column {
                self.push_foot(&mut comment, at);
            }
            if next != b'#' {
                break;
            }
            if self.comment_lines.len() == comment.first {
                comment.start = Mark { offset: at, line, column };
            }
            after_empty = false;
            self.step_to(at);
            self.take_comment_line();
            // Behind this line its break is not looked at.
            ahead = 1;
            column = 0;
            line = self.line;
            indent = self.indent.max(0);
        }
        if self.comment_lines.len() > comment.first {
            let end = (self.at + ahead) as i64 - 1;
            self.push_comment(CommentKind::Head, &comment, comment.start.offset, end);
        }
    }

    /// Steps over the blanks and line breaks before `to`.
    fn step_to(&mut self, to: usize) {
        while self.at < to {
            match break_width(self.text, self.at) {
                0 => self.at += 1,
                width => self.skip_break(width),
            }
        }
    }

    fn push_foot(&mut self, comment: &mut Pending, mut at: usize) {
        // Behind a comment the search steps into a line break of several bytes, which is one character.
        while byte(self.text, at) & 0xC0 == 0x80 {
            at += 1;
        }
        self.push_comment(CommentKind::Foot, comment, comment.token, at as i64);
        comment.scan = at;
        comment.token = at;
        comment.first = self.comment_lines.len();
    }

    fn push_comment(&mut self, kind: CommentKind, comment: &Pending, token: usize, end: i64) {
        self.comments.push_back(Comment {
            kind,
            token: token as u32,
            lines: (comment.first as u32, self.comment_lines.len() as u32),
            start: comment.start.offset as u32,
            line: comment.start.line,
            column: comment.start.column,
            scan: comment.scan as i64,
            end,
        });
    }

    /// Notes that an empty line follows the line of a comment taken last.
    fn mark_gap(&mut self) {
        if let Some(gap) = self.gaps.last_mut() {
            *gap = true;
        }
    }
}

/// Lines of comments taken together.
struct Pending {
    scan: usize,
    token: usize,
    /// The first of its lines.
    first: usize,
    /// Where it begins; lines as the search counts them.
    start: Mark,
}
