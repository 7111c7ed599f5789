//! Destinations: buckets of S3 and Google Cloud Storage, and the key-value engines of Vault and OpenBao.
//!
//! Nothing that a server says is ever shown but the number of its answer: it may repeat what was sent to it.

mod gcs;
mod place;
mod s3;
mod vault;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use fieldseal_keys::Environment;
use fieldseal_keys::cloud::http::{Answer, HttpError};
use fieldseal_keys::cloud::vault::address_of;
use fieldseal_keys::cloud::{Address, CloudError};

pub(crate) use place::{Place, name_at};

use crate::exit::Exit;
use crate::report::{Failure, Warning, harmless};

/// What is at a place before something is published there.
pub(crate) enum There {
    /// Nothing.
    Nothing,
    /// The same.
    Same,
    /// Something else; of values the names at the top that come, go and change.
    Other(Changes),
    /// It may not be looked at; the answer had this status.
    Unknown(u16),
}

impl There {
    /// What the answer of a server about an object says, which would become `content`.
    fn of_object(answer: Result<Answer, HttpError>, content: &[u8]) -> Result<Self, Failure> {
        match answer {
            Ok(answer) if answer.is_success() && answer.body.as_slice() == content => Ok(Self::Same),
            Ok(answer) if answer.is_success() => Ok(Self::Other(Changes::default())),
            Err(HttpError::TooLarge { .. }) => Ok(Self::Other(Changes::default())),
            Ok(answer) if answer.status == 404 => Ok(Self::Nothing),
            Ok(answer) => Ok(Self::Unknown(answer.status)),
            Err(error) => Err(of_cloud(error)),
        }
    }
}

/// Names of values that would come, go or change. Names are no secret, in the encrypted file either.
#[derive(Default, PartialEq, Eq, Debug)]
pub(crate) struct Changes {
    /// Those that come.
    pub(crate) added: Vec<String>,
    /// Those that go.
    pub(crate) removed: Vec<String>,
    /// Those whose values change.
    pub(crate) changed: Vec<String>,
}

/// Puts things at places. What it needs for a kind of place it finds when the first one is asked for.
pub(crate) struct Publisher {
    environment: Environment,
    s3: Mutex<Option<Arc<s3::S3>>>,
    gcs: Mutex<Option<Arc<gcs::Gcs>>>,
    /// By their addresses.
    vaults: Mutex<HashMap<String, Arc<vault::Store>>>,
}

impl Publisher {
    /// A publisher with the environment of this process.
    pub(crate) fn new() -> Self {
        let environment = Environment::of_this_process();
        Self { environment, s3: Mutex::default(), gcs: Mutex::default(), vaults: Mutex::default() }
    }

    /// What is at `place`, where `content` is to be.
    ///
    /// # Errors
    /// There is no answer, or there are no credentials.
    pub(crate) fn there(&self, place: &Place, content: &[u8]) -> Result<There, Failure> {
        match place {
            Place::S3 { bucket, key } => self.s3()?.there(bucket, key, content),
            Place::Gcs { bucket, object } => self.gcs()?.there(bucket, object, content),
            Place::Vault { address, path, version, .. } => {
                self.vault(address)?.there(path, *version, content)
            }
        }
    }

    /// Puts `content` at `place`: the bytes of an object, or the JSON of values.
    ///
    /// # Errors
    /// There is no answer, the server refuses, or there are no credentials.
    pub(crate) fn put(&self, place: &Place, content: &[u8]) -> Result<(), Failure> {
        match place {
            Place::S3 { bucket, key } => self.s3()?.put(bucket, key, content),
            Place::Gcs { bucket, object } => self.gcs()?.put(bucket, object, content),
            Place::Vault { address, path, version, .. } => self.vault(address)?.put(path, *version, content),
        }
    }

    /// What the user should know before anything goes to `place`.
    ///
    /// # Errors
    /// The settings for it cannot be used.
    pub(crate) fn warnings(&self, place: &Place) -> Result<Vec<Warning>, Failure> {
        let mut warnings = Vec::new();
        let Place::Vault { address, .. } = place else { return Ok(warnings) };
        if self.vault(address)?.is_open() {
            warnings.push(
                Warning::new(
                    "the values and the token go to Vault without encryption: its address is http://",
                )
                .hint("use https://, unless whatever carries it encrypts, as a service mesh does"),
            );
        }
        let own = address_of(&self.environment, "");
        let is_named = self.environment.get("VAULT_ADDR").is_some_and(|named| !named.is_empty());
        if is_named && !address.is_empty() && !is_same(&own, address) {
            warnings.push(
                Warning::new(
                    "the rule names another server of Vault than VAULT_ADDR; that one gets the token",
                )
                .hint("set VAULT_ADDR to the one that is meant, or unset it"),
            );
        }
        Ok(warnings)
    }

    fn s3(&self) -> Result<Arc<s3::S3>, Failure> {
        once(&self.s3, || s3::S3::new(&self.environment))
    }

    fn gcs(&self) -> Result<Arc<gcs::Gcs>, Failure> {
        once(&self.gcs, || gcs::Gcs::new(&self.environment))
    }

    fn vault(&self, address: &str) -> Result<Arc<vault::Store>, Failure> {
        let mut vaults = self.vaults.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(vault) = vaults.get(address) {
            return Ok(Arc::clone(vault));
        }
        let vault = Arc::new(vault::Store::new(&self.environment, address)?);
        vaults.insert(address.to_owned(), Arc::clone(&vault));
        Ok(vault)
    }
}

/// Whether two addresses are those of one server.
fn is_same(one: &str, other: &str) -> bool {
    let server =
        |text: &str| Address::parse(text, "").ok().map(|address| (address.secure, address.authority));
    server(one).is_some() && server(one) == server(other)
}

/// What is in `slot`, or what `make` makes, which stays there.
fn once<T>(
    slot: &Mutex<Option<Arc<T>>>,
    make: impl FnOnce() -> Result<T, Failure>,
) -> Result<Arc<T>, Failure> {
    let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(made) = &*slot {
        return Ok(Arc::clone(made));
    }
    let made = Arc::new(make()?);
    *slot = Some(Arc::clone(&made));
    Ok(made)
}

/// The failure of finding credentials or reaching a server.
fn of_cloud(error: impl Into<CloudError>) -> Failure {
    Failure::new(Exit::Other, harmless(&error.into().to_string()))
}

/// The failure of an answer with `status` that is none of those that were hoped for.
fn refused(status: u16, hint: &str) -> Failure {
    let message = match status {
        300..400 => "the server names another place, which is not followed".to_owned(),
        400..500 => format!("the server refuses, with status {status}"),
        _ => format!("the server fails, with status {status}"),
    };
    Failure::new(Exit::Other, message).hint(hint)
}
