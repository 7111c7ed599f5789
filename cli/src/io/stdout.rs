//! Results on stdout.

use std::io::{self, Write as _};

use crate::exit::Exit;
use crate::report::Failure;

/// Writes `bytes` to stdout, all of them. A reader that has gone away (`| head`) is not an error.
///
/// # Errors
/// stdout cannot take them: a full disk, a closed descriptor.
pub(crate) fn write_stdout(bytes: &[u8]) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::new(Exit::Unwritable, format!("cannot write to stdout: {error}")))
        }
        _ => Ok(()),
    }
}
