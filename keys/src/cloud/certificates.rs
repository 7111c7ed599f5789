//! Certificates and keys in files, and those of the system.

use std::path::Path;

use ureq::tls::{Certificate, PemItem, PrivateKey};

use super::{CloudError, read_settings};

/// The certificates in a file of PEM, or in all files of a folder.
///
/// # Errors
/// It cannot be read, or there is none in it.
pub(crate) fn certificates(path: &Path) -> Result<Vec<Certificate<'static>>, CloudError> {
    let wrong = |problem: &str| CloudError::File { path: path.to_owned(), problem: problem.to_owned() };
    let mut found = Vec::new();
    let mut read = |file: &Path| -> Result<(), CloudError> {
        let text = read_settings(file)?.ok_or_else(|| wrong("there is no such file"))?;
        for item in ureq::tls::parse_pem(text.as_bytes()) {
            if let PemItem::Certificate(certificate) = item.map_err(|_| wrong("this is no PEM"))? {
                found.push(certificate.to_owned());
            }
        }
        Ok(())
    };
    if path.is_dir() {
        let entries = std::fs::read_dir(path).map_err(|error| wrong(&error.kind().to_string()))?;
        let mut files: Vec<_> =
            entries.flatten().map(|entry| entry.path()).filter(|file| file.is_file()).collect();
        files.sort();
        files.iter().try_for_each(|file| read(file))?;
    } else {
        read(path)?;
    }
    if found.is_empty() { Err(wrong("there is no certificate in it")) } else { Ok(found) }
}

/// The private key in a file of PEM.
///
/// # Errors
/// It cannot be read, or there is none in it.
pub(crate) fn private_key(path: &Path) -> Result<PrivateKey<'static>, CloudError> {
    let wrong = |problem: &str| CloudError::File { path: path.to_owned(), problem: problem.to_owned() };
    let text = read_settings(path)?.ok_or_else(|| wrong("there is no such file"))?;
    PrivateKey::from_pem(text.as_bytes()).map_err(|_| wrong("there is no private key in it"))
}

/// Those that the system has servers checked with.
///
/// # Errors
/// It has none.
pub(super) fn system_roots() -> Result<Vec<Certificate<'static>>, CloudError> {
    let found = rustls_native_certs::load_native_certs();
    if found.certs.is_empty() {
        return Err(CloudError::Setting(
            "the system has no certificates to check servers with; install them, or name a file with SSL_CERT_FILE"
                .to_owned(),
        ));
    }
    Ok(found.certs.iter().map(|certificate| Certificate::from_der(certificate).to_owned()).collect())
}
