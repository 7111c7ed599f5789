//! Directives, anchors, aliases and tags.

use super::{Scanner, Token, TokenKind};
use crate::span::Span;
use crate::yaml::chars::{blank, break_width, is_blank_or_end, is_break_or_end, word};
use crate::yaml::error::YamlError;

/// A directive.
#[derive(Clone, Copy, Debug)]
pub(in crate::yaml) enum Directive {
    /// `%YAML`, with the numbers of the version.
    Version(u8, u8),
    /// `%TAG`.
    Tag {
        /// The handle, with its `!`.
        handle: Span,
        /// What it stands for, escapes not decoded.
        prefix: Span,
    },
}

impl Scanner<'_> {
    /// Scans `&name` or `*name`.
    pub(super) fn scan_name(&mut self, kind: TokenKind, link: u32) -> Result<(), YamlError> {
        let mut width = 1;
        while word(self.byte(width)) {
            width += 1;
        }
        let ended = matches!(self.byte(width), b'?' | b':' | b',' | b']' | b'}' | b'%' | b'@' | b'`')
            || is_blank_or_end(self.text, self.at + width);
        if width == 1 || !ended {
            return Err(YamlError::new(
                self.at,
                "the name of an anchor is missing or has a forbidden character",
            ));
        }
        self.push_here(kind, width, link);
        Ok(())
    }

    /// Scans `!`, `!suffix`, `!handle!suffix` or `!<tag>`.
    pub(super) fn scan_tag(&mut self, link: u32) -> Result<(), YamlError> {
        let start = self.at;
        let mut at = start + 1;
        if self.byte(1) == b'<' {
            at = self.scan_uri(start + 2)?;
            if at == start + 2 || self.text.get(at) != Some(&b'>') {
                return Err(YamlError::new(start, "a tag that is not well formed"));
            }
            at += 1;
        } else {
            while self.text.get(at).is_some_and(|&byte| word(byte)) {
                at += 1;
            }
            if self.text.get(at) == Some(&b'!') {
                let suffix = at + 1;
                at = self.scan_uri(suffix)?;
                if at == suffix {
                    return Err(YamlError::new(start, "a tag that is not well formed"));
                }
            } else {
                at = self.scan_uri(at)?;
            }
        }
        if !is_blank_or_end(self.text, at) {
            return Err(YamlError::new(start, "a tag that is not well formed"));
        }
        self.push_here(TokenKind::Tag, at - start, link);
        Ok(())
    }

    /// The end of the characters from `at` on that may be in a tag.
    fn scan_uri(&self, mut at: usize) -> Result<usize, YamlError> {
        loop {
            match self.text.get(at) {
                Some(b'%') => at = self.scan_uri_escapes(at)?,
                Some(&byte) if word(byte) || b";/?:@&=+$,.!~*'()[]".contains(&byte) => at += 1,
                _ => return Ok(at),
            }
        }
    }

    /// The end of the `%XX` from `at` on that together are one character.
    fn scan_uri_escapes(&self, mut at: usize) -> Result<usize, YamlError> {
        let wrong = || YamlError::new(at, "an escape in a tag that is not well formed");
        let octet = |at: usize| escaped_octet(self.text, at).ok_or_else(wrong);
        let more = match octet(at)? {
            0..=0x7F => 0,
            0xC0..=0xDF => 1,
            0xE0..=0xEF => 2,
            0xF0..=0xF7 => 3,
            _ => return Err(wrong()),
        };
        for place in 1..=more {
            if octet(at + 3 * place)? & 0xC0 != 0x80 {
                return Err(wrong());
            }
        }
        at += 3 * (1 + more);
        Ok(at)
    }

    /// Scans `%YAML` or `%TAG` with the rest of the line.
    pub(super) fn scan_directive(&mut self) -> Result<(), YamlError> {
        let start = self.at;
        let malformed = || YamlError::new(start, "a directive that is not well formed");
        let mut at = start + 1;
        while self.text.get(at).is_some_and(|&byte| word(byte)) {
            at += 1;
        }
        let name = &self.text[start + 1..at];
        if name.is_empty() || !is_blank_or_end(self.text, at) {
            return Err(malformed());
        }
        let (kind, directive) = match name {
            b"YAML" => {
                at = self.skip_blanks(at);
                let major = self.scan_number(&mut at).ok_or_else(malformed)?;
                if self.text.get(at) != Some(&b'.') {
                    return Err(malformed());
                }
                at += 1;
                let minor = self.scan_number(&mut at).ok_or_else(malformed)?;
                (TokenKind::VersionDirective, Directive::Version(major, minor))
            }
            b"TAG" => {
                let handle = self.skip_blanks(at);
                if self.text.get(handle) != Some(&b'!') {
                    return Err(malformed());
                }
                at = handle + 1;
                while self.text.get(at).is_some_and(|&byte| word(byte)) {
                    at += 1;
                }
                if self.text.get(at) == Some(&b'!') {
                    at += 1;
                } else if at > handle + 1 {
                    return Err(malformed());
                }
                let prefix = self.skip_blanks(at);
                let end = self.scan_uri(prefix)?;
                if prefix == at || end == prefix || !is_blank_or_end(self.text, end) {
                    return Err(malformed());
                }
                let handle = Span::new(handle, at);
                at = end;
                (TokenKind::TagDirective, Directive::Tag { handle, prefix: Span::new(prefix, end) })
            }
            _ => return Err(YamlError::new(start, "an unknown directive")),
        };
        let end = at;
        at = self.skip_blanks(at);
        let last = self.text.get(at);
        if last == Some(&b'#') {
            at = self.line_end(at);
        }
        if !is_break_or_end(self.text, at) {
            return Err(malformed());
        }
        self.newlines = 0;
        self.at = at;
        self.skip_break_if_any();
        self.directives.push(directive);
        let link = self.directives.len() as u32 - 1;
        self.tokens.push(Token { link, ..Token::new(kind, start, end) });
        Ok(())
    }

    /// Steps over the line break here; at the end of the text there is none.
    pub(super) fn skip_break_if_any(&mut self) {
        match break_width(self.text, self.at) {
            0 => {}
            width => self.skip_break(width),
        }
    }

    fn skip_blanks(&self, mut at: usize) -> usize {
        while self.text.get(at).is_some_and(|&byte| blank(byte)) {
            at += 1;
        }
        at
    }

    /// A number of one or two digits.
    fn scan_number(&self, at: &mut usize) -> Option<u8> {
        let digits = self.text[*at..].iter().take(3).take_while(|byte| byte.is_ascii_digit()).count();
        let number = match &self.text[*at..*at + digits] {
            [one] => one - b'0',
            [ten, one] => 10 * (ten - b'0') + one - b'0',
            _ => return None,
        };
        *at += digits;
        Some(number)
    }
}

/// The octet that `%XX` at `at` stands for.
fn escaped_octet(text: &[u8], at: usize) -> Option<u8> {
    let [b'%', high, low] = *text.get(at..at + 3)? else { return None };
    let digit = |byte| char::from(byte).to_digit(16);
    Some((digit(high)? * 16 + digit(low)?) as u8)
}

/// Appends `uri` to `to`, its escapes decoded.
pub(in crate::yaml) fn push_uri(uri: &[u8], to: &mut Vec<u8>) {
    let mut at = 0;
    while at < uri.len() {
        match escaped_octet(uri, at) {
            Some(octet) => {
                to.push(octet);
                at += 3;
            }
            None => {
                to.push(uri[at]);
                at += 1;
            }
        }
    }
}
