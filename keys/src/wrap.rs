//! Encrypting the data key for its keys.

use fieldseal_core::shamir::{self, SplitError};
use fieldseal_core::{
    DataKey, KeyGroup, KeyId, MasterKey, Random, Recipient, RecipientError, Service, Timestamp,
};

use crate::services::KeyServices;

/// Why a data key cannot be encrypted for its keys.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WrapKeysError {
    /// There is no key, or a group without any.
    #[error("empty key group provided: there is no key to encrypt for")]
    NoKey,
    /// The data key cannot be split.
    #[error("could not split data key into parts for Shamir: {0}")]
    Split(#[from] SplitError),
    /// It is to be encrypted for something that is no recipient.
    #[error(transparent)]
    Recipient(#[from] RecipientError),
    /// It cannot be encrypted for one of the keys.
    #[error("failed to encrypt new data key with master key \"{key}\": {cause}")]
    Key {
        /// The kind of its service.
        service: Service,
        /// The name by which sops calls it.
        key: String,
        /// Why, in the words of each place that was asked.
        cause: String,
    },
}

/// Encrypts `data_key` for `groups` of keys: with one group all of it, with several a share for each, of which
/// `threshold` recover it; 0 means all. Gives the groups for the metadata and the threshold for the metadata.
///
/// # Errors
/// Any of the keys cannot be encrypted for. Then nothing is: a file that lacks a key is not what was asked for.
pub fn wrap(
    data_key: &DataKey,
    groups: &[Vec<KeyId>],
    threshold: usize,
    now: Timestamp,
    random: &mut dyn Random,
    services: &KeyServices,
) -> Result<(Vec<KeyGroup>, usize), WrapKeysError> {
    if groups.is_empty() || groups.iter().any(Vec::is_empty) {
        return Err(WrapKeysError::NoKey);
    }
    let group = |keys: &[KeyId], part: &[u8]| {
        let keys = keys.iter().map(|key| wrap_part(part, key, now, services));
        keys.collect::<Result<Vec<_>, _>>().map(KeyGroup::new)
    };
    if let [keys] = groups {
        return Ok((vec![group(keys, data_key.expose())?], threshold));
    }
    let threshold = if threshold == 0 { groups.len() } else { threshold };
    let shares = shamir::split(data_key.expose(), groups.len(), threshold, random)?;
    let groups = groups.iter().zip(&shares).map(|(keys, share)| group(keys, share));
    Ok((groups.collect::<Result<_, _>>()?, threshold))
}

/// Encrypts `part`, the data key or a share of it, for the key `id`, in the first of `services` that can.
///
/// # Errors
/// The key is none, or each service fails: the key is unknown, a program is missing or refuses, nobody is there.
pub fn wrap_part(
    part: &[u8],
    id: &KeyId,
    now: Timestamp,
    services: &KeyServices,
) -> Result<MasterKey, WrapKeysError> {
    let id = match id {
        KeyId::Age { recipient } => {
            KeyId::Age { recipient: Recipient::parse(recipient)?.as_str().to_owned() }
        }
        other => other.clone(),
    };
    let mut causes = Vec::new();
    if let Some(local) = services.local() {
        match local.encrypt(&id, part) {
            Ok(enc) => return Ok(MasterKey::new(id, enc, now)),
            Err(cause) => causes.push(cause),
        }
    }
    for service in services.remote() {
        match service.encrypt(&id, part) {
            Ok(enc) => return Ok(MasterKey::new(id, enc, now)),
            Err(cause) => causes.push(cause),
        }
    }
    if causes.is_empty() {
        causes.push("there is no key service, and the keys of this machine are switched off".to_owned());
    }
    Err(WrapKeysError::Key { service: id.service(), key: id.to_string(), cause: causes.join("; ") })
}
