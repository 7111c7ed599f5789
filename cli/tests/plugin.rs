//! age plugins: a toy beside the real sops, and toys that do what plugins must not do.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use fieldseal_test_support::{CANARY, Outcome, Sandbox, fieldseal, tool};

const RECIPIENT: &str = "age1toy1pzry9x8guq22xa";
const IDENTITY: &str = "AGE-PLUGIN-TOY-1PZRY9X8G7GW3G7";

/// The file key is its own ciphertext. What others say in between goes into the file `replies`.
const TOY: &str = r#"
case $1 in
*=recipient-v1) wanted='-> wrap-file-key' answer='recipient-stanza 0 toy' ;;
*=identity-v1) wanted='-> recipient-stanza 0 toy' answer='file-key 0' ;;
esac
while read -r line; do
    case $line in
    "$wanted") read -r key ;;
    '-> done') read -r line; break ;;
    esac
done
ask() {
    printf -- '-> %s\n%s\n' "$1" "$2"
    read -r line; printf '%s: %s\n' "${1%% *}" "$line" >> "$REPLIES"; read -r line
}
ask msg TWVzc2FnZQ
ask 'confirm WWVz' U3VyZT8
ask request-secret UElO
ask request-public TmFtZQ
ask from-the-future
[ -z "$key" ] || ask "$answer" "$key"
printf -- '-> done\n\n'
"#;

/// A sandbox with a plugin and a file.
struct Scene {
    sandbox: Sandbox,
}

impl Scene {
    fn new() -> Self {
        let scene = Self { sandbox: Sandbox::new() };
        scene.sandbox.write("secrets.yaml", format!("password: {CANARY}\n"));
        scene.sandbox.install_identity(IDENTITY);
        scene.plugin(TOY);
        scene
    }

    /// Puts this script into the place of the plugin.
    fn plugin(&self, script: &str) {
        let path = self.sandbox.write("bin/age-plugin-toy", format!("#!/bin/sh\n{script}\n"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn command(&self, program: &Path, arguments: &[&str]) -> Command {
        let mut command = self.sandbox.command(program);
        let path = command.get_envs().find(|(name, _)| *name == "PATH").unwrap().1.unwrap().to_owned();
        let all = [self.sandbox.path("bin")].into_iter().chain(std::env::split_paths(&path));
        command.args(arguments).env("PATH", std::env::join_paths(all).unwrap());
        command.env("REPLIES", self.sandbox.path("replies"));
        command
    }

    fn run(&self, program: &Path, arguments: &[&str]) -> Outcome {
        Outcome::of(&mut self.command(program, arguments), b"")
    }

    /// A file for the plugin, encrypted by a good one.
    fn sealed(&self) {
        let sealed = self.run(&fieldseal(), &["encrypt", "--age", RECIPIENT, "secrets.yaml"]);
        self.sandbox.write("sealed.yaml", sealed.expect_code(0).stdout);
    }

    /// The message without the breaks of its lines.
    fn words(outcome: &Outcome) -> String {
        let words: Vec<_> = outcome.stderr.split(['|', '\n', ' ']).filter(|word| !word.is_empty()).collect();
        words.join(" ")
    }
}

#[test]
fn a_plugin_is_used_as_sops_uses_it() {
    let scene = Scene::new();
    let mut replies = Vec::new();
    for encrypts in [fieldseal(), tool("sops")] {
        let sealed = scene.run(&encrypts, &["encrypt", "--age", RECIPIENT, "secrets.yaml"]).expect_code(0);
        assert!(!sealed.mentions(CANARY));
        replies.push((encrypts.clone(), scene.sandbox.read("replies")));
        fs::remove_file(scene.sandbox.path("replies")).unwrap();
        scene.sandbox.write("sealed.yaml", &sealed.stdout);
        for decrypts in [fieldseal(), tool("sops")] {
            let opened = scene.run(&decrypts, &["decrypt", "sealed.yaml"]).expect_code(0);
            assert_eq!(opened.text(), format!("password: {CANARY}\n"));
            replies.push((decrypts.clone(), scene.sandbox.read("replies")));
            fs::remove_file(scene.sandbox.path("replies")).unwrap();
        }
    }
    // Without a terminal nobody answers; what is not known is said so.
    for (program, replies) in replies {
        let replies = String::from_utf8(replies).unwrap();
        for line in ["confirm: -> fail", "request-secret: -> fail", "from-the-future: -> unsupported"] {
            assert!(replies.contains(line), "{}: {replies}", program.display());
        }
    }
}

#[test]
fn what_a_plugin_may_do_wrong() {
    let scene = Scene::new();
    scene.sealed();
    let drain = "while read -r line && [ \"$line\" != '-> done' ]; do :; done; read -r line\n";
    for (script, part) in [
        ("exit 3".to_owned(), "age-plugin-toy failed: it ended before it answered"),
        (format!("{drain}exit 0"), "age-plugin-toy failed: it ended before it answered"),
        (format!("{drain}echo nonsense"), "it does not speak the protocol"),
        (format!("{drain}echo '-> file-key 0'; echo '!'"), "it does not speak the protocol"),
        (format!("{drain}printf -- '-> file-key 0\\nAAAA\\n'; cat"), "it does not speak the protocol"),
        (
            format!("{drain}printf -- '-> recipient-stanza 1 toy\\nAAAA\\n'; cat"),
            "it does not speak the protocol",
        ),
        (format!("{drain}head -c 100000 /dev/zero"), "it ended before it answered"),
        (
            format!("{drain}printf -- '-> error internal\\nTm8gdG9rZW4\\n'; cat"),
            "age-plugin-toy says: No token",
        ),
    ] {
        scene.plugin(&script);
        for (arguments, code) in [
            (&["decrypt", "sealed.yaml"][..], 128),
            (&["encrypt", "-i", "--age", RECIPIENT, "secrets.yaml"], 1),
        ] {
            // Each message is of one part of the protocol only; the other one does not know it.
            let other_part =
                (script.contains("file-key") && code == 1) || (script.contains("stanza") && code == 128);
            if other_part {
                continue;
            }
            let failed = scene.run(&fieldseal(), arguments).expect_code(code);
            assert!(Scene::words(&failed).contains(part), "{script}: {failed}");
            assert!(failed.stdout.is_empty());
        }
    }
    fs::remove_file(scene.sandbox.path("bin/age-plugin-toy")).unwrap();
    let failed = scene.run(&fieldseal(), &["decrypt", "sealed.yaml"]).expect_code(128);
    assert!(Scene::words(&failed).contains("the age plugin age-plugin-toy is not in PATH"), "{failed}");
    assert_eq!(scene.sandbox.read("secrets.yaml"), format!("password: {CANARY}\n").into_bytes());
}

/// Says that it runs, and answers nothing. If it lives on when nobody talks with it any more, it says so.
const SILENT: &str = "echo run >> \"$REPLIES\"; exec 3>> \"$ALIVE\"; echo started >&3; while read -r line; do :; done; echo survived >&3";

#[test]
fn a_plugin_that_does_not_answer_is_ended() {
    let scene = Scene::new();
    scene.sealed();
    scene.plugin(SILENT);
    scene.sandbox.write("other.yaml", scene.sandbox.read("sealed.yaml"));
    let alive = scene.sandbox.write("alive", "");
    scene.sandbox.write("replies", "");
    for (arguments, code) in [
        (&["decrypt", "-i", "sealed.yaml", "other.yaml"][..], 128),
        (&["encrypt", "-i", "--age", RECIPIENT, "secrets.yaml"], 1),
    ] {
        let mut command = scene.command(&fieldseal(), arguments);
        command.env("ALIVE", &alive).env("FIELDSEAL_KEY_TIMEOUT", "1");
        let failed = Outcome::of(&mut command, b"").expect_code(code);
        let part = "the age plugin age-plugin-toy was ended: it did not answer within 1 s";
        assert!(Scene::words(&failed).contains(part), "{failed}");
        assert!(failed.stderr.contains("FIELDSEAL_KEY_TIMEOUT"), "{failed}");
    }
    // It ran at most once each time, though there were two files.
    let runs = String::from_utf8(scene.sandbox.read("replies")).unwrap();
    assert!(runs.lines().count() <= 2, "{runs}");
    let said = String::from_utf8(scene.sandbox.read("alive")).unwrap();
    assert!(!said.contains("survived"), "{said}");
    assert_eq!(scene.sandbox.read("secrets.yaml"), format!("password: {CANARY}\n").into_bytes());
}

#[test]
fn a_plugin_does_not_outlive_the_run() {
    let scene = Scene::new();
    scene.sealed();
    let pipe = scene.sandbox.path("alive");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    scene.plugin(SILENT);
    let mut command = scene.command(&fieldseal(), &["decrypt", "sealed.yaml"]);
    command.env("ALIVE", &pipe).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let (mut said, mut line) = (BufReader::new(fs::File::open(&pipe).unwrap()), String::new());
    said.read_line(&mut line).unwrap();
    assert_eq!(line, "started\n");
    assert!(Command::new("sh").args(["-c", &format!("kill {}", child.id())]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), None);
    line.clear();
    said.read_line(&mut line).unwrap();
    assert_eq!(line, "");
}
