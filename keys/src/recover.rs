//! Recovering the data key of a file.

use fieldseal_core::keysource::age::{UnwrapError, unwrap};
use fieldseal_core::{DataKey, KeyGroup, MasterKey, Metadata, Service, shamir};
use zeroize::Zeroizing;

use crate::failure::{DataKeyError, GroupOutcome, GroupsError, KeyFailure};
use crate::held::Held;
use crate::identities::{Identities, Search};

/// A part of a data key: all of it, or a share.
type Part = Zeroizing<Vec<u8>>;

/// The order in which kinds of keys are tried unless something else is said.
pub const DEFAULT_ORDER: &[Service] = &[Service::Age, Service::Pgp];

/// Reads an order of kinds of keys: names between commas. Names of no kind are ignored, as sops does.
pub fn parse_order(text: &str) -> Vec<Service> {
    text.split(',').filter_map(Service::from_name).collect()
}

/// Recovers the data key of a file with `metadata`. Of several groups no more are tried than are needed.
///
/// In each group, keys are tried in the order `order` of their kinds, kinds that are not in it last; identities that can
/// be used at once before those for which a program is run or the user is asked.
///
/// # Errors
/// Too few groups have a key that can be used.
pub fn recover(
    metadata: &Metadata,
    identities: &Identities,
    order: &[Service],
) -> Result<DataKey, DataKeyError> {
    let single = metadata.groups.len() == 1;
    let needed = match metadata.shamir_threshold {
        _ if single => 1,
        // All that can be recovered are combined.
        0 => metadata.groups.len(),
        // One share tells nothing.
        threshold => threshold.max(2),
    };
    let mut parts: Vec<Part> = Vec::new();
    let mut groups = Vec::with_capacity(metadata.groups.len());
    for group in &metadata.groups {
        groups.push(if parts.len() >= needed {
            GroupOutcome::Spared
        } else {
            match recover_group(group, identities, order) {
                Ok(part) => {
                    parts.push(part);
                    GroupOutcome::Recovered
                }
                Err(failures) => GroupOutcome::Failed(failures),
            }
        });
    }
    let enough = if single { 1 } else { metadata.shamir_threshold.max(1) };
    if parts.len() < enough {
        return Err(DataKeyError::Groups(GroupsError {
            groups,
            threshold: metadata.shamir_threshold,
            found: identities.search().found,
            own: identities.recipients(),
            usual: identities.usual_file(),
        }));
    }
    let key = match parts.pop() {
        Some(part) if single => part,
        last => {
            parts.extend(last);
            shamir::combine(&parts.iter().map(|part| part.as_slice()).collect::<Vec<_>>())
                .map_err(DataKeyError::Combine)?
        }
    };
    DataKey::from_bytes(&key).map_err(DataKeyError::Length)
}

/// Recovers the part of a group with any of its keys.
fn recover_group(
    group: &KeyGroup,
    identities: &Identities,
    order: &[Service],
) -> Result<Part, Vec<KeyFailure>> {
    let mut keys: Vec<&MasterKey> = group.keys().iter().collect();
    keys.sort_by_key(|key| order.iter().position(|service| *service == key.service()).unwrap_or(order.len()));
    let age: Vec<_> = keys.iter().copied().filter(|key| key.service() == Service::Age).collect();
    let mut causes = match recover_with_age(&age, identities) {
        Ok(part) => return Ok(part),
        Err(causes) => causes.into_iter(),
    };
    let failure = |key: &MasterKey| KeyFailure {
        service: key.service(),
        key: key.id.to_string(),
        cause: match key.service() {
            Service::Age => causes.next().unwrap_or_default(),
            service => format!("keys of {} cannot be used on this machine", service.title()),
        },
    };
    Err(keys.into_iter().map(failure).collect())
}

/// Recovers the part with any of the age keys `keys`. Otherwise gives a cause for each of them.
fn recover_with_age(keys: &[&MasterKey], identities: &Identities) -> Result<Part, Vec<String>> {
    let mut attempt = Attempt { keys, problems: keys.iter().map(|_| None).collect() };
    match attempt.run(identities) {
        Some(part) => Ok(part),
        None => {
            let search = if keys.is_empty() { Search::default() } else { identities.search() };
            Err(attempt.problems.iter().map(|problem| cause(problem.as_ref(), &search)).collect())
        }
    }
}

/// The age keys of a group, and what last was in the way of using each.
struct Attempt<'a> {
    keys: &'a [&'a MasterKey],
    problems: Vec<Option<UnwrapError>>,
}

impl Attempt<'_> {
    fn run(&mut self, identities: &Identities) -> Option<Part> {
        if self.keys.is_empty() {
            return None;
        }
        let (quiet, loud): (Vec<&Held>, Vec<&Held>) = identities.held().partition(|held| held.is_quiet());
        // The identity that a key names is most likely the right one.
        for index in 0..self.keys.len() {
            let recipient = self.keys[index].id.to_string();
            let own: Vec<_> = quiet.iter().copied().filter(|held| held.is_for(&recipient)).collect();
            if let Some(part) = self.try_one(index, &own) {
                return Some(part);
            }
        }
        if let Some(part) = self.try_all(&quiet) {
            return Some(part);
        }
        // Programs may print what fits the recipient that they are told; most print all they have.
        let mut printed = Vec::new();
        for key in self.keys {
            for output in identities.printed(&key.id.to_string()) {
                if printed.iter().any(|other| std::sync::Arc::ptr_eq(other, &output)) {
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
        let printed = printed.iter().filter_map(|output| output.as_ref().as_ref().ok()).flatten();
        let loud: Vec<_> = loud.into_iter().chain(printed.filter(|held| !held.is_quiet())).collect();
        self.try_all(&loud)
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
        match unwrap(&self.keys[index].enc, &identities) {
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

#[cfg(test)]
mod tests;
