//! A command line of the tool's own, in a form that can be read in one way only.

use std::ffi::{OsStr, OsString};

use super::flags::{Kind, Values};

/// A command line that is being put together: every flag with its value behind `=`, then `--`, then the rest.
pub(super) struct Line {
    words: Vec<OsString>,
    rest: Vec<OsString>,
}

impl Line {
    /// The command that `path` leads to, with the configuration and the indentation that the flags before it name.
    pub(super) fn new(path: &[&str], global: &Values) -> Self {
        let mut line = Self { words: path.iter().map(OsString::from).collect(), rest: Vec::new() };
        line.last("config", global);
        line.text("indent", global.text("indent"));
        line
    }

    /// Adds the flags of `values` that `wanted` accepts. What is empty is left out: to sops that is the same, but where a
    /// variable stands in for a flag that is not given.
    pub(super) fn flags(&mut self, values: &Values, wanted: impl Fn(&str) -> bool) {
        for flag in values.flags().into_iter().filter(|flag| wanted(flag.name())) {
            match flag.kind {
                // The only one that is on when nothing is said.
                Kind::Switch if flag.name() == "enable-local-keyservice" => {
                    self.text(flag.name(), values.text(flag.name()));
                }
                Kind::Switch => self.switch(flag.name(), values.is(flag.name())),
                Kind::Text if flag.variable.is_some() => self.last(flag.name(), values),
                Kind::Text | Kind::Number => self.text(flag.name(), values.text(flag.name())),
                Kind::List => {
                    for value in values.all(flag.name()) {
                        if flag.variable.is_some() || !value.is_empty() {
                            self.value(flag.name(), value);
                        }
                    }
                }
            }
        }
    }

    /// Adds a flag without a value if it is `on`.
    pub(super) fn switch(&mut self, name: &str, on: bool) {
        if on {
            self.words.push(format!("--{name}").into());
        }
    }

    /// Adds a flag with its value, if there is one.
    pub(super) fn text(&mut self, name: &str, value: Option<&OsStr>) {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            self.value(name, value);
        }
    }

    /// Adds a flag with the value that counts, which may be empty, if it was given.
    fn last(&mut self, name: &str, values: &Values) {
        if let Some(value) = values.all(name).pop() {
            self.value(name, value);
        }
    }

    fn value(&mut self, name: &str, value: &OsStr) {
        let mut word = OsString::from(format!("--{name}="));
        word.push(value);
        self.words.push(word);
    }

    /// Adds an argument that is no flag.
    pub(super) fn positional(&mut self, value: impl Into<OsString>) {
        self.rest.push(value.into());
    }

    /// The words of the line.
    pub(super) fn finish(mut self) -> Vec<OsString> {
        if !self.rest.is_empty() {
            self.words.push("--".into());
            self.words.append(&mut self.rest);
        }
        self.words
    }
}
