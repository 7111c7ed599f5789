//! Editing a clear text by path: a value is set or removed where it stands, and all other bytes stay.
//!
//! A change is planned on the tree (`plan`), made in the text by the format, and proven: the text is read again, and
//! must be the old tree with that one change, comments included. What the format cannot splice is printed anew as a
//! whole, as sops does with every file; [`Edited::reprinted`] tells.

mod error;
mod plan;
mod proof;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
mod value;

use std::borrow::Cow;

use zeroize::Zeroizing;

pub use error::EditError;
pub use value::{NewValue, NewValueError};

use crate::document::Stores;
use crate::document::binary::Binary;
use crate::document::dotenv::Dotenv;
use crate::document::ini::Ini;
use crate::document::items::items;
use crate::document::json::Json;
use crate::document::yaml::Yaml;
use crate::document::{DocumentCase, DocumentError, Form, Syntax};
use crate::file::Format;
use crate::layout::file_bytes;
use crate::path::Step;
use crate::secret::Plaintext;
use plan::Plan;

/// What becomes of a position behind the end of a list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Beyond {
    /// The value is appended, whatever the number: what sops does.
    Append,
    /// Only the position right behind the last element may be set; any other is an error.
    Refuse,
}

/// A text after a change.
pub struct Edited {
    /// The text.
    pub text: Plaintext,
    /// Whether anything is another than before. A value that is set to what it is, with its type, is no change.
    pub changed: bool,
    /// Whether the whole text was printed anew, because the format could not be changed in that one place.
    pub reprinted: bool,
}

/// Sets the value at `path` in the first document of the clear text `source`. Missing parents are made: maps for
/// keys, lists for positions. A scalar on the way is replaced. Where the whole text has to be printed anew, it is
/// indented as `stores` say.
///
/// # Errors
/// The path does not fit the tree, the format cannot hold the value there, or the text is not well formed.
pub fn set(
    source: &[u8],
    format: Format,
    path: &[Step],
    value: &NewValue,
    beyond: Beyond,
    stores: &Stores,
) -> Result<Edited, EditError> {
    let change = Wanted::Set { path, value, beyond };
    with_format(source, format, &change, stores)
}

/// Removes the value at `path` in the first document of the clear text `source`, with the lines that are its own and
/// the comment behind it. A map or list that loses its last entry stays as an empty one. `stores` are as in [`set`].
///
/// # Errors
/// There is nothing at the path, or the text is not well formed.
pub fn unset(source: &[u8], format: Format, path: &[Step], stores: &Stores) -> Result<Edited, EditError> {
    with_format(source, format, &Wanted::Unset { path }, stores)
}

/// What is asked for.
enum Wanted<'a> {
    Set { path: &'a [Step], value: &'a NewValue, beyond: Beyond },
    Unset { path: &'a [Step] },
}

fn with_format(
    source: &[u8],
    format: Format,
    wanted: &Wanted<'_>,
    stores: &Stores,
) -> Result<Edited, EditError> {
    match format {
        Format::Yaml => change::<Yaml>(source, format, wanted, stores),
        Format::Json => change::<Json>(source, format, wanted, stores),
        Format::Dotenv => change::<Dotenv>(source, format, wanted, stores),
        Format::Ini => change::<Ini>(source, format, wanted, stores),
        Format::Binary => change::<Binary>(source, format, wanted, stores),
    }
}

fn change<S: Syntax>(
    source: &[u8],
    format: Format,
    wanted: &Wanted<'_>,
    stores: &Stores,
) -> Result<Edited, EditError> {
    let document = S::read(Cow::Borrowed(source), Form::Plain)?;
    if document.nodes().is_empty() {
        return Err(EditError::Document(DocumentError {
            problem: "the file holds no document".into(),
            position: None,
            case: DocumentCase::Empty,
        }));
    }
    let plan = Plan::new(&document, wanted, format)?;
    let all = items(&document);
    if plan.changes_nothing(&all, format) {
        let text = Plaintext::new(source.to_vec());
        return Ok(Edited { text, changed: false, reprinted: false });
    }
    let first = attempt(&document, &plan, format);
    if let Some(text) = first {
        return Ok(Edited { text, changed: true, reprinted: false });
    }
    // What repeats or is repeated can only be changed when it is written out.
    if let Some(edits) = document.write_out().filter(|edits| !edits.is_empty()) {
        let text = Zeroizing::new(edits.splice(document.text()));
        if let Ok(written) = S::read(Cow::Borrowed(&text), Form::Plain)
            && let Ok(plan) = Plan::new(&written, wanted, format)
            && proof::same(&items(&written), &all, format)
            && let Some(text) = attempt(&written, &plan, format)
        {
            return Ok(Edited { text, changed: true, reprinted: false });
        }
    }
    let intended = plan.apply(&all, &[]);
    let mut text = Zeroizing::new(Vec::with_capacity(document.text().len() * 2));
    S::print(&intended, stores, &mut text).map_err(EditError::Document)?;
    let again = S::read(Cow::Borrowed(&text), Form::Plain);
    let proven = again.is_ok_and(|again| proof::means(&items(&again), &intended, format));
    if !proven {
        return Err(EditError::WouldNotReadBack { path: plan.describe(&document) });
    }
    Ok(Edited { text: Plaintext::new(std::mem::take(&mut *text)), changed: true, reprinted: true })
}

/// The text with the change in its one place, if the format can do it and the result is proven.
fn attempt<S: Syntax>(document: &S, plan: &Plan, format: Format) -> Option<Plaintext> {
    let changed = document.change(&plan.change())?;
    let text = Zeroizing::new(changed.edits.splice(document.text()));
    let mut bytes = file_bytes(&text, document.encoding());
    let again = S::read(Cow::Borrowed(&bytes), Form::Plain).ok()?;
    let intended = plan.apply(&items(document), &changed.comments);
    let same = again.encoding() == document.encoding() && proof::same(&items(&again), &intended, format);
    drop(again);
    same.then(|| Plaintext::new(std::mem::take(&mut *bytes)))
}
