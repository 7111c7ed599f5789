//! The exit codes, the same as those of sops.

use std::process::ExitCode;

/// Every way in which a run can end. The numbers are those of sops, so that scripts keep working.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Exit {
    /// Everything was done.
    Success = 0,
    /// An error that has no code of its own: usage, configuration, metadata, files that differ in how
    /// they failed.
    Other = 1,
    /// The input cannot be read, or is not well formed.
    Unreadable = 2,
    /// The output cannot be written.
    Unwritable = 3,
    /// The result cannot be expressed in the format of the output.
    Unrenderable = 4,
    /// `--encryption-context` is not a list of pairs.
    EncryptionContext = 6,
    /// The path or the value of `set` or `unset` is none.
    InvalidPathOrValue = 7,
    /// Parameters that contradict each other.
    Conflict = 8,
    /// The document cannot be encrypted.
    Encryption = 23,
    /// A value cannot be decrypted.
    Decryption = 25,
    /// Keys were to be added to a file that does not exist, or removed from it.
    NoKeysOfMissing = 49,
    /// The MAC is missing, unreadable or does not fit.
    Mac = 51,
    /// The path of `--extract` is not one.
    ExtractPath = 91,
    /// The file holds no document.
    NoDocument = 92,
    /// No file was named, or it does not exist.
    NoFile = 100,
    /// `--decryption-order` names a kind of key twice.
    DecryptionOrder = 112,
    /// The data key cannot be recovered.
    DataKey = 128,
    /// `edit`: the text is as it was.
    Unchanged = 200,
    /// `edit`: there is no editor, or it failed.
    Editor = 201,
    /// The file has an entry with the reserved name `sops`: it is encrypted already.
    AlreadyEncrypted = 203,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
