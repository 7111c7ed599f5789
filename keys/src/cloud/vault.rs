//! Vault and OpenBao: the settings of their client.

use std::path::{Path, PathBuf};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use zeroize::Zeroizing;

use super::certificates::{certificates, private_key};
use super::http::{Answer, Client, HttpError, Request, Settings};
use super::{Address, CloudError, is_loopback, read_settings};
use crate::Environment;

/// The address of a server if nothing names one.
const USUAL: &str = "https://127.0.0.1:8200";

/// What stands in a path as it is: letters, digits and these.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// The largest answer, in bytes. Servers take requests of no more, unless they are told to.
const MOST: usize = 32 << 20;

/// A server, and who we are to it.
pub struct Vault {
    client: Client,
    address: Address,
    token: Option<Zeroizing<String>>,
    namespace: Option<String>,
}

impl Vault {
    /// The server at `address`, or else at the one of the environment, with the settings of the environment.
    ///
    /// # Errors
    /// A setting cannot be used, or a file that one names cannot be read.
    pub fn new(environment: &Environment, address: &str) -> Result<Self, CloudError> {
        let text = |name: &str| {
            environment.get(name).and_then(|value| value.to_str()).filter(|value| !value.is_empty())
        };
        let address = Address::parse(&address_of(environment, address), "the address of Vault")?;
        let roots = match (text("VAULT_CACERT_BYTES"), text("VAULT_CACERT").or_else(|| text("VAULT_CAPATH")))
        {
            (Some(_), None) => {
                return Err(CloudError::Setting(
                    "VAULT_CACERT_BYTES is not read; name a file with VAULT_CACERT".to_owned(),
                ));
            }
            (_, path) => path.map(|path| certificates(Path::new(path))).transpose()?,
        };
        let identity = match (text("VAULT_CLIENT_CERT"), text("VAULT_CLIENT_KEY")) {
            (Some(chain), Some(key)) => Some((certificates(chain.as_ref())?, private_key(key.as_ref())?)),
            (None, None) => None,
            _ => {
                return Err(CloudError::Setting(
                    "VAULT_CLIENT_CERT and VAULT_CLIENT_KEY have to be set both, or none".to_owned(),
                ));
            }
        };
        let unverified = match text("VAULT_SKIP_VERIFY") {
            None => false,
            Some("1" | "t" | "T" | "true" | "True" | "TRUE") => true,
            Some("0" | "f" | "F" | "false" | "False" | "FALSE") => false,
            Some(_) => return Err(CloudError::Setting("VAULT_SKIP_VERIFY is no truth value".to_owned())),
        };
        let client =
            Client::new(Settings { roots, identity, unverified, ..Settings::default() }, environment)?;
        let token = match text("VAULT_TOKEN") {
            Some(token) => Some(Zeroizing::new(token.trim().to_owned())),
            None => token_file(environment)?,
        };
        let namespace = text("VAULT_NAMESPACE").map(str::to_owned);
        Ok(Self { client, address, token, namespace })
    }

    /// Whether what is sent could be read on the way.
    pub fn is_open(&self) -> bool {
        !self.address.secure && !is_loopback(self.address.host())
    }

    /// Whether there is a token to show.
    pub fn has_token(&self) -> bool {
        self.token.is_some()
    }

    /// Reads what is at `path`, which begins without `/v1/` and is not encoded.
    ///
    /// # Errors
    /// There is no answer.
    pub fn read(&self, path: &str) -> Result<Answer, HttpError> {
        self.send("GET", path, None)
    }

    /// Writes `body`, which is JSON, to `path`.
    ///
    /// # Errors
    /// There is no answer.
    pub fn write(&self, path: &str, body: &[u8]) -> Result<Answer, HttpError> {
        self.send("PUT", path, Some(body))
    }

    fn send(&self, method: &'static str, path: &str, body: Option<&[u8]>) -> Result<Answer, HttpError> {
        let plain = |text: &str| Zeroizing::new(text.to_owned());
        // Vault takes it as a sign that the request was made on purpose, and not by a page in a browser.
        let mut headers = vec![("x-vault-request", plain("true"))];
        if let Some(token) = &self.token {
            headers.push(("x-vault-token", token.clone()));
        }
        if let Some(namespace) = &self.namespace {
            headers.push(("x-vault-namespace", plain(namespace)));
        }
        if body.is_some() {
            headers.push(("content-type", plain("application/json")));
        }
        let path = format!("/v1/{}", utf8_percent_encode(path, KEPT));
        self.client.send(&Request { method, address: &self.address, path: &path, headers, body, most: MOST })
    }
}

/// The address that counts, as it was written: `given`, that of the environment, or the usual one.
pub fn address_of(environment: &Environment, given: &str) -> String {
    let set =
        |name: &str| environment.get(name).and_then(|value| value.to_str()).filter(|value| !value.is_empty());
    match given {
        "" => set("VAULT_ADDR").unwrap_or(USUAL).to_owned(),
        given => given.to_owned(),
    }
}

/// The token that `vault login` leaves.
fn token_file(environment: &Environment) -> Result<Option<Zeroizing<String>>, CloudError> {
    let Ok(home) = environment.home() else { return Ok(None) };
    let path: PathBuf = home.join(".vault-token");
    let text = read_settings(&path)?;
    Ok(text.map(|text| Zeroizing::new(text.trim().to_owned())).filter(|token| !token.is_empty()))
}
