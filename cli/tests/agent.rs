//! Passphrases of identity files from a real gpg-agent, whose dialog is a program that answers by itself; beside the real
//! sops.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Stdio;

use fieldseal_test_support::{CANARY, IDENTITY, Outcome, RECIPIENT, Sandbox, fieldseal, tool};

/// A dialog that answers with the line in the file `answer`, and notes in the file `asked` what it was to show.
const DIALOG: &str = r#"#!/bin/sh
cd "$(dirname "$0")"
echo 'OK ready'
while read -r line; do
    case $line in
    SETDESC*) printf '%s\n' "$line" >> asked; echo OK ;;
    GETPIN*) cat answer; grep -q '^ERR' answer || echo OK ;;
    *) echo OK ;;
    esac
done
"#;

/// A sandbox with an agent, which ends with it, and a file for an identity that a passphrase protects.
struct Scene {
    sandbox: Sandbox,
    agent: String,
}

impl Scene {
    fn new(armor: bool) -> Self {
        let sandbox = Sandbox::new();
        let dialog = sandbox.write("dialog/pinentry", DIALOG);
        fs::set_permissions(&dialog, fs::Permissions::from_mode(0o755)).unwrap();
        let settings = format!("pinentry-program {}\n", dialog.display());
        fs::write(sandbox.root().join("gnupg/gpg-agent.conf"), settings).unwrap();
        let mut launch = sandbox.command("gpgconf");
        Outcome::of(launch.args(["--launch", "gpg-agent"]), b"").expect_code(0);
        let mut list = sandbox.command("gpgconf");
        let agent = Outcome::of(list.args(["--list-dirs", "agent-socket"]), b"").expect_code(0);

        sandbox.write("secrets.yaml", format!("password: {CANARY}\n"));
        let sealed = sandbox.fieldseal(["encrypt", "--age", RECIPIENT, "secrets.yaml"]).expect_code(0);
        sandbox.write("secrets.yaml", sealed.stdout);
        let identity = sandbox.write("plain-identity", format!("{IDENTITY}\n"));
        let mut encrypt = sandbox.command(tool("age"));
        encrypt.args(["-e", "-j", "batchpass", "-o", "identity.age"]).args(armor.then_some("-a"));
        encrypt.arg(&identity).env("AGE_PASSPHRASE", "open sesame").env("AGE_PASSPHRASE_WORK_FACTOR", "10");
        Outcome::of(&mut encrypt, b"").expect_code(0);
        Self { agent: format!("{}:0:1", agent.text().trim()), sandbox }
    }

    /// What the dialog answers from now on.
    fn answer(&self, line: &str) {
        self.sandbox.write("dialog/answer", format!("{line}\n"));
    }

    /// How often the dialog was shown.
    fn asked(&self) -> usize {
        let asked = fs::read_to_string(self.sandbox.path("dialog/asked")).unwrap_or_default();
        asked.lines().count()
    }

    fn decrypt(&self, program: &Path) -> Outcome {
        let mut command = self.sandbox.command(program);
        command.args(["decrypt", "secrets.yaml"]).env("SOPS_AGE_KEY_FILE", "identity.age");
        // sops fails without a kind of terminal.
        Outcome::of(command.env("GPG_AGENT_INFO", &self.agent).env("TERM", "dumb"), b"")
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        let mut command = self.sandbox.command("gpgconf");
        let _ = command.args(["--kill", "all"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}

#[test]
fn what_one_program_was_told_the_other_finds() {
    for armor in [false, true] {
        for (first, second) in [(fieldseal(), tool("sops")), (tool("sops"), fieldseal())] {
            let scene = Scene::new(armor);
            scene.answer("D open sesame");
            for program in [&first, &second, &first] {
                let opened = scene.decrypt(program).expect_code(0);
                assert_eq!(opened.text(), format!("password: {CANARY}\n"));
                assert_eq!(scene.asked(), 1, "{}", program.display());
            }
            let shown = String::from_utf8(scene.sandbox.read("dialog/asked")).unwrap();
            assert!(shown.contains("Enter passphrase for identity %27SOPS_AGE_KEY_FILE%27%3A"), "{shown}");
        }
    }
}

#[test]
fn a_wrong_passphrase_is_forgotten() {
    let scene = Scene::new(false);
    scene.answer("D something else");
    for (asked, program) in [fieldseal(), tool("sops"), fieldseal()].iter().enumerate() {
        let failed = scene.decrypt(program).expect_code(128);
        assert!(failed.stderr.contains("incorrect"), "{failed}");
        assert!(!failed.stderr.contains("something else"), "{failed}");
        assert_eq!(scene.asked(), asked + 1, "{}", program.display());
    }
    scene.answer("D open sesame");
    scene.decrypt(&fieldseal()).expect_code(0);
    assert_eq!(scene.asked(), 4);
}

#[test]
fn who_cancels_the_dialog_is_not_asked_again() {
    let scene = Scene::new(false);
    for (answer, part) in [
        ("ERR 83886179 Operation cancelled <Pinentry>", "dialog of gpg-agent"),
        ("ERR 83886278 Operation fully cancelled <Pinentry>", "dialog of gpg-agent"),
        // It could not be shown; then the terminal is asked, and there is none.
        ("ERR 83886165 No pinentry <Pinentry>", "gpg-agent:"),
    ] {
        scene.answer(answer);
        let before = scene.asked();
        let failed = scene.decrypt(&fieldseal()).expect_code(128);
        assert!(failed.stderr.contains(part), "{failed}");
        assert_eq!(scene.asked(), before + 1);
        scene.decrypt(&tool("sops")).expect_code(128);
    }
}
