//! Text into tokens and comments.
//!
//! The scanner reads ahead of the parser: two tokens more than the one asked for, and on to the end of a
//! possible simple key. Which token a comment goes to depends on how far that is, so the distance is part
//! of the dialect; so are the conditions under which a comment is looked for.

mod comments;
mod fetch;
mod lines;
mod names;
mod scalars;

pub(super) use comments::{Comment, CommentKind};
pub(super) use names::{Directive, push_uri};

use super::chars::{byte, characters};
use super::error::YamlError;
use super::source::{Breaks, MARK};
use super::tree::{BlockScalar, Style};
use crate::span::Span;

/// How deep block collections, and how deep flow collections, may be nested.
const DEEPEST: usize = 10_000;

/// How many characters may lie between the beginning of a simple key and its colon.
const LONGEST_KEY: usize = 1024;

/// The kinds of tokens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum TokenKind {
    /// The beginning of the text.
    StreamStart,
    /// The end of the text; repeated as long as tokens are asked for.
    StreamEnd,
    /// `%YAML`; `link` is an index into [`Scanner::directives`].
    VersionDirective,
    /// `%TAG`; `link` is an index into [`Scanner::directives`].
    TagDirective,
    /// `---`
    DocumentStart,
    /// `...`
    DocumentEnd,
    /// Before the first `-` of a block sequence that is indented deeper than its parent.
    BlockSequenceStart,
    /// Before the first key of a block mapping.
    BlockMappingStart,
    /// The end of what one of the two above began.
    BlockEnd,
    /// `[`
    FlowSequenceStart,
    /// `]`
    FlowSequenceEnd,
    /// `{`
    FlowMappingStart,
    /// `}`
    FlowMappingEnd,
    /// `-`
    BlockEntry,
    /// `,`
    FlowEntry,
    /// `?`, or the place before a simple key, which is empty.
    Key,
    /// `:`
    Value,
    /// `*name`
    Alias,
    /// `&name`
    Anchor,
    /// `!tag`
    Tag,
    /// A scalar; for a block scalar `link` is an index into [`Scanner::blocks`].
    Scalar,
}

/// A token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Token {
    /// What it is.
    pub(super) kind: TokenKind,
    /// Of a scalar.
    pub(super) style: Style,
    /// A plain scalar that covers more than one line.
    pub(super) folded: bool,
    /// Where it begins.
    pub(super) start: u32,
    /// Where it ends.
    pub(super) end: u32,
    /// An index, depending on the kind; for what may be a simple key the flow level plus one at which it is
    /// remembered as such, or zero.
    pub(super) link: u32,
}

impl Token {
    /// A token of `kind` from `start` to `end`.
    pub(super) const fn new(kind: TokenKind, start: usize, end: usize) -> Self {
        Self { kind, style: Style::Plain, folded: false, start: start as u32, end: end as u32, link: 0 }
    }
}

/// What may turn out to be a key when a colon follows; one for each level of flow collections.
#[derive(Clone, Copy, Debug, Default)]
struct SimpleKey {
    possible: bool,
    /// Nothing but a key can stand there.
    required: bool,
    /// The number of its first token.
    token: usize,
    offset: usize,
    line: i64,
    column: i64,
}

/// A place of the text.
#[derive(Clone, Copy, Debug, Default)]
struct Mark {
    offset: usize,
    line: i64,
    column: i64,
}

/// The scanner. Tokens are read by [`Scanner::peek`] and [`Scanner::skip`].
pub(super) struct Scanner<'a> {
    text: &'a [u8],
    breaks: Breaks,
    /// Where the scanner is.
    at: usize,
    /// How many line breaks there are before `at`.
    line: i64,
    /// Where the line begins, plus the number of bytes in it that continue a character.
    line_start: usize,
    /// How many line breaks there were since the last character that is neither blank nor break.
    newlines: i64,
    flow_level: usize,
    /// The column of the innermost block collection, or -1.
    indent: i64,
    indents: Vec<i64>,
    simple_key_allowed: bool,
    simple_keys: Vec<SimpleKey>,
    /// The tokens; those before `head` have been read.
    tokens: Vec<Token>,
    head: usize,
    /// How many tokens have been read.
    read: usize,
    /// Whether the lookahead is done for the token at `head`.
    ready: bool,
    /// Comments that have not been given to a token yet.
    pub(super) comments: std::collections::VecDeque<Comment>,
    /// The lines of comments found.
    pub(super) comment_lines: Vec<Span>,
    /// For each of them: whether an empty line follows it within the same comment.
    pub(super) gaps: Vec<bool>,
    /// The block scalars found.
    pub(super) blocks: Vec<BlockScalar>,
    /// The directives found.
    pub(super) directives: Vec<Directive>,
}

impl<'a> Scanner<'a> {
    /// A scanner at the beginning of `text`, behind a byte order mark.
    pub(super) fn new(text: &'a [u8], breaks: Breaks) -> Self {
        let at = if text.starts_with(MARK) { MARK.len() } else { 0 };
        Self {
            text,
            breaks,
            at,
            line: 0,
            line_start: at,
            newlines: 0,
            flow_level: 0,
            indent: -1,
            indents: Vec::new(),
            simple_key_allowed: true,
            simple_keys: vec![SimpleKey::default()],
            tokens: vec![Token::new(TokenKind::StreamStart, at, at)],
            head: 0,
            read: 0,
            ready: false,
            comments: std::collections::VecDeque::new(),
            comment_lines: Vec::new(),
            gaps: Vec::new(),
            blocks: Vec::new(),
            directives: Vec::new(),
        }
    }

    /// A scanner at `seam`, the beginning of a line in the mapping that is the document. It has passed a line break
    /// and has no token yet.
    pub(super) fn behind_seam(text: &'a [u8], breaks: Breaks, seam: usize) -> Self {
        let mut scanner = Self::new(text, breaks);
        scanner.at = seam;
        scanner.line = 1;
        scanner.line_start = seam;
        scanner.newlines = 1;
        scanner.indents.push(scanner.indent);
        scanner.indent = 0;
        // The one at the beginning of the text, which has been read.
        scanner.skip();
        scanner
    }

    /// Whether all that decides how the scanner goes on is as it is in `other`, made by [`Scanner::behind_seam`], of
    /// which one token has been looked at. Numbers of lines and of tokens are counted from other places and do not
    /// count; what they could matter for, a possible key and comments, must not be there.
    pub(super) fn is_at_seam(&self, other: &Self) -> bool {
        let state = |scanner: &Self| {
            let Self { at, line_start, newlines, flow_level, indent, simple_key_allowed, .. } = *scanner;
            (at, line_start, newlines, flow_level, indent, simple_key_allowed)
        };
        let is_free = |scanner: &Self| {
            scanner.comments.is_empty() && matches!(scanner.simple_keys[..], [key] if !key.possible)
        };
        state(self) == state(other)
            && self.indents == other.indents
            && self.tokens[self.head..] == other.tokens[other.head..]
            && is_free(self)
            && is_free(other)
    }

    /// The next token, which is not taken.
    ///
    /// # Errors
    /// No token can be made of the text ahead.
    #[inline]
    pub(super) fn peek(&mut self) -> Result<Token, YamlError> {
        if !self.ready {
            self.fill()?;
        }
        Ok(self.tokens[self.head])
    }

    /// Takes the token that [`Scanner::peek`] returned.
    #[inline]
    pub(super) fn skip(&mut self) {
        self.head += 1;
        self.read += 1;
        self.ready = false;
    }

    /// Takes `KEY SCALAR VALUE` at once if these are next, a further token is known, and no comment is
    /// pending, so that taking them one by one would give no comment to any of them. Returns the scalar.
    #[inline]
    pub(super) fn take_key(&mut self) -> Option<(Token, Token)> {
        let [key, scalar, value, _, ..] = self.tokens[self.head..] else { return None };
        if (key.kind, scalar.kind, value.kind) != (TokenKind::Key, TokenKind::Scalar, TokenKind::Value)
            || !self.comments.is_empty()
        {
            return None;
        }
        self.head += 3;
        self.read += 3;
        self.ready = false;
        Some((scalar, value))
    }

    /// Reads on until three tokens are there and the first of them cannot become a key any more.
    fn fill(&mut self) -> Result<(), YamlError> {
        if self.head >= 64 {
            self.tokens.copy_within(self.head.., 0);
            self.tokens.truncate(self.tokens.len() - self.head);
            self.head = 0;
        }
        loop {
            if self.tokens.len() - self.head > 2 {
                let link = self.tokens[self.head].link as usize;
                if link == 0 || link > self.simple_keys.len() {
                    break;
                }
                let key = self.simple_keys[link - 1];
                if !key.possible || key.token != self.read || !self.still_possible(link - 1)? {
                    break;
                }
            }
            self.fetch()?;
        }
        self.ready = true;
        Ok(())
    }

    /// Whether the simple key of `level` is one still: it is on this line, and not too far back.
    fn still_possible(&mut self, level: usize) -> Result<bool, YamlError> {
        let key = self.simple_keys[level];
        if !key.possible {
            return Ok(false);
        }
        if key.line < self.line || self.is_too_long(key.offset) {
            if key.required {
                return Err(YamlError::new(key.offset, "a ':' is missing behind a key"));
            }
            self.simple_keys[level].possible = false;
            return Ok(false);
        }
        Ok(true)
    }

    #[inline]
    fn is_too_long(&self, start: usize) -> bool {
        let length = self.at.saturating_sub(start);
        length > LONGEST_KEY
            && (length > 4 * LONGEST_KEY || characters(&self.text[start..self.at]) > LONGEST_KEY)
    }

    /// Remembers that the token fetched next may be a simple key, if it may. Returns the link for it.
    #[inline]
    fn save_simple_key(&mut self) -> Result<u32, YamlError> {
        if !self.simple_key_allowed {
            return Ok(0);
        }
        self.remove_simple_key()?;
        let column = self.column();
        let level = self.simple_keys.len();
        self.simple_keys[level - 1] = SimpleKey {
            possible: true,
            required: self.flow_level == 0 && self.indent == column,
            token: self.read + self.tokens.len() - self.head,
            offset: self.at,
            line: self.line,
            column,
        };
        Ok(level as u32)
    }

    /// Forgets the simple key of this flow level.
    #[inline]
    fn remove_simple_key(&mut self) -> Result<(), YamlError> {
        let level = self.simple_keys.len() - 1;
        let key = &mut self.simple_keys[level];
        if key.possible && key.required {
            return Err(YamlError::new(key.offset, "a ':' is missing behind a key"));
        }
        key.possible = false;
        Ok(())
    }

    /// Opens a block collection at `column` if that is deeper than the one around: puts the token `kind`
    /// before token number `number`, or behind all.
    #[inline]
    fn roll_indent(
        &mut self,
        column: i64,
        number: Option<usize>,
        kind: TokenKind,
        offset: usize,
    ) -> Result<(), YamlError> {
        if self.flow_level > 0 || self.indent >= column {
            return Ok(());
        }
        self.indents.push(self.indent);
        self.indent = column;
        if self.indents.len() > DEEPEST {
            return Err(YamlError::new(offset, "nested too deeply"));
        }
        let token = Token::new(kind, offset, offset);
        match number {
            Some(number) => self.tokens.insert(self.head + number - self.read, token),
            None => self.tokens.push(token),
        }
        Ok(())
    }

    /// Closes the block collections that are deeper than `column`. `from` is where the search for this token
    /// began: comments behind it that are indented like a collection belong into it, the end of which moves
    /// in front of them.
    #[inline]
    fn unroll_indent(&mut self, column: i64, from: usize) {
        if self.flow_level > 0 || self.indent <= column {
            return;
        }
        let chain = self.comment_chain(from);
        let mut offset = from.saturating_sub(1);
        while self.indent > column {
            if let Some(start) = chain.earliest(&self.comments, self.indent + 1) {
                offset = start;
            }
            self.tokens.push(Token::new(TokenKind::BlockEnd, offset, offset));
            self.indent = self.indents.pop().expect("one for each indentation but the outermost");
        }
    }

    fn column(&self) -> i64 {
        self.at as i64 - self.line_start as i64
    }

    fn mark(&self) -> Mark {
        Mark { offset: self.at, line: self.line, column: self.column() }
    }

    /// Steps over the line break at `at`, which takes `width` bytes.
    #[inline]
    fn skip_break(&mut self, width: usize) {
        self.at += width;
        self.line += 1;
        self.newlines += 1;
        self.line_start = self.at;
    }

    #[inline(always)]
    fn byte(&self, ahead: usize) -> u8 {
        byte(self.text, self.at + ahead)
    }

    /// The last token of the queue, read or not.
    fn last(&self) -> Token {
        self.tokens[self.tokens.len() - 1]
    }
}
