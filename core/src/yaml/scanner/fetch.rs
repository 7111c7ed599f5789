//! One token after the other, by the character that it begins with.

use super::{DEEPEST, Scanner, SimpleKey, Token, TokenKind};
use crate::yaml::chars::is_document_marker;
use crate::yaml::error::YamlError;
use crate::yaml::tree::Style;

impl Scanner<'_> {
    /// Appends the next token, and those that come with it, to the queue.
    pub(super) fn fetch(&mut self) -> Result<(), YamlError> {
        let from = self.at;
        self.skip_to_token();
        let column = self.column();
        self.unroll_indent(column, from);
        let first = self.byte(0);
        if self.at >= self.text.len() {
            return self.fetch_stream_end();
        }
        if self.fetch_line(first, column)? {
            return Ok(());
        }
        if column == 0 {
            if first == b'%' {
                return self.fetch_directive();
            }
            if is_document_marker(self.text, self.at) {
                return self.fetch_document_marker(first);
            }
        }
        // A comment behind a colon or a comma belongs to what is before it.
        let separator = if self.flow_level == 0 { b':' } else { b',' };
        let comments_from = if first == separator { self.last().start as usize } else { self.at };
        self.fetch_content(first)?;
        if self.last().kind != TokenKind::BlockEntry {
            self.scan_line_comment(comments_from);
        }
        Ok(())
    }

    #[inline]
    fn fetch_content(&mut self, first: u8) -> Result<(), YamlError> {
        let flow = self.flow_level > 0;
        match first {
            b'[' => self.fetch_flow_start(TokenKind::FlowSequenceStart),
            b'{' => self.fetch_flow_start(TokenKind::FlowMappingStart),
            b']' => self.fetch_flow_end(TokenKind::FlowSequenceEnd),
            b'}' => self.fetch_flow_end(TokenKind::FlowMappingEnd),
            b',' => self.fetch_flow_entry(),
            b'-' if self.is_alone() => self.fetch_block_entry(),
            b'?' if flow || self.is_alone() => self.fetch_key(),
            b':' if flow || self.is_alone() => self.fetch_value(),
            b'*' => self.fetch_name(TokenKind::Alias),
            b'&' => self.fetch_name(TokenKind::Anchor),
            b'!' => {
                let link = self.save_simple_key()?;
                self.simple_key_allowed = false;
                self.scan_tag(link)
            }
            b'|' | b'>' if !flow => {
                self.remove_simple_key()?;
                self.simple_key_allowed = true;
                self.scan_block(first == b'|')
            }
            b'\'' | b'"' => {
                let link = self.save_simple_key()?;
                self.simple_key_allowed = false;
                self.scan_quoted(link)
            }
            b'\t' | b'#' | b'|' | b'>' | b'%' | b'@' | b'`' => {
                Err(YamlError::new(self.at, "a character that cannot begin anything here"))
            }
            _ => {
                let link = self.save_simple_key()?;
                self.simple_key_allowed = false;
                self.scan_plain(link)
            }
        }
    }

    /// Whether a blank or the end of the line follows the character here.
    #[inline]
    fn is_alone(&self) -> bool {
        crate::yaml::chars::is_blank_or_end(self.text, self.at + 1)
    }

    /// Steps over `width` characters of ASCII, none of them blank, that are a token.
    #[inline]
    pub(super) fn push_here(&mut self, kind: TokenKind, width: usize, link: u32) {
        let start = self.at;
        self.at += width;
        self.newlines = 0;
        self.tokens.push(Token { link, ..Token::new(kind, start, self.at) });
    }

    pub(super) fn push_scalar(&mut self, style: Style, start: usize, end: usize, folded: bool, link: u32) {
        let token = Token::new(TokenKind::Scalar, start, end);
        self.tokens.push(Token { style, folded, link, ..token });
    }

    fn fetch_stream_end(&mut self) -> Result<(), YamlError> {
        if self.column() != 0 {
            self.line_start = self.at;
            self.line += 1;
        }
        self.unroll_indent(-1, self.at);
        self.remove_simple_key()?;
        self.simple_key_allowed = false;
        self.tokens.push(Token::new(TokenKind::StreamEnd, self.at, self.at));
        Ok(())
    }

    fn fetch_directive(&mut self) -> Result<(), YamlError> {
        self.unroll_indent(-1, self.at);
        self.remove_simple_key()?;
        self.simple_key_allowed = false;
        self.scan_directive()
    }

    fn fetch_document_marker(&mut self, first: u8) -> Result<(), YamlError> {
        self.unroll_indent(-1, self.at);
        self.remove_simple_key()?;
        self.simple_key_allowed = false;
        let kind = if first == b'-' { TokenKind::DocumentStart } else { TokenKind::DocumentEnd };
        self.push_here(kind, 3, 0);
        Ok(())
    }

    fn fetch_flow_start(&mut self, kind: TokenKind) -> Result<(), YamlError> {
        let link = self.save_simple_key()?;
        let token = self.read + self.tokens.len() - self.head;
        self.simple_keys.push(SimpleKey { token, ..SimpleKey::default() });
        self.flow_level += 1;
        if self.flow_level > DEEPEST {
            return Err(YamlError::new(self.at, "nested too deeply"));
        }
        self.simple_key_allowed = true;
        self.push_here(kind, 1, link);
        Ok(())
    }

    fn fetch_flow_end(&mut self, kind: TokenKind) -> Result<(), YamlError> {
        self.remove_simple_key()?;
        if self.flow_level > 0 {
            self.flow_level -= 1;
            // The library drops what it knows about the token of the last key here. If there was none, that is
            // the opening bracket, and it no longer reads on to see whether a colon makes a key of it.
            let last = self.simple_keys.pop().expect("one for each level");
            if let Some(token) = last.token.checked_sub(self.read) {
                self.tokens[self.head + token].link = 0;
            }
        }
        self.simple_key_allowed = false;
        self.push_here(kind, 1, 0);
        Ok(())
    }

    fn fetch_flow_entry(&mut self) -> Result<(), YamlError> {
        self.remove_simple_key()?;
        self.simple_key_allowed = true;
        self.push_here(TokenKind::FlowEntry, 1, 0);
        Ok(())
    }

    fn fetch_block_entry(&mut self) -> Result<(), YamlError> {
        if self.flow_level == 0 {
            if !self.simple_key_allowed {
                return Err(YamlError::new(self.at, "an entry of a list is not allowed here"));
            }
            self.roll_indent(self.column(), None, TokenKind::BlockSequenceStart, self.at)?;
        }
        self.remove_simple_key()?;
        self.simple_key_allowed = true;
        self.push_here(TokenKind::BlockEntry, 1, 0);
        Ok(())
    }

    fn fetch_key(&mut self) -> Result<(), YamlError> {
        if self.flow_level == 0 {
            if !self.simple_key_allowed {
                return Err(YamlError::new(self.at, "a key of a mapping is not allowed here"));
            }
            self.roll_indent(self.column(), None, TokenKind::BlockMappingStart, self.at)?;
        }
        self.remove_simple_key()?;
        self.simple_key_allowed = self.flow_level == 0;
        self.push_here(TokenKind::Key, 1, 0);
        Ok(())
    }

    fn fetch_value(&mut self) -> Result<(), YamlError> {
        let level = self.simple_keys.len() - 1;
        if self.still_possible(level)? {
            let key = self.simple_keys[level];
            if key.token < self.read {
                return Err(YamlError::new(key.offset, "a key that is a collection without content"));
            }
            self.tokens.insert(
                self.head + key.token - self.read,
                Token::new(TokenKind::Key, key.offset, key.offset),
            );
            self.roll_indent(key.column, Some(key.token), TokenKind::BlockMappingStart, key.offset)?;
            self.simple_keys[level].possible = false;
            self.simple_key_allowed = false;
        } else {
            if self.flow_level == 0 {
                if !self.simple_key_allowed {
                    return Err(YamlError::new(self.at, "a ':' is not allowed here"));
                }
                self.roll_indent(self.column(), None, TokenKind::BlockMappingStart, self.at)?;
            }
            self.simple_key_allowed = self.flow_level == 0;
        }
        self.push_here(TokenKind::Value, 1, 0);
        Ok(())
    }

    fn fetch_name(&mut self, kind: TokenKind) -> Result<(), YamlError> {
        let link = self.save_simple_key()?;
        self.simple_key_allowed = false;
        self.scan_name(kind, link)
    }
}
