//! The older style without a command: flags say what happens to the file, and without one of them it is edited.

use std::ffi::OsString;

use super::Answer;
use super::flags::Values;
use super::line::Line;
use super::{tables, translate};
use crate::exit::Exit;
use crate::report::{Failure, Warning};

/// What happens to the file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Mode {
    Encrypt,
    Decrypt,
    Rotate,
    Set,
    Edit,
}

/// The command line of the tool's own for flags without a command.
pub(super) fn answer(values: &Values, warnings: &mut Vec<Warning>) -> Answer {
    match line(values, warnings) {
        Ok(line) => Answer::Line(line),
        Err(failure) => Answer::Refused(failure),
    }
}

fn line(values: &Values, warnings: &mut Vec<Warning>) -> Result<Vec<OsString>, Failure> {
    let file = translate::first(values, warnings)?;
    translate::not_both_places(values)?;
    let mode = mode(values, warnings);
    if translate::is_missing(&file) {
        if tables::adds_or_removes().any(|name| values.text(name).is_some()) {
            return Err(translate::no_keys_of_missing(&file));
        }
        match mode {
            Mode::Encrypt | Mode::Decrypt | Mode::Rotate => return Err(translate::missing(&file)),
            Mode::Set => translate::must_be_file(&file)?,
            Mode::Edit => {}
        }
    }
    translate::must_not_be_directory(&file)?;
    let name = match mode {
        Mode::Encrypt => "encrypt",
        Mode::Decrypt => "decrypt",
        Mode::Rotate => "rotate",
        Mode::Set => "set",
        Mode::Edit => "edit",
    };
    let mut line = Line::new(&[name], values);
    let command = tables::command(name).expect("the mode is a command");
    line.flags(values, |flag| {
        let known = flags_of(command.flags, flag) || only_in_this_style(mode).contains(&flag);
        known && !NOT_PASSED_ON.contains(&flag)
    });
    line.positional(file);
    if mode == Mode::Set {
        let (index, value) = index_and_value(values)?;
        line.positional(index);
        line.positional(value);
    }
    Ok(line.finish())
}

/// Flags of the table of a command that have no meaning in this style.
const NOT_PASSED_ON: &[&str] = &["help"];

/// Flags that the command itself takes only in this style.
fn only_in_this_style(mode: Mode) -> &'static [&'static str] {
    match mode {
        Mode::Encrypt | Mode::Edit => {
            &["mac-only-encrypted", "unencrypted-comment-regex", "encrypted-comment-regex"]
        }
        Mode::Rotate => &["ignore-mac"],
        Mode::Decrypt | Mode::Set => &[],
    }
}

fn flags_of(flags: &'static [&'static [super::flags::Flag]], name: &str) -> bool {
    super::flags::find(flags, name).is_some()
}

/// What the flags ask for. With several of them the result of the last one counts, in the order of sops; so only
/// that one is done.
fn mode(values: &Values, warnings: &mut Vec<Warning>) -> Mode {
    let set = values.text("set").is_some();
    let modes = [
        (values.is("encrypt"), Mode::Encrypt),
        (values.is("decrypt"), Mode::Decrypt),
        (values.is("rotate"), Mode::Rotate),
        (set, Mode::Set),
    ];
    let asked: Vec<_> = modes.into_iter().filter(|(asked, _)| *asked).collect();
    if asked.len() > 1 {
        warnings.push(
            Warning::new("more than one of --encrypt, --decrypt, --rotate and --set is given; only the last one of these is done")
                .hint("give one of them"),
        );
    }
    asked.last().map_or(Mode::Edit, |(_, mode)| *mode)
}

/// The two parts of `--set`, which a bracket and a blank divide.
fn index_and_value(values: &Values) -> Result<(String, String), Failure> {
    let text = values.text("set").and_then(|text| text.to_str()).unwrap_or_default();
    let at = text.find("] ").ok_or_else(|| {
        Failure::new(Exit::InvalidPathOrValue, "invalid --set format")
            .hint("write it as '[\"key\"][0] value', the value as JSON")
    })?;
    Ok((text[..=at].to_owned(), text[at + 2..].to_owned()))
}
