//! Trees of files.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::run::Result;

/// Copies a folder with all that is in it to a new place.
///
/// # Errors
///
/// When something cannot be read or written.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<()> {
    for (name, content) in read_all(from)? {
        write(&to.join(name), &content)?;
    }
    Ok(())
}

/// Writes a file and the folders above it.
///
/// # Errors
///
/// When it cannot be written.
pub(crate) fn write(path: &Path, content: &[u8]) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, content).map_err(|e| format!("{}: {e}", path.display()).into())
}

/// Every file below a folder by its path in it, with `/` between names; without `.git`.
///
/// # Errors
///
/// When one cannot be read.
pub(crate) fn read_all(folder: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut files = BTreeMap::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(current) = open.pop() {
        for entry in fs::read_dir(&current).map_err(|e| format!("{}: {e}", current.display()))? {
            let path = entry?.path();
            if path.is_dir() {
                if path.file_name().is_none_or(|name| name != ".git") {
                    open.push(path);
                }
                continue;
            }
            let name = path.strip_prefix(folder)?.to_string_lossy().replace('\\', "/");
            files.insert(name, fs::read(&path).map_err(|e| format!("{}: {e}", path.display()))?);
        }
    }
    Ok(files)
}
