//! Compiled selections, kept from one file to the next.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::document::Syntax;
use crate::select::{Mode, Selector};
use crate::selection::Selection;
use crate::walk::{Leaf, walk};

/// How many selections are kept. A repository has a handful; a hostile one shall not fill the memory.
const MOST: usize = 256;

/// Selections that are ready to be used; each thread that asks for one gets its own.
#[derive(Default)]
pub(super) struct Selectors {
    idle: Mutex<HashMap<Selection, Vec<Selector>>>,
}

impl Selectors {
    /// The leaves of `document`, and which of them `selection` selects. `None` if its pattern does not compile.
    pub(super) fn walk<S: Syntax>(&self, document: &S, selection: &Selection) -> Option<Vec<Leaf>> {
        self.with(selection, |selector| walk(document, selector).leaves)
    }

    /// Calls `work` with the compiled `selection`, at the root of a document, where it has to leave it. `None` if
    /// its pattern does not compile.
    pub(super) fn with<R>(&self, selection: &Selection, work: impl FnOnce(&mut Selector) -> R) -> Option<R> {
        let idle = self.lock().get_mut(selection).and_then(Vec::pop);
        let mut selector = match idle {
            Some(selector) => selector,
            // As a reader does: a pattern that sops could not compile either selects nothing.
            None => Selector::new(selection, Mode::Decrypt).ok()?,
        };
        let result = work(&mut selector);
        let mut idle = self.lock();
        if let Some(others) = idle.get_mut(selection) {
            others.push(selector);
        } else if idle.len() < MOST {
            idle.insert(selection.clone(), vec![selector]);
        }
        Some(result)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Selection, Vec<Selector>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
