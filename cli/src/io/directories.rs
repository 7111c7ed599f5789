//! That files are still in their places after a loss of power.
//!
//! A replaced file is whole whichever moment the power fails, because its bytes are on disk before it gets its name; that
//! it has its name is on disk once its directory was written out. That is done once for each directory, before the
//! process ends and says that all went well, and not after each of hundreds of files.

use std::collections::BTreeSet;
#[cfg(unix)]
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::temporary::directory_of;
use crate::exit::Exit;
use crate::report::Failure;

/// The directories in which files were replaced since they were written out.
static CHANGED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// Notes that the file at `path` was given its name.
pub(super) fn changed(path: &Path) {
    CHANGED.lock().unwrap_or_else(PoisonError::into_inner).insert(directory_of(path));
}

/// Writes out the directories in which files were replaced or made.
///
/// # Errors
/// The system cannot write one of them. The files in it are whole, but may be the old ones after a loss of power.
pub(crate) fn sync_directories() -> Result<(), Failure> {
    let changed = std::mem::take(&mut *CHANGED.lock().unwrap_or_else(PoisonError::into_inner));
    for directory in changed {
        sync(&directory).map_err(|error| {
            Failure::system(Exit::Unwritable, "cannot write out the directory", &directory, &error)
        })?;
    }
    Ok(())
}

#[cfg(unix)]
fn sync(directory: &Path) -> io::Result<()> {
    match File::open(directory)?.sync_all() {
        // Some file systems have nothing to do here and say so.
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => {
            Ok(())
        }
        result => result,
    }
}

/// Directories cannot be written out by name here; the system does so on its own.
#[cfg(not(unix))]
fn sync(_: &Path) -> io::Result<()> {
    Ok(())
}
