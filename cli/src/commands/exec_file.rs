//! `exec-file`: a command with a temporary file that holds a file in clear.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::command::{self, Manner};
use crate::context::Context;
use crate::engine::{Configs, Keyring, text_in};
use crate::exit::Exit;
use crate::io::{self, Bytes};
use crate::plan::{Decryption, Types};
use crate::report::{Failure, Warning};
use crate::scratch::Scratch;
use crate::types;

/// The name of the temporary file if none is given, as in sops.
const NAME: &str = "tmp-file";

/// Which command gets which file in clear, and how.
pub(crate) struct Plan {
    /// The file.
    pub(crate) file: PathBuf,
    /// The command line; `{}` stands for the temporary file.
    pub(crate) command: OsString,
    /// How it is run.
    pub(crate) manner: Manner,
    /// Types that were given.
    pub(crate) types: Types,
    /// Whether the temporary file is a named pipe.
    pub(crate) fifo: bool,
    /// The name of the temporary file.
    pub(crate) name: Option<PathBuf>,
    /// How the file is opened.
    pub(crate) open: Decryption,
}

/// Runs the command of the plan. The code is that of the command.
///
/// # Errors
/// The file cannot be opened, there is no place for the temporary file, or the command cannot be run.
pub(crate) fn run(plan: &Plan, context: &Context) -> Result<ExitCode, Failure> {
    if plan.manner.background {
        context.reporter.warning(&Warning::new("--background is deprecated, as in sops"));
        if contains_place(&plan.command) {
            return Err(Failure::new(
                Exit::Conflict,
                "with --background the temporary file would be gone before the command reads it",
            )
            .hint("leave out --background, and end the command with & in the shell that runs it"));
        }
    }
    let text = text(plan, context).map_err(|failure| failure.file(&plan.file))?;
    // Before the file is made, so that it is the user's.
    let variables = command::switch_user(plan.manner.user.as_deref())?;
    let name = plan.name.as_deref().unwrap_or(Path::new(NAME)).as_os_str();
    let scratch = if plan.fifo { pipe(name, text, context)? } else { Scratch::new(name, &text)? };
    let mut command = command::shell(&with_place(&plan.command, scratch.path()), false);
    command.envs(variables);
    if plan.manner.background {
        return command::start(&mut command).map(|()| ExitCode::SUCCESS);
    }
    let ended = command::run(&mut command);
    drop(scratch);
    Ok(ended?.finish(context))
}

/// A named pipe that gives `text` to whoever reads it first.
#[cfg(unix)]
fn pipe(name: &OsStr, text: Bytes, _context: &Context) -> Result<Scratch, Failure> {
    Scratch::pipe(name, text)
}

/// There are none here.
#[cfg(not(unix))]
fn pipe(name: &OsStr, text: Bytes, context: &Context) -> Result<Scratch, Failure> {
    context.reporter.warning(&Warning::new("there are no named pipes here; a regular file is made"));
    Scratch::new(name, &text)
}

fn text(plan: &Plan, context: &Context) -> Result<Bytes, Failure> {
    let (input, output) = types::choose(&plan.types, Some(&plan.file), context.role)?;
    let source = io::read_file(&plan.file)?;
    let (opened, _, warnings) = Keyring::new(&plan.open, context).open(source, input, 1)?;
    let stores = || Configs::for_indentation(context).stores(&plan.file);
    let (text, lost) = text_in(&opened, output, context.role, stores)?;
    for warning in warnings.into_iter().chain(lost) {
        context.reporter.warning(&warning.file(&plan.file));
    }
    Ok(Bytes::new(text.as_bytes().to_vec()))
}

fn contains_place(line: &OsStr) -> bool {
    line.as_encoded_bytes().windows(2).any(|two| two == b"{}")
}

/// `line` with every `{}` replaced by the path.
#[cfg(unix)]
fn with_place(line: &OsStr, path: &Path) -> OsString {
    use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
    let (line, path) = (line.as_bytes(), path.as_os_str().as_bytes());
    let mut whole = Vec::with_capacity(line.len() + path.len());
    let mut from = 0;
    for at in memchr::memmem::find_iter(line, b"{}") {
        whole.extend_from_slice(&line[from..at]);
        whole.extend_from_slice(path);
        from = at + 2;
    }
    whole.extend_from_slice(&line[from..]);
    OsString::from_vec(whole)
}

#[cfg(not(unix))]
fn with_place(line: &OsStr, path: &Path) -> OsString {
    line.to_string_lossy().replace("{}", &path.to_string_lossy()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_of_braces_is_the_file() {
        for (line, expected) in [
            ("cat {}", "cat /t/x"),
            ("{}{}", "/t/x/t/x"),
            ("echo {{}}", "echo {/t/x}"),
            ("true", "true"),
            ("a{ }b", "a{ }b"),
        ] {
            assert_eq!(with_place(OsStr::new(line), Path::new("/t/x")), OsStr::new(expected));
            assert_eq!(contains_place(OsStr::new(line)), line.contains("{}"));
        }
    }
}
