//! Writing results to files that are named as outputs.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use super::attributes;
pub(crate) use super::temporary::Access;
use super::temporary::{Existing, Temporary};
use crate::exit::Exit;
use crate::report::Failure;

/// Writes `bytes` to `path`. A new file gets the mode that `access` says; one that is there keeps its own
/// and is replaced at once and whole; pipes and devices are written to. Symbolic links are followed.
///
/// # Errors
/// The file cannot be written; what was there is unharmed.
pub(crate) fn create(path: &Path, bytes: &[u8], access: Access) -> Result<(), Failure> {
    let failed = |error: io::Error| Failure::system(Exit::Unwritable, "cannot write the file", path, &error);
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => {
            Err(Failure::new(Exit::Unwritable, "cannot write the file: this is a directory").file(path))
        }
        Ok(found) if !found.is_file() => {
            let mut file = OpenOptions::new().write(true).open(path).map_err(failed)?;
            match file.write_all(bytes) {
                Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(failed(error)),
                _ => Ok(()),
            }
        }
        Ok(found) => {
            let target = fs::canonicalize(path).map_err(failed)?;
            if !attributes::writable(&target, &found) {
                return Err(Failure::new(Exit::Unwritable, "the file is read-only").file(path));
            }
            let mut temporary = Temporary::beside(&target, Access::Private).map_err(failed)?;
            temporary.file().write_all(bytes).map_err(failed)?;
            attributes::copy(&found, temporary.file()).map_err(failed)?;
            temporary.publish(&target, Existing::Replace).map_err(failed)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let mut temporary = Temporary::beside(path, access).map_err(failed)?;
            temporary.file().write_all(bytes).map_err(failed)?;
            temporary.publish(path, Existing::Keep).map_err(failed)
        }
        Err(error) => Err(failed(error)),
    }
}

/// Writes `bytes` to a new file at `path`, never over one that is there, and returns whether it did.
/// Its bytes are on disk when this returns; that it is in its place is once
/// [`sync_directories`](super::sync_directories) has run.
///
/// # Errors
/// The file cannot be written.
pub(crate) fn create_new(path: &Path, bytes: &[u8], access: Access) -> Result<bool, Failure> {
    let failed = |error: io::Error| Failure::system(Exit::Unwritable, "cannot write the file", path, &error);
    let mut temporary = Temporary::beside(path, access).map_err(failed)?;
    temporary.file().write_all(bytes).map_err(failed)?;
    temporary.file().sync_all().map_err(failed)?;
    match temporary.publish(path, Existing::Keep) {
        Ok(()) => {
            super::directories::changed(path);
            Ok(true)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(failed(error)),
    }
}

/// That there is a directory for a new file at `path`.
///
/// # Errors
/// There is none.
pub(crate) fn check_parent(path: &Path) -> Result<(), Failure> {
    let directory = super::temporary::directory_of(path);
    match fs::metadata(&directory) {
        Ok(found) if found.is_dir() => Ok(()),
        Ok(_) => Err(Failure::new(Exit::Unwritable, "the file would lie in what is no directory")),
        Err(error) => {
            let failure =
                Failure::system(Exit::Unwritable, "there is no directory for the file", path, &error);
            Err(failure.hint("make the directory first"))
        }
    }
}

/// Makes the directory `path`, with those above it, if it is not there.
///
/// # Errors
/// It cannot be made.
pub(crate) fn ensure_directory(path: &Path, access: Access) -> Result<(), Failure> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    if access == Access::Private {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    #[cfg(not(unix))]
    let _ = access;
    builder
        .create(path)
        .map_err(|error| Failure::system(Exit::Unwritable, "cannot make the directory", path, &error))
}
