//! Credentials from the token service: for a role, with the token of an identity provider or with other credentials.

use std::path::Path;

use fieldseal_core::Timestamp;
use zeroize::Zeroizing;

use super::sign::encode;
use super::{Aws, Credentials, Signing, sign};
use crate::cloud::http::Request;
use crate::cloud::{Address, CloudError, now, read_settings};

/// The largest answer, in bytes.
const MOST: usize = 256 << 10;

/// What a session is called that has no name.
const SESSION: &str = "fieldseal";

/// What is asked for, in messages.
const WHAT: &str = "the role of AWS";

impl Aws {
    /// The credentials of a role for a token in a file.
    ///
    /// # Errors
    /// The file cannot be read, or the token service refuses.
    pub(super) fn of_web_identity(
        &self,
        file: &Path,
        role: &str,
        session: Option<&str>,
    ) -> Result<Credentials, CloudError> {
        let token = read_settings(file)?.ok_or_else(|| CloudError::File {
            path: file.to_owned(),
            problem: "there is no such file".to_owned(),
        })?;
        let body = Zeroizing::new(format!(
            "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn={}&RoleSessionName={}&WebIdentityToken={}",
            encode(role),
            encode(session.unwrap_or(SESSION)),
            encode(token.trim())
        ));
        self.ask_token_service(&body, None)
    }

    /// The credentials of a role, taken with other ones.
    ///
    /// # Errors
    /// The token service refuses.
    pub(super) fn of_role(
        &self,
        base: &Credentials,
        role: &str,
        session: Option<&str>,
        external_id: Option<&str>,
    ) -> Result<Credentials, CloudError> {
        let mut body = format!(
            "Action=AssumeRole&Version=2011-06-15&RoleArn={}&RoleSessionName={}",
            encode(role),
            encode(session.unwrap_or(SESSION))
        );
        if let Some(id) = external_id {
            body += &format!("&ExternalId={}", encode(id));
        }
        self.ask_token_service(&body, Some(base))
    }

    fn ask_token_service(&self, body: &str, base: Option<&Credentials>) -> Result<Credentials, CloudError> {
        let region = self.region()?;
        let address = match self.endpoint("STS")? {
            Some(address) => address,
            None => Address { secure: true, authority: self.host("sts", &region), base: String::new() },
        };
        let headers = [("content-type", "application/x-www-form-urlencoded; charset=utf-8".to_owned())];
        let now: Timestamp = now();
        let signing = Signing {
            method: "POST",
            address: &address,
            path: "/",
            headers: &headers,
            body: body.as_bytes(),
            region: &region,
            service: "sts",
            now,
        };
        let headers = match base {
            Some(base) => sign(&signing, base),
            None => headers.into_iter().map(|(name, value)| (name, Zeroizing::new(value))).collect(),
        };
        let answer = self.client().send(&Request {
            method: "POST",
            address: &address,
            path: "/",
            headers,
            body: Some(body.as_bytes()),
            most: MOST,
        })?;
        if !answer.is_success() {
            return Err(CloudError::Refused { what: WHAT, status: answer.status });
        }
        let text = std::str::from_utf8(&answer.body).map_err(|_| CloudError::Answer(WHAT))?;
        let (access, secret, token) =
            (element(text, "AccessKeyId"), element(text, "SecretAccessKey"), element(text, "SessionToken"));
        match (access, secret, token) {
            (Some(access), Some(secret), Some(token)) => Ok(Credentials::new(access, secret, Some(token))),
            _ => Err(CloudError::Answer(WHAT)),
        }
    }
}

/// The text of the first element of this name. The values are of letters, digits and signs that XML does not escape.
fn element<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    let (value, _) = rest.split_once(&format!("</{name}>"))?;
    Some(value.trim()).filter(|value| !value.is_empty() && !value.contains(['<', '&']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_found_or_refused() {
        let text =
            "<R><Credentials><AccessKeyId>A</AccessKeyId><S> b/+= </S><E></E><X>&lt;</X></Credentials></R>";
        assert_eq!(element(text, "AccessKeyId"), Some("A"));
        assert_eq!(element(text, "S"), Some("b/+="));
        for name in ["E", "X", "Missing", "Credentials"] {
            assert_eq!(element(text, name), None, "{name}");
        }
    }
}
