//! Documents that are fine at a glance, as nearly all are.
//!
//! One pass over the nodes in the order of the text, without following the decoder: where nothing is repeated, tagged
//! or merged and all keys are scalars, only equal keys could be refused. What this pass does not understand is left to
//! [`check_document`](super::check_document), which also says what is wrong and where.

use std::hash::{BuildHasher as _, RandomState};

use super::check::key_text;
use super::tree::{Id, NONE, NodeKind, Tag, Tree};

/// Whether `document` decodes into a map with strings as keys. `false` if that is not certain.
pub(super) fn is_plainly_fine(tree: &Tree, document: Id) -> bool {
    let is_map = tree.children(document).next().is_some_and(|root| tree.node(root).kind == NodeKind::Map);
    if !is_map || !tree.properties.is_empty() {
        return false;
    }
    let mut keys = Keys::default();
    let behind = &tree.nodes[document.0 as usize + 1..];
    let nodes = behind.iter().take_while(|node| node.kind != NodeKind::Document);
    nodes.filter(|node| node.kind == NodeKind::Map).all(|map| keys.are_distinct(tree, map.first_child))
}

/// The keys of a mapping.
struct Keys {
    /// A number that nobody can foresee.
    seed: u64,
    /// For each key that has been seen its node and a part of its hash, at the place that the hash gives or behind.
    table: Vec<(u32, u32)>,
    seen: Vec<u32>,
}

impl Default for Keys {
    fn default() -> Self {
        Self { seed: RandomState::new().hash_one(0), table: Vec::new(), seen: Vec::new() }
    }
}

impl Keys {
    /// Whether the mapping whose first key is `first` has only scalars as keys, none of them null or `<<`, and no two
    /// that are equal. `false` if that would take long to find out.
    fn are_distinct(&mut self, tree: &Tree, first: u32) -> bool {
        self.seen.clear();
        let mut next = first;
        while next != NONE {
            let key = tree.node(Id(next));
            if key.kind != NodeKind::Scalar || matches!(key.tag, Tag::Null | Tag::Merge) {
                return false;
            }
            self.seen.push(next);
            next = tree.node(Id(key.next)).next;
        }
        let size = (2 * self.seen.len()).next_power_of_two();
        self.table.clear();
        self.table.resize(size, (NONE, 0));
        // Keys that are made to have the same hash would take a step for each other one.
        let mut steps = 8 * self.seen.len();
        for &key in &self.seen {
            let text = key_text(tree, Id(key));
            let hash = hash(&text, self.seed);
            let mut place = hash as usize & (size - 1);
            let part = (hash >> 32) as u32;
            loop {
                let (other, its_part) = self.table[place];
                if other == NONE {
                    self.table[place] = (key, part);
                    break;
                }
                if its_part == part && key_text(tree, Id(other)) == text || steps == 0 {
                    return false;
                }
                steps -= 1;
                place = (place + 1) & (size - 1);
            }
        }
        true
    }
}

/// A quick hash, good enough to spread the keys of a document that nobody made to deceive it.
fn hash(text: &[u8], seed: u64) -> u64 {
    let mix = |one: u64, other: u64| {
        let product = u128::from(one) * u128::from(other);
        product as u64 ^ (product >> 64) as u64
    };
    const ODD: u64 = 0x9E37_79B9_7F4A_7C15;
    let (words, rest) = text.as_chunks::<8>();
    let mut hash = seed ^ text.len() as u64;
    for word in words {
        hash = mix(hash ^ u64::from_le_bytes(*word), ODD);
    }
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    mix(hash ^ u64::from_le_bytes(last), ODD)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::yaml::parse;

    fn is_fine(text: &str) -> bool {
        let tree = parse(text.as_bytes()).unwrap();
        is_plainly_fine(&tree, tree.documents[0])
    }

    #[test]
    fn what_is_fine_at_a_glance() {
        for text in ["a: 1\nb: {a: 1, b: [1, {a: 2}]}\n", "{}", "1: a\n'1 ': b\n", "a: 1\n---\na: 1\na: 2\n"]
        {
            assert!(is_fine(text), "{text:?}");
        }
        for text in [
            "a: 1\na: 2\n",
            "a: 1\n'a': 2\n",
            "b: {a: 1, \"a\": 2}\n",
            "b: [{? |\n a\n : 1, \"a\\n\": 2}]\n",
            "a: &x 1\nb: 2\n",
            "a: !t 1\n",
            "<<: {a: 1}\n",
            "~: 1\n",
            "{a: 1}: 2\n",
            "[]",
            "text",
            "",
        ] {
            let tree = parse(text.as_bytes());
            assert!(
                !tree.is_ok_and(|tree| {
                    tree.documents.first().is_some_and(|first| is_plainly_fine(&tree, *first))
                }),
                "{text:?}"
            );
        }
    }

    #[test]
    fn hashes_spread_the_keys_of_a_document() {
        for seed in [0, 1, 7, u64::MAX] {
            for prefix in ["", "k", "key_number_", "service-000"] {
                let places =
                    (0..4096).map(|number| hash(format!("{prefix}{number}").as_bytes(), seed) % 8192);
                let different: std::collections::HashSet<u64> = places.collect();
                assert!(different.len() > 2500, "{prefix} {seed}: {}", different.len());
            }
        }
    }
}
