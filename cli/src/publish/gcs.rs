//! Buckets of Google Cloud Storage.

use fieldseal_keys::Environment;
use fieldseal_keys::cloud::google::{Google, encode};
use fieldseal_keys::cloud::http::{Answer, HttpError, Request};
use fieldseal_keys::cloud::{Address, CloudError};
use zeroize::Zeroizing;

use super::{There, of_cloud, refused};
use crate::report::Failure;

/// The largest answer to a write, in bytes.
const MOST: usize = 1 << 20;

/// What the token is for.
const SCOPE: &str = "https://www.googleapis.com/auth/devstorage.read_write";

/// The host of the service.
const HOST: &str = "storage.googleapis.com";

/// The service, and who we are to it.
pub(super) struct Gcs {
    google: Google,
    address: Address,
    /// None for an emulator.
    token: Option<Zeroizing<String>>,
}

impl Gcs {
    /// Finds settings and credentials.
    ///
    /// # Errors
    /// There are none.
    pub(super) fn new(environment: &Environment) -> Result<Self, Failure> {
        let found = || -> Result<Self, CloudError> {
            let google = Google::new(environment)?;
            if let Some(address) = google.emulator("STORAGE_EMULATOR_HOST")? {
                return Ok(Self { google, address, token: None });
            }
            let token = Some(google.token(SCOPE)?);
            let address = Address { secure: true, authority: HOST.to_owned(), base: String::new() };
            Ok(Self { google, address, token })
        };
        found().map_err(of_cloud)
    }

    /// Whether the object is there already.
    ///
    /// # Errors
    /// There is no answer.
    pub(super) fn there(&self, bucket: &str, object: &str, content: &[u8]) -> Result<There, Failure> {
        let path = format!("/storage/v1/b/{}/o/{}?alt=media", encode(bucket), encode(object));
        There::of_object(self.send("GET", &path, None, content.len().max(MOST)), content)
    }

    /// Writes the object.
    ///
    /// # Errors
    /// There is no answer, or it is no.
    pub(super) fn put(&self, bucket: &str, object: &str, content: &[u8]) -> Result<(), Failure> {
        let path =
            format!("/upload/storage/v1/b/{}/o?uploadType=media&name={}", encode(bucket), encode(object));
        let answer = self.send("POST", &path, Some(content), MOST).map_err(of_cloud)?;
        match answer.status {
            200..300 => Ok(()),
            401 | 403 => Err(refused(answer.status, "the credentials may not write there")),
            404 => Err(refused(404, "there is no such bucket")),
            status => Err(refused(status, "look at the bucket and at its settings")),
        }
    }

    fn send(
        &self,
        method: &'static str,
        path: &str,
        content: Option<&[u8]>,
        most: usize,
    ) -> Result<Answer, HttpError> {
        let mut headers = Vec::new();
        if let Some(token) = &self.token {
            headers.push(("authorization", Zeroizing::new(format!("Bearer {}", token.as_str()))));
        }
        if content.is_some() {
            headers.push(("content-type", Zeroizing::new("text/plain; charset=utf-8".to_owned())));
        }
        let request = Request { method, address: &self.address, path, headers, body: content, most };
        self.google.client().send(&request)
    }
}
