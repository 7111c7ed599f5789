//! `edit`, with editors that are small scripts.
//!
//! Signals are sent by the editor itself while it runs, to its parent, which is the tool. So every test
//! knows at which point they arrive, and none depends on a terminal, on process groups or on time.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use fieldseal_test_support::{CANARY, IDENTITY, Outcome, RECIPIENT, Sandbox, fieldseal};

const TEXT: &str = "# who may\nuser: admin\npassword: \"canary-7f3a91c4\"   # rotate\nlist: [1, two]\n";

/// A sandbox with an encrypted file `secrets.yaml`.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.install_identity(IDENTITY);
    sandbox.write(".sops.yaml", format!("creation_rules:\n  - age: {RECIPIENT}\n"));
    sandbox.write("secrets.yaml", TEXT);
    sandbox.fieldseal(["encrypt", "--in-place", "secrets.yaml"]).expect_code(0);
    sandbox
}

/// `edit FILE` with `script` as the editor: `$1` is the file to edit, `$LOG` a file to write to. What the
/// script leaves in the log is in the work directory under that name.
fn edit(sandbox: &Sandbox, file: &str, script: &str) -> Command {
    sandbox.write("editor.sh", script);
    let mut command = sandbox.command(fieldseal());
    command.args(["edit", file]).env("EDITOR", "sh editor.sh").env("LOG", sandbox.path("log"));
    command
}

fn run(sandbox: &Sandbox, file: &str, script: &str) -> Outcome {
    Outcome::of(&mut edit(sandbox, file, script), b"")
}

fn log(sandbox: &Sandbox) -> String {
    String::from_utf8(sandbox.read("log")).unwrap()
}

fn decrypted(sandbox: &Sandbox, file: &str) -> String {
    sandbox.fieldseal(["decrypt", file]).expect_code(0).text().to_owned()
}

/// That nothing is left of the place the editor worked in, whose path the script wrote to the log.
fn assert_gone(sandbox: &Sandbox) {
    let path = PathBuf::from(log(sandbox).lines().next().unwrap());
    assert!(path.is_absolute() && path.parent().unwrap() != Path::new("/"));
    assert!(!path.exists() && !path.parent().unwrap().exists(), "{}", path.display());
    assert!(sandbox.files_with(CANARY).is_empty());
}

#[test]
fn a_change_of_one_value_changes_that_value_the_date_and_the_mac() {
    let sandbox = sandbox();
    let before = String::from_utf8(sandbox.read("secrets.yaml")).unwrap();
    run(&sandbox, "secrets.yaml", "sed -i.old 's/user: admin/user: root/' \"$1\"").expect_code(0);
    let after = String::from_utf8(sandbox.read("secrets.yaml")).unwrap();
    assert_eq!(decrypted(&sandbox, "secrets.yaml"), TEXT.replace("admin", "root"));
    assert_eq!(before.lines().count(), after.lines().count());
    for (old, new) in before.lines().zip(after.lines()).filter(|(old, new)| old != new) {
        let key = new.trim_start().split(':').next().unwrap();
        assert!(["user", "lastmodified", "mac"].contains(&key), "{old}\n{new}");
    }
    assert!(before.lines().zip(after.lines()).any(|(old, new)| old != new && new.starts_with("user: ENC[")));
}

#[test]
fn without_a_change_the_file_is_not_touched() {
    use std::os::unix::fs::MetadataExt as _;
    let sandbox = sandbox();
    let seen = |sandbox: &Sandbox| {
        let found = fs::metadata(sandbox.path("secrets.yaml")).unwrap();
        (found.ino(), found.mtime(), found.mtime_nsec(), sandbox.read("secrets.yaml"))
    };
    let before = seen(&sandbox);
    let outcome = run(&sandbox, "secrets.yaml", "echo \"$1\" > \"$LOG\"").expect_code(200);
    assert!(
        outcome.text().is_empty() && outcome.stderr.ends_with("File has not changed, exiting.\n"),
        "{outcome}"
    );
    assert!(seen(&sandbox) == before);
    assert_gone(&sandbox);
}

/// Whether files can be made in this directory, which is in memory.
#[cfg(target_os = "linux")]
fn is_memory(directory: &Path) -> bool {
    const TMPFS: u32 = 0x0102_1994;
    rustix::fs::statfs(directory).is_ok_and(|found| found.f_type as u32 == TMPFS)
        && tempfile::tempdir_in(directory).is_ok()
}

#[cfg(not(target_os = "linux"))]
fn is_memory(_directory: &Path) -> bool {
    false
}

#[test]
fn the_text_lies_in_memory_for_its_owner_only_under_the_name_of_the_file() {
    let sandbox = sandbox();
    let script = "echo \"$1\" > \"$LOG\"\n\
                  for path in \"$1\" \"${1%/*}\"; do ls -ld \"$path\" | cut -c1-10; done >> \"$LOG\"\n\
                  cat \"$1\" > \"$1.swp\"\necho 'more: 1' >> \"$1\"\n";
    run(&sandbox, "secrets.yaml", script).expect_code(0);
    let log = log(&sandbox);
    let lines: Vec<_> = log.lines().collect();
    assert!(lines[0].ends_with("/secrets.yaml"), "{log}");
    assert_eq!(&lines[1..], ["-rw-------", "drwx------"], "{log}");
    if is_memory(Path::new("/dev/shm")) {
        assert!(lines[0].starts_with("/dev/shm/"), "{log}");
    }
    assert_gone(&sandbox);
    assert_eq!(decrypted(&sandbox, "secrets.yaml"), format!("{TEXT}more: 1\n"));
}

#[test]
fn a_new_file_begins_with_an_example() {
    let sandbox = sandbox();
    for (file, line) in [
        ("new.yaml", "hello: Welcome to SOPS! Edit this file as you please!"),
        ("new.json", "\t\"hello\": \"Welcome to SOPS! Edit this file as you please!\","),
        ("new.env", "hello=Welcome to SOPS! Edit this file as you please!"),
        ("new.ini", "hello"),
        ("new.txt", "Welcome to SOPS! Edit this file as you please!"),
    ] {
        run(&sandbox, file, "cat \"$1\" > \"$LOG\"").expect_code(200);
        assert!(!sandbox.path(file).exists());
        assert!(log(&sandbox).lines().any(|found| found.starts_with(line)), "{file}: {}", log(&sandbox));
    }
    run(&sandbox, "new.yaml", "echo 'password: new' > \"$1\"").expect_code(0);
    assert_eq!(decrypted(&sandbox, "new.yaml"), "password: new\n");
    assert!(String::from_utf8(sandbox.read("new.yaml")).unwrap().starts_with("password: ENC["));
    // The example itself can be encrypted as well.
    for file in ["all.yaml", "all.json", "all.env", "all.ini", "all.txt"] {
        let script = "sed 's/Welcome to/Welcome at/' \"$1\" > \"$LOG\"; cat \"$LOG\" > \"$1\"";
        run(&sandbox, file, script).expect_code(0);
        assert_eq!(decrypted(&sandbox, file), log(&sandbox), "{file}");
    }
}

/// An editor that breaks the text the first time and mends it the second time, if it finds it as it left it.
const BREAKS_FIRST: &str = r#"
half=canary; half=$half-7f3a91c4
if [ -e "$LOG" ]; then
    grep -q "$half" "$1" && echo 'password: mended' > "$1"
else
    echo "$1" > "$LOG"
    printf 'ok: 1\npassword: [%s\n' "$half" > "$1"
fi
"#;

#[test]
fn a_broken_text_is_offered_again() {
    let sandbox = sandbox();
    let outcome = Outcome::of(&mut edit(&sandbox, "secrets.yaml", BREAKS_FIRST), b"\n").expect_code(0);
    assert!(outcome.stderr.starts_with("error: secrets.yaml:3:1: "), "{outcome}");
    assert!(outcome.stderr.contains("Press enter to return to the editor, or Ctrl+C to exit."), "{outcome}");
    assert!(!outcome.mentions(CANARY), "{outcome}");
    assert_eq!(decrypted(&sandbox, "secrets.yaml"), "password: mended\n");
    assert_gone(&sandbox);
}

#[test]
fn a_broken_text_without_anybody_to_mend_it_is_given_up() {
    let sandbox = sandbox();
    let before = sandbox.read("secrets.yaml");
    let outcome = Outcome::of(&mut edit(&sandbox, "secrets.yaml", BREAKS_FIRST), b"").expect_code(2);
    assert!(!outcome.mentions(CANARY), "{outcome}");
    assert!(sandbox.read("secrets.yaml") == before);
    assert_gone(&sandbox);
}

#[test]
fn a_reserved_key_and_an_empty_text_are_offered_again() {
    let sandbox = sandbox();
    let before = sandbox.read("secrets.yaml");
    for text in ["a: 1\\nsops: 1\\n", ""] {
        let script = format!("echo \"$1\" > \"$LOG\"; printf '{text}' > \"$1\"");
        let outcome = run(&sandbox, "secrets.yaml", &script);
        assert!(outcome.code != 0 && outcome.stderr.contains("Press enter"), "{outcome}");
        assert!(sandbox.read("secrets.yaml") == before);
        assert_gone(&sandbox);
    }
}

#[test]
fn an_editor_that_fails_changes_nothing() {
    let sandbox = sandbox();
    let before = sandbox.read("secrets.yaml");
    let script = "echo \"$1\" > \"$LOG\"; echo 'a: 1' > \"$1\"; exit 3";
    let outcome = run(&sandbox, "secrets.yaml", script).expect_code(201);
    assert!(outcome.stderr.contains("could not run editor: exit status: 3"), "{outcome}");
    assert!(sandbox.read("secrets.yaml") == before);
    assert_gone(&sandbox);
}

#[test]
fn the_editor_is_the_one_that_the_environment_names() {
    let sandbox = sandbox();
    let script = "#!/bin/sh\necho \"$@\" > \"$LOG\"\n";
    let program = sandbox.write("my editor", script);
    let mut command = sandbox.command("chmod");
    Outcome::of(command.arg("+x").arg(&program), b"").expect_code(0);
    let editor = format!("'{}' --wait \"two words\"", program.display());
    let mut command = edit(&sandbox, "secrets.yaml", "exit 1");
    Outcome::of(command.env("SOPS_EDITOR", editor), b"").expect_code(200);
    assert!(log(&sandbox).starts_with("--wait two words /"), "{}", log(&sandbox));

    for (editor, message) in [
        ("vim 'x", "error: secrets.yaml: could not run editor: SOPS_EDITOR has an open quote"),
        (
            "no-such-editor-7f3a",
            "error: secrets.yaml: could not run editor: SOPS_EDITOR names a program that is not in PATH",
        ),
        ("./no-such-editor", "error: secrets.yaml: could not run editor: ./no-such-editor: "),
    ] {
        let mut command = edit(&sandbox, "secrets.yaml", "");
        let outcome = Outcome::of(command.env("SOPS_EDITOR", editor), b"").expect_code(201);
        assert!(outcome.stderr.starts_with(message), "{outcome}");
    }
}

#[test]
fn without_any_editor_the_variables_are_named() {
    let sandbox = sandbox();
    let mut command = edit(&sandbox, "secrets.yaml", "");
    let command = command.env_remove("EDITOR").env("PATH", sandbox.path("nowhere"));
    let outcome = Outcome::of(command, b"").expect_code(201);
    assert!(outcome.stderr.contains("hint: set SOPS_EDITOR or EDITOR"), "{outcome}");
}

#[test]
fn the_metadata_can_be_shown_and_edits_are_kept() {
    let sandbox = sandbox();
    let script = "cat \"$1\" > \"$LOG\"; sed -i.old 's/user: admin/user: root/' \"$1\"";
    let mut command = edit(&sandbox, "secrets.yaml", script);
    Outcome::of(command.arg("--show-master-keys"), b"").expect_code(0);
    assert!(log(&sandbox).contains(RECIPIENT), "{}", log(&sandbox));
    assert!(log(&sandbox).starts_with(TEXT), "{}", log(&sandbox));
    assert_eq!(decrypted(&sandbox, "secrets.yaml"), TEXT.replace("admin", "root"));
}

/// Whether the signal, a number, is ignored in this process, and so in those that it starts.
fn is_ignored(signal: u32) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap_or("0");
    u64::from_str_radix(mask.trim(), 16).unwrap_or(0) & (1 << (signal - 1)) != 0
}

#[test]
fn an_interrupt_while_the_editor_runs_is_for_the_editor() {
    let sandbox = sandbox();
    // The editor lives on, as editors do, and saves.
    for signal in ["INT", "QUIT"] {
        let script = format!("kill -{signal} $PPID\necho 'after_{signal}: 1' >> \"$1\"\n");
        run(&sandbox, "secrets.yaml", &script).expect_code(0);
    }
    assert_eq!(decrypted(&sandbox, "secrets.yaml"), format!("{TEXT}after_INT: 1\nafter_QUIT: 1\n"));
}

#[test]
fn signals_that_are_ignored_from_the_start_stay_ignored() {
    let sandbox = sandbox();
    sandbox.write(
        "editor.sh",
        "for signal in HUP INT QUIT TERM; do kill -$signal $PPID; done\necho 'more: 1' >> \"$1\"\n",
    );
    let mut command = sandbox.command("sh");
    command.args(["-c", "trap '' HUP INT QUIT TERM; exec \"$FIELDSEAL\" edit secrets.yaml"]);
    command.env("FIELDSEAL", fieldseal()).env("EDITOR", "sh editor.sh");
    if cfg!(target_os = "linux") {
        Outcome::of(&mut command, b"").expect_code(0);
        assert_eq!(decrypted(&sandbox, "secrets.yaml"), format!("{TEXT}more: 1\n"));
    }
}

#[test]
fn a_termination_is_passed_on_and_leaves_nothing_behind() {
    for (name, number) in [("TERM", 15), ("HUP", 1)] {
        let sandbox = sandbox();
        let before = sandbox.read("secrets.yaml");
        // Waits for the signal that comes back; the bound only keeps a defect from blocking the suite.
        let script = format!(
            "echo \"$1\" > \"$LOG\"\n\
             echo 'more: 1' >> \"$1\"\n\
             sleep 60 > /dev/null 2>&1 &\n\
             trap 'kill $!; echo passed >> \"$LOG\"; exit 0' {name}\n\
             kill -{name} $PPID\n\
             wait\n\
             echo missed >> \"$LOG\"\n"
        );
        if is_ignored(number) {
            // Started like this, the tool lets the editor finish, which the case above shows.
            continue;
        }
        // Until the editor has closed stderr as well, so the log is complete afterwards.
        let outcome = run(&sandbox, "secrets.yaml", &script);
        assert_eq!(outcome.code, 128 + number as i32, "{outcome}");
        assert_eq!(log(&sandbox).lines().nth(1), Some("passed"), "{name}");
        assert!(sandbox.read("secrets.yaml") == before);
        assert_gone(&sandbox);
    }
}
