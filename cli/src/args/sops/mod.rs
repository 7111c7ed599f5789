//! The command line under the name `sops`: read by the rules of sops, and turned into a command line of the tool's
//! own, so that there is one set of plans.
//!
//! sops reads flags as Go's package `flag` does: one dash or two, no bundles, truth values only behind `=`. Flags
//! of the tool stand before the command; behind a command its own flags may stand anywhere. Without a command the
//! flags say what happens to the file: the older style, which most scripts use.

mod flags;
mod help;
mod legacy;
mod line;
mod parse;
mod scripts;
mod tables;
mod translate;

use std::ffi::OsString;

use self::flags::{Command, Values};
use crate::environment;
use crate::exit::Exit;
use crate::report::{Failure, Reporter, Warning};

/// What a command line under the name `sops` comes to.
#[derive(Debug)]
pub(super) enum Answer {
    /// Text for stdout: help, a version, candidates for a shell.
    Text(String),
    /// The command line cannot be read: text for stdout, and what is wrong.
    Misuse(String, Failure),
    /// The parts of the command line do not fit together, or there is no such file.
    Refused(Failure),
    /// A command line of the tool's own that does the same, without the name of the program.
    Line(Vec<OsString>),
}

/// Reads `arguments`, the name of the program first. Warnings are reported at once.
pub(super) fn read(arguments: &[OsString], reporter: Reporter) -> Answer {
    // sops reads the variables of all flags before anything else, even before it shows help.
    for variable in [&environment::SOPS_DISABLE_VERSION_CHECK, &environment::SOPS_ENABLE_LOCAL_KEYSERVICE] {
        if let Err(failure) = variable.flag() {
            return Answer::Refused(failure);
        }
    }
    let mut warnings = Vec::new();
    let answer = answer(arguments, &mut warnings);
    for warning in warnings {
        reporter.warning(&warning);
    }
    answer
}

fn answer(arguments: &[OsString], warnings: &mut Vec<Warning>) -> Answer {
    let (completing, words) = match arguments {
        [words @ .., last] if last == "--generate-bash-completion" => (true, words),
        words => (false, words),
    };
    let words = words.get(1..).unwrap_or_default();
    let (global, error) = parse::parse(tables::GLOBAL, words);
    let candidates = |flags, commands| Answer::Text(help::candidates(flags, commands, words.last(), words));
    if let Some((second, first)) = global.two_forms() {
        let message = format!("Cannot use two forms of the same flag: {second} {first}");
        return misuse(format!("{message}\n"), &help::of_tool(), &message);
    }
    let command = global.positional.first().and_then(|name| tables::command(name.to_str()?));
    let Some(command) = command else {
        return match (completing, error) {
            (true, _) => candidates(tables::GLOBAL, tables::COMMANDS),
            (false, Some(error)) => misuse(format!("Incorrect Usage. {error}\n\n"), &help::of_tool(), &error),
            (false, None) if global.is("help") => Answer::Text(help::of_tool()),
            (false, None) if global.is("version") => Answer::Text(help::VERSION.to_owned()),
            (false, None) => legacy::answer(&global, warnings),
        };
    };
    if !completing {
        if let Some(error) = error {
            return misuse(format!("Incorrect Usage. {error}\n\n"), &help::of_tool(), &error);
        }
        if global.is("help") {
            return Answer::Text(help::of_tool());
        }
        if global.is("version") {
            return Answer::Text(help::VERSION.to_owned());
        }
    }
    let rest = &global.positional[1..];
    if command.commands.is_empty() {
        return leaf(&[command], &global, rest, completing.then_some(words), warnings);
    }
    let (values, error) = parse::parse(command.flags, rest);
    let below = values.positional.first().map(|name| name.to_string_lossy());
    let asks_help = matches!(below.as_deref(), Some(tables::HELP_COMMAND | tables::HELP_SHORT));
    if let Some(found) = below.as_deref().and_then(|name| tables::among(command.commands, name)) {
        return leaf(
            &[command, found],
            &global,
            &values.positional[1..],
            completing.then_some(words),
            warnings,
        );
    }
    if completing {
        return candidates(command.flags, command.commands);
    }
    if let Some(error) = error {
        return misuse(format!("Incorrect Usage. {error}\n\n"), &help::of_command(&[command]), &error);
    }
    let topic = values.positional.get(usize::from(asks_help)).map(|name| name.to_string_lossy());
    match topic.filter(|_| !values.is("help")) {
        None => Answer::Text(help::of_command(&[command])),
        Some(name) => match tables::among(command.commands, &name) {
            Some(found) => Answer::Text(help::of_command(&[command, found])),
            None => Answer::Refused(no_topic(&name)),
        },
    }
}

/// The answer for a command that has none below it. `completing` holds the whole command line when a shell asks.
fn leaf(
    path: &[&'static Command],
    global: &Values,
    arguments: &[OsString],
    completing: Option<&[OsString]>,
    warnings: &mut Vec<Warning>,
) -> Answer {
    let command = path[path.len() - 1];
    if let Some(words) = completing {
        return Answer::Text(help::candidates(command.flags, &[], words.last(), words));
    }
    let arguments = parse::flags_first(command.flags, arguments);
    let (values, error) = parse::parse(command.flags, &arguments);
    let two_forms = values.two_forms();
    let two_forms =
        two_forms.map(|(second, first)| format!("Cannot use two forms of the same flag: {second} {first}"));
    if let Some(error) = error.or(two_forms) {
        return misuse(format!("Incorrect Usage: {error}\n\n"), &help::of_command(path), &error);
    }
    if values.is("help") {
        return Answer::Text(help::of_command(path));
    }
    if command.name == tables::HELP_COMMAND {
        return match values.positional.first().map(|name| name.to_string_lossy()) {
            None => Answer::Text(help::of_tool()),
            Some(name) => match tables::command(&name) {
                Some(found) => Answer::Text(help::of_command(&[found])),
                None => Answer::Refused(no_topic(&name)),
            },
        };
    }
    if path[0].name == "completion" {
        return Answer::Text(scripts::of(command.name).to_owned());
    }
    translate::answer(path, global, &values, warnings)
}

fn misuse(intro: String, help: &str, error: &str) -> Answer {
    Answer::Misuse(intro + help, Failure::new(Exit::Other, error))
}

fn no_topic(name: &str) -> Failure {
    let name = crate::report::harmless(name);
    Failure::new(Exit::Unwritable, format!("No help topic for '{name}'"))
}

#[cfg(test)]
mod tests;
