//! `completion`: scripts that complete command lines.

use crate::context::Context;
use crate::exit::Exit;
use crate::io;
use crate::report::Failure;

/// The shell to write for.
pub(crate) struct Plan {
    /// The shell.
    pub(crate) shell: Shell,
}

/// Shells that have scripts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
#[allow(clippy::enum_variant_names, reason = "a shell is called so")]
pub(crate) enum Shell {
    /// GNU Bash.
    Bash,
    /// The Z shell.
    Zsh,
    /// fish.
    Fish,
    /// PowerShell.
    #[value(name = "powershell")]
    Pwsh,
}

/// Prints the script.
///
/// # Errors
/// stdout cannot take it.
pub(crate) fn run(plan: &Plan, context: &Context) -> Result<Exit, Failure> {
    let shell = match plan.shell {
        Shell::Bash => clap_complete::Shell::Bash,
        Shell::Zsh => clap_complete::Shell::Zsh,
        Shell::Fish => clap_complete::Shell::Fish,
        Shell::Pwsh => clap_complete::Shell::PowerShell,
    };
    let mut script = Vec::new();
    let mut command = crate::args::command(context.role);
    clap_complete::generate(shell, &mut command, context.role.name(), &mut script);
    io::write_stdout(&script).map(|()| Exit::Success)
}
