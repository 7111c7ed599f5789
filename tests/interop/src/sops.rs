//! sops, by its own packages, in a process that lasts.

use fieldseal_core::Format;
use fieldseal_test_support::{Oracle, question};
use serde_json::json;

use crate::generate::Document;
use crate::ours::{Vault, format_name};

/// A running `sops-oracle`.
pub struct Sops {
    oracle: Oracle,
}

/// What sops sees in a document, and a text that it made.
#[derive(Clone, Debug)]
pub struct Read {
    /// The leaves in the order of its walk, also comments, nulls and empty collections.
    pub leaves: Vec<Leaf>,
    /// The encrypted text, or the decrypted one as sops prints it.
    pub text: Vec<u8>,
}

/// A leaf of a document.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Leaf {
    /// Whether it is encrypted.
    pub selected: bool,
    /// Where it is.
    pub place: String,
    /// Its type.
    pub kind: String,
    /// Its value, escaped.
    pub value: String,
}

impl Leaf {
    /// The leaf, encrypted or not.
    pub(crate) fn without_mark(&self) -> (&str, &str, &str) {
        (&self.place, &self.kind, &self.value)
    }
}

/// Why sops does not do what was asked.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// The step that failed: `load`, `encrypt`, `emit`, `decrypt`, `mac`, `path`, `value` or `crash`.
    pub step: String,
    /// What sops says.
    pub message: String,
}

/// The answer to a question.
pub type Answer = Result<Read, Refusal>;

impl Sops {
    /// Starts it.
    ///
    /// # Panics
    ///
    /// It is not there.
    pub fn start() -> Self {
        Self { oracle: Oracle::start("sops-oracle") }
    }

    /// The answers to questions that the functions of this module made.
    pub fn ask(&mut self, questions: &[Vec<u8>]) -> Vec<Answer> {
        self.oracle.ask(questions).iter().map(|answer| read(answer)).collect()
    }
}

/// Asks what sops sees in a clear text.
pub(crate) fn plain(format: &str, text: &[u8]) -> Vec<u8> {
    question([b"plain", format.as_bytes(), text])
}

/// Asks sops to encrypt.
pub(crate) fn seal(document: &Document, vault: &Vault) -> Vec<u8> {
    // sops drops the settings for binary files.
    let rule = if document.format == Format::Binary { "" } else { document.selection.name() };
    let settings = json!({
        "rule": rule,
        "text": document.selection.text(),
        "mac_only_encrypted": document.mac_only_encrypted,
        "recipient": vault.recipient(),
        "enc": vault.enc(),
    });
    let settings = settings.to_string();
    let format = format_name(document.format);
    question([b"seal", format.as_bytes(), &document.text, settings.as_bytes(), vault.key()])
}

/// Asks sops to decrypt.
pub(crate) fn open(format: &str, text: &[u8], vault: &Vault) -> Vec<u8> {
    question([b"open", format.as_bytes(), text, vault.key()])
}

/// Asks sops to print a clear text in another format.
pub fn convert(from: Format, text: &[u8], to: Format) -> Vec<u8> {
    question([b"convert", format_name(from).as_bytes(), text, format_name(to).as_bytes()])
}

/// Asks sops to set a JSON value in a clear text. The path is a JSON list.
pub fn set(format: Format, text: &[u8], path: &str, value: &str) -> Vec<u8> {
    question([b"set", format_name(format).as_bytes(), text, path.as_bytes(), value.as_bytes()])
}

/// Asks sops to remove what is at a path of a clear text.
pub fn unset(format: Format, text: &[u8], path: &str) -> Vec<u8> {
    question([b"unset", format_name(format).as_bytes(), text, path.as_bytes()])
}

/// Asks sops what it sees in a clear text.
pub fn look(format: Format, text: &[u8]) -> Vec<u8> {
    plain(format_name(format), text)
}

fn read(answer: &[u8]) -> Answer {
    let fields = split(answer);
    let text =
        |index: usize| String::from_utf8_lossy(fields.get(index).copied().unwrap_or_default()).into_owned();
    match text(0).as_str() {
        "ok" => Ok(Read {
            leaves: text(1).lines().map(leaf).collect(),
            text: fields.get(2).copied().unwrap_or_default().to_vec(),
        }),
        step => Err(Refusal { step: step.to_owned(), message: text(1) }),
    }
}

fn leaf(line: &str) -> Leaf {
    let mut parts = line.splitn(4, ' ');
    let mut part = || parts.next().expect("a line has four parts").to_owned();
    Leaf { selected: part() == "*", place: part(), kind: part(), value: part() }
}

fn split(mut answer: &[u8]) -> Vec<&[u8]> {
    let mut fields = Vec::new();
    while let Some((size, rest)) = answer.split_first_chunk() {
        let (field, rest) = rest.split_at(u32::from_le_bytes(*size) as usize);
        fields.push(field);
        answer = rest;
    }
    fields
}
