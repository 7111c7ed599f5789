//! Facts about the command line.

use fieldseal_test_support::{IDENTITY, Outcome, RECIPIENT, fieldseal};

use crate::bench::{BOTH, Bench, Tool};

// A63
#[test]
fn flags_may_stand_behind_the_file() {
    let bench = Bench::new();
    bench.sandbox.write("f.yaml", bench.seal(Tool::Sops, "f.yaml", "a: b\n"));
    for by in BOTH {
        let outcome = bench.run(by, &["decrypt", "f.yaml", "--extract", "[\"a\"]"]).expect_code(0);
        assert_eq!(outcome.text(), "b", "{by:?}");
    }
}

// A64
#[test]
fn the_configuration_is_the_one_nearest_to_the_file_and_to_sops_the_folder() {
    let bench = Bench::with("encrypted_regex: ^a$");
    bench.sandbox.write(
        "sub/.sops.yaml",
        format!("creation_rules:\n  - age: {RECIPIENT}\n    encrypted_regex: ^b$\n"),
    );
    let theirs = bench.seal(Tool::Sops, "sub/f.yaml", "a: 1\nb: 2\n");
    assert!(theirs.contains("a: ENC[") && theirs.contains("b: 2"), "{theirs}");
    let ours = bench.seal(Tool::Ours, "sub/f.yaml", "a: 1\nb: 2\n");
    assert!(ours.contains("a: 1") && ours.contains("b: ENC["), "{ours}");
    // Under the name of sops it does as sops does.
    let link = bench.sandbox.root().join("sops");
    std::os::unix::fs::symlink(fieldseal(), &link).unwrap();
    bench.sandbox.write("sub/f.yaml", "a: 1\nb: 2\n");
    let named = Outcome::of(bench.sandbox.command(link).args(["encrypt", "sub/f.yaml"]), b"").expect_code(0);
    assert!(named.text().contains("a: ENC["), "{named}");
}

// A65, B26
#[test]
fn decryption_needs_no_configuration() {
    let bench = Bench::new();
    let sealed = bench.seal(Tool::Sops, "f.yaml", "a: b\n");
    bench.sandbox.write(".sops.yaml", "creation_rules: [\n");
    assert_eq!(bench.open(Tool::Ours, "f.yaml", &sealed), "a: b\n");
}

// A66, B25
#[test]
fn keys_of_the_command_line_need_no_rule_here() {
    let bench = Bench::new();
    bench
        .sandbox
        .write(".sops.yaml", format!("creation_rules:\n  - path_regex: other\n    age: {RECIPIENT}\n"));
    bench.sandbox.write("f.yaml", "a: b\n");
    for by in BOTH {
        bench.run(by, &["encrypt", "f.yaml"]).expect_code(1);
    }
    bench.run(Tool::Sops, &["encrypt", "--age", RECIPIENT, "f.yaml"]).expect_code(1);
    let ours = bench.run(Tool::Ours, &["encrypt", "--age", RECIPIENT, "f.yaml"]).expect_code(0).stdout;
    assert_eq!(bench.both_decrypt("f.yaml", ours, 0), "a: b\n");
}

// A67
#[test]
fn paths_are_matched_from_the_folder_of_the_configuration() {
    let bench = Bench::new();
    bench.sandbox.write(
        ".sops.yaml",
        format!("creation_rules:\n  - path_regex: ^sub/f\\.yaml$\n    age: {RECIPIENT}\n    encrypted_regex: ^a$\n"),
    );
    for by in BOTH {
        let sealed = bench.seal(by, "sub/f.yaml", "a: 1\nb: 2\n");
        assert!(sealed.contains("a: ENC[") && sealed.contains("b: 2"), "{by:?} {sealed}");
        bench.encrypt(by, "f.yaml", "a: 1\n").expect_code(1);
    }
}

// A68
#[test]
fn an_empty_variable_switches_local_keys_off() {
    let bench = Bench::new();
    bench.sandbox.write("f.yaml", bench.seal(Tool::Sops, "f.yaml", "a: b\n"));
    for (value, code) in [("", 128), ("false", 128), ("0", 128), ("true", 0), ("1", 0)] {
        for program in [fieldseal(), fieldseal_test_support::tool("sops")] {
            let mut command = bench.sandbox.command(program);
            command.args(["decrypt", "f.yaml"]).env("SOPS_ENABLE_LOCAL_KEYSERVICE", value);
            Outcome::of(&mut command, b"").expect_code(code);
        }
    }
}

// A72
#[test]
fn what_extract_prints() {
    let bench = Bench::new();
    let yaml = bench.seal(
        Tool::Sops,
        "f.yaml",
        "s: text\nn: 5\nb: true\nz: null\nl:\n    - x\n    - k: v\nm:\n    a: b\n",
    );
    let json = bench.seal(
        Tool::Sops,
        "f.json",
        "{\n\t\"s\": \"text\",\n\t\"n\": 5,\n\t\"l\": [1, \"x\"],\n\t\"m\": {\"a\": \"b\"}\n}\n",
    );
    for (name, sealed, paths) in [
        (
            "f.yaml",
            yaml,
            &["[\"s\"]", "['n']", "[\"b\"]", "[\"l\"]", "[\"l\"][0]", "[\"l\"][1][\"k\"]", "[\"m\"]"][..],
        ),
        ("f.json", json, &["[\"s\"]", "[\"n\"]", "[\"l\"][1]"][..]),
    ] {
        bench.sandbox.write(name, sealed);
        for path in paths {
            let [theirs, ours] = BOTH.map(|by| bench.run(by, &["decrypt", "--extract", path, name]));
            assert_eq!((ours.code, ours.text()), (theirs.code, theirs.text()), "{name} {path}");
            assert_eq!(ours.code, 0, "{ours}");
        }
    }
    for (path, code) in [("[\"nope\"]", 1), ("[\"s\"][0]", 1), ("[\"l\"][9]", 1), ("[s]", 91), ("s", 91)] {
        for by in BOTH {
            bench.run(by, &["decrypt", "--extract", path, "f.yaml"]).expect_code(code);
        }
    }
}

// A73
#[test]
fn an_edit_without_a_change_ends_with_200() {
    let bench = Bench::new();
    let sealed = bench.seal(Tool::Sops, "f.yaml", "a: b\n");
    bench.sandbox.write("f.yaml", &sealed);
    for by in BOTH {
        bench.edit(by, "f.yaml", ":\n").expect_code(200);
        assert_eq!(bench.sandbox.read("f.yaml"), sealed.as_bytes());
        bench.edit(by, "f.yaml", "exit 3\n").expect_code(201);
        assert_eq!(bench.sandbox.read("f.yaml"), sealed.as_bytes());
    }
}

// 7.1
#[test]
fn an_edit_keeps_the_tokens_of_what_did_not_change() {
    for by in BOTH {
        let bench = Bench::new();
        for maker in BOTH {
            let sealed = bench.seal(maker, "f.yaml", "a: one\nb: 5\nc: 1.5\nd: true\n");
            bench.sandbox.write("f.yaml", &sealed);
            bench.edit(by, "f.yaml", "echo 'f: new' >> \"$1\"\n").expect_code(0);
            let text = String::from_utf8(bench.sandbox.read("f.yaml")).unwrap();
            for line in sealed.lines().filter(|line| line.starts_with(['a', 'b', 'c', 'd'])) {
                assert!(text.contains(line), "{by:?} {maker:?} {line}\n{text}");
            }
            bench.both_decrypt("f.yaml", &text, 0);
        }
    }
}

// A76
#[test]
fn the_failure_to_get_the_data_key_numbers_groups_from_0() {
    let bench = Bench::new();
    let sealed = bench.seal(Tool::Sops, "f.yaml", "a: b\n");
    bench
        .sandbox
        .install_identity("AGE-SECRET-KEY-1WYJ2N4FMSS3ZXWTKP9VAD3JS4HWR47LKKZ2DCHPFX6J2S0ESVD8S9CZ0H8");
    for by in BOTH {
        let outcome = bench.decrypt(by, "f.yaml", &sealed).expect_code(128);
        assert!(
            outcome.stderr.contains("Group 0: FAILED") && outcome.stderr.contains(RECIPIENT),
            "{by:?} {outcome}"
        );
    }
}

// A77
#[test]
fn all_sources_of_identities_count_and_a_bad_line_spoils_only_its_own() {
    let bench = Bench::new();
    bench.sandbox.write("f.yaml", bench.seal(Tool::Sops, "f.yaml", "a: b\n"));
    let other = "AGE-SECRET-KEY-1WYJ2N4FMSS3ZXWTKP9VAD3JS4HWR47LKKZ2DCHPFX6J2S0ESVD8S9CZ0H8";
    let half = format!("{IDENTITY}\nnonsense\n");
    let empty = bench.sandbox.write("empty/none", "");
    let folder = empty.parent().unwrap().to_owned();
    for (variable, in_file, code) in [
        (other.to_owned(), true, 0),
        ("nonsense".to_owned(), true, 0),
        (IDENTITY.to_owned(), false, 0),
        (format!("{other} {IDENTITY}"), false, 0),
        (half, false, 128),
        (other.to_owned(), false, 128),
    ] {
        for program in [fieldseal(), fieldseal_test_support::tool("sops")] {
            let mut command = bench.sandbox.command(program);
            command.args(["decrypt", "f.yaml"]).env("SOPS_AGE_KEY", &variable);
            if !in_file {
                command.env("XDG_CONFIG_HOME", &folder);
            }
            Outcome::of(&mut command, b"").expect_code(code);
        }
    }
}

// A78
#[test]
fn blanks_divide_identities_in_the_variable_and_not_in_a_file() {
    let bench = Bench::new();
    bench.sandbox.write("f.yaml", bench.seal(Tool::Sops, "f.yaml", "a: b\n"));
    let other = "AGE-SECRET-KEY-1WYJ2N4FMSS3ZXWTKP9VAD3JS4HWR47LKKZ2DCHPFX6J2S0ESVD8S9CZ0H8";
    for (line, code) in [
        (format!("# comment\n\n{IDENTITY}\r"), 0),
        (format!(" {IDENTITY}"), 128),
        (format!("{other} {IDENTITY}"), 128),
        (format!("{other}\n{IDENTITY}"), 0),
    ] {
        bench.sandbox.install_identity(&line);
        for by in BOTH {
            bench.run(by, &["decrypt", "f.yaml"]).expect_code(code);
        }
    }
}

// Section 2 of the list of exit codes
#[test]
fn exit_codes_of_common_mistakes_are_those_of_sops() {
    let bench = Bench::new();
    bench.sandbox.write("plain.yaml", "a: b\n");
    bench.sandbox.write("plain.json", "{\"a\": \"b\"}\n");
    bench.sandbox.write("broken.yaml", "a: [\n");
    let sealed = bench.seal(Tool::Sops, "f.yaml", "a: b\n");
    bench.sandbox.write("sealed.yaml", sealed);
    for (arguments, code) in [
        (&["decrypt", "-i", "plain.yaml"][..], 1),
        (&["decrypt", "-i", "plain.json"], 1),
        (&["decrypt", "broken.yaml"], 1),
        (&["encrypt", "broken.yaml"], 2),
        (&["encrypt", "sealed.yaml"], 203),
        (&["decrypt", "missing.yaml"], 100),
        (&["encrypt", "missing.yaml"], 100),
        (&["encrypt", "-i"], 8),
        (&["encrypt"], 8),
        (&["decrypt", "-i"], 8),
        (&["decrypt", "-i", "--output", "x", "sealed.yaml"], 8),
        (&["encrypt", "--output", "missing/x", "plain.yaml"], 3),
        (&["decrypt", "--decryption-order", "age,age", "sealed.yaml"], 112),
        (&["encrypt", "--encrypted-regex", "a", "--encrypted-suffix", "b", "plain.yaml"], 8),
        (&["encrypt", "--age", "nonsense", "plain.yaml"], 1),
        (&["decrypt", "--no-such-flag", "sealed.yaml"], 1),
        (&["-di", "sealed.yaml"], 1),
    ] {
        let [theirs, ours] = BOTH.map(|by| bench.run(by, arguments));
        assert_eq!((ours.code, theirs.code), (code, code), "{arguments:?}\nsops: {theirs}\nhere: {ours}");
    }
}

// B33
#[test]
fn a_source_of_identities_is_asked_once_a_run() {
    let bench = Bench::new();
    let other = "age1j0w49enflpgekldxtstytr08qwt55sxg5x8aj5wm4yl990t6x3ps0vzy95";
    bench.sandbox.write(".sops.yaml", format!("creation_rules:\n  - age: {other},{other},{RECIPIENT}\n"));
    for name in ["f.yaml", "g.yaml"] {
        let sealed = bench.seal(Tool::Sops, name, "a: b\n");
        bench.sandbox.write(name, sealed);
    }
    std::fs::remove_file(bench.sandbox.root().join("config/sops/age/keys.txt")).unwrap();
    bench.sandbox.write("keys.sh", format!("echo asked >> asked\necho {IDENTITY}\n"));
    let mut command = bench.sandbox.command(fieldseal());
    command
        .args(["decrypt", "--output-dir", "out", "f.yaml", "g.yaml"])
        .env("SOPS_AGE_KEY_CMD", "sh keys.sh");
    Outcome::of(&mut command, b"").expect_code(0);
    assert_eq!(bench.sandbox.read("out/g.yaml"), b"a: b\n");
    assert_eq!(bench.sandbox.read("asked"), b"asked\n");
}

// B32
#[test]
fn a_configuration_under_a_wrong_name_is_pointed_out() {
    let bench = Bench::new();
    std::fs::rename(bench.sandbox.path(".sops.yaml"), bench.sandbox.path(".sops.yml")).unwrap();
    for by in BOTH {
        let outcome = bench.encrypt(by, "f.yaml", "a: b\n").expect_code(1);
        assert!(outcome.stderr.contains(".sops.yml"), "{by:?} {outcome}");
    }
}
