//! The messages of the key service of sops: gRPC without a package, service `KeyService`, methods `Encrypt` and
//! `Decrypt`. The numbers are the interface; the names are ours.

use std::collections::HashMap;

use fieldseal_core::KeyId;
use prost::{Message, Oneof};
use zeroize::Zeroize as _;

/// The most bytes of a message. A data key and its ciphertext take a few thousand at most.
pub(crate) const LONGEST_MESSAGE: usize = 1 << 20;

/// The path of the method that encrypts.
pub(crate) const ENCRYPT: &str = "/KeyService/Encrypt";

/// The path of the method that decrypts.
pub(crate) const DECRYPT: &str = "/KeyService/Decrypt";

/// A part of a data key, and the key to encrypt it for. It is wiped when it is dropped.
#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub(crate) struct EncryptRequest {
    #[prost(message, optional, tag = "1")]
    pub(crate) key: Option<Key>,
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) plaintext: Vec<u8>,
}

/// The encrypted part, as it stands in a file.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct EncryptResponse {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) ciphertext: Vec<u8>,
}

/// An encrypted part, and the key that it was encrypted for.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct DecryptRequest {
    #[prost(message, optional, tag = "1")]
    pub(crate) key: Option<Key>,
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) ciphertext: Vec<u8>,
}

/// A part of a data key. It is wiped when it is dropped.
#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub(crate) struct DecryptResponse {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) plaintext: Vec<u8>,
}

impl Drop for EncryptRequest {
    fn drop(&mut self) {
        self.plaintext.zeroize();
    }
}

impl Drop for DecryptResponse {
    fn drop(&mut self) {
        self.plaintext.zeroize();
    }
}

/// A key of any service.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Key {
    #[prost(oneof = "KeyType", tags = "1, 2, 3, 4, 5, 6, 7")]
    pub(crate) key_type: Option<KeyType>,
}

/// What a key is one of.
#[derive(Clone, PartialEq, Oneof)]
pub(crate) enum KeyType {
    #[prost(message, tag = "1")]
    Kms(Kms),
    #[prost(message, tag = "2")]
    Pgp(Pgp),
    #[prost(message, tag = "3")]
    GcpKms(GcpKms),
    #[prost(message, tag = "4")]
    AzureKv(AzureKv),
    #[prost(message, tag = "5")]
    HcVault(HcVault),
    #[prost(message, tag = "6")]
    Age(Age),
    #[prost(message, tag = "7")]
    HcKms(HcKms),
}

/// A key of AWS KMS.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Kms {
    #[prost(string, tag = "1")]
    arn: String,
    #[prost(string, tag = "2")]
    role: String,
    #[prost(map = "string, string", tag = "3")]
    context: HashMap<String, String>,
    #[prost(string, tag = "4")]
    aws_profile: String,
}

/// A key of OpenPGP.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Pgp {
    #[prost(string, tag = "1")]
    fingerprint: String,
}

/// A key of Google Cloud KMS.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct GcpKms {
    #[prost(string, tag = "1")]
    resource_id: String,
}

/// A key of Vault's transit engine.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct HcVault {
    #[prost(string, tag = "1")]
    vault_address: String,
    #[prost(string, tag = "2")]
    engine_path: String,
    #[prost(string, tag = "3")]
    key_name: String,
}

/// A key of Azure Key Vault.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct AzureKv {
    #[prost(string, tag = "1")]
    vault_url: String,
    #[prost(string, tag = "2")]
    name: String,
    #[prost(string, tag = "3")]
    version: String,
}

/// A recipient of age.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Age {
    #[prost(string, tag = "1")]
    recipient: String,
}

/// A key of HuaweiCloud KMS.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct HcKms {
    #[prost(string, tag = "1")]
    key_id: String,
}

impl From<&KeyId> for Key {
    fn from(id: &KeyId) -> Self {
        let key_type = match id.clone() {
            KeyId::Kms { arn, role, context, aws_profile } => KeyType::Kms(Kms {
                arn,
                role,
                context: context.into_iter().map(|(name, value)| (name, value.unwrap_or_default())).collect(),
                aws_profile,
            }),
            KeyId::GcpKms { resource_id } => KeyType::GcpKms(GcpKms { resource_id }),
            KeyId::HcKms { key_id } => KeyType::HcKms(HcKms { key_id }),
            KeyId::AzureKv { vault_url, name, version } => {
                KeyType::AzureKv(AzureKv { vault_url, name, version })
            }
            KeyId::HcVault { vault_address, engine_path, key_name } => {
                KeyType::HcVault(HcVault { vault_address, engine_path, key_name })
            }
            KeyId::Pgp { fingerprint } => KeyType::Pgp(Pgp { fingerprint }),
            KeyId::Age { recipient } => KeyType::Age(Age { recipient }),
        };
        Self { key_type: Some(key_type) }
    }
}

impl From<KeyType> for KeyId {
    fn from(key: KeyType) -> Self {
        match key {
            KeyType::Kms(Kms { arn, role, context, aws_profile }) => Self::Kms {
                arn,
                role,
                context: context.into_iter().map(|(name, value)| (name, Some(value))).collect(),
                aws_profile,
            },
            KeyType::GcpKms(GcpKms { resource_id }) => Self::GcpKms { resource_id },
            KeyType::HcKms(HcKms { key_id }) => Self::HcKms { key_id },
            KeyType::AzureKv(AzureKv { vault_url, name, version }) => {
                Self::AzureKv { vault_url, name, version }
            }
            KeyType::HcVault(HcVault { vault_address, engine_path, key_name }) => {
                Self::HcVault { vault_address, engine_path, key_name }
            }
            KeyType::Pgp(Pgp { fingerprint }) => Self::Pgp { fingerprint },
            KeyType::Age(Age { recipient }) => Self::Age { recipient },
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn every_key_survives_the_way_to_a_service() {
        let text = |text: &str| text.to_owned();
        for id in [
            KeyId::Kms {
                arn: text("arn"),
                role: text("role"),
                context: BTreeMap::from([(text("a"), Some(text("1"))), (text("b"), Some(text("")))]),
                aws_profile: text("me"),
            },
            KeyId::GcpKms { resource_id: text("projects/p") },
            KeyId::HcKms { key_id: text("eu:1") },
            KeyId::AzureKv { vault_url: text("https://v"), name: text("k"), version: text("1") },
            KeyId::HcVault { vault_address: text("https://v"), engine_path: text("e"), key_name: text("k") },
            KeyId::Pgp { fingerprint: text("F!") },
            KeyId::Age { recipient: text("age1x") },
        ] {
            let bytes = Key::from(&id).encode_to_vec();
            let key = Key::decode(&*bytes).unwrap();
            assert_eq!(KeyId::from(key.key_type.unwrap()), id);
        }
    }

    /// By the encoding of Protocol Buffers: a tag is the number times eight plus two for what has a length.
    #[test]
    fn the_numbers_are_those_of_sops() {
        let key = |id: &KeyId| Some(Key::from(id));
        let age = KeyId::Age { recipient: "r".into() };
        let request = EncryptRequest { key: key(&age), plaintext: vec![7] };
        assert_eq!(request.encode_to_vec(), [0x0a, 5, 0x32, 3, 0x0a, 1, b'r', 0x12, 1, 7]);
        let pgp = KeyId::Pgp { fingerprint: "F".into() };
        let request = DecryptRequest { key: key(&pgp), ciphertext: vec![7] };
        assert_eq!(request.encode_to_vec(), [0x0a, 5, 0x12, 3, 0x0a, 1, b'F', 0x12, 1, 7]);
        let vault =
            KeyId::HcVault { vault_address: "a".into(), engine_path: "b".into(), key_name: "c".into() };
        let vault = Key::from(&vault).encode_to_vec();
        assert_eq!(vault, [0x2a, 9, 0x0a, 1, b'a', 0x12, 1, b'b', 0x1a, 1, b'c']);
    }
}
