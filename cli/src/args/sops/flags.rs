//! What a flag of sops is, and what a command line says of the flags of a set.

use std::ffi::{OsStr, OsString};

/// A flag. Each of its names may be written with one dash or with two.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flag {
    /// Its names, the long one first.
    pub(super) names: &'static [&'static str],
    /// What values it takes.
    pub(super) kind: Kind,
    /// The environment variable that stands in for it.
    pub(super) variable: Option<&'static str>,
    /// What it does, in a few words for the help.
    pub(super) about: &'static str,
}

/// What values a flag takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// None, or a truth value behind `=`.
    Switch,
    /// A text; the last one counts.
    Text,
    /// A text; every one counts.
    List,
    /// A whole number; the last one counts.
    Number,
}

impl Flag {
    const fn new(
        names: &'static [&'static str],
        kind: Kind,
        variable: Option<&'static str>,
        about: &'static str,
    ) -> Self {
        Self { names, kind, variable, about }
    }

    /// A flag without a value.
    pub(super) const fn switch(names: &'static [&'static str], about: &'static str) -> Self {
        Self::new(names, Kind::Switch, None, about)
    }

    /// A flag with a text.
    pub(super) const fn text(names: &'static [&'static str], about: &'static str) -> Self {
        Self::new(names, Kind::Text, None, about)
    }

    /// A flag with a text that may be repeated.
    pub(super) const fn list(names: &'static [&'static str], about: &'static str) -> Self {
        Self::new(names, Kind::List, None, about)
    }

    /// A flag with a number.
    pub(super) const fn number(names: &'static [&'static str], about: &'static str) -> Self {
        Self::new(names, Kind::Number, None, about)
    }

    /// The same flag with an environment variable.
    pub(super) const fn or(mut self, variable: &'static str) -> Self {
        self.variable = Some(variable);
        self
    }

    /// The name by which it is known here.
    pub(super) fn name(&self) -> &'static str {
        self.names[0]
    }
}

/// A command with its flags.
#[derive(Debug)]
pub(super) struct Command {
    /// Its name.
    pub(super) name: &'static str,
    /// What it does, in a few words for the help.
    pub(super) about: &'static str,
    /// Its positional arguments as the help shows them.
    pub(super) usage: &'static str,
    /// Its flags, in groups that commands share.
    pub(super) flags: &'static [&'static [Flag]],
    /// Commands below it. If there are some, it does nothing itself.
    pub(super) commands: &'static [Command],
}

/// The flag called `name` in a set of them.
pub(super) fn find(flags: &'static [&'static [Flag]], name: &str) -> Option<&'static Flag> {
    flags.iter().copied().flatten().find(|flag| flag.names.contains(&name))
}

/// What a command line says: the flags with their values, and the rest.
#[derive(Debug, Default)]
pub(super) struct Values {
    /// Each flag that was given, the name it was given by, and its value, in their order.
    given: Vec<(&'static Flag, String, OsString)>,
    /// The positional arguments.
    pub(super) positional: Vec<OsString>,
}

impl Values {
    /// Notes that `flag` was given by `name` with `value`; a switch with `true` or `false`.
    pub(super) fn note(&mut self, flag: &'static Flag, name: &str, value: OsString) {
        self.given.push((flag, name.to_owned(), value));
    }

    /// The flags that were given, each once, in the order of their first appearance.
    pub(super) fn flags(&self) -> Vec<&'static Flag> {
        let mut flags: Vec<&'static Flag> = Vec::new();
        for (flag, ..) in &self.given {
            if !flags.iter().any(|seen| seen.name() == flag.name()) {
                flags.push(flag);
            }
        }
        flags
    }

    /// All values of a flag.
    pub(super) fn all(&self, name: &str) -> Vec<&OsStr> {
        let of_name = self.given.iter().filter(|(flag, ..)| flag.name() == name);
        of_name.map(|(.., value)| value.as_os_str()).collect()
    }

    /// The value of a flag that counts; an empty one counts as none.
    pub(super) fn text(&self, name: &str) -> Option<&OsStr> {
        self.all(name).pop().filter(|value| !value.is_empty())
    }

    /// Whether a switch was given, and not with `false`.
    pub(super) fn is(&self, name: &str) -> bool {
        self.text(name).is_some_and(|value| value == "true")
    }

    /// The two names of a flag that was given by both, which sops refuses: the second name and the first.
    pub(super) fn two_forms(&self) -> Option<(&'static str, &'static str)> {
        self.flags().into_iter().find_map(|flag| {
            let mut used = flag.names.iter().filter(|name| {
                self.given.iter().any(|(other, by, _)| other.name() == flag.name() && by == *name)
            });
            let (first, second) = (used.next()?, used.next()?);
            Some((*second, *first))
        })
    }
}
