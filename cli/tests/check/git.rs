//! Files as Git knows them: what is tracked, what is staged, what has changed.

use std::os::unix::fs::symlink;

use crate::repository::{Repository, listed};

const CONFIG: &str = "creation_rules: [{path_regex: ^s/, age: RECIPIENT}]\n";

fn repository() -> Repository {
    let repository = Repository::new(&[(".sops.yaml", CONFIG), (".gitignore", "/ignored/\n")]);
    repository.git(&["init", "--quiet"]);
    repository
}

#[test]
fn everything_is_what_git_tracks_or_would_add() {
    let repository = repository();
    repository.write("s/a.env", "A=CANARY\n");
    repository.write("s/sub/.git/b.env", "A=CANARY\n");
    repository.write("ignored/key.pem", "AGE-SECRET-KEY-1QQQQ\n");
    repository.write("ignored/.sops.yaml", "creation_rules: CANARY\n");
    repository.write("s/ü \"n\"\n'e' -w.env", "A=CANARY\n");
    symlink("a.env", repository.sandbox.path("s/link.env")).unwrap();
    let found = repository.findings(&[]);
    assert_eq!(found, ["s/a.env:1:3 not-encrypted A", "s/ü \"n\"\n'e' -w.env:1:3 not-encrypted A"]);
    // From a folder below it is the whole repository, and names are those from the root.
    let mut command = repository.command();
    command.current_dir(repository.sandbox.path("s")).args(["check", "--format", "json"]);
    let said = fieldseal_test_support::Outcome::of(&mut command, b"").expect_code(1);
    assert_eq!(listed(said.text()), found);
    assert_eq!(repository.findings(&["s/a.env"]), found[..1]);
    assert_eq!(repository.findings(&["ignored"]), ["ignored/.sops.yaml:1:17 invalid-config creation_rules"]);
}

#[test]
fn a_configuration_that_was_deleted_is_not_there() {
    let repository = repository();
    repository.write("s/a.env", "A=CANARY\n");
    repository.write("s/.sops.yaml", "creation_rules: [{path_regex: ^other/, age: RECIPIENT}]\n");
    repository.git(&["add", "--all"]);
    std::fs::remove_file(repository.sandbox.path("s/.sops.yaml")).unwrap();
    assert_eq!(repository.findings(&[]), ["s/a.env:1:3 not-encrypted A"]);
}

#[test]
fn what_is_staged_counts_and_not_what_lies_there() {
    let repository = repository();
    repository.write("s/a.env", "A=CANARY\n");
    repository.write("s/b.env", "A=CANARY\n");
    repository.git(&["add", "--all"]);
    repository.git(&["commit", "--quiet", "--message", "x"]);
    assert_eq!(repository.findings(&["--staged"]), [""; 0], "nothing is staged");

    repository.write("s/a.env", "B=CANARY\n");
    repository.write("s/new.env", "B=CANARY\n");
    repository.git(&["add", "s/a.env"]);
    repository.run(&["encrypt", "--in-place", "s/a.env"]);
    assert_eq!(repository.findings(&["--staged"]), ["s/a.env:1:3 not-encrypted B"]);

    repository.git(&["add", "s/a.env"]);
    repository.write("s/a.env", "C=CANARY\n");
    assert_eq!(repository.findings(&["--staged"]), [""; 0], "what is staged is encrypted");

    // The configuration is the staged one as well; a changed one is for all files below it.
    repository.write(".sops.yaml", "broken: [\n");
    assert_eq!(repository.findings(&["--staged"]), [""; 0]);
    repository.write(".sops.yaml", "creation_rules: [{path_regex: b.env$, age: RECIPIENT}]\n");
    repository.git(&["add", ".sops.yaml"]);
    repository.write(".sops.yaml", CONFIG);
    assert_eq!(repository.findings(&["--staged"]), ["s/b.env:1:3 not-encrypted A"]);
}

#[test]
fn a_hook_sees_the_index_that_git_names() {
    let repository = repository();
    repository.git(&["commit", "--quiet", "--allow-empty", "--message", "x"]);
    repository.write("s/a.env", "A=CANARY\n");
    let index = repository.sandbox.path(".git/other-index");
    let git = |arguments: &[&str]| {
        let mut command = repository.sandbox.command("git");
        command.env("GIT_INDEX_FILE", &index).env("GIT_CONFIG_NOSYSTEM", "1").args(arguments);
        fieldseal_test_support::Outcome::of(&mut command, b"").expect_code(0);
    };
    git(&["add", "--all"]);
    let mut command = repository.command();
    command.env("GIT_DIR", ".git").env("GIT_INDEX_FILE", ".git/other-index");
    command.args(["check", "--staged", "--format", "json"]);
    let said = fieldseal_test_support::Outcome::of(&mut command, b"").expect_code(1);
    assert_eq!(listed(said.text()), ["s/a.env:1:3 not-encrypted A"]);
    assert_eq!(repository.findings(&["--staged"]), [""; 0]);
}

#[test]
fn since_a_revision_only_what_changed_counts() {
    let repository = repository();
    repository.write("s/a.env", "A=CANARY\n");
    repository.git(&["add", "--all"]);
    repository.git(&["commit", "--quiet", "--message", "x"]);
    repository.git(&["checkout", "--quiet", "-b", "topic"]);
    repository.write("s/b.env", "A=CANARY\n");
    repository.git(&["add", "--all"]);
    repository.git(&["commit", "--quiet", "--message", "y"]);
    // What happens on the other side meanwhile is none of this branch's business.
    repository.git(&["checkout", "--quiet", "main"]);
    repository.write("s/a.env", "A=CANARY2\n");
    repository.git(&["commit", "--quiet", "--all", "--message", "z"]);
    repository.git(&["checkout", "--quiet", "topic"]);
    repository.write("s/c.env", "A=CANARY\n");
    let expected = ["s/b.env:1:3 not-encrypted A", "s/c.env:1:3 not-encrypted A"];
    assert_eq!(repository.findings(&["--since", "main"]), expected);
    assert_eq!(repository.findings(&["--since", "HEAD"]), expected[1..]);
    for revision in ["nowhere", "--output=x", ""] {
        repository.check(&[&format!("--since={revision}")]).expect_code(2);
    }
}
