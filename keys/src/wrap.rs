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
    /// It cannot be encrypted for several of the keys.
    #[error("{}", joined(.0))]
    Several(Vec<Self>),
}

/// The messages of several failures, in a line.
fn joined(failures: &[WrapKeysError]) -> String {
    failures.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// Encrypts `data_key` for `groups` of keys: with one group all of it, with several a share for each, of which
/// `threshold` recover it; 0 means all. Gives the groups for the metadata and the threshold for the metadata.
///
/// # Errors
/// Any of the keys cannot be encrypted for. Then nothing is: a file that lacks a key is not what was asked for. All of
/// them are named.
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
    if let [keys] = groups {
        return Ok((vec![KeyGroup::new(wrap_for_each(data_key.expose(), keys, now, services)?)], threshold));
    }
    let threshold = if threshold == 0 { groups.len() } else { threshold };
    let shares = shamir::split(data_key.expose(), groups.len(), threshold, random)?;
    let mut failures = Vec::new();
    let mut wrapped = Vec::with_capacity(groups.len());
    for (keys, share) in groups.iter().zip(&shares) {
        match wrap_for_each(share, keys, now, services) {
            Ok(keys) => wrapped.push(KeyGroup::new(keys)),
            Err(failure) => failures.push(failure),
        }
    }
    all_or_nothing(wrapped, failures).map(|groups| (groups, threshold))
}

/// Encrypts `part`, the data key or a share of it, for each of `keys`.
///
/// # Errors
/// Any of the keys cannot be encrypted for. All of them are named.
pub fn wrap_for_each(
    part: &[u8],
    keys: &[KeyId],
    now: Timestamp,
    services: &KeyServices,
) -> Result<Vec<MasterKey>, WrapKeysError> {
    let mut failures = Vec::new();
    let mut wrapped = Vec::with_capacity(keys.len());
    for key in keys {
        match wrap_part(part, key, now, services) {
            Ok(key) => wrapped.push(key),
            Err(failure) => failures.push(failure),
        }
    }
    all_or_nothing(wrapped, failures)
}

fn all_or_nothing<T>(done: Vec<T>, failures: Vec<WrapKeysError>) -> Result<Vec<T>, WrapKeysError> {
    let mut flat = Vec::new();
    for failure in failures {
        match failure {
            WrapKeysError::Several(several) => flat.extend(several),
            failure => flat.push(failure),
        }
    }
    match flat.len() {
        0 => Ok(done),
        1 => Err(flat.remove(0)),
        _ => Err(WrapKeysError::Several(flat)),
    }
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
