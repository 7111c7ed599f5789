//! The commonest shape of a line, `key: value`, taken at once.
//!
//! What is appended to the queue is what the general way would have appended; where a line has anything
//! unusual, this way ends before it and the general one goes on.

use super::{LONGEST_KEY, Scanner, Token, TokenKind};
use crate::yaml::chars::{byte, continuations};
use crate::yaml::error::YamlError;
use crate::yaml::tree::Style;

/// What a byte means within a plain scalar: see the constants.
const CLASSES: [u8; 256] = {
    let mut table = [STARTS; 256];
    let mut at = 0;
    // Indicators, what needs a look at the next byte, and the end of the text.
    let never = b"\0-?:,[]{}#&*!|>'\"%@`. \t\n\r";
    while at < never.len() {
        table[never[at] as usize] = 0;
        at += 1;
    }
    let stops = b":#\t\n\r";
    at = 0;
    while at < stops.len() {
        table[stops[at] as usize] |= STOPS_VALUE | STOPS_KEY;
        at += 1;
    }
    table[b' ' as usize] |= STOPS_KEY;
    table
};
/// A plain scalar can begin with it.
const STARTS: u8 = 1;
/// It may end a key.
const STOPS_KEY: u8 = 2;
/// It may end a value.
const STOPS_VALUE: u8 = 4;

impl Scanner<'_> {
    /// Takes `key: value` or `key:` if that is what is here, `first` being the first byte. Returns whether
    /// anything was taken.
    #[inline]
    pub(super) fn fetch_line(&mut self, first: u8, column: i64) -> Result<bool, YamlError> {
        if CLASSES[first as usize] & STARTS == 0
            || self.flow_level > 0
            || !self.simple_key_allowed
            || self.breaks.wide
        {
            return Ok(false);
        }
        let start = self.at;
        let Some((end, colon)) = self.key_end(start) else { return Ok(false) };
        self.remove_simple_key()?;
        self.roll_indent(column, None, TokenKind::BlockMappingStart, start)?;
        self.tokens.extend_from_slice(&[
            Token::new(TokenKind::Key, start, start),
            Token::new(TokenKind::Scalar, start, end),
            Token::new(TokenKind::Value, colon, colon + 1),
        ]);
        self.simple_key_allowed = false;
        self.newlines = 0;
        self.line_start += continuations(&self.text[start..end]);
        self.at = colon + 1;
        let mut value = self.at;
        while byte(self.text, value) == b' ' {
            value += 1;
        }
        match byte(self.text, value) {
            b'#' | b'\t' => self.scan_line_comment(start),
            b'"' | b'\'' => self.take_quoted(value),
            first if CLASSES[first as usize] & STARTS != 0 => self.take_plain(value),
            _ => {}
        }
        Ok(true)
    }

    /// Where the plain key at `start` ends, and where its colon is.
    #[inline]
    fn key_end(&self, start: usize) -> Option<(usize, usize)> {
        let line = &self.text[..self.text.len().min(start + LONGEST_KEY)];
        let mut at = start;
        let mut end = start;
        loop {
            while at < line.len() && CLASSES[line[at] as usize] & STOPS_KEY == 0 {
                at += 1;
            }
            match byte(line, at) {
                b':' => match byte(self.text, at + 1) {
                    b' ' | b'\n' | b'\r' | 0 => {
                        return Some((if line[at - 1] == b' ' { end } else { at }, at));
                    }
                    b'\t' => return None,
                    _ => at += 1,
                },
                b'#' if line[at - 1] != b' ' => at += 1,
                b' ' => {
                    end = at;
                    while byte(line, at) == b' ' {
                        at += 1;
                    }
                }
                _ => return None,
            }
        }
    }

    /// Takes the quoted scalar at `start` if it ends on this line and, in double quotes, has no escapes.
    fn take_quoted(&mut self, start: usize) {
        let rest = &self.text[start + 1..];
        let quote = self.text[start];
        let style = if quote == b'"' { Style::Double } else { Style::Single };
        let length = match style {
            Style::Double => memchr::memchr3(b'"', b'\\', b'\n', rest),
            _ => memchr::memchr2(b'\'', b'\n', rest),
        };
        let Some(length) = length.filter(|&length| rest[length] == quote) else { return };
        if self.breaks.cr && memchr::memchr(b'\r', &rest[..length]).is_some() {
            return;
        }
        if quote == b'\'' && byte(rest, length + 1) == b'\'' {
            return;
        }
        self.at = start + length + 2;
        self.line_start += continuations(&rest[..length]);
        self.push_scalar(style, start, self.at, false, 0);
        self.scan_line_comment(start);
    }

    /// Takes the plain scalar at `start` if nothing but the end of its line ends it.
    #[inline]
    fn take_plain(&mut self, start: usize) {
        let text = self.text;
        let mut at = start;
        loop {
            while at < text.len() && CLASSES[text[at] as usize] & STOPS_VALUE == 0 {
                at += 1;
            }
            match byte(text, at) {
                b':' if !matches!(byte(text, at + 1), b' ' | b'\n' | b'\r' | b'\t' | 0) => at += 1,
                b'#' if text[at - 1] != b' ' => at += 1,
                b'\n' | b'\r' | 0 => break,
                _ => return,
            }
        }
        let mut end = at;
        while text[end - 1] == b' ' {
            end -= 1;
        }
        let mut breaks = 0;
        let mut line_start = self.line_start;
        loop {
            at += match byte(text, at) {
                b'\n' => 1,
                b'\r' => 1 + usize::from(byte(text, at + 1) == b'\n'),
                _ => break,
            };
            breaks += 1;
            line_start = at;
            while byte(text, at) == b' ' {
                at += 1;
            }
        }
        // A deeper line goes on with the scalar.
        if !matches!(byte(text, at), b'#' | 0) && (at - line_start) as i64 > self.indent
            || byte(text, at) == b'\t'
        {
            return;
        }
        self.at = at;
        self.line += breaks;
        self.line_start = line_start;
        self.newlines = breaks;
        self.simple_key_allowed = breaks > 0;
        self.push_scalar(Style::Plain, start, end, false, 0);
    }
}
