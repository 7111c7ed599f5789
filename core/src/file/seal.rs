//! Encrypting: a clear text in, the sealed text out, proven to read back.

use std::borrow::Cow;

use zeroize::Zeroizing;

use crate::cipher::Cipher;
use crate::document::{Encoding, Form, Node, Syntax};
use crate::edits::{Edits, splice};
use crate::file::carry::{Carried, Kept};
use crate::file::compare::{Expected, same};
use crate::file::error::EncryptError;
use crate::file::request::{EncryptRequest, Encrypted, Warning};
use crate::file::restore::{Spelled, repair, restore};
use crate::mac::Mac;
use crate::metadata::Metadata;
use crate::parallel;
use crate::path::describe;
use crate::random::NONCE;
use crate::select::{Mode, Selector};
use crate::span::Position;
use crate::value::Value;
use crate::walk::{Leaf, Leaves, walk};
use crate::{closed_schema, layout};

/// Encrypts `source`. With `carried`, leaves that have not changed keep their tokens.
pub(crate) fn seal<S: Syntax>(
    source: Cow<'_, [u8]>,
    request: EncryptRequest<'_>,
    carried: Option<Carried>,
) -> Result<Encrypted, EncryptError> {
    let plain = Plain::<S>::read(source, &request.metadata)?;
    let cipher = Cipher::new(request.data_key)?;
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

/// How many values and comments of `source` the rules of `metadata` select.
pub(crate) fn count_selected<S: Syntax>(
    source: Cow<'_, [u8]>,
    metadata: &Metadata,
) -> Result<usize, EncryptError> {
    let document = S::read(source, Form::Plain)?;
    let mut selector = Selector::new(&metadata.selection, Mode::Encrypt)?;
    let leaves = walk(&document, &mut selector);
    Ok(leaves.leaves.iter().filter(|leaf| leaf.selected && !is_empty(&document, leaf)).count())
}

/// A text that is ready to be encrypted leaf by leaf.
struct Plain<S> {
    document: S,
    leaves: Leaves,
    /// The text before it was prepared, if it had to be.
    original: Option<Zeroizing<Vec<u8>>>,
    encoding: Encoding,
    warnings: Vec<Warning>,
}

impl<S: Syntax> Plain<S> {
    fn read(source: Cow<'_, [u8]>, metadata: &Metadata) -> Result<Self, EncryptError> {
        let mut selector = Selector::new(&metadata.selection, Mode::Encrypt)?;
        let mut document = S::read(source, Form::Plain)?;
        if !matches!(document.block(), Ok(None)) {
            return Err(EncryptError::AlreadyEncrypted);
        }
        if document.nodes().is_empty() {
            return Err(EncryptError::Empty);
        }
        let encoding = document.encoding();
        let warnings =
            document.warnings().iter().map(|warning| Warning { message: warning.to_string() }).collect();
        let mut leaves = walk(&document, &mut selector);
        let mut original = None;
        let edits = prepare(&document, &leaves)?;
        if !edits.is_empty() {
            let text = edits.splice(document.text());
            original = Some(Zeroizing::new(document.text().to_vec()));
            let (before, selected) = (document, leaves.selected());
            document = S::read(Cow::Owned(text), Form::Plain)?;
            leaves = walk(&document, &mut selector);
            check_prepared(&before, selected, &document, &leaves)?;
        }
        Ok(Self { document, leaves, original, encoding, warnings })
    }

    /// The text that decryption has to give again.
    fn source(&self) -> &[u8] {
        self.original.as_ref().map_or_else(|| self.document.text(), |text| text.as_slice())
    }

    /// The value of a leaf and the text that goes into its token; `None` for what has no token.
    fn spelled(&self, leaf: &Leaf) -> Option<Spelled<'_>> {
        let index = leaf.node as usize;
        let value = self.document.value(&self.document.nodes()[index]);
        let spelling = match &value {
            Value::Null => return None,
            Value::Str(text) | Value::Comment(text) if text.is_empty() => return None,
            Value::Str(text) | Value::Comment(text) => text.clone(),
            _ => match self.document.spelling(index).filter(|text| value.accepts_spelling(text)) {
                Some(spelling) => Cow::Borrowed(spelling),
                None => {
                    let mut bytes = Vec::new();
                    value.write_bytes(&mut bytes);
                    Cow::Owned(bytes)
                }
            },
        };
        Some((value, spelling))
    }

    fn finish(&self, text: Vec<u8>) -> Encrypted {
        let selected =
            self.leaves.leaves.iter().filter(|leaf| leaf.selected && !is_empty(&self.document, leaf)).count();
        Encrypted { text, selected, warnings: self.warnings.clone() }
    }
}

fn is_empty<S: Syntax>(document: &S, leaf: &Leaf) -> bool {
    match document.value(&document.nodes()[leaf.node as usize]) {
        Value::Null => true,
        Value::Str(text) | Value::Comment(text) => text.is_empty(),
        _ => false,
    }
}

fn prepare<S: Syntax>(document: &S, leaves: &Leaves) -> Result<Edits, EncryptError> {
    let mut selected = vec![false; document.nodes().len()];
    for leaf in &leaves.leaves {
        selected[leaf.node as usize] = leaf.selected;
    }
    for &node in &leaves.selected_collections {
        selected[node as usize] = true;
    }
    Ok(document.prepare(&|index| selected[index])?)
}

/// A prepared text must mean what it meant, and need no more preparation.
fn check_prepared<S: Syntax>(
    before: &S,
    selected: usize,
    after: &S,
    leaves: &Leaves,
) -> Result<(), EncryptError> {
    let read_back = same(before, after, |_, node| Expected::Value(before.value(node)));
    let what = match read_back {
        Err((_, what)) => what,
        Ok(()) if leaves.selected() != selected => "the rules would select something else",
        Ok(()) if !prepare(after, leaves)?.is_empty() => "an alias or a comment is in the way",
        Ok(()) => return Ok(()),
    };
    let index = read_back.map_or_else(|(index, _)| index, |()| 0);
    Err(EncryptError::WouldNotReadBack { path: describe(before, index), what })
}

/// One run of encrypting a prepared text.
struct Sealing<'a, 'r, S> {
    plain: &'a Plain<S>,
    cipher: &'a Cipher,
    request: EncryptRequest<'r>,
    carried: Option<Kept>,
}

/// The tokens of some leaves.
struct Tokens {
    edits: Edits,
    /// For each token: the leaf's node, the number of the edit that holds it, and its length.
    leaves: Vec<(u32, u32, u32)>,
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
            let offset = restored.iter().zip(self.plain.source()).take_while(|(one, other)| one == other).count();
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
        let this = &*self;
        let done = parallel::run(pieces.len() + 1, this.request.threads, |job| match job {
            0 => Done::Mac(this.mac()),
            _ => Done::Tokens(this.piece(pieces[job - 1].clone(), &nonces[starts[job - 1] * NONCE..])),
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

    fn mac(&self) -> Zeroizing<Vec<u8>> {
        let plain = self.plain;
        let mut mac = Mac::new(self.request.metadata.mac_only_encrypted);
        for leaf in plain.leaves.leaves.iter().filter(|leaf| !leaf.comment) {
            if leaf.selected || !self.request.metadata.mac_only_encrypted {
                mac.update_value(&plain.document.value(&plain.document.nodes()[leaf.node as usize]));
            }
        }
        Zeroizing::new(mac.finish().as_bytes().to_vec())
    }

    fn piece(&self, range: std::ops::Range<usize>, nonces: &[u8]) -> Result<Tokens, EncryptError> {
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
            let kept = self.carried.as_ref().and_then(|kept| kept.get(index));
            if let Some(kept) = kept {
                token.extend_from_slice(&kept.token);
            } else {
                let tag = value.tag().expect("only null has no tag");
                let nonce = nonce.first_chunk().expect("chunks have this length");
                self.cipher.encrypt_token(&spelling, plain.leaves.aad(leaf), nonce, tag, &mut token)?;
            }
            if leaf.comment {
                self.check_comment(node, &token)?;
            }
            plain.document.place_token(node, &token, &mut tokens.edits);
            if let Some(kept) = kept.filter(|_| self.carried.as_ref().is_some_and(|kept| kept.with_style)) {
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
        if self.request.metadata.selection.keeps_comment_clear(token) {
            let path = describe(&self.plain.document, node);
            return Err(EncryptError::CommentMatches { path });
        }
        Ok(())
    }

    fn token(&mut self, text: &[u8], aad: &[u8]) -> Result<String, EncryptError> {
        let mut nonce = [0; NONCE];
        self.request.random.fill(&mut nonce)?;
        let mut token = Vec::new();
        self.cipher.encrypt_token(text, aad, &nonce, "str", &mut token)?;
        Ok(String::from_utf8(token).expect("a token is ASCII"))
    }
}

/// For each node that has become a token: the part that the token is in, and its number there.
struct Lookup(Vec<(u32, u32)>);

impl Lookup {
    fn new(nodes: usize, parts: &[Tokens]) -> Self {
        let mut lookup = vec![(u32::MAX, 0); nodes];
        for (part, tokens) in parts.iter().enumerate() {
            for (number, (node, ..)) in tokens.leaves.iter().enumerate() {
                lookup[*node as usize] = (part as u32, number as u32);
            }
        }
        Self(lookup)
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
