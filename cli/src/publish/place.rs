//! Places, as rules and names make them and as they are shown.

use std::fmt;
use std::path::{Component, Path};

use fieldseal_core::Destination;
use fieldseal_keys::Environment;
use fieldseal_keys::cloud::vault::address_of;

use crate::exit::Exit;
use crate::report::{Failure, harmless};

/// A place for one file.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Place {
    /// An object in a bucket of S3.
    S3 {
        /// The bucket.
        bucket: String,
        /// The name of the object.
        key: String,
    },
    /// An object in a bucket of Google Cloud Storage.
    Gcs {
        /// The bucket.
        bucket: String,
        /// The name of the object.
        object: String,
    },
    /// An entry of a key-value engine.
    Vault {
        /// The address as the rule says it; empty for that of the environment.
        address: String,
        /// The one that counts, for people.
        shown: String,
        /// The path, with the engine in front.
        path: String,
        /// The version of the engine.
        version: u8,
    },
}

impl Place {
    /// The place at `destination` for what is called `name` there.
    pub(crate) fn new(destination: &Destination, name: &str) -> Self {
        match destination {
            Destination::S3 { bucket, prefix } => {
                Self::S3 { bucket: bucket.clone(), key: format!("{prefix}{name}") }
            }
            Destination::Gcs { bucket, prefix } => {
                Self::Gcs { bucket: bucket.clone(), object: format!("{prefix}{name}") }
            }
            Destination::Vault { address, mount, path, version } => {
                let data = if *version == 1 { "" } else { "data/" };
                Self::Vault {
                    address: address.clone(),
                    shown: address_of(&Environment::of_this_process(), address),
                    path: format!("{mount}{data}{path}{name}"),
                    version: *version,
                }
            }
        }
    }

    /// Whether values go there in clear, and not a file.
    pub(crate) const fn is_for_values(&self) -> bool {
        matches!(self, Self::Vault { .. })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::S3 { bucket, key } => format!("s3://{bucket}/{key}"),
            Self::Gcs { bucket, object } => format!("gcs://{bucket}/{object}"),
            Self::Vault { shown, path, .. } => format!("{shown}/v1/{path}"),
        };
        to.write_str(&harmless(&text))
    }
}

/// What the file at `path` is called at its destination: with slashes, and without its last extension if that is to be
/// left out. A name that is nothing but an extension, as `.env`, stays.
///
/// # Errors
/// The name is no Unicode, which names at destinations are.
pub(crate) fn name_at(path: &Path, omit_extension: bool) -> Result<String, Failure> {
    let path = if omit_extension { path.with_extension("") } else { path.to_owned() };
    let mut name = String::new();
    for component in path.components() {
        let Component::Normal(part) = component else { continue };
        let part = part.to_str().ok_or_else(|| {
            Failure::new(
                Exit::Other,
                "the name of the file is no valid Unicode, as names at destinations are",
            )
        })?;
        if !name.is_empty() {
            name.push('/');
        }
        name += part;
    }
    Ok(name)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_one_extension_and_never_all() {
        for (path, name) in [
            ("a/b.enc.yaml", "a/b.enc"),
            ("./a/b.yaml", "a/b"),
            ("b", "b"),
            (".env", ".env"),
            ("a.d/.env", "a.d/.env"),
            ("prod.env", "prod"),
        ] {
            assert_eq!(name_at(Path::new(path), true).unwrap(), name);
        }
        assert_eq!(name_at(Path::new("a/b.enc.yaml"), false).unwrap(), "a/b.enc.yaml");
    }

    #[test]
    fn places_are_shown_as_sops_shows_them() {
        let s3 = Destination::S3 { bucket: "b".into(), prefix: "p-".into() };
        assert_eq!(Place::new(&s3, "a.yaml").to_string(), "s3://b/p-a.yaml");
        let gcs = Destination::Gcs { bucket: "b".into(), prefix: "p/".into() };
        assert_eq!(Place::new(&gcs, "a.yaml").to_string(), "gcs://b/p/a.yaml");
        for (version, shown) in [(1, "https://v:1/v1/kv/p/a"), (2, "https://v:1/v1/kv/data/p/a")] {
            let (address, mount, path) = ("https://v:1".into(), "kv/".into(), "p/".into());
            let vault = Destination::Vault { address, mount, path, version };
            assert_eq!(Place::new(&vault, "a").to_string(), shown);
        }
    }
}
