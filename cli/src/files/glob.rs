//! Patterns as arguments, for shells that leave them alone and for quoted ones.

use std::path::{Path, PathBuf};

use globset::GlobBuilder;
use walkdir::WalkDir;

use super::{Work, named, walk};
use crate::exit::Exit;
use crate::report::Failure;

/// Whether `argument` has characters of a pattern.
pub(super) fn is_pattern(argument: &Path) -> bool {
    argument.to_str().is_some_and(has_wildcard)
}

/// Appends the files that `pattern` matches, in the order of their names. `**` stands for any number of
/// directories, nothing else matches a separator; names that begin with a dot are matched only if a part
/// of the pattern, from the first one that is no fixed name, does.
pub(super) fn matching(pattern: &Path, list: &mut Vec<Result<Work, Failure>>) {
    let unusable = |message: String| Failure::new(Exit::NoFile, message).file(pattern);
    let Some(text) = pattern.to_str() else {
        return list.push(Err(unusable("the pattern is not valid Unicode".into())));
    };
    let text = text.strip_prefix("./").unwrap_or(text);
    let matcher = match GlobBuilder::new(text).literal_separator(true).build() {
        Ok(glob) => glob.compile_matcher(),
        Err(error) => return list.push(Err(unusable(format!("this pattern is broken: {}", error.kind())))),
    };
    let (base, rest) = base_of(text);
    let depth = if text.contains("**") { usize::MAX } else { rest };
    let wild = text.split('/').skip_while(|part| !has_wildcard(part));
    let hidden = wild.into_iter().any(|part| part.starts_with('.') && part != "." && part != "..");
    let before = list.len();
    let root = if base.as_os_str().is_empty() { Path::new(".") } else { &base };
    let walk = WalkDir::new(root).max_depth(depth).sort_by_file_name().into_iter();
    for entry in walk.filter_entry(|entry| !walk::is_git(entry) && (hidden || !is_hidden(entry))) {
        match entry {
            Ok(entry) => {
                let path = entry.path();
                let path = path.strip_prefix("./").unwrap_or(path);
                if matcher.is_match(path) && path.is_file() {
                    list.push(Ok(named(path.to_owned())));
                }
            }
            Err(error) if error.depth() == 0 => {}
            Err(error) => list.push(Err(walk::unlisted(&base, &error))),
        }
    }
    if list.len() == before {
        list.push(Err(unusable("no file matches this pattern".into())));
    }
}

fn has_wildcard(text: &str) -> bool {
    text.contains(['*', '?', '[', '{'])
}

fn is_hidden(entry: &walkdir::DirEntry) -> bool {
    entry.depth() > 0 && entry.file_name().as_encoded_bytes().starts_with(b".")
}

/// The directory that all matches of a pattern lie in, and the number of parts behind it.
fn base_of(pattern: &str) -> (PathBuf, usize) {
    let parts: Vec<&str> = pattern.split('/').collect();
    let fixed = parts.iter().take_while(|part| !has_wildcard(part)).count();
    let mut base = parts[..fixed].join("/");
    if base.is_empty() && pattern.starts_with('/') {
        base = "/".into();
    }
    // An alternative may hold separators: `{a,b/c}.yaml`.
    let rest = if pattern.contains('{') { usize::MAX } else { parts.len() - fixed };
    (PathBuf::from(base), rest)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn patterns_find_what_a_shell_would() {
        let place = tempfile::tempdir().unwrap();
        for file in ["a.yaml", "b.json", ".c.yaml", "s/d.yaml", "s/t/e.yaml", ".git/f.yaml"] {
            let path = place.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        for (pattern, expected) in [
            ("*.yaml", vec!["a.yaml"]),
            ("**/*.yaml", vec!["a.yaml", "s/d.yaml", "s/t/e.yaml"]),
            ("*/*.yaml", vec!["s/d.yaml"]),
            ("{a,s/d}.yaml", vec!["a.yaml", "s/d.yaml"]),
            ("s/**", vec!["s/d.yaml", "s/t/e.yaml"]),
            (".*.yaml", vec![".c.yaml"]),
            ("?.jso[mn]", vec!["b.json"]),
            ("*.toml", vec![]),
            ("missing/*.yaml", vec![]),
        ] {
            let mut list = Vec::new();
            matching(&place.path().join(pattern), &mut list);
            let found: Vec<_> = list
                .into_iter()
                .filter_map(|work| Some(work.ok()?.path.strip_prefix(place.path()).ok()?.to_owned()))
                .collect();
            assert_eq!(found, expected.iter().map(PathBuf::from).collect::<Vec<_>>(), "{pattern}");
        }
    }
}
