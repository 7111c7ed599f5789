//! What a file has besides its content: mode, owner, identity.

use std::fs::{File, Metadata};
use std::io;

/// Identity and age of a file's content: if a later one is equal, nobody wrote meanwhile or only so fast
/// after that the clock of the file system does not show it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Stamp {
    device: u64,
    number: u64,
    length: u64,
    modified: (i64, i64),
}

impl Stamp {
    /// The stamp of a file.
    #[cfg(unix)]
    pub(super) fn of(found: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        Self {
            device: found.dev(),
            number: found.ino(),
            length: found.len(),
            modified: (found.mtime(), found.mtime_nsec()),
        }
    }

    /// The stamp of a file, where files have no numbers that can be asked for.
    #[cfg(not(unix))]
    pub(super) fn of(found: &Metadata) -> Self {
        let modified = found.modified().ok();
        let modified = modified.and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
        let modified = modified.unwrap_or_default();
        Self {
            device: 0,
            number: 0,
            length: found.len(),
            modified: (modified.as_secs() as i64, i64::from(modified.subsec_nanos())),
        }
    }

    /// Whether both are of the same file, whatever its content.
    pub(super) fn same_file(self, other: Self) -> bool {
        (self.device, self.number) == (other.device, other.number)
    }
}

/// Gives `to` the owner and the mode of the file that `from` describes.
///
/// # Errors
/// Only the system administrator may give files away.
#[cfg(unix)]
pub(super) fn copy(from: &Metadata, to: &File) -> io::Result<()> {
    use rustix::fs::{Gid, Mode, Uid, fchmod, fchown};
    use std::os::unix::fs::MetadataExt as _;
    let has = to.metadata()?;
    let owner = (has.uid() != from.uid()).then(|| Uid::from_raw(from.uid()));
    let group = (has.gid() != from.gid()).then(|| Gid::from_raw(from.gid()));
    if owner.is_some() || group.is_some() {
        fchown(to, owner, group)?;
    }
    // After the change of owner, which may clear bits.
    if has.mode() & 0o7777 != from.mode() & 0o7777 {
        fchmod(to, Mode::from_raw_mode((from.mode() & 0o7777) as _))?;
    }
    Ok(())
}

/// Gives `to` the mode of the file that `from` describes.
///
/// # Errors
/// Those of the system.
#[cfg(not(unix))]
pub(super) fn copy(from: &Metadata, to: &File) -> io::Result<()> {
    to.set_permissions(from.permissions())
}

/// Whether this process may write to `path`, as its mode and the file system say.
#[cfg(unix)]
pub(super) fn writable(path: &std::path::Path, _found: &Metadata) -> bool {
    use rustix::fs::{Access, AtFlags, CWD, accessat};
    accessat(CWD, path, Access::WRITE_OK, AtFlags::EACCESS).is_ok()
}

/// Whether the file is marked as read-only.
#[cfg(not(unix))]
pub(super) fn writable(_path: &std::path::Path, found: &Metadata) -> bool {
    !found.permissions().readonly()
}

/// By how many names the file can be reached.
#[cfg(unix)]
pub(super) fn names(found: &Metadata) -> u64 {
    use std::os::unix::fs::MetadataExt as _;
    found.nlink()
}

/// By how many names the file can be reached, as far as can be told.
#[cfg(not(unix))]
pub(super) fn names(_found: &Metadata) -> u64 {
    1
}
