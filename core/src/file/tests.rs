//! The use cases, on small documents of every format. That sops reads the same is shown by the interop suite.

use std::collections::BTreeSet;

use super::*;
use crate::metadata::{KeyGroup, KeyId, MasterKey};
use crate::random::tests::Counter;
use crate::selection::Selection;
use crate::timestamp::Timestamp;

fn key() -> DataKey {
    DataKey::from_bytes(&[7; 32]).unwrap()
}

/// Files without any key cannot be read, so the tests name one whose wrapped key nobody looks at.
fn metadata(selection: Selection) -> Metadata {
    let id = KeyId::Age { recipient: "age1nobody".to_owned() };
    let key = MasterKey::new(id, "wrapped\nhere\n".to_owned(), Timestamp::from_unix(0));
    Metadata::new(vec![KeyGroup::new(vec![key])], selection, "3.13.3")
}

fn suffix() -> Selection {
    Selection::UnencryptedSuffix("_unencrypted".to_owned())
}

fn request<'a>(key: &'a DataKey, random: &'a mut Counter, metadata: Metadata) -> EncryptRequest<'a> {
    let now = Timestamp::from_unix(1_800_000_000);
    EncryptRequest { data_key: key, metadata, now, random, threads: 1, stores: Stores::default() }
}

fn seal_text(source: &str, format: Format, selection: Selection) -> String {
    let (key, mut random) = (key(), Counter(1));
    let sealed = encrypt(source, format, request(&key, &mut random, metadata(selection)));
    String::from_utf8(sealed.unwrap_or_else(|error| panic!("{source:?}: {error}")).text).unwrap()
}

fn open_text(sealed: &str, format: Format) -> Result<String, OpenError> {
    let opened = Sealed::read(sealed, format)?.open(&key(), 1)?;
    assert_eq!(opened.warnings(), []);
    Ok(String::from_utf8(opened.into_plaintext().into_bytes()).unwrap())
}

const DOCUMENTS: &[(Format, &str)] = &[
    (Format::Yaml, "a: hello\nb: 42\nc: [1, two, 3.50]\n"),
    (Format::Yaml, "# top\na: 'single'   # inline\nb: \"double\"\n\nlist:\n- one\n-   two\n# end\n"),
    (Format::Yaml, "key: |\n  first\n  second\nfolded: >-\n  one\n  two\nlast: x"),
    (Format::Yaml, "hex: 0x1F\ndate: 2020-01-02\nfloat: 1e3\nbool: TRUE\nnothing: ~\nempty: ''\n"),
    (Format::Yaml, "base: &base\n  user: me\n  word: secret\nother:\n  <<: *base\n  more: 1\n"),
    (Format::Yaml, "a: 1\n---\nb: 2\n...\n---\nc: 3\n"),
    (Format::Yaml, "a: 1\r\nb: two\r\n"),
    (Format::Yaml, "{\"a\": \"b\", c: d}\n"),
    (Format::Json, "{\n  \"a\": \"b\",\n  \"n\": 1.50,\n  \"l\": [1, true, null, \"\"]\n}\n"),
    (Format::Json, "{\"a\":\"\\u00e9\",\"b\":{\"c\":1e2}}"),
    (Format::Dotenv, "# c\nA=hello\nB=x\\ny\n\nC=\n"),
    (Format::Dotenv, "A=1"),
    (Format::Ini, "; c\n[s]\nk = v\nlong=1 ; d\n\n[t]\nq = \"quoted\"\n"),
    (Format::Binary, "anything\0at all"),
    (Format::Binary, ""),
];

#[test]
fn decryption_gives_every_byte_back() {
    for &(format, source) in DOCUMENTS {
        let sealed = seal_text(source, format, suffix());
        assert_eq!(open_text(&sealed, format).unwrap(), source, "{sealed}");
    }
}

#[test]
fn no_selected_value_stays_in_the_text() {
    for &(format, source) in DOCUMENTS {
        let sealed = seal_text(source, format, suffix());
        for value in
            ["hello", "single", "inline", "first", "second", "secret", "two", "anything", "quoted", "# c"]
        {
            assert!(!sealed.contains(value) || sealed.split(value).count() < 2, "{value} in {sealed}");
        }
    }
}

#[test]
fn what_is_not_selected_stays_byte_for_byte() {
    let source = "apiVersion:  v1 # why\nkind: Secret\n\nstringData:\n    one:   'x'\nmetadata: {name: a,   b: [1,2]}\n";
    let sealed = seal_text(source, Format::Yaml, Selection::EncryptedRegex("^stringData$".to_owned()));
    let (before, behind) = source.split_once("'x'").unwrap();
    assert!(sealed.starts_with(&format!("{before}'ENC[AES256_GCM,data:")), "{sealed}");
    assert!(sealed.contains(&format!(",type:str]'{behind}sops:\n")), "{sealed}");
}

#[test]
fn every_change_to_an_encrypted_file_is_noticed() {
    // The block of a later document is not looked at.
    for &(format, source) in
        DOCUMENTS.iter().filter(|(_, source)| !source.is_empty() && !source.contains("---"))
    {
        let sealed = seal_text(source, format, suffix());
        for (at, _) in sealed
            .match_indices(",data:")
            .chain(sealed.match_indices(",iv:"))
            .chain(sealed.match_indices(",tag:"))
        {
            let at = at + sealed[at..].find(':').unwrap() + 1;
            let mut bytes = sealed.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let tampered = String::from_utf8(bytes).unwrap();
            let sealed = Sealed::read(tampered.as_str(), format).unwrap();
            match sealed.open(&key(), 1) {
                Err(_) => {}
                // A damaged comment is kept, a damaged layout is not used; both are told.
                Ok(opened) => assert!(!opened.warnings().is_empty(), "{at} of {tampered}"),
            }
        }
    }
}

#[test]
fn a_clear_value_that_changes_breaks_the_mac() {
    let sealed = seal_text("a: secret\nb_unencrypted: clear\n", Format::Yaml, suffix());
    let tampered = sealed.replace("clear\n", "other\n");
    assert!(matches!(open_text(&tampered, Format::Yaml), Err(OpenError::MacMismatch)));
    let opened = Sealed::read(tampered, Format::Yaml).unwrap().open_ignoring_mac(&key(), 1).unwrap();
    assert_eq!(opened.plaintext().as_bytes(), b"a: secret\nb_unencrypted: other\n");
}

#[test]
fn an_edit_changes_what_was_edited() {
    for &(format, source) in
        DOCUMENTS.iter().filter(|(format, source)| *format != Format::Binary && !source.is_empty())
    {
        let sealed = seal_text(source, format, suffix());
        let opened = Sealed::read(sealed.as_str(), format).unwrap().open(&key(), 1).unwrap();
        let (key, mut random) = (key(), Counter(900));
        let mut metadata = opened.metadata().clone();
        metadata.raise_version("3.13.3");
        let again = opened.reseal(source.as_bytes(), request(&key, &mut random, metadata)).unwrap();
        let again = String::from_utf8(again.text).unwrap();
        let changed: BTreeSet<&str> =
            again.lines().zip(sealed.lines()).filter(|(new, old)| new != old).map(|(new, _)| new).collect();
        assert!(changed.len() <= 2, "{changed:?} in {again} of {sealed}");
        assert!(
            changed.iter().all(|line| line.contains("mac") || line.contains("fieldseal_layout")),
            "{changed:?}"
        );
        assert_eq!(open_text(&again, format).unwrap(), source);
    }
}

#[test]
fn several_threads_give_the_same_text_as_one() {
    let source: String = (0..20_000).map(|line| format!("key{line}: value {line}\n")).collect();
    let texts = [1, 4].map(|threads| {
        let (key, mut random) = (key(), Counter(1));
        let request = EncryptRequest { threads, ..request(&key, &mut random, metadata(suffix())) };
        encrypt(source.as_str(), Format::Yaml, request).unwrap().text
    });
    assert!(texts[0] == texts[1]);
    let opened = Sealed::read(texts[0].clone(), Format::Yaml).unwrap().open(&key(), 4).unwrap();
    assert!(opened.plaintext().as_bytes() == source.as_bytes());
}

#[test]
fn what_is_encrypted_is_not_encrypted_again() {
    for &(format, source) in DOCUMENTS.iter().filter(|(format, _)| *format != Format::Binary) {
        let sealed = seal_text(source, format, suffix());
        let (key, mut random) = (key(), Counter(1));
        let result = encrypt(sealed, format, request(&key, &mut random, metadata(suffix())));
        assert!(matches!(result, Err(EncryptError::AlreadyEncrypted)), "{source}");
    }
}

#[test]
fn byte_order_marks_are_refused_where_sops_would_stumble_over_them() {
    let regex = || Selection::EncryptedRegex("^secret$".to_owned());
    let text =
        |before: usize| format!("a: {}\nb: {}\u{FEFF}c\nsecret: x\n", "x".repeat(90), "y".repeat(before));
    let (key, mut refused) = (key(), Vec::new());
    for before in 300..460 {
        let mut random = Counter(1);
        let source = text(before);
        match encrypt(&*source, Format::Yaml, request(&key, &mut random, metadata(regex()))) {
            Ok(sealed) => {
                let sealed = String::from_utf8(sealed.text).unwrap();
                assert_eq!(open_text(&sealed, Format::Yaml).unwrap(), source);
            }
            Err(error) => {
                let column = before + 4;
                assert!(error.to_string().starts_with(&format!("2:{column}: a byte order mark")), "{error}");
                refused.push(before);
            }
        }
    }
    // `a: ` and its line are 94 bytes, `b: ` is three: the mark begins at 506 and up to 512.
    assert_eq!(refused, (409..=415).collect::<Vec<_>>());
}

#[test]
fn byte_order_marks_may_stand_in_what_is_encrypted() {
    let source = format!("a: '{}\u{FEFF}'\n# \u{FEFF}c\nb: 1\n", "x".repeat(504));
    let sealed = seal_text(&source, Format::Yaml, suffix());
    assert!(!sealed.contains('\u{FEFF}'));
    assert_eq!(open_text(&sealed, Format::Yaml).unwrap(), source);
}

#[test]
fn comments_that_sops_prints_behind_its_key_are_kept() {
    let sealed = seal_text("a: 1\nb: 2\n", Format::Yaml, suffix());
    let sealed = sealed.replace("\nsops:\n", "\nsops: # c\n");
    // It is clear, where comments are encrypted: a warning says so.
    let opened = Sealed::read(sealed, Format::Yaml).unwrap().open(&key(), 1).unwrap();
    assert_eq!(opened.plaintext().as_bytes(), b"a: 1\nb: 2\n# c\n");
}

#[test]
fn a_later_document_of_nothing_but_comments_stays_one() {
    let source = "a: 1\n--- # c\n";
    let sealed = seal_text(source, Format::Yaml, suffix());
    assert_eq!(open_text(&sealed, Format::Yaml).unwrap(), source);
    // Without the layout, as in files of sops, which would read the comment as one of the first document.
    let bare: String = sealed
        .lines()
        .filter(|line| !line.contains("fieldseal_layout"))
        .map(|line| format!("{line}\n"))
        .collect();
    assert_eq!(open_text(&bare, Format::Yaml).unwrap(), "a: 1\n--- # c\n{}\n");
}

#[test]
fn a_comment_ends_at_every_kind_of_line_break() {
    let source = "%YAML 1.1 # c\u{85}---\na: b\n";
    let sealed = seal_text(source, Format::Yaml, suffix());
    assert!(sealed.starts_with("%YAML 1.1 #\u{85}---\na: ENC["), "{sealed}");
    assert_eq!(open_text(&sealed, Format::Yaml).unwrap(), source);
}

#[test]
fn an_empty_line_that_belongs_to_a_block_stays() {
    let source = "a: |+\n  # x\n\n";
    let sealed = seal_text(source, Format::Yaml, Selection::EncryptedRegex("^z$".to_owned()));
    assert!(sealed.starts_with("a: |+\n  # x\n\nsops:") && !sealed.contains("fieldseal_layout"), "{sealed}");
    assert_eq!(open_text(&sealed, Format::Yaml).unwrap(), source);
}

#[test]
fn a_key_that_is_an_alias_of_a_merge_key_merges_nothing() {
    let source = "- &n <<\n";
    let source = format!("l:\n{source}*n :\n- x\n");
    let sealed = seal_text(&source, Format::Yaml, suffix());
    assert_eq!(open_text(&sealed, Format::Yaml).unwrap(), source);
}

#[test]
fn comments_of_ini_that_sops_would_judge_in_another_way_are_refused() {
    let source = "[s]\n;\n;clear\na = 1\nb = 2\n";
    for (pattern, refused) in [("^clear", true), ("clear", false), ("^$", false), ("^secret", false)] {
        let (key, mut random) = (key(), Counter(1));
        let rule = Selection::UnencryptedCommentRegex(pattern.to_owned());
        let sealed = encrypt(source, Format::Ini, request(&key, &mut random, metadata(rule)));
        let error = sealed.err().map(|error| error.to_string());
        assert_eq!(
            error.is_some_and(|error| error.contains("empty line that it begins with")),
            refused,
            "{pattern}"
        );
    }
}

#[test]
fn odd_texts_are_encrypted_and_come_back() {
    let texts = [
        // A whole document is repeated: the copy must not get the metadata.
        "--- &n\nb: x\n---\na: *n\n",
        "--- &n { b: x }\n---\nl: [*n]\n",
        // Nulls that are written out, with a tab behind them.
        "Null \t \n",
        "NULL\t# c\n# d",
        // A null of which nothing is written, with comments behind it, at the end of brackets.
        "{ # a\n  # b\n e: # c\n   # d\n  }\n",
        "{ a: x,\n b # c\n  }\n # d\n",
        // Line breaks of YAML 1.1 in front of a marker.
        "# a\u{2029}b: |+\u{2029}   x\u{2029}# c\u{2029}--- { d: x }\u{2029}",
        // A tag with a handle that the other document does not have.
        "%TAG !e! tag:example.com,2000:\n---\na: &n !e!foo 5\n---\nb: { c: *n }\n",
    ];
    for text in texts {
        let sealed = seal_text(text, Format::Yaml, suffix());
        assert_eq!(open_text(&sealed, Format::Yaml).unwrap(), text);
    }
}

#[test]
fn what_cannot_be_encrypted_is_refused_with_its_place_and_reason() {
    let text = "a: &n {x: 1}\n<<:\n  - *n\n  - *n # c\n";
    let (key, mut random) = (key(), Counter(1));
    let error = encrypt(text, Format::Yaml, request(&key, &mut random, metadata(suffix()))).unwrap_err();
    assert!(error.to_string().contains("[\"<<\"]: a comment in a list of merges"), "{error}");
}
