//! Encrypting: a clear text in, the sealed text out, proven to read back.

use std::borrow::Cow;

use zeroize::Zeroizing;

use crate::cipher::Cipher;
use crate::document::{Encoding, Form, Node, Syntax};
use crate::edits::{Edits, splice_with, splices_to};
use crate::file::carry::{Carried, Kept};
use crate::file::compare::{Expected, same};
use crate::file::error::EncryptError;
use crate::file::plain::{Plain, is_empty};
use crate::file::request::{EncryptRequest, Encrypted};
use crate::file::restore::{repair, restored, restoring};
use crate::file::tokens::{Tokens, Work};
use crate::metadata::Metadata;
use crate::parallel;
use crate::path::describe;
use crate::random::NONCE;
use crate::select::{Mode, Selector};
use crate::span::Position;
use crate::value::Value;
use crate::walk::walk;
use crate::{closed_schema, layout};

/// Encrypts `source`. With `carried`, leaves that have not changed keep their tokens.
pub(crate) fn seal<S: Syntax>(
    source: Cow<'_, [u8]>,
    request: EncryptRequest<'_>,
    carried: Option<Carried>,
) -> Result<Encrypted, EncryptError> {
    seal_typed::<S>(source, request, carried, Vec::new())
}

/// Like [`seal`]; where `types` has a value for a node, it is what the token of that node holds.
pub(crate) fn seal_typed<S: Syntax>(
    source: Cow<'_, [u8]>,
    mut request: EncryptRequest<'_>,
    carried: Option<Carried>,
    types: Vec<Option<Value<'static>>>,
) -> Result<Encrypted, EncryptError> {
    let mut plain = Plain::<S>::read(source, &request.metadata)?;
    plain.types = types;
    let cipher = Cipher::new(request.data_key);
    let mut carried = carried.map(|carried| carried.give(&plain.document, &plain.leaves));
    let mut first = None;
    loop {
        let request = &mut request;
        let mut sealing = Sealing { plain: &plain, cipher: &cipher, request, carried: carried.as_mut() };
        match sealing.run_with_styles() {
            // What surrounds a comment decides whom it belongs to. Another spelling may do.
            Err(error @ EncryptError::WouldNotReadBack { .. }) => {
                let error = first.take().unwrap_or(error);
                if !plain.respell()? {
                    return Err(error);
                }
                first = Some(error);
            }
            result => return Ok(plain.finish(result?)),
        }
    }
}

/// One run of encrypting a prepared text.
struct Sealing<'a, 'r, S> {
    plain: &'a Plain<S>,
    cipher: &'a Cipher,
    request: &'a mut EncryptRequest<'r>,
    carried: Option<&'a mut Kept>,
}

impl<S: Syntax> Sealing<'_, '_, S> {
    /// Keeps the styles of the file before as well. One may not fit at a new place: then only tokens are kept.
    fn run_with_styles(&mut self) -> Result<Vec<u8>, EncryptError> {
        if let Some(kept) = &mut self.carried {
            kept.with_style = true;
            if let Ok(text) = self.run() {
                return Ok(text);
            }
        }
        if let Some(kept) = &mut self.carried {
            kept.with_style = false;
        }
        self.run()
    }

    fn run(&mut self) -> Result<Vec<u8>, EncryptError> {
        let document = &self.plain.document;
        let (parts, mac) = self.tokens()?;
        let mut metadata = self.request.metadata.clone();
        metadata.set_lastmodified(self.request.now);
        metadata.mac = self.token(&mac, metadata.mac_aad().as_bytes())?;
        metadata.layout = None;
        let mut block = Edits::default();
        document.place_block(&metadata.to_raw(), &mut block);
        let (text, places) = put_together(document, parts, block);
        let sealed = self.read_back(text, &places, &metadata)?;
        let value_of = |index: usize| self.plain.spelled(&self.plain.leaves.leaves[index]);
        let edits = restoring(&sealed, &self.plain.leaves, self.request.threads, value_of)?;
        let source = self.plain.source();
        if self.plain.encoding == Encoding::Utf8 && splices_to(sealed.text(), &edits, source) {
            return Ok(sealed.into_text());
        }
        let text = restored(&sealed, &edits);
        if closed_schema::applies(document) {
            let offset = text.iter().zip(source).take_while(|(one, other)| one == other).count();
            return Err(EncryptError::ClosedSchema { position: Position::of(source, offset) });
        }
        let encoded = layout::encode(&text, source, self.plain.encoding);
        metadata.layout = Some(self.token(&encoded, metadata.layout_aad().as_bytes())?);
        self.with_layout(&sealed, &metadata, &encoded)
    }

    /// Adds the layout field to a sealed text, and proves that it restores the source.
    fn with_layout(&self, sealed: &S, metadata: &Metadata, encoded: &[u8]) -> Result<Vec<u8>, EncryptError> {
        let fail = |what| EncryptError::WouldNotReadBack { path: "sops".to_owned(), what };
        let mut block = Edits::default();
        sealed.place_block(&metadata.to_raw(), &mut block);
        let again = S::read(Cow::Owned(block.splice(sealed.text())), Form::Sealed)
            .map_err(|_| fail("the sealed text cannot be read"))?;
        same(sealed, &again, |_, node| Expected::Value(sealed.value(node)))
            .map_err(|(_, what)| fail(what))?;
        check_block(&again, metadata)?;
        let leaves = &self.plain.leaves;
        let value_of = |index: usize| self.plain.spelled(&leaves.leaves[index]);
        let edits = restoring(&again, leaves, self.request.threads, value_of)?;
        let repaired = repair(&again, leaves, &restored(&again, &edits), encoded, value_of);
        let source = layout::file_bytes(self.plain.source(), self.plain.encoding);
        if repaired.is_none_or(|repaired| *repaired != *source) {
            return Err(fail("the layout cannot be kept"));
        }
        Ok(again.into_text())
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
            kept: self.carried.as_deref(),
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

    /// Reads the sealed text as a decryption would, and compares it with the clear one: nodes, clear values, the
    /// tokens at `places`, selection, metadata.
    fn read_back(
        &self,
        text: Vec<u8>,
        places: &[(u32, u32)],
        metadata: &Metadata,
    ) -> Result<S, EncryptError> {
        let plain = &self.plain.document;
        let fail = |(index, what)| EncryptError::WouldNotReadBack { path: describe(plain, index), what };
        let length = text.len();
        let sealed = S::read(Cow::Owned(text), Form::Sealed)
            .map_err(|_| fail((0, "the sealed text cannot be read")))?;
        let text = sealed.text();
        if text.len() != length {
            return Err(fail((0, "the sealed text would be decoded")));
        }
        let expected = |node: usize, shown: &Node| match places[node] {
            (u32::MAX, _) => Expected::Value(plain.value(shown)),
            (start, length) => Expected::Token(&text[start as usize..][..length as usize]),
        };
        same(plain, &sealed, expected).map_err(fail)?;
        check_block(&sealed, metadata)?;
        let mut selector = Selector::new(&metadata.selection, Mode::Decrypt)?;
        let leaves = walk(&sealed, &mut selector);
        for (one, other) in self.plain.leaves.leaves.iter().zip(&leaves.leaves) {
            if (one.node, one.selected) != (other.node, other.selected) && !is_empty(plain, one) {
                return Err(fail((one.node as usize, "the rules would select something else")));
            }
        }
        Ok(sealed)
    }
}

/// That the `sops` block of `sealed` says what `metadata` does.
pub(crate) fn check_block<S: Syntax>(sealed: &S, metadata: &Metadata) -> Result<(), EncryptError> {
    let read = sealed.block().ok().flatten().and_then(|raw| Metadata::from_raw(&raw).ok());
    // In flat formats everything is read as text, so the meaning is compared and not the raw values.
    if read.is_none_or(|read| read != *metadata) {
        let what = "the metadata differs";
        return Err(EncryptError::WouldNotReadBack { path: "sops".to_owned(), what });
    }
    Ok(())
}

/// The sealed text, and for each node where its token begins in it and how long it is; `u32::MAX` for nodes that
/// have none.
fn put_together<S: Syntax>(document: &S, parts: Vec<Tokens>, block: Edits) -> (Vec<u8>, Vec<(u32, u32)>) {
    let mut places = vec![(u32::MAX, 0); document.nodes().len()];
    let (mut edits, mut tokens) = (Vec::new(), Vec::new());
    for part in parts {
        edits.push(part.edits);
        tokens.push(part.places);
    }
    edits.push(block);
    let mut starts: Vec<Vec<u32>> = edits.iter().map(|edits| vec![0; edits.len()]).collect();
    let text = splice_with(document.text(), &edits, |part, edit, at| starts[part][edit] = at as u32);
    for (part, tokens) in tokens.iter().enumerate() {
        for token in tokens {
            let start = starts[part][token.edit as usize] + token.offset;
            places[token.node as usize] = (start, token.length);
        }
    }
    (text, places)
}
