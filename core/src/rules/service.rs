//! The spellings of keys, service by service. Nothing is asked over a network: whether a key exists shows when
//! it is used.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::metadata::{KeyId, Service};
use crate::pattern::Pattern;
use crate::recipient::Recipient;

/// A key, or what is wrong with its spelling.
pub(super) type Read = Result<KeyId, Cow<'static, str>>;

/// Text that names no key. The message says what is wrong with it.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct KeyTextError(Cow<'static, str>);

/// Reads the keys of `service` in `list`, where they stand between commas, as in a flag or a variable. Those of AWS KMS
/// get the profile `aws_profile`, which may be empty. An empty list has no keys.
///
/// # Errors
/// One of them is no key of the service. Nothing is asked over a network: whether it exists shows when it is used.
pub fn parse_keys(service: Service, list: &str, aws_profile: &str) -> Result<Vec<KeyId>, KeyTextError> {
    let texts = list.split(',').map(str::trim).filter(|_| !list.trim().is_empty());
    texts
        .filter_map(|text| listed(service, text, aws_profile))
        .collect::<Result<_, _>>()
        .map_err(KeyTextError)
}

/// Reads an element of a list of keys of `service`; `None` for an empty one where sops passes over it.
pub(super) fn listed(service: Service, text: &str, aws_profile: &str) -> Option<Read> {
    Some(match service {
        Service::Age => age(text.trim()),
        Service::Pgp => pgp(text),
        Service::Kms => kms(text, aws_profile),
        Service::GcpKms => gcp_kms(text),
        Service::AzureKv => azure_key_vault(text.trim()),
        Service::HcKms | Service::HcVault if text.is_empty() => return None,
        Service::HcKms => hckms(text),
        Service::HcVault => vault(text),
    })
}

/// A recipient of age: native, post-quantum, of a plugin, or a public key of SSH.
pub(super) fn age(recipient: &str) -> Read {
    match Recipient::parse(recipient) {
        Ok(recipient) => Ok(KeyId::Age { recipient: recipient.as_str().to_owned() }),
        Err(error) => Err(error.to_string().into()),
    }
}

/// A fingerprint of OpenPGP; spaces do not count.
pub(super) fn pgp(fingerprint: &str) -> Read {
    let fingerprint = fingerprint.replace(' ', "");
    match fingerprint.is_empty() {
        true => Err("the fingerprint is empty".into()),
        false => Ok(KeyId::Pgp { fingerprint }),
    }
}

/// The name of a key of AWS KMS, with the name of a role behind a `+` or without; spaces do not count.
pub(super) fn kms(arn: &str, aws_profile: &str) -> Read {
    let arn = arn.replace(' ', "");
    let (arn, role) = match arn.find("+arn:") {
        Some(at) if at > 0 => (arn[..at].to_owned(), arn[at + 1..].to_owned()),
        _ => (arn, String::new()),
    };
    match arn.is_empty() {
        true => Err("the ARN is empty".into()),
        false => Ok(KeyId::Kms { arn, role, context: BTreeMap::new(), aws_profile: aws_profile.to_owned() }),
    }
}

/// The path of a key of Google Cloud KMS; spaces do not count.
pub(super) fn gcp_kms(resource_id: &str) -> Read {
    let resource_id = resource_id.replace(' ', "");
    match resource_id.is_empty() {
        true => Err("the resource ID is empty".into()),
        false => Ok(KeyId::GcpKms { resource_id }),
    }
}

/// The region and the UUID of a key of HuaweiCloud KMS.
pub(super) fn hckms(key_id: &str) -> Read {
    match key_id.split_once(':') {
        Some((region, uuid)) if !region.trim().is_empty() && !uuid.trim().is_empty() => {
            Ok(KeyId::HcKms { key_id: key_id.to_owned() })
        }
        _ => Err("expected region:key-uuid".into()),
    }
}

/// The address of a key of Azure Key Vault: `https://HOST/keys/NAME`, and `/VERSION` or not.
pub(super) fn azure_key_vault(url: &str) -> Read {
    let parts = || {
        let (host, path) = url.strip_prefix("https://")?.split_once('/')?;
        let mut parts = path.strip_prefix("keys/")?.splitn(2, '/');
        let name = parts.next().filter(|name| !name.is_empty() && !host.is_empty())?;
        let version = parts.next().unwrap_or_default();
        (!version.contains('/')).then(|| KeyId::AzureKv {
            vault_url: format!("https://{host}"),
            name: name.to_owned(),
            version: version.to_owned(),
        })
    };
    parts().ok_or("expected https://HOST/keys/NAME or https://HOST/keys/NAME/VERSION".into())
}

/// The address of a key of Vault's transit engine: `SCHEME://HOST/v1/ENGINE/keys/NAME`.
pub(super) fn vault(uri: &str) -> Read {
    const EXPECTED: &str = "expected an address like https://vault.example.com:8200/v1/transit/keys/NAME";
    static FORM: LazyLock<Option<Pattern>> =
        LazyLock::new(|| Pattern::compile("/v[0-9]+/[^/]+/[^/]+/[^/]+").ok());
    static PREFIXED: LazyLock<Option<Pattern>> =
        LazyLock::new(|| Pattern::compile("/[^/]+/v[0-9]+/[^/]+/[^/]+/[^/]+").ok());
    let matches = |form: &LazyLock<Option<Pattern>>, path: &str| {
        form.as_ref().is_some_and(|form| form.is_match(path.as_bytes()))
    };
    let (scheme, rest) = uri.split_once("://").ok_or(EXPECTED)?;
    let mut letters = scheme.chars();
    let begins = letters.next().is_some_and(|first| first.is_ascii_alphabetic());
    if !begins || !letters.all(|letter| letter.is_ascii_alphanumeric() || "+-.".contains(letter)) {
        return Err(EXPECTED.into());
    }
    let slash = rest.find('/').ok_or(EXPECTED)?;
    let (host, path) = rest.split_at(slash);
    if uri.contains(['?', '#']) || uri.chars().any(|c| c.is_ascii_control() || c == ' ') || host.is_empty() {
        return Err(EXPECTED.into());
    }
    if matches(&PREFIXED, path) {
        return Err("Vault cannot be used behind a path: nothing may stand between the host and /v1".into());
    }
    if !matches(&FORM, path) {
        return Err(EXPECTED.into());
    }
    let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
    let [_, engine @ .., _, name] = segments.as_slice() else { return Err(EXPECTED.into()) };
    let engine: Vec<&str> = engine.iter().copied().filter(|part| !part.is_empty()).collect();
    Ok(KeyId::HcVault {
        vault_address: format!("{}://{host}", scheme.to_ascii_lowercase()),
        engine_path: engine.join("/"),
        key_name: (*name).to_owned(),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// What sops calls the key.
    fn name(key: Read) -> Option<String> {
        key.ok().map(|key| key.to_string())
    }

    #[test]
    fn age_recipients_are_checked() {
        let recipient = "age1j8s2j57wmxw7f9dfxctv4vfjeadkg2hreez88gu0u0f09surzuksqt3qkv";
        assert_eq!(name(age(recipient)), Some(recipient.into()));
        assert_eq!((name(age("foo")), name(age(&recipient[..50])), name(age(""))), (None, None, None));
        let secret = "AGE-SECRET-KEY-15363ZDQCXJ8F8ZU6SCYCFW0VKZ0JT6ZMSJ2LDY8NY85GRFZ7SVPSLFPE35";
        let error = age(secret).unwrap_err();
        assert!(error.contains("secret key") && !error.contains(&secret[16..]), "{error}");
    }

    #[test]
    fn spaces_do_not_count_in_fingerprints_and_names_of_clouds() {
        assert_eq!(name(pgp("AB CD 12")), Some("ABCD12".into()));
        assert_eq!(name(gcp_kms(" projects/p/k ")), Some("projects/p/k".into()));
        assert_eq!(name(kms("arn:aws:k + arn:aws:role", "")), Some("arn:aws:k+arn:aws:role".into()));
        assert_eq!(name(kms("arn:aws:k+x", "me")), Some("arn:aws:k+x||me".into()));
        assert_eq!((name(pgp(" ")), name(kms("", "")), name(gcp_kms(""))), (None, None, None));
    }

    #[test]
    fn azure_addresses() {
        let with_version = azure_key_vault("https://v.vault.azure.net/keys/k/1a").unwrap();
        assert_eq!(with_version.to_string(), "https://v.vault.azure.net/keys/k/1a");
        for url in ["https://v/keys/k", "https://v/keys/k/"] {
            assert_eq!(name(azure_key_vault(url)), Some("https://v/keys/k/".into()), "{url}");
        }
        for url in [
            "http://v/keys/k",
            "https:///keys/k",
            "https://v/keys/",
            "https://v/keys/k/1/2",
            "https://v/k",
            "",
        ] {
            assert_eq!(name(azure_key_vault(url)), None, "{url}");
        }
    }

    #[test]
    fn vault_addresses() {
        for (uri, key) in [
            ("https://v:8200/v1/transit/keys/k", "https://v:8200/v1/transit/keys/k"),
            ("HTTP://v/v1/a/b/c/keys/k/", "http://v/v1/a/b/c/keys/k"),
            ("https://v/v15/a/whatever/k", "https://v/v1/a/keys/k"),
        ] {
            assert_eq!(name(vault(uri)), Some(key.into()), "{uri}");
        }
        for uri in [
            "",
            "v/v1/transit/keys/k",
            "https://v/transit/keys/k",
            "https://v/x/v1/transit/keys/k",
            "https://v",
        ] {
            assert_eq!(name(vault(uri)), None, "{uri}");
        }
    }

    #[test]
    fn lists_of_keys() {
        let names = |service, list: &str| {
            parse_keys(service, list, "").map(|keys| keys.iter().map(KeyId::to_string).collect::<Vec<_>>())
        };
        assert_eq!(names(Service::Pgp, "AB CD!, EF").unwrap(), ["ABCD!", "EF"]);
        assert_eq!(names(Service::HcKms, "eu:1,,eu:2").unwrap(), ["eu:1", "eu:2"]);
        for service in Service::ALL {
            assert!(names(service, " ").unwrap().is_empty(), "{service}");
        }
        for (service, list) in [(Service::Pgp, "AB,"), (Service::Kms, ",a"), (Service::Age, "foo")] {
            assert!(names(service, list).is_err(), "{service}");
        }
    }

    #[test]
    fn huawei_key_ids() {
        assert_eq!(name(hckms("eu:1-2")), Some("eu:1-2".into()));
        assert_eq!((name(hckms("eu")), name(hckms(":1")), name(hckms("eu: "))), (None, None, None));
    }
}
