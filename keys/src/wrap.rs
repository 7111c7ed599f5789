//! Encrypting the data key for its keys.

use std::sync::Arc;

use fieldseal_core::keysource::age::{WrapError, wrap as wrap_natively, wrap_with};
use fieldseal_core::shamir::{self, SplitError};
use fieldseal_core::{
    DataKey, KeyGroup, KeyId, MasterKey, Random, Recipient, RecipientError, Service, Timestamp,
};

use crate::prompt::{Asking, Prompt};

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
        /// The name by which sops calls it.
        key: String,
        /// Why.
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
    prompt: &Arc<dyn Prompt>,
) -> Result<(Vec<KeyGroup>, usize), WrapKeysError> {
    if groups.is_empty() || groups.iter().any(Vec::is_empty) {
        return Err(WrapKeysError::NoKey);
    }
    let group = |keys: &[KeyId], part: &[u8]| {
        let keys = keys.iter().map(|key| wrap_part(part, key, now, prompt));
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

/// Encrypts `part`, the data key or a share of it, for the key `id`.
///
/// # Errors
/// The key is none, its plugin is missing or refuses, or its service is not supported.
pub fn wrap_part(
    part: &[u8],
    id: &KeyId,
    now: Timestamp,
    prompt: &Arc<dyn Prompt>,
) -> Result<MasterKey, WrapKeysError> {
    let failed = |cause: String| WrapKeysError::Key { key: id.to_string(), cause };
    let KeyId::Age { recipient } = id else {
        return Err(failed(format!("keys of {} cannot be used on this machine", id.service().title())));
    };
    let recipient = Recipient::parse(recipient)?;
    let enc = match recipient.plugin() {
        None => wrap_natively(part, &recipient),
        Some(plugin) => {
            let name = plugin.plugin();
            let asking = Asking::new(Arc::clone(prompt));
            let plugin = std::slice::from_ref(plugin);
            let plugin = age::plugin::RecipientPluginV1::new(name, plugin, &[], asking)
                .map_err(|_| failed(format!("the age plugin age-plugin-{name} is not in PATH")))?;
            wrap_with(part, &plugin)
        }
    };
    let enc = enc.map_err(|error: WrapError| failed(error.to_string()))?;
    let id = KeyId::Age { recipient: recipient.as_str().to_owned() };
    debug_assert_eq!(id.service(), Service::Age);
    Ok(MasterKey::new(id, enc, now))
}
