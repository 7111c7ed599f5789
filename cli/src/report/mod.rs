//! What a person is told: errors, warnings, notes and summaries, all on stderr.
//!
//! A message says what failed and where; what to do about it follows as a hint on a line of its own.
//! Nothing here ever holds a value of a file.

mod failure;
mod progress;

use std::io::{IsTerminal as _, Write as _};
use std::path::Path;

pub(crate) use failure::{Failure, Warning};
pub(crate) use progress::Progress;

use crate::environment;

/// How much is said, and whether in colour.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reporter {
    colour: bool,
    terminal: bool,
    quiet: bool,
}

impl Reporter {
    /// A reporter for this process. `quiet` leaves only errors.
    pub(crate) fn new(quiet: bool) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let colour = terminal && environment::NO_COLOR.path().is_none();
        Self { colour, terminal, quiet }
    }

    /// Whether messages are in colour.
    pub(crate) fn coloured(self) -> bool {
        self.colour
    }

    /// Whether a progress bar may be drawn.
    pub(crate) fn animated(self) -> bool {
        self.terminal && !self.quiet
    }

    /// Whether only errors are said.
    pub(crate) fn is_quiet(self) -> bool {
        self.quiet
    }

    /// Reports what made a command or a file fail.
    pub(crate) fn failure(self, failure: &Failure) {
        self.print("error", "31", &failure.to_string(), failure.remedy());
    }

    /// Reports something that did not stop the work but should be seen to.
    pub(crate) fn warning(self, warning: &Warning) {
        if !self.quiet {
            self.print("warning", "33", &warning.to_string(), warning.remedy());
        }
    }

    /// Says something that needs no action.
    pub(crate) fn note(self, text: &str) {
        if !self.quiet {
            let _ = writeln!(std::io::stderr(), "{text}");
        }
    }

    /// Asks a person for something; said even when little is to be said.
    pub(crate) fn prompt(self, text: &str) {
        let _ = writeln!(std::io::stderr(), "{text}");
    }

    /// Prints what the parser of the command line says.
    pub(crate) fn usage(self, text: &str) {
        let _ = std::io::stderr().lock().write_all(text.as_bytes());
    }

    fn print(self, label: &str, colour: &str, message: &str, hint: Option<&str>) {
        // A closed stderr is no reason to stop: the exit code still tells.
        let mut text = if self.colour {
            format!("\x1b[1;{colour}m{label}:\x1b[0m {message}\n")
        } else {
            format!("{label}: {message}\n")
        };
        if let Some(hint) = hint {
            text += &if self.colour {
                format!("\x1b[1;36mhint:\x1b[0m {hint}\n")
            } else {
                format!("hint: {hint}\n")
            };
        }
        let _ = std::io::stderr().lock().write_all(text.as_bytes());
    }
}

/// A path as it is shown: what could confuse a terminal is escaped.
pub(crate) fn shown(path: &Path) -> String {
    harmless(&path.to_string_lossy())
}

/// `text` with control characters escaped, for names that come from files.
pub(crate) fn harmless(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_steer_a_terminal() {
        assert_eq!(shown(Path::new("a/b ü.yaml")), "a/b ü.yaml");
        assert_eq!(shown(Path::new("a\x1b[2Jb\n")), "a\\u{1b}[2Jb\\n");
    }
}
