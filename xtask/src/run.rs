//! Running other programs, and saying which one it was when it fails.

use std::error::Error;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::process::{Command, Stdio};

/// What every task returns; the text of the error is all that a person gets to see of it.
pub(crate) type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Tells, on standard error, which part of a task starts now.
pub(crate) fn step(what: &str) {
    eprintln!("==> {what}");
}

/// Runs a program with this process's own output; fails unless it ends with exit code 0.
pub(crate) fn check(command: &mut Command) -> Result<()> {
    let status = command.stdin(Stdio::null()).status().map_err(|e| not_started(command, &e))?;
    if status.success() { Ok(()) } else { Err(format!("{} failed: {status}", shown(command)).into()) }
}

/// Runs a program and returns its standard output without the last line break; its standard error is shown.
pub(crate) fn read(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|e| not_started(command, &e))?;
    if !output.status.success() {
        return Err(format!("{} failed: {}", shown(command), output.status).into());
    }
    let text = String::from_utf8(output.stdout)?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

/// The command line as a person would type it, for messages.
fn shown(command: &Command) -> String {
    let mut line = command.get_program().to_string_lossy().into_owned();
    for argument in command.get_args().map(OsStr::to_string_lossy) {
        let plain = !argument.is_empty() && !argument.contains([' ', '\'', '"', '$', '\\']);
        let _ = if plain { write!(line, " {argument}") } else { write!(line, " '{argument}'") };
    }
    line
}

fn not_started(command: &Command, error: &std::io::Error) -> Box<dyn Error> {
    format!("cannot start {}: {error}", command.get_program().to_string_lossy()).into()
}
