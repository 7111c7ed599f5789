//! The command line: one file a command, each turned into a checked plan before any work.
//!
//! Commands never see what the parser of the command line makes; they see plans, which know no flags.

mod check;
mod completion;
mod decrypt;
mod edit;
mod encrypt;
mod exec;
mod explain;
mod filestatus;
mod groups;
mod init;
mod keygen;
mod keys;
mod keyservice;
mod man;
mod publish;
mod rotate;
mod set;
mod shared;
mod sops;
mod updatekeys;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::TypedValueParser as _;
use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::commands::Plan;
use crate::context::Context;
use crate::exit::Exit;
use crate::report::{Failure, Reporter};
use crate::role::Role;

/// Encrypts the fields of a file that a repository's rules select; compatible with sops.
#[derive(Parser)]
#[command(version, max_term_width = 100, subcommand_required = true, arg_required_else_help = true)]
struct Arguments {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// What every command takes.
#[derive(clap::Args)]
struct Global {
    /// Use this configuration file instead of the nearest .sops.yaml [env: SOPS_CONFIG]
    #[arg(long, global = true, value_name = "FILE", value_hint = clap::ValueHint::FilePath, value_parser = clap::builder::OsStringValueParser::new().map(PathBuf::from))]
    config: Option<PathBuf>,
    /// Indent YAML or JSON that is printed anew by this many blanks; -1: JSON by tabs
    #[arg(long, global = true, value_name = "NUMBER", allow_negative_numbers = true)]
    indent: Option<i64>,
    /// Say nothing but errors
    #[arg(short, long, global = true)]
    quiet: bool,
}

/// The commands. Only the one that is called is built, so that starting costs the same however many there are: the
/// list in the help needs each one's first line here.
#[derive(Subcommand)]
#[command(defer = true)]
enum Command {
    /// Encrypt the values that the rules select
    Encrypt(encrypt::Arguments),
    /// Decrypt files
    Decrypt(decrypt::Arguments),
    /// Edit an encrypted file, or a new one, in an editor
    Edit(edit::Arguments),
    /// Set values of an encrypted file
    Set(set::SetArguments),
    /// Remove values from an encrypted file
    Unset(set::UnsetArguments),
    /// Give files a new data key, and encrypt every value with it
    Rotate(rotate::Arguments),
    /// Give encrypted files the keys that .sops.yaml names for them
    Updatekeys(updatekeys::Arguments),
    /// Add a key group to an encrypted file, or delete one
    Groups(groups::Arguments),
    /// Publish encrypted files to where the destination rules of .sops.yaml say
    Publish(publish::Arguments),
    /// Print whether a file is encrypted, as JSON
    Filestatus(filestatus::Arguments),
    /// Run a command with the values of a file in its environment
    ExecEnv(exec::EnvArguments),
    /// Run a command with a temporary file that holds a file in clear
    ExecFile(exec::FileArguments),
    /// Make an age identity and print its recipient
    Keygen(keygen::Arguments),
    /// Write a .sops.yaml
    Init(init::Arguments),
    /// Let others use the keys of this machine
    Keyservice(keyservice::Arguments),
    /// Check that nothing is in clear text that should not be, without any key
    Check(check::Arguments),
    /// Say which rule is for a file, what it encrypts and why, and which keys open the file
    Explain(explain::Arguments),
    /// Print the script that completes command lines in a shell
    Completion(completion::Arguments),
    /// Write the pages of the manual into a directory
    #[command(hide = true)]
    Man(man::Arguments),
}

/// What the command line asks for.
#[allow(clippy::large_enum_variant, reason = "there is one in a run")]
pub(crate) enum Request {
    /// Work.
    Work {
        /// What is to be done.
        plan: Box<Plan>,
        /// Where and how.
        context: Context,
    },
    /// Text for stdout: help, a version.
    Text(String),
    /// The command line cannot be read; text for stderr.
    Usage(String, Exit),
    /// The same under the name `sops`: help for stdout, and what is wrong.
    Misuse(String, Failure, Reporter),
    /// The parts of the command line do not fit together.
    Refused(Failure, Reporter),
}

/// Reads the command line `arguments`, the name of the program first.
pub(crate) fn read(mut arguments: Vec<OsString>, role: Role) -> Request {
    if role == Role::Sops {
        let reporter = Reporter::new(false);
        match sops::read(&arguments, reporter) {
            sops::Answer::Text(text) => return Request::Text(text),
            sops::Answer::Misuse(text, failure) => return Request::Misuse(text, failure, reporter),
            sops::Answer::Refused(failure) => return Request::Refused(failure, reporter),
            sops::Answer::Line(line) => {
                arguments.truncate(1);
                arguments.extend(line);
            }
        }
    }
    read_own(arguments, role)
}

/// Reads a command line of the tool's own.
fn read_own(arguments: Vec<OsString>, role: Role) -> Request {
    let wrong_usage = wrong_usage(&arguments);
    let parsed = command(role)
        .try_get_matches_from(arguments)
        .and_then(|matches| Arguments::from_arg_matches(&matches));
    let Arguments { global, command } = match parsed {
        Ok(arguments) => arguments,
        Err(error) if error.use_stderr() => return Request::Usage(error.render().to_string(), wrong_usage),
        Err(error) => return Request::Text(error.render().to_string()),
    };
    let reporter = Reporter::new(global.quiet);
    let context = Context::new(role, reporter, global.config, global.indent);
    match command.plan(&context) {
        Ok(plan) => Request::Work { plan: Box::new(plan), context },
        Err(failure) => Request::Refused(failure, reporter),
    }
}

/// The code for a command line that cannot be read: for `check`, whose 1 says that something was found, that nothing could
/// be checked.
fn wrong_usage(arguments: &[OsString]) -> Exit {
    let first = arguments.iter().skip(1).find(|argument| !argument.as_encoded_bytes().starts_with(b"-"));
    if first.is_some_and(|first| first == "check") { Exit::Unreadable } else { Exit::Other }
}

/// The parser of the command line, for the name that the program was called by.
pub(crate) fn command(role: Role) -> clap::Command {
    Arguments::command().name(role.name()).bin_name(role.name()).after_long_help(crate::environment::help())
}

impl Command {
    fn plan(self, context: &Context) -> Result<Plan, Failure> {
        match self {
            Self::Encrypt(arguments) => arguments.plan(context).map(Plan::Encrypt),
            Self::Decrypt(arguments) => arguments.plan(context).map(Plan::Decrypt),
            Self::Edit(arguments) => arguments.plan(context).map(Plan::Edit),
            Self::Set(arguments) => arguments.plan().map(Plan::Change),
            Self::Unset(arguments) => arguments.plan().map(Plan::Change),
            Self::Rotate(arguments) => arguments.plan().map(Plan::Rotate),
            Self::Updatekeys(arguments) => arguments.plan().map(Plan::UpdateKeys),
            Self::Groups(arguments) => arguments.plan(context).map(Plan::Groups),
            Self::Publish(arguments) => arguments.plan().map(Plan::Publish),
            Self::Filestatus(arguments) => arguments.plan(context).map(Plan::FileStatus),
            Self::ExecEnv(arguments) => arguments.plan(context).map(Plan::ExecEnv),
            Self::ExecFile(arguments) => arguments.plan(context).map(Plan::ExecFile),
            Self::Keygen(arguments) => Ok(Plan::Keygen(arguments.plan())),
            Self::Init(arguments) => arguments.plan().map(Plan::Init),
            Self::Keyservice(arguments) => arguments.plan().map(Plan::Keyservice),
            Self::Check(arguments) => {
                arguments.plan().map(Plan::Check).map_err(|failure| failure.code(Exit::Unreadable))
            }
            Self::Explain(arguments) => arguments.plan().map(Plan::Explain),
            Self::Completion(arguments) => Ok(Plan::Completion(arguments.plan())),
            Self::Man(arguments) => Ok(Plan::Man(arguments.plan())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_of_the_command_line_is_consistent() {
        command(Role::Own).debug_assert();
    }

    #[test]
    fn the_list_of_commands_says_what_each_command_says_itself() {
        let lines = |command: &clap::Command| -> Vec<_> {
            command
                .get_subcommands()
                .map(|one| (one.get_name().to_owned(), one.get_about().cloned()))
                .collect()
        };
        let listed = command(Role::Own);
        let mut built = listed.clone();
        built.build();
        let mut own = lines(&built);
        own.retain(|(name, _)| name != "help");
        assert!(own.len() > 15 && own.iter().all(|(_, about)| about.is_some()));
        assert_eq!(format!("{:?}", lines(&listed)), format!("{own:?}"));
    }
}
