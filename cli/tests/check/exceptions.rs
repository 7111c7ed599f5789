//! Findings that are passed over: `.fieldsealignore`, comments in files, a baseline.

use crate::repository::Repository;

const KEY: &str = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7\n";

#[test]
fn files_can_be_left_out_with_the_patterns_of_gitignore() {
    let repository = Repository::new(&[
        ("test/a.pem", KEY),
        ("test/keep/b.pem", KEY),
        ("deep/er/c.pem", KEY),
        ("d.pem", KEY),
        (".fieldsealignore", "# keys of the tests\n/test/**\n!/test/keep/\n!/test/keep/**\n"),
        ("deep/.fieldsealignore", "c.pem\n"),
    ]);
    assert_eq!(repository.findings(&[]), ["d.pem:1:1 private-key", "test/keep/b.pem:1:1 private-key"]);
    let said = repository.check(&[]);
    assert!(said.text().contains(", 2 files ignored"), "{said}");
}

#[test]
fn a_comment_with_a_reason_allows_a_finding() {
    let repository = Repository::new(&[
        ("a.pem", &format!("# fieldseal:allow private-key protects nothing, for tests\n{KEY}")),
        ("b.pem", &format!("# fieldseal:allow clear-value protects nothing, for tests\n{KEY}")),
    ]);
    assert_eq!(repository.findings(&[]), ["b.pem:2:1 private-key"]);
    let said = repository.check(&["a.pem"]).expect_code(0);
    assert!(said.text().contains("1 finding allowed in their files"), "{said}");
}

#[test]
fn a_comment_in_an_encrypted_part_is_no_clear_comment() {
    let config = "creation_rules: [{path_regex: yaml, encrypted_regex: ^data$, age: RECIPIENT}]\n";
    let repository = Repository::new(&[(".sops.yaml", config), ("a.yaml", "data:\n  a: CANARY\n")]);
    repository.run(&["encrypt", "--in-place", "."]);
    repository.change("a.yaml", |text| {
        text.replacen(
            "data:\n",
            "data:\n  # fieldseal:allow clear-value the same everywhere\n  b: CANARY\n",
            1,
        )
    });
    assert_eq!(repository.findings(&[]), [""; 0]);
}

#[test]
fn a_baseline_lets_only_new_findings_count() {
    let repository = Repository::new(&[("a.pem", KEY)]);
    repository.check(&["--write-baseline", "baseline.json"]).expect_code(0);
    assert_eq!(repository.findings(&["--baseline", "baseline.json"]), [""; 0]);
    // It may move, but a second one is new.
    repository.write("a.pem", &format!("# above\n\n{KEY}"));
    assert_eq!(repository.findings(&["--baseline", "baseline.json"]), [""; 0]);
    repository.write("a.pem", &format!("{KEY}\n{KEY}"));
    assert_eq!(repository.findings(&["--baseline", "baseline.json"]), ["a.pem:4:1 private-key"]);
    let baseline = repository.read("baseline.json");
    assert!(!baseline.contains("line") && !baseline.contains("BEGIN"), "{baseline}");
}
