//! Destination rules: where files are published to, and how they are encrypted there.

use super::creation::{CreationRule, Entry, Regex};
use super::decode::Decoder;
use super::error::{Path, RulesError};
use crate::yaml::Id;

type Result<T> = std::result::Result<T, RulesError>;

/// Where a file is published to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DestinationRule {
    /// The pattern that is searched for in the path of a file; empty for every file.
    pub path_regex: String,
    /// The place. sops accepts a rule without one, and fails when it publishes.
    pub destination: Option<Destination>,
    /// How the file is encrypted there. Without keys it is published as it is.
    pub recreation_rule: CreationRule,
    /// Whether the name there goes without its extensions.
    pub omit_extensions: bool,
}

/// A place to publish files to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Destination {
    /// A bucket of AWS.
    S3 {
        /// Its name.
        bucket: String,
        /// What stands in front of the name of a file.
        prefix: String,
    },
    /// A bucket of Google Cloud.
    Gcs {
        /// Its name.
        bucket: String,
        /// What stands in front of the name of a file.
        prefix: String,
    },
    /// A key-value engine of Vault. Paths and mounts end with a slash.
    Vault {
        /// The address of the server; empty for the client's own.
        address: String,
        /// Where the engine is mounted.
        mount: String,
        /// What stands in front of the name of a file.
        path: String,
        /// The version of the engine: 1 or 2.
        version: u8,
    },
}

/// A rule as it was read. One that is never used may be wrong, as long as its fields have the right types.
#[derive(Debug)]
pub(super) struct DestinationEntry {
    pub(super) path_regex: Regex,
    pub(super) recreation: Entry,
    rule: Result<DestinationRule>,
}

impl DestinationEntry {
    /// Reads the rule `id`.
    ///
    /// # Errors
    /// A field has the wrong type.
    pub(super) fn read(decoder: &mut Decoder<'_>, id: Id, path: &Path<'_>) -> Result<Self> {
        const STRINGS: [&str; 7] = [
            "s3_bucket",
            "s3_prefix",
            "gcs_bucket",
            "gcs_prefix",
            "vault_path",
            "vault_address",
            "vault_kv_mount_name",
        ];
        let [path_regex, version, recreation, omit_extensions, fields @ ..] = decoder.fields(
            id,
            path,
            [
                "path_regex",
                "vault_kv_version",
                "recreation_rule",
                "omit_extensions",
                STRINGS[0],
                STRINGS[1],
                STRINGS[2],
                STRINGS[3],
                STRINGS[4],
                STRINGS[5],
                STRINGS[6],
            ],
        )?;
        let path_regex = Regex::read(decoder, path_regex, &Path::Key(path, "path_regex"))?;
        let version = decoder.int(version, &Path::Key(path, "vault_kv_version"))?.unwrap_or(0);
        let omit_extensions =
            decoder.bool(omit_extensions, &Path::Key(path, "omit_extensions"))?.unwrap_or(false);
        let mut texts = [const { String::new() }; 7];
        for ((text, field), name) in texts.iter_mut().zip(fields).zip(STRINGS) {
            *text = decoder.string(field, &Path::Key(path, name))?.unwrap_or_default();
        }
        let recreation_path = Path::Key(path, "recreation_rule");
        let recreation = match recreation.filter(|id| !decoder.is_null(*id)) {
            Some(id) => Entry::read(decoder, id, &recreation_path)?,
            None => Entry::empty(decoder.position(id)),
        };
        let destination = destination(texts, version).map_err(|problem| decoder.error(id, path, problem));
        let rule = || {
            Ok(DestinationRule {
                path_regex: path_regex.text().to_owned(),
                destination: destination?,
                recreation_rule: recreation.before_patterns()?.clone(),
                omit_extensions,
            })
        };
        Ok(Self { rule: rule(), path_regex, recreation })
    }

    /// The rule, to be used.
    ///
    /// # Errors
    /// Something of it is wrong.
    pub(super) fn rule(&self) -> Result<&DestinationRule> {
        self.recreation.rule()?;
        self.rule.as_ref().map_err(Clone::clone)
    }
}

fn destination(texts: [String; 7], version: i64) -> std::result::Result<Option<Destination>, &'static str> {
    let [s3_bucket, s3_prefix, gcs_bucket, gcs_prefix, vault_path, address, mount] = texts;
    let s3 = (!s3_bucket.is_empty()).then_some(Destination::S3 { bucket: s3_bucket, prefix: s3_prefix });
    let gcs = (!gcs_bucket.is_empty()).then_some(Destination::Gcs { bucket: gcs_bucket, prefix: gcs_prefix });
    let vault = (!vault_path.is_empty()).then(|| Destination::Vault {
        address,
        mount: with_slash(if mount.is_empty() { "secret".to_owned() } else { mount }),
        path: with_slash(vault_path),
        version: if version == 1 { 1 } else { 2 },
    });
    let mut places = [s3, gcs, vault].into_iter().flatten();
    let place = places.next();
    match places.next() {
        None => Ok(place),
        Some(_) => Err("a rule has one destination: use one of s3_bucket, gcs_bucket and vault_path"),
    }
}

fn with_slash(mut text: String) -> String {
    if !text.ends_with('/') {
        text.push('/');
    }
    text
}
