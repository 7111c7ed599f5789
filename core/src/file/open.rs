//! Decrypting: a sealed text in, its values and the text that was encrypted out, after the check of the MAC.

use std::borrow::Cow;
use std::ops::Range;

use zeroize::Zeroizing;

use crate::cipher::{Cipher, SPARE, Token, longest_plaintext};
use crate::document::Syntax;
use crate::edits::Edits;
use crate::file::carry::{Carried, Carrier};
use crate::file::error::OpenError;
use crate::file::request::Warning;
use crate::file::restore::{Spelled, repair, restore};
use crate::mac::{Mac, MacText};
use crate::metadata::Metadata;
use crate::parallel;
use crate::path::describe;
use crate::secret::{DataKey, Plaintext};
use crate::select::{Mode, Selector};
use crate::span::Position;
use crate::value::Value;
use crate::walk::{Leaf, Leaves, walk};

/// Whether the MAC is checked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum MacCheck {
    /// A file whose MAC does not fit is not opened.
    Required,
    /// The MAC is not looked at.
    Ignored,
}

/// A sealed text with the values of its tokens.
pub(crate) struct Values {
    leaves: Leaves,
    pieces: Vec<Piece>,
}

/// The values of a range of leaves.
struct Piece {
    first: usize,
    plaintext: Plaintext,
    /// For each leaf of the range where its plaintext is and what type its token says.
    entries: Vec<Entry>,
    warnings: Vec<Warning>,
}

#[derive(Clone, Copy)]
struct Entry {
    start: u32,
    end: u32,
    tag: Option<&'static str>,
}

/// What opening a document gives.
pub(crate) struct Opening {
    pub(crate) values: Values,
    /// The text that was encrypted; `None` if it is nothing but the only value.
    text: Option<Plaintext>,
    pub(crate) warnings: Vec<Warning>,
    /// The layout of the text, if the file holds one that belongs to it.
    pub(crate) layout: Option<Zeroizing<Vec<u8>>>,
}

impl Opening {
    /// The text that was encrypted.
    pub(crate) fn plaintext(&self) -> &Plaintext {
        self.text.as_ref().unwrap_or_else(|| &self.values.pieces[0].plaintext)
    }

    /// Gives the text that was encrypted away.
    pub(crate) fn into_plaintext(mut self) -> Plaintext {
        self.text.unwrap_or_else(|| self.values.pieces.swap_remove(0).plaintext)
    }
}

/// Decrypts `document` with its metadata.
pub(crate) fn open<S: Syntax>(
    document: &S,
    metadata: &Metadata,
    data_key: &DataKey,
    check: MacCheck,
    threads: usize,
) -> Result<Opening, OpenError> {
    let cipher = Cipher::new(data_key);
    let mut selector = Selector::new(&metadata.selection, Mode::Decrypt)?;
    let leaves = walk(document, &mut selector);
    let mut mac = None;
    let pieces = if threads > 1 && is_one_large_value(document, &leaves) {
        let (piece, beside) = decrypt_and_hash(document, &leaves, &cipher, metadata.mac_only_encrypted)?;
        mac = beside;
        vec![piece]
    } else {
        let ranges = parallel::pieces(leaves.leaves.len(), threads);
        let pieces = parallel::run(ranges.len(), threads, |index| {
            decrypt(document, &leaves, &cipher, ranges[index].clone(), &mut |_| {})
        });
        pieces.into_iter().collect::<Result<Vec<Piece>, OpenError>>()?
    };
    let values = Values { leaves, pieces };
    let mut block = Edits::default();
    document.remove_block(&mut block);
    // The MAC is one long chain, so it is begun first; the text is put together beside it, and given out only if the
    // MAC fits.
    let get_mac = || {
        let wanted = check == MacCheck::Required && mac.is_none();
        wanted.then(|| values.mac(document, metadata.mac_only_encrypted))
    };
    let (found, text) = if metadata.layout.is_none() && values.is_text(document, &block) {
        (get_mac(), Ok(None))
    } else {
        let get = |leaf| values.get(leaf);
        let (found, text) = restore(document, &values.leaves, &block, threads, get, get_mac);
        (found, text.map(Some))
    };
    if let Some(mac) = mac.or(found).filter(|_| check == MacCheck::Required) {
        check_mac(&mac, metadata, &cipher)?;
    }
    let mut text = text.map_err(OpenError::Unwritable)?;
    let mut warnings: Vec<Warning> =
        document.warnings().iter().map(|warning| Warning { message: warning.to_string() }).collect();
    for piece in &values.pieces {
        warnings.extend(piece.warnings.iter().cloned());
    }
    let mut layout = None;
    if let Some(field) = &metadata.layout {
        let encoded = decrypt_field(field, metadata.layout_aad().as_bytes(), &cipher);
        let repaired = encoded.and_then(|encoded| {
            let text = text.as_ref().map_or(&b""[..], Plaintext::as_bytes);
            let text = repair(document, &values.leaves, text, &encoded, |leaf| values.get(leaf))?;
            Some((text, encoded))
        });
        match repaired {
            Some((repaired, encoded)) => {
                text = Some(repaired);
                layout = Some(encoded);
            }
            None => warnings.push(Warning {
                message:
                    "the file was changed since its layout was recorded; some spellings are not restored"
                        .to_owned(),
            }),
        }
    }
    Ok(Opening { values, text, warnings, layout })
}

fn decrypt<S: Syntax>(
    document: &S,
    leaves: &Leaves,
    cipher: &Cipher,
    range: Range<usize>,
    on_part: &mut dyn FnMut(&[u8]),
) -> Result<Piece, OpenError> {
    let mut piece = Piece {
        first: range.start,
        plaintext: Plaintext::default(),
        entries: Vec::with_capacity(range.len()),
        warnings: Vec::new(),
    };
    // So that the buffer does not move, unless tokens are unlike those of sops, which wipes what it leaves. What is
    // not used would be wiped as well, so there is not much more room than that.
    let nodes = document.nodes();
    let room = leaves.leaves[range.clone()].iter().filter(|leaf| leaf.selected);
    let room = room.map(|leaf| longest_plaintext(nodes[leaf.node as usize].span.range().len()));
    piece.plaintext.buffer().reserve_exact(room.sum::<usize>() + SPARE);
    for leaf in &leaves.leaves[range] {
        let entry = if leaf.selected {
            decrypt_leaf(document, leaves, leaf, cipher, &mut piece, on_part)?
        } else {
            Entry { start: 0, end: 0, tag: None }
        };
        piece.entries.push(entry);
    }
    Ok(piece)
}

/// Whether the document is a single value that is worth a second thread.
fn is_one_large_value<S: Syntax>(document: &S, leaves: &Leaves) -> bool {
    const LARGE: usize = 1 << 20;
    match leaves.leaves.as_slice() {
        [leaf] => leaf.selected && document.nodes()[leaf.node as usize].span.range().len() > LARGE,
        _ => false,
    }
}

/// Decrypts a document that is a single value, and hashes it in another thread as it comes. There is no MAC if the
/// value is no string, because then other bytes are hashed.
fn decrypt_and_hash<S: Syntax>(
    document: &S,
    leaves: &Leaves,
    cipher: &Cipher,
    only_encrypted: bool,
) -> Result<(Piece, Option<MacText>), OpenError> {
    /// How many parts may wait to be hashed.
    const WAITING: usize = 16;
    std::thread::scope(|scope| {
        let (send, receive) = std::sync::mpsc::sync_channel::<Plaintext>(WAITING);
        let hasher = scope.spawn(move || {
            let mut mac = Mac::new(only_encrypted);
            while let Ok(part) = receive.recv() {
                mac.update(part.as_bytes());
            }
            mac.finish()
        });
        let piece = decrypt(document, leaves, cipher, 0..1, &mut |part| {
            // The thread is there as long as `send` is, so nothing is lost. All the rest waits for it, and wiping a
            // `Plaintext` takes it less time than anything else that wipes itself.
            let _ = send.send(Plaintext::new(part.to_vec()));
        });
        drop(send);
        let mac = hasher.join().ok();
        let piece = piece?;
        let is_string = piece.entries.iter().all(|entry| entry.tag == Some("str"));
        Ok((piece, mac.filter(|_| is_string)))
    })
}

fn decrypt_leaf<S: Syntax>(
    document: &S,
    leaves: &Leaves,
    leaf: &Leaf,
    cipher: &Cipher,
    piece: &mut Piece,
    on_part: &mut dyn FnMut(&[u8]),
) -> Result<Entry, OpenError> {
    const AS_IT_IS: Entry = Entry { start: 0, end: 0, tag: None };
    let node = &document.nodes()[leaf.node as usize];
    let fail = |cause: Cow<'static, str>| OpenError::Value {
        position: Position::of(document.text(), node.span.start as usize),
        path: describe(document, leaf.node as usize),
        cause,
    };
    let shown = document.value(node);
    let (Value::Str(text) | Value::Comment(text)) = &shown else {
        let what = "the rules say that this value is encrypted, but it is clear and no string";
        return Err(fail(what.into()));
    };
    if text.is_empty() {
        return Ok(AS_IT_IS);
    }
    let start = piece.plaintext.as_bytes().len();
    let opened = Token::parse(text).map_err(|error| error.to_string()).and_then(|token| {
        cipher
            .decrypt_with(&token, leaves.aad(leaf), piece.plaintext.buffer(), on_part)
            .map_err(|error| error.to_string())?;
        let kind = match token.kind() {
            "str" if leaf.comment => "comment",
            kind => kind,
        };
        Value::parse(kind, &piece.plaintext.as_bytes()[start..]).map_err(|error| error.to_string())?;
        Ok(known_tag(kind))
    });
    match opened {
        Ok(tag) if leaf.comment && tag != "comment" => {
            Err(fail("an encrypted comment holds a value that is no comment".into()))
        }
        Ok(tag) => {
            let end = piece.plaintext.as_bytes().len() as u32;
            Ok(Entry { start: start as u32, end, tag: Some(tag) })
        }
        Err(_) if leaf.comment => {
            piece.plaintext.buffer().truncate(start);
            let position = Position::of(document.text(), node.span.start as usize);
            piece.warnings.push(Warning {
                message: format!(
                    "{position}: found possibly unencrypted comment in file; this is to be expected if the \
                     file was created with an older version of SOPS"
                ),
            });
            Ok(AS_IT_IS)
        }
        Err(cause) => Err(fail(format!("could not decrypt value: {cause}").into())),
    }
}

/// The name of a type as it lives longer than the token; of one that is not known (which no value has), nothing.
fn known_tag(kind: &str) -> &'static str {
    const TAGS: [&str; 7] = ["str", "int", "float", "bool", "time", "comment", "bytes"];
    TAGS.into_iter().find(|tag| *tag == kind).unwrap_or_default()
}

fn check_mac(mac: &MacText, metadata: &Metadata, cipher: &Cipher) -> Result<(), OpenError> {
    if metadata.mac.is_empty() {
        return Err(OpenError::MacMissing);
    }
    let token = Token::parse(metadata.mac.as_bytes())
        .map_err(|error| OpenError::MacUndecryptable(error.to_string().into()))?;
    if token.kind() != "str" {
        return Err(OpenError::MacUndecryptable("its token is of another type than str".into()));
    }
    let mut stored = Zeroizing::new(Vec::new());
    cipher
        .decrypt_token(&token, metadata.mac_aad().as_bytes(), &mut stored)
        .map_err(|error| OpenError::MacUndecryptable(error.to_string().into()))?;
    if mac.matches(&stored) { Ok(()) } else { Err(OpenError::MacMismatch) }
}

fn decrypt_field(field: &str, aad: &[u8], cipher: &Cipher) -> Option<Zeroizing<Vec<u8>>> {
    let mut text = Zeroizing::new(Vec::new());
    cipher.decrypt_token(&Token::parse(field.as_bytes()).ok()?, aad, &mut text).ok()?;
    Some(text)
}

impl Values {
    /// The value of the leaf number `index` and the text of its token; `None` if it stays as it is.
    pub(crate) fn get(&self, index: usize) -> Option<Spelled<'_>> {
        let piece = self.pieces.partition_point(|piece| piece.first <= index) - 1;
        let piece = &self.pieces[piece];
        let entry = piece.entries[index - piece.first];
        let text = &piece.plaintext.as_bytes()[entry.start as usize..entry.end as usize];
        let value = Value::parse(entry.tag?, text).expect("values were parsed when they were decrypted");
        Some((value, Cow::Borrowed(text)))
    }

    /// Whether the text that was encrypted is the only value of the document and nothing else: all around it goes with
    /// the block.
    fn is_text<S: Syntax>(&self, document: &S, block: &Edits) -> bool {
        let ([leaf], [_]) = (self.leaves.leaves.as_slice(), self.pieces.as_slice()) else { return false };
        let Some((value, _)) = self.get(0) else { return false };
        let Some((span, _)) = document.verbatim(leaf.node as usize, &value) else { return false };
        let mut at = 0;
        for (gone, bytes) in block.iter() {
            let start = if gone.start == span.end { span.start } else { gone.start };
            if start as usize != at || !bytes.is_empty() {
                return false;
            }
            at = gone.end as usize;
        }
        at == document.text().len() && block.len() == 2
    }

    /// The leaves of the document.
    pub(crate) fn leaves(&self) -> &Leaves {
        &self.leaves
    }

    /// How many leaves and comments the rules select.
    pub(crate) fn selected(&self) -> usize {
        self.leaves.selected()
    }

    /// The MAC over the values of all leaves.
    pub(crate) fn mac<S: Syntax>(&self, document: &S, only_encrypted: bool) -> MacText {
        let mut mac = Mac::new(only_encrypted);
        for (index, leaf) in self.leaves.leaves.iter().enumerate() {
            if leaf.selected {
                // By the decrypted type: an encrypted comment in a list looks like a string.
                match self.get(index) {
                    Some((Value::Comment(_), _)) | None => {}
                    Some((value, _)) => mac.update_value(&value),
                }
            } else if !leaf.comment && !only_encrypted {
                mac.update_value(&document.value(&document.nodes()[leaf.node as usize]));
            }
        }
        mac.finish()
    }

    /// What the next encryption of the file needs to leave alone what did not change.
    pub(crate) fn carry<S: Syntax>(&self, document: &S) -> Carried {
        let mut carried = Carried::default();
        for (index, leaf) in self.leaves.leaves.iter().enumerate().filter(|(_, leaf)| leaf.selected) {
            let Some((value, spelling)) = self.get(index) else { continue };
            let (Value::Str(token) | Value::Comment(token)) =
                document.value(&document.nodes()[leaf.node as usize])
            else {
                continue;
            };
            let mut edits = Edits::default();
            let placed = document.place_value(leaf.node as usize, &value, &spelling, &mut edits);
            let (sealed, restored) = match placed {
                Ok(()) if edits.len() == 1 => {
                    let (span, restored) = edits.get(0);
                    (span.of(document.text()).to_vec(), restored.to_vec())
                }
                _ => (Vec::new(), Vec::new()),
            };
            let token = token.trim_ascii_end().to_vec();
            let carrier = Carrier { token, sealed, restored };
            carried.add(self.leaves.aad(leaf), &value, carrier);
        }
        carried
    }
}
