//! `keygen`: a new age identity.

use std::path::{Path, PathBuf};

use fieldseal_keys::GeneratedIdentity;
use zeroize::Zeroizing;

use crate::context::Context;
use crate::engine;
use crate::exit::Exit;
use crate::io::{self, Access, Target};
use crate::report::{Failure, Warning, shown};

/// Where the identity goes.
pub(crate) struct Plan {
    /// The file; `None`: the one in which sops looks for identities.
    pub(crate) file: Option<PathBuf>,
}

/// Makes an identity, adds it to the file and prints its recipient on stdout.
///
/// # Errors
/// The file cannot be written, or is not one of identities in clear text.
pub(crate) fn run(plan: &Plan, context: &Context) -> Result<Exit, Failure> {
    let path = match &plan.file {
        Some(path) => path.clone(),
        None => engine::default_identity_file().map_err(|failure| {
            failure.hint("name a file with --output, and in SOPS_AGE_KEY_FILE when decrypting")
        })?,
    };
    if let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty()) {
        io::ensure_directory(directory, Access::Private)?;
    }
    let identity = engine::generate_identity();
    // Twice, as another process may make the file between the look and the write.
    if !add_to(&path, &identity, context)?
        && !io::create_new(&path, &entry(&identity), Access::Private)?
        && !add_to(&path, &identity, context)?
    {
        return Err(Failure::new(Exit::Unwritable, "the file comes and goes").file(&path));
    }
    context.reporter.note(&format!("added an identity to {}", shown(&path)));
    io::write_stdout(format!("{}\n", identity.recipient).as_bytes())?;
    Ok(Exit::Success)
}

/// Adds `identity` to the file at `path`; false if there is none.
fn add_to(path: &Path, identity: &GeneratedIdentity, context: &Context) -> Result<bool, Failure> {
    match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        _ => {}
    }
    let target = Target::open(path, || {})?;
    let old = target.content();
    if !is_plain_identities(old) {
        return Err(Failure::new(
            Exit::Unwritable,
            "the file holds something else than identities in clear text",
        )
        .hint("name another file with --output")
        .file(path));
    }
    let added = entry(identity);
    let mut text = Zeroizing::new(Vec::with_capacity(old.len() + 1 + added.len()));
    text.extend_from_slice(old);
    if !old.is_empty() && !old.ends_with(b"\n") {
        text.push(b'\n');
    }
    text.extend_from_slice(&added);
    for warning in target.replace(&text)?.into_iter().chain(exposed(path)) {
        context.reporter.warning(&warning);
    }
    Ok(true)
}

/// The lines of an identity.
fn entry(identity: &GeneratedIdentity) -> Zeroizing<Vec<u8>> {
    const MOST: usize = 1 << 10;
    let mut text = Zeroizing::new(Vec::with_capacity(MOST));
    for part in ["# public key: ", &identity.recipient, "\n", &identity.secret, "\n"] {
        text.extend_from_slice(part.as_bytes());
    }
    debug_assert!(text.len() <= MOST);
    text
}

/// Whether `text` has only lines that a file of identities may have.
fn is_plain_identities(text: &[u8]) -> bool {
    text.split(|byte| *byte == b'\n').all(|line| {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        line.is_empty()
            || line.starts_with(b"#")
            || line.starts_with(b"AGE-SECRET-KEY-")
            || line.starts_with(b"AGE-PLUGIN-")
    })
}

/// What is wrong with the mode of the file, if something is.
#[cfg(unix)]
fn exposed(path: &Path) -> Option<Warning> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(path).ok()?.permissions().mode();
    (mode & 0o077 != 0).then(|| {
        Warning::new("other users of this machine may read the identities in this file")
            .hint(format!("chmod 600 {}", shown(path)))
            .file(path)
    })
}

#[cfg(not(unix))]
fn exposed(_path: &Path) -> Option<Warning> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_added_to_what_is_not_a_file_of_identities() {
        assert!(is_plain_identities(b""));
        assert!(is_plain_identities(b"# mine\r\n\nAGE-SECRET-KEY-1ABC\nAGE-PLUGIN-X-1ABC"));
        assert!(!is_plain_identities(b"age-encryption.org/v1\n-> scrypt x"));
        assert!(!is_plain_identities(b"-----BEGIN AGE ENCRYPTED FILE-----\n"));
        assert!(!is_plain_identities(b" AGE-SECRET-KEY-1ABC"));
    }
}
