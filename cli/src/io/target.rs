//! Replacing a file in place: nothing half written, nobody's write lost.
//!
//! Whoever replaces files with this locks the file it found, before reading it. A second process waits,
//! and then finds another file in the place (a replacement is a new file) and starts with that one. A
//! program that takes no locks is noticed before the replacement: the file must still be the one that
//! was read, with the content that was read.

use std::fs::{self, File, Metadata};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use super::attributes::{self, Stamp};
use super::read::{Bytes, read_open, unreadable};
use super::temporary::{Access, Existing, Temporary};
use crate::exit::Exit;
use crate::report::{Failure, Warning};

/// A file that was read and can be replaced. It is locked as long as this lives.
pub(crate) struct Target {
    /// As the user named it.
    named: PathBuf,
    /// The file itself, behind all links.
    real: PathBuf,
    /// The handle that holds the lock.
    file: File,
    found: Metadata,
    content: Bytes,
}

/// How many times another process may replace the file while we get hold of it. Each time that process
/// made progress, so a number that is never reached by chance.
const ATTEMPTS: usize = 10_000;

impl Target {
    /// Opens, locks and reads the file at `path`. Symbolic links are followed. `waiting` is called once
    /// if another process has the lock, which is then waited for.
    ///
    /// # Errors
    /// There is no such file, it is not a regular file, or it must not be written.
    pub(crate) fn open(path: &Path, waiting: impl FnOnce()) -> Result<Self, Failure> {
        let mut waiting = Some(waiting);
        for _ in 0..ATTEMPTS {
            let real = fs::canonicalize(path).map_err(|error| unreadable(path, &error))?;
            // Before it is opened: opening a pipe would wait for its other end.
            let found = fs::metadata(&real).map_err(|error| unreadable(path, &error))?;
            if found.is_dir() {
                return Err(Failure::new(Exit::Unreadable, "this is a directory").file(path));
            }
            if !found.is_file() {
                return Err(
                    Failure::new(Exit::Unreadable, "only regular files can be changed in place").file(path)
                );
            }
            if !attributes::writable(&real, &found) {
                return Err(Failure::new(Exit::Unwritable, "the file is read-only")
                    .hint("make it writable, or write the result elsewhere with --output")
                    .file(path));
            }
            let mut file = open_exclusive(&real).map_err(|error| unreadable(path, &error))?;
            lock(&file, &mut waiting).map_err(|error| unreadable(path, &error))?;
            // Only now it cannot be replaced any more by those who take locks.
            let found = file.metadata().map_err(|error| unreadable(path, &error))?;
            let still = fs::metadata(&real).is_ok_and(|now| Stamp::of(&now).same_file(Stamp::of(&found)));
            if still {
                let content = read_open(&mut file, path)?;
                return Ok(Self { named: path.to_owned(), real, file, found, content });
            }
        }
        Err(Failure::new(Exit::Unreadable, "the file is replaced again and again by another program")
            .file(path))
    }

    /// What the file holds.
    pub(crate) fn content(&self) -> &[u8] {
        &self.content
    }

    /// Puts `bytes` into the place of the file: at once and whole. Mode and owner stay. The bytes are on disk when this
    /// returns; that the file is in its place is once [`sync_directories`](super::sync_directories) has run.
    ///
    /// # Errors
    /// Somebody else changed the file since it was read, or the new one cannot be written. The file is
    /// then as it was.
    pub(crate) fn replace(&self, bytes: &[u8]) -> Result<Option<Warning>, Failure> {
        let failed = |error: io::Error| {
            Failure::system(Exit::Unwritable, "cannot write the file", &self.named, &error)
        };
        let mut temporary = Temporary::beside(&self.real, Access::Private).map_err(|error| {
            let failure = failed(error);
            failure.hint("the new file is made in the directory of the old one, which must be writable")
        })?;
        attributes::copy(&self.found, temporary.file()).map_err(|error| {
            Failure::system(Exit::Unwritable, "cannot keep the owner of the file", &self.named, &error)
                .hint("run this as the owner of the file")
        })?;
        temporary.file().write_all(bytes).map_err(failed)?;
        temporary.file().sync_all().map_err(failed)?;
        self.check_unchanged()?;
        temporary.publish(&self.real, Existing::Replace).map_err(failed)?;
        super::directories::changed(&self.real);
        Ok((attributes::names(&self.found) > 1).then(|| {
            Warning::new("the file had other names (hard links); they still hold the old content")
                .file(&self.named)
        }))
    }

    /// That the place still holds the file that was read, with the content that was read.
    fn check_unchanged(&self) -> Result<(), Failure> {
        let changed = || {
            Failure::new(Exit::Unwritable, "another program changed the file meanwhile; it was left as it is")
                .hint("run the command again")
                .file(&self.named)
        };
        let now = File::open(&self.real).and_then(|file| Ok((file.metadata()?, file)));
        let (now, mut file) = now.map_err(|_| changed())?;
        if Stamp::of(&now) != Stamp::of(&self.found) || !same_content(&mut file, &self.content) {
            return Err(changed());
        }
        Ok(())
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        // Closing would do, but says less.
        #[cfg(unix)]
        let _ = rustix::fs::flock(&self.file, rustix::fs::FlockOperation::Unlock);
    }
}

#[cfg(unix)]
fn open_exclusive(path: &Path) -> io::Result<File> {
    File::open(path)
}

/// Opens a file so that nobody else can open it for writing, nor with this function.
#[cfg(windows)]
fn open_exclusive(path: &Path) -> io::Result<File> {
    use std::os::windows::fs::OpenOptionsExt as _;
    const FILE_SHARE_READ: u32 = 1;
    const FILE_SHARE_DELETE: u32 = 4;
    fs::OpenOptions::new().read(true).write(true).share_mode(FILE_SHARE_READ | FILE_SHARE_DELETE).open(path)
}

#[cfg(not(any(unix, windows)))]
fn open_exclusive(path: &Path) -> io::Result<File> {
    File::open(path)
}

/// Waits until no other process has `file` locked, and locks it.
#[cfg(unix)]
fn lock(file: &File, waiting: &mut Option<impl FnOnce()>) -> io::Result<()> {
    use rustix::fs::{FlockOperation, flock};
    use rustix::io::Errno;
    let mut operation = FlockOperation::NonBlockingLockExclusive;
    loop {
        match flock(file, operation) {
            Ok(()) => return Ok(()),
            Err(Errno::WOULDBLOCK) => {
                if let Some(waiting) = waiting.take() {
                    waiting();
                }
                operation = FlockOperation::LockExclusive;
            }
            Err(Errno::INTR) => {}
            // A file system without locks: what remains is the check before the replacement.
            Err(Errno::NOLCK | Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL | Errno::BADF) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
}

/// Opening was enough.
#[cfg(not(unix))]
fn lock(_file: &File, _waiting: &mut Option<impl FnOnce()>) -> io::Result<()> {
    Ok(())
}

fn same_content(file: &mut File, content: &[u8]) -> bool {
    let mut buffer = zeroize::Zeroizing::new(vec![0; 64 << 10]);
    let mut rest = content;
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return rest.is_empty(),
            Ok(read) => match rest.strip_prefix(&buffer[..read]) {
                Some(after) => rest = after,
                None => return false,
            },
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return false,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn open(path: &Path) -> Target {
        Target::open(path, || panic!("nobody else has it")).map_err(|failure| failure.to_string()).unwrap()
    }

    #[test]
    fn a_write_between_reading_and_replacing_is_noticed() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("x");
        type Other = fn(&Path);
        let others: [Other; 4] = [
            // The same length, so that only the content tells.
            |path| fs::write(path, "two").unwrap(),
            |path| fs::write(path, "longer").unwrap(),
            |path| {
                fs::write(path.with_extension("new"), "one").unwrap();
                fs::rename(path.with_extension("new"), path).unwrap();
            },
            |path| fs::remove_file(path).unwrap(),
        ];
        for other in others {
            fs::write(&path, "one").unwrap();
            let target = open(&path);
            other(&path);
            let after = fs::read(&path).ok();
            let failure = target.replace(b"mine").err().map(|failure| failure.exit());
            assert_eq!(failure, Some(Exit::Unwritable));
            assert_eq!(fs::read(&path).ok(), after);
        }
    }

    #[test]
    #[cfg(unix)]
    fn links_and_modes_stay() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let place = tempfile::tempdir().unwrap();
        let (real, link) = (place.path().join("real"), place.path().join("link"));
        fs::write(&real, "one").unwrap();
        fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
        symlink("real", &link).unwrap();
        let target = open(&link);
        assert_eq!(target.content(), b"one");
        assert!(target.replace(b"two").is_ok_and(|warning| warning.is_none()));
        assert_eq!(fs::read_to_string(&real).unwrap(), "two");
        assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o7777, 0o640);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 2);
    }

    #[test]
    #[cfg(unix)]
    fn other_names_of_the_file_are_mentioned() {
        let place = tempfile::tempdir().unwrap();
        let (one, two) = (place.path().join("one"), place.path().join("two"));
        fs::write(&one, "old").unwrap();
        fs::hard_link(&one, &two).unwrap();
        assert!(open(&one).replace(b"new").is_ok_and(|warning| warning.is_some()));
        assert_eq!(fs::read_to_string(&two).unwrap(), "old");
    }
}
