//! Every kind of finding: a repository that has it, and the exact place.

use std::collections::BTreeSet;

use fieldseal_core::check::Kind;

use crate::repository::Repository;

const CONFIG: (&str, &str) = (
    ".sops.yaml",
    "creation_rules:\n  - path_regex: ^secrets/\n    encrypted_regex: ^(data|stringData)$\n    age: RECIPIENT\n",
);

const SECRET: &str = "\
apiVersion: v1
kind: Secret
metadata:
  name: x
stringData:
  user: alice-CANARY
  password: CANARY
";

const FILE: &str = "secrets/a.yaml";

const KEY: &str = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7";

/// A case: what it is called, what is done to the repository, and what is found.
type Case = (&'static str, fn() -> Repository, &'static [&'static str]);

/// A repository with one encrypted Secret.
fn encrypted() -> Repository {
    let repository = Repository::new(&[CONFIG, (FILE, SECRET)]);
    repository.encrypt(&[]);
    repository
}

/// The same, with an entry that opens. Its armor has another length each time.
fn openable() -> Repository {
    let repository = Repository::new(&[CONFIG, (FILE, SECRET)]);
    repository.run(&["encrypt", "--in-place", "."]);
    repository
}

/// The same, changed afterwards.
fn openable_changed(change: impl FnOnce(&str) -> String) -> Repository {
    let repository = openable();
    repository.change(FILE, change);
    repository
}

/// One with an encrypted Secret that was changed afterwards.
fn changed(change: impl FnOnce(&str) -> String) -> Repository {
    let repository = encrypted();
    repository.change(FILE, change);
    repository
}

/// One with an encrypted Secret, and another configuration since.
fn reconfigured(config: &str) -> Repository {
    let repository = encrypted();
    repository.write(".sops.yaml", config);
    repository
}

/// One with a configuration and a file that is for none of its rules.
fn uncovered(name: &str, text: &str) -> Repository {
    let repository = encrypted();
    repository.write(name, text);
    repository
}

/// The first token of a text.
fn token(text: &str) -> &str {
    let start = text.find("ENC[").unwrap();
    &text[start..=start + text[start..].find(']').unwrap()]
}

/// `text` without the lines that hold `part`.
fn without(text: &str, part: &str) -> String {
    text.split_inclusive('\n').filter(|line| !line.contains(part)).collect()
}

const CASES: &[Case] = &[
    ("an encrypted repository is clean", encrypted, &[]),
    (
        "a file that is not encrypted",
        || Repository::new(&[CONFIG, (FILE, SECRET)]),
        &["secrets/a.yaml:6:9 not-encrypted stringData.user"],
    ),
    (
        "a file of a covered folder in which nothing is selected",
        || uncovered("secrets/deployment.yaml", "kind: Deployment\nspec: CANARY\n"),
        &[],
    ),
    (
        "a value that was added by hand",
        || changed(|text| text.replacen("stringData:\n", "stringData:\n  ünï: CANARY\n", 1)),
        &["secrets/a.yaml:6:8 clear-value stringData.ünï"],
    ),
    (
        "a comment that was added by hand",
        || changed(|text| text.replacen("stringData:\n", "stringData:\n  # CANARY\n", 1)),
        &["secrets/a.yaml:6:3 clear-comment stringData"],
    ),
    (
        "a rule that has become wider",
        || {
            let repository = Repository::new(&[CONFIG, (FILE, SECRET)]);
            repository.encrypt(&["--encrypted-regex", "^password$"]);
            repository
        },
        &[
            "secrets/a.yaml:6:9 clear-by-rule stringData.user",
            "secrets/a.yaml:15:22 selection-differs sops.encrypted_regex",
        ],
    ),
    (
        "a token that was cut",
        || changed(|text| text.replacen("ENC[AES256_GCM,data:", "ENC[AES256_GCM,data:A", 1)),
        &["secrets/a.yaml:6:9 malformed-token stringData.user"],
    ),
    (
        "a token in the wrong place",
        || changed(|text| text.replacen("name: x", &format!("name: {}", token(text)), 1)),
        &["secrets/a.yaml:4:9 unselected-token metadata.name"],
    ),
    (
        "a covered file that is not well formed",
        || uncovered("secrets/b.yaml", "data: [CANARY\nb: 1\n"),
        &["secrets/b.yaml:2:2 malformed-file"],
    ),
    (
        "an uncovered file that is not well formed, a template for instance",
        || uncovered("chart/b.yaml", "kind: Secret\napiVersion: v1\ndata: {{ CANARY\n"),
        &[],
    ),
    (
        "a date that is none",
        || changed(|text| text.replacen("lastmodified: \"2", "lastmodified: \"CANARY", 1)),
        &["secrets/a.yaml:16:19 malformed-metadata sops.lastmodified"],
    ),
    (
        "a version that is none",
        || changed(|text| text.replacen("version: 3.", "version: CANARY", 1)),
        &["secrets/a.yaml:18:14 malformed-metadata sops.version"],
    ),
    (
        "a sops block that is gone",
        || changed(|text| text[..text.find("sops:").unwrap()].to_owned()),
        &["secrets/a.yaml:6:9 missing-metadata stringData.user"],
    ),
    (
        "a second sops block",
        || changed(|text| format!("{text}{}", &text[text.find("sops:").unwrap()..])),
        &["secrets/a.yaml:19:1 duplicate-metadata sops"],
    ),
    (
        "a conflict that was not resolved",
        || {
            changed(|text| {
                text.replacen("sops:\n", "<<<<<<< HEAD\nsops:\n=======\n  x: CANARY\n>>>>>>> b\nsops:\n", 1)
            })
        },
        &["secrets/a.yaml:8:1 conflict-markers"],
    ),
    ("no MAC", || changed(|text| without(text, "    mac: ")), &["secrets/a.yaml:8:1 missing-mac sops.mac"]),
    (
        "a MAC that is none",
        || {
            changed(|text| {
                let mac = text.find("mac: ENC[").unwrap() + 5;
                format!("{}CANARY{}", &text[..mac], &text[mac + text[mac..].find('\n').unwrap()..])
            })
        },
        &["secrets/a.yaml:17:10 malformed-mac sops.mac"],
    ),
    (
        "an entry without enc",
        || {
            changed(|text| {
                let (start, end) = (text.find("enc: |").unwrap(), text.find("          recipient").unwrap());
                format!("{}enc: \"\"\n  {}", &text[..start], &text[end + 2..])
            })
        },
        &["secrets/a.yaml:10:11 missing-enc sops.age[0]"],
    ),
    (
        "an entry whose enc is damaged",
        || changed(|text| without(text, "-----END AGE")),
        &["secrets/a.yaml:10:11 malformed-metadata sops.age[0]"],
    ),
    (
        "a recipient that is there twice",
        || {
            changed(|text| {
                let (start, end) =
                    (text.find("        - ").unwrap(), text.find("    encrypted_regex").unwrap());
                format!("{}{}", &text[..end], &text[start..])
            })
        },
        &["secrets/a.yaml:15:11 duplicate-recipient sops.age[1]"],
    ),
    (
        "somebody else should be able to open the file",
        || reconfigured(&CONFIG.1.replace("RECIPIENT", "OTHER")),
        &[
            "secrets/a.yaml:8:1 missing-recipient sops",
            "secrets/a.yaml:10:11 unexpected-recipient sops.age[0]",
        ],
    ),
    (
        "the same keys in other groups",
        || {
            let repository = Repository::new(&[(FILE, SECRET)]);
            let config =
                CONFIG.1.replace("    age: RECIPIENT", "    key_groups: [{age: [RECIPIENT, OTHER]}]");
            repository.write(".sops.yaml", &config);
            repository.encrypt(&[]);
            repository.change(".sops.yaml", |text| text.replace(", age1", "]}, {age: [age1"));
            repository
        },
        &["secrets/a.yaml:8:1 groups-differ sops"],
    ),
    (
        "another threshold",
        || {
            let repository = Repository::new(&[(FILE, SECRET)]);
            let groups = "    shamir_threshold: 2\n    key_groups: [{age: [RECIPIENT]}, {age: [OTHER]}, {age: [OTHER]}]";
            repository.write(".sops.yaml", &CONFIG.1.replace("    age: RECIPIENT", groups));
            repository.encrypt(&[]);
            repository.change(".sops.yaml", |text| text.replace("threshold: 2", "threshold: 3"));
            repository
        },
        &["secrets/a.yaml:34:23 threshold-differs sops.shamir_threshold"],
    ),
    (
        "another scope of the MAC",
        || reconfigured(&CONFIG.1.replace("    age", "    mac_only_encrypted: true\n    age")),
        &["secrets/a.yaml:8:1 selection-differs sops.mac_only_encrypted"],
    ),
    (
        "Secrets in a file that no rule covers",
        || {
            let list = format!(
                "{SECRET}---\nkind: List\nitems:\n- apiVersion: v1\n  kind: Secret\n  data:\n    a: Q0FOQVJZ\n    b: ${{X}}\n    c: ''\n"
            );
            uncovered("apps/s.yaml", &list)
        },
        &[
            "apps/s.yaml:6:9 clear-secret stringData.user",
            "apps/s.yaml:7:13 clear-secret stringData.password",
            "apps/s.yaml:14:8 clear-secret items[0].data.a",
        ],
    ),
    (
        "a Secret in JSON",
        || {
            uncovered(
                "s.json",
                "{\"apiVersion\": \"v1\", \"kind\": \"Secret\",\n \"data\": {\"a\": \"CANARY\"}}\n",
            )
        },
        &["s.json:2:16 clear-secret data.a"],
    ),
    (
        "what only looks like a Secret",
        || {
            uncovered(
                "apps/s.yaml",
                "kind: SealedSecret\napiVersion: v1\ndata: {a: CANARY}\n---\nkind: ConfigMap\napiVersion: v1\ndata: {Secret: CANARY}\n",
            )
        },
        &[],
    ),
    (
        "a rule that does not select the values of a Secret",
        || {
            let repository = Repository::new(&[(FILE, SECRET)]);
            repository.write(".sops.yaml", &CONFIG.1.replace("(data|stringData)", "(data|spec)"));
            repository
        },
        &[
            "secrets/a.yaml:6:9 rule-leaves-secret-clear stringData.user",
            "secrets/a.yaml:7:13 rule-leaves-secret-clear stringData.password",
        ],
    ),
    (
        "private keys",
        || {
            let repository = encrypted();
            for (name, label) in [("a.pem", "RSA "), ("id", "OPENSSH "), ("b.pem", "ENCRYPTED ")] {
                repository.write(name, &format!("-----BEGIN {label}PRIVATE KEY-----\n{KEY}\n# CANARY\n"));
            }
            repository.write("pgp.asc", &format!("-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n{KEY}\n"));
            repository.write(
                "values.yaml",
                &format!("tls:\n  - key: |\n      -----BEGIN PRIVATE KEY-----\n      {KEY}\n"),
            );
            repository.write("main.go", &format!("x := \"AGE-SECRET-KEY-1{}\" // CANARY", "QP".repeat(29)));
            repository
        },
        &[
            "a.pem:1:1 private-key",
            "b.pem:1:1 private-key",
            "id:1:1 private-key",
            "main.go:1:7 private-key",
            "pgp.asc:1:1 private-key",
            "values.yaml:3:7 private-key tls[0].key",
        ],
    ),
    (
        "a private key in a part of an encrypted file that is clear",
        || changed(|text| text.replacen("name: x", &format!("name: AGE-SECRET-KEY-1{}", "QP".repeat(29)), 1)),
        &["secrets/a.yaml:4:9 private-key metadata.name"],
    ),
    (
        "a configuration that cannot be read",
        || reconfigured("creation_rules:\n  - path_regex: [CANARY]\n"),
        &[".sops.yaml:2:17 invalid-config creation_rules[0].path_regex"],
    ),
    (
        "a pattern that does not compile",
        || reconfigured(&format!("{}  - path_regex: CANARY(\n    age: RECIPIENT\n", CONFIG.1)),
        &[".sops.yaml:5:33 invalid-regex creation_rules[1].path_regex"],
    ),
    (
        "two kinds of selection",
        || {
            reconfigured(&format!(
                "{}  - path_regex: CANARY\n    encrypted_suffix: a\n    encrypted_regex: b\n",
                CONFIG.1
            ))
        },
        &[
            ".sops.yaml:5:5 several-selections creation_rules[1]",
            ".sops.yaml:5:5 unused-rule creation_rules[1]",
        ],
    ),
    (
        "rules that are never used",
        || {
            let rule = |regex: &str| format!("  - path_regex: {regex}\n    age: RECIPIENT\n");
            let repository = encrypted();
            repository.write("README", "CANARY\n");
            let more =
                [rule("^secrets/a"), rule("^elsewhere/"), "  - age: RECIPIENT\n".to_owned(), rule("^x")];
            repository.write(".sops.yaml", &format!("{}{}", CONFIG.1, more.concat()));
            repository
        },
        &[
            ".sops.yaml:5:5 unreachable-rule creation_rules[1]",
            ".sops.yaml:7:5 unused-rule creation_rules[2]",
            ".sops.yaml:10:5 unreachable-rule creation_rules[4]",
        ],
    ),
    (
        "a setting that nobody knows",
        || reconfigured(&CONFIG.1.replace("    age", "    path_regexp: CANARY\n    age")),
        &[".sops.yaml:4:5 suspicious-config creation_rules[0].path_regexp"],
    ),
    (
        "an exception without a reason",
        || uncovered("a.txt", "# fieldseal:allow private-key\n"),
        &["a.txt:1:3 invalid-exception"],
    ),
    (
        "a file whose type the name does not tell",
        || {
            let repository = Repository::new(&[CONFIG, ("secrets/blob", "stringData: {a: CANARY}\n")]);
            repository.run(&[
                "encrypt",
                "--in-place",
                "--input-type",
                "yaml",
                "--output-type",
                "yaml",
                "secrets/blob",
            ]);
            repository.change("secrets/blob", |text| {
                text.replacen("stringData: {", "# x\nstringData: {b: CANARY, ", 1)
            });
            repository
        },
        &["secrets/blob:2:17 clear-value stringData.b"],
    ),
    (
        "a file that was encrypted as a whole",
        || {
            let repository = encrypted();
            repository.write("secrets/blob", "CANARY\n");
            repository.run(&["encrypt", "--in-place", "."]);
            repository
        },
        &[],
    ),
];

/// Cases that need `--decrypt`.
const WITH_KEYS: &[Case] = &[
    ("every file opens", openable, &[]),
    (
        "a clear value was changed",
        || openable_changed(|text| text.replacen("name: x", "name: y", 1)),
        &["secrets/a.yaml mac-mismatch"],
    ),
    (
        "two values changed places",
        || {
            openable_changed(|text| {
                let first = token(text).to_owned();
                let second = token(&text[text.find(&first).unwrap() + first.len()..]).to_owned();
                text.replace(&first, "#").replace(&second, &first).replace('#', &second)
            })
        },
        &["secrets/a.yaml:6:9 cannot-decrypt stringData.user"],
    ),
    (
        "nobody has the key",
        || {
            let repository = Repository::new(&[CONFIG, (FILE, SECRET)]);
            repository.change(".sops.yaml", |text| text.replace(fieldseal_test_support::RECIPIENT, "OTHER"));
            repository.run(&["encrypt", "--in-place", "."]);
            repository
        },
        &["secrets/a.yaml no-key"],
    ),
];

#[test]
fn each_kind_is_found_at_its_place() {
    let mut problems = Vec::new();
    for (name, make, expected) in CASES {
        let found = make().findings(&[]);
        if found != *expected {
            problems.push(format!("{name}:\n  found    {found:#?}\n  expected {expected:#?}"));
        }
    }
    for (name, make, expected) in WITH_KEYS {
        let found = make().findings(&["--decrypt", "--require-all"]);
        if found != *expected {
            problems.push(format!("{name}:\n  found    {found:#?}\n  expected {expected:#?}"));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn there_is_a_case_for_every_kind() {
    let expected = CASES.iter().chain(WITH_KEYS).flat_map(|(_, _, expected)| expected.iter());
    let covered: BTreeSet<&str> = expected.filter_map(|line| line.split(' ').nth(1)).collect();
    let missing: Vec<_> = Kind::ALL.iter().map(|kind| kind.id()).filter(|id| !covered.contains(id)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn without_require_all_locked_files_are_counted() {
    let repository = Repository::new(&[CONFIG, (FILE, SECRET), ("secrets/b.yaml", SECRET)]);
    repository.run(&["encrypt", "--in-place", FILE]);
    let other = crate::repository::OTHER;
    repository.change(".sops.yaml", |text| text.replace(fieldseal_test_support::RECIPIENT, other));
    repository.run(&["encrypt", "--in-place", "secrets/b.yaml"]);
    let rest = "  - encrypted_regex: ^(data|stringData)$\n    age: OTHER\n";
    repository.write(".sops.yaml", &format!("{}{rest}", CONFIG.1.replace("^secrets/", "a.yaml$")));
    let said = repository.check(&["--decrypt"]).expect_code(0);
    assert!(said.text().ends_with("opened 1 file; no key at hand opens 1 more\n"), "{said}");
}

#[test]
fn what_cannot_be_checked_is_another_code() {
    let repository = encrypted();
    repository.check(&["missing"]).expect_code(2);
    repository.check(&["--baseline", "missing.json"]).expect_code(2);
    repository.check(&["--staged"]).expect_code(2);
    repository.write("baseline.json", "{\"version\": 9}");
    repository.check(&["--baseline", "baseline.json"]).expect_code(2);
}
