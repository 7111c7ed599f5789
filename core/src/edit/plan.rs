//! What a change means for the tree: which node is replaced, which collection grows, which entry goes.

use std::borrow::Cow;

use super::{Beyond, EditError, Wanted};
use crate::document::items::{Item, behind};
use crate::document::{Change, DocumentCase, DocumentError, Kind, Node, Syntax};
use crate::file::{Format, Meaning};
use crate::path::{self, PathError, Step, describe};
use crate::value::Value;

/// A change of the tree of one document.
pub(super) struct Plan {
    place: Place,
    /// What comes in: a value, for a map that grows with its key in front.
    items: Vec<Item<'static>>,
}

/// Indices of nodes.
#[derive(Clone, Copy)]
enum Place {
    /// This value is replaced.
    Replace(usize),
    /// This branch, map or list grows.
    Append(usize),
    /// This value goes, with its key if it has one.
    Remove(usize),
}

impl Plan {
    /// Finds the place.
    ///
    /// # Errors
    /// The path does not fit the tree, or the format cannot hold such a value.
    pub(super) fn new<S: Syntax>(
        document: &S,
        wanted: &Wanted<'_>,
        format: Format,
    ) -> Result<Self, EditError> {
        match wanted {
            Wanted::Set { path, value, beyond } => {
                check_name(path, format)?;
                if matches!(format, Format::Dotenv | Format::Ini)
                    && value.items().iter().any(|item| matches!(item, Item::Scalar(Value::Null)))
                {
                    return Err(unwritable(format!("{} has no null", format.name())));
                }
                if format == Format::Binary
                    && (**path != [Step::Key("data".to_owned())]
                        || !matches!(value.items(), [Item::Scalar(Value::Str(_))]))
                {
                    return Err(unwritable("a binary file holds nothing but a string named data".to_owned()));
                }
                set(document, path, value.items(), *beyond)
            }
            Wanted::Unset { path } => {
                let plan = unset(document, path)?;
                if format == Format::Binary {
                    return Err(unwritable("without data a binary file would hold nothing".to_owned()));
                }
                Ok(plan)
            }
        }
    }

    /// The change, for the format to make.
    pub(super) fn change(&self) -> Change<'_> {
        match self.place {
            Place::Replace(node) => Change::Replace { node, value: &self.items },
            Place::Append(container) => Change::Append { container, entry: &self.items },
            Place::Remove(node) => Change::Remove { node },
        }
    }

    /// Whether `all` has the value already, with its type.
    pub(super) fn changes_nothing(&self, all: &[Item<'_>], format: Format) -> bool {
        let Place::Replace(node) = self.place else { return false };
        let old = &all[node..behind(all, node)];
        // A number with a fraction is not a whole one, though formats may print both alike.
        let types = |items: &[Item<'_>]| -> Vec<Option<&'static str>> {
            let scalars = items.iter().filter_map(|item| match item {
                Item::Scalar(value) => Some(value.tag()),
                _ => None,
            });
            scalars.collect()
        };
        let typed = !matches!(format, Format::Dotenv | Format::Ini | Format::Binary);
        (!typed || types(old) == types(&self.items))
            && Meaning::part(old, format).same(&Meaning::part(&self.items, format)).is_ok()
    }

    /// The items after the change. The comments with the indices `gone` go as well.
    pub(super) fn apply<'i>(&'i self, all: &[Item<'i>], gone: &[usize]) -> Vec<Item<'i>> {
        let (from, to) = match self.place {
            Place::Replace(node) => (node, behind(all, node)),
            Place::Append(container) => {
                let end = behind(all, container) - 1;
                (end, end)
            }
            Place::Remove(node) => {
                let keyed = node > 0 && matches!(all[node - 1], Item::Key(_));
                (node - usize::from(keyed), behind(all, node))
            }
        };
        let kept = |range: std::ops::Range<usize>| {
            range.filter(|index| !gone.contains(index)).map(|index| all[index].clone())
        };
        let mut items = Vec::with_capacity(all.len() + self.items.len());
        items.extend(kept(0..from));
        items.extend(self.items.iter().cloned());
        items.extend(kept(to..all.len()));
        items
    }

    /// Where the change is, for a message.
    pub(super) fn describe<S: Syntax>(&self, document: &S) -> String {
        match self.place {
            Place::Replace(node) | Place::Append(node) | Place::Remove(node) => describe(document, node),
        }
    }
}

fn unwritable(problem: String) -> EditError {
    EditError::Document(DocumentError {
        problem: problem.into(),
        position: None,
        case: DocumentCase::Unwritable,
    })
}

/// That the first key of the path is not the name of the metadata.
fn check_name(path: &[Step], format: Format) -> Result<(), EditError> {
    if let Some(Step::Key(name)) = path.first() {
        let reserved = match format {
            Format::Dotenv => name.starts_with("sops_"),
            _ => name == "sops",
        };
        if reserved {
            return Err(EditError::Reserved { name: name.clone() });
        }
    }
    Ok(())
}

fn set<S: Syntax>(
    document: &S,
    path: &[Step],
    value: &[Item<'static>],
    beyond: Beyond,
) -> Result<Plan, EditError> {
    if path.is_empty() {
        return Err(PathError::Empty.into());
    }
    let nodes = document.nodes();
    let is_key = |node: &Node, name: &str| *document.key(node) == *name.as_bytes();
    let mut at = 0;
    for (done, step) in path.iter().enumerate() {
        let rest = &path[done + 1..];
        match (step, nodes[at].kind) {
            (Step::Key(key), Kind::Branch | Kind::Map) => match path::find_key(nodes, at + 1, key, &is_key) {
                Some(found) => at = found,
                None => {
                    let mut items = vec![Item::Key(Cow::Owned(key.clone().into_bytes()))];
                    items.extend(chain(rest, value, beyond)?);
                    return Ok(Plan { place: Place::Append(at), items });
                }
            },
            (Step::Index(index), Kind::List) => match path::find_element(nodes, at + 1, *index) {
                Some(found) => at = found,
                None => {
                    let next = index.checked_sub(1);
                    let fits = next.is_none_or(|last| path::find_element(nodes, at + 1, last).is_some());
                    if beyond == Beyond::Refuse && !fits {
                        return Err(PathError::OutOfBounds(*index).into());
                    }
                    return Ok(Plan { place: Place::Append(at), items: chain(rest, value, beyond)? });
                }
            },
            (Step::Key(key), Kind::List) => return Err(PathError::NotAMap(key.clone()).into()),
            (Step::Index(index), Kind::Branch | Kind::Map) => {
                return Err(PathError::NotAList(*index).into());
            }
            _ => return Ok(Plan { place: Place::Replace(at), items: chain(&path[done..], value, beyond)? }),
        }
    }
    Ok(Plan { place: Place::Replace(at), items: value.to_vec() })
}

/// The value inside of the collections that the steps lead through, all of them new.
fn chain(steps: &[Step], value: &[Item<'static>], beyond: Beyond) -> Result<Vec<Item<'static>>, EditError> {
    let mut items = Vec::with_capacity(steps.len() * 3 + value.len());
    for step in steps {
        match step {
            Step::Key(key) => {
                items.push(Item::Map);
                items.push(Item::Key(Cow::Owned(key.clone().into_bytes())));
            }
            Step::Index(index) => {
                if *index > 0 && beyond == Beyond::Refuse {
                    return Err(PathError::OutOfBounds(*index).into());
                }
                items.push(Item::List);
            }
        }
    }
    items.extend_from_slice(value);
    items.extend(steps.iter().map(|_| Item::End));
    Ok(items)
}

fn unset<S: Syntax>(document: &S, path: &[Step]) -> Result<Plan, EditError> {
    if path.is_empty() {
        return Err(PathError::Empty.into());
    }
    for done in 1..path.len() {
        // Found on the way, so that the message names the value and not the step behind it.
        let Ok(at) = path::find(document, &path[..done]) else { break };
        if matches!(document.nodes()[at].kind, Kind::Scalar(_)) {
            return Err(EditError::Scalar { path: describe(document, at) });
        }
    }
    let at = path::find(document, path)?;
    Ok(Plan { place: Place::Remove(at), items: Vec::new() })
}
