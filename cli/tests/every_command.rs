//! What holds for every command that opens files: when it fails nothing is shown, nothing is left, nothing is changed and
//! nothing is run.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use fieldseal_test_support::{CANARY, IDENTITY, Outcome, RECIPIENT, Sandbox, fieldseal};

/// A second recipient.
const OTHER: &str = "age1ys4npv0tz4q9c5lyhskpkf4x8daluu7p6xrlf4vz5ptk55p6zgpqks6adm";

/// An identity that opens nothing here.
const STRANGER: &str = "AGE-SECRET-KEY-1WYJ2N4FMSS3ZXWTKP9VAD3JS4HWR47LKKZ2DCHPFX6J2S0ESVD8S9CZ0H8";

/// Every command that decrypts `f.yaml`, in each way to write the result.
const OPENING: &[&[&str]] = &[
    &["decrypt", "-i", "f.yaml"],
    &["decrypt", "--output", "out", "f.yaml"],
    &["decrypt", "--output-dir", "out", "f.yaml"],
    &["decrypt", "--extract", "[\"a\"]", "f.yaml"],
    &["decrypt", "--output-type", "json", "f.yaml"],
    &["decrypt", "--output-type", "json", "--output", "out.json", "f.yaml"],
    &["rotate", "f.yaml"],
    &["rotate", "-i", "f.yaml"],
    &["rotate", "-i", "--add-age", OTHER, "f.yaml"],
    &["rotate", "--output", "out", "f.yaml"],
    &["updatekeys", "-y", "f.yaml"],
    &["updatekeys", "-y", "--rotate", "f.yaml"],
    &["groups", "add", "-i", "--file", "f.yaml", "--age", OTHER],
    &["groups", "add", "--file", "f.yaml", "--age", OTHER],
    &["set", "f.yaml", "[\"b\"]", "\"canary-7f3a91c4\""],
    &["set", "--idempotent", "f.yaml", "[\"b\"]", "\"new canary-7f3a91c4\""],
    &["unset", "f.yaml", "[\"a\"]"],
    &["edit", "f.yaml"],
    &["exec-env", "f.yaml", "touch ran"],
    &["exec-env", "--pristine", "--same-process", "f.yaml", "/bin/touch ran"],
    &["exec-file", "f.yaml", "touch ran; cat {}"],
    &["exec-file", "--no-fifo", "f.yaml", "touch ran; cat {}"],
];

/// Commands that look at a file without opening it.
const LOOKING: &[&[&str]] = &[
    &["filestatus", "f.yaml"],
    &["check", "f.yaml"],
    &["check", "--decrypt", "f.yaml"],
    &["check", "--format", "json", "f.yaml"],
    &["explain", "f.yaml"],
    &["explain", "f.yaml", "[\"a\"]"],
];

// `updatekeys` tells on stdout what would change before it opens a file.

/// A sandbox with an encrypted file for one recipient, and a rule for two.
fn sandbox(values: usize) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.install_identity(IDENTITY);
    sandbox.write(".sops.yaml", format!("creation_rules:\n  - age: {RECIPIENT}\n"));
    let more: String = (0..values).map(|n| format!("key_{n}: {CANARY}-{n}\n")).collect();
    sandbox.write("f.yaml", format!("a: {CANARY}\n# {CANARY}\nb: {CANARY}\n{more}"));
    sandbox.fieldseal(["encrypt", "-i", "f.yaml"]).expect_code(0);
    sandbox.write(".sops.yaml", format!("creation_rules:\n  - age: {RECIPIENT},{OTHER}\n"));
    sandbox.write("editor.sh", "touch ran\necho 'c: 1' >> \"$1\"\n");
    sandbox
}

fn run(sandbox: &Sandbox, arguments: &[&str]) -> Outcome {
    let mut command = sandbox.command(fieldseal());
    Outcome::of(command.args(arguments).env("EDITOR", "sh editor.sh"), b"")
}

/// The text with one letter changed behind `part`, from the first place on where it stands behind `behind`.
fn tampered(text: &str, behind: &str, part: &str) -> String {
    let start = text.find(behind).unwrap();
    let at = start + text[start..].find(part).unwrap() + part.len();
    let other = if text.as_bytes()[at] == b'A' { "B" } else { "A" };
    format!("{}{other}{}", &text[..at], &text[at + 1..])
}

#[test]
fn a_file_that_cannot_be_opened_is_shown_left_and_changed_by_none() {
    let sandbox = sandbox(0);
    let good = String::from_utf8(sandbox.read("f.yaml")).unwrap();
    // The file, the identity, and the code of those that open it.
    let cases = [
        ("the wrong key", good.clone(), STRANGER, 128),
        ("no key", good.clone(), "# none", 128),
        ("a tampered value", tampered(&good, "b: ENC", "data:"), IDENTITY, 25),
        ("a tampered MAC", tampered(&good, "mac: ENC", "data:"), IDENTITY, 51),
        ("a value more", format!("z: {CANARY}\n{good}"), IDENTITY, 25),
        ("cut off", good[..good.find("    mac:").unwrap()].to_owned(), IDENTITY, 1),
        ("not well formed", format!("{good}z: [{CANARY}\n"), IDENTITY, 1),
        ("in clear", format!("a: {CANARY}\nb: {CANARY}\n"), IDENTITY, 1),
        ("a damaged key", tampered(&good, "BEGIN AGE", "            YWdl"), IDENTITY, 128),
    ];
    let mut problems = Vec::new();
    for (title, text, identity, code) in cases {
        sandbox.install_identity(identity);
        sandbox.write("f.yaml", text);
        let before = sandbox.files();
        for arguments in OPENING {
            let outcome = run(&sandbox, arguments);
            let told = format!("{title}: {arguments:?}: {outcome}");
            assert!(outcome.code != 0, "{told}");
            if outcome.code != code {
                problems.push(told.clone());
            }
            assert!(
                (outcome.stdout.is_empty() || arguments[0] == "updatekeys") && !outcome.mentions(CANARY),
                "{told}"
            );
            assert!(!outcome.stderr.contains("panic") && outcome.stderr.contains("f.yaml"), "{told}");
            assert!(sandbox.files() == before, "{told}");
        }
        for arguments in LOOKING {
            let outcome = run(&sandbox, arguments);
            assert!(!outcome.mentions(CANARY), "{title}: {arguments:?}: {outcome}");
            assert!(
                !outcome.stderr.contains("panic") && outcome.code < 128,
                "{title}: {arguments:?}: {outcome}"
            );
            assert!(sandbox.files() == before, "{title}: {arguments:?}");
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn no_command_shows_clear_text_that_it_was_not_asked_for() {
    for arguments in OPENING.iter().chain(LOOKING) {
        let sandbox = sandbox(0);
        let outcome = run(&sandbox, arguments);
        assert!(outcome.code == 0 || arguments[0] == "check", "{arguments:?}: {outcome}");
        assert!(!outcome.stderr.contains(CANARY), "{arguments:?}: {outcome}");
        let asked = arguments[0] == "decrypt" || arguments[0] == "exec-file";
        assert!(asked || !outcome.mentions(CANARY), "{arguments:?}: {outcome}");
        assert!(asked || sandbox.files_with(CANARY).is_empty(), "{arguments:?}");
    }
}

#[test]
fn a_full_disk_leaves_every_file_as_it_was() {
    let sandbox = sandbox(1000);
    let before = sandbox.files();
    for arguments in OPENING {
        // What goes to stdout needs no disk, and a command with nothing but variables neither.
        let writes = ["-i", "--output", "--output-dir", "--no-fifo"];
        let always = ["set", "unset", "updatekeys", "edit"];
        if !arguments.iter().any(|word| writes.contains(word)) && !always.contains(&arguments[0]) {
            continue;
        }
        // The shell's unit is 512 bytes, or 1024: either way not enough for what is written here.
        let script = "ulimit -f 8; exec \"$0\" \"$@\"";
        let mut command = sandbox.command("sh");
        command.args(["-c", script]).arg(fieldseal()).args(*arguments).env("EDITOR", "sh editor.sh");
        let outcome = Outcome::of(&mut command, b"");
        assert_eq!(outcome.code, 3, "{arguments:?}: {outcome}");
        assert!(outcome.stdout.is_empty() || arguments[0] == "updatekeys", "{arguments:?}: {outcome}");
        assert!(!outcome.mentions(CANARY), "{arguments:?}: {outcome}");
        assert!(outcome.stderr.contains("cannot"), "{arguments:?}: {outcome}");
        // A directory that was made for the results may stay.
        assert!(sandbox.files() == before, "{arguments:?}");
    }
}
