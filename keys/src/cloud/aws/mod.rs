//! AWS: settings, credentials and signatures, as its own tools find and make them.

mod credentials;
mod machine;
mod profile;
mod sign;
mod token;

pub use super::now;
pub use credentials::Credentials;
pub use sign::{Signing, checksum, sign};

use std::time::Duration;

use profile::Profiles;

use super::certificates::certificates;
use super::http::{Client, Settings};
use super::{Address, CloudError};
use crate::Environment;

/// How long the services inside of a machine may take; where there are none, nothing answers at all.
const MACHINE: Duration = Duration::from_secs(2);

/// What is known of AWS: the environment and the files of settings.
pub struct Aws {
    environment: Environment,
    profiles: Profiles,
    client: Client,
    /// For the services inside of a machine.
    direct: Client,
}

impl Aws {
    /// Reads the files of settings.
    ///
    /// # Errors
    /// A file cannot be read, the profile that is named is in none, or the certificates cannot be read.
    pub fn new(environment: &Environment) -> Result<Self, CloudError> {
        let profiles = Profiles::read(environment)?;
        let bundle = text(environment, "AWS_CA_BUNDLE").or_else(|| profiles.setting("ca_bundle"));
        let roots = bundle.map(|path| certificates(path.as_ref())).transpose()?;
        let client = Client::new(Settings { roots, ..Settings::default() }, environment)?;
        // They speak plain HTTP, so no certificates are needed.
        let direct =
            Settings { roots: Some(Vec::new()), limit: Some(MACHINE), direct: true, ..Settings::default() };
        let direct = Client::new(direct, environment)?;
        Ok(Self { environment: environment.clone(), profiles, client, direct })
    }

    /// Makes requests to AWS.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The region that is set.
    ///
    /// # Errors
    /// None is, or it is none.
    pub fn region(&self) -> Result<String, CloudError> {
        let region = self
            .variable("AWS_REGION")
            .or_else(|| self.variable("AWS_DEFAULT_REGION"))
            .or_else(|| self.profiles.setting("region"))
            .ok_or_else(|| {
                CloudError::Setting(
                    "no region of AWS is set; name one with AWS_REGION or in the profile".to_owned(),
                )
            })?;
        // It becomes part of the name of a host.
        match region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            true => Ok(region.to_owned()),
            false => Err(CloudError::Setting("the region of AWS that is set is none".to_owned())),
        }
    }

    /// The address that is set for a service, such as `S3`, instead of its own.
    ///
    /// # Errors
    /// It is none.
    pub fn endpoint(&self, service: &str) -> Result<Option<Address>, CloudError> {
        if self.switch("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls") {
            return Ok(None);
        }
        let of_service = format!("AWS_ENDPOINT_URL_{service}");
        for name in [of_service.as_str(), "AWS_ENDPOINT_URL"] {
            if let Some(address) = self.variable(name) {
                return Address::parse(address, name).map(Some);
            }
        }
        let set = self.profiles.endpoint(&service.to_ascii_lowercase());
        set.map(|address| Address::parse(address, "endpoint_url")).transpose()
    }

    /// The name of the host of a service in a region, such as `s3`, as the settings want it.
    pub fn host(&self, service: &str, region: &str) -> String {
        let fips = if self.switch("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint") { "-fips" } else { "" };
        let dual = self.switch("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint");
        let end = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        let dual = if dual { ".dualstack" } else { "" };
        format!("{service}{fips}{dual}.{region}.{end}")
    }

    /// A variable of the environment that is set and not empty.
    fn variable(&self, name: &str) -> Option<&str> {
        text(&self.environment, name)
    }

    /// Whether a variable, or else a setting of the profile, says yes.
    fn switch(&self, variable: &str, setting: &str) -> bool {
        let value = self.variable(variable).or_else(|| self.profiles.setting(setting));
        value.is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }
}

/// A variable that is set, not empty, and text.
fn text<'a>(environment: &'a Environment, name: &str) -> Option<&'a str> {
    environment.get(name).and_then(|value| value.to_str()).filter(|value| !value.is_empty())
}
