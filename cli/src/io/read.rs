//! Reading whole inputs.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use zeroize::Zeroizing;

use crate::exit::Exit;
use crate::report::Failure;

/// What was read; wiped when dropped, as it may be clear text.
pub(crate) type Bytes = Zeroizing<Vec<u8>>;

/// The largest input, in bytes. Documents are limited to it.
const LIMIT: u64 = 2 << 30;

/// Reads the file at `path`: a regular file, or a pipe or terminal such as `/dev/stdin`.
///
/// # Errors
/// There is none, it is a directory or a device, too large or unreadable. The failure names the file.
pub(crate) fn read_file(path: &Path) -> Result<Bytes, Failure> {
    let mut file = File::open(path).map_err(|error| unreadable(path, &error))?;
    read_open(&mut file, path)
}

/// Reads all of stdin.
///
/// # Errors
/// It is too large or cannot be read.
pub(crate) fn read_stdin() -> Result<Bytes, Failure> {
    read_limited(&mut io::stdin().lock(), 0)
        .map_err(|error| Failure::new(Exit::Unreadable, format!("cannot read stdin: {error}")))
}

/// Reads all of `file`, which was opened from `path`.
///
/// # Errors
/// As [`read_file`].
pub(super) fn read_open(file: &mut File, path: &Path) -> Result<Bytes, Failure> {
    let found = file.metadata().map_err(|error| unreadable(path, &error))?;
    if found.is_dir() {
        return Err(Failure::new(Exit::Unreadable, "this is a directory").file(path));
    }
    if endless(&found, file) {
        return Err(Failure::new(Exit::Unreadable, "this is a device, not a file").file(path));
    }
    read_limited(file, found.len()).map_err(|error| unreadable(path, &error))
}

/// Reads `from` to its end. `expected` is the length it probably has.
///
/// # Errors
/// Those of reading, and too much input.
fn read_limited(from: &mut impl Read, expected: u64) -> io::Result<Bytes> {
    if expected > LIMIT {
        return Err(too_large());
    }
    // One byte more than expected, so that the end is seen without growing. A buffer that grows would
    // leave copies of clear text behind, so the growing is done here, wiping what is left.
    let mut bytes = Zeroizing::new(vec![0; expected as usize + 1]);
    let mut length = 0;
    loop {
        if length == bytes.len() {
            let mut larger = Zeroizing::new(vec![0; (length * 2).max(64 << 10)]);
            larger[..length].copy_from_slice(&bytes);
            bytes = larger;
        }
        match from.read(&mut bytes[length..]) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        if length as u64 > LIMIT {
            return Err(too_large());
        }
    }
    bytes.truncate(length);
    Ok(bytes)
}

fn too_large() -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, "larger than 2 GiB")
}

/// The failure of opening or reading `path`.
pub(super) fn unreadable(path: &Path, error: &io::Error) -> Failure {
    if error.kind() == io::ErrorKind::NotFound {
        return Failure::new(Exit::NoFile, "there is no such file").file(path);
    }
    Failure::system(Exit::Unreadable, "cannot read the file", path, error)
}

/// Whether reading would never end, or would read a disk: any device but a terminal and `/dev/null`.
#[cfg(unix)]
fn endless(found: &std::fs::Metadata, file: &File) -> bool {
    use std::io::IsTerminal as _;
    use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
    let kind = found.file_type();
    if kind.is_block_device() {
        return true;
    }
    let null = || std::fs::metadata("/dev/null").is_ok_and(|null| null.rdev() == found.rdev());
    kind.is_char_device() && !file.is_terminal() && !null()
}

#[cfg(not(unix))]
fn endless(_found: &std::fs::Metadata, _file: &File) -> bool {
    false
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// Gives out its bytes a few at a time.
    struct Trickle<'a>(&'a [u8]);

    impl Read for Trickle<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.0.len().min(buffer.len()).min(7);
            buffer[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    #[test]
    fn a_wrong_expectation_does_not_matter() {
        let text: Vec<u8> = (0..200_000_u32).map(|n| n as u8).collect();
        for expected in [0, 1, 7, 199_999, 200_000, 300_000] {
            let read = read_limited(&mut Trickle(&text), expected).unwrap();
            assert!(*read == text, "{expected}");
        }
    }

    #[test]
    fn too_much_is_refused_before_it_is_read() {
        assert!(read_limited(&mut Trickle(b"x"), LIMIT + 1).is_err());
    }
}
