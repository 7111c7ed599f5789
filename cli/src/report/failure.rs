//! Errors and warnings as a person reads them.

use std::fmt;
use std::path::{Path, PathBuf};

use fieldseal_core::Position;

use super::shown;
use crate::exit::Exit;

/// Where something is: a file, a position in it, a path in its tree. Each part may be missing.
#[derive(Clone, Debug, Default)]
struct Place {
    file: Option<PathBuf>,
    position: Option<Position>,
    tree: Option<String>,
}

/// Why a command or the work on one file failed.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    message: String,
    hint: Option<String>,
    // Boxed so that a `Result` stays small: failures are rare.
    place: Box<Place>,
}

impl Failure {
    /// A failure that ends the run with `exit`. `message` is in lower case and without a full stop, and
    /// holds no content of a file.
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), hint: None, place: Box::default() }
    }

    /// The failure of an operation of the system on `file`.
    pub(crate) fn system(exit: Exit, doing: &str, file: &Path, error: &std::io::Error) -> Self {
        Self::new(exit, format!("{doing}: {}", cause(error))).file(file)
    }

    /// Ends the run with `exit` instead.
    pub(crate) fn code(mut self, exit: Exit) -> Self {
        self.exit = exit;
        self
    }

    /// With what to do about it.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// With the file it is about, unless it has one.
    pub(crate) fn file(mut self, file: &Path) -> Self {
        self.place.file.get_or_insert_with(|| file.to_owned());
        self
    }

    /// With the position in the file.
    pub(crate) fn position(mut self, position: Option<Position>) -> Self {
        self.place.position = position;
        self
    }

    /// With the path in the tree of the file, as `["a"]["b"][0]`.
    pub(crate) fn tree(mut self, tree: impl Into<String>) -> Self {
        self.place.tree = Some(tree.into());
        self
    }

    /// The code that the run ends with.
    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }

    /// What to do about it.
    pub(crate) fn remedy(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// What failed, without its place.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// The position in the file.
    pub(crate) fn at(&self) -> Option<Position> {
        self.place.position
    }

    /// The path in the tree of the file.
    pub(crate) fn tree_path(&self) -> Option<&str> {
        self.place.tree.as_deref()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{}{}", self.place, self.message)
    }
}

/// Something that did not stop the work but should be seen to.
#[derive(Debug)]
pub(crate) struct Warning(Failure);

impl Warning {
    /// A warning; `message` as for a [`Failure`].
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(Failure::new(Exit::Success, message))
    }

    /// With what to do about it.
    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
        Self(self.0.hint(hint))
    }

    /// With the file it is about, unless it has one.
    pub(crate) fn file(self, file: &Path) -> Self {
        Self(self.0.file(file))
    }

    /// With the position in the file.
    pub(crate) fn position(self, position: Option<Position>) -> Self {
        Self(self.0.position(position))
    }

    /// What to do about it.
    pub(crate) fn remedy(&self) -> Option<&str> {
        self.0.remedy()
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(to)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.file, self.position) {
            (Some(file), Some(position)) => write!(to, "{}:{position}: ", shown(file))?,
            (Some(file), None) => write!(to, "{}: ", shown(file))?,
            (None, Some(position)) => write!(to, "{position}: ")?,
            (None, None) => {}
        }
        match &self.tree {
            Some(tree) => write!(to, "{tree}: "),
            None => Ok(()),
        }
    }
}

/// The cause of an error of the system, without the number of its kind.
fn cause(error: &std::io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_lowercase().chain(chars).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_says_where() {
        let failure = Failure::new(Exit::Decryption, "the token was changed")
            .tree("[\"a\"]")
            .position(Some(Position { line: 3, column: 7 }))
            .file(Path::new("x.yaml"))
            .file(Path::new("later.yaml"));
        assert_eq!(failure.to_string(), "x.yaml:3:7: [\"a\"]: the token was changed");
    }

    #[test]
    fn a_cause_reads_like_the_rest() {
        let error = std::io::Error::from_raw_os_error(2);
        assert_eq!(cause(&error), "no such file or directory");
    }
}
