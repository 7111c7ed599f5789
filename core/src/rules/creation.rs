//! Creation rules: for which files, for whom, and what is encrypted.

use std::sync::OnceLock;

use super::decode::Decoder;
use super::error::{Path, RulesError};
use super::keys;
use crate::metadata::KeyId;
use crate::pattern::{Pattern, PatternError};
use crate::selection::Selection;
use crate::span::Position;
use crate::yaml::Id;

type Result<T> = std::result::Result<T, RulesError>;

/// What a new file gets.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CreationRule {
    /// Where the rule begins.
    pub position: Position,
    /// The pattern that is searched for in the path of a file; empty for every file.
    pub path_regex: String,
    /// The groups of keys. One group: each of its keys opens the file. Several: keys of
    /// [`CreationRule::shamir_threshold`] groups do. A group may be empty, and a key of Azure Key Vault may be
    /// without its version.
    pub key_groups: Vec<Vec<KeyId>>,
    /// Whether the groups come from `key_groups`, and not from the lists of the rule itself.
    pub has_key_groups: bool,
    /// How many groups are needed; 0 where the rule does not say.
    pub shamir_threshold: usize,
    /// What of a file is encrypted; `None` where the rule does not say.
    pub selection: Option<Selection>,
    /// Whether the MAC leaves out what is not encrypted.
    pub mac_only_encrypted: bool,
}

/// A rule as it was read. One that is never used may be wrong, as long as its fields have the right types.
#[derive(Debug)]
pub(super) struct Entry {
    /// Where the rule begins.
    pub(super) position: Position,
    pub(super) path_regex: Regex,
    rule: Result<CreationRule>,
    /// The patterns among the settings that select values.
    selection_regexes: Vec<Regex>,
}

/// The fields of a rule: its own, those of [`Selection::NAMES`], those of [`keys::LISTS`].
#[rustfmt::skip]
const FIELDS: [&str; 18] = [
    "path_regex", "key_groups", "shamir_threshold", "mac_only_encrypted",
    "unencrypted_suffix", "encrypted_suffix", "unencrypted_regex", "encrypted_regex",
    "unencrypted_comment_regex", "encrypted_comment_regex",
    "age", "pgp", "kms", "aws_profile", "gcp_kms", "hckms", "azure_keyvault", "hc_vault_transit_uri",
];

impl Entry {
    /// Reads the rule `id`.
    ///
    /// # Errors
    /// A field has the wrong type.
    pub(super) fn read(decoder: &mut Decoder<'_>, id: Id, path: &Path<'_>) -> Result<Self> {
        let [path_regex, key_groups, threshold, mac_only_encrypted, s1, s2, s3, s4, s5, s6, lists @ ..] =
            decoder.fields(id, path, FIELDS)?;
        let path_regex = Regex::read(decoder, path_regex, &Path::Key(path, "path_regex"))?;
        let mut settings = Vec::new();
        let mut selection_regexes = Vec::new();
        for (name, id) in Selection::NAMES.into_iter().zip([s1, s2, s3, s4, s5, s6]) {
            let path = Path::Key(path, name);
            let setting = Regex::read(decoder, id, &path)?;
            settings.extend(Selection::from_setting(name, setting.text()));
            if name.ends_with("_regex") && !setting.text().is_empty() {
                selection_regexes.push(setting);
            }
        }
        let selection = Selection::single(settings)
            .map_err(|several| decoder.error(id, path, format!("{several} for the same rule")));
        let threshold_path = Path::Key(path, "shamir_threshold");
        let threshold = decoder.int(threshold, &threshold_path)?.unwrap_or(0);
        let threshold = usize::try_from(threshold).map_err(|_| {
            decoder.error(id, &threshold_path, "expected a number of groups, not less than none")
        });
        let mac_path = Path::Key(path, "mac_only_encrypted");
        let mac_only_encrypted = decoder.bool(mac_only_encrypted, &mac_path)?.unwrap_or(false);
        let (key_groups, has_key_groups) = groups(decoder, key_groups, lists, path)?;
        let position = decoder.position(id);
        let rule = || {
            Ok(CreationRule {
                position,
                path_regex: path_regex.text().to_owned(),
                key_groups: key_groups?,
                has_key_groups,
                shamir_threshold: threshold?,
                selection: selection?,
                mac_only_encrypted,
            })
        };
        Ok(Self { position, rule: rule(), path_regex, selection_regexes })
    }

    /// A rule without fields.
    pub(super) fn empty(position: Position) -> Self {
        let place = RulesError { position: None, path: String::new(), problem: "".into() };
        let rule = CreationRule {
            position,
            path_regex: String::new(),
            key_groups: vec![Vec::new()],
            has_key_groups: false,
            shamir_threshold: 0,
            selection: None,
            mac_only_encrypted: false,
        };
        Self {
            position,
            path_regex: Regex { text: String::new(), place, in_line: false, compiled: OnceLock::new() },
            rule: Ok(rule),
            selection_regexes: Vec::new(),
        }
    }

    /// The rule, though its patterns may not compile.
    ///
    /// # Errors
    /// Something else of it is wrong.
    pub(super) fn before_patterns(&self) -> Result<&CreationRule> {
        self.rule.as_ref().map_err(Clone::clone)
    }

    /// The rule, to be used.
    ///
    /// # Errors
    /// Something of it is wrong.
    pub(super) fn rule(&self) -> Result<&CreationRule> {
        let rule = self.before_patterns()?;
        self.selection_regexes.iter().try_for_each(|regex| regex.pattern().map(drop))?;
        Ok(rule)
    }
}

/// The groups of a rule, what is wrong with one of their keys, and whether they come from `key_groups`. If
/// that has elements, the rule's own lists do not count.
fn groups(
    decoder: &mut Decoder<'_>,
    key_groups: Option<Id>,
    lists: [Option<Id>; 8],
    path: &Path<'_>,
) -> Result<(Result<Vec<Vec<KeyId>>>, bool)> {
    let groups_path = Path::Key(path, "key_groups");
    let mut groups = Vec::new();
    for (index, id) in decoder.list(key_groups, &groups_path)?.unwrap_or_default().into_iter().enumerate() {
        if !decoder.is_null(id) {
            groups.push(keys::group(decoder, id, &Path::Index(&groups_path, index))?);
        }
    }
    let own = keys::group_of_lists(decoder, lists, path)?;
    let has_key_groups = !groups.is_empty();
    if !has_key_groups {
        groups.push(own);
    } else if let Some(ignored) = lists.into_iter().flatten().next() {
        decoder.warn(ignored, path, "the keys beside key_groups are ignored; move them into a group");
    }
    let groups = groups.into_iter().map(|group| match group.wrong {
        Some(error) => Err(error),
        None => Ok(group.keys),
    });
    Ok((groups.collect(), has_key_groups))
}

/// A pattern of a configuration, compiled when it is needed first.
#[derive(Debug)]
pub(super) struct Regex {
    text: String,
    /// The place of the pattern.
    place: RulesError,
    /// Whether the columns from there on are those of the pattern.
    in_line: bool,
    compiled: OnceLock<std::result::Result<Pattern, PatternError>>,
}

impl Regex {
    /// The pattern that is the value `id` of the field that `path` ends with; empty if there is none.
    ///
    /// # Errors
    /// It is no string.
    pub(super) fn read(decoder: &mut Decoder<'_>, id: Option<Id>, path: &Path<'_>) -> Result<Self> {
        let text = decoder.string(id, path)?.unwrap_or_default();
        let (place, in_line) = match id {
            Some(id) => decoder.error_in_string(id, path),
            None => (RulesError { position: None, path: path.to_string(), problem: "".into() }, false),
        };
        Ok(Self { text, place, in_line, compiled: OnceLock::new() })
    }

    /// The pattern as it is written.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Whether the pattern is in `subject`; an empty one is in everything.
    ///
    /// # Errors
    /// It does not compile.
    pub(super) fn matches(&self, subject: &[u8]) -> Result<bool> {
        Ok(self.text.is_empty() || self.pattern()?.is_match(subject))
    }

    /// The compiled pattern.
    ///
    /// # Errors
    /// It does not compile.
    pub(super) fn pattern(&self) -> Result<&Pattern> {
        let compiled = self.compiled.get_or_init(|| Pattern::compile(&self.text));
        compiled.as_ref().map_err(|error| {
            let mut at = self.place.clone();
            if let (Some(position), true) = (&mut at.position, self.in_line) {
                position.column += error.offset as u32;
            }
            at.problem = format!("the pattern cannot be compiled: {error}").into();
            at
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_of_a_rule_are_in_the_order_in_which_they_are_read() {
        assert_eq!(FIELDS[4..10], Selection::NAMES);
        assert_eq!(FIELDS[10..], keys::LISTS);
    }
}
