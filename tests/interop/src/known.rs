//! The differences to sops that are meant, or that sops's own text makes, each with a rule that recognises it and
//! nothing else. `docs/differences-from-sops.md` tells users of them.

use fieldseal_core::{Format, Selection};

use crate::compare::Observed;
use crate::sops::Leaf;

/// A difference that is known.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Known {
    /// We refuse text behind the object of a JSON file, which sops drops.
    TextBehindJson,
    /// We refuse a key twice in a YAML document behind the first; sops keeps both.
    DuplicateKeyLater,
    /// We refuse a value in a YAML document behind the first that its tag does not allow; sops takes null for it.
    WrongTagLater,
    /// sops crashes over an empty line within the comments above a key or section of an INI file.
    IniCommentCrash,
    /// Of comments in an INI file that begin with an empty line, sops drops that line when it reads its own text.
    IniEmptyCommentLine,
    /// sops numbers INI keys called `-` and writes them as `#1`, which it reads as a comment.
    IniNumberedKey,
    /// sops writes floats without a fraction as whole numbers, and reads them so.
    WholeFloat,
    /// An empty comment in a YAML list is an empty string when sops has decrypted it.
    EmptyCommentInList,
    /// We refuse a YAML text whose tokens would not read back, whatever the spelling.
    WouldNotReadBack,
    /// We refuse U+FEFF in YAML comments, where the library inside sops may drop characters.
    MarkInYaml,
    /// A comment beside a document marker or at the end of a YAML list, in a file that sops wrote, belongs to another
    /// place after decryption; the values are the same.
    CommentMoves,
    /// Comments in a list are not encrypted by `encrypted_comment_regex`; sops cannot read what it makes of them.
    CommentRuleInList,
}

impl Known {
    /// The difference behind a refusal of ours.
    pub(crate) fn of_our_refusal(observed: &Observed, message: &str) -> Option<Self> {
        match observed.document.format {
            Format::Json if message.contains("there is text behind the object") => Some(Self::TextBehindJson),
            Format::Yaml if message.contains("a key that the mapping has already") => {
                Some(Self::DuplicateKeyLater)
            }
            Format::Yaml if message.contains("a value that its tag does not allow") => {
                Some(Self::WrongTagLater)
            }
            Format::Yaml if message.contains("would not read back") => Some(Self::WouldNotReadBack),
            Format::Yaml => Self::of_mark(observed),
            _ => None,
        }
    }

    /// The difference behind a text in which there is a byte order mark.
    pub(crate) fn of_mark(observed: &Observed) -> Option<Self> {
        let text = &observed.document.text;
        let wide = text.starts_with(b"\xFF\xFE") || text.starts_with(b"\xFE\xFF");
        let marked = wide || text.windows(3).any(|bytes| bytes == b"\xEF\xBB\xBF");
        (observed.document.format == Format::Yaml && marked).then_some(Self::MarkInYaml)
    }

    /// The difference behind a file of sops that reads otherwise once we have decrypted it.
    pub(crate) fn of_moved_comments(observed: &Observed, expected: &[Leaf], found: &[Leaf]) -> Option<Self> {
        let values = |leaves: &[Leaf]| -> Vec<(String, String, String)> {
            let kept = leaves.iter().filter(|leaf| leaf.kind != "comment");
            kept.map(|leaf| (leaf.place.clone(), leaf.kind.clone(), leaf.value.clone())).collect()
        };
        (observed.document.format == Format::Yaml && values(expected) == values(found))
            .then_some(Self::CommentMoves)
    }

    /// The difference behind a refusal of sops.
    pub(crate) fn of_their_refusal(observed: &Observed, step: &str) -> Option<Self> {
        (observed.document.format == Format::Ini && step == "crash").then_some(Self::IniCommentCrash)
    }

    /// The difference behind two leaves that stand for each other, but for their being encrypted. `theirs` is where
    /// what sops encrypted is read.
    pub(crate) fn of_values(
        observed: &Observed,
        theirs: bool,
        expected: &Leaf,
        found: &Leaf,
    ) -> Option<Self> {
        let format = observed.document.format;
        if expected.place != found.place {
            return None;
        }
        match (expected.kind.as_str(), found.kind.as_str()) {
            ("float", "int") if theirs && matches!(format, Format::Json | Format::Yaml) => {
                let bits = u64::from_str_radix(&expected.value, 16).ok()?;
                let number: i64 = found.value.parse().ok()?;
                (f64::from_bits(bits) == number as f64).then_some(Self::WholeFloat)
            }
            ("comment", "comment") if format == Format::Ini => {
                let rest = behind_empty_lines(&expected.value);
                (rest != expected.value && rest == found.value).then_some(Self::IniEmptyCommentLine)
            }
            _ => None,
        }
    }

    /// The difference behind documents whose leaves do not stand for each other.
    pub(crate) fn of_documents(observed: &Observed, theirs: bool) -> Option<Self> {
        let plain = observed.sops_seals.as_ref().ok()?;
        let numbered =
            |leaf: &Leaf| leaf.place.rsplit('.').next().is_some_and(|key| key.starts_with(r"\x23"));
        let ini = observed.document.format == Format::Ini;
        (ini && theirs && plain.leaves.iter().any(numbered)).then_some(Self::IniNumberedKey)
    }

    /// The difference behind two equal leaves of which `expected` is encrypted by sops and the other by us.
    pub(crate) fn of_selection(observed: &Observed, expected: &Leaf, found: &Leaf) -> Option<Self> {
        let rule = matches!(observed.document.selection, Selection::EncryptedCommentRegex(_));
        let in_list = expected.kind == "comment" && expected.place.ends_with("[]#");
        if rule && in_list && expected.selected && !found.selected {
            return Some(Self::CommentRuleInList);
        }
        // The rule is asked about the text of the comment, which is another one without the empty line.
        let by_comments = matches!(
            observed.document.selection,
            Selection::EncryptedCommentRegex(_) | Selection::UnencryptedCommentRegex(_)
        );
        let plain = observed.sops_seals.as_ref().ok()?;
        let has_one = plain
            .leaves
            .iter()
            .any(|leaf| leaf.kind == "comment" && behind_empty_lines(&leaf.value) != leaf.value);
        let ini = observed.document.format == Format::Ini;
        (ini && by_comments && has_one).then_some(Self::IniEmptyCommentLine)
    }
}

/// The text of comments of an INI file without the empty lines that they begin with, and without the signs at the
/// beginning of the next.
fn behind_empty_lines(text: &str) -> &str {
    let mut rest = text;
    while let Some(next) = rest.strip_prefix(r"\x0a") {
        let sign = if next.starts_with(r"\x3b") { r"\x3b" } else { r"\x23" };
        rest = next.trim_start_matches(sign).trim_start_matches(r"\x20");
    }
    rest
}
