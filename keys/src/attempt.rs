//! Trying the identities of age on the age keys of a group.

use std::sync::Arc;

use fieldseal_core::keysource::age::{UnwrapError, unwrap};

use crate::held::Held;
use crate::identities::{Identities, Search};
use crate::services::Part;

/// Age keys, each as its recipient and what is encrypted to it, and what last was in the way of using each.
pub(crate) struct Attempt<'a> {
    keys: Vec<(&'a str, &'a str)>,
    problems: Vec<Option<UnwrapError>>,
}

impl<'a> Attempt<'a> {
    /// An attempt to use any of `keys`: recipients, and the texts that are encrypted to them.
    pub(crate) fn new(keys: Vec<(&'a str, &'a str)>) -> Self {
        Self { problems: keys.iter().map(|_| None).collect(), keys }
    }

    /// Tries the identities that can be used without asking anyone and without running anything.
    pub(crate) fn at_hand(&mut self, identities: &Identities) -> Option<Part> {
        if self.keys.is_empty() {
            return None;
        }
        let quiet: Vec<&Held> = identities.held().filter(|held| held.is_quiet()).collect();
        // The identity that a key names is most likely the right one.
        for index in 0..self.keys.len() {
            let recipient = self.keys[index].0;
            let own: Vec<_> = quiet.iter().copied().filter(|held| held.is_for(recipient)).collect();
            if let Some(part) = self.try_one(index, &own) {
                return Some(part);
            }
        }
        self.try_all(&quiet)
    }

    /// Tries what programs print, and then what a person or a plugin has to be asked for.
    pub(crate) fn asking(&mut self, identities: &Identities) -> Option<Part> {
        // Programs may print what fits the recipient that they are told; most print all they have.
        let mut printed = Vec::new();
        for (recipient, _) in self.keys.clone() {
            for output in identities.printed(recipient) {
                if printed.iter().any(|other| Arc::ptr_eq(other, &output)) {
                    continue;
                }
                if let Ok(held) = &*output {
                    let quiet: Vec<_> = held.iter().filter(|held| held.is_quiet()).collect();
                    if let Some(part) = self.try_all(&quiet) {
                        return Some(part);
                    }
                }
                printed.push(output);
            }
        }
        if self.keys.is_empty() {
            return None;
        }
        let printed = printed.iter().filter_map(|output| output.as_ref().as_ref().ok()).flatten();
        let loud: Vec<_> = identities.held().chain(printed).filter(|held| !held.is_quiet()).collect();
        self.try_all(&loud)
    }

    /// Why none of the keys could be used, for each of them.
    pub(crate) fn causes(&self, identities: &Identities) -> Vec<String> {
        let search = if self.keys.is_empty() { Search::default() } else { identities.search() };
        self.problems.iter().map(|problem| cause(problem.as_ref(), &search)).collect()
    }

    fn try_all(&mut self, held: &[&Held]) -> Option<Part> {
        (0..self.keys.len()).find_map(|index| self.try_one(index, held))
    }

    fn try_one(&mut self, index: usize, held: &[&Held]) -> Option<Part> {
        if held.is_empty() {
            return None;
        }
        let identities: Vec<&dyn age::Identity> =
            held.iter().map(|held| held.as_age() as &dyn age::Identity).collect();
        match unwrap(self.keys[index].1, &identities) {
            Ok(part) => return Some(part),
            // That nothing fits says less than what was found before.
            Err(UnwrapError::NoMatch) if self.problems[index].is_some() => {}
            Err(problem) => self.problems[index] = Some(problem),
        }
        None
    }
}

/// Why an age key could not be used, in the words of sops: what is wrong, which sources could not be read, and where
/// nothing was found.
fn cause(problem: Option<&UnwrapError>, search: &Search) -> String {
    let mut text = match problem {
        Some(problem) => {
            format!("failed to create reader for decrypting sops data key with age: {problem}")
        }
        None => "failed to load age identities".to_owned(),
    };
    if !search.errors.is_empty() {
        text.push_str(". Errors while loading age identities: ");
        text.push_str(&search.errors.join("; "));
    }
    let quoted: Vec<_> = search.unused.iter().map(|location| format!("'{location}'")).collect();
    let list = match quoted.as_slice() {
        [] => return text,
        [one] => format!(" {one}"),
        [one, other] => format!("s {one} and {other}"),
        [many @ .., last] => format!("s {}, and {last}", many.join(", ")),
    };
    text.push_str(&format!(". Did not find keys in location{list}."));
    text
}
