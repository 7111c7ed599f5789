//! Where scalars end. What they stand for is decoded later, from their spans.

use super::{Scanner, TokenKind};
use crate::span::Span;
use crate::yaml::chars::{
    blank, break_width, byte, continuations, is_blank_or_end, is_break, is_break_or_end, is_document_marker,
};
use crate::yaml::error::YamlError;
use crate::yaml::tree::{BlockScalar, Chomping, NONE, Style};

/// Bytes that a run of a plain scalar cannot simply go over: blanks, line breaks or what may begin one, and
/// the colon. In flow collections the brackets, the comma and `?` as well.
const PLAIN: [u8; 256] = {
    let mut table = [0; 256];
    let mut at = 0;
    let block = b" \t\r\n:\xC2\xE2";
    while at < block.len() {
        table[block[at] as usize] = BLOCK | FLOW;
        at += 1;
    }
    let flow = b",?[]{}";
    at = 0;
    while at < flow.len() {
        table[flow[at] as usize] = FLOW;
        at += 1;
    }
    table
};
const BLOCK: u8 = 1;
const FLOW: u8 = 2;

impl Scanner<'_> {
    /// Scans a plain scalar.
    pub(super) fn scan_plain(&mut self, link: u32) -> Result<(), YamlError> {
        let start = self.at;
        let indent = self.indent + 1;
        let mut end = start;
        let mut folded = false;
        // Whether the last line break has only blanks behind it.
        let mut fresh_line = false;
        loop {
            if self.column() == 0 && is_document_marker(self.text, self.at) || self.byte(0) == b'#' {
                break;
            }
            let run = self.plain_run(self.at);
            if run > self.at {
                folded |= fresh_line;
                fresh_line = false;
                self.newlines = 0;
                self.line_start += continuations(&self.text[self.at..run]);
                self.at = run;
                end = run;
            }
            if !(blank(self.byte(0)) || is_break(self.text, self.at)) {
                break;
            }
            loop {
                if blank(self.byte(0)) {
                    if fresh_line && self.column() < indent && self.byte(0) == b'\t' {
                        return Err(YamlError::new(self.at, "a tab where a line is indented"));
                    }
                    self.at += 1;
                } else {
                    match break_width(self.text, self.at) {
                        0 => break,
                        width => self.skip_break(width),
                    }
                    fresh_line = true;
                }
            }
            if self.flow_level == 0 && self.column() < indent {
                break;
            }
        }
        if fresh_line {
            self.simple_key_allowed = true;
        }
        self.push_scalar(Style::Plain, start, end, folded, link);
        Ok(())
    }

    /// The end of the characters from `at` on that belong to a plain scalar and are not blank.
    fn plain_run(&self, mut at: usize) -> usize {
        let mask = if self.flow_level > 0 { FLOW } else { BLOCK };
        loop {
            while at < self.text.len() && PLAIN[self.text[at] as usize] & mask == 0 {
                at += 1;
            }
            match byte(self.text, at) {
                b':' if !is_blank_or_end(self.text, at + 1) => at += 1,
                0xC2 | 0xE2 if !is_break(self.text, at) => at += 1,
                _ => return at,
            }
        }
    }

    /// Scans a scalar in quotes.
    pub(super) fn scan_quoted(&mut self, link: u32) -> Result<(), YamlError> {
        let start = self.at;
        let quote = self.text[start];
        self.at += 1;
        let mut run = start;
        loop {
            let at = self.quoted_stop(self.at, quote);
            if at >= self.text.len() {
                return Err(YamlError::new(start, "a closing quote is missing"));
            }
            match self.text[at] {
                b'\'' if quote == b'\'' && byte(self.text, at + 1) == b'\'' => self.at = at + 2,
                b'\'' | b'"' => {
                    self.at = at + 1;
                    break;
                }
                b'\\' => self.at = self.check_escape(at)?,
                _ => {
                    let width = break_width(self.text, at);
                    self.at = at;
                    if width == 0 {
                        self.at += 1;
                        continue;
                    }
                    self.skip_break(width);
                    run = self.at;
                    if is_document_marker(self.text, self.at) {
                        return Err(YamlError::new(self.at, "a document marker inside quotes"));
                    }
                }
            }
        }
        self.newlines = 0;
        self.line_start += continuations(&self.text[run..self.at]);
        let style = if quote == b'"' { Style::Double } else { Style::Single };
        self.push_scalar(style, start, self.at, false, link);
        Ok(())
    }

    /// The first place from `at` on with a quote, a backslash within double quotes, or what may be a line
    /// break.
    #[inline]
    fn quoted_stop(&self, at: usize, quote: u8) -> usize {
        let rest = &self.text[at..];
        let length = if self.breaks.cr || self.breaks.wide {
            rest.iter().position(|&byte| {
                byte == quote
                    || matches!(byte, b'\n' | b'\r' | 0xC2 | 0xE2)
                    || (byte == b'\\' && quote == b'"')
            })
        } else if quote == b'"' {
            memchr::memchr3(quote, b'\\', b'\n', rest)
        } else {
            memchr::memchr2(quote, b'\n', rest)
        };
        at + length.unwrap_or(rest.len())
    }

    /// Checks the escape at `at`. Returns where to go on; if it escapes a line break, that is the break.
    fn check_escape(&self, at: usize) -> Result<usize, YamlError> {
        let digits = match byte(self.text, at + 1) {
            b'0' | b'a' | b'b' | b't' | b'\t' | b'n' | b'v' | b'f' | b'r' | b'e' | b' ' | b'"' | b'\''
            | b'\\' | b'N' | b'_' | b'L' | b'P' => return Ok(at + 2),
            b'x' => 2,
            b'u' => 4,
            b'U' => 8,
            _ if is_break(self.text, at + 1) => return Ok(at + 1),
            _ => return Err(YamlError::new(at, "an unknown escape; to write a backslash, double it")),
        };
        let mut code: u32 = 0;
        for place in 0..digits {
            match char::from(byte(self.text, at + 2 + place)).to_digit(16) {
                Some(digit) => code = code << 4 | digit,
                None => return Err(YamlError::new(at, "an escape with too few hexadecimal digits")),
            }
        }
        if char::from_u32(code).is_none() {
            return Err(YamlError::new(at, "an escape that stands for no character"));
        }
        Ok(at + 2 + digits)
    }

    /// Scans a literal or folded scalar.
    pub(super) fn scan_block(&mut self, literal: bool) -> Result<(), YamlError> {
        let start = self.at;
        let malformed = || YamlError::new(start, "a header of a block scalar that is not well formed");
        self.at += 1;
        self.newlines = 0;
        let (mut chomping, mut increment) = (None, None);
        for _ in 0..2 {
            match self.byte(0) {
                b'+' if chomping.is_none() => chomping = Some(Chomping::Keep),
                b'-' if chomping.is_none() => chomping = Some(Chomping::Strip),
                digit @ b'1'..=b'9' if increment.is_none() => increment = Some(i64::from(digit - b'0')),
                b'0' if increment.is_none() => return Err(malformed()),
                _ => break,
            }
            self.at += 1;
        }
        let header = Span::new(start, self.at);
        while blank(self.byte(0)) {
            self.at += 1;
        }
        if self.byte(0) == b'#' {
            self.scan_line_comment(start);
        }
        if !is_break_or_end(self.text, self.at) {
            return Err(malformed());
        }
        self.skip_break_if_any();

        let body = self.at;
        let explicit = increment.is_some();
        let mut indent = increment.map_or(0, |increment| self.indent.max(0) + increment);
        let (mut content_end, mut end) = (body, body);
        let mut breaks_end = self.skip_block_breaks(&mut indent)?;
        while self.column() == indent && self.at < self.text.len() {
            let line = self.line_end(self.at);
            if self.text[self.at..line].iter().any(|&byte| !blank(byte)) {
                self.newlines = 0;
            }
            self.at = line;
            content_end = line;
            self.skip_break_if_any();
            end = self.at;
            breaks_end = self.skip_block_breaks(&mut indent)?;
        }
        let chomping = chomping.unwrap_or(Chomping::Clip);
        if chomping == Chomping::Keep {
            end = breaks_end;
        }
        self.blocks.push(BlockScalar {
            node: NONE,
            header,
            body: body as u32,
            content_end: content_end as u32,
            indent: indent as u32,
            explicit,
            chomping,
        });
        let style = if literal { Style::Literal } else { Style::Folded };
        let link = self.blocks.len() as u32 - 1;
        debug_assert!(self.tokens.last().is_none_or(|last| last.kind != TokenKind::StreamEnd));
        self.push_scalar(style, start, end, false, link);
        Ok(())
    }

    /// Steps over empty lines and the indentation of the next line of a block scalar; sets `indent` if it
    /// is not known, that is, zero. Returns where the empty lines end.
    fn skip_block_breaks(&mut self, indent: &mut i64) -> Result<usize, YamlError> {
        let mut end = self.at;
        let mut widest = 0;
        loop {
            while (*indent == 0 || self.column() < *indent) && self.byte(0) == b' ' {
                self.at += 1;
            }
            widest = widest.max(self.column());
            if (*indent == 0 || self.column() < *indent) && self.byte(0) == b'\t' {
                return Err(YamlError::new(self.at, "a tab where a line is indented"));
            }
            match break_width(self.text, self.at) {
                0 => break,
                width => self.skip_break(width),
            }
            end = self.at;
        }
        if *indent == 0 {
            *indent = widest.max(self.indent + 1).max(1);
        }
        Ok(end)
    }
}
