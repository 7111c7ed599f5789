//! The example repository: clean when it is encrypted, and each damage to it is found.

use fieldseal_test_support::{Random, testdata};

use crate::repository::Repository;

fn fleet() -> Repository {
    let repository = Repository::new(&[]);
    let from = testdata("gitops");
    for name in ["apps", "clusters", "infrastructure", ".sops.yaml", "README.md"] {
        repository.sandbox.copy(&from.join(name), name);
    }
    repository.run(&["encrypt", "--in-place", "."]);
    repository
}

#[test]
fn the_encrypted_example_is_clean_and_each_damage_is_found() {
    let fleet = fleet();
    let said = fleet.check(&[]).expect_code(0);
    assert!(said.text().contains(", 77 encrypted: nothing found"), "{said}");

    let files: Vec<String> = fleet
        .sandbox
        .files()
        .into_iter()
        .filter(|(_, content)| String::from_utf8_lossy(content).contains("ENC[AES256_GCM,"))
        .filter_map(|(name, _)| Some(name.strip_prefix("work/")?.to_owned()))
        .collect();
    assert_eq!(files.len(), 77);
    for (number, name) in files.iter().enumerate() {
        let sealed = fleet.read(name);
        let mut random = Random::new(7, number as u64);
        let tokens = sealed.match_indices("ENC[").map(|(at, _)| at);
        let values: Vec<usize> = tokens.filter(|at| !in_block(&sealed, *at)).collect();
        let at = *random.pick(&values);
        let end = at + sealed[at..].find(']').unwrap() + 1;
        let comment = sealed[..at].ends_with(['#', ';']);
        for (what, text) in [
            ("clear-", format!("{}canary{}", &sealed[..at], &sealed[end..])),
            ("malformed-token", format!("{}{}", &sealed[..at + 30], &sealed[end..])),
        ] {
            fleet.sandbox.write(name, text);
            let found = fleet.check(&["--format", "json", name]).expect_code(1);
            let found = crate::repository::listed(found.text());
            // A comment whose token is damaged is one in clear text to a reader.
            let what = if comment && what == "clear-" { "clear-comment" } else { what };
            assert!(found.len() == 1 && found[0].contains(what), "{name}: {what}: {found:?}");
        }
        fleet.sandbox.write(name, &sealed);
    }
    fleet.check(&[]).expect_code(0);
}

/// Whether the token at `at` belongs to the sops block.
fn in_block(text: &str, at: usize) -> bool {
    let line = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let before = text[line..at].trim_start();
    ["mac:", "sops_", "\"mac\"", "mac ", "fieldseal_layout", "\"fieldseal_layout\""]
        .iter()
        .any(|name| before.starts_with(name))
}
