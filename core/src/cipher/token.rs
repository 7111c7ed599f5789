//! The form of an encrypted value: `ENC[AES256_GCM,data:...,iv:...,tag:...,type:...]`.

use memchr::{memchr, memrchr};

/// What every token begins with.
pub(crate) const PREFIX: &[u8] = b"ENC[AES256_GCM,data:";
/// What separates the ciphertext and the nonce.
pub(super) const IV: &[u8] = b",iv:";
/// What separates the nonce and the tag.
pub(super) const TAG: &[u8] = b",tag:";
/// What separates the tag and the type.
pub(super) const TYPE: &[u8] = b",type:";

/// The parts of a token, as they are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Token<'a> {
    /// The ciphertext, in base64.
    pub(super) data: &'a [u8],
    /// The nonce, in base64.
    pub(super) nonce: &'a [u8],
    /// The tag, in base64.
    pub(super) tag: &'a [u8],
    /// The name of the type.
    kind: &'a [u8],
}

/// The text is no token. The text itself is not part of the error: it may be clear text.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "the value is not encrypted: it does not have the form ENC[AES256_GCM,data:...,iv:...,tag:...,type:...]"
)]
pub struct TokenError;

impl<'a> Token<'a> {
    /// Splits a token as sops does: it must be at the beginning of `text`, its fields are not empty and hold
    /// no line feed, each extends as far as it can, the first before the second, and what follows the last
    /// bracket of the line does not matter.
    ///
    /// # Errors
    /// `text` does not begin with a token.
    pub(crate) fn parse(text: &'a [u8]) -> Result<Self, TokenError> {
        let fields = text.strip_prefix(PREFIX).ok_or(TokenError)?;
        let line = &fields[..memchr(b'\n', fields).unwrap_or(fields.len())];
        let end = memrchr(b']', line).ok_or(TokenError)?;
        // The rightmost place of each separator leaves the most for the fields in front of it.
        let (rest, kind) = split_last(&line[..end], TYPE)?;
        let (rest, tag) = split_last(rest, TAG)?;
        let (data, nonce) = split_last(rest, IV)?;
        if data.is_empty() {
            return Err(TokenError);
        }
        Ok(Self { data, nonce, tag, kind })
    }

    /// The name of the type; one that is not UTF-8 is none that exists.
    pub(crate) fn kind(&self) -> &'a str {
        std::str::from_utf8(self.kind).unwrap_or("\u{fffd}")
    }

    /// What is wrong with the fields, as far as that can be seen without a key.
    pub(crate) fn flaw(&self) -> Option<&'static str> {
        const KINDS: [&str; 7] = ["str", "int", "float", "bool", "time", "comment", "bytes"];
        if !is_base64(self.data) {
            return Some("its data is no base64");
        }
        if !is_base64(self.nonce) {
            return Some("its iv is no base64");
        }
        if !is_base64(self.tag) {
            return Some("its tag is no base64");
        }
        if !KINDS.contains(&self.kind()) {
            return Some("its type does not exist");
        }
        // 16 bytes; a tag may have given some of them to the data.
        let lent = self.data.len() + self.tag.len() < 24;
        lent.then_some("its tag is too short")
    }

    /// The most bytes that the plaintext can have.
    pub(crate) const fn longest_plaintext(&self) -> usize {
        (self.data.len() + self.tag.len()) / 4 * 3
    }
}

/// Whether `text` is base64 with padding; line ends count for nothing, as in Go.
fn is_base64(text: &[u8]) -> bool {
    let mut length = 0_usize;
    let mut padding = 0_usize;
    for &byte in text {
        match byte {
            b'\r' | b'\n' => continue,
            b'=' => padding += 1,
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' if padding == 0 => {}
            _ => return false,
        }
        length += 1;
    }
    length > 0 && length.is_multiple_of(4) && padding <= 2
}

/// What is before and behind the last `separator` of `text` that has something behind it.
fn split_last<'a>(text: &'a [u8], separator: &[u8]) -> Result<(&'a [u8], &'a [u8]), TokenError> {
    let mut end = text.len();
    while let Some(at) = memrchr(separator[0], &text[..end]) {
        let behind = at + separator.len();
        if behind < text.len() && text[at..].starts_with(separator) {
            return Ok((&text[..at], &text[behind..]));
        }
        end = at;
    }
    Err(TokenError)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Option<[&str; 4]> {
        let token = Token::parse(text.as_bytes()).ok()?;
        Some([token.data, token.nonce, token.tag, token.kind].map(|part| std::str::from_utf8(part).unwrap()))
    }

    /// The right sides are what Go's `regexp` gives for sops's expression.
    #[test]
    fn splits_as_sops_does() {
        for (text, expected) in [
            ("data:A,iv:B,tag:C,type:D]", Some(["A", "B", "C", "D"])),
            ("data:A,iv:B,tag:C,type:D] # more", Some(["A", "B", "C", "D"])),
            ("data:A,iv:B,tag:C,type:D]]", Some(["A", "B", "C", "D]"])),
            ("data:A,iv:B,tag:C,type:str]x]y", Some(["A", "B", "C", "str]x"])),
            ("data:A,iv:B,tag:C,type:D]\nx]", Some(["A", "B", "C", "D"])),
            ("data:A,iv:B,tag:C,type:D,iv:E,tag:F,type:G]", Some(["A,iv:B,tag:C,type:D", "E", "F", "G"])),
            ("data:A,iv:B,tag:C,type:D,type:E]", Some(["A", "B", "C,type:D", "E"])),
            ("data:A,iv:B,tag:C,type:,type:E]", Some(["A", "B", "C,type:", "E"])),
            ("data:A,iv:B,tag:C,type:E,type:]", Some(["A", "B", "C", "E,type:"])),
            ("data:A,iv:,iv:B,tag:C,type:D]", Some(["A,iv:", "B", "C", "D"])),
            ("data:A,iv:B,iv:,tag:C,type:D]", Some(["A", "B,iv:", "C", "D"])),
            ("data:A,iv:B,tag:,tag:C,type:D]", Some(["A", "B,tag:", "C", "D"])),
            ("data:,iv:B,iv:C,tag:D,type:E]", Some([",iv:B", "C", "D", "E"])),
            ("data:,iv:B,tag:C,type:D]", None),
            ("data:A,iv:,tag:C,type:D]", None),
            ("data:A,iv:B,tag:,type:D]", None),
            ("data:A,iv:B,tag:C,type:]", None),
            ("data:A,tag:C,iv:B,type:D]", None),
            ("data:A,iv:B,tag:C,type:D", None),
            ("data:A,iv:B\n,tag:C,type:D]", None),
            ("data:A,iv:B,tag:C,type:D\n]", None),
            ("data:A,iv:B,tag:C]", None),
            ("data:", None),
        ] {
            assert_eq!(parts(&format!("ENC[AES256_GCM,{text}")), expected, "{text}");
        }
    }

    #[test]
    fn only_at_the_beginning() {
        for text in [
            "",
            "ENC",
            " ENC[AES256_GCM,data:A,iv:B,tag:C,type:D]",
            "enc[AES256_GCM,data:A,iv:B,tag:C,type:D]",
        ] {
            assert_eq!(Token::parse(text.as_bytes()), Err(TokenError));
        }
    }

    #[test]
    fn many_commas_are_no_burden() {
        let text = [PREFIX, &b",iv:,tag:,type".repeat(200_000), b"]"].concat();
        assert_eq!(Token::parse(&text), Err(TokenError));
    }

    #[test]
    fn flaws_are_seen_without_a_key() {
        let tag = "AAAAAAAAAAAAAAAAAAAAAA==";
        for (text, flaw) in [
            (format!("data:QQ==,iv:QUFB,tag:{tag},type:str]"), None),
            (format!("data:QQ=,iv:QUFB,tag:{tag},type:str]"), Some("its data is no base64")),
            (format!("data:Q Q=,iv:QUFB,tag:{tag},type:str]"), Some("its data is no base64")),
            (format!("data:QQ==,iv:=QUB,tag:{tag},type:str]"), Some("its iv is no base64")),
            (format!("data:QQ==,iv:QUFB,tag:{tag}x,type:str]"), Some("its tag is no base64")),
            (format!("data:QQ==,iv:QUFB,tag:{tag},type:string]"), Some("its type does not exist")),
            ("data:QQ==,iv:QUFB,tag:QUFB,type:str]".into(), Some("its tag is too short")),
        ] {
            let text = format!("ENC[AES256_GCM,{text}");
            assert_eq!(Token::parse(text.as_bytes()).unwrap().flaw(), flaw, "{text}");
        }
    }

    #[test]
    fn odd_types_are_kept_apart() {
        let token = Token::parse(b"ENC[AES256_GCM,data:A,iv:B,tag:C,type:\xff]").unwrap();
        assert_eq!(token.kind(), "\u{fffd}");
    }
}
