//! The addresses of key services.

use std::fmt;
use std::path::PathBuf;

/// Where a key service listens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Address {
    /// A host and a port, with a colon between them; an address of IPv6 stands in brackets.
    Tcp(String),
    /// A socket in the file system.
    Unix(PathBuf),
}

/// The text is no address of a key service.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("expected tcp://HOST:PORT or unix:///PATH")]
pub struct AddressError;

impl Address {
    /// Reads `tcp://HOST:PORT` or `unix:///PATH`.
    ///
    /// # Errors
    /// It is neither.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        if let Some(path) = text.strip_prefix("unix://") {
            let path = percent_decoded(path).filter(|path| path.starts_with('/') && path.len() > 1);
            return path.map(|path| Self::Unix(path.into())).ok_or(AddressError);
        }
        let place = text.strip_prefix("tcp://").ok_or(AddressError)?;
        Self::tcp(place.strip_suffix('/').unwrap_or(place))
    }

    /// Reads `HOST:PORT`.
    ///
    /// # Errors
    /// It is something else.
    pub fn tcp(place: &str) -> Result<Self, AddressError> {
        let (host, port) = place.rsplit_once(':').ok_or(AddressError)?;
        let bare = match host.strip_prefix('[') {
            Some(inner) => inner.strip_suffix(']').ok_or(AddressError)?,
            None if host.contains(':') => return Err(AddressError),
            None => host,
        };
        let is_odd = |c: char| c.is_whitespace() || c.is_control() || "/?#@[]".contains(c);
        if bare.is_empty() || bare.contains(is_odd) || port.parse::<u16>().is_err() {
            return Err(AddressError);
        }
        Ok(Self::Tcp(place.to_owned()))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(place) => write!(to, "tcp://{place}"),
            Self::Unix(path) => write!(to, "unix://{}", path.display()),
        }
    }
}

/// `text` with `%XX` replaced by what it stands for; `None` if that is no text.
fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok())?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = &after[2..];
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let tcp = |text: &str| Ok(Address::Tcp(text.to_owned()));
        let unix = |text: &str| Ok(Address::Unix(text.into()));
        for (text, address) in [
            ("tcp://127.0.0.1:5000", tcp("127.0.0.1:5000")),
            ("tcp://host.example:1/", tcp("host.example:1")),
            ("tcp://[::1]:5000", tcp("[::1]:5000")),
            ("unix:///run/a b/s", unix("/run/a b/s")),
            ("unix:///run/a%20b", unix("/run/a b")),
        ] {
            assert_eq!(Address::parse(text), address, "{text}");
        }
        for text in [
            "",
            "host:5000",
            "tcp://",
            "tcp://host",
            "tcp://:5000",
            "tcp://host:99999",
            "tcp://::1:5000",
            "tcp://[::1:5000",
            "tcp://u@host:1",
            "tcp://host:1/path",
            "http://host:1",
            "unix://",
            "unix:///",
            "unix://relative",
            "unix:///a%zz",
        ] {
            assert_eq!(Address::parse(text), Err(AddressError), "{text}");
        }
    }
}
