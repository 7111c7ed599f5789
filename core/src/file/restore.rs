//! From a sealed text and the values of its tokens to the text that was encrypted.

use std::borrow::Cow;

use zeroize::Zeroizing;

use crate::document::{DocumentError, Form, Node, Syntax};
use crate::edits::{Edits, splice};
use crate::file::compare::{Expected, same};
use crate::layout;
use crate::parallel;
use crate::value::Value;
use crate::walk::Leaves;

/// The value of a token and the text that was inside it.
pub(crate) type Spelled<'a> = (Value<'a>, Cow<'a, [u8]>);

/// The edits that turn a sealed document into the text that was encrypted: each selected leaf gets the value that
/// `value_of` returns for its index among the leaves (`None`: it stays as it is), and the `sops` block goes. The
/// layout field is not looked at.
pub(crate) fn restoring<'a, S: Syntax>(
    sealed: &S,
    leaves: &Leaves,
    threads: usize,
    value_of: impl Fn(usize) -> Option<Spelled<'a>> + Sync,
) -> Result<Vec<Edits>, DocumentError> {
    let pieces = parallel::pieces(leaves.leaves.len(), threads);
    let parts = parallel::run(pieces.len(), threads, |piece| {
        let mut edits = Edits::default();
        for index in pieces[piece].clone() {
            let leaf = &leaves.leaves[index];
            if leaf.selected
                && let Some((value, spelling)) = value_of(index)
            {
                sealed.place_value(leaf.node as usize, &value, &spelling, &mut edits)?;
            }
        }
        Ok(edits)
    });
    let mut parts = parts.into_iter().collect::<Result<Vec<Edits>, DocumentError>>()?;
    let mut block = Edits::default();
    sealed.remove_block(&mut block);
    parts.push(block);
    Ok(parts)
}

/// The text that the edits of [`restoring`] give.
pub(crate) fn restored<S: Syntax>(sealed: &S, edits: &[Edits]) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(splice(sealed.text(), edits))
}

/// Repairs `restored` with an encoded layout and returns the bytes of the file. `None` if the layout does not
/// belong to that text, or if the result does not read back to the values of the tokens.
pub(crate) fn repair<'a, S: Syntax>(
    sealed: &'a S,
    leaves: &Leaves,
    restored: &[u8],
    encoded: &[u8],
    value_of: impl Fn(usize) -> Option<Spelled<'a>>,
) -> Option<Zeroizing<Vec<u8>>> {
    let (text, encoding) = layout::apply(encoded, restored)?;
    let bytes = layout::file_bytes(&text, encoding);
    let again = S::read(Cow::Borrowed(&bytes), Form::Plain).ok()?;
    let mut by_node = vec![u32::MAX; sealed.nodes().len()];
    for (index, leaf) in leaves.leaves.iter().enumerate().filter(|(_, leaf)| leaf.selected) {
        by_node[leaf.node as usize] = index as u32;
    }
    let expected = |node: usize, shown: &'a Node| {
        let spelled = match by_node[node] {
            u32::MAX => None,
            index => value_of(index as usize),
        };
        Expected::Value(spelled.map_or_else(|| sealed.value(shown), |(value, _)| value))
    };
    same(sealed, &again, expected).ok()?;
    Some(bytes)
}
