//! Directories as arguments: every regular file below them.

use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use super::{Origin, Work};
use crate::exit::Exit;
use crate::report::Failure;

/// Appends the files below `root`, in the order of their names. `.git` is left out, and so is what links
/// lead to outside of `root`; linked directories inside are visited in their own place.
pub(super) fn directory(root: &Path, list: &mut Vec<Result<Work, Failure>>) {
    // Only asked for when there is a link.
    let mut real_root = None;
    for entry in WalkDir::new(root).sort_by_file_name().into_iter().filter_entry(|entry| !is_git(entry)) {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                list.push(Err(unlisted(root, &error)));
                continue;
            }
        };
        let kind = entry.file_type();
        let origin = if kind.is_file() {
            Origin::Found
        } else if kind.is_symlink() {
            let root = real_root.get_or_insert_with(|| std::fs::canonicalize(root).ok());
            match linked(entry.path(), root.as_deref()) {
                Some(real) => Origin::Link(real),
                None => continue,
            }
        } else {
            continue;
        };
        let below = entry.path().strip_prefix(root).unwrap_or(entry.path()).to_owned();
        // `.` as an argument does not need to be shown before every name.
        let path = if root == Path::new(".") { below.clone() } else { entry.into_path() };
        list.push(Ok(Work { path, below, origin }));
    }
}

/// The file inside `root` that the link at `path` leads to, if it does.
fn linked(path: &Path, root: Option<&Path>) -> Option<PathBuf> {
    let real = std::fs::canonicalize(path).ok()?;
    (real.starts_with(root?) && real.is_file()).then_some(real)
}

/// Whether this is Git's own: a directory, or the file that stands for it in a linked work tree.
pub(super) fn is_git(entry: &DirEntry) -> bool {
    entry.depth() > 0 && entry.file_name() == ".git"
}

/// The failure of listing something below `root`.
pub(super) fn unlisted(root: &Path, error: &walkdir::Error) -> Failure {
    let path = error.path().unwrap_or(root);
    match error.io_error() {
        Some(error) => Failure::system(Exit::Unreadable, "cannot list the directory", path, error),
        None => Failure::new(Exit::Unreadable, "cannot list the directory").file(path),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    #[cfg(unix)]
    fn links_out_and_git_are_left_out() {
        use std::os::unix::fs::symlink;
        let place = tempfile::tempdir().unwrap();
        let root = place.path().join("root");
        fs::create_dir_all(root.join("sub/.git")).unwrap();
        fs::create_dir_all(root.join(".git")).unwrap();
        for file in [".git/config", "sub/.git/config", "sub/b", "a", "../outside"] {
            fs::write(root.join(file), "").unwrap();
        }
        symlink("../outside", root.join("out")).unwrap();
        symlink("sub/b", root.join("in")).unwrap();
        symlink("sub", root.join("linked-directory")).unwrap();
        symlink("nowhere", root.join("dangling")).unwrap();
        let mut list = Vec::new();
        directory(&root, &mut list);
        let list: Vec<_> = list.into_iter().map(|work| work.map_err(|_| ()).unwrap()).collect();
        let names: Vec<_> = list.iter().map(|work| work.below.to_str().unwrap()).collect();
        assert_eq!(names, ["a", "in", "sub/b"]);
        assert_eq!(list[1].origin, Origin::Link(fs::canonicalize(root.join("sub/b")).unwrap()));
    }
}
