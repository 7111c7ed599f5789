#![allow(clippy::unwrap_used)]

use std::collections::HashSet;
use std::io::{Read, Write};

use age::armor::{ArmoredReader, ArmoredWriter, Format};
use age_core::format::{FileKey, Stanza};

use super::age::{LONGEST, UnwrapError, WrapError, unwrap, wrap, wrap_with};
use super::{IdentityError, parse_identities};
use crate::cipher::{Cipher, Token};
use crate::recipient::Recipient;
use crate::secret::DataKey;

const X25519: &str = include_str!("../../../testdata/age/x25519.txt");
const HYBRID: &str = include_str!("../../../testdata/age/hybrid.txt");
const ED25519: &str = include_str!("../../../testdata/age/id_ed25519");
const RSA: &str = include_str!("../../../testdata/age/id_rsa");
/// Made by sops 3.13.3 for the identities above and two more.
const SEALED: &str = include_str!("../../../testdata/age/all.json");

fn identity(text: &str) -> Box<dyn age::Identity> {
    if text.starts_with("-----BEGIN OPENSSH") {
        return Box::new(age::ssh::Identity::from_buffer(text.as_bytes(), None).unwrap());
    }
    let mut identities = parse_identities(text, false).unwrap();
    assert_eq!(identities.len(), 1);
    Box::new(identities.remove(0))
}

fn recipient(text: &str) -> Recipient {
    let identity = parse_identities(text, false).unwrap().remove(0);
    Recipient::parse(&identity.recipient().unwrap()).unwrap()
}

#[test]
fn files_of_sops() {
    let sealed: serde_json::Value = serde_json::from_str(SEALED).unwrap();
    let entries = sealed["sops"]["age"].as_array().unwrap();
    let enc = |index: usize| entries[index]["enc"].as_str().unwrap();
    let mut keys = Vec::new();
    for (index, text) in [X25519, HYBRID, ED25519, RSA].into_iter().enumerate() {
        let identity = identity(text);
        for (other, _) in entries.iter().enumerate() {
            match unwrap(enc(other), &[&*identity]) {
                Ok(part) => {
                    assert_eq!(other, index);
                    keys.push(part);
                }
                Err(error) => {
                    assert_ne!(other, index, "{error}");
                    assert!(matches!(error, UnwrapError::NoMatch), "{error}");
                }
            }
        }
    }
    assert_eq!(keys.len(), 4);
    assert!(keys.iter().all(|key| key == &keys[0]));
    let cipher = Cipher::new(&DataKey::from_bytes(&keys[0]).unwrap());
    let mut out = Vec::new();
    let token = Token::parse(sealed["secret"].as_str().unwrap().as_bytes()).unwrap();
    cipher.decrypt_token(&token, b"secret:", &mut out).unwrap();
    assert_eq!(out, b"hello");
}

#[test]
fn what_is_wrapped_can_be_unwrapped() {
    let ssh = |text: &str| {
        let identity = age::ssh::Identity::from_buffer(text.as_bytes(), None).unwrap();
        Recipient::parse(&age::ssh::Recipient::try_from(identity).unwrap().to_string()).unwrap()
    };
    for (text, recipient) in
        [(X25519, recipient(X25519)), (HYBRID, recipient(HYBRID)), (ED25519, ssh(ED25519)), (RSA, ssh(RSA))]
    {
        let part = [7; 33];
        let enc = wrap(&part, &recipient).unwrap();
        assert!(enc.starts_with("-----BEGIN AGE ENCRYPTED FILE-----\n"));
        assert!(enc.ends_with("\n-----END AGE ENCRYPTED FILE-----\n"));
        let other = identity(if text == X25519 { HYBRID } else { X25519 });
        let right = identity(text);
        assert!(matches!(unwrap(&enc, &[&*other]), Err(UnwrapError::NoMatch)));
        assert_eq!(*unwrap(&enc, &[&*other, &*right]).unwrap(), part);
        // Blanks around it do not matter, carriage returns neither.
        assert_eq!(*unwrap(&format!(" \n{enc}\n"), &[&*right]).unwrap(), part);
        assert_eq!(*unwrap(&enc.replace('\n', "\r\n"), &[&*right]).unwrap(), part);
        assert_eq!(*unwrap(enc.trim_end(), &[&*right]).unwrap(), part);
    }
}

#[test]
fn plugins_are_not_run_here() {
    let text = "age1yubikey1q2w7u3vpya839jxxuq8g0sedh3d740d4xvn639sqhr95ejj8vu3hyfumptt";
    let error = wrap(b"x", &Recipient::parse(text).unwrap()).unwrap_err();
    assert!(matches!(error, WrapError::NeedsPlugin(name) if name == "yubikey"));
}

#[test]
fn damaged_files() {
    let right = identity(X25519);
    let enc = wrap(&[7; 32], &recipient(X25519)).unwrap();
    let lines: Vec<_> = enc.lines().collect();
    let without = |index: usize| {
        let mut lines = lines.clone();
        lines.remove(index);
        lines.join("\n")
    };
    for text in ["", "x", "-----BEGIN AGE ENCRYPTED FILE-----", &without(1), &without(lines.len() - 1)] {
        assert!(matches!(unwrap(text, &[&*right]), Err(UnwrapError::Malformed(_))), "{text}");
    }
    // The last byte of the file belongs to the tag of its content.
    let mut file = Vec::new();
    ArmoredReader::new(enc.as_bytes()).read_to_end(&mut file).unwrap();
    *file.last_mut().unwrap() ^= 1;
    let mut armor = ArmoredWriter::wrap_output(Vec::new(), Format::AsciiArmor).unwrap();
    armor.write_all(&file).unwrap();
    let changed = String::from_utf8(armor.finish().unwrap()).unwrap();
    assert!(matches!(unwrap(&changed, &[&*right]), Err(UnwrapError::Content(_))));
    let long = wrap(&[7; 65], &recipient(X25519)).unwrap();
    assert!(matches!(unwrap(&long, &[&*right]), Err(UnwrapError::Content(_))));
    assert!(matches!(unwrap(&"A".repeat(LONGEST + 1), &[]), Err(UnwrapError::TooLong)));
    assert!(matches!(unwrap(&enc, &[]), Err(UnwrapError::NoMatch)));
}

/// Adds many recipients of an unknown kind in front of a real one.
struct Crowd(Recipient, usize);

impl age::Recipient for Crowd {
    fn wrap_file_key(&self, key: &FileKey) -> Result<(Vec<Stanza>, HashSet<String>), age::EncryptError> {
        let stanza = || Stanza { tag: "crowd".into(), args: vec!["x".into()], body: vec![7; 32] };
        let mut stanzas: Vec<_> = std::iter::repeat_with(stanza).take(self.1).collect();
        let (own, labels) = self.0.native().unwrap().wrap_file_key(key)?;
        stanzas.extend(own);
        Ok((stanzas, labels))
    }
}

/// A header that is parsed again after every line of it would keep this test busy for hours.
#[test]
fn ten_thousand_recipients_are_no_burden() {
    let enc = wrap_with(&[7; 32], &Crowd(recipient(X25519), 10_000)).unwrap();
    assert_eq!(*unwrap(&enc, &[&*identity(X25519)]).unwrap(), [7; 32]);
}

/// Refuses everything.
struct Broken;

impl age::Identity for Broken {
    fn unwrap_stanza(&self, _: &Stanza) -> Option<Result<FileKey, age::DecryptError>> {
        Some(Err(age::DecryptError::KeyDecryptionFailed))
    }
}

#[test]
fn one_broken_identity_does_not_stop_the_next() {
    let enc = wrap(&[7; 32], &recipient(X25519)).unwrap();
    assert_eq!(*unwrap(&enc, &[&Broken, &*identity(X25519)]).unwrap(), [7; 32]);
    let error = unwrap(&enc, &[&Broken, &*identity(HYBRID)]).unwrap_err();
    assert!(matches!(&error, UnwrapError::Identities(messages) if messages.len() == 1), "{error}");
    assert!(!error.to_string().contains('\n'));
}

#[test]
fn identities_are_one_to_a_line() {
    let line = X25519.lines().last().unwrap();
    let count = |text: &str, words: bool| parse_identities(text, words).map(|identities| identities.len());
    assert_eq!(count(X25519, false), Ok(1));
    assert_eq!(count(&X25519.replace('\n', "\r\n"), false), Ok(1));
    assert_eq!(count(&format!("{line} {line}\n#x\n\n {line}"), true), Ok(3));
    assert_eq!(count(&format!("{line}\n {line}"), false), Err((2, IdentityError::Unknown)));
    assert_eq!(count(&format!("{line}\n{}", &line[..40]), false), Err((2, IdentityError::Malformed)));
    assert_eq!(count("AGE-SECRET-KEY-PQ-1X", false), Err((1, IdentityError::Malformed)));
    assert_eq!(count("AGE-PLUGIN-X", false), Err((1, IdentityError::Malformed)));
    assert_eq!(count("# only a comment\n", false), Ok(0));
}

#[test]
fn recipients_belong_to_their_identities() {
    for text in [X25519, HYBRID] {
        let named = text.lines().find_map(|line| line.strip_prefix("# public key: ")).unwrap();
        assert_eq!(recipient(text).as_str(), named);
    }
}
