//! Facts about dotenv, INI and binary files, and about which file is which.

use crate::bench::{BOTH, Bench, Tool, body, types};

// A56
#[test]
fn dotenv_is_verbatim() {
    let bench = Bench::new();
    for text in [
        "A=\"quoted\"\nB='q'\nC= blank \n",
        "export A=b\n",
        "A=b # no comment\n #x=y\n",
        "# c\n#d\nA=b\n",
        "A=b\r\nC=d\r\n",
        "A=line\\nbreak\n",
        "=empty\nA=\n",
        "A=b=c\n",
        "A=one\nA=two\n",
        "\u{feff}A=b\n",
    ] {
        let round = bench.round("f.env", text).same();
        assert_eq!(round.theirs_here, round.theirs_there, "{text}");
        assert_eq!(round.ours_there, text);
    }
    // Empty lines are lost to sops only.
    let round = bench.round("f.env", "A=b\n\n\nC=d").same();
    assert_eq!(round.ours_there, "A=b\nC=d\n");
    bench.both_refuse("f.env", "A=b\nno equals sign\n", 2);
    // A line that is empty but for its end is one here.
    bench.encrypt(Tool::Sops, "f.env", "A=b\r\n\r\n").expect_code(2);
    let ours = bench.seal(Tool::Ours, "f.env", "A=b\r\n\r\nC=d\r\n");
    assert_eq!(bench.open(Tool::Ours, "f.env", &ours), "A=b\r\n\r\nC=d\r\n");
    bench.decrypt(Tool::Sops, "f.env", &ours).expect_code(0);
}

// A57
#[test]
fn the_prefix_of_dotenv_metadata_is_reserved_and_the_word_is_not() {
    let bench = Bench::new();
    bench.round("f.env", "sops=x\nA=b\n").same_bytes();
    bench.both_refuse("f.env", "sops_x=y\n", 203);
    bench.round("f.env", "SOPS_X=y\n").same_bytes();
}

// A58
#[test]
fn ini_values_are_what_sops_reads() {
    let bench = Bench::new();
    for text in [
        "[s]\nkey = x;y\n",
        "[s]\nkey = x # y\n",
        "[s]\nkey = \"quoted\"\nother = 'q'\n",
        "[s]\nkey=x\nlonger   =   y\n",
        "; c\n[s]\n; d\nkey = x\n",
        "[s]\nkey = \"\"\"a\nb\"\"\"\n",
        "[s]\nkey = `a;b`\n",
        "[s]\nkey = a \\\n  b\n",
        "key = x\n[s]\nkey : y\n",
        "[s]\r\nkey = x\r\n",
    ] {
        let round = bench.round("f.ini", text).same();
        assert_eq!(round.theirs_here, round.theirs_there, "{text}");
    }
}

// A58
#[test]
fn ini_keys_without_a_name_open_here() {
    let bench = Bench::new();
    let text = "[s]\n- = a\n- = b\n";
    // sops does not open its own file.
    bench.both_decrypt("f.ini", bench.seal(Tool::Sops, "f.ini", text), 51);
    let ours = bench.seal(Tool::Ours, "f.ini", text);
    assert_eq!(bench.open(Tool::Ours, "f.ini", &ours), text);
    assert_eq!(bench.open(Tool::Sops, "f.ini", &ours), "[s]\n#1 = a\n#2 = b\n");
}

// A59
#[test]
fn the_last_of_equal_ini_keys_counts_and_equal_sections_stay() {
    let bench = Bench::new();
    let theirs = bench.seal(Tool::Sops, "f.ini", "[s]\na = 1\na = 2\n[s]\nb = 3\n");
    let opened = bench.both_decrypt("f.ini", theirs, 0);
    assert!(opened.contains("a = 2") && !opened.contains("a = 1"), "{opened}");
}

// A60, B11
#[test]
fn values_in_clear_of_flat_files_are_text() {
    let bench = Bench::new();
    for (name, text) in [
        ("f.env", "A_unencrypted=1.0\nB_unencrypted=true\nC=1E+06\n"),
        ("f.ini", "[s]\na_unencrypted = 1.0\nb = true\n"),
    ] {
        let round = bench.round(name, text).same();
        assert!(types(&round.ours).iter().all(|kind| *kind == "str"));
    }
}

// A61
#[test]
fn types_go_by_the_end_of_the_name_in_its_case() {
    let bench = Bench::new();
    for name in ["f.yaml", "f.yml", "a.b.yaml", ".env", "f.YAML", "f.env.prod", "f.Json", "f", "f.txt"] {
        let text = "A: b=c\n";
        let [theirs, ours] = BOTH.map(|by| bench.seal(by, name, text));
        let start = |sealed: &str| -> String {
            sealed.trim_start_matches(['{', '\n', '\t']).chars().take(5).collect()
        };
        assert_eq!(start(&ours), start(&theirs), "{name}");
        assert_eq!(bench.both_decrypt(name, ours, 0), text);
        assert_eq!(bench.both_decrypt(name, theirs, 0), text);
    }
    for kind in ["yaml", "json", "dotenv", "ini", "binary"] {
        let text = match kind {
            "json" => "{\n\t\"a\": \"b\"\n}\n",
            "ini" => "[s]\na = b\n",
            "dotenv" => "a=b\n",
            _ => "a: b\n",
        };
        for (by, other) in [(Tool::Sops, Tool::Ours), (Tool::Ours, Tool::Sops)] {
            let flags = ["--input-type", kind, "--output-type", kind, "f.x"];
            bench.sandbox.write("f.x", text);
            let sealed = bench.run(by, &[&["encrypt"], &flags[..]].concat()).expect_code(0).stdout;
            bench.sandbox.write("f.x", sealed);
            let opened = bench.run(other, &[&["decrypt"], &flags[..]].concat()).expect_code(0);
            assert_eq!(opened.text(), text, "{by:?} {kind}");
        }
    }
}

// 10.5
#[test]
fn a_binary_file_is_its_bytes() {
    let bench = Bench::new();
    let every: Vec<u8> = (0..=255).collect();
    for source in [&every[..], b"", b"\n", b"text without an end", b"\xff\xfe\0"] {
        for by in BOTH {
            let sealed = bench.seal(by, "f.bin", source);
            assert!(body(&sealed).contains("\"data\": \"") || source.is_empty(), "{sealed}");
            for other in BOTH {
                let opened = bench.decrypt(other, "f.bin", &sealed).expect_code(0);
                assert_eq!(opened.stdout, source, "{by:?} {other:?}");
            }
        }
    }
}
