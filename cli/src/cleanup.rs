//! What has to be gone when the process ends, however it ends.
//!
//! Temporary files and directories are entered here *before* they come into being, and under the same
//! lock; so a signal that arrives at any time finds all of them. Whoever ends the process takes the lock
//! and never gives it back: nothing new appears behind its back.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

#[cfg(unix)]
use crate::signals;

static REGISTRY: Mutex<Registry> = Mutex::new(Registry { entries: Vec::new(), next: 0 });

/// What is to be done, each with the number of its guard.
struct Registry {
    entries: Vec<(u64, Entry)>,
    next: u64,
}

/// What is to be done at the end.
enum Entry {
    /// To remove a file or a directory with all that is in it.
    Remove(PathBuf),
    /// Something else.
    #[cfg(unix)]
    Run(Box<dyn FnOnce() + Send>),
}

/// Owns one temporary file or directory; removes it when dropped.
#[derive(Debug)]
pub(crate) struct Guard {
    number: u64,
    path: PathBuf,
}

impl Guard {
    /// Runs `create`, which brings `path` into being, so that `path` is removed when the guard is dropped
    /// or a signal ends the process.
    ///
    /// # Errors
    /// Those of `create`, and those of the preparation for signals.
    pub(crate) fn create<T>(
        path: PathBuf,
        create: impl FnOnce(&Path) -> io::Result<T>,
    ) -> io::Result<(Self, T)> {
        #[cfg(unix)]
        signals::watch()?;
        let mut registry = lock();
        let created = create(&path)?;
        let number = registry.add(Entry::Remove(path.clone()));
        Ok((Self { number, path }, created))
    }

    /// The path that is guarded.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Runs `publish`, after which the path is not temporary any more: it was moved to its real place.
    ///
    /// # Errors
    /// Those of `publish`; the path is then removed.
    pub(crate) fn publish(self, publish: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
        let mut registry = lock();
        publish(&self.path)?;
        drop(registry.take(self.number));
        Ok(())
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let mut registry = lock();
        registry.take(self.number).into_iter().for_each(Entry::perform);
    }
}

/// Something that is done when this is dropped or the process ends, whichever comes first.
#[cfg(unix)]
pub(crate) struct Action {
    number: u64,
}

#[cfg(unix)]
impl Action {
    /// Sees to it that `action` is done.
    ///
    /// # Errors
    /// Those of the preparation for signals.
    pub(crate) fn register(action: impl FnOnce() + Send + 'static) -> io::Result<Self> {
        signals::watch()?;
        Ok(Self { number: lock().add(Entry::Run(Box::new(action))) })
    }
}

#[cfg(unix)]
impl Drop for Action {
    fn drop(&mut self) {
        let mut registry = lock();
        registry.take(self.number).into_iter().for_each(Entry::perform);
    }
}

impl Registry {
    fn add(&mut self, entry: Entry) -> u64 {
        let number = self.next;
        self.next += 1;
        self.entries.push((number, entry));
        number
    }

    fn take(&mut self, number: u64) -> Option<Entry> {
        let place = self.entries.iter().position(|entry| entry.0 == number)?;
        Some(self.entries.swap_remove(place).1)
    }

    fn perform_all(&mut self) {
        self.entries.drain(..).for_each(|(_, entry)| entry.perform());
    }
}

impl Entry {
    fn perform(self) {
        match self {
            Self::Remove(path) => remove(&path),
            #[cfg(unix)]
            Self::Run(action) => action(),
        }
    }
}

/// Does everything that is to be done at the end; afterwards nothing temporary can come into being as long as
/// the returned value lives. The caller ends the process while it does.
#[cfg(unix)]
pub(crate) fn perform_all() -> impl Sized {
    let mut registry = lock();
    registry.perform_all();
    registry
}

/// Makes a panic remove what is temporary and say where it happened, but not with which values.
pub(crate) fn on_panic() {
    std::panic::set_hook(Box::new(|panic| {
        use io::Write as _;
        // The thread that panicked may hold the lock itself.
        if let Ok(mut registry) = REGISTRY.try_lock() {
            registry.perform_all();
        }
        let place = panic.location().map(|place| format!(" at {}:{}", place.file(), place.line()));
        let place = place.unwrap_or_default();
        let _ = writeln!(io::stderr(), "error: internal error{place}; nothing more was written");
        let _ = writeln!(io::stderr(), "hint: this is a defect of the program: please report it");
    }));
}

fn lock() -> MutexGuard<'static, Registry> {
    REGISTRY.lock().unwrap_or_else(PoisonError::into_inner)
}

fn remove(path: &Path) {
    // What cannot be removed now cannot be removed by anybody here; the run fails for its own reason.
    let _ = match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_guard_removes_what_was_not_published() {
        let place = tempfile::tempdir().unwrap();
        let (kept, gone) = (place.path().join("kept"), place.path().join("gone"));
        let (guard, ()) = Guard::create(gone.clone(), |path| fs::write(path, "x")).unwrap();
        assert!(gone.exists());
        drop(guard);
        assert!(!gone.exists());

        let (guard, ()) = Guard::create(gone.clone(), |path| fs::write(path, "x")).unwrap();
        guard.publish(|path| fs::rename(path, &kept)).unwrap();
        assert!(kept.exists() && !gone.exists());
    }

    #[test]
    fn a_directory_goes_with_all_that_is_in_it() {
        let place = tempfile::tempdir().unwrap();
        let (guard, ()) = Guard::create(place.path().join("d"), |path| fs::create_dir(path)).unwrap();
        fs::write(guard.path().join("swap"), "x").unwrap();
        drop(guard);
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
    }
}
