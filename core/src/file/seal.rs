//! Encrypting: a clear text in, the sealed text out, proven to read back.

use std::borrow::Cow;

use zeroize::Zeroizing;

use crate::cipher::Cipher;
use crate::document::{Encoding, Form, Node, Syntax};
use crate::edits::{Edits, splice};
use crate::file::carry::{Carried, Kept};
use crate::file::compare::{Expected, same};
use crate::file::error::EncryptError;
use crate::file::plain::{Plain, is_empty};
use crate::file::request::{EncryptRequest, Encrypted};
use crate::file::restore::{repair, restore};
use crate::file::tokens::{Lookup, Tokens, Work};
use crate::metadata::Metadata;
use crate::parallel;
use crate::path::describe;
use crate::random::NONCE;
use crate::select::{Mode, Selector};
use crate::span::Position;
use crate::walk::walk;
use crate::{closed_schema, layout};

/// Encrypts `source`. With `carried`, leaves that have not changed keep their tokens.
pub(crate) fn seal<S: Syntax>(
    source: Cow<'_, [u8]>,
    request: EncryptRequest<'_>,
    carried: Option<Carried>,
) -> Result<Encrypted, EncryptError> {
    let plain = Plain::<S>::read(source, &request.metadata)?;
    let cipher = Cipher::new(request.data_key);
    let mut sealing = Sealing { plain: &plain, cipher: &cipher, request, carried: None };
    if let Some(carried) = carried {
        // A style that was kept from the file before may not fit at a new place. Then only tokens are kept.
        let kept = sealing.carried.insert(carried.give(&plain.document, &plain.leaves));
        kept.with_style = true;
        if let Ok(text) = sealing.run() {
            return Ok(plain.finish(text));
        }
        sealing.carried.iter_mut().for_each(|kept| kept.with_style = false);
    }
    let text = sealing.run()?;
    Ok(plain.finish(text))
}

/// One run of encrypting a prepared text.
struct Sealing<'a, 'r, S> {
    plain: &'a Plain<S>,
    cipher: &'a Cipher,
    request: EncryptRequest<'r>,
    carried: Option<Kept>,
}

impl<S: Syntax> Sealing<'_, '_, S> {
    fn run(&mut self) -> Result<Vec<u8>, EncryptError> {
        let document = &self.plain.document;
        let (parts, mac) = self.tokens()?;
        let mut metadata = self.request.metadata.clone();
        metadata.set_lastmodified(self.request.now);
        metadata.mac = self.token(&mac, metadata.mac_aad().as_bytes())?;
        metadata.layout = None;
        let mut block = Edits::default();
        document.place_block(&metadata.to_raw(), &mut block);
        let (lookup, mut edits) = (Lookup::new(document.nodes().len(), &parts), Vec::new());
        let lengths: Vec<Vec<(u32, u32, u32)>> = parts.iter().map(|part| part.leaves.clone()).collect();
        edits.extend(parts.into_iter().map(|part| part.edits));
        edits.push(block);
        let text = splice(document.text(), &edits);
        let proof = Proof { plain: self.plain, edits: &edits, lookup: &lookup, lengths: &lengths };
        let sealed = proof.read(&text, &metadata)?;
        let value_of = |index: usize| self.plain.spelled(&self.plain.leaves.leaves[index]);
        let restored = proof.restore(&sealed, self.request.threads)?;
        if *restored == *self.plain.source() && self.plain.encoding == Encoding::Utf8 {
            return Ok(text);
        }
        if closed_schema::applies(&self.plain.document) {
            let offset =
                restored.iter().zip(self.plain.source()).take_while(|(one, other)| one == other).count();
            return Err(EncryptError::ClosedSchema { position: Position::of(self.plain.source(), offset) });
        }
        let encoded = layout::encode(&restored, self.plain.source(), self.plain.encoding);
        metadata.layout = Some(self.token(&encoded, metadata.layout_aad().as_bytes())?);
        let mut block = Edits::default();
        sealed.place_block(&metadata.to_raw(), &mut block);
        let text = block.splice(sealed.text());
        let sealed = proof.read(&text, &metadata)?;
        let again = proof.restore(&sealed, self.request.threads)?;
        let repaired = repair(&sealed, &self.plain.leaves, &again, &encoded, value_of);
        let source = layout::file_bytes(self.plain.source(), self.plain.encoding);
        if repaired.is_none_or(|repaired| *repaired != *source) {
            return Err(EncryptError::WouldNotReadBack {
                path: describe(&sealed, 0),
                what: "the layout cannot be kept",
            });
        }
        Ok(text)
    }

    /// Encrypts all selected leaves, and hashes all leaves beside it. Returns the edits and the text of the MAC.
    fn tokens(&mut self) -> Result<(Vec<Tokens>, Zeroizing<Vec<u8>>), EncryptError> {
        let leaves = &self.plain.leaves.leaves;
        let mut nonces = vec![0; NONCE * self.plain.leaves.selected()];
        self.request.random.fill(&mut nonces)?;
        let pieces = parallel::pieces(leaves.len(), self.request.threads);
        let mut first = 0;
        let starts: Vec<usize> = pieces
            .iter()
            .map(|piece| {
                let start = first;
                first += leaves[piece.clone()].iter().filter(|leaf| leaf.selected).count();
                start
            })
            .collect();
        enum Done {
            Mac(Zeroizing<Vec<u8>>),
            Tokens(Result<Tokens, EncryptError>),
        }
        // The MAC is one long chain, so it is begun first and the tokens fill the other threads.
        let work = Work {
            plain: self.plain,
            cipher: self.cipher,
            kept: self.carried.as_ref(),
            only_encrypted: self.request.metadata.mac_only_encrypted,
        };
        let done = parallel::run(pieces.len() + 1, self.request.threads, |job| match job {
            0 => Done::Mac(work.mac()),
            _ => Done::Tokens(work.piece(pieces[job - 1].clone(), &nonces[starts[job - 1] * NONCE..])),
        });
        let mut mac = Zeroizing::new(Vec::new());
        let mut parts = Vec::with_capacity(pieces.len());
        for done in done {
            match done {
                Done::Mac(text) => mac = text,
                Done::Tokens(tokens) => parts.push(tokens?),
            }
        }
        Ok((parts, mac))
    }

    fn token(&mut self, text: &[u8], aad: &[u8]) -> Result<String, EncryptError> {
        let mut nonce = [0; NONCE];
        self.request.random.fill(&mut nonce)?;
        let mut token = Vec::new();
        self.cipher.encrypt_token(text, aad, &nonce, "str", &mut token);
        Ok(String::from_utf8(token).expect("a token is ASCII"))
    }
}

/// The proof that a sealed text reads back to the text that was encrypted.
struct Proof<'a, S> {
    plain: &'a Plain<S>,
    edits: &'a [Edits],
    lookup: &'a Lookup,
    lengths: &'a [Vec<(u32, u32, u32)>],
}

impl<S: Syntax> Proof<'_, S> {
    /// Reads `text` as a decryption would, and compares: nodes, clear values, tokens, selection, metadata.
    fn read(&self, text: &[u8], metadata: &Metadata) -> Result<S, EncryptError> {
        let plain = &self.plain.document;
        let fail = |(index, what)| EncryptError::WouldNotReadBack { path: describe(plain, index), what };
        let sealed = S::read(Cow::Borrowed(text), Form::Sealed)
            .map_err(|_| fail((0, "the sealed text cannot be read")))?;
        let expected = |node: usize, shown: &'_ Node| match self.lookup.0[node] {
            (u32::MAX, _) => Expected::Value(plain.value(shown)),
            (part, number) => {
                let (_, edit, length) = self.lengths[part as usize][number as usize];
                Expected::Token(self.edits[part as usize].get(edit as usize).1, length as usize)
            }
        };
        same(plain, &sealed, expected).map_err(fail)?;
        let read = sealed.block().ok().flatten().and_then(|raw| Metadata::from_raw(&raw).ok());
        if read.is_none_or(|read| read != *metadata) {
            return Err(fail((0, "the metadata differs")));
        }
        let mut selector = Selector::new(&metadata.selection, Mode::Decrypt)?;
        let leaves = walk(&sealed, &mut selector);
        let pairs = self.plain.leaves.leaves.iter().zip(&leaves.leaves);
        for (one, other) in pairs {
            if (one.node, one.selected) != (other.node, other.selected) && !is_empty(plain, one) {
                return Err(fail((one.node as usize, "the rules would select something else")));
            }
        }
        Ok(sealed)
    }

    fn restore(&self, sealed: &S, threads: usize) -> Result<Zeroizing<Vec<u8>>, EncryptError> {
        let value_of = |index: usize| self.plain.spelled(&self.plain.leaves.leaves[index]);
        Ok(restore(sealed, &self.plain.leaves, threads, value_of)?)
    }
}
