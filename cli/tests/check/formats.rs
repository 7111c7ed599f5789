//! Every form of output, held against a description of the form that is not ours.

use fieldseal_test_support::testdata;
use serde_json::Value;

use crate::repository::{FORMATS, Repository};
use crate::schema;

/// A repository with findings of both severities, with and without place, path, recipient and rule, and a name that
/// wants to be escaped.
fn repository() -> Repository {
    let repository = Repository::new(&[
        (
            ".sops.yaml",
            "creation_rules:\n  - path_regex: secret\n    encrypted_regex: ^data$\n    age: RECIPIENT\n  - path_regex: none\n    age: RECIPIENT\n",
        ),
        ("secret.yaml", "data:\n  a: CANARY\n"),
        ("clean.yaml", "a: 1\n"),
        ("näme with <&\"%,:\n>.secret.yaml", "data:\n  ä: {b: CANARY}\n"),
        ("key", "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7\n"),
    ]);
    repository.run(&["encrypt", "--in-place", "secret.yaml"]);
    repository.change("secret.yaml", |text| text.replacen("data:\n", "data:\n  b: CANARY\n", 1));
    repository.change(".sops.yaml", |text| text.replacen(fieldseal_test_support::RECIPIENT, "OTHER", 1));
    repository
}

fn rendered(format: &str) -> String {
    repository().check(&["--format", format]).expect_code(1).text().to_owned()
}

fn check_schema(name: &str, text: &str) -> Value {
    let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let schema = read(&std::fs::read_to_string(testdata(&format!("schemas/{name}"))).unwrap());
    let value = read(text);
    let errors = schema::errors(&schema, &value);
    assert!(errors.is_empty(), "{}", errors.join("\n"));
    value
}

#[test]
fn json_is_as_documented() {
    let value = check_schema("check.json", &rendered("json"));
    let findings = value["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 6, "{value:#}");
    let clear = findings.iter().find(|finding| finding["id"] == "clear-value").unwrap();
    assert_eq!(
        (&clear["file"], &clear["line"], &clear["column"]),
        (&"secret.yaml".into(), &2.into(), &6.into())
    );
    assert_eq!((&clear["path"], &clear["severity"]), (&"data.b".into(), &"error".into()));
    assert_eq!(clear["rule"]["line"], 2);
}

#[test]
fn sarif_has_the_form_of_the_standard() {
    let value = check_schema("sarif-2.1.0.json", &rendered("sarif"));
    let run = &value["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    for result in run["results"].as_array().unwrap() {
        assert_eq!(rules[result["ruleIndex"].as_u64().unwrap() as usize]["id"], result["ruleId"]);
    }
    let names: Vec<&Value> = run["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"])
        .collect();
    assert!(names.contains(&&"n%C3%A4me%20with%20%3C%26%22%25%2C%3A%0A%3E.secret.yaml".into()), "{names:?}");
}

#[test]
fn gitlab_gets_what_its_code_quality_report_needs() {
    let value = check_schema("gitlab-code-quality.json", &rendered("gitlab"));
    let prints: std::collections::BTreeSet<_> =
        value.as_array().unwrap().iter().map(|issue| issue["fingerprint"].to_string()).collect();
    assert_eq!(prints.len(), 6, "fingerprints differ");
}

#[test]
fn junit_counts_what_it_holds() {
    let text = rendered("junit");
    let document = roxmltree::Document::parse(&text).unwrap();
    let root = document.root_element();
    assert_eq!(root.tag_name().name(), "testsuites");
    let suites: Vec<_> = root.children().filter(roxmltree::Node::is_element).collect();
    let [suite] = suites.as_slice() else { panic!("one suite: {text}") };
    assert_eq!(suite.tag_name().name(), "testsuite");
    let cases: Vec<_> = suite.children().filter(roxmltree::Node::is_element).collect();
    let failed =
        cases.iter().filter(|case| case.children().any(|child| child.has_tag_name("failure"))).count();
    for element in [&root, suite] {
        assert_eq!(element.attribute("tests"), Some(cases.len().to_string().as_str()));
        assert_eq!(element.attribute("failures"), Some(failed.to_string().as_str()));
    }
    assert_eq!((cases.len(), failed), (5, 4));
    for case in &cases {
        assert!(case.has_tag_name("testcase") && case.attribute("name").is_some(), "{text}");
        assert!(case.attribute("classname").is_some() && case.attribute("time").is_some(), "{text}");
        assert!(case.children().filter(|child| child.has_tag_name("failure")).count() <= 1, "{text}");
    }
    let names: Vec<_> = cases.iter().filter_map(|case| case.attribute("name")).collect();
    assert!(names.contains(&"näme with <&\"%,:\n>.secret.yaml"), "{names:?}");
}

#[test]
fn github_reads_one_command_a_line() {
    let text = rendered("github");
    let mut files = Vec::new();
    for line in text.lines() {
        // As the runner reads a command: `::name key=value,key=value::data`.
        let rest = line.strip_prefix("::").unwrap();
        let (head, data) = rest.split_once("::").unwrap();
        let (name, properties) = head.split_once(' ').unwrap();
        assert!(matches!(name, "error" | "warning"), "{line}");
        let mut keys = Vec::new();
        for property in properties.split(',') {
            let (key, value) = property.split_once('=').unwrap();
            keys.push(key);
            let value =
                value.replace("%0A", "\n").replace("%3A", ":").replace("%2C", ",").replace("%25", "%");
            match key {
                "file" => files.push(value),
                "line" | "col" => assert!(value.parse::<u32>().unwrap() > 0, "{line}"),
                _ => assert!(!value.is_empty(), "{line}"),
            }
        }
        assert_eq!(keys, ["file", "line", "col", "title"]);
        assert!(!data.is_empty(), "{line}");
    }
    assert_eq!(files.len(), 6);
    assert!(files.contains(&"näme with <&\"%,:\n>.secret.yaml".to_owned()), "{files:?}");
}

#[test]
fn a_person_reads_place_kind_rule_and_remedy() {
    let text = rendered("human");
    let expected = "secret.yaml:2:6: error: data.b: a value that is to be encrypted is in clear text [clear-value]\n    rule: .sops.yaml:2 (creation_rules[0])\n";
    assert!(text.contains(expected), "{text}");
    assert!(text.contains("\nWhat to do:\n  not-encrypted: encrypt it with"), "{text}");
    assert!(text.ends_with("checked 5 files, 1 encrypted: 5 errors, 1 warning\n"), "{text}");
}

#[test]
fn every_form_says_when_nothing_was_found() {
    let repository = Repository::new(&[("a.yaml", "a: 1\n")]);
    for format in FORMATS {
        let text = repository.check(&["--format", format]).expect_code(0).text().to_owned();
        match format {
            "json" => drop(check_schema("check.json", &text)),
            "sarif" => drop(check_schema("sarif-2.1.0.json", &text)),
            "gitlab" => assert_eq!(text, "[]\n"),
            "github" => assert_eq!(text, ""),
            "junit" => assert!(text.contains("tests=\"1\" failures=\"0\""), "{text}"),
            _ => assert_eq!(text, "checked 1 file, 0 encrypted: nothing found\n"),
        }
    }
}
