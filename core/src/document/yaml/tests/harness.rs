//! What the tests share: a picture of the nodes, and sealing with tokens that hide nothing.

use std::borrow::Cow;
use std::fmt::Write;

use crate::document::yaml::Yaml;
use crate::document::{Form, Kind, Syntax, Type};
use crate::edits::{Edits, splice};
use crate::metadata::Raw;
use crate::value::Value;

/// Reads a text.
pub(super) fn read(text: &str, form: Form) -> Yaml {
    Yaml::read(Cow::Borrowed(text.as_bytes()), form).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// The nodes on one line: `{` and `}` for branches and maps, `[` and `]` for lists, `key:`, values with the first
/// letter of their type, `#comment`, with `~` in front if it is inline.
pub(super) fn picture(yaml: &Yaml) -> String {
    let mut open = Vec::new();
    let mut to = String::new();
    for node in yaml.nodes() {
        if !to.is_empty() {
            to.push(' ');
        }
        match node.kind {
            Kind::Branch | Kind::Map => {
                to.push('{');
                open.push('}');
            }
            Kind::List => {
                to.push('[');
                open.push(']');
            }
            Kind::End => to.push(open.pop().unwrap()),
            Kind::Key => write!(to, "{}:", String::from_utf8_lossy(&yaml.key(node))).unwrap(),
            Kind::Scalar(_) | Kind::Comment { .. } => {
                if node.kind == (Kind::Comment { inline: true }) {
                    to.push('~');
                }
                to.push_str(&show(&yaml.value(node)));
            }
        }
    }
    to
}

/// The picture without what may differ: whether a comment is inline, and whether a number without a point is
/// one with a fraction.
fn loose(yaml: &Yaml) -> String {
    picture(yaml)
        .replace('~', "")
        .split(' ')
        .map(|word| word.strip_prefix('f').map_or(word.into(), |rest| format!("i{rest}")))
        .collect()
}

/// A value: the first letter of its type and its text.
fn show(value: &Value<'_>) -> String {
    let mut text = Vec::new();
    value.write_bytes(&mut text);
    let text = String::from_utf8_lossy(&text).escape_debug().to_string();
    match value {
        Value::Null => "null".to_owned(),
        Value::Str(_) => format!("s{text}"),
        Value::Int(_) => format!("i{text}"),
        Value::Float(_) => format!("f{text}"),
        Value::Bool(_) => format!("b{text}"),
        Value::Time(_) => format!("t{text}"),
        Value::Comment(_) => format!("#{text}"),
    }
}

/// A `sops` block.
fn block() -> Raw {
    let text = |text: &str| Raw::Str(text.to_owned());
    Raw::Map(vec![
        (
            "age".to_owned(),
            Raw::List(vec![Raw::Map(vec![
                ("enc".to_owned(), text("-----BEGIN\nabc\n-----END\n")),
                ("recipient".to_owned(), text("age1xyz")),
            ])]),
        ),
        ("lastmodified".to_owned(), text("2026-11-21T12:21:19Z")),
        ("mac".to_owned(), text("ENC[AES256_GCM,data:abc=,iv:abc=,tag:abc=,type:str]")),
        ("shamir_threshold".to_owned(), Raw::Int(2)),
    ])
}

/// What came of sealing a text.
pub(super) struct Trip {
    /// The text after it was prepared.
    pub(super) prepared: String,
    /// The sealed text.
    pub(super) sealed: String,
    /// What restoring gives.
    pub(super) restored: String,
    /// How many other spellings it took.
    pub(super) attempts: usize,
}

/// Replaces what `select` selects by tokens, writes the block, reads again, compares, and restores.
///
/// # Errors
/// What differs.
pub(super) fn trip(source: &str, select: &dyn Fn(&Yaml, usize) -> bool) -> Result<Trip, String> {
    let mut plain = prepared(source, select)?;
    let mut result = seal(&plain, select);
    let mut attempt = 0;
    while result.is_err() {
        let Some(edits) = plain.respell(attempt) else { return result };
        attempt += 1;
        let text = edits.splice(plain.text());
        match Yaml::read(Cow::Owned(text), Form::Plain) {
            Ok(again) if loose(&again) == loose(&plain) => plain = again,
            Ok(again) if attempt == 3 => {
                return Err(format!(
                    "respelled differs:\n{}\n{}\n{}",
                    picture(&plain),
                    picture(&again),
                    String::from_utf8_lossy(again.text())
                ));
            }
            Err(error) if attempt == 3 => return Err(format!("respelled: {error}")),
            _ => continue,
        }
        result = seal(&plain, select).map(|trip| Trip { attempts: attempt, ..trip });
    }
    result
}

fn prepared(source: &str, select: &dyn Fn(&Yaml, usize) -> bool) -> Result<Yaml, String> {
    let mut plain =
        Yaml::read(Cow::Borrowed(source.as_bytes()), Form::Plain).map_err(|error| error.to_string())?;
    if plain.nodes().is_empty() {
        return Err("nothing".to_owned());
    }
    let edits = plain.prepare(&|index| select(&plain, index)).map_err(|error| error.to_string())?;
    if !edits.is_empty() {
        let text = edits.splice(plain.text());
        let shown = String::from_utf8_lossy(&text).into_owned();
        let again = Yaml::read(Cow::Owned(text), Form::Plain)
            .map_err(|error| format!("prepared: {error}\n{shown}"))?;
        if loose(&plain) != loose(&again) {
            return Err(format!("prepared differs:\n{}\n{}\n{shown}", picture(&plain), picture(&again)));
        }
        plain = again;
        let more = plain.prepare(&|index| select(&plain, index)).map_err(|error| error.to_string())?;
        if !more.is_empty() {
            return Err(format!("prepared twice:\n{shown}"));
        }
    }
    Ok(plain)
}

fn seal(plain: &Yaml, select: &dyn Fn(&Yaml, usize) -> bool) -> Result<Trip, String> {
    let prepared = String::from_utf8_lossy(plain.text()).into_owned();
    let mut tokens = vec![None; plain.nodes().len()];
    let mut edits = Edits::default();
    for (index, node) in plain.nodes().iter().enumerate() {
        if matches!(node.kind, Kind::Key | Kind::Branch | Kind::Map | Kind::List | Kind::End)
            || node.kind == Kind::Scalar(Type::Null)
            || !select(plain, index)
        {
            continue;
        }
        let value = plain.value(node);
        let mut spelling = Vec::new();
        value.write_bytes(&mut spelling);
        if spelling.is_empty() {
            continue;
        }
        if let Some(spelled) = plain.spelling(index).filter(|spelled| value.accepts_spelling(spelled)) {
            spelling = spelled.to_vec();
        }
        let token =
            format!("ENC[AES256_GCM,data:{index}abcdefgh=,iv:+/a=,tag:x=,type:{}]", value.tag().unwrap());
        let before = edits.len();
        plain.place_token(index, token.as_bytes(), &mut edits);
        let (_, bytes) = edits.get(before);
        assert!(memchr::memmem::find(bytes, token.as_bytes()).is_some(), "the first edit holds the token");
        tokens[index] = Some((token, value, spelling));
    }
    let mut with_block = Edits::default();
    plain.place_block(&block(), &mut with_block);
    let sealed_text = splice(plain.text(), &[edits, with_block]);
    let shown = String::from_utf8_lossy(&sealed_text).into_owned();
    let sealed = Yaml::read(Cow::Borrowed(&sealed_text), Form::Sealed)
        .map_err(|error| format!("sealed: {error}\n{shown}"))?;
    if sealed.nodes().len() != plain.nodes().len() {
        return Err(format!("sealed differs:\n{}\n{}\n{shown}", picture(plain), picture(&sealed)));
    }
    let mut edits = Edits::default();
    for (index, (one, other)) in plain.nodes().iter().zip(sealed.nodes()).enumerate() {
        let leaf = |kind| matches!(kind, Kind::Scalar(_) | Kind::Comment { .. });
        match &tokens[index] {
            Some((token, value, spelling)) => {
                let found = match sealed.value(other) {
                    Value::Str(text) | Value::Comment(text) if leaf(other.kind) => text.into_owned(),
                    _ => Vec::new(),
                };
                if found.trim_ascii_end() != token.as_bytes() {
                    return Err(format!("no token {token} at {index}:\n{}\n{shown}", picture(&sealed)));
                }
                sealed
                    .place_value(index, value, spelling, &mut edits)
                    .map_err(|error| format!("{error}\n{shown}"))?;
                if let Some((span, bytes)) = sealed.verbatim(index, value) {
                    let (mut verbatim, mut placed) = (Edits::default(), Edits::default());
                    verbatim.push(span, bytes);
                    let done = sealed.place_value(index, value, spelling, &mut placed);
                    if done.is_err() || verbatim.splice(sealed.text()) != placed.splice(sealed.text()) {
                        return Err(format!("verbatim is something else at {index}\n{shown}"));
                    }
                }
            }
            None if one.kind == other.kind
                && (!leaf(one.kind) || show(&plain.value(one)) == show(&sealed.value(other)))
                && (one.kind != Kind::Key || plain.key(one) == sealed.key(other)) => {}
            None => {
                return Err(format!(
                    "sealed differs at {index}:\n{}\n{}\n{shown}",
                    picture(plain),
                    picture(&sealed)
                ));
            }
        }
    }
    if sealed.block().ok().flatten() != Some(block()) {
        return Err(format!("the block differs:\n{shown}"));
    }
    let mut without = Edits::default();
    sealed.remove_block(&mut without);
    let restored = splice(sealed.text(), &[edits, without]);
    let shown_restored = String::from_utf8_lossy(&restored).into_owned();
    let back = Yaml::read(Cow::Borrowed(&restored), Form::Plain)
        .map_err(|error| format!("restored: {error}\n{shown}\n{shown_restored}"))?;
    if loose(plain) != loose(&back) {
        return Err(format!("restored differs:\n{}\n{}\n{shown_restored}", picture(plain), picture(&back)));
    }
    // Writing the block again where it is changes nothing.
    let mut again = Edits::default();
    sealed.place_block(&block(), &mut again);
    let again = again.splice(sealed.text());
    if again != sealed.text() {
        return Err(format!("the block does not stay:\n{shown}\n{}", String::from_utf8_lossy(&again)));
    }
    Ok(Trip { prepared, sealed: shown, restored: shown_restored, attempts: 0 })
}

/// Everything.
pub(super) fn all(_: &Yaml, _: usize) -> bool {
    true
}
