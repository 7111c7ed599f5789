//! Reading INI as the library inside sops does, with spans.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use memchr::{memchr, memchr2, memmem, memrchr};

use super::scan::{
    DELIMITERS, Style, begins_comment, find_comment, is_bare, is_wrapped, trim, trim_end, trim_start,
};
use crate::document::{DocumentCase, DocumentError, Kind, Node, Type};
use crate::span::Span;

/// The name of the section in front of the first header.
pub(super) const DEFAULT_SECTION: &[u8] = b"DEFAULT";
/// The name of the section that is the `sops` block.
pub(super) const BLOCK_SECTION: &[u8] = b"sops";
/// The detail of the key of the section in front of the first header, which is not in the text.
pub(super) const IMPLICIT: u32 = u32::MAX;

/// A text that was read.
#[derive(Default)]
pub(super) struct Parsed {
    /// The nodes without those of the `sops` section. The detail of a key is zero, or [`IMPLICIT`], or the
    /// number that a key `-` gets; that of a value its [`Style`]; that of a comment its index in `comments`.
    pub(super) nodes: Vec<Node>,
    /// The comments.
    pub(super) comments: Vec<Comment>,
    /// The lines of comments and the comments behind values, in the order of the text: each from its
    /// character to the end of the line. Only the last one of a comment is trimmed.
    pub(super) pieces: Vec<Span>,
    /// The section `sops`.
    pub(super) block: Option<Block>,
    /// The offset of the header of a second one.
    pub(super) second_block: Option<u32>,
    /// What the library drops.
    pub(super) lost: Vec<Lost>,
    /// Keys that stand more than once in their section.
    pub(super) repeated: Vec<Repeated>,
}

/// A comment as sops sees it: all lines in front of a key or header, and what stands behind it.
#[derive(Clone, Copy)]
pub(super) struct Comment {
    /// The index of the first piece.
    pub(super) first: u32,
    /// The index behind the last piece.
    pub(super) end: u32,
    /// The last piece stands behind a value.
    pub(super) behind_value: bool,
}

/// The section `sops`.
pub(super) struct Block {
    /// Where the line of the header begins.
    pub(super) start: u32,
    /// Where the line behind the header begins.
    pub(super) body: u32,
    /// The end of the last line with a value.
    pub(super) end: u32,
    /// Each key and its value.
    pub(super) entries: Vec<(Node, Node)>,
}

/// Text that the library drops.
pub(super) struct Lost {
    /// The text.
    pub(super) span: Span,
    /// The value behind whose closing quote it stands; `None`: it is a comment.
    pub(super) behind: Option<u32>,
    /// It is a comment, and not the whole line.
    pub(super) is_behind_value: bool,
    /// The node that opens its section; `None` for what is behind the `sops` section.
    pub(super) section: Option<u32>,
}

/// A key that stands more than once in its section. The last value counts, at the place of the first.
pub(super) struct Repeated {
    /// The node of the value; that of the comment, if there is one, follows.
    pub(super) value: u32,
    /// The lines of each but the last, with the lines of comments above.
    pub(super) superseded: Vec<Span>,
    /// The lines of the last.
    pub(super) last: Span,
}

/// Reads `text`.
///
/// # Errors
/// It is no INI.
pub(super) fn parse(text: &[u8]) -> Result<Parsed, DocumentError> {
    let at = mark_length(text);
    let mut parser = Parser {
        text,
        at,
        pending: 0,
        dashes: 0,
        section: Section::default(),
        keys: HashMap::new(),
        parsed: Parsed::default(),
    };
    parser.parsed.nodes.reserve(text.len() / 64);
    parser.section.begin(Node { kind: Kind::Key, span: Span::empty(at), detail: IMPLICIT }, Span::empty(at));
    parser.push(Kind::Branch, Span::default(), 0);
    parser.lines()?;
    Ok(parser.parsed)
}

/// The name of the key `-` that is the one with this number in its section.
pub(super) fn numbered(number: u32) -> Vec<u8> {
    format!("#{number}").into_bytes()
}

/// The line of `piece` with its line feed, if nothing else is on it.
pub(super) fn whole_line(text: &[u8], piece: Span) -> Span {
    let start = line_start(text, piece.start as usize);
    if !trim(&text[start..piece.start as usize]).is_empty() {
        return piece;
    }
    let end = piece.end as usize;
    Span::new(start, memchr(b'\n', &text[end..]).map_or(text.len(), |at| end + at + 1))
}

/// Where the line begins that `offset` is in, behind the byte order mark.
pub(super) fn line_start(text: &[u8], offset: usize) -> usize {
    memrchr(b'\n', &text[..offset]).map_or_else(|| mark_length(text), |at| at + 1)
}

/// How long the byte order mark is.
fn mark_length(text: &[u8]) -> usize {
    match text {
        [0xef, 0xbb, 0xbf, ..] => 3,
        [0xfe, 0xff, ..] | [0xff, 0xfe, ..] => 2,
        _ => 0,
    }
}

struct Parser<'a> {
    text: &'a [u8],
    /// Where the next line begins.
    at: usize,
    /// The index of the first piece that belongs to what comes next.
    pending: u32,
    /// How many keys `-` there are in the section.
    dashes: u32,
    section: Section,
    /// The index of each key of the section.
    keys: HashMap<Cow<'a, [u8]>, u32>,
    parsed: Parsed,
}

/// A section while it is read.
#[derive(Default)]
struct Section {
    name: Option<Node>,
    comment: Option<u32>,
    entries: Vec<Entry>,
    /// The lines of the entry with this index that a later one supersedes.
    superseded: Vec<(u32, Span)>,
    /// The pieces that the library drops.
    lost: Vec<Range<u32>>,
    /// The line of the header.
    header: Span,
}

#[derive(Clone, Copy)]
struct Entry {
    key: Node,
    value: Node,
    comment: Option<u32>,
    /// Its lines, with the lines of comments above.
    lines: Span,
    /// What the library drops behind the closing quote.
    junk: Span,
}

/// A value that was read.
struct Read {
    span: Span,
    style: Style,
    comment: Option<Span>,
    junk: Span,
}

impl Section {
    fn begin(&mut self, name: Node, header: Span) {
        self.name = Some(name);
        self.header = header;
        self.comment = None;
        self.entries.clear();
        self.superseded.clear();
        self.lost.clear();
    }
}

impl Parser<'_> {
    fn lines(&mut self) -> Result<(), DocumentError> {
        while let Some(line) = self.next_line() {
            let content = trim_start(line.of(self.text));
            let start = line.end as usize - content.len();
            match content.first() {
                None => {}
                Some(&first) if begins_comment(first) => {
                    let length = content.strip_suffix(b"\n").unwrap_or(content).len();
                    self.parsed.pieces.push(Span::new(start, start + length));
                }
                Some(b'[') => self.header(line, start)?,
                Some(_) => self.entry(line, start)?,
            }
        }
        let section = self.finish_section();
        self.lose(self.pending..self.parsed.pieces.len() as u32, section);
        self.push(Kind::End, Span::empty(self.text.len()), 0);
        Ok(())
    }

    /// The next line with its line feed.
    fn next_line(&mut self) -> Option<Span> {
        let start = self.at;
        if start == self.text.len() {
            return None;
        }
        self.at = memchr(b'\n', &self.text[start..]).map_or(self.text.len(), |length| start + length + 1);
        Some(Span::new(start, self.at))
    }

    fn push(&mut self, kind: Kind, span: Span, detail: u32) {
        self.parsed.nodes.push(Node { kind, span, detail });
    }

    /// A line `[name]`, from `start` on. The last closing bracket counts.
    fn header(&mut self, line: Span, start: usize) -> Result<(), DocumentError> {
        let content = &self.text[start..line.end as usize];
        let Some(close) = memrchr(b']', content) else {
            return Err(self.error(start, "the section name is not closed; a ] is missing"));
        };
        if close == 1 {
            return Err(self.error(start, "the section has no name"));
        }
        self.finish_section();
        let name = Node { kind: Kind::Key, span: Span::new(start + 1, start + close), detail: 0 };
        self.section.begin(name, line);
        self.dashes = 0;
        let comment = find_comment(&content[close + 1..]);
        if let Some(at) = comment {
            self.parsed.pieces.push(Span::new(start + close + 1 + at, line.end as usize));
        }
        self.section.comment = self.take_comment(false);
        Ok(())
    }

    /// A line `key = value`, from `start` on.
    fn entry(&mut self, line: Span, start: usize) -> Result<(), DocumentError> {
        let (name, value_at) = self.key_name(&self.text[start..line.end as usize], start)?;
        let mut key = Node { kind: Kind::Key, span: name, detail: 0 };
        let mut identity = Cow::Borrowed(name.of(self.text));
        if identity.is_empty() {
            return Err(self.error(start, "the key has no name"));
        }
        if *identity == *b"-" {
            self.dashes += 1;
            key.detail = self.dashes;
            identity = Cow::Owned(numbered(self.dashes));
        }
        let read = self.value(value_at, line)?;
        let first_line = match self.parsed.pieces.get(self.pending as usize) {
            Some(piece) => line_start(self.text, piece.start as usize),
            None => line.start as usize,
        };
        if let Some(piece) = read.comment {
            self.parsed.pieces.push(piece);
        }
        let comment = self.take_comment(read.comment.is_some());
        let entry = Entry {
            key,
            value: Node { kind: Kind::Scalar(Type::Str), span: read.span, detail: read.style.code() },
            comment,
            lines: Span::new(first_line, self.at),
            junk: read.junk,
        };
        let entries = &mut self.section.entries;
        match self.keys.get(&identity) {
            None => {
                self.keys.insert(identity, entries.len() as u32);
                entries.push(entry);
            }
            Some(&index) => {
                let earlier = &mut entries[index as usize];
                self.section.superseded.push((index, earlier.lines));
                if let Some(comment) = earlier.comment {
                    let comment = self.parsed.comments[comment as usize];
                    self.section.lost.push(comment.first..comment.end);
                }
                *earlier = Entry { key: earlier.key, ..entry };
            }
        }
        Ok(())
    }

    /// The name of the key in front of `line`, which begins at `start`, and where the value begins.
    fn key_name(&self, line: &[u8], start: usize) -> Result<(Span, usize), DocumentError> {
        let no_delimiter = || self.error(start, "the line has no =; expected key = value");
        let delimiter =
            |from: usize| memchr2(DELIMITERS[0], DELIMITERS[1], &line[from..]).map(|at| from + at);
        let quote: &[u8] = match line[0] {
            b'"' if line.len() > 6 && line.starts_with(b"\"\"\"") => b"\"\"\"",
            b'"' => b"\"",
            b'`' => b"`",
            _ => b"",
        };
        let (name, end) = if quote.is_empty() {
            let end = delimiter(0).ok_or_else(no_delimiter)?;
            (0..end, end)
        } else {
            let Some(length) = memmem::find(&line[quote.len()..], quote) else {
                return Err(self.error(start, "the quote around the key is not closed"));
            };
            let close = quote.len() + length;
            let end = delimiter(close + quote.len()).ok_or_else(no_delimiter)?;
            (quote.len()..close, end)
        };
        Ok((self.trimmed(start + name.start, start + name.end), start + end + 1))
    }

    /// The value from `at` on. Moves on to the end of its last line.
    fn value(&mut self, at: usize, line: Span) -> Result<Read, DocumentError> {
        let end = line.end as usize;
        let content = trim_start(&self.text[at..end]);
        let start = end - content.len();
        let plain = |span, style| Read { span, style, comment: None, junk: Span::default() };
        if content.is_empty() {
            let blanks = self.text[at..end].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
            return Ok(plain(Span::empty(at + blanks), Style::Bare));
        }
        if content.len() > 3 && content.starts_with(b"\"\"\"") {
            return self.quoted(start, end, Style::Triple);
        }
        if content[0] == b'`' {
            return self.quoted(start, end, Style::Backtick);
        }
        let content = trim_end(content);
        if content.ends_with(b"\\") {
            let end = self.continuation(start + content.len());
            return Ok(plain(Span::new(start, end), Style::Continued));
        }
        let comment_at = find_comment(content);
        let comment = comment_at.map(|at| Span::new(start + at, start + content.len()));
        let content = trim_end(&content[..comment_at.unwrap_or(content.len())]);
        let style = if is_wrapped(content, b'"') {
            Style::Double
        } else if is_wrapped(content, b'\'') {
            Style::Single
        } else {
            Style::Bare
        };
        Ok(Read { comment, ..plain(Span::new(start, start + content.len()), style) })
    }

    /// A value in quotes that may stand around several lines. It begins at `start`, the line ends at `end`.
    fn quoted(&mut self, start: usize, end: usize, style: Style) -> Result<Read, DocumentError> {
        let quote = style.quote();
        let inner = start + quote.len();
        if let Some(length) = memmem::rfind(&self.text[inner..end], quote) {
            let close = inner + length + quote.len();
            let junk = self.trimmed(close, end);
            return Ok(Read { span: Span::new(start, close), style, comment: None, junk });
        }
        while let Some(line) = self.next_line() {
            let Some(at) = memmem::rfind(line.of(self.text), quote) else { continue };
            let (close, end) = (line.start as usize + at + quote.len(), line.end as usize);
            let rest = &self.text[close..end];
            if trim(rest).ends_with(b"\\") {
                continue;
            }
            let comment_at = find_comment(rest);
            let junk = self.trimmed(close, comment_at.map_or(end, |at| close + at));
            let comment = comment_at.map(|at| self.trimmed(close + at, end));
            return Ok(Read { span: Span::new(start, close), style, comment, junk });
        }
        Err(self.error(start, "the quote around the value is not closed"))
    }

    /// Moves over the lines behind a line that ends in a backslash, at `end`, and gives back the end of the last
    /// one that is part of the value.
    fn continuation(&mut self, mut end: usize) -> usize {
        while let Some(line) = self.next_line() {
            let content = self.trimmed(line.start as usize, line.end as usize);
            if content.is_empty() {
                break;
            }
            end = content.end as usize;
            if !content.of(self.text).ends_with(b"\\") {
                break;
            }
        }
        end
    }

    /// Makes a comment of the pieces that are there.
    fn take_comment(&mut self, behind_value: bool) -> Option<u32> {
        let first = std::mem::replace(&mut self.pending, self.parsed.pieces.len() as u32);
        let end = self.pending;
        if first == end {
            return None;
        }
        let last = &mut self.parsed.pieces[end as usize - 1];
        last.end = last.start + trim_end(last.of(self.text)).len() as u32;
        self.parsed.comments.push(Comment { first, end, behind_value });
        Some(self.parsed.comments.len() as u32 - 1)
    }

    /// Turns the section that was read into nodes, and gives back the one that opens it.
    fn finish_section(&mut self) -> Option<u32> {
        self.keys.clear();
        let mut section = std::mem::take(&mut self.section);
        let name = section.name.expect("sections begin with a name");
        if name.detail != IMPLICIT && name.span.of(self.text) == BLOCK_SECTION {
            self.finish_block(&section);
            self.section = section;
            return None;
        }
        self.parsed.nodes.push(name);
        let opening = Some(self.parsed.nodes.len() as u32);
        self.push(Kind::Map, Span::empty(section.header.end as usize), 0);
        self.push_comment(section.comment);
        // The nodes of the values of keys that stand more than once, in the order of the keys.
        section.superseded.sort_by_key(|(index, lines)| (*index, lines.start));
        let mut groups = section.superseded.chunk_by(|one, other| one.0 == other.0).peekable();
        for (index, entry) in (0..).zip(&section.entries) {
            self.parsed.nodes.push(entry.key);
            let value = self.parsed.nodes.len() as u32;
            if let Some(group) = groups.next_if(|group| group[0].0 == index) {
                self.parsed.repeated.push(Repeated {
                    value,
                    superseded: group.iter().map(|(_, lines)| *lines).collect(),
                    last: entry.lines,
                });
            }
            if !entry.junk.is_empty() {
                let span = entry.junk;
                self.parsed.lost.push(Lost {
                    span,
                    behind: Some(value),
                    is_behind_value: false,
                    section: opening,
                });
            }
            self.parsed.nodes.push(entry.value);
            self.push_comment(entry.comment);
        }
        let end = section.entries.last().map_or(section.header.end, |entry| entry.value.span.end);
        self.push(Kind::End, Span::empty(end as usize), 0);
        for pieces in &section.lost {
            self.lose(pieces.clone(), opening);
        }
        self.section = section;
        opening
    }

    fn finish_block(&mut self, section: &Section) {
        if self.parsed.block.is_some() {
            self.parsed.second_block.get_or_insert(section.header.start);
            return;
        }
        let ends = section.entries.iter().map(|entry| entry.lines.end);
        let ends = ends.chain(section.superseded.iter().map(|(_, lines)| lines.end));
        self.parsed.block = Some(Block {
            start: section.header.start,
            body: section.header.end,
            end: ends.max().unwrap_or(section.header.end),
            entries: section.entries.iter().map(|entry| (entry.key, entry.value)).collect(),
        });
    }

    fn push_comment(&mut self, comment: Option<u32>) {
        let Some(index) = comment else { return };
        let comment = self.parsed.comments[index as usize];
        let first = self.parsed.pieces[comment.first as usize];
        let last = self.parsed.pieces[comment.end as usize - 1];
        self.push(Kind::Comment { inline: false }, Span { start: first.start, end: last.end }, index);
    }

    /// Takes note of pieces that the library drops.
    fn lose(&mut self, pieces: Range<u32>, section: Option<u32>) {
        for index in pieces {
            let piece = self.parsed.pieces[index as usize];
            if !is_bare(trim_end(piece.of(self.text))) {
                let span = whole_line(self.text, piece);
                self.parsed.lost.push(Lost { span, behind: None, is_behind_value: span == piece, section });
            }
        }
    }

    /// What is left of the text between `start` and `end` without white space on either side.
    fn trimmed(&self, start: usize, end: usize) -> Span {
        let content = trim_start(&self.text[start..end]);
        let start = end - content.len();
        Span::new(start, start + trim_end(content).len())
    }

    fn error(&self, offset: usize, problem: &'static str) -> DocumentError {
        DocumentError::at(DocumentCase::Malformed, self.text, offset, problem)
    }
}
