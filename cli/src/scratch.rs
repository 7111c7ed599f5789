//! The place for the clear text that an editor or another command works on: in memory where there is such a
//! place, for its owner only, and gone afterwards however the run ends.

use std::ffi::OsStr;
use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::cleanup::Guard;
use crate::environment;
use crate::exit::Exit;
use crate::io::{Bytes, read_file, unguessable};
use crate::report::Failure;

/// A file in a directory of its own.
pub(crate) struct Scratch {
    directory: Guard,
    file: PathBuf,
    in_memory: bool,
}

impl Scratch {
    /// A file with the name `name` that holds `text`.
    ///
    /// # Errors
    /// No directory can be written to.
    pub(crate) fn new(name: &OsStr, text: &[u8]) -> Result<Self, Failure> {
        Self::make(name, |scratch| scratch.write(text))
    }

    /// A named pipe with the name `name`. Whoever reads it first gets `text`; then it is gone, so that a second reader
    /// gets an error and does not wait for ever.
    ///
    /// # Errors
    /// No directory can be written to.
    #[cfg(unix)]
    pub(crate) fn pipe(name: &OsStr, text: Bytes) -> Result<Self, Failure> {
        Self::make(name, |scratch| {
            nix::unistd::mkfifo(
                &scratch.file,
                nix::sys::stat::Mode::S_IRUSR | nix::sys::stat::Mode::S_IWUSR,
            )?;
            let path = scratch.file.clone();
            // Opening waits for a reader. If there is none, the thread ends with the process.
            let thread = std::thread::Builder::new().name("pipe".into()).spawn(move || {
                if let Ok(mut pipe) = OpenOptions::new().write(true).open(&path) {
                    // A reader that stops early has what it wants.
                    let _ = pipe.write_all(&text);
                    let _ = std::fs::remove_file(&path);
                }
            });
            thread.map(drop)
        })
    }

    /// A directory with whatever `fill` makes at the path of the file.
    fn make(name: &OsStr, fill: impl FnOnce(&Self) -> io::Result<()>) -> Result<Self, Failure> {
        let failed = |error: io::Error| {
            Failure::new(Exit::Unwritable, format!("cannot make a temporary file: {error}"))
        };
        let mut last = None;
        for (base, in_memory) in places() {
            match make_directory(&base) {
                Ok(directory) => {
                    let file = directory.path().join(name);
                    let scratch = Self { directory, file, in_memory };
                    fill(&scratch).map_err(failed)?;
                    return Ok(scratch);
                }
                Err(error) => last = Some(error),
            }
        }
        Err(failed(last.unwrap_or_else(|| io::ErrorKind::NotFound.into())))
    }

    /// The file.
    pub(crate) fn path(&self) -> &Path {
        &self.file
    }

    /// Whether the text does not reach a disk.
    pub(crate) fn in_memory(&self) -> bool {
        self.in_memory
    }

    /// What the file holds now.
    ///
    /// # Errors
    /// It is gone or unreadable. The failure names no path: the file means nothing to the user.
    pub(crate) fn read(&self) -> Result<Bytes, Failure> {
        read_file(&self.file).map_err(|_| {
            Failure::new(Exit::Unreadable, "the editor left no file behind that can be read")
                .hint("nothing was changed")
        })
    }

    fn write(&self, text: &[u8]) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;
            options.mode(0o600);
        }
        debug_assert!(self.file.starts_with(self.directory.path()));
        options.open(&self.file)?.write_all(text)
    }
}

/// Where the directory may be made, best first, and whether that is in memory.
fn places() -> Vec<(PathBuf, bool)> {
    let mut places = Vec::new();
    let runtime = environment::XDG_RUNTIME_DIR.path();
    for place in runtime.into_iter().chain([PathBuf::from("/dev/shm")]) {
        if place.is_absolute() && is_in_memory(&place) {
            places.push((place, true));
        }
    }
    let temporary = environment::TMPDIR.path().unwrap_or_else(std::env::temp_dir);
    let in_memory = is_in_memory(&temporary);
    places.push((temporary, in_memory));
    places
}

#[cfg(target_os = "linux")]
#[allow(clippy::useless_conversion, reason = "the type depends on the platform")]
fn is_in_memory(place: &Path) -> bool {
    const TMPFS: u32 = 0x0102_1994;
    const RAMFS: u32 = 0x8584_58f6;
    let found = rustix::fs::statfs(place);
    found.is_ok_and(|found| matches!(found.f_type as u32, TMPFS | RAMFS))
}

#[cfg(not(target_os = "linux"))]
fn is_in_memory(_place: &Path) -> bool {
    false
}

fn make_directory(base: &Path) -> io::Result<Guard> {
    let path = unguessable(base, "fieldseal-", "")?;
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    Ok(Guard::create(path, |path| builder.create(path))?.0)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn only_the_owner_reads_it_and_it_goes_away() {
        let scratch = Scratch::new(OsStr::new("secrets.yaml"), b"a: 1\n").map_err(|_| ()).unwrap();
        let (file, directory) = (scratch.path().to_owned(), scratch.directory.path().to_owned());
        assert_eq!(file.file_name().unwrap(), "secrets.yaml");
        assert_eq!(**scratch.read().map_err(|_| ()).unwrap(), *b"a: 1\n");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode(&file), mode(&directory)), (0o600, 0o700));
        }
        fs::write(directory.join(".secrets.yaml.swp"), "left by an editor").unwrap();
        drop(scratch);
        assert!(!directory.exists());
    }
}
