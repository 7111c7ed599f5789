//! Tokens into a tree: the grammar, as a machine with an explicit stack.

use std::collections::HashMap;

use super::attach::Attach;
use super::builder::{Builder, Written};
use super::error::YamlError;
use super::resolve;
use super::scanner::{Directive, Scanner, Token, TokenKind, push_uri};
use super::source::Source;
use super::tree::{BlockScalar, Comments, Markers, NodeKind, Style, Tag, Tree};
use crate::span::Span;

/// What the grammar expects next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    FirstDocument,
    NextDocument,
    DocumentContent,
    DocumentEnd,
    BlockNode,
    SequenceFirst,
    SequenceEntry,
    IndentlessEntry,
    MappingFirst,
    MappingKey,
    MappingValue,
    FlowSequenceFirst,
    FlowSequenceEntry,
    FlowPairKey,
    FlowPairValue,
    FlowPairEnd,
    FlowMappingFirst,
    FlowMappingKey,
    FlowMappingValue,
    FlowMappingEmptyValue,
    End,
}

/// A parser of a text, or of what is behind a seam in it.
pub(super) struct Parser<'a> {
    text: &'a [u8],
    scanner: Scanner<'a>,
    builder: Builder<'a>,
    attach: Attach,
    /// What to go on with when a node ends.
    states: Vec<State>,
    state: State,
    /// The handles of `%TAG` directives, with their prefixes.
    handles: HashMap<&'a [u8], Span>,
    /// Where the last token ended that takes any room.
    end: usize,
    /// For tags that are put together.
    buffer: Vec<u8>,
}

/// No seam: the text is parsed to its end.
pub(super) const NO_SEAM: usize = usize::MAX;

impl<'a> Parser<'a> {
    /// A parser at the beginning of `source`.
    ///
    /// # Errors
    /// The text begins with what nothing can begin with.
    pub(super) fn new(source: &'a Source<'_>) -> Result<Self, YamlError> {
        let mut parser =
            Self::with(source, Scanner::new(&source.text, source.breaks), Builder::new(&source.text));
        parser.peek()?;
        parser.skip();
        Ok(parser)
    }

    /// A parser at a line of `source` that begins at `seam` in the first column with a key of the mapping that is the
    /// document, as it would be had it come there by parsing all that is in front. [`Parser::is_at_seam`] tells
    /// whether it would.
    ///
    /// # Errors
    /// No token can be made of the line.
    pub(super) fn behind_seam(source: &'a Source<'_>, seam: usize) -> Result<Self, YamlError> {
        let scanner = Scanner::behind_seam(&source.text, source.breaks, seam);
        let mut parser = Self::with(source, scanner, Builder::behind_seam(&source.text, seam));
        parser.states.push(State::DocumentEnd);
        parser.state = State::MappingKey;
        parser.peek()?;
        Ok(parser)
    }

    fn with(source: &'a Source<'_>, scanner: Scanner<'a>, builder: Builder<'a>) -> Self {
        Self {
            text: &source.text,
            scanner,
            builder,
            attach: Attach::default(),
            states: Vec::new(),
            state: State::FirstDocument,
            handles: HashMap::new(),
            end: 0,
            buffer: Vec::new(),
        }
    }

    /// Whether everything that decides how the parser goes on is as it is in `other`, which was made by
    /// [`Parser::behind_seam`] and has not run.
    pub(super) fn is_at_seam(&self, other: &Self) -> bool {
        self.state == other.state
            && self.states == other.states
            && self.attach.is_empty()
            && self.handles.is_empty()
            && self.builder.is_at_seam()
            && self.scanner.is_at_seam(&other.scanner)
    }

    /// Appends what `second`, a parser that began where this one stands, has made of the rest of the text. `false`,
    /// and nothing is done, if it gave a comment to something in front of the seam.
    pub(super) fn append(&mut self, second: Self) -> bool {
        let lines = self.scanner.comment_lines.len() as u32;
        let Some(offset) = self.builder.append(second.builder, lines) else { return false };
        self.scanner.comment_lines.extend_from_slice(&second.scanner.comment_lines);
        let blocks = second.scanner.blocks.iter();
        self.scanner.blocks.extend(blocks.map(|block| BlockScalar { node: block.node + offset, ..*block }));
        true
    }

    /// The tree of `source`, without the text itself.
    pub(super) fn finish(self, source: &Source<'_>) -> Tree {
        let mut tree = self.builder.finish();
        tree.blocks = self.scanner.blocks;
        tree.comment_lines = self.scanner.comment_lines;
        tree.encoding = source.encoding;
        tree.breaks = source.breaks;
        tree
    }

    /// Parses up to a key of a block mapping that begins at `seam`, and returns `true`; or to the end of the text if
    /// there is none.
    ///
    /// # Errors
    /// The text cannot be parsed.
    pub(super) fn run(&mut self, seam: usize) -> Result<bool, YamlError> {
        loop {
            match self.state {
                State::FirstDocument => self.document_start(true)?,
                State::NextDocument => self.document_start(false)?,
                State::DocumentContent => self.document_content()?,
                State::DocumentEnd => self.document_end()?,
                State::BlockNode => self.node(true, false)?,
                State::SequenceFirst => {
                    self.skip();
                    self.sequence_entry()?;
                }
                State::SequenceEntry => self.sequence_entry()?,
                State::IndentlessEntry => self.indentless_entry()?,
                State::MappingFirst => {
                    self.skip();
                    self.mapping_key()?;
                }
                State::MappingKey => {
                    let token = self.peek()?;
                    if token.start as usize == seam && token.kind == TokenKind::Key {
                        return Ok(true);
                    }
                    self.mapping_key()?;
                }
                State::MappingValue => self.mapping_value()?,
                State::FlowSequenceFirst => {
                    self.skip();
                    self.flow_sequence_entry(true)?;
                }
                State::FlowSequenceEntry => self.flow_sequence_entry(false)?,
                State::FlowPairKey => self.flow_pair_key()?,
                State::FlowPairValue => self.flow_pair_value()?,
                State::FlowPairEnd => {
                    self.peek()?;
                    self.state = State::FlowSequenceEntry;
                    self.builder.close(self.end, Comments::default());
                }
                State::FlowMappingFirst => {
                    self.skip();
                    self.flow_mapping_key(true)?;
                }
                State::FlowMappingKey => self.flow_mapping_key(false)?,
                State::FlowMappingValue => self.flow_mapping_value()?,
                State::FlowMappingEmptyValue => {
                    self.peek()?;
                    self.empty(State::FlowMappingKey);
                }
                State::End => return Ok(false),
            }
        }
    }

    /// The next token. Comments that belong before it or at it are collected for the next node.
    #[inline]
    fn peek(&mut self) -> Result<Token, YamlError> {
        let token = self.scanner.peek()?;
        if !self.scanner.comments.is_empty() {
            self.attach.collect(&mut self.scanner.comments, token);
        }
        Ok(token)
    }

    /// Takes the token that was looked at, which is one without room of its own.
    #[inline]
    fn skip(&mut self) {
        self.scanner.skip();
    }

    /// Takes `token`, which was looked at.
    #[inline]
    fn take(&mut self, token: Token) {
        self.end = token.end as usize;
        self.scanner.skip();
    }

    fn next(&mut self, token: Token) -> Result<Token, YamlError> {
        self.take(token);
        self.peek()
    }

    fn pop(&mut self) -> State {
        self.states.pop().expect("a state for each open collection")
    }

    fn comments(&mut self) -> Comments {
        self.attach.take(&mut self.scanner.comment_lines)
    }

    /// An empty scalar, behind the last token; `then` comes next.
    fn empty(&mut self, then: State) {
        self.state = then;
        self.builder.scalar(
            Span::empty(self.end),
            (Style::Plain, false),
            Tag::Null,
            None,
            Comments::default(),
        );
    }

    fn document_start(&mut self, first: bool) -> Result<(), YamlError> {
        let mut token = self.peek()?;
        if !first {
            while token.kind == TokenKind::DocumentEnd {
                token = self.next(token)?;
            }
        }
        match token.kind {
            TokenKind::StreamEnd => {
                self.state = State::End;
                return Ok(());
            }
            TokenKind::VersionDirective | TokenKind::TagDirective | TokenKind::DocumentStart => {}
            _ if first => {
                self.states.push(State::DocumentEnd);
                self.state = State::BlockNode;
                let head = self.attach.split_document_head(&self.scanner.gaps);
                let head = super::attach::join(head, &mut self.scanner.comment_lines);
                self.builder.open_document(token.start as usize, Markers::default(), head);
                return Ok(());
            }
            _ => {}
        }
        let (token, directives) = self.directives(token)?;
        if token.kind != TokenKind::DocumentStart {
            return Err(YamlError::new(
                token.start as usize,
                "text that belongs to no document; '---' is missing",
            ));
        }
        self.states.push(State::DocumentEnd);
        self.state = State::DocumentContent;
        let start = Span { start: token.start, end: token.end };
        self.take(token);
        self.builder.open_document(self.end, Markers { directives, start, end: Span::default() }, (0, 0));
        Ok(())
    }

    /// Takes the directives of a document, from `token` on. Returns the token behind them.
    fn directives(&mut self, mut token: Token) -> Result<(Token, Span), YamlError> {
        let mut version = false;
        let mut span = Span::empty(token.start as usize);
        loop {
            match token.kind {
                TokenKind::VersionDirective | TokenKind::TagDirective => {}
                _ => return Ok((token, span)),
            }
            let at = token.start as usize;
            match self.scanner.directives[token.link as usize] {
                Directive::Version(..) if version => {
                    return Err(YamlError::new(at, "a second %YAML directive"));
                }
                Directive::Version(1, 1) => version = true,
                Directive::Version(..) => {
                    return Err(YamlError::new(at, "%YAML with a version other than 1.1"));
                }
                Directive::Tag { handle, prefix } => {
                    if self.handles.insert(handle.of(self.text), prefix).is_some() {
                        return Err(YamlError::new(at, "a second %TAG directive for the same handle"));
                    }
                }
            }
            span.end = token.end;
            token = self.next(token)?;
        }
    }

    fn document_content(&mut self) -> Result<(), YamlError> {
        let token = self.peek()?;
        if matches!(
            token.kind,
            TokenKind::VersionDirective
                | TokenKind::TagDirective
                | TokenKind::DocumentStart
                | TokenKind::DocumentEnd
                | TokenKind::StreamEnd
        ) {
            let then = self.pop();
            self.empty(then);
            return Ok(());
        }
        self.node(true, false)
    }

    fn document_end(&mut self) -> Result<(), YamlError> {
        let token = self.peek()?;
        let mut marker = Span::empty(token.start as usize);
        if token.kind == TokenKind::DocumentEnd {
            marker.end = token.end;
            self.take(token);
        }
        self.handles.clear();
        self.state = State::NextDocument;
        let mut comments = self.comments();
        if comments.foot.0 == comments.foot.1 {
            comments.foot = comments.head;
        }
        self.builder.close_document(marker, comments.foot);
        Ok(())
    }

    /// A node, with its properties. `block`: block collections are allowed. `indentless`: also a sequence
    /// that is not indented more than the mapping around it.
    fn node(&mut self, block: bool, indentless: bool) -> Result<(), YamlError> {
        let mut token = self.peek()?;
        if token.kind == TokenKind::Alias {
            self.state = self.pop();
            let comments = self.comments();
            self.builder.alias(Span { start: token.start, end: token.end }, comments)?;
            self.take(token);
            return Ok(());
        }
        let mut written = None;
        if token.kind == TokenKind::Anchor || token.kind == TokenKind::Tag {
            (token, written) = self.properties(token)?;
        }
        let span = Span { start: token.start, end: token.end };
        let tag = written.and_then(|written| written.tag);
        match token.kind {
            TokenKind::BlockEntry if indentless => {
                self.state = State::IndentlessEntry;
                self.builder.open(NodeKind::List, Style::Block, tag, written, span.start as usize);
            }
            TokenKind::Scalar => {
                self.state = self.pop();
                let comments = self.comments();
                let tag = tag.unwrap_or_else(|| self.resolve(token));
                let node = self.builder.scalar(span, (token.style, token.folded), tag, written, comments);
                if matches!(token.style, Style::Literal | Style::Folded) {
                    self.scanner.blocks[token.link as usize].node = node;
                }
                self.take(token);
            }
            TokenKind::FlowSequenceStart | TokenKind::FlowMappingStart => {
                let (kind, state) = if token.kind == TokenKind::FlowSequenceStart {
                    (NodeKind::List, State::FlowSequenceFirst)
                } else {
                    (NodeKind::Map, State::FlowMappingFirst)
                };
                self.state = state;
                let comments = self.comments();
                self.builder.open(kind, Style::Flow, tag, written, span.start as usize);
                self.builder.set_head(comments.head);
                self.end = token.end as usize;
            }
            TokenKind::BlockSequenceStart | TokenKind::BlockMappingStart if block => {
                let (kind, state) = if token.kind == TokenKind::BlockSequenceStart {
                    (NodeKind::List, State::SequenceFirst)
                } else {
                    (NodeKind::Map, State::MappingFirst)
                };
                self.state = state;
                self.builder.open(kind, Style::Block, tag, written, span.start as usize);
                let stem = self.attach.take_stem(&mut self.scanner.comment_lines);
                self.builder.set_head(stem);
            }
            _ if written.is_some() => {
                self.state = self.pop();
                let tag = tag.unwrap_or(Tag::Null);
                self.builder.scalar(
                    Span::empty(self.end),
                    (Style::Plain, false),
                    tag,
                    written,
                    Comments::default(),
                );
            }
            _ => return Err(YamlError::new(token.start as usize, "a value is missing here")),
        }
        Ok(())
    }

    /// The tag of a scalar that has none written.
    #[inline]
    fn resolve(&mut self, token: Token) -> Tag {
        if token.style != Style::Plain {
            return Tag::Str;
        }
        let text = &self.text[token.start as usize..token.end as usize];
        if token.folded {
            self.buffer.clear();
            super::decode::plain(text, &mut self.buffer);
            return resolve::tag(&self.buffer);
        }
        resolve::tag(text)
    }

    /// Takes an anchor, a tag, or both, from `token` on. Returns the token behind them.
    fn properties(&mut self, mut token: Token) -> Result<(Token, Option<Written>), YamlError> {
        let mut written = Written { start: token.start, ..Written::default() };
        for _ in 0..2 {
            let span = Span { start: token.start, end: token.end };
            match token.kind {
                TokenKind::Anchor if written.anchor.is_empty() => {
                    written.anchor = Span { start: span.start + 1, end: span.end };
                }
                TokenKind::Tag if written.raw_tag.is_empty() => {
                    written.raw_tag = span;
                    written.tag = self.tag(span)?;
                }
                _ => break,
            }
            written.end = span.end;
            token = self.next(token)?;
        }
        Ok((token, Some(written)))
    }

    /// The tag that the text `span` stands for; `None` for `!`, which is no tag.
    fn tag(&mut self, span: Span) -> Result<Option<Tag>, YamlError> {
        let text = span.of(self.text);
        self.buffer.clear();
        if let [b'!', b'<', uri @ .., b'>'] = text {
            push_uri(uri, &mut self.buffer);
        } else {
            let word = text[1..].iter().take_while(|&&byte| super::chars::word(byte)).count();
            let (handle, suffix) = match text.get(1 + word) {
                Some(b'!') => text.split_at(word + 2),
                _ => text.split_at(1),
            };
            if handle == b"!" && suffix.is_empty() {
                return Ok(None);
            }
            match (self.handles.get(handle), handle) {
                (Some(prefix), _) => push_uri(prefix.of(self.text), &mut self.buffer),
                (None, b"!") => self.buffer.push(b'!'),
                (None, b"!!") => self.buffer.extend_from_slice(resolve::CORE),
                _ => return Err(YamlError::new(span.start as usize, "a tag with an unknown handle")),
            }
            push_uri(suffix, &mut self.buffer);
        }
        Ok((self.buffer != b"!").then(|| resolve::named(&self.buffer)))
    }

    fn sequence_entry(&mut self) -> Result<(), YamlError> {
        let token = self.peek()?;
        match token.kind {
            TokenKind::BlockEntry => {
                let token = self.entry(token)?;
                if matches!(token.kind, TokenKind::BlockEntry | TokenKind::BlockEnd) {
                    self.empty(State::SequenceEntry);
                    return Ok(());
                }
                self.states.push(State::SequenceEntry);
                self.node(true, false)
            }
            TokenKind::BlockEnd => {
                self.state = self.pop();
                self.builder.close(self.end, Comments::default());
                self.skip();
                Ok(())
            }
            _ => {
                Err(YamlError::new(token.start as usize, "an entry of a list, with its '-', is missing here"))
            }
        }
    }

    /// Takes the dash `token`. Returns the token behind it.
    fn entry(&mut self, token: Token) -> Result<Token, YamlError> {
        let heads = self.attach.heads();
        let token = self.next(token)?;
        if heads > 0 && matches!(token.kind, TokenKind::BlockSequenceStart | TokenKind::BlockMappingStart) {
            self.attach.split_stem(heads);
        }
        Ok(token)
    }

    fn indentless_entry(&mut self) -> Result<(), YamlError> {
        let token = self.peek()?;
        if token.kind != TokenKind::BlockEntry {
            self.state = self.pop();
            self.builder.close(self.end, Comments::default());
            return Ok(());
        }
        let token = self.entry(token)?;
        if matches!(
            token.kind,
            TokenKind::BlockEntry | TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd
        ) {
            self.empty(State::IndentlessEntry);
            return Ok(());
        }
        self.states.push(State::IndentlessEntry);
        self.node(true, false)
    }

    fn mapping_key(&mut self) -> Result<(), YamlError> {
        let mut token = self.peek()?;
        if token.kind == TokenKind::Key {
            if self.attach.is_empty()
                && let Some((key, value)) = self.scanner.take_key()
            {
                return self.simple_key(key, value);
            }
            if token.end > token.start {
                self.end = token.end as usize;
            }
            self.skip();
            token = self.peek()?;
            if matches!(token.kind, TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd) {
                self.empty(State::MappingValue);
                return Ok(());
            }
            self.states.push(State::MappingValue);
            return self.node(true, true);
        }
        if token.kind == TokenKind::BlockEnd {
            self.state = self.pop();
            let comments = self.comments();
            self.builder.close(self.end, comments);
            self.skip();
            return Ok(());
        }
        Err(YamlError::new(token.start as usize, "a key is missing here"))
    }

    /// A key that is a scalar and its colon, which have been taken, and then the value.
    #[inline]
    fn simple_key(&mut self, key: Token, value: Token) -> Result<(), YamlError> {
        let tag = self.resolve(key);
        let span = Span { start: key.start, end: key.end };
        self.builder.scalar(span, (key.style, key.folded), tag, None, Comments::default());
        self.end = value.end as usize;
        self.value()
    }

    fn mapping_value(&mut self) -> Result<(), YamlError> {
        let token = self.peek()?;
        if token.kind == TokenKind::Value {
            self.take(token);
            return self.value();
        }
        self.empty(State::MappingKey);
        Ok(())
    }

    /// What is behind the colon of a block mapping.
    #[inline]
    fn value(&mut self) -> Result<(), YamlError> {
        let token = self.peek()?;
        if matches!(token.kind, TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd) {
            self.empty(State::MappingKey);
            return Ok(());
        }
        if token.kind == TokenKind::Scalar && self.attach.is_empty() {
            self.state = State::MappingKey;
            let tag = self.resolve(token);
            let span = Span { start: token.start, end: token.end };
            let node = self.builder.scalar(span, (token.style, token.folded), tag, None, Comments::default());
            if matches!(token.style, Style::Literal | Style::Folded) {
                self.scanner.blocks[token.link as usize].node = node;
            }
            self.take(token);
            return Ok(());
        }
        self.states.push(State::MappingKey);
        self.node(true, true)
    }

    fn flow_sequence_entry(&mut self, first: bool) -> Result<(), YamlError> {
        let mut token = self.peek()?;
        if token.kind != TokenKind::FlowSequenceEnd {
            if !first {
                if token.kind != TokenKind::FlowEntry {
                    return Err(YamlError::new(token.start as usize, "',' or ']' is missing here"));
                }
                token = self.next(token)?;
            }
            if token.kind == TokenKind::Key {
                self.state = State::FlowPairKey;
                let start = token.start as usize;
                self.builder.open(NodeKind::Map, Style::Flow, None, None, start);
                if token.end > token.start {
                    self.end = token.end as usize;
                }
                self.skip();
                return Ok(());
            }
            if token.kind != TokenKind::FlowSequenceEnd {
                self.states.push(State::FlowSequenceEntry);
                return self.node(false, false);
            }
        }
        self.close_flow(token);
        Ok(())
    }

    /// Takes the bracket `token`, which closes a flow collection.
    fn close_flow(&mut self, token: Token) {
        self.state = self.pop();
        let comments = self.comments();
        self.take(token);
        self.builder.close(self.end, comments);
    }

    fn flow_pair_key(&mut self) -> Result<(), YamlError> {
        let token = self.peek()?;
        if !matches!(token.kind, TokenKind::Value | TokenKind::FlowEntry | TokenKind::FlowSequenceEnd) {
            self.states.push(State::FlowPairValue);
            return self.node(false, false);
        }
        // The library takes this token whichever it is, so that most of these are errors later on.
        self.empty(State::FlowPairValue);
        self.take(token);
        Ok(())
    }

    fn flow_pair_value(&mut self) -> Result<(), YamlError> {
        let mut token = self.peek()?;
        if token.kind == TokenKind::Value {
            token = self.next(token)?;
            if !matches!(token.kind, TokenKind::FlowEntry | TokenKind::FlowSequenceEnd) {
                self.states.push(State::FlowPairEnd);
                return self.node(false, false);
            }
        }
        self.empty(State::FlowPairEnd);
        Ok(())
    }

    fn flow_mapping_key(&mut self, first: bool) -> Result<(), YamlError> {
        let mut token = self.peek()?;
        if token.kind != TokenKind::FlowMappingEnd {
            if !first {
                if token.kind != TokenKind::FlowEntry {
                    return Err(YamlError::new(token.start as usize, "',' or '}' is missing here"));
                }
                token = self.next(token)?;
            }
            if token.kind == TokenKind::Key {
                if token.end > token.start {
                    self.end = token.end as usize;
                }
                self.skip();
                token = self.peek()?;
                if matches!(token.kind, TokenKind::Value | TokenKind::FlowEntry | TokenKind::FlowMappingEnd) {
                    self.empty(State::FlowMappingValue);
                    return Ok(());
                }
                self.states.push(State::FlowMappingValue);
                return self.node(false, false);
            }
            if token.kind != TokenKind::FlowMappingEnd {
                self.states.push(State::FlowMappingEmptyValue);
                return self.node(false, false);
            }
        }
        self.close_flow(token);
        Ok(())
    }

    fn flow_mapping_value(&mut self) -> Result<(), YamlError> {
        let mut token = self.peek()?;
        if token.kind == TokenKind::Value {
            token = self.next(token)?;
            if !matches!(token.kind, TokenKind::FlowEntry | TokenKind::FlowMappingEnd) {
                self.states.push(State::FlowMappingKey);
                return self.node(false, false);
            }
        }
        self.empty(State::FlowMappingKey);
        Ok(())
    }
}
