//! Google Cloud: tokens for its services, found where its own libraries find the credentials.

mod assertion;

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;
use zeroize::Zeroizing;

use super::http::{Client, HttpError, Request, Settings};
use super::{Address, CloudError, is_loopback, read_settings, seconds};
use crate::Environment;

/// The largest answer, in bytes.
const MOST: usize = 256 << 10;

/// Where tokens come from unless the credentials say something else.
const TOKENS: &str = "https://oauth2.googleapis.com/token";

/// The service that a machine of Google has inside.
const MACHINE: &str = "metadata.google.internal";

/// What is asked for, in messages.
const WHAT: &str = "the token of Google Cloud";

/// The file with the credentials that `gcloud auth application-default login` leaves, below the folder for settings.
const USUAL: &str = "gcloud/application_default_credentials.json";

/// What is known of Google Cloud.
pub struct Google {
    environment: Environment,
    client: Client,
}

impl Google {
    /// Nothing is asked yet.
    ///
    /// # Errors
    /// The certificates of the system cannot be read.
    pub fn new(environment: &Environment) -> Result<Self, CloudError> {
        let client = Client::new(Settings::default(), environment)?;
        Ok(Self { environment: environment.clone(), client })
    }

    /// Makes requests to Google Cloud.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The address of an emulator that is set in the variable `name`, which needs no token. As the libraries of Google
    /// take it: with or without a scheme, then `http`.
    ///
    /// # Errors
    /// It is no address.
    pub fn emulator(&self, name: &str) -> Result<Option<Address>, CloudError> {
        let Some(set) = self.variable(name) else { return Ok(None) };
        let with_scheme = if set.contains("://") { set.to_owned() } else { format!("http://{set}") };
        Address::parse(&with_scheme, name).map(Some)
    }

    /// A token for `scope`, an address such as `https://www.googleapis.com/auth/devstorage.read_write`.
    ///
    /// The file that `GOOGLE_APPLICATION_CREDENTIALS` names counts first, then `GOOGLE_OAUTH_ACCESS_TOKEN`, then the file of
    /// `gcloud`, then the service of the machine.
    ///
    /// # Errors
    /// There are no credentials, or the source that is set up gives no token.
    pub fn token(&self, scope: &str) -> Result<Zeroizing<String>, CloudError> {
        let missing = |path: &Path| CloudError::File {
            path: path.to_owned(),
            problem: "there is no such file".to_owned(),
        };
        if let Some(path) = self.variable("GOOGLE_APPLICATION_CREDENTIALS") {
            let path = Path::new(path);
            let text = read_settings(path)?.ok_or_else(|| missing(path))?;
            return self.of_file(path, &text, scope);
        }
        if let Some(token) = self.variable("GOOGLE_OAUTH_ACCESS_TOKEN") {
            return Ok(Zeroizing::new(token.trim().to_owned()));
        }
        if let Some(path) = self.usual_file()
            && let Some(text) = read_settings(&path)?
        {
            return self.of_file(&path, &text, scope);
        }
        self.of_machine(scope)
    }

    fn usual_file(&self) -> Option<PathBuf> {
        let environment = &self.environment;
        if cfg!(windows) {
            return environment.settings().ok().map(|folder| folder.join(USUAL));
        }
        // Also on macOS, and whatever XDG_CONFIG_HOME says.
        environment.home().ok().map(|home| home.join(".config").join(USUAL))
    }

    fn of_file(&self, path: &Path, text: &str, scope: &str) -> Result<Zeroizing<String>, CloudError> {
        let wrong = |problem: &str| CloudError::File { path: path.to_owned(), problem: problem.to_owned() };
        let content: Value = serde_json::from_str(text).map_err(|_| wrong("this is no JSON"))?;
        let field = |name: &str| content.get(name)?.as_str().filter(|text| !text.is_empty());
        let needed =
            |name: &'static str| field(name).ok_or_else(|| wrong(&format!("{name} is missing in it")));
        let (address, place) =
            token_address(field("token_uri").unwrap_or(TOKENS)).map_err(|error| wrong(&error))?;
        let body = match field("type") {
            Some("service_account") => {
                let uri = field("token_uri").unwrap_or(TOKENS);
                let assertion = assertion::make(&assertion::Claims {
                    key: needed("private_key")?,
                    key_id: field("private_key_id"),
                    issuer: needed("client_email")?,
                    audience: uri,
                    scope,
                    now: seconds(),
                });
                let assertion = assertion.ok_or_else(|| wrong("private_key is no key of RSA"))?;
                format!(
                    "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion={}",
                    assertion.as_str()
                )
            }
            Some("authorized_user") => format!(
                "grant_type=refresh_token&client_id={}&client_secret={}&refresh_token={}",
                encode(needed("client_id")?),
                encode(needed("client_secret")?),
                encode(needed("refresh_token")?)
            ),
            _ => {
                return Err(wrong(
                    "these credentials are neither those of a service account nor those of a user; give a token in \
                     GOOGLE_OAUTH_ACCESS_TOKEN, as `gcloud auth application-default print-access-token` prints it",
                ));
            }
        };
        let body = Zeroizing::new(body);
        let headers = vec![("content-type", Zeroizing::new("application/x-www-form-urlencoded".to_owned()))];
        let answer = self.client.send(&Request {
            method: "POST",
            address: &address,
            path: &place,
            headers,
            body: Some(body.as_bytes()),
            most: MOST,
        })?;
        of_answer(answer.status, &answer.body)
    }

    fn of_machine(&self, scope: &str) -> Result<Zeroizing<String>, CloudError> {
        let name = "GCE_METADATA_HOST";
        let host = self.variable(name).unwrap_or(MACHINE);
        let address = Address::parse(&format!("http://{host}"), name)?;
        let limit = Some(Duration::from_secs(3));
        let settings = Settings { roots: Some(Vec::new()), limit, direct: true, ..Settings::default() };
        let client = Client::new(settings, &self.environment)?;
        let path =
            format!("/computeMetadata/v1/instance/service-accounts/default/token?scopes={}", encode(scope));
        let headers = vec![("metadata-flavor", Zeroizing::new("Google".to_owned()))];
        let request =
            Request { method: "GET", address: &address, path: &path, headers, body: None, most: MOST };
        match client.send(&request) {
            Ok(answer) => of_answer(answer.status, &answer.body),
            Err(HttpError::Unknown { .. } | HttpError::Connection { .. } | HttpError::Timeout { .. }) => {
                Err(CloudError::NoCredentials {
                    cloud: "Google Cloud",
                    places: "GOOGLE_APPLICATION_CREDENTIALS, GOOGLE_OAUTH_ACCESS_TOKEN, the file of gcloud, and the \
                             service of the machine"
                        .to_owned(),
                })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// A variable of the environment that is set and not empty.
    fn variable(&self, name: &str) -> Option<&str> {
        self.environment.get(name).and_then(|value| value.to_str()).filter(|value| !value.is_empty())
    }
}

fn of_answer(status: u16, body: &[u8]) -> Result<Zeroizing<String>, CloudError> {
    if !(200..300).contains(&status) {
        return Err(CloudError::Refused { what: WHAT, status });
    }
    let value: Value = serde_json::from_slice(body).map_err(|_| CloudError::Answer(WHAT))?;
    match value.get("access_token").and_then(Value::as_str) {
        Some(token) if !token.is_empty() => Ok(Zeroizing::new(token.to_owned())),
        _ => Err(CloudError::Answer(WHAT)),
    }
}

/// The server of `uri` and the path on it. What goes there is worth as much as the credentials.
fn token_address(uri: &str) -> Result<(Address, String), String> {
    let begin = uri.find("://").map_or(0, |at| at + 3);
    let (start, path) = match uri[begin..].find('/') {
        Some(at) => uri.split_at(begin + at),
        None => (uri, "/"),
    };
    let address = Address::parse(start, "token_uri").map_err(|error| error.to_string())?;
    if !address.secure && !is_loopback(address.host()) {
        return Err("token_uri is no https://".to_owned());
    }
    Ok((address, path.to_owned()))
}

/// `text` as one part of a path or a query.
pub fn encode(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_asked_of_secure_servers_only() {
        let (address, path) = token_address("https://oauth2.googleapis.com/token").unwrap();
        assert_eq!((address.authority.as_str(), path.as_str()), ("oauth2.googleapis.com", "/token"));
        assert!(token_address("http://127.0.0.1:1/token").is_ok());
        assert!(token_address("http://example.com/token").unwrap_err().contains("no https"));
    }

    #[test]
    fn an_emulator_is_a_host_or_an_address() {
        for set in ["127.0.0.1:4443", "http://127.0.0.1:4443", "http://127.0.0.1:4443/"] {
            let google = Google {
                environment: Environment::new([("STORAGE_EMULATOR_HOST", set)]),
                client: Client::new(
                    Settings { roots: Some(Vec::new()), ..Settings::default() },
                    &Environment::new([("A", "b")]),
                )
                .unwrap(),
            };
            let address = google.emulator("STORAGE_EMULATOR_HOST").unwrap().unwrap();
            assert_eq!(address.url("/x"), "http://127.0.0.1:4443/x");
        }
    }
}
