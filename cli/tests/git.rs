//! Git shows differences of encrypted files through `fieldseal decrypt`.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use fieldseal_test_support::{IDENTITY, Outcome, RECIPIENT, Sandbox, fieldseal};

/// A repository in which files of these names are shown through `fieldseal decrypt`.
fn repository(names: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.install_identity(IDENTITY);
    sandbox.write(".sops.yaml", format!("creation_rules:\n  - age: {RECIPIENT}\n"));
    sandbox.write(".gitattributes", format!("{names} diff=fieldseal\n"));
    git(&sandbox, &["init", "--quiet"]);
    git(&sandbox, &["config", "user.name", "somebody"]);
    git(&sandbox, &["config", "user.email", "somebody@example.org"]);
    git(&sandbox, &["config", "diff.fieldseal.textconv", &format!("'{}' decrypt", fieldseal().display())]);
    sandbox
}

fn git(sandbox: &Sandbox, arguments: &[&str]) -> Outcome {
    let mut command = sandbox.command("git");
    // Nothing of the system's settings.
    command.env("GIT_CONFIG_NOSYSTEM", "1").args(arguments);
    Outcome::of(&mut command, b"").expect_code(0)
}

fn commit(sandbox: &Sandbox) {
    git(sandbox, &["add", "."]);
    git(sandbox, &["commit", "--quiet", "--message", "x"]);
}

/// The lines that a difference takes away and adds.
fn changes(outcome: &Outcome) -> Vec<&str> {
    let is_header = |line: &str| line.starts_with("+++") || line.starts_with("---");
    outcome.text().lines().filter(|line| line.starts_with(['+', '-']) && !is_header(line)).collect()
}

#[test]
fn a_difference_is_that_of_the_clear_text() {
    let sandbox = repository("*.yaml");
    sandbox.write("secrets.yaml", "user: admin  # who\npassword: old\n");
    sandbox.fieldseal(["encrypt", "--in-place", "secrets.yaml"]).expect_code(0);
    commit(&sandbox);
    let mut edit = sandbox.command(fieldseal());
    edit.args(["edit", "secrets.yaml"]).env("EDITOR", "sed -i.old s/old/new/");
    Outcome::of(&mut edit, b"").expect_code(0);
    let difference = git(&sandbox, &["diff", "secrets.yaml"]);
    assert_eq!(changes(&difference), ["-password: old", "+password: new"]);
    commit(&sandbox);
    assert_eq!(
        changes(&git(&sandbox, &["show", "HEAD", "secrets.yaml"])),
        ["-password: old", "+password: new"]
    );
}

#[test]
fn what_was_clear_before_is_shown_as_it_was() {
    let sandbox = repository("f.*");
    let names = ["f.yaml", "f.json", "f.env", "f.ini", "f.txt"];
    for (name, text) in names.iter().zip(["a: b\n", "{\"a\": \"b\"}\n", "a=b\n", "a = b\n", "a b\n"]) {
        sandbox.write(name, text);
    }
    commit(&sandbox);
    sandbox.fieldseal(["encrypt", "--in-place"].into_iter().chain(names)).expect_code(0);
    // Encrypting changes nothing of the clear text.
    assert_eq!(changes(&git(&sandbox, &["diff"])), Vec::<&str>::new());
    let stat = git(&sandbox, &["diff", "--no-textconv", "--name-only"]);
    assert_eq!(stat.text().lines().count(), names.len());
}
