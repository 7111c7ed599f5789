//! Encrypting leaf by leaf, on several threads, and the hash over all leaves beside it.

use zeroize::Zeroizing;

use crate::cipher::{Cipher, PREFIX};
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
    /// Where the tokens are in them.
    pub(crate) places: Vec<TokenPlace>,
}

/// Where a token is in a sealed text.
#[derive(Clone, Copy)]
pub(crate) struct Placed {
    /// The node whose token it is.
    pub(crate) node: u32,
    /// Where it begins.
    pub(crate) start: u32,
    /// How long it is.
    pub(crate) length: u32,
}

/// Where a token is in the edits.
#[derive(Clone, Copy)]
pub(crate) struct TokenPlace {
    /// The node whose token it is.
    pub(crate) node: u32,
    /// The number of the edit that holds it.
    pub(crate) edit: u32,
    /// Where it begins in the bytes of the edit.
    pub(crate) offset: u32,
    /// How long it is.
    pub(crate) length: u32,
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
                mac.update_value(&plain.value(leaf));
            }
        }
        Zeroizing::new(mac.finish().as_bytes().to_vec())
    }

    /// The tokens of a range of leaves. `nonces` are theirs.
    pub(crate) fn piece(&self, range: std::ops::Range<usize>, nonces: &[u8]) -> Result<Tokens, EncryptError> {
        let plain = self.plain;
        let mut tokens = Tokens { edits: Edits::default(), places: Vec::with_capacity(range.len()) };
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
            let (_, bytes) = tokens.edits.get(edit);
            let offset = token_start(bytes) as u32;
            let length = token.len() as u32;
            tokens.places.push(TokenPlace { node: leaf.node, edit: edit as u32, offset, length });
        }
        Ok(tokens)
    }

    /// An encrypted comment must not be taken for one that keeps clear what follows.
    pub(super) fn check_comment(&self, node: usize, token: &[u8]) -> Result<(), EncryptError> {
        if self.plain.selector.token_unselects(token) {
            let path = describe(&self.plain.document, node);
            return Err(EncryptError::CommentMatches { path });
        }
        Ok(())
    }
}

/// Where the token begins among the bytes of the edit that places it.
fn token_start(bytes: &[u8]) -> usize {
    memchr::memchr_iter(PREFIX[0], bytes).find(|at| bytes[*at..].starts_with(PREFIX)).unwrap_or_default()
}
