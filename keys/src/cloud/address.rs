//! Addresses of servers: `https://host:port/base`.

use super::CloudError;

/// The address of a server, taken apart. It has no user, no query and no fragment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Address {
    /// Whether it is `https`.
    pub secure: bool,
    /// The host with its port, as it stands in a request; without the port that the scheme has anyway.
    pub authority: String,
    /// The path in front of all others: empty, or with a slash in front and none at the end.
    pub base: String,
}

impl Address {
    /// Reads an address. `name` says in an error what it is.
    ///
    /// # Errors
    /// It is not `http` or `https`, has no host, or has what has no place in it: a password would end up in messages.
    pub fn parse(text: &str, name: &str) -> Result<Self, CloudError> {
        let wrong = |problem: &str| CloudError::Setting(format!("{name}: {problem}"));
        let (scheme, rest) = text.split_once("://").ok_or_else(|| wrong("expected http:// or https://"))?;
        let secure = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return Err(wrong("expected http:// or https://")),
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        if authority.contains('@') {
            return Err(wrong("a user name has no place in the address"));
        }
        if path.contains(['?', '#']) {
            return Err(wrong("a query has no place in the address"));
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || "-._~:[]".contains(c);
        if authority.is_empty() || authority.starts_with(':') || !authority.chars().all(plain) {
            return Err(wrong("there is no name of a host in it"));
        }
        if !path.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(wrong("the path holds a character that an address cannot have"));
        }
        let usual = if secure { ":443" } else { ":80" };
        let authority = authority.strip_suffix(usual).unwrap_or(authority).to_ascii_lowercase();
        Ok(Self { secure, authority, base: path.trim_end_matches('/').to_owned() })
    }

    /// The host without its port.
    pub fn host(&self) -> &str {
        host(&self.authority)
    }

    /// The address of `path`, which is encoded already and begins with a slash.
    pub fn url(&self, path: &str) -> String {
        let scheme = if self.secure { "https" } else { "http" };
        format!("{scheme}://{}{}{path}", self.authority, self.base)
    }
}

/// The host of an authority.
fn host(authority: &str) -> &str {
    match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(rest),
        None => authority.split(':').next().unwrap_or(authority),
    }
}

/// Whether a host is this machine, so that nothing goes over a network.
pub fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_apart() {
        for (text, secure, authority, base, host) in [
            ("https://vault.example:8200", true, "vault.example:8200", "", "vault.example"),
            ("HTTPS://Vault.example:443/", true, "vault.example", "", "vault.example"),
            ("http://[::1]:80/a/b/", false, "[::1]", "/a/b", "::1"),
            ("http://127.0.0.1:8200", false, "127.0.0.1:8200", "", "127.0.0.1"),
        ] {
            let address = Address::parse(text, "x").unwrap();
            assert_eq!((address.secure, address.authority.as_str()), (secure, authority), "{text}");
            assert_eq!((address.base.as_str(), address.host()), (base, host), "{text}");
        }
        assert_eq!(Address::parse("https://a/b", "x").unwrap().url("/c"), "https://a/b/c");
    }

    #[test]
    fn what_is_no_address_is_refused_without_being_shown() {
        for text in
            ["", "vault:8200", "ftp://a", "https://", "https://:80", "https://u:geheim@a", "https://a?geheim"]
        {
            let error = Address::parse(text, "VAULT_ADDR").unwrap_err().to_string();
            assert!(error.starts_with("VAULT_ADDR: "), "{error}");
            assert!(!error.contains("geheim"), "{error}");
        }
    }

    #[test]
    fn only_this_machine_is_loopback() {
        for host in ["localhost", "a.localhost", "127.0.0.1", "127.9.9.9", "::1"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["localhost.example", "127.0.0.1.example", "10.0.0.1", "::2", ""] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
