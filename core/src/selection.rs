//! The six settings that say what of a document is encrypted.

/// Which leaves and comments of a document are encrypted. A document has one such rule.
///
/// Suffixes and patterns of the first four are compared with every key on the way to a leaf, so a rule that
/// matches a key covers all that is below it. A rule with an empty text selects everything.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Selection {
    /// All but what is under a key that ends with this.
    UnencryptedSuffix(String),
    /// Only what is under a key that ends with this.
    EncryptedSuffix(String),
    /// All but what is under a key in which this pattern matches.
    UnencryptedRegex(String),
    /// Only what is under a key in which this pattern matches.
    EncryptedRegex(String),
    /// All but what follows a comment in which this pattern matches.
    UnencryptedCommentRegex(String),
    /// Only what follows a comment in which this pattern matches.
    EncryptedCommentRegex(String),
}

impl Selection {
    /// The suffix of keys that are left clear when a file says nothing else.
    pub const DEFAULT_SUFFIX: &str = "_unencrypted";

    /// The names of the settings in a file's metadata and in `.sops.yaml`.
    pub const NAMES: [&str; 6] = [
        "unencrypted_suffix",
        "encrypted_suffix",
        "unencrypted_regex",
        "encrypted_regex",
        "unencrypted_comment_regex",
        "encrypted_comment_regex",
    ];

    /// The setting called `name` with `text` as its value; `None` if no setting is called so.
    pub fn from_setting(name: &str, text: impl Into<String>) -> Option<Self> {
        Some(match name {
            "unencrypted_suffix" => Self::UnencryptedSuffix(text.into()),
            "encrypted_suffix" => Self::EncryptedSuffix(text.into()),
            "unencrypted_regex" => Self::UnencryptedRegex(text.into()),
            "encrypted_regex" => Self::EncryptedRegex(text.into()),
            "unencrypted_comment_regex" => Self::UnencryptedCommentRegex(text.into()),
            "encrypted_comment_regex" => Self::EncryptedCommentRegex(text.into()),
            _ => return None,
        })
    }

    /// The one rule among `settings` that is set, which is to say not empty; `None` if none is.
    ///
    /// # Errors
    /// More than one is set.
    pub fn single(settings: impl IntoIterator<Item = Self>) -> Result<Option<Self>, SeveralSelections> {
        let mut set = settings.into_iter().filter(|setting| !setting.text().is_empty());
        let first = set.next();
        match set.next() {
            None => Ok(first),
            Some(_) => Err(SeveralSelections),
        }
    }

    /// The name of the setting.
    pub fn name(&self) -> &'static str {
        Self::NAMES[match self {
            Self::UnencryptedSuffix(_) => 0,
            Self::EncryptedSuffix(_) => 1,
            Self::UnencryptedRegex(_) => 2,
            Self::EncryptedRegex(_) => 3,
            Self::UnencryptedCommentRegex(_) => 4,
            Self::EncryptedCommentRegex(_) => 5,
        }]
    }

    /// The value of the setting: the suffix or the pattern.
    pub fn text(&self) -> &str {
        match self {
            Self::UnencryptedSuffix(text)
            | Self::EncryptedSuffix(text)
            | Self::UnencryptedRegex(text)
            | Self::EncryptedRegex(text)
            | Self::UnencryptedCommentRegex(text)
            | Self::EncryptedCommentRegex(text) => text,
        }
    }
}

impl Default for Selection {
    /// All but what is under a key that ends with `_unencrypted`.
    fn default() -> Self {
        Self::UnencryptedSuffix(Self::DEFAULT_SUFFIX.into())
    }
}

/// More than one of the settings that select what is encrypted is set.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "cannot use more than one of encrypted_suffix, unencrypted_suffix, encrypted_regex, unencrypted_regex, \
     encrypted_comment_regex, or unencrypted_comment_regex"
)]
pub struct SeveralSelections;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_to_their_settings() {
        for name in Selection::NAMES {
            let setting = Selection::from_setting(name, "x").unwrap();
            assert_eq!((setting.name(), setting.text()), (name, "x"));
        }
        assert_eq!(Selection::from_setting("mac_only_encrypted", "x"), None);
    }

    #[test]
    fn at_most_one_setting_may_be_set() {
        let settings = |texts: [&str; 6]| {
            Selection::single(
                Selection::NAMES
                    .iter()
                    .zip(texts)
                    .map(|(name, text)| Selection::from_setting(name, text).unwrap()),
            )
        };
        assert_eq!(settings(["", "", "", "", "", ""]), Ok(None));
        assert_eq!(settings(["", "", "", "a", "", ""]), Ok(Some(Selection::EncryptedRegex("a".into()))));
        assert_eq!(settings(["", "b", "", "a", "", ""]), Err(SeveralSelections));
    }
}
