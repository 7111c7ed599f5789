//! How sops reads a command line: the rules of Go's package `flag`, and the order in which its command line
//! library gives it the arguments of a command.

use std::ffi::{OsStr, OsString};

use super::flags::{Flag, Kind, Values, find};
use crate::environment::truth;

/// Reads `arguments` up to the first that is no flag. What was read before an error is given as well: it counts
/// when a shell asks for completions.
pub(super) fn parse(flags: &'static [&'static [Flag]], arguments: &[OsString]) -> (Values, Option<String>) {
    let mut values = Values::default();
    let mut at = 0;
    let error = loop {
        let Some(argument) = arguments.get(at) else { break None };
        let (name, value) = match Form::of(argument) {
            Form::Positional => break None,
            Form::Terminator => {
                at += 1;
                break None;
            }
            Form::Malformed => break Some(format!("bad flag syntax: {}", argument.to_string_lossy())),
            Form::Flag(name, value) => (name, value),
        };
        at += 1;
        let Some(flag) = find(flags, &name) else {
            break Some(format!("flag provided but not defined: -{name}"));
        };
        let value = match (flag.kind, value) {
            (Kind::Switch, None) => "true".into(),
            (_, Some(value)) => value,
            (_, None) => match arguments.get(at) {
                Some(value) => {
                    at += 1;
                    value.clone()
                }
                None => break Some(format!("flag needs an argument: -{name}")),
            },
        };
        match checked(flag, &value) {
            Ok(value) => values.note(flag, &name, value),
            Err(problem) => break Some(problem.message(flag, &name)),
        }
    };
    values.positional = arguments[at.min(arguments.len())..].to_vec();
    (values, error)
}

/// Moves the flags of a command before its other arguments. A flag without `=` takes the next argument along that
/// is no flag itself, even a flag that takes no value.
pub(super) fn flags_first(flags: &'static [&'static [Flag]], arguments: &[OsString]) -> Vec<OsString> {
    let is_known = |argument: &OsStr| is_flag(flags, argument);
    let (mut first, mut rest): (Vec<OsString>, Vec<OsString>) = (Vec::new(), Vec::new());
    let mut takes_next = false;
    for (index, argument) in arguments.iter().enumerate() {
        if is_known(argument) {
            takes_next = !argument.as_encoded_bytes().contains(&b'=');
            first.push(argument.clone());
        } else if takes_next {
            takes_next = false;
            first.push(argument.clone());
        } else if argument == "--" {
            rest.insert(0, argument.clone());
            rest.extend_from_slice(&arguments[index + 1..]);
            break;
        } else {
            rest.push(argument.clone());
        }
    }
    first.extend(rest);
    first
}

/// Whether `argument` looks like one of the flags, for the order of the arguments.
fn is_flag(flags: &'static [&'static [Flag]], argument: &OsStr) -> bool {
    let bytes = argument.as_encoded_bytes();
    let name = match bytes {
        b"-" | b"--" => return false,
        // With three dashes it is moved as well; the reading then refuses it.
        [b'-', b'-', rest @ ..] => rest.strip_prefix(b"-").unwrap_or(rest),
        [b'-', rest @ ..] => rest,
        _ => return false,
    };
    let name = name.split(|byte| *byte == b'=').next().unwrap_or_default();
    std::str::from_utf8(name).is_ok_and(|name| find(flags, name).is_some())
}

/// What an argument is to Go's package `flag`.
enum Form {
    /// No flag: the flags end before it.
    Positional,
    /// `--`: the flags end behind it.
    Terminator,
    /// A flag without a name, or with three dashes.
    Malformed,
    /// A flag, perhaps with a value.
    Flag(String, Option<OsString>),
}

impl Form {
    fn of(argument: &OsStr) -> Self {
        let name = match argument.as_encoded_bytes() {
            b"--" => return Self::Terminator,
            [b'-', b'-', rest @ ..] => rest,
            [b'-', rest @ ..] if !rest.is_empty() => rest,
            _ => return Self::Positional,
        };
        if matches!(name.first(), None | Some(b'-' | b'=')) {
            return Self::Malformed;
        }
        let (name, value) = match name.iter().position(|byte| *byte == b'=') {
            Some(at) => (&name[..at], Some(os_string(&name[at + 1..]))),
            None => (name, None),
        };
        Self::Flag(String::from_utf8_lossy(name).into_owned(), value)
    }
}

#[cfg(unix)]
fn os_string(bytes: &[u8]) -> OsString {
    use std::os::unix::ffi::OsStrExt as _;
    OsStr::from_bytes(bytes).to_owned()
}

#[cfg(not(unix))]
fn os_string(bytes: &[u8]) -> OsString {
    String::from_utf8_lossy(bytes).into_owned().into()
}

/// Why a value is none for its flag.
#[derive(PartialEq, Eq, Debug)]
enum Problem {
    Truth,
    Number,
    Range,
}

impl Problem {
    /// The message; the value itself is not shown, it may be in the wrong place.
    fn message(&self, flag: &Flag, name: &str) -> String {
        debug_assert!(flag.names.contains(&name));
        match self {
            Self::Truth => format!("invalid boolean value for -{name}: it takes true or false"),
            Self::Number => format!("invalid value for flag -{name}: it takes a whole number"),
            Self::Range => format!("invalid value for flag -{name}: the number is too large"),
        }
    }
}

/// The value in the one spelling that is used from here on.
fn checked(flag: &Flag, value: &OsStr) -> Result<OsString, Problem> {
    let text = value.to_str();
    match flag.kind {
        Kind::Text | Kind::List => Ok(value.to_owned()),
        Kind::Switch => {
            let value = text.and_then(truth).ok_or(Problem::Truth)?;
            Ok(if value { "true" } else { "false" }.into())
        }
        Kind::Number => Ok(number(text.ok_or(Problem::Number)?)?.to_string().into()),
    }
}

/// A whole number as Go reads it when the base is open: `0x`, `0o`, `0b` and `0` in front choose the base, and `_`
/// may stand between digits.
fn number(text: &str) -> Result<i64, Problem> {
    let (negative, digits) = match text.strip_prefix(['-', '+']) {
        Some(digits) => (text.starts_with('-'), digits),
        None => (false, text),
    };
    let lower = digits.to_ascii_lowercase();
    let (base, digits) = match lower.as_bytes() {
        [b'0', b'x', ..] => (16, &lower[2..]),
        [b'0', b'o', ..] => (8, &lower[2..]),
        [b'0', b'b', ..] => (2, &lower[2..]),
        [b'0', _, ..] => (8, &lower[1..]),
        _ => (10, &lower[..]),
    };
    let digits = if base == 10 { digits } else { digits.strip_prefix('_').unwrap_or(digits) };
    if digits.is_empty() || digits.starts_with('_') || digits.ends_with('_') || digits.contains("__") {
        return Err(Problem::Number);
    }
    let mut number: i128 = 0;
    for digit in digits.chars().filter(|digit| *digit != '_') {
        let digit = digit.to_digit(base).ok_or(Problem::Number)?;
        number = (number * i128::from(base) + i128::from(digit)).min(i128::from(u64::MAX));
    }
    i64::try_from(if negative { -number } else { number }).map_err(|_| Problem::Range)
}

#[cfg(test)]
mod tests {
    use super::super::tables;
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        shlex::split(line).expect("quotes are closed").into_iter().map(OsString::from).collect()
    }

    /// The flags with their values, `|`, the rest, and the error.
    fn global(line: &str) -> String {
        shown(parse(tables::GLOBAL, &words(line)))
    }

    fn command(name: &str, line: &str) -> String {
        let flags = tables::command(name).expect("there is such a command").flags;
        shown(parse(flags, &flags_first(flags, &words(line))))
    }

    fn shown((values, error): (Values, Option<String>)) -> String {
        let mut parts = Vec::new();
        for flag in values.flags() {
            for value in values.all(flag.name()) {
                parts.push(format!("{}={}", flag.name(), value.display()));
            }
        }
        parts.push("|".to_owned());
        parts.extend(values.positional.iter().map(|word| word.display().to_string()));
        parts.extend(error.map(|error| format!("! {error}")));
        parts.join(" ")
    }

    #[test]
    fn flags_before_the_command() {
        // What sops 3.13.3 made of each of these was seen by what it then did.
        for (line, expected) in [
            ("-d f", "decrypt=true | f"),
            ("--d f", "decrypt=true | f"),
            ("-decrypt f", "decrypt=true | f"),
            ("--decrypt=true f", "decrypt=true | f"),
            ("-d=0 f", "decrypt=false | f"),
            ("-d f -i", "decrypt=true | f -i"),
            ("-di f", "| f ! flag provided but not defined: -di"),
            ("--age a --age b f", "age=a age=b | f"),
            ("-a=x=y f", "age=x=y | f"),
            ("--age= f", "age= | f"),
            ("--config -d f", "config=-d | f"),
            ("-d -- -f", "decrypt=true | -f"),
            ("-d - f", "decrypt=true | - f"),
            ("---d f", "| ---d f ! bad flag syntax: ---d"),
            ("-=x f", "| -=x f ! bad flag syntax: -=x"),
            ("--config", "| ! flag needs an argument: -config"),
            ("--enable-local-keyservice false f", "enable-local-keyservice=true | false f"),
            ("--enable-local-keyservice=F f", "enable-local-keyservice=false | f"),
            ("--indent 0x10 f", "indent=16 | f"),
            ("--indent 1_0 f", "indent=10 | f"),
            ("--indent 010 f", "indent=8 | f"),
            ("--indent -2 f", "indent=-2 | f"),
        ] {
            assert_eq!(global(line), expected, "{line}");
        }
        assert!(global("-d=yes f").ends_with("! invalid boolean value for -d: it takes true or false"));
        assert!(
            global("--indent x f").ends_with("! invalid value for flag -indent: it takes a whole number")
        );
        assert!(global("--indent 99999999999999999999 f").ends_with("the number is too large"));
        assert!(global("--indent 0x8000000000000000 f").ends_with("the number is too large"));
    }

    #[test]
    fn flags_behind_the_command_stand_anywhere() {
        for (name, line, expected) in [
            ("decrypt", "f --extract '[\"a\"]'", "extract=[\"a\"] | f"),
            ("decrypt", "-i f", "in-place=true | f"),
            ("decrypt", "f -i", "in-place=true | f"),
            ("decrypt", "f -i g", "in-place=true | g f"),
            ("decrypt", "f -- -i", "| f -i"),
            ("decrypt", "-- f -i", "| f -i"),
            ("decrypt", "f -x", "| f -x"),
            ("decrypt", "-x f", "| f ! flag provided but not defined: -x"),
            ("decrypt", "f --output", "output=f |"),
            ("decrypt", "--output", "| ! flag needs an argument: -output"),
            ("set", "f '[\"a\"]' -5", "| f [\"a\"] -5"),
            ("set", "f --value-stdin '[\"a\"]'", "value-stdin=true | [\"a\"] f"),
            ("set", "f --value-stdin=true '[\"a\"]'", "value-stdin=true | f [\"a\"]"),
            ("exec-env", "f --pristine env", "pristine=true | env f"),
            ("exec-env", "--pristine f env", "pristine=true | f env"),
            ("encrypt", "f --age --pgp x", "age=--pgp | x f"),
            ("encrypt", "f --age a b", "age=a | f b"),
        ] {
            assert_eq!(command(name, line), expected, "{name} {line}");
        }
    }

    #[test]
    fn two_names_of_one_flag() {
        let (values, _) = parse(tables::GLOBAL, &words("-d --decrypt f"));
        assert_eq!(values.two_forms(), Some(("d", "decrypt")));
        let (values, _) = parse(tables::GLOBAL, &words("-d -d f"));
        assert_eq!(values.two_forms(), None);
    }

    #[test]
    fn numbers_as_go_reads_them() {
        for (text, expected) in [
            ("0", Ok(0)),
            ("+7", Ok(7)),
            ("-0x1F", Ok(-31)),
            ("0b11", Ok(3)),
            ("0o17", Ok(15)),
            ("017", Ok(15)),
            ("0_17", Ok(15)),
            ("0x_f", Ok(15)),
            ("9223372036854775807", Ok(i64::MAX)),
            ("-9223372036854775808", Ok(i64::MIN)),
            ("9223372036854775808", Err(Problem::Range)),
            ("", Err(Problem::Number)),
            ("_1", Err(Problem::Number)),
            ("1_", Err(Problem::Number)),
            ("1__0", Err(Problem::Number)),
            ("08", Err(Problem::Number)),
            ("0x", Err(Problem::Number)),
            ("1.0", Err(Problem::Number)),
            (" 1", Err(Problem::Number)),
        ] {
            assert_eq!(number(text), expected, "{text}");
        }
    }
}
