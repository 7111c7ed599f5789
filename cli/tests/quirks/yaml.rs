//! Facts about YAML.

use crate::bench::{BOTH, Bench, Tool, types};

// A41
#[test]
fn words_for_yes_and_no_are_strings() {
    let bench = Bench::new();
    let text = "\"y\": y\n\"n\": n\na: yes\nb: no\nc: on\nd: off\n";
    let round = bench.round("f.yaml", text).same();
    assert_eq!(types(&round.ours), ["str"; 6]);
    let round = bench.round("f.yaml", "y: 1\nno: 2\n").same();
    assert!(round.ours.starts_with("y: ENC["));
    assert_eq!(round.ours_there, "\"y\": 1\n\"no\": 2\n");
}

// A42
#[test]
fn numbers_have_many_spellings() {
    let bench = Bench::new();
    for (text, kind, sops) in [
        ("017", "int", "15"),
        ("08", "float", "8"),
        ("0o17", "int", "15"),
        ("0x1F", "int", "31"),
        ("0b11", "int", "3"),
        ("1_000", "int", "1000"),
        ("+5", "int", "5"),
        ("-0", "int", "0"),
        ("1e3", "float", "1000"),
        ("1_000.5", "float", "1000.5"),
        (".5", "float", "0.5"),
        ("12:30", "str", "\"12:30\""),
        ("1e400", "str", "1e400"),
        ("'017'", "str", "\"017\""),
        ("!!str 5", "str", "\"5\""),
        ("!!float 5", "float", "5"),
        ("9223372036854775807", "int", "9223372036854775807"),
        ("18446744073709551616", "float", "1.8446744073709552e+19"),
    ] {
        let round = bench.round("f.yaml", &format!("a: {text}\n")).same();
        assert_eq!(types(&round.ours), [kind], "{text}");
        assert_eq!(round.ours_there, format!("a: {sops}\n"));
    }
}

// A43
#[test]
fn anchors_aliases_and_merges_come_back_here_and_are_copies_to_sops() {
    let bench = Bench::new();
    for text in [
        "a: &x secret\nb: *x\n",
        "base: &b\n    k: v\nc:\n    <<: *b\n    d: e\n",
        "l:\n    - &i {k: v}\n    - *i\n",
        "c: &x_unencrypted plain\nd_unencrypted: *x_unencrypted\n",
    ] {
        bench.round("f.yaml", text).same();
    }
}

// A44
#[test]
fn integers_between_63_and_64_bits_cannot_be_encrypted() {
    let bench = Bench::new();
    for text in
        ["a: 9223372036854775808\n", "a_unencrypted: 18446744073709551615\n", "l: [0xFFFFFFFFFFFFFFFF]\n"]
    {
        let outcome = bench.both_refuse("f.yaml", text, 23);
        assert!(outcome.stderr.contains("f.yaml:1:"), "{outcome}");
    }
}

// A45
#[test]
fn keys_are_strings() {
    let bench = Bench::new();
    for key in ["1", "true", "~", "2020-01-01", "1.5"] {
        let outcome = bench.both_refuse("f.yaml", format!("a: x\n{key}: v\n"), 23);
        assert!(outcome.stderr.contains("f.yaml:2:"), "{outcome}");
    }
    bench.round("f.yaml", "\"1\": x\n'true': y\n").same();
}

// A46
#[test]
fn yaml_1_2_is_refused_and_1_1_is_read() {
    let bench = Bench::new();
    bench.both_refuse("f.yaml", "%YAML 1.2\n---\na: b\n", 2);
    bench.round("f.yaml", "%YAML 1.1\n---\na: b\n").same();
}

// A47, B21
#[test]
fn duplicate_keys_are_refused_but_files_of_sops_with_them_open() {
    let bench = Bench::new();
    bench.both_refuse("f.yaml", "a: b\na: c\n", 2);
    bench.both_refuse("f.yaml", "m:\n    a: b\n    a: c\n", 2);
    let later = "x: z\n---\na: b\na: c\n";
    let theirs = bench.seal(Tool::Sops, "f.yaml", later);
    assert_eq!(bench.both_decrypt("f.yaml", theirs, 0), later);
    let outcome = bench.encrypt(Tool::Ours, "f.yaml", later);
    assert!(outcome.code == 2 && outcome.stderr.contains("f.yaml:4:1"), "{outcome}");
}

// A48
#[test]
fn what_counts_as_a_document() {
    let bench = Bench::new();
    bench.both_refuse("f.yaml", "", 92);
    bench.encrypt(Tool::Sops, "f.yaml", "# only\n").expect_code(2);
    for text in ["---\n", "null\n", "{}\n", "~\n", "a: b\n---\n", "a: b\n...\n"] {
        let round = bench.round("f.yaml", text);
        assert_eq!(round.ours_here, text);
        assert_eq!(round.ours_there, round.theirs_there, "{text}");
    }
    bench.both_refuse("f.yaml", "- a\n", 2);
    bench.both_refuse("f.yaml", "text\n", 2);
    bench.both_refuse("f.yaml", "a: b\n---\n- c\n", 2);
}

// A49, A51, A53
#[test]
fn layout_stays_here_and_what_sops_makes_of_it_means_the_same() {
    let bench = Bench::new();
    for text in [
        "a:\n  b: c\n\n\nd:\n- e\n- f\n",
        "---\na: {b: c, d: [e, f]}\n",
        "a: >\n  folded\n  text\nb: |-\n  literal\n  text\n",
        "a: 'q'   \nb:   \"r\"\n",
        "a:\n      deep: 1\nb:\n - x\n",
        "a: b\r\nc: d\r\n",
        "\u{feff}a: b\n",
        "a: b",
        "? a\n: b\n",
        "key: # c\n    a: b\n",
        "k: [a, # c\n  b]\n",
        "a: b # inline\nc: d\n",
        "a: very long text that goes on and on, so that other tools would fold it into several lines at column 80\n",
    ] {
        bench.round("f.yaml", text).same();
    }
}

// A51
#[test]
fn a_comment_that_sops_drops_is_not_published() {
    let bench = Bench::new();
    for text in ["k: [ # canary-7f3a91c4\n  a]\n", "k: { # canary-7f3a91c4\n  a: b}\n"] {
        let round = bench.round("f.yaml", text);
        assert_eq!(round.ours_here, text);
        assert!(!round.ours.contains("canary"), "{}", round.ours);
        assert_eq!(round.ours_there, round.theirs_there);
    }
}

// A50
#[test]
fn text_that_sops_writes_with_escapes_is_read() {
    let bench = Bench::new();
    for text in [
        "a: \u{1f600}\nb_unencrypted: \u{1f600}\n",
        "a: |\n    one\u{1f600}\n    two\nb_unencrypted: |\n    one\u{1f600}\n    two\n",
        "a: |\n    trailing \n    blank\n",
        "a: \"\\t\\x01\\u2028\\xa0\\N\\_\\L\"\nb_unencrypted: \"\\t\\x01\\u2028\\xa0\"\n",
        "a: !!binary aGVsbG8=\n",
        "a: !!binary /w==\n",
        "a: <<\n",
    ] {
        let round = bench.round("f.yaml", text).same();
        assert_eq!(bench.values("f.yaml", &round.theirs_here), bench.values("f.yaml", &round.theirs_there));
    }
}

// A52, B7
#[test]
fn a_comment_behind_a_value_keeps_its_place_here() {
    let bench = Bench::new();
    let round = bench.round("f.yaml", "a: x # c\nl:\n    - z # d\n").same();
    assert_eq!(round.theirs_there, "# c\na: x\nl:\n    # d\n    - z\n");
    assert_eq!(round.theirs_here, "a: x # c\nl:\n    # d\n    - z\n");
}

// 10.1
#[test]
fn other_encodings_are_read() {
    let bench = Bench::new();
    let text = "a: b\nc: \u{e9}\n";
    let little: Vec<u8> =
        [0xFEFF].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = [0xFEFF].into_iter().chain(text.encode_utf16()).flat_map(u16::to_be_bytes).collect();
    for source in [little, big] {
        for by in BOTH {
            let sealed = bench.encrypt(by, "f.yaml", &source).expect_code(0).stdout;
            assert_eq!(bench.open(Tool::Sops, "f.yaml", &sealed), text, "{by:?}");
            let ours = bench.decrypt(Tool::Ours, "f.yaml", &sealed).expect_code(0).stdout;
            let expected = if by == Tool::Ours { source.as_slice() } else { text.as_bytes() };
            assert_eq!(ours, expected, "{by:?}");
        }
    }
}

// 10.1
#[test]
fn tags_are_dropped_by_sops_and_stay_here() {
    let bench = Bench::new();
    bench.round("f.yaml", "a: !foo bar\nb: !!str 5\n").same();
    bench.round("f.yaml", "s: !!set {x, y}\n").same();
}
