//! From a command of sops to one of the tool's own: what sops checks before it opens a file, and the flags that
//! both know.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use super::Answer;
use super::flags::{Command, Values};
use super::line::Line;
use super::tables;
use crate::exit::Exit;
use crate::report::{Failure, Warning, harmless};

/// Flags before a command that have an effect on it, or on nothing.
const SEEN: &[&str] = &[
    "config",
    "indent",
    "mac-only-encrypted",
    "verbose",
    "disable-version-check",
    "check-for-updates",
    "help",
    "version",
];

/// Flags that sops takes and this tool does not need.
const WITHOUT_EFFECT: &[&str] = &["verbose", "disable-version-check", "check-for-updates", "help", "version"];

/// The command line of the tool's own for the command that `path` leads to.
pub(super) fn answer(
    path: &[&'static Command],
    global: &Values,
    values: &Values,
    warnings: &mut Vec<Warning>,
) -> Answer {
    let names: Vec<_> = path.iter().map(|command| command.name).collect();
    for flag in global.flags().into_iter().filter(|flag| !SEEN.contains(&flag.name())) {
        warnings.push(
            Warning::new(format!("--{} has no effect before a command", flag.name()))
                .hint(format!("write it behind `{}`, if it takes it", names.join(" "))),
        );
    }
    match line(&names, global, values, warnings) {
        Ok(line) => Answer::Line(line),
        Err(failure) => Answer::Refused(failure),
    }
}

fn line(
    names: &[&str],
    global: &Values,
    values: &Values,
    warnings: &mut Vec<Warning>,
) -> Result<Vec<OsString>, Failure> {
    let mut line = Line::new(names, global);
    let threshold_is_unused = matches!(names, ["set" | "unset"]);
    line.flags(values, |name| {
        !(WITHOUT_EFFECT.contains(&name) || threshold_is_unused && name == "shamir-secret-sharing-threshold")
    });
    match names {
        [command @ ("encrypt" | "decrypt")] => {
            if *command == "encrypt" {
                line.switch("mac-only-encrypted", global.is("mac-only-encrypted"));
            }
            if let Some(file) = source(values, *command == "encrypt", warnings)? {
                line.positional(file);
            }
        }
        ["edit"] => {
            line.switch("mac-only-encrypted", global.is("mac-only-encrypted"));
            let file = first(values, warnings)?;
            must_not_be_directory(&file)?;
            line.positional(file);
        }
        ["rotate"] => {
            let file = first(values, warnings)?;
            not_both_places(values)?;
            if is_missing(&file) && tables::adds_or_removes().any(|name| values.text(name).is_some()) {
                return Err(no_keys_of_missing(&file));
            }
            must_be_file(&file)?;
            line.positional(file);
        }
        ["publish"] => line.positional(first(values, warnings)?),
        ["filestatus"] => {
            let file = values.positional.first().ok_or_else(no_file)?;
            must_be_file(file).map_err(|failure| failure.code(Exit::Other))?;
            line.positional(named(file));
        }
        ["set"] => {
            let stdin = values.is("value-stdin");
            if values.positional.len() != if stdin { 2 } else { 3 } {
                return Err(Failure::new(
                    Exit::NoFile,
                    "the file, the index or the value is missing, or too much is given",
                )
                .hint(if stdin {
                    "with --value-stdin there are two arguments: a file and an index"
                } else {
                    "there are three arguments: a file, an index and a value as JSON"
                }));
            }
            if stdin && values.is("value-file") {
                return Err(Failure::new(Exit::Other, "cannot use both --value-file and --value-stdin"));
            }
            must_be_file(&values.positional[0])?;
            values.positional.iter().for_each(|word| line.positional(word));
        }
        ["unset"] => {
            if values.positional.len() != 2 {
                return Err(Failure::new(
                    Exit::NoFile,
                    "the file or the index is missing, or too much is given",
                )
                .hint("there are two arguments: a file and an index"));
            }
            must_be_file(&values.positional[0])?;
            values.positional.iter().for_each(|word| line.positional(word));
        }
        ["updatekeys"] => {
            if values.positional.is_empty() {
                return Err(no_file());
            }
            values.positional.iter().for_each(|word| line.positional(named(word)));
        }
        ["exec-env" | "exec-file"] => {
            let [file, command] = values.positional.as_slice() else {
                return Err(Failure::new(Exit::Other, "missing file to decrypt, or command to run")
                    .hint("there are two arguments: a file and a command, the command in quotes"));
            };
            if values.is("same-process") && values.is("background") {
                return Err(Failure::new(Exit::Conflict, "--same-process cannot be used with --background"));
            }
            must_be_file(file)?;
            line.positional(named(file));
            line.positional(command);
        }
        ["groups", "add"] if !values.positional.is_empty() => {
            return Err(Failure::new(Exit::Other, "no positional arguments allowed")
                .hint("the file is given with --file"));
        }
        ["groups", "delete"] => {
            let [index] = values.positional.as_slice() else {
                return Err(Failure::new(
                    Exit::Other,
                    "exactly one argument is needed, the index of the group",
                )
                .hint("groups are counted from 0; the file is given with --file"));
            };
            line.positional(index);
        }
        _ => {}
    }
    Ok(line.finish())
}

/// The file that `encrypt` or `decrypt` reads; none for stdin.
///
/// # Errors
/// The flags do not fit together, or there is no such file.
pub(super) fn source(
    values: &Values,
    needs_name: bool,
    warnings: &mut Vec<Warning>,
) -> Result<Option<OsString>, Failure> {
    let conflict = |message: &str| Err(Failure::new(Exit::Conflict, message));
    if values.positional.is_empty() {
        if values.is("in-place") {
            return conflict("cannot use --in-place when reading from stdin");
        }
        if needs_name && values.text("filename-override").is_none() {
            return conflict("must specify --filename-override when reading from stdin");
        }
        not_both_places(values)?;
        return Ok(None);
    }
    let file = first(values, warnings)?;
    not_both_places(values)?;
    if is_missing(&file) {
        return Err(missing(&file));
    }
    must_not_be_directory(&file)?;
    Ok(Some(file))
}

/// The first of the positional arguments, with a warning if there are more.
///
/// # Errors
/// There is none.
pub(super) fn first(values: &Values, warnings: &mut Vec<Warning>) -> Result<OsString, Failure> {
    let Some((file, ignored)) = values.positional.split_first() else { return Err(no_file()) };
    if !ignored.is_empty() {
        let warning = Warning::new("more than one argument was given; only the first one is used");
        let flag = ignored.iter().rfind(|word| word.as_encoded_bytes().starts_with(b"-"));
        warnings.push(match flag {
            Some(flag) => warning.hint(format!(
                "\"{}\" looks like a flag; flags stand before the file",
                harmless(&flag.to_string_lossy())
            )),
            None => warning,
        });
    }
    Ok(named(file))
}

/// That the result goes to one place.
///
/// # Errors
/// It would go to two.
pub(super) fn not_both_places(values: &Values) -> Result<(), Failure> {
    if values.is("in-place") && values.text("output").is_some() {
        return Err(Failure::new(Exit::Conflict, "cannot operate on both --output and --in-place"));
    }
    Ok(())
}

/// Whether there is nothing by this name.
pub(super) fn is_missing(file: &OsStr) -> bool {
    std::fs::metadata(file).is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound)
}

/// The failure for keys that are to be changed in a file that is not there.
pub(super) fn no_keys_of_missing(file: &OsStr) -> Failure {
    missing_file(Exit::NoKeysOfMissing, "cannot add or remove keys on non-existent file", file)
        .hint("make the file first; `edit` does so with the keys of the rule")
}

/// The failure for a file that is not there.
pub(super) fn missing(file: &OsStr) -> Failure {
    missing_file(Exit::NoFile, "cannot operate on non-existent file", file)
}

/// That a file is there, as a command sees it that simply reads it.
///
/// # Errors
/// It is not, or is a directory.
pub(super) fn must_be_file(file: &OsStr) -> Result<(), Failure> {
    let file = named(file);
    if is_missing(&file) {
        return Err(Failure::new(Exit::Unreadable, "cannot read the file: no such file or directory")
            .file(Path::new(&file)));
    }
    must_not_be_directory(&file)
}

/// That a name is not that of a directory.
///
/// # Errors
/// It is.
pub(super) fn must_not_be_directory(file: &OsStr) -> Result<(), Failure> {
    if std::fs::metadata(file).is_ok_and(|found| found.is_dir()) {
        return Err(
            Failure::new(Exit::Unreadable, "cannot read the file: is a directory").file(Path::new(file))
        );
    }
    Ok(())
}

fn missing_file(exit: Exit, message: &str, file: &OsStr) -> Failure {
    let shown = std::path::absolute(file).unwrap_or_else(|_| file.into());
    Failure::new(exit, format!("{message} \"{}\"", crate::report::shown(&shown)))
}

fn no_file() -> Failure {
    Failure::new(Exit::NoFile, "no file specified")
}

/// The name as a path: an empty one is the working directory.
fn named(file: &OsStr) -> OsString {
    if file.is_empty() { ".".into() } else { file.to_owned() }
}
