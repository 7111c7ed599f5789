//! What the formats without a library of their own share.

use std::borrow::Cow;
use std::io::Write as _;

use super::{DocumentCase, DocumentError, Form};
use crate::metadata::write_float;
use crate::secret::wipe;
use crate::value::Value;

/// The text of a document; clear text is wiped when it is dropped.
pub(super) struct Text {
    bytes: Vec<u8>,
    form: Form,
}

impl Text {
    /// Takes charge of `source`.
    ///
    /// # Errors
    /// It is larger than 2 GiB.
    pub(super) fn new(source: Cow<'_, [u8]>, form: Form) -> Result<Self, DocumentError> {
        if source.len() > i32::MAX as usize {
            return Err(DocumentError {
                problem: "the file is larger than 2 GiB".into(),
                position: None,
                case: DocumentCase::Malformed,
            });
        }
        Ok(Self { bytes: source.into_owned(), form })
    }

    /// What the text is read as.
    pub(super) fn form(&self) -> Form {
        self.form
    }

    /// Gives the text away; whoever takes clear text wipes it.
    pub(super) fn into_bytes(mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }

    /// Cuts the text off at `length` and appends `end`.
    pub(super) fn replace_end(&mut self, length: usize, end: &[u8]) {
        self.bytes.truncate(length);
        self.bytes.extend_from_slice(end);
    }
}

impl std::ops::Deref for Text {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Text {
    fn drop(&mut self) {
        if self.form == Form::Plain {
            wipe(&mut self.bytes);
        }
    }
}

/// Appends a value that is no string to `to`, as sops writes it into a format that has only strings.
/// `false`, and nothing is appended, if it is a string or a comment.
pub(crate) fn write_as_text(value: &Value<'_>, to: &mut Vec<u8>) -> bool {
    match value {
        Value::Str(_) | Value::Comment(_) => return false,
        Value::Null => to.extend_from_slice(b"<nil>"),
        Value::Bool(true) => to.extend_from_slice(b"true"),
        Value::Bool(false) => to.extend_from_slice(b"false"),
        Value::Int(number) => write!(to, "{number}").expect("a `Vec` takes all bytes"),
        Value::Float(number) => write_float(*number, to),
        Value::Time(time) => to.extend_from_slice(time.to_whole_seconds().as_bytes()),
    }
    true
}

/// `bytes` as a string of the metadata; what is not UTF-8 is replaced.
pub(super) fn metadata_string(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Appends `text` to `to` with each of its `from` replaced by `by`.
pub(super) fn replace_into(text: &[u8], from: &[u8], by: &[u8], to: &mut Vec<u8>) {
    let mut start = 0;
    for at in memchr::memmem::find_iter(text, from) {
        to.extend_from_slice(&text[start..at]);
        to.extend_from_slice(by);
        start = at + from.len();
    }
    to.extend_from_slice(&text[start..]);
}
