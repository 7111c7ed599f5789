//! A file for other keys: its data key wrapped anew, or a new data key. What is in clear, and how it is written, stays.

use std::borrow::Cow;

use super::open::{MacCheck, Opening, open};
use super::proof::check_block;
use super::seal::{seal, seal_binary};
use super::{Document, Opened, with};
use crate::cipher::Cipher;
use crate::document::dotenv::Dotenv;
use crate::document::ini::Ini;
use crate::document::json::Json;
use crate::document::yaml::Yaml;
use crate::document::{DocumentCase, DocumentError, Form, Syntax};
use crate::edits::{Edits, splice};
use crate::file::compare::{Expected, same};
use crate::file::error::EncryptError;
use crate::file::request::{EncryptRequest, Encrypted};
use crate::metadata::{KeyGroup, Metadata};
use crate::parallel;
use crate::path::describe;
use crate::random::{NONCE, Random};
use crate::span::Span;
use crate::value::Value;

impl Opened {
    /// The encrypted text with other keys and the data key that it has: only the `sops` block changes, and of it only
    /// what names the keys. The values, the MAC and the date stay.
    ///
    /// `groups` hold the data key of this text, wrapped, or shares of it. Whoever could open the text before can go on
    /// doing so: they know the data key. [`Opened::rotate`] takes that away.
    ///
    /// # Errors
    /// The changed text would not read back.
    pub fn rewrap(&self, groups: Vec<KeyGroup>, shamir_threshold: usize) -> Result<Vec<u8>, EncryptError> {
        let mut metadata = self.sealed.metadata.clone();
        metadata.groups = groups;
        metadata.shamir_threshold = shamir_threshold;
        with!(&self.sealed.document, document => rewrap(document, &metadata))
    }

    /// The text encrypted anew with the data key of `request`, which should be a new one: every token is made anew with a
    /// fresh nonce, and so are the MAC and the date. All other bytes of the encrypted text stay, with the version and the
    /// selection rules; of the metadata in the request only the groups of keys and the threshold count.
    ///
    /// ```
    /// use fieldseal_core::{
    ///     DataKey, EncryptRequest, Format, KeyGroup, KeyId, MasterKey, Metadata, Random, RandomError, Sealed, Selection,
    ///     Stores, Timestamp, encrypt,
    /// };
    ///
    /// // Stands for the generator of the operating system.
    /// struct Counter(u8);
    /// impl Random for Counter {
    ///     fn fill(&mut self, bytes: &mut [u8]) -> Result<(), RandomError> {
    ///         bytes.iter_mut().for_each(|byte| { self.0 = self.0.wrapping_add(1); *byte = self.0; });
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let mut random = Counter(0);
    /// let (old, new) = (DataKey::generate(&mut random)?, DataKey::generate(&mut random)?);
    /// let now = Timestamp::from_unix(1_800_000_000);
    /// // The data key is wrapped for a recipient elsewhere.
    /// let key = MasterKey::new(KeyId::Age { recipient: "age1...".into() }, "wrapped".into(), now);
    /// let metadata = Metadata::new(vec![KeyGroup::new(vec![key])], Selection::default(), "3.13.3");
    /// let stores = Stores::default();
    /// let request = EncryptRequest { data_key: &old, metadata, now, random: &mut random, threads: 1, stores };
    /// let text = encrypt("password: 'x'  # mine\n", Format::Yaml, request)?.text;
    ///
    /// let opened = Sealed::read(text, Format::Yaml)?.open(&old, 1)?;
    /// let metadata = opened.metadata().clone(); // with `new`, wrapped, in the place of `old`
    /// let request = EncryptRequest { data_key: &new, metadata, now, random: &mut random, threads: 1, stores };
    /// let text = opened.rotate(request)?.text;
    ///
    /// assert!(Sealed::read(text.clone(), Format::Yaml)?.open(&old, 1).is_err());
    /// let opened = Sealed::read(text, Format::Yaml)?.open(&new, 1)?;
    /// assert_eq!(opened.plaintext().as_bytes(), b"password: 'x'  # mine\n");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The random source fails, or the changed text would not read back.
    pub fn rotate(&self, mut request: EncryptRequest<'_>) -> Result<Encrypted, EncryptError> {
        let mut metadata = self.sealed.metadata.clone();
        metadata.groups = std::mem::take(&mut request.metadata.groups);
        metadata.shamir_threshold = request.metadata.shamir_threshold;
        request.metadata = metadata;
        let rotated =
            with!(&self.sealed.document, document => rotate(document, &self.opening, &mut request)?);
        if let Some(text) = rotated {
            return Ok(Encrypted { text, selected: self.selected(), warnings: Vec::new() });
        }
        // A token is written in a way that sops never writes: escaped, broken, or shared by an alias.
        let source = Cow::Borrowed(self.plaintext().as_bytes());
        match &self.sealed.document {
            Document::Yaml(_) => seal::<Yaml>(source, request, None),
            Document::Json(_) => seal::<Json>(source, request, None),
            Document::Dotenv(_) => seal::<Dotenv>(source, request, None),
            Document::Ini(_) => seal::<Ini>(source, request, None),
            Document::Binary(_) => seal_binary(source, request, None),
        }
    }
}

fn rewrap<S: Syntax>(document: &S, metadata: &Metadata) -> Result<Vec<u8>, EncryptError> {
    let mut block = Edits::default();
    document.place_block(&metadata.to_raw(), &mut block);
    let fail = |(index, what)| EncryptError::WouldNotReadBack { path: describe(document, index), what };
    let again = S::read(Cow::Owned(block.splice(document.text())), Form::Sealed)
        .map_err(|_| fail((0, "the text cannot be read")))?;
    same(document, &again, |_, node| Expected::Value(document.value(node))).map_err(fail)?;
    check_block(&again, metadata)?;
    Ok(again.into_text())
}

/// The text with every token in its place made anew. `None` if a token is not found as it is in the text.
fn rotate<S: Syntax>(
    document: &S,
    opening: &Opening,
    request: &mut EncryptRequest<'_>,
) -> Result<Option<Vec<u8>>, EncryptError> {
    let cipher = Cipher::new(request.data_key);
    let Some(mut edits) = tokens(document, opening, &cipher, request)? else { return Ok(None) };
    let mut metadata = request.metadata.clone();
    metadata.set_lastmodified(request.now);
    let mac = opening.values.mac(document, metadata.mac_only_encrypted);
    metadata.mac = token(mac.as_bytes(), &metadata.mac_aad(), &cipher, request.random)?;
    metadata.layout = match &opening.layout {
        Some(layout) => Some(token(layout, &metadata.layout_aad(), &cipher, request.random)?),
        None => None,
    };
    let mut block = Edits::default();
    document.place_block(&metadata.to_raw(), &mut block);
    edits.push(block);
    prove(document, splice(document.text(), &edits), opening, &metadata, request).map(Some)
}

/// An edit for each token. `None` if one is not found as it is.
fn tokens<S: Syntax>(
    document: &S,
    opening: &Opening,
    cipher: &Cipher,
    request: &mut EncryptRequest<'_>,
) -> Result<Option<Vec<Edits>>, EncryptError> {
    let values = &opening.values;
    let leaves = values.leaves();
    let mut nonces = vec![0; NONCE * leaves.leaves.len()];
    request.random.fill(&mut nonces)?;
    let pieces = parallel::pieces(leaves.leaves.len(), request.threads);
    let parts = parallel::run(pieces.len(), request.threads, |piece| {
        let mut edits = Edits::default();
        let mut token = Vec::new();
        for index in pieces[piece].clone() {
            let leaf = &leaves.leaves[index];
            let Some((value, spelling)) = values.get(index).filter(|_| leaf.selected) else { continue };
            let node = &document.nodes()[leaf.node as usize];
            let (Value::Str(old) | Value::Comment(old)) = document.value(node) else { return None };
            let old = old.trim_ascii();
            let at = memchr::memmem::find(node.span.of(document.text()), old)?;
            let start = node.span.start as usize + at;
            let nonce = nonces[index * NONCE..].first_chunk().expect("there is a nonce for each leaf");
            token.clear();
            let tag = value.tag().expect("what was in a token has a type");
            cipher.encrypt_token(&spelling, leaves.aad(leaf), nonce, tag, &mut token);
            edits.push(Span::new(start, start + old.len()), &token);
        }
        Some(edits)
    });
    let Some(parts) = parts.into_iter().collect::<Option<Vec<Edits>>>() else { return Ok(None) };
    let mut spans: Vec<Span> = parts.iter().flat_map(|edits| edits.iter().map(|(span, _)| span)).collect();
    spans.sort_unstable_by_key(|span| span.start);
    Ok(spans.is_sorted_by(|one, next| one.end <= next.start).then_some(parts))
}

fn token(text: &[u8], aad: &str, cipher: &Cipher, random: &mut dyn Random) -> Result<String, EncryptError> {
    let mut nonce = [0; NONCE];
    random.fill(&mut nonce)?;
    let mut token = Vec::new();
    cipher.encrypt_token(text, aad.as_bytes(), &nonce, "str", &mut token);
    Ok(String::from_utf8(token).expect("a token is ASCII"))
}

/// Opens the new text with the new data key: it must give what the old one gave.
fn prove<S: Syntax>(
    document: &S,
    text: Vec<u8>,
    opening: &Opening,
    metadata: &Metadata,
    request: &EncryptRequest<'_>,
) -> Result<Vec<u8>, EncryptError> {
    let fail = |what| EncryptError::WouldNotReadBack { path: describe(document, 0), what };
    let again =
        S::read(Cow::Owned(text), Form::Sealed).map_err(|_| fail("the encrypted text cannot be read"))?;
    check_block(&again, metadata)?;
    let opened = open(&again, metadata, request.data_key, MacCheck::Required, request.threads)
        .map_err(|_| fail("the new data key does not open it"))?;
    if opened.plaintext().as_bytes() != opening.plaintext().as_bytes() {
        return Err(fail("the new data key opens something else"));
    }
    if let Some(found) = again.misread() {
        // What is in clear stands in the file before the rotation as well, in the same order.
        let number = memchr::memmem::find_iter(&again.text()[..found.offset], found.bytes).count();
        let offset = memchr::memmem::find_iter(document.text(), found.bytes).nth(number).unwrap_or(0);
        let case = DocumentCase::Unsupported;
        return Err(DocumentError::at(case, document.text(), offset, found.problem).into());
    }
    Ok(again.into_text())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::metadata::{KeyId, MasterKey};
    use crate::random::tests::Counter;
    use crate::selection::Selection;
    use crate::timestamp::Timestamp;
    use crate::{DataKey, Format, Sealed, Stores, encrypt};

    const DOCUMENTS: &[(Format, &str)] = &[
        (
            Format::Yaml,
            "# top\na: 'single'   # inline\nb: \"double\"\n\nlist:\n- one\n-   two\n- one\n# end\n",
        ),
        (
            Format::Yaml,
            "key: |\n  first\n  second\nfolded: >-\n  one\n  two\nn: 0x1F\nf: 1.50\nb: TRUE\nd: 2020-01-02\n",
        ),
        (Format::Yaml, "a: 1\n---\nb: 2\n...\n---\nc: ''\nd: ~\n"),
        (Format::Yaml, "a: x\r\nplain_unencrypted:   [ 1,2 ]\r\n"),
        (Format::Yaml, "base: &base\n  word: secret\nother:\n  <<: *base\n  more: 1\n"),
        (Format::Json, "{\n  \"a\": \"b\",\n  \"n\": 1.50,\n  \"l\": [1, true, null, \"\", 1]\n}\n"),
        (Format::Dotenv, "# c\nA=hello\nB=x\\ny\n\nC=\n"),
        (Format::Ini, "; c\n[s]\nk = v\nlong=1 ; d\n\n[t]\nq = \"quoted\"\n"),
        (Format::Binary, "anything\0at all"),
        (Format::Binary, ""),
    ];

    fn key(byte: u8) -> DataKey {
        DataKey::from_bytes(&[byte; 32]).unwrap()
    }

    fn group(names: &[&str]) -> KeyGroup {
        let key = |name: &&str| {
            let id = KeyId::Age { recipient: (*name).to_owned() };
            MasterKey::new(id, format!("for\n{name}\n"), Timestamp::from_unix(0))
        };
        KeyGroup::new(names.iter().map(key).collect())
    }

    fn metadata(groups: Vec<KeyGroup>) -> Metadata {
        Metadata::new(groups, Selection::UnencryptedSuffix("_unencrypted".to_owned()), "3.9.0")
    }

    fn sealed(format: Format, source: &str, threads: usize) -> Vec<u8> {
        let (data_key, now) = (&key(7), Timestamp::from_unix(1_800_000_000));
        let metadata = metadata(vec![group(&["one"])]);
        let request = EncryptRequest {
            data_key,
            metadata,
            now,
            random: &mut Counter(1),
            threads,
            stores: Stores::default(),
        };
        encrypt(source, format, request).unwrap().text
    }

    fn rotated(format: Format, text: &[u8], threads: usize) -> Vec<u8> {
        let opened = Sealed::read(text, format).unwrap().open(&key(7), threads).unwrap();
        let (data_key, now) = (&key(8), Timestamp::from_unix(1_900_000_000));
        let metadata = metadata(vec![group(&["two", "three"])]);
        let request = EncryptRequest {
            data_key,
            metadata,
            now,
            random: &mut Counter(2),
            threads,
            stores: Stores::default(),
        };
        opened.rotate(request).unwrap().text
    }

    /// The parts of a text outside of its tokens, and the tokens, before its `sops` block.
    fn parts(text: &[u8]) -> (Vec<String>, Vec<String>) {
        let text = String::from_utf8(text.to_vec()).unwrap();
        let ends =
            ["\nsops:", "\nsops_", "\n[sops]", "\"sops\""].iter().filter_map(|mark| text.find(mark)).min();
        let (mut clear, mut tokens) = (Vec::new(), Vec::new());
        let mut rest = &text[..ends.unwrap()];
        while let Some(at) = rest.find("ENC[") {
            let end = at + rest[at..].find(']').unwrap() + 1;
            clear.push(rest[..at].to_owned());
            tokens.push(rest[at..end].to_owned());
            rest = &rest[end..];
        }
        clear.push(rest.to_owned());
        (clear, tokens)
    }

    #[test]
    fn a_new_data_key_changes_every_token_and_nothing_else() {
        for &(format, source) in DOCUMENTS {
            for threads in [1, 3] {
                let before = sealed(format, source, threads);
                let after = rotated(format, &before, threads);
                let ((clear, old), (clear_after, new)) = (parts(&before), parts(&after));
                assert_eq!(clear, clear_after, "{source:?}");
                assert!(old.iter().all(|token| !new.contains(token)), "{source:?}");
                let distinct: std::collections::HashSet<_> = new.iter().collect();
                assert_eq!(distinct.len(), new.len(), "no nonce is used twice");
                let again = Sealed::read(after.as_slice(), format).unwrap();
                assert_eq!(again.metadata().version, "3.9.0");
                assert_eq!(again.metadata().groups, [group(&["two", "three"])]);
                assert_eq!(again.metadata().lastmodified(), Timestamp::from_unix(1_900_000_000));
                let opened = again.open(&key(8), threads).unwrap();
                assert_eq!(opened.plaintext().as_bytes(), source.as_bytes());
                assert!(opened.warnings().is_empty());
                assert!(Sealed::read(after, format).unwrap().open(&key(7), 1).is_err());
            }
        }
    }

    #[test]
    fn other_keys_change_the_block_and_nothing_else() {
        for &(format, source) in DOCUMENTS {
            let before = sealed(format, source, 1);
            let opened = Sealed::read(before.as_slice(), format).unwrap().open(&key(7), 1).unwrap();
            assert_eq!(opened.rewrap(opened.metadata().groups.clone(), 0).unwrap(), before);
            let groups = vec![group(&["one"]), group(&["two"])];
            let after = opened.rewrap(groups.clone(), 2).unwrap();
            assert_eq!(parts(&after), parts(&before));
            let again = Sealed::read(after, format).unwrap();
            assert_eq!((again.metadata().groups.clone(), again.metadata().shamir_threshold), (groups, 2));
            assert_eq!(again.metadata().lastmodified(), opened.metadata().lastmodified());
            // The MAC fits still, and so does the layout.
            let again = again.open(&key(7), 1).unwrap();
            assert_eq!((again.plaintext().as_bytes(), again.warnings()), (source.as_bytes(), &[][..]));
            assert_eq!(again.rewrap(vec![group(&["one"])], 0).unwrap(), before, "{source:?}");
        }
    }

    #[test]
    fn tokens_that_are_not_written_as_they_are_are_made_anew_as_well() {
        let yaml = String::from_utf8(sealed(Format::Yaml, "l:\n- same\n", 1)).unwrap();
        let token = parts(yaml.as_bytes()).1.remove(0);
        let escaped = yaml.replacen(&token, &format!("\"{}\"", token.replacen('E', "\\x45", 1)), 1);
        let json = String::from_utf8(sealed(Format::Json, "{\"l\": \"same\"}", 1)).unwrap();
        let json = json.replacen("\"ENC", "\"\\u0045NC", 1);
        for (format, text) in [(Format::Yaml, escaped), (Format::Json, json)] {
            let after = rotated(format, text.as_bytes(), 1);
            let opened = Sealed::read(after, format).unwrap().open(&key(8), 1).unwrap();
            assert!(opened.plaintext().as_bytes().windows(4).any(|part| part == b"same"));
        }
    }

    #[test]
    fn what_is_in_an_alias_gets_a_token_of_its_own() {
        // An alias within one list shares its additional data, so sops opens such a text.
        let (data_key, mut random) = (key(7), Counter(3));
        let yaml = String::from_utf8(sealed(Format::Yaml, "l:\n- same\n- same\n", 1)).unwrap();
        let tokens = parts(yaml.as_bytes()).1;
        let aliased =
            yaml.replacen(&tokens[0], &format!("&x {}", tokens[0]), 1).replacen(&tokens[1], "*x", 1);
        let opened = Sealed::read(aliased, Format::Yaml).unwrap().open(&data_key, 1).unwrap();
        let new = key(8);
        let request = EncryptRequest {
            data_key: &new,
            metadata: metadata(vec![group(&["one"])]),
            now: Timestamp::from_unix(1_900_000_000),
            random: &mut random,
            threads: 1,
            stores: Stores::default(),
        };
        let after = opened.rotate(request).unwrap().text;
        let again = Sealed::read(after, Format::Yaml).unwrap().open(&new, 1).unwrap();
        let text = again.plaintext().as_bytes();
        assert_eq!(text, opened.plaintext().as_bytes());
    }
}
