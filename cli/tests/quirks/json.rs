//! Facts about JSON.

use crate::bench::{Bench, Tool, types};

// A54
#[test]
fn layout_and_escapes_stay_here() {
    let bench = Bench::new();
    for text in [
        "{\n\t\"a\": \"b\"\n}\n",
        "{\n  \"a\": \"b\",\n  \"c\": [1, 2, {\"d\": null}]\n}",
        "{\"a\":\"<&>\",\"b\":[],\"c\":{}}",
        "{\"a\": \"\\u00e9\\/\\n\", \"\\u006b\": \"\\ud83d\\ude00\"}\n",
        "{\"a_unencrypted\": \"<&>\\u003c\"}\n",
    ] {
        let round = bench.round("f.json", text).same();
        assert_eq!(bench.values("f.json", &round.theirs_here), bench.values("f.json", &round.theirs_there));
    }
}

// A54
#[test]
fn duplicate_keys_are_kept() {
    let bench = Bench::new();
    let text = "{\n\t\"a\": \"b\",\n\t\"a\": \"c\"\n}\n";
    let theirs = bench.seal(Tool::Sops, "f.json", text);
    assert_eq!(bench.both_decrypt("f.json", theirs, 0), text);
}

// A54, B20
#[test]
fn text_after_the_object_is_refused_but_files_with_it_open() {
    let bench = Bench::new();
    let theirs = bench.seal(Tool::Sops, "f.json", "{\n\t\"a\": \"b\"\n}\n");
    for by in crate::bench::BOTH {
        let opened = bench.decrypt(by, "f.json", format!("{theirs}and more")).expect_code(0);
        assert!(opened.text().starts_with("{\n\t\"a\": \"b\"\n}"), "{opened}");
    }
    bench.encrypt(Tool::Sops, "f.json", "{\"a\": \"b\"} more").expect_code(0);
    bench.encrypt(Tool::Ours, "f.json", "{\"a\": \"b\"} more").expect_code(2);
    bench.encrypt(Tool::Sops, "f.json", "{\"a\":").expect_code(0);
    bench.encrypt(Tool::Ours, "f.json", "{\"a\":").expect_code(2);
}

// A55
#[test]
fn integers_are_exact_and_other_numbers_are_floats() {
    let bench = Bench::new();
    for (text, kind, sops) in [
        ("9223372036854775807", "int", "9223372036854775807"),
        ("-9223372036854775808", "int", "-9223372036854775808"),
        ("9007199254740993", "int", "9007199254740993"),
        ("1.0", "float", "1"),
        ("1e2", "float", "100"),
        ("1E+2", "float", "100"),
        ("-0", "int", "0"),
        ("0.1e-6", "float", "1e-7"),
        ("9223372036854775808", "float", "9223372036854776000"),
        ("1e21", "float", "1e+21"),
    ] {
        let round = bench.round("f.json", &format!("{{\n\t\"a\": {text}\n}}\n")).same();
        assert_eq!(types(&round.ours), [kind], "{text}");
        assert_eq!(round.ours_there, format!("{{\n\t\"a\": {sops}\n}}\n"));
        assert_eq!(bench.values("f.json", &round.theirs_here), bench.values("f.json", &round.theirs_there));
    }
    bench.both_refuse("f.json", "{\"a\": 1E400}", 2);
}

// A20
#[test]
fn numbers_of_older_versions_are_floats_and_open() {
    let bench = Bench::new();
    let sealed = bench.seal(Tool::Sops, "f.json", "{\n\t\"a\": 5,\n\t\"b\": [1, 2]\n}\n");
    let older = sealed.replace("type:int", "type:float");
    bench.both_decrypt("f.json", older, 0);
}

// 10.2
#[test]
fn the_top_is_an_object() {
    let bench = Bench::new();
    for text in ["[]", "[{\"a\": 1}]", "42", "\"text\"", "null", "true", "", " \n"] {
        let [theirs, ours] = crate::bench::BOTH.map(|by| bench.encrypt(by, "f.json", text));
        assert_ne!(theirs.code, 0, "{theirs}");
        assert_eq!(ours.code, theirs.code, "{text}: {ours} {theirs}");
    }
    bench.both_refuse("f.json", "\u{feff}{}", 2);
}

// 10.2
#[test]
fn empty_containers_and_nulls_survive() {
    let bench = Bench::new();
    bench.round("f.json", "{}\n").same();
    bench.round("f.json", "{\n\t\"a\": {},\n\t\"b\": [],\n\t\"c\": null,\n\t\"\": \"d\"\n}\n").same_bytes();
}
