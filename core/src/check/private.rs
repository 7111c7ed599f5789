//! Private keys in clear text, wherever they stand.

use std::borrow::Cow;

use memchr::memmem;

use super::{Finding, Kind};
use crate::document::{Form, Syntax};
use crate::file::{Document, Format, with};
use crate::path::Trail;
use crate::span::Lines;

/// What age identities begin with.
pub(super) const AGE: &[u8] = b"AGE-SECRET-KEY-";
/// What is in the first line of private keys of PEM, OpenSSH and PGP.
pub(super) const PRIVATE_KEY: &[u8] = b"PRIVATE KEY";

/// The shortest age identity, in characters behind [`AGE`]: `1` and 58 others.
const AGE_LENGTH: usize = 59;

/// How many characters of base64 have to follow a first line: less is an example.
const BODY_LENGTH: usize = 32;

/// How far behind a first line the base64 may begin: there may be headers between.
const BODY_WITHIN: usize = 400;

/// Adds a finding for each private key in `text`.
pub(super) fn check(text: &[u8], format: Format, findings: &mut Vec<Finding>) {
    let mut found: Vec<(usize, &'static str)> = memmem::find_iter(text, AGE)
        .filter(|at| is_age_identity(&text[at + AGE.len()..]))
        .map(|at| (at, "an age identity"))
        .chain(memmem::find_iter(text, PRIVATE_KEY).filter_map(|at| pem(text, at)))
        .collect();
    if found.is_empty() {
        return;
    }
    found.sort_unstable();
    let lines = Lines::of(text);
    let paths = paths(text, format, &found);
    for ((at, what), path) in found.into_iter().zip(paths) {
        let position = Some(lines.position(at as u32));
        findings.push(Finding::new(Kind::PrivateKey, format!("{what} in clear text")).at(position, path));
    }
}

fn is_age_identity(rest: &[u8]) -> bool {
    let rest = rest.strip_prefix(b"PQ-").unwrap_or(rest);
    let is_bech32 = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    let length = rest.iter().take_while(|byte| is_bech32(byte)).count();
    length >= AGE_LENGTH && rest[0] == b'1' && rest[1..AGE_LENGTH].iter().any(|byte| *byte != rest[1])
}

/// The private key whose first line has [`PRIVATE_KEY`] at `at`, if it is one: where it begins, and what it is.
fn pem(text: &[u8], at: usize) -> Option<(usize, &'static str)> {
    let line = text[..at].iter().rposition(|byte| matches!(byte, b'\n' | b'\r')).map_or(0, |end| end + 1);
    // Keys stand in strings too, behind something else.
    let start = line + memmem::rfind(&text[line..at], b"-----BEGIN ")?;
    let label = &text[start + b"-----BEGIN ".len()..at];
    if !label.iter().all(|byte| byte.is_ascii_uppercase() || *byte == b' ') {
        return None;
    }
    let rest = &text[at + PRIVATE_KEY.len()..];
    let (rest, what) = match label {
        b"PGP " => (rest.strip_prefix(b" BLOCK-----")?, "a private key of PGP"),
        b"OPENSSH " => (rest.strip_prefix(b"-----")?, "a private key of OpenSSH"),
        b"ENCRYPTED " => (rest.strip_prefix(b"-----")?, "a private key with a passphrase"),
        _ => (rest.strip_prefix(b"-----")?, "a private key"),
    };
    has_body(&rest[..rest.len().min(BODY_WITHIN)]).then_some((start, what))
}

/// Whether base64 follows, perhaps behind headers. Line ends may be written as `\n`.
fn has_body(rest: &[u8]) -> bool {
    let mut length = 0;
    let mut escaped = false;
    let mut in_word = true;
    for &byte in rest {
        match byte {
            _ if std::mem::take(&mut escaped) => (length, in_word) = (0, true),
            b'\\' => escaped = true,
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' | b'=' if in_word => length += 1,
            b'\n' | b' ' | b'\t' | b'"' | b'\'' => (length, in_word) = (0, true),
            // The end of the key, or of what was an example.
            b'-' if length == 0 && in_word => return false,
            _ => (length, in_word) = (0, byte == b'\r'),
        }
        if length >= BODY_LENGTH {
            return true;
        }
    }
    false
}

/// For each place in `found`, which are in order, the path of the leaf that it is in; empty if there is none.
fn paths(text: &[u8], format: Format, found: &[(usize, &str)]) -> Vec<String> {
    let mut paths = vec![String::new(); found.len()];
    if format == Format::Binary {
        return paths;
    }
    let Ok(document) = Document::read_as(Cow::Borrowed(text), format, Form::Sealed) else { return paths };
    with!(&document, document => {
        if document.text() != text {
            return paths;
        }
        let mut trail = Trail::default();
        for node in document.nodes() {
            trail.arrive(document, node);
            let range = node.span.range();
            let first = found.partition_point(|(at, _)| *at < range.start);
            for (place, _) in found[first..].iter().enumerate().take_while(|(_, (at, _))| *at < range.end) {
                trail.path().clone_into(&mut paths[first + place]);
            }
            trail.depart(node);
        }
    });
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7";

    fn found(text: &str, format: Format) -> Vec<(String, String)> {
        let mut findings = Vec::new();
        check(text.as_bytes(), format, &mut findings);
        findings
            .into_iter()
            .map(|finding| {
                (
                    finding.position.map(|at| at.to_string()).unwrap_or_default(),
                    finding.path + ": " + &finding.message,
                )
            })
            .collect()
    }

    #[test]
    fn keys_are_found_in_files_strings_and_documents() {
        for (label, what) in [
            ("RSA ", "a private key"),
            ("", "a private key"),
            ("EC ", "a private key"),
            ("OPENSSH ", "a private key of OpenSSH"),
            ("ENCRYPTED ", "a private key with a passphrase"),
        ] {
            let first = format!("-----BEGIN {label}PRIVATE KEY-----");
            let expected = vec![("1:1".to_owned(), format!(": {what} in clear text"))];
            assert_eq!(found(&format!("{first}\n{BODY}\n"), Format::Binary), expected);
            assert_eq!(found(&format!("{first}\r\n{BODY}\r\n"), Format::Binary), expected);
            let headers = "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,AABB\n\n";
            assert_eq!(found(&format!("{first}\n{headers}{BODY}\n"), Format::Binary), expected);
            assert_eq!(found(&format!("x = \"{first}\\n{BODY}\\n\""), Format::Binary)[0].0, "1:6");
            let yaml = format!("a:\n  - key: |\n      {first}\n      {BODY}\n");
            assert_eq!(
                found(&yaml, Format::Yaml),
                [("3:7".to_owned(), format!("a[0].key: {what} in clear text"))]
            );
        }
        let pgp = format!("-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: GnuPG\n\n{BODY}\n");
        assert_eq!(found(&pgp, Format::Binary).len(), 1);
    }

    #[test]
    fn age_identities_are_found() {
        let key = format!("AGE-SECRET-KEY-1{}", "QP".repeat(29));
        assert_eq!(found(&format!("# mine\n{key}\n"), Format::Binary)[0].0, "2:1");
        let post_quantum = format!("AGE-SECRET-KEY-PQ-1{}", "QP".repeat(40));
        assert_eq!(
            found(&format!("KEY={post_quantum}"), Format::Dotenv)[0],
            ("1:5".into(), "KEY: an age identity in clear text".into())
        );
    }

    #[test]
    fn mentions_and_examples_are_no_keys() {
        for text in [
            "AGE-SECRET-KEY-1...".to_owned(),
            format!("AGE-SECRET-KEY-1{}", "X".repeat(58)),
            format!("AGE-SECRET-KEY-2{}", "QP".repeat(29)),
            "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----".to_owned(),
            "if line.starts_with(\"-----BEGIN RSA PRIVATE KEY-----\") { return a_rather_long_name_of_a_function() }".to_owned(),
            format!("-----BEGIN PUBLIC KEY-----\n{BODY}"),
            format!("the PRIVATE KEY {BODY}"),
            format!("-----BEGIN RSA PRIVATE KEY\n{BODY}"),
            "-----BEGIN OPENSSH PRIVATE KEY-----".to_owned(),
        ] {
            assert!(found(&text, Format::Binary).is_empty(), "{text}");
        }
    }
}
