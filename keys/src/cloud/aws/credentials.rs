//! Where credentials of AWS are found: the environment, a token of an identity provider, a profile, and the services
//! inside of a machine, in this order. The first source that is set up counts; when it fails, no other one is tried.

use zeroize::Zeroizing;

use super::Aws;
use crate::cloud::CloudError;

/// The most profiles that one may take the credentials of another one from.
const MOST_PROFILES: usize = 8;

/// Keys that requests are signed with.
pub struct Credentials {
    /// The name of the key, which is no secret.
    pub access_key: String,
    /// The key.
    pub secret_key: Zeroizing<String>,
    /// What goes with keys that hold for some hours only.
    pub session_token: Option<Zeroizing<String>>,
}

impl Credentials {
    /// Credentials of their parts. An empty token counts as none.
    pub(super) fn new(access_key: &str, secret_key: &str, session_token: Option<&str>) -> Self {
        Self {
            access_key: access_key.to_owned(),
            secret_key: Zeroizing::new(secret_key.to_owned()),
            session_token: session_token
                .filter(|token| !token.is_empty())
                .map(|token| Zeroizing::new(token.to_owned())),
        }
    }
}

impl Aws {
    /// The credentials.
    ///
    /// # Errors
    /// There are none, or the source that is set up does not give them.
    pub fn credentials(&self) -> Result<Credentials, CloudError> {
        if let Some(credentials) = self.of_environment() {
            return Ok(credentials);
        }
        if let Some(file) = self.variable("AWS_WEB_IDENTITY_TOKEN_FILE") {
            let role = self.variable("AWS_ROLE_ARN").ok_or_else(|| {
                CloudError::Setting("AWS_WEB_IDENTITY_TOKEN_FILE is set, and AWS_ROLE_ARN is not".to_owned())
            })?;
            return self.of_web_identity(file.as_ref(), role, self.variable("AWS_ROLE_SESSION_NAME"));
        }
        if let Some(credentials) = self.of_profile(self.profiles.name(), 0)? {
            return Ok(credentials);
        }
        if let Some(credentials) = self.of_container()? {
            return Ok(credentials);
        }
        if let Some(credentials) = self.of_instance()? {
            return Ok(credentials);
        }
        Err(CloudError::NoCredentials {
            cloud: "AWS",
            places: "AWS_ACCESS_KEY_ID, AWS_WEB_IDENTITY_TOKEN_FILE, the files in ~/.aws, and the services of the machine"
                .to_owned(),
        })
    }

    fn of_environment(&self) -> Option<Credentials> {
        let access = self.variable("AWS_ACCESS_KEY_ID").or_else(|| self.variable("AWS_ACCESS_KEY"))?;
        let secret = self.variable("AWS_SECRET_ACCESS_KEY").or_else(|| self.variable("AWS_SECRET_KEY"))?;
        Some(Credentials::new(access, secret, self.variable("AWS_SESSION_TOKEN")))
    }

    /// The credentials that a profile gives; `None` if it says nothing of them.
    fn of_profile(&self, profile: &str, depth: usize) -> Result<Option<Credentials>, CloudError> {
        let setting = |name: &str| self.profiles.of(profile, name);
        let wrong = |problem: &str| CloudError::Setting(format!("the profile of AWS {problem}"));
        if depth > MOST_PROFILES {
            return Err(wrong("takes its credentials from too many others, or from itself"));
        }
        let fixed = || {
            let (access, secret) = (setting("aws_access_key_id")?, setting("aws_secret_access_key")?);
            Some(Credentials::new(access, secret, setting("aws_session_token")))
        };
        if let Some(role) = setting("role_arn") {
            let session = setting("role_session_name");
            if let Some(file) = setting("web_identity_token_file") {
                return self.of_web_identity(file.as_ref(), role, session).map(Some);
            }
            let base = match (setting("source_profile"), setting("credential_source")) {
                // A profile may name itself for its own keys.
                (Some(source), _) if source == profile => fixed(),
                (Some(source), _) => self.of_profile(source, depth + 1)?,
                (None, Some("Environment")) => self.of_environment(),
                (None, Some("Ec2InstanceMetadata")) => self.of_instance()?,
                (None, Some("EcsContainer")) => self.of_container()?,
                _ => return Err(wrong("names a role, and not from where it is taken")),
            };
            let base =
                base.ok_or_else(|| wrong("names a role, and there are no credentials to take it with"))?;
            if setting("mfa_serial").is_some() {
                return Err(wrong(
                    "asks for a second factor, which this program does not; set credentials in the environment",
                ));
            }
            return self.of_role(&base, role, session, setting("external_id")).map(Some);
        }
        if let Some(credentials) = fixed() {
            return Ok(Some(credentials));
        }
        if let Some(command) = setting("credential_process") {
            return self.of_process(command).map(Some);
        }
        if setting("sso_session").is_some() || setting("sso_start_url").is_some() {
            return Err(wrong(
                "signs in at a portal, which this program does not; put the credentials into the environment with \
                 `aws configure export-credentials --format env`",
            ));
        }
        Ok(None)
    }
}
