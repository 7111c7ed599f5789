//! HTTP requests, one at a time.
//!
//! A redirection is an answer like any other and is never followed: with it, credentials or clear text would go to a
//! server that nobody named.

use std::fmt;
use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use ureq::tls::{Certificate, ClientCert, PrivateKey, RootCerts, TlsConfig};
use zeroize::Zeroizing;

use super::certificates::system_roots;
use super::{Address, CloudError, is_loopback};
use crate::Environment;

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(15);

/// How long a request may take, whatever it holds.
const REQUEST: Duration = Duration::from_secs(60);

/// The slowest network on which a large body still arrives in time, in bytes a second.
const SLOWEST: u64 = 64 << 10;

/// The largest head of an answer, in bytes.
const HEAD: usize = 32 << 10;

/// Whom a client trusts and how it shows itself.
#[derive(Default)]
pub struct Settings {
    /// Certificates that servers are to be signed by, instead of those of the system.
    pub roots: Option<Vec<Certificate<'static>>>,
    /// A certificate of our own, and its key.
    pub identity: Option<(Vec<Certificate<'static>>, PrivateKey<'static>)>,
    /// Whether no certificate is checked.
    pub unverified: bool,
    /// How long one request may take; else as long as its body calls for.
    pub limit: Option<Duration>,
    /// Whether proxies are left alone, as for the services inside of a machine of a cloud.
    pub direct: bool,
}

/// Makes requests.
pub struct Client {
    agent: ureq::Agent,
    limit: Option<Duration>,
    /// The proxies for `http` and for `https`.
    proxies: [Option<ureq::Proxy>; 2],
}

/// What is asked of a server.
pub struct Request<'a> {
    /// `GET`, `PUT` or `POST`.
    pub method: &'static str,
    /// The server.
    pub address: &'a Address,
    /// The path, with the query if there is one; encoded.
    pub path: &'a str,
    /// Fields of the head.
    pub headers: Vec<(&'static str, Zeroizing<String>)>,
    /// What is sent.
    pub body: Option<&'a [u8]>,
    /// The largest answer that is read, in bytes.
    pub most: usize,
}

/// What a server answered. The body may be anything, also what was sent before: it is never shown.
pub struct Answer {
    /// The status of HTTP.
    pub status: u16,
    /// The content; wiped when dropped.
    pub body: Zeroizing<Vec<u8>>,
    headers: ureq::http::HeaderMap,
}

/// Why there is no answer. The host is the one that was named by the user.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// No address belongs to the name of the host.
    #[error("{host}: the name of the host is not known")]
    Unknown {
        /// The host.
        host: String,
    },
    /// The connection does not come about, or breaks.
    #[error("{host}: {problem}")]
    Connection {
        /// The host.
        host: String,
        /// What the system says.
        problem: String,
    },
    /// The server does not prove who it is.
    #[error("{host}: the connection is not secure: {problem}")]
    Tls {
        /// The host.
        host: String,
        /// What is wrong.
        problem: String,
    },
    /// There is no answer in time.
    #[error("{host}: there was no answer in time")]
    Timeout {
        /// The host.
        host: String,
    },
    /// The answer is larger than anything that was asked for.
    #[error("{host}: the answer is larger than {most} bytes")]
    TooLarge {
        /// The host.
        host: String,
        /// The limit.
        most: usize,
    },
    /// The answer is no HTTP, or the request cannot be put into it.
    #[error("{host}: the request cannot be made, or its answer not be read")]
    Protocol {
        /// The host.
        host: String,
    },
    /// The proxy that the environment names does not do its part.
    #[error("{host}: the proxy that the environment names does not connect")]
    Proxy {
        /// The host.
        host: String,
    },
}

impl Client {
    /// A client with `settings`. `environment` names proxies, and where the certificates of the system are.
    ///
    /// # Errors
    /// The certificates of the system cannot be read, or a proxy has no address.
    pub fn new(settings: Settings, environment: &Environment) -> Result<Self, CloudError> {
        let roots = match settings.roots {
            Some(roots) => roots,
            None if settings.unverified => Vec::new(),
            None => system_roots()?,
        };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = TlsConfig::builder()
            .unversioned_rustls_crypto_provider(provider)
            .root_certs(RootCerts::new_with_certs(&roots))
            .client_cert(settings.identity.map(|(chain, key)| ClientCert::new_with_certs(&chain, key)))
            .disable_verification(settings.unverified)
            .build();
        let config = ureq::Agent::config_builder()
            .tls_config(tls)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .max_response_header_size(HEAD)
            .timeout_connect(Some(CONNECT.min(settings.limit.unwrap_or(CONNECT))))
            .user_agent(concat!("fieldseal/", env!("CARGO_PKG_VERSION")))
            .proxy(None)
            .build();
        let proxies = match settings.direct {
            true => [None, None],
            false => [
                proxy(environment, ["HTTP_PROXY", "http_proxy"])?,
                proxy(environment, ["HTTPS_PROXY", "https_proxy"])?,
            ],
        };
        Ok(Self { agent: config.into(), limit: settings.limit, proxies })
    }

    /// Makes a request.
    ///
    /// # Errors
    /// There is no answer. One that refuses is none of them.
    pub fn send(&self, request: &Request<'_>) -> Result<Answer, HttpError> {
        let host = || request.address.authority.clone();
        let mut message = ureq::http::Request::builder()
            .method(request.method)
            .uri(request.address.url(request.path))
            .header("host", &request.address.authority);
        for (name, value) in &request.headers {
            let mut value =
                ureq::http::HeaderValue::from_str(value).map_err(|_| HttpError::Protocol { host: host() })?;
            value.set_sensitive(true);
            message = message.header(*name, value);
        }
        let length = request.body.map_or(0, <[u8]>::len) as u64;
        let limit = self.limit.unwrap_or(REQUEST + Duration::from_secs(length / SLOWEST));
        let proxy = self.proxies[usize::from(request.address.secure)].clone();
        let proxy = proxy.filter(|_| !is_loopback(request.address.host()));
        let failed = |error| failure(&error, host(), request.most);
        let answer = match request.body {
            Some(body) => {
                let message = message.body(body).map_err(|_| HttpError::Protocol { host: host() })?;
                let message = self.agent.configure_request(message);
                self.agent.run(message.timeout_global(Some(limit)).proxy(proxy).build())
            }
            None => {
                let message = message.body(()).map_err(|_| HttpError::Protocol { host: host() })?;
                let message = self.agent.configure_request(message);
                self.agent.run(message.timeout_global(Some(limit)).proxy(proxy).build())
            }
        };
        let (parts, body) = answer.map_err(failed)?.into_parts();
        let most = request.most;
        let mut reader = body.into_with_config().limit(u64::MAX).reader();
        let body = read(&mut reader, most).map_err(|error| match error {
            None => HttpError::TooLarge { host: host(), most },
            Some(error) => failure(&ureq::Error::from(error), host(), most),
        })?;
        Ok(Answer { status: parts.status.as_u16(), body, headers: parts.headers })
    }
}

impl Answer {
    /// A field of the head.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Whether the server did what was asked.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Whether the server names another place.
    pub fn is_redirection(&self) -> bool {
        (300..400).contains(&self.status)
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "Answer({}, ..)", self.status)
    }
}

fn proxy(environment: &Environment, names: [&str; 2]) -> Result<Option<ureq::Proxy>, CloudError> {
    let text =
        |name: &str| environment.get(name).and_then(|value| value.to_str()).filter(|value| !value.is_empty());
    let Some((name, address)) = names.iter().find_map(|name| Some((name, text(name)?))) else {
        return Ok(None);
    };
    let wrong = || CloudError::Setting(format!("{name} holds no address of a proxy"));
    let plain = ureq::Proxy::new(address).map_err(|_| wrong())?;
    let mut builder = ureq::Proxy::builder(plain.protocol()).host(plain.host()).port(plain.port());
    if let Some(user) = plain.username() {
        builder = builder.username(user);
    }
    if let Some(password) = plain.password() {
        builder = builder.password(password);
    }
    for except in text("NO_PROXY").or_else(|| text("no_proxy")).into_iter().flat_map(|list| list.split(',')) {
        builder = builder.no_proxy(except.trim());
    }
    builder.build().map(Some).map_err(|_| wrong())
}

/// Reads to the end, at most `most` bytes. `None` is the error of too many.
fn read(from: &mut impl Read, most: usize) -> Result<Zeroizing<Vec<u8>>, Option<std::io::Error>> {
    let mut bytes = Zeroizing::new(vec![0; most.min(16 << 10) + 1]);
    let mut length = 0;
    loop {
        if length == bytes.len() {
            // Grown by hand, so that what is left behind is wiped.
            let mut larger = Zeroizing::new(vec![0; (length * 2).min(most + 1).max(length + 1)]);
            larger[..length].copy_from_slice(&bytes);
            bytes = larger;
        }
        match from.read(&mut bytes[length..]) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Some(error)),
        }
        if length > most {
            return Err(None);
        }
    }
    bytes.truncate(length);
    Ok(bytes)
}

fn failure(error: &ureq::Error, host: String, most: usize) -> HttpError {
    match error {
        ureq::Error::HostNotFound => HttpError::Unknown { host },
        ureq::Error::Timeout(_) => HttpError::Timeout { host },
        ureq::Error::Io(error) if error.kind() == std::io::ErrorKind::TimedOut => HttpError::Timeout { host },
        ureq::Error::Io(error) => {
            let secure = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
            match secure {
                Some(error) => HttpError::Tls { host, problem: error.to_string() },
                None => HttpError::Connection { host, problem: plain(error) },
            }
        }
        ureq::Error::Rustls(error) => HttpError::Tls { host, problem: error.to_string() },
        ureq::Error::Tls(problem) => HttpError::Tls { host, problem: (*problem).to_owned() },
        ureq::Error::LargeResponseHeader(..) | ureq::Error::BodyExceedsLimit(_) => {
            HttpError::TooLarge { host, most }
        }
        ureq::Error::ConnectProxyFailed(_) | ureq::Error::InvalidProxyUrl => HttpError::Proxy { host },
        ureq::Error::ConnectionFailed => {
            HttpError::Connection { host, problem: "the connection cannot be made".to_owned() }
        }
        _ => HttpError::Protocol { host },
    }
}

/// The error of the system without its number.
fn plain(error: &std::io::Error) -> String {
    match error.raw_os_error() {
        Some(_) => error.kind().to_string(),
        None if error.kind() == std::io::ErrorKind::UnexpectedEof => "the connection was closed".to_owned(),
        None => error.kind().to_string(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_up_to_its_limit() {
        let text = vec![7; 100_000];
        assert_eq!(*read(&mut text.as_slice(), 100_000).unwrap(), text);
        assert!(read(&mut text.as_slice(), 99_999).unwrap_err().is_none());
        assert!(read(&mut [].as_slice(), 0).unwrap().is_empty());
    }

    #[test]
    fn a_proxy_that_is_none_is_not_shown() {
        let environment = Environment::new([("HTTPS_PROXY", "ftp://u:geheim@x")]);
        let error = Client::new(Settings { unverified: true, ..Settings::default() }, &environment);
        let error = error.err().unwrap().to_string();
        assert!(error.contains("HTTPS_PROXY") && !error.contains("geheim"), "{error}");
    }
}
