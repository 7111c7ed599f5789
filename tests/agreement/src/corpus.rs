//! Files to compare, and to make mutated texts from.

use std::path::{Path, PathBuf};

use fieldseal_test_support::testdata;

/// A file.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Its path, for messages.
    pub name: String,
    /// Its bytes.
    pub text: Vec<u8>,
}

/// All YAML files under the project's test data, and under the directory that `FIELDSEAL_CORPUS` names if it is set.
pub fn samples() -> Vec<Sample> {
    let testdata = testdata("");
    let mut files = Vec::new();
    collect(&testdata, &mut files);
    if let Some(more) = std::env::var_os("FIELDSEAL_CORPUS") {
        collect(Path::new(&more), &mut files);
    }
    files.sort();
    files
        .into_iter()
        .filter_map(|path| {
            let text = std::fs::read(&path).ok()?;
            let name = path.strip_prefix(&testdata).unwrap_or(&path).display().to_string();
            Some(Sample { name, text })
        })
        .collect()
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) {
    let mut open = vec![directory.to_owned()];
    while let Some(directory) = open.pop() {
        let Ok(entries) = std::fs::read_dir(&directory) else { continue };
        for entry in entries.flatten() {
            let path = entry.path();
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() {
                open.push(path);
            } else if kind.is_file()
                && path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml")
            {
                files.push(path);
            }
        }
    }
}
