//! Encrypting: a clear text in, the sealed text out, proven to read back.

use std::borrow::Cow;

use zeroize::Zeroizing;

use crate::cipher::Cipher;
use crate::document::binary::Binary;
use crate::document::{Encoding, Form, Syntax, indent};
use crate::edits::{Edits, splice_rest, splice_with, splices_to};
use crate::file::carry::{Carried, Kept};
use crate::file::compare::{Expected, same};
use crate::file::error::EncryptError;
use crate::file::outline::Outline;
use crate::file::plain::Plain;
use crate::file::proof::{Proof, check_block};
use crate::file::request::{EncryptRequest, Encrypted};
use crate::file::restore::{repair, restored, restoring};
use crate::file::tokens::{Placed, Tokens, Work};
use crate::metadata::Metadata;
use crate::parallel;
use crate::path::describe;
use crate::random::NONCE;
use crate::span::Position;
use crate::value::Value;
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
    let mut plain = Plain::<S>::read(source, &request.metadata, request.stores, request.threads)?;
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
                let error = match first.take() {
                    Some(error) => error,
                    None => plain.hindrance().unwrap_or(error),
                };
                if !plain.respell()? {
                    return Err(error);
                }
                first = Some(error);
            }
            result => {
                let (text, selected) = result?;
                return Ok(plain.finish(text, selected));
            }
        }
    }
}

/// Encrypts any bytes as one value, in the JSON that holds it, which is printed anew.
pub(crate) fn seal_binary(
    source: Cow<'_, [u8]>,
    request: EncryptRequest<'_>,
    carried: Option<Carried>,
) -> Result<Encrypted, EncryptError> {
    let unit = indent::json(request.stores.json_binary_indent)?;
    let mut encrypted = seal::<Binary>(source, request, carried)?;
    if unit != b"\t" {
        encrypted.text = indent::replace_tabs(&encrypted.text, &unit);
    }
    Ok(encrypted)
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
    fn run_with_styles(&mut self) -> Result<(Vec<u8>, usize), EncryptError> {
        if let Some(kept) = &mut self.carried {
            kept.with_style = true;
            if let Ok(done) = self.run() {
                return Ok(done);
            }
        }
        if let Some(kept) = &mut self.carried {
            kept.with_style = false;
        }
        self.run()
    }

    /// The sealed text, and how many tokens are in it.
    fn run(&mut self) -> Result<(Vec<u8>, usize), EncryptError> {
        let document = &self.plain.document;
        let threads = self.request.threads;
        let mut metadata = self.request.metadata.clone();
        metadata.set_lastmodified(self.request.now);
        metadata.layout = None;
        let outline = self.outline(&metadata);
        let (text, placed) = match &outline {
            Some(outline) => self.write(outline, &mut metadata)?,
            None => self.splice(&mut metadata)?,
        };
        let length = text.len();
        let fail = |what| EncryptError::WouldNotReadBack { path: describe(document, 0), what };
        let sealed = S::read_on(Cow::Owned(text), Form::Sealed, threads)
            .map_err(|_| fail("the sealed text cannot be read"))?;
        if sealed.text().len() != length {
            return Err(fail("the sealed text would be decoded"));
        }
        let proof =
            Proof { plain: self.plain, sealed: &sealed, placed: &placed, metadata: &metadata, threads };
        if proof.check(outline.as_ref())? {
            self.plain.check_misread(&sealed)?;
            return Ok((sealed.into_text(), placed.len()));
        }
        let value_of = |index: usize| self.plain.spelled(&self.plain.leaves.leaves[index]);
        let edits = restoring(&sealed, &self.plain.leaves, threads, value_of)?;
        let source = self.plain.source();
        if self.plain.encoding == Encoding::Utf8 && splices_to(sealed.text(), &edits, source) {
            self.plain.check_misread(&sealed)?;
            return Ok((sealed.into_text(), placed.len()));
        }
        let text = restored(&sealed, &edits);
        if closed_schema::applies(document) {
            let offset = text.as_bytes().iter().zip(source).take_while(|(one, other)| one == other).count();
            return Err(EncryptError::ClosedSchema { position: Position::of(source, offset) });
        }
        let encoded = layout::encode(text.as_bytes(), source, self.plain.encoding);
        metadata.layout = Some(self.token(&encoded, metadata.layout_aad().as_bytes())?);
        Ok((self.with_layout(&sealed, &metadata, &encoded)?, placed.len()))
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
        let repaired = repair(&again, leaves, restored(&again, &edits).as_bytes(), encoded, value_of);
        let source = layout::file_bytes(self.plain.source(), self.plain.encoding);
        if repaired.is_none_or(|repaired| *repaired.as_bytes() != **source) {
            return Err(fail("the layout cannot be kept"));
        }
        self.plain.check_misread(&again)?;
        Ok(again.into_text())
    }

    /// The outline of the sealed text, if it has one: tokens that are kept have lengths of their own, and the block
    /// must come behind all tokens.
    fn outline(&self, metadata: &Metadata) -> Option<Outline> {
        if self.carried.is_some() {
            return None;
        }
        let outline = Outline::of(self.plain, self.request.threads)?;
        let (clear, _) = outline.end();
        let mut block = Edits::default();
        self.plain.document.place_block(&metadata.to_raw(), &mut block);
        block.iter().all(|(span, _)| span.start as usize >= clear).then_some(outline)
    }

    /// Encrypts all selected leaves into the sealed text, and hashes all leaves beside it.
    fn write(
        &mut self,
        outline: &Outline,
        metadata: &mut Metadata,
    ) -> Result<(Vec<u8>, Vec<Placed>), EncryptError> {
        let document = &self.plain.document;
        let nonces = self.nonces()?;
        let (clear, sealed) = outline.end();
        // Room for the end of the text and for the block.
        let mut text = vec![0; sealed + document.text().len() - clear + room_for(metadata)];
        text.truncate(sealed);
        let work = self.work();
        let (mac, placed) = outline.write(&work, &nonces, &mut text, self.request.threads, || work.mac())?;
        metadata.mac = self.token(&mac, metadata.mac_aad().as_bytes())?;
        let mut block = Edits::default();
        document.place_block(&metadata.to_raw(), &mut block);
        splice_rest(document.text(), clear, &block, &mut text);
        Ok((text, placed))
    }

    /// The same where tokens are any edits: they are collected, and then made.
    fn splice(&mut self, metadata: &mut Metadata) -> Result<(Vec<u8>, Vec<Placed>), EncryptError> {
        let (parts, mac) = self.tokens()?;
        metadata.mac = self.token(&mac, metadata.mac_aad().as_bytes())?;
        let document = &self.plain.document;
        let mut block = Edits::default();
        document.place_block(&metadata.to_raw(), &mut block);
        Ok(put_together(document, parts, block))
    }

    /// A nonce for each leaf that is selected.
    fn nonces(&mut self) -> Result<Vec<u8>, EncryptError> {
        let mut nonces = vec![0; NONCE * self.plain.leaves.selected()];
        self.request.random.fill(&mut nonces)?;
        Ok(nonces)
    }

    fn work(&self) -> Work<'_, S> {
        Work {
            plain: self.plain,
            cipher: self.cipher,
            kept: self.carried.as_deref(),
            only_encrypted: self.request.metadata.mac_only_encrypted,
        }
    }

    /// Encrypts all selected leaves, and hashes all leaves beside it. Returns the edits and the text of the MAC.
    fn tokens(&mut self) -> Result<(Vec<Tokens>, Zeroizing<Vec<u8>>), EncryptError> {
        let leaves = &self.plain.leaves.leaves;
        let nonces = self.nonces()?;
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
        let work = self.work();
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

/// About how many bytes the block takes.
fn room_for(metadata: &Metadata) -> usize {
    let keys = metadata.groups.iter().flat_map(|group| group.keys());
    4096 + keys.map(|key| 2 * key.enc.len() + 512).sum::<usize>()
}

/// The sealed text, and where the tokens are in it, in the order of the nodes.
fn put_together<S: Syntax>(document: &S, parts: Vec<Tokens>, block: Edits) -> (Vec<u8>, Vec<Placed>) {
    let (mut edits, mut tokens) = (Vec::new(), Vec::new());
    for part in parts {
        edits.push(part.edits);
        tokens.push(part.places);
    }
    edits.push(block);
    let mut starts: Vec<Vec<u32>> = edits.iter().map(|edits| vec![0; edits.len()]).collect();
    let text = splice_with(document.text(), &edits, |part, edit, at| starts[part][edit] = at as u32);
    let mut placed = Vec::with_capacity(tokens.iter().map(Vec::len).sum());
    for (part, tokens) in tokens.iter().enumerate() {
        placed.extend(tokens.iter().map(|token| Placed {
            node: token.node,
            start: starts[part][token.edit as usize] + token.offset,
            length: token.length,
        }));
    }
    (text, placed)
}
