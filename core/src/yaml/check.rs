//! What is refused of a text that can be read: equal keys, and what cannot be decoded.
//!
//! sops decodes the first document into a map with strings as keys before it does anything else, and
//! stops if that fails. The decoder is followed here step by step, without values being made.

use std::borrow::Cow;
use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};

use super::decode::Typed;
use super::error::YamlError;
use super::plainly::is_plainly_fine;
use super::tree::{Id, NONE, NodeKind, Tag, Tree};

/// Checks that the document decodes into a map with strings as keys, as the first one must.
///
/// # Errors
/// It does not: its root is neither a mapping nor null, a mapping has equal keys or a collection as a key, a
/// value does not go with its tag, something else than mappings is merged, an alias stands within what it
/// stands for, or most of the document would come from aliases.
pub(crate) fn check_document(tree: &Tree, document: Id) -> Result<(), YamlError> {
    if is_plainly_fine(tree, document) {
        return Ok(());
    }
    let mut decoder = Decoder {
        tree,
        duplicates: Duplicates::default(),
        checked: vec![0; tree.nodes.len().div_ceil(64)],
        frames: Vec::new(),
        merged: Vec::new(),
        open_aliases: HashSet::new(),
        steps: 0,
        alias_steps: 0,
    };
    decoder.step(document)?;
    let Some(root) = tree.children(document).next() else { return Ok(()) };
    let node = tree.node(root);
    let offset = node.span.start as usize;
    decoder.step(root)?;
    match node.kind {
        NodeKind::Map => decoder.map(root, Keys::Text, None)?,
        NodeKind::Scalar if tree.value(root)? == Typed::Null => {}
        _ => return Err(YamlError::new(offset, "the document is no mapping")),
    }
    decoder.run()
}

/// Checks that no mapping of the document has equal keys: scalars with the same text whatever their type
/// and style, aliases with the same name, or two collections.
///
/// # Errors
/// A mapping has.
pub(crate) fn check_duplicates(tree: &Tree, document: Id) -> Result<(), YamlError> {
    let mut duplicates = Duplicates::default();
    let behind = &tree.nodes[document.0 as usize + 1..];
    for (node, id) in behind.iter().zip(document.0 + 1..) {
        match node.kind {
            NodeKind::Document => break,
            NodeKind::Map => duplicates.check(tree, Id(id))?,
            _ => {}
        }
    }
    Ok(())
}

/// Finds equal keys.
#[derive(Default)]
struct Duplicates {
    state: RandomState,
    keys: Vec<Id>,
    /// For large mappings: at the place that its hash gives, or behind, each key, by its index in `keys` plus
    /// one, with the upper half of the hash above.
    table: Vec<u64>,
}

impl Duplicates {
    fn check(&mut self, tree: &Tree, map: Id) -> Result<(), YamlError> {
        self.keys.clear();
        self.keys.extend(tree.children(map).step_by(2));
        let equal = if self.keys.len() <= 8 { self.by_pairs(tree) } else { self.by_hash(tree) };
        let Some((first, second)) = equal else { return Ok(()) };
        let place = |id| tree.node(id).span.start;
        let problem = YamlError::new(place(second) as usize, "a key that the mapping has already");
        Err(YamlError { other: Some(place(first)), ..problem })
    }

    fn by_pairs(&self, tree: &Tree) -> Option<(Id, Id)> {
        let pairs = self.keys.iter().enumerate();
        pairs
            .flat_map(|(index, &second)| self.keys[..index].iter().map(move |&first| (first, second)))
            .find(|&(first, second)| are_equal(tree, first, second))
    }

    fn by_hash(&mut self, tree: &Tree) -> Option<(Id, Id)> {
        let size = (2 * self.keys.len()).next_power_of_two();
        self.table.clear();
        self.table.resize(size, 0);
        for (index, &key) in self.keys.iter().enumerate() {
            let hash = self.state.hash_one(&*key_text(tree, key));
            let mut place = hash as usize & (size - 1);
            let upper = hash & !u64::from(u32::MAX);
            loop {
                let entry = self.table[place];
                if entry == 0 {
                    self.table[place] = upper | (index as u64 + 1);
                    break;
                }
                let first = self.keys[(entry as u32 - 1) as usize];
                if entry & !u64::from(u32::MAX) == upper && are_equal(tree, first, key) {
                    return Some((first, key));
                }
                place = (place + 1) & (size - 1);
            }
        }
        None
    }
}

/// The text that the keys of a mapping are compared by.
pub(super) fn key_text(tree: &Tree, key: Id) -> Cow<'_, [u8]> {
    let node = tree.node(key);
    match node.kind {
        NodeKind::Scalar => tree.scalar_text(key),
        NodeKind::Alias => node.span.of(&tree.text).into(),
        _ => Cow::Borrowed(b""),
    }
}

fn are_equal(tree: &Tree, first: Id, second: Id) -> bool {
    tree.node(first).kind == tree.node(second).kind && key_text(tree, first) == key_text(tree, second)
}

/// What keys are decoded into.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keys {
    /// Strings.
    Text,
    /// Whatever they are.
    Any,
}

/// A decoded key, as far as it can be equal to another one.
#[derive(PartialEq, Eq, Hash)]
enum Key {
    Text(Vec<u8>),
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Float(u64),
    /// Seconds and nanoseconds, in UTC; others are never equal.
    Time(i64, u32),
}

/// What is being decoded.
enum Frame {
    /// The children of a mapping from `next`, a key, on.
    Map { map: Id, next: u32, keys: Keys, merge: u32, merged: Option<usize> },
    /// The children of a sequence from `next` on.
    List { next: u32 },
    /// What the alias stands for.
    Alias(u32),
    /// The sequence of mappings, from `next` on, that are merged.
    Merge { next: u32, keys: Keys, merged: usize },
}

struct Decoder<'t> {
    tree: &'t Tree,
    duplicates: Duplicates,
    /// A bit for each mapping that is known to have no equal keys.
    checked: Vec<u64>,
    frames: Vec<Frame>,
    /// The keys that merged mappings cannot set any more.
    merged: Vec<HashSet<Key>>,
    open_aliases: HashSet<u32>,
    /// How many nodes have been decoded, those behind aliases each time.
    steps: u64,
    /// How many of them were behind aliases.
    alias_steps: u64,
}

impl Decoder<'_> {
    /// Counts the node `id`.
    fn step(&mut self, id: Id) -> Result<(), YamlError> {
        self.steps += 1;
        if !self.open_aliases.is_empty() {
            self.alias_steps += 1;
            let share = self.alias_steps as f64 / self.steps as f64;
            if self.alias_steps > 100 && self.steps > 1000 && share > allowed_share(self.steps) {
                return Err(YamlError::new(self.offset(id), "most of the document would come from aliases"));
            }
        }
        Ok(())
    }

    fn offset(&self, id: Id) -> usize {
        self.tree.node(id).span.start as usize
    }

    /// Begins to decode the mapping `map`.
    fn map(&mut self, map: Id, keys: Keys, merged: Option<usize>) -> Result<(), YamlError> {
        let (word, bit) = (map.0 as usize / 64, 1 << (map.0 % 64));
        if self.checked[word] & bit == 0 {
            self.duplicates.check(self.tree, map)?;
            self.checked[word] |= bit;
        }
        let next = self.tree.node(map).first_child;
        self.frames.push(Frame::Map { map, next, keys, merge: NONE, merged });
        Ok(())
    }

    /// Decodes the value `id`, or begins to.
    fn value(&mut self, id: Id) -> Result<(), YamlError> {
        self.step(id)?;
        let node = self.tree.node(id);
        match node.kind {
            NodeKind::Scalar => self.scalar(id),
            NodeKind::Alias => {
                self.enter_alias(id)?;
                self.value_behind(Id(node.first_child))
            }
            _ => self.collection(id),
        }
    }

    /// Decodes what an alias stands for; that is no alias.
    fn value_behind(&mut self, id: Id) -> Result<(), YamlError> {
        self.step(id)?;
        match self.tree.node(id).kind {
            NodeKind::Scalar => self.scalar(id),
            _ => self.collection(id),
        }
    }

    /// A scalar always goes with the tag that it resolves to.
    fn scalar(&self, id: Id) -> Result<(), YamlError> {
        if self.tree.node(id).properties != NONE {
            self.tree.value(id)?;
        }
        Ok(())
    }

    fn collection(&mut self, id: Id) -> Result<(), YamlError> {
        let node = self.tree.node(id);
        if node.kind != NodeKind::Map {
            self.frames.push(Frame::List { next: node.first_child });
            return Ok(());
        }
        let text = |key: Id| matches!(self.tree.node(key).tag, Tag::Str | Tag::Merge);
        let keys = if self.tree.children(id).step_by(2).all(text) { Keys::Text } else { Keys::Any };
        self.map(id, keys, None)
    }

    fn enter_alias(&mut self, id: Id) -> Result<(), YamlError> {
        if !self.open_aliases.insert(id.0) {
            return Err(YamlError::new(self.offset(id), "an alias within what it stands for"));
        }
        self.frames.push(Frame::Alias(id.0));
        Ok(())
    }

    /// Goes on until nothing is left to decode.
    fn run(&mut self) -> Result<(), YamlError> {
        while let Some(frame) = self.frames.last_mut() {
            match frame {
                Frame::Alias(alias) => {
                    self.open_aliases.remove(alias);
                    self.frames.pop();
                }
                Frame::List { next: NONE } | Frame::Merge { next: NONE, .. } => {
                    self.frames.pop();
                }
                Frame::List { next } => {
                    let id = Id(*next);
                    *next = self.tree.node(id).next;
                    self.value(id)?;
                }
                Frame::Merge { next, keys, merged } => {
                    let (id, keys, merged) = (Id(*next), *keys, *merged);
                    *next = self.tree.node(id).next;
                    self.merge_one(id, keys, merged)?;
                }
                &mut Frame::Map { map, next: NONE, keys, merge, merged } => {
                    self.frames.pop();
                    if merge != NONE {
                        self.merge(map, Id(merge), keys, merged)?;
                    }
                }
                Frame::Map { next, keys, merge, merged, .. } => {
                    let (key, keys, merged) = (Id(*next), *keys, *merged);
                    let value = self.tree.node(key).next;
                    *next = self.tree.node(Id(value)).next;
                    if is_merge(self.tree, key) {
                        *merge = value;
                    } else {
                        self.entry(key, Id(value), keys, merged)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Decodes an entry of a mapping; `merged` are the keys that were set before, if it is merged.
    fn entry(&mut self, key: Id, value: Id, keys: Keys, merged: Option<usize>) -> Result<(), YamlError> {
        let node = self.tree.node(key);
        if merged.is_none() && node.properties == NONE && node.kind == NodeKind::Scalar {
            self.step(key)?;
            if node.tag == Tag::Null && keys == Keys::Text {
                return Ok(());
            }
            return self.value(value);
        }
        let Some(decoded) = self.key(key, keys)? else { return Ok(()) };
        if let (Some(merged), Some(decoded)) = (merged, decoded)
            && !self.merged[merged].insert(decoded)
        {
            return Ok(());
        }
        self.value(value)
    }

    /// Decodes a key. `None`: it is null and there is no place for that, so that its value is left out;
    /// `Some(None)`: it is equal to no other.
    fn key(&mut self, id: Id, keys: Keys) -> Result<Option<Option<Key>>, YamlError> {
        self.step(id)?;
        let mut scalar = id;
        if self.tree.node(id).kind == NodeKind::Alias {
            scalar = Id(self.tree.node(id).first_child);
            self.open_aliases.insert(id.0);
            let counted = self.step(scalar);
            self.open_aliases.remove(&id.0);
            counted?;
        }
        if self.tree.node(scalar).kind != NodeKind::Scalar {
            return Err(YamlError::new(self.offset(id), "a collection as a key"));
        }
        let value = self.tree.value(scalar)?;
        Ok(match (value, keys) {
            (Typed::Null, Keys::Text) => None,
            (Typed::Binary(bytes), _) => Some(Some(Key::Text(bytes))),
            (_, Keys::Text) => Some(Some(Key::Text(self.tree.scalar_text(scalar).into_owned()))),
            (Typed::Str(text), _) => Some(Some(Key::Text(text.into_owned()))),
            (Typed::Null, _) => Some(Some(Key::Null)),
            (Typed::Bool(truth), _) => Some(Some(Key::Bool(truth))),
            (Typed::Int(number), _) => Some(Some(Key::Int(number))),
            (Typed::Uint(number), _) => Some(Some(Key::Uint(number))),
            (Typed::Float(number), _) if number.is_nan() => Some(None),
            (Typed::Float(number), _) => Some(Some(Key::Float((number + 0.0).to_bits()))),
            (Typed::Time(time), _) if time.offset == 0 => {
                Some(Some(Key::Time(time.seconds, time.nanoseconds)))
            }
            (Typed::Time(_), _) => Some(None),
        })
    }

    /// Begins to merge `merge`, the value of `<<`, into the mapping `map`, which is itself merged if `merged`
    /// is given.
    fn merge(&mut self, map: Id, merge: Id, keys: Keys, merged: Option<usize>) -> Result<(), YamlError> {
        let merged = match merged {
            Some(merged) => merged,
            None => {
                let mut set = HashSet::new();
                for key in self.tree.children(map).step_by(2) {
                    set.extend(self.key(key, Keys::Any)?.flatten());
                }
                self.merged.push(set);
                self.merged.len() - 1
            }
        };
        let node = self.tree.node(merge);
        if node.kind == NodeKind::List {
            self.frames.push(Frame::Merge { next: node.first_child, keys, merged });
            return Ok(());
        }
        self.merge_one(merge, keys, merged)
    }

    /// Begins to merge the mapping, or alias of one, `id`.
    fn merge_one(&mut self, id: Id, keys: Keys, merged: usize) -> Result<(), YamlError> {
        let mut map = id;
        if self.tree.node(id).kind == NodeKind::Alias {
            map = Id(self.tree.node(id).first_child);
        }
        if self.tree.node(map).kind != NodeKind::Map {
            return Err(YamlError::new(self.offset(id), "only mappings can be merged"));
        }
        self.step(id)?;
        if map != id {
            self.enter_alias(id)?;
            self.step(map)?;
        }
        self.map(map, keys, Some(merged))
    }
}

/// Whether `key` is `<<` with its special meaning.
fn is_merge(tree: &Tree, key: Id) -> bool {
    let node = tree.node(key);
    node.kind == NodeKind::Scalar && node.tag == Tag::Merge && *tree.scalar_text(key) == *b"<<"
}

/// The share of all steps that may come from aliases: nearly all in documents of usual size, few in very
/// large ones.
fn allowed_share(steps: u64) -> f64 {
    const LOW: u64 = 400_000;
    const HIGH: u64 = 4_000_000;
    match steps {
        0..=LOW => 0.99,
        HIGH.. => 0.10,
        _ => 0.99 - 0.89 * ((steps - LOW) as f64 / (HIGH - LOW) as f64),
    }
}
