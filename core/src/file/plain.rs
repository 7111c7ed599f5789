//! A clear text, read and made ready to be encrypted leaf by leaf.

use std::borrow::Cow;

use zeroize::Zeroizing;

use crate::document::Stores;
use crate::document::{DocumentCase, DocumentError, Encoding, Form, Kind, Syntax};
use crate::edits::Edits;
use crate::file::compare::{Expected, same};
use crate::file::error::EncryptError;
use crate::file::request::{Encrypted, Warning};
use crate::file::restore::Spelled;
use crate::metadata::Metadata;
use crate::path::describe;
use crate::select::{Mode, Selector};
use crate::span::{Position, Span};
use crate::value::Value;
use crate::walk::{Leaf, Leaves, walk};

/// A text that is ready to be encrypted leaf by leaf.
pub(crate) struct Plain<S> {
    /// The document.
    pub(crate) document: S,
    /// Its leaves.
    pub(crate) leaves: Leaves,
    /// The text before it was prepared, if it had to be.
    original: Option<Zeroizing<Vec<u8>>>,
    /// How the text stood in the file.
    pub(crate) encoding: Encoding,
    /// The rule.
    pub(crate) selector: Selector,
    /// For each node the value that its token holds, if that is another one than the text says: one with a type
    /// that the format does not have. Empty if there is none.
    pub(crate) types: Vec<Option<Value<'static>>>,
    warnings: Vec<Warning>,
    /// How many other spellings have been tried.
    respelled: usize,
    /// How a new `sops` block is indented.
    stores: Stores,
}

impl<S: Syntax> Plain<S> {
    /// Reads `source`, checks that it can be encrypted, and prepares it.
    pub(crate) fn read(
        source: Cow<'_, [u8]>,
        metadata: &Metadata,
        stores: Stores,
        threads: usize,
    ) -> Result<Self, EncryptError> {
        let mut selector = Selector::new(&metadata.selection, Mode::Encrypt)?;
        let mut document = S::read_on(source, Form::Plain, threads)?;
        if !matches!(document.block(), Ok(None)) {
            return Err(EncryptError::AlreadyEncrypted);
        }
        if document.nodes().is_empty() {
            return Err(EncryptError::Empty);
        }
        document.indent_block(&stores)?;
        check_comments(&document, &selector)?;
        let encoding = document.encoding();
        let warnings =
            document.warnings().iter().map(|warning| Warning { message: warning.to_string() }).collect();
        let mut leaves = walk(&document, &mut selector);
        let mut original = None;
        let edits = prepare(&document, &leaves)?;
        if !edits.is_empty() {
            let text = edits.splice(document.text());
            original = Some(Zeroizing::new(document.text().to_vec()));
            let (before, selected, before_leaves) = (document, leaves.selected(), leaves);
            document = S::read(Cow::Owned(text), Form::Plain)?;
            document.indent_block(&stores)?;
            leaves = walk(&document, &mut selector);
            check_prepared(&before, selected, &document, &leaves).map_err(|error| match error {
                EncryptError::WouldNotReadBack { .. } => {
                    hindrance(&before, &before_leaves, Stage::Preparing).unwrap_or(error)
                }
                error => error,
            })?;
        }
        Ok(Self {
            document,
            leaves,
            original,
            encoding,
            selector,
            types: Vec::new(),
            warnings,
            respelled: 0,
            stores,
        })
    }

    /// Spells the text in the next other way that the format knows and that means the same. `false` if there is
    /// none.
    pub(crate) fn respell(&mut self) -> Result<bool, EncryptError> {
        while let Some(edits) = self.document.respell(self.respelled) {
            self.respelled += 1;
            if edits.is_empty() {
                continue;
            }
            let text = edits.splice(self.document.text());
            let Ok(mut document) = S::read(Cow::Owned(text), Form::Plain) else { continue };
            document.indent_block(&self.stores)?;
            let leaves = walk(&document, &mut self.selector);
            if check_prepared(&self.document, self.leaves.selected(), &document, &leaves).is_err() {
                continue;
            }
            let before = std::mem::replace(&mut self.document, document);
            self.leaves = leaves;
            self.original.get_or_insert_with(|| Zeroizing::new(before.into_text()));
            return Ok(true);
        }
        Ok(false)
    }

    /// Why the text cannot be encrypted though it is well formed, if the format knows.
    pub(crate) fn hindrance(&self) -> Option<EncryptError> {
        let stage = if self.original.is_some() { Stage::Prepared } else { Stage::Untouched };
        hindrance(&self.document, &self.leaves, stage)
    }

    /// The text that decryption has to give again.
    pub(crate) fn source(&self) -> &[u8] {
        self.original.as_ref().map_or_else(|| self.document.text(), |text| text.as_slice())
    }

    /// The same, if it is the text of the document and the bytes of the file.
    pub(crate) fn untouched(&self) -> Option<&[u8]> {
        (self.original.is_none() && self.encoding == Encoding::Utf8).then(|| self.document.text())
    }

    /// The value of a leaf: what is hashed, and what its token holds if it is selected.
    pub(crate) fn value(&self, leaf: &Leaf) -> Value<'_> {
        let index = leaf.node as usize;
        match self.types.get(index) {
            Some(Some(value)) if leaf.selected => value.clone(),
            _ => self.document.value(&self.document.nodes()[index]),
        }
    }

    /// The value of a leaf and the text that goes into its token; `None` for what has no token.
    pub(crate) fn spelled(&self, leaf: &Leaf) -> Option<Spelled<'_>> {
        let index = leaf.node as usize;
        let value = self.value(leaf);
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

    /// Refuses `sealed` if sops may misread it: then its MAC may not fit there, or a clear comment lose a character.
    pub(crate) fn check_misread(&self, sealed: &S) -> Result<(), EncryptError> {
        let Some(found) = sealed.misread() else { return Ok(()) };
        let places = |text: &'_ [u8]| memchr::memmem::find_iter(text, found.bytes).collect::<Vec<usize>>();
        let before = places(&sealed.text()[..found.offset]).len();
        // The same one in the clear text: values that are tokens now do not count.
        let nodes = self.document.nodes();
        let selected = self.leaves.leaves.iter().filter(|leaf| leaf.selected);
        let mut hidden: Vec<Span> = selected.map(|leaf| nodes[leaf.node as usize].span).collect();
        hidden.sort_unstable_by_key(|span| span.start);
        let is_clear = |&at: &usize| {
            let next = hidden.partition_point(|span| span.end as usize <= at);
            hidden.get(next).is_none_or(|span| at < span.start as usize)
        };
        let mut clear = places(self.document.text()).into_iter().filter(is_clear);
        let offset = match (&self.original, clear.nth(before)) {
            (None, Some(offset)) => offset,
            // The text was prepared: the first one behind the beginning will do.
            _ => places(self.source()).into_iter().find(|&at| at > 0).unwrap_or(0),
        };
        let case = DocumentCase::Unsupported;
        Err(DocumentError::at(case, self.source(), offset, found.problem).into())
    }

    /// What the caller gets with the sealed `text`, in which `selected` leaves are encrypted.
    pub(crate) fn finish(&self, text: Vec<u8>, selected: usize) -> Encrypted {
        Encrypted { text, selected, warnings: self.warnings.clone() }
    }
}

/// Why `document` cannot be encrypted though it is well formed, if the format knows.
fn hindrance<S: Syntax>(document: &S, leaves: &Leaves, stage: Stage) -> Option<EncryptError> {
    let mut selected = vec![false; document.nodes().len()];
    leaves.leaves.iter().for_each(|leaf| selected[leaf.node as usize] = leaf.selected);
    let (index, offset, problem) = document.hindrance(&|index| selected[index], stage == Stage::Preparing)?;
    // The places of a text that was prepared are not those of the file.
    let position = (stage != Stage::Prepared).then(|| Position::of(document.text(), offset as usize));
    let problem = format!("{}: {problem}", describe(document, index)).into();
    Some(DocumentError { problem, position, case: DocumentCase::Unsupported }.into())
}

/// What has become of a text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// It is as it was in the file.
    Untouched,
    /// It is as it was in the file, and what it was prepared to means something else.
    Preparing,
    /// It was prepared.
    Prepared,
}

/// Whether a leaf holds nothing, so that it has no token.
pub(crate) fn is_empty<S: Syntax>(document: &S, leaf: &Leaf) -> bool {
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

/// A rule that looks at comments must decide as it does when sops reads them.
fn check_comments<S: Syntax>(document: &S, selector: &Selector) -> Result<(), EncryptError> {
    if !selector.reads_comments() {
        return Ok(());
    }
    for node in document.nodes().iter().filter(|node| matches!(node.kind, Kind::Comment { .. })) {
        if let Some(text) = document.comment_to_sops(node)
            && let Value::Comment(value) = document.value(node)
            && selector.matches_comment(&text) != selector.matches_comment(&value)
        {
            let problem = "sops would decide in another way about this comment, because of the empty line that it \
                           begins with; remove that line";
            let (case, place) = (DocumentCase::Unsupported, node.span.start as usize);
            return Err(DocumentError::at(case, document.text(), place, problem).into());
        }
    }
    Ok(())
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
