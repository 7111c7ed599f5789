//! `exec-env` and `exec-file`: signals, other users, commands that nothing waits for.
//!
//! Signals are sent by the command itself to its parent, which is the tool. The command then waits for what must come, so
//! that no test depends on time. What would wait for ever if a signal were lost reads from a named pipe `blocker` that
//! nobody writes to.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use fieldseal_test_support::{CANARY, IDENTITY, Outcome, RECIPIENT, Sandbox, fieldseal};

/// A sandbox with an encrypted file `secrets.yaml` and a named pipe `blocker`.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.install_identity(IDENTITY);
    sandbox.write(".sops.yaml", format!("creation_rules:\n  - age: {RECIPIENT}\n"));
    sandbox.write("secrets.yaml", format!("password: {CANARY}\n"));
    sandbox.fieldseal(["encrypt", "--in-place", "secrets.yaml"]).expect_code(0);
    make_pipe(&sandbox, "blocker");
    sandbox
}

fn make_pipe(sandbox: &Sandbox, name: &str) {
    Outcome::of(sandbox.command("mkfifo").arg(name), b"").expect_code(0);
}

/// The tool in a session of its own, so that no terminal sends it signals: then those of the keyboard are passed on. No
/// signal is ignored, even if the tests run in the background of something.
#[cfg(target_os = "linux")]
fn tool(sandbox: &Sandbox) -> Command {
    let mut command = sandbox.command("setsid");
    command.args(["env", "--default-signal"]).arg(fieldseal());
    command
}

#[cfg(not(target_os = "linux"))]
fn tool(sandbox: &Sandbox) -> Command {
    sandbox.command(fieldseal())
}

/// The signals that can be sent wherever the test runs.
const SIGNALS: &[(&str, i32)] =
    if cfg!(target_os = "linux") { &[("HUP", 1), ("INT", 2), ("TERM", 15)] } else { &[("TERM", 15)] };

/// The path in the file `place`, which is gone with its directory.
fn assert_gone(sandbox: &Sandbox) {
    let path = PathBuf::from(String::from_utf8(sandbox.read("place")).unwrap().trim_end());
    assert!(path.is_absolute() && path.file_name().unwrap() == "tmp-file", "{}", path.display());
    assert!(!path.exists() && !path.parent().unwrap().exists(), "{}", path.display());
    assert!(sandbox.files_with(CANARY).is_empty());
}

#[test]
fn a_signal_is_passed_on_and_ends_both_and_nothing_is_left() {
    for flags in [&["exec-file", "secrets.yaml"][..], &["exec-file", "--no-fifo", "secrets.yaml"]] {
        for (name, number) in SIGNALS {
            let sandbox = sandbox();
            let script = format!("echo {{}} > place\nkill -{name} $PPID\nexec cat blocker");
            let outcome = Outcome::of(tool(&sandbox).args(flags).arg(script), b"").expect_code(128 + number);
            assert!(outcome.text().is_empty(), "{name}: {outcome}");
            assert_gone(&sandbox);
        }
    }
    for (name, number) in SIGNALS {
        let sandbox = sandbox();
        let script = format!("kill -{name} $PPID\nexec cat blocker");
        Outcome::of(tool(&sandbox).args(["exec-env", "secrets.yaml", &script]), b"")
            .expect_code(128 + number);
    }
}

#[test]
fn a_command_may_end_in_its_own_way_after_a_signal_and_reads_its_file_until_then() {
    let signals = SIGNALS.iter().chain(if cfg!(target_os = "linux") { &[("QUIT", 3)][..] } else { &[] });
    for (name, _) in signals {
        let sandbox = sandbox();
        let script = format!(
            "echo {{}} > place\n\
             trap 'kill -KILL $!; grep -c password {{}}; exit 7' {name}\n\
             cat blocker &\n\
             kill -{name} $PPID\n\
             wait $!; wait $!\n"
        );
        let outcome =
            Outcome::of(tool(&sandbox).args(["exec-file", "--no-fifo", "secrets.yaml", &script]), b"");
        let outcome = outcome.expect_code(7);
        assert_eq!(outcome.text(), "1\n", "{name}: {outcome}");
        assert_gone(&sandbox);
    }
}

#[test]
fn a_command_that_is_killed_leaves_nothing() {
    for flag in ["--no-fifo", "--filename=tmp-file"] {
        let sandbox = sandbox();
        let script = "echo {} > place; kill -9 $$";
        let outcome = sandbox.fieldseal(["exec-file", flag, "secrets.yaml", script]).expect_code(255);
        assert!(outcome.stderr.starts_with("signal: 9"), "{outcome}");
        assert_gone(&sandbox);
    }
}

#[test]
fn a_command_in_the_background_is_not_waited_for() {
    let sandbox = sandbox();
    make_pipe(&sandbox, "result");
    let script = "echo \"$password\"; echo \"$password\" > result";
    let outcome = sandbox.fieldseal(["exec-env", "--background", "secrets.yaml", script]).expect_code(0);
    assert!(outcome.text().is_empty() && outcome.stderr.contains("deprecated"), "{outcome}");
    // Opening the pipe waits for the command to do the same.
    assert_eq!(fs::read_to_string(sandbox.path("result")).unwrap(), format!("{CANARY}\n"));
}

#[test]
fn null_is_empty() {
    let sandbox = sandbox();
    sandbox.write("nothing.yaml", "nothing: null\n");
    sandbox.fieldseal(["encrypt", "--in-place", "nothing.yaml"]).expect_code(0);
    let script = "echo \"<${nothing-unset}>\"";
    let outcome = sandbox.fieldseal(["exec-env", "nothing.yaml", script]).expect_code(0);
    assert_eq!(outcome.text(), "<>\n", "{outcome}");
}

#[test]
fn a_second_reader_of_a_pipe_gets_an_error() {
    let sandbox = sandbox();
    let script = "cut -c1-9 {}; cat {} 2> /dev/null || echo gone";
    let outcome = sandbox.fieldseal(["exec-file", "secrets.yaml", script]).expect_code(0);
    assert_eq!(outcome.text(), "password:\ngone\n", "{outcome}");
}

#[test]
fn a_temporary_file_is_not_promised_to_the_background() {
    let sandbox = sandbox();
    let flags = ["exec-file", "--background", "secrets.yaml"];
    sandbox.fieldseal(flags.into_iter().chain(["cat {}"])).expect_code(8);
    sandbox.fieldseal(flags.into_iter().chain(["true"])).expect_code(0);
}

#[test]
fn only_root_runs_a_command_as_another_user() {
    let sandbox = sandbox();
    let am_root = Outcome::of(sandbox.command("id").arg("-u"), b"").text() == "0\n";
    for command in ["exec-env", "exec-file"] {
        let script = match command {
            "exec-env" => "echo \"$password\"; id -un; echo \"$USER $LOGNAME\"",
            _ => "cut -c11- {}; id -un; echo \"$USER $LOGNAME\"",
        };
        let mut tool = sandbox.command(fieldseal());
        // The directory of the sandbox is closed to others.
        tool.args([command, "--user", "nobody", "secrets.yaml", script]).env("TMPDIR", "/tmp");
        let outcome = Outcome::of(&mut tool, b"");
        if am_root {
            let expected = format!("{CANARY}\nnobody\nnobody nobody\n");
            assert_eq!(outcome.text(), expected, "{outcome}");
            assert_eq!(outcome.code, 0, "{outcome}");
        } else {
            assert!(outcome.stderr.contains("--user nobody: cannot change the"), "{outcome}");
            assert_eq!((outcome.code, outcome.text()), (1, ""), "{outcome}");
        }
    }
}
