//! What configurations mean, and what is said about those that mean nothing. The suite `tests/regex` holds many
//! more against sops's own loader.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::selection::Selection;

const A: &str = "age1j8s2j57wmxw7f9dfxctv4vfjeadkg2hreez88gu0u0f09surzuksqt3qkv";
const B: &str = "age1yt3tfqlfrwdwx0z0ynwplcr6qxcxfaqycuprpmy89nr83ltx74tqdpszlw";

fn config(text: &str) -> Config {
    Config::parse(text.replace("$A", A).replace("$B", B).as_bytes()).unwrap()
}

/// The message about a configuration that cannot be read.
fn refused(text: &str) -> String {
    Config::parse(text.as_bytes()).unwrap_err().to_string()
}

/// The message about a rule that cannot be used.
fn unusable(text: &str) -> String {
    config(text).rule_for(b"a.yaml").unwrap_err().to_string()
}

#[test]
fn the_first_rule_whose_pattern_is_in_the_path_counts() {
    let config = config(
        "creation_rules:\n- {path_regex: ^b, age: $B}\n- {path_regex: yaml$, age: $A, encrypted_suffix: _s}\n",
    );
    let rule = config.rule_for(b"a.yaml").unwrap().unwrap();
    assert_eq!(rule.path_regex, "yaml$");
    assert_eq!(rule.key_groups, [[crate::metadata::KeyId::Age { recipient: A.into() }]]);
    assert_eq!(rule.selection, Some(Selection::EncryptedSuffix("_s".into())));
    assert_eq!((rule.position.line, rule.position.column), (3, 3));
    assert_eq!(config.rule_for(b"b.yaml").unwrap().unwrap().path_regex, "^b");
    assert_eq!(config.rule_for(b"a.json").unwrap(), None);
}

#[test]
fn paths_are_relative_below_the_folder_of_the_configuration() {
    assert_eq!(path_in_rules(b"/r", b"/r/sub/a.yaml", b'/'), b"sub/a.yaml");
    assert_eq!(path_in_rules(b"/r", b"/rx/a.yaml", b'/'), b"/rx/a.yaml");
    assert_eq!(path_in_rules(b"/r", b"/other/a.yaml", b'/'), b"/other/a.yaml");
    assert_eq!(path_in_rules(b"/", b"/a.yaml", b'/'), b"/a.yaml", "as sops, which looks for two slashes");
    assert_eq!(path_in_rules(br"C:\r", br"C:\r\sub\a.yaml", b'\\'), br"sub\a.yaml");
}

#[test]
fn no_rules_and_an_empty_list_of_rules_are_told_apart() {
    for text in ["", "# nothing\n", "creation_rules:\n", "stores: {}\n"] {
        assert!(!config(text).has_creation_rules(), "{text:?}");
    }
    assert!(config("creation_rules: []\n").has_creation_rules());
}

#[test]
fn errors_name_line_column_and_place() {
    assert_eq!(
        refused("creation_rules:\n  - shamir_threshold: two\n"),
        "2:23: creation_rules[0].shamir_threshold: expected a whole number, without quotes"
    );
    assert_eq!(
        refused("creation_rules:\n  - key_groups:\n      - age: x\n"),
        "3:14: creation_rules[0].key_groups[0].age: expected a list"
    );
    assert_eq!(refused("a: 1\nb: 2\na: 3\n"), "3:1: this key is already at 1:1; remove one of the two");
    assert!(
        refused("creation_rules: [\n").starts_with("2:1: ")
            || refused("creation_rules: [\n").starts_with("1:")
    );
    assert_eq!(
        unusable("creation_rules:\n  - age: [$A, {}]\n").split_once(": ").unwrap().1,
        "creation_rules[0].age[1]: expected a string"
    );
    assert!(unusable("creation_rules:\n  - age: foo\n").starts_with("2:10: creation_rules[0].age: "));
}

#[test]
fn patterns_that_do_not_compile_are_errors_at_their_own_column() {
    let problem = "the pattern cannot be compiled: invalid escape sequence (byte 2 of the pattern)";
    for (field, column) in
        [(r"path_regex: a\8", 18), (r"path_regex: 'a\8'", 19), ("path_regex: \"a\\\\8\"", 17)]
    {
        let message = unusable(&format!("creation_rules:\n  - {field}\n"));
        assert_eq!(message, format!("2:{column}: creation_rules[0].path_regex: {problem}"));
    }
    let message = unusable("creation_rules:\n  - age: $A\n    encrypted_regex: a\\8\n");
    assert_eq!(message, format!("3:23: creation_rules[0].encrypted_regex: {problem}"));
}

#[test]
fn patterns_behind_the_rule_that_counts_are_not_compiled_unless_asked_for() {
    let config = config("creation_rules:\n- {age: $A}\n- {path_regex: (, age: $B}\n- {age: foo}\n");
    assert!(config.rule_for(b"a").unwrap().is_some());
    let (errors, warnings) = config.check();
    let errors: Vec<String> = errors.iter().map(|error| error.path.clone()).collect();
    assert_eq!(errors, ["creation_rules[1].path_regex", "creation_rules[2].age"]);
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(
        warnings[0].to_string().starts_with("3:3: creation_rules[1]: never used: the rule at 2:3"),
        "{}",
        warnings[0]
    );
}

#[test]
fn more_than_one_selection_is_an_error_of_the_rule() {
    let message = unusable("creation_rules:\n  - encrypted_suffix: a\n    encrypted_regex: b\n");
    assert!(message.starts_with("2:5: creation_rules[0]: cannot use more than one of "), "{message}");
    assert!(message.ends_with(" for the same rule"), "{message}");
}

#[test]
fn unknown_keys_are_warned_about() {
    let config = config("creation_rules:\n  - age: $A\n    encrypted_regexp: ^data$\n    comment: x\n");
    let warnings: Vec<String> = config.warnings().iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        [
            "3:5: creation_rules[0].encrypted_regexp: an unknown key, which is ignored; did you mean encrypted_regex?",
            "4:5: creation_rules[0].comment: an unknown key, which is ignored",
        ]
    );
}

#[test]
fn groups_keep_the_order_of_sops_and_drop_what_is_there_twice() {
    let text = "creation_rules:\n- key_groups:\n  - pgp: [C]\n    age: ['$B']\n    merge:\n    - age: ['$A, $B']\n      pgp: [D]\n  - age: ['$A']\n";
    let config = config(text);
    let rule = config.rule_for(b"a").unwrap().unwrap();
    let names = |group: &[crate::metadata::KeyId]| group.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(names(&rule.key_groups[0]), [A, B, "D", "C"]);
    assert_eq!(names(&rule.key_groups[1]), [A]);
    assert!(rule.has_key_groups);
}

#[test]
fn keys_beside_groups_are_ignored_with_a_warning() {
    let config = config("creation_rules:\n- age: $B\n  key_groups: [{age: [$A]}]\n");
    assert_eq!(config.rule_for(b"a").unwrap().unwrap().key_groups[0].len(), 1);
    assert!(config.warnings()[0].to_string().contains("beside key_groups"), "{:?}", config.warnings());
}

#[test]
fn a_rule_that_is_not_used_may_name_keys_that_are_none_but_not_have_wrong_types() {
    let config =
        config("creation_rules:\n- {path_regex: ^x, age: foo}\n- {path_regex: ^x, age: 5}\n- age: $A\n");
    assert!(config.rule_for(b"a").is_ok());
    assert!(config.rule_for(b"x").is_err());
    assert!(refused("creation_rules:\n- {path_regex: ^x, hckms: a}\n- age: b\n").contains("expected a list"));
}

#[test]
fn destinations() {
    let text = "destination_rules:\n- {path_regex: ^v, vault_path: p}\n- {path_regex: '(', s3_bucket: b}\n";
    let config = config(text);
    let rule = config.destination_for(b"v").unwrap().unwrap();
    let expected =
        Destination::Vault { address: String::new(), mount: "secret/".into(), path: "p/".into(), version: 2 };
    assert_eq!(rule.destination, Some(expected));
    assert!(config.destination_for(b"w").is_err(), "a broken pattern must not send a file elsewhere");
}

#[test]
fn stores_keep_their_defaults() {
    assert_eq!(config("").stores(), Stores { yaml_indent: 0, json_indent: -1, json_binary_indent: -1 });
    let stores = config("stores: {yaml: {indent: 2}, json: {indent: 3}, ini: {}}").stores();
    assert_eq!(stores, Stores { yaml_indent: 2, json_indent: 3, json_binary_indent: -1 });
}

#[test]
fn many_rules_cost_a_linear_amount_of_work() {
    let rules: String =
        (0..20_000).map(|number| format!("- path_regex: ^dir{number}/\n  age: $A\n")).collect();
    let config = config(&format!("creation_rules:\n{rules}"));
    assert_eq!(config.rule_for(b"dir500/x").unwrap().unwrap().position.line, 1_002);
}

#[test]
fn groups_cannot_merge_without_end() {
    assert!(
        refused("creation_rules:\n- key_groups: [&g {merge: [*g]}]\n").contains("too deeply, or themselves")
    );
    let mut text = String::from("g0: &g0 {age: []}\n");
    for level in 1..30 {
        text.push_str(&format!(
            "g{level}: &g{level} {{merge: [{}]}}\n",
            format!("*g{}, ", level - 1).repeat(10)
        ));
    }
    text.push_str("creation_rules:\n- key_groups: [*g29]\n");
    assert!(refused(&text).contains("too large"));
}
