//! A new file that appears in its place at once and whole, or not at all.
//!
//! Where the system can (Linux), the file has no name until it is complete: then nothing is left even of
//! a process that is killed while it writes. Elsewhere it lies beside its place under a name that cannot
//! be guessed.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use crate::cleanup::Guard;

/// Who may read and write a new file, before the `umask` takes its part.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Access {
    /// Only its owner: clear text, identities.
    Private,
    /// Whoever the `umask` lets: encrypted text, configuration.
    Shared,
}

/// What happens to a file that is already in the place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Existing {
    /// It is replaced.
    Replace,
    /// It stays, and publishing fails.
    Keep,
}

/// A file that is being written.
pub(super) struct Temporary {
    file: File,
    directory: PathBuf,
    /// `None`: the file has no name yet.
    name: Option<Guard>,
}

impl Temporary {
    /// A new empty file that can be published in the directory of `target`.
    ///
    /// # Errors
    /// The directory cannot be written to.
    pub(super) fn beside(target: &Path, access: Access) -> io::Result<Self> {
        #[cfg(target_os = "linux")]
        if let Some(temporary) = Self::unnamed(target, access)? {
            return Ok(temporary);
        }
        Self::named(target, access)
    }

    /// A file without a name; `None` where the file system has no such files.
    #[cfg(target_os = "linux")]
    fn unnamed(target: &Path, access: Access) -> io::Result<Option<Self>> {
        use rustix::fs::{CWD, Mode, OFlags, openat};
        use rustix::io::Errno;
        crate::signals::watch()?;
        let directory = directory_of(target);
        let mode = Mode::from_raw_mode(mode(access));
        let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
        match openat(CWD, &directory, flags, mode) {
            Ok(file) => Ok(Some(Self { file: file.into(), directory, name: None })),
            Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::NOENT | Errno::INVAL) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// A file with a name that cannot be guessed.
    fn named(target: &Path, access: Access) -> io::Result<Self> {
        let directory = directory_of(target);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;
            options.mode(mode(access));
        }
        #[cfg(not(unix))]
        let _ = access;
        let (name, file) = Guard::create(temporary_name(&directory)?, |path| options.open(path))?;
        Ok(Self { file, directory, name: Some(name) })
    }

    /// The file, to write to.
    pub(super) fn file(&mut self) -> &mut File {
        &mut self.file
    }

    /// Gives the file its place.
    ///
    /// # Errors
    /// `existing` is [`Existing::Keep`] and the place is taken, or the system refuses.
    pub(super) fn publish(self, target: &Path, existing: Existing) -> io::Result<()> {
        let Self { file, directory, name } = self;
        #[cfg(target_os = "linux")]
        if name.is_none() && existing == Existing::Keep {
            return link_unnamed(&file, target);
        }
        let name = match name {
            Some(name) => name,
            #[cfg(target_os = "linux")]
            None => Guard::create(temporary_name(&directory)?, |path| link_unnamed(&file, path))?.0,
            #[cfg(not(target_os = "linux"))]
            None => unreachable!("only Linux has files without a name"),
        };
        // An open file cannot be moved on every system.
        #[cfg(windows)]
        drop(file);
        drop(directory);
        name.publish(|path| match existing {
            Existing::Replace => fs::rename(path, target),
            Existing::Keep => {
                fs::hard_link(path, target)?;
                fs::remove_file(path)
            }
        })
    }
}

/// Gives a file without a name the name `path`, unless there is such a file.
#[cfg(target_os = "linux")]
fn link_unnamed(file: &File, path: &Path) -> io::Result<()> {
    use rustix::fs::{AtFlags, CWD, linkat};
    use std::os::fd::AsRawFd as _;
    let source = format!("/proc/self/fd/{}", file.as_raw_fd());
    Ok(linkat(CWD, source.as_str(), CWD, path, AtFlags::SYMLINK_FOLLOW)?)
}

/// The directory that `target` lies in.
pub(super) fn directory_of(target: &Path) -> PathBuf {
    match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

#[cfg(unix)]
fn mode(access: Access) -> u32 {
    match access {
        Access::Private => 0o600,
        Access::Shared => 0o666,
    }
}

/// A path in `directory` that nobody can guess: 16 digits between `prefix` and `suffix`.
///
/// # Errors
/// The system gives no random numbers.
pub(crate) fn unguessable(directory: &Path, prefix: &str, suffix: &str) -> io::Result<PathBuf> {
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(|_| io::Error::other("the system gives no random numbers"))?;
    Ok(directory.join(format!("{prefix}{:016x}{suffix}", u64::from_ne_bytes(random))))
}

/// The name of a file on its way to its place.
fn temporary_name(directory: &Path) -> io::Result<PathBuf> {
    unguessable(directory, ".fieldseal-", ".tmp")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::io::Write as _;

    use super::*;

    type Way = fn(&Path) -> io::Result<Temporary>;

    /// Both ways to make a temporary file, where there are two.
    const WAYS: [Way; 2] = [
        |target| Temporary::beside(target, Access::Private),
        |target| Temporary::named(target, Access::Private),
    ];

    #[test]
    fn nothing_is_left_of_what_is_not_published() {
        let place = tempfile::tempdir().unwrap();
        for way in WAYS {
            let mut temporary = way(&place.path().join("x")).unwrap();
            temporary.file().write_all(b"secret").unwrap();
        }
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
    }

    #[test]
    fn published_it_is_the_only_file() {
        let place = tempfile::tempdir().unwrap();
        let target = place.path().join("x");
        for (round, way) in WAYS.iter().enumerate() {
            let mut temporary = way(&target).unwrap();
            let text = format!("round {round}");
            temporary.file().write_all(text.as_bytes()).unwrap();
            temporary.publish(&target, Existing::Replace).unwrap();
            assert_eq!(fs::read_to_string(&target).unwrap(), text);
            assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
        }
    }

    #[test]
    fn a_file_in_the_place_can_be_kept() {
        let place = tempfile::tempdir().unwrap();
        let target = place.path().join("x");
        fs::write(&target, "old").unwrap();
        for way in WAYS {
            let error = way(&target).unwrap().publish(&target, Existing::Keep).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
            assert_eq!(fs::read_to_string(&target).unwrap(), "old");
            assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
        }
    }
}
