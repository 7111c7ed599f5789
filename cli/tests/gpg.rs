//! OpenPGP keys: with the real gpg and keys made here, beside the real sops, and with programs in gpg's place that show
//! when they are run and what becomes of them.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use fieldseal_test_support::{CANARY, IDENTITY, Outcome, RECIPIENT, Sandbox, fieldseal, tool};

/// Two more recipients of age, and the identity of the first.
const SECOND: &str = "age1j0w49enflpgekldxtstytr08qwt55sxg5x8aj5wm4yl990t6x3ps0vzy95";
const SECOND_IDENTITY: &str = "AGE-SECRET-KEY-1WYJ2N4FMSS3ZXWTKP9VAD3JS4HWR47LKKZ2DCHPFX6J2S0ESVD8S9CZ0H8";

/// A sandbox with a keyring, whose agent ends with it.
struct Keyring {
    sandbox: Sandbox,
}

impl Keyring {
    fn new() -> Self {
        let sandbox = Sandbox::new();
        sandbox.write("secrets.yaml", format!("password: {CANARY}\n"));
        Self { sandbox }
    }

    /// Makes a key and gives the fingerprints of it and of its part that encrypts.
    fn make(&self, name: &str) -> (String, String) {
        let made =
            self.gpg(&["--batch", "--passphrase", "", "--quick-generate-key", name, "default", "default"]);
        made.expect_code(0);
        let list = self.gpg(&["--batch", "--with-colons", "--list-keys", name]).expect_code(0);
        let mut fingerprints = list
            .text()
            .lines()
            .filter(|line| line.starts_with("fpr:"))
            .map(|line| line.replace(['f', 'p', 'r', ':'], ""));
        (fingerprints.next().unwrap(), fingerprints.next().unwrap())
    }

    fn gpg(&self, arguments: &[&str]) -> Outcome {
        Outcome::of(self.sandbox.command("gpg").args(arguments), b"")
    }

    fn run(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Outcome {
        let mut command = self.sandbox.command(fieldseal());
        Outcome::of(command.args(arguments).envs(variables.iter().copied()), b"")
    }

    /// A program in the place of gpg.
    fn program(&self, script: &str) -> String {
        let path = self.sandbox.write("gpg-program", format!("#!/bin/sh\n{script}\n"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path.display().to_string()
    }
}

impl Drop for Keyring {
    fn drop(&mut self) {
        let mut command = self.sandbox.command("gpgconf");
        let _ = command.args(["--kill", "all"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}

#[test]
fn files_for_pgp_keys_go_both_ways() {
    let keyring = Keyring::new();
    let (whole, part) = keyring.make("first");
    let spaced: Vec<_> = whole.as_bytes().chunks(4).map(|part| String::from_utf8_lossy(part)).collect();
    let spaced = spaced.join(" ");
    // By a flag, with spaces; by the part that encrypts and no other; by a variable; by a name, with a rule for age.
    let exact = format!("{part}!");
    for (arguments, variables) in [
        (&["encrypt", "--pgp", &spaced, "secrets.yaml"][..], &[][..]),
        (&["encrypt", "-p", &exact, "secrets.yaml"], &[]),
        (&["encrypt", "secrets.yaml"], &[("SOPS_PGP_FP", whole.as_str())]),
        (&["encrypt", "--pgp", "first", "--age", RECIPIENT, "secrets.yaml"], &[]),
    ] {
        let sealed = keyring.run(arguments, variables).expect_code(0);
        assert!(
            !sealed.mentions(CANARY) && sealed.text().contains("-----BEGIN PGP MESSAGE-----"),
            "{sealed}"
        );
        keyring.sandbox.write("sealed.yaml", &sealed.stdout);
        let opened = keyring.sandbox.sops(["decrypt", "sealed.yaml"]).expect_code(0);
        assert_eq!(opened.text(), format!("password: {CANARY}\n"));
        assert_eq!(keyring.run(&["decrypt", "sealed.yaml"], &[]).expect_code(0).stdout, opened.stdout);
    }
    assert!(String::from_utf8(keyring.sandbox.read("sealed.yaml")).unwrap().contains("fp: first\n"));

    for key in [&whole, &exact] {
        let sealed = keyring.sandbox.sops(["encrypt", "--pgp", key, "secrets.yaml"]).expect_code(0);
        keyring.sandbox.write("sealed.yaml", &sealed.stdout);
        let opened = keyring.run(&["decrypt", "sealed.yaml"], &[]).expect_code(0);
        assert_eq!(opened.text(), format!("password: {CANARY}\n"));
    }
}

#[test]
fn rules_and_groups_hold_pgp_keys() {
    let keyring = Keyring::new();
    let (first, _) = keyring.make("first");
    keyring.sandbox.write(
        ".sops.yaml",
        format!(
            "creation_rules:\n  - shamir_threshold: 2\n    key_groups:\n      - pgp:\n          - {first}\n      - age:\n          \
             - {RECIPIENT}\n"
        ),
    );
    keyring.run(&["encrypt", "-i", "secrets.yaml"], &[]).expect_code(0);
    for identity in [IDENTITY, SECOND_IDENTITY] {
        let variables = [("SOPS_AGE_KEY", identity)];
        let ours = keyring.run(&["decrypt", "secrets.yaml"], &variables);
        let mut sops = keyring.sandbox.command(tool("sops"));
        let theirs = Outcome::of(sops.args(["decrypt", "secrets.yaml"]).envs(variables), b"");
        assert_eq!((ours.code, &ours.stdout), (theirs.code, &theirs.stdout), "{ours}\n{theirs}");
    }
}

#[test]
fn what_gpg_cannot_do_is_told_in_its_words() {
    let keyring = Keyring::new();
    let unknown = "85D77543B3D624B63CEA9E6DBC17301B491B3F21";
    let failed = keyring.run(&["encrypt", "--pgp", unknown, "secrets.yaml"], &[]).expect_code(1);
    assert!(
        failed
            .stderr
            .contains(&format!("master key \"{unknown}\": failed to encrypt the data key with gpg: gpg: "))
    );
    assert!(failed.stdout.is_empty() && !failed.mentions(CANARY), "{failed}");

    let other = Keyring::new();
    let (first, _) = other.make("first");
    let sealed = other.run(&["encrypt", "--pgp", &first, "secrets.yaml"], &[]).expect_code(0);
    keyring.sandbox.write("sealed.yaml", &sealed.stdout);
    let failed = keyring.run(&["decrypt", "sealed.yaml"], &[]).expect_code(128);
    for part in [
        &format!("  {first}: FAILED\n    - | failed to decrypt the data key with gpg: gpg: "),
        &format!("hint: gpg needs the secret key of {first}: "),
    ] {
        assert!(failed.stderr.contains(part), "{failed}");
    }
    let missing = [("SOPS_GPG_EXEC", "/does/not/exist")];
    for (arguments, code) in
        [(&["encrypt", "--pgp", &first, "secrets.yaml"][..], 1), (&["decrypt", "sealed.yaml"], 128)]
    {
        let failed = keyring.run(arguments, &missing).expect_code(code);
        let said = failed.stderr.split_whitespace().filter(|word| *word != "|").collect::<Vec<_>>().join(" ");
        assert!(
            said.contains(
                "the program /does/not/exist cannot be started: no such file or directory; install GnuPG, or name its \
                 program in SOPS_GPG_EXEC"
            ),
            "{failed}"
        );
    }
}

/// A file for one group of PGP and two of age, of which `threshold` are needed.
fn three_groups(keyring: &Keyring, threshold: u32) {
    let (first, _) = keyring.make("first");
    keyring.sandbox.write(
        ".sops.yaml",
        format!(
            "creation_rules:\n  - shamir_threshold: {threshold}\n    key_groups:\n      - pgp: [{first}]\n      - age: [{RECIPIENT}]\n      \
             - age: [{SECOND}]\n"
        ),
    );
    keyring.run(&["encrypt", "-i", "secrets.yaml"], &[]).expect_code(0);
}

#[test]
fn no_key_is_asked_that_is_not_needed() {
    let keyring = Keyring::new();
    three_groups(&keyring, 2);
    // It notes that it was run, and does the work.
    let program = keyring.program("echo run >> runs; exec gpg \"$@\"");
    let both = format!("{IDENTITY} {SECOND_IDENTITY}");
    for (identities, order, runs) in
        [(both.as_str(), "", 0), (both.as_str(), "age", 0), (both.as_str(), "pgp,age", 1), (IDENTITY, "", 1)]
    {
        keyring.sandbox.write("runs", "");
        let variables = [
            ("SOPS_GPG_EXEC", program.as_str()),
            ("SOPS_AGE_KEY", identities),
            ("SOPS_DECRYPTION_ORDER", order),
        ];
        let opened = keyring.run(&["decrypt", "secrets.yaml"], &variables).expect_code(0);
        assert_eq!(opened.text(), format!("password: {CANARY}\n"));
        let found = String::from_utf8(keyring.sandbox.read("runs")).unwrap().lines().count();
        assert_eq!(found, runs, "{order}");
    }
}

#[test]
fn a_program_that_does_not_end_is_ended() {
    let keyring = Keyring::new();
    three_groups(&keyring, 3);
    let program = keyring.program("exec sleep 1000");
    let both = format!("{IDENTITY} {SECOND_IDENTITY}");
    let variables =
        [("SOPS_GPG_EXEC", program.as_str()), ("SOPS_AGE_KEY", &both), ("FIELDSEAL_KEY_TIMEOUT", "1")];
    let failed = keyring.run(&["decrypt", "secrets.yaml"], &variables).expect_code(128);
    assert!(failed.stderr.contains("it was ended: it\n      | took longer than 1 s\n"), "{failed}");
    assert!(failed.stderr.contains("Group 1: SUCCESS") && failed.stdout.is_empty(), "{failed}");
}

#[test]
fn a_program_does_not_outlive_the_run() {
    let keyring = Keyring::new();
    three_groups(&keyring, 3);
    // It says that it runs, and keeps its end of the pipe open as long as it does.
    let pipe = keyring.sandbox.path("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let program = keyring.program("exec 9> pipe; echo running >&9; exec sleep 1000");
    let mut command = keyring.sandbox.command(fieldseal());
    command.args(["decrypt", "secrets.yaml"]).env("SOPS_GPG_EXEC", program).env("SOPS_AGE_KEY", IDENTITY);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut pipe = fs::File::open(pipe).unwrap();
    let mut line = [0; 8];
    pipe.read_exact(&mut line).unwrap();
    assert_eq!(&line, b"running\n");
    assert!(Command::new("sh").args(["-c", &format!("kill {}", child.id())]).status().unwrap().success());
    child.wait().unwrap();
    // This ends when the program has.
    assert_eq!(pipe.read_to_end(&mut Vec::new()).unwrap(), 0);
}
