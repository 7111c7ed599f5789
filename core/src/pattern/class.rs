//! Classes of characters, by the names and with the members that they have in Go.

use std::fmt::Write;

use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange, HirKind};

/// A class that no character is in, as the `regex` crate reads it.
pub(super) const NOTHING: &str = r"[^\x00-\x{10FFFF}]";

/// A class or a part of one.
pub(super) struct Class {
    members: Members,
    negated: bool,
}

enum Members {
    /// Ranges of code points, both ends included; surrogates may be among them.
    Ranges(&'static [(u8, u8)]),
    /// One such range.
    Range(u32, u32),
    /// What the `regex` crate calls `\p{...}` with this text.
    Property(Property),
    /// None.
    Nothing,
}

/// A kind of Unicode class and its name.
struct Property {
    kind: &'static str,
    name: &'static str,
}

impl Class {
    /// The class `\d`, `\s`, `\w` or the opposite of one, by its letter.
    pub(super) fn perl(letter: char) -> Option<Self> {
        let members: &[_] = match letter.to_ascii_lowercase() {
            'd' => DIGIT,
            's' => &[(b'\t', b'\n'), (0x0c, b'\r'), (b' ', b' ')],
            'w' => WORD,
            _ => return None,
        };
        Some(Self { members: Members::Ranges(members), negated: letter.is_ascii_uppercase() })
    }

    /// The class `[:name:]`; `name` may begin with `^`.
    pub(super) fn posix(name: &str) -> Option<Self> {
        let (name, negated) = match name.strip_prefix('^') {
            Some(name) => (name, true),
            None => (name, false),
        };
        let members: &[_] = match name {
            "alnum" => &[(b'0', b'9'), (b'A', b'Z'), (b'a', b'z')],
            "alpha" => &[(b'A', b'Z'), (b'a', b'z')],
            "ascii" => &[(0, 0x7f)],
            "blank" => &[(b'\t', b'\t'), (b' ', b' ')],
            "cntrl" => &[(0, 0x1f), (0x7f, 0x7f)],
            "digit" => DIGIT,
            "graph" => &[(b'!', b'~')],
            "lower" => &[(b'a', b'z')],
            "print" => &[(b' ', b'~')],
            "punct" => &[(b'!', b'/'), (b':', b'@'), (b'[', b'`'), (b'{', b'~')],
            "space" => &[(b'\t', b'\r'), (b' ', b' ')],
            "upper" => &[(b'A', b'Z')],
            "word" => WORD,
            "xdigit" => &[(b'0', b'9'), (b'A', b'F'), (b'a', b'f')],
            _ => return None,
        };
        Some(Self { members: Members::Ranges(members), negated })
    }

    /// The class `\p{name}`, or the opposite; `name` may begin with `^`.
    pub(super) fn unicode(name: &str, negated: bool) -> Option<Self> {
        let (name, negated) = match name.strip_prefix('^') {
            Some(name) => (name, !negated),
            None => (name, negated),
        };
        Some(Self { members: property(name)?, negated })
    }

    /// The code points from `low` to `high`, both included.
    pub(super) fn range(low: u32, high: u32) -> Self {
        Self { members: Members::Range(low, high), negated: false }
    }

    /// Writes the class for the `regex` crate: a complete class that may also stand inside of brackets, or
    /// ranges that may stand only there if the class is a [`Class::range`].
    ///
    /// With `fold`, everything that differs only by case from a member is a member too; a negated class is
    /// the opposite of that.
    pub(super) fn write(&self, fold: bool, to: &mut String) {
        if let (Members::Property(Property { kind, name }), false) = (&self.members, fold) {
            let letter = if self.negated { 'P' } else { 'p' };
            let _ = write!(to, r"\{letter}{{{kind}{name}}}");
            return;
        }
        let mut set = ClassUnicode::empty();
        match &self.members {
            Members::Nothing => {}
            Members::Range(low, high) => set.extend_range(*low, *high),
            Members::Ranges(ranges) => {
                ranges.iter().for_each(|&(low, high)| set.extend_range(low.into(), high.into()));
            }
            Members::Property(Property { kind, name }) => {
                let pattern = format!(r"\p{{{kind}{name}}}");
                let hir = regex_syntax::parse(&pattern).expect("the names in the tables are known");
                match hir.into_kind() {
                    HirKind::Class(regex_syntax::hir::Class::Unicode(members)) => set = members,
                    // A class of one character.
                    HirKind::Literal(literal) => {
                        let characters = str::from_utf8(&literal.0).unwrap_or_default().chars();
                        characters
                            .for_each(|character| set.push(ClassUnicodeRange::new(character, character)));
                    }
                    _ => {}
                }
            }
        }
        // Go has no table of what `\p{LC}` would gain: one character, U+0345.
        if fold && !matches!(self.members, Members::Property(Property { name: "LC", .. })) {
            set.try_case_fold_simple().expect("the tables for case folding are compiled in");
        }
        if matches!(self.members, Members::Range(..)) {
            write_ranges(&set, to);
        } else {
            to.push_str(if self.negated { "[^" } else { "[" });
            write_ranges(&set, to);
            to.push(']');
        }
    }
}

/// Writes a character that stands for itself; with `fold`, for every character that differs only by case.
pub(super) fn write_literal(literal: char, fold: bool, to: &mut String) {
    if fold {
        let itself = ClassUnicodeRange::new(literal, literal);
        let mut set = ClassUnicode::new([itself]);
        set.try_case_fold_simple().expect("the tables for case folding are compiled in");
        if set.ranges() != [itself] {
            to.push('[');
            write_ranges(&set, to);
            to.push(']');
            return;
        }
    }
    write_character(literal, to);
}

trait ExtendRange {
    fn extend_range(&mut self, low: u32, high: u32);
}

impl ExtendRange for ClassUnicode {
    /// Adds a range of code points, without the surrogates in it.
    fn extend_range(&mut self, low: u32, high: u32) {
        let low = char::from_u32(low).unwrap_or('\u{e000}');
        let high = char::from_u32(high).unwrap_or('\u{d7ff}');
        if low <= high {
            self.push(ClassUnicodeRange::new(low, high));
        }
    }
}

/// Writes the inside of brackets; for an empty set, a class that is empty.
fn write_ranges(set: &ClassUnicode, to: &mut String) {
    if set.ranges().is_empty() {
        to.push_str(NOTHING);
    }
    for range in set.ranges() {
        write_character(range.start(), to);
        if range.end() != range.start() {
            to.push('-');
            write_character(range.end(), to);
        }
    }
}

fn write_character(character: char, to: &mut String) {
    if character.is_ascii_alphanumeric() {
        to.push(character);
    } else {
        let _ = write!(to, r"\x{{{:X}}}", u32::from(character));
    }
}

const DIGIT: &[(u8, u8)] = &[(b'0', b'9')];
const WORD: &[(u8, u8)] = &[(b'0', b'9'), (b'A', b'Z'), (b'_', b'_'), (b'a', b'z')];

/// The class with the given name. Go ignores case, blanks, `_` and `-` in names, which hides from it the
/// scripts with a `_` in theirs; versions before 1.25 took names letter by letter and knew those.
fn property(name: &str) -> Option<Members> {
    let canonical = canonical(name);
    match canonical.as_str() {
        "any" => return Some(Members::Property(Property { kind: "", name: "any" })),
        "assigned" => return Some(Members::Property(Property { kind: "", name: "assigned" })),
        "ascii" => return Some(Members::Property(Property { kind: "", name: "ascii" })),
        // Surrogates: no text holds one.
        "cs" | "surrogate" => return Some(Members::Nothing),
        _ => {}
    }
    let category = CATEGORIES.iter().find(|category| category.eq_ignore_ascii_case(&canonical));
    let alias =
        || CATEGORY_ALIASES.iter().find(|(alias, _)| *alias == canonical).map(|(_, category)| category);
    let script = || SCRIPTS.iter().find(|script| script.eq_ignore_ascii_case(&canonical) || **script == name);
    if let Some(name) = category {
        Some(Members::Property(Property { kind: "gc=", name }))
    } else if let Some(name) = script() {
        Some(Members::Property(Property { kind: "sc=", name }))
    } else {
        alias().map(|name| Members::Property(Property { kind: "gc=", name }))
    }
}

fn canonical(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '_' | '-' | ' ')).map(|c| c.to_ascii_lowercase()).collect()
}

/// General categories.
const CATEGORIES: &[&str] = &[
    "C", "Cc", "Cf", "Cn", "Co", "L", "LC", "Ll", "Lm", "Lo", "Lt", "Lu", "M", "Mc", "Me", "Mn", "N", "Nd",
    "Nl", "No", "P", "Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "S", "Sc", "Sk", "Sm", "So", "Z", "Zl", "Zp",
    "Zs",
];

/// Other names of general categories, in the form of [`canonical`].
const CATEGORY_ALIASES: &[(&str, &str)] = &[
    ("casedletter", "LC"),
    ("closepunctuation", "Pe"),
    ("combiningmark", "M"),
    ("connectorpunctuation", "Pc"),
    ("control", "Cc"),
    ("cntrl", "Cc"),
    ("currencysymbol", "Sc"),
    ("dashpunctuation", "Pd"),
    ("decimalnumber", "Nd"),
    ("digit", "Nd"),
    ("enclosingmark", "Me"),
    ("finalpunctuation", "Pf"),
    ("format", "Cf"),
    ("initialpunctuation", "Pi"),
    ("letter", "L"),
    ("letternumber", "Nl"),
    ("lineseparator", "Zl"),
    ("lowercaseletter", "Ll"),
    ("mark", "M"),
    ("mathsymbol", "Sm"),
    ("modifierletter", "Lm"),
    ("modifiersymbol", "Sk"),
    ("nonspacingmark", "Mn"),
    ("number", "N"),
    ("openpunctuation", "Ps"),
    ("other", "C"),
    ("otherletter", "Lo"),
    ("othernumber", "No"),
    ("otherpunctuation", "Po"),
    ("othersymbol", "So"),
    ("paragraphseparator", "Zp"),
    ("privateuse", "Co"),
    ("punctuation", "P"),
    ("punct", "P"),
    ("separator", "Z"),
    ("spaceseparator", "Zs"),
    ("spacingmark", "Mc"),
    ("symbol", "S"),
    ("titlecaseletter", "Lt"),
    ("unassigned", "Cn"),
    ("uppercaseletter", "Lu"),
];

/// Scripts.
#[rustfmt::skip]
const SCRIPTS: &[&str] = &[
    "Adlam", "Ahom", "Anatolian_Hieroglyphs", "Arabic", "Armenian", "Avestan", "Balinese", "Bamum",
    "Bassa_Vah", "Batak", "Bengali", "Bhaiksuki", "Bopomofo", "Brahmi", "Braille", "Buginese", "Buhid",
    "Canadian_Aboriginal", "Carian", "Caucasian_Albanian", "Chakma", "Cham", "Cherokee", "Chorasmian",
    "Common", "Coptic", "Cuneiform", "Cypriot", "Cypro_Minoan", "Cyrillic", "Deseret", "Devanagari",
    "Dives_Akuru", "Dogra", "Duployan", "Egyptian_Hieroglyphs", "Elbasan", "Elymaic", "Ethiopic",
    "Georgian", "Glagolitic", "Gothic", "Grantha", "Greek", "Gujarati", "Gunjala_Gondi", "Gurmukhi", "Han",
    "Hangul", "Hanifi_Rohingya", "Hanunoo", "Hatran", "Hebrew", "Hiragana", "Imperial_Aramaic", "Inherited",
    "Inscriptional_Pahlavi", "Inscriptional_Parthian", "Javanese", "Kaithi", "Kannada", "Katakana", "Kawi",
    "Kayah_Li", "Kharoshthi", "Khitan_Small_Script", "Khmer", "Khojki", "Khudawadi", "Lao", "Latin",
    "Lepcha", "Limbu", "Linear_A", "Linear_B", "Lisu", "Lycian", "Lydian", "Mahajani", "Makasar",
    "Malayalam", "Mandaic", "Manichaean", "Marchen", "Masaram_Gondi", "Medefaidrin", "Meetei_Mayek",
    "Mende_Kikakui", "Meroitic_Cursive", "Meroitic_Hieroglyphs", "Miao", "Modi", "Mongolian", "Mro",
    "Multani", "Myanmar", "Nabataean", "Nag_Mundari", "Nandinagari", "New_Tai_Lue", "Newa", "Nko", "Nushu",
    "Nyiakeng_Puachue_Hmong", "Ogham", "Ol_Chiki", "Old_Hungarian", "Old_Italic", "Old_North_Arabian",
    "Old_Permic", "Old_Persian", "Old_Sogdian", "Old_South_Arabian", "Old_Turkic", "Old_Uyghur", "Oriya",
    "Osage", "Osmanya", "Pahawh_Hmong", "Palmyrene", "Pau_Cin_Hau", "Phags_Pa", "Phoenician",
    "Psalter_Pahlavi", "Rejang", "Runic", "Samaritan", "Saurashtra", "Sharada", "Shavian", "Siddham",
    "SignWriting", "Sinhala", "Sogdian", "Sora_Sompeng", "Soyombo", "Sundanese", "Syloti_Nagri", "Syriac",
    "Tagalog", "Tagbanwa", "Tai_Le", "Tai_Tham", "Tai_Viet", "Takri", "Tamil", "Tangsa", "Tangut", "Telugu",
    "Thaana", "Thai", "Tibetan", "Tifinagh", "Tirhuta", "Toto", "Ugaritic", "Vai", "Vithkuqi", "Wancho",
    "Warang_Citi", "Yezidi", "Yi", "Zanabazar_Square",
];
