//! `.fieldsealignore`: files that are not checked, in the syntax of `.gitignore`, in any directory.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::tree::Lookup;
use crate::exit::Exit;
use crate::report::Failure;

/// The name of the file.
const NAME: &str = ".fieldsealignore";

/// The files `.fieldsealignore` of a tree.
pub(super) struct Ignored<'a> {
    root: &'a Path,
    lookup: &'a dyn Lookup,
    /// By directory, from the root.
    read: HashMap<PathBuf, Option<Gitignore>>,
}

impl<'a> Ignored<'a> {
    /// Those below `root`.
    pub(super) fn new(root: &'a Path, lookup: &'a dyn Lookup) -> Self {
        Self { root, lookup, read: HashMap::new() }
    }

    /// Whether `file`, a path from the root, is not to be checked. The nearest file that says something decides.
    ///
    /// # Errors
    /// A file `.fieldsealignore` cannot be read, or has a line that is no pattern.
    pub(super) fn covers(&mut self, file: &Path) -> Result<bool, Failure> {
        for directory in file.ancestors().skip(1) {
            if !self.read.contains_key(directory) {
                let ignore = self.load(directory)?;
                self.read.insert(directory.to_owned(), ignore);
            }
            let Some(Some(ignore)) = self.read.get(directory) else { continue };
            let below = file.strip_prefix(directory).unwrap_or(file);
            match ignore.matched_path_or_any_parents(below, false) {
                Match::None => {}
                Match::Ignore(_) => return Ok(true),
                Match::Whitelist(_) => return Ok(false),
            }
        }
        Ok(false)
    }

    fn load(&self, directory: &Path) -> Result<Option<Gitignore>, Failure> {
        let path = self.root.join(directory).join(NAME);
        if !self.lookup.exists(&path) {
            return Ok(None);
        }
        let text = self.lookup.read(&path)?;
        let broken = |error: &ignore::Error| {
            Failure::new(Exit::Unreadable, format!("a line is no pattern: {error}")).file(&path)
        };
        let mut builder = GitignoreBuilder::new("");
        for line in String::from_utf8_lossy(&text).lines() {
            builder.add_line(None, line).map_err(|error| broken(&error))?;
        }
        builder.build().map(Some).map_err(|error| broken(&error))
    }
}
