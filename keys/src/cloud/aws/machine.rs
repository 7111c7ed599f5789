//! Credentials of the machine: from a service inside of it, or from a program.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::sign::encode;
use super::{Aws, Credentials};
use crate::cloud::http::{Answer, HttpError, Request};
use crate::cloud::{Address, CloudError, is_loopback, read_settings};
use crate::program::{DEFAULT_LIMIT, NoGuard, Programs};

/// The largest answer, in bytes.
const MOST: usize = 64 << 10;

/// The services for containers, by their addresses. Elsewhere the token for them would go to anybody.
const CONTAINERS: [&str; 3] = ["169.254.170.2", "169.254.170.23", "fd00:ec2::23"];

/// The service for machines.
const INSTANCE: &str = "http://169.254.169.254";

/// What is asked for, in messages.
const WHAT: &str = "the credentials of the machine";

impl Aws {
    /// The credentials of the container; `None` if this is none.
    ///
    /// # Errors
    /// The service does not give them.
    pub(super) fn of_container(&self) -> Result<Option<Credentials>, CloudError> {
        let relative = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
        let full = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
        let (address, path) = match (self.variable(relative), self.variable(full)) {
            (Some(path), _) => (Address::parse("http://169.254.170.2", relative)?, path.to_owned()),
            (None, Some(url)) => {
                let (start, path) = split(url);
                (Address::parse(start, full)?, path.to_owned())
            }
            (None, None) => return Ok(None),
        };
        let host = address.host();
        if !address.secure && !is_loopback(host) && !CONTAINERS.contains(&host) {
            let problem = "the host is neither this machine nor a service for containers";
            return Err(CloudError::Setting(format!("{full}: {problem}")));
        }
        let mut headers = Vec::new();
        let file = self.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
        if let Some(file) = file {
            if let Some(token) = read_settings(Path::new(file))? {
                headers.push(("authorization", Zeroizing::new(token.trim().to_owned())));
            }
        } else if let Some(token) = self.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN") {
            headers.push(("authorization", Zeroizing::new(token.to_owned())));
        }
        let client = if address.secure { &self.client } else { &self.direct };
        let answer = client.send(&Request {
            method: "GET",
            address: &address,
            path: &path,
            headers,
            body: None,
            most: MOST,
        })?;
        of_answer(&answer, "Token").map(Some)
    }

    /// The credentials of the machine; `None` if it is not one of AWS.
    ///
    /// # Errors
    /// The service does not give them.
    pub(super) fn of_instance(&self) -> Result<Option<Credentials>, CloudError> {
        if self.switch("AWS_EC2_METADATA_DISABLED", "") {
            return Ok(None);
        }
        let named = self.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT");
        let address = Address::parse(named.unwrap_or(INSTANCE), "AWS_EC2_METADATA_SERVICE_ENDPOINT")?;
        let ask = |method, path: &str, headers| {
            self.direct.send(&Request { method, address: &address, path, headers, body: None, most: MOST })
        };
        let lifetime = vec![("x-aws-ec2-metadata-token-ttl-seconds", Zeroizing::new("300".to_owned()))];
        let token = match ask("PUT", "/latest/api/token", lifetime) {
            Ok(answer) if answer.is_success() => answer,
            Ok(answer) => return Err(CloudError::Refused { what: WHAT, status: answer.status }),
            // Nothing is there: this is no such machine.
            Err(HttpError::Connection { .. } | HttpError::Timeout { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let token = String::from_utf8(token.body.to_vec()).map_err(|_| CloudError::Answer(WHAT))?;
        let token = Zeroizing::new(token);
        let headers = || vec![("x-aws-ec2-metadata-token", token.clone())];
        let list = "/latest/meta-data/iam/security-credentials/";
        let roles = ask("GET", list, headers())?;
        if roles.status == 404 {
            return Ok(None);
        }
        let role = std::str::from_utf8(&roles.body).ok().and_then(|text| text.lines().next());
        let role = role.filter(|_| roles.is_success()).ok_or(CloudError::Answer(WHAT))?;
        let answer = ask("GET", &format!("{list}{}", encode(role.trim())), headers())?;
        of_answer(&answer, "Token").map(Some)
    }

    /// The credentials that a program prints.
    ///
    /// # Errors
    /// It fails, or prints something else.
    pub(super) fn of_process(&self, command: &str) -> Result<Credentials, CloudError> {
        let wrong = |problem: &str| {
            CloudError::Setting(format!("credential_process of the profile of AWS {problem}"))
        };
        let (shell, flag) = if cfg!(windows) { ("cmd.exe", "/C") } else { ("sh", "-c") };
        let mut shell = Command::new(shell);
        shell.args([flag, command]).env_clear().envs(self.environment.variables());
        let programs = Programs::new(self.environment.clone(), Arc::new(NoGuard), DEFAULT_LIMIT);
        let ended = programs.run(&mut shell, b"", MOST).map_err(|error| wrong(&error.to_string()))?;
        let printed = if ended.status.success() { ended.stdout } else { return Err(wrong("failed")) };
        let value = serde_json::from_slice(&printed).map_err(|_| wrong("does not print credentials"))?;
        of_json(&value, "SessionToken").ok_or_else(|| wrong("does not print credentials"))
    }
}

fn of_answer(answer: &Answer, token: &str) -> Result<Credentials, CloudError> {
    if !answer.is_success() {
        return Err(CloudError::Refused { what: WHAT, status: answer.status });
    }
    let value = serde_json::from_slice(&answer.body).map_err(|_| CloudError::Answer(WHAT))?;
    of_json(&value, token).ok_or(CloudError::Answer(WHAT))
}

fn of_json(value: &serde_json::Value, token: &str) -> Option<Credentials> {
    let text = |name: &str| value.get(name)?.as_str().filter(|text| !text.is_empty());
    Some(Credentials::new(text("AccessKeyId")?, text("SecretAccessKey")?, text(token)))
}

/// The scheme and the host of an address, and the rest of it.
fn split(url: &str) -> (&str, &str) {
    let begin = url.find("://").map_or(0, |at| at + 3);
    match url[begin..].find('/') {
        Some(at) => url.split_at(begin + at),
        None => (url, "/"),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::Environment;

    #[test]
    fn the_token_for_a_container_goes_to_nobody_else() {
        let environment = Environment::new([
            ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://example.com/x"),
            ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "geheim"),
        ]);
        let error = Aws::new(&environment).unwrap().of_container().err().unwrap().to_string();
        assert!(error.contains("neither this machine nor a service"), "{error}");
    }

    #[test]
    fn addresses_are_split_behind_the_host() {
        assert_eq!(split("http://a:1/b/c?d"), ("http://a:1", "/b/c?d"));
        assert_eq!(split("http://a"), ("http://a", "/"));
    }
}
