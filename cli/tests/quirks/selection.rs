//! Facts about which values are encrypted.

use crate::bench::{BOTH, Bench, Tool, body, swap, types};

/// The lines of the encrypted text before its block that hold no token, by each program.
#[track_caller]
fn clear(bench: &Bench, text: &str) -> Vec<String> {
    let round = bench.round("f.yaml", text).same();
    let [theirs, ours] = [&round.theirs, &round.ours].map(|sealed| -> Vec<String> {
        let lines =
            body(sealed).lines().map(str::trim).filter(|line| !line.contains("ENC[") && !line.is_empty());
        lines.map(str::to_owned).collect()
    });
    assert_eq!(ours, theirs, "{}\n{}", round.ours, round.theirs);
    ours
}

// A36
#[test]
fn a_rule_that_matches_a_key_covers_all_below_it() {
    let bench = Bench::with("encrypted_regex: ^data$");
    let text = "data:\n    a:\n        - b: c\nother:\n    data:\n        x: y\n    z: w\n";
    assert_eq!(clear(&bench, text), ["data:", "a:", "other:", "data:", "z: w"]);
    for (rule, text, expected) in [
        ("encrypted_suffix: _enc", "a_enc:\n    x: y\nb: c\n", vec!["a_enc:", "b: c"]),
        ("unencrypted_suffix: _un", "a_un:\n    x: z\nb: c\n", vec!["a_un:", "x: z"]),
        (
            "unencrypted_regex: ^k",
            "kind: S\nx:\n    k:\n        w: z\n    q: r\n",
            vec!["kind: S", "x:", "k:", "w: z"],
        ),
        ("encrypted_regex: A", "a: b\nA: c\n", vec!["a: b"]),
    ] {
        bench.rule(rule);
        assert_eq!(clear(&bench, text), expected, "{rule}");
    }
}

// A37
#[test]
fn comments_at_the_top_have_an_empty_path() {
    for (rule, count) in [("encrypted_regex: .", 1), ("encrypted_suffix: a", 1), ("unencrypted_regex: .", 1)]
    {
        let bench = Bench::with(rule);
        let round = bench.round("f.yaml", "# c\na: b\n").same();
        assert_eq!(types(&round.ours).len(), count, "{rule}");
        assert_eq!(types(&round.ours)[0] == "comment", rule.starts_with("un"), "{rule}");
    }
}

// A37
#[test]
fn comments_below_a_key_follow_the_path_of_their_container() {
    let bench = Bench::with("unencrypted_regex: ^m$");
    bench.round("f.yaml", "# top\nm:\n    # inner\n    a: b\nn:\n    # other\n    a: b\n").same();
    let bench = Bench::with("encrypted_regex: ^m$");
    bench.round("f.yaml", "# top\nm:\n    # inner\n    a: b\nn:\n    # other\n    a: b\n").same();
}

// A38
#[test]
fn a_file_with_an_invalid_pattern_in_its_block_opens() {
    let bench = Bench::with("encrypted_regex: '['");
    let theirs = bench.seal(Tool::Sops, "f.yaml", "a: b\n");
    assert!(theirs.starts_with("a: b\n"));
    assert_eq!(bench.both_decrypt("f.yaml", theirs, 0), "a: b\n");
    let bench = Bench::with("unencrypted_regex: '['");
    let theirs = bench.seal(Tool::Sops, "f.yaml", "a: b\n");
    assert!(theirs.starts_with("a: ENC["));
    assert_eq!(bench.both_decrypt("f.yaml", theirs, 0), "a: b\n");
}

// A39
#[test]
fn a_comment_that_asks_for_encryption_stays_clear_and_those_after_it_do_not() {
    let bench = Bench::with("encrypted_comment_regex: sops:enc");
    let text = "# before\n# sops:enc\n# after\na: b\nc: d\n";
    assert_eq!(clear(&bench, text), ["# before", "# sops:enc", "c: d"]);
    // Behind the key of a map it governs the map; sops moves it above.
    let round = bench.round("f.yaml", "m: # sops:enc\n    a: b\nc: d\n").same();
    assert!(
        round.ours.starts_with("m: # sops:enc\n    a: ENC[") && round.ours.contains("\nc: d\n"),
        "{}",
        round.ours
    );
}

// A39
#[test]
fn a_comment_that_asks_for_clear_text_stays_clear() {
    let bench = Bench::with("unencrypted_comment_regex: sops:clear");
    let text = "# before\n# sops:clear\n# after\na: b\nc: d\n";
    assert_eq!(clear(&bench, text), ["# sops:clear", "# after", "a: b"]);
    // A pattern that the encrypted form of a comment matches cannot be.
    bench.rule("unencrypted_comment_regex: ENC");
    bench.both_refuse("f.yaml", "# c\na: b\n", 23);
}

// A40
#[test]
fn a_comment_behind_a_value_governs_it_in_yaml_and_the_next_one_in_ini() {
    let bench = Bench::with("encrypted_comment_regex: sops:enc");
    let round = bench.round("f.yaml", "f: 5 # sops:enc\ng: 6\n").same();
    assert!(round.ours.starts_with("f: ENC[") && round.ours.contains("\ng: 6\n"), "{}", round.ours);
    let [theirs, ours] = BOTH.map(|by| bench.seal(by, "f.ini", "[s]\na = b ; sops:enc\nc = d\ne = f\n"));
    assert_eq!(types(&ours), types(&theirs));
    assert!(body(&ours).contains("a = b") && body(&ours).contains("c = ENC["), "{ours}");
    assert!(body(&theirs).contains("c = ENC["), "{theirs}");
    for sealed in [theirs, ours] {
        for by in BOTH {
            let opened = bench.open(by, "f.ini", &sealed);
            assert!(opened.contains("a = b") && opened.contains("c = d"), "{opened}");
        }
    }
}

// 8.1
#[test]
fn two_rules_in_one_file_are_refused() {
    let bench = Bench::new();
    let sealed = bench.seal(Tool::Sops, "f.yaml", "a: b\n");
    bench.both_decrypt("f.yaml", swap(&sealed, "    version:", "    encrypted_regex: a\n    version:"), 1);
}
