//! Which files are checked, and where their contents come from.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::git::{Git, Objects, Staged};
use super::ignored::Ignored;
use crate::context::Context;
use crate::engine::{CONFIG_NAME, absolute};
use crate::exit::Exit;
use crate::io::{self, Bytes};
use crate::report::{Failure, Warning};

/// Which files are to be checked.
#[derive(Debug)]
pub(crate) enum Scope {
    /// All of the repository.
    Everything,
    /// These, and those below them.
    Paths(Vec<PathBuf>),
    /// What is staged, as it is staged.
    Staged,
    /// What has changed since a revision.
    Since(String),
}

/// Where files are looked up and read.
pub(crate) trait Lookup: Sync {
    /// Whether there is a file at the absolute path `path`.
    fn exists(&self, path: &Path) -> bool;

    /// The content of the file at the absolute path `path`.
    ///
    /// # Errors
    /// It cannot be read.
    fn read(&self, path: &Path) -> Result<Bytes, Failure>;
}

/// The files of a check.
pub(crate) struct Tree {
    /// The root of the repository, or the directory that is checked; absolute.
    pub(crate) root: PathBuf,
    /// The files that are checked, in the order of their names.
    pub(crate) items: Vec<Item>,
    /// All files of the repository, if that is what is checked.
    pub(crate) all: Option<Vec<PathBuf>>,
    /// How many files are left out because `.fieldsealignore` says so.
    pub(crate) ignored: usize,
    index: Option<Index>,
}

/// A file that is checked.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Item {
    /// Its path from the root; absolute if it lies elsewhere.
    pub(crate) path: PathBuf,
}

/// The files of the index of Git.
struct Index {
    root: PathBuf,
    files: BTreeMap<PathBuf, Staged>,
    objects: Objects,
}

impl Tree {
    /// The files of `scope`.
    ///
    /// # Errors
    /// They cannot be listed.
    pub(crate) fn new(scope: &Scope, context: &Context) -> Result<Self, Failure> {
        let working = absolute(Path::new("."))?;
        match scope {
            Scope::Everything => Self::everything(&working, context),
            Scope::Paths(paths) => Self::below(paths, &working),
            Scope::Staged => Self::staged(&working),
            Scope::Since(revision) => Self::since(&working, revision),
        }?
        .without_ignored()
    }

    /// The path of `item` from the root of the file system.
    pub(crate) fn absolute(&self, item: &Item) -> PathBuf {
        self.root.join(&item.path)
    }

    /// The content of `item`; `None` if it is no file, or not there any more.
    ///
    /// # Errors
    /// It cannot be read.
    pub(crate) fn content(&self, item: &Item) -> Result<Option<Bytes>, Failure> {
        let path = self.absolute(item);
        if self.index.is_some() {
            return self.read(&path).map(Some);
        }
        match std::fs::symlink_metadata(&path) {
            Ok(found) if found.is_file() => io::read_file(&path).map(Some),
            // A link leads to a file that is checked itself, or out of the repository.
            Ok(_) => Ok(None),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Failure::system(Exit::Unreadable, "cannot read the file", &path, &error)),
        }
    }

    fn everything(working: &Path, context: &Context) -> Result<Self, Failure> {
        let (root, files) = match Git::find(working) {
            Some(git) => {
                let files = git.files()?;
                (git.root, files)
            }
            None => {
                let root = working.ancestors().find(|directory| directory.join(".git").exists());
                if let Some(root) = root {
                    let warning = Warning::new("Git cannot list the files; all files below are checked");
                    context.reporter.warning(&warning.file(root).hint("see what `git status` says"));
                }
                let root = root.unwrap_or(working).to_owned();
                let files = walk(&root, &root)?;
                (root, files)
            }
        };
        let items = files.iter().map(|path| Item { path: path.clone() }).collect();
        Ok(Self { root, items, all: Some(files), ignored: 0, index: None })
    }

    fn below(paths: &[PathBuf], working: &Path) -> Result<Self, Failure> {
        let first = absolute(&paths[0])?;
        let base = if first.is_dir() { &*first } else { first.parent().unwrap_or(working) };
        let git = Git::find(base);
        let listed: Option<BTreeSet<PathBuf>> =
            git.as_ref().map(Git::files).transpose()?.map(|files| files.into_iter().collect());
        let root = match git {
            Some(git) => git.root,
            None if first.starts_with(working) => working.to_owned(),
            None => base.to_owned(),
        };
        let mut items = BTreeSet::new();
        for path in paths {
            let shown = path;
            let path = absolute(path)?;
            let found = std::fs::metadata(&path)
                .map_err(|error| Failure::system(Exit::Unreadable, "cannot read the file", shown, &error))?;
            let below = path.strip_prefix(&root).unwrap_or(&path);
            if !found.is_dir() {
                items.insert(Item { path: below.to_owned() });
                continue;
            }
            let inside: Vec<PathBuf> = match &listed {
                Some(files) if path.starts_with(&root) => files
                    .range(below.to_owned()..)
                    .take_while(|file| file.starts_with(below))
                    .cloned()
                    .collect(),
                _ => Vec::new(),
            };
            // A directory that Git leaves out was named in so many words.
            let inside = if inside.is_empty() { walk(&path, &root)? } else { inside };
            items.extend(inside.into_iter().map(|path| Item { path }));
        }
        Ok(Self { root, items: items.into_iter().collect(), all: None, ignored: 0, index: None })
    }

    fn staged(working: &Path) -> Result<Self, Failure> {
        let git = Git::find(working).ok_or_else(|| no_git(working))?;
        let files = git.index()?;
        let changed = with_configured(git.staged()?, files.keys());
        let is_file = |path: &&PathBuf| files.get(*path).is_some_and(Staged::is_file);
        let items = changed.iter().filter(is_file).map(|path| Item { path: path.clone() }).collect();
        let objects = git.objects()?;
        let index = Some(Index { root: git.root.clone(), files, objects });
        Ok(Self { root: git.root, items, all: None, ignored: 0, index })
    }

    fn since(working: &Path, revision: &str) -> Result<Self, Failure> {
        let git = Git::find(working).ok_or_else(|| no_git(working))?;
        let files = git.files()?;
        let changed = with_configured(git.since(revision)?, files.iter());
        let items = changed.into_iter().map(|path| Item { path }).collect();
        Ok(Self { root: git.root, items, all: None, ignored: 0, index: None })
    }

    fn without_ignored(mut self) -> Result<Self, Failure> {
        let items = std::mem::take(&mut self.items);
        let mut kept = Vec::with_capacity(items.len());
        let before = items.len();
        {
            let mut ignored = Ignored::new(&self.root, &self);
            for item in items {
                if !ignored.covers(&item.path)? {
                    kept.push(item);
                }
            }
        }
        self.ignored = before - kept.len();
        self.items = kept;
        Ok(self)
    }
}

impl Lookup for Tree {
    fn exists(&self, path: &Path) -> bool {
        match self.index.as_ref().and_then(|index| index.name(path)) {
            Some(name) => self.index.as_ref().is_some_and(|index| index.files.contains_key(name)),
            None => std::fs::symlink_metadata(path).is_ok(),
        }
    }

    fn read(&self, path: &Path) -> Result<Bytes, Failure> {
        if let Some(index) = &self.index
            && let Some(staged) = index.name(path).and_then(|name| index.files.get(name))
        {
            return index.objects.read(&staged.object).map_err(|failure| failure.file(path));
        }
        io::read_file(path).map_err(|failure| failure.code(Exit::Unreadable))
    }
}

impl Index {
    /// The name in the index of a path in the work tree.
    fn name<'p>(&self, path: &'p Path) -> Option<&'p Path> {
        path.strip_prefix(&self.root).ok()
    }
}

/// `changed`, and if a configuration is among them, what lies below it: its rules are for those.
fn with_configured<'a>(changed: Vec<PathBuf>, all: impl Iterator<Item = &'a PathBuf>) -> BTreeSet<PathBuf> {
    let configured: Vec<PathBuf> = changed
        .iter()
        .filter(|path| path.file_name().is_some_and(|name| name == CONFIG_NAME))
        .filter_map(|path| path.parent().map(Path::to_owned))
        .collect();
    let mut files: BTreeSet<PathBuf> = changed.into_iter().collect();
    if !configured.is_empty() {
        let is_below = |file: &&PathBuf| configured.iter().any(|directory| file.starts_with(directory));
        files.extend(all.filter(is_below).cloned());
    }
    files
}

/// Every file below `directory`, from `root`. `.git` is left out, links are not followed.
fn walk(directory: &Path, root: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    let walk = WalkDir::new(directory).sort_by_file_name().into_iter();
    for entry in walk.filter_entry(|entry| entry.depth() == 0 || entry.file_name() != ".git") {
        let entry = entry.map_err(|error| {
            let path = error.path().unwrap_or(directory).to_owned();
            Failure::new(Exit::Unreadable, "cannot list the directory").file(&path)
        })?;
        if entry.file_type().is_file() {
            files.push(entry.path().strip_prefix(root).unwrap_or(entry.path()).to_owned());
        }
    }
    files.sort_unstable();
    Ok(files)
}

fn no_git(directory: &Path) -> Failure {
    Failure::new(Exit::Unreadable, "this is no work tree of Git, or Git cannot be run")
        .hint("leave out --staged and --since to check all files")
        .file(directory)
}
