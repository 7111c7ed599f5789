//! Defects of sops that are not copied, and files that still open in it.

use crate::bench::{BOTH, Bench, Tool, tokens, types};

// B2
#[test]
fn a_comment_in_a_list_that_would_make_the_file_unreadable() {
    let bench = Bench::with("encrypted_comment_regex: sops:enc");
    let text = "l:\n    # sops:enc\n    # secret\n    - a\nb: c\n";
    bench.decrypt(Tool::Sops, "f.yaml", bench.seal(Tool::Sops, "f.yaml", text)).expect_code(51);
    let ours = bench.encrypt(Tool::Ours, "f.yaml", text);
    if ours.code == 0 {
        assert_eq!(bench.open(Tool::Ours, "f.yaml", &ours.stdout), text);
        assert_eq!(bench.open(Tool::Sops, "f.yaml", &ours.stdout), text);
    } else {
        assert_eq!(ours.code, 23, "{ours}");
    }
}

// B3, B4
#[test]
fn texts_that_the_writer_of_sops_breaks() {
    let bench = Bench::new();
    for text in [
        "k: \"\\tx\\ny\"\n",
        "k_unencrypted: \"\\tx\\ny\"\n",
        "l:\n    - \"\\n x\\ny\"\n    - k: \" x\\ny\"\n",
        "l_unencrypted:\n    - \"\\n x\\ny\"\n    - k: \" x\\ny\"\n",
        "l: [\"  two\\nlines\\n\"]\n",
    ] {
        let ours = bench.seal(Tool::Ours, "f.yaml", text);
        assert_eq!(bench.open(Tool::Ours, "f.yaml", &ours), text);
        bench.decrypt(Tool::Sops, "f.yaml", &ours).expect_code(0);
    }
    // The value that sops loses on the way out is whole here.
    let theirs = bench.seal(Tool::Sops, "f.yaml", "k: \"\\tx\\ny\"\n");
    let ours = bench.open(Tool::Ours, "f.yaml", &theirs);
    bench.sandbox.write("f.yaml", &theirs);
    let value = bench.run(Tool::Ours, &["decrypt", "--extract", "[\"k\"]", "f.yaml"]).expect_code(0);
    assert_eq!(value.text(), "\tx\ny", "{ours}");
    // And what is written reads back in both.
    for by in BOTH {
        bench.sandbox.write("f.yaml", bench.seal(by, "f.yaml", &ours));
        let value = bench.run(Tool::Sops, &["decrypt", "--extract", "[\"k\"]", "f.yaml"]).expect_code(0);
        assert_eq!(value.text(), "\tx\ny", "{by:?} {ours}");
    }
}

// B5
#[test]
fn negative_zero_keeps_its_sign() {
    let bench = Bench::new();
    for text in ["a_unencrypted: -0.0\n", "a: -0.0\n"] {
        let ours = bench.seal(Tool::Ours, "f.yaml", text);
        assert_eq!(bench.open(Tool::Ours, "f.yaml", &ours), text);
        bench.decrypt(Tool::Sops, "f.yaml", &ours).expect_code(0);
    }
    let theirs = bench.seal(Tool::Sops, "f.yaml", "a_unencrypted: -0.0\n");
    bench.decrypt(Tool::Sops, "f.yaml", theirs).expect_code(51);
}

// B6
#[test]
fn an_edit_that_shows_the_keys_is_kept() {
    let bench = Bench::new();
    bench.sandbox.write("f.yaml", bench.seal(Tool::Sops, "f.yaml", "a: b\n"));
    bench.sandbox.write("editor.sh", "sed 's/^a: b/a: c/' \"$1\" > t; cat t > \"$1\"\n");
    let mut command = bench.sandbox.command(fieldseal_test_support::fieldseal());
    command.args(["edit", "--show-master-keys", "f.yaml"]).env("EDITOR", "sh editor.sh");
    fieldseal_test_support::Outcome::of(&mut command, b"").expect_code(0);
    assert_eq!(bench.both_decrypt("f.yaml", bench.sandbox.read("f.yaml"), 0), "a: c\n");
}

// B8
#[test]
fn a_pattern_that_is_none_is_an_error() {
    let bench = Bench::new();
    for setting in
        ["encrypted_regex", "unencrypted_regex", "encrypted_comment_regex", "unencrypted_comment_regex"]
    {
        bench.rule(&format!("{setting}: '['"));
        bench.encrypt(Tool::Sops, "f.yaml", "a: canary-7f3a91c4\n").expect_code(0);
        let ours = bench.encrypt(Tool::Ours, "f.yaml", "a: canary-7f3a91c4\n").expect_code(1);
        assert!(ours.stderr.contains(".sops.yaml:3:") && !ours.mentions("canary"), "{ours}");
    }
}

// B9
#[test]
fn an_encrypted_binary_file_is_not_wrapped_again() {
    let bench = Bench::new();
    let sealed = bench.seal(Tool::Sops, "f.bin", "bytes");
    bench.encrypt(Tool::Sops, "f.bin", &sealed).expect_code(0);
    bench.encrypt(Tool::Ours, "f.bin", &sealed).expect_code(203);
}

// B10
#[test]
fn documents_are_not_dropped_on_the_way_to_another_format() {
    let bench = Bench::new();
    bench.sandbox.write("f.yaml", "a: b\n---\nc: d\n");
    for kind in ["json", "dotenv", "ini"] {
        let ours = bench.run(Tool::Ours, &["encrypt", "--output-type", kind, "f.yaml"]).expect_code(4);
        assert!(ours.stdout.is_empty(), "{ours}");
    }
}

// B17
#[test]
fn what_makes_sops_panic_is_an_error() {
    let bench = Bench::new();
    let sealed = bench.seal(Tool::Sops, "f.yaml", "s: text\nl:\n    - a\n");
    let token = tokens(&sealed)[0].to_owned();
    for path in ["[]", "[\"l\"][-1]", "[\"l\"][\"k\"]", "[\"s\"][\"k\"]"] {
        bench.sandbox.write("f.yaml", &sealed);
        bench.run(Tool::Sops, &["decrypt", "--extract", path, "f.yaml"]).expect_code(2);
        let ours = bench.run(Tool::Ours, &["decrypt", "--extract", path, "f.yaml"]);
        assert!([1, 91].contains(&ours.code) && ours.stdout.is_empty(), "{ours}");
        assert!(!ours.stderr.contains("panic"), "{ours}");
    }
    let bytes = sealed.replace(&token, &token.replace("type:str", "type:bytes"));
    bench.decrypt(Tool::Sops, "f.yaml", &bytes).expect_code(2);
    let ours = bench.decrypt(Tool::Ours, "f.yaml", &bytes);
    assert!([0, 25].contains(&ours.code) && !ours.stderr.contains("panic"), "{ours}");
    let ini = bench.seal(Tool::Ours, "f.ini", ";;;;\n; c\n;;;;\n[s]\na = b\n");
    assert_eq!(bench.open(Tool::Ours, "f.ini", ini), ";;;;\n; c\n;;;;\n[s]\na = b\n");
}

// B22
#[test]
fn a_value_that_does_not_open_is_named_with_its_place() {
    let bench = Bench::new();
    let sealed = bench.seal(Tool::Sops, "f.yaml", "a: b\nm:\n    x:\n        - y\n        - z\n");
    let token = tokens(&sealed)[2].to_owned();
    let broken = sealed.replace(&token, &token.replace("iv:", "iv:AA"));
    let theirs = bench.decrypt(Tool::Sops, "f.yaml", &broken).expect_code(25);
    assert!(!theirs.stderr.contains("m.x"), "{theirs}");
    let ours = bench.decrypt(Tool::Ours, "f.yaml", &broken).expect_code(25);
    assert!(ours.stderr.contains("f.yaml:5:") && ours.stderr.contains("m.x[1]"), "{ours}");
}

// B24
#[test]
fn flags_before_the_command_are_not_ignored_in_silence() {
    let bench = Bench::new();
    let text = "# sops:enc\na: b\nc: d\n";
    bench.sandbox.write("f.yaml", text);
    let flags = ["--encrypted-comment-regex", "sops:enc", "encrypt", "f.yaml"];
    let theirs = bench.run(Tool::Sops, &flags).expect_code(0);
    assert_eq!(types(theirs.text()), ["comment", "str", "str"]);
    let ours = bench.run(Tool::Ours, &flags);
    let obeyed = ours.code == 0 && types(ours.text()) == ["str"];
    assert!(obeyed || !ours.stderr.is_empty(), "{ours}");
}

// B27
#[test]
fn aliases_of_later_documents_are_limited_as_well() {
    let bench = Bench::new();
    let mut text = "x: y\n---\na0: &a0 [z, z, z, z, z, z, z, z, z]\n".to_owned();
    for level in 1..12 {
        let below = level - 1;
        text += &format!("a{level}: &a{level} [{}]\n", vec![format!("*a{below}"); 9].join(", "));
    }
    let ours = bench.encrypt(Tool::Ours, "f.yaml", &text).expect_code(2);
    assert!(ours.stdout.is_empty() && ours.stderr.contains("f.yaml:"), "{ours}");
}

// B15, B16
#[test]
fn clear_text_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let bench = Bench::new();
    bench.sandbox.write("f.yaml", bench.seal(Tool::Sops, "f.yaml", "a: b\n"));
    bench.run(Tool::Ours, &["decrypt", "--output", "out.yaml", "f.yaml"]).expect_code(0);
    let mode = std::fs::metadata(bench.sandbox.path("out.yaml")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}
