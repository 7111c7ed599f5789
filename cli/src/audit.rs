//! The audit log of sops. Where its configuration names a data base, sops writes there what it encrypts and decrypts,
//! and stops if it cannot. This tool cannot write there, so it does not work on such a machine: nothing may pass an audit
//! that somebody relies on.

use std::io;
use std::path::Path;

use fieldseal_core::names_audit_backends;

use crate::exit::Exit;
use crate::report::Failure;

/// Where sops looks for the configuration of its audit log.
pub(crate) const CONFIGURATION: &str = "/etc/sops/audit.yaml";

/// That no audit log is asked for by the file at `path`, which usually is not there.
///
/// # Errors
/// It names a data base, or may do so: it cannot be read.
pub(crate) fn check(path: &Path) -> Result<(), Failure> {
    let refused = |why: &str| {
        Err(Failure::new(Exit::Other, why)
            .file(path)
            .hint("use sops where an audit log is kept, or remove the file if none is"))
    };
    let text = match std::fs::read(path) {
        Ok(text) => text,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(());
        }
        Err(error) => {
            return refused(&format!("cannot read whether an audit log is kept on this machine: {error}"));
        }
    };
    match names_audit_backends(&text) {
        Ok(false) => Ok(()),
        Ok(true) => {
            refused("this machine keeps an audit log of sops in a data base, to which this tool cannot write")
        }
        Err(error) => refused(&format!("cannot read whether an audit log is kept on this machine: {error}")),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_that_keeps_a_log_is_refused() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("audit.yaml");
        assert!(check(&path).is_ok());
        assert!(check(&path.join("below")).is_ok());
        std::fs::write(&path, "backends: {postgres: []}\n").unwrap();
        assert!(check(&path).is_ok());
        assert!(check(&path.join("below")).is_ok());
        for text in [
            "backends:\n  postgres:\n    - connection_string: \"postgres://sops:secret@localhost/sops\"\n",
            "backends: [",
        ] {
            std::fs::write(&path, text).unwrap();
            let failure = check(&path).unwrap_err();
            assert_eq!(failure.exit(), Exit::Other);
            let shown = failure.to_string();
            assert!(shown.starts_with(&path.display().to_string()) && !shown.contains("secret"), "{shown}");
            assert!(failure.remedy().is_some());
        }
        // What cannot be read is not passed over: here a directory.
        assert!(check(place.path()).is_err());
    }
}
