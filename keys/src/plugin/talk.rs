//! The messages between age and a plugin: stanzas as they stand in an age file, over pipes (C2SP `age-plugin`).

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use zeroize::{Zeroize as _, Zeroizing};

use crate::conversation::Conversation;
use crate::program::ProgramError;

/// How many characters a line of content has unless it is the last.
const COLUMNS: usize = 64;

/// The longest content, in characters.
const LONGEST: usize = 1 << 20;

/// A message.
pub(super) struct Message {
    /// What it is.
    pub(super) kind: String,
    /// The words behind that.
    pub(super) arguments: Vec<String>,
    /// Its content.
    pub(super) content: Zeroizing<Vec<u8>>,
}

/// Why no message comes.
#[derive(Debug, thiserror::Error)]
pub(super) enum TalkError {
    /// The plugin did not run to its end.
    #[error(transparent)]
    Program(#[from] ProgramError),
    /// It ended before it said that it had done all.
    #[error("it ended before it answered; run it with AGEDEBUG=plugin to see what it says")]
    Ended,
    /// What it says is none of the protocol.
    #[error("it does not speak the protocol of age plugins")]
    Malformed,
}

/// Sends a message of the kind `kind`.
pub(super) fn send(to: &Conversation, kind: &str, arguments: &[&str], content: &[u8]) {
    let encoded = Zeroizing::new(BASE64_STANDARD_NO_PAD.encode(content));
    let words: usize = arguments.iter().map(|word| word.len() + 1).sum();
    let length = kind.len() + words + encoded.len() + encoded.len() / COLUMNS + 8;
    let mut text = Zeroizing::new(Vec::with_capacity(length));
    text.extend_from_slice(b"-> ");
    text.extend_from_slice(kind.as_bytes());
    for argument in arguments {
        text.push(b' ');
        text.extend_from_slice(argument.as_bytes());
    }
    text.push(b'\n');
    for line in encoded.as_bytes().chunks(COLUMNS) {
        text.extend_from_slice(line);
        text.push(b'\n');
    }
    // The last line is shorter than the others, so it may be empty.
    if encoded.len().is_multiple_of(COLUMNS) {
        text.push(b'\n');
    }
    to.send(text);
}

/// Waits for a message. `slow` is called when it takes long.
///
/// # Errors
/// None comes in the time that is left, or not in the form of the protocol.
pub(super) fn receive(from: &mut Conversation, slow: &mut dyn FnMut()) -> Result<Message, TalkError> {
    let mut line = || from.line(slow).map_err(TalkError::from)?.ok_or(TalkError::Ended);
    let head = line()?;
    let mut words = head.strip_prefix("-> ").ok_or(TalkError::Malformed)?.split(' ').map(str::to_owned);
    let (kind, arguments) = (words.next().unwrap_or_default(), words.collect());
    let mut content = Zeroizing::new(Vec::new());
    loop {
        let part = line()?;
        if part.len() > COLUMNS || content.len() > LONGEST {
            return Err(TalkError::Malformed);
        }
        let bytes = BASE64_STANDARD_NO_PAD.decode(part.as_bytes()).map(Zeroizing::new);
        let bytes = bytes.map_err(|_| TalkError::Malformed)?;
        if content.len() + bytes.len() > content.capacity() {
            // No part of it stays behind in memory that was given up.
            let mut larger = Zeroizing::new(Vec::with_capacity(2 * (content.len() + bytes.len())));
            larger.extend_from_slice(&content);
            content.zeroize();
            content = larger;
        }
        content.extend_from_slice(&bytes);
        if part.len() < COLUMNS {
            return Ok(Message { kind, arguments, content });
        }
    }
}
