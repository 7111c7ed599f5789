//! The kinds of findings: their names, how bad they are, and what to do about them.

/// How bad a finding is. Each one fails a check.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Severity {
    /// Something may be wrong, or is not as the rules say.
    Warning,
    /// A secret is in clear text, or a file cannot be decrypted, or not by those who should.
    Error,
}

impl Severity {
    /// The name: `warning` or `error`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

macro_rules! kinds {
    ($($(#[doc = $doc:literal])+ $variant:ident = $id:literal, $severity:ident, $title:literal, $remedy:literal;)+) => {
        /// What a finding is about.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[non_exhaustive]
        pub enum Kind {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Kind {
            /// Every kind, in the order of the documentation.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// Its name, in small letters with hyphens. It never changes.
            pub const fn id(self) -> &'static str {
                match self { $(Self::$variant => $id),+ }
            }

            /// How bad it is.
            pub const fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity),+ }
            }

            /// What it is, in a sentence without a full stop.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title),+ }
            }

            /// What to do about it, in lower case and without a full stop.
            pub const fn remedy(self) -> &'static str {
                match self { $(Self::$variant => $remedy),+ }
            }
        }
    };
}

kinds! {
    /// A rule with a `path_regex` is for the file and selects something in it, but the file is in clear text.
    NotEncrypted = "not-encrypted", Error,
        "A file that a rule covers is not encrypted",
        "encrypt it with `fieldseal encrypt --in-place`, and replace what was in it if it was ever pushed";
    /// The selection of the file says that the value is encrypted, but it is clear.
    ClearValue = "clear-value", Error,
        "A value that the file's own selection covers is in clear text",
        "open the file with `fieldseal edit` and save it, or restore the value; replace the secret if it was ever pushed";
    /// The selection of the file says that the comment is encrypted, but it is clear.
    ClearComment = "clear-comment", Warning,
        "A comment that the file's own selection covers is in clear text",
        "open the file with `fieldseal edit` and save it";
    /// The rule of today would encrypt the value, but the selection of the file leaves it clear.
    ClearByRule = "clear-by-rule", Error,
        "A value that today's rule would encrypt is in clear text",
        "decrypt the file and encrypt it again, so that it gets the selection of the rule";
    /// A token that is damaged.
    MalformedToken = "malformed-token", Error,
        "An encrypted value is damaged",
        "restore the value from a commit that is known to be good";
    /// A token where the selection of the file says that values are clear, so that nobody decrypts it.
    UnselectedToken = "unselected-token", Warning,
        "An encrypted value stands where the file's own selection leaves values clear",
        "restore the selection in the sops block, or put the clear value there";
    /// The file cannot be read as what its name says.
    MalformedFile = "malformed-file", Error,
        "A file that a rule covers, or that is encrypted, is not well formed",
        "correct the syntax at this place";
    /// The `sops` block cannot be understood.
    MalformedMetadata = "malformed-metadata", Error,
        "The sops block of a file is damaged",
        "restore the sops block from a commit that is known to be good";
    /// The file has tokens but no `sops` block.
    MissingMetadata = "missing-metadata", Error,
        "A file has encrypted values but no sops block",
        "restore the sops block from a commit that is known to be good; without it nobody can decrypt the file";
    /// There are two `sops` blocks.
    DuplicateMetadata = "duplicate-metadata", Error,
        "A file has two sops blocks",
        "keep the block of one side of the merge, and repeat the changes of the other with `fieldseal edit`";
    /// A merge left its marks.
    ConflictMarkers = "conflict-markers", Error,
        "A file holds the markers of a merge conflict",
        "take the whole file of one side, and repeat the changes of the other with `fieldseal edit`";
    /// There is no MAC.
    MissingMac = "missing-mac", Error,
        "A file has no MAC, so that changes to it go unnoticed",
        "restore the sops block from a commit that is known to be good";
    /// The MAC is no token.
    MalformedMac = "malformed-mac", Error,
        "The MAC of a file is damaged",
        "restore the sops block from a commit that is known to be good";
    /// An entry for a key without the encrypted data key.
    MissingEnc = "missing-enc", Error,
        "An entry of the sops block has no encrypted data key",
        "run `fieldseal updatekeys`, or restore the entry; its key does not open the file";
    /// A key that is in one group twice.
    DuplicateRecipient = "duplicate-recipient", Warning,
        "A recipient is there twice",
        "remove one of the two entries";
    /// The rule names a key that the file does not have.
    MissingRecipient = "missing-recipient", Error,
        "A recipient of the rule cannot open the file",
        "run `fieldseal updatekeys` on the file";
    /// The file has a key that the rule does not name.
    UnexpectedRecipient = "unexpected-recipient", Error,
        "A recipient that the rule does not name can open the file",
        "run `fieldseal updatekeys` on the file, rotate its data key, and replace its secrets: who could read them knows them";
    /// The keys are the same but divided into other groups.
    GroupsDiffer = "groups-differ", Error,
        "The key groups of a file are not those of the rule",
        "run `fieldseal updatekeys` on the file";
    /// Another number of groups is needed than the rule says.
    ThresholdDiffers = "threshold-differs", Error,
        "A file needs another number of key groups than the rule says",
        "decrypt the file and encrypt it again, so that it gets the threshold of the rule";
    /// The file selects other values than the rule, or its MAC covers others.
    SelectionDiffers = "selection-differs", Warning,
        "The selection of a file is not that of the rule",
        "decrypt the file and encrypt it again, so that it gets the selection of the rule";
    /// A Kubernetes Secret in clear text in a file that no rule covers.
    ClearSecret = "clear-secret", Error,
        "A Kubernetes Secret is in clear text",
        "add a rule for this path to .sops.yaml and encrypt the file; replace the secret if it was ever pushed";
    /// A Kubernetes Secret that the rule for its file leaves clear.
    RuleLeavesSecretClear = "rule-leaves-secret-clear", Error,
        "A rule leaves the values of a Kubernetes Secret in clear text",
        "let the rule select data and stringData: encrypted_regex: ^(data|stringData)$";
    /// A private key in clear text.
    PrivateKey = "private-key", Error,
        "A private key is in clear text",
        "remove it from the repository and replace it: who could read the repository has it";
    /// `.sops.yaml` cannot be read, or a rule of it is wrong.
    InvalidConfig = "invalid-config", Error,
        "A configuration is broken",
        "correct it; nothing can be encrypted by this rule";
    /// A pattern that does not compile.
    InvalidRegex = "invalid-regex", Error,
        "A pattern of a configuration does not compile",
        "correct the pattern; the syntax is that of Go's regular expressions";
    /// A rule with more than one kind of selection.
    SeveralSelections = "several-selections", Error,
        "A rule has several kinds of selection",
        "keep one of the settings";
    /// A rule that can never be the first one that matches.
    UnreachableRule = "unreachable-rule", Warning,
        "A rule can never be used, because rules above it match everything that it matches",
        "move the rule up, or remove it";
    /// A rule that is for no file of the repository.
    UnusedRule = "unused-rule", Warning,
        "A rule is for no file of the repository",
        "correct its path_regex, or remove the rule";
    /// Something in a configuration that is hardly meant.
    SuspiciousConfig = "suspicious-config", Warning,
        "Something in a configuration is hardly meant",
        "correct it, or remove it";
    /// An exception without a reason, or for nothing that exists.
    InvalidException = "invalid-exception", Error,
        "An exception is not well formed",
        "write it as fieldseal:allow ID REASON";
    /// With keys: the file, or a value of it, cannot be decrypted.
    CannotDecrypt = "cannot-decrypt", Error,
        "A file cannot be decrypted, though a key for it is at hand",
        "restore the file from a commit that is known to be good";
    /// With keys: the MAC does not fit.
    MacMismatch = "mac-mismatch", Error,
        "The MAC of a file does not fit: it was changed since it was encrypted",
        "look at what was changed; restore the file, or decrypt it with --ignore-mac and encrypt it again";
    /// With keys: none of them opens the file, though all files are to be opened.
    NoKey = "no-key", Error,
        "No key at hand opens a file",
        "make a key for it available, or leave out --require-all";
}

impl Kind {
    /// The kind with that name.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.id() == id)
    }

    /// Whether it is about single places of a file. An exception to such a finding stands beside it, one to any
    /// other finding anywhere in the file.
    pub const fn has_place(self) -> bool {
        matches!(
            self,
            Self::ClearValue
                | Self::ClearComment
                | Self::ClearByRule
                | Self::MalformedToken
                | Self::UnselectedToken
                | Self::ClearSecret
                | Self::RuleLeavesSecretClear
                | Self::PrivateKey
                | Self::InvalidRegex
                | Self::SeveralSelections
                | Self::UnreachableRule
                | Self::UnusedRule
                | Self::SuspiciousConfig
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_small_letters_with_hyphens_and_all_different() {
        let mut ids: Vec<_> = Kind::ALL.iter().map(|kind| kind.id()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), Kind::ALL.len());
        for kind in Kind::ALL {
            assert!(kind.id().bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{}", kind.id());
            assert!(!kind.remedy().ends_with('.') && !kind.title().ends_with('.'), "{}", kind.id());
            assert_eq!(Kind::from_id(kind.id()), Some(*kind));
        }
        assert_eq!(Kind::from_id("x"), None);
    }
}
