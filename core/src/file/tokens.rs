//! Encrypting leaf by leaf, on several threads, and the hash over all leaves beside it.

use zeroize::Zeroizing;

use crate::cipher::Cipher;
use crate::document::Syntax;
use crate::edits::Edits;
use crate::file::carry::Kept;
use crate::file::error::EncryptError;
use crate::file::plain::Plain;
use crate::mac::Mac;
use crate::path::describe;
use crate::random::NONCE;

/// The tokens of some leaves.
pub(crate) struct Tokens {
    /// The edits.
    pub(crate) edits: Edits,
    /// For each token: the leaf's node, the number of the edit that holds it, and its length.
    pub(crate) leaves: Vec<(u32, u32, u32)>,
}

/// What the threads that encrypt a text share.
pub(crate) struct Work<'a, S> {
    /// The text.
    pub(crate) plain: &'a Plain<S>,
    /// The data key.
    pub(crate) cipher: &'a Cipher,
    /// Tokens of leaves that have not changed.
    pub(crate) kept: Option<&'a Kept>,
    /// The setting `mac_only_encrypted`.
    pub(crate) only_encrypted: bool,
}

impl<S: Syntax> Work<'_, S> {
    /// The text of the MAC over all leaves.
    pub(crate) fn mac(&self) -> Zeroizing<Vec<u8>> {
        let plain = self.plain;
        let mut mac = Mac::new(self.only_encrypted);
        for leaf in plain.leaves.leaves.iter().filter(|leaf| !leaf.comment) {
            if leaf.selected || !self.only_encrypted {
                mac.update_value(&plain.document.value(&plain.document.nodes()[leaf.node as usize]));
            }
        }
        Zeroizing::new(mac.finish().as_bytes().to_vec())
    }

    /// The tokens of a range of leaves. `nonces` are theirs.
    pub(crate) fn piece(&self, range: std::ops::Range<usize>, nonces: &[u8]) -> Result<Tokens, EncryptError> {
        let plain = self.plain;
        let mut tokens = Tokens { edits: Edits::default(), leaves: Vec::with_capacity(range.len()) };
        tokens.edits.reserve(range.len(), range.len() * 160);
        let mut nonces = nonces.chunks_exact(NONCE);
        let mut token = Vec::new();
        for index in range {
            let leaf = &plain.leaves.leaves[index];
            if !leaf.selected {
                continue;
            }
            let nonce = nonces.next().expect("there is a nonce for each selected leaf");
            let Some((value, spelling)) = plain.spelled(leaf) else { continue };
            let node = leaf.node as usize;
            token.clear();
            let edit = tokens.edits.len();
            let kept = self.kept.and_then(|kept| kept.get(index));
            if let Some(kept) = kept {
                token.extend_from_slice(&kept.token);
            } else {
                let tag = value.tag().expect("only null has no tag");
                let nonce = nonce.first_chunk().expect("chunks have this length");
                self.cipher.encrypt_token(&spelling, plain.leaves.aad(leaf), nonce, tag, &mut token);
            }
            if leaf.comment {
                self.check_comment(node, &token)?;
            }
            plain.document.place_token(node, &token, &mut tokens.edits);
            if let Some(kept) = kept.filter(|_| self.kept.is_some_and(|kept| kept.with_style)) {
                let (span, _) = tokens.edits.get(edit);
                if tokens.edits.len() == edit + 1
                    && !kept.sealed.is_empty()
                    && *span.of(plain.document.text()) == *kept.restored
                {
                    tokens.edits.replace_last(&kept.sealed);
                }
            }
            tokens.leaves.push((leaf.node, edit as u32, token.len() as u32));
        }
        Ok(tokens)
    }

    fn check_comment(&self, node: usize, token: &[u8]) -> Result<(), EncryptError> {
        if self.plain.selector.token_unselects(token) {
            let path = describe(&self.plain.document, node);
            return Err(EncryptError::CommentMatches { path });
        }
        Ok(())
    }
}

/// For each node that has become a token: the part that the token is in, and its number there.
pub(crate) struct Lookup(pub(crate) Vec<(u32, u32)>);

impl Lookup {
    /// The tokens of `parts` by node.
    pub(crate) fn new(nodes: usize, parts: &[Tokens]) -> Self {
        let mut lookup = vec![(u32::MAX, 0); nodes];
        for (part, tokens) in parts.iter().enumerate() {
            for (number, (node, ..)) in tokens.leaves.iter().enumerate() {
                lookup[*node as usize] = (part as u32, number as u32);
            }
        }
        Self(lookup)
    }
}

