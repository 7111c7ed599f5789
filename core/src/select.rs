//! Whether a leaf or a comment is encrypted: the rule of a document, followed along a walk.

use crate::pattern::{Pattern, PatternError};
use crate::selection::Selection;

/// Which way a document goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mode {
    /// A pattern that does not compile is an error.
    Encrypt,
    /// A pattern that does not compile matches nowhere, as it did when sops wrote the file.
    Decrypt,
}

/// The pattern of a rule cannot be compiled.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{setting} cannot be compiled: {source}; correct the pattern, it has the syntax of RE2")]
pub struct SelectionError {
    /// The name of the setting.
    pub setting: &'static str,
    /// What is wrong with the pattern.
    pub source: PatternError,
}

/// A rule that follows a walk through a document and knows at every place what the rule says there.
///
/// The walk tells of every key and its end, of every map and list and their ends, and of every comment
/// and the end of every other item. Each of these costs a fixed amount of work besides one comparison
/// with the suffix or one search for the pattern; most searches are answered from a cache.
pub(crate) struct Selector {
    rule: Rule,
    /// For each key on the path: whether it matches.
    keys: Vec<bool>,
    /// How many of them do.
    matching_keys: usize,
    /// For each open map or list: its comments that are pending.
    levels: Vec<Level>,
    /// How many of all pending comments match.
    matching_comments: usize,
    mode: Mode,
    /// Whether the last comment is a token in a text that is decrypted.
    last_is_token: bool,
    cache: Cache,
}

/// The comments of a map or list that govern its next item.
#[derive(Clone, Copy, Default)]
struct Level {
    /// How many of them match.
    matching: usize,
    /// Whether the last one does.
    last_matches: bool,
}

enum Rule {
    /// Everything is encrypted.
    All,
    /// What has a matching key on its path is encrypted if `selects`, everything else if not.
    Keys { test: Test, selects: bool },
    /// What has an active comment that matches is encrypted if `selects`, everything else if not.
    Comments { pattern: Option<Pattern>, selects: bool },
}

enum Test {
    Suffix(Box<[u8]>),
    /// `None` never matches.
    Pattern(Option<Pattern>),
}

impl Selector {
    /// The rule `selection`, at the root of a document.
    ///
    /// # Errors
    /// The pattern does not compile. In [`Mode::Decrypt`] that is an error only if sops might be able to
    /// compile it.
    pub(crate) fn new(selection: &Selection, mode: Mode) -> Result<Self, SelectionError> {
        let pattern = |text: &str| match Pattern::compile(text) {
            Ok(pattern) => Ok(Some(pattern)),
            Err(error) if mode == Mode::Decrypt && error.is_invalid() => Ok(None),
            Err(source) => Err(SelectionError { setting: selection.name(), source }),
        };
        let suffix = |text: &str| Test::Suffix(text.as_bytes().into());
        let rule = match selection {
            rule if rule.text().is_empty() => Rule::All,
            Selection::UnencryptedSuffix(text) => Rule::Keys { test: suffix(text), selects: false },
            Selection::EncryptedSuffix(text) => Rule::Keys { test: suffix(text), selects: true },
            Selection::UnencryptedRegex(text) => {
                Rule::Keys { test: Test::Pattern(pattern(text)?), selects: false }
            }
            Selection::EncryptedRegex(text) => {
                Rule::Keys { test: Test::Pattern(pattern(text)?), selects: true }
            }
            Selection::UnencryptedCommentRegex(text) => {
                Rule::Comments { pattern: pattern(text)?, selects: false }
            }
            Selection::EncryptedCommentRegex(text) => {
                Rule::Comments { pattern: pattern(text)?, selects: true }
            }
        };
        Ok(Self {
            rule,
            keys: Vec::new(),
            matching_keys: 0,
            levels: Vec::new(),
            matching_comments: 0,
            mode,
            last_is_token: false,
            cache: Cache::default(),
        })
    }

    /// The path grows by `key`.
    pub(crate) fn enter_key(&mut self, key: &[u8]) {
        let matches = match &self.rule {
            Rule::Keys { test: Test::Suffix(suffix), .. } => key.ends_with(suffix),
            // Below a key that matches nothing can change.
            Rule::Keys { test: Test::Pattern(Some(pattern)), .. } if self.matching_keys == 0 => {
                self.cache.get(key, |key| pattern.is_match(key))
            }
            _ => false,
        };
        self.keys.push(matches);
        self.matching_keys += usize::from(matches);
    }

    /// The path ends before its last key.
    pub(crate) fn leave_key(&mut self) {
        let matches = self.keys.pop().expect("a key is left after it was entered");
        self.matching_keys -= usize::from(matches);
    }

    /// A branch, a map or a list begins.
    pub(crate) fn open_level(&mut self) {
        self.levels.push(Level::default());
    }

    /// The innermost branch, map or list ends.
    pub(crate) fn close_level(&mut self) {
        let level = self.levels.pop().expect("a collection ends after it began");
        self.matching_comments -= level.matching;
    }

    /// A comment with the text `text` in the innermost collection. It is pending from now on, also for
    /// [`Selector::selects_comment`].
    pub(crate) fn comment(&mut self, text: &[u8]) {
        let Rule::Comments { pattern: Some(pattern), .. } = &self.rule else {
            return;
        };
        self.last_is_token = self.mode == Mode::Decrypt && text.starts_with(TOKEN);
        let level = self.levels.last_mut().expect("a comment stands in a collection");
        level.last_matches = pattern.is_match(text);
        level.matching += usize::from(level.last_matches);
        self.matching_comments += usize::from(level.last_matches);
    }

    /// An item of the innermost collection that is no comment ends, with all that is in it. It may be
    /// `null`.
    pub(crate) fn item_done(&mut self) {
        if let Some(level) = self.levels.last_mut() {
            self.matching_comments -= level.matching;
            *level = Level::default();
        }
    }

    /// Whether a leaf at this place is encrypted.
    pub(crate) fn selects_leaf(&self) -> bool {
        match self.rule {
            Rule::All => true,
            Rule::Keys { selects, .. } => (self.matching_keys > 0) == selects,
            Rule::Comments { selects, .. } => (self.matching_comments > 0) == selects,
        }
    }

    /// Whether [`Selector::comment`] has to be told of comments; other rules do not look at them.
    pub(crate) fn reads_comments(&self) -> bool {
        matches!(self.rule, Rule::Comments { .. })
    }

    /// Whether a comment at this place, of which [`Selector::comment`] was told last, is encrypted.
    /// `in_list`: it is an element of a list.
    pub(crate) fn selects_comment(&self, in_list: bool) -> bool {
        match self.rule {
            // Encrypted, it would be a string when the file is read again and end what the comments before
            // it select; sops writes such files and cannot read them. A token that is a comment in a list has got
            // there from the map that it was encrypted in; sops decrypts it.
            Rule::Comments { selects: true, .. } if in_list && !self.last_is_token => false,
            // A comment that selects what follows stays readable itself.
            Rule::Comments { selects: true, .. } => {
                let itself = self.levels.last().is_some_and(|level| level.last_matches);
                self.matching_comments > usize::from(itself)
            }
            _ => self.selects_leaf(),
        }
    }

    /// Whether the pattern of a rule that looks at comments matches `comment`.
    pub(crate) fn matches_comment(&self, comment: &[u8]) -> bool {
        match &self.rule {
            Rule::Comments { pattern: Some(pattern), .. } => pattern.is_match(comment),
            _ => false,
        }
    }

    /// Whether `key` is one that the rule looks for, if it looks for keys.
    pub(crate) fn looks_for(&mut self, key: &[u8]) -> bool {
        match &self.rule {
            Rule::Keys { test: Test::Suffix(suffix), .. } => key.ends_with(suffix),
            Rule::Keys { test: Test::Pattern(Some(pattern)), .. } => {
                self.cache.get(key, |key| pattern.is_match(key))
            }
            _ => false,
        }
    }

    /// Whether the comment that was encrypted to `token` would be taken for one that keeps clear what
    /// follows, so that the file could not be read again.
    pub(crate) fn token_unselects(&self, token: &[u8]) -> bool {
        match &self.rule {
            Rule::Comments { pattern: Some(pattern), selects: false } => pattern.is_match(token),
            _ => false,
        }
    }
}

/// How every token begins.
const TOKEN: &[u8] = b"ENC[AES256_GCM,data:";

/// The longest key that is kept in the cache.
const CACHED_KEY: usize = 30;

/// How many keys are kept in the cache.
const CACHED_KEYS: usize = 512;

/// The answers for keys that were asked for before; a key takes the place of another one with the same hash.
/// Documents repeat their keys, and this is several times faster than a search.
#[derive(Default)]
struct Cache {
    /// Empty until it is needed.
    slots: Box<[Slot]>,
}

#[derive(Clone, Copy)]
struct Slot {
    key: [u8; CACHED_KEY],
    /// Longer than any key while the slot is empty.
    length: u8,
    answer: bool,
}

impl Cache {
    /// The answer for `key`, from `ask` if it is not there.
    fn get(&mut self, key: &[u8], ask: impl FnOnce(&[u8]) -> bool) -> bool {
        if key.len() > CACHED_KEY {
            return ask(key);
        }
        if self.slots.is_empty() {
            self.slots =
                vec![Slot { key: [0; CACHED_KEY], length: u8::MAX, answer: false }; CACHED_KEYS].into();
        }
        let mut padded = [0; CACHED_KEY];
        padded[..key.len()].copy_from_slice(key);
        let length = key.len() as u8;
        let slot = &mut self.slots[hash(key) % CACHED_KEYS];
        if slot.length != length || slot.key != padded {
            *slot = Slot { key: padded, length, answer: ask(key) };
        }
        slot.answer
    }
}

/// A hash of a short key that is good enough to spread the keys of a document.
fn hash(key: &[u8]) -> usize {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in key {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    }
    (hash ^ hash >> 32) as usize
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::pattern::PatternProblem;

    fn selector(name: &str, text: &str) -> Selector {
        Selector::new(&Selection::from_setting(name, text).unwrap(), Mode::Encrypt).unwrap()
    }

    /// Whether a leaf under `path` is selected.
    fn leaf(selector: &mut Selector, path: &[&str]) -> bool {
        path.iter().for_each(|key| selector.enter_key(key.as_bytes()));
        let selected = selector.selects_leaf();
        path.iter().for_each(|_| selector.leave_key());
        selected
    }

    #[test]
    fn a_matching_key_covers_everything_below_it() {
        for (name, text, selects) in [
            ("unencrypted_suffix", "ta", false),
            ("encrypted_suffix", "ta", true),
            ("unencrypted_regex", "^data$", false),
            ("encrypted_regex", "^data$", true),
        ] {
            let mut rule = selector(name, text);
            rule.open_level();
            for _ in 0..2 {
                assert_eq!(leaf(&mut rule, &["data"]), selects, "{name}");
                assert_eq!(leaf(&mut rule, &["data", "a", "b"]), selects, "{name}");
                assert_eq!(leaf(&mut rule, &["a", "data"]), selects, "{name}");
                assert_eq!(leaf(&mut rule, &["a", "b"]), !selects, "{name}");
                assert_eq!(leaf(&mut rule, &["ta data x"]), !selects, "{name}");
            }
        }
    }

    #[test]
    fn suffixes_and_patterns_are_compared_with_one_key_at_a_time() {
        assert!(!leaf(&mut selector("encrypted_suffix", "a:b"), &["a", "b"]));
        assert!(!leaf(&mut selector("encrypted_regex", "a.b"), &["a", "b"]));
        assert!(leaf(&mut selector("encrypted_regex", "a.b"), &["xa:by"]));
        assert!(!leaf(&mut selector("encrypted_regex", "DATA"), &["data"]), "case counts");
    }

    #[test]
    fn comments_of_the_root_have_an_empty_path() {
        for (name, selected) in [("unencrypted_regex", true), ("encrypted_regex", false)] {
            let mut rule = selector(name, ".");
            rule.open_level();
            rule.comment(b" top");
            assert_eq!(rule.selects_comment(false), selected, "{name}");
            rule.enter_key(b"m");
            rule.open_level();
            rule.comment(b" inside");
            assert_eq!(rule.selects_comment(false), !selected, "{name}");
        }
    }

    #[test]
    fn an_empty_rule_selects_everything() {
        for name in Selection::NAMES {
            assert!(leaf(&mut selector(name, ""), &["a_unencrypted"]), "{name}");
        }
    }

    #[test]
    fn comments_govern_the_item_that_follows() {
        let mut rule = selector("encrypted_comment_regex", "secret");
        rule.open_level();
        assert!(!rule.selects_leaf());
        rule.comment(b" secret");
        assert!(!rule.selects_comment(false), "the marker stays readable");
        rule.comment(b" another line");
        assert!(rule.selects_comment(false), "further lines do not");
        rule.comment(b" secret too");
        assert!(rule.selects_comment(false), "because of the first");
        rule.open_level(); // the value is a map
        assert!(rule.selects_leaf());
        rule.comment(b" inside");
        assert!(rule.selects_comment(false));
        rule.item_done();
        assert!(rule.selects_leaf(), "the outer comments still govern");
        rule.comment(b" secret");
        assert!(rule.selects_comment(false));
        rule.close_level();
        assert!(rule.selects_leaf());
        rule.item_done();
        assert!(!rule.selects_leaf(), "the next item is free again");
        rule.open_level();
        rule.comment(b" secret");
        rule.close_level();
        rule.item_done();
        assert!(!rule.selects_leaf(), "a trailing comment governs nothing");
    }

    #[test]
    fn comments_in_lists_are_not_encrypted_by_a_rule_of_comments() {
        let mut rule = selector("encrypted_comment_regex", "secret");
        rule.open_level();
        rule.comment(b" secret");
        rule.comment(b" more");
        assert!(!rule.selects_comment(true));
        assert!(rule.selects_leaf());
        assert!(selector("unencrypted_comment_regex", "clear").selects_comment(true));
        assert!(selector("unencrypted_suffix", "_clear").selects_comment(true));
    }

    #[test]
    fn comments_can_keep_the_following_item_clear() {
        let mut rule = selector("unencrypted_comment_regex", "^ clear");
        rule.open_level();
        rule.comment(b" first");
        assert!(rule.selects_comment(false));
        rule.comment(b" clear");
        assert!(!rule.selects_comment(false), "the marker stays clear");
        rule.comment(b" later");
        assert!(!rule.selects_comment(false));
        assert!(!rule.selects_leaf());
        rule.item_done();
        assert!(rule.selects_leaf());
        assert!(!rule.token_unselects(b"ENC[AES256_GCM,data:"));
        assert!(selector("unencrypted_comment_regex", "data").token_unselects(b"ENC[AES256_GCM,data:"));
        assert!(!selector("encrypted_comment_regex", "data").token_unselects(b"ENC[AES256_GCM,data:"));
    }

    #[test]
    fn a_broken_pattern_is_an_error_when_encrypting_and_never_matches_when_decrypting() {
        for (name, selects_all) in [
            ("unencrypted_regex", true),
            ("encrypted_regex", false),
            ("unencrypted_comment_regex", true),
            ("encrypted_comment_regex", false),
        ] {
            let selection = Selection::from_setting(name, "[").unwrap();
            let error = Selector::new(&selection, Mode::Encrypt).err().unwrap();
            assert_eq!((error.setting, error.source.problem), (name, PatternProblem::MissingBracket));
            let mut rule = Selector::new(&selection, Mode::Decrypt).unwrap();
            rule.open_level();
            rule.comment(b"[");
            assert_eq!(leaf(&mut rule, &["["]), selects_all, "{name}");
        }
    }

    #[test]
    fn a_pattern_that_is_too_large_is_an_error_both_ways() {
        let selection = Selection::EncryptedRegex(r"\pL{1000}".repeat(10));
        for mode in [Mode::Encrypt, Mode::Decrypt] {
            assert!(Selector::new(&selection, mode).is_err(), "{mode:?}");
        }
    }

    #[test]
    fn the_cache_gives_every_key_its_own_answer() {
        let mut rule = selector("encrypted_regex", "7$");
        for _ in 0..2 {
            for number in 0..5000_u32 {
                for width in [1, 29, 30, 31] {
                    let key = format!("{number:0width$}");
                    assert_eq!(leaf(&mut rule, &[&key]), number % 10 == 7, "{key}");
                }
            }
        }
        assert!(!leaf(&mut selector("encrypted_regex", "^$"), &["\0"]));
        assert!(leaf(&mut selector("encrypted_regex", "^$"), &[""]));
    }
}
