//! Classes of characters have the members that they have in Go, and the same characters differ only by case.
//!
//! Go's tables are those of another version of Unicode than ours. Code points that have no character in Go's
//! are left out; everything else is compared, not sampled.
#![allow(clippy::print_stdout, reason = "a suite says what it did")]

use std::collections::BTreeSet;

use fieldseal_core::Pattern;
use fieldseal_test_support::{Oracle, question};

/// The classes whose members are compared, besides all the names of categories and scripts.
const CLASSES: &[&str] = &[
    r"\d",
    r"\D",
    r"\w",
    r"\W",
    r"\s",
    r"\S",
    ".",
    "(?s).",
    "[[:alnum:]]",
    "[[:^alnum:]]",
    "[[:alpha:]]",
    "[[:ascii:]]",
    "[[:blank:]]",
    "[[:cntrl:]]",
    "[[:digit:]]",
    "[[:graph:]]",
    "[[:lower:]]",
    "[[:print:]]",
    "[[:punct:]]",
    "[[:space:]]",
    "[[:upper:]]",
    "[[:word:]]",
    "[[:xdigit:]]",
    "[^a]",
    r"[^\n]",
    "[a-zé-ÿ]",
    r"[\d\pL]",
    r"[^\W_]",
    r"\p{Any}",
    r"\p{ASCII}",
];

const CATEGORIES: &str = "C Cc Cf Cn Co Cs L LC Ll Lm Lo Lt Lu M Mc Me Mn N Nd Nl No P Pc Pd Pe Pf Pi Po Ps S Sc Sk Sm So Z Zl \
    Zp Zs Assigned Cased_Letter Close_Punctuation Combining_Mark Connector_Punctuation Control Currency_Symbol \
    Dash_Punctuation Decimal_Number Enclosing_Mark Final_Punctuation Format Initial_Punctuation Letter Letter_Number \
    Line_Separator Lowercase_Letter Mark Math_Symbol Modifier_Letter Modifier_Symbol Nonspacing_Mark Number \
    Open_Punctuation Other Other_Letter Other_Number Other_Punctuation Other_Symbol Paragraph_Separator Private_Use \
    Punctuation Separator Space_Separator Spacing_Mark Surrogate Symbol Titlecase_Letter Unassigned Uppercase_Letter \
    cntrl digit punct";

/// Characters that both versions of Unicode have, but not alike: 16.0 gave two small letters their capitals
/// (U+A7DC, U+A7CB) and moved a mark of the script Ahom to another category.
fn changed(code: char) -> bool {
    matches!(code, '\u{19b}' | '\u{264}' | '\u{1171e}')
}

#[test]
fn classes_have_the_members_that_they_have_in_go() {
    let mut oracle = Oracle::start("regex-oracle");
    let assigned: Vec<char> =
        characters(&mut oracle, r"\p{Assigned}").into_iter().filter(|c| !changed(*c)).collect();
    assert!(assigned.len() > 200_000, "{}", assigned.len());
    let scripts = SCRIPTS.split_whitespace();
    let names = CATEGORIES.split_whitespace().chain(scripts).map(|name| format!(r"\p{{{name}}}"));
    let classes: Vec<String> = names.chain(CLASSES.iter().map(|&class| class.to_owned())).collect();
    let mut compared = 0;
    let mut differences = Vec::new();
    for class in classes.iter().flat_map(|class| [class.clone(), format!("(?i){class}")]) {
        let members: BTreeSet<char> = characters(&mut oracle, &class).into_iter().collect();
        if members.is_empty() && !class.contains("Cs") && !class.contains("Surrogate") {
            let hidden = class.contains('_') || class.contains("SignWriting");
            assert!(hidden, "Go hides scripts with _ or a capital in their name, but not {class}");
            continue;
        }
        let (inside, outside): (Vec<char>, Vec<char>) =
            assigned.iter().partition(|&code| members.contains(code));
        let all = Pattern::compile(&format!("^(?:{class})*$")).expect("Go reads it");
        let some = Pattern::compile(&class).expect("Go reads it");
        let differs = |set: &[char], wrong: &dyn Fn(&[u8]) -> bool| {
            wrong(text(set).as_bytes()).then(|| {
                set.iter()
                    .copied()
                    .filter(|code| wrong(text(&[*code]).as_bytes()))
                    .take(10)
                    .collect::<Vec<char>>()
            })
        };
        let go_only =
            differs(&inside, &|text| !all.is_match(text)).map(|codes| (class.clone(), "only in Go", codes));
        let here_only =
            differs(&outside, &|text| some.is_match(text)).map(|codes| (class, "only here", codes));
        differences.extend([go_only, here_only].into_iter().flatten());
        compared += 1;
    }
    println!("{compared} classes compared");
    assert!(differences.is_empty(), "{differences:#?}");
    assert!(compared > 400, "{compared}");
}

#[test]
fn the_same_characters_differ_only_by_case() {
    let mut oracle = Oracle::start("regex-oracle");
    let folds = oracle.ask(&[question(["folds", "0", "10FFFF"])]).remove(0);
    let folds = String::from_utf8(folds).expect("numbers are ASCII");
    let mut folding = BTreeSet::new();
    for line in folds.lines() {
        let orbit: Vec<char> = line
            .split(' ')
            .map(|code| u32::from_str_radix(code, 16).ok().and_then(char::from_u32).expect("a code point"))
            .collect();
        let literal =
            Pattern::compile(&format!(r"(?i)^\x{{{:X}}}$", u32::from(orbit[0]))).expect("Go reads it");
        let class =
            Pattern::compile(&format!(r"(?i)^[^\x{{{:X}}}]$", u32::from(orbit[0]))).expect("Go reads it");
        for member in &orbit {
            assert!(literal.is_match(text(&[*member]).as_bytes()), "{line}");
            assert!(!class.is_match(text(&[*member]).as_bytes()), "{line}");
        }
        folding.extend(orbit);
    }
    assert!(folding.len() > 2_500, "{}", folding.len());
    // Everything else folds to itself alone: ignoring case adds nothing to it.
    let others: Vec<char> = characters(&mut oracle, r"\p{Assigned}")
        .into_iter()
        .filter(|code| !folding.contains(code) && !changed(*code))
        .filter(|code| code.is_alphabetic() || code.is_numeric() || !code.is_ascii())
        .collect();
    let folding = text(&folding.into_iter().collect::<Vec<_>>());
    for part in others.chunks(2_000) {
        let ranges: String = part.iter().map(|code| format!(r"\x{{{:X}}}", u32::from(*code))).collect();
        let pattern = Pattern::compile(&format!("(?i)[{ranges}]")).expect("Go reads it");
        assert!(!pattern.is_match(folding.as_bytes()), "from {:?}", part[0]);
    }
}

/// The characters that a pattern for one character matches in Go, without surrogates.
fn characters(oracle: &mut Oracle, pattern: &str) -> Vec<char> {
    let members = oracle.ask(&[question(["members", pattern])]).remove(0);
    let ends: Vec<u32> =
        members.chunks_exact(4).map(|end| u32::from_le_bytes(end.try_into().expect("four bytes"))).collect();
    ends.chunks_exact(2).flat_map(|ends| (ends[0]..=ends[1]).filter_map(char::from_u32)).collect()
}

fn text(characters: &[char]) -> String {
    characters.iter().collect()
}

const SCRIPTS: &str = "\
    Adlam Ahom Anatolian_Hieroglyphs Arabic Armenian Avestan Balinese Bamum \
    Bassa_Vah Batak Bengali Bhaiksuki Bopomofo Brahmi Braille Buginese Buhid \
    Canadian_Aboriginal Carian Caucasian_Albanian Chakma Cham Cherokee Chorasmian \
    Common Coptic Cuneiform Cypriot Cypro_Minoan Cyrillic Deseret Devanagari \
    Dives_Akuru Dogra Duployan Egyptian_Hieroglyphs Elbasan Elymaic Ethiopic \
    Georgian Glagolitic Gothic Grantha Greek Gujarati Gunjala_Gondi Gurmukhi Han \
    Hangul Hanifi_Rohingya Hanunoo Hatran Hebrew Hiragana Imperial_Aramaic Inherited \
    Inscriptional_Pahlavi Inscriptional_Parthian Javanese Kaithi Kannada Katakana Kawi \
    Kayah_Li Kharoshthi Khitan_Small_Script Khmer Khojki Khudawadi Lao Latin \
    Lepcha Limbu Linear_A Linear_B Lisu Lycian Lydian Mahajani Makasar \
    Malayalam Mandaic Manichaean Marchen Masaram_Gondi Medefaidrin Meetei_Mayek \
    Mende_Kikakui Meroitic_Cursive Meroitic_Hieroglyphs Miao Modi Mongolian Mro \
    Multani Myanmar Nabataean Nag_Mundari Nandinagari New_Tai_Lue Newa Nko Nushu \
    Nyiakeng_Puachue_Hmong Ogham Ol_Chiki Old_Hungarian Old_Italic Old_North_Arabian \
    Old_Permic Old_Persian Old_Sogdian Old_South_Arabian Old_Turkic Old_Uyghur Oriya \
    Osage Osmanya Pahawh_Hmong Palmyrene Pau_Cin_Hau Phags_Pa Phoenician \
    Psalter_Pahlavi Rejang Runic Samaritan Saurashtra Sharada Shavian Siddham \
    SignWriting Sinhala Sogdian Sora_Sompeng Soyombo Sundanese Syloti_Nagri Syriac \
    Tagalog Tagbanwa Tai_Le Tai_Tham Tai_Viet Takri Tamil Tangsa Tangut Telugu \
    Thaana Thai Tibetan Tifinagh Tirhuta Toto Ugaritic Vai Vithkuqi Wancho \
    Warang_Citi Yezidi Yi Zanabazar_Square \
    ";
