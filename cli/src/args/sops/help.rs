//! What is printed about commands and flags: help, and the candidates that shells ask for.

use std::ffi::OsString;

use super::flags::{Command, Flag, Kind};
use super::tables::{COMMANDS, GLOBAL, HELP_COMMAND, HELP_SHORT};

/// The version of sops that this stands in for, as `sops --version` prints it.
pub(super) const VERSION: &str = "sops 3.13.3\n";

/// The help of the tool as a whole.
pub(super) fn of_tool() -> String {
    let mut text = heading(
        "sops - Encrypts the values of files that a repository's rules select; this is Fieldseal",
        "sops command [command options] file\n   sops [global options] file",
    );
    text += &commands(COMMANDS);
    text += &options("GLOBAL OPTIONS", GLOBAL);
    text += "\nFlags may stand behind a command and its files, but without a command only before the file.\n";
    text
}

/// The help of the command that `path` leads to.
pub(super) fn of_command(path: &[&'static Command]) -> String {
    let Some(command) = path.last() else { return of_tool() };
    let name = path.iter().fold("sops".to_owned(), |name, command| name + " " + command.name);
    let about = format!("{name} - {}", command.about);
    if command.commands.is_empty() {
        let usage = format!("{name} [command options] {}", command.usage);
        return heading(&about, usage.trim_end()) + &options("OPTIONS", command.flags);
    }
    heading(&about, &format!("{name} command [command options] [arguments...]"))
        + &commands(command.commands)
        + &options("OPTIONS", command.flags)
}

/// What may follow in the place of a command, or flags if `last`, the last word, begins with a dash.
/// `used` are all words of the command line: flags that are there are not offered again.
pub(super) fn candidates(
    flags: &'static [&'static [Flag]],
    commands: &[Command],
    last: Option<&OsString>,
    used: &[OsString],
) -> String {
    let last = last.map(|word| word.to_string_lossy()).filter(|word| word.starts_with('-'));
    let mut lines = Vec::new();
    match last {
        Some(last) => {
            let part = last.strip_prefix('-').unwrap_or_default();
            let part = part.strip_prefix('-').unwrap_or(part);
            for flag in flags.iter().copied().flatten() {
                if flag.names.iter().any(|name| used.iter().any(|word| *word == *dashed(name))) {
                    continue;
                }
                let fits = |name: &&&str| {
                    name.starts_with(part) && **name != part && !(last.starts_with("--") && name.len() == 1)
                };
                lines.extend(flag.names.iter().filter(fits).map(|name| dashed(name)));
            }
        }
        None => {
            let names = commands.iter().map(|command| command.name).filter(|name| *name != HELP_COMMAND);
            lines.extend(names.map(str::to_owned));
            if !commands.is_empty() {
                lines.extend([HELP_COMMAND.to_owned(), HELP_SHORT.to_owned()]);
            }
        }
    }
    lines.into_iter().map(|line| line + "\n").collect()
}

fn heading(about: &str, usage: &str) -> String {
    format!("NAME:\n   {about}\n\nUSAGE:\n   {usage}\n\n")
}

fn commands(commands: &[Command]) -> String {
    let name = |command: &Command| match command.name {
        HELP_COMMAND => format!("{HELP_COMMAND}, {HELP_SHORT}"),
        name => name.to_owned(),
    };
    let lines = commands.iter().map(|command| (name(command), command.about.to_owned())).collect();
    format!("COMMANDS:\n{}\n", table(lines))
}

fn options(title: &str, flags: &[&[Flag]]) -> String {
    let lines = flags
        .iter()
        .copied()
        .flatten()
        .map(|flag| {
            let value = if flag.kind == Kind::Switch { "" } else { " value" };
            let names: Vec<_> = flag.names.iter().map(|name| dashed(name) + value).collect();
            let variable = flag.variable.map(|name| format!(" [${name}]")).unwrap_or_default();
            (names.join(", "), format!("{}{variable}", flag.about))
        })
        .collect();
    format!("{title}:\n{}", table(lines))
}

fn table(lines: Vec<(String, String)>) -> String {
    let width = lines.iter().map(|(left, _)| left.len()).max().unwrap_or(0);
    lines.into_iter().map(|(left, right)| format!("   {left:<width$}  {right}\n")).collect()
}

fn dashed(name: &str) -> String {
    format!("{}{name}", if name.len() == 1 { "-" } else { "--" })
}

#[cfg(test)]
mod tests {
    use super::super::tables::command;
    use super::*;

    #[test]
    fn every_command_and_every_flag_is_in_the_help() {
        let text = of_tool();
        for command in COMMANDS {
            assert!(text.contains(&format!("\n   {}", command.name)), "{}", command.name);
            let own = of_command(&[command]);
            for flag in command.flags.iter().copied().flatten() {
                assert!(own.contains(&format!("\n   {}", dashed(flag.name()))), "{}", flag.name());
            }
            for below in command.commands {
                assert!(of_command(&[command, below]).contains(below.about));
            }
        }
        for flag in GLOBAL.iter().copied().flatten() {
            assert!(text.contains(&format!("\n   {}", dashed(flag.name()))), "{}", flag.name());
            assert!(flag.variable.is_none_or(|name| text.contains(&format!("[${name}]"))));
        }
    }

    #[test]
    fn candidates_begin_like_the_last_word() {
        // As sops 3.13.3 prints them, but each once.
        let flags = command("decrypt").expect("it is one").flags;
        let words = |line: &str| line.split(' ').map(OsString::from).collect::<Vec<_>>();
        let asked = |line: &str| candidates(flags, &[], words(line).last(), &words(line));
        assert_eq!(asked("decrypt --o"), "--output\n--output-type\n");
        assert_eq!(asked("decrypt --output --o"), "--output-type\n");
        assert_eq!(asked("decrypt --i"), "--in-place\n--input-type\n--ignore-mac\n");
        assert_eq!(asked("decrypt -i"), "--input-type\n--ignore-mac\n");
        assert_eq!(asked("decrypt"), "");
        assert!(candidates(&[], COMMANDS, None, &[]).ends_with("unset\nhelp\nh\n"));
    }
}
