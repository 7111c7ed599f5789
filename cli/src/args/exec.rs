//! `fieldseal exec-env` and `fieldseal exec-file`.

use std::ffi::OsString;
use std::path::PathBuf;

use super::shared::{OpenFlags, TypeFlags};
use crate::command::Manner;
use crate::commands::{exec_env, exec_file};
use crate::context::Context;
use crate::exit::Exit;
use crate::plan::Types;
use crate::report::Failure;

/// Run a command with the values of a file in its environment
///
/// The keys at the top of the file become variables. Values that are null are empty; a map or a list is an error. The exit
/// code is that of the command.
#[derive(clap::Args)]
pub(super) struct EnvArguments {
    #[command(flatten)]
    command: Run,
    /// Type of the file: yaml, json, dotenv or binary; else its name tells
    #[arg(long, value_name = "TYPE")]
    input_type: Option<String>,
    /// Pass on nothing of the environment but the values
    #[arg(long)]
    pristine: bool,
    /// Become the command instead of waiting for it
    #[arg(long)]
    same_process: bool,
    #[command(flatten)]
    open: OpenFlags,
}

/// Run a command with a temporary file that holds a file in clear
///
/// Every {} in the command becomes the name of the temporary file. It is a named pipe, which can be read once, unless
/// --no-fifo is given. It is gone when the command has ended. The exit code is that of the command.
#[derive(clap::Args)]
pub(super) struct FileArguments {
    #[command(flatten)]
    command: Run,
    /// Make a regular file, which can be read more than once
    #[arg(long)]
    no_fifo: bool,
    /// The name of the temporary file, in a directory of its own
    #[arg(long, value_name = "NAME")]
    filename: Option<PathBuf>,
    #[command(flatten)]
    types: TypeFlags,
    #[command(flatten)]
    open: OpenFlags,
}

/// What is run, and how.
#[derive(clap::Args)]
struct Run {
    /// The file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The command, one argument, which the shell runs
    #[arg(value_name = "COMMAND")]
    command: OsString,
    /// Run the command as this user
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Do not wait for the command (deprecated)
    #[arg(long)]
    background: bool,
}

impl EnvArguments {
    /// The plan, if the flags fit together.
    pub(super) fn plan(self, _context: &Context) -> Result<exec_env::Plan, Failure> {
        if self.same_process && self.command.background {
            return Err(Failure::new(Exit::Conflict, "--same-process cannot be used with --background"));
        }
        let (file, command, manner) = self.command.plan();
        Ok(exec_env::Plan {
            file,
            command,
            manner,
            types: Types { input: self.input_type.filter(|word| !word.is_empty()), output: None },
            pristine: self.pristine,
            same_process: self.same_process,
            open: self.open.plan()?,
        })
    }
}

impl FileArguments {
    /// The plan, if the flags fit together.
    pub(super) fn plan(self, _context: &Context) -> Result<exec_file::Plan, Failure> {
        let (file, command, manner) = self.command.plan();
        let name = self.filename.filter(|name| !name.as_os_str().is_empty());
        if let Some(name) = &name {
            check_name(name)?;
        }
        Ok(exec_file::Plan {
            file,
            command,
            manner,
            types: self.types.plan(),
            fifo: !self.no_fifo,
            name,
            open: self.open.plan()?,
        })
    }
}

impl Run {
    fn plan(self) -> (PathBuf, OsString, Manner) {
        let user = self.user.filter(|name| !name.is_empty());
        (self.file, self.command, Manner { user, background: self.background })
    }
}

/// That `name` is one that a file in an empty directory can have.
fn check_name(name: &std::path::Path) -> Result<(), Failure> {
    use std::path::Component;
    let mut parts = name.components().filter(|part| *part != Component::CurDir);
    match (parts.next(), parts.next()) {
        (Some(Component::Normal(_)), None) => Ok(()),
        _ => Err(Failure::new(Exit::Other, "--filename is no name of a file in the temporary directory")
            .hint("give a name without directories")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_temporary_file_lies_in_its_own_directory() {
        for (name, accepted) in [
            ("x.yaml", true),
            ("./x.yaml", true),
            (".x", true),
            ("a b", true),
            ("/x", false),
            ("..", false),
            ("../x", false),
            ("a/../../x", false),
            ("a/b", false),
            (".", false),
        ] {
            assert_eq!(check_name(std::path::Path::new(name)).is_ok(), accepted, "{name}");
        }
    }
}
