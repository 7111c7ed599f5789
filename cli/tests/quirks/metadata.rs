//! Facts about the `sops` block.

use fieldseal_test_support::RECIPIENT;

use crate::bench::{BOTH, Bench, Tool, swap, without_lines};

/// A file made by sops.
fn sealed(bench: &Bench) -> String {
    bench.seal(Tool::Sops, "f.yaml", "a: b\n")
}

/// A file made by sops, divided into the part before its `sops` block, the entry of the key, and the rest.
fn parts(bench: &Bench) -> (String, String, String) {
    let sealed = sealed(bench);
    let (head, block) = sealed.split_once("sops:\n").unwrap();
    let (entries, rest) = block.split_at(block.find("    lastmodified").unwrap());
    (head.to_owned(), entries.to_owned(), rest.to_owned())
}

// A21
#[test]
fn the_fields_of_the_block_are_in_the_order_of_the_alphabet() {
    let bench = Bench::new();
    let fields = |text: &str| -> Vec<String> {
        let block = text.split_once("sops:\n").unwrap().1;
        let names = block.lines().filter_map(|line| line.trim_start_matches([' ', '-']).split_once(": "));
        names.map(|(name, _)| name.to_owned()).collect()
    };
    let [theirs, ours] = BOTH.map(|by| fields(&bench.seal(by, "f.yaml", "a: b\n")));
    assert_eq!(ours, theirs);
    assert_eq!(ours, ["enc", "recipient", "lastmodified", "mac", "unencrypted_suffix", "version"]);
}

// A21
#[test]
fn readers_do_not_depend_on_the_order_of_fields() {
    let bench = Bench::new();
    let (head, entries, rest) = parts(&bench);
    let reversed: String = rest.split_inclusive('\n').rev().collect();
    assert_eq!(bench.both_decrypt("f.yaml", format!("{head}sops:\n{reversed}{entries}"), 0), "a: b\n");
    assert_eq!(bench.both_decrypt("f.yaml", format!("sops:\n{reversed}{entries}{head}"), 0), "a: b\n");
}

// A22
#[test]
fn names_of_fields_are_read_in_any_case_and_unknown_ones_are_ignored() {
    let bench = Bench::new();
    let sealed = sealed(&bench);
    let shouted = sealed.replace("    mac:", "    MAC:").replace("lastmodified:", "LastModified:");
    assert_eq!(bench.both_decrypt("f.yaml", shouted, 0), "a: b\n");
    assert_eq!(bench.both_decrypt("f.yaml", format!("{sealed}    some_field: {{x: [1]}}\n"), 0), "a: b\n");
    bench.both_decrypt("f.yaml", sealed.replace("sops:\n", "SOPS:\n"), 1);
}

// A23
#[test]
fn without_a_rule_the_usual_suffix_counts() {
    let bench = Bench::new();
    let sealed = bench.seal(Tool::Sops, "f.yaml", "a: b\nc_unencrypted: d\n");
    let none = without_lines(&sealed, "unencrypted_suffix");
    assert_eq!(bench.both_decrypt("f.yaml", none, 0), "a: b\nc_unencrypted: d\n");
    let empty = sealed.replace("unencrypted_suffix: _unencrypted", "unencrypted_suffix: \"\"");
    assert_eq!(bench.both_decrypt("f.yaml", empty, 0), "a: b\nc_unencrypted: d\n");
}

// A24
#[test]
fn a_binary_file_has_no_rule() {
    let bench = Bench::new();
    for by in BOTH {
        let sealed = bench.seal(by, "f.bin", "some bytes\n");
        assert!(!sealed.contains("unencrypted_suffix"), "{by:?}");
        bench.sandbox.write("f.bin", sealed);
        bench.run(Tool::Sops, &["rotate", "-i", "f.bin"]).expect_code(0);
        assert_eq!(bench.both_decrypt("f.bin", bench.sandbox.read("f.bin"), 0), "some bytes\n");
    }
}

// A25
#[test]
fn flat_lists_win_over_key_groups() {
    let bench = Bench::new();
    let groups = "    key_groups:\n        - age:\n            - recipient: age1x\n              enc: x\n        - age: []\n";
    assert_eq!(bench.both_decrypt("f.yaml", format!("{}{groups}", sealed(&bench)), 0), "a: b\n");
}

// A26, A32
#[test]
fn several_groups_hold_shares_and_all_are_needed_by_default() {
    let bench = Bench::new();
    let config =
        format!("creation_rules:\n  - key_groups:\n      - age: [{RECIPIENT}]\n      - age: [{RECIPIENT}]\n");
    bench.sandbox.write(".sops.yaml", config);
    let empty_lists = |text: &str| -> Vec<String> {
        text.lines().filter(|line| line.ends_with("[]")).map(|line| line.trim().to_owned()).collect()
    };
    let [theirs, ours] = BOTH.map(|by| bench.seal(by, "f.yaml", "a: b\n"));
    for sealed in [&theirs, &ours] {
        assert!(sealed.contains("shamir_threshold: 2"), "{sealed}");
        assert_eq!(bench.both_decrypt("f.yaml", sealed, 0), "a: b\n");
        // With one group missing there are not enough parts.
        let broken = sealed.replacen("-----BEGIN AGE ENCRYPTED FILE-----", "-----BEGIN NOTHING-----", 1);
        bench.both_decrypt("f.yaml", broken, 128);
    }
    assert_eq!(empty_lists(&ours), empty_lists(&theirs));
}

// A27
#[test]
fn entries_of_services_that_are_not_at_hand_do_not_hinder() {
    let bench = Bench::new();
    let kms = "    kms:\n        - arn: arn:aws:kms:eu-west-1:1:key/x\n          created_at: \"2020-01-01T00:00:00Z\"\n          enc: AQ==\n          aws_profile: \"\"\n";
    assert_eq!(bench.both_decrypt("f.yaml", format!("{}{kms}", sealed(&bench)), 0), "a: b\n");
    let pgp = "    pgp: []\n    gcp_kms: null\n    azure_kv: []\n    hc_vault: []\n";
    assert_eq!(bench.both_decrypt("f.yaml", format!("{}{pgp}", sealed(&bench)), 0), "a: b\n");
}

// A28
#[test]
fn timestamps_of_the_block_are_strings() {
    let bench = Bench::new();
    let sealed = sealed(&bench);
    let start = sealed.find("lastmodified: \"").unwrap() + "lastmodified: ".len();
    let date = &sealed[start..start + 22];
    bench.both_decrypt("f.yaml", swap(&sealed, date, date.trim_matches('"')), 1);
    bench.both_decrypt("f.yaml", swap(&sealed, date, "yesterday"), 1);
}

// A29
#[test]
fn the_version_has_three_parts_or_starts_with_1() {
    let bench = Bench::new();
    let sealed = sealed(&bench);
    for (version, code) in [
        ("3.8", 1),
        ("3", 1),
        ("foo", 1),
        ("\"\"", 1),
        ("1.0", 1),
        ("\"1.0\"", 0),
        ("1.x", 0),
        ("v3.8.1", 0),
        ("99.0.0", 0),
        ("3.8.1-rc.1+build", 0),
        ("3.03.1", 1),
    ] {
        let changed = swap(&sealed, "version: 3.13.3", &format!("version: {version}"));
        let [theirs, ours] = BOTH.map(|by| bench.decrypt(by, "f.yaml", &changed).code);
        assert_eq!((theirs, ours), (code, code), "{version}");
    }
    bench.both_decrypt("f.yaml", without_lines(&sealed, "    version:"), 1);
}

// A30
#[test]
fn newlines_in_flat_metadata_are_two_characters_and_real_ones_are_read_as_well() {
    let bench = Bench::new();
    for name in ["f.env", "f.ini"] {
        let text = if name == "f.env" { "A=b\n" } else { "[s]\na = b\n" };
        for by in BOTH {
            let sealed = bench.seal(by, name, text);
            assert!(sealed.contains("-----BEGIN AGE ENCRYPTED FILE-----\\n"), "{by:?} {name}");
            bench.both_decrypt(name, &sealed, 0);
        }
    }
    let sealed = bench.seal(Tool::Sops, "f.ini", "[s]\na = b\n");
    let line = sealed.lines().find(|line| line.contains("map_enc")).unwrap();
    let (name, value) = line.split_once("= ").unwrap();
    let real = format!("{name}= \"\"\"{}\"\"\"", value.replace("\\n", "\n"));
    assert_eq!(bench.both_decrypt("f.ini", swap(&sealed, line, &real), 0), "[s]\na = b\n");
}

// A31
#[test]
fn every_document_has_the_block_and_the_first_one_counts() {
    let bench = Bench::new();
    let text = "a: b\n---\nc: d\n";
    for by in BOTH {
        let sealed = bench.seal(by, "f.yaml", text);
        assert_eq!(sealed.matches("\nsops:\n").count(), 2, "{by:?}");
        let at = sealed.rfind("\nsops:\n").unwrap() + 1;
        assert_eq!(bench.both_decrypt("f.yaml", &sealed[..at], 0), text);
        assert_eq!(bench.both_decrypt("f.yaml", format!("{}sops: {{mac: x}}\n", &sealed[..at]), 0), text);
        let first = sealed.find("\nsops:\n").unwrap() + 1;
        let second = first + sealed[first..].find("---\nc").unwrap();
        bench.both_decrypt("f.yaml", format!("{}{}", &sealed[..first], &sealed[second..]), 1);
    }
}

// A33
#[test]
fn a_threshold_means_nothing_for_a_single_group() {
    let bench = Bench::with("shamir_threshold: 1");
    for by in BOTH {
        let sealed = bench.seal(by, "f.yaml", "a: b\n");
        bench.both_decrypt("f.yaml", &sealed, 0);
        let changed = format!("{}    shamir_threshold: 7\n", without_lines(&sealed, "shamir_threshold"));
        bench.both_decrypt("f.yaml", changed, 0);
    }
}

// A34
#[test]
fn a_file_with_keys_updated_by_sops_opens() {
    let bench = Bench::new();
    bench.sandbox.write("f.yaml", bench.seal(Tool::Ours, "f.yaml", "a: b\n"));
    let other = "age1j0w49enflpgekldxtstytr08qwt55sxg5x8aj5wm4yl990t6x3ps0vzy95";
    bench.sandbox.write(".sops.yaml", format!("creation_rules:\n  - age: {RECIPIENT},{other}\n"));
    bench.run(Tool::Sops, &["updatekeys", "-y", "f.yaml"]).expect_code(0);
    assert_eq!(bench.both_decrypt("f.yaml", bench.sandbox.read("f.yaml"), 0), "a: b\n");
}

// A35
#[test]
fn edit_raises_the_version_of_an_older_file() {
    let bench = Bench::new();
    for (old, new) in [("3.8.1", "3.13.3"), ("99.0.0", "99.0.0")] {
        for by in BOTH {
            let older = swap(&sealed(&bench), "version: 3.13.3", &format!("version: {old}"));
            bench.sandbox.write("f.yaml", older);
            bench.edit(by, "f.yaml", "echo 'a: c' > \"$1\"\n").expect_code(0);
            let text = String::from_utf8(bench.sandbox.read("f.yaml")).unwrap();
            assert!(text.contains(&format!("version: {new}\n")), "{by:?} {text}");
            assert_eq!(bench.both_decrypt("f.yaml", &text, 0), "a: c\n");
        }
    }
}

// Weak types of metadata
#[test]
fn numbers_and_bools_of_the_block_may_be_strings_and_single_entries_no_list() {
    let bench = Bench::with("mac_only_encrypted: true");
    let sealed = sealed(&bench);
    let weak = sealed
        .replace("mac_only_encrypted: true", "mac_only_encrypted: \"true\"\n    shamir_threshold: \"0x1\"");
    assert_eq!(bench.both_decrypt("f.yaml", weak, 0), "a: b\n");
    let single = sealed.replace("        - enc: |", "          enc: |");
    assert_eq!(bench.both_decrypt("f.yaml", single, 0), "a: b\n");
    for wrong in ["pgp: \"\"", "mac_only_encrypted: maybe", "age: 5", "shamir_threshold: x"] {
        let name = wrong.split(':').next().unwrap();
        let base = if sealed.contains(&format!("    {name}: ")) {
            without_lines(&sealed, name)
        } else {
            sealed.clone()
        };
        let base = if name == "age" { without_lines(&base, "    age:") } else { base };
        bench.both_decrypt("f.yaml", format!("{base}    {wrong}\n"), 1);
    }
}
