//! What a person sees at a terminal: prompts, and an editor that works there.
//!
//! Each program gets a terminal of its own, in a session of its own. A test reads until the program has asked, and only
//! then answers: nothing depends on time. A program for which Ctrl+C is typed does not inherit from the tests that this
//! signal is ignored, which it is where they run in the background of a script.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::net::UnixListener;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{self, Child, ExitStatus};

use fieldseal_test_support::{CANARY, IDENTITY, RECIPIENT, Sandbox, fieldseal, testdata, tool};
use pty_process::blocking::{Command, Pty, open};
use rustix::termios::{LocalModes, tcgetattr};

/// A second recipient.
const OTHER: &str = "age1ys4npv0tz4q9c5lyhskpkf4x8daluu7p6xrlf4vz5ptk55p6zgpqks6adm";

/// A program at a terminal, and what it has shown there.
struct Session {
    terminal: Pty,
    child: Child,
    shown: String,
}

impl Session {
    /// Starts the tool with these arguments and variables.
    fn start(sandbox: &Sandbox, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        Self::of(&fieldseal(), sandbox, arguments, variables)
    }

    /// Starts `program`.
    fn of(program: &Path, sandbox: &Sandbox, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        Self::by(sandbox.command(program), arguments, variables)
    }

    /// Starts the tool, which Ctrl+C ends whatever it does here.
    fn interruptible(sandbox: &Sandbox, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        const RESET: &str = "$SIG{INT} = 'DEFAULT'; exec { $ARGV[0] } @ARGV";
        let mut command = sandbox.command("perl");
        command.args(["-e", RESET]).arg(fieldseal());
        Self::by(command, arguments, variables)
    }

    fn by(mut command: process::Command, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let (terminal, other_end) = open().unwrap();
        command.args(arguments).env("NO_COLOR", "1").envs(variables.iter().copied());
        let child = Command::from(command).spawn(other_end).unwrap();
        Self { terminal, child, shown: String::new() }
    }

    /// Reads until the terminal has shown this text.
    fn wait_for(&mut self, text: &str) {
        while !self.shown.contains(text) {
            assert!(self.read(), "ended without {text:?}: {}", self.shown);
        }
    }

    /// Reads something; `false` at the end.
    fn read(&mut self) -> bool {
        let mut bytes = [0; 4096];
        // When nobody has the other end any more, reading is an error on Linux.
        let count = self.terminal.read(&mut bytes).unwrap_or(0);
        self.shown += &String::from_utf8_lossy(&bytes[..count]);
        count > 0
    }

    fn write(&mut self, text: &str) {
        self.terminal.write_all(text.as_bytes()).unwrap();
    }

    /// Types Ctrl+C, and gives how the program ended.
    fn interrupt(&mut self) -> ExitStatus {
        self.write("\x03");
        while self.read() {}
        self.child.wait().unwrap()
    }

    /// Whether the terminal shows what is typed.
    fn echoes(&self) -> bool {
        tcgetattr(&self.terminal).unwrap().local_modes.contains(LocalModes::ECHO)
    }

    /// The exit code, or `None` after a signal, and all that was shown.
    fn end(mut self) -> (Option<i32>, String) {
        while self.read() {}
        (self.child.wait().unwrap().code(), self.shown)
    }
}

/// A sandbox with an encrypted file.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.install_identity(IDENTITY);
    sandbox.write(".sops.yaml", format!("creation_rules:\n  - age: {RECIPIENT}\n"));
    sandbox.write("secrets.yaml", format!("user: admin\npassword: {CANARY}\n"));
    sandbox.fieldseal(["encrypt", "--in-place", "secrets.yaml"]).expect_code(0);
    sandbox
}

#[test]
fn a_passphrase_is_asked_for_and_not_shown() {
    let sandbox = sandbox();
    let identity = sandbox.write("plain-identity", format!("{IDENTITY}\n"));
    let mut encrypt = sandbox.command(tool("age"));
    encrypt
        .args(["-e", "-j", "batchpass", "-o", "identity.age"])
        .arg(&identity)
        .env("AGE_PASSPHRASE", "open sesame");
    assert!(encrypt.status().unwrap().success());
    std::fs::remove_dir_all(sandbox.root().join("config")).unwrap();
    let agent = agent_without_dialog(&sandbox);
    for (answer, code, agent) in
        [("open sesame\n", 0, ""), ("something else\n", 128, ""), ("open sesame\n", 0, &agent)]
    {
        let variables = [("SOPS_AGE_KEY_FILE", "identity.age"), ("GPG_AGENT_INFO", agent)];
        let mut session = Session::start(&sandbox, &["decrypt", "secrets.yaml"], &variables);
        session.wait_for("passphrase");
        session.write(answer);
        let (ended, shown) = session.end();
        assert_eq!(ended, Some(code), "{shown}");
        assert!(!shown.contains("sesame") && !shown.contains("something else"), "{shown}");
        assert_eq!(shown.contains(CANARY), code == 0, "{shown}");
    }
}

/// An agent of GnuPG that cannot show its dialog.
fn agent_without_dialog(sandbox: &Sandbox) -> String {
    let socket = sandbox.root().join("agent");
    let listener = UnixListener::bind(&socket).unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let lines = BufReader::new(stream.try_clone().unwrap()).lines();
            stream.write_all(b"OK ready\n").unwrap();
            for line in lines.map_while(Result::ok) {
                let answer: &[u8] = match line.starts_with("GET_PASSPHRASE") {
                    true => b"ERR 67108949 No pinentry <GPG Agent>\n",
                    false => b"OK\n",
                };
                stream.write_all(answer).unwrap();
            }
        }
    });
    format!("{}:0:1", socket.display())
}

/// RSA keys in the old encryption of PEM, with each cipher; the real sops opens them, too.
#[test]
fn the_passphrase_of_an_old_ssh_key_is_asked_for() {
    let sandbox = Sandbox::new();
    let read = |name: &str| std::fs::read(testdata("age").join(name)).unwrap();
    let public = read("id_rsa_pem.pub");
    let recipient = String::from_utf8_lossy(&public).trim().to_owned();
    sandbox.write("plain.yaml", format!("password: {CANARY}\n"));
    let sealed = sandbox.sops(["encrypt", "--age", &recipient, "plain.yaml"]).expect_code(0);
    sandbox.write("secrets.yaml", sealed.stdout);
    for name in ["id_rsa_pem_aes128", "id_rsa_pem_aes192", "id_rsa_pem_aes256", "id_rsa_pem_des3"] {
        sandbox.write("key", read(name));
        for (program, beside, answer, code) in [
            (fieldseal(), "id_rsa_pem.pub", "correct horse", 0),
            (tool("sops"), "id_rsa_pem.pub", "correct horse", 0),
            (fieldseal(), "id_rsa_pem.pub", "wrong horse", 128),
        ] {
            sandbox.write("key.pub", read(beside));
            let variables = [("SOPS_AGE_SSH_PRIVATE_KEY_FILE", "key")];
            let mut session = Session::of(&program, &sandbox, &["decrypt", "secrets.yaml"], &variables);
            session.wait_for("Enter passphrase for \"key\":");
            session.write(&format!("{answer}\n"));
            let (ended, shown) = session.end();
            assert_eq!(ended, Some(code), "{name}: {shown}");
            assert_eq!(shown.contains(CANARY), code == 0, "{shown}");
            assert_eq!(shown.contains("incorrect passphrase for"), code != 0, "{shown}");
            // sops switches the echo off after it has asked.
            assert!(program != fieldseal() || !shown.contains("horse"), "{shown}");
        }
    }
}

#[test]
fn new_keys_are_shown_and_asked_about() {
    let sandbox = sandbox();
    sandbox.write(".sops.yaml", format!("creation_rules:\n  - age: {RECIPIENT},{OTHER}\n"));
    let before = sandbox.read("secrets.yaml");
    for (answer, changed) in [("n\n", false), ("y\n", true)] {
        let mut session = Session::start(&sandbox, &["updatekeys", "secrets.yaml"], &[]);
        session.wait_for("(y/n)");
        assert!(session.shown.contains(OTHER), "{}", session.shown);
        session.write(answer);
        let (ended, shown) = session.end();
        assert_eq!((ended, sandbox.read("secrets.yaml") != before), (Some(0), changed), "{shown}");
    }
}

/// An editor that asks at the terminal what to write.
const ASKS: &str = "printf 'what? '; read answer; printf 'password: %s\\n' \"$answer\" > \"$1\"\n";

#[test]
fn an_editor_has_the_terminal() {
    let sandbox = sandbox();
    sandbox.write("editor.sh", ASKS);
    let mut session = Session::start(&sandbox, &["edit", "secrets.yaml"], &[("EDITOR", "sh editor.sh")]);
    session.wait_for("what? ");
    session.write("changed\n");
    let (ended, shown) = session.end();
    assert_eq!(ended, Some(0), "{shown}");
    assert_eq!(sandbox.fieldseal(["decrypt", "secrets.yaml"]).expect_code(0).text(), "password: changed\n");
}

#[test]
fn a_broken_text_comes_back_to_the_editor_after_enter() {
    let sandbox = sandbox();
    sandbox.write("editor.sh", ASKS);
    let mut session = Session::start(&sandbox, &["edit", "secrets.yaml"], &[("EDITOR", "sh editor.sh")]);
    session.wait_for("what? ");
    session.write("[\n");
    session.wait_for("Press enter to return to the editor");
    session.shown.clear();
    session.write("\n");
    session.wait_for("what? ");
    session.write("mended\n");
    let (ended, shown) = session.end();
    assert_eq!(ended, Some(0), "{shown}");
    assert_eq!(sandbox.fieldseal(["decrypt", "secrets.yaml"]).expect_code(0).text(), "password: mended\n");
}

/// `SIGINT`, which Ctrl+C sends.
const INTERRUPT: Option<i32> = Some(2);

#[test]
fn ctrl_c_at_the_question_for_a_passphrase_leaves_the_terminal_as_it_was() {
    let sandbox = sandbox();
    let identity = sandbox.write("plain-identity", format!("{IDENTITY}\n"));
    let mut encrypt = sandbox.command(tool("age"));
    encrypt.args(["-e", "-j", "batchpass", "-o", "identity.age"]).arg(&identity);
    assert!(encrypt.env("AGE_PASSPHRASE", "x").status().unwrap().success());
    std::fs::remove_dir_all(sandbox.root().join("config")).unwrap();
    let before = sandbox.files();
    for arguments in
        [&["decrypt", "-i", "secrets.yaml"][..], &["edit", "secrets.yaml"], &["rotate", "-i", "secrets.yaml"]]
    {
        let variables = [("SOPS_AGE_KEY_FILE", "identity.age"), ("GPG_AGENT_INFO", ""), ("EDITOR", "false")];
        let mut session = Session::interruptible(&sandbox, arguments, &variables);
        session.wait_for("passphrase");
        assert!(!session.echoes());
        let ended = session.interrupt();
        assert_eq!(ended.signal(), INTERRUPT, "{arguments:?} {ended}: {}", session.shown);
        assert!(session.echoes());
        assert_eq!(sandbox.files(), before, "{arguments:?}");
    }
}

#[test]
fn ctrl_c_at_a_question_leaves_everything_as_it_was() {
    let sandbox = sandbox();
    sandbox.write(".sops.yaml", format!("creation_rules:\n  - age: {RECIPIENT},{OTHER}\n"));
    let before = sandbox.files();
    for arguments in [&["updatekeys", "secrets.yaml"][..], &["updatekeys", "--rotate", "secrets.yaml"]] {
        let mut session = Session::interruptible(&sandbox, arguments, &[]);
        session.wait_for("(y/n)");
        let ended = session.interrupt();
        assert_eq!(ended.signal(), INTERRUPT, "{ended}: {}", session.shown);
        assert_eq!(sandbox.files(), before);
    }
}

/// An editor that Ctrl+C does not end.
const PATIENT: &str = r#"
$| = 1;
$SIG{INT} = sub { print "no thanks\n" };
print "what? ";
my $line;
until (defined($line = <STDIN>)) {}
open(my $file, ">", $ARGV[0]);
print $file "password: $line";
"#;

#[test]
fn ctrl_c_in_an_editor_is_for_the_editor() {
    let sandbox = sandbox();
    sandbox.write("editor.sh", ASKS);
    sandbox.write("patient.pl", PATIENT);
    let before = sandbox.files();
    // One that ends by it: nothing is changed, and nothing is left.
    let mut session =
        Session::interruptible(&sandbox, &["edit", "secrets.yaml"], &[("EDITOR", "sh editor.sh")]);
    session.wait_for("what? ");
    let ended = session.interrupt();
    assert_eq!(ended.code(), Some(201), "{ended}: {}", session.shown);
    assert_eq!(sandbox.files(), before);
    // One that has another use for it goes on.
    let variables = [("EDITOR", "perl patient.pl")];
    let mut session = Session::interruptible(&sandbox, &["edit", "secrets.yaml"], &variables);
    session.wait_for("what? ");
    session.write("\x03");
    session.wait_for("no thanks");
    session.write("changed\n");
    let (ended, shown) = session.end();
    assert_eq!(ended, Some(0), "{shown}");
    assert_eq!(sandbox.fieldseal(["decrypt", "secrets.yaml"]).expect_code(0).text(), "password: changed\n");
}

#[test]
fn ctrl_c_between_two_rounds_of_an_editor_ends_the_command() {
    let sandbox = sandbox();
    sandbox.write("editor.sh", ASKS);
    let before = sandbox.files();
    let mut session =
        Session::interruptible(&sandbox, &["edit", "secrets.yaml"], &[("EDITOR", "sh editor.sh")]);
    session.wait_for("what? ");
    session.write("[\n");
    session.wait_for("Press enter to return to the editor");
    let ended = session.interrupt();
    assert_eq!(ended.signal(), INTERRUPT, "{ended}: {}", session.shown);
    assert_eq!(sandbox.files(), before);
}
