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
    /// We refuse an INI file with such comments if the rule decides about them in another way with that line.
    IniEmptyCommentRule,
    /// sops numbers INI keys called `-` and writes them as `#1`, which it reads as a comment.
    IniNumberedKey,
    /// sops writes floats without a fraction as whole numbers, and reads them so.
    WholeFloat,
    /// An empty comment in a YAML list is an empty string when sops has decrypted it.
    EmptyCommentInList,
    /// We refuse a timestamp with an offset of a day or more, whose token sops could not read.
    FarOffset,
    /// sops makes of a YAML document what the library cannot print.
    Unprintable,
    /// We refuse a YAML document that is nothing but an alias of the one before it.
    AliasOfDocument,
    /// We refuse a comment in a list of merges that would be encrypted: sops cannot read what it makes of it.
    CommentInMerges,
    /// We refuse a key that is an alias, or an alias whose copy would move a comment.
    AliasInTheWay,
    /// We refuse a document that is a null with a tag.
    TaggedNull,
    /// We refuse a comment in a list that would be encrypted, if another comment would move.
    CommentInList,
    /// The library inside sops drops characters behind a U+FEFF that its read buffer happens to begin with. We refuse
    /// to write such a file, and read one as it is written.
    MarkInYaml,
    /// A comment beside a document marker or at the end of a YAML list, in a file that sops wrote, belongs to another
    /// place after decryption; the values and the comments are the same.
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
            Format::Yaml if message.contains("the document is an alias; write out what it repeats") => {
                Some(Self::AliasOfDocument)
            }
            Format::Yaml if message.contains("the offset of the timestamp is a day or more") => {
                Some(Self::FarOffset)
            }
            Format::Yaml if message.contains("a comment in a list of merges would") => {
                Some(Self::CommentInMerges)
            }
            Format::Yaml
                if message.contains("a key is an alias") || message.contains("what this alias repeats") =>
            {
                Some(Self::AliasInTheWay)
            }
            Format::Yaml if message.contains("a null with a tag has no place") => Some(Self::TaggedNull),
            Format::Yaml if message.contains("a comment in a list would become") => Some(Self::CommentInList),
            Format::Yaml if message.contains("a byte order mark (U+FEFF) stands where sops") => {
                Some(Self::MarkInYaml)
            }
            Format::Ini if message.contains("because of the empty line that it begins with") => {
                Some(Self::IniEmptyCommentRule)
            }
            _ => Self::of_mark(observed, [&*observed.document.text]),
        }
    }

    /// The difference behind a YAML document of which one of these texts makes the library drop characters.
    pub(crate) fn of_mark<'t>(
        observed: &Observed,
        texts: impl IntoIterator<Item = &'t [u8]>,
    ) -> Option<Self> {
        let yaml = observed.document.format == Format::Yaml;
        (yaml && texts.into_iter().any(drops_characters)).then_some(Self::MarkInYaml)
    }

    /// The difference behind a file of sops that reads otherwise once we have decrypted it.
    pub(crate) fn of_moved_comments(observed: &Observed, expected: &[Leaf], found: &[Leaf]) -> Option<Self> {
        let part = |leaves: &[Leaf], comments: bool| -> Vec<Leaf> {
            leaves.iter().filter(|leaf| (leaf.kind == "comment") == comments).cloned().collect()
        };
        let texts = |leaves: &[Leaf]| -> Vec<String> {
            let mut texts: Vec<String> = part(leaves, true).into_iter().map(|leaf| leaf.value).collect();
            texts.sort_unstable();
            texts
        };
        let mut values = part(expected, false);
        let mut found_values = part(found, false);
        let mut comments = texts(expected);
        // A list that holds nothing but comments is an empty one without them.
        let holds = |leaves: &[Leaf], empty: &Leaf| {
            leaves.iter().any(|leaf| leaf.place == format!("{}[]#", empty.place))
        };
        found_values.retain(|leaf| leaf.kind != "list" || !holds(expected, leaf));
        values.retain(|leaf| leaf.kind != "list" || !holds(found, leaf));
        // An empty comment at the end of a list, of which sops makes an element.
        let made = |leaf: &Leaf| leaf.kind == "str" && leaf.value.is_empty() && leaf.place.ends_with(']');
        values.retain(|leaf| {
            let lost = made(leaf) && found.iter().all(|other| other.place != leaf.place);
            comments.extend(lost.then(String::new));
            !lost
        });
        comments.sort_unstable();
        let equal = |one: &Leaf, other: &Leaf| {
            one.without_mark() == other.without_mark()
                || Self::of_values(observed, true, one, other).is_some()
        };
        let values_are_equal = values.len() == found_values.len()
            && values.iter().zip(&found_values).all(|(one, other)| equal(one, other));
        (observed.document.format == Format::Yaml && values_are_equal && comments == texts(found))
            .then_some(Self::CommentMoves)
    }

    /// The difference behind a refusal of sops.
    pub(crate) fn of_their_refusal(observed: &Observed, step: &str) -> Option<Self> {
        // Of a document that is a flow mapping with comments in front of the next one, sops makes what it cannot print.
        if observed.document.format == Format::Yaml && step == "emit" {
            return Some(Self::Unprintable);
        }
        let ini_crash = observed.document.format == Format::Ini && step == "crash";
        ini_crash
            .then_some(Self::IniCommentCrash)
            .or_else(|| Self::of_mark(observed, [&*observed.document.text]))
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
        None
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

/// Whether the library inside sops may find a U+FEFF behind the beginning of a text at the beginning of its buffer:
/// it fills it with 512 bytes at a time, when fewer characters are left than it wants to look at, which are at most four.
fn drops_characters(text: &[u8]) -> bool {
    const AHEAD: usize = 4;
    let (mark, wide): (&[u8], bool) = match text {
        [0xFF, 0xFE, ..] => (&[0xFF, 0xFE], true),
        [0xFE, 0xFF, ..] => (&[0xFE, 0xFF], true),
        _ => (b"\xEF\xBB\xBF", false),
    };
    // Where each character begins, and behind the last one.
    let mut starts: Vec<usize> =
        (0..=text.len()).filter(|&at| if wide { at % 2 == 0 } else { is_start(text, at) }).collect();
    starts.push(text.len() + 1);
    let first = if wide { 2 } else { 1 };
    let mut piece = 0;
    for (number, &start) in starts.iter().enumerate().take_while(|(_, start)| **start < text.len()) {
        if starts[number + 1] > piece + 512 {
            piece = start;
        }
        let ahead = starts.get(number + AHEAD).copied().unwrap_or(usize::MAX);
        let filled = start == piece || ahead > piece + 512 || ahead > text.len();
        if start >= first && filled && text[start..].starts_with(mark) {
            return true;
        }
    }
    // Two at the beginning.
    text.starts_with(mark) && text[mark.len()..].starts_with(mark)
}

fn is_start(text: &[u8], at: usize) -> bool {
    text.get(at).is_none_or(|byte| byte & 0xC0 != 0x80)
}
