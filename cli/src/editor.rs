//! Which editor is used, and running it.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use crate::environment::{self, Variable};
use crate::exit::Exit;
use crate::report::Failure;

/// An editor with its arguments.
pub(crate) struct Editor {
    program: PathBuf,
    arguments: Vec<String>,
}

impl Editor {
    /// The editor that the environment names, or the first usual one that is installed.
    ///
    /// # Errors
    /// There is none, or the variable has an open quote.
    pub(crate) fn find() -> Result<Self, Failure> {
        for variable in [&environment::SOPS_EDITOR, &environment::EDITOR] {
            if let Some(line) = variable.text()? {
                return Self::parse(variable, &line);
            }
        }
        let found = ["vim", "nano", "vi"].into_iter().find_map(in_path);
        let program = found.ok_or_else(|| {
            Failure::new(
                Exit::Editor,
                "could not run editor: none is set, and neither vim, nano nor vi is installed",
            )
            .hint("set SOPS_EDITOR or EDITOR to the editor of your choice")
        })?;
        Ok(Self { program, arguments: Vec::new() })
    }

    /// Splits a command line as a shell would, without its expansions.
    fn parse(variable: &Variable, line: &str) -> Result<Self, Failure> {
        let broken = |what: &str| {
            Failure::new(Exit::Editor, format!("could not run editor: {} {what}", variable.name))
        };
        let mut words = shlex::split(line).ok_or_else(|| broken("has an open quote"))?.into_iter();
        let program = words.next().ok_or_else(|| broken("names no program"))?;
        let program = resolved(&program).ok_or_else(|| {
            broken("names a program that is not in PATH").hint("install it, or name another")
        })?;
        Ok(Self { program, arguments: words.collect() })
    }

    /// Opens `file` and waits until the person is done. Signals of the keyboard are for the editor; one
    /// that ends this process is passed on to it.
    ///
    /// # Errors
    /// The editor cannot be run, or says by its status that it failed.
    pub(crate) fn run(&self, file: &Path) -> Result<(), Failure> {
        let failed = |cause: String| {
            Failure::new(Exit::Editor, format!("could not run editor: {cause}"))
                .hint("nothing was changed; the editor is chosen by SOPS_EDITOR or EDITOR")
        };
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).arg(file);
        let status = run(&mut command)
            .map_err(|error| failed(format!("{}: {error}", crate::report::shown(&self.program))))?;
        if status.success() { Ok(()) } else { Err(failed(status.to_string())) }
    }
}

#[cfg(unix)]
fn run(command: &mut Command) -> std::io::Result<ExitStatus> {
    crate::signals::run(command)
}

#[cfg(not(unix))]
fn run(command: &mut Command) -> std::io::Result<ExitStatus> {
    command.status()
}

/// The program `name` in one of the directories of `PATH`. Only absolute ones count: what lies in the
/// working directory is not run by chance.
fn in_path(name: &str) -> Option<PathBuf> {
    let path = environment::PATH.raw()?;
    std::env::split_paths(&path)
        .filter(|directory| directory.is_absolute())
        .map(|directory| directory.join(name).with_extension(std::env::consts::EXE_EXTENSION))
        .find(|program| is_executable(program))
}

/// The program that `name` stands for: a path as it is, a bare name where `PATH` has it.
#[cfg(unix)]
fn resolved(name: &str) -> Option<PathBuf> {
    if name.contains('/') { Some(name.into()) } else { in_path(name) }
}

/// The system looks in the right places by itself, and knows which extensions are programs.
#[cfg(not(unix))]
fn resolved(name: &str) -> Option<PathBuf> {
    Some(name.into())
}

#[cfg(unix)]
fn is_executable(program: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    program.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(program: &Path) -> bool {
    program.is_file()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<(String, Vec<String>), String> {
        Editor::parse(&environment::EDITOR, line)
            .map(|editor| (editor.program.to_string_lossy().into_owned(), editor.arguments))
            .map_err(|failure| failure.to_string())
    }

    #[test]
    fn words_are_split_as_by_a_shell() {
        assert_eq!(parse("./vim").unwrap(), ("./vim".into(), vec![]));
        assert_eq!(
            parse(r#"'/a b/code' --wait  "x y" \$HOME"#).unwrap(),
            ("/a b/code".into(), vec!["--wait".into(), "x y".into(), "$HOME".into()])
        );
        assert_eq!(parse("./vim 'x").unwrap_err(), "could not run editor: EDITOR has an open quote");
        assert_eq!(parse("  ").unwrap_err(), "could not run editor: EDITOR names no program");
    }
}
