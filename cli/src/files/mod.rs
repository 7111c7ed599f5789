//! From the arguments of a command to the list of files it works on.

mod glob;
mod walk;

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::exit::Exit;
use crate::report::Failure;

/// A file to work on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Work {
    /// Its path, as it is shown and opened.
    pub(crate) path: PathBuf,
    /// Where its result goes below `--output-dir`.
    pub(crate) below: PathBuf,
    /// How it came into the list.
    pub(crate) origin: Origin,
}

/// How a file came into the list of work.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Origin {
    /// An argument names it, itself or by a pattern: it has to be worked on, whatever it holds.
    Named,
    /// It lies in a directory that was given: it is worked on if it calls for it.
    Found,
    /// Like [`Origin::Found`], but it is a link to the given file, which lies in the directory as well.
    Link(PathBuf),
}

/// The list of work for `arguments`: files, directories and patterns, in this order, each file once.
/// A pattern is an argument with `*`, `?`, `[` or `{` that is not the name of a file.
///
/// What cannot be listed is a failure in its place; the rest of the list is not harmed by it.
pub(crate) fn expand(arguments: &[PathBuf]) -> Vec<Result<Work, Failure>> {
    let mut list = Vec::new();
    for argument in arguments {
        match fs::metadata(argument) {
            Ok(found) if found.is_dir() => walk::directory(argument, &mut list),
            Ok(_) => list.push(Ok(named(argument.clone()))),
            Err(_) if glob::is_pattern(argument) => glob::matching(argument, &mut list),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => list.push(Err(missing(argument))),
            Err(error) => {
                list.push(Err(Failure::system(Exit::Unreadable, "cannot read the file", argument, &error)));
            }
        }
    }
    let mut seen = HashSet::new();
    if list.len() > 1 {
        let mut spelling = Spelling::default();
        list.retain(|work| work.as_ref().map_or(true, |work| seen.insert(spelling.of(&work.path))));
    }
    list
}

/// One spelling for each name of a file: `a`, `./a` and `../here/a` are one, a link and what it leads to are two.
#[derive(Default)]
struct Spelling {
    directories: HashMap<PathBuf, PathBuf>,
}

impl Spelling {
    fn of(&mut self, path: &Path) -> PathBuf {
        let (Some(directory), Some(name)) = (path.parent(), path.file_name()) else { return path.to_owned() };
        let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
        if let Some(known) = self.directories.get(directory) {
            return known.join(name);
        }
        let real = fs::canonicalize(directory).unwrap_or_else(|_| directory.to_owned());
        self.directories.entry(directory.to_owned()).or_insert(real).join(name)
    }
}

/// Whether `arguments` may stand for more than one file.
pub(crate) fn may_be_many(arguments: &[PathBuf]) -> bool {
    match arguments {
        [one] => match fs::metadata(one) {
            Ok(found) => found.is_dir(),
            Err(_) => glob::is_pattern(one),
        },
        _ => true,
    }
}

fn named(path: PathBuf) -> Work {
    let below = below_working_directory(&path);
    Work { path, below, origin: Origin::Named }
}

/// The path below the working directory; for a path that leads out of it only the name.
fn below_working_directory(path: &Path) -> PathBuf {
    use std::path::Component;
    let mut below = PathBuf::new();
    for component in path.components() {
        match component {
            Component::Normal(name) => below.push(name),
            Component::CurDir => {}
            _ => return path.file_name().map(PathBuf::from).unwrap_or_default(),
        }
    }
    below
}

fn missing(path: &Path) -> Failure {
    let shown = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    Failure::new(
        Exit::NoFile,
        format!("cannot operate on non-existent file \"{}\"", crate::report::shown(&shown)),
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn results_stay_below_the_output_directory() {
        for (path, below) in [
            ("a/b.yaml", "a/b.yaml"),
            ("./a/./b.yaml", "a/b.yaml"),
            ("../b.yaml", "b.yaml"),
            ("a/../b.yaml", "b.yaml"),
            ("/etc/b.yaml", "b.yaml"),
        ] {
            assert_eq!(below_working_directory(Path::new(path)), Path::new(below), "{path}");
        }
    }

    #[test]
    fn a_file_is_listed_once_and_a_missing_one_does_not_harm_the_others() {
        let place = tempfile::tempdir().unwrap();
        let (a, b) = (place.path().join("a"), place.path().join("b"));
        fs::write(&a, "").unwrap();
        fs::write(&b, "").unwrap();
        let missing = place.path().join("missing");
        let list = expand(&[b.clone(), missing, a.clone(), b.clone(), place.path().to_owned()]);
        let list: Vec<_> = list.into_iter().map(|work| work.ok().map(|work| work.path)).collect();
        assert_eq!(list, [Some(b), None, Some(a)]);
    }
}
