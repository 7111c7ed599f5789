//! Master keys: whoever has one of a group recovers the group's part of the data key.

use std::collections::BTreeMap;
use std::fmt;

use super::decode::{field, maps, string, text};
use super::rewrite::{Kept, rewrite};
use super::{MetadataError, Raw, decode};
use crate::timestamp::Timestamp;

/// A kind of key service.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Service {
    /// AWS KMS.
    Kms,
    /// Google Cloud KMS.
    GcpKms,
    /// HuaweiCloud KMS.
    HcKms,
    /// Azure Key Vault.
    AzureKv,
    /// HashiCorp Vault's transit engine.
    HcVault,
    /// OpenPGP.
    Pgp,
    /// age.
    Age,
}

/// What identifies a master key.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum KeyId {
    /// AWS KMS.
    Kms {
        /// The resource name of the key.
        arn: String,
        /// The resource name of the role to assume; empty if none is.
        role: String,
        /// The encryption context. A value may be missing, which sops cannot use.
        context: BTreeMap<String, Option<String>>,
        /// The shared profile; empty for the default one.
        aws_profile: String,
    },
    /// Google Cloud KMS.
    GcpKms {
        /// The path of the key.
        resource_id: String,
    },
    /// HuaweiCloud KMS.
    HcKms {
        /// The region and the key's UUID, with a colon between them.
        key_id: String,
    },
    /// Azure Key Vault.
    AzureKv {
        /// The address of the vault.
        vault_url: String,
        /// The name of the key.
        name: String,
        /// The version of the key.
        version: String,
    },
    /// HashiCorp Vault's transit engine.
    HcVault {
        /// The address of the vault.
        vault_address: String,
        /// Where the engine is mounted.
        engine_path: String,
        /// The name of the key.
        key_name: String,
    },
    /// OpenPGP.
    Pgp {
        /// The fingerprint, or whatever GnuPG takes instead.
        fingerprint: String,
    },
    /// age.
    Age {
        /// The recipient, or a public key of SSH.
        recipient: String,
    },
}

/// A master key with the part of the data key that is encrypted to it.
#[derive(Clone, PartialEq, Debug)]
pub struct MasterKey {
    /// What identifies it.
    pub id: KeyId,
    /// The encrypted part of the data key, in the form that the service gives it.
    pub enc: String,
    /// When that was made, in RFC 3339; empty for age, where it is not recorded.
    created_at: String,
    kept: Kept,
}

/// Keys of which each recovers the same: the data key where there is one group, else the group's share of it.
#[derive(Clone, PartialEq, Debug)]
pub struct KeyGroup {
    keys: Vec<MasterKey>,
    kept: Kept,
}

impl Service {
    /// All kinds, in the order in which sops keeps their keys.
    pub const ALL: [Self; 7] =
        [Self::Kms, Self::GcpKms, Self::HcKms, Self::AzureKv, Self::HcVault, Self::Pgp, Self::Age];

    /// The name of the list in the metadata, which is also that of the kind in a decryption order.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Kms => "kms",
            Self::GcpKms => "gcp_kms",
            Self::HcKms => "hckms",
            Self::AzureKv => "azure_kv",
            Self::HcVault => "hc_vault",
            Self::Pgp => "pgp",
            Self::Age => "age",
        }
    }

    /// The name of the kind in a message.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Kms => "AWS KMS",
            Self::GcpKms => "GCP KMS",
            Self::HcKms => "HuaweiCloud KMS",
            Self::AzureKv => "Azure Key Vault",
            Self::HcVault => "Vault transit",
            Self::Pgp => "PGP",
            Self::Age => "age",
        }
    }

    /// The kind with that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|service| service.name() == name)
    }
}

impl fmt::Display for Service {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(self.name())
    }
}

impl KeyId {
    /// The kind of the key's service.
    pub const fn service(&self) -> Service {
        match self {
            Self::Kms { .. } => Service::Kms,
            Self::GcpKms { .. } => Service::GcpKms,
            Self::HcKms { .. } => Service::HcKms,
            Self::AzureKv { .. } => Service::AzureKv,
            Self::HcVault { .. } => Service::HcVault,
            Self::Pgp { .. } => Service::Pgp,
            Self::Age { .. } => Service::Age,
        }
    }

    /// The fields of an entry that say which key it is; `None`: not written.
    fn fields(&self) -> Vec<(&'static str, Option<Raw>)> {
        let given = |text: &str| Some(Raw::Str(text.to_owned()));
        match self {
            Self::Kms { arn, role, context, aws_profile } => {
                let context = context
                    .iter()
                    .map(|(name, value)| (name.clone(), value.clone().map_or(Raw::Null, Raw::Str)))
                    .collect::<Vec<_>>();
                vec![
                    ("arn", given(arn)),
                    ("aws_profile", given(aws_profile)),
                    ("context", (!context.is_empty()).then_some(Raw::Map(context))),
                    ("role", given(role).filter(|_| !role.is_empty())),
                ]
            }
            Self::GcpKms { resource_id } => vec![("resource_id", given(resource_id))],
            Self::HcKms { key_id } => vec![("key_id", given(key_id))],
            Self::AzureKv { vault_url, name, version } => {
                vec![("name", given(name)), ("vault_url", given(vault_url)), ("version", given(version))]
            }
            Self::HcVault { vault_address, engine_path, key_name } => vec![
                ("engine_path", given(engine_path)),
                ("key_name", given(key_name)),
                ("vault_address", given(vault_address)),
            ],
            Self::Pgp { fingerprint } => vec![("fp", given(fingerprint))],
            Self::Age { recipient } => vec![("recipient", given(recipient))],
        }
    }
}

/// The name by which sops calls the key in its messages.
impl fmt::Display for KeyId {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kms { arn, role, context, aws_profile } => {
                to.write_str(arn)?;
                if !role.is_empty() {
                    write!(to, "+{role}")?;
                }
                if !context.is_empty() || !aws_profile.is_empty() {
                    to.write_str("|")?;
                    for (index, (name, value)) in context.iter().enumerate() {
                        let comma = if index == 0 { "" } else { "," };
                        write!(to, "{comma}{name}:{}", value.as_deref().unwrap_or_default())?;
                    }
                }
                if !aws_profile.is_empty() {
                    write!(to, "|{aws_profile}")?;
                }
                Ok(())
            }
            Self::GcpKms { resource_id } => to.write_str(resource_id),
            Self::HcKms { key_id } => to.write_str(key_id),
            Self::AzureKv { vault_url, name, version } => write!(to, "{vault_url}/keys/{name}/{version}"),
            Self::HcVault { vault_address, engine_path, key_name } => {
                write!(to, "{vault_address}/v1/{engine_path}/keys/{key_name}")
            }
            Self::Pgp { fingerprint } => to.write_str(fingerprint),
            Self::Age { recipient } => to.write_str(recipient),
        }
    }
}

impl MasterKey {
    /// The key `id`, with a part of a data key that was encrypted to it at `now`.
    pub fn new(id: KeyId, enc: String, now: Timestamp) -> Self {
        let created_at = if id.service() == Service::Age { String::new() } else { now.to_whole_seconds() };
        Self { id, enc, created_at, kept: Kept::default() }
    }

    /// The kind of its service.
    pub const fn service(&self) -> Service {
        self.id.service()
    }

    /// When the data key was encrypted to it, in RFC 3339; `None` for age, where it is not recorded.
    pub fn created_at(&self) -> Option<&str> {
        (!self.created_at.is_empty()).then_some(&self.created_at)
    }

    /// Reads an entry of the list of `service`.
    fn from_raw(
        service: Service,
        entry: &[(String, Raw)],
        path: &dyn Fn(&str) -> String,
    ) -> Result<Self, MetadataError> {
        let get = |name: &str| string(entry, name, path);
        let id = match service {
            Service::Kms => KeyId::Kms {
                arn: get("arn")?,
                role: get("role")?,
                context: context(field(entry, "context"), path)?,
                aws_profile: get("aws_profile")?,
            },
            Service::GcpKms => KeyId::GcpKms { resource_id: get("resource_id")? },
            Service::HcKms => KeyId::HcKms { key_id: get("key_id")? },
            Service::AzureKv => {
                KeyId::AzureKv { vault_url: get("vault_url")?, name: get("name")?, version: get("version")? }
            }
            Service::HcVault => KeyId::HcVault {
                vault_address: get("vault_address")?,
                engine_path: get("engine_path")?,
                key_name: get("key_name")?,
            },
            Service::Pgp => KeyId::Pgp { fingerprint: get("fp")? },
            Service::Age => KeyId::Age { recipient: get("recipient")? },
        };
        let enc = get("enc")?;
        let mut created_at = String::new();
        if service != Service::Age {
            created_at = get("created_at")?;
            if Timestamp::parse(created_at.as_bytes()).is_none() {
                return Err(MetadataError::Date { field: path("created_at") });
            }
        }
        if let KeyId::HcKms { key_id } = &id {
            let parts = key_id.split_once(':');
            if parts.is_none_or(|(region, key)| region.trim().is_empty() || key.trim().is_empty()) {
                return Err(MetadataError::HckmsKeyId);
            }
        }
        Ok(Self { id, enc, created_at, kept: Kept::new(entry) })
    }

    fn to_raw(&self) -> Raw {
        let mut fields = self.id.fields();
        fields.push(("enc", Some(Raw::Str(self.enc.clone()))));
        if let Some(created_at) = self.created_at() {
            fields.push(("created_at", Some(Raw::Str(created_at.to_owned()))));
        }
        Raw::Map(rewrite(&self.kept, fields))
    }
}

impl KeyGroup {
    /// A group of `keys`. They are kept in the order of their services, and of one service as they come.
    pub fn new(mut keys: Vec<MasterKey>) -> Self {
        keys.sort_by_key(MasterKey::service);
        Self { keys, kept: Kept::default() }
    }

    /// The keys, in the order in which sops tries them if not told otherwise.
    pub fn keys(&self) -> &[MasterKey] {
        &self.keys
    }

    /// Adds `key` behind those of its service.
    pub fn push(&mut self, key: MasterKey) {
        let at = self.keys.partition_point(|other| other.service() <= key.service());
        self.keys.insert(at, key);
    }

    /// Keeps those keys for which `keep` is true.
    pub fn retain(&mut self, keep: impl FnMut(&MasterKey) -> bool) {
        self.keys.retain(keep);
    }

    /// The keys, to be changed. Their services stay as they are.
    pub fn keys_mut(&mut self) -> impl Iterator<Item = &mut MasterKey> {
        self.keys.iter_mut()
    }

    /// Reads the lists of keys in `map`, which `prefix` names.
    pub(super) fn from_raw(map: &[(String, Raw)], prefix: &str) -> Result<Self, MetadataError> {
        let mut keys = Vec::new();
        for service in Service::ALL {
            let list = maps(map, service.name(), &|name| format!("{prefix}{name}"))?;
            for (index, entry) in list.into_iter().enumerate() {
                let path = |name: &str| format!("{prefix}{service}[{index}].{name}");
                keys.push(MasterKey::from_raw(service, entry, &path)?);
            }
        }
        Ok(Self { keys, kept: Kept::default() })
    }

    /// The group as an element of `key_groups`, read from `map`.
    pub(super) fn keep(mut self, map: &[(String, Raw)]) -> Self {
        self.kept = Kept::new(map);
        self
    }

    /// The lists of keys. Empty ones are `None`.
    pub(super) fn lists(&self) -> Vec<(&'static str, Option<Raw>)> {
        let list = |service: Service| {
            let entries: Vec<Raw> =
                self.keys.iter().filter(|key| key.service() == service).map(MasterKey::to_raw).collect();
            (service.name(), (!entries.is_empty()).then_some(Raw::List(entries)))
        };
        Service::ALL.into_iter().map(list).collect()
    }

    /// The group as an element of `key_groups`.
    pub(super) fn to_raw(&self) -> Raw {
        let mut lists = self.lists();
        if self.kept.is_new() {
            // Two of the lists are written by sops even when they are empty.
            for (name, list) in &mut lists {
                if matches!(*name, "age" | "hc_vault") && list.is_none() {
                    *list = Some(Raw::List(Vec::new()));
                }
            }
        }
        Raw::Map(rewrite(&self.kept, lists))
    }
}

/// The encryption context of AWS KMS.
fn context(
    raw: Option<&Raw>,
    path: &dyn Fn(&str) -> String,
) -> Result<BTreeMap<String, Option<String>>, MetadataError> {
    let parts = match raw {
        None => &[],
        Some(Raw::List(parts)) => parts.as_slice(),
        Some(single) => std::slice::from_ref(single),
    };
    let mut context = BTreeMap::new();
    for part in parts {
        let Raw::Map(pairs) = part else { return Err(decode::mismatch(path("context"), "a mapping", part)) };
        for (name, value) in pairs {
            let value = match value {
                Raw::Null => None,
                value => Some(
                    text(value)
                        .ok_or_else(|| decode::mismatch(path("context"), "a mapping of strings", value))?,
                ),
            };
            context.insert(name.clone(), value);
        }
    }
    Ok(context)
}
