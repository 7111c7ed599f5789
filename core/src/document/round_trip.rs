//! What the tests of the formats share: encrypting and decrypting without a cipher.

use std::borrow::Cow;

use super::{DocumentError, Form, Kind, Node, Syntax};
use crate::edits::{Edits, splice};
use crate::metadata::Raw;
use crate::value::Value;

/// A text that went through.
pub(super) struct Trip {
    /// The text with tokens and a `sops` block.
    pub(super) sealed: String,
    /// The text with values again and without the block.
    pub(super) restored: String,
    /// Whether the text had to be prepared.
    pub(super) prepared: bool,
}

/// A block with a string of two lines, as metadata have them.
pub(super) fn block() -> Raw {
    let text = |text: &str| Raw::Str(text.to_owned());
    Raw::Map(vec![
        (
            "age".to_owned(),
            Raw::List(vec![Raw::Map(vec![
                ("enc".to_owned(), text("a\nb\n")),
                ("recipient".to_owned(), text("age1")),
            ])]),
        ),
        ("mac".to_owned(), text("ENC[AES256_GCM,data:x,iv:x,tag:x,type:str]")),
    ])
}

/// The token number `index`.
pub(super) fn token(index: usize) -> String {
    format!("ENC[AES256_GCM,data:{index}+/==,iv:aXY=,tag:dGFn,type:str]")
}

/// All nodes of `document`, values in the notation of Rust.
pub(super) fn show<S: Syntax>(document: &S) -> Vec<String> {
    document.nodes().iter().map(|node| show_node(document, node)).collect()
}

fn show_node<S: Syntax>(document: &S, node: &Node) -> String {
    let text = |bytes: &[u8]| format!("{:?}", String::from_utf8_lossy(bytes));
    match node.kind {
        Kind::Branch | Kind::Map => "{".to_owned(),
        Kind::List => "[".to_owned(),
        Kind::End => "end".to_owned(),
        Kind::Key => format!("{}:", text(&document.key(node))),
        Kind::Comment { .. } | Kind::Scalar(_) => match document.value(node) {
            Value::Null => "null".to_owned(),
            Value::Str(bytes) => text(&bytes),
            Value::Comment(bytes) => format!("#{}", text(&bytes)),
            Value::Int(number) => number.to_string(),
            Value::Float(number) => format!("{number:?}"),
            Value::Bool(value) => value.to_string(),
            Value::Time(time) => time.to_whole_seconds(),
        },
    }
}

/// Whether a node of a text has something to encrypt.
fn is_encrypted(kind: Kind, value: &Value<'_>) -> bool {
    match value {
        _ if !matches!(kind, Kind::Scalar(_) | Kind::Comment { .. }) => false,
        Value::Null => false,
        Value::Str(text) | Value::Comment(text) => !text.is_empty(),
        _ => true,
    }
}

/// Encrypts what `select` selects by its node's index and what it shows, and decrypts it again. Checks that the
/// sealed text reads as it should.
pub(super) fn round_trip<S: Syntax>(
    source: &[u8],
    select: impl Fn(usize, &str) -> bool,
) -> Result<Trip, DocumentError> {
    let mut plain = S::read(Cow::Borrowed(source), Form::Plain)?;
    assert_eq!(plain.block()?, None);
    let shown = show(&plain);
    // Of a collection it says whether comments in it are encrypted.
    let is_leaf = |kind| !matches!(kind, Kind::Key | Kind::End);
    let selected: Vec<bool> = plain
        .nodes()
        .iter()
        .enumerate()
        .map(|(index, node)| is_leaf(node.kind) && select(index, &shown[index]))
        .collect();
    let edits = plain.prepare(&|index| selected[index])?;
    let is_prepared = !edits.is_empty();
    if is_prepared {
        let prepared = edits.splice(plain.text());
        plain = S::read(Cow::Owned(prepared), Form::Plain)?;
        assert_eq!(show(&plain), shown, "a prepared text says the same");
        assert!(plain.prepare(&|index| selected[index])?.is_empty(), "once is enough");
    }
    let mut edits = Edits::default();
    let mut values = Vec::new();
    for (index, node) in plain.nodes().iter().enumerate() {
        let encrypted = selected[index] && is_encrypted(node.kind, &plain.value(node));
        values.push(encrypted.then(|| (plain.value(node), plain.spelling(index).unwrap_or_default())));
        if encrypted {
            let first = edits.len();
            plain.place_token(index, token(index).as_bytes(), &mut edits);
            let (_, bytes) = edits.get(first);
            assert!(
                memchr::memmem::find(bytes, token(index).as_bytes()).is_some(),
                "the first holds the token"
            );
        }
    }
    let mut block_edits = Edits::default();
    plain.place_block(&block(), &mut block_edits);
    let text = splice(plain.text(), &[edits, block_edits]);
    let sealed = S::read(Cow::Borrowed(&text), Form::Sealed)?;
    assert_eq!(sealed.block()?, Some(block()), "in\n{}", String::from_utf8_lossy(&text));
    assert_eq!(sealed.warnings(), []);
    assert_eq!(sealed.nodes().len(), plain.nodes().len(), "in\n{}", String::from_utf8_lossy(&text));
    for (index, (one, other)) in plain.nodes().iter().zip(sealed.nodes()).enumerate() {
        let expected = match (&values[index], one.kind) {
            (Some(_), Kind::Comment { .. }) => format!("#{:?}", token(index)),
            (Some(_), _) => format!("{:?}", token(index)),
            (None, _) => show_node(&plain, one),
        };
        assert_eq!(show_node(&sealed, other), expected, "in\n{}", String::from_utf8_lossy(&text));
    }
    // A block that is written again in its place does not change.
    let mut again = Edits::default();
    sealed.place_block(&block(), &mut again);
    assert_eq!(String::from_utf8_lossy(&again.splice(&text)), String::from_utf8_lossy(&text));
    let mut edits = Edits::default();
    for (index, value) in values.iter().enumerate() {
        if let Some((value, spelling)) = value {
            sealed.place_value(index, value, spelling, &mut edits)?;
            if let Some((span, bytes)) = sealed.verbatim(index, value) {
                let (mut verbatim, mut placed) = (Edits::default(), Edits::default());
                verbatim.push(span, bytes);
                sealed.place_value(index, value, spelling, &mut placed)?;
                let text = verbatim.splice(sealed.text());
                assert_eq!(text, placed.splice(sealed.text()), "the same is done in two ways");
            }
        }
    }
    let mut block_edits = Edits::default();
    sealed.remove_block(&mut block_edits);
    let restored = splice(sealed.text(), &[edits, block_edits]);
    let read = S::read(Cow::Borrowed(&restored), Form::Plain)?;
    assert_eq!(show(&read), shown, "in\n{}", String::from_utf8_lossy(&restored));
    Ok(Trip {
        sealed: String::from_utf8_lossy(&text).into_owned(),
        restored: String::from_utf8_lossy(&restored).into_owned(),
        prepared: is_prepared,
    })
}

/// Encrypts all of `source`, checks that decryption gives it back byte for byte, and returns the sealed text.
#[track_caller]
pub(super) fn lossless<S: Syntax>(source: &str) -> String {
    for (what, select) in [("some", false), ("all", true)] {
        let result = round_trip::<S>(source.as_bytes(), |index, _| select || index % 3 == 0);
        let trip = result.unwrap_or_else(|error| panic!("{error} in {source:?}"));
        assert_eq!(trip.restored, source, "{what} selected; sealed:\n{}", trip.sealed);
        if select {
            return trip.sealed;
        }
    }
    unreachable!("the second pass returns")
}

/// Texts of `length` bytes made of the words in `words`, the same ones each time.
pub(super) fn random_texts(words: &[&str], count: usize, length: usize) -> Vec<Vec<u8>> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as usize
    };
    let mut texts = Vec::with_capacity(count);
    for _ in 0..count {
        let mut text = Vec::new();
        for _ in 0..next() % length {
            text.extend_from_slice(words[next() % words.len()].as_bytes());
        }
        texts.push(text);
    }
    texts
}
