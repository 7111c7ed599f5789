//! Running a command line that a person gave, with secrets at hand for it.

use std::ffi::{OsStr, OsString};
use std::process::{Command, ExitCode, ExitStatus, Stdio};

#[cfg(unix)]
use crate::account::Account;
use crate::context::Context;
use crate::exit::Exit;
use crate::report::Failure;

/// The code of a command that a signal ended.
const KILLED: u8 = 255;

/// How a command is run.
#[derive(Debug, Default)]
pub(crate) struct Manner {
    /// The user as whom it is run.
    pub(crate) user: Option<String>,
    /// Nothing waits for it.
    pub(crate) background: bool,
}

/// A command line for the shell of the system, which works in this process's directory.
///
/// It has the environment of this process, unless `pristine` says that it begins with none.
pub(crate) fn shell(line: &OsStr, pristine: bool) -> Command {
    let mut command = if cfg!(windows) {
        let mut command = Command::new("cmd.exe");
        command.arg("/C");
        command
    } else {
        let mut command = Command::new("/bin/sh");
        command.arg("-c");
        command
    };
    command.arg(line);
    if pristine {
        command.env_clear();
    }
    command
}

/// Makes this process one of the user called `name`, if one is named. Gives the variables that the user's commands have.
///
/// # Errors
/// There is no such user, or this process may not do so.
#[cfg(unix)]
pub(crate) fn switch_user(name: Option<&str>) -> Result<Vec<(&'static str, OsString)>, Failure> {
    let Some(name) = name else { return Ok(Vec::new()) };
    let account = Account::find(name)?;
    account.become_it()?;
    Ok(account.variables().into())
}

/// There is no such thing here.
///
/// # Errors
/// A user is named.
#[cfg(not(unix))]
pub(crate) fn switch_user(name: Option<&str>) -> Result<Vec<(&'static str, OsString)>, Failure> {
    match name {
        Some(_) => Err(Failure::new(Exit::Other, "--user is not available on this system")),
        None => Ok(Vec::new()),
    }
}

/// Starts `command` without stdin, stdout and stderr, and does not wait for it.
///
/// # Errors
/// It cannot be started.
pub(crate) fn start(command: &mut Command) -> Result<(), Failure> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().map(drop).map_err(|error| not_started(&error))
}

/// How a command ended.
pub(crate) struct Ended {
    status: ExitStatus,
    /// A signal that this process got meanwhile and passed on.
    #[cfg(unix)]
    signal: Option<i32>,
}

/// Runs `command` to its end. Signals that would end this process are passed on to it, and it is waited for.
///
/// # Errors
/// It cannot be started.
pub(crate) fn run(command: &mut Command) -> Result<Ended, Failure> {
    #[cfg(unix)]
    {
        let (status, signal) =
            crate::signals::run_to_its_end(command).map_err(|error| not_started(&error))?;
        Ok(Ended { status, signal })
    }
    #[cfg(not(unix))]
    {
        Ok(Ended { status: command.status().map_err(|error| not_started(&error))? })
    }
}

impl Ended {
    /// The code to end with: that of the command. Where a signal ended both the command and, by right, this process, this
    /// process ends by it; whoever started it then sees what happened. Nothing temporary may be left by now.
    pub(crate) fn finish(self, context: &Context) -> ExitCode {
        if self.status.success() {
            return ExitCode::SUCCESS;
        }
        context.reporter.note(&ended(self.status));
        #[cfg(unix)]
        {
            use std::os::unix::process::ExitStatusExt as _;
            if let Some(signal) = self.signal.filter(|signal| self.status.signal() == Some(*signal)) {
                crate::signals::end_by(signal);
            }
        }
        ExitCode::from(self.status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(KILLED))
    }
}

fn ended(status: ExitStatus) -> String {
    match status.code() {
        Some(code) => format!("exit status {code}"),
        None => status.to_string(),
    }
}

fn not_started(error: &std::io::Error) -> Failure {
    Failure::new(Exit::Other, format!("cannot run the command: {error}"))
}
