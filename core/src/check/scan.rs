//! What a look at the bytes of a file says before it is read.

use std::sync::LazyLock;

use memchr::memmem::{Finder, find};

use crate::cipher::PREFIX;
use crate::file::{Format, Sealed};
use crate::span::Position;

/// Which words are in a text.
pub(super) struct Mentions {
    /// `sops`, without which there is no `sops` block.
    sops: bool,
    /// The beginning of a token.
    pub(super) token: bool,
    /// `lastmodified`, which every `sops` block has.
    date: bool,
    /// `Secret`, and the name of a field with its values.
    pub(super) kubernetes_secret: bool,
    /// What private keys begin with.
    pub(super) private_key: bool,
}

/// Words that are looked for, prepared once.
struct Words {
    sops: Finder<'static>,
    token: Finder<'static>,
    secret: Finder<'static>,
    age_key: Finder<'static>,
    private_key: Finder<'static>,
}

static WORDS: LazyLock<Words> = LazyLock::new(|| Words {
    sops: Finder::new(b"sops"),
    token: Finder::new(PREFIX),
    secret: Finder::new(b"Secret"),
    age_key: Finder::new(super::private::AGE),
    private_key: Finder::new(super::private::PRIVATE_KEY),
});

impl Mentions {
    /// Looks for the words in `text`.
    pub(super) fn of(text: &[u8]) -> Self {
        let has = |finder: &Finder<'_>| finder.find(text).is_some();
        let (words, sops) = (&*WORDS, has(&WORDS.sops));
        Self {
            sops,
            token: has(&words.token),
            date: sops && find(text, b"lastmodified").is_some(),
            kubernetes_secret: has(&words.secret)
                && (find(text, b"stringData").is_some() || find(text, b"data").is_some()),
            private_key: has(&words.age_key) || has(&words.private_key),
        }
    }

    /// Whether the text may be an encrypted one, or the rest of one.
    pub(super) fn may_be_sealed(&self) -> bool {
        self.token || (self.sops && self.date)
    }
}

/// Whether `text` may be what a binary file is wrapped in: an object with the members `data` and `sops`.
pub(super) fn is_wrapper(text: &[u8]) -> bool {
    let start = text.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(text.len());
    text[start..].starts_with(b"{") && find(text, b"\"data\"").is_some() && find(text, b"\"sops\"").is_some()
}

/// The format of a file whose name says nothing, if it is an encrypted one: somebody may have named another type than
/// the name does.
pub(super) fn sealed_format(text: &[u8]) -> Format {
    if is_wrapper(text) {
        return Format::Binary;
    }
    let is_it = |format: &Format| Sealed::read(text, *format).is_ok();
    [Format::Yaml, Format::Dotenv, Format::Ini].into_iter().find(is_it).unwrap_or(Format::Binary)
}

/// Whether the key of the `sops` block begins at `position`, or stands in the line there.
pub(super) fn is_block_key(text: &[u8], format: Format, position: Position) -> bool {
    let line = text.split(|byte| *byte == b'\n').nth(position.line as usize - 1).unwrap_or_default();
    let rest = line.get(position.column as usize - 1..).unwrap_or_default();
    let begins = |names: &[&[u8]]| names.iter().any(|name| rest.starts_with(name));
    match format {
        Format::Yaml => begins(&[b"sops:", b"\"sops\":", b"'sops':"]) && position.column == 1,
        Format::Json | Format::Binary => begins(&[b"\"sops\""]),
        Format::Dotenv => begins(&[b"sops_"]),
        Format::Ini => begins(&[b"[sops]"]),
    }
}
