//! What keeps a YAML text from being encrypted, whatever its spelling.

use super::{Expansion, Yaml, id_of};
use crate::document::Kind;
use crate::yaml::{Id, NONE, NodeKind, Tag};

/// A comment that becomes an element where only maps may be.
const IN_MERGE: &str = "a comment in a list of merges would become an element that is no map, and sops could not read the \
                        file; move the comment above the key";
/// An alias that would become a token.
const ALIAS_KEY: &str =
    "a key is an alias, and what it repeats cannot be kept apart from it; write the key out";
/// An alias whose copy means something else where it stands.
const ALIAS: &str = "what this alias repeats cannot be written out in its place, because a comment around it would move; \
                     write it out";
/// A null that is no empty document any more once it has the metadata.
const TAGGED_NULL: &str =
    "a document that is a null with a tag has no place for the metadata; write {} instead";
/// A comment that becomes an element, after which others belong elsewhere.
const IN_LIST: &str = "a comment in a list would become an element, and another comment would then belong to something \
                       else; move the comments of this list in front of its elements, to the column of the dashes";

/// The node in the way, where it is in the text, and what is wrong with it.
pub(super) fn find(
    yaml: &Yaml,
    selected: &dyn Fn(usize) -> bool,
    preparing: bool,
) -> Option<(usize, u32, &'static str)> {
    let alias_key = yaml.expansions.iter().find(|expansion| expansion.key);
    // For each open collection its node, and whether it is a list of merges.
    let mut open: Vec<(usize, bool)> = Vec::new();
    let mut in_list = None;
    for (index, node) in yaml.nodes.iter().enumerate() {
        match node.kind {
            Kind::Branch | Kind::Map | Kind::List => {
                let key = index.checked_sub(1).map(|before| yaml.nodes[before]);
                let merges = node.kind == Kind::List
                    && key.is_some_and(|key| {
                        key.kind == Kind::Key && yaml.tree.node(id_of(key.detail)).tag == Tag::Merge
                    });
                open.push((index, merges));
            }
            Kind::End => _ = open.pop(),
            Kind::Comment { .. } if selected(index) => match open.last() {
                Some(&(_, true)) => return Some((index, node.span.start, IN_MERGE)),
                Some(&(list, false)) if yaml.nodes[list].kind == Kind::List => {
                    in_list = in_list.or(Some((list, node.span.start, IN_LIST)));
                }
                _ => {}
            },
            _ => {}
        }
    }
    let tagged = yaml.roots.iter().position(|root| {
        root.root != NONE
            && yaml.tree.node(Id(root.root)).kind == NodeKind::Scalar
            && yaml.tree.properties(Id(root.root)).is_some()
    });
    let branch = |number: usize| {
        let branches = yaml.nodes.iter().enumerate().filter(|(_, node)| node.kind == Kind::Branch);
        branches.map(|(index, _)| index).nth(number)
    };
    let alias = |expansion: &Expansion, problem| {
        (expansion.nodes.start as usize, yaml.tree.node(expansion.alias).span.start, problem)
    };
    alias_key
        .map(|expansion| alias(expansion, ALIAS_KEY))
        .or_else(|| {
            let branch = branch(tagged?)?;
            Some((branch, yaml.nodes[branch].span.start, TAGGED_NULL))
        })
        .or_else(|| {
            let first = yaml.expansions.first().filter(|_| preparing)?;
            Some(alias(first, ALIAS))
        })
        .or(in_list)
}
