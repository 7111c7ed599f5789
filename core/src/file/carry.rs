//! What an opened file hands on to its next encryption: the tokens of leaves that do not change, and the style of
//! the scalars that hold them, so that the difference of an edit is the edit.

use std::collections::{HashMap, VecDeque};

use sha2::{Digest, Sha256};

use crate::document::Syntax;
use crate::value::Value;
use crate::walk::Leaves;

/// The tokens of a file, by what they are bound to and what they hold. Each is given out once: equal values
/// keep the tokens that they had, in order, and no token is used for two values.
#[derive(Default)]
pub(crate) struct Carried {
    tokens: HashMap<[u8; 32], VecDeque<Carrier>>,
}

/// A token as it stood in the file.
pub(crate) struct Carrier {
    /// The token.
    pub(crate) token: Vec<u8>,
    /// The bytes that stood in the sealed text where `restored` stands in the clear one.
    pub(crate) sealed: Vec<u8>,
    /// What decryption put there.
    pub(crate) restored: Vec<u8>,
}

impl Carried {
    /// Adds the token of a value.
    pub(crate) fn add(&mut self, aad: &[u8], value: &Value<'_>, carrier: Carrier) {
        self.tokens.entry(identity(aad, value)).or_default().push_back(carrier);
    }

    /// Gives the tokens to the leaves of a new text.
    pub(crate) fn give<S: Syntax>(mut self, document: &S, leaves: &Leaves) -> Kept {
        let mut kept = Kept { carriers: Vec::new(), with_style: true };
        kept.carriers.resize_with(leaves.leaves.len(), || None);
        for (index, leaf) in leaves.leaves.iter().enumerate().filter(|(_, leaf)| leaf.selected) {
            let value = document.value(&document.nodes()[leaf.node as usize]);
            let queue = self.tokens.get_mut(&identity(leaves.aad(leaf), &value));
            kept.carriers[index] = queue.and_then(VecDeque::pop_front);
        }
        kept
    }
}

/// The carriers of the leaves of a text.
pub(crate) struct Kept {
    carriers: Vec<Option<Carrier>>,
    /// Whether the style of the scalars is kept as well.
    pub(crate) with_style: bool,
}

impl Kept {
    /// The carrier of the leaf number `index`.
    pub(crate) fn get(&self, index: usize) -> Option<&Carrier> {
        self.carriers[index].as_ref()
    }
}

/// Stands for the additional data, the type and the value together. A digest, so that no second copy of the
/// plaintext is kept.
fn identity(aad: &[u8], value: &Value<'_>) -> [u8; 32] {
    let mut bytes = zeroize::Zeroizing::new(Vec::new());
    value.write_bytes(&mut bytes);
    let mut hash = Sha256::new();
    hash.update((aad.len() as u64).to_le_bytes());
    hash.update(aad);
    hash.update(value.tag().unwrap_or_default());
    hash.update([0]);
    hash.update(&bytes);
    hash.finalize().into()
}
