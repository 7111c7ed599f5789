//! The network side of clouds and of Vault: HTTP with TLS, and where credentials are found.
//!
//! What the tool publishes to and, in time, the key services of clouds stand on this. Everything fails closed: no server
//! is believed without a certificate that fits, redirections are not followed, answers are bounded in size and requests
//! in time, and no error repeats what a server said, since that may be what was sent to it.

pub mod aws;
pub mod google;
pub mod http;
pub mod vault;

mod address;
mod certificates;

pub use address::{Address, is_loopback};

use std::path::PathBuf;

use http::HttpError;

/// Why credentials or settings of a cloud cannot be had. Holds no secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CloudError {
    /// No source has credentials. The text names the places.
    #[error("no credentials for {cloud}; looked for them in {places}")]
    NoCredentials {
        /// The cloud.
        cloud: &'static str,
        /// Where they were looked for.
        places: String,
    },
    /// A setting is missing or cannot be used.
    #[error("{0}")]
    Setting(String),
    /// A file cannot be read or understood.
    #[error("{}: {problem}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A server that gives credentials refuses.
    #[error("{what} was refused with status {status}")]
    Refused {
        /// What was asked for.
        what: &'static str,
        /// The status of HTTP.
        status: u16,
    },
    /// A server that gives credentials says something else than them.
    #[error("the answer to {0} cannot be understood")]
    Answer(&'static str),
    /// A server cannot be reached.
    #[error(transparent)]
    Http(#[from] HttpError),
}

/// Reads a file of settings, of at most a megabyte; `None` if there is none.
///
/// # Errors
/// It cannot be read, or is no text.
pub(crate) fn read_settings(
    path: &std::path::Path,
) -> Result<Option<zeroize::Zeroizing<String>>, CloudError> {
    use std::io::Read as _;
    const MOST: u64 = 1 << 20;
    let wrong = |problem: String| CloudError::File { path: path.to_owned(), problem };
    let file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(wrong(error.kind().to_string())),
    };
    // Reserved as a whole, so that no copy stays behind where the text grows.
    let mut text = zeroize::Zeroizing::new(Vec::with_capacity(MOST as usize + 1));
    file.take(MOST + 1).read_to_end(&mut text).map_err(|error| wrong(error.kind().to_string()))?;
    if text.len() as u64 > MOST {
        return Err(wrong("larger than a megabyte".to_owned()));
    }
    match String::from_utf8(std::mem::take(&mut *text)) {
        Ok(text) => Ok(Some(zeroize::Zeroizing::new(text))),
        Err(error) => {
            drop(zeroize::Zeroizing::new(error.into_bytes()));
            Err(wrong("not valid UTF-8".to_owned()))
        }
    }
}

/// The current time.
pub fn now() -> fieldseal_core::Timestamp {
    fieldseal_core::Timestamp::from_unix(seconds())
}

/// The current time in seconds since 1970.
pub(crate) fn seconds() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    i64::try_from(since.map_or(0, |since| since.as_secs())).unwrap_or(i64::MAX)
}
