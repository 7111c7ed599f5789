//! `set` and `unset` beside the real sops: what one sets the other reads, in every format and for every type.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use fieldseal_test_support::{IDENTITY, RECIPIENT, Sandbox, fieldseal, tool};
use serde_json::{Value, json};

/// Values that are easily written so that something else is read.
fn values() -> Vec<Value> {
    let mut values: Vec<Value> = [
        "",
        " ",
        "true",
        "null",
        "~",
        "1e3",
        "5",
        "0x1F",
        "2020-01-02",
        "12:30",
        "yes",
        "a: b",
        "a #b",
        "# c",
        "- x",
        "[x]",
        "{x",
        "'q'",
        "\"q\"",
        " lead",
        "trail ",
        "a\nb",
        "a\nb\n",
        "\n",
        "\n\n\n",
        "\n lead",
        "  two\nlines ",
        "tab\there",
        "\u{1}\u{7f}",
        "é 😀",
        "\u{feff}",
        "\u{85}\u{2028}",
        "back\\slash",
        "%x",
        "@x",
        "`x`",
        "*a",
        "&a",
        "!t",
        "|",
        ">",
        "---",
        "...",
        "<<",
        "ENC[x]",
        "x=y",
        ";z",
    ]
    .iter()
    .map(|text| json!(text))
    .collect();
    values.push(json!("long ".repeat(2000)));
    values
}

fn others() -> Vec<Value> {
    vec![
        json!(0),
        json!(-7),
        json!(i64::MAX),
        json!(9_007_199_254_740_993_i64),
        json!(1.5),
        json!(1e300),
        json!(true),
        json!(false),
        json!(null),
        json!([]),
        json!({}),
        json!([1, "two", [3], {"four": null}]),
        json!({"k": {"l": ["x\ny", ""]}, "": " ", "a: b": true, "true": 1}),
    ]
}

struct Pair {
    sandbox: Sandbox,
}

impl Pair {
    fn new(file: &str, text: &str) -> Self {
        let sandbox = Sandbox::new();
        let pair = Self { sandbox };
        pair.sandbox.write(file, text);
        pair.sops(&["encrypt", "--age", RECIPIENT, "-i", file]);
        pair
    }

    fn run(&self, program: &std::path::Path, arguments: &[&str]) -> Vec<u8> {
        let output =
            self.sandbox.command(program).args(arguments).env("SOPS_AGE_KEY", IDENTITY).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {told}");
        output.stdout
    }

    fn sops(&self, arguments: &[&str]) -> Vec<u8> {
        self.run(&tool("sops"), arguments)
    }

    fn ours(&self, arguments: &[&str]) -> Vec<u8> {
        self.run(&fieldseal(), arguments)
    }
}

/// Sets all values in one write, and compares what sops decrypts.
fn sops_reads(file: &str, text: &str, prefix: &str, values: &[Value]) {
    let pair = Pair::new(file, text);
    let mut words: Vec<String> = ["set", file].map(Into::into).into();
    for (at, value) in values.iter().enumerate() {
        words.push(format!("{prefix}[\"k{at}\"]"));
        words.push(value.to_string());
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    pair.ours(&words);
    for (at, value) in values.iter().enumerate().filter(|(_, value)| value.is_string()) {
        let path = format!("{prefix}[\"k{at}\"]");
        let read = pair.sops(&["decrypt", "--extract", &path, file]);
        assert_eq!(String::from_utf8_lossy(&read), value.as_str().unwrap(), "{file} {path}");
    }
    if values.iter().all(|value| !value.is_string()) {
        let read = pair.sops(&["decrypt", "--output-type", "json", file]);
        let read: Value = serde_json::from_slice(&read).unwrap();
        for (at, value) in values.iter().enumerate() {
            let key = format!("k{at}");
            let found = if prefix.is_empty() { &read[&key] } else { &read["m"][&key] };
            assert_eq!(found, value, "{file} {key}");
        }
    }
}

#[test]
fn sops_reads_every_string_from_blocks_of_yaml() {
    sops_reads("a.yaml", "# c\nm:\n  x: 1 # d\n\nlast: y\n", "[\"m\"]", &values());
}

#[test]
fn sops_reads_every_string_from_brackets_of_yaml() {
    sops_reads("a.yaml", "m: {x: 1}\nlast: y\n", "[\"m\"]", &values());
}

#[test]
fn sops_reads_every_string_from_json() {
    sops_reads("a.json", "{\"m\": {\n  \"x\": 1\n}}", "[\"m\"]", &values());
}

#[test]
fn sops_reads_every_string_from_dotenv() {
    sops_reads("a.env", "A=1\n# c\n", "", &values());
}

#[test]
fn sops_reads_strings_from_ini() {
    // Of these the library of sops makes something else, whatever stands around them: they are refused.
    let values: Vec<Value> =
        values().into_iter().filter(|value| !value.as_str().unwrap().contains('\r')).collect();
    sops_reads("a.ini", "[m]\nx = 1\n", "[\"m\"]", &values);
}

#[test]
fn sops_reads_every_other_type() {
    sops_reads("a.yaml", "m:\n    x: 1\n", "[\"m\"]", &others());
    sops_reads("b.yaml", "m: {x: 1}\n", "[\"m\"]", &others());
    sops_reads("a.json", "{\"m\":{}}", "[\"m\"]", &others());
}

#[test]
fn what_sops_sets_is_read_and_kept_here() {
    for (file, text, path) in [
        ("a.yaml", "# c\nm:\n  x: 1\n", "[\"m\"][\"k\"]"),
        ("a.json", "{\"m\": {}}", "[\"m\"][\"k\"]"),
        ("a.env", "A=1\n", "[\"k\"]"),
        ("a.ini", "[m]\nx = 1\n", "[\"m\"][\"k\"]"),
    ] {
        let pair = Pair::new(file, text);
        for value in ["\"a: b\"", "\"true\"", "\"x\\ny\"", "\" \""] {
            pair.sops(&["set", file, path, value]);
            let read = pair.ours(&["decrypt", "--extract", path, file]);
            let value: String = serde_json::from_str(value).unwrap();
            assert_eq!(String::from_utf8_lossy(&read), value, "{file}");
        }
        // Removed here, and again there.
        pair.ours(&["unset", file, path]);
        pair.sops(&["set", file, path, "\"again\""]);
        assert_eq!(pair.ours(&["decrypt", "--extract", path, file]), b"again");
    }
}

#[test]
fn one_set_changes_one_value_the_date_and_the_mac() {
    let pair = Pair::new("a.yaml", "# c\na: 1\nb: two # d\nl:\n    - x\n    - x\nc: three\n");
    let text = || String::from_utf8(pair.sandbox.read("a.yaml")).unwrap();
    let before = text();
    pair.ours(&["set", "a.yaml", "[\"b\"]", "\"other\""]);
    let after = text();
    assert_eq!(before.lines().count(), after.lines().count());
    let changed: Vec<&str> = before
        .lines()
        .zip(after.lines())
        .filter(|(before, after)| before != after)
        .map(|(_, after)| after.trim_start().split(':').next().unwrap())
        .filter(|name| *name != "lastmodified")
        .collect();
    assert_eq!(changed, ["b", "mac"]);
}

#[test]
fn comments_are_no_elements_of_lists() {
    let pair = Pair::new("a.yaml", "l:\n    # c\n    - x\n    - y\n");
    pair.ours(&["set", "a.yaml", "[\"l\"][0]", "\"z\""]);
    let read = pair.sops(&["decrypt", "--output-type", "json", "a.yaml"]);
    assert_eq!(serde_json::from_slice::<Value>(&read).unwrap(), json!({"l": ["z", "y"]}));
}

/// Runs the tool under both names, which must fail with `code` and leave the file as it was.
fn refused(pair: &Pair, code: i32, arguments: &[&str]) {
    let file = arguments[1];
    let before = pair.sandbox.read(file);
    let mut command = pair.sandbox.command(fieldseal());
    let output = command.args(arguments).env("SOPS_AGE_KEY", IDENTITY).output().unwrap();
    assert_eq!(
        output.status.code(),
        Some(code),
        "{arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(pair.sandbox.read(file), before, "{arguments:?}");
}

#[test]
fn what_makes_sops_crash_is_refused() {
    let pair = Pair::new("a.yaml", "l:\n    - x\nm:\n    k: v\n");
    for (code, path) in [(7, "[\"l\"][\"k\"]"), (7, "[\"m\"][0]"), (7, ""), (7, "[-1]"), (7, "[]")] {
        refused(&pair, code, &["set", "a.yaml", path, "1"]);
    }
    for (code, path) in [(1, "[\"l\"][\"k\"]"), (1, "[\"m\"][0]"), (7, ""), (7, "[-1]"), (7, "[]")] {
        refused(&pair, code, &["unset", "a.yaml", path]);
    }
}

#[test]
fn what_a_format_cannot_hold_is_refused() {
    let env = Pair::new("a.env", "A=1\n");
    refused(&env, 4, &["set", "a.env", "[\"A\"]", "null"]);
    refused(&env, 4, &["set", "a.env", "[\"A\"]", "\"x\\\\ny\""]);
    refused(&env, 4, &["set", "a.env", "[\"A\"]", "{}"]);
    let ini = Pair::new("a.ini", "[s]\nA = 1\n");
    refused(&ini, 4, &["set", "a.ini", "[\"s\"][\"A\"]", "null"]);
    refused(&ini, 4, &["set", "a.ini", "[\"A\"]", "\"x\""]);
    let binary = Pair::new("a.bin", "x");
    refused(&binary, 4, &["set", "a.bin", "[\"more\"]", "\"x\""]);
    refused(&binary, 4, &["unset", "a.bin", "[\"data\"]"]);
}

#[test]
fn the_comment_behind_a_value_goes_with_it() {
    let pair = Pair::new("a.yaml", "x: 0\n");
    pair.sandbox.write("a.yaml", "# above\na: 1 # behind\nb: 2\n");
    pair.ours(&["encrypt", "--age", RECIPIENT, "-i", "a.yaml"]);
    pair.ours(&["unset", "a.yaml", "[\"a\"]"]);
    assert_eq!(String::from_utf8(pair.ours(&["decrypt", "a.yaml"])).unwrap(), "# above\nb: 2\n");
    assert_eq!(String::from_utf8(pair.sops(&["decrypt", "a.yaml"])).unwrap(), "# above\nb: 2\n");
}
