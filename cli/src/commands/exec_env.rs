//! `exec-env`: a command with the values of a file in its environment.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::command::{self, Manner};
use crate::context::Context;
use crate::engine::{Keyring, variables};
use crate::exit::Exit;
use crate::io;
use crate::plan::{Decryption, Types};
use crate::report::{Failure, Warning};
use crate::types;

/// Which command gets the values of which file, and how.
pub(crate) struct Plan {
    /// The file.
    pub(crate) file: PathBuf,
    /// The command line.
    pub(crate) command: OsString,
    /// How it is run.
    pub(crate) manner: Manner,
    /// The type of the file, if it was given.
    pub(crate) types: Types,
    /// Whether the command gets nothing of the environment of this process.
    pub(crate) pristine: bool,
    /// Whether this process becomes the command.
    pub(crate) same_process: bool,
    /// How the file is opened.
    pub(crate) open: Decryption,
}

/// Runs the command of the plan. The code is that of the command.
///
/// # Errors
/// The file cannot be opened, its values cannot be variables, or the command cannot be run.
pub(crate) fn run(plan: &Plan, context: &Context) -> Result<ExitCode, Failure> {
    if plan.same_process && !cfg!(unix) {
        return Err(Failure::new(Exit::Other, "--same-process is not available on this system"));
    }
    let mut command = command::shell(&plan.command, plan.pristine);
    let values = values(plan, context).map_err(|failure| failure.file(&plan.file))?;
    command.envs(command::switch_user(plan.manner.user.as_deref())?);
    for variable in &values {
        command.env(os_string(&variable.name), os_string(variable.value.as_bytes()));
    }
    drop(values);
    if plan.manner.background {
        context.reporter.warning(&Warning::new("--background is deprecated, as in sops"));
        return command::start(&mut command).map(|()| ExitCode::SUCCESS);
    }
    #[cfg(unix)]
    if plan.same_process {
        use std::os::unix::process::CommandExt as _;
        let error = command.exec();
        return Err(Failure::new(Exit::Other, format!("cannot run the command: {error}")));
    }
    Ok(command::run(&mut command)?.finish(context))
}

fn values(plan: &Plan, context: &Context) -> Result<Vec<fieldseal_core::Variable>, Failure> {
    let (format, _) = types::choose(&plan.types, Some(&plan.file), context.role)?;
    let source = io::read_file(&plan.file)?;
    let (opened, _, warnings) = Keyring::new(&plan.open, context).open(source, format, 1)?;
    for warning in warnings {
        context.reporter.warning(&warning.file(&plan.file));
    }
    variables(&opened)
}

#[cfg(unix)]
fn os_string(bytes: &[u8]) -> OsString {
    use std::os::unix::ffi::OsStringExt as _;
    OsString::from_vec(bytes.to_vec())
}

#[cfg(not(unix))]
fn os_string(bytes: &[u8]) -> OsString {
    String::from_utf8_lossy(bytes).into_owned().into()
}
