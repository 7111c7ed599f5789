//! Writing a map of the `sops` block again: what did not change stays as it was written.

use super::Raw;
use super::decode::{effective, text};
use crate::timestamp::Timestamp;

/// A map as it was read: its order, the case of its names, and fields that nobody knows. It does not count when
/// metadata are compared.
#[derive(Clone, Debug, Default)]
pub(super) struct Kept(Option<Vec<(String, Raw)>>);

impl Kept {
    /// Keeps `map`.
    pub(super) fn new(map: &[(String, Raw)]) -> Self {
        Self(Some(map.to_vec()))
    }

    /// Whether there was no such map.
    pub(super) const fn is_new(&self) -> bool {
        self.0.is_none()
    }
}

impl PartialEq for Kept {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// The map with `fields`, each a name in lower case and a value, or `None` where it is not to be written. Fields that
/// were read stay where they were; new ones come in the order of the alphabet.
pub(super) fn rewrite(kept: &Kept, mut fields: Vec<(&'static str, Option<Raw>)>) -> Vec<(String, Raw)> {
    fields.sort_by_key(|(name, _)| *name);
    let source = kept.0.as_deref().unwrap_or_default();
    let places: Vec<_> = fields.iter().map(|(name, _)| effective(source, name)).collect();
    let mut map = Vec::with_capacity(source.len().max(fields.len()));
    for (index, (name, value)) in source.iter().enumerate() {
        let known = places.iter().position(|place| *place == Some(index));
        let Some(known) = known else {
            // Unknown, or one of several of the same name that has no effect.
            if !fields.iter().any(|(field, _)| field == name) {
                map.push((name.clone(), value.clone()));
            }
            continue;
        };
        match fields[known].1.take() {
            Some(new) if means(fields[known].0, value, &new) => map.push((name.clone(), value.clone())),
            Some(new) => map.push((name.clone(), new)),
            None if is_empty(value) => map.push((name.clone(), value.clone())),
            None => {}
        }
    }
    for (name, value) in fields {
        if let Some(value) = value {
            let at = map.iter().position(|(other, _)| other.as_str() > name).unwrap_or(map.len());
            map.insert(at, (name.to_owned(), value));
        }
    }
    map
}

/// Whether the value `old` of the field `name` already means `new`: it may be a null for an empty string, a string for
/// a number or a truth value, or a date with a fraction of a second.
fn means(name: &str, old: &Raw, new: &Raw) -> bool {
    match (old, new) {
        _ if old == new => true,
        (Raw::Str(old), Raw::Str(new)) => name == "lastmodified" && same_second(old, new),
        (old, Raw::Str(new)) => text(old).as_ref() == Some(new),
        (Raw::Str(old), Raw::Int(new)) => old.parse() == Ok(*new),
        (Raw::Str(old), Raw::Bool(new)) => old.parse() == Ok(*new),
        _ => false,
    }
}

/// Whether two dates agree in all that is written anew.
fn same_second(one: &str, other: &str) -> bool {
    let second = |text: &str| Timestamp::parse(text.as_bytes()).map(|time| time.to_whole_seconds());
    second(one).is_some_and(|one| second(other) == Some(one))
}

/// Whether the value of a field means that there is none.
fn is_empty(value: &Raw) -> bool {
    match value {
        Raw::Null | Raw::Bool(false) | Raw::Int(0) => true,
        Raw::Str(text) => matches!(text.as_str(), "" | "0" | "false"),
        Raw::List(items) => items.is_empty(),
        Raw::Map(items) => items.is_empty(),
        _ => false,
    }
}
